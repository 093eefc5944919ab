// SPDX-License-Identifier: GPL-2.0

//! What mvgal asks of a member's driver, whatever its vendor.

use kernel::{
    prelude::*,
    sync::aref::ARef, //
};
use kernel_ext::{
    dma_buf::DmaBuf,
    drm_file::{
        DrmFile,
        IoctlArg, //
    },
    vendor_uapi::DRM_COMMAND_BASE, //
};

/// A format of images of four bytes a pixel; the names are those of `drm_fourcc.h`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageFormat {
    /// `DRM_FORMAT_XRGB8888`: bytes B, G, R and one that does not count.
    Xrgb8888,
    /// `DRM_FORMAT_ARGB8888`: bytes B, G, R, A.
    Argb8888,
    /// `DRM_FORMAT_XBGR8888`: bytes R, G, B and one that does not count.
    Xbgr8888,
    /// `DRM_FORMAT_ABGR8888`: bytes R, G, B, A.
    Abgr8888,
}

impl ImageFormat {
    /// Returns the format of a code of `drm_fourcc.h`, if it is one of these.
    pub fn from_fourcc(code: u32) -> Option<Self> {
        match &code.to_le_bytes() {
            b"XR24" => Some(Self::Xrgb8888),
            b"AR24" => Some(Self::Argb8888),
            b"XB24" => Some(Self::Xbgr8888),
            b"AB24" => Some(Self::Abgr8888),
            _ => None,
        }
    }
}

/// Bytes of a pixel of any [`ImageFormat`].
pub(crate) const BYTES_PER_PIXEL: u32 = 4;

/// What memory is to be allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AllocRequest {
    /// Plain bytes.
    Linear {
        /// How many, at least one.
        size: u64,
    },
    /// A 2-D image, rows from top to bottom.
    Image {
        /// Pixels in a row, at least one.
        width: u32,
        /// Number of rows, at least one.
        height: u32,
        /// Format of a pixel.
        format: ImageFormat,
    },
}

impl AllocRequest {
    /// Returns the bytes from one row to the next if rows are put one right after the other, or 0
    /// if it is not for an image.
    ///
    /// Returns [`EINVAL`] if a row is too long.
    pub fn min_pitch(&self) -> Result<u32> {
        match self {
            Self::Linear { .. } => Ok(0),
            Self::Image { width, .. } => width.checked_mul(BYTES_PER_PIXEL).ok_or(EINVAL),
        }
    }

    /// Returns the bytes it takes with rows of `pitch` bytes.
    pub fn size_with_pitch(&self, pitch: u32) -> u64 {
        match self {
            Self::Linear { size } => *size,
            Self::Image { height, .. } => u64::from(pitch) * u64::from(*height),
        }
    }
}

/// Memory that was allocated.
pub struct Allocation {
    /// The memory, as the member's driver exports it. Its contents are zero.
    pub dma_buf: ARef<DmaBuf>,
    /// Bytes from one row of an image to the next; 0 if it is no image.
    pub pitch: u32,
}

/// A command that a NATIVE job may submit.
pub struct NativeCommand {
    /// Number of the driver's ioctl. It is one of [`DrmFile::ioctl`].
    pub nr: u32,
    /// Fails with [`EINVAL`] if an argument may not be submitted: if it takes or returns file
    /// descriptors, which belong to a task and not to the file that a job goes through.
    ///
    /// What is wrong with it otherwise is for the driver to say.
    pub check: fn(&IoctlArg) -> Result,
}

/// The operations on the driver of a vendor.
///
/// They are called in the context of a task that may sleep, and with no lock held.
pub trait VendorOps: Sync {
    /// Returns the number of the driver's own ioctl for allocation, if that is used. It is one of
    /// [`DrmFile::ioctl`].
    ///
    /// `None` means the generic operation for dumb buffers.
    fn alloc_ioctl(&self) -> Option<u32>;

    /// Returns the commands that NATIVE jobs may submit, by their numbers in the driver's header,
    /// which count from 0.
    fn native_commands(&self) -> &'static [NativeCommand] {
        &[]
    }

    /// Returns the command of a number in the driver's header.
    ///
    /// Returns [`EOPNOTSUPP`] if NATIVE jobs may submit none, [`EINVAL`] if they may not submit this
    /// one.
    fn native_command(&self, nr: u32) -> Result<&'static NativeCommand> {
        let commands = self.native_commands();
        if commands.is_empty() {
            return Err(EOPNOTSUPP);
        }
        let nr = nr.checked_add(DRM_COMMAND_BASE).ok_or(EINVAL)?;
        commands
            .iter()
            .find(|command| command.nr == nr)
            .ok_or(EINVAL)
    }

    /// Whether the driver imports what others have exported, if its tables say that it imports.
    ///
    /// Its own buffers it knows again in any case.
    fn imports_of_others(&self) -> bool {
        true
    }

    /// Allocates memory through a file of the member, with the permissions of that file.
    ///
    /// No handle to it stays behind on the file.
    ///
    /// Returns [`ENODEV`] if the member was unplugged, [`EOPNOTSUPP`] if the driver cannot do it,
    /// [`ENOSPC`] if it is more than the driver allocates at a time, or the driver's error.
    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation>;
}

/// Makes an allocation of a handle on a member's file, and closes the handle.
///
/// `pitch` is what the driver said that the rows of an image are apart.
pub(crate) fn take_handle(
    file: &DrmFile,
    handle: u32,
    request: &AllocRequest,
    pitch: u32,
) -> Result<Allocation> {
    let dma_buf = file.handle_to_dma_buf(handle);
    // If it is gone already, another thread of the client has closed it: it is a handle like any
    // other on the client's own file.
    let _ = file.close_handle(handle);
    let dma_buf = dma_buf?;

    // For the same reason the handle may have been made one of something else meanwhile, so that
    // only the dma-buf can tell the size.
    // CAST: Widens.
    if pitch < request.min_pitch()? || request.size_with_pitch(pitch) > dma_buf.size() as u64 {
        return Err(ENOSPC);
    }
    Ok(Allocation { dma_buf, pitch })
}
