// SPDX-License-Identifier: MIT OR Apache-2.0

//! SET_GPU_AFFINITY where it is refused.

use crate::check::refused;
use crate::check::refused_any;
use crate::check::refused_tails;
use crate::check::unknown_bits;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::array;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::node_path;
use crate::raw::Bad;
use crate::sys::*;
use crate::tests::affinity::attach_op;
use crate::vendor;
use nix::errno::Errno;
use std::mem::offset_of;
use std::os::fd::AsRawFd;

suite! {
    bad_fd [VGEM];
    closed_fd [VGEM];
    detach_with_fd [VGEM];
    unknown_member;
    not_attached [VGEM];
    unknown_op [VGEM];
    bad_pad [VGEM];
    named_twice [VGEM];
    unknown_policy;
    bad_weights [VGEM];
    first_published_size [VGEM];
    mask_of_others [VGEM];
    bad_preferred [VGEM];
    bad_ceiling;
    attached_mask_in;
    bad_flags;
    too_many_members;
    bad_stride [VGEM];
    long_stride [VGEM];
    bad_array_pointer;
    array_that_is_read_only [VGEM];
    all_or_nothing [Need::Members(2)];
}

#[track_caller]
fn attach_refused(client: &Client, error: Errno, member: u32, fd: i32, what: &str) {
    refused(client, error, what, || {
        client.affinity(&[attach_op(member, fd)], Default::default())
    });
}

fn bad_fd(lab: &Lab) {
    let client = lab.client();
    let vgem = lab.member("vgem").id;
    let null = std::fs::File::open("/dev/null").expect("open");
    let directory = std::fs::File::open("/").expect("open");
    let (pipe, _write) = crate::proc::pipe();
    let buffer = client.alloc(HOST, PAGE);
    let dma_buf = client.export(buffer.handle).expect("EXPORT_DMABUF");
    let syncobj = client.syncobj_export(client.syncobj()).expect("export");
    let try_fd = |fd: i32, what: &str| attach_refused(&client, Errno::EINVAL, vgem, fd, what);
    try_fd(null.as_raw_fd(), "/dev/null");
    try_fd(directory.as_raw_fd(), "a directory");
    try_fd(pipe.as_raw_fd(), "a pipe");
    try_fd(dma_buf.as_raw_fd(), "a dma-buf");
    try_fd(syncobj.as_raw_fd(), "a syncobj");
    try_fd(client.number(), "the mvgal file itself");
    try_fd(lab.client().number(), "another mvgal file");
    for device in lab.devices.iter().filter(|d| d.id != vgem) {
        let other = lab.open(device);
        try_fd(other.number(), &format!("{} as vgem", node_path(device)));
    }
    if std::path::Path::new(vendor::UDMABUF).exists() {
        let device = std::fs::File::open(vendor::UDMABUF).expect("open");
        try_fd(device.as_raw_fd(), "/dev/udmabuf");
    }
}

fn closed_fd(lab: &Lab) {
    let client = lab.client();
    let vgem = lab.member("vgem").id;
    for fd in [-1, -2, i32::MIN, i32::MAX, 1000] {
        attach_refused(&client, Errno::EBADF, vgem, fd, &format!("fd {fd}"));
    }
}

fn detach_with_fd(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, node) = lab.with(vgem);
    for fd in [0, node.number(), -2] {
        refused(&client, Errno::EINVAL, &format!("detach, fd {fd}"), || {
            let op = drm_mvgal_member_op {
                op: DRM_MVGAL_MEMBER_DETACH,
                ..attach_op(vgem.id, fd)
            };
            client.affinity(&[op], Default::default())
        });
    }
}

fn unknown_member(lab: &Lab) {
    let client = lab.client();
    let fd = client.number();
    for member in [HOST, ANY, lab.no_member()] {
        attach_refused(
            &client,
            Errno::ENOENT,
            member,
            fd,
            &format!("attach {member:#x}"),
        );
        refused(
            &client,
            Errno::ENOENT,
            &format!("detach {member:#x}"),
            || client.detach(member),
        );
    }
}

fn not_attached(lab: &Lab) {
    let client = lab.client();
    let vgem = lab.member("vgem").id;
    refused(&client, Errno::ENOENT, "detach", || client.detach(vgem));
    let (client, _node) = lab.with(lab.member("vgem"));
    client.detach(vgem).expect("detach");
    refused(&client, Errno::ENOENT, "detach again", || {
        client.detach(vgem)
    });
    refused(&client, Errno::EACCES, "alloc", || {
        client.alloc_flags(vgem, PAGE, 0)
    });
}

fn unknown_op(lab: &Lab) {
    let client = lab.client();
    let node = lab.open(lab.member("vgem"));
    for op in [0, 3, 1 << 31, u32::MAX] {
        refused(&client, Errno::EINVAL, &format!("op {op:#x}"), || {
            let op = drm_mvgal_member_op {
                op,
                ..attach_op(lab.member("vgem").id, node.number())
            };
            client.affinity(&[op], Default::default())
        });
    }
}

fn bad_pad(lab: &Lab) {
    let client = lab.client();
    let node = lab.open(lab.member("vgem"));
    for pad in [1, 1 << 31] {
        refused(&client, Errno::EINVAL, &format!("pad {pad:#x}"), || {
            let op = drm_mvgal_member_op {
                pad,
                ..attach_op(lab.member("vgem").id, node.number())
            };
            client.affinity(&[op], Default::default())
        });
    }
}

fn named_twice(lab: &Lab) {
    let vgem = lab.member("vgem").id;
    let client = lab.client();
    let node = lab.open(lab.member("vgem"));
    let attach = attach_op(vgem, node.number());
    let detach = drm_mvgal_member_op {
        op: DRM_MVGAL_MEMBER_DETACH,
        ..attach_op(vgem, -1)
    };
    for ops in [[attach, attach], [attach, detach]] {
        refused(&client, Errno::EINVAL, "a member named twice", || {
            client.affinity(&ops, Default::default())
        });
    }
}

fn bad_weights(lab: &Lab) {
    let vgem = lab.member("vgem");
    let client = lab.client();
    let node = lab.open(vgem);
    let attach = attach_op(vgem.id, node.number());
    let weigh = drm_mvgal_member_op {
        member: vgem.id,
        op: DRM_MVGAL_MEMBER_WEIGHT,
        fd: -1,
        weight: 1,
        ..Default::default()
    };
    let try_op = |op| client.affinity(&[op], Default::default());
    refused(&client, Errno::ENOENT, "not attached", || try_op(weigh));
    for weight in [10_001, u32::MAX] {
        let op = drm_mvgal_member_op { weight, ..attach };
        refused(&client, Errno::EINVAL, "attached too heavy", || try_op(op));
    }
    try_op(drm_mvgal_member_op {
        weight: 10_000,
        ..attach
    })
    .expect("attach");
    for weight in [0, 10_001, u32::MAX] {
        let op = drm_mvgal_member_op { weight, ..weigh };
        refused(&client, Errno::EINVAL, &format!("weight {weight}"), || {
            try_op(op)
        });
    }
    let bad = [
        drm_mvgal_member_op { fd: 0, ..weigh },
        drm_mvgal_member_op { pad: 1, ..weigh },
        drm_mvgal_member_op { pad2: 1, ..weigh },
        drm_mvgal_member_op {
            attachment: 1,
            ..weigh
        },
        drm_mvgal_member_op {
            op: DRM_MVGAL_MEMBER_DETACH,
            weight: 0,
            attachment: 1,
            ..weigh
        },
        drm_mvgal_member_op {
            op: DRM_MVGAL_MEMBER_DETACH,
            ..weigh
        },
    ];
    for op in bad {
        refused(&client, Errno::EINVAL, &format!("{op:?}"), || try_op(op));
    }
    for weight in [1, 10_000] {
        try_op(drm_mvgal_member_op { weight, ..weigh }).expect("weight");
    }
}

fn first_published_size(lab: &Lab) {
    // What was compiled before there were weights, and time-outs.
    let vgem = lab.member("vgem");
    let client = lab.client();
    let node = lab.open(vgem);
    let op = attach_op(vgem.id, node.number());
    let first_size = offset_of!(drm_mvgal_member_op, weight) as u32;
    raw_members(
        &client,
        drm_mvgal_obj_array {
            stride: first_size,
            ..array(&[op])
        },
    )
    .expect("SET_GPU_AFFINITY");
    assert_eq!(client.current_affinity().attached_mask, 1 << vgem.slot);

    let buffer = client.alloc(HOST, crate::client::PAGE);
    let mut batch = crate::job::Batch::new(vec![crate::job::Job::fill(&buffer, 3)]);
    batch.arg.jobs.stride = offset_of!(drm_mvgal_job, timeout_ns) as u32;
    batch.submit(&client).expect("SUBMIT_WORKLOAD");
    client.run(crate::job::Job::fill(&buffer, 4));
}

fn unknown_policy(lab: &Lab) {
    let client = lab.client();
    for policy in [6, 1 << 31, u32::MAX] {
        refused(
            &client,
            Errno::EINVAL,
            &format!("policy {policy:#x}"),
            || client.set_policy(policy),
        );
    }
}

fn mask_of_others(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    for slot in [0, 1, 2, 3, 7, 31, 32, 63] {
        if slot == vgem.slot {
            continue;
        }
        refused(&client, Errno::EINVAL, &format!("slot {slot}"), || {
            client.set_mask(1 << slot)
        });
    }
    refused(&client, Errno::EINVAL, "all slots", || {
        client.set_mask(u64::MAX)
    });
}

fn bad_preferred(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let either = [Errno::ENOENT, Errno::EINVAL];
    for member in [lab.no_member(), ANY] {
        refused_any(&client, &either, &format!("preferred {member:#x}"), || {
            client.set_preferred(member)
        });
    }
    for device in lab.devices.iter().filter(|d| d.id != vgem.id) {
        refused_any(&client, &either, "preferred but not attached", || {
            client.set_preferred(device.id)
        });
    }
    client.set_mask(0).expect("an empty mask");
    refused(&client, Errno::EINVAL, "preferred but not allowed", || {
        client.set_preferred(vgem.id)
    });
}

fn bad_ceiling(lab: &Lab) {
    let client = lab.client();
    for ceiling in [16, 1 << 31, u32::MAX] {
        refused(
            &client,
            Errno::EINVAL,
            &format!("ceiling {ceiling:#x}"),
            || client.set_ceiling(ceiling),
        );
    }
    for ceiling in [0, 11, 15] {
        client.set_ceiling(ceiling).expect("ceiling");
        assert_eq!(client.current_affinity().priority_ceiling, ceiling);
    }
}

fn attached_mask_in(lab: &Lab) {
    let client = lab.client();
    for attached_mask in [1, 1 << 63, u64::MAX] {
        refused(&client, Errno::EINVAL, "attached_mask", || {
            let arg = drm_mvgal_set_gpu_affinity {
                attached_mask,
                ..Default::default()
            };
            client.affinity(&[], arg)
        });
    }
}

fn bad_flags(lab: &Lab) {
    let client = lab.client();
    for flags in unknown_bits(0xf) {
        refused(&client, Errno::EINVAL, &format!("flags {flags:#x}"), || {
            let arg = drm_mvgal_set_gpu_affinity {
                flags,
                ..Default::default()
            };
            client.affinity(&[], arg)
        });
    }
}

/// Calls with the members array as given.
fn raw_members(client: &Client, members: drm_mvgal_obj_array) -> crate::raw::Result<()> {
    let mut arg = drm_mvgal_set_gpu_affinity {
        members,
        ..Default::default()
    };
    client.ioctl(DRM_IOCTL_MVGAL_SET_GPU_AFFINITY, &mut arg)
}

fn too_many_members(lab: &Lab) {
    let client = lab.client();
    let ops = vec![attach_op(lab.no_member(), -1); lab.caps.max_members as usize + 1];
    refused(&client, Errno::E2BIG, "one too many", || {
        raw_members(&client, array(&ops))
    });
    for count in [1 << 16, 1 << 31, u32::MAX] {
        refused(&client, Errno::E2BIG, &format!("{count} members"), || {
            raw_members(
                &client,
                drm_mvgal_obj_array {
                    count,
                    ..array(&ops)
                },
            )
        });
    }
}

fn bad_stride(lab: &Lab) {
    let client = lab.client();
    let node = lab.open(lab.member("vgem"));
    let ops = [attach_op(lab.member("vgem").id, node.number())];
    let first_size = offset_of!(drm_mvgal_member_op, weight) as u32;
    for stride in [0, 1, 8, first_size - 1] {
        refused(&client, Errno::EINVAL, &format!("stride {stride}"), || {
            raw_members(
                &client,
                drm_mvgal_obj_array {
                    stride,
                    ..array(&ops)
                },
            )
        });
    }
}

fn long_stride(lab: &Lab) {
    let vgem = lab.member("vgem");
    let client = lab.client();
    let node = lab.open(vgem);
    let mut bytes = crate::raw::bytes_of(&attach_op(vgem.id, node.number()));
    bytes.extend([0; 13]);
    let of = |bytes: &[u8]| drm_mvgal_obj_array {
        stride: bytes.len() as u32,
        count: 1,
        // An attaching one is written to.
        array: bytes.to_vec().leak().as_mut_ptr() as u64,
    };
    let size = size_of::<drm_mvgal_member_op>();
    refused_tails(&client, &bytes, &[size, size + 12], |grown| {
        raw_members(&client, of(grown))
    });
    raw_members(&client, of(&bytes)).expect("a tail of zeros");
    assert_eq!(client.current_affinity().attached_mask, 1 << vgem.slot);
}

fn bad_array_pointer(lab: &Lab) {
    let client = lab.client();
    for array in Bad::new().unreadable() {
        let (stride, count) = (size_of::<drm_mvgal_member_op>() as u32, 1);
        refused(
            &client,
            Errno::EFAULT,
            &format!("members at {array:#x}"),
            || {
                raw_members(
                    &client,
                    drm_mvgal_obj_array {
                        stride,
                        count,
                        array,
                    },
                )
            },
        );
    }
}

fn array_that_is_read_only(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, node) = (lab.client(), lab.open(vgem));
    let bad = Bad::new();
    let of = |stride: usize| drm_mvgal_obj_array {
        stride: stride as u32,
        count: 1,
        array: bad.read_only_with(&crate::raw::bytes_of(&attach_op(vgem.id, node.number()))),
    };
    let size = size_of::<drm_mvgal_member_op>();
    refused(&client, Errno::EFAULT, "nowhere to write", || {
        raw_members(&client, of(size))
    });
    // Who was compiled before there was anything to be written is not written to.
    let before = offset_of!(drm_mvgal_member_op, attachment);
    raw_members(&client, of(before)).expect("attach");
    assert_eq!(client.current_affinity().attached_mask, 1 << vgem.slot);
}

fn all_or_nothing(lab: &Lab) {
    let client = lab.client();
    let (first, second) = (&lab.devices[0], &lab.devices[1]);
    let node = lab.open(first);
    let good = attach_op(first.id, node.number());
    for (bad, error) in [
        (attach_op(second.id, -1), Errno::EBADF),
        (attach_op(second.id, node.number()), Errno::EINVAL),
        (attach_op(lab.no_member(), node.number()), Errno::ENOENT),
    ] {
        refused(&client, error, "a good one and a bad one", || {
            client.affinity(&[good, bad], Default::default())
        });
    }
    let settings = drm_mvgal_set_gpu_affinity {
        flags: DRM_MVGAL_AFFINITY_POLICY | DRM_MVGAL_AFFINITY_PRIORITY_CEILING,
        policy: DRM_MVGAL_POLICY_LOCALITY,
        priority_ceiling: 16,
        ..Default::default()
    };
    refused(&client, Errno::EINVAL, "members and a bad field", || {
        client.affinity(&[good], settings)
    });
}
