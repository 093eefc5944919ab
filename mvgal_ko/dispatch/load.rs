// SPDX-License-Identifier: GPL-2.0

//! What a member does, in numbers, and the tokens by which jobs are counted there.

use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    Arc, //
};

use super::Dispatcher;

/// What a member does, in numbers.
pub(crate) struct Load {
    queued: Atomic<u32>,
    pub(super) running: Atomic<u32>,
    pub(super) done: Atomic<u64>,
    pub(super) busy_ns: Atomic<u64>,
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

impl Load {
    /// Of a member without jobs.
    pub(super) fn new() -> Self {
        Self {
            queued: Atomic::new(0),
            running: Atomic::new(0),
            done: Atomic::new(0),
            busy_ns: Atomic::new(0),
        }
    }

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
