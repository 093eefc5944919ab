// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into QEMU's vhost-user-gpu, which otherwise wants a GPU of the host and a
 * window to show the guest's screen in.  With this between it and virglrenderer it
 * renders off screen, by software, and nobody sees the screen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Of virglrenderer.h, the ABI of libvirglrenderer.so.1. */
#define VIRGL_RENDERER_USE_SURFACELESS (1 << 3)

struct callbacks {
	int version;
	void *of_version_1[4];
};

int virgl_renderer_init(void *cookie, int flags, void *callbacks)
{
	/* virglrenderer keeps the address. */
	static struct callbacks ours;
	int (*init)(void *, int, void *) = dlsym(RTLD_NEXT, "virgl_renderer_init");

	if (!init)
		return -ENOSYS;
	/* Version 2 only adds get_drm_fd(), which names a GPU of the host. */
	memcpy(&ours, callbacks, sizeof(ours));
	ours.version = 1;
	return init(cookie, flags | VIRGL_RENDERER_USE_SURFACELESS, &ours);
}

/* What a GPU of the host allocated, the software renderer could not draw to. */
void *gbm_create_device(int fd)
{
	(void)fd;
	errno = ENODEV;
	return NULL;
}

/* Off screen there is no dma-buf of a texture; the caller insists on a descriptor. */
int virgl_renderer_get_fd_for_texture(uint32_t texture, int *fd)
{
	(void)texture;
	*fd = memfd_create("scanout", MFD_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}
