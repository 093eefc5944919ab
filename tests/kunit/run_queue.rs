// SPDX-License-Identifier: GPL-2.0

//! Tests of the run queue: order, ageing, and what becomes of the jobs.

use super::{
    Level,
    Place,
    Queued,
    Reserve,
    RunQueue,
    AGE_LIMIT,
    LEVELS,
    MAX_PASSES, //
};
use crate::rng::Rng;
use kernel::{
    list::ListArc,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};
use kernel_ext::list::Linked;

/// Number of jobs dropped so far, by all tests.
static DROPPED: Atomic<u64> = Atomic::new(0);

pub(super) const MS: u64 = 1_000_000;

/// A job that runs for a known time.
pub(super) struct TestJob {
    pub(super) place: Place,
    level: Level,
    pub(super) id: u64,
    pub(super) ns: u64,
}

impl Drop for TestJob {
    fn drop(&mut self) {
        DROPPED.store(DROPPED.load(Relaxed) + 1, Relaxed);
    }
}

pub(super) type Job = Linked<TestJob>;

impl Queued for Job {
    fn place(&self) -> Place {
        self.place
    }

    fn level(&self) -> Level {
        self.level
    }
}

pub(super) fn level(level: usize) -> Result<Level> {
    Level::new(level as u32).ok_or(EINVAL)
}

pub(super) fn join(queue: &mut RunQueue<Job>) -> Result<Place> {
    let mut reserve = Reserve::new(queue.wanted())?;
    queue.join(&mut reserve).ok_or(EINVAL)
}

pub(super) fn job(place: Place, at: usize, id: u64, ns: u64) -> Result<ListArc<Job>> {
    ListArc::pin_init::<Error>(
        Linked::new(Ok(TestJob {
            place,
            level: level(at)?,
            id,
            ns,
        })),
        GFP_KERNEL,
    )
}

pub(super) fn push(queue: &mut RunQueue<Job>, place: Place, at: usize, id: u64) -> Result {
    queue.push(job(place, at, id, 0)?).map_err(|_job| ECANCELED)
}

/// Queues `count` jobs of `ns` each at level 5.
pub(super) fn load(queue: &mut RunQueue<Job>, place: Place, count: u64, ns: u64) -> Result {
    for id in 0..count {
        queue
            .push(job(place, 5, id, ns)?)
            .map_err(|_job| ECANCELED)?;
    }
    Ok(())
}

/// Runs the next job and returns whose it was and how long it took.
pub(super) fn run(queue: &mut RunQueue<Job>) -> Option<(Place, u64)> {
    let job = queue.pick()?;
    queue.charge(&job, job.ns);
    Some((job.place, job.ns))
}

/// Counts the passes of each level, from what is picked alone.
struct Passes {
    passes: [u64; LEVELS],
    most: u64,
}

impl Passes {
    fn new() -> Self {
        Self {
            passes: [0; LEVELS],
            most: 0,
        }
    }

    fn picked(&mut self, queue: &RunQueue<Job>, served: usize) -> Result {
        for (index, passes) in self.passes.iter_mut().enumerate() {
            if index == served || queue.len_at(level(index)?) == 0 {
                *passes = 0;
            } else {
                *passes += 1;
                self.most = core::cmp::max(self.most, *passes);
            }
        }
        Ok(())
    }
}

#[kunit_tests(mvgal_run_queue)]
mod tests {
    use super::*;

    #[test]
    fn empty() -> Result {
        let mut queue = RunQueue::<Job>::new()?;
        assert_eq!(queue.len(), 0);
        assert!(queue.pick().is_none());
        let place = join(&mut queue)?;
        assert!(queue.pick().is_none());
        assert!(queue.remove_client(place).is_empty());
        assert!(queue.close().is_empty());
        Ok(())
    }

    #[test]
    fn levels() {
        assert_eq!(Level::new(0).map(Level::index), Some(0));
        assert_eq!(Level::new(15).map(Level::index), Some(15));
        assert!(Level::new(16).is_none());
        assert!(Level::new(u32::MAX).is_none());
    }

    #[test]
    fn fifo_within_a_client() -> Result {
        let mut queue = RunQueue::new()?;
        let place = join(&mut queue)?;
        for id in 0..100 {
            push(&mut queue, place, 7, id)?;
        }
        assert_eq!(queue.len(), 100);
        for id in 0..100 {
            assert_eq!(queue.pick().ok_or(ENOENT)?.id, id);
        }
        assert_eq!(queue.len(), 0);
        Ok(())
    }

    #[test]
    fn highest_level_first() -> Result {
        let mut queue = RunQueue::new()?;
        let place = join(&mut queue)?;
        for step in 0..LEVELS {
            // All levels, in no order.
            let at = step * 7 % LEVELS;
            push(&mut queue, place, at, at as u64)?;
            assert_eq!(queue.len_at(level(at)?), 1);
        }
        for at in (0..LEVELS).rev() {
            assert_eq!(queue.pick().ok_or(ENOENT)?.id, at as u64);
            assert_eq!(queue.len_at(level(at)?), 0);
            assert_eq!(queue.len(), at);
        }
        Ok(())
    }

    #[test]
    fn late_high_job_overtakes_all() -> Result {
        let mut queue = RunQueue::new()?;
        let (flood, other) = (join(&mut queue)?, join(&mut queue)?);
        for id in 0..1000 {
            push(&mut queue, flood, 0, id)?;
        }
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 0);
        push(&mut queue, other, 15, 5000)?;
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 5000);
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 1);
        Ok(())
    }

    #[test]
    fn low_job_under_a_flood() -> Result {
        let mut queue = RunQueue::new()?;
        let (flood, other) = (join(&mut queue)?, join(&mut queue)?);
        for id in 0..1000 {
            push(&mut queue, flood, 15, id)?;
        }
        for _ in 0..500 {
            queue.pick().ok_or(ENOENT)?;
        }
        push(&mut queue, other, 0, 5000)?;
        for _ in 0..AGE_LIMIT {
            assert!(queue.pick().ok_or(ENOENT)?.id != 5000);
        }
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 5000);
        Ok(())
    }

    #[test]
    fn ageing_bound_is_exact() -> Result {
        let mut queue = RunQueue::new()?;
        let place = join(&mut queue)?;
        for at in 0..LEVELS {
            push(&mut queue, place, at, 0)?;
            push(&mut queue, place, at, 0)?;
        }
        let mut passes = Passes::new();
        let mut served = [0u64; LEVELS];
        for _ in 0..10_000 {
            let job = queue.pick().ok_or(ENOENT)?;
            let at = job.level.index();
            passes.picked(&queue, at)?;
            assert!(passes.most <= MAX_PASSES);
            *served.get_mut(at).ok_or(EINVAL)? += 1;
            queue.push(job).map_err(|_job| ECANCELED)?;
        }
        assert_eq!(passes.most, MAX_PASSES);
        // Ageing keeps the lower levels alive and leaves the most for the highest.
        assert!(served[15] > 5_000);
        assert!(served
            .iter()
            .all(|&count| count > 10_000 / (MAX_PASSES + 1)));
        Ok(())
    }

    #[test]
    fn ageing_bound_under_random_refill() -> Result {
        let mut rng = Rng::new(1);
        let mut queue = RunQueue::new()?;
        let place = join(&mut queue)?;
        let mut passes = Passes::new();
        for _ in 0..800 {
            // Mostly the upper levels, in bursts over some of the lower ones.
            let mask = rng.next() & rng.next();
            for at in 0..LEVELS {
                if mask & (1 << at) != 0 && queue.len_at(level(at)?) < 3 {
                    push(&mut queue, place, at, 0)?;
                }
            }
            for _ in 0..rng.below(6) {
                if let Some(job) = queue.pick() {
                    passes.picked(&queue, job.level.index())?;
                }
            }
            assert!(passes.most <= MAX_PASSES);
        }
        assert!(passes.most >= AGE_LIMIT);
        Ok(())
    }

    #[test]
    fn emptied_level_starts_anew() -> Result {
        let mut queue = RunQueue::new()?;
        let (flood, other) = (join(&mut queue)?, join(&mut queue)?);
        for id in 0..200 {
            push(&mut queue, flood, 15, id)?;
        }
        push(&mut queue, other, 0, 5000)?;
        for _ in 0..AGE_LIMIT - 1 {
            assert!(queue.pick().ok_or(ENOENT)?.id != 5000);
        }
        assert_eq!(queue.remove_client(other).into_iter().count(), 1);
        push(&mut queue, other, 0, 5001)?;
        for _ in 0..AGE_LIMIT {
            assert!(queue.pick().ok_or(ENOENT)?.id != 5001);
        }
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 5001);
        Ok(())
    }

    #[test]
    fn remove_client_leaves_the_others() -> Result {
        let mut queue = RunQueue::new()?;
        let (gone, stays) = (join(&mut queue)?, join(&mut queue)?);
        for id in 0..20 {
            push(&mut queue, gone, id as usize % 3, id)?;
            push(&mut queue, stays, id as usize % 3, 100 + id)?;
        }
        let mut last = None;
        let mut removed = 0;
        for job in queue.remove_client(gone) {
            assert!(job.place == gone);
            // Highest level first, and first in, first out in each.
            let key = (core::cmp::Reverse(job.level), job.id);
            assert!(last < Some(key));
            last = Some(key);
            removed += 1;
        }
        assert_eq!(removed, 20);
        assert_eq!(queue.len(), 20);
        let mut last = [0u64; 3];
        while let Some(job) = queue.pick() {
            let last = last.get_mut(job.level.index()).ok_or(EINVAL)?;
            assert!(job.place == stays && *last < job.id);
            *last = job.id;
        }
        // The place is still good.
        push(&mut queue, gone, 3, 7)?;
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 7);
        Ok(())
    }

    #[test]
    fn stale_places_are_refused() -> Result {
        let mut queue = RunQueue::new()?;
        let (old, other) = (join(&mut queue)?, join(&mut queue)?);
        push(&mut queue, old, 3, 1)?;
        push(&mut queue, other, 3, 2)?;
        let running = job(old, 3, 3, MS)?;
        let (seat, jobs) = queue.leave(old).ok_or(EINVAL)?;
        drop(seat);
        assert_eq!(jobs.into_iter().count(), 1);
        assert!(queue.leave(old).is_none());
        // The slot is taken again, and the old place does not reach the new client.
        let new = join(&mut queue)?;
        assert!(new != old);
        push(&mut queue, new, 3, 4)?;
        queue.charge(&running, 1000 * MS);
        assert_eq!(queue.push(running).err().ok_or(EINVAL)?.id, 3);
        assert!(queue.remove_client(old).is_empty());
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 2);
        assert_eq!(queue.pick().ok_or(ENOENT)?.id, 4);
        Ok(())
    }

    #[test]
    fn close_hands_out_all_jobs() -> Result {
        let mut queue = RunQueue::new()?;
        for client in 0..10 {
            let place = join(&mut queue)?;
            for id in 0..10 {
                queue
                    .push(job(place, (client + id) % LEVELS, id as u64, MS)?)
                    .map_err(|_job| EINVAL)?;
            }
        }
        // Some of the clients are in debt then.
        for _ in 0..20 {
            run(&mut queue).ok_or(ENOENT)?;
        }
        assert_eq!(queue.close().into_iter().count(), 80);
        assert_eq!(queue.len(), 0);
        assert!(queue.pick().is_none());
        let place = join(&mut queue)?;
        assert!(queue.push(job(place, 0, 0, 0)?).is_err());
        assert_eq!(queue.len(), 0);
        Ok(())
    }

    #[test]
    fn table_grows_with_the_clients() -> Result {
        let mut queue = RunQueue::new()?;
        let mut places = KVec::new();
        for id in 0..300 {
            let place = join(&mut queue)?;
            push(&mut queue, place, 4, id)?;
            places.push(place, GFP_KERNEL)?;
        }
        for (id, &place) in places.iter().enumerate() {
            let jobs = queue.remove_client(place);
            assert_eq!(jobs.iter().count(), 1);
            assert!(jobs.iter().all(|job| job.id == id as u64));
            drop(queue.leave(place).ok_or(EINVAL)?);
        }
        // All slots are free: nobody needs a larger table.
        for _ in 0..300 {
            assert_eq!(queue.wanted(), 0);
            join(&mut queue)?;
        }
        Ok(())
    }

    #[test]
    fn join_without_room_takes_nothing() -> Result {
        let mut queue = RunQueue::<Job>::new()?;
        assert!(queue.wanted() > 0);
        let mut small = Reserve::new(0)?;
        assert!(queue.join(&mut small).is_none());
        join(&mut queue)?;
        // There is room now, and the seat is still there.
        assert_eq!(queue.wanted(), 0);
        assert!(queue.join(&mut small).is_some());
        assert!(queue.join(&mut small).is_none());
        Ok(())
    }

    #[test]
    fn a_job_is_queued_once() -> Result {
        let mut queue = RunQueue::new()?;
        let place = join(&mut queue)?;
        let queued = job(place, 1, 1, 0)?;
        let arc = queued.clone_arc();
        queue.push(queued).map_err(|_job| EINVAL)?;
        assert!(ListArc::<Job>::try_from_arc(arc.clone()).is_err());
        let picked = queue.pick().ok_or(ENOENT)?;
        assert!(Arc::ptr_eq(picked.as_arc(), &arc));
        drop(picked);
        let again = ListArc::<Job>::try_from_arc(arc).map_err(|_arc| EINVAL)?;
        queue.push(again).map_err(|_job| EINVAL)?;
        assert_eq!(queue.len(), 1);
        Ok(())
    }

    #[test]
    fn no_job_is_lost() -> Result {
        let before = DROPPED.load(Relaxed);
        let mut queue = RunQueue::new()?;
        let (a, b) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, a, 10, MS)?;
        load(&mut queue, b, 10, MS)?;
        for _ in 0..5 {
            run(&mut queue).ok_or(ENOENT)?;
        }
        assert_eq!(DROPPED.load(Relaxed) - before, 5);
        let left = queue.leave(a).ok_or(EINVAL)?;
        assert_eq!(DROPPED.load(Relaxed) - before, 5);
        drop(left);
        drop(queue);
        assert_eq!(DROPPED.load(Relaxed) - before, 20);
        Ok(())
    }
}
