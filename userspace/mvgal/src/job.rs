// SPDX-License-Identifier: MIT OR Apache-2.0

//! Jobs and their priorities.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::affinity::Attachment;
use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::member::MemberId;
use crate::native::NativeCommand;
use crate::syncobj::Point;

/// How urgent a job is: 0 (lowest) to 15.
///
/// Levels above [`MAX_UNPRIVILEGED`](Self::MAX_UNPRIVILEGED) need
/// `CAP_SYS_NICE`.
///
/// ```
/// use mvgal::Priority;
///
/// assert!(Priority::new(3)? < Priority::new(4)?);
/// assert_eq!(Priority::new(15)?, Priority::MAX);
/// let error = Priority::new(16).unwrap_err();
/// assert_eq!(error.to_string(), "priority is 16; it must be 0 to 15");
/// # Ok::<(), mvgal::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// The lowest.
    pub const MIN: Priority = Priority(0);
    /// What jobs have that do not say.
    pub const DEFAULT: Priority = Priority(5);
    /// The highest without `CAP_SYS_NICE`.
    pub const MAX_UNPRIVILEGED: Priority = Priority(11);
    /// The highest.
    pub const MAX: Priority = Priority(15);

    /// A priority from 0 to 15.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for all others.
    pub fn new(level: u32) -> Result<Self> {
        u8::try_from(level)
            .ok()
            .filter(|&level| level <= Self::MAX.0)
            .map(Priority)
            .ok_or(Error::Range {
                what: "priority",
                value: level.into(),
                allowed: "0 to 15".into(),
            })
    }

    /// The level as a number.
    pub fn get(self) -> u32 {
        self.0.into()
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// What a fill writes, again and again, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// One byte.
    U8(u8),
    /// Two bytes.
    U16(u16),
    /// Four bytes: a pixel, say.
    U32(u32),
    /// Eight bytes.
    U64(u64),
}

impl Pattern {
    /// Bytes of the pattern, and the pattern with zeros above.
    pub(crate) fn to_raw(self) -> (u32, u64) {
        match self {
            Pattern::U8(value) => (1, value.into()),
            Pattern::U16(value) => (2, value.into()),
            Pattern::U32(value) => (4, value.into()),
            Pattern::U64(value) => (8, value),
        }
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind<'a> {
    Copy { src: &'a Buffer, dst: &'a Buffer },
    Fill { dst: &'a Buffer, pattern: Pattern },
    Native(NativeCommand<'a>),
    Replicate { buffer: &'a Buffer },
    Barrier,
}

/// Where in the buffers: bytes, or rows of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All that is behind the offsets.
    Rest,
    Bytes(u64),
    Rows {
        width: u64,
        height: u32,
        src_pitch: u32,
        dst_pitch: u32,
    },
}

/// A job to submit in a [`Batch`](crate::Batch).
///
/// Offsets and lengths are bytes. If no length is given, a copy takes as many
/// bytes as both buffers have behind their offsets, and a fill goes to the end.
/// Other kinds of jobs have neither.
///
/// ```no_run
/// # use mvgal::*;
/// # fn example(device: &Device, source: &Buffer, target: &Buffer) -> mvgal::Result<()> {
/// let timeline = device.timeline()?;
/// let job = Job::copy(source, target)
///     .dst_offset(4096)
///     .bytes(8192)
///     .member(target.member())
///     .priority(Priority::new(11)?)
///     .wait_for(timeline.point(1))
///     .signal(timeline.point(2));
/// device.batch().job(job).submit()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Job<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) src_offset: u64,
    pub(crate) dst_offset: u64,
    pub(crate) extent: Extent,
    pub(crate) priority: Priority,
    pub(crate) member: MemberId,
    pub(crate) implicit_sync: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) in_syncs: Vec<Point<'a>>,
    pub(crate) out_syncs: Vec<Point<'a>>,
    pub(crate) report: Option<(&'a Buffer, u64)>,
    pub(crate) traffic: bool,
    /// Set when it was submitted.
    pub(crate) submitted: Option<&'a AtomicBool>,
}

impl<'a> Job<'a> {
    fn new(kind: Kind<'a>) -> Self {
        Job {
            kind,
            src_offset: 0,
            dst_offset: 0,
            extent: Extent::Rest,
            priority: Priority::DEFAULT,
            member: MemberId::ANY,
            implicit_sync: false,
            timeout: None,
            in_syncs: Vec::new(),
            out_syncs: Vec::new(),
            report: None,
            traffic: false,
            submitted: None,
        }
    }

    /// Copies from one buffer to another, or within one without overlap.
    pub fn copy(src: &'a Buffer, dst: &'a Buffer) -> Self {
        Self::new(Kind::Copy { src, dst })
    }

    /// Fills a buffer with a pattern.
    pub fn fill(dst: &'a Buffer, pattern: Pattern) -> Self {
        Self::new(Kind::Fill { dst, pattern })
    }

    /// Hands a command of the client's own to the driver of `member`, which is
    /// attached.
    ///
    /// Its out-syncs get the driver's own fence when it was submitted, and not
    /// before. It takes no [`implicit_sync`](Self::implicit_sync): that is the
    /// driver's business.
    pub fn native(member: MemberId, command: NativeCommand<'a>) -> Self {
        Self::new(Kind::Native(command)).member(member)
    }

    /// The same by the file of this attachment alone, if it is a native job.
    pub(crate) fn through(mut self, attachment: Attachment) -> Self {
        if let Kind::Native(command) = &mut self.kind {
            *command = command.through(attachment);
        }
        self
    }

    /// Copies what `member`, or the host, has of a buffer to all other copies of it, see
    /// [`REPLICATED`](crate::BufferFlags::REPLICATED). With
    /// [`MemberId::ANY`] it is the memory of the buffer that is copied, wherever that is.
    ///
    /// [`dst_offset`](Self::dst_offset) is the first byte, and of the pitches of
    /// [`rows`](Self::rows) that of the destination counts.
    pub fn replicate(buffer: &'a Buffer, member: MemberId) -> Self {
        Self::new(Kind::Replicate { buffer }).member(member)
    }

    /// Does nothing: it gathers the points it waits for in those it signals.
    pub fn barrier() -> Self {
        Self::new(Kind::Barrier)
    }

    /// First byte to read; a fill reads nothing and ignores it.
    pub fn src_offset(mut self, offset: u64) -> Self {
        self.src_offset = offset;
        self
    }

    /// First byte to write.
    pub fn dst_offset(mut self, offset: u64) -> Self {
        self.dst_offset = offset;
        self
    }

    /// How many bytes, not 0; of a fill, a multiple of the pattern.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.extent = Extent::Bytes(bytes);
        self
    }

    /// `height` rows of `width` bytes, neither 0.
    ///
    /// From row to row it is `src_pitch` and `dst_pitch` bytes, at least
    /// `width`; a fill ignores `src_pitch`, and one row needs no pitch.
    pub fn rows(mut self, width: u64, height: u32, src_pitch: u32, dst_pitch: u32) -> Self {
        self.extent = Extent::Rows {
            width,
            height,
            src_pitch,
            dst_pitch,
        };
        self
    }

    /// How urgent it is; [`Priority::DEFAULT`] if not called.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The member whose queue it goes through; any if not called.
    pub fn member(mut self, member: MemberId) -> Self {
        self.member = member;
        self
    }

    /// Another point to wait for.
    ///
    /// If it carries an error the job is not run and ends with `ECANCELED`.
    pub fn wait_for(mut self, point: Point<'a>) -> Self {
        self.in_syncs.push(point);
        self
    }

    /// Another point to signal when the job ends.
    pub fn signal(mut self, point: Point<'a>) -> Self {
        self.out_syncs.push(point);
        self
    }

    /// Where to note that the job was submitted.
    pub(crate) fn note_submission(mut self, submitted: &'a AtomicBool) -> Self {
        self.submitted = Some(submitted);
        self
    }

    /// Orders the job by the fences of its buffers as well.
    pub fn implicit_sync(mut self) -> Self {
        self.implicit_sync = true;
        self
    }

    /// How long the job may wait for its in-syncs, and a native one may be with
    /// the driver, before it ends with `ETIME`.
    ///
    /// More than [`Capabilities::max_job_timeout`](crate::Capabilities::max_job_timeout)
    /// is as much as that, and so is no time-out at all. Zero is 1 ns.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Where to write a [`Report`](crate::Report): a buffer of the host and an
    /// offset into it, a multiple of 8.
    pub fn report(mut self, buffer: &'a Buffer, offset: u64) -> Self {
        self.report = Some((buffer, offset));
        self
    }

    /// As [`report`](Self::report), with the job's [`Traffic`](crate::Traffic) right behind it.
    /// Not for native jobs and barriers.
    pub fn report_traffic(mut self, buffer: &'a Buffer, offset: u64) -> Self {
        self.traffic = true;
        self.report(buffer, offset)
    }
}
