// SPDX-License-Identifier: GPL-2.0

//! The NATIVE jobs that a member has in flight: handed to its driver, and not over.
//!
//! There is a slot for each, and no more slots than jobs may be in flight. A job has until its
//! deadline: the driver to take the submission, and then the fence to come. One whose fence is late
//! keeps its slot, as the member may still be at it, and makes the member count as hung until the
//! fence has come. One that the driver does not even take loses its slot: it is held up by its own
//! client, whose memory the driver waits for, and is no reason to keep others waiting.
//!
//! Nothing here allocates, sleeps or drops a reference: it belongs inside of a lock that may be
//! taken with interrupts off.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::job::Job;

/// Most slots of one member.
pub(crate) const MAX_SLOTS: u32 = 64;

/// How far a job in flight has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The driver has not taken the submission yet.
    Submitting,
    /// The driver has it, and the fence is awaited.
    Submitted,
    /// As before, but the deadline has passed.
    Late,
}

/// A job in flight.
struct Flight {
    job: Arc<Job>,
    phase: Phase,
    started_ns: u64,
    deadline_ns: u64,
}

/// The number of a slot. It is that of the job that got it as long as [`Flights`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u8);

impl Slot {
    /// The slot of that number; `None` if there is none.
    pub(crate) fn new(number: u32) -> Option<Self> {
        u8::try_from(number).ok().map(Self)
    }

    /// Its number.
    pub(crate) fn number(self) -> u32 {
        self.0.into()
    }
}

/// A job that left its slot.
pub(crate) struct Landed {
    /// How far it had come.
    pub(crate) phase: Phase,
    /// When it was dispatched, or when the job before it was over, if that was later: from then on
    /// the member was at it, in ns.
    pub(crate) busy_from_ns: u64,
    /// The reference that the slot held, to be dropped with the lock released.
    pub(crate) job: Arc<Job>,
}

/// The slots of one member.
///
/// # Invariants
///
/// - Bit `n` of `free` is set if and only if there is a slot `n` and it is empty.
/// - `late` is the number of flights in [`Phase::Late`].
pub(crate) struct Flights {
    slots: KVec<Option<Flight>>,
    free: u64,
    late: u32,
    /// When a job was over last, in ns.
    last_landed_ns: u64,
}

impl Flights {
    /// Makes `slots` empty slots, [`MAX_SLOTS`] at most.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(slots: u32) -> Result<Self> {
        let count = slots.clamp(1, MAX_SLOTS);
        let mut slots = KVec::with_capacity(count as usize, GFP_KERNEL)?;
        for _ in 0..count {
            slots.push(None, GFP_KERNEL)?;
        }
        // INVARIANT: All are empty.
        Ok(Self {
            slots,
            free: u64::MAX >> (u64::BITS - count),
            late: 0,
            last_landed_ns: 0,
        })
    }

    /// Whether a job can take off.
    pub(crate) fn has_room(&self) -> bool {
        self.free != 0
    }

    /// Whether the fence of a job is late.
    pub(crate) fn is_hung(&self) -> bool {
        self.late != 0
    }

    /// Gives `job` a slot if there is one. The driver has to take its submission until
    /// `deadline_ns`.
    pub(crate) fn take_off(
        &mut self,
        job: &Arc<Job>,
        now_ns: u64,
        deadline_ns: u64,
    ) -> Option<Slot> {
        if self.free == 0 {
            return None;
        }
        let index = self.free.trailing_zeros();
        *self.slots.get_mut(index as usize)? = Some(Flight {
            job: job.clone(),
            phase: Phase::Submitting,
            started_ns: now_ns,
            deadline_ns,
        });
        // INVARIANT: The slot was empty and is not any more.
        self.free &= self.free - 1;
        Some(Slot(index as u8))
    }

    fn get_mut(&mut self, slot: Slot, job: &Arc<Job>) -> Option<&mut Flight> {
        self.slots
            .get_mut(usize::from(slot.0))?
            .as_mut()
            .filter(|flight| Arc::ptr_eq(&flight.job, job))
    }

    /// The driver has taken the submission of `job`, whose fence has to come until `deadline_ns`.
    ///
    /// Returns whether the job still had its slot.
    pub(crate) fn submitted(&mut self, slot: Slot, job: &Arc<Job>, deadline_ns: u64) -> bool {
        match self.get_mut(slot, job) {
            Some(flight) => {
                flight.phase = Phase::Submitted;
                flight.deadline_ns = deadline_ns;
                true
            }
            None => false,
        }
    }

    /// Empties the slot of `job`, if that is still there.
    pub(crate) fn land(&mut self, slot: Slot, job: &Arc<Job>, now_ns: u64) -> Option<Landed> {
        self.get_mut(slot, job)?;
        self.empty(usize::from(slot.0), now_ns)
    }

    fn empty(&mut self, index: usize, now_ns: u64) -> Option<Landed> {
        let flight = self.slots.get_mut(index)?.take()?;
        // INVARIANT: The slot is empty now.
        self.free |= 1 << index;
        if flight.phase == Phase::Late {
            self.late -= 1;
        }
        let busy_from_ns = flight.started_ns.max(self.last_landed_ns);
        if flight.phase != Phase::Submitting {
            self.last_landed_ns = now_ns;
        }
        Some(Landed {
            phase: flight.phase,
            busy_from_ns,
            job: flight.job,
        })
    }

    /// The earliest deadline of jobs that are not late, in ns.
    pub(crate) fn deadline_ns(&self) -> Option<u64> {
        self.flights()
            .filter(|flight| flight.phase != Phase::Late)
            .map(|flight| flight.deadline_ns)
            .min()
    }

    /// Finds a job whose deadline has passed, and notes that: it is late, or has lost its slot if
    /// the driver has not taken its submission.
    ///
    /// The reference is to be dropped with the lock released.
    pub(crate) fn overdue(&mut self, now_ns: u64) -> Option<(Phase, Arc<Job>)> {
        let index = self.slots.iter().position(|slot| {
            slot.as_ref()
                .is_some_and(|flight| flight.phase != Phase::Late && flight.deadline_ns <= now_ns)
        })?;
        let flight = self.slots.get_mut(index)?.as_mut()?;
        if flight.phase == Phase::Submitted {
            flight.phase = Phase::Late;
            // INVARIANT: This one is late now.
            self.late += 1;
            return Some((Phase::Late, flight.job.clone()));
        }
        let landed = self.empty(index, now_ns)?;
        Some((landed.phase, landed.job))
    }

    /// Empties a slot that is not, whatever it holds.
    pub(crate) fn evict(&mut self, now_ns: u64) -> Option<Landed> {
        let index = self.slots.iter().position(|slot| slot.is_some())?;
        self.empty(index, now_ns)
    }

    /// Number of jobs in flight.
    pub(crate) fn count(&self) -> usize {
        self.flights().count()
    }

    /// The jobs in flight.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.flights().map(|flight| &flight.job)
    }

    fn flights(&self) -> impl Iterator<Item = &Flight> {
        self.slots.iter().flatten()
    }
}
