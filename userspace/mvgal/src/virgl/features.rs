// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the device and its driver can do.

use std::os::fd::AsFd;

use nix::errno::Errno;

use super::capset::CapsetId;
use super::error::{Call, Error, Result};
use super::file::retry;
use super::{ioctls, sys};

/// What a virtio GPU and its driver can do, by `VIRTGPU_GETPARAM`.
///
/// What an older driver does not know, it has not got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Features {
    /// The host renders: there are contexts, 3-D resources and command streams.
    pub render: bool,
    /// `GET_CAPS` gives as many bytes as both sides know, for sets that grow.
    pub capset_query_fix: bool,
    /// Blob resources.
    pub blob: bool,
    /// Blobs of the host's memory can be mapped.
    pub host_visible: bool,
    /// Resources can be shared with other virtio devices.
    pub cross_device: bool,
    /// A context can be made for one capability set.
    pub context_init: bool,
    /// Bit N is set if there is the capability set N; 0 if the driver does not say.
    pub capsets: u32,
    /// Contexts can have a name for debugging.
    pub debug_name: bool,
    /// What the size of a blob must be a multiple of, in bytes, if the device says.
    pub blob_alignment: Option<u32>,
}

impl Features {
    /// Asks a file of the driver virtio_gpu.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the GPU was unplugged, `ENOTTY` if the file is not of a virtio
    /// GPU.
    pub fn query(node: impl AsFd) -> Result<Self> {
        let fd = node.as_fd();
        let number = |param: u32| -> Result<Option<u32>> {
            let mut value = 0_i32;
            let mut arg = sys::drm_virtgpu_getparam {
                param: param.into(),
                value: (&raw mut value).expose_provenance() as u64,
            };
            // SAFETY: The kernel writes an int to where `value` points.
            match unsafe { retry(fd, ioctls::getparam, &mut arg) } {
                Ok(()) => Ok(Some(value.cast_unsigned())),
                // A parameter that the driver does not know, or that it knows of
                // a device that has not got it.
                Err(Errno::EINVAL | Errno::ENOENT) => Ok(None),
                Err(errno) => Err(Error::call(
                    Call::GetParam,
                    format!("parameter {param}"),
                    errno,
                )),
            }
        };
        let flag = |param| Ok::<_, Error>(number(param)?.is_some_and(|value| value != 0));
        Ok(Features {
            render: flag(sys::VIRTGPU_PARAM_3D_FEATURES)?,
            capset_query_fix: flag(sys::VIRTGPU_PARAM_CAPSET_QUERY_FIX)?,
            blob: flag(sys::VIRTGPU_PARAM_RESOURCE_BLOB)?,
            host_visible: flag(sys::VIRTGPU_PARAM_HOST_VISIBLE)?,
            cross_device: flag(sys::VIRTGPU_PARAM_CROSS_DEVICE)?,
            context_init: flag(sys::VIRTGPU_PARAM_CONTEXT_INIT)?,
            capsets: number(sys::VIRTGPU_PARAM_SUPPORTED_CAPSET_IDs)?.unwrap_or(0),
            debug_name: flag(sys::VIRTGPU_PARAM_EXPLICIT_DEBUG_NAME)?,
            blob_alignment: number(sys::VIRTGPU_PARAM_BLOB_ALIGNMENT)?,
        })
    }

    /// Whether the driver says that there is a capability set.
    pub fn has_capset(&self, id: CapsetId) -> bool {
        1_u32
            .checked_shl(id.get())
            .is_some_and(|bit| self.capsets & bit != 0)
    }
}
