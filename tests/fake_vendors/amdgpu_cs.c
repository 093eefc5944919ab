// SPDX-License-Identifier: GPL-2.0
/* Submissions of the fake amdgpu: amdgpu_cs.c of the real one. See amdgpu.c. */
#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "amdgpu_cs.h"

/* Engines that one submission uses: AMDGPU_CS_GANG_SIZE of amdgpu_cs.h. */
#define GANG_SIZE	4
/* Words of an IB, at most: amdgpu_cs_ib_packet_size_max_dw() in amdgpu_cs.c. */
#define MAX_IB_DW	0xfffff

/* amdgpu_ring_max_ibs() in amdgpu_ring.c */
const unsigned int amdgpu_max_ibs[AMDGPU_HW_IP_NUM] = {
	[AMDGPU_HW_IP_GFX] = 192,
	[AMDGPU_HW_IP_COMPUTE] = 125,
	[AMDGPU_HW_IP_DMA] = 49,
	[AMDGPU_HW_IP_UVD] = 49,
	[AMDGPU_HW_IP_VCE] = 49,
	[AMDGPU_HW_IP_UVD_ENC] = 49,
	[AMDGPU_HW_IP_VCN_DEC] = 49,
	[AMDGPU_HW_IP_VCN_ENC] = 49,
	[AMDGPU_HW_IP_VCN_JPEG] = 16,
	[AMDGPU_HW_IP_VPE] = 49,
};

struct chunk {
	u32 id;
	u32 length_dw;
	void *data;
};

/* A syncobj to be given the fence of a submission. */
struct post {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct parser - a submission on its way
 * @gpu: the device
 * @file: the client's file
 * @client: the same
 * @ctx: the context
 * @num_chunks: number of chunks
 * @chunks: what was submitted
 * @gang_size: number of engines
 * @leader: the one of the last IB, whose fence is that of the submission
 * @entities: the engines' queues
 * @jobs: what they are to do
 * @num_ibs: how many IBs each has
 * @list: buffer objects
 * @user_fence: where the number of the submission is stored at its end
 * @user_fence_offset: where there
 * @num_posts: number of syncobjs
 * @posts: syncobjs
 */
struct parser {
	struct fake_gpu *gpu;
	struct drm_file *file;
	struct amdgpu_file *client;
	struct amdgpu_ctx *ctx;
	unsigned int num_chunks;
	struct chunk *chunks;
	unsigned int gang_size;
	unsigned int leader;
	struct amdgpu_entity *entities[GANG_SIZE];
	struct fake_job *jobs[GANG_SIZE];
	unsigned int num_ibs[GANG_SIZE];
	struct amdgpu_bo_list *list;
	struct drm_gem_object *user_fence;
	u32 user_fence_offset;
	unsigned int num_posts;
	struct post *posts;
};

/* amdgpu_cs_job_idx() */
static int job_index(struct parser *p, const struct drm_amdgpu_cs_chunk_ib *ib)
{
	struct amdgpu_entity *entity;
	unsigned int i;
	int ret;

	ret = amdgpu_ctx_get_entity(p->ctx, ib->ip_type, ib->ip_instance, ib->ring, &entity);
	if (ret)
		return ret;
	for (i = 0; i < p->gang_size; i++)
		if (p->entities[i] == entity)
			return i;
	if (i == GANG_SIZE)
		return -EINVAL;
	p->entities[i] = entity;
	p->gang_size++;
	return i;
}

/* amdgpu_cs_p1_ib() */
static int pass1_ib(struct parser *p, const struct drm_amdgpu_cs_chunk_ib *ib)
{
	int index = job_index(p, ib);

	if (index < 0)
		return index;
	if (p->num_ibs[index] >= amdgpu_max_ibs[ib->ip_type])
		return -EINVAL;
	p->num_ibs[index]++;
	p->leader = index;
	return 0;
}

/* amdgpu_cs_p1_user_fence() */
static int pass1_fence(struct parser *p, const struct drm_amdgpu_cs_chunk_fence *fence)
{
	if (p->user_fence)
		return -EINVAL;
	p->user_fence = drm_gem_object_lookup(p->file, fence->handle);
	if (!p->user_fence)
		return -EINVAL;
	if (p->user_fence->size != PAGE_SIZE || fence->offset > PAGE_SIZE - 8)
		return -EINVAL;
	p->user_fence_offset = fence->offset;
	return 0;
}

static int pass1_chunk(struct parser *p, const struct chunk *chunk)
{
	size_t size = (size_t)chunk->length_dw * sizeof(u32);

	switch (chunk->id) {
	case AMDGPU_CHUNK_ID_IB:
		if (size < sizeof(struct drm_amdgpu_cs_chunk_ib))
			return -EINVAL;
		return pass1_ib(p, chunk->data);
	case AMDGPU_CHUNK_ID_FENCE:
		if (size < sizeof(struct drm_amdgpu_cs_chunk_fence))
			return -EINVAL;
		return pass1_fence(p, chunk->data);
	case AMDGPU_CHUNK_ID_BO_HANDLES: {
		struct amdgpu_bo_list *list;

		if (size < sizeof(struct drm_amdgpu_bo_list_in) || p->list)
			return -EINVAL;
		list = amdgpu_bo_list_create(p->file, chunk->data);
		if (IS_ERR(list))
			return PTR_ERR(list);
		p->list = list;
		return 0;
	}
	case AMDGPU_CHUNK_ID_CP_GFX_SHADOW:
		return size < sizeof(struct drm_amdgpu_cs_chunk_cp_gfx_shadow) ? -EINVAL : 0;
	case AMDGPU_CHUNK_ID_DEPENDENCIES:
	case AMDGPU_CHUNK_ID_SYNCOBJ_IN:
	case AMDGPU_CHUNK_ID_SYNCOBJ_OUT:
	case AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES:
	case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT:
	case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL:
		return 0;
	default:
		return -EINVAL;
	}
}

/* amdgpu_cs_pass1(): copies all from user space, and looks what there is */
static int pass1(struct parser *p, const union drm_amdgpu_cs *cs)
{
	struct drm_amdgpu_cs_chunk header;
	u64 *pointers;
	unsigned int i;
	int ret = 0;

	pointers = memdup_array_user(u64_to_user_ptr(cs->in.chunks), cs->in.num_chunks,
				     sizeof(*pointers));
	if (IS_ERR(pointers))
		return PTR_ERR(pointers);
	p->chunks = kvmalloc_objs(*p->chunks, cs->in.num_chunks);
	if (!p->chunks) {
		kfree(pointers);
		return -ENOMEM;
	}
	for (i = 0; i < cs->in.num_chunks; i++) {
		struct chunk *chunk = &p->chunks[i];

		if (copy_from_user(&header, u64_to_user_ptr(pointers[i]), sizeof(header))) {
			ret = -EFAULT;
			break;
		}
		if (header.length_dw > INT_MAX / sizeof(u32)) {
			ret = -EINVAL;
			break;
		}
		chunk->id = header.chunk_id;
		chunk->length_dw = header.length_dw;
		chunk->data = vmemdup_array_user(u64_to_user_ptr(header.chunk_data),
						 header.length_dw, sizeof(u32));
		if (IS_ERR(chunk->data)) {
			ret = PTR_ERR(chunk->data);
			break;
		}
		p->num_chunks++;
		ret = pass1_chunk(p, chunk);
		if (ret)
			break;
	}
	kfree(pointers);
	if (ret)
		return ret;
	if (!p->gang_size)
		return -EINVAL;

	for (i = 0; i < p->gang_size; i++) {
		struct fake_job *job = fake_job_create(p->gpu, &p->entities[i]->base, p->file);

		if (IS_ERR(job))
			return PTR_ERR(job);
		p->jobs[i] = job;
		job->ibs = kvmalloc_objs(*job->ibs, p->num_ibs[i]);
		if (!job->ibs)
			return -ENOMEM;
		/* amdgpu_vm_generation() */
		job->priv = (void *)(long)atomic_read(&p->gpu->vram_lost);
		if ((long)job->priv != p->ctx->vram_lost)
			return -ECANCELED;
	}
	return 0;
}

/* amdgpu_cs_p2_ib() */
static int pass2_ib(struct parser *p, const struct drm_amdgpu_cs_chunk_ib *ib, unsigned int *preempt)
{
	struct fake_job *job;
	int index = job_index(p, ib);

	if (index < 0)
		return index;
	if (ib->flags & AMDGPU_IB_FLAG_CE)
		return -EINVAL;
	if (ib->ip_type == AMDGPU_HW_IP_GFX && ib->flags & AMDGPU_IB_FLAG_PREEMPT &&
	    ++*preempt > 1)
		return -EINVAL;
	if (ib->ib_bytes / 4 > MAX_IB_DW)
		return -EINVAL;
	job = p->jobs[index];
	job->ibs[job->num_ibs].addr = ib->va_start & VA_HOLE_MASK;
	job->ibs[job->num_ibs].size = round_down(ib->ib_bytes, 4);
	job->num_ibs++;
	return 0;
}

/* Makes all jobs wait for a fence, whose reference is consumed. */
static int wait_for(struct parser *p, struct dma_fence *fence)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < p->gang_size && !ret; i++)
		ret = drm_sched_job_add_dependency(&p->jobs[i]->base, dma_fence_get(fence));
	dma_fence_put(fence);
	return ret;
}

/* amdgpu_cs_get_fence() */
struct dma_fence *amdgpu_find_fence(struct amdgpu_file *client, u32 ctx_id, u32 ip, u32 instance,
				    u32 ring, u64 seq)
{
	struct amdgpu_ctx *ctx = amdgpu_ctx_get(client, ctx_id);
	struct amdgpu_entity *entity;
	struct dma_fence *fence;
	int ret;

	if (!ctx)
		return ERR_PTR(-EINVAL);
	ret = amdgpu_ctx_get_entity(ctx, ip, instance, ring, &entity);
	fence = ret ? ERR_PTR(ret) : amdgpu_ctx_get_fence(ctx, entity, seq);
	amdgpu_ctx_put(ctx);
	return fence;
}

/* amdgpu_cs_p2_dependencies() */
static int pass2_dependencies(struct parser *p, const struct chunk *chunk)
{
	const struct drm_amdgpu_cs_chunk_dep *deps = chunk->data;
	unsigned int i, count = chunk->length_dw * 4 / sizeof(*deps);
	int ret;

	for (i = 0; i < count; i++) {
		struct dma_fence *fence;

		fence = amdgpu_find_fence(p->client, deps[i].ctx_id, deps[i].ip_type,
					  deps[i].ip_instance, deps[i].ring, deps[i].handle);
		if (IS_ERR(fence))
			return PTR_ERR(fence);
		if (!fence)
			continue;
		if (chunk->id == AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES) {
			struct dma_fence *finished = fence;

			fence = dma_fence_get(&to_drm_sched_fence(finished)->scheduled);
			dma_fence_put(finished);
		}
		ret = wait_for(p, fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* amdgpu_syncobj_lookup_and_add() */
static int wait_for_syncobj(struct parser *p, u32 handle, u64 point, u64 flags)
{
	struct dma_fence *fence;
	int ret;

	ret = drm_syncobj_find_fence(p->file, handle, point, flags, &fence);
	return ret ?: wait_for(p, fence);
}

/* amdgpu_cs_p2_syncobj_in(), amdgpu_cs_p2_syncobj_timeline_wait() */
static int pass2_syncobj_in(struct parser *p, const struct chunk *chunk)
{
	const struct drm_amdgpu_cs_chunk_syncobj *points = chunk->data;
	const struct drm_amdgpu_cs_chunk_sem *sems = chunk->data;
	unsigned int i;
	int ret = 0;

	if (chunk->id == AMDGPU_CHUNK_ID_SYNCOBJ_IN) {
		for (i = 0; i < chunk->length_dw * 4 / sizeof(*sems) && !ret; i++)
			ret = wait_for_syncobj(p, sems[i].handle, 0, 0);
	} else {
		for (i = 0; i < chunk->length_dw * 4 / sizeof(*points) && !ret; i++)
			ret = wait_for_syncobj(p, points[i].handle, points[i].point,
					       points[i].flags);
	}
	return ret;
}

static int add_post(struct parser *p, u32 handle, u64 point)
{
	struct post *post = &p->posts[p->num_posts];

	post->chain = NULL;
	post->point = point;
	if (point) {
		post->chain = dma_fence_chain_alloc();
		if (!post->chain)
			return -ENOMEM;
	}
	post->syncobj = drm_syncobj_find(p->file, handle);
	if (!post->syncobj) {
		dma_fence_chain_free(post->chain);
		return -EINVAL;
	}
	p->num_posts++;
	return 0;
}

/* amdgpu_cs_p2_syncobj_out(), amdgpu_cs_p2_syncobj_timeline_signal(): one chunk of both */
static int pass2_syncobj_out(struct parser *p, const struct chunk *chunk)
{
	const struct drm_amdgpu_cs_chunk_syncobj *points = chunk->data;
	const struct drm_amdgpu_cs_chunk_sem *sems = chunk->data;
	bool timeline = chunk->id == AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL;
	unsigned int i, count;
	int ret = 0;

	if (p->posts)
		return -EINVAL;
	count = chunk->length_dw * 4 / (timeline ? sizeof(*points) : sizeof(*sems));
	p->posts = kmalloc_objs(*p->posts, count);
	if (!p->posts)
		return -ENOMEM;
	for (i = 0; i < count && !ret; i++)
		ret = timeline ? add_post(p, points[i].handle, points[i].point) :
			add_post(p, sems[i].handle, 0);
	return ret;
}

/* amdgpu_cs_pass2() */
static int pass2(struct parser *p)
{
	unsigned int i, preempt = 0;
	int ret = 0;

	for (i = 0; i < p->num_chunks && !ret; i++) {
		const struct chunk *chunk = &p->chunks[i];
		const struct drm_amdgpu_cs_chunk_cp_gfx_shadow *shadow;

		switch (chunk->id) {
		case AMDGPU_CHUNK_ID_IB:
			ret = pass2_ib(p, chunk->data, &preempt);
			break;
		case AMDGPU_CHUNK_ID_DEPENDENCIES:
		case AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES:
			ret = pass2_dependencies(p, chunk);
			break;
		case AMDGPU_CHUNK_ID_SYNCOBJ_IN:
		case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT:
			ret = pass2_syncobj_in(p, chunk);
			break;
		case AMDGPU_CHUNK_ID_SYNCOBJ_OUT:
		case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL:
			ret = pass2_syncobj_out(p, chunk);
			break;
		case AMDGPU_CHUNK_ID_CP_GFX_SHADOW:
			shadow = chunk->data;
			if (shadow->flags & ~AMDGPU_CS_CHUNK_CP_GFX_SHADOW_FLAGS_INIT_SHADOW)
				ret = -EINVAL;
			break;
		}
	}
	return ret;
}

/* Gathers what each job needs: amdgpu_cs_parser_bos(), before anything is locked. */
static int gather(struct parser *p, const union drm_amdgpu_cs *cs)
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
 * an object, but for those of the same client on the same device; or only for those of drivers
 * without drm_sched if the object is synchronised explicitly.
 */
static int sync_resv(struct parser *p, struct dma_resv *resv, bool explicit)
{
	struct dma_resv_iter cursor;
	struct dma_fence *fence;
	int ret;

	dma_resv_for_each_fence(&cursor, resv, DMA_RESV_USAGE_READ, fence) {
		struct drm_sched_fence *sched = to_drm_sched_fence(dma_fence_chain_contained(fence));

		if (sched && (explicit || (sched->owner == p->file &&
					   sched->sched->dev == p->gpu->drm.dev)))
			continue;
		ret = wait_for(p, dma_fence_get(fence));
		if (ret)
			return ret;
	}
	return 0;
}

/* amdgpu_cs_sync_rings(), amdgpu_cs_bo_validate(), with all objects locked */
static int sync_and_validate(struct parser *p)
{
	struct fake_job *leader = p->jobs[p->leader];
	unsigned int i;
	int ret;

	for (i = 0; i < leader->num_bos; i++) {
		struct fake_bo *bo = to_fake_bo(leader->bos[i]);

		ret = fake_bo_validate(bo);
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
static void signal_syncobjs(struct parser *p, struct dma_fence *fence)
{
	unsigned int i;

	for (i = 0; i < p->num_posts; i++) {
		struct post *post = &p->posts[i];

		if (post->chain) {
			drm_syncobj_add_point(post->syncobj, post->chain, fence, post->point);
			post->chain = NULL;
		} else {
			drm_syncobj_replace_fence(post->syncobj, fence);
		}
	}
}

/* amdgpu_cs_submit(): nothing fails any more */
static void submit(struct parser *p, struct fake_lock *lock, union drm_amdgpu_cs *cs)
{
	struct fake_job *leader = p->jobs[p->leader];
	struct dma_fence *fences[GANG_SIZE], *fence;
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
static void parser_fini(struct parser *p)
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
	struct parser p = {
		.gpu = to_fake_gpu(drm),
		.file = file,
		.client = file->driver_priv,
	};
	union drm_amdgpu_cs *cs = data;
	struct fake_job *leader;
	struct fake_lock lock;
	int ret;

	if (!cs->in.num_chunks)
		return -EINVAL;
	p.ctx = amdgpu_ctx_get(p.client, cs->in.ctx_id);
	if (!p.ctx)
		return -EINVAL;
	ret = pass1(&p, cs);
	if (!ret)
		ret = pass2(&p);
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

/**
 * amdgpu_cs_open() - set up the contexts and lists of a client
 * @client: the client
 */
void amdgpu_cs_open(struct amdgpu_file *client)
{
	/* Both count from 1: amdgpu_driver_open_kms(), amdgpu_ctx_mgr_init(). */
	xa_init_flags(&client->contexts, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->bo_lists, XA_FLAGS_ALLOC1);
}

/**
 * amdgpu_cs_postclose() - free the same
 * @client: the client
 */
void amdgpu_cs_postclose(struct amdgpu_file *client)
{
	struct amdgpu_bo_list *list;
	struct amdgpu_ctx *ctx;
	unsigned long id;

	xa_for_each(&client->contexts, id, ctx)
		amdgpu_ctx_put(ctx);
	xa_destroy(&client->contexts);
	xa_for_each(&client->bo_lists, id, list)
		amdgpu_bo_list_put(list);
	xa_destroy(&client->bo_lists);
}
