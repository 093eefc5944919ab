// SPDX-License-Identifier: GPL-2.0
/*
 * GPU address spaces.
 *
 * A job takes the address space as a table when it is submitted, and keeps it. So an object that is
 * unmapped or closed meanwhile is still there for the jobs of before, as with the page tables of
 * real GPUs, whose updates wait for those jobs: amdgpu_vm_clear_freed(), xe_pt_update_ops_run().
 */
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "fake.h"

static unsigned long first_page(u64 start)
{
	return start >> PAGE_SHIFT;
}

static unsigned long last_page(u64 start, u64 size)
{
	return (start + size - 1) >> PAGE_SHIFT;
}

static void mapping_free(struct kref *ref)
{
	struct fake_mapping *mapping = container_of(ref, struct fake_mapping, ref);

	if (mapping->bo) {
		fake_bo_unmap(mapping->bo);
		drm_gem_object_put(&mapping->bo->shmem.base);
	}
	kfree(mapping);
}

static struct fake_mapping *mapping_create(struct fake_bo *bo, u64 start, u64 size, u64 offset,
					   u32 flags, u64 user_flags)
{
	struct fake_mapping *mapping = kzalloc_obj(*mapping);
	int ret;

	if (!mapping)
		return ERR_PTR(-ENOMEM);
	kref_init(&mapping->ref);
	INIT_LIST_HEAD(&mapping->of_bo);
	mapping->start = start;
	mapping->size = size;
	mapping->offset = offset;
	mapping->flags = flags;
	mapping->user_flags = user_flags;
	if (bo) {
		ret = fake_bo_map(bo);
		if (ret) {
			kfree(mapping);
			return ERR_PTR(ret);
		}
		drm_gem_object_get(&bo->shmem.base);
		mapping->bo = bo;
	}
	return mapping;
}

/* The reference becomes the VM's, if it succeeds. */
static int insert(struct fake_vm *vm, struct fake_mapping *mapping)
{
	int ret;

	ret = mtree_insert_range(&vm->mappings, first_page(mapping->start),
				 last_page(mapping->start, mapping->size), mapping, GFP_KERNEL);
	if (ret)
		return ret;
	mapping->vm = vm;
	if (mapping->bo)
		list_add_tail(&mapping->of_bo, &mapping->bo->mappings);
	vm->count++;
	return 0;
}

static void changed(struct fake_vm *vm)
{
	if (vm->table)
		fake_vm_table_put(vm->table);
	vm->table = NULL;
}

static void remove(struct fake_vm *vm, struct fake_mapping *mapping)
{
	changed(vm);
	mtree_erase(&vm->mappings, first_page(mapping->start));
	list_del_init(&mapping->of_bo);
	vm->count--;
	kref_put(&mapping->ref, mapping_free);
}

/**
 * fake_vm_create() - make an address space with nothing in it
 * @gpu: the device, which the caller sees to it that stays longer
 *
 * Return: the VM, for fake_vm_put(); or an error pointer.
 */
struct fake_vm *fake_vm_create(struct fake_gpu *gpu)
{
	struct fake_vm *vm = kzalloc_obj(*vm);

	if (!vm)
		return ERR_PTR(-ENOMEM);
	vm->root = fake_bo_create(gpu, PAGE_SIZE, FAKE_IN(FAKE_SYSTEM), FAKE_IN(FAKE_SYSTEM), NULL);
	if (IS_ERR(vm->root)) {
		void *error = ERR_CAST(vm->root);

		kfree(vm);
		return error;
	}
	kref_init(&vm->ref);
	vm->gpu = gpu;
	mt_init(&vm->mappings);
	return vm;
}

static void vm_free(struct kref *ref)
{
	struct fake_vm *vm = container_of(ref, struct fake_vm, ref);
	struct fake_mapping *mapping;
	unsigned long page = 0;

	mutex_lock(&vm->gpu->vm_lock);
	mt_for_each(&vm->mappings, mapping, page, ULONG_MAX)
		remove(vm, mapping);
	changed(vm);
	mutex_unlock(&vm->gpu->vm_lock);
	mtree_destroy(&vm->mappings);
	drm_gem_object_put(&vm->root->shmem.base);
	kfree(vm);
}

/**
 * fake_vm_put() - drop a reference
 * @vm: the VM
 *
 * Jobs go on with the tables they have.
 */
void fake_vm_put(struct fake_vm *vm)
{
	kref_put(&vm->ref, vm_free);
}

static int map_locked(struct fake_vm *vm, struct fake_bo *bo, u64 start, u64 size, u64 offset,
		      u32 flags, u64 user_flags)
{
	struct fake_mapping *mapping;
	int ret;

	mapping = mapping_create(bo, start, size, offset, flags, user_flags);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	ret = insert(vm, mapping);
	if (ret)
		kref_put(&mapping->ref, mapping_free);
	else
		changed(vm);
	return ret;
}

/**
 * fake_vm_map() - map an object where nothing is mapped
 * @vm: the VM
 * @bo: the object, or NULL for addresses without memory
 * @start: first address, at a page
 * @size: bytes, whole pages, at least one
 * @offset: where in @bo to begin, at a page; the caller has checked that it has the bytes
 * @flags: FAKE_MAP_READ ...
 * @user_flags: &fake_mapping.user_flags
 *
 * Return: 0; -EEXIST if something is mapped there; -ENOMEM.
 */
int fake_vm_map(struct fake_vm *vm, struct fake_bo *bo, u64 start, u64 size, u64 offset,
		u32 flags, u64 user_flags)
{
	int ret;

	mutex_lock(&vm->gpu->vm_lock);
	ret = map_locked(vm, bo, start, size, offset, flags, user_flags);
	mutex_unlock(&vm->gpu->vm_lock);
	return ret;
}

/* The part of a mapping from @start to @end. */
static struct fake_mapping *part_of(struct fake_mapping *mapping, u64 start, u64 end)
{
	return mapping_create(mapping->bo, start, end - start,
			      mapping->offset + (start - mapping->start), mapping->flags,
			      mapping->user_flags);
}

static int clear_locked(struct fake_vm *vm, u64 start, u64 size)
{
	struct fake_mapping *mapping, *before = NULL, *after = NULL;
	u64 end = start + size;
	unsigned long page;
	int ret;

	/* What may fail comes first: what is left of mappings that are cut. */
	page = first_page(start);
	mapping = mt_find(&vm->mappings, &page, page);
	if (mapping && mapping->start < start) {
		before = part_of(mapping, mapping->start, start);
		if (IS_ERR(before))
			return PTR_ERR(before);
	}
	page = last_page(start, size);
	mapping = mt_find(&vm->mappings, &page, page);
	if (mapping && mapping->start + mapping->size > end) {
		after = part_of(mapping, end, mapping->start + mapping->size);
		if (IS_ERR(after)) {
			if (before)
				kref_put(&before->ref, mapping_free);
			return PTR_ERR(after);
		}
	}

	page = first_page(start);
	mt_for_each(&vm->mappings, mapping, page, last_page(start, size))
		remove(vm, mapping);

	if (before) {
		ret = insert(vm, before);
		if (ret) {
			kref_put(&before->ref, mapping_free);
			before = NULL;
			goto err_after;
		}
	}
	if (after) {
		ret = insert(vm, after);
		if (ret)
			goto err_after;
	}
	return 0;

err_after:
	if (after)
		kref_put(&after->ref, mapping_free);
	return ret;
}

/**
 * fake_vm_clear() - unmap whatever is mapped at some addresses
 * @vm: the VM
 * @start: first address, at a page
 * @size: bytes, whole pages, at least one
 *
 * Mappings that are only in part there are cut.
 *
 * Return: 0 or -ENOMEM.
 */
int fake_vm_clear(struct fake_vm *vm, u64 start, u64 size)
{
	int ret;

	mutex_lock(&vm->gpu->vm_lock);
	ret = clear_locked(vm, start, size);
	mutex_unlock(&vm->gpu->vm_lock);
	return ret;
}

/**
 * fake_vm_replace() - as fake_vm_map(), and whatever is mapped there goes
 * @vm: the VM
 * @bo: see fake_vm_map()
 * @start: see fake_vm_map()
 * @size: see fake_vm_map()
 * @offset: see fake_vm_map()
 * @flags: see fake_vm_map()
 * @user_flags: see fake_vm_map()
 *
 * Return: 0 or -ENOMEM.
 */
int fake_vm_replace(struct fake_vm *vm, struct fake_bo *bo, u64 start, u64 size, u64 offset,
		    u32 flags, u64 user_flags)
{
	int ret;

	mutex_lock(&vm->gpu->vm_lock);
	ret = clear_locked(vm, start, size);
	if (!ret)
		ret = map_locked(vm, bo, start, size, offset, flags, user_flags);
	mutex_unlock(&vm->gpu->vm_lock);
	return ret;
}

/**
 * fake_vm_unmap_at() - unmap an object at an address
 * @vm: the VM
 * @bo: the object, or NULL for addresses without memory
 * @start: the first address of the mapping
 *
 * Return: 0, or -ENOENT if no mapping of it begins there.
 */
int fake_vm_unmap_at(struct fake_vm *vm, struct fake_bo *bo, u64 start)
{
	struct fake_mapping *mapping;
	int ret = -ENOENT;

	mutex_lock(&vm->gpu->vm_lock);
	mapping = mtree_load(&vm->mappings, first_page(start));
	if (mapping && mapping->bo == bo && mapping->start == start) {
		remove(vm, mapping);
		ret = 0;
	}
	mutex_unlock(&vm->gpu->vm_lock);
	return ret;
}

/**
 * fake_vm_unmap_bo() - unmap an object wherever it is mapped
 * @vm: the VM
 * @bo: the object, to which the caller has a reference
 *
 * Return: number of mappings it had.
 */
unsigned int fake_vm_unmap_bo(struct fake_vm *vm, struct fake_bo *bo)
{
	struct fake_mapping *mapping, *next;
	unsigned int count = 0;

	mutex_lock(&vm->gpu->vm_lock);
	list_for_each_entry_safe(mapping, next, &bo->mappings, of_bo) {
		if (mapping->vm != vm)
			continue;
		remove(vm, mapping);
		count++;
	}
	mutex_unlock(&vm->gpu->vm_lock);
	return count;
}

static void table_free(struct kref *ref)
{
	struct fake_vm_table *table = container_of(ref, struct fake_vm_table, ref);
	unsigned int i;

	for (i = 0; i < table->count; i++)
		kref_put(&table->mapping[i]->ref, mapping_free);
	kvfree(table);
}

/**
 * fake_vm_table_put() - drop a reference
 * @table: the table
 *
 * May take the dma_resv locks of the objects that are mapped.
 */
void fake_vm_table_put(struct fake_vm_table *table)
{
	kref_put(&table->ref, table_free);
}

/**
 * fake_vm_table_get() - the address space as it is
 * @vm: the VM
 *
 * Not to be called with a dma_resv locked.
 *
 * Return: the table, for fake_vm_table_put(); or -ENOMEM.
 */
struct fake_vm_table *fake_vm_table_get(struct fake_vm *vm)
{
	struct fake_vm_table *table;
	struct fake_mapping *mapping;
	unsigned long page = 0;
	unsigned int i = 0;

	mutex_lock(&vm->gpu->vm_lock);
	table = vm->table;
	if (!table) {
		table = kvmalloc(struct_size(table, mapping, vm->count), GFP_KERNEL);
		if (!table) {
			table = ERR_PTR(-ENOMEM);
			goto out;
		}
		kref_init(&table->ref);
		table->count = vm->count;
		mt_for_each(&vm->mappings, mapping, page, ULONG_MAX) {
			kref_get(&mapping->ref);
			table->mapping[i++] = mapping;
		}
		vm->table = table;
	}
	kref_get(&table->ref);
out:
	mutex_unlock(&vm->gpu->vm_lock);
	return table;
}

/**
 * fake_vm_table_find() - find what is mapped at an address
 * @table: the table
 * @addr: the address
 *
 * Return: the mapping, which is @table's, or NULL.
 */
struct fake_mapping *fake_vm_table_find(struct fake_vm_table *table, u64 addr)
{
	unsigned int low = 0, high = table->count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		struct fake_mapping *mapping = table->mapping[middle];

		if (addr < mapping->start)
			high = middle;
		else if (addr - mapping->start >= mapping->size)
			low = middle + 1;
		else
			return mapping;
	}
	return NULL;
}
