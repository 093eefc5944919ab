// SPDX-License-Identifier: GPL-2.0

//! mtgpu, of Moore Threads.
//!
//! What the driver's own ioctls do is not published, and their numbers and structures have changed
//! under one and the same version. What is published is its dumb-buffer operation: memory of the
//! card, or system memory with a flag of its own. The card's memory can be mapped by no other
//! driver, so what is to be shared is allocated in system memory. Of that the driver gives
//! importers physical addresses, not mapped for them: devices behind an IOMMU that translates do not
//! reach it. Neither is cleared, so the CPU does it.
//!
//! Submissions are ordered by timelines and semaphores of the driver's own and by file descriptors,
//! so that there is no fence that could be found, nor a command without descriptors.
//!
//! The driver is out of tree. See `rust/vendor_uapi/mtgpu_drm.h` for what is known of it.

use crate::{
    generic::create_dumb,
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
        Placement, //
    }, //
};
use kernel::prelude::*;
use kernel_ext::{
    drm_device::Version,
    drm_file::DrmFile,
    vendor_uapi::MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM, //
};

/// Whether this is a version of the UAPI that is known here, as far as it is used: all versions say
/// 1.0.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 1 && version.minor == 0
}

/// The operations on mtgpu.
pub(crate) struct Mtgpu;

impl VendorOps for Mtgpu {
    fn vendor(&self) -> Vendor {
        Vendor::Mtgpu
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        None
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let flags = if request.placement == Placement::System || request.shared {
            MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM
        } else {
            0
        };
        let dumb = create_dumb(file, request, flags)?;
        take_handle_and_clear(file, dumb.handle, request, dumb.pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// The driver takes memory that the device sees in one piece.
    fn imports_of_others(&self) -> Result<(), Refusal> {
        Err(Refusal::CannotAsk)
    }

    /// `mtgpu_gem_dmabuf_map()` gives out those of the pages, as they are.
    fn addresses_for_others(&self) -> Addresses {
        Addresses::Physical
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Err(Refusal::OwnFences)
    }

    fn context_priority(&self, _level: u32) -> Result<i32, Refusal> {
        Err(Refusal::NotPublished)
    }
}
