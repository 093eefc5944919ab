// SPDX-License-Identifier: GPL-2.0
/*
 * VRAM that is the memory of a PCI function's BAR: others reach it at the addresses of the BAR, and
 * what is in it has to be moved for good to be elsewhere.
 *
 * An object that is in VRAM has its bytes there, in one piece, and else in its shmem pages. To move
 * it takes its dma_resv: nobody submits work that uses it meanwhile. What was submitted is waited
 * for, by the CPU, as in ttm_bo_move_memcpy() of drivers/gpu/drm/ttm/ttm_bo_util.c; mappings of user
 * space are taken away, as in ttm_bo_unmap_virtual(), and come back with the next fault; and other
 * devices are told: amdgpu_bo_move_notify(), xe_bo_move_notify().
 *
 * With the parameter "visible_mb" the CPU and other devices reach the beginning of VRAM alone, as
 * with a BAR that is not resized. What does not have to be there is allocated from the other end.
 */
#include <linux/dma-resv.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include <drm/drm_managed.h>
#include <drm/drm_vma_manager.h>

#include "fake.h"

/* The BAR of an ivshmem device that is memory. */
#define BAR 2

/* As ttm_bo_wait_ctx() waits. */
#define MOVE_TIMEOUT (15 * HZ)

static void bar_fini(struct drm_device *drm, void *unused)
{
	struct fake_bar *bar = to_fake_gpu(drm)->bar;

	drm_mm_takedown(&bar->mm);
	iounmap(bar->map);
	release_mem_region(bar->start, pci_resource_len(to_pci_dev(drm->dev), BAR));
}

/**
 * fake_bar_init() - set up the VRAM of a device on PCI
 * @gpu: the device, whose VRAM has the size of the BAR from then on, if that is less
 *
 * Jobs and objects of clients may outlive the device's driver: the BAR belongs to it until the last
 * of them is gone, and the function cannot be bound again until then.
 *
 * Return: 0; -EBUSY if it belongs to a device of before; or another error.
 */
int fake_bar_init(struct fake_gpu *gpu)
{
	struct pci_dev *pdev = to_pci_dev(gpu->drm.dev);
	struct fake_memory *vram = &gpu->memory[FAKE_VRAM];
	resource_size_t size = pci_resource_len(pdev, BAR);
	struct fake_bar *bar;

	if (!(pci_resource_flags(pdev, BAR) & IORESOURCE_MEM) || !size)
		return -ENODEV;
	bar = drmm_kzalloc(&gpu->drm, sizeof(*bar), GFP_KERNEL);
	if (!bar)
		return -ENOMEM;
	bar->start = pci_resource_start(pdev, BAR);
	if (!request_mem_region(bar->start, size, "mvgal_fake_vendors"))
		return -EBUSY;
	bar->map = ioremap_wc(bar->start, size);
	if (!bar->map) {
		release_mem_region(bar->start, size);
		return -ENOMEM;
	}
	vram->size = min(vram->size, size);
	bar->visible = fake_visible_mb ? min((u64)fake_visible_mb * SZ_1M, vram->size) : vram->size;
	drm_mm_init(&bar->mm, 0, vram->size);
	gpu->bar = bar;
	return drmm_add_action_or_reset(&gpu->drm, bar_fini, NULL);
}

/* Has nobody use an object any more, where it is. Work of other devices ends, too. */
static int stop_use(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;

	dma_resv_assert_held(obj->resv);
	if (dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_BOOKKEEP, false, MOVE_TIMEOUT) <= 0)
		return -EBUSY;
	drm_vma_node_unmap(&obj->vma_node, obj->dev->anon_inode->i_mapping);
	fake_export_moves(bo);
	return 0;
}

/*
 * Finds a place in VRAM: amdgpu_bo_placement_from_domain(), add_vram() in xe_bo.c. An object that is in
 * VRAM and need not be visible moves for one that does.
 */
static int find_place(struct fake_bo *bo, struct drm_mm_node *node)
{
	struct fake_gpu *gpu = to_fake_gpu(bo->shmem.base.dev);
	u64 size = fake_bo_size(bo), start = 0, end = gpu->memory[FAKE_VRAM].size;
	enum drm_mm_insert_mode mode = DRM_MM_INSERT_BEST;
	struct fake_bar *bar = gpu->bar;

	if (bo->needs_visible) {
		end = bar->visible;
		if (size > end)
			return -E2BIG;
	} else if (bar->visible < end) {
		mode = DRM_MM_INSERT_HIGH;
		if (drm_mm_node_allocated(&bo->vram))
			start = bar->visible;
	}
	return drm_mm_insert_node_in_range(&bar->mm, node, size, 0, 0, start, end, mode);
}

/* Has an object in a place that was found. */
static void take_place(struct fake_bo *bo, struct drm_mm_node *node)
{
	struct drm_mm *mm = &to_fake_gpu(bo->shmem.base.dev)->bar->mm;

	bo->vram = (struct drm_mm_node) { .start = node->start, .size = node->size };
	drm_mm_remove_node(node);
	WARN_ON(drm_mm_reserve_node(mm, &bo->vram));
}

static int move_in(struct fake_bo *bo)
{
	struct drm_gem_shmem_object *shmem = &bo->shmem;
	struct fake_gpu *gpu = to_fake_gpu(shmem->base.dev);
	struct drm_mm_node node = { };
	struct iosys_map map;
	int ret;

	if (READ_ONCE(gpu->gone))
		return -ENODEV;
	ret = find_place(bo, &node);
	if (ret)
		return ret;
	if (!bo->charged) {
		memset_io(gpu->bar->map + node.start, 0, fake_bo_size(bo));
		take_place(bo, &node);
		return 0;
	}
	ret = drm_gem_shmem_vmap_locked(shmem, &map);
	if (ret)
		goto err;
	ret = stop_use(bo);
	if (!ret) {
		if (drm_mm_node_allocated(&bo->vram)) {
			memcpy_fromio(map.vaddr, gpu->bar->map + bo->vram.start, fake_bo_size(bo));
			drm_mm_remove_node(&bo->vram);
		}
		memcpy_toio(gpu->bar->map + node.start, map.vaddr, fake_bo_size(bo));
	}
	drm_gem_shmem_vunmap_locked(shmem, &map);
	if (ret)
		goto err;
	take_place(bo, &node);
	return 0;

err:
	drm_mm_remove_node(&node);
	return ret;
}

static int move_out(struct fake_bo *bo)
{
	struct drm_gem_shmem_object *shmem = &bo->shmem;
	struct fake_gpu *gpu = to_fake_gpu(shmem->base.dev);
	struct iosys_map map;
	int ret;

	ret = drm_gem_shmem_vmap_locked(shmem, &map);
	if (ret)
		return ret;
	ret = stop_use(bo);
	if (!ret) {
		memcpy_fromio(map.vaddr, gpu->bar->map + bo->vram.start, fake_bo_size(bo));
		drm_mm_remove_node(&bo->vram);
	}
	drm_gem_shmem_vunmap_locked(shmem, &map);
	return ret;
}

/**
 * fake_vram_move() - move the bytes of an object to where it is to be
 * @bo: the object, locked, unless it is new; &fake_gpu.memory_lock is held
 * @to: its region from now on
 *
 * Return: 0; -ENOSPC if there is no piece of VRAM that is large enough, -E2BIG if there never is; -EBUSY if it is in use for too
 * long; -ENODEV if the device is gone; or -ENOMEM. Nothing has changed then.
 */
int fake_vram_move(struct fake_bo *bo, enum fake_region to)
{
	struct fake_gpu *gpu = to_fake_gpu(bo->shmem.base.dev);

	lockdep_assert_held(&gpu->memory_lock);
	if (!gpu->bar)
		return 0;
	if (to == FAKE_VRAM)
		return move_in(bo);
	return drm_mm_node_allocated(&bo->vram) ? move_out(bo) : 0;
}

/**
 * fake_vram_is_visible() - whether the CPU and other devices reach what an object has of VRAM
 * @bo: the object
 */
bool fake_vram_is_visible(const struct fake_bo *bo)
{
	const struct fake_bar *bar = to_fake_gpu(bo->shmem.base.dev)->bar;

	return !bar || bo->vram.start + bo->vram.size <= bar->visible;
}

/**
 * fake_vram_is_in_the_way() - whether it helps one object to get into VRAM that another moves
 * @bo: that which is there
 * @other: that which is to get there
 */
bool fake_vram_is_in_the_way(const struct fake_bo *bo, const struct fake_bo *other)
{
	const struct fake_bar *bar = to_fake_gpu(bo->shmem.base.dev)->bar;

	return !bar || !other->needs_visible || bo->vram.start < bar->visible;
}

/**
 * fake_vram_visible_size() - how much of VRAM the CPU and other devices reach
 * @gpu: the device
 *
 * Return: bytes.
 */
u64 fake_vram_visible_size(struct fake_gpu *gpu)
{
	return gpu->bar ? gpu->bar->visible : gpu->memory[FAKE_VRAM].size;
}

/**
 * fake_vram_visible_used() - how much of that is in use
 * @gpu: the device
 *
 * Return: bytes.
 */
u64 fake_vram_visible_used(struct fake_gpu *gpu)
{
	struct drm_mm_node *node;
	u64 used = 0;

	if (!gpu->bar)
		return fake_memory_used(gpu, FAKE_VRAM);
	mutex_lock(&gpu->memory_lock);
	drm_mm_for_each_node_in_range(node, &gpu->bar->mm, 0, gpu->bar->visible)
		used += min(node->start + node->size, gpu->bar->visible) - node->start;
	mutex_unlock(&gpu->memory_lock);
	return used;
}

/**
 * fake_vram_lose() - have nobody use the VRAM of a device that was unplugged
 * @gpu: the device, whose engines were stopped
 *
 * What was in it is lost. What the kernel has mapped stays until it is unmapped.
 */
void fake_vram_lose(struct fake_gpu *gpu)
{
	struct list_head *lru = &gpu->memory[FAKE_VRAM].lru;
	LIST_HEAD(kept);

	if (!gpu->bar)
		return;
	mutex_lock(&gpu->memory_lock);
	while (!list_empty(lru)) {
		struct fake_bo *bo = list_first_entry(lru, struct fake_bo, lru);
		struct drm_gem_object *obj = &bo->shmem.base;

		list_move_tail(&bo->lru, &kept);
		if (bo->pins || !kref_get_unless_zero(&obj->refcount))
			continue;
		mutex_unlock(&gpu->memory_lock);
		dma_resv_lock(obj->resv, NULL);
		mutex_lock(&gpu->memory_lock);
		if (!bo->pins && drm_mm_node_allocated(&bo->vram)) {
			drm_vma_node_unmap(&obj->vma_node, obj->dev->anon_inode->i_mapping);
			fake_export_moves(bo);
			fake_bo_lost(bo);
		}
		mutex_unlock(&gpu->memory_lock);
		dma_resv_unlock(obj->resv);
		drm_gem_object_put(obj);
		mutex_lock(&gpu->memory_lock);
	}
	list_splice(&kept, lru);
	mutex_unlock(&gpu->memory_lock);
}

/* --- Access by the CPU */

/* amdgpu_bo_fault_reserve_notify(); xe_ttm_io_mem_reserve() */
static bool cpu_reaches(struct fake_bo *bo)
{
	if (to_fake_gpu(bo->shmem.base.dev)->vendor->moves_in_vram)
		return !fake_bo_make_visible(bo);
	return !drm_mm_node_allocated(&bo->vram) || fake_vram_is_visible(bo);
}

static vm_fault_t vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct drm_gem_object *obj = vma->vm_private_data;
	struct fake_bar *bar = to_fake_gpu(obj->dev)->bar;
	struct fake_bo *bo = to_fake_bo(obj);
	unsigned long page, pfn;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* Through a dma-buf it may begin further on. */
	page = vmf->pgoff - drm_vma_node_start(&obj->vma_node);
	dma_resv_lock(obj->resv, NULL);
	if (page < obj->size >> PAGE_SHIFT && cpu_reaches(bo)) {
		if (drm_mm_node_allocated(&bo->vram))
			pfn = PHYS_PFN(bar->start + bo->vram.start) + page;
		else
			pfn = page_to_pfn(bo->shmem.pages[page]);
		ret = vmf_insert_pfn(vma, vmf->address, pfn);
	}
	dma_resv_unlock(obj->resv);
	return ret;
}

/* The first mapping has pinned the pages. */
static void vm_open(struct vm_area_struct *vma)
{
	struct drm_gem_object *obj = vma->vm_private_data;

	WARN_ON(drm_gem_shmem_pin(to_drm_gem_shmem_obj(obj)));
	drm_gem_vm_open(vma);
}

static void vm_close(struct vm_area_struct *vma)
{
	struct drm_gem_object *obj = vma->vm_private_data;

	drm_gem_shmem_unpin(to_drm_gem_shmem_obj(obj));
	drm_gem_vm_close(vma);
}

static const struct vm_operations_struct vm_ops = {
	.fault = vm_fault,
	.open = vm_open,
	.close = vm_close,
};

/**
 * fake_bo_mmap() - &drm_gem_object_funcs.mmap
 * @obj: the object
 * @vma: where
 *
 * Return: 0 or an error.
 */
int fake_bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	int ret;

	if (!to_fake_gpu(obj->dev)->bar || drm_gem_is_imported(obj))
		return drm_gem_shmem_object_mmap(obj, vma);
	if (vma_is_cow_mapping(vma))
		return -EINVAL;
	ret = drm_gem_shmem_pin(to_drm_gem_shmem_obj(obj));
	if (ret)
		return ret;
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = vma_get_page_prot(vma);
	vma->vm_ops = &vm_ops;
	return 0;
}

/**
 * fake_bo_vmap() - &drm_gem_object_funcs.vmap
 * @obj: the object, locked; it stays where it is until fake_bo_vunmap(), which is for the caller to
 *	see to
 * @map: set to all of it
 *
 * Return: 0 or an error.
 */
int fake_bo_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	struct fake_bo *bo = to_fake_bo(obj);

	if (!drm_mm_node_allocated(&bo->vram))
		return drm_gem_shmem_object_vmap(obj, map);
	if (!fake_vram_is_visible(bo))
		return -EINVAL;
	iosys_map_set_vaddr_iomem(map, to_fake_gpu(obj->dev)->bar->map + bo->vram.start);
	return 0;
}

/**
 * fake_bo_vunmap() - &drm_gem_object_funcs.vunmap
 * @obj: the object, locked
 * @map: what fake_bo_vmap() has set
 */
void fake_bo_vunmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	if (!drm_mm_node_allocated(&to_fake_bo(obj)->vram))
		drm_gem_shmem_object_vunmap(obj, map);
}
