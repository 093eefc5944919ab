// SPDX-License-Identifier: GPL-2.0

//! Tests of what needs no device of a vendor: recognition, priorities, and what NATIVE jobs may
//! submit.

use super::{
    Capability,
    VendorOps, //
};
use kernel::prelude::*;
use kernel_ext::{
    drm_device::Version,
    drm_file::IoctlArg,
    vendor_uapi::*, //
};
use mvgal_vendors::{
    recognize,
    Addresses,
    FencePlace,
    Refusal,
    Vendor,
    MAX_LEVEL,
    MAX_UNPRIVILEGED_LEVEL, //
};

fn version(major: i32, minor: i32) -> Version {
    Version {
        major,
        minor,
        patchlevel: 0,
    }
}

/// The drivers with operations of their own, in a version that is known.
const KNOWN: [(&[u8], i32, i32, Vendor); 7] = [
    (b"amdgpu", 3, 64, Vendor::Amdgpu),
    (b"i915", 1, 6, Vendor::I915),
    (b"mtgpu", 1, 0, Vendor::Mtgpu),
    (b"nouveau", 1, 4, Vendor::Nouveau),
    (b"nvidia-drm", 0, 0, Vendor::NvidiaDrm),
    (b"virtio_gpu", 0, 1, Vendor::VirtioGpu),
    (b"xe", 1, 1, Vendor::Xe),
];

fn known(vendor: Vendor) -> &'static dyn VendorOps {
    let found = KNOWN.iter().find(|known| known.3 == vendor);
    assert!(found.is_some());
    let (name, major, minor, _) = *found.unwrap_or(&KNOWN[0]);
    recognize(name, version(major, minor))
}

/// What the drivers compare a context's priority with: above it, it takes `CAP_SYS_NICE`.
fn highest_unprivileged(vendor: Vendor) -> Option<i32> {
    match vendor {
        // AMDGPU_CTX_PRIORITY_NORMAL, I915_CONTEXT_DEFAULT_PRIORITY
        Vendor::Amdgpu | Vendor::I915 => Some(0),
        // XE_EXEC_QUEUE_PRIORITY_NORMAL
        Vendor::Xe => Some(1),
        _ => None,
    }
}

/// An argument that begins with `words`.
fn arg(words: &[u64]) -> IoctlArg {
    let mut arg = IoctlArg::default();

    for (index, word) in words.iter().enumerate() {
        let end = (index + 1) * size_of::<u64>();
        if let Some(bytes) = arg.bytes_mut(end) {
            bytes[end - size_of::<u64>()..].copy_from_slice(&word.to_ne_bytes());
        }
    }
    arg
}

#[kunit_tests(mvgal_vendors)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_recognized() {
        for (name, major, minor, vendor) in KNOWN {
            assert_eq!(recognize(name, version(major, minor)).vendor(), vendor);
        }
    }

    #[test]
    fn unknown_versions_get_the_generic_operations_and_say_so() {
        let unknown: [(&[u8], i32, i32); 10] = [
            (b"amdgpu", 2, 50),
            (b"amdgpu", 4, 0),
            (b"i915", 1, 5),
            (b"i915", 2, 0),
            (b"mtgpu", 2, 0),
            (b"nouveau", 1, 2),
            (b"nouveau", 2, 0),
            (b"nvidia-drm", 1, 0),
            (b"virtio_gpu", 1, 0),
            (b"xe", 2, 0),
        ];
        for (name, major, minor) in unknown {
            let ops = recognize(name, version(major, minor));
            assert_eq!(ops.vendor(), Vendor::Generic);
            assert!(ops.native_commands().err() == Some(Refusal::UnknownVersion));
            assert_eq!(ops.context_priority(0), Err(Refusal::UnknownVersion));
        }
    }

    #[test]
    fn unknown_drivers_get_the_generic_operations_and_say_so() {
        let unknown: [&[u8]; 5] = [b"radeon", b"vgem", b"", b"xe\0", b"amdgpu2"];
        for name in unknown {
            let ops = recognize(name, version(1, 0));
            assert_eq!(ops.vendor(), Vendor::Generic);
            assert!(ops.native_commands().err() == Some(Refusal::UnknownDriver));
        }
    }

    #[test]
    fn priorities_do_not_fall_and_mean_what_they_mean_to_the_driver() {
        let mut with = 0;
        for (_, _, _, vendor) in KNOWN {
            let ops = known(vendor);
            let Some(normal) = highest_unprivileged(vendor) else {
                assert!(ops.context_priority(0).is_err());
                continue;
            };
            with += 1;
            let mut last = i32::MIN;
            for level in 0..=MAX_LEVEL {
                let priority = ops.context_priority(level).unwrap_or(i32::MIN);
                assert!(priority >= last);
                assert!((priority > normal) == (level > MAX_UNPRIVILEGED_LEVEL));
                last = priority;
            }
            assert_eq!(ops.context_priority(MAX_UNPRIVILEGED_LEVEL), Ok(normal));
            assert_eq!(ops.context_priority(u32::MAX), Ok(last));
            // The levels would be for nothing if all of one kind were one priority.
            assert!(ops.context_priority(0).is_ok_and(|lowest| lowest < normal));
        }
        assert_eq!(with, 3);
    }

    #[test]
    fn the_ends_of_the_range_are_used() {
        let ends = |vendor| {
            let ops = known(vendor);
            (ops.context_priority(0), ops.context_priority(MAX_LEVEL))
        };
        assert_eq!(ends(Vendor::Amdgpu), (Ok(-1023), Ok(1023)));
        assert_eq!(ends(Vendor::I915), (Ok(-1023), Ok(1023)));
        assert_eq!(ends(Vendor::Xe), (Ok(0), Ok(2)));
    }

    #[test]
    fn privileges_are_those_of_jobs() {
        assert_eq!(
            MAX_UNPRIVILEGED_LEVEL,
            crate::affinity::PRIORITY_MAX_UNPRIVILEGED
        );
        assert_eq!(MAX_LEVEL as usize + 1, crate::run_queue::LEVELS);
    }

    #[test]
    fn only_submissions_are_allowed() {
        // GEM_CREATE, GEM_VA, GEM_USERPTR and the like, and numbers far outside.
        for (_, _, _, vendor) in KNOWN {
            let ops = known(vendor);
            let allowed = (0..u32::from(u8::MAX))
                .filter(|nr| ops.native_command(*nr).is_ok())
                .count();
            assert_eq!(allowed, ops.native_commands().map_or(0, |all| all.len()));
            assert!(ops.native_command(u32::MAX).is_err());
        }
        assert!(known(Vendor::Amdgpu).native_command(DRM_AMDGPU_CS).is_ok());
        assert!(known(Vendor::Xe).native_command(DRM_XE_EXEC).is_ok());
        let refused = known(Vendor::NvidiaDrm).native_commands().err();
        assert!(refused == Some(Refusal::UserModeSubmit));
        assert!(known(Vendor::Mtgpu).native_commands().err() == Some(Refusal::OwnFences));
    }

    #[test]
    fn others_get_addresses() {
        for (_, _, _, vendor) in KNOWN {
            let addresses = match vendor {
                Vendor::Mtgpu => Addresses::Physical,
                Vendor::NvidiaDrm => Addresses::None,
                _ => Addresses::Mapped,
            };
            assert_eq!(known(vendor).addresses_for_others(), addresses);
        }
    }

    #[test]
    fn commands_say_where_their_fence_is() {
        for (_, _, _, vendor) in KNOWN {
            for command in known(vendor).native_commands().unwrap_or(&[]) {
                assert!(!command.fences.is_empty());
            }
        }
        let exec = known(Vendor::Xe).native_command(DRM_XE_EXEC);
        assert!(exec.is_ok_and(|exec| exec.fences == [FencePlace::Syncobj]));
    }

    #[test]
    fn i915_takes_no_descriptors_and_nothing_of_the_master() {
        let command = known(Vendor::I915).native_command(DRM_I915_GEM_EXECBUFFER2);
        let check = |flags: u64| {
            // The flags are the sixth word.
            let arg = arg(&[0, 0, 0, 0, 0, flags]);
            command.as_ref().map_or(Err(ENOENT), |it| (it.check)(&arg))
        };
        assert!(check(0).is_ok());
        // I915_EXEC_FENCE_ARRAY: syncobjs
        assert!(check(1 << 19).is_ok());
        // I915_EXEC_USE_EXTENSIONS
        assert!(check(1 << 21).is_ok());
        // FENCE_IN, FENCE_OUT, FENCE_SUBMIT, SECURE
        for bit in [16, 17, 20, 9] {
            assert!(check(1 << bit) == Err(EINVAL));
            assert!(check(1 << bit | 1 << 19) == Err(EINVAL));
        }
    }

    #[test]
    fn nouveau_does_not_wait() {
        let command = known(Vendor::Nouveau).native_command(DRM_NOUVEAU_GEM_PUSHBUF);
        let check = |vram_available: u64| {
            let arg = arg(&[0, 0, 0, 0, 0, 0, vram_available]);
            command.as_ref().map_or(Err(ENOENT), |it| (it.check)(&arg))
        };
        assert!(check(0).is_ok());
        assert!(check(2).is_ok());
        assert!(check(1) == Err(EINVAL));
        assert!(check(3) == Err(EINVAL));
    }

    #[test]
    fn xe_must_have_syncs() {
        let command = known(Vendor::Xe).native_command(DRM_XE_EXEC);
        let check = |num_syncs: u64| {
            // Behind the id of the queue, in one word with it.
            let arg = arg(&[0, num_syncs << 32 | 1]);
            command.as_ref().map_or(Err(ENOENT), |it| (it.check)(&arg))
        };
        assert!(check(1).is_ok());
        assert!(check(0) == Err(EINVAL));
    }

    #[test]
    fn numbers_of_capabilities_fit() {
        for (index, capability) in Capability::ALL.into_iter().enumerate() {
            assert_eq!(capability as usize, index);
        }
        assert!(Capability::ALL.len() <= kernel_ext::uapi::DRM_MVGAL_CAPABILITIES as usize);
    }
}
