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
 */
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_mode_config.h>
#include <drm/drm_print.h>

#include "fake.h"
#include "nvidia_drm_fake.h"
#include "../../rust/vendor_uapi/nvidia_drm.h"

/* NV_DRM_SEMAPHORE_SURFACE_FENCE_MAX_TIMEOUT_MS in nvidia-drm-fence.c */
#define MAX_TIMEOUT_MS	5000
/* nv_drm_device.pitchAlignment, which nvkms tells */
#define PITCH_ALIGN	256

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

/**
 * struct nvidia_context - a fence context: makes fences of a semaphore
 * @base: it has a handle like a buffer
 * @gpu: the device
 * @index: of the semaphore
 * @fence_context: of its fences
 * @of_gpu: in &nvidia_gpu.contexts
 * @pending: struct nvidia_fence in the order of their values
 * @timer: for the time-out of the first of them
 */
struct nvidia_context {
	struct drm_gem_object base;
	struct nvidia_gpu *gpu;
	u64 index;
	u64 fence_context;
	struct list_head of_gpu;
	struct list_head pending;
	struct timer_list timer;
};

/**
 * struct nvidia_fence - signals when a semaphore has reached a value
 * @base: the fence; its number is that value. The first member, for dma_fence_free()
 * @node: in &nvidia_context.pending, which has a reference
 * @timeout: when it signals with ETIMEDOUT, in jiffies
 */
struct nvidia_fence {
	struct dma_fence base;
	struct list_head node;
	unsigned long timeout;
};

/**
 * struct nvidia_wait - SEMSURF_FENCE_WAIT: sets a semaphore after a fence
 * @cb: for the fence
 * @work: the second half, when the fence has signalled
 * @node: in &nvidia_gpu.updates after that
 * @gpu: the device, referenced
 * @index: of the semaphore
 * @before: the value it must have before
 * @after: the value it gets
 */
struct nvidia_wait {
	struct dma_fence_cb cb;
	struct work_struct work;
	struct list_head node;
	struct nvidia_gpu *gpu;
	u64 index;
	u64 before;
	u64 after;
};

static struct nvidia_gpu *to_nvidia(struct drm_device *drm)
{
	return to_fake_gpu(drm)->priv;
}

/* --- Fences: nvidia-drm-fence.c */

static const char *fence_driver_name(struct dma_fence *fence)
{
	return "NVIDIA";
}

static const char *fence_timeline_name(struct dma_fence *fence)
{
	return "nvidia.semaphore_surface";
}

static const struct dma_fence_ops nvidia_fence_ops = {
	.get_driver_name = fence_driver_name,
	.get_timeline_name = fence_timeline_name,
};

static void fences_signal(struct list_head *fences, int error)
{
	struct nvidia_fence *fence, *next;

	list_for_each_entry_safe(fence, next, fences, node) {
		list_del_init(&fence->node);
		if (error)
			dma_fence_set_error(&fence->base, error);
		dma_fence_signal(&fence->base);
		dma_fence_put(&fence->base);
	}
}

/*
 * __nv_drm_semsurf_ctx_process_completed(): from the lowest value on, until there is one that is
 * neither reached nor out of time. A higher value can be out of time behind it.
 */
static void context_process(struct nvidia_context *ctx)
{
	struct nvidia_fence *fence, *next;
	LIST_HEAD(finished);
	LIST_HEAD(timed_out);
	unsigned long flags;

	spin_lock_irqsave(&ctx->gpu->lock, flags);
	list_for_each_entry_safe(fence, next, &ctx->pending, node) {
		if (fence->base.seqno <= ctx->gpu->semaphores[ctx->index]) {
			list_move_tail(&fence->node, &finished);
		} else if (time_after_eq(jiffies, fence->timeout)) {
			list_move_tail(&fence->node, &timed_out);
		} else {
			mod_timer(&ctx->timer, fence->timeout);
			break;
		}
	}
	spin_unlock_irqrestore(&ctx->gpu->lock, flags);
	fences_signal(&finished, 0);
	fences_signal(&timed_out, -ETIMEDOUT);
}

static void context_timeout(struct timer_list *timer)
{
	struct nvidia_context *ctx = timer_container_of(ctx, timer, timer);

	context_process(ctx);
}

/* Sets a semaphore, as the GPU or the user-mode driver would, and all that follows from it. */
static void semaphore_set(struct nvidia_gpu *gpu, u64 index, u64 value)
{
	struct nvidia_context *ctx;
	struct nvidia_wait *wait, *next;
	LIST_HEAD(done);
	unsigned long flags;
	bool again;

	spin_lock_irqsave(&gpu->lock, flags);
	gpu->semaphores[index] = value;
	do {
		again = false;
		list_for_each_entry_safe(wait, next, &gpu->updates, node) {
			if (wait->index != index || gpu->semaphores[index] < wait->before)
				continue;
			gpu->semaphores[index] = wait->after;
			list_move(&wait->node, &done);
			again = true;
		}
	} while (again);
	spin_unlock_irqrestore(&gpu->lock, flags);
	list_for_each_entry_safe(wait, next, &done, node)
		kfree(wait);

	/* Contexts go only when they are freed, under this mutex. */
	mutex_lock(&gpu->gpu->vm_lock);
	list_for_each_entry(ctx, &gpu->contexts, of_gpu)
		if (ctx->index == index)
			context_process(ctx);
	mutex_unlock(&gpu->gpu->vm_lock);
}

/* __nv_drm_semsurf_fence_ctx_destroy() */
static void context_free(struct drm_gem_object *obj)
{
	struct nvidia_context *ctx = container_of(obj, struct nvidia_context, base);

	mutex_lock(&ctx->gpu->gpu->vm_lock);
	list_del(&ctx->of_gpu);
	mutex_unlock(&ctx->gpu->gpu->vm_lock);
	timer_shutdown_sync(&ctx->timer);
	fences_signal(&ctx->pending, -ETIMEDOUT);
	drm_gem_object_release(obj);
	kfree(ctx);
}

static const struct drm_gem_object_funcs context_funcs = {
	.free = context_free,
};

/* __nv_drm_fence_context_lookup() */
static struct nvidia_context *context_lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	if (obj && obj->funcs == &context_funcs)
		return container_of(obj, struct nvidia_context, base);
	if (obj)
		drm_gem_object_put(obj);
	return NULL;
}

/* importSemaphoreSurface() of nvkms */
static bool surface_known(u64 params, u64 size)
{
	u64 value;

	return size == sizeof(value) && !copy_from_user(&value, u64_to_user_ptr(params), size) &&
	       value == NVIDIA_FAKE_SURFACE;
}

/* nv_drm_semsurf_fence_ctx_create_ioctl() */
static int semsurf_fence_ctx_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_semsurf_fence_ctx_create_params *args = data;
	struct nvidia_gpu *gpu = to_nvidia(drm);
	struct nvidia_context *ctx;
	int ret;

	if (args->__pad)
		return -EINVAL;
	if (!surface_known(args->nvkms_params_ptr, args->nvkms_params_size))
		return -ENOMEM;
	/* The real driver does not look, and reads past the end of the surface. */
	if (args->index >= NVIDIA_FAKE_SEMAPHORES)
		return -EINVAL;
	ctx = kzalloc_obj(*ctx);
	if (!ctx)
		return -ENOMEM;
	ctx->gpu = gpu;
	ctx->index = args->index;
	ctx->fence_context = dma_fence_context_alloc(1);
	INIT_LIST_HEAD(&ctx->pending);
	timer_setup(&ctx->timer, context_timeout, 0);
	ctx->base.funcs = &context_funcs;
	drm_gem_private_object_init(drm, &ctx->base, 0);
	mutex_lock(&gpu->gpu->vm_lock);
	list_add(&ctx->of_gpu, &gpu->contexts);
	mutex_unlock(&gpu->gpu->vm_lock);
	ret = drm_gem_handle_create(file, &ctx->base, &args->handle);
	drm_gem_object_put(&ctx->base);
	return ret;
}

/* __nv_drm_semsurf_fence_ctx_create_fence() and __nv_drm_semsurf_ctx_add_pending() */
static struct dma_fence *fence_create(struct nvidia_context *ctx, u64 value, u32 timeout_ms)
{
	struct nvidia_fence *fence = kzalloc_obj(*fence), *other;
	struct list_head *before = &ctx->pending;
	unsigned long flags;

	if (!fence)
		return ERR_PTR(-ENOMEM);
	if (!timeout_ms || timeout_ms > MAX_TIMEOUT_MS)
		timeout_ms = MAX_TIMEOUT_MS;
	fence->timeout = jiffies + msecs_to_jiffies(timeout_ms);
	dma_fence_init64(&fence->base, &nvidia_fence_ops, NULL, ctx->fence_context, value);
	dma_fence_get(&fence->base);
	spin_lock_irqsave(&ctx->gpu->lock, flags);
	list_for_each_entry(other, &ctx->pending, node) {
		if (other->base.seqno > value) {
			before = &other->node;
			break;
		}
	}
	list_add_tail(&fence->node, before);
	spin_unlock_irqrestore(&ctx->gpu->lock, flags);
	context_process(ctx);
	return &fence->base;
}

/* nv_drm_semsurf_fence_create_ioctl() */
static int semsurf_fence_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_semsurf_fence_create_params *args = data;
	struct nvidia_context *ctx;
	struct sync_file *sync;
	struct dma_fence *fence;
	int fd, ret;

	if (args->__pad)
		return -EINVAL;
	ctx = context_lookup(file, args->fence_context_handle);
	if (!ctx)
		return -EINVAL;
	fence = fence_create(ctx, args->wait_value, args->timeout_value_ms);
	if (IS_ERR(fence)) {
		ret = PTR_ERR(fence);
		goto out_ctx;
	}
	/* nv_drm_create_sync_file() */
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto out_fence;
	}
	sync = sync_file_create(fence);
	if (sync) {
		fd_install(fd, sync->file);
		args->fd = fd;
		ret = 0;
	} else {
		put_unused_fd(fd);
		ret = -ENOMEM;
	}
out_fence:
	dma_fence_put(fence);
out_ctx:
	drm_gem_object_put(&ctx->base);
	return ret;
}

/* __nv_drm_semsurf_wait_fence_work_cb(): waits for the semaphore now, if it has to. */
static void wait_work(struct work_struct *work)
{
	struct nvidia_wait *wait = container_of(work, struct nvidia_wait, work);
	struct nvidia_gpu *gpu = wait->gpu;
	u64 index = wait->index, value;
	unsigned long flags;

	spin_lock_irqsave(&gpu->lock, flags);
	list_add_tail(&wait->node, &gpu->updates);
	value = gpu->semaphores[index];
	spin_unlock_irqrestore(&gpu->lock, flags);
	semaphore_set(gpu, index, value);
	drm_dev_put(&gpu->gpu->drm);
}

/* __nv_drm_semsurf_wait_fence_cb() */
static void wait_fence_cb(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	queue_work(fake_release_wq, &container_of(cb, struct nvidia_wait, cb)->work);
}

/* nv_drm_semsurf_fence_wait_ioctl(), which returns 0 whatever was wrong with its arguments */
static int semsurf_fence_wait(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_semsurf_fence_wait_params *args = data;
	struct nvidia_context *ctx;
	struct nvidia_wait *wait;
	struct dma_fence *fence;

	if (args->pre_wait_value >= args->post_wait_value)
		return 0;
	ctx = context_lookup(file, args->fence_context_handle);
	if (!ctx)
		return 0;
	wait = kzalloc_obj(*wait);
	fence = wait ? sync_file_get_fence(args->fd) : NULL;
	if (!fence) {
		kfree(wait);
		goto out;
	}
	INIT_WORK(&wait->work, wait_work);
	wait->gpu = ctx->gpu;
	wait->index = ctx->index;
	wait->before = args->pre_wait_value;
	wait->after = args->post_wait_value;
	drm_dev_get(drm);
	if (dma_fence_add_callback(fence, &wait->cb, wait_fence_cb))
		wait_work(&wait->work);
	dma_fence_put(fence);
out:
	drm_gem_object_put(&ctx->base);
	return 0;
}

/* nv_drm_semsurf_fence_attach_ioctl() and __nv_drm_gem_attach_fence() */
static int semsurf_fence_attach(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_semsurf_fence_attach_params *args = data;
	struct nvidia_context *ctx;
	struct drm_gem_object *obj;
	struct dma_fence *fence;
	int ret = -EINVAL;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -EINVAL;
	ctx = context_lookup(file, args->fence_context_handle);
	if (!ctx)
		goto out_obj;
	fence = fence_create(ctx, args->wait_value, args->timeout_value_ms);
	if (IS_ERR(fence)) {
		ret = PTR_ERR(fence);
		goto out_ctx;
	}
	dma_resv_lock(obj->resv, NULL);
	ret = dma_resv_reserve_fences(obj->resv, 1);
	if (!ret)
		dma_resv_add_fence(obj->resv, fence, args->shared ? DMA_RESV_USAGE_READ :
				   DMA_RESV_USAGE_WRITE);
	dma_resv_unlock(obj->resv);
	dma_fence_put(fence);
out_ctx:
	drm_gem_object_put(&ctx->base);
out_obj:
	drm_gem_object_put(obj);
	return ret;
}

/* nv_drm_fence_supported_ioctl(), and nv_drm_dmabuf_supported_ioctl() in nvidia-drm-drv.c */
static int supported(struct drm_device *drm, void *data, struct drm_file *file)
{
	return 0;
}

/* nv_drm_prime_fence_context_create_ioctl(): no parameters are those of a surface and an event */
static int prime_fence_context_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENOMEM;
}

/* nv_drm_gem_prime_fence_attach_ioctl(): so no context is one of these */
static int gem_prime_fence_attach(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EINVAL;
}

/* --- Memory: nvidia-drm-gem.c, nvidia-drm-gem-nvkms-memory.c */

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

static const struct drm_gem_object_funcs nvidia_gem_funcs = {
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
static int gem_alloc_nvkms_memory(struct drm_device *drm, void *data, struct drm_file *file)
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
static int nvidia_dumb_create(struct drm_file *file, struct drm_device *drm,
			      struct drm_mode_create_dumb *args)
{
	args->pitch = roundup(args->width * ((args->bpp + 7) >> 3), PITCH_ALIGN);
	args->size = PAGE_ALIGN((u64)args->height * args->pitch);
	return memory_create(drm, file, args->size, &args->handle) ? -ENOMEM : 0;
}

/* nv_drm_gem_map_offset_ioctl(): pads are not looked at; EINVAL where other drivers say ENOENT */
static int gem_map_offset(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_gem_map_offset_params *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	int ret = -EINVAL;

	if (!obj)
		return -EINVAL;
	if (obj->funcs != &context_funcs) {
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
		ret = 0;
	}
	drm_gem_object_put(obj);
	return ret;
}

/* nv_drm_gem_identify_object_ioctl(): what is no buffer, or nothing at all, is unknown */
static int gem_identify_object(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nvidia_gem_identify_object_params *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);

	args->object_type = NV_GEM_OBJECT_UNKNOWN;
	if (obj && obj->funcs != &context_funcs)
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
static int no_nvkms_memory(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EINVAL;
}

/* --- The driver: nvidia-drm-drv.c */

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
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_IMPORT_NVKMS_MEMORY, no_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GET_DEV_INFO, get_dev_info, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_FENCE_SUPPORTED, supported, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_PRIME_FENCE_CONTEXT_CREATE, prime_fence_context_create,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_PRIME_FENCE_ATTACH, gem_prime_fence_attach, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GET_CLIENT_CAPABILITY, get_client_capability, 0),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_EXPORT_NVKMS_MEMORY, no_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_MAP_OFFSET, gem_map_offset, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_ALLOC_NVKMS_MEMORY, gem_alloc_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_EXPORT_DMABUF_MEMORY, no_nvkms_memory, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GEM_IDENTIFY_OBJECT, gem_identify_object, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_DMABUF_SUPPORTED, supported, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_CTX_CREATE, semsurf_fence_ctx_create,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_CREATE, semsurf_fence_create, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_WAIT, semsurf_fence_wait, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_SEMSURF_FENCE_ATTACH, semsurf_fence_attach, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NVIDIA_GET_DRM_FILE_UNIQUE_ID, get_drm_file_unique_id, DRM_RENDER_ALLOW),
};

static ssize_t semaphore_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t size)
{
	struct fake_gpu *gpu = dev_get_drvdata(dev);
	u64 index, value;

	if (sscanf(buf, "%llu %llu", &index, &value) != 2 || index >= NVIDIA_FAKE_SEMAPHORES)
		return -EINVAL;
	semaphore_set(gpu->priv, index, value);
	return size;
}

/* All values, separated by blanks. */
static ssize_t semaphore_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct nvidia_gpu *gpu = ((struct fake_gpu *)dev_get_drvdata(dev))->priv;
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i < NVIDIA_FAKE_SEMAPHORES; i++)
		length += sysfs_emit_at(buf, length, "%llu%c", READ_ONCE(gpu->semaphores[i]),
					i + 1 < NVIDIA_FAKE_SEMAPHORES ? ' ' : '\n');
	return length;
}
static DEVICE_ATTR_RW(semaphore);

static struct attribute *nvidia_attrs[] = {
	&dev_attr_semaphore.attr,
	NULL,
};

static const struct attribute_group nvidia_group = {
	.attrs = nvidia_attrs,
};

static void nvidia_fini(struct drm_device *drm, void *unused)
{
	struct nvidia_gpu *gpu = to_nvidia(drm);
	struct nvidia_wait *wait, *next;

	list_for_each_entry_safe(wait, next, &gpu->updates, node)
		kfree(wait);
}

static int nvidia_init(struct fake_gpu *fake)
{
	struct nvidia_gpu *gpu = fake->priv;
	int ret;

	gpu->gpu = fake;
	spin_lock_init(&gpu->lock);
	INIT_LIST_HEAD(&gpu->contexts);
	INIT_LIST_HEAD(&gpu->updates);
	ret = drmm_mode_config_init(&fake->drm);
	if (ret)
		return ret;
	return drmm_add_action_or_reset(&fake->drm, nvidia_fini, NULL);
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
	.group = &nvidia_group,
};
