// SPDX-License-Identifier: MIT OR Apache-2.0

//! The DRM core's syncobj ioctls on mvgal's files.

use crate::client::PAGE;
use crate::drm::WAIT_ALL;
use crate::drm::WAIT_AVAILABLE;
use crate::drm::WAIT_FOR_SUBMIT;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::VIRTIO;
use crate::raw;
use crate::sys::*;
use nix::errno::Errno;
use nix::libc::POLLIN;
use std::os::fd::AsFd;

suite! {
    create_and_destroy;
    signal_wait_reset;
    timeline_signal_wait_query;
    transfer;
    eventfd;
    eventfd_of_a_job;
    export_and_import;
    shared_with_a_vendor [VIRTIO];
    wait_for_a_job;
    destroyed_while_queued;
    reset_while_queued;
}

fn create_and_destroy(lab: &Lab) {
    let client = lab.client();
    let handles: Vec<_> = (0..100).map(|_| client.syncobj()).collect();
    for handle in &handles {
        client.syncobj_destroy(*handle).expect("SYNCOBJ_DESTROY");
        assert!(client.syncobj_destroy(*handle).is_err());
    }
}

fn signal_wait_reset(lab: &Lab) {
    let client = lab.client();
    let binary = (client.syncobj(), 0);
    assert_eq!(client.core_wait(binary, WAIT_ALL, 0), Err(Errno::EINVAL));
    client.core_signal_binary(binary.0).expect("SYNCOBJ_SIGNAL");
    client.core_wait(binary, WAIT_ALL, 0).expect("WAIT");
    client.done(binary);
    client.core_reset(binary.0).expect("SYNCOBJ_RESET");
    client.pending(binary);
}

fn timeline_signal_wait_query(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    for point in [1, 2, 10] {
        client.core_signal(line, point).expect("TIMELINE_SIGNAL");
        client
            .core_wait((line, point), 0, 0)
            .expect("TIMELINE_WAIT");
        client.done((line, point));
        assert_eq!(client.core_query(line, 0), Ok(point));
    }
    client.pending((line, 11));
}

fn transfer(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let (done, binary, line) = ((client.syncobj(), 4), client.syncobj(), client.syncobj());
    client.queue(vec![Job::fill(&buffer, 1).signals(done)]);
    client
        .transfer(done, (binary, 0), 0)
        .expect("to a binary one");
    client.transfer(done, (line, 9), 0).expect("to a timeline");
    client.done((binary, 0));
    client.done((line, 9));
}

/// An eventfd that nothing has happened to.
fn event() -> std::os::fd::OwnedFd {
    let flags = nix::sys::eventfd::EfdFlags::EFD_CLOEXEC;
    nix::sys::eventfd::EventFd::from_value_and_flags(0, flags)
        .expect("eventfd")
        .into()
}

fn eventfd(lab: &Lab) {
    let client = lab.client();
    for flags in [0, WAIT_AVAILABLE] {
        let (line, event) = (client.syncobj(), event());
        client
            .core_eventfd((line, 3), flags, event.as_fd())
            .expect("SYNCOBJ_EVENTFD");
        client.signal((line, 2), 0).expect("SIGNAL_FENCE");
        assert!(!raw::poll(event.as_fd(), POLLIN, 20), "too early");
        client.signal((line, 3), 0).expect("SIGNAL_FENCE");
        assert!(raw::poll(event.as_fd(), POLLIN, 60_000), "never");
    }
}

fn eventfd_of_a_job(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let gate = (client.syncobj(), 1);
    let (done, event) = ((client.syncobj(), 1), event());
    client
        .core_eventfd(done, 0, event.as_fd())
        .expect("SYNCOBJ_EVENTFD");
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals(done)]);
    assert!(!raw::poll(event.as_fd(), POLLIN, 50), "too early");
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    assert!(raw::poll(event.as_fd(), POLLIN, 60_000), "never");
}

fn export_and_import(lab: &Lab) {
    let (first, second) = (lab.client(), lab.client());
    let line = first.syncobj();
    let fd = first.syncobj_export(line).expect("HANDLE_TO_FD");
    let theirs = second.syncobj_import(fd.as_fd()).expect("FD_TO_HANDLE");
    second.pending((theirs, 1));
    first.signal((line, 1), -5).expect("SIGNAL_FENCE");
    assert_eq!(second.ended((theirs, 1)).error, -5);
    second.signal((theirs, 2), 0).expect("SIGNAL_FENCE");
    first.done((line, 2));
}

fn shared_with_a_vendor(lab: &Lab) {
    let client = lab.client();
    let node = lab.open(lab.member("virtio_gpu"));
    let theirs = node.syncobj();
    let fd = node.syncobj_export(theirs).expect("HANDLE_TO_FD");
    let ours = client.syncobj_import(fd.as_fd()).expect("FD_TO_HANDLE");
    let buffer = client.alloc(HOST, PAGE);
    client.queue(vec![Job::fill(&buffer, 1).signals((ours, 1))]);
    node.core_wait((theirs, 1), WAIT_FOR_SUBMIT, raw::in_ms(60_000))
        .expect("the vendor's file sees the job end");
    node.core_signal(theirs, 2).expect("TIMELINE_SIGNAL");
    client.done((ours, 2));
}

fn wait_for_a_job(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 8 << 20);
    for point in [0, 1, 2] {
        let done = (client.syncobj(), point);
        client.queue(vec![Job::fill(&buffer, 1).signals(done)]);
        client
            .core_wait(done, WAIT_FOR_SUBMIT, raw::in_ms(60_000))
            .expect("WAIT");
    }
}

fn destroyed_while_queued(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let (gate, done) = ((client.syncobj(), 1), (client.syncobj(), 1));
    let shared = client.syncobj_export(done.0).expect("export");
    let opener = client.syncobj_export(gate.0).expect("export");
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals(done)]);
    client.syncobj_destroy(gate.0).expect("SYNCOBJ_DESTROY");
    client.syncobj_destroy(done.0).expect("SYNCOBJ_DESTROY");
    let other = lab.client();
    let gate = (other.syncobj_import(opener.as_fd()).expect("import"), 1);
    let done = (other.syncobj_import(shared.as_fd()).expect("import"), 1);
    other.pending(done);
    other.signal(gate, 0).expect("SIGNAL_FENCE");
    other.done(done);
}

fn reset_while_queued(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let (gate, done) = ((client.syncobj(), 0), (client.syncobj(), 0));
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals(done)]);
    client.core_reset(gate.0).expect("SYNCOBJ_RESET");
    client.core_reset(done.0).expect("SYNCOBJ_RESET");
    client.pending(done);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
}
