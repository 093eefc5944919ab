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

impl Instance {
    /// Makes an instance that records the events of the module.
    pub fn new() -> Result<Self, Failure> {
        let root = MOUNTS
            .iter()
            .map(Path::new)
            .find(|root| root.join("instances").exists())
            .ok_or_else(|| {
                Failure::Usage(
                    "no tracefs at /sys/kernel/tracing that this user may read: run this as root, \
                     and mount it if need be (mount -t tracefs tracefs /sys/kernel/tracing)"
                        .into(),
                )
            })?;
        if !root.join("events/mvgal").exists() {
            return Err(Failure::Usage(
                "the kernel has no tracepoints of mvgal: load the module (modprobe mvgal), in a \
                 kernel with CONFIG_EVENT_TRACING"
                    .into(),
            ));
        }
        let path = root
            .join("instances")
            .join(format!("mvgal-{}", std::process::id()));
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
