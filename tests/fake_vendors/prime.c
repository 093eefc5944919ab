// SPDX-License-Identifier: GPL-2.0
/*
 * What is exported to other devices as a dma-buf, and imported from them.
 *
 * amdgpu and xe have dma-bufs of their own, which may move while others are attached, and may be
 * reached where they are by devices that PCI lets reach it: amdgpu_dma_buf.c and xe_dma_buf.c have
 * their rules, and what is common to both is here. i915 has its own, too, which do not move:
 * i915_dma_buf.c. All others leave it to the GEM core, which has objects pinned as soon as a device
 * is attached.
 *
 * An engine gets at what was imported by the DMA addresses that the exporter gives out, and by
 * nothing else. That takes a mapping for the CPU here: of pages, or of what is in a BAR.
 */
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-resv.h>
#include <linux/io.h>
#include <linux/memremap.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_prime.h>

#include "fake.h"

static struct fake_gpu *bo_gpu(struct fake_bo *bo)
{
	return to_fake_gpu(bo->shmem.base.dev);
}

/* --- Exporter */

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

/* --- Importer */

/**
 * struct fake_dma_piece - memory at DMA addresses that follow each other
 * @start: where in the object it is
 * @size: bytes
 * @map: for the CPU
 * @peer: it is in a BAR
 */
struct fake_dma_piece {
	u64 start;
	u64 size;
	struct iosys_map map;
	bool peer;
};

/**
 * struct fake_dma_map - what engines reach of an object that was imported
 * @count: number of pieces
 * @piece: the pieces, one behind the other
 */
struct fake_dma_map {
	unsigned int count;
	struct fake_dma_piece piece[];
};

static void dma_map_free(struct fake_dma_map *map)
{
	unsigned int i;

	for (i = 0; i < map->count; i++) {
		if (map->piece[i].peer)
			iounmap(map->piece[i].map.vaddr_iomem);
		else
			vunmap(map->piece[i].map.vaddr);
	}
	kvfree(map);
}

/* Makes a piece of the last pages that were found. */
static int add_page_piece(struct fake_dma_map *map, struct page **pages, unsigned long count,
			  u64 end)
{
	struct fake_dma_piece *piece = &map->piece[map->count];
	void *address;

	if (!count)
		return 0;
	address = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	if (!address)
		return -ENOMEM;
	piece->size = (u64)count << PAGE_SHIFT;
	piece->start = end - piece->size;
	iosys_map_set_vaddr(&piece->map, address);
	map->count++;
	return 0;
}

static int add_bar_piece(struct fake_dma_map *map, phys_addr_t phys, u64 size, u64 start)
{
	struct fake_dma_piece *piece = &map->piece[map->count];
	void __iomem *address = ioremap_wc(phys, size);

	if (!address)
		return -ENOMEM;
	piece->start = start;
	piece->size = size;
	piece->peer = true;
	iosys_map_set_vaddr_iomem(&piece->map, address);
	map->count++;
	return 0;
}

static bool in_bar(phys_addr_t phys)
{
	unsigned long pfn = PHYS_PFN(phys);

	return !pfn_valid(pfn) || is_pci_p2pdma_page(pfn_to_page(pfn));
}

static int add_pieces(struct fake_dma_map *map, struct device *dev, struct sg_table *sgt, u64 size,
		      struct page **pages)
{
	unsigned long count = 0;
	struct scatterlist *sg;
	u64 at = 0, n;
	unsigned int i;
	int ret;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		phys_addr_t phys = dma_to_phys(dev, sg_dma_address(sg));
		u64 left = min_t(u64, sg_dma_len(sg), size - at);

		if (in_bar(phys)) {
			ret = add_page_piece(map, pages, count, at);
			if (!ret && left)
				ret = add_bar_piece(map, phys, left, at);
			if (ret)
				return ret;
			count = 0;
			at += left;
			continue;
		}
		for (; left; left -= n, at += n, phys += n) {
			n = min_t(u64, left, PAGE_SIZE);
			pages[count++] = pfn_to_page(PHYS_PFN(phys));
		}
	}
	ret = add_page_piece(map, pages, count, at);
	if (!ret && at < size)
		ret = -EINVAL;
	return ret;
}

static struct fake_dma_map *dma_map_create(struct device *dev, struct sg_table *sgt, u64 size)
{
	struct fake_dma_map *map;
	struct page **pages;
	int ret;

	map = kvzalloc(struct_size(map, piece, sgt->nents), GFP_KERNEL);
	pages = kvmalloc_objs(*pages, size >> PAGE_SHIFT);
	if (!map || !pages) {
		ret = -ENOMEM;
		kvfree(map);
		map = ERR_PTR(ret);
	} else {
		ret = add_pieces(map, dev, sgt, size, pages);
		if (ret) {
			dma_map_free(map);
			map = ERR_PTR(ret);
		}
	}
	kvfree(pages);
	return map;
}

/**
 * fake_import_at() - fake_bo_at() for an object that was imported
 * @bo: see there
 * @offset: see there
 * @size: see there
 * @map: see there
 * @peer: see there
 *
 * Return: see there.
 */
u64 fake_import_at(struct fake_bo *bo, u64 offset, u64 size, struct iosys_map *map, bool *peer)
{
	unsigned int low = 0, high = bo->dma_map ? bo->dma_map->count : 0;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		struct fake_dma_piece *piece = &bo->dma_map->piece[middle];

		if (offset < piece->start) {
			high = middle;
		} else if (offset - piece->start >= piece->size) {
			low = middle + 1;
		} else {
			*map = IOSYS_MAP_INIT_OFFSET(&piece->map, offset - piece->start);
			*peer = piece->peer;
			return min(size, piece->size - (offset - piece->start));
		}
	}
	return 0;
}

/* Unmaps what fake_import_map() has mapped. */
static void import_unmap(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;

	if (!bo->dma_map)
		return;
	dma_map_free(bo->dma_map);
	bo->dma_map = NULL;
	dma_buf_unmap_attachment(obj->import_attach, bo->shmem.sgt, DMA_BIDIRECTIONAL);
	bo->shmem.sgt = NULL;
}

/*
 * The exporter is about to move what was imported, with its dma_resv locked. amdgpu and xe unmap it
 * when their work has ended, and make the next submission map it again: amdgpu_dma_buf_move_notify(),
 * xe_dma_buf_move_notify(). Here it is waited for, which comes to the same: nobody submits meanwhile.
 */
static void import_moves(struct dma_buf_attachment *attach)
{
	struct drm_gem_object *obj = attach->importer_priv;
	struct fake_bo *bo = to_fake_bo(obj);

	if (!bo->dma_map)
		return;
	dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);
	import_unmap(bo);
}

/* amdgpu_dma_buf_attach_ops, xe_dma_buf_attach_ops */
static const struct dma_buf_attach_ops import_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = import_moves,
};

/**
 * fake_import_map() - map what was imported, unless it is
 * @bo: the object, locked
 *
 * Return: 0 or an error.
 */
int fake_import_map(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	struct fake_dma_map *map;
	struct sg_table *sgt;
	int ret;

	ret = fake_fault_error(bo_gpu(bo), FAKE_FAULT_MAP);
	if (ret || bo->dma_map)
		return ret;
	sgt = dma_buf_map_attachment(obj->import_attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	map = dma_map_create(obj->dev->dev, sgt, obj->size);
	if (IS_ERR(map)) {
		dma_buf_unmap_attachment(obj->import_attach, sgt, DMA_BIDIRECTIONAL);
		return PTR_ERR(map);
	}
	bo->shmem.sgt = sgt;
	bo->dma_map = map;
	return 0;
}

/**
 * fake_import_free() - unmap what was imported, if it is mapped, for the CPU
 * @bo: the object, which is freed next with its &drm_gem_shmem_object.sgt
 */
void fake_import_free(struct fake_bo *bo)
{
	if (bo->dma_map)
		dma_map_free(bo->dma_map);
	bo->dma_map = NULL;
}

/* An object for what is imported, with no memory yet: amdgpu_dma_buf_create_obj(). */
static struct drm_gem_object *import_create(struct drm_device *drm, struct dma_buf *dma_buf)
{
	struct drm_gem_object *obj = fake_gem_create_object(drm, dma_buf->size);
	struct fake_bo *bo;
	int ret;

	if (IS_ERR(obj))
		return obj;
	bo = to_fake_bo(obj);
	INIT_LIST_HEAD(&bo->shmem.madv_list);
	obj->resv = dma_buf->resv;
	drm_gem_private_object_init(drm, obj, PAGE_ALIGN(dma_buf->size));
	ret = drm_gem_create_mmap_offset(obj);
	if (ret) {
		drm_gem_private_object_fini(obj);
		kfree(bo);
		return ERR_PTR(ret);
	}
	bo->region = FAKE_GTT;
	bo->preferred = FAKE_IN(FAKE_GTT);
	bo->allowed = FAKE_IN(FAKE_GTT);
	return obj;
}

static struct drm_gem_object *import_attached(struct drm_device *drm, struct dma_buf *dma_buf,
					      const struct dma_buf_ops *own,
					      const struct dma_buf_attach_ops *ops)
{
	struct dma_buf_attachment *attach;
	struct drm_gem_object *obj;
	int ret;

	if (dma_buf->ops == own) {
		obj = dma_buf->priv;
		if (obj->dev == drm) {
			drm_gem_object_get(obj);
			return obj;
		}
	}
	ret = fake_fault_error(to_fake_gpu(drm), FAKE_FAULT_IMPORT);
	if (ret)
		return ERR_PTR(ret);
	obj = import_create(drm, dma_buf);
	if (IS_ERR(obj))
		return obj;
	attach = dma_buf_dynamic_attach(dma_buf, drm->dev, ops, obj);
	if (IS_ERR(attach)) {
		drm_gem_object_put(obj);
		return ERR_CAST(attach);
	}
	get_dma_buf(dma_buf);
	obj->import_attach = attach;
	return obj;
}

/**
 * fake_import_dynamic() - &drm_driver.gem_prime_import of drivers that follow moves
 * @drm: the device
 * @dma_buf: what is imported
 * @own: the operations of this driver's dma-bufs
 *
 * It is mapped when it is used first: amdgpu_gem_prime_import(), xe_gem_prime_import().
 *
 * Return: the object, referenced; or an error pointer.
 */
struct drm_gem_object *fake_import_dynamic(struct drm_device *drm, struct dma_buf *dma_buf,
					   const struct dma_buf_ops *own)
{
	return import_attached(drm, dma_buf, own, &import_ops);
}

/**
 * fake_import_static() - the same of a driver that does not follow moves, but maps as late
 * @drm: see there
 * @dma_buf: see there
 * @own: see there
 *
 * Return: see there.
 */
struct drm_gem_object *fake_import_static(struct drm_device *drm, struct dma_buf *dma_buf,
					  const struct dma_buf_ops *own)
{
	return import_attached(drm, dma_buf, own, NULL);
}

/**
 * fake_prime_import() - &drm_driver.gem_prime_import of all others
 * @drm: the device
 * @dma_buf: what is imported
 *
 * Return: the object, referenced; or an error pointer.
 */
struct drm_gem_object *fake_prime_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	int ret = 0;

	/* What comes home is no import. */
	if (!drm_gem_is_prime_exported_dma_buf(drm, dma_buf))
		ret = fake_fault_error(to_fake_gpu(drm), FAKE_FAULT_IMPORT);
	return ret ? ERR_PTR(ret) : drm_gem_prime_import(drm, dma_buf);
}

/**
 * fake_prime_import_sg_table() - &drm_driver.gem_prime_import_sg_table
 * @drm: the device
 * @attach: attachment of the dma-buf
 * @sgt: its memory
 *
 * The memory is accounted for where it comes from.
 */
struct drm_gem_object *fake_prime_import_sg_table(struct drm_device *drm,
						  struct dma_buf_attachment *attach,
						  struct sg_table *sgt)
{
	struct drm_gem_object *obj;
	struct fake_dma_map *map;
	struct fake_bo *bo;

	map = dma_map_create(attach->dev, sgt, PAGE_ALIGN(attach->dmabuf->size));
	if (IS_ERR(map))
		return ERR_CAST(map);
	obj = drm_gem_shmem_prime_import_sg_table(drm, attach, sgt);
	if (IS_ERR(obj)) {
		dma_map_free(map);
		return obj;
	}
	bo = to_fake_bo(obj);
	bo->dma_map = map;
	bo->region = FAKE_GTT;
	bo->preferred = FAKE_IN(FAKE_GTT);
	bo->allowed = FAKE_IN(FAKE_GTT);
	return obj;
}
