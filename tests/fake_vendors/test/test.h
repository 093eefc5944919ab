/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the fake GPUs through their ioctls alone, without mvgal: what is right gives the right
 * data, what is wrong the errno of the vendor's driver. Compiled against the kernel's own headers.
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drm/drm.h>

#include "../cp.h"

/* A test. It is listed in an array of its vendor's file, which ends with an empty one. */
struct test {
	const char *name;
	void (*run)(void);
};

extern const struct test amdgpu_tests[];
extern const struct test i915_tests[];
extern const struct test mtgpu_tests[];
extern const struct test nouveau_tests[];
extern const struct test nvidia_drm_tests[];
extern const struct test xe_tests[];

/* Ends the test, which has failed. */
#define FAIL(...) fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition) do { if (!(condition)) FAIL("%s", #condition); } while (0)
/* A call that must succeed, and one that must fail with an errno. */
#define OK(call) do { int ret_ = (call); if (ret_) FAIL("%s: %s", #call, strerror(-ret_)); } while (0)
#define FAILS(errno_, call) do { int ret_ = (call); if (ret_ != -(errno_)) \
	FAIL("%s: %d, not %s", #call, ret_, #errno_); } while (0)

void fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* Opens the render node of the n-th GPU of a driver, from 0. */
int open_gpu(const char *driver, unsigned int n);
/* An ioctl, restarted where it was interrupted. 0 or the result, or the errno, negative. */
int do_ioctl(int fd, unsigned long request, void *arg);
/* Maps an object. */
void *map_bo(int fd, uint64_t offset, size_t size);
/* Writes a number to an attribute of the GPU a file belongs to, in the directory "fault". */
void set_fault(int fd, const char *name, const char *value);
/* Reads the same. */
uint64_t get_fault(int fd, const char *name);

/* Unplugs the GPU a file belongs to, and plugs it in again: "unbind", "bind" of its parent. */
void unplug(int fd, char name[64]);
void plug(const char *name);

uint32_t create_syncobj(int fd);
int wait_syncobj(int fd, uint32_t handle, uint64_t point, uint64_t timeout_ms);
/* The error of the fence in a syncobj, by a sync_file: 0 if it is none, 1 if it has not signalled. */
int syncobj_error(int fd, uint32_t handle);
/* The same of a sync_file. */
int sync_file_error(int file);
int export_bo(int fd, uint32_t handle, int *dma_buf);
int import_bo(int fd, int dma_buf, uint32_t *handle);
int close_bo(int fd, uint32_t handle);
/* Makes a sync_file of the fence in a syncobj. */
int syncobj_export(int fd, uint32_t handle);
/* Has a dma-buf wait for a sync_file, as one that writes to it. */
int import_fence(int dma_buf, int sync_file);
/* Has xe work until its word is no longer 0. */
struct busy {
	volatile uint32_t *word;
	/* Of its end. */
	int sync_file;
};
struct busy xe_busy(void);
/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t now(void);

/* Command streams. Each writes one instruction, and returns where the next one is to go. */
void *cp_fill(void *at, uint64_t dst, uint32_t value, uint64_t size);
void *cp_copy(void *at, uint64_t dst, uint64_t src, uint64_t size);
void *cp_delay(void *at, uint64_t ns);
void *cp_hang(void *at);
void *cp_wait(void *at, uint64_t dst, uint32_t value);
void *cp_word(void *at, uint32_t word);

#endif
