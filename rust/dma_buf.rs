// SPDX-License-Identifier: GPL-2.0

//! DMA-BUF: buffers that are shared between drivers.
//!
//! C header: [`include/linux/dma-buf.h`](srctree/include/linux/dma-buf.h)

mod reserved_fd;
mod trial;

pub use self::{
    reserved_fd::ReservedFd,
    trial::{
        try_map,
        Importer,
        Mapped, //
    }, //
};

use crate::{
    bindings,
    iosys_map::IosysMap, //
};
use core::{
    ops::Deref,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    device::Device,
    dma::DataDirection,
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    sync::aref::{
        ARef,
        AlwaysRefCounted, //
    },
    types::Opaque, //
};

/// A buffer that drivers share.
///
/// Wraps the C `struct dma_buf`. A reference to it keeps the memory, and the exporter's module and
/// device structure, in existence.
///
/// # Invariants
///
/// Instances are always reference-counted: by the reference count of `dma_buf.file`.
#[repr(transparent)]
pub struct DmaBuf(Opaque<bindings::dma_buf>);

// SAFETY: A dma-buf can be used, and its last reference dropped, from any task.
unsafe impl Send for DmaBuf {}

// SAFETY: What is reached through a shared reference never changes (`size`, `ops`, `file`, `resv`,
// `priv`) or is locked by the C functions called.
unsafe impl Sync for DmaBuf {}

// SAFETY: `get_file()` keeps the file, and so the dma-buf, until the matching `dma_buf_put()`.
unsafe impl AlwaysRefCounted for DmaBuf {
    fn inc_ref(&self) {
        // SAFETY: The existence of a shared reference means that the reference count is not zero,
        // and `file` does not change.
        unsafe { bindings::get_file((*self.as_raw()).file) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: By the safety requirements of this function there is a reference to drop.
        unsafe { bindings::dma_buf_put(obj.cast().as_ptr()) };
    }
}

/// Tells DRM devices apart; two keys are equal if they are of the same device.
///
/// It is an address and keeps nothing alive. A key means something only as long as the device is
/// known to exist, as that of [`DmaBuf::exporting_device`] is while the [`DmaBuf`] does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceKey(usize);

impl DeviceKey {
    /// Returns the key of a device.
    pub(crate) fn from_raw(dev: *mut bindings::drm_device) -> Self {
        Self(dev.addr())
    }
}

impl DmaBuf {
    /// Returns the dma-buf behind a file descriptor of the current task.
    ///
    /// Returns [`EBADF`] if the descriptor is not open and [`EINVAL`] if it is not a dma-buf.
    pub fn from_fd(fd: i32) -> Result<ARef<Self>> {
        // SAFETY: `dma_buf_get()` may be called with any number.
        let ptr = unsafe { bindings::dma_buf_get(fd) };

        // SAFETY: On success `dma_buf_get()` returns a reference that is ours.
        unsafe { Self::from_raw_owned(ptr) }
    }

    /// Makes a close-on-exec file descriptor of the current task for a dma-buf.
    ///
    /// As soon as it returns, the task can use or close the descriptor: so this must be the last
    /// step of what may fail.
    ///
    /// Returns [`EMFILE`] if the task has no descriptor free.
    ///
    /// [`EMFILE`]: kernel::error::code::EMFILE
    pub fn to_fd(this: ARef<Self>) -> Result<i32> {
        // CAST: The flag is a small positive number.
        let flags = bindings::O_CLOEXEC as i32;
        // SAFETY: `this` is a valid dma-buf.
        let fd = unsafe { bindings::dma_buf_fd(this.as_raw(), flags) };

        to_result(fd)?;
        // The descriptor has taken over the reference.
        let _ = ARef::into_raw(this);
        Ok(fd)
    }

    /// Takes over a reference that a C function returned, or its error.
    ///
    /// # Safety
    ///
    /// `ptr` must be an error pointer, or a valid dma-buf of which the caller gives up a reference.
    pub(crate) unsafe fn from_raw_owned(ptr: *mut bindings::dma_buf) -> Result<ARef<Self>> {
        let ptr = NonNull::new(from_err_ptr(ptr)?).ok_or(EINVAL)?;

        // SAFETY: By the safety requirements the reference is ours; `DmaBuf` is transparent.
        Ok(unsafe { ARef::from_raw(ptr.cast()) })
    }

    /// Borrows a dma-buf that C code holds.
    ///
    /// # Safety
    ///
    /// `ptr` must be a valid dma-buf of which a reference is held for all of `'a`.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::dma_buf) -> &'a Self {
        // SAFETY: By the safety requirements; `DmaBuf` is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns the C structure.
    pub(crate) fn as_raw(&self) -> *mut bindings::dma_buf {
        self.0.get()
    }

    /// Returns the reservation object, which lives as long as the dma-buf.
    pub(crate) fn resv(&self) -> *mut bindings::dma_resv {
        // SAFETY: `self` is valid, and `resv` does not change.
        unsafe { (*self.as_raw()).resv }
    }

    /// Returns the operations of the exporter.
    fn ops(&self) -> &bindings::dma_buf_ops {
        // SAFETY: `self` is valid. `ops` does not change, and is in the exporter's module, which
        // the dma-buf holds a reference to.
        unsafe { &*(*self.as_raw()).ops }
    }

    /// Returns the GEM object that was exported, if the exporter is a GEM driver. It lives as long
    /// as the dma-buf.
    pub(crate) fn exported_gem(&self) -> Option<NonNull<bindings::drm_gem_object>> {
        let ops = self.ops();

        // Each of these functions of the DRM core takes `priv` for a `struct drm_gem_object`, so
        // whoever has one of them as its operation, of whatever driver, has an object there. One is
        // not enough: xe releases its dma-bufs by a function of its own.
        // CAST: Compares addresses of functions.
        let is_gem = ops.release.is_some_and(|release| {
            release as usize == bindings::drm_gem_dmabuf_release as *const () as usize
        }) || ops.mmap.is_some_and(|mmap| {
            mmap as usize == bindings::drm_gem_dmabuf_mmap as *const () as usize
        }) || ops.vmap.is_some_and(|vmap| {
            vmap as usize == bindings::drm_gem_dmabuf_vmap as *const () as usize
        });

        if !is_gem {
            return None;
        }
        // SAFETY: `self` is valid, and `priv` does not change.
        NonNull::new(unsafe { (*self.as_raw()).priv_ }.cast())
    }

    fn exported_object(&self) -> Option<&bindings::drm_gem_object> {
        // SAFETY: The dma-buf holds a reference to the object.
        self.exported_gem().map(|obj| unsafe { &*obj.as_ptr() })
    }

    /// Returns the size in bytes. It never changes.
    pub fn size(&self) -> usize {
        // SAFETY: `self` is valid, and `size` does not change.
        unsafe { (*self.as_raw()).size }
    }

    /// Returns whether both are the same dma-buf.
    pub fn same(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }

    /// Returns the DRM device whose driver exported the dma-buf, if it is a GEM driver's.
    pub fn exporting_device(&self) -> Option<DeviceKey> {
        Some(DeviceKey::from_raw(self.exported_object()?.dev))
    }

    /// Returns whether user space can map the dma-buf.
    pub fn can_mmap(&self) -> bool {
        self.ops().mmap.is_some()
    }

    /// Returns whether the exporter can map the dma-buf into the kernel.
    pub fn can_vmap(&self) -> bool {
        let Some(vmap) = self.ops().vmap else {
            return false;
        };

        // The helper of GEM drivers is there for all objects, also for those that cannot be mapped,
        // and the core warns when it fails.
        // CAST: Compares addresses of functions.
        if vmap as usize == bindings::drm_gem_dmabuf_vmap as *const () as usize {
            return self.exported_object().is_none_or(|obj| {
                // SAFETY: `funcs` is set for the life of the object.
                unsafe { obj.funcs.as_ref() }.is_some_and(|funcs| funcs.vmap.is_some())
            });
        }
        true
    }

    /// Returns whether the exporter does something of its own before or after access by the CPU.
    ///
    /// If not, [`DmaBuf::begin_cpu_access`] only waits for fences.
    pub fn brackets_cpu_access(&self) -> bool {
        let ops = self.ops();

        ops.begin_cpu_access.is_some() || ops.end_cpu_access.is_some()
    }

    /// Prepares the dma-buf for access by the CPU, until the returned guard ends.
    ///
    /// [`DataDirection::FromDevice`] is for reading, [`DataDirection::ToDevice`] for writing. May
    /// sleep and allocate, and waits for the fences of the reservation object that the access must
    /// wait for; the wait can be interrupted by a signal.
    ///
    /// Returns the exporter's error, or [`ERESTARTSYS`].
    ///
    /// [`ERESTARTSYS`]: kernel::error::code::ERESTARTSYS
    pub fn begin_cpu_access(&self, direction: DataDirection) -> Result<CpuAccess<'_>> {
        // SAFETY: `self` is valid.
        to_result(unsafe { bindings::dma_buf_begin_cpu_access(self.as_raw(), direction.into()) })?;

        // INVARIANT: It has just begun.
        Ok(CpuAccess {
            dma_buf: self,
            direction,
        })
    }

    /// Whether the memory is only kept in its place while there is an attachment.
    ///
    /// So it is with exporters that leave attaching to the GEM core, which pins the object then;
    /// what some of them do to map it does not. Others pin the memory when they map it.
    fn is_pinned_by_attaching(&self) -> bool {
        // CAST: To compare addresses.
        self.ops()
            .attach
            .is_some_and(|attach| attach as *const () == bindings::drm_gem_map_attach as *const ())
    }

    /// Maps the dma-buf into the kernel, and keeps the memory in its place.
    ///
    /// `dev` is the device in whose name it is attached, where that takes an attachment. May sleep
    /// and allocate, and takes the lock of the reservation object.
    ///
    /// Returns [`EOPNOTSUPP`] if the exporter cannot do it, or its error.
    pub fn vmap(this: ARef<Self>, dev: &Device) -> Result<Vmap> {
        if !this.can_vmap() {
            return Err(EOPNOTSUPP);
        }
        let attachment = if this.is_pinned_by_attaching() {
            Some(Attachment::new(this.clone(), dev)?)
        } else {
            None
        };

        let mut map = bindings::iosys_map::default();
        // SAFETY: `this` is valid, and `map` is there to be filled.
        to_result(unsafe { bindings::dma_buf_vmap_unlocked(this.as_raw(), &mut map) })?;

        // INVARIANT: The mapping has just been made.
        Ok(Vmap {
            // SAFETY: Until it is unmapped, which is done when the `Vmap` is dropped, the mapping
            // is valid for the size of the dma-buf.
            map: unsafe { IosysMap::from_raw(map, this.size()) },
            dma_buf: this,
            _attachment: attachment,
        })
    }
}

/// A time of access by the CPU; it ends when the value is dropped.
///
/// # Invariants
///
/// `dma_buf_begin_cpu_access()` succeeded for `dma_buf` and has not been paired yet.
#[must_use = "the access ends immediately when the guard is unused"]
pub struct CpuAccess<'a> {
    dma_buf: &'a DmaBuf,
    direction: DataDirection,
}

impl CpuAccess<'_> {
    /// Ends the access and returns whether the exporter could do its part of it.
    ///
    /// If it could not, what was written may not be seen by devices.
    pub fn end(self) -> Result {
        let this = core::mem::ManuallyDrop::new(self);

        this.end_raw()
    }

    /// Ends the access; called once.
    fn end_raw(&self) -> Result {
        // SAFETY: By the type invariants.
        to_result(unsafe {
            bindings::dma_buf_end_cpu_access(self.dma_buf.as_raw(), self.direction.into())
        })
    }
}

impl Drop for CpuAccess<'_> {
    fn drop(&mut self) {
        // Whoever wants to know calls `end()`.
        let _ = self.end_raw();
    }
}

/// A mapping of a whole dma-buf into the kernel, with the reference it needs.
///
/// Access to the memory is by the methods of [`IosysMap`]. It is not bracketed: where
/// [`DmaBuf::brackets_cpu_access`] says so, that is for the caller to do.
///
/// Dropping it takes the lock of the reservation object and may sleep: it must not be dropped in a
/// section that signals a fence, nor with that lock held.
///
/// # Invariants
///
/// `map` is what `dma_buf_vmap()` returned for `dma_buf`, and was not unmapped.
pub struct Vmap {
    map: IosysMap,
    dma_buf: ARef<DmaBuf>,
    // Dropped after the memory was unmapped.
    _attachment: Option<Attachment>,
}

/// An attachment of a device to a dma-buf.
///
/// # Invariants
///
/// `ptr` is what `dma_buf_attach()` returned for `dma_buf` and `_dev`, and was not detached.
struct Attachment {
    ptr: NonNull<bindings::dma_buf_attachment>,
    dma_buf: ARef<DmaBuf>,
    _dev: ARef<Device>,
}

// SAFETY: An attachment belongs to no thread.
unsafe impl Send for Attachment {}

// SAFETY: There is nothing that can be done with a shared reference.
unsafe impl Sync for Attachment {}

impl Attachment {
    fn new(dma_buf: ARef<DmaBuf>, dev: &Device) -> Result<Self> {
        // CAST: `Device` is a transparent wrapper.
        let raw_dev = ptr::from_ref(dev).cast_mut().cast();
        // SAFETY: Both are valid, and what is made of them here keeps them so.
        let ptr = unsafe { bindings::dma_buf_attach(dma_buf.as_raw(), raw_dev) };

        // INVARIANT: It has just been attached.
        Ok(Self {
            ptr: NonNull::new(from_err_ptr(ptr)?).ok_or(ENOMEM)?,
            dma_buf,
            _dev: dev.into(),
        })
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::dma_buf_detach(self.dma_buf.as_raw(), self.ptr.as_ptr()) };
    }
}

impl Vmap {
    /// Returns the dma-buf that is mapped.
    pub fn dma_buf(&self) -> &ARef<DmaBuf> {
        &self.dma_buf
    }
}

impl Deref for Vmap {
    type Target = IosysMap;

    fn deref(&self) -> &IosysMap {
        &self.map
    }
}

impl Drop for Vmap {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; nobody uses the mapping any more.
        unsafe { bindings::dma_buf_vunmap_unlocked(self.dma_buf.as_raw(), self.map.as_raw_mut()) };
    }
}
