// SPDX-License-Identifier: GPL-2.0
/*
 * amdgpu, as of its version 3.64 in Linux 7.3: a discrete GPU without a display, as one partition of
 * those that have several (amdgpu_partition_driver in drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c).
 *
 * Files named here are of drivers/gpu/drm/amd/amdgpu/.
 */
#include <linux/slab.h>

#include <drm/drm_ioctl.h>

#include <uapi/drm/amdgpu_drm.h>

#include "fake.h"

/* The version: KMS_DRIVER_MAJOR ... of amdgpu_drv.c. */
#define AMDGPU_MAJOR	3
#define AMDGPU_MINOR	64

static u32 regions_of(u32 domains)
{
	u32 regions = 0;

	if (domains & AMDGPU_GEM_DOMAIN_CPU)
		regions |= FAKE_IN(FAKE_SYSTEM);
	if (domains & AMDGPU_GEM_DOMAIN_GTT)
		regions |= FAKE_IN(FAKE_GTT);
	if (domains & AMDGPU_GEM_DOMAIN_VRAM)
		regions |= FAKE_IN(FAKE_VRAM);
	/* amdgpu_bo_placement_from_domain(): no domain at all is the system's memory. */
	return regions ?: FAKE_IN(FAKE_SYSTEM);
}

static int gem_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_gem_create *args = data;
	u32 regions = regions_of(args->in.domains), handle;
	struct fake_bo *bo;
	int ret;

	if (args->in.domains & ~AMDGPU_GEM_DOMAIN_MASK)
		return -EINVAL;
	bo = fake_bo_create(to_fake_gpu(drm), args->in.bo_size, regions, regions, NULL);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->shmem.base, &handle);
	drm_gem_object_put(&bo->shmem.base);
	if (ret)
		return ret;
	memset(args, 0, sizeof(*args));
	args->out.handle = handle;
	return 0;
}

static const struct drm_ioctl_desc ioctls[] = {
	DRM_IOCTL_DEF_DRV(AMDGPU_GEM_CREATE, gem_create, DRM_AUTH | DRM_RENDER_ALLOW),
};

DEFINE_DRM_GEM_FOPS(amdgpu_fops);

static const struct drm_driver amdgpu_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.ioctls = ioctls,
	.num_ioctls = ARRAY_SIZE(ioctls),
	.fops = &amdgpu_fops,
	FAKE_DRIVER_OPS,
	.name = "amdgpu",
	.desc = "AMD GPU",
	.major = AMDGPU_MAJOR,
	.minor = AMDGPU_MINOR,
};

static const struct drm_gem_object_funcs amdgpu_gem_funcs = {
	FAKE_GEM_FUNCS,
	.mmap = drm_gem_shmem_object_mmap,
};

static const char *const amdgpu_engines[] = { "gfx", "sdma0", NULL };

const struct fake_vendor fake_amdgpu = {
	.driver = &amdgpu_driver,
	.gem_funcs = &amdgpu_gem_funcs,
	.engines = amdgpu_engines,
	.timeout_ms = 2000,
	.timeout_error = -ETIME,
	.page_fault = FAKE_PAGE_FAULT_DROP,
	.has_vram = true,
};
