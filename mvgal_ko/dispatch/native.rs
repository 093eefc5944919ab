// SPDX-License-Identifier: GPL-2.0

//! The native lane: jobs on their way to their member's driver, and what is done when they are back.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

use kernel_ext::clock::monotonic_ns;

use super::{
    release::RELEASE_NS,
    Dispatcher,
    Ready, //
};
use crate::{
    flights::{
        Phase,
        Slot, //
    },
    gate::{
        Gate,
        Passage, //
    },
    job::{
        Job,
        Landing, //
    },
};

/// How long it may take until a member's driver has taken a submission, in ns.
pub(super) const SUBMIT_TIMEOUT_NS: u64 = 10_000_000_000;

/// Most NATIVE jobs that are kept for the next one to drop what they hold.
const MAX_LANDED: u32 = 64;

impl Dispatcher {
    /// Has the NATIVE jobs submitted whose turn it is, each by its client's work item.
    pub(super) fn submit(self: &Arc<Self>, ready: &mut Ready) {
        while let Some((job, passage)) = self.board(ready) {
            let queue = job.queue().clone();
            queue.hand(job, passage);
        }
    }

    /// Submits the NATIVE jobs whose turn it is, those of the current task here.
    pub(super) fn submit_here(self: &Arc<Self>) {
        self.release_here();
        let mut own = None;
        let mut ready = self.ready.lock();
        while let Some((job, passage)) = self.board(&mut ready) {
            let queue = job.queue().clone();
            if !job.is_of_current() {
                queue.hand(job, passage);
            } else if queue.hand_here(job, passage) {
                own = Some(queue);
            }
        }
        drop(ready);
        // What can be boarded meanwhile is added there.
        if let Some(queue) = own {
            queue.submit_here();
        }
    }

    /// Takes out the NATIVE job whose turn it is, and gives it a slot; or one that is only to end.
    /// None while the gate is not open.
    fn board(self: &Arc<Self>, ready: &mut Ready) -> Option<(ListArc<Job>, Passage)> {
        if ready.native.doomed.is_empty() && !ready.takes_off() {
            return None;
        }
        let passage = Gate::enter_or_stop(self)?;
        if let Some(job) = ready.native.doomed.pop_front() {
            return Some((job, passage));
        }
        let job = ready.native.run.pick()?;
        let now_ns = monotonic_ns();
        let deadline_ns = now_ns.saturating_add(job.timeout_ns().min(SUBMIT_TIMEOUT_NS));
        let slot = ready.flights.take_off(job.as_arc(), now_ns, deadline_ns);
        job.board(slot);
        self.look_after_at(deadline_ns);
        Some((job, passage))
    }

    /// The member's driver has taken a job, whose fence is awaited from now on.
    pub(crate) fn submitted(&self, job: &Arc<Job>, slot: Option<Slot>) {
        let Some(slot) = slot else { return };
        let deadline_ns = monotonic_ns().saturating_add(job.timeout_ns());
        self.ready.lock().flights.submitted(slot, job, deadline_ns);
        self.look_after_at(deadline_ns);
    }

    /// The member's driver did not take a job.
    pub(crate) fn vacate(self: &Arc<Self>, job: &Arc<Job>, slot: Option<Slot>) {
        let Some(slot) = slot else { return };
        let mut ready = self.ready.lock();
        let landed = ready.flights.land(slot, job, monotonic_ns());
        self.submit(&mut ready);
        drop(ready);
        drop(landed);
    }

    /// The fence of a job has signalled. May be called with interrupts off.
    pub(crate) fn land(self: &Arc<Self>, landing: Landing, status: Result) {
        let now_ns = monotonic_ns();
        let mut ready = self.ready.lock();
        let job = landing.job();
        let landed = job
            .slot()
            .and_then(|slot| ready.flights.land(slot, job, now_ns));
        let (busy_ns, ended) = match &landed {
            Some(landed) => (
                now_ns.saturating_sub(landed.busy_from_ns),
                landed.phase == Phase::Late,
            ),
            None => (0, true),
        };
        ready.native.run.charge(job, busy_ns);
        if let Some(job) = landing.touch_down(status, now_ns, busy_ns, ended) {
            self.retire_landed(&mut ready, job, now_ns);
        }
        self.note_hung(&ready);
        self.submit(&mut ready);
        drop(ready);
        // Never the last reference: one is where the job is kept until it is released.
        drop(landed);
    }

    /// Keeps a NATIVE job that is over, and holds little, until that is dropped: the next to be
    /// submitted may do it in passing, and a work item sees to it if that takes too long.
    fn retire_landed(self: &Arc<Self>, ready: &mut Ready, job: ListArc<Job>, now_ns: u64) {
        ready.landed.push_back(job);
        ready.landed_count += 1;
        // Once the member is gone, there is no next one, and nothing to look after.
        if ready.landed_count >= MAX_LANDED || self.is_gone() {
            self.release_spent();
        } else {
            self.look_after_at(now_ns + RELEASE_NS);
        }
    }
}
