// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is copied: bytes, or rows of bytes.

use crate::error::{Error, Result};

/// What an engine copies, from an offset in one buffer to an offset in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// So many bytes, not 0.
    Bytes(u64),
    /// Rows of bytes, with something between them.
    Rows {
        /// Bytes of a row, not 0.
        width: u64,
        /// How many rows, not 0.
        height: u32,
        /// Bytes from row to row where they are read, at least the width.
        src_pitch: u32,
        /// Bytes from row to row where they are written, at least the width.
        dst_pitch: u32,
    },
}

impl Span {
    /// Width, height, and the pitches; of bytes, one row.
    pub(super) fn rows(self) -> (u64, u32, u64, u64) {
        match self {
            Span::Bytes(bytes) => (bytes, 1, bytes, bytes),
            Span::Rows {
                width,
                height,
                src_pitch,
                dst_pitch,
            } => (width, height, src_pitch.into(), dst_pitch.into()),
        }
    }

    /// Bytes from the first to the last that is read, and that is written. `None` if they
    /// are too many to count.
    pub(super) fn extents(self) -> Option<(u64, u64)> {
        let (width, height, src_pitch, dst_pitch) = self.rows();
        let rows = u64::from(height).checked_sub(1)?;
        let extent = |pitch: u64| rows.checked_mul(pitch)?.checked_add(width);
        Some((extent(src_pitch)?, extent(dst_pitch)?))
    }

    /// Checks that there is something to copy, and that it is inside of both buffers, whose
    /// sizes are given with the offsets.
    pub(crate) fn check(self, src: (u64, u64), dst: (u64, u64)) -> Result<()> {
        let (width, height, src_pitch, dst_pitch) = self.rows();
        let range = |what, value, allowed: String| {
            Err(Error::Range {
                what,
                value,
                allowed,
            })
        };
        if width == 0 || height == 0 {
            return range("number of bytes to copy", 0, "at least 1".to_owned());
        }
        for (what, pitch) in [("source pitch", src_pitch), ("target pitch", dst_pitch)] {
            if height > 1 && pitch < width {
                return range(what, pitch, format!("at least the width, {width}"));
            }
        }
        let (read, written) = self.extents().unwrap_or((u64::MAX, u64::MAX));
        for (what, (offset, size), extent) in [
            ("source offset", src, read),
            ("target offset", dst, written),
        ] {
            if offset.checked_add(extent).is_none_or(|end| end > size) {
                let allowed =
                    format!("such that {extent} bytes from there on are inside of {size}");
                return range(what, offset, allowed);
            }
        }
        Ok(())
    }

    /// Whether everything about it is a multiple of what an engine counts in.
    pub(super) fn is_in_units(self, unit: u64, offsets: [u64; 2]) -> bool {
        let (width, height, src_pitch, dst_pitch) = self.rows();
        let [src, dst] = offsets;
        let pitches = if height > 1 { src_pitch | dst_pitch } else { 0 };
        (width | pitches | src | dst).is_multiple_of(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_inside_is_refused() {
        let rows = |width, height, src_pitch, dst_pitch| Span::Rows {
            width,
            height,
            src_pitch,
            dst_pitch,
        };
        let check = |span: Span, src, dst| {
            span.check((src, 4096), (dst, 8192))
                .map_err(|error| error.to_string())
        };
        assert_eq!(check(Span::Bytes(4096), 0, 4096), Ok(()));
        assert_eq!(check(rows(64, 64, 64, 128), 0, 0), Ok(()));
        assert_eq!(check(rows(64, 32, 65, 64), 2017, 0), Ok(()));
        let wrong = [
            check(Span::Bytes(0), 0, 0),
            check(rows(8, 0, 8, 8), 0, 0),
            check(Span::Bytes(4096), 1, 0),
            check(Span::Bytes(1), 0, u64::MAX),
            check(rows(64, 2, 63, 64), 0, 0),
            check(rows(64, 64, 64, 130), 0, 0),
            check(rows(u64::MAX, 2, u32::MAX, u32::MAX), 0, 0),
        ];
        let texts: Vec<String> = wrong.into_iter().map(|w| w.unwrap_err()).collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        number of bytes to copy is 0; it must be at least 1
        number of bytes to copy is 0; it must be at least 1
        source offset is 1; it must be such that 4096 bytes from there on are inside of 4096
        target offset is 18446744073709551615; it must be such that 1 bytes from there on are inside of 8192
        source pitch is 63; it must be at least the width, 64
        target offset is 0; it must be such that 8254 bytes from there on are inside of 8192
        source pitch is 4294967295; it must be at least the width, 18446744073709551615
        ");
    }

    #[test]
    fn one_row_needs_no_pitch() {
        let span = Span::Rows {
            width: 64,
            height: 1,
            src_pitch: 0,
            dst_pitch: 3,
        };
        assert!(span.check((0, 64), (0, 64)).is_ok());
        assert!(span.is_in_units(64, [128, 0]));
        assert!(!Span::Bytes(64).is_in_units(64, [128, 32]));
    }
}
