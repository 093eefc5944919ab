/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input of bindgen for what the bindings of the `kernel` crate lack; the names
 * are picked in bindgen_parameters.  Sorted alphabetically.
 */

#include <linux/hrtimer_types.h>

#include <drm/drm_cache.h>
#include <drm/drm_print.h>
#include <drm/drm_syncobj.h>
#include <linux/cgroup_dmem.h>
#include <linux/dma-fence-chain.h>
#include <linux/vmalloc.h>
