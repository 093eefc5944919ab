// SPDX-License-Identifier: GPL-2.0
/*
 * What submissions of the fake i915 wait for and signal, beside the objects' own fences:
 * gem/i915_gem_execbuffer.c of the real one. See i915.c.
 */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "i915_exec.h"

void i915_exec_fences_free(struct exec *exec)
{
	while (exec->num_fences--) {
		struct exec_fence *fence = &exec->fences[exec->num_fences];

		if (fence->syncobj)
			drm_syncobj_put(fence->syncobj);
		dma_fence_put(fence->wait);
		dma_fence_chain_free(fence->chain);
	}
	kvfree(exec->fences);
}

static int exec_fences_alloc(struct exec *exec, u64 count)
{
	/* More than a page of kmalloc() holds is refused by the real driver's krealloc(), too. */
	if (count > KMALLOC_MAX_SIZE / sizeof(*exec->fences))
		return -ENOMEM;
	exec->fences = kvcalloc(count, sizeof(*exec->fences), GFP_KERNEL);
	return exec->fences ? 0 : -ENOMEM;
}

/* One turn of add_fence_array() */
static int add_fence(struct exec *exec, const struct drm_i915_gem_exec_fence *user)
{
	struct exec_fence *fence = &exec->fences[exec->num_fences];
	struct drm_syncobj *syncobj;

	if (user->flags & __I915_EXEC_FENCE_UNKNOWN_FLAGS)
		return -EINVAL;
	syncobj = drm_syncobj_find(exec->file, user->handle);
	if (!syncobj)
		return -ENOENT;
	if (user->flags & I915_EXEC_FENCE_WAIT) {
		fence->wait = drm_syncobj_fence_get(syncobj);
		if (!fence->wait) {
			drm_syncobj_put(syncobj);
			return -EINVAL;
		}
	}
	if (user->flags & I915_EXEC_FENCE_SIGNAL)
		fence->syncobj = syncobj;
	else
		drm_syncobj_put(syncobj);
	exec->num_fences++;
	return 0;
}

/* add_fence_array() */
int i915_exec_fence_array(struct exec *exec)
{
	struct drm_i915_gem_exec_fence __user *user = u64_to_user_ptr(exec->args->cliprects_ptr);
	u32 i, count = exec->args->num_cliprects;
	int ret;

	if (!(exec->args->flags & I915_EXEC_FENCE_ARRAY) || !count)
		return 0;
	ret = exec_fences_alloc(exec, count);
	if (ret)
		return ret;
	for (i = 0; i < count; i++) {
		struct drm_i915_gem_exec_fence fence;

		if (copy_from_user(&fence, &user[i], sizeof(fence)))
			return -EFAULT;
		ret = add_fence(exec, &fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* One turn of add_timeline_fence_array() */
static int add_timeline_fence(struct exec *exec, const struct drm_i915_gem_exec_fence *user,
			      u64 point)
{
	struct exec_fence *fence = &exec->fences[exec->num_fences];
	bool signal = user->flags & I915_EXEC_FENCE_SIGNAL;
	struct drm_syncobj *syncobj;
	struct dma_fence *wait;
	int ret = 0;

	if (user->flags & __I915_EXEC_FENCE_UNKNOWN_FLAGS)
		return -EINVAL;
	syncobj = drm_syncobj_find(exec->file, user->handle);
	if (!syncobj)
		return -ENOENT;
	wait = drm_syncobj_fence_get(syncobj);
	if (!wait && user->flags && !signal) {
		ret = -EINVAL;
		goto err;
	}
	if (wait)
		ret = dma_fence_chain_find_seqno(&wait, point);
	if (ret && !signal)
		goto err;
	/* The point was passed and collected. */
	if (!wait && !signal) {
		drm_syncobj_put(syncobj);
		return 0;
	}
	if (point && signal) {
		if (user->flags & I915_EXEC_FENCE_WAIT) {
			ret = -EINVAL;
			goto err;
		}
		fence->chain = dma_fence_chain_alloc();
		if (!fence->chain) {
			ret = -ENOMEM;
			goto err;
		}
	}
	if (signal)
		fence->syncobj = syncobj;
	else
		drm_syncobj_put(syncobj);
	/* Whatever fence is found is awaited, even of a point that is only signalled. */
	fence->wait = wait;
	fence->point = point;
	exec->num_fences++;
	return 0;

err:
	dma_fence_put(wait);
	drm_syncobj_put(syncobj);
	return ret;
}

/* parse_timeline_fences() and add_timeline_fence_array() */
static int ext_timeline_fences(struct i915_user_extension __user *base, void *data)
{
	struct drm_i915_gem_execbuffer_ext_timeline_fences ext;
	struct drm_i915_gem_exec_fence __user *user;
	struct exec *exec = data;
	u64 __user *values;
	u64 i;
	int ret;

	if (copy_from_user(&ext, base, sizeof(ext)))
		return -EFAULT;
	if (!ext.fence_count)
		return 0;
	/* The real driver appends; it has this extension no more than once in practice. */
	if (exec->fences)
		return -EINVAL;
	ret = exec_fences_alloc(exec, ext.fence_count);
	if (ret)
		return ret;
	user = u64_to_user_ptr(ext.handles_ptr);
	values = u64_to_user_ptr(ext.values_ptr);
	for (i = 0; i < ext.fence_count; i++) {
		struct drm_i915_gem_exec_fence fence;
		u64 point;

		if (copy_from_user(&fence, &user[i], sizeof(fence)))
			return -EFAULT;
		if (fence.flags & __I915_EXEC_FENCE_UNKNOWN_FLAGS)
			return -EINVAL;
		if (get_user(point, &values[i]))
			return -EFAULT;
		ret = add_timeline_fence(exec, &fence, point);
		if (ret)
			return ret;
	}
	return 0;
}

/* parse_execbuf2_extensions() */
int i915_exec_extensions(struct exec *exec)
{
	static const i915_extension_fn extensions[] = {
		[DRM_I915_GEM_EXECBUFFER_EXT_TIMELINE_FENCES] = ext_timeline_fences,
	};

	if (!(exec->args->flags & I915_EXEC_USE_EXTENSIONS))
		return 0;
	if (exec->args->flags & I915_EXEC_FENCE_ARRAY || exec->args->num_cliprects)
		return -EINVAL;
	return i915_user_extensions(exec->args->cliprects_ptr, extensions, ARRAY_SIZE(extensions),
				    exec);
}

/* i915_request_await_execution() in i915_request.c: until the engine has begun with it, if it is ours */
static struct dma_fence *begun(struct fake_gpu *gpu, struct dma_fence *fence)
{
	struct drm_sched_fence *sched_fence = to_drm_sched_fence(fence);
	unsigned int i;

	for (i = 0; sched_fence && i < I915_NUM_ENGINES; i++)
		if (sched_fence->sched == &gpu->engine[i].sched)
			return &sched_fence->scheduled;
	return fence;
}

/* eb_fences_add() and await_fence_array() */
int i915_exec_await(struct exec *exec, struct fake_job *job, struct dma_fence *in_fence)
{
	unsigned int i;
	int ret;

	if (in_fence) {
		if (exec->args->flags & I915_EXEC_FENCE_SUBMIT)
			in_fence = begun(exec->client->gpu, in_fence);
		ret = drm_sched_job_add_dependency(&job->base, dma_fence_get(in_fence));
		if (ret)
			return ret;
	}
	for (i = 0; i < exec->num_fences; i++) {
		if (!exec->fences[i].wait)
			continue;
		ret = drm_sched_job_add_dependency(&job->base,
						   dma_fence_get(exec->fences[i].wait));
		if (ret)
			return ret;
	}
	return 0;
}

/* signal_fence_array() */
void i915_exec_signal(struct exec *exec, struct dma_fence *done)
{
	unsigned int i;

	for (i = 0; i < exec->num_fences; i++) {
		struct exec_fence *fence = &exec->fences[i];

		if (!fence->syncobj)
			continue;
		if (fence->chain)
			drm_syncobj_add_point(fence->syncobj, fence->chain, done, fence->point);
		else
			drm_syncobj_replace_fence(fence->syncobj, done);
		fence->chain = NULL;
	}
}
