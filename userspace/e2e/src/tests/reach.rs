// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers that outlive their member, and those that peers reach: PERSISTENT and P2P.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VIRTIO;
use crate::lab::VKMS;
use crate::raw::Map;
use crate::sys::*;
use nix::errno::Errno;
use nix::libc::PROT_READ;
use nix::libc::PROT_WRITE;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;

suite! {
    persistent_memory_is_the_hosts [VKMS];
    persistent_on_the_host;
    persistent_needs_an_import [VIRTIO];
    persistent_is_imported [VGEM, VKMS];
    persistent_images [VKMS];
    persistent_lazily [VKMS];
    not_both_persistent_and_on_a_member [VGEM];
    p2p_as_the_distances_say [Need::Members(2)] in 90;
    p2p_alone [VGEM];
    p2p_is_a_members [VGEM];
}

const PERSISTENT: u32 = DRM_MVGAL_BUFFER_PERSISTENT;
const ALL: u32 = PERSISTENT | DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;

/// Name of the exporter of a dma-buf.
fn exporter(fd: BorrowedFd<'_>) -> String {
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    let text = std::fs::read_to_string(path).expect("fdinfo");
    let name = text.lines().find_map(|line| line.strip_prefix("exp_name:"));
    name.expect("exp_name").trim().to_owned()
}

fn persistent_memory_is_the_hosts(lab: &Lab) {
    let client = lab.attached();
    let vkms = lab.member("vkms").id;
    let data = noise(3 * PAGE as usize, 3);
    let buffer = client
        .alloc_flags(vkms, 3 * PAGE, ALL)
        .expect("ALLOC_MEMORY");
    assert_eq!(buffer.member, vkms);
    assert_eq!(buffer.size, 3 * PAGE);
    client.map(&buffer).write_at(0, &data);
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(exporter(fd.as_fd()), "mvgal");
    let home = lab.client().import(fd.as_fd()).expect("IMPORT_DMABUF");
    assert_eq!(home.member, HOST);
    // Without the flag it is the driver's.
    let fd = client.export(client.alloc(vkms, PAGE).handle);
    assert_ne!(exporter(fd.expect("export").as_fd()), "mvgal");
    let copy = client.alloc(vkms, 3 * PAGE);
    client.run(Job::copy(&buffer, &copy).on(vkms));
    same(&client.map(&copy).read(), &data, "copied by the member");
}

fn persistent_on_the_host(lab: &Lab) {
    let client = lab.client();
    for member in [HOST, ANY] {
        let buffer = client.alloc_flags(member, PAGE, ALL).expect("ALLOC_MEMORY");
        assert_eq!(buffer.member, HOST);
        client.map(&buffer).write_at(0, b"there");
    }
}

fn persistent_needs_an_import(lab: &Lab) {
    let client = lab.attached();
    let virtio = lab.member("virtio_gpu");
    assert_eq!(virtio.features & u64::from(DRM_MVGAL_FEATURE_IMPORT), 0);
    refused(&client, Errno::EOPNOTSUPP, "virtio-gpu", || {
        client.alloc_flags(virtio.id, PAGE, PERSISTENT)
    });
    refused(&client, Errno::EOPNOTSUPP, "lazily", || {
        client.alloc_flags(virtio.id, PAGE, PERSISTENT | DRM_MVGAL_BUFFER_LAZY_ALLOCATE)
    });
}

fn persistent_is_imported(lab: &Lab) {
    let client = lab.attached();
    for name in ["vgem", "vkms"] {
        let device = lab.member(name);
        let index = lab.devices.iter().position(|d| d.id == device.id);
        let node = &client.nodes[index.expect("a member")];
        let buffer = client
            .alloc_flags(device.id, PAGE, ALL)
            .expect("ALLOC_MEMORY");
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let handle = node.prime_import(fd.as_fd()).expect("PRIME_FD_TO_HANDLE");
        node.gem_close(handle).expect("GEM_CLOSE");
    }
}

fn persistent_images(lab: &Lab) {
    let client = lab.attached();
    let vkms = lab.member("vkms").id;
    let arg = drm_mvgal_alloc_memory {
        member: vkms,
        flags: ALL,
        width: 100,
        height: 50,
        format: u32::from_le_bytes(*b"AR24"),
        ..Default::default()
    };
    let buffer = client.alloc_with(arg).expect("ALLOC_MEMORY");
    assert_eq!(buffer.pitch, 400);
    assert_eq!(buffer.size, 20_000_u64.next_multiple_of(PAGE));
}

fn persistent_lazily(lab: &Lab) {
    let client = lab.attached();
    let vkms = lab.member("vkms").id;
    let flags = ALL | DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
    let buffer = client.alloc_flags(vkms, PAGE, flags).expect("ALLOC_MEMORY");
    assert_eq!(buffer.member, vkms);
    client.run(Job::fill(&buffer, 8).on(vkms));
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(exporter(fd.as_fd()), "mvgal");
    let prot = PROT_READ | PROT_WRITE;
    let map = Map::new(fd.as_fd(), 0, PAGE as usize, prot).expect("mmap");
    same(&map.read(), &[8; PAGE as usize], "filled");
}

fn not_both_persistent_and_on_a_member(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places().into_iter().chain([ANY]) {
        for flag in [DRM_MVGAL_BUFFER_GPU_VALID, DRM_MVGAL_BUFFER_P2P] {
            refused(&client, Errno::EINVAL, "both", || {
                client.alloc_flags(member, PAGE, PERSISTENT | flag)
            });
        }
    }
}

fn p2p_as_the_distances_say(lab: &Lab) {
    let client = lab.attached();
    for pair in client.pairs() {
        let bit = |id| {
            let device = lab.devices.iter().find(|d| d.id == id);
            1 << device.expect("a member").slot
        };
        client
            .set_mask(bit(pair.exporter) | bit(pair.importer))
            .expect("mask");
        let lazily = DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
        for flags in [DRM_MVGAL_BUFFER_P2P, DRM_MVGAL_BUFFER_P2P | lazily] {
            let what = format!("flags {flags:#x} for {pair:?}");
            if pair.distance < 0 {
                refused(&client, Errno::EOPNOTSUPP, &what, || {
                    client.alloc_flags(pair.exporter, PAGE, flags)
                });
            } else {
                let buffer = client.alloc_flags(pair.exporter, PAGE, flags);
                let buffer = buffer.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(buffer.member, pair.exporter);
            }
        }
    }
}

fn p2p_alone(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem");
    // Who is no peer need not reach it.
    client.set_mask(1 << vgem.slot).expect("mask");
    let buffer = client
        .alloc_flags(ANY, PAGE, DRM_MVGAL_BUFFER_P2P)
        .expect("ALLOC_MEMORY");
    assert_eq!(buffer.member, vgem.id);
}

fn p2p_is_a_members(lab: &Lab) {
    let client = lab.attached();
    refused(&client, Errno::EINVAL, "on the host", || {
        client.alloc_flags(HOST, PAGE, DRM_MVGAL_BUFFER_P2P)
    });
    let alone = lab.client();
    refused(&alone, Errno::ENOSPC, "without members", || {
        alone.alloc_flags(ANY, PAGE, DRM_MVGAL_BUFFER_P2P)
    });
}
