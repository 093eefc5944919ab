// SPDX-License-Identifier: GPL-2.0

//! The ends of jobs' waits for their in-syncs.
//!
//! What a job waits for may be up to its client alone, or to another driver that is stuck. Its
//! deadline ends that: a job that is not ready by then ends with `ETIME`. So a cycle of points that
//! wait for each other costs those who made it some time, and nobody else anything.
//!
//! The mutex here is taken while published fences wait for whoever takes it: nothing is allocated
//! under it.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        Arc,
        Mutex, //
    },
};

use kernel_ext::{
    alarm::Alarm,
    clock::monotonic_ns,
    sched::cond_resched, //
};

use crate::{
    job::Job,
    scheduler::Scheduler, //
};

/// A deadline in ns of CLOCK_MONOTONIC, and a number that tells jobs apart.
type Key = (u64, u64);

/// A place among the deadlines.
pub(crate) type DeadlineNode = RBTreeNodeReservation<Key, Arc<Job>>;

struct Inner {
    jobs: RBTree<Key, Arc<Job>>,
    /// Present from the first job on, until mvgal goes away.
    alarm: Option<Alarm>,
    /// What the alarm is set to; `u64::MAX` if it is not set.
    set_ns: u64,
}

/// Jobs that wait for in-syncs, or have waited and are not gone, by deadline.
#[pin_data]
pub(crate) struct Deadlines {
    #[pin]
    inner: Mutex<Inner>,
}

impl Deadlines {
    /// Creates an empty one.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_mutex!(Inner {
                jobs: RBTree::new(),
                alarm: None,
                set_ns: u64::MAX,
            }, "mvgal::Deadlines"),
        })
    }

    /// Adds those of the jobs that have a node for it. To be called before they are registered.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; then nothing was added.
    pub(crate) fn add(sched: &Arc<Scheduler>, jobs: &[Arc<Job>]) -> Result {
        if !jobs.iter().any(|job| job.has_deadline()) {
            return Ok(());
        }
        let mut alarm = None;
        let mut inner = sched.deadlines().inner.lock();
        if inner.alarm.is_none() {
            drop(inner);
            let target = sched.clone();
            alarm = Some(Alarm::new(move || target.expire())?);
            inner = sched.deadlines().inner.lock();
        }
        if inner.alarm.is_none() && !sched.is_closing() {
            inner.alarm = alarm.take();
        }
        for job in jobs {
            let node = job.with_setup(|setup| setup.deadline_node.take());
            if let Some(Some(node)) = node {
                let key = (job.deadline_ns(), job.key().1);
                inner.jobs.insert(node.into_node(key, job.clone()));
            }
        }
        inner.set();
        drop(inner);
        // Not under the lock, which what it calls would take.
        drop(alarm);
        Ok(())
    }

    /// Takes a job out that is over.
    pub(crate) fn remove(&self, job: &Job) {
        if !job.has_deadline() {
            return;
        }
        let mut inner = self.inner.lock();
        let node = inner.jobs.remove_node(&(job.deadline_ns(), job.key().1));
        drop(inner);
        drop(node);
    }

    /// Ends what is late. Only for who has passed the gate: the last reference to a buffer may be
    /// that of such a job.
    pub(crate) fn expire(&self) {
        let now_ns = monotonic_ns();
        loop {
            let mut inner = self.inner.lock();
            let first = inner.jobs.cursor_front_mut();
            let late = first.filter(|first| first.current().0 .0 <= now_ns);
            let Some(late) = late else {
                inner.set_ns = u64::MAX;
                inner.set();
                return;
            };
            let (_, node) = late.remove_current();
            drop(inner);
            let (_, job) = node.to_key_value();
            job.expire();
            drop(job);
            cond_resched();
        }
    }

    /// Sets no alarm any more: mvgal is going away, and has been marked so.
    pub(crate) fn close(&self) {
        let alarm = self.inner.lock().alarm.take();
        // Waits for a call, which takes the lock.
        drop(alarm);
    }

    /// Calls `f` for the jobs, by deadline, one at a time and with no lock held, until it returns
    /// `false`.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&Arc<Job>) -> bool) {
        let mut from = (0, 0);
        loop {
            let mut inner = self.inner.lock();
            let found = inner
                .jobs
                .cursor_lower_bound_mut(&from)
                .map(|cursor| (*cursor.current().0, cursor.current().1.clone()));
            drop(inner);
            let Some(((deadline, id), job)) = found else {
                return;
            };
            if !f(&job) {
                return;
            }
            from = (deadline, id + 1);
            cond_resched();
        }
    }
}

impl Inner {
    /// Sets the alarm to the first deadline, unless it comes earlier anyway.
    fn set(&mut self) {
        let first_ns = self.jobs.cursor_front().map(|first| first.current().0 .0);
        if let (Some(first_ns), Some(alarm)) = (first_ns, &self.alarm) {
            if first_ns < self.set_ns {
                self.set_ns = first_ns;
                alarm.set(first_ns);
            }
        }
    }
}
