// SPDX-License-Identifier: GPL-2.0

//! The jobs that are ready to run on one member, and which of them is next.
//!
//! There are [`LEVELS`] levels of priority. The highest one with jobs is served, except that a
//! level that was passed over [`AGE_LIMIT`] times comes first: the lower levels are slow under a
//! flood above them, but never stuck. Within a level the clients take turns, see [`fair`], and the
//! jobs of one client are served first in, first out.
//!
//! Nothing here allocates, sleeps or drops a reference, except where it says so; pushing and
//! picking take constant time. The queue belongs inside of a lock that may be taken with
//! interrupts off.
//!
//! # Ageing
//!
//! Let the *passes* of a level be the number of picks of other levels since it got its first job or
//! was last served. [`RunQueue::pick`] serves the level with the most passes if those have reached
//! [`AGE_LIMIT`], else the highest level with jobs.
//!
//! No level ever gets more than [`MAX_PASSES`] passes: consider the pick that gives level L its
//! pass number [`AGE_LIMIT`]. It leaves the level that it serves with no passes, so at most
//! [`LEVELS`]` - 2` others have as many as L has or more. From then on each pick serves one of
//! these or L, because nobody can get ahead of L any more: two levels that both wait gain passes
//! alike, and one that was served starts from none. A level that was served is behind L, so each of
//! them is served at most once before L.
//!
//! The bound is reached when all levels get jobs at once and those of the highest never end.

mod fair;
mod pool;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/run_queue_fair.rs"]
mod fair_test;
#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/run_queue_model.rs"]
mod model_test;
#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/run_queue.rs"]
mod test;

pub(crate) use self::pool::{
    Place,
    Reserve,
    Seat, //
};

use self::{
    fair::{
        Fair,
        PICK_COST_NS, //
    },
    pool::Pool, //
};
use kernel::{
    list::{
        List,
        ListArc,
        ListItem, //
    },
    prelude::*,
    sync::ArcBorrow, //
};

/// Number of levels of priority.
pub(crate) const LEVELS: usize = 16;

/// Passes after which a level is served before higher ones.
pub(crate) const AGE_LIMIT: u64 = 32;

/// Most picks of other levels while a level with jobs is passed over.
pub(crate) const MAX_PASSES: u64 = AGE_LIMIT + LEVELS as u64 - 2;

/// A level of priority: 0 is the lowest, 15 the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(u8);

impl Level {
    /// Returns all levels, the lowest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..LEVELS as u8).map(Self)
    }

    /// Returns the level of that number, `None` if there is none.
    pub(crate) const fn new(level: u32) -> Option<Self> {
        if level < LEVELS as u32 {
            Some(Self(level as u8))
        } else {
            None
        }
    }

    /// Returns the number of the level, below [`LEVELS`].
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A job that can stand in a [`RunQueue`].
pub(crate) trait Queued: ListItem<0> {
    /// Returns the place of the job's client in the queue. It must not change.
    fn place(&self) -> Place;

    /// Returns the level of the job. It must not change.
    fn level(&self) -> Level;
}

/// What a [`RunQueue`] knows about one level.
struct LevelQueue {
    fair: Fair,
    /// Number of jobs.
    len: usize,
    /// Number of the pick at which the level got jobs or was last served.
    since: u64,
}

/// The jobs that are ready to run on one member.
///
/// # Invariants
///
/// - Bit `n` of `occupied` is set if and only if level `n` has jobs.
/// - No level with jobs reaches [`AGE_LIMIT`] passes before pick number `age_check`.
pub(crate) struct RunQueue<J: Queued> {
    pool: Pool<J>,
    levels: KVec<LevelQueue>,
    occupied: u32,
    /// Number of picks so far.
    picks: u64,
    age_check: u64,
    closed: bool,
}

impl<J: Queued> RunQueue<J> {
    /// Creates an empty queue. Fails with `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let mut levels = KVec::with_capacity(LEVELS, GFP_KERNEL)?;
        for _ in 0..LEVELS {
            levels.push(
                LevelQueue {
                    fair: Fair::new(),
                    len: 0,
                    since: 0,
                },
                GFP_KERNEL,
            )?;
        }
        Ok(Self {
            pool: Pool::new(),
            levels,
            occupied: 0,
            picks: 0,
            age_check: 0,
            closed: false,
        })
    }

    /// Returns what to pass to [`Reserve::new`] so that one more client can join.
    pub(crate) fn wanted(&self) -> usize {
        self.pool.wanted()
    }

    /// Gives a client its place.
    ///
    /// Moves the table of clients, in time proportional to their number, when that doubles.
    ///
    /// Fails, and takes nothing, if others joined since [`Self::wanted`] was asked and `reserve`
    /// does not suffice any more; ask again then:
    ///
    /// ```ignore
    /// let place = loop {
    ///     let wanted = queue.lock().wanted();
    ///     let mut reserve = Reserve::new(wanted)?;
    ///     let place = queue.lock().join(&mut reserve);
    ///     if let Some(place) = place {
    ///         break place;
    ///     }
    /// };
    /// ```
    pub(crate) fn join(&mut self, reserve: &mut Reserve<J>) -> Option<Place> {
        self.pool.join(reserve)
    }

    /// Takes a client's place away, when the last job that has it is gone.
    ///
    /// The jobs of the client that are still queued are lost to the queue and are dropped with what
    /// this returns, which must happen after the lock was released. Returns `None` if the client
    /// has left before.
    pub(crate) fn leave(&mut self, place: Place) -> Option<(KBox<Seat<J>>, List<J>)> {
        let jobs = self.remove_client(place);
        Some((self.pool.leave(place)?, jobs))
    }

    /// Adds a job.
    ///
    /// Gives it back if the queue is closed or the client has left.
    pub(crate) fn push(&mut self, job: ListArc<J>) -> Result<(), ListArc<J>> {
        let level = job.level();
        let id = self.pool.id(job.place(), level);
        let (false, Some(id), Some(queue)) = (self.closed, id, self.levels.get_mut(level.index()))
        else {
            return Err(job);
        };
        queue.fair.push(&mut self.pool, id, job)?;
        if queue.len == 0 {
            queue.since = self.picks;
            if self.occupied == 0 {
                self.age_check = self.picks + AGE_LIMIT;
            }
            self.occupied |= 1 << level.index();
        }
        queue.len += 1;
        Ok(())
    }

    /// Takes the job that is to run next.
    pub(crate) fn pick(&mut self) -> Option<ListArc<J>> {
        let level = self.choose()?;
        let queue = self.levels.get_mut(level)?;
        let job = queue.fair.pick(&mut self.pool)?;
        self.picks += 1;
        queue.since = self.picks;
        queue.len -= 1;
        if queue.len == 0 {
            self.occupied &= !(1 << level);
        }
        Some(job)
    }

    /// Charges the client of `job` with the time that it took on the member, in ns.
    ///
    /// To be called once for each job that was picked, when it is done. Does nothing if the client
    /// has left.
    pub(crate) fn charge(&mut self, job: &J, ns: u64) {
        let level = job.level();
        if let Some(id) = self.pool.id(job.place(), level) {
            if let Some(queue) = self.levels.get_mut(level.index()) {
                // The pick has charged the first part.
                queue
                    .fair
                    .charge(&mut self.pool, id, ns.saturating_sub(PICK_COST_NS));
            }
        }
    }

    /// Charges a client with the time that a job took that was not picked, in ns. Does nothing if
    /// the client has left.
    pub(crate) fn charge_unpicked(&mut self, place: Place, level: Level, ns: u64) {
        if let Some(id) = self.pool.id(place, level) {
            if let Some(queue) = self.levels.get_mut(level.index()) {
                queue
                    .fair
                    .charge_unpicked(&mut self.pool, id, ns.max(PICK_COST_NS));
            }
        }
    }

    /// Takes out all jobs of a client, highest level first. The client keeps its place.
    pub(crate) fn remove_client(&mut self, place: Place) -> List<J> {
        let mut jobs = List::new();
        for level in (0..LEVELS as u32).rev().filter_map(Level::new) {
            if let Some(id) = self.pool.id(place, level) {
                self.remove_entity(id, level.index(), &mut jobs);
            }
        }
        jobs
    }

    /// Takes out all jobs and refuses new ones from now on.
    ///
    /// This takes time in proportion to the number of clients with jobs.
    pub(crate) fn close(&mut self) -> List<J> {
        self.closed = true;
        self.take_all()
    }

    /// Whether there are no jobs.
    pub(crate) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// Takes out all jobs, highest level first.
    ///
    /// This takes time in proportion to the number of clients with jobs.
    pub(crate) fn take_all(&mut self) -> List<J> {
        let mut jobs = List::new();
        for level in (0..LEVELS).rev() {
            while let Some(id) = self
                .levels
                .get_mut(level)
                .and_then(|queue| queue.fair.any(&mut self.pool))
            {
                self.remove_entity(id, level, &mut jobs);
            }
        }
        jobs
    }

    /// Returns the number of jobs at one level.
    pub(crate) fn len_at(&self, level: Level) -> usize {
        self.levels.get(level.index()).map_or(0, |queue| queue.len)
    }

    /// Calls `f` for some of the jobs, `max` at most.
    pub(crate) fn for_some(&self, max: usize, f: impl FnMut(ArcBorrow<'_, J>)) {
        self.pool.jobs().take(max).for_each(f);
    }

    /// Returns the number of jobs.
    #[cfg(mvgal_kunit)]
    fn len(&self) -> usize {
        self.levels.iter().map(|queue| queue.len).sum()
    }

    /// Moves the jobs of an entity to the back of `jobs`.
    fn remove_entity(&mut self, id: pool::EntityId, level: usize, jobs: &mut List<J>) {
        let (Some(queue), Some(entity)) = (self.levels.get_mut(level), self.pool.get(id)) else {
            return;
        };
        let count = core::mem::take(&mut entity.len) as usize;
        jobs.push_all_back(&mut entity.jobs);
        queue.fair.remove(&mut self.pool, id);
        queue.len -= count;
        if queue.len == 0 {
            self.occupied &= !(1 << level);
        }
    }

    /// Returns the level to serve.
    fn choose(&mut self) -> Option<usize> {
        let highest = self.occupied.checked_ilog2()? as usize;
        if self.picks < self.age_check {
            return Some(highest);
        }
        let mut oldest = highest;
        let mut since = u64::MAX;
        for (level, queue) in self.levels.iter().enumerate().rev() {
            if self.occupied & (1 << level) != 0 && queue.since < since {
                oldest = level;
                since = queue.since;
            }
        }
        // INVARIANT: Levels that get jobs later start with no passes, and this one has the most.
        self.age_check = since + AGE_LIMIT;
        if self.picks < self.age_check {
            Some(highest)
        } else {
            Some(oldest)
        }
    }
}
