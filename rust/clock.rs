// SPDX-License-Identifier: GPL-2.0

//! The clock of fences and reports.
//!
//! C header: [`include/linux/timekeeping.h`](srctree/include/linux/timekeeping.h)

use crate::bindings;

/// `CLOCK_MONOTONIC` now, in nanoseconds: the clock of fence timestamps and of UAPI time-outs.
///
/// [`kernel::time::Instant`] reads the same clock but keeps the number to itself.
#[inline]
pub fn monotonic_ns() -> u64 {
    // SAFETY: `ktime_get()` has no preconditions. The monotonic clock starts at zero and so is
    // never negative.
    unsafe { bindings::ktime_get() as u64 }
}
