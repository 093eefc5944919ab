// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ioctls of virtio_gpu.

use nix::ioctl_readwrite;

use super::sys;
use crate::ioctls::{DRM_COMMAND_BASE, DRM_IOCTL_BASE};

macro_rules! table {
    ($($name:ident = $id:ident ($arg:ident);)*) => {
        $(
            ioctl_readwrite!(
                $name,
                DRM_IOCTL_BASE,
                DRM_COMMAND_BASE + sys::$id,
                sys::$arg
            );
        )*
    };
}

table! {
    map = DRM_VIRTGPU_MAP(drm_virtgpu_map);
    execbuffer = DRM_VIRTGPU_EXECBUFFER(drm_virtgpu_execbuffer);
    getparam = DRM_VIRTGPU_GETPARAM(drm_virtgpu_getparam);
    resource_create = DRM_VIRTGPU_RESOURCE_CREATE(drm_virtgpu_resource_create);
    resource_info = DRM_VIRTGPU_RESOURCE_INFO(drm_virtgpu_resource_info);
    transfer_from_host = DRM_VIRTGPU_TRANSFER_FROM_HOST(drm_virtgpu_3d_transfer_from_host);
    transfer_to_host = DRM_VIRTGPU_TRANSFER_TO_HOST(drm_virtgpu_3d_transfer_to_host);
    wait = DRM_VIRTGPU_WAIT(drm_virtgpu_3d_wait);
    get_caps = DRM_VIRTGPU_GET_CAPS(drm_virtgpu_get_caps);
    resource_create_blob = DRM_VIRTGPU_RESOURCE_CREATE_BLOB(drm_virtgpu_resource_create_blob);
    context_init = DRM_VIRTGPU_CONTEXT_INIT(drm_virtgpu_context_init);
}
