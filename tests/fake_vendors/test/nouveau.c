// SPDX-License-Identifier: GPL-2.0
/* Tests of the fake nouveau. */
#include <drm/nouveau_drm.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define PAGE	4096
#define LARGE	65536ull
#define HUGE	(2ull << 20)

#define VRAM	NOUVEAU_GEM_DOMAIN_VRAM
#define GART	NOUVEAU_GEM_DOMAIN_GART

/* Where tests that map themselves put things. */
#define CODE	0x10000000ull
#define DATA	0x20000000ull

static int gpu(void)
{
	return open_gpu("nouveau", 0);
}

static int gem_new(int fd, uint64_t size, uint32_t domain, struct drm_nouveau_gem_info *info)
{
	struct drm_nouveau_gem_new args = { .info.size = size, .info.domain = domain };
	int ret = do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &args);

	*info = args.info;
	return ret;
}

static struct drm_nouveau_gem_info bo(int fd, uint64_t size, uint32_t domain)
{
	struct drm_nouveau_gem_info info;

	OK(gem_new(fd, size, domain, &info));
	return info;
}

static void *cpu(int fd, const struct drm_nouveau_gem_info *info)
{
	return map_bo(fd, info->map_handle, info->size);
}

static uint32_t first_word(int fd, const struct drm_nouveau_gem_info *info)
{
	uint32_t *words = cpu(fd, info), value = *words;

	munmap(words, info->size);
	return value;
}

static int channel_of(int fd, uint32_t fb, uint32_t tt, int *id)
{
	struct drm_nouveau_channel_alloc args = { .fb_ctxdma_handle = fb, .tt_ctxdma_handle = tt };
	int ret = do_ioctl(fd, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &args);

	*id = args.channel;
	return ret;
}

static int channel(int fd)
{
	int id;

	OK(channel_of(fd, ~0u, NOUVEAU_FIFO_ENGINE_GR, &id));
	return id;
}

static int prepare(int fd, uint32_t handle, uint32_t flags)
{
	struct drm_nouveau_gem_cpu_prep args = { .handle = handle, .flags = flags };

	return do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_CPU_PREP, &args);
}

static struct drm_nouveau_gem_pushbuf_bo use(const struct drm_nouveau_gem_info *info, uint32_t read,
					     uint32_t write)
{
	return (struct drm_nouveau_gem_pushbuf_bo){
		.handle = info->handle,
		.read_domains = read,
		.write_domains = write,
		.valid_domains = read | write,
	};
}

static int push(int fd, int chan, unsigned int count, struct drm_nouveau_gem_pushbuf_bo *bos,
		uint64_t length)
{
	struct drm_nouveau_gem_pushbuf_push push = { .length = length };
	struct drm_nouveau_gem_pushbuf args = {
		.channel = chan,
		.nr_buffers = count,
		.buffers = (uintptr_t)bos,
		.nr_push = 1,
		.push = (uintptr_t)&push,
	};

	return do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_PUSHBUF, &args);
}

/* A push buffer that fills the first word of an object. */
static struct drm_nouveau_gem_info filler(int fd, uint64_t address, uint32_t value)
{
	struct drm_nouveau_gem_info code = bo(fd, PAGE, GART);
	void *words = cpu(fd, &code);

	cp_word(cp_fill(words, address, value, 4), FAKE_CP_END);
	munmap(words, code.size);
	return code;
}

static void version(void)
{
	struct drm_version args = { };

	OK(do_ioctl(gpu(), DRM_IOCTL_VERSION, &args));
	CHECK(args.version_major == 1 && args.version_minor == 4 && args.version_patchlevel == 3);
}

static int getparam(int fd, uint64_t param, uint64_t *value)
{
	struct drm_nouveau_getparam args = { .param = param };
	int ret = do_ioctl(fd, DRM_IOCTL_NOUVEAU_GETPARAM, &args);

	*value = args.value;
	return ret;
}

static void parameters(void)
{
	struct drm_nouveau_svm_init svm = { };
	int fd = gpu();
	uint64_t value, used;

	OK(getparam(fd, NOUVEAU_GETPARAM_CHIPSET_ID, &value));
	CHECK(value == 0x162);
	OK(getparam(fd, NOUVEAU_GETPARAM_EXEC_PUSH_MAX, &value));
	CHECK(value == 510);
	OK(getparam(fd, NOUVEAU_GETPARAM_VRAM_USED, &used));
	bo(fd, HUGE, VRAM);
	OK(getparam(fd, NOUVEAU_GETPARAM_VRAM_USED, &value));
	CHECK(value == used + HUGE);
	FAILS(EINVAL, getparam(fd, 99, &value));
	FAILS(ENOSYS, do_ioctl(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &svm));
}

static void creation(void)
{
	struct drm_nouveau_gem_new args = { .info.size = PAGE, .info.domain = GART };
	struct drm_nouveau_gem_info info, again;
	int fd = gpu();

	FAILS(EINVAL, gem_new(fd, 0, GART, &info));
	FAILS(EINVAL, gem_new(fd, PAGE, GART | NOUVEAU_GEM_DOMAIN_NO_SHARE, &info));
	args.info.tile_flags = 0xfe00;
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &args));
	/* Pages as large as the memory can have. */
	info = bo(fd, 1, GART | VRAM);
	CHECK(info.size == PAGE && info.domain == VRAM && info.offset);
	info = bo(fd, LARGE + 1, VRAM);
	CHECK(info.size == 2 * LARGE && info.domain == VRAM && !(info.offset % LARGE));
	info = bo(fd, HUGE + 1, VRAM);
	CHECK(info.size == 2 * HUGE && !(info.offset % HUGE));
	info = bo(fd, HUGE + 1, GART);
	CHECK(info.size == HUGE + PAGE && info.domain == GART);
	again = (struct drm_nouveau_gem_info){ .handle = info.handle };
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_INFO, &again));
	CHECK(again.offset == info.offset && again.map_handle == info.map_handle);
	again.handle = 999;
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_INFO, &again));
	/* More VRAM than there is; then with another place to be in. */
	FAILS(ENOMEM, gem_new(fd, 300 << 20, VRAM, &info));
	set_fault(fd, "enomem", "1");
	FAILS(ENOMEM, gem_new(fd, PAGE, GART, &info));
	OK(gem_new(fd, PAGE, GART, &info));
}

static void channels(void)
{
	struct drm_nouveau_channel_alloc args = { };
	struct drm_nouveau_channel_free leave;
	int fd = gpu(), id;

	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &args));
	CHECK(args.pushbuf_domains == (VRAM | GART) && args.notifier_handle && !args.nr_subchan);
	OK(channel_of(fd, ~0u, NOUVEAU_FIFO_ENGINE_CE, &id));
	CHECK(id != args.channel);
	FAILS(EINVAL, channel_of(fd, ~0u, NOUVEAU_FIFO_ENGINE_VP, &id));
	FAILS(ENOSYS, channel_of(fd, ~0u, 0x77, &id));
	FAILS(EINVAL, channel_of(fd, 1, ~0u, &id));
	leave.channel = args.channel;
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_CHANNEL_FREE, &leave));
	FAILS(ENOENT, do_ioctl(fd, DRM_IOCTL_NOUVEAU_CHANNEL_FREE, &leave));
}

static void pushbuf(void)
{
	int fd = gpu(), chan = channel(fd);
	struct drm_nouveau_gem_info source = bo(fd, PAGE, GART), target = bo(fd, LARGE, VRAM);
	struct drm_nouveau_gem_info code = bo(fd, PAGE, GART);
	struct drm_nouveau_gem_pushbuf_bo bos[] = {
		use(&code, GART, 0), use(&source, 0, GART), use(&target, 0, VRAM),
	};
	uint32_t *words;
	unsigned int i;

	cp_word(cp_copy(cp_fill(cpu(fd, &code), source.offset, 0x55667788, PAGE), target.offset,
			source.offset, PAGE), FAKE_CP_END);
	OK(push(fd, chan, 3, bos, PAGE));
	OK(prepare(fd, target.handle, 0));
	words = cpu(fd, &target);
	for (i = 0; i < PAGE / 4; i++)
		CHECK(words[i] == 0x55667788);
	/* Only the length that was said is executed. */
	words[0] = 0;
	OK(push(fd, chan, 3, bos, sizeof(struct fake_cp_packet) | NOUVEAU_GEM_PUSHBUF_NO_PREFETCH));
	OK(prepare(fd, target.handle, NOUVEAU_GEM_CPU_PREP_WRITE));
	CHECK(!words[0]);
	CHECK(!get_fault(fd, "page_faults"));
}

static void pushbuf_refused(void)
{
	int fd = gpu(), chan = channel(fd), second = gpu();
	struct drm_nouveau_gem_info code = bo(fd, PAGE, GART), vram = bo(fd, PAGE, VRAM);
	struct drm_nouveau_gem_pushbuf_bo bos[2] = { use(&code, GART, 0), use(&vram, VRAM, 0) };
	struct drm_nouveau_gem_pushbuf_push pushes = { .bo_index = 2, .length = 4 };
	struct drm_nouveau_gem_pushbuf args = {
		.channel = chan, .nr_buffers = 2, .buffers = (uintptr_t)bos,
		.nr_push = 1, .push = (uintptr_t)&pushes,
	}, bad;
	struct drm_nouveau_exec exec = { .channel = chan };
	unsigned long request = DRM_IOCTL_NOUVEAU_GEM_PUSHBUF;

	FAILS(ENOENT, push(fd, 99, 2, bos, 4));
	FAILS(ENOENT, push(second, chan, 2, bos, 4));
	FAILS(EINVAL, do_ioctl(fd, request, &args));
	bad = args;
	bad.nr_push = NOUVEAU_GEM_MAX_PUSH + 1;
	FAILS(EINVAL, do_ioctl(fd, request, &bad));
	bad = args;
	bad.nr_buffers = NOUVEAU_GEM_MAX_BUFFERS + 1;
	FAILS(EINVAL, do_ioctl(fd, request, &bad));
	bad = args;
	bad.nr_relocs = NOUVEAU_GEM_MAX_RELOCS + 1;
	FAILS(EINVAL, do_ioctl(fd, request, &bad));
	bad = args;
	bad.push = 16;
	FAILS(EFAULT, do_ioctl(fd, request, &bad));
	bad = args;
	bad.buffers = 16;
	FAILS(EFAULT, do_ioctl(fd, request, &bad));
	bad = args;
	bad.nr_push = 0;
	OK(do_ioctl(fd, request, &bad));
	CHECK(bad.vram_available == 256 << 20);
	/* Domains: none, none that the object may be in, none in common. */
	bos[1] = use(&vram, 0, 0);
	FAILS(EINVAL, push(fd, chan, 2, bos, 4));
	bos[1] = use(&vram, GART, 0);
	FAILS(EINVAL, push(fd, chan, 2, bos, 4));
	bos[1] = use(&vram, VRAM, 0);
	bos[1].valid_domains = GART;
	FAILS(EINVAL, push(fd, chan, 2, bos, 4));
	bos[1] = bos[0];
	FAILS(EINVAL, push(fd, chan, 2, bos, 4));
	bos[1].handle = 999;
	FAILS(ENOENT, push(fd, chan, 2, bos, 4));
	FAILS(ENOSYS, do_ioctl(fd, DRM_IOCTL_NOUVEAU_EXEC, &exec));
	bos[1] = use(&vram, VRAM, 0);
	set_fault(fd, "submit", "1");
	FAILS(ENOMEM, push(fd, chan, 2, bos, 4));
	OK(push(fd, chan, 2, bos, 4));
	FAILS(ENOENT, prepare(fd, 999, 0));
}

static void implicit_fences(void)
{
	int fd = gpu(), chan = channel(fd), ce;
	struct drm_nouveau_gem_info target = bo(fd, PAGE, GART), code = bo(fd, PAGE, GART);
	struct drm_nouveau_gem_info second = filler(fd, target.offset, 9);
	struct drm_nouveau_gem_pushbuf_bo bos[] = { use(&code, GART, 0), use(&target, 0, GART) };

	OK(channel_of(fd, ~0u, NOUVEAU_FIFO_ENGINE_CE, &ce));
	cp_word(cp_fill(cp_delay(cpu(fd, &code), 300000000), target.offset, 8, 4), FAKE_CP_END);
	OK(push(fd, chan, 2, bos, PAGE));
	FAILS(EBUSY, prepare(fd, target.handle, NOUVEAU_GEM_CPU_PREP_NOWAIT));
	/* It is only read by the GPU: who reads, too, need not wait. */
	OK(prepare(fd, code.handle, NOUVEAU_GEM_CPU_PREP_NOWAIT));
	FAILS(EBUSY, prepare(fd, code.handle,
			     NOUVEAU_GEM_CPU_PREP_NOWAIT | NOUVEAU_GEM_CPU_PREP_WRITE));
	/* On another engine, but after the first. */
	bos[0] = use(&second, GART, 0);
	OK(push(fd, ce, 2, bos, PAGE));
	OK(prepare(fd, target.handle, 0));
	CHECK(first_word(fd, &target) == 9);
	OK(prepare(fd, target.handle, NOUVEAU_GEM_CPU_PREP_NOWAIT));
}

static void moves(void)
{
	int fd = gpu(), chan = channel(fd);
	struct drm_nouveau_gem_info both = bo(fd, PAGE, VRAM | GART), code = filler(fd, 0, 0);
	struct drm_nouveau_gem_pushbuf_bo bos[] = { use(&code, GART, 0), use(&both, GART, 0) };
	struct drm_nouveau_gem_info other = { .handle = both.handle };
	uint32_t imported;
	int vgem = open_gpu("vgem", 0), dma_buf;

	CHECK(both.domain == VRAM);
	*(uint32_t *)cpu(fd, &both) = 17;
	OK(push(fd, chan, 2, bos, 0));
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_INFO, &other));
	CHECK(other.domain == GART && other.offset == both.offset);
	bos[1] = use(&both, VRAM, 0);
	OK(push(fd, chan, 2, bos, 0));
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_INFO, &other));
	CHECK(other.domain == VRAM);
	/* For another device it goes to the system's memory. */
	OK(export_bo(fd, both.handle, &dma_buf));
	OK(import_bo(vgem, dma_buf, &imported));
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_INFO, &other));
	CHECK(other.domain == GART);
	CHECK(first_word(fd, &both) == 17);
}

static void killed_channels(void)
{
	int fd = gpu(), chan = channel(fd), other = channel(fd);
	struct drm_nouveau_gem_info target = bo(fd, PAGE, GART), code = bo(fd, PAGE, GART);
	struct drm_nouveau_gem_info good = filler(fd, target.offset, 4);
	struct drm_nouveau_gem_pushbuf_bo bos[] = { use(&code, GART, 0), use(&target, 0, GART) };
	uint64_t before = get_fault(fd, "page_faults");
	struct drm_nouveau_gem_pushbuf_push pushes = { .length = PAGE };
	struct drm_nouveau_gem_pushbuf args = {
		.channel = chan, .nr_buffers = 2, .buffers = (uintptr_t)bos,
		.nr_push = 1, .push = (uintptr_t)&pushes,
		.vram_available = NOUVEAU_GEM_PUSHBUF_SYNC,
	};

	/* A page fault ends the channel, and that one alone. */
	cp_fill(cpu(fd, &code), 0x8000000000ull, 1, 4);
	FAILS(ENODEV, do_ioctl(fd, DRM_IOCTL_NOUVEAU_GEM_PUSHBUF, &args));
	CHECK(get_fault(fd, "page_faults") == before + 1);
	FAILS(ENODEV, push(fd, chan, 2, bos, PAGE));
	/* So does a hang, and what waits behind it is not executed. */
	cp_hang(cpu(fd, &code));
	OK(push(fd, other, 2, bos, PAGE));
	bos[0] = use(&good, GART, 0);
	OK(push(fd, other, 2, bos, PAGE));
	OK(prepare(fd, target.handle, 0));
	CHECK(!first_word(fd, &target));
	FAILS(ENODEV, push(fd, other, 2, bos, PAGE));
	OK(push(fd, channel(fd), 2, bos, PAGE));
	OK(prepare(fd, target.handle, 0));
	CHECK(first_word(fd, &target) == 4);
}

static int vm_init(int fd, uint64_t address, uint64_t size)
{
	struct drm_nouveau_vm_init args = {
		.kernel_managed_addr = address, .kernel_managed_size = size };

	return do_ioctl(fd, DRM_IOCTL_NOUVEAU_VM_INIT, &args);
}

/* A file with the second UAPI. */
static int gpu2(void)
{
	int fd = gpu();

	OK(vm_init(fd, 1ull << 46, 1ull << 46));
	return fd;
}

static int bind(int fd, uint32_t op, uint32_t flags, uint32_t handle, uint64_t address,
		uint64_t offset, uint64_t range)
{
	struct drm_nouveau_vm_bind_op ops = {
		.op = op, .flags = flags, .handle = handle, .addr = address, .bo_offset = offset,
		.range = range,
	};
	struct drm_nouveau_vm_bind args = { .op_count = 1, .op_ptr = (uintptr_t)&ops };

	return do_ioctl(fd, DRM_IOCTL_NOUVEAU_VM_BIND, &args);
}

#define MAP	DRM_NOUVEAU_VM_BIND_OP_MAP
#define UNMAP	DRM_NOUVEAU_VM_BIND_OP_UNMAP
#define SPARSE	DRM_NOUVEAU_VM_BIND_SPARSE

static void two_uapis(void)
{
	struct drm_nouveau_gem_info info;
	int fd = gpu();

	FAILS(EINVAL, vm_init(fd, ~0ull, 2));
	FAILS(EINVAL, vm_init(fd, 1ull << 46, (1ull << 46) + 1));
	FAILS(ENOSYS, bind(fd, MAP, 0, 1, DATA, 0, PAGE));
	info = bo(fd, PAGE, GART);
	FAILS(ENOSYS, vm_init(fd, 0, 0));
	FAILS(ENOSYS, bind(fd, MAP, 0, info.handle, DATA, 0, PAGE));

	fd = gpu2();
	info = bo(fd, PAGE, GART);
	CHECK(!info.offset);
	FAILS(ENOSYS, push(fd, channel(fd), 0, NULL, 0));
}

static void bind_refused(void)
{
	int fd = gpu2();
	struct drm_nouveau_gem_info info = bo(fd, 4 * PAGE, GART);
	struct drm_nouveau_sync sync = { .handle = create_syncobj(fd) };
	struct drm_nouveau_vm_bind args = { .sig_count = 1, .sig_ptr = (uintptr_t)&sync };
	const uint32_t handle = info.handle;

	FAILS(ENOENT, bind(fd, MAP, 0, 999, DATA, 0, PAGE));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, DATA + 1, 0, PAGE));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, DATA, 1, PAGE));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, DATA, 0, PAGE + 1));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, DATA, 4 * PAGE, PAGE));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, DATA, PAGE, 4 * PAGE));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, 1ull << 46, 0, PAGE));
	FAILS(EINVAL, bind(fd, MAP, 0, handle, 1ull << 47, 0, PAGE));
	FAILS(EINVAL, bind(fd, 2, 0, handle, DATA, 0, PAGE));
	FAILS(ENOENT, bind(fd, UNMAP, SPARSE, 0, DATA, 0, PAGE));
	OK(bind(fd, UNMAP, 0, 0, DATA, 0, PAGE));
	OK(bind(fd, MAP, SPARSE, 0, DATA, 0, 2 * PAGE));
	FAILS(ENOSPC, bind(fd, MAP, 0, handle, DATA + PAGE, 0, 2 * PAGE));
	OK(bind(fd, MAP, 0, handle, DATA + PAGE, 0, PAGE));
	FAILS(ENOENT, bind(fd, UNMAP, SPARSE, 0, DATA, 0, PAGE));
	OK(bind(fd, UNMAP, SPARSE, 0, DATA, 0, 2 * PAGE));
	OK(bind(fd, MAP, 0, handle, DATA, 0, PAGE));
	FAILS(ENOSPC, bind(fd, MAP, SPARSE, 0, DATA, 0, 2 * PAGE));
	/* Fences only where the client does not wait. */
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NOUVEAU_VM_BIND, &args));
	args.flags = DRM_NOUVEAU_VM_BIND_RUN_ASYNC;
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_VM_BIND, &args));
	OK(wait_syncobj(fd, sync.handle, 0, 5000));
	args.op_count = 1;
	args.op_ptr = 16;
	FAILS(EFAULT, do_ioctl(fd, DRM_IOCTL_NOUVEAU_VM_BIND, &args));
}

static int exec(int fd, int chan, uint32_t length, struct drm_nouveau_sync *in,
		struct drm_nouveau_sync *out)
{
	struct drm_nouveau_exec_push push = { .va = CODE, .va_len = length };
	struct drm_nouveau_exec args = {
		.channel = chan,
		.push_count = 1,
		.push_ptr = (uintptr_t)&push,
		.wait_count = !!in,
		.wait_ptr = (uintptr_t)in,
		.sig_count = !!out,
		.sig_ptr = (uintptr_t)out,
	};

	return do_ioctl(fd, DRM_IOCTL_NOUVEAU_EXEC, &args);
}

static void execution(void)
{
	int fd = gpu2(), chan = channel(fd), dma_buf;
	struct drm_nouveau_gem_info code = filler(fd, DATA, 21), target = bo(fd, LARGE, VRAM);
	struct drm_nouveau_gem_info own = bo(fd, PAGE, VRAM | NOUVEAU_GEM_DOMAIN_NO_SHARE);
	uint32_t timeline = create_syncobj(fd);
	struct drm_nouveau_sync out = {
		.flags = DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ, .handle = timeline, .timeline_value = 2 };
	struct drm_nouveau_sync in = out, bad = out;

	OK(bind(fd, MAP, 0, code.handle, CODE, 0, PAGE));
	OK(bind(fd, MAP, 0, target.handle, DATA, 0, LARGE));
	OK(bind(fd, MAP, 0, own.handle, DATA + LARGE, 0, PAGE));
	OK(exec(fd, chan, PAGE, NULL, &out));
	OK(wait_syncobj(fd, timeline, 2, 5000));
	CHECK(first_word(fd, &target) == 21);
	/* In order behind a point, and at another one. */
	out.timeline_value = 3;
	OK(exec(fd, chan, PAGE, &in, &out));
	OK(wait_syncobj(fd, timeline, 3, 5000));
	/* An object behind what is sparse, and nothing there again. */
	OK(bind(fd, UNMAP, 0, 0, DATA, 0, LARGE));
	OK(bind(fd, MAP, SPARSE, 0, DATA, 0, LARGE));
	out.timeline_value = 4;
	OK(exec(fd, chan, PAGE, NULL, &out));
	OK(wait_syncobj(fd, timeline, 4, 5000));
	OK(exec(fd, chan, PAGE, NULL, NULL));

	FAILS(ENOENT, exec(fd, 99, PAGE, NULL, NULL));
	FAILS(EINVAL, exec(fd, chan, 0x800000, NULL, NULL));
	bad.flags = 5;
	FAILS(EOPNOTSUPP, exec(fd, chan, PAGE, &bad, NULL));
	FAILS(EINVAL, exec(fd, chan, PAGE, NULL, &bad));
	bad.flags = 0;
	bad.handle = 99;
	FAILS(ENOENT, exec(fd, chan, PAGE, &bad, NULL));
	FAILS(ENOENT, exec(fd, chan, PAGE, NULL, &bad));
	bad.handle = create_syncobj(fd);
	FAILS(EINVAL, exec(fd, chan, PAGE, &bad, NULL));
	FAILS(EFAULT, exec(fd, chan, PAGE, (void *)16, NULL));
	FAILS(EPERM, export_bo(fd, own.handle, &dma_buf));

	/* Where nothing is mapped the channel ends. */
	OK(bind(fd, UNMAP, SPARSE, 0, DATA, 0, LARGE));
	out = (struct drm_nouveau_sync){ .handle = bad.handle };
	OK(exec(fd, chan, PAGE, NULL, &out));
	OK(wait_syncobj(fd, out.handle, 0, 5000));
	CHECK(syncobj_error(fd, out.handle) == -ENODEV);
	FAILS(ENODEV, exec(fd, chan, PAGE, NULL, NULL));
}

static void exec_fences(void)
{
	int fd = gpu2(), chan = channel(fd);
	struct drm_nouveau_gem_info code = bo(fd, PAGE, GART), shared = bo(fd, PAGE, GART);
	struct drm_nouveau_exec many = { .channel = chan, .push_count = 511 };

	cp_word(cp_delay(cpu(fd, &code), 200000000), FAKE_CP_END);
	OK(bind(fd, MAP, 0, code.handle, CODE, 0, PAGE));
	OK(bind(fd, MAP, 0, shared.handle, DATA, 0, PAGE));
	OK(exec(fd, chan, PAGE, NULL, NULL));
	/* All that is mapped is written to as far as fences go. */
	FAILS(EBUSY, prepare(fd, shared.handle, NOUVEAU_GEM_CPU_PREP_NOWAIT));
	OK(prepare(fd, shared.handle, 0));
	FAILS(EINVAL, do_ioctl(fd, DRM_IOCTL_NOUVEAU_EXEC, &many));
	many.push_count = 0;
	OK(do_ioctl(fd, DRM_IOCTL_NOUVEAU_EXEC, &many));
}

const struct test nouveau_tests[] = {
	{ "nouveau::version", version },
	{ "nouveau::parameters", parameters },
	{ "nouveau::creation", creation },
	{ "nouveau::channels", channels },
	{ "nouveau::pushbuf", pushbuf },
	{ "nouveau::pushbuf_refused", pushbuf_refused },
	{ "nouveau::implicit_fences", implicit_fences },
	{ "nouveau::moves", moves },
	{ "nouveau::killed_channels", killed_channels },
	{ "nouveau::two_uapis", two_uapis },
	{ "nouveau::bind_refused", bind_refused },
	{ "nouveau::execution", execution },
	{ "nouveau::exec_fences", exec_fences },
	{ }
};
