// SPDX-License-Identifier: GPL-2.0
/*
 * What a device does when the system sleeps. VRAM loses its power then, as that of a discrete GPU, and
 * so its contents. In these steps:
 *
 *   prepare  objects move out of VRAM, as in amdgpu_device_prepare(). TTM waits for the fences of who
 *            uses them, and passes over those that are pinned: ttm_resource_manager_evict_all()
 *   suspend  objects move out that have come back or were pinned, and the engines stop, as in
 *            amdgpu_device_suspend(). What is pinned now is lost: zero, and counted in "lost"
 *   resume   the engines go on
 *
 * Whoever uses a device between the last two is counted in "disturbed": the real one would not answer.
 *
 * With the parent's power/control at "auto" a device sleeps when nobody keeps it awake, too. Nothing
 * is lost then, but it may fail to wake up: see fault.c.
 */
#include <linux/dma-resv.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "fake.h"

/* As long as the drivers would hang for. */
#define MOVE_TIMEOUT (15 * HZ)

/*
 * The guest's root file system is on 9p, whose driver cannot be suspended. Devices of the system's core
 * are passed over.
 */
static int keep_set(const char *value, const struct kernel_param *param)
{
	struct device *dev;
	char name[32];

	if (strscpy(name, value, sizeof(name)) < 0)
		return -EINVAL;
	dev = bus_find_device_by_name(&pci_bus_type, NULL, strim(name));
	if (!dev)
		return -ENODEV;
	dev_pm_syscore_device(dev, true);
	put_device(dev);
	return 0;
}

static const struct kernel_param_ops keep_ops = {
	.set = keep_set,
};
module_param_cb(keep, &keep_ops, NULL, 0200);
MODULE_PARM_DESC(keep, "Address of a device on PCI that is not to be suspended with the system");

/* Calls @act with each object in VRAM, locked, until it fails. */
static int each_in_vram(struct fake_gpu *gpu, int (*act)(struct fake_bo *bo))
{
	struct list_head *lru = &gpu->memory[FAKE_VRAM].lru;
	LIST_HEAD(seen);
	int ret = 0;

	mutex_lock(&gpu->memory_lock);
	while (!ret && !list_empty(lru)) {
		struct fake_bo *bo = list_first_entry(lru, struct fake_bo, lru);
		struct drm_gem_object *obj = &bo->shmem.base;

		list_move_tail(&bo->lru, &seen);
		if (!kref_get_unless_zero(&obj->refcount))
			continue;
		mutex_unlock(&gpu->memory_lock);
		dma_resv_lock(obj->resv, NULL);
		ret = act(bo);
		dma_resv_unlock(obj->resv);
		drm_gem_object_put(obj);
		mutex_lock(&gpu->memory_lock);
	}
	list_splice(&seen, lru);
	mutex_unlock(&gpu->memory_lock);
	return ret;
}

static int move_out(struct fake_bo *bo)
{
	if (READ_ONCE(bo->pins) || bo->region != FAKE_VRAM)
		return 0;
	if (dma_resv_wait_timeout(bo->shmem.base.resv, DMA_RESV_USAGE_BOOKKEEP, false,
				  MOVE_TIMEOUT) <= 0)
		return -EBUSY;
	return fake_bo_move_to(bo, FAKE_IN(FAKE_GTT) | FAKE_IN(FAKE_SYSTEM));
}

static int lose(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	struct fake_gpu *gpu = to_fake_gpu(obj->dev);
	struct iosys_map map;
	int ret;

	if (bo->region != FAKE_VRAM)
		return 0;
	atomic64_add(fake_bo_size(bo), &gpu->lost);
	ret = gpu->bar ? fake_bo_vmap(obj, &map) : drm_gem_shmem_vmap_locked(&bo->shmem, &map);
	if (ret)
		return ret;
	iosys_map_memset(&map, 0, 0, fake_bo_size(bo));
	if (gpu->bar)
		fake_bo_vunmap(obj, &map);
	else
		drm_gem_shmem_vunmap_locked(&bo->shmem, &map);
	return 0;
}

static int prepare(struct device *dev)
{
	return each_in_vram(dev_get_drvdata(dev), move_out);
}

static int suspend(struct device *dev)
{
	struct fake_gpu *gpu = dev_get_drvdata(dev);
	int ret;

	ret = each_in_vram(gpu, move_out);
	if (ret)
		return ret;
	fake_engines_stop(gpu);
	ret = each_in_vram(gpu, lose);
	if (ret)
		fake_engines_start(gpu);
	else
		WRITE_ONCE(gpu->suspended, true);
	return ret;
}

static int resume(struct device *dev)
{
	struct fake_gpu *gpu = dev_get_drvdata(dev);

	WRITE_ONCE(gpu->suspended, false);
	fake_engines_start(gpu);
	return 0;
}

static int runtime_suspend(struct device *dev)
{
	return 0;
}

static int runtime_resume(struct device *dev)
{
	return fake_fault_error(dev_get_drvdata(dev), FAKE_FAULT_RESUME);
}

const struct dev_pm_ops fake_pm_ops = {
	.prepare = pm_sleep_ptr(prepare),
	SYSTEM_SLEEP_PM_OPS(suspend, resume)
	RUNTIME_PM_OPS(runtime_suspend, runtime_resume, NULL)
};

/**
 * fake_power_used() - note that a device is used
 * @gpu: the device, which nobody is to use while it is suspended
 */
void fake_power_used(struct fake_gpu *gpu)
{
	if (READ_ONCE(gpu->suspended))
		atomic_inc(&gpu->disturbed);
}

/**
 * fake_power_init() - let the parent of a device sleep, when its power/control says so
 * @dev: the parent
 *
 * Return: 0 or an error.
 */
int fake_power_init(struct device *dev)
{
	/* Those on PCI are like that. */
	if (dev_is_pci(dev))
		return 0;
	pm_runtime_set_active(dev);
	pm_runtime_forbid(dev);
	return devm_pm_runtime_enable(dev);
}
