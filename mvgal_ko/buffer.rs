// SPDX-License-Identifier: GPL-2.0

//! Buffers: the GEM objects of mvgal.
//!
//! A buffer wraps one dma-buf: of the driver of the member that owns the memory, of our own exporter
//! of system memory, or of whoever exported what was imported.

mod ioctl;

use crate::{
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
    prelude::*,
    sync::aref::ARef, //
};
use kernel_ext::{
    dma_buf::DmaBuf,
    gem::{
        BaseFuncs,
        DmaBufObject, //
    },
    uapi, //
};

pub(crate) use ioctl::{
    alloc_memory,
    export_dmabuf,
    free_memory,
    import_dmabuf, //
};

/// The data of a buffer.
pub(crate) struct Buffer {
    base: BaseFuncs,
    dma_buf: ARef<DmaBuf>,
    home: u32,
    access: Access,
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
    /// Returns the dma-buf behind the buffer.
    pub(crate) fn dma_buf(&self) -> &ARef<DmaBuf> {
        &self.0.dma_buf
    }

    /// Returns the size in bytes.
    pub(crate) fn size(&self) -> u64 {
        // CAST: Widens.
        self.0.dma_buf.size() as u64
    }

    /// Returns the id of the member whose driver owns the memory, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) fn home(&self) -> u32 {
        self.0.home
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
    /// Makes a buffer of a dma-buf.
    fn create(
        dev: &MvgalDevice,
        dma_buf: ARef<DmaBuf>,
        home: u32,
        access: Access,
    ) -> Result<BufferRef> {
        let size = dma_buf.size();
        let buffer = Self {
            base: BaseFuncs::default(),
            dma_buf,
            home,
            access,
        };
        let buffer = BufferRef(kernel_ext::gem::new::<Self>(dev, size, buffer)?);

        // From here on the offset is there, so that asking for it does not fail.
        buffer.mmap_offset()?;
        Ok(buffer)
    }
}

impl gem::DriverObject for Buffer {
    type Driver = MvgalDriver;
    type Args = Self;

    fn new(_dev: &MvgalDevice, _size: usize, buffer: Self) -> impl PinInit<Self, Error> {
        Ok(buffer)
    }
}

impl DmaBufObject for Buffer {
    fn dma_buf(&self) -> &DmaBuf {
        &self.dma_buf
    }

    fn base_funcs(&self) -> &BaseFuncs {
        &self.base
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
        let home = match exporter {
            Some(member) => member.id(),
            None => uapi::DRM_MVGAL_MEMBER_HOST,
        };
        let access = Access {
            mmap: dma_buf.can_mmap(),
            export: true,
        };
        Ok(Self::create(dev, dma_buf, home, access)?.0)
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
