// SPDX-License-Identifier: GPL-2.0
/* Tests of the fake i915. */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_mode.h>
#include <drm/i915_drm.h>
#include <linux/dma-buf.h>

#include "../../../rust/vendor_uapi/nvidia_drm.h"
#include "test.h"

#define PAGE	4096
#define LARGE	65536
/* Where tests put their objects. */
#define BATCH	0x100000ull
#define SOURCE	0x200000ull
#define TARGET	0x300000ull

static int gpu(void)
{
	return open_gpu("i915", 0);
}

/* A buffer of the system's memory. */
static uint32_t create(int fd, uint64_t size)
{
	struct drm_i915_gem_create args = { .size = size };

	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &args));
	return args.handle;
}

static int create_in(int fd, uint64_t size, unsigned int count,
		     const struct drm_i915_gem_memory_class_instance *where, uint32_t *handle)
{
	struct drm_i915_gem_create_ext_memory_regions regions = {
		.base.name = I915_GEM_CREATE_EXT_MEMORY_REGIONS,
		.num_regions = count,
		.regions = (uintptr_t)where,
	};
	struct drm_i915_gem_create_ext args = { .size = size, .extensions = (uintptr_t)&regions };
	int ret = do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE_EXT, &args);

	*handle = args.handle;
	return ret;
}

static const struct drm_i915_gem_memory_class_instance local[] = {
	{ I915_MEMORY_CLASS_DEVICE, 0 },
	{ I915_MEMORY_CLASS_SYSTEM, 0 },
};

static uint32_t create_local(int fd, uint64_t size)
{
	uint32_t handle;

	OK(create_in(fd, size, 1, local, &handle));
	return handle;
}

static void *map_object(int fd, uint32_t handle, size_t size)
{
	struct drm_i915_gem_mmap_offset args = {
		.handle = handle,
		.flags = I915_MMAP_OFFSET_FIXED,
	};

	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_MMAP_OFFSET, &args));
	return map_bo(fd, args.offset, size);
}

static int wait_idle(int fd, uint32_t handle, int64_t timeout_ns)
{
	struct drm_i915_gem_wait args = { .bo_handle = handle, .timeout_ns = timeout_ns };

	return do_ioctl(fd, DRM_IOCTL_I915_GEM_WAIT, &args);
}

static uint32_t busy(int fd, uint32_t handle)
{
	struct drm_i915_gem_busy args = { .handle = handle };

	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_BUSY, &args));
	return args.busy;
}

/* An object at an address. */
static struct drm_i915_gem_exec_object2 at(uint32_t handle, uint64_t address, uint64_t flags)
{
	return (struct drm_i915_gem_exec_object2){
		.handle = handle,
		.offset = address,
		.flags = flags | EXEC_OBJECT_PINNED | EXEC_OBJECT_SUPPORTS_48B_ADDRESS,
	};
}

/* A batch buffer with some packets in it. */
static uint32_t batch(int fd, unsigned int count, const struct fake_cp_packet *packets)
{
	uint32_t handle = create(fd, PAGE);
	char *words = map_object(fd, handle, PAGE);
	uint32_t end = FAKE_CP_END;

	memcpy(words, packets, count * sizeof(*packets));
	memcpy(words + count * sizeof(*packets), &end, sizeof(end));
	munmap(words, PAGE);
	return handle;
}

static uint32_t batch_of(int fd, struct fake_cp_packet packet)
{
	return batch(fd, 1, &packet);
}

static int exec_args(int fd, unsigned int count, struct drm_i915_gem_exec_object2 *objects,
		     struct drm_i915_gem_execbuffer2 *args)
{
	args->buffers_ptr = (uintptr_t)objects;
	args->buffer_count = count;
	return do_ioctl(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2_WR, args);
}

static int exec(int fd, unsigned int count, struct drm_i915_gem_exec_object2 *objects,
		uint64_t flags)
{
	struct drm_i915_gem_execbuffer2 args = { .flags = flags | I915_EXEC_NO_RELOC };

	return exec_args(fd, count, objects, &args);
}

/* A batch that fills the word at TARGET, in an object. */
static int fill(int fd, uint32_t target, uint32_t value, uint64_t flags, uint32_t ctx)
{
	uint32_t code = batch_of(fd, (struct fake_cp_packet){
		.op = FAKE_CP_FILL, .arg = value, .dst = TARGET, .size = 4 });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};
	struct drm_i915_gem_execbuffer2 args = { .flags = flags, .rsvd1 = ctx };
	int ret = exec_args(fd, 2, objects, &args);

	OK(close_bo(fd, code));
	return ret;
}

/* A batch that only takes time, for an object that it writes to as far as fences go. */
static void delay(int fd, uint32_t target, uint64_t ns, uint64_t ring)
{
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_DELAY, .size = ns });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};

	OK(exec(fd, 2, objects, ring));
	OK(close_bo(fd, code));
}

static uint32_t word(int fd, uint32_t handle)
{
	uint32_t *words = map_object(fd, handle, PAGE), value;

	value = *words;
	munmap(words, PAGE);
	return value;
}

static int context_param(int fd, uint32_t id, uint64_t param, uint64_t value, uint32_t size)
{
	struct drm_i915_gem_context_param args = {
		.ctx_id = id, .param = param, .value = value, .size = size };

	return do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &args);
}

static uint32_t context(int fd)
{
	struct drm_i915_gem_context_create_ext args = { };

	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_CREATE_EXT, &args));
	return args.ctx_id;
}

static void version(void)
{
	struct drm_version args = { };

	OK(do_ioctl(gpu(), DRM_IOCTL_VERSION, &args));
	CHECK(args.version_major == 1 && args.version_minor == 6);
}

static int getparam(int fd, int param, int *value)
{
	struct drm_i915_getparam args = { .param = param, .value = value };

	return do_ioctl(fd, DRM_IOCTL_I915_GETPARAM, &args);
}

static void parameters(void)
{
	int fd = gpu();
	int value = -1;

	OK(getparam(fd, I915_PARAM_CHIPSET_ID, &value));
	CHECK(value == 0x56c0);
	OK(getparam(fd, I915_PARAM_HAS_EXEC_TIMELINE_FENCES, &value));
	CHECK(value == 1);
	FAILS(ENODEV, getparam(fd, I915_PARAM_IRQ_ACTIVE, &value));
	FAILS(EINVAL, getparam(fd, I915_PARAM_SLICE_MASK, &value));
	FAILS(EINVAL, getparam(fd, 12345, &value));
	FAILS(EFAULT, getparam(fd, I915_PARAM_CHIPSET_ID, (int *)1));
}

static int query(int fd, uint64_t id, uint32_t flags, int length, void *data)
{
	struct drm_i915_query_item item = {
		.query_id = id, .flags = flags, .length = length, .data_ptr = (uintptr_t)data };
	struct drm_i915_query args = { .num_items = 1, .items_ptr = (uintptr_t)&item };
	int ret = do_ioctl(fd, DRM_IOCTL_I915_QUERY, &args);

	return ret ? ret : item.length;
}

static void queries(void)
{
	int fd = gpu();
	char buffer[4096] = "";
	struct drm_i915_query_memory_regions *regions = (void *)buffer;
	struct drm_i915_query_engine_info *engines = (void *)buffer;
	struct drm_i915_query args = { .flags = 1 };
	int length;

	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_I915_QUERY, &args));
	CHECK(query(fd, 0, 0, 0, NULL) == -EINVAL);
	CHECK(query(fd, 99, 0, 0, NULL) == -EINVAL);
	CHECK(query(fd, DRM_I915_QUERY_HWCONFIG_BLOB, 0, 0, NULL) == -ENODEV);

	length = query(fd, DRM_I915_QUERY_MEMORY_REGIONS, 0, 0, NULL);
	CHECK(length > 0);
	CHECK(query(fd, DRM_I915_QUERY_MEMORY_REGIONS, 1, 0, NULL) == -EINVAL);
	CHECK(query(fd, DRM_I915_QUERY_MEMORY_REGIONS, 0, length - 1, buffer) == -EINVAL);
	CHECK(query(fd, DRM_I915_QUERY_MEMORY_REGIONS, 0, length, (void *)1) == -EFAULT);
	regions->num_regions = 1;
	CHECK(query(fd, DRM_I915_QUERY_MEMORY_REGIONS, 0, length, buffer) == -EINVAL);
	regions->num_regions = 0;
	CHECK(query(fd, DRM_I915_QUERY_MEMORY_REGIONS, 0, length, buffer) == length);
	CHECK(regions->num_regions == 2);
	CHECK(regions->regions[1].region.memory_class == I915_MEMORY_CLASS_DEVICE);
	CHECK(regions->regions[1].probed_size >= regions->regions[1].unallocated_size);

	memset(buffer, 0, sizeof(buffer));
	length = query(fd, DRM_I915_QUERY_ENGINE_INFO, 0, 0, NULL);
	CHECK(query(fd, DRM_I915_QUERY_ENGINE_INFO, 0, length, buffer) == length);
	CHECK(engines->num_engines == 10);
	CHECK(engines->engines[1].engine.engine_class == I915_ENGINE_CLASS_COPY);
}

static void creation(void)
{
	int fd = gpu();
	struct drm_i915_gem_create args = { };

	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &args));
	args.size = ~0ull;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &args));
	args.size = 1;
	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &args));
	CHECK(args.size == PAGE);
	OK(close_bo(fd, args.handle));
	set_fault(fd, "enomem", "1");
	FAILS(ENOMEM, do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &args));
	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &args));
}

static void regions(void)
{
	int fd = gpu();
	struct drm_i915_gem_memory_class_instance where[] = { local[0], local[1], { 7, 0 } };
	struct drm_i915_gem_create_ext_memory_regions second = {
		.base.name = I915_GEM_CREATE_EXT_MEMORY_REGIONS,
		.num_regions = 1,
		.regions = (uintptr_t)where,
	}, first = second;
	struct i915_user_extension unknown = { .name = 99 };
	struct drm_i915_gem_create_ext_set_pat pat = { .base.name = I915_GEM_CREATE_EXT_SET_PAT };
	struct drm_i915_gem_create_ext args = { .size = 1, .extensions = (uintptr_t)&first };
	unsigned long request = DRM_IOCTL_I915_GEM_CREATE_EXT;
	uint32_t handle;

	OK(do_ioctl(fd, request, &args));
	CHECK(args.size == LARGE);
	args.flags = 2;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	/* Needs a place in the system's memory, too. */
	args.flags = I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	first.num_regions = 2;
	OK(do_ioctl(fd, request, &args));
	args.flags = 0;
	first.base.next_extension = (uintptr_t)&second;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	first.base.next_extension = 0;
	first.base.flags = 1;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	first.base.flags = 0;
	first.pad = 1;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	first.pad = 0;
	first.base.next_extension = (uintptr_t)&first;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	args.extensions = (uintptr_t)&unknown;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	args.extensions = (uintptr_t)&pat;
	FAILS(ENODEV, do_ioctl(fd, request, &args));
	args.extensions = 1;
	FAILS(EFAULT, do_ioctl(fd, request, &args));

	FAILS(EINVAL, create_in(fd, PAGE, 0, where, &handle));
	FAILS(EINVAL, create_in(fd, PAGE, 1, where + 2, &handle));
	where[1] = where[0];
	FAILS(EINVAL, create_in(fd, PAGE, 2, where, &handle));
}

/* Has an object where the GPU wants it. */
static void use(int fd, uint32_t handle)
{
	struct drm_i915_gem_exec_object2 objects[] = {
		at(handle, TARGET, 0),
		at(batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_NOP }), BATCH, 0),
	};

	OK(exec(fd, 2, objects, 0));
	OK(wait_idle(fd, objects[1].handle, -1));
	OK(close_bo(fd, objects[1].handle));
}

static void mapping(void)
{
	int fd = gpu();
	uint32_t handle = create_local(fd, LARGE), imported;
	int dma_buf;
	struct drm_i915_gem_mmap_offset args = { .handle = handle };
	unsigned long request = DRM_IOCTL_I915_GEM_MMAP_OFFSET;
	struct drm_i915_gem_pread pread = { .handle = handle, .size = 4 };
	struct drm_i915_gem_set_domain domain = { .handle = handle, .read_domains = 1 };
	uint32_t *words;

	args.flags = I915_MMAP_OFFSET_GTT;
	FAILS(ENODEV, do_ioctl(fd, request, &args));
	args.flags = I915_MMAP_OFFSET_WB;
	FAILS(ENODEV, do_ioctl(fd, request, &args));
	args.flags = 5;
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	args.flags = I915_MMAP_OFFSET_FIXED;
	args.pad = 77;
	OK(do_ioctl(fd, request, &args));
	args.handle = 999;
	FAILS(ENOENT, do_ioctl(fd, request, &args));
	FAILS(EOPNOTSUPP, do_ioctl(fd, DRM_IOCTL_I915_GEM_PREAD, &pread));
	FAILS(ENODEV, do_ioctl(fd, DRM_IOCTL_I915_GEM_SET_DOMAIN, &domain));

	words = map_object(fd, handle, LARGE);
	CHECK(words[0] == 0);
	words[0] = 42;
	CHECK(word(fd, handle) == 42);
	/* What the GPU has used has its place; what the CPU alone has, or nobody, has none. */
	CHECK(get_fault(fd, "vram_used") == 0);
	use(fd, handle);
	CHECK(get_fault(fd, "vram_used") == LARGE);
	create_local(fd, LARGE);
	CHECK(get_fault(fd, "vram_used") == LARGE);
	CHECK(word(fd, handle) == 42);
	OK(export_bo(fd, handle, &dma_buf));
	OK(import_bo(fd, dma_buf, &imported));
	CHECK(imported == handle);
}

static void execution(void)
{
	int fd = gpu();
	uint32_t source = create(fd, PAGE), target = create_local(fd, LARGE);
	const struct fake_cp_packet packets[] = {
		{ .op = FAKE_CP_FILL, .arg = 0x01020304, .dst = SOURCE, .size = PAGE },
		{ .op = FAKE_CP_COPY, .src = SOURCE, .dst = TARGET, .size = PAGE },
	};
	struct drm_i915_gem_exec_object2 objects[] = {
		at(source, SOURCE, EXEC_OBJECT_WRITE),
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(batch(fd, 2, packets), BATCH, 0),
	};
	uint32_t *words;
	unsigned int i;

	OK(exec(fd, 3, objects, I915_EXEC_RENDER));
	OK(wait_idle(fd, target, -1));
	words = map_object(fd, target, PAGE);
	for (i = 0; i < PAGE / 4; i++)
		CHECK(words[i] == 0x01020304);
	CHECK(get_fault(fd, "page_faults") == 0);
	/* Again where they are, and the batch first. */
	words[0] = 0;
	objects[0] = objects[2];
	objects[2] = at(source, SOURCE, EXEC_OBJECT_WRITE);
	OK(exec(fd, 3, objects, I915_EXEC_BLT | I915_EXEC_BATCH_FIRST));
	OK(wait_idle(fd, target, 1000000000));
	CHECK(words[0] == 0x01020304);
}

static void refusals(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_NOP });
	struct drm_i915_gem_exec_object2 good[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	}, bad[2];
	struct drm_i915_gem_execbuffer2 args = { };
	long long used = get_fault(fd, "gtt_used");

#define REFUSED(error, change) \
	do { \
		memcpy(bad, good, sizeof(bad)); \
		memset(&args, 0, sizeof(args)); \
		change; \
		FAILS(error, exec_args(fd, 2, bad, &args)); \
	} while (0)

	FAILS(EINVAL, exec_args(fd, 0, good, &args));
	FAILS(EFAULT, exec_args(fd, 2, (void *)1, &args));
	REFUSED(EINVAL, args.flags = 1ull << 22);
	REFUSED(EINVAL, args.flags = I915_EXEC_CONSTANTS_ABSOLUTE);
	REFUSED(EINVAL, args.flags = I915_EXEC_RESOURCE_STREAMER);
	REFUSED(EINVAL, args.flags = 63);
	REFUSED(EINVAL, args.flags = I915_EXEC_RENDER | I915_EXEC_BSD_RING1);
	REFUSED(ENODEV, args.flags = I915_EXEC_SECURE);
	REFUSED(EINVAL, args.flags = I915_EXEC_GEN7_SOL_RESET);
	REFUSED(EINVAL, args.num_cliprects = 1);
	REFUSED(EINVAL, args.DR1 = 1);
	REFUSED(EINVAL, args.batch_len = 4);
	REFUSED(EINVAL, args.batch_start_offset = 4);
	REFUSED(EINVAL, args.batch_len = PAGE + 8);
	REFUSED(EINVAL, args.batch_start_offset = PAGE);
	REFUSED(ENOENT, args.rsvd1 = 5);
	REFUSED(ENOENT, bad[0].handle = 999);
	REFUSED(EINVAL, bad[0].relocation_count = 1);
	REFUSED(EINVAL, bad[0].flags |= 1 << 8);
	REFUSED(EINVAL, bad[0].flags |= EXEC_OBJECT_NEEDS_GTT);
	REFUSED(EINVAL, bad[0].flags |= EXEC_OBJECT_CAPTURE);
	REFUSED(EINVAL, bad[0].alignment = 3 * PAGE);
	REFUSED(EINVAL, bad[0].offset = TARGET + 4);
	REFUSED(EINVAL, bad[0].offset = 1ull << 47);
	REFUSED(EINVAL, bad[0].flags |= EXEC_OBJECT_PAD_TO_SIZE; bad[0].pad_to_size = 4);
	REFUSED(EINVAL, bad[0].flags &= ~EXEC_OBJECT_SUPPORTS_48B_ADDRESS;
		bad[0].offset = 1ull << 32);
	REFUSED(ENOSPC, bad[0].offset = BATCH);
	REFUSED(EINVAL, bad[1].flags |= EXEC_OBJECT_WRITE);
	/* Memory of the GPU is in units of 64 KiB. */
	REFUSED(EINVAL, bad[0].handle = create_local(fd, PAGE); bad[0].offset = TARGET + PAGE);
	set_fault(fd, "submit", "1");
	REFUSED(ENOMEM, (void)0);
	memset(&args, 0, sizeof(args));
	OK(exec_args(fd, 2, good, &args));
	OK(wait_idle(fd, target, -1));
	CHECK(get_fault(fd, "gtt_used") >= used);
}

static void addresses(void)
{
	int fd = gpu();
	uint32_t one = create(fd, PAGE), two = create_local(fd, LARGE);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_NOP });
	struct drm_i915_gem_exec_object2 objects[] = {
		{ .handle = one, .offset = BATCH },
		{ .handle = two, .offset = BATCH },
		at(code, BATCH, 0),
	};

	/* Only the batch says where it must be; the others have to make room, and are told. */
	OK(exec(fd, 3, objects, 0));
	CHECK(objects[2].offset == BATCH);
	CHECK(objects[0].offset != BATCH && objects[0].offset < 1ull << 32);
	CHECK(objects[1].offset != BATCH && !(objects[1].offset % LARGE));
	/* They stay where they are ... */
	OK(exec(fd, 3, objects, 0));
	/* ... until another is to be there. */
	objects[2].offset = objects[1].offset;
	OK(exec(fd, 3, objects, 0));
	CHECK(objects[1].offset != objects[2].offset);
	/* A high address is told with its sign. */
	objects[2].offset = ~0ull << 47;
	OK(exec(fd, 3, objects, 0));
	CHECK(objects[2].offset == ~0ull << 47);
}

static void fence_arrays(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE), done = create_syncobj(fd);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){
		.op = FAKE_CP_FILL, .arg = 7, .dst = TARGET, .size = 4 });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};
	struct drm_i915_gem_exec_fence fence = { .handle = done, .flags = I915_EXEC_FENCE_WAIT };
	struct drm_i915_gem_execbuffer2 args = {
		.flags = I915_EXEC_FENCE_ARRAY,
		.num_cliprects = 1,
		.cliprects_ptr = (uintptr_t)&fence,
	};

	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	fence.flags = 4;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	fence.handle = 99;
	fence.flags = I915_EXEC_FENCE_SIGNAL;
	FAILS(ENOENT, exec_args(fd, 2, objects, &args));
	fence.handle = done;
	OK(exec_args(fd, 2, objects, &args));
	OK(wait_syncobj(fd, done, 0, 5000));
	CHECK(word(fd, target) == 7);
	fence.flags = I915_EXEC_FENCE_WAIT | I915_EXEC_FENCE_SIGNAL;
	OK(exec_args(fd, 2, objects, &args));
	args.flags |= I915_EXEC_USE_EXTENSIONS;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
}

static void timeline_fences(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE), timeline = create_syncobj(fd);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_NOP });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};
	struct drm_i915_gem_exec_fence fence = {
		.handle = timeline, .flags = I915_EXEC_FENCE_SIGNAL };
	uint64_t point = 3;
	struct drm_i915_gem_execbuffer_ext_timeline_fences ext = {
		.base.name = DRM_I915_GEM_EXECBUFFER_EXT_TIMELINE_FENCES,
		.fence_count = 1,
		.handles_ptr = (uintptr_t)&fence,
		.values_ptr = (uintptr_t)&point,
	};
	struct drm_i915_gem_execbuffer2 args = {
		.flags = I915_EXEC_USE_EXTENSIONS,
		.cliprects_ptr = (uintptr_t)&ext,
	};

	OK(exec_args(fd, 2, objects, &args));
	OK(wait_syncobj(fd, timeline, 3, 5000));
	fence.flags = I915_EXEC_FENCE_WAIT;
	OK(exec_args(fd, 2, objects, &args));
	point = 4;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	fence.flags = I915_EXEC_FENCE_WAIT | I915_EXEC_FENCE_SIGNAL;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	fence.flags = I915_EXEC_FENCE_SIGNAL;
	args.num_cliprects = 1;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	args.num_cliprects = 0;
	ext.base.name = 5;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	ext.base.name = DRM_I915_GEM_EXECBUFFER_EXT_TIMELINE_FENCES;
	OK(exec_args(fd, 2, objects, &args));
	OK(wait_syncobj(fd, timeline, 4, 5000));
}

static void sync_files(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){
		.op = FAKE_CP_DELAY, .size = 100000000 });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE | EXEC_OBJECT_ASYNC),
		at(code, BATCH, EXEC_OBJECT_ASYNC),
	};
	struct drm_i915_gem_execbuffer2 args = { .flags = I915_EXEC_FENCE_OUT };
	struct pollfd out, second;

	OK(exec_args(fd, 2, objects, &args));
	out = (struct pollfd){ .fd = args.rsvd2 >> 32, .events = POLLIN };
	CHECK(sync_file_error(out.fd) == 1);
	args.rsvd2 = out.fd;
	args.flags = I915_EXEC_FENCE_IN | I915_EXEC_FENCE_SUBMIT;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	args.rsvd2 = 0x7fffffff;
	args.flags = I915_EXEC_FENCE_IN;
	FAILS(EINVAL, exec_args(fd, 2, objects, &args));
	/* On another engine, but after the first all the same. */
	args.rsvd2 = out.fd;
	args.flags = I915_EXEC_FENCE_IN | I915_EXEC_FENCE_OUT | I915_EXEC_BLT;
	OK(exec_args(fd, 2, objects, &args));
	CHECK((int)args.rsvd2 == out.fd);
	second = (struct pollfd){ .fd = args.rsvd2 >> 32, .events = POLLIN };
	CHECK(poll(&second, 1, 10000) == 1);
	CHECK(!sync_file_error(out.fd));
	CHECK(!sync_file_error(second.fd));
}

static void implicit_fences(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE), code;
	struct drm_i915_gem_exec_object2 objects[2];

	delay(fd, target, 300000000, I915_EXEC_RENDER);
	CHECK(busy(fd, target) == (0x10000 << I915_ENGINE_CLASS_RENDER | (I915_ENGINE_CLASS_RENDER + 1)));
	FAILS(ETIME, wait_idle(fd, target, 0));
	/* A reader that does not care ends before the writer ... */
	code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_NOP });
	objects[0] = at(target, TARGET, EXEC_OBJECT_ASYNC);
	objects[1] = at(code, BATCH, 0);
	OK(exec(fd, 2, objects, I915_EXEC_BLT));
	OK(wait_idle(fd, code, 2000000000));
	FAILS(ETIME, wait_idle(fd, target, 0));
	/* ... and one that does care after it. */
	objects[0].flags &= ~EXEC_OBJECT_ASYNC;
	OK(exec(fd, 2, objects, I915_EXEC_BLT));
	CHECK(busy(fd, code) == 0x10000 << I915_ENGINE_CLASS_COPY);
	OK(wait_idle(fd, code, -1));
	CHECK(busy(fd, target) == 0);
	OK(wait_idle(fd, target, 0));
	FAILS(ENOENT, wait_idle(fd, 999, 0));
}

static void contexts(void)
{
	int fd = gpu();
	struct drm_i915_gem_context_destroy destroy = { .ctx_id = context(fd) };
	struct drm_i915_gem_context_create_ext create_args = { .flags = 4 };
	struct drm_i915_gem_context_create_ext_setparam set = {
		.base.name = I915_CONTEXT_CREATE_EXT_SETPARAM,
		.param.param = I915_CONTEXT_PARAM_PRIORITY,
		.param.value = 100,
	};
	struct {
		uint64_t extensions;
		struct i915_engine_class_instance engines[2];
	} map = { .engines = { { I915_ENGINE_CLASS_COPY, 0 }, { I915_ENGINE_CLASS_INVALID, -1 } } };
	struct drm_i915_gem_vm_control vm = { };
	struct drm_i915_gem_context_param get = { .param = I915_CONTEXT_PARAM_PRIORITY };
	unsigned long create_request = DRM_IOCTL_I915_GEM_CONTEXT_CREATE_EXT;
	uint32_t id = destroy.ctx_id, target = create(fd, PAGE);
	const uint64_t priority = I915_CONTEXT_PARAM_PRIORITY;

	FAILS(EINVAL, do_ioctl(fd, create_request, &create_args));
	create_args.flags = I915_CONTEXT_CREATE_FLAGS_USE_EXTENSIONS;
	create_args.extensions = (uintptr_t)&set;
	OK(do_ioctl(fd, create_request, &create_args));
	get.ctx_id = create_args.ctx_id;
	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &get));
	CHECK(get.value == 100);
	set.param.ctx_id = 1;
	FAILS(EINVAL, do_ioctl(fd, create_request, &create_args));
	set.base.name = I915_CONTEXT_CREATE_EXT_CLONE;
	FAILS(EINVAL, do_ioctl(fd, create_request, &create_args));

	FAILS(ENOENT, context_param(fd, 99, priority, 0, 0));
	FAILS(EINVAL, context_param(fd, id, priority, 1024, 0));
	FAILS(EINVAL, context_param(fd, id, priority, -1024, 0));
	FAILS(EINVAL, context_param(fd, id, priority, 0, 8));
	OK(context_param(fd, id, priority, 1023, 0));
	FAILS(EINVAL, context_param(fd, id, 99, 0, 0));
	FAILS(EINVAL, context_param(fd, id, I915_CONTEXT_PARAM_GTT_SIZE, 0, 0));

	/* Engines and address space are chosen before the first use. */
	FAILS(EINVAL, context_param(fd, id, I915_CONTEXT_PARAM_ENGINES, (uintptr_t)&map, 7));
	map.engines[0].engine_instance = 5;
	FAILS(ENOENT, context_param(fd, id, I915_CONTEXT_PARAM_ENGINES, (uintptr_t)&map, sizeof(map)));
	map.engines[0].engine_instance = 0;
	OK(context_param(fd, id, I915_CONTEXT_PARAM_ENGINES, (uintptr_t)&map, sizeof(map)));
	FAILS(EINVAL, context_param(fd, id, I915_CONTEXT_PARAM_ENGINES, (uintptr_t)&map, sizeof(map)));
	FAILS(ENOENT, context_param(fd, id, I915_CONTEXT_PARAM_VM, 99, 0));
	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_VM_CREATE, &vm));
	OK(context_param(fd, id, I915_CONTEXT_PARAM_VM, vm.vm_id, 0));
	OK(fill(fd, target, 5, 0, id));
	FAILS(EINVAL, fill(fd, target, 5, 1, id));
	FAILS(EINVAL, fill(fd, target, 5, 2, id));
	OK(wait_idle(fd, target, -1));
	CHECK(word(fd, target) == 5);
	FAILS(EINVAL, context_param(fd, id, I915_CONTEXT_PARAM_VM, vm.vm_id, 0));
	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_VM_DESTROY, &vm));
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_I915_GEM_VM_DESTROY, &vm));

	destroy.pad = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy));
	destroy.pad = 0;
	OK(do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy));
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy));
	destroy.ctx_id = 0;
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy));
	FAILS(ENOENT, fill(fd, target, 5, 0, id));

	OK(setuid(1000));
	id = context(fd);
	FAILS(EPERM, context_param(fd, id, priority, 1, 0));
	OK(context_param(fd, id, priority, -1, 0));
	FAILS(EPERM, context_param(fd, id, I915_CONTEXT_PARAM_BANNABLE, 0, 0));
}

static void priorities(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE), blocker = create(fd, PAGE);
	uint32_t low = context(fd), high = context(fd);

	OK(context_param(fd, low, I915_CONTEXT_PARAM_PRIORITY, -500, 0));
	OK(context_param(fd, high, I915_CONTEXT_PARAM_PRIORITY, 500, 0));
	delay(fd, blocker, 300000000, I915_EXEC_RENDER);
	/* The two write to one word, of two objects as far as fences go: the last one wins. */
	{
		struct fake_cp_packet packet = { .op = FAKE_CP_FILL, .dst = TARGET, .size = 4 };
		struct drm_i915_gem_exec_object2 objects[2];
		struct drm_i915_gem_execbuffer2 args = { };
		unsigned int i;

		for (i = 0; i < 2; i++) {
			packet.arg = i + 1;
			objects[0] = at(target, TARGET, EXEC_OBJECT_WRITE | EXEC_OBJECT_ASYNC);
			objects[1] = at(batch_of(fd, packet), BATCH, 0);
			args.rsvd1 = i ? high : low;
			OK(exec_args(fd, 2, objects, &args));
		}
	}
	OK(wait_idle(fd, target, -1));
	CHECK(word(fd, target) == 1);
}

static void hangs(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE), done = create_syncobj(fd), id = context(fd);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_HANG });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};
	struct drm_i915_gem_exec_fence fence = { .handle = done, .flags = I915_EXEC_FENCE_SIGNAL };
	struct drm_i915_gem_execbuffer2 args = {
		.flags = I915_EXEC_FENCE_ARRAY,
		.num_cliprects = 1,
		.cliprects_ptr = (uintptr_t)&fence,
		.rsvd1 = id,
	};
	struct drm_i915_reset_stats stats = { .ctx_id = id };
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		OK(exec_args(fd, 2, objects, &args));
		OK(wait_idle(fd, target, -1));
		CHECK(syncobj_error(fd, done) == -EIO);
		OK(do_ioctl(fd, DRM_IOCTL_I915_GET_RESET_STATS, &stats));
		CHECK(stats.batch_active == i);
	}
	/* The third hang within two minutes bans the context, and that alone. */
	FAILS(EIO, exec_args(fd, 2, objects, &args));
	OK(fill(fd, target, 3, 0, 0));
	OK(wait_idle(fd, target, -1));
	CHECK(word(fd, target) == 3);
	/* An illegal instruction is found at once. */
	code = batch_of(fd, (struct fake_cp_packet){ .op = 0xdeadbeef });
	objects[1] = at(code, BATCH, 0);
	args.rsvd1 = 0;
	OK(exec_args(fd, 2, objects, &args));
	OK(wait_idle(fd, target, -1));
	CHECK(syncobj_error(fd, done) == -EIO);
}

static void page_faults(void)
{
	int fd = gpu();
	uint32_t code = batch_of(fd, (struct fake_cp_packet){
		.op = FAKE_CP_FILL, .arg = 1, .dst = 0x7000000, .size = 4 });
	struct drm_i915_gem_exec_object2 object = at(code, BATCH, 0);
	long long before = get_fault(fd, "page_faults");

	/* There is the scratch page. */
	OK(exec(fd, 1, &object, 0));
	OK(wait_idle(fd, code, -1));
	CHECK(get_fault(fd, "page_faults") == before + 1);
}

static void full_memory(void)
{
	int fd = gpu();
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_NOP }), handles[5];
	uint64_t size = 64 << 20;
	struct drm_i915_gem_exec_object2 objects[6];
	unsigned int i;

	/* 256 MiB of VRAM take four of these, whoever has no other place must be the fifth. */
	for (i = 0; i < 5; i++) {
		OK(create_in(fd, size, 1, local, &handles[i]));
		objects[i] = at(handles[i], (i + 1ull) << 32, 0);
	}
	objects[5] = at(code, BATCH, 0);
	FAILS(ENXIO, exec(fd, 6, objects, 0));
	OK(close_bo(fd, handles[4]));
	OK(create_in(fd, size, 2, local, &handles[4]));
	objects[4].handle = handles[4];
	OK(exec(fd, 6, objects, 0));
	CHECK(get_fault(fd, "vram_used") == 4 * size);
	OK(wait_idle(fd, code, -1));
	for (i = 0; i < 5; i++)
		OK(close_bo(fd, handles[i]));
	for (i = 0; i < 1000 && get_fault(fd, "vram_used"); i++)
		usleep(10000);
	CHECK(get_fault(fd, "vram_used") == 0);
}

static void sharing(void)
{
	int fd = gpu();
	int vgem = open_gpu("vgem", 0), only_buf, both_buf;
	uint32_t only, both, imported;

	OK(create_in(fd, LARGE, 1, local, &only));
	OK(create_in(fd, LARGE, 2, local, &both));
	OK(export_bo(fd, only, &only_buf));
	OK(export_bo(fd, both, &both_buf));
	/* It goes by where it may be, not by where it is. */
	FAILS(EOPNOTSUPP, import_bo(vgem, only_buf, &imported));
	*(uint32_t *)map_object(fd, both, PAGE) = 2;
	use(fd, only);
	use(fd, both);
	CHECK(get_fault(fd, "vram_used") == 2 * LARGE);
	/* What can move to the system's memory does for another device; the other is refused. */
	FAILS(EOPNOTSUPP, import_bo(vgem, only_buf, &imported));
	OK(import_bo(vgem, both_buf, &imported));
	CHECK(get_fault(fd, "vram_used") == LARGE);
	CHECK(word(fd, both) == 2);
	/* There it stays, also when it could move again. */
	use(fd, both);
	OK(close_bo(vgem, imported));
	use(fd, both);
	CHECK(get_fault(fd, "vram_used") == LARGE);
}

/* Access by the CPU has an object in its place, and waits for work: for what writes, or for all. */
static void cpu_access(void)
{
	int fd = gpu(), dma_buf;
	uint32_t handle = create_local(fd, LARGE);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){
		.op = FAKE_CP_DELAY, .size = 300000000 });
	struct drm_i915_gem_exec_object2 objects[] = { at(handle, TARGET, 0), at(code, BATCH, 0) };
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };

	OK(export_bo(fd, handle, &dma_buf));
	CHECK(get_fault(fd, "vram_used") == 0);
	OK(do_ioctl(dma_buf, DMA_BUF_IOCTL_SYNC, &sync));
	CHECK(get_fault(fd, "vram_used") == LARGE);
	OK(exec(fd, 2, objects, 0));
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
	OK(do_ioctl(dma_buf, DMA_BUF_IOCTL_SYNC, &sync));
	CHECK(busy(fd, handle));
	objects[0].flags |= EXEC_OBJECT_WRITE;
	OK(exec(fd, 2, objects, 0));
	OK(do_ioctl(dma_buf, DMA_BUF_IOCTL_SYNC, &sync));
	CHECK(!busy(fd, handle));
}

/* What is imported is attached to, and mapped by the first submission that has it. */
static void imports(void)
{
	int fd = gpu(), amdgpu = open_gpu("amdgpu", 0), nvidia = open_gpu("nvidia-drm", 0), dma_buf;
	union drm_amdgpu_gem_create theirs = { .in = { .bo_size = PAGE, .alignment = PAGE,
						       .domains = AMDGPU_GEM_DOMAIN_VRAM } };
	struct drm_nvidia_gem_alloc_nvkms_memory_params vram = {
		.memory_size = PAGE,
		.flags = NV_GEM_ALLOC_NO_SCANOUT,
	};
	uint32_t code = batch_of(fd, (struct fake_cp_packet){
		.op = FAKE_CP_FILL, .arg = 7, .dst = TARGET, .size = PAGE });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(0, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};
	uint32_t *words;

	OK(do_ioctl(amdgpu, DRM_IOCTL_AMDGPU_GEM_CREATE, &theirs));
	OK(export_bo(amdgpu, theirs.out.handle, &dma_buf));
	set_fault(amdgpu, "map_by_other", "1 22");
	OK(import_bo(fd, dma_buf, &objects[0].handle));
	CHECK(get_fault(amdgpu, "map_by_other") == 1);
	CHECK(get_fault(amdgpu, "gtt_used") == 0);
	FAILS(EINVAL, exec(fd, 2, objects, 0));
	OK(exec(fd, 2, objects, 0));
	OK(wait_idle(fd, objects[0].handle, -1));
	CHECK(get_fault(amdgpu, "gtt_used") == PAGE);
	words = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, dma_buf, 0);
	CHECK(words != MAP_FAILED);
	CHECK(words[0] == 7 && words[PAGE / 4 - 1] == 7);
	/* What nobody can map is found out as late. */
	OK(do_ioctl(nvidia, DRM_IOCTL_NVIDIA_GEM_ALLOC_NVKMS_MEMORY, &vram));
	OK(export_bo(nvidia, vram.handle, &dma_buf));
	OK(import_bo(fd, dma_buf, &objects[0].handle));
	FAILS(ENOMEM, exec(fd, 2, objects, 0));
}

/* Writes the name of the device of a file to an attribute of its driver. */
static void rebind(const char *attribute, const char *device)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/mvgal_fake_vendors/%s", attribute);
	file = open(path, O_WRONLY);
	CHECK(file >= 0);
	CHECK(write(file, device, strlen(device)) > 0);
	close(file);
}

static void unplugging(void)
{
	int fd = gpu();
	uint32_t target = create(fd, PAGE), done = create_syncobj(fd);
	uint32_t code = batch_of(fd, (struct fake_cp_packet){ .op = FAKE_CP_HANG });
	struct drm_i915_gem_exec_object2 objects[] = {
		at(target, TARGET, EXEC_OBJECT_WRITE),
		at(code, BATCH, 0),
	};
	struct drm_i915_gem_exec_fence fence = { .handle = done, .flags = I915_EXEC_FENCE_SIGNAL };
	struct drm_i915_gem_execbuffer2 args = {
		.flags = I915_EXEC_FENCE_ARRAY | I915_EXEC_FENCE_OUT,
		.num_cliprects = 1,
		.cliprects_ptr = (uintptr_t)&fence,
	};
	char path[64], link[256] = "";
	struct pollfd out;
	struct stat stat;

	OK(exec_args(fd, 2, objects, &args));
	out = (struct pollfd){ .fd = args.rsvd2 >> 32, .events = POLLIN };
	CHECK(!fstat(fd, &stat));
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(stat.st_rdev),
		 minor(stat.st_rdev));
	CHECK(readlink(path, link, sizeof(link) - 1) > 0);
	rebind("unbind", strrchr(link, '/') + 1);
	FAILS(ENODEV, exec_args(fd, 2, objects, &args));
	CHECK(poll(&out, 1, 5000) == 1);
	CHECK(sync_file_error(out.fd) == -ENODEV);
	rebind("bind", strrchr(link, '/') + 1);
	fd = gpu();
	CHECK(get_fault(fd, "jobs_done") == 0);
}

const struct test i915_tests[] = {
	{ "i915::version", version },
	{ "i915::parameters", parameters },
	{ "i915::queries", queries },
	{ "i915::creation", creation },
	{ "i915::regions", regions },
	{ "i915::mapping", mapping },
	{ "i915::execution", execution },
	{ "i915::refusals", refusals },
	{ "i915::addresses", addresses },
	{ "i915::fence_arrays", fence_arrays },
	{ "i915::timeline_fences", timeline_fences },
	{ "i915::sync_files", sync_files },
	{ "i915::implicit_fences", implicit_fences },
	{ "i915::contexts", contexts },
	{ "i915::priorities", priorities },
	{ "i915::hangs", hangs },
	{ "i915::page_faults", page_faults },
	{ "i915::full_memory", full_memory },
	{ "i915::sharing", sharing },
	{ "i915::cpu_access", cpu_access },
	{ "i915::imports", imports },
	{ "i915::unplugging", unplugging },
	{ }
};
