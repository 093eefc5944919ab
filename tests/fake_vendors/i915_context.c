// SPDX-License-Identifier: GPL-2.0
/* Contexts of the fake i915, and hangs. See i915.c. */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "i915.h"

/* map_i915_prio_to_guc_prio() in gt/uc/intel_guc_submission.c */
enum i915_guc_priority i915_guc_priority(int priority)
{
	if (priority < I915_CONTEXT_DEFAULT_PRIORITY)
		return GUC_PRIORITY_LOW;
	if (priority > I915_CONTEXT_DEFAULT_PRIORITY)
		return GUC_PRIORITY_HIGH;
	return GUC_PRIORITY_NORMAL;
}

struct drm_sched_entity *i915_ring_entity(struct i915_ring *ring, struct fake_engine *engine,
					  enum i915_guc_priority priority)
{
	static const enum drm_sched_priority priorities[] = {
		[GUC_PRIORITY_HIGH] = DRM_SCHED_PRIORITY_HIGH,
		[GUC_PRIORITY_NORMAL] = DRM_SCHED_PRIORITY_NORMAL,
		[GUC_PRIORITY_LOW] = DRM_SCHED_PRIORITY_LOW,
	};
	struct drm_gpu_scheduler *sched = &engine->sched;
	int ret;

	if (!(ring->made & BIT(priority))) {
		ret = drm_sched_entity_init(&ring->entities[priority], priorities[priority],
					    &sched, 1, NULL);
		if (ret)
			return ERR_PTR(ret);
		ring->made |= BIT(priority);
	}
	return &ring->entities[priority];
}

static void ring_close(struct i915_ring *ring)
{
	unsigned int i;

	for (i = 0; i < GUC_PRIORITIES; i++)
		if (ring->made & BIT(i))
			drm_sched_entity_destroy(&ring->entities[i]);
	dma_fence_put(ring->last);
}

static void context_free(struct kref *ref)
{
	kfree(container_of(ref, struct i915_context, ref));
}

static void context_put(struct i915_context *ctx)
{
	kref_put(&ctx->ref, context_free);
}

struct i915_context *i915_context_create(struct i915_client *client)
{
	struct i915_context *ctx = kzalloc_obj(*ctx);
	unsigned int i;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->vm = i915_vm_create(client);
	if (IS_ERR(ctx->vm)) {
		void *error = ERR_CAST(ctx->vm);

		kfree(ctx);
		return error;
	}
	kref_init(&ctx->ref);
	ctx->client = client;
	ctx->proto = true;
	ctx->num_user_engines = -1;
	ctx->bannable = true;
	ctx->recoverable = true;
	ctx->persistent = true;
	for (i = 0; i < ARRAY_SIZE(ctx->hangs); i++)
		ctx->hangs[i] = jiffies - CONTEXT_FAST_HANG_JIFFIES;
	return ctx;
}

/*
 * context_close() and kill_context() in gem/i915_gem_context.c: what was submitted is still executed
 * if the context is persistent, and cancelled otherwise.
 */
void i915_context_close(struct i915_context *ctx)
{
	unsigned int i;

	if (!ctx->persistent)
		WRITE_ONCE(ctx->banned, true);
	WRITE_ONCE(ctx->client, NULL);
	for (i = 0; i < I915_NUM_ENGINES; i++)
		ring_close(&ctx->rings[i]);
	i915_vm_put(ctx->vm);
	context_put(ctx);
}

/* i915_gem_context_lookup() in gem/i915_gem_context.c: from here on it is no proto-context. */
struct i915_context *i915_context_use(struct i915_client *client, u32 id)
{
	struct i915_context *ctx = xa_load(&client->contexts, id);

	if (ctx)
		ctx->proto = false;
	return ctx;
}

/* --- Hangs */

/* client_mark_guilty() in gt/intel_reset.c */
static void client_mark_guilty(struct i915_context *ctx)
{
	unsigned int score = READ_ONCE(ctx->banned) ? CLIENT_SCORE_CONTEXT_BAN : 0;
	struct i915_client *client;
	unsigned long before;

	rcu_read_lock();
	client = READ_ONCE(ctx->client);
	if (client) {
		before = xchg(&client->hang, jiffies);
		if (time_before(jiffies, before + CLIENT_FAST_HANG_JIFFIES))
			score += CLIENT_SCORE_HANG_FAST;
		atomic_add(score, &client->ban_score);
	}
	rcu_read_unlock();
}

/* mark_guilty() in gt/intel_reset.c */
static void mark_guilty(struct i915_context *ctx)
{
	unsigned long before = ctx->hangs[0];

	atomic_inc(&ctx->guilty);
	if (!ctx->bannable)
		return;
	ctx->hangs[0] = ctx->hangs[1];
	ctx->hangs[1] = jiffies;
	if (!ctx->recoverable || time_before(jiffies, before + CONTEXT_FAST_HANG_JIFFIES))
		WRITE_ONCE(ctx->banned, true);
	client_mark_guilty(ctx);
}

void i915_job_released(struct fake_job *job)
{
	context_put(job->priv);
}

/* intel_context_ban() and i915_request_submit() in i915_request.c: a banned context is skipped. */
int i915_prepare(struct fake_job *job)
{
	struct i915_context *ctx = job->priv;

	return READ_ONCE(ctx->banned) ? -EIO : 0;
}

/* __i915_request_reset() in gt/intel_reset.c: EIO is for who was executed when the engine hung. */
void i915_job_done(struct fake_job *job, int error)
{
	if (error == -EIO)
		mark_guilty(job->priv);
}

/* --- Contexts */

/* set_proto_ctx_engines() in gem/i915_gem_context.c */
static int set_engines(struct i915_context *ctx, const struct drm_i915_gem_context_param *args)
{
	struct i915_context_param_engines __user *user = u64_to_user_ptr(args->value);
	u8 chosen[I915_EXEC_RING_MASK + 1];
	unsigned int i, j, count;
	u64 extensions;
	int ret;

	if (ctx->num_user_engines >= 0)
		return -EINVAL;
	if (args->size < sizeof(*user) ||
	    !IS_ALIGNED(args->size - sizeof(*user), sizeof(*user->engines)))
		return -EINVAL;
	count = (args->size - sizeof(*user)) / sizeof(*user->engines);
	if (count > ARRAY_SIZE(chosen))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		struct i915_engine_class_instance engine;

		if (copy_from_user(&engine, &user->engines[i], sizeof(engine)))
			return -EFAULT;
		chosen[i] = I915_NO_ENGINE;
		if (engine.engine_class == (u16)I915_ENGINE_CLASS_INVALID &&
		    engine.engine_instance == (u16)I915_ENGINE_CLASS_INVALID_NONE)
			continue;
		for (j = 0; j < I915_NUM_ENGINES; j++)
			if (!memcmp(&engine, &i915_engines[j], sizeof(engine)))
				chosen[i] = j;
		if (chosen[i] == I915_NO_ENGINE)
			return -ENOENT;
	}
	if (get_user(extensions, &user->extensions))
		return -EFAULT;
	ret = i915_user_extensions(extensions, NULL, 0, NULL);
	if (ret)
		return ret;
	memcpy(ctx->user_engines, chosen, count);
	ctx->num_user_engines = count;
	return 0;
}

/* set_proto_ctx_vm() in gem/i915_gem_context.c */
static int set_vm(struct i915_context *ctx, const struct drm_i915_gem_context_param *args)
{
	struct i915_vm *vm;

	if (args->size)
		return -EINVAL;
	if (upper_32_bits(args->value))
		return -ENOENT;
	vm = xa_load(&ctx->client->vm_ids, args->value);
	if (!vm)
		return -ENOENT;
	kref_get(&vm->ref);
	i915_vm_put(ctx->vm);
	ctx->vm = vm;
	return 0;
}

/* set_proto_ctx_param() for proto-contexts, ctx_setparam() for others: gem/i915_gem_context.c */
static int set_param(struct i915_context *ctx, struct drm_i915_gem_context_param *args)
{
	s64 priority = args->value;

	switch (args->param) {
	case I915_CONTEXT_PARAM_NO_ERROR_CAPTURE:
		if (args->size)
			return -EINVAL;
		ctx->no_error_capture = args->value;
		return 0;
	case I915_CONTEXT_PARAM_BANNABLE:
		if (args->size)
			return -EINVAL;
		if (!args->value && !capable(CAP_SYS_ADMIN))
			return -EPERM;
		ctx->bannable = args->value;
		return 0;
	case I915_CONTEXT_PARAM_RECOVERABLE:
		if (args->size)
			return -EINVAL;
		ctx->recoverable = args->value;
		return 0;
	case I915_CONTEXT_PARAM_PRIORITY:
		if (args->size)
			return -EINVAL;
		if (priority > I915_CONTEXT_MAX_USER_PRIORITY ||
		    priority < I915_CONTEXT_MIN_USER_PRIORITY)
			return -EINVAL;
		if (priority > I915_CONTEXT_DEFAULT_PRIORITY && !capable(CAP_SYS_NICE))
			return -EPERM;
		ctx->priority = priority;
		return 0;
	case I915_CONTEXT_PARAM_SSEU:
		/* Only of graphics 11. */
		return args->size < sizeof(struct drm_i915_gem_context_param_sseu) ?
			-EINVAL : -ENODEV;
	case I915_CONTEXT_PARAM_PERSISTENCE:
		if (args->size)
			return -EINVAL;
		ctx->persistent = args->value;
		return 0;
	case I915_CONTEXT_PARAM_LOW_LATENCY:
		/* A hint for frequencies, of which there are none here. */
		return ctx->proto ? 0 : -EINVAL;
	case I915_CONTEXT_PARAM_VM:
		return ctx->proto ? set_vm(ctx, args) : -EINVAL;
	case I915_CONTEXT_PARAM_ENGINES:
		return ctx->proto ? set_engines(ctx, args) : -EINVAL;
	case I915_CONTEXT_PARAM_PROTECTED_CONTENT:
		if (!ctx->proto)
			return -EINVAL;
		return args->value ? -ENODEV : 0;
	default:
		return -EINVAL;
	}
}

/* create_setparam() in gem/i915_gem_context.c */
static int ext_setparam(struct i915_user_extension __user *user, void *data)
{
	struct drm_i915_gem_context_create_ext_setparam ext;

	if (copy_from_user(&ext, user, sizeof(ext)))
		return -EFAULT;
	if (ext.param.ctx_id)
		return -EINVAL;
	return set_param(data, &ext.param);
}

/* i915_gem_context_create_ioctl() in gem/i915_gem_context.c */
int i915_gem_context_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	static const i915_extension_fn extensions[] = {
		[I915_CONTEXT_CREATE_EXT_SETPARAM] = ext_setparam,
	};
	struct drm_i915_gem_context_create_ext *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	int ret;
	u32 id;

	if (args->flags & I915_CONTEXT_CREATE_FLAGS_UNKNOWN)
		return -EINVAL;
	if (atomic_read(&client->ban_score) >= CLIENT_SCORE_BANNED)
		return -EIO;

	mutex_lock(&client->lock);
	ctx = i915_context_create(client);
	if (IS_ERR(ctx)) {
		ret = PTR_ERR(ctx);
		goto out;
	}
	ret = 0;
	if (args->flags & I915_CONTEXT_CREATE_FLAGS_USE_EXTENSIONS)
		ret = i915_user_extensions(args->extensions, extensions, ARRAY_SIZE(extensions),
					   ctx);
	if (!ret)
		ret = xa_alloc(&client->contexts, &id, ctx, xa_limit_32b, GFP_KERNEL);
	if (ret)
		i915_context_close(ctx);
	else
		args->ctx_id = id;
out:
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_context_destroy_ioctl() in gem/i915_gem_context.c */
int i915_gem_context_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_context_destroy *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;

	if (args->pad)
		return -EINVAL;
	if (!args->ctx_id)
		return -ENOENT;
	mutex_lock(&client->lock);
	ctx = xa_erase(&client->contexts, args->ctx_id);
	if (ctx)
		i915_context_close(ctx);
	mutex_unlock(&client->lock);
	return ctx ? 0 : -ENOENT;
}

/* get_ppgtt() in gem/i915_gem_context.c: each call makes an id. */
static int get_vm(struct i915_context *ctx, struct drm_i915_gem_context_param *args)
{
	int ret;
	u32 id;

	ret = xa_alloc(&ctx->client->vm_ids, &id, ctx->vm, xa_limit_32b, GFP_KERNEL);
	if (ret)
		return ret;
	kref_get(&ctx->vm->ref);
	args->value = id;
	args->size = 0;
	return 0;
}

static int get_param(struct i915_context *ctx, struct drm_i915_gem_context_param *args)
{
	switch (args->param) {
	case I915_CONTEXT_PARAM_GTT_SIZE:
		args->value = I915_VM_SIZE;
		break;
	case I915_CONTEXT_PARAM_NO_ERROR_CAPTURE:
		args->value = ctx->no_error_capture;
		break;
	case I915_CONTEXT_PARAM_BANNABLE:
		args->value = ctx->bannable;
		break;
	case I915_CONTEXT_PARAM_RECOVERABLE:
		args->value = ctx->recoverable;
		break;
	case I915_CONTEXT_PARAM_PRIORITY:
		args->value = ctx->priority;
		break;
	case I915_CONTEXT_PARAM_VM:
		return get_vm(ctx, args);
	case I915_CONTEXT_PARAM_PERSISTENCE:
		args->value = ctx->persistent;
		break;
	case I915_CONTEXT_PARAM_PROTECTED_CONTENT:
		args->value = 0;
		break;
	default:
		return -EINVAL;
	}
	args->size = 0;
	return 0;
}

/* i915_gem_context_getparam_ioctl() in gem/i915_gem_context.c */
int i915_gem_context_getparam_ioctl(struct drm_device *drm, void *data,
				    struct drm_file *file)
{
	struct drm_i915_gem_context_param *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	int ret = -ENOENT;

	mutex_lock(&client->lock);
	ctx = i915_context_use(client, args->ctx_id);
	if (ctx)
		ret = get_param(ctx, args);
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_context_setparam_ioctl() in gem/i915_gem_context.c */
int i915_gem_context_setparam_ioctl(struct drm_device *drm, void *data,
				    struct drm_file *file)
{
	struct drm_i915_gem_context_param *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	int ret = -ENOENT;

	mutex_lock(&client->lock);
	ctx = xa_load(&client->contexts, args->ctx_id);
	if (ctx)
		ret = set_param(ctx, args);
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_context_reset_stats_ioctl() in gem/i915_gem_context.c */
int i915_get_reset_stats_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct drm_i915_reset_stats *args = data;
	struct i915_context *ctx;

	if (args->flags || args->pad)
		return -EINVAL;
	mutex_lock(&client->lock);
	ctx = i915_context_use(client, args->ctx_id);
	if (ctx) {
		args->reset_count = capable(CAP_SYS_ADMIN) ?
			atomic_read(&client->gpu->resets) : 0;
		args->batch_active = atomic_read(&ctx->guilty);
		args->batch_pending = 0;
	}
	mutex_unlock(&client->lock);
	return ctx ? 0 : -ENOENT;
}
