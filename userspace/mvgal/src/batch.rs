// SPDX-License-Identifier: MIT OR Apache-2.0

//! Batches: jobs that are queued together or not at all.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use crate::buffer::Buffer;
use crate::error::{Call, Error, Result};
use crate::job::{Extent, Job, Kind};
use crate::node::Node;
use crate::syncobj::Point;
use crate::wait::array;
use crate::{ioctls, sys};

/// Jobs to submit in one call: all of them are queued, or none.
///
/// They are submitted in order, so a job may wait for what an earlier one
/// signals; in which order they run is a matter of their priorities.
#[derive(Debug)]
#[must_use = "a batch does nothing until it is submitted"]
pub struct Batch<'a> {
    node: &'a Arc<Node>,
    jobs: Vec<Job<'a>>,
}

/// Both kinds of payload, at a fixed place in memory.
enum Payload {
    Copy(sys::drm_mvgal_copy),
    Fill(sys::drm_mvgal_fill),
}

/// What the arrays of a batch point to, at addresses that stay.
#[derive(Default)]
struct Arguments {
    syncs: Vec<(Vec<sys::drm_mvgal_sync>, Vec<sys::drm_mvgal_sync>)>,
    payloads: Vec<Payload>,
    jobs: Vec<sys::drm_mvgal_job>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(node: &'a Arc<Node>) -> Self {
        Batch {
            node,
            jobs: Vec::new(),
        }
    }

    /// Adds a job.
    pub fn job(mut self, job: Job<'a>) -> Self {
        self.jobs.push(job);
        self
    }

    /// Adds jobs.
    pub fn jobs(mut self, jobs: impl IntoIterator<Item = Job<'a>>) -> Self {
        self.jobs.extend(jobs);
        self
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Queues the jobs.
    ///
    /// It does not wait for them: wait for a point that one of them signals.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] for a buffer or syncobj of another open device, and
    /// [`Error::Call`] with
    ///
    /// - `EINVAL`: a range outside of a buffer, a bad pitch, points of a
    ///   timeline that do not increase, or no jobs at all;
    /// - `EACCES`: the member is not attached or not in the mask;
    /// - `EPERM`: the priority is above what the client may use;
    /// - `ENODEV`: the member was unplugged;
    /// - `EOPNOTSUPP`: implicit sync is not for one of the buffers;
    /// - `E2BIG`: more jobs or syncs than the limits;
    /// - `EBUSY`: more unfinished jobs than a client may have.
    pub fn submit(self) -> Result<()> {
        let arguments = self.encode()?;
        let mut arg = sys::drm_mvgal_submit_workload {
            flags: 0,
            pad: 0,
            jobs: array(&arguments.jobs, "number of jobs")?,
        };
        // SAFETY: All arrays point into `arguments`, which is complete and lives
        // until after the call.
        unsafe { self.node.call(ioctls::submit_workload, &mut arg) }.map_err(|errno| {
            let subject = match self.jobs.len() {
                1 => "a batch of 1 job".to_owned(),
                count => format!("a batch of {count} jobs"),
            };
            Error::call(Call::SubmitWorkload, subject, errno)
        })
    }

    fn encode(&self) -> Result<Arguments> {
        let mut arguments = Arguments {
            syncs: self
                .jobs
                .iter()
                .map(|job| Ok((self.syncs(&job.in_syncs)?, self.syncs(&job.out_syncs)?)))
                .collect::<Result<_>>()?,
            payloads: self
                .jobs
                .iter()
                .map(|job| self.payload(job))
                .collect::<Result<_>>()?,
            jobs: Vec::new(),
        };
        // From here on `syncs` and `payloads` stay where they are.
        arguments.jobs = self
            .jobs
            .iter()
            .zip(&arguments.syncs)
            .zip(&arguments.payloads)
            .map(|((job, (in_syncs, out_syncs)), payload)| {
                let (kind, payload, payload_size) = match payload {
                    Payload::Copy(copy) => (
                        sys::DRM_MVGAL_JOB_COPY,
                        (&raw const *copy).expose_provenance(),
                        size_of_val(copy),
                    ),
                    Payload::Fill(fill) => (
                        sys::DRM_MVGAL_JOB_FILL,
                        (&raw const *fill).expose_provenance(),
                        size_of_val(fill),
                    ),
                };
                let mut flags = 0;
                if job.implicit_sync {
                    flags |= sys::DRM_MVGAL_JOB_IMPLICIT_SYNC;
                }
                let (report, report_offset) = match job.report {
                    Some((buffer, offset)) => {
                        flags |= sys::DRM_MVGAL_JOB_REPORT;
                        (self.handle(buffer)?, offset)
                    }
                    None => (0, 0),
                };
                Ok(sys::drm_mvgal_job {
                    kind,
                    priority: job.priority.get(),
                    member: job.member.get(),
                    flags,
                    in_syncs: array(in_syncs, "number of in-syncs")?,
                    out_syncs: array(out_syncs, "number of out-syncs")?,
                    payload: payload as u64,
                    payload_size: payload_size as u32,
                    report,
                    report_offset,
                })
            })
            .collect::<Result<_>>()?;
        Ok(arguments)
    }

    fn syncs(&self, points: &[Point<'_>]) -> Result<Vec<sys::drm_mvgal_sync>> {
        points
            .iter()
            .map(|point| {
                let point = point.on(self.node)?;
                Ok(sys::drm_mvgal_sync {
                    handle: point.syncobj().handle(),
                    flags: 0,
                    point: point.value(),
                })
            })
            .collect()
    }

    fn payload(&self, job: &Job<'_>) -> Result<Payload> {
        Ok(match job.kind {
            Kind::Copy { src, dst } => Payload::Copy(copy_payload(
                job,
                (self.handle(src)?, src.size()),
                (self.handle(dst)?, dst.size()),
            )),
            Kind::Fill { dst, pattern } => {
                let (pattern_size, pattern) = pattern.to_raw();
                let dst = (self.handle(dst)?, dst.size());
                Payload::Fill(fill_payload(job, dst, pattern_size, pattern))
            }
        })
    }

    fn handle(&self, buffer: &Buffer) -> Result<u32> {
        if Arc::ptr_eq(&buffer.node, self.node) {
            Ok(buffer.handle())
        } else {
            Err(Error::Foreign {
                what: "buffer",
                handle: buffer.handle(),
            })
        }
    }
}

impl AsFd for Batch<'_> {
    /// The mvgal file it will be submitted on. To poll for the end of a job,
    /// see [`Point::event`].
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.node.as_fd()
    }
}

/// Payload of a copy between buffers given as handle and size.
fn copy_payload(job: &Job<'_>, src: (u32, u64), dst: (u32, u64)) -> sys::drm_mvgal_copy {
    let rest = src
        .1
        .saturating_sub(job.src_offset)
        .min(dst.1.saturating_sub(job.dst_offset));
    let (width, height, src_pitch, dst_pitch) = rows(job.extent, rest);
    sys::drm_mvgal_copy {
        src: src.0,
        dst: dst.0,
        src_offset: job.src_offset,
        dst_offset: job.dst_offset,
        width,
        height,
        src_pitch,
        dst_pitch,
        pad: 0,
    }
}

/// Payload of a fill of a buffer given as handle and size.
fn fill_payload(
    job: &Job<'_>,
    dst: (u32, u64),
    pattern_size: u32,
    pattern: u64,
) -> sys::drm_mvgal_fill {
    let rest = dst.1.saturating_sub(job.dst_offset);
    let (width, height, _, pitch) = rows(job.extent, rest);
    sys::drm_mvgal_fill {
        dst: dst.0,
        pattern_size,
        pattern,
        offset: job.dst_offset,
        width,
        height,
        pitch,
    }
}

/// Width, height, source and target pitch of an extent.
fn rows(extent: Extent, rest: u64) -> (u64, u32, u32, u32) {
    match extent {
        Extent::Rest => (rest, 1, 0, 0),
        Extent::Bytes(bytes) => (bytes, 1, 0, 0),
        // The kernel wants no pitch where there is but one row.
        Extent::Rows {
            width, height: 1, ..
        } => (width, 1, 0, 0),
        Extent::Rows {
            width,
            height,
            src_pitch,
            dst_pitch,
        } => (width, height, src_pitch, dst_pitch),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_row_has_no_pitch() {
        let extent = Extent::Rows {
            width: 64,
            height: 1,
            src_pitch: 256,
            dst_pitch: 128,
        };
        assert_eq!(rows(extent, 0), (64, 1, 0, 0));
    }

    proptest! {
        #[test]
        fn rest_never_passes_the_end(size in 0_u64.., offset in 0_u64..) {
            let (width, height, ..) = rows(Extent::Rest, size.saturating_sub(offset));
            prop_assert_eq!(height, 1);
            prop_assert!(width == 0 || offset + width <= size);
        }
    }
}
