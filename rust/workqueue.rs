// SPDX-License-Identifier: GPL-2.0

//! Work queues of our own.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::bindings;
use core::ptr::NonNull;
use kernel::{
    ffi,
    fmt,
    impl_flags,
    prelude::*,
    str::{
        CStrExt,
        CString, //
    },
    workqueue::{
        Queue,
        RawWorkItem, //
    }, //
};

impl_flags!(
    /// How a work queue runs its items.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct QueueFlags(u32);

    /// One way in which a work queue runs its items.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum QueueFlag {
        /// Items are not bound to the CPU on which they were queued.
        Unbound = bindings::wq_flags_WQ_UNBOUND,
        /// There is a thread that runs items even when memory is short. Needed for items on which
        /// fences depend.
        MemReclaim = bindings::wq_flags_WQ_MEM_RECLAIM,
        /// Items run in threads of high priority.
        HighPri = bindings::wq_flags_WQ_HIGHPRI,
    }
);

/// A work queue that is destroyed when this is dropped, after all items in it have run.
///
/// It does not dereference to [`Queue`], as delayed items cannot be offered: those whose time has
/// not come yet are not waited for.
///
/// Must not be dropped by an item that runs on it.
///
/// # Invariants
///
/// The pointer is to a valid work queue that belongs to this value, and on which there are no
/// delayed items.
pub struct OwnedQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: Work queues may be used and destroyed on any thread.
unsafe impl Send for OwnedQueue {}

// SAFETY: What can be done through a `&OwnedQueue` is synchronised by the C code.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Makes a work queue that runs up to `max_active` items at a time; 0 stands for the default.
    ///
    /// Fails with [`ENOMEM`]. Allocates with `GFP_KERNEL`.
    #[doc(alias = "alloc_workqueue")]
    pub fn new(
        flags: impl Into<QueueFlags>,
        max_active: u16,
        name: fmt::Arguments<'_>,
    ) -> Result<Self> {
        let name = CString::try_from_fmt(name)?;

        // SAFETY: The format takes one string, which is copied.
        let ptr = unsafe {
            bindings::alloc_workqueue_noprof(
                c"%s".as_char_ptr(),
                u32::from(flags.into()),
                ffi::c_int::from(max_active),
                name.as_char_ptr(),
            )
        };

        // INVARIANT: The queue was just made.
        Ok(Self(NonNull::new(ptr).ok_or(ENOMEM)?))
    }

    /// Queues a work item; see [`Queue::enqueue`].
    pub fn enqueue<W, const ID: u64>(&self, work: W) -> W::EnqueueOutput
    where
        W: RawWorkItem<ID> + Send + 'static,
    {
        // SAFETY: By the type invariant, the queue is valid as long as `self` is. The reference
        // does not leave this function.
        unsafe { Queue::from_raw(self.0.as_ptr()) }.enqueue(work)
    }

    /// Waits for the items that are in the queue now.
    ///
    /// Must not be called by an item that runs on it.
    #[doc(alias = "flush_workqueue")]
    pub fn flush(&self) {
        // SAFETY: By the type invariant, the queue is valid.
        unsafe { bindings::__flush_workqueue(self.0.as_ptr()) };
    }
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the queue is valid and ours. The function waits for the
        // items that are in it, and there are no delayed ones.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}
