// SPDX-License-Identifier: GPL-2.0

//! The copies that a buffer has in memory of other members.
//!
//! What a job writes it writes to all of them, so that each is up to date when the job's fence
//! signals, and a job of any member reads its own. So nothing has to be looked up or invalidated
//! when a job runs, and two jobs that write to different parts at the same time do not disturb each
//! other, however close the parts are. Two that write to the same part without an order leave each
//! copy with either. Which copies there are is settled when a job is submitted. What others than
//! jobs of ours write, a REPLICATE job brings to the other copies.

use super::{
    BufferRef,
    FirstUse,
    Memory, //
};
use crate::{
    affinity::Client,
    mapped::Mapped,
    reach::Way,
    targets::Targets, //
};
use kernel::{
    device::Device,
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc,
        Mutex, //
    },
};

/// The copies of one buffer, besides its memory: one a member at most.
#[pin_data]
pub(super) struct Copies {
    /// Whether there are any, so that buffers without take no lock.
    any: Atomic<bool>,
    #[pin]
    list: Mutex<KVec<Arc<Memory>>>,
    /// Who got one because there was no other way.
    #[pin]
    served: Mutex<KVec<Served>>,
}

/// A member that got a copy because it cannot get at the memory of the buffer.
struct Served {
    /// Id of the member.
    importer: u32,
    /// Home of the copy: the same, or the host.
    home: u32,
    /// Why there is no other way.
    way: Way,
}

impl Copies {
    /// Those that a new buffer has.
    pub(super) fn new(list: KVec<Arc<Memory>>) -> impl PinInit<Self> {
        pin_init!(Self {
            any: Atomic::new(!list.is_empty()),
            list <- new_mutex!(list, "mvgal::Copies::list"),
            served <- new_mutex!(KVec::new(), "mvgal::Copies::served"),
        })
    }

    fn any(&self) -> bool {
        self.any.load(Acquire)
    }

    /// Returns that on a member, or on the host.
    pub(super) fn find(&self, home: u32) -> Option<Arc<Memory>> {
        self.find_by(|memory| memory.home == home)
    }

    /// Returns the first for which `is` holds.
    fn find_by(&self, is: impl Fn(&Memory) -> bool) -> Option<Arc<Memory>> {
        if !self.any() {
            return None;
        }
        let list = self.list.lock();
        let found = list.iter().find(|memory| is(memory));
        found.cloned()
    }

    /// Returns the copy that a member got because there was no other way, and why.
    pub(super) fn served(&self, importer: u32) -> Option<(Arc<Memory>, Way)> {
        let served = self.served.lock();
        let found = served.iter().find(|served| served.importer == importer);
        let (home, way) = found.map(|served| (served.home, served.way))?;
        drop(served);
        Some((self.find(home)?, way))
    }

    /// Notes that a member gets the copy of that home, and why.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(super) fn serve(&self, importer: u32, home: u32, way: Way) -> Result {
        let mut served = self.served.lock();
        served.retain(|served| served.importer != importer);
        let new = Served {
            importer,
            home,
            way,
        };
        Ok(served.push(new, GFP_KERNEL_ACCOUNT)?)
    }

    /// Adds one, unless there is one of the same home, and returns that which is there then. Those
    /// of members that are gone are dropped.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(super) fn add(&self, memory: Arc<Memory>) -> Result<Arc<Memory>> {
        // Dropped when the lock is not held any more.
        let mut gone = KVec::new();
        let mut list = self.list.lock();
        while let Some(index) = list.iter().position(|memory| !memory.is_there()) {
            gone.reserve(1, GFP_KERNEL)?;
            if let Ok(memory) = list.remove(index) {
                gone.push(memory, GFP_KERNEL)?;
            }
        }
        if let Some(there) = list.iter().find(|other| other.home == memory.home) {
            let there = there.clone();
            // What is not used is freed when the lock is not held any more.
            drop(list);
            return Ok(there);
        }
        list.push(memory.clone(), GFP_KERNEL_ACCOUNT)?;
        self.any.store(true, Release);
        Ok(memory)
    }

    /// Returns all that there are just now.
    fn all(&self) -> Result<KVec<Arc<Memory>>> {
        if !self.any() {
            return Ok(KVec::new());
        }
        let list = self.list.lock();
        let mut all = KVec::with_capacity(list.len(), GFP_KERNEL_ACCOUNT)?;
        for memory in list.iter() {
            all.push(memory.clone(), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(all)
    }
}

/// All memories of a buffer, as they are at a time: its own, and the copies.
struct Memories<'a> {
    own: &'a Memory,
    copies: KVec<Arc<Memory>>,
}

impl Memories<'_> {
    /// Returns all, its own first.
    fn iter(&self) -> impl Iterator<Item = &Memory> {
        let copies = self.copies.iter().map(|copy| &**copy);
        Iterator::chain(core::iter::once(self.own), copies)
    }

    /// Returns those whose members are there.
    fn there(&self) -> impl Iterator<Item = &Memory> {
        self.iter().filter(|memory| memory.is_there())
    }
}

impl BufferRef {
    /// Whether a member holds its memory or a copy.
    pub(crate) fn is_on(&self, member: u32) -> bool {
        self.home() == Some(member) || self.0.copies.find(member).is_some()
    }

    /// Whether both have a memory in common.
    pub(crate) fn same(&self, other: &Self) -> bool {
        if core::ptr::eq(&*self.0, &*other.0) {
            return true;
        }
        self.has_in_common(other) || other.has_in_common(self)
    }

    /// Whether the memory of the other is among those of this one.
    fn has_in_common(&self, other: &Self) -> bool {
        let Some(theirs) = other.memory() else {
            return false;
        };
        let is = |ours: &Memory| ours.dma_buf.same(&theirs.dma_buf);
        self.memory().is_some_and(is) || self.0.copies.find_by(is).is_some()
    }

    /// Returns all memories, of which `own` is the buffer's own.
    fn memories<'a>(&self, own: &'a Memory) -> Result<Memories<'a>> {
        Ok(Memories {
            own,
            copies: self.0.copies.all()?,
        })
    }

    /// Maps all memories that a job has to write to, allocated for it if that is the first use.
    ///
    /// Those of members that are gone are left out.
    ///
    /// # Errors
    ///
    /// `ENODEV` if all are gone, and as [`BufferRef::memory_for`] and [`Memory::map`].
    pub(crate) fn map_to_write(
        &self,
        client: &Client,
        dev: &Device,
        first: &FirstUse<'_>,
    ) -> Result<Targets> {
        let memories = self.memories(self.memory_for(client, first)?)?;
        let mut targets = Targets::new();
        for memory in memories.there() {
            targets.push(memory.map(client, dev)?)?;
        }
        if targets.len() == 0 {
            return Err(ENODEV);
        }
        Ok(targets)
    }

    /// Maps the memory that a job on a member, or on the host, reads: its own, if it has one, and
    /// else any that is there.
    ///
    /// # Errors
    ///
    /// As [`BufferRef::memory_for`] and [`Memory::map`].
    pub(crate) fn map_to_read(
        &self,
        client: &Client,
        dev: &Device,
        first: &FirstUse<'_>,
        member: u32,
    ) -> Result<Mapped> {
        let memory = self.memory_for(client, first)?;
        let copies = &self.0.copies;
        let copy = if memory.home == member {
            None
        } else if let Some(copy) = copies.find(member) {
            Some(copy)
        } else if memory.is_there() {
            None
        } else {
            copies.find_by(Memory::is_there)
        };
        copy.as_deref().unwrap_or(memory).map(client, dev)
    }

    /// Maps the memory of a member to read, and all others to write. `None` stands for that of the
    /// buffer, wherever it is, and for that of any copy if its member is gone.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the member has none, `ENODEV` if all are gone, and as [`Memory::map`].
    pub(crate) fn map_to_replicate(
        &self,
        client: &Client,
        dev: &Device,
        from: Option<u32>,
    ) -> Result<(Option<Mapped>, Targets)> {
        let mut targets = Targets::new();
        let memories = match (self.memory(), from) {
            (Some(own), _) => self.memories(own)?,
            // Nothing has been written yet.
            (None, None) => return Ok((None, targets)),
            (None, Some(_)) => return Err(EINVAL),
        };
        let source = match from {
            Some(home) => memories.iter().find(|memory| memory.home == home),
            // Where its own is gone, any copy is as good.
            None => Some(memories.there().next().ok_or(ENODEV)?),
        };
        let source = source.ok_or(EINVAL)?;
        for memory in memories.there().filter(|memory| memory.home != source.home) {
            targets.push(memory.map(client, dev)?)?;
        }
        if targets.len() == 0 {
            return Ok((None, targets));
        }
        Ok((Some(source.map(client, dev)?), targets))
    }
}
