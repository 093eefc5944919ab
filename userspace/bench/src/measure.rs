// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reading the clock.

use crate::Result;
use nix::time::{ClockId, clock_gettime};

/// `CLOCK_MONOTONIC` in ns.
pub fn now() -> u64 {
    match clock_gettime(ClockId::CLOCK_MONOTONIC) {
        Ok(time) => time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64,
        Err(errno) => panic!("the monotonic clock does not answer: {errno}"),
    }
}

fn median(mut samples: Vec<u64>) -> u64 {
    samples.sort_unstable();
    samples[samples.len() / 2]
}

/// The median time of `f` over some rounds, without that of reading the clock.
///
/// # Errors
///
/// The first error of `f`.
pub fn time(rounds: u32, mut f: impl FnMut() -> Result<()>) -> Result<u64> {
    // Once before, so that what is set up at the first use does not count.
    f()?;
    let clock = median(
        (0..rounds)
            .map(|_| {
                let start = now();
                now() - start
            })
            .collect(),
    );
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let start = now();
        f()?;
        samples.push(now() - start);
    }
    Ok(median(samples).saturating_sub(clock))
}
