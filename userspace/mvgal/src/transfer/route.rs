// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way between two buffers, with what one range takes on it.

use std::sync::Arc;

use nix::errno::Errno;

use super::Transfer;
use super::choice;
use super::probe;
use super::step::{self, Doer, Place, Range, Step};
use super::way::{Half, Way, Why};
use crate::batch::Batch;
use crate::buffer::{Allocation, Buffer, BufferFlags};
use crate::deadline::Deadline;
use crate::engine::{CopyEngine, EngineBuffer, EngineCopy, Span};
use crate::error::{Error, Result};
use crate::job::Job;
use crate::mapping::Mapping;
use crate::member::MemberId;
use crate::report::Report;
use crate::syncobj::Point;
use crate::timeline::Timeline;

/// What engines may read and write beside a range, at both ends together.
const MARGIN: u64 = 4096;
/// Jobs of one range, at most: a middle and two ends, each of which is read, put together
/// and written.
const MAX_JOBS: usize = 32;

/// An engine with the buffers that it sees.
#[derive(Debug)]
pub(super) struct Side {
    pub engine: CopyEngine,
    pub source: Option<EngineBuffer>,
    pub target: Option<EngineBuffer>,
}

impl Side {
    /// An engine that reads what it has imported.
    pub(super) fn reads((engine, source): (CopyEngine, EngineBuffer)) -> Self {
        Side {
            engine,
            source: Some(source),
            target: None,
        }
    }

    /// An engine that writes what it has imported.
    pub(super) fn writes((engine, target): (CopyEngine, EngineBuffer)) -> Self {
        Side {
            engine,
            source: None,
            target: Some(target),
        }
    }
}

/// What all ranges between two buffers have in common.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub transfer: Transfer<'a>,
    pub way: Way,
    pub why: Why,
    /// The engine at the source, if the way is staged and by one.
    pub up: Option<Side>,
    /// The engine at the target, or the one that sees both buffers.
    pub down: Option<Side>,
}

/// A buffer of the host, which the engines of a staged way see, too.
#[derive(Debug)]
struct Stage {
    up: Option<EngineBuffer>,
    down: Option<EngineBuffer>,
    buffer: Buffer,
}

/// A way between two buffers, and what one range at a time takes on it: memory of the host,
/// if it goes through that.
///
/// [`Transfer::route`](super::Transfer::route) makes it, and
/// [`Transfer::run`](super::Transfer::run) uses several at once for a long range.
#[derive(Debug)]
pub struct Route<'a> {
    pair: Arc<Pair<'a>>,
    room: u64,
    /// Has the bytes as the target wants them.
    stage: Option<Stage>,
    /// Has them as they came from the source.
    raw: Option<Stage>,
    /// A point for each step.
    timeline: Timeline,
    /// The last one that was promised.
    point: u64,
    reports: Buffer,
    reported: Mapping,
    /// What is under way: for each job its step.
    steps: Vec<Step>,
    copies: Vec<EngineCopy>,
}

impl Pair<'_> {
    /// The steps of a range.
    fn steps(&self, range: Range) -> Vec<Step> {
        let unit = |side: &Option<Side>| side.as_ref().map(|side| side.engine.unit());
        let mut steps = Vec::new();
        // Jobs of the CPU write to all copies of a buffer, engines to its own memory alone.
        let by_engine = self.down.is_some();
        match self.way {
            Way::Cpu { .. } => steps.push(Step {
                doer: Doer::Cpu,
                from: (Place::Source, range.src),
                to: (Place::Target, range.dst),
                bytes: range.bytes,
            }),
            Way::Engine { .. } => step::direct(range, unit(&self.down).unwrap_or(1), &mut steps),
            Way::Staged { .. } => {
                step::staged(range, unit(&self.up), unit(&self.down), &mut steps);
            }
        }
        if by_engine {
            steps.push(Step {
                doer: Doer::Copies,
                from: (Place::Target, range.dst),
                to: (Place::Target, range.dst),
                bytes: range.bytes,
            });
        }
        steps
    }

    /// The member whose queue a step of the CPU goes through.
    fn queue(&self, doer: Doer) -> MemberId {
        match (doer, self.way) {
            (Doer::Cpu, Way::Cpu { by }) => by,
            (Doer::CpuUp, Way::Staged { up, .. }) => up.queue(),
            (Doer::CpuDown, Way::Staged { down, .. }) => down.queue(),
            _ => MemberId::HOST,
        }
    }
}

impl Half {
    fn queue(self) -> MemberId {
        match self {
            Half::Engine(member) | Half::Cpu(member) => member,
        }
    }
}

impl<'a> Route<'a> {
    /// A route for ranges of up to a chunk.
    pub(super) fn new(pair: &Arc<Pair<'a>>, deadline: Deadline) -> Result<Self> {
        let (device, room) = (pair.transfer.device, pair.transfer.room());
        let reports = (MAX_JOBS * Report::SIZE) as u64;
        let reports = device.alloc(&Allocation::linear(reports).flags(BufferFlags::HOST_VALID))?;
        let mut route = Route {
            pair: pair.clone(),
            room,
            stage: None,
            raw: None,
            timeline: device.timeline()?,
            point: 0,
            reported: reports.map()?,
            reports,
            steps: Vec::new(),
            copies: Vec::new(),
        };
        if matches!(pair.way, Way::Staged { .. }) {
            // Now, so that it shows if an engine does not see it.
            route.stage = Some(route.new_stage(deadline)?);
        }
        Ok(route)
    }

    fn new_stage(&self, deadline: Deadline) -> Result<Stage> {
        let size = self.room.saturating_add(MARGIN);
        let allocation = Allocation::linear(size).flags(BufferFlags::DMA_BUF);
        let buffer = self.pair.transfer.device.alloc(&allocation)?;
        let import = |side: &Option<Side>| {
            side.as_ref()
                .map(|side| side.engine.import_until(&buffer, deadline))
                .transpose()
        };
        Ok(Stage {
            up: import(&self.pair.up)?,
            down: import(&self.pair.down)?,
            buffer,
        })
    }

    /// Has the engines of a staged way read what they have imported of the host, into itself.
    pub(super) fn probe(&self, deadline: Deadline) -> Result<()> {
        let Some(stage) = &self.stage else {
            return Ok(());
        };
        for (side, import) in [(&self.pair.up, &stage.up), (&self.pair.down, &stage.down)] {
            if let (Some(side), Some(import)) = (side, import) {
                let (device, engine) = (self.pair.transfer.device, &side.engine);
                probe::copy(device, engine, import, (import, engine.unit()), deadline)?;
            }
        }
        Ok(())
    }

    /// Goes another way from now on, after a range that [failed](Self::wait) because the engine
    /// does not see a buffer any more: memory has moved, and its driver does not map it again.
    /// The range is to be submitted again. [`way`](Self::way) and [`why`](Self::why) say what
    /// has changed.
    ///
    /// # Errors
    ///
    /// The error that is given, if that was not why, a way was asked for, or there is no other;
    /// or what [`Transfer::route`] answers for another.
    pub fn fall_back(&mut self, error: Error, deadline: Deadline) -> Result<()> {
        let (transfer, way) = (&self.pair.transfer, self.pair.way);
        let (route, _) = choice::fall_back(transfer, way, error, deadline)?;
        *self = route;
        Ok(())
    }

    /// The way.
    pub fn way(&self) -> Way {
        self.pair.way
    }

    /// Why it was taken.
    pub fn why(&self) -> &Why {
        &self.pair.why
    }

    /// Longest range in bytes.
    pub fn room(&self) -> u64 {
        self.room
    }

    /// How many jobs the range has that was submitted last; 0 if there was none.
    pub fn jobs(&self) -> usize {
        self.jobs_of_steps().sum()
    }

    /// Submits the copy of a range, given as offset in the source, offset in the target and
    /// bytes. It waits for points, and signals one when it has ended.
    ///
    /// Where an engine counts in units of several bytes, it writes what is beside the range
    /// in the first and the last unit, too, with the bytes that were there: nobody else may
    /// write to those meanwhile.
    ///
    /// It does not wait for the copy, but may have to allocate memory that the engines are to see.
    /// The deadline bounds that.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if it is not inside of both buffers, or longer than
    /// [`room`](Self::room); [`Error::Unfinished`] if the range before has not ended;
    /// [`Error::TimedOut`]; and what [`Batch::submit`] and [`CopyEngine::copy`] answer.
    pub fn submit(
        &mut self,
        (src, dst, bytes): (u64, u64, u64),
        after: &[Point<'_>],
        done: Option<Point<'_>>,
        deadline: Deadline,
    ) -> Result<()> {
        let (source, target) = (self.pair.transfer.source, self.pair.transfer.target);
        Span::Bytes(bytes).check((src, source.size()), (dst, target.size()))?;
        if bytes > self.room {
            let allowed = format!("at most {} on this route", self.room);
            return Err(Error::range("number of bytes to copy", bytes, allowed));
        }
        self.reclaim()?;
        self.steps = self.pair.steps(Range { src, dst, bytes });
        let queued = self.queue(after, done, deadline);
        match &queued {
            Ok(()) => self.point += self.steps.len() as u64,
            Err(_) => {
                self.copies.clear();
                self.steps.clear();
            }
        }
        queued
    }

    /// Prepares and submits the steps, all or none.
    fn queue(
        &mut self,
        after: &[Point<'_>],
        done: Option<Point<'_>>,
        deadline: Deadline,
    ) -> Result<()> {
        self.allocate(deadline)?;
        self.copies = self.prepare(deadline)?;
        self.enqueue(after, done)
    }

    /// Waits for the range that is under way.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]: what was submitted goes on. [`Error::Step`] with the step that
    /// failed, and why; what is in the target then is not known.
    pub fn wait(&self, deadline: Deadline) -> Result<()> {
        if self.point == 0 {
            return Ok(());
        }
        match self.timeline.wait(self.point, deadline) {
            Err(Error::Fence { errno, .. }) => Err(self.failure(errno)?),
            result => result,
        }
    }

    /// What went wrong first: those behind it were cancelled.
    fn failure(&self, last: Errno) -> Result<Error> {
        let jobs = self.steps.iter().zip(self.jobs_of_steps());
        let mut at = 0;
        for (step, jobs) in jobs {
            for job in at..at + jobs {
                match Report::read(&self.reported, job * Report::SIZE)?.error {
                    None | Some(Errno::ECANCELED) => {}
                    Some(errno) => return Ok(self.step_error(step, errno)),
                }
            }
            at += jobs;
        }
        Ok(match self.steps.last() {
            Some(step) => self.step_error(step, last),
            None => Error::Unfinished,
        })
    }

    fn step_error(&self, step: &Step, errno: Errno) -> Error {
        let place = |(place, offset): (Place, u64)| match place {
            Place::Source => format!("byte {offset} of the source"),
            Place::Target => format!("byte {offset} of the target"),
            Place::Stage | Place::Raw => "memory of the host".to_owned(),
        };
        let engine = self.side(step.doer).map(|side| side.engine.member());
        let by = match engine {
            Some(member) => format!("the engine of member {member}"),
            None => "the CPU".to_owned(),
        };
        let to = match step.doer {
            Doer::Copies => "the copies of it".to_owned(),
            _ => place(step.to),
        };
        Error::Step {
            step: format!(
                "copying {} bytes from {} to {to} by {by}",
                step.bytes,
                place(step.from),
            ),
            engine,
            errno,
        }
    }

    /// Takes back what the range before used.
    fn reclaim(&mut self) -> Result<()> {
        if self.point != 0 && self.timeline.value()? < self.point {
            return Err(Error::Unfinished);
        }
        self.copies.clear();
        Ok(())
    }

    /// Allocates the memory of the host that the steps need and earlier ones did not.
    fn allocate(&mut self, deadline: Deadline) -> Result<()> {
        let uses = |place| {
            let used = |step: &Step| step.from.0 == place || step.to.0 == place;
            self.steps.iter().any(used)
        };
        let (stage, raw) = (uses(Place::Stage), uses(Place::Raw));
        if stage && self.stage.is_none() {
            self.stage = Some(self.new_stage(deadline)?);
        }
        if raw && self.raw.is_none() {
            self.raw = Some(self.new_stage(deadline)?);
        }
        Ok(())
    }

    /// The engine of a step, if it is one's. Where one sees both buffers, it does all steps.
    fn side(&self, doer: Doer) -> Option<&Side> {
        match doer {
            Doer::Up => self.pair.up.as_ref().or(self.pair.down.as_ref()),
            Doer::Down => self.pair.down.as_ref(),
            Doer::CpuUp | Doer::CpuDown | Doer::Host | Doer::Cpu | Doer::Copies => None,
        }
    }

    /// A place as the engine of a step sees it.
    fn seen(&self, doer: Doer, place: Place) -> Option<&EngineBuffer> {
        let is_up = doer == Doer::Up && self.pair.up.is_some();
        match place {
            Place::Source => self.side(doer)?.source.as_ref(),
            Place::Target => self.side(doer)?.target.as_ref(),
            Place::Stage if is_up => self.stage.as_ref()?.up.as_ref(),
            Place::Stage => self.stage.as_ref()?.down.as_ref(),
            Place::Raw if is_up => self.raw.as_ref()?.up.as_ref(),
            Place::Raw => self.raw.as_ref()?.down.as_ref(),
        }
    }

    fn buffer(&self, place: Place) -> Option<&Buffer> {
        match place {
            Place::Source => Some(self.pair.transfer.source),
            Place::Target => Some(self.pair.transfer.target),
            Place::Stage => self.stage.as_ref().map(|stage| &stage.buffer),
            Place::Raw => self.raw.as_ref().map(|stage| &stage.buffer),
        }
    }

    /// The copies of engines, in the order of the steps.
    fn prepare(&self, deadline: Deadline) -> Result<Vec<EngineCopy>> {
        let mut copies = Vec::new();
        for step in &self.steps {
            let Some(side) = self.side(step.doer) else {
                continue;
            };
            let seen = |place| self.seen(step.doer, place).ok_or(Error::Unfinished);
            let from = (seen(step.from.0)?, step.from.1);
            let to = (seen(step.to.0)?, step.to.1);
            let span = Span::Bytes(step.bytes);
            copies.push(side.engine.copy_until(from, to, span, deadline)?);
        }
        Ok(copies)
    }

    /// How many jobs each step has.
    fn jobs_of_steps(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().map(|step| {
            self.side(step.doer)
                .map_or(1, |side| side.engine.jobs_of_a_copy())
        })
    }

    /// Submits the steps, each of which waits for the one before.
    fn enqueue(&self, after: &[Point<'_>], done: Option<Point<'_>>) -> Result<()> {
        let mut batch = self.pair.transfer.device.batch();
        let mut copies = self.copies.iter();
        let mut before = after.to_vec();
        for (step, point) in self.steps.iter().zip(self.point + 1..) {
            let point = self.timeline.point(point);
            let mut jobs = match self.side(step.doer).and_then(|_| copies.next()) {
                Some(copy) => copy.jobs(&before, point),
                None => vec![self.cpu_job(step, &before)?.signal(point)],
            };
            if let Some(done) = done.filter(|_| batch_ends(&self.steps, step))
                && let Some(last) = jobs.pop()
            {
                jobs.push(last.signal(done));
            }
            for job in jobs {
                let at = (batch.len() * Report::SIZE) as u64;
                batch = batch.job(
                    job.priority(self.pair.transfer.priority)
                        .report(&self.reports, at),
                );
            }
            before = vec![point];
        }
        Batch::submit(batch)
    }

    fn cpu_job<'j>(&'j self, step: &Step, after: &[Point<'j>]) -> Result<Job<'j>> {
        let buffer = |place| self.buffer(place).ok_or(Error::Unfinished);
        let job = match step.doer {
            Doer::Copies => Job::replicate(self.pair.transfer.target, MemberId::ANY),
            doer => Job::copy(buffer(step.from.0)?, buffer(step.to.0)?)
                .src_offset(step.from.1)
                .member(self.pair.queue(doer)),
        };
        let job = job.dst_offset(step.to.1).bytes(step.bytes);
        Ok(after.iter().fold(job, |job, &point| job.wait_for(point)))
    }
}

/// Whether a step is the last.
fn batch_ends(steps: &[Step], step: &Step) -> bool {
    steps.last().is_some_and(|last| std::ptr::eq(last, step))
}
