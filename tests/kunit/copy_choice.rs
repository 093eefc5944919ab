// SPDX-License-Identifier: GPL-2.0

//! Tests of `mvgal_ko/copy_choice.rs`: the choice by times that are made up. What the methods copy is
//! tested in `iosys_map.rs`.

use super::{
    Choice,
    CopyChoices,
    CopyMethod,
    LEAST,
    PATIENCE,
    SAMPLES,
    SLICE,
    SYSTEM_TO_SYSTEM, //
};

use kernel::{
    faux,
    module::this_module,
    prelude::*,
    str::CString, //
};
use kernel_ext::{
    dma_buf::{
        DmaBuf,
        Vmap, //
    },
    system_buffer, //
};

/// What slices take, in ns.
#[derive(Clone, Copy)]
struct Machine {
    plain: u64,
    stores: u64,
    loads: u64,
}

impl Machine {
    fn ns(&self, method: CopyMethod) -> u64 {
        match method {
            CopyMethod::Plain => self.plain,
            CopyMethod::StreamingStores => self.stores,
            CopyMethod::StreamingLoads => self.loads,
        }
    }

    /// Copies so many slices, and returns how many of them by the given method.
    fn copy(&self, choice: &Choice, slices: u64, method: CopyMethod) -> u64 {
        let mut by_method = 0;
        for _ in 0..slices {
            let used = choice.next(|_| true);
            choice.took(used, self.ns(used), SLICE);
            by_method += u64::from(used == method);
        }
        by_method
    }
}

/// As many slices as are made before there is a choice.
const FIRST: u64 = (SAMPLES * SYSTEM_TO_SYSTEM.len()) as u64;

fn buffer(size: u64) -> Result<Vmap> {
    let dev = faux::Registration::new(c"mvgal-kunit", None)?;
    let dma_buf = system_buffer::alloc(this_module::<crate::Mvgal>(), size as usize, None)?;
    DmaBuf::vmap(dma_buf, dev.as_ref().as_ref())
}

fn described(choices: &CopyChoices) -> Result<CString> {
    struct Described<'a>(&'a CopyChoices);
    impl kernel::fmt::Display for Described<'_> {
        fn fmt(&self, f: &mut kernel::fmt::Formatter<'_>) -> kernel::fmt::Result {
            self.0.describe(f)
        }
    }
    CString::try_from_fmt(fmt!("{}", Described(choices)))
}

#[kunit_tests(mvgal_copy_choice)]
mod tests {
    use super::*;

    #[test]
    fn all_are_tried_first_and_equally_often() {
        let machine = Machine {
            plain: 100,
            stores: 50,
            loads: 200,
        };
        for (method, _) in SYSTEM_TO_SYSTEM {
            let choice = Choice::new(SYSTEM_TO_SYSTEM);
            assert_eq!(choice.fastest(), None);
            assert_eq!(machine.copy(&choice, FIRST, *method), SAMPLES as u64);
        }
    }

    #[test]
    fn the_fastest_is_used() {
        for (plain, stores, loads, fastest) in [
            (100, 110, 120, CopyMethod::Plain),
            (110, 100, 120, CopyMethod::StreamingStores),
            (120, 110, 100, CopyMethod::StreamingLoads),
        ] {
            let machine = Machine {
                plain,
                stores,
                loads,
            };
            let choice = Choice::new(SYSTEM_TO_SYSTEM);
            machine.copy(&choice, FIRST, fastest);
            assert_eq!(choice.fastest(), Some(fastest));
            assert_eq!(machine.copy(&choice, PATIENCE, fastest), PATIENCE);
        }
    }

    #[test]
    fn the_slow_take_a_small_part_of_the_time() {
        let machine = Machine {
            plain: 100,
            stores: 150,
            loads: 5_000,
        };
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        machine.copy(&choice, FIRST, CopyMethod::Plain);

        let slices = 200_000;
        let stores = machine.copy(&choice, slices, CopyMethod::StreamingStores);
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        machine.copy(&choice, FIRST, CopyMethod::Plain);
        let loads = machine.copy(&choice, slices, CopyMethod::StreamingLoads);

        let plain = slices - stores - loads;
        let all_ns = plain * machine.plain + stores * machine.stores + loads * machine.loads;
        for (count, ns) in [(stores, machine.stores), (loads, machine.loads)] {
            // They are tried, and no more than they may be.
            assert!(count > 10);
            assert!(count * ns <= all_ns / PATIENCE + ns);
        }
    }

    #[test]
    fn what_has_become_slow_is_given_up_at_once() {
        let mut machine = Machine {
            plain: 100,
            stores: 110,
            loads: 120,
        };
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        machine.copy(&choice, FIRST, CopyMethod::Plain);
        machine.plain = 1000;
        let used = machine.copy(&choice, 100, CopyMethod::Plain);
        assert_eq!(used, SAMPLES as u64);
        assert_eq!(choice.fastest(), Some(CopyMethod::StreamingStores));
    }

    #[test]
    fn what_has_become_fast_is_found() {
        let mut machine = Machine {
            plain: 100,
            stores: 200,
            loads: 300,
        };
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        machine.copy(&choice, FIRST, CopyMethod::Plain);
        machine.loads = 10;
        machine.copy(&choice, 3 * PATIENCE + 2, CopyMethod::Plain);
        assert_eq!(choice.fastest(), Some(CopyMethod::StreamingLoads));
    }

    #[test]
    fn shorter_ones_count_as_what_they_are() {
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        for _ in 0..FIRST {
            let used = choice.next(|_| true);
            match used {
                CopyMethod::Plain => choice.took(used, 60, LEAST),
                _ => choice.took(used, 100, SLICE),
            }
        }
        assert_ne!(choice.fastest(), Some(CopyMethod::Plain));
        for _ in 0..SAMPLES {
            choice.took(CopyMethod::Plain, 45, LEAST);
        }
        assert_eq!(choice.fastest(), Some(CopyMethod::Plain));
    }

    #[test]
    fn one_that_was_interrupted_decides_nothing() {
        let machine = Machine {
            plain: 100,
            stores: 110,
            loads: 120,
        };
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        machine.copy(&choice, FIRST, CopyMethod::Plain);
        for _ in 0..SAMPLES - 1 {
            choice.took(CopyMethod::Plain, 1_000_000, SLICE);
        }
        assert_eq!(choice.fastest(), Some(CopyMethod::Plain));
        choice.took(CopyMethod::Plain, 1_000_000, SLICE);
        assert_eq!(choice.fastest(), Some(CopyMethod::StreamingStores));
    }

    #[test]
    fn what_is_impossible_is_not_chosen() {
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        for _ in 0..100 {
            let used = choice.next(|method| method != CopyMethod::StreamingLoads);
            assert!(used != CopyMethod::StreamingLoads);
            let ns = if used == CopyMethod::Plain { 200 } else { 100 };
            choice.took(used, ns, SLICE);
        }
        // The others are known all the same.
        assert_eq!(choice.fastest(), Some(CopyMethod::StreamingStores));
        assert_eq!(choice.next(|_| false), CopyMethod::Plain);
    }

    #[test]
    fn times_of_nothing_do_no_harm() {
        let choice = Choice::new(SYSTEM_TO_SYSTEM);
        for ns in [0, u64::MAX, 0, u64::MAX] {
            for (method, _) in SYSTEM_TO_SYSTEM {
                choice.took(*method, ns, SLICE);
                choice.took(*method, ns, 0);
            }
        }
        assert!(choice.fastest().is_some());
        choice.next(|_| true);
    }

    #[test]
    fn large_copies_are_measured() -> Result {
        let choices = CopyChoices::new();
        let (src, dst) = (buffer(SLICE)?, buffer(SLICE)?);

        for _ in 0..FIRST {
            choices.copy(&src, 0, &dst, 0, SLICE)?;
        }
        let text = described(&choices)?;
        let text = core::str::from_utf8(text.to_bytes()).map_err(|_| EINVAL)?;
        assert!(text.contains("  memcpy_flushcache: "));
        // Of system memory all that work here, and of I/O memory none.
        let unknown = if cfg!(CONFIG_X86_64) { 6 } else { 7 };
        assert_eq!(text.matches("not measured").count(), unknown);
        assert_eq!(text.matches(", in use").count(), 1);
        assert_eq!(choices.copy(&src, 1, &dst, 0, SLICE), Err(EINVAL));
        Ok(())
    }

    #[test]
    fn small_copies_are_not_measured() -> Result {
        let choices = CopyChoices::new();
        let (src, dst) = (buffer(SLICE)?, buffer(SLICE)?);

        for _ in 0..FIRST {
            choices.copy(&src, 0, &dst, 0, LEAST - 1)?;
        }
        let text = described(&choices)?;
        let text = core::str::from_utf8(text.to_bytes()).map_err(|_| EINVAL)?;
        assert!(!text.contains("bytes/ns"));
        assert_eq!(text.matches("not measured").count(), 9);
        Ok(())
    }
}
