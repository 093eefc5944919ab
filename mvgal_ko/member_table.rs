// SPDX-License-Identifier: GPL-2.0

//! Which members there are: their ids, their slots, and the generation of it all.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use kernel_ext::uapi;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/member_table.rs"]
mod test;

/// Most members at a time: as many as a mask has bits.
pub(crate) const MAX_MEMBERS: usize = u64::BITS as usize;

/// Ids that were given out, from 1 up. None is ever given out again.
pub(crate) struct Ids {
    last: Atomic<u32>,
}

impl Ids {
    /// Creates ids of which all up to `last` are taken.
    pub(crate) const fn new(last: u32) -> Self {
        Self {
            last: Atomic::new(last),
        }
    }

    /// Returns the error for an id that no member has: `ENODEV` if one had it before, else
    /// `ENOENT`.
    pub(crate) fn missing(&self, id: u32) -> Error {
        if id != uapi::DRM_MVGAL_MEMBER_HOST && id <= self.last.load(Relaxed) {
            ENODEV
        } else {
            ENOENT
        }
    }

    /// Returns the next id. It is not taken yet.
    fn next(&self) -> Result<u32> {
        self.last
            .load(Relaxed)
            .checked_add(1)
            .filter(|id| *id != uapi::DRM_MVGAL_MEMBER_ANY)
            .ok_or(ENOSPC)
    }
}

/// The members, by slot.
pub(crate) struct MemberTable<M> {
    generation: u64,
    slots: [Option<M>; MAX_MEMBERS],
}

impl<M> MemberTable<M> {
    /// Creates a table without members.
    pub(crate) const fn new() -> Self {
        Self {
            generation: 1,
            slots: [const { None }; MAX_MEMBERS],
        }
    }

    /// Returns a number that changes whenever a member comes or goes.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the members, lowest slot first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &M> {
        self.slots.iter().flatten()
    }

    /// Adds the member that `make` returns for the id and the slot that it is given.
    ///
    /// Ids must be given out under one lock. The slot is the lowest free one.
    ///
    /// # Errors
    ///
    /// `ENOSPC` if there are [`MAX_MEMBERS`] or all ids are used up, and what `make` fails with.
    /// Nothing has changed then; the next member gets the id.
    pub(crate) fn add(&mut self, ids: &Ids, make: impl FnOnce(u32, u32) -> Result<M>) -> Result {
        let (place, slot) = self
            .slots
            .iter_mut()
            .zip(0..)
            .find(|(place, _)| place.is_none())
            .ok_or(ENOSPC)?;
        let id = ids.next()?;
        *place = Some(make(id, slot)?);
        ids.last.store(id, Relaxed);
        self.generation += 1;
        Ok(())
    }

    /// Takes out the first member for which `is_it` holds, if there is one.
    pub(crate) fn remove(&mut self, is_it: impl Fn(&M) -> bool) -> Option<M> {
        let member = self
            .slots
            .iter_mut()
            .find(|place| place.as_ref().is_some_and(&is_it))?
            .take();
        self.generation += 1;
        member
    }
}
