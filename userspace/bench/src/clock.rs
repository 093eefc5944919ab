// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reading the clock, and what disturbs it.

use nix::errno::Errno;
use nix::libc;
use nix::time::{ClockId, clock_gettime};

use crate::Result;

/// `CLOCK_MONOTONIC` in ns.
pub fn now() -> u64 {
    match clock_gettime(ClockId::CLOCK_MONOTONIC) {
        Ok(time) => time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64,
        Err(errno) => panic!("the monotonic clock does not answer: {errno}"),
    }
}

/// The median of some samples, of which there must be one.
pub fn median(mut samples: Vec<u64>) -> u64 {
    samples.sort_unstable();
    samples[samples.len() / 2]
}

/// What it costs to read the clock, in ns.
pub fn cost() -> u64 {
    median(
        (0..101)
            .map(|_| {
                let start = now();
                now() - start
            })
            .collect(),
    )
}

/// The median of what `sample` returns in some rounds. It is called once before,
/// so that what is set up at the first use does not count.
///
/// # Errors
///
/// The first error of `sample`.
pub fn median_of(rounds: u32, mut sample: impl FnMut() -> Result<u64>) -> Result<u64> {
    sample()?;
    let samples = (0..rounds).map(|_| sample()).collect::<Result<Vec<_>>>()?;
    Ok(median(samples))
}

/// As [`median_of`], but what a tenth of the rounds stays below: for what something
/// outside breaks in upon, sooner or later, as the interrupts of a device do.
///
/// # Errors
///
/// The first error of `sample`.
pub fn undisturbed_of(rounds: u32, mut sample: impl FnMut() -> Result<u64>) -> Result<u64> {
    sample()?;
    let mut samples = (0..rounds).map(|_| sample()).collect::<Result<Vec<_>>>()?;
    samples.sort_unstable();
    Ok(samples.get(samples.len() / 10).copied().unwrap_or_default())
}

/// How long `f` takes in ns, without the reading of the clock.
///
/// # Errors
///
/// Those of `f`.
pub fn time(clock: u64, f: impl FnOnce() -> Result<()>) -> Result<u64> {
    let start = now();
    f()?;
    Ok((now() - start).saturating_sub(clock))
}

/// Makes this thread one that gets a processor as soon as it can run, so that
/// what is measured is the way there and not a decision of the CPU scheduler.
///
/// # Errors
///
/// `EPERM` without the right to do so.
pub fn real_time() -> Result<()> {
    let param = libc::sched_param { sched_priority: 1 };
    // SAFETY: the structure is valid; 0 is this thread.
    Errno::result(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &param) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![4]), 4);
        assert_eq!(median(vec![4, 1, 3, 2]), 3);
    }

    #[test]
    fn interrupts_do_not_count() {
        let mut samples = (0..21).map(|n| if n % 3 == 0 { 10 } else { 2000 + n });
        let found = undisturbed_of(20, || Ok(samples.next().expect("21 samples")));
        assert_eq!(found.expect("no sample fails"), 10);
    }

    #[test]
    fn first_sample_does_not_count() {
        let mut samples = [1000, 1, 2, 3].into_iter();
        let found = median_of(3, || Ok(samples.next().expect("four samples")));
        assert_eq!(found.expect("no sample fails"), 2);
    }
}
