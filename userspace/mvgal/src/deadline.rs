// SPDX-License-Identifier: MIT OR Apache-2.0

//! Until when to wait.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Until when to wait: a time of `CLOCK_MONOTONIC`, in ns.
///
/// It is absolute, so a wait that was interrupted and is started again does not
/// take longer.
///
/// ```
/// use std::time::Duration;
/// use mvgal::Deadline;
///
/// let soon = Deadline::after(Duration::from_millis(10));
/// assert!(Deadline::NOW < soon && soon < Deadline::NEVER);
/// assert!(Deadline::after(Duration::MAX) == Deadline::NEVER);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(i64);

impl Deadline {
    /// Asks without waiting.
    pub const NOW: Deadline = Deadline(0);
    /// Waits for ever.
    pub const NEVER: Deadline = Deadline(i64::MAX);

    /// The time now.
    pub fn now() -> Self {
        Deadline(monotonic_ns())
    }

    /// A time from now on; what is too far away is [`NEVER`](Self::NEVER).
    pub fn after(timeout: Duration) -> Self {
        let timeout = i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX);
        Deadline(monotonic_ns().saturating_add(timeout))
    }

    /// A time of `CLOCK_MONOTONIC` in ns; negative times are [`NOW`](Self::NOW).
    pub const fn at(ns: i64) -> Self {
        if ns < 0 { Self::NOW } else { Deadline(ns) }
    }

    /// The time of `CLOCK_MONOTONIC` in ns.
    pub const fn as_ns(self) -> i64 {
        self.0
    }
}

/// `CLOCK_MONOTONIC` now, in ns; 0 if there is no such clock.
fn monotonic_ns() -> i64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |now| {
        now.tv_sec()
            .saturating_mul(1_000_000_000)
            .saturating_add(now.tv_nsec())
    })
}
