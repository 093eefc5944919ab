// SPDX-License-Identifier: MIT OR Apache-2.0

//! Implicit synchronisation through the dma_resv of buffers.

use crate::check::refused_if_implicit;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::drm::Node;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::SW_SYNC;
use crate::lab::VGEM;
use crate::raw::poll;
use crate::sys::*;
use crate::vendor;
use crate::vendor::SwSync;
use crate::vendor::VgemFence;
use nix::errno::Errno;
use nix::libc::POLLIN;
use nix::libc::POLLOUT;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;

suite! {
    writer_waits_for_writer [VGEM];
    writer_waits_for_reader [VGEM];
    reader_waits_for_writer [VGEM];
    reader_passes_reader [VGEM];
    not_unless_asked_for [VGEM];
    others_wait_for_a_writing_job [VGEM, SW_SYNC];
    others_wait_for_a_reading_job [VGEM, SW_SYNC];
    not_published_unless_asked_for [VGEM, SW_SYNC];
    jobs_in_order [Need::Members(1)];
    jobs_across_clients [VGEM, SW_SYNC];
    bracketed_buffers_refused [Need::File(vendor::UDMABUF), Need::File(vendor::HEAP)];
    with_a_user_point [VGEM];
    same_buffer_twice [VGEM];
}

/// A buffer of vgem's: mvgal's handle, vgem's, and the dma-buf.
struct Shared {
    client: Client,
    node: Node,
    buffer: Buffer,
    theirs: u32,
    dma_buf: OwnedFd,
}

impl Shared {
    fn new(lab: &Lab) -> Self {
        let (client, node) = (lab.client(), lab.open_primary(lab.member("vgem")));
        let dumb = node.create_dumb(32, 32).expect("CREATE_DUMB");
        let dma_buf = node.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
        let buffer = client.import(dma_buf.as_fd()).expect("IMPORT_DMABUF");
        Self {
            client,
            node,
            buffer,
            theirs: dumb.handle,
            dma_buf,
        }
    }

    fn attach(&self, write: bool) -> VgemFence<'_> {
        VgemFence::attach(&self.node, self.theirs, write).expect("VGEM_FENCE_ATTACH")
    }

    /// Queues a job that reads or writes the buffer; its point.
    fn queue(&self, write: bool, edit: impl FnOnce(Job) -> Job) -> (u32, u64) {
        let done = (self.client.syncobj(), 0);
        let other = self.client.alloc(HOST, self.buffer.size);
        let job = match write {
            true => Job::fill(&self.buffer, 0xd1),
            false => Job::copy(&self.buffer, &other),
        };
        self.client.queue(vec![edit(job.signals(done))]);
        done
    }

    /// Whether a reader (POLLIN) or writer (POLLOUT) of the dma-buf need not wait.
    fn free_for(&self, events: i16, ms: i32) -> bool {
        poll(self.dma_buf.as_fd(), events, ms)
    }
}

fn waits(lab: &Lab, theirs_writes: bool, ours_writes: bool) {
    let shared = Shared::new(lab);
    let fence = shared.attach(theirs_writes);
    let done = shared.queue(ours_writes, Job::implicit);
    shared.client.pending(done);
    fence.signal().expect("VGEM_FENCE_SIGNAL");
    shared.client.done(done);
}

fn writer_waits_for_writer(lab: &Lab) {
    waits(lab, true, true);
}

fn writer_waits_for_reader(lab: &Lab) {
    waits(lab, false, true);
}

fn reader_waits_for_writer(lab: &Lab) {
    waits(lab, true, false);
}

fn reader_passes_reader(lab: &Lab) {
    let shared = Shared::new(lab);
    let fence = shared.attach(false);
    let done = shared.queue(false, Job::implicit);
    shared.client.done(done);
    fence.signal().expect("VGEM_FENCE_SIGNAL");
}

fn not_unless_asked_for(lab: &Lab) {
    let shared = Shared::new(lab);
    let fence = shared.attach(true);
    let done = shared.queue(true, |job| job);
    shared.client.done(done);
    fence.signal().expect("VGEM_FENCE_SIGNAL");
}

fn others_wait_for_a_writing_job(lab: &Lab) {
    let shared = Shared::new(lab);
    let mut sw = SwSync::new();
    let gate = shared.client.point_of(sw.fence().as_fd());
    assert!(shared.free_for(POLLIN, 0) && shared.free_for(POLLOUT, 0));
    let done = shared.queue(true, |job| job.implicit().after(gate));
    assert!(!shared.free_for(POLLIN, 30), "a reader waits for the job");
    assert!(!shared.free_for(POLLOUT, 30), "a writer waits for the job");
    for write in [false, true] {
        let busy = VgemFence::attach(&shared.node, shared.theirs, write).err();
        assert_eq!(busy, Some(Errno::EBUSY), "vgem sees the job");
    }
    sw.signal();
    assert!(shared.free_for(POLLIN, 60_000) && shared.free_for(POLLOUT, 60_000));
    shared.client.done(done);
}

fn others_wait_for_a_reading_job(lab: &Lab) {
    let shared = Shared::new(lab);
    let mut sw = SwSync::new();
    let gate = shared.client.point_of(sw.fence().as_fd());
    let done = shared.queue(false, |job| job.implicit().after(gate));
    assert!(shared.free_for(POLLIN, 0), "a reader does not wait");
    assert!(!shared.free_for(POLLOUT, 30), "a writer waits for the job");
    sw.signal();
    assert!(shared.free_for(POLLOUT, 60_000));
    shared.client.done(done);
}

fn not_published_unless_asked_for(lab: &Lab) {
    let shared = Shared::new(lab);
    let mut sw = SwSync::new();
    let gate = shared.client.point_of(sw.fence().as_fd());
    let done = shared.queue(true, |job| job.after(gate));
    assert!(shared.free_for(POLLIN, 0) && shared.free_for(POLLOUT, 0));
    sw.signal();
    shared.client.done(done);
}

/// Without points between them, jobs follow each other as the buffers demand.
fn jobs_in_order(lab: &Lab) {
    let client = lab.attached();
    for member in lab.implicit_places() {
        let (a, b) = (client.alloc(member, 8 * PAGE), client.alloc(HOST, 8 * PAGE));
        let line = client.syncobj();
        let mut jobs = Vec::new();
        for round in 1..=20u8 {
            // The higher priority must not let a job pass the one it depends on.
            let (low, high) = (u32::from(round % 4), u32::from(8 + round % 4));
            jobs.push(Job::fill(&a, round).on(member).priority(low).implicit());
            let copy = Job::copy(&a, &b).on(member).priority(high).implicit();
            jobs.push(copy.signals((line, round.into())));
        }
        client.queue(jobs);
        client.done((line, 20));
        let bytes = client.map(&b).read();
        assert!(bytes.iter().all(|byte| *byte == 20), "on {member}");
        client.free(a.handle).expect("FREE_MEMORY");
    }
}

fn jobs_across_clients(lab: &Lab) {
    let shared = Shared::new(lab);
    let other = lab.client();
    let imported = other.import(shared.dma_buf.as_fd()).expect("import");
    let mut sw = SwSync::new();
    let gate = shared.client.point_of(sw.fence().as_fd());
    shared.queue(true, |job| job.implicit().after(gate));
    let copy = other.alloc(HOST, imported.size);
    let done = (other.syncobj(), 0);
    other.queue(vec![Job::copy(&imported, &copy).implicit().signals(done)]);
    other.pending(done);
    sw.signal();
    other.done(done);
    assert_eq!(other.map(&copy).read_at(0, 4), [0xd1; 4]);
}

fn bracketed_buffers_refused(lab: &Lab) {
    let client = lab.client();
    for dma_buf in [vendor::udmabuf(PAGE), vendor::heap(PAGE)] {
        let buffer = client.import(dma_buf.as_fd()).expect("IMPORT_DMABUF");
        refused_if_implicit(&client, &buffer);
    }
}

/// A job that waits for userspace has no fence, so nothing must be attached to
/// the buffer on its behalf until it is released.
fn with_a_user_point(lab: &Lab) {
    let shared = Shared::new(lab);
    let gate = (shared.client.syncobj(), 1);
    let done = shared.queue(true, |job| job.implicit().after(gate));
    assert!(
        shared.free_for(POLLIN, 0),
        "an indefinite fence is on the buffer"
    );
    let fence = shared.attach(true);
    shared.client.signal(gate, 0).expect("SIGNAL_FENCE");
    // Its turn came after vgem's fence.
    shared.client.pending(done);
    fence.signal().expect("VGEM_FENCE_SIGNAL");
    shared.client.done(done);
}

fn same_buffer_twice(lab: &Lab) {
    let shared = Shared::new(lab);
    let done = (shared.client.syncobj(), 0);
    let copy = drm_mvgal_copy {
        src: shared.buffer.handle,
        dst: shared.buffer.handle,
        dst_offset: 2048,
        width: 2048,
        height: 1,
        ..Default::default()
    };
    let fence = shared.attach(false);
    shared
        .client
        .queue(vec![Job::copy_with(copy).implicit().signals(done)]);
    shared.client.pending(done);
    fence.signal().expect("VGEM_FENCE_SIGNAL");
    shared.client.done(done);
}
