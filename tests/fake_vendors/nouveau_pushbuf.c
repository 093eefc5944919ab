// SPDX-License-Identifier: GPL-2.0
/* Submissions of the fake nouveau by GEM_PUSHBUF, and what is common to all. See nouveau.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "nouveau.h"

/* nouveau_channel_kill() in nouveau_chan.c: after a fault or a time-out it does nothing any more. */
static void nouveau_job_done(struct fake_job *job, int error)
{
	struct nouveau_channel *chan = job->priv;

	if (error == -ENODEV)
		WRITE_ONCE(chan->killed, true);
}

int nouveau_prepare(struct fake_job *job)
{
	struct nouveau_channel *chan = job->priv;

	return chan && READ_ONCE(chan->killed) ? -ENODEV : 0;
}

static void nouveau_job_released(struct fake_job *job)
{
	nouveau_channel_put(job->priv);
}

struct fake_job *nouveau_channel_job(struct nouveau_client *client, struct nouveau_channel *chan,
				     struct drm_file *file, unsigned int pushes)
{
	struct fake_job *job = fake_job_create(client->gpu, &chan->entity, file);

	if (IS_ERR(job))
		return job;
	kref_get(&chan->ref);
	job->priv = chan;
	job->done = nouveau_job_done;
	job->released = nouveau_job_released;
	job->ibs = kvcalloc(max(pushes, 1u), sizeof(*job->ibs), GFP_KERNEL);
	if (!job->ibs) {
		fake_job_cancel(job);
		return ERR_PTR(-ENOMEM);
	}
	return job;
}

/* A stream of whole words. */
void nouveau_add_push(struct fake_job *job, u64 addr, u64 size)
{
	struct fake_ib *ib = &job->ibs[job->num_ibs++];

	ib->addr = addr;
	ib->size = round_down(size, 4);
}

/* u_memcpya() in nouveau_drv.h, for no more elements than the caller has checked */
void *nouveau_copy_array(u64 address, unsigned int count, size_t size)
{
	return vmemdup_array_user(u64_to_user_ptr(address), count, size);
}

/* The looks for the object, validate_init() in nouveau_gem.c. */
static int pushbuf_lookup(struct nouveau_client *client, struct drm_file *file,
			  struct fake_job *job, struct drm_nouveau_gem_pushbuf_bo *bos, u32 count)
{
	u32 i, j;

	job->bos = kvcalloc(max(count, 1u), sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct drm_gem_object *obj = drm_gem_object_lookup(file, bos[i].handle);
		struct nouveau_vma *vma;

		if (!obj)
			return -ENOENT;
		job->bos[job->num_bos++] = obj;
		for (j = 0; j < i; j++)
			if (job->bos[j] == obj)
				return -EINVAL;
		vma = nouveau_find_vma_of(client, to_fake_bo(obj));
		if (!vma)
			return -EINVAL;
		if (!(bos[i].valid_domains & (DOMAIN_VRAM | DOMAIN_GART)))
			return -EINVAL;
		bos[i].user_priv = vma->node.start;
	}
	return 0;
}

/* nouveau_gem_set_domain() and validate_list() in nouveau_gem.c */
static int pushbuf_place(struct fake_bo *bo, const struct drm_nouveau_gem_pushbuf_bo *entry)
{
	u32 domains = entry->valid_domains & nouveau_valid_domains(bo) &
		      (entry->write_domains ?: entry->read_domains);
	enum fake_region region = READ_ONCE(bo->region);

	if (!domains)
		return -EINVAL;
	if (domains & DOMAIN_VRAM && region == FAKE_VRAM)
		domains = DOMAIN_VRAM;
	else if (domains & DOMAIN_GART && region == FAKE_GTT)
		domains = DOMAIN_GART;
	else if (domains & DOMAIN_VRAM)
		domains = DOMAIN_VRAM;
	return nouveau_bo_place(bo, nouveau_regions_of(domains));
}

static int pushbuf_submit(struct nouveau_client *client, struct drm_file *file,
			  struct nouveau_channel *chan, struct drm_nouveau_gem_pushbuf *args,
			  struct drm_nouveau_gem_pushbuf_push *push,
			  struct drm_nouveau_gem_pushbuf_bo *bos, struct dma_fence **fence)
{
	struct drm_gem_object **objs;
	struct fake_lock lock;
	struct dma_fence *done;
	struct fake_job *job;
	u32 i;
	int ret;

	for (i = 0; i < args->nr_push; i++)
		if (push[i].bo_index >= args->nr_buffers)
			return -EINVAL;
	job = nouveau_channel_job(client, chan, file, args->nr_push);
	if (IS_ERR(job))
		return PTR_ERR(job);
	/* The objects in the order of the list, which job->bos loses. */
	objs = kvcalloc(max(args->nr_buffers, 1u), sizeof(*objs), GFP_KERNEL);
	if (!objs) {
		ret = -ENOMEM;
		goto err_job;
	}
	ret = pushbuf_lookup(client, file, job, bos, args->nr_buffers);
	if (ret)
		goto err_objs;
	memcpy(objs, job->bos, job->num_bos * sizeof(*objs));
	for (i = 0; i < args->nr_buffers; i++) {
		ret = pushbuf_place(to_fake_bo(objs[i]), &bos[i]);
		if (ret)
			goto err_objs;
	}
	for (i = 0; i < args->nr_push; i++)
		nouveau_add_push(job, bos[push[i].bo_index].user_priv + push[i].offset,
				 (u32)push[i].length & ~NOUVEAU_GEM_PUSHBUF_NO_PREFETCH);
	job->table = fake_vm_table_get(client->vm);
	if (IS_ERR(job->table)) {
		ret = PTR_ERR(job->table);
		job->table = NULL;
		goto err_objs;
	}

	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 1);
	if (ret)
		goto err_objs;
	/* nouveau_fence_sync() in nouveau_fence.c */
	for (i = 0; i < args->nr_buffers && !ret; i++)
		ret = drm_sched_job_add_implicit_dependencies(&job->base, objs[i],
							      bos[i].write_domains);
	if (!ret && fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT))
		ret = -ENOMEM;
	if (ret)
		goto err_lock;
	done = fake_job_arm(job);
	for (i = 0; i < args->nr_buffers; i++)
		dma_resv_add_fence(objs[i]->resv, done, bos[i].write_domains ?
				   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	*fence = dma_fence_get(done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	kvfree(objs);
	return 0;

err_lock:
	fake_bos_unlock(&lock);
err_objs:
	kvfree(objs);
err_job:
	fake_job_cancel(job);
	return ret;
}

/*
 * nouveau_gem_ioctl_pushbuf() in nouveau_gem.c. Relocations are for GPUs before Tesla, and are not
 * looked at.
 */
int nouveau_pushbuf(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_gem_pushbuf *args = data;
	bool sync = args->vram_available & NOUVEAU_GEM_PUSHBUF_SYNC;
	struct drm_nouveau_gem_pushbuf_push *push;
	struct drm_nouveau_gem_pushbuf_bo *bos;
	struct dma_fence *fence = NULL;
	struct nouveau_channel *chan;
	int ret = 0;

	fake_fault_stall(to_fake_gpu(drm));
	mutex_lock(&client->lock);
	if (client->uvmm) {
		ret = -ENOSYS;
		goto out;
	}
	chan = xa_load(&client->channels, args->channel);
	if (!chan) {
		ret = -ENOENT;
		goto out;
	}
	if (READ_ONCE(chan->killed)) {
		ret = -ENODEV;
		goto out;
	}
	args->vram_available = client->gpu->memory[FAKE_VRAM].size;
	args->gart_available = client->gpu->memory[FAKE_GTT].size;
	args->suffix0 = 0;
	args->suffix1 = 0;
	if (!args->nr_push)
		goto out;
	if (args->nr_push > NOUVEAU_GEM_MAX_PUSH || args->nr_buffers > NOUVEAU_GEM_MAX_BUFFERS ||
	    args->nr_relocs > NOUVEAU_GEM_MAX_RELOCS) {
		ret = -EINVAL;
		goto out;
	}
	push = nouveau_copy_array(args->push, args->nr_push, sizeof(*push));
	if (IS_ERR(push)) {
		ret = PTR_ERR(push);
		goto out;
	}
	bos = nouveau_copy_array(args->buffers, args->nr_buffers, sizeof(*bos));
	if (IS_ERR(bos)) {
		ret = PTR_ERR(bos);
		goto out_push;
	}
	ret = pushbuf_submit(client, file, chan, args, push, bos, &fence);
	if (!ret && sync) {
		ret = dma_fence_wait(fence, false);
		if (!ret)
			ret = min(dma_fence_get_status(fence), 0);
	}
	dma_fence_put(fence);
	kvfree(bos);
out_push:
	kvfree(push);
out:
	mutex_unlock(&client->lock);
	return ret;
}
