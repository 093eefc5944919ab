/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ioctls of mtgpu, Moore Threads' driver, as far as they are public and of use to
 * a caller other than its own libdrm_mtgpu.
 *
 * Numbers, names and layouts are those of MTGPU_IOCTL_VERSION 18:
 *   dixyes/mtgpu-drv, inc/mtgpu-next/uapi/mtgpu_drm.h,
 *   commit 8bb5b6e267197a8bb4fb6879c75e3df7c06edd16,
 * written anew; what differs in other versions is said below.  The dumb-buffer flag
 * and all that is said of dumb buffers and of dma-bufs are from
 * inc/mtgpu/mtgpu_drm_gem.h and src/mtgpu/mtgpu_drm_gem.c there, commit
 * 00c5db416f279d75882ffb190d7f6b6472f67b9a.
 *
 * This interface is not stable, and DRM_IOCTL_VERSION says 1.0 in all of them.  The
 * driver's own table of ioctls tells them apart:
 *
 *   2   (commit c9362c3d0b9f542a4b49aa0c094b720c6fd117aa) 0x13 is BO_DESTROY,
 *       buffer handles are 64 bits and no GEM handles; BO_CREATE is 24 bytes.
 *   13  (commit de98000740b94dad68bfdfbc0930aca372cd3a43) other numbers from 0x15 on;
 *       BO_CREATE is 24 bytes.
 *   18  what this file defines; BO_CREATE is 40 bytes, and nothing is above 0x32.
 *   22  BO_CREATE is laid out as in 18, but its flags mean other things; has
 *       VERSION_CHECK at 0x35.
 *   22  once more (package mtgpu-dkms 3.0.0): all calls are one, DRM_MTGPU_CMD, with a
 *       pointer to the arguments in user memory and a checksum of their layout.
 *
 * What the calls do is public for dumb buffers and dma-bufs alone.  Behind the others
 * is a part of the driver that is distributed in binary form: neither its checks, nor
 * its errors, nor whether DEVICE_INIT must come first are published.
 */
#ifndef MVGAL_VENDOR_UAPI_MTGPU_DRM_H
#define MVGAL_VENDOR_UAPI_MTGPU_DRM_H

#include <drm/drm.h>

/* Of DEVICE_INIT, and what this file was written for. */
#define MTGPU_IOCTL_VERSION			18

/* Relative to DRM_COMMAND_BASE. */
#define DRM_MTGPU_DEVICE_INIT			0x10
#define DRM_MTGPU_QUERY_INFO			0x11
#define DRM_MTGPU_BO_CREATE			0x12
#define DRM_MTGPU_BO_GET_MMAP_OFFSET		0x13
#define DRM_MTGPU_BO_FROM_USERPTR		0x14
#define DRM_MTGPU_BO_EXPORT_GLOBAL_HANDLE	0x15
#define DRM_MTGPU_BO_IMPORT_GLOBAL_HANDLE	0x16
#define DRM_MTGPU_VM_CONTEXT_CREATE		0x17
#define DRM_MTGPU_VM_CONTEXT_DESTROY		0x18
#define DRM_MTGPU_VM_MAP			0x19
#define DRM_MTGPU_VM_UNMAP			0x1a
#define DRM_MTGPU_TIMELINE_CREATE		0x1b
#define DRM_MTGPU_TIMELINE_DESTROY		0x1c
#define DRM_MTGPU_TIMELINE_READ			0x1d
#define DRM_MTGPU_FENCE_WAIT			0x1e
#define DRM_MTGPU_FENCE_TO_FD			0x1f
#define DRM_MTGPU_SEMAPHORE_CREATE		0x20
#define DRM_MTGPU_SEMAPHORE_DESTROY		0x21
#define DRM_MTGPU_SEMAPHORE_SUBMIT		0x22
#define DRM_MTGPU_SEMAPHORE_CPU_SIGNAL		0x23
#define DRM_MTGPU_SEMAPHORE_TO_FD		0x24
#define DRM_MTGPU_CONTEXT_CREATE		0x25
#define DRM_MTGPU_CONTEXT_DESTROY		0x26
#define DRM_MTGPU_JOB_SUBMIT			0x27
#define DRM_MTGPU_DMA_TRANSFER			0x28
#define DRM_MTGPU_OBJECT_CREATE			0x29
#define DRM_MTGPU_OBJECT_DESTROY		0x2a
#define DRM_MTGPU_TRANSPORT_LAYER		0x2b
#define DRM_MTGPU_HWPERF			0x2c
#define DRM_MTGPU_CACHE_OP			0x2d
#define DRM_MTGPU_NOTIFY_QUEUE_UPDATE		0x2e
#define DRM_MTGPU_JOB_CONTEXT_CREATE		0x30
#define DRM_MTGPU_JOB_SUBMIT_V3			0x31
#define DRM_MTGPU_JOB_APPEND			0x32

/* Of the first kind of version 22; not in 18. */
#define DRM_MTGPU_VERSION_CHECK			0x35
/* Of the second kind of version 22; not in 18. */
#define DRM_MTGPU_CMD				0x0f

/*
 * Of drm_mode_create_dumb.flags: system memory, where 0 is the card's memory.  Only
 * such a buffer can be mapped by another device; the card's memory is given to
 * devices below the same parent alone.  vmap works on both.
 */
#define MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM	(1 << 4)

/* Of drm_mtgpu_bo_create_in.domains, one or more. */
#define MTGPU_BO_DOMAIN_CPU			(1 << 0)
#define MTGPU_BO_DOMAIN_GTT			(1 << 1)
#define MTGPU_BO_DOMAIN_VRAM			(1 << 2)
#define MTGPU_BO_DOMAIN_MASK			(7 << 0)

/* Of drm_mtgpu_bo_create_in.flags, up to version 18. */
#define MTGPU_BO_FLAGS_CPU_UNCACHED_WC		(1 << 0)
#define MTGPU_BO_FLAGS_CPU_CACHED		(1 << 1)
#define MTGPU_BO_FLAGS_CPU_MAPPABLE		(1 << 2)
#define MTGPU_BO_FLAGS_VRAM_UNCACHED		(1 << 8)
#define MTGPU_BO_FLAGS_VRAM_UNCACHED_WC		(1 << 9)
#define MTGPU_BO_FLAGS_VRAM_CACHED		(1 << 10)
#define MTGPU_BO_FLAGS_CLEARED			(1 << 16)

struct drm_mtgpu_device_init {
	__u32 ioctl_version;		/* in, MTGPU_IOCTL_VERSION of the caller */
	__u32 pad;
};

/* Of drm_mtgpu_query_info_in.type. */
#define MTGPU_INFO_TYPE_HEAP_COUNT		0
#define MTGPU_INFO_TYPE_HEAP_DETAILS		1
#define MTGPU_INFO_TYPE_MEMORY			2
#define MTGPU_INFO_TYPE_BO			3
#define MTGPU_INFO_TYPE_DEV			4
#define MTGPU_INFO_TYPE_PCI			5
#define MTGPU_INFO_TYPE_PLATFORM		6

/* The two @data are addresses in user memory, of what @type names. */
struct drm_mtgpu_query_info {
	struct drm_mtgpu_query_info_in {
		__u32 type;		/* MTGPU_INFO_TYPE_* */
		__u32 pad;
		__u64 data;		/* of mtgpu_bo_info_in, mtgpu_heap_detail_in; else 0 */
	} in;
	struct drm_mtgpu_query_info_out {
		__u64 data;		/* of the structure that is filled */
	} out;
};

/* MTGPU_INFO_TYPE_MEMORY, of versions 2 to 22 (the first kind). */
struct mtgpu_mem_info {
	struct mtgpu_mem_info_part {
		__u64 total_size;	/* bytes */
		__u64 free_size;	/* bytes */
	} system, vram;
};

/* MTGPU_INFO_TYPE_BO. */
struct mtgpu_bo_info_in {
	__u32 bo_handle;
	__u32 pad;
};

struct mtgpu_bo_info {
	__u64 size;
	__u64 align;
	__u64 flags;
	__u32 domain;
	__u32 segment_id;
};

/* MTGPU_INFO_TYPE_DEV.  The units of the clocks are not published. */
struct mtgpu_dev_info {
	__u32 dev_id;
	__u32 dev_status;
	__u32 dev_clock_speed;
	__u32 mem_clock_speed;
	__u32 mem_max_clock_speed;
	__u32 num_cores;
	__u8 uuid[16];
};

/* MTGPU_INFO_TYPE_PCI. */
struct mtgpu_pci_info {
	__u32 domain_number;
	__u32 bus_number;
	__u32 device_number;
	__u32 function_number;
	__u32 current_gen_speed;	/* generation of PCIe */
	__u32 current_width;		/* lanes */
	__s32 numa_node_id;		/* -1 is none */
	__u32 total_pci_device_memory_accessible;	/* 1: the CPU reaches all of VRAM */
	__u32 total_system_memory_accessible;		/* 1: the GPU reaches all of memory */
	__u32 pad;
};

/* MTGPU_INFO_TYPE_PLATFORM. */
struct mtgpu_platform_info {
	__u32 mtlink_enable;
	__u32 iommu_enable;
};

struct drm_mtgpu_bo_create {
	struct drm_mtgpu_bo_create_in {
		__u64 size;		/* bytes */
		__u64 align;		/* bytes */
		__u64 flags;		/* MTGPU_BO_FLAGS_* */
		__u32 domains;		/* MTGPU_BO_DOMAIN_* */
		__u32 group_id;
	} in;
	struct drm_mtgpu_bo_create_out {
		__u32 bo_handle;	/* a GEM handle, closed by DRM_IOCTL_GEM_CLOSE */
		__u32 pad;
	} out;
};

struct drm_mtgpu_bo_get_mmap_offset {
	struct drm_mtgpu_bo_get_mmap_offset_in {
		__u32 bo_handle;
		__u32 pad;
	} in;
	struct drm_mtgpu_bo_get_mmap_offset_out {
		__u64 offset;		/* for mmap() of the node */
	} out;
};

/* Of DRM_MTGPU_CMD, in the second kind of version 22. */
struct drm_mtgpu_ioctl_args {
	__u32 cmd_type;			/* core 0, query 1, buffers 2, VM 3, sync 4, jobs 5, ... */
	__u32 cmd;			/* among those of its type */
	__u64 checksum;			/* of the layout of what @data points to */
	__u32 size;			/* of what @data points to, bytes */
	__u32 pad;
	__u64 data;			/* an address in user memory */
};

#define DRM_IOCTL_MTGPU_DEVICE_INIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTGPU_DEVICE_INIT, struct drm_mtgpu_device_init)
#define DRM_IOCTL_MTGPU_QUERY_INFO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTGPU_QUERY_INFO, struct drm_mtgpu_query_info)
#define DRM_IOCTL_MTGPU_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTGPU_BO_CREATE, struct drm_mtgpu_bo_create)
#define DRM_IOCTL_MTGPU_BO_GET_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTGPU_BO_GET_MMAP_OFFSET, \
		 struct drm_mtgpu_bo_get_mmap_offset)
#define DRM_IOCTL_MTGPU_CMD \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTGPU_CMD, struct drm_mtgpu_ioctl_args)

#define MTGPU_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), #type)
#define MTGPU_AT(type, field, at) \
	_Static_assert(__builtin_offsetof(struct type, field) == (at), #type "." #field)

MTGPU_SIZE(drm_mtgpu_device_init, 8);
MTGPU_SIZE(drm_mtgpu_query_info, 24);
MTGPU_AT(drm_mtgpu_query_info, in.data, 8);
MTGPU_AT(drm_mtgpu_query_info, out.data, 16);
MTGPU_SIZE(mtgpu_mem_info, 32);
MTGPU_AT(mtgpu_mem_info, vram.total_size, 16);
MTGPU_SIZE(mtgpu_bo_info_in, 8);
MTGPU_SIZE(mtgpu_bo_info, 32);
MTGPU_AT(mtgpu_bo_info, segment_id, 28);
MTGPU_SIZE(mtgpu_dev_info, 40);
MTGPU_AT(mtgpu_dev_info, num_cores, 20);
MTGPU_AT(mtgpu_dev_info, uuid, 24);
MTGPU_SIZE(mtgpu_pci_info, 40);
MTGPU_AT(mtgpu_pci_info, numa_node_id, 24);
MTGPU_SIZE(mtgpu_platform_info, 8);
MTGPU_SIZE(drm_mtgpu_bo_create, 40);
MTGPU_AT(drm_mtgpu_bo_create, in.flags, 16);
MTGPU_AT(drm_mtgpu_bo_create, in.domains, 24);
MTGPU_AT(drm_mtgpu_bo_create, in.group_id, 28);
MTGPU_AT(drm_mtgpu_bo_create, out.bo_handle, 32);
MTGPU_SIZE(drm_mtgpu_bo_get_mmap_offset, 16);
MTGPU_AT(drm_mtgpu_bo_get_mmap_offset, out.offset, 8);
MTGPU_SIZE(drm_mtgpu_ioctl_args, 32);
MTGPU_AT(drm_mtgpu_ioctl_args, checksum, 8);
MTGPU_AT(drm_mtgpu_ioctl_args, data, 24);

#undef MTGPU_SIZE
#undef MTGPU_AT

#endif /* MVGAL_VENDOR_UAPI_MTGPU_DRM_H */
