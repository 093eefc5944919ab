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

use crate::{
    direct::Direct,
    job::Job, //
};

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

/// Who is in a slot.
pub(crate) enum Rider {
    /// A job that came through the run queue.
    Job(Arc<Job>),
    /// One that went to the driver directly.
    Direct(Direct),
}

impl Rider {
    fn is(&self, job: &Arc<Job>) -> bool {
        matches!(self, Rider::Job(rider) if Arc::ptr_eq(rider, job))
    }

    fn is_direct(&self, id: u64) -> bool {
        matches!(self, Rider::Direct(rider) if rider.id() == id)
    }
}

/// A job in flight.
struct Flight {
    rider: Rider,
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
    /// What the slot held, to be dropped with the lock released.
    pub(crate) rider: Rider,
}

/// What a job was found at whose deadline has passed.
pub(crate) enum Overdue {
    /// Its fence is late, and it keeps its slot. The reference is to be dropped with the lock
    /// released.
    Late(Arc<Job>),
    /// The same of one that went to the driver directly, with its time-out in ns.
    LateDirect(u64),
    /// The driver has not taken its submission, and it has lost its slot.
    Lost(Landed),
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
        self.seat(Rider::Job(job.clone()), now_ns, deadline_ns)
    }

    /// How many more jobs can take off.
    pub(crate) fn room(&self) -> u32 {
        self.free.count_ones()
    }

    /// Gives a job a slot that goes to the driver directly. Nothing is left of it if there is none,
    /// which [`Flights::room`] tells.
    pub(crate) fn take_off_direct(
        &mut self,
        direct: Direct,
        now_ns: u64,
        deadline_ns: u64,
    ) -> Option<Slot> {
        self.seat(Rider::Direct(direct), now_ns, deadline_ns)
    }

    fn seat(&mut self, rider: Rider, now_ns: u64, deadline_ns: u64) -> Option<Slot> {
        let index = self.free.trailing_zeros();
        *self.slots.get_mut(index as usize)? = Some(Flight {
            rider,
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
            .filter(|flight| flight.rider.is(job))
    }

    /// The flight of a job that went to the driver directly, if that still has its slot.
    fn direct_mut(&mut self, slot: Slot, id: u64) -> Option<&mut Flight> {
        self.slots
            .get_mut(usize::from(slot.0))?
            .as_mut()
            .filter(|flight| flight.rider.is_direct(id))
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

    /// Whether a job that goes to the driver directly has its slot.
    pub(crate) fn has_direct(&mut self, slot: Slot, id: u64) -> bool {
        self.direct_mut(slot, id).is_some()
    }

    /// The driver has taken the submission of a job that went to it directly, whose fence has to
    /// come until `deadline_ns`. Returns the job, if it still has its slot.
    pub(crate) fn submitted_direct(
        &mut self,
        slot: Slot,
        id: u64,
        deadline_ns: u64,
    ) -> Option<&mut Direct> {
        let flight = self.direct_mut(slot, id)?;
        flight.phase = Phase::Submitted;
        flight.deadline_ns = deadline_ns;
        match &mut flight.rider {
            Rider::Direct(direct) => Some(direct),
            Rider::Job(_) => None,
        }
    }

    /// Empties the slot of a job that went to the driver directly, if that is still there.
    /// `submitted` says whether the driver had it.
    pub(crate) fn land_direct(
        &mut self,
        slot: Slot,
        id: u64,
        submitted: bool,
        now_ns: u64,
    ) -> Option<Landed> {
        let flight = self.direct_mut(slot, id)?;
        // Its fence may be faster than the note that the driver has it.
        if submitted && flight.phase == Phase::Submitting {
            flight.phase = Phase::Submitted;
        }
        self.empty(usize::from(slot.0), now_ns)
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
            rider: flight.rider,
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
    pub(crate) fn overdue(&mut self, now_ns: u64) -> Option<Overdue> {
        let index = self.slots.iter().position(|slot| {
            slot.as_ref()
                .is_some_and(|flight| flight.phase != Phase::Late && flight.deadline_ns <= now_ns)
        })?;
        let flight = self.slots.get_mut(index)?.as_mut()?;
        if flight.phase == Phase::Submitting {
            return self.empty(index, now_ns).map(Overdue::Lost);
        }
        flight.phase = Phase::Late;
        // INVARIANT: This one is late now.
        self.late += 1;
        Some(match &flight.rider {
            Rider::Job(job) => Overdue::Late(job.clone()),
            Rider::Direct(direct) => {
                direct.tell(flight.started_ns, now_ns, Err(ETIME));
                Overdue::LateDirect(direct.timeout_ns())
            }
        })
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

    /// Those in flight, and when they were dispatched, in ns.
    pub(crate) fn riders(&self) -> impl Iterator<Item = (&Rider, u64)> {
        self.flights()
            .map(|flight| (&flight.rider, flight.started_ns))
    }

    fn flights(&self) -> impl Iterator<Item = &Flight> {
        self.slots.iter().flatten()
    }
}
