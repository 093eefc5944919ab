// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces of the second UAPI of the fake nouveau: nouveau_uvmm.c of the real one. See
 * nouveau.c.
 */
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "nouveau.h"

/* nouveau_uvmm_ioctl_vm_init() in nouveau_uvmm.c */
int nouveau_vm_init(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_vm_init *args = data;
	struct drm_gpu_scheduler *sched = &client->gpu->engine[ENGINE_BIND].sched;
	int ret = 0;
	u64 end;

	if (check_add_overflow(args->kernel_managed_addr, args->kernel_managed_size, &end) ||
	    end > VA_END)
		return -EINVAL;
	mutex_lock(&client->lock);
	if (client->uvmm_disabled) {
		ret = -ENOSYS;
	} else if (!client->uvmm) {
		/* nouveau_sched_create() in nouveau_drm.c */
		ret = drm_sched_entity_init(&client->bind, DRM_SCHED_PRIORITY_NORMAL, &sched, 1,
					    NULL);
	}
	if (!ret) {
		client->uvmm = true;
		client->kernel_start = args->kernel_managed_addr;
		client->kernel_size = args->kernel_managed_size;
	}
	mutex_unlock(&client->lock);
	return ret;
}

/* drm_gpuvm_range_valid() in drivers/gpu/drm/drm_gpuvm.c, and nouveau_uvmm_validate_range() */
static bool range_valid(struct nouveau_client *client, u64 start, u64 size)
{
	u64 end;

	if (!PAGE_ALIGNED(start) || !PAGE_ALIGNED(size) || !size ||
	    check_add_overflow(start, size, &end) || end > VA_END)
		return false;
	return !client->kernel_size || end <= client->kernel_start ||
	       start >= client->kernel_start + client->kernel_size;
}

/* nouveau_uvma_region_find_first() in nouveau_uvmm.c */
static struct nouveau_region *region_at(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region;

	list_for_each_entry(region, &client->regions, of_client)
		if (start < region->start + region->size && region->start < start + size)
			return region;
	return NULL;
}

/* bind_validate_op() in nouveau_uvmm.c */
static int bind_check(struct nouveau_client *client, const struct drm_nouveau_vm_bind_op *op,
		      struct drm_gem_object *obj)
{
	if (obj) {
		if (!PAGE_ALIGNED(op->bo_offset) || obj->size <= op->bo_offset ||
		    op->range > obj->size - op->bo_offset)
			return -EINVAL;
	}
	if (!range_valid(client, op->addr, op->range))
		return -EINVAL;
	return op->op > DRM_NOUVEAU_VM_BIND_OP_UNMAP ? -EINVAL : 0;
}

/* OP_MAP_SPARSE of nouveau_uvmm_bind_job_submit(): nouveau_uvma_region_create() */
static int bind_sparse(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region;
	int ret;

	if (region_at(client, start, size))
		return -EEXIST;
	region = kzalloc_obj(*region);
	if (!region)
		return -ENOMEM;
	/* Nothing may be mapped there: drm_gpuvm_interval_empty(). */
	ret = fake_vm_map(client->vm, NULL, start, size, 0, FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
	if (ret) {
		kfree(region);
		return ret == -EEXIST ? -ENOSPC : ret;
	}
	region->start = start;
	region->size = size;
	list_add(&region->of_client, &client->regions);
	return 0;
}

/* OP_UNMAP_SPARSE: the region as it was made, with all that is mapped in it */
static int unbind_sparse(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region = region_at(client, start, size);
	int ret;

	if (!region || region->start != start || region->size != size)
		return -ENOENT;
	ret = fake_vm_clear(client->vm, start, size);
	if (ret)
		return ret;
	list_del(&region->of_client);
	kfree(region);
	return 0;
}

/* OP_MAP: outside of all sparse regions, or all of it in one */
static int bind_map(struct nouveau_client *client, const struct drm_nouveau_vm_bind_op *op,
		    struct fake_bo *bo)
{
	struct nouveau_region *region = region_at(client, op->addr, op->range);

	if (region && (op->addr < region->start ||
		       op->addr + op->range > region->start + region->size))
		return -ENOSPC;
	return fake_vm_replace(client->vm, bo, op->addr, op->range, op->bo_offset,
			       FAKE_MAP_READ | FAKE_MAP_WRITE, op->flags);
}

/* OP_UNMAP: what is sparse stays so */
static int bind_unmap(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region;
	int ret;

	ret = fake_vm_clear(client->vm, start, size);
	if (ret)
		return ret;
	list_for_each_entry(region, &client->regions, of_client) {
		u64 from = max(start, region->start);
		u64 to = min(start + size, region->start + region->size);

		if (from >= to)
			continue;
		ret = fake_vm_map(client->vm, NULL, from, to - from, 0,
				  FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * nouveau_uvmm_bind_job_submit() in nouveau_uvmm.c. All operations are checked before the first is
 * done. Where one of them fails after that, for lack of memory or a sparse region, the real driver
 * undoes those before it; here they stay.
 */
static int bind_apply(struct nouveau_client *client, struct drm_file *file,
		      const struct drm_nouveau_vm_bind_op *ops, u32 count,
		      struct drm_gem_object **objs)
{
	u32 i;
	int ret;

	for (i = 0; i < count; i++) {
		if (ops[i].op == DRM_NOUVEAU_VM_BIND_OP_MAP &&
		    !(ops[i].flags & DRM_NOUVEAU_VM_BIND_SPARSE)) {
			objs[i] = drm_gem_object_lookup(file, ops[i].handle);
			if (!objs[i])
				return -ENOENT;
		}
		ret = bind_check(client, &ops[i], objs[i]);
		if (ret)
			return ret;
	}
	for (i = 0; i < count; i++) {
		bool sparse = ops[i].flags & DRM_NOUVEAU_VM_BIND_SPARSE;

		if (objs[i])
			ret = bind_map(client, &ops[i], to_fake_bo(objs[i]));
		else if (ops[i].op == DRM_NOUVEAU_VM_BIND_OP_MAP)
			ret = bind_sparse(client, ops[i].addr, ops[i].range);
		else if (sparse)
			ret = unbind_sparse(client, ops[i].addr, ops[i].range);
		else
			ret = bind_unmap(client, ops[i].addr, ops[i].range);
		if (ret)
			return ret;
	}
	return 0;
}

static int bind_submit(struct nouveau_client *client, struct drm_file *file,
		       struct drm_nouveau_vm_bind *args, struct drm_nouveau_vm_bind_op *ops,
		       struct nouveau_syncs *syncs, struct dma_fence **fence)
{
	struct drm_gem_object **objs;
	struct fake_job *job;
	u32 i;
	int ret;

	/* nouveau_job_init() in nouveau_sched.c */
	if (!(args->flags & DRM_NOUVEAU_VM_BIND_RUN_ASYNC) && (syncs->num_in || syncs->num_out))
		return -EINVAL;
	objs = kvcalloc(max(args->op_count, 1u), sizeof(*objs), GFP_KERNEL);
	if (!objs)
		return -ENOMEM;
	job = fake_job_create(client->gpu, &client->bind, file);
	if (IS_ERR(job)) {
		kvfree(objs);
		return PTR_ERR(job);
	}
	ret = nouveau_syncs_await(syncs, job, file);
	if (!ret)
		ret = nouveau_syncs_prepare(syncs, file);
	if (!ret)
		ret = bind_apply(client, file, ops, args->op_count, objs);
	if (!ret)
		ret = nouveau_job_take_mapped(client, job);
	if (!ret)
		ret = nouveau_job_submit(client, job, syncs, DMA_RESV_USAGE_BOOKKEEP, fence);
	if (ret)
		fake_job_cancel(job);
	for (i = 0; i < args->op_count; i++)
		if (objs[i])
			drm_gem_object_put(objs[i]);
	kvfree(objs);
	return ret;
}

/* nouveau_uvmm_ioctl_vm_bind() in nouveau_uvmm.c */
int nouveau_vm_bind(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_vm_bind_op *ops = NULL;
	struct drm_nouveau_vm_bind *args = data;
	struct dma_fence *fence = NULL;
	struct nouveau_syncs syncs;
	int ret;

	mutex_lock(&client->lock);
	if (!client->uvmm) {
		ret = -ENOSYS;
		goto out;
	}
	if (args->op_count) {
		ops = nouveau_copy_array(args->op_ptr, args->op_count, sizeof(*ops));
		if (IS_ERR(ops)) {
			ret = PTR_ERR(ops);
			goto out;
		}
	}
	ret = nouveau_syncs_copy(&syncs, args->wait_ptr, args->wait_count, args->sig_ptr, args->sig_count);
	if (!ret) {
		ret = bind_submit(client, file, args, ops, &syncs, &fence);
		nouveau_syncs_free(&syncs);
	}
	kvfree(ops);
out:
	mutex_unlock(&client->lock);
	if (fence && !(args->flags & DRM_NOUVEAU_VM_BIND_RUN_ASYNC))
		dma_fence_wait(fence, true);
	dma_fence_put(fence);
	return ret;
}
