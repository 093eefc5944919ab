// SPDX-License-Identifier: GPL-2.0
/* Submissions of the fake i915: gem/i915_gem_execbuffer.c of the real one. See i915.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>

#include "i915_exec.h"

/* i915_gem_check_execbuffer() */
static int exec_check(struct drm_i915_gem_execbuffer2 *args)
{
	if (args->flags & (__I915_EXEC_UNKNOWN_FLAGS | I915_EXEC_CONSTANTS_MASK |
			   I915_EXEC_RESOURCE_STREAMER))
		return -EINVAL;
	if (!(args->flags & (I915_EXEC_FENCE_ARRAY | I915_EXEC_USE_EXTENSIONS)) &&
	    (args->num_cliprects || args->cliprects_ptr))
		return -EINVAL;
	if (args->DR4 == 0xffffffff)
		args->DR4 = 0;
	if (args->DR1 || args->DR4)
		return -EINVAL;
	if ((args->batch_start_offset | args->batch_len) & 7)
		return -EINVAL;
	return 0;
}

/* eb_select_legacy_ring(): an index into i915_engines[], or I915_NO_ENGINE */
static unsigned int legacy_ring(struct exec *exec)
{
	unsigned int ring = exec->args->flags & I915_EXEC_RING_MASK;
	unsigned int bsd = exec->args->flags & I915_EXEC_BSD_MASK;

	if (ring != I915_EXEC_BSD && bsd)
		return I915_NO_ENGINE;
	switch (ring) {
	case I915_EXEC_DEFAULT:
	case I915_EXEC_RENDER:
		return 0;
	case I915_EXEC_BLT:
		return 1;
	case I915_EXEC_VEBOX:
		return 4;
	case I915_EXEC_BSD:
		if (bsd == I915_EXEC_BSD_DEFAULT)
			return 2 + exec->client->bsd;
		if (bsd == I915_EXEC_BSD_RING1)
			return 2;
		if (bsd == I915_EXEC_BSD_RING2)
			return 3;
		return I915_NO_ENGINE;
	default:
		return I915_NO_ENGINE;
	}
}

/* eb_select_context(), eb_select_engine(), and the check of eb_pin_engine() */
static int exec_select(struct exec *exec)
{
	unsigned int ring = exec->args->flags & I915_EXEC_RING_MASK;

	exec->ctx = i915_context_use(exec->client, i915_execbuffer2_get_context_id(*exec->args));
	if (!exec->ctx)
		return -ENOENT;
	if (exec->ctx->num_user_engines < 0)
		exec->engine = legacy_ring(exec);
	else if (ring < exec->ctx->num_user_engines)
		exec->engine = exec->ctx->user_engines[ring];
	else
		exec->engine = I915_NO_ENGINE;
	return exec->engine == I915_NO_ENGINE ? -EINVAL : 0;
}

/* eb_validate_vma() and the checks of eb_add_vma() */
static int exec_check_object(struct exec *exec, unsigned int i, struct fake_bo *bo)
{
	struct drm_i915_gem_exec_object2 *object = &exec->objects[i];

	if (object->relocation_count)
		return -EINVAL;
	if (object->flags & (__EXEC_OBJECT_UNKNOWN_FLAGS | EXEC_OBJECT_NEEDS_GTT))
		return -EINVAL;
	if (object->alignment && !is_power_of_2(object->alignment))
		return -EINVAL;
	if (object->flags & EXEC_OBJECT_PINNED &&
	    object->offset != canonical(object->offset & PAGE_MASK))
		return -EINVAL;
	if (!(object->flags & EXEC_OBJECT_PAD_TO_SIZE))
		object->pad_to_size = 0;
	else if (offset_in_page(object->pad_to_size))
		return -EINVAL;
	object->offset &= I915_VM_SIZE - 1;

	if (i == exec->batch) {
		u64 end;

		if (object->flags & EXEC_OBJECT_WRITE)
			return -EINVAL;
		end = (u64)exec->args->batch_start_offset + exec->args->batch_len;
		if (end > fake_bo_size(bo))
			return -EINVAL;
		if (!exec->args->batch_len && end == fake_bo_size(bo))
			return -EINVAL;
	}
	return 0;
}

/* eb_lookup_vmas() */
static int exec_lookup(struct exec *exec, struct fake_job *job)
{
	unsigned int i, count = exec->args->buffer_count;
	int ret = 0;

	job->bos = kvcalloc(count, sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	exec->batch = exec->args->flags & I915_EXEC_BATCH_FIRST ? 0 : count - 1;
	for (i = 0; i < count; i++) {
		struct drm_gem_object *obj;

		obj = drm_gem_object_lookup(exec->file, exec->objects[i].handle);
		if (!obj)
			return -ENOENT;
		job->bos[job->num_bos++] = obj;
		ret = exec_check_object(exec, i, to_fake_bo(obj));
		if (ret)
			return ret;
		exec->vmas[i] = i915_vma_get(exec->ctx->vm, to_fake_bo(obj));
		if (IS_ERR(exec->vmas[i]))
			return PTR_ERR(exec->vmas[i]);
	}
	/* eb_capture_stage() */
	for (i = 0; i < count; i++)
		if (exec->objects[i].flags & EXEC_OBJECT_CAPTURE && exec->ctx->recoverable)
			return -EINVAL;
	return 0;
}

/* eb_move_to_gpu(): what else uses the objects is awaited, unless the client sees to that itself. */
static int exec_await_objects(struct exec *exec, struct fake_job *job)
{
	unsigned int i;
	int ret;

	for (i = 0; i < exec->args->buffer_count; i++) {
		u64 flags = exec->objects[i].flags;

		if (flags & EXEC_OBJECT_ASYNC)
			continue;
		ret = drm_sched_job_add_implicit_dependencies(&job->base,
							      &exec->vmas[i]->bo->shmem.base,
							      flags & EXEC_OBJECT_WRITE);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * From eb_lookup_vmas() on: everything that can fail comes before the job's fence is made.
 * @out is where the job's sync_file goes, or NULL.
 */
static int exec_submit(struct exec *exec, struct dma_fence *in_fence, struct sync_file **out)
{
	struct i915_client *client = exec->client;
	struct i915_ring *ring = &exec->ctx->rings[exec->engine];
	enum i915_guc_priority priority = i915_guc_priority(exec->ctx->priority);
	struct drm_sched_entity *entity;
	struct fake_lock lock;
	struct dma_fence *done;
	struct fake_job *job;
	unsigned int i;
	int ret;

	entity = i915_ring_entity(ring, &client->gpu->engine[exec->engine], priority);
	if (IS_ERR(entity))
		return PTR_ERR(entity);
	job = fake_job_create(client->gpu, entity, exec->file);
	if (IS_ERR(job))
		return PTR_ERR(job);
	kref_get(&exec->ctx->ref);
	job->priv = exec->ctx;
	job->done = i915_job_done;
	job->released = i915_job_released;

	client->submissions++;
	ret = exec_lookup(exec, job);
	if (ret)
		goto err_job;
	/* eb_pin_engine() */
	if (READ_ONCE(exec->ctx->banned)) {
		ret = -EIO;
		goto err_job;
	}
	ret = i915_exec_bind(exec);
	if (!ret)
		ret = i915_exec_tell_offsets(exec);
	if (ret)
		goto err_job;

	/* Where a batch ends is what is in it; its length is only checked. */
	job->ibs = kvcalloc(1, sizeof(*job->ibs), GFP_KERNEL);
	if (!job->ibs) {
		ret = -ENOMEM;
		goto err_job;
	}
	job->ibs[0].addr = exec->vmas[exec->batch]->node.start + exec->args->batch_start_offset;
	job->ibs[0].size = U64_MAX;
	job->num_ibs = 1;
	job->table = fake_vm_table_get(exec->ctx->vm->vm);
	if (IS_ERR(job->table)) {
		ret = PTR_ERR(job->table);
		job->table = NULL;
		goto err_job;
	}
	ret = i915_exec_await(exec, job, in_fence);
	if (!ret && ring->last && ring->last_priority != priority)
		ret = drm_sched_job_add_dependency(&job->base, dma_fence_get(ring->last));
	if (ret)
		goto err_job;

	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	/* An object that is in the list twice may get the fence as reader and as writer. */
	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 2);
	if (ret)
		goto err_job;
	ret = exec_await_objects(exec, job);
	/* i915_reset_gen7_sol_offsets() */
	if (!ret && exec->args->flags & I915_EXEC_GEN7_SOL_RESET)
		ret = -EINVAL;
	if (!ret && fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT))
		ret = -ENOMEM;
	if (ret)
		goto err_lock;

	done = fake_job_arm(job);
	dma_fence_put(ring->last);
	ring->last = dma_fence_get(done);
	ring->last_priority = priority;
	if (out) {
		*out = sync_file_create(done);
		if (!*out)
			ret = -ENOMEM;
	}
	for (i = 0; i < exec->args->buffer_count; i++)
		dma_resv_add_fence(exec->vmas[i]->bo->shmem.base.resv, done,
				   exec->objects[i].flags & EXEC_OBJECT_WRITE ?
				   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	i915_exec_signal(exec, done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	return ret;

err_lock:
	fake_bos_unlock(&lock);
err_job:
	fake_job_cancel(job);
	return ret;
}

/* i915_gem_do_execbuffer(), with its order of checks */
static int exec_run(struct exec *exec)
{
	struct drm_i915_gem_execbuffer2 *args = exec->args;
	u64 in_fences = args->flags & (I915_EXEC_FENCE_IN | I915_EXEC_FENCE_SUBMIT);
	struct dma_fence *in_fence = NULL;
	struct sync_file *out = NULL;
	int ret, fd = -1;

	if (args->flags & I915_EXEC_SECURE)
		return -ENODEV;
	ret = i915_exec_extensions(exec);
	if (!ret)
		ret = i915_exec_fence_array(exec);
	if (ret)
		goto out;
	if (in_fences) {
		if (in_fences == (I915_EXEC_FENCE_IN | I915_EXEC_FENCE_SUBMIT)) {
			ret = -EINVAL;
			goto out;
		}
		in_fence = sync_file_get_fence(lower_32_bits(args->rsvd2));
		if (!in_fence) {
			ret = -EINVAL;
			goto out;
		}
	}
	if (args->flags & I915_EXEC_FENCE_OUT) {
		fd = get_unused_fd_flags(O_CLOEXEC);
		if (fd < 0) {
			ret = fd;
			goto out;
		}
	}

	mutex_lock(&exec->client->lock);
	ret = exec_select(exec);
	if (!ret)
		ret = exec_submit(exec, in_fence, fd >= 0 ? &out : NULL);
	mutex_unlock(&exec->client->lock);

	if (out) {
		fd_install(fd, out->file);
		args->rsvd2 &= GENMASK_ULL(31, 0);
		args->rsvd2 |= (u64)fd << 32;
		fd = -1;
	}
out:
	if (fd >= 0)
		put_unused_fd(fd);
	dma_fence_put(in_fence);
	i915_exec_fences_free(exec);
	return ret;
}

/* i915_gem_execbuffer2_ioctl() */
int i915_gem_execbuffer2_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_execbuffer2 *args = data;
	struct exec exec = {
		.client = file->driver_priv,
		.file = file,
		.args = args,
	};
	size_t count = args->buffer_count;
	int ret;

	fake_fault_stall(to_fake_gpu(drm));
	if (!count || count > INT_MAX)
		return -EINVAL;
	ret = exec_check(args);
	if (ret)
		return ret;

	exec.objects = kvmalloc_array(count, sizeof(*exec.objects), GFP_KERNEL | __GFP_NOWARN);
	exec.vmas = kvcalloc(count, sizeof(*exec.vmas), GFP_KERNEL | __GFP_NOWARN);
	if (!exec.objects || !exec.vmas)
		ret = -ENOMEM;
	else if (copy_from_user(exec.objects, u64_to_user_ptr(args->buffers_ptr),
				count * sizeof(*exec.objects)))
		ret = -EFAULT;
	else
		ret = exec_run(&exec);
	kvfree(exec.vmas);
	kvfree(exec.objects);
	return ret;
}
