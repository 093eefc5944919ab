// SPDX-License-Identifier: GPL-2.0

//! Arguments of COPY, FILL and REPLICATE jobs.
//!
//! They are checked in two steps, because what is wrong with the numbers alone comes before the
//! buffers are looked up: a request is made of what the caller passed, and a plan of a request and
//! the sizes of its buffers. What a plan describes can be done without any further check.

use super::invalid_if;
use kernel::prelude::*;
use kernel_ext::uapi;

/// Rows of bytes in a buffer.
///
/// # Invariants
///
/// `width` and `height` are not 0, `pitch >= width`, and `offset + (height - 1) * pitch + width`
/// does not overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    /// First byte of the first row.
    pub(crate) offset: u64,
    /// Bytes of a row.
    pub(crate) width: u64,
    /// Number of rows.
    pub(crate) height: u32,
    /// Bytes from the start of a row to that of the next one; the width if there is but one.
    pub(crate) pitch: u64,
}

impl Rect {
    fn new(offset: u64, width: u64, height: u32, pitch: u32) -> Result<Self> {
        invalid_if(width == 0 || height == 0)?;
        let pitch = if height == 1 {
            invalid_if(pitch != 0)?;
            width
        } else {
            invalid_if(u64::from(pitch) < width)?;
            pitch.into()
        };
        let last = u64::from(height - 1).checked_mul(pitch).ok_or(EINVAL)?;
        offset
            .checked_add(last)
            .and_then(|start| start.checked_add(width))
            .ok_or(EINVAL)?;
        // INVARIANT: All of it was just checked.
        Ok(Self {
            offset,
            width,
            height,
            pitch,
        })
    }

    /// Returns the first byte behind the last row.
    pub(crate) fn end(&self) -> u64 {
        self.offset + u64::from(self.height - 1) * self.pitch + self.width
    }

    /// Returns the number of bytes in all rows.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.height) * self.width
    }

    fn check_inside(&self, size: u64) -> Result {
        invalid_if(self.end() > size)
    }

    /// Whether the ranges from the first to the last byte have bytes in common.
    fn overlaps(&self, other: &Self) -> bool {
        self.offset < other.end() && other.offset < self.end()
    }

    /// Whether there is nothing between the rows.
    fn is_solid(&self) -> bool {
        self.pitch == self.width
    }

    /// The same bytes in as few rows as can be.
    fn simplify(self) -> Self {
        if self.is_solid() {
            self.flatten()
        } else {
            self
        }
    }

    /// Makes one row of all.
    fn flatten(self) -> Self {
        // INVARIANT: The end stays where it was, for this is called on solid ones only.
        Self {
            offset: self.offset,
            width: self.bytes(),
            height: 1,
            pitch: self.bytes(),
        }
    }
}

/// What a COPY job asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CopyRequest {
    /// GEM handle of the buffer to read.
    pub(crate) src: u32,
    /// GEM handle of the buffer to write.
    pub(crate) dst: u32,
    from: Rect,
    to: Rect,
}

impl CopyRequest {
    /// Checks what can be checked without the buffers. Fails with `EINVAL`.
    pub(crate) fn new(args: &uapi::drm_mvgal_copy) -> Result<Self> {
        invalid_if(args.pad != 0)?;
        Ok(Self {
            src: args.src,
            dst: args.dst,
            from: Rect::new(args.src_offset, args.width, args.height, args.src_pitch)?,
            to: Rect::new(args.dst_offset, args.width, args.height, args.dst_pitch)?,
        })
    }

    /// Checks the request against the sizes of its buffers, in bytes; `same` says whether they are
    /// one and the same memory.
    ///
    /// Fails with `EINVAL` if a range is outside of its buffer or the ranges overlap.
    pub(crate) fn plan(&self, src_size: u64, dst_size: u64, same: bool) -> Result<CopyPlan> {
        self.from.check_inside(src_size)?;
        self.to.check_inside(dst_size)?;
        invalid_if(same && self.from.overlaps(&self.to))?;
        let (src, dst) = if self.from.is_solid() && self.to.is_solid() {
            (self.from.flatten(), self.to.flatten())
        } else {
            (self.from, self.to)
        };
        Ok(CopyPlan { src, dst })
    }
}

/// A copy that can be carried out.
///
/// # Invariants
///
/// Both are within their buffers, do not overlap, and have the same width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CopyPlan {
    /// What to read.
    pub(crate) src: Rect,
    /// What to write.
    pub(crate) dst: Rect,
}

/// What a FILL job asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FillRequest {
    /// GEM handle of the buffer to write.
    pub(crate) dst: u32,
    to: Rect,
    pattern: u64,
    pattern_size: u32,
}

impl FillRequest {
    /// Checks what can be checked without the buffer. Fails with `EINVAL`.
    pub(crate) fn new(args: &uapi::drm_mvgal_fill) -> Result<Self> {
        invalid_if(!matches!(args.pattern_size, 1 | 2 | 4 | 8))?;
        // A shift by all 64 bits leaves nothing.
        invalid_if(args.pattern.checked_shr(args.pattern_size * 8).unwrap_or(0) != 0)?;
        invalid_if(args.width % u64::from(args.pattern_size) != 0)?;
        Ok(Self {
            dst: args.dst,
            to: Rect::new(args.offset, args.width, args.height, args.pitch)?,
            pattern: args.pattern,
            pattern_size: args.pattern_size,
        })
    }

    /// Checks the request against the size of its buffer, in bytes.
    ///
    /// Fails with `EINVAL` if the range is outside of the buffer.
    pub(crate) fn plan(&self, dst_size: u64) -> Result<FillPlan> {
        self.to.check_inside(dst_size)?;
        // Rows are whole patterns, so that the pattern goes on from row to row by itself.
        Ok(FillPlan {
            dst: self.to.simplify(),
            pattern: self.pattern,
            pattern_size: self.pattern_size,
        })
    }
}

/// A fill that can be carried out.
///
/// # Invariants
///
/// `dst` is within its buffer, and its width is a multiple of `pattern_size`, which is 1, 2, 4 or
/// 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FillPlan {
    /// What to write.
    pub(crate) dst: Rect,
    /// The pattern, little-endian; the bytes above `pattern_size` are 0.
    pub(crate) pattern: u64,
    /// Bytes of the pattern.
    pub(crate) pattern_size: u32,
}

/// What a REPLICATE job asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplicateRequest {
    /// GEM handle of the buffer.
    pub(crate) buffer: u32,
    rows: Rect,
}

impl ReplicateRequest {
    /// Checks what can be checked without the buffer. Fails with `EINVAL`.
    pub(crate) fn new(args: &uapi::drm_mvgal_replicate) -> Result<Self> {
        invalid_if(args.pad != 0)?;
        Ok(Self {
            buffer: args.buffer,
            rows: Rect::new(args.offset, args.width, args.height, args.pitch)?,
        })
    }

    /// Checks the request against the size of its buffer, in bytes. Returns what to copy, which is
    /// within the buffer.
    ///
    /// Fails with `EINVAL` if the range is outside of the buffer.
    pub(crate) fn plan(&self, size: u64) -> Result<Rect> {
        self.rows.check_inside(size)?;
        Ok(self.rows.simplify())
    }
}
