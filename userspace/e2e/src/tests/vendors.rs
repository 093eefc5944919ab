// SPDX-License-Identifier: MIT OR Apache-2.0

//! The members' drivers as mvgal drives them: which operations they get, what those
//! refuse, and what memory they allocate.

use crate::check::noise;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::raw::Map;
use crate::sys::*;
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
    where_memory_is_amdgpu [Need::Driver("amdgpu")];
    where_memory_is_i915 [Need::Driver("i915")];
    where_memory_is_xe [Need::Driver("xe")];
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
        refusals: [NONE; 8],
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
    if what == "xe" {
        // Its buffers cannot be mapped into the kernel.
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
fn own_memory_used(device: &drm_mvgal_device) -> u64 {
    let mvgal = mvgal::Device::open().expect("open mvgal");
    let members = mvgal.members().expect("members");
    let member = members.get(mvgal::MemberId::new(device.id));
    let node = member.expect("the member").open().expect("its node");
    let vram = node.details().vram.expect("VRAM");
    // i915 says the same of nothing in use as of a program that may not know.
    vram.used.unwrap_or(0)
}

fn where_memory_is_amdgpu(lab: &Lab) {
    where_memory_is(lab, "amdgpu", true, &PLACES);
}

fn where_memory_is_i915(lab: &Lab) {
    // It takes memory when a buffer is used, and this uses what can be mapped.
    let [_, host, _, both] = PLACES;
    where_memory_is(lab, "i915", false, &[host, both]);
}

fn where_memory_is_xe(lab: &Lab) {
    where_memory_is(lab, "xe", true, &PLACES);
}

/// `shared_is_own` says whether memory that others may import can be the member's own.
fn where_memory_is(lab: &Lab, driver: &str, shared_is_own: bool, places: &[(u32, &str)]) {
    const SIZE: u64 = 16 << 20;

    let device = lab.member(driver);
    let (client, _node) = lab.with(device);
    for &(flags, place) in places {
        for shared in [0, DRM_MVGAL_BUFFER_DMA_BUF] {
            let own = flags & DRM_MVGAL_BUFFER_GPU_VALID != 0 && (shared == 0 || shared_is_own);
            let before = own_memory_used(device);
            let buffer = client
                .alloc_flags(device.id, SIZE, flags | shared)
                .expect("ALLOC_MEMORY");
            if flags & DRM_MVGAL_BUFFER_HOST_VALID != 0 {
                client.map(&buffer).write_at(0, &vec![1; SIZE as usize]);
            }
            let used = own_memory_used(device).saturating_sub(before);
            client.free(buffer.handle).expect("FREE_MEMORY");
            let what = format!("{place}, flags {:#x}: {used} bytes", flags | shared);
            if own {
                assert!(used >= SIZE, "{what}");
            } else {
                assert!(used < SIZE / 2, "{what}");
            }
        }
    }
}
