// SPDX-License-Identifier: GPL-2.0

//! Memory of a buffer that is mapped for a job.

use core::ops::Deref;
use kernel::{
    prelude::*,
    sync::{
        Arc,
        LockedBy, //
    },
};
use kernel_ext::{
    dma_buf::{
        DmaBuf,
        Vmap, //
    },
    uapi, //
};

use crate::{
    mappings::{
        Kept,
        Mappable, //
    },
    presence::Stay, //
};

/// A mapping of memory, which can be used as long as the member is there whose memory it is.
pub(crate) struct Mapped {
    memory: Arc<Mappable>,
    /// [`None`] while it is parked.
    map: LockedBy<Option<Arc<Vmap>>, Kept>,
}

/// A mapping that can be used just now; see [`Presence::enter`](crate::presence::Presence::enter).
pub(crate) struct Access<'a> {
    // The last to use the mapping is whoever holds the `Mapped`.
    map: Arc<Vmap>,
    _stay: Option<Stay<'a>>,
}

impl Mapped {
    /// That memory, which `map` is a mapping of.
    pub(crate) fn new(memory: Arc<Mappable>, map: Arc<Vmap>) -> Self {
        Self {
            map: LockedBy::new(memory.kept(), Some(map)),
            memory,
        }
    }

    /// Returns the dma-buf.
    pub(crate) fn dma_buf(&self) -> &DmaBuf {
        self.memory.dma_buf()
    }

    /// Returns the id of the member whose memory it is, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) fn home(&self) -> u32 {
        let presence = self.memory.presence();
        presence.map_or(uapi::DRM_MVGAL_MEMBER_HOST, |presence| presence.member())
    }

    /// Keeps the memory where it is until the value is dropped, which must be soon.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the member is gone, `EFAULT` if the memory is not mapped.
    pub(crate) fn access(&self) -> Result<Access<'_>> {
        let stay = match self.memory.presence() {
            None => None,
            Some(presence) => Some(presence.enter().ok_or(ENODEV)?),
        };
        let kept = self.memory.kept().lock();
        let map = self.map.access(&kept).clone().ok_or(EFAULT)?;
        Ok(Access { map, _stay: stay })
    }

    /// Unmaps the memory, unless others have it mapped, too. Sleeps.
    pub(crate) fn park(&self) {
        let mut kept = self.memory.kept().lock();
        let map = self.map.access_mut(&mut kept).take();
        // It is not unmapped with the lock held.
        drop(kept);
        drop(map);
    }

    /// Maps the memory that was parked. Sleeps.
    ///
    /// # Errors
    ///
    /// As [`Mappable::map`].
    pub(crate) fn map_again(&self) -> Result {
        let map = self.memory.map()?;
        let mut kept = self.memory.kept().lock();
        let old = self.map.access_mut(&mut kept).replace(map);
        drop(kept);
        drop(old);
        Ok(())
    }

    /// Returns the mapping, if the memory is the host's.
    pub(crate) fn of_host(self) -> Option<Arc<Vmap>> {
        if self.memory.presence().is_some() {
            return None;
        }
        let mut kept = self.memory.kept().lock();
        self.map.access_mut(&mut kept).take()
    }
}

impl Deref for Access<'_> {
    type Target = Vmap;

    fn deref(&self) -> &Vmap {
        &self.map
    }
}
