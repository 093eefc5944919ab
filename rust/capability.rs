// SPDX-License-Identifier: GPL-2.0

//! Capabilities of the current task.
//!
//! C header: [`include/linux/capability.h`](srctree/include/linux/capability.h)

use crate::bindings;
use kernel::ffi;

/// A capability, as in `include/uapi/linux/capability.h`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Capability {
    /// Raising priorities: `CAP_SYS_NICE`.
    SysNice = bindings::CAP_SYS_NICE,
}

/// Returns whether the current task has `capability` in the initial user namespace.
///
/// To be called in process context, in the task that is to be judged. The audit subsystem and the
/// security modules see the request, and `PF_SUPERPRIV` is set if it is granted: ask only when the
/// answer is acted upon.
pub fn has_capability(capability: Capability) -> bool {
    // SAFETY: `capability` is a valid capability; the function has no other requirements.
    unsafe { bindings::capable(capability as ffi::c_int) }
}
