// SPDX-License-Identifier: GPL-2.0
/*
 * What the copy engines of the fake i915 and xe execute of their own instruction set: the
 * XY_FAST_COPY_BLT of linear memory, as emit_copy() in i915/gt/intel_migrate.c and
 * emit_xy_fast_copy() in xe/xe_migrate.c write it. The fakes are of the generation 12.55.
 *
 * Addresses are multiples of a cache line, as xe_migrate_vram() asks for; widths are pixels of 32
 * bits, whose coordinates are signed 16-bit numbers, and pitches bytes, multiples of 4
 * (xe_gt_assert() in emit_xy_fast_copy()). xe sets the two bits from 12.50 on that say of what kind
 * the tiles are, i915 does not. Anything else is illegal here: tiled memory, other depths, other
 * corners than the first at the origin, fields that are MOCS from Xe2 on.
 */
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fake.h"

/* XY_FAST_COPY_BLT_CMD, whose length is that of ten words less two */
#define XY_FAST_COPY	(2u << 29 | 0x42u << 22 | (10 - 2))
#define DEPTH_32	(3u << 24)
#define PITCH_MASK	0xffffu

/* XY_FAST_COPY_BLT_D1_SRC_TILE4 and XY_FAST_COPY_BLT_D1_DST_TILE4 */
#define TILE4		(BIT(31) | BIT(30))

static int fast_copy(struct fake_job *job, u64 addr, u64 left, u32 depth)
{
	__le32 raw[10];
	u32 words[10], dst_pitch, src_pitch, width, height, row;
	u64 src, dst;
	unsigned int i;
	int ret;

	if (strncmp(fake_job_engine(job)->name, "bcs", 3) || left < sizeof(raw))
		return -EILSEQ;
	ret = fake_cp_read(job, addr, raw, sizeof(raw));
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = le32_to_cpu(raw[i]);

	dst_pitch = words[1] & PITCH_MASK;
	src_pitch = words[7];
	/* The lower right corner is outside of what is copied. */
	width = words[3] & 0xffff;
	height = words[3] >> 16;
	dst = (u64)words[5] << 32 | words[4];
	src = (u64)words[9] << 32 | words[8];
	if (words[0] != XY_FAST_COPY || (words[1] & ~PITCH_MASK) != depth || words[2] || words[6])
		return -EILSEQ;
	if (!width || width > S16_MAX || !height || height > S16_MAX)
		return -EILSEQ;
	if ((dst_pitch | src_pitch) & 3 || src_pitch > PITCH_MASK || 4 * width > dst_pitch ||
	    4 * width > src_pitch)
		return -EILSEQ;
	if ((dst | src) & (SZ_64 - 1))
		return -EILSEQ;

	for (row = 0; row < height; row++) {
		ret = fake_cp_copy(job, dst + (u64)row * dst_pitch, src + (u64)row * src_pitch,
				   4 * width);
		if (ret)
			return ret;
	}
	return sizeof(raw);
}

/**
 * fake_blitter_i915() - execute a command of a copy engine; &fake_vendor.packet
 * @job: the job
 * @addr: address of the command
 * @left: bytes of the batch buffer from there on
 *
 * Return: bytes of the command, -EILSEQ if it is none, or the error to stop with.
 */
int fake_blitter_i915(struct fake_job *job, u64 addr, u64 left)
{
	return fast_copy(job, addr, left, DEPTH_32);
}

/**
 * fake_blitter_xe() - execute a command of a copy engine; &fake_vendor.packet
 * @job: the job
 * @addr: address of the command
 * @left: bytes of the batch buffer from there on
 *
 * Return: bytes of the command, -EILSEQ if it is none, or the error to stop with.
 */
int fake_blitter_xe(struct fake_job *job, u64 addr, u64 left)
{
	return fast_copy(job, addr, left, DEPTH_32 | TILE4);
}
