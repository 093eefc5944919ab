// SPDX-License-Identifier: GPL-2.0

//! SET_GPU_AFFINITY: attaches members and sets how a client's work is placed on them.

use crate::{
    affinity::Client,
    member_table::MAX_MEMBERS,
    obj_array, //
};
use kernel::prelude::*;
use kernel_ext::uapi;

const FLAGS: u32 = uapi::DRM_MVGAL_AFFINITY_MASK
    | uapi::DRM_MVGAL_AFFINITY_POLICY
    | uapi::DRM_MVGAL_AFFINITY_PREFERRED
    | uapi::DRM_MVGAL_AFFINITY_PRIORITY_CEILING;

/// `DRM_IOCTL_MVGAL_SET_GPU_AFFINITY`
pub(crate) fn set_gpu_affinity(
    client: &Client,
    data: &mut uapi::drm_mvgal_set_gpu_affinity,
) -> Result<u32> {
    if data.flags & !FLAGS != 0 || data.attached_mask != 0 {
        return Err(EINVAL);
    }

    let mut ops = obj_array::read(&data.members, MAX_MEMBERS as u32)?;
    check(&ops)?;
    // What a client was compiled without it does not expect to be written to.
    let tells = data.members.stride as usize >= size_of::<uapi::drm_mvgal_member_op>();
    let mut attaches = false;
    for op in ops.iter_mut() {
        if op.op == uapi::DRM_MVGAL_MEMBER_ATTACH {
            op.attachment = client.next_attachment();
            attaches = true;
        }
    }
    if tells && attaches {
        // It may fail, so before the change.
        obj_array::write(&data.members, &ops)?;
    }

    client.set_affinity(data, &ops)?;
    Ok(0)
}

/// Checks the operations on members. Fails with `EINVAL`.
fn check(ops: &[uapi::drm_mvgal_member_op]) -> Result {
    for (index, op) in ops.iter().enumerate() {
        let valid = match op.op {
            uapi::DRM_MVGAL_MEMBER_ATTACH => op.weight <= uapi::DRM_MVGAL_WEIGHT_MAX,
            uapi::DRM_MVGAL_MEMBER_DETACH => op.fd == -1 && op.weight == 0 && op.attachment == 0,
            uapi::DRM_MVGAL_MEMBER_WEIGHT => {
                op.fd == -1
                    && (1..=uapi::DRM_MVGAL_WEIGHT_MAX).contains(&op.weight)
                    && op.attachment == 0
            }
            _ => false,
        };
        let twice = ops
            .iter()
            .take(index)
            .any(|other| other.member == op.member);
        if !valid || op.pad != 0 || op.pad2 != 0 || twice {
            return Err(EINVAL);
        }
    }
    Ok(())
}
