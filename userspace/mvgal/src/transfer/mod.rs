// SPDX-License-Identifier: MIT OR Apache-2.0

//! Moving bytes between buffers of different members, by the best way there is.
//!
//! ```no_run
//! use mvgal::transfer::Transfer;
//! use mvgal::{Buffer, CopyEngine, Deadline, Device};
//!
//! # fn example(device: &Device, from: &Buffer, to: &Buffer) -> mvgal::Result<()> {
//! // Members whose engines may be used, each once; the others' buffers are copied by the CPU.
//! let members = device.members()?;
//! let ids = std::collections::BTreeSet::from([from.member().get(), to.member().get()]);
//! let engines: Vec<CopyEngine> = members
//!     .iter()
//!     .filter(|member| ids.contains(&member.id.get()))
//!     .filter_map(|member| CopyEngine::attach(device, member).ok())
//!     .collect();
//!
//! let transfer = Transfer::new(device, from, to).engines(&engines);
//! let done = transfer.run(Deadline::NEVER, |bytes| eprintln!("{bytes} bytes more"))?;
//! println!("{} bytes {}: {}", done.bytes, done.way, done.why);
//! # Ok(())
//! # }
//! ```
//!
//! # Ways
//!
//! 1. One engine copies directly: that of the target's member, or else that of the
//!    source's, if its driver imports the other buffer and can map it, which is tried.
//! 2. Through memory of the host, if there is an engine at one side at least, which does
//!    its half; the CPU does the other. The range is cut into chunks, and a fixed number of
//!    them is under way: while one goes down to the target, the next goes up from the
//!    source.
//! 3. The CPU copies directly, if there is no engine at all. The engine of a virtio GPU
//!    counts as none: all its memory is the guest's, and the copy would be the host's work.
//!
//! [`By`] narrows that. Which way was taken, and [why](Why), is part of what comes back.
//!
//! An engine that sees a buffer may stop to: memory moves, and the driver does not map it
//! again. Then what is left goes another way, unless one was asked for.

mod route;
mod step;
mod way;

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;

pub use self::route::Route;
use self::route::{Pair, Side};
pub use self::way::{By, Half, Way, Why};
use crate::buffer::{Allocation, Buffer, BufferFlags};
use crate::deadline::Deadline;
use crate::device::Device;
use crate::engine::{CopyEngine, EngineBuffer, NoEngine, Span};
use crate::error::{Call, Error, Result};
use crate::job::Priority;
use crate::member::MemberId;
use crate::refusal::Capability;

/// How long an engine may take to show that it sees a buffer.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a chunk costs, in bytes that are copied meanwhile: jobs are made and waited for, and
/// who copies is woken.
const COST: u64 = 32 << 10;
/// Bytes of a chunk, if nothing is said: the least and the most. Less is copied by the CPU
/// without a choice of how.
const CHUNKS: RangeInclusive<u64> = 512 << 10..=4 << 20;
/// Chunks that are under way, if nothing is said.
const SLOTS: usize = 4;
/// What chunks end at multiples of in the target: pages, so that the ends within a range are
/// in everybody's units.
const CUT: u64 = 4096;

/// A copy from one buffer to another, which is cut into chunks.
#[derive(Debug, Clone)]
pub struct Transfer<'a> {
    device: &'a Device,
    source: &'a Buffer,
    target: &'a Buffer,
    src_offset: u64,
    dst_offset: u64,
    bytes: Option<u64>,
    by: By,
    engines: Vec<&'a CopyEngine>,
    chunk: Option<u64>,
    slots: usize,
    priority: Priority,
    /// Why it is not the way it was.
    fallen: Option<Why>,
}

/// What a transfer did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transferred {
    /// Bytes that were moved.
    pub bytes: u64,
    /// Chunks that they were cut into.
    pub chunks: u64,
    /// The way they took, the last of them if not all took the same.
    pub way: Way,
    /// Why that.
    pub why: Why,
}

impl<'a> Transfer<'a> {
    /// A transfer of as many bytes as both buffers have.
    ///
    /// Engines import buffers, and only those that were allocated with
    /// [`DMA_BUF`](crate::BufferFlags::DMA_BUF) can be.
    pub fn new(device: &'a Device, source: &'a Buffer, target: &'a Buffer) -> Self {
        Transfer {
            device,
            source,
            target,
            src_offset: 0,
            dst_offset: 0,
            bytes: None,
            by: By::Auto,
            engines: Vec::new(),
            chunk: None,
            slots: SLOTS,
            priority: Priority::DEFAULT,
            fallen: None,
        }
    }

    /// First byte to read.
    pub fn src_offset(mut self, offset: u64) -> Self {
        self.src_offset = offset;
        self
    }

    /// First byte to write.
    pub fn dst_offset(mut self, offset: u64) -> Self {
        self.dst_offset = offset;
        self
    }

    /// How many bytes; if not called, as many as both buffers have behind their offsets.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// The way; [`By::Auto`] if not called.
    pub fn by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    /// Engines that may be used. Those of other members than the buffers' are not.
    pub fn engines(mut self, engines: impl IntoIterator<Item = &'a CopyEngine>) -> Self {
        self.engines.extend(engines);
        self
    }

    /// Bytes of a chunk: 512 KiB to 4 MiB if not called, more for a longer range. They are
    /// rounded up to whole pages.
    pub fn chunk(mut self, bytes: u64) -> Self {
        self.chunk = Some(bytes);
        self
    }

    /// Chunks that are under way at a time: 4 if not called, at least 1. Each takes as much
    /// memory of the host as it has bytes, where it goes through that, and twice as much
    /// where the engines count in units that the offsets do not fit together in.
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// How urgent the jobs are; [`Priority::DEFAULT`] if not called.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Prepares the way, for ranges of up to a chunk that the caller submits one by one.
    ///
    /// # Errors
    ///
    /// [`Error::NoEngine`] if one was asked for, or the CPU cannot get at a member's memory, and
    /// there is none that sees a buffer;
    /// [`Error::NotByCpu`] if it would have to be the CPU, and that cannot get at a member's
    /// memory; and what allocating memory of the host answers.
    pub fn route(&self) -> Result<Route<'a>> {
        let (route, _) = self.choose()?;
        Ok(route)
    }

    /// Chooses the way, and allocates what the chunks take on it.
    ///
    /// # Errors
    ///
    /// As [`route`](Self::route), and [`Error::Range`] if something is not inside of a
    /// buffer, or the ranges overlap.
    pub fn prepare(&self) -> Result<Prepared<'a>> {
        let chunks = self.chunks()?;
        // A short one has fewer chunks.
        let slots = chunks.take(self.slots.max(1)).count();
        let (first, pair) = self.choose()?;
        let mut prepared = Prepared {
            transfer: self.clone(),
            pair,
            slots,
            idle: vec![first],
            late: Vec::new(),
        };
        prepared.fill_up()?;
        Ok(prepared)
    }

    /// Moves the bytes, once: [prepares](Self::prepare) it and [runs](Prepared::run) it.
    ///
    /// # Errors
    ///
    /// As these two.
    pub fn run(&self, deadline: Deadline, progress: impl FnMut(u64)) -> Result<Transferred> {
        self.prepare()?.run(deadline, progress)
    }

    /// The range in chunks: offset in the source, offset in the target, bytes.
    fn chunks(&self) -> Result<impl Iterator<Item = (u64, u64, u64)> + use<>> {
        let (src, dst) = (self.src_offset, self.dst_offset);
        let (source, target) = (self.source, self.target);
        let bytes = self.length();
        Span::Bytes(bytes).check((src, source.size()), (dst, target.size()))?;
        if source.handle() == target.handle() && src.abs_diff(dst) < bytes {
            let allowed = format!("at least {bytes} bytes away from the source in one buffer");
            return Err(Error::range("target offset", dst, allowed));
        }
        Ok(cut(src, dst, bytes, self.room()))
    }

    /// How many bytes, if that many are inside of both buffers.
    fn length(&self) -> u64 {
        let rest = |size: u64, offset: u64| size.saturating_sub(offset);
        let source = rest(self.source.size(), self.src_offset);
        let target = rest(self.target.size(), self.dst_offset);
        self.bytes.unwrap_or(source.min(target))
    }

    /// Bytes of a chunk in whole pages.
    fn room(&self) -> u64 {
        self.chunk
            .unwrap_or_else(|| suitable_chunk(self.length()))
            .clamp(CUT, self.source.size().max(CUT))
            .next_multiple_of(CUT)
    }

    fn engine(&self, member: MemberId) -> Option<&'a CopyEngine> {
        let usable = |engine: &&&CopyEngine| {
            engine.member() == member && (self.by != By::Auto || engine.spares_the_cpu())
        };
        self.engines.iter().find(usable).copied()
    }

    /// Chooses a way and makes the first route.
    fn choose(&self) -> Result<(Route<'a>, Arc<Pair<'a>>)> {
        let (from, to) = (self.source.member(), self.target.member());
        let cpu = Way::Cpu {
            by: queue(if to.is_member() { to } else { from }),
        };
        if self.by == By::Cpu {
            return self.pair(cpu, Why::Asked, None, None);
        }
        let (up, down) = (self.engine(from), self.engine(to));
        if up.is_none() && down.is_none() && self.by != By::Staged {
            let idle = self
                .engines
                .iter()
                .any(|engine| [from, to].contains(&engine.member()));
            return match self.by {
                By::Engine => Err(NoEngine::NoneThere.into()),
                _ if idle => self.pair(cpu, Why::HostsEngine, None, None),
                _ => self.pair(cpu, Why::NoEngine, None, None),
            };
        }

        // Who sees both buffers.
        let mut unseen = None;
        if self.by != By::Staged {
            for engine in [down, up].into_iter().flatten() {
                let both = engine.import(self.source).and_then(|source| {
                    let target = engine.import(self.target)?;
                    for (buffer, import) in [(self.source, &source), (self.target, &target)] {
                        if buffer.member() != engine.member() {
                            self.sees(engine, import)?;
                        }
                    }
                    Ok((source, target))
                });
                match both {
                    Ok((source, target)) => {
                        let by = engine.member();
                        let side = side(engine, Some(source), Some(target));
                        return self.pair(Way::Engine { by }, Why::SeesBoth, None, Some(side));
                    }
                    Err(error) if is_refusal(&error) => {
                        unseen.get_or_insert((engine.member(), error.to_string()));
                    }
                    Err(error) => return Err(error),
                }
            }
        }

        // Who sees its own, and memory of the host.
        let half = |engine: Option<&CopyEngine>, buffer: &Buffer, is_up: bool| {
            // The host of a virtual machine does not see memory of the guest's kernel.
            let engine = engine.filter(|engine| engine.spares_the_cpu())?;
            let import = engine.import(buffer).ok()?;
            Some(if is_up {
                side(engine, Some(import), None)
            } else {
                side(engine, None, Some(import))
            })
        };
        let by = |side: &Option<Side>, member| match side {
            Some(side) => Half::Engine(side.engine.member()),
            None => Half::Cpu(queue(member)),
        };
        let mut refused = None;
        for (with_up, with_down) in [(true, true), (true, false), (false, true)] {
            let up = half(up.filter(|_| with_up), self.source, true);
            let down = half(down.filter(|_| with_down), self.target, false);
            // An engine that does not see the buffer of its own member is of no use.
            let Some(first) = up.as_ref().or(down.as_ref()) else {
                continue;
            };
            let first = first.engine.member();
            let why = match (refused.as_ref().or(unseen.as_ref()).cloned(), &up, &down) {
                (None, ..) => Why::Asked,
                (Some((by, reason)), Some(_), None) | (Some((by, reason)), None, Some(_))
                    if refused.is_none() =>
                {
                    Why::HalfAnEngine { by, reason }
                }
                (Some((by, reason)), ..) => Why::SeesOne { by, reason },
            };
            let both = up.is_some() && down.is_some();
            let way = Way::Staged {
                up: by(&up, from),
                down: by(&down, to),
            };
            let prepared = self.pair(way, why, up, down);
            match prepared.and_then(|(route, pair)| route.probe().map(|()| (route, pair))) {
                // The engine does not see memory of the host.
                Err(error) if is_refusal(&error) => {
                    let by = match &error {
                        Error::Step {
                            engine: Some(by), ..
                        } => *by,
                        _ => first,
                    };
                    refused.get_or_insert((by, error.to_string()));
                }
                result => return result,
            }
            // There are no others.
            if with_up && with_down && !both {
                break;
            }
        }
        match (self.by, refused.or(unseen)) {
            (By::Staged, _) => {
                let way = Way::Staged {
                    up: by(&None, from),
                    down: by(&None, to),
                };
                self.pair(way, Why::Asked, None, None)
            }
            (By::Engine, Some((_, reason))) => Err(NoEngine::SeesNothing { reason }.into()),
            (_, Some((by, reason))) => {
                let why = Why::SeesOne {
                    by,
                    reason: reason.clone(),
                };
                match self.pair(cpu, why, None, None) {
                    // What kept the engine from it is what there is to mend.
                    Err(Error::NotByCpu { member, refusal }) => Err(NoEngine::SeesNothing {
                        reason: format!(
                            "member {by}: {reason}; and the CPU cannot copy what is in memory of \
                             member {member}: {refusal}"
                        ),
                    }
                    .into()),
                    result => result,
                }
            }
            (_, None) => self.pair(cpu, Why::NoEngine, None, None),
        }
    }

    /// Checks that jobs of the CPU get at memory of a member.
    fn check_cpu(&self, member: MemberId) -> Result<()> {
        if !member.is_member() {
            return Ok(());
        }
        let members = self.device.members()?;
        let refused = members
            .get(member)
            .and_then(|member| member.refusals.why(Capability::Copy));
        match refused {
            None => Ok(()),
            Some(refusal) => Err(Error::NotByCpu { member, refusal }),
        }
    }

    /// Has an engine read the first bytes of what it has imported. Some drivers map what
    /// they import when it is first used, and only then find that they cannot.
    fn sees(&self, engine: &CopyEngine, import: &EngineBuffer) -> Result<()> {
        let host = Allocation::linear(engine.unit()).flags(BufferFlags::DMA_BUF);
        let host = self.device.alloc(&host)?;
        self.probe(engine, import, (&engine.import(&host)?, 0))
    }

    /// Has an engine copy the first bytes of what it has imported to somewhere else.
    fn probe(
        &self,
        engine: &CopyEngine,
        import: &EngineBuffer,
        to: (&EngineBuffer, u64),
    ) -> Result<()> {
        let copy = engine.copy((import, 0), to, Span::Bytes(engine.unit()))?;
        let timeline = self.device.timeline()?;
        let jobs = copy.jobs(&[], timeline.point(1));
        self.device.batch().jobs(jobs).submit()?;
        timeline
            .wait(1, Deadline::after(PATIENCE))
            .map_err(|error| match error {
                Error::Fence { errno, .. } => Error::Step {
                    step: "reading the first bytes of what was imported".to_owned(),
                    engine: Some(engine.member()),
                    errno,
                },
                error => error,
            })
    }

    /// The best way that is left when an engine of a way has failed because it does not see a
    /// buffer any more.
    ///
    /// # Errors
    ///
    /// That of the engine, if that was not why, a way was asked for, or there is no other.
    fn without_sight(&self, way: Way, error: Error) -> Result<(Route<'a>, Arc<Pair<'a>>)> {
        let by = match &error {
            Error::Step {
                engine: Some(by), ..
            } if is_lost_sight(&error) && (self.by == By::Auto || self.fallen.is_some()) => *by,
            _ => return Err(error),
        };
        let left: &[By] = match way {
            Way::Engine { .. } => &[By::Staged, By::Cpu],
            Way::Staged { .. } => &[By::Cpu],
            Way::Cpu { .. } => &[],
        };
        let reason = error.to_string();
        for &way in left {
            let next = Transfer {
                by: way,
                fallen: Some(Why::LostSight {
                    by,
                    reason: reason.clone(),
                }),
                ..self.clone()
            };
            match next.choose() {
                // What no engine does half of, the CPU does better at once.
                Ok((route, pair)) if way == By::Cpu || pair.up.is_some() || pair.down.is_some() => {
                    return Ok((route, pair));
                }
                _ => {}
            }
        }
        Err(error)
    }

    fn pair(
        &self,
        way: Way,
        why: Why,
        up: Option<Side>,
        down: Option<Side>,
    ) -> Result<(Route<'a>, Arc<Pair<'a>>)> {
        let (reads, writes) = match way {
            Way::Cpu { .. } => (true, true),
            Way::Engine { .. } => (false, false),
            Way::Staged { .. } => (up.is_none(), down.is_none()),
        };
        let by_cpu = [(reads, self.source), (writes, self.target)];
        for (_, buffer) in by_cpu.into_iter().filter(|(by_cpu, _)| *by_cpu) {
            self.check_cpu(buffer.member())?;
        }
        let pair = Arc::new(Pair {
            transfer: self.clone(),
            way,
            why: self.fallen.clone().unwrap_or(why),
            up,
            down,
        });
        Ok((Route::new(&pair)?, pair))
    }
}

/// A transfer with its way and all that it takes, which can be made again and again.
#[derive(Debug)]
pub struct Prepared<'a> {
    transfer: Transfer<'a>,
    pair: Arc<Pair<'a>>,
    /// How many routes there are to be.
    slots: usize,
    /// Routes of which none is in use: all of them, but for those that failed.
    idle: Vec<Route<'a>>,
    /// Routes whose chunks were under way when the time was up.
    late: Vec<Route<'a>>,
}

impl<'a> Prepared<'a> {
    /// The way.
    pub fn way(&self) -> Way {
        self.pair.way
    }

    /// Why it was taken.
    pub fn why(&self) -> &Why {
        &self.pair.why
    }

    /// Moves the bytes. `progress` is told the bytes of each chunk when it has arrived.
    ///
    /// If the engine does not see a buffer any more, the chunks that are left go another way,
    /// and so do later transfers.
    ///
    /// # Errors
    ///
    /// [`Error::Step`] if a step fails: no more chunks are submitted, and the jobs of those
    /// under way have ended when it returns; with `ETIME` and `ENODEV` an engine may still write
    /// to the target. [`Error::TimedOut`]: those go on, and a later
    /// call waits for them first. After an error it is not known which
    /// bytes of the target were written. And what submitting answers.
    pub fn run(
        &mut self,
        deadline: Deadline,
        mut progress: impl FnMut(u64),
    ) -> Result<Transferred> {
        let mut chunks = self.transfer.chunks()?;
        while let Some(route) = self.late.pop() {
            if let Err(error @ Error::TimedOut { .. }) = route.wait(deadline) {
                self.late.push(route);
                return Err(error);
            }
        }
        self.fill_up()?;
        // Those that did not arrive.
        let mut again: VecDeque<(u64, u64, u64)> = VecDeque::new();
        let mut running: VecDeque<(Route<'a>, (u64, u64, u64))> = VecDeque::new();
        let (mut bytes, mut count) = (0, 0);
        let mut failure: Option<Error> = None;
        loop {
            if failure.is_none()
                && !self.idle.is_empty()
                && let Some(chunk) = again.pop_front().or_else(|| chunks.next())
                && let Some(mut route) = self.idle.pop()
            {
                match route.submit(chunk, &[], None) {
                    Ok(()) => running.push_back((route, chunk)),
                    Err(error) => {
                        failure = Some(error);
                        again.push_back(chunk);
                        self.idle.push(route);
                    }
                }
                continue;
            }
            let Some((route, chunk)) = running.pop_front() else {
                match failure.take() {
                    None => break,
                    Some(error) => self.fall_back(error)?,
                }
                continue;
            };
            match route.wait(deadline) {
                Ok(()) => {
                    bytes += chunk.2;
                    count += 1;
                    progress(chunk.2);
                    self.idle.push(route);
                }
                // What may still be in use is not used again: the route goes.
                Err(error) => {
                    again.push_back(chunk);
                    // That an engine lost sight is no reason to go on after anything else.
                    let says_more = |known: &Error| is_lost_sight(known) && !is_lost_sight(&error);
                    let is_late = matches!(error, Error::TimedOut { .. });
                    if failure.as_ref().is_none_or(says_more) {
                        failure = Some(error);
                    }
                    if is_late {
                        self.late.push(route);
                    }
                }
            }
        }
        Ok(Transferred {
            bytes,
            chunks: count,
            way: self.pair.way,
            why: self.pair.why.clone(),
        })
    }

    /// Goes on by another way, if it is an import that has stopped to work, and there is one.
    fn fall_back(&mut self, error: Error) -> Result<()> {
        let (route, pair) = self.transfer.without_sight(self.pair.way, error)?;
        self.idle = vec![route];
        self.transfer = pair.transfer.clone();
        self.pair = pair;
        self.fill_up()
    }

    /// Makes the routes that are missing.
    fn fill_up(&mut self) -> Result<()> {
        while self.idle.len() < self.slots {
            self.idle.push(Route::new(&self.pair)?);
        }
        Ok(())
    }
}

/// The queue of a member for jobs of the CPU; that of the host for what is no member's.
fn queue(member: MemberId) -> MemberId {
    if member.is_member() {
        member
    } else {
        MemberId::HOST
    }
}

/// Whether an engine may have failed because it does not see a buffer any more: not if it was
/// reset, or hangs, as then it may still write to the target.
fn is_lost_sight(error: &Error) -> bool {
    let over = [
        Errno::EIO,
        Errno::ETIME,
        Errno::ENODEV,
        Errno::ECANCELED,
        Errno::EINTR,
    ];
    matches!(error, Error::Step { engine: Some(_), errno, .. } if !over.contains(errno))
}

/// Whether another way may work, as a driver cannot do it: it is not that mvgal could not.
fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Call(error) => {
            matches!(error.call, Call::Driver(_) | Call::ExportDmabuf)
                && !matches!(error.errno, Errno::ENODEV | Errno::EMFILE)
        }
        Error::Step { errno, .. } => *errno != Errno::ENODEV,
        Error::NoEngine(_) | Error::Virgl(_) | Error::NotByCpu { .. } => true,
        _ => false,
    }
}

fn side(engine: &CopyEngine, source: Option<EngineBuffer>, target: Option<EngineBuffer>) -> Side {
    Side {
        engine: engine.clone(),
        source,
        target,
    }
}

/// Bytes of a chunk for a range of so many.
///
/// While the first chunk goes up, and while the last one goes down, nothing else goes the other
/// way. So `n` chunks of a staged way take as long as `n + 1`, each with what it costs. That is
/// least where both losses are the same: for chunks of √(`bytes` × [`COST`]), rounded to a power
/// of two here.
fn suitable_chunk(bytes: u64) -> u64 {
    let square = bytes.saturating_mul(COST).max(1);
    (1_u64 << (square.ilog2() / 2)).clamp(*CHUNKS.start(), *CHUNKS.end())
}

/// Cuts a range where the target has whole pages.
fn cut(src: u64, dst: u64, bytes: u64, room: u64) -> impl Iterator<Item = (u64, u64, u64)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = dst + done;
        let end = (at - at % CUT + room).min(dst + bytes);
        let chunk = (src + done, at, end - at);
        done += chunk.2;
        (chunk.2 != 0).then_some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chunks_suit_the_range() {
        for (bytes, chunk) in [
            (0, 512 << 10),
            (4 << 20, 512 << 10),
            (16 << 20, 512 << 10),
            (64 << 20, 1 << 20),
            (256 << 20, 2 << 20),
            (1 << 40, 4 << 20),
            (u64::MAX, 4 << 20),
        ] {
            assert_eq!(suitable_chunk(bytes), chunk, "{bytes}");
        }
    }

    #[test]
    fn chunks_end_with_pages_of_the_target() {
        let chunks: Vec<_> = cut(100, 4095, 8194, 4096).collect();
        assert_eq!(
            chunks,
            [
                (100, 4095, 1),
                (101, 4096, 4096),
                (4197, 8192, 4096),
                (8293, 12288, 1)
            ]
        );
        assert_eq!(cut(0, 0, 5, 8192).collect::<Vec<_>>(), [(0, 0, 5)]);
    }

    proptest! {
        #[test]
        fn chunks_are_the_range(
            src in 0_u64..1 << 20,
            dst in 0_u64..1 << 20,
            bytes in 1_u64..1 << 20,
            pages in 1_u64..64,
        ) {
            let room = CUT * pages;
            let mut done = 0;
            for (from, to, length) in cut(src, dst, bytes, room) {
                prop_assert_eq!((from, to), (src + done, dst + done));
                prop_assert!(length > 0 && length <= room);
                done += length;
                prop_assert!(done == bytes || (to + length) % CUT == 0);
            }
            prop_assert_eq!(done, bytes);
        }
    }
}
