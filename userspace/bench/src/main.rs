// SPDX-License-Identifier: MIT OR Apache-2.0

//! The benchmarks of mvgal, as far as userspace sees them, and the table of all.
//!
//! `mvgal-bench run` measures in the guest, meant to run where the monotonic
//! clock counts instructions: one processor under QEMU's `-icount
//! shift=0,sleep=off`, where a nanosecond is an instruction. Elsewhere figures
//! are nanoseconds of wall-clock time, which say little.
//!
//! `mvgal-bench report` takes the figures of all runs, also those of the
//! kernel's log, and makes the table and build/bench.json of them.
//!
//! Each figure is the median of several rounds, so that a timer tick in one of
//! them does not count. The cost of reading the clock is measured and taken off.

mod alloc;
mod client;
mod clock;
mod drm;
mod figures;
mod goal;
mod inversion;
mod memory;
mod native;
mod result;
mod results;
mod scale;
mod staging;
mod table;
mod transfer;
mod vendor;
mod vendor_alloc;
mod vkms;
mod wake;
mod zero_copy;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::figures::{Figures, Measured};

/// What can go wrong is told and ends the program.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Measures what mvgal costs, and makes the table of what was measured.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, in ns of the monotonic clock: with QEMU's -icount shift=0 that
    /// is instructions. Prints a name and a number for each figure.
    Run {
        /// What to measure.
        #[arg(required = true)]
        groups: Vec<Group>,
        /// Rounds of each measurement, of which the median counts.
        #[arg(long, default_value_t = 101, value_parser = clap::value_parser!(u32).range(1..=10000))]
        rounds: u32,
        /// Append the figures to a file, and print what is being measured.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Make the table of all figures, and the file for programs.
    Report {
        /// Files of figures in instructions: of `run`, or the kernel's log.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Files of figures of the wall clock.
        #[arg(long, value_name = "FILE")]
        wall: Vec<PathBuf>,
        /// Print the JSON instead of the table.
        #[arg(long)]
        json: bool,
        /// Write the JSON to a file: an array of {name, value, unit, baseline,
        /// ratio, goal, met}.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Figures that are measured together.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Group {
    /// Benchmark 1: NATIVE jobs; needs a virtio-gpu with virgl.
    Native,
    /// Benchmark 5: waking up.
    Wake,
    /// Benchmark 6: COPY and FILL.
    Transfer,
    /// Benchmark 7: many clients.
    Clients,
    /// Benchmark 7: many members; needs vkms, and no other member.
    Members,
    /// Benchmark 8: priority inversion.
    Inversion,
    /// Benchmark 9: many buffers.
    Alloc,
    /// Benchmark 10: buffers of the members that are there, of drivers that are known.
    VendorAlloc,
    /// Benchmark 11: buffers of a member that another one imports; needs vgem, vkms, and the
    /// stand-ins for amdgpu, nouveau and xe.
    ZeroCopy,
    /// Benchmark 11: transfers through memory of the host; needs vkms, and two processors.
    Staging,
}

impl Group {
    fn run(self, rounds: u32, figures: &mut Figures) -> Result<()> {
        match self {
            Group::Native => native::run(rounds, figures),
            Group::Wake => wake::run(rounds, figures),
            Group::Transfer => transfer::run(rounds, figures),
            Group::Clients => scale::clients(rounds, figures),
            Group::Members => scale::members(rounds, figures),
            Group::Inversion => inversion::run(rounds, figures),
            Group::Alloc => alloc::run(rounds, figures),
            Group::VendorAlloc => vendor_alloc::run(rounds, figures),
            Group::ZeroCopy => zero_copy::run(rounds, figures),
            Group::Staging => staging::run(rounds, figures),
        }
    }

    fn what(self) -> &'static str {
        match self {
            Group::Native => "NATIVE jobs and the vendor's ioctl",
            Group::Wake => "waking up",
            Group::Transfer => "COPY and FILL",
            Group::Clients => "1 to 1000 clients",
            Group::Members => "1 to 32 members",
            Group::Inversion => "priority inversion",
            Group::Alloc => "1 to 10,000 buffers",
            Group::VendorAlloc => "buffers of members and the drivers' ioctls",
            Group::ZeroCopy => "buffers that other members import",
            Group::Staging => "transfers through memory of the host",
        }
    }
}

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Run {
            groups,
            rounds,
            output,
        } => run(&groups, rounds, output.as_deref()),
        Command::Report {
            files,
            wall,
            json,
            output,
        } => report(&files, &wall, json, output.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mvgal-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(groups: &[Group], rounds: u32, output: Option<&Path>) -> Result<()> {
    let mut figures = Figures::new(output)?;
    for group in groups {
        if output.is_some() {
            println!("  {}", group.what());
        }
        group
            .run(rounds, &mut figures)
            .map_err(|error| format!("{}: {error}", group.what()))?;
    }
    Ok(())
}

fn report(files: &[PathBuf], wall: &[PathBuf], json: bool, output: Option<&Path>) -> Result<()> {
    let mut measured = Measured::new();
    for (prefix, files) in [("", files), (results::WALL, wall)] {
        for path in files {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            figures::parse(&text, prefix, &mut measured)
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    let text = serde_json::to_string_pretty(&results::results(&measured)?)? + "\n";
    // What others will read is what is shown, and it is checked.
    let results = result::read(&text)?;
    if let Some(path) = output {
        std::fs::write(path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        result::read(&std::fs::read_to_string(path)?)?;
    }
    if json {
        print!("{text}");
    } else {
        println!("{}\n{}", table::text(&results), table::summary(&results));
    }
    Ok(())
}
