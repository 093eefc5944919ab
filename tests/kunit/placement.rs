// SPDX-License-Identifier: GPL-2.0

//! Tests of the placement policies. Each would fail were the policy another one.

use super::{
    Candidate,
    Credits,
    Placement,
    Policy, //
};
use crate::rng::Rng;
use kernel::prelude::*;

const POLICIES: [Policy; 6] = [
    Policy::Single,
    Policy::RoundRobin,
    Policy::LeastLoaded,
    Policy::Locality,
    Policy::Weighted,
    Policy::Hybrid,
];

fn placement(policy: Policy) -> Placement {
    with(policy, None, 0)
}

fn with(policy: Policy, preferred: Option<u32>, next: u32) -> Placement {
    let credits = Credits::none().try_clone(policy);
    assert!(credits.is_ok());
    Placement {
        policy,
        preferred,
        next,
        credits: credits.unwrap_or(Credits::none()),
    }
}

/// A member that nothing is known of.
const IDLE: Candidate = Candidate {
    slot: 0,
    queued: 0,
    running: 0,
    bytes_written: 0,
    bytes_read: 0,
    bytes_missing: 0,
    weight: 100,
    mean_ns: None,
};

/// A member with so many jobs queued and running.
fn load(slot: u32, queued: u32, running: u32) -> Candidate {
    Candidate {
        slot,
        queued,
        running,
        bytes_written: 0,
        bytes_read: 0,
        ..IDLE
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
        ..IDLE
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
        ..IDLE
    },
    Candidate {
        slot: 6,
        queued: 7,
        running: 1,
        bytes_written: 4096,
        bytes_read: 0,
        ..IDLE
    },
    Candidate {
        slot: 4,
        queued: 0,
        running: 0,
        bytes_written: 0,
        bytes_read: 0,
        ..IDLE
    },
    Candidate {
        slot: 3,
        queued: 5,
        running: 1,
        bytes_written: 0,
        bytes_read: 0,
        ..IDLE
    },
    Candidate {
        slot: 1,
        queued: 3,
        running: 1,
        bytes_written: 0,
        bytes_read: 8192,
        ..IDLE
    },
];

#[kunit_tests(mvgal_placement)]
mod tests {
    use super::*;

    #[test]
    fn policies_differ() {
        let choose = |policy| with(policy, Some(9), 3).choose(MIXED);
        assert_eq!(choose(Policy::Single), Some(9));
        assert_eq!(choose(Policy::RoundRobin), Some(3));
        assert_eq!(choose(Policy::LeastLoaded), Some(4));
        assert_eq!(choose(Policy::Locality), Some(6));
        // Its weight and its speed are those of nobody else.
        let special = MIXED.map(|candidate| match candidate.slot {
            1 => Candidate {
                weight: 500,
                ..candidate
            },
            9 => Candidate {
                mean_ns: Some(10),
                ..candidate
            },
            _ => candidate,
        });
        let choose = |policy| with(policy, Some(3), 4).choose(special);
        assert_eq!(choose(Policy::Single), Some(3));
        assert_eq!(choose(Policy::RoundRobin), Some(4));
        assert_eq!(choose(Policy::LeastLoaded), Some(4));
        assert_eq!(choose(Policy::Locality), Some(6));
        assert_eq!(choose(Policy::Weighted), Some(1));
        assert_eq!(choose(Policy::Hybrid), Some(9));
    }

    #[test]
    fn weighted_in_proportion() -> Result {
        let mut rng = Rng::new(17);
        for _ in 0..200 {
            let mut candidates = KVec::new();
            for slot in 0..1 + rng.below(6) as u32 {
                let weight = 1 + rng.below(12) as u32;
                candidates.push(
                    Candidate {
                        slot,
                        weight,
                        ..IDLE
                    },
                    GFP_KERNEL,
                )?;
            }
            let sum: u32 = candidates.iter().map(|c| c.weight).sum();
            let mut placement = placement(Policy::Weighted);
            let mut got = [0i64; 6];
            for round in 1..=3 * i64::from(sum) {
                let slot = placement.choose(candidates.iter().copied()).ok_or(EINVAL)?;
                *got.get_mut(slot as usize).ok_or(EINVAL)? += 1;
                for (candidate, got) in candidates.iter().zip(got) {
                    // Never as far from its share as the others' weights are many.
                    let share = round * i64::from(candidate.weight);
                    let off = (got * i64::from(sum) - share).abs();
                    assert!(off < i64::from(sum) * candidates.len() as i64);
                    // And at the end of each turn, just its share.
                    if round % i64::from(sum) == 0 {
                        assert_eq!(off, 0);
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn weighted_is_spread() {
        let mut placement = placement(Policy::Weighted);
        let of = |slot, weight| Candidate {
            slot,
            weight,
            ..IDLE
        };
        let members = [of(0, 3), of(1, 1), of(2, 2)];
        let got = [(); 6].map(|()| placement.choose(members));
        assert_eq!(got, [0, 2, 0, 1, 2, 0].map(Some));
    }

    #[test]
    fn weighted_of_a_failed_batch() -> Result {
        let mut placement = placement(Policy::Weighted);
        let members = [0, 1].map(|slot| Candidate { slot, ..IDLE });
        assert_eq!(placement.choose(members), Some(0));
        assert_eq!(placement.try_clone()?.choose(members), Some(1));
        assert_eq!(placement.choose(members), Some(1));
        Ok(())
    }

    #[test]
    fn hybrid() {
        let choose = |members: [Candidate; 2]| placement(Policy::Hybrid).choose(members);
        let of = |slot, queued, mean_ns| Candidate {
            slot,
            queued,
            mean_ns: Some(mean_ns),
            ..IDLE
        };
        // Few slow jobs against many fast ones.
        assert_eq!(choose([of(1, 1, 1000), of(2, 9, 150)]), Some(2));
        assert_eq!(choose([of(1, 1, 1000), of(2, 9, 250)]), Some(1));
        // An idle one is no better if it is slow.
        assert_eq!(choose([of(1, 0, 5000), of(2, 3, 1000)]), Some(2));
        // What has to be brought counts as time.
        let far = |candidate: Candidate, bytes_missing| Candidate {
            bytes_missing,
            ..candidate
        };
        assert_eq!(choose([far(of(1, 0, 100), 4_000), of(2, 9, 100)]), Some(2));
        assert_eq!(choose([far(of(1, 0, 100), 3_000), of(2, 9, 100)]), Some(1));
        // So does the weight.
        let heavy = Candidate {
            weight: 1000,
            ..of(2, 9, 100)
        };
        assert_eq!(choose([of(1, 1, 100), heavy]), Some(2));
        // The lowest slot among equals; and the sum does not wrap.
        assert_eq!(choose([of(2, 1, 7), of(1, 1, 7)]), Some(1));
        let worst = far(of(1, u32::MAX, u64::MAX), u64::MAX);
        assert_eq!(choose([worst, of(2, 5, 5)]), Some(2));
    }

    #[test]
    fn nobody_to_choose() {
        for policy in POLICIES {
            let mut placement = with(policy, Some(3), 7);
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
    fn round_robin_of_a_failed_batch() -> Result {
        let mut placement = placement(Policy::RoundRobin);
        assert_eq!(placement.choose(MIXED), Some(1));
        let mut batch = placement.try_clone()?;
        assert_eq!(batch.choose(MIXED), Some(3));
        assert_eq!(batch.choose(MIXED), Some(4));
        // The batch failed: nothing has changed.
        assert_eq!(placement.choose(MIXED), Some(3));
        Ok(())
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
                        ..IDLE
                    },
                    GFP_KERNEL,
                )?;
            }
            for policy in POLICIES {
                let (preferred, next) = (Some(rng.below(64) as u32), rng.below(64) as u32);
                let forward = with(policy, preferred, next).choose(candidates.iter().copied());
                let mut other = with(policy, preferred, next);
                let backward = other.choose(candidates.iter().rev().copied());
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
        assert_eq!(Policy::from_uapi(6), None);
        assert_eq!(Policy::from_uapi(u32::MAX), None);
    }
}
