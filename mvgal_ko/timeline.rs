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

mod armable;
mod point;
mod track;

pub(crate) use self::{
    armable::Armable,
    point::{
        InPoint,
        OutPoint, //
    },
};

use self::{
    point::Point,
    track::{
        Track,
        Waiter, //
    },
};
use kernel::{
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
    syncobj::Syncobj, //
};

use crate::{
    client_jobs::{
        ClientJobs,
        Sharing, //
    },
    job::{
        Job,
        MAX_SYNCS_PER_JOB, //
    },
    scheduler::Scheduler,
    wait::Waiting, //
};

/// Jobs with in-syncs that have no fence yet, by [`Job::key`].
type WaitingJobs = RBTree<(u64, u64), Arc<Job>>;

struct Inner {
    /// By address of the syncobj.
    tracks: RBTree<usize, Track>,
    waiting: WaitingJobs,
    /// Makes keys of waiters unique.
    next_key: u64,
}

/// All syncobjs with points that have no fence yet, of all clients.
#[pin_data]
pub(crate) struct Timelines {
    #[pin]
    inner: Mutex<Inner>,
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
                inner
                    .tracks
                    .insert(node.into_node(address, Track::new(syncobj.clone())));
                break;
            }
            drop(inner);
            reservation = Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?);
        }
        Ok(Point {
            sched: sched.clone(),
            syncobj,
            value: point,
        })
    }

    /// Forgets what is known of a syncobj when its last point goes.
    fn untrack(&self, address: usize) {
        let mut inner = self.inner.lock();
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

    /// Registers the points of a batch of jobs, all or none.
    ///
    /// Jobs that wait for nothing without a fence are pushed to `armable`, in order, and so are
    /// those that are to end without a wait.
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
                // One whose time has run out by now is armed to its end.
                let ins: &mut [InPoint] = if job.is_stopped() {
                    &mut []
                } else {
                    &mut setup.ins
                };
                for (index, point) in ins.iter_mut().enumerate() {
                    if !inner.wait(point, || Waiter::Job(job.clone(), index)) {
                        unresolved += 1;
                    }
                }
                for point in setup.outs.iter_mut() {
                    let address = point.point.address();
                    if let Some(track) = inner.tracks.get_mut(&address) {
                        track.pend(point);
                    }
                }
                setup.unresolved = unresolved;
                if unresolved != 0 {
                    if let Some(node) = setup.waiting_node.take() {
                        inner.waiting.insert(node.into_node(job.key(), job.clone()));
                    }
                }
            });
            if unresolved == 0 {
                armable.push(job.clone());
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
            let address = point.point.address();
            if let Some(track) = inner.tracks.get_mut(&address) {
                track.pend(point);
            }
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

    /// Watches the points of a syncobj that jobs of a client wait for, and has its tasks do the
    /// same with theirs.
    ///
    /// # Errors
    ///
    /// As [`ClientJobs::watch`].
    pub(crate) fn watch_waiting(
        &self,
        jobs: &Arc<ClientJobs>,
        syncobj: &ARef<Syncobj>,
        sharing: &Sharing<'_>,
    ) -> Result {
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
                    let Some(wait) = &point.wait else { continue };
                    if wait.is_unwatched() && wait.point.address() == syncobj.address() {
                        // There is room for as many as a job may have.
                        drop(unwatched.push_within_capacity((index, wait.point.value)));
                    }
                }
            });
            drop(inner);

            for (index, point) in unwatched {
                let mut watch = jobs.watch(sharing, syncobj, point)?;
                job.with_setup(|setup| {
                    let point = setup.ins.get_mut(index);
                    if let Some(wait) = point.and_then(|point| point.wait.as_mut()) {
                        core::mem::swap(&mut wait.watch, &mut watch);
                    }
                });
            }
            let (client, id) = job.key();
            next = (client, id + 1);
        }
    }

    /// Takes a job out that waits for a point without a fence. Returns whether it did.
    pub(crate) fn take(&self, job: &Job) -> bool {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        let Some(node) = inner.waiting.remove_node(&job.key()) else {
            return false;
        };
        job.with_setup(|setup| {
            for point in setup.ins.iter_mut() {
                inner.forget(point);
            }
        });
        // Never the last reference: the caller has one.
        drop(node);
        true
    }

    /// Takes one job out that waits for a point without a fence: the first one from `from` on, and
    /// of the client if one is given, that `wanted` wants.
    pub(crate) fn take_waiting(
        &self,
        from: (u64, u64),
        client: Option<u64>,
        wanted: impl Fn(&Job) -> bool,
    ) -> Option<Arc<Job>> {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        let job = {
            let mut cursor = inner.waiting.cursor_lower_bound_mut(&from);
            loop {
                let at = cursor?;
                let (_, job) = at.current();
                if client.is_some_and(|client| client != job.client_id()) {
                    return None;
                }
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
    fn track(&mut self, point: &Point) -> Option<&mut Track> {
        self.tracks.get_mut(&point.address())
    }

    /// Checks that timeline points increase, and notes them.
    fn claim(&mut self, outs: &mut [OutPoint]) -> Result {
        for index in 0..outs.len() {
            let Some(out) = outs.get_mut(index) else {
                break;
            };
            let (value, Some(track)) = (out.point.value, self.track(&out.point)) else {
                continue;
            };
            if value == 0 {
                continue;
            }
            if value <= track.last_point.max(track.syncobj.last_point()) {
                self.unclaim(outs.get_mut(..index).unwrap_or_default());
                return Err(EINVAL);
            }
            out.before = track.last_point;
            track.last_point = value;
        }
        Ok(())
    }

    fn unclaim(&mut self, outs: &mut [OutPoint]) {
        for out in outs.iter_mut().rev() {
            if out.point.value != 0 {
                if let Some(track) = self.track(&out.point) {
                    track.last_point = out.before;
                }
            }
        }
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
        let Some(wait) = &mut point.wait else {
            return true;
        };
        let key = self.next_key;
        let Some(track) = self.tracks.get_mut(&wait.point.address()) else {
            return true;
        };
        let order = match track.resolve(wait.point.value) {
            Ok(fence) => {
                point.fence = Some(fence);
                return true;
            }
            Err(order) => order,
        };
        let Some(node) = wait.node.take() else {
            return true;
        };
        self.next_key += 1;
        wait.key = Some((order, key));
        track
            .waiters(wait.point.value)
            .insert(node.into_node((order, key), waiter()));
        false
    }

    fn forget(&mut self, point: &mut InPoint) {
        let Some(wait) = &mut point.wait else { return };
        if let (Some(key), Some(track)) = (wait.key.take(), self.track(&wait.point)) {
            track.waiters(wait.point.value).remove(&key);
        }
    }
}
