// SPDX-License-Identifier: MIT OR Apache-2.0

//! What jobs wait for and what they signal.

use crate::check::same;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::SW_SYNC;
use crate::lab::VGEM;
use crate::lab::VIRTIO;
use crate::sys::*;
use crate::vendor;
use crate::vendor::SwSync;
use std::os::fd::AsFd;

suite! {
    before_signal_released_by_us;
    before_signal_released_by_the_core;
    before_signal_released_by_a_transfer;
    before_signal_released_by_a_sync_file [SW_SYNC];
    before_signal_released_by_a_vendor_file [VIRTIO];
    before_signal_released_by_virgl [Need::Virgl];
    before_signal_binary;
    several_in_syncs;
    several_out_syncs;
    signalled_before_submission;
    point_above_releases;
    blocked_job_blocks_no_other;
    wait_across_clients [VGEM];
    many_timelines;
}

/// Queues a FILL that waits for a point; how to see it done, and its buffer.
pub fn blocked(client: &Client, gate: (u32, u64)) -> ((u32, u64), crate::client::Buffer) {
    let buffer = client.alloc(HOST, PAGE);
    let done = (client.syncobj(), 0);
    client.queue(vec![Job::fill(&buffer, 0x99).after(gate).signals(done)]);
    (done, buffer)
}

/// Checks that a job waits until `release` is called, and runs then.
fn released_by(client: &Client, gate: (u32, u64), release: impl FnOnce()) {
    let (done, buffer) = blocked(client, gate);
    client.pending(done);
    assert_eq!(
        client.map(&buffer).read_at(0, 4),
        [0; 4],
        "it ran too early"
    );
    release();
    client.done(done);
    same(
        &client.map(&buffer).read(),
        &vec![0x99; PAGE as usize],
        "after the release",
    );
}

fn before_signal_released_by_us(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 7);
    released_by(&client, gate, || {
        client.signal(gate, 0).expect("SIGNAL_FENCE")
    });
}

fn before_signal_released_by_the_core(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    for point in [1, 5] {
        released_by(&client, (line, point), || {
            client.core_signal(line, point).expect("TIMELINE_SIGNAL");
        });
    }
}

fn before_signal_released_by_a_transfer(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 3);
    let other = client.syncobj_with(1).expect("a signalled syncobj");
    released_by(&client, gate, || {
        client
            .transfer((other, 0), gate, 0)
            .expect("SYNCOBJ_TRANSFER");
    });
}

fn before_signal_released_by_a_sync_file(lab: &Lab) {
    let client = lab.client();
    for point in [0, 4] {
        let gate = (client.syncobj(), point);
        let mut sw = SwSync::new();
        released_by(&client, gate, || {
            let fence = sw.fence();
            client
                .import_sync_file(gate.0, gate.1, fence.as_fd())
                .expect("import");
            // It has a fence now, but one that has not signalled.
            client.pending(gate);
            sw.signal();
        });
    }
}

fn before_signal_released_by_a_vendor_file(lab: &Lab) {
    let (client, node) = lab.with(lab.member("virtio_gpu"));
    let gate = (client.syncobj(), 2);
    let fd = client.syncobj_export(gate.0).expect("export");
    let theirs = node.syncobj_import(fd.as_fd()).expect("import");
    released_by(&client, gate, || {
        node.core_signal(theirs, 2)
            .expect("TIMELINE_SIGNAL on their file");
    });
}

fn before_signal_released_by_virgl(lab: &Lab) {
    let (client, node) = lab.with(lab.virgl());
    for point in [0, 2] {
        let gate = (client.syncobj(), point);
        let fd = client.syncobj_export(gate.0).expect("export");
        let theirs = node.syncobj_import(fd.as_fd()).expect("import");
        released_by(&client, gate, || {
            vendor::virgl_nop(&node, theirs, point).expect("VIRTGPU_EXECBUFFER");
        });
    }
}

fn before_signal_binary(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 0);
    released_by(&client, gate, || {
        client.signal(gate, 0).expect("SIGNAL_FENCE")
    });
    let gate = (client.syncobj(), 0);
    released_by(&client, gate, || {
        client.core_signal_binary(gate.0).expect("SYNCOBJ_SIGNAL");
    });
}

fn several_in_syncs(lab: &Lab) {
    let client = lab.client();
    let gates: Vec<_> = (0..16).map(|index| (client.syncobj(), index % 3)).collect();
    let buffer = client.alloc(HOST, PAGE);
    let done = (client.syncobj(), 0);
    let job = gates
        .iter()
        .fold(Job::fill(&buffer, 1), |job, gate| job.after(*gate));
    client.queue(vec![job.signals(done)]);
    // In an order other than that of the list.
    for index in [7, 3, 15, 0, 1, 14, 2, 13, 4, 12, 5, 11, 6, 10, 8, 9] {
        assert!(client.wait(done, 0).is_err(), "before {index}");
        client.signal(gates[index], 0).expect("SIGNAL_FENCE");
    }
    client.done(done);
}

fn several_out_syncs(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let line = client.syncobj();
    let mut outs: Vec<_> = (0..8).map(|_| (client.syncobj(), 0)).collect();
    outs.extend([(line, 1), (line, 2), (line, 9)]);
    let job = outs
        .iter()
        .fold(Job::fill(&buffer, 1), |job, out| job.signals(*out));
    client.queue(vec![job]);
    for out in outs {
        client.done(out);
    }
    assert_eq!(client.core_query(line, 0), Ok(9));
}

fn signalled_before_submission(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    client.signal((line, 10), 0).expect("SIGNAL_FENCE");
    let binary = client.syncobj_with(1).expect("a signalled syncobj");
    let buffer = client.alloc(HOST, PAGE);
    for gate in [(line, 10), (line, 4), (line, 1), (binary, 0)] {
        client.run(Job::fill(&buffer, 1).after(gate));
    }
}

fn point_above_releases(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    // As in the core: a point is reached when a later one is.
    released_by(&client, (line, 5), || {
        client.signal((line, 8), 0).expect("SIGNAL_FENCE")
    });
}

pub fn blocked_job_blocks_no_other(lab: &Lab) {
    let client = lab.attached();
    let gate = (client.syncobj(), 1);
    for member in lab.places() {
        let buffer = client.alloc(HOST, PAGE);
        let (late, early) = ((client.syncobj(), 0), (client.syncobj(), 0));
        client.queue(vec![
            Job::fill(&buffer, 1)
                .on(member)
                .priority(15)
                .after(gate)
                .signals(late),
            Job::fill(&buffer, 2).on(member).priority(0).signals(early),
        ]);
        client.done(early);
        assert!(client.wait(late, 0).is_err(), "nothing has released it");
    }
    client.signal(gate, 0).expect("SIGNAL_FENCE");
}

fn wait_across_clients(lab: &Lab) {
    let (first, _node) = lab.with(lab.member("vgem"));
    let second = lab.client();
    let line = first.syncobj();
    let theirs = second
        .syncobj_import(first.syncobj_export(line).expect("export").as_fd())
        .expect("import");
    let buffer = first.alloc(lab.member("vgem").id, PAGE);
    let fd = first.export(buffer.handle).expect("EXPORT_DMABUF");
    let imported = second.import(fd.as_fd()).expect("IMPORT_DMABUF");
    let copy = second.alloc(HOST, PAGE);
    let done = (second.syncobj(), 0);
    // The second client's job comes first, and waits for the first's.
    second.queue(vec![
        Job::copy(&imported, &copy).after((theirs, 1)).signals(done),
    ]);
    second.pending(done);
    first.queue(vec![Job::fill(&buffer, 0x31).signals((line, 1))]);
    second.done(done);
    same(
        &second.map(&copy).read(),
        &vec![0x31; PAGE as usize],
        "across clients",
    );
}

fn many_timelines(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let gate = (client.syncobj(), 1);
    let lines: Vec<_> = (0..50).map(|_| client.syncobj()).collect();
    for round in 1..=4 {
        let jobs = lines.iter().map(|line| {
            Job::fill(&buffer, round as u8)
                .after(gate)
                .signals((*line, round))
        });
        client.queue(jobs.collect());
    }
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    for line in lines {
        client.done((line, 4));
        assert_eq!(client.core_query(line, 0), Ok(4));
    }
}
