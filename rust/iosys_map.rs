// SPDX-License-Identifier: GPL-2.0

//! Memory that is mapped into the kernel and may be system or I/O memory.
//!
//! What is mapped is shared: with devices and with user space, which may write to it at any time.
//! So it is never given out as a slice. All access is by the C functions for copying and setting,
//! on raw pointers; what a racing writer does decides the bytes that are seen, and nothing else.
//!
//! C header: [`include/linux/iosys-map.h`](srctree/include/linux/iosys-map.h)

mod copy_method;

use crate::bindings;
use kernel::prelude::*;

pub use copy_method::CopyMethod;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/iosys_map.rs"]
mod kunit;

/// Bytes of a pattern that are laid out at a time where no C function sets wide values.
const BOUNCE: usize = 256;

/// A mapping into the kernel of system or I/O memory.
///
/// # Invariants
///
/// `map` is valid for reads and writes of `len` bytes, and is of the kind that its `is_iomem` says.
pub struct IosysMap {
    map: bindings::iosys_map,
    len: usize,
}

// SAFETY: A kernel mapping can be used from any task.
unsafe impl Send for IosysMap {}

// SAFETY: All access through a shared reference is by C functions that take raced memory as it is.
unsafe impl Sync for IosysMap {}

impl IosysMap {
    /// Creates a mapping of `len` bytes from its C counterpart.
    ///
    /// # Safety
    ///
    /// As long as the returned value exists, `map` must be valid for reads and writes of `len`
    /// bytes that may race with others, and must tell system from I/O memory rightly.
    pub(crate) unsafe fn from_raw(map: bindings::iosys_map, len: usize) -> Self {
        // INVARIANT: By the safety requirements.
        Self { map, len }
    }

    /// Returns a mutable pointer to the C structure, for the C function that ends the mapping.
    pub(crate) fn as_raw_mut(&mut self) -> *mut bindings::iosys_map {
        &raw mut self.map
    }

    /// Returns whether the memory is I/O memory.
    pub fn is_iomem(&self) -> bool {
        self.map.is_iomem
    }

    /// Returns the address of `offset` and the length, if the range lies in the mapping.
    fn range(&self, offset: u64, len: u64) -> Result<(*mut c_void, usize)> {
        let end = offset.checked_add(len).ok_or(EINVAL)?;
        // CAST: Widens.
        if end > self.len as u64 {
            return Err(EINVAL);
        }

        // SAFETY: `vaddr` and `vaddr_iomem` are both plain pointers at the same place.
        let base = unsafe { self.map.__bindgen_anon_1.vaddr };
        // CAST: Neither is above `end`, which is not above `self.len`, a `usize`.
        Ok((base.wrapping_byte_add(offset as usize), len as usize))
    }

    /// Copies `len` bytes at `src_offset` of this mapping to `dst_offset` of another.
    ///
    /// The ranges may overlap where both are one mapping of system memory, and must not otherwise;
    /// what is written then is unspecified. Does not sleep or yield: long copies are for the caller
    /// to split.
    ///
    /// Returns [`EINVAL`] if a range is not inside of its mapping.
    pub fn copy_to(&self, src_offset: u64, dst: &Self, dst_offset: u64, len: u64) -> Result {
        let (src_ptr, len) = self.range(src_offset, len)?;
        // CAST: Widens.
        let (dst_ptr, _) = dst.range(dst_offset, len as u64)?;

        match (self.is_iomem(), dst.is_iomem()) {
            // SAFETY: `range` made sure that both are valid for `len` bytes of system memory, and
            // they do not overlap where memcpy() would mind.
            (false, false) => unsafe {
                if dst_ptr.addr().abs_diff(src_ptr.addr()) < len {
                    bindings::memmove(dst_ptr, src_ptr, len);
                } else {
                    bindings::memcpy(dst_ptr, src_ptr, len);
                }
            },
            // SAFETY: As above; the destination is I/O memory.
            (false, true) => unsafe { bindings::memcpy_toio(dst_ptr, src_ptr, len) },
            // SAFETY: As above; the source is I/O memory.
            (true, false) => unsafe { bindings::memcpy_fromio(dst_ptr, src_ptr, len) },
            (true, true) => {
                let mut bounce = [0u8; BOUNCE];
                let mut done = 0;

                while done < len {
                    let chunk = BOUNCE.min(len - done);
                    let bounce_ptr = bounce.as_mut_ptr().cast();

                    // SAFETY: `done + chunk <= len`, for which `range` made sure that `src_ptr` is
                    // valid; `chunk` does not exceed the bounce buffer.
                    unsafe {
                        bindings::memcpy_fromio(bounce_ptr, src_ptr.wrapping_byte_add(done), chunk)
                    };
                    // SAFETY: As above, for `dst_ptr`.
                    unsafe {
                        bindings::memcpy_toio(dst_ptr.wrapping_byte_add(done), bounce_ptr, chunk)
                    };
                    done += chunk;
                }
            }
        }
        Ok(())
    }

    /// Writes a pattern over `len` bytes at `offset`.
    ///
    /// The pattern is the lowest `pattern_size` bytes of `pattern`, in little-endian order, with
    /// `pattern_size` one of 1, 2, 4 and 8. Does not sleep or yield.
    ///
    /// Returns [`EINVAL`] if the size of the pattern is none of those, if `len` is no multiple of
    /// it, or if the range is not inside of the mapping.
    pub fn fill(&self, offset: u64, pattern: u64, pattern_size: usize, len: u64) -> Result {
        let bytes = pattern.to_le_bytes();
        let unit = match pattern_size {
            1 | 2 | 4 | 8 => bytes.get(..pattern_size).ok_or(EINVAL)?,
            _ => return Err(EINVAL),
        };
        let (ptr, len) = self.range(offset, len)?;
        if len % pattern_size != 0 {
            return Err(EINVAL);
        }

        if !self.is_iomem() {
            let [first, ..] = bytes;

            if unit.iter().all(|byte| *byte == first) {
                // SAFETY: `range` made sure that `ptr` is valid for `len` bytes of system memory.
                unsafe { bindings::memset(ptr, first.into(), len) };
                return Ok(());
            }
            if ptr.addr() % pattern_size == 0 {
                // SAFETY: As above, and `ptr` is aligned to the pattern.
                unsafe { Self::set_wide(ptr, unit, len / pattern_size) };
                return Ok(());
            }
        }

        let mut bounce = [0u8; BOUNCE];
        for chunk in bounce.chunks_exact_mut(pattern_size) {
            chunk.copy_from_slice(unit);
        }
        let mut done = 0;
        while done < len {
            let chunk = BOUNCE.min(len - done);

            // SAFETY: `done + chunk <= len`, for which `range` made sure that `ptr` is valid;
            // `chunk` does not exceed the bounce buffer.
            unsafe { self.put(ptr.wrapping_byte_add(done), bounce.as_ptr(), chunk) };
            done += chunk;
        }
        Ok(())
    }

    /// Writes `data` at `offset`.
    ///
    /// Returns [`EINVAL`] if it does not fit in there.
    pub fn write(&self, offset: u64, data: &[u8]) -> Result {
        // CAST: Widens.
        let (ptr, len) = self.range(offset, data.len() as u64)?;

        // SAFETY: `range` made sure that `ptr` is valid for `len` bytes, and `data` has as many.
        unsafe { self.put(ptr, data.as_ptr(), len) };
        Ok(())
    }

    /// Copies `len` bytes of private memory to an address in the mapping.
    ///
    /// # Safety
    ///
    /// `dst` must lie in this mapping with `len` bytes behind it, and `src` must be valid for reads
    /// of as many.
    unsafe fn put(&self, dst: *mut c_void, src: *const u8, len: usize) {
        if self.is_iomem() {
            // SAFETY: By the safety requirements; the destination is I/O memory.
            unsafe { bindings::memcpy_toio(dst, src.cast(), len) };
        } else {
            // SAFETY: By the safety requirements; private memory does not overlap the mapping.
            unsafe { bindings::memcpy(dst, src.cast(), len) };
        }
    }

    /// Writes `unit` to `count` places one after the other.
    ///
    /// # Safety
    ///
    /// `ptr` must be system memory, aligned to the length of `unit` and valid for writes of `count`
    /// times as many bytes.
    unsafe fn set_wide(ptr: *mut c_void, unit: &[u8], count: usize) {
        if let Ok(unit) = unit.try_into() {
            // SAFETY: By the safety requirements.
            unsafe { bindings::mvgal_shim_memset16(ptr.cast(), u16::from_ne_bytes(unit), count) };
        } else if let Ok(unit) = unit.try_into() {
            // SAFETY: By the safety requirements.
            unsafe { bindings::mvgal_shim_memset32(ptr.cast(), u32::from_ne_bytes(unit), count) };
        } else if let Ok(unit) = unit.try_into() {
            // SAFETY: By the safety requirements.
            unsafe { bindings::mvgal_shim_memset64(ptr.cast(), u64::from_ne_bytes(unit), count) };
        }
    }
}
