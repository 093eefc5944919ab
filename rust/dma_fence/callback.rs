// SPDX-License-Identifier: GPL-2.0

//! Callbacks on fences.

use super::Fence;
use crate::bindings;
use core::cell::UnsafeCell;
use kernel::{
    alloc::Flags,
    container_of,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        rcu, //
    },
    types::Opaque,
};

/// What is to be done when a fence signals.
///
/// It is `'static` because a [`FenceWait`] that is leaked stays armed.
pub trait FenceCallback: Send + 'static {
    /// Called once, when the fence signals, with its result (see [`Fence::status`]).
    ///
    /// Runs in any context, in that of whoever signals the fence, with the lock of the fence held
    /// and interrupts off. So it, and the destructor of `self`, must not sleep or allocate with
    /// more than `GFP_ATOMIC`, must not take locks that are not safe against interrupts, must not
    /// signal, arm or disarm anything that concerns this or another fence, and must not drop the
    /// last reference to what does any of that: the [`FenceWait`] itself above all, which would
    /// wait for this function for ever. To wake a thread or to queue a work item is what it is for.
    fn signaled(self, status: Result);
}

/// A callback on a fence, with memory of its own that is allocated ahead.
///
/// Can be armed again and again, on one fence at a time. Dropping it disarms it.
///
/// # Invariants
///
/// - `fence` is the fence on which the callback of `node` was registered and from which it was not
///   removed since, or [`None`] if there is no such.
/// - While `fence` is [`Some`] and the callback has not finished, the callback may use `node`. At
///   all other times nobody but the owner of `self` does.
pub struct FenceWait<T: FenceCallback> {
    node: KBox<WaitNode<T>>,
    fence: Option<ARef<Fence>>,
}

struct WaitNode<T> {
    cb: Opaque<bindings::dma_fence_cb>,
    /// What the callback is to be given; it takes it.
    data: UnsafeCell<Option<T>>,
    /// Set by the callback as the last thing that it does to this structure.
    fired: Atomic<bool>,
}

// SAFETY: The node is used by the owner of the `FenceWait` and by the callback, which may run on
// any thread; both only use `data` when they have it to themselves, and it is `Send`.
unsafe impl<T: Send> Send for WaitNode<T> {}

// SAFETY: There is no access to the node through a shared reference to its `FenceWait`.
unsafe impl<T: Send> Sync for WaitNode<T> {}

impl<T: FenceCallback> FenceWait<T> {
    /// Allocates the memory of a callback.
    pub fn new(flags: Flags) -> Result<Self> {
        // INVARIANT: Nothing is registered.
        Ok(Self {
            node: KBox::new(
                WaitNode {
                    cb: Opaque::uninit(),
                    data: UnsafeCell::new(None),
                    fired: Atomic::new(false),
                },
                flags,
            )?,
            fence: None,
        })
    }

    /// Has `data` called when `fence` signals. Does not allocate.
    ///
    /// If it has signalled already, `data` comes back as the error and nothing is registered. If
    /// the callback is armed on another fence, it is disarmed first, and what it was to be given is
    /// dropped.
    ///
    /// The callback may run before this returns. Must not be called by a [`FenceCallback`].
    #[doc(alias = "dma_fence_add_callback")]
    pub fn arm(&mut self, fence: ARef<Fence>, data: T) -> Result<(), T> {
        drop(self.disarm());

        self.node.fired.store(false, Relaxed);
        // SAFETY: Nothing is registered, so by the type invariant nobody else uses the node.
        unsafe { *self.node.data.get() = Some(data) };

        let ret = {
            // The lock of the fence may be outside of it, and then belongs to a driver that may
            // free it a grace period after the fence has signalled.
            let _guard = rcu::read_lock();

            // SAFETY: The fence is valid. The node is not on a list, as nothing is registered, and
            // stays valid until it is on none any more: `disarm()`, which `drop()` calls, sees to
            // that, and leaking a `FenceWait` leaks the node. `callback` is the function for nodes
            // of this type.
            unsafe {
                bindings::dma_fence_add_callback(
                    fence.as_raw(),
                    self.node.cb.get(),
                    Some(callback::<T>),
                )
            }
        };

        if ret == 0 {
            // INVARIANT: The callback was just registered on this fence.
            self.fence = Some(fence);
            return Ok(());
        }

        // SAFETY: Nothing was registered, so by the type invariant nobody else uses the node.
        match unsafe { (*self.node.data.get()).take() } {
            Some(data) => Err(data),
            // It was just put there.
            None => Ok(()),
        }
    }

    /// Removes the callback and returns what it was to be given; [`None`] if it was never armed or
    /// has been called.
    ///
    /// Waits for a callback that is running. Afterwards it does not run any more, and there is no
    /// reference to the fence any more. Must not be called by a [`FenceCallback`].
    #[doc(alias = "dma_fence_remove_callback")]
    pub fn disarm(&mut self) -> Option<T> {
        // INVARIANT: The callback is removed below.
        let fence = self.fence.take()?;

        {
            // The lock of the fence may be outside of it, and then belongs to a driver that may
            // free it a grace period after the fence has signalled. If the callback has not
            // finished within this section, then whoever signals the fence has not released its
            // lock yet, or has yet to take it, and so the grace period has yet to begin. If it has
            // finished, there is nothing left to remove and no need for the lock.
            let _guard = rcu::read_lock();

            if !self.node.fired.load(Acquire) {
                // SAFETY: The fence is valid and, by the type invariant, it is the one on which the
                // callback was registered. Since the callback runs under the lock of the fence,
                // which is taken here in any case, it has finished or never runs when this
                // returns.
                unsafe { bindings::dma_fence_remove_callback(fence.as_raw(), self.node.cb.get()) };
            }
        }

        // SAFETY: The callback has finished (and this is ordered after what it did, by `fired` or
        // by the lock of the fence) or never runs, so nobody else uses the node.
        unsafe { (*self.node.data.get()).take() }
    }
}

impl<T: FenceCallback> Drop for FenceWait<T> {
    fn drop(&mut self) {
        drop(self.disarm());
    }
}

/// The C callback.
///
/// # Safety
///
/// Must only be called by the C code as the callback of a node that was registered by
/// [`FenceWait::arm`] for the same `T`: once, with the lock of the fence held and after the fence
/// was marked as signalled.
unsafe extern "C" fn callback<T: FenceCallback>(
    fence: *mut bindings::dma_fence,
    cb: *mut bindings::dma_fence_cb,
) {
    // SAFETY: By the safety requirements, `cb` is the field of a `WaitNode<T>`.
    let node = unsafe { container_of!(Opaque::cast_from(cb), WaitNode<T>, cb) };

    // SAFETY: The node is valid: whoever wants to free it needs the lock of the fence first, as
    // long as `fired` is not set.
    let node = unsafe { &*node };

    // SAFETY: The fence is valid during the callback.
    let fence = unsafe { &*fence.cast::<Fence>() };

    // SAFETY: The fence has signalled, by the safety requirements.
    let status = unsafe { fence.signaled_status() };

    // SAFETY: Until `fired` is set or the lock of the fence is released, nobody else uses `data`.
    if let Some(data) = unsafe { (*node.data.get()).take() } {
        data.signaled(status);
    }

    // The last access: the owner may free the node from here on.
    node.fired.store(true, Release);
}
