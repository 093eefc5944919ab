// SPDX-License-Identifier: GPL-2.0
/* Address spaces of the fake i915. See i915.c. */
#include <linux/slab.h>

#include "i915.h"

void i915_vma_unbind(struct i915_vm *vm, struct i915_vma *vma)
{
	if (!drm_mm_node_allocated(&vma->node))
		return;
	drm_mm_remove_node(&vma->node);
	if (vma->mapped)
		fake_vm_unmap_bo(vm->vm, vma->bo);
	vma->mapped = false;
}

void i915_vma_free(struct i915_vm *vm, struct i915_vma *vma)
{
	i915_vma_unbind(vm, vma);
	hash_del(&vma->hash);
	kfree(vma);
}

struct i915_vma *i915_vma_find(struct i915_vm *vm, struct fake_bo *bo)
{
	struct i915_vma *vma;

	hash_for_each_possible(vm->vmas, vma, hash, (unsigned long)bo)
		if (vma->bo == bo)
			return vma;
	return NULL;
}

struct i915_vma *i915_vma_get(struct i915_vm *vm, struct fake_bo *bo)
{
	struct i915_vma *vma = i915_vma_find(vm, bo);

	if (vma)
		return vma;
	vma = kzalloc_obj(*vma);
	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->bo = bo;
	hash_add(vm->vmas, &vma->hash, (unsigned long)bo);
	return vma;
}

struct i915_vm *i915_vm_create(struct i915_client *client)
{
	struct i915_vm *vm = kzalloc_obj(*vm);

	if (!vm)
		return ERR_PTR(-ENOMEM);
	vm->vm = fake_vm_create(client->gpu);
	if (IS_ERR(vm->vm)) {
		void *error = ERR_CAST(vm->vm);

		kfree(vm);
		return error;
	}
	kref_init(&vm->ref);
	drm_mm_init(&vm->mm, 0, I915_VM_SIZE);
	hash_init(vm->vmas);
	list_add_tail(&vm->of_client, &client->vms);
	return vm;
}

static void vm_free(struct kref *ref)
{
	struct i915_vm *vm = container_of(ref, struct i915_vm, ref);
	struct hlist_node *next;
	struct i915_vma *vma;
	int i;

	hash_for_each_safe(vm->vmas, i, next, vma, hash)
		i915_vma_free(vm, vma);
	drm_mm_takedown(&vm->mm);
	list_del(&vm->of_client);
	fake_vm_put(vm->vm);
	kfree(vm);
}

void i915_vm_put(struct i915_vm *vm)
{
	kref_put(&vm->ref, vm_free);
}

/* i915_gem_vm_create_ioctl() in gem/i915_gem_context.c */
int i915_gem_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct drm_i915_gem_vm_control *args = data;
	struct i915_vm *vm;
	int ret;
	u32 id;

	if (args->flags)
		return -EINVAL;
	ret = i915_user_extensions(args->extensions, NULL, 0, NULL);
	if (ret)
		return ret;
	mutex_lock(&client->lock);
	vm = i915_vm_create(client);
	if (IS_ERR(vm)) {
		ret = PTR_ERR(vm);
	} else {
		ret = xa_alloc(&client->vm_ids, &id, vm, xa_limit_32b, GFP_KERNEL);
		if (ret)
			i915_vm_put(vm);
		else
			args->vm_id = id;
	}
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_vm_destroy_ioctl() in gem/i915_gem_context.c */
int i915_gem_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct drm_i915_gem_vm_control *args = data;
	struct i915_vm *vm;

	if (args->flags || args->extensions)
		return -EINVAL;
	mutex_lock(&client->lock);
	vm = xa_erase(&client->vm_ids, args->vm_id);
	if (vm)
		i915_vm_put(vm);
	mutex_unlock(&client->lock);
	return vm ? 0 : -ENOENT;
}
