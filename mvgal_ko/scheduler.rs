// SPDX-License-Identifier: GPL-2.0

//! What all dispatchers and clients share: the workqueues, the timelines, and the count of work
//! that is not over yet, so that unloading can wait for it.

#![allow(
    unsafe_code,
    reason = "the work macros of the `kernel` crate expand to it"
)]

use kernel::{
    impl_has_work, new_condvar, new_spinlock, new_work,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc,
        CondVar,
        SpinLock, //
    },
    workqueue::{
        Work,
        WorkItem, //
    },
};

use kernel_ext::workqueue::{
    OwnedQueue,
    QueueFlag, //
};

use crate::{
    copy_choice::CopyChoices,
    deadlines::Deadlines,
    flights::MAX_SLOTS,
    gate::Gate,
    job,
    module_parameters,
    timeline::{
        Armable,
        Timelines, //
    },
    wait::Waiting, //
};

/// What the administrator has set.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Longest time-out of a job, and that of those that name none, in ns.
    pub(crate) max_job_timeout_ns: u64,
    /// Most NATIVE jobs that one member has in flight.
    pub(crate) max_in_flight: u32,
    /// Most bytes that one client may allocate in buffers.
    pub(crate) max_client_bytes: u64,
}

impl Limits {
    /// Those of the module's parameters.
    pub(crate) fn of_module() -> Self {
        let timeout_ms = module_parameters::max_job_timeout_ms.value();
        let in_flight = module_parameters::max_in_flight.value();

        Self {
            max_job_timeout_ns: u64::from(timeout_ms.max(1)) * 1_000_000,
            max_in_flight: in_flight.clamp(1, MAX_SLOTS),
            max_client_bytes: match module_parameters::max_client_bytes.value() {
                0 => u64::MAX,
                bytes => bytes,
            },
        }
    }
}

/// The part of the scheduler that there is one of.
#[pin_data]
pub(crate) struct Scheduler {
    /// Runs what signals published fences: nothing here may allocate or take a `dma_resv` lock.
    pub(crate) fence_queue: OwnedQueue,
    /// Runs everything else.
    pub(crate) queue: OwnedQueue,
    /// Points that have no fence yet.
    #[pin]
    pub(crate) timelines: Timelines,
    limits: Limits,
    copy_choices: CopyChoices,
    /// See [`Scheduler::given_up`].
    given_up: Atomic<u64>,
    #[pin]
    deadlines: Deadlines,
    #[pin]
    gate: Gate,
    /// Dispatches so far, over all members.
    sequence: Atomic<u64>,
    /// Number given to the job created last.
    last_job: Atomic<u64>,
    /// Points of all clients that are watched.
    watched: Atomic<u32>,
    /// [`Open::closing`], for who may not lock.
    closing: Atomic<bool>,
    #[pin]
    open: SpinLock<Open>,
    #[pin]
    drained: CondVar,
    #[pin]
    recheck: Work<Scheduler>,
}

struct Open {
    /// Jobs and waits that are not over.
    count: u64,
    /// Set once mvgal itself goes away; nothing new is let in.
    closing: bool,
}

impl_has_work! {
    impl HasWork<Self> for Scheduler { self.recheck }
}

/// A job or a wait that unloading waits for.
pub(crate) struct Ticket {
    sched: Arc<Scheduler>,
    count: u64,
}

impl Scheduler {
    /// Creates the scheduler and its workqueues.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(limits: Limits) -> Result<Arc<Self>> {
        let fence_queue = OwnedQueue::new(
            QueueFlag::Unbound | QueueFlag::MemReclaim | QueueFlag::HighPri,
            0,
            fmt!("mvgal-fence"),
        )?;
        let queue = OwnedQueue::new(QueueFlag::Unbound, 0, fmt!("mvgal"))?;
        Arc::pin_init(
            pin_init!(Self {
                fence_queue,
                queue,
                timelines <- Timelines::new(),
                limits,
                copy_choices: CopyChoices::new(),
                given_up: Atomic::new(0),
                deadlines <- Deadlines::new(),
                gate <- Gate::new(),
                sequence: Atomic::new(0),
                last_job: Atomic::new(0),
                watched: Atomic::new(0),
                closing: Atomic::new(false),
                open <- new_spinlock!(Open { count: 0, closing: false }, "mvgal::Scheduler::open"),
                drained <- new_condvar!("mvgal::Scheduler::drained"),
                recheck <- new_work!("mvgal::Scheduler::recheck"),
            }),
            GFP_KERNEL,
        )
    }

    /// Lets `count` jobs or waits in.
    ///
    /// # Errors
    ///
    /// `ENODEV` once mvgal is going away.
    pub(crate) fn enter(self: &Arc<Self>, count: u64) -> Result<Ticket> {
        let mut open = self.open.lock();
        if open.closing {
            return Err(ENODEV);
        }
        open.count += count;
        Ok(Ticket {
            sched: self.clone(),
            count,
        })
    }

    /// Whether mvgal itself is going away. May be asked with interrupts off.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// What the administrator has set.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How copies are made.
    pub(crate) fn copy_choices(&self) -> &CopyChoices {
        &self.copy_choices
    }

    /// The time-out in ns of a job that asks for `asked`.
    pub(crate) fn timeout_ns(&self, asked: Option<u64>) -> u64 {
        let longest = self.limits.max_job_timeout_ns;
        asked.map_or(longest, |asked| asked.min(longest))
    }

    /// The ends of jobs' waits.
    pub(crate) fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// What stops all that must not be done while the system sleeps.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Has what the gate has stopped go on, elsewhere: the system is awake. Waits for nothing.
    pub(crate) fn wake(self: &Arc<Self>) {
        self.gate.wake();
        self.schedule_recheck();
    }

    /// Has what the gate has stopped go on, if the system is awake.
    fn go_on(self: &Arc<Self>) {
        let Some(mut stopped) = self.gate.open() else {
            return;
        };
        while let Some(dispatcher) = stopped.dispatchers.pop_front() {
            // Out of the list first, so that it can be stopped again.
            dispatcher.into_arc().go_on();
        }
        job::arm_all(Armable::of(stopped.jobs));
        // Those that have waited here are armed by now, and are not late for that.
        self.expire();
        self.gate.readmit();
    }

    /// Ends jobs that have waited too long, or leaves that to [`Scheduler::go_on`].
    pub(crate) fn expire(self: &Arc<Self>) {
        if let Some(_passage) = Gate::join(self) {
            self.deadlines.expire();
        }
    }

    /// How often fences of drivers were given up. If it changes, points that have a fence may have
    /// got another one.
    pub(crate) fn given_up(&self) -> u64 {
        self.given_up.load(Acquire)
    }

    /// Counts a fence that was given up, after its points got another one.
    pub(crate) fn note_given_up(&self) {
        self.given_up.fetch_add(1, Release);
    }

    /// The number of the dispatch that happens now; the first is 1.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Relaxed) + 1
    }

    /// A number that no other job has.
    pub(crate) fn next_job(&self) -> u64 {
        self.last_job.fetch_add(1, Relaxed) + 1
    }

    /// The number of points of all clients that are watched.
    pub(crate) fn watched(&self) -> &Atomic<u32> {
        &self.watched
    }

    /// Looks, soon and elsewhere, whether points got fences by other ways than ours, and whether the
    /// system is awake.
    pub(crate) fn schedule_recheck(self: &Arc<Self>) {
        // If it is queued already it has not looked yet, and will see what we saw.
        let _ = self.queue.enqueue(self.clone());
    }

    /// Looks now whether points got fences by other ways than ours.
    pub(crate) fn recheck(&self) {
        let mut armable = Armable::new();
        self.timelines.recheck(&mut armable);
        job::arm_all(armable);
    }

    /// Lets nothing in any more, ends all jobs that have not started with `ENODEV`, and waits until
    /// all jobs and waits are over. Those that wait for fences end in finite time.
    pub(crate) fn close(self: &Arc<Self>) {
        self.closing.xchg(true, Full);
        self.open.lock().closing = true;
        self.gate.wake();
        self.go_on();
        self.timelines.for_each_task(Waiting::interrupt);
        job::cancel_waiting(self, ENODEV, None, |_| true);
        self.deadlines.close();
        self.drain();
    }

    /// Waits until all jobs and waits are over.
    pub(crate) fn wait_idle(&self) {
        let mut open = self.open.lock();
        while open.count != 0 {
            self.drained.wait(&mut open);
        }
    }

    /// Waits until all jobs and waits are over, and the work items that saw to them.
    pub(crate) fn drain(&self) {
        self.wait_idle();

        // Whoever counted down last may still be on its way out of its work item.
        self.fence_queue.flush();
        self.queue.flush();
    }
}

impl WorkItem for Scheduler {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.go_on();
        this.recheck();
    }
}

impl Ticket {
    /// Takes one out, for a job of its own life. `None` if there is none left.
    pub(crate) fn split(&mut self) -> Option<Ticket> {
        self.count = self.count.checked_sub(1)?;
        Some(Ticket {
            sched: self.sched.clone(),
            count: 1,
        })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.count == 0 {
            return;
        }
        let mut open = self.sched.open.lock();
        open.count -= self.count;
        if open.count == 0 {
            self.sched.drained.notify_all();
        }
    }
}

/// Closes the scheduler when dropped: the last thing to go when mvgal is unbound.
pub(crate) struct Running(Arc<Scheduler>);

impl Running {
    /// Takes charge of closing `sched`.
    pub(crate) fn new(sched: Arc<Scheduler>) -> Self {
        Self(sched)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.close();
    }
}
