// SPDX-License-Identifier: MIT OR Apache-2.0

//! QUERY_CAPABILITIES.

use crate::check::refused;
use crate::check::unknown_bits;
use crate::client::array_mut;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::raw::Bad;
use crate::sys::*;
use nix::errno::Errno;

suite! {
    version_and_limits;
    aggregates;
    pairs [Need::Members(2)];
    pairs_with_little_room [Need::Members(2)];
    pairs_of_the_first_version [Need::Members(2)];
    pairs_longer_stride [Need::Members(2)];
    bad_flags;
    bad_stride [Need::Members(2)];
    bad_array_pointer [Need::Members(2)];
}

fn version_and_limits(lab: &Lab) {
    let caps = lab.client().capabilities();
    assert_eq!(
        caps.uapi_version,
        DRM_MVGAL_UAPI_MAJOR << 16 | DRM_MVGAL_UAPI_MINOR
    );
    assert!(caps.max_buffer_size >= 1 << 20, "{caps:?}");
    assert!((1..=64).contains(&caps.max_members), "{caps:?}");
    assert!(caps.max_jobs_per_submit >= 1000, "{caps:?}");
    assert!(
        caps.max_jobs_per_client >= caps.max_jobs_per_submit,
        "{caps:?}"
    );
    assert!(caps.max_syncs_per_job >= 16, "{caps:?}");
    assert!(caps.max_waits >= 16, "{caps:?}");
    assert_eq!(caps.priority_levels, 16);
    assert_eq!(caps.priority_max_unprivileged, 11);
    assert!(caps.max_passes > 0, "{caps:?}");
}

fn aggregates(lab: &Lab) {
    let client = lab.client();
    let caps = client.capabilities();
    let devices = client.devices().1;
    assert_eq!(caps.member_count as usize, devices.len());
    let any = devices.iter().fold(0, |bits, d| bits | d.features);
    let all = devices.iter().fold(u64::MAX, |bits, d| bits & d.features);
    assert_eq!(caps.features_any, any);
    assert_eq!(caps.features_all, if devices.is_empty() { 0 } else { all });
    let every = |bit: u32| all & u64::from(bit) != 0;
    let tier = match devices.len() {
        0 => DRM_MVGAL_TIER_NONE,
        _ if every(DRM_MVGAL_FEATURE_RENDER) => DRM_MVGAL_TIER_FULL,
        _ if every(DRM_MVGAL_FEATURE_COMPUTE) => DRM_MVGAL_TIER_COMPUTE_ONLY,
        _ => DRM_MVGAL_TIER_MIXED,
    };
    assert_eq!(caps.tier, tier);
}

fn pairs(lab: &Lab) {
    let count = lab.devices.len();
    let mut found = vec![drm_mvgal_p2p::default(); count * count];
    let mut arg = drm_mvgal_query_capabilities {
        p2p: array_mut(&mut found),
        ..Default::default()
    };
    lab.client()
        .ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        .expect("QUERY_CAPABILITIES");
    assert_eq!(arg.p2p.count as usize, count * (count - 1));
    found.truncate(arg.p2p.count as usize);
    for exporter in &lab.devices {
        for importer in lab.devices.iter().filter(|d| d.id != exporter.id) {
            let of_pair =
                |p: &&drm_mvgal_p2p| (p.exporter, p.importer) == (exporter.id, importer.id);
            let mut matching = found.iter().filter(of_pair);
            let pair = matching.next().expect("each ordered pair is there");
            assert!(matching.next().is_none(), "a pair is there twice");
            assert!(pair.distance >= -1, "{pair:?}");
            let both_pci = exporter.bus == DRM_MVGAL_BUS_PCI && importer.bus == DRM_MVGAL_BUS_PCI;
            if !both_pci {
                assert_eq!(pair.distance, -1, "{pair:?}");
            }
            if pair.distance == -1 {
                assert_eq!(pair.path, DRM_MVGAL_PATH_HOST, "{pair:?}");
            }
            let has = |device: &drm_mvgal_device, bit: u32| device.features & u64::from(bit) != 0;
            // Where the CPU gets at what is to be copied.
            let copy = match exporter.refusals[DRM_MVGAL_CAN_COPY as usize] {
                DRM_MVGAL_REFUSAL_NONE => DRM_MVGAL_REACH_COPY,
                _ => DRM_MVGAL_REACH_NONE,
            };
            let wanted = if !has(exporter, DRM_MVGAL_FEATURE_EXPORT) {
                (copy, DRM_MVGAL_REACH_LIMIT_EXPORT)
            } else if !has(importer, DRM_MVGAL_FEATURE_IMPORT) {
                (copy, DRM_MVGAL_REACH_LIMIT_IMPORT)
            } else if exporter.vendor == DRM_MVGAL_VENDOR_NVIDIA_DRM {
                (copy, DRM_MVGAL_REACH_LIMIT_MAP)
            } else if exporter.bus != DRM_MVGAL_BUS_PCI {
                (DRM_MVGAL_REACH_IMPORT, DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS)
            } else if importer.bus != DRM_MVGAL_BUS_PCI {
                (DRM_MVGAL_REACH_IMPORT, DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS)
            } else if pair.distance == -1 {
                (DRM_MVGAL_REACH_IMPORT, DRM_MVGAL_REACH_LIMIT_PCI)
            } else {
                (DRM_MVGAL_REACH_P2P, DRM_MVGAL_REACH_LIMIT_NONE)
            };
            assert_eq!((pair.reach, pair.limit), wanted, "{pair:?}");
        }
    }
}

fn pairs_with_little_room(lab: &Lab) {
    let count = lab.devices.len();
    let mut found = vec![drm_mvgal_p2p::default(); 2];
    let mut arg = drm_mvgal_query_capabilities {
        p2p: array_mut(&mut found),
        ..Default::default()
    };
    arg.p2p.count = 1;
    lab.client()
        .ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        .expect("QUERY_CAPABILITIES");
    assert_eq!(arg.p2p.count as usize, count * (count - 1));
    assert_ne!(found[0].exporter, 0);
    assert_eq!(found[1], drm_mvgal_p2p::default(), "wrote past the room");
}

/// Has the pairs written to elements of `stride` bytes.
fn pairs_into(lab: &Lab, bytes: &mut [u8], stride: usize) {
    let mut arg = drm_mvgal_query_capabilities {
        p2p: array_mut(bytes),
        ..Default::default()
    };
    arg.p2p.stride = stride as u32;
    arg.p2p.count = (lab.devices.len() * (lab.devices.len() - 1)) as u32;
    lab.client()
        .ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        .expect("QUERY_CAPABILITIES");
}

/// As a client of version 1.1 asks.
fn pairs_of_the_first_version(lab: &Lab) {
    let stride = std::mem::offset_of!(drm_mvgal_p2p, reach);
    let count = lab.devices.len() * (lab.devices.len() - 1);
    let mut bytes = vec![0xa5u8; stride * (count + 1)];
    pairs_into(lab, &mut bytes, stride);
    let (found, behind) = bytes.split_at(stride * count);
    for element in found.chunks(stride) {
        assert_ne!(element[..4], [0xa5; 4], "not written");
    }
    assert!(behind.iter().all(|b| *b == 0xa5), "wrote past the room");
}

fn pairs_longer_stride(lab: &Lab) {
    let stride = size_of::<drm_mvgal_p2p>() + 24;
    let count = lab.devices.len() * (lab.devices.len() - 1);
    let mut bytes = vec![0u8; stride * count];
    pairs_into(lab, &mut bytes, stride);
    for element in bytes.chunks(stride) {
        let pair: drm_mvgal_p2p = crate::raw::from_bytes(element);
        assert!(pair.exporter != 0 && pair.importer != 0, "{pair:?}");
        assert!(
            element[size_of::<drm_mvgal_p2p>()..]
                .iter()
                .all(|b| *b == 0)
        );
    }
}

fn bad_flags(lab: &Lab) {
    let client = lab.client();
    for flags in unknown_bits(0) {
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            let mut arg = drm_mvgal_query_capabilities {
                flags,
                ..Default::default()
            };
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        });
    }
}

fn bad_stride(lab: &Lab) {
    let client = lab.client();
    let first = std::mem::offset_of!(drm_mvgal_p2p, reach) as u32;
    for stride in [0, 1, 8, first - 1] {
        refused(&client, Errno::EINVAL, &format!("stride {stride}"), || {
            let mut found = vec![drm_mvgal_p2p::default(); 64];
            let mut arg = drm_mvgal_query_capabilities {
                p2p: array_mut(&mut found),
                ..Default::default()
            };
            arg.p2p.stride = stride;
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        });
    }
}

fn bad_array_pointer(lab: &Lab) {
    let client = lab.client();
    let bad = Bad::new();
    let mut addresses = bad.unreadable().to_vec();
    addresses.push(bad.read_only_with(&[]));
    for address in addresses {
        let what = format!("pairs at {address:#x}");
        refused(&client, Errno::EFAULT, &what, || {
            let mut arg = drm_mvgal_query_capabilities {
                p2p: drm_mvgal_obj_array {
                    stride: size_of::<drm_mvgal_p2p>() as u32,
                    count: 64,
                    array: address,
                },
                ..Default::default()
            };
            client.ioctl(DRM_IOCTL_MVGAL_QUERY_CAPABILITIES, &mut arg)
        });
    }
}
