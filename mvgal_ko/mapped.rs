// SPDX-License-Identifier: GPL-2.0

//! Memory of a buffer that is mapped for a job.

use core::ops::Deref;
use kernel::{
    prelude::*,
    sync::Arc, //
};
use kernel_ext::{
    dma_buf::{
        DmaBuf,
        Vmap, //
    },
    uapi, //
};

use crate::presence::{
    Presence,
    Stay, //
};

/// A mapping of memory, which can be used as long as the member is there whose memory it is.
pub(crate) struct Mapped {
    map: Arc<Vmap>,
    /// That of the member; `None` for memory of the host.
    presence: Option<Arc<Presence>>,
}

/// A mapping that can be used just now; see [`Presence::enter`].
pub(crate) struct Access<'a> {
    map: &'a Vmap,
    _stay: Option<Stay<'a>>,
}

impl Mapped {
    /// A mapping of memory of the member whose presence it is, or of the host.
    pub(crate) fn new(map: Arc<Vmap>, presence: Option<Arc<Presence>>) -> Self {
        Self { map, presence }
    }

    /// Returns the dma-buf.
    pub(crate) fn dma_buf(&self) -> &DmaBuf {
        self.map.dma_buf()
    }

    /// Returns the id of the member whose memory it is, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) fn home(&self) -> u32 {
        let presence = self.presence.as_ref();
        presence.map_or(uapi::DRM_MVGAL_MEMBER_HOST, |presence| presence.member())
    }

    /// Keeps the memory where it is until the value is dropped, which must be soon.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the member is gone.
    pub(crate) fn access(&self) -> Result<Access<'_>> {
        let stay = match &self.presence {
            None => None,
            Some(presence) => Some(presence.enter().ok_or(ENODEV)?),
        };
        Ok(Access {
            map: &self.map,
            _stay: stay,
        })
    }

    /// Returns the mapping, if the memory is the host's.
    pub(crate) fn of_host(self) -> Option<Arc<Vmap>> {
        self.presence.is_none().then_some(self.map)
    }
}

impl Deref for Access<'_> {
    type Target = Vmap;

    fn deref(&self) -> &Vmap {
        self.map
    }
}
