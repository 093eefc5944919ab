// SPDX-License-Identifier: GPL-2.0
/*
 * amdgpu, as of its version 3.64 in Linux 7.3: a discrete GPU of the RDNA 2 generation without a
 * display, as one partition of those that have several (amdgpu_partition_driver in amdgpu_drv.c).
 * This file has the device and its clients, amdgpu_gem.c its memory, amdgpu_va.c where that is mapped,
 * amdgpu_dma_buf.c what is shared of it, amdgpu_ctx.c contexts, amdgpu_bo_list.c lists of objects,
 * amdgpu_chunks.c what submissions consist of, amdgpu_cs.c what becomes of them, amdgpu_wait.c what
 * waits for them, amdgpu_info.c the queries.
 *
 * Files and functions named here are of drivers/gpu/drm/amd/amdgpu/. Not there, as in a kernel
 * without the options for them: memory of user space (CONFIG_HMM_MIRROR), KFD, queues of user space.
 */
#include <linux/slab.h>

#include "amdgpu_cs.h"

/* KMS_DRIVER_MAJOR ... of amdgpu_drv.c. */
#define AMDGPU_MAJOR	3
#define AMDGPU_MINOR	64

/* amdgpu_vm_ioctl() in amdgpu_vm.c: there are as many VMIDs as are asked for. */
static int vm_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	union drm_amdgpu_vm *args = data;

	if (args->in.flags)
		return -EINVAL;
	switch (args->in.op) {
	case AMDGPU_VM_OP_RESERVE_VMID:
	case AMDGPU_VM_OP_UNRESERVE_VMID:
		return 0;
	default:
		return -EINVAL;
	}
}

/* amdgpu_userq_ioctl() and the others of amdgpu_userq.c, where no engine has queues of user space */
static int userq(struct drm_device *drm, void *data, struct drm_file *file)
{
	return -ENOTSUPP;
}

/* amdgpu_proc_options_ioctl() in amdgpu_kms.c, with the stub for a kernel without KFD */
static int proc_options(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_amdgpu_proc_options *args = data;

	return args->op == AMDGPU_PROC_OPTIONS_OP_KFD_SIGBUS_DELAY ? -EOPNOTSUPP : -EINVAL;
}

/* amdgpu_driver_open_kms() in amdgpu_kms.c: every client has one address space. */
static int open(struct drm_device *drm, struct drm_file *file)
{
	struct amdgpu_file *client = kzalloc_obj(*client);

	if (!client)
		return -ENOMEM;
	client->vm = fake_vm_create(to_fake_gpu(drm));
	if (IS_ERR(client->vm)) {
		int ret = PTR_ERR(client->vm);

		kfree(client);
		return ret;
	}
	xa_init(&client->handles);
	/* Both count from 1: amdgpu_ctx_mgr_init(). */
	xa_init_flags(&client->contexts, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->bo_lists, XA_FLAGS_ALLOC1);
	file->driver_priv = client;
	return 0;
}

/* amdgpu_driver_postclose_kms() */
static void postclose(struct drm_device *drm, struct drm_file *file)
{
	struct amdgpu_file *client = file->driver_priv;
	struct amdgpu_bo_list *list;
	struct amdgpu_ctx *ctx;
	unsigned long id;

	fake_power_used(to_fake_gpu(drm));
	xa_for_each(&client->contexts, id, ctx)
		amdgpu_ctx_put(ctx);
	xa_destroy(&client->contexts);
	xa_for_each(&client->bo_lists, id, list)
		amdgpu_bo_list_put(list);
	xa_destroy(&client->bo_lists);
	fake_vm_put(client->vm);
	xa_destroy(&client->handles);
	kfree(client);
}

/* amdgpu_ioctls_kms[] in amdgpu_drv.c */
static const struct drm_ioctl_desc ioctls[] = {
#define AMDGPU_IOCTL(name, function) \
	DRM_IOCTL_DEF_DRV(AMDGPU_##name, function, DRM_AUTH | DRM_RENDER_ALLOW)
	AMDGPU_IOCTL(GEM_CREATE, amdgpu_gem_create_ioctl),
	AMDGPU_IOCTL(CTX, amdgpu_ctx_ioctl),
	AMDGPU_IOCTL(VM, vm_ioctl),
	DRM_IOCTL_DEF_DRV(AMDGPU_SCHED, amdgpu_sched_ioctl, DRM_MASTER),
	AMDGPU_IOCTL(BO_LIST, amdgpu_bo_list_ioctl),
	AMDGPU_IOCTL(FENCE_TO_HANDLE, amdgpu_cs_fence_to_handle_ioctl),
	AMDGPU_IOCTL(GEM_MMAP, amdgpu_gem_mmap_ioctl),
	AMDGPU_IOCTL(GEM_WAIT_IDLE, amdgpu_gem_wait_idle_ioctl),
	AMDGPU_IOCTL(CS, amdgpu_cs_ioctl),
	AMDGPU_IOCTL(INFO, amdgpu_info_ioctl),
	AMDGPU_IOCTL(WAIT_CS, amdgpu_cs_wait_ioctl),
	AMDGPU_IOCTL(WAIT_FENCES, amdgpu_cs_wait_fences_ioctl),
	AMDGPU_IOCTL(GEM_METADATA, amdgpu_gem_metadata_ioctl),
	AMDGPU_IOCTL(GEM_VA, amdgpu_gem_va_ioctl),
	AMDGPU_IOCTL(GEM_OP, amdgpu_gem_op_ioctl),
	AMDGPU_IOCTL(GEM_USERPTR, amdgpu_gem_userptr_ioctl),
	AMDGPU_IOCTL(USERQ, userq),
	AMDGPU_IOCTL(USERQ_SIGNAL, userq),
	AMDGPU_IOCTL(USERQ_WAIT, userq),
	AMDGPU_IOCTL(GEM_LIST_HANDLES, amdgpu_gem_list_handles_ioctl),
	AMDGPU_IOCTL(PROC_OPTIONS, proc_options),
};

DEFINE_DRM_GEM_FOPS(amdgpu_fops);

static const struct drm_driver amdgpu_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.open = open,
	.postclose = postclose,
	.ioctls = ioctls,
	.num_ioctls = ARRAY_SIZE(ioctls),
	.dumb_create = amdgpu_mode_dumb_create,
	.dumb_map_offset = amdgpu_mode_dumb_mmap,
	.fops = &amdgpu_fops,
	.gem_create_object = fake_gem_create_object,
	.gem_prime_import = amdgpu_import,
	.name = "amdgpu",
	.desc = "AMD GPU",
	.major = AMDGPU_MAJOR,
	.minor = AMDGPU_MINOR,
};

/**
 * amdgpu_file_is() - amdgpu_file_to_fpriv() in amdgpu_drv.c
 * @file: any file
 *
 * Return: whether it is a client of amdgpu.
 */
bool amdgpu_file_is(struct file *file)
{
	return file->f_op == &amdgpu_fops;
}

static const char *const amdgpu_engines[] = {
	"gfx_0.0.0",
	"comp_1.0.0",
	"comp_1.1.0",
	"sdma0",
	"sdma1",
	NULL,
};

/* Which engine is of which kind. */
static const unsigned int engine_ips[] = {
	AMDGPU_HW_IP_GFX,
	AMDGPU_HW_IP_COMPUTE,
	AMDGPU_HW_IP_COMPUTE,
	AMDGPU_HW_IP_DMA,
	AMDGPU_HW_IP_DMA,
};

static int init(struct fake_gpu *gpu)
{
	struct amdgpu_fake *amdgpu = to_amdgpu(gpu);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engine_ips); i++) {
		unsigned int ip = engine_ips[i];

		amdgpu->scheds[ip][amdgpu->num_scheds[ip]++] = &gpu->engine[i].sched;
	}
	return 0;
}

/* The attributes of amdgpu_vram_mgr.c and amdgpu_gtt_mgr.c that monitoring programs read. */
#define MEM_INFO(name, expr) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{ \
	struct fake_gpu *gpu = dev_get_drvdata(dev); \
	return sysfs_emit(buf, "%llu\n", (u64)(expr)); \
} \
static DEVICE_ATTR_RO(name)

MEM_INFO(mem_info_vram_total, gpu->memory[FAKE_VRAM].size);
MEM_INFO(mem_info_vis_vram_total, fake_vram_visible_size(gpu));
MEM_INFO(mem_info_vram_used, fake_memory_used(gpu, FAKE_VRAM));
MEM_INFO(mem_info_vis_vram_used, fake_vram_visible_used(gpu));
MEM_INFO(mem_info_gtt_total, gpu->memory[FAKE_GTT].size);
MEM_INFO(mem_info_gtt_used, fake_memory_used(gpu, FAKE_GTT));

static struct attribute *attrs[] = {
	&dev_attr_mem_info_vram_total.attr,
	&dev_attr_mem_info_vis_vram_total.attr,
	&dev_attr_mem_info_vram_used.attr,
	&dev_attr_mem_info_vis_vram_used.attr,
	&dev_attr_mem_info_gtt_total.attr,
	&dev_attr_mem_info_gtt_used.attr,
	NULL,
};

static const struct attribute_group group = {
	.attrs = attrs,
};

/*
 * A page fault is reported and the access dropped, unless the module's parameter vm_fault_stop says
 * otherwise (gmc_v10_0_process_interrupt()). What ran too long gets ETIME, and its queue alone is
 * reset: amdgpu_job_timedout() in amdgpu_job.c, amdgpu_ring_reset().
 */
const struct fake_vendor fake_amdgpu = {
	.driver = &amdgpu_driver,
	.gem_funcs = &amdgpu_gem_funcs,
	.engines = amdgpu_engines,
	.timeout_ms = 2000,
	.timeout_error = -ETIME,
	.page_fault = FAKE_PAGE_FAULT_DROP,
	.has_vram = true,
	.on_pci = true,
	/* amdgpu_bo_placement_from_domain(): once it has been allocated. */
	.gtt_is = FAKE_GTT_IS_FALLBACK_LATER,
	.moves_in_vram = true,
	.priv_size = sizeof(struct amdgpu_fake),
	.init = init,
	.prepare = amdgpu_job_prepare,
	.bo_free = amdgpu_bo_free,
	.packet = fake_sdma_packet,
	.group = &group,
};
