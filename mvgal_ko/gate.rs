// SPDX-License-Identifier: GPL-2.0

//! The gate that all passes which may touch a member. It is shut while the system sleeps.
//!
//! A published fence must signal while drivers suspend their devices: they wait for fences then, of
//! their own jobs and of others that these depend on, and of those who use what they are about to
//! move out of the memory that loses its power. So jobs that are armed are not stopped for the
//! sleep, as a freezable workqueue would: the gate is closed, and what has passed is waited for,
//! before user space is frozen. If that takes too long, the system does not sleep.
//!
//! What passes, and when it is over:
//!
//! - SUBMIT, for the call. Other calls wait until the gate is open again.
//! - COPY and FILL jobs and the like when they are armed, until their buffers are unmapped.
//! - NATIVE jobs when they are about to go to their member's driver, until it has them; what it has
//!   is its own to suspend. Before that they have no fence that anybody could wait for. So no queue
//!   of them keeps the system awake, however long, but a submission does that the driver does not
//!   get done, as it waits for the client's memory.
//! - Who drops what NATIVE jobs held that are over, or ends jobs, while at it: the last reference to
//!   a file or a buffer is the member's driver to free.
//!
//! Jobs that come to the gate later have no fence that anybody could wait for, either, and stay
//! there; and those that wait for a point without a fence stay where they are. Neither has its
//! buffers mapped meanwhile: that would keep them in the memory that loses its power.

use kernel::{
    list::{
        List,
        ListArc, //
    },
    new_condvar,
    new_spinlock_irq,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        CondVar,
        CondVarTimeoutResult,
        SpinLockIrq, //
    },
    time::Jiffies, //
};

use crate::{
    dispatch::Dispatcher,
    job::Job,
    scheduler::Scheduler, //
};

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/gate.rs"]
mod test;

/// Added to [`Gate::passages`] while nobody passes. There are never so many passages.
const CLOSED: u64 = 1 << 63;

/// Added to [`Gate::passages`] while SUBMIT does not pass.
const HELD: u64 = 1 << 62;

/// All that may be added.
const FLAGS: u64 = CLOSED | HELD;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All pass.
    Open,
    /// Nobody passes: the system is about to sleep, or sleeps.
    Closed,
    /// Nobody passes: the system is awake, and the gate is about to be opened.
    Waking,
    /// All pass but SUBMIT, which waits for what was stopped to go on.
    Opening,
}

impl State {
    /// What is added to [`Gate::passages`].
    fn flags(self) -> u64 {
        match self {
            State::Open => 0,
            State::Closed | State::Waking => CLOSED | HELD,
            State::Opening => HELD,
        }
    }
}

/// What did not pass.
pub(crate) struct Stopped {
    /// Jobs that were to be armed, in the order in which they came.
    pub(crate) jobs: List<Job>,
    /// Those with NATIVE jobs to submit, to end or to drop.
    pub(crate) dispatchers: List<Dispatcher>,
}

impl Stopped {
    const fn nobody() -> Self {
        Self {
            jobs: List::new(),
            dispatchers: List::new(),
        }
    }
}

struct Inner {
    state: State,
    stopped: Stopped,
}

/// See the module.
///
/// # Invariants
///
/// `passages` is the number of [`Passage`]s plus [`State::flags`], which change with `inner` locked.
#[pin_data]
pub(crate) struct Gate {
    passages: Atomic<u64>,
    #[pin]
    inner: SpinLockIrq<Inner>,
    /// Nobody has a passage any more.
    #[pin]
    left: CondVar,
    /// The gate is open.
    #[pin]
    opened: CondVar,
}

/// Counts who has passed and is not over.
pub(crate) struct Passage(Arc<Scheduler>);

impl Gate {
    /// An open one.
    pub(crate) fn new() -> impl PinInit<Self> {
        // INVARIANT: It is open, and there are no passages.
        pin_init!(Self {
            passages: Atomic::new(0),
            inner <- new_spinlock_irq!(
                Inner { state: State::Open, stopped: Stopped::nobody() },
                "mvgal::Gate::inner"
            ),
            left <- new_condvar!("mvgal::Gate::left"),
            opened <- new_condvar!("mvgal::Gate::opened"),
        })
    }

    fn pass_if(sched: &Arc<Scheduler>, may: impl Fn(u64) -> bool) -> Option<Passage> {
        let gate = sched.gate();
        let mut passages = gate.passages.load(Relaxed);
        while may(passages) {
            // INVARIANT: The passage is made below.
            match gate.passages.cmpxchg(passages, passages + 1, Full) {
                Ok(_) => return Some(Passage(sched.clone())),
                Err(now) => passages = now,
            }
        }
        None
    }

    /// Passes if the gate is open. In any context.
    pub(crate) fn enter(sched: &Arc<Scheduler>) -> Option<Passage> {
        Self::pass_if(sched, |passages| passages & CLOSED == 0)
    }

    /// Passes if the gate is open, or if others that have passed are not over: what they wait for
    /// may depend on it. In any context.
    pub(crate) fn join(sched: &Arc<Scheduler>) -> Option<Passage> {
        Self::pass_if(sched, |passages| passages != CLOSED | HELD)
    }

    /// Passes if the gate is open; otherwise the dispatcher is told when it is, by
    /// [`Dispatcher::go_on`]. In any context.
    pub(crate) fn enter_or_stop(dispatcher: &Arc<Dispatcher>) -> Option<Passage> {
        let sched = dispatcher.sched();
        loop {
            if let Some(passage) = Self::enter(sched) {
                return Some(passage);
            }
            let mut inner = sched.gate().inner.lock();
            if inner.state.flags() & CLOSED != 0 {
                // It may be there already.
                if let Ok(dispatcher) = ListArc::try_from_arc(dispatcher.clone()) {
                    inner.stopped.dispatchers.push_back(dispatcher);
                }
                return None;
            }
        }
    }

    /// Passes with a job that is about to be armed, or keeps it, with its buffers unmapped.
    ///
    /// Only to be called by a task, with no lock held, and without jobs that are held back although
    /// their fences are published.
    pub(crate) fn pass(
        sched: &Arc<Scheduler>,
        job: ListArc<Job>,
    ) -> Option<(ListArc<Job>, Passage)> {
        loop {
            if let Some(passage) = Self::enter(sched) {
                return Some((job, passage));
            }
            // It is in our hands alone, so that nobody arms it meanwhile. Who closes the gate waits
            // until it is parked, or does it.
            if let Some(_passage) = Self::join(sched) {
                job.park();
            }
            let mut inner = sched.gate().inner.lock();
            if inner.state.flags() & CLOSED != 0 {
                inner.stopped.jobs.push_back(job);
                return None;
            }
        }
    }

    /// Lets the current task pass with a call to SUBMIT, when the gate is open and what was stopped
    /// before goes on. With no lock held.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS` if the task has got a signal, or is to be frozen.
    pub(crate) fn admit(sched: &Arc<Scheduler>) -> Result<Passage> {
        let gate = sched.gate();
        loop {
            if let Some(passage) = Self::pass_if(sched, |passages| passages & HELD == 0) {
                return Ok(passage);
            }
            let mut inner = gate.inner.lock();
            while inner.state != State::Open {
                if gate.opened.wait_interruptible(&mut inner) {
                    return Err(ERESTARTSYS);
                }
            }
        }
    }

    /// Lets nobody pass any more, and waits until those are over that have.
    ///
    /// # Errors
    ///
    /// `EBUSY` if some are not over within `timeout`, `EINTR` if the task has got a signal. The
    /// gate is to be opened then.
    pub(crate) fn close(&self, timeout: Jiffies) -> Result {
        let mut inner = self.inner.lock();
        self.set(&mut inner, State::Closed);
        let mut left = timeout;
        while self.passages.load(Relaxed) & !FLAGS != 0 {
            match self.left.wait_interruptible_timeout(&mut inner, left) {
                CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
                CondVarTimeoutResult::Timeout => return Err(EBUSY),
                CondVarTimeoutResult::Signal { .. } => return Err(EINTR),
            }
        }
        Ok(())
    }

    /// Notes that the system is awake, so that [`Gate::open`] opens the gate. Waits for nothing.
    pub(crate) fn wake(&self) {
        let mut inner = self.inner.lock();
        if inner.state == State::Closed {
            self.set(&mut inner, State::Waking);
        }
    }

    /// Opens the gate if the system is awake. Returns what was stopped, which is to go on before
    /// [`Gate::readmit`] is called; `None` if the gate is not to be opened.
    pub(crate) fn open(&self) -> Option<Stopped> {
        let mut inner = self.inner.lock();
        if inner.state != State::Waking {
            return None;
        }
        self.set(&mut inner, State::Opening);
        Some(core::mem::replace(&mut inner.stopped, Stopped::nobody()))
    }

    /// Lets SUBMIT pass, too, unless the gate was closed again.
    pub(crate) fn readmit(&self) {
        let mut inner = self.inner.lock();
        if inner.state == State::Opening {
            self.set(&mut inner, State::Open);
            self.opened.notify_all();
        }
    }

    fn set(&self, inner: &mut Inner, state: State) {
        let old = core::mem::replace(&mut inner.state, state);
        // INVARIANT: Those of the old state were there. The flags of a state are not in its count.
        self.passages
            .fetch_add(state.flags().wrapping_sub(old.flags()), Full);
    }
}

impl Passage {
    /// Counts something more that has passed: what who has passed does.
    pub(crate) fn again(&self) -> Passage {
        // INVARIANT: The passage is made next.
        self.0.gate().passages.fetch_add(1, Relaxed);
        Passage(self.0.clone())
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let gate = self.0.gate();
        // INVARIANT: The passage goes.
        if gate.passages.fetch_sub(1, Full) == CLOSED + HELD + 1 {
            // With the lock, so that who is about to wait is not overlooked.
            let _inner = gate.inner.lock();
            gate.left.notify_all();
        }
    }
}
