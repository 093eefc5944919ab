// SPDX-License-Identifier: GPL-2.0
/*
 * The command processor: executes the instructions of cp.h on the address space of a job.
 */
#include <linux/bsearch.h>

#include <drm/drm_print.h>

#include "cp.h"
#include "fake.h"

/* Bytes moved before the engine looks whether it is to stop. */
#define SLICE	(1024 * 1024)

static int compare_objects(const void *key, const void *element)
{
	unsigned long x = (unsigned long)key, y = *(const unsigned long *)element;

	return x < y ? -1 : x > y;
}

/* Whether an object is among those that were submitted with a job. */
static bool in_reach(struct fake_job *job, struct fake_bo *bo)
{
	if (!job->root || bo->root == job->root)
		return true;
	return bsearch(&bo->shmem.base, job->bos, job->num_bos, sizeof(*job->bos),
		       compare_objects);
}

/**
 * struct access - a piece of memory that is contiguous for the CPU
 * @map: the memory, or a null map if there is none: page faults, and addresses without memory
 * @offset: where it begins in @map
 * @size: bytes
 * @peer: it is another device's
 */
struct access {
	struct iosys_map map;
	u64 offset;
	u64 size;
	bool peer;
};

/* Finds the first piece of up to @size bytes at @addr. */
static int find(struct fake_job *job, u64 addr, u64 size, u32 need, struct access *access)
{
	struct fake_mapping *mapping = fake_vm_table_find(job->table, addr);
	struct fake_gpu *gpu = job->gpu;
	u64 found = 0;

	iosys_map_clear(&access->map);
	access->offset = 0;
	access->peer = false;
	if (mapping)
		access->size = min(size, mapping->size - (addr - mapping->start));
	else
		access->size = min_t(u64, size, PAGE_SIZE - offset_in_page(addr));

	if (mapping && (mapping->flags & need) == need && !mapping->bo)
		return 0;
	if (mapping && (mapping->flags & need) == need && in_reach(job, mapping->bo))
		found = fake_bo_at(mapping->bo, mapping->offset + (addr - mapping->start),
				   access->size, &access->map, &access->peer);
	if (!found) {
		atomic_inc(&gpu->page_faults);
		if (job->root)
			WRITE_ONCE(job->root->fault_addr, addr);
		drm_dbg_driver(&gpu->drm, "page fault at 0x%llx\n", addr);
		return job->page_fault == FAKE_PAGE_FAULT_KILL ?
			gpu->vendor->fault_error : 0;
	}
	access->size = found;
	return 0;
}

static void read_access(struct fake_job *job, const struct access *from, void *to, size_t size)
{
	if (from->peer)
		atomic64_add(size, &job->gpu->peer_read);
	if (iosys_map_is_null(&from->map))
		memset(to, 0, size);
	else
		iosys_map_memcpy_from(to, &from->map, from->offset, size);
}

static void write_access(struct fake_job *job, struct access *to, const void *from, size_t size)
{
	if (to->peer)
		atomic64_add(size, &job->gpu->peer_written);
	if (!iosys_map_is_null(&to->map))
		iosys_map_memcpy_to(&to->map, to->offset, from, size);
}

/**
 * fake_cp_read() - read from an address of a job's address space
 * @job: the job, while it is executed
 * @addr: the address
 * @to: where to put the bytes
 * @size: how many
 *
 * Return: 0 or the error of a page fault.
 */
int fake_cp_read(struct fake_job *job, u64 addr, void *to, u64 size)
{
	struct access from;
	int ret;

	for (; size; addr += from.size, to += from.size, size -= from.size) {
		ret = find(job, addr, size, FAKE_MAP_READ, &from);
		if (ret)
			return ret;
		read_access(job, &from, to, from.size);
	}
	return 0;
}

/**
 * fake_cp_copy() - copy from one address of a job's address space to another
 * @job: the job, while it is executed
 * @dst: the address to write to
 * @src: the address to read from
 * @size: bytes, which are copied in rising order
 *
 * Return: 0, the error to stop with, or that of a page fault.
 */
int fake_cp_copy(struct fake_job *job, u64 dst, u64 src, u64 size)
{
	struct access to, from;
	u8 bounce[256];
	u64 n;
	int ret;

	for (; size; dst += n, src += n, size -= n) {
		ret = fake_job_aborted(job);
		if (ret)
			return ret;
		cond_resched();
		ret = find(job, src, min_t(u64, size, SLICE), FAKE_MAP_READ, &from);
		if (ret)
			return ret;
		ret = find(job, dst, from.size, FAKE_MAP_WRITE, &to);
		if (ret)
			return ret;
		n = to.size;
		if (iosys_map_is_null(&to.map))
			continue;
		if (iosys_map_is_null(&from.map)) {
			iosys_map_memset(&to.map, to.offset, 0, n);
			if (to.peer)
				atomic64_add(n, &job->gpu->peer_written);
		} else if (!from.map.is_iomem && !to.map.is_iomem) {
			memmove(to.map.vaddr + to.offset, from.map.vaddr + from.offset, n);
		} else if (!from.map.is_iomem) {
			write_access(job, &to, from.map.vaddr + from.offset, n);
		} else if (!to.map.is_iomem) {
			read_access(job, &from, to.map.vaddr + to.offset, n);
		} else {
			n = min_t(u64, n, sizeof(bounce));
			read_access(job, &from, bounce, n);
			write_access(job, &to, bounce, n);
		}
	}
	return 0;
}

static int fill(struct fake_job *job, u64 dst, u32 value, u64 size)
{
	__le32 pattern[64];
	struct access to;
	u64 n, done;
	int ret;

	memset32((u32 *)pattern, (__force u32)cpu_to_le32(value), ARRAY_SIZE(pattern));
	for (; size; dst += to.size, size -= to.size) {
		ret = fake_job_aborted(job);
		if (ret)
			return ret;
		cond_resched();
		ret = find(job, dst, min_t(u64, size, SLICE), FAKE_MAP_WRITE, &to);
		if (ret)
			return ret;
		for (done = 0; done < to.size; done += n, to.offset += n) {
			n = min_t(u64, to.size - done, sizeof(pattern));
			write_access(job, &to, pattern, n);
		}
	}
	return 0;
}

static int wait_for_word(struct fake_job *job, u64 addr, u32 value)
{
	__le32 word;
	int ret;

	for (;;) {
		ret = fake_cp_read(job, addr, &word, sizeof(word));
		if (ret || le32_to_cpu(word) == value)
			return ret;
		ret = fake_job_wait(job, 50 * NSEC_PER_USEC);
		if (ret)
			return ret;
	}
}

/* Executes a packet. -EILSEQ if it is none. */
static int execute_packet(struct fake_job *job, const struct fake_cp_packet *packet)
{
	u64 dst = le64_to_cpu(packet->dst), size = le64_to_cpu(packet->size);
	u32 arg = le32_to_cpu(packet->arg);

	switch (le32_to_cpu(packet->op)) {
	case FAKE_CP_FILL:
		if ((dst | size) & 3)
			return -EILSEQ;
		return fill(job, dst, arg, size);
	case FAKE_CP_COPY:
		return fake_cp_copy(job, dst, le64_to_cpu(packet->src), size);
	case FAKE_CP_DELAY:
		return fake_job_wait(job, min(size, U64_MAX - 1));
	case FAKE_CP_HANG:
		return fake_job_wait(job, U64_MAX);
	case FAKE_CP_WAIT:
		if (dst & 3)
			return -EILSEQ;
		return wait_for_word(job, dst, arg);
	default:
		return -EILSEQ;
	}
}

/* Executes a packet, ours or the vendor's own. Its bytes, or an error as of execute_packet(). */
static int execute_any(struct fake_job *job, u32 op, u64 addr, u64 left)
{
	const struct fake_vendor *vendor = job->gpu->vendor;
	struct fake_cp_packet packet;
	int ret;

	if (FAKE_CP_MAGIC(op) != FAKE_CP_MAGIC(FAKE_CP_FILL))
		return vendor->packet ? vendor->packet(job, addr, left) : -EILSEQ;
	if (left < sizeof(packet))
		return -EILSEQ;
	ret = fake_cp_read(job, addr, &packet, sizeof(packet));
	if (!ret)
		ret = execute_packet(job, &packet);
	return ret ?: sizeof(packet);
}

static int execute_ib(struct fake_job *job, const struct fake_ib *ib)
{
	u64 addr = ib->addr, left = ib->size;
	__le32 op;
	int ret;

	while (left) {
		u64 size = sizeof(op);

		ret = fake_job_aborted(job);
		if (ret)
			return ret;
		cond_resched();
		if (left < size)
			return -EILSEQ;
		ret = fake_cp_read(job, addr, &op, size);
		if (ret)
			return ret;
		switch (le32_to_cpu(op)) {
		case FAKE_CP_END:
			return 0;
		case FAKE_CP_NOP:
			/*
			 * Nothing but no-ops for ever, where nothing is mapped or only the end
			 * marker would end it: the hardware would go on until it is reset.
			 */
			break;
		default:
			ret = execute_any(job, le32_to_cpu(op), addr, left);
			if (ret < 0)
				return ret;
			size = ret;
		}
		addr += size;
		if (left != U64_MAX)
			left -= size;
	}
	return 0;
}

/**
 * fake_cp_execute() - execute the command streams of a job
 * @job: the job
 *
 * Return: 0; the error to stop with; that of a page fault; or -EILSEQ at an illegal instruction.
 */
int fake_cp_execute(struct fake_job *job)
{
	unsigned int i;
	int ret;

	for (i = 0; i < job->num_ibs; i++) {
		ret = execute_ib(job, &job->ibs[i]);
		if (ret)
			return ret;
	}
	return fake_job_aborted(job);
}

/**
 * fake_cp_store() - store a number at an address of a job's address space
 * @job: the job, while it is executed
 * @addr: the address, a multiple of 8
 * @value: the number, which is stored with 8 bytes, little-endian
 *
 * Return: 0 or the error of a page fault.
 */
int fake_cp_store(struct fake_job *job, u64 addr, u64 value)
{
	__le64 bytes = cpu_to_le64(value);
	struct access to;
	int ret;

	ret = find(job, addr, sizeof(bytes), FAKE_MAP_WRITE, &to);
	if (!ret)
		write_access(job, &to, &bytes, sizeof(bytes));
	return ret;
}
