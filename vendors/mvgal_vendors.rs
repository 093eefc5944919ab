// SPDX-License-Identifier: GPL-2.0

//! The vendors' drivers behind one trait, one file a vendor.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod generic;
mod ops;
mod virtio_gpu;

pub use ops::{
    AllocRequest,
    Allocation,
    ImageFormat,
    NativeCommand,
    VendorOps, //
};

/// Returns the operations for a DRM driver, by its name.
pub fn ops_for(driver: &[u8]) -> &'static dyn VendorOps {
    match driver {
        b"virtio_gpu" => &virtio_gpu::VirtioGpu,
        _ => &generic::Generic,
    }
}
