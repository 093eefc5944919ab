// SPDX-License-Identifier: GPL-2.0
/* Waiting for fences in memory on the fake xe: xe_wait_user_fence.c of the driver. */
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "xe.h"

/* do_compare(): 0 if the memory is as waited for, 1 if not. */
static int compare(const struct drm_xe_wait_user_fence *args)
{
	u64 memory, value = args->value & args->mask;
	bool passed;

	if (copy_from_user(&memory, u64_to_user_ptr(args->addr), sizeof(memory)))
		return -EFAULT;
	memory &= args->mask;
	switch (args->op) {
	case DRM_XE_UFENCE_WAIT_OP_EQ:
		passed = memory == value;
		break;
	case DRM_XE_UFENCE_WAIT_OP_NEQ:
		passed = memory != value;
		break;
	case DRM_XE_UFENCE_WAIT_OP_GT:
		passed = memory > value;
		break;
	case DRM_XE_UFENCE_WAIT_OP_GTE:
		passed = memory >= value;
		break;
	case DRM_XE_UFENCE_WAIT_OP_LT:
		passed = memory < value;
		break;
	default:
		passed = memory <= value;
	}
	return passed ? 0 : 1;
}

/* to_jiffies_timeout() */
static long timeout_jiffies(struct drm_xe_wait_user_fence *args)
{
	s64 left = args->timeout;

	if (left < 0) {
		args->timeout = MAX_SCHEDULE_TIMEOUT;
		return MAX_SCHEDULE_TIMEOUT;
	}
	if (!left)
		return 0;
	if (args->flags & DRM_XE_UFENCE_WAIT_FLAG_ABSTIME)
		left = max_t(s64, left - (s64)ktime_get_ns(), 0);
	return clamp_t(unsigned long, nsecs_to_jiffies(left), 1, MAX_SCHEDULE_TIMEOUT - 1);
}

int xe_wait_user_fence_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_xe_wait_user_fence *args = data;
	struct xe_fake *xe = to_xe(to_fake_gpu(drm));
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct xe_queue *queue = NULL;
	ktime_t start;
	long timeout;
	int ret;

	if (args->extensions || args->pad || args->pad2 || XE_MBZ(args) ||
	    args->flags & ~DRM_XE_UFENCE_WAIT_FLAG_ABSTIME ||
	    args->op > DRM_XE_UFENCE_WAIT_OP_LTE || args->addr & 7)
		return -EINVAL;
	if (args->exec_queue_id) {
		queue = xe_queue_get(file->driver_priv, args->exec_queue_id);
		if (!queue)
			return -ENOENT;
	}
	timeout = timeout_jiffies(args);
	start = ktime_get();
	add_wait_queue(&xe->ufence_wq, &wait);
	for (;;) {
		ret = compare(args);
		if (ret <= 0)
			break;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		ret = -EIO;
		if (queue && READ_ONCE(queue->banned))
			break;
		ret = -ETIME;
		if (!timeout)
			break;
		timeout = wait_woken(&wait, TASK_INTERRUPTIBLE, timeout);
	}
	remove_wait_queue(&xe->ufence_wq, &wait);
	if (!(args->flags & DRM_XE_UFENCE_WAIT_FLAG_ABSTIME)) {
		args->timeout -= ktime_to_ns(ktime_sub(ktime_get(), start));
		args->timeout = max_t(s64, args->timeout, 0);
	}
	if (queue)
		xe_queue_put(queue);
	return ret;
}
