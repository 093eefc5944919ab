// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers that are allocated when they are used first: LAZY_ALLOCATE.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VKMS;
use crate::raw;
use crate::raw::Map;
use crate::sys::*;
use nix::errno::Errno;
use nix::libc::PROT_READ;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;

suite! {
    takes_no_memory_before_its_use;
    named_member [Need::Members(1)];
    member_that_uses_it [VGEM, VKMS];
    host_that_uses_it [VGEM];
    never_on_the_host_if_for_gpus [VGEM];
    export_allocates [VGEM];
    core_export_allocates [VGEM];
    export_of_another_place;
    mapping_is_a_use;
    report_is_a_use;
    read_is_a_use;
    failure_is_that_of_the_use;
    failure_leaves_a_batch_undone;
    failure_of_a_driver [VKMS];
    member_gone_by_then [VGEM];
    images;
    refusals [VGEM];
    report_on_a_member [VGEM];
    shared_with_who_came_later [VGEM, VKMS, Need::Virtio2d];
    freed_unused;
    first_uses_at_once;
}

const LAZY: u32 = DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
const EXPORTED: u32 = LAZY | DRM_MVGAL_BUFFER_DMA_BUF;
const MAPPED: u32 = LAZY | DRM_MVGAL_BUFFER_HOST_VALID;

#[track_caller]
fn lazy(client: &Client, member: u32, size: u64, flags: u32) -> Buffer {
    let buffer = client
        .alloc_flags(member, size, LAZY | flags)
        .unwrap_or_else(|error| panic!("lazy buffer of {size} on {member}: {error}"));
    assert_eq!(buffer.size, size.next_multiple_of(PAGE));
    buffer
}

/// The member whose memory a dma-buf is.
fn home(lab: &Lab, fd: BorrowedFd<'_>) -> u32 {
    lab.client().import(fd).expect("IMPORT_DMABUF").member
}

/// A value of fdinfo in KiB, 0 if it is not there.
fn memory(client: &Client, what: &str) -> u64 {
    let path = format!("/proc/self/fdinfo/{}", client.number());
    let text = std::fs::read_to_string(path).expect("fdinfo");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("drm-{what}-memory:")));
    let Some(value) = line.map(str::trim) else {
        return 0;
    };
    let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
    number.parse::<u64>().expect("a number") * if unit == "MiB" { 1024 } else { 1 }
}

fn report_on_a_member(lab: &Lab) {
    let client = lab.attached();
    let report = lazy(&client, lab.member("vgem").id, PAGE, 0);
    refused(&client, Errno::EINVAL, "a report on a member", || {
        client.submit(vec![Job::barrier().report(&report, 0)])
    });
    assert_eq!(memory(&client, "resident"), 0, "allocated for nothing");
}

fn shared_with_who_came_later(lab: &Lab) {
    let (client, _vgem) = lab.with(lab.member("vgem"));
    let vkms = lab.member("vkms");
    let node = lab.open(vkms);
    client.attach(vkms.id, &node).expect("attach");
    let buffer = lazy(&client, DRM_MVGAL_MEMBER_ANY, PAGE, DRM_MVGAL_BUFFER_SHARED);
    // It cannot import.
    let virtio = lab.virtio_2d();
    let node = lab.open(virtio);
    client.attach(virtio.id, &node).expect("attach");
    let fill = || client.submit(vec![Job::fill(&buffer, 1).on(vkms.id)]);
    refused(&client, Errno::EOPNOTSUPP, "nobody could share it", fill);
    client.detach(virtio.id).expect("detach");
    client.run(Job::fill(&buffer, 1).on(vkms.id));
}

fn takes_no_memory_before_its_use(lab: &Lab) {
    let client = lab.client();
    client.alloc(HOST, PAGE);
    assert_eq!(memory(&client, "resident"), 4);
    let buffer = lazy(&client, HOST, 16 * PAGE, 0);
    assert_eq!(memory(&client, "total"), 4 + 64);
    assert_eq!(memory(&client, "resident"), 4);
    client.run(Job::fill(&buffer, 1));
    assert_eq!(memory(&client, "total"), 4 + 64);
    assert_eq!(memory(&client, "resident"), 4 + 64);
    // No machine has so much.
    let huge = lab.caps.max_buffer_size;
    let many: Vec<_> = (0..64).map(|_| lazy(&client, HOST, huge, 0)).collect();
    for buffer in many {
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
}

fn named_member(lab: &Lab) {
    let client = lab.attached();
    let reached = lab.cpu_places();
    for device in &lab.devices {
        let buffer = lazy(&client, device.id, 3 * PAGE, EXPORTED);
        assert_eq!(buffer.member, device.id);
        assert_eq!(buffer.offset, 0);
        let reached = reached.contains(&device.id);
        // Whoever uses it, it is where it was asked for.
        let fill = Job::fill(&buffer, 9).on(HOST);
        if reached {
            client.run(fill);
        } else {
            refused(&client, Errno::EOPNOTSUPP, "FILL", || {
                client.submit(vec![fill.clone()])
            });
        }
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        assert_eq!(home(lab, fd.as_fd()), device.id);
        if reached {
            holds(&client, &buffer, &[9; 3 * PAGE as usize]);
        }
    }
}

/// Checks the bytes of a buffer by a copy.
#[track_caller]
fn holds(client: &Client, buffer: &Buffer, wanted: &[u8]) {
    let copy = client.alloc(HOST, buffer.size);
    client.run(Job::copy(buffer, &copy));
    same(&client.map(&copy).read(), wanted, "the copy");
    client.free(copy.handle).expect("FREE_MEMORY");
}

fn member_that_uses_it(lab: &Lab) {
    let client = lab.attached();
    for device in [lab.member("vgem"), lab.member("vkms")] {
        let buffer = lazy(&client, ANY, 2 * PAGE, EXPORTED);
        assert_eq!(buffer.member, ANY);
        client.run(Job::fill(&buffer, 5).on(device.id));
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        assert_eq!(home(lab, fd.as_fd()), device.id);
        // The second use changes nothing.
        client.run(Job::fill(&buffer, 6).on(HOST));
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        assert_eq!(home(lab, fd.as_fd()), device.id);
        holds(&client, &buffer, &[6; 2 * PAGE as usize]);
    }
}

fn host_that_uses_it(lab: &Lab) {
    let client = lab.attached();
    let buffer = lazy(&client, ANY, PAGE, EXPORTED);
    client.run(Job::fill(&buffer, 5).on(HOST));
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(home(lab, fd.as_fd()), HOST);
}

fn never_on_the_host_if_for_gpus(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    client.set_preferred(vgem).expect("preferred");
    let flags = EXPORTED | DRM_MVGAL_BUFFER_GPU_VALID;
    let buffer = lazy(&client, ANY, PAGE, flags);
    client.run(Job::fill(&buffer, 5).on(HOST));
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(home(lab, fd.as_fd()), vgem);
    let alone = lab.client();
    let buffer = lazy(&alone, ANY, PAGE, flags);
    refused(&alone, Errno::ENOSPC, "no member to use it", || {
        alone.submit(vec![Job::fill(&buffer, 5).on(HOST)])
    });
}

fn export_allocates(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    client.set_preferred(vgem).expect("preferred");
    let buffer = lazy(&client, ANY, 2 * PAGE, EXPORTED);
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(home(lab, fd.as_fd()), vgem);
    // Importing it again gives the buffer that it came from.
    assert_eq!(
        client.import(fd.as_fd()).expect("import").handle,
        buffer.handle
    );
    client.run(Job::fill(&buffer, 0x5a));
    let map = Map::new(fd.as_fd(), 0, 2 * PAGE as usize, PROT_READ).expect("mmap");
    same(&map.read(), &[0x5a; 2 * PAGE as usize], "the dma-buf");
}

fn core_export_allocates(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    let buffer = lazy(&client, vgem, PAGE, EXPORTED);
    let fd = client
        .prime_export(buffer.handle)
        .expect("PRIME_HANDLE_TO_FD");
    assert_eq!(home(lab, fd.as_fd()), vgem);
    let again = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(raw::inode(fd.as_fd()), raw::inode(again.as_fd()));
    // What may not be exported is not allocated by that either.
    let huge = lazy(&client, HOST, lab.caps.max_buffer_size, 0);
    assert_eq!(
        client.prime_export(huge.handle).err(),
        Some(Errno::EACCES),
        "without DMA_BUF"
    );
}

fn export_of_another_place(lab: &Lab) {
    let client = lab.client();
    for member in [HOST, ANY] {
        let buffer = lazy(&client, member, PAGE, EXPORTED);
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        assert_eq!(home(lab, fd.as_fd()), HOST);
    }
}

fn mapping_is_a_use(lab: &Lab) {
    let client = lab.attached();
    for member in [HOST, ANY] {
        let buffer = lazy(&client, member, 5 * PAGE, MAPPED | EXPORTED);
        assert_ne!(buffer.offset, 0);
        let map = client.map(&buffer);
        same(&map.read(), &[0; 5 * PAGE as usize], "a new buffer");
        let data = noise(5 * PAGE as usize, 7);
        map.write_at(0, &data);
        holds(&client, &buffer, &data);
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        assert_eq!(home(lab, fd.as_fd()), HOST);
    }
    // One that was allocated by a job is mapped where it is.
    for place in lab.cpu_places() {
        let buffer = lazy(&client, ANY, PAGE, MAPPED);
        client.run(Job::fill(&buffer, 0x77).on(place));
        let map = client.map(&buffer);
        same(&map.read(), &[0x77; PAGE as usize], "mapped after its use");
    }
    let huge = lazy(&client, HOST, lab.caps.max_buffer_size, MAPPED);
    let map = Map::new(client.as_fd(), huge.offset, PAGE as usize, PROT_READ);
    assert_eq!(map.err(), Some(Errno::ENOMEM));
}

fn report_is_a_use(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let reports = lazy(&client, HOST, PAGE, MAPPED);
    client.run(Job::fill(&buffer, 1).report(&reports, 0));
    assert_ne!(report(&client, &reports, 0).finished_ns, 0);
}

fn read_is_a_use(lab: &Lab) {
    let client = lab.client();
    let buffer = lazy(&client, HOST, PAGE, 0);
    holds(&client, &buffer, &[0; PAGE as usize]);
}

fn failure_is_that_of_the_use(lab: &Lab) {
    let client = lab.client();
    let huge = lazy(&client, HOST, lab.caps.max_buffer_size, EXPORTED);
    let page = client.alloc(HOST, PAGE);
    for _ in 0..3 {
        for job in [
            Job::fill(&huge, 1),
            Job::copy(&huge, &page),
            Job::copy(&page, &huge),
        ] {
            refused(&client, Errno::ENOMEM, "a job", || {
                client.submit(vec![job.clone()])
            });
        }
        refused(&client, Errno::ENOMEM, "EXPORT_DMABUF", || {
            client.export(huge.handle)
        });
        refused(&client, Errno::ENOMEM, "PRIME_HANDLE_TO_FD", || {
            client.prime_export(huge.handle)
        });
    }
    client.free(huge.handle).expect("FREE_MEMORY");
}

fn failure_leaves_a_batch_undone(lab: &Lab) {
    let client = lab.client();
    let huge = lazy(&client, HOST, lab.caps.max_buffer_size, 0);
    let page = client.alloc(HOST, PAGE);
    let point = (client.syncobj(), 1);
    refused(&client, Errno::ENOMEM, "a batch", || {
        client.submit(vec![
            Job::fill(&page, 1).signals(point),
            Job::fill(&huge, 1),
        ])
    });
    client.pending(point);
    same(&client.map(&page).read(), &[0; PAGE as usize], "untouched");
}

fn failure_of_a_driver(lab: &Lab) {
    // A dumb buffer counts its bytes in 32 bits.
    let client = lab.attached();
    let vkms = lab.member("vkms").id;
    let huge = lazy(&client, vkms, 8 << 30, 0);
    refused(&client, Errno::ENOSPC, "a job", || {
        client.submit(vec![Job::fill(&huge, 1)])
    });
}

fn member_gone_by_then(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem");
    let buffer = lazy(&client, vgem.id, PAGE, 0);
    client
        .set_mask(lab.all_slots() & !(1 << vgem.slot))
        .expect("mask");
    refused(&client, Errno::EACCES, "not in the mask", || {
        client.submit(vec![Job::fill(&buffer, 1).on(HOST)])
    });
    client.set_mask(lab.all_slots()).expect("mask");
    client.run(Job::fill(&buffer, 1).on(HOST));
    client
        .set_mask(lab.all_slots() & !(1 << vgem.slot))
        .expect("mask");
    // Now it is there, and is nobody's but the client's.
    client.run(Job::fill(&buffer, 2).on(HOST));
}

fn images(lab: &Lab) {
    let client = lab.attached();
    let image = |member, flags| {
        client.alloc_with(drm_mvgal_alloc_memory {
            member,
            flags,
            width: 33,
            height: 17,
            format: u32::from_le_bytes(*b"XR24"),
            ..Default::default()
        })
    };
    let buffer = image(HOST, MAPPED).expect("on the host");
    assert_eq!(buffer.pitch, 33 * 4);
    assert_eq!(buffer.size, (33 * 4 * 17_u64).next_multiple_of(PAGE));
    client.map(&buffer).write_at(buffer.size as usize - 1, b"x");
    // How far apart the rows are is for a driver to say, and not known before.
    for member in lab.devices.iter().map(|d| d.id).chain([ANY]) {
        refused(&client, Errno::EOPNOTSUPP, "an image", || {
            image(member, LAZY)
        });
    }
}

fn refusals(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    for (member, flags) in [
        (vgem, MAPPED),
        (ANY, MAPPED | DRM_MVGAL_BUFFER_GPU_VALID),
        (vgem, MAPPED | DRM_MVGAL_BUFFER_GPU_VALID),
    ] {
        let what = format!("flags {flags:#x} on {member}");
        refused(&client, Errno::EOPNOTSUPP, &what, || {
            client.alloc_flags(member, PAGE, flags)
        });
    }
    let alone = lab.client();
    refused(&alone, Errno::EACCES, "a member not attached", || {
        alone.alloc_flags(vgem, PAGE, LAZY)
    });
    refused(&client, Errno::E2BIG, "larger than any", || {
        client.alloc_flags(vgem, lab.caps.max_buffer_size + 1, LAZY)
    });
}

fn freed_unused(lab: &Lab) {
    let client = lab.client();
    for _ in 0..1000 {
        let buffer = lazy(&client, HOST, 64 << 20, MAPPED | EXPORTED);
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
}

fn first_uses_at_once(lab: &Lab) {
    let client = lab.client();
    for round in 0..40 {
        let buffer = lazy(&client, HOST, 16 * PAGE, MAPPED | EXPORTED);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let client = &client;
                scope.spawn(move || match (thread + round) % 3 {
                    0 => {
                        let slot = thread * 8;
                        client.map(&buffer).write_at(slot, b"mapped");
                        assert_eq!(client.map(&buffer).read_at(slot, 6), b"mapped");
                    }
                    1 => drop(client.export(buffer.handle).expect("EXPORT_DMABUF")),
                    _ => client.run(Job::fill_with(drm_mvgal_fill {
                        dst: buffer.handle,
                        pattern_size: 1,
                        pattern: 0x33,
                        offset: PAGE,
                        width: PAGE,
                        height: 1,
                        ..Default::default()
                    })),
                });
            }
        });
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
}
