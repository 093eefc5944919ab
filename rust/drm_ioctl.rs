// SPDX-License-Identifier: GPL-2.0

//! Tables of driver ioctls, built from types.
//!
//! [`kernel::declare_drm_ioctls!`] takes argument types of the in-tree `uapi` crate alone, and it
//! holds a registration guard while a handler runs, which a handler that sleeps for long must not.
//! Here each ioctl is a type that implements [`Ioctl`] or [`UnguardedIoctl`], and [`table`] makes
//! the driver's table of them, with the same checks of order, size and type at build time.
//!
//! C header: [`include/drm/drm_ioctl.h`](srctree/include/drm/drm_ioctl.h)

use crate::bindings;
use core::marker::PhantomData;
use kernel::{
    drm::{
        self,
        ioctl::DrmIoctlDescriptor, //
    },
    ffi::{
        c_int,
        c_void, //
    },
    ioctl::{
        _IOC_NR,
        _IOC_SIZE,
        _IOC_TYPE, //
    },
    prelude::*, //
};

/// What an ioctl is, apart from what it does.
pub trait Command {
    /// The driver whose ioctl it is.
    type Driver: drm::Driver;

    /// The structure that userspace passes. Any bytes are a value of it.
    type Arg: FromBytes + IntoBytes;

    /// The ioctl number, from the UAPI header.
    const CMD: u32;

    /// The name of the ioctl in the debug log.
    const NAME: &'static CStr;

    /// Who may use the ioctl: flags of [`kernel::drm::ioctl`].
    const FLAGS: u32;
}

/// An ioctl that runs while the device is registered.
///
/// The device cannot be unplugged before [`run`](Self::run) returns, so it must not sleep for long.
pub trait Ioctl: Command {
    /// Executes the ioctl.
    fn run(
        dev: &drm::Device<Self::Driver, drm::Registered>,
        data: &mut Self::Arg,
        file: &drm::File<<Self::Driver as drm::Driver>::File>,
    ) -> Result<u32>;
}

/// An ioctl that may sleep for long, during which the device may be unplugged.
pub trait UnguardedIoctl: Command {
    /// Executes the ioctl. The device was registered at some time before.
    fn run(
        dev: &drm::Device<Self::Driver, drm::Ioctl>,
        data: &mut Self::Arg,
        file: &drm::File<<Self::Driver as drm::Driver>::File>,
    ) -> Result<u32>;
}

/// An entry of the ioctl table of the driver `D`.
pub struct Entry<D> {
    desc: DrmIoctlDescriptor,
    _driver: PhantomData<fn() -> D>,
}

impl<D> Clone for Entry<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Entry<D> {}

impl<D: drm::Driver> Entry<D> {
    const fn new<T: Command<Driver = D>>(
        func: unsafe extern "C" fn(
            *mut bindings::drm_device,
            *mut c_void,
            *mut bindings::drm_file,
        ) -> c_int,
    ) -> Self {
        assert!(_IOC_SIZE(T::CMD) == size_of::<T::Arg>());
        assert!(_IOC_TYPE(T::CMD) == bindings::DRM_IOCTL_BASE as u32);

        Self {
            desc: DrmIoctlDescriptor {
                cmd: T::CMD,
                flags: T::FLAGS,
                func: Some(func),
                name: kernel::str::as_char_ptr_in_const_context(T::NAME),
            },
            _driver: PhantomData,
        }
    }

    /// The entry of an [`Ioctl`].
    pub const fn guarded<T: Ioctl<Driver = D>>() -> Self {
        Self::new::<T>(run_guarded::<T>)
    }

    /// The entry of an [`UnguardedIoctl`].
    pub const fn unguarded<T: UnguardedIoctl<Driver = D>>() -> Self {
        Self::new::<T>(run_unguarded::<T>)
    }
}

/// Makes the ioctl table of a driver, for [`drm::Driver::IOCTLS`].
///
/// The entries must be in the order of their numbers, from `DRM_COMMAND_BASE` up and without gaps;
/// otherwise the build fails. `D` must be the driver whose table it becomes.
pub const fn table<D: drm::Driver, const N: usize>(
    entries: [Entry<D>; N],
) -> [DrmIoctlDescriptor; N] {
    let mut table = [const { pin_init::zeroed() }; N];
    let mut i = 0;

    while i < N {
        assert!(_IOC_NR(entries[i].desc.cmd) as usize == bindings::DRM_COMMAND_BASE as usize + i);
        table[i] = entries[i].desc;
        i += 1;
    }
    table
}

fn to_ret(result: Result<u32>) -> c_int {
    match result {
        Ok(value) => value.try_into().unwrap_or_else(|_| ERANGE.to_errno()),
        Err(e) => e.to_errno(),
    }
}

/// # Safety
///
/// As [`arguments`].
unsafe extern "C" fn run_guarded<T: Ioctl>(
    raw_dev: *mut bindings::drm_device,
    raw_data: *mut c_void,
    raw_file: *mut bindings::drm_file,
) -> c_int {
    // SAFETY: By the safety requirements of this function.
    let Arguments { dev, data, file } = unsafe { arguments::<T>(raw_dev, raw_data, raw_file) };

    let Some(guard) = dev.registration_guard() else {
        return ENODEV.to_errno();
    };
    to_ret(T::run(&guard, data, file))
}

/// # Safety
///
/// As [`arguments`].
unsafe extern "C" fn run_unguarded<T: UnguardedIoctl>(
    raw_dev: *mut bindings::drm_device,
    raw_data: *mut c_void,
    raw_file: *mut bindings::drm_file,
) -> c_int {
    // SAFETY: By the safety requirements of this function.
    let Arguments { dev, data, file } = unsafe { arguments::<T>(raw_dev, raw_data, raw_file) };

    to_ret(T::run(dev, data, file))
}

/// What an ioctl function is called with.
struct Arguments<'a, T: Command> {
    dev: &'a drm::Device<T::Driver, drm::Ioctl>,
    data: &'a mut T::Arg,
    file: &'a drm::File<<T::Driver as drm::Driver>::File>,
}

/// Gives the arguments of an ioctl function their types.
///
/// # Safety
///
/// The caller must be the function of a table entry of `T`, in the table of `T::Driver`, and pass
/// on what the DRM core called it with; the references must not outlive that call.
unsafe fn arguments<'a, T: Command>(
    raw_dev: *mut bindings::drm_device,
    raw_data: *mut c_void,
    raw_file: *mut bindings::drm_file,
) -> Arguments<'a, T> {
    // SAFETY: The DRM core calls the function with a device of the driver whose table it is in, and
    // keeps it alive until the function returns. It has been registered, or it had no open file.
    let dev = unsafe { drm::Device::from_raw(raw_dev) };
    // SAFETY: The core passes a buffer of at least `_IOC_SIZE(cmd)` bytes, which `Entry::new`
    // asserts to be the size of the type, all initialized, and that nobody else uses until the
    // function returns. Any bytes are a value of the type.
    let data = unsafe { &mut *raw_data.cast::<T::Arg>() };
    // SAFETY: The core passes an open file of the device.
    let file = unsafe { drm::File::from_raw(raw_file) };

    Arguments { dev, data, file }
}
