// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions and macros that Rust cannot call, as functions: what
 * rust/helpers/ is to the `kernel` crate.  Grouped by header, sorted
 * alphabetically.
 */

#include <drm/drm_syncobj.h>
#include <linux/dma-fence-chain.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

/* bindgen ignores inline functions, and warns of missing prototypes otherwise. */
#ifdef __BINDGEN__
#define __shim
#else
#define __shim __visible
#endif

/* drm/drm_syncobj.h */

__shim void mvgal_shim_drm_syncobj_get(struct drm_syncobj *obj)
{
	drm_syncobj_get(obj);
}

__shim void mvgal_shim_drm_syncobj_put(struct drm_syncobj *obj)
{
	drm_syncobj_put(obj);
}

__shim struct dma_fence *
mvgal_shim_drm_syncobj_fence_get(struct drm_syncobj *obj)
{
	return drm_syncobj_fence_get(obj);
}

/* linux/mm.h */

__shim unsigned long mvgal_shim_totalram_pages(void)
{
	return totalram_pages();
}

/* linux/string.h */

__shim void mvgal_shim_memset16(u16 *s, u16 v, size_t count)
{
	memset16(s, v, count);
}

__shim void mvgal_shim_memset32(u32 *s, u32 v, size_t count)
{
	memset32(s, v, count);
}

__shim void mvgal_shim_memset64(u64 *s, u64 v, size_t count)
{
	memset64(s, v, count);
}

/* The namespaces of what this crate calls. */
MODULE_IMPORT_NS("DMA_BUF");
