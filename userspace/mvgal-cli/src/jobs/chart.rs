// SPDX-License-Identifier: MIT OR Apache-2.0

//! A chart of jobs over time, in characters.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

/// A job in the chart. Times are ns on one clock.
#[derive(Debug, Clone)]
pub struct Block {
    /// Row it belongs to.
    pub row: usize,
    /// Its number.
    pub job: usize,
    /// Its priority, 0–15.
    pub priority: u32,
    /// When it could have run.
    pub ready: u64,
    /// When it was dispatched.
    pub started: u64,
    /// When it ended.
    pub finished: u64,
}

/// Where a block is drawn: columns of a line, the last exclusive.
struct Placed<'a> {
    block: &'a Block,
    waits_from: usize,
    start: usize,
    end: usize,
}

/// Draws the chart: a line or more for each row, and the axis below.
///
/// A block is as wide as its time, but never narrower than its number; then, and
/// where it would cover the one before, it stands further right than it should.
/// Dots before a block are the time it was ready and waited for its turn. The
/// text has colours by priority, which whoever prints it may strip.
pub fn render(rows: &[String], blocks: &[Block], columns: usize) -> String {
    let label = rows
        .iter()
        .map(|row| row.chars().count())
        .max()
        .unwrap_or(0);
    let width = columns.saturating_sub(label + 4).max(20);
    let begin = blocks.iter().map(|block| block.ready).min().unwrap_or(0);
    let end = blocks.iter().map(|block| block.finished).max().unwrap_or(0);
    let span = end.saturating_sub(begin).max(1);
    let column = |time: u64| {
        let part = time.saturating_sub(begin).min(span);
        ((u128::from(part) * width as u128) / u128::from(span)) as usize
    };

    let mut chart = String::new();
    for (index, name) in rows.iter().enumerate() {
        let mut jobs: Vec<&Block> = blocks.iter().filter(|block| block.row == index).collect();
        jobs.sort_by_key(|block| (block.started, block.finished, block.job));
        let lanes = place(&jobs, width, column);
        for (number, lane) in lanes.iter().enumerate() {
            let name = if number == 0 { name.as_str() } else { "" };
            let _ = writeln!(chart, "  {name:<label$} │{}", line(lane));
        }
        if lanes.is_empty() {
            let _ = writeln!(chart, "  {name:<label$} │");
        }
    }
    let _ = writeln!(chart, "  {:<label$} └{}", "", "─".repeat(width));
    let last = format!("{} µs", crate::units::micros(span));
    let gap = width.saturating_sub(1 + last.chars().count());
    let _ = writeln!(chart, "  {:<label$}  0{:gap$}{last}", "", "");
    chart
}

/// Distributes the jobs of a row over lines, so that none that ran at the same
/// time share one.
fn place<'a>(
    jobs: &[&'a Block],
    width: usize,
    column: impl Fn(u64) -> usize,
) -> Vec<Vec<Placed<'a>>> {
    let mut lanes: Vec<Vec<Placed<'a>>> = Vec::new();
    for block in jobs {
        let narrowest = number(block).chars().count();
        let lane = lanes.iter().position(|lane| {
            lane.last()
                .is_none_or(|last| last.block.finished <= block.started)
        });
        let lane = lane.unwrap_or_else(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        let free = lanes[lane].last().map_or(0, |last| last.end);
        let start = column(block.started).max(free);
        let end = column(block.finished).max(start + narrowest);
        lanes[lane].push(Placed {
            block,
            waits_from: column(block.ready).max(free).min(start),
            start,
            end,
        });
    }
    // What the numbers pushed over the edge is pulled back, as far as there is
    // room; blocks only ever get narrower by that down to their numbers.
    for lane in &mut lanes {
        let mut limit = width.max(lane.iter().map(|p| number(p.block).chars().count()).sum());
        for placed in lane.iter_mut().rev() {
            if placed.end <= limit {
                break;
            }
            let wide = (placed.end - placed.start).min(number(placed.block).chars().count());
            placed.end = limit;
            placed.start = placed.start.min(limit.saturating_sub(wide));
            placed.waits_from = placed.waits_from.min(placed.start);
            limit = placed.start;
        }
    }
    lanes
}

/// One line of blocks.
fn line(lane: &[Placed<'_>]) -> String {
    let mut line = String::new();
    let mut at = 0;
    for placed in lane {
        let waits_from = placed.waits_from.max(at);
        let _ = write!(
            line,
            "{}{}",
            " ".repeat(waits_from - at),
            "·".repeat(placed.start - waits_from)
        );
        let style = style(placed.block.priority);
        let number = number(placed.block);
        let wide = placed.end - placed.start;
        let _ = write!(line, "{style}{number:█<wide$}{style:#}");
        at = placed.end;
    }
    line
}

/// The edge of a block, and its number.
fn number(block: &Block) -> String {
    format!("▌{}", block.job)
}

/// The colour of a priority: the warmer, the more urgent.
pub fn style(priority: u32) -> Style {
    let color = match priority {
        0..=3 => AnsiColor::Blue,
        4..=7 => AnsiColor::Cyan,
        8..=11 => AnsiColor::Green,
        12..=13 => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    color.on_default().bold()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(row: usize, job: usize, times: [u64; 3]) -> Block {
        Block {
            row,
            job,
            priority: job as u32 % 16,
            ready: times[0] * 1000,
            started: times[1] * 1000,
            finished: times[2] * 1000,
        }
    }

    fn plain(rows: &[&str], blocks: &[Block], columns: usize) -> String {
        let rows: Vec<String> = rows.iter().map(|&row| row.to_owned()).collect();
        anstream::adapter::strip_str(&render(&rows, blocks, columns)).to_string()
    }

    #[test]
    fn a_chain_steps_down_the_rows() {
        let blocks = [
            block(0, 1, [0, 0, 100]),
            block(1, 2, [100, 110, 300]),
            block(2, 3, [300, 400, 500]),
            block(1, 4, [500, 500, 700]),
            block(0, 5, [700, 760, 1000]),
        ];
        insta::assert_snapshot!(plain(
            &["1 virtio_gpu", "2 virtio_gpu", "3 vgem"],
            &blocks,
            72
        ));
    }

    #[test]
    fn what_runs_at_once_gets_lines_of_its_own() {
        let blocks = [
            block(0, 1, [0, 0, 600]),
            block(0, 2, [0, 100, 700]),
            block(0, 3, [0, 600, 1000]),
        ];
        insta::assert_snapshot!(plain(&["host"], &blocks, 50));
    }

    #[test]
    fn short_jobs_keep_their_numbers() {
        let blocks: Vec<Block> = (0..8)
            .map(|i| block(0, 10 + i, [0, 900 + i as u64, 901 + i as u64]))
            .chain([block(0, 9, [0, 0, 900])])
            .collect();
        insta::assert_snapshot!(plain(&["1 vgem"], &blocks, 60));
    }

    #[test]
    fn no_jobs_no_harm() {
        insta::assert_snapshot!(plain(&["1 vgem", "host"], &[], 40));
    }

    proptest! {
        #[test]
        fn every_job_is_drawn_once_and_in_bounds(
            times in prop::collection::vec((0_usize..3, 0_u64..500, 0_u64..500, 0_u64..500), 1..30),
            columns in 30_usize..150,
        ) {
            let blocks: Vec<Block> = times
                .iter()
                .enumerate()
                .map(|(i, &(row, ready, queued, run))| {
                    block(row, 100 + i, [ready, ready + queued, ready + queued + run])
                })
                .collect();
            let rows = ["a", "b", "c"].map(str::to_owned);
            let styled = render(&rows, &blocks, columns);
            for block in &blocks {
                let number = number(block);
                prop_assert_eq!(styled.matches(&number).count(), 1, "{}\n{}", number, styled);
            }
            let chart = anstream::adapter::strip_str(&styled).to_string();
            // Blocks are at least 4 wide and at most 29 share a line.
            let widest = columns.max(29 * 4 + 5).max(25);
            for line in chart.lines() {
                prop_assert!(line.chars().count() <= widest, "{}", chart);
            }
        }
    }
}
