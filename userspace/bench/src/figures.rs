// SPDX-License-Identifier: MIT OR Apache-2.0

//! Raw figures: lines of a name and a number, as the kernel's log has them, too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::Result;

/// What the lines of the kernel's log begin with.
const MARK: &str = "mvgal-bench: ";

/// Figures as they are measured: printed, and written to a file if there is one.
pub struct Figures {
    file: Option<File>,
}

impl Figures {
    /// Adds to the file, if one is given.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn new(file: Option<&Path>) -> Result<Self> {
        let file = match file {
            None => None,
            Some(path) => Some(
                File::options()
                    .append(true)
                    .create(true)
                    .open(path)
                    .map_err(|error| format!("{}: {error}", path.display()))?,
            ),
        };
        Ok(Figures { file })
    }

    /// Notes one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn add(&mut self, name: impl AsRef<str>, value: u64) -> Result<()> {
        let mut line = String::new();
        writeln!(line, "{} {value}", name.as_ref())?;
        match &mut self.file {
            Some(file) => file.write_all(line.as_bytes())?,
            None => print!("{line}"),
        }
        Ok(())
    }
}

/// Figures by name.
pub type Measured = BTreeMap<String, u64>;

/// Reads the lines of a file of figures into `measured`, their names with
/// `prefix`. Lines of the kernel's log count from their mark on; other lines of
/// a log do not count.
///
/// # Errors
///
/// If a line is no figure, a figure is there twice, or the kernel says that it
/// failed.
pub fn parse(text: &str, prefix: &str, measured: &mut Measured) -> Result<()> {
    let is_log = text.lines().any(|line| line.contains(MARK));
    for line in text.lines() {
        let line = match line.split_once(MARK) {
            Some((_, figure)) => figure,
            None if is_log => continue,
            None => line,
        };
        let figure = line
            .split_once(' ')
            .and_then(|(name, value)| Some((name, value.parse::<i64>().ok()?)));
        let Some((name, value)) = figure else {
            return Err(format!("not a figure: {line}").into());
        };
        let Ok(value) = u64::try_from(value) else {
            return Err(format!("the kernel could not measure: {name} {value}").into());
        };
        if measured.insert(format!("{prefix}{name}"), value).is_some() {
            return Err(format!("measured twice: {prefix}{name}").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Measured> {
        let mut measured = Measured::new();
        parse(text, "wall_", &mut measured)?;
        Ok(measured)
    }

    #[test]
    fn plain_lines() {
        let measured = parsed("a 1\nb_2 30\n").expect("they are figures");
        assert_eq!(measured["wall_a"], 1);
        assert_eq!(measured["wall_b_2"], 30);
        assert_eq!(measured.len(), 2);
    }

    #[test]
    fn log_lines() {
        let log = "[    1.0] something\n[    2.0] mvgal: mvgal-bench: job_16 4300\n";
        let measured = parsed(log).expect("one is a figure");
        assert_eq!(measured["wall_job_16"], 4300);
        assert_eq!(measured.len(), 1);
    }

    #[test]
    fn refused() {
        for text in ["a", "a b", "a 1\na 2", "a 1.5", "x mvgal-bench: failed -12"] {
            assert!(parsed(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn written_as_it_is_read() {
        let path = std::env::temp_dir().join(format!("mvgal-bench-{}", std::process::id()));
        let mut figures = Figures::new(Some(&path)).expect("the file can be made");
        figures.add("a", 1).expect("the file can be written");
        figures.add("b", 2).expect("the file can be written");
        let text = std::fs::read_to_string(&path).expect("it is there");
        std::fs::remove_file(&path).expect("it is there");
        assert_eq!(parsed(&text).expect("they are figures").len(), 2);
    }
}
