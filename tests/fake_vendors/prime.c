// SPDX-License-Identifier: GPL-2.0
/*
 * What is exported to other devices as a dma-buf, and imported from them.
 */
#include <linux/dma-buf.h>

#include <drm/drm_prime.h>

#include "fake.h"

/**
 * fake_bo_get_sg_table() - &drm_gem_object_funcs.get_sg_table: another device maps the memory
 * @obj: the object, pinned
 *
 * Return: a table of its pages, which the caller frees; or an error pointer.
 */
struct sg_table *fake_bo_get_sg_table(struct drm_gem_object *obj)
{
	int ret = fake_fault_error(to_fake_gpu(obj->dev), FAKE_FAULT_MAP_BY_OTHER);

	return ret ? ERR_PTR(ret) : drm_gem_shmem_object_get_sg_table(obj);
}

/**
 * fake_prime_import() - &drm_driver.gem_prime_import
 * @drm: the device
 * @dma_buf: what is imported
 *
 * Return: the object, referenced; or an error pointer.
 */
struct drm_gem_object *fake_prime_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	int ret = 0;

	/* What comes home is no import. */
	if (!drm_gem_is_prime_exported_dma_buf(drm, dma_buf))
		ret = fake_fault_error(to_fake_gpu(drm), FAKE_FAULT_IMPORT);
	return ret ? ERR_PTR(ret) : drm_gem_prime_import(drm, dma_buf);
}

/**
 * fake_prime_import_sg_table() - &drm_driver.gem_prime_import_sg_table
 * @drm: the device
 * @attach: attachment of the dma-buf
 * @sgt: its memory
 *
 * The memory is accounted for where it comes from.
 */
struct drm_gem_object *fake_prime_import_sg_table(struct drm_device *drm,
						  struct dma_buf_attachment *attach,
						  struct sg_table *sgt)
{
	struct drm_gem_object *obj = drm_gem_shmem_prime_import_sg_table(drm, attach, sgt);

	if (!IS_ERR(obj)) {
		struct fake_bo *bo = to_fake_bo(obj);

		bo->region = FAKE_GTT;
		bo->preferred = FAKE_IN(FAKE_GTT);
		bo->allowed = FAKE_IN(FAKE_GTT);
	}
	return obj;
}
