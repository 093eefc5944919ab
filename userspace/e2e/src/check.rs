// SPDX-License-Identifier: MIT OR Apache-2.0

//! Checks that many tests share.

use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::job::Job;
use crate::raw;
use crate::raw::Result;
use crate::sys::*;
use nix::errno::Errno;

/// What a refused call must leave as it was.
#[derive(PartialEq, Eq, Debug)]
struct State {
    generation: u64,
    next_handle: u32,
    next_syncobj: u32,
    fds: usize,
    affinity: drm_mvgal_set_gpu_affinity,
    /// Id, queued and running jobs of each member.
    jobs: Vec<(u32, u32, u32)>,
}

impl State {
    fn of(client: &Client) -> Self {
        let (generation, devices) = client.devices();
        let probe = client
            .alloc_flags(HOST, PAGE, 0)
            .expect("ALLOC_MEMORY of a page");
        client.free(probe.handle).expect("FREE_MEMORY");
        let next_syncobj = client.syncobj();
        client
            .syncobj_destroy(next_syncobj)
            .expect("SYNCOBJ_DESTROY");
        let mut affinity = client.current_affinity();
        affinity.members = Default::default();
        Self {
            generation,
            next_handle: probe.handle,
            next_syncobj,
            fds: raw::open_fds(),
            affinity,
            jobs: devices
                .iter()
                .map(|d| (d.id, d.jobs_queued, d.jobs_running))
                .collect(),
        }
    }
}

/// Makes a call; if it is refused, also what has changed by it all the same, if
/// anything: a handle, syncobj or descriptor taken, a job queued.
pub fn changes<T>(
    client: &Client,
    call: impl FnOnce() -> Result<T>,
) -> std::result::Result<T, (Errno, Option<String>)> {
    let before = State::of(client);
    let error = match call() {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let mut after = State::of(client);
    // Jobs that run meanwhile may end.
    for _ in 0..20 {
        if after == before {
            return Err((error, None));
        }
        raw::sleep_ms(20);
        after = State::of(client);
    }
    Err((error, Some(format!("{before:?} became {after:?}"))))
}

/// Checks that a call is refused with one of the errors, and that nothing has
/// changed by it.
#[track_caller]
pub fn refused_any<T>(
    client: &Client,
    errors: &[Errno],
    what: &str,
    call: impl FnOnce() -> Result<T>,
) {
    match changes(client, call) {
        Ok(_) => panic!("{what}: accepted, wanted {errors:?}"),
        Err((_, Some(change))) => panic!("{what}: refused, but {change}"),
        Err((error, None)) => assert!(
            errors.contains(&error),
            "{what}: {error:?}, wanted {errors:?}"
        ),
    }
}

/// [`refused_any`] for one error.
#[track_caller]
pub fn refused<T>(client: &Client, error: Errno, what: &str, call: impl FnOnce() -> Result<T>) {
    refused_any(client, &[error], what, call);
}

/// Checks that jobs on a buffer run, but not with implicit synchronisation.
#[track_caller]
pub fn refused_if_implicit(client: &Client, buffer: &Buffer) {
    let host = client.alloc(HOST, buffer.size);
    for job in [
        Job::fill(buffer, 1),
        Job::copy(buffer, &host),
        Job::copy(&host, buffer),
    ] {
        refused(client, Errno::EOPNOTSUPP, "implicit sync", || {
            client.submit(vec![job.clone().implicit()])
        });
        client.run(job);
    }
}

/// Checks that an array is refused if a byte of what is behind the known part of an element, of
/// which some are `tail`, is not zero.
#[track_caller]
pub fn refused_tails<T>(
    client: &Client,
    elements: &[u8],
    tail: &[usize],
    mut call: impl FnMut(&mut [u8]) -> Result<T>,
) {
    for at in tail {
        let mut grown = elements.to_vec();
        grown[*at] = 1;
        let what = format!("something unknown at byte {at}");
        refused(client, Errno::E2BIG, &what, || call(&mut grown));
    }
}

/// Checks bytes, and names the first that is wrong.
#[track_caller]
pub fn same(found: &[u8], wanted: &[u8], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: length");
    if let Some(at) = (0..found.len()).find(|i| found[*i] != wanted[*i]) {
        panic!(
            "{what}: byte {at} of {} is {:#04x}, wanted {:#04x}",
            found.len(),
            found[at],
            wanted[at]
        );
    }
}

/// Bytes that differ with the seed and hardly repeat.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..len).map(|_| random.next() as u8).collect()
}

/// A generator of numbers (xorshift64*), for patterns and random calls.
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to the seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of some choices.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// The bits of `u32` that are not in `known`, one by one.
pub fn unknown_bits(known: u32) -> impl Iterator<Item = u32> {
    (0..32)
        .map(|bit| 1 << bit)
        .filter(move |bit| bit & known == 0)
}
