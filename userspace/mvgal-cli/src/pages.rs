// SPDX-License-Identifier: MIT OR Apache-2.0

//! Completion scripts and man pages.

use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

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
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let Some(dir) = dir else {
        return print(&page(&program)?);
    };
    let writing = || Failure::io(format!("writing man pages into {}", dir.display()));
    std::fs::create_dir_all(dir).map_err(writing())?;
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        let name = format!("{}.1", name(command));
        std::fs::write(dir.join(name), page(command)?).map_err(writing())?;
    }
    Ok(())
}

/// What a command's page is called: "mvgal-info".
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    write_page(command, &mut page).map_err(Failure::io("making a man page"))?;
    Ok(page)
}

fn write_page(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.clone())
        .title(name(command).to_uppercase())
        .manual("User Commands")
        .source(concat!("mvgal ", env!("CARGO_PKG_VERSION")));
    man.render_title(page)?;
    man.render_name_section(page)?;
    // What the help says, as that has all of it.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    section("SYNOPSIS", usage, page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    let after = command.get_after_help().map(ToString::to_string);
    let mut notes = Vec::new();
    for block in after.as_deref().unwrap_or_default().split("\n\n") {
        match block.split_once(":\n") {
            Some((title @ ("Examples" | "Exit status"), lines)) => {
                section(&title.to_uppercase(), lines, page)?;
            }
            _ if block.is_empty() => {}
            _ => notes.push(block),
        }
    }
    if !notes.is_empty() {
        section("NOTES", &notes.join("\n\n"), page)?;
    }
    let others = command.get_subcommands().map(name);
    let others: Vec<String> = match command.has_subcommands() {
        true => others.map(|name| format!("{name}(1)")).collect(),
        false => vec!["mvgal(1)".to_owned()],
    };
    section("SEE ALSO", &others.join(", "), page)
}

/// A section whose lines stay as they are if they are indented, and else are filled.
fn section(title: &str, lines: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    let is_indented = |line: &&str| line.starts_with(' ');
    let as_it_is = lines.lines().any(|line| is_indented(&line));
    if as_it_is {
        roff.control("nf", []);
    }
    for line in lines.lines() {
        if line.is_empty() {
            roff.control("PP", []);
            continue;
        }
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    if as_it_is {
        roff.control("fi", []);
    }
    roff.to_writer(page)
}

fn print(page: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(page)
        .and_then(|()| out.flush())
        .map_err(Failure::io("writing standard output"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_sections_that_man_pages_have() {
        let mut program = Cli::command();
        program.build();
        let trace = program.find_subcommand("info").unwrap();
        let page = String::from_utf8(page(trace).unwrap()).unwrap();
        insta::assert_snapshot!(page);
    }

    #[test]
    fn every_command_has_a_page() {
        let dir = tempfile::tempdir().unwrap();
        man(Some(dir.path())).unwrap();
        let has = |name: &str| dir.path().join(name).is_file();
        assert!(has("mvgal.1") && has("mvgal-copy.1") && has("mvgal-trace.1"));
        assert!(!has("mvgal-help.1"));
    }
}
