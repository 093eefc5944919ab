// SPDX-License-Identifier: GPL-2.0

//! The gate that jobs pass when they are armed. It is shut while the system sleeps.
//!
//! A published fence must signal while drivers suspend their devices: they wait for fences then, of
//! their own jobs and of others that these depend on, and of those who use what they are about to
//! move out of the memory that loses its power. So jobs that are armed are not stopped for the
//! sleep, as a freezable workqueue would: the gate is closed, and what is armed is waited for,
//! before user space is frozen. Of what is armed only NATIVE jobs wait for user space: for the
//! client's memory, while their driver reads it, and behind one another. If that takes too long,
//! the system does not sleep.
//!
//! Those that come to the gate later have no fence that anybody could wait for. They stay there,
//! and those that wait for a point without a fence stay where they are. Neither has its buffers
//! mapped meanwhile: that would keep them in the memory that loses its power.

use kernel::{
    list::{
        List,
        ListArc, //
    },
    new_condvar,
    new_mutex,
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        CondVar,
        CondVarTimeoutResult,
        Mutex,
        SpinLock, //
    },
    time::Jiffies, //
};

use crate::{
    job::Job,
    scheduler::Scheduler,
    timeline::Armable, //
};

/// How far the gate is shut.
enum State {
    /// Jobs pass.
    Open,
    /// No job passes, and some that did are not over.
    Closing,
    /// No job passes, and those that did are over.
    Shut,
}

struct Inner {
    state: State,
    /// Jobs that have passed and are not over.
    armed: u64,
    /// Those that wait to pass, in the order in which they came.
    kept: List<Job>,
}

/// See the module.
#[pin_data]
pub(crate) struct Gate {
    /// Held while the buffers of jobs are unmapped, which the gate must not open before.
    #[pin]
    parking: Mutex<()>,
    #[pin]
    inner: SpinLock<Inner>,
    #[pin]
    none_armed: CondVar,
}

/// Counts a job that has passed and is not over.
pub(crate) struct Passage(Arc<Scheduler>);

impl Gate {
    /// An open one.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            parking <- new_mutex!((), "mvgal::Gate::parking"),
            inner <- new_spinlock!(Inner {
                state: State::Open,
                armed: 0,
                kept: List::new(),
            }, "mvgal::Gate::inner"),
            none_armed <- new_condvar!("mvgal::Gate::none_armed"),
        })
    }

    /// Lets a job pass that is about to be armed, or keeps it, with its buffers unmapped.
    ///
    /// Only to be called by a task, with no lock held, and without jobs that are held back although
    /// their fences are published.
    pub(crate) fn pass(
        sched: &Arc<Scheduler>,
        job: ListArc<Job>,
    ) -> Option<(ListArc<Job>, Passage)> {
        let gate = sched.gate();
        loop {
            if let Some(passage) = Self::enter(sched) {
                return Some((job, passage));
            }
            let parking = gate.parking.lock();
            if !gate.inner.lock().is_open() {
                // It is in our hands alone, so that nobody else arms it meanwhile.
                job.park();
                gate.inner.lock().kept.push_back(job);
                return None;
            }
            drop(parking);
        }
    }

    /// Lets a job pass that is about to be armed, if the gate is open.
    pub(crate) fn enter(sched: &Arc<Scheduler>) -> Option<Passage> {
        let mut inner = sched.gate().inner.lock();
        if !inner.is_open() {
            return None;
        }
        inner.armed += 1;
        drop(inner);
        Some(Passage(sched.clone()))
    }

    /// Lets no job pass any more, and waits until those are over that have.
    ///
    /// # Errors
    ///
    /// `EBUSY` if some are not over within `timeout`, `EINTR` if the task has got a signal. The
    /// gate is open then.
    pub(crate) fn close(&self, timeout: Jiffies) -> Result {
        let mut inner = self.inner.lock();
        inner.state = State::Closing;
        let mut left = timeout;
        while inner.armed != 0 {
            let woken = self.none_armed.wait_interruptible_timeout(&mut inner, left);
            let error = match woken {
                CondVarTimeoutResult::Woken { jiffies } => {
                    left = jiffies;
                    continue;
                }
                CondVarTimeoutResult::Timeout => EBUSY,
                CondVarTimeoutResult::Signal { .. } => EINTR,
            };
            inner.state = State::Open;
            return Err(error);
        }
        inner.state = State::Shut;
        Ok(())
    }

    /// Unmaps the buffers of `jobs` that wait for a point without a fence, if the gate is shut.
    ///
    /// If it is not shut yet, who closes it will see the jobs. Only to be called by a task, and
    /// with no lock held.
    pub(crate) fn park<'a>(&self, jobs: impl Iterator<Item = &'a Arc<Job>>) {
        // Of no use otherwise, and not for free.
        if self.inner.lock().is_open() {
            return;
        }
        let _parking = self.parking.lock();
        if matches!(self.inner.lock().state, State::Shut) {
            jobs.for_each(|job| job.park());
        }
    }

    /// Lets jobs pass again. Those that it has kept are to be taken out.
    pub(crate) fn open(&self) {
        let _parking = self.parking.lock();
        self.inner.lock().state = State::Open;
    }

    /// Takes out what has been kept, unless the gate is not open.
    pub(crate) fn take_kept(&self) -> Armable {
        let mut inner = self.inner.lock();
        let kept = if inner.is_open() {
            core::mem::replace(&mut inner.kept, List::new())
        } else {
            List::new()
        };
        drop(inner);
        Armable::of(kept)
    }
}

impl Inner {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let gate = self.0.gate();
        let mut inner = gate.inner.lock();
        inner.armed -= 1;
        if inner.armed == 0 && !inner.is_open() {
            gate.none_armed.notify_all();
        }
    }
}
