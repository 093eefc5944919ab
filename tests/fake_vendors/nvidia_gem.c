// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the fake nvidia-drm: nvidia-drm-gem.c and nvidia-drm-gem-nvkms-memory.c of the real one.
 * See nvidia_drm.c.
 */
#include <drm/drm_print.h>

#include "nvidia.h"

/* nv_drm_device.pitchAlignment, which nvkms tells */
#define PITCH_ALIGN	256

/* __nv_drm_gem_nvkms_memory_prime_get_sg_table(): VRAM has no pages that another device could map. */
static struct sg_table *nvidia_get_sg_table(struct drm_gem_object *obj)
{
	return ERR_PTR(-ENOMEM);
}

/* nv_drm_gem_vmap(): all is memory of the device, which has to be accessed as such */
static int nvidia_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	int ret = drm_gem_shmem_object_vmap(obj, map);

	if (!ret && !map->is_iomem)
		iosys_map_set_vaddr_iomem(map, (void __iomem *)map->vaddr);
	return ret;
}

static void nvidia_vunmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	struct iosys_map memory = IOSYS_MAP_INIT_VADDR((void __force *)map->vaddr_iomem);

	drm_gem_shmem_object_vunmap(obj, &memory);
}

const struct drm_gem_object_funcs nvidia_gem_funcs = {
	.free = fake_bo_free,
	.print_info = drm_gem_shmem_object_print_info,
	.export = drm_gem_prime_export,
	.get_sg_table = nvidia_get_sg_table,
	.vmap = nvidia_vmap,
	.vunmap = nvidia_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* allocateVideoMemory() of nvkms, and __nv_drm_nvkms_gem_obj_init(). Nothing is ever moved. */
static int memory_create(struct drm_device *drm, struct drm_file *file, u64 size, u32 *handle)
{
	struct fake_gpu *gpu = to_fake_gpu(drm);
	struct fake_bo *bo;
	int ret;

	if (!PAGE_ALIGNED(size))
		return -EINVAL;
	bo = fake_bo_create(gpu, size, FAKE_IN(FAKE_VRAM), FAKE_IN(FAKE_VRAM), NULL);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	mutex_lock(&gpu->memory_lock);
	bo->pins++;
	mutex_unlock(&gpu->memory_lock);
	ret = drm_gem_handle_create(file, &bo->shmem.base, handle);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}

/* nv_drm_gem_alloc_nvkms_memory_ioctl(): flags it does not know it ignores; no memory is EINVAL */
int nvidia_gem_alloc_nvkms_memory(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_gem_alloc_nvkms_memory_params *args = data;
	int ret;

	if (args->__pad0 || args->__pad1)
		return -EINVAL;
	ret = memory_create(drm, file, args->memory_size, &args->handle);
	if (ret)
		return -EINVAL;
	/* Nothing is compressed here, which the driver may say. */
	args->compressible = 0;
	return 0;
}

/* nv_drm_dumb_create() */
int nvidia_dumb_create(struct drm_file *file, struct drm_device *drm,
		       struct drm_mode_create_dumb *args)
{
	args->pitch = roundup(args->width * ((args->bpp + 7) >> 3), PITCH_ALIGN);
	args->size = PAGE_ALIGN((u64)args->height * args->pitch);
	return memory_create(drm, file, args->size, &args->handle) ? -ENOMEM : 0;
}

/* nv_drm_gem_map_offset_ioctl(): pads are not looked at; EINVAL where other drivers say ENOENT */
int nvidia_gem_map_offset(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_gem_map_offset_params *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	int ret = -EINVAL;

	if (!obj)
		return -EINVAL;
	if (!nvidia_is_context(obj)) {
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
		ret = 0;
	}
	drm_gem_object_put(obj);
	return ret;
}

/* nv_drm_gem_identify_object_ioctl(): what is no buffer, or nothing at all, is unknown */
int nvidia_gem_identify_object(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_gem_identify_object_params *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);

	args->object_type = NV_GEM_OBJECT_UNKNOWN;
	if (obj && !nvidia_is_context(obj))
		args->object_type = drm_gem_is_imported(obj) ? NV_GEM_OBJECT_DMABUF :
			NV_GEM_OBJECT_NVKMS;
	if (obj)
		drm_gem_object_put(obj);
	return 0;
}

/*
 * nv_drm_gem_import_nvkms_memory_ioctl(), nv_drm_gem_export_nvkms_memory_ioctl() and
 * nv_drm_gem_export_dmabuf_memory_ioctl(), with parameters that nvkms does not take
 */
int nvidia_no_nvkms_memory(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EINVAL;
}
