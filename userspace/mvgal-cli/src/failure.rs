// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why the program failed.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use crate::demo::WrongByte;
use crate::render::WrongPixel;

/// Why the program failed. Its text comes after `mvgal: ` on standard error.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The device or a job failed.
    #[error(transparent)]
    Device(#[from] mvgal::Error),

    /// Engines were to copy, and there is none on a part of the way.
    #[error(
        "a part of the way has no engine: {reason}{}{}; try --by auto",
        if without.is_empty() { "" } else { "; member " },
        without.join("; member ")
    )]
    NoEngine {
        /// What the library says.
        reason: mvgal::NoEngine,
        /// Members without, and why.
        without: Vec<String>,
    },

    /// A file was to be copied onto itself.
    #[error("{} is input and output; name another file", .0.display())]
    SameFile(PathBuf),

    /// A GPU failed to render.
    #[error(transparent)]
    Virgl(#[from] mvgal::virgl::Error),

    /// There is nothing to render with.
    #[error(
        "no member renders: it takes a virtio GPU with 3-D by virgl, virtio-gpu-gl in QEMU; \
         see mvgal info"
    )]
    NoRenderer,

    /// A picture is not what it must be.
    #[error(
        "{member}: {wrong} of {pixels} pixels are wrong; the first at {},{} must be {:?} and is \
         {:?} (red, green, blue, alpha)",
        first.x, first.y, first.expected, first.found
    )]
    Picture {
        /// Who rendered it.
        member: String,
        /// Pixels that are wrong.
        wrong: u64,
        /// Pixels of the picture.
        pixels: u64,
        /// The first that is wrong.
        first: WrongPixel,
    },

    /// A file failed.
    #[error("{what}: {}", system(source))]
    Io {
        /// What was being done with which file.
        what: String,
        /// What the system answered.
        source: io::Error,
    },

    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),

    /// There is no tracing.
    #[error(
        "no tracefs at /sys/kernel/tracing that this user may read: run this as root, and mount it \
         if need be (mount -t tracefs tracefs /sys/kernel/tracing)"
    )]
    NoTracefs,

    /// There is tracing, but none of mvgal.
    #[error(
        "the kernel has no tracepoints of mvgal: load the module (modprobe mvgal), in a kernel with \
         CONFIG_EVENT_TRACING"
    )]
    NoTracepoints,

    /// The command that was run for a recording failed.
    #[error("the command ended with {0}; what was recorded is written")]
    Command(ExitStatus),

    /// The command that was run for a recording was still running when the time was up.
    #[error(
        "the command was still running after --duration, and was ended with SIGTERM; what was \
         recorded is written"
    )]
    TimeLimit,

    /// A byte is not what it must be.
    #[error(transparent)]
    Wrong(#[from] WrongByte),

    /// A job ended with an error.
    #[error("job {job} ({what}) on member {member} ended with an error: {} ({errno:?})", errno.desc())]
    Job {
        /// Its number.
        job: usize,
        /// What it was to do.
        what: String,
        /// Where it ran.
        member: String,
        /// The error.
        errno: mvgal::Errno,
    },
}

impl Failure {
    /// For [`Result::map_err`]: what was being done with which file.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Failure::Io { what, source }
    }

    /// 2 for a wrong command line, what a command that was run ended with, 124 as timeout(1) has
    /// it if that was not over in time, 1 for all else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(2),
            Failure::TimeLimit => ExitCode::from(124),
            Failure::Command(status) => code_of(*status).map_or(ExitCode::FAILURE, ExitCode::from),
            _ => ExitCode::FAILURE,
        }
    }
}

/// What the system answered, as the library has it: "No such file or directory (ENOENT)".
fn system(error: &io::Error) -> String {
    match error.raw_os_error().map(mvgal::Errno::from_raw) {
        Some(errno) => format!("{} ({errno:?})", errno.desc()),
        None => error.to_string(),
    }
}

/// The exit status of a command, and 128 more than the signal if one ended it, as shells have it.
fn code_of(status: ExitStatus) -> Option<u8> {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_gives_its_status() {
        // As wait() has it: the status in the second byte, the signal in the first.
        let code = |raw| code_of(ExitStatus::from_raw(raw));
        assert_eq!(code(1 << 8), Some(1));
        assert_eq!(code(42 << 8), Some(42));
        assert_eq!(code(9), Some(137));
    }
}
