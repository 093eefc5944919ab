// SPDX-License-Identifier: GPL-2.0
/* Objects of the fake i915. See i915.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "i915.h"

/*
 * An object, which is locked, gets its memory when a GPU or the kernel uses it first:
 * __i915_ttm_get_pages() in gem/i915_gem_ttm.c. Until then it is in FAKE_SYSTEM, where user space
 * maps it, too: vm_fault_ttm(). i915_ttm_err_to_gem() says ENXIO of local memory. What was imported
 * is mapped: i915_gem_object_get_pages_dmabuf() in gem/i915_gem_dmabuf.c.
 */
int i915_bo_get_pages(struct fake_bo *bo)
{
	int ret = fake_bo_validate(bo);

	if (ret == -ENOMEM && !(bo->allowed & FAKE_IN(FAKE_GTT)))
		ret = -ENXIO;
	return ret;
}

/* i915_gem_close_object() in gem/i915_gem_object.c */
static void i915_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct i915_vm *vm;

	mutex_lock(&client->lock);
	list_for_each_entry(vm, &client->vms, of_client) {
		struct i915_vma *vma = i915_vma_find(vm, to_fake_bo(obj));

		if (vma)
			i915_vma_free(vm, vma);
	}
	mutex_unlock(&client->lock);
}

const struct drm_gem_object_funcs i915_gem_funcs = {
	.free = fake_bo_free,
	.close = i915_close,
	.print_info = drm_gem_shmem_object_print_info,
	.export = i915_export,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* __i915_gem_object_create_user_ext() and i915_gem_publish() in gem/i915_gem_create.c */
static int create(struct fake_gpu *gpu, struct drm_file *file, u64 *size, u32 preferred,
		  u32 allowed, u64 flags, u32 *handle)
{
	u64 unit = allowed & FAKE_IN(FAKE_VRAM) ? PAGE_64K : PAGE_SIZE;
	struct fake_bo *bo;
	u64 rounded;
	int ret;

	if (check_add_overflow(*size, unit - 1, &rounded))
		return -EINVAL;
	rounded = round_down(rounded, unit);
	if (!rounded)
		return -EINVAL;
	bo = fake_bo_create(gpu, rounded, FAKE_IN(FAKE_SYSTEM), FAKE_IN(FAKE_SYSTEM), NULL);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	bo->preferred = preferred;
	bo->allowed = allowed;
	bo->align = unit;
	bo->flags = flags;
	ret = drm_gem_handle_create(file, &bo->shmem.base, handle);
	if (!ret)
		*size = fake_bo_size(bo);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}

/* i915_gem_create_ioctl() in gem/i915_gem_create.c */
int i915_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_create *args = data;

	return create(to_fake_gpu(drm), file, &args->size, FAKE_IN(FAKE_GTT), FAKE_IN(FAKE_GTT), 0,
		      &args->handle);
}

/* i915_gem_dumb_create() in gem/i915_gem_create.c */
int i915_dumb_create(struct drm_file *file, struct drm_device *drm,
		     struct drm_mode_create_dumb *args)
{
	unsigned int cpp = DIV_ROUND_UP(args->bpp, 8);

	if (cpp != 1 && cpp != 2 && cpp != 4)
		return -EINVAL;
	args->pitch = ALIGN(args->width * cpp, 64);
	if (args->pitch < args->width)
		return -EINVAL;
	args->size = mul_u32_u32(args->pitch, args->height);
	return create(to_fake_gpu(drm), file, &args->size, FAKE_IN(FAKE_VRAM), FAKE_IN(FAKE_VRAM), 0,
		      &args->handle);
}

/**
 * struct create_ext - what extensions of GEM_CREATE_EXT have said
 * @preferred: FAKE_IN() of the first placement
 * @allowed: the same of all
 */
struct create_ext {
	u32 preferred;
	u32 allowed;
};

/* set_placements() in gem/i915_gem_create.c */
static int ext_set_placements(struct i915_user_extension __user *user, void *data)
{
	struct drm_i915_gem_create_ext_memory_regions ext;
	struct create_ext *create = data;
	u32 preferred = 0, allowed = 0;
	u32 i, j;

	if (copy_from_user(&ext, user, sizeof(ext)))
		return -EFAULT;
	/* INTEL_REGION_UNKNOWN regions at most, of which this GPU has two. */
	if (ext.pad || !ext.num_regions || ext.num_regions > 4)
		return -EINVAL;
	for (i = 0; i < ext.num_regions; i++) {
		struct drm_i915_gem_memory_class_instance __user *at = u64_to_user_ptr(ext.regions);
		struct drm_i915_gem_memory_class_instance region;
		u32 bit = 0;

		if (copy_from_user(&region, &at[i], sizeof(region)))
			return -EFAULT;
		for (j = 0; j < I915_NUM_REGIONS; j++)
			if (!memcmp(&region, &i915_regions[j].region, sizeof(region)))
				bit = FAKE_IN(i915_regions[j].where);
		if (!bit || allowed & bit)
			return -EINVAL;
		allowed |= bit;
		preferred = preferred ?: bit;
	}
	if (create->allowed)
		return -EINVAL;
	create->preferred = preferred;
	create->allowed = allowed;
	return 0;
}

/* ext_set_protected() in gem/i915_gem_create.c, without PXP */
static int ext_set_protected(struct i915_user_extension __user *user, void *data)
{
	struct drm_i915_gem_create_ext_protected_content ext;

	if (copy_from_user(&ext, user, sizeof(ext)))
		return -EFAULT;
	return ext.flags ? -EINVAL : -ENODEV;
}

/* ext_set_pat() in gem/i915_gem_create.c: from graphics 12.70 on */
static int ext_set_pat(struct i915_user_extension __user *user, void *data)
{
	return -ENODEV;
}

/* i915_gem_create_ext_ioctl() in gem/i915_gem_create.c */
int i915_gem_create_ext_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	static const i915_extension_fn extensions[] = {
		[I915_GEM_CREATE_EXT_MEMORY_REGIONS] = ext_set_placements,
		[I915_GEM_CREATE_EXT_PROTECTED_CONTENT] = ext_set_protected,
		[I915_GEM_CREATE_EXT_SET_PAT] = ext_set_pat,
	};
	struct drm_i915_gem_create_ext *args = data;
	struct create_ext ext = { };
	u64 flags = 0;
	int ret;

	if (args->flags & ~I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS)
		return -EINVAL;
	ret = i915_user_extensions(args->extensions, extensions, ARRAY_SIZE(extensions), &ext);
	if (ret)
		return ret;
	if (!ext.allowed) {
		ext.preferred = FAKE_IN(FAKE_GTT);
		ext.allowed = FAKE_IN(FAKE_GTT);
	}
	if (args->flags & I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS) {
		if (hweight32(ext.allowed) == 1 || !(ext.allowed & FAKE_IN(FAKE_GTT)))
			return -EINVAL;
	} else if (ext.allowed != FAKE_IN(FAKE_GTT)) {
		flags = I915_BO_GPU_ONLY;
	}
	return create(to_fake_gpu(drm), file, &args->size, ext.preferred, ext.allowed, flags,
		      &args->handle);
}

/*
 * i915_gem_mmap_offset_ioctl() and __assign_mmap_offset() in gem/i915_gem_mman.c, for objects of
 * TTM, which all are here but those that were imported. @pad and @offset are not looked at.
 */
int i915_gem_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_mmap_offset *args = data;
	struct drm_gem_object *obj;
	int ret;

	ret = i915_user_extensions(args->extensions, NULL, 0, NULL);
	if (ret)
		return ret;
	switch (args->flags) {
	case I915_MMAP_OFFSET_GTT:
		/* There is no aperture. */
		return -ENODEV;
	case I915_MMAP_OFFSET_WC:
	case I915_MMAP_OFFSET_WB:
	case I915_MMAP_OFFSET_UC:
	case I915_MMAP_OFFSET_FIXED:
		break;
	default:
		return -EINVAL;
	}
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	if (args->flags != I915_MMAP_OFFSET_FIXED || drm_gem_is_imported(obj))
		ret = -ENODEV;
	else
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return ret;
}

int i915_dumb_map_offset(struct drm_file *file, struct drm_device *drm, u32 handle,
			 u64 *offset)
{
	struct drm_i915_gem_mmap_offset args = {
		.handle = handle,
		.flags = I915_MMAP_OFFSET_FIXED,
	};
	int ret = i915_gem_mmap_offset_ioctl(drm, &args, file);

	*offset = args.offset;
	return ret;
}

/* to_wait_timeout() in gem/i915_gem_wait.c */
static unsigned long wait_jiffies(s64 ns)
{
	if (ns < 0)
		return MAX_SCHEDULE_TIMEOUT;
	if (!ns)
		return 0;
	return min_t(u64, MAX_JIFFY_OFFSET, nsecs_to_jiffies64(ns) + 1);
}

/* i915_gem_wait_ioctl() in gem/i915_gem_wait.c */
int i915_gem_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_wait *args = data;
	struct drm_gem_object *obj;
	ktime_t start;
	long ret;

	if (args->flags)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->bo_handle);
	if (!obj)
		return -ENOENT;
	start = ktime_get();
	ret = dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_READ, true,
				    wait_jiffies(args->timeout_ns));
	ret = ret > 0 ? 0 : ret ?: -ETIME;
	if (args->timeout_ns > 0) {
		args->timeout_ns -= ktime_to_ns(ktime_sub(ktime_get(), start));
		args->timeout_ns = max(args->timeout_ns, 0);
		if (ret == -ETIME && !nsecs_to_jiffies(args->timeout_ns))
			args->timeout_ns = 0;
		if (ret == -ETIME && args->timeout_ns)
			ret = -EAGAIN;
	}
	drm_gem_object_put(obj);
	return ret;
}

/* Bits of I915_GEM_BUSY for a fence that is a job's of this GPU. */
static u32 busy_bits(struct fake_gpu *gpu, struct dma_fence *fence, bool write)
{
	struct drm_sched_fence *sched_fence = to_drm_sched_fence(fence);
	unsigned int i;

	if (!sched_fence || dma_fence_is_signaled(fence))
		return 0;
	for (i = 0; i < I915_NUM_ENGINES; i++) {
		if (sched_fence->sched == &gpu->engine[i].sched) {
			u16 class = i915_engines[i].engine_class;

			return 0x10000u << class | (write ? class + 1 : 0);
		}
	}
	return 0;
}

/* i915_gem_busy_ioctl() in gem/i915_gem_busy.c, which sees no fences of other drivers */
int i915_gem_busy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_busy *args = data;
	struct dma_resv_iter cursor;
	struct drm_gem_object *obj;
	struct dma_fence *fence;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	args->busy = 0;
	dma_resv_iter_begin(&cursor, obj->resv, DMA_RESV_USAGE_READ);
	dma_resv_for_each_fence_unlocked(&cursor, fence) {
		if (dma_resv_iter_is_restarted(&cursor))
			args->busy = 0;
		args->busy |= busy_bits(to_fake_gpu(drm), fence,
					dma_resv_iter_usage(&cursor) <= DMA_RESV_USAGE_WRITE);
	}
	dma_resv_iter_end(&cursor);
	drm_gem_object_put(obj);
	return 0;
}
