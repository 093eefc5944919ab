// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings in an address space of the fake amdgpu: amdgpu_gem.c and amdgpu_vm.c of the real one. See
 * amdgpu.c.
 */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_syncobj.h>

#include "amdgpu.h"

/* Waits for the fences of syncobjs: amdgpu_gem_add_input_fence(). */
static int wait_for_input(struct drm_file *file, u64 handles_ptr, u32 count)
{
	struct dma_fence *fence;
	u32 *handles, i;
	int ret = 0;

	if (!count)
		return 0;
	handles = memdup_user(u64_to_user_ptr(handles_ptr), size_mul(sizeof(u32), count));
	if (IS_ERR(handles))
		return PTR_ERR(handles);
	for (i = 0; i < count && !ret; i++) {
		if (!handles[i]) {
			ret = -EINVAL;
			break;
		}
		ret = drm_syncobj_find_fence(file, handles[i], 0, 0, &fence);
		if (!ret) {
			dma_fence_wait(fence, false);
			dma_fence_put(fence);
		}
	}
	kfree(handles);
	return ret;
}

/* The checks of amdgpu_vm_verify_parameters() in amdgpu_vm.c. */
static int check_range(struct fake_bo *bo, u64 start, u64 offset, u64 size)
{
	u64 sum;

	if (offset_in_page(start) || offset_in_page(offset) || offset_in_page(size))
		return -EINVAL;
	if (!size || check_add_overflow(start, size, &sum) ||
	    check_add_overflow(offset, size, &sum))
		return -EINVAL;
	if (bo && sum > fake_bo_size(bo))
		return -EINVAL;
	return 0;
}

static int va_operation(struct fake_vm *vm, struct fake_bo *bo, const struct drm_amdgpu_gem_va *args)
{
	u32 flags = 0;
	int ret;

	if (args->flags & AMDGPU_VM_PAGE_READABLE)
		flags |= FAKE_MAP_READ;
	if (args->flags & AMDGPU_VM_PAGE_WRITEABLE)
		flags |= FAKE_MAP_WRITE;
	if (args->flags & AMDGPU_VM_PAGE_PRT)
		flags |= FAKE_MAP_READ | FAKE_MAP_WRITE;

	switch (args->operation) {
	case AMDGPU_VA_OP_MAP:
		ret = check_range(bo, args->va_address, args->offset_in_bo, args->map_size);
		if (ret)
			return ret;
		ret = fake_vm_map(vm, bo, args->va_address, args->map_size, args->offset_in_bo,
				  flags, args->flags);
		return ret == -EEXIST ? -EINVAL : ret;
	case AMDGPU_VA_OP_REPLACE:
		return check_range(bo, args->va_address, args->offset_in_bo, args->map_size) ?:
			fake_vm_replace(vm, bo, args->va_address, args->map_size,
					args->offset_in_bo, flags, args->flags);
	case AMDGPU_VA_OP_UNMAP:
		return fake_vm_unmap_at(vm, bo, args->va_address & PAGE_MASK);
	case AMDGPU_VA_OP_CLEAR:
		return check_range(NULL, args->va_address, 0, args->map_size) ?:
			fake_vm_clear(vm, args->va_address, args->map_size);
	}
	return -EINVAL;
}

/*
 * Page tables are updated at once here, so that the fence which the client
 * asks for has signalled.
 */
int amdgpu_gem_va_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const u32 valid_flags = AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_READABLE |
		AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE | AMDGPU_VM_MTYPE_MASK |
		AMDGPU_VM_PAGE_NOALLOC;
	const u32 prt_flags = AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_PRT;
	struct amdgpu_file *client = file->driver_priv;
	struct drm_amdgpu_gem_va *args = data;
	struct dma_fence_chain *chain = NULL;
	struct drm_syncobj *syncobj = NULL;
	struct drm_gem_object *obj = NULL;
	struct dma_fence *fence;
	u64 end;
	int ret;

	if (args->va_address < VA_RESERVED_BOTTOM)
		return -EINVAL;
	if (args->va_address >= VA_HOLE_START && args->va_address < VA_HOLE_END)
		return -EINVAL;
	args->va_address &= VA_HOLE_MASK;
	if (check_add_overflow(args->va_address, args->map_size, &end) || end > VA_END)
		return -EINVAL;
	if (args->flags & ~valid_flags && args->flags & ~prt_flags)
		return -EINVAL;
	switch (args->operation) {
	case AMDGPU_VA_OP_MAP:
	case AMDGPU_VA_OP_UNMAP:
	case AMDGPU_VA_OP_CLEAR:
	case AMDGPU_VA_OP_REPLACE:
		break;
	default:
		return -EINVAL;
	}
	if (args->flags & AMDGPU_VM_DELAY_UPDATE && args->vm_timeline_syncobj_out)
		return -EINVAL;

	if (args->operation != AMDGPU_VA_OP_CLEAR && !(args->flags & AMDGPU_VM_PAGE_PRT)) {
		obj = drm_gem_object_lookup(file, args->handle);
		if (!obj)
			return -ENOENT;
	}
	ret = wait_for_input(file, args->input_fence_syncobj_handles, args->num_syncobj_handles);
	if (ret)
		goto out;
	/* amdgpu_gem_update_timeline_node() */
	if (args->vm_timeline_syncobj_out) {
		syncobj = drm_syncobj_find(file, args->vm_timeline_syncobj_out);
		if (!syncobj) {
			ret = -ENOENT;
			goto out;
		}
		if (args->vm_timeline_point) {
			chain = dma_fence_chain_alloc();
			if (!chain) {
				ret = -ENOMEM;
				goto out;
			}
		}
	}

	ret = va_operation(client->vm, obj ? to_fake_bo(obj) : NULL, args);
	if (!ret && syncobj) {
		fence = dma_fence_get_stub();
		if (chain)
			drm_syncobj_add_point(syncobj, chain, fence, args->vm_timeline_point);
		else
			drm_syncobj_replace_fence(syncobj, fence);
		chain = NULL;
		dma_fence_put(fence);
	}
out:
	dma_fence_chain_free(chain);
	if (syncobj)
		drm_syncobj_put(syncobj);
	if (obj)
		drm_gem_object_put(obj);
	return ret;
}
