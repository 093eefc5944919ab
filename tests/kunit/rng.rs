// SPDX-License-Identifier: GPL-2.0

//! Random numbers that are the same in every run.

/// A xorshift64* generator.
pub(crate) struct Rng(u64);

impl Rng {
    /// Creates a generator. The same seed gives the same numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 32).checked_rem(bound).unwrap_or(0)
    }

    /// Returns a number of at most `bits` bits, small ones as often as large ones.
    pub(crate) fn sized(&mut self, bits: u32) -> u64 {
        let bits = self.below(u64::from(bits) + 1) as u32;
        self.next().checked_shr(64 - bits).unwrap_or(0)
    }
}
