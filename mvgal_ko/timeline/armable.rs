// SPDX-License-Identifier: GPL-2.0

//! Who is to be told that points got their fences, once nothing is locked any more.

use kernel::{
    list::{
        List,
        ListArc, //
    },
    sync::Arc, //
};

use crate::{
    job::Job,
    wait::Waiting, //
};

/// Jobs whose in-syncs all have fences, on their way to [`Job::arm`](crate::job::arm_all), and
/// tasks to wake up.
///
/// A task that is woken up while the timelines are locked would wait for that lock next.
pub(crate) struct Armable {
    jobs: List<Job>,
    tasks: List<Waiting>,
}

impl Armable {
    /// Creates one without jobs and tasks.
    pub(crate) fn new() -> Self {
        Self {
            jobs: List::new(),
            tasks: List::new(),
        }
    }

    /// Creates one with these jobs, and without tasks.
    pub(crate) fn of(jobs: List<Job>) -> Self {
        Self {
            jobs,
            tasks: List::new(),
        }
    }

    /// Adds a job. It is in one list at a time: it leaves this one before it can enter a run queue.
    pub(super) fn push(&mut self, job: Arc<Job>) {
        if let Ok(job) = ListArc::try_from_arc(job) {
            self.jobs.push_back(job);
        }
    }

    /// Adds a task, unless somebody else is about to wake it up.
    pub(super) fn push_task(&mut self, task: Arc<Waiting>) {
        if let Ok(task) = ListArc::try_from_arc(task) {
            self.tasks.push_back(task);
        }
    }

    /// Wakes the tasks up.
    pub(crate) fn wake(&mut self) {
        while let Some(task) = self.tasks.pop_front() {
            // Out of the list first, so that who resolves its next point wakes it up again.
            task.into_arc().wake();
        }
    }

    /// Takes the next job out, and wakes the tasks up.
    pub(crate) fn next(&mut self) -> Option<ListArc<Job>> {
        self.wake();
        self.jobs.pop_front()
    }
}

impl Drop for Armable {
    fn drop(&mut self) {
        self.wake();
    }
}
