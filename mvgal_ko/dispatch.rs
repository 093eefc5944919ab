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

use kernel_ext::{
    alarm::Alarm,
    clock::monotonic_ns, //
};

use crate::{
    direct::{
        Direct,
        MAX_SPARE, //
    },
    flights::{
        Flights,
        Overdue,
        Phase,
        Rider,
        Slot,
        MAX_SLOTS, //
    },
    gate::{
        Gate,
        Passage, //
    },
    job::{
        self,
        Job,
        Landing,
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
    /// dropped in a task. There is room for [`MAX_SPARE`] once such jobs can be.
    spare: KVec<Direct>,
    /// Such jobs in flight.
    directs: u32,
}

/// Most NATIVE jobs that are kept for the next one to drop what they hold.
const MAX_LANDED: u32 = 64;

/// How long they are kept, in ns.
const RELEASE_NS: u64 = 100_000_000;

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

/// Longest work, in bytes, of jobs that run one after the other in the context of who submits them:
/// what takes about as long as to wake a work item up and to be woken up by it again.
const HERE_BYTES: u64 = 64 << 10;

/// Most jobs that run there at a time.
const HERE_JOBS: usize = 1024;

/// Most bytes that are moved while what fenced jobs held is kept, to be dropped together.
const KEEP_BYTES: u64 = 8 << 20;

/// Most fenced jobs of which that is kept.
const MAX_KEPT: u32 = 64;

/// How long it may take until a member's driver has taken a submission, in ns.
const SUBMIT_TIMEOUT_NS: u64 = 10_000_000_000;

/// What a member does, in numbers.
pub(crate) struct Load {
    queued: Atomic<u32>,
    running: Atomic<u32>,
    done: Atomic<u64>,
    busy_ns: Atomic<u64>,
}

/// [`Load`] at one time.
#[derive(Clone, Copy, Default)]
pub(crate) struct LoadSnapshot {
    /// Jobs that have not started.
    pub(crate) queued: u32,
    /// Jobs that run.
    pub(crate) running: u32,
    /// Jobs that are over.
    pub(crate) done: u64,
    /// Time spent on jobs, in ns.
    pub(crate) busy_ns: u64,
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

/// Looks after jobs in flight when their time is up.
struct Watchdog {
    /// Present once there may be such jobs, until the member is gone.
    alarm: Option<Alarm>,
    /// What the alarm is set to; `u64::MAX` if it is not set.
    set_ns: u64,
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
                load: Load {
                    queued: Atomic::new(0),
                    running: Atomic::new(0),
                    done: Atomic::new(0),
                    busy_ns: Atomic::new(0),
                },
                ready <- new_spinlock_irq!(ready, "mvgal::Dispatcher::ready"),
                watchdog <- new_spinlock_irq!(
                    Watchdog { alarm: None, set_ns: u64::MAX },
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

    /// Ends all jobs in flight with `error`, whatever their fences do: nobody waits for those any
    /// more.
    fn abandon(self: &Arc<Self>, error: Error) {
        // Waits for it to be over.
        let alarm = self.watchdog.lock().alarm.take();
        drop(alarm);
        loop {
            let mut ready = self.ready.lock();
            let landed = ready.flights.evict(monotonic_ns());
            self.note_hung(&ready);
            drop(ready);
            let Some(landed) = landed else { break };
            let phase = landed.phase;
            match landed.rider {
                Rider::Job(job) => {
                    job.give_up_flight(phase, error);
                    if phase != Phase::Submitting {
                        job.release();
                    }
                }
                Rider::Direct(direct) => self.give_up_direct(direct, phase, error),
            }
        }
        self.release_here();
    }

    /// Makes the alarm for jobs in flight, and room for what is left of them.
    fn watch(self: &Arc<Self>) -> Result {
        if self.watchdog.lock().alarm.is_some() {
            return Ok(());
        }
        let mut spare = KVec::with_capacity(MAX_SPARE, GFP_KERNEL)?;
        let mut ready = self.ready.lock();
        if ready.spare.capacity() == 0 {
            core::mem::swap(&mut ready.spare, &mut spare);
        }
        drop(ready);
        drop(spare);
        let this = self.clone();
        let mut alarm = Some(Alarm::new(move || this.look_after())?);
        let mut watchdog = self.watchdog.lock();
        // Once the member is gone, nobody would take it away again.
        if watchdog.alarm.is_none() && !self.is_gone() {
            watchdog.alarm = alarm.take();
        }
        drop(watchdog);
        drop(alarm);
        Ok(())
    }

    /// Has the jobs in flight looked after at `deadline_ns` or before.
    fn look_after_at(&self, deadline_ns: u64) {
        // Who looks after them says so before looking, and looks with the lock of what has been
        // changed before this is called.
        if deadline_ns >= self.looks_ns.load(Relaxed) {
            return;
        }
        let mut watchdog = self.watchdog.lock();
        if deadline_ns < watchdog.set_ns {
            if let Some(alarm) = &watchdog.alarm {
                alarm.set(deadline_ns);
                watchdog.set_ns = deadline_ns;
                self.looks_ns.store(deadline_ns, Relaxed);
            }
        }
    }

    /// Sees to jobs in flight whose time is up.
    fn look_after(self: &Arc<Self>) {
        {
            let mut watchdog = self.watchdog.lock();
            watchdog.set_ns = u64::MAX;
            self.looks_ns.store(u64::MAX, Relaxed);
        }
        self.release_here();
        let now_ns = monotonic_ns();
        loop {
            let mut ready = self.ready.lock();
            let overdue = ready.flights.overdue(now_ns);
            let Some(overdue) = overdue else {
                let next_ns = ready.flights.deadline_ns();
                drop(ready);
                if let Some(next_ns) = next_ns {
                    self.look_after_at(next_ns);
                }
                return;
            };
            self.note_hung(&ready);
            if ready.flights.is_hung() {
                let mut jobs = ready.native.run.take_all();
                ready.native.doomed.push_all_back(&mut jobs);
            }
            self.submit(&mut ready);
            drop(ready);
            match overdue {
                Overdue::Late(job) => {
                    self.warn_late(job.timeout_ns());
                    job.give_up_flight(Phase::Late, ETIME);
                }
                Overdue::LateDirect(timeout_ns) => self.warn_late(timeout_ns),
                Overdue::Lost(landed) => match landed.rider {
                    Rider::Job(job) => job.give_up_flight(landed.phase, ETIME),
                    Rider::Direct(direct) => self.give_up_direct(direct, landed.phase, ETIME),
                },
            }
        }
    }

    fn warn_late(&self, timeout_ns: u64) {
        pr_warn!(
            "member {}: no fence from its driver within {} ms\n",
            self.member,
            timeout_ns / 1_000_000
        );
    }

    fn note_hung(&self, ready: &Ready) {
        self.hung.store(ready.flights.is_hung(), Relaxed);
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

    fn run_fenced_here(self: &Arc<Self>) {
        {
            let mut ready = self.ready.lock();
            if ready.fenced.running || ready.fenced.is_empty() {
                return;
            }
            ready.fenced.running = true;
        }
        // What they hold is dropped when no published fence waits for this task any more.
        let mut spent = List::new();
        let mut done = None;
        let mut now_ns = monotonic_ns();
        let mut bytes = HERE_BYTES;
        for left in (0..=HERE_JOBS).rev() {
            let next = self.next_here(&done, left != 0, &mut bytes);
            if let Some((job, _)) = done.take() {
                spent.push_back(job);
            }
            let Some(job) = next else { break };
            let run = job.run_fenced(now_ns);
            now_ns = run.finished_ns;
            done = Some((job, run));
        }
        while let Some(job) = spent.pop_front() {
            job.release();
        }
    }

    /// Charges for a job that was run, and takes the next one out if it is to be run here, too, of
    /// which `bytes` may be left to do.
    fn next_here(
        self: &Arc<Self>,
        done: &Option<(ListArc<Job>, Run)>,
        may_go_on: bool,
        bytes: &mut u64,
    ) -> Option<ListArc<Job>> {
        let mut ready = self.ready.lock();
        let queue = &mut ready.fenced;
        if let Some((job, run)) = done {
            queue.charge(job, run);
        }
        let Some(job) = queue.take() else {
            queue.running = false;
            return None;
        };
        if may_go_on {
            if job.is_doomed() {
                return Some(job);
            }
            if let Some(left) = bytes.checked_sub(job.work().bytes()) {
                *bytes = left;
                return Some(job);
            }
        }
        queue.next = Some(job);
        self.enqueue(Lane::Fenced);
        None
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

    /// The same for the fenced lane. Keeps the job that was run, until what it holds is dropped.
    fn next_fenced(
        self: &Arc<Self>,
        done: ListArc<Job>,
        run: &Run,
        kept: &mut Kept,
    ) -> Option<ListArc<Job>> {
        let mut ready = self.ready.lock();
        let queue = &mut ready.fenced;
        queue.charge(&done, run);
        let next = queue.take();
        queue.running = next.is_some();
        ready.spent.push_back(done);
        if !kept.may_stay(next.as_deref()) {
            *kept = Kept::default();
            self.release_spent();
        }
        next
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

    /// Has what is held by jobs that are over dropped.
    pub(crate) fn release_spent(self: &Arc<Self>) {
        let _ = self.sched.queue.enqueue::<_, RELEASE>(self.clone());
    }

    /// Drops what is held by jobs that are over. Only to be called by a task, with no lock held.
    fn release_here(self: &Arc<Self>) {
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
    fn release_landed(self: &Arc<Self>) {
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

    /// Goes on with what the gate has stopped. Only to be called by a task, with no lock held.
    pub(crate) fn go_on(self: &Arc<Self>) {
        if self.is_gone() {
            self.remove();
        }
        self.release_landed();
        self.submit(&mut self.ready.lock());
    }

    /// Has the NATIVE jobs submitted whose turn it is, each by its client's work item.
    fn submit(self: &Arc<Self>, ready: &mut Ready) {
        while let Some((job, passage)) = self.board(ready) {
            let queue = job.queue().clone();
            queue.hand(job, passage);
        }
    }

    /// Submits the NATIVE jobs whose turn it is, those of the current task here.
    fn submit_here(self: &Arc<Self>) {
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

/// What a work item that runs fenced jobs has kept of them.
#[derive(Default)]
struct Kept {
    jobs: u32,
    /// What is moved meanwhile.
    bytes: u64,
}

impl Kept {
    /// Counts a job more. Returns whether all may stay while `next` is run.
    fn may_stay(&mut self, next: Option<&Job>) -> bool {
        let Some(next) = next else { return false };
        self.jobs += 1;
        self.bytes = self.bytes.saturating_add(next.work().bytes());
        self.jobs < MAX_KEPT && self.bytes <= KEEP_BYTES
    }
}

impl Load {
    /// What it is now.
    pub(crate) fn snapshot(&self) -> LoadSnapshot {
        LoadSnapshot {
            queued: self.queued.load(Relaxed),
            running: self.running.load(Relaxed),
            done: self.done.load(Relaxed),
            busy_ns: self.busy_ns.load(Relaxed),
        }
    }
}

/// Counts a job that has not started among those of its member.
pub(crate) struct Placed(Arc<Dispatcher>);

/// Counts a job that was taken up.
pub(crate) struct Started(Arc<Dispatcher>);

impl Placed {
    /// Counts a job on `dispatcher`.
    pub(crate) fn new(dispatcher: Arc<Dispatcher>) -> Self {
        dispatcher.load.queued.fetch_add(1, Relaxed);
        Self(dispatcher)
    }

    /// The dispatcher of the member.
    pub(crate) fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.0
    }

    /// The job is taken up: to run, or to end without.
    pub(crate) fn start(self) -> Started {
        let dispatcher = self.0.clone();
        dispatcher.load.running.fetch_add(1, Relaxed);
        Started(dispatcher)
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        self.0.load.queued.fetch_sub(1, Relaxed);
    }
}

impl Started {
    /// The job is over, and has kept the member busy for `busy_ns`.
    pub(crate) fn finish(self, busy_ns: u64) {
        let load = &self.0.load;
        load.done.fetch_add(1, Relaxed);
        load.busy_ns.fetch_add(busy_ns, Relaxed);
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.0.load.running.fetch_sub(1, Relaxed);
    }
}

impl WorkItem<FENCED> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let mut next = this.next(Lane::Fenced, None);
        let mut now_ns = monotonic_ns();
        let mut kept = Kept::default();
        while let Some(job) = next {
            let run = job.run_fenced(now_ns);
            now_ns = run.finished_ns;
            next = this.next_fenced(job, &run, &mut kept);
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

impl WorkItem<RELEASE> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.release_here();
    }
}
