// SPDX-License-Identifier: MIT OR Apache-2.0

//! Timelines: points that signal in order.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::syncobj::{Point, Syncobj, SyncobjFd};
use crate::wait::{self, WaitMode};

/// A line of points, counted up from 1, that jobs wait for and signal.
///
/// A job may wait for a point that nobody has promised to signal yet. Each
/// signal must be above all before it.
#[derive(Debug)]
pub struct Timeline {
    syncobj: Syncobj,
}

impl Timeline {
    pub(crate) fn new(syncobj: Syncobj) -> Self {
        Timeline { syncobj }
    }

    /// The syncobj behind it.
    pub fn syncobj(&self) -> &Syncobj {
        &self.syncobj
    }

    /// One of its points, from 1 up.
    pub fn point(&self, value: u64) -> Point<'_> {
        self.syncobj.point(value)
    }

    /// The highest point that has signalled; 0 if none has.
    ///
    /// # Errors
    ///
    /// `ENODEV` if mvgal was unplugged.
    pub fn value(&self) -> Result<u64> {
        self.syncobj.query()
    }

    /// Waits until a point has signalled without an error.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], and [`Error::Fence`] if it carries an error.
    pub fn wait(&self, value: u64, deadline: Deadline) -> Result<()> {
        let waited = wait::wait(
            &self.syncobj.node,
            &[self.point(value)],
            WaitMode::All,
            deadline,
        )?;
        match waited.outcomes.first() {
            Some(outcome) if outcome.signaled => match outcome.error {
                None => Ok(()),
                Some(errno) => Err(Error::Fence {
                    handle: self.syncobj.handle(),
                    point: value,
                    errno,
                }),
            },
            _ => Err(Error::TimedOut {
                what: format!("point {value} of syncobj {}", self.syncobj.handle()),
            }),
        }
    }

    /// Signals a point from the CPU.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the point is not above all that have or will get a fence.
    pub fn signal(&self, value: u64) -> Result<()> {
        wait::signal(&self.syncobj.node, &[(self.point(value), None)])
    }

    /// Signals a point with an error: jobs that wait for it are cancelled.
    ///
    /// # Errors
    ///
    /// As [`signal`](Self::signal).
    pub fn fail(&self, value: u64, error: Errno) -> Result<()> {
        wait::signal(&self.syncobj.node, &[(self.point(value), Some(error))])
    }

    /// Exports it, for another driver or process.
    ///
    /// # Errors
    ///
    /// `EMFILE` if too many files are open.
    pub fn export(&self) -> Result<SyncobjFd> {
        self.syncobj.export()
    }
}

impl AsFd for Timeline {
    /// The mvgal file in which its handle is valid; see [`export`](Self::export)
    /// for a file of its own.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.syncobj.node.as_fd()
    }
}
