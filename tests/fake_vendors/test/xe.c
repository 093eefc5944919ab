// SPDX-License-Identifier: GPL-2.0
/* Tests of the fake xe. */
#include <drm/amdgpu_drm.h>
#include <drm/xe_drm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

#define SYSTEM	1
#define VRAM	2
#define PAGE	(64 * KIB)

static int gpu(void)
{
	return open_gpu("xe", 0);
}

static struct drm_xe_gem_create create_args(uint64_t size, uint32_t placement)
{
	return (struct drm_xe_gem_create){
		.size = size,
		.placement = placement,
		.cpu_caching = placement & VRAM ? DRM_XE_GEM_CPU_CACHING_WC :
			DRM_XE_GEM_CPU_CACHING_WB,
	};
}

static int create(int fd, struct drm_xe_gem_create args, uint32_t *handle)
{
	int ret = do_ioctl(fd, DRM_IOCTL_XE_GEM_CREATE, &args);

	*handle = args.handle;
	return ret;
}

static uint32_t bo(int fd, uint64_t size, uint32_t placement)
{
	uint32_t handle;

	OK(create(fd, create_args(size, placement), &handle));
	return handle;
}

static void *cpu(int fd, uint32_t handle, size_t size)
{
	struct drm_xe_gem_mmap_offset args = { .handle = handle };

	OK(do_ioctl(fd, DRM_IOCTL_XE_GEM_MMAP_OFFSET, &args));
	return map_bo(fd, args.offset, size);
}

static uint32_t vm(int fd, uint32_t flags)
{
	struct drm_xe_vm_create args = { .flags = flags };

	OK(do_ioctl(fd, DRM_IOCTL_XE_VM_CREATE, &args));
	return args.vm_id;
}

static struct drm_xe_vm_bind bind_args(uint32_t vm, uint32_t op, uint32_t handle, uint64_t offset,
				       uint64_t addr, uint64_t range)
{
	return (struct drm_xe_vm_bind){
		.vm_id = vm,
		.num_binds = 1,
		.bind = {
			.obj = handle,
			.obj_offset = offset,
			.range = range,
			.addr = addr,
			.op = op,
		},
	};
}

static int do_bind(int fd, struct drm_xe_vm_bind args)
{
	return do_ioctl(fd, DRM_IOCTL_XE_VM_BIND, &args);
}

static void map_vm(int fd, uint32_t vm, uint32_t handle, uint64_t addr, uint64_t size)
{
	OK(do_bind(fd, bind_args(vm, DRM_XE_VM_BIND_OP_MAP, handle, 0, addr, size)));
}

static int queue_on(int fd, uint32_t vm, uint16_t class, uint16_t instance, uint64_t extensions,
		    uint32_t *id)
{
	struct drm_xe_engine_class_instance eci = {
		.engine_class = class,
		.engine_instance = instance,
	};
	struct drm_xe_exec_queue_create args = {
		.extensions = extensions,
		.width = 1,
		.num_placements = 1,
		.vm_id = vm,
		.instances = (uintptr_t)&eci,
	};
	int ret = do_ioctl(fd, DRM_IOCTL_XE_EXEC_QUEUE_CREATE, &args);

	*id = args.exec_queue_id;
	return ret;
}

static uint32_t queue(int fd, uint32_t vm)
{
	uint32_t id;

	OK(queue_on(fd, vm, DRM_XE_ENGINE_CLASS_RENDER, 0, 0, &id));
	return id;
}

static int queue_with(int fd, uint32_t vm, uint32_t property, uint64_t value, uint32_t *id)
{
	struct drm_xe_ext_set_property ext = { .property = property, .value = value };

	return queue_on(fd, vm, DRM_XE_ENGINE_CLASS_RENDER, 0, (uintptr_t)&ext, id);
}

static struct drm_xe_sync wait_for(uint32_t handle, uint64_t point)
{
	return (struct drm_xe_sync){
		.type = point ? DRM_XE_SYNC_TYPE_TIMELINE_SYNCOBJ : DRM_XE_SYNC_TYPE_SYNCOBJ,
		/* All of the union, whose other half must be zero. */
		.addr = handle,
		.timeline_value = point,
	};
}

static struct drm_xe_sync signal_to(uint32_t handle, uint64_t point)
{
	struct drm_xe_sync sync = wait_for(handle, point);

	sync.flags = DRM_XE_SYNC_FLAG_SIGNAL;
	return sync;
}

static struct drm_xe_sync store_to(uint64_t addr, uint64_t value)
{
	return (struct drm_xe_sync){
		.type = DRM_XE_SYNC_TYPE_USER_FENCE,
		.flags = DRM_XE_SYNC_FLAG_SIGNAL,
		.addr = addr,
		.timeline_value = value,
	};
}

static struct drm_xe_exec exec_args(uint32_t queue, uint64_t address, const struct drm_xe_sync *syncs,
				    uint32_t count)
{
	return (struct drm_xe_exec){
		.exec_queue_id = queue,
		.num_syncs = count,
		.syncs = (uintptr_t)syncs,
		.address = address,
		.num_batch_buffer = 1,
	};
}

static int do_exec(int fd, struct drm_xe_exec args)
{
	return do_ioctl(fd, DRM_IOCTL_XE_EXEC, &args);
}

#define BATCH_VA 0x100000000ull
#define A_VA 0x200000000ull
#define B_VA 0x300000000ull

/* A client with a VM, a queue, a buffer for batches and a syncobj. */
struct client {
	int fd;
	uint32_t vm;
	uint32_t queue;
	char *at;
	uint32_t out;
};

static struct client client_on(int fd, uint32_t flags)
{
	struct client c = { .fd = fd };
	uint32_t batch;

	c.vm = vm(fd, flags);
	c.queue = queue(fd, c.vm);
	batch = bo(fd, PAGE, SYSTEM);
	map_vm(fd, c.vm, batch, BATCH_VA, PAGE);
	c.at = cpu(fd, batch, PAGE);
	c.out = create_syncobj(fd);
	return c;
}

static void exec_and_wait(struct client *c)
{
	struct drm_xe_sync out = signal_to(c->out, 0);

	OK(do_exec(c->fd, exec_args(c->queue, BATCH_VA, &out, 1)));
	OK(wait_syncobj(c->fd, c->out, 0, 20000));
}

static int query(int fd, uint32_t what, void *to, uint32_t size)
{
	struct drm_xe_device_query args = { .query = what, .size = size, .data = (uintptr_t)to };
	int ret = do_ioctl(fd, DRM_IOCTL_XE_DEVICE_QUERY, &args);

	return ret ?: (int)args.size;
}

static uint64_t used(int fd, unsigned int region)
{
	char data[1024];
	struct drm_xe_query_mem_regions *regions = (void *)data;
	int size = query(fd, DRM_XE_DEVICE_QUERY_MEM_REGIONS, NULL, 0);

	CHECK(size > 0 && size <= (int)sizeof(data));
	CHECK(query(fd, DRM_XE_DEVICE_QUERY_MEM_REGIONS, data, size) == size);
	CHECK(regions->num_mem_regions == 2);
	return regions->mem_regions[region].used;
}

static void queries(void)
{
	char data[1024];
	struct drm_xe_query_config *config = (void *)data;
	struct drm_xe_query_engines *engines = (void *)data;
	struct drm_version version = { };
	int fd = gpu(), size;
	struct drm_xe_device_query args = { .query = DRM_XE_DEVICE_QUERY_CONFIG };

	OK(do_ioctl(fd, DRM_IOCTL_VERSION, &version));
	CHECK(version.version_major == 1 && version.version_minor == 1);
	size = query(fd, DRM_XE_DEVICE_QUERY_CONFIG, NULL, 0);
	CHECK(query(fd, DRM_XE_DEVICE_QUERY_CONFIG, data, size) == size);
	CHECK(config->info[DRM_XE_QUERY_CONFIG_FLAGS] & DRM_XE_QUERY_CONFIG_FLAG_HAS_VRAM);
	CHECK(config->info[DRM_XE_QUERY_CONFIG_MIN_ALIGNMENT] == PAGE);
	size = query(fd, DRM_XE_DEVICE_QUERY_ENGINES, NULL, 0);
	CHECK(query(fd, DRM_XE_DEVICE_QUERY_ENGINES, data, size) == size);
	CHECK(engines->num_engines == 7);
	FAILS(EINVAL, query(fd, DRM_XE_DEVICE_QUERY_ENGINES, data, size - 1));
	FAILS(EFAULT, query(fd, DRM_XE_DEVICE_QUERY_ENGINES, (void *)16, size));
	FAILS(EINVAL, query(fd, 99, NULL, 0));
	FAILS(ENODEV, query(fd, DRM_XE_DEVICE_QUERY_EU_STALL, NULL, 0));
	args.reserved[1] = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_DEVICE_QUERY, &args));
}

static void create_bad(void)
{
	struct drm_xe_gem_create args;
	int fd = gpu();
	uint32_t handle;

#define EXPECT(errno_, change) do { args = create_args(PAGE, VRAM); change; \
		FAILS(errno_, create(fd, args, &handle)); } while (0)
	EXPECT(EINVAL, args.pad[1] = 1);
	EXPECT(EINVAL, args.reserved[0] = 1);
	EXPECT(EINVAL, args.placement = 0);
	EXPECT(EINVAL, args.placement = 4);
	EXPECT(EINVAL, args.flags = 1u << 31);
	EXPECT(EOPNOTSUPP, args.flags = DRM_XE_GEM_CREATE_FLAG_NO_COMPRESSION);
	EXPECT(EINVAL, args.handle = 1);
	EXPECT(EINVAL, args.size = 0);
	EXPECT(EINVAL, args.size = 4095);
	/* VRAM has pages of 64 KiB. */
	EXPECT(EINVAL, args.size = 4096);
	EXPECT(EINVAL, args.cpu_caching = 0);
	EXPECT(EINVAL, args.cpu_caching = 3);
	EXPECT(EINVAL, args.cpu_caching = DRM_XE_GEM_CPU_CACHING_WB);
	EXPECT(EINVAL, args.placement = SYSTEM;
	       args.flags = DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM);
	EXPECT(EINVAL, args.placement = SYSTEM; args.cpu_caching = DRM_XE_GEM_CPU_CACHING_WB;
	       args.flags = DRM_XE_GEM_CREATE_FLAG_SCANOUT);
	EXPECT(ENOENT, args.vm_id = 99);
	EXPECT(EFAULT, args.extensions = 16);
	EXPECT(ENOMEM, args.size = 1ull << 40);
#undef EXPECT
	OK(create(fd, create_args(4096, SYSTEM), &handle));
	OK(create(fd, create_args(PAGE, SYSTEM | VRAM), &handle));
	set_fault(fd, "enomem", "1");
	FAILS(ENOMEM, create(fd, create_args(PAGE, SYSTEM | VRAM), &handle));
}

static void accounting(void)
{
	int fd = gpu();
	uint64_t vram = used(fd, 1), system = used(fd, 0);
	uint32_t a = bo(fd, MIB, VRAM), b = bo(fd, 2 * MIB, SYSTEM);

	CHECK(used(fd, 1) == vram + MIB && used(fd, 0) == system + 2 * MIB);
	OK(close_bo(fd, a));
	OK(close_bo(fd, b));
	CHECK(used(fd, 1) == vram && used(fd, 0) == system);
}

static void bind_bad(void)
{
	int fd = gpu();
	uint32_t id = vm(fd, 0), other = vm(fd, 0), v = bo(fd, 4 * PAGE, VRAM);
	uint32_t s = bo(fd, 4 * PAGE, SYSTEM), own;
	struct drm_xe_gem_create private = create_args(PAGE, VRAM);
	struct drm_xe_vm_bind args;

#define EXPECT(errno_, change) do { \
		args = bind_args(id, DRM_XE_VM_BIND_OP_MAP, v, 0, A_VA, 4 * PAGE); change; \
		FAILS(errno_, do_bind(fd, args)); } while (0)
	EXPECT(EINVAL, args.vm_id = 99);
	EXPECT(EINVAL, args.pad = 1);
	EXPECT(EINVAL, args.reserved[1] = 1);
	EXPECT(EINVAL, args.extensions = 8);
	EXPECT(EINVAL, args.num_syncs = DRM_XE_MAX_SYNCS + 1);
	EXPECT(ENOENT, args.exec_queue_id = 99);
	EXPECT(EINVAL, args.exec_queue_id = queue(fd, id));
	EXPECT(EINVAL, args.bind.obj = 0);
	EXPECT(ENOENT, args.bind.obj = 99);
	EXPECT(EINVAL, args.bind.pat_index = 4);
	EXPECT(EINVAL, args.bind.flags = 1u << 31);
	EXPECT(EINVAL, args.bind.flags = DRM_XE_VM_BIND_FLAG_NULL);
	EXPECT(EINVAL, args.bind.op = 5);
	EXPECT(EINVAL, args.bind.op = DRM_XE_VM_BIND_OP_UNMAP);
	EXPECT(EINVAL, args.bind.op = DRM_XE_VM_BIND_OP_UNMAP_ALL);
	EXPECT(EINVAL, args.bind.range = 0);
	EXPECT(EINVAL, args.bind.range = 5 * PAGE);
	EXPECT(EINVAL, args.bind.range = 4095);
	EXPECT(EINVAL, args.bind.addr = A_VA + 1);
	EXPECT(EINVAL, args.bind.addr = 1ull << 48);
	EXPECT(EINVAL, args.bind.obj_offset = PAGE);
	EXPECT(EINVAL, args.bind.prefetch_mem_region_instance = 1);
	/* Pages of 64 KiB, where it may be in VRAM. */
	EXPECT(EINVAL, args.bind.addr = A_VA + 4096);
	EXPECT(EINVAL, args.bind.range = 4096);
	/* What the CPU caches is mapped coherently. */
	EXPECT(EINVAL, args.bind.obj = s; args.bind.pat_index = 3);
	private.vm_id = other;
	OK(create(fd, private, &own));
	EXPECT(EINVAL, args.bind.obj = own; args.bind.range = PAGE);
#undef EXPECT
	OK(do_bind(fd, bind_args(id, DRM_XE_VM_BIND_OP_MAP, s, 4096, A_VA + 4096, 4096)));
	OK(do_bind(fd, bind_args(id, DRM_XE_VM_BIND_OP_MAP, v, 0, A_VA, 4 * PAGE)));
	OK(do_bind(fd, bind_args(id, DRM_XE_VM_BIND_OP_UNMAP, 0, 0, A_VA + PAGE, PAGE)));
	OK(do_bind(fd, bind_args(id, DRM_XE_VM_BIND_OP_UNMAP_ALL, v, 0, 0, 0)));
	OK(do_bind(fd, bind_args(other, DRM_XE_VM_BIND_OP_MAP, own, 0, A_VA, PAGE)));
}

static void vm_bad(void)
{
	struct drm_xe_vm_create args = { .flags = DRM_XE_VM_CREATE_FLAG_FAULT_MODE };
	struct drm_xe_vm_destroy destroy = { .vm_id = 99 };
	int fd = gpu();

	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_VM_CREATE, &args));
	args.flags = 1u << 31;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_VM_CREATE, &args));
	args.flags = 0;
	args.reserved[0] = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_VM_CREATE, &args));
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_XE_VM_DESTROY, &destroy));
	destroy.vm_id = vm(fd, 0);
	destroy.pad = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_VM_DESTROY, &destroy));
	destroy.pad = 0;
	OK(do_ioctl(fd, DRM_IOCTL_XE_VM_DESTROY, &destroy));
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_XE_VM_DESTROY, &destroy));
}

static void queue_bad(void)
{
	struct drm_xe_engine_class_instance eci[2] = { { 2, 0 }, { 2, 1 } };
	struct drm_xe_exec_queue_create args = { .width = 2, .num_placements = 1 };
	int fd = gpu();
	uint32_t v = vm(fd, 0), id;

	FAILS(EINVAL, queue_on(fd, v, DRM_XE_ENGINE_CLASS_RENDER, 1, 0, &id));
	FAILS(EINVAL, queue_on(fd, v, 77, 0, 0, &id));
	FAILS(ENOENT, queue_on(fd, 99, DRM_XE_ENGINE_CLASS_RENDER, 0, 0, &id));
	FAILS(EFAULT, queue_on(fd, v, DRM_XE_ENGINE_CLASS_RENDER, 0, 16, &id));
	FAILS(EINVAL, queue_with(fd, v, 77, 0, &id));
	FAILS(EINVAL, queue_with(fd, v, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY, 3, &id));
	FAILS(EINVAL, queue_with(fd, v, DRM_XE_EXEC_QUEUE_SET_PROPERTY_TIMESLICE, 0, &id));
	FAILS(ENODEV, queue_with(fd, v, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PXP_TYPE, 1, &id));
	OK(queue_with(fd, v, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY, 2, &id));
	OK(queue_on(fd, v, DRM_XE_ENGINE_CLASS_VM_BIND, 0, 0, &id));
	args.vm_id = v;
	args.instances = (uintptr_t)eci;
	OK(do_ioctl(fd, DRM_IOCTL_XE_EXEC_QUEUE_CREATE, &args));
	eci[0].engine_instance = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_EXEC_QUEUE_CREATE, &args));
	args.width = 0;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_XE_EXEC_QUEUE_CREATE, &args));
	OK(setuid(1000));
	FAILS(EPERM, queue_with(fd, v, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY, 2, &id));
	OK(queue_with(fd, v, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY, 1, &id));
}

static void fill_and_copy(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, MIB, VRAM), b = bo(c.fd, MIB, SYSTEM), *map, i;
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, MIB);
	map_vm(c.fd, c.vm, b, B_VA, MIB);
	end = cp_fill(c.at, A_VA, 0xdeadbeef, MIB);
	end = cp_copy(end, B_VA, A_VA, MIB - 4);
	end = cp_word(end, FAKE_CP_END);
	cp_word(end, 0xffffffff);
	exec_and_wait(&c);
	CHECK(syncobj_error(c.fd, c.out) == 0);
	map = cpu(c.fd, b, MIB);
	for (i = 0; i < MIB / 4; i++)
		CHECK(map[i] == (i < MIB / 4 - 1 ? 0xdeadbeef : 0));
}

static void exec_bad(void)
{
	struct client c = client_on(gpu(), 0);
	struct drm_xe_sync syncs[2];
	struct drm_xe_exec args;
	uint32_t binder;

	cp_word(c.at, FAKE_CP_END);
	OK(queue_on(c.fd, c.vm, DRM_XE_ENGINE_CLASS_VM_BIND, 0, 0, &binder));
#define EXPECT(errno_, change) do { syncs[0] = signal_to(c.out, 0); syncs[1] = syncs[0]; \
		args = exec_args(c.queue, BATCH_VA, syncs, 1); change; \
		FAILS(errno_, do_exec(c.fd, args)); } while (0)
	EXPECT(EINVAL, args.extensions = 8);
	EXPECT(EINVAL, args.pad[2] = 1);
	EXPECT(EINVAL, args.reserved[0] = 1);
	EXPECT(EINVAL, args.num_syncs = DRM_XE_MAX_SYNCS + 1);
	EXPECT(ENOENT, args.exec_queue_id = 99);
	EXPECT(EINVAL, args.exec_queue_id = binder);
	EXPECT(EINVAL, args.num_batch_buffer = 2);
	EXPECT(EFAULT, args.syncs = 16);
	EXPECT(EINVAL, syncs[0].flags = 2);
	EXPECT(EINVAL, syncs[0].reserved[1] = 1);
	EXPECT(EINVAL, syncs[0].type = 3);
	EXPECT(EINVAL, syncs[0].addr |= 1ull << 32);
	EXPECT(ENOENT, syncs[0].handle = 99);
	EXPECT(EINVAL, syncs[0] = wait_for(create_syncobj(c.fd), 0));
	EXPECT(EINVAL, syncs[0].type = DRM_XE_SYNC_TYPE_TIMELINE_SYNCOBJ);
	EXPECT(EOPNOTSUPP, syncs[0] = store_to(A_VA, 1); syncs[0].flags = 0);
	EXPECT(EINVAL, syncs[0] = store_to(A_VA + 4, 1));
	EXPECT(EINVAL, syncs[0] = store_to(A_VA, 1); syncs[1] = syncs[0]; args.num_syncs = 2);
	set_fault(c.fd, "submit", "1");
	EXPECT(ENOMEM, );
#undef EXPECT
	exec_and_wait(&c);
	CHECK(syncobj_error(c.fd, c.out) == 0);
}

static void syncs(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, PAGE, VRAM), copy, timeline = create_syncobj(c.fd), *map;
	struct drm_xe_sync first = signal_to(timeline, 3), second[2];
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	OK(queue_on(c.fd, c.vm, DRM_XE_ENGINE_CLASS_COPY, 0, 0, &copy));
	end = cp_fill(cp_delay(c.at, 50000000), A_VA, 1, 4);
	cp_word(end, FAKE_CP_END);
	end = cp_copy(c.at + 4096, A_VA + 4, A_VA, 4);
	cp_word(end, FAKE_CP_END);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, &first, 1)));
	second[0] = wait_for(timeline, 3);
	second[1] = signal_to(c.out, 0);
	OK(do_exec(c.fd, exec_args(copy, BATCH_VA + 4096, second, 2)));
	OK(wait_syncobj(c.fd, c.out, 0, 10000));
	map = cpu(c.fd, a, PAGE);
	CHECK(map[0] == 1 && map[1] == 1);
	/* Nothing at all has the fence of what came before, and waits for nothing. */
	second[0] = signal_to(timeline, 4);
	OK(do_exec(c.fd, (struct drm_xe_exec){ .exec_queue_id = copy, .num_syncs = 1,
					       .syncs = (uintptr_t)second }));
	OK(wait_syncobj(c.fd, timeline, 4, 0));
	second[0] = wait_for(timeline, 4);
	FAILS(EOPNOTSUPP, do_exec(c.fd, (struct drm_xe_exec){ .exec_queue_id = copy,
			.num_syncs = 1, .syncs = (uintptr_t)second }));
}

/* Without a sync nothing waits for anything: xe synchronises explicitly. */
static void no_implicit_sync(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, PAGE, SYSTEM), copy;
	struct drm_xe_sync out = signal_to(c.out, 0);
	volatile uint32_t *map = cpu(c.fd, a, PAGE);
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	OK(queue_on(c.fd, c.vm, DRM_XE_ENGINE_CLASS_COPY, 0, 0, &copy));
	end = cp_fill(cp_wait(c.at, A_VA + 8, 1), A_VA, 7, 4);
	cp_word(end, FAKE_CP_END);
	end = cp_copy(c.at + 4096, A_VA + 4, A_VA, 4);
	cp_word(end, FAKE_CP_END);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, NULL, 0)));
	OK(do_exec(c.fd, exec_args(copy, BATCH_VA + 4096, &out, 1)));
	OK(wait_syncobj(c.fd, c.out, 0, 4000));
	CHECK(map[1] == 0);
	map[2] = 1;
	OK(do_exec(c.fd, (struct drm_xe_exec){ .exec_queue_id = c.queue, .num_syncs = 1,
					       .syncs = (uintptr_t)&out }));
	OK(wait_syncobj(c.fd, c.out, 0, 4000));
	CHECK(map[0] == 7);
}

struct busy xe_busy(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, PAGE, SYSTEM);
	struct drm_xe_sync out = signal_to(c.out, 0);

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	cp_word(cp_wait(c.at, A_VA, 1), FAKE_CP_END);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, &out, 1)));
	return (struct busy){ cpu(c.fd, a, PAGE), syncobj_export(c.fd, c.out) };
}

/* Whether a submission is refused as one to be made again: by the ioctl itself, not do_ioctl(). */
static bool is_full(int fd, struct drm_xe_exec args)
{
	int ret = ioctl(fd, DRM_IOCTL_XE_EXEC, &args);

	if (ret && errno != EAGAIN)
		FAIL("DRM_IOCTL_XE_EXEC: %s", strerror(errno));
	return ret;
}

/* 1000 jobs that are not over may be in a queue. */
static void queue_is_full(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t other = queue(c.fd, c.vm), taken;
	struct drm_xe_sync out = signal_to(c.out, 0);

	cp_word(c.at, FAKE_CP_END);
	set_fault(c.fd, "slow_us", "1000000");
	for (taken = 0; taken < 2000; taken++)
		if (is_full(c.fd, exec_args(c.queue, BATCH_VA, NULL, 0)))
			break;
	/* Some may have ended. */
	CHECK(taken >= 1000 && taken < 1020);
	/* Even one that would be no job. */
	CHECK(is_full(c.fd, (struct drm_xe_exec){ .exec_queue_id = c.queue, .num_syncs = 1,
						  .syncs = (uintptr_t)&out }));
	CHECK(!is_full(c.fd, exec_args(other, BATCH_VA, NULL, 0)));
	set_fault(c.fd, "slow_us", "0");
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, &out, 1)));
	OK(wait_syncobj(c.fd, c.out, 0, 10000));
}

static int wait_memory(int fd, const uint64_t *at, uint64_t value, uint16_t op, int64_t ns,
		       uint32_t queue)
{
	struct drm_xe_wait_user_fence args = {
		.addr = (uintptr_t)at,
		.op = op,
		.value = value,
		.mask = ~0ull,
		.timeout = ns,
		.exec_queue_id = queue,
	};

	return do_ioctl(fd, DRM_IOCTL_XE_WAIT_USER_FENCE, &args);
}

static void user_fences(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, PAGE, SYSTEM);
	uint64_t *map = cpu(c.fd, a, PAGE), word = 0;
	struct drm_xe_sync sync = store_to(A_VA + 16, 77);
	struct drm_xe_vm_bind args;
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	end = cp_delay(c.at, 50000000);
	cp_word(end, FAKE_CP_END);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, &sync, 1)));
	FAILS(ETIME, wait_memory(c.fd, &map[2], 77, DRM_XE_UFENCE_WAIT_OP_EQ, 0, c.queue));
	OK(wait_memory(c.fd, &map[2], 77, DRM_XE_UFENCE_WAIT_OP_GTE, 10000000000, c.queue));
	CHECK(map[2] == 77);
	FAILS(EINVAL, wait_memory(c.fd, &map[2], 77, 6, 0, 0));
	FAILS(EINVAL, wait_memory(c.fd, (void *)(uintptr_t)12, 77, 0, 0, 0));
	FAILS(EFAULT, wait_memory(c.fd, (void *)(uintptr_t)16, 77, 0, 0, 0));
	FAILS(ENOENT, wait_memory(c.fd, &map[2], 77, 0, 0, 99));
	/* That of a bind is in the memory of the task. */
	args = bind_args(c.vm, DRM_XE_VM_BIND_OP_MAP, a, 0, B_VA, PAGE);
	sync = store_to((uintptr_t)&word, 5);
	args.num_syncs = 1;
	args.syncs = (uintptr_t)&sync;
	OK(do_bind(c.fd, args));
	OK(wait_memory(c.fd, &word, 5, DRM_XE_UFENCE_WAIT_OP_EQ, 10000000000, 0));
	sync.addr = 16;
	FAILS(EFAULT, do_bind(c.fd, args));
}

static void unbound_while_used(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, PAGE, VRAM), *map = cpu(c.fd, a, PAGE);
	struct drm_xe_sync out = signal_to(c.out, 0);
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	end = cp_fill(cp_delay(c.at, 50000000), A_VA, 42, PAGE);
	cp_word(end, FAKE_CP_END);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, &out, 1)));
	OK(do_bind(c.fd, bind_args(c.vm, DRM_XE_VM_BIND_OP_UNMAP, 0, 0, A_VA, PAGE)));
	OK(close_bo(c.fd, a));
	OK(wait_syncobj(c.fd, c.out, 0, 10000));
	CHECK(syncobj_error(c.fd, c.out) == 0);
	CHECK(map[0] == 42 && map[PAGE / 4 - 1] == 42);
}

static uint64_t banned(int fd, uint32_t queue)
{
	struct drm_xe_exec_queue_get_property args = {
		.exec_queue_id = queue,
		.property = DRM_XE_EXEC_QUEUE_GET_PROPERTY_BAN,
	};

	OK(do_ioctl(fd, DRM_IOCTL_XE_EXEC_QUEUE_GET_PROPERTY, &args));
	return args.value;
}

/* A page fault, or a hang, bans the queue; others of the same VM go on. */
static void ban(void *end_of_first, struct client *c)
{
	struct drm_xe_sync out = signal_to(c->out, 0), behind = signal_to(create_syncobj(c->fd), 0);
	uint32_t other = queue(c->fd, c->vm);
	volatile uint32_t *gate = (void *)(c->at + 8192);

	cp_word(end_of_first, FAKE_CP_END);
	OK(do_exec(c->fd, exec_args(c->queue, BATCH_VA, &out, 1)));
	cp_word(c->at + 4096, FAKE_CP_END);
	OK(do_exec(c->fd, exec_args(c->queue, BATCH_VA + 4096, &behind, 1)));
	*gate = 1;
	OK(wait_syncobj(c->fd, c->out, 0, 20000));
	CHECK(syncobj_error(c->fd, c->out) == -ETIME);
	OK(wait_syncobj(c->fd, behind.handle, 0, 20000));
	CHECK(syncobj_error(c->fd, behind.handle) == -ECANCELED);
	CHECK(banned(c->fd, c->queue) == 1 && banned(c->fd, other) == 0);
	FAILS(ECANCELED, do_exec(c->fd, exec_args(c->queue, BATCH_VA + 4096, &out, 1)));
	OK(do_exec(c->fd, exec_args(other, BATCH_VA + 4096, &out, 1)));
	OK(wait_syncobj(c->fd, c->out, 0, 20000));
	CHECK(syncobj_error(c->fd, c->out) == 0);
}

static void page_fault(void)
{
	struct client c = client_on(gpu(), 0);

	ban(cp_fill(cp_wait(c.at, BATCH_VA + 8192, 1), A_VA, 1, 4), &c);
}

static void hang(void)
{
	struct client c = client_on(gpu(), 0);
	uint64_t word = 0;

	ban(cp_hang(cp_wait(c.at, BATCH_VA + 8192, 1)), &c);
	FAILS(EIO, wait_memory(c.fd, &word, 1, DRM_XE_UFENCE_WAIT_OP_EQ, 10000000000, c.queue));
}

static void illegal_instruction(void)
{
	struct client c = client_on(gpu(), 0);

	ban(cp_word(cp_wait(c.at, BATCH_VA + 8192, 1), 0xffffffff), &c);
}

#define FAST_COPY (2u << 29 | 0x42u << 22 | 8)
#define DEPTH_32 (3u << 24)
/* From graphics 12.50 on: emit_xy_fast_copy() has both for what is not tiled, too. */
#define TILE4 (1u << 31 | 1u << 30)
#define LAYOUT (TILE4 | DEPTH_32)

/* Executes ten words and the end on an engine: the error of their fence. */
static int blit_error(struct client *c, uint16_t engine, const uint32_t words[10])
{
	struct drm_xe_sync out = signal_to(c->out, 0);
	uint32_t queue;

	OK(queue_on(c->fd, c->vm, engine, 0, 0, &queue));
	memcpy(c->at, words, 40);
	cp_word(c->at + 40, FAKE_CP_END);
	OK(do_exec(c->fd, exec_args(queue, BATCH_VA, &out, 1)));
	OK(wait_syncobj(c->fd, c->out, 0, 20000));
	return syncobj_error(c->fd, c->out);
}

/* emit_xy_fast_copy() in xe_migrate.c: rows of pixels of 32 bits. */
static void blitter_copies(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, 4 * PAGE, VRAM), *map = cpu(c.fd, a, 4 * PAGE), x, y;
	const uint32_t words[] = {
		FAST_COPY, LAYOUT | 256, 0, 3 << 16 | 17, 0x8040, A_VA >> 32, 0, 192, 0x40,
		A_VA >> 32,
	};

	map_vm(c.fd, c.vm, a, A_VA, 4 * PAGE);
	for (x = 0; x < 0x1000; x++)
		map[x] = x + 1;
	CHECK(blit_error(&c, DRM_XE_ENGINE_CLASS_COPY, words) == 0);
	for (y = 0; y < 4; y++)
		for (x = 0; x < 64; x++)
			CHECK(map[(0x8040 + 256 * y) / 4 + x] ==
			      (y < 3 && x < 17 ? (0x40 + 192 * y) / 4 + x + 1 : 0));
}

static void blitter_is_strict(void)
{
	/* Which word to change, and to what. */
	static const struct {
		unsigned int at;
		uint32_t word;
	} wrong[] = {
		{ 0, FAST_COPY - 1 }, { 0, FAST_COPY | 1 << 20 }, { 1, TILE4 | 256 },
		{ 1, LAYOUT | 254 }, { 1, LAYOUT | 60 }, { 1, DEPTH_32 | 256 },
		{ 1, DEPTH_32 | 1u << 30 | 256 }, { 2, 1 }, { 3, 16 },
		{ 3, 1 << 16 }, { 3, 1u << 31 | 16 }, { 4, 0x8020 }, { 6, 1 }, { 7, 60 },
		{ 7, 1 << 16 | 256 }, { 8, 4 }, { 9, 0x77 },
	};
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, 4 * PAGE, VRAM), words[10];
	const uint32_t right[] = {
		FAST_COPY, LAYOUT | 256, 0, 1 << 16 | 16, 0x8000, A_VA >> 32, 0, 256, 0,
		A_VA >> 32,
	};
	unsigned int i;

	map_vm(c.fd, c.vm, a, A_VA, 4 * PAGE);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(words, right, sizeof(words));
		words[wrong[i].at] = wrong[i].word;
		if (blit_error(&c, DRM_XE_ENGINE_CLASS_COPY, words) != -ETIME)
			FAIL("word %u is %#x", wrong[i].at, wrong[i].word);
	}
	CHECK(blit_error(&c, DRM_XE_ENGINE_CLASS_RENDER, right) == -ETIME);
	CHECK(blit_error(&c, DRM_XE_ENGINE_CLASS_COPY, right) == 0);
}

static void scratch_and_null(void)
{
	struct client c = client_on(gpu(), DRM_XE_VM_CREATE_FLAG_SCRATCH_PAGE);
	struct drm_xe_vm_bind args = bind_args(c.vm, DRM_XE_VM_BIND_OP_MAP, 0, 0, B_VA, PAGE);
	uint32_t a = bo(c.fd, PAGE, SYSTEM), *map = cpu(c.fd, a, PAGE);
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	args.bind.flags = DRM_XE_VM_BIND_FLAG_NULL;
	OK(do_bind(c.fd, args));
	memset(map, 1, PAGE);
	end = cp_fill(c.at, B_VA, 5, PAGE);
	end = cp_fill(end, B_VA + PAGE, 5, PAGE);
	end = cp_copy(end, A_VA, B_VA, 4096);
	cp_word(end, FAKE_CP_END);
	exec_and_wait(&c);
	CHECK(syncobj_error(c.fd, c.out) == 0);
	CHECK(map[0] == 0 && map[1023] == 0 && map[1024] == 0x01010101);
}

static void readonly(void)
{
	struct client c = client_on(gpu(), 0);
	uint32_t a = bo(c.fd, PAGE, VRAM);
	struct drm_xe_vm_bind args = bind_args(c.vm, DRM_XE_VM_BIND_OP_MAP, a, 0, A_VA, PAGE);
	char *end;

	args.bind.flags = DRM_XE_VM_BIND_FLAG_READONLY;
	OK(do_bind(c.fd, args));
	end = cp_fill(c.at, A_VA, 5, 4);
	cp_word(end, FAKE_CP_END);
	exec_and_wait(&c);
	CHECK(syncobj_error(c.fd, c.out) == -ETIME);
}

/* A queue that is destroyed takes with it what it executes. */
static void destroyed_while_used(void)
{
	struct client c = client_on(gpu(), 0);
	struct drm_xe_sync out = signal_to(c.out, 0);
	struct drm_xe_exec_queue_destroy args = { .exec_queue_id = c.queue };
	uint64_t began = now();

	cp_hang(c.at);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, &out, 1)));
	usleep(50000);
	OK(do_ioctl(c.fd, DRM_IOCTL_XE_EXEC_QUEUE_DESTROY, &args));
	OK(wait_syncobj(c.fd, c.out, 0, 4000));
	CHECK(syncobj_error(c.fd, c.out) < 0);
	CHECK(now() - began < 4000000000ull);
	FAILS(ENOENT, do_ioctl(c.fd, DRM_IOCTL_XE_EXEC_QUEUE_DESTROY, &args));
}

static void priorities(void)
{
	struct client c = client_on(gpu(), 0);
	struct drm_xe_sync out[2] = { signal_to(c.out, 0), signal_to(create_syncobj(c.fd), 0) };
	uint32_t a = bo(c.fd, PAGE, SYSTEM), queues[2], i;
	volatile uint32_t *map = cpu(c.fd, a, PAGE);
	char *end;

	map_vm(c.fd, c.vm, a, A_VA, PAGE);
	for (i = 0; i < 2; i++)
		OK(queue_with(c.fd, c.vm, DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY, i * 2, &queues[i]));
	end = cp_wait(c.at, A_VA, 1);
	cp_word(end, FAKE_CP_END);
	OK(do_exec(c.fd, exec_args(c.queue, BATCH_VA, NULL, 0)));
	for (i = 0; i < 2; i++) {
		end = cp_copy(c.at + 4096 * (i + 1), A_VA + 8 + 4 * i, A_VA + 4, 4);
		end = cp_fill(end, A_VA + 4, i + 1, 4);
		cp_word(end, FAKE_CP_END);
		OK(do_exec(c.fd, exec_args(queues[i], BATCH_VA + 4096 * (i + 1), &out[i], 1)));
	}
	map[0] = 1;
	for (i = 0; i < 2; i++)
		OK(wait_syncobj(c.fd, out[i].handle, 0, 10000));
	CHECK(map[1] == 1 && map[2] == 2 && map[3] == 0);
}

/* What may only be in VRAM cannot be reached by another device, and what belongs to a VM stays. */
static void shared(void)
{
	int fd = gpu(), other = open_gpu("nouveau", 0), dma_buf;
	struct drm_xe_gem_create private = create_args(PAGE, VRAM);
	uint32_t v = bo(fd, PAGE, VRAM), both = bo(fd, PAGE, VRAM | SYSTEM), there, own;
	uint64_t vram = used(fd, 1);

	OK(export_bo(fd, v, &dma_buf));
	FAILS(EOPNOTSUPP, import_bo(other, dma_buf, &there));
	/* The same file knows it again. */
	OK(import_bo(fd, dma_buf, &there));
	CHECK(there == v);
	OK(export_bo(fd, both, &dma_buf));
	OK(import_bo(other, dma_buf, &there));
	CHECK(used(fd, 1) == vram - PAGE);
	private.vm_id = vm(fd, 0);
	OK(create(fd, private, &own));
	FAILS(EPERM, export_bo(fd, own, &dma_buf));
}

/* What was imported is mapped when it is bound, and by submissions after that only if it has moved. */
static void imports_are_mapped_by_binds(void)
{
	int fd = gpu(), other = open_gpu("amdgpu", 0), dma_buf;
	struct client c = client_on(fd, 0);
	union drm_amdgpu_gem_create theirs = {
		.in = { .bo_size = PAGE, .domains = AMDGPU_GEM_DOMAIN_GTT },
	};
	struct drm_xe_vm_bind bind;
	uint32_t there;

	OK(do_ioctl(other, DRM_IOCTL_AMDGPU_GEM_CREATE, &theirs));
	OK(export_bo(other, theirs.out.handle, &dma_buf));
	OK(import_bo(fd, dma_buf, &there));
	bind = bind_args(c.vm, DRM_XE_VM_BIND_OP_MAP, there, 0, A_VA, PAGE);
	set_fault(fd, "map", "1 5");
	FAILS(EIO, do_bind(fd, bind));
	CHECK(get_fault(fd, "map") == 0);
	OK(do_bind(fd, bind));
	set_fault(fd, "map", "1 5");
	cp_word(cp_fill(c.at, A_VA, 0x11, 4), FAKE_CP_END);
	exec_and_wait(&c);
	CHECK(get_fault(fd, "map") == 1);
	set_fault(fd, "map", "0");
}

const struct test xe_tests[] = {
	{ "xe::queries", queries },
	{ "xe::create_bad", create_bad },
	{ "xe::accounting", accounting },
	{ "xe::vm_bad", vm_bad },
	{ "xe::bind_bad", bind_bad },
	{ "xe::queue_bad", queue_bad },
	{ "xe::fill_and_copy", fill_and_copy },
	{ "xe::exec_bad", exec_bad },
	{ "xe::syncs", syncs },
	{ "xe::no_implicit_sync", no_implicit_sync },
	{ "xe::queue_is_full", queue_is_full },
	{ "xe::user_fences", user_fences },
	{ "xe::unbound_while_used", unbound_while_used },
	{ "xe::page_fault", page_fault },
	{ "xe::hang", hang },
	{ "xe::illegal_instruction", illegal_instruction },
	{ "xe::blitter_copies", blitter_copies },
	{ "xe::blitter_is_strict", blitter_is_strict },
	{ "xe::scratch_and_null", scratch_and_null },
	{ "xe::readonly", readonly },
	{ "xe::destroyed_while_used", destroyed_while_used },
	{ "xe::priorities", priorities },
	{ "xe::shared", shared },
	{ "xe::imports_are_mapped_by_binds", imports_are_mapped_by_binds },
	{ }
};
