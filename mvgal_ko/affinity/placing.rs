// SPDX-License-Identifier: GPL-2.0

//! Choosing members for the jobs and buffers of a client that name none.

use super::{
    attached_set::{
        Attached,
        AttachedSet, //
    },
    Attachment, //
};
use crate::placement::{
    Candidate,
    Placement, //
};
use kernel::sync::Arc;

/// Jobs or buffers of a client being placed. It has no effect until [`Client::placed`](super::Client::placed) is called.
pub(crate) struct Placing {
    pub(super) set: Arc<AttachedSet>,
    pub(super) placement: Placement,
}

impl Placing {
    /// Chooses a member by the client's policy; `None` if there is none. One that hangs is taken
    /// only if all do.
    ///
    /// `bytes` returns how many bytes the member with a given id holds of what is written, and of
    /// what is only read; `all` is how many there are.
    pub(crate) fn choose(
        &mut self,
        all: u64,
        mut bytes: impl FnMut(u32) -> (u64, u64),
    ) -> Option<Arc<Attachment>> {
        let hangs = |attached: &Attached| attached.attachment.dispatcher().is_hung();
        let all_hang = self.set.allowed().all(hangs);
        let able = self
            .set
            .allowed()
            .filter(|attached| all_hang || !hangs(attached));
        let candidates = able.map(|attached| {
            let attachment = &attached.attachment;
            let load = attachment.dispatcher().load().snapshot();
            let (bytes_written, bytes_read) = bytes(attachment.member().id());
            let held = bytes_written.saturating_add(bytes_read);

            Candidate {
                slot: attachment.member().slot(),
                queued: load.queued,
                running: load.running,
                bytes_written,
                bytes_read,
                bytes_missing: all.saturating_sub(held),
                weight: attached.weight,
                mean_ns: load.busy_ns.checked_div(load.done),
            }
        });
        let slot = self.placement.choose(candidates)?;

        self.set
            .allowed()
            .map(|attached| &attached.attachment)
            .find(|attachment| attachment.member().slot() == slot)
            .cloned()
    }
}
