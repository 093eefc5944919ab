// SPDX-License-Identifier: MIT OR Apache-2.0

//! BARRIER jobs, and the time-outs of jobs.

use crate::check::refused;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::SW_SYNC;
use crate::raw;
use crate::sys::*;
use crate::vendor::SwSync;
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::panic::resume_unwind;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;

suite! {
    barrier_joins_points;
    barrier_without_syncs;
    barrier_has_no_payload;
    barrier_with_a_report;
    late_point;
    late_fence [SW_SYNC];
    dependents_of_what_is_late;
    cycle_of_two_clients;
    others_are_not_disturbed;
    late_while_queued;
    in_time;
    longer_than_allowed;
}

const LATE: i32 = -(Errno::ETIME as i32);
const CANCELED: i32 = -(Errno::ECANCELED as i32);

fn barrier_joins_points(lab: &Lab) {
    let client = lab.client();
    let gates: Vec<_> = (0..3).map(|_| (client.syncobj(), 1)).collect();
    let done = (client.syncobj(), 7);
    let also = (client.syncobj(), 0);
    let job = gates
        .iter()
        .fold(Job::barrier(), |job, gate| job.after(*gate));
    client.queue(vec![job.signals(done).signals(also)]);
    for gate in gates {
        client.pending(done);
        client.signal(gate, 0).expect("SIGNAL_FENCE");
    }
    client.done(done);
    client.done(also);
}

fn barrier_without_syncs(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        client.queue(vec![Job::barrier().on(member); 100]);
        client.run(Job::barrier().on(member));
    }
}

fn barrier_has_no_payload(lab: &Lab) {
    let client = lab.client();
    let byte = 0u8;
    for (payload, payload_size) in [(raw::address(&byte), 0), (0, 1), (raw::address(&byte), 1)] {
        let mut batch = crate::job::Batch::new(vec![Job::barrier()]);
        batch.jobs[0].payload = payload;
        batch.jobs[0].payload_size = payload_size;
        refused(&client, Errno::EINVAL, "a payload", || {
            batch.submit(&client)
        });
    }
}

fn barrier_with_a_report(lab: &Lab) {
    let client = lab.client();
    let reports = client.alloc(HOST, PAGE);
    client.run(Job::barrier().report(&reports, 3));
    let told = report(&client, &reports, 3);
    assert_eq!((told.error, told.member), (0, HOST));
    assert!(told.sequence != 0 && told.finished_ns >= told.started_ns);
}

/// Waits for the end of a job with a time-out of `ms`, submitted at `since`.
#[track_caller]
fn late(client: &Client, point: (u32, u64), since: i64, ms: i64) {
    let ended = client.ended(point);
    assert_eq!(ended.error, LATE, "{ended:?}");
    let took = raw::now() - since;
    assert!(took >= ms * 1_000_000, "after {took} ns already");
    assert!(took < (ms + 30_000) * 1_000_000, "after {took} ns only");
}

fn late_point(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let reports = client.alloc(HOST, PAGE);
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 1);
    let since = raw::now();
    client.queue(vec![
        Job::fill(&buffer, 1)
            .after(gate)
            .signals(done)
            .report(&reports, 0)
            .timeout_ms(150),
    ]);
    late(&client, done, since, 150);
    let told = report(&client, &reports, 0);
    assert_eq!((told.error, told.sequence, told.ready_ns), (LATE, 0, 0));
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    assert!(client.map(&buffer).read().iter().all(|byte| *byte == 0));
}

/// The time-outs of jobs fire while their batch is still being queued: those of other clients keep
/// the kernel at it.
fn late_while_queued(lab: &Lab) {
    let late = |client: &Client, gate, jobs: u64| {
        let (line, last) = (client.syncobj(), client.syncobj());
        let batch = (1..=jobs).map(|n| {
            let mut job = Job::barrier().after(gate).signals((line, n));
            if n == jobs {
                job = job.signals((last, 0));
            }
            job.raw.timeout_ns = 1;
            job
        });
        client.queue(batch.collect());
        // Points get their fences in order, so each that is not late holds up those behind it.
        assert_eq!(client.ended((last, 0)).error, LATE);
        assert_eq!(client.ended((line, jobs)).error, LATE);
    };
    let over = AtomicBool::new(false);
    let (late, over) = (&late, &over);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(move || {
                let client = lab.client();
                let gate = (client.syncobj(), 1);
                while !over.load(Ordering::Relaxed) {
                    late(&client, gate, 50);
                }
            });
        }
        scope.spawn(move || {
            let client = lab.client();
            let gate = (client.syncobj(), 1);
            let all = catch_unwind(AssertUnwindSafe(|| {
                for _ in 0..3 {
                    late(&client, gate, 500);
                }
            }));
            over.store(true, Ordering::Relaxed);
            all.unwrap_or_else(|panic| resume_unwind(panic));
        });
    });
}

fn late_fence(lab: &Lab) {
    let client = lab.client();
    let mut sw = SwSync::new();
    let gate = client.point_of(sw.fence().as_fd());
    let buffer = client.alloc(HOST, PAGE);
    let done = (client.syncobj(), 1);
    let since = raw::now();
    client.queue(vec![
        Job::fill(&buffer, 1)
            .after(gate)
            .signals(done)
            .timeout_ms(150),
    ]);
    // Its fence is published, and is the one that carries the error.
    let file = client.sync_file(done.0, 1).expect("a sync_file");
    late(&client, done, since, 150);
    assert!(raw::poll(file.as_fd(), nix::libc::POLLIN, 1000));
    sw.signal();
    client.run(Job::fill(&buffer, 2));
    assert!(client.map(&buffer).read().iter().all(|byte| *byte == 2));
}

fn dependents_of_what_is_late(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let mut jobs = vec![
        Job::barrier()
            .after(gate)
            .signals((line, 1))
            .timeout_ms(100),
    ];
    jobs.extend((1..20).map(|n| Job::barrier().after((line, n)).signals((line, n + 1))));
    client.queue(jobs);
    assert_eq!(client.ended((line, 20)).error, CANCELED);
}

fn cycle_of_two_clients(lab: &Lab) {
    // Each waits for what the other signals.
    let (one, two) = (lab.client(), lab.client());
    let a = (one.syncobj(), 1);
    let b = (one.syncobj(), 1);
    let share = |handle| two.syncobj_import(one.syncobj_export(handle).expect("export").as_fd());
    let (a2, b2) = (share(a.0).expect("import"), share(b.0).expect("import"));
    let since = raw::now();
    one.queue(vec![Job::barrier().after(a).signals(b).timeout_ms(200)]);
    two.queue(vec![
        Job::barrier()
            .after((b2, 1))
            .signals((a2, 1))
            .timeout_ms(50_000),
    ]);
    late(&one, b, since, 200);
    assert_eq!(two.ended((a2, 1)).error, CANCELED);
}

fn others_are_not_disturbed(lab: &Lab) {
    let client = lab.client();
    let other = lab.client();
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let jobs = (1..=200).map(|n| {
        Job::barrier()
            .after(gate)
            .signals((line, n))
            .timeout_ms(50 + n)
    });
    client.queue(jobs.collect());
    let buffer = other.alloc(HOST, PAGE);
    for byte in 0..50 {
        other.run(Job::fill(&buffer, byte));
    }
    assert_eq!(client.ended((line, 200)).error, LATE);
    assert!(other.map(&buffer).read().iter().all(|byte| *byte == 49));
}

fn in_time(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 1);
    client.queue(vec![
        Job::barrier().after(gate).signals(done).timeout_ms(30_000),
    ]);
    raw::sleep_ms(50);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
}

fn longer_than_allowed(lab: &Lab) {
    let client = lab.client();
    assert!(lab.caps.max_job_timeout_ns >= 1_000_000);
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 1);
    let mut job = Job::barrier().after(gate).signals(done);
    job.raw.timeout_ns = u64::MAX;
    client.queue(vec![job]);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
}
