// SPDX-License-Identifier: GPL-2.0

//! Buffers: the GEM objects of mvgal.
//!
//! A buffer wraps one dma-buf: of the driver of the member that owns the memory, of our own
//! exporter of system memory, or of whoever exported what was imported. One that is allocated
//! lazily has none before its first use. It may have copies on other members.

mod copies;
mod export;
mod ioctl;
mod memory;

use crate::{
    affinity::Client,
    args::alloc::MAX_BUFFER_SIZE,
    driver::{
        MvgalDevice,
        MvgalDriver, //
    },
    file::File, //
};
use kernel::{
    drm::{
        self,
        gem::{
            self,
            BaseObject, //
        },
    },
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        Mutex,
        SetOnce, //
    }, //
};
use kernel_ext::{
    dma_buf::DmaBuf,
    gem::DmaBufObject,
    uapi, //
};

use copies::Copies;
use memory::Later;

pub(crate) use export::{
    export_dmabuf,
    prepare_export, //
};
pub(crate) use ioctl::{
    alloc_memory,
    free_memory,
    import_dmabuf, //
};
pub(crate) use memory::{
    FirstUse,
    Memory, //
};

/// The data of a buffer.
#[pin_data]
pub(crate) struct Buffer {
    size: u64,
    memory: SetOnce<Memory>,
    /// Held while the memory is set, and no other lock is taken with it.
    #[pin]
    setting: Mutex<()>,
    /// How the memory is allocated if there is none.
    later: Option<Later>,
    #[pin]
    copies: Copies,
    access: Access,
}

/// What a buffer is made of.
pub(crate) struct Parts {
    size: u64,
    backing: Backing,
    copies: KVec<Arc<Memory>>,
    access: Access,
}

/// Memory that is there, or that will be.
enum Backing {
    Now(Memory),
    Later(Later),
}

/// What user space may do with a buffer besides using it in jobs.
#[derive(Clone, Copy)]
struct Access {
    /// Map it.
    mmap: bool,
    /// Get its dma-buf.
    export: bool,
}

/// A reference to a buffer.
pub(crate) struct BufferRef(ARef<gem::Object<Buffer>>);

impl BufferRef {
    /// Returns the memory, if there is any yet.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        self.0.memory.as_ref()
    }

    /// Returns the memory, allocated for a use that a client is about to make if that is the first.
    ///
    /// It may take a member's driver some time, and must not be called with a lock held or while a
    /// published fence waits.
    ///
    /// # Errors
    ///
    /// As [`Later::alloc`].
    pub(crate) fn memory_for(&self, client: &Client, first: &FirstUse<'_>) -> Result<&Memory> {
        self.0.memory_by(|later| later.alloc(client, first))
    }

    /// Whether its memory is that of a member, or will be.
    pub(crate) fn is_of_member(&self) -> bool {
        match (self.memory(), &self.0.later) {
            (Some(memory), _) => memory.home != uapi::DRM_MVGAL_MEMBER_HOST,
            (None, Some(later)) => later.is_for_members(),
            (None, None) => false,
        }
    }

    /// Returns the size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.0.size
    }

    /// Returns the id of the member whose driver owns the memory, or `DRM_MVGAL_MEMBER_HOST`, if
    /// there is any yet.
    pub(crate) fn home(&self) -> Option<u32> {
        Some(self.memory()?.home)
    }

    /// Returns [`BufferRef::home`] if that dma-buf is the memory's.
    fn home_of(&self, dma_buf: &DmaBuf) -> Option<u32> {
        let memory = self.memory()?;
        memory.dma_buf.same(dma_buf).then_some(memory.home)
    }

    /// Returns the offset for mmap(), or 0 if user space may not map the buffer.
    fn mmap_offset(&self) -> Result<u64> {
        if self.0.access.mmap {
            self.0.create_mmap_offset()
        } else {
            Ok(0)
        }
    }
}

impl Buffer {
    /// Makes a buffer.
    fn create(dev: &MvgalDevice, parts: Parts) -> Result<BufferRef> {
        let size = usize::try_from(parts.size).map_err(|_| ENOMEM)?;
        let buffer = BufferRef(kernel_ext::gem::new::<Self>(dev, size, parts)?);

        // From here on the offset is there, so that asking for it does not fail.
        buffer.mmap_offset()?;
        Ok(buffer)
    }
}

/// What a buffer does that may have to allocate its memory.
trait Allocate {
    /// Returns the memory, by `alloc` if there is none.
    fn memory_by(&self, alloc: impl FnOnce(&Later) -> Result<Memory>) -> Result<&Memory>;
}

impl Allocate for gem::Object<Buffer> {
    fn memory_by(&self, alloc: impl FnOnce(&Later) -> Result<Memory>) -> Result<&Memory> {
        if let Some(memory) = self.memory.as_ref() {
            return Ok(memory);
        }
        // No lock is held meanwhile, as the driver may want any. Of two who do it at the same time,
        // one does it in vain.
        let memory = match alloc(self.later.as_ref().ok_or(EINVAL)?) {
            Ok(memory) => memory,
            // The other may have had more luck.
            Err(err) => return self.memory.as_ref().ok_or(err),
        };
        let mut memory = Some(memory);
        let setting = self.setting.lock();
        if self.memory.as_ref().is_none() {
            if let Some(memory) = memory.take() {
                self.memory.populate(memory);
            }
        }
        drop(setting);
        drop(memory);
        kernel_ext::gem::adopt(self);
        self.memory.as_ref().ok_or(EINVAL)
    }
}

impl gem::DriverObject for Buffer {
    type Driver = MvgalDriver;
    type Args = Parts;

    fn new(_dev: &MvgalDevice, _size: usize, parts: Parts) -> impl PinInit<Self, Error> {
        let memory = SetOnce::new();
        let later = match parts.backing {
            Backing::Now(now) => {
                memory.populate(now);
                None
            }
            Backing::Later(later) => Some(later),
        };
        try_pin_init!(Self {
            size: parts.size,
            memory,
            setting <- new_mutex!((), "mvgal::Buffer::setting"),
            later,
            copies <- Copies::new(parts.copies),
            access: parts.access,
        })
    }
}

impl DmaBufObject for Buffer {
    fn dma_buf(&self) -> Option<&DmaBuf> {
        self.memory.as_ref().map(|memory| &*memory.dma_buf)
    }

    fn dma_buf_to_map(obj: &gem::Object<Self>) -> Result<&DmaBuf> {
        Ok(&obj.memory_by(Later::alloc_to_map)?.dma_buf)
    }

    fn may_export(&self) -> Result {
        if self.access.export {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    fn may_mmap(&self) -> Result {
        if self.access.mmap {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    fn from_import(dev: &MvgalDevice, dma_buf: ARef<DmaBuf>) -> Result<ARef<gem::Object<Self>>> {
        // CAST: Widens.
        if dma_buf.size() as u64 > MAX_BUFFER_SIZE {
            return Err(E2BIG);
        }

        let exporter = dma_buf
            .exporting_device()
            .and_then(|key| dev.members().find_device(key));
        let access = Access {
            mmap: dma_buf.can_mmap(),
            export: true,
        };
        let parts = Parts {
            // CAST: Widens.
            size: dma_buf.size() as u64,
            backing: Backing::Now(Memory::new(dma_buf, exporter.as_deref(), None)),
            copies: KVec::new(),
            access,
        };
        Ok(Self::create(dev, parts)?.0)
    }
}

/// Returns the buffer behind a handle of a file.
///
/// # Errors
///
/// `ENOENT` if there is no such handle.
pub(crate) fn lookup(file: &drm::File<File>, handle: u32) -> Result<BufferRef> {
    Ok(BufferRef(gem::Object::lookup_handle(file, handle)?))
}
