// SPDX-License-Identifier: GPL-2.0

//! Open files of other DRM drivers, and what can be done through them.
//!
//! Everything here is done with the permissions of the file: what its opener may not do, these
//! functions do not do either.
//!
//! C header: [`include/drm/drm_file.h`](srctree/include/drm/drm_file.h)

mod held_handle;

pub use self::held_handle::HeldHandle;

use crate::{
    bindings,
    dma_buf::{
        DeviceKey,
        DmaBuf, //
    },
    dma_fence::Fence,
    drm_device::ForeignDevice,
    drm_driver::is_own,
    runtime_pm::Awake,
    syncobj::Syncobj, //
};
use core::ptr::NonNull;
use kernel::{
    error::to_result,
    ffi::{
        c_int,
        c_uint, //
    },
    ioctl::_IOC_SIZE,
    page::page_align,
    prelude::*,
    sync::aref::ARef, //
};
use zerocopy::Immutable;

/// A buffer that was allocated by the generic operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DumbBuffer {
    /// Its GEM handle in the file.
    pub handle: u32,
    /// Bytes from one row to the next.
    pub pitch: u32,
}

/// The argument of an ioctl, of whatever type.
#[derive(Clone)]
pub struct IoctlArg {
    // Of words, for the alignment.
    words: [u64; Self::MAX_SIZE / size_of::<u64>()],
}

impl IoctlArg {
    /// Most bytes that an argument may have.
    pub const MAX_SIZE: usize = 128;

    /// Makes an argument that begins with `value`; the rest is zero. [`None`] if `value` has more
    /// bytes than there may be.
    pub fn new<T: IntoBytes + Immutable>(value: &T) -> Option<Self> {
        let mut arg = Self::default();

        value.write_to_prefix(arg.words.as_mut_bytes()).ok()?;
        Some(arg)
    }

    /// The first `len` bytes; [`None`] if that is more than there are.
    pub fn bytes_mut(&mut self, len: usize) -> Option<&mut [u8]> {
        self.words.as_mut_bytes().get_mut(..len)
    }

    /// Returns the argument as a `T`; [`None`] if that has more bytes than there are.
    pub fn to<T: FromBytes>(&self) -> Option<T> {
        T::read_from_bytes(self.words.as_bytes().get(..size_of::<T>())?).ok()
    }
}

impl Default for IoctlArg {
    /// All zeroes.
    fn default() -> Self {
        Self {
            words: [0; Self::MAX_SIZE / size_of::<u64>()],
        }
    }
}

/// A reference to a GEM object of another driver.
///
/// # Invariants
///
/// `self.0` is a GEM object, and we own a reference to it.
pub struct ForeignObject(NonNull<bindings::drm_gem_object>);

impl ForeignObject {
    /// Returns a fence that signals when all have that are in the object's `dma_resv` now; [`None`]
    /// if there are none. It is the very fence if there is but one.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    #[doc(alias = "dma_resv_get_singleton")]
    pub fn users(&self) -> Result<Option<ARef<Fence>>> {
        let mut fence = core::ptr::null_mut();

        // SAFETY: By the type invariant; an object always has a reservation object.
        to_result(unsafe {
            bindings::dma_resv_get_singleton(
                (*self.0.as_ptr()).resv,
                bindings::dma_resv_usage_DMA_RESV_USAGE_READ,
                &mut fence,
            )
        })?;
        // SAFETY: The function stores a fence with a reference of ours, or NULL.
        Ok(NonNull::new(fence).map(|fence| unsafe { Fence::from_raw(fence) }))
    }
}

impl Drop for ForeignObject {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, we own a reference.
        unsafe { bindings::mvgal_shim_drm_gem_object_put(self.0.as_ptr()) };
    }
}

// SAFETY: A reference to an object may be used and dropped in any thread.
unsafe impl Send for ForeignObject {}

// SAFETY: The reservation object is read with the locks that it takes.
unsafe impl Sync for ForeignObject {}

/// A reference to an open file of another DRM driver's device.
///
/// # Invariants
///
/// `self.0` is an open file whose `private_data` is a `struct drm_file`, and we own a reference to
/// it.
pub struct DrmFile(NonNull<bindings::file>);

impl DrmFile {
    /// Takes a reference to the file behind a file descriptor of the current task.
    ///
    /// # Errors
    ///
    /// `EBADF` if the descriptor is not open, `EINVAL` if it is no DRM file or one of our own
    /// device.
    pub fn from_fd(fd: i32) -> Result<Self> {
        // CAST: A negative number becomes one that is larger than any descriptor.
        //
        // SAFETY: `fget()` may be called with any number.
        let file = NonNull::new(unsafe { bindings::fget(fd as c_uint) }).ok_or(EBADF)?;

        // SAFETY: The file is valid, and its operations live as long as it is open.
        let open = unsafe { (*(*file.as_ptr()).f_op).open };
        // The addresses are those of one function of the DRM core, which is the same for all.
        if open.map(|open| open as usize) != Some(bindings::drm_open as *const () as usize) {
            // SAFETY: We own the reference that `fget()` returned.
            unsafe { bindings::fput(file.as_ptr()) };
            return Err(EINVAL);
        }

        // INVARIANT: A file that `drm_open()` has opened has a `struct drm_file`, and `fget()`
        // returned a reference.
        let this = Self(file);
        // SAFETY: The device is valid.
        if unsafe { is_own(this.device().as_raw()) } {
            return Err(EINVAL);
        }
        Ok(this)
    }

    fn file(&self) -> *mut bindings::drm_file {
        // SAFETY: By the type invariant; `private_data` does not change while the file is open.
        unsafe { (*self.0.as_ptr()).private_data }.cast()
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::file {
        self.0.as_ptr()
    }

    /// Returns the device that the file is open on, which exists as long as the file does, though
    /// it may have been unplugged.
    pub fn device(&self) -> &ForeignDevice {
        // SAFETY: By the type invariant. A file is open on a minor of a registered device and keeps
        // the device in existence.
        unsafe { ForeignDevice::from_raw((*(*self.file()).minor).dev) }
    }

    /// Returns what tells the device from others.
    pub fn device_key(&self) -> DeviceKey {
        self.device().key()
    }

    /// Fails with `EACCES` if the file may not render: if it is one of a primary node that has not
    /// been authenticated.
    pub fn may_render(&self) -> Result {
        let file = self.file();

        // SAFETY: `file` is valid, by the type invariant.
        let (kind, authenticated) = unsafe {
            (
                (*(*file).minor).type_,
                (&raw const (*file).authenticated).read_volatile(),
            )
        };
        // CAST: The types are small.
        if kind == bindings::drm_minor_type_DRM_MINOR_PRIMARY as c_int && !authenticated {
            return Err(EACCES);
        }
        Ok(())
    }

    /// Runs an ioctl of the driver on the file, with an argument in kernel memory.
    ///
    /// `nr` counts from `DRM_COMMAND_BASE`. The driver may know a longer argument, whose rest is
    /// zero then, or a shorter one. An argument that holds user pointers works only in the task
    /// that they belong to.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if the driver has no such ioctl or knows an argument of more than
    /// [`IoctlArg::MAX_SIZE`] bytes, `ENODEV` if the device was unplugged, `EACCES` if the file may
    /// not call it, and whatever the driver answers.
    pub fn ioctl<T: FromBytes + IntoBytes + Immutable>(&self, nr: u32, arg: &mut T) -> Result<u32> {
        let mut whole = IoctlArg::new(arg).ok_or(EINVAL)?;

        let ret = self.ioctl_whole(nr, &mut whole)?;
        *arg = whole.to().ok_or(EINVAL)?;
        Ok(ret)
    }

    /// Runs an ioctl of the driver on the file, as [`DrmFile::ioctl`], with an argument that is as
    /// long as the driver wants it.
    ///
    /// # Errors
    ///
    /// As [`DrmFile::ioctl`].
    #[doc(alias = "drm_ioctl_kernel")]
    pub fn ioctl_whole(&self, nr: u32, arg: &mut IoctlArg) -> Result<u32> {
        let desc = self.device().ioctl(nr).ok_or(EOPNOTSUPP)?;
        if _IOC_SIZE(desc.cmd) > IoctlArg::MAX_SIZE {
            return Err(EOPNOTSUPP);
        }
        let _awake = Awake::new(self.device())?;
        // SAFETY: By the type invariant the file is a DRM file; function and flags are those of an
        // ioctl of its driver, and the buffer is at least as large as that expects.
        let ret = unsafe {
            bindings::drm_ioctl_kernel(
                self.0.as_ptr(),
                desc.func,
                arg.words.as_mut_ptr().cast(),
                desc.flags,
            )
        };

        // CAST: An error is a small negative number.
        to_result(ret.min(0) as c_int)?;
        Ok(u32::try_from(ret)?)
    }

    /// Looks up a syncobj of the file.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if the driver knows no syncobjs, `ENOENT` if there is no such handle.
    pub fn syncobj(&self, handle: u32) -> Result<ARef<Syncobj>> {
        if !self.device().has(crate::drm_device::Feature::Syncobj) {
            return Err(EOPNOTSUPP);
        }
        // SAFETY: The file is an open one of a device whose driver uses syncobjs.
        unsafe { Syncobj::find(self.file(), handle) }
    }

    /// Looks up a GEM object of the file.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if the driver does not use GEM, `ENOENT` if there is no such handle.
    #[doc(alias = "drm_gem_object_lookup")]
    pub fn gem_object(&self, handle: u32) -> Result<ForeignObject> {
        if !self.device().has(crate::drm_device::Feature::Gem) {
            return Err(EOPNOTSUPP);
        }
        // SAFETY: The file is an open one of a device whose driver uses GEM.
        let object = unsafe { bindings::drm_gem_object_lookup(self.file(), handle) };

        // INVARIANT: The function returns a reference to an object, or NULL.
        Ok(ForeignObject(NonNull::new(object).ok_or(ENOENT)?))
    }

    /// Allocates a buffer by the driver's generic operation.
    ///
    /// `flags` are 0, but for a driver that has some of its own.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if the driver has none, `ENODEV` if the device was unplugged, `EINVAL` if a
    /// number is 0 or the buffer would be too large for the operation, and whatever the driver
    /// answers.
    pub fn create_dumb(&self, width: u32, height: u32, bpp: u32, flags: u32) -> Result<DumbBuffer> {
        let dev = self.device();
        let create = dev.driver().dumb_create.ok_or(EOPNOTSUPP)?;

        // As drm_mode_create_dumb(), which drivers rely on.
        if width == 0 || height == 0 || bpp == 0 {
            return Err(EINVAL);
        }
        bpp.div_ceil(8)
            .checked_mul(width)
            .and_then(|pitch| pitch.checked_mul(height))
            .and_then(|size| page_align(usize::try_from(size).ok()?))
            .filter(|size| u32::try_from(*size).is_ok())
            .ok_or(EINVAL)?;

        let mut args = bindings::drm_mode_create_dumb {
            width,
            height,
            bpp,
            flags,
            ..Default::default()
        };
        let _awake = Awake::new(dev)?;
        dev.while_plugged(|| {
            // SAFETY: The file is an open one of the device, and the arguments are checked.
            to_result(unsafe { create(self.file(), dev.as_raw(), &mut args) })
        })?;

        Ok(DumbBuffer {
            handle: args.handle,
            pitch: args.pitch,
        })
    }

    /// Exports a buffer of the file.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if the driver does not export in the generic way, `ENOENT` if there is no such
    /// handle, `ENOMEM`, and whatever the driver answers.
    pub fn handle_to_dma_buf(&self, handle: u32) -> Result<ARef<DmaBuf>> {
        let dev = self.device();
        if !dev.exports_dma_bufs() {
            return Err(EOPNOTSUPP);
        }

        let _awake = Awake::new(dev)?;
        // SAFETY: The file is an open one of the device, whose driver uses GEM.
        let dma_buf = unsafe {
            bindings::drm_gem_prime_handle_to_dmabuf(
                dev.as_raw(),
                self.file(),
                handle,
                bindings::O_CLOEXEC | bindings::O_RDWR,
            )
        };
        // SAFETY: On success the reference is ours.
        unsafe { DmaBuf::from_raw_owned(dma_buf) }
    }

    /// Closes a GEM handle of the file.
    ///
    /// The device is woken up for that, as by the drivers' own `ioctl` operations: some clear page
    /// tables then. If it does not wake up, or is gone, the handle is closed all the same, as the
    /// core does it with all that are left when the file is closed.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if the driver does not use GEM, `EINVAL` if there is no such handle.
    #[doc(alias = "drm_gem_handle_delete")]
    pub fn close_handle(&self, handle: u32) -> Result {
        if !self.device().has(crate::drm_device::Feature::Gem) {
            return Err(EOPNOTSUPP);
        }
        let _awake = Awake::new(self.device()).ok();
        // SAFETY: The file is an open one of a device whose driver uses GEM.
        to_result(unsafe { bindings::drm_gem_handle_delete(self.file(), handle) })
    }
}

impl Clone for DrmFile {
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant; INVARIANT: this takes another reference.
        Self(unsafe { NonNull::new_unchecked(bindings::get_file(self.0.as_ptr())) })
    }
}

impl Drop for DrmFile {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, we own a reference.
        unsafe { bindings::fput(self.0.as_ptr()) };
    }
}

// SAFETY: A reference to a file may be used and dropped in any thread.
unsafe impl Send for DrmFile {}

// SAFETY: The functions of the DRM core that are called lock what they change.
unsafe impl Sync for DrmFile {}
