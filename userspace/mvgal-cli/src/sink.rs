// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the bytes that a command makes go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What tells two names of one file from two files.
pub type Identity = (u64, u64);

/// A file, or standard output.
///
/// It is opened before the work is begun that makes the bytes, so that it shows at once if that
/// cannot be; and a command that fails before the first of them leaves the file as it was, and none
/// that was not there.
#[derive(Debug)]
pub struct Sink {
    path: PathBuf,
    to: To,
}

#[derive(Debug)]
enum To {
    Stdout,
    File(File, State),
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was made, and is empty.
    New,
    /// It has the bytes that it had.
    Old,
    /// It has been written to.
    Begun,
}

/// Whether a path is the name for standard output.
pub fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

impl Sink {
    /// Opens a file, or takes standard output for `-`.
    ///
    /// # Errors
    ///
    /// What opening it answers.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let to = if is_stdout(path) {
            To::Stdout
        } else {
            open(path).map_err(failed(path))?
        };
        Ok(Sink {
            path: path.to_owned(),
            to,
        })
    }

    /// Its identity, if it is a regular file.
    pub fn identity(&self) -> Option<Identity> {
        match &self.to {
            To::Stdout => identity(io::stdout()),
            To::File(file, _) => identity(file),
        }
    }

    /// Writes bytes: the first of them in place of what the file had.
    ///
    /// # Errors
    ///
    /// What emptying and writing it answer.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.begin()
            .and_then(|()| self.writer().write_all(bytes))
            .map_err(failed(&self.path))
    }

    /// Ends it: if nothing was written, the file is empty.
    ///
    /// # Errors
    ///
    /// What emptying and writing it answer.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.begin()
            .and_then(|()| self.writer().flush())
            .map_err(failed(&self.path))
    }

    fn begin(&mut self) -> io::Result<()> {
        if let To::File(file, state) = &mut self.to
            && *state != State::Begun
        {
            if file.metadata()?.is_file() {
                file.set_len(0)?;
            }
            *state = State::Begun;
        }
        Ok(())
    }

    fn writer(&mut self) -> Box<dyn Write + '_> {
        match &mut self.to {
            To::Stdout => Box::new(io::stdout().lock()),
            To::File(file, _) => Box::new(file),
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let To::File(_, State::New) = self.to {
            // An empty file that nobody asked for does little harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    Failure::io(if is_stdout(path) {
        "writing standard output".to_owned()
    } else {
        format!("writing {}", path.display())
    })
}

fn open(path: &Path) -> io::Result<To> {
    let mut options = OpenOptions::new();
    options.write(true);
    let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match options.open(path) {
        Err(error) if missing(&error) => {}
        result => return result.map(|file| To::File(file, State::Old)),
    }
    match options.create_new(true).open(path) {
        // A symbolic link to what is not there.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options
            .create_new(false)
            .create(true)
            .truncate(false)
            .open(path)
            .map(|file| To::File(file, State::Old)),
        result => result.map(|file| To::File(file, State::New)),
    }
}

/// The identity of a file, if it is a regular one.
pub fn identity(file: impl AsFd) -> Option<Identity> {
    let file = File::from(file.as_fd().try_clone_to_owned().ok()?);
    let metadata = file.metadata().ok()?;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_what_it_has_until_bytes_come() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keep");
        fs::write(&path, b"precious").unwrap();
        drop(Sink::open(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"precious");

        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"a").unwrap();
        sink.write(b"bc").unwrap();
        drop(sink);
        assert_eq!(fs::read(&path).unwrap(), b"abc");

        Sink::open(&path).unwrap().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn what_was_not_there_is_not_there_after_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        drop(Sink::open(&path).unwrap());
        assert!(!path.exists());

        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"a").unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a");

        let link = dir.path().join("link");
        std::os::unix::fs::symlink("target", &link).unwrap();
        drop(Sink::open(&link).unwrap());
        assert!(link.is_symlink());
        Sink::open(&link).unwrap().finish().unwrap();
        assert!(dir.path().join("target").is_file());
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let error = |path| Sink::open(Path::new(path)).unwrap_err().to_string();
        assert!(error("/nonexistent/a").starts_with("writing /nonexistent/a: No such file"));
        assert!(error("/").starts_with("writing /: Is a directory"));
        let mut full = Sink::open(Path::new("/dev/full")).unwrap();
        let error = full.write(b"a").unwrap_err().to_string();
        assert!(error.starts_with("writing /dev/full: No space left"));
    }
}
