// SPDX-License-Identifier: GPL-2.0
/*
 * What the SDMA engines of the fake amdgpu execute of their own instruction set: the linear copy of
 * SDMA 5.2, as sdma_v5_2_emit_copy_buffer() in sdma_v5_2.c writes it and navi10_sdma_pkt_open.h
 * describes its fields.
 *
 * All bits that select something else (other sub-opcodes, encryption, TMZ, running backwards,
 * broadcasts, swapping of bytes) are illegal here. Addresses and counts are bytes, and need no
 * alignment.
 */
#include <linux/string.h>

#include "fake.h"

/* SDMA_OP_COPY, with SDMA_SUBOP_COPY_LINEAR and nothing else */
#define COPY_LINEAR	0x00000001u
/* copy_max_bytes of sdma_v5_2_buffer_funcs; the field has the number of bytes less one. */
#define COPY_MAX_BYTES	(1u << 30)

/**
 * fake_sdma_packet() - execute a packet of SDMA; &fake_vendor.packet
 * @job: the job
 * @addr: address of the packet
 * @left: bytes of the command stream from there on
 *
 * Return: bytes of the packet, -EILSEQ if it is none, or the error to stop with.
 */
int fake_sdma_packet(struct fake_job *job, u64 addr, u64 left)
{
	struct {
		__le32 header;
		__le32 count;
		__le32 parameter;
		__le32 src[2];
		__le32 dst[2];
	} packet;
	u64 src, dst;
	int ret;

	if (strncmp(fake_job_engine(job)->name, "sdma", 4) || left < sizeof(packet))
		return -EILSEQ;
	ret = fake_cp_read(job, addr, &packet, sizeof(packet));
	if (ret)
		return ret;
	if (le32_to_cpu(packet.header) != COPY_LINEAR || packet.parameter ||
	    le32_to_cpu(packet.count) >= COPY_MAX_BYTES)
		return -EILSEQ;
	src = (u64)le32_to_cpu(packet.src[1]) << 32 | le32_to_cpu(packet.src[0]);
	dst = (u64)le32_to_cpu(packet.dst[1]) << 32 | le32_to_cpu(packet.dst[0]);
	ret = fake_cp_copy(job, dst, src, (u64)le32_to_cpu(packet.count) + 1);
	return ret ?: sizeof(packet);
}
