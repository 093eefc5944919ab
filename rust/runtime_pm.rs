// SPDX-License-Identifier: GPL-2.0

//! Keeping the device of another driver powered.
//!
//! Drivers whose devices go to sleep when nobody uses them wake them up in their own `ioctl` file
//! operation, which mvgal does not pass through.
//!
//! C header: [`include/linux/pm_runtime.h`](srctree/include/linux/pm_runtime.h)

use crate::{
    bindings,
    drm_device::ForeignDevice, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

/// A device that does not go to sleep.
///
/// # Invariants
///
/// We own a reference to the runtime power management of the device's parent.
pub(crate) struct Awake<'a>(&'a ForeignDevice);

impl<'a> Awake<'a> {
    /// Wakes the device up, if it sleeps. Sleeps itself.
    ///
    /// # Errors
    ///
    /// What the driver's resume answers.
    #[doc(alias = "pm_runtime_get_sync")]
    pub(crate) fn new(dev: &'a ForeignDevice) -> Result<Self> {
        // SAFETY: A DRM device has a parent, which exists as long as the device does.
        let ret = unsafe { bindings::mvgal_shim_pm_runtime_get_sync((*dev.as_raw()).dev) };
        // INVARIANT: The function takes a reference even when it fails.
        let this = Self(dev);

        // The device has no runtime power management.
        if ret != EACCES.to_errno() {
            to_result(ret.min(0))?;
        }
        Ok(this)
    }
}

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        // SAFETY: As in `new`, and by the type invariant there is a reference to give up.
        unsafe { bindings::mvgal_shim_pm_runtime_put_autosuspend((*self.0.as_raw()).dev) };
    }
}
