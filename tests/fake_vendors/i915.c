// SPDX-License-Identifier: GPL-2.0
/*
 * i915, as on a discrete GPU without a display: an ATS-M, which is a DG2 (graphics 12.55).
 *
 * So the rules are those of such GPUs, which differ much from integrated ones: no relocations, no
 * pread/pwrite/mmap/set-domain, FIXED mmap offsets alone, objects of local memory in units of 64
 * KiB, submission by the GuC with its three priorities, and proto-contexts (they are for graphics
 * versions up to 12). What each ioctl follows is named at its function; paths are below
 * drivers/gpu/drm/i915/.
 *
 * Not here: userptr, perf, protected content, virtual and parallel engines (refused with EINVAL, as
 * an extension that is not known), the blobs of hwconfig.
 */
#include <linux/hashtable.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include <drm/drm_cache.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_mm.h>
#include <drm/drm_syncobj.h>
#include <drm/i915_drm.h>

#include "fake.h"

/* An ATS-M 150: include/drm/intel/pciids.h. */
#define CHIPSET_ID	0x56c0
#define REVISION	0x08

/* Addresses of a full ppgtt: .dma_mask_size and .__runtime.ppgtt_size in i915_pci.c. */
#define VM_SIZE		BIT_ULL(48)
#define PAGE_64K	SZ_64K

/* gem/i915_gem_context_types.h and i915_file_private.h */
#define CONTEXT_FAST_HANG_JIFFIES	(120 * HZ)
#define CLIENT_FAST_HANG_JIFFIES	(60 * HZ)
#define CLIENT_SCORE_HANG_FAST		1
#define CLIENT_SCORE_CONTEXT_BAN	3
#define CLIENT_SCORE_BANNED		9

/* Engines in the order in which intel_engines_driver_register() registers them: by class. */
static const char *const engine_names[] = {
	"rcs0", "bcs0", "vcs0", "vcs1", "vecs0", "vecs1", "ccs0", "ccs1", "ccs2", "ccs3", NULL,
};

static const struct i915_engine_class_instance engines[] = {
	{ I915_ENGINE_CLASS_RENDER, 0 },
	{ I915_ENGINE_CLASS_COPY, 0 },
	{ I915_ENGINE_CLASS_VIDEO, 0 },
	{ I915_ENGINE_CLASS_VIDEO, 1 },
	{ I915_ENGINE_CLASS_VIDEO_ENHANCE, 0 },
	{ I915_ENGINE_CLASS_VIDEO_ENHANCE, 1 },
	{ I915_ENGINE_CLASS_COMPUTE, 0 },
	{ I915_ENGINE_CLASS_COMPUTE, 1 },
	{ I915_ENGINE_CLASS_COMPUTE, 2 },
	{ I915_ENGINE_CLASS_COMPUTE, 3 },
};

#define NUM_ENGINES ARRAY_SIZE(engines)
static_assert(NUM_ENGINES + 1 == ARRAY_SIZE(engine_names));

/* No engine. */
#define NO_ENGINE 0xff

/* --- Clients, contexts, and address spaces */

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
enum guc_priority {
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
	enum guc_priority last_priority;
};

/**
 * struct i915_context - a logical context
 * @ref: references: of its id, and of jobs
 * @client: its client until it is closed, then NULL; read under RCU where that can be
 * @vm: its address space
 * @proto: it was not used yet, so that its engines and its VM can be chosen
 * @num_user_engines: number of engines the client has chosen, or -1 for the legacy rings
 * @user_engines: those: indices into @engines[], or NO_ENGINE
 * @rings: by index into @engines[]
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
	struct i915_ring rings[NUM_ENGINES];
	int priority;
	bool bannable;
	bool recoverable;
	bool persistent;
	bool no_error_capture;
	bool banned;
	atomic_t guilty;
	unsigned long hangs[2];
};

static void vma_unbind(struct i915_vm *vm, struct i915_vma *vma)
{
	if (!drm_mm_node_allocated(&vma->node))
		return;
	drm_mm_remove_node(&vma->node);
	if (vma->mapped)
		fake_vm_unmap_bo(vm->vm, vma->bo);
	vma->mapped = false;
}

static void vma_free(struct i915_vm *vm, struct i915_vma *vma)
{
	vma_unbind(vm, vma);
	hash_del(&vma->hash);
	kfree(vma);
}

static struct i915_vma *i915_vma_find(struct i915_vm *vm, struct fake_bo *bo)
{
	struct i915_vma *vma;

	hash_for_each_possible(vm->vmas, vma, hash, (unsigned long)bo)
		if (vma->bo == bo)
			return vma;
	return NULL;
}

static struct i915_vma *vma_get(struct i915_vm *vm, struct fake_bo *bo)
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

static struct i915_vm *vm_create(struct i915_client *client)
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
	drm_mm_init(&vm->mm, 0, VM_SIZE);
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
		vma_free(vm, vma);
	drm_mm_takedown(&vm->mm);
	list_del(&vm->of_client);
	fake_vm_put(vm->vm);
	kfree(vm);
}

static void vm_put(struct i915_vm *vm)
{
	kref_put(&vm->ref, vm_free);
}

/* map_i915_prio_to_guc_prio() in gt/uc/intel_guc_submission.c */
static enum guc_priority guc_priority(int priority)
{
	if (priority < I915_CONTEXT_DEFAULT_PRIORITY)
		return GUC_PRIORITY_LOW;
	if (priority > I915_CONTEXT_DEFAULT_PRIORITY)
		return GUC_PRIORITY_HIGH;
	return GUC_PRIORITY_NORMAL;
}

static struct drm_sched_entity *ring_entity(struct i915_ring *ring, struct fake_engine *engine,
					    enum guc_priority priority)
{
	static const enum drm_sched_priority priorities[] = {
		[GUC_PRIORITY_HIGH] = DRM_SCHED_PRIORITY_HIGH,
		[GUC_PRIORITY_NORMAL] = DRM_SCHED_PRIORITY_NORMAL,
		[GUC_PRIORITY_LOW] = DRM_SCHED_PRIORITY_LOW,
	};
	struct drm_gpu_scheduler *sched = &engine->sched;
	int ret;

	if (!(ring->made & BIT(priority))) {
		ret = drm_sched_entity_init(&ring->entities[priority], priorities[priority],
					    &sched, 1, NULL);
		if (ret)
			return ERR_PTR(ret);
		ring->made |= BIT(priority);
	}
	return &ring->entities[priority];
}

static void ring_close(struct i915_ring *ring)
{
	unsigned int i;

	for (i = 0; i < GUC_PRIORITIES; i++)
		if (ring->made & BIT(i))
			drm_sched_entity_destroy(&ring->entities[i]);
	dma_fence_put(ring->last);
}

static void context_free(struct kref *ref)
{
	kfree(container_of(ref, struct i915_context, ref));
}

static void context_put(struct i915_context *ctx)
{
	kref_put(&ctx->ref, context_free);
}

static struct i915_context *context_create(struct i915_client *client)
{
	struct i915_context *ctx = kzalloc_obj(*ctx);
	unsigned int i;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->vm = vm_create(client);
	if (IS_ERR(ctx->vm)) {
		void *error = ERR_CAST(ctx->vm);

		kfree(ctx);
		return error;
	}
	kref_init(&ctx->ref);
	ctx->client = client;
	ctx->proto = true;
	ctx->num_user_engines = -1;
	ctx->bannable = true;
	ctx->recoverable = true;
	ctx->persistent = true;
	for (i = 0; i < ARRAY_SIZE(ctx->hangs); i++)
		ctx->hangs[i] = jiffies - CONTEXT_FAST_HANG_JIFFIES;
	return ctx;
}

/*
 * context_close() and kill_context() in gem/i915_gem_context.c: what was submitted is still executed
 * if the context is persistent, and cancelled otherwise.
 */
static void context_close(struct i915_context *ctx)
{
	unsigned int i;

	if (!ctx->persistent)
		WRITE_ONCE(ctx->banned, true);
	WRITE_ONCE(ctx->client, NULL);
	for (i = 0; i < NUM_ENGINES; i++)
		ring_close(&ctx->rings[i]);
	vm_put(ctx->vm);
	context_put(ctx);
}

/* i915_gem_context_lookup() in gem/i915_gem_context.c: from here on it is no proto-context. */
static struct i915_context *context_use(struct i915_client *client, u32 id)
{
	struct i915_context *ctx = xa_load(&client->contexts, id);

	if (ctx)
		ctx->proto = false;
	return ctx;
}

/* --- Hangs */

/* client_mark_guilty() in gt/intel_reset.c */
static void client_mark_guilty(struct i915_context *ctx)
{
	unsigned int score = READ_ONCE(ctx->banned) ? CLIENT_SCORE_CONTEXT_BAN : 0;
	struct i915_client *client;
	unsigned long before;

	rcu_read_lock();
	client = READ_ONCE(ctx->client);
	if (client) {
		before = xchg(&client->hang, jiffies);
		if (time_before(jiffies, before + CLIENT_FAST_HANG_JIFFIES))
			score += CLIENT_SCORE_HANG_FAST;
		atomic_add(score, &client->ban_score);
	}
	rcu_read_unlock();
}

/* mark_guilty() in gt/intel_reset.c */
static void mark_guilty(struct i915_context *ctx)
{
	unsigned long before = ctx->hangs[0];

	atomic_inc(&ctx->guilty);
	if (!ctx->bannable)
		return;
	ctx->hangs[0] = ctx->hangs[1];
	ctx->hangs[1] = jiffies;
	if (!ctx->recoverable || time_before(jiffies, before + CONTEXT_FAST_HANG_JIFFIES))
		WRITE_ONCE(ctx->banned, true);
	client_mark_guilty(ctx);
}

static void i915_job_released(struct fake_job *job)
{
	context_put(job->priv);
}

/* intel_context_ban() and i915_request_submit() in i915_request.c: a banned context is skipped. */
static int i915_prepare(struct fake_job *job)
{
	struct i915_context *ctx = job->priv;

	return READ_ONCE(ctx->banned) ? -EIO : 0;
}

/* __i915_request_reset() in gt/intel_reset.c: EIO is for who was executed when the engine hung. */
static void i915_job_done(struct fake_job *job, int error)
{
	if (error == -EIO)
		mark_guilty(job->priv);
}

/* --- User extensions: i915_user_extensions.c */

typedef int (*extension_fn)(struct i915_user_extension __user *ext, void *data);

static int user_extensions(u64 address, const extension_fn *table, unsigned int count, void *data)
{
	struct i915_user_extension __user *user = u64_to_user_ptr(address);
	unsigned int depth = 512;

	while (user) {
		struct i915_user_extension ext;
		unsigned int i;
		int ret;

		if (!depth--)
			return -E2BIG;
		if (copy_from_user(&ext, user, sizeof(ext)))
			return -EFAULT;
		/* check_user_mbz() in i915_user_extensions.h */
		if (ext.flags)
			return -EINVAL;
		for (i = 0; i < ARRAY_SIZE(ext.rsvd); i++)
			if (ext.rsvd[i])
				return -EINVAL;
		if (ext.name >= count || !table[ext.name])
			return -EINVAL;
		ret = table[ext.name](user, data);
		if (ret)
			return ret;
		user = u64_to_user_ptr(ext.next_extension);
	}
	return 0;
}

/* --- Parameters and queries */

/* i915_getparam_ioctl() in i915_getparam.c */
static int i915_getparam_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	drm_i915_getparam_t *param = data;
	int value;

	switch (param->param) {
	case I915_PARAM_IRQ_ACTIVE:
	case I915_PARAM_ALLOW_BATCHBUFFER:
	case I915_PARAM_LAST_DISPATCH:
	case I915_PARAM_HAS_EXEC_CONSTANTS:
		return -ENODEV;
	case I915_PARAM_CHIPSET_ID:
		value = CHIPSET_ID;
		break;
	case I915_PARAM_REVISION:
		value = REVISION;
		break;
	case I915_PARAM_NUM_FENCES_AVAIL:
	case I915_PARAM_HAS_OVERLAY:
	case I915_PARAM_HAS_LLC:
	case I915_PARAM_HAS_WT:
	case I915_PARAM_HAS_SECURE_BATCHES:
	case I915_PARAM_CMD_PARSER_VERSION:
	case I915_PARAM_HAS_RESOURCE_STREAMER:
	case I915_PARAM_HAS_POOLED_EU:
	case I915_PARAM_MIN_EU_IN_POOL:
		value = 0;
		break;
	case I915_PARAM_HAS_BSD:
	case I915_PARAM_HAS_BLT:
	case I915_PARAM_HAS_VEBOX:
	case I915_PARAM_HAS_BSD2:
	case I915_PARAM_HAS_SEMAPHORES:
	case I915_PARAM_MMAP_GTT_COHERENT:
	case I915_PARAM_HUC_STATUS:
		value = 1;
		break;
	case I915_PARAM_HAS_ALIASING_PPGTT:
		/* INTEL_PPGTT_FULL */
		value = 2;
		break;
	case I915_PARAM_SUBSLICE_TOTAL:
		value = 32;
		break;
	case I915_PARAM_EU_TOTAL:
		value = 512;
		break;
	case I915_PARAM_HAS_GPU_RESET:
		value = 2;
		break;
	case I915_PARAM_PXP_STATUS:
		return -ENODEV;
	case I915_PARAM_MMAP_GTT_VERSION:
		/* i915_gem_mmap_gtt_version() in gem/i915_gem_mman.c */
		value = 4;
		break;
	case I915_PARAM_HAS_SCHEDULER:
		value = I915_SCHEDULER_CAP_ENABLED | I915_SCHEDULER_CAP_PRIORITY |
			I915_SCHEDULER_CAP_PREEMPTION | I915_SCHEDULER_CAP_ENGINE_BUSY_STATS |
			I915_SCHEDULER_CAP_STATIC_PRIORITY_MAP;
		break;
	case I915_PARAM_MMAP_VERSION:
	case I915_PARAM_HAS_GEM:
	case I915_PARAM_HAS_PAGEFLIPPING:
	case I915_PARAM_HAS_EXECBUF2:
	case I915_PARAM_HAS_RELAXED_FENCING:
	case I915_PARAM_HAS_COHERENT_RINGS:
	case I915_PARAM_HAS_RELAXED_DELTA:
	case I915_PARAM_HAS_GEN7_SOL_RESET:
	case I915_PARAM_HAS_WAIT_TIMEOUT:
	case I915_PARAM_HAS_PRIME_VMAP_FLUSH:
	case I915_PARAM_HAS_PINNED_BATCHES:
	case I915_PARAM_HAS_EXEC_NO_RELOC:
	case I915_PARAM_HAS_EXEC_HANDLE_LUT:
	case I915_PARAM_HAS_COHERENT_PHYS_GTT:
	case I915_PARAM_HAS_EXEC_SOFTPIN:
	case I915_PARAM_HAS_EXEC_ASYNC:
	case I915_PARAM_HAS_EXEC_FENCE:
	case I915_PARAM_HAS_EXEC_CAPTURE:
	case I915_PARAM_HAS_EXEC_BATCH_FIRST:
	case I915_PARAM_HAS_EXEC_FENCE_ARRAY:
	case I915_PARAM_HAS_EXEC_SUBMIT_FENCE:
	case I915_PARAM_HAS_EXEC_TIMELINE_FENCES:
	case I915_PARAM_HAS_USERPTR_PROBE:
	case I915_PARAM_HAS_CONTEXT_FREQ_HINT:
		value = 1;
		break;
	case I915_PARAM_HAS_CONTEXT_ISOLATION:
		value = BIT(I915_ENGINE_CLASS_RENDER) | BIT(I915_ENGINE_CLASS_COPY) |
			BIT(I915_ENGINE_CLASS_VIDEO) | BIT(I915_ENGINE_CLASS_VIDEO_ENHANCE) |
			BIT(I915_ENGINE_CLASS_COMPUTE);
		break;
	case I915_PARAM_SLICE_MASK:
	case I915_PARAM_SUBSLICE_MASK:
		/* Not from graphics 12.55 on. */
		return -EINVAL;
	case I915_PARAM_CS_TIMESTAMP_FREQUENCY:
	case I915_PARAM_OA_TIMESTAMP_FREQUENCY:
		value = 19200000;
		break;
	case I915_PARAM_PERF_REVISION:
		value = 0;
		break;
	default:
		return -EINVAL;
	}
	return put_user(value, param->value) ? -EFAULT : 0;
}

/* copy_query_item() in i915_query.c: 0 if the item is to be filled in. */
static int query_begin(void *header, size_t size, u32 total, const struct drm_i915_query_item *item)
{
	if (!item->length)
		return total;
	if (item->length < total)
		return -EINVAL;
	if (copy_from_user(header, u64_to_user_ptr(item->data_ptr), size))
		return -EFAULT;
	return 0;
}

/* fill_topology_info() in i915_query.c: one slice of 32 subslices of 16 EUs. */
static int query_topology(struct drm_i915_query_item *item)
{
	struct {
		struct drm_i915_query_topology_info info;
		u8 slices[1];
		u8 subslices[32 / 8];
		u8 eus[32 * (16 / 8)];
	} __packed topology;
	int ret;

	ret = query_begin(&topology, sizeof(topology.info), sizeof(topology), item);
	if (ret)
		return ret;
	memset(&topology, 0, sizeof(topology));
	topology.info.max_slices = 1;
	topology.info.max_subslices = 32;
	topology.info.max_eus_per_subslice = 16;
	topology.info.subslice_offset = sizeof(topology.slices);
	topology.info.subslice_stride = sizeof(topology.subslices);
	topology.info.eu_offset = sizeof(topology.slices) + sizeof(topology.subslices);
	topology.info.eu_stride = 16 / 8;
	topology.slices[0] = 1;
	memset(topology.subslices, 0xff, sizeof(topology.subslices));
	memset(topology.eus, 0xff, sizeof(topology.eus));
	if (copy_to_user(u64_to_user_ptr(item->data_ptr), &topology, sizeof(topology)))
		return -EFAULT;
	return sizeof(topology);
}

static int query_topology_info(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	return item->flags ? -EINVAL : query_topology(item);
}

/* query_geometry_subslices() in i915_query.c: the flags are an engine. */
static int query_geometry_subslices(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	const struct i915_engine_class_instance render = { I915_ENGINE_CLASS_RENDER, 0 };

	return memcmp(&item->flags, &render, sizeof(render)) ? -EINVAL : query_topology(item);
}

/* query_engine_info() in i915_query.c */
static int query_engine_info(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	struct drm_i915_query_engine_info __user *user = u64_to_user_ptr(item->data_ptr);
	struct drm_i915_query_engine_info header;
	unsigned int i;
	int ret, total = struct_size(user, engines, NUM_ENGINES);

	if (item->flags)
		return -EINVAL;
	ret = query_begin(&header, sizeof(header), total, item);
	if (ret)
		return ret;
	if (header.num_engines || header.rsvd[0] || header.rsvd[1] || header.rsvd[2])
		return -EINVAL;
	for (i = 0; i < NUM_ENGINES; i++) {
		struct drm_i915_engine_info info = {
			.engine = engines[i],
			.flags = I915_ENGINE_INFO_HAS_LOGICAL_INSTANCE,
			.logical_instance = engines[i].engine_instance,
		};

		if (copy_to_user(&user->engines[i], &info, sizeof(info)))
			return -EFAULT;
	}
	header.num_engines = NUM_ENGINES;
	return copy_to_user(user, &header, sizeof(header)) ? -EFAULT : total;
}

/* The memory regions; I915_MEMORY_CLASS_SYSTEM comes first as in intel_region_map[]. */
static const struct {
	struct drm_i915_gem_memory_class_instance region;
	enum fake_region where;
} regions[] = {
	{ { I915_MEMORY_CLASS_SYSTEM, 0 }, FAKE_GTT },
	{ { I915_MEMORY_CLASS_DEVICE, 0 }, FAKE_VRAM },
};

/* query_memregion_info() in i915_query.c */
static int query_memory_regions(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	struct drm_i915_query_memory_regions __user *user = u64_to_user_ptr(item->data_ptr);
	struct drm_i915_query_memory_regions header;
	unsigned int i;
	int ret, total = struct_size(user, regions, ARRAY_SIZE(regions));

	if (item->flags)
		return -EINVAL;
	ret = query_begin(&header, sizeof(header), total, item);
	if (ret)
		return ret;
	if (header.num_regions || header.rsvd[0] || header.rsvd[1] || header.rsvd[2])
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		struct drm_i915_memory_region_info info = {
			.region = regions[i].region,
			.probed_size = gpu->memory[regions[i].where].size,
		};

		info.unallocated_size = info.probed_size;
		if (perfmon_capable())
			info.unallocated_size -= fake_memory_used(gpu, regions[i].where);
		info.probed_cpu_visible_size = info.probed_size;
		info.unallocated_cpu_visible_size = info.unallocated_size;
		if (copy_to_user(&user->regions[i], &info, sizeof(info)))
			return -EFAULT;
	}
	header.num_regions = ARRAY_SIZE(regions);
	return copy_to_user(user, &header, sizeof(header)) ? -EFAULT : total;
}

/* query_guc_submission_version() in i915_query.c, which returns 0 where the others return a length */
static int query_guc_submission_version(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	struct drm_i915_query_guc_submission_version version;
	int ret;

	ret = query_begin(&version, sizeof(version), sizeof(version), item);
	if (ret)
		return ret;
	if (version.branch || version.major || version.minor || version.patch)
		return -EINVAL;
	version.major = 1;
	version.minor = 9;
	if (copy_to_user(u64_to_user_ptr(item->data_ptr), &version, sizeof(version)))
		return -EFAULT;
	return 0;
}

static int query_missing(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	return -ENODEV;
}

/* i915_query_ioctl() in i915_query.c */
static int i915_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	static int (*const queries[])(struct fake_gpu *, struct drm_i915_query_item *) = {
		[DRM_I915_QUERY_TOPOLOGY_INFO] = query_topology_info,
		[DRM_I915_QUERY_ENGINE_INFO] = query_engine_info,
		[DRM_I915_QUERY_PERF_CONFIG] = query_missing,
		[DRM_I915_QUERY_MEMORY_REGIONS] = query_memory_regions,
		[DRM_I915_QUERY_HWCONFIG_BLOB] = query_missing,
		[DRM_I915_QUERY_GEOMETRY_SUBSLICES] = query_geometry_subslices,
		[DRM_I915_QUERY_GUC_SUBMISSION_VERSION] = query_guc_submission_version,
	};
	struct drm_i915_query *args = data;
	struct drm_i915_query_item __user *user = u64_to_user_ptr(args->items_ptr);
	u32 i;

	if (args->flags)
		return -EINVAL;
	for (i = 0; i < args->num_items; i++, user++) {
		struct drm_i915_query_item item;
		int ret = -EINVAL;

		if (copy_from_user(&item, user, sizeof(item)))
			return -EFAULT;
		if (!item.query_id)
			return -EINVAL;
		if (item.query_id < ARRAY_SIZE(queries))
			ret = queries[item.query_id](to_fake_gpu(drm), &item);
		if (ret != item.length && put_user(ret, &user->length))
			return -EFAULT;
	}
	return 0;
}

/* --- Objects */

/*
 * Objects get their memory when they are used first: __i915_ttm_get_pages() in gem/i915_gem_ttm.c.
 * Until then they are in FAKE_SYSTEM. i915_ttm_err_to_gem() says ENXIO of local memory.
 */
static int bo_get_pages(struct fake_bo *bo)
{
	int ret = fake_bo_validate(bo);

	if (ret == -ENOMEM && !(bo->allowed & FAKE_IN(FAKE_GTT)))
		ret = -ENXIO;
	return ret;
}

static int i915_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	int ret = bo_get_pages(to_fake_bo(obj));

	return ret ? ret : drm_gem_shmem_object_vmap(obj, map);
}

static int i915_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	int ret = bo_get_pages(to_fake_bo(obj));

	return ret ? ret : drm_gem_shmem_object_mmap(obj, vma);
}

/* i915_gem_close_object() in gem/i915_gem_object.c */
static void i915_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct i915_vm *vm;

	mutex_lock(&client->lock);
	list_for_each_entry(vm, &client->vms, of_client) {
		struct i915_vma *vma = i915_vma_find(vm, to_fake_bo(obj));

		if (vma)
			vma_free(vm, vma);
	}
	mutex_unlock(&client->lock);
}

static const struct drm_gem_object_funcs i915_gem_funcs = {
	.free = fake_bo_free,
	.close = i915_close,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = fake_bo_pin,
	.unpin = fake_bo_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = i915_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = i915_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* __i915_gem_object_create_user_ext() and i915_gem_publish() in gem/i915_gem_create.c */
static int create(struct fake_gpu *gpu, struct drm_file *file, u64 *size, u32 preferred,
		  u32 allowed, u32 *handle)
{
	u64 unit = allowed & FAKE_IN(FAKE_VRAM) ? PAGE_64K : PAGE_SIZE;
	struct fake_bo *bo;
	u64 rounded;
	int ret;

	if (check_add_overflow(*size, unit - 1, &rounded))
		return -EINVAL;
	rounded = round_down(rounded, unit);
	if (!rounded)
		return -EINVAL;
	bo = fake_bo_create(gpu, rounded, FAKE_IN(FAKE_SYSTEM), FAKE_IN(FAKE_SYSTEM), NULL);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	bo->preferred = preferred;
	bo->allowed = allowed;
	bo->align = unit;
	ret = drm_gem_handle_create(file, &bo->shmem.base, handle);
	if (!ret)
		*size = fake_bo_size(bo);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}

/* i915_gem_create_ioctl() in gem/i915_gem_create.c */
static int i915_gem_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_create *args = data;

	return create(to_fake_gpu(drm), file, &args->size, FAKE_IN(FAKE_GTT), FAKE_IN(FAKE_GTT),
		      &args->handle);
}

/* i915_gem_dumb_create() in gem/i915_gem_create.c */
static int i915_dumb_create(struct drm_file *file, struct drm_device *drm,
			    struct drm_mode_create_dumb *args)
{
	unsigned int cpp = DIV_ROUND_UP(args->bpp, 8);

	if (cpp != 1 && cpp != 2 && cpp != 4)
		return -EINVAL;
	args->pitch = ALIGN(args->width * cpp, 64);
	if (args->pitch < args->width)
		return -EINVAL;
	args->size = mul_u32_u32(args->pitch, args->height);
	return create(to_fake_gpu(drm), file, &args->size, FAKE_IN(FAKE_VRAM), FAKE_IN(FAKE_VRAM),
		      &args->handle);
}

/**
 * struct create_ext - what extensions of GEM_CREATE_EXT have said
 * @preferred: FAKE_IN() of the first placement
 * @allowed: the same of all
 */
struct create_ext {
	u32 preferred;
	u32 allowed;
};

/* set_placements() in gem/i915_gem_create.c */
static int ext_set_placements(struct i915_user_extension __user *user, void *data)
{
	struct drm_i915_gem_create_ext_memory_regions ext;
	struct create_ext *create = data;
	u32 preferred = 0, allowed = 0;
	u32 i, j;

	if (copy_from_user(&ext, user, sizeof(ext)))
		return -EFAULT;
	/* INTEL_REGION_UNKNOWN regions at most, of which this GPU has two. */
	if (ext.pad || !ext.num_regions || ext.num_regions > 4)
		return -EINVAL;
	for (i = 0; i < ext.num_regions; i++) {
		struct drm_i915_gem_memory_class_instance __user *at = u64_to_user_ptr(ext.regions);
		struct drm_i915_gem_memory_class_instance region;
		u32 bit = 0;

		if (copy_from_user(&region, &at[i], sizeof(region)))
			return -EFAULT;
		for (j = 0; j < ARRAY_SIZE(regions); j++)
			if (!memcmp(&region, &regions[j].region, sizeof(region)))
				bit = FAKE_IN(regions[j].where);
		if (!bit || allowed & bit)
			return -EINVAL;
		allowed |= bit;
		preferred = preferred ?: bit;
	}
	if (create->allowed)
		return -EINVAL;
	create->preferred = preferred;
	create->allowed = allowed;
	return 0;
}

/* ext_set_protected() in gem/i915_gem_create.c, without PXP */
static int ext_set_protected(struct i915_user_extension __user *user, void *data)
{
	struct drm_i915_gem_create_ext_protected_content ext;

	if (copy_from_user(&ext, user, sizeof(ext)))
		return -EFAULT;
	return ext.flags ? -EINVAL : -ENODEV;
}

/* ext_set_pat() in gem/i915_gem_create.c: from graphics 12.70 on */
static int ext_set_pat(struct i915_user_extension __user *user, void *data)
{
	return -ENODEV;
}

/* i915_gem_create_ext_ioctl() in gem/i915_gem_create.c */
static int i915_gem_create_ext_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	static const extension_fn extensions[] = {
		[I915_GEM_CREATE_EXT_MEMORY_REGIONS] = ext_set_placements,
		[I915_GEM_CREATE_EXT_PROTECTED_CONTENT] = ext_set_protected,
		[I915_GEM_CREATE_EXT_SET_PAT] = ext_set_pat,
	};
	struct drm_i915_gem_create_ext *args = data;
	struct create_ext ext = { };
	int ret;

	if (args->flags & ~I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS)
		return -EINVAL;
	ret = user_extensions(args->extensions, extensions, ARRAY_SIZE(extensions), &ext);
	if (ret)
		return ret;
	if (!ext.allowed) {
		ext.preferred = FAKE_IN(FAKE_GTT);
		ext.allowed = FAKE_IN(FAKE_GTT);
	}
	if (args->flags & I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS &&
	    (hweight32(ext.allowed) == 1 || !(ext.allowed & FAKE_IN(FAKE_GTT))))
		return -EINVAL;
	return create(to_fake_gpu(drm), file, &args->size, ext.preferred, ext.allowed,
		      &args->handle);
}

/*
 * i915_gem_mmap_offset_ioctl() and __assign_mmap_offset() in gem/i915_gem_mman.c, for objects of
 * TTM, which all are here but those that were imported. @pad and @offset are not looked at.
 */
static int i915_gem_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_mmap_offset *args = data;
	struct drm_gem_object *obj;
	int ret;

	ret = user_extensions(args->extensions, NULL, 0, NULL);
	if (ret)
		return ret;
	switch (args->flags) {
	case I915_MMAP_OFFSET_GTT:
		/* There is no aperture. */
		return -ENODEV;
	case I915_MMAP_OFFSET_WC:
	case I915_MMAP_OFFSET_WB:
	case I915_MMAP_OFFSET_UC:
	case I915_MMAP_OFFSET_FIXED:
		break;
	default:
		return -EINVAL;
	}
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	if (args->flags != I915_MMAP_OFFSET_FIXED || drm_gem_is_imported(obj))
		ret = -ENODEV;
	else
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return ret;
}

static int i915_dumb_map_offset(struct drm_file *file, struct drm_device *drm, u32 handle,
				u64 *offset)
{
	struct drm_i915_gem_mmap_offset args = {
		.handle = handle,
		.flags = I915_MMAP_OFFSET_FIXED,
	};
	int ret = i915_gem_mmap_offset_ioctl(drm, &args, file);

	*offset = args.offset;
	return ret;
}

/* to_wait_timeout() in gem/i915_gem_wait.c */
static unsigned long wait_jiffies(s64 ns)
{
	if (ns < 0)
		return MAX_SCHEDULE_TIMEOUT;
	if (!ns)
		return 0;
	return min_t(u64, MAX_JIFFY_OFFSET, nsecs_to_jiffies64(ns) + 1);
}

/* i915_gem_wait_ioctl() in gem/i915_gem_wait.c */
static int i915_gem_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_wait *args = data;
	struct drm_gem_object *obj;
	ktime_t start;
	long ret;

	if (args->flags)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->bo_handle);
	if (!obj)
		return -ENOENT;
	start = ktime_get();
	ret = dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_READ, true,
				    wait_jiffies(args->timeout_ns));
	ret = ret > 0 ? 0 : ret ?: -ETIME;
	if (args->timeout_ns > 0) {
		args->timeout_ns -= ktime_to_ns(ktime_sub(ktime_get(), start));
		args->timeout_ns = max(args->timeout_ns, 0);
		if (ret == -ETIME && !nsecs_to_jiffies(args->timeout_ns))
			args->timeout_ns = 0;
		if (ret == -ETIME && args->timeout_ns)
			ret = -EAGAIN;
	}
	drm_gem_object_put(obj);
	return ret;
}

/* Bits of I915_GEM_BUSY for a fence that is a job's of this GPU. */
static u32 busy_bits(struct fake_gpu *gpu, struct dma_fence *fence, bool write)
{
	struct drm_sched_fence *sched_fence = to_drm_sched_fence(fence);
	unsigned int i;

	if (!sched_fence || dma_fence_is_signaled(fence))
		return 0;
	for (i = 0; i < NUM_ENGINES; i++) {
		if (sched_fence->sched == &gpu->engine[i].sched) {
			u16 class = engines[i].engine_class;

			return 0x10000u << class | (write ? class + 1 : 0);
		}
	}
	return 0;
}

/* i915_gem_busy_ioctl() in gem/i915_gem_busy.c, which sees no fences of other drivers */
static int i915_gem_busy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_busy *args = data;
	struct dma_resv_iter cursor;
	struct drm_gem_object *obj;
	struct dma_fence *fence;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	args->busy = 0;
	dma_resv_iter_begin(&cursor, obj->resv, DMA_RESV_USAGE_READ);
	dma_resv_for_each_fence_unlocked(&cursor, fence) {
		if (dma_resv_iter_is_restarted(&cursor))
			args->busy = 0;
		args->busy |= busy_bits(to_fake_gpu(drm), fence,
					dma_resv_iter_usage(&cursor) <= DMA_RESV_USAGE_WRITE);
	}
	dma_resv_iter_end(&cursor);
	drm_gem_object_put(obj);
	return 0;
}

/* --- Contexts */

/* set_proto_ctx_engines() in gem/i915_gem_context.c */
static int set_engines(struct i915_context *ctx, const struct drm_i915_gem_context_param *args)
{
	struct i915_context_param_engines __user *user = u64_to_user_ptr(args->value);
	u8 chosen[I915_EXEC_RING_MASK + 1];
	unsigned int i, j, count;
	u64 extensions;
	int ret;

	if (ctx->num_user_engines >= 0)
		return -EINVAL;
	if (args->size < sizeof(*user) ||
	    !IS_ALIGNED(args->size - sizeof(*user), sizeof(*user->engines)))
		return -EINVAL;
	count = (args->size - sizeof(*user)) / sizeof(*user->engines);
	if (count > ARRAY_SIZE(chosen))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		struct i915_engine_class_instance engine;

		if (copy_from_user(&engine, &user->engines[i], sizeof(engine)))
			return -EFAULT;
		chosen[i] = NO_ENGINE;
		if (engine.engine_class == (u16)I915_ENGINE_CLASS_INVALID &&
		    engine.engine_instance == (u16)I915_ENGINE_CLASS_INVALID_NONE)
			continue;
		for (j = 0; j < NUM_ENGINES; j++)
			if (!memcmp(&engine, &engines[j], sizeof(engine)))
				chosen[i] = j;
		if (chosen[i] == NO_ENGINE)
			return -ENOENT;
	}
	if (get_user(extensions, &user->extensions))
		return -EFAULT;
	ret = user_extensions(extensions, NULL, 0, NULL);
	if (ret)
		return ret;
	memcpy(ctx->user_engines, chosen, count);
	ctx->num_user_engines = count;
	return 0;
}

/* set_proto_ctx_vm() in gem/i915_gem_context.c */
static int set_vm(struct i915_context *ctx, const struct drm_i915_gem_context_param *args)
{
	struct i915_vm *vm;

	if (args->size)
		return -EINVAL;
	if (upper_32_bits(args->value))
		return -ENOENT;
	vm = xa_load(&ctx->client->vm_ids, args->value);
	if (!vm)
		return -ENOENT;
	kref_get(&vm->ref);
	vm_put(ctx->vm);
	ctx->vm = vm;
	return 0;
}

/* set_proto_ctx_param() for proto-contexts, ctx_setparam() for others: gem/i915_gem_context.c */
static int set_param(struct i915_context *ctx, struct drm_i915_gem_context_param *args)
{
	s64 priority = args->value;

	switch (args->param) {
	case I915_CONTEXT_PARAM_NO_ERROR_CAPTURE:
		if (args->size)
			return -EINVAL;
		ctx->no_error_capture = args->value;
		return 0;
	case I915_CONTEXT_PARAM_BANNABLE:
		if (args->size)
			return -EINVAL;
		if (!args->value && !capable(CAP_SYS_ADMIN))
			return -EPERM;
		ctx->bannable = args->value;
		return 0;
	case I915_CONTEXT_PARAM_RECOVERABLE:
		if (args->size)
			return -EINVAL;
		ctx->recoverable = args->value;
		return 0;
	case I915_CONTEXT_PARAM_PRIORITY:
		if (args->size)
			return -EINVAL;
		if (priority > I915_CONTEXT_MAX_USER_PRIORITY ||
		    priority < I915_CONTEXT_MIN_USER_PRIORITY)
			return -EINVAL;
		if (priority > I915_CONTEXT_DEFAULT_PRIORITY && !capable(CAP_SYS_NICE))
			return -EPERM;
		ctx->priority = priority;
		return 0;
	case I915_CONTEXT_PARAM_SSEU:
		/* Only of graphics 11. */
		return args->size < sizeof(struct drm_i915_gem_context_param_sseu) ?
			-EINVAL : -ENODEV;
	case I915_CONTEXT_PARAM_PERSISTENCE:
		if (args->size)
			return -EINVAL;
		ctx->persistent = args->value;
		return 0;
	case I915_CONTEXT_PARAM_LOW_LATENCY:
		/* A hint for frequencies, of which there are none here. */
		return ctx->proto ? 0 : -EINVAL;
	case I915_CONTEXT_PARAM_VM:
		return ctx->proto ? set_vm(ctx, args) : -EINVAL;
	case I915_CONTEXT_PARAM_ENGINES:
		return ctx->proto ? set_engines(ctx, args) : -EINVAL;
	case I915_CONTEXT_PARAM_PROTECTED_CONTENT:
		if (!ctx->proto)
			return -EINVAL;
		return args->value ? -ENODEV : 0;
	default:
		return -EINVAL;
	}
}

/* create_setparam() in gem/i915_gem_context.c */
static int ext_setparam(struct i915_user_extension __user *user, void *data)
{
	struct drm_i915_gem_context_create_ext_setparam ext;

	if (copy_from_user(&ext, user, sizeof(ext)))
		return -EFAULT;
	if (ext.param.ctx_id)
		return -EINVAL;
	return set_param(data, &ext.param);
}

/* i915_gem_context_create_ioctl() in gem/i915_gem_context.c */
static int i915_gem_context_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	static const extension_fn extensions[] = {
		[I915_CONTEXT_CREATE_EXT_SETPARAM] = ext_setparam,
	};
	struct drm_i915_gem_context_create_ext *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	int ret;
	u32 id;

	if (args->flags & I915_CONTEXT_CREATE_FLAGS_UNKNOWN)
		return -EINVAL;
	if (atomic_read(&client->ban_score) >= CLIENT_SCORE_BANNED)
		return -EIO;

	mutex_lock(&client->lock);
	ctx = context_create(client);
	if (IS_ERR(ctx)) {
		ret = PTR_ERR(ctx);
		goto out;
	}
	ret = 0;
	if (args->flags & I915_CONTEXT_CREATE_FLAGS_USE_EXTENSIONS)
		ret = user_extensions(args->extensions, extensions, ARRAY_SIZE(extensions), ctx);
	if (!ret)
		ret = xa_alloc(&client->contexts, &id, ctx, xa_limit_32b, GFP_KERNEL);
	if (ret)
		context_close(ctx);
	else
		args->ctx_id = id;
out:
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_context_destroy_ioctl() in gem/i915_gem_context.c */
static int i915_gem_context_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_context_destroy *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;

	if (args->pad)
		return -EINVAL;
	if (!args->ctx_id)
		return -ENOENT;
	mutex_lock(&client->lock);
	ctx = xa_erase(&client->contexts, args->ctx_id);
	if (ctx)
		context_close(ctx);
	mutex_unlock(&client->lock);
	return ctx ? 0 : -ENOENT;
}

/* get_ppgtt() in gem/i915_gem_context.c: each call makes an id. */
static int get_vm(struct i915_context *ctx, struct drm_i915_gem_context_param *args)
{
	int ret;
	u32 id;

	ret = xa_alloc(&ctx->client->vm_ids, &id, ctx->vm, xa_limit_32b, GFP_KERNEL);
	if (ret)
		return ret;
	kref_get(&ctx->vm->ref);
	args->value = id;
	args->size = 0;
	return 0;
}

static int get_param(struct i915_context *ctx, struct drm_i915_gem_context_param *args)
{
	switch (args->param) {
	case I915_CONTEXT_PARAM_GTT_SIZE:
		args->value = VM_SIZE;
		break;
	case I915_CONTEXT_PARAM_NO_ERROR_CAPTURE:
		args->value = ctx->no_error_capture;
		break;
	case I915_CONTEXT_PARAM_BANNABLE:
		args->value = ctx->bannable;
		break;
	case I915_CONTEXT_PARAM_RECOVERABLE:
		args->value = ctx->recoverable;
		break;
	case I915_CONTEXT_PARAM_PRIORITY:
		args->value = ctx->priority;
		break;
	case I915_CONTEXT_PARAM_VM:
		return get_vm(ctx, args);
	case I915_CONTEXT_PARAM_PERSISTENCE:
		args->value = ctx->persistent;
		break;
	case I915_CONTEXT_PARAM_PROTECTED_CONTENT:
		args->value = 0;
		break;
	default:
		return -EINVAL;
	}
	args->size = 0;
	return 0;
}

/* i915_gem_context_getparam_ioctl() in gem/i915_gem_context.c */
static int i915_gem_context_getparam_ioctl(struct drm_device *drm, void *data,
					   struct drm_file *file)
{
	struct drm_i915_gem_context_param *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	int ret = -ENOENT;

	mutex_lock(&client->lock);
	ctx = context_use(client, args->ctx_id);
	if (ctx)
		ret = get_param(ctx, args);
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_context_setparam_ioctl() in gem/i915_gem_context.c */
static int i915_gem_context_setparam_ioctl(struct drm_device *drm, void *data,
					   struct drm_file *file)
{
	struct drm_i915_gem_context_param *args = data;
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	int ret = -ENOENT;

	mutex_lock(&client->lock);
	ctx = xa_load(&client->contexts, args->ctx_id);
	if (ctx)
		ret = set_param(ctx, args);
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_context_reset_stats_ioctl() in gem/i915_gem_context.c */
static int i915_get_reset_stats_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct drm_i915_reset_stats *args = data;
	struct i915_context *ctx;

	if (args->flags || args->pad)
		return -EINVAL;
	mutex_lock(&client->lock);
	ctx = context_use(client, args->ctx_id);
	if (ctx) {
		args->reset_count = capable(CAP_SYS_ADMIN) ?
			atomic_read(&client->gpu->resets) : 0;
		args->batch_active = atomic_read(&ctx->guilty);
		args->batch_pending = 0;
	}
	mutex_unlock(&client->lock);
	return ctx ? 0 : -ENOENT;
}

/* i915_gem_vm_create_ioctl() in gem/i915_gem_context.c */
static int i915_gem_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct drm_i915_gem_vm_control *args = data;
	struct i915_vm *vm;
	int ret;
	u32 id;

	if (args->flags)
		return -EINVAL;
	ret = user_extensions(args->extensions, NULL, 0, NULL);
	if (ret)
		return ret;
	mutex_lock(&client->lock);
	vm = vm_create(client);
	if (IS_ERR(vm)) {
		ret = PTR_ERR(vm);
	} else {
		ret = xa_alloc(&client->vm_ids, &id, vm, xa_limit_32b, GFP_KERNEL);
		if (ret)
			vm_put(vm);
		else
			args->vm_id = id;
	}
	mutex_unlock(&client->lock);
	return ret;
}

/* i915_gem_vm_destroy_ioctl() in gem/i915_gem_context.c */
static int i915_gem_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct drm_i915_gem_vm_control *args = data;
	struct i915_vm *vm;

	if (args->flags || args->extensions)
		return -EINVAL;
	mutex_lock(&client->lock);
	vm = xa_erase(&client->vm_ids, args->vm_id);
	if (vm)
		vm_put(vm);
	mutex_unlock(&client->lock);
	return vm ? 0 : -ENOENT;
}

/* --- Submission: gem/i915_gem_execbuffer.c */

/**
 * struct exec_fence - one of the fences of a submission
 * @syncobj: to be signalled, or NULL
 * @wait: to be waited for, or NULL
 * @chain: for a point of @syncobj, or NULL
 * @point: that point
 */
struct exec_fence {
	struct drm_syncobj *syncobj;
	struct dma_fence *wait;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct exec - a submission
 * @client: the client
 * @file: the same
 * @args: what it has passed
 * @objects: the objects, @args->buffer_count
 * @vmas: the same in the address space
 * @ctx: the context
 * @engine: index into @engines[]
 * @batch: index into @objects of the batch buffer
 * @fences: the fences, allocated with kvmalloc()
 * @num_fences: number of them
 */
struct exec {
	struct i915_client *client;
	struct drm_file *file;
	struct drm_i915_gem_execbuffer2 *args;
	struct drm_i915_gem_exec_object2 *objects;
	struct i915_vma **vmas;
	struct i915_context *ctx;
	unsigned int engine;
	unsigned int batch;
	struct exec_fence *fences;
	unsigned int num_fences;
};

static void exec_fences_free(struct exec *exec)
{
	while (exec->num_fences--) {
		struct exec_fence *fence = &exec->fences[exec->num_fences];

		if (fence->syncobj)
			drm_syncobj_put(fence->syncobj);
		dma_fence_put(fence->wait);
		dma_fence_chain_free(fence->chain);
	}
	kvfree(exec->fences);
}

static int exec_fences_alloc(struct exec *exec, u64 count)
{
	/* More than a page of kmalloc() holds is refused by the real driver's krealloc(), too. */
	if (count > KMALLOC_MAX_SIZE / sizeof(*exec->fences))
		return -ENOMEM;
	exec->fences = kvcalloc(count, sizeof(*exec->fences), GFP_KERNEL);
	return exec->fences ? 0 : -ENOMEM;
}

/* One turn of add_fence_array() */
static int add_fence(struct exec *exec, const struct drm_i915_gem_exec_fence *user)
{
	struct exec_fence *fence = &exec->fences[exec->num_fences];
	struct drm_syncobj *syncobj;

	if (user->flags & __I915_EXEC_FENCE_UNKNOWN_FLAGS)
		return -EINVAL;
	syncobj = drm_syncobj_find(exec->file, user->handle);
	if (!syncobj)
		return -ENOENT;
	if (user->flags & I915_EXEC_FENCE_WAIT) {
		fence->wait = drm_syncobj_fence_get(syncobj);
		if (!fence->wait) {
			drm_syncobj_put(syncobj);
			return -EINVAL;
		}
	}
	if (user->flags & I915_EXEC_FENCE_SIGNAL)
		fence->syncobj = syncobj;
	else
		drm_syncobj_put(syncobj);
	exec->num_fences++;
	return 0;
}

/* add_fence_array() */
static int add_fence_array(struct exec *exec)
{
	struct drm_i915_gem_exec_fence __user *user = u64_to_user_ptr(exec->args->cliprects_ptr);
	u32 i, count = exec->args->num_cliprects;
	int ret;

	if (!(exec->args->flags & I915_EXEC_FENCE_ARRAY) || !count)
		return 0;
	ret = exec_fences_alloc(exec, count);
	if (ret)
		return ret;
	for (i = 0; i < count; i++) {
		struct drm_i915_gem_exec_fence fence;

		if (copy_from_user(&fence, &user[i], sizeof(fence)))
			return -EFAULT;
		ret = add_fence(exec, &fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* One turn of add_timeline_fence_array() */
static int add_timeline_fence(struct exec *exec, const struct drm_i915_gem_exec_fence *user,
			      u64 point)
{
	struct exec_fence *fence = &exec->fences[exec->num_fences];
	bool signal = user->flags & I915_EXEC_FENCE_SIGNAL;
	struct drm_syncobj *syncobj;
	struct dma_fence *wait;
	int ret = 0;

	if (user->flags & __I915_EXEC_FENCE_UNKNOWN_FLAGS)
		return -EINVAL;
	syncobj = drm_syncobj_find(exec->file, user->handle);
	if (!syncobj)
		return -ENOENT;
	wait = drm_syncobj_fence_get(syncobj);
	if (!wait && user->flags && !signal) {
		ret = -EINVAL;
		goto err;
	}
	if (wait)
		ret = dma_fence_chain_find_seqno(&wait, point);
	if (ret && !signal)
		goto err;
	/* The point was passed and collected. */
	if (!wait && !signal) {
		drm_syncobj_put(syncobj);
		return 0;
	}
	if (point && signal) {
		if (user->flags & I915_EXEC_FENCE_WAIT) {
			ret = -EINVAL;
			goto err;
		}
		fence->chain = dma_fence_chain_alloc();
		if (!fence->chain) {
			ret = -ENOMEM;
			goto err;
		}
	}
	if (signal)
		fence->syncobj = syncobj;
	else
		drm_syncobj_put(syncobj);
	/* Whatever fence is found is awaited, even of a point that is only signalled. */
	fence->wait = wait;
	fence->point = point;
	exec->num_fences++;
	return 0;

err:
	dma_fence_put(wait);
	drm_syncobj_put(syncobj);
	return ret;
}

/* parse_timeline_fences() and add_timeline_fence_array() */
static int ext_timeline_fences(struct i915_user_extension __user *base, void *data)
{
	struct drm_i915_gem_execbuffer_ext_timeline_fences ext;
	struct drm_i915_gem_exec_fence __user *user;
	struct exec *exec = data;
	u64 __user *values;
	u64 i;
	int ret;

	if (copy_from_user(&ext, base, sizeof(ext)))
		return -EFAULT;
	if (!ext.fence_count)
		return 0;
	/* The real driver appends; it has this extension no more than once in practice. */
	if (exec->fences)
		return -EINVAL;
	ret = exec_fences_alloc(exec, ext.fence_count);
	if (ret)
		return ret;
	user = u64_to_user_ptr(ext.handles_ptr);
	values = u64_to_user_ptr(ext.values_ptr);
	for (i = 0; i < ext.fence_count; i++) {
		struct drm_i915_gem_exec_fence fence;
		u64 point;

		if (copy_from_user(&fence, &user[i], sizeof(fence)))
			return -EFAULT;
		if (fence.flags & __I915_EXEC_FENCE_UNKNOWN_FLAGS)
			return -EINVAL;
		if (get_user(point, &values[i]))
			return -EFAULT;
		ret = add_timeline_fence(exec, &fence, point);
		if (ret)
			return ret;
	}
	return 0;
}

/* parse_execbuf2_extensions() */
static int exec_extensions(struct exec *exec)
{
	static const extension_fn extensions[] = {
		[DRM_I915_GEM_EXECBUFFER_EXT_TIMELINE_FENCES] = ext_timeline_fences,
	};

	if (!(exec->args->flags & I915_EXEC_USE_EXTENSIONS))
		return 0;
	if (exec->args->flags & I915_EXEC_FENCE_ARRAY || exec->args->num_cliprects)
		return -EINVAL;
	return user_extensions(exec->args->cliprects_ptr, extensions, ARRAY_SIZE(extensions), exec);
}

/* i915_gem_check_execbuffer() */
static int exec_check(struct drm_i915_gem_execbuffer2 *args)
{
	if (args->flags & (__I915_EXEC_UNKNOWN_FLAGS | I915_EXEC_CONSTANTS_MASK |
			   I915_EXEC_RESOURCE_STREAMER))
		return -EINVAL;
	if (!(args->flags & (I915_EXEC_FENCE_ARRAY | I915_EXEC_USE_EXTENSIONS)) &&
	    (args->num_cliprects || args->cliprects_ptr))
		return -EINVAL;
	if (args->DR4 == 0xffffffff)
		args->DR4 = 0;
	if (args->DR1 || args->DR4)
		return -EINVAL;
	if ((args->batch_start_offset | args->batch_len) & 7)
		return -EINVAL;
	return 0;
}

/* eb_select_legacy_ring(): an index into @engines[], or NO_ENGINE */
static unsigned int legacy_ring(struct exec *exec)
{
	unsigned int ring = exec->args->flags & I915_EXEC_RING_MASK;
	unsigned int bsd = exec->args->flags & I915_EXEC_BSD_MASK;

	if (ring != I915_EXEC_BSD && bsd)
		return NO_ENGINE;
	switch (ring) {
	case I915_EXEC_DEFAULT:
	case I915_EXEC_RENDER:
		return 0;
	case I915_EXEC_BLT:
		return 1;
	case I915_EXEC_VEBOX:
		return 4;
	case I915_EXEC_BSD:
		if (bsd == I915_EXEC_BSD_DEFAULT)
			return 2 + exec->client->bsd;
		if (bsd == I915_EXEC_BSD_RING1)
			return 2;
		if (bsd == I915_EXEC_BSD_RING2)
			return 3;
		return NO_ENGINE;
	default:
		return NO_ENGINE;
	}
}

/* eb_select_context(), eb_select_engine(), and the check of eb_pin_engine() */
static int exec_select(struct exec *exec)
{
	unsigned int ring = exec->args->flags & I915_EXEC_RING_MASK;

	exec->ctx = context_use(exec->client, i915_execbuffer2_get_context_id(*exec->args));
	if (!exec->ctx)
		return -ENOENT;
	if (exec->ctx->num_user_engines < 0)
		exec->engine = legacy_ring(exec);
	else if (ring < exec->ctx->num_user_engines)
		exec->engine = exec->ctx->user_engines[ring];
	else
		exec->engine = NO_ENGINE;
	return exec->engine == NO_ENGINE ? -EINVAL : 0;
}

/* gen8_canonical_addr(): bit 47 is repeated above. */
static u64 canonical(u64 address)
{
	return sign_extend64(address, 47);
}

/* eb_validate_vma() and the checks of eb_add_vma() */
static int exec_check_object(struct exec *exec, unsigned int i, struct fake_bo *bo)
{
	struct drm_i915_gem_exec_object2 *object = &exec->objects[i];

	if (object->relocation_count)
		return -EINVAL;
	if (object->flags & (__EXEC_OBJECT_UNKNOWN_FLAGS | EXEC_OBJECT_NEEDS_GTT))
		return -EINVAL;
	if (object->alignment && !is_power_of_2(object->alignment))
		return -EINVAL;
	if (object->flags & EXEC_OBJECT_PINNED &&
	    object->offset != canonical(object->offset & PAGE_MASK))
		return -EINVAL;
	if (!(object->flags & EXEC_OBJECT_PAD_TO_SIZE))
		object->pad_to_size = 0;
	else if (offset_in_page(object->pad_to_size))
		return -EINVAL;
	object->offset &= VM_SIZE - 1;

	if (i == exec->batch) {
		u64 end;

		if (object->flags & EXEC_OBJECT_WRITE)
			return -EINVAL;
		end = (u64)exec->args->batch_start_offset + exec->args->batch_len;
		if (end > fake_bo_size(bo))
			return -EINVAL;
		if (!exec->args->batch_len && end == fake_bo_size(bo))
			return -EINVAL;
	}
	return 0;
}

/* The end of the addresses an object may have: eb_pin_flags(), i915_vma_insert() */
static u64 object_end(const struct drm_i915_gem_exec_object2 *object)
{
	return object->flags & EXEC_OBJECT_SUPPORTS_48B_ADDRESS ? VM_SIZE : SZ_4G - PAGE_SIZE;
}

static u64 object_align(const struct drm_i915_gem_exec_object2 *object, struct i915_vma *vma)
{
	return max_t(u64, object->alignment, vma->bo->align ?: PAGE_SIZE);
}

static u64 object_size(const struct drm_i915_gem_exec_object2 *object, struct i915_vma *vma)
{
	return max_t(u64, object->pad_to_size, fake_bo_size(vma->bo));
}

/* eb_vma_misplaced() */
static bool misplaced(const struct drm_i915_gem_exec_object2 *object, struct i915_vma *vma)
{
	return vma->node.size < object->pad_to_size ||
	       (object->alignment && !IS_ALIGNED(vma->node.start, object->alignment)) ||
	       (object->flags & EXEC_OBJECT_PINNED && vma->node.start != object->offset) ||
	       vma->node.start + vma->node.size > object_end(object);
}

static int insert_at(struct i915_vm *vm, struct i915_vma *vma, u64 start, u64 size)
{
	vma->node.start = start;
	vma->node.size = size;
	return drm_mm_reserve_node(&vm->mm, &vma->node);
}

/* Places an object where the client says: whatever is there goes, if it is not to stay, too. */
static int bind_pinned(struct exec *exec, unsigned int i)
{
	struct drm_i915_gem_exec_object2 *object = &exec->objects[i];
	struct i915_vma *vma = exec->vmas[i];
	struct i915_vm *vm = exec->ctx->vm;
	u64 size = object_size(object, vma);
	struct drm_mm_node *node;

	if (!IS_ALIGNED(object->offset, object_align(object, vma)) ||
	    size > object_end(object) || object->offset > object_end(object) - size)
		return -EINVAL;
	for (;;) {
		struct i915_vma *other = NULL;

		drm_mm_for_each_node_in_range(node, &vm->mm, object->offset,
					      object->offset + size) {
			other = container_of(node, struct i915_vma, node);
			break;
		}
		if (!other)
			break;
		if (other->batch == exec->client->submissions && other->pinned)
			return -ENOSPC;
		vma_unbind(vm, other);
	}
	return insert_at(vm, vma, object->offset, size);
}

/* Places an object where it likes to be, or anywhere. */
static int bind_anywhere(struct exec *exec, unsigned int i)
{
	struct drm_i915_gem_exec_object2 *object = &exec->objects[i];
	struct i915_vma *vma = exec->vmas[i];
	struct i915_vm *vm = exec->ctx->vm;
	u64 size = object_size(object, vma), end = object_end(object);
	u64 align = object_align(object, vma);
	struct hlist_node *next;
	struct i915_vma *other;
	int ret, bucket;

	if (size > end)
		return -ENOSPC;
	if (IS_ALIGNED(object->offset, align) && object->offset <= end - size &&
	    !insert_at(vm, vma, object->offset, size))
		return 0;
	ret = drm_mm_insert_node_in_range(&vm->mm, &vma->node, size, align, 0, 0, end,
					  DRM_MM_INSERT_BEST);
	if (ret != -ENOSPC)
		return ret;
	/* i915_gem_evict_vm() */
	hash_for_each_safe(vm->vmas, bucket, next, other, hash)
		if (other->batch != exec->client->submissions)
			vma_unbind(vm, other);
	return drm_mm_insert_node_in_range(&vm->mm, &vma->node, size, align, 0, 0, end,
					   DRM_MM_INSERT_BEST);
}

/*
 * All objects are to have their places at the same time, though one may take that of another: while
 * they are locked, which the real driver does here, they cannot.
 */
static int exec_get_pages(struct exec *exec)
{
	unsigned int i, turn;
	int ret = 0;

	for (turn = 0; turn < 3; turn++) {
		for (i = 0; i < exec->args->buffer_count; i++) {
			ret = bo_get_pages(exec->vmas[i]->bo);
			if (ret)
				return ret;
		}
		for (i = 0; i < exec->args->buffer_count; i++) {
			struct fake_bo *bo = exec->vmas[i]->bo;

			if (!(bo->allowed & FAKE_IN(READ_ONCE(bo->region))))
				ret = bo->allowed & FAKE_IN(FAKE_GTT) ? -ENOMEM : -ENXIO;
		}
		if (!ret)
			break;
	}
	return ret;
}

/*
 * eb_validate_vmas() and eb_reserve(): objects that are to be at an address come first, then what
 * can stay where it is, then the rest.
 */
static int exec_bind(struct exec *exec)
{
	struct i915_vm *vm = exec->ctx->vm;
	unsigned int i;
	int ret;

	for (i = 0; i < exec->args->buffer_count; i++) {
		exec->vmas[i]->batch = exec->client->submissions;
		exec->vmas[i]->pinned = false;
	}
	ret = exec_get_pages(exec);
	if (ret)
		return ret;
	for (i = 0; i < exec->args->buffer_count; i++) {
		struct i915_vma *vma = exec->vmas[i];

		if (drm_mm_node_allocated(&vma->node) && misplaced(&exec->objects[i], vma))
			vma_unbind(vm, vma);
		if (!(exec->objects[i].flags & EXEC_OBJECT_PINNED))
			continue;
		if (!drm_mm_node_allocated(&vma->node)) {
			ret = bind_pinned(exec, i);
			if (ret)
				return ret;
		}
		vma->pinned = true;
	}
	for (i = 0; i < exec->args->buffer_count; i++) {
		struct i915_vma *vma = exec->vmas[i];

		if (!drm_mm_node_allocated(&vma->node)) {
			ret = bind_anywhere(exec, i);
			if (ret)
				return ret;
		}
	}
	for (i = 0; i < exec->args->buffer_count; i++) {
		struct i915_vma *vma = exec->vmas[i];

		/* It is in the list twice, for different addresses. */
		if (misplaced(&exec->objects[i], vma))
			return -ENOSPC;
		if (vma->mapped)
			continue;
		ret = fake_vm_map(vm->vm, vma->bo, vma->node.start, fake_bo_size(vma->bo), 0,
				  FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
		if (ret)
			return ret;
		vma->mapped = true;
	}
	return 0;
}

/* The end of i915_gem_execbuffer2_ioctl(): the client is told where objects are that have moved. */
static int exec_tell_offsets(struct exec *exec)
{
	struct drm_i915_gem_exec_object2 __user *user = u64_to_user_ptr(exec->args->buffers_ptr);
	unsigned int i;

	for (i = 0; i < exec->args->buffer_count; i++) {
		u64 start = exec->vmas[i]->node.start;

		if (start != exec->objects[i].offset &&
		    put_user(canonical(start), &user[i].offset))
			return -EFAULT;
	}
	return 0;
}

/* eb_lookup_vmas() */
static int exec_lookup(struct exec *exec, struct fake_job *job)
{
	unsigned int i, count = exec->args->buffer_count;
	int ret = 0;

	job->bos = kvcalloc(count, sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	exec->batch = exec->args->flags & I915_EXEC_BATCH_FIRST ? 0 : count - 1;
	for (i = 0; i < count; i++) {
		struct drm_gem_object *obj;

		obj = drm_gem_object_lookup(exec->file, exec->objects[i].handle);
		if (!obj)
			return -ENOENT;
		job->bos[job->num_bos++] = obj;
		ret = exec_check_object(exec, i, to_fake_bo(obj));
		if (ret)
			return ret;
		exec->vmas[i] = vma_get(exec->ctx->vm, to_fake_bo(obj));
		if (IS_ERR(exec->vmas[i]))
			return PTR_ERR(exec->vmas[i]);
	}
	/* eb_capture_stage() */
	for (i = 0; i < count; i++)
		if (exec->objects[i].flags & EXEC_OBJECT_CAPTURE && exec->ctx->recoverable)
			return -EINVAL;
	return 0;
}

/* i915_request_await_execution() in i915_request.c: until the engine has begun with it, if it is ours */
static struct dma_fence *begun(struct fake_gpu *gpu, struct dma_fence *fence)
{
	struct drm_sched_fence *sched_fence = to_drm_sched_fence(fence);
	unsigned int i;

	for (i = 0; sched_fence && i < NUM_ENGINES; i++)
		if (sched_fence->sched == &gpu->engine[i].sched)
			return &sched_fence->scheduled;
	return fence;
}

/* eb_fences_add() and await_fence_array() */
static int exec_await_fences(struct exec *exec, struct fake_job *job, struct dma_fence *in_fence)
{
	unsigned int i;
	int ret;

	if (in_fence) {
		if (exec->args->flags & I915_EXEC_FENCE_SUBMIT)
			in_fence = begun(exec->client->gpu, in_fence);
		ret = drm_sched_job_add_dependency(&job->base, dma_fence_get(in_fence));
		if (ret)
			return ret;
	}
	for (i = 0; i < exec->num_fences; i++) {
		if (!exec->fences[i].wait)
			continue;
		ret = drm_sched_job_add_dependency(&job->base,
						   dma_fence_get(exec->fences[i].wait));
		if (ret)
			return ret;
	}
	return 0;
}

/* eb_move_to_gpu(): what else uses the objects is awaited, unless the client sees to that itself. */
static int exec_await_objects(struct exec *exec, struct fake_job *job)
{
	unsigned int i;
	int ret;

	for (i = 0; i < exec->args->buffer_count; i++) {
		u64 flags = exec->objects[i].flags;

		if (flags & EXEC_OBJECT_ASYNC)
			continue;
		ret = drm_sched_job_add_implicit_dependencies(&job->base,
							      &exec->vmas[i]->bo->shmem.base,
							      flags & EXEC_OBJECT_WRITE);
		if (ret)
			return ret;
	}
	return 0;
}

/* signal_fence_array() */
static void exec_signal(struct exec *exec, struct dma_fence *done)
{
	unsigned int i;

	for (i = 0; i < exec->num_fences; i++) {
		struct exec_fence *fence = &exec->fences[i];

		if (!fence->syncobj)
			continue;
		if (fence->chain)
			drm_syncobj_add_point(fence->syncobj, fence->chain, done, fence->point);
		else
			drm_syncobj_replace_fence(fence->syncobj, done);
		fence->chain = NULL;
	}
}

/*
 * From eb_lookup_vmas() on: everything that can fail comes before the job's fence is made.
 * @out is where the job's sync_file goes, or NULL.
 */
static int exec_submit(struct exec *exec, struct dma_fence *in_fence, struct sync_file **out)
{
	struct i915_client *client = exec->client;
	struct i915_ring *ring = &exec->ctx->rings[exec->engine];
	enum guc_priority priority = guc_priority(exec->ctx->priority);
	struct drm_sched_entity *entity;
	struct fake_lock lock;
	struct dma_fence *done;
	struct fake_job *job;
	unsigned int i;
	int ret;

	entity = ring_entity(ring, &client->gpu->engine[exec->engine], priority);
	if (IS_ERR(entity))
		return PTR_ERR(entity);
	job = fake_job_create(client->gpu, entity, exec->file);
	if (IS_ERR(job))
		return PTR_ERR(job);
	kref_get(&exec->ctx->ref);
	job->priv = exec->ctx;
	job->done = i915_job_done;
	job->released = i915_job_released;

	client->submissions++;
	ret = exec_lookup(exec, job);
	if (ret)
		goto err_job;
	/* eb_pin_engine() */
	if (READ_ONCE(exec->ctx->banned)) {
		ret = -EIO;
		goto err_job;
	}
	ret = exec_bind(exec);
	if (!ret)
		ret = exec_tell_offsets(exec);
	if (ret)
		goto err_job;

	/* Where a batch ends is what is in it; its length is only checked. */
	job->ibs = kvcalloc(1, sizeof(*job->ibs), GFP_KERNEL);
	if (!job->ibs) {
		ret = -ENOMEM;
		goto err_job;
	}
	job->ibs[0].addr = exec->vmas[exec->batch]->node.start + exec->args->batch_start_offset;
	job->ibs[0].size = U64_MAX;
	job->num_ibs = 1;
	job->table = fake_vm_table_get(exec->ctx->vm->vm);
	if (IS_ERR(job->table)) {
		ret = PTR_ERR(job->table);
		job->table = NULL;
		goto err_job;
	}
	ret = exec_await_fences(exec, job, in_fence);
	if (!ret && ring->last && ring->last_priority != priority)
		ret = drm_sched_job_add_dependency(&job->base, dma_fence_get(ring->last));
	if (ret)
		goto err_job;

	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	/* An object that is in the list twice may get the fence as reader and as writer. */
	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 2);
	if (ret)
		goto err_job;
	ret = exec_await_objects(exec, job);
	/* i915_reset_gen7_sol_offsets() */
	if (!ret && exec->args->flags & I915_EXEC_GEN7_SOL_RESET)
		ret = -EINVAL;
	if (!ret && fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT))
		ret = -ENOMEM;
	if (ret)
		goto err_lock;

	done = fake_job_arm(job);
	dma_fence_put(ring->last);
	ring->last = dma_fence_get(done);
	ring->last_priority = priority;
	if (out) {
		*out = sync_file_create(done);
		if (!*out)
			ret = -ENOMEM;
	}
	for (i = 0; i < exec->args->buffer_count; i++)
		dma_resv_add_fence(exec->vmas[i]->bo->shmem.base.resv, done,
				   exec->objects[i].flags & EXEC_OBJECT_WRITE ?
				   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	exec_signal(exec, done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	return ret;

err_lock:
	fake_bos_unlock(&lock);
err_job:
	fake_job_cancel(job);
	return ret;
}

/* i915_gem_do_execbuffer(), with its order of checks */
static int exec_run(struct exec *exec)
{
	struct drm_i915_gem_execbuffer2 *args = exec->args;
	u64 in_fences = args->flags & (I915_EXEC_FENCE_IN | I915_EXEC_FENCE_SUBMIT);
	struct dma_fence *in_fence = NULL;
	struct sync_file *out = NULL;
	int ret, fd = -1;

	if (args->flags & I915_EXEC_SECURE)
		return -ENODEV;
	ret = exec_extensions(exec);
	if (!ret)
		ret = add_fence_array(exec);
	if (ret)
		goto out;
	if (in_fences) {
		if (in_fences == (I915_EXEC_FENCE_IN | I915_EXEC_FENCE_SUBMIT)) {
			ret = -EINVAL;
			goto out;
		}
		in_fence = sync_file_get_fence(lower_32_bits(args->rsvd2));
		if (!in_fence) {
			ret = -EINVAL;
			goto out;
		}
	}
	if (args->flags & I915_EXEC_FENCE_OUT) {
		fd = get_unused_fd_flags(O_CLOEXEC);
		if (fd < 0) {
			ret = fd;
			goto out;
		}
	}

	mutex_lock(&exec->client->lock);
	ret = exec_select(exec);
	if (!ret)
		ret = exec_submit(exec, in_fence, fd >= 0 ? &out : NULL);
	mutex_unlock(&exec->client->lock);

	if (out) {
		fd_install(fd, out->file);
		args->rsvd2 &= GENMASK_ULL(31, 0);
		args->rsvd2 |= (u64)fd << 32;
		fd = -1;
	}
out:
	if (fd >= 0)
		put_unused_fd(fd);
	dma_fence_put(in_fence);
	exec_fences_free(exec);
	return ret;
}

/* i915_gem_execbuffer2_ioctl() */
static int i915_gem_execbuffer2_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_i915_gem_execbuffer2 *args = data;
	struct exec exec = {
		.client = file->driver_priv,
		.file = file,
		.args = args,
	};
	size_t count = args->buffer_count;
	int ret;

	if (!count || count > INT_MAX)
		return -EINVAL;
	ret = exec_check(args);
	if (ret)
		return ret;

	exec.objects = kvmalloc_array(count, sizeof(*exec.objects), GFP_KERNEL | __GFP_NOWARN);
	exec.vmas = kvcalloc(count, sizeof(*exec.vmas), GFP_KERNEL | __GFP_NOWARN);
	if (!exec.objects || !exec.vmas)
		ret = -ENOMEM;
	else if (copy_from_user(exec.objects, u64_to_user_ptr(args->buffers_ptr),
				count * sizeof(*exec.objects)))
		ret = -EFAULT;
	else
		ret = exec_run(&exec);
	kvfree(exec.vmas);
	kvfree(exec.objects);
	return ret;
}

/* --- The driver */

/*
 * i915_gem_pread_ioctl() and i915_gem_pwrite_ioctl() in i915_gem.c, i915_gem_mmap_ioctl() in
 * gem/i915_gem_mman.c, i915_gem_set_tiling_ioctl() in gem/i915_gem_tiling.c
 */
static int not_on_discrete(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -EOPNOTSUPP;
}

/* i915_gem_set_domain_ioctl() in gem/i915_gem_domain.c, i915_gem_set_caching_ioctl() there */
static int no_domains(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENODEV;
}

static const struct drm_ioctl_desc i915_ioctls[] = {
	DRM_IOCTL_DEF_DRV(I915_GETPARAM, i915_getparam_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_EXECBUFFER, drm_invalid_op, DRM_AUTH),
	DRM_IOCTL_DEF_DRV(I915_GEM_EXECBUFFER2_WR, i915_gem_execbuffer2_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_BUSY, i915_gem_busy_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_SET_CACHING, no_domains, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_GET_CACHING, no_domains, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CREATE, i915_gem_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CREATE_EXT, i915_gem_create_ext_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_PREAD, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_PWRITE, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_MMAP, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_MMAP_OFFSET, i915_gem_mmap_offset_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_SET_DOMAIN, no_domains, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_SET_TILING, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_GET_TILING, not_on_discrete, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_WAIT, i915_gem_wait_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_CREATE_EXT, i915_gem_context_create_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_DESTROY, i915_gem_context_destroy_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GET_RESET_STATS, i915_get_reset_stats_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_GETPARAM, i915_gem_context_getparam_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_SETPARAM, i915_gem_context_setparam_ioctl,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_QUERY, i915_query_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_VM_CREATE, i915_gem_vm_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(I915_GEM_VM_DESTROY, i915_gem_vm_destroy_ioctl, DRM_RENDER_ALLOW),
};

/* i915_driver_postclose(), i915_gem_context_close() in gem/i915_gem_context.c */
static void i915_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct i915_client *client = file->driver_priv;
	struct i915_context *ctx;
	struct i915_vm *vm;
	unsigned long id;

	mutex_lock(&client->lock);
	xa_for_each(&client->contexts, id, ctx)
		context_close(ctx);
	xa_for_each(&client->vm_ids, id, vm)
		vm_put(vm);
	mutex_unlock(&client->lock);
	xa_destroy(&client->contexts);
	xa_destroy(&client->vm_ids);
	mutex_destroy(&client->lock);
	kfree_rcu(client, rcu);
}

/* i915_gem_context_open() in gem/i915_gem_context.c */
static int i915_open(struct drm_device *drm, struct drm_file *file)
{
	struct i915_client *client = kzalloc_obj(*client);
	struct i915_context *ctx;
	int ret;

	if (!client)
		return -ENOMEM;
	client->gpu = to_fake_gpu(drm);
	mutex_init(&client->lock);
	xa_init_flags(&client->contexts, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->vm_ids, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&client->vms);
	client->hang = jiffies - CLIENT_FAST_HANG_JIFFIES;
	client->bsd = get_random_u32_below(2);

	ctx = context_create(client);
	if (IS_ERR(ctx)) {
		ret = PTR_ERR(ctx);
		goto err;
	}
	ctx->proto = false;
	ret = xa_err(xa_store(&client->contexts, 0, ctx, GFP_KERNEL));
	if (ret) {
		context_close(ctx);
		goto err;
	}
	file->driver_priv = client;
	return 0;

err:
	kfree(client);
	return ret;
}

DEFINE_DRM_GEM_FOPS(i915_fops);

static const struct drm_driver i915_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = i915_open,
	.postclose = i915_postclose,
	.dumb_create = i915_dumb_create,
	.dumb_map_offset = i915_dumb_map_offset,
	.ioctls = i915_ioctls,
	.num_ioctls = ARRAY_SIZE(i915_ioctls),
	.fops = &i915_fops,
	.name = "i915",
	.desc = "Intel Graphics",
	.major = 1,
	.minor = 6,
	FAKE_DRIVER_OPS,
};

const struct fake_vendor fake_i915 = {
	.driver = &i915_driver,
	.gem_funcs = &i915_gem_funcs,
	.engines = engine_names,
	/* Four heartbeats of CONFIG_DRM_I915_HEARTBEAT_INTERVAL: gt/intel_engine_heartbeat.c. */
	.timeout_ms = 10000,
	.timeout_error = -EIO,
	/* The scratch page of the ppgtt is behind all addresses without an object: gt/intel_gtt.c. */
	.page_fault = FAKE_PAGE_FAULT_DROP,
	.has_vram = true,
	.prepare = i915_prepare,
	.packet = fake_blitter_packet,
};
