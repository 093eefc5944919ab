// SPDX-License-Identifier: GPL-2.0

//! Handles that keep a driver in touch with those who imported what it exported.

use super::DrmFile;
use crate::{
    bindings,
    dma_buf::DmaBuf,
    runtime_pm::Awake, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

/// A handle of an exported object on the exporter's file, which nobody is told the number of.
///
/// With the last handle of an object the GEM core forgets its dma-buf, by which a driver finds the
/// importers when it is about to move the memory. So those that move what others have imported must
/// have a handle left as long as anybody uses it.
pub struct HeldHandle {
    file: DrmFile,
    handle: u32,
    /// Address of the object.
    object: usize,
}

impl DrmFile {
    /// Makes a handle of what the file's device has exported, until the value is dropped.
    ///
    /// The file stays open as long.
    ///
    /// # Errors
    ///
    /// `EINVAL` if the dma-buf is not of the file's device, `ENOMEM`, and what the driver answers.
    #[doc(alias = "drm_gem_handle_create")]
    pub fn hold(&self, dma_buf: &DmaBuf) -> Result<HeldHandle> {
        if dma_buf.exporting_device() != Some(self.device_key()) {
            return Err(EINVAL);
        }
        let object = dma_buf.exported_gem().ok_or(EINVAL)?.as_ptr();
        let _awake = Awake::new(self.device())?;
        let mut handle = 0;
        // SAFETY: The file is an open one of the device that the object is of, and the dma-buf
        // keeps the object.
        to_result(unsafe { bindings::drm_gem_handle_create(self.file(), object, &mut handle) })?;
        Ok(HeldHandle {
            file: self.clone(),
            handle,
            object: object.addr(),
        })
    }
}

impl Drop for HeldHandle {
    fn drop(&mut self) {
        // A client that closes handles at random may have closed it, and have another by that
        // number.
        let there = self.file.gem_object(self.handle);
        if there.is_ok_and(|object| object.0.addr().get() == self.object) {
            let _ = self.file.close_handle(self.handle);
        }
    }
}
