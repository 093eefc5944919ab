// SPDX-License-Identifier: GPL-2.0

//! Fences of our own.
//!
//! They have neither a `release` nor a `wait` operation, so that the C code detaches them from
//! their operations when they signal: a signalled fence needs nothing of this module any more, and
//! its memory is freed by the C code alone.

use super::Fence;
use crate::bindings;
use core::{
    mem::MaybeUninit,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    alloc::Flags,
    ffi,
    prelude::*,
    str::CStrExt,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    },
};

/// A timeline of fences.
///
/// The C code takes the fences of a context to signal in the order in which they were initialised,
/// and forgets an earlier one where a later one is known. Fences that may signal in another order
/// need contexts of their own; a context is no more than a number and costs nothing.
pub struct FenceContext {
    id: u64,
    next_seqno: Atomic<u64>,
    driver: &'static CStr,
    timeline: &'static CStr,
}

impl FenceContext {
    /// Makes a new context. The names are for debugging: of the driver, and of the timeline.
    #[doc(alias = "dma_fence_context_alloc")]
    pub fn new(driver: &'static CStr, timeline: &'static CStr) -> Self {
        Self {
            // SAFETY: The function only requires that the number is not 0.
            id: unsafe { bindings::dma_fence_context_alloc(1) },
            next_seqno: Atomic::new(1),
            driver,
            timeline,
        }
    }
}

/// The memory of a fence of our own.
#[repr(C)]
struct DriverFenceData {
    // Must be first: `dma_fence_free()` frees the memory by the address of the fence.
    fence: bindings::dma_fence,
    driver: *const ffi::c_char,
    timeline: *const ffi::c_char,
}

/// Memory for a [`DriverFence`], allocated ahead of the time when allocating is not allowed.
pub struct FenceAlloc(KBox<MaybeUninit<DriverFenceData>>);

// SAFETY: It is memory that nobody else knows of.
unsafe impl Send for FenceAlloc {}

// SAFETY: There is nothing that can be done with a shared reference.
unsafe impl Sync for FenceAlloc {}

impl FenceAlloc {
    /// Allocates the memory of a fence.
    pub fn new(flags: Flags) -> Result<Self> {
        Ok(Self(KBox::new_uninit(flags)?))
    }

    /// Makes the memory a pending fence, the next one of `context`. Does not allocate.
    #[doc(alias = "dma_fence_init64")]
    pub fn init(self, context: &FenceContext) -> DriverFence {
        let seqno = context.next_seqno.fetch_add(1, Relaxed);
        let data = KBox::into_raw(self.0).cast::<DriverFenceData>();

        // SAFETY: `data` is valid for writes, and nobody else knows it yet.
        unsafe {
            (&raw mut (*data).driver).write(context.driver.as_char_ptr());
            (&raw mut (*data).timeline).write(context.timeline.as_char_ptr());
        }

        // SAFETY: `data` is valid for writes, `OPS` has the two mandatory operations and is valid
        // as long as the module is, which [`UnloadBarrier`] takes care of, and no lock means
        // the one inside of the fence.
        unsafe {
            bindings::dma_fence_init64(
                &raw mut (*data).fence,
                &OPS,
                ptr::null_mut(),
                context.id,
                seqno,
            )
        };

        // INVARIANT: The fence was just initialised with `OPS` and is known to nobody else.
        DriverFence {
            // SAFETY: `data` is not NULL, as it comes from a `KBox`. The fence was initialised with
            // one reference, which is passed on. When the last reference is gone, the memory is
            // freed by `kfree_rcu()`, as is right for memory of `kmalloc()`, and by its start, as
            // the fence is the first field.
            fence: unsafe { Fence::from_raw(NonNull::new_unchecked(data.cast())) },
        }
    }
}

/// The right, and the duty, to signal a fence of our own.
///
/// If dropped, the fence signals with [`ECANCELED`].
///
/// # Invariants
///
/// `fence` was made by [`FenceAlloc::init`], and is signalled through this value alone.
pub struct DriverFence {
    fence: ARef<Fence>,
}

impl DriverFence {
    /// Returns a new reference to the fence, to be handed to others.
    pub fn fence(&self) -> ARef<Fence> {
        self.fence.clone()
    }

    /// Signals the fence, with the error in `result` if there is one.
    ///
    /// May be called in any context, but not by a [`FenceCallback`](super::FenceCallback): the lock
    /// of one fence must not be taken under that of another.
    #[doc(alias = "dma_fence_signal")]
    pub fn signal(self, result: Result) {
        self.complete(result);
    }

    fn complete(&self, result: Result) {
        if let Err(error) = result {
            // SAFETY: The fence is valid and, by the type invariant, not signalled: `signal()`
            // consumes `self`, and `drop()` does not come here if `signal()` did.
            unsafe {
                bindings::mvgal_shim_dma_fence_set_error(self.fence.as_raw(), error.to_errno())
            };
        }

        // SAFETY: The fence is valid.
        unsafe { bindings::dma_fence_signal(self.fence.as_raw()) };
    }
}

impl Drop for DriverFence {
    fn drop(&mut self) {
        // SAFETY: The fence is valid.
        if !unsafe { bindings::mvgal_shim_dma_fence_test_signaled_flag(self.fence.as_raw()) } {
            self.complete(Err(ECANCELED));
        }
    }
}

static OPS: bindings::dma_fence_ops = bindings::dma_fence_ops {
    get_driver_name: Some(driver_name),
    get_timeline_name: Some(timeline_name),
    ..pin_init::zeroed()
};

/// The `get_driver_name` operation.
///
/// # Safety
///
/// `fence` must have been made by [`FenceAlloc::init`].
unsafe extern "C" fn driver_name(fence: *mut bindings::dma_fence) -> *const ffi::c_char {
    // SAFETY: The fence is the first field of a `DriverFenceData`, by the safety requirements; its
    // names do not change after initialisation.
    unsafe { (*fence.cast::<DriverFenceData>()).driver }
}

/// The `get_timeline_name` operation.
///
/// # Safety
///
/// `fence` must have been made by [`FenceAlloc::init`].
unsafe extern "C" fn timeline_name(fence: *mut bindings::dma_fence) -> *const ffi::c_char {
    // SAFETY: As in `driver_name()`.
    unsafe { (*fence.cast::<DriverFenceData>()).timeline }
}

/// Waits, when dropped, until nobody runs code of this module through a fence any more.
///
/// To be dropped when the module is unloaded, after all of its [`DriverFence`]s and
/// [`FenceWait`](super::FenceWait)s are gone. What may still run then are the operations that
/// return the names of a fence which signalled meanwhile (and the reader may still look at the
/// names), and the tail of a callback that has given up its data: both are within RCU read-side
/// critical sections, as a lock that disables interrupts or preemption is one. The memory of fences
/// is freed by RCU, too, but without code of the module. Dropping it may sleep.
pub struct UnloadBarrier;

impl Drop for UnloadBarrier {
    fn drop(&mut self) {
        rcu::synchronize_rcu();
    }
}
