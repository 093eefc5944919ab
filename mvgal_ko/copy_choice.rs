// SPDX-License-Identifier: GPL-2.0

//! Which of the kernel's functions copies, chosen by how long each takes.
//!
//! Which is the fastest depends on the CPU, and on how the memory is cached and where it is, of
//! which the mapping of a buffer tells only whether it is I/O memory. So each slice of a large copy
//! is timed, and the next one is made by what took the least time lately. What is slower is tried
//! again now and then, so that the choice follows when other buffers are copied.
//!
//! Small copies are always plain. They are over before what a choice would gain is worth the
//! looking, and what is written is likely to be read soon: a plain copy leaves it in the cache,
//! from where the others keep it out.
//!
//! All of it runs while published fences wait: it is made of counters that may be some samples
//! behind when several CPUs copy.

use kernel::{
    fmt,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use kernel_ext::{
    clock::monotonic_ns,
    iosys_map::{
        CopyMethod,
        IosysMap, //
    }, //
};

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/copy_choice.rs"]
mod kunit;

/// Most bytes that are copied in one go, and timed.
pub(crate) const SLICE: u64 = 1 << 20;

/// What is less is copied plainly.
const LEAST: u64 = SLICE / 2;

/// How many of the last times of a method count. The least of them does, so that one slice in which
/// the CPU was taken away decides nothing.
const SAMPLES: usize = 4;

/// As many measurements fill what is remembered.
// CAST: Widens.
const ENOUGH: u64 = SAMPLES as u64;

/// A method that is not in use is tried again when as many times what a slice took it has been
/// spent on others. So the trying takes a 256th of the time at most, however slow it is.
const PATIENCE: u64 = 256;

/// What there is for a kind of memory: the method, and what it is called.
type Candidates = &'static [(CopyMethod, &'static str)];

/// From system to system memory, which a driver may have mapped write-combined.
const SYSTEM_TO_SYSTEM: Candidates = &[
    (CopyMethod::Plain, "memcpy"),
    (CopyMethod::StreamingStores, "memcpy_flushcache"),
    (CopyMethod::StreamingLoads, "drm_memcpy_from_wc"),
];

/// From system to I/O memory.
const SYSTEM_TO_IO: Candidates = &[
    (CopyMethod::Plain, "memcpy_toio"),
    (CopyMethod::StreamingStores, "memcpy_flushcache"),
];

/// From I/O to system memory.
const IO_TO_SYSTEM: Candidates = &[
    (CopyMethod::Plain, "memcpy_fromio"),
    (CopyMethod::StreamingLoads, "drm_memcpy_from_wc"),
];

/// From I/O to I/O memory.
const IO_TO_IO: Candidates = &[
    (CopyMethod::Plain, "memcpy_fromio + memcpy_toio"),
    (CopyMethod::StreamingLoads, "drm_memcpy_from_wc"),
];

/// Most candidates that a kind of memory has.
const MAX_CANDIDATES: usize = 3;

/// The choices for all kinds of memory.
pub(crate) struct CopyChoices {
    system_to_system: Choice,
    system_to_io: Choice,
    io_to_system: Choice,
    io_to_io: Choice,
}

impl CopyChoices {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            system_to_system: Choice::new(SYSTEM_TO_SYSTEM),
            system_to_io: Choice::new(SYSTEM_TO_IO),
            io_to_system: Choice::new(IO_TO_SYSTEM),
            io_to_io: Choice::new(IO_TO_IO),
        }
    }

    /// Copies no more than [`SLICE`] bytes. The rest is as with [`IosysMap::copy_by`].
    ///
    /// # Errors
    ///
    /// `EINVAL` if a range is not inside of its mapping.
    pub(crate) fn copy(
        &self,
        src: &IosysMap,
        src_offset: u64,
        dst: &IosysMap,
        dst_offset: u64,
        len: u64,
    ) -> Result {
        if len < LEAST {
            return src.copy_to(src_offset, dst, dst_offset, len);
        }
        let choice = match (src.is_iomem(), dst.is_iomem()) {
            (false, false) => &self.system_to_system,
            (false, true) => &self.system_to_io,
            (true, false) => &self.io_to_system,
            (true, true) => &self.io_to_io,
        };
        let method =
            choice.next(|method| src.can_copy_by(method, src_offset, dst, dst_offset, len));
        let start = monotonic_ns();
        src.copy_by(method, src_offset, dst, dst_offset, len)?;
        choice.took(method, monotonic_ns() - start, len);
        Ok(())
    }

    /// Lists what has been measured, for people.
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, choice) in [
            ("system to system", &self.system_to_system),
            ("system to I/O", &self.system_to_io),
            ("I/O to system", &self.io_to_system),
            ("I/O to I/O", &self.io_to_io),
        ] {
            writeln!(f, "{kind}:")?;
            choice.describe(f)?;
        }
        Ok(())
    }
}

/// The choice for one kind of memory.
struct Choice {
    candidates: Candidates,
    // As many as there are candidates are in use.
    times: [Times; MAX_CANDIDATES],
}

impl Choice {
    /// One of `candidates`, of which there are [`MAX_CANDIDATES`] at most.
    fn new(candidates: Candidates) -> Self {
        Self {
            candidates,
            times: core::array::from_fn(|_| Times::new()),
        }
    }

    fn each(&self) -> impl Iterator<Item = (CopyMethod, &'static str, &Times)> {
        let pairs = self.candidates.iter().zip(&self.times);
        pairs.map(|((method, name), times)| (*method, *name, times))
    }

    /// Returns how the next slice is to be copied, of what `can` says is possible.
    fn next(&self, can: impl Fn(CopyMethod) -> bool) -> CopyMethod {
        let possible = self.each().filter(|(method, ..)| can(*method));
        possible
            .min_by_key(|(.., times)| times.rank())
            .map_or(CopyMethod::Plain, |(method, ..)| method)
    }

    /// Learns what `len` bytes took by a method, in ns.
    fn took(&self, method: CopyMethod, ns: u64, len: u64) {
        for (other, _, times) in self.each() {
            if other == method {
                times.add(ns.saturating_mul(SLICE) / len.max(1));
            } else {
                times.wait(ns);
            }
        }
    }

    /// Returns the fastest method of those that were measured often enough.
    fn fastest(&self) -> Option<CopyMethod> {
        let known = self.each().filter(|(.., times)| times.count() >= ENOUGH);
        let fastest = known.min_by_key(|(.., times)| times.least());
        fastest.map(|(method, ..)| method)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fastest = self.fastest();
        for (method, name, times) in self.each() {
            match (SLICE * 100).checked_div(times.least()) {
                Some(rate) => {
                    let (whole, hundredths) = (rate / 100, rate % 100);
                    write!(f, "  {name}: {whole}.{hundredths:02} bytes/ns")?;
                }
                None => write!(f, "  {name}: not measured")?,
            }
            writeln!(
                f,
                "{}",
                if fastest == Some(method) {
                    ", in use"
                } else {
                    ""
                }
            )?;
        }
        Ok(())
    }
}

/// The last times of a method, for as many bytes as [`SLICE`].
struct Times {
    /// In ns; 0 for none.
    last: [Atomic<u64>; SAMPLES],
    /// How many there were.
    written: Atomic<u64>,
    /// What was spent on other methods since, in ns.
    waited_ns: Atomic<u64>,
}

impl Times {
    fn new() -> Self {
        Self {
            last: core::array::from_fn(|_| Atomic::new(0)),
            written: Atomic::new(0),
            waited_ns: Atomic::new(0),
        }
    }

    /// How many there were.
    fn count(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// The least of the last times in ns, or 0 if there was none.
    fn least(&self) -> u64 {
        let all = self.last.iter().map(|time| time.load(Relaxed));
        all.filter(|ns| *ns != 0).min().unwrap_or(0)
    }

    /// What is of the lowest rank is next: what is not known well enough, what has waited for long,
    /// and then what takes the least time.
    fn rank(&self) -> u64 {
        let (count, least) = (self.count(), self.least());
        if count < ENOUGH {
            count
        } else if self.waited_ns.load(Relaxed) / PATIENCE >= least {
            ENOUGH
        } else {
            least.saturating_add(ENOUGH)
        }
    }

    fn add(&self, ns: u64) {
        // CAST: Below `SAMPLES`.
        let at = (self.written.fetch_add(1u64, Relaxed) % ENOUGH) as usize;
        if let Some(time) = self.last.get(at) {
            time.store(ns.max(1), Relaxed);
        }
        self.waited_ns.store(0, Relaxed);
    }

    fn wait(&self, ns: u64) {
        self.waited_ns.add(ns, Relaxed);
    }
}
