// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts, lists of buffer objects, and submissions of the fake amdgpu. See amdgpu.c.
 */
#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>

#include <drm/drm_auth.h>
#include <drm/drm_syncobj.h>

#include "amdgpu.h"

/* Fences that a ring of a context remembers: the module parameter sched_jobs of amdgpu_drv.c. */
#define MAX_FENCES	32
/* Engines that one submission uses: AMDGPU_CS_GANG_SIZE of amdgpu_cs.h. */
#define GANG_SIZE	4
/* Words of an IB, at most: amdgpu_cs_ib_packet_size_max_dw() in amdgpu_cs.c. */
#define MAX_IB_DW	0xfffff
/* Entries of a list, at most: amdgpu_bo_list.c. */
#define MAX_BO_LIST	(128 * 1024)

const unsigned int amdgpu_num_entities[AMDGPU_HW_IP_NUM] = {
	[AMDGPU_HW_IP_GFX] = 1,
	[AMDGPU_HW_IP_COMPUTE] = 4,
	[AMDGPU_HW_IP_DMA] = 2,
	[AMDGPU_HW_IP_UVD] = 1,
	[AMDGPU_HW_IP_VCE] = 1,
	[AMDGPU_HW_IP_UVD_ENC] = 1,
	[AMDGPU_HW_IP_VCN_DEC] = 1,
	[AMDGPU_HW_IP_VCN_ENC] = 1,
	[AMDGPU_HW_IP_VCN_JPEG] = 1,
	[AMDGPU_HW_IP_VPE] = 1,
};

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

/* --- Contexts: amdgpu_ctx.c */

/**
 * struct amdgpu_entity - a ring of a context
 * @base: where its jobs are queued
 * @sequence: number of the next submission
 * @fences: of the last submissions, by their number modulo MAX_FENCES
 */
struct amdgpu_entity {
	struct drm_sched_entity base;
	u64 sequence;
	struct dma_fence *fences[MAX_FENCES];
};

/**
 * struct amdgpu_ctx - a context
 * @ref: references
 * @gpu: the device, which stays as long as the client
 * @lock: protects what follows, and the fences and sequences of @entities
 * @entities: those that were used, by kind of engine and ring
 * @priority: the client's, as AMDGPU_CTX_PRIORITY_NORMAL ...
 * @override: the master's, or AMDGPU_CTX_PRIORITY_UNSET
 * @resets: &fake_gpu.resets when it was made
 * @resets_queried: the same when that was last asked for
 * @vram_lost: &fake_gpu.vram_lost when it was made
 */
struct amdgpu_ctx {
	struct kref ref;
	struct fake_gpu *gpu;
	struct mutex lock;
	struct amdgpu_entity *entities[AMDGPU_HW_IP_NUM][MAX_ENTITIES];
	s32 priority;
	s32 override;
	int resets;
	int resets_queried;
	int vram_lost;
};

static void ctx_free(struct kref *ref)
{
	struct amdgpu_ctx *ctx = container_of(ref, struct amdgpu_ctx, ref);
	unsigned int ip, ring, i;

	for (ip = 0; ip < AMDGPU_HW_IP_NUM; ip++) {
		for (ring = 0; ring < MAX_ENTITIES; ring++) {
			struct amdgpu_entity *entity = ctx->entities[ip][ring];

			if (!entity)
				continue;
			drm_sched_entity_destroy(&entity->base);
			for (i = 0; i < MAX_FENCES; i++)
				dma_fence_put(entity->fences[i]);
			kfree(entity);
		}
	}
	kfree(ctx);
}

static void ctx_put(struct amdgpu_ctx *ctx)
{
	kref_put(&ctx->ref, ctx_free);
}

static struct amdgpu_ctx *ctx_get(struct amdgpu_file *client, u32 id)
{
	struct amdgpu_ctx *ctx;

	xa_lock(&client->contexts);
	ctx = xa_load(&client->contexts, id);
	if (ctx)
		kref_get(&ctx->ref);
	xa_unlock(&client->contexts);
	return ctx;
}

/* amdgpu_ctx_to_drm_sched_prio() */
static enum drm_sched_priority sched_priority(s32 priority)
{
	switch (priority) {
	case AMDGPU_CTX_PRIORITY_VERY_LOW:
	case AMDGPU_CTX_PRIORITY_LOW:
		return DRM_SCHED_PRIORITY_LOW;
	case AMDGPU_CTX_PRIORITY_HIGH:
	case AMDGPU_CTX_PRIORITY_VERY_HIGH:
		return DRM_SCHED_PRIORITY_HIGH;
	default:
		return DRM_SCHED_PRIORITY_NORMAL;
	}
}

/* amdgpu_ctx_priority_is_valid() */
static bool priority_is_valid(s32 priority)
{
	switch (priority) {
	case AMDGPU_CTX_PRIORITY_VERY_LOW:
	case AMDGPU_CTX_PRIORITY_LOW:
	case AMDGPU_CTX_PRIORITY_NORMAL:
	case AMDGPU_CTX_PRIORITY_HIGH:
	case AMDGPU_CTX_PRIORITY_VERY_HIGH:
		return true;
	default:
		return false;
	}
}

/* amdgpu_ctx_init_entity() */
static int entity_init(struct amdgpu_ctx *ctx, unsigned int ip, unsigned int ring)
{
	struct amdgpu_fake *amdgpu = to_amdgpu(ctx->gpu);
	s32 priority = ctx->override == AMDGPU_CTX_PRIORITY_UNSET ? ctx->priority : ctx->override;
	struct amdgpu_entity *entity;
	int ret;

	if (!amdgpu->num_scheds[ip])
		return -EINVAL;
	entity = kzalloc_obj(*entity);
	if (!entity)
		return -ENOMEM;
	entity->sequence = 1;
	ret = drm_sched_entity_init(&entity->base, sched_priority(priority), amdgpu->scheds[ip],
				    amdgpu->num_scheds[ip], NULL);
	if (ret) {
		kfree(entity);
		return ret;
	}
	ctx->entities[ip][ring] = entity;
	return 0;
}

/* amdgpu_ctx_get_entity(): a ring whose last job failed takes no more. */
static int ctx_get_entity(struct amdgpu_ctx *ctx, u32 ip, u32 instance, u32 ring,
			  struct amdgpu_entity **entity)
{
	int ret = 0;

	if (ip >= AMDGPU_HW_IP_NUM || instance || ring >= amdgpu_num_entities[ip])
		return -EINVAL;
	mutex_lock(&ctx->lock);
	if (!ctx->entities[ip][ring])
		ret = entity_init(ctx, ip, ring);
	if (!ret)
		ret = drm_sched_entity_error(&ctx->entities[ip][ring]->base);
	if (!ret)
		*entity = ctx->entities[ip][ring];
	mutex_unlock(&ctx->lock);
	return ret;
}

/* amdgpu_ctx_get_fence(): NULL for one that was forgotten, as it has signalled long ago. */
static struct dma_fence *ctx_get_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity, u64 seq)
{
	struct dma_fence *fence = NULL;

	mutex_lock(&ctx->lock);
	if (seq == ~0ull)
		seq = entity->sequence - 1;
	if (seq >= entity->sequence)
		fence = ERR_PTR(-EINVAL);
	else if (seq + MAX_FENCES >= entity->sequence)
		fence = dma_fence_get(entity->fences[seq % MAX_FENCES]);
	mutex_unlock(&ctx->lock);
	return fence;
}

/* amdgpu_ctx_wait_prev_fence(): waits until there is room for one more fence. */
static int ctx_wait_prev_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity)
{
	struct dma_fence *fence;
	long ret;

	mutex_lock(&ctx->lock);
	fence = dma_fence_get(entity->fences[entity->sequence % MAX_FENCES]);
	mutex_unlock(&ctx->lock);
	if (!fence)
		return 0;
	ret = dma_fence_wait(fence, true);
	dma_fence_put(fence);
	return ret;
}

/* amdgpu_ctx_add_fence() */
static u64 ctx_add_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity,
			 struct dma_fence *fence)
{
	struct dma_fence *old;
	u64 seq;

	mutex_lock(&ctx->lock);
	seq = entity->sequence++;
	old = entity->fences[seq % MAX_FENCES];
	entity->fences[seq % MAX_FENCES] = dma_fence_get(fence);
	mutex_unlock(&ctx->lock);
	dma_fence_put(old);
	return seq;
}

static int ctx_alloc(struct fake_gpu *gpu, struct drm_file *file, s32 priority, u32 *id)
{
	struct amdgpu_file *client = file->driver_priv;
	struct amdgpu_ctx *ctx;
	int ret;

	/* amdgpu_ctx_priority_permit() */
	if (priority > AMDGPU_CTX_PRIORITY_NORMAL && !capable(CAP_SYS_NICE) &&
	    !drm_is_current_master(file))
		return -EACCES;
	ctx = kzalloc_obj(*ctx);
	if (!ctx)
		return -ENOMEM;
	kref_init(&ctx->ref);
	mutex_init(&ctx->lock);
	ctx->gpu = gpu;
	ctx->priority = priority;
	ctx->override = AMDGPU_CTX_PRIORITY_UNSET;
	ctx->resets = atomic_read(&gpu->resets);
	ctx->resets_queried = ctx->resets;
	ctx->vram_lost = atomic_read(&gpu->vram_lost);
	ret = xa_alloc(&client->contexts, id, ctx, xa_limit_32b, GFP_KERNEL);
	if (ret)
		ctx_put(ctx);
	return ret;
}

/* amdgpu_ctx_guilty(): whether a job of the context hung. */
static bool ctx_guilty(struct amdgpu_ctx *ctx)
{
	unsigned int ip, ring;
	bool guilty = false;

	mutex_lock(&ctx->lock);
	for (ip = 0; ip < AMDGPU_HW_IP_NUM; ip++)
		for (ring = 0; ring < MAX_ENTITIES; ring++)
			if (ctx->entities[ip][ring] &&
			    drm_sched_entity_error(&ctx->entities[ip][ring]->base) == -ETIME)
				guilty = true;
	mutex_unlock(&ctx->lock);
	return guilty;
}

/* amdgpu_ctx_query(), amdgpu_ctx_query2() */
static int ctx_query(struct amdgpu_file *client, u32 id, u32 op, union drm_amdgpu_ctx_out *out)
{
	struct amdgpu_ctx *ctx = ctx_get(client, id);
	int resets;

	if (!ctx)
		return -EINVAL;
	resets = atomic_read(&ctx->gpu->resets);
	out->state.flags = 0;
	out->state.hangs = 0;
	if (op == AMDGPU_CTX_OP_QUERY_STATE) {
		out->state.reset_status = ctx->resets_queried == resets ?
			AMDGPU_CTX_NO_RESET : AMDGPU_CTX_UNKNOWN_RESET;
		ctx->resets_queried = resets;
	} else {
		if (ctx->resets != resets)
			out->state.flags |= AMDGPU_CTX_QUERY2_FLAGS_RESET;
		if (ctx->vram_lost != atomic_read(&ctx->gpu->vram_lost))
			out->state.flags |= AMDGPU_CTX_QUERY2_FLAGS_VRAMLOST;
		if (ctx_guilty(ctx))
			out->state.flags |= AMDGPU_CTX_QUERY2_FLAGS_GUILTY;
	}
	ctx_put(ctx);
	return 0;
}

/* AMDGPU_CTX_OP_GET_STABLE_PSTATE and SET: clocks are always the same, so that none is the state. */
static int ctx_pstate(struct amdgpu_file *client, u32 id, u32 *get)
{
	struct amdgpu_ctx *ctx = ctx_get(client, id);

	if (!ctx)
		return -EINVAL;
	if (get)
		*get = AMDGPU_CTX_STABLE_PSTATE_NONE;
	ctx_put(ctx);
	return 0;
}

int amdgpu_ctx_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	union drm_amdgpu_ctx *args = data;
	u32 id = args->in.ctx_id, flags = args->in.flags, pstate;
	s32 priority = args->in.priority;
	struct amdgpu_ctx *ctx;
	int ret;

	/* What is no priority is the normal one, for programs of old. */
	if (!priority_is_valid(priority))
		priority = AMDGPU_CTX_PRIORITY_NORMAL;
	if (flags && args->in.op != AMDGPU_CTX_OP_SET_STABLE_PSTATE)
		return -EINVAL;

	switch (args->in.op) {
	case AMDGPU_CTX_OP_ALLOC_CTX:
		ret = ctx_alloc(to_fake_gpu(drm), file, priority, &id);
		args->out.alloc.ctx_id = id;
		return ret;
	case AMDGPU_CTX_OP_FREE_CTX:
		ctx = xa_erase(&client->contexts, id);
		if (!ctx)
			return -EINVAL;
		ctx_put(ctx);
		return 0;
	case AMDGPU_CTX_OP_QUERY_STATE:
	case AMDGPU_CTX_OP_QUERY_STATE2:
		return ctx_query(client, id, args->in.op, &args->out);
	case AMDGPU_CTX_OP_GET_STABLE_PSTATE:
		ret = ctx_pstate(client, id, &pstate);
		if (!ret)
			args->out.pstate.flags = pstate;
		return ret;
	case AMDGPU_CTX_OP_SET_STABLE_PSTATE:
		if (flags & ~AMDGPU_CTX_STABLE_PSTATE_FLAGS_MASK ||
		    flags > AMDGPU_CTX_STABLE_PSTATE_PEAK)
			return -EINVAL;
		return ctx_pstate(client, id, NULL);
	default:
		return -EINVAL;
	}
}

/* amdgpu_ctx_priority_override() */
static void ctx_override(struct amdgpu_ctx *ctx, s32 priority)
{
	unsigned int ip, ring;

	mutex_lock(&ctx->lock);
	ctx->override = priority;
	if (priority == AMDGPU_CTX_PRIORITY_UNSET)
		priority = ctx->priority;
	for (ip = 0; ip < AMDGPU_HW_IP_NUM; ip++)
		for (ring = 0; ring < MAX_ENTITIES; ring++)
			if (ctx->entities[ip][ring])
				drm_sched_entity_set_priority(&ctx->entities[ip][ring]->base,
							      sched_priority(priority));
	mutex_unlock(&ctx->lock);
}

/* amdgpu_sched_ioctl() in amdgpu_sched.c: what the master lets other clients have */
int amdgpu_sched_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_sched *args = data;
	struct drm_file *other;
	struct amdgpu_ctx *ctx;
	unsigned long id;

	if (args->in.op != AMDGPU_SCHED_OP_PROCESS_PRIORITY_OVERRIDE &&
	    args->in.op != AMDGPU_SCHED_OP_CONTEXT_PRIORITY_OVERRIDE)
		return -EINVAL;
	if (!priority_is_valid(args->in.priority))
		return -EINVAL;

	CLASS(fd, f)(args->in.fd);
	if (fd_empty(f) || !amdgpu_file_is(fd_file(f)))
		return -EINVAL;
	other = fd_file(f)->private_data;
	if (args->in.op == AMDGPU_SCHED_OP_CONTEXT_PRIORITY_OVERRIDE) {
		ctx = ctx_get(other->driver_priv, args->in.ctx_id);
		if (!ctx)
			return -EINVAL;
		ctx_override(ctx, args->in.priority);
		ctx_put(ctx);
		return 0;
	}
	for (id = 0;;) {
		struct amdgpu_file *client = other->driver_priv;

		xa_lock(&client->contexts);
		ctx = xa_find(&client->contexts, &id, ULONG_MAX, XA_PRESENT);
		if (ctx)
			kref_get(&ctx->ref);
		xa_unlock(&client->contexts);
		if (!ctx)
			return 0;
		ctx_override(ctx, args->in.priority);
		ctx_put(ctx);
		id++;
	}
}

/* --- Lists of buffer objects: amdgpu_bo_list.c */

/**
 * struct amdgpu_bo_list - a list
 * @ref: references
 * @count: number of objects
 * @objs: the objects, referenced
 */
struct amdgpu_bo_list {
	struct kref ref;
	unsigned int count;
	struct drm_gem_object *objs[] __counted_by(count);
};

static void bo_list_free(struct kref *ref)
{
	struct amdgpu_bo_list *list = container_of(ref, struct amdgpu_bo_list, ref);
	unsigned int i;

	for (i = 0; i < list->count; i++)
		if (list->objs[i])
			drm_gem_object_put(list->objs[i]);
	kvfree(list);
}

static void bo_list_put(struct amdgpu_bo_list *list)
{
	if (list)
		kref_put(&list->ref, bo_list_free);
}

static struct amdgpu_bo_list *bo_list_create(struct drm_file *file,
					     const struct drm_amdgpu_bo_list_in *in)
{
	struct drm_amdgpu_bo_list_entry *entries;
	struct amdgpu_bo_list *list;
	unsigned int i;

	if (in->bo_number > MAX_BO_LIST || in->bo_info_size != sizeof(*entries))
		return ERR_PTR(-EINVAL);
	entries = vmemdup_array_user(u64_to_user_ptr(in->bo_info_ptr), in->bo_number,
				     sizeof(*entries));
	if (IS_ERR(entries))
		return ERR_CAST(entries);
	list = kvzalloc_flex(*list, objs, in->bo_number);
	if (!list) {
		kvfree(entries);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&list->ref);
	list->count = in->bo_number;
	for (i = 0; i < list->count; i++) {
		list->objs[i] = drm_gem_object_lookup(file, entries[i].bo_handle);
		if (!list->objs[i]) {
			bo_list_put(list);
			list = ERR_PTR(-ENOENT);
			break;
		}
	}
	kvfree(entries);
	return list;
}

static struct amdgpu_bo_list *bo_list_get(struct amdgpu_file *client, u32 handle)
{
	struct amdgpu_bo_list *list;

	xa_lock(&client->bo_lists);
	list = xa_load(&client->bo_lists, handle);
	if (list)
		kref_get(&list->ref);
	else
		list = ERR_PTR(-ENOENT);
	xa_unlock(&client->bo_lists);
	return list;
}

int amdgpu_bo_list_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	union drm_amdgpu_bo_list *args = data;
	u32 handle = args->in.list_handle;
	struct amdgpu_bo_list *list, *old;
	int ret;

	switch (args->in.operation) {
	case AMDGPU_BO_LIST_OP_CREATE:
	case AMDGPU_BO_LIST_OP_UPDATE:
		list = bo_list_create(file, &args->in);
		if (IS_ERR(list))
			return PTR_ERR(list);
		if (args->in.operation == AMDGPU_BO_LIST_OP_CREATE) {
			ret = xa_alloc(&client->bo_lists, &handle, list, xa_limit_32b, GFP_KERNEL);
		} else {
			xa_lock(&client->bo_lists);
			old = xa_load(&client->bo_lists, handle);
			if (old)
				ret = xa_err(__xa_store(&client->bo_lists, handle, list,
							GFP_KERNEL));
			else
				ret = -ENOENT;
			xa_unlock(&client->bo_lists);
			if (!ret)
				bo_list_put(old);
		}
		if (ret) {
			bo_list_put(list);
			return ret;
		}
		break;
	case AMDGPU_BO_LIST_OP_DESTROY:
		bo_list_put(xa_erase(&client->bo_lists, handle));
		handle = 0;
		break;
	default:
		return -EINVAL;
	}
	memset(args, 0, sizeof(*args));
	args->out.list_handle = handle;
	return 0;
}

/* --- Submissions: amdgpu_cs.c */

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

	ret = ctx_get_entity(p->ctx, ib->ip_type, ib->ip_instance, ib->ring, &entity);
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
		list = bo_list_create(p->file, chunk->data);
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
static struct dma_fence *find_fence(struct amdgpu_file *client, u32 ctx_id, u32 ip, u32 instance,
				    u32 ring, u64 seq)
{
	struct amdgpu_ctx *ctx = ctx_get(client, ctx_id);
	struct amdgpu_entity *entity;
	struct dma_fence *fence;
	int ret;

	if (!ctx)
		return ERR_PTR(-EINVAL);
	ret = ctx_get_entity(ctx, ip, instance, ring, &entity);
	fence = ret ? ERR_PTR(ret) : ctx_get_fence(ctx, entity, seq);
	ctx_put(ctx);
	return fence;
}

/* amdgpu_cs_p2_dependencies() */
static int pass2_dependencies(struct parser *p, const struct chunk *chunk)
{
	const struct drm_amdgpu_cs_chunk_dep *deps = chunk->data;
	unsigned int i, count = chunk->length_dw * 4 / sizeof(*deps);
	int ret;

	for (i = 0; i < count; i++) {
		struct dma_fence *fence = find_fence(p->client, deps[i].ctx_id, deps[i].ip_type,
						     deps[i].ip_instance, deps[i].ring,
						     deps[i].handle);

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
		list = bo_list_get(p->client, cs->in.bo_list_handle);
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
	return ctx_wait_prev_fence(p->ctx, p->entities[p->leader]);
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
	cs->out.handle = ctx_add_fence(p->ctx, p->entities[p->leader], fence);
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
	bo_list_put(p->list);
	if (p->user_fence)
		drm_gem_object_put(p->user_fence);
	for (i = 0; i < p->num_chunks; i++)
		kvfree(p->chunks[i].data);
	kvfree(p->chunks);
	ctx_put(p->ctx);
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
	p.ctx = ctx_get(p.client, cs->in.ctx_id);
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

int amdgpu_cs_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_wait_cs *wait = data;
	unsigned long timeout = amdgpu_timeout(wait->in.timeout);
	struct dma_fence *fence;
	long ret = 1;

	fence = find_fence(file->driver_priv, wait->in.ctx_id, wait->in.ip_type,
			   wait->in.ip_instance, wait->in.ring, wait->in.handle);
	if (IS_ERR(fence))
		return PTR_ERR(fence);
	if (fence) {
		ret = dma_fence_wait_timeout(fence, true, timeout);
		if (ret > 0 && fence->error)
			ret = fence->error;
		dma_fence_put(fence);
	}
	if (ret < 0)
		return ret;
	memset(wait, 0, sizeof(*wait));
	wait->out.status = ret == 0;
	return 0;
}

/* amdgpu_cs_wait_all_fences() */
static int wait_all(struct drm_file *file, union drm_amdgpu_wait_fences *wait,
		    const struct drm_amdgpu_fence *fences)
{
	unsigned int i;
	long ret = 1;

	for (i = 0; i < wait->in.fence_count && ret; i++) {
		unsigned long timeout = amdgpu_timeout(wait->in.timeout_ns);
		struct dma_fence *fence = find_fence(file->driver_priv, fences[i].ctx_id,
						     fences[i].ip_type, fences[i].ip_instance,
						     fences[i].ring, fences[i].seq_no);

		if (IS_ERR(fence))
			return PTR_ERR(fence);
		if (!fence)
			continue;
		ret = dma_fence_wait_timeout(fence, true, timeout);
		if (ret > 0 && fence->error)
			ret = fence->error;
		dma_fence_put(fence);
		if (ret < 0)
			return ret;
	}
	memset(wait, 0, sizeof(*wait));
	wait->out.status = ret > 0;
	return 0;
}

/* amdgpu_cs_wait_any_fence() */
static int wait_any(struct drm_file *file, union drm_amdgpu_wait_fences *wait,
		    const struct drm_amdgpu_fence *fences)
{
	unsigned long timeout = amdgpu_timeout(wait->in.timeout_ns);
	unsigned int i, count = wait->in.fence_count;
	struct dma_fence **array;
	u32 first = ~0;
	long ret = 0;

	array = kvzalloc_objs(struct dma_fence *, count);
	if (!array)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct dma_fence *fence = find_fence(file->driver_priv, fences[i].ctx_id,
						     fences[i].ip_type, fences[i].ip_instance,
						     fences[i].ring, fences[i].seq_no);

		if (IS_ERR(fence)) {
			ret = PTR_ERR(fence);
			goto out;
		}
		if (!fence) {
			/* Forgotten, as it has signalled. */
			ret = 1;
			first = i;
			break;
		}
		array[i] = fence;
	}
	if (first == ~0u)
		ret = dma_fence_wait_any_timeout(array, count, true, timeout, &first);
	if (ret < 0)
		goto out;
	memset(wait, 0, sizeof(*wait));
	wait->out.status = ret > 0;
	wait->out.first_signaled = first;
	ret = first < count && array[first] ? array[first]->error : 0;
out:
	for (i = 0; i < count; i++)
		dma_fence_put(array[i]);
	kvfree(array);
	return ret;
}

int amdgpu_cs_wait_fences_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_wait_fences *wait = data;
	struct drm_amdgpu_fence *fences;
	int ret;

	if (!wait->in.fence_count)
		return -EINVAL;
	fences = memdup_array_user(u64_to_user_ptr(wait->in.fences), wait->in.fence_count,
				   sizeof(*fences));
	if (IS_ERR(fences))
		return PTR_ERR(fences);
	ret = wait->in.wait_all ? wait_all(file, wait, fences) : wait_any(file, wait, fences);
	kfree(fences);
	return ret;
}

int amdgpu_cs_fence_to_handle_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_fence_to_handle *args = data;
	const struct drm_amdgpu_fence *user = &args->in.fence;
	struct drm_syncobj *syncobj;
	struct sync_file *sync_file;
	struct dma_fence *fence;
	u32 what = args->in.what;
	int fd, ret;

	fence = find_fence(file->driver_priv, user->ctx_id, user->ip_type, user->ip_instance,
			   user->ring, user->seq_no);
	if (IS_ERR(fence))
		return PTR_ERR(fence);
	if (!fence)
		fence = dma_fence_get_stub();

	switch (what) {
	case AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ:
	case AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ_FD:
		ret = drm_syncobj_create(&syncobj, 0, fence);
		dma_fence_put(fence);
		if (ret)
			return ret;
		if (what == AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ)
			ret = drm_syncobj_get_handle(file, syncobj, &args->out.handle);
		else
			ret = drm_syncobj_get_fd(syncobj, (int *)&args->out.handle);
		drm_syncobj_put(syncobj);
		return ret;
	case AMDGPU_FENCE_TO_HANDLE_GET_SYNC_FILE_FD:
		fd = get_unused_fd_flags(O_CLOEXEC);
		if (fd < 0) {
			dma_fence_put(fence);
			return fd;
		}
		sync_file = sync_file_create(fence);
		dma_fence_put(fence);
		if (!sync_file) {
			put_unused_fd(fd);
			return -ENOMEM;
		}
		fd_install(fd, sync_file->file);
		args->out.handle = fd;
		return 0;
	default:
		dma_fence_put(fence);
		return -EINVAL;
	}
}

/**
 * amdgpu_cs_open() - set up what this file has of a client
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
		ctx_put(ctx);
	xa_destroy(&client->contexts);
	xa_for_each(&client->bo_lists, id, list)
		bo_list_put(list);
	xa_destroy(&client->bo_lists);
}
