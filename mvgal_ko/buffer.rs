// SPDX-License-Identifier: GPL-2.0

//! Buffers: the GEM objects of mvgal.
//!
//! A buffer wraps one dma-buf: of the driver of the member that owns the memory, of our own exporter
//! of system memory, or of whoever exported what was imported.

use crate::{
    args::alloc::MAX_BUFFER_SIZE,
    driver::{
        MvgalDevice,
        MvgalDriver, //
    },
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

/// A reference to a buffer.
pub(crate) type BufferRef = ARef<gem::Object<Buffer>>;

/// A buffer.
pub(crate) struct Buffer {
    base: BaseFuncs,
    dma_buf: ARef<DmaBuf>,
    home: u32,
    mappable: bool,
    exportable: bool,
}

impl Buffer {
    /// Returns the dma-buf behind the buffer.
    pub(crate) fn dma_buf(&self) -> &ARef<DmaBuf> {
        &self.dma_buf
    }

    /// Returns the size in bytes.
    pub(crate) fn size(&self) -> u64 {
        // CAST: Widens.
        self.dma_buf.size() as u64
    }

    /// Returns the id of the member whose driver owns the memory, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) fn home(&self) -> u32 {
        self.home
    }

    /// Makes a buffer, and its mmap offset if it can be mapped.
    fn create(dev: &MvgalDevice, buffer: Self) -> Result<BufferRef> {
        let mappable = buffer.mappable;
        let obj = kernel_ext::gem::new::<Self>(dev, buffer.dma_buf.size(), buffer)?;

        // From here on the offset is there, so that asking for it cannot fail.
        if mappable {
            obj.create_mmap_offset()?;
        }
        Ok(obj)
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
        if self.exportable {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    fn may_mmap(&self) -> Result {
        if self.mappable {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    fn from_import(dev: &MvgalDevice, dma_buf: ARef<DmaBuf>) -> Result<BufferRef> {
        // CAST: Widens.
        if dma_buf.size() as u64 > MAX_BUFFER_SIZE {
            return Err(E2BIG);
        }

        Self::create(
            dev,
            Self {
                base: BaseFuncs::default(),
                home: uapi::DRM_MVGAL_MEMBER_HOST,
                mappable: dma_buf.can_mmap(),
                exportable: true,
                dma_buf,
            },
        )
    }
}

/// Returns the buffer behind a handle of a file.
///
/// Fails with `ENOENT` if there is no such handle.
pub(crate) fn lookup(file: &drm::File<crate::file::File>, handle: u32) -> Result<BufferRef> {
    gem::Object::lookup_handle(file, handle)
}
