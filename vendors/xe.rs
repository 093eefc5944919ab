// SPDX-License-Identifier: GPL-2.0

//! xe.
//!
//! Memory is allocated by `DRM_IOCTL_XE_GEM_CREATE`, which wants a mask of memory regions. Which
//! bit is what region is told by a query that writes to user memory, and the UAPI makes no promise
//! about their order. It does not take one. The mask of the two lowest bits is refused with
//! `EINVAL` where there is but one region, as on GPUs without VRAM, and is VRAM and system memory
//! where there are two. That is what is wanted of a buffer in VRAM: were it in VRAM alone, no
//! device could import it that does not reach VRAM. The driver puts it in VRAM while there is room;
//! what others may import in the part that they reach, for it does not move it there when they do,
//! and refuses. Memory that the CPU caches by write-back is refused with `EINVAL` for VRAM, so that
//! system memory is found by trying. On all devices there are, one try is enough.
//!
//! The driver clears all memory that users get. It has no operation to map a dma-buf into the
//! kernel: what the CPU does with its buffers it does by the client's own mapping.
//!
//! See `drivers/gpu/drm/xe/xe_bo.c`, `xe_dma_buf.c`, `xe_exec.c`, `xe_exec_queue.c` and
//! `include/uapi/drm/xe_drm.h`.

use crate::{
    native_command::{
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
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};
use kernel_ext::{
    drm_device::Version,
    drm_file::{
        DrmFile,
        IoctlArg, //
    },
    vendor_uapi::{
        drm_xe_exec as Exec,
        drm_xe_gem_create as GemCreate,
        DRM_COMMAND_BASE,
        DRM_XE_EXEC,
        DRM_XE_GEM_CPU_CACHING_WB,
        DRM_XE_GEM_CPU_CACHING_WC, //
        DRM_XE_GEM_CREATE,
        DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM,
    },
};

/// The ioctl that allocates.
const GEM_CREATE: u32 = DRM_COMMAND_BASE + DRM_XE_GEM_CREATE;

/// What rows of a linear image begin at multiples of, in bytes (`xe_bo_dumb_create()`).
const PITCH_ALIGN: u32 = 64;

/// What buffers in VRAM are multiples of, in bytes: the largest `min_page_size` of a region.
const VRAM_ALIGN: u64 = 64 << 10;

/// The two lowest regions.
const VRAM_OR_SYSTEM: u32 = 0b11;

/// Bits of the mask that are tried for system memory, from the lowest up: the driver has one such
/// region, and at most two of VRAM.
const REGIONS: u32 = 3;

/// Priorities of exec queues. The UAPI has no names for them: 0 is below the default, which is 1,
/// and 2 is above (`enum xe_exec_queue_priority`).
const QUEUE_PRIORITY_LOW: i32 = 0;
const QUEUE_PRIORITY_NORMAL: i32 = 1;
const QUEUE_PRIORITY_HIGH: i32 = 2;

/// What NATIVE jobs may submit.
///
/// What it waits for and signals are syncobjs, and a fence in memory of the GPU's address space. In
/// the buffers its fence is one that only the driver's own memory management looks at.
const NATIVE_COMMANDS: &[NativeCommand] = &[NativeCommand {
    nr: DRM_COMMAND_BASE + DRM_XE_EXEC,
    check: check_exec,
    fences: &[FencePlace::Syncobj],
}];

/// An exec without a batch waits and signals in the order of its queue, and nothing else. Without
/// any sync it would have no fence to go by.
fn check_exec(arg: &IoctlArg) -> Result {
    let arg: Exec = arg.to().ok_or(EINVAL)?;
    if arg.num_syncs == 0 {
        return Err(EINVAL);
    }
    Ok(())
}

/// Whether this is a version of the UAPI that is known here: 1 is that of xe in the kernel, and has
/// only grown.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 1
}

/// The operations on xe.
pub(crate) struct Xe;

impl VendorOps for Xe {
    fn vendor(&self) -> Vendor {
        Vendor::Xe
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        Some(GEM_CREATE)
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let pitch = request.aligned_pitch(PITCH_ALIGN)?;
        let size = request.aligned_size(PAGE_SIZE as u64, pitch)?;
        let own = |flags| create_own(file, request.aligned_size(VRAM_ALIGN, pitch)?, flags);

        let handle = match request.placement {
            Placement::System => create_system(file, size),
            Placement::Own if !request.shared => own(0),
            // The part that the CPU sees is the part that other devices reach.
            Placement::Own | Placement::OwnVisible => {
                own(DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM)
            }
        };
        let handle = match handle {
            // Without VRAM, what it has of its own is system memory.
            Err(err) if err == EINVAL && request.placement != Placement::System => {
                create_system(file, size)
            }
            handle => handle,
        }?;
        take_handle_of_movable(file, handle, request, pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn maps_into_kernel(&self) -> Result<(), Refusal> {
        Err(Refusal::NotThere)
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

    /// For `DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY`. HIGH takes `CAP_SYS_NICE`.
    fn context_priority(&self, level: u32) -> Result<i32, Refusal> {
        Ok(step(
            level,
            &[(5, QUEUE_PRIORITY_LOW), (11, QUEUE_PRIORITY_NORMAL)],
            QUEUE_PRIORITY_HIGH,
        ))
    }
}

/// Creates a buffer that is best in VRAM, and returns its handle.
///
/// Returns [`EINVAL`] if the device has none.
fn create_own(file: &DrmFile, size: u64, flags: u32) -> Result<u32> {
    create(file, size, VRAM_OR_SYSTEM, DRM_XE_GEM_CPU_CACHING_WC, flags)
}

/// Creates a buffer in system memory and returns its handle.
fn create_system(file: &DrmFile, size: u64) -> Result<u32> {
    let mut result = Err(EINVAL);

    for region in 0..REGIONS {
        result = create(file, size, 1 << region, DRM_XE_GEM_CPU_CACHING_WB, 0);
        // Other errors have nothing to do with the region.
        if !matches!(&result, Err(err) if *err == EINVAL) {
            break;
        }
    }
    result
}

fn create(file: &DrmFile, size: u64, placement: u32, cpu_caching: u32, flags: u32) -> Result<u32> {
    let mut arg = GemCreate {
        size,
        placement,
        flags,
        cpu_caching: u16::try_from(cpu_caching)?,
        ..Default::default()
    };
    file.ioctl(GEM_CREATE, &mut arg)?;
    Ok(arg.handle)
}
