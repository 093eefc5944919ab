// SPDX-License-Identifier: GPL-2.0

//! The kernel's functions that copy, of which one or another is the fastest for a kind of memory.
//!
//! What write-combined memory is, and which memory devices read past the caches, is not known here:
//! all of them put the same bytes there, and are for the caller to choose from.
//!
//! C headers: [`include/linux/string.h`](srctree/include/linux/string.h),
//! [`include/drm/drm_cache.h`](srctree/include/drm/drm_cache.h)

use super::IosysMap;
use crate::{
    barrier::wmb,
    bindings, //
};
use kernel::prelude::*;

/// What `drm_memcpy_from_wc()` wants both addresses and the length to be multiples of, in bytes.
const LOAD_ALIGN: usize = 16;

/// What the length must be a multiple of so that its way without such instructions, from I/O memory
/// to I/O memory, does not write a whole bounce buffer where less is left.
const LOAD_UNIT: usize = 128;

/// Most bytes that `drm_memcpy_from_wc()` is asked for at a time: it holds the FPU meanwhile, with
/// preemption off.
const LOAD_MAX: usize = 64 << 10;

/// How the CPU copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyMethod {
    /// As [`IosysMap::copy_to`]: `memcpy()`, and `memcpy_toio()` and `memcpy_fromio()` where there
    /// is I/O memory. On x86 that is `rep movs` by and large.
    Plain,
    /// `memcpy_flushcache()`: with stores that bypass the caches, so that no line is read before
    /// all of it is overwritten, and nothing else is displaced from the caches.
    ///
    /// x86-64 only: elsewhere the function cleans the caches, which is no faster way to copy.
    StreamingStores,
    /// `drm_memcpy_from_wc()`: with loads that fetch a whole line of write-combined memory, which
    /// is read word by word from the bus otherwise. In other memory they are usual loads.
    ///
    /// On x86 and outside of virtual machines; elsewhere the function copies plainly.
    StreamingLoads,
}

impl IosysMap {
    /// Returns whether [`IosysMap::copy_by`] with the same arguments copies by `method`, rather
    /// than plainly.
    ///
    /// It does not for ranges that overlap, nor for streaming loads between addresses that differ
    /// in their lowest four bits. A confidential guest, which has to decode its own accesses to the
    /// I/O memory of emulated devices, knows none of the instructions of streaming stores.
    pub fn can_copy_by(
        &self,
        method: CopyMethod,
        src_offset: u64,
        dst: &Self,
        dst_offset: u64,
        len: u64,
    ) -> bool {
        let (Ok((src_ptr, len)), Ok((dst_ptr, _))) =
            (self.range(src_offset, len), dst.range(dst_offset, len))
        else {
            return false;
        };
        match method {
            CopyMethod::Plain => true,
            _ if dst_ptr.addr().abs_diff(src_ptr.addr()) < len => false,
            CopyMethod::StreamingStores => {
                cfg!(CONFIG_X86_64) && !self.is_iomem() && (!dst.is_iomem() || decodes_any_access())
            }
            CopyMethod::StreamingLoads => (src_ptr.addr() ^ dst_ptr.addr()) % LOAD_ALIGN == 0,
        }
    }

    /// Copies as [`IosysMap::copy_to`], by the given method where [`IosysMap::can_copy_by`] says
    /// so.
    ///
    /// When it returns, what was written is ordered before all later stores, so that whoever sees
    /// one of these sees all of the copy. Must be called by a task with softirqs on.
    ///
    /// # Errors
    ///
    /// `EINVAL` if a range is not inside of its mapping.
    pub fn copy_by(
        &self,
        method: CopyMethod,
        src_offset: u64,
        dst: &Self,
        dst_offset: u64,
        len: u64,
    ) -> Result {
        if !self.can_copy_by(method, src_offset, dst, dst_offset, len) {
            return self.copy_to(src_offset, dst, dst_offset, len);
        }
        match method {
            CopyMethod::Plain => self.copy_to(src_offset, dst, dst_offset, len),
            CopyMethod::StreamingStores => {
                let (src_ptr, len) = self.range(src_offset, len)?;
                // CAST: Widens.
                let (dst_ptr, _) = dst.range(dst_offset, len as u64)?;
                // SAFETY: `range` made sure that both are valid for `len` bytes, and
                // `can_copy_by` that they do not overlap and that the source is system memory. I/O
                // memory of x86-64 may be written by any store instruction that the guest or its
                // hypervisor decodes, where it is emulated.
                unsafe { bindings::mvgal_shim_memcpy_flushcache(dst_ptr, src_ptr, len) };
                // Other stores are ordered on x86, but not these.
                wmb();
                Ok(())
            }
            CopyMethod::StreamingLoads => {
                self.copy_streaming_loads(src_offset, dst, dst_offset, len)
            }
        }
    }

    /// Copies the aligned part by `drm_memcpy_from_wc()`, and what is before and after it plainly.
    ///
    /// The ranges must not overlap, and be equally aligned, to [`LOAD_ALIGN`].
    fn copy_streaming_loads(
        &self,
        src_offset: u64,
        dst: &Self,
        dst_offset: u64,
        len: u64,
    ) -> Result {
        let (src_ptr, len) = self.range(src_offset, len)?;
        // CAST: Widens.
        let (dst_ptr, _) = dst.range(dst_offset, len as u64)?;

        let head = (src_ptr.addr().wrapping_neg() % LOAD_ALIGN).min(len);
        let end = head + (len - head) / LOAD_UNIT * LOAD_UNIT;
        let plainly = |from: usize, to: usize| {
            // CAST: Widens; neither sum exceeds the end of the range.
            let from_u64 = from as u64;
            self.copy_to(
                src_offset + from_u64,
                dst,
                dst_offset + from_u64,
                (to - from) as u64,
            )
        };

        plainly(0, head)?;
        let mut done = head;
        while done < end {
            let chunk = LOAD_MAX.min(end - done);
            let src_map = self.at(src_ptr.wrapping_byte_add(done));
            let mut dst_map = dst.at(dst_ptr.wrapping_byte_add(done));
            // SAFETY: `done + chunk <= len`, for which `range` made sure that both are valid. They
            // do not overlap. As `chunk` is a multiple of `LOAD_UNIT`, no more is written than
            // that.
            unsafe { bindings::drm_memcpy_from_wc(&mut dst_map, &src_map, chunk) };
            done += chunk;
        }
        plainly(end, len)
    }

    /// Returns the C structure for an address in the mapping.
    fn at(&self, ptr: *mut c_void) -> bindings::iosys_map {
        let mut map = bindings::iosys_map::default();
        map.__bindgen_anon_1.vaddr = ptr;
        map.is_iomem = self.map.is_iomem;
        map
    }
}

/// Returns whether an access to I/O memory may be made by any instruction.
///
/// `memcpy_toio()` asks the same.
fn decodes_any_access() -> bool {
    // SAFETY: There is no requirement.
    !unsafe { bindings::mvgal_shim_guest_unrolls_string_io() }
}
