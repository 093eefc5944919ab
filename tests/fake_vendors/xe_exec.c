// SPDX-License-Identifier: GPL-2.0
/*
 * Queues and submissions of the fake xe: xe_exec_queue.c, xe_exec.c, xe_guc_submit.c and
 * xe_wait_user_fence.c of the driver.
 *
 * The driver has a scheduler for each queue, and the GPU's firmware schedules those; here a queue is
 * an entity of the schedulers of its engines, with its priority.
 */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "xe.h"

/* XE_MAX_JOB_COUNT_PER_EXEC_QUEUE of xe_exec_queue_types.h */
#define MAX_JOBS	1000
/* XE_EXEC_QUEUE_PRIORITY_NORMAL, HIGH of xe_exec_queue_types.h */
#define PRIORITY_NORMAL	1
#define PRIORITY_HIGH	2
/* Microseconds: XE_HW_ENGINE_TIMESLICE_MIN, MAX of xe_hw_engine.h */
#define TIMESLICE_MIN	1
#define TIMESLICE_MAX	(10 * 1000 * 1000)

/* --- Queues */

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

/* --- Submissions */

/* The job has ended, and the interrupt that tells so comes. */
static void job_done(struct fake_job *job, int error)
{
	struct xe_queue *queue = job->priv;

	/* A fault or a time-out. */
	if (error == -ETIME)
		WRITE_ONCE(queue->banned, true);
	wake_up_all(&to_xe(job->gpu)->ufence_wq);
}

static void job_released(struct fake_job *job)
{
	struct xe_queue *queue = job->priv;

	atomic_dec(&queue->jobs);
	xe_queue_put(queue);
}

/**
 * xe_job_prepare() - guc_exec_queue_run_job() in xe_guc_submit.c
 * @job: a job
 *
 * Return: -ECANCELED if its queue is banned, or 0.
 */
int xe_job_prepare(struct fake_job *job)
{
	struct xe_queue *queue = job->priv;

	return READ_ONCE(queue->banned) ? -ECANCELED : 0;
}

/**
 * xe_job_reset() - guc_exec_queue_timedout_job()
 * @gpu: the device
 * @job: the job that has run for too long, or NULL
 */
void xe_job_reset(struct fake_gpu *gpu, struct fake_job *job)
{
	if (job)
		WRITE_ONCE(((struct xe_queue *)job->priv)->banned, true);
	wake_up_all(&to_xe(gpu)->ufence_wq);
}

/* All objects of an address space: they are resident while it is in use, and get its fences. */
static int gather_bos(struct fake_job *job, struct xe_vm *vm)
{
	unsigned int i, count = 0;

	job->bos = kvmalloc_objs(*job->bos, job->table->count + 1);
	if (!job->bos)
		return -ENOMEM;
	for (i = 0; i < job->table->count; i++) {
		struct fake_bo *bo = job->table->mapping[i]->bo;

		if (!bo)
			continue;
		drm_gem_object_get(&bo->shmem.base);
		job->bos[count++] = &bo->shmem.base;
	}
	drm_gem_object_get(&vm->vm->root->shmem.base);
	job->bos[count++] = &vm->vm->root->shmem.base;
	job->num_bos = fake_bos_sort(job->bos, count);
	return 0;
}

/*
 * xe_vm_validate_rebind(): what was moved, which xe_bo_trigger_rebind() remembers, goes back to where it
 * is to be. So does what was bound anew, which it really does in VM_BIND.
 */
static int validate(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	int ret;

	/* Who imports from a platform device is not told of moves. */
	if (drm_gem_is_imported(obj) ||
	    (!to_fake_gpu(obj->dev)->bar && fake_export_is_attached(bo)))
		return fake_bo_validate(bo);
	if (!bo->moved || bo->pins)
		return 0;
	ret = fake_bo_move_to(bo, bo->allowed);
	if (!ret)
		bo->moved = false;
	return ret;
}

/* What the job waits for: kernel operations on all objects, and its syncs; nothing implicit. */
static int add_dependencies(struct fake_job *job, struct fake_lock *lock, struct xe_sync *syncs,
			    u32 count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < job->num_bos && !ret; i++)
		ret = validate(to_fake_bo(job->bos[i]));
	for (i = 0; i < lock->count && !ret; i++)
		ret = drm_sched_job_add_resv_dependencies(&job->base, lock->objs[i]->resv,
							  DMA_RESV_USAGE_KERNEL);
	for (i = 0; i < count && !ret; i++)
		if (syncs[i].fence)
			ret = drm_sched_job_add_dependency(&job->base, dma_fence_get(syncs[i].fence));
	return ret;
}

static void set_last_fence(struct xe_queue *queue, struct dma_fence *fence)
{
	dma_fence_put(queue->last_fence);
	queue->last_fence = dma_fence_get(fence);
}

/* No batch buffer: the syncs are signalled by the last submission. xe_sync_in_fence_get() */
static int exec_nothing(struct xe_queue *queue, struct xe_sync *syncs, u32 count)
{
	struct dma_fence *fence;
	u32 i;

	for (i = 0; i < count; i++)
		if (syncs[i].fence)
			return -EOPNOTSUPP;
	fence = queue->last_fence ? dma_fence_get(queue->last_fence) : dma_fence_get_stub();
	xe_syncs_signal(syncs, count, fence);
	dma_fence_put(fence);
	return 0;
}

/* Submits batch buffers, with the VM's lock held. */
static int exec(struct xe_queue *queue, struct drm_file *file, const u64 *addresses,
		struct xe_sync *syncs, u32 count)
{
	struct fake_gpu *gpu = queue->gpu;
	struct dma_fence *fence;
	struct fake_lock lock;
	struct fake_job *job;
	unsigned int i;
	int ret;

	if (queue->vm->closed)
		return -ECANCELED;
	job = fake_job_create(gpu, &queue->entity, file);
	if (IS_ERR(job))
		return PTR_ERR(job);
	kref_get(&queue->ref);
	atomic_inc(&queue->jobs);
	job->priv = queue;
	job->released = job_released;
	job->done = job_done;
	if (queue->vm->scratch)
		job->page_fault = FAKE_PAGE_FAULT_DROP;
	job->table = fake_vm_table_get(queue->vm->vm);
	if (IS_ERR(job->table)) {
		ret = PTR_ERR(job->table);
		job->table = NULL;
		goto err;
	}
	job->ibs = kvmalloc_objs(*job->ibs, queue->width);
	if (!job->ibs) {
		ret = -ENOMEM;
		goto err;
	}
	for (i = 0; i < queue->width; i++)
		job->ibs[i] = (struct fake_ib){ addresses[i], U64_MAX };
	job->num_ibs = queue->width;
	ret = gather_bos(job, queue->vm);
	if (ret)
		goto err;
	/* A fence in memory: emit_store_imm_ppgtt_posted() of xe_ring_ops.c. */
	for (i = 0; i < count; i++) {
		if (!syncs[i].syncobj) {
			job->store_addr = syncs[i].addr;
			job->store_value = syncs[i].value;
		}
	}

	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 1);
	if (ret)
		goto err;
	ret = add_dependencies(job, &lock, syncs, count);
	if (!ret && fake_fault_take(gpu, FAKE_FAULT_SUBMIT))
		ret = -ENOMEM;
	if (ret) {
		fake_bos_unlock(&lock);
		goto err;
	}
	fence = fake_job_arm(job);
	for (i = 0; i < lock.count; i++)
		dma_resv_add_fence(lock.objs[i]->resv, fence, DMA_RESV_USAGE_BOOKKEEP);
	xe_syncs_signal(syncs, count, fence);
	set_last_fence(queue, fence);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	return 0;

err:
	fake_job_cancel(job);
	return ret;
}

/* xe_exec_ioctl() in xe_exec.c */
int xe_exec_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	u64 addresses[XE_MAX_INSTANCE];
	struct drm_xe_exec *args = data;
	struct xe_queue *queue;
	struct xe_sync *syncs;
	int ret;

	fake_fault_stall(to_fake_gpu(drm));
	if (args->extensions || args->pad[0] || args->pad[1] || args->pad[2] || XE_MBZ(args) ||
	    args->num_syncs > DRM_XE_MAX_SYNCS)
		return -EINVAL;
	queue = xe_queue_get(file->driver_priv, args->exec_queue_id);
	if (!queue)
		return -ENOENT;
	ret = -EINVAL;
	if (!queue->has_entity || (args->num_batch_buffer && queue->width != args->num_batch_buffer))
		goto out_queue;
	ret = -ECANCELED;
	if (READ_ONCE(queue->banned))
		goto out_queue;
	ret = -EAGAIN;
	if (atomic_read(&queue->jobs) >= MAX_JOBS)
		goto out_queue;
	ret = xe_syncs_parse(file, args->syncs, args->num_syncs, true, &syncs);
	if (ret)
		goto out_queue;
	addresses[0] = args->address;
	if (args->num_batch_buffer > 1 &&
	    copy_from_user(addresses, u64_to_user_ptr(args->address),
			   sizeof(*addresses) * queue->width)) {
		ret = -EFAULT;
		goto out_syncs;
	}
	mutex_lock(&queue->vm->lock);
	/* It may have been killed before the lock was taken. */
	if (READ_ONCE(queue->banned))
		ret = -ECANCELED;
	else if (args->num_batch_buffer)
		ret = exec(queue, file, addresses, syncs, args->num_syncs);
	else
		ret = exec_nothing(queue, syncs, args->num_syncs);
	mutex_unlock(&queue->vm->lock);
out_syncs:
	xe_syncs_free(syncs, args->num_syncs);
out_queue:
	xe_queue_put(queue);
	return ret;
}

/* --- Fences in memory: xe_wait_user_fence.c */

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
