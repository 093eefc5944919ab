// SPDX-License-Identifier: GPL-2.0
/*
 * Which addresses the objects of a submission of the fake i915 have: gem/i915_gem_execbuffer.c and
 * i915_vma.c of the real one. See i915.c.
 */
#include <linux/dma-resv.h>
#include <linux/uaccess.h>

#include "i915_exec.h"

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
int i915_exec_bind(struct exec *exec)
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
int i915_exec_tell_offsets(struct exec *exec)
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
