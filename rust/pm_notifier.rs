// SPDX-License-Identifier: GPL-2.0

//! Being told that the system is about to sleep, and that it has woken up.
//!
//! C header: [`include/linux/suspend.h`](srctree/include/linux/suspend.h)

use crate::bindings;
use kernel::{
    error::to_result,
    ffi::{
        c_int,
        c_ulong,
        c_void, //
    },
    prelude::*,
    types::Opaque, //
};

/// What is told of the system's sleep: suspend and hibernation, and the restoration of an image.
///
/// The calls may sleep.
pub trait SleepObserver: Send + Sync + 'static {
    /// The system is about to sleep. Tasks and devices work as ever: user space is frozen next, and
    /// then devices are suspended. Called before drivers are told, of which some move what is in
    /// the memory of their devices elsewhere.
    ///
    /// # Errors
    ///
    /// With an error the system does not go to sleep, and [`SleepObserver::woken`] is not called.
    fn prepare(&self) -> Result;

    /// The system has woken up, or did not go to sleep: devices and user space work again. Other
    /// drivers may not have been told yet, and may hold up those who use their devices until then;
    /// so this must not wait for any of them.
    fn woken(&self);
}

/// The registration of an observer, which is not called any more once this is dropped.
///
/// Must not be dropped by the observer.
///
/// # Invariants
///
/// The notifier block is registered.
pub struct Registration<O: SleepObserver>(Pin<KBox<Inner<O>>>);

#[pin_data]
struct Inner<O> {
    #[pin]
    block: Opaque<bindings::notifier_block>,
    observer: O,
}

/// Above that of drivers, which is 0.
const PRIORITY: c_int = 1;

impl<O: SleepObserver> Registration<O> {
    /// Registers an observer. On a kernel that does not sleep it is never called.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    #[doc(alias = "register_pm_notifier")]
    pub fn new(observer: O) -> Result<Self> {
        let inner = KBox::pin_init(
            pin_init!(Inner {
                block <- Opaque::ffi_init(|block: *mut bindings::notifier_block| {
                    // SAFETY: `block` is valid for a write.
                    unsafe {
                        block.write(bindings::notifier_block {
                            notifier_call: Some(notified::<O>),
                            priority: PRIORITY,
                            ..Default::default()
                        })
                    };
                }),
                observer,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: The block is initialised, and stays where it is until it is unregistered.
        to_result(unsafe { bindings::mvgal_shim_register_pm_notifier(inner.block.get()) })?;

        // INVARIANT: It was just registered.
        Ok(Self(inner))
    }
}

impl<O: SleepObserver> Drop for Registration<O> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, it is registered. A call that is under way is waited for.
        unsafe { bindings::mvgal_shim_unregister_pm_notifier(self.0.block.get()) };
    }
}

// SAFETY: A notifier may be unregistered from any thread, and the observer is `Send`.
unsafe impl<O: SleepObserver> Send for Registration<O> {}

// SAFETY: There is nothing to be done with a shared reference.
unsafe impl<O: SleepObserver> Sync for Registration<O> {}

/// # Safety
///
/// To be called as the `notifier_call` of an `Inner<O>` only.
unsafe extern "C" fn notified<O: SleepObserver>(
    block: *mut bindings::notifier_block,
    action: c_ulong,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: By the safety requirements; `Opaque` is transparent.
    let inner = unsafe { &*kernel::container_of!(Opaque::cast_from(block), Inner<O>, block) };
    // CAST: There are few actions.
    let result = match action as u32 {
        bindings::PM_SUSPEND_PREPARE
        | bindings::PM_HIBERNATION_PREPARE
        | bindings::PM_RESTORE_PREPARE => inner.observer.prepare(),
        bindings::PM_POST_SUSPEND | bindings::PM_POST_HIBERNATION | bindings::PM_POST_RESTORE => {
            inner.observer.woken();
            Ok(())
        }
        _ => Ok(()),
    };
    // SAFETY: It takes any number.
    unsafe { bindings::mvgal_shim_notifier_from_errno(result.err().map_or(0, Error::to_errno)) }
}
