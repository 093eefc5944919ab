// SPDX-License-Identifier: GPL-2.0
/*
 * What is exported to other devices as a dma-buf.
 *
 * amdgpu and xe have dma-bufs of their own, which may move while others are attached, and may be
 * reached where they are by devices that PCI lets reach it: amdgpu_dma_buf.c and xe_dma_buf.c have
 * their rules, and what is common to both is here. i915 has its own, too, which do not move:
 * i915_dma_buf.c. All others leave it to the GEM core, which has objects pinned as soon as a device
 * is attached.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>

#include "fake.h"

static struct fake_gpu *bo_gpu(struct fake_bo *bo)
{
	return to_fake_gpu(bo->shmem.base.dev);
}

/**
 * fake_export_attach() - &dma_buf_ops.attach
 * @dma_buf: of the object
 * @attach: a device, whose &dma_buf_attachment.peer2peer becomes false if it cannot reach the BAR
 *
 * Return: 0 or -ENOMEM.
 */
int fake_export_attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct fake_attachment *attachment = kzalloc_obj(*attachment);
	struct drm_gem_object *obj = dma_buf->priv;
	struct fake_bo *bo = to_fake_bo(obj);

	if (!attachment)
		return -ENOMEM;
	if (!bo_gpu(bo)->bar ||
	    pci_p2pdma_distance(to_pci_dev(obj->dev->dev), attach->dev, false) < 0)
		attach->peer2peer = false;
	attachment->attach = attach;
	attach->priv = attachment;
	dma_resv_lock(obj->resv, NULL);
	list_add_tail(&attachment->node, &bo->attachments);
	dma_resv_unlock(obj->resv);
	return 0;
}

/**
 * fake_export_detach() - &dma_buf_ops.detach
 * @dma_buf: of the object
 * @attach: a device
 */
void fake_export_detach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct fake_attachment *attachment = attach->priv;
	struct drm_gem_object *obj = dma_buf->priv;

	dma_resv_lock(obj->resv, NULL);
	list_del(&attachment->node);
	dma_resv_unlock(obj->resv);
	kfree(attachment);
}

/**
 * fake_export_is_attached() - whether a device is attached to an object
 * @bo: the object, locked
 */
bool fake_export_is_attached(struct fake_bo *bo)
{
	return !list_empty(&bo->attachments);
}

/**
 * fake_export_reached_by_all() - whether all devices that are attached to an object reach its VRAM
 * @bo: the object, locked
 */
bool fake_export_reached_by_all(struct fake_bo *bo)
{
	struct fake_attachment *attachment;

	list_for_each_entry(attachment, &bo->attachments, node)
		if (!attachment->attach->peer2peer)
			return false;
	return true;
}

/**
 * fake_export_moves() - tell devices that an object moves
 * @bo: the object, locked
 *
 * As dma_buf_invalidate_mappings() of the dma-buf that the object has. It has none, as with the real
 * drivers, when its last handle was closed: drm_gem_object_handle_put_unlocked() forgets it, though
 * others may have it. Then nobody is told.
 */
void fake_export_moves(struct fake_bo *bo)
{
	struct dma_buf *dma_buf = READ_ONCE(bo->shmem.base.dma_buf);
	struct fake_attachment *attachment;

	list_for_each_entry(attachment, &bo->attachments, node) {
		struct dma_buf_attachment *attach = attachment->attach;

		if (attach->dmabuf == dma_buf && attach->importer_ops &&
		    attach->importer_ops->invalidate_mappings)
			attach->importer_ops->invalidate_mappings(attach);
	}
}

/* amdgpu_vram_mgr_alloc_sgt(), xe_ttm_vram_mgr_alloc_sgt(): addresses, and no pages. */
static struct sg_table *map_vram(struct fake_bo *bo, struct device *dev, enum dma_data_direction dir)
{
	struct sg_table *sgt = kzalloc_obj(*sgt);
	u64 size = fake_bo_size(bo);
	dma_addr_t address;

	if (!sgt)
		return ERR_PTR(-ENOMEM);
	if (sg_alloc_table(sgt, 1, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	address = dma_map_resource(dev, bo_gpu(bo)->bar->start + bo->vram.start, size, dir,
				   DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, address)) {
		sg_free_table(sgt);
		kfree(sgt);
		return ERR_PTR(-EIO);
	}
	sg_set_page(sgt->sgl, NULL, size, 0);
	sg_dma_address(sgt->sgl) = address;
	sg_dma_len(sgt->sgl) = size;
	return sgt;
}

static struct sg_table *map_pages(struct fake_bo *bo, struct device *dev,
				  enum dma_data_direction dir)
{
	struct drm_gem_shmem_object *shmem = &bo->shmem;
	struct sg_table *sgt;
	int ret;

	ret = drm_gem_shmem_pin_locked(shmem);
	if (ret)
		return ERR_PTR(ret);
	sgt = drm_gem_shmem_get_sg_table(shmem);
	if (IS_ERR(sgt))
		goto err;
	if (!dma_map_sgtable(dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC))
		return sgt;
	sg_free_table(sgt);
	kfree(sgt);
	sgt = ERR_PTR(-EBUSY);
err:
	drm_gem_shmem_unpin_locked(shmem);
	return sgt;
}

/**
 * fake_export_map() - &dma_buf_ops.map_dma_buf, for where an object is
 * @attach: a device
 * @dir: what it is going to do
 *
 * Return: the addresses, for fake_export_unmap(); or an error pointer.
 */
struct sg_table *fake_export_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct drm_gem_object *obj = attach->dmabuf->priv;
	struct fake_bo *bo = to_fake_bo(obj);
	int ret = fake_fault_error(bo_gpu(bo), FAKE_FAULT_MAP_BY_OTHER);

	if (ret)
		return ERR_PTR(ret);
	if (!drm_mm_node_allocated(&bo->vram))
		return map_pages(bo, attach->dev, dir);
	if (WARN_ON(!attach->peer2peer || !fake_vram_is_visible(bo)))
		return ERR_PTR(-EINVAL);
	return map_vram(bo, attach->dev, dir);
}

/**
 * fake_export_unmap() - &dma_buf_ops.unmap_dma_buf
 * @attach: a device
 * @sgt: what fake_export_map() has returned; the object may be elsewhere by now
 * @dir: the same as there
 */
void fake_export_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		       enum dma_data_direction dir)
{
	struct drm_gem_object *obj = attach->dmabuf->priv;

	if (sg_page(sgt->sgl)) {
		dma_unmap_sgtable(attach->dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
		drm_gem_shmem_unpin_locked(to_drm_gem_shmem_obj(obj));
	} else {
		dma_unmap_resource(attach->dev, sg_dma_address(sgt->sgl), sg_dma_len(sgt->sgl), dir,
				   DMA_ATTR_SKIP_CPU_SYNC);
	}
	sg_free_table(sgt);
	kfree(sgt);
}

/**
 * fake_bo_get_sg_table() - &drm_gem_object_funcs.get_sg_table: another device maps the memory
 * @obj: the object, pinned
 *
 * Return: a table of its pages, which the caller frees; or an error pointer.
 */
struct sg_table *fake_bo_get_sg_table(struct drm_gem_object *obj)
{
	int ret = fake_fault_error(to_fake_gpu(obj->dev), FAKE_FAULT_MAP_BY_OTHER);

	return ret ? ERR_PTR(ret) : drm_gem_shmem_object_get_sg_table(obj);
}
