// SPDX-License-Identifier: GPL-2.0
/*
 * The second UAPI of the fake nouveau: nouveau_uvmm.c, nouveau_exec.c and nouveau_sched.c of the
 * real one. See nouveau.c.
 */
#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

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

/**
 * struct nouveau_syncs - the fences of a submission
 * @in: what is awaited
 * @num_in: number of them
 * @out: what is signalled
 * @num_out: number of them
 * @objs: the syncobjs of @out
 * @chains: for those of them that are timelines
 */
struct nouveau_syncs {
	struct drm_nouveau_sync *in;
	u32 num_in;
	struct drm_nouveau_sync *out;
	u32 num_out;
	struct drm_syncobj **objs;
	struct dma_fence_chain **chains;
};

static void syncs_free(struct nouveau_syncs *syncs)
{
	u32 i;

	for (i = 0; i < syncs->num_out; i++) {
		if (syncs->objs && syncs->objs[i])
			drm_syncobj_put(syncs->objs[i]);
		if (syncs->chains)
			dma_fence_chain_free(syncs->chains[i]);
	}
	kvfree(syncs->chains);
	kvfree(syncs->objs);
	kvfree(syncs->out);
	kvfree(syncs->in);
}

static int syncs_copy(struct nouveau_syncs *syncs, u64 in, u32 num_in, u64 out, u32 num_out)
{
	memset(syncs, 0, sizeof(*syncs));
	if (num_in) {
		syncs->in = nouveau_copy_array(in, num_in, sizeof(*syncs->in));
		if (IS_ERR(syncs->in)) {
			int ret = PTR_ERR(syncs->in);

			syncs->in = NULL;
			return ret;
		}
		syncs->num_in = num_in;
	}
	if (num_out) {
		syncs->out = nouveau_copy_array(out, num_out, sizeof(*syncs->out));
		if (IS_ERR(syncs->out)) {
			int ret = PTR_ERR(syncs->out);

			syncs->out = NULL;
			syncs_free(syncs);
			return ret;
		}
		syncs->num_out = num_out;
	}
	return 0;
}

/* nouveau_job_add_deps() and sync_find_fence() in nouveau_sched.c */
static int syncs_await(struct nouveau_syncs *syncs, struct fake_job *job, struct drm_file *file)
{
	u32 i;

	for (i = 0; i < syncs->num_in; i++) {
		struct drm_nouveau_sync *sync = &syncs->in[i];
		u32 type = sync->flags & DRM_NOUVEAU_SYNC_TYPE_MASK;
		struct dma_fence *fence;
		int ret;

		if (type != DRM_NOUVEAU_SYNC_SYNCOBJ && type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			return -EOPNOTSUPP;
		ret = drm_syncobj_find_fence(file, sync->handle,
					     type == DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ ?
					     sync->timeline_value : 0, 0, &fence);
		if (!ret)
			ret = drm_sched_job_add_dependency(&job->base, fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* nouveau_job_fence_attach_prepare() in nouveau_sched.c */
static int syncs_prepare(struct nouveau_syncs *syncs, struct drm_file *file)
{
	u32 i;

	syncs->objs = kvcalloc(max(syncs->num_out, 1u), sizeof(*syncs->objs), GFP_KERNEL);
	syncs->chains = kvcalloc(max(syncs->num_out, 1u), sizeof(*syncs->chains), GFP_KERNEL);
	if (!syncs->objs || !syncs->chains)
		return -ENOMEM;
	for (i = 0; i < syncs->num_out; i++) {
		u32 type = syncs->out[i].flags & DRM_NOUVEAU_SYNC_TYPE_MASK;

		if (type != DRM_NOUVEAU_SYNC_SYNCOBJ && type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			return -EINVAL;
		syncs->objs[i] = drm_syncobj_find(file, syncs->out[i].handle);
		if (!syncs->objs[i])
			return -ENOENT;
		if (type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			continue;
		syncs->chains[i] = dma_fence_chain_alloc();
		if (!syncs->chains[i])
			return -ENOMEM;
	}
	return 0;
}

/* nouveau_job_fence_attach() in nouveau_sched.c */
static void syncs_signal(struct nouveau_syncs *syncs, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < syncs->num_out; i++) {
		if (syncs->chains[i])
			drm_syncobj_add_point(syncs->objs[i], syncs->chains[i], fence,
					      syncs->out[i].timeline_value);
		else
			drm_syncobj_replace_fence(syncs->objs[i], fence);
		syncs->chains[i] = NULL;
	}
}

/* All objects that are mapped, and the one that has the dma_resv of those that are not shared. */
static int job_take_mapped(struct nouveau_client *client, struct fake_job *job)
{
	struct drm_gem_object *root = &client->vm->root->shmem.base;
	unsigned int i;

	job->table = fake_vm_table_get(client->vm);
	if (IS_ERR(job->table)) {
		int ret = PTR_ERR(job->table);

		job->table = NULL;
		return ret;
	}
	job->bos = kvcalloc(job->table->count + 1, sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	drm_gem_object_get(root);
	job->bos[job->num_bos++] = root;
	for (i = 0; i < job->table->count; i++) {
		struct fake_bo *bo = job->table->mapping[i]->bo;

		if (!bo)
			continue;
		drm_gem_object_get(&bo->shmem.base);
		job->bos[job->num_bos++] = &bo->shmem.base;
	}
	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	return 0;
}

/* nouveau_job_submit() in nouveau_sched.c, with the objects of the job */
static int job_submit(struct nouveau_client *client, struct fake_job *job,
		      struct nouveau_syncs *syncs, enum dma_resv_usage usage,
		      struct dma_fence **fence)
{
	struct fake_lock lock;
	struct dma_fence *done;
	unsigned int i;
	int ret;

	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 1);
	if (ret)
		return ret;
	if (fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT)) {
		fake_bos_unlock(&lock);
		return -ENOMEM;
	}
	done = fake_job_arm(job);
	for (i = 0; i < lock.count; i++)
		dma_resv_add_fence(lock.objs[i]->resv, done, usage);
	syncs_signal(syncs, done);
	if (fence)
		*fence = dma_fence_get(done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	return 0;
}

static int exec_submit(struct nouveau_client *client, struct drm_file *file,
		       struct nouveau_channel *chan, struct drm_nouveau_exec_push *push, u32 count,
		       struct nouveau_syncs *syncs)
{
	struct fake_job *job;
	unsigned int i;
	int ret;

	/* nouveau_exec_job_init() in nouveau_exec.c */
	for (i = 0; i < count; i++)
		if (push[i].va_len > PUSH_MAX_LENGTH)
			return -EINVAL;
	job = nouveau_channel_job(client, chan, file, count);
	if (IS_ERR(job))
		return PTR_ERR(job);
	for (i = 0; i < count; i++)
		nouveau_add_push(job, push[i].va, push[i].va_len);
	ret = syncs_await(syncs, job, file);
	if (!ret)
		ret = syncs_prepare(syncs, file);
	if (!ret)
		ret = job_take_mapped(client, job);
	/* drm_gpuvm_exec_validate(): nouveau_uvmm_bo_validate() in nouveau_uvmm.c */
	for (i = 0; !ret && i < job->num_bos; i++) {
		struct fake_bo *bo = to_fake_bo(job->bos[i]);

		ret = nouveau_bo_place(bo, nouveau_regions_of(nouveau_valid_domains(bo)));
	}
	if (!ret)
		ret = job_submit(client, job, syncs, DMA_RESV_USAGE_WRITE, NULL);
	if (ret)
		fake_job_cancel(job);
	return ret;
}

/* nouveau_exec_ioctl_exec() in nouveau_exec.c */
int nouveau_exec(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_exec_push *push = NULL;
	struct drm_nouveau_exec *args = data;
	struct nouveau_channel *chan;
	struct nouveau_syncs syncs;
	int ret;

	fake_fault_stall(to_fake_gpu(drm));
	mutex_lock(&client->lock);
	ret = -ENOSYS;
	if (!client->uvmm)
		goto out;
	ret = -ENOENT;
	chan = xa_load(&client->channels, args->channel);
	if (!chan)
		goto out;
	ret = -ENODEV;
	if (READ_ONCE(chan->killed))
		goto out;
	ret = -EINVAL;
	if (args->push_count > PUSH_MAX)
		goto out;
	if (args->push_count) {
		push = nouveau_copy_array(args->push_ptr, args->push_count, sizeof(*push));
		if (IS_ERR(push)) {
			ret = PTR_ERR(push);
			goto out;
		}
	}
	ret = syncs_copy(&syncs, args->wait_ptr, args->wait_count, args->sig_ptr, args->sig_count);
	if (!ret) {
		ret = exec_submit(client, file, chan, push, args->push_count, &syncs);
		syncs_free(&syncs);
	}
	kvfree(push);
out:
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
	ret = syncs_await(syncs, job, file);
	if (!ret)
		ret = syncs_prepare(syncs, file);
	if (!ret)
		ret = bind_apply(client, file, ops, args->op_count, objs);
	if (!ret)
		ret = job_take_mapped(client, job);
	if (!ret)
		ret = job_submit(client, job, syncs, DMA_RESV_USAGE_BOOKKEEP, fence);
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
	ret = syncs_copy(&syncs, args->wait_ptr, args->wait_count, args->sig_ptr, args->sig_count);
	if (!ret) {
		ret = bind_submit(client, file, args, ops, &syncs, &fence);
		syncs_free(&syncs);
	}
	kvfree(ops);
out:
	mutex_unlock(&client->lock);
	if (fence && !(args->flags & DRM_NOUVEAU_VM_BIND_RUN_ASYNC))
		dma_fence_wait(fence, true);
	dma_fence_put(fence);
	return ret;
}
