/* SPDX-License-Identifier: GPL-2.0 */
/* What the files for the submissions of the fake amdgpu share: contexts and lists of objects. */
#ifndef AMDGPU_CS_H
#define AMDGPU_CS_H

#include "amdgpu.h"

/* Fences that a ring of a context remembers: the module parameter sched_jobs of amdgpu_drv.c. */
#define MAX_FENCES	32

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

/* --- amdgpu_cs.c */

struct dma_fence *amdgpu_find_fence(struct amdgpu_file *client, u32 ctx_id, u32 ip, u32 instance,
				    u32 ring, u64 seq);

/* --- amdgpu_ctx.c */

void amdgpu_ctx_put(struct amdgpu_ctx *ctx);
struct amdgpu_ctx *amdgpu_ctx_get(struct amdgpu_file *client, u32 id);
int amdgpu_ctx_get_entity(struct amdgpu_ctx *ctx, u32 ip, u32 instance, u32 ring,
			  struct amdgpu_entity **entity);
struct dma_fence *amdgpu_ctx_get_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity,
				       u64 seq);
int amdgpu_ctx_wait_prev_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity);
u64 amdgpu_ctx_add_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity,
			 struct dma_fence *fence);

/* --- amdgpu_bo_list.c */

void amdgpu_bo_list_put(struct amdgpu_bo_list *list);
struct amdgpu_bo_list *amdgpu_bo_list_create(struct drm_file *file,
					     const struct drm_amdgpu_bo_list_in *in);
struct amdgpu_bo_list *amdgpu_bo_list_get(struct amdgpu_file *client, u32 handle);

#endif
