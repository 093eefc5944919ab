// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the tests whose names contain one of the arguments, or all; each in a process of its own.
 * Prints TAP; succeeds when none failed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

/* Seconds that a test may take. */
#define LIMIT 60

static const struct test *const vendors[] = {
	amdgpu_tests,
	i915_tests,
	mtgpu_tests,
	nouveau_tests,
	nvidia_drm_tests,
	xe_tests,
};

void fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

int do_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && (errno == EINTR || errno == EAGAIN));
	return ret < 0 ? -errno : ret;
}

int open_gpu(const char *driver, unsigned int n)
{
	char path[32], name[32];
	int minor, fd;

	for (minor = 128; minor < 192; minor++) {
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

		snprintf(path, sizeof(path), "/dev/dri/renderD%d", minor);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		OK(do_ioctl(fd, DRM_IOCTL_VERSION, &version));
		if (!strcmp(name, driver) && !n--)
			return fd;
		close(fd);
	}
	FAIL("there is no such GPU: %s", driver);
}

void *map_bo(int fd, uint64_t offset, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (map == MAP_FAILED)
		FAIL("mmap: %s", strerror(errno));
	return map;
}

static int open_fault(int fd, const char *name, int flags)
{
	char path[128];
	struct stat stat;
	int attr;

	CHECK(!fstat(fd, &stat));
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/fault/%s", major(stat.st_rdev),
		 minor(stat.st_rdev), name);
	attr = open(path, flags | O_CLOEXEC);
	if (attr < 0)
		FAIL("%s: %s", path, strerror(errno));
	return attr;
}

void set_fault(int fd, const char *name, const char *value)
{
	int attr = open_fault(fd, name, O_WRONLY);

	if (write(attr, value, strlen(value)) < 0)
		FAIL("%s: %s", name, strerror(errno));
	close(attr);
}

uint64_t get_fault(int fd, const char *name)
{
	int attr = open_fault(fd, name, O_RDONLY);
	char value[32] = "";

	CHECK(read(attr, value, sizeof(value) - 1) > 0);
	close(attr);
	return strtoull(value, NULL, 10);
}

static void write_driver(const char *attribute, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/mvgal_fake_vendors/%s", attribute);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, name, strlen(name)) < 0)
		FAIL("%s of %s: %s", attribute, name, strerror(errno));
	close(fd);
}

void unplug(int fd, char name[64])
{
	char path[128], target[256] = "";
	struct stat stat;

	CHECK(!fstat(fd, &stat));
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(stat.st_rdev),
		 minor(stat.st_rdev));
	CHECK(readlink(path, target, sizeof(target) - 1) > 0);
	snprintf(name, 64, "%s", strrchr(target, '/') + 1);
	write_driver("unbind", name);
}

void plug(const char *name)
{
	write_driver("bind", name);
}

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

uint32_t create_syncobj(int fd)
{
	struct drm_syncobj_create args = { };

	OK(do_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args));
	return args.handle;
}

int wait_syncobj(int fd, uint32_t handle, uint64_t point, uint64_t timeout_ms)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.timeout_nsec = now() + timeout_ms * 1000000,
		.count_handles = 1,
	};

	return do_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

int sync_file_error(int file)
{
	struct sync_file_info info = { };

	OK(do_ioctl(file, SYNC_IOC_FILE_INFO, &info));
	return info.status == 1 ? 0 : info.status == 0 ? 1 : info.status;
}

int syncobj_export(int fd, uint32_t handle)
{
	struct drm_syncobj_handle args = {
		.handle = handle,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};

	OK(do_ioctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
	return args.fd;
}

int syncobj_error(int fd, uint32_t handle)
{
	int file = syncobj_export(fd, handle);
	int error = sync_file_error(file);

	close(file);
	return error;
}

int import_fence(int dma_buf, int sync_file)
{
	struct dma_buf_import_sync_file args = { .flags = DMA_BUF_SYNC_WRITE, .fd = sync_file };

	return do_ioctl(dma_buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &args);
}

int export_bo(int fd, uint32_t handle, int *dma_buf)
{
	struct drm_prime_handle args = { .handle = handle, .flags = DRM_RDWR | DRM_CLOEXEC };
	int ret = do_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);

	*dma_buf = args.fd;
	return ret;
}

int import_bo(int fd, int dma_buf, uint32_t *handle)
{
	struct drm_prime_handle args = { .fd = dma_buf };
	int ret = do_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);

	*handle = args.handle;
	return ret;
}

int close_bo(int fd, uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	return do_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

static void *packet(void *at, struct fake_cp_packet packet)
{
	memcpy(at, &packet, sizeof(packet));
	return (char *)at + sizeof(packet);
}

void *cp_fill(void *at, uint64_t dst, uint32_t value, uint64_t size)
{
	return packet(at, (struct fake_cp_packet){ FAKE_CP_FILL, value, dst, 0, size });
}

void *cp_copy(void *at, uint64_t dst, uint64_t src, uint64_t size)
{
	return packet(at, (struct fake_cp_packet){ FAKE_CP_COPY, 0, dst, src, size });
}

void *cp_delay(void *at, uint64_t ns)
{
	return packet(at, (struct fake_cp_packet){ FAKE_CP_DELAY, 0, 0, 0, ns });
}

void *cp_hang(void *at)
{
	return packet(at, (struct fake_cp_packet){ FAKE_CP_HANG, 0, 0, 0, 0 });
}

void *cp_wait(void *at, uint64_t dst, uint32_t value)
{
	return packet(at, (struct fake_cp_packet){ FAKE_CP_WAIT, value, dst, 0, 0 });
}

void *cp_word(void *at, uint32_t word)
{
	memcpy(at, &word, sizeof(word));
	return (char *)at + sizeof(word);
}

/* Whether a test is to run. */
static bool wanted(const char *name, char **words)
{
	if (!*words)
		return true;
	for (; *words; words++)
		if (strstr(name, *words))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	unsigned int i, number = 0, failed = 0;
	const struct test *test;

	for (i = 0; i < sizeof(vendors) / sizeof(*vendors); i++) {
		for (test = vendors[i]; test->name; test++) {
			int status = 0;
			pid_t pid;

			if (!wanted(test->name, argv + 1))
				continue;
			fflush(stdout);
			pid = fork();
			if (!pid) {
				alarm(LIMIT);
				test->run();
				fflush(stdout);
				_exit(0);
			}
			waitpid(pid, &status, 0);
			if (WIFSIGNALED(status))
				printf("# killed by %s\n", strsignal(WTERMSIG(status)));
			printf("%s %u - %s\n", status ? "not ok" : "ok", ++number, test->name);
			failed += status != 0;
		}
	}
	printf("1..%u\n", number);
	return failed || !number;
}
