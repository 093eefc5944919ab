// SPDX-License-Identifier: MIT OR Apache-2.0

//! How a driver is asked.

use std::fmt;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::raw::c_void;

use nix::errno::Errno;
use nix::libc;

/// A question that the driver did not answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The question, as the driver's header calls it.
    pub query: &'static str,
    /// Why there is no answer.
    pub reason: NoAnswer,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.query, self.reason)
    }
}

/// Why a driver did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// It refused. `EINVAL` mostly means that it is older than the question.
    Refused(Errno),
    /// The answer is shorter than what it says it holds.
    Short,
    /// The answer is that of another version of the driver, whose layout is not known.
    OtherLayout,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoAnswer::Refused(errno) => write!(f, "{} ({errno:?})", errno.desc()),
            NoAnswer::Short => f.write_str("the answer is too short"),
            NoAnswer::OtherLayout => {
                f.write_str("the answer has the layout of another version of the driver")
            }
        }
    }
}

impl From<Errno> for NoAnswer {
    fn from(errno: Errno) -> Self {
        NoAnswer::Refused(errno)
    }
}

/// Something that takes ioctls: an open file, or a driver made up for a test.
pub(crate) trait Ioctl {
    /// Makes one call.
    ///
    /// # Safety
    ///
    /// `arg` must point to the structure that belongs to `request`, and the
    /// pointers in that to as much memory as it says, all of it writable.
    unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno>;
}

impl Ioctl for BorrowedFd<'_> {
    unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
        // SAFETY: The file is open, as it is borrowed; the rest is the caller's promise.
        Errno::result(unsafe { libc::ioctl(self.as_raw_fd(), request.into(), arg) }).map(drop)
    }
}

/// A driver, and what it did not answer so far.
pub(crate) struct Driver<'a> {
    file: &'a dyn Ioctl,
    unanswered: Vec<Unanswered>,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(file: &'a dyn Ioctl) -> Self {
        Driver {
            file,
            unanswered: Vec::new(),
        }
    }

    /// Makes a call, again if a signal interrupted it.
    ///
    /// # Safety
    ///
    /// As that of [`Ioctl::ioctl`].
    pub(crate) unsafe fn call<T>(&self, request: u32, arg: &mut T) -> Result<(), Errno> {
        debug_assert_eq!(argument_size(request), size_of::<T>());
        loop {
            // SAFETY: The caller's promise.
            match unsafe { self.file.ioctl(request, (&raw mut *arg).cast()) } {
                Err(Errno::EINTR) => {}
                result => return result,
            }
        }
    }

    /// The answer, or a note that there is none.
    pub(super) fn note<T, E: Into<NoAnswer>>(
        &mut self,
        query: &'static str,
        answer: Result<T, E>,
    ) -> Option<T> {
        answer
            .map_err(|reason| {
                self.unanswered.push(Unanswered {
                    query,
                    reason: reason.into(),
                });
            })
            .ok()
    }

    /// What was not answered, in the order of the questions.
    pub(super) fn into_unanswered(self) -> Vec<Unanswered> {
        self.unanswered
    }
}

/// `_IOC_SIZE()`: how long the argument is that belongs to a request.
pub(super) const fn argument_size(request: u32) -> usize {
    (request >> 16 & 0x3fff) as usize
}

/// A structure made of integers alone.
///
/// # Safety
///
/// Every pattern of bits must be a value of the type.
pub(super) unsafe trait Plain: Sized {
    /// The value of which all bytes are 0.
    fn zeroed() -> Self {
        // SAFETY: Any bytes are a value of the type, so zeroes are.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }

    /// What stands at `offset`, however it is aligned; `None` past the end.
    fn read_at(bytes: &[u8], offset: usize) -> Option<Self> {
        let bytes = bytes.get(offset..offset.checked_add(size_of::<Self>())?)?;
        // SAFETY: There are as many bytes as the type has, and any are a value of it.
        Some(unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() })
    }
}

// SAFETY: Integers have no bits that are not a value.
unsafe impl Plain for u32 {}
// SAFETY: As above.
unsafe impl Plain for u64 {}

/// The elements behind a header; `None` if there are fewer than it says.
pub(super) fn elements<T: Plain>(bytes: &[u8], header: usize, count: u32) -> Option<Vec<T>> {
    let count = count as usize;
    // Before anything is allocated for them.
    if count > bytes.len() / size_of::<T>() {
        return None;
    }
    (0..count)
        .map(|index| T::read_at(bytes, header + index * size_of::<T>()))
        .collect()
}

/// How many bits are set in a mask of bytes.
pub(super) fn count_ones(mask: &[u8]) -> u32 {
    mask.iter().map(|byte| byte.count_ones()).sum()
}

/// `None` where a driver says 0 for what it does not know.
pub(super) fn known<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

/// The text in a NUL-terminated array.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    known(String::from_utf8_lossy(&bytes[..end]).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_read_past_the_end(bytes: Vec<u8>, offset: usize) {
            let read = u64::read_at(&bytes, offset);
            let fits = offset.checked_add(8).is_some_and(|end| end <= bytes.len());
            prop_assert_eq!(read.is_some(), fits);
            if let Some(value) = read {
                prop_assert_eq!(&value.to_ne_bytes(), &bytes[offset..offset + 8]);
            }
        }
    }

    #[test]
    fn an_interrupted_call_is_made_again() {
        use std::cell::Cell;

        struct Interrupted(Cell<u32>);
        impl Ioctl for Interrupted {
            unsafe fn ioctl(&self, _: u32, _: *mut c_void) -> Result<(), Errno> {
                self.0.set(self.0.get() + 1);
                if self.0.get() < 3 {
                    Err(Errno::EINTR)
                } else {
                    Err(Errno::EINVAL)
                }
            }
        }
        let file = Interrupted(Cell::new(0));
        let mut driver = Driver::new(&file);
        // SAFETY: What stands for the driver reads and writes nothing.
        let answer = unsafe { driver.call(4 << 16, &mut 0_u32) };
        assert_eq!(driver.note("A_QUERY", answer), None);
        assert_eq!(file.0.get(), 3);
        let unanswered = driver.into_unanswered();
        assert_eq!(
            unanswered[0].to_string(),
            "A_QUERY: Invalid argument (EINVAL)"
        );
    }

    #[test]
    fn text_ends_at_the_first_nul() {
        assert_eq!(
            text(b"virgl (LLVMPIPE)\0rest\0").unwrap(),
            "virgl (LLVMPIPE)"
        );
        assert_eq!(text(b"\0\0"), None);
        assert_eq!(text(b"not terminated"), None);
    }
}
