// SPDX-License-Identifier: GPL-2.0

//! Points: what jobs and tasks hold of a syncobj.

use kernel::{
    prelude::*,
    rbtree::RBTreeNodeReservation,
    sync::{
        aref::ARef,
        Arc, //
    },
};

use kernel_ext::{
    dma_fence::Fence,
    dma_fence_chain::ChainNode,
    syncobj::Syncobj, //
};

use super::{
    track::{
        Key,
        Pending,
        Waiter, //
    },
    Timelines, //
};
use crate::{
    client_jobs::{
        ClientJobs,
        Sharing, //
    },
    scheduler::Scheduler,
    watch::Watch, //
};

/// A point of a syncobj. Keeps the syncobj and what is known of it.
///
/// Must not be dropped with the lock of [`Timelines`] held.
pub(super) struct Point {
    pub(super) sched: Arc<Scheduler>,
    pub(super) syncobj: ARef<Syncobj>,
    /// 0 for a binary syncobj.
    pub(super) value: u64,
}

/// A point that is waited for.
pub(crate) struct InPoint {
    pub(super) fence: Option<ARef<Fence>>,
    /// What it takes to wait for a fence; `None` if the point had one from the beginning.
    pub(super) wait: Option<PointWait>,
}

/// What it takes to wait for the fence of a point.
pub(super) struct PointWait {
    pub(super) point: Point,
    pub(super) node: Option<RBTreeNodeReservation<Key, Waiter>>,
    /// Where the waiter stands, while it does.
    pub(super) key: Option<Key>,
    pub(super) watch: Option<Watch>,
}

/// A point that will be signalled.
pub(crate) struct OutPoint {
    pub(super) point: Point,
    pub(super) chain: Option<ChainNode>,
    pub(super) node: Option<RBTreeNodeReservation<u64, Pending>>,
    pub(super) ticket: u64,
    /// `last_point` of the syncobj before this one was claimed.
    pub(super) before: u64,
}

impl Point {
    pub(super) fn address(&self) -> usize {
        self.syncobj.address()
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        self.sched.timelines.untrack(self.address());
    }
}

impl InPoint {
    /// Makes ready to wait for `point` of `syncobj`; 0 stands for a binary syncobj.
    ///
    /// If the point has no fence and the client shares syncobjs, it is watched for one of other
    /// drivers from here on.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the point has to be watched and the client watches as many as it may, `ENOMEM`.
    pub(crate) fn new(
        jobs: &Arc<ClientJobs>,
        sharing: &Sharing<'_>,
        syncobj: ARef<Syncobj>,
        point: u64,
    ) -> Result<Self> {
        // A binary syncobj may have an old fence and get the one that is meant by a job.
        if point != 0 {
            if let Some(fence) = syncobj.fence_at(point) {
                return Ok(Self {
                    fence: Some(fence),
                    wait: None,
                });
            }
        }
        Ok(Self {
            fence: None,
            wait: Some(PointWait {
                watch: jobs.watch(sharing, &syncobj, point)?,
                point: Timelines::track(jobs.sched(), syncobj, point)?,
                node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
                key: None,
            }),
        })
    }

    /// The fence of the point, once it has one.
    pub(crate) fn fence(&self) -> Option<&ARef<Fence>> {
        self.fence.as_ref()
    }

    /// The point that has no fence yet and is waited for; 0 stands for a binary syncobj.
    pub(crate) fn awaited(&self) -> Option<u64> {
        match (&self.fence, &self.wait) {
            (None, Some(wait)) => Some(wait.point.value),
            _ => None,
        }
    }

    /// Whether there is nothing to wait for: its fence has signalled, and without an error.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.fence().and_then(|fence| fence.status()), Some(Ok(())))
    }

    /// Notes the fence that the point got.
    pub(crate) fn resolve(&mut self, fence: ARef<Fence>) {
        self.fence = Some(fence);
        if let Some(wait) = &mut self.wait {
            wait.key = None;
        }
    }
}

impl PointWait {
    /// Whether a waiter stands there, and nothing would tell it of another driver's fence.
    pub(super) fn is_unwatched(&self) -> bool {
        self.key.is_some() && self.watch.is_none()
    }
}

impl OutPoint {
    /// Makes ready to signal `point` of `syncobj`; 0 stands for a binary syncobj.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(sched: &Arc<Scheduler>, syncobj: ARef<Syncobj>, point: u64) -> Result<Self> {
        Ok(Self {
            point: Timelines::track(sched, syncobj, point)?,
            chain: if point != 0 {
                Some(ChainNode::new()?)
            } else {
                None
            },
            node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
            ticket: 0,
            before: 0,
        })
    }

    /// Gives the point a fence that has signalled with `error`, if it has `fence` and that has not.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn supersede(&self, fence: &Fence, error: Error) -> Result {
        let failed = Fence::signaled_with(Err(error))?;
        self.point
            .syncobj
            .supersede(self.point.value, fence, &failed)
    }
}
