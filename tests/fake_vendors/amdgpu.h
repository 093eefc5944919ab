/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the fake amdgpu share. */
#ifndef AMDGPU_H
#define AMDGPU_H

#include <linux/xarray.h>

#include <drm/drm_ioctl.h>

#include <uapi/drm/amdgpu_drm.h>

#include "fake.h"

/* Addresses, of 48 bits: amdgpu_vm.h, amdgpu_gmc.h. */
#define VA_BITS			48
#define VA_RESERVED_BOTTOM	(1ULL << 16)
#define VA_RESERVED_TOP		((1ULL << 16) + (2ULL << 20) + (2ULL << 20))
#define VA_HOLE_START		0x0000800000000000ULL
#define VA_HOLE_END		0xffff800000000000ULL
#define VA_HOLE_MASK		0x0000ffffffffffffULL
#define VA_END			((1ULL << VA_BITS) - VA_RESERVED_TOP)

/* Rings of a context by the kind of engine, at most: amdgpu_ctx_num_entities in amdgpu_ctx.c. */
#define MAX_ENTITIES		4
extern const unsigned int amdgpu_num_entities[AMDGPU_HW_IP_NUM];
extern const unsigned int amdgpu_max_ibs[AMDGPU_HW_IP_NUM];

/**
 * struct amdgpu_fake - the vendor's part of a device
 * @scheds: schedulers of the engines of each kind
 * @num_scheds: number of them
 */
struct amdgpu_fake {
	struct drm_gpu_scheduler *scheds[AMDGPU_HW_IP_NUM][MAX_ENTITIES];
	unsigned int num_scheds[AMDGPU_HW_IP_NUM];
};

/**
 * struct amdgpu_file - a client
 * @vm: its address space
 * @handles: how many handles it has to each object, by the object's address
 * @contexts: struct amdgpu_ctx by id
 * @bo_lists: struct amdgpu_bo_list by handle
 */
struct amdgpu_file {
	struct fake_vm *vm;
	struct xarray handles;
	struct xarray contexts;
	struct xarray bo_lists;
};

static inline struct amdgpu_fake *to_amdgpu(struct fake_gpu *gpu)
{
	return gpu->priv;
}

int amdgpu_ctx_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_sched_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_bo_list_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_cs_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_cs_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_cs_wait_fences_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_cs_fence_to_handle_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_info_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

int amdgpu_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_userptr_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_mmap_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_wait_idle_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_metadata_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_op_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_list_handles_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_gem_va_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int amdgpu_mode_dumb_create(struct drm_file *file, struct drm_device *drm,
			    struct drm_mode_create_dumb *args);
int amdgpu_mode_dumb_mmap(struct drm_file *file, struct drm_device *drm, u32 handle, u64 *offset);

extern const struct drm_gem_object_funcs amdgpu_gem_funcs;

int amdgpu_job_prepare(struct fake_job *job);
int amdgpu_bo_init_imported(struct fake_bo *bo);
void amdgpu_bo_free(struct fake_bo *bo);
struct dma_buf *amdgpu_export(struct drm_gem_object *obj, int flags);
struct drm_gem_object *amdgpu_import(struct drm_device *drm, struct dma_buf *dma_buf);
bool amdgpu_file_is(struct file *file);
unsigned long amdgpu_timeout(u64 timeout_ns);

#endif
