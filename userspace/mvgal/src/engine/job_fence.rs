// SPDX-License-Identifier: MIT OR Apache-2.0

//! What has become of a job, so that it is known when its driver is through with what it was
//! given.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drm::control::Device as _;
use nix::errno::Errno;

use super::job_report::{JobReport, JobReports};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::job::Job;
use crate::node::Node;
use crate::syncobj::{Point, Syncobj};
use crate::wait::{self, WaitMode};

/// The fence of one job, besides those that it is asked to signal.
#[derive(Debug)]
pub(super) struct JobFence {
    syncobj: Syncobj,
    submitted: AtomicBool,
    /// Where the job reports, if that tells whether its driver was given it.
    report: Option<JobReport>,
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobState {
    /// It was not submitted to mvgal.
    NotSubmitted,
    /// It is queued, or its driver has it.
    Pending,
    /// It has ended, its driver has refused it, or it was ended before its driver got it.
    Ended,
    /// mvgal has ended it, as it took too long or its member is gone. The driver may still be
    /// reading what it was given, or have handed it to the GPU.
    GivenUp,
}

impl JobFence {
    /// That of a job which is to be made. `reports` has places for reports, if those tell
    /// whether the job's driver was given it.
    pub(super) fn new(node: &Arc<Node>, reports: Option<&JobReports>) -> Result<Self> {
        Ok(JobFence {
            syncobj: Syncobj::create(node, false)?,
            submitted: AtomicBool::new(false),
            report: reports.map(JobReports::place).transpose()?,
        })
    }

    /// As a point to wait for.
    pub(super) fn point(&self) -> Point<'_> {
        self.syncobj.binary()
    }

    /// Makes it the fence of a job. To be called before other points are added: a job signals
    /// them in order, and who has waited for another is to find this one signalled.
    pub(super) fn of<'a>(&'a self, job: Job<'a>) -> Job<'a> {
        let job = job.signal(self.point()).note_submission(&self.submitted);
        match &self.report {
            Some(report) => report.of(job),
            None => job,
        }
    }

    /// What has become of the job.
    pub(super) fn state(&self) -> JobState {
        if !self.submitted.load(Ordering::Acquire) {
            return JobState::NotSubmitted;
        }
        // Without a fence or unsignalled, or it cannot be told as mvgal was unplugged.
        let node = &self.syncobj.node;
        let signalled = node.syncobj_wait(&[self.syncobj.drm_handle()], 0, true, false);
        if signalled.is_err() {
            return JobState::Pending;
        }
        let waited = wait::wait(node, &[self.point()], WaitMode::All, Deadline::NOW);
        let outcome = waited
            .ok()
            .and_then(|waited| waited.outcomes.first().copied());
        match outcome {
            None => JobState::GivenUp,
            Some(outcome) if !outcome.signaled => JobState::Pending,
            Some(outcome) => match outcome.error {
                Some(Errno::ETIME | Errno::ENODEV) if !self.never_started() => JobState::GivenUp,
                _ => JobState::Ended,
            },
        }
    }

    /// Whether it is known that the job's driver was not given it, and will not be.
    fn never_started(&self) -> bool {
        self.report.as_ref().is_some_and(JobReport::never_started)
    }
}
