// SPDX-License-Identifier: GPL-2.0

//! The members that a client has attached, and which of them it uses.

use super::Attachment;
use crate::member::Members;
use kernel::{
    prelude::*,
    sync::Arc, //
};
use kernel_ext::uapi;

/// A member that a client has attached.
#[derive(Clone)]
pub(super) struct Attached {
    pub(super) attachment: Arc<Attachment>,
    /// Whether jobs and buffers may go there.
    pub(super) allowed: bool,
    /// How much of the work it should get.
    pub(super) weight: u32,
}

/// What a client has attached.
///
/// # Invariants
///
/// The members come in the order of their ids.
pub(super) struct AttachedSet(KVec<Attached>);

impl AttachedSet {
    /// Returns one without members.
    pub(super) fn none() -> Self {
        // INVARIANT: There is none.
        Self(KVec::new())
    }

    /// Returns those whose members are there. Their slots are their own.
    pub(super) fn present(&self) -> impl Iterator<Item = &Attached> {
        self.0
            .iter()
            .filter(|attached| !attached.attachment.member().is_gone())
    }

    /// Returns those where jobs and buffers may go.
    pub(super) fn allowed(&self) -> impl Iterator<Item = &Attached> {
        self.present().filter(|attached| attached.allowed)
    }

    pub(super) fn find(&self, id: u32) -> Option<&Attached> {
        let found = self
            .0
            .binary_search_by_key(&id, |attached| attached.attachment.member().id());

        self.0.get(found.ok()?)
    }

    pub(super) fn attached_mask(&self) -> u64 {
        self.present().fold(0, |mask, attached| {
            mask | attached.attachment.member().mask()
        })
    }

    pub(super) fn allowed_mask(&self) -> u64 {
        self.allowed().fold(0, |mask, attached| {
            mask | attached.attachment.member().mask()
        })
    }

    /// Returns the slot of a member if jobs and buffers may go there.
    pub(super) fn allowed_slot(&self, id: u32) -> Option<u32> {
        self.allowed()
            .find(|attached| attached.attachment.member().id() == id)
            .map(|attached| attached.attachment.member().slot())
    }

    /// Has jobs and buffers go to the members of a mask, and to no others.
    ///
    /// # Errors
    ///
    /// `EINVAL` if there are some in it that are not attached.
    pub(super) fn allow(&mut self, mask: u64) -> Result {
        if mask & !self.attached_mask() != 0 {
            return Err(EINVAL);
        }
        for attached in self.0.iter_mut() {
            attached.allowed = mask & attached.attachment.member().mask() != 0;
        }
        Ok(())
    }

    /// Returns a set with members attached and detached. What is gone is left out.
    ///
    /// # Errors
    ///
    /// As `struct drm_mvgal_set_gpu_affinity` says of the operations on members.
    pub(super) fn change(
        &self,
        members: &Members,
        ops: &[uapi::drm_mvgal_member_op],
    ) -> Result<Self> {
        let mut set = KVec::with_capacity(self.0.len() + ops.len(), GFP_KERNEL_ACCOUNT)?;

        for attached in self.present() {
            let id = attached.attachment.member().id();
            // Those that are named are dealt with below, except for their weight.
            match ops.iter().find(|op| op.member == id) {
                None => set.push(attached.clone(), GFP_KERNEL_ACCOUNT)?,
                Some(op) if op.op == uapi::DRM_MVGAL_MEMBER_WEIGHT => {
                    let weighed = Attached {
                        weight: op.weight,
                        ..attached.clone()
                    };
                    set.push(weighed, GFP_KERNEL_ACCOUNT)?;
                }
                Some(_) => {}
            }
        }
        for op in ops {
            let member = members.find(op.member)?;

            match op.op {
                uapi::DRM_MVGAL_MEMBER_ATTACH => {
                    let attachment = Attachment::new(member, op.fd, op.attachment)?;
                    let attached = Attached {
                        attachment: Arc::new(attachment, GFP_KERNEL_ACCOUNT)?,
                        allowed: true,
                        weight: match op.weight {
                            0 => uapi::DRM_MVGAL_WEIGHT_DEFAULT,
                            weight => weight,
                        },
                    };
                    set.push(attached, GFP_KERNEL_ACCOUNT)?;
                }
                _ => {
                    self.find(op.member).ok_or(ENOENT)?;
                }
            }
        }
        // INVARIANT: Sorted here.
        set.sort_unstable_by_key(|attached| attached.attachment.member().id());
        Ok(Self(set))
    }
}
