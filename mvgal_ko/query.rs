// SPDX-License-Identifier: GPL-2.0

//! QUERY_DEVICES and QUERY_CAPABILITIES: what there is and what it can do.

use crate::{
    affinity::{
        Client,
        PRIORITY_MAX_UNPRIVILEGED, //
    },
    args::alloc::MAX_BUFFER_SIZE,
    client_jobs::MAX_JOBS,
    job::MAX_SYNCS_PER_JOB,
    member::{
        Member,
        Members, //
    },
    member_table::MAX_MEMBERS,
    obj_array,
    reach::Way,
    run_queue::{
        LEVELS,
        MAX_PASSES, //
    },
    submit::MAX_JOBS_PER_SUBMIT,
    wait::MAX_WAITS, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use kernel_ext::uapi;

/// `DRM_IOCTL_MVGAL_QUERY_DEVICES`
pub(crate) fn query_devices(
    members: &Members,
    data: &mut uapi::drm_mvgal_query_devices,
) -> Result<u32> {
    if data.flags != 0 || data.pad != 0 {
        return Err(EINVAL);
    }

    let now = members.snapshot()?;
    let room = usize::try_from(data.devices.count)?;
    let mut devices = KVVec::with_capacity(room.min(now.members.len()), GFP_KERNEL)?;
    for member in now.members.iter().take(room) {
        devices.push(member.to_uapi(), GFP_KERNEL)?;
    }
    obj_array::write(&data.devices, &devices)?;

    data.generation = now.generation;
    data.devices.count = u32::try_from(now.members.len())?;
    Ok(0)
}

/// `DRM_IOCTL_MVGAL_QUERY_CAPABILITIES`
pub(crate) fn query_capabilities(
    members: &Members,
    client: &Client,
    data: &mut uapi::drm_mvgal_query_capabilities,
) -> Result<u32> {
    if data.flags != 0 {
        return Err(EINVAL);
    }

    let now = members.snapshot()?;
    let count = now.members.len();
    let pairs = count * count.saturating_sub(1);
    let room = pairs.min(usize::try_from(data.p2p.count)?);
    obj_array::write(&data.p2p, &p2p(client, &now.members, room)?)?;

    let features = || now.members.iter().map(|member| member.info().features());
    *data = uapi::drm_mvgal_query_capabilities {
        flags: 0,
        uapi_version: uapi::DRM_MVGAL_UAPI_MAJOR << 16 | uapi::DRM_MVGAL_UAPI_MINOR,
        generation: now.generation,
        tier: tier(features()),
        member_count: u32::try_from(count)?,
        features_any: features().fold(0, |any, bits| any | bits),
        features_all: features().reduce(|all, bits| all & bits).unwrap_or(0),
        max_buffer_size: MAX_BUFFER_SIZE,
        max_members: MAX_MEMBERS as u32,
        max_jobs_per_submit: MAX_JOBS_PER_SUBMIT,
        max_syncs_per_job: MAX_SYNCS_PER_JOB,
        max_jobs_per_client: MAX_JOBS,
        max_waits: MAX_WAITS,
        priority_levels: LEVELS as u32,
        priority_max_unprivileged: PRIORITY_MAX_UNPRIVILEGED,
        max_passes: u32::try_from(MAX_PASSES)?,
        p2p: uapi::drm_mvgal_obj_array {
            count: u32::try_from(pairs)?,
            ..data.p2p
        },
        max_job_timeout_ns: members.sched().limits().max_job_timeout_ns,
    };
    Ok(0)
}

/// Returns the first `room` of the ordered pairs of different members.
fn p2p(
    client: &Client,
    members: &[Arc<Member>],
    room: usize,
) -> Result<KVVec<uapi::drm_mvgal_p2p>> {
    let mut pairs = KVVec::with_capacity(room, GFP_KERNEL)?;
    let all = members
        .iter()
        .flat_map(|exporter| members.iter().map(move |importer| (exporter, importer)))
        .filter(|(exporter, importer)| exporter.id() != importer.id());

    for (exporter, importer) in all.take(room) {
        let distance = exporter
            .info()
            .p2p_distance(importer.info())
            .and_then(|distance| i32::try_from(distance).ok());
        let path = match distance {
            Some(_) => uapi::drm_mvgal_path_DRM_MVGAL_PATH_P2P,
            None => uapi::drm_mvgal_path_DRM_MVGAL_PATH_HOST,
        };
        // A member that has just gone is as was to be expected of it.
        let (way, tried) = client
            .way(exporter.id(), importer)
            .unwrap_or_else(|_| (Way::expected(Some(exporter.info()), importer.info()), false));
        let pair = uapi::drm_mvgal_p2p {
            exporter: exporter.id(),
            importer: importer.id(),
            distance: distance.unwrap_or(-1),
            path,
            reach: way.reach as u32,
            limit: way.limit as u32,
            tried: tried.into(),
            error: way.refusal.map_or(0, |err| err.to_errno()),
        };
        pairs.push(pair, GFP_KERNEL)?;
    }
    Ok(pairs)
}

/// Returns what members with these features are together.
fn tier(mut features: impl Iterator<Item = u64> + Clone) -> u32 {
    let all = |bit: u32| features.clone().all(|bits| bits & u64::from(bit) != 0);
    let (renders, computes) = (
        all(uapi::DRM_MVGAL_FEATURE_RENDER),
        all(uapi::DRM_MVGAL_FEATURE_COMPUTE),
    );

    if features.next().is_none() {
        uapi::drm_mvgal_tier_DRM_MVGAL_TIER_NONE
    } else if renders {
        uapi::drm_mvgal_tier_DRM_MVGAL_TIER_FULL
    } else if computes {
        uapi::drm_mvgal_tier_DRM_MVGAL_TIER_COMPUTE_ONLY
    } else {
        uapi::drm_mvgal_tier_DRM_MVGAL_TIER_MIXED
    }
}
