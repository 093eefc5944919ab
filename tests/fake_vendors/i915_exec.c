// SPDX-License-Identifier: GPL-2.0
/* Submissions of the fake i915: gem/i915_gem_execbuffer.c of the real one. See i915.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "i915.h"

/**
 * struct exec_fence - one of the fences of a submission
 * @syncobj: to be signalled, or NULL
 * @wait: to be waited for, or NULL
 * @chain: for a point of @syncobj, or NULL
 * @point: that point
 */
struct exec_fence {
	struct drm_syncobj *syncobj;
	struct dma_fence *wait;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct exec - a submission
 * @client: the client
 * @file: the same
 * @args: what it has passed
 * @objects: the objects, @args->buffer_count
 * @vmas: the same in the address space
 * @ctx: the context
 * @engine: index into i915_engines[]
 * @batch: index into @objects of the batch buffer
 * @fences: the fences, allocated with kvmalloc()
 * @num_fences: number of them
 */
struct exec {
	struct i915_client *client;
	struct drm_file *file;
	struct drm_i915_gem_execbuffer2 *args;
	struct drm_i915_gem_exec_object2 *objects;
	struct i915_vma **vmas;
	struct i915_context *ctx;
	unsigned int engine;
	unsigned int batch;
	struct exec_fence *fences;
	unsigned int num_fences;
};

static void exec_fences_free(struct exec *exec)
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
static int add_fence_array(struct exec *exec)
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
static int exec_extensions(struct exec *exec)
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

/* gen8_canonical_addr(): bit 47 is repeated above. */
static u64 canonical(u64 address)
{
	return sign_extend64(address, 47);
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

/* The end of the addresses an object may have: eb_pin_flags(), i915_vma_insert() */
static u64 object_end(const struct drm_i915_gem_exec_object2 *object)
{
	return object->flags & EXEC_OBJECT_SUPPORTS_48B_ADDRESS ? I915_VM_SIZE : SZ_4G - PAGE_SIZE;
}

static u64 object_align(const struct drm_i915_gem_exec_object2 *object, struct i915_vma *vma)
{
	return max_t(u64, object->alignment, vma->bo->align ?: PAGE_SIZE);
}

static u64 object_size(const struct drm_i915_gem_exec_object2 *object, struct i915_vma *vma)
{
	return max_t(u64, object->pad_to_size, fake_bo_size(vma->bo));
}

/* eb_vma_misplaced() */
static bool misplaced(const struct drm_i915_gem_exec_object2 *object, struct i915_vma *vma)
{
	return vma->node.size < object->pad_to_size ||
	       (object->alignment && !IS_ALIGNED(vma->node.start, object->alignment)) ||
	       (object->flags & EXEC_OBJECT_PINNED && vma->node.start != object->offset) ||
	       vma->node.start + vma->node.size > object_end(object);
}

static int insert_at(struct i915_vm *vm, struct i915_vma *vma, u64 start, u64 size)
{
	vma->node.start = start;
	vma->node.size = size;
	return drm_mm_reserve_node(&vm->mm, &vma->node);
}

/* Places an object where the client says: whatever is there goes, if it is not to stay, too. */
static int bind_pinned(struct exec *exec, unsigned int i)
{
	struct drm_i915_gem_exec_object2 *object = &exec->objects[i];
	struct i915_vma *vma = exec->vmas[i];
	struct i915_vm *vm = exec->ctx->vm;
	u64 size = object_size(object, vma);
	struct drm_mm_node *node;

	if (!IS_ALIGNED(object->offset, object_align(object, vma)) ||
	    size > object_end(object) || object->offset > object_end(object) - size)
		return -EINVAL;
	for (;;) {
		struct i915_vma *other = NULL;

		drm_mm_for_each_node_in_range(node, &vm->mm, object->offset,
					      object->offset + size) {
			other = container_of(node, struct i915_vma, node);
			break;
		}
		if (!other)
			break;
		if (other->batch == exec->client->submissions && other->pinned)
			return -ENOSPC;
		i915_vma_unbind(vm, other);
	}
	return insert_at(vm, vma, object->offset, size);
}

/* Places an object where it likes to be, or anywhere. */
static int bind_anywhere(struct exec *exec, unsigned int i)
{
	struct drm_i915_gem_exec_object2 *object = &exec->objects[i];
	struct i915_vma *vma = exec->vmas[i];
	struct i915_vm *vm = exec->ctx->vm;
	u64 size = object_size(object, vma), end = object_end(object);
	u64 align = object_align(object, vma);
	struct hlist_node *next;
	struct i915_vma *other;
	int ret, bucket;

	if (size > end)
		return -ENOSPC;
	if (IS_ALIGNED(object->offset, align) && object->offset <= end - size &&
	    !insert_at(vm, vma, object->offset, size))
		return 0;
	ret = drm_mm_insert_node_in_range(&vm->mm, &vma->node, size, align, 0, 0, end,
					  DRM_MM_INSERT_BEST);
	if (ret != -ENOSPC)
		return ret;
	/* i915_gem_evict_vm() */
	hash_for_each_safe(vm->vmas, bucket, next, other, hash)
		if (other->batch != exec->client->submissions)
			i915_vma_unbind(vm, other);
	return drm_mm_insert_node_in_range(&vm->mm, &vma->node, size, align, 0, 0, end,
					   DRM_MM_INSERT_BEST);
}

static int exec_get_pages_of(struct fake_bo *bo)
{
	struct dma_resv *resv = bo->shmem.base.resv;
	int ret;

	ret = dma_resv_lock_interruptible(resv, NULL);
	if (ret)
		return ret;
	ret = i915_bo_get_pages(bo);
	dma_resv_unlock(resv);
	return ret;
}

/*
 * All objects are to have their places at the same time, though one may take that of another: while
 * they are locked, which the real driver does here, they cannot.
 */
static int exec_get_pages(struct exec *exec)
{
	unsigned int i, turn;
	int ret = 0;

	for (turn = 0; turn < 3; turn++) {
		for (i = 0; i < exec->args->buffer_count; i++) {
			ret = exec_get_pages_of(exec->vmas[i]->bo);
			if (ret)
				return ret;
		}
		for (i = 0; i < exec->args->buffer_count; i++) {
			struct fake_bo *bo = exec->vmas[i]->bo;

			if (!(bo->allowed & FAKE_IN(READ_ONCE(bo->region))))
				ret = bo->allowed & FAKE_IN(FAKE_GTT) ? -ENOMEM : -ENXIO;
		}
		if (!ret)
			break;
	}
	return ret;
}

/*
 * eb_validate_vmas() and eb_reserve(): objects that are to be at an address come first, then what
 * can stay where it is, then the rest.
 */
static int exec_bind(struct exec *exec)
{
	struct i915_vm *vm = exec->ctx->vm;
	unsigned int i;
	int ret;

	for (i = 0; i < exec->args->buffer_count; i++) {
		exec->vmas[i]->batch = exec->client->submissions;
		exec->vmas[i]->pinned = false;
	}
	ret = exec_get_pages(exec);
	if (ret)
		return ret;
	for (i = 0; i < exec->args->buffer_count; i++) {
		struct i915_vma *vma = exec->vmas[i];

		if (drm_mm_node_allocated(&vma->node) && misplaced(&exec->objects[i], vma))
			i915_vma_unbind(vm, vma);
		if (!(exec->objects[i].flags & EXEC_OBJECT_PINNED))
			continue;
		if (!drm_mm_node_allocated(&vma->node)) {
			ret = bind_pinned(exec, i);
			if (ret)
				return ret;
		}
		vma->pinned = true;
	}
	for (i = 0; i < exec->args->buffer_count; i++) {
		struct i915_vma *vma = exec->vmas[i];

		if (!drm_mm_node_allocated(&vma->node)) {
			ret = bind_anywhere(exec, i);
			if (ret)
				return ret;
		}
	}
	for (i = 0; i < exec->args->buffer_count; i++) {
		struct i915_vma *vma = exec->vmas[i];

		/* It is in the list twice, for different addresses. */
		if (misplaced(&exec->objects[i], vma))
			return -ENOSPC;
		if (vma->mapped)
			continue;
		ret = fake_vm_map(vm->vm, vma->bo, vma->node.start, fake_bo_size(vma->bo), 0,
				  FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
		if (ret)
			return ret;
		vma->mapped = true;
	}
	return 0;
}

/* The end of i915_gem_execbuffer2_ioctl(): the client is told where objects are that have moved. */
static int exec_tell_offsets(struct exec *exec)
{
	struct drm_i915_gem_exec_object2 __user *user = u64_to_user_ptr(exec->args->buffers_ptr);
	unsigned int i;

	for (i = 0; i < exec->args->buffer_count; i++) {
		u64 start = exec->vmas[i]->node.start;

		if (start != exec->objects[i].offset &&
		    put_user(canonical(start), &user[i].offset))
			return -EFAULT;
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
static int exec_await_fences(struct exec *exec, struct fake_job *job, struct dma_fence *in_fence)
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

/* signal_fence_array() */
static void exec_signal(struct exec *exec, struct dma_fence *done)
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
	ret = exec_bind(exec);
	if (!ret)
		ret = exec_tell_offsets(exec);
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
	ret = exec_await_fences(exec, job, in_fence);
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
	exec_signal(exec, done);
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
	ret = exec_extensions(exec);
	if (!ret)
		ret = add_fence_array(exec);
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
	exec_fences_free(exec);
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
