// SPDX-License-Identifier: GPL-2.0
/* Locking all objects of a submission: what the drivers have drm_exec for. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "fake.h"

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
