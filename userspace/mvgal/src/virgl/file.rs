// SPDX-License-Identifier: MIT OR Apache-2.0

//! The open file that a context and all that is made in it share.

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drm::control::Device as _;
use nix::errno::Errno;

use super::features::Features;
use crate::member_node::MemberNode;

/// An open node of a virtio GPU, and how often each of its GEM handles is in use.
///
/// As with mvgal's own handles, importing a dma-buf twice gives the same handle.
#[derive(Debug)]
pub(super) struct File {
    node: MemberNode,
    pub(super) features: Features,
    handles: Mutex<HashMap<u32, usize>>,
    /// Number of the next sub-context.
    sub_contexts: AtomicU32,
    /// Number of the next object that a blob is made of.
    blobs: AtomicU32,
}

/// The lock on the handles of a [`File`].
pub(super) struct Handles<'a>(MutexGuard<'a, HashMap<u32, usize>>);

impl Handles<'_> {
    /// Counts one more use of a handle.
    pub(super) fn acquire(&mut self, handle: u32) {
        *self.0.entry(handle).or_insert(0) += 1;
    }
}

impl File {
    pub(super) fn new(node: MemberNode, features: Features) -> Self {
        File {
            node,
            features,
            handles: Mutex::default(),
            sub_contexts: AtomicU32::new(1),
            blobs: AtomicU32::new(1),
        }
    }

    /// Makes a call, again if a signal interrupted it.
    ///
    /// # Safety
    ///
    /// `ioctl` must take a pointer to a `T`, and every pointer in `arg` must be
    /// valid for as many bytes as it says.
    pub(super) unsafe fn call<T>(
        &self,
        ioctl: unsafe fn(RawFd, *mut T) -> nix::Result<i32>,
        arg: &mut T,
    ) -> nix::Result<()> {
        // SAFETY: The caller's promise.
        unsafe { retry(self.node.as_fd(), ioctl, arg) }
    }

    pub(super) fn path(&self) -> String {
        self.node.path().display().to_string()
    }

    pub(super) fn handles(&self) -> Handles<'_> {
        Handles(self.handles.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops one use of a handle, and the handle with the last.
    pub(super) fn release(&self, handle: u32) {
        let mut handles = self.handles();
        match handles.0.get_mut(&handle) {
            Some(uses) if *uses > 1 => *uses -= 1,
            _ => {
                handles.0.remove(&handle);
                if let Some(handle) = drm::control::RawResourceHandle::new(handle) {
                    // The handle is ours; that it is gone already is no loss.
                    let _ = self.close_buffer(handle.into());
                }
            }
        }
    }

    /// How many handles are in use.
    pub(super) fn handles_in_use(&self) -> usize {
        self.handles().0.len()
    }

    pub(super) fn next_sub_context(&self) -> u32 {
        self.sub_contexts.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn next_blob(&self) -> u32 {
        self.blobs.fetch_add(1, Ordering::Relaxed)
    }
}

/// Makes a call, again if a signal interrupted it.
///
/// # Safety
///
/// As [`File::call`].
pub(super) unsafe fn retry<T>(
    fd: BorrowedFd<'_>,
    ioctl: unsafe fn(RawFd, *mut T) -> nix::Result<i32>,
    arg: &mut T,
) -> nix::Result<()> {
    loop {
        // SAFETY: `arg` is a valid pointer to a `T`; the rest is the caller's
        // promise.
        match unsafe { ioctl(fd.as_raw_fd(), arg) } {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.node.as_fd()
    }
}

impl drm::Device for File {}
impl drm::control::Device for File {}

#[cfg(test)]
impl File {
    /// A file that refuses every call with `ENOTTY`.
    pub(super) fn for_test() -> Self {
        Self::new(MemberNode::for_test(), Features::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_use_drops_a_handle() {
        let file = File::for_test();
        file.handles().acquire(7);
        file.handles().acquire(7);
        file.release(7);
        assert_eq!(file.handles_in_use(), 1);
        file.release(7);
        assert_eq!(file.handles_in_use(), 0);
    }
}
