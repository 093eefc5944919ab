// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mappings into the kernel that are kept from job to job.

use crate::check::noise;
use crate::check::same;
use crate::client::Buffer;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw;
use crate::sys::*;
use std::fs;

suite! {
    kept_and_given_up_when_idle [VGEM, Need::File(AREAS)] in 90;
    gone_with_the_buffer [VGEM, Need::File(AREAS)];
    bounded_in_number [VGEM, Need::File(AREAS)] in 90;
    bounded_in_bytes [VGEM, Need::File(AREAS)] in 90;
    memory_of_the_host_does_not_count [VGEM, Need::File(AREAS)] in 90;
    good_after_they_were_given_up [VGEM] in 90;
}

/// Where the kernel lists what it has mapped.
const AREAS: &str = "/proc/vmallocinfo";

/// Number of mappings of buffers whose pages are in shared memory, as those of vgem.
fn mapped() -> usize {
    let areas = fs::read_to_string(AREAS).expect(AREAS);
    let of_shmem = areas.lines().filter(|line| line.contains("drm_gem_shmem"));
    of_shmem.count()
}

/// Waits until that many are mapped, at most.
#[track_caller]
fn at_most(count: usize, what: &str) {
    let until = raw::in_ms(60_000);
    while mapped() > count {
        assert!(raw::now() < until, "{what}: {} mapped", mapped());
        raw::sleep_ms(20);
    }
}

fn kept_and_given_up_when_idle(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let buffer = client.alloc(vgem.id, 16 * PAGE);
    let before = mapped();
    client.run(Job::fill(&buffer, 1));
    assert_eq!(mapped(), before + 1, "after a job");
    for byte in 0..20 {
        client.run(Job::fill(&buffer, byte));
    }
    assert_eq!(mapped(), before + 1, "after many");
    at_most(before, "idle");
    client.run(Job::fill(&buffer, 2));
    assert_eq!(mapped(), before + 1, "used again");
}

fn gone_with_the_buffer(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let before = mapped();
    // Faster than they would be given up for being idle.
    for _ in 0..200 {
        let buffer = client.alloc(vgem.id, PAGE);
        client.run(Job::fill(&buffer, 1));
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
    let left = mapped();
    assert!(left <= before + 8, "{left} after {before}");
    at_most(before, "freed");
}

fn bounded_in_number(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let before = mapped();
    let buffers: Vec<_> = (0..200).map(|_| client.alloc(vgem.id, PAGE)).collect();
    let done = (client.syncobj(), 0);
    let mut jobs: Vec<_> = buffers.iter().map(|buffer| Job::fill(buffer, 7)).collect();
    jobs.push(Job::barrier().on(HOST).signals(done));
    client.queue(jobs);
    client.done(done);
    at_most(before + 64, "200 buffers used");
    for buffer in &buffers {
        same(&client.map(buffer).read(), &[7; PAGE as usize], "a buffer");
    }
}

/// A job on the first page of a buffer, all of which is mapped for it.
fn fill_a_page(buffer: &Buffer) -> Job {
    Job::fill_with(drm_mvgal_fill {
        dst: buffer.handle,
        pattern_size: 1,
        pattern: 1,
        width: PAGE,
        height: 1,
        ..Default::default()
    })
}

fn bounded_in_bytes(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let before = mapped();
    // What is mapped is not read or written for the most part.
    let buffers: Vec<_> = (0..3).map(|_| client.alloc(vgem.id, 100 << 20)).collect();
    for buffer in &buffers {
        client.run(fill_a_page(buffer));
    }
    at_most(before + 2, "300 MiB used");
}

fn memory_of_the_host_does_not_count(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let large: Vec<_> = (0..3).map(|_| client.alloc(HOST, 100 << 20)).collect();
    let small: Vec<_> = (0..80).map(|_| client.alloc(HOST, PAGE)).collect();
    let buffer = client.alloc(vgem.id, PAGE);
    let done = (client.syncobj(), 0);
    let mut jobs: Vec<_> = large.iter().chain(&small).map(fill_a_page).collect();
    jobs.insert(0, Job::fill(&buffer, 7));
    jobs.push(Job::barrier().on(HOST).signals(done));
    let before = mapped();
    let start = raw::now();
    client.queue(jobs);
    let kept = mapped() - before;
    let took_ns = raw::now() - start;
    client.done(done);
    // On a machine as slow as that it may have been idle for too long.
    assert!(
        kept == 1 || took_ns > 900_000_000,
        "{kept} after {took_ns} ns"
    );
}

fn good_after_they_were_given_up(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let from = client.alloc(vgem.id, 8 * PAGE);
    let to = client.alloc(vgem.id, 8 * PAGE);
    for round in 0..3 {
        let data = noise(8 * PAGE as usize, round);
        client.map(&from).write_at(0, &data);
        client.run(Job::copy(&from, &to));
        same(&client.map(&to).read(), &data, "the copy");
        raw::sleep_ms(1500);
    }
}
