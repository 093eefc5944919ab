// SPDX-License-Identifier: GPL-2.0

//! The submissions of a member's driver that NATIVE jobs may make.

use kernel::prelude::*;
use kernel_ext::drm_file::IoctlArg;

/// Where the fence of a submission can be found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FencePlace {
    /// In a syncobj that the submission signals.
    Syncobj,
    /// In the `dma_resv` of a GEM object that the submission uses.
    Buffer,
}

/// A command that a NATIVE job may submit.
pub struct NativeCommand {
    /// Number of the driver's ioctl. It is one of [`DrmFile::ioctl`].
    ///
    /// [`DrmFile::ioctl`]: kernel_ext::drm_file::DrmFile::ioctl
    pub nr: u32,
    /// Fails with `EINVAL` if an argument may not be submitted: if it takes or returns file
    /// descriptors, which belong to a task and not to the file that a job goes through, if it would
    /// make the driver wait for the end of the work, or if it asks for what only the file's opener
    /// may do.
    ///
    /// What is wrong with it otherwise is for the driver to say.
    pub check: fn(&IoctlArg) -> Result,
    /// Where the driver puts the fence.
    pub fences: &'static [FencePlace],
}

/// Nothing in the argument could do harm.
pub(crate) fn anything(_: &IoctlArg) -> Result {
    Ok(())
}
