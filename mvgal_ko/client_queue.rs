// SPDX-License-Identifier: GPL-2.0

//! Where a client stands at a member: its place in the run queue of one lane, the member time it
//! has used there, and the work item that submits its NATIVE jobs.
//!
//! A submission reads the client's memory, which may be made to take as long as the client likes.
//! So each client has a work item of its own for it, and keeps nobody else's jobs waiting. One task
//! at a time submits the jobs of a queue, the work item or one of the client's, so that they go to
//! the driver in the order in which they were picked. Whoever does that has passed the gate
//! ([`crate::gate`]) until there are no more.

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
    gate::Passage,
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
    handed: SpinLockIrq<Handed>,
    #[pin]
    submit: Work<ClientQueue>,
}

/// NATIVE jobs that were picked, and are to be submitted.
struct Handed {
    jobs: List<Job>,
    /// There while somebody submits them, or a work item is queued that will.
    running: Option<Passage>,
}

impl Handed {
    /// Notes that somebody is going to submit the jobs. Returns whether nobody was; else it gives
    /// the passage back.
    fn run(&mut self, passage: Passage) -> Result<(), Passage> {
        if self.running.is_some() {
            return Err(passage);
        }
        self.running = Some(passage);
        Ok(())
    }
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
                handed <- new_spinlock_irq!(
                    Handed { jobs: List::new(), running: None },
                    "mvgal::ClientQueue::handed"
                ),
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
    pub(crate) fn hand(self: &Arc<Self>, job: ListArc<Job>, passage: Passage) {
        let mut handed = self.handed.lock();
        handed.jobs.push_back(job);
        match handed.run(passage) {
            Ok(()) => self.enqueue(),
            Err(passage) => {
                drop(handed);
                drop(passage);
            }
        }
    }

    /// Adds a job that the current task can submit. Returns whether it has to, by
    /// [`ClientQueue::submit_here`]; otherwise somebody is at it.
    pub(crate) fn hand_here(&self, job: ListArc<Job>, passage: Passage) -> bool {
        let mut handed = self.handed.lock();
        handed.jobs.push_back(job);
        let begun = handed.run(passage);
        drop(handed);
        begun.is_ok()
    }

    /// Begins to submit jobs past those that were picked, of which there are none. Returns whether
    /// it can be done; [`ClientQueue::submit_here`] ends it.
    pub(crate) fn begin(&self, passage: &Passage) -> bool {
        let begun = self.handed.lock().run(passage.again());
        begun.is_ok()
    }

    /// Submits the jobs that the current task can, and has the others submitted.
    pub(crate) fn submit_here(self: &Arc<Self>) {
        while let Some(job) = self.next() {
            let job = if job.is_of_current() {
                job.into_arc().submit_here()
            } else {
                Some(job)
            };
            if let Some(job) = job {
                let mut handed = self.handed.lock();
                handed.jobs.push_front(job);
                return self.enqueue();
            }
        }
    }

    fn next(&self) -> Option<ListArc<Job>> {
        let mut handed = self.handed.lock();
        let job = handed.jobs.pop_front();
        let over = match job {
            Some(_) => None,
            None => handed.running.take(),
        };
        drop(handed);
        drop(over);
        job
    }

    /// Only with the lock of [`ClientQueue::handed`] held and jobs there, so that they cannot be
    /// over before: once there are no jobs any more nothing may be queued, so that the module can
    /// go.
    fn enqueue(self: &Arc<Self>) {
        let _ = self.dispatcher.sched().queue.enqueue(self.clone());
    }
}

impl WorkItem for ClientQueue {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        while let Some(job) = this.next() {
            job.into_arc().submit_elsewhere();
        }
    }
}
