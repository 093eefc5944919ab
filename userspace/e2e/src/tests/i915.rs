// SPDX-License-Identifier: MIT OR Apache-2.0

//! What comes of i915's own dma-bufs: local memory is mapped for the CPU where it is and
//! attached to by nobody, access by the CPU is bracketed, and what it imports is mapped by
//! the first submission.

use super::vendors::own_memory_used;
use crate::check::noise;
use crate::check::refused_if_implicit;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::text;
use crate::drm::Node;
use crate::drm::uapi;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw;
use crate::sys::*;
use crate::vendor::set_fault;
use mvgal::Allocation;
use mvgal::BufferFlags;
use mvgal::CopyEngine;
use mvgal::Deadline;
use mvgal::Device;
use mvgal::Errno;
use mvgal::MemberId;
use mvgal::Transfer;
use mvgal::engine::Span;
use mvgal::transfer::Way;
use std::os::fd::AsFd;
use std::time::Duration;

suite! {
    the_cpu_copies_local_memory_in_place [I915];
    no_implicit_sync [I915];
    shared_memory_is_attached_to [I915, VGEM];
    untouched_local_memory_is_not [I915, VGEM];
    memory_that_may_move [I915, VGEM];
    more_than_local_memory_is_systems [I915] in 60;
    refused_by_the_exporter_at_submission [I915, Need::Driver("amdgpu")] in 60;
}

const I915: Need = Need::Driver("i915");

const SIZE: u64 = 256 << 10;
const OWN: u32 = DRM_MVGAL_BUFFER_GPU_VALID | DRM_MVGAL_BUFFER_HOST_VALID;

fn the_cpu_copies_local_memory_in_place(lab: &Lab) {
    let device = lab.member("i915");
    let (client, _node) = lab.with(device);
    let data = noise(SIZE as usize, 1);
    let before = own_memory_used(device);
    let own = client.alloc_flags(device.id, SIZE, OWN);
    let own = own.expect("ALLOC_MEMORY");
    let host = client.alloc(HOST, SIZE);
    let map = client.map(&own);
    map.write_at(0, &data);
    client.run(Job::copy(&own, &host));
    same(&client.map(&host).read(), &data, "read by the CPU");
    assert_eq!(own_memory_used(device), before + SIZE);
    client.run(Job::fill(&own, 0x5a).on(device.id));
    same(&map.read(), &[0x5a; SIZE as usize], "written by the CPU");
    assert_eq!(own_memory_used(device), before + SIZE);
}

/// Its exporter takes locks and waits when the CPU is about to, which no published fence may
/// depend on.
fn no_implicit_sync(lab: &Lab) {
    let device = lab.member("i915");
    let (client, _node) = lab.with(device);
    for flags in [OWN, OWN | DRM_MVGAL_BUFFER_DMA_BUF, 0] {
        let buffer = client.alloc_flags(device.id, SIZE, flags);
        let buffer = buffer.expect("ALLOC_MEMORY");
        refused_if_implicit(&client, &buffer);
    }
}

fn shared_memory_is_attached_to(lab: &Lab) {
    let client = lab.attached();
    let (i915, vgem) = (lab.member("i915").id, lab.member("vgem").id);
    let buffer = client.alloc_flags(i915, SIZE, OWN | DRM_MVGAL_BUFFER_DMA_BUF);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let exported = client.export_for(buffer.handle, vgem, 0);
    let exported = exported.expect("EXPORT_DMABUF");
    assert_eq!(exported.reach, DRM_MVGAL_REACH_IMPORT);
    assert_eq!(exported.home, i915);
}

/// It is refused for where it may be, though it is nowhere yet; a copy serves.
fn untouched_local_memory_is_not(lab: &Lab) {
    let client = lab.attached();
    let (i915, vgem) = (lab.member("i915"), lab.member("vgem").id);
    // Dumb buffers are in local memory.
    let file = lab.open_primary(i915);
    let dumb = file.create_dumb(256, 256).expect("CREATE_DUMB");
    let fd = file.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
    let refused = client.file(vgem).prime_import(fd.as_fd());
    assert_eq!(refused.expect_err("an import"), Errno::EOPNOTSUPP);
    let buffer = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    let copy = client.export_for(buffer.handle, vgem, 0);
    let copy = copy.expect("EXPORT_DMABUF");
    assert_eq!(copy.reach, DRM_MVGAL_REACH_COPY);
    assert_eq!(copy.limit, DRM_MVGAL_REACH_LIMIT_ATTACH);
    assert_eq!(copy.home, vgem);
    client.run(Job::fill(&buffer, 7));
    client.run(Job::replicate(&buffer));
    same(&copy.map(SIZE).read(), &[7; SIZE as usize], "the copy");
}

uapi! {
    /// `struct drm_i915_gem_create_ext`
    CreateExt { size: u64, handle: u32, flags: u32, extensions: u64 }
    /// `struct drm_i915_gem_create_ext_memory_regions`
    MemoryRegions {
        next_extension: u64, name: u32, flags: u32, rsvd: [u32; 4], pad: u32, num_regions: u32,
        regions: u64,
    }
    /// `struct drm_i915_gem_memory_class_instance`
    MemoryRegion { memory_class: u16, memory_instance: u16 }
}

const NEEDS_CPU_ACCESS: u32 = 1;

/// An object of the client's own that is in local memory, or else in system memory.
fn in_either_memory(client: &Client, node: &Node, flags: u32) -> Buffer {
    let local = MemoryRegion {
        memory_class: 1,
        memory_instance: 0,
    };
    let regions = [local, MemoryRegion::default()];
    let extension = MemoryRegions {
        num_regions: 2,
        regions: raw::address(&regions),
        ..Default::default()
    };
    let mut arg = CreateExt {
        size: SIZE,
        flags,
        extensions: raw::address(&extension),
        ..Default::default()
    };
    let number = raw::iowr(b'd', 0x7c, size_of::<CreateExt>());
    node.ioctl(number, &mut arg).expect("I915_GEM_CREATE_EXT");
    let fd = node.prime_export(arg.handle);
    let fd = fd.expect("PRIME_HANDLE_TO_FD");
    client.import(fd.as_fd()).expect("IMPORT_DMABUF")
}

/// A job has it where the GPU wants it; for another device it moves, as nothing keeps it there.
fn memory_that_may_move(lab: &Lab) {
    let client = lab.attached();
    let (i915, vgem) = (lab.member("i915"), lab.member("vgem").id);
    let before = own_memory_used(i915);
    let buffer = in_either_memory(&client, client.file(i915.id), NEEDS_CPU_ACCESS);
    client.run(Job::fill(&buffer, 3));
    assert_eq!(own_memory_used(i915), before + SIZE);
    let exported = client.export_for(buffer.handle, vgem, 0);
    let exported = exported.expect("EXPORT_DMABUF");
    assert_eq!(exported.reach, DRM_MVGAL_REACH_IMPORT);
    assert_eq!(own_memory_used(i915), before);
    client.run(Job::fill(&buffer, 4));
    same(&exported.map(SIZE).read(), &[4; SIZE as usize], "shared");
}

/// It is found out when the buffer is allocated: a mapping that fails would make the kernel warn.
fn more_than_local_memory_is_systems(lab: &Lab) {
    let device = lab.member("i915");
    let (client, _node) = lab.with(device);
    let before = own_memory_used(device);
    // The stand-in has 256 MiB. What a job waits to write stays where it is.
    let large = client.alloc_flags(device.id, 240 << 20, OWN);
    let large = large.expect("ALLOC_MEMORY");
    let (gate, done) = ((client.syncobj(), 1), (client.syncobj(), 1));
    client.queue(vec![Job::fill(&large, 1).after(gate).signals(done)]);
    let used = own_memory_used(device);
    assert_eq!(used, before + (240 << 20));
    let other = client.alloc_flags(device.id, 32 << 20, OWN);
    let other = other.expect("ALLOC_MEMORY");
    assert_eq!(own_memory_used(device), used);
    client.run(Job::fill(&other, 2));
    assert_eq!(client.map(&other).read_at(0, 4), [2; 4]);
    client.signal(gate, 0).expect("SIGNAL");
    client.done(done);
    assert_eq!(client.map(&large).read_at(0, 4), [1; 4]);
}

/// i915 attaches when it imports, and maps when it submits: what the exporter says then is the
/// error of the job, and a transfer has another engine do it.
fn refused_by_the_exporter_at_submission(lab: &Lab) {
    let ids = ["amdgpu", "i915"].map(|driver| MemberId::new(lab.member(driver).id));
    let [amdgpu, i915] = ids;
    let address = text(&lab.member("amdgpu").bus_address);
    let soon = || Deadline::after(Duration::from_secs(60));
    let device = Device::open().expect("open mvgal");
    let members = device.members().expect("the members");
    let engines = ids.map(|id| {
        let member = members.get(id).expect("the member");
        CopyEngine::attach(&device, member).expect("an engine")
    });
    let flags = BufferFlags::GPU_VALID | BufferFlags::HOST_VALID | BufferFlags::DMA_BUF;
    let buffers = || {
        ids.map(|id| {
            let allocation = Allocation::linear(SIZE).member(id).flags(flags);
            device.alloc(&allocation).expect("ALLOC_MEMORY")
        })
    };
    let [from, to] = buffers();
    let data = noise(SIZE as usize, 2);
    let map = from.map().expect("a mapping");
    map.write_at(0, &data).expect("inside");

    let engine = &engines[1];
    let imports = [&from, &to].map(|buffer| engine.import(buffer).expect("an import"));
    let timeline = device.timeline().expect("a timeline");
    let copy = |point| {
        let span = Span::Bytes(SIZE);
        let copy = engine.copy((&imports[0], 0), (&imports[1], 0), span)?;
        let jobs = copy.jobs(&[], timeline.point(point));
        device.batch().jobs(jobs).submit()?;
        timeline.wait(point, soon())
    };
    set_fault(&address, "map_by_other", "1 22");
    let error = copy(1).expect_err("a refusal");
    assert_eq!(error.errno(), Some(Errno::EINVAL), "{error}");
    copy(2).expect("it was for once");
    same(&to.map().expect("a mapping").to_vec(), &data, "by i915");

    let [other, to] = buffers();
    let map = other.map().expect("a mapping");
    map.write_at(0, &data).expect("inside");
    let transfer = Transfer::new(&device, &other, &to).engines(&engines);
    set_fault(&address, "map_by_other", "1 22");
    let mut refused = transfer.prepare(soon()).expect("a way");
    assert_eq!(refused.way(), Way::Engine { by: amdgpu });
    refused.run(soon(), |_| ()).expect("a transfer");
    same(&to.map().expect("a mapping").to_vec(), &data, "by amdgpu");
    let transfer = transfer.prepare(soon()).expect("a way");
    assert_eq!(transfer.way(), Way::Engine { by: i915 });
}
