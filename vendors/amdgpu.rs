// SPDX-License-Identifier: GPL-2.0

//! amdgpu.
//!
//! Memory is allocated by `DRM_IOCTL_AMDGPU_GEM_CREATE`. The driver moves buffers by itself: those
//! in VRAM go to GTT, which is system memory, when a device that cannot reach them maps them, and
//! back with the next submission. The CPU reads them where they are. On an APU, VRAM is system
//! memory that the firmware has set aside.
//!
//! To map a buffer into the kernel, the driver pins it where it is preferred, and refuses with
//! `EINVAL` if it is pinned elsewhere. An importer that follows no moves pins it in GTT for as long
//! as it is imported. So what others may import is preferred in both: it is mapped wherever it is
//! pinned. It is allocated in VRAM while there is room, and must fit into GTT.
//!
//! See `drivers/gpu/drm/amd/amdgpu/amdgpu_gem.c`, `amdgpu_object.c`, `amdgpu_dma_buf.c`,
//! `amdgpu_cs.c`, `amdgpu_ctx.c` and `include/uapi/drm/amdgpu_drm.h`.

use crate::{
    native_command::{
        anything,
        FencePlace,
        NativeCommand, //
    },
    ops::{
        take_handle_of_movable,
        Allocation,
        Vendor,
        VendorOps, //
    },
    priority::step,
    refusal::Refusal,
    request::{
        AllocRequest,
        Placement, //
    }, //
};
use kernel::prelude::*;
use kernel_ext::{
    drm_device::Version,
    drm_file::{
        DrmFile,
        IoctlArg, //
    },
    vendor_uapi::{
        drm_amdgpu_gem_create_in as GemCreateIn,
        drm_amdgpu_gem_create_out as GemCreateOut,
        AMDGPU_CTX_PRIORITY_HIGH,
        AMDGPU_CTX_PRIORITY_LOW,
        AMDGPU_CTX_PRIORITY_NORMAL,
        AMDGPU_CTX_PRIORITY_VERY_HIGH,
        AMDGPU_CTX_PRIORITY_VERY_LOW,
        AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED,
        AMDGPU_GEM_CREATE_VRAM_CLEARED,
        AMDGPU_GEM_DOMAIN_GTT,
        AMDGPU_GEM_DOMAIN_VRAM,
        DRM_AMDGPU_CS,
        DRM_AMDGPU_GEM_CREATE,
        DRM_COMMAND_BASE, //
    },
};

/// The ioctl that allocates.
const GEM_CREATE: u32 = DRM_COMMAND_BASE + DRM_AMDGPU_GEM_CREATE;

/// What rows of a linear image begin at multiples of, in bytes: what the display engine and all
/// others can do with 4 bytes a pixel (`amdgpu_gem_align_pitch()`).
const PITCH_ALIGN: u32 = 256;

/// What NATIVE jobs may submit.
///
/// What a submission consists of lies in chunks in user memory. None of them holds a file
/// descriptor: dependencies are syncobjs and sequence numbers. The sequence number that the ioctl
/// returns is dropped.
const NATIVE_COMMANDS: &[NativeCommand] = &[NativeCommand {
    nr: DRM_COMMAND_BASE + DRM_AMDGPU_CS,
    check: anything,
    fences: &[FencePlace::Syncobj, FencePlace::Buffer],
}];

/// Whether this is a version of the UAPI that is known here: 3 is that of amdgpu from its
/// beginning, and has only grown.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 3
}

/// The operations on amdgpu.
pub(crate) struct Amdgpu;

impl VendorOps for Amdgpu {
    fn vendor(&self) -> Vendor {
        Vendor::Amdgpu
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        Some(GEM_CREATE)
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let pitch = request.aligned_pitch(PITCH_ALIGN)?;
        let own = if request.shared {
            AMDGPU_GEM_DOMAIN_VRAM | AMDGPU_GEM_DOMAIN_GTT
        } else {
            AMDGPU_GEM_DOMAIN_VRAM
        };
        let (domains, flags) = match request.placement {
            // System memory is always cleared, and always visible.
            Placement::System => (AMDGPU_GEM_DOMAIN_GTT, 0),
            Placement::Own => (own, AMDGPU_GEM_CREATE_VRAM_CLEARED),
            Placement::OwnVisible => (
                own,
                AMDGPU_GEM_CREATE_VRAM_CLEARED | AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED,
            ),
        };
        let mut arg = IoctlArg::new(&GemCreateIn {
            bo_size: request.size_with_pitch(pitch),
            alignment: 0,
            domains: domains.into(),
            domain_flags: flags.into(),
        })
        .ok_or(EINVAL)?;
        file.ioctl_whole(GEM_CREATE, &mut arg)?;

        let out: GemCreateOut = arg.to().ok_or(EINVAL)?;
        take_handle_of_movable(file, out.handle, request, pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn exports_peer_memory(&self) -> bool {
        true
    }

    fn imports_peer_memory(&self) -> bool {
        true
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Ok(NATIVE_COMMANDS)
    }

    /// `AMDGPU_CTX_PRIORITY_*`, for `drm_amdgpu_ctx_in::priority`. What is above NORMAL takes
    /// `CAP_SYS_NICE`, or being the DRM master.
    fn context_priority(&self, level: u32) -> Result<i32, Refusal> {
        Ok(step(
            level,
            &[
                (3, AMDGPU_CTX_PRIORITY_VERY_LOW),
                (7, AMDGPU_CTX_PRIORITY_LOW),
                // CAST: All of these are small.
                (11, AMDGPU_CTX_PRIORITY_NORMAL as i32),
                (13, AMDGPU_CTX_PRIORITY_HIGH as i32),
            ],
            AMDGPU_CTX_PRIORITY_VERY_HIGH as i32,
        ))
    }
}
