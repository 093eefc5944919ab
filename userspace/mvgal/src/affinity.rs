// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which members a client uses, and how.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use crate::error::{Call, Error, Result};
use crate::job::Priority;
use crate::member::MemberId;
use crate::node::Node;
use crate::wait::array_mut;
use crate::{ioctls, sys};

/// How a job or buffer for [any](MemberId::ANY) member is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// On the preferred member, or the allowed one with the lowest slot.
    Single,
    /// On the allowed ones in turn.
    RoundRobin,
    /// On the allowed one with the fewest queued and running jobs.
    LeastLoaded,
    /// On the allowed one that holds most bytes of the job's buffers.
    Locality,
    /// In proportion to the weights of the allowed ones, see
    /// [`AffinityChange::weight`].
    Weighted,
    /// On the allowed one that is expected to be done first: by what is queued
    /// there, how long its jobs take, its weight, and what has to be brought.
    Hybrid,
    /// What a newer module says.
    Other(u32),
}

impl Policy {
    fn to_raw(self) -> u32 {
        match self {
            Policy::Single => sys::DRM_MVGAL_POLICY_SINGLE,
            Policy::RoundRobin => sys::DRM_MVGAL_POLICY_ROUND_ROBIN,
            Policy::LeastLoaded => sys::DRM_MVGAL_POLICY_LEAST_LOADED,
            Policy::Locality => sys::DRM_MVGAL_POLICY_LOCALITY,
            Policy::Weighted => sys::DRM_MVGAL_POLICY_WEIGHTED,
            Policy::Hybrid => sys::DRM_MVGAL_POLICY_HYBRID,
            Policy::Other(policy) => policy,
        }
    }

    fn from_raw(policy: u32) -> Self {
        match policy {
            sys::DRM_MVGAL_POLICY_SINGLE => Policy::Single,
            sys::DRM_MVGAL_POLICY_ROUND_ROBIN => Policy::RoundRobin,
            sys::DRM_MVGAL_POLICY_LEAST_LOADED => Policy::LeastLoaded,
            sys::DRM_MVGAL_POLICY_LOCALITY => Policy::Locality,
            sys::DRM_MVGAL_POLICY_WEIGHTED => Policy::Weighted,
            sys::DRM_MVGAL_POLICY_HYBRID => Policy::Hybrid,
            other => Policy::Other(other),
        }
    }
}

/// Which members a client uses, and how, as the kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Affinity {
    /// How [any](MemberId::ANY) is placed.
    pub policy: Policy,
    /// Slots of the members that jobs and buffers may name.
    pub allowed_mask: u64,
    /// Slots of the attached members.
    pub attached_mask: u64,
    /// The member for [`Policy::Single`].
    pub preferred: Option<MemberId>,
    /// Highest priority the client's jobs may have.
    pub priority_ceiling: u32,
}

/// A change of the affinity: all of it happens, or nothing.
///
/// Members are attached and detached first, then the rest is set. Without any
/// change it is a query.
///
/// ```no_run
/// # use mvgal::*;
/// # fn main() -> mvgal::Result<()> {
/// let device = Device::open()?;
/// let members = device.members()?;
/// let nodes = members.iter().map(Member::open).collect::<mvgal::Result<Vec<_>>>()?;
/// let mut change = AffinityChange::new().policy(Policy::LeastLoaded);
/// for (member, node) in members.iter().zip(&nodes) {
///     change = change.attach(member.id, node);
/// }
/// let affinity = device.change_affinity(&change)?;
/// assert_eq!(affinity.attached_mask.count_ones() as usize, members.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct AffinityChange<'a> {
    members: Vec<MemberChange<'a>>,
    policy: Option<Policy>,
    allowed_mask: Option<u64>,
    preferred: Option<Option<MemberId>>,
    priority_ceiling: Option<Priority>,
}

/// What happens to one member.
#[derive(Debug, Clone)]
struct MemberChange<'a> {
    member: MemberId,
    op: u32,
    node: Option<BorrowedFd<'a>>,
    weight: u32,
}

impl<'a> AffinityChange<'a> {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Attaches a file opened on a node of that member, and allows the member.
    pub fn attach(mut self, member: MemberId, node: &'a (impl AsFd + ?Sized)) -> Self {
        self.members.push(MemberChange {
            member,
            op: sys::DRM_MVGAL_MEMBER_ATTACH,
            node: Some(node.as_fd()),
            weight: 0,
        });
        self
    }

    /// How much of the work a member should get by [`Policy::Weighted`] and
    /// [`Policy::Hybrid`], 1 to 10000; one that was given no weight has 100.
    ///
    /// The member is attached already, or by this change.
    ///
    /// ```no_run
    /// # use mvgal::*;
    /// # fn example(device: &Device, fast: MemberId, slow: MemberId) -> mvgal::Result<()> {
    /// let change = AffinityChange::new()
    ///     .policy(Policy::Weighted)
    ///     .weight(fast, 300)
    ///     .weight(slow, 100);
    /// device.change_affinity(&change)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn weight(mut self, member: MemberId, weight: u32) -> Self {
        let attached = self
            .members
            .iter_mut()
            .find(|change| change.member == member && change.node.is_some());
        match attached {
            Some(change) => change.weight = weight,
            None => self.members.push(MemberChange {
                member,
                op: sys::DRM_MVGAL_MEMBER_WEIGHT,
                node: None,
                weight,
            }),
        }
        self
    }

    /// Detaches a member; buffers and jobs that exist live on.
    pub fn detach(mut self, member: MemberId) -> Self {
        self.members.push(MemberChange {
            member,
            op: sys::DRM_MVGAL_MEMBER_DETACH,
            node: None,
            weight: 0,
        });
        self
    }

    /// How [any](MemberId::ANY) is placed.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Slots of the members that may be used; a subset of the attached ones.
    pub fn allowed_mask(mut self, mask: u64) -> Self {
        self.allowed_mask = Some(mask);
        self
    }

    /// The member for [`Policy::Single`].
    pub fn preferred(mut self, member: Option<MemberId>) -> Self {
        self.preferred = Some(member);
        self
    }

    /// Highest priority the client's jobs may have.
    pub fn priority_ceiling(mut self, ceiling: Priority) -> Self {
        self.priority_ceiling = Some(ceiling);
        self
    }

    /// What it is about, for errors.
    fn describe(&self) -> String {
        let ids = |op: u32| {
            let of_op = self.members.iter().filter(|change| change.op == op);
            let ids: Vec<_> = of_op.map(|change| change.member.to_string()).collect();
            ids.join(", ")
        };
        let mut parts = Vec::new();
        for (what, op) in [
            ("attach", sys::DRM_MVGAL_MEMBER_ATTACH),
            ("detach", sys::DRM_MVGAL_MEMBER_DETACH),
            ("weigh", sys::DRM_MVGAL_MEMBER_WEIGHT),
        ] {
            let ids = ids(op);
            if !ids.is_empty() {
                parts.push(format!("{what} {ids}"));
            }
        }
        if let Some(policy) = self.policy {
            parts.push(format!("policy {policy:?}"));
        }
        if let Some(mask) = self.allowed_mask {
            parts.push(format!("mask {mask:#x}"));
        }
        if let Some(preferred) = self.preferred {
            parts.push(format!("preferred {}", preferred.unwrap_or(MemberId::HOST)));
        }
        if let Some(ceiling) = self.priority_ceiling {
            parts.push(format!("ceiling {ceiling}"));
        }
        if parts.is_empty() {
            "a query".to_owned()
        } else {
            parts.join(", ")
        }
    }

    fn to_raw(&self) -> sys::drm_mvgal_set_gpu_affinity {
        let flag = |set: bool, flag| if set { flag } else { 0 };
        sys::drm_mvgal_set_gpu_affinity {
            flags: flag(self.policy.is_some(), sys::DRM_MVGAL_AFFINITY_POLICY)
                | flag(self.allowed_mask.is_some(), sys::DRM_MVGAL_AFFINITY_MASK)
                | flag(self.preferred.is_some(), sys::DRM_MVGAL_AFFINITY_PREFERRED)
                | flag(
                    self.priority_ceiling.is_some(),
                    sys::DRM_MVGAL_AFFINITY_PRIORITY_CEILING,
                ),
            policy: self.policy.map_or(0, Policy::to_raw),
            allowed_mask: self.allowed_mask.unwrap_or(0),
            preferred: self.preferred.flatten().map_or(0, MemberId::get),
            priority_ceiling: self.priority_ceiling.map_or(0, Priority::get),
            ..Default::default()
        }
    }

    pub(crate) fn apply(&self, node: &Node) -> Result<Affinity> {
        self.apply_numbered(node).map(|(affinity, _)| affinity)
    }

    /// As [`apply`](Self::apply), with the numbers of what was attached.
    fn apply_numbered(&self, node: &Node) -> Result<(Affinity, Vec<Attachment>)> {
        let mut members: Vec<_> = self
            .members
            .iter()
            .map(|change| sys::drm_mvgal_member_op {
                member: change.member.get(),
                op: change.op,
                fd: change.node.map_or(-1, |node| node.as_raw_fd()),
                weight: change.weight,
                ..Default::default()
            })
            .collect();
        let mut arg = sys::drm_mvgal_set_gpu_affinity {
            members: array_mut(&mut members, "number of members")?,
            ..self.to_raw()
        };
        // SAFETY: `members` is as long as its array says, may be written to, and lives until
        // after the call.
        unsafe { node.call(ioctls::set_gpu_affinity, &mut arg) }
            .map_err(|errno| Error::call(Call::SetGpuAffinity, self.describe(), errno))?;
        let affinity = Affinity {
            policy: Policy::from_raw(arg.policy),
            allowed_mask: arg.allowed_mask,
            attached_mask: arg.attached_mask,
            preferred: (arg.preferred != 0).then(|| MemberId::new(arg.preferred)),
            priority_ceiling: arg.priority_ceiling,
        };
        let attached = members
            .iter()
            .filter(|op| op.op == sys::DRM_MVGAL_MEMBER_ATTACH);
        let attached = attached.map(|op| Attachment(op.attachment));
        Ok((affinity, attached.collect()))
    }
}

/// A file that was attached for a member, as
/// [`NativeCommand::through`](crate::NativeCommand::through) names it.
///
/// A file that is attached for the same member later is another one, and be it the same.
/// Modules before UAPI 1.5 do not tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attachment(u64);

impl Attachment {
    /// Attaches a file.
    pub(crate) fn new(node: &Node, member: MemberId, file: BorrowedFd<'_>) -> Result<Self> {
        let change = AffinityChange::new().attach(member, &file);
        let (_, attached) = change.apply_numbered(node)?;
        Ok(attached.first().copied().unwrap_or(Attachment(0)))
    }

    /// Its number; 0 if the module has none.
    pub(crate) fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_has_its_flag() {
        assert_eq!(
            AffinityChange::new().to_raw(),
            sys::drm_mvgal_set_gpu_affinity::default()
        );
        let raw = AffinityChange::new()
            .policy(Policy::Locality)
            .preferred(None)
            .to_raw();
        assert_eq!(
            raw.flags,
            sys::DRM_MVGAL_AFFINITY_POLICY | sys::DRM_MVGAL_AFFINITY_PREFERRED
        );
        assert_eq!((raw.policy, raw.preferred), (3, 0));
    }

    #[test]
    fn changes_describe_themselves() {
        assert_eq!(AffinityChange::new().describe(), "a query");
        let change = AffinityChange::new()
            .attach(MemberId::new(2), &std::io::stdin())
            .detach(MemberId::new(3))
            .allowed_mask(5)
            .describe();
        assert_eq!(change, "attach 2, detach 3, mask 0x5");
    }
}
