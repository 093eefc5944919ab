// SPDX-License-Identifier: GPL-2.0
/* Submissions of the fake amdgpu: amdgpu_cs.c of the real one. See amdgpu.c. */
#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "amdgpu_cs.h"

/**
 * amdgpu_cs_wait_for() - make all jobs of a submission wait for a fence
 * @p: the submission
 * @fence: the fence, whose reference is consumed
 *
 * Return: 0 or -ENOMEM.
 */
int amdgpu_cs_wait_for(struct amdgpu_cs_parser *p, struct dma_fence *fence)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < p->gang_size && !ret; i++)
		ret = drm_sched_job_add_dependency(&p->jobs[i]->base, dma_fence_get(fence));
	dma_fence_put(fence);
	return ret;
}

/* Gathers what each job needs: amdgpu_cs_parser_bos(), before anything is locked. */
static int gather(struct amdgpu_cs_parser *p, const union drm_amdgpu_cs *cs)
{
	struct fake_job *leader = p->jobs[p->leader];
	unsigned int i, j;
	int ret;

	if (cs->in.bo_list_handle) {
		struct amdgpu_bo_list *list;

		if (p->list)
			return -EINVAL;
		list = amdgpu_bo_list_get(p->client, cs->in.bo_list_handle);
		if (IS_ERR(list))
			return PTR_ERR(list);
		p->list = list;
	}
	for (i = 0; i < p->gang_size; i++) {
		struct fake_job *job = p->jobs[i];
		struct fake_vm_table *table = fake_vm_table_get(p->client->vm);
		unsigned int count = p->list ? p->list->count : 0;

		if (IS_ERR(table))
			return PTR_ERR(table);
		job->table = table;
		job->root = p->client->vm->root;
		drm_gem_object_get(&job->root->shmem.base);
		job->bos = kvmalloc_objs(*job->bos, count + 2);
		if (!job->bos)
			return -ENOMEM;
		for (j = 0; j < count; j++) {
			job->bos[j] = p->list->objs[j];
			drm_gem_object_get(job->bos[j]);
		}
		job->bos[j] = &job->root->shmem.base;
		drm_gem_object_get(job->bos[j++]);
		if (p->user_fence) {
			job->bos[j] = p->user_fence;
			drm_gem_object_get(job->bos[j++]);
		}
		job->num_bos = fake_bos_sort(job->bos, j);
	}
	if (p->user_fence) {
		ret = fake_job_store_at_end(leader, to_fake_bo(p->user_fence),
					    p->user_fence_offset);
		if (ret)
			return ret;
	}
	return amdgpu_ctx_wait_prev_fence(p->ctx, p->entities[p->leader]);
}

/*
 * amdgpu_sync_resv(), amdgpu_sync_test_fence() in amdgpu_sync.c: submissions wait for all fences of
 * an object, but for those of the same client on the same device; or, if the object is synchronised
 * explicitly, for those of other drivers alone, which name no owner.
 */
static int sync_resv(struct amdgpu_cs_parser *p, struct dma_resv *resv, bool explicit)
{
	struct dma_resv_iter cursor;
	struct dma_fence *fence;
	int ret;

	dma_resv_for_each_fence(&cursor, resv, DMA_RESV_USAGE_READ, fence) {
		struct drm_sched_fence *sched = to_drm_sched_fence(dma_fence_chain_contained(fence));

		if (sched && sched->owner &&
		    (explicit || (sched->owner == p->file &&
				  sched->sched->dev == p->gpu->drm.dev)))
			continue;
		ret = amdgpu_cs_wait_for(p, dma_fence_get(fence));
		if (ret)
			return ret;
	}
	return 0;
}

/* amdgpu_cs_bo_validate(), as if it had always moved little enough to move this one, too */
static int validate(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	bool attached = obj->dma_buf && fake_export_is_attached(bo);
	u32 regions = attached ? bo->allowed : bo->preferred;
	int ret;

	/* Who imports from a platform device is not told of moves. */
	if (drm_gem_is_imported(obj) || (attached && !to_fake_gpu(obj->dev)->bar))
		return fake_bo_validate(bo);
	if (bo->pins)
		return 0;
	ret = fake_bo_move_to(bo, regions);
	if (ret == -ENOMEM && regions != bo->allowed)
		ret = fake_bo_move_to(bo, bo->allowed);
	return ret;
}

/* amdgpu_cs_sync_rings(), with all objects locked */
static int sync_and_validate(struct amdgpu_cs_parser *p)
{
	struct fake_job *leader = p->jobs[p->leader];
	unsigned int i;
	int ret;

	for (i = 0; i < leader->num_bos; i++) {
		struct fake_bo *bo = to_fake_bo(leader->bos[i]);

		ret = validate(bo);
		if (ret)
			return ret;
		ret = sync_resv(p, leader->bos[i]->resv,
				bo->flags & AMDGPU_GEM_CREATE_EXPLICIT_SYNC);
		if (ret)
			return ret;
	}
	/* amdgpu_cs_submit(): user pages or page tables have changed meanwhile */
	if (fake_fault_take(p->gpu, FAKE_FAULT_AGAIN))
		return -EAGAIN;
	return fake_fault_take(p->gpu, FAKE_FAULT_SUBMIT) ? -ENOMEM : 0;
}

/* amdgpu_cs_post_dependencies() */
static void signal_syncobjs(struct amdgpu_cs_parser *p, struct dma_fence *fence)
{
	unsigned int i;

	for (i = 0; i < p->num_posts; i++) {
		struct amdgpu_cs_post *post = &p->posts[i];

		if (post->chain) {
			drm_syncobj_add_point(post->syncobj, post->chain, fence, post->point);
			post->chain = NULL;
		} else {
			drm_syncobj_replace_fence(post->syncobj, fence);
		}
	}
}

/* amdgpu_cs_submit(): nothing fails any more */
static void submit(struct amdgpu_cs_parser *p, struct fake_lock *lock, union drm_amdgpu_cs *cs)
{
	struct fake_job *leader = p->jobs[p->leader];
	struct dma_fence *fences[AMDGPU_CS_GANG_SIZE], *fence;
	unsigned int i, j;

	for (i = 0; i < p->gang_size; i++)
		fences[i] = fake_job_arm(p->jobs[i]);
	fence = dma_fence_get(fences[p->leader]);
	/*
	 * Members of a gang start together: the leader when all the others did. It is too late to
	 * give up if there is no memory for that: it does not wait then.
	 */
	for (i = 0; i < p->gang_size; i++)
		if (i != p->leader && drm_sched_job_add_dependency(&leader->base,
				dma_fence_get(&p->jobs[i]->base.s_fence->scheduled)))
			break;
	for (j = 0; j < lock->count; j++)
		for (i = 0; i < p->gang_size; i++)
			dma_resv_add_fence(lock->objs[j]->resv, fences[i], i == p->leader ?
					   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	cs->out.handle = amdgpu_ctx_add_fence(p->ctx, p->entities[p->leader], fence);
	leader->store_value = cs->out.handle;
	signal_syncobjs(p, fence);
	for (i = 0; i < p->gang_size; i++) {
		fake_job_push(p->jobs[i]);
		p->jobs[i] = NULL;
	}
	dma_fence_put(fence);
}

/* amdgpu_cs_parser_fini() */
static void parser_fini(struct amdgpu_cs_parser *p)
{
	unsigned int i;

	for (i = 0; i < p->num_posts; i++) {
		drm_syncobj_put(p->posts[i].syncobj);
		dma_fence_chain_free(p->posts[i].chain);
	}
	kfree(p->posts);
	for (i = 0; i < p->gang_size; i++)
		if (p->jobs[i])
			fake_job_cancel(p->jobs[i]);
	amdgpu_bo_list_put(p->list);
	if (p->user_fence)
		drm_gem_object_put(p->user_fence);
	for (i = 0; i < p->num_chunks; i++)
		kvfree(p->chunks[i].data);
	kvfree(p->chunks);
	amdgpu_ctx_put(p->ctx);
}

int amdgpu_cs_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct amdgpu_cs_parser p = {
		.gpu = to_fake_gpu(drm),
		.file = file,
		.client = file->driver_priv,
	};
	union drm_amdgpu_cs *cs = data;
	struct fake_job *leader;
	struct fake_lock lock;
	int ret;

	fake_fault_stall(p.gpu);
	fake_power_used(p.gpu);
	if (!cs->in.num_chunks)
		return -EINVAL;
	p.ctx = amdgpu_ctx_get(p.client, cs->in.ctx_id);
	if (!p.ctx)
		return -EINVAL;
	ret = amdgpu_cs_read_chunks(&p, cs);
	if (!ret)
		ret = gather(&p, cs);
	if (ret)
		goto out;
	leader = p.jobs[p.leader];
	ret = fake_bos_lock(&lock, leader->bos, leader->num_bos, p.gang_size);
	if (ret)
		goto out;
	ret = sync_and_validate(&p);
	if (!ret)
		submit(&p, &lock, cs);
	fake_bos_unlock(&lock);
out:
	parser_fini(&p);
	return ret;
}

/**
 * amdgpu_job_prepare() - amdgpu_job_prepare_job() and amdgpu_job_run() in amdgpu_job.c
 * @job: a job
 *
 * Return: the error of the job before it on the same ring, -ECANCELED after the contents of VRAM
 * were lost, or 0.
 */
int amdgpu_job_prepare(struct fake_job *job)
{
	int error = drm_sched_entity_error(job->base.entity);

	if (!error && (long)job->priv != atomic_read(&job->gpu->vram_lost))
		error = -ECANCELED;
	return error;
}
