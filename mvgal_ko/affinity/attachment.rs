// SPDX-License-Identifier: GPL-2.0

//! Files that a client opened itself on a member's node, and attached.

use crate::{
    dispatch::Dispatcher,
    member::Member, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use kernel_ext::drm_file::DrmFile;
use mvgal_vendors::{
    ops_for,
    VendorOps, //
};

/// A member, and the file through which a client uses it.
pub(crate) struct Attachment {
    /// See [`Client::next_attachment`](super::Client::next_attachment).
    number: u64,
    member: Arc<Member>,
    file: DrmFile,
    vendor: &'static dyn VendorOps,
}

impl Attachment {
    /// Attaches the file behind a descriptor of the current task.
    ///
    /// # Errors
    ///
    /// `EBADF` if it is not open, `EINVAL` if it is no file of the member, `EACCES` if it may not
    /// render, `ENODEV` if the member is gone.
    pub(super) fn new(member: Arc<Member>, fd: i32, number: u64) -> Result<Self> {
        let file = DrmFile::from_fd(fd)?;

        if !member.is_device(file.device_key()) {
            return Err(EINVAL);
        }
        // Only as long as it is not gone, no other device has its key.
        if member.is_gone() {
            return Err(ENODEV);
        }
        file.may_render()?;
        Ok(Self {
            number,
            vendor: ops_for(file.device()),
            member,
            file,
        })
    }

    /// Returns the member.
    pub(crate) fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Fails with `ESTALE` if it is not the one of that number. 0 stands for any.
    pub(crate) fn check_number(&self, number: u64) -> Result {
        if number != 0 && number != self.number {
            return Err(ESTALE);
        }
        Ok(())
    }

    /// Returns the file.
    pub(crate) fn file(&self) -> &DrmFile {
        &self.file
    }

    /// Returns the operations on the member's driver.
    pub(crate) fn vendor(&self) -> &'static dyn VendorOps {
        self.vendor
    }

    /// Returns what runs the member's jobs.
    pub(crate) fn dispatcher(&self) -> &Arc<Dispatcher> {
        self.member.dispatcher()
    }
}
