// SPDX-License-Identifier: GPL-2.0

//! What a vendor's operations are asked to allocate.

use kernel::prelude::*;

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

/// What the memory is to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Plain bytes.
    Linear {
        /// How many: a multiple of the page size, at least one page.
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

/// Where the memory is wanted.
///
/// A driver that has one kind of memory alone, or does not let its users choose, allocates what it
/// has; see [`VendorOps::places`](crate::VendorOps::places).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// System memory that the member can use in place.
    System,
    /// The member's own memory; the CPU need not see it.
    Own,
    /// The member's own memory, where the CPU sees it.
    OwnVisible,
}

/// What memory is to be allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AllocRequest {
    /// What it is to hold.
    pub shape: Shape,
    /// Where it is wanted.
    pub placement: Placement,
    /// Whether other members may import it. Where the driver lets nobody import what lies in its
    /// own memory, it is allocated in system memory.
    pub shared: bool,
}

impl AllocRequest {
    /// Returns the bytes from one row to the next if rows are put one right after the other, or 0
    /// if it is not for an image.
    ///
    /// # Errors
    ///
    /// `EINVAL` if a row is too long.
    pub fn min_pitch(&self) -> Result<u32> {
        match self.shape {
            Shape::Linear { .. } => Ok(0),
            Shape::Image { width, .. } => width.checked_mul(BYTES_PER_PIXEL).ok_or(EINVAL),
        }
    }

    /// Returns the bytes from one row to the next if rows begin at multiples of `align` bytes (not
    /// 0), or 0 if it is not for an image.
    ///
    /// # Errors
    ///
    /// `EINVAL` if a row is too long.
    pub(crate) fn aligned_pitch(&self, align: u32) -> Result<u32> {
        self.min_pitch()?
            .checked_next_multiple_of(align)
            .ok_or(EINVAL)
    }

    /// Returns the bytes it takes with rows of `pitch` bytes.
    pub fn size_with_pitch(&self, pitch: u32) -> u64 {
        match self.shape {
            Shape::Linear { size } => size,
            Shape::Image { height, .. } => u64::from(pitch) * u64::from(height),
        }
    }

    /// Returns the bytes it takes with rows of `pitch` bytes, in whole multiples of `align` (not
    /// 0).
    ///
    /// # Errors
    ///
    /// `ENOSPC` if that is more than can be counted.
    pub(crate) fn aligned_size(&self, align: u64, pitch: u32) -> Result<u64> {
        self.size_with_pitch(pitch)
            .checked_next_multiple_of(align)
            .ok_or(ENOSPC)
    }
}
