// SPDX-License-Identifier: GPL-2.0

//! Seeing the DRM devices of all drivers come and go.
//!
//! A class interface reports each device of a class, those that are there and those to come. The
//! DRM class is reached through a minor of a device of our own. Connectors and others are in the
//! same class, with drvdata that is no `struct drm_minor`; minors are told by their device type.
//!
//! C header: [`include/linux/device/class.h`](srctree/include/linux/device/class.h)

use crate::{
    bindings,
    dma_buf::DeviceKey,
    drm_device::ForeignDevice,
    drm_driver::{
        is_own,
        raw_device, //
    },
};
use core::ptr;
use kernel::{
    drm,
    error::to_result,
    ffi::{
        c_int,
        c_void, //
    },
    prelude::*,
    sync::atomic::{
        ordering::{
            Acquire,
            Full,
            Release, //
        },
        Atomic,
    },
    types::Opaque, //
};

/// What is told of the DRM devices of other drivers.
///
/// The calls come one at a time, with the mutex of the DRM class held: neither may add or remove a
/// device of that class, nor wait for who does.
pub trait DeviceObserver: Send + Sync + 'static {
    /// A minor of a device was registered. Called for each minor, so more than once for a device.
    fn added(&self, dev: &ForeignDevice);

    /// A minor of the device that `key` stands for is being unregistered, or the observer is.
    /// Called for each minor, so more than once for a device.
    fn removed(&self, key: DeviceKey);
}

/// The registration of an observer. Dropping it calls [`DeviceObserver::removed`] for every minor
/// that is there; afterwards the observer is called no more.
///
/// # Invariants
///
/// The class interface is registered, and [`ACTIVE`] points to it.
pub struct Registration<O: DeviceObserver>(Pin<KBox<Interface<O>>>);

#[pin_data]
struct Interface<O> {
    #[pin]
    intf: Opaque<bindings::class_interface>,
    minor_type: *const bindings::device_type,
    observer: O,
}

// The callbacks are not told which interface they are called for, so there can be one only.
static ACTIVE: Atomic<*mut c_void> = Atomic::new(ptr::null_mut());

impl<O: DeviceObserver> Registration<O> {
    /// Registers an observer in the class of `dev`, which must be registered.
    ///
    /// # Errors
    ///
    /// `EBUSY` if there is an observer.
    pub fn new<T: drm::Driver>(dev: &drm::Device<T>, observer: O) -> Result<Self> {
        // SAFETY: The device is valid, and so are its minors and their devices.
        let kdev = unsafe { &*(*(*raw_device(dev)).primary).kdev };
        let class = kdev.class;
        let minor_type = kdev.type_;

        let interface = KBox::pin_init(
            pin_init!(Interface {
                intf <- Opaque::ffi_init(|intf: *mut bindings::class_interface| {
                    // SAFETY: `intf` is valid for a write.
                    unsafe {
                        intf.write(bindings::class_interface {
                            class,
                            add_dev: Some(added::<O>),
                            remove_dev: Some(removed::<O>),
                            ..Default::default()
                        })
                    };
                }),
                minor_type,
                observer,
            }),
            GFP_KERNEL,
        )?;

        let active = ptr::from_ref(&*interface).cast_mut().cast();
        if ACTIVE.cmpxchg(ptr::null_mut(), active, Full).is_err() {
            return Err(EBUSY);
        }
        // SAFETY: The interface is pinned, and stays until it is unregistered.
        let ret = unsafe { bindings::class_interface_register(interface.intf.get()) };
        if let Err(e) = to_result(ret) {
            ACTIVE.store(ptr::null_mut(), Release);
            return Err(e);
        }

        // INVARIANT: Both were just done.
        Ok(Self(interface))
    }
}

impl<O: DeviceObserver> Drop for Registration<O> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the interface is registered.
        unsafe { bindings::class_interface_unregister(self.0.intf.get()) };
        ACTIVE.store(ptr::null_mut(), Release);
    }
}

// SAFETY: An interface may be unregistered from any thread, and the observer is `Send`.
unsafe impl<O: DeviceObserver> Send for Registration<O> {}

// SAFETY: There is nothing to be done with a shared reference.
unsafe impl<O: DeviceObserver> Sync for Registration<O> {}

/// Returns the observer, and the DRM device if `dev` is a minor of another driver's.
///
/// # Safety
///
/// To be called by the callbacks of `Interface<O>` only, with their argument; the references must
/// not outlive the callback.
unsafe fn minor<'a, O: DeviceObserver>(
    dev: *mut bindings::device,
) -> Option<(&'a O, &'a ForeignDevice)> {
    let interface: *const Interface<O> = ACTIVE.load(Acquire).cast();
    // SAFETY: Callbacks only come while the interface is registered, and then `ACTIVE` points to
    // it.
    let interface = unsafe { &*interface };

    // SAFETY: `dev` is a valid device by the safety requirements.
    if unsafe { (*dev).type_ } != interface.minor_type {
        return None;
    }
    // SAFETY: `dev` is a valid device by the safety requirements.
    let minor: *const bindings::drm_minor = unsafe { bindings::dev_get_drvdata(dev) }.cast();
    // SAFETY: The drvdata of a device of that type is its minor until it is removed from the class,
    // for which the caller waits.
    let drm = unsafe { minor.as_ref() }?.dev;

    // SAFETY: A minor that is registered keeps its device.
    if unsafe { is_own(drm) } {
        return None;
    }
    // SAFETY: As above.
    Some((&interface.observer, unsafe { ForeignDevice::from_raw(drm) }))
}

/// # Safety
///
/// To be called as the `add_dev` of an `Interface<O>` only.
unsafe extern "C" fn added<O: DeviceObserver>(dev: *mut bindings::device) -> c_int {
    // SAFETY: By the safety requirements.
    if let Some((observer, drm)) = unsafe { minor::<O>(dev) } {
        observer.added(drm);
    }
    0
}

/// # Safety
///
/// To be called as the `remove_dev` of an `Interface<O>` only.
unsafe extern "C" fn removed<O: DeviceObserver>(dev: *mut bindings::device) {
    // SAFETY: By the safety requirements.
    if let Some((observer, drm)) = unsafe { minor::<O>(dev) } {
        observer.removed(drm.key());
    }
}
