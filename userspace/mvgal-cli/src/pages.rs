// SPDX-License-Identifier: MIT OR Apache-2.0

//! Completion scripts and man pages.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    // What makes it panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mvgal", &mut script);
    print(&script)
}

/// Writes a man page for each command, or the first to standard output.
pub fn man(dir: Option<&Path>) -> Result<(), Failure> {
    match dir {
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), dir))
            .map_err(Failure::io(format!(
                "writing man pages into {}",
                dir.display()
            ))),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(Failure::io("making the man page"))?;
            print(&page)
        }
    }
}

fn print(page: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(page)
        .and_then(|()| out.flush())
        .map_err(Failure::io("writing standard output"))
}
