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
    /// Size of the buffer.
    bytes: usize,
    pins: Pins,
    place: SetOnce<Arc<Place>>,
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
    #[pin]
    map: Mutex<Option<Arc<Vmap>>>,
}

impl Mapping {
    /// For a buffer of that size, which is not mapped.
    pub(crate) fn new(bytes: usize, pins: Pins) -> Self {
        Self {
            bytes,
            pins,
            place: SetOnce::new(),
        }
    }

    /// Returns the place, made for the first mapping, unless another task is just making it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    fn place(&self) -> Result<Option<&Arc<Place>>> {
        if self.place.as_ref().is_none() {
            let place = Arc::pin_init(
                pin_init!(Place {
                    bytes: self.bytes,
                    used_ns: Atomic::new(0),
                    map <- new_mutex!(None, "mvgal::Mapping::map"),
                }),
                GFP_KERNEL_ACCOUNT,
            )?;
            self.place.populate(place);
        }
        Ok(self.place.as_ref())
    }

    /// Gives the mapping up, but for jobs that use it.
    pub(crate) fn clear(&self) {
        if let Some(place) = self.place.as_ref() {
            place.clear();
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Place {
    fn get(&self) -> Option<Arc<Vmap>> {
        let map = self.map.lock().clone()?;
        self.used_ns.store(monotonic_ns(), Relaxed);
        Some(map)
    }

    /// Puts a mapping there, or returns the one that came to be there meanwhile.
    fn put(&self, new: Arc<Vmap>) -> Arc<Vmap> {
        self.used_ns.store(monotonic_ns(), Relaxed);
        let mut map = self.map.lock();
        let kept = map.get_or_insert_with(|| new.clone()).clone();
        drop(map);
        kept
    }

    fn clear(&self) {
        // The lock is not held when the memory is unmapped.
        let map = self.map.lock().take();
        drop(map);
    }

    fn is_idle(&self, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.used_ns.load(Relaxed)) >= IDLE_NS
    }
}

struct Inner {
    /// Those with a mapping, and some whose mapping was given up since. No more than [`MAX_KEPT`].
    places: KVec<Arc<Place>>,
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
struct Kept {
    #[pin]
    inner: Mutex<Inner>,
}

impl Kept {
    /// Keeps one mapping more, and gives up others if they are too many.
    fn add(&self, place: &Arc<Place>) -> Result {
        loop {
            let mut inner = self.inner.lock();
            // One that was given up and is there again is there once.
            if inner.places.iter().any(|other| Arc::ptr_eq(other, place)) {
                return Ok(());
            }
            let bytes = inner.bytes().saturating_add(place.bytes);
            if inner.places.len() < MAX_KEPT && bytes <= MAX_KEPT_BYTES {
                let first = inner.places.is_empty();
                inner.places.push(place.clone(), GFP_KERNEL)?;
                if first {
                    inner.set_alarm();
                }
                return Ok(());
            }
            let oldest = inner.take_oldest();
            drop(inner);
            let Some(oldest) = oldest else {
                return Err(ENOSPC);
            };
            oldest.clear();
        }
    }

    /// Gives up what has been idle.
    fn sweep(&self) {
        let now_ns = monotonic_ns();
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
pub(crate) struct Mappings(Arc<Kept>);

impl Mappings {
    /// Keeps none yet.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let kept = Arc::pin_init(
            pin_init!(Kept {
                inner <- new_mutex!(Inner {
                    places: KVec::new(),
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

    /// Maps a buffer, of which `place` is the place for its mapping. `dev` is as with
    /// [`DmaBuf::vmap`].
    ///
    /// # Errors
    ///
    /// As [`DmaBuf::vmap`].
    pub(crate) fn map(
        &self,
        place: &Mapping,
        dma_buf: &ARef<DmaBuf>,
        dev: &Device,
    ) -> Result<Arc<Vmap>> {
        let pins = place.pins;
        let may_keep = |place: &&Arc<Place>| pins == Pins::Nothing || place.bytes <= MAX_KEPT_BYTES;
        let place = place.place()?.filter(may_keep);
        if let Some(map) = place.and_then(|place| place.get()) {
            return Ok(map);
        }
        let map = Arc::new(DmaBuf::vmap(dma_buf.clone(), dev)?, GFP_KERNEL_ACCOUNT)?;
        let Some(place) = place else {
            return Ok(map);
        };
        let map = place.put(map);
        if pins == Pins::Memory && self.0.add(place).is_err() {
            place.clear();
        }
        Ok(map)
    }
}

impl Mappings {
    /// Gives all mappings up that are kept. Those that jobs use stay until those are over.
    pub(crate) fn clear(&self) {
        loop {
            let place = self.0.inner.lock().take_oldest();
            match place {
                Some(place) => place.clear(),
                None => return,
            }
        }
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
