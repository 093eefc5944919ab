// SPDX-License-Identifier: MIT OR Apache-2.0

//! The open mvgal file that everything made of it shares.

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;

use crate::error::{Call, Error, Result};
use crate::{ioctls, sys};

/// An open mvgal node, and how often each of its GEM handles is in use.
///
/// The kernel gives the same handle to every import of a dma-buf, and one
/// FREE_MEMORY drops it for all of them. So the handles are counted here, under
/// a lock that is also held over the calls that import and free.
#[derive(Debug)]
pub(crate) struct Node {
    fd: OwnedFd,
    pub(crate) path: PathBuf,
    handles: Mutex<HashMap<u32, usize>>,
}

/// The lock on the handles of a [`Node`].
pub(crate) struct Handles<'a>(MutexGuard<'a, HashMap<u32, usize>>);

impl Handles<'_> {
    /// Counts one more use of a handle.
    pub(crate) fn acquire(&mut self, handle: u32) {
        *self.0.entry(handle).or_insert(0) += 1;
    }
}

impl Node {
    pub(crate) fn new(fd: OwnedFd, path: PathBuf) -> Self {
        Node {
            fd,
            path,
            handles: Mutex::default(),
        }
    }

    /// A file that refuses every call with `ENOTTY`.
    #[cfg(test)]
    pub(crate) fn for_test() -> std::sync::Arc<Self> {
        let file = std::fs::File::open("/dev/null").unwrap();
        std::sync::Arc::new(Node::new(file.into(), "/dev/null".into()))
    }

    /// Makes a call, again if a signal interrupted it.
    ///
    /// # Safety
    ///
    /// `ioctl` must take a pointer to a `T`, and every array and pointer in
    /// `arg` must be valid for as many bytes as it says.
    pub(crate) unsafe fn call<T>(
        &self,
        ioctl: unsafe fn(RawFd, *mut T) -> nix::Result<i32>,
        arg: &mut T,
    ) -> nix::Result<()> {
        loop {
            // SAFETY: `arg` is a valid pointer to a `T`; the rest is the
            // caller's promise.
            match unsafe { ioctl(self.fd.as_raw_fd(), arg) } {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    pub(crate) fn handles(&self) -> Handles<'_> {
        Handles(self.handles.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops one use of a handle, and the handle with the last.
    pub(crate) fn release(&self, handle: u32) -> Result<()> {
        let mut handles = self.handles();
        match handles.0.get_mut(&handle) {
            Some(uses) if *uses > 1 => {
                *uses -= 1;
                Ok(())
            }
            _ => {
                handles.0.remove(&handle);
                let mut arg = sys::drm_mvgal_free_memory { handle, pad: 0 };
                // SAFETY: The structure has no pointers.
                unsafe { self.call(ioctls::free_memory, &mut arg) }.map_err(|errno| {
                    Error::call(Call::FreeMemory, format!("buffer {handle}"), errno)
                })
            }
        }
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl drm::Device for Node {}
impl drm::control::Device for Node {}
