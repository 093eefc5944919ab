// SPDX-License-Identifier: GPL-2.0

//! nvidia-drm, of NVIDIA's open kernel modules.
//!
//! Memory is allocated by `DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY`, which the driver does with its
//! kernel mode setting on (`nvidia-drm.modeset=1`): in the card's memory, or in system memory on a
//! device that has none. Whether it is cleared nobody promises, so the CPU does it. On a device
//! without memory of its own the driver has no mapping for that (`__nv_drm_gem_nvkms_map()`), so
//! there is no allocation there, but ENOMEM.
//!
//! Work is submitted from user mode, to channels that are mapped there; no ioctl of this driver
//! hands any over, so there is nothing that a NATIVE job could submit, nor a context whose priority
//! the kernel would be asked for. What user mode waits for is a semaphore in memory. Of that,
//! `DRM_IOCTL_NVIDIA_SEMSURF_FENCE_CREATE` makes a sync_file, which a client can import to a
//! syncobj and name as an in-sync of a job.
//!
//! The driver is out of tree. See `rust/vendor_uapi/nvidia_drm.h` for what is known of it, and
//! `kernel-open/nvidia-drm/nvidia-drm-gem-nvkms-memory.c` of release 595.44.02.

use crate::{
    native_command::NativeCommand,
    ops::{
        take_handle_and_clear,
        Addresses,
        Allocation,
        Vendor,
        VendorOps, //
    },
    refusal::Refusal,
    request::{
        AllocRequest,
        Shape, //
    }, //
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};
use kernel_ext::{
    drm_device::{
        Feature,
        ForeignDevice,
        Version, //
    },
    drm_file::DrmFile,
    vendor_uapi::{
        drm_nvidia_gem_alloc_nvkms_memory_params as AllocNvkmsMemory,
        DRM_COMMAND_BASE,
        DRM_NVIDIA_GEM_ALLOC_NVKMS_MEMORY,
        NV_GEM_ALLOC_NO_SCANOUT, //
    },
};

/// The ioctl that allocates.
const GEM_ALLOC_NVKMS_MEMORY: u32 = DRM_COMMAND_BASE + DRM_NVIDIA_GEM_ALLOC_NVKMS_MEMORY;

/// What rows of a linear image begin at multiples of, in bytes: enough for all display engines.
const PITCH_ALIGN: u32 = 256;

/// Whether this is a version of the UAPI that is known here. The driver names none, which is 0.0.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 0 && version.minor == 0
}

/// The operations on nvidia-drm.
pub(crate) struct NvidiaDrm;

impl VendorOps for NvidiaDrm {
    fn vendor(&self) -> Vendor {
        Vendor::NvidiaDrm
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        Some(GEM_ALLOC_NVKMS_MEMORY)
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        self.allocates_on(file.device())?;

        let pitch = request.aligned_pitch(PITCH_ALIGN)?;
        let mut arg = AllocNvkmsMemory {
            // The driver makes a GEM object of just that size, which has to be of whole pages.
            // CAST: Widens.
            memory_size: request.aligned_size(PAGE_SIZE as u64, pitch)?,
            flags: match request.shape {
                Shape::Linear { .. } => NV_GEM_ALLOC_NO_SCANOUT,
                Shape::Image { .. } => 0,
            },
            ..Default::default()
        };
        // With arguments that are right, it is what the driver says when there is no memory.
        let no_memory = |err| if err == EINVAL { ENOMEM } else { err };
        file.ioctl(GEM_ALLOC_NVKMS_MEMORY, &mut arg)
            .map_err(no_memory)?;
        take_handle_and_clear(file, arg.handle, request, pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Err(Refusal::DriverDecides)
    }

    fn allocates_on(&self, dev: &ForeignDevice) -> Result<(), Refusal> {
        if dev.has(Feature::Modeset) {
            Ok(())
        } else {
            Err(Refusal::NoModeset)
        }
    }

    /// What is allocated here is video memory, for which `nv_drm_gem_prime_get_sg_table()` has
    /// `ENOMEM`.
    fn addresses_for_others(&self) -> Addresses {
        Addresses::None
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Err(Refusal::UserModeSubmit)
    }

    fn context_priority(&self, _level: u32) -> Result<i32, Refusal> {
        Err(Refusal::UserModeSubmit)
    }
}
