// SPDX-License-Identifier: GPL-2.0
/*
 * nvidia-drm, as of release 595.44.02 of NVIDIA/open-gpu-kernel-modules (rust/vendor_uapi/nvidia_drm.h
 * says more), on a GPU with VRAM and with modeset=1. Files named here are of kernel-open/nvidia-drm/
 * there.
 *
 * It submits nothing: that is done from user mode, through nvidia.ko. What ends it is that a
 * semaphore in memory gets a value; here that is done by the attribute "semaphore" of the parent
 * device, to which "INDEX VALUE" is written.
 *
 * The parameters of nvkms that some calls take have no published layout. The fake has one kind of
 * them, the 8 bytes NVIDIA_FAKE_SURFACE, which stand for the only semaphore surface of the device;
 * everything else is refused as the real driver refuses parameters that nvkms does not take. So
 * memory of the user-mode driver can be neither imported nor exported, and there are no contexts for
 * the older "prime" fences. Nor is there GEM_IMPORT_USERSPACE_MEMORY.
 *
 * This file has the driver, nvidia-drm-drv.c; nvidia_fence.c fences, nvidia_gem.c memory.
 */
#include <drm/drm_mode_config.h>

#include "nvidia.h"

/* nv_drm_fence_supported_ioctl(), and nv_drm_dmabuf_supported_ioctl() in nvidia-drm-drv.c */
static int supported(struct drm_device *drm, void *data, struct drm_file *file)
{
	return 0;
}

/* nv_drm_get_dev_info_ioctl() */
static int get_dev_info(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_get_dev_info_params *args = data;

	memset(args, 0, sizeof(*args));
	args->gpu_id = 0x100;
	args->primary_index = drm->primary->index;
	args->supports_alloc = 1;
	/* Those of Turing and later. */
	args->generic_page_kind = 0x06;
	args->page_kind_generation = 2;
	args->sector_layout = 1;
	args->supports_sync_fd = 1;
	args->supports_semsurf = 1;
	return 0;
}

/* nv_drm_get_client_capability_ioctl(): not on render nodes */
static int get_client_capability(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_get_client_capability_params *args = data;

	switch (args->capability) {
	case DRM_CLIENT_CAP_STEREO_3D:
		args->value = file->stereo_allowed;
		return 0;
	case DRM_CLIENT_CAP_UNIVERSAL_PLANES:
		args->value = file->universal_planes;
		return 0;
	case DRM_CLIENT_CAP_ATOMIC:
		args->value = file->atomic;
		return 0;
	default:
		return -EINVAL;
	}
}

/* nv_drm_get_drm_file_unique_id_ioctl() */
static int get_drm_file_unique_id(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_get_drm_file_unique_id_params *args = data;

	args->id = (u64)(uintptr_t)file->driver_priv;
	return 0;
}

static int nvidia_open(struct drm_device *drm, struct drm_file *file)
{
	static atomic64_t id = ATOMIC64_INIT(0);

	file->driver_priv = (void *)(uintptr_t)atomic64_inc_return(&id);
	return 0;
}

static const struct drm_ioctl_desc nvidia_ioctls[] = {
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_IMPORT_NVKMS_MEMORY, nvidia_no_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GET_DEV_INFO, get_dev_info, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_FENCE_SUPPORTED, supported, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_PRIME_FENCE_CONTEXT_CREATE, nvidia_prime_fence_context_create,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_PRIME_FENCE_ATTACH, nvidia_gem_prime_fence_attach, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GET_CLIENT_CAPABILITY, get_client_capability, 0),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_EXPORT_NVKMS_MEMORY, nvidia_no_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_MAP_OFFSET, nvidia_gem_map_offset, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_ALLOC_NVKMS_MEMORY, nvidia_gem_alloc_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_EXPORT_DMABUF_MEMORY, nvidia_no_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_IDENTIFY_OBJECT, nvidia_gem_identify_object, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_DMABUF_SUPPORTED, supported, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_CTX_CREATE, nvidia_semsurf_fence_ctx_create,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_CREATE, nvidia_semsurf_fence_create, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_WAIT, nvidia_semsurf_fence_wait, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_ATTACH, nvidia_semsurf_fence_attach, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GET_DRM_FILE_UNIQUE_ID, get_drm_file_unique_id, DRM_RENDER_ALLOW),
};

static int nvidia_init(struct fake_gpu *fake)
{
	struct nvidia_gpu *gpu = fake->priv;
	int ret;

	gpu->gpu = fake;
	ret = drmm_mode_config_init(&fake->drm);
	if (ret)
		return ret;
	return nvidia_fences_init(gpu);
}

DEFINE_DRM_GEM_FOPS(nvidia_fops);

static const struct drm_driver nvidia_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_MODESET | DRIVER_ATOMIC |
			   DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = nvidia_open,
	.dumb_create = nvidia_dumb_create,
	/* As for kernels that want them named; those that do not take the same. */
	.prime_handle_to_fd = drm_gem_prime_handle_to_fd,
	.prime_fd_to_handle = drm_gem_prime_fd_to_handle,
	.ioctls = nvidia_ioctls,
	.num_ioctls = ARRAY_SIZE(nvidia_ioctls),
	.fops = &nvidia_fops,
	FAKE_DRIVER_OPS,
	.name = "nvidia-drm",
	.desc = "NVIDIA DRM driver",
};

static const char *const nvidia_engines[] = { NULL };

const struct fake_vendor fake_nvidia_drm = {
	.driver = &nvidia_driver,
	.gem_funcs = &nvidia_gem_funcs,
	.engines = nvidia_engines,
	.has_vram = true,
	.priv_size = sizeof(struct nvidia_gpu),
	.init = nvidia_init,
	.group = &nvidia_semaphore_group,
};
