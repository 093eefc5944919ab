// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a job tells when it ends.

use nix::errno::Errno;

use crate::error::Result;
use crate::mapping::Mapping;
use crate::member::MemberId;
use crate::reach::{Reach, ReachLimit};
use crate::sys;

/// What a job wrote into its report buffer when it ended.
///
/// Times are `CLOCK_MONOTONIC` in ns; `None` means it never came to that. They
/// are given as the kernel wrote them and not checked against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// When the job was submitted.
    pub submitted_ns: Option<u64>,
    /// When its in-syncs were all signalled.
    pub ready_ns: Option<u64>,
    /// When it was dispatched.
    pub started_ns: Option<u64>,
    /// When it ended.
    pub finished_ns: Option<u64>,
    /// Number of its dispatch, over all members.
    pub sequence: Option<u64>,
    /// The member it was placed on.
    pub member: MemberId,
    /// The error its fence carries.
    pub error: Option<Errno>,
}

impl Report {
    /// Bytes of a report.
    pub const SIZE: usize = size_of::<sys::drm_mvgal_job_report>();

    /// Decodes the bytes of a report.
    ///
    /// ```
    /// use mvgal::{MemberId, Report};
    ///
    /// let mut bytes = [0; Report::SIZE];
    /// bytes[..8].copy_from_slice(&1_000_u64.to_ne_bytes());
    /// bytes[40..44].copy_from_slice(&3_u32.to_ne_bytes());
    /// let report = Report::decode(&bytes);
    /// assert_eq!(report.submitted_ns, Some(1_000));
    /// assert_eq!(report.started_ns, None);
    /// assert_eq!(report.member, MemberId::new(3));
    /// ```
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |offset: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[offset..offset + 8]);
            u64::from_ne_bytes(word)
        };
        let half = |offset: usize| {
            let mut half = [0; 4];
            half.copy_from_slice(&bytes[offset..offset + 4]);
            u32::from_ne_bytes(half)
        };
        let some = |value| (value != 0).then_some(value);
        use std::mem::offset_of;
        use sys::drm_mvgal_job_report as Raw;
        let error = half(offset_of!(Raw, error)).cast_signed();
        Report {
            submitted_ns: some(word(offset_of!(Raw, submitted_ns))),
            ready_ns: some(word(offset_of!(Raw, ready_ns))),
            started_ns: some(word(offset_of!(Raw, started_ns))),
            finished_ns: some(word(offset_of!(Raw, finished_ns))),
            sequence: some(word(offset_of!(Raw, sequence))),
            member: MemberId::new(half(offset_of!(Raw, member))),
            error: (error != 0).then(|| Errno::from_raw(error.wrapping_neg())),
        }
    }

    /// Reads a report out of the mapped report buffer.
    ///
    /// It is there when one of the job's out-syncs has signalled; before that
    /// the bytes are whatever they were.
    ///
    /// # Errors
    ///
    /// [`Error::Range`](crate::Error::Range) if it is not all inside.
    pub fn read(mapping: &Mapping, offset: usize) -> Result<Self> {
        let mut bytes = [0; Self::SIZE];
        mapping.read_at(offset, &mut bytes)?;
        Ok(Self::decode(&bytes))
    }
}

/// What a copy, fill or replicate job has moved, which is written right behind its
/// [`Report`] if [asked for](crate::Job::report_traffic).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes written, to all copies; 0 if the job failed.
    pub bytes: u64,
    /// Whose memory was read; of a fill as [`importer`](Self::importer).
    pub exporter: MemberId,
    /// Whose memory was written; the first, if there are copies.
    pub importer: MemberId,
    /// How the importer's driver gets at memory of the exporter: if that is not
    /// [`Reach::Copy`], it could import the buffer and save a copy.
    pub reach: Reach,
    /// Why in no better way.
    pub limit: ReachLimit,
    /// How many memories were written.
    pub copies: u32,
}

impl Traffic {
    /// Bytes that it takes behind a report.
    pub const SIZE: usize = size_of::<sys::drm_mvgal_job_traffic>();

    /// Decodes the bytes behind a report.
    ///
    /// ```
    /// use mvgal::{MemberId, Reach, Traffic};
    ///
    /// let mut bytes = [0; Traffic::SIZE];
    /// bytes[..8].copy_from_slice(&4096_u64.to_ne_bytes());
    /// bytes[8..12].copy_from_slice(&3_u32.to_ne_bytes());
    /// let traffic = Traffic::decode(&bytes);
    /// assert_eq!((traffic.bytes, traffic.exporter), (4096, MemberId::new(3)));
    /// assert_eq!(traffic.reach, Reach::Copy);
    /// ```
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        use std::mem::offset_of;
        use sys::drm_mvgal_job_traffic as Raw;
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[offset_of!(Raw, bytes)..][..8]);
        let half = |offset: usize| {
            let mut half = [0; 4];
            half.copy_from_slice(&bytes[offset..offset + 4]);
            u32::from_ne_bytes(half)
        };
        Traffic {
            bytes: u64::from_ne_bytes(word),
            exporter: MemberId::new(half(offset_of!(Raw, exporter))),
            importer: MemberId::new(half(offset_of!(Raw, importer))),
            reach: half(offset_of!(Raw, reach)).into(),
            limit: half(offset_of!(Raw, limit)).into(),
            copies: half(offset_of!(Raw, copies)),
        }
    }

    /// Reads it out of the mapped report buffer; `offset` is that of the report.
    ///
    /// # Errors
    ///
    /// [`Error::Range`](crate::Error::Range) if it is not all inside.
    pub fn read(mapping: &Mapping, offset: usize) -> Result<Self> {
        let mut bytes = [0; Self::SIZE];
        mapping.read_at(offset.saturating_add(Report::SIZE), &mut bytes)?;
        Ok(Self::decode(&bytes))
    }
}
