// SPDX-License-Identifier: MIT OR Apache-2.0

//! How each driver's own client allocates, with the flags that mvgal's operations for
//! that driver choose (`vendors/*.rs`) for shared memory without `GPU_VALID`.
//!
//! Structures and numbers are those of `include/uapi/drm/*_drm.h`, and of
//! `rust/vendor_uapi/nvidia_drm.h`.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use drm_sys::{drm_gem_close, drm_mode_create_dumb, drm_prime_handle};
use mvgal::ioctls::{DRM_COMMAND_BASE, DRM_IOCTL_BASE};
use mvgal::{Member, MemberNode};
use nix::errno::Errno;
use nix::{ioctl_readwrite, ioctl_write_ptr, libc};

use crate::Result;
use crate::drm::{self, VirtgpuResourceCreate};

ioctl_write_ptr!(gem_close, DRM_IOCTL_BASE, 0x09, drm_gem_close);
ioctl_readwrite!(prime_handle_to_fd, DRM_IOCTL_BASE, 0x2d, drm_prime_handle);
ioctl_readwrite!(prime_fd_to_handle, DRM_IOCTL_BASE, 0x2e, drm_prime_handle);
ioctl_readwrite!(create_dumb, DRM_IOCTL_BASE, 0xb2, drm_mode_create_dumb);
ioctl_readwrite!(
    amdgpu_gem_create,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE,
    AmdgpuGemCreate
);
ioctl_readwrite!(
    i915_gem_create,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE + 0x1b,
    I915GemCreate
);
ioctl_readwrite!(
    xe_gem_create,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE + 0x01,
    XeGemCreate
);
ioctl_readwrite!(
    nouveau_gem_new,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE + 0x40,
    NouveauGemNew
);
ioctl_readwrite!(
    nvidia_gem_alloc_nvkms_memory,
    DRM_IOCTL_BASE,
    DRM_COMMAND_BASE + 0x0b,
    NvidiaGemAllocNvkmsMemory
);

/// `struct drm_amdgpu_gem_create_in`. The driver overwrites its first four bytes with
/// the handle.
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct AmdgpuGemCreate {
    bo_size: u64,
    alignment: u64,
    domains: u64,
    domain_flags: u64,
}

/// `AMDGPU_GEM_DOMAIN_GTT`
const AMDGPU_GTT: u64 = 0x2;

/// `struct drm_i915_gem_create`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct I915GemCreate {
    size: u64,
    handle: u32,
    pad: u32,
}

/// `struct drm_xe_gem_create`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct XeGemCreate {
    extensions: u64,
    size: u64,
    placement: u32,
    flags: u32,
    vm_id: u32,
    handle: u32,
    cpu_caching: u16,
    pad: [u16; 3],
    reserved: [u64; 2],
}

/// The region of system memory, and `DRM_XE_GEM_CPU_CACHING_WB`.
const XE_SYSTEM: u32 = 1 << 0;
const XE_WRITE_BACK: u16 = 1;

/// `struct drm_nouveau_gem_new`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct NouveauGemNew {
    handle: u32,
    domain: u32,
    size: u64,
    offset: u64,
    map_handle: u64,
    tile_mode: u32,
    tile_flags: u32,
    channel_hint: u32,
    align: u32,
}

/// `NOUVEAU_GEM_DOMAIN_GART` and `NOUVEAU_GEM_TILE_NONCONTIG`
const NOUVEAU_GART: u32 = 1 << 2;
const NOUVEAU_NONCONTIG: u32 = 0x8;

/// `struct drm_nvidia_gem_alloc_nvkms_memory_params`
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub struct NvidiaGemAllocNvkmsMemory {
    handle: u32,
    block_linear: u8,
    compressible: u8,
    pad: u16,
    memory_size: u64,
    flags: u32,
    pad2: u32,
}

/// `NV_GEM_ALLOC_NO_SCANOUT`
const NVIDIA_NO_SCANOUT: u32 = 1 << 0;

const _: () = assert!(size_of::<AmdgpuGemCreate>() == 32);
const _: () = assert!(size_of::<I915GemCreate>() == 16);
const _: () = assert!(size_of::<XeGemCreate>() == 56);
const _: () = assert!(size_of::<NouveauGemNew>() == 48);
const _: () = assert!(size_of::<NvidiaGemAllocNvkmsMemory>() == 24);

/// `MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM`
const MTGPU_USE_SYSTEM: u32 = 1 << 4;

/// Width in pixels, of 4 bytes, of the image that plain bytes are a dumb buffer as.
const DUMB_WIDTH: u64 = 1024;

/// By which ioctl.
#[derive(Debug, Clone, Copy)]
enum Alloc {
    Amdgpu,
    I915,
    Xe,
    Nouveau,
    Nvidia,
    Virgl,
    Virtio2d,
    Dumb { flags: u32 },
}

/// A driver's own file, and how memory is allocated there.
pub struct Vendor {
    node: MemberNode,
    alloc: Alloc,
}

impl Vendor {
    /// Opens the node of a member that its driver lets a client allocate by.
    pub fn open(member: &Member) -> Result<Self> {
        let alloc = match member.driver.as_str() {
            "amdgpu" => Alloc::Amdgpu,
            "i915" => Alloc::I915,
            "xe" => Alloc::Xe,
            "nouveau" => Alloc::Nouveau,
            "nvidia-drm" => Alloc::Nvidia,
            "virtio_gpu" => Alloc::Virgl,
            "mtgpu" => Alloc::Dumb {
                flags: MTGPU_USE_SYSTEM,
            },
            _ => Alloc::Dumb { flags: 0 },
        };
        // Dumb buffers are refused to files of render nodes.
        let node = match (alloc, member.primary_minor) {
            (Alloc::Dumb { .. }, Some(minor)) => {
                MemberNode::open(format!("/dev/dri/card{minor}").as_ref(), &member.driver)?
            }
            _ => member.open()?,
        };
        let mut vendor = Vendor { node, alloc };
        if matches!(alloc, Alloc::Virgl) {
            match vendor.alloc(4096) {
                Ok(handle) => vendor.close(handle)?,
                // Without virgl there are no buffers, and images take their place.
                Err(Errno::EINVAL) => vendor.alloc = Alloc::Virtio2d,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(vendor)
    }

    /// The driver's own ioctl for so many bytes, a multiple of the page size. Returns
    /// the GEM handle.
    pub fn alloc(&self, size: u64) -> nix::Result<u32> {
        let fd = self.node.as_fd().as_raw_fd();
        // SAFETY: in each case the structure is valid and names no other memory.
        unsafe {
            match self.alloc {
                Alloc::Amdgpu => {
                    let mut arg = AmdgpuGemCreate {
                        bo_size: size,
                        domains: AMDGPU_GTT,
                        ..Default::default()
                    };
                    amdgpu_gem_create(fd, &mut arg)?;
                    Ok(arg.bo_size as u32)
                }
                Alloc::I915 => {
                    let mut arg = I915GemCreate {
                        size,
                        ..Default::default()
                    };
                    i915_gem_create(fd, &mut arg)?;
                    Ok(arg.handle)
                }
                Alloc::Xe => {
                    let mut arg = XeGemCreate {
                        size,
                        placement: XE_SYSTEM,
                        cpu_caching: XE_WRITE_BACK,
                        ..Default::default()
                    };
                    xe_gem_create(fd, &mut arg)?;
                    Ok(arg.handle)
                }
                Alloc::Nouveau => {
                    let mut arg = NouveauGemNew {
                        domain: NOUVEAU_GART,
                        size,
                        tile_flags: NOUVEAU_NONCONTIG,
                        ..Default::default()
                    };
                    nouveau_gem_new(fd, &mut arg)?;
                    Ok(arg.handle)
                }
                Alloc::Nvidia => {
                    let mut arg = NvidiaGemAllocNvkmsMemory {
                        memory_size: size,
                        flags: NVIDIA_NO_SCANOUT,
                        ..Default::default()
                    };
                    nvidia_gem_alloc_nvkms_memory(fd, &mut arg)?;
                    Ok(arg.handle)
                }
                Alloc::Virgl | Alloc::Virtio2d => {
                    let mut arg = virtio_resource(self.alloc, size as u32);
                    drm::virtgpu_resource_create(fd, &mut arg)?;
                    Ok(arg.bo_handle)
                }
                Alloc::Dumb { flags } => {
                    let mut arg = drm_mode_create_dumb {
                        width: DUMB_WIDTH as u32,
                        height: size.div_ceil(DUMB_WIDTH * 4) as u32,
                        bpp: 32,
                        flags,
                        ..Default::default()
                    };
                    create_dumb(fd, &mut arg)?;
                    Ok(arg.handle)
                }
            }
        }
    }

    /// PRIME_HANDLE_TO_FD.
    pub fn export(&self, handle: u32) -> nix::Result<OwnedFd> {
        let mut arg = drm_prime_handle {
            handle,
            flags: (libc::O_CLOEXEC | libc::O_RDWR) as u32,
            fd: -1,
        };
        // SAFETY: the structure is valid and names no other memory.
        unsafe { prime_handle_to_fd(self.node.as_fd().as_raw_fd(), &mut arg) }?;
        // SAFETY: the kernel has just made the descriptor, so nobody else owns it.
        Ok(unsafe { OwnedFd::from_raw_fd(arg.fd) })
    }

    /// PRIME_FD_TO_HANDLE.
    pub fn import(&self, dma_buf: impl AsFd) -> nix::Result<u32> {
        let mut arg = drm_prime_handle {
            handle: 0,
            flags: 0,
            fd: dma_buf.as_fd().as_raw_fd(),
        };
        // SAFETY: the structure is valid and names no other memory.
        unsafe { prime_fd_to_handle(self.node.as_fd().as_raw_fd(), &mut arg) }?;
        Ok(arg.handle)
    }

    /// GEM_CLOSE.
    pub fn close(&self, handle: u32) -> nix::Result<()> {
        let arg = drm_gem_close { handle, pad: 0 };
        // SAFETY: the structure is valid and names no other memory.
        unsafe { gem_close(self.node.as_fd().as_raw_fd(), &arg) }?;
        Ok(())
    }
}

/// A buffer where there is virgl, or an image that takes as many bytes. The numbers are
/// those of the virgl protocol.
fn virtio_resource(alloc: Alloc, size: u32) -> VirtgpuResourceCreate {
    const TARGET_2D: u32 = 2;
    const FORMAT_B8G8R8X8: u32 = 2;
    const FORMAT_R8: u32 = 64;
    const BIND_VERTEX_BUFFER: u32 = 1 << 4;
    const BIND_IMAGE: u32 = 1 << 1 | 1 << 3;

    let (target, format, bind, width, height) = match alloc {
        Alloc::Virgl => (0, FORMAT_R8, BIND_VERTEX_BUFFER, size, 1),
        _ => {
            let width = DUMB_WIDTH as u32;
            let height = size.div_ceil(width * 4);
            (TARGET_2D, FORMAT_B8G8R8X8, BIND_IMAGE, width, height)
        }
    };
    VirtgpuResourceCreate {
        target,
        format,
        bind,
        width,
        height,
        depth: 1,
        array_size: 1,
        size,
        ..Default::default()
    }
}
