/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ioctls of nvidia-drm, as far as they are of use without its user-mode driver.
 *
 * Numbers, names and layouts are those of
 *   NVIDIA/open-gpu-kernel-modules, kernel-open/nvidia-drm/nv_drm_common_ioctl.h,
 *   release 595.44.02, commit 2c7bfb47060233bda7c37c8065c0ddcac0d3da05,
 * written anew; release 590.48.01 (commit 877fd23cf0edf716eb5d309b5378524a8f7fa2f2)
 * has the same for everything here.  Earlier ones do not: in release 515.43.04
 * (commit 1739a20efc4acb55fd1dc53dcc66057b70c2613c, nvidia-drm-ioctl.h)
 * GEM_ALLOC_NVKMS_MEMORY is 16 bytes without @flags, GET_DEV_INFO is 20 bytes, and
 * nothing above 0x0e exists.  So compare the size in the driver's own ioctl table.
 *
 * Nothing here submits work: that is done from user mode, through nvidia.ko.  What
 * ends it is a semaphore in memory, and the SEMSURF calls make fences of that.
 *
 * Left out: CRCs, displays, permissions, and regions of interest (0x00, 0x0c, 0x10
 * to 0x13, 0x19 to 0x1c).
 */
#ifndef MVGAL_VENDOR_UAPI_NVIDIA_DRM_H
#define MVGAL_VENDOR_UAPI_NVIDIA_DRM_H

#include <drm/drm.h>

/* Relative to DRM_COMMAND_BASE. */
#define DRM_NVIDIA_GEM_IMPORT_NVKMS_MEMORY	0x01
#define DRM_NVIDIA_GEM_IMPORT_USERSPACE_MEMORY	0x02
#define DRM_NVIDIA_GET_DEV_INFO			0x03
#define DRM_NVIDIA_FENCE_SUPPORTED		0x04
#define DRM_NVIDIA_PRIME_FENCE_CONTEXT_CREATE	0x05
#define DRM_NVIDIA_GEM_PRIME_FENCE_ATTACH	0x06
#define DRM_NVIDIA_GET_CLIENT_CAPABILITY	0x08
#define DRM_NVIDIA_GEM_EXPORT_NVKMS_MEMORY	0x09
#define DRM_NVIDIA_GEM_MAP_OFFSET		0x0a
#define DRM_NVIDIA_GEM_ALLOC_NVKMS_MEMORY	0x0b
#define DRM_NVIDIA_GEM_EXPORT_DMABUF_MEMORY	0x0d
#define DRM_NVIDIA_GEM_IDENTIFY_OBJECT		0x0e
#define DRM_NVIDIA_DMABUF_SUPPORTED		0x0f
#define DRM_NVIDIA_SEMSURF_FENCE_CTX_CREATE	0x14
#define DRM_NVIDIA_SEMSURF_FENCE_CREATE		0x15
#define DRM_NVIDIA_SEMSURF_FENCE_WAIT		0x16
#define DRM_NVIDIA_SEMSURF_FENCE_ATTACH		0x17
#define DRM_NVIDIA_GET_DRM_FILE_UNIQUE_ID	0x18

/*
 * *_nvkms_params_ptr below point to structures in user memory whose layout is that of
 * one build of the user-mode driver; it is not published as an interface.
 */

struct drm_nvidia_gem_import_nvkms_memory_params {
	__u64 mem_size;			/* in */
	__u64 nvkms_params_ptr;		/* in */
	__u64 nvkms_params_size;	/* in */
	__u32 handle;			/* out */
	__u32 __pad;
};

/* @address and @size are of whole pages. */
struct drm_nvidia_gem_import_userspace_memory_params {
	__u64 size;			/* in, bytes */
	__u64 address;			/* in, of the calling process */
	__u32 handle;			/* out */
};

/* From @generic_page_kind to @sector_layout valid with @supports_alloc alone. */
struct drm_nvidia_get_dev_info_params {
	__u32 gpu_id;			/* out */
	__u32 mig_device;		/* out */
	__u32 primary_index;		/* out, of the node card%u */
	__u32 supports_alloc;		/* out, of GEM_ALLOC_NVKMS_MEMORY and dumb buffers */
	__u32 generic_page_kind;	/* out, of DRM_FORMAT_MOD_NVIDIA_BLOCK_LINEAR_2D() */
	__u32 page_kind_generation;	/* out, likewise */
	__u32 sector_layout;		/* out, likewise */
	__u32 supports_sync_fd;		/* out */
	__u32 supports_semsurf;		/* out, of the SEMSURF calls */
};

struct drm_nvidia_prime_fence_context_create_params {
	__u32 handle;			/* out, a GEM handle */
	__u32 index;			/* in, of the semaphore in its surface */
	__u64 size;			/* in, of the surface, bytes */
	__u64 import_mem_nvkms_params_ptr;	/* in */
	__u64 import_mem_nvkms_params_size;	/* in */
	__u64 event_nvkms_params_ptr;		/* in */
	__u64 event_nvkms_params_size;		/* in */
};

struct drm_nvidia_gem_prime_fence_attach_params {
	__u32 handle;			/* in, the buffer */
	__u32 fence_context_handle;	/* in */
	__u32 sem_thresh;		/* in, the value that signals */
	__u32 __pad;
};

struct drm_nvidia_get_client_capability_params {
	__u64 capability;		/* in, a DRM_CLIENT_CAP_* */
	__u64 value;			/* out */
};

struct drm_nvidia_gem_export_nvkms_memory_params {
	__u32 handle;			/* in */
	__u32 __pad;
	__u64 nvkms_params_ptr;		/* in */
	__u64 nvkms_params_size;	/* in */
};

struct drm_nvidia_gem_map_offset_params {
	__u32 handle;			/* in */
	__u32 __pad;
	__u64 offset;			/* out, for mmap() of the node */
};

/* Of drm_nvidia_gem_alloc_nvkms_memory_params.flags. */
#define NV_GEM_ALLOC_NO_SCANOUT			(1 << 0)

struct drm_nvidia_gem_alloc_nvkms_memory_params {
	__u32 handle;			/* out */
	__u8 block_linear;		/* in, 0 is pitch linear */
	__u8 compressible;		/* in and out */
	__u16 __pad0;
	__u64 memory_size;		/* in, bytes */
	__u32 flags;			/* in, NV_GEM_ALLOC_* */
	__u32 __pad1;
};

struct drm_nvidia_gem_export_dmabuf_memory_params {
	__u32 handle;			/* in */
	__u32 __pad;
	__u64 nvkms_params_ptr;		/* in */
	__u64 nvkms_params_size;	/* in */
};

/* Of drm_nvidia_gem_identify_object_params.object_type. */
#define NV_GEM_OBJECT_NVKMS			0
#define NV_GEM_OBJECT_DMABUF			1
#define NV_GEM_OBJECT_USERMEMORY		2
#define NV_GEM_OBJECT_UNKNOWN			0x7fffffff

struct drm_nvidia_gem_identify_object_params {
	__u32 handle;			/* in */
	__u32 object_type;		/* out, NV_GEM_OBJECT_* */
};

struct drm_nvidia_semsurf_fence_ctx_create_params {
	__u64 index;			/* in, of the semaphore in its surface */
	__u64 nvkms_params_ptr;		/* in */
	__u64 nvkms_params_size;	/* in */
	__u32 handle;			/* out, a GEM handle */
	__u32 __pad;
};

/* The fence signals with ETIMEDOUT after @timeout_value_ms, 5000 where it is 0. */
struct drm_nvidia_semsurf_fence_create_params {
	__u32 fence_context_handle;	/* in */
	__u32 timeout_value_ms;		/* in */
	__u64 wait_value;		/* in, signals when the semaphore is at or past it */
	__s32 fd;			/* out, a sync_file */
	__u32 __pad;
};

struct drm_nvidia_semsurf_fence_wait_params {
	__u32 fence_context_handle;	/* in */
	__s32 fd;			/* in, a sync_file, of any driver */
	__u64 pre_wait_value;		/* in, of the semaphore, awaited before @fd */
	__u64 post_wait_value;		/* in, what the semaphore is set to after @fd */
};

struct drm_nvidia_semsurf_fence_attach_params {
	__u32 handle;			/* in, the buffer */
	__u32 fence_context_handle;	/* in */
	__u32 timeout_value_ms;		/* in, as above */
	__u32 shared;			/* in, 0 is exclusive */
	__u64 wait_value;		/* in, as above */
};

struct drm_nvidia_get_drm_file_unique_id_params {
	__u64 id;			/* out */
};

#define DRM_IOCTL_NVIDIA_GEM_IMPORT_NVKMS_MEMORY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_IMPORT_NVKMS_MEMORY, \
		 struct drm_nvidia_gem_import_nvkms_memory_params)
#define DRM_IOCTL_NVIDIA_GEM_IMPORT_USERSPACE_MEMORY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_IMPORT_USERSPACE_MEMORY, \
		 struct drm_nvidia_gem_import_userspace_memory_params)
#define DRM_IOCTL_NVIDIA_GET_DEV_INFO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GET_DEV_INFO, \
		 struct drm_nvidia_get_dev_info_params)
#define DRM_IOCTL_NVIDIA_FENCE_SUPPORTED \
	DRM_IO(DRM_COMMAND_BASE + DRM_NVIDIA_FENCE_SUPPORTED)
#define DRM_IOCTL_NVIDIA_PRIME_FENCE_CONTEXT_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_PRIME_FENCE_CONTEXT_CREATE, \
		 struct drm_nvidia_prime_fence_context_create_params)
#define DRM_IOCTL_NVIDIA_GEM_PRIME_FENCE_ATTACH \
	DRM_IOW(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_PRIME_FENCE_ATTACH, \
		struct drm_nvidia_gem_prime_fence_attach_params)
#define DRM_IOCTL_NVIDIA_GET_CLIENT_CAPABILITY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GET_CLIENT_CAPABILITY, \
		 struct drm_nvidia_get_client_capability_params)
#define DRM_IOCTL_NVIDIA_GEM_EXPORT_NVKMS_MEMORY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_EXPORT_NVKMS_MEMORY, \
		 struct drm_nvidia_gem_export_nvkms_memory_params)
#define DRM_IOCTL_NVIDIA_GEM_MAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_MAP_OFFSET, \
		 struct drm_nvidia_gem_map_offset_params)
#define DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_ALLOC_NVKMS_MEMORY, \
		 struct drm_nvidia_gem_alloc_nvkms_memory_params)
#define DRM_IOCTL_NVIDIA_GEM_EXPORT_DMABUF_MEMORY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_EXPORT_DMABUF_MEMORY, \
		 struct drm_nvidia_gem_export_dmabuf_memory_params)
#define DRM_IOCTL_NVIDIA_GEM_IDENTIFY_OBJECT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GEM_IDENTIFY_OBJECT, \
		 struct drm_nvidia_gem_identify_object_params)
#define DRM_IOCTL_NVIDIA_DMABUF_SUPPORTED \
	DRM_IO(DRM_COMMAND_BASE + DRM_NVIDIA_DMABUF_SUPPORTED)
#define DRM_IOCTL_NVIDIA_SEMSURF_FENCE_CTX_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_SEMSURF_FENCE_CTX_CREATE, \
		 struct drm_nvidia_semsurf_fence_ctx_create_params)
#define DRM_IOCTL_NVIDIA_SEMSURF_FENCE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_SEMSURF_FENCE_CREATE, \
		 struct drm_nvidia_semsurf_fence_create_params)
#define DRM_IOCTL_NVIDIA_SEMSURF_FENCE_WAIT \
	DRM_IOW(DRM_COMMAND_BASE + DRM_NVIDIA_SEMSURF_FENCE_WAIT, \
		struct drm_nvidia_semsurf_fence_wait_params)
#define DRM_IOCTL_NVIDIA_SEMSURF_FENCE_ATTACH \
	DRM_IOW(DRM_COMMAND_BASE + DRM_NVIDIA_SEMSURF_FENCE_ATTACH, \
		struct drm_nvidia_semsurf_fence_attach_params)
#define DRM_IOCTL_NVIDIA_GET_DRM_FILE_UNIQUE_ID \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NVIDIA_GET_DRM_FILE_UNIQUE_ID, \
		 struct drm_nvidia_get_drm_file_unique_id_params)

#define NVIDIA_SIZE(type, size) \
	_Static_assert(sizeof(struct drm_nvidia_##type##_params) == (size), #type)
#define NVIDIA_AT(type, field, at) \
	_Static_assert(__builtin_offsetof(struct drm_nvidia_##type##_params, field) == (at), \
		       #type "." #field)

NVIDIA_SIZE(gem_import_nvkms_memory, 32);
NVIDIA_AT(gem_import_nvkms_memory, handle, 24);
NVIDIA_SIZE(gem_import_userspace_memory, 24);
NVIDIA_AT(gem_import_userspace_memory, handle, 16);
NVIDIA_SIZE(get_dev_info, 36);
NVIDIA_AT(get_dev_info, supports_alloc, 12);
NVIDIA_AT(get_dev_info, supports_semsurf, 32);
NVIDIA_SIZE(prime_fence_context_create, 48);
NVIDIA_AT(prime_fence_context_create, size, 8);
NVIDIA_AT(prime_fence_context_create, event_nvkms_params_ptr, 32);
NVIDIA_SIZE(gem_prime_fence_attach, 16);
NVIDIA_AT(gem_prime_fence_attach, sem_thresh, 8);
NVIDIA_SIZE(get_client_capability, 16);
NVIDIA_SIZE(gem_export_nvkms_memory, 24);
NVIDIA_AT(gem_export_nvkms_memory, nvkms_params_ptr, 8);
NVIDIA_SIZE(gem_map_offset, 16);
NVIDIA_AT(gem_map_offset, offset, 8);
NVIDIA_SIZE(gem_alloc_nvkms_memory, 24);
NVIDIA_AT(gem_alloc_nvkms_memory, block_linear, 4);
NVIDIA_AT(gem_alloc_nvkms_memory, compressible, 5);
NVIDIA_AT(gem_alloc_nvkms_memory, memory_size, 8);
NVIDIA_AT(gem_alloc_nvkms_memory, flags, 16);
NVIDIA_SIZE(gem_export_dmabuf_memory, 24);
NVIDIA_AT(gem_export_dmabuf_memory, nvkms_params_ptr, 8);
NVIDIA_SIZE(gem_identify_object, 8);
NVIDIA_AT(gem_identify_object, object_type, 4);
NVIDIA_SIZE(semsurf_fence_ctx_create, 32);
NVIDIA_AT(semsurf_fence_ctx_create, handle, 24);
NVIDIA_SIZE(semsurf_fence_create, 24);
NVIDIA_AT(semsurf_fence_create, wait_value, 8);
NVIDIA_AT(semsurf_fence_create, fd, 16);
NVIDIA_SIZE(semsurf_fence_wait, 24);
NVIDIA_AT(semsurf_fence_wait, fd, 4);
NVIDIA_AT(semsurf_fence_wait, post_wait_value, 16);
NVIDIA_SIZE(semsurf_fence_attach, 24);
NVIDIA_AT(semsurf_fence_attach, timeout_value_ms, 8);
NVIDIA_AT(semsurf_fence_attach, wait_value, 16);
NVIDIA_SIZE(get_drm_file_unique_id, 8);

#undef NVIDIA_SIZE
#undef NVIDIA_AT

#endif /* MVGAL_VENDOR_UAPI_NVIDIA_DRM_H */
