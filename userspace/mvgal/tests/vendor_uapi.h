/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What src/vendor/sys.rs is generated from: the drivers' own headers, and the
 * numbers of the ioctls that are macros there.
 */
#define __user

#include "amdgpu_drm.h"
#include "i915_drm.h"
#include "nouveau_drm.h"
#include "virtgpu_drm.h"
#include "xe_drm.h"
#include "virtio_gpu.h"

enum vendor_ioctl {
	IOCTL_AMDGPU_INFO = DRM_IOCTL_AMDGPU_INFO,
	IOCTL_I915_GETPARAM = DRM_IOCTL_I915_GETPARAM,
	IOCTL_I915_QUERY = DRM_IOCTL_I915_QUERY,
	IOCTL_NOUVEAU_GETPARAM = DRM_IOCTL_NOUVEAU_GETPARAM,
	IOCTL_VIRTGPU_GETPARAM = DRM_IOCTL_VIRTGPU_GETPARAM,
	IOCTL_VIRTGPU_GET_CAPS = DRM_IOCTL_VIRTGPU_GET_CAPS,
	IOCTL_XE_DEVICE_QUERY = DRM_IOCTL_XE_DEVICE_QUERY,
};
