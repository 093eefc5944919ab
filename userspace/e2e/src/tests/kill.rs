// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clients that go away in the middle of things.

use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::proc::Child;
use crate::proc::Gate;
use crate::raw;
use crate::sys::*;
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;

suite! {
    with_jobs_queued [Need::Members(1)];
    with_jobs_running [VGEM];
    closed_with_jobs_queued;
    while_it_waits;
    while_it_submits in 60;
    waiters_of_a_shared_point;
    jobs_of_others_behind_it;
    others_go_on;
    user_points_stay_pending;
    mappings_of_the_dead;
}

/// A syncobj, and a descriptor of it to give to a child.
fn shared(client: &Client) -> (u32, OwnedFd) {
    let handle = client.syncobj();
    (handle, client.syncobj_export(handle).expect("export"))
}

/// Checks that soon no member has anything to do.
fn all_idle(lab: &Lab) {
    let client = lab.client();
    let begin = raw::now();
    loop {
        let devices = client.devices().1;
        let jobs: u32 = devices.iter().map(|d| d.jobs_queued + d.jobs_running).sum();
        if jobs == 0 {
            return;
        }
        assert!(raw::now() - begin < 10_000_000_000, "{jobs} jobs left");
        raw::sleep_ms(20);
    }
}

fn with_jobs_queued(lab: &Lab) {
    let ready = Gate::new();
    let child = Child::run(|| {
        let client = lab.attached();
        let gate = (client.syncobj(), 1);
        for member in lab.places() {
            let buffer = client.alloc(member, PAGE);
            client.queue(vec![Job::fill(&buffer, 1).on(member).after(gate); 100]);
        }
        ready.open(0);
        raw::sleep_ms(60_000);
    });
    ready.pass();
    child.kill();
    all_idle(lab);
}

fn with_jobs_running(lab: &Lab) {
    let vgem = lab.member("vgem").id;
    for _ in 0..5 {
        let ready = Gate::new();
        let child = Child::run(|| {
            let (client, _node) = lab.with(lab.member("vgem"));
            let buffer = client.alloc(vgem, 8 << 20);
            let gate = (client.syncobj(), 1);
            client.queue(vec![Job::fill(&buffer, 1).on(vgem).after(gate); 100]);
            client.signal(gate, 0).expect("SIGNAL_FENCE");
            ready.open(0);
            raw::sleep_ms(60_000);
        });
        ready.pass();
        raw::sleep_ms(10);
        child.kill();
        all_idle(lab);
    }
}

fn closed_with_jobs_queued(lab: &Lab) {
    let other = lab.client();
    let (line, fd) = shared(&other);
    let client = lab.client();
    let ours = client.syncobj_import(fd.as_fd()).expect("import");
    let gate = (client.syncobj(), 1);
    let buffer = client.alloc(HOST, PAGE);
    let map = client.map(&buffer);
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals((ours, 1))]);
    drop(client);
    assert_eq!(other.ended((line, 1)).error, -(Errno::ECANCELED as i32));
    assert_eq!(map.read_at(0, 4), [0; 4], "a cancelled job has run");
}

fn while_it_waits(lab: &Lab) {
    let children: Vec<_> = (0..8)
        .map(|_| {
            Child::run(|| {
                let client = lab.client();
                let _ = client.wait((client.syncobj(), 1), i64::MAX);
            })
        })
        .collect();
    raw::sleep_ms(200);
    for child in children {
        child.signal(nix::libc::SIGKILL);
        assert!(child.ends_within(5000), "it does not die");
    }
}

fn while_it_submits(lab: &Lab) {
    for round in 0..10 {
        let child = Child::run(|| {
            let client = lab.client();
            let buffer = client.alloc(HOST, PAGE);
            let gate = (client.syncobj(), 1);
            loop {
                let job = Job::fill(&buffer, 1).after(gate);
                let _ = client.submit(vec![job; 100]);
            }
        });
        raw::sleep_ms(20 + 15 * round);
        child.kill();
    }
    all_idle(lab);
}

/// A child that queues jobs which signal points 1 to 10 of the syncobj once its
/// own gate opens, which never happens.
fn doomed(lab: &Lab, fd: &OwnedFd) -> Child {
    let ready = Gate::new();
    let child = Child::run(|| {
        let client = lab.client();
        let line = client.syncobj_import(fd.as_fd()).expect("import");
        let gate = (client.syncobj(), 1);
        let buffer = client.alloc(HOST, PAGE);
        let jobs = (1..=10).map(|n| Job::fill(&buffer, 1).after(gate).signals((line, n)));
        client.queue(jobs.collect());
        ready.open(0);
        raw::sleep_ms(60_000);
    });
    ready.pass();
    child
}

fn waiters_of_a_shared_point(lab: &Lab) {
    let client = lab.client();
    let (line, fd) = shared(&client);
    let child = doomed(lab, &fd);
    client.pending((line, 1));
    // One waits while the other is killed.
    let waiter = Child::run(|| {
        let wait = client.wait((line, 10), i64::MAX).expect("WAIT_FENCE");
        assert_eq!(wait.error, -(Errno::ECANCELED as i32));
    });
    raw::sleep_ms(100);
    child.kill();
    waiter.join();
    for point in [1, 5, 10] {
        assert_eq!(client.ended((line, point)).signaled, 1);
    }
}

fn jobs_of_others_behind_it(lab: &Lab) {
    let client = lab.client();
    let (line, fd) = shared(&client);
    let child = doomed(lab, &fd);
    let buffer = client.alloc(HOST, PAGE);
    let (after, free) = ((client.syncobj(), 0), (client.syncobj(), 0));
    client.queue(vec![
        Job::fill(&buffer, 1).after((line, 10)).signals(after),
        Job::fill(&buffer, 2).signals(free),
    ]);
    client.done(free);
    client.pending(after);
    child.kill();
    assert_eq!(client.ended(after).error, -(Errno::ECANCELED as i32));
    client.run(Job::fill(&buffer, 3));
}

fn others_go_on(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 64 << 10);
    for round in 0..10u8 {
        let (_, fd) = shared(&client);
        let child = doomed(lab, &fd);
        client.run(Job::fill(&buffer, round));
        child.kill();
        client.run(Job::fill(&buffer, round + 100));
        assert_eq!(client.map(&buffer).read_at(500, 1), [round + 100]);
    }
}

/// A point that nobody has promised anything for is not touched.
fn user_points_stay_pending(lab: &Lab) {
    let client = lab.client();
    let (line, fd) = shared(&client);
    let ready = Gate::new();
    let child = Child::run(|| {
        let other = lab.client();
        other.syncobj_import(fd.as_fd()).expect("import");
        ready.open(0);
        raw::sleep_ms(60_000);
    });
    ready.pass();
    child.kill();
    client.pending((line, 1));
    client.signal((line, 1), 0).expect("SIGNAL_FENCE");
    client.done((line, 1));
}

fn mappings_of_the_dead(lab: &Lab) {
    let ready = Gate::new();
    let child = Child::run(|| {
        let client = lab.attached();
        let maps = lab.places().into_iter().map(|member| {
            let buffer = client.alloc(member, PAGE);
            (
                client.map(&buffer),
                client.export(buffer.handle).expect("export"),
            )
        });
        let _maps: Vec<_> = maps.collect();
        ready.open(0);
        raw::sleep_ms(60_000);
    });
    ready.pass();
    child.kill();
    all_idle(lab);
}
