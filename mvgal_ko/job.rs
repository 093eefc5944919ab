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

#![allow(
    unsafe_code,
    reason = "the list macros of the `kernel` crate expand to it"
)]

mod publish;
mod run;

pub(crate) use self::run::Run;

use self::publish::Fences;
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
};

use crate::{
    client_jobs::{
        ClientJobs,
        JobSlot, //
    },
    dispatch::{
        Dispatcher,
        Lane,
        Placed, //
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
        OutPoint, //
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
    /// Counts the job among its member's.
    pub(crate) placed: Placed,
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
    placed: Placed,
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
    pub(crate) fn new(client: &Arc<ClientJobs>, level: Level, setup: Setup) -> Result<Arc<Self>> {
        let dispatcher = setup.placed.dispatcher().clone();
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
        } else if self.is_orphan() {
            Err(ENODEV)
        } else {
            Ok(())
        }
    }

    /// Whether the member of the job is gone, or mvgal itself.
    pub(crate) fn is_orphan(&self) -> bool {
        self.dispatcher.is_gone() || self.client.sched().is_closing()
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
            Lane::Fenced => setup.publish(&self.client.sched().timelines, armable).map(
                |(armed, fences, section)| {
                    self.clone().wait_for(armed, fences);
                    drop(section);
                },
            ),
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
}
