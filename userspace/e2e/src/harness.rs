// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs tests, each in a process of its own, and prints TAP.
//!
//! A test passes when its function returns. Besides what it asserts, it fails if
//! it takes too long, leaves a job behind on any member, or makes the kernel
//! complain in its log.

use crate::client::Client;
use crate::lab::Lab;
use crate::lab::Need;
use crate::proc::Child;
use crate::raw;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::ExitCode;

/// One test.
#[derive(Clone, Copy)]
pub struct Test {
    /// Path of the function.
    pub path: &'static str,
    /// What it cannot do without.
    pub needs: &'static [Need],
    /// Most seconds it may take on a machine that has nothing else to do.
    pub secs: i32,
    /// The test.
    pub run: fn(&Lab),
}

impl Test {
    /// The path without the part that all tests share.
    pub fn name(&self) -> &'static str {
        self.path
            .split_once("::tests::")
            .map_or(self.path, |(_, name)| name)
    }
}

/// Lists the tests of a module: `name;` or `name [needs] in seconds;`.
macro_rules! suite {
    (@secs) => { 40 };
    (@secs $secs:literal) => { $secs };
    ($($name:ident $([$($need:expr),*])? $(in $secs:literal)?;)*) => {
        /// The tests of this module.
        pub const TESTS: &[$crate::harness::Test] = &[$($crate::harness::Test {
            path: concat!(module_path!(), "::", stringify!($name)),
            needs: &[$($($need),*)?],
            secs: $crate::harness::suite!(@secs $($secs)?),
            run: $name,
        }),*];
    };
}
pub(crate) use suite;

/// How many times slower than usual the machine may be: an emulated one shares its
/// processors with others. What is slow is no failure; what hangs is found all the same.
const PATIENCE: i32 = 5;

/// Words in the kernel's log that fail the test they came up in.
const COMPLAINTS: &[&str] = &[
    "BUG:",
    "WARNING:",
    "KASAN",
    "UBSAN",
    "Oops",
    "general protection fault",
    "unable to handle",
    "kernel BUG at",
    "refcount_t:",
    "possible circular locking",
    "inconsistent lock state",
    "possible recursive locking",
    "suspicious RCU usage",
    "blocked for more than",
    "list_add corruption",
    "list_del corruption",
    "rust_kernel: panicked",
];

/// The kernel's log from where it stood.
struct Log(Option<std::fs::File>);

impl Log {
    fn open() -> Self {
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_NONBLOCK)
            .open("/dev/kmsg");
        Self(file.ok().and_then(|mut file| {
            file.seek(SeekFrom::End(0)).ok()?;
            Some(file)
        }))
    }

    /// New lines, of which one is a complaint; none if there is no complaint.
    fn complaints(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut record = vec![0; 8192];
        while let Some(file) = &mut self.0 {
            match file.read(&mut record) {
                Ok(len) if len > 0 => {
                    let text = String::from_utf8_lossy(&record[..len]);
                    let text = text.split_once(';').map_or("", |(_, text)| text);
                    lines.push(text.lines().next().unwrap_or("").to_owned());
                }
                // Lines were overwritten before they were read.
                Err(error) if error.raw_os_error() == Some(nix::libc::EPIPE) => {}
                _ => break,
            }
        }
        let is_bad = |line: &String| COMPLAINTS.iter().any(|word| line.contains(word));
        let Some(first) = lines.iter().position(is_bad) else {
            return Vec::new();
        };
        lines.drain(..first);
        lines.truncate(60);
        lines
    }
}

/// Jobs that are queued or running though nobody is left who wants them.
fn left_behind() -> Option<String> {
    let mut left = String::new();
    for _ in 0..200 {
        left.clear();
        for device in Client::open().devices().1 {
            if device.jobs_queued + device.jobs_running > 0 {
                left = format!(
                    "member {} keeps {} queued and {} running jobs",
                    device.id, device.jobs_queued, device.jobs_running
                );
            }
        }
        if left.is_empty() {
            return None;
        }
        raw::sleep_ms(50);
    }
    Some(left)
}

fn run_one(test: &Test, lab: &Lab) -> Result<(), String> {
    let child = Child::run(|| (test.run)(lab));
    child.own_group();
    let secs = test.secs * PATIENCE;
    if !child.ends_within(secs * 1000) {
        child.kill_group();
        if !child.ends_within(60_000) {
            return Err("timed out, and cannot be killed".into());
        }
        return Err(format!("timed out after {secs} s"));
    }
    let outcome = child.outcome(0);
    // Grandchildren of a test that failed half-way.
    outcome.and_then(|()| left_behind().map_or(Ok(()), Err))
}

/// Whether the filters choose a test: it must contain one of the words, if there
/// are any, and none of those that follow a minus sign.
fn chosen(name: &str, filters: &[String]) -> bool {
    let (without, with): (Vec<_>, Vec<_>) = filters.iter().partition(|f| f.starts_with('-'));
    let has = |word: &&String| name.contains(word.trim_start_matches('-'));
    (with.is_empty() || with.iter().any(has)) && !without.iter().any(has)
}

/// Runs the tests that the filters choose.
pub fn run(tests: &[Test], filters: &[String]) -> ExitCode {
    let chosen: Vec<_> = tests
        .iter()
        .filter(|test| chosen(test.name(), filters))
        .collect();
    let lab = Lab::new();
    let mut log = Log::open();
    let (mut failed, mut skipped) = (0, 0);
    let begin = raw::now();
    println!("1..{}", chosen.len());
    for (index, test) in chosen.iter().enumerate() {
        let (number, name) = (index + 1, test.name());
        if let Some(reason) = test.needs.iter().find_map(|need| lab.lacks(*need)) {
            println!("ok {number} - {name} # SKIP {reason}");
            skipped += 1;
            continue;
        }
        let started = raw::now();
        let outcome = run_one(test, &lab);
        let ms = (raw::now() - started) / 1_000_000;
        let complaints = log.complaints();
        match &outcome {
            Ok(()) if complaints.is_empty() => println!("ok {number} - {name} # {ms} ms"),
            Ok(()) => {
                println!("not ok {number} - {name}\n# the kernel complained");
                failed += 1;
            }
            Err(error) => {
                println!("not ok {number} - {name}\n# {error}");
                failed += 1;
            }
        }
        for line in complaints {
            println!("# kernel: {line}");
        }
        std::io::stdout().flush().expect("flush");
        if outcome.is_err_and(|error| error.contains("cannot be killed")) {
            println!("Bail out! {name} hangs in the kernel");
            return ExitCode::FAILURE;
        }
    }
    let passed = chosen.len() - failed - skipped;
    let seconds = (raw::now() - begin) / 1_000_000_000;
    println!("# {passed} passed, {failed} failed, {skipped} skipped in {seconds} s");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
