// SPDX-License-Identifier: MIT OR Apache-2.0

//! The members' own interfaces and the kernel's other makers of dma-bufs and
//! fences, as far as the tests use them.

use crate::drm::Node;
use crate::drm::nr;
use crate::drm::uapi;
use crate::raw;
use crate::raw::Result;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Where sw_sync is.
pub const SW_SYNC: &str = "/sys/kernel/debug/sync/sw_sync";
/// Where udmabuf is.
pub const UDMABUF: &str = "/dev/udmabuf";
/// Where the system heap is.
pub const HEAP: &str = "/dev/dma_heap/system";

uapi! {
    /// `struct drm_vgem_fence_attach`
    VgemAttach { handle: u32, flags: u32, out_fence: u32, pad: u32 }
    /// `struct drm_vgem_fence_signal`
    VgemSignal { fence: u32, flags: u32 }
    /// `struct drm_virtgpu_getparam`
    VirtgpuGetparam { param: u64, value: u64 }
    /// `struct drm_virtgpu_execbuffer_syncobj`
    VirtgpuSyncobj { handle: u32, flags: u32, point: u64 }
    /// `struct drm_virtgpu_execbuffer`
    VirtgpuExecbuffer {
        flags: u32, size: u32, command: u64, bo_handles: u64, num_bo_handles: u32,
        fence_fd: i32, ring_idx: u32, syncobj_stride: u32, num_in_syncobjs: u32,
        num_out_syncobjs: u32, in_syncobjs: u64, out_syncobjs: u64,
    }
    /// `struct sw_sync_create_fence_data`
    SwSyncCreate { value: u32, name: [u8; 32], fence: i32 }
    /// `struct udmabuf_create`
    UdmabufCreate { memfd: u32, flags: u32, offset: u64, size: u64 }
    /// `struct dma_heap_allocation_data`
    HeapAlloc { len: u64, fd: u32, fd_flags: u32, heap_flags: u64 }
}

/// An attribute of a stand-in for a vendor's GPU: see `docs/fake-vendors.md`.
fn fault_path(address: &str, name: &str) -> String {
    let buses = ["platform", "pci"].map(|bus| format!("/sys/bus/{bus}/devices/{address}"));
    let device = buses.iter().find(|path| Path::new(path).exists());
    let device = device.unwrap_or_else(|| panic!("no device {address}"));
    format!("{device}/fault/{name}")
}

/// Writes an attribute of a stand-in.
pub fn set_fault(address: &str, name: &str, value: &str) {
    let path = fault_path(address, name);
    std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// Reads a number of a stand-in.
pub fn read_fault(address: &str, name: &str) -> u64 {
    let path = fault_path(address, name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.trim().parse().expect("a number")
}

/// A fence of vgem's own on one of its buffers.
pub struct VgemFence<'a> {
    node: &'a Node,
    id: u32,
}

impl<'a> VgemFence<'a> {
    /// VGEM_FENCE_ATTACH: `write` says whether it is a writer's.
    pub fn attach(node: &'a Node, handle: u32, write: bool) -> Result<Self> {
        let mut arg = VgemAttach {
            handle,
            flags: write.into(),
            ..Default::default()
        };
        node.ioctl(nr::<VgemAttach>(0x41), &mut arg)?;
        let id = arg.out_fence;
        Ok(Self { node, id })
    }

    /// VGEM_FENCE_SIGNAL
    pub fn signal(self) -> Result<()> {
        let mut arg = VgemSignal {
            fence: self.id,
            flags: 0,
        };
        let nr = raw::iow(b'd', 0x42, size_of::<VgemSignal>());
        self.node.ioctl(nr, &mut arg)
    }
}

/// Whether a virtio-gpu node renders (VIRTGPU_PARAM_3D_FEATURES).
pub fn has_virgl(node: &Node) -> bool {
    let mut value = 0i32;
    let mut arg = VirtgpuGetparam {
        param: 1,
        value: std::ptr::from_mut(&mut value) as u64,
    };
    let done = node.ioctl(nr::<VirtgpuGetparam>(0x43), &mut arg);
    // SAFETY: the kernel has written it behind the compiler's back.
    done.is_ok() && unsafe { std::ptr::read_volatile(&value) } != 0
}

/// Has virgl run a command that does nothing, and attach its fence to a point
/// of a syncobj of that file.
pub fn virgl_nop(node: &Node, handle: u32, point: u64) -> Result<()> {
    let nop = [0u32; 1];
    let out = [VirtgpuSyncobj {
        handle,
        flags: 0,
        point,
    }];
    let mut arg = VirtgpuExecbuffer {
        size: 4,
        command: raw::address(&nop),
        fence_fd: -1,
        syncobj_stride: size_of::<VirtgpuSyncobj>() as u32,
        num_out_syncobjs: 1,
        out_syncobjs: raw::address(&out),
        ..Default::default()
    };
    node.ioctl(nr::<VirtgpuExecbuffer>(0x42), &mut arg)
}

/// A timeline of sw_sync: fences that the test signals itself.
pub struct SwSync {
    fd: OwnedFd,
    value: u32,
}

impl SwSync {
    /// Opens a timeline at value 0.
    pub fn new() -> Self {
        let flags = OFlag::O_RDWR | OFlag::O_CLOEXEC;
        let fd = nix::fcntl::open(SW_SYNC, flags, Mode::empty()).expect("open sw_sync");
        Self { fd, value: 0 }
    }

    /// A new fence that signals after all those made before, as a sync_file.
    pub fn fence(&mut self) -> OwnedFd {
        self.value += 1;
        let mut arg = SwSyncCreate {
            value: self.value,
            ..Default::default()
        };
        let nr = raw::iowr(b'W', 0, size_of::<SwSyncCreate>());
        raw::ioctl(self.fd.as_fd(), nr, &mut arg).expect("SW_SYNC_IOC_CREATE_FENCE");
        raw::own(arg.fence)
    }

    /// Signals the oldest fence that has not signalled.
    pub fn signal(&self) {
        let mut by = 1u32;
        raw::ioctl(self.fd.as_fd(), raw::iow(b'W', 1, 4), &mut by).expect("SW_SYNC_IOC_INC");
    }
}

uapi! {
    /// `struct dma_buf_import_sync_file`, and `_export_sync_file`
    DmaBufSyncFile { flags: u32, fd: i32 }
    /// `struct sync_fence_info`
    SyncFenceInfo {
        obj_name: [u8; 32], driver_name: [u8; 32], status: i32, flags: u32, timestamp_ns: u64,
    }
    /// `struct sync_file_info`
    SyncFileInfo { name: [u8; 32], status: i32, flags: u32, num_fences: u32, pad: u32, infos: u64 }
}

/// `DMA_BUF_SYNC_RW`
const SYNC_RW: u32 = 3;

/// Makes a fence that of a writer of a dma-buf.
pub fn import_sync_file(dma_buf: BorrowedFd<'_>, file: BorrowedFd<'_>) {
    let mut arg = DmaBufSyncFile {
        flags: SYNC_RW,
        fd: file.as_raw_fd(),
    };
    let nr = raw::iow(b'b', 3, size_of::<DmaBufSyncFile>());
    raw::ioctl(dma_buf, nr, &mut arg).expect("DMA_BUF_IOCTL_IMPORT_SYNC_FILE");
}

/// The fences that a writer of a dma-buf has to wait for.
pub fn export_sync_file(dma_buf: BorrowedFd<'_>) -> OwnedFd {
    let mut arg = DmaBufSyncFile {
        flags: SYNC_RW,
        fd: -1,
    };
    let nr = raw::iowr(b'b', 2, size_of::<DmaBufSyncFile>());
    raw::ioctl(dma_buf, nr, &mut arg).expect("DMA_BUF_IOCTL_EXPORT_SYNC_FILE");
    raw::own(arg.fd)
}

/// Name of the driver that the one fence of a sync_file is of.
pub fn sync_file_driver(file: BorrowedFd<'_>) -> String {
    let mut info = SyncFenceInfo::default();
    let mut arg = SyncFileInfo {
        num_fences: 1,
        infos: std::ptr::from_mut(&mut info) as u64,
        ..Default::default()
    };
    let nr = raw::iowr(b'>', 4, size_of::<SyncFileInfo>());
    raw::ioctl(file, nr, &mut arg).expect("SYNC_IOC_FILE_INFO");
    assert_eq!(arg.num_fences, 1, "fences of the sync_file");
    // SAFETY: the kernel has written it behind the compiler's back.
    let info = unsafe { std::ptr::read_volatile(&info) };
    crate::client::text(&info.driver_name)
}

/// A dma-buf of udmabuf.
pub fn udmabuf(size: u64) -> OwnedFd {
    use nix::sys::memfd::MFdFlags;
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let memfd = nix::sys::memfd::memfd_create("e2e", flags).expect("memfd");
    nix::unistd::ftruncate(&memfd, size as i64).expect("ftruncate");
    let shrink = nix::fcntl::FcntlArg::F_ADD_SEALS(nix::fcntl::SealFlag::F_SEAL_SHRINK);
    nix::fcntl::fcntl(&memfd, shrink).expect("F_ADD_SEALS");
    let device =
        nix::fcntl::open(UDMABUF, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()).expect(UDMABUF);
    let mut arg = UdmabufCreate {
        memfd: memfd.as_raw_fd() as u32,
        flags: 1,
        offset: 0,
        size,
    };
    let nr = raw::iow(b'u', 0x42, size_of::<UdmabufCreate>());
    raw::own(raw::ioctl(device.as_fd(), nr, &mut arg).expect("UDMABUF_CREATE"))
}

/// A dma-buf of the system heap.
pub fn heap(size: u64) -> OwnedFd {
    let device =
        nix::fcntl::open(HEAP, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).expect(HEAP);
    let mut arg = HeapAlloc {
        len: size,
        fd_flags: crate::drm::PRIME_FLAGS,
        ..Default::default()
    };
    let nr = raw::iowr(b'H', 0, size_of::<HeapAlloc>());
    raw::ioctl(device.as_fd(), nr, &mut arg).expect("DMA_HEAP_IOCTL_ALLOC");
    raw::own(arg.fd as i32)
}
