// SPDX-License-Identifier: GPL-2.0
/*
 * Measures drm_sched as benches/kernel/jobs.rs measures mvgal's scheduler: what an
 * empty job costs from its making to its end, and how long after a fence has
 * signalled a job that depends on it is run.
 *
 * It is driven as its own mock (drivers/gpu/drm/scheduler/tests) drives it: one
 * scheduler, one entity, credits without limit, and jobs that are done as soon as they
 * are run.  Once with what mvgal's jobs have, too, and once in the cheapest way that its
 * interface allows.  Results are lines of the kernel's log, "mvgal-bench: NAME VALUE", in
 * ns of CLOCK_MONOTONIC, which is instructions under QEMU's -icount.
 */

#include <linux/completion.h>
#include <linux/device/faux.h>
#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <drm/gpu_scheduler.h>

/* As in jobs.rs. */
#define ROUNDS		21
#define JOBS		1000

/* What a job has besides. */
enum variant {
	/* What mvgal's have and real drivers': a fence of its own, and a time-out. */
	BENCH_FENCE_AND_TIMEOUT,
	/* Nothing: run_job() answers with a fence that has always been signalled. */
	BENCH_BARE,
};

struct bench {
	struct drm_gpu_scheduler sched;
	struct drm_sched_entity entity;
	enum variant variant;
	u64 context;
	u64 seqno;
	/* Jobs that have not been freed. */
	atomic_t left;
	struct completion freed;
	/* When run_job() was entered last. */
	ktime_t run_at;
};

struct bench_job {
	struct drm_sched_job base;
	/* Unless it is BENCH_BARE, until the job is run. */
	struct dma_fence *hw_fence;
};

static struct faux_device *bench_dev;

static struct bench *to_bench(struct drm_gpu_scheduler *sched)
{
	return container_of(sched, struct bench, sched);
}

static struct bench_job *to_bench_job(struct drm_sched_job *job)
{
	return container_of(job, struct bench_job, base);
}

static const char *bench_fence_name(struct dma_fence *fence)
{
	return "mvgal_bench";
}

static const struct dma_fence_ops bench_fence_ops = {
	.get_driver_name = bench_fence_name,
	.get_timeline_name = bench_fence_name,
};

static struct dma_fence *bench_run_job(struct drm_sched_job *sched_job)
{
	struct bench *bench = to_bench(sched_job->sched);
	struct bench_job *job = to_bench_job(sched_job);

	bench->run_at = ktime_get();

	if (bench->variant == BENCH_BARE)
		return dma_fence_get_stub();
	/* As the mock makes it; it has signalled when the driver gets to it. */
	dma_fence_init64(job->hw_fence, &bench_fence_ops, NULL, bench->context, ++bench->seqno);
	dma_fence_signal(job->hw_fence);
	return job->hw_fence;
}

static void bench_free_job(struct drm_sched_job *sched_job)
{
	struct bench *bench = to_bench(sched_job->sched);

	drm_sched_job_cleanup(sched_job);
	kfree(to_bench_job(sched_job));
	if (atomic_dec_and_test(&bench->left))
		complete(&bench->freed);
}

static enum drm_gpu_sched_stat bench_timedout_job(struct drm_sched_job *job)
{
	return DRM_GPU_SCHED_STAT_NO_HANG;
}

static const struct drm_sched_backend_ops bench_ops = {
	.run_job = bench_run_job,
	.timedout_job = bench_timedout_job,
	.free_job = bench_free_job,
};

static struct bench *bench_new(enum variant variant)
{
	struct drm_sched_init_args args = {
		.ops = &bench_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = U32_MAX,
		.timeout = variant == BENCH_BARE ? MAX_SCHEDULE_TIMEOUT : 10 * HZ,
		.name = "mvgal-bench",
		.dev = &bench_dev->dev,
	};
	struct drm_gpu_scheduler *sched;
	struct bench *bench;
	int err;

	bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return ERR_PTR(-ENOMEM);

	bench->variant = variant;
	bench->context = dma_fence_context_alloc(1);
	init_completion(&bench->freed);

	sched = &bench->sched;
	err = drm_sched_init(sched, &args);
	if (err)
		goto err_free;

	err = drm_sched_entity_init(&bench->entity, DRM_SCHED_PRIORITY_NORMAL,
				    &sched, 1, NULL);
	if (err)
		goto err_fini;

	return bench;

err_fini:
	drm_sched_fini(sched);
err_free:
	kfree(bench);
	return ERR_PTR(err);
}

static void bench_free(struct bench *bench)
{
	drm_sched_entity_destroy(&bench->entity);
	drm_sched_fini(&bench->sched);
	kfree(bench);
}

static struct bench_job *bench_job_new(struct bench *bench)
{
	struct bench_job *job;
	int err = -ENOMEM;

	job = kzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return ERR_PTR(err);

	if (bench->variant != BENCH_BARE) {
		job->hw_fence = kzalloc(sizeof(*job->hw_fence), GFP_KERNEL);
		if (!job->hw_fence)
			goto err_job;
	}

	err = drm_sched_job_init(&job->base, &bench->entity, 1, NULL, 0);
	if (err)
		goto err_fence;
	return job;

err_fence:
	kfree(job->hw_fence);
err_job:
	kfree(job);
	return ERR_PTR(err);
}

/*
 * Makes, runs, ends and frees @jobs jobs. To wait for the last to be freed is to wait
 * for all, and for their fences: it takes one wake-up, not two.
 */
static int bench_batch(struct bench *bench, unsigned int jobs)
{
	unsigned int i;

	atomic_set(&bench->left, jobs);
	reinit_completion(&bench->freed);

	for (i = 0; i < jobs; i++) {
		struct bench_job *job = bench_job_new(bench);

		if (IS_ERR(job)) {
			/* Those before are waited for as if they were all. */
			if (!atomic_sub_and_test(jobs - i, &bench->left))
				wait_for_completion(&bench->freed);
			return PTR_ERR(job);
		}
		drm_sched_job_arm(&job->base);
		drm_sched_entity_push_job(&job->base);
	}

	wait_for_completion(&bench->freed);
	return 0;
}

static int bench_compare(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

static s64 bench_median(s64 *samples, unsigned int count)
{
	sort(samples, count, sizeof(*samples), bench_compare, NULL);
	return samples[count / 2];
}

/* What a job costs, in batches of @batch. */
static int bench_jobs(enum variant variant, const char *name, unsigned int batch)
{
	s64 samples[ROUNDS];
	struct bench *bench;
	unsigned int i, j;
	int err = 0;

	bench = bench_new(variant);
	if (IS_ERR(bench))
		return PTR_ERR(bench);

	for (i = 0; i <= ROUNDS; i++) {
		ktime_t start = ktime_get();

		for (j = 0; j < JOBS; j += batch) {
			err = bench_batch(bench, batch);
			if (err)
				goto out;
		}
		/* The first round is there to warm up. */
		samples[i ? i - 1 : 0] = ktime_to_ns(ktime_sub(ktime_get(), start)) / j;
	}
	pr_info("mvgal-bench: drm_sched_job_%s_%u %lld\n", name, batch,
		bench_median(samples, ROUNDS));
out:
	bench_free(bench);
	return err;
}

/* One job that depends on @fence, which is signalled when all is set. */
static s64 bench_dependency_once(struct bench *bench)
{
	struct dma_fence *fence;
	struct bench_job *job;
	ktime_t start;
	int err;

	fence = kzalloc(sizeof(*fence), GFP_KERNEL);
	if (!fence)
		return -ENOMEM;
	dma_fence_init64(fence, &bench_fence_ops, NULL, dma_fence_context_alloc(1), 1);

	job = bench_job_new(bench);
	if (IS_ERR(job)) {
		err = PTR_ERR(job);
		goto err_fence;
	}
	err = drm_sched_job_add_dependency(&job->base, dma_fence_get(fence));
	if (err) {
		drm_sched_job_cleanup(&job->base);
		kfree(job);
		goto err_fence;
	}

	atomic_set(&bench->left, 1);
	reinit_completion(&bench->freed);
	drm_sched_job_arm(&job->base);
	drm_sched_entity_push_job(&job->base);
	/* From here on the job waits for the fence. */
	flush_workqueue(bench->sched.submit_wq);

	start = ktime_get();
	dma_fence_signal(fence);
	wait_for_completion(&bench->freed);
	dma_fence_put(fence);
	return ktime_to_ns(ktime_sub(bench->run_at, start));

err_fence:
	dma_fence_signal(fence);
	dma_fence_put(fence);
	return err;
}

/* How long after a fence has signalled a job that depends on it is run. */
static int bench_dependency(void)
{
	struct bench *bench;
	s64 *samples;
	unsigned int i;
	int err = 0;

	samples = kcalloc(JOBS, sizeof(*samples), GFP_KERNEL);
	if (!samples)
		return -ENOMEM;
	bench = bench_new(BENCH_BARE);
	if (IS_ERR(bench)) {
		err = PTR_ERR(bench);
		goto out;
	}

	for (i = 0; i < JOBS; i++) {
		samples[i] = bench_dependency_once(bench);
		if (samples[i] < 0) {
			err = samples[i];
			break;
		}
	}
	if (!err)
		pr_info("mvgal-bench: drm_sched_dependency %lld\n",
			bench_median(samples, JOBS));
	bench_free(bench);
out:
	kfree(samples);
	return err;
}

static int __init bench_init(void)
{
	static const struct {
		enum variant variant;
		const char *name;
	} variants[] = {
		{ BENCH_FENCE_AND_TIMEOUT, "fence_and_timeout" },
		{ BENCH_BARE, "bare" },
	};
	static const unsigned int batches[] = { 1, 16, 1000 };
	unsigned int i, j;
	int err = 0;

	bench_dev = faux_device_create("mvgal_bench", NULL, NULL);
	if (!bench_dev)
		return -ENODEV;

	for (i = 0; i < ARRAY_SIZE(variants) && !err; i++)
		for (j = 0; j < ARRAY_SIZE(batches) && !err; j++)
			err = bench_jobs(variants[i].variant, variants[i].name, batches[j]);
	if (!err)
		err = bench_dependency();

	if (err)
		faux_device_destroy(bench_dev);
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	faux_device_destroy(bench_dev);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Measures drm_sched, for comparison with mvgal");
MODULE_AUTHOR("The mvgal developers");
MODULE_LICENSE("GPL");
