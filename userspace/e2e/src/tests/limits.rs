// SPDX-License-Identifier: MIT OR Apache-2.0

//! What memory clients are charged with, and what stops them. The limit by the
//! module's parameter is tested by `tests/vm/client_limit.sh`.

use crate::check::refused;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::SOON;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw;
use crate::sys::*;
use nix::errno::Errno;
use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

suite! {
    memory_by_home [Need::Members(1)];
    jobs_keep_it_charged [Need::Members(1)];
    exports_of_host_memory;
    importing_twice;
    nothing_is_lost [VGEM];
    cgroup [Need::File(GROUPS)];
    cgroup_of_who_uses_it_first [Need::File(GROUPS)];
}

/// Where cgroups are.
const ROOT: &str = "/sys/fs/cgroup";
const GROUPS: &str = "/sys/fs/cgroup/cgroup.subtree_control";

/// KiB that a client has on a member, or on the host.
fn charged(client: &Client, home: u32) -> u64 {
    let path = format!("/proc/self/fdinfo/{}", client.number());
    let text = fs::read_to_string(path).expect("fdinfo");
    let key = format!("mvgal-memory-{home}:");
    let line = text.lines().find_map(|line| line.strip_prefix(&key));
    line.map_or(0, |value| {
        let kib = value.trim().strip_suffix(" KiB").expect("the unit");
        kib.parse().expect("a number")
    })
}

fn memory_by_home(lab: &Lab) {
    let (client, reached) = (lab.attached(), lab.cpu_places());
    let mut kept = Vec::new();
    for (n, place) in (2..).zip(lab.places()) {
        assert_eq!(charged(&client, place), 0);
        kept.push((n, client.alloc(place, n * PAGE)));
    }
    for (n, buffer) in &kept {
        assert_eq!(charged(&client, buffer.member), n * 4, "{buffer:?}");
        let flags = DRM_MVGAL_BUFFER_LAZY_ALLOCATE | DRM_MVGAL_BUFFER_DMA_BUF;
        let lazy = client.alloc_flags(buffer.member, PAGE, flags);
        let lazy = lazy.expect("ALLOC_MEMORY");
        assert_eq!(charged(&client, buffer.member), n * 4, "not used yet");
        if reached.contains(&buffer.member) {
            client.run(Job::fill(&lazy, 1));
        } else {
            client.export(lazy.handle).expect("EXPORT_DMABUF");
        }
        assert_eq!(charged(&client, buffer.member), (n + 1) * 4, "used");
        client.free(lazy.handle).expect("FREE_MEMORY");
        comes_down_to(&client, buffer.member, n * 4);
        // An import is charged to who allocated it.
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let other = lab.client();
        other.import(fd.as_fd()).expect("IMPORT_DMABUF");
        assert_eq!(charged(&other, buffer.member), 0, "imported");
    }
    for (_, buffer) in kept {
        client.free(buffer.handle).expect("FREE_MEMORY");
        assert_eq!(charged(&client, buffer.member), 0, "all freed");
    }
}

/// Waits until a client has that many KiB there: jobs give back a moment after their fence.
#[track_caller]
fn comes_down_to(client: &Client, place: u32, kib: u64) {
    let until = raw::in_ms(SOON);
    while charged(client, place) != kib {
        assert!(raw::now() < until, "{} KiB", charged(client, place));
        raw::sleep_ms(5);
    }
}

/// What a queued job uses is charged until it is over, if the handle is gone, too.
fn jobs_keep_it_charged(lab: &Lab) {
    let client = lab.attached();
    for place in lab.cpu_places() {
        let (gate, done) = ((client.syncobj(), 1), (client.syncobj(), 0));
        let [from, to] = [0; 2].map(|_| client.alloc(place, 2 * PAGE));
        let copy = Job::copy(&from, &to).after(gate).signals(done);
        client.queue(vec![copy]);
        for buffer in [&from, &to] {
            client.free(buffer.handle).expect("FREE_MEMORY");
            assert_eq!(charged(&client, place), 16, "the job has it");
        }
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        client.done(done);
        comes_down_to(&client, place, 0);
    }
}

fn exports_of_host_memory(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 2 * PAGE);
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    let map = client.map(&buffer);
    client.free(buffer.handle).expect("FREE_MEMORY");
    assert_eq!(charged(&client, HOST), 8, "exported and mapped");
    drop(map);
    assert_eq!(charged(&client, HOST), 8, "exported");
    let again = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    drop(fd);
    assert_eq!(charged(&client, HOST), 8, "imported again");
    client.free(again.handle).expect("FREE_MEMORY");
    comes_down_to(&client, HOST, 0);
}

fn importing_twice(lab: &Lab) {
    let (owner, other) = (lab.client(), lab.client());
    let buffer = owner.alloc(HOST, 2 * PAGE);
    let fd = owner.export(buffer.handle).expect("EXPORT_DMABUF");
    let own = owner.import(fd.as_fd()).expect("IMPORT_DMABUF");
    assert_eq!(own.handle, buffer.handle);
    let [first, second] = [0; 2].map(|_| other.import(fd.as_fd()).expect("IMPORT_DMABUF"));
    assert_eq!(first.handle, second.handle);
    assert_eq!((charged(&owner, HOST), charged(&other, HOST)), (8, 0));
}

fn nothing_is_lost(lab: &Lab) {
    let client = lab.attached();
    for place in [HOST, lab.member("vgem").id] {
        for _ in 0..50 {
            // Neither has so much.
            let size = 1 << 35;
            assert!(client.alloc_flags(place, size, 0).is_err());
        }
        assert_eq!(charged(&client, place), 0);
    }
}

/// A cgroup that this process is in.
struct Group(String);

impl Group {
    fn enter(name: &str, max: u64) -> Self {
        fs::write(GROUPS, "+dmem").expect("the dmem controller");
        let path = format!("{ROOT}/{name}");
        if !Path::new(&path).exists() {
            fs::create_dir(&path).expect("a cgroup");
        }
        let group = Self(path);
        let pid = std::process::id().to_string();
        fs::write(format!("{}/cgroup.procs", group.0), pid).expect("cgroup.procs");
        fs::write(format!("{}/dmem.max", group.0), format!("mvgal/host {max}")).expect("dmem.max");
        group
    }

    /// Bytes that it is charged with.
    fn current(&self) -> u64 {
        let path = format!("{}/dmem.current", self.0);
        let text = fs::read_to_string(path).expect("dmem.current");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("mvgal/host "));
        line.map_or(0, |bytes| bytes.trim().parse().expect("a number"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let pid = std::process::id().to_string();
        // What was charged to it stays so, and keeps it.
        let _ = fs::write(format!("{ROOT}/cgroup.procs"), pid);
        let _ = fs::remove_dir(&self.0);
    }
}

fn cgroup(lab: &Lab) {
    let group = Group::enter("mvgal-e2e", 1 << 20);
    let client = lab.client();
    assert_eq!(group.current(), 0);
    let buffer = client.alloc(HOST, 768 << 10);
    assert_eq!(group.current(), 768 << 10);
    refused(&client, Errno::ENOSPC, "more than dmem.max", || {
        client.alloc_flags(HOST, 512 << 10, 0)
    });
    assert_eq!(group.current(), 768 << 10);
    let rest = client.alloc(HOST, 256 << 10);
    assert_eq!(group.current(), 1 << 20);
    client.free(rest.handle).expect("FREE_MEMORY");
    // As long as anybody has the memory, somebody pays for it.
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    client.free(buffer.handle).expect("FREE_MEMORY");
    drop(client);
    assert_eq!(group.current(), 768 << 10);
    drop(fd);
    assert_eq!(group.current(), 0);
}

fn cgroup_of_who_uses_it_first(lab: &Lab) {
    let client = lab.client();
    let buffer = client
        .alloc_flags(HOST, 512 << 10, DRM_MVGAL_BUFFER_LAZY_ALLOCATE)
        .expect("ALLOC_MEMORY");
    let group = Group::enter("mvgal-e2e-lazy", 256 << 10);
    refused(&client, Errno::ENOSPC, "a first use", || {
        client.submit(vec![Job::fill(&buffer, 1)])
    });
    assert_eq!(group.current(), 0);
    drop(group);
    client.run(Job::fill(&buffer, 1));
}
