// SPDX-License-Identifier: GPL-2.0

//! The memories that a job writes to: that of its buffer, and the copies that the buffer has.

use kernel::prelude::*;
use kernel_ext::dma_buf::Vmap;

use crate::mapped::Mapped;

/// Mapped memories that a job writes the same to.
pub(crate) struct Targets {
    first: Option<Mapped>,
    /// What a buffer without copies does not take memory for.
    others: Option<KBox<KVec<Mapped>>>,
}

impl Targets {
    /// None at all.
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            others: None,
        }
    }

    /// Adds one. The first takes no memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn push(&mut self, map: Mapped) -> Result {
        if self.first.is_none() {
            self.first = Some(map);
            return Ok(());
        }
        if let Some(others) = &mut self.others {
            return Ok(others.push(map, GFP_KERNEL_ACCOUNT)?);
        }
        let mut others = KVec::new();
        others.push(map, GFP_KERNEL_ACCOUNT)?;
        self.others = Some(KBox::new(others, GFP_KERNEL_ACCOUNT)?);
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.as_ref().map_or(0, |others| others.len())
    }

    /// Returns them in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mapped> {
        let others = self.others.iter().flat_map(|others| others.iter());
        Iterator::chain(self.first.iter(), others)
    }

    /// Calls `write` with each of them whose member is there, until it fails.
    ///
    /// # Errors
    ///
    /// `ENODEV` if there is none, and those of `write`.
    pub(crate) fn try_each(&self, write: impl FnMut(&Vmap) -> Result) -> Result {
        let mut write = write;
        let mut written = false;
        for map in self.iter() {
            if let Ok(access) = map.access() {
                write(&access)?;
                written = true;
            }
        }
        if written {
            Ok(())
        } else {
            Err(ENODEV)
        }
    }
}
