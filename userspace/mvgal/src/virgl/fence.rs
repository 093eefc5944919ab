// SPDX-License-Identifier: MIT OR Apache-2.0

//! When a submission has ended.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use drm::control::{Device as _, syncobj};
use nix::errno::Errno;

use super::error::{Call, Error, Result};
use super::file::File;
use crate::deadline::Deadline;
use crate::native::NativeFence;

/// A syncobj of the GPU's own file that a submission signals.
///
/// It has a fence once the driver has the submission, and signals when the host
/// has run it. That the host could not run it, it does not say: see
/// [`Context::check`](super::Context::check).
#[derive(Debug)]
pub struct Fence {
    file: Arc<File>,
    handle: syncobj::Handle,
    /// The handle is left to the closing of the file.
    kept: bool,
}

impl Fence {
    pub(super) fn new(file: &Arc<File>) -> Result<Self> {
        let handle = file
            .create_syncobj(false)
            .map_err(|error| Error::io(Call::Syncobj, "a new syncobj", &error))?;
        Ok(Fence {
            file: file.clone(),
            handle,
            kept: false,
        })
    }

    /// Leaves the handle to the closing of the file.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }

    /// Handle in the context's file; never 0.
    pub fn handle(&self) -> u32 {
        self.handle.into()
    }

    /// Where a NATIVE job finds its fence.
    pub fn native(&self) -> NativeFence {
        NativeFence::Syncobj {
            handle: self.handle(),
        }
    }

    fn error(&self, error: &io::Error) -> Error {
        Error::io(Call::Syncobj, format!("the fence {}", self.handle()), error)
    }

    /// Waits until the host has run the submission, whether it was submitted
    /// already or not.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]: the submission goes on, and can be waited for again.
    pub fn wait(&self, deadline: Deadline) -> Result<()> {
        loop {
            match self
                .file
                .syncobj_wait(&[self.handle], deadline.as_ns(), true, true)
            {
                Ok(_) => return Ok(()),
                Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                    Some(Errno::EINTR) => {}
                    // The kernel counts ticks, which may come late, and then fast.
                    Some(Errno::ETIME) if Deadline::now() < deadline => {}
                    Some(Errno::ETIME) => {
                        return Err(Error::TimedOut(format!("the fence {}", self.handle())));
                    }
                    _ => return Err(self.error(&error)),
                },
            }
        }
    }

    /// Whether the driver has the submission.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the GPU was unplugged.
    pub fn is_submitted(&self) -> Result<bool> {
        match self.file.syncobj_wait(&[self.handle], 0, true, false) {
            Ok(_) => Ok(true),
            Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                // There is a fence, and it has not signalled.
                Some(Errno::ETIME | Errno::EINTR) => Ok(true),
                Some(Errno::EINVAL) => Ok(false),
                _ => Err(self.error(&error)),
            },
        }
    }

    /// Exports it as a syncobj, for mvgal or another process.
    ///
    /// # Errors
    ///
    /// `EMFILE` if too many files are open.
    pub fn export(&self) -> Result<OwnedFd> {
        self.file
            .syncobj_to_fd(self.handle, false)
            .map_err(|error| self.error(&error))
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        if !self.kept {
            // The handle is ours; that it is gone already is no loss.
            let _ = self.file.destroy_syncobj(self.handle);
        }
    }
}
