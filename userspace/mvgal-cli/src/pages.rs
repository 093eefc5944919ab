// SPDX-License-Identifier: MIT OR Apache-2.0

//! Completion scripts and man pages.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    clap_complete::generate(
        shell,
        &mut Cli::command(),
        "mvgal",
        &mut io::stdout().lock(),
    );
    Ok(())
}

/// Writes a man page for each command, or the first to standard output.
pub fn man(dir: Option<&Path>) -> Result<(), Failure> {
    match dir {
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), dir))
            .map_err(Failure::io(format!("man pages in {}", dir.display()))),
        None => clap_mangen::Man::new(Cli::command())
            .render(&mut io::stdout().lock())
            .map_err(Failure::io("standard output")),
    }
}
