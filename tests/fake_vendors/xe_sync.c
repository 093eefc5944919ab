// SPDX-License-Identifier: GPL-2.0
/* What submissions and binds of the fake xe wait for and signal: xe_sync.c of the driver. */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "xe.h"

/* xe_sync_entry_parse() */
static int parse(struct drm_file *file, const struct drm_xe_sync *in, bool exec, struct xe_sync *sync)
{
	u64 value;
	int ret;

	if (in->flags & ~DRM_XE_SYNC_FLAG_SIGNAL || in->reserved[0] || in->reserved[1])
		return -EINVAL;
	sync->signal = in->flags & DRM_XE_SYNC_FLAG_SIGNAL;
	sync->value = in->timeline_value;

	switch (in->type) {
	case DRM_XE_SYNC_TYPE_SYNCOBJ:
	case DRM_XE_SYNC_TYPE_TIMELINE_SYNCOBJ:
		if (upper_32_bits(in->addr))
			return -EINVAL;
		if (in->type == DRM_XE_SYNC_TYPE_TIMELINE_SYNCOBJ && !in->timeline_value)
			return -EINVAL;
		sync->syncobj = drm_syncobj_find(file, in->handle);
		if (!sync->syncobj)
			return -ENOENT;
		if (sync->signal) {
			if (in->type == DRM_XE_SYNC_TYPE_SYNCOBJ)
				return 0;
			sync->chain = dma_fence_chain_alloc();
			return sync->chain ? 0 : -ENOMEM;
		}
		sync->fence = drm_syncobj_fence_get(sync->syncobj);
		if (!sync->fence)
			return -EINVAL;
		if (in->type == DRM_XE_SYNC_TYPE_SYNCOBJ)
			return 0;
		/* A point that was passed is no fence at all. */
		ret = dma_fence_chain_find_seqno(&sync->fence, in->timeline_value);
		return ret;
	case DRM_XE_SYNC_TYPE_USER_FENCE:
		if (!sync->signal)
			return -EOPNOTSUPP;
		if (in->addr & 7)
			return -EINVAL;
		/* user_fence_create() */
		if (!exec && get_user(value, (u64 __user *)u64_to_user_ptr(in->addr)))
			return -EFAULT;
		sync->addr = in->addr;
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * xe_syncs_parse() - take syncs from user space
 * @file: the client
 * @user: address of an array of struct drm_xe_sync
 * @count: number of them
 * @exec: for a submission; else for a bind
 * @syncs: where they are put, to be freed with xe_syncs_free()
 *
 * Return: 0 or the driver's error.
 */
int xe_syncs_parse(struct drm_file *file, u64 user, u32 count, bool exec, struct xe_sync **syncs)
{
	struct drm_xe_sync __user *from = u64_to_user_ptr(user);
	unsigned int i, memory = 0;
	struct drm_xe_sync in;
	int ret = 0;

	*syncs = kcalloc(count, sizeof(**syncs), GFP_KERNEL);
	if (!*syncs)
		return -ENOMEM;
	for (i = 0; i < count && !ret; i++) {
		ret = copy_from_user(&in, &from[i], sizeof(in)) ? -EFAULT :
			parse(file, &in, exec, &(*syncs)[i]);
		if (!ret && !(*syncs)[i].syncobj && ++memory > 1)
			ret = -EINVAL;
	}
	if (ret)
		xe_syncs_free(*syncs, count);
	return ret;
}

/**
 * xe_syncs_signal() - let syncobjs have a fence: xe_sync_entry_signal()
 * @syncs: the syncs
 * @count: number of them
 * @fence: the fence
 *
 * Fences in memory are for the caller.
 */
void xe_syncs_signal(struct xe_sync *syncs, u32 count, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct xe_sync *sync = &syncs[i];

		if (!sync->signal || !sync->syncobj)
			continue;
		if (sync->chain) {
			drm_syncobj_add_point(sync->syncobj, sync->chain, fence, sync->value);
			sync->chain = NULL;
		} else {
			drm_syncobj_replace_fence(sync->syncobj, fence);
		}
	}
}

/**
 * xe_syncs_free() - undo xe_syncs_parse()
 * @syncs: the syncs
 * @count: number of them
 */
void xe_syncs_free(struct xe_sync *syncs, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (syncs[i].syncobj)
			drm_syncobj_put(syncs[i].syncobj);
		dma_fence_put(syncs[i].fence);
		dma_fence_chain_free(syncs[i].chain);
	}
	kfree(syncs);
}
