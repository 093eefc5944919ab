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
//! Every job ends. One whose in-syncs take too long is taken to its end by [`crate::deadlines`], one
//! whose driver does by its dispatcher.

#![allow(
    unsafe_code,
    reason = "the list macros of the `kernel` crate expand to it"
)]

mod describe;
mod native;
mod publish;
mod run;

pub(crate) use self::{
    native::Landing,
    run::Run, //
};

use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        AtomicTracker,
        ListArc,
        ListLinks,
        TryNewListArc, //
    },
    new_mutex,
    prelude::*,
    rbtree::RBTreeNodeReservation,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        DriverFence,
        Fence,
        FenceAlloc,
        FenceCallback,
        FenceWait, //
    },
    trace, //
};

use crate::{
    client_jobs::{
        ClientJobs,
        JobSlot, //
    },
    client_queue::ClientQueue,
    deadlines::DeadlineNode,
    dispatch::{
        Dispatcher,
        Lane,
        Placed, //
    },
    plug::Plug,
    report::Report,
    run_queue::{
        Level,
        Place,
        Queued, //
    },
    scheduler::{
        Scheduler,
        Ticket, //
    },
    timeline::{
        Armable,
        InPoint,
        OutPoint, //
    },
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

/// What a job brings along, and has up to its end.
pub(crate) struct Setup {
    /// What tells of the end of a NATIVE job. The callbacks of this and of the next are dropped
    /// first, see [`Dependency`].
    pub(crate) landing: Option<FenceWait<Landing>>,
    /// One for each in-sync.
    pub(crate) waits: KVec<FenceWait<Dependency>>,
    /// In-syncs, in the order given.
    pub(crate) ins: KVec<InPoint>,
    /// Out-syncs, in the order given.
    pub(crate) outs: KVec<OutPoint>,
    /// In-syncs that have no fence.
    pub(crate) unresolved: usize,
    /// The job's place among those that wait for a point without a fence.
    pub(crate) waiting_node: Option<RBTreeNodeReservation<(u64, u64), Arc<Job>>>,
    /// The job's place among those whose wait has an end, if it waits for anything.
    pub(crate) deadline_node: Option<DeadlineNode>,
    /// How the job's completion gets known.
    pub(crate) publication: Publication,
    /// Counts the job among its member's.
    pub(crate) placed: Option<Placed>,
    /// Counts the job among its client's.
    pub(crate) slot: Option<JobSlot>,
}

/// How a job's completion gets known.
pub(crate) enum Publication {
    /// Not at all: nobody can wait for it.
    None,
    /// By a fence of our own that nobody has yet.
    Later(FenceAlloc),
    /// By a fence of our own that others have.
    Published(DriverFence),
}

/// A job that the member's driver has.
struct Flight {
    /// The driver's.
    fence: ARef<Fence>,
    started_ns: u64,
    sequence: u64,
    /// Whether the job was ended without it.
    given_up: bool,
}

/// A fence that a job waits for.
///
/// The reference to the job is never the last: the job holds the [`FenceWait`] of this until it is
/// over, and dropping that waits for a callback that is under way.
pub(crate) struct Dependency {
    job: Arc<Job>,
    /// Whether an error of the fence cancels the job.
    explicit: bool,
}

impl FenceCallback for Dependency {
    fn signaled(self, status: Result) {
        if self.explicit && status.is_err() {
            self.job.stop(ECANCELED);
        }
        if let Some(job) = self.job.count_down() {
            Dispatcher::push(job);
        }
    }
}

/// Arms jobs, and those that become armable by that, until there are none, and lets those go that
/// are ready.
pub(crate) fn arm_all(mut armable: Armable) {
    let mut plug = Plug::new();
    while let Some(job) = armable.next() {
        Job::arm(job.into_arc(), &mut armable, &mut plug);
        kernel_ext::sched::cond_resched();
    }
    plug.pull();
}

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
        trace::job_dispatch(
            self.client_id(),
            self.id,
            self.member(),
            self.priority(),
            sequence,
        );
        sequence
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

    /// Notes the fence of an in-sync. Returns whether it was the last that was missing.
    pub(crate) fn resolve(&self, index: usize, fence: ARef<Fence>) -> bool {
        self.with_setup(|setup| {
            if let Some(point) = setup.ins.get_mut(index) {
                point.resolve(fence);
            }
            setup.unresolved -= 1;
            setup.unresolved == 0
        })
        .unwrap_or(false)
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

    /// Whether the job will not run: it goes ahead of those that will, to its end.
    pub(crate) fn is_doomed(&self) -> bool {
        self.check().is_err()
    }

    /// Publishes the fence of a job in the fenced lane, and waits for the job's fences.
    ///
    /// Jobs that can be armed now that the fence is published are pushed to `armable`; the job
    /// itself to `plug`, if it is ready.
    fn arm(self: Arc<Self>, armable: &mut Armable, plug: &mut Plug) {
        let Some(mut setup) = self.take_setup() else {
            return;
        };
        if let Err(err) = self.check() {
            plug.pull();
            return self.end_waiting(setup, err, armable);
        }
        if !self.task.arms_freely() {
            plug.pull();
        }

        let ready = match self.lane() {
            Lane::Fenced => {
                let timelines = &self.client.sched().timelines;
                match setup.publish(&self.task, timelines, armable) {
                    Ok((users, _section)) => Ok(self.wait_for(setup, &users)),
                    Err(err) => Err((setup, err)),
                }
            }
            Lane::Unfenced => match setup.add_users(&self.task) {
                Ok(users) => Ok(self.wait_for(setup, &users)),
                Err(err) => Err((setup, err)),
            },
            Lane::Native => Ok(self.wait_for(setup, &[])),
        };
        match ready {
            Ok(Some(ready)) => plug.push(ready),
            Ok(None) => {}
            Err((setup, err)) => {
                plug.pull();
                self.end_waiting(setup, err, armable);
            }
        }
    }

    /// Waits for the fences of the in-syncs, and for those of other `users` of the buffers. Returns
    /// the job if it is ready.
    fn wait_for(
        self: &Arc<Self>,
        mut setup: KBox<Setup>,
        users: &[ARef<Fence>],
    ) -> Option<ListArc<Job>> {
        self.unsignalled.store(1, Relaxed);
        let Setup { waits, ins, .. } = &mut *setup;
        let explicit = ins.iter().filter_map(|point| point.fence());
        let explicit = explicit.map(|fence| (fence, true));
        let implicit = users.iter().map(|fence| (fence, false));
        let fences = Iterator::chain(explicit, implicit);
        for (wait, (fence, explicit)) in waits.iter_mut().zip(fences) {
            self.unsignalled.fetch_add(1, Relaxed);
            let dependency = Dependency {
                job: self.clone(),
                explicit,
            };
            if let Err(dependency) = wait.arm(fence.clone(), dependency) {
                dependency.signaled(fence.status().unwrap_or(Ok(())));
            }
        }
        let free = setup.waits.is_empty();
        if let Some(reason) = self.arrive(State::Armed(setup)) {
            return self.give_up_armed(reason);
        }
        if free {
            // It was ready from the beginning.
            self.unsignalled.store(0, Relaxed);
            return self.ready(self.submitted_ns);
        }
        self.count_down()
    }

    /// Counts one fence of the job as signalled. Returns the job if it was the last, so that the job
    /// is ready.
    ///
    /// May be called with interrupts off.
    fn count_down(self: &Arc<Self>) -> Option<ListArc<Job>> {
        if self.unsignalled.fetch_sub(1, Full) == 1 {
            return self.ready(monotonic_ns());
        }
        None
    }

    /// Notes that the job is ready, and returns it.
    fn ready(self: &Arc<Self>, now_ns: u64) -> Option<ListArc<Job>> {
        self.ready_ns.store(now_ns, Relaxed);
        trace::job_ready(self.client_id(), self.id, self.member(), self.priority());
        ListArc::try_from_arc(self.clone()).ok()
    }

    /// Ends the job with `ETIME`, if it still waits for its in-syncs.
    pub(crate) fn expire(self: &Arc<Self>) {
        self.give_up(ETIME);
    }

    /// Ends the job with `reason`, if it still waits for its in-syncs.
    pub(crate) fn give_up(self: &Arc<Self>, reason: Error) {
        if self.client.sched().timelines.take(self) {
            return end_waiting(self, reason);
        }
        let armed = match &mut *self.state.lock() {
            State::Arming(why) => {
                why.get_or_insert(reason);
                false
            }
            State::Armed(_) => true,
            _ => false,
        };
        if armed {
            if let Some(job) = self.give_up_armed(reason) {
                Dispatcher::push(job);
            }
        }
    }

    /// Makes an armed job ready that still waits for its fences, to end with `reason`. Returns it if
    /// it did.
    fn give_up_armed(self: &Arc<Self>, reason: Error) -> Option<ListArc<Job>> {
        // Whoever comes first: the last of the fences, or this.
        let unsignalled = self.unsignalled.fetch_add(EXPIRED, Full);
        if !(1..EXPIRED).contains(&unsignalled) {
            return None;
        }
        self.stop(reason);
        ListArc::try_from_arc(self.clone()).ok()
    }
}
