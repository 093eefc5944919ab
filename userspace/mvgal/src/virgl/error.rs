// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong with virgl, and what to do about it.

use std::fmt;
use std::io;

use nix::errno::Errno;

use super::capset::CapsetId;

/// A [`Result`](std::result::Result) with the [`Error`] of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call into virtio_gpu or the DRM core, on the file of a [`Context`].
///
/// [`Context`]: super::Context
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// `DRM_IOCTL_VIRTGPU_GETPARAM`
    GetParam,
    /// `DRM_IOCTL_VIRTGPU_GET_CAPS`
    GetCaps,
    /// `DRM_IOCTL_VIRTGPU_CONTEXT_INIT`
    ContextInit,
    /// `DRM_IOCTL_VIRTGPU_RESOURCE_CREATE`
    ResourceCreate,
    /// `DRM_IOCTL_VIRTGPU_RESOURCE_CREATE_BLOB`
    ResourceCreateBlob,
    /// `DRM_IOCTL_VIRTGPU_RESOURCE_INFO`
    ResourceInfo,
    /// `DRM_IOCTL_VIRTGPU_MAP`, and the `mmap()` after it.
    Map,
    /// `DRM_IOCTL_VIRTGPU_TRANSFER_TO_HOST`
    TransferToHost,
    /// `DRM_IOCTL_VIRTGPU_TRANSFER_FROM_HOST`
    TransferFromHost,
    /// `DRM_IOCTL_VIRTGPU_EXECBUFFER`
    ExecBuffer,
    /// `DRM_IOCTL_VIRTGPU_WAIT`
    Wait,
    /// `DRM_IOCTL_PRIME_FD_TO_HANDLE` or `DRM_IOCTL_PRIME_HANDLE_TO_FD`
    Prime,
    /// One of the syncobj ioctls.
    Syncobj,
    /// `poll()` of a dma-buf.
    Poll,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Call::GetParam => "VIRTGPU_GETPARAM",
            Call::GetCaps => "VIRTGPU_GET_CAPS",
            Call::ContextInit => "VIRTGPU_CONTEXT_INIT",
            Call::ResourceCreate => "VIRTGPU_RESOURCE_CREATE",
            Call::ResourceCreateBlob => "VIRTGPU_RESOURCE_CREATE_BLOB",
            Call::ResourceInfo => "VIRTGPU_RESOURCE_INFO",
            Call::Map => "VIRTGPU_MAP",
            Call::TransferToHost => "VIRTGPU_TRANSFER_TO_HOST",
            Call::TransferFromHost => "VIRTGPU_TRANSFER_FROM_HOST",
            Call::ExecBuffer => "VIRTGPU_EXECBUFFER",
            Call::Wait => "VIRTGPU_WAIT",
            Call::Prime => "PRIME",
            Call::Syncobj => "SYNCOBJ",
            Call::Poll => "poll",
        })
    }
}

/// What can go wrong with virgl.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The host renders nothing for this GPU.
    #[error(
        "{node} is a virtio GPU without 3-D: the host has no virgl for it; start the virtual \
         machine with a GPU that has (virtio-gpu-gl in QEMU)"
    )]
    No3d {
        /// The node that was opened.
        node: String,
    },

    /// The host has not got that set of capabilities.
    #[error("the host has no capability set {0}")]
    NoCapset(CapsetId),

    /// The host or the driver has not got the feature.
    #[error("{what}: {reason}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// Why it is not there.
        reason: &'static str,
    },

    /// The driver refused a call.
    #[error("{call} of {subject}: {} ({errno:?}){}", errno.desc(), advice(*call, *errno))]
    Call {
        /// The call.
        call: Call,
        /// What it was about.
        subject: String,
        /// What the driver answered.
        errno: Errno,
    },

    /// A value is outside of what it may be; no call was made.
    #[error("{what} is {value}; it must be {allowed}")]
    Range {
        /// What has the value.
        what: &'static str,
        /// The value.
        value: u64,
        /// What it may be.
        allowed: String,
    },

    /// A resource of one context was used in commands of another.
    #[error(
        "resource {handle} belongs to another open file of the GPU: export it there and import it \
         here"
    )]
    Foreign {
        /// Its GEM handle there.
        handle: u32,
    },

    /// Words are no command stream: the host would give up the context.
    #[error("word {at} of the command stream: {reason}; nothing was submitted")]
    Malformed {
        /// Index of the word.
        at: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// The host has given up the context, because of commands it could not run.
    #[error(
        "the host has given up the rendering context: what was submitted to it last was wrong; \
         open the GPU again for a new one"
    )]
    Lost,

    /// The time was up first. What was waited for goes on, and can be waited for
    /// again.
    #[error("timed out waiting for {0}")]
    TimedOut(String),

    /// mvgal itself failed.
    #[error(transparent)]
    Device(#[from] crate::Error),
}

fn advice(call: Call, errno: Errno) -> &'static str {
    match (call, errno) {
        (Call::Prime, Errno::EINVAL | Errno::ENODEV) => {
            ": the driver imports only what a virtio GPU has exported"
        }
        (_, Errno::ENODEV) => ": the GPU was unplugged",
        (_, Errno::ENOMEM) => ": out of memory",
        (_, Errno::EMFILE) => ": too many open files; see ulimit -n",
        (Call::ContextInit, Errno::EEXIST) => {
            ": the file has a context already; the set is chosen before anything else is done"
        }
        (Call::ExecBuffer, Errno::ENOENT) => ": no such GEM handle in this file",
        (Call::ExecBuffer, Errno::EFAULT) => ": the commands are not in readable memory",
        (Call::TransferToHost | Call::TransferFromHost, Errno::EINVAL) => {
            ": strides are for blobs of the host, and blobs of the guest need no transfer"
        }
        (Call::Wait, Errno::EBUSY) => ": the host has not finished within 15 s",
        _ => "",
    }
}

impl Error {
    /// The errno behind this error, if the kernel gave one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Error::Call { errno, .. } => Some(*errno),
            Error::TimedOut(_) => Some(Errno::ETIME),
            Error::Device(error) => error.errno(),
            _ => None,
        }
    }

    pub(crate) fn call(call: Call, subject: impl Into<String>, errno: Errno) -> Self {
        Error::Call {
            call,
            subject: subject.into(),
            errno,
        }
    }

    /// For the calls of the drm crate, which give [`io::Error`].
    pub(crate) fn io(call: Call, subject: impl Into<String>, error: &io::Error) -> Self {
        let errno = error
            .raw_os_error()
            .map_or(Errno::UnknownErrno, Errno::from_raw);
        Error::call(call, subject, errno)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_imported_is_not_said_to_be_unplugged() {
        let text = |call| Error::call(call, "a dma-buf", Errno::ENODEV).to_string();
        insta::assert_snapshot!(text(Call::Prime), @"PRIME of a dma-buf: No such device (ENODEV): the driver imports only what a virtio GPU has exported");
        insta::assert_snapshot!(text(Call::Map), @"VIRTGPU_MAP of a dma-buf: No such device (ENODEV): the GPU was unplugged");
    }
}
