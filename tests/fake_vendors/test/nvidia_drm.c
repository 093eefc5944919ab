// SPDX-License-Identifier: GPL-2.0
/* Tests of the fake nvidia-drm. */
#include <fcntl.h>
#include <poll.h>
#include <drm/amdgpu_drm.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../../rust/vendor_uapi/nvidia_drm.h"
#include "../nvidia_drm_fake.h"
#include "test.h"

#define PAGE 4096ull

static int gpu(void)
{
	return open_gpu("nvidia-drm", 0);
}

static int alloc(int fd, uint64_t size, uint32_t *handle)
{
	struct drm_nvidia_gem_alloc_nvkms_memory_params args = { .memory_size = size };
	int ret = do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY, &args);

	*handle = args.handle;
	return ret;
}

static uint32_t memory(int fd, uint64_t size)
{
	uint32_t handle;

	OK(alloc(fd, size, &handle));
	return handle;
}

static int context_of(int fd, uint64_t index, uint32_t *handle)
{
	uint64_t surface = NVIDIA_FAKE_SURFACE;
	struct drm_nvidia_semsurf_fence_ctx_create_params args = {
		.index = index,
		.nvkms_params_ptr = (uintptr_t)&surface,
		.nvkms_params_size = sizeof(surface),
	};
	int ret = do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_CTX_CREATE, &args);

	*handle = args.handle;
	return ret;
}

static uint32_t context(int fd, uint64_t index)
{
	uint32_t handle;

	OK(context_of(fd, index, &handle));
	return handle;
}

/* A sync_file, or an error. */
static int fence(int fd, uint32_t ctx, uint64_t value, uint32_t timeout_ms)
{
	struct drm_nvidia_semsurf_fence_create_params args = {
		.fence_context_handle = ctx, .wait_value = value, .timeout_value_ms = timeout_ms };
	int ret = do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_CREATE, &args);

	return ret ?: args.fd;
}

static void set(int fd, uint64_t index, uint64_t value)
{
	char path[128], text[64];
	struct stat stat;
	int attr;

	CHECK(!fstat(fd, &stat));
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/semaphore", major(stat.st_rdev),
		 minor(stat.st_rdev));
	snprintf(text, sizeof(text), "%llu %llu", (unsigned long long)index,
		 (unsigned long long)value);
	attr = open(path, O_WRONLY);
	CHECK(attr >= 0);
	CHECK(write(attr, text, strlen(text)) > 0);
	close(attr);
}

static void wait_file(int file)
{
	struct pollfd poll_fd = { .fd = file, .events = POLLIN };

	CHECK(poll(&poll_fd, 1, 10000) == 1);
}

static void version(void)
{
	struct drm_version args = { };

	OK(do_ioctl(gpu(), DRM_IOCTL_VERSION, &args));
	CHECK(!args.version_major && !args.version_minor);
}

static void info(void)
{
	struct drm_nvidia_get_client_capability_params capability = { .capability = 3 };
	struct drm_nvidia_get_drm_file_unique_id_params one, two;
	struct drm_nvidia_get_dev_info_params args = { };
	int fd = gpu();

	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GET_DEV_INFO, &args));
	CHECK(args.supports_alloc && args.supports_sync_fd && args.supports_semsurf);
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_FENCE_SUPPORTED, NULL));
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_DMABUF_SUPPORTED, NULL));
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GET_DRM_FILE_UNIQUE_ID, &one));
	OK(do_ioctl(gpu(), DRM_IOCTL_NVIDIA_GET_DRM_FILE_UNIQUE_ID, &two));
	CHECK(one.id != two.id);
	FAILS(EACCES, do_ioctl(fd, DRM_IOCTL_NVIDIA_GET_CLIENT_CAPABILITY, &capability));
}

static void allocation(void)
{
	struct drm_nvidia_gem_alloc_nvkms_memory_params args = { .memory_size = PAGE };
	struct drm_nvidia_gem_identify_object_params what = { };
	struct drm_nvidia_gem_map_offset_params offset = { };
	int fd = gpu();
	uint64_t used = get_fault(fd, "vram_used");
	uint32_t *words, handle, big[4];
	unsigned int i;

	args.compressible = 1;
	args.flags = NV_GEM_ALLOC_NO_SCANOUT;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY, &args));
	CHECK(args.handle && !args.compressible);
	CHECK(get_fault(fd, "vram_used") == used + PAGE);
	offset.handle = args.handle;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_MAP_OFFSET, &offset));
	words = map_bo(fd, offset.offset, PAGE);
	CHECK(!words[0]);
	words[0] = 5;
	what.handle = args.handle;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_IDENTIFY_OBJECT, &what));
	CHECK(what.object_type == NV_GEM_OBJECT_NVKMS);
	what.handle = context(fd, 0);
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_IDENTIFY_OBJECT, &what));
	CHECK(what.object_type == NV_GEM_OBJECT_UNKNOWN);
	offset.handle = what.handle;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_MAP_OFFSET, &offset));
	offset.handle = 999;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_MAP_OFFSET, &offset));

	args.__pad0 = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY, &args));
	args.__pad0 = 0;
	args.__pad1 = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY, &args));
	FAILS(EINVAL, alloc(fd, PAGE + 1, &handle));
	FAILS(EINVAL, alloc(fd, 0, &handle));
	/* VRAM is not moved elsewhere, and when it is full that is EINVAL. */
	for (i = 0; i < 3; i++)
		big[i] = memory(fd, 64 << 20);
	FAILS(EINVAL, alloc(fd, 64 << 20, &big[3]));
	OK(close_bo(fd, big[0]));
	OK(alloc(fd, 64 << 20, &big[3]));
}

static void sharing(void)
{
	int fd = gpu(), vgem = open_gpu("vgem", 0), amdgpu = open_gpu("amdgpu", 0), dma_buf;
	struct drm_nvidia_gem_identify_object_params what;
	union drm_amdgpu_gem_create theirs = { .in = { .bo_size = PAGE, .alignment = PAGE,
						       .domains = AMDGPU_GEM_DOMAIN_GTT } };
	uint32_t imported;

	OK(export_bo(fd, memory(fd, PAGE), &dma_buf));
	/* Nobody else can map VRAM; vgem does not try. */
	FAILS(ENOMEM, import_bo(open_gpu("nouveau", 0), dma_buf, &imported));
	OK(import_bo(vgem, dma_buf, &imported));
	OK(do_ioctl(amdgpu, DRM_IOCTL_AMDGPU_GEM_CREATE, &theirs));
	OK(export_bo(amdgpu, theirs.out.handle, &dma_buf));
	OK(import_bo(fd, dma_buf, &what.handle));
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_IDENTIFY_OBJECT, &what));
	CHECK(what.object_type == NV_GEM_OBJECT_DMABUF);
}

static void contexts(void)
{
	uint64_t surface = NVIDIA_FAKE_SURFACE;
	struct drm_nvidia_semsurf_fence_ctx_create_params args = {
		.nvkms_params_ptr = (uintptr_t)&surface, .nvkms_params_size = sizeof(surface) };
	struct drm_nvidia_prime_fence_context_create_params prime = { .size = PAGE };
	struct drm_nvidia_gem_import_nvkms_memory_params import = { .mem_size = PAGE };
	unsigned long request = DRM_IOCTL_NVIDIA_SEMSURF_FENCE_CTX_CREATE;
	int fd = gpu();

	args.__pad = 1;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	args.__pad = 0;
	args.nvkms_params_size = 4;
	FAILS(ENOMEM, do_ioctl(fd, request, &args));
	args.nvkms_params_size = 8;
	surface = 0;
	FAILS(ENOMEM, do_ioctl(fd, request, &args));
	args.nvkms_params_ptr = 16;
	FAILS(ENOMEM, do_ioctl(fd, request, &args));
	FAILS(ENOMEM, do_ioctl(fd, DRM_IOCTL_NVIDIA_PRIME_FENCE_CONTEXT_CREATE, &prime));
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_GEM_IMPORT_NVKMS_MEMORY, &import));
}

static void fences(void)
{
	int fd = gpu(), two, three, late, gone;
	uint32_t ctx, other;

	set(fd, 1, 0);
	ctx = context(fd, 1);
	three = fence(fd, ctx, 3, 0);
	two = fence(fd, ctx, 2, 0);
	CHECK(two >= 0 && three >= 0);
	set(fd, 1, 1);
	CHECK(sync_file_error(two) == 1);
	/* Of another semaphore. */
	set(fd, 2, 9);
	CHECK(sync_file_error(two) == 1);
	set(fd, 1, 2);
	wait_file(two);
	CHECK(!sync_file_error(two) && sync_file_error(three) == 1);
	set(fd, 1, 7);
	wait_file(three);
	CHECK(!sync_file_error(three));
	/* At once, and after a time. */
	CHECK(!sync_file_error(fence(fd, ctx, 7, 0)));
	late = fence(fd, ctx, 8, 100);
	CHECK(sync_file_error(late) == 1);
	wait_file(late);
	CHECK(sync_file_error(late) == -ETIMEDOUT);
	/* When the context goes, and when the file does. */
	gone = fence(fd, ctx, 100, 0);
	OK(close_bo(fd, ctx));
	wait_file(gone);
	CHECK(sync_file_error(gone) == -ETIMEDOUT);
	other = context(fd, 1);
	gone = fence(fd, other, 100, 0);
	close(fd);
	wait_file(gone);
	CHECK(sync_file_error(gone) == -ETIMEDOUT);

	fd = gpu();
	FAILS(EINVAL, fence(fd, 999, 1, 0));
	FAILS(EINVAL, fence(fd, memory(fd, PAGE), 1, 0));
}

static void fence_wait(void)
{
	int fd = gpu(), first, second;
	uint32_t from, to;
	struct drm_nvidia_semsurf_fence_wait_params args = {
		.pre_wait_value = 1, .post_wait_value = 5 };

	set(fd, 3, 0);
	set(fd, 4, 0);
	from = context(fd, 3);
	to = context(fd, 4);
	first = fence(fd, from, 1, 0);
	second = fence(fd, to, 5, 0);
	args.fence_context_handle = to;
	args.fd = first;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_WAIT, &args));
	/* Both the fence, and the value from which it goes on. */
	set(fd, 3, 1);
	wait_file(first);
	usleep(50000);
	CHECK(sync_file_error(second) == 1);
	set(fd, 4, 1);
	wait_file(second);
	CHECK(!sync_file_error(second));
	/* The real driver tells no errors here. */
	args.fd = -1;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_WAIT, &args));
	args.post_wait_value = 0;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_WAIT, &args));
}

static void fence_attach(void)
{
	int fd = gpu(), dma_buf;
	uint32_t ctx, buffer = memory(fd, PAGE);
	struct drm_nvidia_semsurf_fence_attach_params args = { .wait_value = 4 };
	struct pollfd poll_fd;

	set(fd, 5, 0);
	ctx = context(fd, 5);
	args.handle = buffer;
	args.fence_context_handle = ctx;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_ATTACH, &args));
	OK(export_bo(fd, buffer, &dma_buf));
	poll_fd = (struct pollfd){ .fd = dma_buf, .events = POLLIN };
	CHECK(!poll(&poll_fd, 1, 0));
	set(fd, 5, 4);
	CHECK(poll(&poll_fd, 1, 5000) == 1);
	/* A reader does not keep others from reading. */
	args.shared = 1;
	args.wait_value = 6;
	OK(do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_ATTACH, &args));
	CHECK(poll(&poll_fd, 1, 0) == 1);
	poll_fd.events = POLLOUT;
	CHECK(!poll(&poll_fd, 1, 0));
	set(fd, 5, 6);
	CHECK(poll(&poll_fd, 1, 5000) == 1);
	args.handle = 999;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_ATTACH, &args));
	args.handle = buffer;
	args.fence_context_handle = buffer;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NVIDIA_SEMSURF_FENCE_ATTACH, &args));
}

const struct test nvidia_drm_tests[] = {
	{ "nvidia_drm::version", version },
	{ "nvidia_drm::info", info },
	{ "nvidia_drm::allocation", allocation },
	{ "nvidia_drm::sharing", sharing },
	{ "nvidia_drm::contexts", contexts },
	{ "nvidia_drm::fences", fences },
	{ "nvidia_drm::fence_wait", fence_wait },
	{ "nvidia_drm::fence_attach", fence_attach },
	{ }
};
