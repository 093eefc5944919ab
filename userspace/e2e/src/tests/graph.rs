// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random graphs of jobs; `tests/vm/rounds.sh` has more.

use crate::check::Random;
use crate::client::PAGE;
use crate::graph;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::raw;
use crate::sys::*;

suite! {
    small_ones in 90;
    ten_thousand_jobs in 240;
    no_job_is_held_up_by_another;
}

fn seed() -> u64 {
    let seed = std::env::var("MVGAL_SEED").ok();
    let seed = seed
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(raw::now() as u64);
    println!("# MVGAL_SEED={seed}");
    seed
}

fn small_ones(lab: &Lab) {
    let mut random = Random::new(seed());
    for _ in 0..15 {
        let count = 1 + random.below(150) as usize;
        graph::run(lab, &mut random, count);
    }
}

fn ten_thousand_jobs(lab: &Lab) {
    graph::run(lab, &mut Random::new(seed()), 10_000);
}

fn no_job_is_held_up_by_another(lab: &Lab) {
    let client = lab.attached();
    let gate = (client.syncobj(), 1);
    let blocked = (client.syncobj(), 1);
    let buffer = client.alloc(HOST, PAGE);
    for member in lab.places() {
        let job = Job::fill(&buffer, 1).on(member).after(gate).priority(11);
        let mut jobs = vec![job; 200];
        jobs.push(
            Job::barrier()
                .on(member)
                .after(gate)
                .signals((client.syncobj(), 1)),
        );
        client.queue(jobs);
    }
    client.queue(vec![Job::barrier().after(gate).signals(blocked)]);
    for member in lab.places() {
        client.run(Job::fill(&buffer, 2).on(member));
    }
    client.pending(blocked);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(blocked);
}
