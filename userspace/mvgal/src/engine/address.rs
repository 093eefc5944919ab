// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which addresses of a GPU's address space are taken.

use std::collections::BTreeMap;

/// Where the first object goes: behind what drivers keep for themselves at the bottom, and
/// where a pointer that was cut off to 32 bits leads nowhere.
const START: u64 = 1 << 32;
/// What every object starts at a multiple of, and is followed by: the largest page of all.
const ALIGN: u64 = 2 << 20;

/// The addresses of one file that are taken.
///
/// # Invariants
///
/// Ranges are not empty, start at multiples of [`ALIGN`] and do not overlap.
#[derive(Debug)]
pub(super) struct AddressSpace {
    taken: BTreeMap<u64, u64>,
    end: u64,
}

impl AddressSpace {
    /// One with addresses up to an end, of which none is taken.
    pub(super) fn new(end: u64) -> Self {
        AddressSpace {
            taken: BTreeMap::new(),
            end,
        }
    }

    /// Takes the first free range of `size` bytes, and gives its address. `None` if there
    /// is none.
    pub(super) fn take(&mut self, size: u64) -> Option<u64> {
        let size = size.max(1).checked_next_multiple_of(ALIGN)?;
        let mut at = START;
        for (&start, &end) in &self.taken {
            if start - at >= size {
                break;
            }
            at = end;
        }
        let end = at.checked_add(size).filter(|&end| end <= self.end)?;
        self.taken.insert(at, end);
        Some(at)
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&mut self, address: u64) {
        self.taken.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END: u64 = 1 << 46;

    #[test]
    fn what_was_given_back_is_used_again() {
        let mut space = AddressSpace::new(END);
        let addresses = [1, ALIGN, ALIGN + 1, 1].map(|size| space.take(size).unwrap());
        let at = |n: u64| START + n * ALIGN;
        assert_eq!(addresses, [at(0), at(1), at(2), at(4)]);
        space.give_back(at(2));
        assert_eq!(space.take(2 * ALIGN + 1), Some(at(5)));
        assert_eq!(space.take(2 * ALIGN), Some(at(2)));
        assert_eq!(space.take(END), None);
        assert_eq!(space.take(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn ranges_never_overlap(steps in prop::collection::vec((any::<bool>(), 0_u64..1 << 30), 1..200)) {
            let mut space = AddressSpace::new(END);
            let mut taken: Vec<(u64, u64)> = Vec::new();
            for (take, size) in steps {
                if take || taken.is_empty() {
                    let at = space.take(size).unwrap();
                    prop_assert!(at >= START && at.is_multiple_of(ALIGN));
                    for &(other, length) in &taken {
                        prop_assert!(at + size.max(1) <= other || other + length <= at);
                    }
                    taken.push((at, size.max(1)));
                } else {
                    let (at, _) = taken.swap_remove(size as usize % taken.len());
                    space.give_back(at);
                }
            }
        }
    }
}
