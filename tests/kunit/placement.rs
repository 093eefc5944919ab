// SPDX-License-Identifier: GPL-2.0

//! Tests of the placement policies. Each would fail were the policy another one.

use super::{
    Candidate,
    Placement,
    Policy, //
};
use crate::rng::Rng;
use kernel::prelude::*;

const POLICIES: [Policy; 4] = [
    Policy::Single,
    Policy::RoundRobin,
    Policy::LeastLoaded,
    Policy::Locality,
];

fn placement(policy: Policy) -> Placement {
    Placement {
        policy,
        preferred: None,
        next: 0,
    }
}

/// A member with so many jobs queued and running.
fn load(slot: u32, queued: u32, running: u32) -> Candidate {
    Candidate {
        slot,
        queued,
        running,
        bytes_written: 0,
        bytes_read: 0,
    }
}

/// A member with jobs that holds so many bytes that are written and read.
fn holds(slot: u32, queued: u32, bytes_written: u64, bytes_read: u64) -> Candidate {
    Candidate {
        slot,
        queued,
        running: 0,
        bytes_written,
        bytes_read,
    }
}

/// Every policy chooses another one of these, if slot 9 is the preferred one and slot 2 had the
/// last turn.
const MIXED: [Candidate; 5] = [
    Candidate {
        slot: 9,
        queued: 10,
        running: 1,
        bytes_written: 0,
        bytes_read: 4096,
    },
    Candidate {
        slot: 6,
        queued: 7,
        running: 1,
        bytes_written: 4096,
        bytes_read: 0,
    },
    Candidate {
        slot: 4,
        queued: 0,
        running: 0,
        bytes_written: 0,
        bytes_read: 0,
    },
    Candidate {
        slot: 3,
        queued: 5,
        running: 1,
        bytes_written: 0,
        bytes_read: 0,
    },
    Candidate {
        slot: 1,
        queued: 3,
        running: 1,
        bytes_written: 0,
        bytes_read: 8192,
    },
];

#[kunit_tests(mvgal_placement)]
mod tests {
    use super::*;

    #[test]
    fn policies_differ() {
        let choose = |policy| {
            Placement {
                policy,
                preferred: Some(9),
                next: 3,
            }
            .choose(MIXED)
        };
        assert_eq!(choose(Policy::Single), Some(9));
        assert_eq!(choose(Policy::RoundRobin), Some(3));
        assert_eq!(choose(Policy::LeastLoaded), Some(4));
        assert_eq!(choose(Policy::Locality), Some(6));
    }

    #[test]
    fn nobody_to_choose() {
        for policy in POLICIES {
            let mut placement = Placement {
                policy,
                preferred: Some(3),
                next: 7,
            };
            assert_eq!(placement.choose([]), None);
            assert_eq!(placement.next, 7);
        }
    }

    #[test]
    fn single() {
        let mut placement = placement(Policy::Single);
        for _ in 0..3 {
            assert_eq!(placement.choose(MIXED), Some(1));
        }
        placement.preferred = Some(6);
        for _ in 0..3 {
            assert_eq!(placement.choose(MIXED), Some(6));
        }
        // Slot 0 is not "none".
        placement.preferred = Some(0);
        assert_eq!(placement.choose([load(1, 0, 0), load(0, 9, 9)]), Some(0));
        // One that may not be chosen counts as none.
        placement.preferred = Some(5);
        assert_eq!(placement.choose(MIXED), Some(1));
    }

    #[test]
    fn round_robin() {
        let mut placement = placement(Policy::RoundRobin);
        for _ in 0..3 {
            for slot in [1, 3, 4, 6, 9] {
                assert_eq!(placement.choose(MIXED), Some(slot));
            }
        }
        // Members come and go.
        assert_eq!(placement.choose([load(2, 0, 0), load(63, 0, 0)]), Some(63));
        assert_eq!(placement.choose(MIXED), Some(1));
        assert_eq!(placement.choose([load(2, 9, 0), load(1, 0, 0)]), Some(2));
        assert_eq!(placement.choose([load(2, 0, 0), load(1, 9, 0)]), Some(1));
    }

    #[test]
    fn round_robin_of_a_failed_batch() {
        let mut placement = placement(Policy::RoundRobin);
        assert_eq!(placement.choose(MIXED), Some(1));
        let mut batch = placement;
        assert_eq!(batch.choose(MIXED), Some(3));
        assert_eq!(batch.choose(MIXED), Some(4));
        // The batch failed: nothing has changed.
        assert_eq!(placement.choose(MIXED), Some(3));
    }

    #[test]
    fn least_loaded() {
        let mut placement = placement(Policy::LeastLoaded);
        // Queued and running jobs count alike.
        assert_eq!(
            placement.choose([load(1, 0, 3), load(5, 2, 0), load(7, 1, 2)]),
            Some(5)
        );
        // The lowest slot among equals, whatever their order.
        assert_eq!(
            placement.choose([load(8, 1, 1), load(3, 2, 0), load(5, 0, 2)]),
            Some(3)
        );
        // The sum does not wrap.
        assert_eq!(
            placement.choose([load(0, u32::MAX, 1), load(1, 5, 5)]),
            Some(1)
        );
        // What they hold does not matter.
        assert_eq!(
            placement.choose([holds(0, 1, 1 << 40, 1 << 40), holds(1, 0, 0, 0)]),
            Some(1)
        );
    }

    #[test]
    fn locality() {
        let mut placement = placement(Policy::Locality);
        // A byte written counts before all bytes read.
        assert_eq!(
            placement.choose([holds(1, 0, 0, 1 << 40), holds(2, 50, 1, 0)]),
            Some(2)
        );
        // Most bytes written, however busy.
        assert_eq!(
            placement.choose([holds(1, 0, 100, 500), holds(2, 50, 101, 0)]),
            Some(2)
        );
        // Bytes read decide among equals.
        assert_eq!(
            placement.choose([holds(1, 0, 100, 10), holds(2, 50, 100, 11)]),
            Some(2)
        );
        assert_eq!(
            placement.choose([holds(1, 0, 0, 10), holds(2, 50, 0, 11)]),
            Some(2)
        );
        // Then the load, then the slot.
        assert_eq!(
            placement.choose([holds(1, 6, 100, 10), holds(2, 5, 100, 10)]),
            Some(2)
        );
        assert_eq!(
            placement.choose([holds(5, 6, 100, 10), holds(2, 6, 100, 10)]),
            Some(2)
        );
        // As LEAST_LOADED if none holds any.
        assert_eq!(
            placement.choose([holds(1, 6, 0, 0), holds(7, 5, 0, 0), holds(2, 5, 0, 0)]),
            Some(2)
        );
    }

    #[test]
    fn order_of_candidates_does_not_matter() -> Result {
        let mut rng = Rng::new(7);
        for _ in 0..500 {
            let mut candidates = KVec::new();
            let mut slots = rng.next();
            while slots != 0 && candidates.len() < 8 {
                let slot = slots.trailing_zeros();
                slots &= slots - 1;
                candidates.push(
                    Candidate {
                        slot,
                        queued: rng.below(3) as u32,
                        running: rng.below(3) as u32,
                        bytes_written: rng.below(3),
                        bytes_read: rng.below(3),
                    },
                    GFP_KERNEL,
                )?;
            }
            for policy in POLICIES {
                let placement = Placement {
                    policy,
                    preferred: Some(rng.below(64) as u32),
                    next: rng.below(64) as u32,
                };
                let forward = { placement }.choose(candidates.iter().copied());
                let backward = { placement }.choose(candidates.iter().rev().copied());
                assert_eq!(forward, backward);
                let mut slots = candidates.iter().map(|candidate| Some(candidate.slot));
                assert!(slots.any(|slot| slot == forward) || candidates.is_empty());
                assert_eq!(forward.is_none(), candidates.is_empty());
            }
        }
        Ok(())
    }

    #[test]
    fn values_of_the_uapi() {
        for (value, policy) in POLICIES.into_iter().enumerate() {
            assert_eq!(Policy::from_uapi(value as u32), Some(policy));
            assert_eq!(policy.to_uapi(), value as u32);
        }
        assert_eq!(Policy::from_uapi(4), None);
        assert_eq!(Policy::from_uapi(u32::MAX), None);
    }
}
