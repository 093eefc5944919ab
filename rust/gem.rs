// SPDX-License-Identifier: GPL-2.0

//! GEM objects that wrap a dma-buf.
//!
//! Such an object has no memory of its own. Its handles, mmap offset and place in the PRIME caches
//! are those of any GEM object; what is mapped or exported is the dma-buf itself. So it is never
//! exported anew: whoever gets a file descriptor gets the dma-buf of the driver that owns the
//! memory, and what another driver knows by that dma-buf stays known.
//!
//! [`gem::Object::new`] makes objects with a file of shmem each, which takes a sixth of the time
//! that allocating, exporting and freeing a buffer of another driver takes, and with a table of
//! operations that lacks what this needs. An object made by [`new`] here is of the same type and
//! has neither.
//!
//! C header: [`include/drm/drm_gem.h`](srctree/include/drm/drm_gem.h)

use crate::{
    bindings,
    dma_buf::DmaBuf,
    drm_driver::raw_device, //
};
use core::{
    marker::PhantomData,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    drm::{
        self,
        gem::{
            self,
            IntoGEMObject, //
        },
    },
    error::to_result,
    mm::virt::VmaNew,
    page::page_align,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            atomic_store,
            Release, //
        }, //
    },
};
use pin_init::{
    pin_init_from_closure,
    raw_try_init, //
};

/// Data of a GEM object that wraps a dma-buf.
///
/// The operations of an object come into play only if it is made by [`new`]. Those of
/// [`gem::DriverObject`], to open and close handles, do not.
pub trait DmaBufObject: gem::DriverObject {
    /// Returns the dma-buf, always the same one from the first time on that there is one.
    ///
    /// May be called with a spinlock held.
    fn dma_buf(&self) -> Option<&DmaBuf>;

    /// Returns the dma-buf for a mapping into user space, and makes it if there is none.
    ///
    /// It is called with the lock of the task's memory map held, which the drivers of GPUs take in
    /// their ioctls: it must call none.
    fn dma_buf_to_map(obj: &gem::Object<Self>) -> Result<&DmaBuf>;

    /// Returns whether the dma-buf may be handed out to user space, or the error for that.
    fn may_export(&self) -> Result;

    /// Returns whether user space may map the object, or the error for that.
    fn may_mmap(&self) -> Result;

    /// Makes an object of a dma-buf that user space imports by `DRM_IOCTL_PRIME_FD_TO_HANDLE` or
    /// [`import`].
    ///
    /// It is called with locks of the DRM core held, `object_name_lock` among them.
    fn from_import(
        dev: &drm::Device<Self::Driver>,
        dma_buf: ARef<DmaBuf>,
    ) -> Result<ARef<gem::Object<Self>>>;
}

/// Where a [`gem::Object`] has its data: it is `repr(C)`, with the C structure first and then the
/// data.
const fn data_offset<T: DmaBufObject>() -> usize {
    let offset = size_of::<bindings::drm_gem_object>().next_multiple_of(align_of::<T>());

    // What else there might be in it would take place.
    assert!(
        size_of::<gem::Object<T>>()
            == (offset + size_of::<T>()).next_multiple_of(align_of::<gem::Object<T>>())
    );
    offset
}

/// Makes a GEM object for data that wraps a dma-buf, or will.
///
/// `size` is in bytes and not more than that of the dma-buf; that of the object is rounded up to a
/// multiple of the page size. If there is no dma-buf yet, [`adopt`] is to be called when there is.
///
/// Returns [`EINVAL`] if the size is 0, and [`ENOMEM`].
pub fn new<T: DmaBufObject>(
    dev: &drm::Device<T::Driver>,
    size: usize,
    args: T::Args,
) -> Result<ARef<gem::Object<T>>> {
    if size == 0 {
        return Err(EINVAL);
    }
    let size = page_align(size).ok_or(EINVAL)?;
    let init = |slot: *mut gem::Object<T>| -> Result {
        let raw = slot.cast::<bindings::drm_gem_object>();
        let data = slot
            .wrapping_byte_add(const { data_offset::<T>() })
            .cast::<T>();

        // SAFETY: The slot has room for the C structure, at its beginning.
        unsafe { raw.write(bindings::drm_gem_object::default()) };
        // SAFETY: The slot has room for the data at their offset, and does not move.
        unsafe { raw_try_init(data, T::new(dev, size, args)) }?;
        // SAFETY: The structure is zeroed. `dev` has been registered at some time.
        unsafe { bindings::drm_gem_private_object_init(raw_device(dev), raw, size) };
        // SAFETY: The structure is ours alone.
        unsafe { (*raw).funcs = &Ops::<T>::FUNCS };
        Ok(())
    };
    // SAFETY: With `Ok(())`, all of the object is initialized: the structure and the data are, and
    // the rest of it has no size. An error comes when there is nothing to clean up but plain
    // numbers.
    let obj = KBox::pin_init(unsafe { pin_init_from_closure(init) }, GFP_KERNEL)?;

    // SAFETY: Only references to it are given out, so that it is not moved.
    let obj = KBox::into_raw(unsafe { Pin::into_inner_unchecked(obj) });
    // SAFETY: An allocation is not at NULL. The reference that the object is made with is ours, and
    // when there is none left, `Ops::free` takes the allocation back.
    let obj: ARef<gem::Object<T>> = unsafe { ARef::from_raw(NonNull::new_unchecked(obj)) };
    adopt(&obj);
    Ok(obj)
}

/// Makes the reservation object of the dma-buf that of a GEM object made by [`new`], if there is a
/// dma-buf.
///
/// Nobody locks that of such an object by the object; fdinfo looks at whose fences are in it.
pub fn adopt<T: DmaBufObject>(obj: &gem::Object<T>) {
    let Some(dma_buf) = obj.dma_buf() else {
        return;
    };
    let raw = IntoGEMObject::as_raw(obj);

    // SAFETY: The field is a pointer that is valid as long as the object is. Whoever reads it
    // meanwhile does so once, as one does with pointers that change, and gets this one or the one
    // before. Both are there as long as the object: the dma-buf that this belongs to is in the
    // object's data, which is dropped last.
    unsafe { atomic_store(&raw mut (*raw).resv, dma_buf.resv(), Release) };
}

/// Makes a handle for the dma-buf behind a file descriptor of the current task.
///
/// If the file has a handle for that dma-buf already, it is returned.
///
/// Returns [`EBADF`] if the descriptor is not open and [`EINVAL`] if it is not a dma-buf, or the
/// error of [`DmaBufObject::from_import`].
pub fn import<D: drm::Driver, C: drm::DeviceContext>(
    dev: &drm::Device<D, C>,
    file: &drm::File<D::File>,
    fd: i32,
) -> Result<u32> {
    let mut handle = 0;

    // SAFETY: `file` is an open file of a `D` device, as `dev` is, and all devices of a module are
    // one.
    to_result(unsafe {
        bindings::drm_gem_prime_fd_to_handle(raw_device(dev), raw_file(file), fd, &mut handle)
    })?;
    Ok(handle)
}

/// Returns the dma-buf behind a handle, as `DRM_IOCTL_PRIME_HANDLE_TO_FD` would.
///
/// From then on, importing the dma-buf into the file returns the handle.
///
/// Returns [`ENOENT`] if there is no such handle, or the error of [`DmaBufObject::may_export`].
pub fn export<D: drm::Driver, C: drm::DeviceContext>(
    dev: &drm::Device<D, C>,
    file: &drm::File<D::File>,
    handle: u32,
) -> Result<ARef<DmaBuf>> {
    // SAFETY: As in `import`.
    let ptr = unsafe {
        bindings::drm_gem_prime_handle_to_dmabuf(raw_device(dev), raw_file(file), handle, 0)
    };

    // SAFETY: On success the function returns a reference that is ours.
    unsafe { DmaBuf::from_raw_owned(ptr) }
}

/// Drops a handle.
///
/// Returns [`ENOENT`] if there is no such handle.
pub fn delete_handle<F: drm::file::DriverFile>(file: &drm::File<F>, handle: u32) -> Result {
    // SAFETY: `file` is an open file.
    to_result(unsafe { bindings::drm_gem_handle_delete(raw_file(file), handle) })
        .map_err(|_| ENOENT)
}

/// Returns an open file as the C side knows it.
fn raw_file<F: drm::file::DriverFile>(file: &drm::File<F>) -> *mut bindings::drm_file {
    // CAST: `drm::File` is transparent.
    ptr::from_ref(file).cast_mut().cast()
}

/// The hook for PRIME imports of a driver.
pub struct PrimeImport<D>(RawPrimeImport, PhantomData<fn() -> D>);

/// The hook as the C side knows it.
type RawPrimeImport = unsafe extern "C" fn(
    *mut bindings::drm_device,
    *mut bindings::dma_buf,
) -> *mut bindings::drm_gem_object;

impl<D: drm::Driver> PrimeImport<D> {
    /// Returns the hook of a driver whose objects wrap dma-bufs, with data of type `T`.
    pub const fn new<T>() -> Self
    where
        T: DmaBufObject<Driver = D>,
        D: drm::Driver<Object = gem::Object<T>>,
    {
        Self(prime_import::<T>, PhantomData)
    }

    /// Returns the hook as the C side knows it.
    pub(crate) const fn as_raw(&self) -> RawPrimeImport {
        self.0
    }
}

/// Wraps a dma-buf that is imported, for a device of the driver of `T`.
extern "C" fn prime_import<T: DmaBufObject>(
    dev: *mut bindings::drm_device,
    dma_buf: *mut bindings::dma_buf,
) -> *mut bindings::drm_gem_object {
    // SAFETY: The core calls this with a registered device of the driver.
    let dev = unsafe { drm::Device::from_raw(dev) };
    // SAFETY: The core holds a reference to the dma-buf.
    let dma_buf = unsafe { DmaBuf::from_raw(dma_buf) };

    match T::from_import(dev, dma_buf.into()) {
        // The caller takes over the reference.
        // SAFETY: The pointer is of an object that is referenced.
        Ok(obj) => IntoGEMObject::as_raw(unsafe { ARef::into_raw(obj).as_ref() }),
        Err(err) => err.to_ptr(),
    }
}

/// The operations of objects with data of type `T`.
struct Ops<T>(T);

impl<T: DmaBufObject> Ops<T> {
    const FUNCS: bindings::drm_gem_object_funcs = bindings::drm_gem_object_funcs {
        free: Some(Self::free),
        export: Some(Self::export),
        mmap: Some(Self::mmap),
        status: Some(Self::status),
        ..pin_init::zeroed()
    };

    /// Returns the object that the core calls an operation of.
    ///
    /// # Safety
    ///
    /// `raw` must be valid for `'a`, with the operations of this type.
    unsafe fn object<'a>(raw: *mut bindings::drm_gem_object) -> &'a gem::Object<T> {
        // SAFETY: Only `new` gives an object the operations of this type, and it is of that type.
        unsafe { IntoGEMObject::from_raw(raw) }
    }

    extern "C" fn free(raw: *mut bindings::drm_gem_object) {
        // SAFETY: The core calls this for an object that nobody uses any more.
        unsafe { bindings::drm_gem_object_release(raw) };
        // SAFETY: `new` made the object in a `KBox` of this type, at whose beginning `raw` is, and
        // nobody has a reference to it.
        drop(unsafe { KBox::from_raw(raw.cast::<gem::Object<T>>()) });
    }

    extern "C" fn export(
        raw: *mut bindings::drm_gem_object,
        _flags: i32,
    ) -> *mut bindings::dma_buf {
        // SAFETY: The core calls this for an object that it holds a reference to.
        let obj = unsafe { Self::object(raw) };

        // Without a dma-buf the handle is of another object than when it was looked at, before.
        match obj.may_export().and(obj.dma_buf().ok_or(EAGAIN)) {
            // The caller takes over the reference.
            Ok(dma_buf) => ARef::into_raw(ARef::from(dma_buf)).cast().as_ptr(),
            Err(err) => err.to_ptr(),
        }
    }

    extern "C" fn status(raw: *mut bindings::drm_gem_object) -> bindings::drm_gem_object_status {
        // SAFETY: As in `export`.
        let obj = unsafe { Self::object(raw) };

        match obj.dma_buf() {
            Some(_) => bindings::drm_gem_object_status_DRM_GEM_OBJECT_RESIDENT,
            None => 0,
        }
    }

    extern "C" fn mmap(
        raw: *mut bindings::drm_gem_object,
        vma: *mut bindings::vm_area_struct,
    ) -> i32 {
        let map = || -> Result {
            // SAFETY: As in `export`.
            let obj = unsafe { Self::object(raw) };
            obj.may_mmap()?;
            let dma_buf = T::dma_buf_to_map(obj)?;

            // The mapping becomes one of the dma-buf. If its exporter does not set these fields,
            // they must not be left as the core set them for the object.
            // SAFETY: The core calls this with a mapping that is being made.
            unsafe {
                (*vma).vm_private_data = ptr::null_mut();
                (*vma).vm_ops = ptr::null();
            }
            // SAFETY: As above.
            to_result(unsafe { bindings::dma_buf_mmap(dma_buf.as_raw(), vma, 0) })?;

            // The size of a dma-buf never changes, but not every exporter says so here, and the
            // core insists on it.
            // SAFETY: As above.
            unsafe { VmaNew::from_raw(vma) }.set_dontexpand();

            // SAFETY: The reference that the core took for the mapping is not needed: the mapping
            // has one to the file of the dma-buf.
            unsafe { bindings::drm_gem_object_put(raw) };
            Ok(())
        };

        map().map_or_else(|err| err.to_errno(), |()| 0)
    }
}
