// SPDX-License-Identifier: GPL-2.0
/* Buffer objects, whose bytes are in shmem pages or, of those in VRAM that is a BAR, see vram.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>

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
	INIT_LIST_HEAD(&bo->attachments);
	bo->shmem.base.funcs = to_fake_gpu(drm)->vendor->gem_funcs;
	return &bo->shmem.base;
}

static struct fake_gpu *bo_gpu(struct fake_bo *bo)
{
	return to_fake_gpu(bo->shmem.base.dev);
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

static struct fake_bo *bo_create(struct fake_gpu *gpu, u64 size, u32 preferred, u32 allowed,
				 struct fake_bo *root, bool visible)
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
	bo->needs_visible = visible;
	if (root) {
		drm_gem_object_get(&root->shmem.base);
		bo->root = root;
		bo->shmem.base.resv = root->shmem.base.resv;
	}

	ret = fake_bo_place(bo);
	if (ret) {
		drm_gem_object_put(&bo->shmem.base);
		return ERR_PTR(ret);
	}
	return bo;
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
	return bo_create(gpu, size, preferred, allowed, root, false);
}

/**
 * fake_bo_create_visible() - fake_bo_create(), with &fake_bo.needs_visible
 * @gpu: see there
 * @size: see there
 * @preferred: see there
 * @allowed: see there
 * @root: see there
 *
 * Return: see there.
 */
struct fake_bo *fake_bo_create_visible(struct fake_gpu *gpu, u64 size, u32 preferred, u32 allowed,
				       struct fake_bo *root)
{
	return bo_create(gpu, size, preferred, allowed, root, true);
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

	fake_power_used(gpu);
	fake_bo_remove(bo);
	if (gpu->vendor->bo_free)
		gpu->vendor->bo_free(bo);
	fake_import_free(bo);
	drm_gem_shmem_free(&bo->shmem);
	/* Its dma_resv was in use to the end. */
	if (root)
		drm_gem_object_put(&root->shmem.base);
}

/**
 * fake_bo_map() - keep the memory of an object for the engines, as page tables would
 * @bo: the object
 *
 * Whether the driver lets the kernel map it does not matter. What was imported is mapped when it is
 * needed: fake_bo_validate(). Not to be called with its dma_resv locked.
 *
 * Return: 0 or an error.
 */
int fake_bo_map(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	struct iosys_map map;
	int ret;

	if (drm_gem_is_imported(obj))
		return 0;
	dma_resv_lock(obj->resv, NULL);
	ret = drm_gem_shmem_vmap_locked(&bo->shmem, &map);
	dma_resv_unlock(obj->resv);
	return ret;
}

/**
 * fake_bo_unmap() - undo fake_bo_map()
 * @bo: the object
 */
void fake_bo_unmap(struct fake_bo *bo)
{
	struct iosys_map map = IOSYS_MAP_INIT_VADDR(bo->shmem.vaddr);
	struct drm_gem_object *obj = &bo->shmem.base;

	if (drm_gem_is_imported(obj))
		return;
	dma_resv_lock(obj->resv, NULL);
	drm_gem_shmem_vunmap_locked(&bo->shmem, &map);
	dma_resv_unlock(obj->resv);
}

/**
 * fake_bo_at() - where an engine finds the bytes of an object
 * @bo: the object, as fake_bo_map() has left it, and validated by the job that is executed: it moves
 *	when the fence of that has signalled
 * @offset: first byte
 * @size: number of bytes from there
 * @map: set to the first byte
 * @peer: set to whether it is in the BAR of another device
 *
 * Return: how many of the bytes are in one piece; 0 if it was imported and is not mapped.
 */
u64 fake_bo_at(struct fake_bo *bo, u64 offset, u64 size, struct iosys_map *map, bool *peer)
{
	if (drm_gem_is_imported(&bo->shmem.base))
		return fake_import_at(bo, offset, size, map, peer);
	*peer = false;
	if (drm_mm_node_allocated(&bo->vram))
		iosys_map_set_vaddr_iomem(map, bo_gpu(bo)->bar->map + bo->vram.start + offset);
	else
		iosys_map_set_vaddr(map, bo->shmem.vaddr + offset);
	return size;
}
