// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the bytes that a command makes go.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag};
use nix::unistd::linkat;
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// What tells two names of one file from two files.
pub type Identity = (u64, u64);

/// A file, or standard output.
///
/// It is opened before the work is begun that makes the bytes, so that it shows at once if that
/// cannot be. A regular file appears whole, in place of the one that was there, or not at all:
/// whatever ends the program before leaves what there was.
#[derive(Debug)]
pub struct Sink {
    path: PathBuf,
    /// Of the file that was there.
    identity: Option<Identity>,
    to: To,
}

#[derive(Debug)]
enum To {
    Stdout,
    /// A file without a name, which it gets in the end.
    Unnamed {
        file: File,
        target: PathBuf,
    },
    /// A file with a name of its own, where file systems know no others.
    Named {
        file: NamedTempFile,
        target: PathBuf,
    },
    /// What is no regular file; or a file in a place where this user can make no other, or none
    /// with the same owner. It is written where it is.
    InPlace {
        file: File,
        begun: bool,
    },
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
        let (to, identity) = if is_stdout(path) {
            (To::Stdout, identity(io::stdout()))
        } else {
            open(path).map_err(failed(path))?
        };
        Ok(Sink {
            path: path.to_owned(),
            identity,
            to,
        })
    }

    /// Its identity, if it is a regular file that was there.
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Writes bytes.
    ///
    /// # Errors
    ///
    /// What writing them answers.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.to.write(bytes).map_err(failed(&self.path))
    }

    /// Ends it: a file has its name now, and is empty if nothing was written.
    ///
    /// # Errors
    ///
    /// What writing it and giving it the name answer.
    pub fn finish(self) -> Result<(), Failure> {
        self.to.finish().map_err(failed(&self.path))
    }
}

impl To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            To::Stdout => io::stdout().write_all(bytes),
            To::Unnamed { file, .. } => file.write_all(bytes),
            To::Named { file, .. } => file.write_all(bytes),
            To::InPlace { file, begun } => {
                begin(file, begun)?;
                file.write_all(bytes)
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            To::Stdout => io::stdout().flush(),
            To::Unnamed { file, target } => {
                let link = format!("/proc/self/fd/{}", file.as_raw_fd());
                // What is there already only a rename replaces.
                let named = for_a_moment().make_in(parent(&target), |name| {
                    let follow = AtFlags::AT_SYMLINK_FOLLOW;
                    linkat(AT_FDCWD, link.as_str(), AT_FDCWD, name, follow)?;
                    Ok(())
                })?;
                named.persist(&target)?;
                Ok(())
            }
            To::Named { file, target } => {
                file.persist(&target)?;
                Ok(())
            }
            To::InPlace {
                mut file,
                mut begun,
            } => {
                begin(&mut file, &mut begun)?;
                file.flush()
            }
        }
    }
}

/// Takes away what a file has, before the first bytes that it gets.
fn begin(file: &mut File, begun: &mut bool) -> io::Result<()> {
    if !*begun && file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    *begun = true;
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    Failure::io(if is_stdout(path) {
        "writing standard output".to_owned()
    } else {
        format!("writing {}", path.display())
    })
}

fn open(path: &Path) -> io::Result<(To, Option<Identity>)> {
    // Who may not write to what is there does not replace it, either.
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return make(end_of_links(path)?).map(|to| (to, None));
        }
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    let in_place = |file| To::InPlace { file, begun: false };
    if !metadata.is_file() {
        return Ok((in_place(file), None));
    }
    let target = path.canonicalize()?;
    let to = make(target).and_then(|to| to.like(&metadata));
    let identity = (metadata.dev(), metadata.ino());
    Ok((to.unwrap_or(in_place(file)), Some(identity)))
}

/// A new file that is to have a name.
fn make(target: PathBuf) -> io::Result<To> {
    // A directory, say.
    if target.file_name().is_none() {
        return Err(Errno::EISDIR.into());
    }
    let unnamed = OpenOptions::new()
        .write(true)
        .mode(0o666)
        .custom_flags(OFlag::O_TMPFILE.bits())
        .open(parent(&target));
    match unnamed {
        Ok(file) => Ok(To::Unnamed { file, target }),
        Err(error) if knows_no_unnamed(&error) => named(target),
        Err(error) => Err(error),
    }
}

fn named(target: PathBuf) -> io::Result<To> {
    let file = for_a_moment()
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(parent(&target))?;
    Ok(To::Named { file, target })
}

/// Whether the file system, or an old kernel, has no files without names.
fn knows_no_unnamed(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::EOPNOTSUPP | Errno::EISDIR))
}

impl To {
    /// With the owner and the permissions of another file.
    fn like(self, other: &Metadata) -> io::Result<Self> {
        let file = match &self {
            To::Unnamed { file, .. } => file,
            To::Named { file, .. } => file.as_file(),
            To::Stdout | To::InPlace { .. } => return Ok(self),
        };
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (other.uid(), other.gid()) {
            fchown(file, Some(other.uid()), Some(other.gid()))?;
        }
        file.set_permissions(other.permissions())?;
        Ok(self)
    }
}

/// Names that a file has for a moment.
fn for_a_moment() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mvgal-");
    builder
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Where symbolic links lead that lead to nothing.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as the kernel follows.
    const MOST: usize = 40;

    let mut path = path.to_owned();
    for _ in 0..MOST {
        match path.read_link() {
            // What is absolute stands for itself.
            Ok(next) => path = parent(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(Errno::ELOOP.into())
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

    /// What is in a directory, but for directories.
    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_keeps_what_it_has_until_all_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keep");
        fs::write(&path, b"precious").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"a").unwrap();
        // As a signal would end it.
        std::mem::forget(sink);
        assert_eq!(fs::read(&path).unwrap(), b"precious");

        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"a").unwrap();
        sink.write(b"bc").unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);

        Sink::open(&path).unwrap().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        assert_eq!(names(dir.path()), ["keep"]);
    }

    #[test]
    fn what_was_not_there_is_not_there_before_all_of_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"a").unwrap();
        std::mem::forget(sink);
        assert_eq!(names(dir.path()), [""; 0]);

        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"a").unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a");
        assert_eq!(names(dir.path()), ["new"]);
        // As for everything that is made.
        File::create(dir.path().join("other")).unwrap();
        let mode = |name| fs::metadata(dir.path().join(name)).unwrap().mode();
        assert_eq!(mode("new"), mode("other"));
    }

    #[test]
    fn links_stay_and_what_they_lead_to_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("target", &link).unwrap();
        drop(Sink::open(&link).unwrap());
        assert_eq!(names(dir.path()), ["link"]);
        for text in [b"a", b"b"] {
            let mut sink = Sink::open(&link).unwrap();
            sink.write(text).unwrap();
            sink.finish().unwrap();
            assert!(link.is_symlink());
            assert_eq!(fs::read(dir.path().join("target")).unwrap(), text);
        }
        let around = dir.path().join("around");
        std::os::unix::fs::symlink("around", &around).unwrap();
        let error = Sink::open(&around).unwrap_err().to_string();
        assert!(error.contains("symbolic links"), "{error}");
    }

    #[test]
    fn where_no_file_can_be_made_it_is_written_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, b"precious").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
        // Root may make files there all the same.
        let mut sink = Sink::open(&path).unwrap();
        sink.write(b"abc").unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        let new = Sink::open(&dir.path().join("new")).and_then(Sink::finish);
        if !nix::unistd::geteuid().is_root() {
            let error = new.unwrap_err().to_string();
            assert!(error.contains("Permission denied"), "{error}");
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_file_system_without_unnamed_files_has_named_ones() {
        assert!(knows_no_unnamed(&Errno::EOPNOTSUPP.into()));
        assert!(!knows_no_unnamed(&Errno::EACCES.into()));
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new");
        let mut to = named(target.clone()).unwrap();
        to.write(b"abc").unwrap();
        assert!(!target.exists());
        to.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"abc");
        drop(named(target).unwrap());
        assert_eq!(names(dir.path()), ["new"]);
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
