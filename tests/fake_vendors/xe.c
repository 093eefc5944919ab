// SPDX-License-Identifier: GPL-2.0
/*
 * xe, as of its version 1.1 in Linux 7.3: an Arc A380 (DG2) without a display. This file has the
 * device and its memory, xe_query.c the queries, xe_vm.c address spaces, xe_queue.c queues, xe_exec.c
 * submissions, xe_sync.c what those wait for and signal, xe_user_fence.c waiting for memory.
 *
 * Files and functions named here are of drivers/gpu/drm/xe/. Not there, as in a kernel without the
 * options for them or on this GPU: memory of user space (CONFIG_DRM_GPUSVM), page faults of the GPU,
 * PXP. Refused with EOPNOTSUPP, though the driver would do it: VMs for long-running work
 * (DRM_XE_VM_CREATE_FLAG_LR_MODE), madvise, the queries of VMs, and observation.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_dumb_buffers.h>
#include <drm/drm_prime.h>

#include "xe.h"

#define XE_MAJOR	1
#define XE_MINOR	1

const struct xe_engine xe_engines[] = {
	{ DRM_XE_ENGINE_CLASS_RENDER, 0 },
	{ DRM_XE_ENGINE_CLASS_COPY, 0 },
	{ DRM_XE_ENGINE_CLASS_VIDEO_DECODE, 0 },
	{ DRM_XE_ENGINE_CLASS_VIDEO_DECODE, 1 },
	{ DRM_XE_ENGINE_CLASS_VIDEO_ENHANCE, 0 },
	{ DRM_XE_ENGINE_CLASS_VIDEO_ENHANCE, 1 },
	{ DRM_XE_ENGINE_CLASS_COMPUTE, 0 },
};

const unsigned int xe_num_engines = ARRAY_SIZE(xe_engines);

/* Names of the same. */
static const char *const engine_names[] = {
	"rcs0", "bcs0", "vcs0", "vcs1", "vecs0", "vecs1", "ccs0", NULL,
};

static_assert(ARRAY_SIZE(engine_names) == ARRAY_SIZE(xe_engines) + 1);

static u32 regions_of(u32 placement)
{
	u32 regions = 0;

	if (placement & ~XE_REGION_VRAM)
		regions |= FAKE_IN(FAKE_GTT);
	if (placement & XE_REGION_VRAM)
		regions |= FAKE_IN(FAKE_VRAM);
	return regions;
}

/* gem_create_user_extensions() in xe_bo.c: all of them are for PXP, which this GPU has not. */
static int check_extensions(u64 extensions)
{
	struct drm_xe_ext_set_property ext;
	unsigned int count;

	for (count = 0; extensions; count++) {
		if (count >= XE_MAX_EXTENSIONS)
			return -E2BIG;
		if (copy_from_user(&ext.base, u64_to_user_ptr(extensions), sizeof(ext.base)))
			return -EFAULT;
		if (ext.base.pad || ext.base.name != DRM_XE_GEM_CREATE_EXTENSION_SET_PROPERTY)
			return -EINVAL;
		if (copy_from_user(&ext, u64_to_user_ptr(extensions), sizeof(ext)))
			return -EFAULT;
		if (ext.pad || ext.property != DRM_XE_GEM_CREATE_SET_PROPERTY_PXP_TYPE)
			return -EINVAL;
		/* gem_create_set_pxp_type() */
		if (ext.value != DRM_XE_PXP_TYPE_NONE)
			return ext.value == DRM_XE_PXP_TYPE_HWDRM ? -ENODEV : -EINVAL;
		extensions = ext.base.next_extension;
	}
	return 0;
}

/**
 * xe_bo_validate() - xe_bo_validate() in xe_bo.c
 * @bo: an object, locked
 *
 * It goes to where it is to be, or is mapped if it was imported.
 *
 * Return: 0; -ENOMEM; or why an object that was imported cannot be mapped.
 */
int xe_bo_validate(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	int ret;

	/* Who imports from a platform device is not told of moves. */
	if (drm_gem_is_imported(obj) ||
	    (!to_fake_gpu(obj->dev)->bar && fake_export_is_attached(bo)))
		return fake_bo_validate(bo);
	if (bo->pins)
		return 0;
	ret = fake_bo_move_to(bo, bo->allowed);
	if (!ret)
		bo->moved = false;
	return ret;
}

/* xe_gem_create_ioctl() in xe_bo.c; memory is always allocated at once, even if it might be later */
static int gem_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	const u32 flags = DRM_XE_GEM_CREATE_FLAG_DEFER_BACKING | DRM_XE_GEM_CREATE_FLAG_SCANOUT |
		DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM | DRM_XE_GEM_CREATE_FLAG_NO_COMPRESSION;
	struct drm_xe_gem_create *args = data;
	typeof(fake_bo_create) *create;
	struct xe_vm *vm = NULL;
	struct fake_bo *bo;
	u32 regions, handle;
	int ret;

	if (args->pad[0] || args->pad[1] || args->pad[2] || XE_MBZ(args))
		return -EINVAL;
	if (args->placement & ~XE_REGION_MASK || !args->placement)
		return -EINVAL;
	if (args->flags & ~flags || args->handle)
		return -EINVAL;
	if (!args->size || offset_in_page(args->size))
		return -EINVAL;
	/* It is for Xe2 and later. */
	if (args->flags & DRM_XE_GEM_CREATE_FLAG_NO_COMPRESSION)
		return -EOPNOTSUPP;
	if (args->flags & DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM &&
	    !(args->placement & XE_REGION_VRAM))
		return -EINVAL;
	if (!args->cpu_caching || args->cpu_caching > DRM_XE_GEM_CPU_CACHING_WC)
		return -EINVAL;
	if (args->cpu_caching != DRM_XE_GEM_CPU_CACHING_WC &&
	    (args->placement & XE_REGION_VRAM || args->flags & DRM_XE_GEM_CREATE_FLAG_SCANOUT))
		return -EINVAL;
	if (args->vm_id) {
		vm = xe_vm_get(file->driver_priv, args->vm_id);
		if (!vm)
			return -ENOENT;
	}

	/* xe_bo_init_locked(): VRAM has pages of 64 KiB, which the client must know. */
	regions = regions_of(args->placement);
	if (args->placement & XE_REGION_VRAM && !IS_ALIGNED(args->size, XE_VRAM_PAGE)) {
		ret = -EINVAL;
		goto out;
	}
	create = args->flags & DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM ?
		fake_bo_create_visible : fake_bo_create;
	bo = create(to_fake_gpu(drm), args->size, regions, regions, vm ? vm->vm->root : NULL);
	if (IS_ERR(bo)) {
		ret = PTR_ERR(bo);
		goto out;
	}
	/* 0 is for what was imported. */
	bo->flags = args->cpu_caching;
	ret = check_extensions(args->extensions);
	if (!ret)
		ret = drm_gem_handle_create(file, &bo->shmem.base, &handle);
	if (!ret)
		args->handle = handle;
	drm_gem_object_put(&bo->shmem.base);
out:
	if (vm)
		xe_vm_put(vm);
	return ret;
}

/* xe_gem_mmap_offset_ioctl() in xe_bo.c */
static int gem_mmap_offset(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_xe_gem_mmap_offset *args = data;
	struct drm_gem_object *obj;

	if (args->extensions || XE_MBZ(args))
		return -EINVAL;
	if (args->flags & ~DRM_XE_MMAP_OFFSET_FLAG_PCI_BARRIER)
		return -EINVAL;
	if (args->flags & DRM_XE_MMAP_OFFSET_FLAG_PCI_BARRIER) {
		/* There is no PCI device to map. */
		return args->handle ? -EINVAL : -EOPNOTSUPP;
	}
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return 0;
}

/* xe_gem_object_funcs of xe_bo.c; the kernel cannot map the objects of this driver. */
static const struct drm_gem_object_funcs xe_gem_funcs = {
	FAKE_GEM_FUNCS,
	.mmap = fake_bo_mmap,
	.export = xe_export,
};

/* xe_bo_dumb_create() in xe_bo.c */
static int dumb_create(struct drm_file *file, struct drm_device *drm,
		       struct drm_mode_create_dumb *args)
{
	u32 cpp = DIV_ROUND_UP(args->bpp, 8), pitch;
	struct fake_bo *bo;
	int ret;

	if (check_mul_overflow(args->width, cpp, &pitch) || pitch > U32_MAX - 63)
		return -EINVAL;
	args->pitch = ALIGN(pitch, 64);
	args->size = ALIGN((u64)args->pitch * args->height, XE_VRAM_PAGE);
	bo = fake_bo_create_visible(to_fake_gpu(drm), args->size, FAKE_IN(FAKE_VRAM),
				    FAKE_IN(FAKE_VRAM), NULL);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	bo->flags = DRM_XE_GEM_CPU_CACHING_WC;
	ret = drm_gem_handle_create(file, &bo->shmem.base, &args->handle);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}

/* Not modelled; see the top. */
static int unsupported(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EOPNOTSUPP;
}

/* xe_file_open() in xe_device.c; ids count from 1 */
static int open(struct drm_device *drm, struct drm_file *file)
{
	struct xe_file *client = kzalloc_obj(*client);

	if (!client)
		return -ENOMEM;
	xa_init_flags(&client->vms, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->queues, XA_FLAGS_ALLOC1);
	file->driver_priv = client;
	return 0;
}

/* xe_file_close() in xe_device.c */
static void postclose(struct drm_device *drm, struct drm_file *file)
{
	struct xe_file *client = file->driver_priv;

	xe_queues_close(client);
	xe_vms_close(client);
	xa_destroy(&client->queues);
	xa_destroy(&client->vms);
	kfree(client);
}

/* xe_ioctls[] in xe_device.c */
static const struct drm_ioctl_desc ioctls[] = {
#define XE_IOCTL(name, function) DRM_IOCTL_DEF_DRV(XE_##name, function, DRM_RENDER_ALLOW)
	XE_IOCTL(DEVICE_QUERY, xe_query_ioctl),
	XE_IOCTL(GEM_CREATE, gem_create),
	XE_IOCTL(GEM_MMAP_OFFSET, gem_mmap_offset),
	XE_IOCTL(VM_CREATE, xe_vm_create_ioctl),
	XE_IOCTL(VM_DESTROY, xe_vm_destroy_ioctl),
	XE_IOCTL(VM_BIND, xe_vm_bind_ioctl),
	XE_IOCTL(EXEC, xe_exec_ioctl),
	XE_IOCTL(EXEC_QUEUE_CREATE, xe_exec_queue_create_ioctl),
	XE_IOCTL(EXEC_QUEUE_DESTROY, xe_exec_queue_destroy_ioctl),
	XE_IOCTL(EXEC_QUEUE_GET_PROPERTY, xe_exec_queue_get_property_ioctl),
	XE_IOCTL(WAIT_USER_FENCE, xe_wait_user_fence_ioctl),
	XE_IOCTL(OBSERVATION, unsupported),
	XE_IOCTL(MADVISE, unsupported),
	XE_IOCTL(VM_QUERY_MEM_RANGE_ATTRS, unsupported),
	XE_IOCTL(EXEC_QUEUE_SET_PROPERTY, xe_exec_queue_set_property_ioctl),
	XE_IOCTL(VM_GET_PROPERTY, unsupported),
};

DEFINE_DRM_GEM_FOPS(xe_fops);

static const struct drm_driver xe_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = open,
	.postclose = postclose,
	.ioctls = ioctls,
	.num_ioctls = ARRAY_SIZE(ioctls),
	.dumb_create = dumb_create,
	.fops = &xe_fops,
	.gem_create_object = fake_gem_create_object,
	.gem_prime_import = xe_import,
	.name = "xe",
	.desc = "Intel Xe Graphics",
	.major = XE_MAJOR,
	.minor = XE_MINOR,
};

static int init(struct fake_gpu *gpu)
{
	init_waitqueue_head(&to_xe(gpu)->ufence_wq);
	return 0;
}

/*
 * A job that runs too long gets ETIME, and its queue is banned: guc_exec_queue_timedout_job() in
 * xe_guc_submit.c. So is one that faults, with what the firmware reports as a reset of the engine:
 * xe_guc_exec_queue_memory_cat_error_handler() there, which comes to the same function.
 */
const struct fake_vendor fake_xe = {
	.driver = &xe_driver,
	.gem_funcs = &xe_gem_funcs,
	.engines = engine_names,
	.timeout_ms = 5000,
	.timeout_error = -ETIME,
	.fault_error = -ETIME,
	.page_fault = FAKE_PAGE_FAULT_KILL,
	.has_vram = true,
	.on_pci = true,
	/* try_add_system() in xe_bo.c: the system's memory is TTM_PL_FLAG_FALLBACK. */
	.gtt_is = FAKE_GTT_IS_FALLBACK,
	.priv_size = sizeof(struct xe_fake),
	.init = init,
	.prepare = xe_job_prepare,
	.packet = fake_blitter_xe,
	.reset = xe_job_reset,
};
