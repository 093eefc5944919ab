// SPDX-License-Identifier: GPL-2.0
/* Objects of the fake nouveau. See nouveau.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <drm/drm_dumb_buffers.h>
#include <drm/drm_prime.h>

#include "nouveau.h"

/* valid_domains of nouveau_gem_new() in nouveau_gem.c: those the object was made for */
u32 nouveau_valid_domains(const struct fake_bo *bo)
{
	return bo->flags & (DOMAIN_VRAM | DOMAIN_GART);
}

u32 nouveau_regions_of(u32 domains)
{
	u32 regions = 0;

	if (domains & DOMAIN_VRAM)
		regions |= FAKE_IN(FAKE_VRAM);
	if (domains & DOMAIN_GART)
		regions |= FAKE_IN(FAKE_GTT);
	return regions ?: FAKE_IN(FAKE_SYSTEM);
}

/* Moves an object to one of some regions, as nouveau_bo_validate() with that placement. */
int nouveau_bo_place(struct fake_bo *bo, u32 regions)
{
	struct nouveau_gpu *priv = to_fake_gpu(bo->shmem.base.dev)->priv;
	u32 allowed;
	int ret;

	mutex_lock(&priv->place_lock);
	allowed = bo->allowed;
	bo->preferred = regions;
	bo->allowed = regions;
	ret = fake_bo_validate(bo);
	bo->allowed = allowed;
	mutex_unlock(&priv->place_lock);
	return ret;
}

/* nouveau_gem_prime_pin() in nouveau_prime.c: in the system's memory, wherever it was made for */
static int nouveau_pin(struct drm_gem_object *obj)
{
	struct nouveau_gpu *priv = to_fake_gpu(obj->dev)->priv;
	int ret;

	mutex_lock(&priv->place_lock);
	ret = fake_bo_pin(obj);
	mutex_unlock(&priv->place_lock);
	return ret ? -EINVAL : 0;
}

/* nouveau_gem_prime_export() in nouveau_prime.c */
static struct dma_buf *nouveau_export(struct drm_gem_object *obj, int flags)
{
	if (to_fake_bo(obj)->root)
		return ERR_PTR(-EPERM);
	return drm_gem_prime_export(obj, flags);
}

/* nouveau_gem_prime_import_sg_table() in nouveau_prime.c */
struct drm_gem_object *nouveau_import(struct drm_device *drm,
				      struct dma_buf_attachment *attach,
				      struct sg_table *sgt)
{
	struct drm_gem_object *obj = fake_prime_import_sg_table(drm, attach, sgt);

	if (!IS_ERR(obj)) {
		to_fake_bo(obj)->flags = DOMAIN_GART;
		to_fake_bo(obj)->align = PAGE_SIZE;
	}
	return obj;
}

struct nouveau_vma *nouveau_find_vma_of(struct nouveau_client *client, struct fake_bo *bo)
{
	struct nouveau_vma *vma;

	list_for_each_entry(vma, &client->vmas, of_client)
		if (vma->bo == bo)
			return vma;
	return NULL;
}

/* nouveau_vma_new() in nouveau_vmm.c */
static int vma_new(struct nouveau_client *client, struct fake_bo *bo)
{
	struct nouveau_vma *vma = nouveau_find_vma_of(client, bo);
	int ret;

	if (vma) {
		vma->refs++;
		return 0;
	}
	vma = kzalloc_obj(*vma);
	if (!vma)
		return -ENOMEM;
	ret = drm_mm_insert_node_in_range(&client->mm, &vma->node, fake_bo_size(bo), bo->align, 0,
					  OWN_START, OWN_END, DRM_MM_INSERT_BEST);
	if (ret)
		goto err_free;
	ret = fake_vm_map(client->vm, bo, vma->node.start, fake_bo_size(bo), 0,
			  FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
	if (ret)
		goto err_node;
	vma->bo = bo;
	vma->refs = 1;
	list_add(&vma->of_client, &client->vmas);
	return 0;

err_node:
	drm_mm_remove_node(&vma->node);
err_free:
	kfree(vma);
	return ret;
}

static void vma_free(struct nouveau_client *client, struct nouveau_vma *vma)
{
	list_del(&vma->of_client);
	fake_vm_unmap_bo(client->vm, vma->bo);
	drm_mm_remove_node(&vma->node);
	kfree(vma);
}

/* nouveau_gem_object_open() in nouveau_gem.c */
static int nouveau_gem_open(struct drm_gem_object *obj, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct fake_bo *bo = to_fake_bo(obj);
	int ret = 0;

	mutex_lock(&client->lock);
	if (!client->uvmm)
		ret = vma_new(client, bo);
	else if (bo->root && bo->root != client->vm->root)
		ret = -EPERM;
	mutex_unlock(&client->lock);
	return ret;
}

/* nouveau_gem_object_close() in nouveau_gem.c */
static void nouveau_gem_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct nouveau_vma *vma;

	mutex_lock(&client->lock);
	if (!client->uvmm) {
		vma = nouveau_find_vma_of(client, to_fake_bo(obj));
		if (vma && !--vma->refs)
			vma_free(client, vma);
	}
	mutex_unlock(&client->lock);
}

const struct drm_gem_object_funcs nouveau_gem_funcs = {
	.free = fake_bo_free,
	.open = nouveau_gem_open,
	.close = nouveau_gem_close,
	.print_info = drm_gem_shmem_object_print_info,
	.export = nouveau_export,
	.pin = nouveau_pin,
	.unpin = fake_bo_unpin,
	.get_sg_table = fake_bo_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/*
 * nouveau_bo_alloc() and nouveau_bo_fixup_align() in nouveau_bo.c: the largest pages that are not
 * larger than the object. Only those of 4 KiB can be of the system's memory; those of 64 KiB and
 * 2 MiB are of VRAM: gp100_vmm in nvkm/subdev/mmu/vmmgp100.c.
 */
static u64 bo_page_size(u64 size, u32 domains)
{
	if (domains & DOMAIN_GART || !(domains & DOMAIN_VRAM))
		return PAGE_SIZE;
	if (size >= SZ_2M)
		return SZ_2M;
	return size >= SZ_64K ? SZ_64K : PAGE_SIZE;
}

/* The driver does not clear VRAM: what others left there is found by the next. */
static int leave_old_contents(struct fake_bo *bo)
{
	struct drm_gem_object *obj = &bo->shmem.base;
	struct iosys_map map;
	int ret;

	if (READ_ONCE(bo->region) != FAKE_VRAM)
		return 0;
	dma_resv_lock(obj->resv, NULL);
	ret = drm_gem_shmem_vmap_locked(&bo->shmem, &map);
	if (!ret) {
		iosys_map_memset(&map, 0, 0xdb, obj->size);
		drm_gem_shmem_vunmap_locked(&bo->shmem, &map);
	}
	dma_resv_unlock(obj->resv);
	return ret;
}

/* nouveau_gem_new() in nouveau_gem.c; flags that it does not know it ignores */
struct fake_bo *nouveau_bo_new(struct nouveau_client *client, u64 size, u32 align, u32 domains,
			       u32 tile_flags)
{
	struct fake_bo *bo, *root = NULL;
	u64 page, rounded;
	int ret;

	if (domains & DOMAIN_NO_SHARE) {
		if (!client->uvmm)
			return ERR_PTR(-EINVAL);
		root = client->vm->root;
	}
	/* nouveau_bo_alloc() */
	if (!size)
		return ERR_PTR(-EINVAL);
	/* tu102_mmu_kind() in nvkm/subdev/mmu/tu102.c */
	if ((tile_flags & NOUVEAU_GEM_TILE_LAYOUT_MASK) >> 8 > 0x0f)
		return ERR_PTR(-EINVAL);
	page = bo_page_size(size, domains);
	if (check_add_overflow(size, page - 1, &rounded))
		return ERR_PTR(-ENOMEM);
	bo = fake_bo_create(client->gpu, round_down(rounded, page), nouveau_regions_of(domains),
			    FAKE_IN(FAKE_SYSTEM) | FAKE_IN(FAKE_GTT) | FAKE_IN(FAKE_VRAM), root);
	if (IS_ERR(bo))
		return bo;
	bo->flags = domains | (u64)tile_flags << 32;
	bo->align = max_t(u64, page, align ? roundup_pow_of_two(align) : 0);
	ret = leave_old_contents(bo);
	if (ret) {
		drm_gem_object_put(&bo->shmem.base);
		return ERR_PTR(ret);
	}
	return bo;
}

/* nouveau_gem_info() in nouveau_gem.c */
static int gem_info(struct nouveau_client *client, struct fake_bo *bo,
		    struct drm_nouveau_gem_info *info)
{
	struct nouveau_vma *vma;
	u32 tile_flags = bo->flags >> 32;

	if (hweight32(nouveau_valid_domains(bo)) == 1)
		info->domain = nouveau_valid_domains(bo);
	else if (READ_ONCE(bo->region) == FAKE_GTT)
		info->domain = DOMAIN_GART;
	else
		info->domain = DOMAIN_VRAM;
	info->offset = 0;
	mutex_lock(&client->lock);
	vma = client->uvmm ? NULL : nouveau_find_vma_of(client, bo);
	if (vma)
		info->offset = vma->node.start;
	mutex_unlock(&client->lock);
	if (!client->uvmm && !vma)
		return -EINVAL;
	info->size = fake_bo_size(bo);
	info->map_handle = drm_vma_node_offset_addr(&bo->shmem.base.vma_node);
	info->tile_flags = tile_flags & (NOUVEAU_GEM_TILE_NONCONTIG | NOUVEAU_GEM_TILE_LAYOUT_MASK);
	return 0;
}

/* nouveau_cli_disable_uvmm_noinit() in nouveau_drv.h */
void nouveau_disable_uvmm_noinit(struct nouveau_client *client)
{
	if (!client->uvmm)
		client->uvmm_disabled = true;
}

/* nouveau_gem_ioctl_new() in nouveau_gem.c */
int nouveau_gem_new(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_gem_new *args = data;
	struct fake_bo *bo;
	int ret;

	mutex_lock(&client->lock);
	nouveau_disable_uvmm_noinit(client);
	mutex_unlock(&client->lock);
	bo = nouveau_bo_new(client, args->info.size, args->align, args->info.domain,
			    args->info.tile_flags);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->shmem.base, &args->info.handle);
	if (!ret) {
		ret = gem_info(client, bo, &args->info);
		if (ret)
			drm_gem_handle_delete(file, args->info.handle);
	}
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}

/* nouveau_gem_ioctl_info() in nouveau_gem.c */
int nouveau_gem_info(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nouveau_gem_info *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	int ret;

	if (!obj)
		return -ENOENT;
	ret = gem_info(file->driver_priv, to_fake_bo(obj), args);
	drm_gem_object_put(obj);
	return ret;
}

/* nouveau_gem_ioctl_cpu_prep() in nouveau_gem.c */
int nouveau_cpu_prep(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nouveau_gem_cpu_prep *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);
	bool write = args->flags & NOUVEAU_GEM_CPU_PREP_WRITE;
	long left;

	if (!obj)
		return -ENOENT;
	left = dma_resv_wait_timeout(obj->resv, dma_resv_usage_rw(write), true,
				     args->flags & NOUVEAU_GEM_CPU_PREP_NOWAIT ? 0 : 30 * HZ);
	drm_gem_object_put(obj);
	if (left < 0)
		return left;
	return left ? 0 : -EBUSY;
}

/* nouveau_gem_ioctl_cpu_fini() in nouveau_gem.c */
int nouveau_cpu_fini(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nouveau_gem_cpu_fini *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);

	if (!obj)
		return -ENOENT;
	drm_gem_object_put(obj);
	return 0;
}

/* nouveau_display_dumb_create() in nouveau_display.c */
int nouveau_dumb_create(struct drm_file *file, struct drm_device *drm,
			struct drm_mode_create_dumb *args)
{
	struct fake_bo *bo;
	int ret;

	ret = drm_mode_size_dumb(drm, args, SZ_256, 0);
	if (ret)
		return ret;
	bo = nouveau_bo_new(file->driver_priv, args->size, 0, DOMAIN_VRAM, 0);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->shmem.base, &args->handle);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}
