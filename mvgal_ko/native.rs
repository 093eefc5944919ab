// SPDX-License-Identifier: GPL-2.0

//! NATIVE jobs: the client's own submissions to a member's driver.

use kernel::{
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
};

use kernel_ext::{
    dma_fence::Fence,
    drm_file::{
        ForeignObject,
        IoctlArg, //
    },
    syncobj::Syncobj,
    uapi,
    user_memory::UserMemory, //
};
use mvgal_vendors::{
    ops_for,
    FencePlace, //
};

use crate::{
    affinity::Attachment,
    obj_array, //
};

/// Where the fence of a submission is found.
enum FenceSource {
    /// In a syncobj of the attached file, at a point of it; 0 stands for a binary one.
    Syncobj(ARef<Syncobj>, u64),
    /// In the `dma_resv` of a GEM object.
    Buffer(ForeignObject),
}

/// A submission to a member's driver.
pub(crate) struct Native {
    attachment: Arc<Attachment>,
    /// Number of the ioctl, as [`kernel_ext::drm_file::DrmFile::ioctl`] takes it.
    nr: u32,
    arg: IoctlArg,
    source: FenceSource,
    memory: UserMemory,
}

impl Native {
    /// Reads and checks the payload of a job for the attached member.
    ///
    /// # Errors
    ///
    /// As `struct drm_mvgal_native` says, and `EFAULT`.
    pub(crate) fn new(attachment: Arc<Attachment>, payload: u64, size: u32) -> Result<Self> {
        let args: uapi::drm_mvgal_native = obj_array::read_one(payload, size)?;
        let file = attachment.file();
        let device = file.device();
        let command = ops_for(device).native_command(args.nr)?;
        let arg_size = device.ioctl_size(command.nr).ok_or(EOPNOTSUPP)?;

        let mut arg = IoctlArg::default();
        let bytes = arg.bytes_mut(arg_size).ok_or(EOPNOTSUPP)?;
        obj_array::read_bytes(args.args, args.args_size, bytes)?;
        (command.check)(&arg)?;

        let place = match args.fence {
            uapi::drm_mvgal_native_fence_DRM_MVGAL_NATIVE_FENCE_SYNCOBJ => FencePlace::Syncobj,
            uapi::drm_mvgal_native_fence_DRM_MVGAL_NATIVE_FENCE_BUFFER if args.point == 0 => {
                FencePlace::Buffer
            }
            _ => return Err(EINVAL),
        };
        if !command.fences.contains(&place) {
            return Err(EINVAL);
        }
        let source = match place {
            FencePlace::Syncobj => FenceSource::Syncobj(file.syncobj(args.handle)?, args.point),
            FencePlace::Buffer => FenceSource::Buffer(file.gem_object(args.handle)?),
        };
        Ok(Self {
            nr: command.nr,
            arg,
            source,
            // A kernel thread has no ioctls to call.
            memory: UserMemory::of_current().ok_or(EINVAL)?,
            attachment,
        })
    }

    /// Whether it can be submitted by the current task.
    pub(crate) fn is_of_current(&self) -> bool {
        self.memory.is_of_current()
    }

    /// Submits it in the current task, whose memory it is of, and finds its fence.
    ///
    /// # Errors
    ///
    /// What the driver answers; `EINVAL` if there is no fence in the syncobj.
    pub(crate) fn submit(&self) -> Result<ARef<Fence>> {
        // The driver writes to its argument.
        let mut arg = self.arg.clone();
        self.attachment.file().ioctl_whole(self.nr, &mut arg)?;
        match &self.source {
            FenceSource::Syncobj(syncobj, point) => {
                let fence = syncobj.fence_at(*point).ok_or(EINVAL)?;
                // What is published must not be a node of another timeline.
                Ok(fence.unchained())
            }
            FenceSource::Buffer(object) => Ok(object.users()?.unwrap_or_else(Fence::signaled)),
        }
    }

    /// Submits it in a kernel thread, in the client's memory and with the credentials of the
    /// attached file.
    ///
    /// # Errors
    ///
    /// As [`Native::submit`]; `ECANCELED` if the process is gone or runs another program.
    pub(crate) fn submit_elsewhere(&self) -> Result<ARef<Fence>> {
        self.memory
            .enter(self.attachment.file(), || self.submit())?
    }
}
