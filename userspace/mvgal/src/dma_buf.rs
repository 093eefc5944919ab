// SPDX-License-Identifier: MIT OR Apache-2.0

//! An exported buffer.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A dma-buf: a buffer as a file, to hand to another driver or process.
///
/// It is always the dma-buf of the driver that owns the memory. The memory lives
/// as long as the file does.
#[derive(Debug)]
pub struct DmaBuf {
    fd: OwnedFd,
}

impl AsFd for DmaBuf {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<OwnedFd> for DmaBuf {
    /// Takes a descriptor; whether it is a dma-buf shows when it is imported.
    fn from(fd: OwnedFd) -> Self {
        DmaBuf { fd }
    }
}

impl From<DmaBuf> for OwnedFd {
    fn from(dma_buf: DmaBuf) -> Self {
        dma_buf.fd
    }
}
