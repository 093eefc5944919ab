// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers and how to ask for them.

use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use bitflags::bitflags;
use drm::buffer::DrmFourcc;
use drm::control::RawResourceHandle;

use crate::dma_buf::DmaBuf;
use crate::error::{Call, Error, Result};
use crate::handle::Handle;
use crate::mapping::Mapping;
use crate::member::MemberId;
use crate::node::Node;
use crate::reach::Exported;
#[cfg(doc)]
use crate::reach::Reach;
use crate::{ioctls, sys};

bitflags! {
    /// What a buffer is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct BufferFlags: u32 {
        /// The CPU may [map](Buffer::map) it.
        const HOST_VALID = sys::DRM_MVGAL_BUFFER_HOST_VALID;
        /// The memory is allocated by a member's driver; not for the host.
        const GPU_VALID = sys::DRM_MVGAL_BUFFER_GPU_VALID;
        /// Every other member in the client's mask must be able to import it.
        const SHARED = sys::DRM_MVGAL_BUFFER_SHARED;
        /// It may be [exported](Buffer::export).
        const DMA_BUF = sys::DRM_MVGAL_BUFFER_DMA_BUF;
        /// In a member's own memory, which every other member in the client's mask can
        /// reach by PCI peer-to-peer.
        const P2P = sys::DRM_MVGAL_BUFFER_P2P;
        /// A copy on each other member in the client's mask: jobs write to all copies
        /// and read that of their member. What others write, native jobs or the CPU,
        /// a [replicate job](crate::Job::replicate) brings to the others.
        const REPLICATED = sys::DRM_MVGAL_BUFFER_REPLICATED;
        /// Contents survive suspend, reset and unplugging of the member: the memory is
        /// the host's, and the member must be able to import it.
        const PERSISTENT = sys::DRM_MVGAL_BUFFER_PERSISTENT;
        /// Memory is allocated by the first job, export or mapping that uses it, which
        /// fails if there is none.
        const LAZY_ALLOCATE = sys::DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
        // Bits of newer modules are passed on.
        const _ = !0;
    }
}

/// What to allocate: see [`Device::alloc`](crate::Device::alloc).
///
/// ```
/// use mvgal::{Allocation, BufferFlags, DrmFourcc, MemberId};
///
/// let linear = Allocation::linear(1 << 20).member(MemberId::new(1));
/// let image = Allocation::image(256, 256, DrmFourcc::Xrgb8888)
///     .member(MemberId::new(1))
///     .flags(BufferFlags::GPU_VALID | BufferFlags::DMA_BUF);
/// assert_ne!(linear, image);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    size: u64,
    image: Option<(u32, u32, DrmFourcc)>,
    member: MemberId,
    flags: BufferFlags,
}

impl Allocation {
    /// A linear buffer of `size` bytes, not 0, in the memory of the host.
    pub const fn linear(size: u64) -> Self {
        Allocation {
            size,
            image: None,
            member: MemberId::HOST,
            flags: BufferFlags::empty(),
        }
    }

    /// An image of `width` by `height` pixels, each 1–16384.
    ///
    /// The formats are XRGB8888, ARGB8888, XBGR8888 and ABGR8888.
    pub const fn image(width: u32, height: u32, format: DrmFourcc) -> Self {
        Allocation {
            size: 0,
            image: Some((width, height, format)),
            member: MemberId::HOST,
            flags: BufferFlags::empty(),
        }
    }

    /// Where to allocate it; the host if not called.
    pub const fn member(mut self, member: MemberId) -> Self {
        self.member = member;
        self
    }

    /// What it is for; nothing in particular if not called.
    pub const fn flags(mut self, flags: BufferFlags) -> Self {
        self.flags = flags;
        self
    }

    fn to_raw(self) -> sys::drm_mvgal_alloc_memory {
        let (width, height, format) = self.image.map_or((0, 0, 0), |(width, height, format)| {
            (width, height, format as u32)
        });
        sys::drm_mvgal_alloc_memory {
            size: self.size,
            member: self.member.get(),
            flags: self.flags.bits(),
            width,
            height,
            format,
            ..Default::default()
        }
    }

    fn describe(self) -> String {
        let what = match self.image {
            Some((width, height, format)) => format!("an image {width}x{height} {format}"),
            None => format!("{} bytes", self.size),
        };
        match self.member {
            MemberId::HOST => format!("{what} on the host"),
            MemberId::ANY => format!("{what} on any member"),
            id => format!("{what} on member {id}"),
        }
    }
}

/// How a buffer's bytes make an image.
///
/// It implements [`drm::buffer::Buffer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Format of a pixel.
    pub format: DrmFourcc,
    /// Bytes from one row to the next.
    pub pitch: u32,
    handle: RawResourceHandle,
}

impl drm::buffer::Buffer for Image {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn format(&self) -> DrmFourcc {
        self.format
    }

    fn pitch(&self) -> u32 {
        self.pitch
    }

    fn handle(&self) -> drm::buffer::Handle {
        self.handle.into()
    }
}

/// A buffer of the logical device; dropping it drops the handle.
///
/// The memory lives on until the last job, mapping and dma-buf that use it are
/// gone. As an [`AsFd`] it is the mvgal file in which its handle is valid; the
/// file of the memory itself is a [`DmaBuf`], made by [`export`](Self::export).
#[derive(Debug)]
pub struct Buffer {
    handle: Handle,
    size: u64,
    member: MemberId,
    mmap_offset: u64,
    image: Option<Image>,
}

impl Buffer {
    pub(crate) fn alloc(node: &Arc<Node>, allocation: Allocation) -> Result<Self> {
        let mut arg = allocation.to_raw();
        // SAFETY: The structure has no pointers.
        unsafe { node.call(ioctls::alloc_memory, &mut arg) }
            .map_err(|errno| Error::call(Call::AllocMemory, allocation.describe(), errno))?;
        let handle = Handle::returned(node, &mut node.handles(), Call::AllocMemory, arg.handle)?;
        let image = allocation.image.map(|(width, height, format)| Image {
            width,
            height,
            format,
            pitch: arg.pitch,
            handle: handle.number(),
        });
        Ok(Buffer {
            handle,
            size: arg.size,
            member: MemberId::new(arg.member),
            mmap_offset: arg.mmap_offset,
            image,
        })
    }

    pub(crate) fn import(node: &Arc<Node>, fd: BorrowedFd<'_>) -> Result<Self> {
        use std::os::fd::AsRawFd;

        let mut arg = sys::drm_mvgal_import_dmabuf {
            fd: fd.as_raw_fd(),
            ..Default::default()
        };
        let mut handles = node.handles();
        // SAFETY: The structure has no pointers.
        unsafe { node.call(ioctls::import_dmabuf, &mut arg) }.map_err(|errno| {
            Error::call(Call::ImportDmabuf, format!("descriptor {}", arg.fd), errno)
        })?;
        let handle = Handle::returned(node, &mut handles, Call::ImportDmabuf, arg.handle)?;
        drop(handles);
        Ok(Buffer {
            handle,
            size: arg.size,
            member: MemberId::new(arg.member),
            mmap_offset: arg.mmap_offset,
            image: None,
        })
    }

    /// A buffer that no kernel knows of.
    #[cfg(test)]
    pub(crate) fn for_test(node: &Arc<Node>, handle: u32, size: u64) -> Self {
        Buffer {
            handle: Handle::for_test(node, handle),
            size,
            member: MemberId::HOST,
            mmap_offset: 0,
            image: None,
        }
    }

    /// GEM handle on the mvgal file; never 0.
    pub fn handle(&self) -> u32 {
        self.handle.number().get()
    }

    /// The file in which the handle is valid.
    pub(crate) fn node(&self) -> &Arc<Node> {
        self.handle.node()
    }

    /// One more use of the handle, by which the buffer lives on without this.
    pub(crate) fn keep(&self) -> Handle {
        self.handle.clone()
    }

    /// Size in bytes, a multiple of the page size.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The member that the buffer was allocated for, or the host; of an imported one,
    /// the member that exported it. [`MemberId::ANY`] if the first use will choose.
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// How its bytes make an image, if it was allocated as one.
    pub fn image(&self) -> Option<Image> {
        self.image
    }

    /// Whether the CPU may [map](Self::map) it.
    pub fn is_mappable(&self) -> bool {
        self.mmap_offset != 0
    }

    /// Maps the whole buffer.
    ///
    /// # Errors
    ///
    /// [`Error::NotMappable`] if it was not allocated with
    /// [`HOST_VALID`](BufferFlags::HOST_VALID), and what mmap() answers.
    pub fn map(&self) -> Result<Mapping> {
        if !self.is_mappable() {
            return Err(Error::NotMappable {
                handle: self.handle(),
            });
        }
        Mapping::new(
            self.node().as_fd(),
            self.mmap_offset,
            self.size,
            self.handle(),
        )
    }

    /// Gets the dma-buf behind the buffer; of an imported one, the original.
    ///
    /// # Errors
    ///
    /// `EACCES` if it was allocated without [`DMA_BUF`](BufferFlags::DMA_BUF),
    /// `EMFILE` if too many files are open.
    pub fn export(&self) -> Result<DmaBuf> {
        let (dma_buf, _) = self.call_export(0, MemberId::new(0))?;
        Ok(dma_buf)
    }

    /// Gets a dma-buf by which the driver of `member` gets at the buffer in the best way.
    ///
    /// The ways are tried from the best to the worst, once for each pair of members. The
    /// last is a [copy](Reach::Copy) in memory of the member: it is zero at first, and
    /// jobs that are submitted from then on keep it coherent. A
    /// [replicate job](crate::Job::replicate) fills it.
    ///
    /// # Errors
    ///
    /// `EACCES` if the buffer was allocated without [`DMA_BUF`](BufferFlags::DMA_BUF), or
    /// the member is not attached or allowed; `EOPNOTSUPP` if there is no way at all.
    pub fn export_for(&self, member: MemberId) -> Result<Exported> {
        self.export_with(member, 0)
    }

    /// Tells that the member's driver could not use what [`export_for`](Self::export_for)
    /// has returned, and gets a copy that it can use. It is remembered for the members
    /// concerned.
    ///
    /// # Errors
    ///
    /// As `export_for`.
    pub fn export_refused(&self, member: MemberId) -> Result<Exported> {
        self.export_with(member, sys::DRM_MVGAL_EXPORT_REFUSED)
    }

    /// Has a member's driver import the buffer by `import`, in the best way that works.
    ///
    /// If `import` fails, it is called again with the dma-buf of a copy, which a
    /// [replicate job](crate::Job::replicate) has to fill. That the first did not work is
    /// remembered for this client and the two members: so `import` is to do nothing else.
    ///
    /// # Errors
    ///
    /// As [`export_for`](Self::export_for), and what `import` answers.
    pub fn import_by<T, E: From<Error>>(
        &self,
        member: MemberId,
        mut import: impl FnMut(&DmaBuf) -> std::result::Result<T, E>,
    ) -> std::result::Result<(T, Exported), E> {
        let exported = self.export_for(member)?;
        match import(&exported.dma_buf) {
            Ok(imported) => Ok((imported, exported)),
            Err(error) if exported.home == member => Err(error),
            Err(error) => match self.export_refused(member) {
                Ok(copy) => Ok((import(&copy.dma_buf)?, copy)),
                // What was wrong first says more.
                Err(_) => Err(error),
            },
        }
    }

    fn export_with(&self, member: MemberId, flags: u32) -> Result<Exported> {
        let (dma_buf, arg) = self.call_export(sys::DRM_MVGAL_EXPORT_FOR_MEMBER | flags, member)?;
        Ok(Exported {
            dma_buf,
            reach: arg.reach.into(),
            limit: arg.limit.into(),
            home: MemberId::new(arg.home),
        })
    }

    fn call_export(
        &self,
        flags: u32,
        member: MemberId,
    ) -> Result<(DmaBuf, sys::drm_mvgal_export_dmabuf)> {
        let mut arg = sys::drm_mvgal_export_dmabuf {
            handle: self.handle(),
            flags,
            fd: -1,
            member: member.get(),
            ..Default::default()
        };
        // SAFETY: The structure has no pointers.
        unsafe { self.node().call(ioctls::export_dmabuf, &mut arg) }.map_err(|errno| {
            let subject = match flags {
                0 => format!("buffer {}", self.handle()),
                _ => format!("buffer {} for member {member}", self.handle()),
            };
            Error::call(Call::ExportDmabuf, subject, errno)
        })?;
        if arg.fd < 0 {
            return Err(Error::BadAnswer {
                call: Call::ExportDmabuf,
                what: "descriptor",
                value: u64::from(arg.fd.cast_unsigned()),
            });
        }
        // SAFETY: The kernel has just opened this descriptor for us, so nobody
        // else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(arg.fd) };
        Ok((fd.into(), arg))
    }

    /// Frees the buffer and says whether that worked; dropping it does not say.
    ///
    /// # Errors
    ///
    /// `ENOENT` if someone dropped its handle behind its back.
    pub fn free(self) -> Result<()> {
        self.handle.free()
    }
}

impl AsFd for Buffer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.node().as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_has_no_size_and_linear_no_image() {
        let raw = Allocation::image(640, 480, DrmFourcc::Xrgb8888).to_raw();
        assert_eq!((raw.size, raw.width, raw.height), (0, 640, 480));
        assert_eq!(raw.format, u32::from_le_bytes(*b"XR24"));
        let raw = Allocation::linear(4096).to_raw();
        assert_eq!(
            (raw.size, raw.width, raw.height, raw.format),
            (4096, 0, 0, 0)
        );
    }

    #[test]
    fn allocations_say_what_and_where() {
        let allocation = Allocation::linear(4096).member(MemberId::new(3));
        assert_eq!(allocation.describe(), "4096 bytes on member 3");
        let allocation = Allocation::image(8, 9, DrmFourcc::Abgr8888).member(MemberId::ANY);
        assert_eq!(allocation.describe(), "an image 8x9 AB24 on any member");
    }
}
