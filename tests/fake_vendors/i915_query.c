// SPDX-License-Identifier: GPL-2.0
/* Parameters and queries of the fake i915. See i915.c. */
#include <linux/uaccess.h>

#include <drm/drm_cache.h>

#include "i915.h"

/* i915_getparam_ioctl() in i915_getparam.c */
int i915_getparam_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
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
		value = I915_CHIPSET_ID;
		break;
	case I915_PARAM_REVISION:
		value = I915_REVISION;
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
	int ret, total = struct_size(user, engines, I915_NUM_ENGINES);

	if (item->flags)
		return -EINVAL;
	ret = query_begin(&header, sizeof(header), total, item);
	if (ret)
		return ret;
	if (header.num_engines || header.rsvd[0] || header.rsvd[1] || header.rsvd[2])
		return -EINVAL;
	for (i = 0; i < I915_NUM_ENGINES; i++) {
		struct drm_i915_engine_info info = {
			.engine = i915_engines[i],
			.flags = I915_ENGINE_INFO_HAS_LOGICAL_INSTANCE,
			.logical_instance = i915_engines[i].engine_instance,
		};

		if (copy_to_user(&user->engines[i], &info, sizeof(info)))
			return -EFAULT;
	}
	header.num_engines = I915_NUM_ENGINES;
	return copy_to_user(user, &header, sizeof(header)) ? -EFAULT : total;
}

/* The memory regions; I915_MEMORY_CLASS_SYSTEM comes first as in intel_region_map[]. */
const struct i915_region i915_regions[I915_NUM_REGIONS] = {
	{ { I915_MEMORY_CLASS_SYSTEM, 0 }, FAKE_GTT },
	{ { I915_MEMORY_CLASS_DEVICE, 0 }, FAKE_VRAM },
};

/* query_memregion_info() in i915_query.c */
static int query_memory_regions(struct fake_gpu *gpu, struct drm_i915_query_item *item)
{
	struct drm_i915_query_memory_regions __user *user = u64_to_user_ptr(item->data_ptr);
	struct drm_i915_query_memory_regions header;
	unsigned int i;
	int ret, total = struct_size(user, regions, I915_NUM_REGIONS);

	if (item->flags)
		return -EINVAL;
	ret = query_begin(&header, sizeof(header), total, item);
	if (ret)
		return ret;
	if (header.num_regions || header.rsvd[0] || header.rsvd[1] || header.rsvd[2])
		return -EINVAL;
	for (i = 0; i < I915_NUM_REGIONS; i++) {
		struct drm_i915_memory_region_info info = {
			.region = i915_regions[i].region,
			.probed_size = gpu->memory[i915_regions[i].where].size,
		};

		info.unallocated_size = info.probed_size;
		if (perfmon_capable())
			info.unallocated_size -= fake_memory_used(gpu, i915_regions[i].where);
		info.probed_cpu_visible_size = info.probed_size;
		info.unallocated_cpu_visible_size = info.unallocated_size;
		if (copy_to_user(&user->regions[i], &info, sizeof(info)))
			return -EFAULT;
	}
	header.num_regions = I915_NUM_REGIONS;
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
int i915_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
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
