// SPDX-License-Identifier: GPL-2.0

//! The 16 priorities of jobs, and where they lie between those of a driver's contexts.

/// The highest level for which a client needs no privilege. The drivers here give `CAP_SYS_NICE`
/// the same meaning.
pub const MAX_UNPRIVILEGED_LEVEL: u32 = 11;

/// The highest level.
pub const MAX_LEVEL: u32 = 15;

/// Picks the priority of a level from steps, each with the highest level that it is for.
///
/// Above all of the steps it is `highest`.
pub(crate) fn step(level: u32, steps: &[(u32, i32)], highest: i32) -> i32 {
    steps
        .iter()
        .find(|(last, _)| level <= *last)
        .map_or(highest, |(_, priority)| *priority)
}
