// SPDX-License-Identifier: MIT OR Apache-2.0

//! The two names of the device, and what the DRM core answers on it.

use crate::check::refused;
use crate::client::Client;
use crate::client::DEVICE;
use crate::client::PAGE;
use crate::client::text;
use crate::drm::Node;
use crate::harness::suite;
use crate::lab::Lab;
use crate::raw;
use crate::raw::Bad;
use crate::sys::*;
use nix::errno::Errno;
use std::os::fd::AsFd;

suite! {
    version;
    both_names_are_one_device;
    both_names_share_buffers;
    capabilities_of_the_core;
    not_its_own_member;
    fdinfo;
    unknown_numbers;
    other_ioctl_type;
    shorter_and_longer_arguments;
    bad_argument_pointer;
    many_opens;
}

/// Path of mvgal's own render node.
fn render_node() -> String {
    (128..192)
        .map(|minor| format!("/dev/dri/renderD{minor}"))
        .find(|path| Node::open(path).is_ok_and(|node| node.driver().as_deref() == Ok("mvgal")))
        .expect("mvgal has a render node")
}

fn version(lab: &Lab) {
    assert_eq!(lab.client().driver().as_deref(), Ok("mvgal"));
}

fn both_names_are_one_device(_: &Lab) {
    let of = |path: &str| nix::sys::stat::stat(path).expect("stat").st_rdev;
    let (stable, render) = (of(DEVICE), of(&render_node()));
    assert_eq!(
        nix::sys::stat::minor(stable),
        nix::sys::stat::minor(render),
        "minor numbers"
    );
    let client = Client::open_as(&render_node()).expect("open");
    assert_eq!(client.driver().as_deref(), Ok("mvgal"));
    assert_eq!(client.devices().0, Client::open().devices().0, "generation");
}

fn both_names_share_buffers(lab: &Lab) {
    let stable = lab.client();
    let render = Client::open_as(&render_node()).expect("open");
    let first = stable.alloc(HOST, PAGE);
    let fd = stable.export(first.handle).expect("EXPORT_DMABUF");
    let second = render.import(fd.as_fd()).expect("IMPORT_DMABUF");
    stable.map(&first).write_at(7, b"seven");
    assert_eq!(render.map(&second).read_at(7, 5), b"seven");
}

fn capabilities_of_the_core(lab: &Lab) {
    let client = lab.client();
    assert_eq!(client.cap(0x13), Ok(1), "DRM_CAP_SYNCOBJ");
    assert_eq!(client.cap(0x14), Ok(1), "DRM_CAP_SYNCOBJ_TIMELINE");
    assert_eq!(client.cap(0x5), Ok(3), "DRM_CAP_PRIME");
}

fn not_its_own_member(lab: &Lab) {
    for device in &lab.devices {
        assert_ne!(text(&device.driver), "mvgal");
    }
}

fn fdinfo(lab: &Lab) {
    let client = lab.client();
    let other = lab.client();
    let of = |client: &Client| {
        std::fs::read_to_string(format!("/proc/self/fdinfo/{}", client.number())).expect("fdinfo")
    };
    let id = |text: String| {
        let line = text.lines().find_map(|l| l.strip_prefix("drm-client-id:"));
        line.expect("drm-client-id").trim().to_owned()
    };
    assert!(
        of(&client).contains("drm-driver:\tmvgal"),
        "{}",
        of(&client)
    );
    assert_ne!(id(of(&client)), id(of(&other)));
}

fn unknown_numbers(lab: &Lab) {
    let client = lab.client();
    for number in [0x4a, 0x4b, 0x60, 0x9f, 0xf0, 0xff] {
        refused(
            &client,
            Errno::EINVAL,
            &format!("ioctl {number:#x}"),
            || {
                let mut arg = [0u64; 16];
                client.ioctl(raw::iowr(b'd', number, 128), &mut arg)
            },
        );
    }
}

fn other_ioctl_type(lab: &Lab) {
    let client = lab.client();
    for kind in [0, b'D', b'e', 0xff] {
        refused(&client, Errno::ENOTTY, &format!("type {kind:#x}"), || {
            let mut arg = [0u64; 16];
            client.ioctl(raw::iowr(kind, 0x40, 128), &mut arg)
        });
    }
}

fn shorter_and_longer_arguments(lab: &Lab) {
    let client = lab.client();
    // An older program's structure ends earlier; the rest counts as zero.
    let buffer = client.alloc(HOST, PAGE);
    let mut short = buffer.handle;
    client
        .ioctl(raw::iowr(b'd', 0x44, 4), &mut short)
        .expect("FREE_MEMORY without its padding");
    assert_eq!(client.free(buffer.handle), Err(Errno::ENOENT));
    // A newer program's is longer; this kernel returns the tail as it came.
    let mut long = [0u64; 64];
    long[63] = 0x5a5a;
    let number = raw::iowr(b'd', 0x41, size_of_val(&long));
    client
        .ioctl(number, &mut long)
        .expect("QUERY_CAPABILITIES with a longer structure");
    assert_eq!(long[63], 0x5a5a);
    let caps: drm_mvgal_query_capabilities = raw::from_bytes(&raw::bytes_of(&long));
    assert_eq!(caps.uapi_version, client.capabilities().uapi_version);
}

fn bad_argument_pointer(lab: &Lab) {
    let client = lab.client();
    let bad = Bad::new();
    for number in [
        DRM_IOCTL_MVGAL_QUERY_DEVICES,
        DRM_IOCTL_MVGAL_QUERY_CAPABILITIES,
        DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD,
        DRM_IOCTL_MVGAL_ALLOC_MEMORY,
        DRM_IOCTL_MVGAL_FREE_MEMORY,
        DRM_IOCTL_MVGAL_IMPORT_DMABUF,
        DRM_IOCTL_MVGAL_EXPORT_DMABUF,
        DRM_IOCTL_MVGAL_WAIT_FENCE,
        DRM_IOCTL_MVGAL_SIGNAL_FENCE,
        DRM_IOCTL_MVGAL_SET_GPU_AFFINITY,
    ] {
        // Zeros that can be read and not written are as bad.
        let mut addresses = bad.unreadable().to_vec();
        addresses.push(bad.read_only_with(&[]));
        for address in addresses {
            let what = format!("ioctl {number:#x} at {address:#x}");
            refused(&client, Errno::EFAULT, &what, || {
                raw::ioctl_at(client.number(), number, address)
            });
        }
    }
}

fn many_opens(_: &Lab) {
    let clients: Vec<_> = (0..50).map(|_| Client::open()).collect();
    for client in &clients {
        client.alloc(HOST, PAGE);
    }
}
