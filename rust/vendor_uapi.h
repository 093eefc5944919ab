/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input of bindgen for the UAPI of the vendors' drivers; the names are picked in
 * Kbuild.  First those of drivers in the kernel, then those of others, each sorted
 * alphabetically.
 */

#include <drm/amdgpu_drm.h>
#include <drm/i915_drm.h>
#include <drm/nouveau_drm.h>
#include <drm/virtgpu_drm.h>
#include <drm/xe_drm.h>

#include "vendor_uapi/mtgpu_drm.h"
#include "vendor_uapi/nvidia_drm.h"
