// SPDX-License-Identifier: GPL-2.0

//! Jobs, and the way they go:
//!
//! ```text
//! Waiting --arm--> Armed --ready--> run queue --run----------------> Spent
//!    |                                   |                             ^ (resources dropped)
//!    |                                   `--submit--> InFlight --fence-|
//!    `--cancelled------------------------------------------------------'
//! ```
//!
//! - *Waiting*: some in-sync is a point without a fence. No fence of the job is published, so it
//!   may wait for userspace for as long as its client lives.
//! - *Armed*: all in-syncs have fences. In the fenced lane the job's own fence is published now:
//!   from here on it depends on nothing but fences and on a CPU, and nothing may allocate or lock
//!   a `dma_resv` before it has signalled.
//! - When the last of those fences has signalled the job enters the run queue of its member, from
//!   the fence's callback, which may be in an interrupt.
//!
//! Jobs whose buffers need their exporters told of CPU access take the unfenced lane: exporters
//! lock and wait then. Such a job gets its fence when it is over, as one that has signalled.
//!
//! NATIVE jobs take the native lane: the fence is that of the member's driver, which there is once
//! the job was submitted to it. Until its fence has signalled such a job is *InFlight*.
//!
//! Every job ends. One whose in-syncs take too long is taken to its end by [`crate::deadlines`],
//! one whose driver does by its dispatcher.

#![allow(
    unsafe_code,
    reason = "the list macros of the `kernel` crate expand to it"
)]

mod arm;
mod describe;
mod give_up;
mod native;
mod publish;
mod run;
mod setup;

pub(crate) use self::{
    arm::{
        arm_all,
        arm_all_with, //
    },
    give_up::cancel_waiting,
    native::Landing,
    run::Run,
    setup::{
        Publication,
        Setup, //
    }, //
};

use self::native::Flight;

use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        AtomicTracker,
        ListLinks,
        TryNewListArc, //
    },
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Mutex,
        SetOnce, //
    },
};

use kernel_ext::trace;

use crate::{
    client_jobs::ClientJobs,
    client_queue::ClientQueue,
    dispatch::{
        Dispatcher,
        Lane, //
    },
    gate::Passage,
    report::Report,
    run_queue::{
        Level,
        Place,
        Queued, //
    },
    scheduler::Ticket,
    work::Work, //
};

/// Most in-syncs, and most out-syncs, of one job.
pub(crate) const MAX_SYNCS_PER_JOB: u32 = 64;

/// What a job is and does: all that does not change.
pub(crate) struct Task {
    /// Its priority.
    pub(crate) level: Level,
    /// What to do.
    pub(crate) work: Work,
    /// Whether to be ordered by the `dma_resv` of the buffers, too.
    pub(crate) implicit_sync: bool,
    /// Where to tell how it went.
    pub(crate) report: Option<KBox<Report>>,
    /// How long it may wait for its in-syncs, and be in flight, in ns.
    pub(crate) timeout_ns: u64,
    /// When it was submitted, in ns.
    pub(crate) submitted_ns: u64,
    /// Counts the job as armed until its buffers are unmapped. Not in the native lane, where it is
    /// counted on its way to the driver.
    pub(crate) passage: SetOnce<Passage>,
    /// Keeps the module until the job is gone.
    pub(crate) _ticket: Ticket,
}

impl Task {
    /// Whether nothing is allocated and no `dma_resv` locked when the job is armed, so that jobs
    /// whose fences are published may wait meanwhile.
    pub(crate) fn arms_freely(&self) -> bool {
        !self.implicit_sync && self.work.lane() != Lane::Unfenced
    }
}

/// A job.
#[pin_data]
pub(crate) struct Job {
    #[pin]
    links: ListLinks,
    #[pin]
    tracker: AtomicTracker,
    id: u64,
    client: Arc<ClientJobs>,
    queue: Arc<ClientQueue>,
    /// Whether its wait for its in-syncs has an end.
    bounded: bool,
    submitted_ns: u64,
    ready_ns: Atomic<u64>,
    /// Fences that have not signalled, and one more while they are being counted; more than
    /// [`EXPIRED`] once the job waits for them no more.
    unsignalled: Atomic<u32>,
    /// Why the job is not to run, as an errno; 0 if it is.
    stopped: Atomic<i32>,
    /// See [`Job::board`].
    slot: Atomic<u32>,
    #[pin]
    state: Mutex<State>,
    // Last, for the ticket that it holds.
    task: Task,
}

/// Added to [`Job::unsignalled`] when the job is ready although fences have not signalled. There
/// are never so many fences.
const EXPIRED: u32 = 1 << 30;

// What a queued job costs, besides its arrays: this with its reference count, a fence of less than
// 128 bytes, and an attachment of less than 192 to each buffer. Lockdep's maps are left out.
#[cfg(not(CONFIG_LOCKDEP))]
const _: () = assert!(core::mem::size_of::<Job>() + 8 <= 512);

impl_list_arc_safe! {
    impl ListArcSafe<0> for Job {
        tracked_by tracker: AtomicTracker;
    }
}

impl_list_item! {
    impl ListItem<0> for Job {
        using ListLinks { self.links };
    }
}

impl Queued for Job {
    fn place(&self) -> Place {
        self.queue.place()
    }

    fn level(&self) -> Level {
        self.task.level
    }
}

/// How far a job has come. What it holds goes from one state to the next by its box.
enum State {
    Waiting(KBox<Setup>),
    Armed(KBox<Setup>),
    /// Submitted to the member's driver.
    InFlight(KBox<Setup>, Flight),
    /// Over, but for what it held.
    Spent(#[expect(dead_code, reason = "it is kept, to be dropped")] KBox<Setup>),
    /// On the way from waiting to armed. Holds why it is to end instead, once there is a reason.
    Arming(Option<Error>),
    /// On the way from armed to in flight. Holds why it is to be given up, once there is a reason.
    TakingOff(Option<Error>),
    /// In the hands of who runs or ends it; or over, and nothing is held any more.
    Taken,
}

impl Job {
    /// Creates a job that waits for its [`Setup::ins`]. It does nothing until it is registered
    /// with [`crate::timeline::Timelines::register`] and armed.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(
        client: &Arc<ClientJobs>,
        task: Task,
        setup: KBox<Setup>,
    ) -> Result<Arc<Self>> {
        let placed = setup.placed.as_ref().ok_or(EINVAL)?;
        let queue = client.queue(placed.dispatcher(), task.work.lane())?;
        let bounded = setup.deadline_node.is_some();
        Arc::pin_init(
            try_pin_init!(Self {
                links <- ListLinks::new(),
                tracker <- AtomicTracker::new(),
                id: client.sched().next_job(),
                client: client.clone(),
                queue,
                bounded,
                submitted_ns: task.submitted_ns,
                ready_ns: Atomic::new(0),
                unsignalled: Atomic::new(0),
                stopped: Atomic::new(0),
                slot: Atomic::new(0),
                state <- new_mutex!(State::Waiting(setup), "mvgal::Job::state"),
                task,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The number of the client.
    pub(crate) fn client_id(&self) -> u64 {
        self.client.id()
    }

    /// The client's queue that the job goes through.
    pub(crate) fn queue(&self) -> &Arc<ClientQueue> {
        &self.queue
    }

    /// The member's dispatcher.
    pub(crate) fn dispatcher(&self) -> &Arc<Dispatcher> {
        self.queue.dispatcher()
    }

    /// Id of the member it goes to.
    pub(crate) fn member(&self) -> u32 {
        self.dispatcher().member()
    }

    /// Its priority as a number.
    pub(crate) fn priority(&self) -> u32 {
        // CAST: There are few levels.
        self.task.level.index() as u32
    }

    /// Tells the tracepoint that the job was taken from its client.
    pub(crate) fn trace_submit(&self) {
        trace::job_submit(
            self.client_id(),
            self.id,
            self.task.work.kind(),
            self.priority(),
            self.member(),
            self.task.timeout_ns,
        );
    }

    /// Undoes what was done for a job that is not registered after all.
    pub(crate) fn refused(&self, error: Error) {
        self.client.sched().deadlines().remove(self);
        trace::job_cancel(
            self.client_id(),
            self.id,
            self.member(),
            self.priority(),
            error.to_errno(),
        );
    }

    /// The number of the dispatch of the job, which happens now.
    fn dispatch(&self) -> u64 {
        let sequence = self.client.sched().next_sequence();
        self.trace_dispatch(sequence);
        sequence
    }

    /// Tells the tracepoint that the job is dispatched, as the one of that number.
    fn trace_dispatch(&self, sequence: u64) {
        trace::job_dispatch(
            self.client_id(),
            self.id,
            self.member(),
            self.priority(),
            sequence,
        );
    }

    /// The lane it takes.
    pub(crate) fn lane(&self) -> Lane {
        self.queue.lane()
    }

    /// What it does.
    pub(crate) fn work(&self) -> &Work {
        &self.task.work
    }

    /// Whether it is among [`crate::deadlines`], or was.
    pub(crate) fn has_deadline(&self) -> bool {
        self.bounded
    }

    /// How long it may wait for its in-syncs, and be in flight, in ns.
    pub(crate) fn timeout_ns(&self) -> u64 {
        self.task.timeout_ns
    }

    /// When its in-syncs must have signalled, in ns.
    pub(crate) fn deadline_ns(&self) -> u64 {
        self.submitted_ns.saturating_add(self.task.timeout_ns)
    }

    /// Orders jobs by client and age, and tells them apart.
    pub(crate) fn key(&self) -> (u64, u64) {
        (self.client.id(), self.id)
    }

    /// Calls `f` if the job waits for a point without a fence.
    pub(crate) fn with_setup<R>(&self, f: impl FnOnce(&mut Setup) -> R) -> Option<R> {
        match &mut *self.state.lock() {
            State::Waiting(setup) => Some(f(setup)),
            _ => None,
        }
    }

    fn take_setup(&self) -> Option<KBox<Setup>> {
        let mut state = self.state.lock();
        match core::mem::replace(&mut *state, State::Arming(None)) {
            State::Waiting(setup) => Some(setup),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Takes what an armed job has, and leaves `then`.
    fn take_armed(&self, then: State) -> Option<KBox<Setup>> {
        let mut state = self.state.lock();
        match core::mem::replace(&mut *state, then) {
            State::Armed(setup) => Some(setup),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Ends a transition. Returns why the job is to end, if a reason came up meanwhile.
    fn arrive(&self, state: State) -> Option<Error> {
        match core::mem::replace(&mut *self.state.lock(), state) {
            State::Arming(reason) | State::TakingOff(reason) => reason,
            _ => None,
        }
    }

    /// Sees to it that the job does not run, if it has not started yet. The first reason counts.
    fn stop(&self, reason: Error) {
        let _ = self.stopped.cmpxchg(0, reason.to_errno(), Full);
    }

    /// Whether there is a reason for it not to run, whatever becomes of its member and client.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed) != 0
    }

    /// Why the job must not run, if so.
    fn check(&self) -> Result {
        let stopped = self.stopped.load(Relaxed);
        if stopped != 0 {
            return Err(Error::from_errno(stopped));
        }
        if self.client.is_closed() {
            Err(ECANCELED)
        } else if self.is_orphan() {
            Err(ENODEV)
        } else if self.lane() == Lane::Native && self.dispatcher().is_hung() {
            Err(EIO)
        } else {
            Ok(())
        }
    }

    /// Whether the member of the job is gone, or mvgal itself.
    pub(crate) fn is_orphan(&self) -> bool {
        self.dispatcher().is_gone() || self.client.sched().is_closing()
    }

    /// Unmaps the buffers of a job that waits, until it is armed. Sleeps.
    ///
    /// Only to be called when it cannot be armed before this returns.
    pub(crate) fn park(&self) {
        if self.with_setup(|setup| setup.parked = true).is_some() {
            self.task.work.park();
        }
    }

    /// Whether the job will not run: it goes ahead of those that will, to its end.
    pub(crate) fn is_doomed(&self) -> bool {
        self.check().is_err()
    }
}
