// SPDX-License-Identifier: GPL-2.0
/*
 * Where buffer objects are. What TTM does for amdgpu, xe, i915 and nouveau, as far as a client can
 * tell: a region that is full makes room by moving what was used least recently to the next larger
 * one (ttm_bo_alloc_resource(), ttm_bo_evict() in drivers/gpu/drm/ttm/ttm_bo.c; the drivers'
 * evict_flags()), objects that another device has mapped stay where they are, and ENOMEM is for those
 * that fit nowhere.
 *
 * The bytes themselves are in shmem pages, and where an object is, is only accounted for; but for
 * those in VRAM that is the BAR of a PCI function, see vram.c.
 */
#include <linux/cgroup_dmem.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>

#include "fake.h"

static struct fake_gpu *bo_gpu(struct fake_bo *bo)
{
	return to_fake_gpu(bo->shmem.base.dev);
}

/* Takes room for an object in a region. -ENOSPC if there is none, -EAGAIN if a cgroup may not. */
static int charge(struct fake_bo *bo, enum fake_region region, struct dmem_cgroup_pool_state **pool)
{
	struct fake_memory *memory = &bo_gpu(bo)->memory[region];
	u64 size = fake_bo_size(bo);

	*pool = NULL;
	if (size > memory->size - memory->used)
		return -ENOSPC;
	if (memory->cg && dmem_cgroup_try_charge(memory->cg, size, pool, NULL)) {
		*pool = NULL;
		return -EAGAIN;
	}
	memory->used += size;
	return 0;
}

static void uncharge(struct fake_bo *bo, enum fake_region region,
		     struct dmem_cgroup_pool_state *pool)
{
	u64 size = fake_bo_size(bo);

	if (pool)
		dmem_cgroup_uncharge(pool, size);
	bo_gpu(bo)->memory[region].used -= size;
}

/* Takes an object out of where it is. */
static void bo_remove(struct fake_bo *bo)
{
	if (drm_mm_node_allocated(&bo->vram))
		drm_mm_remove_node(&bo->vram);
	if (bo->charged)
		uncharge(bo, bo->region, bo->cg_pool);
	bo->cg_pool = NULL;
	bo->charged = 0;
	list_del_init(&bo->lru);
}

/* Moves an object to another region that has room for it, or puts one there that is nowhere yet. */
static int bo_move(struct fake_bo *bo, enum fake_region to)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	struct dmem_cgroup_pool_state *pool;
	int ret;

	ret = charge(bo, to, &pool);
	if (ret)
		return ret;
	ret = fake_vram_move(bo, to);
	if (ret) {
		uncharge(bo, to, pool);
		return ret;
	}
	if (bo->charged) {
		uncharge(bo, bo->region, bo->cg_pool);
		atomic64_add(bo->charged, &gpu->moved);
	}
	bo->moved = true;
	bo->region = to;
	bo->charged = fake_bo_size(bo);
	bo->cg_pool = pool;
	list_move_tail(&bo->lru, &gpu->memory[to].lru);
	return 0;
}

/*
 * Moves an object to the next larger region; or, with some drivers, to where the CPU does not reach
 * VRAM. It must be locked, which whoever holds another such lock can only try: ttm_bo_evict_first(),
 * ttm_lru_walk_for_evict(). So what the same submission uses stays.
 */
static void evict(struct fake_bo *bo)
{
	int to;

	if (!dma_resv_trylock(bo->shmem.base.resv))
		return;
	/* amdgpu_evict_flags() in amdgpu_ttm.c */
	if (bo_gpu(bo)->vendor->moves_in_vram && bo->region == FAKE_VRAM && !bo->needs_visible &&
	    fake_vram_is_visible(bo) && !bo_move(bo, FAKE_VRAM)) {
		dma_resv_unlock(bo->shmem.base.resv);
		return;
	}
	for (to = (int)bo->region - 1; to >= 0; to--)
		if (!bo_move(bo, to))
			break;
	dma_resv_unlock(bo->shmem.base.resv);
}

/*
 * Moves an object to a region where others make room for it. Over the limit of a cgroup is as full,
 * but nothing of others makes room for that.
 */
static int bo_move_evicting(struct fake_bo *bo, enum fake_region to)
{
	struct fake_memory *memory = &bo_gpu(bo)->memory[to];
	struct fake_bo *victim, *next;
	int ret;

	if (fake_bo_size(bo) > memory->size)
		return -ENOSPC;
	list_for_each_entry_safe(victim, next, &memory->lru, lru) {
		ret = bo_move(bo, to);
		if (ret != -ENOSPC)
			return ret;
		if (victim != bo && !victim->pins &&
		    (to != FAKE_VRAM || fake_vram_is_in_the_way(victim, bo)))
			evict(victim);
	}
	return bo_move(bo, to);
}

static bool bo_is_in(struct fake_bo *bo, u32 regions)
{
	if (!bo->charged || !(regions & FAKE_IN(bo->region)))
		return false;
	return bo->region != FAKE_VRAM || !bo->needs_visible || fake_vram_is_visible(bo);
}

/*
 * Those of some regions that are second to VRAM (TTM_PL_FLAG_FALLBACK): an object does not stay there,
 * and is not put there, while there is room in VRAM.
 */
static u32 fallbacks(struct fake_bo *bo, u32 regions)
{
	if (!(regions & bo->preferred & FAKE_IN(FAKE_VRAM)))
		return 0;
	switch (bo_gpu(bo)->vendor->gtt_is) {
	case FAKE_GTT_IS_FALLBACK:
		return regions & FAKE_IN(FAKE_GTT);
	case FAKE_GTT_IS_FALLBACK_LATER:
		return bo->charged ? regions & FAKE_IN(FAKE_GTT) : 0;
	case FAKE_GTT_IS_EQUAL:
		break;
	}
	return 0;
}

/*
 * ttm_bo_validate(): has an object in one of some regions, VRAM first. Where it is in one of them it
 * stays, rather than have others make room for it.
 */
static int bo_place(struct fake_bo *bo, u32 regions)
{
	u32 first = regions & ~fallbacks(bo, regions);
	int region;

	lockdep_assert_held(&bo_gpu(bo)->memory_lock);

	if (bo_is_in(bo, first))
		return 0;
	for (region = FAKE_REGIONS - 1; region >= 0; region--)
		if (first & FAKE_IN(region) && !bo_move(bo, region))
			return 0;
	if (bo_is_in(bo, regions))
		return 0;
	for (region = FAKE_REGIONS - 1; region >= 0; region--)
		if (regions & FAKE_IN(region) && !bo_move_evicting(bo, region))
			return 0;
	return -ENOMEM;
}

/**
 * fake_bo_place() - put a new object where it is preferred
 * @bo: the object
 *
 * Return: 0 or -ENOMEM.
 */
int fake_bo_place(struct fake_bo *bo)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int ret;

	mutex_lock(&gpu->memory_lock);
	ret = bo_place(bo, bo->preferred);
	mutex_unlock(&gpu->memory_lock);
	return ret;
}

/**
 * fake_bo_remove() - take an object that is freed next out of where it is
 * @bo: the object
 */
void fake_bo_remove(struct fake_bo *bo)
{
	struct fake_gpu *gpu = bo_gpu(bo);

	mutex_lock(&gpu->memory_lock);
	bo_remove(bo);
	mutex_unlock(&gpu->memory_lock);
}

/**
 * fake_bo_validate() - put an object where a submission needs it
 * @bo: the object, locked
 *
 * It goes to where it is preferred if there is room without moving others, and may stay where it is
 * otherwise, if that is allowed. What was imported is mapped. amdgpu and xe have more of TTM's rules:
 * amdgpu_cs.c, xe_exec.c.
 *
 * Return: 0; -ENOMEM; or why an object that was imported cannot be mapped.
 */
int fake_bo_validate(struct fake_bo *bo)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int region, ret = 0;
	bool stays;

	if (drm_gem_is_imported(&bo->shmem.base))
		return fake_import_map(bo);

	/* What is not in a BAR has no addresses that change, and importers are not told of moves. */
	stays = !gpu->bar && fake_export_is_attached(bo);
	mutex_lock(&gpu->memory_lock);
	if (!bo->charged || bo->pins)
		goto out;
	if (!stays && !(bo->preferred & FAKE_IN(bo->region))) {
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

static int bo_have_in(struct fake_bo *bo, u32 regions)
{
	if (bo->pins)
		return regions & FAKE_IN(bo->region) ? 0 : -EINVAL;
	return bo_place(bo, regions);
}

/**
 * fake_bo_move_to() - have an object in one of some regions
 * @bo: the object, locked
 * @regions: FAKE_IN() of them
 *
 * It stays where it is, if that is one of them, unless it is better in VRAM; or if it is pinned.
 *
 * Return: 0; -EINVAL if it is pinned elsewhere; -ENOMEM.
 */
int fake_bo_move_to(struct fake_bo *bo, u32 regions)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int ret;

	mutex_lock(&gpu->memory_lock);
	ret = bo_have_in(bo, regions);
	if (!ret)
		list_move_tail(&bo->lru, &gpu->memory[bo->region].lru);
	mutex_unlock(&gpu->memory_lock);
	return ret;
}

/**
 * fake_bo_make_visible() - have an object where the CPU reaches it, and from now on
 * @bo: the object, locked
 *
 * For &fake_vendor.moves_in_vram, see amdgpu_bo_fault_reserve_notify(): in VRAM, if it is there and
 * nothing has to make room for that, or else in GTT.
 *
 * Return: 0; -EINVAL if it is pinned where the CPU does not; -ENOMEM.
 */
int fake_bo_make_visible(struct fake_bo *bo)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int ret = 0;

	mutex_lock(&gpu->memory_lock);
	bo->needs_visible = true;
	if (!bo_is_in(bo, FAKE_IN(bo->region))) {
		if (bo->pins)
			ret = -EINVAL;
		else if (bo_move(bo, FAKE_VRAM) && bo_move_evicting(bo, FAKE_GTT))
			ret = -ENOMEM;
	}
	mutex_unlock(&gpu->memory_lock);
	return ret;
}

/**
 * fake_bo_pin_in() - have an object in one of some regions, until fake_bo_unpin()
 * @bo: the object, locked
 * @regions: FAKE_IN() of them
 *
 * Return: 0; -EINVAL if it is pinned elsewhere; -ENOMEM.
 */
int fake_bo_pin_in(struct fake_bo *bo, u32 regions)
{
	struct fake_gpu *gpu = bo_gpu(bo);
	int ret;

	mutex_lock(&gpu->memory_lock);
	ret = bo_have_in(bo, regions);
	if (!ret)
		bo->pins++;
	mutex_unlock(&gpu->memory_lock);
	if (ret)
		return ret;

	ret = drm_gem_shmem_object_pin(&bo->shmem.base);
	if (ret) {
		mutex_lock(&gpu->memory_lock);
		bo->pins--;
		mutex_unlock(&gpu->memory_lock);
	}
	return ret;
}

/**
 * fake_bo_pin() - &drm_gem_object_funcs.pin: another device is to map the memory
 * @obj: the object, locked
 *
 * For drivers without peer-to-peer: it moves to the system's memory.
 *
 * Return: 0; -EOPNOTSUPP if it may only be in VRAM; or -ENOMEM.
 */
int fake_bo_pin(struct drm_gem_object *obj)
{
	struct fake_bo *bo = to_fake_bo(obj);
	u32 regions = FAKE_IN(FAKE_SYSTEM) | FAKE_IN(FAKE_GTT);

	if (bo->region == FAKE_VRAM) {
		regions &= bo->allowed;
		if (!regions)
			return -EOPNOTSUPP;
	}
	return fake_bo_pin_in(bo, regions);
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

/**
 * fake_bo_lost() - account for an object whose VRAM is gone
 * @bo: the object; &fake_gpu.memory_lock is held
 *
 * It is in the system's memory then, and zero.
 */
void fake_bo_lost(struct fake_bo *bo)
{
	struct dmem_cgroup_pool_state *pool;

	bo_remove(bo);
	if (charge(bo, FAKE_SYSTEM, &pool))
		return;
	bo->region = FAKE_SYSTEM;
	bo->charged = fake_bo_size(bo);
	list_add_tail(&bo->lru, &bo_gpu(bo)->memory[FAKE_SYSTEM].lru);
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

/**
 * fake_memory_pinned() - how much of a region must stay where it is
 * @gpu: the device
 * @region: the region
 *
 * Return: bytes.
 */
u64 fake_memory_pinned(struct fake_gpu *gpu, enum fake_region region)
{
	struct fake_bo *bo;
	u64 pinned = 0;

	mutex_lock(&gpu->memory_lock);
	list_for_each_entry(bo, &gpu->memory[region].lru, lru)
		if (bo->pins)
			pinned += fake_bo_size(bo);
	mutex_unlock(&gpu->memory_lock);
	return pinned;
}
