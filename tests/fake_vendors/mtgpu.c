// SPDX-License-Identifier: GPL-2.0
/*
 * mtgpu, of Moore Threads, as far as what it does is published: dumb buffers and dma-bufs, in
 * src/mtgpu/mtgpu_drm_gem.c of dixyes/mtgpu-drv, commit 00c5db416f279d75882ffb190d7f6b6472f67b9a.
 * Functions named here are there. On a GPU with VRAM.
 *
 * The driver's own calls are behind a part of it that is distributed in binary form, and differ from
 * version to version (rust/vendor_uapi/mtgpu_drm.h says how). There is none of them here, which DRM
 * answers with EINVAL, as the real driver does with the calls of other versions. So there are neither
 * submissions nor fences.
 *
 * A dma-buf of the real driver has no struct page, and its addresses are those of the memory, not
 * those that an IOMMU has for them; here they are as they should be. And the address of its VRAM is
 * given only to a device two levels below the same PCI device, which no DRM device is.
 */
#include <drm/drm_managed.h>
#include <drm/drm_mode_config.h>

#include "fake.h"
#include "../../rust/vendor_uapi/mtgpu_drm.h"

/* What memory that nobody has cleared has in it. */
#define GARBAGE 0xa5

static bool in_vram(struct fake_bo *bo)
{
	return bo->allowed == FAKE_IN(FAKE_VRAM);
}

/* mtgpu_gem_dmabuf_attach() moves nothing, and refuses nothing. */
static int mtgpu_pin(struct drm_gem_object *obj)
{
	return in_vram(to_fake_bo(obj)) ? 0 : drm_gem_shmem_object_pin(obj);
}

static void mtgpu_unpin(struct drm_gem_object *obj)
{
	if (!in_vram(to_fake_bo(obj)))
		drm_gem_shmem_object_unpin(obj);
}

/* mtgpu_gem_dmabuf_map(): a table for no pages at all cannot be had, and what that returns is NULL. */
static struct sg_table *mtgpu_get_sg_table(struct drm_gem_object *obj)
{
	if (in_vram(to_fake_bo(obj)))
		return ERR_PTR(-ENOMEM);
	return fake_bo_get_sg_table(obj);
}

static const struct drm_gem_object_funcs mtgpu_gem_funcs = {
	.free = fake_bo_free,
	.print_info = drm_gem_shmem_object_print_info,
	.export = drm_gem_prime_export,
	.pin = mtgpu_pin,
	.unpin = mtgpu_unpin,
	.get_sg_table = mtgpu_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* Only the console's memory is cleared, by mtgpu_gem_buffer_clear(). */
static int fill_with_garbage(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	struct iosys_map map;
	int ret;

	dma_resv_lock(obj->resv, NULL);
	ret = drm_gem_shmem_object_vmap(obj, &map);
	if (!ret) {
		iosys_map_memset(&map, 0, GARBAGE, obj->size);
		drm_gem_shmem_object_vunmap(obj, &map);
	}
	dma_resv_unlock(obj->resv);
	return ret;
}

/* mtgpu_gem_dumb_create(): other flags are not looked at */
static int mtgpu_dumb_create(struct drm_file *file, struct drm_device *drm,
			     struct drm_mode_create_dumb *args)
{
	u32 region = args->flags & MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM ? FAKE_GTT : FAKE_VRAM;
	u32 pitch = args->width * (ALIGN(args->bpp, 8) >> 3);
	u64 size = PAGE_ALIGN((u64)pitch * args->height);
	struct fake_gpu *gpu = to_fake_gpu(drm);
	struct fake_bo *bo;
	int ret;

	bo = fake_bo_create(gpu, size, FAKE_IN(region), FAKE_IN(region), NULL);
	if (IS_ERR(bo))
		return -ENOMEM;
	/* Nothing is ever moved. */
	mutex_lock(&gpu->memory_lock);
	bo->pins++;
	mutex_unlock(&gpu->memory_lock);
	ret = fill_with_garbage(bo);
	if (!ret)
		ret = drm_gem_handle_create(file, &bo->shmem.base, &args->handle);
	drm_gem_object_put(&bo->shmem.base);
	args->pitch = pitch;
	args->size = size;
	return ret;
}

/* mtgpu_gem_prime_import_sg_table(): of one piece, as VRAM is */
static struct drm_gem_object *mtgpu_prime_import_sg_table(struct drm_device *drm,
							  struct dma_buf_attachment *attach,
							  struct sg_table *sgt)
{
	if (sgt->nents != 1)
		return ERR_PTR(-EINVAL);
	return fake_prime_import_sg_table(drm, attach, sgt);
}

static int mtgpu_init(struct fake_gpu *gpu)
{
	return drmm_mode_config_init(&gpu->drm);
}

DEFINE_DRM_GEM_FOPS(mtgpu_fops);

/* There are no syncobjs: the driver does not say that it has them. */
static const struct drm_driver mtgpu_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_MODESET | DRIVER_ATOMIC,
	.dumb_create = mtgpu_dumb_create,
	.fops = &mtgpu_fops,
	.gem_create_object = fake_gem_create_object,
	.gem_prime_import = fake_prime_import,
	.gem_prime_import_sg_table = mtgpu_prime_import_sg_table,
	.name = "mtgpu",
	.desc = "MooreThreads DRM Driver",
	.major = 1,
};

static const char *const mtgpu_engines[] = { NULL };

const struct fake_vendor fake_mtgpu = {
	.driver = &mtgpu_driver,
	.gem_funcs = &mtgpu_gem_funcs,
	.engines = mtgpu_engines,
	.has_vram = true,
	.init = mtgpu_init,
};
