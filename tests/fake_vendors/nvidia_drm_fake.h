/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * What the fake nvidia-drm has in place of nvkms, whose parameters have no published layout.
 */
#ifndef NVIDIA_DRM_FAKE_H
#define NVIDIA_DRM_FAKE_H

/* The parameters, 8 bytes, of the only semaphore surface of a device. */
#define NVIDIA_FAKE_SURFACE	0x6d766761736d7376ull
/* Semaphores in it, of 64 bits. All are 0 at first. */
#define NVIDIA_FAKE_SEMAPHORES	8

#endif
