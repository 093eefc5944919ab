// SPDX-License-Identifier: GPL-2.0
/*
 * Engines, and the jobs they execute.
 *
 * Each engine has a drm_gpu_scheduler, as the rings of amdgpu, nouveau and the others have: it
 * picks the job of the highest priority whose dependencies are met, hands one at a time to the
 * engine, and calls fake_timedout_job() when that has run for too long.
 *
 * A job stays until both the scheduler and the engine have dropped it. What it holds is released
 * from a work item of its own: that takes dma_resv locks, whose holders may wait for fences.
 */
#include <linux/slab.h>

#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "fake.h"

static const char *fence_driver_name(struct dma_fence *fence)
{
	return "mvgal_fake_vendors";
}

static const char *fence_timeline_name(struct dma_fence *fence)
{
	return "engine";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_driver_name,
	.get_timeline_name = fence_timeline_name,
};

/**
 * fake_job_engine() - the engine that executes a job
 * @job: the job, while it is executed
 */
struct fake_engine *fake_job_engine(struct fake_job *job)
{
	return container_of(job->base.sched, struct fake_engine, sched);
}

static void job_release(struct work_struct *work)
{
	struct fake_job *job = container_of(work, struct fake_job, release);
	struct fake_gpu *gpu = job->gpu;
	unsigned int i;

	if (job->released)
		job->released(job);
	if (job->table)
		fake_vm_table_put(job->table);
	for (i = 0; i < job->num_bos; i++)
		drm_gem_object_put(job->bos[i]);
	kvfree(job->bos);
	if (job->store_bo) {
		fake_bo_unmap(job->store_bo);
		drm_gem_object_put(&job->store_bo->shmem.base);
	}
	if (job->root)
		drm_gem_object_put(&job->root->shmem.base);
	kvfree(job->ibs);
	if (dma_fence_was_initialized(job->fence))
		dma_fence_put(job->fence);
	else
		kfree(job->fence);
	kfree(job);
	drm_dev_put(&gpu->drm);
}

static void job_last_put(struct kref *ref)
{
	struct fake_job *job = container_of(ref, struct fake_job, ref);

	queue_work(fake_release_wq, &job->release);
}

static void job_put(struct fake_job *job)
{
	kref_put(&job->ref, job_last_put);
}

static void job_execute(struct work_struct *work)
{
	struct fake_job *job = container_of(work, struct fake_job, execute);
	struct fake_engine *engine = fake_job_engine(job);
	struct fake_gpu *gpu = job->gpu;
	bool cookie = dma_fence_begin_signalling();
	int error = 0;

	if (READ_ONCE(gpu->slow_us))
		error = fake_job_wait(job, (u64)READ_ONCE(gpu->slow_us) * NSEC_PER_USEC);
	if (!error && job->injected == FAKE_FAULT_HANG)
		error = fake_job_wait(job, U64_MAX);
	if (!error)
		error = fake_cp_execute(job);
	if (error == -EILSEQ) {
		/* An illegal instruction raises an interrupt, whose handler calls for a reset. */
		drm_sched_fault(&engine->sched);
		error = fake_job_wait(job, U64_MAX);
	}
	if (!error && job->injected == FAKE_FAULT_EIO)
		error = -EIO;

	spin_lock(&engine->lock);
	engine->job = NULL;
	spin_unlock(&engine->lock);

	if (!error) {
		if (job->store_bo) {
			__le64 value = cpu_to_le64(job->store_value);
			struct iosys_map map;
			bool peer;

			if (fake_bo_at(job->store_bo, job->store_offset, sizeof(value), &map,
				       &peer) == sizeof(value))
				iosys_map_memcpy_to(&map, 0, &value, sizeof(value));
		}
		if (job->store_addr)
			error = fake_cp_store(job, job->store_addr, job->store_value);
		atomic64_inc(&gpu->jobs_done);
	}
	if (job->done)
		job->done(job, error);
	if (error)
		dma_fence_set_error(job->fence, error);
	dma_fence_signal(job->fence);
	dma_fence_end_signalling(cookie);
	job_put(job);
}

static struct dma_fence *fake_prepare_job(struct drm_sched_job *base,
					  struct drm_sched_entity *entity)
{
	struct fake_job *job = to_fake_job(base);
	int error = job->gpu->vendor->prepare ? job->gpu->vendor->prepare(job) : 0;

	if (error)
		dma_fence_set_error(&base->s_fence->finished, error);
	return NULL;
}

static struct dma_fence *fake_run_job(struct drm_sched_job *base)
{
	struct fake_job *job = to_fake_job(base);
	struct fake_engine *engine = fake_job_engine(job);

	if (READ_ONCE(job->gpu->gone))
		return ERR_PTR(-ENODEV);
	if (base->s_fence->finished.error)
		return ERR_PTR(base->s_fence->finished.error);

	if (fake_fault_take(job->gpu, FAKE_FAULT_HANG))
		job->injected = FAKE_FAULT_HANG;
	else if (fake_fault_take(job->gpu, FAKE_FAULT_EIO))
		job->injected = FAKE_FAULT_EIO;

	dma_fence_init(job->fence, &fence_ops, NULL, engine->fence_context, ++engine->seqno);
	kref_get(&job->ref);
	spin_lock(&engine->lock);
	engine->job = job;
	spin_unlock(&engine->lock);
	queue_work(engine->wq, &job->execute);
	return dma_fence_get(job->fence);
}

/* Makes the engine stop executing a job, if it does, and waits until it has. */
static void engine_abort(struct fake_engine *engine, struct fake_job *only, void *priv, int error)
{
	struct dma_fence *fence = NULL;

	spin_lock(&engine->lock);
	if (engine->job && (!only || engine->job == only) &&
	    (!priv || engine->job->priv == priv)) {
		if (!engine->job->abort)
			WRITE_ONCE(engine->job->abort, error);
		fence = dma_fence_get(engine->job->fence);
	}
	spin_unlock(&engine->lock);
	wake_up_all(&engine->wake);
	if (fence) {
		dma_fence_wait(fence, false);
		dma_fence_put(fence);
	}
}

static enum drm_gpu_sched_stat fake_timedout_job(struct drm_sched_job *base)
{
	struct fake_job *job = to_fake_job(base);
	struct fake_engine *engine = fake_job_engine(job);
	struct fake_gpu *gpu = job->gpu;

	engine_abort(engine, job, NULL, gpu->vendor->timeout_error);
	if (job->abort) {
		drm_notice(&gpu->drm, "%s: a job hung, and was ended\n", engine->name);
		atomic_inc(&gpu->resets);
		if (gpu->vendor->reset)
			gpu->vendor->reset(gpu, job);
	}
	/* Its fence has signalled: the scheduler is to take it back, and free it as any other. */
	return DRM_GPU_SCHED_STAT_NO_HANG;
}

static void fake_free_job(struct drm_sched_job *base)
{
	drm_sched_job_cleanup(base);
	job_put(to_fake_job(base));
}

static const struct drm_sched_backend_ops sched_ops = {
	.prepare_job = fake_prepare_job,
	.run_job = fake_run_job,
	.timedout_job = fake_timedout_job,
	.free_job = fake_free_job,
};

static void engines_fini(struct drm_device *drm, void *unused)
{
	struct fake_gpu *gpu = to_fake_gpu(drm);

	while (gpu->num_engines) {
		struct fake_engine *engine = &gpu->engine[--gpu->num_engines];

		drm_sched_fini(&engine->sched);
		destroy_workqueue(engine->wq);
	}
	destroy_workqueue(gpu->timeout_wq);
}

static int engine_init(struct fake_gpu *gpu, const char *name)
{
	struct fake_engine *engine = &gpu->engine[gpu->num_engines];
	unsigned int timeout_ms = fake_timeout_ms ?: gpu->vendor->timeout_ms;
	const struct drm_sched_init_args args = {
		.ops = &sched_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = 1,
		.timeout = msecs_to_jiffies(timeout_ms),
		.timeout_wq = gpu->timeout_wq,
		.name = name,
		.dev = gpu->drm.dev,
	};
	int ret;

	engine->gpu = gpu;
	engine->name = name;
	engine->fence_context = dma_fence_context_alloc(1);
	spin_lock_init(&engine->lock);
	init_waitqueue_head(&engine->wake);
	engine->wq = alloc_ordered_workqueue("fake-%s", 0, name);
	if (!engine->wq)
		return -ENOMEM;
	ret = drm_sched_init(&engine->sched, &args);
	if (ret) {
		destroy_workqueue(engine->wq);
		return ret;
	}
	gpu->num_engines++;
	return 0;
}

/**
 * fake_engines_init() - make the engines of a device
 * @gpu: the device, which frees them in the end
 *
 * Return: 0 or an error.
 */
int fake_engines_init(struct fake_gpu *gpu)
{
	const char *const *name;
	int ret;

	gpu->timeout_wq = alloc_ordered_workqueue("fake-timeout", 0);
	if (!gpu->timeout_wq)
		return -ENOMEM;
	ret = drmm_add_action_or_reset(&gpu->drm, engines_fini, NULL);
	if (ret)
		return ret;
	for (name = gpu->vendor->engines; *name; name++) {
		if (WARN_ON(gpu->num_engines == FAKE_MAX_ENGINES))
			return -EINVAL;
		ret = engine_init(gpu, *name);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * fake_engines_abort() - end what all engines execute
 * @gpu: the device
 * @error: error of those jobs
 *
 * Return: when their fences have signalled. What waits for its turn goes on.
 */
void fake_engines_abort(struct fake_gpu *gpu, int error)
{
	unsigned int i;

	for (i = 0; i < gpu->num_engines; i++)
		engine_abort(&gpu->engine[i], NULL, NULL, error);
}

/**
 * fake_engines_stop() - have no engine start a job, and wait until what is executed has ended
 * @gpu: the device
 */
void fake_engines_stop(struct fake_gpu *gpu)
{
	unsigned int i;

	for (i = 0; i < gpu->num_engines; i++) {
		drm_sched_wqueue_stop(&gpu->engine[i].sched);
		flush_workqueue(gpu->engine[i].wq);
	}
}

/**
 * fake_engines_start() - undo fake_engines_stop()
 * @gpu: the device
 */
void fake_engines_start(struct fake_gpu *gpu)
{
	unsigned int i;

	for (i = 0; i < gpu->num_engines; i++)
		drm_sched_wqueue_start(&gpu->engine[i].sched);
}

/**
 * fake_jobs_abort() - end what is executed of some jobs
 * @gpu: the device
 * @priv: &fake_job.priv of those jobs
 * @error: their error
 *
 * Return: when their fences have signalled.
 */
void fake_jobs_abort(struct fake_gpu *gpu, void *priv, int error)
{
	unsigned int i;

	for (i = 0; i < gpu->num_engines; i++)
		engine_abort(&gpu->engine[i], NULL, priv, error);
}

/**
 * fake_gpu_reset() - reset all engines at once
 * @gpu: the device
 * @vram_lost: the contents of VRAM are lost. They are not, but drivers tell clients so
 */
void fake_gpu_reset(struct fake_gpu *gpu, bool vram_lost)
{
	atomic_inc(&gpu->resets);
	if (vram_lost)
		atomic_inc(&gpu->vram_lost);
	fake_engines_abort(gpu, -ECANCELED);
	if (gpu->vendor->reset)
		gpu->vendor->reset(gpu, NULL);
}

/**
 * fake_job_create() - make a job, which does nothing yet
 * @gpu: the device
 * @entity: where it is to be queued
 * @file: the client
 *
 * The caller fills it in, and adds dependencies to &fake_job.base; then it calls fake_job_arm() and
 * fake_job_push(), or fake_job_cancel().
 *
 * Return: the job, or an error pointer.
 */
struct fake_job *fake_job_create(struct fake_gpu *gpu, struct drm_sched_entity *entity,
				 struct drm_file *file)
{
	struct fake_job *job = kzalloc_obj(*job);
	int ret;

	if (!job)
		return ERR_PTR(-ENOMEM);
	job->fence = kzalloc_obj(*job->fence);
	if (!job->fence) {
		kfree(job);
		return ERR_PTR(-ENOMEM);
	}
	/* Of these drivers amdgpu alone names an owner: amdgpu_job_alloc(). */
	ret = drm_sched_job_init(&job->base, entity, 1, gpu->vendor == &fake_amdgpu ? file : NULL,
				 file->client_id);
	if (ret) {
		kfree(job->fence);
		kfree(job);
		return ERR_PTR(ret);
	}
	kref_init(&job->ref);
	INIT_WORK(&job->execute, job_execute);
	INIT_WORK(&job->release, job_release);
	job->injected = FAKE_FAULTS;
	job->page_fault = gpu->vendor->page_fault;
	job->gpu = gpu;
	drm_dev_get(&gpu->drm);
	return job;
}

/**
 * fake_job_cancel() - drop a job that was not armed
 * @job: the job
 */
void fake_job_cancel(struct fake_job *job)
{
	fake_free_job(&job->base);
}

/**
 * fake_job_store_at_end() - have &fake_job.store_value stored when a job was executed
 * @job: the job, not armed
 * @bo: the object to store it to
 * @offset: where there, 8 bytes before its end at most
 *
 * Not to be called with a dma_resv locked.
 *
 * Return: 0 or -ENOMEM.
 */
int fake_job_store_at_end(struct fake_job *job, struct fake_bo *bo, u64 offset)
{
	int ret;

	ret = fake_bo_map(bo);
	if (ret)
		return ret;
	drm_gem_object_get(&bo->shmem.base);
	job->store_bo = bo;
	job->store_offset = offset;
	return 0;
}

/**
 * fake_job_arm() - make a job's fence
 * @job: the job, which is to be pushed next whatever happens
 *
 * From here to fake_job_push() nobody else may submit to the same entity.
 *
 * Return: the fence that signals when it was executed; the job's reference.
 */
struct dma_fence *fake_job_arm(struct fake_job *job)
{
	drm_sched_job_arm(&job->base);
	return &job->base.s_fence->finished;
}

/**
 * fake_job_push() - queue a job that was armed
 * @job: the job, which may be gone on return
 */
void fake_job_push(struct fake_job *job)
{
	drm_sched_entity_push_job(&job->base);
}

/**
 * fake_job_aborted() - whether the engine is to stop executing a job
 * @job: the job
 *
 * Return: 0, or the error to stop with.
 */
int fake_job_aborted(struct fake_job *job)
{
	if (READ_ONCE(job->gpu->gone))
		return -ENODEV;
	return READ_ONCE(job->abort);
}

/**
 * fake_job_wait() - let time pass while a job is executed
 * @job: the job
 * @ns: nanoseconds; U64_MAX for ever
 *
 * Return: 0, or the error to stop with.
 */
int fake_job_wait(struct fake_job *job, u64 ns)
{
	struct fake_engine *engine = fake_job_engine(job);

	if (ns == U64_MAX)
		wait_event_idle(engine->wake, fake_job_aborted(job));
	else
		wait_event_hrtimeout(engine->wake, fake_job_aborted(job),
				     ns_to_ktime(min_t(u64, ns, KTIME_MAX)));
	return fake_job_aborted(job);
}
