// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal`: shows, tries and watches the logical GPU of the mvgal module.

mod cli;
mod copy;
mod demo;
mod failure;
mod info;
mod jobs;
mod output;
mod pages;
mod render;
mod select;
mod sink;
mod status;
mod top;
mod trace;
mod units;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    die_of_sigpipe();
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("mvgal: {failure}");
            failure.exit_code()
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Info(args) => info::run(&cli.open()?, args, cli.json),
        Command::Demo(args) => demo::run(&cli.open()?, args, cli.json),
        Command::Render(args) => render::run(&cli.open()?, args, cli.json),
        Command::Copy(args) => copy::run(&cli.open()?, args, cli.json),
        Command::Status(args) => status::run(&cli.open()?, args, cli.json),
        Command::Top(args) => top::run(&cli.open()?, args, cli.json),
        Command::Trace(args) => trace::run(cli, args),
        Command::Completions { shell } => pages::completions(*shell),
        Command::Man { dir } => pages::man(dir.as_deref()),
    }
}

/// Lets a closed pipe end the program quietly, as it ends other tools; Rust's
/// runtime ignores the signal.
fn die_of_sigpipe() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: The default action runs no code of ours. That it cannot be set is
    // impossible for this signal, and would do no harm.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
}
