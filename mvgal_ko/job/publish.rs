// SPDX-License-Identifier: GPL-2.0

//! Publishing the fence of a job, and finding the fences that it waits for.

use kernel::{
    prelude::*,
    sync::aref::ARef, //
};

use kernel_ext::{
    dma_buf::DmaBuf,
    dma_fence::{
        DriverFence,
        Fence,
        FenceAlloc,
        FenceContext,
        FenceWait,
        SignallingSection, //
    },
    dma_resv::{
        LockedResvs,
        Usage, //
    },
};

use super::{
    arm::Dependency,
    Publication,
    Setup,
    Task, //
};
use crate::{
    timeline::{
        Armable,
        Timelines, //
    },
    work::Work, //
};

/// Fences of others that use a job's buffers.
type Users = KVec<ARef<Fence>>;

impl Setup {
    /// Publishes the job's fence: in the `dma_resv` of its buffers, if it is to be ordered by them,
    /// and at its out-syncs. Returns the fences of the users of the buffers that it has to wait
    /// for.
    ///
    /// The section returned lasts until the job waits for its fences: up to there nothing must
    /// stand between the published fence and its signal.
    pub(super) fn publish(
        &mut self,
        task: &Task,
        timelines: &Timelines,
        armable: &mut Armable,
    ) -> Result<(Users, SignallingSection)> {
        let mut users = Users::new();
        let mut alloc = match core::mem::replace(&mut self.publication, Publication::None) {
            Publication::Later(alloc) => Some(alloc),
            _ => return Ok((users, SignallingSection::begin())),
        };
        let published = if task.implicit_sync {
            publish_in_resvs(&task.work, &mut alloc, &mut users, &mut self.waits)
        } else {
            let section = SignallingSection::begin();
            alloc
                .take()
                .map(|alloc| (alloc.init(&context()), section))
                .ok_or(EINVAL)
        };
        let (own, section) = match published {
            Ok(published) => published,
            Err(err) => {
                if let Some(alloc) = alloc {
                    self.publication = Publication::Later(alloc);
                }
                return Err(err);
            }
        };
        timelines.attach(&mut self.outs, &own.fence(), armable);
        self.publication = Publication::Published(own);
        Ok((users, section))
    }

    /// Returns the fences of the users of the job's buffers.
    ///
    /// It waits for them whether it is to be ordered by them or not: when it is told of the access,
    /// the exporter does, and the member's other jobs with it.
    pub(super) fn add_users(&mut self, task: &Task) -> Result<Users> {
        let mut users = Users::new();
        with_buffers(&task.work, |buffers, usages| {
            let locked = LockedResvs::lock(buffers)?;
            add_users(&locked, usages, &mut users, &mut self.waits)
        })?;
        Ok(users)
    }
}

/// Adds the fences of the users of buffers, for whom an access of the given usage has to wait, and
/// nodes to wait for them.
fn add_users(
    locked: &LockedResvs<'_, DmaBuf>,
    usages: &[Usage],
    users: &mut Users,
    waits: &mut KVec<FenceWait<Dependency>>,
) -> Result {
    for (index, usage) in usages.iter().enumerate() {
        locked.fences(index, *usage, users)?;
    }
    for _ in 0..users.len() {
        waits.push(FenceWait::new(GFP_KERNEL)?, GFP_KERNEL)?;
    }
    Ok(())
}

/// How many buffers a job has that writes to no copies.
const USUAL_BUFFERS: usize = 2;

/// Calls `f` with the buffers of a job and how it uses them.
fn with_buffers<R>(work: &Work, f: impl FnOnce(&[&DmaBuf], &[Usage]) -> Result<R>) -> Result<R> {
    let mut objects = KVec::with_capacity(USUAL_BUFFERS, GFP_KERNEL)?;
    let mut usages = KVec::with_capacity(USUAL_BUFFERS, GFP_KERNEL)?;
    for (buffer, usage) in work.buffers() {
        objects.push(buffer, GFP_KERNEL)?;
        usages.push(usage, GFP_KERNEL)?;
    }
    f(&objects, &usages)
}

/// A context for one fence. Jobs end in any order, and fences of one context must not.
pub(super) fn context() -> FenceContext {
    FenceContext::new(c"mvgal", c"job")
}

/// Puts the job's fence into the `dma_resv` of its buffers, and adds the fences found there, and
/// nodes to wait for them, to those of the job.
fn publish_in_resvs(
    work: &Work,
    fence: &mut Option<FenceAlloc>,
    users: &mut Users,
    waits: &mut KVec<FenceWait<Dependency>>,
) -> Result<(DriverFence, SignallingSection)> {
    with_buffers(work, |buffers, usages| {
        let mut locked = LockedResvs::lock(buffers)?;
        add_users(&locked, usages, users, waits)?;
        for index in 0..usages.len() {
            locked.reserve(index)?;
        }
        let fence = fence.take().ok_or(EINVAL)?;

        let section = SignallingSection::begin();
        let own = fence.init(&context());
        for (index, usage) in usages.iter().enumerate() {
            locked.add(index, &own.fence(), *usage)?;
        }
        Ok((own, section))
    })
}
