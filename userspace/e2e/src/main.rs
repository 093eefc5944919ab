// SPDX-License-Identifier: MIT OR Apache-2.0

//! End-to-end tests of mvgal.ko over real DRM drivers.
//!
//! Run as root where the module is loaded, best in the lab VM, which has every
//! member that a test asks for (virtio-gpu with virgl, a second virtio-gpu,
//! vgem, vkms) and the debug kernel. `make test` does it all:
//!
//! 1. KUnit, at insmod;
//! 2. `mvgal-e2e`, which prints TAP on its standard output (`1..N`, then
//!    `ok 1 - alloc::bad_flags`, `not ok …` with the reason in `# …` lines, or
//!    `ok … # SKIP reason` where this machine lacks what the test needs) and
//!    exits with 0 if no test failed;
//! 3. each `tests/vm/*.sh` with `$MVGAL_KO` and `$MVGAL_E2E` set: load, unload
//!    and hotplug. They use the `client` subcommand below.
//!
//! ```text
//! mvgal-e2e                     all tests
//! mvgal-e2e alloc:: signal::    those whose names contain a word
//! mvgal-e2e -fault:: -smoke::   those whose names contain none of them
//! mvgal-e2e --list              their names
//! mvgal-e2e client ROLE ...     a client for tests/vm/*.sh (see `roles`)
//! ```
//!
//! The tests speak to the kernel with raw ioctls over the bindings of
//! `uapi/mvgal_drm.h`, so that they can say what no library would. Each runs in
//! a process of its own. It is `not ok` if it panics, takes too long, leaves
//! jobs behind, or makes the kernel complain in its log. `MVGAL_SEED` repeats a
//! random test with the seed it printed.
//!
//! A test is a function in `tests/`, listed in the `suite!` of its file.

mod canvas;
mod check;
mod client;
mod drm;
mod graph;
mod harness;
mod job;
mod lab;
mod proc;
mod raw;
mod roles;
mod rounds;
mod submission;
mod sys;
mod tests;
mod vendor;
mod virgl;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let all = tests::all();
    match args.first().map(|arg| &**arg) {
        Some("--list") => {
            for test in &all {
                println!("{}", test.name());
            }
            ExitCode::SUCCESS
        }
        Some("client") => roles::run(&args[1..]),
        _ => harness::run(&all, &args),
    }
}
