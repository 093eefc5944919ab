// SPDX-License-Identifier: MIT OR Apache-2.0

//! Batches: jobs that are queued together or not at all.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

/// A payload, at a fixed place in memory.
enum Payload {
    Copy(sys::drm_mvgal_copy),
    Fill(sys::drm_mvgal_fill),
    Native(sys::drm_mvgal_native),
    Replicate(sys::drm_mvgal_replicate),
    None,
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
    /// [`Error::Foreign`] for a buffer or syncobj of another open device,
    /// [`Error::SubmittedBefore`], and [`Error::Call`] with
    ///
    /// - `EINVAL`: a range outside of a buffer, a bad pitch, points of a
    ///   timeline that do not increase, a native command that the driver does not
    ///   take from jobs, or no jobs at all;
    /// - `ENOENT`: the fence of a native command is to be in a syncobj or buffer
    ///   that there is not;
    /// - `EFAULT`: the memory that a native command points at cannot be read;
    /// - `EACCES`: the member is not attached or not in the mask;
    /// - `EPERM`: the priority is above what the client may use;
    /// - `ENODEV`: the member was unplugged;
    /// - `EOPNOTSUPP`: implicit sync is not for one of the buffers, or the member
    ///   takes no native commands;
    /// - `E2BIG`: more jobs or syncs than the limits;
    /// - `EBUSY`: more unfinished jobs than a client may have.
    pub fn submit(self) -> Result<()> {
        let mut once = Once::default();
        for submitted in self.jobs.iter().filter_map(|job| job.submitted) {
            once.claim(submitted)?;
        }
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
        })?;
        once.keep();
        Ok(())
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
                    Payload::Native(native) => (
                        sys::DRM_MVGAL_JOB_NATIVE,
                        (&raw const *native).expose_provenance(),
                        size_of_val(native),
                    ),
                    Payload::Replicate(replicate) => (
                        sys::DRM_MVGAL_JOB_REPLICATE,
                        (&raw const *replicate).expose_provenance(),
                        size_of_val(replicate),
                    ),
                    Payload::None => (sys::DRM_MVGAL_JOB_BARRIER, 0, 0),
                };
                let mut flags = 0;
                if job.implicit_sync {
                    flags |= sys::DRM_MVGAL_JOB_IMPLICIT_SYNC;
                }
                let (report, report_offset) = match job.report {
                    Some((buffer, offset)) => {
                        flags |= sys::DRM_MVGAL_JOB_REPORT;
                        if job.traffic {
                            flags |= sys::DRM_MVGAL_JOB_REPORT_TRAFFIC;
                        }
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
                    timeout_ns: job.timeout.map_or(0, timeout_ns),
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
            Kind::Native(command) => Payload::Native(command.to_raw()),
            Kind::Replicate { buffer } => {
                let buffer = (self.handle(buffer)?, buffer.size());
                Payload::Replicate(replicate_payload(job, buffer))
            }
            Kind::Barrier => Payload::None,
        })
    }

    fn handle(&self, buffer: &Buffer) -> Result<u32> {
        if Arc::ptr_eq(buffer.node(), self.node) {
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

/// A time-out as the kernel takes it, for whom 0 is none.
fn timeout_ns(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_nanos()).map_or(u64::MAX, |ns| ns.max(1))
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

/// The jobs of a batch that may be submitted once; they may be again if this is dropped.
#[derive(Default)]
struct Once<'a>(Vec<&'a AtomicBool>);

impl<'a> Once<'a> {
    fn claim(&mut self, submitted: &'a AtomicBool) -> Result<()> {
        if submitted.swap(true, Ordering::AcqRel) {
            return Err(Error::SubmittedBefore);
        }
        self.0.push(submitted);
        Ok(())
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Once<'_> {
    fn drop(&mut self) {
        for submitted in &self.0 {
            submitted.store(false, Ordering::Release);
        }
    }
}

/// Payload of a replicate job for a buffer given as handle and size.
fn replicate_payload(job: &Job<'_>, buffer: (u32, u64)) -> sys::drm_mvgal_replicate {
    let rest = buffer.1.saturating_sub(job.dst_offset);
    let (width, height, _, pitch) = rows(job.extent, rest);
    sys::drm_mvgal_replicate {
        buffer: buffer.0,
        height,
        offset: job.dst_offset,
        width,
        pitch,
        pad: 0,
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
    use crate::job::{Pattern, Priority};
    use crate::member::MemberId;
    use crate::native::{NativeCommand, NativeFence};
    use crate::syncobj::Syncobj;

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

    #[test]
    fn jobs_become_what_the_header_says() {
        let node = Node::for_test();
        let (src, dst, report) = (
            Buffer::for_test(&node, 1, 8192),
            Buffer::for_test(&node, 2, 4096),
            Buffer::for_test(&node, 3, 4096),
        );
        let syncobj = Syncobj::for_test(&node, 9);
        let batch = Batch::new(&node)
            .job(
                Job::copy(&src, &dst)
                    .src_offset(64)
                    .dst_offset(128)
                    .rows(16, 3, 256, 32)
                    .priority(Priority::MAX)
                    .member(MemberId::new(4))
                    .wait_for(syncobj.point(1))
                    .wait_for(syncobj.point(2))
                    .signal(syncobj.point(5))
                    .implicit_sync()
                    .report(&report, 64),
            )
            .job(Job::fill(&dst, Pattern::U16(0xbeef)).dst_offset(96));
        let arguments = batch.encode().unwrap();

        let copy = &arguments.jobs[0];
        assert_eq!(
            (copy.kind, copy.priority, copy.member, copy.flags),
            (sys::DRM_MVGAL_JOB_COPY, 15, 4, 3)
        );
        assert_eq!((copy.report, copy.report_offset), (3, 64));
        assert_eq!((copy.in_syncs.count, copy.in_syncs.stride), (2, 16));
        let sync = |point| sys::drm_mvgal_sync {
            handle: 9,
            flags: 0,
            point,
        };
        assert_eq!(arguments.syncs[0].0, [sync(1), sync(2)]);
        assert_eq!(arguments.syncs[0].1, [sync(5)]);
        assert_eq!(
            copy.in_syncs.array,
            arguments.syncs[0].0.as_ptr().addr() as u64
        );
        let Payload::Copy(payload) = &arguments.payloads[0] else {
            panic!("not a copy");
        };
        assert_eq!(copy.payload, (&raw const *payload).addr() as u64);
        assert_eq!(copy.payload_size as usize, size_of_val(payload));
        assert_eq!(
            *payload,
            sys::drm_mvgal_copy {
                src: 1,
                dst: 2,
                src_offset: 64,
                dst_offset: 128,
                width: 16,
                height: 3,
                src_pitch: 256,
                dst_pitch: 32,
                pad: 0,
            }
        );

        let fill = &arguments.jobs[1];
        assert_eq!((fill.kind, fill.flags), (sys::DRM_MVGAL_JOB_FILL, 0));
        assert_eq!(fill.member, sys::DRM_MVGAL_MEMBER_ANY);
        assert_eq!(fill.in_syncs, sys::drm_mvgal_obj_array::default());
        let Payload::Fill(payload) = &arguments.payloads[1] else {
            panic!("not a fill");
        };
        assert_eq!(
            *payload,
            sys::drm_mvgal_fill {
                dst: 2,
                pattern_size: 2,
                pattern: 0xbeef,
                offset: 96,
                width: 4000,
                height: 1,
                pitch: 0,
            }
        );
    }

    #[test]
    fn native_and_barrier_become_what_the_header_says() {
        let node = Node::for_test();
        let argument = [7_u8; 16];
        let fence = NativeFence::Buffer { handle: 8 };
        // SAFETY: It is never submitted.
        let command = unsafe { NativeCommand::new(2, &argument, fence) };
        let batch = Batch::new(&node)
            .job(Job::native(MemberId::new(6), command).timeout(Duration::from_millis(5)))
            .job(Job::barrier().timeout(Duration::ZERO))
            .job(Job::barrier().timeout(Duration::MAX))
            .job(Job::barrier());
        let arguments = batch.encode().unwrap();

        let [native, barriers @ ..] = &arguments.jobs[..] else {
            panic!("no jobs");
        };
        assert_eq!(
            (native.kind, native.member, native.timeout_ns),
            (sys::DRM_MVGAL_JOB_NATIVE, 6, 5_000_000)
        );
        let Payload::Native(payload) = &arguments.payloads[0] else {
            panic!("not a native command");
        };
        assert_eq!(native.payload, (&raw const *payload).addr() as u64);
        assert_eq!(native.payload_size as usize, size_of_val(payload));
        assert_eq!(payload.args, argument.as_ptr().addr() as u64);
        for (barrier, timeout_ns) in barriers.iter().zip([1, u64::MAX, 0]) {
            assert_eq!(
                (barrier.kind, barrier.payload, barrier.payload_size),
                (sys::DRM_MVGAL_JOB_BARRIER, 0, 0)
            );
            assert_eq!(barrier.timeout_ns, timeout_ns);
        }
    }

    #[test]
    fn replicate_becomes_what_the_header_says() {
        let node = Node::for_test();
        let buffer = Buffer::for_test(&node, 3, 8192);
        let member = MemberId::new(2);
        let batch = Batch::new(&node)
            .job(Job::replicate(&buffer, member).dst_offset(100))
            .job(Job::replicate(&buffer, MemberId::ANY).rows(16, 4, 999, 64));
        let arguments = batch.encode().unwrap();

        let kinds: Vec<_> = arguments.jobs.iter().map(|job| job.kind).collect();
        assert_eq!(kinds, [sys::DRM_MVGAL_JOB_REPLICATE; 2]);
        assert_eq!(arguments.jobs[0].member, 2);
        assert_eq!(arguments.jobs[1].member, sys::DRM_MVGAL_MEMBER_ANY);
        let payloads = arguments.payloads.iter().map(|payload| match payload {
            Payload::Replicate(replicate) => *replicate,
            _ => panic!("not a replicate job"),
        });
        let wanted = sys::drm_mvgal_replicate {
            buffer: 3,
            ..Default::default()
        };
        let wanted = [
            sys::drm_mvgal_replicate {
                offset: 100,
                width: 8092,
                height: 1,
                ..wanted
            },
            sys::drm_mvgal_replicate {
                width: 16,
                height: 4,
                pitch: 64,
                ..wanted
            },
        ];
        assert_eq!(payloads.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn handles_of_another_file_are_refused() {
        let (node, other) = (Node::for_test(), Node::for_test());
        let (ours, theirs) = (
            Buffer::for_test(&node, 1, 4096),
            Buffer::for_test(&other, 1, 4096),
        );
        let syncobj = Syncobj::for_test(&other, 2);
        for job in [
            Job::copy(&ours, &theirs),
            Job::fill(&theirs, Pattern::U8(0)),
            Job::fill(&ours, Pattern::U8(0)).signal(syncobj.binary()),
            Job::fill(&ours, Pattern::U8(0)).report(&theirs, 0),
            Job::replicate(&theirs, MemberId::ANY),
        ] {
            let error = Batch::new(&node).job(job).submit().unwrap_err();
            assert!(matches!(error, Error::Foreign { .. }), "{error}");
        }
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
