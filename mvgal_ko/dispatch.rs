// SPDX-License-Identifier: GPL-2.0

//! The dispatcher of one member, or of the host: takes ready jobs off the run queue and runs them.
//!
//! A member has two lanes, each with a run queue and a work item of its own, so each runs one job
//! at a time:
//!
//! - *Fenced*: jobs whose fence is published before they run. Everything from their run queue to
//!   the signal is on the way to a published fence, so nothing there allocates, locks a `dma_resv`
//!   or waits for a job of the other lane. What such a job held is dropped by a third work item.
//! - *Unfenced*: jobs whose buffers' exporters want to be told of CPU access. They may lock and
//!   wait, and nobody has a fence of such a job.

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

use crate::{
    job::{
        self,
        Job,
        Run, //
    },
    run_queue::{
        Place,
        Reserve,
        RunQueue, //
    },
    scheduler::Scheduler, //
};

/// Which way a job takes through a member.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Its fence is published before it runs.
    Fenced,
    /// Its fence is published when it is over.
    Unfenced,
}

/// One of something for each lane.
pub(crate) struct Lanes<T> {
    /// For [`Lane::Fenced`].
    pub(crate) fenced: T,
    /// For [`Lane::Unfenced`].
    pub(crate) unfenced: T,
}

impl<T> Lanes<T> {
    /// That of `lane`.
    pub(crate) fn get(&self, lane: Lane) -> &T {
        match lane {
            Lane::Fenced => &self.fenced,
            Lane::Unfenced => &self.unfenced,
        }
    }

    fn get_mut(&mut self, lane: Lane) -> &mut T {
        match lane {
            Lane::Fenced => &mut self.fenced,
            Lane::Unfenced => &mut self.unfenced,
        }
    }
}

/// The ready jobs of one lane.
struct LaneQueue {
    /// Jobs to run.
    run: RunQueue<Job>,
    /// Jobs that will not run. They go first: all that is left of them is their fence.
    doomed: List<Job>,
}

struct Ready {
    lanes: Lanes<LaneQueue>,
    /// Jobs of the fenced lane that are over.
    spent: List<Job>,
}

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
    load: Load,
    #[pin]
    ready: SpinLockIrq<Ready>,
    #[pin]
    fenced: Work<Dispatcher, FENCED>,
    #[pin]
    unfenced: Work<Dispatcher, UNFENCED>,
    #[pin]
    release: Work<Dispatcher, RELEASE>,
}

const FENCED: u64 = 0;
const UNFENCED: u64 = 1;
const RELEASE: u64 = 2;

impl_has_work! {
    impl HasWork<Self, FENCED> for Dispatcher { self.fenced }
    impl HasWork<Self, UNFENCED> for Dispatcher { self.unfenced }
    impl HasWork<Self, RELEASE> for Dispatcher { self.release }
}

impl Dispatcher {
    /// Creates the dispatcher of the member with that id, or of the host.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(member: u32, sched: Arc<Scheduler>) -> Result<Arc<Self>> {
        let ready = Ready {
            lanes: Lanes {
                fenced: LaneQueue::new()?,
                unfenced: LaneQueue::new()?,
            },
            spent: List::new(),
        };
        Arc::pin_init(
            pin_init!(Self {
                member,
                sched,
                gone: Atomic::new(false),
                load: Load {
                    queued: Atomic::new(0),
                    running: Atomic::new(0),
                    done: Atomic::new(0),
                    busy_ns: Atomic::new(0),
                },
                ready <- new_spinlock_irq!(ready, "mvgal::Dispatcher::ready"),
                fenced <- new_work!("mvgal::Dispatcher::fenced"),
                unfenced <- new_work!("mvgal::Dispatcher::unfenced"),
                release <- new_work!("mvgal::Dispatcher::release"),
            }),
            GFP_KERNEL,
        )
    }

    /// Id of the member, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) fn member(&self) -> u32 {
        self.member
    }

    /// Its counters.
    pub(crate) fn load(&self) -> &Load {
        &self.load
    }

    /// Whether the member was removed.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Relaxed)
    }

    /// Gives a client a place in the run queue of each lane.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn join(self: &Arc<Self>) -> Result<Lanes<Place>> {
        let fenced = self.join_lane(Lane::Fenced)?;
        let unfenced = self.join_lane(Lane::Unfenced).inspect_err(|_| {
            self.leave_lane(Lane::Fenced, fenced);
        })?;
        Ok(Lanes { fenced, unfenced })
    }

    fn join_lane(&self, lane: Lane) -> Result<Place> {
        loop {
            let wanted = self.ready.lock().lanes.get(lane).run.wanted();
            let mut reserve = Reserve::new(wanted)?;
            let place = self.ready.lock().lanes.get_mut(lane).run.join(&mut reserve);
            if let Some(place) = place {
                return Ok(place);
            }
        }
    }

    /// Takes a client's places away. Its ready jobs, and those that get ready later, do not run.
    pub(crate) fn leave(self: &Arc<Self>, places: &Lanes<Place>) {
        self.leave_lane(Lane::Fenced, places.fenced);
        self.leave_lane(Lane::Unfenced, places.unfenced);
    }

    fn leave_lane(self: &Arc<Self>, lane: Lane, place: Place) {
        let mut ready = self.ready.lock();
        let queue = ready.lanes.get_mut(lane);
        let Some((seat, mut jobs)) = queue.run.leave(place) else {
            return;
        };
        queue.doomed.push_all_back(&mut jobs);
        if !queue.doomed.is_empty() {
            self.kick_lane(lane);
        }
        drop(ready);
        drop(seat);
    }

    /// Ends all jobs, and those that get ready later, with `ENODEV`: the member is gone.
    pub(crate) fn remove(self: &Arc<Self>) {
        self.gone.xchg(true, Full);
        for lane in [Lane::Fenced, Lane::Unfenced] {
            let mut ready = self.ready.lock();
            let queue = ready.lanes.get_mut(lane);
            let mut jobs = queue.run.close();
            queue.doomed.push_all_back(&mut jobs);
            if !queue.doomed.is_empty() {
                self.kick_lane(lane);
            }
        }
        job::cancel_waiting(&self.sched, ENODEV, None, |job| {
            Arc::ptr_eq(job.dispatcher(), self)
        });
    }

    /// Adds a job that is ready. May be called with interrupts off.
    pub(crate) fn push(job: ListArc<Job>) {
        let this = job.dispatcher().clone();
        let lane = job.lane();
        let mut ready = this.ready.lock();
        let queue = ready.lanes.get_mut(lane);
        if job.is_doomed() {
            queue.doomed.push_back(job);
        } else if let Err(job) = queue.run.push(job) {
            queue.doomed.push_back(job);
        }
        this.kick_lane(lane);
        drop(ready);
    }

    /// Has a lane run what is there. Only to be called when there is something, and with the lock of
    /// [`Dispatcher::ready`] held, so that it cannot be over before: once there are no jobs any more
    /// nothing may be queued, so that the module can go.
    fn kick_lane(self: &Arc<Self>, lane: Lane) {
        // A work item that is queued already will see the job.
        match lane {
            Lane::Fenced => {
                let _ = self.sched.fence_queue.enqueue::<_, FENCED>(self.clone());
            }
            Lane::Unfenced => {
                let _ = self.sched.queue.enqueue::<_, UNFENCED>(self.clone());
            }
        }
    }

    fn next(&self, lane: Lane) -> Option<ListArc<Job>> {
        let mut ready = self.ready.lock();
        let queue = ready.lanes.get_mut(lane);
        queue.doomed.pop_front().or_else(|| queue.run.pick())
    }

    fn charge(&self, lane: Lane, job: &Job, run: &Run) {
        if run.sequence != 0 {
            let mut ready = self.ready.lock();
            let queue = ready.lanes.get_mut(lane);
            queue.run.charge(job, run.duration_ns());
        }
    }
}

impl LaneQueue {
    fn new() -> Result<Self> {
        Ok(Self {
            run: RunQueue::new()?,
            doomed: List::new(),
        })
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
    /// The job is over.
    pub(crate) fn finish(self, run: &Run) {
        let load = &self.0.load;
        load.running.fetch_sub(1, Relaxed);
        load.done.fetch_add(1, Relaxed);
        if run.sequence != 0 {
            load.busy_ns.fetch_add(run.duration_ns(), Relaxed);
        }
    }
}

impl WorkItem<FENCED> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        while let Some(job) = this.next(Lane::Fenced) {
            let run = job.run_fenced();
            this.charge(Lane::Fenced, &job, &run);
            this.ready.lock().spent.push_back(job);
            let _ = this.sched.queue.enqueue::<_, RELEASE>(this.clone());
        }
    }
}

impl WorkItem<UNFENCED> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        while let Some(job) = this.next(Lane::Unfenced) {
            let run = job.run_unfenced();
            this.charge(Lane::Unfenced, &job, &run);
        }
    }
}

impl WorkItem<RELEASE> for Dispatcher {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        loop {
            let job = this.ready.lock().spent.pop_front();
            match job {
                Some(job) => job.release(),
                None => break,
            }
        }
    }
}
