// SPDX-License-Identifier: GPL-2.0

//! A character device that is the render node of a DRM device under a name of its own.
//!
//! It has a dynamic major number and the *minor number of the render node*, so that `drm_open()`,
//! which looks the device up by the minor number of the inode, serves it unchanged: one driver, one
//! set of file operations, two names.
//!
//! C header: [`include/linux/cdev.h`](srctree/include/linux/cdev.h)

use crate::{
    bindings,
    drm_driver::{
        fops,
        is_own,
        raw_device,
        DriverExt, //
    },
};
use core::{
    marker::PhantomData,
    ptr, //
};
use kernel::{
    drm,
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi::c_int,
    module::this_module,
    prelude::*, //
};

/// A character device under another name than its DRM render node.
///
/// Dropping it removes the node. Files that are open stay open, and are files of the render node.
pub struct RenderAlias<T: DriverExt> {
    // Dropped in this order.
    _device: ClassDevice,
    _cdev: CharDevice,
    _region: Region,
    _class: Class,
    _driver: PhantomData<fn() -> T>,
}

impl<T: DriverExt> RenderAlias<T> {
    const FOPS: bindings::file_operations = {
        let mut fops: bindings::file_operations = pin_init::zeroed();

        fops.owner = this_module::<T::OwnerModule>().as_ptr();
        fops.open = Some(open);
        fops
    };

    /// Makes a node called `name`, of a class called `class`, for the render node of `dev`, which
    /// [`register`](crate::drm_driver::register) must have returned.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the device has no render node, `EEXIST` if there is such a class.
    pub fn new(dev: &drm::Device<T>, class: &'static CStr, name: &CStr) -> Result<Self> {
        let raw = raw_device(dev);
        // SAFETY: `raw` is a valid device; its minors are set up when it is allocated and live as
        // long as it.
        let render = unsafe { (*raw).render.as_ref() }.ok_or(ENODEV)?;
        let minor = u32::try_from(render.index)?;

        let class = Class::new(class)?;
        let region = Region::new(minor, name)?;
        let cdev = CharDevice::new(&region, const { &Self::FOPS })?;
        // SAFETY: `dev` is valid, and so is its parent.
        let device = ClassDevice::new(&class, unsafe { (*raw).dev }, &region, name)?;

        Ok(Self {
            _device: device,
            _cdev: cdev,
            _region: region,
            _class: class,
            _driver: PhantomData,
        })
    }
}

/// The `open` of the alias: makes the file one of the render node.
///
/// # Safety
///
/// Must be called as the `open` of a character device of [`RenderAlias`] only.
unsafe extern "C" fn open(inode: *mut bindings::inode, filp: *mut bindings::file) -> c_int {
    let Some(fops) = fops() else {
        return ENODEV.to_errno();
    };

    // The reference on the module that came with the old operations goes over to the new ones,
    // which have the same owner.
    //
    // SAFETY: The file is being opened, so nobody else uses it.
    unsafe { (*filp).f_op = fops };
    // SAFETY: The file is being opened, with operations whose `open` is `drm_open()`.
    let ret = unsafe { bindings::drm_open(inode, filp) };
    if ret != 0 {
        return ret;
    }

    // SAFETY: The file was opened by `drm_open()`, which makes `private_data` a `struct drm_file`.
    let file: *mut bindings::drm_file = unsafe { (*filp).private_data }.cast();
    // The device may have gone since the node was looked up, and its minor number to another.
    //
    // SAFETY: An open DRM file has a minor and keeps its device alive.
    if unsafe { is_own((*(*file).minor).dev) } {
        return 0;
    }
    // SAFETY: The file was opened by `drm_open()` just now; on failure, nobody else releases it.
    unsafe { bindings::drm_release(inode, filp) };
    ENODEV.to_errno()
}

/// # Invariants
///
/// `self.0` was made by `class_create()`.
struct Class(*const bindings::class);

impl Class {
    fn new(name: &'static CStr) -> Result<Self> {
        // SAFETY: `name` is a string that lives as long as the module.
        let class = from_err_ptr(unsafe { bindings::class_create(name.as_char_ptr()) })?;

        // INVARIANT: `class_create()` succeeded.
        Ok(Self(class))
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::class_destroy(self.0) };
    }
}

/// # Invariants
///
/// `self.0` was allocated by `alloc_chrdev_region()`, alone.
struct Region(bindings::dev_t);

impl Region {
    fn new(minor: u32, name: &CStr) -> Result<Self> {
        let mut devt = 0;

        // SAFETY: `devt` is valid for a write; `name` is a string, which is copied.
        to_result(unsafe {
            bindings::alloc_chrdev_region(&mut devt, minor, 1, name.as_char_ptr())
        })?;
        // INVARIANT: `alloc_chrdev_region()` succeeded.
        Ok(Self(devt))
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::unregister_chrdev_region(self.0, 1) };
    }
}

/// # Invariants
///
/// `self.0` was added by `cdev_add()`.
struct CharDevice(*mut bindings::cdev);

impl CharDevice {
    fn new(region: &Region, fops: &'static bindings::file_operations) -> Result<Self> {
        // Allocated apart, since an open that is under way may use it after it was deleted.
        //
        // SAFETY: No requirements.
        let cdev = unsafe { bindings::cdev_alloc() };
        if cdev.is_null() {
            return Err(ENOMEM);
        }

        // SAFETY: `cdev` is not in use yet.
        unsafe {
            (*cdev).owner = fops.owner;
            (*cdev).ops = fops;
        }
        // SAFETY: `cdev` is initialized, and the number is ours.
        if let Err(e) = to_result(unsafe { bindings::cdev_add(cdev, region.0, 1) }) {
            // SAFETY: We own the reference of `cdev_alloc()`.
            unsafe { bindings::kobject_put(&raw mut (*cdev).kobj) };
            return Err(e);
        }
        // INVARIANT: `cdev_add()` succeeded.
        Ok(Self(cdev))
    }
}

impl Drop for CharDevice {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; this also drops the reference of `cdev_alloc()`.
        unsafe { bindings::cdev_del(self.0) };
    }
}

/// # Invariants
///
/// `self.devt` is the number of a device that `device_create()` made in `self.class`.
struct ClassDevice {
    class: *const bindings::class,
    devt: bindings::dev_t,
}

impl ClassDevice {
    fn new(
        class: &Class,
        parent: *mut bindings::device,
        region: &Region,
        name: &CStr,
    ) -> Result<Self> {
        // SAFETY: The class and the parent are valid, and the format takes one string.
        from_err_ptr(unsafe {
            bindings::device_create(
                class.0,
                parent,
                region.0,
                ptr::null_mut(),
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })?;

        // INVARIANT: `device_create()` succeeded.
        Ok(Self {
            class: class.0,
            devt: region.0,
        })
    }
}

impl Drop for ClassDevice {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; `RenderAlias` drops the class after it.
        unsafe { bindings::device_destroy(self.class, self.devt) };
    }
}

// SAFETY: Everything here may be removed from any thread.
unsafe impl<T: DriverExt> Send for RenderAlias<T> {}

// SAFETY: There is nothing to be done with a shared reference.
unsafe impl<T: DriverExt> Sync for RenderAlias<T> {}
