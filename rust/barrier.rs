// SPDX-License-Identifier: GPL-2.0

//! Memory barriers that the `kernel` crate lacks: those that devices see, too.
//!
//! C header: [`include/asm-generic/barrier.h`](srctree/include/asm-generic/barrier.h)

use crate::bindings;

/// Has all stores before it, also those to memory that is not cached, seen before those after it.
pub fn wmb() {
    // SAFETY: There is no requirement.
    unsafe { bindings::mvgal_shim_wmb() };
}
