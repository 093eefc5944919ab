// SPDX-License-Identifier: GPL-2.0

//! NATIVE jobs: the client's own submissions to a member's driver.

use kernel::{
    current,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
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
use mvgal_vendors::FencePlace;

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

/// A command for a member's driver, of the task that has submitted it. Its argument is elsewhere.
pub(crate) struct Command {
    attachment: Arc<Attachment>,
    /// Number of the ioctl, as [`kernel_ext::drm_file::DrmFile::ioctl`] takes it.
    nr: u32,
    source: FenceSource,
}

impl Command {
    /// Reads and checks the payload of a job for the attached member. The argument of the command
    /// goes to `arg`, which is all zeroes.
    ///
    /// # Errors
    ///
    /// As `struct drm_mvgal_native` says, and `EFAULT`.
    pub(crate) fn new(
        attachment: Arc<Attachment>,
        payload: u64,
        size: u32,
        arg: &mut IoctlArg,
    ) -> Result<Self> {
        let args: uapi::drm_mvgal_native = obj_array::read_one(payload, size)?;
        attachment.check_number(args.attachment)?;
        let file = attachment.file();
        let command = attachment.vendor().native_command(args.nr)?;
        let arg_size = file.device().ioctl_size(command.nr).ok_or(EOPNOTSUPP)?;

        let bytes = arg.bytes_mut(arg_size).ok_or(EOPNOTSUPP)?;
        obj_array::read_bytes(args.args, args.args_size, bytes)?;
        (command.check)(arg)?;

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
            source,
            attachment,
        })
    }

    /// The member, and the file to use it through.
    pub(crate) fn attachment(&self) -> &Arc<Attachment> {
        &self.attachment
    }

    /// Submits it in the current task, whose memory it is of, and finds its fence. The driver
    /// writes to its argument.
    ///
    /// # Errors
    ///
    /// What the driver answers; `EINVAL` if there is no fence in the syncobj.
    pub(crate) fn submit(&self, arg: &mut IoctlArg) -> Result<ARef<Fence>> {
        self.hand_over(arg)?;
        match &self.source {
            FenceSource::Syncobj(syncobj, point) => {
                let fence = syncobj.fence_at(*point).ok_or(EINVAL)?;
                // What is published must not be a node of another timeline.
                Ok(fence.unchained())
            }
            FenceSource::Buffer(object) => Ok(object.users()?.unwrap_or_else(Fence::signaled)),
        }
    }
}

/// How often a submission is made anew that the driver wants to have made again.
const MAX_RETRIES: u32 = 100;

impl Command {
    /// Makes the submission, again if the driver asks for that, as `drmIoctl()` of libdrm does.
    fn hand_over(&self, arg: &mut IoctlArg) -> Result {
        let given = arg.clone();
        for retry in 0..MAX_RETRIES {
            match self.attachment.file().ioctl_whole(self.nr, arg) {
                Err(err) if err == EAGAIN => {}
                result => return result.map(|_| ()),
            }
            if current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
            // The first time something has changed under the driver's hands; later it has as much
            // to do as it takes.
            if retry != 0 {
                fsleep(Delta::from_millis(1));
            }
            *arg = given.clone();
        }
        Err(EAGAIN)
    }
}

/// A command, its argument, and the memory that that points into.
pub(crate) struct Native {
    command: Command,
    arg: IoctlArg,
    memory: UserMemory,
}

impl Native {
    /// Reads and checks the payload of a job for the attached member.
    ///
    /// # Errors
    ///
    /// As [`Command::new`].
    pub(crate) fn new(attachment: Arc<Attachment>, payload: u64, size: u32) -> Result<Self> {
        let mut arg = IoctlArg::default();
        Ok(Self {
            command: Command::new(attachment, payload, size, &mut arg)?,
            arg,
            // A kernel thread has no ioctls to call.
            memory: UserMemory::of_current().ok_or(EINVAL)?,
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
    /// As [`Command::submit`].
    pub(crate) fn submit(&self) -> Result<ARef<Fence>> {
        // It may have to be done again.
        self.command.submit(&mut self.arg.clone())
    }

    /// Submits it in a kernel thread, in the client's memory and with the credentials of the
    /// attached file.
    ///
    /// # Errors
    ///
    /// As [`Native::submit`]; `ECANCELED` if the process is gone or runs another program.
    pub(crate) fn submit_elsewhere(&self) -> Result<ARef<Fence>> {
        self.memory
            .enter(self.command.attachment.file(), || self.submit())?
    }
}
