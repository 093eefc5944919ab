// SPDX-License-Identifier: GPL-2.0
/* Tests of the fake amdgpu. */
#include <drm/amdgpu_drm.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

#define GFX	AMDGPU_HW_IP_GFX
#define VRAM	AMDGPU_GEM_DOMAIN_VRAM
#define GTT	AMDGPU_GEM_DOMAIN_GTT

static int gpu(void)
{
	return open_gpu("amdgpu", 0);
}

static int create(int fd, uint64_t size, uint64_t domains, uint64_t flags, uint32_t *handle)
{
	union drm_amdgpu_gem_create args = {
		.in = { .bo_size = size, .domains = domains, .domain_flags = flags },
	};
	int ret = do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_CREATE, &args);

	*handle = args.out.handle;
	return ret;
}

static uint32_t bo(int fd, uint64_t size, uint64_t domains)
{
	uint32_t handle;

	OK(create(fd, size, domains, 0, &handle));
	return handle;
}

static int va(int fd, uint32_t operation, uint32_t handle, uint64_t address, uint64_t offset,
	      uint64_t size, uint32_t flags)
{
	struct drm_amdgpu_gem_va args = {
		.handle = handle,
		.operation = operation,
		.flags = flags,
		.va_address = address,
		.offset_in_bo = offset,
		.map_size = size,
	};

	return do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_VA, &args);
}

#define RW (AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE)

static void map_va(int fd, uint32_t handle, uint64_t address, uint64_t size)
{
	OK(va(fd, AMDGPU_VA_OP_MAP, handle, address, 0, size, RW));
}

static int mmap_offset(int fd, uint32_t handle, uint64_t *offset)
{
	union drm_amdgpu_gem_mmap args = { .in = { .handle = handle } };
	int ret = do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, &args);

	*offset = args.out.addr_ptr;
	return ret;
}

static void *cpu(int fd, uint32_t handle, size_t size)
{
	uint64_t offset;

	OK(mmap_offset(fd, handle, &offset));
	return map_bo(fd, offset, size);
}

static uint32_t context(int fd, int32_t priority)
{
	union drm_amdgpu_ctx args = {
		.in = { .op = AMDGPU_CTX_OP_ALLOC_CTX, .priority = priority },
	};

	OK(do_ioctl(fd, DRM_IOCTL_AMDGPU_CTX, &args));
	return args.out.alloc.ctx_id;
}

/* A submission: chunks are added one by one. */
struct cs {
	unsigned int count;
	struct drm_amdgpu_cs_chunk chunks[16];
	uint64_t pointers[16];
	struct drm_amdgpu_cs_chunk_ib ib[4];
	unsigned int ibs;
	struct drm_amdgpu_bo_list_entry entries[16];
	struct drm_amdgpu_bo_list_in list;
	uint64_t seq;
};

static void add_chunk(struct cs *cs, uint32_t id, const void *data, size_t size)
{
	cs->chunks[cs->count] = (struct drm_amdgpu_cs_chunk){
		.chunk_id = id,
		.length_dw = size / 4,
		.chunk_data = (uintptr_t)data,
	};
	cs->pointers[cs->count] = (uintptr_t)&cs->chunks[cs->count];
	cs->count++;
}

static void add_ib(struct cs *cs, uint32_t ip, uint32_t ring, uint64_t address, uint32_t bytes)
{
	cs->ib[cs->ibs] = (struct drm_amdgpu_cs_chunk_ib){
		.va_start = address,
		.ib_bytes = bytes,
		.ip_type = ip,
		.ring = ring,
	};
	add_chunk(cs, AMDGPU_CHUNK_ID_IB, &cs->ib[cs->ibs++], sizeof(cs->ib[0]));
}

static void add_bo(struct cs *cs, uint32_t handle)
{
	if (!cs->list.bo_number) {
		cs->list.operation = ~0;
		cs->list.list_handle = ~0;
		cs->list.bo_info_size = sizeof(cs->entries[0]);
		cs->list.bo_info_ptr = (uintptr_t)cs->entries;
		add_chunk(cs, AMDGPU_CHUNK_ID_BO_HANDLES, &cs->list, sizeof(cs->list));
	}
	cs->entries[cs->list.bo_number++].bo_handle = handle;
}

static int submit(int fd, uint32_t ctx, struct cs *cs)
{
	union drm_amdgpu_cs args = {
		.in = {
			.ctx_id = ctx,
			.num_chunks = cs->count,
			.chunks = (uintptr_t)cs->pointers,
		},
	};
	int ret = do_ioctl(fd, DRM_IOCTL_AMDGPU_CS, &args);

	cs->seq = args.out.handle;
	return ret;
}

/* 0 when it has ended, 1 when not in time, or an errno, negative. */
static int wait_cs(int fd, uint32_t ctx, uint32_t ip, uint32_t ring, uint64_t seq, uint64_t ms)
{
	union drm_amdgpu_wait_cs args = {
		.in = {
			.handle = seq,
			.timeout = now() + ms * 1000000,
			.ip_type = ip,
			.ring = ring,
			.ctx_id = ctx,
		},
	};
	int ret = do_ioctl(fd, DRM_IOCTL_AMDGPU_WAIT_CS, &args);

	return ret ?: (int)args.out.status;
}

static int info(int fd, uint32_t query, void *to, uint32_t size)
{
	struct drm_amdgpu_info args = {
		.return_pointer = (uintptr_t)to,
		.return_size = size,
		.query = query,
	};

	return do_ioctl(fd, DRM_IOCTL_AMDGPU_INFO, &args);
}

static uint64_t info_u64(int fd, uint32_t query)
{
	uint64_t value = 0;

	OK(info(fd, query, &value, sizeof(value)));
	return value;
}

/* Somewhere to put command streams. */
#define IB_VA 0x100000000ull
#define IB_SIZE (64 * KIB)

/* A client with a context and a buffer for command streams. */
struct client {
	int fd;
	uint32_t ctx;
	uint32_t ib;
	char *at;
};

static struct client client_on(int fd)
{
	struct client client = { .fd = fd };

	client.ctx = context(client.fd, AMDGPU_CTX_PRIORITY_NORMAL);
	client.ib = bo(client.fd, IB_SIZE, GTT);
	map_va(client.fd, client.ib, IB_VA, IB_SIZE);
	client.at = cpu(client.fd, client.ib, IB_SIZE);
	return client;
}

static void wait_idle(int fd, uint32_t handle)
{
	union drm_amdgpu_gem_wait_idle args = { .in = { .handle = handle, .timeout = ~0ull } };

	OK(do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_WAIT_IDLE, &args));
	CHECK(args.out.status == 0);
}

static void version(void)
{
	struct drm_version version = { };

	OK(do_ioctl(gpu(), DRM_IOCTL_VERSION, &version));
	CHECK(version.version_major == 3 && version.version_minor == 64);
}

static void create_bad(void)
{
	int fd = gpu();
	uint32_t handle;

	FAILS(EINVAL, create(fd, 4096, VRAM, 1ull << 63, &handle));
	FAILS(EINVAL, create(fd, 4096, VRAM, AMDGPU_GEM_CREATE_VRAM_CONTIGUOUS, &handle));
	FAILS(EINVAL, create(fd, 4096, VRAM, AMDGPU_GEM_CREATE_ENCRYPTED, &handle));
	FAILS(EINVAL, create(fd, 4096, 0x80, 0, &handle));
	FAILS(EINVAL, create(fd, 4096, VRAM | AMDGPU_GEM_DOMAIN_GDS, 0, &handle));
	FAILS(EINVAL, create(fd, 4096, AMDGPU_GEM_DOMAIN_GWS | AMDGPU_GEM_DOMAIN_OA, 0, &handle));
	FAILS(EINVAL, create(fd, 4, AMDGPU_GEM_DOMAIN_GDS, AMDGPU_GEM_CREATE_VM_ALWAYS_VALID,
			     &handle));
	FAILS(EINVAL, create(fd, 0, VRAM, 0, &handle));
	FAILS(ENOMEM, create(fd, 1ull << 40, GTT, 0, &handle));
	FAILS(ENOMEM, create(fd, 1ull << 40, VRAM, 0, &handle));
	FAILS(ENOMEM, create(fd, ~0ull, GTT, 0, &handle));
	OK(create(fd, 4096, 0, 0, &handle));
	OK(create(fd, 4096, AMDGPU_GEM_DOMAIN_CPU, 0, &handle));
}

static void create_info(void)
{
	struct drm_amdgpu_gem_create_in in = { };
	int fd = gpu();
	struct drm_amdgpu_gem_op op = {
		.op = AMDGPU_GEM_OP_GET_GEM_CREATE_INFO,
		.value = (uintptr_t)&in,
	};

	OK(create(fd, 5000, VRAM | GTT, AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED |
		  AMDGPU_GEM_CREATE_CPU_GTT_USWC, &op.handle));
	OK(do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_OP, &op));
	CHECK(in.bo_size == 8192 && in.domains == (VRAM | GTT));
	CHECK(in.domain_flags & AMDGPU_GEM_CREATE_CPU_GTT_USWC);
	CHECK(!(in.domain_flags & AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED));
	op.padding = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_OP, &op));
	op.padding = 0;
	op.handle = 99;
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_OP, &op));
}

static void accounting(void)
{
	uint64_t vram, gtt;
	int fd = gpu();
	uint32_t a, b;

	vram = info_u64(fd, AMDGPU_INFO_VRAM_USAGE);
	gtt = info_u64(fd, AMDGPU_INFO_GTT_USAGE);
	a = bo(fd, MIB, VRAM);
	b = bo(fd, 2 * MIB, GTT);
	CHECK(info_u64(fd, AMDGPU_INFO_VRAM_USAGE) == vram + MIB);
	CHECK(info_u64(fd, AMDGPU_INFO_GTT_USAGE) == gtt + 2 * MIB);
	OK(close_bo(fd, a));
	CHECK(info_u64(fd, AMDGPU_INFO_VRAM_USAGE) == vram);
	OK(close_bo(fd, b));
	CHECK(info_u64(fd, AMDGPU_INFO_GTT_USAGE) == gtt);
}

/* More than there is VRAM: the first to be used goes to GTT. */
static void eviction(void)
{
	struct drm_amdgpu_info_vram_gtt sizes;
	uint64_t vram, gtt, size;
	int fd = gpu();

	OK(info(fd, AMDGPU_INFO_VRAM_GTT, &sizes, sizeof(sizes)));
	size = sizes.vram_size / 2 - 4096;
	gtt = info_u64(fd, AMDGPU_INFO_GTT_USAGE);
	bo(fd, size, VRAM);
	bo(fd, size, VRAM);
	vram = info_u64(fd, AMDGPU_INFO_VRAM_USAGE);
	CHECK(vram == 2 * size && info_u64(fd, AMDGPU_INFO_GTT_USAGE) == gtt);
	bo(fd, size, VRAM);
	CHECK(info_u64(fd, AMDGPU_INFO_VRAM_USAGE) == vram);
	CHECK(info_u64(fd, AMDGPU_INFO_GTT_USAGE) == gtt + size);
	CHECK(info_u64(fd, AMDGPU_INFO_NUM_BYTES_MOVED) >= size);
}

static void memory_faults(void)
{
	int fd = gpu();
	uint32_t handle;

	/* The driver tries once more in GTT, unless that was what was asked for. */
	set_fault(fd, "enomem", "1");
	FAILS(ENOMEM, create(fd, 4096, GTT, 0, &handle));
	OK(create(fd, 4096, GTT, 0, &handle));
	set_fault(fd, "enomem", "2");
	FAILS(ENOMEM, create(fd, 4096, VRAM, 0, &handle));
	OK(create(fd, 4096, VRAM, 0, &handle));
}

static void va_bad(void)
{
	int fd = gpu();
	uint32_t handle = bo(fd, 64 * KIB, VRAM);

	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, 0x8000, 0, 4096, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, 0x800000000000, 0, 4096, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, 0xffffffff0000, 0, 65536, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA + 1, 0, 4096, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA, 1, 4096, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA, 0, 4095, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA, 0, 0, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA, 4096, 64 * KIB, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA, 0, 4096, 1u << 31));
	FAILS(EINVAL, va(fd, 5, handle, IB_VA, 0, 4096, RW));
	FAILS(ENOENT, va(fd, AMDGPU_VA_OP_MAP, 99, IB_VA, 0, 4096, RW));
	FAILS(ENOENT, va(fd, AMDGPU_VA_OP_UNMAP, handle, IB_VA, 0, 4096, RW));
	OK(va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA, 0, 64 * KIB, RW));
	FAILS(EINVAL, va(fd, AMDGPU_VA_OP_MAP, handle, IB_VA + 4096, 0, 4096, RW));
	OK(va(fd, AMDGPU_VA_OP_REPLACE, handle, IB_VA + 4096, 0, 4096, RW));
	OK(va(fd, AMDGPU_VA_OP_CLEAR, 0, IB_VA + 8192, 0, 4096, 0));
	OK(va(fd, AMDGPU_VA_OP_UNMAP, handle, IB_VA + 4096, 0, 4096, RW));
	FAILS(ENOENT, va(fd, AMDGPU_VA_OP_UNMAP, handle, IB_VA + 4096, 0, 4096, RW));
	OK(va(fd, AMDGPU_VA_OP_UNMAP, handle, IB_VA + 3 * 4096, 0, 4096, RW));
	OK(va(fd, AMDGPU_VA_OP_MAP, 0, IB_VA + 4096, 0, 4096, AMDGPU_VM_PAGE_PRT));
}

static void mmap_access(void)
{
	int fd = gpu();
	uint64_t offset;
	uint32_t handle;
	char *map;

	handle = bo(fd, 8192, VRAM);
	map = cpu(fd, handle, 8192);
	CHECK(map[0] == 0 && map[8191] == 0);
	map[5000] = 77;
	munmap(map, 8192);
	map = cpu(fd, handle, 8192);
	CHECK(map[5000] == 77);
	OK(create(fd, 4096, VRAM, AMDGPU_GEM_CREATE_NO_CPU_ACCESS, &handle));
	FAILS(EPERM, mmap_offset(fd, handle, &offset));
	FAILS(ENOENT, mmap_offset(fd, 99, &offset));
}

static void fill_and_copy(void)
{
	struct client c = client_on(gpu());
	const uint64_t size = MIB, from = 0x200000000, to = 0x300000000;
	uint32_t a = bo(c.fd, size, VRAM), b = bo(c.fd, size, GTT);
	struct cs cs = { };
	uint32_t *map, i;
	char *end;

	map_va(c.fd, a, from, size);
	map_va(c.fd, b, to, size);
	end = cp_fill(c.at, from, 0xdeadbeef, size);
	end = cp_fill(end, from + 4096, 0x12345678, 4096);
	end = cp_word(end, FAKE_CP_NOP);
	end = cp_copy(end, to + 8, from, size - 8);
	add_ib(&cs, GFX, 0, IB_VA, end - c.at);
	add_bo(&cs, c.ib);
	add_bo(&cs, a);
	add_bo(&cs, b);
	OK(submit(c.fd, c.ctx, &cs));
	OK(wait_cs(c.fd, c.ctx, GFX, 0, cs.seq, 10000));
	map = cpu(c.fd, b, size);
	CHECK(map[0] == 0 && map[1] == 0);
	for (i = 2; i < size / 4; i++)
		CHECK(map[i] == (i - 2 >= 1024 && i - 2 < 2048 ? 0x12345678 : 0xdeadbeef));
}

static void cs_bad(void)
{
	struct client c = client_on(gpu());
	uint32_t data[16] = { };
	struct cs cs;

#define EXPECT(errno_, ...) do { memset(&cs, 0, sizeof(cs)); __VA_ARGS__; \
		FAILS(errno_, submit(c.fd, c.ctx, &cs)); } while (0)
	EXPECT(EINVAL, );
	EXPECT(EINVAL, add_bo(&cs, c.ib));
	EXPECT(ENOENT, add_ib(&cs, GFX, 0, IB_VA, 4); add_bo(&cs, 99));
	EXPECT(EINVAL, add_ib(&cs, 99, 0, IB_VA, 4));
	EXPECT(EINVAL, add_ib(&cs, GFX, 1, IB_VA, 4));
	EXPECT(EINVAL, add_ib(&cs, AMDGPU_HW_IP_VCE, 0, IB_VA, 4));
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4); cs.ib[0].ip_instance = 1);
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4); cs.ib[0].flags = AMDGPU_IB_FLAG_CE);
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 0x400000));
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4); add_chunk(&cs, 0x7f, data, 4));
	EXPECT(EINVAL, add_chunk(&cs, AMDGPU_CHUNK_ID_IB, data, 16));
	EXPECT(EFAULT, add_ib(&cs, GFX, 0, IB_VA, 4); cs.pointers[0] = 16);
	EXPECT(EFAULT, add_ib(&cs, GFX, 0, IB_VA, 4); cs.chunks[0].chunk_data = 16);
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4); cs.chunks[0].length_dw = ~0);
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4); add_bo(&cs, c.ib);
	       cs.list.bo_info_size = 4);
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4); add_bo(&cs, c.ib);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_BO_HANDLES, &cs.list, sizeof(cs.list)));
	/* Syncobjs: none of that handle, and none with a fence. */
	data[0] = 99;
	EXPECT(ENOENT, add_ib(&cs, GFX, 0, IB_VA, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_IN, data, 4));
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, data, 4));
	data[0] = create_syncobj(c.fd);
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_IN, data, 4));
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, data, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, data, 4));
	/* A user fence is in an object of one page. */
	data[0] = c.ib;
	data[1] = 0;
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_FENCE, data, 8));
	data[0] = bo(c.fd, 4096, GTT);
	data[1] = 4092;
	EXPECT(EINVAL, add_ib(&cs, GFX, 0, IB_VA, 4);
	       add_chunk(&cs, AMDGPU_CHUNK_ID_FENCE, data, 8));
	set_fault(c.fd, "submit", "1");
	EXPECT(ENOMEM, add_ib(&cs, GFX, 0, IB_VA, 4); add_bo(&cs, c.ib));
	memset(&cs, 0, sizeof(cs));
	add_ib(&cs, GFX, 0, IB_VA, 4);
	add_bo(&cs, c.ib);
	FAILS(EINVAL, submit(c.fd, 99, &cs));
	OK(submit(c.fd, c.ctx, &cs));
	OK(wait_cs(c.fd, c.ctx, GFX, 0, cs.seq, 10000));
	FAILS(EINVAL, wait_cs(c.fd, c.ctx, GFX, 0, cs.seq + 1, 0));
	FAILS(EINVAL, wait_cs(c.fd, c.ctx, GFX, 1, cs.seq, 0));
	FAILS(EINVAL, wait_cs(c.fd, 99, GFX, 0, cs.seq, 0));
}

static void syncobjs(void)
{
	struct client c = client_on(gpu());
	struct drm_amdgpu_cs_chunk_sem binary = { create_syncobj(c.fd) };
	struct drm_amdgpu_cs_chunk_syncobj point = { create_syncobj(c.fd), 0, 5 };
	struct cs first = { }, second = { };
	uint32_t a = bo(c.fd, 4096, VRAM), *map;
	char *end;

	map_va(c.fd, a, 0x200000000, 4096);
	end = cp_fill(cp_delay(c.at, 50000000), 0x200000000, 1, 4);
	add_ib(&first, GFX, 0, IB_VA, end - c.at);
	add_bo(&first, c.ib);
	add_bo(&first, a);
	add_chunk(&first, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &binary, sizeof(binary));
	OK(submit(c.fd, c.ctx, &first));
	CHECK(syncobj_error(c.fd, binary.handle) == 1);

	/* On another engine, after the first; it copies what that has written. */
	end = cp_copy(c.at + 4096, 0x200000000 + 4, 0x200000000, 4);
	add_ib(&second, AMDGPU_HW_IP_DMA, 1, IB_VA + 4096, end - (c.at + 4096));
	add_bo(&second, c.ib);
	add_bo(&second, a);
	add_chunk(&second, AMDGPU_CHUNK_ID_SYNCOBJ_IN, &binary, sizeof(binary));
	add_chunk(&second, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, &point, sizeof(point));
	OK(submit(c.fd, c.ctx, &second));
	OK(wait_syncobj(c.fd, point.handle, 5, 10000));
	FAILS(EINVAL, wait_syncobj(c.fd, point.handle, 6, 0));
	map = cpu(c.fd, a, 4096);
	CHECK(map[0] == 1 && map[1] == 1);
	CHECK(syncobj_error(c.fd, binary.handle) == 0);
}

static void user_fence(void)
{
	struct client c = client_on(gpu());
	struct drm_amdgpu_cs_chunk_fence fence = { .handle = bo(c.fd, 4096, GTT), .offset = 16 };
	uint64_t *map = cpu(c.fd, fence.handle, 4096);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct cs cs = { };

		add_ib(&cs, GFX, 0, IB_VA, 4);
		add_bo(&cs, c.ib);
		add_chunk(&cs, AMDGPU_CHUNK_ID_FENCE, &fence, sizeof(fence));
		OK(submit(c.fd, c.ctx, &cs));
		OK(wait_cs(c.fd, c.ctx, GFX, 0, cs.seq, 10000));
		CHECK(cs.seq == i + 1 && map[2] == cs.seq);
	}
}

/* An object stays for the jobs that were submitted with it, whatever becomes of its handle. */
static void closed_while_used(void)
{
	struct client c = client_on(gpu());
	uint32_t a = bo(c.fd, 4096, VRAM), b = bo(c.fd, 4096, GTT), *map;
	struct cs cs = { };
	char *end;

	map_va(c.fd, a, 0x200000000, 4096);
	map_va(c.fd, b, 0x300000000, 4096);
	map = cpu(c.fd, b, 4096);
	end = cp_fill(cp_delay(c.at, 100000000), 0x200000000, 42, 4096);
	end = cp_copy(end, 0x300000000, 0x200000000, 4096);
	add_ib(&cs, GFX, 0, IB_VA, end - c.at);
	add_bo(&cs, c.ib);
	add_bo(&cs, a);
	add_bo(&cs, b);
	OK(submit(c.fd, c.ctx, &cs));
	OK(va(c.fd, AMDGPU_VA_OP_UNMAP, b, 0x300000000, 0, 4096, RW));
	OK(close_bo(c.fd, a));
	OK(wait_cs(c.fd, c.ctx, GFX, 0, cs.seq, 10000));
	CHECK(map[0] == 42 && map[1023] == 42);
}

/* Where nothing is mapped, or what is mapped was not submitted: dropped, and counted. */
static void page_fault(void)
{
	struct client c = client_on(gpu());
	uint32_t a = bo(c.fd, 4096, VRAM), always, *map;
	uint64_t faults = get_fault(c.fd, "page_faults");
	struct drm_amdgpu_info_gpuvm_fault fault;
	struct cs cs = { };
	char *end;

	OK(create(c.fd, 4096, VRAM, AMDGPU_GEM_CREATE_VM_ALWAYS_VALID, &always));
	map_va(c.fd, a, 0x200000000, 4096);
	map_va(c.fd, always, 0x300000000, 4096);
	end = cp_fill(c.at, 0x200000000, 1, 4);
	end = cp_fill(end, 0x300000000, 2, 4);
	end = cp_fill(end, 0x400000000, 3, 4);
	add_ib(&cs, GFX, 0, IB_VA, end - c.at);
	add_bo(&cs, c.ib);
	OK(submit(c.fd, c.ctx, &cs));
	OK(wait_cs(c.fd, c.ctx, GFX, 0, cs.seq, 10000));
	map = cpu(c.fd, a, 4096);
	CHECK(map[0] == 0);
	map = cpu(c.fd, always, 4096);
	CHECK(map[0] == 2);
	CHECK(get_fault(c.fd, "page_faults") == faults + 2);
	OK(info(c.fd, AMDGPU_INFO_GPUVM_FAULT, &fault, sizeof(fault)));
	CHECK(fault.addr == 0x400000000);
}

static uint64_t query2(int fd, uint32_t ctx)
{
	union drm_amdgpu_ctx args = {
		.in = { .op = AMDGPU_CTX_OP_QUERY_STATE2, .ctx_id = ctx },
	};

	OK(do_ioctl(fd, DRM_IOCTL_AMDGPU_CTX, &args));
	return args.out.state.flags;
}

/* With an instruction that never ends, or that is none. */
static void hang(void *(*write)(void *at))
{
	struct client c = client_on(gpu());
	struct drm_amdgpu_cs_chunk_sem out[3];
	struct cs cs[3] = { };
	uint32_t other = context(c.fd, 0);
	volatile uint32_t *gate = (void *)(c.at + 8192);
	unsigned int i;
	char *end;

	for (i = 0; i < 3; i++)
		out[i].handle = create_syncobj(c.fd);
	end = write(cp_wait(c.at, IB_VA + 8192, 1));
	cp_word(c.at + 4096, FAKE_CP_NOP);
	/* It hangs; the second is behind it on the same ring, the third on that of another. */
	for (i = 0; i < 3; i++) {
		add_ib(&cs[i], GFX, 0, IB_VA + (i ? 4096 : 0), i ? 4 : end - c.at);
		add_bo(&cs[i], c.ib);
		add_chunk(&cs[i], AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &out[i], sizeof(out[i]));
		OK(submit(c.fd, i < 2 ? c.ctx : other, &cs[i]));
	}
	*gate = 1;
	for (i = 0; i < 3; i++)
		OK(wait_syncobj(c.fd, out[i].handle, 0, 20000));
	CHECK(syncobj_error(c.fd, out[0].handle) == -ETIME);
	CHECK(syncobj_error(c.fd, out[1].handle) == -ETIME);
	CHECK(syncobj_error(c.fd, out[2].handle) == 0);
	/* The context takes no more on that ring; others do. */
	FAILS(ETIME, submit(c.fd, c.ctx, &cs[1]));
	FAILS(ETIME, wait_cs(c.fd, c.ctx, GFX, 0, cs[0].seq, 0));
	OK(submit(c.fd, other, &cs[2]));
	OK(wait_cs(c.fd, other, GFX, 0, cs[2].seq, 10000));
	CHECK(query2(c.fd, c.ctx) == (AMDGPU_CTX_QUERY2_FLAGS_RESET |
				      AMDGPU_CTX_QUERY2_FLAGS_GUILTY));
	CHECK(query2(c.fd, other) == AMDGPU_CTX_QUERY2_FLAGS_RESET);
	CHECK(query2(c.fd, context(c.fd, 0)) == 0);
}

static void hangs(void)
{
	hang(cp_hang);
}

static void *illegal(void *at)
{
	return cp_word(at, 0xffffffff);
}

static void illegal_instruction(void)
{
	uint64_t began = now();

	hang(illegal);
	/* It is not the time-out that ends it. */
	CHECK(now() - began < 1900000000ull);
}

/* Executes seven words on an engine: the error of their fence. */
static int copy_error(struct client *c, uint32_t ip, const uint32_t words[7], uint32_t bytes)
{
	struct drm_amdgpu_cs_chunk_sem out = { create_syncobj(c->fd) };
	struct cs cs = { };

	memcpy(c->at, words, 28);
	add_ib(&cs, ip, 0, IB_VA, bytes);
	add_bo(&cs, c->ib);
	add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &out, sizeof(out));
	OK(submit(c->fd, c->ctx, &cs));
	OK(wait_syncobj(c->fd, out.handle, 0, 20000));
	return syncobj_error(c->fd, out.handle);
}

/* SDMA_PKT_COPY_LINEAR of navi10_sdma_pkt_open.h: any bytes to anywhere. */
static void sdma_copies(void)
{
	struct client c = client_on(gpu());
	const uint32_t source = 0x1003, target = 0x3ffd, count = 4001;
	const uint32_t words[] = {
		1, count - 1, 0, (uint32_t)IB_VA + source, IB_VA >> 32,
		(uint32_t)IB_VA + target, IB_VA >> 32,
	};
	uint32_t i;

	for (i = 0; i < count; i++)
		c.at[source + i] = i * 7;
	CHECK(copy_error(&c, AMDGPU_HW_IP_DMA, words, sizeof(words)) == 0);
	for (i = 0; i < count; i++)
		CHECK(c.at[target + i] == (char)(i * 7));
	CHECK(c.at[target - 1] == 0 && c.at[target + count] == 0);
	/* Nothing is there: the page fault is counted, and the bytes are dropped. */
	CHECK(copy_error(&c, AMDGPU_HW_IP_DMA, (uint32_t[]){ 1, 63, 0, 0, 9, 0, 9 }, 28) == 0);
	CHECK(get_fault(c.fd, "page_faults") != 0);
}

static void sdma_is_strict(void)
{
	const struct {
		uint32_t ip, words[7], bytes;
	} wrong[] = {
		/* A sub-opcode, a broadcast, more bytes than are copied at once, swapped bytes. */
		{ AMDGPU_HW_IP_DMA, { 0x401, 63, 0, 0x1000, 1, 0x2000, 1 }, 28 },
		{ AMDGPU_HW_IP_DMA, { 1 | 1 << 27, 63, 0, 0x1000, 1, 0x2000, 1 }, 28 },
		{ AMDGPU_HW_IP_DMA, { 1, 1 << 30, 0, 0x1000, 1, 0x2000, 1 }, 28 },
		{ AMDGPU_HW_IP_DMA, { 1, 63, 1 << 16, 0x1000, 1, 0x2000, 1 }, 28 },
		/* It is cut off; and it is not for this engine. */
		{ AMDGPU_HW_IP_DMA, { 1, 63, 0, 0x1000, 1, 0x2000, 1 }, 24 },
		{ GFX, { 1, 63, 0, 0x1000, 1, 0x2000, 1 }, 28 },
	};
	struct client c = client_on(gpu());
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		c.ctx = context(c.fd, AMDGPU_CTX_PRIORITY_NORMAL);
		CHECK(copy_error(&c, wrong[i].ip, wrong[i].words, wrong[i].bytes) == -ETIME);
	}
}

static void reset(void)
{
	struct client c = client_on(gpu());
	struct drm_amdgpu_cs_chunk_sem out = { create_syncobj(c.fd) };
	struct cs cs = { };

	cp_hang(c.at);
	add_ib(&cs, GFX, 0, IB_VA, sizeof(struct fake_cp_packet));
	add_bo(&cs, c.ib);
	add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &out, sizeof(out));
	OK(submit(c.fd, c.ctx, &cs));
	usleep(50000);
	set_fault(c.fd, "reset", "vram_lost");
	OK(wait_syncobj(c.fd, out.handle, 0, 1000));
	CHECK(syncobj_error(c.fd, out.handle) == -ECANCELED);
	CHECK(query2(c.fd, c.ctx) == (AMDGPU_CTX_QUERY2_FLAGS_RESET |
				      AMDGPU_CTX_QUERY2_FLAGS_VRAMLOST));
	FAILS(ECANCELED, submit(c.fd, c.ctx, &cs));
	cp_word(c.at, FAKE_CP_NOP);
	cs.ib[0].ib_bytes = 4;
	c.ctx = context(c.fd, 0);
	OK(submit(c.fd, c.ctx, &cs));
	OK(wait_cs(c.fd, c.ctx, GFX, 0, cs.seq, 10000));
}

static void job_error(void)
{
	struct client c = client_on(gpu());
	struct drm_amdgpu_cs_chunk_sem out = { create_syncobj(c.fd) };
	struct cs cs = { };

	add_ib(&cs, GFX, 0, IB_VA, 4);
	add_bo(&cs, c.ib);
	add_chunk(&cs, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &out, sizeof(out));
	set_fault(c.fd, "eio", "1");
	OK(submit(c.fd, c.ctx, &cs));
	OK(wait_syncobj(c.fd, out.handle, 0, 10000));
	CHECK(syncobj_error(c.fd, out.handle) == -EIO);
	FAILS(EIO, submit(c.fd, c.ctx, &cs));
	c.ctx = context(c.fd, 0);
	set_fault(c.fd, "hang", "1");
	OK(submit(c.fd, c.ctx, &cs));
	OK(wait_syncobj(c.fd, out.handle, 0, 20000));
	CHECK(syncobj_error(c.fd, out.handle) == -ETIME);
}

/* Of what waits for an engine, the one of the higher priority is executed first. */
static void priorities(void)
{
	struct client c = client_on(gpu());
	uint32_t low = context(c.fd, AMDGPU_CTX_PRIORITY_LOW);
	uint32_t high = context(c.fd, AMDGPU_CTX_PRIORITY_HIGH);
	uint32_t a = bo(c.fd, 4096, GTT), *map = cpu(c.fd, a, 4096);
	struct cs block = { }, jobs[2] = { };
	unsigned int i;
	char *end;

	map_va(c.fd, a, 0x200000000, 4096);
	end = cp_wait(c.at, 0x200000000, 1);
	add_ib(&block, GFX, 0, IB_VA, end - c.at);
	add_bo(&block, c.ib);
	add_bo(&block, a);
	OK(submit(c.fd, c.ctx, &block));
	/* Both copy what the word before is, and put down who they are. */
	for (i = 0; i < 2; i++) {
		char *ib = c.at + 4096 * (i + 1);

		end = cp_copy(ib, 0x200000000 + 8 + 4 * i, 0x200000000 + 4, 4);
		end = cp_fill(end, 0x200000000 + 4, i + 1, 4);
		add_ib(&jobs[i], GFX, 0, IB_VA + 4096 * (i + 1), end - ib);
		add_bo(&jobs[i], c.ib);
		add_bo(&jobs[i], a);
		OK(submit(c.fd, i ? high : low, &jobs[i]));
	}
	map[0] = 1;
	wait_idle(c.fd, a);
	CHECK(map[1] == 1 && map[2] == 2 && map[3] == 0);
}

static void priority_permission(void)
{
	int fd = gpu();
	union drm_amdgpu_ctx args = {
		.in = { .op = AMDGPU_CTX_OP_ALLOC_CTX, .priority = AMDGPU_CTX_PRIORITY_HIGH },
	};

	OK(setuid(1000));
	FAILS(EACCES, do_ioctl(fd, DRM_IOCTL_AMDGPU_CTX, &args));
	args.in.priority = 77;
	args.in.op = AMDGPU_CTX_OP_ALLOC_CTX;
	args.in.flags = 0;
	OK(do_ioctl(fd, DRM_IOCTL_AMDGPU_CTX, &args));
	args.in.op = AMDGPU_CTX_OP_ALLOC_CTX;
	args.in.flags = 1;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_AMDGPU_CTX, &args));
	args.in.flags = 0;
	args.in.op = 99;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_AMDGPU_CTX, &args));
}

/* From one GPU to another through a dma-buf: the second waits for the first by the object's fence. */
static void shared_with_another(void)
{
	struct client a = client_on(open_gpu("amdgpu", 0)), b = client_on(open_gpu("amdgpu", 1));
	uint32_t from = bo(a.fd, MIB, VRAM), there, to = bo(b.fd, MIB, VRAM), *map, i;
	struct cs first = { }, second = { };
	uint64_t vram = info_u64(a.fd, AMDGPU_INFO_VRAM_USAGE);
	int dma_buf;
	char *end;

	OK(export_bo(a.fd, from, &dma_buf));
	OK(import_bo(b.fd, dma_buf, &there));
	close(dma_buf);
	CHECK(info_u64(a.fd, AMDGPU_INFO_VRAM_USAGE) == vram);
	map_va(a.fd, from, 0x200000000, MIB);
	map_va(b.fd, there, 0x200000000, MIB);
	map_va(b.fd, to, 0x300000000, MIB);

	end = cp_fill(cp_delay(a.at, 50000000), 0x200000000, 7, MIB);
	add_ib(&first, GFX, 0, IB_VA, end - a.at);
	add_bo(&first, a.ib);
	add_bo(&first, from);
	OK(submit(a.fd, a.ctx, &first));
	end = cp_copy(b.at, 0x300000000, 0x200000000, MIB);
	add_ib(&second, GFX, 0, IB_VA, end - b.at);
	add_bo(&second, b.ib);
	add_bo(&second, there);
	add_bo(&second, to);
	OK(submit(b.fd, b.ctx, &second));
	/* Used first, it had to leave VRAM, which the other cannot reach. */
	CHECK(info_u64(a.fd, AMDGPU_INFO_VRAM_USAGE) == vram - MIB);
	OK(wait_cs(b.fd, b.ctx, GFX, 0, second.seq, 10000));
	map = cpu(b.fd, to, MIB);
	for (i = 0; i < MIB / 4; i++)
		CHECK(map[i] == 7);
}

/* It waits for other drivers even if it is told not to wait, but not for its own other clients. */
static void explicit_sync(void)
{
	struct client c = client_on(gpu()), own = client_on(gpu());
	struct busy busy = xe_busy();
	struct cs first = { }, second = { };
	uint32_t a, imported;
	int dma_buf;
	char *end;

	OK(create(c.fd, MIB, AMDGPU_GEM_DOMAIN_GTT, AMDGPU_GEM_CREATE_EXPLICIT_SYNC, &a));
	OK(export_bo(c.fd, a, &dma_buf));
	OK(import_bo(own.fd, dma_buf, &imported));
	map_va(c.fd, a, 0x200000000, MIB);

	end = cp_delay(own.at, 1500000000);
	add_ib(&first, AMDGPU_HW_IP_DMA, 0, IB_VA, end - own.at);
	add_bo(&first, own.ib);
	add_bo(&first, imported);
	OK(submit(own.fd, own.ctx, &first));
	end = cp_fill(c.at, 0x200000000, 7, MIB);
	add_ib(&second, GFX, 0, IB_VA, end - c.at);
	add_bo(&second, c.ib);
	add_bo(&second, a);
	OK(submit(c.fd, c.ctx, &second));
	OK(wait_cs(c.fd, c.ctx, GFX, 0, second.seq, 700));

	OK(import_fence(dma_buf, busy.sync_file));
	OK(submit(c.fd, c.ctx, &second));
	CHECK(wait_cs(c.fd, c.ctx, GFX, 0, second.seq, 50) == 1);
	*busy.word = 1;
	OK(wait_cs(c.fd, c.ctx, GFX, 0, second.seq, 10000));
}

/* Imports, and mappings that come later or are of others, fail as often and with what was asked for. */
static void import_faults(void)
{
	struct client a = client_on(open_gpu("amdgpu", 0)), b = client_on(open_gpu("amdgpu", 1));
	uint32_t from = bo(a.fd, 4096, GTT), there, again;
	struct cs cs = { };
	int dma_buf;
	char *end;

	OK(export_bo(a.fd, from, &dma_buf));
	set_fault(b.fd, "import", "2 95");
	FAILS(EOPNOTSUPP, import_bo(b.fd, dma_buf, &there));
	CHECK(get_fault(b.fd, "import") == 1);
	/* What comes home is no import. */
	OK(import_bo(a.fd, dma_buf, &again));
	FAILS(EOPNOTSUPP, import_bo(b.fd, dma_buf, &there));
	set_fault(b.fd, "import", "1");
	FAILS(ENOMEM, import_bo(b.fd, dma_buf, &there));
	OK(import_bo(b.fd, dma_buf, &there));

	map_va(b.fd, there, 0x200000000, 4096);
	end = cp_fill(b.at, 0x200000000, 7, 4096);
	add_ib(&cs, GFX, 0, IB_VA, end - b.at);
	add_bo(&cs, b.ib);
	add_bo(&cs, there);
	set_fault(b.fd, "map", "1 16");
	FAILS(EBUSY, submit(b.fd, b.ctx, &cs));
	CHECK(get_fault(b.fd, "map") == 0);
	/* It is mapped now, and not before. */
	set_fault(a.fd, "map_by_other", "1 5");
	FAILS(EIO, submit(b.fd, b.ctx, &cs));
	OK(submit(b.fd, b.ctx, &cs));
	OK(wait_cs(b.fd, b.ctx, GFX, 0, cs.seq, 10000));
	CHECK(*(uint32_t *)cpu(a.fd, from, 4096) == 7);
}

/* Unplugged with a job that hangs, one behind it, and memory that another GPU has. */
static void unplugged(void)
{
	struct client a = client_on(open_gpu("amdgpu", 1)), b = client_on(open_gpu("amdgpu", 0));
	struct drm_amdgpu_cs_chunk_sem out[2] = { { create_syncobj(a.fd) }, { create_syncobj(a.fd) } };
	uint32_t shared = bo(a.fd, 4096, GTT), there, none, *map = cpu(a.fd, shared, 4096);
	struct cs cs[2] = { }, on_other = { };
	char name[64], *end;
	unsigned int i;
	int dma_buf;

	map[0] = 5;
	OK(export_bo(a.fd, shared, &dma_buf));
	OK(import_bo(b.fd, dma_buf, &there));
	cp_hang(a.at);
	for (i = 0; i < 2; i++) {
		add_ib(&cs[i], GFX, 0, IB_VA, sizeof(struct fake_cp_packet));
		add_bo(&cs[i], a.ib);
		add_chunk(&cs[i], AMDGPU_CHUNK_ID_SYNCOBJ_OUT, &out[i], sizeof(out[i]));
		OK(submit(a.fd, a.ctx, &cs[i]));
	}
	usleep(50000);
	/* Fences outlive the GPU in the syncobjs of the other. */
	for (i = 0; i < 2; i++) {
		struct drm_syncobj_handle args = { .handle = out[i].handle };

		OK(do_ioctl(a.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
		OK(do_ioctl(b.fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args));
		out[i].handle = args.handle;
	}
	unplug(a.fd, name);
	for (i = 0; i < 2; i++) {
		OK(wait_syncobj(b.fd, out[i].handle, 0, 1000));
		CHECK(syncobj_error(b.fd, out[i].handle) == -ENODEV);
	}
	FAILS(ENODEV, submit(a.fd, a.ctx, &cs[0]));
	FAILS(ENODEV, create(a.fd, 4096, GTT, 0, &none));
	/* What was mapped stays, and what the other has of it. */
	map[1] = 6;
	map_va(b.fd, there, 0x200000000, 4096);
	end = cp_copy(b.at, 0x200000000 + 8, 0x200000000, 8);
	add_ib(&on_other, GFX, 0, IB_VA, end - b.at);
	add_bo(&on_other, b.ib);
	add_bo(&on_other, there);
	OK(submit(b.fd, b.ctx, &on_other));
	OK(wait_cs(b.fd, b.ctx, GFX, 0, on_other.seq, 10000));
	CHECK(map[2] == 5 && map[3] == 6);
	plug(name);
	FAILS(ENODEV, create(a.fd, 4096, GTT, 0, &none));
	a = client_on(open_gpu("amdgpu", 1));
}

static void not_exported(void)
{
	int fd = gpu(), dma_buf;
	uint32_t handle;

	OK(create(fd, 4096, VRAM, AMDGPU_GEM_CREATE_VM_ALWAYS_VALID, &handle));
	FAILS(EPERM, export_bo(fd, handle, &dma_buf));
}

static void queries(void)
{
	struct drm_amdgpu_info_device device;
	struct drm_amdgpu_memory_info memory;
	struct drm_amdgpu_info_hw_ip ip;
	int fd = gpu();
	struct drm_amdgpu_info args = {
		.return_pointer = (uintptr_t)&ip,
		.return_size = sizeof(ip),
		.query = AMDGPU_INFO_HW_IP_INFO,
		.query_hw_ip = { .type = GFX },
	};
	uint32_t word = 0;

	OK(info(fd, AMDGPU_INFO_DEV_INFO, &device, sizeof(device)));
	CHECK(device.family == AMDGPU_FAMILY_NV && device.cu_active_number == 28);
	OK(info(fd, AMDGPU_INFO_MEMORY, &memory, sizeof(memory)));
	CHECK(memory.vram.total_heap_size && memory.gtt.total_heap_size);
	OK(do_ioctl(fd, DRM_IOCTL_AMDGPU_INFO, &args));
	CHECK(ip.available_rings == 1 && ip.hw_ip_version_major == 10);
	args.query_hw_ip.type = 99;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_AMDGPU_INFO, &args));
	FAILS(EINVAL, info(fd, 0xffff, &word, 4));
	FAILS(EINVAL, info(fd, AMDGPU_INFO_ACCEL_WORKING, NULL, 4));
	FAILS(EINVAL, info(fd, AMDGPU_INFO_ACCEL_WORKING, &word, 0));
	FAILS(EFAULT, info(fd, AMDGPU_INFO_ACCEL_WORKING, (void *)16, 4));
	OK(info(fd, AMDGPU_INFO_ACCEL_WORKING, &word, 4));
	CHECK(word == 1);
	FAILS(EINVAL, do_ioctl(fd, DRM_IOWR(DRM_COMMAND_BASE + 0x40, uint64_t), &word));
}

const struct test amdgpu_tests[] = {
	{ "amdgpu::version", version },
	{ "amdgpu::queries", queries },
	{ "amdgpu::create_bad", create_bad },
	{ "amdgpu::create_info", create_info },
	{ "amdgpu::accounting", accounting },
	{ "amdgpu::eviction", eviction },
	{ "amdgpu::memory_faults", memory_faults },
	{ "amdgpu::va_bad", va_bad },
	{ "amdgpu::mmap_access", mmap_access },
	{ "amdgpu::fill_and_copy", fill_and_copy },
	{ "amdgpu::cs_bad", cs_bad },
	{ "amdgpu::syncobjs", syncobjs },
	{ "amdgpu::user_fence", user_fence },
	{ "amdgpu::closed_while_used", closed_while_used },
	{ "amdgpu::page_fault", page_fault },
	{ "amdgpu::hangs", hangs },
	{ "amdgpu::illegal_instruction", illegal_instruction },
	{ "amdgpu::sdma_copies", sdma_copies },
	{ "amdgpu::sdma_is_strict", sdma_is_strict },
	{ "amdgpu::reset", reset },
	{ "amdgpu::job_error", job_error },
	{ "amdgpu::priorities", priorities },
	{ "amdgpu::priority_permission", priority_permission },
	{ "amdgpu::shared_with_another", shared_with_another },
	{ "amdgpu::explicit_sync", explicit_sync },
	{ "amdgpu::import_faults", import_faults },
	{ "amdgpu::unplugged", unplugged },
	{ "amdgpu::not_exported", not_exported },
	{ }
};
