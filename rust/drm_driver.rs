// SPDX-License-Identifier: GPL-2.0

//! What `kernel::drm::Driver` does not let a driver choose, overridden before registration.
//!
//! The `kernel` crate makes a driver's `struct drm_driver` and file operations itself and offers
//! neither syncobjs nor fdinfo nor a way to notice that a core ioctl ran. Between the allocation of
//! the device and its registration, [`register`] points the device at a changed copy of both. The
//! core itself re-points the same field, and reads features and operations through it at each use.
//!
//! C header: [`include/drm/drm_drv.h`](srctree/include/drm/drm_drv.h)

use crate::{
    bindings,
    fdinfo::FdInfo,
    gem::PrimeImport, //
};
use core::ptr;
use kernel::{
    device::{
        self,
        Bound, //
    },
    devres, drm,
    ffi::{
        c_int,
        c_long,
        c_uint,
        c_ulong, //
    },
    ioctl::_IOC_NR,
    prelude::*,
    sync::{
        aref::ARef,
        SetOnce, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// What an ioctl of the DRM core does to a file that the driver has to know of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CoreIoctl {
    /// Exports a buffer.
    PrimeHandleToFd,
    /// Exports a syncobj, so that other files may come to change it; or its fence.
    HandleToFd,
    /// Imports a syncobj, or puts the fence of a sync file into one.
    FdToHandle,
    /// Gives points of syncobjs a fence.
    Signal,
}

impl CoreIoctl {
    fn from_cmd(cmd: u32) -> Option<Self> {
        // By the number alone, as drm_ioctl() finds its function; see include/uapi/drm/drm.h:
        // SIGNAL, TRANSFER and TIMELINE_SIGNAL give points a fence.
        match _IOC_NR(cmd) {
            0x2d => Some(Self::PrimeHandleToFd),
            0xc1 => Some(Self::HandleToFd),
            0xc2 => Some(Self::FdToHandle),
            0xc5 | 0xcc | 0xcd => Some(Self::Signal),
            _ => None,
        }
    }
}

/// Reads handle and flags of a `struct drm_prime_handle` or `struct drm_syncobj_handle` in user
/// memory, which begin with them.
fn handle_and_flags(arg: c_ulong) -> Option<[u32; 2]> {
    let mut words = [0u32; 2];
    let user = UserSlice::new(UserPtr::from_addr(arg), size_of_val(&words));
    // If it cannot be read, the ioctl fails, too.
    user.reader().read_slice(words.as_mut_bytes()).ok()?;
    Some(words)
}

/// Reads the handle of a `struct drm_syncobj_handle` in user memory, if the syncobj itself is
/// exported or imported, and not only its fence.
fn shared_handle(arg: c_ulong) -> Option<u32> {
    let [handle, flags] = handle_and_flags(arg)?;

    // The flag for the import has the same value.
    if flags & bindings::DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE != 0 {
        return None;
    }
    Some(handle)
}

/// What a driver adds to [`drm::Driver`] when it is registered by [`register`].
pub trait DriverExt: drm::Driver + Sized {
    /// What makes an object of a dma-buf that user space imports.
    const PRIME_IMPORT: PrimeImport<Self>;

    /// Called when `file` was opened, and nobody knows it yet. `id` is its number among the open
    /// files of all DRM devices, `drm-client-id` in fdinfo.
    fn opened(file: &drm::File<Self::File>, id: u64);

    /// Called to print what fdinfo of `file` says, besides what the core prints: who has it, and
    /// the memory of its objects.
    fn show_fdinfo(file: &drm::File<Self::File>, info: &FdInfo);

    /// Called when a buffer of `file` is about to be exported by the core's ioctl, with no lock
    /// held; an error becomes the ioctl's.
    fn before_buffer_export(file: &drm::File<Self::File>, handle: u32) -> Result;

    /// Called when a syncobj of `file` is about to be exported, so that others may give it fences;
    /// an error becomes the ioctl's.
    fn before_syncobj_export(
        dev: &drm::Device<Self, drm::Ioctl>,
        file: &drm::File<Self::File>,
        handle: u32,
    ) -> Result;

    /// Called when a syncobj was imported to `file`, which others may give fences.
    fn after_syncobj_import(
        dev: &drm::Device<Self, drm::Ioctl>,
        file: &drm::File<Self::File>,
        handle: u32,
    );

    /// Called when an ioctl of the core may have given fences to points of syncobjs.
    fn after_syncobj_signal(dev: &drm::Device<Self, drm::Ioctl>, file: &drm::File<Self::File>);
}

/// Wrapper of tables that only hold pointers to what lives as long as the module.
struct Table<T>(T);

// SAFETY: The tables are never written once they are in a `SetOnce`, and what they point at is
// immutable.
unsafe impl<T> Send for Table<T> {}

// SAFETY: As above.
unsafe impl<T> Sync for Table<T> {}

// An open file refers to its file operations until after the last reference to the device is gone,
// so that the copies cannot live in the device.
static FOPS: SetOnce<Table<bindings::file_operations>> = SetOnce::new();
static DRIVER: SetOnce<Table<bindings::drm_driver>> = SetOnce::new();

/// The `open` that the `kernel` crate made.
struct OpenFn(unsafe extern "C" fn(*mut bindings::drm_device, *mut bindings::drm_file) -> c_int);
static OPEN: SetOnce<OpenFn> = SetOnce::new();

/// Returns the DRM device as the C side knows it.
pub(crate) fn raw_device<T: drm::Driver, C: drm::DeviceContext>(
    dev: &drm::Device<T, C>,
) -> *mut bindings::drm_device {
    // CAST: `drm::Device` is `repr(C)` and begins with the `struct drm_device`.
    ptr::from_ref(dev).cast_mut().cast()
}

/// Returns the file operations of the overridden driver, if there is one.
pub(crate) fn fops() -> Option<&'static bindings::file_operations> {
    FOPS.as_ref().map(|table| &table.0)
}

/// Returns whether the device is one of the overridden driver.
///
/// # Safety
///
/// `dev` must be a valid DRM device.
pub(crate) unsafe fn is_own(dev: *const bindings::drm_device) -> bool {
    // SAFETY: By the safety requirements of this function.
    let driver = unsafe { (*dev).driver };

    DRIVER
        .as_ref()
        .is_some_and(|table| ptr::eq(driver, &table.0))
}

/// Registers a DRM device with the overridden driver.
///
/// The driver gets the syncobj and timeline syncobj features, fdinfo, PRIME imports and the calls
/// of [`DriverExt`]. The device is unplugged when `parent` is unbound, after the private data of
/// the parent's driver was dropped. One driver of a module can be registered so.
///
/// # Errors
///
/// `EBUSY` if another driver was registered before.
pub fn register<T>(
    parent: &T::ParentDevice<Bound>,
    drm: drm::UnregisteredDevice<T>,
) -> Result<ARef<drm::Device<T>>>
where
    T: DriverExt + for<'a> drm::Driver<RegistrationData<'a> = ()> + 'static,
{
    let raw = raw_device(&*drm);

    // SAFETY: `raw` is a valid device, and its driver and that one's operations live as long as the
    // module.
    let driver = unsafe { *(*raw).driver };
    // SAFETY: As above.
    let fops = unsafe { *driver.fops };
    let driver = override_driver::<T>(driver, fops)?;

    // SAFETY: The device is not registered, and `UnregisteredDevice` is not shared between threads.
    unsafe { (*raw).driver = driver };

    let parent: &device::Device<Bound> = parent.as_ref();
    // SAFETY: The registration, to which the lifetime goes, is handed over to devres below, which
    // drops it before `parent` is unbound, or else it is dropped here.
    let parent: &'static device::Device<Bound> = unsafe { &*ptr::from_ref(parent) };
    // SAFETY: devres drops the registration when `parent` is unbound; it is never forgotten.
    let reg = unsafe { drm::Registration::new(parent, drm, (), 0) }?;
    let dev = reg.device().into();

    devres::register(parent, reg, GFP_KERNEL)?;
    Ok(dev)
}

fn override_driver<T: DriverExt>(
    driver: bindings::drm_driver,
    fops: bindings::file_operations,
) -> Result<&'static bindings::drm_driver> {
    FOPS.populate(Table(bindings::file_operations {
        unlocked_ioctl: Some(ioctl::<T>),
        #[cfg(CONFIG_COMPAT)]
        compat_ioctl: Some(compat_ioctl::<T>),
        show_fdinfo: Some(bindings::drm_show_fdinfo),
        ..fops
    }));
    OPEN.populate(OpenFn(driver.open.ok_or(EINVAL)?));
    DRIVER.populate(Table(bindings::drm_driver {
        driver_features: driver.driver_features
            | bindings::drm_driver_feature_DRIVER_SYNCOBJ
            | bindings::drm_driver_feature_DRIVER_SYNCOBJ_TIMELINE,
        open: Some(open::<T>),
        show_fdinfo: Some(show_fdinfo::<T>),
        gem_prime_import: Some(T::PRIME_IMPORT.as_raw()),
        fops: crate::drm_driver::fops().ok_or(EBUSY)?,
        ..driver
    }));

    let own = DRIVER.as_ref().map(|table| &table.0).ok_or(EBUSY)?;
    // The ioctl table tells drivers apart; each has its own.
    if !ptr::eq(own.ioctls, driver.ioctls) {
        return Err(EBUSY);
    }
    Ok(own)
}

/// # Safety
///
/// Must be called as the `open` of the driver of `T` devices only.
unsafe extern "C" fn open<T: DriverExt>(
    dev: *mut bindings::drm_device,
    file: *mut bindings::drm_file,
) -> c_int {
    let Some(OpenFn(open)) = OPEN.as_ref() else {
        return ENODEV.to_errno();
    };
    // SAFETY: This is the driver's own function, called as the core calls it.
    let ret = unsafe { open(dev, file) };
    if ret == 0 {
        // SAFETY: The file was just opened by the driver, and is the core's until this returns.
        unsafe { T::opened(drm::File::from_raw(file), (*file).client_id) };
    }
    ret
}

/// # Safety
///
/// Must be called as the `show_fdinfo` of the driver of `T` devices only.
unsafe extern "C" fn show_fdinfo<T: DriverExt>(
    printer: *mut bindings::drm_printer,
    file: *mut bindings::drm_file,
) {
    // SAFETY: By the safety requirements of this function, both are valid.
    unsafe {
        bindings::drm_show_memory_stats(printer, file);
        T::show_fdinfo(drm::File::from_raw(file), &FdInfo::new(printer));
    }
}

/// # Safety
///
/// Must be called as the `unlocked_ioctl` of a file of a `T` device only.
unsafe extern "C" fn ioctl<T: DriverExt>(
    filp: *mut bindings::file,
    cmd: c_uint,
    arg: c_ulong,
) -> c_long {
    // SAFETY: By the safety requirements of this function.
    unsafe { around_ioctl::<T>(filp, cmd, bindings::drm_ioctl, arg) }
}

/// # Safety
///
/// Must be called as the `compat_ioctl` of a file of a `T` device only.
#[cfg(CONFIG_COMPAT)]
unsafe extern "C" fn compat_ioctl<T: DriverExt>(
    filp: *mut bindings::file,
    cmd: c_uint,
    arg: c_ulong,
) -> c_long {
    // SAFETY: By the safety requirements of this function.
    unsafe { around_ioctl::<T>(filp, cmd, bindings::drm_compat_ioctl, arg) }
}

/// Runs `ioctl` of the core, with the calls of [`DriverExt`] around it.
///
/// # Safety
///
/// `filp` must be an open file of a `T` device, and `ioctl` one of the core's for such files.
unsafe fn around_ioctl<T: DriverExt>(
    filp: *mut bindings::file,
    cmd: c_uint,
    ioctl: unsafe extern "C" fn(*mut bindings::file, c_uint, c_ulong) -> c_long,
    arg: c_ulong,
) -> c_long {
    let Some(kind) = CoreIoctl::from_cmd(cmd) else {
        // SAFETY: By the safety requirements of this function.
        return unsafe { ioctl(filp, cmd, arg) };
    };

    // SAFETY: By the safety requirements of this function, `private_data` is the `struct drm_file`.
    let file: *mut bindings::drm_file = unsafe { (*filp).private_data }.cast();
    // SAFETY: An open DRM file has a minor and keeps the device alive.
    let dev = unsafe { (*(*file).minor).dev };

    // SAFETY: The file belongs to a `T` device, which has been registered, and keeps it alive.
    let dev = unsafe { drm::Device::<T, drm::Ioctl>::from_raw(dev) };
    // SAFETY: The file is open, and was opened through the driver's `open`.
    let file = unsafe { drm::File::<T::File>::from_raw(file) };

    let before = match kind {
        CoreIoctl::PrimeHandleToFd => handle_and_flags(arg)
            .map_or(Ok(()), |[handle, _]| T::before_buffer_export(file, handle)),
        CoreIoctl::HandleToFd => {
            shared_handle(arg).map_or(Ok(()), |handle| T::before_syncobj_export(dev, file, handle))
        }
        CoreIoctl::FdToHandle | CoreIoctl::Signal => Ok(()),
    };
    if let Err(err) = before {
        // CAST: An `int` always fits a `long`.
        return err.to_errno() as c_long;
    }
    // SAFETY: By the safety requirements of this function.
    let ret = unsafe { ioctl(filp, cmd, arg) };
    match kind {
        CoreIoctl::PrimeHandleToFd | CoreIoctl::HandleToFd => {}
        CoreIoctl::FdToHandle => match shared_handle(arg).filter(|_| ret == 0) {
            Some(handle) => T::after_syncobj_import(dev, file, handle),
            None => T::after_syncobj_signal(dev, file),
        },
        CoreIoctl::Signal => T::after_syncobj_signal(dev, file),
    }
    ret
}
