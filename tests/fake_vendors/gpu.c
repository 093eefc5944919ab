// SPDX-License-Identifier: GPL-2.0
/*
 * A fake GPU as a DRM device. It goes in two steps: the parent is unbound, which stops the engines
 * and makes new ioctls fail; and the last reference is dropped, which frees it.
 */
#include <linux/cgroup_dmem.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>

#include "fake.h"

static atomic_t gpus_alive = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(gpus_gone);

static void gpu_released(struct drm_device *drm, void *unused)
{
	if (atomic_dec_and_test(&gpus_alive))
		wake_up_all(&gpus_gone);
}

/**
 * fake_gpus_wait() - wait until all devices are freed
 *
 * Those that were removed stay as long as there are jobs on the way, which end soon.
 */
void fake_gpus_wait(void)
{
	wait_event(gpus_gone, !atomic_read(&gpus_alive));
}

static int memory_init(struct fake_gpu *gpu)
{
	unsigned int i;
	int ret;

	ret = drmm_mutex_init(&gpu->drm, &gpu->memory_lock);
	if (ret)
		return ret;
	for (i = 0; i < FAKE_REGIONS; i++)
		INIT_LIST_HEAD(&gpu->memory[i].lru);

	/* As TTM, which takes half of the system's memory at most: ttm_global_init(). */
	gpu->memory[FAKE_SYSTEM].size = (u64)totalram_pages() << PAGE_SHIFT >> 1;
	gpu->memory[FAKE_GTT].size = (u64)fake_gtt_mb * SZ_1M;
	if (gpu->vendor->has_vram) {
		struct dmem_cgroup_init init = { };
		struct dmem_cgroup_region *cg;

		gpu->memory[FAKE_VRAM].size = (u64)fake_vram_mb * SZ_1M;
		if (dev_is_pci(gpu->drm.dev)) {
			ret = fake_bar_init(gpu);
			if (ret)
				return ret;
		}
		init.size = gpu->memory[FAKE_VRAM].size;
		cg = drmm_cgroup_register_region(&gpu->drm, "vram", &init);
		if (IS_ERR(cg))
			return PTR_ERR(cg);
		gpu->memory[FAKE_VRAM].cg = cg;
	}
	return 0;
}

/**
 * fake_gpu_add() - make a device and register it
 * @parent: its parent
 * @vendor: whose it is
 *
 * Return: the device, until fake_gpu_remove(); or an error pointer.
 */
struct fake_gpu *fake_gpu_add(struct device *parent, const struct fake_vendor *vendor)
{
	struct fake_gpu *gpu;
	int ret;

	gpu = devm_drm_dev_alloc(parent, vendor->driver, struct fake_gpu, drm);
	if (IS_ERR(gpu))
		return gpu;
	gpu->vendor = vendor;
	dev_set_drvdata(parent, gpu);
	atomic_inc(&gpus_alive);
	ret = drmm_add_action_or_reset(&gpu->drm, gpu_released, NULL);
	if (ret)
		return ERR_PTR(ret);

	ret = memory_init(gpu);
	if (ret)
		return ERR_PTR(ret);
	ret = fake_power_init(parent);
	if (ret)
		return ERR_PTR(ret);
	ret = drmm_mutex_init(&gpu->drm, &gpu->vm_lock);
	if (ret)
		return ERR_PTR(ret);
	if (vendor->priv_size) {
		gpu->priv = drmm_kzalloc(&gpu->drm, vendor->priv_size, GFP_KERNEL);
		if (!gpu->priv)
			return ERR_PTR(-ENOMEM);
	}
	ret = fake_engines_init(gpu);
	if (ret)
		return ERR_PTR(ret);
	if (vendor->init) {
		ret = vendor->init(gpu);
		if (ret)
			return ERR_PTR(ret);
	}
	if (vendor->group) {
		ret = devm_device_add_group(parent, vendor->group);
		if (ret)
			return ERR_PTR(ret);
	}
	ret = drm_dev_register(&gpu->drm, 0);
	if (ret)
		return ERR_PTR(ret);
	return gpu;
}

/**
 * fake_gpu_remove() - unplug a device
 * @gpu: the device
 *
 * What is executed ends with ENODEV, and so does all that waits for its turn.
 */
void fake_gpu_remove(struct fake_gpu *gpu)
{
	drm_dev_unplug(&gpu->drm);
	WRITE_ONCE(gpu->gone, true);
	fake_engines_abort(gpu, -ENODEV);
	fake_vram_lose(gpu);
}
