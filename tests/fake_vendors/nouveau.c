// SPDX-License-Identifier: GPL-2.0
/*
 * nouveau, as of its version 1.4.3 in Linux 7.3, on a TU102 (Turing).
 *
 * A file has one of two UAPIs. With the first, the driver maps each object when it is opened, and
 * GEM_PUSHBUF submits. With the second, which VM_INIT chooses before any object or channel is made,
 * the client maps by VM_BIND and submits by EXEC. What each ioctl follows is named at its function;
 * files are of drivers/gpu/drm/nouveau/.
 *
 * Channels of one engine take turns by job here, and have no time slices. Page tables change when
 * VM_BIND is called, not when its fence signals: a client that does not wait for that is not told.
 *
 * Not here: NVIF objects, SVM, displays.
 */
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include <drm/drm_dumb_buffers.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_mm.h>
#include <drm/drm_syncobj.h>

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

static const char *const nouveau_engines[] = { "gr", "ce0", "nvdec0", "bind", NULL };

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

static void channel_free(struct kref *ref)
{
	kfree(container_of(ref, struct nouveau_channel, ref));
}

static void channel_put(struct nouveau_channel *chan)
{
	kref_put(&chan->ref, channel_free);
}

/* nouveau_abi16_chan_fini() in nouveau_abi16.c */
static void channel_close(struct nouveau_channel *chan)
{
	drm_sched_entity_destroy(&chan->entity);
	channel_put(chan);
}

static int nouveau_init(struct fake_gpu *gpu)
{
	struct nouveau_gpu *priv = gpu->priv;

	return drmm_mutex_init(&gpu->drm, &priv->place_lock);
}

/* --- Objects */

/* valid_domains of nouveau_gem_new() in nouveau_gem.c: those the object was made for */
static u32 valid_domains(const struct fake_bo *bo)
{
	return bo->flags & (DOMAIN_VRAM | DOMAIN_GART);
}

static u32 regions_of(u32 domains)
{
	u32 regions = 0;

	if (domains & DOMAIN_VRAM)
		regions |= FAKE_IN(FAKE_VRAM);
	if (domains & DOMAIN_GART)
		regions |= FAKE_IN(FAKE_GTT);
	return regions ?: FAKE_IN(FAKE_SYSTEM);
}

/* Moves an object to one of some regions, as nouveau_bo_validate() with that placement. */
static int bo_place(struct fake_bo *bo, u32 regions)
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
static struct drm_gem_object *nouveau_import(struct drm_device *drm,
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

static struct nouveau_vma *find_vma_of(struct nouveau_client *client, struct fake_bo *bo)
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
	struct nouveau_vma *vma = find_vma_of(client, bo);
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
		vma = find_vma_of(client, to_fake_bo(obj));
		if (vma && !--vma->refs)
			vma_free(client, vma);
	}
	mutex_unlock(&client->lock);
}

static const struct drm_gem_object_funcs nouveau_gem_funcs = {
	.free = fake_bo_free,
	.open = nouveau_gem_open,
	.close = nouveau_gem_close,
	.print_info = drm_gem_shmem_object_print_info,
	.export = nouveau_export,
	.pin = nouveau_pin,
	.unpin = fake_bo_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
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
static struct fake_bo *gem_new(struct nouveau_client *client, u64 size, u32 align, u32 domains,
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
	bo = fake_bo_create(client->gpu, round_down(rounded, page), regions_of(domains),
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

	if (hweight32(valid_domains(bo)) == 1)
		info->domain = valid_domains(bo);
	else if (READ_ONCE(bo->region) == FAKE_GTT)
		info->domain = DOMAIN_GART;
	else
		info->domain = DOMAIN_VRAM;
	info->offset = 0;
	mutex_lock(&client->lock);
	vma = client->uvmm ? NULL : find_vma_of(client, bo);
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
static void disable_uvmm_noinit(struct nouveau_client *client)
{
	if (!client->uvmm)
		client->uvmm_disabled = true;
}

/* nouveau_gem_ioctl_new() in nouveau_gem.c */
static int nouveau_gem_new(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_gem_new *args = data;
	struct fake_bo *bo;
	int ret;

	mutex_lock(&client->lock);
	disable_uvmm_noinit(client);
	mutex_unlock(&client->lock);
	bo = gem_new(client, args->info.size, args->align, args->info.domain,
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
static int nouveau_gem_info(struct drm_device *drm, void *data, struct drm_file *file)
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
static int nouveau_cpu_prep(struct drm_device *drm, void *data, struct drm_file *file)
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
static int nouveau_cpu_fini(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nouveau_gem_cpu_fini *args = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, args->handle);

	if (!obj)
		return -ENOENT;
	drm_gem_object_put(obj);
	return 0;
}

/* nouveau_display_dumb_create() in nouveau_display.c */
static int nouveau_dumb_create(struct drm_file *file, struct drm_device *drm,
			       struct drm_mode_create_dumb *args)
{
	struct fake_bo *bo;
	int ret;

	ret = drm_mode_size_dumb(drm, args, SZ_256, 0);
	if (ret)
		return ret;
	bo = gem_new(file->driver_priv, args->size, 0, DOMAIN_VRAM, 0);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->shmem.base, &args->handle);
	drm_gem_object_put(&bo->shmem.base);
	return ret;
}

/* --- Parameters and channels */

/* nouveau_abi16_ioctl_getparam() in nouveau_abi16.c */
static int nouveau_getparam(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nouveau_getparam *args = data;
	struct fake_gpu *gpu = to_fake_gpu(drm);

	switch (args->param) {
	case NOUVEAU_GETPARAM_CHIPSET_ID:
		args->value = CHIPSET;
		break;
	case NOUVEAU_GETPARAM_PCI_VENDOR:
		args->value = VENDOR_ID;
		break;
	case NOUVEAU_GETPARAM_PCI_DEVICE:
		args->value = DEVICE_ID;
		break;
	case NOUVEAU_GETPARAM_BUS_TYPE:
		/* PCIe */
		args->value = 2;
		break;
	case NOUVEAU_GETPARAM_FB_SIZE:
	case NOUVEAU_GETPARAM_VRAM_BAR_SIZE:
		args->value = gpu->memory[FAKE_VRAM].size;
		break;
	case NOUVEAU_GETPARAM_AGP_SIZE:
		args->value = gpu->memory[FAKE_GTT].size;
		break;
	case NOUVEAU_GETPARAM_VM_VRAM_BASE:
		args->value = 0;
		break;
	case NOUVEAU_GETPARAM_PTIMER_TIME:
		args->value = ktime_get_ns();
		break;
	case NOUVEAU_GETPARAM_GRAPH_UNITS:
		/* 6 GPCs, 34 TPCs, 12 ROPs: gf100_gr_units() in nvkm/engine/gr/gf100.c */
		args->value = 6 | 34 << 8 | 12ull << 32;
		break;
	case NOUVEAU_GETPARAM_HAS_BO_USAGE:
	case NOUVEAU_GETPARAM_HAS_PAGEFLIP:
	case NOUVEAU_GETPARAM_HAS_VMA_TILEMODE:
		args->value = 1;
		break;
	case NOUVEAU_GETPARAM_EXEC_PUSH_MAX:
		args->value = PUSH_MAX;
		break;
	case NOUVEAU_GETPARAM_VRAM_USED:
		args->value = fake_memory_used(gpu, FAKE_VRAM);
		break;
	default:
		return -EINVAL;
	}
	return 0;
}

/*
 * nouveau_abi16_ioctl_channel_alloc() in nouveau_abi16.c. Of the engines that can be asked for,
 * those of Kepler's video decoders are not on this GPU.
 */
static int channel_engine(struct drm_nouveau_channel_alloc *args, enum nouveau_engine *engine)
{
	*engine = ENGINE_GR;
	if (args->fb_ctxdma_handle == ~0u) {
		switch (args->tt_ctxdma_handle) {
		case NOUVEAU_FIFO_ENGINE_GR:
			break;
		case NOUVEAU_FIFO_ENGINE_CE:
			*engine = ENGINE_CE;
			break;
		case NOUVEAU_FIFO_ENGINE_NVDEC:
			*engine = ENGINE_NVDEC;
			break;
		case NOUVEAU_FIFO_ENGINE_VP:
		case NOUVEAU_FIFO_ENGINE_PPP:
		case NOUVEAU_FIFO_ENGINE_BSP:
			return -EINVAL;
		default:
			return -ENOSYS;
		}
		args->fb_ctxdma_handle = 0;
		args->tt_ctxdma_handle = 0;
	}
	return args->tt_ctxdma_handle == ~0u ? -EINVAL : 0;
}

static int nouveau_channel_alloc(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_channel_alloc *args = data;
	struct drm_gpu_scheduler *sched;
	struct nouveau_channel *chan;
	enum nouveau_engine engine;
	struct fake_bo *notifier;
	int ret;
	u32 id;

	mutex_lock(&client->lock);
	disable_uvmm_noinit(client);
	mutex_unlock(&client->lock);
	ret = channel_engine(args, &engine);
	if (ret)
		return ret;

	notifier = gem_new(client, PAGE_SIZE, 0, DOMAIN_GART, 0);
	if (IS_ERR(notifier))
		return PTR_ERR(notifier);
	ret = drm_gem_handle_create(file, &notifier->shmem.base, &args->notifier_handle);
	drm_gem_object_put(&notifier->shmem.base);
	if (ret)
		return ret;

	chan = kzalloc_obj(*chan);
	if (!chan) {
		ret = -ENOMEM;
		goto err_handle;
	}
	kref_init(&chan->ref);
	sched = &client->gpu->engine[engine].sched;
	ret = drm_sched_entity_init(&chan->entity, DRM_SCHED_PRIORITY_NORMAL, &sched, 1, NULL);
	if (ret) {
		kfree(chan);
		goto err_handle;
	}
	mutex_lock(&client->lock);
	ret = xa_alloc(&client->channels, &id, chan, XA_LIMIT(0, INT_MAX), GFP_KERNEL);
	mutex_unlock(&client->lock);
	if (ret) {
		channel_close(chan);
		goto err_handle;
	}
	args->channel = id;
	args->pushbuf_domains = DOMAIN_VRAM | DOMAIN_GART;
	return 0;

err_handle:
	drm_gem_handle_delete(file, args->notifier_handle);
	return ret;
}

/* nouveau_abi16_ioctl_channel_free() in nouveau_abi16.c */
static int nouveau_channel_free(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_channel_free *args = data;
	struct nouveau_channel *chan;

	mutex_lock(&client->lock);
	chan = xa_erase(&client->channels, args->channel);
	if (chan)
		channel_close(chan);
	mutex_unlock(&client->lock);
	return chan ? 0 : -ENOENT;
}

/* --- Jobs */

/* nouveau_channel_kill() in nouveau_chan.c: after a fault or a time-out it does nothing any more. */
static void nouveau_job_done(struct fake_job *job, int error)
{
	struct nouveau_channel *chan = job->priv;

	if (error == -ENODEV)
		WRITE_ONCE(chan->killed, true);
}

static int nouveau_prepare(struct fake_job *job)
{
	struct nouveau_channel *chan = job->priv;

	return chan && READ_ONCE(chan->killed) ? -ENODEV : 0;
}

static void nouveau_job_released(struct fake_job *job)
{
	channel_put(job->priv);
}

static struct fake_job *channel_job(struct nouveau_client *client, struct nouveau_channel *chan,
				    struct drm_file *file, unsigned int pushes)
{
	struct fake_job *job = fake_job_create(client->gpu, &chan->entity, file);

	if (IS_ERR(job))
		return job;
	kref_get(&chan->ref);
	job->priv = chan;
	job->done = nouveau_job_done;
	job->released = nouveau_job_released;
	job->ibs = kvcalloc(max(pushes, 1u), sizeof(*job->ibs), GFP_KERNEL);
	if (!job->ibs) {
		fake_job_cancel(job);
		return ERR_PTR(-ENOMEM);
	}
	return job;
}

/* A stream of whole words. */
static void add_push(struct fake_job *job, u64 addr, u64 size)
{
	struct fake_ib *ib = &job->ibs[job->num_ibs++];

	ib->addr = addr;
	ib->size = round_down(size, 4);
}

/* u_memcpya() in nouveau_drv.h, for no more elements than the caller has checked */
static void *copy_array(u64 address, unsigned int count, size_t size)
{
	return vmemdup_array_user(u64_to_user_ptr(address), count, size);
}

/* The looks for the object, validate_init() in nouveau_gem.c. */
static int pushbuf_lookup(struct nouveau_client *client, struct drm_file *file,
			  struct fake_job *job, struct drm_nouveau_gem_pushbuf_bo *bos, u32 count)
{
	u32 i, j;

	job->bos = kvcalloc(max(count, 1u), sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct drm_gem_object *obj = drm_gem_object_lookup(file, bos[i].handle);
		struct nouveau_vma *vma;

		if (!obj)
			return -ENOENT;
		job->bos[job->num_bos++] = obj;
		for (j = 0; j < i; j++)
			if (job->bos[j] == obj)
				return -EINVAL;
		vma = find_vma_of(client, to_fake_bo(obj));
		if (!vma)
			return -EINVAL;
		if (!(bos[i].valid_domains & (DOMAIN_VRAM | DOMAIN_GART)))
			return -EINVAL;
		bos[i].user_priv = vma->node.start;
	}
	return 0;
}

/* nouveau_gem_set_domain() and validate_list() in nouveau_gem.c */
static int pushbuf_place(struct fake_bo *bo, const struct drm_nouveau_gem_pushbuf_bo *entry)
{
	u32 domains = entry->valid_domains & valid_domains(bo) &
		      (entry->write_domains ?: entry->read_domains);
	enum fake_region region = READ_ONCE(bo->region);

	if (!domains)
		return -EINVAL;
	if (domains & DOMAIN_VRAM && region == FAKE_VRAM)
		domains = DOMAIN_VRAM;
	else if (domains & DOMAIN_GART && region == FAKE_GTT)
		domains = DOMAIN_GART;
	else if (domains & DOMAIN_VRAM)
		domains = DOMAIN_VRAM;
	return bo_place(bo, regions_of(domains));
}

static int pushbuf_submit(struct nouveau_client *client, struct drm_file *file,
			  struct nouveau_channel *chan, struct drm_nouveau_gem_pushbuf *args,
			  struct drm_nouveau_gem_pushbuf_push *push,
			  struct drm_nouveau_gem_pushbuf_bo *bos, struct dma_fence **fence)
{
	struct drm_gem_object **objs;
	struct fake_lock lock;
	struct dma_fence *done;
	struct fake_job *job;
	u32 i;
	int ret;

	for (i = 0; i < args->nr_push; i++)
		if (push[i].bo_index >= args->nr_buffers)
			return -EINVAL;
	job = channel_job(client, chan, file, args->nr_push);
	if (IS_ERR(job))
		return PTR_ERR(job);
	/* The objects in the order of the list, which job->bos loses. */
	objs = kvcalloc(max(args->nr_buffers, 1u), sizeof(*objs), GFP_KERNEL);
	if (!objs) {
		ret = -ENOMEM;
		goto err_job;
	}
	ret = pushbuf_lookup(client, file, job, bos, args->nr_buffers);
	if (ret)
		goto err_objs;
	memcpy(objs, job->bos, job->num_bos * sizeof(*objs));
	for (i = 0; i < args->nr_buffers; i++) {
		ret = pushbuf_place(to_fake_bo(objs[i]), &bos[i]);
		if (ret)
			goto err_objs;
	}
	for (i = 0; i < args->nr_push; i++)
		add_push(job, bos[push[i].bo_index].user_priv + push[i].offset,
			 (u32)push[i].length & ~NOUVEAU_GEM_PUSHBUF_NO_PREFETCH);
	job->table = fake_vm_table_get(client->vm);
	if (IS_ERR(job->table)) {
		ret = PTR_ERR(job->table);
		job->table = NULL;
		goto err_objs;
	}

	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 1);
	if (ret)
		goto err_objs;
	/* nouveau_fence_sync() in nouveau_fence.c */
	for (i = 0; i < args->nr_buffers && !ret; i++)
		ret = drm_sched_job_add_implicit_dependencies(&job->base, objs[i],
							      bos[i].write_domains);
	if (!ret && fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT))
		ret = -ENOMEM;
	if (ret)
		goto err_lock;
	done = fake_job_arm(job);
	for (i = 0; i < args->nr_buffers; i++)
		dma_resv_add_fence(objs[i]->resv, done, bos[i].write_domains ?
				   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	*fence = dma_fence_get(done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	kvfree(objs);
	return 0;

err_lock:
	fake_bos_unlock(&lock);
err_objs:
	kvfree(objs);
err_job:
	fake_job_cancel(job);
	return ret;
}

/*
 * nouveau_gem_ioctl_pushbuf() in nouveau_gem.c. Relocations are for GPUs before Tesla, and are not
 * looked at.
 */
static int nouveau_pushbuf(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_gem_pushbuf *args = data;
	bool sync = args->vram_available & NOUVEAU_GEM_PUSHBUF_SYNC;
	struct drm_nouveau_gem_pushbuf_push *push;
	struct drm_nouveau_gem_pushbuf_bo *bos;
	struct dma_fence *fence = NULL;
	struct nouveau_channel *chan;
	int ret = 0;

	mutex_lock(&client->lock);
	if (client->uvmm) {
		ret = -ENOSYS;
		goto out;
	}
	chan = xa_load(&client->channels, args->channel);
	if (!chan) {
		ret = -ENOENT;
		goto out;
	}
	if (READ_ONCE(chan->killed)) {
		ret = -ENODEV;
		goto out;
	}
	args->vram_available = client->gpu->memory[FAKE_VRAM].size;
	args->gart_available = client->gpu->memory[FAKE_GTT].size;
	args->suffix0 = 0;
	args->suffix1 = 0;
	if (!args->nr_push)
		goto out;
	if (args->nr_push > NOUVEAU_GEM_MAX_PUSH || args->nr_buffers > NOUVEAU_GEM_MAX_BUFFERS ||
	    args->nr_relocs > NOUVEAU_GEM_MAX_RELOCS) {
		ret = -EINVAL;
		goto out;
	}
	push = copy_array(args->push, args->nr_push, sizeof(*push));
	if (IS_ERR(push)) {
		ret = PTR_ERR(push);
		goto out;
	}
	bos = copy_array(args->buffers, args->nr_buffers, sizeof(*bos));
	if (IS_ERR(bos)) {
		ret = PTR_ERR(bos);
		goto out_push;
	}
	ret = pushbuf_submit(client, file, chan, args, push, bos, &fence);
	if (!ret && sync) {
		ret = dma_fence_wait(fence, false);
		if (!ret)
			ret = min(dma_fence_get_status(fence), 0);
	}
	dma_fence_put(fence);
	kvfree(bos);
out_push:
	kvfree(push);
out:
	mutex_unlock(&client->lock);
	return ret;
}

/* --- The second UAPI: nouveau_uvmm.c, nouveau_exec.c, nouveau_sched.c */

/* nouveau_uvmm_ioctl_vm_init() in nouveau_uvmm.c */
static int nouveau_vm_init(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_vm_init *args = data;
	struct drm_gpu_scheduler *sched = &client->gpu->engine[ENGINE_BIND].sched;
	int ret = 0;
	u64 end;

	if (check_add_overflow(args->kernel_managed_addr, args->kernel_managed_size, &end) ||
	    end > VA_END)
		return -EINVAL;
	mutex_lock(&client->lock);
	if (client->uvmm_disabled) {
		ret = -ENOSYS;
	} else if (!client->uvmm) {
		/* nouveau_sched_create() in nouveau_drm.c */
		ret = drm_sched_entity_init(&client->bind, DRM_SCHED_PRIORITY_NORMAL, &sched, 1,
					    NULL);
	}
	if (!ret) {
		client->uvmm = true;
		client->kernel_start = args->kernel_managed_addr;
		client->kernel_size = args->kernel_managed_size;
	}
	mutex_unlock(&client->lock);
	return ret;
}

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

static void syncs_free(struct nouveau_syncs *syncs)
{
	u32 i;

	for (i = 0; i < syncs->num_out; i++) {
		if (syncs->objs && syncs->objs[i])
			drm_syncobj_put(syncs->objs[i]);
		if (syncs->chains)
			dma_fence_chain_free(syncs->chains[i]);
	}
	kvfree(syncs->chains);
	kvfree(syncs->objs);
	kvfree(syncs->out);
	kvfree(syncs->in);
}

static int syncs_copy(struct nouveau_syncs *syncs, u64 in, u32 num_in, u64 out, u32 num_out)
{
	memset(syncs, 0, sizeof(*syncs));
	if (num_in) {
		syncs->in = copy_array(in, num_in, sizeof(*syncs->in));
		if (IS_ERR(syncs->in)) {
			int ret = PTR_ERR(syncs->in);

			syncs->in = NULL;
			return ret;
		}
		syncs->num_in = num_in;
	}
	if (num_out) {
		syncs->out = copy_array(out, num_out, sizeof(*syncs->out));
		if (IS_ERR(syncs->out)) {
			int ret = PTR_ERR(syncs->out);

			syncs->out = NULL;
			syncs_free(syncs);
			return ret;
		}
		syncs->num_out = num_out;
	}
	return 0;
}

/* nouveau_job_add_deps() and sync_find_fence() in nouveau_sched.c */
static int syncs_await(struct nouveau_syncs *syncs, struct fake_job *job, struct drm_file *file)
{
	u32 i;

	for (i = 0; i < syncs->num_in; i++) {
		struct drm_nouveau_sync *sync = &syncs->in[i];
		u32 type = sync->flags & DRM_NOUVEAU_SYNC_TYPE_MASK;
		struct dma_fence *fence;
		int ret;

		if (type != DRM_NOUVEAU_SYNC_SYNCOBJ && type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			return -EOPNOTSUPP;
		ret = drm_syncobj_find_fence(file, sync->handle,
					     type == DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ ?
					     sync->timeline_value : 0, 0, &fence);
		if (!ret)
			ret = drm_sched_job_add_dependency(&job->base, fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* nouveau_job_fence_attach_prepare() in nouveau_sched.c */
static int syncs_prepare(struct nouveau_syncs *syncs, struct drm_file *file)
{
	u32 i;

	syncs->objs = kvcalloc(max(syncs->num_out, 1u), sizeof(*syncs->objs), GFP_KERNEL);
	syncs->chains = kvcalloc(max(syncs->num_out, 1u), sizeof(*syncs->chains), GFP_KERNEL);
	if (!syncs->objs || !syncs->chains)
		return -ENOMEM;
	for (i = 0; i < syncs->num_out; i++) {
		u32 type = syncs->out[i].flags & DRM_NOUVEAU_SYNC_TYPE_MASK;

		if (type != DRM_NOUVEAU_SYNC_SYNCOBJ && type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			return -EINVAL;
		syncs->objs[i] = drm_syncobj_find(file, syncs->out[i].handle);
		if (!syncs->objs[i])
			return -ENOENT;
		if (type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			continue;
		syncs->chains[i] = dma_fence_chain_alloc();
		if (!syncs->chains[i])
			return -ENOMEM;
	}
	return 0;
}

/* nouveau_job_fence_attach() in nouveau_sched.c */
static void syncs_signal(struct nouveau_syncs *syncs, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < syncs->num_out; i++) {
		if (syncs->chains[i])
			drm_syncobj_add_point(syncs->objs[i], syncs->chains[i], fence,
					      syncs->out[i].timeline_value);
		else
			drm_syncobj_replace_fence(syncs->objs[i], fence);
		syncs->chains[i] = NULL;
	}
}

/* All objects that are mapped, and the one that has the dma_resv of those that are not shared. */
static int job_take_mapped(struct nouveau_client *client, struct fake_job *job)
{
	struct drm_gem_object *root = &client->vm->root->shmem.base;
	unsigned int i;

	job->table = fake_vm_table_get(client->vm);
	if (IS_ERR(job->table)) {
		int ret = PTR_ERR(job->table);

		job->table = NULL;
		return ret;
	}
	job->bos = kvcalloc(job->table->count + 1, sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	drm_gem_object_get(root);
	job->bos[job->num_bos++] = root;
	for (i = 0; i < job->table->count; i++) {
		struct fake_bo *bo = job->table->mapping[i]->bo;

		if (!bo)
			continue;
		drm_gem_object_get(&bo->shmem.base);
		job->bos[job->num_bos++] = &bo->shmem.base;
	}
	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	return 0;
}

/* nouveau_job_submit() in nouveau_sched.c, with the objects of the job */
static int job_submit(struct nouveau_client *client, struct fake_job *job,
		      struct nouveau_syncs *syncs, enum dma_resv_usage usage,
		      struct dma_fence **fence)
{
	struct fake_lock lock;
	struct dma_fence *done;
	unsigned int i;
	int ret;

	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 1);
	if (ret)
		return ret;
	if (fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT)) {
		fake_bos_unlock(&lock);
		return -ENOMEM;
	}
	done = fake_job_arm(job);
	for (i = 0; i < lock.count; i++)
		dma_resv_add_fence(lock.objs[i]->resv, done, usage);
	syncs_signal(syncs, done);
	if (fence)
		*fence = dma_fence_get(done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	return 0;
}

static int exec_submit(struct nouveau_client *client, struct drm_file *file,
		       struct nouveau_channel *chan, struct drm_nouveau_exec_push *push, u32 count,
		       struct nouveau_syncs *syncs)
{
	struct fake_job *job;
	unsigned int i;
	int ret;

	/* nouveau_exec_job_init() in nouveau_exec.c */
	for (i = 0; i < count; i++)
		if (push[i].va_len > PUSH_MAX_LENGTH)
			return -EINVAL;
	job = channel_job(client, chan, file, count);
	if (IS_ERR(job))
		return PTR_ERR(job);
	for (i = 0; i < count; i++)
		add_push(job, push[i].va, push[i].va_len);
	ret = syncs_await(syncs, job, file);
	if (!ret)
		ret = syncs_prepare(syncs, file);
	if (!ret)
		ret = job_take_mapped(client, job);
	/* drm_gpuvm_exec_validate(): nouveau_uvmm_bo_validate() in nouveau_uvmm.c */
	for (i = 0; !ret && i < job->num_bos; i++)
		ret = bo_place(to_fake_bo(job->bos[i]),
			       regions_of(valid_domains(to_fake_bo(job->bos[i]))));
	if (!ret)
		ret = job_submit(client, job, syncs, DMA_RESV_USAGE_WRITE, NULL);
	if (ret)
		fake_job_cancel(job);
	return ret;
}

/* nouveau_exec_ioctl_exec() in nouveau_exec.c */
static int nouveau_exec(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_exec_push *push = NULL;
	struct drm_nouveau_exec *args = data;
	struct nouveau_channel *chan;
	struct nouveau_syncs syncs;
	int ret;

	mutex_lock(&client->lock);
	ret = -ENOSYS;
	if (!client->uvmm)
		goto out;
	ret = -ENOENT;
	chan = xa_load(&client->channels, args->channel);
	if (!chan)
		goto out;
	ret = -ENODEV;
	if (READ_ONCE(chan->killed))
		goto out;
	ret = -EINVAL;
	if (args->push_count > PUSH_MAX)
		goto out;
	if (args->push_count) {
		push = copy_array(args->push_ptr, args->push_count, sizeof(*push));
		if (IS_ERR(push)) {
			ret = PTR_ERR(push);
			goto out;
		}
	}
	ret = syncs_copy(&syncs, args->wait_ptr, args->wait_count, args->sig_ptr, args->sig_count);
	if (!ret) {
		ret = exec_submit(client, file, chan, push, args->push_count, &syncs);
		syncs_free(&syncs);
	}
	kvfree(push);
out:
	mutex_unlock(&client->lock);
	return ret;
}

/* drm_gpuvm_range_valid() in drivers/gpu/drm/drm_gpuvm.c, and nouveau_uvmm_validate_range() */
static bool range_valid(struct nouveau_client *client, u64 start, u64 size)
{
	u64 end;

	if (!PAGE_ALIGNED(start) || !PAGE_ALIGNED(size) || !size ||
	    check_add_overflow(start, size, &end) || end > VA_END)
		return false;
	return !client->kernel_size || end <= client->kernel_start ||
	       start >= client->kernel_start + client->kernel_size;
}

/* nouveau_uvma_region_find_first() in nouveau_uvmm.c */
static struct nouveau_region *region_at(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region;

	list_for_each_entry(region, &client->regions, of_client)
		if (start < region->start + region->size && region->start < start + size)
			return region;
	return NULL;
}

/* bind_validate_op() in nouveau_uvmm.c */
static int bind_check(struct nouveau_client *client, const struct drm_nouveau_vm_bind_op *op,
		      struct drm_gem_object *obj)
{
	if (obj) {
		if (!PAGE_ALIGNED(op->bo_offset) || obj->size <= op->bo_offset ||
		    op->range > obj->size - op->bo_offset)
			return -EINVAL;
	}
	if (!range_valid(client, op->addr, op->range))
		return -EINVAL;
	return op->op > DRM_NOUVEAU_VM_BIND_OP_UNMAP ? -EINVAL : 0;
}

/* OP_MAP_SPARSE of nouveau_uvmm_bind_job_submit(): nouveau_uvma_region_create() */
static int bind_sparse(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region;
	int ret;

	if (region_at(client, start, size))
		return -EEXIST;
	region = kzalloc_obj(*region);
	if (!region)
		return -ENOMEM;
	/* Nothing may be mapped there: drm_gpuvm_interval_empty(). */
	ret = fake_vm_map(client->vm, NULL, start, size, 0, FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
	if (ret) {
		kfree(region);
		return ret == -EEXIST ? -ENOSPC : ret;
	}
	region->start = start;
	region->size = size;
	list_add(&region->of_client, &client->regions);
	return 0;
}

/* OP_UNMAP_SPARSE: the region as it was made, with all that is mapped in it */
static int unbind_sparse(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region = region_at(client, start, size);
	int ret;

	if (!region || region->start != start || region->size != size)
		return -ENOENT;
	ret = fake_vm_clear(client->vm, start, size);
	if (ret)
		return ret;
	list_del(&region->of_client);
	kfree(region);
	return 0;
}

/* OP_MAP: outside of all sparse regions, or all of it in one */
static int bind_map(struct nouveau_client *client, const struct drm_nouveau_vm_bind_op *op,
		    struct fake_bo *bo)
{
	struct nouveau_region *region = region_at(client, op->addr, op->range);

	if (region && (op->addr < region->start ||
		       op->addr + op->range > region->start + region->size))
		return -ENOSPC;
	return fake_vm_replace(client->vm, bo, op->addr, op->range, op->bo_offset,
			       FAKE_MAP_READ | FAKE_MAP_WRITE, op->flags);
}

/* OP_UNMAP: what is sparse stays so */
static int bind_unmap(struct nouveau_client *client, u64 start, u64 size)
{
	struct nouveau_region *region;
	int ret;

	ret = fake_vm_clear(client->vm, start, size);
	if (ret)
		return ret;
	list_for_each_entry(region, &client->regions, of_client) {
		u64 from = max(start, region->start);
		u64 to = min(start + size, region->start + region->size);

		if (from >= to)
			continue;
		ret = fake_vm_map(client->vm, NULL, from, to - from, 0,
				  FAKE_MAP_READ | FAKE_MAP_WRITE, 0);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * nouveau_uvmm_bind_job_submit() in nouveau_uvmm.c. All operations are checked before the first is
 * done. Where one of them fails after that, for lack of memory or a sparse region, the real driver
 * undoes those before it; here they stay.
 */
static int bind_apply(struct nouveau_client *client, struct drm_file *file,
		      const struct drm_nouveau_vm_bind_op *ops, u32 count,
		      struct drm_gem_object **objs)
{
	u32 i;
	int ret;

	for (i = 0; i < count; i++) {
		if (ops[i].op == DRM_NOUVEAU_VM_BIND_OP_MAP &&
		    !(ops[i].flags & DRM_NOUVEAU_VM_BIND_SPARSE)) {
			objs[i] = drm_gem_object_lookup(file, ops[i].handle);
			if (!objs[i])
				return -ENOENT;
		}
		ret = bind_check(client, &ops[i], objs[i]);
		if (ret)
			return ret;
	}
	for (i = 0; i < count; i++) {
		bool sparse = ops[i].flags & DRM_NOUVEAU_VM_BIND_SPARSE;

		if (objs[i])
			ret = bind_map(client, &ops[i], to_fake_bo(objs[i]));
		else if (ops[i].op == DRM_NOUVEAU_VM_BIND_OP_MAP)
			ret = bind_sparse(client, ops[i].addr, ops[i].range);
		else if (sparse)
			ret = unbind_sparse(client, ops[i].addr, ops[i].range);
		else
			ret = bind_unmap(client, ops[i].addr, ops[i].range);
		if (ret)
			return ret;
	}
	return 0;
}

static int bind_submit(struct nouveau_client *client, struct drm_file *file,
		       struct drm_nouveau_vm_bind *args, struct drm_nouveau_vm_bind_op *ops,
		       struct nouveau_syncs *syncs, struct dma_fence **fence)
{
	struct drm_gem_object **objs;
	struct fake_job *job;
	u32 i;
	int ret;

	/* nouveau_job_init() in nouveau_sched.c */
	if (!(args->flags & DRM_NOUVEAU_VM_BIND_RUN_ASYNC) && (syncs->num_in || syncs->num_out))
		return -EINVAL;
	objs = kvcalloc(max(args->op_count, 1u), sizeof(*objs), GFP_KERNEL);
	if (!objs)
		return -ENOMEM;
	job = fake_job_create(client->gpu, &client->bind, file);
	if (IS_ERR(job)) {
		kvfree(objs);
		return PTR_ERR(job);
	}
	ret = syncs_await(syncs, job, file);
	if (!ret)
		ret = syncs_prepare(syncs, file);
	if (!ret)
		ret = bind_apply(client, file, ops, args->op_count, objs);
	if (!ret)
		ret = job_take_mapped(client, job);
	if (!ret)
		ret = job_submit(client, job, syncs, DMA_RESV_USAGE_BOOKKEEP, fence);
	if (ret)
		fake_job_cancel(job);
	for (i = 0; i < args->op_count; i++)
		if (objs[i])
			drm_gem_object_put(objs[i]);
	kvfree(objs);
	return ret;
}

/* nouveau_uvmm_ioctl_vm_bind() in nouveau_uvmm.c */
static int nouveau_vm_bind(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_vm_bind_op *ops = NULL;
	struct drm_nouveau_vm_bind *args = data;
	struct dma_fence *fence = NULL;
	struct nouveau_syncs syncs;
	int ret;

	mutex_lock(&client->lock);
	if (!client->uvmm) {
		ret = -ENOSYS;
		goto out;
	}
	if (args->op_count) {
		ops = copy_array(args->op_ptr, args->op_count, sizeof(*ops));
		if (IS_ERR(ops)) {
			ret = PTR_ERR(ops);
			goto out;
		}
	}
	ret = syncs_copy(&syncs, args->wait_ptr, args->wait_count, args->sig_ptr, args->sig_count);
	if (!ret) {
		ret = bind_submit(client, file, args, ops, &syncs, &fence);
		syncs_free(&syncs);
	}
	kvfree(ops);
out:
	mutex_unlock(&client->lock);
	if (fence && !(args->flags & DRM_NOUVEAU_VM_BIND_RUN_ASYNC))
		dma_fence_wait(fence, true);
	dma_fence_put(fence);
	return ret;
}

/* --- The driver */

/* nouveau_svmm_init() and nouveau_svmm_bind() in nouveau_svm.h, without CONFIG_DRM_NOUVEAU_SVM */
static int nouveau_no_svm(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENOSYS;
}

static const struct drm_ioctl_desc nouveau_ioctls[] = {
	DRM_IOCTL_DEF_DRV(NOUVEAU_GETPARAM, nouveau_getparam, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_CHANNEL_ALLOC, nouveau_channel_alloc, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_CHANNEL_FREE, nouveau_channel_free, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_SVM_INIT, nouveau_no_svm, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_SVM_BIND, nouveau_no_svm, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_NEW, nouveau_gem_new, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_PUSHBUF, nouveau_pushbuf, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_CPU_PREP, nouveau_cpu_prep, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_CPU_FINI, nouveau_cpu_fini, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_GEM_INFO, nouveau_gem_info, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_VM_INIT, nouveau_vm_init, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_VM_BIND, nouveau_vm_bind, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(NOUVEAU_EXEC, nouveau_exec, DRM_RENDER_ALLOW),
};

/* nouveau_drm_open() in nouveau_drm.c */
static int nouveau_open(struct drm_device *drm, struct drm_file *file)
{
	struct nouveau_client *client = kzalloc_obj(*client);

	if (!client)
		return -ENOMEM;
	client->gpu = to_fake_gpu(drm);
	client->vm = fake_vm_create(client->gpu);
	if (IS_ERR(client->vm)) {
		int ret = PTR_ERR(client->vm);

		kfree(client);
		return ret;
	}
	mutex_init(&client->lock);
	drm_mm_init(&client->mm, 0, OWN_END);
	INIT_LIST_HEAD(&client->vmas);
	INIT_LIST_HEAD(&client->regions);
	xa_init_flags(&client->channels, XA_FLAGS_ALLOC);
	file->driver_priv = client;
	return 0;
}

/* nouveau_drm_postclose() in nouveau_drm.c */
static void nouveau_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct nouveau_region *region, *next;
	struct nouveau_channel *chan;
	unsigned long id;

	xa_for_each(&client->channels, id, chan)
		channel_close(chan);
	xa_destroy(&client->channels);
	if (client->uvmm)
		drm_sched_entity_destroy(&client->bind);
	list_for_each_entry_safe(region, next, &client->regions, of_client)
		kfree(region);
	drm_mm_takedown(&client->mm);
	fake_vm_put(client->vm);
	mutex_destroy(&client->lock);
	kfree(client);
}

DEFINE_DRM_GEM_FOPS(nouveau_fops);

static const struct drm_driver nouveau_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = nouveau_open,
	.postclose = nouveau_postclose,
	.gem_create_object = fake_gem_create_object,
	.gem_prime_import = fake_prime_import,
	.gem_prime_import_sg_table = nouveau_import,
	.dumb_create = nouveau_dumb_create,
	.ioctls = nouveau_ioctls,
	.num_ioctls = ARRAY_SIZE(nouveau_ioctls),
	.fops = &nouveau_fops,
	.name = "nouveau",
	.desc = "nVidia Riva/TNT/GeForce/Quadro/Tesla/Tegra K1+",
	.major = 1,
	.minor = 4,
	.patchlevel = 3,
};

const struct fake_vendor fake_nouveau = {
	.driver = &nouveau_driver,
	.gem_funcs = &nouveau_gem_funcs,
	.engines = nouveau_engines,
	/* NOUVEAU_SCHED_JOB_TIMEOUT_MS in nouveau_sched.c */
	.timeout_ms = 10000,
	/* nouveau_channel_kill() */
	.timeout_error = -ENODEV,
	.page_fault = FAKE_PAGE_FAULT_KILL,
	.fault_error = -ENODEV,
	.has_vram = true,
	.priv_size = sizeof(struct nouveau_gpu),
	.init = nouveau_init,
	.prepare = nouveau_prepare,
};
