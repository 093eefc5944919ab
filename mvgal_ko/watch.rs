// SPDX-License-Identifier: GPL-2.0

//! Watching points that other drivers may give a fence.
//!
//! Each watch takes a kernel thread, so there are limits, and all who wait for one point of one
//! client share one.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc,
        Mutex, //
    },
};

use kernel_ext::syncobj::{
    Syncobj,
    SyncobjWatcher, //
};

use crate::{
    client_jobs::ClientJobs,
    scheduler::Scheduler, //
};

/// Most points of one client that are watched.
const MAX_WATCHED: u32 = 64;

/// The same for all clients together.
const MAX_WATCHED_IN_ALL: u32 = 512;

/// A syncobj, by address, and a point.
type Key = (usize, u64);

/// The watches of one client.
#[pin_data]
pub(crate) struct Watches {
    count: Atomic<u32>,
    #[pin]
    table: Mutex<RBTree<Key, Entry>>,
}

struct Entry {
    users: usize,
    thread: Thread,
}

/// A thread that watches a point.
struct Thread {
    _watcher: SyncobjWatcher,
    _slot: Slot,
    /// Set when it has seen a fence. It sees no other: the point may be reset.
    fired: Arc<Atomic<bool>>,
}

/// Counts a thread.
struct Slot(Arc<ClientJobs>);

/// Sees to it that a fence is noticed that another driver gives to a point.
///
/// Must not be dropped by what a watcher calls.
pub(crate) struct Watch {
    jobs: Arc<ClientJobs>,
    how: How,
}

enum How {
    /// By an entry of the table.
    Shared(Key),
    /// By a thread of its own, because that of the entry has seen an earlier fence.
    Alone(#[expect(dead_code, reason = "it is kept, to be dropped")] Thread),
}

impl Watches {
    /// Creates an empty table.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            count: Atomic::new(0),
            table <- new_mutex!(RBTree::new(), "mvgal::Watches"),
        })
    }

    /// Finds a thread that has yet to see a fence, and counts one more user of it. `Err` tells
    /// whether there is one that has seen one.
    fn join(table: &mut RBTree<Key, Entry>, key: &Key) -> Result<(), bool> {
        match table.get_mut(key) {
            Some(entry) if !entry.thread.fired.load(Acquire) => {
                entry.users += 1;
                Ok(())
            }
            Some(_) => Err(true),
            None => Err(false),
        }
    }
}

impl Watch {
    /// Watches `point` of `syncobj` for the client of `jobs`.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the client watches [`MAX_WATCHED`] points or all clients [`MAX_WATCHED_IN_ALL`],
    /// `ENOMEM`.
    pub(crate) fn new(jobs: &Arc<ClientJobs>, syncobj: &ARef<Syncobj>, point: u64) -> Result<Self> {
        let key = (syncobj.address(), point);
        let shared = |jobs: &Arc<ClientJobs>| Self {
            jobs: jobs.clone(),
            how: How::Shared(key),
        };
        if Watches::join(&mut jobs.watches().table.lock(), &key).is_ok() {
            return Ok(shared(jobs));
        }

        let thread = Thread::spawn(jobs, syncobj, point)?;
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let mut table = jobs.watches().table.lock();
        match Watches::join(&mut table, &key) {
            Ok(()) => {
                // Somebody else was faster. The thread is ended with the lock released.
                drop(table);
                drop(thread);
                Ok(shared(jobs))
            }
            Err(true) => Ok(Self {
                jobs: jobs.clone(),
                how: How::Alone(thread),
            }),
            Err(false) => {
                table.insert(node.into_node(key, Entry { users: 1, thread }));
                Ok(shared(jobs))
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let How::Shared(key) = &self.how else { return };
        let mut table = self.jobs.watches().table.lock();
        let unused = table.get_mut(key).is_some_and(|entry| {
            entry.users -= 1;
            entry.users == 0
        });
        let node = if unused { table.remove_node(key) } else { None };
        drop(table);
        drop(node);
    }
}

impl Thread {
    fn spawn(jobs: &Arc<ClientJobs>, syncobj: &ARef<Syncobj>, point: u64) -> Result<Self> {
        let slot = Slot::new(jobs)?;
        let fired = Arc::new(Atomic::new(false), GFP_KERNEL_ACCOUNT)?;
        let (sched, seen): (Arc<Scheduler>, _) = (jobs.sched().clone(), fired.clone());
        let watcher = SyncobjWatcher::spawn(syncobj.clone(), point, move || {
            // Before the look at the points, so that who joins later than that looks, too.
            seen.store(true, Release);
            sched.schedule_recheck();
        })?;
        Ok(Self {
            _watcher: watcher,
            _slot: slot,
            fired,
        })
    }
}

impl Slot {
    fn new(jobs: &Arc<ClientJobs>) -> Result<Self> {
        // Dropping it takes both back.
        let slot = Self(jobs.clone());
        let own = jobs.watches().count.fetch_add(1, Relaxed);
        let all = jobs.sched().watched().fetch_add(1, Relaxed);
        if own >= MAX_WATCHED || all >= MAX_WATCHED_IN_ALL {
            return Err(EBUSY);
        }
        Ok(slot)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.watches().count.fetch_sub(1, Relaxed);
        self.0.sched().watched().fetch_sub(1, Relaxed);
    }
}
