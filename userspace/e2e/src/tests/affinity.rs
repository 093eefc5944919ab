// SPDX-License-Identifier: MIT OR Apache-2.0

//! SET_GPU_AFFINITY.

use crate::check::refused;
use crate::client::PAGE;
use crate::drm::Node;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VIRTIO;
use crate::sys::*;
use nix::errno::Errno;

suite! {
    a_query_changes_nothing;
    attach_and_detach_each [Need::Members(1)];
    attach_through_either_node [VIRTIO];
    attach_again_replaces [VGEM];
    attachments_have_numbers [Need::Members(2)];
    the_file_given_may_be_closed [VGEM];
    attach_and_set_in_one_call [Need::Members(2)];
    mask_keeps_members_out [VGEM];
    preferred_and_policy [VGEM];
    fields_without_flags_are_ignored;
}

pub fn attach_op(member: u32, fd: i32) -> drm_mvgal_member_op {
    drm_mvgal_member_op {
        member,
        op: DRM_MVGAL_MEMBER_ATTACH,
        fd,
        ..Default::default()
    }
}

fn a_query_changes_nothing(lab: &Lab) {
    let client = lab.client();
    let now = client.current_affinity();
    assert_eq!(now.policy, DRM_MVGAL_POLICY_SINGLE);
    assert_eq!(
        (now.allowed_mask, now.attached_mask, now.preferred),
        (0, 0, 0)
    );
    assert_eq!(now.priority_ceiling, 15, "root has CAP_SYS_NICE");
    assert_eq!(client.current_affinity(), now);
}

fn attach_and_detach_each(lab: &Lab) {
    let client = lab.client();
    let mut mask = 0;
    let mut nodes = Vec::new();
    for device in &lab.devices {
        let node = lab.open(device);
        client.attach(device.id, &node).expect("attach");
        nodes.push(node);
        mask |= 1 << device.slot;
        let now = client.current_affinity();
        assert_eq!((now.allowed_mask, now.attached_mask), (mask, mask));
    }
    assert_eq!(mask, lab.all_slots());
    for device in &lab.devices {
        client.detach(device.id).expect("detach");
        mask &= !(1 << device.slot);
        let now = client.current_affinity();
        assert_eq!((now.allowed_mask, now.attached_mask), (mask, mask));
    }
}

fn attach_through_either_node(lab: &Lab) {
    let device = lab.member("virtio_gpu");
    for kind in [
        format!("card{}", device.primary_minor),
        format!("renderD{}", device.render_minor),
    ] {
        let client = lab.client();
        let node = Node::open(&format!("/dev/dri/{kind}")).expect("open");
        client.attach(device.id, &node).expect("attach");
        client.alloc(device.id, PAGE);
    }
}

fn attach_again_replaces(lab: &Lab) {
    let device = lab.member("vgem");
    let (client, _first) = lab.with(device);
    let buffer = client.alloc(device.id, PAGE);
    client.attach(device.id, &lab.open(device)).expect("attach");
    let now = client.current_affinity();
    assert_eq!(now.attached_mask, 1 << device.slot);
    // What was allocated through the first file lives on.
    client.map(&buffer).write_at(0, b"still there");
    client.alloc(device.id, PAGE);
}

fn attachments_have_numbers(lab: &Lab) {
    let client = lab.client();
    let mut seen = vec![0];
    let mut check = |number| {
        assert!(!seen.contains(&number), "{number} again: {seen:?}");
        seen.push(number);
    };
    for device in &lab.devices[..2] {
        let node = lab.open(device);
        for _ in 0..2 {
            check(client.attach_numbered(device.id, &node).expect("attach"));
        }
        client.detach(device.id).expect("detach");
        check(client.attach_numbered(device.id, &node).expect("attach"));
    }
}

fn the_file_given_may_be_closed(lab: &Lab) {
    let device = lab.member("vgem");
    let (client, node) = lab.with(device);
    drop(node);
    let buffer = client.alloc(device.id, PAGE);
    client.map(&buffer).write_at(0, b"there");
}

fn attach_and_set_in_one_call(lab: &Lab) {
    let client = lab.client();
    let (first, second) = (&lab.devices[0], &lab.devices[1]);
    let nodes = [lab.open(first), lab.open(second)];
    let ops = [
        attach_op(first.id, nodes[0].number()),
        attach_op(second.id, nodes[1].number()),
    ];
    let out = client
        .affinity(
            &ops,
            drm_mvgal_set_gpu_affinity {
                flags: DRM_MVGAL_AFFINITY_MASK
                    | DRM_MVGAL_AFFINITY_POLICY
                    | DRM_MVGAL_AFFINITY_PREFERRED
                    | DRM_MVGAL_AFFINITY_PRIORITY_CEILING,
                policy: DRM_MVGAL_POLICY_LOCALITY,
                allowed_mask: 1 << second.slot,
                preferred: second.id,
                priority_ceiling: 9,
                ..Default::default()
            },
        )
        .expect("SET_GPU_AFFINITY");
    for out in [out, client.current_affinity()] {
        assert_eq!(out.policy, DRM_MVGAL_POLICY_LOCALITY);
        assert_eq!(out.allowed_mask, 1 << second.slot);
        assert_eq!(out.attached_mask, 1 << first.slot | 1 << second.slot);
        assert_eq!(out.preferred, second.id);
        assert_eq!(out.priority_ceiling, 9);
    }
}

fn mask_keeps_members_out(lab: &Lab) {
    let device = lab.member("vgem");
    let (client, _node) = lab.with(device);
    client.set_mask(0).expect("an empty mask");
    assert_eq!(client.current_affinity().attached_mask, 1 << device.slot);
    refused(&client, Errno::EACCES, "outside of the mask", || {
        client.alloc_flags(device.id, PAGE, 0)
    });
    client.set_mask(1 << device.slot).expect("the mask again");
    client.alloc(device.id, PAGE);
}

fn preferred_and_policy(lab: &Lab) {
    let device = lab.member("vgem");
    let (client, _node) = lab.with(device);
    client.set_preferred(device.id).expect("preferred");
    assert_eq!(client.current_affinity().preferred, device.id);
    client.set_preferred(0).expect("none preferred");
    assert_eq!(client.current_affinity().preferred, 0);
    for policy in [3, 2, 1, 0] {
        client.set_policy(policy).expect("policy");
        assert_eq!(client.current_affinity().policy, policy);
    }
}

fn fields_without_flags_are_ignored(lab: &Lab) {
    let client = lab.client();
    let before = client.current_affinity();
    let out = client.affinity(
        &[],
        drm_mvgal_set_gpu_affinity {
            policy: 77,
            allowed_mask: u64::MAX,
            preferred: 12345,
            priority_ceiling: 99,
            ..Default::default()
        },
    );
    let out = out.expect("SET_GPU_AFFINITY");
    assert_eq!(
        (
            out.policy,
            out.allowed_mask,
            out.preferred,
            out.priority_ceiling
        ),
        (
            before.policy,
            before.allowed_mask,
            before.preferred,
            before.priority_ceiling
        )
    );
}
