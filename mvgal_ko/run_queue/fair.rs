// SPDX-License-Identifier: GPL-2.0

//! One level of a run queue: its clients take turns, by the member time they use.
//!
//! This is deficit round robin. Virtual time passes in rounds of [`QUANTUM_NS`]; in each round
//! every entity with jobs is owed one quantum. An entity is served while it has not yet had what it
//! is owed, is charged what its jobs really took, and when it has used up the quantum, waits for
//! the round in which it is owed something again: the next one after many small jobs, the
//! hundredth after a job of a hundred quanta.
//!
//! Going through the rounds one by one would cost a step for each entity and each round of debt.
//! Instead the entities that wait stand in a timer wheel: buckets of one round each for the near
//! future, of 4, 16, ... rounds for what is further away. Whoever waits long may therefore come a
//! little late, by a seventh of the wait at most; nothing is lost by that, for the account is exact
//! and the difference is credit. Every operation takes constant time, whatever the numbers of jobs
//! and of clients and however deep in debt they are.
//!
//! Credit is not saved up: an entity that comes back with jobs starts where the others are. Debt
//! is remembered, but only while there are others to whom it is owed: what a client used of a level
//! that nobody else wanted costs it nothing.

use super::{
    pool::{
        EntityId,
        Pool,
        Ring, //
    },
    Queued, //
};
use kernel::list::ListArc;

/// Shift from ns of virtual time to rounds.
const QUANTUM_SHIFT: u32 = 18;

/// What a client may use of a level before it is the next one's turn, in ns of member time.
pub(crate) const QUANTUM_NS: u64 = 1 << QUANTUM_SHIFT;

/// The least that a job is charged, in ns.
///
/// It is charged when the job is picked. Without it, a client whose jobs have not been measured yet
/// or took no measurable time would never be at the end of its quantum.
pub(crate) const PICK_COST_NS: u64 = 1000;

/// Buckets of one granularity.
const BUCKETS: u32 = 32;
/// Number of granularities: 1, 4, 16, 64, 256 and 1024 rounds.
const STEPS: usize = 6;
/// Shift from one granularity to the next.
const STEP_SHIFT: u32 = 2;
/// Longest time to wait, in rounds.
const MAX_WAIT: u64 = granularity_reach(STEPS as u32 - 1);

/// The deepest debt that is remembered, in ns: about 8 s.
pub(crate) const MAX_DEBT_NS: u64 = MAX_WAIT * QUANTUM_NS;

/// Furthest round from now that the buckets of a granularity reach.
///
/// It is one bucket less than there are, since the first one is not a whole one.
const fn granularity_reach(step: u32) -> u64 {
    ((BUCKETS - 1) as u64) << (step * STEP_SHIFT)
}

/// Where an entity stands.
#[derive(Clone, Copy)]
pub(super) struct Stand {
    /// Round in which the bucket is due. Once it is, the entity stands in the ready ring.
    due: u64,
    /// Granularity of the bucket; its number follows from `due`.
    step: u8,
}

impl Stand {
    /// Returns where an entity has to wait for `round`.
    fn at(now: u64, round: u64) -> Self {
        let wait = round.saturating_sub(now);
        if wait == 0 {
            return Self { due: now, step: 0 };
        }
        let mut step = 0;
        while step < STEPS as u32 - 1 && wait > granularity_reach(step) {
            step += 1;
        }
        let shift = step * STEP_SHIFT;
        let mask = (1u64 << shift) - 1;
        Self {
            due: (round + mask) & !mask,
            step: step as u8,
        }
    }

    fn bucket(&self) -> u32 {
        (self.due >> (u32::from(self.step) * STEP_SHIFT)) as u32 % BUCKETS
    }
}

/// The buckets of one granularity.
#[derive(Clone, Copy)]
struct Wheel {
    /// Which of the buckets are not empty.
    occupied: u32,
    buckets: [Ring; BUCKETS as usize],
}

impl Wheel {
    const EMPTY: Wheel = Wheel {
        occupied: 0,
        buckets: [Ring::EMPTY; BUCKETS as usize],
    };
}

/// The entities with jobs of one level.
///
/// # Invariants
///
/// - The entities that stand in the ready ring are those whose [`Stand::due`] is not after `now`.
///   All others stand in the bucket that their [`Stand`] names.
/// - No bucket is due before or at `now`; one of granularity `g` is due within `g *`
///   [`BUCKETS`] rounds.
/// - An entity stands here if and only if it has jobs. `count` is the number of such entities.
pub(super) struct Fair {
    /// The present round.
    now: u64,
    count: u32,
    ready: Ring,
    wheels: [Wheel; STEPS],
}

impl Fair {
    /// Creates a level without jobs.
    pub(super) const fn new() -> Self {
        Self {
            now: 0,
            count: 0,
            ready: Ring::EMPTY,
            wheels: [Wheel::EMPTY; STEPS],
        }
    }

    /// Adds a job to an entity, and the entity to the level if this is its first.
    pub(super) fn push<J: Queued>(
        &mut self,
        pool: &mut Pool<J>,
        id: EntityId,
        job: ListArc<J>,
    ) -> Result<(), ListArc<J>> {
        let Some(entity) = pool.get(id) else {
            return Err(job);
        };
        entity.jobs.push_back(job);
        entity.len += 1;
        if entity.stand.is_none() {
            // Credit that an entity left with is gone, debt is not.
            entity.served_to = core::cmp::max(entity.served_to, self.now << QUANTUM_SHIFT);
            self.count += 1;
            self.settle(pool, id);
        }
        Ok(())
    }

    /// Charges an entity with `ns` of member time for a job that was never pushed.
    pub(super) fn charge_unpicked<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId, ns: u64) {
        let now = self.now << QUANTUM_SHIFT;
        if let Some(entity) = pool.get(id) {
            if entity.stand.is_none() {
                entity.served_to = core::cmp::max(entity.served_to, now);
            }
        }
        self.charge(pool, id, ns);
    }

    /// Takes the next job.
    pub(super) fn pick<J: Queued>(&mut self, pool: &mut Pool<J>) -> Option<ListArc<J>> {
        if self.ready.head().is_none() {
            self.advance(pool)?;
        }
        let id = self.ready.head()?;
        let entity = pool.get(id)?;
        let job = entity.jobs.pop_front()?;
        entity.len -= 1;
        if entity.len == 0 {
            self.remove(pool, id);
        }
        self.charge(pool, id, PICK_COST_NS);
        Some(job)
    }

    /// Charges an entity with `ns` of member time.
    pub(super) fn charge<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId, ns: u64) {
        let Some(entity) = pool.get(id) else {
            return;
        };
        let limit = (self.now << QUANTUM_SHIFT) + MAX_DEBT_NS;
        entity.served_to = core::cmp::min(entity.served_to.saturating_add(ns), limit);
        let round = entity.served_to >> QUANTUM_SHIFT;
        let stands = entity.stand.is_some();
        if round <= self.now {
            return;
        }
        if stands {
            self.unlink(pool, id);
        }
        if self.count == u32::from(stands) {
            // Nobody is kept waiting by what this entity used.
            self.now = round;
        }
        if stands {
            self.settle(pool, id);
        }
    }

    /// Takes an entity out of the level, with or without its jobs.
    pub(super) fn remove<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId) {
        self.unlink(pool, id);
        if let Some(entity) = pool.get(id) {
            if entity.stand.take().is_some() {
                self.count -= 1;
            }
        }
    }

    /// Returns some entity of the level.
    pub(super) fn any<J: Queued>(&mut self, pool: &mut Pool<J>) -> Option<EntityId> {
        if self.ready.head().is_none() {
            self.advance(pool)?;
        }
        self.ready.head()
    }

    /// Puts an entity that stands nowhere where its account says.
    fn settle<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId) {
        let Some(entity) = pool.get(id) else {
            return;
        };
        let stand = Stand::at(self.now, entity.served_to >> QUANTUM_SHIFT);
        entity.stand = Some(stand);
        if let Some(ring) = self.ring(stand, true) {
            ring.push(pool, id);
        }
    }

    /// Takes an entity out of the ring it stands in.
    fn unlink<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId) {
        let Some(stand) = pool.get(id).and_then(|entity| entity.stand) else {
            return;
        };
        if let Some(ring) = self.ring(stand, false) {
            ring.remove(pool, id);
            if ring.head().is_none() && stand.due > self.now {
                if let Some(wheel) = self.wheels.get_mut(usize::from(stand.step)) {
                    wheel.occupied &= !(1 << stand.bucket());
                }
            }
        }
    }

    /// Returns the ring for a stand; marks it occupied if it is a bucket and `occupy` is set.
    fn ring(&mut self, stand: Stand, occupy: bool) -> Option<&mut Ring> {
        if stand.due <= self.now {
            return Some(&mut self.ready);
        }
        let wheel = self.wheels.get_mut(usize::from(stand.step))?;
        if occupy {
            wheel.occupied |= 1 << stand.bucket();
        }
        wheel.buckets.get_mut(stand.bucket() as usize)
    }

    /// Goes on to the next round in which an entity is owed something; `None` if there is none.
    fn advance<J: Queued>(&mut self, pool: &mut Pool<J>) -> Option<()> {
        let mut next = None;
        for (step, wheel) in self.wheels.iter().enumerate() {
            if wheel.occupied != 0 {
                let shift = step as u32 * STEP_SHIFT;
                let current = self.now >> shift;
                // By the invariants, the first bucket that may be occupied is the one after the
                // current one, and the last one has the number of the current one.
                let first = (current + 1) as u32 % BUCKETS;
                let distance = wheel.occupied.rotate_right(first).trailing_zeros();
                let due = (current + 1 + u64::from(distance)) << shift;
                next = Some(next.map_or(due, |next| core::cmp::min(next, due)));
            }
        }
        self.now = next?;
        for (step, wheel) in self.wheels.iter_mut().enumerate().rev() {
            let shift = step as u32 * STEP_SHIFT;
            let bucket = (self.now >> shift) as u32 % BUCKETS;
            // A bucket of this number is due now, or else later within the same turn of the wheel.
            if (self.now >> shift) << shift == self.now && wheel.occupied & (1 << bucket) != 0 {
                wheel.occupied &= !(1 << bucket);
                self.ready
                    .append(pool, wheel.buckets.get_mut(bucket as usize)?);
            }
        }
        Some(())
    }
}
