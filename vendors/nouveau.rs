// SPDX-License-Identifier: GPL-2.0

//! nouveau.
//!
//! Memory is allocated by `DRM_IOCTL_NOUVEAU_GEM_NEW`. The driver hands out VRAM with what was in
//! it before, so the CPU clears it. For that, as whenever it is mapped into the kernel or for
//! another device, the driver moves the buffer to system memory (GART), where it is always allowed
//! to be. So there it is when it is handed out. A `PUSHBUF` that wants it in VRAM alone brings it
//! back; `EXEC` takes buffers where they are.
//!
//! The first `GEM_NEW` on a file decides which of the driver's two UAPIs the file has: where
//! `DRM_IOCTL_NOUVEAU_VM_INIT` was not called before, it fails from then on, and so does
//! `DRM_IOCTL_NOUVEAU_EXEC`.
//!
//! See `drivers/gpu/drm/nouveau/nouveau_gem.c`, `nouveau_bo.c`, `nouveau_prime.c`, `nouveau_exec.c`
//! and `include/uapi/drm/nouveau_drm.h`.

use crate::{
    native_command::{
        anything,
        FencePlace,
        NativeCommand, //
    },
    ops::{
        take_handle,
        take_handle_and_clear,
        Allocation,
        Vendor,
        VendorOps, //
    },
    refusal::Refusal,
    request::{
        AllocRequest,
        Placement,
        Shape, //
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
        drm_nouveau_gem_info as GemInfo,
        drm_nouveau_gem_new as GemNew,
        drm_nouveau_gem_pushbuf as Pushbuf,
        DRM_COMMAND_BASE,
        DRM_NOUVEAU_EXEC,
        DRM_NOUVEAU_GEM_NEW,
        DRM_NOUVEAU_GEM_PUSHBUF,
        NOUVEAU_GEM_DOMAIN_GART,
        NOUVEAU_GEM_DOMAIN_VRAM,
        NOUVEAU_GEM_PUSHBUF_SYNC,
        NOUVEAU_GEM_TILE_NONCONTIG, //
    },
};

/// The ioctl that allocates.
const GEM_NEW: u32 = DRM_COMMAND_BASE + DRM_NOUVEAU_GEM_NEW;

/// What rows of a linear image begin at multiples of, in bytes (`nouveau_display_dumb_create()`).
const PITCH_ALIGN: u32 = 256;

/// What NATIVE jobs may submit: the commands of both UAPIs, of which a file has one.
///
/// A push buffer knows no syncobjs.
const NATIVE_COMMANDS: &[NativeCommand] = &[
    NativeCommand {
        nr: DRM_COMMAND_BASE + DRM_NOUVEAU_EXEC,
        check: anything,
        fences: &[FencePlace::Syncobj, FencePlace::Buffer],
    },
    NativeCommand {
        nr: DRM_COMMAND_BASE + DRM_NOUVEAU_GEM_PUSHBUF,
        check: check_pushbuf,
        fences: &[FencePlace::Buffer],
    },
];

/// With `NOUVEAU_GEM_PUSHBUF_SYNC` the driver waits for the end of the work.
fn check_pushbuf(arg: &IoctlArg) -> Result {
    let arg: Pushbuf = arg.to().ok_or(EINVAL)?;
    // The flags are where the driver returns a number.
    if arg.vram_available & u64::from(NOUVEAU_GEM_PUSHBUF_SYNC) != 0 {
        return Err(EINVAL);
    }
    Ok(())
}

/// Whether this is a version of the UAPI that is known here: 1.3 brought
/// `NOUVEAU_GEM_DOMAIN_COHERENT`, 1.4 the second UAPI.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 1 && version.minor >= 3
}

/// The operations on nouveau.
pub(crate) struct Nouveau;

impl VendorOps for Nouveau {
    fn vendor(&self) -> Vendor {
        Vendor::Nouveau
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        Some(GEM_NEW)
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let pitch = request.aligned_pitch(PITCH_ALIGN)?;
        let domain = match request.placement {
            Placement::System => NOUVEAU_GEM_DOMAIN_GART,
            // NOUVEAU_GEM_DOMAIN_MAPPABLE is looked at nowhere: a fault of the CPU moves the buffer
            // to where it can be mapped (`nouveau_ttm_fault_reserve_notify()`).
            Placement::Own | Placement::OwnVisible => {
                NOUVEAU_GEM_DOMAIN_VRAM | NOUVEAU_GEM_DOMAIN_GART
            }
        };
        let tile_flags = match request.shape {
            Shape::Linear { .. } => NOUVEAU_GEM_TILE_NONCONTIG,
            // Display engines want it in one piece.
            Shape::Image { .. } => 0,
        };
        let mut arg = GemNew {
            info: GemInfo {
                domain,
                size: request.size_with_pitch(pitch),
                tile_flags,
                ..Default::default()
            },
            ..Default::default()
        };
        file.ioctl(GEM_NEW, &mut arg)?;

        let take = match request.placement {
            // The kernel gives out its own pages cleared.
            Placement::System => take_handle,
            Placement::Own | Placement::OwnVisible => take_handle_and_clear,
        };
        take(file, arg.info.handle, request, pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Ok(NATIVE_COMMANDS)
    }

    fn context_priority(&self, _level: u32) -> Result<i32, Refusal> {
        Err(Refusal::NotThere)
    }
}
