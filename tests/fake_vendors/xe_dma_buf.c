// SPDX-License-Identifier: GPL-2.0
/* The fake xe's dma-bufs: xe_dma_buf.c of the real one. */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>

#include <drm/drm_prime.h>

#include "xe.h"

/* xe_bo_can_migrate(), to the system's memory */
static bool can_leave_vram(struct fake_bo *bo)
{
	return bo->allowed & FAKE_IN(FAKE_GTT);
}

/* xe_dma_buf_attach(): who does not reach VRAM cannot have what may only be there. */
static int attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	int ret;

	ret = fake_export_attach(dma_buf, attach);
	if (ret)
		return ret;
	if (!attach->peer2peer && !can_leave_vram(to_fake_bo(dma_buf->priv))) {
		fake_export_detach(dma_buf, attach);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* xe_dma_buf_pin(): where it is if all that are attached reach it, else in the system's memory. */
static int pin(struct dma_buf_attachment *attach)
{
	struct fake_bo *bo = to_fake_bo(attach->dmabuf->priv);
	u32 regions = FAKE_IN(FAKE_GTT);

	if (fake_export_reached_by_all(bo))
		regions = bo->allowed;
	else if (!can_leave_vram(bo))
		return -EINVAL;
	return fake_bo_pin_in(bo, regions);
}

static void unpin(struct dma_buf_attachment *attach)
{
	fake_bo_unpin(attach->dmabuf->priv);
}

/* xe_dma_buf_map(): in the system's memory, or where it is to be if the importer reaches that. */
static struct sg_table *map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct fake_bo *bo = to_fake_bo(attach->dmabuf->priv);
	int ret = 0;

	if (!attach->peer2peer && !can_leave_vram(bo))
		return ERR_PTR(-EOPNOTSUPP);
	if (!bo->pins) {
		if (attach->peer2peer)
			ret = fake_bo_move_to(bo, bo->allowed);
		else
			ret = fake_bo_move_to(bo, FAKE_IN(FAKE_GTT));
	}
	if (ret)
		return ERR_PTR(ret);
	/* xe_ttm_vram_mgr_alloc_sgt() */
	if (bo->region == FAKE_VRAM && !fake_vram_is_visible(bo))
		return ERR_PTR(-EOPNOTSUPP);
	return fake_export_map(attach, dir);
}

/* xe_dma_buf_begin_cpu_access(): if it cannot be moved, it is read where it is. */
static int begin_cpu_access(struct dma_buf *dma_buf, enum dma_data_direction direction)
{
	struct drm_gem_object *obj = dma_buf->priv;
	struct fake_bo *bo = to_fake_bo(obj);

	if (direction != DMA_BIDIRECTIONAL && direction != DMA_FROM_DEVICE)
		return 0;
	if (dma_resv_lock_interruptible(obj->resv, NULL))
		return 0;
	if (can_leave_vram(bo))
		fake_bo_move_to(bo, FAKE_IN(FAKE_GTT));
	dma_resv_unlock(obj->resv);
	return 0;
}

/* xe_dma_buf_release(): what it does for memory that may be dropped is not modelled. */
static void release(struct dma_buf *dma_buf)
{
	drm_gem_dmabuf_release(dma_buf);
}

static const struct dma_buf_ops xe_dma_buf_ops = {
	.attach = attach,
	.detach = fake_export_detach,
	.pin = pin,
	.unpin = unpin,
	.map_dma_buf = map,
	.unmap_dma_buf = fake_export_unmap,
	.release = release,
	.begin_cpu_access = begin_cpu_access,
	.mmap = drm_gem_dmabuf_mmap,
	.vmap = drm_gem_dmabuf_vmap,
	.vunmap = drm_gem_dmabuf_vunmap,
};

/**
 * xe_export() - xe_gem_prime_export()
 * @obj: the object
 * @flags: see there
 *
 * Return: the dma-buf; or -EPERM for what belongs to a VM.
 */
struct dma_buf *xe_export(struct drm_gem_object *obj, int flags)
{
	struct dma_buf *dma_buf;

	if (to_fake_bo(obj)->root)
		return ERR_PTR(-EPERM);
	dma_buf = drm_gem_prime_export(obj, flags);
	if (!IS_ERR(dma_buf))
		dma_buf->ops = &xe_dma_buf_ops;
	return dma_buf;
}

/**
 * xe_import() - xe_gem_prime_import()
 * @drm: the device
 * @dma_buf: what is imported
 *
 * Return: the object, referenced; or an error pointer.
 */
struct drm_gem_object *xe_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	return fake_import_dynamic(drm, dma_buf, &xe_dma_buf_ops);
}
