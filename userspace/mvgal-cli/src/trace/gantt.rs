// SPDX-License-Identifier: MIT OR Apache-2.0

//! A recording as a chart: members by time, coloured by priority.

use std::collections::BTreeMap;

use svg::Document;
use svg::node::element::{Group, Line, Rectangle, Text, Title};

use super::events::{Job, Record, rows};

/// Most jobs that are drawn; the first ones.
const MAX_JOBS: usize = 4000;
const LABEL: f64 = 130.0;
const WIDTH: f64 = 1100.0;
const ROW: f64 = 22.0;
const BAR: f64 = 16.0;
const TOP: f64 = 40.0;
/// The narrowest bar.
const MIN_BAR: f64 = 0.6;

/// The colour of a priority: from blue for 0 to red for 15.
fn color(priority: u32) -> String {
    let hue = 240.0 - f64::from(priority.min(15)) * 16.0;
    format!("hsl({hue:.0},70%,45%)")
}

fn text(x: f64, y: f64, anchor: &str, content: impl Into<String>) -> Text {
    Text::new(content)
        .set("x", round(x))
        .set("y", round(y))
        .set("text-anchor", anchor)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// What the pointer shows of a job.
fn title(job: &Job) -> Title {
    let error = match job.error {
        0 => String::new(),
        error => format!(", error {error}"),
    };
    Title::new(format!(
        "{} {} of client {}, priority {}{error}",
        job.kind, job.job, job.client, job.priority
    ))
}

/// A length of time for people.
fn span_text(ns: u64) -> String {
    match ns {
        0..10_000 => format!("{ns} ns"),
        10_000..10_000_000 => format!("{} µs", ns / 1000),
        _ => format!("{} ms", ns / 1_000_000),
    }
}

/// The chart.
pub fn document(record: &Record, names: &BTreeMap<u32, String>) -> Document {
    let all: Vec<_> = rows(record.jobs());
    let drawn = &all[..all.len().min(MAX_JOBS)];
    let starts = drawn.iter().filter_map(|(_, job)| {
        let (start, _) = job.ran?;
        Some(job.waiting_since().map_or(start, |since| since.min(start)))
    });
    let begin = starts.min().unwrap_or(0);
    let end = drawn.iter().filter_map(|(_, job)| Some(job.ran?.1)).max();
    let span = end.unwrap_or(begin).saturating_sub(begin).max(1);
    let x = |ns: u64| LABEL + ns.saturating_sub(begin) as f64 / span as f64 * WIDTH;

    let mut lanes: Vec<(u32, usize)> = drawn.iter().map(|(row, _)| *row).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let top = |row: &(u32, usize)| {
        let index = lanes.iter().position(|lane| lane == row).unwrap_or(0);
        TOP + index as f64 * ROW
    };
    let bottom = TOP + lanes.len() as f64 * ROW;

    let mut axis = Group::new().set("stroke", "#ccc");
    let mut labels = Group::new();
    for tick in 0..=10u64 {
        let at = begin + span / 10 * tick;
        axis = axis.add(
            Line::new()
                .set("x1", round(x(at)))
                .set("x2", round(x(at)))
                .set("y1", TOP - 4.0)
                .set("y2", round(bottom)),
        );
        labels = labels.add(text(
            x(at),
            bottom + 16.0,
            "middle",
            span_text(span / 10 * tick),
        ));
    }
    for lane in lanes.iter().filter(|(_, row)| *row == 0) {
        let unknown = format!("member {}", lane.0);
        let name = names.get(&lane.0).unwrap_or(&unknown);
        labels = labels.add(text(LABEL - 8.0, top(lane) + 13.0, "end", name.clone()));
    }

    let mut bars = Group::new();
    for (row, job) in drawn {
        let Some((start, end)) = job.ran else {
            continue;
        };
        let y = top(row) + (ROW - BAR) / 2.0;
        if let Some(since) = job.waiting_since().filter(|since| *since < start) {
            bars = bars.add(
                Rectangle::new()
                    .set("x", round(x(since)))
                    .set("y", round(y + BAR * 0.375))
                    .set("width", round((x(start) - x(since)).max(MIN_BAR)))
                    .set("height", BAR / 4.0)
                    .set("fill", color(job.priority))
                    .set("fill-opacity", 0.2),
            );
        }
        let mut bar = Rectangle::new()
            .set("x", round(x(start)))
            .set("y", round(y))
            .set("width", round((x(end) - x(start)).max(MIN_BAR)))
            .set("height", BAR)
            .set("fill", color(job.priority));
        if job.error != 0 {
            bar = bar.set("stroke", "#c00").set("stroke-width", 2);
        }
        bars = bars.add(Group::new().add(title(job)).add(bar));
    }

    let mut legend = Group::new();
    for priority in 0..16u32 {
        let at = LABEL + f64::from(priority) * 34.0;
        legend = legend
            .add(
                Rectangle::new()
                    .set("x", at)
                    .set("y", 8)
                    .set("width", 12)
                    .set("height", 12)
                    .set("fill", color(priority)),
            )
            .add(text(at + 15.0, 18.0, "start", priority.to_string()));
    }
    legend = legend.add(text(LABEL - 8.0, 18.0, "end", "priority"));
    let cancelled = record.jobs().filter(|job| job.cancelled.is_some()).count();
    let mut notes = format!(
        "{} jobs ran, {cancelled} were cancelled; pale: waits for its turn; red frame: failed",
        all.len()
    );
    if all.len() > drawn.len() {
        notes += &format!("; the first {MAX_JOBS} are drawn");
    }
    if record.lost != 0 {
        notes += &format!("; {} events were lost", record.lost);
    }
    labels = labels.add(text(LABEL, bottom + 36.0, "start", notes));

    Document::new()
        .set("width", LABEL + WIDTH + 60.0)
        .set("height", round(bottom + 48.0))
        .set("font-family", "sans-serif")
        .set("font-size", 12)
        .add(
            Rectangle::new()
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "#fff"),
        )
        .add(axis)
        .add(bars)
        .add(labels)
        .add(legend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::events::tests::record;

    #[test]
    fn recording() {
        let names = BTreeMap::from([(0, "host".to_owned()), (2, "amdgpu-2".to_owned())]);
        insta::assert_snapshot!(document(&record(), &names).to_string());
    }

    #[test]
    fn nothing_at_all() {
        let chart = document(&Record::default(), &BTreeMap::new()).to_string();
        assert!(chart.contains("0 jobs ran") && !chart.contains("NaN"));
    }
}
