// SPDX-License-Identifier: GPL-2.0
/*
 * Buffer objects, and where they are. What TTM does for amdgpu, xe, i915 and nouveau, as far as a
 * client can tell: a region that is full makes room by moving what was used least recently to the
 * next larger one (ttm_bo_alloc_resource(), ttm_bo_evict() in drivers/gpu/drm/ttm/ttm_bo.c; the
 * drivers' evict_flags()), objects that another device has mapped stay where they are, and ENOMEM
 * is for those that fit nowhere.
 *
 * The bytes themselves are always in shmem pages; where an object is, is only accounted for.
 */
#include <linux/cgroup_dmem.h>
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "fake.h"

/**
 * fake_gem_create_object() - &drm_driver.gem_create_object
 * @drm: the device
 * @size: not used
 */
struct drm_gem_object *fake_gem_create_object(struct drm_device *drm, size_t size)
{
	struct fake_bo *bo = kzalloc_obj(*bo);

	if (!bo)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&bo->lru);
	INIT_LIST_HEAD(&bo->mappings);
	bo->shmem.base.funcs = to_fake_gpu(drm)->vendor->gem_funcs;
	return &bo->shmem.base;
}

static struct fake_gpu *bo_gpu(struct fake_bo *bo)
{
	return to_fake_gpu(bo->shmem.base.dev);
}

/* Puts an object that is nowhere into a region, if there is room. */
static int bo_charge(struct fake_bo *bo, enum fake_region region)
{
	struct fake_memory *memory = &bo_gpu(bo)->memory[region];
	u64 size = fake_bo_size(bo);

	if (size > memory->size - memory->used)
		return -ENOSPC;
	if (memory->cg) {
		/* Over the limit of a cgroup is as full, but nothing of others makes room for it. */
		if (dmem_cgroup_try_charge(memory->cg, size, &bo->cg_pool, NULL)) {
			bo->cg_pool = NULL;
			return -EAGAIN;
		}
	}
	memory->used += size;
	bo->region = region;
	bo->charged = size;
	list_add_tail(&bo->lru, &memory->lru);
	return 0;
}

static void bo_uncharge(struct fake_bo *bo)
{
	struct fake_memory *memory = &bo_gpu(bo)->memory[bo->region];

	if (bo->cg_pool)
		dmem_cgroup_uncharge(bo->cg_pool, bo->charged);
	bo->cg_pool = NULL;
	memory->used -= bo->charged;
	bo->charged = 0;
	list_del_init(&bo->lru);
}

/* Moves an object to a region that has room for it. */
static int bo_move(struct fake_bo *bo, enum fake_region region)
{
	enum fake_region from = bo->region;
	int ret;

	if (!bo->charged)
		return bo_charge(bo, region);
	bo_uncharge(bo);
	ret = bo_charge(bo, region);
	if (ret) {
		/* There was room for it a moment ago, and the lock is held. */
		WARN_ON(bo_charge(bo, from));
		return ret;
	}
	atomic64_add(fake_bo_size(bo), &bo_gpu(bo)->moved);
	return 0;
}

/* Makes room for an object in a region, at the cost of others. */
static int make_room(struct fake_gpu *gpu, enum fake_region region, u64 size)
{
	struct fake_memory *memory = &gpu->memory[region];
	struct fake_bo *bo, *next;

	if (size > memory->size)
		return -ENOSPC;
	list_for_each_entry_safe(bo, next, &memory->lru, lru) {
		int to;

		if (size <= memory->size - memory->used)
			break;
		if (bo->pins)
			continue;
		for (to = (int)region - 1; to >= 0; to--)
			if (!bo_move(bo, to))
				break;
	}
	return size <= memory->size - memory->used ? 0 : -ENOSPC;
}

/* Puts an object into the first of some regions, VRAM first, that has or can make room for it. */
static int bo_place(struct fake_bo *bo, u32 regions)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int region;

	lockdep_assert_held(&gpu->memory_lock);

	for (region = FAKE_REGIONS - 1; region >= 0; region--)
		if (regions & FAKE_IN(region) && !bo_move(bo, region))
			return 0;
	for (region = FAKE_REGIONS - 1; region >= 0; region--) {
		if (!(regions & FAKE_IN(region)))
			continue;
		if (!make_room(gpu, region, fake_bo_size(bo)) && !bo_move(bo, region))
			return 0;
	}
	return -ENOMEM;
}

/* Whether one of some regions is large enough. */
static bool fits_somewhere(struct fake_gpu *gpu, u64 size, u32 regions)
{
	unsigned int i;

	for (i = 0; i < FAKE_REGIONS; i++)
		if (regions & FAKE_IN(i) && size <= gpu->memory[i].size)
			return true;
	return false;
}

/**
 * fake_bo_create() - make a buffer object whose bytes are zero
 * @gpu: the device
 * @size: bytes, rounded up to pages
 * @preferred: FAKE_IN() of the regions it should be in
 * @allowed: the same, that it may be in later; not fewer
 * @root: &fake_vm.root of the VM it is to belong to, or NULL
 *
 * It is placed in @preferred.
 *
 * Return: the object, which is dropped with drm_gem_object_put(); or -ENOMEM, -EINVAL for no bytes.
 */
struct fake_bo *fake_bo_create(struct fake_gpu *gpu, u64 size, u32 preferred, u32 allowed,
			       struct fake_bo *root)
{
	struct drm_gem_shmem_object *shmem;
	struct fake_bo *bo;
	int ret;

	if (!size)
		return ERR_PTR(-EINVAL);
	if (!fits_somewhere(gpu, size, preferred) || fake_fault_take(gpu, FAKE_FAULT_ENOMEM))
		return ERR_PTR(-ENOMEM);

	shmem = drm_gem_shmem_create(&gpu->drm, size);
	if (IS_ERR(shmem))
		return ERR_CAST(shmem);
	bo = to_fake_bo(&shmem->base);
	bo->preferred = preferred;
	bo->allowed = allowed;
	if (root) {
		drm_gem_object_get(&root->shmem.base);
		bo->root = root;
		bo->shmem.base.resv = root->shmem.base.resv;
	}

	mutex_lock(&gpu->memory_lock);
	ret = bo_place(bo, preferred);
	mutex_unlock(&gpu->memory_lock);
	if (ret) {
		drm_gem_object_put(&bo->shmem.base);
		return ERR_PTR(ret);
	}
	return bo;
}

/**
 * fake_bo_validate() - put an object where a submission needs it
 * @bo: the object
 *
 * It goes to where it is preferred if there is room without moving others, and may stay where it is
 * otherwise, if that is allowed.
 *
 * Return: 0; -ENOMEM; or what FAKE_FAULT_MAP says for an object that was imported.
 */
int fake_bo_validate(struct fake_bo *bo)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int region, ret = 0;

	if (drm_gem_is_imported(&bo->shmem.base))
		return fake_fault_error(gpu, FAKE_FAULT_MAP);

	mutex_lock(&gpu->memory_lock);
	if (!bo->charged || bo->pins)
		goto out;
	if (!(bo->preferred & FAKE_IN(bo->region))) {
		for (region = FAKE_REGIONS - 1; region >= 0; region--)
			if (bo->preferred & FAKE_IN(region) && !bo_move(bo, region))
				break;
	}
	if (bo->allowed & FAKE_IN(bo->region))
		list_move_tail(&bo->lru, &gpu->memory[bo->region].lru);
	else
		ret = bo_place(bo, bo->allowed);
out:
	mutex_unlock(&gpu->memory_lock);
	return ret;
}

/**
 * fake_bo_free() - &drm_gem_object_funcs.free
 * @obj: the object
 */
void fake_bo_free(struct drm_gem_object *obj)
{
	struct fake_bo *bo = to_fake_bo(obj);
	struct fake_gpu *gpu = bo_gpu(bo);
	struct fake_bo *root = bo->root;

	mutex_lock(&gpu->memory_lock);
	if (bo->charged)
		bo_uncharge(bo);
	mutex_unlock(&gpu->memory_lock);
	if (gpu->vendor->bo_free)
		gpu->vendor->bo_free(bo);
	drm_gem_shmem_free(&bo->shmem);
	/* Its dma_resv was in use to the end. */
	if (root)
		drm_gem_object_put(&root->shmem.base);
}

/**
 * fake_bo_pin() - &drm_gem_object_funcs.pin: another device is to map the memory
 * @obj: the object, locked
 *
 * Devices here cannot reach each other's VRAM, so that it moves to the system's memory, as with
 * amdgpu_dma_buf_pin() and xe_dma_buf_pin() for an importer without peer-to-peer.
 *
 * Return: 0; -EOPNOTSUPP if it may only be in VRAM, as with xe_dma_buf_attach(); or -ENOMEM.
 */
int fake_bo_pin(struct drm_gem_object *obj)
{
	struct fake_bo *bo = to_fake_bo(obj);
	struct fake_gpu *gpu = bo_gpu(bo);
	int ret = 0;

	mutex_lock(&gpu->memory_lock);
	if (!bo->pins && bo->region == FAKE_VRAM) {
		u32 regions = bo->allowed & ~FAKE_IN(FAKE_VRAM);

		ret = regions ? bo_place(bo, regions) : -EOPNOTSUPP;
	}
	if (!ret)
		bo->pins++;
	mutex_unlock(&gpu->memory_lock);
	if (ret)
		return ret;

	ret = drm_gem_shmem_object_pin(obj);
	if (ret) {
		mutex_lock(&gpu->memory_lock);
		bo->pins--;
		mutex_unlock(&gpu->memory_lock);
	}
	return ret;
}

/**
 * fake_bo_unpin() - &drm_gem_object_funcs.unpin
 * @obj: the object, locked
 */
void fake_bo_unpin(struct drm_gem_object *obj)
{
	struct fake_bo *bo = to_fake_bo(obj);
	struct fake_gpu *gpu = bo_gpu(bo);

	drm_gem_shmem_object_unpin(obj);
	mutex_lock(&gpu->memory_lock);
	bo->pins--;
	mutex_unlock(&gpu->memory_lock);
}

/* All of what another device has exported, by the addresses that it has for this one. */
static int map_imported(struct fake_bo *bo, struct iosys_map *map)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	struct sg_dma_page_iter iter;
	unsigned long i = 0, count = obj->size >> PAGE_SHIFT;
	struct page **pages;
	void *address;

	pages = kvmalloc_objs(*pages, count);
	if (!pages)
		return -ENOMEM;
	for_each_sgtable_dma_page(bo->shmem.sgt, &iter, 0) {
		unsigned long pfn = PHYS_PFN(dma_to_phys(obj->dev->dev,
							 sg_page_iter_dma_address(&iter)));

		if (i == count || !pfn_valid(pfn))
			break;
		pages[i++] = pfn_to_page(pfn);
	}
	/* Memory that has no pages is in a BAR, which only its driver can map. */
	if (i < count) {
		kvfree(pages);
		return dma_buf_vmap(obj->import_attach->dmabuf, map);
	}
	address = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	if (!address)
		return -ENOMEM;
	iosys_map_set_vaddr(map, address);
	bo->own_map = true;
	return 0;
}

/**
 * fake_bo_map() - map all of an object for the engines, as page tables would
 * @bo: the object
 * @map: for the CPU, until fake_bo_unmap()
 *
 * Whether the driver lets the kernel map it does not matter. Not to be called with its dma_resv
 * locked.
 *
 * Return: 0 or an error.
 */
int fake_bo_map(struct fake_bo *bo, struct iosys_map *map)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	int ret = 0;

	dma_resv_lock(obj->resv, NULL);
	if (!drm_gem_is_imported(obj)) {
		ret = drm_gem_shmem_vmap_locked(&bo->shmem, map);
	} else {
		if (!bo->maps)
			ret = map_imported(bo, &bo->map);
		if (!ret) {
			bo->maps++;
			*map = bo->map;
		}
	}
	dma_resv_unlock(obj->resv);
	return ret;
}

/**
 * fake_bo_unmap() - undo fake_bo_map()
 * @bo: the object
 * @map: what that has set
 */
void fake_bo_unmap(struct fake_bo *bo, struct iosys_map *map)
{
	struct drm_gem_object *obj = &bo->shmem.base;

	dma_resv_lock(obj->resv, NULL);
	if (!drm_gem_is_imported(obj)) {
		drm_gem_shmem_vunmap_locked(&bo->shmem, map);
	} else if (!--bo->maps) {
		if (bo->own_map)
			vunmap(bo->map.vaddr);
		else
			dma_buf_vunmap(obj->import_attach->dmabuf, &bo->map);
		bo->own_map = false;
	}
	dma_resv_unlock(obj->resv);
}

/**
 * fake_memory_used() - how much of a region is in use
 * @gpu: the device
 * @region: the region
 *
 * Return: bytes.
 */
u64 fake_memory_used(struct fake_gpu *gpu, enum fake_region region)
{
	u64 used;

	mutex_lock(&gpu->memory_lock);
	used = gpu->memory[region].used;
	mutex_unlock(&gpu->memory_lock);
	return used;
}

static int compare_pointers(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static int compare_resvs(const void *a, const void *b)
{
	const struct drm_gem_object *x = *(const struct drm_gem_object **)a;
	const struct drm_gem_object *y = *(const struct drm_gem_object **)b;

	return compare_pointers(&x->resv, &y->resv);
}

/**
 * fake_bos_sort() - sort objects, and drop all but the first of equal ones
 * @objs: the objects, referenced
 * @count: number of them
 *
 * Return: number of those that are left.
 */
unsigned int fake_bos_sort(struct drm_gem_object **objs, unsigned int count)
{
	unsigned int i, kept = 0;

	sort(objs, count, sizeof(*objs), compare_pointers, NULL);
	for (i = 0; i < count; i++) {
		if (kept && objs[kept - 1] == objs[i])
			drm_gem_object_put(objs[i]);
		else
			objs[kept++] = objs[i];
	}
	return kept;
}

/**
 * fake_bos_lock() - lock the dma_resvs of objects, and reserve room for fences in them
 * @lock: to be locked
 * @objs: objects, as fake_bos_sort() has left them
 * @count: number of them
 * @fences: fences that will be added to each
 *
 * Several objects may have one dma_resv, which is locked once.
 *
 * Return: 0; -ENOMEM, -EINTR or -ERESTARTSYS, and nothing is locked.
 */
int fake_bos_lock(struct fake_lock *lock, struct drm_gem_object **objs, unsigned int count,
		  unsigned int fences)
{
	unsigned int i, kept = 0;
	int ret;

	lock->count = 0;
	lock->objs = kvmalloc_array(count, sizeof(*objs), GFP_KERNEL);
	if (!lock->objs)
		return -ENOMEM;
	memcpy(lock->objs, objs, count * sizeof(*objs));
	sort(lock->objs, count, sizeof(*objs), compare_resvs, NULL);
	for (i = 0; i < count; i++)
		if (!kept || lock->objs[kept - 1]->resv != lock->objs[i]->resv)
			lock->objs[kept++] = lock->objs[i];

	ret = drm_gem_lock_reservations(lock->objs, kept, &lock->ctx);
	if (ret)
		goto err;
	lock->count = kept;
	for (i = 0; i < kept; i++) {
		ret = dma_resv_reserve_fences(lock->objs[i]->resv, fences);
		if (ret) {
			fake_bos_unlock(lock);
			return ret;
		}
	}
	return 0;

err:
	kvfree(lock->objs);
	return ret;
}

/**
 * fake_bos_unlock() - undo fake_bos_lock()
 * @lock: what was locked
 */
void fake_bos_unlock(struct fake_lock *lock)
{
	drm_gem_unlock_reservations(lock->objs, lock->count, &lock->ctx);
	kvfree(lock->objs);
}
