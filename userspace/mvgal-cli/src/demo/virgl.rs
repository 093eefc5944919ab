// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rendering on a virtio GPU, through its own driver.
//!
//! The client talks to its own file on the member's node: what Mesa does there,
//! in the few calls that a clear takes. mvgal has no part in it, except that the
//! picture is a buffer that it allocated.

use std::os::fd::{AsFd, AsRawFd};

use drm::control::Device as _;
use mvgal::{DmaBuf, Errno, MemberNode, drm};
use nix::ioctl_readwrite;

use super::virtgpu as sys;

const DRM_COMMAND_BASE: u32 = mvgal::ioctls::DRM_COMMAND_BASE;

ioctl_readwrite!(
    execbuffer,
    b'd',
    DRM_COMMAND_BASE + sys::DRM_VIRTGPU_EXECBUFFER,
    sys::drm_virtgpu_execbuffer
);
ioctl_readwrite!(
    getparam,
    b'd',
    DRM_COMMAND_BASE + sys::DRM_VIRTGPU_GETPARAM,
    sys::drm_virtgpu_getparam
);
ioctl_readwrite!(
    resource_info,
    b'd',
    DRM_COMMAND_BASE + sys::DRM_VIRTGPU_RESOURCE_INFO,
    sys::drm_virtgpu_resource_info
);
ioctl_readwrite!(
    transfer_from_host,
    b'd',
    DRM_COMMAND_BASE + sys::DRM_VIRTGPU_TRANSFER_FROM_HOST,
    sys::drm_virtgpu_3d_transfer_from_host
);
ioctl_readwrite!(
    wait,
    b'd',
    DRM_COMMAND_BASE + sys::DRM_VIRTGPU_WAIT,
    sys::drm_virtgpu_3d_wait
);

// Of virglrenderer's protocol, virgl_protocol.h and virgl_hw.h.
const CCMD_CREATE_OBJECT: u32 = 1;
const CCMD_SET_FRAMEBUFFER_STATE: u32 = 5;
const CCMD_CLEAR: u32 = 7;
const OBJECT_SURFACE: u32 = 8;
const FORMAT_B8G8R8A8_UNORM: u32 = 1;
const CLEAR_COLOR0: u32 = 1 << 2;
/// Our name for the surface in the rendering context.
const SURFACE: u32 = 1;

/// A colour with 8 bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// Alpha.
    pub alpha: u8,
}

impl Color {
    /// The pixel in ARGB8888, as a number.
    pub fn argb8888(self) -> u32 {
        u32::from_le_bytes([self.blue, self.green, self.red, self.alpha])
    }
}

/// A virtio call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{call}: {} ({errno:?})", errno.desc())]
pub struct VirglError {
    call: &'static str,
    errno: Errno,
}

fn failed(call: &'static str) -> impl Fn(Errno) -> VirglError {
    move |errno| VirglError { call, errno }
}

/// Makes a call, again if a signal interrupted it.
fn retry(mut call: impl FnMut() -> nix::Result<i32>) -> nix::Result<()> {
    loop {
        match call() {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Whether the member renders: it is virtio_gpu with 3-D.
pub fn renders(node: &MemberNode, driver: &str) -> bool {
    if driver != "virtio_gpu" {
        return false;
    }
    let mut value = 0_i32;
    let mut arg = sys::drm_virtgpu_getparam {
        param: sys::VIRTGPU_PARAM_3D_FEATURES.into(),
        value: (&raw mut value).expose_provenance() as u64,
    };
    // SAFETY: The kernel writes an int to where `value` points.
    let answer = retry(|| unsafe { getparam(node.as_fd().as_raw_fd(), &mut arg) });
    answer.is_ok() && value != 0
}

/// The commands that clear a resource to a colour.
fn clear_commands(resource: u32, color: Color) -> Vec<u32> {
    let header = |command: u32, object: u32, length: u32| command | object << 8 | length << 16;
    let channel = |value: u8| (f32::from(value) / 255.0).to_bits();
    vec![
        header(CCMD_CREATE_OBJECT, OBJECT_SURFACE, 5),
        SURFACE,
        resource,
        FORMAT_B8G8R8A8_UNORM,
        0, // level
        0, // first and last layer
        header(CCMD_SET_FRAMEBUFFER_STATE, 0, 3),
        1, // colour buffers
        0, // no depth buffer
        SURFACE,
        header(CCMD_CLEAR, 0, 8),
        CLEAR_COLOR0,
        channel(color.red),
        channel(color.green),
        channel(color.blue),
        channel(color.alpha),
        0, // depth, a double
        0,
        0, // stencil
    ]
}

/// Renders: clears an ARGB8888 image of the member, given as its dma-buf and its
/// width and height, and waits until its pages hold the pixels.
///
/// The image's handle in the member's file is left to the closing of that file.
pub fn clear(
    node: &MemberNode,
    image: &DmaBuf,
    (width, height): (u32, u32),
    color: Color,
) -> Result<(), VirglError> {
    let handle: u32 = node
        .prime_fd_to_buffer(image.as_fd())
        .map_err(|error| VirglError {
            call: "PRIME_FD_TO_HANDLE",
            errno: Errno::try_from(error).unwrap_or(Errno::UnknownErrno),
        })?
        .into();
    let fd = node.as_fd().as_raw_fd();

    let mut info = sys::drm_virtgpu_resource_info {
        bo_handle: handle,
        ..Default::default()
    };
    // SAFETY: The structure has no pointers.
    retry(|| unsafe { resource_info(fd, &mut info) }).map_err(failed("RESOURCE_INFO"))?;

    let commands = clear_commands(info.res_handle, color);
    let handles = [handle];
    let mut exec = sys::drm_virtgpu_execbuffer {
        size: size_of_val(&commands[..]) as u32,
        command: commands.as_ptr().expose_provenance() as u64,
        bo_handles: handles.as_ptr().expose_provenance() as u64,
        num_bo_handles: 1,
        fence_fd: -1,
        ..Default::default()
    };
    // SAFETY: Both pointers are to memory of the given sizes that lives until
    // after the call.
    retry(|| unsafe { execbuffer(fd, &mut exec) }).map_err(failed("EXECBUFFER"))?;

    let mut transfer = sys::drm_virtgpu_3d_transfer_from_host {
        bo_handle: handle,
        box_: sys::drm_virtgpu_3d_box {
            w: width,
            h: height,
            d: 1,
            ..Default::default()
        },
        ..Default::default()
    };
    // SAFETY: The structure has no pointers.
    retry(|| unsafe { transfer_from_host(fd, &mut transfer) })
        .map_err(failed("TRANSFER_FROM_HOST"))?;
    let mut arg = sys::drm_virtgpu_3d_wait { handle, flags: 0 };
    // SAFETY: The structure has no pointers.
    retry(|| unsafe { wait(fd, &mut arg) }).map_err(failed("WAIT"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOR: Color = Color {
        red: 255,
        green: 0x80,
        blue: 0,
        alpha: 255,
    };

    #[test]
    fn every_header_counts_its_words() {
        let commands = clear_commands(42, COLOR);
        let mut at = 0;
        let mut names = Vec::new();
        while at < commands.len() {
            names.push(commands[at] & 0xff);
            at += 1 + (commands[at] >> 16) as usize;
        }
        assert_eq!(at, commands.len());
        assert_eq!(
            names,
            [CCMD_CREATE_OBJECT, CCMD_SET_FRAMEBUFFER_STATE, CCMD_CLEAR]
        );
        assert_eq!(commands[2], 42);
    }

    #[test]
    fn pixels_are_little_endian() {
        assert_eq!(COLOR.argb8888(), 0xffff_8000);
    }
}
