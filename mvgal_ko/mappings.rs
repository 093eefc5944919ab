// SPDX-License-Identifier: GPL-2.0

//! Mappings of buffers into the kernel that are kept for the next job.
//!
//! To map memory that a driver has as single pages takes longer than to copy a hundred KiB of it.
//! So a mapping stays for a while when a job is over. A buffer that is mapped cannot be moved or
//! swapped out, so what is kept is bounded, in number, in bytes and in time. Where the memory stays
//! in its place anyway, mapped, as that of our own exporter does, there is nothing to bound.

use kernel::{
    device::Device,
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex,
        SetOnce, //
    },
};
use kernel_ext::{
    alarm::Alarm,
    clock::monotonic_ns,
    dma_buf::{
        DmaBuf,
        Vmap, //
    },
};

use crate::{
    account::Charge,
    mapped::Mapped,
    presence::Presence, //
};

/// How long a mapping is kept that nobody asks for, at least, in ns.
const IDLE_NS: u64 = 1_000_000_000;

/// Most mappings that are kept.
const MAX_KEPT: usize = 64;

/// Most bytes that are kept mapped.
const MAX_KEPT_BYTES: usize = 256 << 20;

/// The place for the mapping of one buffer. Most are never mapped, and have none.
///
/// Dropping it gives the mapping up, for which it may sleep.
pub(crate) struct Mapping {
    pins: Pins,
    /// What is charged for the memory as long as it is used.
    charge: Option<Arc<Charge>>,
    memory: SetOnce<Arc<Mappable>>,
}

/// Memory that is mapped, or was.
pub(crate) struct Mappable {
    dma_buf: ARef<DmaBuf>,
    /// In whose name it is mapped; see [`DmaBuf::vmap`].
    dev: ARef<Device>,
    /// That of the member whose memory it is; `None` for memory of the host.
    presence: Option<Arc<Presence>>,
    // What keeps it does not keep the memory.
    place: Arc<Place>,
    // Given back when the memory is not used any more.
    _charge: Option<Arc<Charge>>,
}

/// What a mapping does to the memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pins {
    /// It keeps it in its place.
    Memory,
    /// Nothing: the memory does not move, and is always mapped.
    Nothing,
}

#[pin_data]
struct Place {
    /// Size of the buffer.
    bytes: usize,
    /// When the mapping was asked for last.
    used_ns: Atomic<u64>,
    /// Taken while published fences wait for whoever takes it: nothing is allocated under it.
    #[pin]
    kept: Mutex<Kept>,
}

/// The mapping that is kept for the jobs to come. The lock of it protects those of jobs, too.
pub(crate) struct Kept(Option<Arc<Vmap>>);

impl Mapping {
    /// For a buffer which is not mapped, and for which `charge` is kept as long as its memory is
    /// used.
    pub(crate) fn new(pins: Pins, charge: Option<Arc<Charge>>) -> Self {
        Self {
            pins,
            charge,
            memory: SetOnce::new(),
        }
    }

    /// Returns what is to be mapped, made for the first mapping. It is nobody else's if another
    /// task is just making the one to stay.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    fn memory(
        &self,
        dma_buf: &ARef<DmaBuf>,
        presence: Option<&Arc<Presence>>,
        dev: &Device,
    ) -> Result<Arc<Mappable>> {
        if let Some(memory) = self.memory.as_ref() {
            return Ok(memory.clone());
        }
        let charge = self.charge.clone();
        let memory = Mappable::new(dma_buf.clone(), presence.cloned(), charge, dev)?;
        self.memory.populate(memory.clone());
        Ok(self.memory.as_ref().cloned().unwrap_or(memory))
    }

    /// Whether the mapping of `memory` may stay when a job is over.
    fn may_keep(&self, memory: &Arc<Mappable>) -> bool {
        // It must be given up with this.
        let own = self.memory.as_ref();
        let own = own.is_some_and(|own| Arc::ptr_eq(own, memory));
        own && (self.pins == Pins::Nothing || memory.place.bytes <= MAX_KEPT_BYTES)
    }

    /// Gives the mapping up, but for jobs that use it.
    pub(crate) fn clear(&self) {
        if let Some(memory) = self.memory.as_ref() {
            memory.place.clear();
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Mappable {
    /// The memory of a dma-buf, and of the member whose presence it is or of the host. It keeps
    /// `charge`; `dev` is as with [`DmaBuf::vmap`].
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(
        dma_buf: ARef<DmaBuf>,
        presence: Option<Arc<Presence>>,
        charge: Option<Arc<Charge>>,
        dev: &Device,
    ) -> Result<Arc<Self>> {
        let place = Place::new(dma_buf.size())?;
        Ok(Arc::new(
            Self {
                dma_buf,
                dev: dev.into(),
                presence,
                place,
                _charge: charge,
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// Returns the dma-buf.
    pub(crate) fn dma_buf(&self) -> &DmaBuf {
        &self.dma_buf
    }

    /// Returns what tells whether the member is there whose memory it is; `None` for memory of the
    /// host.
    pub(crate) fn presence(&self) -> Option<&Arc<Presence>> {
        self.presence.as_ref()
    }

    /// Returns the mapping that is kept.
    pub(crate) fn kept(&self) -> &Mutex<Kept> {
        &self.place.kept
    }

    /// Maps the memory, unless a mapping is kept. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENODEV` if its member is gone, `ENOMEM`, and as [`DmaBuf::vmap`].
    pub(crate) fn map(&self) -> Result<Arc<Vmap>> {
        if self.presence().is_some_and(|presence| presence.is_gone()) {
            return Err(ENODEV);
        }
        if let Some(map) = self.place.get() {
            return Ok(map);
        }
        let map = DmaBuf::vmap(self.dma_buf.clone(), &self.dev)?;
        Ok(Arc::new(map, GFP_KERNEL_ACCOUNT)?)
    }
}

impl Place {
    fn new(bytes: usize) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                bytes,
                used_ns: Atomic::new(0),
                kept <- new_mutex!(Kept(None), "mvgal::Place::kept"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    fn get(&self) -> Option<Arc<Vmap>> {
        let map = self.kept.lock().0.clone()?;
        self.used_ns.store(monotonic_ns(), Relaxed);
        Some(map)
    }

    /// Puts a mapping there, or returns the one that came to be there meanwhile.
    fn put(&self, new: Arc<Vmap>) -> Arc<Vmap> {
        self.used_ns.store(monotonic_ns(), Relaxed);
        let mut kept = self.kept.lock();
        let map = kept.0.get_or_insert_with(|| new.clone()).clone();
        drop(kept);
        map
    }

    fn clear(&self) {
        // The lock is not held when the memory is unmapped.
        let map = self.kept.lock().0.take();
        drop(map);
    }

    fn is_idle(&self, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.used_ns.load(Relaxed)) >= IDLE_NS
    }
}

struct Inner {
    /// Those with a mapping, and some whose mapping was given up since. No more than [`MAX_KEPT`],
    /// for which there is room.
    places: KVec<Arc<Place>>,
    /// Whether any are to be kept now.
    keeps: bool,
    /// Present until the end; it is set if there are places.
    alarm: Option<Alarm>,
}

impl Inner {
    /// Takes out the place that was used the longest time ago.
    fn take_oldest(&mut self) -> Option<Arc<Place>> {
        let places = self.places.iter().enumerate();
        let (oldest, _) = places.min_by_key(|(_, place)| place.used_ns.load(Relaxed))?;
        self.places.remove(oldest).ok()
    }

    fn bytes(&self) -> usize {
        let places = self.places.iter();
        places.fold(0, |sum, place| sum.saturating_add(place.bytes))
    }

    fn set_alarm(&self) {
        if let Some(alarm) = &self.alarm {
            alarm.set(monotonic_ns().saturating_add(IDLE_NS));
        }
    }
}

#[pin_data]
struct Places {
    /// Held by who gives up mappings that are kept, so that none is on its way when who gave up all
    /// of them is done. Taken before `inner`.
    #[pin]
    giving_up: Mutex<()>,
    #[pin]
    inner: Mutex<Inner>,
}

impl Places {
    /// Keeps one mapping more, and gives up others if they are too many.
    fn add(&self, place: &Arc<Place>) -> Result {
        loop {
            let mut inner = self.inner.lock();
            if !inner.keeps {
                return Err(EBUSY);
            }
            // One that was given up and is there again is there once.
            if inner.places.iter().any(|other| Arc::ptr_eq(other, place)) {
                return Ok(());
            }
            let bytes = inner.bytes().saturating_add(place.bytes);
            if inner.places.len() < MAX_KEPT && bytes <= MAX_KEPT_BYTES {
                let first = inner.places.is_empty();
                let added = inner.places.push_within_capacity(place.clone());
                added.map_err(|_| ENOSPC)?;
                if first {
                    inner.set_alarm();
                }
                return Ok(());
            }
            drop(inner);
            if !self.give_up_oldest() {
                return Err(ENOSPC);
            }
        }
    }

    /// Gives up the mapping that was used the longest time ago. Returns whether there was one.
    fn give_up_oldest(&self) -> bool {
        let _giving_up = self.giving_up.lock();
        let oldest = self.inner.lock().take_oldest();
        if let Some(oldest) = &oldest {
            oldest.clear();
        }
        oldest.is_some()
    }

    /// Gives up what has been idle.
    fn sweep(&self) {
        let now_ns = monotonic_ns();
        let _giving_up = self.giving_up.lock();
        loop {
            let mut inner = self.inner.lock();
            let idle = inner.places.iter().position(|place| place.is_idle(now_ns));
            let Some(place) = idle.and_then(|index| inner.places.remove(index).ok()) else {
                if !inner.places.is_empty() {
                    inner.set_alarm();
                }
                return;
            };
            drop(inner);
            place.clear();
        }
    }
}

/// Keeps mappings for the jobs to come.
pub(crate) struct Mappings(Arc<Places>);

impl Mappings {
    /// Keeps none yet.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let places = KVec::with_capacity(MAX_KEPT, GFP_KERNEL)?;
        let kept = Arc::pin_init(
            pin_init!(Places {
                giving_up <- new_mutex!((), "mvgal::Mappings::giving_up"),
                inner <- new_mutex!(Inner {
                    places,
                    keeps: true,
                    alarm: None,
                }, "mvgal::Mappings::inner"),
            }),
            GFP_KERNEL,
        )?;
        let target = kept.clone();
        let alarm = Alarm::new(move || target.sweep())?;
        kept.inner.lock().alarm = Some(alarm);
        Ok(Self(kept))
    }

    /// Maps a buffer, of which `mapping` is the place for its mapping, `dma_buf` the memory and
    /// `presence` that of the member whose memory it is. `dev` is as with [`DmaBuf::vmap`].
    ///
    /// # Errors
    ///
    /// As [`Mappable::map`].
    pub(crate) fn map(
        &self,
        mapping: &Mapping,
        dma_buf: &ARef<DmaBuf>,
        presence: Option<&Arc<Presence>>,
        dev: &Device,
    ) -> Result<Mapped> {
        let memory = mapping.memory(dma_buf, presence, dev)?;
        let place = &memory.place;
        let map = match place.get() {
            Some(map) => map,
            None if !mapping.may_keep(&memory) => memory.map()?,
            None => {
                let map = place.put(memory.map()?);
                if mapping.pins == Pins::Memory && self.0.add(place).is_err() {
                    place.clear();
                }
                map
            }
        };
        Ok(Mapped::new(memory, map))
    }
}

impl Mappings {
    /// Keeps no mappings any more, and gives up those that are kept.
    pub(crate) fn keep_none(&self) {
        self.0.inner.lock().keeps = false;
        self.clear();
    }

    /// Keeps mappings again. Waits for no memory and for no driver.
    pub(crate) fn keep_some(&self) {
        self.0.inner.lock().keeps = true;
    }

    /// Gives all mappings up that are kept, and waits for those that others are giving up. Those
    /// that jobs use stay until those are over.
    pub(crate) fn clear(&self) {
        while self.0.give_up_oldest() {}
    }
}

impl Drop for Mappings {
    fn drop(&mut self) {
        let alarm = self.0.inner.lock().alarm.take();
        // Waits for a call, which takes the lock.
        drop(alarm);
        self.clear();
    }
}
