// SPDX-License-Identifier: GPL-2.0

//! An exporter of system memory as DMA-BUF.
//!
//! # Policy
//!
//! The memory is one allocation of `vmalloc()`: it takes pages of the highest order that is to be
//! had cheaply, stops when the task is killed, and leaves the buffer mapped into the kernel, so
//! that mapping it for a job costs nothing.
//!
//! The exporter has no operation to begin or end access by the CPU, so that the end of a job on the
//! buffer depends on nothing but fences. That is right only for devices that see what the CPU
//! wrote without more ado. So the buffer is mapped for DMA with `DMA_ATTR_REQUIRE_COHERENT`: a
//! device that is not coherent with the caches, or whose memory would have to be bounced, is
//! refused when it maps the buffer, rather than left to read stale bytes.

use crate::{
    bindings,
    dma_buf::DmaBuf, //
};
use core::{
    ffi::c_void,
    ptr::NonNull, //
};
use kernel::{
    alloc::{
        allocator::VmallocPageIter,
        flags::__GFP_NOWARN, //
    },
    error::{
        from_err_ptr,
        to_result, //
    },
    mm::virt::{
        flags as vma_flags,
        VmaNew, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::aref::ARef,
    ThisModule, //
};

/// How the memory is allocated: accounted to the task's memory cgroup, zeroed, and rather not at
/// all than by killing somebody for it.
const GFP: bindings::gfp_t = bindings::GFP_KERNEL_ACCOUNT
    | bindings::__GFP_ZERO
    | bindings::__GFP_NOWARN
    | 1 << bindings::___GFP_RETRY_MAYFAIL_BIT;

/// How it is mapped for DMA; see the module's documentation.
// CAST: Widens.
const DMA_ATTRS: usize = bindings::DMA_ATTR_REQUIRE_COHERENT as usize;

/// The operations of the exporter.
static OPS: bindings::dma_buf_ops = bindings::dma_buf_ops {
    map_dma_buf: Some(map_dma_buf),
    unmap_dma_buf: Some(unmap_dma_buf),
    mmap: Some(mmap),
    vmap: Some(vmap),
    release: Some(release),
    ..pin_init::zeroed()
};

/// The memory of a buffer.
///
/// # Invariants
///
/// `start` is an allocation by `vmalloc()` of `size` bytes, a multiple of the page size and not 0.
struct Pages {
    start: NonNull<c_void>,
    size: usize,
    // Dropped after the memory was freed.
    _kept: Option<Kept>,
}

/// What is kept as long as the memory of a buffer, and then dropped by a task.
pub type Kept = KBox<dyn Send + Sync>;

impl Pages {
    /// Allocates `size` bytes, which must be a multiple of the page size and not 0.
    fn new(size: usize, kept: Option<Kept>) -> Result<Self> {
        // SAFETY: Without an old allocation this allocates, with any size but 0.
        let start = unsafe {
            bindings::vrealloc_node_align(
                core::ptr::null(),
                size,
                PAGE_SIZE,
                GFP,
                bindings::NUMA_NO_NODE,
            )
        };

        // INVARIANT: It has just been allocated.
        Ok(Self {
            start: NonNull::new(start).ok_or(ENOMEM)?,
            size,
            _kept: kept,
        })
    }

    /// Returns the pages, in order.
    fn list(&self) -> Result<KVVec<*mut bindings::page>> {
        let mut list = KVVec::with_capacity(self.size / PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN)?;

        // SAFETY: By the type invariants.
        for page in unsafe { VmallocPageIter::new(self.start.cast(), self.size) } {
            list.push(page.as_ptr(), GFP_KERNEL)?;
        }
        Ok(list)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::vfree(self.start.as_ptr()) };
    }
}

/// Allocates zeroed system memory and exports it as a dma-buf.
///
/// `size` is in bytes and is rounded up to a multiple of the page size. `module` is the module that
/// stays loaded as long as the dma-buf exists, and `kept` is kept as long. May sleep.
///
/// Returns [`EINVAL`] if the size is 0, and [`ENOMEM`] if there is not enough memory, if the size
/// is above half of what the machine has, or if the task was killed meanwhile.
pub fn alloc(module: &'static ThisModule, size: usize, kept: Option<Kept>) -> Result<ARef<DmaBuf>> {
    let size = kernel::page::page_align(size).ok_or(ENOMEM)?;

    if size == 0 {
        return Err(EINVAL);
    }
    // SAFETY: There is no requirement.
    if size / PAGE_SIZE > unsafe { bindings::mvgal_shim_totalram_pages() } / 2 {
        return Err(ENOMEM);
    }

    let pages = KBox::new(Pages::new(size, kept)?, GFP_KERNEL)?;
    let pages = KBox::into_raw(pages);
    let info = bindings::dma_buf_export_info {
        exp_name: c"mvgal".as_char_ptr(),
        owner: module.as_ptr(),
        ops: &OPS,
        size,
        // CAST: The flag is a small positive number.
        flags: bindings::O_RDWR as i32,
        priv_: pages.cast(),
        ..pin_init::zeroed()
    };

    // SAFETY: `info` is filled as `OPS` needs it: with a `Pages` that becomes the dma-buf's.
    let dma_buf = unsafe { DmaBuf::from_raw_owned(bindings::dma_buf_export(&info)) };
    if dma_buf.is_err() {
        // SAFETY: There is no dma-buf that could have taken over `pages`.
        drop(unsafe { KBox::from_raw(pages) });
    }
    dma_buf
}

/// Returns the memory of one of our dma-bufs.
///
/// # Safety
///
/// `dma_buf` must be valid for `'a`, and exported by [`alloc`].
unsafe fn pages<'a>(dma_buf: *mut bindings::dma_buf) -> &'a Pages {
    // SAFETY: By the safety requirements `priv_` is a `Pages` that the dma-buf owns.
    unsafe { &*(*dma_buf).priv_.cast() }
}

/// Maps the buffer for DMA by a device.
extern "C" fn map_dma_buf(
    attach: *mut bindings::dma_buf_attachment,
    direction: bindings::dma_data_direction,
) -> *mut bindings::sg_table {
    let map = || -> Result<*mut bindings::sg_table> {
        // SAFETY: The core calls this with an attachment to one of our dma-bufs.
        let (list, dev) = unsafe { (pages((*attach).dmabuf).list()?, (*attach).dev) };
        let count = u32::try_from(list.len())?;
        let list = list.as_ptr().cast_mut();

        // SAFETY: `list` has `count` pages. Segments of any length will do for a device without
        // bouncing, which NULL for the device means.
        let table = from_err_ptr(unsafe {
            bindings::drm_prime_pages_to_sg(core::ptr::null_mut(), list, count)
        })?;

        // SAFETY: The device is attached, so it is there, and `table` is filled.
        to_result(unsafe { bindings::dma_map_sgtable(dev, table, direction, DMA_ATTRS) })
            // SAFETY: `table` is not mapped, and ours.
            .inspect_err(|_| unsafe { free_table(table) })?;
        Ok(table)
    };

    map().unwrap_or_else(|err| err.to_ptr())
}

/// Ends what [`map_dma_buf`] began.
extern "C" fn unmap_dma_buf(
    attach: *mut bindings::dma_buf_attachment,
    table: *mut bindings::sg_table,
    direction: bindings::dma_data_direction,
) {
    // SAFETY: The core returns what `map_dma_buf` returned for the attachment.
    unsafe { bindings::dma_unmap_sgtable((*attach).dev, table, direction, DMA_ATTRS) };
    // SAFETY: As above; it is no longer mapped.
    unsafe { free_table(table) };
}

/// Frees a table of `drm_prime_pages_to_sg()`.
///
/// # Safety
///
/// `table` must be one, not mapped, and not used any more.
unsafe fn free_table(table: *mut bindings::sg_table) {
    // SAFETY: By the safety requirements.
    unsafe { bindings::sg_free_table(table) };
    // SAFETY: As above; it was allocated by `kmalloc()`.
    unsafe { bindings::kfree(table.cast()) };
}

/// Maps the buffer into user space.
extern "C" fn mmap(dma_buf: *mut bindings::dma_buf, raw_vma: *mut bindings::vm_area_struct) -> i32 {
    let map = || -> Result {
        // SAFETY: The core calls this with a mapping that is being made.
        let vma = unsafe { VmaNew::from_raw(raw_vma) };
        // Private copies of single pages are no use of a shared buffer.
        if vma.flags() & (vma_flags::SHARED | vma_flags::MAYSHARE) == 0 {
            return Err(EINVAL);
        }
        vma.set_dontexpand();
        vma.set_dontdump();

        // SAFETY: The core calls this with one of our dma-bufs.
        let mut list = unsafe { pages(dma_buf) }.list()?;

        // SAFETY: The mapping is being made, and `list` has as many pages as said. The core does
        // not free them before the mapping, which holds a reference to the dma-buf's file, is gone.
        to_result(unsafe { bindings::vm_map_pages(raw_vma, list.as_mut_ptr(), list.len()) })
    };

    map().map_or_else(|err| err.to_errno(), |()| 0)
}

/// Tells where the buffer is mapped into the kernel.
extern "C" fn vmap(dma_buf: *mut bindings::dma_buf, map: *mut bindings::iosys_map) -> i32 {
    // SAFETY: The core calls this with one of our dma-bufs.
    let pages = unsafe { pages(dma_buf) };
    let mut result = bindings::iosys_map::default();

    result.__bindgen_anon_1.vaddr = pages.start.as_ptr();
    // SAFETY: The core calls this with `map` to be filled.
    unsafe { map.write(result) };
    0
}

/// Frees the buffer.
extern "C" fn release(dma_buf: *mut bindings::dma_buf) {
    // SAFETY: The core calls this for one of our dma-bufs, when nobody has it any more; `alloc`
    // gave it its `Pages`.
    drop(unsafe { KBox::<Pages>::from_raw((*dma_buf).priv_.cast()) });
}
