// SPDX-License-Identifier: GPL-2.0

//! Trying whether a device gets at the memory of a dma-buf.

use super::{
    Attachment,
    DmaBuf, //
};
use crate::{
    bindings,
    dma_resv::LockedResvs,
    drm_device::ForeignDevice, //
};
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    dma::DataDirection,
    error::from_err_ptr,
    prelude::*, //
};

/// How the driver of the device that tries imports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Importer {
    /// It reaches system memory, where the exporter keeps it as long as it is imported.
    Static,
    /// It reaches system memory, and is told when the exporter moves it.
    Dynamic,
    /// The same, and it also reaches memory of other devices by peer-to-peer.
    PeerToPeer,
}

/// Where the memory is that was mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mapped {
    /// In system memory.
    System,
    /// The exporter agreed to peer-to-peer. Whether it knows what that means is for the caller to
    /// know: many exporters take no notice.
    PeerToPeer,
}

/// For importers that reach system memory alone.
static DYNAMIC: bindings::dma_buf_attach_ops = bindings::dma_buf_attach_ops {
    allow_peer2peer: false,
    invalidate_mappings: Some(invalidate),
};

/// For importers that reach memory of other devices, too.
static PEER_TO_PEER: bindings::dma_buf_attach_ops = bindings::dma_buf_attach_ops {
    allow_peer2peer: true,
    invalidate_mappings: Some(invalidate),
};

/// Called with the lock of the reservation object held, under which every mapping of ours begins
/// and ends, so that there is none.
extern "C" fn invalidate(_attachment: *mut bindings::dma_buf_attachment) {}

/// Attaches a device to a dma-buf and maps the memory for it, and undoes both.
///
/// It does to the exporter what an import by the driver of the device does, so that it may move the
/// memory to where the device reaches it. May sleep, allocate and wait for fences, and takes the
/// lock of the reservation object.
///
/// # Errors
///
/// `ENODEV` if the device was unplugged, `ENOMEM`, `EINTR`, and whatever the exporter answers.
#[doc(alias = "dma_buf_dynamic_attach")]
#[doc(alias = "dma_buf_map_attachment")]
pub fn try_map(dma_buf: &DmaBuf, dev: &ForeignDevice, importer: Importer) -> Result<Mapped> {
    // As PRIME_FD_TO_HANDLE does, and nothing more: what waits for fences must not keep devices
    // from being unplugged.
    dev.while_plugged(|| Ok(()))?;
    let ops = match importer {
        Importer::Static => ptr::null(),
        Importer::Dynamic => &raw const DYNAMIC,
        Importer::PeerToPeer => &raw const PEER_TO_PEER,
    };
    let dma_dev = dev.dma_device();
    // CAST: `Device` is a transparent wrapper.
    let raw_dev: *mut bindings::device = ptr::from_ref(dma_dev).cast_mut().cast();
    // SAFETY: The dma-buf is valid, so is the device, of which we have a reference until it is
    // detached, and the operations are for ever. No private data is wanted.
    let ptr = unsafe {
        bindings::dma_buf_dynamic_attach(dma_buf.as_raw(), raw_dev, ops, ptr::null_mut())
    };
    // INVARIANT: It has just been attached.
    let attachment = Attachment {
        ptr: NonNull::new(from_err_ptr(ptr)?).ok_or(ENOMEM)?,
        dma_buf: dma_buf.into(),
        _dev: dma_dev.into(),
    };

    // SAFETY: The device is valid. A device that does no DMA has no mask, and nothing can be mapped
    // for it; its driver uses the pages.
    if !unsafe { (*raw_dev).dma_mask }.is_null() {
        map(&attachment)?;
    }
    // SAFETY: The attachment is valid.
    let peer_to_peer = unsafe { attachment.ptr.as_ref() }.peer2peer;
    Ok(if peer_to_peer {
        Mapped::PeerToPeer
    } else {
        Mapped::System
    })
}

/// Maps the memory, and unmaps it.
fn map(attachment: &Attachment) -> Result {
    let direction = DataDirection::Bidirectional.into();
    let dma_bufs = [&*attachment.dma_buf];
    // No mapping is there when it is not held.
    let locked = LockedResvs::lock(&dma_bufs)?;
    let ptr = attachment.ptr.as_ptr();
    // SAFETY: The attachment is valid, and the lock of its dma-buf is held.
    let table = from_err_ptr(unsafe { bindings::dma_buf_map_attachment(ptr, direction) })?;
    // SAFETY: As above, and this is what was mapped.
    unsafe { bindings::dma_buf_unmap_attachment(ptr, table, direction) };
    drop(locked);
    Ok(())
}
