// SPDX-License-Identifier: GPL-2.0

//! A file descriptor for a dma-buf that there is not yet.

use super::DmaBuf;
use crate::bindings;
use kernel::{
    fs::file::{
        File,
        FileDescriptorReservation, //
    },
    prelude::*,
    sync::aref::ARef, //
};

/// A close-on-exec file descriptor of the current task that nothing is open on.
///
/// It is taken before something is done that should not be done in vain, as installing it cannot
/// fail.
pub struct ReservedFd(FileDescriptorReservation);

impl ReservedFd {
    /// Takes one.
    ///
    /// # Errors
    ///
    /// `EMFILE` if the task has no descriptor free.
    #[doc(alias = "get_unused_fd_flags")]
    pub fn new() -> Result<Self> {
        let fd = FileDescriptorReservation::get_unused_fd_flags(bindings::O_CLOEXEC)?;
        Ok(Self(fd))
    }

    /// Opens the dma-buf on it, and returns it.
    ///
    /// As soon as it returns, the task can use or close the descriptor: so this must be the last
    /// step of what may fail.
    #[doc(alias = "fd_install")]
    pub fn install(self, dma_buf: ARef<DmaBuf>) -> Result<i32> {
        let fd = i32::try_from(self.0.reserved_fd())?;
        // SAFETY: A dma-buf has a file as long as it lives. Nobody has an `fdget_pos()` of it that
        // is not shared, as that takes the only descriptor, and the file is being given another.
        let file = unsafe { File::from_raw_file((*dma_buf.as_raw()).file) };
        self.0.fd_install(file.into());
        Ok(fd)
    }
}
