// SPDX-License-Identifier: MIT OR Apache-2.0

//! Batches and chains of jobs, and what becomes of their buffers.

use crate::check::noise;
use crate::check::same;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::sys::*;
use crate::tests::jobs::check_copy;
use crate::vendor;

suite! {
    copy_udmabuf_and_heap [Need::File(vendor::UDMABUF), Need::File(vendor::HEAP)];
    copy_from_vgems_own [VGEM];
    chain_across_all [Need::Members(2)];
    thousand_in_one_batch;
    thousand_in_a_chain;
    many_waiting_after_sharing;
    buffers_freed_while_queued [Need::Members(1)];
    buffers_closed_after_detach [VGEM];
}

fn copy_udmabuf_and_heap(lab: &Lab) {
    use std::os::fd::AsFd;
    let client = lab.attached();
    let udmabuf = client
        .import(vendor::udmabuf(8 * PAGE).as_fd())
        .expect("import");
    let heap = client
        .import(vendor::heap(8 * PAGE).as_fd())
        .expect("import");
    let mut buffers = vec![udmabuf, heap];
    let places = lab.cpu_places().into_iter();
    buffers.extend(places.map(|m| client.alloc(m, 8 * PAGE)));
    for src in &buffers {
        for dst in buffers.iter().filter(|dst| dst.handle != src.handle) {
            let copy = drm_mvgal_copy {
                src: src.handle,
                dst: dst.handle,
                width: 8 * PAGE,
                height: 1,
                ..Default::default()
            };
            check_copy(&client, src, dst, HOST, copy);
        }
    }
}

/// vgem's own mapping sees what mvgal writes to a buffer of vgem.
fn copy_from_vgems_own(lab: &Lab) {
    use std::os::fd::AsFd;
    let (client, node) = (lab.client(), lab.open_primary(lab.member("vgem")));
    let dumb = node.create_dumb(64, 64).expect("CREATE_DUMB");
    let map = node.map_dumb(&dumb).expect("MAP_DUMB");
    let fd = node.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
    let theirs = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    let ours = client.alloc(HOST, dumb.size);
    let data = noise(dumb.size as usize, 11);
    map.write_at(0, &data);
    client.run(Job::copy(&theirs, &ours));
    same(
        &client.map(&ours).read(),
        &data,
        "what vgem's mapping wrote",
    );
    client.run(Job::fill(&theirs, 0x77));
    same(
        &map.read(),
        &vec![0x77; dumb.size as usize],
        "what vgem's mapping sees",
    );
}

fn chain_across_all(lab: &Lab) {
    let client = lab.attached();
    let there = lab.cpu_places();
    let back = there.iter().rev();
    let route: Vec<_> = there.iter().chain(back).copied().collect();
    let size = 4 * PAGE;
    let buffers: Vec<_> = route.iter().map(|m| client.alloc(*m, size)).collect();
    let data = noise(size as usize, 8);
    client.map(&buffers[0]).write_at(0, &data);
    let line = client.syncobj();
    let mut jobs = Vec::new();
    for (index, pair) in buffers.windows(2).enumerate() {
        let point = index as u64 + 1;
        let mut job = Job::copy(&pair[0], &pair[1])
            .on(pair[1].member)
            .priority(index as u32 % 12)
            .signals((line, point));
        if index > 0 {
            job = job.after((line, point - 1));
        }
        jobs.push(job);
    }
    let last = jobs.len() as u64;
    client.queue(jobs);
    client.done((line, last));
    for buffer in &buffers {
        same(&client.map(buffer).read(), &data, &format!("{buffer:?}"));
    }
}

fn thousand(client: &Client, chained: bool) {
    let buffer = client.alloc(HOST, 1000 * 64);
    let line = client.syncobj();
    let jobs = (0..1000u64).map(|index| {
        let job = Job::fill_with(drm_mvgal_fill {
            dst: buffer.handle,
            pattern_size: 8,
            pattern: index.wrapping_mul(0x0101_0101_0101),
            offset: index * 64,
            width: 64,
            height: 1,
            ..Default::default()
        })
        .signals((line, index + 1));
        match chained && index > 0 {
            true => job.after((line, index)),
            false => job,
        }
    });
    client.queue(jobs.collect());
    client.done((line, 1000));
    let bytes = client.map(&buffer).read();
    for (index, chunk) in bytes.chunks(8).take(8000).enumerate() {
        let wanted = (index as u64 / 8).wrapping_mul(0x0101_0101_0101);
        assert_eq!(chunk, wanted.to_le_bytes(), "word {index}");
    }
    assert_eq!(client.core_query(line, 0), Ok(1000));
}

fn thousand_in_one_batch(lab: &Lab) {
    thousand(&lab.client(), false);
}

fn thousand_in_a_chain(lab: &Lab) {
    thousand(&lab.client(), true);
}

/// A client that shares a syncobj may have as many jobs wait as any other.
fn many_waiting_after_sharing(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let shared = (client.syncobj(), 1);
    let _file = client.syncobj_export(shared.0).expect("export");
    for gate in [(client.syncobj(), 1), shared] {
        let done = client.syncobj();
        let jobs = (1..=200).map(|n| Job::fill(&buffer, 1).after(gate).signals((done, n)));
        client.queue(jobs.collect());
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        client.done((done, 200));
    }
}

fn buffers_freed_while_queued(lab: &Lab) {
    let client = lab.attached();
    for member in lab.cpu_places() {
        let gate = (client.syncobj(), 1);
        let (src, dst) = (client.alloc(member, PAGE), client.alloc(HOST, PAGE));
        let result = client.map(&dst);
        let done = (client.syncobj(), 0);
        let line = client.syncobj();
        client.queue(vec![
            Job::fill(&src, 0x3c)
                .on(member)
                .after(gate)
                .signals((line, 1)),
            Job::copy(&src, &dst)
                .on(member)
                .after((line, 1))
                .signals(done),
        ]);
        client.free(src.handle).expect("FREE_MEMORY");
        client.free(dst.handle).expect("FREE_MEMORY");
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        client.done(done);
        same(
            &result.read(),
            &vec![0x3c; PAGE as usize],
            "after the handles went",
        );
    }
}

fn buffers_closed_after_detach(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, node) = lab.with(vgem);
    let gate = (client.syncobj(), 0);
    let done = (client.syncobj(), 0);
    let buffer = client.alloc(vgem.id, PAGE);
    client.queue(vec![
        Job::fill(&buffer, 0x42)
            .on(vgem.id)
            .after(gate)
            .signals(done),
    ]);
    client.detach(vgem.id).expect("detach");
    drop(node);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
    same(
        &client.map(&buffer).read(),
        &vec![0x42; PAGE as usize],
        "after the detach",
    );
}
