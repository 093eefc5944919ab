/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fake drivers of all vendors are made of.
 *
 * A vendor's file has the driver's ioctls, with the checks, the errors and the life times of the
 * real driver. This is the hardware under it, and what the real drivers have of TTM and drm_exec:
 *
 *   module.c  which devices there are, and those on the platform bus; pci.c those on PCI
 *   gpu.c     the device and its unplugging
 *   bo.c      buffer objects
 *   place.c   where they are placed, and how much memory is left
 *   lock.c    locking the buffer objects of a submission
 *   vram.c    VRAM that is real: the BAR of a PCI function
 *   vm.c      GPU address spaces
 *   engine.c  engines with a drm_gpu_scheduler each, jobs, their time-outs, resets
 *   cp.c      the command processor, which executes the instructions of cp.h
 *   export.c  what is exported to other devices
 *   import.c  what is imported from them
 *   sdma.c, blitter.c   what copy engines execute of their own instruction sets
 *   power.c   what becomes of it when the system sleeps
 *   fault.c   faults on demand, by attributes of the parent device
 *
 * The memory is that of shmem objects; the "VRAM" of a platform device is only accounted for, that of
 * a PCI function is the memory of its BAR. Addresses are per VM, and a job sees the address space as
 * it was when it was submitted: the drivers order what they change in page tables behind the jobs of
 * before.
 */
#ifndef FAKE_H
#define FAKE_H

#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/iosys-map.h>
#include <linux/kref.h>
#include <linux/maple_tree.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/ww_mutex.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_mm.h>
#include <drm/gpu_scheduler.h>

struct dmem_cgroup_pool_state;
struct dmem_cgroup_region;
struct fake_bar;
struct fake_bo;
struct fake_dma_map;
struct fake_gpu;
struct fake_job;

/* --- Vendors */

/**
 * enum fake_page_fault - what an engine does at an address that is not mapped
 * @FAKE_PAGE_FAULT_DROP: reads zeroes or drops the write, counts it, and goes on
 * @FAKE_PAGE_FAULT_KILL: stops; the job fails with &fake_vendor.fault_error
 */
enum fake_page_fault {
	FAKE_PAGE_FAULT_DROP,
	FAKE_PAGE_FAULT_KILL,
};

/**
 * enum fake_gtt_is - what GTT is to an object that may be there or in VRAM, and should be in VRAM
 * @FAKE_GTT_IS_EQUAL: as good
 * @FAKE_GTT_IS_FALLBACK: second best: it is placed in VRAM, at the cost of others, before it is placed
 *	in GTT, and comes back from there when VRAM has room
 * @FAKE_GTT_IS_FALLBACK_LATER: the same but for where it is placed first
 */
enum fake_gtt_is {
	FAKE_GTT_IS_EQUAL,
	FAKE_GTT_IS_FALLBACK,
	FAKE_GTT_IS_FALLBACK_LATER,
};

/**
 * struct fake_vendor - a vendor's driver
 * @driver: the DRM driver; its name is what the module's parameter "vendors" has
 * @gem_funcs: of its buffer objects, FAKE_GEM_FUNCS among them
 * @engines: names of the engines, at most FAKE_MAX_ENGINES, and a NULL
 * @timeout_ms: the driver's default for how long a job may run
 * @timeout_error: error of a job that ran longer
 * @fault_error: error of a job with a page fault, for FAKE_PAGE_FAULT_KILL
 * @page_fault: what the engines do with a page fault
 * @has_vram: false for a GPU whose only memory is the system's
 * @on_pci: it may be a PCI function: its objects know what to do about memory in a BAR
 * @gtt_is: what GTT is to objects that should be in VRAM
 * @moves_in_vram: it moves objects to where the CPU reaches VRAM when that touches them, and away from
 *	there rather than out of VRAM
 * @priv_size: bytes of &fake_gpu.priv
 * @init: sets up the vendor's part of a device; it is not registered yet. Optional
 * @prepare: says whether a job, which waits for nothing more, is to be executed: 0, or the error that
 *	its fence gets instead. On the way to the signal of a fence: may neither allocate nor take
 *	locks under which memory is allocated. Optional
 * @reset: an engine, or all with a NULL for the job, has been reset for a job. As @prepare. Optional
 * @bo_free: frees &fake_bo.priv of an object that is about to go. Optional
 * @packet: executes an instruction of the vendor's own, at an address with so many bytes left from
 *	there on: how many bytes it has, -EILSEQ if it is none, or the error to stop with. Optional
 * @group: attributes of the parent device, as the real driver has them. Optional
 */
struct fake_vendor {
	const struct drm_driver *driver;
	const struct drm_gem_object_funcs *gem_funcs;
	const char *const *engines;
	unsigned int timeout_ms;
	int timeout_error;
	int fault_error;
	enum fake_page_fault page_fault;
	bool has_vram;
	bool on_pci;
	enum fake_gtt_is gtt_is;
	bool moves_in_vram;
	size_t priv_size;
	int (*init)(struct fake_gpu *gpu);
	int (*prepare)(struct fake_job *job);
	void (*reset)(struct fake_gpu *gpu, struct fake_job *job);
	void (*bo_free)(struct fake_bo *bo);
	int (*packet)(struct fake_job *job, u64 addr, u64 left);
	const struct attribute_group *group;
};

extern const struct fake_vendor fake_amdgpu;
extern const struct fake_vendor fake_i915;
extern const struct fake_vendor fake_mtgpu;
extern const struct fake_vendor fake_nouveau;
extern const struct fake_vendor fake_nvidia_drm;
extern const struct fake_vendor fake_xe;

/* --- Devices */

#define FAKE_MAX_ENGINES 16

/**
 * struct fake_engine - executes jobs, one at a time
 * @gpu: the device
 * @sched: its scheduler
 * @wq: where it executes
 * @name: of the engine
 * @fence_context: of the fences of this engine
 * @seqno: of the last of them; only @sched's run_job() changes it
 * @lock: protects @job and &fake_job.abort
 * @job: what is being executed
 * @wake: to be woken when &fake_job.abort was set
 */
struct fake_engine {
	struct fake_gpu *gpu;
	struct drm_gpu_scheduler sched;
	struct workqueue_struct *wq;
	const char *name;
	u64 fence_context;
	u64 seqno;
	spinlock_t lock;
	struct fake_job *job;
	wait_queue_head_t wake;
};

/**
 * enum fake_region - where a buffer object is
 * @FAKE_SYSTEM: in memory of the system that the GPU does not see; not limited
 * @FAKE_GTT: in memory of the system that the GPU sees
 * @FAKE_VRAM: in memory of the GPU
 */
enum fake_region {
	FAKE_SYSTEM,
	FAKE_GTT,
	FAKE_VRAM,
	FAKE_REGIONS,
};

#define FAKE_IN(region) (1u << (region))

/**
 * struct fake_memory - one region of a device
 * @size: bytes
 * @used: bytes, at most @size; protected by &fake_gpu.memory_lock
 * @lru: buffer objects in it, the least recently used first; same protection
 * @cg: for dmem cgroups, if the kernel has those
 */
struct fake_memory {
	u64 size;
	u64 used;
	struct list_head lru;
	struct dmem_cgroup_region *cg;
};

/**
 * enum fake_fault - faults on demand; see fault.c for what they do
 */
enum fake_fault {
	FAKE_FAULT_ENOMEM,
	FAKE_FAULT_SUBMIT,
	FAKE_FAULT_AGAIN,
	FAKE_FAULT_EIO,
	FAKE_FAULT_HANG,
	FAKE_FAULT_IMPORT,
	FAKE_FAULT_MAP,
	FAKE_FAULT_MAP_BY_OTHER,
	FAKE_FAULT_RESUME,
	FAKE_FAULTS,
};

/**
 * struct fake_gpu - a device
 * @drm: the DRM device; devres of the parent has its first reference
 * @vendor: whose
 * @bar: the memory of VRAM, if it is on PCI, or NULL
 * @gone: it was unplugged; engines stop at once
 * @memory_lock: protects @memory and the placement of all buffer objects. Taken inside of dma_resv
 *	locks, and not on the way to the signal of a fence
 * @memory: its regions
 * @vm_lock: protects all address spaces. Taken outside of dma_resv locks
 * @num_engines: number of engines
 * @engine: the engines
 * @timeout_wq: where time-outs of all engines are handled, one after the other
 * @resets: number of resets
 * @vram_lost: number of resets that have lost the contents of VRAM
 * @page_faults: number of page faults
 * @jobs_done: number of jobs executed to the end
 * @moved: bytes moved between regions
 * @peer_read: bytes that engines have read at addresses in BARs of other devices
 * @peer_written: bytes that they have written there
 * @lost: bytes of objects that were in VRAM when it lost its power
 * @suspended: the device is suspended with the system
 * @disturbed: how often it was used then: a submission, a file closed, an object freed
 * @faults: how many more times each fault is to happen
 * @fault_errors: what it fails with, for those whose error can be chosen: a negative errno
 * @asleep: as if the device was asleep when others attach to what it has exported
 * @slow_us: microseconds that each job takes longer
 * @bind_us: microseconds after which binds say that they are over
 * @stall_us: microseconds that each submission waits before it reads anything of the client's
 * @priv: the vendor's
 */
struct fake_gpu {
	struct drm_device drm;
	const struct fake_vendor *vendor;
	struct fake_bar *bar;
	bool gone;
	struct mutex memory_lock;
	struct fake_memory memory[FAKE_REGIONS];
	struct mutex vm_lock;
	unsigned int num_engines;
	struct fake_engine engine[FAKE_MAX_ENGINES];
	struct workqueue_struct *timeout_wq;
	atomic_t resets;
	atomic_t vram_lost;
	atomic_t page_faults;
	atomic64_t jobs_done;
	atomic64_t moved;
	atomic64_t peer_read;
	atomic64_t peer_written;
	atomic64_t lost;
	bool suspended;
	atomic_t disturbed;
	atomic_t faults[FAKE_FAULTS];
	int fault_errors[FAKE_FAULTS];
	bool asleep;
	unsigned int slow_us;
	unsigned int bind_us;
	unsigned int stall_us;
	void *priv;
};

static inline struct fake_gpu *to_fake_gpu(struct drm_device *drm)
{
	return container_of(drm, struct fake_gpu, drm);
}

struct fake_gpu *fake_gpu_add(struct device *parent, const struct fake_vendor *vendor);
void fake_gpu_remove(struct fake_gpu *gpu);
void fake_gpus_wait(void);

const struct fake_vendor *fake_vendor_named(const char *name, size_t length);

extern struct pci_driver fake_pci_driver;
extern struct workqueue_struct *fake_release_wq;
extern unsigned long fake_vram_mb;
extern unsigned long fake_visible_mb;
extern unsigned long fake_gtt_mb;
extern unsigned int fake_timeout_ms;

/* --- Buffer objects */

/**
 * struct fake_bo - a buffer object
 * @shmem: the memory
 * @lru: in &fake_memory.lru of @region
 * @region: where it is accounted for, protected by &fake_gpu.memory_lock
 * @charged: the bytes accounted for there
 * @moved: it was placed or moved since a submission looked where it is; set and protected as @region
 * @cg_pool: whom they are charged to, in VRAM
 * @vram: what it has of the BAR, bytes, if it is in that; changes with its dma_resv locked, once
 *	others know the object
 * @needs_visible: if it is in VRAM, it must be where the CPU and other devices reach that; protected by
 *	its dma_resv
 * @pins: greater than 0 if it must stay where it is; same protection
 * @allowed: FAKE_IN() of the regions it may be in
 * @preferred: the same, where a submission moves it if it can
 * @flags: the vendor's
 * @align: the vendor's, bytes
 * @root: &fake_vm.root of the only address space it can be mapped in, referenced, whose dma_resv is
 *	its own then; or NULL
 * @fault_addr: for a root: address of the last page fault in its address space
 * @mappings: where it is mapped, by &fake_mapping.of_bo, protected by &fake_gpu.vm_lock
 * @attachments: struct fake_attachment of devices that are attached to it, protected by its dma_resv
 * @dma_map: of an object that was imported: what engines reach of it, or NULL; protected by its
 *	dma_resv, and there until the fences of those engines have signalled
 * @priv: the vendor's
 *
 * The first buffer objects of a region that are not pinned make room for others, if they may be
 * elsewhere.
 */
struct fake_bo {
	struct drm_gem_shmem_object shmem;
	struct list_head lru;
	enum fake_region region;
	u64 charged;
	bool moved;
	struct dmem_cgroup_pool_state *cg_pool;
	struct drm_mm_node vram;
	bool needs_visible;
	unsigned int pins;
	u32 allowed;
	u32 preferred;
	u64 flags;
	u64 align;
	struct fake_bo *root;
	u64 fault_addr;
	struct list_head mappings;
	struct list_head attachments;
	struct fake_dma_map *dma_map;
	void *priv;
};

static inline struct fake_bo *to_fake_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct fake_bo, shmem);
}

static inline u64 fake_bo_size(const struct fake_bo *bo)
{
	return bo->shmem.base.size;
}

struct drm_gem_object *fake_gem_create_object(struct drm_device *drm, size_t size);
struct fake_bo *fake_bo_create(struct fake_gpu *gpu, u64 size, u32 preferred, u32 allowed,
			       struct fake_bo *root);
struct fake_bo *fake_bo_create_visible(struct fake_gpu *gpu, u64 size, u32 preferred, u32 allowed,
				       struct fake_bo *root);
void fake_bo_free(struct drm_gem_object *obj);
int fake_bo_map(struct fake_bo *bo);
void fake_bo_unmap(struct fake_bo *bo);
u64 fake_bo_at(struct fake_bo *bo, u64 offset, u64 size, struct iosys_map *map, bool *peer);

int fake_bo_place(struct fake_bo *bo);
void fake_bo_remove(struct fake_bo *bo);
int fake_bo_validate(struct fake_bo *bo);
int fake_bo_pin(struct drm_gem_object *obj);
void fake_bo_unpin(struct drm_gem_object *obj);
int fake_bo_pin_in(struct fake_bo *bo, u32 regions);
int fake_bo_move_to(struct fake_bo *bo, u32 regions);
int fake_bo_make_visible(struct fake_bo *bo);
void fake_bo_lost(struct fake_bo *bo);
u64 fake_memory_used(struct fake_gpu *gpu, enum fake_region region);
u64 fake_memory_pinned(struct fake_gpu *gpu, enum fake_region region);

/* --- VRAM in a BAR */

/**
 * struct fake_bar - VRAM that is the BAR of a PCI function
 * @start: physical address
 * @map: all of it for the engines, and for the CPU if it is visible
 * @visible: bytes from the start that the CPU and other devices reach: all, or fewer as if the BAR were
 *	smaller than VRAM
 * @mm: which object has what of it, bytes; protected by &fake_gpu.memory_lock
 */
struct fake_bar {
	phys_addr_t start;
	void __iomem *map;
	u64 visible;
	struct drm_mm mm;
};

int fake_bar_init(struct fake_gpu *gpu);
int fake_vram_move(struct fake_bo *bo, enum fake_region to);
bool fake_vram_is_visible(const struct fake_bo *bo);
bool fake_vram_is_in_the_way(const struct fake_bo *bo, const struct fake_bo *other);
u64 fake_vram_visible_size(struct fake_gpu *gpu);
u64 fake_vram_visible_used(struct fake_gpu *gpu);
void fake_vram_lose(struct fake_gpu *gpu);
int fake_bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma);
int fake_bo_vmap(struct drm_gem_object *obj, struct iosys_map *map);
void fake_bo_vunmap(struct drm_gem_object *obj, struct iosys_map *map);

/* --- dma-bufs */

/**
 * struct fake_attachment - a device that is attached to an object
 * @node: in &fake_bo.attachments
 * @attach: its attachment
 */
struct fake_attachment {
	struct list_head node;
	struct dma_buf_attachment *attach;
};

int fake_export_attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach);
void fake_export_detach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach);
struct sg_table *fake_export_map(struct dma_buf_attachment *attach, enum dma_data_direction dir);
void fake_export_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		       enum dma_data_direction dir);
bool fake_export_reached_by_all(struct fake_bo *bo);
bool fake_export_is_attached(struct fake_bo *bo);
void fake_export_moves(struct fake_bo *bo);

struct drm_gem_object *fake_import_dynamic(struct drm_device *drm, struct dma_buf *dma_buf,
					   const struct dma_buf_ops *own);
struct drm_gem_object *fake_import_static(struct drm_device *drm, struct dma_buf *dma_buf,
					  const struct dma_buf_ops *own);
int fake_import_map(struct fake_bo *bo);
u64 fake_import_at(struct fake_bo *bo, u64 offset, u64 size, struct iosys_map *map, bool *peer);
void fake_import_free(struct fake_bo *bo);

struct sg_table *fake_bo_get_sg_table(struct drm_gem_object *obj);
struct drm_gem_object *fake_prime_import(struct drm_device *drm, struct dma_buf *dma_buf);
struct drm_gem_object *fake_prime_import_sg_table(struct drm_device *drm,
						  struct dma_buf_attachment *attach,
						  struct sg_table *sgt);

/**
 * struct fake_lock - objects whose dma_resvs are locked
 * @objs: one for each dma_resv; not referenced
 * @count: number of them
 * @ctx: for the locks
 */
struct fake_lock {
	struct drm_gem_object **objs;
	unsigned int count;
	struct ww_acquire_ctx ctx;
};

unsigned int fake_bos_sort(struct drm_gem_object **objs, unsigned int count);
int fake_bos_lock(struct fake_lock *lock, struct drm_gem_object **objs, unsigned int count,
		  unsigned int fences);
void fake_bos_unlock(struct fake_lock *lock);

/*
 * FAKE_GEM_FUNCS: the members of struct drm_gem_object_funcs that are the same with all vendors.
 * FAKE_GEM_VMAP: the same, for drivers that let the kernel map their objects.
 * FAKE_DRIVER_OPS: the same of struct drm_driver.
 */
#define FAKE_GEM_FUNCS \
	.free = fake_bo_free, \
	.print_info = drm_gem_shmem_object_print_info, \
	.pin = fake_bo_pin, \
	.unpin = fake_bo_unpin, \
	.get_sg_table = fake_bo_get_sg_table, \
	.vm_ops = &drm_gem_shmem_vm_ops

#define FAKE_GEM_VMAP \
	.vmap = fake_bo_vmap, \
	.vunmap = fake_bo_vunmap

#define FAKE_DRIVER_OPS \
	.gem_create_object = fake_gem_create_object, \
	.gem_prime_import = fake_prime_import, \
	.gem_prime_import_sg_table = fake_prime_import_sg_table

/* --- Address spaces */

#define FAKE_MAP_READ	BIT(0)
#define FAKE_MAP_WRITE	BIT(1)

/**
 * struct fake_mapping - a buffer object, or a part of it, at an address
 * @ref: references of the VM and its tables
 * @vm: the VM while it is in that; not referenced
 * @of_bo: in &fake_bo.mappings while it is in the VM
 * @bo: the buffer object, referenced; NULL if reads give zeroes and writes are dropped
 * @start: first address
 * @size: bytes
 * @offset: where in @bo it begins, bytes
 * @flags: FAKE_MAP_READ ...
 * @user_flags: the vendor's
 */
struct fake_mapping {
	struct kref ref;
	struct fake_vm *vm;
	struct list_head of_bo;
	struct fake_bo *bo;
	u64 start;
	u64 size;
	u64 offset;
	u32 flags;
	u64 user_flags;
};

/**
 * struct fake_vm_table - an address space as it is at a moment; never changes
 * @ref: references
 * @count: number of mappings
 * @mapping: the mappings in the order of their addresses, referenced
 */
struct fake_vm_table {
	struct kref ref;
	unsigned int count;
	struct fake_mapping *mapping[] __counted_by(count);
};

/**
 * struct fake_vm - an address space
 * @ref: references
 * @gpu: the device; whoever has a reference to the VM sees to it that it stays
 * @root: an object that has the dma_resv of all objects that belong to this VM
 * @mappings: struct fake_mapping by page number; this and the rest is protected by
 *	&fake_gpu.vm_lock
 * @count: number of them
 * @table: @mappings as a table, if nothing has changed since it was made
 */
struct fake_vm {
	struct kref ref;
	struct fake_gpu *gpu;
	struct fake_bo *root;
	struct maple_tree mappings;
	unsigned int count;
	struct fake_vm_table *table;
};

struct fake_vm *fake_vm_create(struct fake_gpu *gpu);
void fake_vm_put(struct fake_vm *vm);
int fake_vm_map(struct fake_vm *vm, struct fake_bo *bo, u64 start, u64 size, u64 offset,
		u32 flags, u64 user_flags);
int fake_vm_replace(struct fake_vm *vm, struct fake_bo *bo, u64 start, u64 size, u64 offset,
		    u32 flags, u64 user_flags);
int fake_vm_clear(struct fake_vm *vm, u64 start, u64 size);
int fake_vm_unmap_at(struct fake_vm *vm, struct fake_bo *bo, u64 start);
unsigned int fake_vm_unmap_bo(struct fake_vm *vm, struct fake_bo *bo);
struct fake_vm_table *fake_vm_table_get(struct fake_vm *vm);
void fake_vm_table_put(struct fake_vm_table *table);
struct fake_mapping *fake_vm_table_find(struct fake_vm_table *table, u64 addr);

/* --- Jobs */

/**
 * struct fake_ib - a command stream
 * @addr: GPU address of its first word
 * @size: bytes, a multiple of 4; U64_MAX if only FAKE_CP_END ends it
 */
struct fake_ib {
	u64 addr;
	u64 size;
};

/**
 * struct fake_job - what an engine is to execute
 * @base: for the scheduler
 * @ref: references: of the scheduler, and of the engine while it executes it
 * @gpu: the device, referenced
 * @table: the address space
 * @fence: what the engine signals
 * @ibs: the command streams, one after the other; allocated with kvmalloc()
 * @num_ibs: number of them
 * @bos: buffer objects to keep, referenced, as fake_bos_sort() has left them; allocated with
 *	kvmalloc()
 * @num_bos: number of them
 * @root: if not NULL, only what is mapped of @bos, and of objects with this &fake_bo.root, is in
 *	reach; else all of @table. Referenced
 * @store_bo: buffer object that @store_value is stored to at the end, referenced; or NULL. See
 *	fake_job_store_at_end()
 * @store_offset: where there
 * @store_addr: address that @store_value is stored to at the end; or 0
 * @store_value: what
 * @done: the vendor's, called when the job has ended, with its error, right before its fence
 *	signals, from the engine. Not called for jobs that were never executed
 * @released: the vendor's, called when nothing needs the job any more, from a work item that may
 *	sleep and take any lock
 * @page_fault: what a page fault does to it; that of the vendor unless the vendor changes it
 * @priv: the vendor's
 * @abort: error to stop with; protected by &fake_engine.lock
 * @injected: what is to go wrong with it, a FAKE_FAULT_EIO, a FAKE_FAULT_HANG, or FAKE_FAULTS
 * @execute: work item of the engine
 * @release: work item that frees it
 */
struct fake_job {
	struct drm_sched_job base;
	struct kref ref;
	struct fake_gpu *gpu;
	struct fake_vm_table *table;
	struct dma_fence *fence;
	struct fake_ib *ibs;
	unsigned int num_ibs;
	struct drm_gem_object **bos;
	unsigned int num_bos;
	struct fake_bo *root;
	struct fake_bo *store_bo;
	u64 store_offset;
	u64 store_addr;
	u64 store_value;
	void (*done)(struct fake_job *job, int error);
	void (*released)(struct fake_job *job);
	enum fake_page_fault page_fault;
	void *priv;
	int abort;
	enum fake_fault injected;
	struct work_struct execute;
	struct work_struct release;
};

static inline struct fake_job *to_fake_job(struct drm_sched_job *base)
{
	return container_of(base, struct fake_job, base);
}

int fake_engines_init(struct fake_gpu *gpu);
void fake_engines_abort(struct fake_gpu *gpu, int error);
void fake_jobs_abort(struct fake_gpu *gpu, void *priv, int error);
void fake_engines_stop(struct fake_gpu *gpu);
void fake_engines_start(struct fake_gpu *gpu);
void fake_gpu_reset(struct fake_gpu *gpu, bool vram_lost);

struct fake_job *fake_job_create(struct fake_gpu *gpu, struct drm_sched_entity *entity,
				 struct drm_file *file);
void fake_job_cancel(struct fake_job *job);
int fake_job_store_at_end(struct fake_job *job, struct fake_bo *bo, u64 offset);
struct dma_fence *fake_job_arm(struct fake_job *job);
void fake_job_push(struct fake_job *job);
int fake_job_aborted(struct fake_job *job);
int fake_job_wait(struct fake_job *job, u64 ns);

struct fake_engine *fake_job_engine(struct fake_job *job);

int fake_cp_execute(struct fake_job *job);
int fake_cp_read(struct fake_job *job, u64 addr, void *to, u64 size);
int fake_cp_copy(struct fake_job *job, u64 dst, u64 src, u64 size);
int fake_cp_store(struct fake_job *job, u64 addr, u64 value);

int fake_sdma_packet(struct fake_job *job, u64 addr, u64 left);
int fake_blitter_i915(struct fake_job *job, u64 addr, u64 left);
int fake_blitter_xe(struct fake_job *job, u64 addr, u64 left);

/* --- Power */

int fake_power_init(struct device *dev);
void fake_power_used(struct fake_gpu *gpu);

extern const struct dev_pm_ops fake_pm_ops;

/* --- Faults on demand */

bool fake_fault_take(struct fake_gpu *gpu, enum fake_fault fault);
int fake_fault_error(struct fake_gpu *gpu, enum fake_fault fault);
void fake_fault_stall(struct fake_gpu *gpu);

extern const struct attribute_group *fake_fault_groups[];

#endif
