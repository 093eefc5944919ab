// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel module cannot do with a member, and why.

use comfy_table::Table;
use mvgal::{Member, Members};
use serde::Serialize;

use crate::output;

/// A refusal in `mvgal info --json`.
#[derive(Serialize)]
pub struct Document {
    capability: String,
    number: u32,
    reason: String,
}

/// The refusals of a member.
pub fn document(member: &Member) -> Vec<Document> {
    let refusals = member.refusals.iter();
    refusals
        .map(|(capability, refusal)| Document {
            capability: capability.to_string(),
            number: refusal.number(),
            reason: refusal.to_string(),
        })
        .collect()
}

/// The refusals of all members, those with one reason in one line.
pub fn table(members: &Members) -> Table {
    let mut table = output::table(["id", "driven as", "cannot", "because"], &[0]);
    for member in members {
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for (capability, refusal) in member.refusals.iter() {
            let reason = refusal.to_string();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, capabilities)) => capabilities.push(capability.to_string()),
                None => reasons.push((reason, vec![capability.to_string()])),
            }
        }
        if reasons.is_empty() {
            reasons.push(("-".to_owned(), vec!["-".to_owned()]));
        }
        let mut id = member.id.to_string();
        let mut operations = member.operations.to_string();
        for (reason, capabilities) in reasons {
            table.add_row([
                std::mem::take(&mut id),
                std::mem::take(&mut operations),
                capabilities.join(", "),
                reason,
            ]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use mvgal::sys;

    use super::*;

    #[test]
    fn one_reason_is_one_line() {
        let raw = [
            sys::drm_mvgal_device {
                id: 1,
                vendor: sys::DRM_MVGAL_VENDOR_AMDGPU,
                ..Default::default()
            },
            sys::drm_mvgal_device {
                id: 2,
                vendor: sys::DRM_MVGAL_VENDOR_NVIDIA_DRM,
                refusals: [0, 4, 0, 0, 6, 6, 0, 0],
                ..Default::default()
            },
        ];
        insta::assert_snapshot!(output::lines(table(&Members::from_raw(1, &raw))));
    }
}
