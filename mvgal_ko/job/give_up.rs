// SPDX-License-Identifier: GPL-2.0

//! Ending jobs that still wait for their in-syncs.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::{
        atomic::{
            Full,
            Relaxed, //
        },
        Arc, //
    },
};

use kernel_ext::sched::cond_resched;

use super::{
    arm_all,
    Job,
    State,
    EXPIRED, //
};
use crate::{
    dispatch::Dispatcher,
    scheduler::Scheduler,
    timeline::Armable, //
};

/// Ends jobs that wait for a point without a fence, if `wanted` and of the client if one is given,
/// with `error`.
pub(crate) fn cancel_waiting(
    sched: &Scheduler,
    error: Error,
    client: Option<u64>,
    wanted: impl Fn(&Job) -> bool,
) {
    let mut from = (client.unwrap_or(0), 0);
    while let Some(job) = sched.timelines.take_waiting(from, client, &wanted) {
        let (client, id) = job.key();
        from = (client, id + 1);
        end_waiting(&job, error);
        cond_resched();
    }
}

/// Ends a job that was taken out of those that wait for a point without a fence.
fn end_waiting(job: &Job, error: Error) {
    let mut armable = Armable::new();
    if let Some(setup) = job.take_setup() {
        job.end_waiting(setup, error, &mut armable);
    }
    arm_all(armable);
}

impl Job {
    /// Ends the job with `ETIME`, if it still waits for its in-syncs.
    pub(crate) fn expire(self: &Arc<Self>) {
        self.give_up(ETIME);
    }

    /// Ends the job with `reason`, if it still waits for its in-syncs.
    pub(crate) fn give_up(self: &Arc<Self>, reason: Error) {
        let timelines = &self.client.sched().timelines;
        if timelines.take(self) {
            return end_waiting(self, reason);
        }
        let mut state = self.state.lock();
        match &mut *state {
            State::Arming(why) => {
                why.get_or_insert(reason);
            }
            State::Armed(_) => {
                drop(state);
                if let Some(job) = self.give_up_armed(reason) {
                    Dispatcher::push(job);
                }
            }
            // On its way to be armed, which may be long if the gate is shut, or to be registered.
            State::Waiting(_) => {
                self.stop(reason);
                drop(state);
                // Who registers it from here on sees that; who did before may not have.
                if timelines.take(self) {
                    end_waiting(self, reason);
                }
            }
            _ => {}
        }
    }

    /// Makes an armed job ready that still waits for its fences, to end with `reason`. Returns it
    /// if it did.
    pub(super) fn give_up_armed(self: &Arc<Self>, reason: Error) -> Option<ListArc<Job>> {
        // Whoever comes first: the last of the fences, or this. Which is done once, as there may be
        // as many reasons as fences.
        let mut unsignalled = self.unsignalled.load(Relaxed);
        while (1..EXPIRED).contains(&unsignalled) {
            let expired = unsignalled + EXPIRED;
            match self.unsignalled.cmpxchg(unsignalled, expired, Full) {
                Ok(_) => {
                    self.stop(reason);
                    return ListArc::try_from_arc(self.clone()).ok();
                }
                Err(now) => unsignalled = now,
            }
        }
        None
    }
}
