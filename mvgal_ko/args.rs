// SPDX-License-Identifier: GPL-2.0

//! What the arguments of the ioctls must look like.
//!
//! Pure functions from the structures of `uapi/mvgal_drm.h` to types that only hold what is valid.
//! No handle is looked up here, nothing is copied from user space and nothing changes, so that all
//! that is wrong with the numbers is found before anything is done.

pub(crate) mod alloc;
pub(crate) mod transfer;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/args_alloc.rs"]
mod alloc_test;
#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/args.rs"]
mod test;
#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/args_transfer.rs"]
mod transfer_test;

use crate::run_queue::Level;
use kernel::prelude::*;
use kernel_ext::uapi;

/// Fails with `EINVAL` if the condition holds.
fn invalid_if(condition: bool) -> Result {
    if condition {
        Err(EINVAL)
    } else {
        Ok(())
    }
}

/// Where a job or buffer is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The CPU and system memory.
    Host,
    /// Wherever the client's policy says.
    Any,
    /// The member with this id.
    Member(u32),
}

impl Target {
    /// Reads a field that holds a member's id, `DRM_MVGAL_MEMBER_HOST` or `DRM_MVGAL_MEMBER_ANY`.
    pub(crate) fn from_uapi(member: u32) -> Self {
        match member {
            uapi::DRM_MVGAL_MEMBER_HOST => Target::Host,
            uapi::DRM_MVGAL_MEMBER_ANY => Target::Any,
            id => Target::Member(id),
        }
    }
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// `DRM_MVGAL_JOB_COPY`
    Copy,
    /// `DRM_MVGAL_JOB_FILL`
    Fill,
    /// `DRM_MVGAL_JOB_NATIVE`
    Native,
    /// `DRM_MVGAL_JOB_BARRIER`
    Barrier,
    /// `DRM_MVGAL_JOB_REPLICATE`
    Replicate,
}

/// All flags of jobs.
const JOB_FLAGS: u32 = uapi::DRM_MVGAL_JOB_IMPLICIT_SYNC
    | uapi::DRM_MVGAL_JOB_REPORT
    | uapi::DRM_MVGAL_JOB_REPORT_TRAFFIC;

/// Where a job is to write its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportRequest {
    /// GEM handle of the buffer.
    pub(crate) handle: u32,
    /// Offset in the buffer, a multiple of 8.
    pub(crate) offset: u64,
    /// `DRM_MVGAL_JOB_REPORT_TRAFFIC`: whether to report what was moved, too.
    pub(crate) traffic: bool,
}

impl ReportRequest {
    /// Fails with `EINVAL` if there is no room for a report in a buffer of `size` bytes.
    pub(crate) fn check_inside(&self, size: u64) -> Result {
        let mut bytes = size_of::<uapi::drm_mvgal_job_report>();
        if self.traffic {
            bytes += size_of::<uapi::drm_mvgal_job_traffic>();
        }
        let end = self.offset.checked_add(bytes as u64).ok_or(EINVAL)?;
        invalid_if(end > size)
    }
}

/// A job, apart from its arrays and payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobHeader {
    /// What it does.
    pub(crate) kind: JobKind,
    /// Its priority.
    pub(crate) level: Level,
    /// Where it is to run.
    pub(crate) target: Target,
    /// `DRM_MVGAL_JOB_IMPLICIT_SYNC`: ordered by the dma_resv of its buffers.
    pub(crate) implicit_sync: bool,
    /// `DRM_MVGAL_JOB_REPORT`: where to report.
    pub(crate) report: Option<ReportRequest>,
    /// Its time-out in ns, if it names one.
    pub(crate) timeout_ns: Option<u64>,
}

impl JobHeader {
    /// Checks the fields of a job.
    ///
    /// Fails with `EINVAL`.
    pub(crate) fn new(job: &uapi::drm_mvgal_job) -> Result<Self> {
        let has = |flag| job.flags & flag != 0;

        invalid_if(job.flags & !JOB_FLAGS != 0)?;
        let level = Level::new(job.priority).ok_or(EINVAL)?;
        let report = if has(uapi::DRM_MVGAL_JOB_REPORT) {
            invalid_if(job.report_offset % 8 != 0)?;
            Some(ReportRequest {
                handle: job.report,
                offset: job.report_offset,
                traffic: has(uapi::DRM_MVGAL_JOB_REPORT_TRAFFIC),
            })
        } else {
            invalid_if(has(uapi::DRM_MVGAL_JOB_REPORT_TRAFFIC))?;
            invalid_if(job.report != 0 || job.report_offset != 0)?;
            None
        };
        let kind = match job.kind {
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_COPY => JobKind::Copy,
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_FILL => JobKind::Fill,
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_NATIVE => JobKind::Native,
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_BARRIER => JobKind::Barrier,
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_REPLICATE => JobKind::Replicate,
            _ => return Err(EINVAL),
        };
        // The member's driver sees to that itself.
        invalid_if(kind == JobKind::Native && has(uapi::DRM_MVGAL_JOB_IMPLICIT_SYNC))?;
        let moves = !matches!(kind, JobKind::Native | JobKind::Barrier);
        invalid_if(!moves && has(uapi::DRM_MVGAL_JOB_REPORT_TRAFFIC))?;
        invalid_if(kind == JobKind::Barrier && (job.payload != 0 || job.payload_size != 0))?;
        Ok(Self {
            kind,
            level,
            target: Target::from_uapi(job.member),
            implicit_sync: has(uapi::DRM_MVGAL_JOB_IMPLICIT_SYNC),
            report,
            timeout_ns: (job.timeout_ns != 0).then_some(job.timeout_ns),
        })
    }
}

/// Until when to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// Until this CLOCK_MONOTONIC time in ns, which may have passed already. Not negative.
    At(i64),
    /// For ever.
    Never,
}

impl Deadline {
    /// Reads a timeout of WAIT_FENCE. Fails with `EINVAL` if it is negative.
    pub(crate) fn new(timeout_ns: i64) -> Result<Self> {
        match timeout_ns {
            i64::MAX => Ok(Deadline::Never),
            0.. => Ok(Deadline::At(timeout_ns)),
            _ => Err(EINVAL),
        }
    }
}

/// Reads the error that a point is to be signalled with; `None` stands for success.
///
/// Fails with `EINVAL` if it is no negative errno.
pub(crate) fn signal_error(error: i32) -> Result<Option<Error>> {
    match error {
        0 => Ok(None),
        -4095..=-1 => Ok(Some(Error::from_errno(error))),
        _ => Err(EINVAL),
    }
}
