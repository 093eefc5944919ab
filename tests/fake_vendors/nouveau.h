/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the fake nouveau share. */
#ifndef NOUVEAU_H
#define NOUVEAU_H

#include <linux/xarray.h>

#include <drm/drm_mm.h>

#include <uapi/drm/nouveau_drm.h>

#include "fake.h"

#define CHIPSET		0x162
#define VENDOR_ID	0x10de
#define DEVICE_ID	0x1e04

/* NOUVEAU_VA_SPACE_END in nouveau_uvmm.c */
#define VA_END		BIT_ULL(47)
/* Where the driver itself maps objects. */
#define OWN_START	0x100000ull
#define OWN_END		BIT_ULL(40)
/* NV50_DMA_IB_MAX and NV50_DMA_PUSH_MAX_LENGTH in nouveau_dma.h; nouveau_exec.h */
#define IB_MAX		(0x2000 / 8 - 1)
#define PUSH_MAX	(IB_MAX / 2 - 1)
#define PUSH_MAX_LENGTH	0x7fffff

#define DOMAIN_CPU	NOUVEAU_GEM_DOMAIN_CPU
#define DOMAIN_VRAM	NOUVEAU_GEM_DOMAIN_VRAM
#define DOMAIN_GART	NOUVEAU_GEM_DOMAIN_GART
#define DOMAIN_NO_SHARE	NOUVEAU_GEM_DOMAIN_NO_SHARE

enum nouveau_engine {
	ENGINE_GR,
	ENGINE_CE,
	ENGINE_NVDEC,
	/* Not one of the GPU: where VM_BIND's jobs go. */
	ENGINE_BIND,
};

/**
 * struct nouveau_gpu - &fake_gpu.priv
 * @place_lock: protects &fake_bo.allowed and .preferred. Taken inside of dma_resv locks
 */
struct nouveau_gpu {
	struct mutex place_lock;
};

/**
 * struct nouveau_client - an open file
 * @gpu: the device
 * @lock: protects all of it, and orders what it submits
 * @vm: its address space
 * @mm: addresses the driver has given to objects, with the first UAPI
 * @vmas: struct nouveau_vma
 * @uvmm: it has the second UAPI
 * @uvmm_disabled: it has the first one for good
 * @kernel_start: first address that VM_BIND leaves alone
 * @kernel_size: bytes from there on
 * @regions: struct nouveau_region
 * @bind: where VM_BIND's jobs are queued, with the second UAPI
 * @channels: struct nouveau_channel
 */
struct nouveau_client {
	struct fake_gpu *gpu;
	struct mutex lock;
	struct fake_vm *vm;
	struct drm_mm mm;
	struct list_head vmas;
	bool uvmm;
	bool uvmm_disabled;
	u64 kernel_start;
	u64 kernel_size;
	struct list_head regions;
	struct drm_sched_entity bind;
	struct xarray channels;
};

/**
 * struct nouveau_vma - an object that the driver has mapped
 * @of_client: in &nouveau_client.vmas
 * @node: its addresses
 * @bo: the object
 * @refs: how many times the client has opened it
 */
struct nouveau_vma {
	struct list_head of_client;
	struct drm_mm_node node;
	struct fake_bo *bo;
	unsigned int refs;
};

/**
 * struct nouveau_region - sparse addresses
 * @of_client: in &nouveau_client.regions
 * @start: the first
 * @size: bytes
 */
struct nouveau_region {
	struct list_head of_client;
	u64 start;
	u64 size;
};

/**
 * struct nouveau_channel - a channel
 * @ref: references: of the client, and of its jobs
 * @entity: where its jobs are queued
 * @killed: a job of it hung, or has faulted
 */
struct nouveau_channel {
	struct kref ref;
	struct drm_sched_entity entity;
	bool killed;
};

extern const struct drm_gem_object_funcs nouveau_gem_funcs;

/* --- nouveau_channel.c */

void nouveau_channel_put(struct nouveau_channel *chan);
void nouveau_channel_close(struct nouveau_channel *chan);
int nouveau_getparam(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_channel_alloc(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_channel_free(struct drm_device *drm, void *data, struct drm_file *file);

/* --- nouveau_gem.c */

u32 nouveau_valid_domains(const struct fake_bo *bo);
u32 nouveau_regions_of(u32 domains);
int nouveau_bo_place(struct fake_bo *bo, u32 regions);
struct drm_gem_object *nouveau_import(struct drm_device *drm, struct dma_buf_attachment *attach,
				      struct sg_table *sgt);
struct nouveau_vma *nouveau_find_vma_of(struct nouveau_client *client, struct fake_bo *bo);
struct fake_bo *nouveau_bo_new(struct nouveau_client *client, u64 size, u32 align, u32 domains,
			       u32 tile_flags);
void nouveau_disable_uvmm_noinit(struct nouveau_client *client);
int nouveau_gem_new(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_gem_info(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_cpu_prep(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_cpu_fini(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_dumb_create(struct drm_file *file, struct drm_device *drm,
			struct drm_mode_create_dumb *args);

/* --- nouveau_pushbuf.c */

int nouveau_prepare(struct fake_job *job);
struct fake_job *nouveau_channel_job(struct nouveau_client *client, struct nouveau_channel *chan,
				     struct drm_file *file, unsigned int pushes);
void nouveau_add_push(struct fake_job *job, u64 addr, u64 size);
void *nouveau_copy_array(u64 address, unsigned int count, size_t size);
int nouveau_pushbuf(struct drm_device *drm, void *data, struct drm_file *file);

/* --- nouveau_sched.c */

/**
 * struct nouveau_syncs - the fences of a submission
 * @in: what is awaited
 * @num_in: number of them
 * @out: what is signalled
 * @num_out: number of them
 * @objs: the syncobjs of @out
 * @chains: for those of them that are timelines
 */
struct nouveau_syncs {
	struct drm_nouveau_sync *in;
	u32 num_in;
	struct drm_nouveau_sync *out;
	u32 num_out;
	struct drm_syncobj **objs;
	struct dma_fence_chain **chains;
};

void nouveau_syncs_free(struct nouveau_syncs *syncs);
int nouveau_syncs_copy(struct nouveau_syncs *syncs, u64 in, u32 num_in, u64 out, u32 num_out);
int nouveau_syncs_await(struct nouveau_syncs *syncs, struct fake_job *job, struct drm_file *file);
int nouveau_syncs_prepare(struct nouveau_syncs *syncs, struct drm_file *file);
int nouveau_job_take_mapped(struct nouveau_client *client, struct fake_job *job);
int nouveau_job_submit(struct nouveau_client *client, struct fake_job *job,
		       struct nouveau_syncs *syncs, enum dma_resv_usage usage,
		       struct dma_fence **fence);

/* --- nouveau_exec.c */

int nouveau_exec(struct drm_device *drm, void *data, struct drm_file *file);

/* --- nouveau_uvmm.c */

int nouveau_vm_init(struct drm_device *drm, void *data, struct drm_file *file);
int nouveau_vm_bind(struct drm_device *drm, void *data, struct drm_file *file);

#endif
