// SPDX-License-Identifier: GPL-2.0

//! What an empty job costs from its making to its end, and how long after a fence has signalled a
//! job that depends on it is run. drm_sched.c does the same with drm_sched.

use super::{
    median_of,
    report,
    setup::Bench,
    ROUNDS, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};
use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        FenceAlloc,
        FenceContext, //
    },
    syncobj::Syncobj, //
};

/// Jobs of a measurement, as in drm_sched.c.
const JOBS: usize = 1000;

/// When a job was dispatched last, in ns.
static DISPATCHED_NS: Atomic<u64> = Atomic::new(0);

/// Notes when a job is dispatched.
pub(crate) fn dispatched(now_ns: u64) {
    DISPATCHED_NS.store(now_ns, Relaxed);
}

pub(super) fn run() -> Result {
    let bench = Bench::new()?;

    for batch in [1, 16, 1000] {
        let cost = median_of(ROUNDS, || jobs(&bench, batch))?;
        report(fmt!("mvgal_job_{batch}"), cost);
    }
    report(
        fmt!("mvgal_dependency"),
        median_of(JOBS, || dependency(&bench))?,
    );
    Ok(())
}

/// What a job costs, in batches of `batch`, all of which are gone before the next one is made.
fn jobs(bench: &Bench, batch: usize) -> Result<u64> {
    let start = monotonic_ns();
    let mut done = 0;
    while done < JOBS {
        bench.submit_empty(batch)?;
        bench.sched().wait_idle();
        done += batch;
    }
    let cost = monotonic_ns() - start;
    cost.checked_div(u64::try_from(done)?).ok_or(EINVAL)
}

/// The time from before a fence signals to the dispatch of the job that waits for it.
fn dependency(bench: &Bench) -> Result<u64> {
    let syncobj = Syncobj::new()?;
    let fence = FenceAlloc::new(GFP_KERNEL)?.init(&FenceContext::new(c"mvgal-bench", c"bench"));
    syncobj.replace_fence(&fence.fence());
    bench.submit_after(&syncobj)?;

    let start = monotonic_ns();
    fence.signal(Ok(()));
    bench.sched().wait_idle();
    Ok(DISPATCHED_NS.load(Relaxed).saturating_sub(start))
}
