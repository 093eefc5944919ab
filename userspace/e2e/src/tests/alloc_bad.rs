// SPDX-License-Identifier: MIT OR Apache-2.0

//! ALLOC_MEMORY where it is refused.

use crate::check::refused;
use crate::check::refused_any;
use crate::check::unknown_bits;
use crate::client::PAGE;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::sys::*;
use nix::errno::Errno;

suite! {
    unknown_flags;
    gpu_valid_on_the_host;
    bad_pad;
    no_size;
    size_and_image;
    half_an_image;
    image_too_large;
    unknown_formats;
    unknown_member;
    not_attached [Need::Members(1)];
    not_in_the_mask [VGEM];
    huge [Need::Members(1)];
    no_placement;
    bad_image_on_members [VGEM];
}

const XRGB: u32 = u32::from_le_bytes(*b"XR24");

fn base(size: u64) -> drm_mvgal_alloc_memory {
    drm_mvgal_alloc_memory {
        size,
        ..Default::default()
    }
}

fn image(width: u32, height: u32, format: u32) -> drm_mvgal_alloc_memory {
    drm_mvgal_alloc_memory {
        width,
        height,
        format,
        ..Default::default()
    }
}

#[track_caller]
fn check(lab: &Lab, error: Errno, arg: drm_mvgal_alloc_memory) {
    let client = lab.client();
    refused(&client, error, &format!("{arg:?}"), || {
        client.alloc_with(arg)
    });
}

fn unknown_flags(lab: &Lab) {
    let client = lab.client();
    for flags in unknown_bits(0xff) {
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            client.alloc_flags(HOST, PAGE, flags)
        });
    }
}

fn gpu_valid_on_the_host(lab: &Lab) {
    let mut arg = base(PAGE);
    arg.flags = DRM_MVGAL_BUFFER_GPU_VALID;
    check(lab, Errno::EINVAL, arg);
}

fn bad_pad(lab: &Lab) {
    for pad in [1, 1 << 31, u32::MAX] {
        let mut arg = base(PAGE);
        arg.pad = pad;
        check(lab, Errno::EINVAL, arg);
    }
}

fn no_size(lab: &Lab) {
    check(lab, Errno::EINVAL, base(0));
}

fn size_and_image(lab: &Lab) {
    let mut arg = image(64, 64, XRGB);
    arg.size = PAGE;
    check(lab, Errno::EINVAL, arg);
}

fn half_an_image(lab: &Lab) {
    for (width, height, format) in [
        (64, 0, 0),
        (0, 64, 0),
        (0, 0, XRGB),
        (64, 64, 0),
        (64, 0, XRGB),
        (0, 64, XRGB),
    ] {
        check(lab, Errno::EINVAL, image(width, height, format));
        let mut with_size = image(width, height, format);
        with_size.size = PAGE;
        check(lab, Errno::EINVAL, with_size);
    }
}

fn image_too_large(lab: &Lab) {
    for side in [16385, 1 << 30, 1 << 31, u32::MAX] {
        check(lab, Errno::EINVAL, image(side, 1, XRGB));
        check(lab, Errno::EINVAL, image(1, side, XRGB));
        check(lab, Errno::EINVAL, image(side, side, XRGB));
    }
}

fn unknown_formats(lab: &Lab) {
    for name in [b"XR30", b"NV12", b"RG16", b"R8  ", b"xr24", b"BA24"] {
        check(lab, Errno::EINVAL, image(64, 64, u32::from_le_bytes(*name)));
    }
    for format in [1, 1 << 31, XRGB | 1 << 31, u32::MAX] {
        check(lab, Errno::EINVAL, image(64, 64, format));
    }
}

fn unknown_member(lab: &Lab) {
    for member in [lab.no_member(), u32::MAX - 1, 1 << 31] {
        let mut arg = base(PAGE);
        arg.member = member;
        check(lab, Errno::ENOENT, arg);
    }
}

fn not_attached(lab: &Lab) {
    for device in &lab.devices {
        let mut arg = base(PAGE);
        arg.member = device.id;
        check(lab, Errno::EACCES, arg);
    }
}

fn not_in_the_mask(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem");
    client
        .set_mask(lab.all_slots() & !(1 << vgem.slot))
        .expect("mask");
    refused(&client, Errno::EACCES, "not in the mask", || {
        client.alloc_flags(vgem.id, PAGE, 0)
    });
    for device in lab.devices.iter().filter(|d| d.id != vgem.id) {
        client.alloc(device.id, PAGE);
    }
}

fn huge(lab: &Lab) {
    let client = lab.attached();
    let max = lab.caps.max_buffer_size;
    for size in [
        max + 1,
        max + PAGE,
        1 << 48,
        1 << 63,
        u64::MAX - PAGE + 2,
        u64::MAX,
    ] {
        for member in lab.places() {
            let what = format!("{size:#x} bytes on {member}");
            refused(&client, Errno::E2BIG, &what, || {
                client.alloc_flags(member, size, 0)
            });
        }
    }
}

fn no_placement(lab: &Lab) {
    let mut arg = base(PAGE);
    arg.member = ANY;
    arg.flags = DRM_MVGAL_BUFFER_GPU_VALID;
    check(lab, Errno::ENOSPC, arg);
}

fn bad_image_on_members(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        for (width, height, format) in [(16385, 1, XRGB), (4, 4, 1), (4, 0, XRGB)] {
            let mut arg = image(width, height, format);
            arg.member = member;
            refused_any(&client, &[Errno::EINVAL], &format!("{arg:?}"), || {
                client.alloc_with(arg)
            });
        }
    }
}
