// SPDX-License-Identifier: GPL-2.0

//! What the jobs of one client share, and what is done with them when the client goes.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::RBTree,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Mutex,
        MutexGuard, //
    },
};

use kernel_ext::syncobj::Syncobj;

use crate::{
    client_queue::ClientQueue,
    dispatch::{
        Dispatcher,
        Lane, //
    },
    job,
    run_queue::{
        Level,
        LEVELS, //
    },
    scheduler::Scheduler,
    watch::{
        Watch,
        Watches, //
    },
};

/// Most jobs of one client that are not over.
pub(crate) const MAX_JOBS: u32 = 1 << 14;

/// The jobs of one client.
#[pin_data]
pub(crate) struct ClientJobs {
    /// Set before the client can do anything.
    id: Atomic<u64>,
    levels: [LevelCount; LEVELS],
    sched: Arc<Scheduler>,
    unfinished: Atomic<u32>,
    #[pin]
    watches: Watches,
    /// See [`Sharing`].
    #[pin]
    sharing: Mutex<Shared>,
    closed: Atomic<bool>,
    #[pin]
    /// Sorted, see [`ClientJobs::queue`].
    queues: Mutex<KVec<Arc<ClientQueue>>>,
}

/// The jobs of a client at one level.
struct LevelCount {
    waiting: Atomic<u32>,
    ended: Atomic<u64>,
}

/// Counts a job of a client as not over.
pub(crate) struct JobSlot {
    client: Arc<ClientJobs>,
    level: Level,
}

/// The syncobjs of a client that others may know, so that other drivers can give them fences.
struct Shared {
    /// By address.
    syncobjs: RBTree<usize, ARef<Syncobj>>,
    /// How many there are.
    len: usize,
    /// How many there may be before those are looked for that nobody else has any more.
    prune_at: usize,
    /// Whether one is missing for want of memory, so that any may be.
    all: bool,
}

impl Shared {
    const PRUNE_FIRST: usize = 64;

    fn new() -> Self {
        Self {
            syncobjs: RBTree::new(),
            len: 0,
            prune_at: Self::PRUNE_FIRST,
            all: false,
        }
    }

    fn add(&mut self, syncobj: &ARef<Syncobj>) -> Result {
        if self.len >= self.prune_at {
            self.prune();
        }
        self.syncobjs.try_create_and_insert(
            syncobj.address(),
            syncobj.clone(),
            GFP_KERNEL_ACCOUNT,
        )?;
        self.len += 1;
        Ok(())
    }

    fn remove(&mut self, syncobj: &Syncobj) {
        if self.syncobjs.remove(&syncobj.address()).is_some() {
            self.len = self.len.saturating_sub(1);
        }
    }

    /// Drops those that nobody else has. Done again when there are twice as many, it costs each one
    /// that is added constant time.
    fn prune(&mut self) {
        let mut cursor = self.syncobjs.cursor_front_mut();
        while let Some(at) = cursor {
            cursor = if at.current().1.is_unique() {
                at.remove_current().0
            } else {
                at.move_next()
            };
        }
        let left = self.syncobjs.iter().count();
        self.len = left;
        self.prune_at = (2 * left).max(Self::PRUNE_FIRST);
    }
}

/// Which syncobjs a client shares, while that does not change.
pub(crate) struct Sharing<'a>(MutexGuard<'a, Shared>);

impl Sharing<'_> {
    fn includes(&self, syncobj: &Syncobj) -> bool {
        self.0.all || self.0.syncobjs.get(&syncobj.address()).is_some()
    }
}

impl ClientJobs {
    /// Creates it for a client that has no number yet.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(sched: Arc<Scheduler>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                id: Atomic::new(0),
                levels: [const {
                    LevelCount {
                        waiting: Atomic::new(0),
                        ended: Atomic::new(0),
                    }
                }; LEVELS],
                sched,
                unfinished: Atomic::new(0),
                watches <- Watches::new(),
                sharing <- new_mutex!(Shared::new(), "mvgal::ClientJobs::sharing"),
                closed: Atomic::new(false),
                queues <- new_mutex!(KVec::new(), "mvgal::ClientJobs::queues"),
            }),
            GFP_KERNEL,
        )
    }

    /// The number of the client.
    pub(crate) fn id(&self) -> u64 {
        self.id.load(Relaxed)
    }

    /// Gives the client its number, before it does anything.
    pub(crate) fn identify(&self, id: u64) {
        self.id.store(id, Relaxed);
    }

    /// Counts a job of that level that is over.
    pub(crate) fn note_ended(&self, level: Level) {
        if let Some(count) = self.levels.get(level.index()) {
            count.ended.fetch_add(1, Relaxed);
        }
    }

    /// Member time that the client has used on the member of that id, or on the host, in ns.
    pub(crate) fn busy_ns(&self, member: u32) -> u64 {
        let queues = self.queues.lock();
        let of_member = queues
            .iter()
            .filter(|queue| queue.dispatcher().member() == member);
        of_member.map(|queue| queue.busy_ns()).sum()
    }

    /// Jobs at each level: those that are not over, and how many are.
    pub(crate) fn levels(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.levels
            .iter()
            .map(|level| (level.waiting.load(Relaxed), level.ended.load(Relaxed)))
    }

    /// The scheduler.
    pub(crate) fn sched(&self) -> &Arc<Scheduler> {
        &self.sched
    }

    /// Whether the client is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// Finds out which syncobjs the client shares, and keeps it from sharing more. Held from the
    /// making of points to wait for to their registration, so that none is overlooked.
    pub(crate) fn sharing(&self) -> Sharing<'_> {
        Sharing(self.sharing.lock())
    }

    /// From now on, other drivers may give fences to points of a syncobj of the client: it is about
    /// to be exported.
    ///
    /// # Errors
    ///
    /// `EBUSY` if more points would have to be watched than may be, `ENOMEM`.
    pub(crate) fn share(self: &Arc<Self>, syncobj: ARef<Syncobj>) -> Result {
        let mut sharing = self.sharing();
        if sharing.includes(&syncobj) {
            return Ok(());
        }
        sharing.0.add(&syncobj)?;
        let watched = self.sched.timelines.watch_waiting(self, &syncobj, &sharing);
        if watched.is_err() {
            // The ioctl fails, so nothing is shared; those that are watched by now do no harm.
            sharing.0.remove(&syncobj);
        }
        watched
    }

    /// The same for a syncobj that was imported.
    pub(crate) fn share_imported(&self, syncobj: ARef<Syncobj>) {
        let mut sharing = self.sharing();
        if !sharing.includes(&syncobj) && sharing.0.add(&syncobj).is_err() {
            // It has a handle by now, and points of it must not be overlooked.
            sharing.0.all = true;
        }
    }

    /// Reserves room for a job.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the client has [`MAX_JOBS`].
    pub(crate) fn reserve_job(self: &Arc<Self>, level: Level) -> Result<JobSlot> {
        self.enter(level, 1)?;
        Ok(JobSlot {
            client: self.clone(),
            level,
        })
    }

    /// Counts jobs as not over, until [`ClientJobs::leave`].
    ///
    /// # Errors
    ///
    /// `EBUSY` if the client would have more than [`MAX_JOBS`].
    pub(crate) fn enter(&self, level: Level, jobs: u32) -> Result {
        if self.unfinished.fetch_add(jobs, Relaxed) > MAX_JOBS - jobs {
            self.unfinished.fetch_sub(jobs, Relaxed);
            return Err(EBUSY);
        }
        if let Some(count) = self.levels.get(level.index()) {
            count.waiting.fetch_add(jobs, Relaxed);
        }
        Ok(())
    }

    /// Counts jobs as over. May be called with interrupts off.
    pub(crate) fn leave(&self, level: Level, jobs: u32) {
        self.unfinished.fetch_sub(jobs, Relaxed);
        if let Some(count) = self.levels.get(level.index()) {
            count.waiting.fetch_sub(jobs, Relaxed);
        }
    }

    /// The points that are watched for the client.
    pub(crate) fn watches(&self) -> &Watches {
        &self.watches
    }

    /// Watches a point, if it has no fence and other drivers may give it one.
    ///
    /// # Errors
    ///
    /// As [`Watch::new`].
    pub(crate) fn watch(
        self: &Arc<Self>,
        sharing: &Sharing<'_>,
        syncobj: &ARef<Syncobj>,
        point: u64,
    ) -> Result<Option<Watch>> {
        if !sharing.includes(syncobj) || syncobj.fence_at(point).is_some() {
            return Ok(None);
        }
        Watch::new(self, syncobj, point).map(Some)
    }

    /// The client's queue in a lane of a member; made at the first use.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn queue(
        &self,
        dispatcher: &Arc<Dispatcher>,
        lane: Lane,
    ) -> Result<Arc<ClientQueue>> {
        // The order does not matter, but for finding one.
        let key = |dispatcher: &Arc<Dispatcher>, lane| (Arc::as_ptr(dispatcher).addr(), lane);
        let wanted = key(dispatcher, lane);
        let find = |queues: &[Arc<ClientQueue>]| {
            queues.binary_search_by_key(&wanted, |queue| key(queue.dispatcher(), queue.lane()))
        };
        let mut queues = self.queues.lock();
        if let Ok(found) = find(&queues) {
            return queues.get(found).cloned().ok_or(ENOMEM);
        }

        // A member that is gone never comes back under the same dispatcher.
        queues.retain(|queue| !queue.dispatcher().is_gone());

        queues.reserve(1, GFP_KERNEL)?;
        let queue = ClientQueue::new(dispatcher, lane)?;
        let place = find(&queues).unwrap_or_else(|place| place);
        queues
            .insert_within_capacity(place, queue.clone())
            .map_err(|_| ENOMEM)?;
        Ok(queue)
    }

    /// Ends all jobs with `ECANCELED` that have not started. Those that wait for a fence end when
    /// it comes.
    pub(crate) fn close(&self) {
        self.closed.xchg(true, Full);
        job::cancel_waiting(&self.sched, ECANCELED, Some(self.id()), |_| true);
        for queue in self.queues.lock().iter() {
            queue.leave();
        }
    }
}

impl Drop for JobSlot {
    fn drop(&mut self) {
        self.client.leave(self.level, 1);
    }
}
