/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The command streams of the fake GPUs.
 *
 * Real command streams are of a thousand kinds, and few can be run without the hardware: the linear
 * copies of copy engines, see sdma.c and blitter.c. Beside those, the fake GPUs of all vendors
 * execute one small instruction set, wherever their drivers take commands: in the IBs of amdgpu, in the batch buffers of i915 and xe, in the pushbuffers of
 * nouveau, in the command buffers of mtgpu. Everything around it, how a client gets it there and
 * learns that it was executed, is as with the vendor's driver.
 *
 * A stream is an array of little-endian 32-bit words that starts at a multiple of 4 bytes. Each
 * instruction is one word, or a struct fake_cp_packet. It ends behind its last word, or at
 * FAKE_CP_END.
 *
 * All addresses are GPU virtual addresses of the VM that the stream was submitted to. What an
 * access to an address does that is not mapped there, or not for that access, is the vendor's: see
 * enum fake_page_fault.
 */
#ifndef FAKE_CP_H
#define FAKE_CP_H

#include <linux/types.h>

/* One word: nothing. Streams are padded with it. */
#define FAKE_CP_NOP	0x00000000u
/* One word: the end of the stream, whatever follows. It is Intel's MI_BATCH_BUFFER_END. */
#define FAKE_CP_END	0x05000000u
/* A packet: stores @arg to the @size bytes at @dst; both are multiples of 4. */
#define FAKE_CP_FILL	0x4d560001u
/* A packet: copies @size bytes from @src to @dst, in rising order of addresses. */
#define FAKE_CP_COPY	0x4d560002u
/* A packet: takes @size nanoseconds. */
#define FAKE_CP_DELAY	0x4d560003u
/* A packet: never ends. The driver's time-out for jobs does. */
#define FAKE_CP_HANG	0x4d560004u
/* A packet: waits until the word at @dst is @arg. */
#define FAKE_CP_WAIT	0x4d560005u
/* What all packets, and nothing else that is executed, have in common. */
#define FAKE_CP_MAGIC(op)	((op) >> 16)
/*
 * Any other word is a command of the vendor's own, if the engine knows it: sdma.c, blitter.c. Else it
 * is illegal: the engine stops there, and the driver handles it as a hang at once.
 */

/**
 * struct fake_cp_packet - an instruction of eight words
 * @op: FAKE_CP_FILL ...
 * @arg: see there; 0 where nothing is said
 * @dst: address that is written to
 * @src: address that is read from
 * @size: see there
 *
 * Members that an instruction does not use are ignored.
 */
struct fake_cp_packet {
	__le32 op;
	__le32 arg;
	__le64 dst;
	__le64 src;
	__le64 size;
};

#endif
