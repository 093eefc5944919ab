// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why the program failed.

use std::io;
use std::process::ExitCode;

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
    #[error("{what}: {source}")]
    Io {
        /// What was being done with which file.
        what: String,
        /// What the system answered.
        source: io::Error,
    },

    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),

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

    /// 2 for a wrong command line, 1 for all else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
