// SPDX-License-Identifier: GPL-2.0
/*
 * What is imported from other devices as a dma-buf.
 *
 * An engine gets at it by the DMA addresses that the exporter gives out, and by nothing else. That
 * takes a mapping for the CPU here: of pages, or of what is in a BAR.
 */
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-resv.h>
#include <linux/io.h>
#include <linux/memremap.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_prime.h>

#include "fake.h"

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

	ret = fake_fault_error(to_fake_gpu(obj->dev), FAKE_FAULT_MAP);
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
