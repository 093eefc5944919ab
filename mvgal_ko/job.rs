// SPDX-License-Identifier: GPL-2.0

//! Jobs, and the way they go:
//!
//! ```text
//! Waiting --arm--> Armed --ready--> run queue --run--> Spent
//!    |                                            (resources dropped)
//!    `--cancelled----------------------------------------^
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

#![expect(
    unsafe_code,
    reason = "the list macros of the `kernel` crate expand to it"
)]

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
        FenceContext,
        FenceWait,
        SignallingSection, //
    },
    dma_resv::LockedResvs,
    uapi::drm_mvgal_job_report,
};

use crate::{
    client_jobs::{
        ClientJobs,
        JobSlot, //
    },
    dispatch::{
        Dispatcher,
        Lane, //
    },
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
        OutPoint,
        Timelines, //
    },
    work::{
        Report,
        Work, //
    },
};

/// Most in-syncs, and most out-syncs, of one job.
pub(crate) const MAX_SYNCS_PER_JOB: u32 = 64;

/// A job.
#[pin_data]
pub(crate) struct Job {
    #[pin]
    links: ListLinks,
    #[pin]
    tracker: AtomicTracker,
    id: u64,
    client: Arc<ClientJobs>,
    dispatcher: Arc<Dispatcher>,
    lane: Lane,
    place: Place,
    level: Level,
    submitted_ns: u64,
    ready_ns: Atomic<u64>,
    /// Fences that have not signalled, and one more while they are being counted.
    unsignalled: Atomic<u32>,
    /// Whether a fence that the job waits for carries an error.
    dependency_failed: Atomic<bool>,
    #[pin]
    state: Mutex<State>,
}

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
        self.place
    }

    fn level(&self) -> Level {
        self.level
    }
}

enum State {
    Waiting(Setup),
    Armed(Armed),
    /// Over, but for what it held.
    Spent(Spent),
    /// Between two states, in the hands of whoever takes it from one to the other; or over.
    Taken,
}

/// What a job brings along.
pub(crate) struct Setup {
    /// In-syncs, in the order given.
    pub(crate) ins: KVec<InPoint>,
    /// Out-syncs, in the order given.
    pub(crate) outs: KVec<OutPoint>,
    /// In-syncs that have no fence.
    pub(crate) unresolved: usize,
    /// The job's place among those that wait for a point without a fence.
    pub(crate) waiting_node: Option<RBTreeNodeReservation<(u64, u64), Arc<Job>>>,
    /// One for each in-sync.
    pub(crate) waits: KVec<FenceWait<Dependency>>,
    /// The job's own fence.
    pub(crate) fence: Option<FenceAlloc>,
    /// What to do.
    pub(crate) work: Work,
    /// Whether to be ordered by the `dma_resv` of the buffers, too.
    pub(crate) implicit_sync: bool,
    /// Where to tell how it went.
    pub(crate) report: Option<Report>,
    /// Counts the job among its client's.
    pub(crate) slot: JobSlot,
    /// Keeps the module until the job is over.
    pub(crate) ticket: Ticket,
}

struct Armed {
    publication: Publication,
    ins: KVec<InPoint>,
    outs: KVec<OutPoint>,
    waits: KVec<FenceWait<Dependency>>,
    work: Work,
    report: Option<Report>,
    slot: JobSlot,
    ticket: Ticket,
}

/// How a job's completion gets known.
enum Publication {
    /// By a fence that others have already.
    Early(DriverFence),
    /// By a fence that its out-syncs get when it is over.
    Late(FenceAlloc),
}

/// What is dropped after a job is over. In this order: see [`Dependency`].
struct Spent {
    _waits: KVec<FenceWait<Dependency>>,
    _ins: KVec<InPoint>,
    _outs: KVec<OutPoint>,
    _work: Work,
    _report: Option<Report>,
    _ticket: Ticket,
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
            self.job.dependency_failed.store(true, Relaxed);
        }
        self.job.count_down();
    }
}

/// Arms jobs, and those that become armable by that, until there are none.
pub(crate) fn arm_all(mut armable: Armable) {
    while let Some(job) = armable.pop_front() {
        Job::arm(job.into_arc(), &mut armable);
        kernel_ext::sched::cond_resched();
    }
}

/// Ends jobs that wait for a point without a fence, if `wanted`, with `error`.
pub(crate) fn cancel_waiting(sched: &Scheduler, error: Error, wanted: impl Fn(&Job) -> bool) {
    let mut after = None;
    while let Some(job) = sched.timelines.take_waiting(after, &wanted) {
        after = Some(job.key());
        let mut armable = Armable::new();
        if let Some(setup) = job.take_setup() {
            job.end_waiting(setup, error, &mut armable);
        }
        arm_all(armable);
    }
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
        dispatcher: Arc<Dispatcher>,
        level: Level,
        setup: Setup,
    ) -> Result<Arc<Self>> {
        let lane = if setup.work.brackets_cpu_access() {
            Lane::Unfenced
        } else {
            Lane::Fenced
        };
        let place = client.place(&dispatcher, lane)?;
        Arc::pin_init(
            try_pin_init!(Self {
                links <- ListLinks::new(),
                tracker <- AtomicTracker::new(),
                id: client.sched().next_job(),
                client: client.clone(),
                dispatcher,
                lane,
                place,
                level,
                submitted_ns: monotonic_ns(),
                ready_ns: Atomic::new(0),
                unsignalled: Atomic::new(0),
                dependency_failed: Atomic::new(false),
                state <- new_mutex!(State::Waiting(setup), "mvgal::Job::state"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The number of the client.
    pub(crate) fn client_id(&self) -> u64 {
        self.client.id()
    }

    /// The member's dispatcher.
    pub(crate) fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// The lane it takes.
    pub(crate) fn lane(&self) -> Lane {
        self.lane
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

    fn take_setup(&self) -> Option<Setup> {
        let mut state = self.state.lock();
        match core::mem::replace(&mut *state, State::Taken) {
            State::Waiting(setup) => Some(setup),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Why the job must not run, if so.
    fn check(&self) -> Result {
        if self.client.is_closed() || self.dependency_failed.load(Relaxed) {
            Err(ECANCELED)
        } else if self.dispatcher.is_gone() || self.client.sched().is_closing() {
            Err(ENODEV)
        } else {
            Ok(())
        }
    }

    /// Whether the job will not run: it goes ahead of those that will, to its end.
    pub(crate) fn is_doomed(&self) -> bool {
        self.check().is_err()
    }

    /// Publishes the fence of a job in the fenced lane, and waits for the job's fences.
    ///
    /// Jobs that can be armed now that the fence is published are pushed to `armable`.
    fn arm(self: Arc<Self>, armable: &mut Armable) {
        let Some(setup) = self.take_setup() else {
            return;
        };
        if let Err(err) = self.check() {
            return self.end_waiting(setup, err, armable);
        }

        let armed = match self.lane {
            Lane::Fenced => setup.publish(&self.client.sched().timelines, armable).map(|(armed, fences, section)| {
                self.clone().wait_for(armed, fences);
                drop(section);
            }),
            Lane::Unfenced => setup
                .hold_back()
                .map(|(armed, fences)| self.clone().wait_for(armed, fences)),
        };
        if let Err((setup, err)) = armed {
            self.end_waiting(setup, err, armable);
        }
    }

    /// Waits for the fences of the job, the first of which are its in-syncs'.
    fn wait_for(self: Arc<Self>, mut armed: Armed, fences: Fences) {
        self.unsignalled.store(1, Relaxed);
        let explicit = fences.explicit;
        for (index, (wait, fence)) in armed.waits.iter_mut().zip(fences.all).enumerate() {
            self.unsignalled.fetch_add(1, Relaxed);
            let dependency = Dependency {
                job: self.clone(),
                explicit: index < explicit,
            };
            if let Err(dependency) = wait.arm(fence.clone(), dependency) {
                dependency.signaled(fence.status().unwrap_or(Ok(())));
            }
        }
        *self.state.lock() = State::Armed(armed);
        self.count_down();
    }

    /// Counts one fence of the job as signalled; the last makes the job ready.
    ///
    /// May be called with interrupts off.
    fn count_down(self: Arc<Self>) {
        if self.unsignalled.fetch_sub(1, Full) == 1 {
            self.ready_ns.store(monotonic_ns(), Relaxed);
            if let Ok(job) = ListArc::try_from_arc(self) {
                Dispatcher::push(job);
            }
        }
    }

    /// Runs an armed job of the fenced lane, or ends it if it must not run.
    ///
    /// Everything up to the signal is on the way to a published fence. The job is left with what it
    /// held; [`Job::release`] drops that, elsewhere.
    pub(crate) fn run_fenced(&self) -> Run {
        let Some(armed) = self.take_armed() else {
            return Run::default();
        };
        let Publication::Early(fence) = armed.publication else {
            return Run::default();
        };
        let section = SignallingSection::begin();
        let mut run = Run::start(self);
        run.result = self.check();
        if run.result.is_ok() {
            run.sequence = self.client.sched().next_sequence();
            run.result = armed.work.run(|| self.check());
        }
        self.finish(&mut run, armed.report.as_ref(), armed.slot);
        fence.signal(run.result);
        drop(section);

        *self.state.lock() = State::Spent(Spent {
            _waits: armed.waits,
            _ins: armed.ins,
            _outs: armed.outs,
            _work: armed.work,
            _report: armed.report,
            _ticket: armed.ticket,
        });
        run
    }

    /// Runs an armed job of the unfenced lane, or ends it if it must not run.
    pub(crate) fn run_unfenced(&self) -> Run {
        let Some(armed) = self.take_armed() else {
            return Run::default();
        };
        let mut outs = armed.outs;
        let Publication::Late(fence) = armed.publication else {
            return Run::default();
        };
        let mut run = Run::start(self);
        run.result = self.check();
        if run.result.is_ok() {
            run.sequence = self.client.sched().next_sequence();
            run.result = armed.work.run_bracketed(|| self.check());
        }
        self.finish(&mut run, armed.report.as_ref(), armed.slot);

        let mut armable = Armable::new();
        self.attach_signaled(Some(fence), &mut outs, run.result, &mut armable);
        arm_all(armable);
        drop(armed.waits);
        run
    }

    /// Drops what a job of the fenced lane held.
    pub(crate) fn release(&self) {
        let mut state = self.state.lock();
        let spent = match core::mem::replace(&mut *state, State::Taken) {
            State::Spent(spent) => Some(spent),
            other => {
                *state = other;
                None
            }
        };
        drop(state);
        drop(spent);
    }

    fn take_armed(&self) -> Option<Armed> {
        let mut state = self.state.lock();
        match core::mem::replace(&mut *state, State::Taken) {
            State::Armed(armed) => Some(armed),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Counts and reports a job that is over, right before its fence signals.
    fn finish(&self, run: &mut Run, report: Option<&Report>, slot: JobSlot) {
        let started = run.sequence != 0;
        run.finished_ns = monotonic_ns();
        self.dispatcher.load().count_finished(run);
        drop(slot);
        if let Some(report) = report {
            report.write(&drm_mvgal_job_report {
                submitted_ns: self.submitted_ns,
                ready_ns: self.ready_ns.load(Relaxed),
                started_ns: if started { run.started_ns } else { 0 },
                finished_ns: run.finished_ns,
                sequence: run.sequence,
                member: self.dispatcher.member(),
                error: run.result.err().map_or(0, Error::to_errno),
            });
        }
    }

    /// Gives the job's points a fence that has signalled.
    fn attach_signaled(
        &self,
        fence: Option<FenceAlloc>,
        outs: &mut [OutPoint],
        result: Result,
        armable: &mut Armable,
    ) {
        let Some(fence) = fence else { return };
        let own = fence.init(&context());
        let fence = own.fence();
        own.signal(result);
        self.client.sched().timelines.attach(outs, &fence, armable);
    }

    /// Ends a job that was not armed.
    fn end_waiting(&self, mut setup: Setup, error: Error, armable: &mut Armable) {
        let mut run = Run::start(self);
        run.result = Err(error);
        self.finish(&mut run, setup.report.as_ref(), setup.slot);
        self.attach_signaled(setup.fence, &mut setup.outs, Err(error), armable);
    }
}

/// How a run went.
pub(crate) struct Run {
    /// When it began, in ns.
    pub(crate) started_ns: u64,
    /// When it was over, in ns.
    pub(crate) finished_ns: u64,
    /// Its number among all dispatches; 0 if the job was not run.
    pub(crate) sequence: u64,
    /// What the fence carries.
    pub(crate) result: Result,
}

impl Run {
    fn start(job: &Job) -> Self {
        job.dispatcher.load().count_started();
        Self {
            started_ns: monotonic_ns(),
            ..Self::default()
        }
    }

    /// How long it took, in ns.
    pub(crate) fn duration_ns(&self) -> u64 {
        self.finished_ns.saturating_sub(self.started_ns)
    }
}

impl Default for Run {
    fn default() -> Self {
        Self {
            started_ns: 0,
            finished_ns: 0,
            sequence: 0,
            result: Ok(()),
        }
    }
}

/// Fences that a job waits for.
struct Fences {
    all: KVec<ARef<Fence>>,
    /// How many of them, from the first, are of in-syncs.
    explicit: usize,
}

impl Setup {
    /// The fences of the in-syncs.
    fn in_fences(&self) -> Result<Fences> {
        let mut all = KVec::with_capacity(self.ins.len(), GFP_KERNEL)?;
        for point in &self.ins {
            if let Some(fence) = point.fence() {
                all.push(fence.clone(), GFP_KERNEL)?;
            }
        }
        Ok(Fences {
            explicit: all.len(),
            all,
        })
    }

    /// Publishes the job's fence: in the `dma_resv` of its buffers, if it is to be ordered by them,
    /// and at its out-syncs.
    ///
    /// The section returned lasts until the job waits for its fences: up to there nothing must stand
    /// between the published fence and its signal.
    fn publish(
        mut self,
        timelines: &Timelines,
        armable: &mut Armable,
    ) -> Result<(Armed, Fences, SignallingSection), (Self, Error)> {
        let mut fences = match self.in_fences() {
            Ok(fences) => fences,
            Err(err) => return Err((self, err)),
        };
        let published = if self.implicit_sync {
            publish_in_resvs(&self.work, &mut self.fence, &mut fences, &mut self.waits)
        } else {
            let section = SignallingSection::begin();
            match self.fence.take() {
                Some(fence) => Ok((fence.init(&context()), section)),
                None => Err(EINVAL),
            }
        };
        let (own, section) = match published {
            Ok(published) => published,
            Err(err) => return Err((self, err)),
        };
        timelines.attach(&mut self.outs, &own.fence(), armable);
        let armed = Armed {
            publication: Publication::Early(own),
            ins: self.ins,
            outs: self.outs,
            waits: self.waits,
            work: self.work,
            report: self.report,
            slot: self.slot,
            ticket: self.ticket,
        };
        Ok((armed, fences, section))
    }

    /// Keeps the job's fence for when the job is over.
    fn hold_back(mut self) -> Result<(Armed, Fences), (Self, Error)> {
        let fences = match self.in_fences() {
            Ok(fences) => fences,
            Err(err) => return Err((self, err)),
        };
        let Some(fence) = self.fence.take() else {
            return Err((self, EINVAL));
        };
        let armed = Armed {
            publication: Publication::Late(fence),
            ins: self.ins,
            outs: self.outs,
            waits: self.waits,
            work: self.work,
            report: self.report,
            slot: self.slot,
            ticket: self.ticket,
        };
        Ok((armed, fences))
    }
}

/// A context for one fence. Jobs end in any order, and fences of one context must not.
fn context() -> FenceContext {
    FenceContext::new(c"mvgal", c"job")
}

/// Puts the job's fence into the `dma_resv` of its buffers, and adds the fences found there, and
/// nodes to wait for them, to those of the job.
fn publish_in_resvs(
    work: &Work,
    fence: &mut Option<FenceAlloc>,
    fences: &mut Fences,
    waits: &mut KVec<FenceWait<Dependency>>,
) -> Result<(DriverFence, SignallingSection)> {
    let buffers = work.buffers();
    let mut objects = KVec::with_capacity(buffers.len(), GFP_KERNEL)?;
    let mut usages = KVec::with_capacity(buffers.len(), GFP_KERNEL)?;
    for (buffer, usage) in buffers.into_iter().flatten() {
        objects.push(buffer, GFP_KERNEL)?;
        usages.push(usage, GFP_KERNEL)?;
    }

    let mut locked = LockedResvs::lock(&objects)?;
    for (index, usage) in usages.iter().enumerate() {
        locked.fences(index, *usage, &mut fences.all)?;
        locked.reserve(index)?;
    }
    for _ in waits.len()..fences.all.len() {
        waits.push(FenceWait::new(GFP_KERNEL)?, GFP_KERNEL)?;
    }
    let fence = fence.take().ok_or(EINVAL)?;

    let section = SignallingSection::begin();
    let own = fence.init(&context());
    for (index, usage) in usages.iter().enumerate() {
        locked.add(index, &own.fence(), *usage)?;
    }
    Ok((own, section))
}
