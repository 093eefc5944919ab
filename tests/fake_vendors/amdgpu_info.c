// SPDX-License-Identifier: GPL-2.0
/*
 * AMDGPU_INFO of the fake amdgpu: amdgpu_info_ioctl() in amdgpu_kms.c. The numbers are those of a
 * Navi 23 (Radeon RX 6600), but for what there is: memory and engines. See amdgpu.c.
 */
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "amdgpu.h"

#define CLOCK_COUNTER_KHZ	100000

/* Versions of engines: major, minor, revision, as IP_VERSION_MAJ_MIN_REV() has them. */
#define GFX_VERSION	0x0a0304
#define SDMA_VERSION	0x050204

static int hw_ip_info(struct fake_gpu *gpu, const struct drm_amdgpu_info *info,
		      struct drm_amdgpu_info_hw_ip *ip)
{
	struct amdgpu_fake *amdgpu = to_amdgpu(gpu);
	unsigned int type = info->query_hw_ip.type;

	if (info->query_hw_ip.ip_instance >= AMDGPU_HW_IP_INSTANCE_MAX_COUNT ||
	    type >= AMDGPU_HW_IP_NUM)
		return -EINVAL;
	/* Of engines that there are not it says nothing, and succeeds. */
	if (!amdgpu->num_scheds[type])
		return 0;
	if (type == AMDGPU_HW_IP_DMA) {
		ip->hw_ip_version_major = 5;
		ip->hw_ip_version_minor = 2;
		ip->ip_discovery_version = SDMA_VERSION;
		ip->ib_start_alignment = 256;
		ip->ib_size_alignment = 4;
	} else {
		ip->hw_ip_version_major = 10;
		ip->hw_ip_version_minor = 3;
		ip->ip_discovery_version = GFX_VERSION;
		ip->ib_start_alignment = 32;
		ip->ib_size_alignment = 32;
	}
	ip->available_rings = (1 << min(amdgpu_num_entities[type], amdgpu->num_scheds[type])) - 1;
	return 0;
}

static int hw_ip_count(struct fake_gpu *gpu, unsigned int type, u32 *count)
{
	struct amdgpu_fake *amdgpu = to_amdgpu(gpu);

	if (type >= AMDGPU_HW_IP_NUM || !amdgpu->num_scheds[type])
		return -EINVAL;
	/* Compute rings are of the one block of GFX. */
	*count = type == AMDGPU_HW_IP_DMA ? amdgpu->num_scheds[type] : 1;
	return 0;
}

static int sensor(unsigned int type, u32 *value)
{
	switch (type) {
	case AMDGPU_INFO_SENSOR_GFX_SCLK:
		*value = 2044;
		return 0;
	case AMDGPU_INFO_SENSOR_GFX_MCLK:
		*value = 875;
		return 0;
	case AMDGPU_INFO_SENSOR_GPU_TEMP:
		*value = 47000;
		return 0;
	case AMDGPU_INFO_SENSOR_GPU_AVG_POWER:
	case AMDGPU_INFO_SENSOR_GPU_INPUT_POWER:
		*value = 38;
		return 0;
	case AMDGPU_INFO_SENSOR_VDDGFX:
		*value = 1031;
		return 0;
	/* The load is that of no more than the moment: none of these engines has a counter. */
	default:
		return -EINVAL;
	}
}

static void device_info(struct drm_amdgpu_info_device *dev)
{
	unsigned int i;

	dev->device_id = 0x73ff;
	dev->chip_rev = 0;
	dev->external_rev = 0x3c;
	dev->pci_rev = 0xc7;
	dev->family = AMDGPU_FAMILY_NV;
	dev->num_shader_engines = 2;
	dev->num_shader_arrays_per_engine = 2;
	dev->gpu_counter_freq = CLOCK_COUNTER_KHZ;
	dev->max_engine_clock = 2491000;
	dev->max_memory_clock = 875000;
	dev->min_engine_clock = 500000;
	dev->min_memory_clock = 96000;
	dev->cu_active_number = 28;
	for (i = 0; i < 4; i++)
		dev->cu_bitmap[i / 2][i % 2] = i % 2 ? 0x3f : 0xff;
	dev->enabled_rb_pipes_mask = 0xff;
	dev->num_rb_pipes = 8;
	dev->num_hw_gfx_contexts = 8;
	dev->pcie_gen = 4;
	dev->pcie_num_lanes = 8;
	dev->ids_flags = AMDGPU_IDS_FLAGS_GANG_SUBMIT;
	dev->virtual_address_offset = VA_RESERVED_BOTTOM;
	dev->virtual_address_max = min(VA_END, VA_HOLE_START);
	dev->high_va_offset = VA_HOLE_END;
	dev->high_va_max = VA_HOLE_END | VA_END;
	dev->virtual_address_alignment = PAGE_SIZE;
	dev->pte_fragment_size = 512 * PAGE_SIZE;
	dev->gart_page_size = PAGE_SIZE;
	dev->vram_type = AMDGPU_VRAM_TYPE_GDDR6;
	dev->vram_bit_width = 128;
	dev->wave_front_size = 32;
	dev->num_shader_visible_vgprs = 1024;
	dev->num_cu_per_sh = 8;
	dev->num_tcc_blocks = 8;
	dev->gs_vgt_table_depth = 32;
	dev->gs_prim_buffer_depth = 1792;
	dev->max_gs_waves_per_vgt = 32;
}

static void memory_info(struct fake_gpu *gpu, struct drm_amdgpu_memory_info *info)
{
	struct drm_amdgpu_heap_info *vram = &info->vram, *gtt = &info->gtt;

	vram->total_heap_size = gpu->memory[FAKE_VRAM].size;
	vram->usable_heap_size = vram->total_heap_size;
	vram->heap_usage = fake_memory_used(gpu, FAKE_VRAM);
	vram->max_allocation = vram->usable_heap_size * 3 / 4;
	info->cpu_accessible_vram = (struct drm_amdgpu_heap_info) {
		.total_heap_size = fake_vram_visible_size(gpu),
		.usable_heap_size = fake_vram_visible_size(gpu),
		.heap_usage = fake_vram_visible_used(gpu),
		.max_allocation = fake_vram_visible_size(gpu) * 3 / 4,
	};
	gtt->total_heap_size = gpu->memory[FAKE_GTT].size;
	gtt->usable_heap_size = gtt->total_heap_size;
	gtt->heap_usage = fake_memory_used(gpu, FAKE_GTT);
	gtt->max_allocation = gtt->usable_heap_size * 3 / 4;
}

static int answer(const struct drm_amdgpu_info *info, const void *from, size_t size)
{
	return copy_to_user(u64_to_user_ptr(info->return_pointer), from,
			    min_t(size_t, info->return_size, size)) ? -EFAULT : 0;
}

static int answer_u32(const struct drm_amdgpu_info *info, u32 value)
{
	return answer(info, &value, sizeof(value));
}

static int answer_u64(const struct drm_amdgpu_info *info, u64 value)
{
	return answer(info, &value, sizeof(value));
}

static int answer_device(const struct drm_amdgpu_info *info)
{
	struct drm_amdgpu_info_device *dev = kzalloc_obj(*dev);
	int ret;

	if (!dev)
		return -ENOMEM;
	device_info(dev);
	ret = answer(info, dev, sizeof(*dev));
	kfree(dev);
	return ret;
}

int amdgpu_info_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_amdgpu_info *info = data;
	struct amdgpu_file *client = file->driver_priv;
	struct fake_gpu *gpu = to_fake_gpu(drm);
	u32 value = 0;
	int ret;

	if (!info->return_size || !info->return_pointer)
		return -EINVAL;

	switch (info->query) {
	case AMDGPU_INFO_ACCEL_WORKING:
		return answer_u32(info, 1);
	case AMDGPU_INFO_HW_IP_INFO: {
		struct drm_amdgpu_info_hw_ip ip = { };

		return hw_ip_info(gpu, info, &ip) ?: answer(info, &ip, sizeof(ip));
	}
	case AMDGPU_INFO_HW_IP_COUNT:
		ret = hw_ip_count(gpu, info->query_hw_ip.type, &value);
		return ret ?: answer_u32(info, value);
	case AMDGPU_INFO_TIMESTAMP:
		return answer_u64(info, div_u64(ktime_get_ns(), USEC_PER_SEC / CLOCK_COUNTER_KHZ));
	case AMDGPU_INFO_FW_VERSION: {
		struct drm_amdgpu_info_firmware firmware = { };

		/* amdgpu_firmware_info(); there is none, which is version 0. */
		if (info->query_fw.ip_instance ||
		    !info->query_fw.fw_type || info->query_fw.fw_type > AMDGPU_INFO_FW_MES)
			return -EINVAL;
		return answer(info, &firmware, sizeof(firmware));
	}
	case AMDGPU_INFO_NUM_BYTES_MOVED:
		return answer_u64(info, atomic64_read(&gpu->moved));
	case AMDGPU_INFO_NUM_EVICTIONS:
	case AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS:
		return answer_u64(info, 0);
	case AMDGPU_INFO_VRAM_USAGE:
		return answer_u64(info, fake_memory_used(gpu, FAKE_VRAM));
	case AMDGPU_INFO_VIS_VRAM_USAGE:
		return answer_u64(info, fake_vram_visible_used(gpu));
	case AMDGPU_INFO_GTT_USAGE:
		return answer_u64(info, fake_memory_used(gpu, FAKE_GTT));
	case AMDGPU_INFO_GDS_CONFIG: {
		struct drm_amdgpu_info_gds gds = {
			.compute_partition_size = 0x10000,
			.gds_total_size = 0x10000,
			.gws_per_compute_partition = 64,
			.oa_per_compute_partition = 16,
		};

		return answer(info, &gds, sizeof(gds));
	}
	case AMDGPU_INFO_VRAM_GTT: {
		struct drm_amdgpu_info_vram_gtt sizes = {
			.vram_size = gpu->memory[FAKE_VRAM].size,
			.vram_cpu_accessible_size = fake_vram_visible_size(gpu),
			.gtt_size = gpu->memory[FAKE_GTT].size,
		};

		return answer(info, &sizes, sizeof(sizes));
	}
	case AMDGPU_INFO_MEMORY: {
		struct drm_amdgpu_memory_info memory = { };

		memory_info(gpu, &memory);
		return answer(info, &memory, sizeof(memory));
	}
	case AMDGPU_INFO_READ_MMR_REG:
		/* No register of it may be read, which is EFAULT there. */
		return info->read_mmr_reg.count > 128 ? -EINVAL :
			info->read_mmr_reg.count ? -EFAULT : 0;
	case AMDGPU_INFO_DEV_INFO:
		return answer_device(info);
	case AMDGPU_INFO_VCE_CLOCK_TABLE: {
		struct drm_amdgpu_info_vce_clock_table table = { };

		return answer(info, &table, sizeof(table));
	}
	case AMDGPU_INFO_VBIOS:
		/* Without a display there is no video BIOS, whose size is 0. */
		return info->vbios_info.type == AMDGPU_INFO_VBIOS_SIZE ? answer_u32(info, 0) :
			-EINVAL;
	case AMDGPU_INFO_NUM_HANDLES:
		return info->query_hw_ip.type == AMDGPU_HW_IP_UVD ? -ENODATA : -EINVAL;
	case AMDGPU_INFO_SENSOR:
		ret = sensor(info->sensor_info.type, &value);
		return ret ?: answer_u32(info, value);
	case AMDGPU_INFO_VRAM_LOST_COUNTER:
		return answer_u32(info, atomic_read(&gpu->vram_lost));
	case AMDGPU_INFO_MAX_IBS:
		return answer(info, amdgpu_max_ibs, sizeof(amdgpu_max_ibs));
	case AMDGPU_INFO_GPUVM_FAULT: {
		struct drm_amdgpu_info_gpuvm_fault fault = {
			.addr = READ_ONCE(client->vm->root->fault_addr),
		};

		return answer(info, &fault, sizeof(fault));
	}
	case AMDGPU_INFO_UQ_FW_AREAS:
		switch (info->query_hw_ip.type) {
		case AMDGPU_HW_IP_GFX:
		case AMDGPU_HW_IP_COMPUTE:
		case AMDGPU_HW_IP_DMA:
			return -EOPNOTSUPP;
		default:
			return -EINVAL;
		}
	/* No display, no RAS, no video: CRTC_FROM_ID, RAS_ENABLED_FEATURES, VIDEO_CAPS. */
	default:
		return -EINVAL;
	}
}
