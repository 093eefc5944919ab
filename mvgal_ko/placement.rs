// SPDX-License-Identifier: GPL-2.0

//! Which member takes a job or a buffer for `DRM_MVGAL_MEMBER_ANY`.
//!
//! A policy is an order of the candidates, and the first one is chosen. The rules are those of
//! `enum drm_mvgal_policy`; the lowest slot decides wherever they leave a choice.

use core::cmp::Reverse;
use kernel_ext::uapi;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/placement.rs"]
mod test;

/// A member that may be chosen, and what the policies ask about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Its slot.
    pub(crate) slot: u32,
    /// Jobs of all clients that wait for its turn.
    pub(crate) queued: u32,
    /// Jobs of all clients in flight on it.
    pub(crate) running: u32,
    /// Bytes it holds of the buffers that the job writes.
    pub(crate) bytes_written: u64,
    /// Bytes it holds of the buffers that the job only reads.
    pub(crate) bytes_read: u64,
}

/// How to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Always the preferred member.
    Single,
    /// All in turn, by slot.
    RoundRobin,
    /// The one with the fewest jobs.
    LeastLoaded,
    /// The one that holds most of what the job works on.
    Locality,
}

impl Policy {
    /// Returns the policy for a value of `enum drm_mvgal_policy`, `None` if there is none.
    pub(crate) fn from_uapi(policy: u32) -> Option<Self> {
        match policy {
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_SINGLE => Some(Policy::Single),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_ROUND_ROBIN => Some(Policy::RoundRobin),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_LEAST_LOADED => Some(Policy::LeastLoaded),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_LOCALITY => Some(Policy::Locality),
            _ => None,
        }
    }

    /// Returns the value of `enum drm_mvgal_policy`.
    pub(crate) fn to_uapi(self) -> u32 {
        match self {
            Policy::Single => uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_SINGLE,
            Policy::RoundRobin => uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_ROUND_ROBIN,
            Policy::LeastLoaded => uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_LEAST_LOADED,
            Policy::Locality => uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_LOCALITY,
        }
    }
}

/// How a client's jobs and buffers are placed, and whose turn it is.
///
/// A batch that may still fail works on a copy, and stores that when it has succeeded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// The policy.
    pub(crate) policy: Policy,
    /// Slot of the preferred member. One that is no candidate counts as none.
    pub(crate) preferred: Option<u32>,
    /// Lowest slot that has not had its turn, for [`Policy::RoundRobin`].
    pub(crate) next: u32,
}

impl Placement {
    /// Chooses one of the candidates, which may come in any order, and returns its slot.
    ///
    /// Returns `None` if there are no candidates.
    pub(crate) fn choose(
        &mut self,
        candidates: impl IntoIterator<Item = Candidate>,
    ) -> Option<u32> {
        let candidates = candidates.into_iter();
        let jobs = |c: &Candidate| u64::from(c.queued) + u64::from(c.running);
        let chosen = match self.policy {
            Policy::Single => candidates.min_by_key(|c| (Some(c.slot) != self.preferred, c.slot)),
            Policy::RoundRobin => candidates.min_by_key(|c| (c.slot < self.next, c.slot)),
            Policy::LeastLoaded => candidates.min_by_key(|c| (jobs(c), c.slot)),
            Policy::Locality => candidates.min_by_key(|c| {
                let held = (c.bytes_written, c.bytes_read);
                (Reverse(held), jobs(c), c.slot)
            }),
        }?;
        if self.policy == Policy::RoundRobin {
            self.next = chosen.slot.wrapping_add(1);
        }
        Some(chosen.slot)
    }
}
