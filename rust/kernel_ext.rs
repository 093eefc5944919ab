// SPDX-License-Identifier: GPL-2.0

//! What the `kernel` crate still lacks for mvgal, shaped like it.
//!
//! All `unsafe` code and all raw bindings of the module live in this crate, and so does whatever
//! depends on the kernel release. The driver and the vendors speak safe Rust to it.

#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

pub mod alarm;
pub mod barrier;
mod bindings;
pub mod capability;
pub mod chrdev;
pub mod class_interface;
pub mod clock;
pub mod dma_buf;
pub mod dma_fence;
pub mod dma_fence_chain;
pub mod dma_resv;
pub mod dmem;
pub mod drm_device;
pub mod drm_driver;
pub mod drm_file;
pub mod drm_ioctl;
pub mod fdinfo;
pub mod gem;
pub mod iosys_map;
pub mod list;
pub mod pci;
pub mod platform;
pub mod pm_notifier;
mod runtime_pm;
pub mod sched;
pub mod syncobj;
pub mod system_buffer;
pub mod trace;
pub mod uapi;
pub mod user_memory;
pub mod vendor_uapi;
pub mod workqueue;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/dma_fence.rs"]
mod dma_fence_test;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/dma_resv.rs"]
mod dma_resv_test;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/syncobj.rs"]
mod syncobj_test;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/workqueue.rs"]
mod workqueue_test;
