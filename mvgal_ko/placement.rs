// SPDX-License-Identifier: GPL-2.0

//! Which member takes a job or a buffer for `DRM_MVGAL_MEMBER_ANY`.
//!
//! A policy is an order of the candidates, and the first one is chosen. The rules are those of
//! `enum drm_mvgal_policy`; the lowest slot decides wherever they leave a choice.

use core::cmp::Reverse;
use kernel::prelude::*;
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
    /// Bytes of the job's buffers that it does not hold.
    pub(crate) bytes_missing: u64,
    /// How much work it should get, 1 to `DRM_MVGAL_WEIGHT_MAX`.
    pub(crate) weight: u32,
    /// Mean time of the jobs it has done, in ns; `None` before the first.
    pub(crate) mean_ns: Option<u64>,
}

impl Candidate {
    fn jobs(&self) -> u64 {
        u64::from(self.queued) + u64::from(self.running)
    }

    /// When it is expected to be done with one more job, in ns from now. What is further away than
    /// can be told is never.
    fn expected_ns(&self) -> u64 {
        let mean_ns = self.mean_ns.unwrap_or(FIRST_JOB_NS);
        let work_ns = (self.jobs() + 1)
            .saturating_mul(mean_ns)
            .saturating_mul(uapi::DRM_MVGAL_WEIGHT_DEFAULT.into());
        (work_ns / u64::from(self.weight.max(1))).saturating_add(self.bytes_missing / BYTES_PER_NS)
    }
}

/// What a job is expected to take on a member that has not done any, in ns.
const FIRST_JOB_NS: u64 = 1_000_000;

/// What is expected of the way from one member to another.
const BYTES_PER_NS: u64 = 4;

/// Slots of members.
const SLOTS: usize = u64::BITS as usize;

/// The credit of each slot, for [`Policy::Weighted`].
///
/// # Invariants
///
/// The sum is 0, and none is further from 0 than the sum of all weights.
pub(crate) struct Credits(KVec<i64>);

impl Credits {
    /// No credit for anybody. Takes no memory.
    pub(crate) fn none() -> Self {
        Self(KVec::new())
    }

    /// The same credits. Takes memory for [`Policy::Weighted`] alone.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn try_clone(&self, policy: Policy) -> Result<Self> {
        let mut credits = KVec::new();
        if policy == Policy::Weighted {
            credits.extend_with(SLOTS, 0, GFP_KERNEL)?;
            for (to, from) in credits.iter_mut().zip(self.0.iter()) {
                *to = *from;
            }
        }
        Ok(Self(credits))
    }

    fn get_mut(&mut self, slot: u32) -> Option<&mut i64> {
        self.0.get_mut(slot as usize)
    }

    fn choose(&mut self, candidates: impl Iterator<Item = Candidate>) -> Option<Candidate> {
        let mut sum = 0;
        let mut best: Option<(i64, Candidate)> = None;
        for candidate in candidates {
            let credit = self.get_mut(candidate.slot)?;
            *credit += i64::from(candidate.weight);
            sum += i64::from(candidate.weight);
            let credit = *credit;
            if best.is_none_or(|(most, other)| {
                (credit, Reverse(candidate.slot)) > (most, Reverse(other.slot))
            }) {
                best = Some((credit, candidate));
            }
        }
        let (_, chosen) = best?;
        // INVARIANT: What was given to all is taken from the one with the most.
        *self.get_mut(chosen.slot)? -= sum;
        Some(chosen)
    }
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
    /// In proportion to their weights.
    Weighted,
    /// The one that is expected to be done first.
    Hybrid,
}

impl Policy {
    /// Returns the policy for a value of `enum drm_mvgal_policy`, `None` if there is none.
    pub(crate) fn from_uapi(policy: u32) -> Option<Self> {
        match policy {
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_SINGLE => Some(Policy::Single),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_ROUND_ROBIN => Some(Policy::RoundRobin),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_LEAST_LOADED => Some(Policy::LeastLoaded),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_LOCALITY => Some(Policy::Locality),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_WEIGHTED => Some(Policy::Weighted),
            uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_HYBRID => Some(Policy::Hybrid),
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
            Policy::Weighted => uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_WEIGHTED,
            Policy::Hybrid => uapi::drm_mvgal_policy_DRM_MVGAL_POLICY_HYBRID,
        }
    }
}

/// How a client's jobs and buffers are placed, and whose turn it is.
///
/// A batch that may still fail works on a copy, and stores that when it has succeeded.
pub(crate) struct Placement {
    /// The policy.
    pub(crate) policy: Policy,
    /// Slot of the preferred member. One that is no candidate counts as none.
    pub(crate) preferred: Option<u32>,
    /// Lowest slot that has not had its turn, for [`Policy::RoundRobin`].
    pub(crate) next: u32,
    /// What the members have to their credit, for [`Policy::Weighted`].
    pub(crate) credits: Credits,
}

impl Placement {
    /// The same, for a batch.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    #[cfg(mvgal_kunit)]
    fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            policy: self.policy,
            preferred: self.preferred,
            next: self.next,
            credits: self.credits.try_clone(self.policy)?,
        })
    }

    /// Chooses one of the candidates, which may come in any order, and returns its slot.
    ///
    /// Returns `None` if there are no candidates.
    pub(crate) fn choose(
        &mut self,
        candidates: impl IntoIterator<Item = Candidate>,
    ) -> Option<u32> {
        let candidates = candidates.into_iter();
        let chosen = match self.policy {
            Policy::Single => candidates.min_by_key(|c| (Some(c.slot) != self.preferred, c.slot)),
            Policy::RoundRobin => candidates.min_by_key(|c| (c.slot < self.next, c.slot)),
            Policy::LeastLoaded => candidates.min_by_key(|c| (c.jobs(), c.slot)),
            Policy::Locality => candidates.min_by_key(|c| {
                let held = (c.bytes_written, c.bytes_read);
                (Reverse(held), c.jobs(), c.slot)
            }),
            Policy::Weighted => self.credits.choose(candidates),
            Policy::Hybrid => candidates.min_by_key(|c| (c.expected_ns(), c.slot)),
        }?;
        if self.policy == Policy::RoundRobin {
            self.next = chosen.slot.wrapping_add(1);
        }
        Some(chosen.slot)
    }
}
