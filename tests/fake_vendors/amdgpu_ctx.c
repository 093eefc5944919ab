// SPDX-License-Identifier: GPL-2.0
/* Contexts of the fake amdgpu: amdgpu_ctx.c and amdgpu_sched.c of the real one. See amdgpu.c. */
#include <linux/file.h>
#include <linux/slab.h>

#include <drm/drm_auth.h>

#include "amdgpu_cs.h"

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

void amdgpu_ctx_put(struct amdgpu_ctx *ctx)
{
	kref_put(&ctx->ref, ctx_free);
}

struct amdgpu_ctx *amdgpu_ctx_get(struct amdgpu_file *client, u32 id)
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
int amdgpu_ctx_get_entity(struct amdgpu_ctx *ctx, u32 ip, u32 instance, u32 ring,
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
static struct dma_fence *get_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity, u64 seq)
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

/**
 * amdgpu_find_fence() - amdgpu_cs_get_fence() in amdgpu_cs.c
 * @client: the client
 * @user: what it calls the fence
 *
 * Return: the fence; NULL for one that was forgotten; or an error.
 */
struct dma_fence *amdgpu_find_fence(struct amdgpu_file *client, const struct drm_amdgpu_fence *user)
{
	struct amdgpu_ctx *ctx = amdgpu_ctx_get(client, user->ctx_id);
	struct amdgpu_entity *entity;
	struct dma_fence *fence;
	int ret;

	if (!ctx)
		return ERR_PTR(-EINVAL);
	ret = amdgpu_ctx_get_entity(ctx, user->ip_type, user->ip_instance, user->ring, &entity);
	fence = ret ? ERR_PTR(ret) : get_fence(ctx, entity, user->seq_no);
	amdgpu_ctx_put(ctx);
	return fence;
}

/* amdgpu_ctx_wait_prev_fence(): waits until there is room for one more fence. */
int amdgpu_ctx_wait_prev_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity)
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
u64 amdgpu_ctx_add_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity,
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
		amdgpu_ctx_put(ctx);
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
	struct amdgpu_ctx *ctx = amdgpu_ctx_get(client, id);
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
	amdgpu_ctx_put(ctx);
	return 0;
}

/* AMDGPU_CTX_OP_GET_STABLE_PSTATE and SET: clocks are always the same, so that none is the state. */
static int ctx_pstate(struct amdgpu_file *client, u32 id, u32 *get)
{
	struct amdgpu_ctx *ctx = amdgpu_ctx_get(client, id);

	if (!ctx)
		return -EINVAL;
	if (get)
		*get = AMDGPU_CTX_STABLE_PSTATE_NONE;
	amdgpu_ctx_put(ctx);
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
		amdgpu_ctx_put(ctx);
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
		ctx = amdgpu_ctx_get(other->driver_priv, args->in.ctx_id);
		if (!ctx)
			return -EINVAL;
		ctx_override(ctx, args->in.priority);
		amdgpu_ctx_put(ctx);
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
		amdgpu_ctx_put(ctx);
		id++;
	}
}
