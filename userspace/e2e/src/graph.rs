// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random graphs of jobs that depend on each other, submitted in random order.
//!
//! Each job stamps a place of its own, and each copy takes the stamp of a job
//! that it depends on: so what is in memory afterwards shows what ran before
//! what, and the reports show when.

use crate::check::Random;
use crate::client::Client;
use crate::client::PAGE;
use crate::job::Job;
use crate::lab::Lab;
use crate::raw;
use crate::sys::*;
use nix::errno::Errno;

const STAMP: u64 = 8;
const REPORT: usize = size_of::<drm_mvgal_job_report>();

/// A job of the graph.
struct Node {
    /// Those that it waits for, all of which have lower numbers.
    after: Vec<usize>,
    /// The one whose stamp it copies.
    copies: Option<usize>,
    /// Whether it waits for a point that carries an error.
    fails: bool,
    /// Whether it must not run: it fails, or one does that it waits for.
    doomed: bool,
}

fn nodes(random: &mut Random, count: usize) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for number in 0..count {
        let mut after = Vec::new();
        if number != 0 {
            for _ in 0..random.below(4) {
                // Near ones and far ones.
                let reach = if random.below(4) == 0 {
                    number
                } else {
                    number.min(20)
                };
                let other = number - 1 - random.below(reach as u64) as usize;
                if !after.contains(&other) {
                    after.push(other);
                }
            }
        }
        let fails = random.below(200) == 0;
        let doomed = fails || after.iter().any(|other| nodes[*other].doomed);
        let copies = match random.below(2) {
            0 => after.first().copied(),
            _ => None,
        };
        nodes.push(Node {
            after,
            copies,
            fails,
            doomed,
        });
    }
    nodes
}

fn stamp(number: usize) -> u64 {
    0x5a5a_0000_0000_0000 | number as u64
}

/// Runs a graph of that many jobs over all members, and checks all of it.
pub fn run(lab: &Lab, random: &mut Random, count: usize) {
    let nodes = nodes(random, count);
    let client = lab.attached();
    let size = |each: usize| (count as u64 * each as u64).next_multiple_of(PAGE);
    let stamps = client.alloc(HOST, size(STAMP as usize));
    let copies = client.alloc(HOST, size(STAMP as usize));
    let reports = client.alloc(HOST, size(REPORT));
    let points: Vec<_> = nodes
        .iter()
        .map(|_| (client.syncobj(), random.below(2)))
        .collect();
    let failure = (client.syncobj(), 1);
    let gate = (client.syncobj(), 1);
    let places = lab.places();

    let job = |number: usize, random: &mut Random| {
        let node = &nodes[number];
        let at = number as u64 * STAMP;
        let job = match node.copies {
            Some(other) => Job::copy_with(drm_mvgal_copy {
                src: stamps.handle,
                dst: copies.handle,
                src_offset: other as u64 * STAMP,
                dst_offset: at,
                width: STAMP,
                height: 1,
                ..Default::default()
            }),
            None => Job::fill_with(drm_mvgal_fill {
                dst: stamps.handle,
                pattern_size: 8,
                pattern: stamp(number),
                offset: at,
                width: STAMP,
                height: 1,
                ..Default::default()
            }),
        };
        let job = job
            .on(random.pick(&places))
            .priority(random.below(12) as u32)
            .signals(points[number])
            .report(&reports, number);
        let job = node
            .after
            .iter()
            .fold(job, |job, other| job.after(points[*other]));
        match (node.fails, node.after.is_empty()) {
            (true, _) => job.after(failure),
            // Roots wait until some of the others are there, or not.
            (false, true) if random.below(2) == 0 => job.after(gate),
            _ => job,
        }
    };

    // A binary syncobj must have its job before who waits for it: points of
    // timelines may come in any order.
    let mut order: Vec<usize> = (0..count).collect();
    for n in (1..count).rev() {
        order.swap(n, random.below(n as u64 + 1) as usize);
    }
    let (binary, timeline): (Vec<_>, Vec<_>) =
        order.into_iter().partition(|number| points[*number].1 == 0);
    // Those of binary ones in their order, so that each comes after what it waits for.
    let mut binary = binary;
    binary.sort_unstable();
    let mut order = binary;
    order.extend(timeline);
    // A job with a timeline point may come before what it waits for if that has one, too.
    let mut submitted = 0;
    let mut gate_open = false;
    while submitted < count {
        let batch = (1 + random.below(60) as usize).min(count - submitted);
        let jobs = order[submitted..submitted + batch]
            .iter()
            .map(|number| job(*number, random))
            .collect();
        submit(&client, jobs);
        submitted += batch;
        if !gate_open && random.below(20) == 0 {
            client.signal(gate, 0).expect("SIGNAL_FENCE");
            gate_open = true;
        }
    }
    client
        .signal(failure, -(Errno::EIO as i32))
        .expect("SIGNAL_FENCE");
    if !gate_open {
        client.signal(gate, 0).expect("SIGNAL_FENCE");
    }
    for point in &points {
        client.ended(*point);
    }
    check(&client, &nodes, [&stamps, &copies, &reports]);
}

/// Submits jobs, when there is room for them.
fn submit(client: &Client, jobs: Vec<Job>) {
    let limit = raw::in_ms(300_000);
    loop {
        match client.submit(jobs.clone()) {
            Ok(()) => return,
            Err(Errno::EBUSY) if raw::now() < limit => raw::sleep_ms(2),
            Err(error) => panic!("SUBMIT_WORKLOAD: {error}"),
        }
    }
}

fn check(client: &Client, nodes: &[Node], buffers: [&crate::client::Buffer; 3]) {
    let [stamps, copies, reports] = buffers.map(|buffer| client.map(buffer).read());
    let word = |bytes: &[u8], number: usize| -> u64 {
        raw::from_bytes(&bytes[number * STAMP as usize..][..STAMP as usize])
    };
    let report = |number: usize| -> drm_mvgal_job_report {
        raw::from_bytes(&reports[number * REPORT..][..REPORT])
    };
    for (number, node) in nodes.iter().enumerate() {
        let told = report(number);
        let error = if node.doomed {
            -(Errno::ECANCELED as i32)
        } else {
            0
        };
        assert_eq!(told.error, error, "job {number}: {told:?}");
        assert_eq!(told.sequence == 0, node.doomed, "job {number}: {told:?}");
        let wanted = match node.copies {
            _ if node.doomed => (0, 0),
            // What it copies may be a copy itself, and have no stamp.
            Some(other) => (
                0,
                if nodes[other].copies.is_none() {
                    stamp(other)
                } else {
                    0
                },
            ),
            None => (stamp(number), 0),
        };
        let found = (word(&stamps, number), word(&copies, number));
        assert_eq!(found, wanted, "job {number}");
        for other in node.after.iter().filter(|_| !node.doomed) {
            let before = report(*other);
            assert!(
                before.finished_ns <= told.started_ns && before.sequence < told.sequence,
                "job {number} {told:?} ran before {other} {before:?} was over"
            );
        }
    }
}
