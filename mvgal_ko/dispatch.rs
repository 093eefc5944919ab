// SPDX-License-Identifier: GPL-2.0

//! The dispatcher of one member, or of the host: takes ready jobs off the run queue and runs them.
//!
//! A member has three lanes, each with a run queue of its own:
//!
//! - *Fenced*: jobs whose fence is published before they run. Everything from their run queue to
//!   the signal is on the way to a published fence, so nothing there allocates, locks a `dma_resv`
//!   or waits for a job of another lane. They run one at a time, in a work item; a few small ones,
//!   if none is there before them, in the context of who submitted them. What such jobs held is
//!   dropped by a work item of its own, for several at a time: to wake that up takes time from the
//!   next job.
//! - *Unfenced*: jobs whose buffers' exporters want to be told of CPU access. They may lock and
//!   wait, and nobody has a fence of such a job. They run one at a time, in a work item.
//! - *Native*: jobs that the member's driver runs. Several are in flight at a time, see
//!   [`crate::flights`]. They are submitted in the context of the client that submits them to us, if
//!   they are ready by then and next, or else by a work item of their client's, see
//!   [`crate::client_queue`]. Those that nothing could come before do not even enter the run queue,
//!   see [`crate::direct`].

#![allow(
    unsafe_code,
    reason = "the work and list macros of the `kernel` crate expand to it"
)]

mod direct;
mod fenced;
mod load;
mod native;
mod release;
mod watchdog;

pub(crate) use self::load::{
    Load,
    Placed,
    Started, //
};

use self::watchdog::Watchdog;

use kernel::{
    impl_has_work,
    list::{
        impl_list_arc_safe,
        impl_list_item,
        AtomicTracker,
        List,
        ListArc,
        ListLinks,
        TryNewListArc, //
    },
    new_spinlock_irq, new_work,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
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

use kernel_ext::clock::monotonic_ns;

use crate::{
    direct::Direct,
    flights::{
        Flights,
        Rider,
        MAX_SLOTS, //
    },
    gate::Gate,
    job::{
        self,
        Job,
        Run, //
    },
    run_queue::{
        Level,
        Place,
        Reserve,
        RunQueue,
        LEVELS, //
    },
    scheduler::Scheduler, //
};

/// Which way a job takes through a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Its fence is published before it runs.
    Fenced,
    /// Its fence is published when it is over.
    Unfenced,
    /// Its fence is that of the member's driver.
    Native,
}

/// Number of lanes.
const LANES: usize = 3;

impl Lane {
    /// All of them.
    pub(crate) const ALL: [Lane; LANES] = [Lane::Fenced, Lane::Unfenced, Lane::Native];
}

/// The ready jobs of one lane.
struct LaneQueue {
    /// Jobs to run.
    run: RunQueue<Job>,
    /// Jobs that will not run. They go first: all that is left of them is their fence.
    doomed: List<Job>,
    /// A job that was picked and is left to the work item.
    next: Option<ListArc<Job>>,
    /// Whether somebody runs the jobs, or a work item is queued that will. Not used by
    /// [`Lane::Native`].
    running: bool,
}

struct Ready {
    fenced: LaneQueue,
    unfenced: LaneQueue,
    native: LaneQueue,
    /// Jobs that [`Lane::Native`] has in flight.
    flights: Flights,
    /// Fenced jobs that are over and that hold what has to be dropped in a task.
    spent: List<Job>,
    /// The same of NATIVE jobs.
    landed: List<Job>,
    /// How many those are.
    landed_count: u32,
    /// Jobs that went to the driver directly, and are over. What they have is used again, or
    /// dropped in a task. There is room for [`MAX_SPARE`](crate::direct::MAX_SPARE) once such jobs can be.
    spare: KVec<Direct>,
    /// Such jobs in flight.
    directs: u32,
}

impl Ready {
    fn lane(&mut self, lane: Lane) -> &mut LaneQueue {
        match lane {
            Lane::Fenced => &mut self.fenced,
            Lane::Unfenced => &mut self.unfenced,
            Lane::Native => &mut self.native,
        }
    }

    /// Whether a NATIVE job is ready, and there is a slot for it.
    fn takes_off(&self) -> bool {
        !self.native.run.is_empty() && self.flights.has_room() && !self.flights.is_hung()
    }

    /// Whether NATIVE jobs that are over hold what has to be dropped.
    fn holds_landed(&self) -> bool {
        !self.landed.is_empty() || !self.spare.is_empty()
    }

    /// Puts a job in its queue.
    fn add(&mut self, job: ListArc<Job>) {
        let queue = self.lane(job.lane());
        if job.is_doomed() {
            queue.doomed.push_back(job);
        } else if let Err(job) = queue.run.push(job) {
            queue.doomed.push_back(job);
        }
    }
}

/// Runs the jobs of one member.
#[pin_data]
pub(crate) struct Dispatcher {
    member: u32,
    sched: Arc<Scheduler>,
    gone: Atomic<bool>,
    /// [`Flights::is_hung`], for who may not lock.
    hung: Atomic<bool>,
    /// [`Watchdog::set_ns`], for who does not lock.
    looks_ns: Atomic<u64>,
    load: Load,
    #[pin]
    ready: SpinLockIrq<Ready>,
    #[pin]
    watchdog: SpinLockIrq<Watchdog>,
    #[pin]
    fenced: Work<Dispatcher, FENCED>,
    #[pin]
    unfenced: Work<Dispatcher, UNFENCED>,
    #[pin]
    release: Work<Dispatcher, RELEASE>,
    /// In the list of who has been stopped by the gate.
    #[pin]
    links: ListLinks,
    #[pin]
    tracker: AtomicTracker,
}

const FENCED: u64 = 0;
const UNFENCED: u64 = 1;
const RELEASE: u64 = 2;

impl_has_work! {
    impl HasWork<Self, FENCED> for Dispatcher { self.fenced }
    impl HasWork<Self, UNFENCED> for Dispatcher { self.unfenced }
    impl HasWork<Self, RELEASE> for Dispatcher { self.release }
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Dispatcher {
        tracked_by tracker: AtomicTracker;
    }
}

impl_list_item! {
    impl ListItem<0> for Dispatcher {
        using ListLinks { self.links };
    }
}

impl Dispatcher {
    /// Creates the dispatcher of the member with that id, or of the host.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(member: u32, sched: Arc<Scheduler>) -> Result<Arc<Self>> {
        let ready = Ready {
            fenced: LaneQueue::new()?,
            unfenced: LaneQueue::new()?,
            native: LaneQueue::new()?,
            flights: Flights::new(sched.limits().max_in_flight)?,
            spent: List::new(),
            landed: List::new(),
            landed_count: 0,
            spare: KVec::new(),
            directs: 0,
        };
        Arc::pin_init(
            pin_init!(Self {
                member,
                sched,
                gone: Atomic::new(false),
                hung: Atomic::new(false),
                looks_ns: Atomic::new(u64::MAX),
                load: Load::new(),
                ready <- new_spinlock_irq!(ready, "mvgal::Dispatcher::ready"),
                watchdog <- new_spinlock_irq!(
                    Watchdog::new(),
                    "mvgal::Dispatcher::watchdog"
                ),
                fenced <- new_work!("mvgal::Dispatcher::fenced"),
                unfenced <- new_work!("mvgal::Dispatcher::unfenced"),
                release <- new_work!("mvgal::Dispatcher::release"),
                links <- ListLinks::new(),
                tracker <- AtomicTracker::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// Id of the member, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) fn member(&self) -> u32 {
        self.member
    }

    /// The scheduler.
    pub(crate) fn sched(&self) -> &Arc<Scheduler> {
        &self.sched
    }

    /// Its counters.
    pub(crate) fn load(&self) -> &Load {
        &self.load
    }

    /// Whether the member was removed.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Relaxed)
    }

    /// Whether the fence of a NATIVE job is late.
    pub(crate) fn is_hung(&self) -> bool {
        self.hung.load(Relaxed)
    }

    /// Number of NATIVE jobs in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.ready.lock().flights.count()
    }

    /// The NATIVE jobs in flight that came through the run queue.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn flying_jobs(&self) -> Result<KVec<Arc<Job>>> {
        let mut jobs = KVec::with_capacity(MAX_SLOTS as usize, GFP_KERNEL)?;
        for (rider, _) in self.ready.lock().flights.riders() {
            if let Rider::Job(job) = rider {
                // There is room for as many as there are slots.
                drop(jobs.push_within_capacity(job.clone()));
            }
        }
        Ok(jobs)
    }

    /// The number of ready jobs of a lane at each level, and whether there are some that are only
    /// to end.
    pub(crate) fn ready_counts(&self, lane: Lane) -> ([usize; LEVELS], bool) {
        let mut ready = self.ready.lock();
        let queue = ready.lane(lane);
        let mut counts = [0; LEVELS];
        for (count, level) in counts.iter_mut().zip(Level::all()) {
            *count = queue.run.len_at(level);
        }
        (counts, !queue.doomed.is_empty())
    }

    /// Ready jobs of a lane, `max` at most.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn ready_jobs(&self, lane: Lane, max: usize) -> Result<KVec<Arc<Job>>> {
        let mut jobs = KVec::with_capacity(max, GFP_KERNEL)?;
        let mut ready = self.ready.lock();
        ready.lane(lane).run.for_some(max, |job| {
            // There is room for `max`.
            drop(jobs.push_within_capacity(job.into()));
        });
        drop(ready);
        Ok(jobs)
    }

    /// Gives a client a place in the run queue of a lane.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn join(self: &Arc<Self>, lane: Lane) -> Result<Place> {
        if lane == Lane::Native {
            self.watch()?;
        }
        loop {
            let wanted = self.ready.lock().lane(lane).run.wanted();
            let mut reserve = Reserve::new(wanted)?;
            let place = self.ready.lock().lane(lane).run.join(&mut reserve);
            if let Some(place) = place {
                return Ok(place);
            }
        }
    }

    /// Takes a client's place away. Its ready jobs, and those that get ready later, do not run.
    pub(crate) fn leave(self: &Arc<Self>, lane: Lane, place: Place) {
        let mut ready = self.ready.lock();
        let queue = ready.lane(lane);
        let Some((seat, mut jobs)) = queue.run.leave(place) else {
            return;
        };
        queue.doomed.push_all_back(&mut jobs);
        self.start(&mut ready, lane);
        drop(ready);
        drop(seat);
        self.release_here();
    }

    /// Ends all jobs, and those that get ready later, with `ENODEV`: the member is gone. While the
    /// gate is shut this is left to [`Dispatcher::go_on`]: the last reference to a buffer of another
    /// member, which sleeps, may be that of such a job.
    pub(crate) fn remove(self: &Arc<Self>) {
        self.gone.xchg(true, Full);
        let passage = Gate::join(&self.sched).or_else(|| Gate::enter_or_stop(self));
        if passage.is_none() {
            return;
        }
        for lane in Lane::ALL {
            let mut ready = self.ready.lock();
            let queue = ready.lane(lane);
            let mut jobs = queue.run.close();
            queue.doomed.push_all_back(&mut jobs);
            self.start(&mut ready, lane);
        }
        job::cancel_waiting(&self.sched, ENODEV, None, |job| {
            Arc::ptr_eq(job.dispatcher(), self)
        });
        self.abandon(ENODEV);
    }

    /// Adds a job that is ready. May be called with interrupts off.
    pub(crate) fn push(job: ListArc<Job>) {
        let this = job.dispatcher().clone();
        let lane = job.lane();
        let mut ready = this.ready.lock();
        ready.add(job);
        this.start(&mut ready, lane);
    }

    /// Adds a job that is ready, without running it: [`Dispatcher::run_here`] is called next.
    pub(crate) fn add(&self, job: ListArc<Job>) {
        self.ready.lock().add(job);
    }

    /// Has the jobs of a lane run elsewhere, if there are any.
    ///
    /// With the lock of [`Dispatcher::ready`] held, so that they cannot be over before: once there
    /// are no jobs any more nothing may be queued, so that the module can go.
    fn start(self: &Arc<Self>, ready: &mut Ready, lane: Lane) {
        if lane == Lane::Native {
            return self.submit(ready);
        }
        let queue = ready.lane(lane);
        if queue.running || queue.is_empty() {
            return;
        }
        queue.running = true;
        self.enqueue(lane);
    }

    fn enqueue(self: &Arc<Self>, lane: Lane) {
        // A work item that is queued already will see the job.
        match lane {
            Lane::Fenced => {
                let _ = self.sched.fence_queue.enqueue::<_, FENCED>(self.clone());
            }
            Lane::Unfenced => {
                let _ = self.sched.queue.enqueue::<_, UNFENCED>(self.clone());
            }
            Lane::Native => {}
        }
    }

    /// Runs the ready jobs of a lane here if they are few and small, and has them run elsewhere
    /// otherwise. May only be called by a task, and with no lock held.
    pub(crate) fn run_here(self: &Arc<Self>, lane: Lane) {
        match lane {
            Lane::Fenced => self.run_fenced_here(),
            Lane::Unfenced => self.start(&mut self.ready.lock(), lane),
            Lane::Native => self.submit_here(),
        }
    }

    /// Charges for a job that was run by a work item, and takes the next one out.
    fn next(&self, lane: Lane, done: Option<(&Job, &Run)>) -> Option<ListArc<Job>> {
        let mut ready = self.ready.lock();
        let queue = ready.lane(lane);
        if let Some((job, run)) = done {
            queue.charge(job, run);
        }
        let job = queue.take();
        queue.running = job.is_some();
        job
    }

    /// Goes on with what the gate has stopped. Only to be called by a task, with no lock held.
    pub(crate) fn go_on(self: &Arc<Self>) {
        if self.is_gone() {
            self.remove();
        }
        self.release_landed();
        self.submit(&mut self.ready.lock());
    }
}

impl LaneQueue {
    fn new() -> Result<Self> {
        Ok(Self {
            run: RunQueue::new()?,
            doomed: List::new(),
            next: None,
            running: false,
        })
    }

    fn is_empty(&self) -> bool {
        self.doomed.is_empty() && self.next.is_none() && self.run.is_empty()
    }

    /// Takes the job out that is to run next.
    fn take(&mut self) -> Option<ListArc<Job>> {
        self.doomed
            .pop_front()
            .or_else(|| self.next.take())
            .or_else(|| self.run.pick())
    }

    /// Charges the client of a job for what it took.
    fn charge(&mut self, job: &Job, run: &Run) {
        let busy_ns = run.busy_ns();
        if busy_ns != 0 {
            self.run.charge(job, busy_ns);
        }
    }
}

impl WorkItem<UNFENCED> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let mut next = this.next(Lane::Unfenced, None);
        while let Some(job) = next {
            let run = job.run_unfenced(monotonic_ns());
            next = this.next(Lane::Unfenced, Some((&job, &run)));
        }
    }
}
