// SPDX-License-Identifier: GPL-2.0
/*
 * DRM_IOCTL_XE_DEVICE_QUERY of the fake xe: xe_query.c of the driver. An Arc A380, with the memory and
 * the engines there are.
 */
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "xe.h"

#define REFERENCE_CLOCK	19200000
/* Bits of the masks of xe_gt_types.h: XE_MAX_DSS_FUSE_BITS, XE_MAX_EU_FUSE_BITS. */
#define DSS_MASK_BYTES	12
#define EU_MASK_BYTES	8
#define NUM_DSS		8

/* Every query is asked for its size first, and then with exactly that. 1: there is data to copy. */
static int check_size(struct drm_xe_device_query *query, size_t size)
{
	if (!query->size) {
		query->size = size;
		return 0;
	}
	return query->size == size ? 1 : -EINVAL;
}

/* Answers with a copy. */
static int answer(struct drm_xe_device_query *query, const void *data, size_t size)
{
	int ret = check_size(query, size);

	if (ret <= 0)
		return ret;
	return copy_to_user(u64_to_user_ptr(query->data), data, size) ? -EFAULT : 0;
}

static int query_engines(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	struct drm_xe_query_engines *engines;
	size_t size = struct_size(engines, engines, xe_num_engines);
	unsigned int i;
	int ret;

	engines = kzalloc(size, GFP_KERNEL);
	if (!engines)
		return -ENOMEM;
	engines->num_engines = xe_num_engines;
	for (i = 0; i < xe_num_engines; i++) {
		engines->engines[i].instance.engine_class = xe_engines[i].engine_class;
		engines->engines[i].instance.engine_instance = xe_engines[i].instance;
	}
	ret = answer(query, engines, size);
	kfree(engines);
	return ret;
}

static int query_mem_regions(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	struct drm_xe_query_mem_regions *regions;
	size_t size = struct_size(regions, mem_regions, 2);
	int ret;

	regions = kzalloc(size, GFP_KERNEL);
	if (!regions)
		return -ENOMEM;
	regions->num_mem_regions = 2;
	regions->mem_regions[0].mem_class = DRM_XE_MEM_REGION_CLASS_SYSMEM;
	regions->mem_regions[0].min_page_size = PAGE_SIZE;
	regions->mem_regions[0].total_size = gpu->memory[FAKE_GTT].size;
	regions->mem_regions[0].used = fake_memory_used(gpu, FAKE_GTT);
	regions->mem_regions[1].mem_class = DRM_XE_MEM_REGION_CLASS_VRAM;
	regions->mem_regions[1].instance = 1;
	regions->mem_regions[1].min_page_size = XE_VRAM_PAGE;
	regions->mem_regions[1].total_size = gpu->memory[FAKE_VRAM].size;
	regions->mem_regions[1].cpu_visible_size = fake_vram_visible_size(gpu);
	regions->mem_regions[1].used = fake_memory_used(gpu, FAKE_VRAM);
	regions->mem_regions[1].cpu_visible_used = fake_vram_visible_used(gpu);
	ret = answer(query, regions, size);
	/* Where it cannot be copied, this one says so in its own way. */
	if (ret == -EFAULT)
		ret = -ENOSPC;
	kfree(regions);
	return ret;
}

static int query_config(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	const u32 count = DRM_XE_QUERY_CONFIG_MAX_EXEC_QUEUE_PRIORITY + 1;
	struct drm_xe_query_config *config;
	size_t size = struct_size(config, info, count);
	int ret;

	config = kzalloc(size, GFP_KERNEL);
	if (!config)
		return -ENOMEM;
	config->num_params = count;
	config->info[DRM_XE_QUERY_CONFIG_REV_AND_DEVICE_ID] = XE_DEVICE_ID | XE_REVISION << 16;
	config->info[DRM_XE_QUERY_CONFIG_FLAGS] = DRM_XE_QUERY_CONFIG_FLAG_HAS_VRAM |
		DRM_XE_QUERY_CONFIG_FLAG_HAS_LOW_LATENCY |
		DRM_XE_QUERY_CONFIG_FLAG_HAS_DISABLE_STATE_CACHE_PERF_FIX;
	config->info[DRM_XE_QUERY_CONFIG_MIN_ALIGNMENT] = XE_VRAM_PAGE;
	config->info[DRM_XE_QUERY_CONFIG_VA_BITS] = XE_VA_BITS;
	/* xe_exec_queue_device_get_max_priority() */
	config->info[DRM_XE_QUERY_CONFIG_MAX_EXEC_QUEUE_PRIORITY] = capable(CAP_SYS_NICE) ? 2 : 1;
	ret = answer(query, config, size);
	kfree(config);
	return ret;
}

static int query_gt_list(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	struct drm_xe_query_gt_list *list;
	size_t size = struct_size(list, gt_list, 1);
	int ret;

	list = kzalloc(size, GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	list->num_gt = 1;
	list->gt_list[0].type = DRM_XE_QUERY_GT_TYPE_MAIN;
	list->gt_list[0].reference_clock = REFERENCE_CLOCK;
	list->gt_list[0].near_mem_regions = XE_REGION_VRAM;
	list->gt_list[0].far_mem_regions = XE_REGION_MASK ^ XE_REGION_VRAM;
	/* Versions of its IP are for GPUs with GMD_ID. */
	ret = answer(query, list, size);
	kfree(list);
	return ret;
}

/* The GuC's table of the hardware's configuration: there is none, whose size is 0. */
static int query_hwconfig(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	return query->size ? -EINVAL : 0;
}

static int copy_mask(void __user **to, u16 type, const u8 *mask, u32 bytes)
{
	struct drm_xe_query_topology_mask topology = { .type = type, .num_bytes = bytes };

	if (copy_to_user(*to, &topology, sizeof(topology)) ||
	    copy_to_user(*to + sizeof(topology), mask, bytes))
		return -EFAULT;
	*to += sizeof(topology) + bytes;
	return 0;
}

static int query_gt_topology(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	const size_t size = 3 * sizeof(struct drm_xe_query_topology_mask) + 2 * DSS_MASK_BYTES +
		EU_MASK_BYTES;
	u8 dss[DSS_MASK_BYTES] = { BIT(NUM_DSS) - 1 }, eu[EU_MASK_BYTES] = { 0xff, 0xff };
	void __user *to = u64_to_user_ptr(query->data);
	int ret = check_size(query, size);

	if (ret <= 0)
		return ret;
	return copy_mask(&to, DRM_XE_TOPO_DSS_GEOMETRY, dss, sizeof(dss)) ?:
		copy_mask(&to, DRM_XE_TOPO_DSS_COMPUTE, dss, sizeof(dss)) ?:
		copy_mask(&to, DRM_XE_TOPO_EU_PER_DSS, eu, sizeof(eu));
}

/* __clock_id_to_func() */
static int read_clock(clockid_t clock, u64 *time)
{
	switch (clock) {
	case CLOCK_MONOTONIC:
		*time = ktime_get_ns();
		return 0;
	case CLOCK_MONOTONIC_RAW:
		*time = ktime_get_raw_ns();
		return 0;
	case CLOCK_REALTIME:
		*time = ktime_get_real_ns();
		return 0;
	case CLOCK_BOOTTIME:
		*time = ktime_get_boottime_ns();
		return 0;
	case CLOCK_TAI:
		*time = ktime_get_clocktai_ns();
		return 0;
	default:
		return -EINVAL;
	}
}

static int query_engine_cycles(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	struct drm_xe_query_engine_cycles cycles;
	u64 before;
	unsigned int i;
	int ret = check_size(query, sizeof(cycles));

	if (ret <= 0)
		return ret;
	if (copy_from_user(&cycles, u64_to_user_ptr(query->data), sizeof(cycles)))
		return -EFAULT;
	if (read_clock(cycles.clockid, &cycles.cpu_timestamp) || cycles.eci.gt_id)
		return -EINVAL;
	for (i = 0; i < xe_num_engines; i++)
		if (xe_engines[i].engine_class == cycles.eci.engine_class &&
		    xe_engines[i].instance == cycles.eci.engine_instance)
			break;
	if (i == xe_num_engines)
		return -EINVAL;
	before = local_clock();
	read_clock(cycles.clockid, &cycles.cpu_timestamp);
	cycles.engine_cycles = mul_u64_u32_div(ktime_get_raw_ns(), REFERENCE_CLOCK, NSEC_PER_SEC) &
		GENMASK_ULL(35, 0);
	cycles.cpu_delta = local_clock() - before;
	cycles.width = 36;
	return copy_to_user(u64_to_user_ptr(query->data), &cycles, sizeof(cycles)) ? -EFAULT : 0;
}

static int query_uc_fw_version(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	struct drm_xe_query_uc_fw_version version;
	int ret = check_size(query, sizeof(version));

	if (ret <= 0)
		return ret;
	if (copy_from_user(&version, u64_to_user_ptr(query->data), sizeof(version)))
		return -EFAULT;
	if (version.pad || version.pad2 || version.reserved)
		return -EINVAL;
	if (version.uc_type == XE_QUERY_UC_TYPE_HUC)
		return -ENODEV;
	if (version.uc_type != XE_QUERY_UC_TYPE_GUC_SUBMISSION)
		return -EINVAL;
	version.branch_ver = 0;
	version.major_ver = 1;
	version.minor_ver = 14;
	version.patch_ver = 1;
	return copy_to_user(u64_to_user_ptr(query->data), &version, sizeof(version)) ? -EFAULT : 0;
}

/* No units of observation. */
static int query_oa_units(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	struct drm_xe_query_oa_units units = { };

	return answer(query, &units, sizeof(units));
}

/* xe_pxp_get_readiness_status(), xe_eu_stall_supported_on_platform(): not on this GPU. */
static int query_none(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	return -ENODEV;
}

static int query_pxp_status(struct fake_gpu *gpu, struct drm_xe_device_query *query)
{
	int ret = check_size(query, sizeof(struct drm_xe_query_pxp_status));

	return ret <= 0 ? ret : -ENODEV;
}

static int (*const queries[])(struct fake_gpu *gpu, struct drm_xe_device_query *query) = {
	[DRM_XE_DEVICE_QUERY_ENGINES] = query_engines,
	[DRM_XE_DEVICE_QUERY_MEM_REGIONS] = query_mem_regions,
	[DRM_XE_DEVICE_QUERY_CONFIG] = query_config,
	[DRM_XE_DEVICE_QUERY_GT_LIST] = query_gt_list,
	[DRM_XE_DEVICE_QUERY_HWCONFIG] = query_hwconfig,
	[DRM_XE_DEVICE_QUERY_GT_TOPOLOGY] = query_gt_topology,
	[DRM_XE_DEVICE_QUERY_ENGINE_CYCLES] = query_engine_cycles,
	[DRM_XE_DEVICE_QUERY_UC_FW_VERSION] = query_uc_fw_version,
	[DRM_XE_DEVICE_QUERY_OA_UNITS] = query_oa_units,
	[DRM_XE_DEVICE_QUERY_PXP_STATUS] = query_pxp_status,
	[DRM_XE_DEVICE_QUERY_EU_STALL] = query_none,
};

int xe_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_xe_device_query *query = data;

	if (query->extensions || XE_MBZ(query) || query->query >= ARRAY_SIZE(queries))
		return -EINVAL;
	return queries[query->query](to_fake_gpu(drm), query);
}
