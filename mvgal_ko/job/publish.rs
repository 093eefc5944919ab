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
    Setup, //
};
use crate::{
    timeline::{
        Armable,
        Timelines, //
    },
    work::Work, //
};

/// Fences that a job waits for.
pub(super) struct Fences {
    pub(super) all: KVec<ARef<Fence>>,
    /// How many of them, from the first, are of in-syncs.
    pub(super) explicit: usize,
}

impl Setup {
    /// The fences of the in-syncs.
    fn in_fences(&self) -> Result<Fences> {
        let mut all = KVec::with_capacity(self.ins.len(), GFP_KERNEL)?;
        for point in &self.ins {
            if let Some(fence) = point.fence() {
                all.push(fence.clone(), GFP_KERNEL)?;
            }
        }
        Ok(Fences {
            explicit: all.len(),
            all,
        })
    }

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
        timelines: &Timelines,
        armable: &mut Armable,
    ) -> Result<(Armed, Fences, SignallingSection), (Self, Error)> {
        let mut fences = match self.in_fences() {
            Ok(fences) => fences,
            Err(err) => return Err((self, err)),
        };
        let published = if self.implicit_sync {
            publish_in_resvs(&self.work, &mut self.fence, &mut fences, &mut self.waits)
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
        let armed = Armed {
            publication: Publication::Early(own),
            ins: self.ins,
            outs: self.outs,
            waits: self.waits,
            work: self.work,
            report: self.report,
            placed: self.placed,
            slot: self.slot,
            ticket: self.ticket,
        };
        Ok((armed, fences, section))
    }

    /// Keeps the job's fence for when the job is over.
    ///
    /// It waits for the users of its buffers all the same, whether it is to be ordered by them or
    /// not: when it is told of the access, the exporter does, and the member's other jobs with it.
    #[expect(
        clippy::result_large_err,
        reason = "to box it would be to allocate, which may fail in turn"
    )]
    pub(super) fn hold_back(mut self) -> Result<(Armed, Fences), (Self, Error)> {
        let mut fences = match self.in_fences() {
            Ok(fences) => fences,
            Err(err) => return Err((self, err)),
        };
        let users = with_buffers(&self.work, |buffers, usages| {
            fences.add_users(&LockedResvs::lock(buffers)?, usages, &mut self.waits)
        });
        if let Err(err) = users {
            return Err((self, err));
        }
        let Some(fence) = self.fence.take() else {
            return Err((self, EINVAL));
        };
        let armed = Armed {
            publication: Publication::Late(fence),
            ins: self.ins,
            outs: self.outs,
            waits: self.waits,
            work: self.work,
            report: self.report,
            placed: self.placed,
            slot: self.slot,
            ticket: self.ticket,
        };
        Ok((armed, fences))
    }
}

impl Fences {
    /// Adds the fences of the users of buffers, for whom an access of the given usage has to wait,
    /// and nodes to wait for them.
    fn add_users(
        &mut self,
        locked: &LockedResvs<'_, DmaBuf>,
        usages: &[Usage],
        waits: &mut KVec<FenceWait<Dependency>>,
    ) -> Result {
        for (index, usage) in usages.iter().enumerate() {
            locked.fences(index, *usage, &mut self.all)?;
        }
        for _ in waits.len()..self.all.len() {
            waits.push(FenceWait::new(GFP_KERNEL)?, GFP_KERNEL)?;
        }
        Ok(())
    }
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
    fences: &mut Fences,
    waits: &mut KVec<FenceWait<Dependency>>,
) -> Result<(DriverFence, SignallingSection)> {
    with_buffers(work, |buffers, usages| {
        let mut locked = LockedResvs::lock(buffers)?;
        fences.add_users(&locked, usages, waits)?;
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
