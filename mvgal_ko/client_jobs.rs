// SPDX-License-Identifier: GPL-2.0

//! What the jobs of one client share, and what is done with them when the client goes.

use kernel::{
    new_mutex,
    prelude::*,
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

use kernel_ext::syncobj::{
    Syncobj,
    SyncobjWatcher, //
};

use crate::{
    dispatch::{
        Dispatcher,
        Lane,
        Lanes, //
    },
    job,
    run_queue::Place,
    scheduler::Scheduler, //
};

/// Most jobs of one client that are not over.
pub(crate) const MAX_JOBS: u32 = 1 << 14;

/// Most points without a fence that one client waits for and other drivers may give one to. Each
/// takes a kernel thread.
const MAX_WATCHED: u32 = 64;

/// The same for all clients together.
const MAX_WATCHED_IN_ALL: u32 = 512;

/// The jobs of one client.
#[pin_data]
pub(crate) struct ClientJobs {
    id: u64,
    sched: Arc<Scheduler>,
    unfinished: Atomic<u32>,
    watched: Atomic<u32>,
    /// See [`Sharing`].
    #[pin]
    sharing: Mutex<bool>,
    closed: Atomic<bool>,
    #[pin]
    queues: Mutex<KVec<ClientQueue>>,
}

/// The client's places in the run queues of one member.
struct ClientQueue {
    dispatcher: Arc<Dispatcher>,
    places: Lanes<Place>,
}

/// Counts jobs of a client that are not over.
pub(crate) struct JobSlot(Arc<ClientJobs>);

/// Whether a syncobj of a client may be known to others, so that other drivers can give it fences.
pub(crate) struct Sharing<'a>(MutexGuard<'a, bool>);

/// Counts a point of a client that is watched.
struct WatchSlot(Arc<ClientJobs>);

/// Sees to it that a fence is noticed that another driver gives to a point.
pub(crate) struct Watch {
    _thread: SyncobjWatcher,
    _slot: WatchSlot,
}

impl ClientJobs {
    /// Creates it for the client of that number.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(id: u64, sched: Arc<Scheduler>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                id,
                sched,
                unfinished: Atomic::new(0),
                watched: Atomic::new(0),
                sharing <- new_mutex!(false, "mvgal::ClientJobs::sharing"),
                closed: Atomic::new(false),
                queues <- new_mutex!(KVec::new(), "mvgal::ClientJobs::queues"),
            }),
            GFP_KERNEL,
        )
    }

    /// The number of the client.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The scheduler.
    pub(crate) fn sched(&self) -> &Arc<Scheduler> {
        &self.sched
    }

    /// Whether the client is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// Finds out whether the client shares syncobjs, and keeps it from beginning to. Held from the
    /// making of points to wait for to their registration, so that none is overlooked.
    pub(crate) fn sharing(&self) -> Sharing<'_> {
        Sharing(self.sharing.lock())
    }

    /// From now on, other drivers may give fences to points of the client: one of its syncobjs is
    /// about to be shared with other files.
    ///
    /// # Errors
    ///
    /// `EBUSY` if more points would have to be watched than may be, `ENOMEM`.
    pub(crate) fn share_syncobjs(self: &Arc<Self>) -> Result {
        let mut sharing = self.sharing();
        if *sharing.0 {
            return Ok(());
        }
        *sharing.0 = true;
        let watched = self.sched.timelines.watch_waiting(self, &sharing);
        if watched.is_err() {
            // The ioctl fails, so nothing is shared; those that are watched by now do no harm.
            *sharing.0 = false;
        }
        watched
    }

    /// Reserves room for a job.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the client has [`MAX_JOBS`].
    pub(crate) fn reserve_job(self: &Arc<Self>) -> Result<JobSlot> {
        if self.unfinished.fetch_add(1, Relaxed) >= MAX_JOBS {
            self.unfinished.fetch_sub(1, Relaxed);
            return Err(EBUSY);
        }
        Ok(JobSlot(self.clone()))
    }

    /// Watches a point, if it has no fence and other drivers may give it one.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the client watches [`MAX_WATCHED`] or all clients [`MAX_WATCHED_IN_ALL`],
    /// `ENOMEM`.
    pub(crate) fn watch(
        self: &Arc<Self>,
        sharing: &Sharing<'_>,
        syncobj: &ARef<Syncobj>,
        point: u64,
    ) -> Result<Option<Watch>> {
        if !*sharing.0 || syncobj.fence_at(point).is_some() {
            return Ok(None);
        }
        let slot = WatchSlot::new(self)?;
        let sched = self.sched.clone();
        let thread = SyncobjWatcher::spawn(syncobj.clone(), point, move || {
            sched.schedule_recheck()
        })?;
        Ok(Some(Watch {
            _thread: thread,
            _slot: slot,
        }))
    }

    /// The client's place in a run queue; made at the first use.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn place(&self, dispatcher: &Arc<Dispatcher>, lane: Lane) -> Result<Place> {
        let mut queues = self.queues.lock();
        if let Some(queue) = queues
            .iter()
            .find(|queue| Arc::ptr_eq(&queue.dispatcher, dispatcher))
        {
            return Ok(*queue.places.get(lane));
        }

        // A member that is gone never comes back under the same dispatcher.
        queues.retain(|queue| !queue.dispatcher.is_gone());

        queues.reserve(1, GFP_KERNEL)?;
        let places = dispatcher.join()?;
        let place = *places.get(lane);
        queues.push(
            ClientQueue {
                dispatcher: dispatcher.clone(),
                places,
            },
            GFP_KERNEL,
        )?;
        Ok(place)
    }

    /// Ends all jobs with `ECANCELED` that have not started. Those that wait for a fence end when
    /// it comes.
    pub(crate) fn close(&self) {
        self.closed.xchg(true, Full);
        job::cancel_waiting(&self.sched, ECANCELED, Some(self.id), |_| true);
        for queue in self.queues.lock().iter() {
            queue.dispatcher.leave(&queue.places);
        }
    }
}

impl Drop for JobSlot {
    fn drop(&mut self) {
        self.0.unfinished.fetch_sub(1, Relaxed);
    }
}

impl WatchSlot {
    fn new(jobs: &Arc<ClientJobs>) -> Result<Self> {
        // Dropping it takes both back.
        let slot = Self(jobs.clone());
        let own = jobs.watched.fetch_add(1, Relaxed);
        let all = jobs.sched.watched().fetch_add(1, Relaxed);
        if own >= MAX_WATCHED || all >= MAX_WATCHED_IN_ALL {
            return Err(EBUSY);
        }
        Ok(slot)
    }
}

impl Drop for WatchSlot {
    fn drop(&mut self) {
        self.0.watched.fetch_sub(1, Relaxed);
        self.0.sched.watched().fetch_sub(1, Relaxed);
    }
}
