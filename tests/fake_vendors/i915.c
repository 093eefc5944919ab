// SPDX-License-Identifier: GPL-2.0
/*
 * i915, as on a discrete GPU without a display: an ATS-M, which is a DG2 (graphics 12.55).
 *
 * So the rules are those of such GPUs, which differ much from integrated ones: no relocations, no
 * pread/pwrite/mmap/set-domain, FIXED mmap offsets alone, objects of local memory in units of 64
 * KiB, submission by the GuC with its three priorities, and proto-contexts (they are for graphics
 * versions up to 12). What each ioctl follows is named at its function; paths are below
 * drivers/gpu/drm/i915/.
 *
 * Not here: userptr, perf, protected content, virtual and parallel engines (refused with EINVAL, as
 * an extension that is not known), the blobs of hwconfig.
 *
 * This file has the driver; i915_gem.c objects, i915_dma_buf.c what others get of them and it gets of
 * others, i915_vm.c address spaces, i915_context.c contexts, i915_exec.c submissions, i915_query.c
 * parameters and queries.
 */
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_ioctl.h>

#include "i915.h"

/* Engines in the order in which intel_engines_driver_register() registers them: by class. */
static const char *const engine_names[] = {
	"rcs0", "bcs0", "vcs0", "vcs1", "vecs0", "vecs1", "ccs0", "ccs1", "ccs2", "ccs3", NULL,
};

const struct i915_engine_class_instance i915_engines[] = {
	{ I915_ENGINE_CLASS_RENDER, 0 },
	{ I915_ENGINE_CLASS_COPY, 0 },
	{ I915_ENGINE_CLASS_VIDEO, 0 },
	{ I915_ENGINE_CLASS_VIDEO, 1 },
	{ I915_ENGINE_CLASS_VIDEO_ENHANCE, 0 },
	{ I915_ENGINE_CLASS_VIDEO_ENHANCE, 1 },
	{ I915_ENGINE_CLASS_COMPUTE, 0 },
	{ I915_ENGINE_CLASS_COMPUTE, 1 },
	{ I915_ENGINE_CLASS_COMPUTE, 2 },
	{ I915_ENGINE_CLASS_COMPUTE, 3 },
};

static_assert(ARRAY_SIZE(i915_engines) == I915_NUM_ENGINES);
static_assert(I915_NUM_ENGINES + 1 == ARRAY_SIZE(engine_names));

/* --- User extensions: i915_user_extensions.c */

int i915_user_extensions(u64 address, const i915_extension_fn *table, unsigned int count,
			 void *data)
{
	struct i915_user_extension __user *user = u64_to_user_ptr(address);
	unsigned int depth = 512;

	while (user) {
		struct i915_user_extension ext;
		unsigned int i;
		int ret;

		if (!depth--)
			return -E2BIG;
		if (copy_from_user(&ext, user, sizeof(ext)))
			return -EFAULT;
		/* check_user_mbz() in i915_user_extensions.h */
		if (ext.flags)
			return -EINVAL;
		for (i = 0; i < ARRAY_SIZE(ext.rsvd); i++)
			if (ext.rsvd[i])
				return -EINVAL;
		if (ext.name >= count || !table[ext.name])
			return -EINVAL;
		ret = table[ext.name](user, data);
		if (ret)
			return ret;
		user = u64_to_user_ptr(ext.next_extension);
	}
	return 0;
}

/* --- The driver */

/*
 * i915_gem_pread_ioctl() and i915_gem_pwrite_ioctl() in i915_gem.c, i915_gem_mmap_ioctl() in
 * gem/i915_gem_mman.c, i915_gem_set_tiling_ioctl() in gem/i915_gem_tiling.c
 */
static int not_on_discrete(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EOPNOTSUPP;
}

/* i915_gem_set_domain_ioctl() in gem/i915_gem_domain.c, i915_gem_set_caching_ioctl() there */
static int no_domains(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENODEV;
}

static const struct drm_ioctl_desc i915_ioctls[] = {
	DRM_IOCTL_DEF_DRV(I915_GETPARAM, i915_getparam_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_EXECBUFFER, drm_invalid_op, DRM_AUTH),
	DRM_IOCTL_DEF_DRV(I915_GEM_EXECBUFFER2_WR, i915_gem_execbuffer2_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_BUSY, i915_gem_busy_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_SET_CACHING, no_domains, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_GET_CACHING, no_domains, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CREATE, i915_gem_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CREATE_EXT, i915_gem_create_ext_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_PREAD, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_PWRITE, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_MMAP, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_MMAP_OFFSET, i915_gem_mmap_offset_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_SET_DOMAIN, no_domains, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_SET_TILING, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_GET_TILING, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_WAIT, i915_gem_wait_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_CREATE_EXT, i915_gem_context_create_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_DESTROY, i915_gem_context_destroy_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GET_RESET_STATS, i915_get_reset_stats_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_GETPARAM, i915_gem_context_getparam_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_SETPARAM, i915_gem_context_setparam_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_QUERY, i915_query_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_VM_CREATE, i915_gem_vm_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_VM_DESTROY, i915_gem_vm_destroy_ioctl, DRM_RENDER_ALLOW),
};

/* i915_driver_postclose(), i915_gem_context_close() in gem/i915_gem_context.c */
static void i915_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	struct i915_vm *vm;
	unsigned long id;

	mutex_lock(&client->lock);
	xa_for_each(&client->contexts, id, ctx)
		i915_context_close(ctx);
	xa_for_each(&client->vm_ids, id, vm)
		i915_vm_put(vm);
	mutex_unlock(&client->lock);
	xa_destroy(&client->contexts);
	xa_destroy(&client->vm_ids);
	mutex_destroy(&client->lock);
	kfree_rcu(client, rcu);
}

/* i915_gem_context_open() in gem/i915_gem_context.c */
static int i915_open(struct drm_device *drm, struct drm_file *file)
{
	struct i915_client *client = kzalloc_obj(*client);
	struct i915_context *ctx;
	int ret;

	if (!client)
		return -ENOMEM;
	client->gpu = to_fake_gpu(drm);
	mutex_init(&client->lock);
	xa_init_flags(&client->contexts, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->vm_ids, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&client->vms);
	client->hang = jiffies - CLIENT_FAST_HANG_JIFFIES;
	client->bsd = get_random_u32_below(2);

	ctx = i915_context_create(client);
	if (IS_ERR(ctx)) {
		ret = PTR_ERR(ctx);
		goto err;
	}
	ctx->proto = false;
	ret = xa_err(xa_store(&client->contexts, 0, ctx, GFP_KERNEL));
	if (ret) {
		i915_context_close(ctx);
		goto err;
	}
	file->driver_priv = client;
	return 0;

err:
	kfree(client);
	return ret;
}

DEFINE_DRM_GEM_FOPS(i915_fops);

static const struct drm_driver i915_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = i915_open,
	.postclose = i915_postclose,
	.dumb_create = i915_dumb_create,
	.dumb_map_offset = i915_dumb_map_offset,
	.ioctls = i915_ioctls,
	.num_ioctls = ARRAY_SIZE(i915_ioctls),
	.fops = &i915_fops,
	.name = "i915",
	.desc = "Intel Graphics",
	.major = 1,
	.minor = 6,
	.gem_create_object = fake_gem_create_object,
	.gem_prime_import = i915_import,
};

const struct fake_vendor fake_i915 = {
	.driver = &i915_driver,
	.gem_funcs = &i915_gem_funcs,
	.engines = engine_names,
	/* Four heartbeats of CONFIG_DRM_I915_HEARTBEAT_INTERVAL: gt/intel_engine_heartbeat.c. */
	.timeout_ms = 10000,
	.timeout_error = -EIO,
	/* The scratch page of the ppgtt is behind all addresses without an object: gt/intel_gtt.c. */
	.page_fault = FAKE_PAGE_FAULT_DROP,
	.has_vram = true,
	.prepare = i915_prepare,
	.packet = fake_blitter_i915,
};
