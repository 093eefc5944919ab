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
    Armed,
    Dependency,
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
    /// and at its out-syncs.
    ///
    /// The section returned lasts until the job waits for its fences: up to there nothing must stand
    /// between the published fence and its signal.
    #[expect(
        clippy::result_large_err,
        reason = "to box it would be to allocate, which may fail in turn"
    )]
    pub(super) fn publish(
        mut self,
        task: &Task,
        timelines: &Timelines,
        armable: &mut Armable,
    ) -> Result<(Armed, Users, SignallingSection), (Self, Error)> {
        let mut users = Users::new();
        let published = if task.implicit_sync {
            publish_in_resvs(&task.work, &mut self.fence, &mut users, &mut self.waits)
        } else {
            let section = SignallingSection::begin();
            match self.fence.take() {
                Some(fence) => Ok((fence.init(&context()), section)),
                None => Err(EINVAL),
            }
        };
        let (own, section) = match published {
            Ok(published) => published,
            Err(err) => return Err((self, err)),
        };
        timelines.attach(&mut self.outs, &own.fence(), armable);
        Ok((self.into_armed(Publication::Early(own)), users, section))
    }

    /// Keeps the job's fence for when the job is over.
    ///
    /// It waits for the users of its buffers all the same, whether it is to be ordered by them or
    /// not: when it is told of the access, the exporter does, and the member's other jobs with it.
    #[expect(
        clippy::result_large_err,
        reason = "to box it would be to allocate, which may fail in turn"
    )]
    pub(super) fn hold_back(mut self, task: &Task) -> Result<(Armed, Users), (Self, Error)> {
        let mut users = Users::new();
        let found = with_buffers(&task.work, |buffers, usages| {
            add_users(
                &LockedResvs::lock(buffers)?,
                usages,
                &mut users,
                &mut self.waits,
            )
        });
        if let Err(err) = found {
            return Err((self, err));
        }
        let Some(fence) = self.fence.take() else {
            return Err((self, EINVAL));
        };
        Ok((self.into_armed(Publication::Late(fence)), users))
    }

    /// Waits for the in-syncs alone: the member's driver sees to the rest.
    #[expect(
        clippy::result_large_err,
        reason = "to box it would be to allocate, which may fail in turn"
    )]
    pub(super) fn wait(mut self) -> Result<Armed, (Self, Error)> {
        match (self.landing.take(), self.fence.take()) {
            (Some(landing), Some(fence)) => {
                Ok(self.into_armed(Publication::Native(fence, landing)))
            }
            (_, fence) => {
                self.fence = fence;
                Err((self, EINVAL))
            }
        }
    }

    fn into_armed(self, publication: Publication) -> Armed {
        Armed {
            publication,
            ins: self.ins,
            outs: self.outs,
            waits: self.waits,
            placed: self.placed,
            slot: self.slot,
        }
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

/// Calls `f` with the buffers of a job and how it uses them.
fn with_buffers<R>(work: &Work, f: impl FnOnce(&[&DmaBuf], &[Usage]) -> Result<R>) -> Result<R> {
    let buffers = work.buffers();
    let mut objects = KVec::with_capacity(buffers.len(), GFP_KERNEL)?;
    let mut usages = KVec::with_capacity(buffers.len(), GFP_KERNEL)?;
    for (buffer, usage) in buffers.into_iter().flatten() {
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
