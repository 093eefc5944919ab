// SPDX-License-Identifier: MIT OR Apache-2.0

//! Moving bytes between buffers of different members, by the best way there is.
//!
//! ```no_run
//! use mvgal::transfer::Transfer;
//! use mvgal::{Buffer, CopyEngine, Deadline, Device, Error};
//!
//! # fn example(device: &Device, from: &Buffer, to: &Buffer) -> mvgal::Result<()> {
//! // Members whose engines may be used, each once; the others' buffers are copied by the CPU.
//! let members = device.members()?;
//! let mut engines = Vec::new();
//! for member in members.iter().filter(|m| [from.member(), to.member()].contains(&m.id)) {
//!     match CopyEngine::attach(device, member) {
//!         Ok(engine) => engines.push(engine),
//!         Err(Error::NoEngine(why)) => eprintln!("{}: {why}", member.driver),
//!         Err(error) => return Err(error),
//!     }
//! }
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
//! What a driver refuses to import or to map has another way taken. All other errors, those of a
//! GPU that fails or was unplugged, say, and of memory that mvgal does not get, are the caller's.
//!
//! An engine that sees a buffer may stop to: memory moves, and the driver does not map it
//! again. Then what is left goes another way, unless one was asked for.
//!
//! # Deadlines
//!
//! What takes a [`Deadline`] waits until then at most, whatever it waits for: jobs, the trials of
//! what engines see, and drivers that change page tables. Then it ends with [`Error::TimedOut`].
//! What cannot be interrupted is one call into the kernel: when a driver allocates, imports or
//! maps memory, which may have other memory moved first, the call takes as long as it takes.

mod choice;
mod prepared;
mod probe;
mod route;
mod sight;
mod step;
mod way;

use std::ops::RangeInclusive;

pub use self::prepared::{Prepared, Transferred};
pub use self::route::Route;
pub use self::way::{By, Half, Way, Why};
use crate::buffer::Buffer;
use crate::deadline::Deadline;
use crate::device::Device;
use crate::engine::{CopyEngine, Span};
use crate::error::{Error, Result};
use crate::job::Priority;
use crate::member::MemberId;

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
#[must_use = "a transfer does nothing until it is run"]
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
    /// - [`Error::NoEngine`] if one was asked for, or the CPU cannot get at a member's memory, and
    ///   there is none that sees a buffer;
    /// - [`Error::NotByCpu`] if it would have to be the CPU, and that cannot get at a member's
    ///   memory;
    /// - [`Error::TimedOut`] if the deadline comes before the engines have shown what they see;
    /// - [`Error::Step`] if one failed when it was to show that;
    /// - what allocating memory of the host answers.
    pub fn route(&self, deadline: Deadline) -> Result<Route<'a>> {
        let (route, _) = choice::choose(self, deadline)?;
        Ok(route)
    }

    /// Chooses the way, and allocates what the chunks take on it.
    ///
    /// # Errors
    ///
    /// As [`route`](Self::route), and [`Error::Range`] if something is not inside of a
    /// buffer, or the ranges overlap.
    pub fn prepare(&self, deadline: Deadline) -> Result<Prepared<'a>> {
        // A short one has fewer chunks.
        let slots = self.chunks()?.take(self.slots.max(1)).count();
        let first = choice::choose(self, deadline)?;
        Prepared::new(self.clone(), first, slots, deadline)
    }

    /// Moves the bytes, once: [prepares](Self::prepare) it and [runs](Prepared::run) it.
    ///
    /// # Errors
    ///
    /// As these two.
    pub fn run(&self, deadline: Deadline, progress: impl FnMut(u64)) -> Result<Transferred> {
        self.prepare(deadline)?.run(deadline, progress)
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
