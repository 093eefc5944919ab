// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why there is no copy engine to use.

use nix::errno::Errno;

use crate::error::{Call, Error, Result};
use crate::refusal::Refusal;
use crate::vendor::NoAnswer;

/// Why a member's engine cannot copy for this library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEngine {
    /// The member takes no native jobs, which engine copies are.
    #[error("it takes no native jobs: {0}")]
    NoNative(Refusal),

    /// This library does not write command streams for the driver.
    #[error("this library writes no command streams for the driver {driver}")]
    NotWritten {
        /// The driver.
        driver: String,
    },

    /// This library does not write command streams for that hardware.
    #[error("it is {found}; command streams are written for {known}")]
    Generation {
        /// What the hardware is.
        found: String,
        /// What it would have to be.
        known: &'static str,
    },

    /// The driver has no copy engine for its clients.
    #[error("there is no copy engine for clients")]
    NoneThere,

    /// An engine was asked for, and none sees a buffer.
    #[error("no engine sees a buffer: {reason}")]
    SeesNothing {
        /// Why not, for people.
        reason: String,
    },

    /// The virtio GPU does not render, and so its host copies nothing.
    #[error("it is a virtio GPU without 3-D")]
    No3d,

    /// The driver did not say what has to be known.
    #[error("its driver does not answer {query}: {reason}")]
    NotAnswered {
        /// The question.
        query: &'static str,
        /// Why there is no answer.
        reason: NoAnswer,
    },

    /// The host of a virtio GPU copies between buffers of bytes, and this is an image.
    #[error("buffer {handle} is an image, and virgl copies bytes only between linear buffers")]
    Image {
        /// Handle of the buffer.
        handle: u32,
    },
}

/// An answer, or that there is none.
pub(super) fn asked<T>(
    query: &'static str,
    answer: std::result::Result<T, impl Into<NoAnswer>>,
) -> Result<T, NoEngine> {
    answer.map_err(|reason| NoEngine::NotAnswered {
        query,
        reason: reason.into(),
    })
}

/// A call of a member's driver that failed.
pub(super) fn failed(call: &'static str, subject: impl Into<String>, errno: Errno) -> Error {
    Error::call(Call::Driver(call), subject, errno)
}
