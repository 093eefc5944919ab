// SPDX-License-Identifier: MIT OR Apache-2.0

//! A buffer in the address space of the process.

use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use crate::error::{Call, Error, Result};

/// A mapping of a whole buffer, shared with the kernel and the GPUs.
///
/// What they write shows up at any time, so there are no slices of it: bytes
/// are copied in and out. Order accesses by waiting for points; bytes that a
/// running job writes are unspecified, but nothing worse.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    len: NonZeroUsize,
}

// SAFETY: The mapping belongs to the process, not to a thread.
unsafe impl Send for Mapping {}
// SAFETY: Through a shared reference the memory is only copied in and out with
// raw pointers; other writers are there anyway, in the kernel.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub(crate) fn new(fd: BorrowedFd<'_>, offset: u64, size: u64, handle: u32) -> Result<Self> {
        let failed = |errno| {
            Error::call(
                Call::Mmap,
                format!("{size} bytes of buffer {handle}"),
                errno,
            )
        };
        let len = usize::try_from(size)
            .ok()
            .and_then(NonZeroUsize::new)
            .ok_or_else(|| failed(Errno::EINVAL))?;
        let offset = i64::try_from(offset).map_err(|_| failed(Errno::EOVERFLOW))?;
        // SAFETY: A new mapping at an address of the kernel's choice changes no
        // memory that is in use.
        let start = unsafe {
            mmap(
                None,
                len,
                ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                MapFlags::MAP_SHARED,
                fd,
                offset,
            )
        }
        .map_err(failed)?;
        Ok(Mapping {
            start: start.cast(),
            len,
        })
    }

    /// Size in bytes; never 0.
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Always false: empty buffers cannot be mapped.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Start of the mapping, valid for [`len`](Self::len) bytes while it lives.
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    fn at(&self, offset: usize, len: usize) -> Result<*mut u8> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len() => Ok(self.start.as_ptr().wrapping_add(offset)),
            _ => Err(Error::Range {
                what: "offset into the mapping",
                value: offset as u64,
                allowed: format!("at most {} bytes below its size, {}", len, self.len()),
            }),
        }
    }

    /// Copies `bytes.len()` bytes out of the buffer, from byte `offset` on.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if that is not all inside.
    pub fn read_at(&self, offset: usize, bytes: &mut [u8]) -> Result<()> {
        let from = self.at(offset, bytes.len())?;
        // SAFETY: `at` has checked the range, the mapping lives as long as
        // `self`, and `bytes` is memory of the caller's own.
        unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// Copies `bytes` into the buffer, from byte `offset` on.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if that is not all inside.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        let to = self.at(offset, bytes.len())?;
        // SAFETY: `at` has checked the range, the mapping lives as long as
        // `self`, and `bytes` is memory of the caller's own.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Ok(())
    }

    /// A copy of the whole buffer.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len()];
        // SAFETY: Both are `len` bytes long, and the vector is new.
        unsafe {
            std::ptr::copy_nonoverlapping(self.start.as_ptr(), bytes.as_mut_ptr(), bytes.len());
        }
        bytes
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: It was mapped by `new` with this length, and nothing borrows
        // from it. An error is impossible with arguments that mmap() gave.
        let _ = unsafe { munmap(self.start.cast(), self.len()) };
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use nix::sys::memfd::{MFdFlags, memfd_create};
    use nix::unistd::ftruncate;
    use proptest::prelude::*;

    use super::*;

    fn mapping(size: u64) -> Mapping {
        let file = memfd_create("mapping", MFdFlags::MFD_CLOEXEC).unwrap();
        ftruncate(&file, size as i64).unwrap();
        Mapping::new(file.as_fd(), 0, size, 1).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        let mapping = mapping(8192);
        mapping.write_at(4090, b"across pages").unwrap();
        let mut bytes = [0; 12];
        mapping.read_at(4090, &mut bytes).unwrap();
        assert_eq!(&bytes, b"across pages");
        assert_eq!(mapping.to_vec()[4090..4102], bytes);
    }

    #[test]
    fn nothing_cannot_be_mapped() {
        let file = memfd_create("empty", MFdFlags::MFD_CLOEXEC).unwrap();
        let error = Mapping::new(file.as_fd(), 0, 0, 1).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EINVAL));
    }

    proptest! {
        #[test]
        fn only_what_is_inside_is_touched(offset in 0_usize..9000, len in 0_usize..9000) {
            let mapping = mapping(4096);
            let inside = offset + len <= 4096;
            prop_assert_eq!(mapping.read_at(offset, &mut vec![0; len]).is_ok(), inside);
            prop_assert_eq!(mapping.write_at(offset, &vec![1; len]).is_ok(), inside);
            prop_assert!(mapping.read_at(usize::MAX - offset, &mut vec![0; len + offset + 1]).is_err());
        }
    }
}
