// SPDX-License-Identifier: GPL-2.0
/* Tests of the fake mtgpu. */
#include <dirent.h>
#include <drm/amdgpu_drm.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../../rust/vendor_uapi/mtgpu_drm.h"
#include "test.h"

#define PAGE 4096ull

/* The other node: render nodes have no dumb buffers. */
static int card(void)
{
	int fd = open_gpu("mtgpu", 0);
	char path[64];
	struct dirent *entry;
	struct stat node;
	DIR *dir;

	OK(fstat(fd, &node));
	close(fd);
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/drm", major(node.st_rdev),
		 minor(node.st_rdev));
	dir = opendir(path);
	CHECK(dir);
	do {
		entry = readdir(dir);
		CHECK(entry);
	} while (strncmp(entry->d_name, "card", 4));
	snprintf(path, sizeof(path), "/dev/dri/%.16s", entry->d_name);
	closedir(dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static uint32_t dumb(int fd, uint64_t size, uint32_t flags)
{
	struct drm_mode_create_dumb args = { .width = PAGE, .height = size / PAGE, .bpp = 8,
					     .flags = flags };

	OK(do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
	return args.handle;
}

static void version(void)
{
	int fd = open_gpu("mtgpu", 0);
	struct drm_version args = { 0 };
	struct drm_get_cap cap = { .capability = DRM_CAP_SYNCOBJ };
	struct drm_syncobj_create syncobj = { 0 };

	OK(do_ioctl(fd, DRM_IOCTL_VERSION, &args));
	CHECK(args.version_major == 1 && args.version_minor == 0);
	OK(do_ioctl(fd, DRM_IOCTL_GET_CAP, &cap));
	CHECK(!cap.value);
	FAILS(EOPNOTSUPP, do_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &syncobj));
}

static void own_calls(void)
{
	int fd = open_gpu("mtgpu", 0);
	struct drm_mtgpu_device_init init = { .ioctl_version = MTGPU_IOCTL_VERSION };
	struct drm_mtgpu_query_info query = { .in.type = MTGPU_INFO_TYPE_MEMORY };
	struct drm_mtgpu_bo_create create = { .in = { .size = PAGE, .align = PAGE,
						      .domains = MTGPU_BO_DOMAIN_GTT } };
	struct drm_mtgpu_ioctl_args any = { 0 };

	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_MTGPU_DEVICE_INIT, &init));
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_MTGPU_QUERY_INFO, &query));
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_MTGPU_BO_CREATE, &create));
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_MTGPU_CMD, &any));
}

static void dumb_buffers(void)
{
	int fd = card(), render = open_gpu("mtgpu", 0);
	struct drm_mode_create_dumb args = { .width = 5, .height = 3, .bpp = 20 };
	struct drm_mode_map_dumb map = { 0 };
	unsigned char *bytes;
	uint32_t flags;

	FAILS(EACCES, do_ioctl(render, DRM_IOCTL_MODE_CREATE_DUMB, &args));
	for (flags = 0; flags <= MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM;
	     flags += MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM) {
		args.flags = flags;
		OK(do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
		/* Lines are not aligned, bits are whole bytes. */
		CHECK(args.pitch == 15 && args.size == PAGE);
		map.handle = args.handle;
		OK(do_ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &map));
		bytes = map_bo(fd, map.offset, PAGE);
		/* It is not cleared. */
		CHECK(bytes[0] && bytes[PAGE - 1]);
		bytes[5] = 7;
		munmap(bytes, PAGE);
		bytes = map_bo(fd, map.offset, PAGE);
		CHECK(bytes[5] == 7);
		munmap(bytes, PAGE);
	}
	args.bpp = 0;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
}

/* VRAM is not moved elsewhere, and does not become system memory when it is full. */
static void memory(void)
{
	struct drm_mode_create_dumb args = { .width = PAGE, .height = (64 << 20) / PAGE, .bpp = 8 };
	int fd = card(), i;
	uint32_t last = 0;

	for (i = 0; i < 4; i++)
		last = dumb(fd, 64 << 20, 0);
	FAILS(ENOMEM, do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
	OK(close_bo(fd, last));
	OK(do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
	dumb(fd, PAGE, MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM);
	set_fault(fd, "enomem", "1");
	FAILS(ENOMEM, do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
}

static void sharing(void)
{
	int fd = card(), amdgpu = open_gpu("amdgpu", 0), nouveau = open_gpu("nouveau", 0);
	int vgem = open_gpu("vgem", 0), dma_buf;
	uint32_t handle = dumb(fd, PAGE, 0), imported;
	union drm_amdgpu_gem_create theirs = { .in = { .bo_size = PAGE, .alignment = PAGE,
						       .domains = AMDGPU_GEM_DOMAIN_GTT } };

	/* Nobody else can map VRAM; vgem does not try. */
	OK(export_bo(fd, handle, &dma_buf));
	FAILS(ENOMEM, import_bo(nouveau, dma_buf, &imported));
	OK(import_bo(vgem, dma_buf, &imported));
	OK(import_bo(fd, dma_buf, &imported));
	CHECK(imported == handle);
	OK(export_bo(fd, dumb(fd, PAGE, MTGPU_DUMB_BUFFER_FLAG_USE_SYSTEM), &dma_buf));
	OK(import_bo(nouveau, dma_buf, &imported));

	/* It imports what is of one piece. */
	OK(do_ioctl(amdgpu, DRM_IOCTL_AMDGPU_GEM_CREATE, &theirs));
	OK(export_bo(amdgpu, theirs.out.handle, &dma_buf));
	OK(import_bo(fd, dma_buf, &imported));
	/* This much cannot be. */
	theirs.in.bo_size = 64 << 20;
	theirs.in.alignment = PAGE;
	theirs.in.domains = AMDGPU_GEM_DOMAIN_GTT;
	theirs.in.domain_flags = 0;
	OK(do_ioctl(amdgpu, DRM_IOCTL_AMDGPU_GEM_CREATE, &theirs));
	OK(export_bo(amdgpu, theirs.out.handle, &dma_buf));
	FAILS(EINVAL, import_bo(fd, dma_buf, &imported));
}

const struct test mtgpu_tests[] = {
	{ "mtgpu::version", version },
	{ "mtgpu::own_calls", own_calls },
	{ "mtgpu::dumb_buffers", dumb_buffers },
	{ "mtgpu::memory", memory },
	{ "mtgpu::sharing", sharing },
	{ }
};
