// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal status`: the load of the members, and how they are.

mod health;

use std::io::{self, IsTerminal};
use std::thread::sleep;
use std::time::{Duration, Instant};

use comfy_table::Table;
use mvgal::{Device, Health, Member, Members};
use serde::Serialize;

use self::health::Reading;
use crate::cli::StatusArgs;
use crate::failure::Failure;
use crate::{output, select};

/// How long the first look takes.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// The document of `mvgal status --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    generation: u64,
    interval_ms: u64,
    arrived: Vec<u32>,
    departed: Vec<u32>,
    members: Vec<Load>,
}

/// The load of a member.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Load {
    id: u32,
    driver: String,
    state: String,
    queued: u32,
    running: u32,
    done: u64,
    busy_ns: u64,
    busy_percent: f64,
    health: Option<health::Document>,
}

/// What there was at one moment.
struct Look {
    members: Members,
    /// One for each member, in their order.
    health: Vec<Health>,
    at: Instant,
}

impl Look {
    fn new(device: &Device) -> Result<Self, Failure> {
        let members = device.members()?;
        Ok(Look {
            health: members.iter().map(Member::health).collect(),
            members,
            at: Instant::now(),
        })
    }

    /// How each member is, with the power spent since an earlier look.
    fn readings(&self, before: &Look) -> Vec<Reading> {
        self.members
            .iter()
            .zip(&self.health)
            .map(|(member, now)| {
                let earlier = before
                    .members
                    .iter()
                    .zip(&before.health)
                    .find(|(other, _)| other.id == member.id)
                    .map(|(_, health)| health);
                Reading::new(member, earlier, now.clone(), self.at - before.at)
            })
            .collect()
    }
}

/// Runs the command.
pub fn run(device: &Device, args: &StatusArgs, json: bool) -> Result<(), Failure> {
    let clear = !json && args.watch.is_some() && io::stdout().is_terminal();
    let mut is_first = true;
    let mut before = Look::new(device)?;
    let mut interval = FIRST_LOOK;
    loop {
        sleep(interval);
        let now = Look::new(device)?;
        let readings = now.readings(&before);
        let document = compare(&before.members, &now.members, &readings, now.at - before.at);
        if json {
            output::write_json(io::stdout().lock(), &document, args.watch.is_none())?;
        } else {
            let start = output::start_of_look(is_first, clear);
            is_first = false;
            output::print(&format!(
                "{start}{}{}",
                text(&document, &before.members, &now.members),
                health::text(&readings)
            ))?;
        }
        let Some(watch) = args.watch else {
            return Ok(());
        };
        before = now;
        interval = watch;
    }
}

/// What happened between two looks.
fn compare(before: &Members, now: &Members, readings: &[Reading], interval: Duration) -> Document {
    let missing = |from: &Members, of: &Members| {
        of.iter()
            .filter(|member| from.get(member.id).is_none())
            .map(|member| member.id.get())
            .collect()
    };
    Document {
        schema: "mvgal.status/1",
        generation: now.generation,
        interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
        arrived: missing(before, now),
        departed: missing(now, before),
        members: now
            .iter()
            .zip(readings)
            .map(|(member, reading)| load(before.get(member.id), member, reading, interval))
            .collect(),
    }
}

fn load(before: Option<&Member>, now: &Member, reading: &Reading, interval: Duration) -> Load {
    let spent = now
        .busy_ns
        .saturating_sub(before.map_or(now.busy_ns, |member| member.busy_ns));
    let percent = spent as f64 * 100.0 / (interval.as_nanos() as f64).max(1.0);
    Load {
        id: now.id.get(),
        driver: now.driver.clone(),
        state: now.state.to_string(),
        queued: now.jobs_queued,
        running: now.jobs_running,
        done: now.jobs_done,
        busy_ns: now.busy_ns,
        busy_percent: (percent * 10.0).round() / 10.0,
        health: reading.document(),
    }
}

fn text(document: &Document, before: &Members, now: &Members) -> String {
    let mut text = String::new();
    for (ids, members, verb) in [
        (&document.arrived, now, "came"),
        (&document.departed, before, "went"),
    ] {
        for member in members.iter().filter(|m| ids.contains(&m.id.get())) {
            text += &format!("member {} {verb}\n", select::name(member));
        }
    }
    if document.members.is_empty() {
        text += "no members\n";
    } else {
        text += &format!("{}\n", output::lines(loads_table(&document.members)));
    }
    text
}

fn loads_table(loads: &[Load]) -> Table {
    let mut table = output::table(
        ["id", "driver", "state", "queued", "running", "done", "busy"],
        &[0, 3, 4, 5, 6],
    );
    for load in loads {
        table.add_row([
            load.id.to_string(),
            load.driver.clone(),
            load.state.clone(),
            load.queued.to_string(),
            load.running.to_string(),
            load.done.to_string(),
            format!("{:.1} %", load.busy_percent),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use mvgal::sys;

    use super::*;

    fn member(id: u32, driver: &str, busy_ns: u64) -> sys::drm_mvgal_device {
        let mut raw = sys::drm_mvgal_device {
            id,
            state: sys::DRM_MVGAL_MEMBER_ONLINE,
            busy_ns,
            jobs_queued: id,
            jobs_done: 1000,
            ..Default::default()
        };
        raw.driver[..driver.len()].copy_from_slice(driver.as_bytes());
        raw
    }

    #[test]
    fn looks_are_compared_by_id() {
        let before = Members::from_raw(3, &[member(1, "amdgpu", 1_000_000), member(2, "vgem", 0)]);
        let now = Members::from_raw(
            5,
            &[
                member(1, "amdgpu", 126_000_000),
                member(4, "vgem", 9_000_000),
            ],
        );
        let interval = Duration::from_millis(500);
        let readings: Vec<Reading> = now
            .iter()
            .map(|member| Reading::new(member, None, Health::default(), interval))
            .collect();
        let document = compare(&before, &now, &readings, interval);
        insta::assert_snapshot!(text(&document, &before, &now));
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }
}
