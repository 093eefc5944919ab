// SPDX-License-Identifier: GPL-2.0

//! Platform devices that a module makes itself.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use crate::bindings;
use core::ptr::NonNull;
use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

/// The registration of a platform device that stands for no hardware.
///
/// The device has no parent, no resources and a DMA mask of 64 bits. A platform driver of the same
/// name binds to it. Dropping the registration unbinds the driver and removes the device.
///
/// # Invariants
///
/// `self.0` is a platform device that `platform_device_register_full()` made.
pub struct DeviceRegistration(NonNull<bindings::platform_device>);

impl DeviceRegistration {
    /// Registers a platform device of the given name.
    ///
    /// # Errors
    ///
    /// `EEXIST` if there is a platform device of that name.
    pub fn new(name: &'static CStr) -> Result<Self> {
        let info = bindings::platform_device_info {
            name: name.as_char_ptr(),
            id: bindings::PLATFORM_DEVID_NONE,
            dma_mask: u64::MAX,
            ..Default::default()
        };

        // SAFETY: `info` is valid for the duration of the call, which copies what it keeps.
        let pdev = from_err_ptr(unsafe { bindings::platform_device_register_full(&info) })?;

        // INVARIANT: `platform_device_register_full()` succeeded.
        Ok(Self(NonNull::new(pdev).ok_or(ENOMEM)?))
    }
}

impl Drop for DeviceRegistration {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, this is a registered platform device; the registration
        // owns it, so it is unregistered only here.
        unsafe { bindings::platform_device_unregister(self.0.as_ptr()) };
    }
}

// SAFETY: A platform device may be unregistered from any thread.
unsafe impl Send for DeviceRegistration {}

// SAFETY: There is nothing to be done with a shared reference.
unsafe impl Sync for DeviceRegistration {}
