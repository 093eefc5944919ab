// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces of the fake xe: xe_vm.c of the driver.
 *
 * The driver changes page tables when the fences that a bind waits for have signalled, and returns
 * before. Here the call itself waits for them, and all is changed when it returns. What a job sees is
 * the same, but for a client that does not wait for a bind which it needs: with the driver it may
 * fault, here it does not.
 */
#include <linux/delay.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_print.h>

#include "xe.h"

#define VM_SIZE (1ULL << XE_VA_BITS)

static void vm_free(struct kref *ref)
{
	struct xe_vm *vm = container_of(ref, struct xe_vm, ref);

	fake_vm_put(vm->vm);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

void xe_vm_put(struct xe_vm *vm)
{
	kref_put(&vm->ref, vm_free);
}

struct xe_vm *xe_vm_get(struct xe_file *client, u32 id)
{
	struct xe_vm *vm;

	xa_lock(&client->vms);
	vm = xa_load(&client->vms, id);
	if (vm)
		kref_get(&vm->ref);
	xa_unlock(&client->vms);
	return vm;
}

/* xe_vm_create_ioctl(), on a GPU without page faults (has_usm) */
int xe_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const u32 flags = DRM_XE_VM_CREATE_FLAG_SCRATCH_PAGE | DRM_XE_VM_CREATE_FLAG_LR_MODE |
		DRM_XE_VM_CREATE_FLAG_FAULT_MODE | DRM_XE_VM_CREATE_FLAG_NO_VM_OVERCOMMIT;
	struct xe_file *client = file->driver_priv;
	struct drm_xe_vm_create *args = data;
	struct xe_vm *vm;
	u32 id;
	int ret;

	if (args->extensions || XE_MBZ(args) || args->flags & ~flags)
		return -EINVAL;
	if (args->flags & (DRM_XE_VM_CREATE_FLAG_FAULT_MODE |
			   DRM_XE_VM_CREATE_FLAG_NO_VM_OVERCOMMIT))
		return -EINVAL;
	if (args->flags & DRM_XE_VM_CREATE_FLAG_LR_MODE)
		return -EOPNOTSUPP;

	vm = kzalloc_obj(*vm);
	if (!vm)
		return -ENOMEM;
	vm->vm = fake_vm_create(to_fake_gpu(drm));
	if (IS_ERR(vm->vm)) {
		ret = PTR_ERR(vm->vm);
		kfree(vm);
		return ret;
	}
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	vm->scratch = args->flags & DRM_XE_VM_CREATE_FLAG_SCRATCH_PAGE;
	ret = xa_alloc(&client->vms, &id, vm, xa_limit_32b, GFP_KERNEL);
	if (ret) {
		xe_vm_put(vm);
		return ret;
	}
	args->vm_id = id;
	return 0;
}

/* xe_vm_close_and_put(): queues may have it longer, but nothing is mapped any more. */
static void vm_close(struct xe_vm *vm)
{
	mutex_lock(&vm->lock);
	vm->closed = true;
	/* It only fails where a mapping is cut, and none is. */
	WARN_ON(fake_vm_clear(vm->vm, 0, VM_SIZE));
	mutex_unlock(&vm->lock);
	xe_vm_put(vm);
}

/* xe_vm_destroy_ioctl() */
int xe_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct xe_file *client = file->driver_priv;
	struct drm_xe_vm_destroy *args = data;
	struct xe_vm *vm;

	if (args->pad || XE_MBZ(args))
		return -EINVAL;
	vm = xa_erase(&client->vms, args->vm_id);
	if (!vm)
		return -ENOENT;
	vm_close(vm);
	return 0;
}

void xe_vms_close(struct xe_file *client)
{
	struct xe_vm *vm;
	unsigned long id;

	xa_for_each(&client->vms, id, vm)
		vm_close(vm);
}

/* One operation of a bind, as vm_bind_ioctl_check_args() checks it. */
static int check_op(const struct drm_xe_vm_bind_op *op)
{
	/* SUPPORTED_FLAGS of the driver */
	const u32 flags = DRM_XE_VM_BIND_FLAG_READONLY | DRM_XE_VM_BIND_FLAG_IMMEDIATE |
		DRM_XE_VM_BIND_FLAG_NULL | DRM_XE_VM_BIND_FLAG_DUMPABLE |
		DRM_XE_VM_BIND_FLAG_CHECK_PXP | DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR |
		DRM_XE_VM_BIND_FLAG_MADVISE_AUTORESET | DRM_XE_VM_BIND_FLAG_DECOMPRESS;
	bool null = op->flags & DRM_XE_VM_BIND_FLAG_NULL;
	bool decompress = op->flags & DRM_XE_VM_BIND_FLAG_DECOMPRESS;
	u32 region = op->prefetch_mem_region_instance;

	/* For VMs with page faults. */
	if (op->flags & DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR)
		return -EINVAL;
	if (op->pat_index >= XE_NUM_PAT)
		return -EINVAL;
	if (op->op > DRM_XE_VM_BIND_OP_PREFETCH || op->flags & ~flags)
		return -EINVAL;
	if (null && (op->obj || op->obj_offset))
		return -EINVAL;
	if (op->op != DRM_XE_VM_BIND_OP_MAP && (null || decompress))
		return -EINVAL;
	if (op->op == DRM_XE_VM_BIND_OP_MAP && !op->obj && !null)
		return -EINVAL;
	if (op->op == DRM_XE_VM_BIND_OP_UNMAP_ALL && (!op->obj || op->addr || op->range))
		return -EINVAL;
	/* Without CONFIG_DRM_GPUSVM. */
	if (op->op == DRM_XE_VM_BIND_OP_MAP_USERPTR)
		return -EINVAL;
	if (op->obj && (op->op == DRM_XE_VM_BIND_OP_PREFETCH || op->op == DRM_XE_VM_BIND_OP_UNMAP))
		return -EINVAL;
	if (region && op->op != DRM_XE_VM_BIND_OP_PREFETCH)
		return -EINVAL;
	if (region != DRM_XE_CONSULT_MEM_ADVISE_PREF_LOC &&
	    (region >= 32 || !(BIT(region) & XE_REGION_MASK)))
		return -EINVAL;
	if (op->flags & DRM_XE_VM_BIND_FLAG_MADVISE_AUTORESET)
		return -EINVAL;
	if (offset_in_page(op->obj_offset) || offset_in_page(op->addr) ||
	    offset_in_page(op->range) || (!op->range && op->op != DRM_XE_VM_BIND_OP_UNMAP_ALL))
		return -EINVAL;
	/* It is for Xe2 and later. */
	if (decompress)
		return -EOPNOTSUPP;
	return 0;
}

/* xe_vm_bind_ioctl_validate_bo() */
static int check_bo(struct xe_vm *vm, struct fake_bo *bo, const struct drm_xe_vm_bind_op *op)
{
	u64 size = fake_bo_size(bo);

	if (op->range > size || op->obj_offset > size - op->range)
		return -EINVAL;
	if (bo->allowed & FAKE_IN(FAKE_VRAM) &&
	    (op->obj_offset | op->addr | op->range) & (XE_VRAM_PAGE - 1))
		return -EINVAL;
	/* What the CPU's caches may have needs a coherent mapping. */
	if (op->pat_index && bo->flags != DRM_XE_GEM_CPU_CACHING_WC)
		return -EINVAL;
	/* It belongs to another VM. */
	if (bo->root && bo->root != vm->vm->root)
		return -EINVAL;
	return 0;
}

/*
 * vma_lock_and_validate(): what is bound has its memory where it is to be, and mapped if it was
 * imported, or the call fails with nothing changed.
 */
static int validate(struct fake_bo *bo)
{
	struct dma_resv *resv = bo->shmem.base.resv;
	int ret;

	ret = dma_resv_lock_interruptible(resv, NULL);
	if (ret)
		return ret;
	ret = xe_bo_validate(bo);
	dma_resv_unlock(resv);
	return ret;
}

static int apply(struct xe_vm *vm, struct fake_bo *bo, const struct drm_xe_vm_bind_op *op)
{
	u32 flags = FAKE_MAP_READ;

	switch (op->op) {
	case DRM_XE_VM_BIND_OP_MAP:
		if (!(op->flags & DRM_XE_VM_BIND_FLAG_READONLY))
			flags |= FAKE_MAP_WRITE;
		return fake_vm_replace(vm->vm, bo, op->addr, op->range, op->obj_offset, flags,
				       op->flags);
	case DRM_XE_VM_BIND_OP_UNMAP:
		return fake_vm_clear(vm->vm, op->addr, op->range);
	case DRM_XE_VM_BIND_OP_UNMAP_ALL:
		fake_vm_unmap_bo(vm->vm, bo);
		return 0;
	default:
		/* DRM_XE_VM_BIND_OP_PREFETCH: submissions move memory where it should be, anyway. */
		return 0;
	}
}

/* Copies the operations from user space: an array, unless there is one. */
static struct drm_xe_vm_bind_op *copy_ops(const struct drm_xe_vm_bind *args)
{
	struct drm_xe_vm_bind_op *ops = kvmalloc_objs(*ops, args->num_binds);

	if (!ops)
		return ERR_PTR(args->num_binds > 1 ? -ENOBUFS : -ENOMEM);
	if (args->num_binds == 1) {
		ops[0] = args->bind;
	} else if (copy_from_user(ops, u64_to_user_ptr(args->vector_of_binds),
				  array_size(args->num_binds, sizeof(*ops)))) {
		kvfree(ops);
		return ERR_PTR(-EFAULT);
	}
	return ops;
}

/**
 * struct late_bind - the end of a bind, which is told later
 * @fence: its fence; first, as what frees fences frees that address
 * @lock: the lock of that
 * @work: signals it
 * @at: when
 */
struct late_bind {
	struct dma_fence fence;
	spinlock_t lock;
	struct work_struct work;
	ktime_t at;
};

static const char *bind_driver_name(struct dma_fence *fence)
{
	return "mvgal_fake_vendors";
}

static const char *bind_timeline_name(struct dma_fence *fence)
{
	return "bind";
}

static const struct dma_fence_ops bind_fence_ops = {
	.get_driver_name = bind_driver_name,
	.get_timeline_name = bind_timeline_name,
};

static void late_bind_work(struct work_struct *work)
{
	struct late_bind *late = container_of(work, struct late_bind, work);
	s64 us = ktime_us_delta(late->at, ktime_get());

	if (us > 0)
		fsleep(us);
	dma_fence_signal(&late->fence);
	dma_fence_put(&late->fence);
}

/*
 * The fence of a bind: one that has signalled, or one that does later. The end of the device waits for
 * it, as for its time-outs.
 */
static struct dma_fence *bind_fence(struct fake_gpu *gpu)
{
	unsigned int us = READ_ONCE(gpu->bind_us);
	struct late_bind *late;

	if (!us)
		return dma_fence_get_stub();
	late = kzalloc_obj(*late);
	if (!late)
		return NULL;
	late->at = ktime_add_us(ktime_get(), us);
	spin_lock_init(&late->lock);
	INIT_WORK(&late->work, late_bind_work);
	dma_fence_init(&late->fence, &bind_fence_ops, &late->lock, dma_fence_context_alloc(1), 1);
	dma_fence_get(&late->fence);
	queue_work(gpu->timeout_wq, &late->work);
	return &late->fence;
}

/* Does the operations, of which each is checked, when their syncs have signalled. */
static int bind(struct fake_gpu *gpu, struct drm_file *file, struct xe_vm *vm,
		const struct drm_xe_vm_bind *args, const struct drm_xe_vm_bind_op *ops)
{
	struct fake_bo **bos;
	struct dma_fence *fence = NULL;
	struct xe_sync *syncs;
	u32 i;
	int ret = 0;

	bos = kvzalloc_objs(*bos, args->num_binds);
	if (!bos)
		return -ENOMEM;
	for (i = 0; i < args->num_binds; i++) {
		struct drm_gem_object *obj;

		if (ops[i].range > VM_SIZE || ops[i].addr > VM_SIZE - ops[i].range) {
			ret = -EINVAL;
			goto out;
		}
		if (!ops[i].obj)
			continue;
		obj = drm_gem_object_lookup(file, ops[i].obj);
		if (!obj) {
			ret = -ENOENT;
			goto out;
		}
		bos[i] = to_fake_bo(obj);
		ret = check_bo(vm, bos[i], &ops[i]);
		if (ret)
			goto out;
	}
	ret = xe_syncs_parse(file, args->syncs, args->num_syncs, false, &syncs);
	if (ret)
		goto out;
	for (i = 0; i < args->num_syncs && !ret; i++) {
		/* A bind of nothing does not wait, and signals only syncobjs. */
		if (!args->num_binds && (syncs[i].fence || !syncs[i].syncobj))
			ret = -EOPNOTSUPP;
		else if (syncs[i].fence)
			ret = dma_fence_wait(syncs[i].fence, true);
	}
	if (!ret && fake_fault_take(gpu, FAKE_FAULT_SUBMIT))
		ret = -ENOMEM;
	if (!ret) {
		fence = bind_fence(gpu);
		ret = fence ? 0 : -ENOMEM;
	}

	mutex_lock(&vm->lock);
	if (!ret && vm->closed)
		ret = -ENOENT;
	for (i = 0; i < args->num_binds && !ret; i++)
		if (ops[i].op == DRM_XE_VM_BIND_OP_MAP && bos[i])
			ret = validate(bos[i]);
	for (i = 0; i < args->num_binds && !ret; i++)
		ret = apply(vm, bos[i], &ops[i]);
	mutex_unlock(&vm->lock);
	if (!ret) {
		xe_syncs_signal(syncs, args->num_syncs, fence);
		for (i = 0; i < args->num_syncs; i++)
			if (!syncs[i].syncobj &&
			    put_user(syncs[i].value, (u64 __user *)u64_to_user_ptr(syncs[i].addr)))
				drm_dbg(&gpu->drm, "the fence in user memory is gone\n");
		wake_up_all(&to_xe(gpu)->ufence_wq);
	}
	dma_fence_put(fence);
	xe_syncs_free(syncs, args->num_syncs);
out:
	for (i = 0; i < args->num_binds; i++)
		if (bos[i])
			drm_gem_object_put(&bos[i]->shmem.base);
	kvfree(bos);
	return ret;
}

/* xe_vm_bind_ioctl() */
int xe_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct xe_file *client = file->driver_priv;
	struct drm_xe_vm_bind *args = data;
	struct drm_xe_vm_bind_op *ops;
	struct xe_queue *queue = NULL;
	struct xe_vm *vm;
	u32 i;
	int ret;

	vm = xe_vm_get(client, args->vm_id);
	if (!vm)
		return -EINVAL;
	if (args->pad || args->pad2 || XE_MBZ(args) || args->extensions ||
	    args->num_syncs > DRM_XE_MAX_SYNCS) {
		ret = -EINVAL;
		goto out_vm;
	}
	ops = copy_ops(args);
	if (IS_ERR(ops)) {
		ret = PTR_ERR(ops);
		goto out_vm;
	}
	for (i = 0, ret = 0; i < args->num_binds && !ret; i++)
		ret = check_op(&ops[i]);
	if (ret)
		goto out_ops;
	if (args->exec_queue_id) {
		queue = xe_queue_get(client, args->exec_queue_id);
		if (!queue) {
			ret = -ENOENT;
			goto out_ops;
		}
		if (queue->has_entity || queue->vm != vm)
			ret = -EINVAL;
	}
	if (!ret)
		ret = bind(to_fake_gpu(drm), file, vm, args, ops);
	if (queue)
		xe_queue_put(queue);
out_ops:
	kvfree(ops);
out_vm:
	xe_vm_put(vm);
	return ret;
}
