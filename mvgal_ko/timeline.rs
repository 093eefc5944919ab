// SPDX-License-Identifier: GPL-2.0

//! Points of syncobjs: who waits for one that has no fence yet, and in which order they get one.
//!
//! A job's out-sync is a point *without* a fence until the job's completion depends on nothing but
//! fences (`Documentation/driver-api/dma-buf.rst`, "Indefinite DMA Fences"). Two things follow,
//! and both live here:
//!
//! - Points of one syncobj get their fences in the order in which their jobs were submitted. A
//!   later point that got its fence first would let waiters of an earlier one through, since a
//!   timeline counts as having reached whatever lies below its newest point.
//! - Jobs and tasks can wait for a point that has no fence. They are told when it gets one: by a
//!   job, by SIGNAL_FENCE, by a DRM core ioctl on our files, or by another driver. The last two do
//!   not pass through here, so they lead to a [`Timelines::recheck`].
//!
//! All of it is under one mutex. It is taken between the publication of a fence and its signalling,
//! so nothing may be allocated and no `dma_resv` locked under it; every node is allocated before.

use kernel::{
    list::{
        List,
        ListArc, //
    },
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        aref::ARef,
        Arc,
        Mutex, //
    },
};

use kernel_ext::{
    dma_fence::Fence,
    dma_fence_chain::ChainNode,
    syncobj::Syncobj, //
};

use crate::{
    client_jobs::{
        ClientJobs,
        Watch, //
    },
    job::{
        Job,
        MAX_SYNCS_PER_JOB, //
    },
    scheduler::Scheduler,
    wait::Waiting, //
};

/// Jobs whose in-syncs all have fences, on their way to [`Job::arm`].
pub(crate) type Armable = List<Job>;

/// Where a waiter stands: what it waits for (a point or a ticket), then a number that is unique.
type Key = (u64, u64);

/// Who waits for a point, and as which of its points.
pub(crate) enum Waiter {
    /// The in-sync of that index of a job.
    Job(Arc<Job>, usize),
    /// The point of that index of a WAIT_FENCE call.
    Task(Arc<Waiting>, usize),
}

/// A point that a job will give a fence to.
struct Pending {
    /// 0 for a binary syncobj.
    point: u64,
    /// Present for timeline points.
    chain: Option<ChainNode>,
    /// Present once the job has one.
    fence: Option<ARef<Fence>>,
}

/// What is known of one syncobj while some [`Point`] refers to it.
struct Track {
    /// Number of [`Point`]s.
    users: usize,
    syncobj: ARef<Syncobj>,
    /// Ticket of the next point registered; the first is 1.
    next_ticket: u64,
    /// The highest timeline point registered so far, or 0.
    last_point: u64,
    /// Points that wait for their fence, by ticket.
    pending: RBTree<u64, Pending>,
    /// Who waits for a timeline point.
    by_point: RBTree<Key, Waiter>,
    /// Who waits for the fence of a binary syncobj: until this ticket has one.
    by_ticket: RBTree<Key, Waiter>,
}

struct Inner {
    /// By address of the syncobj.
    tracks: RBTree<usize, Track>,
    /// Jobs with in-syncs that have no fence yet, by client and job.
    waiting: RBTree<(u64, u64), Arc<Job>>,
    /// Makes keys of waiters unique.
    next_key: u64,
}

/// All syncobjs with points that have no fence yet, of all clients.
#[pin_data]
pub(crate) struct Timelines {
    #[pin]
    inner: Mutex<Inner>,
}

/// A point of a syncobj. Keeps the syncobj and what is known of it.
///
/// Must not be dropped with the lock of [`Timelines`] held.
pub(crate) struct Point {
    sched: Arc<Scheduler>,
    syncobj: ARef<Syncobj>,
    point: u64,
}

/// A point that is waited for.
pub(crate) struct InPoint {
    point: Point,
    fence: Option<ARef<Fence>>,
    node: Option<RBTreeNodeReservation<Key, Waiter>>,
    key: Option<Key>,
    watch: Option<Watch>,
}

/// A point that will be signalled.
pub(crate) struct OutPoint {
    point: Point,
    chain: Option<ChainNode>,
    node: Option<RBTreeNodeReservation<u64, Pending>>,
    ticket: u64,
    /// `last_point` of the syncobj before this one was claimed.
    before: u64,
}

impl Point {
    fn address(&self) -> usize {
        self.syncobj.address()
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        let address = self.address();
        let mut inner = self.sched.timelines.inner.lock();
        let unused = match inner.tracks.get_mut(&address) {
            Some(track) => {
                track.users -= 1;
                track.users == 0
            }
            None => false,
        };
        let node = if unused {
            inner.tracks.remove_node(&address)
        } else {
            None
        };
        drop(inner);
        drop(node);
    }
}

impl InPoint {
    /// Makes ready to wait for `point` of `syncobj`; 0 stands for a binary syncobj.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the point has to be watched and the client watches as many as it may, `ENOMEM`.
    pub(crate) fn new(jobs: &Arc<ClientJobs>, syncobj: ARef<Syncobj>, point: u64) -> Result<Self> {
        Ok(Self {
            watch: jobs.watch(&syncobj, point)?,
            point: Timelines::track(jobs.sched(), syncobj, point)?,
            fence: None,
            node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
            key: None,
        })
    }

    /// The fence of the point, once it has one.
    pub(crate) fn fence(&self) -> Option<&ARef<Fence>> {
        self.fence.as_ref()
    }

    /// Notes the fence that the point got.
    pub(crate) fn resolve(&mut self, fence: ARef<Fence>) {
        self.fence = Some(fence);
        self.key = None;
    }
}

impl OutPoint {
    /// Makes ready to signal `point` of `syncobj`; 0 stands for a binary syncobj.
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
}

impl Track {
    /// The fence that a wait for `point` that starts now is about, or what to wait for.
    fn resolve(&self, point: u64) -> Result<ARef<Fence>, u64> {
        if point != 0 {
            return self.syncobj.fence_at(point).ok_or(point);
        }
        if self.pending.is_empty() {
            self.syncobj.fence_at(0).ok_or(self.next_ticket)
        } else {
            Err(self.next_ticket - 1)
        }
    }

    /// Gives fences to the points whose turn has come, and tells who waited for them.
    fn flush(&mut self, waiting: &mut RBTree<(u64, u64), Arc<Job>>, armable: &mut Armable) {
        while let Some(front) = self.pending.cursor_front_mut() {
            if front.current().1.fence.is_none() {
                break;
            }
            let (_, node) = front.remove_current();
            let (_, pending) = node.to_key_value();
            let Some(fence) = pending.fence else { break };
            match pending.chain {
                Some(chain) => self.syncobj.add_point(chain, &fence, pending.point),
                None => self.syncobj.replace_fence(&fence),
            }
        }
        self.wake(waiting, armable);
    }

    /// Tells those whose point has a fence by now.
    fn wake(&mut self, waiting: &mut RBTree<(u64, u64), Arc<Job>>, armable: &mut Armable) {
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
    fn resolve(
        self,
        fence: ARef<Fence>,
        waiting: &mut RBTree<(u64, u64), Arc<Job>>,
        armable: &mut Armable,
    ) {
        match self {
            Waiter::Job(job, index) => {
                if job.resolve(index, fence) {
                    waiting.remove(&job.key());
                    push_armable(armable, job);
                }
            }
            Waiter::Task(task, index) => task.resolve(index, fence),
        }
    }
}

/// Queues a job for [`Job::arm`]. A job is in one list at a time: it has left this one before it
/// can enter a run queue.
fn push_armable(armable: &mut Armable, job: Arc<Job>) {
    if let Ok(job) = ListArc::try_from_arc(job) {
        armable.push_back(job);
    }
}

impl Timelines {
    /// Creates an empty one.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_mutex!(Inner {
                tracks: RBTree::new(),
                waiting: RBTree::new(),
                next_key: 0,
            }, "mvgal::Timelines"),
        })
    }

    fn track(sched: &Arc<Scheduler>, syncobj: ARef<Syncobj>, point: u64) -> Result<Point> {
        let address = syncobj.address();
        let mut reservation = None;
        loop {
            let mut inner = sched.timelines.inner.lock();
            if let Some(track) = inner.tracks.get_mut(&address) {
                track.users += 1;
                break;
            }
            if let Some(node) = reservation.take() {
                let node: RBTreeNodeReservation<usize, Track> = node;
                inner.tracks.insert(node.into_node(
                    address,
                    Track {
                        users: 1,
                        syncobj: syncobj.clone(),
                        next_ticket: 1,
                        last_point: 0,
                        pending: RBTree::new(),
                        by_point: RBTree::new(),
                        by_ticket: RBTree::new(),
                    },
                ));
                break;
            }
            drop(inner);
            reservation = Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?);
        }
        Ok(Point {
            sched: sched.clone(),
            syncobj,
            point,
        })
    }

    /// Registers the points of a batch of jobs, all or none.
    ///
    /// Jobs that wait for nothing without a fence are pushed to `armable`, in order.
    ///
    /// # Errors
    ///
    /// `EINVAL` if a timeline point does not lie above all that its syncobj has or will get.
    pub(crate) fn register(&self, jobs: &[Arc<Job>], armable: &mut Armable) -> Result {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;

        for (done, job) in jobs.iter().enumerate() {
            let claimed = job.with_setup(|setup| inner.claim(&mut setup.outs));
            if let Some(Err(err)) = claimed {
                for job in jobs[..done].iter().rev() {
                    job.with_setup(|setup| inner.unclaim(&mut setup.outs));
                }
                return Err(err);
            }
        }

        for job in jobs {
            let mut unresolved = 0;
            job.with_setup(|setup| {
                for (index, point) in setup.ins.iter_mut().enumerate() {
                    if !inner.wait(point, || Waiter::Job(job.clone(), index)) {
                        unresolved += 1;
                    }
                }
                for point in setup.outs.iter_mut() {
                    inner.pend(point);
                }
                setup.unresolved = unresolved;
                if unresolved != 0 {
                    if let Some(node) = setup.waiting_node.take() {
                        inner.waiting.insert(node.into_node(job.key(), job.clone()));
                    }
                }
            });
            if unresolved == 0 {
                push_armable(armable, job.clone());
            }
        }
        Ok(())
    }

    /// Registers points that a task waits for. Returns how many have no fence yet.
    pub(crate) fn register_task(&self, task: &Arc<Waiting>, points: &mut [InPoint]) -> usize {
        let mut inner = self.inner.lock();
        let mut unresolved = 0;
        for (index, point) in points.iter_mut().enumerate() {
            if !inner.wait(point, || Waiter::Task(task.clone(), index)) {
                unresolved += 1;
            }
        }
        unresolved
    }

    /// Gives signalled fences to points that nobody has claimed before, all or none.
    ///
    /// # Errors
    ///
    /// `EINVAL` as for [`Timelines::register`].
    pub(crate) fn signal(
        &self,
        outs: &mut [OutPoint],
        fences: &[ARef<Fence>],
        armable: &mut Armable,
    ) -> Result {
        let mut inner = self.inner.lock();
        inner.claim(outs)?;
        for point in outs.iter_mut() {
            inner.pend(point);
        }
        for (point, fence) in outs.iter_mut().zip(fences) {
            inner.attach(point, fence, armable);
        }
        Ok(())
    }

    /// Gives `fence` to the points of a job, as soon as those before them have theirs.
    pub(crate) fn attach(&self, outs: &mut [OutPoint], fence: &ARef<Fence>, armable: &mut Armable) {
        if outs.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        for point in outs {
            inner.attach(point, fence, armable);
        }
    }

    /// Looks whether points got a fence by other ways than through here.
    pub(crate) fn recheck(&self, armable: &mut Armable) {
        let mut inner = self.inner.lock();
        let Inner {
            tracks, waiting, ..
        } = &mut *inner;
        for (_, track) in tracks.iter_mut() {
            track.wake(waiting, armable);
        }
    }

    /// Takes points out that a task no longer waits for.
    pub(crate) fn unregister(&self, points: &mut [InPoint]) {
        let mut inner = self.inner.lock();
        for point in points {
            inner.forget(point);
        }
    }

    /// Calls `f` for all tasks that wait for a point without a fence, once for each such point.
    pub(crate) fn for_each_task(&self, f: impl Fn(&Waiting)) {
        let inner = self.inner.lock();
        for track in inner.tracks.values() {
            let waiters = Iterator::chain(track.by_point.values(), track.by_ticket.values());
            for waiter in waiters {
                if let Waiter::Task(task, _) = waiter {
                    f(task);
                }
            }
        }
    }

    /// Watches the points that jobs of a client wait for, and has its tasks do the same with theirs.
    ///
    /// # Errors
    ///
    /// As [`ClientJobs::watch`].
    pub(crate) fn watch_waiting(&self, jobs: &Arc<ClientJobs>) -> Result {
        self.for_each_task(|task| {
            if task.client() == jobs.id() {
                task.start_over();
            }
        });

        let mut next = (jobs.id(), 0);
        loop {
            let mut unwatched = KVec::with_capacity(MAX_SYNCS_PER_JOB as usize, GFP_KERNEL)?;
            let mut inner = self.inner.lock();
            let found = inner
                .waiting
                .cursor_lower_bound_mut(&next)
                .map(|cursor| cursor.current().1.clone())
                .filter(|job| job.client_id() == jobs.id());
            let Some(job) = found else {
                return Ok(());
            };
            job.with_setup(|setup| {
                for (index, point) in setup.ins.iter().enumerate() {
                    if point.key.is_some() && point.watch.is_none() {
                        let what = (index, point.point.syncobj.clone(), point.point.point);
                        // There is room for as many as a job may have.
                        drop(unwatched.push_within_capacity(what));
                    }
                }
            });
            drop(inner);

            for (index, syncobj, point) in unwatched {
                let mut watch = jobs.watch(&syncobj, point)?;
                job.with_setup(|setup| {
                    if let Some(point) = setup.ins.get_mut(index) {
                        core::mem::swap(&mut point.watch, &mut watch);
                    }
                });
            }
            let (client, id) = job.key();
            next = (client, id + 1);
        }
    }

    /// Takes one job out that waits for a point without a fence: the first after `after` that
    /// `wanted` wants.
    pub(crate) fn take_waiting(
        &self,
        after: Option<(u64, u64)>,
        wanted: impl Fn(&Job) -> bool,
    ) -> Option<Arc<Job>> {
        let from = match after {
            Some((client, job)) => (client, job + 1),
            None => (0, 0),
        };
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        let job = {
            let mut cursor = inner.waiting.cursor_lower_bound_mut(&from);
            loop {
                let at = cursor?;
                let (_, job) = at.current();
                if wanted(job) {
                    break job.clone();
                }
                cursor = at.move_next();
            }
        };
        inner.waiting.remove(&job.key());
        job.with_setup(|setup| {
            for point in setup.ins.iter_mut() {
                inner.forget(point);
            }
        });
        Some(job)
    }
}

impl Inner {
    /// Checks that timeline points increase, and notes them.
    fn claim(&mut self, outs: &mut [OutPoint]) -> Result {
        for index in 0..outs.len() {
            let Some(out) = outs.get_mut(index) else {
                break;
            };
            if out.point.point == 0 {
                continue;
            }
            let Some(track) = self.tracks.get_mut(&out.point.address()) else {
                continue;
            };
            if out.point.point <= track.last_point.max(track.syncobj.last_point()) {
                self.unclaim(outs.get_mut(..index).unwrap_or_default());
                return Err(EINVAL);
            }
            out.before = track.last_point;
            track.last_point = out.point.point;
        }
        Ok(())
    }

    fn unclaim(&mut self, outs: &mut [OutPoint]) {
        for out in outs.iter_mut().rev() {
            if out.point.point != 0 {
                if let Some(track) = self.tracks.get_mut(&out.point.address()) {
                    track.last_point = out.before;
                }
            }
        }
    }

    /// Puts a point in line for its fence.
    fn pend(&mut self, out: &mut OutPoint) {
        let (Some(track), Some(node)) = (
            self.tracks.get_mut(&out.point.address()),
            out.node.take(),
        ) else {
            return;
        };
        out.ticket = track.next_ticket;
        track.next_ticket += 1;
        track.pending.insert(node.into_node(
            out.ticket,
            Pending {
                point: out.point.point,
                chain: out.chain.take(),
                fence: None,
            },
        ));
    }

    fn attach(&mut self, out: &mut OutPoint, fence: &ARef<Fence>, armable: &mut Armable) {
        let Some(track) = self.tracks.get_mut(&out.point.address()) else {
            return;
        };
        if let Some(pending) = track.pending.get_mut(&out.ticket) {
            pending.fence = Some(fence.clone());
        }
        track.flush(&mut self.waiting, armable);
    }

    /// Starts a wait. Returns whether the point has its fence already.
    fn wait(&mut self, point: &mut InPoint, waiter: impl FnOnce() -> Waiter) -> bool {
        let Some(track) = self.tracks.get_mut(&point.point.address()) else {
            return true;
        };
        let order = match track.resolve(point.point.point) {
            Ok(fence) => {
                point.fence = Some(fence);
                return true;
            }
            Err(order) => order,
        };
        let Some(node) = point.node.take() else {
            return true;
        };
        let key = (order, self.next_key);
        self.next_key += 1;
        point.key = Some(key);
        let tree = if point.point.point != 0 {
            &mut track.by_point
        } else {
            &mut track.by_ticket
        };
        tree.insert(node.into_node(key, waiter()));
        false
    }

    fn forget(&mut self, point: &mut InPoint) {
        let (Some(track), Some(key)) = (
            self.tracks.get_mut(&point.point.address()),
            point.key.take(),
        ) else {
            return;
        };
        let tree = if point.point.point != 0 {
            &mut track.by_point
        } else {
            &mut track.by_ticket
        };
        tree.remove(&key);
    }
}
