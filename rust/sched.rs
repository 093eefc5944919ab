// SPDX-License-Identifier: GPL-2.0

//! Scheduling of the current task.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use crate::bindings;

/// Lets another task run if one is due.
///
/// Must be called in a context that may sleep.
pub fn cond_resched() {
    // SAFETY: The function has no requirements towards memory safety.
    unsafe { bindings::mvgal_shim_cond_resched() };
}
