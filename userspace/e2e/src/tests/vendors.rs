// SPDX-License-Identifier: MIT OR Apache-2.0

//! The members' drivers as mvgal drives them: which operations they get, what those
//! refuse, and what memory they allocate.

use crate::check::noise;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::drm::Node;
use crate::drm::nr;
use crate::drm::uapi;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::raw::Map;
use crate::raw::address;
use crate::submission::nouveau_channel;
use crate::sys::*;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use nix::errno::Errno;
use nix::libc::PROT_READ;
use nix::libc::PROT_WRITE;
use std::os::fd::AsFd;

suite! {
    operations [Need::Members(1)];
    refusals [Need::Members(1)];
    features_agree_with_refusals [Need::Members(1)];
    priorities [Need::Members(1)];
    contents [Need::Members(1)] in 60;
    memory_is_cleared_again [Need::Members(1)];
    rows_of_images [Need::Members(1)];
    no_handle_stays [Need::Members(1)];
    its_own_file_imports [Need::Members(1)];
    no_memory [Need::Driver("nvidia-drm")];
    where_memory_is_amdgpu [Need::Driver("amdgpu")];
    where_memory_is_i915 [Need::Driver("i915")];
    where_memory_is_xe [Need::Driver("xe")];
    where_memory_is_nouveau [Need::Driver("nouveau")];
    where_memory_is_mtgpu [Need::Driver("mtgpu")];
}

/// What docs/vendors.md says of a driver.
struct Vendor {
    driver: &'static str,
    number: u32,
    /// By capability; what depends on the device is left out.
    refusals: [u32; 8],
    /// The priorities of its contexts, if they have some.
    priorities: Option<[i32; 16]>,
    /// What rows of images begin at multiples of.
    pitch_align: u32,
}

const NONE: u32 = DRM_MVGAL_REFUSAL_NONE;
const DECIDES: u32 = DRM_MVGAL_REFUSAL_DRIVER_DECIDES;
const CANNOT_ASK: u32 = DRM_MVGAL_REFUSAL_CANNOT_ASK;
const USER_MODE: u32 = DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT;
const NOT_THERE: u32 = DRM_MVGAL_REFUSAL_NOT_THERE;

const AMDGPU_PRIORITIES: [i32; 16] = [
    -1023, -1023, -1023, -1023, -512, -512, -512, -512, 0, 0, 0, 0, 512, 512, 1023, 1023,
];
const I915_PRIORITIES: [i32; 16] = [
    -1023, -930, -837, -744, -651, -558, -465, -372, -279, -186, -93, 0, 255, 511, 767, 1023,
];
const XE_PRIORITIES: [i32; 16] = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];

const VENDORS: [Vendor; 7] = [
    Vendor {
        driver: "amdgpu",
        number: DRM_MVGAL_VENDOR_AMDGPU,
        refusals: [NONE; 8],
        priorities: Some(AMDGPU_PRIORITIES),
        pitch_align: 256,
    },
    Vendor {
        driver: "i915",
        number: DRM_MVGAL_VENDOR_I915,
        refusals: [NONE; 8],
        priorities: Some(I915_PRIORITIES),
        pitch_align: 64,
    },
    Vendor {
        driver: "xe",
        number: DRM_MVGAL_VENDOR_XE,
        refusals: [NONE, NONE, NONE, NONE, NONE, NONE, NOT_THERE, NONE],
        priorities: Some(XE_PRIORITIES),
        pitch_align: 64,
    },
    Vendor {
        driver: "nouveau",
        number: DRM_MVGAL_VENDOR_NOUVEAU,
        refusals: [NONE, NONE, NONE, NONE, NONE, NOT_THERE, NONE, NONE],
        priorities: None,
        pitch_align: 256,
    },
    Vendor {
        driver: "nvidia-drm",
        number: DRM_MVGAL_VENDOR_NVIDIA_DRM,
        refusals: [NONE, DECIDES, NONE, NONE, USER_MODE, USER_MODE, NONE, NONE],
        priorities: None,
        pitch_align: 256,
    },
    Vendor {
        driver: "mtgpu",
        number: DRM_MVGAL_VENDOR_MTGPU,
        refusals: [
            NONE,
            NONE,
            NONE,
            CANNOT_ASK,
            DRM_MVGAL_REFUSAL_OWN_FENCES,
            DRM_MVGAL_REFUSAL_NOT_PUBLISHED,
            NONE,
            NONE,
        ],
        priorities: None,
        pitch_align: 4,
    },
    Vendor {
        driver: "virtio_gpu",
        number: DRM_MVGAL_VENDOR_VIRTIO_GPU,
        refusals: [NONE, DECIDES, NONE, CANNOT_ASK, NONE, NOT_THERE, NONE, NONE],
        priorities: None,
        pitch_align: 4,
    },
];

/// Any other driver.
const GENERIC: Vendor = Vendor {
    driver: "",
    number: DRM_MVGAL_VENDOR_GENERIC,
    refusals: [
        NONE,
        DECIDES,
        NONE,
        NONE,
        DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER,
        DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER,
        NONE,
        NONE,
    ],
    priorities: None,
    pitch_align: 4,
};

fn vendor(device: &drm_mvgal_device) -> &'static Vendor {
    let name = text(&device.driver);
    let known = VENDORS.iter().find(|vendor| vendor.driver == name);
    known.unwrap_or(&GENERIC)
}

fn operations(lab: &Lab) {
    for device in &lab.devices {
        let name = text(&device.driver);
        assert_eq!(device.vendor, vendor(device).number, "{name}");
        assert_eq!(device.pad, 0, "{name}");
    }
}

fn refusals(lab: &Lab) {
    for device in &lab.devices {
        let name = text(&device.driver);
        assert_eq!(device.refusals, vendor(device).refusals, "{name}");
    }
}

fn features_agree_with_refusals(lab: &Lab) {
    for device in &lab.devices {
        let can = |capability: u32| device.refusals[capability as usize] == NONE;
        let has = |feature: u32| device.features & u64::from(feature) != 0;
        let name = text(&device.driver);
        let export = can(DRM_MVGAL_CAN_EXPORT);
        assert_eq!(export, has(DRM_MVGAL_FEATURE_EXPORT), "{name}");
        let import = can(DRM_MVGAL_CAN_IMPORT);
        assert_eq!(import, has(DRM_MVGAL_FEATURE_IMPORT), "{name}");
        let native = can(DRM_MVGAL_CAN_NATIVE);
        assert_eq!(native, has(DRM_MVGAL_FEATURE_NATIVE), "{name}");
    }
}

fn priorities(lab: &Lab) {
    for device in &lab.devices {
        let wanted = vendor(device).priorities.unwrap_or([0; 16]);
        assert_eq!(
            device.context_priorities,
            wanted,
            "{}",
            text(&device.driver)
        );
    }
}

/// The combinations of flags that tell where memory is to be.
const PLACES: [(u32, &str); 4] = [
    (0, "anywhere"),
    (DRM_MVGAL_BUFFER_HOST_VALID, "HOST_VALID"),
    (DRM_MVGAL_BUFFER_GPU_VALID, "GPU_VALID"),
    (
        DRM_MVGAL_BUFFER_GPU_VALID | DRM_MVGAL_BUFFER_HOST_VALID,
        "both",
    ),
];

/// Maps a buffer through its dma-buf, as whoever imports it would.
fn map_dma_buf(client: &Client, buffer: &Buffer) -> Map {
    let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
    let prot = PROT_READ | PROT_WRITE;
    Map::new(fd.as_fd(), 0, buffer.size as usize, prot).expect("mmap of a dma-buf")
}

fn contents(lab: &Lab) {
    let client = lab.attached();
    for device in &lab.devices {
        for (flags, place) in PLACES {
            // What is for others may be in another place than what is not.
            for size in [PAGE, 9 * PAGE] {
                let what = format!("{} {place} {size}", text(&device.driver));
                let flags = flags | DRM_MVGAL_BUFFER_DMA_BUF;
                let buffer = client
                    .alloc_flags(device.id, size, flags)
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(buffer.size >= size, "{what}");
                let map = map_dma_buf(&client, &buffer);
                same(&map.read(), &vec![0; buffer.size as usize], &what);
                let data = noise(buffer.size as usize, size);
                map.write_at(0, &data);
                copy_there_and_back(&client, device, &buffer, &data);
                client.free(buffer.handle).expect("FREE_MEMORY");
            }
        }
    }
}

/// Copies a member's buffer to the host, and something else back.
fn copy_there_and_back(client: &Client, device: &drm_mvgal_device, buffer: &Buffer, data: &[u8]) {
    let what = text(&device.driver);
    let host = client.alloc(HOST, buffer.size);
    let there = Job::copy(buffer, &host).on(device.id);
    if device.refusals[DRM_MVGAL_CAN_COPY as usize] != NONE {
        assert_eq!(client.submit(vec![there]), Err(Errno::EOPNOTSUPP));
        return;
    }
    client
        .submit(vec![there.clone()])
        .unwrap_or_else(|error| panic!("COPY from {what}: {error}"));
    client.run(there);
    let map = client.map(&host);
    same(&map.read(), data, &what);
    let other = noise(buffer.size as usize, 7);
    map.write_at(0, &other);
    client.run(Job::copy(&host, buffer).on(device.id));
    same(&map_dma_buf(client, buffer).read(), &other, &what);
}

fn memory_is_cleared_again(lab: &Lab) {
    let client = lab.attached();
    for device in &lab.devices {
        for (flags, place) in PLACES {
            for round in 0..4 {
                let what = format!("{} {place}, round {round}", text(&device.driver));
                let buffer = client
                    .alloc_flags(device.id, 16 * PAGE, flags | DRM_MVGAL_BUFFER_DMA_BUF)
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                let map = map_dma_buf(&client, &buffer);
                same(&map.read(), &vec![0; buffer.size as usize], &what);
                map.write_at(0, &vec![0xa5; buffer.size as usize]);
                client.free(buffer.handle).expect("FREE_MEMORY");
            }
        }
    }
}

fn rows_of_images(lab: &Lab) {
    let client = lab.attached();
    for device in &lab.devices {
        for (width, height) in [(1, 3), (100, 100), (1000, 7), (1024, 5)] {
            for (flags, place) in PLACES {
                let what = format!("{} {place} {width}x{height}", text(&device.driver));
                let buffer = client
                    .alloc_with(drm_mvgal_alloc_memory {
                        member: device.id,
                        flags,
                        width,
                        height,
                        format: u32::from_le_bytes(*b"XR24"),
                        ..Default::default()
                    })
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                let align = vendor(device).pitch_align;
                assert!(buffer.pitch >= 4 * width, "{what}: {buffer:?}");
                assert_eq!(buffer.pitch % align, 0, "{what}: {buffer:?}");
                let bytes = u64::from(buffer.pitch) * u64::from(height);
                assert!(buffer.size >= bytes, "{what}: {buffer:?}");
                client.free(buffer.handle).expect("FREE_MEMORY");
            }
        }
    }
}

fn no_handle_stays(lab: &Lab) {
    for device in &lab.devices {
        let (client, node) = lab.with(device);
        for (flags, _) in PLACES {
            let _buffer = client
                .alloc_flags(device.id, PAGE, flags)
                .expect("ALLOC_MEMORY");
        }
        for handle in 0..64 {
            let closed = node.gem_close(handle);
            assert_eq!(
                closed,
                Err(Errno::EINVAL),
                "{}: handle {handle}",
                text(&device.driver)
            );
        }
    }
}

fn its_own_file_imports(lab: &Lab) {
    let client = lab.attached();
    for (device, node) in lab.devices.iter().zip(&client.nodes) {
        let what = text(&device.driver);
        for (flags, _) in PLACES {
            let flags = flags | DRM_MVGAL_BUFFER_DMA_BUF;
            let buffer = client
                .alloc_flags(device.id, PAGE, flags)
                .expect("ALLOC_MEMORY");
            let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
            let handle = node
                .prime_import(fd.as_fd())
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            // It is the object and no import of it: its file exports the same dma-buf.
            let again = node.prime_export(handle).expect("PRIME_HANDLE_TO_FD");
            assert_eq!(
                crate::raw::inode(fd.as_fd()),
                crate::raw::inode(again.as_fd()),
                "{what}"
            );
            node.gem_close(handle).expect("GEM_CLOSE");
        }
    }
}

/// Bytes of the member's own memory that are in use, as its driver tells.
pub(super) fn own_memory_used(device: &drm_mvgal_device) -> u64 {
    let mvgal = mvgal::Device::open().expect("open mvgal");
    let members = mvgal.members().expect("members");
    let member = members.get(mvgal::MemberId::new(device.id));
    let node = member.expect("the member").open().expect("its node");
    let vram = node.details().vram.expect("VRAM");
    // i915 says the same of nothing in use as of a program that may not know.
    vram.used.unwrap_or(0)
}

/// The same, as a stand-in tells whose driver does not.
fn standin_memory_used(device: &drm_mvgal_device) -> u64 {
    read_fault(&text(&device.bus_address), "vram_used")
}

fn where_memory_is_amdgpu(lab: &Lab) {
    where_memory_is(lab, "amdgpu", own_memory_used, true);
}

fn where_memory_is_i915(lab: &Lab) {
    where_memory_is(lab, "i915", own_memory_used, false);
}

fn where_memory_is_xe(lab: &Lab) {
    where_memory_is(lab, "xe", own_memory_used, true);
}

fn where_memory_is_mtgpu(lab: &Lab) {
    where_memory_is(lab, "mtgpu", standin_memory_used, false);
}

/// Bytes of the buffers whose place is looked at.
const LARGE: u64 = 16 << 20;

/// `used` tells how much of the member's own memory is in use, `shared_is_own` whether memory that
/// others may import can be the member's own.
fn where_memory_is(
    lab: &Lab,
    driver: &str,
    used: fn(&drm_mvgal_device) -> u64,
    shared_is_own: bool,
) {
    let device = lab.member(driver);
    let (client, _node) = lab.with(device);
    for (flags, place) in PLACES {
        for shared in [0, DRM_MVGAL_BUFFER_DMA_BUF, DRM_MVGAL_BUFFER_SHARED] {
            let own = flags & DRM_MVGAL_BUFFER_GPU_VALID != 0 && (shared == 0 || shared_is_own);
            let before = used(device);
            let buffer = client
                .alloc_flags(device.id, LARGE, flags | shared)
                .expect("ALLOC_MEMORY");
            if flags & DRM_MVGAL_BUFFER_HOST_VALID != 0 {
                client.map(&buffer).write_at(0, &vec![1; LARGE as usize]);
            }
            let taken = used(device).saturating_sub(before);
            client.free(buffer.handle).expect("FREE_MEMORY");
            let what = format!("{place}, flags {:#x}: {taken} bytes", flags | shared);
            if own {
                assert!(taken >= LARGE, "{what}");
            } else {
                assert!(taken < LARGE / 2, "{what}");
            }
        }
    }
}

uapi! {
    /// `struct drm_nouveau_gem_pushbuf_bo`
    NouveauPushbufBo {
        user_priv: u64, handle: u32, read_domains: u32, write_domains: u32, valid_domains: u32,
        presumed_valid: u32, presumed_domain: u32, presumed_offset: u64,
    }
    /// `struct drm_nouveau_gem_pushbuf_push`
    NouveauPushbufPush { bo_index: u32, pad: u32, offset: u64, length: u64 }
    /// `struct drm_nouveau_gem_pushbuf`
    NouveauPushbuf {
        channel: u32, nr_buffers: u32, buffers: u64, nr_relocs: u32, nr_push: u32, relocs: u64,
        push: u64, suffix0: u32, suffix1: u32, vram_available: u64, gart_available: u64,
    }
}

/// Runs no commands, but wants a buffer in VRAM for them.
fn nouveau_wants_in_vram(node: &Node, channel: u32, handle: u32) -> Result<(), Errno> {
    const DOMAIN_VRAM: u32 = 1 << 1;
    /// In `vram_available`: it ends with the commands.
    const SYNC: u64 = 1;

    let buffer = NouveauPushbufBo {
        handle,
        read_domains: DOMAIN_VRAM,
        valid_domains: DOMAIN_VRAM,
        ..Default::default()
    };
    let push = NouveauPushbufPush::default();
    let mut arg = NouveauPushbuf {
        channel,
        nr_buffers: 1,
        buffers: address(&buffer),
        nr_push: 1,
        push: address(&push),
        vram_available: SYNC,
        ..Default::default()
    };
    node.ioctl(nr::<NouveauPushbuf>(0x81), &mut arg)
}

/// mvgal clears what it gets of nouveau by the CPU, for which the driver moves it out of VRAM.
/// A submission brings it back, if it was allocated for VRAM.
fn where_memory_is_nouveau(lab: &Lab) {
    let device = lab.member("nouveau");
    let (client, node) = lab.with(device);
    let channel = nouveau_channel(&node).expect("NOUVEAU_CHANNEL_ALLOC");
    for (flags, place) in PLACES {
        let flags = flags | DRM_MVGAL_BUFFER_DMA_BUF;
        let before = standin_memory_used(device);
        let buffer = client.alloc_flags(device.id, LARGE, flags);
        let buffer = buffer.expect("ALLOC_MEMORY");
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let handle = node.prime_import(fd.as_fd()).expect("PRIME_FD_TO_HANDLE");
        let wanted = nouveau_wants_in_vram(&node, channel, handle);
        let taken = standin_memory_used(device) - before;
        if flags & DRM_MVGAL_BUFFER_GPU_VALID != 0 {
            assert_eq!((wanted, taken), (Ok(()), LARGE), "{place}");
        } else {
            assert_eq!((wanted, taken), (Err(Errno::EINVAL), 0), "{place}");
        }
        node.gem_close(handle).expect("GEM_CLOSE");
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
}

/// A stand-in that has no memory left, whatever its driver calls that.
fn no_memory(lab: &Lab) {
    for device in &lab.devices {
        let address = text(&device.bus_address);
        if !address.starts_with("fake-") {
            continue;
        }
        let (client, _node) = lab.with(device);
        set_fault(&address, "enomem", "1");
        let error = client.alloc_flags(device.id, PAGE, 0).err();
        set_fault(&address, "enomem", "0");
        assert_eq!(error, Some(Errno::ENOMEM), "{address}");
    }
}
