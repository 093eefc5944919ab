// SPDX-License-Identifier: GPL-2.0
/* Lists of buffer objects of the fake amdgpu: amdgpu_bo_list.c of the real one. See amdgpu.c. */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "amdgpu_cs.h"

/* Entries of a list, at most: amdgpu_bo_list.c. */
#define MAX_BO_LIST	(128 * 1024)

static void bo_list_free(struct kref *ref)
{
	struct amdgpu_bo_list *list = container_of(ref, struct amdgpu_bo_list, ref);
	unsigned int i;

	for (i = 0; i < list->count; i++)
		if (list->objs[i])
			drm_gem_object_put(list->objs[i]);
	kvfree(list);
}

void amdgpu_bo_list_put(struct amdgpu_bo_list *list)
{
	if (list)
		kref_put(&list->ref, bo_list_free);
}

struct amdgpu_bo_list *amdgpu_bo_list_create(struct drm_file *file,
					     const struct drm_amdgpu_bo_list_in *in)
{
	struct drm_amdgpu_bo_list_entry *entries;
	struct amdgpu_bo_list *list;
	unsigned int i;

	if (in->bo_number > MAX_BO_LIST || in->bo_info_size != sizeof(*entries))
		return ERR_PTR(-EINVAL);
	entries = vmemdup_array_user(u64_to_user_ptr(in->bo_info_ptr), in->bo_number,
				     sizeof(*entries));
	if (IS_ERR(entries))
		return ERR_CAST(entries);
	list = kvzalloc_flex(*list, objs, in->bo_number);
	if (!list) {
		kvfree(entries);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&list->ref);
	list->count = in->bo_number;
	for (i = 0; i < list->count; i++) {
		list->objs[i] = drm_gem_object_lookup(file, entries[i].bo_handle);
		if (!list->objs[i]) {
			amdgpu_bo_list_put(list);
			list = ERR_PTR(-ENOENT);
			break;
		}
	}
	kvfree(entries);
	return list;
}

struct amdgpu_bo_list *amdgpu_bo_list_get(struct amdgpu_file *client, u32 handle)
{
	struct amdgpu_bo_list *list;

	xa_lock(&client->bo_lists);
	list = xa_load(&client->bo_lists, handle);
	if (list)
		kref_get(&list->ref);
	else
		list = ERR_PTR(-ENOENT);
	xa_unlock(&client->bo_lists);
	return list;
}

int amdgpu_bo_list_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	union drm_amdgpu_bo_list *args = data;
	u32 handle = args->in.list_handle;
	struct amdgpu_bo_list *list, *old;
	int ret;

	switch (args->in.operation) {
	case AMDGPU_BO_LIST_OP_CREATE:
	case AMDGPU_BO_LIST_OP_UPDATE:
		list = amdgpu_bo_list_create(file, &args->in);
		if (IS_ERR(list))
			return PTR_ERR(list);
		if (args->in.operation == AMDGPU_BO_LIST_OP_CREATE) {
			ret = xa_alloc(&client->bo_lists, &handle, list, xa_limit_32b, GFP_KERNEL);
		} else {
			xa_lock(&client->bo_lists);
			old = xa_load(&client->bo_lists, handle);
			if (old)
				ret = xa_err(__xa_store(&client->bo_lists, handle, list,
							GFP_KERNEL));
			else
				ret = -ENOENT;
			xa_unlock(&client->bo_lists);
			if (!ret)
				amdgpu_bo_list_put(old);
		}
		if (ret) {
			amdgpu_bo_list_put(list);
			return ret;
		}
		break;
	case AMDGPU_BO_LIST_OP_DESTROY:
		amdgpu_bo_list_put(xa_erase(&client->bo_lists, handle));
		handle = 0;
		break;
	default:
		return -EINVAL;
	}
	memset(args, 0, sizeof(*args));
	args->out.list_handle = handle;
	return 0;
}
