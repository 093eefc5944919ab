// SPDX-License-Identifier: GPL-2.0
/*
 * The fake amdgpu's dma-bufs: amdgpu_dma_buf.c of the real one. There is no XGMI, and no compressed
 * VRAM of GFX 12, for which others are refused the BAR.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>

#include <drm/drm_prime.h>

#include "amdgpu.h"

/* amdgpu_dma_buf_attach(): others reach VRAM while the device is awake, which they then keep it. */
static int attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct drm_gem_object *obj = dma_buf->priv;

	if (READ_ONCE(to_fake_gpu(obj->dev)->asleep))
		attach->peer2peer = false;
	return fake_export_attach(dma_buf, attach);
}

/*
 * amdgpu_bo_pin() in amdgpu_object.c: where it is to be, if that is one of some regions, and nowhere
 * else, even if it is pinned elsewhere in them. If it is to be in none of them it may be in any.
 */
static int bo_pin(struct fake_bo *bo, u32 regions)
{
	if (!bo->pins && !(bo->flags & AMDGPU_GEM_CREATE_NO_CPU_ACCESS))
		bo->needs_visible = true;
	return fake_bo_pin_in(bo, bo->preferred & regions ?: regions);
}

/*
 * amdgpu_dma_buf_pin(): for importers that follow no moves. In VRAM if all that are attached reach it,
 * else in GTT.
 */
static int pin(struct dma_buf_attachment *attach)
{
	struct fake_bo *bo = to_fake_bo(attach->dmabuf->priv);
	u32 regions = bo->allowed;

	if (!fake_export_reached_by_all(bo))
		regions &= ~FAKE_IN(FAKE_VRAM);
	if (regions & FAKE_IN(FAKE_VRAM))
		bo->needs_visible = true;
	return regions ? bo_pin(bo, regions) : -EINVAL;
}

static void unpin(struct dma_buf_attachment *attach)
{
	fake_bo_unpin(attach->dmabuf->priv);
}

/* amdgpu_dma_buf_map(): in GTT, or in VRAM if it is to be there and the importer reaches it. */
static struct sg_table *map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct fake_bo *bo = to_fake_bo(attach->dmabuf->priv);
	u32 regions = FAKE_IN(FAKE_GTT);
	int ret;

	if (!bo->pins) {
		if (bo->preferred & FAKE_IN(FAKE_VRAM) && attach->peer2peer) {
			bo->needs_visible = true;
			regions |= FAKE_IN(FAKE_VRAM);
		}
		ret = fake_bo_move_to(bo, regions);
		if (ret)
			return ERR_PTR(ret);
	}
	return fake_export_map(attach, dir);
}

/*
 * amdgpu_dma_buf_begin_cpu_access(): it moves objects to GTT on APUs with a display alone
 * (amdgpu_display_supported_domains()).
 */
static int begin_cpu_access(struct dma_buf *dma_buf, enum dma_data_direction direction)
{
	return 0;
}

/* amdgpu_dma_buf_vmap() */
static int vmap_dma_buf(struct dma_buf *dma_buf, struct iosys_map *map)
{
	struct drm_gem_object *obj = dma_buf->priv;
	int ret;

	ret = bo_pin(to_fake_bo(obj), FAKE_IN(FAKE_GTT) | FAKE_IN(FAKE_VRAM));
	if (ret)
		return ret;
	ret = drm_gem_dmabuf_vmap(dma_buf, map);
	if (ret)
		fake_bo_unpin(obj);
	return ret;
}

static void vunmap_dma_buf(struct dma_buf *dma_buf, struct iosys_map *map)
{
	drm_gem_dmabuf_vunmap(dma_buf, map);
	fake_bo_unpin(dma_buf->priv);
}

static const struct dma_buf_ops amdgpu_dma_buf_ops = {
	.attach = attach,
	.detach = fake_export_detach,
	.pin = pin,
	.unpin = unpin,
	.map_dma_buf = map,
	.unmap_dma_buf = fake_export_unmap,
	.release = drm_gem_dmabuf_release,
	.begin_cpu_access = begin_cpu_access,
	.mmap = drm_gem_dmabuf_mmap,
	.vmap = vmap_dma_buf,
	.vunmap = vunmap_dma_buf,
};

/**
 * amdgpu_export() - amdgpu_gem_prime_export()
 * @obj: the object
 * @flags: see there
 *
 * Return: the dma-buf; or -EPERM for what belongs to an address space.
 */
struct dma_buf *amdgpu_export(struct drm_gem_object *obj, int flags)
{
	struct dma_buf *dma_buf;

	if (to_fake_bo(obj)->flags & AMDGPU_GEM_CREATE_VM_ALWAYS_VALID)
		return ERR_PTR(-EPERM);
	dma_buf = drm_gem_prime_export(obj, flags);
	if (!IS_ERR(dma_buf))
		dma_buf->ops = &amdgpu_dma_buf_ops;
	return dma_buf;
}

/**
 * amdgpu_import() - amdgpu_gem_prime_import()
 * @drm: the device
 * @dma_buf: what is imported
 *
 * Return: the object, referenced; or an error pointer.
 */
struct drm_gem_object *amdgpu_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	struct drm_gem_object *obj = fake_import_dynamic(drm, dma_buf, &amdgpu_dma_buf_ops);
	int ret;

	if (IS_ERR(obj) || !drm_gem_is_imported(obj))
		return obj;
	ret = amdgpu_bo_init_imported(to_fake_bo(obj));
	if (ret) {
		drm_gem_object_put(obj);
		return ERR_PTR(ret);
	}
	return obj;
}
