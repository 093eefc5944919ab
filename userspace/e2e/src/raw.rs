// SPDX-License-Identifier: MIT OR Apache-2.0

//! System calls as they are, so that bad input can be expressed.
//!
//! Almost all `unsafe` of the crate is here. A test may hand the kernel any
//! number as a pointer; what keeps that sound is that such numbers either point
//! at memory the caller owns and keeps for the call, or at nothing of this
//! process ([`Bad`] gives such addresses).

use nix::errno::Errno;
use nix::libc;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;

/// Outcome of a system call.
pub type Result<T> = std::result::Result<T, Errno>;

/// An ioctl number as `_IOWR(type, nr, size)` has it.
pub const fn iowr(kind: u8, nr: u32, size: usize) -> u32 {
    (3 << 30) | ((size as u32) << 16) | ((kind as u32) << 8) | nr
}

/// An ioctl number as `_IOW(type, nr, size)` has it.
pub const fn iow(kind: u8, nr: u32, size: usize) -> u32 {
    (1 << 30) | ((size as u32) << 16) | ((kind as u32) << 8) | nr
}

/// Calls `ioctl(fd, nr, address)` with whatever address is given.
pub fn ioctl_at(fd: RawFd, nr: u32, address: u64) -> Result<i32> {
    // SAFETY: what the address may be is in the module's documentation.
    Errno::result(unsafe { libc::ioctl(fd, nr.into(), address) })
}

/// Calls `ioctl(fd, nr, arg)` once: EINTR is returned and not retried.
pub fn ioctl<T>(fd: BorrowedFd<'_>, nr: u32, arg: &mut T) -> Result<i32> {
    ioctl_at(fd.as_raw_fd(), nr, std::ptr::from_mut(arg) as u64)
}

/// Takes ownership of a descriptor that the kernel has just returned.
pub fn own(fd: RawFd) -> OwnedFd {
    assert!(fd >= 0, "the kernel returned descriptor {fd}");
    // SAFETY: the kernel has just made it, so nobody else owns it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// The address of a value, for a pointer field.
pub fn address<T: ?Sized>(value: &T) -> u64 {
    std::ptr::from_ref(value).cast::<u8>() as u64
}

/// The bytes of a plain structure.
pub fn bytes_of<T: Copy>(value: &T) -> Vec<u8> {
    // SAFETY: the structures given are bindings of UAPI headers, which have no
    // implicit padding.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()).to_vec() }
}

/// The structure at the start of some bytes.
pub fn from_bytes<T: Copy>(bytes: &[u8]) -> T {
    assert!(bytes.len() >= size_of::<T>());
    // SAFETY: long enough, and the structures are valid for any bytes.
    unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast()) }
}

/// Now, on CLOCK_MONOTONIC in ns.
pub fn now() -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is there to be written.
    Errno::result(unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) })
        .expect("CLOCK_MONOTONIC");
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The deadline that lies so many milliseconds ahead.
pub fn in_ms(ms: i64) -> i64 {
    now() + ms * 1_000_000
}

/// A mapping, unmapped when dropped.
pub struct Map {
    start: *mut u8,
    len: usize,
}

impl Map {
    /// Maps a file or device.
    pub fn new(fd: BorrowedFd<'_>, offset: u64, len: usize, prot: i32) -> Result<Self> {
        Self::mmap(fd.as_raw_fd(), offset, len, prot, libc::MAP_SHARED)
    }

    /// Maps zeroed memory of this process alone.
    pub fn anonymous(len: usize, prot: i32) -> Result<Self> {
        Self::mmap(-1, 0, len, prot, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS)
    }

    fn mmap(fd: RawFd, offset: u64, len: usize, prot: i32, flags: i32) -> Result<Self> {
        let hint = std::ptr::null_mut();
        // SAFETY: a fresh mapping, at a place of the kernel's choice.
        let start = unsafe { libc::mmap(hint, len, prot, flags, fd, offset as i64) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let start = start.cast();
        Ok(Self { start, len })
    }

    /// Address of the first byte.
    pub fn address(&self) -> u64 {
        self.start as u64
    }

    /// Copies all of it out.
    pub fn read(&self) -> Vec<u8> {
        self.read_at(0, self.len)
    }

    /// Copies a part of it out.
    pub fn read_at(&self, offset: usize, len: usize) -> Vec<u8> {
        assert!(offset + len <= self.len);
        let mut bytes = vec![0; len];
        // SAFETY: both are `len` bytes; the kernel may write meanwhile, which
        // makes the bytes stale but nothing worse, as they are plain bytes.
        unsafe { std::ptr::copy(self.start.add(offset), bytes.as_mut_ptr(), len) };
        bytes
    }

    /// Copies bytes in.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.len);
        // SAFETY: within the mapping, which nothing in Rust refers to.
        unsafe { std::ptr::copy(bytes.as_ptr(), self.start.add(offset), bytes.len()) };
    }

    /// Changes what the memory may be used for.
    pub fn protect(&self, prot: i32) {
        // SAFETY: the range is this mapping's own.
        Errno::result(unsafe { libc::mprotect(self.start.cast(), self.len, prot) })
            .expect("mprotect");
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the range is this mapping's own and is not used any more.
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}

/// Addresses that no user pointer should have.
pub struct Bad {
    unmapped: Map,
    read_only: Map,
}

impl Bad {
    /// Sets the pages up.
    pub fn new() -> Self {
        Self {
            unmapped: Map::anonymous(1 << 16, libc::PROT_NONE).expect("mmap"),
            read_only: Map::anonymous(1 << 16, libc::PROT_READ).expect("mmap"),
        }
    }

    /// Nothing can be read or written there: NULL, an unmapped page, its last
    /// bytes, the kernel, a non-canonical address, the end of the address space.
    pub fn unreadable(&self) -> [u64; 6] {
        [
            0,
            self.unmapped.address(),
            self.unmapped.address() + (1 << 16) - 4,
            0xffff_ffff_8100_0000,
            0x8000_0000_0000_0000,
            u64::MAX,
        ]
    }

    /// Memory that can be read and holds zeros, but cannot be written.
    pub fn read_only_with(&self, bytes: &[u8]) -> u64 {
        self.read_only.protect(libc::PROT_READ | libc::PROT_WRITE);
        self.read_only.write_at(0, &[0; 4096]);
        self.read_only.write_at(0, bytes);
        self.read_only.protect(libc::PROT_READ);
        self.read_only.address()
    }
}

/// Whether a descriptor becomes readable (or another event) in time.
pub fn poll(fd: BorrowedFd<'_>, events: i16, timeout_ms: i32) -> bool {
    let mut fds = libc::pollfd {
        fd: fd.as_raw_fd(),
        events,
        revents: 0,
    };
    // SAFETY: one element, there to be read and written.
    let ready = Errno::result(unsafe { libc::poll(&mut fds, 1, timeout_ms) }).expect("poll");
    ready == 1 && fds.revents & events != 0
}

/// Inode number behind a descriptor: what tells dma-bufs apart.
pub fn inode(fd: BorrowedFd<'_>) -> u64 {
    nix::sys::stat::fstat(fd).expect("fstat").st_ino
}

/// Number of open descriptors of this process.
pub fn open_fds() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("/proc").count()
}

/// Waits a while.
pub fn sleep_ms(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms));
}
