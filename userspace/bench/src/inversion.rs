// SPDX-License-Identifier: MIT OR Apache-2.0

//! A job of level 15 while ten thousand of level 0 are queued: how many are
//! dispatched before it, and how long it takes.

use std::os::fd::AsFd;

use mvgal::{Allocation, Buffer, BufferFlags, sys};

use crate::Result;
use crate::client::{Batch, Client, Steps, Work};
use crate::clock;
use crate::drm::{self, SwSync};
use crate::figures::Figures;

/// Jobs of level 0, in batches.
const LOW: usize = 10_000;
const BATCH: usize = 2000;

/// Measures it.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    // Whoever submits keeps the processor until it waits, so that all jobs of level
    // 0 are still queued by then.
    clock::real_time()?;
    let mut rig = Rig::new()?;
    let rounds = rounds.min(11);

    let mut overtaken = u64::MAX;
    let alone = clock::median_of(rounds, || Ok(rig.once(0)?.latency))?;
    let flooded = clock::median_of(rounds, || {
        let outcome = rig.once(LOW)?;
        // The worst round counts.
        overtaken = overtaken.min(outcome.overtaken);
        Ok(outcome.latency)
    })?;
    figures.add("inversion_overtaken", overtaken)?;
    figures.add("inversion_alone", alone)?;
    figures.add("inversion_flooded", flooded)?;
    Ok(())
}

struct Outcome {
    overtaken: u64,
    latency: u64,
}

struct Rig {
    low: Client,
    high: Client,
    sw_sync: SwSync,
    gate: Steps,
    low_done: Steps,
    high_done: Steps,
    report: Buffer,
    low_batch: Batch,
    high_batch: Batch,
}

impl Rig {
    fn new() -> Result<Self> {
        let (low, high) = (Client::open()?, Client::open()?);
        let report = high
            .device()
            .alloc(&Allocation::linear(4096).flags(BufferFlags::HOST_VALID))?;
        let host = sys::DRM_MVGAL_MEMBER_HOST;
        Ok(Rig {
            sw_sync: SwSync::new()?,
            gate: Steps::new(&low)?,
            low_done: Steps::new(&low)?,
            high_done: Steps::new(&high)?,
            low_batch: Batch::new(Work::Barrier, BATCH, host).priority(0),
            high_batch: Batch::new(Work::Barrier, 1, host)
                .priority(15)
                .report(report.handle()),
            report,
            low,
            high,
        })
    }

    /// One job of level 15 with `count` of level 0 queued.
    fn once(&mut self, count: usize) -> Result<Outcome> {
        let clock = clock::cost();
        let before = self.submit_high(clock)?.sequence;

        let mut ends = Vec::new();
        let gate = self.gate.next();
        let fence = self.sw_sync.fence(gate.point as u32)?;
        drm::import_sync_file(self.low.fd(), gate, fence.as_fd())?;
        self.low_batch.after(gate);
        for _ in 0..count / BATCH {
            let end = self.low_done.next();
            self.low_batch.signals(end);
            self.low.submit(&self.low_batch)?;
            ends.push(end);
        }
        self.sw_sync.advance()?;

        let high = self.submit_high(clock)?;
        for end in ends {
            self.low.wait(end)?;
        }
        let first = high.sequence - before - 1;
        Ok(Outcome {
            overtaken: (count as u64).saturating_sub(first),
            latency: high.latency,
        })
    }

    fn submit_high(&mut self, clock: u64) -> Result<High> {
        let done = self.high_done.next();
        self.high_batch.signals(done);
        let latency = clock::time(clock, || {
            self.high.submit(&self.high_batch)?;
            self.high.wait(done)
        })?;
        let mut bytes = [0; 8];
        let at = std::mem::offset_of!(sys::drm_mvgal_job_report, sequence);
        self.report.map()?.read_at(at, &mut bytes)?;
        Ok(High {
            sequence: u64::from_le_bytes(bytes),
            latency,
        })
    }
}

/// A job of level 15 that is over.
struct High {
    sequence: u64,
    latency: u64,
}
