// SPDX-License-Identifier: GPL-2.0
/*
 * The fake i915's dma-bufs: gem/i915_gem_dmabuf.c of the real one.
 *
 * Who is attached has the object in the system's memory, pinned there until he is detached, and is
 * refused if it may not be there: by the placements it was created with, wherever it is just now. A
 * mapping for the kernel attaches nobody, and has the object where it is.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>

#include <drm/drm_prime.h>

#include "i915.h"

/* i915_gem_object_can_migrate(), to the system's memory; the object is locked */
static bool can_be_in_system(struct fake_bo *bo)
{
	if (!(bo->allowed & FAKE_IN(FAKE_GTT)))
		return false;
	return !bo->pins || READ_ONCE(bo->region) == FAKE_GTT;
}

/* i915_gem_dmabuf_attach() */
static int attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct drm_gem_object *obj = dma_buf->priv;
	struct fake_bo *bo = to_fake_bo(obj);
	int ret;

	ret = dma_resv_lock_interruptible(obj->resv, NULL);
	if (ret)
		return ret;
	if (!can_be_in_system(bo)) {
		ret = -EOPNOTSUPP;
		goto out;
	}
	ret = fake_bo_pin_in(bo, FAKE_IN(FAKE_GTT));
	/* It has pages there now: it is not moved back for work, before it loses them. */
	if (!ret)
		bo->preferred = FAKE_IN(FAKE_GTT);
out:
	dma_resv_unlock(obj->resv);
	return ret;
}

/* i915_gem_dmabuf_detach() */
static void detach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct drm_gem_object *obj = dma_buf->priv;

	dma_resv_lock(obj->resv, NULL);
	fake_bo_unpin(obj);
	dma_resv_unlock(obj->resv);
}

/* i915_gem_dmabuf_vmap(), i915_gem_object_pin_map(), which also warns when it is not for the CPU */
static int vmap(struct dma_buf *dma_buf, struct iosys_map *map)
{
	struct drm_gem_object *obj = dma_buf->priv;
	struct fake_bo *bo = to_fake_bo(obj);
	int ret;

	if (bo->flags & I915_BO_GPU_ONLY)
		return -EINVAL;
	ret = i915_bo_get_pages(bo);
	if (!ret)
		ret = fake_bo_pin_in(bo, bo->allowed);
	if (ret)
		return ret;
	ret = drm_gem_shmem_vmap_locked(&bo->shmem, map);
	if (ret)
		fake_bo_unpin(obj);
	return ret;
}

/* i915_gem_dmabuf_vunmap() */
static void vunmap(struct dma_buf *dma_buf, struct iosys_map *map)
{
	struct drm_gem_object *obj = dma_buf->priv;

	drm_gem_shmem_vunmap_locked(to_drm_gem_shmem_obj(obj), map);
	fake_bo_unpin(obj);
}

/* i915_gem_dmabuf_mmap(), of GPUs with local memory */
static int mmap(struct dma_buf *dma_buf, struct vm_area_struct *vma)
{
	struct drm_gem_object *obj = dma_buf->priv;

	if (obj->size < vma->vm_end - vma->vm_start)
		return -EINVAL;
	return drm_gem_prime_mmap(obj, vma);
}

/* i915_gem_object_wait(), which i915_gem_object_set_to_cpu_domain() and its like begin with */
static int cpu_access(struct drm_gem_object *obj, bool write)
{
	long ret;

	ret = dma_resv_lock_interruptible(obj->resv, NULL);
	if (ret)
		return ret;
	ret = i915_bo_get_pages(to_fake_bo(obj));
	if (!ret)
		ret = dma_resv_wait_timeout(obj->resv, dma_resv_usage_rw(write), true,
					    MAX_SCHEDULE_TIMEOUT);
	dma_resv_unlock(obj->resv);
	return min(ret, 0);
}

/* i915_gem_begin_cpu_access() */
static int begin_cpu_access(struct dma_buf *dma_buf, enum dma_data_direction direction)
{
	return cpu_access(dma_buf->priv,
			  direction == DMA_BIDIRECTIONAL || direction == DMA_TO_DEVICE);
}

/* i915_gem_end_cpu_access() */
static int end_cpu_access(struct dma_buf *dma_buf, enum dma_data_direction direction)
{
	return cpu_access(dma_buf->priv, false);
}

static const struct dma_buf_ops i915_dma_buf_ops = {
	.attach = attach,
	.detach = detach,
	.map_dma_buf = fake_export_map,
	.unmap_dma_buf = fake_export_unmap,
	.release = drm_gem_dmabuf_release,
	.mmap = mmap,
	.vmap = vmap,
	.vunmap = vunmap,
	.begin_cpu_access = begin_cpu_access,
	.end_cpu_access = end_cpu_access,
};

/**
 * i915_export() - i915_gem_prime_export()
 * @obj: the object
 * @flags: of the file
 *
 * Return: the dma-buf or an error pointer.
 */
struct dma_buf *i915_export(struct drm_gem_object *obj, int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	info.ops = &i915_dma_buf_ops;
	info.size = obj->size;
	info.flags = flags;
	info.priv = obj;
	info.resv = obj->resv;
	return drm_gem_dmabuf_export(obj->dev, &info);
}

/**
 * i915_import() - i915_gem_prime_import()
 * @drm: the device
 * @dma_buf: what is imported
 *
 * It is attached to here, and mapped by the first submission that has it: i915_bo_get_pages().
 *
 * Return: the object, referenced; or an error pointer.
 */
struct drm_gem_object *i915_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	if (dma_buf->size >> PAGE_SHIFT > INT_MAX)
		return ERR_PTR(-E2BIG);
	return fake_import_static(drm, dma_buf, &i915_dma_buf_ops);
}
