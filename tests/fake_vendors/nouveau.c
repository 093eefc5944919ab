// SPDX-License-Identifier: GPL-2.0
/*
 * nouveau, as of its version 1.4.3 in Linux 7.3, on a TU102 (Turing).
 *
 * A file has one of two UAPIs. With the first, the driver maps each object when it is opened, and
 * GEM_PUSHBUF submits. With the second, which VM_INIT chooses before any object or channel is made,
 * the client maps by VM_BIND and submits by EXEC. What each ioctl follows is named at its function;
 * files are of drivers/gpu/drm/nouveau/.
 *
 * Channels of one engine take turns by job here, and have no time slices. Page tables change when
 * VM_BIND is called, not when its fence signals: a client that does not wait for that is not told.
 *
 * Not here: NVIF objects, SVM, displays.
 *
 * This file has the driver; nouveau_gem.c objects, nouveau_channel.c parameters and channels,
 * nouveau_pushbuf.c submissions of the first UAPI, nouveau_exec.c those of the second UAPI,
 * nouveau_uvmm.c its address spaces, nouveau_sched.c what is common to both.
 */
#include <linux/slab.h>

#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>

#include "nouveau.h"

static const char *const nouveau_engines[] = { "gr", "ce0", "nvdec0", "bind", NULL };

static int nouveau_init(struct fake_gpu *gpu)
{
	struct nouveau_gpu *priv = gpu->priv;

	return drmm_mutex_init(&gpu->drm, &priv->place_lock);
}

/* --- The driver */

/* nouveau_svmm_init() and nouveau_svmm_bind() in nouveau_svm.h, without CONFIG_DRM_NOUVEAU_SVM */
static int nouveau_no_svm(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENOSYS;
}

static const struct drm_ioctl_desc nouveau_ioctls[] = {
	DRM_IOCTL_DEF_DRV(NOUVEAU_GETPARAM, nouveau_getparam, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_CHANNEL_ALLOC, nouveau_channel_alloc, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_CHANNEL_FREE, nouveau_channel_free, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_SVM_INIT, nouveau_no_svm, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_SVM_BIND, nouveau_no_svm, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_NEW, nouveau_gem_new, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_PUSHBUF, nouveau_pushbuf, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_CPU_PREP, nouveau_cpu_prep, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_CPU_FINI, nouveau_cpu_fini, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_INFO, nouveau_gem_info, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_VM_INIT, nouveau_vm_init, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_VM_BIND, nouveau_vm_bind, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_EXEC, nouveau_exec, DRM_RENDER_ALLOW),
};

/* nouveau_drm_open() in nouveau_drm.c */
static int nouveau_open(struct drm_device *drm, struct drm_file *file)
{
	struct nouveau_client *client = kzalloc_obj(*client);

	if (!client)
		return -ENOMEM;
	client->gpu = to_fake_gpu(drm);
	client->vm = fake_vm_create(client->gpu);
	if (IS_ERR(client->vm)) {
		int ret = PTR_ERR(client->vm);

		kfree(client);
		return ret;
	}
	mutex_init(&client->lock);
	drm_mm_init(&client->mm, 0, OWN_END);
	INIT_LIST_HEAD(&client->vmas);
	INIT_LIST_HEAD(&client->regions);
	xa_init_flags(&client->channels, XA_FLAGS_ALLOC);
	file->driver_priv = client;
	return 0;
}

/* nouveau_drm_postclose() in nouveau_drm.c */
static void nouveau_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct nouveau_region *region, *next;
	struct nouveau_channel *chan;
	unsigned long id;

	xa_for_each(&client->channels, id, chan)
		nouveau_channel_close(chan);
	xa_destroy(&client->channels);
	if (client->uvmm)
		drm_sched_entity_destroy(&client->bind);
	list_for_each_entry_safe(region, next, &client->regions, of_client)
		kfree(region);
	drm_mm_takedown(&client->mm);
	fake_vm_put(client->vm);
	mutex_destroy(&client->lock);
	kfree(client);
}

DEFINE_DRM_GEM_FOPS(nouveau_fops);

static const struct drm_driver nouveau_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = nouveau_open,
	.postclose = nouveau_postclose,
	.gem_create_object = fake_gem_create_object,
	.gem_prime_import = fake_prime_import,
	.gem_prime_import_sg_table = nouveau_import,
	.dumb_create = nouveau_dumb_create,
	.ioctls = nouveau_ioctls,
	.num_ioctls = ARRAY_SIZE(nouveau_ioctls),
	.fops = &nouveau_fops,
	.name = "nouveau",
	.desc = "nVidia Riva/TNT/GeForce/Quadro/Tesla/Tegra K1+",
	.major = 1,
	.minor = 4,
	.patchlevel = 3,
};

const struct fake_vendor fake_nouveau = {
	.driver = &nouveau_driver,
	.gem_funcs = &nouveau_gem_funcs,
	.engines = nouveau_engines,
	/* NOUVEAU_SCHED_JOB_TIMEOUT_MS in nouveau_sched.c */
	.timeout_ms = 10000,
	/* nouveau_channel_kill() */
	.timeout_error = -ENODEV,
	.page_fault = FAKE_PAGE_FAULT_KILL,
	.fault_error = -ENODEV,
	.has_vram = true,
	.priv_size = sizeof(struct nouveau_gpu),
	.init = nouveau_init,
	.prepare = nouveau_prepare,
};
