// SPDX-License-Identifier: MIT OR Apache-2.0

//! What priority a context of a member's driver should have for native jobs.

use comfy_table::Table;
use mvgal::Members;

use crate::output;

/// A row for each member whose contexts have priorities; `None` if there is none.
pub fn table(members: &Members) -> Option<Table> {
    let mut table = output::table(["id", "driver", "priority of jobs → of a context"], &[0]);
    for member in members {
        if let Some(priorities) = &member.context_priorities {
            table.add_row([
                member.id.to_string(),
                member.driver.clone(),
                runs(priorities),
            ]);
        }
    }
    (!table.is_empty()).then_some(table)
}

/// Equal neighbours together: `0-7 → 0, 8-15 → 1`.
fn runs(priorities: &[i32]) -> String {
    let mut first = 0;
    let runs = priorities.chunk_by(|a, b| a == b).map(|run| {
        let last = first + run.len() - 1;
        let levels = if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        };
        first = last + 1;
        format!("{levels} → {}", run[0])
    });
    runs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use mvgal::sys;

    use super::*;

    #[test]
    fn equal_neighbours_are_together() {
        assert_eq!(runs(&[-512, -512, 0, 512]), "0-1 → -512, 2 → 0, 3 → 512");
        assert_eq!(runs(&[7; 16]), "0-15 → 7");
    }

    #[test]
    fn members_without_priorities_are_left_out() {
        let with = sys::drm_mvgal_device {
            id: 3,
            context_priorities: std::array::from_fn(|level| i32::from(level > 11)),
            ..Default::default()
        };
        let without = sys::drm_mvgal_device {
            id: 4,
            ..Default::default()
        };
        assert!(table(&Members::from_raw(1, &[without])).is_none());
        let table = table(&Members::from_raw(1, &[with, without])).unwrap();
        let text = output::lines(table);
        assert!(text.contains("0-11 → 0, 12-15 → 1"), "{text}");
        assert_eq!(text.lines().count(), 3);
    }
}
