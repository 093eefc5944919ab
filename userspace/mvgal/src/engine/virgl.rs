// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the host of a virtio GPU.
//!
//! What mvgal allocates on a virtio GPU are pages of the guest with a resource of the host
//! over them. The host copies from resource to resource; so the bytes are brought to the
//! host before, and back into the pages of the target afterwards: `TRANSFER_TO_HOST`,
//! `VIRGL_CCMD_RESOURCE_COPY_REGION` and `TRANSFER_FROM_HOST` of just the range.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::NoEngine;
use super::job_fence::{JobFence, JobState};
use super::job_report::JobReports;
use super::span::Span;
use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::member::MemberId;
use crate::member_node::MemberNode;
use crate::node::Node;
use crate::syncobj::Point;
use crate::virgl::{
    self, Bind, Box3d, Commands, Context, Direction, Resource, ResourceInfo, Submission, Transfer,
    TransferCommand,
};

/// The context of a virtio GPU that renders.
#[derive(Debug)]
pub(super) struct Virgl {
    mvgal: Arc<Node>,
    /// Where jobs tell whether their driver was given them, if they can.
    reports: Option<JobReports>,
    member: MemberId,
    context: Context,
    /// What was dropped by its owner before the driver was through with it.
    abandoned: Mutex<Vec<Run>>,
}

/// A copy: three jobs.
#[derive(Debug)]
pub(super) struct Run {
    to_host: TransferCommand,
    copy: Submission<'static>,
    from_host: TransferCommand,
    /// Of the three, which they are ordered by.
    fences: [JobFence; 3],
}

impl Run {
    /// Whether the driver uses nothing of it any more.
    fn is_over(&self) -> bool {
        let submitted = || self.copy.fence().is_submitted().unwrap_or(false);
        let is_over = |fence: &JobFence| match fence.state() {
            JobState::NotSubmitted | JobState::Ended => true,
            JobState::Pending | JobState::GivenUp => false,
        };
        let [to_host, copy, from_host] = &self.fences;
        // The driver has read all that it needs of a submission that has got its fence.
        is_over(to_host) && (is_over(copy) || submitted()) && is_over(from_host)
    }
}

impl Virgl {
    pub(super) fn new(
        mvgal: &Arc<Node>,
        reports: Option<JobReports>,
        member: MemberId,
        node: MemberNode,
    ) -> Result<Self> {
        let context = Context::new(node).map_err(|error| match error {
            virgl::Error::No3d { .. } => NoEngine::No3d.into(),
            error => Error::from(error),
        })?;
        Ok(Virgl {
            mvgal: mvgal.clone(),
            reports,
            member,
            context,
            abandoned: Mutex::default(),
        })
    }

    pub(super) fn import(&self, buffer: &Buffer) -> Result<Resource> {
        if buffer.image().is_some() {
            let handle = buffer.handle();
            return Err(NoEngine::Image { handle }.into());
        }
        let bytes = u32::try_from(buffer.size())
            .map_err(|_| Error::range("size of the buffer", buffer.size(), "below 4 GiB"))?;
        let info = ResourceInfo::buffer(bytes, Bind::VERTEX_BUFFER);
        Ok(self.context.import(&buffer.export()?, &info)?)
    }

    pub(super) fn prepare(
        &self,
        src: (&Resource, u64),
        dst: (&Resource, u64),
        span: Span,
    ) -> Result<Run> {
        let (width, height, ..) = span.rows();
        if height > 1 {
            return Err(Error::range(
                "number of rows",
                height.into(),
                "1 with virgl",
            ));
        }
        // That the range is inside of the buffer was checked, and that has 32 bits of size.
        let range = |offset: u64| Box3d::rect(offset as u32, 0, width as u32, 1);
        let transfer = |resource: &Resource, offset, direction| {
            let transfer = Transfer::of(resource, range(offset));
            resource.transfer_command(&transfer, direction)
        };
        // A copy needs no state, and so no sub-context of its own.
        let mut commands = Commands::stateless();
        let at = [dst.1 as u32, 0, 0];
        commands.copy_region((dst.0, 0, at), (src.0, 0, range(src.1)));
        Ok(Run {
            to_host: transfer(src.0, src.1, Direction::ToHost),
            copy: self.context.submission(commands)?,
            from_host: transfer(dst.0, dst.1, Direction::FromHost),
            fences: [self.fence()?, self.fence()?, self.fence()?],
        })
    }

    fn fence(&self) -> Result<JobFence> {
        JobFence::new(&self.mvgal, self.reports.as_ref())
    }

    /// The three jobs: the first waits for points, the last signals one.
    pub(super) fn jobs<'a>(
        &self,
        run: &'a Run,
        after: &[Point<'a>],
        done: Point<'a>,
    ) -> Vec<Job<'a>> {
        let [first, second, third] = &run.fences;
        let to_host = after
            .iter()
            .fold(first.of(run.to_host.job(self.member)), |job, &point| {
                job.wait_for(point)
            });
        let copy = second.of(run.copy.native_job(self.member));
        let from_host = third.of(run.from_host.job(self.member));
        vec![
            to_host,
            copy.wait_for(first.point()),
            from_host.wait_for(second.point()).signal(done),
        ]
    }

    /// Takes back what a run used: at once, or at a later copy when it is over.
    pub(super) fn give_back(&self, run: Run) {
        let mut abandoned = self.abandoned();
        abandoned.push(run);
        abandoned.retain(|run| !run.is_over());
    }

    fn abandoned(&self) -> MutexGuard<'_, Vec<Run>> {
        self.abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsFd for Virgl {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.context.as_fd()
    }
}

impl Drop for Virgl {
    fn drop(&mut self) {
        for run in std::mem::take(&mut *self.abandoned()) {
            if !run.is_over() {
                run.copy.leave_to_the_kernel();
            }
        }
    }
}
