// SPDX-License-Identifier: GPL-2.0

//! Tests of the ids, slots and the generation of members.

use super::{
    Ids,
    MemberTable,
    MAX_MEMBERS, //
};
use crate::rng::Rng;
use kernel::prelude::*;

/// A member that knows no more than its id and slot.
type Member = (u32, u32);

fn add(table: &mut MemberTable<Member>, ids: &Ids) -> Result<Member> {
    let mut made = None;
    table.add(ids, |id, slot| {
        made = Some((id, slot));
        Ok((id, slot))
    })?;
    made.ok_or(EINVAL)
}

#[kunit_tests(mvgal_member_table)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_up_and_slots_are_used_again() -> Result {
        let ids = Ids::new(0);
        let mut table = MemberTable::new();
        assert_eq!(add(&mut table, &ids)?, (1, 0));
        assert_eq!(add(&mut table, &ids)?, (2, 1));
        assert_eq!(add(&mut table, &ids)?, (3, 2));
        assert_eq!(table.remove(|member| member.0 == 2), Some((2, 1)));
        assert_eq!(add(&mut table, &ids)?, (4, 1));
        assert_eq!(add(&mut table, &ids)?, (5, 3));
        assert!(table.iter().copied().eq([(1, 0), (4, 1), (3, 2), (5, 3)]));
        Ok(())
    }

    #[test]
    fn ids_outlive_the_table() -> Result {
        let ids = Ids::new(0);
        add(&mut MemberTable::new(), &ids)?;
        assert_eq!(add(&mut MemberTable::new(), &ids)?, (2, 0));
        Ok(())
    }

    #[test]
    fn generation_changes_with_the_members_alone() -> Result {
        let ids = Ids::new(0);
        let mut table = MemberTable::new();
        let mut seen = table.generation();
        for _ in 0..3 {
            add(&mut table, &ids)?;
            assert!(table.generation() > seen);
            seen = table.generation();
        }
        assert!(table.remove(|_| false).is_none());
        assert_eq!(table.generation(), seen);
        assert!(table.remove(|member| member.0 == 1).is_some());
        assert!(table.generation() > seen);
        seen = table.generation();
        assert!(table.remove(|member| member.0 == 1).is_none());
        assert_eq!(table.generation(), seen);
        Ok(())
    }

    #[test]
    fn full_table() -> Result {
        let ids = Ids::new(0);
        let mut table = MemberTable::new();
        for slot in 0..MAX_MEMBERS as u32 {
            assert_eq!(add(&mut table, &ids)?, (slot + 1, slot));
        }
        let generation = table.generation();
        assert_eq!(add(&mut table, &ids), Err(ENOSPC));
        assert_eq!(table.generation(), generation);
        table.remove(|member| member.1 == 63);
        // No id was used up by what failed.
        assert_eq!(add(&mut table, &ids)?, (65, 63));
        Ok(())
    }

    #[test]
    fn failure_changes_nothing() -> Result {
        let ids = Ids::new(0);
        let mut table = MemberTable::new();
        let generation = table.generation();
        assert_eq!(table.add(&ids, |_, _| Err(ENOMEM)), Err(ENOMEM));
        assert_eq!(table.generation(), generation);
        assert_eq!(table.iter().count(), 0);
        assert_eq!(ids.missing(1), ENOENT);
        assert_eq!(add(&mut table, &ids)?, (1, 0));
        Ok(())
    }

    #[test]
    fn last_ids() -> Result {
        // The largest number stands for any member.
        let ids = Ids::new(u32::MAX - 3);
        let mut table = MemberTable::new();
        assert_eq!(add(&mut table, &ids)?.0, u32::MAX - 2);
        assert_eq!(add(&mut table, &ids)?.0, u32::MAX - 1);
        assert_eq!(add(&mut table, &ids), Err(ENOSPC));
        table.remove(|_| true);
        assert_eq!(add(&mut table, &ids), Err(ENOSPC));
        assert_eq!(ids.missing(u32::MAX - 1), ENODEV);
        assert_eq!(ids.missing(u32::MAX), ENOENT);
        Ok(())
    }

    #[test]
    fn missing_ids() -> Result {
        let ids = Ids::new(0);
        assert_eq!(ids.missing(0), ENOENT);
        assert_eq!(ids.missing(1), ENOENT);
        let mut table = MemberTable::new();
        add(&mut table, &ids)?;
        assert_eq!(ids.missing(0), ENOENT);
        assert_eq!(ids.missing(1), ENODEV);
        assert_eq!(ids.missing(2), ENOENT);
        assert_eq!(ids.missing(u32::MAX), ENOENT);
        Ok(())
    }

    #[test]
    fn random_coming_and_going() -> Result {
        let mut rng = Rng::new(17);
        let ids = Ids::new(0);
        let mut table = MemberTable::new();
        let mut slots = [0u32; MAX_MEMBERS];
        let mut last = 0;
        for step in 0..5_000 {
            let generation = table.generation();
            // More come in one half of the time, more go in the other.
            if rng.below(4) < 1 + step / 500 % 2 * 2 {
                match add(&mut table, &ids) {
                    Ok((id, slot)) => {
                        last += 1;
                        assert_eq!(id, last);
                        assert_eq!(slots.iter().position(|&id| id == 0), Some(slot as usize));
                        *slots.get_mut(slot as usize).ok_or(EINVAL)? = id;
                    }
                    Err(error) => {
                        assert_eq!(error, ENOSPC);
                        assert!(slots.iter().all(|&id| id != 0));
                        assert_eq!(table.generation(), generation);
                    }
                }
            } else {
                let slot = rng.below(MAX_MEMBERS as u64) as u32;
                let was = slots.get_mut(slot as usize).ok_or(EINVAL)?;
                let removed = table.remove(|member| member.1 == slot);
                assert_eq!(removed.is_some(), table.generation() != generation);
                assert_eq!(removed.map_or(0, |member| member.0), *was);
                *was = 0;
            }
            let members = table.iter().map(|member| member.0);
            assert!(members.eq(slots.iter().copied().filter(|&id| id != 0)));
        }
        Ok(())
    }
}
