// SPDX-License-Identifier: MIT OR Apache-2.0

//! QUERY_DEVICES.

use crate::check::refused;
use crate::check::refused_any;
use crate::check::unknown_bits;
use crate::client::array_mut;
use crate::client::text;
use crate::drm::Node;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VIRTIO;
use crate::lab::VKMS;
use crate::raw::Bad;
use crate::sys::*;
use nix::errno::Errno;
use std::path::PathBuf;

suite! {
    ids_slots_states [Need::Members(1)];
    generation_is_stable;
    names_and_minors [Need::Members(1)];
    bus_and_pci [VIRTIO];
    bars [VIRTIO];
    features_virtio [VIRTIO];
    features_vgem [VGEM];
    features_vkms [VKMS];
    count_zero_tells_the_total;
    room_too_small [Need::Members(2)];
    room_unbounded;
    longer_stride [Need::Members(2)];
    stride_of_the_first_version;
    bad_stride;
    bad_flags;
    bad_pad;
    bad_array_pointer [Need::Members(1)];
}

fn ids_slots_states(lab: &Lab) {
    let mut slots = 0u64;
    let mut ids = Vec::new();
    for device in lab.client().devices().1 {
        assert!(device.id != HOST && device.id != ANY, "id {}", device.id);
        assert!(!ids.contains(&device.id), "id {} twice", device.id);
        ids.push(device.id);
        assert!(device.slot < 64, "slot {}", device.slot);
        assert_eq!(slots & 1 << device.slot, 0, "slot {} twice", device.slot);
        slots |= 1 << device.slot;
        assert_eq!(device.state, DRM_MVGAL_MEMBER_ONLINE);
    }
}

fn generation_is_stable(lab: &Lab) {
    let client = lab.client();
    let (first, _) = client.devices();
    assert_eq!(client.devices().0, first);
    assert_eq!(client.capabilities().generation, first);
    assert_eq!(lab.client().devices().0, first);
}

/// Directory of the member's bus device in sysfs.
fn sysfs(device: &drm_mvgal_device) -> PathBuf {
    let minor = match device.primary_minor {
        DRM_MVGAL_MINOR_NONE => format!("renderD{}", device.render_minor),
        minor => format!("card{minor}"),
    };
    std::fs::canonicalize(format!("/sys/class/drm/{minor}/device")).expect("sysfs")
}

fn names_and_minors(lab: &Lab) {
    for device in &lab.devices {
        let name = text(&device.driver);
        for (minor, kind) in [
            (device.primary_minor, "card"),
            (device.render_minor, "renderD"),
        ] {
            if minor != DRM_MVGAL_MINOR_NONE {
                let node = Node::open(&format!("/dev/dri/{kind}{minor}")).expect("open");
                assert_eq!(node.driver().as_deref(), Ok(&*name), "{kind}{minor}");
            }
        }
        let directory = sysfs(device);
        let address = directory.file_name().expect("a name").to_string_lossy();
        assert_eq!(text(&device.bus_address), address, "{name}");
        if let Ok(node) = std::fs::read_to_string(directory.join("numa_node")) {
            assert_eq!(device.numa_node.to_string(), node.trim(), "{name}");
        }
    }
    assert!(lab.devices.iter().any(|d| d.driver_major > 0));
}

fn bus_and_pci(lab: &Lab) {
    for device in &lab.devices {
        let name = text(&device.driver);
        let mut directory = sysfs(device);
        // A virtio device is on the virtio bus, which is on PCI.
        while !directory.join("subsystem_vendor").exists() && directory.pop() {}
        let ids = (
            device.pci_vendor,
            device.pci_device,
            device.pci_subvendor,
            device.pci_subdevice,
            device.pci_class,
            device.pci_revision,
        );
        if device.bus != DRM_MVGAL_BUS_PCI {
            assert_ne!(name, "virtio_gpu", "on PCI in the lab");
            assert_eq!(ids, (0, 0, 0, 0, 0, 0), "{name}");
            assert_eq!(device.bar_size, [0; 6], "{name}");
            continue;
        }
        let number = |file: &str| {
            let text = std::fs::read_to_string(directory.join(file)).expect(file);
            u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).expect(file)
        };
        let wanted = (
            number("vendor") as u16,
            number("device") as u16,
            number("subsystem_vendor") as u16,
            number("subsystem_device") as u16,
            number("class"),
            number("revision"),
        );
        assert_eq!(ids, wanted, "{name}");
    }
}

fn bars(lab: &Lab) {
    for device in lab.devices.iter().filter(|d| d.bus == DRM_MVGAL_BUS_PCI) {
        let mut directory = sysfs(device);
        while !directory.join("resource").exists() && directory.pop() {}
        let resources = std::fs::read_to_string(directory.join("resource")).expect("resource");
        for (index, line) in resources.lines().take(6).enumerate() {
            let field = |n: usize| {
                let text = line.split(' ').nth(n).expect("a field");
                u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("hexadecimal")
            };
            // IORESOURCE_MEM
            let size = match field(2) & 0x200 {
                0 => 0,
                _ => field(1) - field(0) + 1,
            };
            assert_eq!(device.bar_size[index], size, "BAR {index}");
        }
    }
}

fn has(device: &drm_mvgal_device, wanted: &[u32], unwanted: &[u32]) {
    let name = text(&device.driver);
    for bit in wanted {
        let found = device.features & u64::from(*bit);
        assert_ne!(found, 0, "{name} has feature {bit:#x}");
    }
    for bit in unwanted {
        let found = device.features & u64::from(*bit);
        assert_eq!(found, 0, "{name} has no feature {bit:#x}");
    }
}

fn features_virtio(lab: &Lab) {
    has(
        lab.member("virtio_gpu"),
        &[
            DRM_MVGAL_FEATURE_RENDER,
            DRM_MVGAL_FEATURE_MODESET,
            DRM_MVGAL_FEATURE_GEM,
            DRM_MVGAL_FEATURE_SYNCOBJ,
            DRM_MVGAL_FEATURE_TIMELINE,
            DRM_MVGAL_FEATURE_VENDOR_ALLOC,
            DRM_MVGAL_FEATURE_EXPORT,
        ],
        &[DRM_MVGAL_FEATURE_COMPUTE],
    );
}

fn features_vgem(lab: &Lab) {
    has(
        lab.member("vgem"),
        &[
            DRM_MVGAL_FEATURE_RENDER,
            DRM_MVGAL_FEATURE_GEM,
            DRM_MVGAL_FEATURE_DUMB,
            DRM_MVGAL_FEATURE_EXPORT,
            DRM_MVGAL_FEATURE_IMPORT,
        ],
        &[
            DRM_MVGAL_FEATURE_MODESET,
            DRM_MVGAL_FEATURE_COMPUTE,
            DRM_MVGAL_FEATURE_SYNCOBJ,
            DRM_MVGAL_FEATURE_TIMELINE,
            DRM_MVGAL_FEATURE_VENDOR_ALLOC,
            DRM_MVGAL_FEATURE_P2PMEM,
        ],
    );
}

fn features_vkms(lab: &Lab) {
    let device = lab.member("vkms");
    has(
        device,
        &[
            DRM_MVGAL_FEATURE_MODESET,
            DRM_MVGAL_FEATURE_GEM,
            DRM_MVGAL_FEATURE_DUMB,
            DRM_MVGAL_FEATURE_EXPORT,
        ],
        &[
            DRM_MVGAL_FEATURE_RENDER,
            DRM_MVGAL_FEATURE_COMPUTE,
            DRM_MVGAL_FEATURE_VENDOR_ALLOC,
        ],
    );
    assert_eq!(device.render_minor, DRM_MVGAL_MINOR_NONE);
}

fn count_zero_tells_the_total(lab: &Lab) {
    let client = lab.client();
    // With a count of 0 neither the stride nor the pointer counts.
    let mut arg = drm_mvgal_query_devices {
        devices: drm_mvgal_obj_array {
            stride: 3,
            count: 0,
            array: 0xdead_0000,
        },
        ..Default::default()
    };
    client
        .ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        .expect("QUERY_DEVICES");
    assert_eq!(arg.devices.count as usize, lab.devices.len());
}

fn room_too_small(lab: &Lab) {
    let client = lab.client();
    let mut bytes = vec![0u8; 3 * size_of::<drm_mvgal_device>()];
    let mut arg = drm_mvgal_query_devices {
        devices: array_mut(&mut bytes),
        ..Default::default()
    };
    arg.devices.stride = size_of::<drm_mvgal_device>() as u32;
    arg.devices.count = 1;
    client
        .ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        .expect("QUERY_DEVICES");
    assert_eq!(arg.devices.count as usize, lab.devices.len());
    let first: drm_mvgal_device = crate::raw::from_bytes(&bytes);
    assert_eq!(first.id, lab.devices[0].id);
    let rest = &bytes[size_of::<drm_mvgal_device>()..];
    assert!(rest.iter().all(|b| *b == 0), "wrote past the room given");
}

fn room_unbounded(lab: &Lab) {
    let mut devices = vec![drm_mvgal_device::default(); 64];
    let mut arg = drm_mvgal_query_devices {
        devices: array_mut(&mut devices),
        ..Default::default()
    };
    arg.devices.count = u32::MAX;
    lab.client()
        .ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        .expect("QUERY_DEVICES with a count of 2^32-1");
    assert_eq!(arg.devices.count as usize, lab.devices.len());
}

fn longer_stride(lab: &Lab) {
    for extra in [1, 8, 1024] {
        let stride = size_of::<drm_mvgal_device>() + extra;
        let mut bytes = vec![0u8; 64 * stride];
        let mut arg = drm_mvgal_query_devices {
            devices: array_mut(&mut bytes),
            ..Default::default()
        };
        arg.devices.stride = stride as u32;
        arg.devices.count = 64;
        lab.client()
            .ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
            .unwrap_or_else(|error| panic!("{extra} bytes more: {error}"));
        for (element, wanted) in bytes.chunks(stride).zip(&lab.devices) {
            let found: drm_mvgal_device = crate::raw::from_bytes(element);
            assert_eq!((found.id, found.slot), (wanted.id, wanted.slot));
            let tail = &element[size_of::<drm_mvgal_device>()..];
            assert!(tail.iter().all(|b| *b == 0), "tail of an element");
        }
    }
}

/// As a client of version 1.1 asks.
fn stride_of_the_first_version(lab: &Lab) {
    let stride = std::mem::offset_of!(drm_mvgal_device, vendor);
    let mut bytes = vec![0u8; 64 * stride];
    let mut arg = drm_mvgal_query_devices {
        devices: array_mut(&mut bytes),
        ..Default::default()
    };
    arg.devices.stride = stride as u32;
    arg.devices.count = 64;
    lab.client()
        .ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        .expect("QUERY_DEVICES");
    for (element, wanted) in bytes.chunks(stride).zip(&lab.devices) {
        assert_eq!(element[..4], wanted.id.to_ne_bytes());
    }
}

fn bad_stride(lab: &Lab) {
    let client = lab.client();
    let size = std::mem::offset_of!(drm_mvgal_device, vendor) as u32;
    for stride in [0, 1, 8, size - 8, size - 1] {
        refused(&client, Errno::EINVAL, &format!("stride {stride}"), || {
            let mut devices = vec![drm_mvgal_device::default(); 64];
            let mut arg = drm_mvgal_query_devices {
                devices: array_mut(&mut devices),
                ..Default::default()
            };
            arg.devices.stride = stride;
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        });
    }
}

fn bad_flags(lab: &Lab) {
    let client = lab.client();
    for flags in unknown_bits(0) {
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            let mut arg = drm_mvgal_query_devices {
                flags,
                ..Default::default()
            };
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        });
    }
}

fn bad_pad(lab: &Lab) {
    let client = lab.client();
    for pad in [1, 1 << 31, u32::MAX] {
        refused(&client, Errno::EINVAL, &format!("pad {pad:#x}"), || {
            let mut arg = drm_mvgal_query_devices {
                pad,
                ..Default::default()
            };
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
        });
    }
}

fn bad_array_pointer(lab: &Lab) {
    let client = lab.client();
    let bad = Bad::new();
    let mut addresses = bad.unreadable().to_vec();
    addresses.push(bad.read_only_with(&[]));
    for address in addresses {
        for count in [1, 64, u32::MAX] {
            let what = format!("{count} elements at {address:#x}");
            refused_any(&client, &[Errno::EFAULT], &what, || {
                let mut arg = drm_mvgal_query_devices {
                    devices: drm_mvgal_obj_array {
                        stride: size_of::<drm_mvgal_device>() as u32,
                        count,
                        array: address,
                    },
                    ..Default::default()
                };
                client.ioctl(DRM_IOCTL_MVGAL_QUERY_DEVICES, &mut arg)
            });
        }
    }
}
