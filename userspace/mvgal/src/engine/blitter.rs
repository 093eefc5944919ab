// SPDX-License-Identifier: MIT OR Apache-2.0

//! Command streams of the blitter, Intel's copy engine, from Gen9 on.
//!
//! What they look like is from the kernel's drivers: `XY_FAST_COPY_BLT` of linear memory
//! as `emit_copy()` of `drivers/gpu/drm/i915/gt/intel_migrate.c` and `emit_xy_fast_copy()`
//! of `drivers/gpu/drm/xe/xe_migrate.c` write it, with their limits: coordinates are signed
//! numbers of 16 bits, pitches unsigned ones. Pixels are of 32 bits. On Xe2 and later ones xe
//! itself has changed to `MEM_COPY`; it still has the bits of this command for them. That
//! addresses are multiples of a cache line is what `xe_migrate_vram()` asks for; what is not
//! goes through another buffer there, and does here, too.

use super::span::Span;

/// `XY_FAST_COPY_BLT_CMD` with its length, ten words less two.
const FAST_COPY: u32 = 2 << 29 | 0x42 << 22 | (WORDS - 2);
/// Words of a copy.
const WORDS: u32 = 10;
/// `XY_FAST_COPY_BLT_DEPTH_32`
const DEPTH_32: u32 = 3 << 24;
/// `XY_FAST_COPY_BLT_D1_SRC_TILE4` and `XY_FAST_COPY_BLT_D1_DST_TILE4`
const TILE4: u32 = 1 << 31 | 1 << 30;
/// `XE2_XY_FAST_COPY_BLT_MOCS_INDEX_MASK`: bits 20 to 23.
const MOCS_SHIFT: u32 = 20;
/// `MI_BATCH_BUFFER_END`
const END: u32 = 0xa << 23;
/// `MI_NOOP`
const NOOP: u32 = 0;
/// Bytes of a pixel.
const PIXEL: u64 = 4;
/// Most pixels of a row, and most rows: `S16_MAX`.
const MAX_SIDE: u64 = i16::MAX as u64;
/// Bytes of a row of what has none.
const LINEAR_PITCH: u64 = 4096;

/// What offsets, widths and pitches are multiples of: `XE_CACHELINE_BYTES`.
pub(super) const UNIT: u64 = 64;

/// What a driver writes into the fields that not all generations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fields {
    /// The cacheability of either side, an index into the table of the hardware: on Xe2 and
    /// later ones, else 0.
    pub mocs: u32,
    /// That what is tiled has tiles of the newer kind, which xe says of linear memory, too.
    pub tile4: bool,
}

/// A stream under construction.
struct Stream {
    words: Vec<u32>,
    fields: Fields,
}

impl Stream {
    /// Copies a rectangle that one command can.
    fn rectangle(&mut self, src: u64, dst: u64, width: u64, height: u64, pitches: [u64; 2]) {
        debug_assert!(width.is_multiple_of(PIXEL) && (width | src | dst).is_multiple_of(PIXEL));
        let mocs = self.fields.mocs << MOCS_SHIFT;
        let [src_pitch, dst_pitch] = pitches.map(|pitch| pitch as u32 | mocs);
        let tiles = if self.fields.tile4 { TILE4 } else { 0 };
        self.words.extend([
            FAST_COPY,
            DEPTH_32 | tiles | dst_pitch,
            0,
            (height as u32) << 16 | (width / PIXEL) as u32,
            dst as u32,
            (dst >> 32) as u32,
            0,
            src_pitch,
            src as u32,
            (src >> 32) as u32,
        ]);
    }

    /// Copies rows, of which each fits into a command.
    fn rows(&mut self, src: u64, dst: u64, width: u64, height: u64, pitches: [u64; 2]) {
        let mut done = 0;
        while done < height {
            let rows = match (height - done).min(MAX_SIDE) {
                // Wa_1209644611 of Gen11: not with 3 or 7 rows.
                rows @ (3 | 7) => rows - 1,
                rows => rows,
            };
            let [src, dst] = [(src, pitches[0]), (dst, pitches[1])]
                .map(|(address, pitch)| address + done * pitch);
            self.rectangle(src, dst, width, rows, pitches);
            done += rows;
        }
    }

    /// Copies bytes that follow each other: rows that are made up, and the rest.
    fn bytes(&mut self, src: u64, dst: u64, bytes: u64) {
        let rows = bytes / LINEAR_PITCH;
        self.rows(src, dst, LINEAR_PITCH, rows, [LINEAR_PITCH; 2]);
        let (done, rest) = (rows * LINEAR_PITCH, bytes % LINEAR_PITCH);
        if rest != 0 {
            self.rows(src + done, dst + done, rest, 1, [LINEAR_PITCH; 2]);
        }
    }
}

/// How many rectangles so many rows are cut into.
fn rectangles(rows: u64) -> u64 {
    let rest = match rows % MAX_SIDE {
        0 => 0,
        3 | 7 => 2,
        _ => 1,
    };
    rows / MAX_SIDE + rest
}

/// Whether the rows of a copy are those of the commands.
fn has_rows(span: Span) -> bool {
    let (width, height, src_pitch, dst_pitch) = span.rows();
    let fits = |pitch: u64| pitch <= u16::MAX.into();
    height > 1 && fits(src_pitch) && fits(dst_pitch) && width / PIXEL <= MAX_SIDE
}

/// How many words the stream of a copy has.
pub(super) fn words(span: Span) -> u64 {
    let (width, height, ..) = span.rows();
    let rectangles = if has_rows(span) {
        rectangles(height.into())
    } else {
        let rest = u64::from(!width.is_multiple_of(LINEAR_PITCH));
        (rectangles(width / LINEAR_PITCH) + rest).saturating_mul(height.into())
    };
    let words = rectangles.saturating_mul(WORDS.into()).saturating_add(1);
    words.checked_next_multiple_of(2).unwrap_or(u64::MAX)
}

/// The stream of a copy; everything is a multiple of [`UNIT`], and no row is empty.
pub(super) fn copy(src: u64, dst: u64, span: Span, fields: Fields) -> Vec<u32> {
    let mut stream = Stream {
        words: Vec::new(),
        fields,
    };
    let (width, height, src_pitch, dst_pitch) = span.rows();
    if has_rows(span) {
        stream.rows(src, dst, width, height.into(), [src_pitch, dst_pitch]);
    } else {
        for row in 0..u64::from(height) {
            stream.bytes(src + row * src_pitch, dst + row * dst_pitch, width);
        }
    }
    stream.words.push(END);
    // What is submitted has a multiple of eight bytes.
    if !stream.words.len().is_multiple_of(2) {
        stream.words.push(NOOP);
    }
    stream.words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Executes a stream as the commands are documented, on one memory.
    fn execute(words: &[u32], memory: &mut [u8]) {
        let mut words = words.iter().copied();
        loop {
            match words.next().unwrap() {
                END => return,
                FAST_COPY => {}
                other => panic!("{other:#x}"),
            }
            let command: Vec<u32> = words.by_ref().take(9).collect();
            assert_eq!(
                (command[0] & 0xffff_0000, command[1], command[5]),
                (DEPTH_32, 0, 0)
            );
            let (dst_pitch, src_pitch) = (command[0] as usize & 0xffff, command[6] as usize);
            let (width, height) = (
                4 * (command[2] as usize & 0xffff),
                command[2] as usize >> 16,
            );
            assert!(width <= src_pitch && width <= dst_pitch && height <= 32767 && height > 0);
            assert!(!matches!(height, 3 | 7));
            let (dst, src) = (command[3] as usize, command[7] as usize);
            assert_eq!((dst % 64, src % 64), (0, 0));
            for row in 0..height {
                let from = src + row * src_pitch;
                memory.copy_within(from..from + width, dst + row * dst_pitch);
            }
        }
    }

    #[test]
    fn a_copy_is_ten_words() {
        let words = copy(
            0x1_0000_0040,
            0x22_0000_0080,
            Span::Bytes(128),
            Fields::default(),
        );
        let wanted = [
            0x5080_0008,
            0x0300_1000,
            0,
            1 << 16 | 32,
            0x80,
            0x22,
            0,
            0x1000,
            0x40,
            1,
            END,
            NOOP,
        ];
        assert_eq!(words, wanted);
        let fields = Fields {
            mocs: 3,
            tile4: true,
        };
        let words = copy(0, 0, Span::Bytes(64), fields);
        assert_eq!((words[1], words[7]), (0xc330_1000, 0x0030_1000));
    }

    #[test]
    fn a_large_copy_is_few_commands() {
        // 1 GiB in rows of 4 KiB.
        let span = Span::Bytes(1 << 30);
        let stream = copy(0, 1 << 40, span, Fields::default());
        assert_eq!(stream.len(), 9 * 10 + 2);
        assert_eq!(words(span), 9 * 10 + 2);
    }

    #[test]
    fn what_is_too_long_to_be_written_can_be_counted() {
        let span = Span::Rows {
            width: u64::MAX - 63,
            height: u32::MAX,
            src_pitch: u32::MAX,
            dst_pitch: u32::MAX,
        };
        assert_eq!(words(span), u64::MAX);
        assert!(words(Span::Bytes(u64::MAX - 63)) > 1 << 32);
    }

    proptest! {
        #[test]
        fn words_are_counted_before_they_are_written(
            width in 1_u64..1 << 22,
            height in 1_u32..40_000,
            [more_src, more_dst] in prop::array::uniform2(0_u32..2),
        ) {
            let width = 64 * width;
            let pitch = |more| u32::try_from(width).unwrap_or(u32::MAX).saturating_add(64 * more);
            for height in [height, height % 16 + 1] {
                let span = Span::Rows {
                    width: if height > 16 { 64 * (width % 16 + 1) } else { width },
                    height,
                    src_pitch: pitch(more_src),
                    dst_pitch: pitch(more_dst),
                };
                let stream = copy(0, 0, span, Fields::default());
                prop_assert_eq!(words(span), stream.len() as u64);
            }
        }

        #[test]
        fn every_byte_gets_where_it_should(
            [src, dst] in prop::array::uniform2(0_usize..32),
            width in 1_usize..200,
            height in 1_usize..12,
            [more_src, more_dst] in prop::array::uniform2(0_usize..4),
        ) {
            const HALF: usize = 256 << 10;
            let [src, dst, width] = [src, dst, width].map(|units| 64 * units);
            let [src_pitch, dst_pitch] = [more_src, more_dst].map(|more| width + 64 * more);
            let mut memory: Vec<u8> = (0..HALF).map(|i| (i * 7 / 3) as u8).collect();
            memory.resize(2 * HALF, 0);
            let mut wanted = memory.clone();
            for row in 0..height {
                let from = src + row * src_pitch;
                wanted.copy_within(from..from + width, HALF + dst + row * dst_pitch);
            }
            let span = Span::Rows {
                width: width as u64,
                height: height as u32,
                src_pitch: src_pitch as u32,
                dst_pitch: dst_pitch as u32,
            };
            let stream = copy(src as u64, (HALF + dst) as u64, span, Fields::default());
            prop_assert_eq!(words(span), stream.len() as u64);
            execute(&stream, &mut memory);
            prop_assert!(memory == wanted);
            let span = Span::Bytes((width * height) as u64);
            wanted.copy_within(0..width * height, HALF);
            let stream = copy(0, HALF as u64, span, Fields::default());
            prop_assert_eq!(words(span), stream.len() as u64);
            execute(&stream, &mut memory);
            prop_assert!(memory == wanted);
        }
    }
}
