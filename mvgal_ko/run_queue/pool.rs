// SPDX-License-Identifier: GPL-2.0

//! The clients of a run queue: one seat each, with an entity for every level.
//!
//! Seats are reached by index, and the rings that entities stand in are linked by index, too. So
//! nothing here holds a reference that would have to be dropped under the lock of the queue, and a
//! job that outlives its client's seat finds out by the seat's epoch.

use super::{
    fair::Stand,
    Level,
    Queued,
    LEVELS, //
};
use kernel::{
    list::List,
    prelude::*,
    sync::ArcBorrow, //
};

/// Index of no entity.
const NIL: u32 = u32::MAX;

/// Where a client stands in one run queue.
///
/// It is valid from [`RunQueue::join`](super::RunQueue::join) to
/// [`RunQueue::leave`](super::RunQueue::leave); after that it is recognised as stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    slot: u32,
    epoch: u32,
}

/// Index of an entity in the [`Pool`]: the slot of the client and the level.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct EntityId(u32);

impl EntityId {
    fn slot(self) -> usize {
        self.0 as usize / LEVELS
    }

    fn index(self) -> usize {
        self.0 as usize % LEVELS
    }
}

/// The jobs of one client at one level of one member, first in, first out.
pub(super) struct Entity<J: Queued> {
    /// The jobs.
    pub(super) jobs: List<J>,
    /// Number of [`Entity::jobs`].
    pub(super) len: u32,
    /// Where the entity stands in the level's [`Fair`](super::fair::Fair) queue, if it does.
    pub(super) stand: Option<Stand>,
    /// Virtual time, in ns, up to which the client has had its share of the level.
    pub(super) served_to: u64,
    next: u32,
    prev: u32,
}

impl<J: Queued> Entity<J> {
    const fn new() -> Self {
        Self {
            jobs: List::new(),
            len: 0,
            stand: None,
            served_to: 0,
            next: NIL,
            prev: NIL,
        }
    }
}

/// The entities of one client.
pub(crate) struct Seat<J: Queued> {
    entities: [Entity<J>; LEVELS],
}

struct Slot<J: Queued> {
    epoch: u32,
    next_free: u32,
    seat: Option<KBox<Seat<J>>>,
}

/// Memory for one more client, allocated before the lock of the queue is taken.
///
/// Must be dropped after that lock was released: it may hold what the queue has outgrown.
pub(crate) struct Reserve<J: Queued> {
    seat: Option<KBox<Seat<J>>>,
    slots: KVVec<Slot<J>>,
}

impl<J: Queued> Reserve<J> {
    /// Allocates a seat, and a table for `slots` clients unless that is 0.
    ///
    /// `slots` is what [`RunQueue::wanted`](super::RunQueue::wanted) returned. Fails with `ENOMEM`.
    pub(crate) fn new(slots: usize) -> Result<Self> {
        Ok(Self {
            seat: Some(KBox::new(
                Seat {
                    entities: [const { Entity::new() }; LEVELS],
                },
                GFP_KERNEL,
            )?),
            slots: KVVec::with_capacity(slots, GFP_KERNEL)?,
        })
    }
}

/// The seats of all clients of one run queue.
pub(super) struct Pool<J: Queued> {
    slots: KVVec<Slot<J>>,
    free: u32,
}

impl<J: Queued> Pool<J> {
    /// Creates a pool without clients; does not allocate.
    pub(super) const fn new() -> Self {
        Self {
            slots: KVVec::new(),
            free: NIL,
        }
    }

    /// Returns the capacity a new table must have before another client can join, or 0 if the
    /// present one will do.
    pub(super) fn wanted(&self) -> usize {
        if self.free != NIL || self.slots.len() < self.slots.capacity() {
            0
        } else {
            core::cmp::max(8, self.slots.len().saturating_mul(2))
        }
    }

    /// Seats a client; `None` if `reserve` holds no seat or not the room that is wanted by now.
    pub(super) fn join(&mut self, reserve: &mut Reserve<J>) -> Option<Place> {
        if self.free == NIL && self.slots.len() == self.slots.capacity() {
            if reserve.slots.capacity() <= self.slots.len() {
                return None;
            }
            // The room is there, so this moves the slots and allocates nothing.
            for slot in self.slots.drain_all() {
                reserve.slots.push_within_capacity(slot).ok()?;
            }
            core::mem::swap(&mut self.slots, &mut reserve.slots);
        }
        if let Some(slot) = self.slots.get_mut(self.free as usize) {
            let place = Place {
                slot: self.free,
                epoch: slot.epoch,
            };
            slot.seat = Some(reserve.seat.take()?);
            self.free = slot.next_free;
            return Some(place);
        }
        let place = Place {
            // The last index would be that of `NIL`'s slot.
            slot: u32::try_from(self.slots.len())
                .ok()
                .filter(|&slot| slot < NIL / LEVELS as u32)?,
            epoch: 0,
        };
        let slot = Slot {
            epoch: 0,
            next_free: NIL,
            seat: Some(reserve.seat.take()?),
        };
        self.slots.push_within_capacity(slot).ok()?;
        Some(place)
    }

    /// Takes a client's seat away and makes its slot available again.
    pub(super) fn leave(&mut self, place: Place) -> Option<KBox<Seat<J>>> {
        let slot = self.slots.get_mut(place.slot as usize)?;
        if slot.epoch != place.epoch {
            return None;
        }
        let seat = slot.seat.take()?;
        slot.epoch = slot.epoch.wrapping_add(1);
        slot.next_free = self.free;
        self.free = place.slot;
        Some(seat)
    }

    /// Returns the index of a client's entity at `level`, or `None` if the client has left.
    pub(super) fn id(&self, place: Place, level: Level) -> Option<EntityId> {
        let slot = self.slots.get(place.slot as usize)?;
        if slot.epoch != place.epoch || slot.seat.is_none() {
            return None;
        }
        Some(EntityId(place.slot * LEVELS as u32 + level.index() as u32))
    }

    /// Returns the jobs, in no order.
    pub(super) fn jobs(&self) -> impl Iterator<Item = ArcBorrow<'_, J>> {
        self.slots
            .iter()
            .filter_map(|slot| slot.seat.as_ref())
            .flat_map(|seat| seat.entities.iter())
            .flat_map(|entity| entity.jobs.iter())
    }

    /// Returns an entity.
    pub(super) fn get(&mut self, id: EntityId) -> Option<&mut Entity<J>> {
        let seat = self.slots.get_mut(id.slot())?.seat.as_mut()?;
        seat.entities.get_mut(id.index())
    }
}

/// A ring of entities, all of one level; each entity stands in one ring at most.
#[derive(Clone, Copy)]
pub(super) struct Ring {
    head: u32,
}

impl Ring {
    /// An empty ring.
    pub(super) const EMPTY: Ring = Ring { head: NIL };

    /// Returns the first entity.
    pub(super) fn head(&self) -> Option<EntityId> {
        (self.head != NIL).then_some(EntityId(self.head))
    }

    fn link<J: Queued>(pool: &mut Pool<J>, prev: u32, next: u32) -> Option<()> {
        pool.get(EntityId(prev))?.next = next;
        pool.get(EntityId(next))?.prev = prev;
        Some(())
    }

    /// Adds an entity that stands in no ring at the tail.
    pub(super) fn push<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId) -> Option<()> {
        if self.head == NIL {
            self.head = id.0;
            return Self::link(pool, id.0, id.0);
        }
        let tail = pool.get(EntityId(self.head))?.prev;
        Self::link(pool, tail, id.0)?;
        Self::link(pool, id.0, self.head)
    }

    /// Adds all entities of `other` at the tail and leaves that empty.
    pub(super) fn append<J: Queued>(&mut self, pool: &mut Pool<J>, other: &mut Ring) -> Option<()> {
        let first = core::mem::replace(&mut other.head, NIL);
        if first == NIL {
            return Some(());
        }
        if self.head == NIL {
            self.head = first;
            return Some(());
        }
        let tail = pool.get(EntityId(self.head))?.prev;
        let last = pool.get(EntityId(first))?.prev;
        Self::link(pool, tail, first)?;
        Self::link(pool, last, self.head)
    }

    /// Takes out an entity that stands in this ring.
    pub(super) fn remove<J: Queued>(&mut self, pool: &mut Pool<J>, id: EntityId) -> Option<()> {
        let entity = pool.get(id)?;
        let (prev, next) = (entity.prev, entity.next);
        if next == id.0 {
            self.head = NIL;
            return Some(());
        }
        if self.head == id.0 {
            self.head = next;
        }
        Self::link(pool, prev, next)
    }
}
