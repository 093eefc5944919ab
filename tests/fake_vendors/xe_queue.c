// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of the fake xe: xe_exec_queue.c of the driver.
 *
 * The driver has a scheduler for each queue, and the GPU's firmware schedules those; here a queue is
 * an entity of the schedulers of its engines, with its priority.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "xe.h"

/* XE_EXEC_QUEUE_PRIORITY_NORMAL, HIGH of xe_exec_queue_types.h */
#define PRIORITY_NORMAL	1
#define PRIORITY_HIGH	2
/* Microseconds: XE_HW_ENGINE_TIMESLICE_MIN, MAX of xe_hw_engine.h */
#define TIMESLICE_MIN	1
#define TIMESLICE_MAX	(10 * 1000 * 1000)

static void queue_free(struct kref *ref)
{
	struct xe_queue *queue = container_of(ref, struct xe_queue, ref);

	dma_fence_put(queue->last_fence);
	xe_vm_put(queue->vm);
	kfree(queue);
}

void xe_queue_put(struct xe_queue *queue)
{
	kref_put(&queue->ref, queue_free);
}

struct xe_queue *xe_queue_get(struct xe_file *client, u32 id)
{
	struct xe_queue *queue;

	xa_lock(&client->queues);
	queue = xa_load(&client->queues, id);
	if (queue)
		kref_get(&queue->ref);
	xa_unlock(&client->queues);
	return queue;
}

/* xe_exec_queue_kill(), and the last put of the client: what it executes is ended. */
static void queue_kill(struct xe_queue *queue)
{
	WRITE_ONCE(queue->banned, true);
	if (queue->has_entity) {
		fake_jobs_abort(queue->gpu, queue, -ETIME);
		/* Nobody submits any more: that takes the lock, and looks. */
		mutex_lock(&queue->vm->lock);
		mutex_unlock(&queue->vm->lock);
		drm_sched_entity_destroy(&queue->entity);
	}
	wake_up_all(&to_xe(queue->gpu)->ufence_wq);
	xe_queue_put(queue);
}

void xe_queues_close(struct xe_file *client)
{
	struct xe_queue *queue;
	unsigned long id;

	xa_for_each(&client->queues, id, queue)
		queue_kill(queue);
}

/* xe_hw_engine_lookup(): the index of an engine, or -1. */
static int find_engine(const struct drm_xe_engine_class_instance *eci)
{
	unsigned int i;

	if (eci->gt_id)
		return -1;
	for (i = 0; i < xe_num_engines; i++)
		if (xe_engines[i].engine_class == eci->engine_class &&
		    xe_engines[i].instance == eci->engine_instance)
			return i;
	return -1;
}

/* calc_validate_logical_mask(): all of one class; and side by side, if they are to work together. */
static bool engines_are_valid(const struct drm_xe_engine_class_instance *eci, u16 width, u16 count)
{
	u32 mask, before = 0;
	unsigned int i, j;

	for (i = 0; i < width; i++) {
		for (j = 0, mask = 0; j < count; j++) {
			const struct drm_xe_engine_class_instance *one = &eci[j * width + i];

			if (find_engine(one) < 0 || one->engine_class != eci[0].engine_class)
				return false;
			mask |= BIT(one->engine_instance);
		}
		if (i && mask != before << 1)
			return false;
		before = mask;
	}
	return true;
}

/* exec_queue_set_property_funcs[] */
static int set_property(u32 property, u64 value, u32 *priority)
{
	switch (property) {
	case DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY:
		if (value > PRIORITY_HIGH)
			return -EINVAL;
		if (value > PRIORITY_NORMAL && !capable(CAP_SYS_NICE))
			return -EPERM;
		*priority = value;
		return 0;
	case DRM_XE_EXEC_QUEUE_SET_PROPERTY_TIMESLICE:
		return value < TIMESLICE_MIN || value > TIMESLICE_MAX ? -EINVAL : 0;
	case DRM_XE_EXEC_QUEUE_SET_PROPERTY_PXP_TYPE:
		if (value == DRM_XE_PXP_TYPE_NONE)
			return 0;
		return value == DRM_XE_PXP_TYPE_HWDRM ? -ENODEV : -EINVAL;
	case DRM_XE_EXEC_QUEUE_SET_DISABLE_STATE_CACHE_PERF_FIX:
		return value > 1 ? -EINVAL : 0;
	case DRM_XE_EXEC_QUEUE_SET_HANG_REPLAY_STATE:
		return -EOPNOTSUPP;
	case DRM_XE_EXEC_QUEUE_SET_PROPERTY_MULTI_GROUP:
		return -ENODEV;
	default:
		/* MULTI_QUEUE_PRIORITY is for queues of a group, which this GPU has not. */
		return -EINVAL;
	}
}

/* exec_queue_user_extensions() */
static int read_extensions(u64 extensions, u32 *priority)
{
	struct drm_xe_ext_set_property ext;
	unsigned int count;
	int ret;

	for (count = 0; extensions; count++) {
		if (count >= XE_MAX_EXTENSIONS)
			return -E2BIG;
		if (copy_from_user(&ext.base, u64_to_user_ptr(extensions), sizeof(ext.base)))
			return -EFAULT;
		if (ext.base.pad || ext.base.name != DRM_XE_EXEC_QUEUE_EXTENSION_SET_PROPERTY)
			return -EINVAL;
		if (copy_from_user(&ext, u64_to_user_ptr(extensions), sizeof(ext)))
			return -EFAULT;
		if (ext.pad)
			return -EINVAL;
		ret = set_property(ext.property, ext.value, priority);
		if (ret)
			return ret;
		extensions = ext.base.next_extension;
	}
	return 0;
}

static enum drm_sched_priority sched_priority(u32 priority)
{
	switch (priority) {
	case PRIORITY_NORMAL:
		return DRM_SCHED_PRIORITY_NORMAL;
	case PRIORITY_HIGH:
		return DRM_SCHED_PRIORITY_HIGH;
	default:
		return DRM_SCHED_PRIORITY_LOW;
	}
}

/* Makes the queue of a client, in a VM to which it takes a reference. */
static struct xe_queue *queue_create(struct fake_gpu *gpu, struct xe_vm *vm,
				     const struct drm_xe_exec_queue_create *args,
				     const struct drm_xe_engine_class_instance *eci)
{
	u32 priority = PRIORITY_NORMAL;
	struct xe_queue *queue;
	unsigned int i;
	int ret;

	ret = read_extensions(args->extensions, &priority);
	if (ret)
		return ERR_PTR(ret);
	queue = kzalloc_obj(*queue);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	kref_init(&queue->ref);
	queue->gpu = gpu;
	queue->width = args->width;
	if (eci[0].engine_class != DRM_XE_ENGINE_CLASS_VM_BIND) {
		for (i = 0; i < args->num_placements; i++)
			queue->scheds[i] = &gpu->engine[find_engine(&eci[i * args->width])].sched;
		ret = drm_sched_entity_init(&queue->entity, sched_priority(priority), queue->scheds,
					    args->num_placements, NULL);
		if (ret) {
			kfree(queue);
			return ERR_PTR(ret);
		}
		queue->has_entity = true;
	}
	kref_get(&vm->ref);
	queue->vm = vm;
	return queue;
}

/* xe_exec_queue_create_ioctl() */
int xe_exec_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_xe_engine_class_instance eci[XE_MAX_INSTANCE];
	struct drm_xe_exec_queue_create *args = data;
	struct xe_file *client = file->driver_priv;
	struct xe_queue *queue;
	struct xe_vm *vm;
	u32 id, count;
	int ret;

	if (args->flags & ~DRM_XE_EXEC_QUEUE_LOW_LATENCY_HINT || XE_MBZ(args))
		return -EINVAL;
	count = args->width * args->num_placements;
	if (!count || count > XE_MAX_INSTANCE)
		return -EINVAL;
	if (copy_from_user(eci, u64_to_user_ptr(args->instances), sizeof(*eci) * count))
		return -EFAULT;
	if (eci[0].gt_id)
		return -EINVAL;
	if (eci[0].engine_class == DRM_XE_ENGINE_CLASS_VM_BIND) {
		if (count != 1 || eci[0].engine_instance)
			return -EINVAL;
	} else {
		if (!engines_are_valid(eci, args->width, args->num_placements))
			return -EINVAL;
		/* Only the video engines work together: MULTI_LRC_MASK of xe_pci.c. */
		if (args->width > 1 && eci[0].engine_class != DRM_XE_ENGINE_CLASS_VIDEO_DECODE &&
		    eci[0].engine_class != DRM_XE_ENGINE_CLASS_VIDEO_ENHANCE)
			return -EOPNOTSUPP;
	}
	vm = xe_vm_get(client, args->vm_id);
	if (!vm)
		return -ENOENT;
	queue = queue_create(to_fake_gpu(drm), vm, args, eci);
	xe_vm_put(vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = xa_alloc(&client->queues, &id, queue, xa_limit_32b, GFP_KERNEL);
	if (ret) {
		queue_kill(queue);
		return ret;
	}
	args->exec_queue_id = id;
	return 0;
}

/* xe_exec_queue_destroy_ioctl() */
int xe_exec_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct xe_file *client = file->driver_priv;
	struct drm_xe_exec_queue_destroy *args = data;
	struct xe_queue *queue;

	if (args->pad || XE_MBZ(args))
		return -EINVAL;
	queue = xa_erase(&client->queues, args->exec_queue_id);
	if (!queue)
		return -ENOENT;
	queue_kill(queue);
	return 0;
}

/* xe_exec_queue_get_property_ioctl() */
int xe_exec_queue_get_property_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_xe_exec_queue_get_property *args = data;
	struct xe_queue *queue;
	int ret = 0;

	if (XE_MBZ(args))
		return -EINVAL;
	queue = xe_queue_get(file->driver_priv, args->exec_queue_id);
	if (!queue)
		return -ENOENT;
	if (args->property == DRM_XE_EXEC_QUEUE_GET_PROPERTY_BAN)
		args->value = READ_ONCE(queue->banned);
	else
		ret = -EINVAL;
	xe_queue_put(queue);
	return ret;
}

/* xe_exec_queue_set_property_ioctl(): only for queues of a group, and there are none. */
int xe_exec_queue_set_property_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_xe_exec_queue_set_property *args = data;
	struct xe_queue *queue;

	if (XE_MBZ(args) ||
	    args->property != DRM_XE_EXEC_QUEUE_SET_PROPERTY_MULTI_QUEUE_PRIORITY)
		return -EINVAL;
	queue = xe_queue_get(file->driver_priv, args->exec_queue_id);
	if (!queue)
		return -ENOENT;
	xe_queue_put(queue);
	return -EINVAL;
}
