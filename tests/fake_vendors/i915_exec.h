/* SPDX-License-Identifier: GPL-2.0 */
/* A submission of the fake i915: i915_exec.c, i915_exec_fence.c, i915_exec_place.c. */
#ifndef I915_EXEC_H
#define I915_EXEC_H

#include "i915.h"

/**
 * struct exec_fence - one of the fences of a submission
 * @syncobj: to be signalled, or NULL
 * @wait: to be waited for, or NULL
 * @chain: for a point of @syncobj, or NULL
 * @point: that point
 */
struct exec_fence {
	struct drm_syncobj *syncobj;
	struct dma_fence *wait;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct exec - a submission
 * @client: the client
 * @file: the same
 * @args: what it has passed
 * @objects: the objects, @args->buffer_count
 * @vmas: the same in the address space
 * @ctx: the context
 * @engine: index into i915_engines[]
 * @batch: index into @objects of the batch buffer
 * @fences: the fences, allocated with kvmalloc()
 * @num_fences: number of them
 */
struct exec {
	struct i915_client *client;
	struct drm_file *file;
	struct drm_i915_gem_execbuffer2 *args;
	struct drm_i915_gem_exec_object2 *objects;
	struct i915_vma **vmas;
	struct i915_context *ctx;
	unsigned int engine;
	unsigned int batch;
	struct exec_fence *fences;
	unsigned int num_fences;
};

/* gen8_canonical_addr(): bit 47 is repeated above. */
static inline u64 canonical(u64 address)
{
	return sign_extend64(address, 47);
}

/* --- i915_exec_fence.c */

int i915_exec_extensions(struct exec *exec);
int i915_exec_fence_array(struct exec *exec);
void i915_exec_fences_free(struct exec *exec);
int i915_exec_await(struct exec *exec, struct fake_job *job, struct dma_fence *in_fence);
void i915_exec_signal(struct exec *exec, struct dma_fence *done);

/* --- i915_exec_place.c */

int i915_exec_bind(struct exec *exec);
int i915_exec_tell_offsets(struct exec *exec);

#endif
