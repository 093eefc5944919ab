// SPDX-License-Identifier: GPL-2.0

//! Tests of the run queue: fairness between the clients of a level.

use super::{
    fair::{
        MAX_DEBT_NS,
        QUANTUM_NS, //
    },
    test::{
        join,
        load,
        run,
        Job,
        MS, //
    },
    Place,
    RunQueue,
    PICK_COST_NS, //
};
use kernel::prelude::*;

/// Runs jobs while both clients have some. Returns the time that each of them got and the largest
/// difference on the way.
fn contest(queue: &mut RunQueue<Job>, a: (Place, u64), b: (Place, u64)) -> (u64, u64, u64) {
    let (mut left_a, mut left_b) = (a.1, b.1);
    let (mut time_a, mut time_b, mut apart) = (0u64, 0u64, 0u64);
    while left_a > 0 && left_b > 0 {
        match run(queue) {
            Some((place, ns)) if place == a.0 => {
                left_a -= 1;
                time_a += ns;
            }
            Some((place, ns)) if place == b.0 => {
                left_b -= 1;
                time_b += ns;
            }
            _ => return (0, 0, u64::MAX),
        }
        apart = core::cmp::max(apart, time_a.abs_diff(time_b));
    }
    (time_a, time_b, apart)
}

/// The furthest that two clients may be apart if the longest job takes `ns`: that job, a quantum
/// each, and the lateness of who waits for long.
fn tolerance(ns: u64) -> u64 {
    ns + ns / 7 + 2 * QUANTUM_NS
}

#[kunit_tests(mvgal_run_queue_fair)]
mod tests {
    use super::*;

    #[test]
    fn long_jobs_and_short_ones() -> Result {
        let mut queue = RunQueue::new()?;
        let (a, b) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, a, 100, 10 * MS)?;
        load(&mut queue, b, 1000, MS)?;
        let (time_a, time_b, apart) = contest(&mut queue, (a, 100), (b, 1000));
        assert!(apart <= tolerance(10 * MS));
        assert!(core::cmp::min(time_a, time_b) > 950 * MS);
        Ok(())
    }

    #[test]
    fn very_long_jobs_and_very_short_ones() -> Result {
        let mut queue = RunQueue::new()?;
        let (a, b) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, a, 6, 1000 * MS)?;
        load(&mut queue, b, 600, 10 * MS)?;
        let (_, _, apart) = contest(&mut queue, (a, 6), (b, 600));
        assert!(apart <= tolerance(1000 * MS));
        Ok(())
    }

    #[test]
    fn many_jobs_and_few() -> Result {
        let mut queue = RunQueue::new()?;
        let (many, few) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, many, 1000, MS / 10)?;
        load(&mut queue, few, 10, MS / 10)?;
        let (time_many, time_few, apart) = contest(&mut queue, (many, 1000), (few, 10));
        assert_eq!(time_few, MS);
        assert!(time_many <= time_few + 2 * QUANTUM_NS);
        assert!(apart <= tolerance(MS / 10));
        Ok(())
    }

    #[test]
    fn many_clients_share_alike() -> Result {
        let mut queue = RunQueue::new()?;
        let mut clients = KVec::new();
        for index in 0..20u64 {
            let place = join(&mut queue)?;
            load(
                &mut queue,
                place,
                200 / (index % 10 + 1),
                (index % 10 + 1) * MS / 10,
            )?;
            clients.push((place, 0u64), GFP_KERNEL)?;
        }
        // Half of what they have, so that nobody runs dry.
        let mut total = 0;
        while total < 20 * 10 * MS {
            let (place, ns) = run(&mut queue).ok_or(ENOENT)?;
            total += ns;
            if let Some((_, time)) = clients.iter_mut().find(|(client, _)| *client == place) {
                *time += ns;
            }
        }
        for (_, time) in &clients {
            assert!(time.abs_diff(10 * MS) <= tolerance(MS));
        }
        Ok(())
    }

    #[test]
    fn unmeasured_jobs_take_turns() -> Result {
        let mut queue = RunQueue::new()?;
        let (flood, other) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, flood, 1000, 0)?;
        load(&mut queue, other, 1, 0)?;
        let mut picks = 0;
        while queue.pick().ok_or(ENOENT)?.place == flood {
            picks += 1;
        }
        assert!(picks <= QUANTUM_NS / PICK_COST_NS + 1);
        Ok(())
    }

    #[test]
    fn credit_is_not_saved_up() -> Result {
        let mut queue = RunQueue::new()?;
        let (idle, busy) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, idle, 1, MS)?;
        load(&mut queue, busy, 800, MS)?;
        for _ in 0..500 {
            run(&mut queue).ok_or(ENOENT)?;
        }
        load(&mut queue, idle, 200, MS)?;
        let (_, _, apart) = contest(&mut queue, (idle, 200), (busy, 200));
        assert!(apart <= tolerance(MS));
        Ok(())
    }

    #[test]
    fn use_that_nobody_minded_is_free() -> Result {
        let mut queue = RunQueue::new()?;
        let (first, second) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, first, 5, 1000 * MS)?;
        while run(&mut queue).is_some() {}
        load(&mut queue, second, 200, MS)?;
        load(&mut queue, first, 200, MS)?;
        let (_, _, apart) = contest(&mut queue, (first, 200), (second, 200));
        assert!(apart <= tolerance(MS));
        Ok(())
    }

    #[test]
    fn debt_is_remembered() -> Result {
        let mut queue = RunQueue::new()?;
        let (debtor, other) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, debtor, 1, 100 * MS)?;
        load(&mut queue, other, 1000, MS)?;
        let mut time = 0;
        while time < 10 * MS {
            let (place, ns) = run(&mut queue).ok_or(ENOENT)?;
            if place == other {
                time += ns;
            }
        }
        // It has been away without jobs, and still owes 90 ms.
        load(&mut queue, debtor, 1, 100 * MS)?;
        while let Some((place, ns)) = run(&mut queue) {
            if place == debtor {
                break;
            }
            time += ns;
        }
        assert!(time >= 100 * MS - QUANTUM_NS);
        assert!(time <= tolerance(100 * MS));
        Ok(())
    }

    #[test]
    fn debt_has_a_bound() -> Result {
        let mut queue = RunQueue::new()?;
        let (debtor, other) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, debtor, 1, u64::MAX)?;
        load(&mut queue, debtor, 1, 0)?;
        load(&mut queue, other, 1000, 100 * MS)?;
        let mut time = 0;
        assert!(run(&mut queue).ok_or(ENOENT)?.0 == debtor);
        while let Some((place, ns)) = run(&mut queue) {
            if place == debtor {
                break;
            }
            time += ns;
        }
        assert!(time >= MAX_DEBT_NS - QUANTUM_NS);
        assert!(time <= MAX_DEBT_NS + 100 * MS + QUANTUM_NS);
        Ok(())
    }

    #[test]
    fn late_charges_are_paid() -> Result {
        // Four jobs in flight: what they took is known only when others were picked.
        let mut queue = RunQueue::new()?;
        let (a, b) = (join(&mut queue)?, join(&mut queue)?);
        load(&mut queue, a, 60, 10 * MS)?;
        load(&mut queue, b, 600, MS)?;
        let mut flight = KVec::new();
        let (mut time_a, mut time_b) = (0u64, 0u64);
        for _ in 0..500 {
            flight.push(queue.pick().ok_or(ENOENT)?, GFP_KERNEL)?;
            if flight.len() == 4 {
                let job = flight.remove(0).map_err(|_error| EINVAL)?;
                queue.charge(&job, job.ns);
                if job.place == a {
                    time_a += job.ns;
                } else {
                    time_b += job.ns;
                }
            }
            assert!(time_a.abs_diff(time_b) <= tolerance(4 * 10 * MS));
        }
        assert!(time_a > 400 * MS && time_b > 400 * MS);
        Ok(())
    }
}
