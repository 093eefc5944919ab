/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files for the submissions of the fake amdgpu share: contexts, lists of objects, and
 * what is on its way.
 */
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

/* Engines that one submission uses. */
#define AMDGPU_CS_GANG_SIZE	4

/**
 * struct amdgpu_cs_chunk - a part of a submission
 * @id: of which kind, as AMDGPU_CHUNK_ID_IB ...
 * @length_dw: words of @data
 * @data: a copy of what the client gave
 */
struct amdgpu_cs_chunk {
	u32 id;
	u32 length_dw;
	void *data;
};

/**
 * struct amdgpu_cs_post - a syncobj to be given the fence of a submission
 * @syncobj: the syncobj
 * @chain: what a point takes; NULL if it is binary
 * @point: the point
 */
struct amdgpu_cs_post {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct amdgpu_cs_parser - a submission on its way
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
struct amdgpu_cs_parser {
	struct fake_gpu *gpu;
	struct drm_file *file;
	struct amdgpu_file *client;
	struct amdgpu_ctx *ctx;
	unsigned int num_chunks;
	struct amdgpu_cs_chunk *chunks;
	unsigned int gang_size;
	unsigned int leader;
	struct amdgpu_entity *entities[AMDGPU_CS_GANG_SIZE];
	struct fake_job *jobs[AMDGPU_CS_GANG_SIZE];
	unsigned int num_ibs[AMDGPU_CS_GANG_SIZE];
	struct amdgpu_bo_list *list;
	struct drm_gem_object *user_fence;
	u32 user_fence_offset;
	unsigned int num_posts;
	struct amdgpu_cs_post *posts;
};

/* --- amdgpu_cs.c */

int amdgpu_cs_wait_for(struct amdgpu_cs_parser *p, struct dma_fence *fence);

/* --- amdgpu_chunks.c */

int amdgpu_cs_read_chunks(struct amdgpu_cs_parser *p, const union drm_amdgpu_cs *cs);

/* --- amdgpu_ctx.c */

void amdgpu_ctx_put(struct amdgpu_ctx *ctx);
struct amdgpu_ctx *amdgpu_ctx_get(struct amdgpu_file *client, u32 id);
int amdgpu_ctx_get_entity(struct amdgpu_ctx *ctx, u32 ip, u32 instance, u32 ring,
			  struct amdgpu_entity **entity);
struct dma_fence *amdgpu_find_fence(struct amdgpu_file *client, const struct drm_amdgpu_fence *user);
int amdgpu_ctx_wait_prev_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity);
u64 amdgpu_ctx_add_fence(struct amdgpu_ctx *ctx, struct amdgpu_entity *entity,
			 struct dma_fence *fence);

/* --- amdgpu_bo_list.c */

void amdgpu_bo_list_put(struct amdgpu_bo_list *list);
struct amdgpu_bo_list *amdgpu_bo_list_create(struct drm_file *file,
					     const struct drm_amdgpu_bo_list_in *in);
struct amdgpu_bo_list *amdgpu_bo_list_get(struct amdgpu_file *client, u32 handle);

#endif
