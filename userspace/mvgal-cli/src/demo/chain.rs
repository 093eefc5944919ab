// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies across all members in both directions, ordered by a timeline.

use mvgal::{
    Allocation, Buffer, BufferFlags, Deadline, Device, Error, Job, Pattern, Priority, Timeline,
};

use super::pattern::{self, Model, Rect};
use super::stage::{COLOR, Picture, ROW, SIDE, Stage};
use super::work::{self, Doer, Work};
use crate::failure::Failure;
use crate::jobs::{Label, Part, Ran, Reports};

/// Rows at the bottom of the picture that hold random bytes.
const NOISE_ROWS: u32 = SIDE / 2;
/// Jobs of a hop, at most: through the host by two engines, and a stamp by one.
const MOST_WORKS: usize = 5;
/// Pixels of a stamp, either way.
const STAMP: usize = 16;

/// The random bytes that go up from the host.
pub struct Upload {
    pub buffer: Buffer,
    pub model: Model,
}

/// The chain, with all that it needs to stay in memory.
pub struct Chain {
    pub upload: Upload,
    reports: Reports,
    timeline: Timeline,
}

impl Chain {
    /// Prepares the upload and the reports.
    pub fn prepare(device: &Device, stage: &Stage, seed: u64) -> Result<Self, Error> {
        let size = u64::from(ROW) * u64::from(NOISE_ROWS);
        let buffer = device.alloc(&Allocation::linear(size).flags(BufferFlags::HOST_VALID))?;
        let mut model = Model::new(buffer.size() as usize, ROW as usize);
        model.write(0, &pattern::noise(seed, size as usize));
        buffer.map()?.write_at(0, model.bytes())?;
        Ok(Chain {
            upload: Upload { buffer, model },
            reports: Reports::new(device, MOST_WORKS * stage.path.len() + 2)?,
            timeline: device.timeline()?,
        })
    }

    /// Runs it. Each job waits for the one before, and has a priority of its own
    /// as far as there are priorities.
    pub fn run(
        &self,
        device: &Device,
        stage: &mut Stage,
        levels: u32,
        deadline: Deadline,
    ) -> Result<Vec<Ran>, Failure> {
        self.expect(stage);
        let stops = &stage.stops;
        let first = &stage.path[0];
        let home = &stops[first.stop];
        let mut works = Vec::new();
        if !stage.rendered {
            let color = Pattern::U32(COLOR.argb8888());
            works.extend(work::fill(home, first, Picture::ALL, color)?);
        }
        works.push(Work {
            label: Label {
                kind: "copy",
                from: Some("host".to_owned()),
                to: home.name.clone(),
                bytes: self.upload_bytes(),
            },
            member: home.id,
            doer: Doer::Cpu(
                Job::copy(&self.upload.buffer, &first.buffer)
                    .dst_offset(noise_offset(first) as u64)
                    .rows(ROW.into(), NOISE_ROWS, ROW, first.pitch),
            ),
        });
        for (hop, pair) in stage.path.windows(2).enumerate() {
            let (src, dst) = (&pair[0], &pair[1]);
            let (from, to) = (&stops[src.stop], &stops[dst.stop]);
            works.extend(work::copy(device, (from, src), (to, dst))?);
            let color = Pattern::U32(stamp_color(hop));
            works.extend(work::fill(to, dst, stamp(hop, dst), color)?);
        }

        let mut part = Part::new(&self.reports);
        for work in &works {
            self.link(&mut part, levels, work)?;
        }
        let last = part.len() as u64;
        let submitted = part.submit(device)?;
        match self.timeline.wait(last, deadline) {
            // Which job it was, its report says.
            Ok(()) | Err(Error::Fence { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        submitted.reports(|id| stage.name_of(id))
    }

    /// Adds a job that waits for the one before.
    fn link<'a>(
        &'a self,
        part: &mut Part<'a>,
        levels: u32,
        work: &'a Work<'a>,
    ) -> Result<(), Error> {
        let point = part.len() as u64;
        // 5 has no factor in common with 16 or 12: no level comes twice before
        // all have been used.
        let priority = Priority::new((part.len() as u32 * 5 + 2) % levels.max(1))?;
        let (after, done) = (self.timeline.point(point), self.timeline.point(point + 1));
        let after: &[_] = if point == 0 { &[] } else { &[after] };
        let jobs = match &work.doer {
            Doer::Cpu(job) => {
                let job = after.iter().fold(job.clone(), |job, &p| job.wait_for(p));
                vec![job.signal(done)]
            }
            // GPUs that the kernel cannot copy for have engines whose copies are one job.
            Doer::Engine(copy) => copy.jobs(after, done),
        };
        for job in jobs {
            part.push(work.label.clone(), work.member, priority, job);
        }
        Ok(())
    }

    /// Does to the models what the jobs do to the buffers.
    fn expect(&self, stage: &mut Stage) {
        let rendered = stage.rendered;
        let Some((first, rest)) = stage.path.split_first_mut() else {
            return;
        };
        if !rendered {
            first
                .model
                .fill(Picture::ALL, &COLOR.argb8888().to_le_bytes());
        }
        let noise = Rect {
            offset: noise_offset(first),
            width: ROW as usize,
            height: NOISE_ROWS as usize,
        };
        first.model.copy(noise, &self.upload.model, 0);
        let mut before = first.model.clone();
        for (hop, picture) in rest.iter_mut().enumerate() {
            picture.model.copy(Picture::ALL, &before, 0);
            let stamp = stamp(hop, picture);
            picture.model.fill(stamp, &stamp_color(hop).to_le_bytes());
            before = picture.model.clone();
        }
    }

    fn upload_bytes(&self) -> u64 {
        u64::from(ROW) * u64::from(NOISE_ROWS)
    }
}

fn noise_offset(picture: &Picture) -> usize {
    (SIDE - NOISE_ROWS) as usize * picture.pitch as usize
}

/// Where a hop leaves its mark: beside those of the hops before, so that the last
/// picture shows that all of them came, and in which order.
fn stamp(hop: usize, picture: &Picture) -> Rect {
    let per_row = SIDE as usize / STAMP;
    let rows = (SIDE - NOISE_ROWS) as usize / STAMP;
    let (x, y) = (hop % per_row, hop / per_row % rows);
    Rect {
        offset: y * STAMP * picture.pitch as usize + x * STAMP * 4,
        width: STAMP * 4,
        height: STAMP,
    }
}

/// Colour of a hop's mark; different for each.
fn stamp_color(hop: usize) -> u32 {
    0xff00_0000 | (hop as u32 + 1).wrapping_mul(0x003d_5c7b) & 0x00ff_ffff
}
