// SPDX-License-Identifier: MIT OR Apache-2.0

//! ALLOC_MEMORY where it works, and what the buffers are good for.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::client::Client;
use crate::client::PAGE;
use crate::drm::nr;
use crate::harness::suite;
use crate::lab::Attached;
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

suite! {
    on_the_host;
    on_vgem [VGEM];
    on_vkms [VKMS];
    on_virgl [Need::Virgl];
    on_virtio_2d [Need::Virtio2d];
    images [Need::Members(1)];
    image_formats [VIRTIO, VGEM];
    gpu_valid [Need::Members(1)];
    not_mappable_on_request;
    any_without_members;
    any_by_policy [VGEM];
    shared_means_importable [Need::Members(2)] in 90;
    mapping_outlives_the_handle;
    mapping_outlives_the_client;
    mapping_stays_within_the_buffer;
    mapping_of_another_client;
    many_handles;
    resource_of_virtio [VIRTIO];
}

const FORMATS: [u32; 4] = [
    u32::from_le_bytes(*b"XR24"),
    u32::from_le_bytes(*b"AR24"),
    u32::from_le_bytes(*b"XB24"),
    u32::from_le_bytes(*b"AB24"),
];

/// Allocates buffers of several sizes on a member, and looks at their bytes
/// through mvgal's mapping and the dma-buf's.
fn works_on(client: &Client, member: u32) {
    for size in [1, PAGE - 1, PAGE, PAGE + 1, 100_000, 1 << 20] {
        let buffer = client.alloc(member, size);
        assert_eq!(buffer.member, member);
        assert_eq!(buffer.size, size.next_multiple_of(PAGE), "size for {size}");
        assert_ne!(buffer.handle, 0);
        assert_ne!(buffer.offset, 0);
        assert_eq!(buffer.pitch, 0);
        let map = client.map(&buffer);
        let zeros = vec![0; buffer.size as usize];
        same(&map.read(), &zeros, "a new buffer");
        let data = noise(buffer.size as usize, size);
        map.write_at(0, &data);
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let end = nix::unistd::lseek(&fd, 0, nix::unistd::Whence::SeekEnd).expect("lseek");
        assert_eq!(end as u64, buffer.size, "size of the dma-buf");
        let prot = PROT_READ | PROT_WRITE;
        let other = Map::new(fd.as_fd(), 0, buffer.size as usize, prot).expect("mmap of a dma-buf");
        same(&other.read(), &data, "through the dma-buf");
        other.write_at(buffer.size as usize - 3, b"end");
        assert_eq!(map.read_at(buffer.size as usize - 3, 3), b"end");
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
}

fn on_the_host(lab: &Lab) {
    works_on(&lab.client(), HOST);
}

fn on_vgem(lab: &Lab) {
    let device = lab.member("vgem");
    works_on(&lab.with(device).0, device.id);
}

fn on_vkms(lab: &Lab) {
    let device = lab.member("vkms");
    works_on(&lab.with(device).0, device.id);
}

fn on_virgl(lab: &Lab) {
    let device = lab.virgl();
    works_on(&lab.with(device).0, device.id);
}

fn on_virtio_2d(lab: &Lab) {
    let device = lab.virtio_2d();
    works_on(&lab.with(device).0, device.id);
}

fn image(client: &Client, member: u32, width: u32, height: u32, format: u32) {
    let buffer = client
        .alloc_with(drm_mvgal_alloc_memory {
            member,
            flags: DRM_MVGAL_BUFFER_HOST_VALID,
            width,
            height,
            format,
            ..Default::default()
        })
        .unwrap_or_else(|error| panic!("{width}x{height} {format:#x} on {member}: {error}"));
    assert!(
        buffer.pitch >= width * 4,
        "pitch of {width}: {}",
        buffer.pitch
    );
    let bytes = u64::from(buffer.pitch) * u64::from(height);
    assert!(buffer.size >= bytes, "size of {width}x{height}: {buffer:?}");
    assert_eq!(buffer.size % PAGE, 0);
    let map = client.map(&buffer);
    same(&map.read(), &vec![0; buffer.size as usize], "a new image");
    client.free(buffer.handle).expect("FREE_MEMORY");
}

fn images(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        for (width, height) in [
            (1, 1),
            (64, 64),
            (33, 17),
            (256, 256),
            (16384, 1),
            (1, 16384),
        ] {
            image(&client, member, width, height, FORMATS[0]);
        }
    }
}

fn image_formats(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        for format in FORMATS {
            image(&client, member, 128, 16, format);
        }
    }
}

/// It is by a member's driver, whoever else could give it; where that has it, `vendors` looks.
fn gpu_valid(lab: &Lab) {
    const FLAGS: u32 = DRM_MVGAL_BUFFER_GPU_VALID | DRM_MVGAL_BUFFER_HOST_VALID;

    let client = lab.attached();
    for device in &lab.devices {
        client.set_preferred(device.id).expect("preferred");
        for wanted in [device.id, ANY] {
            let buffer = client.alloc_flags(wanted, PAGE, FLAGS | DRM_MVGAL_BUFFER_DMA_BUF);
            let buffer = buffer.expect("ALLOC_MEMORY");
            assert_eq!(buffer.member, device.id);
            let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
            let home = lab.client().import(fd.as_fd()).expect("IMPORT_DMABUF");
            assert_eq!(home.member, device.id, "whose memory it is");
        }
    }
    let alone = lab.client();
    assert_eq!(alone.alloc(ANY, PAGE).member, HOST, "anywhere");
    refused(&alone, Errno::ENOSPC, "on no member", || {
        alone.alloc_flags(ANY, PAGE, FLAGS)
    });
}

fn not_mappable_on_request(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc_flags(HOST, PAGE, 0).expect("ALLOC_MEMORY");
    assert_eq!(buffer.offset, 0);
}

fn any_without_members(lab: &Lab) {
    let client = lab.client();
    assert_eq!(client.alloc(ANY, PAGE).member, HOST);
}

fn any_by_policy(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem");
    client.set_preferred(vgem.id).expect("preferred");
    assert_eq!(client.alloc(ANY, PAGE).member, vgem.id, "preferred");
    client.set_preferred(0).expect("none preferred");
    let lowest = lab.devices.iter().min_by_key(|d| d.slot).expect("a member");
    assert_eq!(client.alloc(ANY, PAGE).member, lowest.id, "lowest slot");
    client.set_mask(1 << vgem.slot).expect("mask");
    assert_eq!(client.alloc(ANY, PAGE).member, vgem.id, "the only one");
}

/// Whether the file at `index` can import a dma-buf.
fn imports(client: &Attached, index: usize, fd: std::os::fd::BorrowedFd<'_>) -> bool {
    match client.nodes[index].prime_import(fd) {
        Ok(handle) => client.nodes[index].gem_close(handle).is_ok(),
        Err(_) => false,
    }
}

fn shared_means_importable(lab: &Lab) {
    let client = lab.attached();
    for home in lab.places() {
        for (index, other) in lab.devices.iter().enumerate() {
            let home_bit = lab
                .devices
                .iter()
                .find(|d| d.id == home)
                .map_or(0, |d| 1 << d.slot);
            client.set_mask(home_bit | 1 << other.slot).expect("mask");
            let flags = DRM_MVGAL_BUFFER_SHARED | DRM_MVGAL_BUFFER_DMA_BUF;
            let what = format!("buffer of {home} shared with {}", other.id);
            match client.alloc_flags(home, PAGE, flags) {
                Ok(buffer) => {
                    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
                    if other.id == home || imports(&client, index, fd.as_fd()) {
                        continue;
                    }
                    // The driver whose memory it is lets no other at it.
                    let copy = client.export_to(&buffer, other.id);
                    let limits = [DRM_MVGAL_REACH_LIMIT_ATTACH, DRM_MVGAL_REACH_LIMIT_MAP];
                    assert_eq!(copy.reach, DRM_MVGAL_REACH_COPY, "{what}");
                    assert!(limits.contains(&copy.limit), "{what}: {}", copy.limit);
                    let able = imports(&client, index, copy.fd.as_fd());
                    assert!(able, "{what}: nor can its copy");
                }
                // Whether it could is not known, so that it may.
                Err(Errno::EOPNOTSUPP)
                    if other.refusals[DRM_MVGAL_CAN_IMPORT as usize]
                        == DRM_MVGAL_REFUSAL_CANNOT_ASK => {}
                Err(error) => {
                    assert_eq!(error, Errno::EOPNOTSUPP, "{what}");
                    let fd = client
                        .export(client.alloc(home, PAGE).handle)
                        .expect("export");
                    let able = imports(&client, index, fd.as_fd());
                    assert!(!able, "{what}: refused, but can be imported");
                }
            }
        }
    }
}

fn mapping_outlives_the_handle(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, 4 * PAGE);
        let map = client.map(&buffer);
        map.write_at(0, b"before");
        client.free(buffer.handle).expect("FREE_MEMORY");
        assert_eq!(map.read_at(0, 6), b"before");
        map.write_at(3 * PAGE as usize, b"after");
    }
}

fn mapping_outlives_the_client(lab: &Lab) {
    let client = lab.attached();
    let buffers = lab.places().into_iter().map(|m| client.alloc(m, PAGE));
    let maps: Vec<_> = buffers.map(|buffer| client.map(&buffer)).collect();
    drop(client);
    for map in maps {
        map.write_at(0, b"still");
        assert_eq!(map.read_at(0, 5), b"still");
    }
}

fn mapping_stays_within_the_buffer(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, 2 * PAGE);
        let map = |offset, len| Map::new(client.as_fd(), offset, len, PROT_READ);
        assert!(map(buffer.offset, 3 * PAGE as usize).is_err(), "too long");
        let beyond = map(buffer.offset + 2 * PAGE, PAGE as usize);
        assert!(beyond.is_err(), "beyond the end");
        assert!(map(0, PAGE as usize).is_err(), "offset 0");
        assert!(map(1 << 62, PAGE as usize).is_err(), "offset of nothing");
    }
}

fn mapping_of_another_client(lab: &Lab) {
    let (owner, other) = (lab.client(), lab.client());
    let buffer = owner.alloc(HOST, PAGE);
    let map = Map::new(other.as_fd(), buffer.offset, PAGE as usize, PROT_READ);
    assert!(map.is_err(), "mapped a buffer that is another client's");
}

fn many_handles(lab: &Lab) {
    let client = lab.client();
    let mut handles: Vec<_> = (0..200).map(|_| client.alloc(HOST, PAGE).handle).collect();
    for handle in &handles {
        client.free(*handle).expect("FREE_MEMORY");
    }
    handles.sort_unstable();
    handles.dedup();
    assert_eq!(handles.len(), 200);
}

/// What mvgal allocates on virtio-gpu is a resource of the device: it is known
/// by that name on the attached file when its dma-buf is imported there.
fn resource_of_virtio(lab: &Lab) {
    crate::drm::uapi! {
        /// `struct drm_virtgpu_resource_info`
        Info { bo_handle: u32, res_handle: u32, size: u32, blob_mem: u32 }
    }
    let device = lab.member("virtio_gpu");
    let (client, node) = lab.with(device);
    let buffer = client.alloc(device.id, 5 * PAGE);
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    let mut info = Info {
        bo_handle: node.prime_import(fd.as_fd()).expect("import at home"),
        ..Default::default()
    };
    node.ioctl(nr::<Info>(0x45), &mut info)
        .expect("VIRTGPU_RESOURCE_INFO");
    assert_ne!(info.res_handle, 0);
    assert_eq!(u64::from(info.size), buffer.size);
}
