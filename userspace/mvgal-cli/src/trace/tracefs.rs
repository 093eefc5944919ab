// SPDX-License-Identifier: MIT OR Apache-2.0

//! An instance of the kernel's tracing of our own, so that nobody else's is
//! disturbed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::failure::Failure;

/// Where tracefs is mounted, the usual place first.
const MOUNTS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// What names of our instances begin with; the id of the process follows.
const PREFIX: &str = "mvgal-";

/// Size of the buffer of each processor, in KiB.
const BUFFER_KIB: &str = "8192";

/// The instance, which is removed when this is dropped.
pub struct Instance {
    path: PathBuf,
    pipe: File,
    rest: Vec<u8>,
}

fn failed(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let what = format!("{what} {}", path.display());
    move |source| {
        let hint = match source.kind() {
            io::ErrorKind::PermissionDenied => " (tracing is for root: run this with sudo)",
            _ => "",
        };
        Failure::Io {
            what: format!("{what}{hint}"),
            source,
        }
    }
}

/// Removes the instances of processes that are not there any more: what was killed could not
/// remove its own, which would record for ever.
fn remove_left(instances: &Path, proc: &Path) {
    for entry in fs::read_dir(instances).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        let is_left = |pid: u32| pid == std::process::id() || !proc.join(pid.to_string()).exists();
        if pid.is_some_and(is_left) {
            // The kernel refuses it while anybody reads it, in another PID namespace, say.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

impl Instance {
    /// Makes an instance that records the events of the module.
    pub fn new() -> Result<Self, Failure> {
        let root = MOUNTS
            .iter()
            .map(Path::new)
            .find(|root| root.join("instances").exists())
            .ok_or(Failure::NoTracefs)?;
        if !root.join("events/mvgal").exists() {
            return Err(Failure::NoTracepoints);
        }
        let instances = root.join("instances");
        remove_left(&instances, Path::new("/proc"));
        let path = instances.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&path).map_err(failed("cannot make the tracing instance", &path))?;
        // From here on, dropping it removes the instance.
        let pipe_path = path.join("trace_pipe");
        let pipe = OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_NONBLOCK)
            .open(&pipe_path);
        let pipe = match pipe {
            Ok(pipe) => pipe,
            Err(error) => {
                let _ = fs::remove_dir(&path);
                return Err(failed("cannot open", &pipe_path)(error));
            }
        };
        let instance = Self {
            path,
            pipe,
            rest: Vec::new(),
        };
        instance.set("trace_clock", "mono")?;
        instance.set("buffer_size_kb", BUFFER_KIB)?;
        instance.set("events/mvgal/enable", "1")?;
        Ok(instance)
    }

    fn set(&self, file: &str, value: &str) -> Result<(), Failure> {
        let path = self.path.join(file);
        fs::write(&path, value).map_err(failed("cannot write", &path))
    }

    /// Stops recording; what was recorded can still be read.
    pub fn stop(&self) -> Result<(), Failure> {
        self.set("events/mvgal/enable", "0")
    }

    /// Calls `line` for the lines there are, after waiting for some if there are
    /// none. Returns whether there were any.
    pub fn read(&mut self, wait: Duration, mut line: impl FnMut(&str)) -> Result<bool, Failure> {
        let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(failed("cannot poll", &self.path)(errno.into())),
        }
        let mut buffer = [0; 1 << 16];
        let count = match self.pipe.read(&mut buffer) {
            Ok(count) => count,
            Err(error)
                if [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted]
                    .contains(&error.kind()) =>
            {
                0
            }
            Err(error) => return Err(failed("cannot read", &self.path)(error)),
        };
        self.rest.extend_from_slice(&buffer[..count]);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let whole: Vec<u8> = self.rest.drain(..=end).collect();
            line(String::from_utf8_lossy(&whole).trim_end());
        }
        Ok(count != 0)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.stop();
        // The pipe is open, which keeps the instance: it is closed by its path.
        if let Ok(null) = File::open("/dev/null") {
            self.pipe = null;
        }
        if let Err(error) = fs::remove_dir(&self.path) {
            anstream::eprintln!("mvgal: cannot remove {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_of_dead_processes_go() {
        let dir = tempfile::tempdir().unwrap();
        let (instances, proc) = (dir.path().join("instances"), dir.path().join("proc"));
        fs::create_dir_all(proc.join("7")).unwrap();
        let own = format!("mvgal-{}", std::process::id());
        for name in [
            &own, "mvgal-7", "mvgal-8", "mvgal-x", "mvgal-", "other-8", "8",
        ] {
            fs::create_dir_all(instances.join(name)).unwrap();
        }
        fs::create_dir_all(instances.join("mvgal-9/in-use")).unwrap();
        remove_left(&instances, &proc);
        let mut left: Vec<_> = fs::read_dir(&instances)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["8", "mvgal-", "mvgal-7", "mvgal-9", "mvgal-x", "other-8"]
        );
        // There may be none.
        remove_left(Path::new("/nonexistent"), &proc);
    }
}
