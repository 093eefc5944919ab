// SPDX-License-Identifier: GPL-2.0

//! The vendors' drivers behind one trait, one file a vendor.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod amdgpu;
mod generic;
mod i915;
mod mtgpu;
mod native_command;
mod nouveau;
mod nvidia_drm;
mod ops;
mod priority;
mod refusal;
mod request;
mod virtio_gpu;
mod xe;

pub use native_command::{
    FencePlace,
    NativeCommand, //
};
pub use ops::{
    Addresses,
    Allocation,
    Vendor,
    VendorOps, //
};
pub use priority::{
    MAX_LEVEL,
    MAX_UNPRIVILEGED_LEVEL, //
};
pub use refusal::{
    Capability,
    Refusal, //
};
pub use request::{
    AllocRequest,
    ImageFormat,
    Placement,
    Shape, //
};

use kernel_ext::drm_device::{
    ForeignDevice,
    Version, //
};

/// A driver that has operations of its own.
struct Driver {
    /// The name it registers with DRM.
    name: &'static [u8],
    /// Whether the operations are for a version of its UAPI.
    knows: fn(Version) -> bool,
    /// The operations.
    ops: &'static dyn VendorOps,
}

/// The drivers that have operations of their own.
static DRIVERS: [Driver; 7] = [
    Driver {
        name: b"amdgpu",
        knows: amdgpu::knows,
        ops: &amdgpu::Amdgpu,
    },
    Driver {
        name: b"i915",
        knows: i915::knows,
        ops: &i915::I915,
    },
    Driver {
        name: b"mtgpu",
        knows: mtgpu::knows,
        ops: &mtgpu::Mtgpu,
    },
    Driver {
        name: b"nouveau",
        knows: nouveau::knows,
        ops: &nouveau::Nouveau,
    },
    Driver {
        name: b"nvidia-drm",
        knows: nvidia_drm::knows,
        ops: &nvidia_drm::NvidiaDrm,
    },
    Driver {
        name: b"virtio_gpu",
        knows: virtio_gpu::knows,
        ops: &virtio_gpu::VirtioGpu,
    },
    Driver {
        name: b"xe",
        knows: xe::knows,
        ops: &xe::Xe,
    },
];

/// Returns the operations for a device.
pub fn ops_for(dev: &ForeignDevice) -> &'static dyn VendorOps {
    recognize(dev.driver_name().to_bytes(), dev.driver_version())
}

/// Returns the operations for a version of a DRM driver: the generic ones if there are no others.
pub fn recognize(driver: &[u8], version: Version) -> &'static dyn VendorOps {
    match DRIVERS.iter().find(|known| known.name == driver) {
        Some(known) if (known.knows)(version) => known.ops,
        Some(_) => &generic::UNKNOWN_VERSION,
        None => &generic::UNKNOWN_DRIVER,
    }
}
