// SPDX-License-Identifier: MIT OR Apache-2.0

//! The logical device as a whole.

use std::fmt;
use std::time::Duration;

use nix::errno::Errno;

use crate::member::{Features, MemberId};
use crate::reach::{Reach, ReachLimit};
use crate::sys;

/// What the members are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// There is no member.
    None,
    /// Every member renders.
    Full,
    /// Every member is a compute accelerator.
    ComputeOnly,
    /// Some render and some do not.
    Mixed,
    /// What a newer module says.
    Other(u32),
}

impl From<u32> for Tier {
    fn from(tier: u32) -> Self {
        match tier {
            sys::DRM_MVGAL_TIER_NONE => Tier::None,
            sys::DRM_MVGAL_TIER_FULL => Tier::Full,
            sys::DRM_MVGAL_TIER_COMPUTE_ONLY => Tier::ComputeOnly,
            sys::DRM_MVGAL_TIER_MIXED => Tier::Mixed,
            other => Tier::Other(other),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tier::None => f.pad("none"),
            Tier::Full => f.pad("full"),
            Tier::ComputeOnly => f.pad("compute-only"),
            Tier::Mixed => f.pad("mixed"),
            Tier::Other(tier) => f.pad(&format!("unknown ({tier})")),
        }
    }
}

/// How data gets from one member to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Path {
    /// Through host memory.
    Host,
    /// PCI peer-to-peer is possible.
    P2p,
    /// What a newer module says.
    Other(u32),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Host => f.pad("host"),
            Path::P2p => f.pad("p2p"),
            Path::Other(path) => f.pad(&format!("unknown ({path})")),
        }
    }
}

/// Distance from one member to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct P2p {
    /// The member whose memory is read or written.
    pub exporter: MemberId,
    /// The member that reads or writes.
    pub importer: MemberId,
    /// Distance by pci_p2pdma, the smaller the better; `None` if the pair
    /// cannot do peer-to-peer or is not on PCI.
    pub distance: Option<u32>,
    /// How data gets there.
    pub path: Path,
    /// How the importer's driver gets at the exporter's buffers.
    pub reach: Reach,
    /// Why in no better way.
    pub limit: ReachLimit,
    /// Whether that was tried, by an [export for the importer](crate::Buffer::export_for),
    /// or is to be expected.
    pub tried: bool,
    /// With what a better way was refused when it was tried.
    pub error: Option<Errno>,
}

impl From<&sys::drm_mvgal_p2p> for P2p {
    fn from(raw: &sys::drm_mvgal_p2p) -> Self {
        P2p {
            exporter: MemberId::new(raw.exporter),
            importer: MemberId::new(raw.importer),
            distance: u32::try_from(raw.distance).ok(),
            path: match raw.path {
                sys::DRM_MVGAL_PATH_HOST => Path::Host,
                sys::DRM_MVGAL_PATH_P2P => Path::P2p,
                other => Path::Other(other),
            },
            reach: raw.reach.into(),
            limit: raw.limit.into(),
            tried: raw.tried != 0,
            error: (raw.error < 0).then(|| Errno::from_raw(-raw.error)),
        }
    }
}

/// What the logical device can do, and its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Version of the UAPI that the module speaks: major, minor.
    pub uapi_version: (u16, u16),
    /// Changes whenever a member comes or goes.
    pub generation: u64,
    /// What the members are together.
    pub tier: Tier,
    /// Number of members.
    pub member_count: u32,
    /// Features that at least one member has.
    pub features_any: Features,
    /// Features that every member has.
    pub features_all: Features,
    /// Largest buffer in bytes.
    pub max_buffer_size: u64,
    /// Most members at a time.
    pub max_members: u32,
    /// Most jobs in one batch.
    pub max_jobs_per_submit: u32,
    /// Most in- and most out-syncs of one job.
    pub max_syncs_per_job: u32,
    /// Most unfinished jobs of one client.
    pub max_jobs_per_client: u32,
    /// Most points in one wait or signal.
    pub max_waits: u32,
    /// Number of priorities.
    pub priority_levels: u32,
    /// Highest priority without `CAP_SYS_NICE`.
    pub priority_max_unprivileged: u32,
    /// Most jobs of other levels that a member dispatches while a level with a
    /// waiting job is passed over.
    pub max_passes: u32,
    /// Longest time-out of a job, and that of a job that names none.
    pub max_job_timeout: Duration,
    /// One for each ordered pair of different members, by the ids of both.
    pub p2p: Vec<P2p>,
}

impl Capabilities {
    pub(crate) fn from_raw(
        raw: &sys::drm_mvgal_query_capabilities,
        p2p: &[sys::drm_mvgal_p2p],
    ) -> Self {
        let mut pairs: Vec<P2p> = p2p.iter().map(P2p::from).collect();
        pairs.sort_by_key(|pair| (pair.exporter, pair.importer));
        Capabilities {
            uapi_version: ((raw.uapi_version >> 16) as u16, raw.uapi_version as u16),
            generation: raw.generation,
            tier: raw.tier.into(),
            member_count: raw.member_count,
            features_any: Features::from_bits_retain(raw.features_any),
            features_all: Features::from_bits_retain(raw.features_all),
            max_buffer_size: raw.max_buffer_size,
            max_members: raw.max_members,
            max_jobs_per_submit: raw.max_jobs_per_submit,
            max_syncs_per_job: raw.max_syncs_per_job,
            max_jobs_per_client: raw.max_jobs_per_client,
            max_waits: raw.max_waits,
            priority_levels: raw.priority_levels,
            priority_max_unprivileged: raw.priority_max_unprivileged,
            max_passes: raw.max_passes,
            max_job_timeout: Duration::from_nanos(raw.max_job_timeout_ns),
            p2p: pairs,
        }
    }
}
