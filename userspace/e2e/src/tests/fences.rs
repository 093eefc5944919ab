// SPDX-License-Identifier: MIT OR Apache-2.0

//! When the points of jobs have fences, and in what order; errors.

use crate::check::same;
use crate::client::Client;
use crate::client::PAGE;
use crate::drm::WAIT_AVAILABLE;
use crate::drm::WAIT_FOR_SUBMIT;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::SW_SYNC;
use crate::raw;
use crate::sys::*;
use crate::tests::sync::blocked;
use crate::vendor;
use crate::vendor::SwSync;
use nix::errno::Errno;
use nix::libc::POLLIN;
use std::os::fd::AsFd;

suite! {
    fence_at_submission [SW_SYNC];
    fence_at_submission_without_in_syncs;
    no_fence_while_it_waits_for_the_user;
    no_fence_for_bracketed_buffers [SW_SYNC, Need::File(vendor::UDMABUF)];
    no_fence_behind_an_earlier_one_without [SW_SYNC];
    timeline_in_order_of_submission;
    user_point_above_pending_ones;
    error_of_a_user_point;
    error_of_a_sync_file [SW_SYNC];
    error_goes_down_a_chain;
    error_after_submission;
}

fn fence_at_submission(lab: &Lab) {
    let client = lab.client();
    let mut sw = SwSync::new();
    let gate = client.point_of(sw.fence().as_fd());
    for point in [0, 6] {
        let buffer = client.alloc(HOST, PAGE);
        let done = (client.syncobj(), point);
        client.queue(vec![Job::fill(&buffer, 1).after(gate).signals(done)]);
        let file = client
            .sync_file(done.0, done.1)
            .expect("the fence as a sync_file");
        assert!(!raw::poll(file.as_fd(), POLLIN, 20), "signalled too early");
        client
            .core_wait(done, WAIT_AVAILABLE, 0)
            .expect("it has a fence");
        if point == 0 {
            continue;
        }
        sw.signal();
        assert!(raw::poll(file.as_fd(), POLLIN, 60_000), "never signalled");
        client
            .core_wait(done, 0, raw::in_ms(60_000))
            .expect("SYNCOBJ_TIMELINE_WAIT");
    }
}

fn fence_at_submission_without_in_syncs(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let done = (client.syncobj(), 1);
    client.queue(vec![Job::fill(&buffer, 1).signals(done)]);
    client
        .core_wait(done, 0, raw::in_ms(60_000))
        .expect("SYNCOBJ_TIMELINE_WAIT");
}

#[track_caller]
fn has_no_fence(client: &Client, point: (u32, u64)) {
    let found = client.sync_file(point.0, point.1).map(drop);
    assert_eq!(
        found,
        Err(Errno::EINVAL),
        "a sync_file of a point without a fence"
    );
    let found = client.core_wait(point, WAIT_AVAILABLE, raw::in_ms(30));
    assert_eq!(found, Err(Errno::ETIME), "WAIT_AVAILABLE");
    let found = client.core_wait(point, 0, 0);
    assert_eq!(
        found,
        Err(Errno::EINVAL),
        "a core wait without WAIT_FOR_SUBMIT"
    );
}

fn no_fence_while_it_waits_for_the_user(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let (done, _buffer) = blocked(&client, gate);
    has_no_fence(&client, done);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client
        .core_wait(done, WAIT_FOR_SUBMIT, raw::in_ms(60_000))
        .expect("SYNCOBJ_TIMELINE_WAIT");
}

fn no_fence_for_bracketed_buffers(lab: &Lab) {
    let client = lab.client();
    let mut sw = SwSync::new();
    let gate = client.point_of(sw.fence().as_fd());
    let buffer = client
        .import(vendor::udmabuf(PAGE).as_fd())
        .expect("import");
    let done = (client.syncobj(), 3);
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals(done)]);
    has_no_fence(&client, done);
    sw.signal();
    client.done(done);
    assert!(
        client.sync_file(done.0, done.1).is_ok(),
        "it has one at its end"
    );
}

/// Points of one timeline get their fences in the order of submission, so a
/// point waits for one before it that has no fence yet.
fn no_fence_behind_an_earlier_one_without(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let buffer = client.alloc(HOST, PAGE);
    let mut sw = SwSync::new();
    let real = client.point_of(sw.fence().as_fd());
    client.queue(vec![
        Job::fill(&buffer, 1).after(gate).signals((line, 1)),
        Job::fill(&buffer, 2).after(real).signals((line, 2)),
    ]);
    has_no_fence(&client, (line, 1));
    has_no_fence(&client, (line, 2));
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done((line, 1));
    client.pending((line, 2));
    sw.signal();
    client.done((line, 2));
}

fn timeline_in_order_of_submission(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let buffer = client.alloc(HOST, PAGE);
    let reports = client.alloc(HOST, PAGE);
    client.queue(vec![
        Job::fill(&buffer, 1).after(gate).signals((line, 1)),
        Job::fill(&buffer, 2).signals((line, 2)).report(&reports, 0),
        Job::fill(&buffer, 3).signals((line, 3)),
    ]);
    client.pending((line, 3));
    assert_ne!(
        report(&client, &reports, 0).finished_ns,
        0,
        "it has run all the same"
    );
    assert_eq!(client.core_query(line, 0), Ok(0), "reached so far");
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    for point in 1..=3 {
        client.done((line, point));
    }
    assert_eq!(client.core_query(line, 0), Ok(3));
}

fn user_point_above_pending_ones(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let buffer = client.alloc(HOST, PAGE);
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals((line, 5))]);
    client
        .signal((line, 6), 0)
        .expect("SIGNAL_FENCE above a job's point");
    client.pending((line, 5));
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done((line, 5));
    client.done((line, 6));
}

/// Checks that a job whose point to wait for fails does not run.
fn cancelled(client: &Client, gate: (u32, u64), fail: impl FnOnce()) {
    let buffer = client.alloc(HOST, PAGE);
    let reports = client.alloc(HOST, PAGE);
    let done = (client.syncobj(), 0);
    let job = Job::fill(&buffer, 0xee).after(gate).signals(done);
    client.queue(vec![job.report(&reports, 2)]);
    fail();
    let wait = client.ended(done);
    assert_eq!(wait.error, -(Errno::ECANCELED as i32));
    same(
        &client.map(&buffer).read(),
        &vec![0; PAGE as usize],
        "a cancelled job",
    );
    let report = report(client, &reports, 2);
    assert_eq!(report.error, -(Errno::ECANCELED as i32), "{report:?}");
    assert_eq!((report.started_ns, report.sequence), (0, 0), "{report:?}");
    assert!(
        report.submitted_ns != 0 && report.finished_ns != 0,
        "{report:?}"
    );
}

fn error_of_a_user_point(lab: &Lab) {
    let client = lab.client();
    for error in [Errno::EIO as i32, 1, 4095, Errno::ETIME as i32] {
        let gate = (client.syncobj(), 1);
        cancelled(&client, gate, || {
            client.signal(gate, -error).expect("SIGNAL_FENCE")
        });
        let wait = client.ended(gate);
        assert_eq!(wait.error, -error, "the point keeps its own error");
    }
    let gate = (client.syncobj(), 0);
    cancelled(&client, gate, || {
        client.signal(gate, -5).expect("SIGNAL_FENCE")
    });
}

fn error_of_a_sync_file(lab: &Lab) {
    let client = lab.client();
    let mut sw = SwSync::new();
    let gate = client.point_of(sw.fence().as_fd());
    // sw_sync fails what is pending when its timeline is closed.
    cancelled(&client, gate, || drop(sw));
}

fn error_goes_down_a_chain(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let (line, free) = (client.syncobj(), (client.syncobj(), 0));
    let buffer = client.alloc(HOST, PAGE);
    let points: Vec<_> = (0..10).map(|_| (client.syncobj(), 0)).collect();
    let mut jobs = vec![Job::fill(&buffer, 1).after(gate).signals(points[0])];
    for pair in points.windows(2) {
        jobs.push(Job::fill(&buffer, 1).after(pair[0]).signals(pair[1]));
    }
    jobs.push(Job::fill(&buffer, 2).signals(free).signals((line, 1)));
    client.queue(jobs);
    client.done(free);
    client
        .signal(gate, -(Errno::EIO as i32))
        .expect("SIGNAL_FENCE");
    for point in points {
        assert_eq!(client.ended(point).error, -(Errno::ECANCELED as i32));
    }
    same(
        &client.map(&buffer).read(),
        &vec![2; PAGE as usize],
        "none of them ran",
    );
}

fn error_after_submission(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    client
        .signal(gate, -(Errno::EIO as i32))
        .expect("SIGNAL_FENCE");
    // The point has failed before the job comes.
    cancelled(&client, gate, || ());
}
