// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the tests need of `drm.h`: the core ioctls, on mvgal and on members.

use crate::raw;
use crate::raw::Result;
use nix::libc;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

/// `DRM_CLOEXEC | DRM_RDWR` of `DRM_IOCTL_PRIME_HANDLE_TO_FD`.
pub const PRIME_FLAGS: u32 = (libc::O_CLOEXEC | libc::O_RDWR) as u32;
/// `DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL`
pub const WAIT_ALL: u32 = 1;
/// `DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT`
pub const WAIT_FOR_SUBMIT: u32 = 2;
/// `DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE`
pub const WAIT_AVAILABLE: u32 = 4;

/// Defines a structure of the UAPI, all fields of which are zero by default.
macro_rules! uapi {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Default, Debug)]
        pub struct $name {
            $(#[allow(missing_docs, reason = "as in the C header")] pub $field: $type,)*
        }
    )*};
}
pub(crate) use uapi;

uapi! {
    /// `struct drm_version`
    Version {
        major: i32, minor: i32, patchlevel: i32, hole: i32,
        name_len: u64, name: u64, date_len: u64, date: u64, desc_len: u64, desc: u64,
    }
    /// `struct drm_gem_close`
    GemClose { handle: u32, pad: u32 }
    /// `struct drm_get_cap`
    GetCap { capability: u64, value: u64 }
    /// `struct drm_prime_handle`
    Prime { handle: u32, flags: u32, fd: i32 }
    /// `struct drm_syncobj_create` and `struct drm_syncobj_destroy`
    SyncobjCreate { handle: u32, flags: u32 }
    /// `struct drm_syncobj_handle`
    SyncobjHandle { handle: u32, flags: u32, fd: i32, pad: u32, point: u64 }
    /// `struct drm_syncobj_transfer`
    SyncobjTransfer {
        src_handle: u32, dst_handle: u32, src_point: u64, dst_point: u64, flags: u32, pad: u32,
    }
    /// `struct drm_syncobj_timeline_wait`
    SyncobjWait {
        handles: u64, points: u64, timeout_nsec: i64, count_handles: u32, flags: u32,
        first_signaled: u32, pad: u32, deadline_nsec: u64,
    }
    /// `struct drm_syncobj_array`
    SyncobjArray { handles: u64, count_handles: u32, pad: u32 }
    /// `struct drm_syncobj_timeline_array`
    SyncobjTimelineArray { handles: u64, points: u64, count_handles: u32, flags: u32 }
    /// `struct drm_syncobj_eventfd`
    SyncobjEventfd { handle: u32, flags: u32, point: u64, fd: i32, pad: u32 }
    /// `struct drm_mode_create_dumb`
    CreateDumb {
        height: u32, width: u32, bpp: u32, flags: u32, handle: u32, pitch: u32, size: u64,
    }
    /// `struct drm_mode_map_dumb`
    MapDumb { handle: u32, pad: u32, offset: u64 }
}

/// An ioctl number of DRM.
pub const fn nr<T>(nr: u32) -> u32 {
    raw::iowr(b'd', nr, size_of::<T>())
}

/// A DRM file, of mvgal or of a member. All of its methods are core ioctls.
pub struct Node {
    fd: OwnedFd,
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Node {
    /// Opens a node.
    pub fn open(path: &str) -> Result<Self> {
        use nix::fcntl::OFlag;
        let flags = OFlag::O_RDWR | OFlag::O_CLOEXEC;
        let fd = nix::fcntl::open(path, flags, nix::sys::stat::Mode::empty())?;
        Ok(Self { fd })
    }

    /// Calls an ioctl once.
    pub fn ioctl<T>(&self, nr: u32, arg: &mut T) -> Result<()> {
        raw::ioctl(self.as_fd(), nr, arg).map(drop)
    }

    /// Number of the descriptor.
    pub fn number(&self) -> i32 {
        self.fd.as_raw_fd()
    }

    /// Name of the driver, by DRM_VERSION.
    pub fn driver(&self) -> Result<String> {
        let mut name = [0u8; 64];
        let mut arg = Version {
            name: name.as_mut_ptr() as u64,
            name_len: name.len() as u64,
            ..Default::default()
        };
        self.ioctl(nr::<Version>(0x00), &mut arg)?;
        Ok(String::from_utf8_lossy(&name[..arg.name_len as usize]).into_owned())
    }

    /// DRM_GET_CAP
    pub fn cap(&self, capability: u64) -> Result<u64> {
        let mut arg = GetCap {
            capability,
            value: 0,
        };
        self.ioctl(nr::<GetCap>(0x0c), &mut arg)?;
        Ok(arg.value)
    }

    /// GEM_CLOSE
    pub fn gem_close(&self, handle: u32) -> Result<()> {
        let mut arg = GemClose { handle, pad: 0 };
        self.ioctl(raw::iow(b'd', 0x09, size_of::<GemClose>()), &mut arg)
    }

    /// PRIME_HANDLE_TO_FD
    pub fn prime_export(&self, handle: u32) -> Result<OwnedFd> {
        let mut arg = Prime {
            handle,
            flags: PRIME_FLAGS,
            fd: -1,
        };
        self.ioctl(nr::<Prime>(0x2d), &mut arg)?;
        Ok(raw::own(arg.fd))
    }

    /// PRIME_FD_TO_HANDLE
    pub fn prime_import(&self, fd: BorrowedFd<'_>) -> Result<u32> {
        let mut arg = Prime {
            fd: fd.as_raw_fd(),
            ..Default::default()
        };
        self.ioctl(nr::<Prime>(0x2e), &mut arg)?;
        Ok(arg.handle)
    }

    /// MODE_CREATE_DUMB
    pub fn create_dumb(&self, width: u32, height: u32) -> Result<CreateDumb> {
        let mut arg = CreateDumb {
            width,
            height,
            bpp: 32,
            ..Default::default()
        };
        self.ioctl(nr::<CreateDumb>(0xb2), &mut arg)?;
        Ok(arg)
    }

    /// MODE_MAP_DUMB, mapped.
    pub fn map_dumb(&self, dumb: &CreateDumb) -> Result<raw::Map> {
        let mut arg = MapDumb {
            handle: dumb.handle,
            ..Default::default()
        };
        self.ioctl(nr::<MapDumb>(0xb3), &mut arg)?;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        raw::Map::new(self.as_fd(), arg.offset, dumb.size as usize, prot)
    }

    /// SYNCOBJ_CREATE, with no fence.
    pub fn syncobj(&self) -> u32 {
        self.syncobj_with(0).expect("SYNCOBJ_CREATE")
    }

    /// SYNCOBJ_CREATE
    pub fn syncobj_with(&self, flags: u32) -> Result<u32> {
        let mut arg = SyncobjCreate { handle: 0, flags };
        self.ioctl(nr::<SyncobjCreate>(0xbf), &mut arg)?;
        Ok(arg.handle)
    }

    /// SYNCOBJ_DESTROY
    pub fn syncobj_destroy(&self, handle: u32) -> Result<()> {
        let mut arg = SyncobjCreate { handle, flags: 0 };
        self.ioctl(nr::<SyncobjCreate>(0xc0), &mut arg)
    }

    fn syncobj_fd(&self, number: u32, mut arg: SyncobjHandle) -> Result<SyncobjHandle> {
        self.ioctl(nr::<SyncobjHandle>(number), &mut arg)?;
        Ok(arg)
    }

    /// SYNCOBJ_HANDLE_TO_FD: the syncobj itself.
    pub fn syncobj_export(&self, handle: u32) -> Result<OwnedFd> {
        let arg = SyncobjHandle {
            handle,
            fd: -1,
            ..Default::default()
        };
        Ok(raw::own(self.syncobj_fd(0xc1, arg)?.fd))
    }

    /// SYNCOBJ_FD_TO_HANDLE: the syncobj itself.
    pub fn syncobj_import(&self, fd: BorrowedFd<'_>) -> Result<u32> {
        let arg = SyncobjHandle {
            fd: fd.as_raw_fd(),
            ..Default::default()
        };
        Ok(self.syncobj_fd(0xc2, arg)?.handle)
    }

    /// SYNCOBJ_HANDLE_TO_FD: the fence of a point as a sync_file.
    pub fn sync_file(&self, handle: u32, point: u64) -> Result<OwnedFd> {
        let arg = SyncobjHandle {
            handle,
            flags: 1 | if point != 0 { 2 } else { 0 },
            fd: -1,
            point,
            ..Default::default()
        };
        Ok(raw::own(self.syncobj_fd(0xc1, arg)?.fd))
    }

    /// SYNCOBJ_FD_TO_HANDLE: the fence of a sync_file becomes that of a point.
    pub fn import_sync_file(&self, handle: u32, point: u64, fd: BorrowedFd<'_>) -> Result<()> {
        let arg = SyncobjHandle {
            handle,
            flags: 1 | if point != 0 { 2 } else { 0 },
            fd: fd.as_raw_fd(),
            point,
            ..Default::default()
        };
        self.syncobj_fd(0xc2, arg).map(drop)
    }

    /// A point of a new syncobj with the fence of a sync_file.
    #[track_caller]
    pub fn point_of(&self, sync_file: BorrowedFd<'_>) -> (u32, u64) {
        let syncobj = self.syncobj();
        self.import_sync_file(syncobj, 0, sync_file)
            .expect("SYNCOBJ_FD_TO_HANDLE of a sync_file");
        (syncobj, 0)
    }

    /// SYNCOBJ_TRANSFER
    pub fn transfer(&self, from: (u32, u64), to: (u32, u64), flags: u32) -> Result<()> {
        let mut arg = SyncobjTransfer {
            src_handle: from.0,
            src_point: from.1,
            dst_handle: to.0,
            dst_point: to.1,
            flags,
            ..Default::default()
        };
        self.ioctl(nr::<SyncobjTransfer>(0xcc), &mut arg)
    }

    /// SYNCOBJ_TIMELINE_WAIT for one point; point 0 is a binary syncobj's.
    pub fn core_wait(&self, point: (u32, u64), flags: u32, deadline: i64) -> Result<()> {
        let mut arg = SyncobjWait {
            handles: raw::address(&point.0),
            points: raw::address(&point.1),
            timeout_nsec: deadline,
            count_handles: 1,
            flags,
            ..Default::default()
        };
        self.ioctl(nr::<SyncobjWait>(0xca), &mut arg)
    }

    /// SYNCOBJ_SIGNAL
    pub fn core_signal_binary(&self, handle: u32) -> Result<()> {
        let mut arg = SyncobjArray {
            handles: raw::address(&handle),
            count_handles: 1,
            pad: 0,
        };
        self.ioctl(nr::<SyncobjArray>(0xc5), &mut arg)
    }

    /// SYNCOBJ_RESET
    pub fn core_reset(&self, handle: u32) -> Result<()> {
        let mut arg = SyncobjArray {
            handles: raw::address(&handle),
            count_handles: 1,
            pad: 0,
        };
        self.ioctl(nr::<SyncobjArray>(0xc4), &mut arg)
    }

    /// SYNCOBJ_TIMELINE_SIGNAL
    pub fn core_signal(&self, handle: u32, point: u64) -> Result<()> {
        let mut arg = SyncobjTimelineArray {
            handles: raw::address(&handle),
            points: raw::address(&point),
            count_handles: 1,
            flags: 0,
        };
        self.ioctl(nr::<SyncobjTimelineArray>(0xcd), &mut arg)
    }

    /// SYNCOBJ_QUERY: the last point that has signalled (flags 0), or the last
    /// that has a fence (flags 1).
    pub fn core_query(&self, handle: u32, flags: u32) -> Result<u64> {
        let mut point = 0u64;
        let mut arg = SyncobjTimelineArray {
            handles: raw::address(&handle),
            points: std::ptr::from_mut(&mut point) as u64,
            count_handles: 1,
            flags,
        };
        self.ioctl(nr::<SyncobjTimelineArray>(0xcb), &mut arg)?;
        // SAFETY: the kernel has written it behind the compiler's back.
        Ok(unsafe { std::ptr::read_volatile(&point) })
    }

    /// SYNCOBJ_EVENTFD
    pub fn core_eventfd(&self, point: (u32, u64), flags: u32, fd: BorrowedFd<'_>) -> Result<()> {
        let mut arg = SyncobjEventfd {
            handle: point.0,
            flags,
            point: point.1,
            fd: fd.as_raw_fd(),
            pad: 0,
        };
        self.ioctl(nr::<SyncobjEventfd>(0xcf), &mut arg)
    }
}
