/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the fake xe share: xe.c, xe_dma_buf.c, xe_query.c, xe_vm.c, xe_queue.c, xe_exec.c,
 * xe_sync.c, xe_user_fence.c.
 */
#ifndef XE_H
#define XE_H

#include <linux/xarray.h>

#include <drm/drm_ioctl.h>

#include <uapi/drm/xe_drm.h>

#include "fake.h"

/* A DG2 of the kind G11: Arc A380. Address bits and pages of VRAM: xe_pci.c. */
#define XE_DEVICE_ID	0x56a5
#define XE_REVISION	5
#define XE_VA_BITS	48
#define XE_VRAM_PAGE	(64 * 1024)
/* Regions: bit 0 is the system's memory, bit 1 the VRAM. */
#define XE_REGION_MASK	0x3
#define XE_REGION_VRAM	0x2
/* Page attribute tables: xelp_pat_table in xe_pat.c, where only the first is coherent. */
#define XE_NUM_PAT	4
/* Engines of one queue, at most: XE_HW_ENGINE_MAX_INSTANCE of xe_hw_engine_types.h. */
#define XE_MAX_INSTANCE	9
#define XE_MAX_EXTENSIONS 16

/**
 * struct xe_engine - an engine as clients name it
 * @engine_class: DRM_XE_ENGINE_CLASS_RENDER ...
 * @instance: of the class
 */
struct xe_engine {
	u16 engine_class;
	u16 instance;
};

extern const struct xe_engine xe_engines[];
extern const unsigned int xe_num_engines;

/**
 * struct xe_fake - the vendor's part of a device
 * @ufence_wq: who waits for fences in user memory
 */
struct xe_fake {
	wait_queue_head_t ufence_wq;
};

/**
 * struct xe_file - a client
 * @vms: struct xe_vm by id
 * @queues: struct xe_queue by id
 */
struct xe_file {
	struct xarray vms;
	struct xarray queues;
};

/**
 * struct xe_vm - an address space
 * @ref: references
 * @lock: serialises binds with each other, and with submissions
 * @closed: it was destroyed
 * @scratch: what is not mapped is scratch memory, instead of a fault
 * @vm: the addresses
 */
struct xe_vm {
	struct kref ref;
	struct mutex lock;
	bool closed;
	bool scratch;
	struct fake_vm *vm;
};

/**
 * struct xe_queue - a queue of submissions
 * @ref: references of the client and of its jobs
 * @gpu: the device, which its clients and jobs see to it that stays
 * @vm: where it executes, referenced
 * @entity: where its jobs are queued, unless it is for binds
 * @scheds: the schedulers of the engines it may use
 * @has_entity: whether it is not for binds
 * @width: batch buffers of a submission
 * @banned: it takes and executes no more
 * @jobs: how many there are that are not over
 * @last_fence: of the last submission, protected by @vm's lock
 */
struct xe_queue {
	struct kref ref;
	struct fake_gpu *gpu;
	struct xe_vm *vm;
	struct drm_sched_entity entity;
	struct drm_gpu_scheduler *scheds[XE_MAX_INSTANCE];
	bool has_entity;
	u16 width;
	bool banned;
	atomic_t jobs;
	struct dma_fence *last_fence;
};

/* Whether any of the words that must be zero is not. */
#define XE_MBZ(args) ((args)->reserved[0] || (args)->reserved[1])

static inline struct xe_fake *to_xe(struct fake_gpu *gpu)
{
	return gpu->priv;
}

struct xe_vm *xe_vm_get(struct xe_file *client, u32 id);
void xe_vm_put(struct xe_vm *vm);
struct xe_queue *xe_queue_get(struct xe_file *client, u32 id);
void xe_queue_put(struct xe_queue *queue);
void xe_vms_close(struct xe_file *client);
void xe_queues_close(struct xe_file *client);
int xe_job_prepare(struct fake_job *job);
void xe_job_reset(struct fake_gpu *gpu, struct fake_job *job);

/* --- Syncs: xe_sync.c */

struct dma_fence_chain;
struct drm_syncobj;

/**
 * struct xe_sync - a sync of a submission or bind
 * @signal: it is to be signalled, not waited for
 * @syncobj: the syncobj, referenced, or NULL for a fence in memory
 * @fence: to wait for, referenced, or NULL
 * @chain: for a point to be signalled, or NULL
 * @addr: of a fence in memory: in the GPU's address space for a submission, in the task's for a bind
 * @value: point, or what is stored to @addr
 */
struct xe_sync {
	bool signal;
	struct drm_syncobj *syncobj;
	struct dma_fence *fence;
	struct dma_fence_chain *chain;
	u64 addr;
	u64 value;
};

int xe_syncs_parse(struct drm_file *file, u64 user, u32 count, bool exec, struct xe_sync **syncs);
void xe_syncs_signal(struct xe_sync *syncs, u32 count, struct dma_fence *fence);
void xe_syncs_free(struct xe_sync *syncs, u32 count);

int xe_bo_validate(struct fake_bo *bo);
struct dma_buf *xe_export(struct drm_gem_object *obj, int flags);
struct drm_gem_object *xe_import(struct drm_device *drm, struct dma_buf *dma_buf);
int xe_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_exec_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_exec_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_exec_queue_get_property_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_exec_queue_set_property_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_exec_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int xe_wait_user_fence_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif
