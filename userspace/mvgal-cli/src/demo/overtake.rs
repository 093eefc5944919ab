// SPDX-License-Identifier: MIT OR Apache-2.0

//! Jobs of rising priority on a blocked member: the urgent overtake.

use std::time::Duration;

use mvgal::{
    Allocation, Buffer, BufferFlags, Deadline, Device, Error, Job, MemberId, Pattern, Point,
    Priority, Syncobj, WaitMode,
};

use super::pattern::{self, Model, Rect};
use super::stage::Stage;
use crate::failure::Failure;
use crate::jobs::{Label, Part, Ran, Reports};

/// Jobs of rising priority.
const RACERS: u32 = 8;
/// The blocker and the racers.
const JOBS: usize = RACERS as usize + 1;
/// Bytes each racer fills.
const SLOT: u64 = 64 << 10;
/// Bytes the blocker copies: enough that the others wait for their turn when it
/// ends, for the kernel prepares them one after the other while it runs.
const BLOCK: u64 = 8 << 20;
/// Races to run at most, until one is in the order of priority. A busy machine
/// may let the blocker end before the last job is prepared.
const ATTEMPTS: u32 = 3;

/// What the race showed.
pub struct Race {
    pub jobs: Vec<Ran>,
    /// Priorities of the racers, in the order of their dispatch.
    pub order: Vec<u32>,
    /// Races that were run for it.
    pub attempts: u32,
}

impl Race {
    /// Whether every racer ran before all less urgent ones.
    pub fn in_order(&self) -> bool {
        self.order.is_sorted_by(|a, b| a >= b)
    }
}

/// The buffers of the race.
pub struct Overtaking {
    member: MemberId,
    name: String,
    /// What the racers write, a slot each.
    pub track: (Buffer, Model),
    /// What the blocker reads, and what it writes.
    pub blocks: [(Buffer, Model); 2],
    reports: Reports,
}

impl Overtaking {
    /// Prepares the race on the first stop.
    pub fn prepare(device: &Device, stage: &Stage, seed: u64) -> Result<Self, Error> {
        let stop = &stage.stops[0];
        // The blocker writes to the member too: jobs for buffers of one driver
        // wait for each other in any case.
        let there = |size| {
            let allocation = Allocation::linear(size).member(stop.id);
            device.alloc(&if stop.id.is_member() {
                allocation.flags(BufferFlags::GPU_VALID)
            } else {
                allocation
            })
        };
        let track = there(SLOT * u64::from(RACERS))?;
        let source = device.alloc(&Allocation::linear(BLOCK).flags(BufferFlags::HOST_VALID))?;
        let target = there(BLOCK)?;
        let mut model = Model::new(source.size() as usize, 0);
        model.write(0, &pattern::noise(!seed, BLOCK as usize));
        source.map()?.write_at(0, model.bytes())?;
        Ok(Overtaking {
            member: stop.id,
            name: stop.name.clone(),
            track: (track, Model::new(0, 0)),
            blocks: [(source, model.clone()), (target, model)],
            reports: Reports::new(device, JOBS)?,
        })
    }

    /// Runs races until one is in the order of priority.
    pub fn run(
        &mut self,
        device: &Device,
        stage: &Stage,
        levels: u32,
        timeout: Duration,
    ) -> Result<Race, Failure> {
        let mut attempts = 1;
        loop {
            let race = self.race(device, stage, levels, Deadline::after(timeout))?;
            if race.in_order() || attempts == ATTEMPTS {
                return Ok(Race { attempts, ..race });
            }
            attempts += 1;
        }
    }

    /// Runs a race. The blocker waits for a user point, which is then signalled, and
    /// all others wait for the blocker, so that they become ready in one moment.
    fn race(
        &mut self,
        device: &Device,
        stage: &Stage,
        levels: u32,
        deadline: Deadline,
    ) -> Result<Race, Failure> {
        let mut model = Model::new(self.track.0.size() as usize, 0);
        let gate = device.timeline()?;
        let ends = (0..JOBS)
            .map(|_| device.syncobj(false))
            .collect::<Result<Vec<_>, _>>()?;
        let mut part = Part::new(&self.reports);
        for (index, end) in ends.iter().enumerate() {
            let (label, priority, job) = match index.checked_sub(1) {
                None => {
                    let label = Label {
                        kind: "copy",
                        from: Some("host".to_owned()),
                        to: self.name.clone(),
                        bytes: BLOCK,
                    };
                    let job = Job::copy(&self.blocks[0].0, &self.blocks[1].0).bytes(BLOCK);
                    (label, 0, job)
                }
                Some(racer) => {
                    let label = Label {
                        kind: "fill",
                        from: None,
                        to: self.name.clone(),
                        bytes: SLOT,
                    };
                    let offset = SLOT * racer as u64;
                    let value = (0x0101_0101_0101_0101 * (racer as u64 + 1)) ^ (offset << 40);
                    let slot = Rect {
                        offset: offset as usize,
                        width: SLOT as usize,
                        height: 1,
                    };
                    model.fill(slot, &value.to_le_bytes());
                    let job = Job::fill(&self.track.0, Pattern::U64(value))
                        .dst_offset(offset)
                        .bytes(SLOT);
                    (label, racer_priority(racer as u32, levels), job)
                }
            };
            let job = match index {
                0 => job.wait_for(gate.point(1)),
                _ => job.wait_for(ends[0].binary()),
            };
            let job = job.signal(end.binary());
            part.push(label, self.member, Priority::new(priority)?, job);
        }
        let submitted = part.submit(device)?;
        gate.signal(1)?;
        let points: Vec<Point<'_>> = ends.iter().map(Syncobj::binary).collect();
        let waited = device.wait(&points, WaitMode::All, deadline)?;
        if let Some(late) = waited.outcomes.iter().position(|end| !end.signaled) {
            return Err(Failure::Device(Error::TimedOut {
                what: format!("syncobj {}", ends[late].handle()),
            }));
        }
        let jobs = submitted.reports(|id| stage.name_of(id))?;
        self.track.1 = model;
        let mut racers: Vec<&Ran> = jobs.iter().skip(1).collect();
        racers.sort_by_key(|job| job.sequence);
        Ok(Race {
            order: racers.iter().map(|job| job.priority).collect(),
            jobs,
            attempts: 1,
        })
    }
}

/// Priorities that rise from racer to racer, up to the highest there is.
fn racer_priority(racer: u32, levels: u32) -> u32 {
    ((racer + 1) * levels / RACERS).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn racers_rise_to_the_highest_level() {
        let priorities = |levels| {
            (0..RACERS)
                .map(|r| racer_priority(r, levels))
                .collect::<Vec<_>>()
        };
        assert_eq!(priorities(16), [1, 3, 5, 7, 9, 11, 13, 15]);
        assert_eq!(priorities(12), [0, 2, 3, 5, 6, 8, 9, 11]);
        assert_eq!(priorities(1), [0; 8]);
    }
}
