// SPDX-License-Identifier: GPL-2.0

//! DRM devices of other drivers: what their tables and structures tell.
//!
//! C header: [`include/drm/drm_device.h`](srctree/include/drm/drm_device.h)

use crate::{
    bindings,
    dma_buf::DeviceKey, //
};
use core::ptr;
use kernel::{
    device,
    ioctl::{
        _IOC_NR,
        _IOC_SIZE, //
    },
    prelude::*,
    types::Opaque, //
};

/// A feature that a DRM driver says it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Feature {
    /// It manages its buffers with GEM.
    Gem = bindings::drm_driver_feature_DRIVER_GEM,
    /// It drives displays.
    Modeset = bindings::drm_driver_feature_DRIVER_MODESET,
    /// It has a render node.
    Render = bindings::drm_driver_feature_DRIVER_RENDER,
    /// It knows syncobjs.
    Syncobj = bindings::drm_driver_feature_DRIVER_SYNCOBJ,
    /// It knows timeline syncobjs.
    SyncobjTimeline = bindings::drm_driver_feature_DRIVER_SYNCOBJ_TIMELINE,
    /// It is for a compute accelerator.
    ComputeAccel = bindings::drm_driver_feature_DRIVER_COMPUTE_ACCEL,
}

/// Version of a DRM driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// Major version.
    pub major: i32,
    /// Minor version.
    pub minor: i32,
    /// Patch level.
    pub patchlevel: i32,
}

/// A DRM device of another driver.
///
/// # Invariants
///
/// The device is valid, and its minors have been allocated.
#[repr(transparent)]
pub struct ForeignDevice(Opaque<bindings::drm_device>);

impl ForeignDevice {
    /// # Safety
    ///
    /// `ptr` must be a device that has been registered at some time and that lives for all of `'a`.
    pub(crate) unsafe fn from_raw<'a>(ptr: *const bindings::drm_device) -> &'a Self {
        // SAFETY: By the safety requirements; `ForeignDevice` is transparent.
        unsafe { &*ptr.cast() }
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::drm_device {
        self.0.get()
    }

    pub(crate) fn driver(&self) -> &bindings::drm_driver {
        // SAFETY: By the type invariant; a driver outlives its devices and does not change.
        unsafe { &*(*self.as_raw()).driver }
    }

    /// Returns what tells the device from others.
    pub fn key(&self) -> DeviceKey {
        DeviceKey::from_raw(self.as_raw())
    }

    /// Returns the name of the driver.
    pub fn driver_name(&self) -> &CStr {
        // SAFETY: The name of a driver is a string that lives as long as the driver.
        unsafe { CStr::from_char_ptr(self.driver().name) }
    }

    /// Returns the version of the driver.
    pub fn driver_version(&self) -> Version {
        let driver = self.driver();

        Version {
            major: driver.major,
            minor: driver.minor,
            patchlevel: driver.patchlevel,
        }
    }

    /// Returns whether the driver has a feature, for this device.
    pub fn has(&self, feature: Feature) -> bool {
        // SAFETY: By the type invariant.
        let enabled = unsafe { (*self.as_raw()).driver_features };

        self.driver().driver_features & enabled & feature as u32 != 0
    }

    /// Returns whether the driver allocates by the generic dumb-buffer operation.
    pub fn has_dumb_buffers(&self) -> bool {
        self.driver().dumb_create.is_some()
    }

    /// Returns whether buffers of the device are exported in the generic way.
    pub fn exports_dma_bufs(&self) -> bool {
        // Out-of-tree drivers name the generic function, as older kernels want it.
        let generic = bindings::drm_gem_prime_handle_to_fd as *const ();
        let export = self.driver().prime_handle_to_fd;

        self.has(Feature::Gem) && export.is_none_or(|export| export as *const () == generic)
    }

    /// Returns whether the driver imports the dma-bufs of others.
    pub fn imports_dma_bufs(&self) -> bool {
        let driver = self.driver();

        self.has(Feature::Gem)
            && (driver.prime_fd_to_handle.is_some()
                || driver.gem_prime_import.is_some()
                || driver.gem_prime_import_sg_table.is_some())
    }

    /// Returns the driver's ioctl with the given number, which counts from `DRM_COMMAND_BASE`.
    pub(crate) fn ioctl(&self, nr: u32) -> Option<&bindings::drm_ioctl_desc> {
        let driver = self.driver();
        let count = usize::try_from(driver.num_ioctls).ok()?;
        let index = usize::try_from(nr.checked_sub(bindings::DRM_COMMAND_BASE)?).ok()?;
        if index >= count {
            return None;
        }

        // SAFETY: The table of a driver has `num_ioctls` entries and lives as long as the driver.
        let desc = unsafe { &*driver.ioctls.add(index) };
        (desc.func.is_some() && _IOC_NR(desc.cmd) == nr).then_some(desc)
    }

    /// Returns how many bytes the argument of an ioctl of the driver has, `None` if there is no
    /// such ioctl. Numbers count from `DRM_COMMAND_BASE`.
    pub fn ioctl_size(&self, nr: u32) -> Option<usize> {
        self.ioctl(nr).map(|desc| _IOC_SIZE(desc.cmd))
    }

    /// Returns the minor number of the primary node.
    pub fn primary_minor(&self) -> Option<u32> {
        // SAFETY: By the type invariant.
        let minor = unsafe { (*self.as_raw()).primary.as_ref() };

        minor.and_then(|minor| u32::try_from(minor.index).ok())
    }

    /// Returns the minor number of the render node.
    pub fn render_minor(&self) -> Option<u32> {
        // SAFETY: By the type invariant.
        let minor = unsafe { (*self.as_raw()).render.as_ref() };

        minor.and_then(|minor| u32::try_from(minor.index).ok())
    }

    /// Calls `f`, and keeps the device from being unplugged meanwhile.
    ///
    /// # Errors
    ///
    /// `ENODEV` if it has been already, and those of `f`.
    #[doc(alias = "drm_dev_enter")]
    pub(crate) fn while_plugged<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let mut index = 0;
        // SAFETY: The device is valid.
        if !unsafe { bindings::drm_dev_enter(self.as_raw(), &mut index) } {
            return Err(ENODEV);
        }
        let result = f();
        // SAFETY: `index` came from `drm_dev_enter()`.
        unsafe { bindings::drm_dev_exit(index) };
        result
    }

    /// Returns the bus device.
    pub fn parent(&self) -> &device::Device {
        // SAFETY: By the type invariant; a DRM device holds a reference on its parent.
        unsafe { device::Device::from_raw((*self.as_raw()).dev) }
    }

    /// Returns the device that does DMA for it: most often the bus device.
    pub(crate) fn dma_device(&self) -> &device::Device {
        // SAFETY: By the type invariant.
        let dma_dev = unsafe { (*self.as_raw()).dma_dev };
        if dma_dev.is_null() {
            return self.parent();
        }
        // SAFETY: A DRM device holds a reference on the device that does its DMA.
        unsafe { device::Device::from_raw(dma_dev) }
    }

    /// Returns whether memory has other addresses for the device than for the CPU: an IOMMU
    /// translates them. It does not change while a driver is bound to the device.
    pub fn translates_addresses(&self) -> bool {
        let dma_dev = ptr::from_ref(self.dma_device()).cast_mut().cast();
        // SAFETY: The device is valid, and was set up for DMA before its driver was bound.
        unsafe { bindings::mvgal_shim_dma_is_translated(dma_dev) }
    }

    /// Returns the NUMA node of the bus device.
    pub fn numa_node(&self) -> Option<u32> {
        // SAFETY: By the type invariant; a DRM device holds a reference on its parent.
        let node = unsafe { bindings::mvgal_shim_dev_to_node((*self.as_raw()).dev) };

        u32::try_from(node).ok()
    }
}

// SAFETY: A DRM device may be looked at from any thread.
unsafe impl Send for ForeignDevice {}

// SAFETY: The methods read what does not change after the registration.
unsafe impl Sync for ForeignDevice {}
