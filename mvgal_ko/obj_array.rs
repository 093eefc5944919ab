// SPDX-License-Identifier: GPL-2.0

//! Arrays of structures in user memory, as `struct drm_mvgal_obj_array` gives them.
//!
//! The caller may have been compiled with larger elements than ours: what we do not know of them
//! must be zero when we read, and becomes zero when we write.

use core::mem::offset_of;
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice,
        UserSliceReader, //
    }, //
};
use kernel_ext::uapi;
use zerocopy::Immutable;

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/obj_array.rs"]
mod test;

/// Longest element that is accepted. It bounds the zeroes that have to be read.
const MAX_STRIDE: usize = 4096;

/// A structure that userspace passes by itself or in arrays, and that grows at its end.
pub(crate) trait Element: FromBytes + IntoBytes + Immutable + Sized {
    /// Its size when it was first published: none may be shorter.
    const FIRST_SIZE: usize = size_of::<Self>();
}

impl Element for uapi::drm_mvgal_copy {}
impl Element for uapi::drm_mvgal_device {
    const FIRST_SIZE: usize = offset_of!(uapi::drm_mvgal_device, vendor);
}
impl Element for uapi::drm_mvgal_fence_signal {}
impl Element for uapi::drm_mvgal_fence_wait {}
impl Element for uapi::drm_mvgal_fill {}
impl Element for uapi::drm_mvgal_job {
    const FIRST_SIZE: usize = offset_of!(uapi::drm_mvgal_job, timeout_ns);
}
impl Element for uapi::drm_mvgal_member_op {
    const FIRST_SIZE: usize = offset_of!(uapi::drm_mvgal_member_op, weight);
}
impl Element for uapi::drm_mvgal_native {
    const FIRST_SIZE: usize = offset_of!(uapi::drm_mvgal_native, attachment);
}
impl Element for uapi::drm_mvgal_p2p {
    const FIRST_SIZE: usize = offset_of!(uapi::drm_mvgal_p2p, reach);
}
impl Element for uapi::drm_mvgal_replicate {}
impl Element for uapi::drm_mvgal_sync {}

/// Where the elements of an array are.
///
/// # Invariants
///
/// `stride` is at least the first size of our element, and the array ends within the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Address of the first element.
    start: usize,
    /// Bytes from one element to the next.
    stride: usize,
    /// Number of elements.
    count: usize,
}

impl Layout {
    /// Checks the description of an array of at most `max` elements of at least `size` bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the elements are too short, `E2BIG` if they are too long or too many, `EFAULT`
    /// if the array does not fit the address space.
    pub(crate) fn new(array: &uapi::drm_mvgal_obj_array, size: usize, max: u32) -> Result<Self> {
        if array.count == 0 {
            // INVARIANT: There is no element.
            return Ok(Self {
                start: 0,
                stride: size,
                count: 0,
            });
        }
        if array.count > max {
            return Err(E2BIG);
        }

        let stride = usize::try_from(array.stride)?;
        if stride < size {
            return Err(EINVAL);
        }
        if stride > MAX_STRIDE {
            return Err(E2BIG);
        }

        let start = usize::try_from(array.array).map_err(|_| EFAULT)?;
        let count = usize::try_from(array.count)?;
        stride
            .checked_mul(count)
            .and_then(|len| start.checked_add(len))
            .ok_or(EFAULT)?;

        // INVARIANT: Checked above.
        Ok(Self {
            start,
            stride,
            count,
        })
    }

    /// As [`Layout::new`], for elements that are read as `T`.
    ///
    /// # Errors
    ///
    /// As [`Layout::new`].
    pub(crate) fn of<T: Element>(array: &uapi::drm_mvgal_obj_array, max: u32) -> Result<Self> {
        Self::new(array, T::FIRST_SIZE, max)
    }

    /// Reads the element with the given index, which must exist.
    ///
    /// # Errors
    ///
    /// `E2BIG` if it has what we do not know and that is not zero, `EFAULT` if it cannot be read.
    pub(crate) fn read<T: Element>(&self, index: usize) -> Result<T> {
        read_element(self.element(index).reader())
    }

    /// Returns the number of elements.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns the user memory of the element with the given index, which must exist.
    fn element(&self, index: usize) -> UserSlice {
        let addr = self.start.wrapping_add(index.wrapping_mul(self.stride));

        UserSlice::new(UserPtr::from_addr(addr), self.stride)
    }
}

/// Reads the elements of an array of at most `max`.
///
/// # Errors
///
/// Those of [`Layout::new`]; `E2BIG` if an element has what we do not know and that is not zero,
/// `EFAULT` if one cannot be read, `ENOMEM`.
pub(crate) fn read<T: Element>(array: &uapi::drm_mvgal_obj_array, max: u32) -> Result<KVVec<T>> {
    let layout = Layout::of::<T>(array, max)?;
    let mut elements = KVVec::with_capacity(layout.count(), GFP_KERNEL_ACCOUNT)?;

    for index in 0..layout.count() {
        elements.push(layout.read(index)?, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(elements)
}

/// Reads one structure of `size` bytes, by the rules of an array of one element.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn read_one<T: Element>(addr: u64, size: u32) -> Result<T> {
    let array = uapi::drm_mvgal_obj_array {
        stride: size,
        count: 1,
        array: addr,
    };

    Layout::of::<T>(&array, 1)?.read(0)
}

/// Reads `size` bytes into `bytes`, which are all zero, by the rules of an element that is as long
/// as these, except that it may be as short as one likes.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn read_bytes(addr: u64, size: u32, bytes: &mut [u8]) -> Result {
    let array = uapi::drm_mvgal_obj_array {
        stride: size,
        count: 1,
        array: addr,
    };

    read_known(Layout::new(&array, 1, 1)?.element(0).reader(), bytes)
}

fn read_element<T: Element>(reader: UserSliceReader) -> Result<T> {
    let mut element = T::new_zeroed();
    read_known(reader, element.as_mut_bytes())?;
    Ok(element)
}

/// Reads what we know of an element; the rest must be zero.
fn read_known(mut reader: UserSliceReader, bytes: &mut [u8]) -> Result {
    let known = reader.len().min(bytes.len());
    reader.read_slice(bytes.get_mut(..known).ok_or(EINVAL)?)?;

    let mut tail = [0u8; 64];
    while !reader.is_empty() {
        let len = reader.len().min(tail.len());
        let chunk = tail.get_mut(..len).ok_or(EINVAL)?;
        reader.read_slice(chunk)?;
        if chunk.iter().any(|byte| *byte != 0) {
            return Err(E2BIG);
        }
    }
    Ok(())
}

/// Writes elements to the first places of an array, as many as it has room for.
///
/// # Errors
///
/// Those of [`Layout::new`]; `EFAULT` if an element cannot be written, in which case earlier ones
/// have been.
pub(crate) fn write<T: Element>(array: &uapi::drm_mvgal_obj_array, elements: &[T]) -> Result {
    let layout = Layout::new(array, T::FIRST_SIZE, u32::MAX)?;
    let zeroes = [0u8; 64];

    for (index, element) in elements.iter().take(layout.count()).enumerate() {
        let mut writer = layout.element(index).writer();

        let known = writer.len().min(size_of::<T>());
        writer.write_slice(element.as_bytes().get(..known).ok_or(EINVAL)?)?;
        while !writer.is_empty() {
            let len = writer.len().min(zeroes.len());
            writer.write_slice(zeroes.get(..len).ok_or(EINVAL)?)?;
        }
    }
    Ok(())
}
