// SPDX-License-Identifier: GPL-2.0
/* Fences of the fake nvidia-drm: nvidia-drm-fence.c of the real one. See nvidia_drm.c. */
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

#include <drm/drm_managed.h>

#include "nvidia.h"

/* NV_DRM_SEMAPHORE_SURFACE_FENCE_MAX_TIMEOUT_MS in nvidia-drm-fence.c */
#define MAX_TIMEOUT_MS	5000

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

/**
 * nvidia_is_context() - whether an object is a fence context, and no buffer
 * @obj: the object
 */
bool nvidia_is_context(const struct drm_gem_object *obj)
{
	return obj->funcs == &context_funcs;
}

/* __nv_drm_fence_context_lookup() */
static struct nvidia_context *context_lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	if (obj && nvidia_is_context(obj))
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
int nvidia_semsurf_fence_ctx_create(struct drm_device *drm, void *data, struct drm_file *file)
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
int nvidia_semsurf_fence_create(struct drm_device *drm, void *data, struct drm_file *file)
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
int nvidia_semsurf_fence_wait(struct drm_device *drm, void *data, struct drm_file *file)
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
int nvidia_semsurf_fence_attach(struct drm_device *drm, void *data, struct drm_file *file)
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

/* nv_drm_prime_fence_context_create_ioctl(): no parameters are those of a surface and an event */
int nvidia_prime_fence_context_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENOMEM;
}

/* nv_drm_gem_prime_fence_attach_ioctl(): so no context is one of these */
int nvidia_gem_prime_fence_attach(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EINVAL;
}

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

/* &fake_vendor.group */
const struct attribute_group nvidia_semaphore_group = {
	.attrs = nvidia_attrs,
};

static void nvidia_fini(struct drm_device *drm, void *unused)
{
	struct nvidia_gpu *gpu = to_nvidia(drm);
	struct nvidia_wait *wait, *next;

	list_for_each_entry_safe(wait, next, &gpu->updates, node)
		kfree(wait);
}

/**
 * nvidia_fences_init() - prepare what fences are made of
 * @gpu: the device
 *
 * Return: 0 or -ENOMEM.
 */
int nvidia_fences_init(struct nvidia_gpu *gpu)
{
	spin_lock_init(&gpu->lock);
	INIT_LIST_HEAD(&gpu->contexts);
	INIT_LIST_HEAD(&gpu->updates);
	return drmm_add_action_or_reset(&gpu->gpu->drm, nvidia_fini, NULL);
}
