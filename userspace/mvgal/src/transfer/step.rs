// SPDX-License-Identifier: MIT OR Apache-2.0

//! How a range gets from one buffer to the other, job by job.

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doer {
    /// The engine at the source.
    Up,
    /// The engine at the target.
    Down,
    /// The CPU, for the source.
    CpuUp,
    /// The CPU, for the target.
    CpuDown,
    /// The CPU, within memory of the host.
    Host,
    /// The CPU, directly.
    Cpu,
    /// The CPU, from the target to its copies, if it has some.
    Copies,
}

/// A buffer of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Source,
    Target,
    /// Memory of the host that has the bytes as the target wants them.
    Stage,
    /// Memory of the host that has them as they came from the source.
    Raw,
}

/// A copy of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub doer: Doer,
    pub from: (Place, u64),
    pub to: (Place, u64),
    pub bytes: u64,
}

/// What an engine at one side counts in; `None` if the CPU does that half.
pub(super) type Unit = Option<u64>;

/// Where bytes come from, where they go to, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub src: u64,
    pub dst: u64,
    pub bytes: u64,
}

impl Range {
    fn part(self, from: u64, to: u64) -> Range {
        Range {
            src: self.src + from,
            dst: self.dst + from,
            bytes: to - from,
        }
    }
}

fn floor(offset: u64, unit: u64) -> u64 {
    offset - offset % unit
}

/// The steps of a range by way of memory of the host.
///
/// An engine counts in units. What it reads beside the range does no harm. What it writes
/// beside the range must be what is there: so the first and the last unit of the target are
/// read before, and the range is put between.
pub(super) fn staged(range: Range, up: Unit, down: Unit, steps: &mut Vec<Step>) {
    use Place::*;

    let Range { src, dst, bytes } = range;
    let unit = down.unwrap_or(1);
    // What is written, in units; and where the range is in it.
    let (first, end) = (floor(dst, unit), (dst + bytes).next_multiple_of(unit));
    let (head, tail) = (first < dst, end > dst + bytes);
    let window = end - first;
    let mut at = dst - first;
    if head {
        steps.push(Step {
            doer: Doer::Down,
            from: (Target, first),
            to: (Stage, 0),
            bytes: unit,
        });
    }
    if tail && !(head && window == unit) {
        steps.push(Step {
            doer: Doer::Down,
            from: (Target, end - unit),
            to: (Stage, window - unit),
            bytes: unit,
        });
    }
    match up {
        None => steps.push(Step {
            doer: Doer::CpuUp,
            from: (Source, src),
            to: (Stage, at),
            bytes,
        }),
        Some(unit) => {
            let first = floor(src, unit);
            let read = (src + bytes).next_multiple_of(unit) - first;
            let before = src - first;
            if down.is_none() {
                // The CPU takes it from wherever it is.
                at = before;
            }
            let exact = before == 0 && read == bytes;
            // It can be where it belongs if it is in the engine's units there, too, and what
            // is read beside it does not cover what was put there before.
            let in_place = at
                .checked_sub(before)
                .filter(|to| to.is_multiple_of(unit) && (exact || !(head || tail)));
            let to = in_place.map_or((Raw, 0), |to| (Stage, to));
            steps.push(Step {
                doer: Doer::Up,
                from: (Source, first),
                to,
                bytes: read,
            });
            if in_place.is_none() {
                steps.push(Step {
                    doer: Doer::Host,
                    from: (Raw, before),
                    to: (Stage, at),
                    bytes,
                });
            }
        }
    }
    steps.push(match down {
        None => Step {
            doer: Doer::CpuDown,
            from: (Stage, at),
            to: (Target, dst),
            bytes,
        },
        Some(_) => Step {
            doer: Doer::Down,
            from: (Stage, 0),
            to: (Target, first),
            bytes: window,
        },
    });
}

/// The steps of a range by one engine that sees both buffers. What is not in its units goes
/// by way of memory of the host.
pub(super) fn direct(range: Range, unit: u64, steps: &mut Vec<Step>) {
    let Range { src, dst, bytes } = range;
    let begin = (dst.next_multiple_of(unit) - dst).min(bytes);
    let end = floor(dst + bytes, unit).saturating_sub(dst).max(begin);
    if src % unit != dst % unit || begin == end {
        return staged(range, Some(unit), Some(unit), steps);
    }
    if begin != 0 {
        staged(range.part(0, begin), Some(unit), Some(unit), steps);
    }
    let body = range.part(begin, end);
    steps.push(Step {
        doer: Doer::Down,
        from: (Place::Source, body.src),
        to: (Place::Target, body.dst),
        bytes: body.bytes,
    });
    if end != bytes {
        staged(range.part(end, bytes), Some(unit), Some(unit), steps);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: usize = 1024;
    /// Room in memory of the host for the longest range, and a unit at either end.
    const ROOM: usize = SIZE + 128;

    /// Does the steps as their doers would, who are strict.
    fn execute(steps: &[Step], up: Unit, down: Unit, memory: &mut [Vec<u8>; 4]) {
        for step in steps {
            let unit = match step.doer {
                Doer::Up => up.unwrap(),
                Doer::Down => down.unwrap(),
                _ => 1,
            };
            let (from, to) = (step.from, step.to);
            assert!(
                (from.1 | to.1 | step.bytes).is_multiple_of(unit),
                "{step:?}"
            );
            assert_ne!(step.bytes, 0);
            // What the CPU cannot map, or the engine cannot see, the step does not touch.
            let places = [from.0, to.0];
            match step.doer {
                Doer::Host => assert_eq!(places, [Place::Raw, Place::Stage]),
                Doer::CpuUp => assert_eq!(places, [Place::Source, Place::Stage]),
                Doer::CpuDown => assert_eq!(places, [Place::Stage, Place::Target]),
                _ => {}
            }
            let range = |at: u64| at as usize..(at + step.bytes) as usize;
            let bytes = memory[from.0 as usize][range(from.1)].to_vec();
            memory[to.0 as usize][range(to.1)].copy_from_slice(&bytes);
        }
    }

    fn memory() -> [Vec<u8>; 4] {
        let of = |seed: usize, size| (0..size).map(|i| (i * 31 / 7 + seed) as u8).collect();
        [of(1, SIZE), of(2, SIZE), of(3, ROOM), of(4, ROOM)]
    }

    fn check(range: Range, steps: &[Step], up: Unit, down: Unit) -> Result<(), TestCaseError> {
        let mut found = memory();
        let mut wanted = memory()[1].clone();
        let (src, dst, bytes) = (range.src as usize, range.dst as usize, range.bytes as usize);
        wanted[dst..dst + bytes].copy_from_slice(&found[0][src..src + bytes]);
        execute(steps, up, down, &mut found);
        prop_assert!(found[1] == wanted, "{range:?}: {steps:?}");
        prop_assert!(found[0] == memory()[0]);
        Ok(())
    }

    fn range() -> impl Strategy<Value = Range> {
        (0..SIZE as u64, 0..SIZE as u64, 1..=SIZE as u64).prop_map(|(src, dst, bytes)| {
            let room = SIZE as u64 - src.max(dst);
            Range {
                src,
                dst,
                bytes: bytes.min(room),
            }
        })
    }

    fn unit() -> impl Strategy<Value = Unit> {
        prop_oneof![Just(None), Just(Some(1)), Just(Some(4)), Just(Some(64))]
    }

    proptest! {
        #[test]
        fn staged_writes_the_range_alone(range in range(), up in unit(), down in unit()) {
            let mut steps = Vec::new();
            staged(range, up, down, &mut steps);
            check(range, &steps, up, down)?;
        }

        #[test]
        fn direct_writes_the_range_alone(range in range(), unit in prop_oneof![Just(1_u64), Just(64)]) {
            let mut steps = Vec::new();
            direct(range, unit, &mut steps);
            check(range, &steps, Some(unit), Some(unit))?;
            let fits = (range.src | range.dst | range.bytes).is_multiple_of(unit);
            prop_assert_eq!(steps.len() == 1, fits);
        }
    }

    #[test]
    fn what_fits_is_as_few_steps_as_can_be() {
        let count = |range, up, down| {
            let mut steps = Vec::new();
            staged(range, up, down, &mut steps);
            steps.len()
        };
        let range = |src, dst, bytes| Range { src, dst, bytes };
        assert_eq!(count(range(64, 0, 128), Some(64), Some(64)), 2);
        assert_eq!(count(range(3, 5, 7), None, None), 2);
        assert_eq!(count(range(3, 5, 7), Some(64), None), 2);
        assert_eq!(count(range(3, 64, 64), Some(64), Some(64)), 3);
        assert_eq!(count(range(3, 5, 7), None, Some(64)), 3);
        assert_eq!(count(range(3, 5, 700), Some(64), Some(64)), 5);
    }
}
