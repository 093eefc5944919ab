// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures what mvgal's ioctls cost.
//!
//! Meant to run where the monotonic clock counts instructions: one processor
//! under QEMU's `-icount shift=0,sleep=off`, where a nanosecond is an
//! instruction (`make bench` does that, with the release kernel). Elsewhere the
//! numbers are nanoseconds of wall-clock time, which say little.
//!
//! Each figure is the median of several rounds, so that a timer tick in one of
//! them does not count. The cost of reading the clock is measured and taken off.

mod measure;
mod report;
mod workloads;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mvgal::Device;

use crate::report::Report;

/// What can go wrong is told and ends the program.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Measures what mvgal's ioctls cost, in ns of the monotonic clock: with
/// QEMU's -icount shift=0 that is instructions.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Print an array of {name, value, unit} as JSON.
    #[arg(long)]
    json: bool,
    /// Write that JSON to a file as well.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Rounds of each measurement, of which the median counts.
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mvgal-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let device = Device::open()?;
    let mut report = Report::default();
    workloads::query(&device, args.rounds, &mut report)?;
    workloads::fill(&device, args.rounds, &mut report)?;
    workloads::batch(&device, args.rounds, &mut report)?;
    if let Some(file) = &args.output {
        std::fs::write(file, report.to_json()?)?;
    }
    if args.json {
        print!("{}", report.to_json()?);
    } else {
        println!("{}", report.to_table());
    }
    Ok(())
}
