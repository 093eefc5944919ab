// SPDX-License-Identifier: GPL-2.0

//! The fenced lane: running jobs whose fence is published, in a work item or where they come from.

use kernel::{
    list::{
        List,
        ListArc, //
    },
    sync::Arc,
    workqueue::WorkItem, //
};

use kernel_ext::clock::monotonic_ns;

use super::{
    Dispatcher,
    Lane,
    FENCED, //
};
use crate::job::{
    Job,
    Run, //
};

/// Longest work, in bytes, of jobs that run one after the other in the context of who submits them:
/// what takes about as long as to wake a work item up and to be woken up by it again.
const HERE_BYTES: u64 = 64 << 10;

/// Most jobs that run there at a time.
const HERE_JOBS: usize = 1024;

/// Most bytes that are moved while what fenced jobs held is kept, to be dropped together.
const KEEP_BYTES: u64 = 8 << 20;

/// Most fenced jobs of which that is kept.
const MAX_KEPT: u32 = 64;

impl Dispatcher {
    pub(super) fn run_fenced_here(self: &Arc<Self>) {
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
