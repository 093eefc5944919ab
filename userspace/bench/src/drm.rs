// SPDX-License-Identifier: MIT OR Apache-2.0

//! The bare ioctls that mvgal is measured against, and those that set the stage:
//! syncobjs of the DRM core, virtio_gpu and sw_sync.

use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use drm_sys::{
    drm_syncobj_create, drm_syncobj_handle, drm_syncobj_timeline_array, drm_syncobj_timeline_wait,
};
use mvgal::ioctls::{DRM_COMMAND_BASE, DRM_IOCTL_BASE};
use nix::{ioctl_readwrite, ioctl_write_ptr};

use crate::Result;

ioctl_readwrite!(syncobj_create, DRM_IOCTL_BASE, 0xbf, drm_syncobj_create);
ioctl_readwrite!(fd_to_handle, DRM_IOCTL_BASE, 0xc2, drm_syncobj_handle);
ioctl_readwrite!(
    timeline_wait,
    DRM_IOCTL_BASE,
    0xca,
    drm_syncobj_timeline_wait
);
ioctl_readwrite!(
    timeline_query,
    DRM_IOCTL_BASE,
    0xcb,
    drm_syncobj_timeline_array
);
ioctl_readwrite!(
    timeline_signal,
    DRM_IOCTL_BASE,
    0xcd,
    drm_syncobj_timeline_array
);
ioctl_readwrite!(
    virtgpu_execbuffer,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE + EXECBUFFER,
    VirtgpuExecbuffer
);
ioctl_readwrite!(
    virtgpu_resource_create,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE + 4,
    VirtgpuResourceCreate
);
ioctl_readwrite!(sw_sync_create_fence, b'W', 0, SwSyncCreateFence);
ioctl_write_ptr!(sw_sync_inc, b'W', 1, u32);

/// `DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT`
pub const WAIT_FOR_SUBMIT: u32 = 1 << 1;
/// `DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE`
pub const WAIT_AVAILABLE: u32 = 1 << 2;
/// `DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED`
const LAST_SUBMITTED: u32 = 1 << 0;
/// `DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE` and `_TIMELINE`
const IMPORT_SYNC_FILE: u32 = 1 << 0 | 1 << 1;

/// `DRM_VIRTGPU_EXECBUFFER`
pub const EXECBUFFER: u32 = 2;

/// `struct drm_virtgpu_execbuffer_syncobj`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct VirtgpuSyncobj {
    /// Handle of the syncobj.
    pub handle: u32,
    /// `VIRTGPU_EXECBUF_SYNCOBJ_*`
    pub flags: u32,
    /// Timeline point.
    pub point: u64,
}

/// `struct drm_virtgpu_execbuffer`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct VirtgpuExecbuffer {
    /// `VIRTGPU_EXECBUF_*`
    pub flags: u32,
    /// Bytes of the commands.
    pub size: u32,
    /// Address of the commands.
    pub command: u64,
    /// Address of the GEM handles of what the commands use.
    pub bo_handles: u64,
    /// How many those are.
    pub num_bo_handles: u32,
    /// A sync_file.
    pub fence_fd: i32,
    /// Number of the ring.
    pub ring_idx: u32,
    /// Size of a [`VirtgpuSyncobj`].
    pub syncobj_stride: u32,
    /// How many there are to wait for.
    pub num_in_syncobjs: u32,
    /// How many there are to signal.
    pub num_out_syncobjs: u32,
    /// Address of those to wait for.
    pub in_syncobjs: u64,
    /// Address of those to signal.
    pub out_syncobjs: u64,
}

/// `struct drm_virtgpu_resource_create`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct VirtgpuResourceCreate {
    /// Kind of texture, of Gallium's `pipe_texture_target`.
    pub target: u32,
    /// Format, of virgl's `virgl_formats`.
    pub format: u32,
    /// What it is used for, virgl's `VIRGL_BIND_*`.
    pub bind: u32,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// In pixels.
    pub depth: u32,
    /// Number of images.
    pub array_size: u32,
    /// Number of the last mipmap.
    pub last_level: u32,
    /// Samples a pixel.
    pub nr_samples: u32,
    /// Flags.
    pub flags: u32,
    /// Out: GEM handle.
    pub bo_handle: u32,
    /// Out: number in command streams.
    pub res_handle: u32,
    /// In bytes.
    pub size: u32,
    /// Bytes of a row.
    pub stride: u32,
}

/// `struct sw_sync_create_fence_data`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
struct SwSyncCreateFence {
    value: u32,
    name: [u8; 32],
    fence: i32,
}

/// The address of a value, for a pointer field.
pub fn address<T: ?Sized>(value: &T) -> u64 {
    std::ptr::from_ref(value).cast::<u8>().expose_provenance() as u64
}

/// A point of a syncobj of some file.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Handle of the syncobj.
    pub handle: u32,
    /// Timeline point.
    pub point: u64,
}

/// Creates a syncobj on a file.
pub fn syncobj(fd: BorrowedFd<'_>) -> Result<u32> {
    let mut args = drm_syncobj_create {
        handle: 0,
        flags: 0,
    };
    // SAFETY: the structure is valid and names no other memory.
    unsafe { syncobj_create(fd.as_raw_fd(), &mut args) }?;
    Ok(args.handle)
}

/// SYNCOBJ_TIMELINE_WAIT for one point, for ever.
pub fn wait(fd: BorrowedFd<'_>, point: Point, flags: u32) -> Result<()> {
    let mut args = drm_syncobj_timeline_wait {
        handles: address(&point.handle),
        points: address(&point.point),
        timeout_nsec: i64::MAX,
        count_handles: 1,
        flags,
        ..Default::default()
    };
    // SAFETY: the arrays have one element each.
    unsafe { timeline_wait(fd.as_raw_fd(), &mut args) }?;
    Ok(())
}

/// SYNCOBJ_TIMELINE_SIGNAL of one point.
pub fn signal(fd: BorrowedFd<'_>, point: Point) -> Result<()> {
    let mut args = drm_syncobj_timeline_array {
        handles: address(&point.handle),
        points: address(&point.point),
        count_handles: 1,
        flags: 0,
    };
    // SAFETY: the arrays have one element each.
    unsafe { timeline_signal(fd.as_raw_fd(), &mut args) }?;
    Ok(())
}

/// The last point of a timeline that has a fence.
pub fn last_submitted(fd: BorrowedFd<'_>, handle: u32) -> Result<u64> {
    let mut point = 0_u64;
    let mut args = drm_syncobj_timeline_array {
        handles: address(&handle),
        points: (&raw mut point).expose_provenance() as u64,
        count_handles: 1,
        flags: LAST_SUBMITTED,
    };
    // SAFETY: the arrays have one element each, and that of the points is written.
    unsafe { timeline_query(fd.as_raw_fd(), &mut args) }?;
    Ok(point)
}

/// Gives a point the fence of a sync_file.
pub fn import_sync_file(fd: BorrowedFd<'_>, point: Point, file: BorrowedFd<'_>) -> Result<()> {
    let mut args = drm_syncobj_handle {
        handle: point.handle,
        flags: IMPORT_SYNC_FILE,
        fd: file.as_raw_fd(),
        point: point.point,
        ..Default::default()
    };
    // SAFETY: the structure is valid and names no other memory.
    unsafe { fd_to_handle(fd.as_raw_fd(), &mut args) }?;
    Ok(())
}

/// A timeline of software fences, by debugfs.
pub struct SwSync(File);

impl SwSync {
    /// Makes one. Needs `CONFIG_SW_SYNC`.
    pub fn new() -> Result<Self> {
        let path = "/sys/kernel/debug/sync/sw_sync";
        let file = File::options().read(true).write(true).open(path);
        Ok(Self(file.map_err(|error| format!("{path}: {error}"))?))
    }

    /// A fence that signals when the timeline has been advanced so often.
    pub fn fence(&self, value: u32) -> Result<OwnedFd> {
        let mut args = SwSyncCreateFence {
            value,
            ..Default::default()
        };
        // SAFETY: the structure is valid and names no other memory.
        unsafe { sw_sync_create_fence(self.0.as_raw_fd(), &mut args) }?;
        // SAFETY: the kernel has just made the descriptor, so nobody else owns it.
        Ok(unsafe { OwnedFd::from_raw_fd(args.fence) })
    }

    /// Advances the timeline.
    pub fn advance(&self) -> Result<()> {
        // SAFETY: the number is there to be read.
        unsafe { sw_sync_inc(self.0.as_raw_fd(), &1) }?;
        Ok(())
    }
}
