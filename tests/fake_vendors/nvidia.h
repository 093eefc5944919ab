/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the fake nvidia-drm share: nvidia_drm.c, nvidia_fence.c, nvidia_gem.c. */
#ifndef NVIDIA_H
#define NVIDIA_H

#include <drm/drm_ioctl.h>

#include "fake.h"
#include "nvidia_drm_fake.h"
#include "../../rust/vendor_uapi/nvidia_drm.h"

/**
 * struct nvidia_gpu - &fake_gpu.priv
 * @gpu: the device
 * @lock: protects all below, and what is pending in contexts
 * @semaphores: the semaphore surface
 * @contexts: struct nvidia_context
 * @updates: struct nvidia_wait that wait for a semaphore
 */
struct nvidia_gpu {
	struct fake_gpu *gpu;
	spinlock_t lock;
	u64 semaphores[NVIDIA_FAKE_SEMAPHORES];
	struct list_head contexts;
	struct list_head updates;
};

static inline struct nvidia_gpu *to_nvidia(struct drm_device *drm)
{
	return to_fake_gpu(drm)->priv;
}

/* --- nvidia_fence.c */

bool nvidia_is_context(const struct drm_gem_object *obj);
int nvidia_fences_init(struct nvidia_gpu *gpu);
drm_ioctl_t nvidia_semsurf_fence_ctx_create;
drm_ioctl_t nvidia_semsurf_fence_create;
drm_ioctl_t nvidia_semsurf_fence_wait;
drm_ioctl_t nvidia_semsurf_fence_attach;
drm_ioctl_t nvidia_prime_fence_context_create;
drm_ioctl_t nvidia_gem_prime_fence_attach;

extern const struct attribute_group nvidia_semaphore_group;

/* --- nvidia_gem.c */

extern const struct drm_gem_object_funcs nvidia_gem_funcs;

drm_ioctl_t nvidia_gem_alloc_nvkms_memory;
drm_ioctl_t nvidia_gem_map_offset;
drm_ioctl_t nvidia_gem_identify_object;
drm_ioctl_t nvidia_no_nvkms_memory;
int nvidia_dumb_create(struct drm_file *file, struct drm_device *drm,
		       struct drm_mode_create_dumb *args);

#endif
