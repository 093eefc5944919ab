// SPDX-License-Identifier: MIT OR Apache-2.0

//! Submissions of the client's own to a member's driver.

use crate::affinity::Attachment;
use crate::sys;

/// Where the fence of a [`NativeCommand`] is found once the member's driver has
/// it. Handles are those of the file that is attached for the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NativeFence {
    /// In a binary syncobj that the command signals.
    Syncobj {
        /// Its handle.
        handle: u32,
    },
    /// At a timeline point that the command signals.
    TimelinePoint {
        /// Handle of the syncobj.
        handle: u32,
        /// The point, not 0.
        point: u64,
    },
    /// In the `dma_resv` of a GEM object that the command uses: the job is over
    /// when all fences have signalled that are there once it is submitted.
    Buffer {
        /// Its GEM handle.
        handle: u32,
    },
}

/// A command of a member's own driver, for [`Job::native`](crate::Job::native).
///
/// It is the client's own submission: the kernel hands it to the driver through
/// the file that is attached for the member, when it is the job's turn.
#[derive(Debug, Clone, Copy)]
pub struct NativeCommand<'a> {
    pub(crate) nr: u32,
    pub(crate) argument: &'a [u8],
    pub(crate) fence: NativeFence,
    attachment: u64,
}

impl<'a> NativeCommand<'a> {
    /// A command by the number of its ioctl as the driver's header has it, which
    /// counts from 0 (`DRM_VIRTGPU_EXECBUFFER`, say), and the bytes of the ioctl's
    /// argument.
    ///
    /// `argument` is copied when the batch is submitted, and what the driver
    /// returns in it is dropped. Which commands a driver takes is told in
    /// `mvgal_drm.h`; none takes or returns file descriptors.
    ///
    /// # Safety
    ///
    /// What the pointers in `argument` point at must be valid for what the driver
    /// does with it, and stay as it is until the job has been dispatched or has
    /// ended: until one of its out-syncs has a fence, at the latest when one has
    /// signalled. If that has the error `ETIME` or `ENODEV`, the job was ended while
    /// the driver may still be at it: then it must stay until the driver's own fence
    /// is there, where [`NativeFence`] says.
    pub unsafe fn new(nr: u32, argument: &'a [u8], fence: NativeFence) -> Self {
        NativeCommand {
            nr,
            argument,
            fence,
            attachment: 0,
        }
    }

    /// Only by the file of this attachment, which the handles and contexts in the argument
    /// are of. Once another file of the member was attached, the batch is refused with
    /// `ESTALE`, where it would be submitted by that one otherwise.
    pub fn through(mut self, attachment: Attachment) -> Self {
        self.attachment = attachment.get();
        self
    }

    /// The payload of its job.
    pub(crate) fn to_raw(self) -> sys::drm_mvgal_native {
        let (fence, handle, point) = match self.fence {
            NativeFence::Syncobj { handle } => (sys::DRM_MVGAL_NATIVE_FENCE_SYNCOBJ, handle, 0),
            NativeFence::TimelinePoint { handle, point } => {
                (sys::DRM_MVGAL_NATIVE_FENCE_SYNCOBJ, handle, point)
            }
            NativeFence::Buffer { handle } => (sys::DRM_MVGAL_NATIVE_FENCE_BUFFER, handle, 0),
        };
        sys::drm_mvgal_native {
            nr: self.nr,
            // What does not fit is larger than any driver's argument, as this is.
            args_size: u32::try_from(self.argument.len()).unwrap_or(u32::MAX),
            args: self.argument.as_ptr().expose_provenance() as u64,
            fence,
            handle,
            point,
            attachment: self.attachment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_become_what_the_header_says() {
        let argument = [1_u8; 40];
        for (fence, raw) in [
            (NativeFence::Syncobj { handle: 3 }, (1, 3, 0)),
            (
                NativeFence::TimelinePoint {
                    handle: 4,
                    point: 9,
                },
                (1, 4, 9),
            ),
            (NativeFence::Buffer { handle: 5 }, (2, 5, 0)),
        ] {
            // SAFETY: It is never submitted.
            let command = unsafe { NativeCommand::new(2, &argument, fence) }.to_raw();
            assert_eq!((command.fence, command.handle, command.point), raw);
            assert_eq!((command.nr, command.args_size), (2, 40));
            assert_eq!(command.args, argument.as_ptr().addr() as u64);
        }
    }
}
