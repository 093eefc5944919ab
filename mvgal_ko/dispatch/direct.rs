// SPDX-License-Identifier: GPL-2.0

//! The dispatcher's part in direct dispatch ([`crate::direct`]): the slots of jobs that do not go
//! through the run queue.

use kernel::{
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc, //
    },
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::FenceWait, //
};

use super::{
    native::SUBMIT_TIMEOUT_NS,
    release::RELEASE_NS,
    Dispatcher,
    Ready, //
};
use crate::{
    direct::{
        Direct,
        Landing,
        Origin,
        Prepared,
        Summary, //
    },
    flights::{
        Landed,
        Phase,
        Rider,
        Slot,
        MAX_SLOTS, //
    },
};

impl Ready {
    /// Whether `count` jobs could go to the driver directly: there are slots for them, and no other
    /// job's turn would be before.
    fn takes_direct(&self, count: usize) -> bool {
        let kept = self.spare.len() + self.directs as usize;
        self.native.run.is_empty()
            && self.native.doomed.is_empty()
            && !self.flights.is_hung()
            && self.flights.room() as usize >= count
            && kept + count <= self.spare.capacity()
    }
}

impl Dispatcher {
    /// The NATIVE jobs in flight that went to the driver directly.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn flying_directs(&self) -> Result<KVec<Summary>> {
        let mut jobs = KVec::with_capacity(MAX_SLOTS as usize, GFP_KERNEL)?;
        for (rider, started_ns) in self.ready.lock().flights.riders() {
            if let Rider::Direct(direct) = rider {
                // There is room for as many as there are slots.
                drop(jobs.push_within_capacity(direct.summary(started_ns)));
            }
        }
        Ok(jobs)
    }

    /// Whether so many jobs could go to the driver directly now.
    pub(crate) fn takes_direct(&self, count: usize) -> bool {
        !self.is_gone() && !self.sched.is_closing() && self.ready.lock().takes_direct(count)
    }

    /// Gives slots to jobs that are going to the driver directly, and what they need there. Returns
    /// whether it could be done.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the client has too many jobs, `ENOMEM`.
    pub(crate) fn take_off_direct(
        &self,
        origin: &Origin<'_>,
        batch: &mut [Prepared],
    ) -> Result<bool> {
        // CAST: There are few slots.
        let count = batch.len() as u32;
        origin.client.enter(origin.level, count)?;
        let taken_off = self.seat_direct(origin, batch);
        if !matches!(taken_off, Ok(true)) {
            origin.client.leave(origin.level, count);
        }
        taken_off
    }

    fn seat_direct(&self, origin: &Origin<'_>, batch: &mut [Prepared]) -> Result<bool> {
        loop {
            let mut ready = self.ready.lock();
            if self.is_gone() || self.sched.is_closing() || !ready.takes_direct(batch.len()) {
                return Ok(false);
            }
            let mut lacking = 0;
            for job in batch.iter_mut().filter(|job| job.lacks_wait()) {
                if let Some(spare) = ready.spare.pop() {
                    job.reuse(spare);
                }
                // One that has landed before its slot got it has none, either.
                lacking += usize::from(job.lacks_wait());
            }
            if lacking == 0 {
                self.seat_all(&mut ready, origin, batch);
                return Ok(true);
            }
            drop(ready);
            for job in batch.iter_mut().filter(|job| job.lacks_wait()) {
                job.give_wait(FenceWait::new(GFP_KERNEL_ACCOUNT)?);
            }
        }
    }

    /// Seats jobs for which there is room.
    fn seat_all(&self, ready: &mut Ready, origin: &Origin<'_>, batch: &mut [Prepared]) {
        let now_ns = monotonic_ns();
        for job in batch.iter_mut() {
            let deadline_ns = now_ns.saturating_add(job.timeout_ns().min(SUBMIT_TIMEOUT_NS));
            let Some(direct) = job.direct(origin) else {
                continue;
            };
            let slot = ready.flights.take_off_direct(direct, now_ns, deadline_ns);
            job.board(slot);
            ready.directs += 1;
            self.load.running.fetch_add(1, Relaxed);
            self.look_after_at(deadline_ns);
        }
    }

    /// Whether a job that is next to go to the driver may. If it has its slot and may not, it ends.
    pub(crate) fn still_flies_direct(self: &Arc<Self>, slot: Slot, id: u64) -> bool {
        let error = if self.is_gone() || self.sched.is_closing() {
            ENODEV
        } else if self.is_hung() {
            EIO
        } else {
            return self.ready.lock().flights.has_direct(slot, id);
        };
        self.land_direct(slot, id, Err(error), false);
        false
    }

    /// The member's driver has taken a job that went to it directly, whose fence has to come within
    /// `timeout_ns`. Its slot keeps `wait`, which
    /// comes back if the job has none any more.
    pub(crate) fn submitted_direct(
        &self,
        slot: Slot,
        id: u64,
        timeout_ns: u64,
        wait: FenceWait<Landing>,
    ) -> Option<FenceWait<Landing>> {
        let deadline_ns = monotonic_ns().saturating_add(timeout_ns);
        let mut ready = self.ready.lock();
        let Some(direct) = ready.flights.submitted_direct(slot, id, deadline_ns) else {
            return Some(wait);
        };
        direct.wait = Some(wait);
        drop(ready);
        self.look_after_at(deadline_ns);
        None
    }

    /// A job that went to the driver directly is over: its fence has signalled, or the driver did
    /// not take it. May be called with interrupts off.
    pub(crate) fn land_direct(
        self: &Arc<Self>,
        slot: Slot,
        id: u64,
        status: Result,
        submitted: bool,
    ) {
        let now_ns = monotonic_ns();
        let mut ready = self.ready.lock();
        let landed = ready.flights.land_direct(slot, id, submitted, now_ns);
        let Some(landed) = landed else { return };
        let busy_ns = if submitted {
            now_ns.saturating_sub(landed.busy_from_ns)
        } else {
            0
        };
        let Rider::Direct(direct) = landed.rider else {
            return;
        };
        let (place, level) = (direct.queue().place(), direct.level());
        ready.native.run.charge_unpicked(place, level, busy_ns);
        if landed.phase != Phase::Late {
            direct.tell(landed.busy_from_ns, now_ns, status);
        }
        self.count_direct(&direct, busy_ns);
        ready.directs -= 1;
        // There is room: for each one in flight there is a place.
        let _ = ready.spare.push_within_capacity(direct);
        if self.is_gone() {
            self.release_spent();
        } else {
            self.look_after_at(now_ns + RELEASE_NS);
        }
        self.note_hung(&ready);
        self.submit(&mut ready);
    }

    /// Ends a job that was going to the driver directly, and is not after all, as if it had never
    /// been. Returns whether it was not over yet.
    pub(crate) fn abort_direct(self: &Arc<Self>, slot: Slot, id: u64) -> bool {
        let mut ready = self.ready.lock();
        let landed = ready.flights.land_direct(slot, id, false, monotonic_ns());
        if let Some(Landed {
            rider: Rider::Direct(direct),
            ..
        }) = &landed
        {
            ready.directs -= 1;
            self.load.running.fetch_sub(1, Relaxed);
            direct.uncount();
        }
        self.submit(&mut ready);
        drop(ready);
        landed.is_some()
    }

    /// Ends a job that went to the driver directly, and was taken out of its slot, with `error`.
    pub(super) fn give_up_direct(&self, direct: Direct, phase: Phase, error: Error) {
        self.ready.lock().directs -= 1;
        if phase != Phase::Late {
            let now_ns = monotonic_ns();
            direct.tell(now_ns, now_ns, Err(error));
        }
        self.count_direct(&direct, 0);
    }

    fn count_direct(&self, direct: &Direct, busy_ns: u64) {
        self.load.running.fetch_sub(1, Relaxed);
        self.load.done.fetch_add(1, Relaxed);
        self.load.busy_ns.fetch_add(busy_ns, Relaxed);
        direct.count(busy_ns);
    }
}
