// SPDX-License-Identifier: GPL-2.0

//! Something to be done in a task when its time has come.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::{
    bindings,
    clock::monotonic_ns, //
};
use kernel::{
    prelude::*,
    types::Opaque, //
};

type Callback = dyn Fn() + Send + Sync;

#[pin_data]
struct Inner {
    #[pin]
    work: Opaque<bindings::delayed_work>,
    callback: KBox<Callback>,
}

/// A function that is called at a time that can be set, and set anew.
///
/// Dropping it waits for a call that is under way; the function is not called any more afterwards.
/// So it must not be dropped by the function itself, nor with a lock held that the function takes.
///
/// # Invariants
///
/// `work` is initialised, with [`run`] as its function, and is neither queued nor running once
/// `self` is gone.
pub struct Alarm(Pin<KBox<Inner>>);

// SAFETY: The callback may be called and dropped on any thread; delayed work is synchronised by the
// C code.
unsafe impl Send for Alarm {}

// SAFETY: As above.
unsafe impl Sync for Alarm {}

impl Alarm {
    /// Makes an alarm that is not set.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    #[doc(alias = "INIT_DELAYED_WORK")]
    pub fn new(callback: impl Fn() + Send + Sync + 'static) -> Result<Self> {
        let callback: KBox<Callback> = KBox::new(callback, GFP_KERNEL)?;
        let inner = KBox::pin_init(
            pin_init!(Inner {
                work <- Opaque::ffi_init(|work| {
                    // SAFETY: The memory is valid and stays where it is, being pinned; `run` is the
                    // function for the work item of an `Inner`.
                    unsafe { bindings::mvgal_shim_init_delayed_work(work, Some(run)) }
                }),
                callback,
            }),
            GFP_KERNEL,
        )?;

        // INVARIANT: It was just initialised; `drop()` sees to the rest.
        Ok(Self(inner))
    }

    /// Has the function called at `at_ns` of `CLOCK_MONOTONIC`, or as soon as possible after it;
    /// and not at a time that was set before, unless the call is under way. In any context.
    #[doc(alias = "mod_delayed_work")]
    pub fn set(&self, at_ns: u64) {
        let delay_ns = at_ns.saturating_sub(monotonic_ns());

        // SAFETY: By the type invariant, the work is initialised.
        unsafe { bindings::mvgal_shim_mod_delayed_work_ns(self.0.work.get(), delay_ns) };
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the work is initialised.
        unsafe { bindings::cancel_delayed_work_sync(self.0.work.get()) };
    }
}

/// # Safety
///
/// Must only be called as the function of the work item of an [`Inner`].
unsafe extern "C" fn run(work: *mut bindings::work_struct) {
    // SAFETY: By the safety requirements, it is the first part of a `delayed_work`.
    let work = unsafe { kernel::container_of!(work, bindings::delayed_work, work) };
    // SAFETY: By the safety requirements; `Opaque` is transparent.
    let inner = unsafe { &*kernel::container_of!(Opaque::cast_from(work), Inner, work) };

    (inner.callback)();
}
