// SPDX-License-Identifier: GPL-2.0

//! One syncobj: its points that have no fence yet, in order, and who waits for them.

use kernel::{
    prelude::*,
    rbtree::RBTree,
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
    point::OutPoint,
    Armable,
    WaitingJobs, //
};
use crate::{
    job::Job,
    wait::Waiting, //
};

/// Where a waiter stands: what it waits for (a point or a ticket), then a number that is unique.
pub(super) type Key = (u64, u64);

/// Who waits for a point, and as which of its points.
pub(super) enum Waiter {
    /// The in-sync of that index of a job.
    Job(Arc<Job>, usize),
    /// The point of that index of a WAIT_FENCE call.
    Task(Arc<Waiting>, usize),
}

/// A point that a job will give a fence to.
pub(super) struct Pending {
    /// 0 for a binary syncobj.
    point: u64,
    /// Present for timeline points.
    chain: Option<ChainNode>,
    /// Present once the job has one.
    pub(super) fence: Option<ARef<Fence>>,
}

/// What is known of one syncobj while some [`Point`](super::point::Point) refers to it.
pub(super) struct Track {
    /// Number of points that refer to it.
    pub(super) users: usize,
    pub(super) syncobj: ARef<Syncobj>,
    /// Ticket of the next point registered; the first is 1.
    pub(super) next_ticket: u64,
    /// The highest timeline point registered so far, or 0.
    pub(super) last_point: u64,
    /// Points that wait for their fence, by ticket.
    pub(super) pending: RBTree<u64, Pending>,
    /// Who waits for a timeline point.
    pub(super) by_point: RBTree<Key, Waiter>,
    /// Who waits for the fence of a binary syncobj: until this ticket has one.
    pub(super) by_ticket: RBTree<Key, Waiter>,
}

impl Track {
    /// What is known of a syncobj that one point refers to.
    pub(super) fn new(syncobj: ARef<Syncobj>) -> Self {
        Self {
            users: 1,
            syncobj,
            next_ticket: 1,
            last_point: 0,
            pending: RBTree::new(),
            by_point: RBTree::new(),
            by_ticket: RBTree::new(),
        }
    }

    /// The fence that a wait for `point` that starts now is about, or what to wait for.
    pub(super) fn resolve(&self, point: u64) -> Result<ARef<Fence>, u64> {
        if point != 0 {
            return self.syncobj.fence_at(point).ok_or(point);
        }
        if self.pending.is_empty() {
            self.syncobj.fence_at(0).ok_or(self.next_ticket)
        } else {
            Err(self.next_ticket - 1)
        }
    }

    /// Who waits for `point`, or for whichever point of the kind of `point`, 0 being the binary
    /// one.
    pub(super) fn waiters(&mut self, point: u64) -> &mut RBTree<Key, Waiter> {
        if point != 0 {
            &mut self.by_point
        } else {
            &mut self.by_ticket
        }
    }

    /// Puts a point in line for its fence.
    pub(super) fn pend(&mut self, out: &mut OutPoint) {
        let Some(node) = out.node.take() else { return };
        out.ticket = self.next_ticket;
        self.next_ticket += 1;
        self.pending.insert(node.into_node(
            out.ticket,
            Pending {
                point: out.point.value,
                chain: out.chain.take(),
                fence: None,
            },
        ));
    }

    /// Gives fences to the points whose turn has come, and tells who waited for them.
    pub(super) fn flush(&mut self, waiting: &mut WaitingJobs, armable: &mut Armable) {
        while let Some(front) = self.pending.cursor_front_mut() {
            if front.current().1.fence.is_none() {
                return;
            }
            let (_, node) = front.remove_current();
            let (_, pending) = node.to_key_value();
            let Some(fence) = pending.fence else { return };
            match pending.chain {
                Some(chain) => self.syncobj.add_point(chain, &fence, pending.point),
                None => self.syncobj.replace_fence(&fence),
            }
            // Before the next point gets its fence: that would hide this one's.
            self.wake(waiting, armable);
        }
        // What was published is known to the syncobj from here on, and may be reset there.
        self.last_point = 0;
    }

    /// Tells those whose point has a fence by now.
    pub(super) fn wake(&mut self, waiting: &mut WaitingJobs, armable: &mut Armable) {
        while let Some(front) = self.by_point.cursor_front_mut() {
            let Some(fence) = self.syncobj.fence_at(front.current().0 .0) else {
                break;
            };
            let (_, node) = front.remove_current();
            node.to_key_value().1.resolve(fence, waiting, armable);
        }

        let first_pending = self.pending.cursor_front().map(|c| *c.current().0);
        while let Some(front) = self.by_ticket.cursor_front_mut() {
            // A ticket that was not given out yet stands for any fence that comes.
            let ticket = front.current().0 .0;
            if first_pending.is_some_and(|first| first <= ticket) {
                break;
            }
            let Some(fence) = self.syncobj.fence_at(0) else {
                break;
            };
            let (_, node) = front.remove_current();
            node.to_key_value().1.resolve(fence, waiting, armable);
        }
    }
}

impl Waiter {
    fn resolve(self, fence: ARef<Fence>, waiting: &mut WaitingJobs, armable: &mut Armable) {
        match self {
            Waiter::Job(job, index) => {
                if job.resolve(index, fence) {
                    waiting.remove(&job.key());
                    armable.push(job);
                }
            }
            Waiter::Task(task, index) => {
                task.resolve(index, fence);
                armable.push_task(task);
            }
        }
    }
}
