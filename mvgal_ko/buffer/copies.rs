// SPDX-License-Identifier: GPL-2.0

//! The copies that a buffer has in memory of other members.
//!
//! What a job writes it writes to all of them, so that each is up to date when the job's fence
//! signals, and a job of any member reads its own. So nothing has to be looked up or invalidated when
//! a job runs, and two jobs that write to different parts at the same time do not disturb each other,
//! however close the parts are. Two that write to the same part without an order leave each copy with
//! either. Which copies there are is settled when a job is submitted. What others than jobs of ours
//! write, a REPLICATE job brings to the other copies.

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
        if !self.any() {
            return None;
        }
        let list = self.list.lock();
        let found = list.iter().find(|memory| memory.home == home);
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

    /// Adds one, unless there is one of the same home, and returns that which is there then. Those of
    /// members that are gone are dropped.
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

    /// Returns all.
    fn all(&self) -> Result<KVec<Arc<Memory>>> {
        let list = self.list.lock();
        let mut all = KVec::with_capacity(list.len(), GFP_KERNEL_ACCOUNT)?;
        for memory in list.iter() {
            all.push(memory.clone(), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(all)
    }

    fn any_is(&self, is: impl FnMut(&Arc<Memory>) -> bool) -> bool {
        self.any() && self.list.lock().iter().any(is)
    }
}

impl BufferRef {
    /// Whether it has copies.
    pub(crate) fn is_replicated(&self) -> bool {
        self.0.copies.any()
    }

    /// Whether a member holds its memory or a copy.
    pub(crate) fn is_on(&self, member: u32) -> bool {
        self.home() == Some(member) || self.0.copies.any_is(|copy| copy.home == member)
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
        self.memory().is_some_and(is) || self.0.copies.any_is(|copy| is(copy))
    }

    /// Maps all memories that a job has to write to, allocated for it if that is the first use.
    ///
    /// Those of members that are gone are left out, if there is another.
    ///
    /// # Errors
    ///
    /// As [`BufferRef::memory_for`] and [`Memory::map`].
    pub(crate) fn map_to_write(
        &self,
        client: &Client,
        dev: &Device,
        first: &FirstUse<'_>,
    ) -> Result<Targets> {
        let memory = self.memory_for(client, first)?;
        let mut targets = Targets::new();
        if !self.is_replicated() {
            targets.push(memory.map(client, dev)?)?;
            return Ok(targets);
        }
        let copies = self.0.copies.all()?;
        let there = copies.iter().filter(|copy| copy.is_there());
        let mut there = there.peekable();
        if memory.is_there() || there.peek().is_none() {
            targets.push(memory.map(client, dev)?)?;
        }
        for copy in there {
            targets.push(copy.map(client, dev)?)?;
        }
        Ok(targets)
    }

    /// Maps the memory that a job on a member reads: that of the member, if it has one, and else any
    /// that is there. `None` stands for the host.
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
        self.with_memory_to_read(memory, member, |memory| memory.map(client, dev))?
    }

    /// Calls `f` with the memory that a job on a member reads.
    fn with_memory_to_read<R>(
        &self,
        memory: &Memory,
        member: u32,
        f: impl FnOnce(&Memory) -> R,
    ) -> Result<R> {
        if !self.is_replicated() || memory.home == member {
            return Ok(f(memory));
        }
        if let Some(copy) = self.0.copies.find(member) {
            return Ok(f(&copy));
        }
        if memory.is_there() {
            return Ok(f(memory));
        }
        let copies = self.0.copies.all()?;
        let there = copies.iter().find(|copy| copy.is_there());
        Ok(f(there.map_or(memory, |copy| &**copy)))
    }

    /// Returns the home of the memory that a job on a member reads, if there is any yet.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn home_to_read(&self, member: u32) -> Result<Option<u32>> {
        self.memory()
            .map(|memory| self.with_memory_to_read(memory, member, |memory| memory.home))
            .transpose()
    }

    /// Returns the homes of the memories that a job has to write to, but for that of `except`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn homes_to_write(&self, except: Option<u32>) -> Result<KVec<u32>> {
        let copies = self.0.copies.all()?;
        let copies = copies.iter().map(|copy| &**copy);
        let mut homes = KVec::new();
        for memory in Iterator::chain(self.memory().into_iter(), copies) {
            if Some(memory.home) != except && memory.is_there() {
                homes.push(memory.home, GFP_KERNEL)?;
            }
        }
        Ok(homes)
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
        let memory = match (self.memory(), from) {
            (Some(memory), _) => memory,
            // Nothing has been written yet.
            (None, None) => return Ok((None, targets)),
            (None, Some(_)) => return Err(EINVAL),
        };
        let copies = if self.is_replicated() {
            self.0.copies.all()?
        } else {
            KVec::new()
        };
        let others = copies.iter().map(|copy| &**copy);
        let all = || Iterator::chain(core::iter::once(memory), others.clone());
        // Where the memory is gone, any copy is as good.
        let from = match from {
            Some(home) => home,
            None => {
                let mut there = all().filter(|memory| memory.is_there());
                there.next().ok_or(ENODEV)?.home
            }
        };
        let mut source = None;
        for memory in all() {
            if memory.home == from {
                source = Some(memory);
            } else if memory.is_there() {
                targets.push(memory.map(client, dev)?)?;
            }
        }
        let source = source.ok_or(EINVAL)?;
        if targets.len() == 0 {
            return Ok((None, targets));
        }
        Ok((Some(source.map(client, dev)?), targets))
    }
}
