/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the fake i915 share. */
#ifndef I915_H
#define I915_H

#include <linux/hashtable.h>
#include <linux/xarray.h>

#include <drm/drm_mm.h>
#include <drm/i915_drm.h>

#include "fake.h"

/* An ATS-M 150: include/drm/intel/pciids.h. */
#define I915_CHIPSET_ID	0x56c0
#define I915_REVISION	0x08

/* Addresses of a full ppgtt: .dma_mask_size and .__runtime.ppgtt_size in i915_pci.c. */
#define I915_VM_SIZE		BIT_ULL(48)
#define PAGE_64K	SZ_64K

/* gem/i915_gem_context_types.h and i915_file_private.h */
#define CONTEXT_FAST_HANG_JIFFIES	(120 * HZ)
#define CLIENT_FAST_HANG_JIFFIES	(60 * HZ)
#define CLIENT_SCORE_HANG_FAST		1
#define CLIENT_SCORE_CONTEXT_BAN	3
#define CLIENT_SCORE_BANNED		9

/* Number of engines. */
#define I915_NUM_ENGINES	10
extern const struct i915_engine_class_instance i915_engines[I915_NUM_ENGINES];

/**
 * struct i915_region - a region of memory as clients name it
 * @region: its name
 * @where: which it is
 */
struct i915_region {
	struct drm_i915_gem_memory_class_instance region;
	enum fake_region where;
};

#define I915_NUM_REGIONS	2
extern const struct i915_region i915_regions[I915_NUM_REGIONS];

/* &fake_bo.flags: I915_BO_ALLOC_GPU_ONLY, of objects that were created without need of the CPU. */
#define I915_BO_GPU_ONLY BIT_ULL(0)

/* No engine. */
#define I915_NO_ENGINE 0xff

/**
 * struct i915_vm - a ppgtt
 * @ref: references: of ids, contexts
 * @vm: what the engines see
 * @mm: the addresses that are taken
 * @vmas: struct i915_vma by object
 * @of_client: in &i915_client.vms
 */
struct i915_vm {
	struct kref ref;
	struct fake_vm *vm;
	struct drm_mm mm;
	DECLARE_HASHTABLE(vmas, 8);
	struct list_head of_client;
};

/**
 * struct i915_vma - an object in an address space
 * @hash: in &i915_vm.vmas
 * @node: its addresses
 * @bo: the object, which goes on existing until it was closed, and its vma with it
 * @mapped: the engines see it at @node
 * @batch: number of the submission that has used it last
 * @pinned: that submission told where
 */
struct i915_vma {
	struct hlist_node hash;
	struct drm_mm_node node;
	struct fake_bo *bo;
	bool mapped;
	u64 batch;
	bool pinned;
};

/**
 * struct i915_client - an open file
 * @gpu: the device
 * @lock: protects all of the client's address spaces and contexts, and orders its submissions
 * @contexts: by id; 0 is the default context
 * @vm_ids: struct i915_vm by id
 * @vms: all struct i915_vm
 * @submissions: number of submissions
 * @ban_score: what hung contexts have gained it
 * @hang: jiffies of its last hang
 * @bsd: which video engine it gets for I915_EXEC_BSD
 * @rcu: frees it
 */
struct i915_client {
	struct fake_gpu *gpu;
	struct mutex lock;
	struct xarray contexts;
	struct xarray vm_ids;
	struct list_head vms;
	u64 submissions;
	atomic_t ban_score;
	unsigned long hang;
	u8 bsd;
	struct rcu_head rcu;
};

/* The GuC's priorities: I915_SCHEDULER_CAP_STATIC_PRIORITY_MAP in i915_drm.h. */
enum i915_guc_priority {
	GUC_PRIORITY_HIGH,
	GUC_PRIORITY_NORMAL,
	GUC_PRIORITY_LOW,
	GUC_PRIORITIES,
};

/**
 * struct i915_ring - a context on an engine, where jobs are executed in the order of submission
 * @entities: by priority, since an entity cannot change its
 * @made: BIT() of those that were used
 * @last: the last job's fence, or NULL
 * @last_priority: where it was queued
 */
struct i915_ring {
	struct drm_sched_entity entities[GUC_PRIORITIES];
	unsigned int made;
	struct dma_fence *last;
	enum i915_guc_priority last_priority;
};

/**
 * struct i915_context - a logical context
 * @ref: references: of its id, and of jobs
 * @client: its client until it is closed, then NULL; read under RCU where that can be
 * @vm: its address space
 * @proto: it was not used yet, so that its engines and its VM can be chosen
 * @num_user_engines: number of engines the client has chosen, or -1 for the legacy rings
 * @user_engines: those: indices into i915_engines[], or I915_NO_ENGINE
 * @rings: by index into i915_engines[]
 * @priority: of -1023 to 1023
 * @bannable: see I915_CONTEXT_PARAM_BANNABLE
 * @recoverable: likewise
 * @persistent: likewise
 * @no_error_capture: likewise
 * @banned: does not execute any more
 * @guilty: hangs
 * @hangs: jiffies of the last of them
 */
struct i915_context {
	struct kref ref;
	struct i915_client *client;
	struct i915_vm *vm;
	bool proto;
	int num_user_engines;
	u8 user_engines[I915_EXEC_RING_MASK + 1];
	struct i915_ring rings[I915_NUM_ENGINES];
	int priority;
	bool bannable;
	bool recoverable;
	bool persistent;
	bool no_error_capture;
	bool banned;
	atomic_t guilty;
	unsigned long hangs[2];
};

extern const struct drm_gem_object_funcs i915_gem_funcs;

/* Called for an extension of an ioctl's argument, which is in user memory. */
typedef int (*i915_extension_fn)(struct i915_user_extension __user *ext, void *data);

/* --- i915.c */

int i915_user_extensions(u64 address, const i915_extension_fn *table, unsigned int count,
			 void *data);

/* --- i915_vm.c */

void i915_vma_unbind(struct i915_vm *vm, struct i915_vma *vma);
void i915_vma_free(struct i915_vm *vm, struct i915_vma *vma);
struct i915_vma *i915_vma_find(struct i915_vm *vm, struct fake_bo *bo);
struct i915_vma *i915_vma_get(struct i915_vm *vm, struct fake_bo *bo);
struct i915_vm *i915_vm_create(struct i915_client *client);
void i915_vm_put(struct i915_vm *vm);
int i915_gem_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_gem_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* --- i915_context.c */

enum i915_guc_priority i915_guc_priority(int priority);
struct drm_sched_entity *i915_ring_entity(struct i915_ring *ring, struct fake_engine *engine,
					  enum i915_guc_priority priority);
struct i915_context *i915_context_create(struct i915_client *client);
void i915_context_close(struct i915_context *ctx);
struct i915_context *i915_context_use(struct i915_client *client, u32 id);
void i915_job_released(struct fake_job *job);
int i915_prepare(struct fake_job *job);
void i915_job_done(struct fake_job *job, int error);
int i915_gem_context_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_gem_context_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_gem_context_getparam_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_gem_context_setparam_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_get_reset_stats_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* --- i915_query.c */

int i915_getparam_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* --- i915_gem.c */

int i915_bo_get_pages(struct fake_bo *bo);
int i915_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_dumb_create(struct drm_file *file, struct drm_device *drm,
		     struct drm_mode_create_dumb *args);
int i915_gem_create_ext_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_gem_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_dumb_map_offset(struct drm_file *file, struct drm_device *drm, u32 handle, u64 *offset);
int i915_gem_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int i915_gem_busy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* --- i915_dma_buf.c */

struct dma_buf *i915_export(struct drm_gem_object *obj, int flags);
struct drm_gem_object *i915_import(struct drm_device *drm, struct dma_buf *dma_buf);

/* --- i915_exec.c */

int i915_gem_execbuffer2_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif
