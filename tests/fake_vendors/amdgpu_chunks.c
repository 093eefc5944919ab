// SPDX-License-Identifier: GPL-2.0
/*
 * The chunks that a submission to the fake amdgpu consists of, which are read in two passes, as in
 * amdgpu_cs.c of the real one. See amdgpu.c.
 */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "amdgpu_cs.h"

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

/* amdgpu_cs_job_idx() */
static int job_index(struct amdgpu_cs_parser *p, const struct drm_amdgpu_cs_chunk_ib *ib)
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
	if (i == AMDGPU_CS_GANG_SIZE)
		return -EINVAL;
	p->entities[i] = entity;
	p->gang_size++;
	return i;
}

/* amdgpu_cs_p1_ib() */
static int pass1_ib(struct amdgpu_cs_parser *p, const struct drm_amdgpu_cs_chunk_ib *ib)
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
static int pass1_fence(struct amdgpu_cs_parser *p, const struct drm_amdgpu_cs_chunk_fence *fence)
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

static int pass1_chunk(struct amdgpu_cs_parser *p, const struct amdgpu_cs_chunk *chunk)
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
static int pass1(struct amdgpu_cs_parser *p, const union drm_amdgpu_cs *cs)
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
		struct amdgpu_cs_chunk *chunk = &p->chunks[i];

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
static int pass2_ib(struct amdgpu_cs_parser *p, const struct drm_amdgpu_cs_chunk_ib *ib, unsigned int *preempt)
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

/* amdgpu_cs_p2_dependencies() */
static int pass2_dependencies(struct amdgpu_cs_parser *p, const struct amdgpu_cs_chunk *chunk)
{
	const struct drm_amdgpu_cs_chunk_dep *deps = chunk->data;
	unsigned int i, count = chunk->length_dw * 4 / sizeof(*deps);
	int ret;

	for (i = 0; i < count; i++) {
		const struct drm_amdgpu_fence user = {
			.ctx_id = deps[i].ctx_id,
			.ip_type = deps[i].ip_type,
			.ip_instance = deps[i].ip_instance,
			.ring = deps[i].ring,
			.seq_no = deps[i].handle,
		};
		struct dma_fence *fence;

		fence = amdgpu_find_fence(p->client, &user);
		if (IS_ERR(fence))
			return PTR_ERR(fence);
		if (!fence)
			continue;
		if (chunk->id == AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES) {
			struct dma_fence *finished = fence;

			fence = dma_fence_get(&to_drm_sched_fence(finished)->scheduled);
			dma_fence_put(finished);
		}
		ret = amdgpu_cs_wait_for(p, fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* amdgpu_syncobj_lookup_and_add() */
static int wait_for_syncobj(struct amdgpu_cs_parser *p, u32 handle, u64 point, u64 flags)
{
	struct dma_fence *fence;
	int ret;

	ret = drm_syncobj_find_fence(p->file, handle, point, flags, &fence);
	return ret ?: amdgpu_cs_wait_for(p, fence);
}

/* amdgpu_cs_p2_syncobj_in(), amdgpu_cs_p2_syncobj_timeline_wait() */
static int pass2_syncobj_in(struct amdgpu_cs_parser *p, const struct amdgpu_cs_chunk *chunk)
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

static int add_post(struct amdgpu_cs_parser *p, u32 handle, u64 point)
{
	struct amdgpu_cs_post *post = &p->posts[p->num_posts];

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
static int pass2_syncobj_out(struct amdgpu_cs_parser *p, const struct amdgpu_cs_chunk *chunk)
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
static int pass2(struct amdgpu_cs_parser *p)
{
	unsigned int i, preempt = 0;
	int ret = 0;

	for (i = 0; i < p->num_chunks && !ret; i++) {
		const struct amdgpu_cs_chunk *chunk = &p->chunks[i];
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

/**
 * amdgpu_cs_read_chunks() - read all that was submitted
 * @p: the submission, with its client and context; has jobs with IBs afterwards, which wait for their
 *	dependencies, what it is to signal, and the list and user fence, if they are among the chunks
 * @cs: the arguments
 *
 * Return: 0 or an error. What @p has got must be dropped in any case.
 */
int amdgpu_cs_read_chunks(struct amdgpu_cs_parser *p, const union drm_amdgpu_cs *cs)
{
	return pass1(p, cs) ?: pass2(p);
}
