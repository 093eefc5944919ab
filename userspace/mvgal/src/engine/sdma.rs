// SPDX-License-Identifier: MIT OR Apache-2.0

//! Command streams of SDMA, AMD's copy engine, from version 4 on.
//!
//! What they look like is from the kernel's driver: `SDMA_PKT_COPY_LINEAR` of
//! `vega10_sdma_pkt_open.h` and `navi10_sdma_pkt_open.h` in `drivers/gpu/drm/amd/amdgpu`,
//! and `emit_copy_buffer()` of `sdma_v4_0.c` to `sdma_v7_1.c`, which write the same seven words,
//! but for version 7.0. Before version 4 the count is that of the bytes, and not one less.

use super::span::Span;

/// `SDMA_OP_COPY` with `SDMA_SUBOP_COPY_LINEAR`.
const COPY_LINEAR: u32 = 1;
/// `SDMA_PKT_COPY_LINEAR_HEADER_CPV(1)`: a word more, about compression.
const WITH_COMPRESSION: u32 = 1 << 19;
/// `SDMA_OP_NOP` without a payload.
const NOP: u32 = 0;
/// Most bytes of one packet: the least `copy_max_bytes` of the versions.
const MAX_BYTES: u64 = 1 << 22;
/// Words that a stream is padded to a multiple of: `align_mask` of the rings.
const PAD: usize = 8;

/// What a copy looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    /// Seven words.
    Sdma4,
    /// Eight words, as `sdma_v7_0.c` writes them of memory that is not compressed.
    Sdma7_0,
}

impl Packet {
    /// How many words it has.
    fn words(self) -> u64 {
        match self {
            Packet::Sdma4 => 7,
            Packet::Sdma7_0 => 8,
        }
    }
}

/// How many words the stream of a copy has.
pub(super) fn words(span: Span, packet: Packet) -> u64 {
    let (width, height, ..) = span.rows();
    let packets = width.div_ceil(MAX_BYTES).saturating_mul(height.into());
    let words = packets.saturating_mul(packet.words());
    words
        .checked_next_multiple_of(PAD as u64)
        .unwrap_or(u64::MAX)
}

/// The stream of a copy. Nothing has to be aligned; no row is empty.
pub(super) fn copy(src: u64, dst: u64, span: Span, packet: Packet) -> Vec<u32> {
    let (header, compression) = match packet {
        Packet::Sdma4 => (COPY_LINEAR, None),
        Packet::Sdma7_0 => (COPY_LINEAR | WITH_COMPRESSION, Some(0)),
    };
    let (width, height, src_pitch, dst_pitch) = span.rows();
    let mut words = Vec::new();
    for row in 0..u64::from(height) {
        let (src, dst) = (src + row * src_pitch, dst + row * dst_pitch);
        let mut done = 0;
        while done < width {
            let bytes = (width - done).min(MAX_BYTES);
            let [src, dst] = [src, dst].map(|address| address + done);
            words.extend([
                header,
                bytes as u32 - 1,
                0,
                src as u32,
                (src >> 32) as u32,
                dst as u32,
                (dst >> 32) as u32,
            ]);
            words.extend(compression);
            done += bytes;
        }
    }
    words.resize(words.len().next_multiple_of(PAD), NOP);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_counted_before_they_are_written(width in 1_u64..1 << 26, height in 1_u32..99) {
            let span = Span::Rows { width, height, src_pitch: 0, dst_pitch: 0 };
            for packet in [Packet::Sdma4, Packet::Sdma7_0] {
                let stream = copy(0, 0, span, packet);
                prop_assert_eq!(words(span, packet), stream.len() as u64);
            }
        }
    }

    #[test]
    fn what_is_too_long_to_be_written_can_be_counted() {
        let span = Span::Rows {
            width: u64::MAX,
            height: u32::MAX,
            src_pitch: 0,
            dst_pitch: 0,
        };
        assert_eq!(words(span, Packet::Sdma7_0), u64::MAX);
    }

    #[test]
    fn a_copy_is_seven_words_with_one_byte_less() {
        let words = copy(0x1_0000_0003, 0x22_0000_0005, Span::Bytes(7), Packet::Sdma4);
        assert_eq!(words, [1, 6, 0, 3, 1, 5, 0x22, 0]);
    }

    #[test]
    fn of_version_7_0_it_is_eight_words() {
        let words = copy(3, 0x22_0000_0005, Span::Bytes(7), Packet::Sdma7_0);
        assert_eq!(words, [0x8_0001, 6, 0, 3, 0, 5, 0x22, 0]);
    }

    #[test]
    fn long_ones_are_several() {
        let words = copy(0, 1 << 32, Span::Bytes(MAX_BYTES + 1), Packet::Sdma4);
        assert_eq!(words[..7], [1, 0x3f_ffff, 0, 0, 0, 0, 1]);
        assert_eq!(words[7..16], [1, 0, 0, 0x40_0000, 0, 0x40_0000, 1, 0, 0]);
        assert_eq!(words.len(), 16);
    }

    #[test]
    fn rows_are_packets_of_their_own() {
        let span = Span::Rows {
            width: 5,
            height: 2,
            src_pitch: 9,
            dst_pitch: 16,
        };
        let words = copy(100, 200, span, Packet::Sdma4);
        assert_eq!(
            words[..14],
            [1, 4, 0, 100, 0, 200, 0, 1, 4, 0, 109, 0, 216, 0]
        );
    }
}
