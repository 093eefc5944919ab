// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a job tells when it ends.

use nix::errno::Errno;

use crate::error::Result;
use crate::mapping::Mapping;
use crate::member::MemberId;
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
