// SPDX-License-Identifier: GPL-2.0
/* Waiting for submissions to the fake amdgpu: amdgpu_cs.c of the real one. See amdgpu.c. */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "amdgpu_cs.h"

/* Waits for one fence. Returns as dma_fence_wait_timeout(), or the error that the fence has. */
static long wait_for(struct drm_file *file, const struct drm_amdgpu_fence *user, u64 timeout_ns)
{
	struct dma_fence *fence = amdgpu_find_fence(file->driver_priv, user);
	long ret;

	if (IS_ERR(fence))
		return PTR_ERR(fence);
	/* Forgotten, as it has signalled. */
	if (!fence)
		return 1;
	ret = dma_fence_wait_timeout(fence, true, amdgpu_timeout(timeout_ns));
	if (ret > 0 && fence->error)
		ret = fence->error;
	dma_fence_put(fence);
	return ret;
}

int amdgpu_cs_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_wait_cs *wait = data;
	const struct drm_amdgpu_fence user = {
		.ctx_id = wait->in.ctx_id,
		.ip_type = wait->in.ip_type,
		.ip_instance = wait->in.ip_instance,
		.ring = wait->in.ring,
		.seq_no = wait->in.handle,
	};
	long ret = wait_for(file, &user, wait->in.timeout);

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

	for (i = 0; i < wait->in.fence_count && ret > 0; i++)
		ret = wait_for(file, &fences[i], wait->in.timeout_ns);
	if (ret < 0)
		return ret;
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
		struct dma_fence *fence;

		fence = amdgpu_find_fence(file->driver_priv, &fences[i]);
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
	struct drm_syncobj *syncobj;
	struct sync_file *sync_file;
	struct dma_fence *fence;
	u32 what = args->in.what;
	int fd, ret;

	fence = amdgpu_find_fence(file->driver_priv, &args->in.fence);
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
