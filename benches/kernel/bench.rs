// SPDX-License-Identifier: GPL-2.0

//! Measures what has no system call of its own, when the module is loaded that is built with
//! `MVGAL_BENCH=y`. docs/benchmarks.md says what is compared with what.
//!
//! Results are lines of the kernel's log, "mvgal-bench: NAME VALUE", in ns of `CLOCK_MONOTONIC`,
//! which is instructions under QEMU's -icount.

mod jobs;
mod run_queue;
mod setup;
mod transfer;

pub(crate) use self::jobs::dispatched;

use kernel::{
    fmt,
    prelude::*, //
};

/// Measurements of each figure, of which the median counts. drm_sched.c has the same number.
const ROUNDS: usize = 21;

/// Measures everything, once.
pub(crate) fn run() {
    if let Err(err) = run_queue::run()
        .and_then(|()| jobs::run())
        .and_then(|()| transfer::run())
    {
        pr_err!("mvgal-bench: failed {}\n", err.to_errno());
    }
}

fn report(name: fmt::Arguments<'_>, value: u64) {
    pr_info!("mvgal-bench: {} {}\n", name, value);
}

fn median(samples: &mut [u64]) -> u64 {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or(0)
}

/// Returns the median of what `sample` returns, without its first result: that one warms up.
fn median_of(rounds: usize, mut sample: impl FnMut() -> Result<u64>) -> Result<u64> {
    let mut samples = KVec::with_capacity(rounds, GFP_KERNEL)?;

    sample()?;
    for _ in 0..rounds {
        samples.push(sample()?, GFP_KERNEL)?;
    }
    Ok(median(&mut samples))
}
