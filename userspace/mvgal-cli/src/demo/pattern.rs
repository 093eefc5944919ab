// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the bytes must be, computed here and not by the module.

/// Random bytes that depend on the seed alone: splitmix64.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(len.next_multiple_of(8));
    while bytes.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// A rectangle of bytes in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// First byte.
    pub offset: usize,
    /// Bytes in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// The bytes that a buffer must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    bytes: Vec<u8>,
    pitch: usize,
}

impl Model {
    /// A new buffer: all zero.
    pub fn new(size: usize, pitch: usize) -> Self {
        Model {
            bytes: vec![0; size],
            pitch,
        }
    }

    /// What the bytes must be.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Fills a rectangle with a pattern, which starts anew in each row.
    pub fn fill(&mut self, rect: Rect, pattern: &[u8]) {
        for row in 0..rect.height {
            let start = rect.offset + row * self.pitch;
            for (byte, value) in self.bytes[start..start + rect.width]
                .iter_mut()
                .zip(pattern.iter().cycle())
            {
                *byte = *value;
            }
        }
    }

    /// Copies a rectangle of `source`, from its byte `from` on, to `rect`.
    pub fn copy(&mut self, rect: Rect, source: &Model, from: usize) {
        for row in 0..rect.height {
            let to = rect.offset + row * self.pitch;
            let from = from + row * source.pitch;
            self.bytes[to..to + rect.width].copy_from_slice(&source.bytes[from..from + rect.width]);
        }
    }

    /// Writes bytes in one piece.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// The first byte of `found` that is not as it must be.
    pub fn first_wrong(&self, found: &[u8]) -> Option<usize> {
        if self.bytes == found {
            return None;
        }
        let shorter = self.bytes.len().min(found.len());
        let differing = self.bytes.iter().zip(found).position(|(a, b)| a != b);
        Some(differing.unwrap_or(shorter))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn noise_is_splitmix64() {
        // First output of the reference implementation for seed 0.
        assert_eq!(noise(0, 8), 0xe220_a839_7b1d_cdaf_u64.to_le_bytes());
    }

    proptest! {
        #[test]
        fn noise_has_its_length_and_a_stable_start(seed: u64, len in 0_usize..300) {
            let bytes = noise(seed, len);
            prop_assert_eq!(bytes.len(), len);
            prop_assert!(noise(seed, len + 9).starts_with(&bytes));
        }

        #[test]
        fn copies_agree_with_pixel_arithmetic(
            width in 1_usize..12,
            height in 1_usize..9,
            src_extra in 0_usize..5,
            dst_extra in 0_usize..5,
            from in 0_usize..7,
            offset in 0_usize..7,
            seed: u64,
        ) {
            let (src_pitch, dst_pitch) = (width + src_extra, width + dst_extra);
            let mut source = Model::new(from + src_pitch * height, src_pitch);
            source.write(0, &noise(seed, from + src_pitch * height));
            let mut target = Model::new(offset + dst_pitch * height, dst_pitch);
            target.copy(Rect { offset, width, height }, &source, from);
            for (index, byte) in target.bytes().iter().enumerate() {
                let expected = index.checked_sub(offset).map_or(0, |index| {
                    let (x, y) = (index % dst_pitch, index / dst_pitch);
                    if x < width { source.bytes()[from + y * src_pitch + x] } else { 0 }
                });
                prop_assert_eq!(*byte, expected, "byte {}", index);
            }
        }

        #[test]
        fn fills_restart_in_each_row(
            pattern in prop::collection::vec(any::<u8>(), 1..9),
            repeats in 1_usize..4,
            height in 1_usize..5,
            extra in 0_usize..4,
        ) {
            let width = pattern.len() * repeats;
            let pitch = width + extra;
            let mut model = Model::new(pitch * height, pitch);
            model.fill(Rect { offset: 0, width, height }, &pattern);
            for row in model.bytes().chunks(pitch) {
                prop_assert_eq!(&row[..width], &pattern.repeat(repeats)[..]);
                prop_assert!(row[width..].iter().all(|&byte| byte == 0));
            }
        }

        #[test]
        fn the_first_wrong_byte_is_found(
            bytes in prop::collection::vec(any::<u8>(), 1..200),
            at: prop::sample::Index,
            flip in 1_u8..,
        ) {
            let mut model = Model::new(bytes.len(), bytes.len());
            model.write(0, &bytes);
            prop_assert_eq!(model.first_wrong(&bytes), None);
            let at = at.index(bytes.len());
            let mut wrong = bytes.clone();
            wrong[at] ^= flip;
            prop_assert_eq!(model.first_wrong(&wrong), Some(at));
            prop_assert_eq!(model.first_wrong(&bytes[..at]), Some(at));
        }
    }
}
