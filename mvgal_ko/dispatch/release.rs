// SPDX-License-Identifier: GPL-2.0

//! Dropping what jobs held that are over: in a task, and while no member sleeps.

use kernel::{
    sync::Arc,
    workqueue::WorkItem, //
};

use super::{
    Dispatcher,
    RELEASE, //
};
use crate::gate::Gate;

/// How long they are kept, in ns.
pub(super) const RELEASE_NS: u64 = 100_000_000;

impl Dispatcher {
    /// Has what is held by jobs that are over dropped.
    pub(super) fn release_spent(self: &Arc<Self>) {
        let _ = self.sched.queue.enqueue::<_, RELEASE>(self.clone());
    }

    /// Drops what is held by jobs that are over. Only to be called by a task, with no lock held.
    pub(super) fn release_here(self: &Arc<Self>) {
        loop {
            let mut ready = self.ready.lock();
            let Some(job) = ready.spent.pop_front() else {
                if !ready.holds_landed() {
                    return;
                }
                break;
            };
            drop(ready);
            job.release();
        }
        self.release_landed();
    }

    /// Drops what is held by NATIVE jobs that are over, or has that done when the gate opens. Only
    /// to be called by a task, with no lock held.
    pub(super) fn release_landed(self: &Arc<Self>) {
        let Some(_passage) = Gate::enter_or_stop(self) else {
            return;
        };
        loop {
            let mut ready = self.ready.lock();
            if !ready.holds_landed() {
                break;
            }
            let job = ready.landed.pop_front();
            let direct = ready.spare.pop();
            ready.landed_count = 0;
            drop(ready);
            drop(direct);
            if let Some(job) = job {
                job.release();
            }
        }
    }
}

impl WorkItem<RELEASE> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.release_here();
    }
}
