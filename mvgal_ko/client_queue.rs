// SPDX-License-Identifier: GPL-2.0

//! Where a client stands at a member: its place in the run queue of one lane, the member time it
//! has used there, and the work item that submits its NATIVE jobs.
//!
//! A submission reads the client's memory, which may be made to take as long as the client likes.
//! So each client has a work item of its own for it, and keeps nobody else's jobs waiting.

#![allow(
    unsafe_code,
    reason = "the work macros of the `kernel` crate expand to it"
)]

use kernel::{
    impl_has_work,
    list::{
        List,
        ListArc, //
    },
    new_spinlock_irq, new_work,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        SpinLockIrq, //
    },
    workqueue::{
        Work,
        WorkItem, //
    },
};

use crate::{
    dispatch::{
        Dispatcher,
        Lane, //
    },
    job::Job,
    run_queue::Place, //
};

/// The queue of one client in one lane of a member.
#[pin_data]
pub(crate) struct ClientQueue {
    dispatcher: Arc<Dispatcher>,
    lane: Lane,
    place: Place,
    busy_ns: Atomic<u64>,
    #[pin]
    handed: SpinLockIrq<List<Job>>,
    #[pin]
    submit: Work<ClientQueue>,
}

impl_has_work! {
    impl HasWork<Self> for ClientQueue { self.submit }
}

impl ClientQueue {
    /// Joins the run queue of a lane of a member.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(dispatcher: &Arc<Dispatcher>, lane: Lane) -> Result<Arc<Self>> {
        let place = dispatcher.join(lane)?;
        Arc::pin_init(
            pin_init!(Self {
                dispatcher: dispatcher.clone(),
                lane,
                place,
                busy_ns: Atomic::new(0),
                handed <- new_spinlock_irq!(List::new(), "mvgal::ClientQueue::handed"),
                submit <- new_work!("mvgal::ClientQueue::submit"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
        .inspect_err(|_| dispatcher.leave(lane, place))
    }

    /// What runs the member's jobs.
    pub(crate) fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// The lane.
    pub(crate) fn lane(&self) -> Lane {
        self.lane
    }

    /// The client's place in the run queue.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Leaves the run queue. The ready jobs of the client, and those that get ready later, do not
    /// run.
    pub(crate) fn leave(&self) {
        self.dispatcher.leave(self.lane, self.place);
    }

    /// Member time that the client's jobs have used here, in ns.
    pub(crate) fn busy_ns(&self) -> u64 {
        self.busy_ns.load(Relaxed)
    }

    /// Counts member time that a job has used.
    pub(crate) fn add_busy_ns(&self, ns: u64) {
        self.busy_ns.fetch_add(ns, Relaxed);
    }

    /// Has a job of this queue submitted, or ended if it must not be. May be called with interrupts
    /// off.
    pub(crate) fn hand(self: &Arc<Self>, job: ListArc<Job>) {
        let mut handed = self.handed.lock();
        handed.push_back(job);
        // With the lock held, so that it cannot be over before: once there are no jobs any more
        // nothing may be queued, so that the module can go. One that is queued already will see it.
        let _ = self.dispatcher.sched().queue.enqueue(self.clone());
    }
}

impl WorkItem for ClientQueue {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        loop {
            let job = this.handed.lock().pop_front();
            match job {
                Some(job) => job.into_arc().submit_elsewhere(),
                None => break,
            }
        }
    }
}
