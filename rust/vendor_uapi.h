/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input of bindgen for the UAPI of the vendors' drivers; the names are picked in
 * Kbuild.  Sorted alphabetically.
 */

#include <drm/virtgpu_drm.h>

/* Out of the kernel's tree. */
#include "vendor_uapi/mtgpu_drm.h"
#include "vendor_uapi/nvidia_drm.h"
