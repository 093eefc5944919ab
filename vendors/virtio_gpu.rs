// SPDX-License-Identifier: GPL-2.0

//! virtio-gpu, with and without 3-D acceleration of the host (virgl).
//!
//! Memory is allocated by `DRM_IOCTL_VIRTGPU_RESOURCE_CREATE`: a resource of the host, with pages
//! of the guest behind it, which are what is mapped and exported. What resources there can be
//! depends on whether the host has virgl. Only a query that writes to user memory would tell, so it
//! is asked by trying: without virgl the driver refuses a buffer resource at once with `EINVAL`.
//!
//! See `drivers/gpu/drm/virtio/virtgpu_ioctl.c` and `include/uapi/drm/virtgpu_drm.h`.

use crate::{
    native_command::{
        anything,
        FencePlace,
        NativeCommand, //
    },
    ops::{
        take_handle,
        Allocation,
        Vendor,
        VendorOps, //
    },
    refusal::Refusal,
    request::{
        AllocRequest,
        ImageFormat,
        Shape,
        BYTES_PER_PIXEL, //
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
        drm_virtgpu_execbuffer as ExecBuffer,
        drm_virtgpu_resource_create as ResourceCreate,
        DRM_COMMAND_BASE,
        DRM_VIRTGPU_EXECBUFFER,
        DRM_VIRTGPU_RESOURCE_CREATE,
        DRM_VIRTGPU_TRANSFER_FROM_HOST,
        DRM_VIRTGPU_TRANSFER_TO_HOST,
        VIRTGPU_EXECBUF_FENCE_FD_IN,
        VIRTGPU_EXECBUF_FENCE_FD_OUT, //
    },
};

/// The ioctl that allocates.
const RESOURCE_CREATE: u32 = DRM_COMMAND_BASE + DRM_VIRTGPU_RESOURCE_CREATE;

// Targets, formats and bindings are Gallium's, in the numbers of the virgl protocol; those of
// formats are also in include/uapi/linux/virtio_gpu.h.
const TARGET_BUFFER: u32 = 0;
const TARGET_2D: u32 = 2;
const FORMAT_B8G8R8A8: u32 = 1;
const FORMAT_B8G8R8X8: u32 = 2;
const FORMAT_R8: u32 = 64;
const FORMAT_R8G8B8A8: u32 = 67;
const FORMAT_R8G8B8X8: u32 = 134;
const BIND_RENDER_TARGET: u32 = 1 << 1;
const BIND_SAMPLER_VIEW: u32 = 1 << 3;
const BIND_VERTEX_BUFFER: u32 = 1 << 4;

/// Rows of the image that plain bytes are allocated as without virgl, at most.
const LINEAR_MAX_ROWS: u64 = 16384;
/// Widths of that image in pixels: the first if the rows are not too many, else the second.
const LINEAR_WIDTHS: (u32, u32) = (1024, 16384);

/// What NATIVE jobs may submit.
///
/// The fence of a command buffer is in the syncobjs that it signals and in the objects that it
/// names, that of a transfer in the object. Without virgl a transfer to the host is over at once,
/// as far as the guest can tell, and the others are refused.
const NATIVE_COMMANDS: &[NativeCommand] = &[
    NativeCommand {
        nr: DRM_COMMAND_BASE + DRM_VIRTGPU_EXECBUFFER,
        check: check_execbuffer,
        fences: &[FencePlace::Syncobj, FencePlace::Buffer],
    },
    NativeCommand {
        nr: DRM_COMMAND_BASE + DRM_VIRTGPU_TRANSFER_FROM_HOST,
        check: anything,
        fences: &[FencePlace::Buffer],
    },
    NativeCommand {
        nr: DRM_COMMAND_BASE + DRM_VIRTGPU_TRANSFER_TO_HOST,
        check: anything,
        fences: &[FencePlace::Buffer],
    },
];

fn check_execbuffer(arg: &IoctlArg) -> Result {
    let arg: ExecBuffer = arg.to().ok_or(EINVAL)?;
    if arg.flags & (VIRTGPU_EXECBUF_FENCE_FD_IN | VIRTGPU_EXECBUF_FENCE_FD_OUT) != 0 {
        return Err(EINVAL);
    }
    Ok(())
}

/// Whether this is a version of the UAPI that is known here: 0.1 is that of virtio-gpu from its
/// beginning; what came later has to be asked for with `DRM_IOCTL_VIRTGPU_GETPARAM`.
pub(crate) fn knows(version: Version) -> bool {
    version.major == 0 && version.minor >= 1
}

/// The operations on virtio-gpu.
pub(crate) struct VirtioGpu;

impl VendorOps for VirtioGpu {
    fn vendor(&self) -> Vendor {
        Vendor::VirtioGpu
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        Some(RESOURCE_CREATE)
    }

    /// All its memory is that of the guest.
    fn places(&self) -> Result<(), Refusal> {
        Err(Refusal::DriverDecides)
    }

    /// It imports what others have exported only with blob resources and without virgl, and which
    /// it has cannot be asked from here.
    fn imports_of_others(&self) -> Result<(), Refusal> {
        Err(Refusal::CannotAsk)
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Ok(NATIVE_COMMANDS)
    }

    fn context_priority(&self, _level: u32) -> Result<i32, Refusal> {
        Err(Refusal::NotThere)
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let pitch = request.min_pitch()?;
        // The size has 32 bits.
        let size = u32::try_from(request.size_with_pitch(pitch)).map_err(|_| ENOSPC)?;

        let handle = match request.shape {
            Shape::Image {
                width,
                height,
                format,
            } => create(file, image(width, height, format_code(format), size)),
            Shape::Linear { .. } => match create(file, buffer(size)) {
                Err(err) if err == EINVAL => create(file, image_for_bytes(size)?),
                result => result,
            },
        }?;
        take_handle(file, handle, request, pitch)
    }
}

/// Returns the number of a format. The driver lists the bytes of a pixel in the order of memory.
fn format_code(format: ImageFormat) -> u32 {
    match format {
        ImageFormat::Xrgb8888 => FORMAT_B8G8R8X8,
        ImageFormat::Argb8888 => FORMAT_B8G8R8A8,
        ImageFormat::Xbgr8888 => FORMAT_R8G8B8X8,
        ImageFormat::Abgr8888 => FORMAT_R8G8B8A8,
    }
}

/// Describes a buffer of `size` bytes, which the host must have virgl for.
fn buffer(size: u32) -> ResourceCreate {
    ResourceCreate {
        target: TARGET_BUFFER,
        format: FORMAT_R8,
        bind: BIND_VERTEX_BUFFER,
        width: size,
        height: 1,
        depth: 1,
        array_size: 1,
        size,
        ..Default::default()
    }
}

/// Describes an image with `size` bytes behind it; virgl can render to it and sample it.
fn image(width: u32, height: u32, format: u32, size: u32) -> ResourceCreate {
    ResourceCreate {
        target: TARGET_2D,
        format,
        bind: BIND_RENDER_TARGET | BIND_SAMPLER_VIEW,
        width,
        height,
        depth: 1,
        array_size: 1,
        size,
        ..Default::default()
    }
}

/// Describes an image that has room for `size` bytes, with whole rows behind it.
fn image_for_bytes(size: u32) -> Result<ResourceCreate> {
    let rows = |width: u32| size.div_ceil(width * BYTES_PER_PIXEL);
    let (narrow, wide) = LINEAR_WIDTHS;
    let width = if u64::from(rows(narrow)) <= LINEAR_MAX_ROWS {
        narrow
    } else {
        wide
    };

    let size = u64::from(rows(width)) * u64::from(width) * u64::from(BYTES_PER_PIXEL);
    let size = u32::try_from(size).map_err(|_| ENOSPC)?;
    Ok(image(width, rows(width), FORMAT_B8G8R8X8, size))
}

/// Creates a resource and returns its handle.
fn create(file: &DrmFile, mut resource: ResourceCreate) -> Result<u32> {
    file.ioctl(RESOURCE_CREATE, &mut resource)?;
    Ok(resource.bo_handle)
}
