// SPDX-License-Identifier: GPL-2.0

//! What it costs to put a job in a run queue, and to take the next one out, with so and so many
//! jobs in it: one job more or less each time, so that the number stays as it is.

use super::{
    median,
    report, //
};
use crate::run_queue::{
    Level,
    Place,
    Queued,
    Reserve,
    RunQueue,
    LEVELS, //
};
use kernel::{
    list::ListArc,
    prelude::*, //
};
use kernel_ext::{
    clock::monotonic_ns,
    list::Linked,
    sched::cond_resched, //
};

/// Jobs that are put in and taken out for each figure.
const PASSES: usize = 4096;

/// What a job is charged with, in ns: more than the run queue assumes of one that it knows nothing
/// of, so that clients take turns.
const COST_NS: u64 = 50_000;

struct BenchJob {
    place: Place,
    level: Level,
}

type Job = Linked<BenchJob>;

impl Queued for Job {
    fn place(&self) -> Place {
        self.place
    }

    fn level(&self) -> Level {
        self.level
    }
}

/// How the jobs are spread over clients and levels.
struct Spread {
    name: &'static str,
    clients: usize,
    /// A range of levels.
    first_level: u32,
    last_level: u32,
}

/// Deals jobs out, to each level of one client before the next client.
struct Dealer<'a> {
    spread: &'a Spread,
    places: KVec<Place>,
    client: usize,
    level: u32,
}

impl Dealer<'_> {
    fn next(&mut self) -> Result<ListArc<Job>> {
        let job = BenchJob {
            place: *self.places.get(self.client).ok_or(EINVAL)?,
            level: Level::new(self.level).ok_or(EINVAL)?,
        };
        self.level += 1;
        if self.level > self.spread.last_level {
            self.level = self.spread.first_level;
            self.client += 1;
            if self.client == self.places.len() {
                self.client = 0;
            }
        }
        ListArc::pin_init::<Error>(Linked::new(Ok(job)), GFP_KERNEL)
    }
}

pub(super) fn run() -> Result {
    let one = Spread {
        name: "one",
        clients: 1,
        first_level: 5,
        last_level: 5,
    };
    let many = Spread {
        name: "many",
        clients: 100,
        first_level: 0,
        last_level: LEVELS as u32 - 1,
    };
    for queued in [1, 1_000, 100_000] {
        measure(&one, queued)?;
    }
    for queued in [10_000, 100_000] {
        measure(&many, queued)?;
    }
    Ok(())
}

fn measure(spread: &Spread, queued: usize) -> Result {
    let mut queue = RunQueue::<Job>::new()?;
    let mut places = KVec::with_capacity(spread.clients, GFP_KERNEL)?;
    for _ in 0..spread.clients {
        let mut reserve = Reserve::new(queue.wanted())?;
        places.push(queue.join(&mut reserve).ok_or(EINVAL)?, GFP_KERNEL)?;
    }

    let mut dealer = Dealer {
        spread,
        places,
        client: 0,
        level: spread.first_level,
    };
    for _ in 0..queued {
        queue.push(dealer.next()?).map_err(|_job| EINVAL)?;
        cond_resched();
    }

    let clock = clock()?;
    let mut pushes = KVec::with_capacity(PASSES, GFP_KERNEL)?;
    let mut picks = KVec::with_capacity(PASSES, GFP_KERNEL)?;
    // Where the job to put in next comes from: the one that was taken out last.
    let mut next = dealer.next()?;
    for _ in 0..PASSES {
        let start = monotonic_ns();
        let pushed = queue.push(next);
        let between = monotonic_ns();
        let picked = queue.pick();
        let end = monotonic_ns();

        pushed.map_err(|_job| EINVAL)?;
        next = picked.ok_or(EINVAL)?;
        queue.charge(&next, COST_NS);
        pushes.push((between - start).saturating_sub(clock), GFP_KERNEL)?;
        picks.push((end - between).saturating_sub(clock), GFP_KERNEL)?;
    }

    let name = spread.name;
    report(fmt!("run_queue_push_{name}_{queued}"), median(&mut pushes));
    report(fmt!("run_queue_pick_{name}_{queued}"), median(&mut picks));

    for place in dealer.places {
        drop(queue.leave(place));
    }
    Ok(())
}

/// What it costs to read the clock.
fn clock() -> Result<u64> {
    let mut samples = KVec::with_capacity(PASSES, GFP_KERNEL)?;
    for _ in 0..PASSES {
        let start = monotonic_ns();
        samples.push(monotonic_ns() - start, GFP_KERNEL)?;
    }
    Ok(median(&mut samples))
}
