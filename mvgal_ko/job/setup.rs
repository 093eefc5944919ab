// SPDX-License-Identifier: GPL-2.0

//! What a job takes along to its end: all that is allocated for it when it is submitted.

use kernel::{
    prelude::*,
    rbtree::RBTreeNodeReservation,
    sync::Arc, //
};

use kernel_ext::dma_fence::{
    DriverFence,
    FenceAlloc,
    FenceWait, //
};

use super::{
    arm::Dependency,
    Job,
    Landing,
    Task, //
};
use crate::{
    client_jobs::JobSlot,
    deadlines::DeadlineNode,
    dispatch::{
        Lane,
        Placed,
        Started, //
    },
    timeline::{
        InPoint,
        OutPoint, //
    },
};

/// What a job brings along, and has up to its end.
pub(crate) struct Setup {
    /// What tells of the end of a NATIVE job. The callbacks of this and of the next are dropped
    /// first, see [`Dependency`].
    pub(crate) landing: Option<FenceWait<Landing>>,
    /// One for each in-sync.
    pub(crate) waits: KVec<FenceWait<Dependency>>,
    /// In-syncs, in the order given.
    pub(crate) ins: KVec<InPoint>,
    /// Out-syncs, in the order given.
    pub(crate) outs: KVec<OutPoint>,
    /// In-syncs that have no fence.
    pub(crate) unresolved: usize,
    /// Whether the buffers were unmapped for the time that the job waits.
    pub(crate) parked: bool,
    /// That the driver of a NATIVE job was given it.
    pub(super) handed: Option<Handed>,
    /// The job's place among those that wait for a point without a fence.
    pub(crate) waiting_node: Option<RBTreeNodeReservation<(u64, u64), Arc<Job>>>,
    /// The job's place among those whose wait has an end, if it waits for anything.
    pub(crate) deadline_node: Option<DeadlineNode>,
    /// How the job's completion gets known.
    pub(crate) publication: Publication,
    /// Counts the job among its member's.
    pub(crate) placed: Option<Placed>,
    /// Counts the job among its client's.
    pub(crate) slot: Option<JobSlot>,
}

impl Setup {
    /// That of a job which waits for `ins` and completes `outs`, with all that it takes to do so.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(
        task: &Task,
        placed: Placed,
        slot: JobSlot,
        ins: KVec<InPoint>,
        outs: KVec<OutPoint>,
    ) -> Result<KBox<Self>> {
        let mut waits = KVec::with_capacity(ins.len(), GFP_KERNEL_ACCOUNT)?;
        for _ in &ins {
            waits.push(FenceWait::new(GFP_KERNEL_ACCOUNT)?, GFP_KERNEL_ACCOUNT)?;
        }
        let setup = Self {
            landing: match task.work.lane() {
                Lane::Native => Some(FenceWait::new(GFP_KERNEL_ACCOUNT)?),
                _ => None,
            },
            waits,
            unresolved: 0,
            parked: false,
            handed: None,
            waiting_node: if ins.is_empty() {
                None
            } else {
                Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?)
            },
            deadline_node: if ins.is_empty() && task.arms_freely() {
                None
            } else {
                Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?)
            },
            publication: if outs.is_empty() && !task.implicit_sync {
                Publication::None
            } else {
                Publication::later()?
            },
            ins,
            outs,
            placed: Some(placed),
            slot: Some(slot),
        };
        Ok(KBox::new(setup, GFP_KERNEL_ACCOUNT)?)
    }

    /// Counts the job as taken up.
    pub(super) fn start(&mut self) -> Option<Started> {
        self.placed.take().map(Placed::start)
    }
}

/// When a NATIVE job was given to its driver, in ns, and the number of its dispatch.
#[derive(Clone, Copy)]
pub(super) struct Handed {
    pub(super) started_ns: u64,
    pub(super) sequence: u64,
}

/// How a job's completion gets known.
pub(crate) enum Publication {
    /// Not at all: nobody can wait for it.
    None,
    /// By a fence of our own that nobody has yet.
    Later(FenceAlloc),
    /// By a fence of our own that others have.
    Published(DriverFence),
}

impl Publication {
    /// By a fence of our own.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn later() -> Result<Self> {
        Ok(Self::Later(FenceAlloc::new(GFP_KERNEL_ACCOUNT)?))
    }
}
