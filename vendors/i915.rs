// SPDX-License-Identifier: GPL-2.0

//! i915.
//!
//! `DRM_IOCTL_I915_GEM_CREATE` allocates system memory, which is all that integrated GPUs have.
//! `DRM_IOCTL_I915_GEM_CREATE_EXT` would allocate in the memory of a discrete one, but takes the
//! regions as a list in user memory. What allocates there without one is the dumb-buffer operation:
//! in the device's own memory where it has some, in the part that the CPU sees, and in system
//! memory elsewhere. What own memory has no room for goes to system memory, too. A buffer in own
//! memory cannot go to system memory later, and the driver lets no other device attach to it, so
//! what is to be shared is allocated in system memory. The kernel maps it where it is, which
//! attaches nobody.
//!
//! The driver clears all memory that users get.
//!
//! See `drivers/gpu/drm/i915/gem/i915_gem_create.c`, `i915_gem_dmabuf.c`, `i915_gem_execbuffer.c`,
//! `i915_gem_context.c` and `include/uapi/drm/i915_drm.h`.

use crate::{
    generic::create_dumb,
    native_command::{
        FencePlace,
        NativeCommand, //
    },
    ops::{
        take_handle,
        Allocation,
        Vendor,
        VendorOps, //
    },
    priority::{
        MAX_LEVEL,
        MAX_UNPRIVILEGED_LEVEL, //
    },
    refusal::Refusal,
    request::{
        AllocRequest,
        Placement, //
    }, //
};
use kernel::{
    dma::DataDirection,
    prelude::*, //
};
use kernel_ext::{
    drm_device::Version,
    drm_file::{
        DrmFile,
        IoctlArg, //
    },
    vendor_uapi::{
        drm_i915_gem_create as GemCreate,
        drm_i915_gem_execbuffer2 as ExecBuffer2,
        DRM_COMMAND_BASE,
        DRM_I915_GEM_CREATE,
        DRM_I915_GEM_EXECBUFFER2,
        I915_CONTEXT_DEFAULT_PRIORITY,
        I915_CONTEXT_MAX_USER_PRIORITY,
        I915_CONTEXT_MIN_USER_PRIORITY,
        I915_EXEC_FENCE_IN,
        I915_EXEC_FENCE_OUT,
        I915_EXEC_FENCE_SUBMIT,
        I915_EXEC_SECURE, //
    },
};

/// The ioctl that allocates.
const GEM_CREATE: u32 = DRM_COMMAND_BASE + DRM_I915_GEM_CREATE;

/// Allocates in the device's own memory. Returns `None` if that has no room, or it is too large for
/// a dumb buffer.
///
/// # Errors
///
/// As [`VendorOps::alloc`].
fn alloc_own(file: &DrmFile, request: &AllocRequest) -> Result<Option<Allocation>> {
    let dumb = match create_dumb(file, request, 0) {
        Err(err) if err == ENOSPC => return Ok(None),
        dumb => dumb?,
    };
    let allocation = take_handle(file, dumb.handle, request, dumb.pitch)?;
    // The driver takes memory at the first use. If that is a mapping into the kernel, the core
    // warns when there is none.
    match allocation
        .dma_buf
        .begin_cpu_access(DataDirection::FromDevice)
    {
        Ok(access) => access.end()?,
        Err(err) if err == ENXIO => return Ok(None),
        Err(err) => return Err(err),
    }
    Ok(Some(allocation))
}

/// What rows of a linear image begin at multiples of, in bytes (`i915_gem_dumb_create()`).
const PITCH_ALIGN: u32 = 64;

/// What NATIVE jobs may submit.
///
/// The syncobjs that it waits for and signals are in an array (`I915_EXEC_FENCE_ARRAY`) or in an
/// extension, in user memory.
const NATIVE_COMMANDS: &[NativeCommand] = &[NativeCommand {
    nr: DRM_COMMAND_BASE + DRM_I915_GEM_EXECBUFFER2,
    check: check_execbuffer2,
    fences: &[FencePlace::Syncobj, FencePlace::Buffer],
}];

/// The fences of the three flags are file descriptors. A secure batch is for the DRM master alone,
/// which a kernel thread with the file's credentials might pass for.
fn check_execbuffer2(arg: &IoctlArg) -> Result {
    const REFUSED: u32 =
        I915_EXEC_FENCE_IN | I915_EXEC_FENCE_OUT | I915_EXEC_FENCE_SUBMIT | I915_EXEC_SECURE;

    let arg: ExecBuffer2 = arg.to().ok_or(EINVAL)?;
    if arg.flags & u64::from(REFUSED) != 0 {
        return Err(EINVAL);
    }
    Ok(())
}

/// Whether this is a version of the UAPI that is known here. It has been 1.6 for as long as there
/// is GEM: what came later has to be asked for with `DRM_IOCTL_I915_GETPARAM`.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 1 && version.minor >= 6
}

/// The operations on i915.
pub(crate) struct I915;

impl VendorOps for I915 {
    fn vendor(&self) -> Vendor {
        Vendor::I915
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        Some(GEM_CREATE)
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let own = request.placement != Placement::System && !request.shared;
        if own {
            if let Some(allocation) = alloc_own(file, request)? {
                return Ok(allocation);
            }
        }

        let pitch = request.aligned_pitch(PITCH_ALIGN)?;
        let mut arg = GemCreate {
            size: request.size_with_pitch(pitch),
            ..Default::default()
        };
        file.ioctl(GEM_CREATE, &mut arg)?;
        take_handle(file, arg.handle, request, pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Ok(NATIVE_COMMANDS)
    }

    /// For `I915_CONTEXT_PARAM_PRIORITY`: a number for each level, from the lowest a user may have
    /// to the default at level 11, and above to the highest. Above the default it takes
    /// `CAP_SYS_NICE`. The driver answers ENODEV where its scheduler has no priorities.
    fn context_priority(&self, level: u32) -> Result<i32, Refusal> {
        // CAST: These are small.
        const DEFAULT: i32 = I915_CONTEXT_DEFAULT_PRIORITY as i32;
        const MAX: i32 = I915_CONTEXT_MAX_USER_PRIORITY as i32;
        const MIN: i32 = I915_CONTEXT_MIN_USER_PRIORITY;
        const LAST: i32 = MAX_UNPRIVILEGED_LEVEL as i32;
        const TOP: i32 = MAX_LEVEL as i32;

        // CAST: A level is small.
        let level = level.min(MAX_LEVEL) as i32;
        Ok(if level <= LAST {
            DEFAULT - (DEFAULT - MIN) * (LAST - level) / LAST
        } else {
            DEFAULT + (MAX - DEFAULT) * (level - LAST) / (TOP - LAST)
        })
    }
}
