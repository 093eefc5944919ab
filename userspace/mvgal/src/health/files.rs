// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reading attributes of sysfs.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use nix::errno::Errno;

/// The most that is read of an attribute: the kernel writes no more than a page.
const PAGE: u64 = 4096;

/// An attribute that is there and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The attribute.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: FaultReason,
}

/// What is wrong with an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultReason {
    /// It cannot be read: `ENODATA` or `EPERM`, say, where a part is powered down,
    /// and `EIO` where it does not answer.
    Unreadable(Errno),
    /// It holds something else than a number in its range.
    Malformed(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.reason {
            FaultReason::Unreadable(errno) => write!(f, "{} ({errno:?})", errno.desc()),
            FaultReason::Malformed(text) => write!(f, "{text:?} is not a number that makes sense"),
        }
    }
}

/// Something that holds attributes: sysfs, or what stands for it in a test.
pub(super) trait Files {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Names in a directory, in no order.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
}

/// The real one.
pub(super) struct Sysfs;

impl Files for Sysfs {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(PAGE).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
}

/// Attributes, and what was wrong with those read so far.
pub(super) struct Reader<'a> {
    files: &'a dyn Files,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Reader {
            files,
            faults: Vec::new(),
        }
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    fn fault(&mut self, path: &Path, reason: FaultReason) {
        self.faults.push(Fault {
            path: path.to_owned(),
            reason,
        });
    }

    /// The text of an attribute; `None` if there is none, or if it is unreadable.
    pub(super) fn text(&mut self, path: &Path) -> Option<String> {
        match self.files.read(path) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).trim().to_owned()),
            // The device may go while it is looked at, with its directory.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
                self.fault(path, FaultReason::Unreadable(errno));
                None
            }
        }
    }

    /// The number in an attribute, if it is one for which `sensible` holds.
    pub(super) fn number<T: FromStr>(
        &mut self,
        path: &Path,
        sensible: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let text = self.text(path)?;
        let number = text.parse().ok().filter(sensible);
        if number.is_none() {
            let text = text.chars().take(40).collect();
            self.fault(path, FaultReason::Malformed(text));
        }
        number
    }

    /// Names in a directory that begin like this, in order; none if there is none.
    pub(super) fn names(&mut self, path: &Path, prefix: &str) -> Vec<String> {
        let mut names = self.files.list(path).unwrap_or_default();
        names.retain(|name| name.starts_with(prefix));
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
    }
}
