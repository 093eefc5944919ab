// SPDX-License-Identifier: MIT OR Apache-2.0

//! Resources: memory of the host's renderer, with pages of the guest behind it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use drm::control::{Device as _, RawResourceHandle};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::commands::Commands;
use super::error::{Call, Error, Result};
use super::file::File;
use super::format::{Bind, Format, Target};
use super::{ioctls, sys};
use crate::deadline::Deadline;
use crate::dma_buf::DmaBuf;
use crate::mapping::Mapping;

/// What a 3-D resource is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResourceInfo {
    /// Its shape.
    pub target: Target,
    /// What its elements are.
    pub format: Format,
    /// What it is for.
    pub bind: Bind,
    /// Width in pixels; of a buffer, its size in bytes.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Images of a 3-D texture, else 1.
    pub depth: u32,
    /// Images of an array, 6 for a cube, else 1.
    pub layers: u32,
    /// Number of the last mipmap level, 0 if there is but one.
    pub last_level: u32,
}

impl ResourceInfo {
    /// A buffer of bytes.
    pub const fn buffer(bytes: u32, bind: Bind) -> Self {
        ResourceInfo {
            target: Target::Buffer,
            format: Format::R8Unorm,
            bind,
            width: bytes,
            height: 1,
            depth: 1,
            layers: 1,
            last_level: 0,
        }
    }

    /// An image.
    pub const fn image(width: u32, height: u32, format: Format, bind: Bind) -> Self {
        ResourceInfo {
            target: Target::Texture2d,
            format,
            bind,
            width,
            height,
            depth: 1,
            layers: 1,
            last_level: 0,
        }
    }

    /// The same as an array of images.
    pub const fn array(mut self, layers: u32) -> Self {
        self.target = Target::Texture2dArray;
        self.layers = layers;
        self
    }

    /// The same as a stack of images, filtered in depth.
    pub const fn volume(mut self, depth: u32) -> Self {
        self.target = Target::Texture3d;
        self.depth = depth;
        self
    }

    /// The same with mipmap levels up to `last`, each half as large as the one
    /// before.
    pub const fn levels(mut self, last: u32) -> Self {
        self.last_level = last;
        self
    }

    /// Bytes of a row of a level, without gaps.
    pub fn row_bytes(&self, level: u32) -> u64 {
        u64::from(minify(self.width, level)) * u64::from(self.format.bytes())
    }

    /// Bytes of all of a level, without gaps.
    pub fn level_bytes(&self, level: u32) -> u64 {
        self.row_bytes(level)
            .saturating_mul(minify(self.height, level).into())
            .saturating_mul(minify(self.depth, level).into())
            .saturating_mul(self.layers.into())
    }

    /// Offset of a level in the pages behind the resource, where its levels follow
    /// each other without gaps.
    pub fn level_offset(&self, level: u32) -> u64 {
        (0..level).fold(0, |sum: u64, n| sum.saturating_add(self.level_bytes(n)))
    }

    /// Bytes of all levels: what the pages must have room for.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if there is nothing, more than 16 levels, or 4 GiB or more.
    pub fn bytes(&self) -> Result<u32> {
        if self.last_level > 15 {
            return Err(Error::Range {
                what: "number of the last level",
                value: self.last_level.into(),
                allowed: "at most 15".into(),
            });
        }
        let bytes = self.level_offset(self.last_level + 1);
        u32::try_from(bytes)
            .ok()
            .filter(|bytes| *bytes > 0)
            .ok_or(Error::Range {
                what: "size of a resource",
                value: bytes,
                allowed: "1 byte to 4 GiB".into(),
            })
    }

    fn describe(&self) -> String {
        match self.target {
            Target::Buffer => format!("a buffer of {} bytes", self.width),
            target => format!(
                "a {target:?} of {}x{}x{} {:?}, {} layers",
                self.width, self.height, self.depth, self.format, self.layers
            ),
        }
    }
}

/// A length in a mipmap level.
const fn minify(length: u32, level: u32) -> u32 {
    match length.checked_shr(level) {
        None | Some(0) => (length != 0) as u32,
        Some(length) => length,
    }
}

/// Where the memory of a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlobMemory {
    /// Pages of the guest that the host sees as they are.
    Guest,
    /// Memory of the host, an object of the context that has the number
    /// [`BlobInfo::id`].
    Host,
    /// Memory of the host with pages of the guest behind it.
    HostAndGuest,
}

/// What a blob is to be: bytes, without a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobInfo {
    /// Where its memory is.
    pub memory: BlobMemory,
    /// Size in bytes.
    pub bytes: u64,
    /// It can be mapped.
    pub mappable: bool,
    /// It can be exported.
    pub shareable: bool,
    /// It can be used by other virtio devices.
    pub cross_device: bool,
    /// Number of the host's object; 0 for pages of the guest, and where the object is made
    /// with the blob.
    pub id: u64,
}

/// A resource of a context's file. Clones are the same resource, and the last one
/// drops it; what was submitted keeps its memory until it has ended.
#[derive(Debug, Clone)]
pub struct Resource(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: Arc<File>,
    handle: u32,
    id: u32,
    size: u64,
    info: ResourceInfo,
}

impl Resource {
    pub(super) fn create(file: &Arc<File>, info: &ResourceInfo) -> Result<Self> {
        let size = info.bytes()?;
        let mut arg = sys::drm_virtgpu_resource_create {
            target: info.target as u32,
            format: info.format.number(),
            bind: info.bind.bits(),
            width: info.width,
            height: info.height,
            depth: info.depth,
            array_size: info.layers,
            last_level: info.last_level,
            size,
            ..Default::default()
        };
        let mut handles = file.handles();
        // SAFETY: The structure has no pointers.
        unsafe { file.call(ioctls::resource_create, &mut arg) }
            .map_err(|errno| Error::call(Call::ResourceCreate, info.describe(), errno))?;
        handles.acquire(arg.bo_handle);
        drop(handles);
        Ok(Self::own(
            file,
            arg.bo_handle,
            arg.res_handle,
            size.into(),
            *info,
        ))
    }

    pub(super) fn create_blob(file: &Arc<File>, blob: &BlobInfo) -> Result<Self> {
        let bytes = u32::try_from(blob.bytes).unwrap_or(u32::MAX);
        let info = ResourceInfo::buffer(bytes, Bind::empty());
        Self::create_blob_with(file, &info, blob, &[])
    }

    pub(super) fn create_blob_of(
        file: &Arc<File>,
        info: &ResourceInfo,
        blob: &BlobInfo,
    ) -> Result<Self> {
        let least = match blob.memory {
            BlobMemory::Guest => {
                return Err(Error::Unsupported {
                    what: "a resource with a shape",
                    reason: "a blob of the guest's pages alone has no object on the host",
                });
            }
            BlobMemory::Host | BlobMemory::HostAndGuest => u64::from(info.bytes()?),
        };
        if blob.id != 0 {
            return Err(Error::Range {
                what: "number of an object that is made with its blob",
                value: blob.id,
                allowed: "0".into(),
            });
        }
        if blob.bytes < least {
            return Err(Error::Range {
                what: "size of a blob",
                value: blob.bytes,
                allowed: format!("at least the {least} bytes of {}", info.describe()),
            });
        }
        let id = file.next_blob();
        let mut commands = Commands::stateless();
        let mapped = blob.mappable && blob.memory == BlobMemory::Host;
        commands.create_resource(info, id, mapped);
        let blob = BlobInfo {
            id: id.into(),
            ..*blob
        };
        Self::create_blob_with(file, info, &blob, commands.words())
    }

    /// Creates a blob, after the context has run `words`.
    fn create_blob_with(
        file: &Arc<File>,
        info: &ResourceInfo,
        blob: &BlobInfo,
        words: &[u32],
    ) -> Result<Self> {
        let unsupported = |reason| {
            Err(Error::Unsupported {
                what: "blob resources",
                reason,
            })
        };
        if !file.features.blob {
            return unsupported("the host has none for this GPU (blob=on in QEMU)");
        }
        if blob.cross_device && !file.features.cross_device {
            return unsupported("the host shares none with other devices");
        }
        if blob.memory == BlobMemory::Host && blob.mappable && !file.features.host_visible {
            return unsupported("the host's memory cannot be mapped (hostmem= in QEMU)");
        }
        let alignment = u64::from(file.features.blob_alignment.unwrap_or(1).max(1));
        if blob.bytes == 0 || !blob.bytes.is_multiple_of(alignment) {
            return Err(Error::Range {
                what: "size of a blob",
                value: blob.bytes,
                allowed: format!("a multiple of {alignment}, not 0"),
            });
        }
        let flags = [
            (blob.mappable, sys::VIRTGPU_BLOB_FLAG_USE_MAPPABLE),
            (blob.shareable, sys::VIRTGPU_BLOB_FLAG_USE_SHAREABLE),
            (blob.cross_device, sys::VIRTGPU_BLOB_FLAG_USE_CROSS_DEVICE),
        ];
        let mut arg = sys::drm_virtgpu_resource_create_blob {
            blob_mem: match blob.memory {
                BlobMemory::Guest => sys::VIRTGPU_BLOB_MEM_GUEST,
                BlobMemory::Host => sys::VIRTGPU_BLOB_MEM_HOST3D,
                BlobMemory::HostAndGuest => sys::VIRTGPU_BLOB_MEM_HOST3D_GUEST,
            },
            blob_flags: flags.iter().filter(|(on, _)| *on).map(|(_, bit)| bit).sum(),
            size: blob.bytes,
            blob_id: blob.id,
            cmd_size: size_of_val(words) as u32,
            cmd: words.as_ptr().expose_provenance() as u64,
            ..Default::default()
        };
        let mut handles = file.handles();
        // SAFETY: `words` is as long as `cmd_size` says, and the driver copies it.
        unsafe { file.call(ioctls::resource_create_blob, &mut arg) }.map_err(|errno| {
            let subject = format!("a blob of {} bytes", blob.bytes);
            Error::call(Call::ResourceCreateBlob, subject, errno)
        })?;
        handles.acquire(arg.bo_handle);
        drop(handles);
        Ok(Self::own(
            file,
            arg.bo_handle,
            arg.res_handle,
            blob.bytes,
            *info,
        ))
    }

    pub(super) fn import(
        file: &Arc<File>,
        dma_buf: BorrowedFd<'_>,
        info: &ResourceInfo,
    ) -> Result<Self> {
        let mut handles = file.handles();
        let handle = file
            .prime_fd_to_buffer(dma_buf)
            .map_err(|error| Error::io(Call::Prime, "a dma-buf", &error))?;
        let handle: u32 = handle.into();
        handles.acquire(handle);
        drop(handles);
        let mut arg = sys::drm_virtgpu_resource_info {
            bo_handle: handle,
            ..Default::default()
        };
        // SAFETY: The structure has no pointers.
        let known = unsafe { file.call(ioctls::resource_info, &mut arg) };
        // Made first, so that the handle is dropped after an error.
        let resource = Self::own(file, handle, arg.res_handle, arg.size.into(), *info);
        known.map_err(|errno| {
            Error::call(Call::ResourceInfo, format!("resource {handle}"), errno)
        })?;
        if u64::from(info.bytes()?) > resource.size() {
            return Err(Error::Range {
                what: "size of an imported resource",
                value: resource.size(),
                allowed: format!("at least that of {}", info.describe()),
            });
        }
        Ok(resource)
    }

    fn own(file: &Arc<File>, handle: u32, id: u32, size: u64, info: ResourceInfo) -> Self {
        Resource(Arc::new(Inner {
            file: file.clone(),
            handle,
            id,
            size,
            info,
        }))
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.0.file
    }

    /// Whether both are the same.
    pub(super) fn is(&self, other: &Resource) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// GEM handle in the context's file.
    pub fn handle(&self) -> u32 {
        self.0.handle
    }

    /// Number in command streams; the host's number of it.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// Bytes of the pages behind it.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// What it is.
    pub fn info(&self) -> &ResourceInfo {
        &self.0.info
    }

    /// What its elements are.
    pub fn format(&self) -> Format {
        self.0.info.format
    }

    /// Number of its last mipmap level.
    pub fn last_level(&self) -> u32 {
        self.0.info.last_level
    }

    fn subject(&self) -> String {
        format!("resource {}", self.handle())
    }

    /// Maps the pages behind it. They are the host's only after a transfer.
    ///
    /// # Errors
    ///
    /// What the driver and mmap() answer.
    pub fn map(&self) -> Result<Mapping> {
        let mut arg = sys::drm_virtgpu_map {
            handle: self.handle(),
            ..Default::default()
        };
        // SAFETY: The structure has no pointers.
        unsafe { self.0.file.call(ioctls::map, &mut arg) }
            .map_err(|errno| Error::call(Call::Map, self.subject(), errno))?;
        let fd = self.0.file.as_fd();
        Ok(Mapping::new(fd, arg.offset, self.size(), self.handle())?)
    }

    /// Exports it, for mvgal or another process.
    ///
    /// # Errors
    ///
    /// `EMFILE`, and what the driver answers.
    pub fn export(&self) -> Result<DmaBuf> {
        Ok(self.export_fd()?.into())
    }

    fn export_fd(&self) -> Result<OwnedFd> {
        const READ_AND_WRITE: u32 = (nix::libc::O_CLOEXEC | nix::libc::O_RDWR).cast_unsigned();
        let handle = RawResourceHandle::new(self.handle())
            .ok_or_else(|| Error::call(Call::Prime, self.subject(), Errno::ENOENT))?;
        self.0
            .file
            .buffer_to_prime_fd(handle.into(), READ_AND_WRITE)
            .map_err(|error| Error::io(Call::Prime, self.subject(), &error))
    }

    /// Whether something that was submitted still uses it.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the GPU was unplugged.
    pub fn is_busy(&self) -> Result<bool> {
        let mut arg = sys::drm_virtgpu_3d_wait {
            handle: self.handle(),
            flags: sys::VIRTGPU_WAIT_NOWAIT,
        };
        // SAFETY: The structure has no pointers.
        match unsafe { self.0.file.call(ioctls::wait, &mut arg) } {
            Ok(()) => Ok(false),
            Err(Errno::EBUSY) => Ok(true),
            Err(errno) => Err(Error::call(Call::Wait, self.subject(), errno)),
        }
    }

    /// Waits until nothing that was submitted uses it any more.
    ///
    /// `VIRTGPU_WAIT` gives up after 15 s, whatever the caller wants; so its dma-buf
    /// is polled.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]; it can be waited for again.
    pub fn wait(&self, deadline: Deadline) -> Result<()> {
        if !self.is_busy()? {
            return Ok(());
        }
        let dma_buf = self.export_fd()?;
        loop {
            let left = deadline.as_ns().saturating_sub(Deadline::now().as_ns());
            let ms = (left.max(0) / 1_000_000).saturating_add(1);
            let timeout = PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX);
            // Readers and writers have gone when it can be written.
            let mut fds = [PollFd::new(dma_buf.as_fd(), PollFlags::POLLOUT)];
            match poll(&mut fds, timeout) {
                Ok(0) if Deadline::now() >= deadline => {
                    return Err(Error::TimedOut(self.subject()));
                }
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(()),
                Err(errno) => return Err(Error::call(Call::Poll, self.subject(), errno)),
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.file.release(self.handle);
    }
}

#[cfg(test)]
impl Resource {
    /// A resource that no kernel knows of.
    pub(super) fn for_test(file: &Arc<File>, id: u32, info: ResourceInfo) -> Self {
        Self::own(file, 100 + id, id, info.bytes().unwrap().into(), info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_levels_and_layers() {
        let bind = Bind::SAMPLER_VIEW;
        let image = ResourceInfo::image(5, 3, Format::R8G8B8A8Unorm, bind);
        assert_eq!(image.bytes().unwrap(), 60);
        assert_eq!(image.array(4).bytes().unwrap(), 240);
        // 5x3, 2x1, 1x1.
        let levels = image.levels(2);
        assert_eq!((levels.row_bytes(1), levels.level_offset(2)), (8, 68));
        assert_eq!(levels.bytes().unwrap(), 72);
        // Images of a volume become fewer, layers of an array do not.
        assert_eq!(image.volume(4).levels(1).bytes().unwrap(), 240 + 16);
        assert_eq!(image.array(4).levels(1).bytes().unwrap(), 240 + 32);
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        let bind = Bind::RENDER_TARGET;
        for (width, height) in [(0, 4), (4, 0), (u32::MAX, u32::MAX)] {
            let error = ResourceInfo::image(width, height, Format::R8Unorm, bind)
                .bytes()
                .unwrap_err();
            assert!(
                error.to_string().starts_with("size of a resource"),
                "{error}"
            );
        }
        let image = ResourceInfo::image(4, 4, Format::R8Unorm, bind);
        assert!(image.levels(16).bytes().is_err());
    }
}
