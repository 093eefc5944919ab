// SPDX-License-Identifier: GPL-2.0

//! COPY and FILL jobs, against `memcpy()` and `memset()` to a buffer of the same kind that is mapped
//! already, in turns: what else the machine does meanwhile is the same for both.

use super::{
    median,
    report,
    setup::Bench, //
};
use crate::{
    args::transfer::{
        CopyPlan,
        CopyRequest,
        FillPlan,
        FillRequest, //
    },
    work::Work, //
};
use kernel::prelude::*;
use kernel_ext::{
    clock::monotonic_ns,
    uapi, //
};

/// Bytes of a transfer.
const SIZES: [usize; 6] = [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20];

/// Bytes moved for one figure, at least; and rounds, at most.
const BYTES: usize = 256 << 20;
const ROUNDS: usize = 101;

/// The byte that is written: not zero, which new memory is anyway.
const PATTERN: u64 = 0x5a;

pub(super) fn run() -> Result {
    let bench = Bench::new()?;
    for size in SIZES {
        let (src, dst) = (Bench::buffer(size)?, Bench::buffer(size)?);
        let rounds = BYTES
            .checked_div(size)
            .map_or(5, |rounds| rounds.clamp(5, ROUNDS));
        let len = u64::try_from(size)?;
        let kib = size >> 10;

        let bytes = VVec::from_elem(0xa5, size, GFP_KERNEL)?;
        let mut bare = KVec::with_capacity(rounds, GFP_KERNEL)?;
        let mut job = KVec::with_capacity(rounds, GFP_KERNEL)?;
        for _ in 0..rounds {
            let to = bench.map(&dst)?;
            // This is a single memcpy().
            bare.push(time(|| to.write(0, &bytes))?, GFP_KERNEL)?;
            // The job maps the buffers itself, which is a part of what it costs.
            drop(to);
            let cost = time(|| {
                bench.run(Work::Copy {
                    plan: copy(len)?,
                    src: bench.source(&src)?,
                    dst: bench.target(&dst)?,
                })
            })?;
            job.push(cost, GFP_KERNEL)?;
        }
        report(fmt!("memcpy_{kib}"), median(&mut bare));
        report(fmt!("copy_job_{kib}"), median(&mut job));

        bare.clear();
        job.clear();
        for _ in 0..rounds {
            let to = bench.map(&dst)?;
            // This is a single memset().
            bare.push(time(|| to.fill(0, PATTERN, 1, len))?, GFP_KERNEL)?;
            drop(to);
            let cost = time(|| {
                bench.run(Work::Fill {
                    plan: fill(len)?,
                    dst: bench.target(&dst)?,
                })
            })?;
            job.push(cost, GFP_KERNEL)?;
        }
        report(fmt!("memset_{kib}"), median(&mut bare));
        report(fmt!("fill_job_{kib}"), median(&mut job));
    }
    Ok(())
}

fn time(f: impl FnOnce() -> Result) -> Result<u64> {
    let start = monotonic_ns();
    f()?;
    Ok(monotonic_ns() - start)
}

fn copy(size: u64) -> Result<CopyPlan> {
    CopyRequest::new(&uapi::drm_mvgal_copy {
        src: 1,
        dst: 2,
        width: size,
        height: 1,
        ..Default::default()
    })?
    .plan(size, size, false)
}

fn fill(size: u64) -> Result<FillPlan> {
    FillRequest::new(&uapi::drm_mvgal_fill {
        dst: 1,
        pattern_size: 1,
        pattern: PATTERN,
        width: size,
        height: 1,
        ..Default::default()
    })?
    .plan(size)
}
