// SPDX-License-Identifier: GPL-2.0
/* Submissions of the fake xe: xe_exec.c and xe_guc_submit.c of the driver. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "xe.h"

/* XE_MAX_JOB_COUNT_PER_EXEC_QUEUE of xe_exec_queue_types.h */
#define MAX_JOBS	1000

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
 * xe_vm_validate_rebind(): what was moved since it was bound, which xe_bo_trigger_rebind() remembers,
 * goes back to where it is to be; of imports, what was unmapped as its exporter moved it.
 */
static int validate(struct fake_bo *bo)
{
	bool moved = drm_gem_is_imported(&bo->shmem.base) ? !bo->dma_map : bo->moved;

	return moved ? xe_bo_validate(bo) : 0;
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
