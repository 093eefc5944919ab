// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the host of a virtio GPU.
//!
//! What mvgal allocates on a virtio GPU are pages of the guest with a resource of the host
//! over them. The host copies from resource to resource; so the bytes are brought to the
//! host before, and back into the pages of the target afterwards: `TRANSFER_TO_HOST`,
//! `VIRGL_CCMD_RESOURCE_COPY_REGION` and `TRANSFER_FROM_HOST` of just the range.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::NoEngine;
use super::span::Span;
use crate::buffer::Buffer;
use crate::deadline::Deadline;
use crate::dma_buf::DmaBuf;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::member::MemberId;
use crate::member_node::MemberNode;
use crate::node::Node;
use crate::syncobj::{Point, Syncobj};
use crate::timeline::Timeline;
use crate::virgl::{
    self, Bind, Box3d, Commands, Context, Direction, Resource, ResourceInfo, Submission, Transfer,
    TransferCommand,
};

/// The context of a virtio GPU that renders.
#[derive(Debug)]
pub(super) struct Virgl {
    mvgal: Arc<Node>,
    member: MemberId,
    context: Context,
    /// What was dropped by its owner before its end.
    abandoned: Mutex<Vec<Submission<'static>>>,
}

/// A copy: three jobs.
#[derive(Debug)]
pub(super) struct Run {
    to_host: TransferCommand,
    copy: Submission<'static>,
    from_host: TransferCommand,
    /// Orders the three.
    chain: Timeline,
}

impl Virgl {
    pub(super) fn new(mvgal: &Arc<Node>, member: MemberId, node: MemberNode) -> Result<Self> {
        let context = Context::new(node).map_err(|error| match error {
            virgl::Error::No3d { .. } => NoEngine::No3d.into(),
            error => Error::from(error),
        })?;
        Ok(Virgl {
            mvgal: mvgal.clone(),
            member,
            context,
            abandoned: Mutex::default(),
        })
    }

    pub(super) fn import(&self, buffer: &Buffer, dma_buf: &DmaBuf) -> Result<Resource> {
        if buffer.image().is_some() {
            let handle = buffer.handle();
            return Err(NoEngine::Image { handle }.into());
        }
        let bytes = u32::try_from(buffer.size())
            .map_err(|_| Error::range("size of the buffer", buffer.size(), "below 4 GiB"))?;
        let info = ResourceInfo::buffer(bytes, Bind::VERTEX_BUFFER);
        Ok(self.context.import(dma_buf, &info)?)
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
            chain: Timeline::new(Syncobj::create(&self.mvgal, false)?),
        })
    }

    /// The three jobs: the first waits for points, the last signals one.
    pub(super) fn jobs<'a>(
        &self,
        run: &'a Run,
        after: &[Point<'a>],
        done: Point<'a>,
    ) -> Vec<Job<'a>> {
        let point = |value| run.chain.point(value);
        let to_host = run.to_host.job(self.member).signal(point(1));
        let to_host = after
            .iter()
            .fold(to_host, |job, &point| job.wait_for(point));
        let copy = run.copy.native_job(self.member);
        let copy = copy.wait_for(point(1)).signal(point(2));
        let from_host = run.from_host.job(self.member);
        vec![to_host, copy, from_host.wait_for(point(2)).signal(done)]
    }

    /// Takes a run, whose jobs have ended or were never submitted.
    pub(super) fn finish(&self, run: Run) {
        drop(run);
    }

    /// Takes over a run, of whose jobs it is not known whether they have ended.
    pub(super) fn abandon(&self, run: Run) {
        let mut abandoned = self
            .abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        abandoned.push(run.copy);
        abandoned.retain(|copy| copy.fence().wait(Deadline::NOW).is_err());
    }
}

impl Drop for Virgl {
    fn drop(&mut self) {
        let abandoned = self.abandoned.get_mut();
        for copy in std::mem::take(abandoned.unwrap_or_else(PoisonError::into_inner)) {
            copy.leave_to_the_kernel();
        }
    }
}
