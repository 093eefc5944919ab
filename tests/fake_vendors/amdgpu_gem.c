// SPDX-License-Identifier: GPL-2.0
/* Buffer objects of the fake amdgpu: amdgpu_gem.c and amdgpu_object.c of the real one. See amdgpu.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_dumb_buffers.h>
#include <drm/drm_prime.h>

#include "amdgpu.h"

/* Flags that clients may set: AMDGPU_GEM_CREATE_SETTABLE_MASK of amdgpu_gem.h. */
#define SETTABLE_FLAGS (AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED | \
			AMDGPU_GEM_CREATE_NO_CPU_ACCESS | \
			AMDGPU_GEM_CREATE_CPU_GTT_USWC | \
			AMDGPU_GEM_CREATE_VRAM_CLEARED | \
			AMDGPU_GEM_CREATE_VM_ALWAYS_VALID | \
			AMDGPU_GEM_CREATE_EXPLICIT_SYNC | \
			AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE | \
			AMDGPU_GEM_CREATE_ENCRYPTED | \
			AMDGPU_GEM_CREATE_GFX12_DCC | \
			AMDGPU_GEM_CREATE_DISCARDABLE | \
			AMDGPU_GEM_CREATE_COHERENT | \
			AMDGPU_GEM_CREATE_UNCACHED | \
			AMDGPU_GEM_CREATE_EXT_COHERENT)

#define NORMAL_DOMAINS (AMDGPU_GEM_DOMAIN_CPU | AMDGPU_GEM_DOMAIN_GTT | AMDGPU_GEM_DOMAIN_VRAM)

/**
 * struct amdgpu_bo - what is only amdgpu's of a buffer object, &fake_bo.priv
 * @domains: where the client wants it, as AMDGPU_GEM_DOMAIN_GTT ...
 * @tiling: GEM_METADATA's tiling_info
 * @metadata_flags: GEM_METADATA's flags
 * @metadata_size: bytes of @metadata that count
 * @metadata: GEM_METADATA's data
 */
struct amdgpu_bo {
	u32 domains;
	u64 tiling;
	u64 metadata_flags;
	u32 metadata_size;
	u32 metadata[64];
};

static u32 regions_of(u32 domains)
{
	u32 regions = 0;

	if (domains & AMDGPU_GEM_DOMAIN_GTT)
		regions |= FAKE_IN(FAKE_GTT);
	if (domains & AMDGPU_GEM_DOMAIN_VRAM)
		regions |= FAKE_IN(FAKE_VRAM);
	/* amdgpu_bo_placement_from_domain(): no domain at all is the CPU's. */
	if (!regions || domains & ~(AMDGPU_GEM_DOMAIN_GTT | AMDGPU_GEM_DOMAIN_VRAM))
		regions |= FAKE_IN(FAKE_SYSTEM);
	return regions;
}

/* amdgpu_bo_create(): where an object may be, if a client wants it in some domains. */
static u32 allowed_regions(u32 domains, u64 flags)
{
	u32 regions = regions_of(domains);

	if (domains == AMDGPU_GEM_DOMAIN_VRAM && !(flags & AMDGPU_GEM_CREATE_DISCARDABLE))
		regions |= FAKE_IN(FAKE_GTT);
	return regions;
}

/* amdgpu_bo_create() */
static struct fake_bo *bo_create(struct fake_gpu *gpu, u64 size, u64 align, u32 domains, u64 flags,
				 struct fake_bo *root)
{
	typeof(fake_bo_create) *create;
	struct amdgpu_bo *priv;
	enum fake_region region;
	struct fake_bo *bo;

	/* GDS, GWS and OA are counted in bytes or units, each of which is a page of the object. */
	if (domains & (AMDGPU_GEM_DOMAIN_GWS | AMDGPU_GEM_DOMAIN_OA | AMDGPU_GEM_DOMAIN_GDS)) {
		if (domains & AMDGPU_GEM_DOMAIN_GDS)
			size = ALIGN(size, 4);
		if (size > U32_MAX)
			return ERR_PTR(-ENOMEM);
		size <<= PAGE_SHIFT;
	} else {
		if (size > S64_MAX)
			return ERR_PTR(-ENOMEM);
		size = ALIGN(size, PAGE_SIZE);
	}
	/* amdgpu_bo_validate_size(): what is to fall back to GTT must fit there. */
	if (domains & (AMDGPU_GEM_DOMAIN_GTT | AMDGPU_GEM_DOMAIN_VRAM)) {
		region = domains & AMDGPU_GEM_DOMAIN_GTT ? FAKE_GTT : FAKE_VRAM;
		if (size >= gpu->memory[region].size)
			return ERR_PTR(-ENOMEM);
	}

	priv = kzalloc_obj(*priv);
	if (!priv)
		return ERR_PTR(-ENOMEM);
	create = flags & AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED ? fake_bo_create_visible : fake_bo_create;
	bo = create(gpu, size, regions_of(domains), allowed_regions(domains, flags), root);
	if (IS_ERR(bo)) {
		kfree(priv);
		return bo;
	}
	priv->domains = domains;
	bo->priv = priv;
	/* It is no more than a hint of clients. */
	bo->needs_visible = false;
	bo->flags = flags & ~AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED;
	bo->align = ALIGN(align, PAGE_SIZE);
	return bo;
}

/**
 * amdgpu_bo_free() - &fake_vendor.bo_free
 * @bo: the object
 */
void amdgpu_bo_free(struct fake_bo *bo)
{
	kfree(bo->priv);
}

/* amdgpu_gem_object_open(): an object that belongs to an address space has handles there only. */
static int bo_open(struct drm_gem_object *obj, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	struct fake_bo *bo = to_fake_bo(obj);
	void *count;
	int ret;

	if (bo->root && bo->root != client->vm->root)
		return -EPERM;
	xa_lock(&client->handles);
	count = xa_load(&client->handles, (unsigned long)bo);
	ret = xa_err(__xa_store(&client->handles, (unsigned long)bo,
				xa_mk_value(count ? xa_to_value(count) + 1 : 1), GFP_KERNEL));
	xa_unlock(&client->handles);
	return ret;
}

/* amdgpu_gem_object_close(): with the last handle of a client go its mappings. */
static void bo_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	struct fake_bo *bo = to_fake_bo(obj);
	unsigned long count;

	xa_lock(&client->handles);
	count = xa_to_value(xa_load(&client->handles, (unsigned long)bo)) - 1;
	if (count)
		__xa_store(&client->handles, (unsigned long)bo, xa_mk_value(count), GFP_KERNEL);
	else
		__xa_erase(&client->handles, (unsigned long)bo);
	xa_unlock(&client->handles);
	if (!count)
		fake_vm_unmap_bo(client->vm, bo);
}

/* amdgpu_gem_object_mmap() */
static int bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	if (to_fake_bo(obj)->flags & AMDGPU_GEM_CREATE_NO_CPU_ACCESS)
		return -EPERM;
	return fake_bo_mmap(obj, vma);
}

const struct drm_gem_object_funcs amdgpu_gem_funcs = {
	FAKE_GEM_FUNCS,
	FAKE_GEM_VMAP,
	.open = bo_open,
	.close = bo_close,
	.mmap = bo_mmap,
	.export = amdgpu_export,
};

/**
 * amdgpu_bo_init_imported() - what amdgpu_dma_buf_create_obj() makes of an object: it is in GTT
 * @bo: the object
 *
 * Return: 0 or -ENOMEM.
 */
int amdgpu_bo_init_imported(struct fake_bo *bo)
{
	struct amdgpu_bo *priv = kzalloc_obj(*priv);

	if (!priv)
		return -ENOMEM;
	priv->domains = AMDGPU_GEM_DOMAIN_GTT;
	bo->priv = priv;
	return 0;
}

int amdgpu_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	union drm_amdgpu_gem_create *args = data;
	const u32 special = AMDGPU_GEM_DOMAIN_MASK & ~NORMAL_DOMAINS;
	u64 flags = args->in.domain_flags;
	struct fake_gpu *gpu = to_fake_gpu(drm);
	struct fake_bo *bo, *root = NULL;
	u32 domains, handle;
	int ret;

	if (flags & ~SETTABLE_FLAGS)
		return -EINVAL;
	if (args->in.domains & ~AMDGPU_GEM_DOMAIN_MASK)
		return -EINVAL;
	domains = args->in.domains;
	/* At most one of the special domains, and no other with it. */
	if (domains & special && (domains & NORMAL_DOMAINS || hweight32(domains & special) > 1))
		return -EINVAL;
	/* There is no trusted memory zone. */
	if (flags & AMDGPU_GEM_CREATE_ENCRYPTED)
		return -EINVAL;
	flags |= AMDGPU_GEM_CREATE_VRAM_CLEARED;
	if (domains & (AMDGPU_GEM_DOMAIN_GDS | AMDGPU_GEM_DOMAIN_GWS | AMDGPU_GEM_DOMAIN_OA)) {
		if (flags & AMDGPU_GEM_CREATE_VM_ALWAYS_VALID)
			return -EINVAL;
		flags |= AMDGPU_GEM_CREATE_NO_CPU_ACCESS;
	}
	if (flags & AMDGPU_GEM_CREATE_VM_ALWAYS_VALID)
		root = client->vm->root;
	flags |= AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE;

	bo = bo_create(gpu, args->in.bo_size, args->in.alignment, domains, flags, root);
	if (IS_ERR(bo) && flags & AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED) {
		flags &= ~AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED;
		bo = bo_create(gpu, args->in.bo_size, args->in.alignment, domains, flags, root);
	}
	/* Where there is no room in VRAM, it goes to GTT. */
	if (IS_ERR(bo) && domains == AMDGPU_GEM_DOMAIN_VRAM)
		bo = bo_create(gpu, args->in.bo_size, args->in.alignment,
			       domains | AMDGPU_GEM_DOMAIN_GTT, flags, root);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	ret = drm_gem_handle_create(file, &bo->shmem.base, &handle);
	drm_gem_object_put(&bo->shmem.base);
	if (ret)
		return ret;
	memset(args, 0, sizeof(*args));
	args->out.handle = handle;
	return 0;
}

/* With the stub of amdgpu_hmm_register() in amdgpu_hmm.h */
int amdgpu_gem_userptr_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_amdgpu_gem_userptr *args = data;

	if (offset_in_page(args->addr | args->size))
		return -EINVAL;
	if (!access_ok(u64_to_user_ptr(args->addr), args->size))
		return -EFAULT;
	if (args->flags & ~(AMDGPU_GEM_USERPTR_READONLY | AMDGPU_GEM_USERPTR_ANONONLY |
			    AMDGPU_GEM_USERPTR_VALIDATE | AMDGPU_GEM_USERPTR_REGISTER))
		return -EINVAL;
	if (!(args->flags & AMDGPU_GEM_USERPTR_READONLY) &&
	    !(args->flags & AMDGPU_GEM_USERPTR_REGISTER))
		return -EACCES;
	return -ENODEV;
}

int amdgpu_mode_dumb_mmap(struct drm_file *file, struct drm_device *drm, u32 handle, u64 *offset)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);
	int ret = 0;

	if (!obj)
		return -ENOENT;
	if (to_fake_bo(obj)->flags & AMDGPU_GEM_CREATE_NO_CPU_ACCESS)
		ret = -EPERM;
	else
		*offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return ret;
}

int amdgpu_gem_mmap_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_gem_mmap *args = data;
	u32 handle = args->in.handle;

	memset(args, 0, sizeof(*args));
	return amdgpu_mode_dumb_mmap(file, drm, handle, &args->out.addr_ptr);
}

/**
 * amdgpu_timeout() - amdgpu_gem_timeout()
 * @timeout_ns: time of CLOCK_MONOTONIC, nanoseconds; negative for never
 *
 * Return: jiffies from now.
 */
unsigned long amdgpu_timeout(u64 timeout_ns)
{
	unsigned long timeout;
	s64 left;

	if ((s64)timeout_ns < 0)
		return MAX_SCHEDULE_TIMEOUT;
	left = (s64)timeout_ns - ktime_get_ns();
	if (left < 0)
		return 0;
	timeout = nsecs_to_jiffies(left);
	return min_t(unsigned long, timeout, MAX_SCHEDULE_TIMEOUT - 1);
}

int amdgpu_gem_wait_idle_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_gem_wait_idle *args = data;
	unsigned long timeout = amdgpu_timeout(args->in.timeout);
	struct drm_gem_object *obj;
	long ret;

	obj = drm_gem_object_lookup(file, args->in.handle);
	if (!obj)
		return -ENOENT;
	ret = dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_READ, true, timeout);
	if (ret >= 0) {
		memset(args, 0, sizeof(*args));
		args->out.status = ret == 0;
		ret = 0;
	}
	drm_gem_object_put(obj);
	return ret;
}

/* An unknown operation does nothing in the real one, too. */
int amdgpu_gem_metadata_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_amdgpu_gem_metadata *args = data;
	struct drm_gem_object *obj;
	struct amdgpu_bo *priv;
	int ret;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	priv = to_fake_bo(obj)->priv;
	ret = dma_resv_lock_interruptible(obj->resv, NULL);
	if (ret)
		goto out;
	if (args->op == AMDGPU_GEM_METADATA_OP_GET_METADATA) {
		args->data.tiling_info = priv->tiling;
		args->data.flags = priv->metadata_flags;
		args->data.data_size_bytes = priv->metadata_size;
		memcpy(args->data.data, priv->metadata, priv->metadata_size);
	} else if (args->op == AMDGPU_GEM_METADATA_OP_SET_METADATA) {
		if (args->data.data_size_bytes > sizeof(args->data.data)) {
			ret = -EINVAL;
		} else {
			priv->tiling = args->data.tiling_info;
			priv->metadata_size = args->data.data_size_bytes;
			priv->metadata_flags = priv->metadata_size ? args->data.flags : 0;
			memcpy(priv->metadata, args->data.data, priv->metadata_size);
		}
	}
	dma_resv_unlock(obj->resv);
out:
	drm_gem_object_put(obj);
	return ret;
}

/* AMDGPU_GEM_OP_GET_MAPPING_INFO */
static int get_mapping_info(struct amdgpu_file *client, struct fake_bo *bo,
			    struct drm_amdgpu_gem_op *args)
{
	struct drm_amdgpu_gem_vm_entry *entries;
	struct fake_mapping *mapping;
	unsigned int count = 0;
	int ret = 0;

	if (args->num_entries > INT_MAX / sizeof(*entries))
		return -EINVAL;
	entries = kvcalloc(args->num_entries, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	mutex_lock(&client->vm->gpu->vm_lock);
	list_for_each_entry(mapping, &bo->mappings, of_bo) {
		if (mapping->vm != client->vm)
			continue;
		if (count < args->num_entries) {
			entries[count].addr = mapping->start;
			entries[count].size = mapping->size;
			entries[count].offset = mapping->offset;
			entries[count].flags = mapping->user_flags;
		}
		count++;
	}
	mutex_unlock(&client->vm->gpu->vm_lock);
	if (count && count <= args->num_entries &&
	    copy_to_user(u64_to_user_ptr(args->value), entries, count * sizeof(*entries)))
		ret = -EFAULT;
	args->num_entries = count;
	kvfree(entries);
	return ret;
}

int amdgpu_gem_op_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	struct drm_amdgpu_gem_create_in info = { };
	struct fake_gpu *gpu = to_fake_gpu(drm);
	struct drm_amdgpu_gem_op *args = data;
	struct drm_gem_object *obj;
	struct amdgpu_bo *priv;
	struct fake_bo *bo;
	int ret = 0;

	if (args->padding)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	bo = to_fake_bo(obj);
	priv = bo->priv;

	switch (args->op) {
	case AMDGPU_GEM_OP_GET_GEM_CREATE_INFO:
		info.bo_size = fake_bo_size(bo);
		info.alignment = bo->align;
		info.domains = priv->domains;
		info.domain_flags = bo->flags;
		if (copy_to_user(u64_to_user_ptr(args->value), &info, sizeof(info)))
			ret = -EFAULT;
		break;
	case AMDGPU_GEM_OP_SET_PLACEMENT:
		if (drm_gem_is_imported(obj) && args->value & AMDGPU_GEM_DOMAIN_VRAM) {
			ret = -EINVAL;
			break;
		}
		mutex_lock(&gpu->memory_lock);
		priv->domains = args->value & NORMAL_DOMAINS;
		bo->preferred = regions_of(priv->domains);
		bo->allowed = allowed_regions(priv->domains, 0);
		mutex_unlock(&gpu->memory_lock);
		break;
	case AMDGPU_GEM_OP_GET_MAPPING_INFO:
		ret = get_mapping_info(client, bo, args);
		break;
	default:
		ret = -EINVAL;
	}
	drm_gem_object_put(obj);
	return ret;
}

int amdgpu_gem_list_handles_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_amdgpu_gem_list_handles *args = data;
	struct drm_amdgpu_gem_list_handles_entry *entries;
	unsigned int count = 0, filled = 0;
	struct drm_gem_object *obj;
	int id, ret = 0;

	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, id)
		count++;
	spin_unlock(&file->table_lock);
	if (args->num_entries < count || !count) {
		args->num_entries = count;
		return 0;
	}
	entries = kvzalloc_objs(*entries, count);
	if (!entries)
		return -ENOMEM;
	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, id) {
		struct drm_amdgpu_gem_list_handles_entry *entry = &entries[filled];
		struct fake_bo *bo = to_fake_bo(obj);
		struct amdgpu_bo *priv = bo->priv;

		if (filled == count) {
			ret = -EAGAIN;
			break;
		}
		entry->gem_handle = id;
		entry->size = fake_bo_size(bo);
		entry->alloc_flags = bo->flags & SETTABLE_FLAGS;
		entry->preferred_domains = priv->domains;
		entry->alignment = bo->align;
		if (drm_gem_is_imported(obj))
			entry->flags |= AMDGPU_GEM_LIST_HANDLES_FLAG_IS_IMPORT;
		filled++;
	}
	spin_unlock(&file->table_lock);
	args->num_entries = filled;
	if (!ret && copy_to_user(u64_to_user_ptr(args->entries), entries, filled * sizeof(*entries)))
		ret = -EFAULT;
	kvfree(entries);
	return ret;
}

/* In VRAM, as amdgpu_bo_get_preferred_domain() has it */
int amdgpu_mode_dumb_create(struct drm_file *file, struct drm_device *drm,
			    struct drm_mode_create_dumb *args)
{
	const u64 flags = AMDGPU_GEM_CREATE_CPU_GTT_USWC | AMDGPU_GEM_CREATE_VRAM_CONTIGUOUS |
		AMDGPU_GEM_CREATE_VRAM_CLEARED | AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE;
	u32 cpp = DIV_ROUND_UP(args->bpp, 8), mask = 0, pitch;
	struct fake_bo *bo;
	int ret;

	/* amdgpu_gem_align_pitch() */
	if (cpp == 1)
		mask = 255;
	else if (cpp == 2)
		mask = 127;
	else if (cpp == 3 || cpp == 4)
		mask = 63;
	if (check_add_overflow(args->width, mask, &pitch) ||
	    check_mul_overflow(pitch & ~mask, cpp, &pitch) || !pitch)
		return -EINVAL;
	args->pitch = pitch;
	args->size = ALIGN((u64)pitch * args->height, PAGE_SIZE);
	if (!args->size)
		return -EINVAL;
	bo = bo_create(to_fake_gpu(drm), args->size, 0, AMDGPU_GEM_DOMAIN_VRAM, flags, NULL);
	if (IS_ERR(bo))
		return -ENOMEM;
	ret = drm_gem_handle_create(file, &bo->shmem.base, &args->handle);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}
