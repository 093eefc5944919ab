// SPDX-License-Identifier: GPL-2.0
/* Parameters and channels of the fake nouveau. See nouveau.c. */
#include <linux/slab.h>

#include "nouveau.h"

static void channel_free(struct kref *ref)
{
	kfree(container_of(ref, struct nouveau_channel, ref));
}

void nouveau_channel_put(struct nouveau_channel *chan)
{
	kref_put(&chan->ref, channel_free);
}

/* nouveau_abi16_chan_fini() in nouveau_abi16.c */
void nouveau_channel_close(struct nouveau_channel *chan)
{
	drm_sched_entity_destroy(&chan->entity);
	nouveau_channel_put(chan);
}

/* nouveau_abi16_ioctl_getparam() in nouveau_abi16.c */
int nouveau_getparam(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_nouveau_getparam *args = data;
	struct fake_gpu *gpu = to_fake_gpu(drm);

	switch (args->param) {
	case NOUVEAU_GETPARAM_CHIPSET_ID:
		args->value = CHIPSET;
		break;
	case NOUVEAU_GETPARAM_PCI_VENDOR:
		args->value = VENDOR_ID;
		break;
	case NOUVEAU_GETPARAM_PCI_DEVICE:
		args->value = DEVICE_ID;
		break;
	case NOUVEAU_GETPARAM_BUS_TYPE:
		/* PCIe */
		args->value = 2;
		break;
	case NOUVEAU_GETPARAM_FB_SIZE:
	case NOUVEAU_GETPARAM_VRAM_BAR_SIZE:
		args->value = gpu->memory[FAKE_VRAM].size;
		break;
	case NOUVEAU_GETPARAM_AGP_SIZE:
		args->value = gpu->memory[FAKE_GTT].size;
		break;
	case NOUVEAU_GETPARAM_VM_VRAM_BASE:
		args->value = 0;
		break;
	case NOUVEAU_GETPARAM_PTIMER_TIME:
		args->value = ktime_get_ns();
		break;
	case NOUVEAU_GETPARAM_GRAPH_UNITS:
		/* 6 GPCs, 34 TPCs, 12 ROPs: gf100_gr_units() in nvkm/engine/gr/gf100.c */
		args->value = 6 | 34 << 8 | 12ull << 32;
		break;
	case NOUVEAU_GETPARAM_HAS_BO_USAGE:
	case NOUVEAU_GETPARAM_HAS_PAGEFLIP:
	case NOUVEAU_GETPARAM_HAS_VMA_TILEMODE:
		args->value = 1;
		break;
	case NOUVEAU_GETPARAM_EXEC_PUSH_MAX:
		args->value = PUSH_MAX;
		break;
	case NOUVEAU_GETPARAM_VRAM_USED:
		args->value = fake_memory_used(gpu, FAKE_VRAM);
		break;
	default:
		return -EINVAL;
	}
	return 0;
}

/*
 * nouveau_abi16_ioctl_channel_alloc() in nouveau_abi16.c. Of the engines that can be asked for,
 * those of Kepler's video decoders are not on this GPU.
 */
static int channel_engine(struct drm_nouveau_channel_alloc *args, enum nouveau_engine *engine)
{
	*engine = ENGINE_GR;
	if (args->fb_ctxdma_handle == ~0u) {
		switch (args->tt_ctxdma_handle) {
		case NOUVEAU_FIFO_ENGINE_GR:
			break;
		case NOUVEAU_FIFO_ENGINE_CE:
			*engine = ENGINE_CE;
			break;
		case NOUVEAU_FIFO_ENGINE_NVDEC:
			*engine = ENGINE_NVDEC;
			break;
		case NOUVEAU_FIFO_ENGINE_VP:
		case NOUVEAU_FIFO_ENGINE_PPP:
		case NOUVEAU_FIFO_ENGINE_BSP:
			return -EINVAL;
		default:
			return -ENOSYS;
		}
		args->fb_ctxdma_handle = 0;
		args->tt_ctxdma_handle = 0;
	}
	return args->tt_ctxdma_handle == ~0u ? -EINVAL : 0;
}

int nouveau_channel_alloc(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_channel_alloc *args = data;
	struct drm_gpu_scheduler *sched;
	struct nouveau_channel *chan;
	enum nouveau_engine engine;
	struct fake_bo *notifier;
	int ret;
	u32 id;

	mutex_lock(&client->lock);
	nouveau_disable_uvmm_noinit(client);
	mutex_unlock(&client->lock);
	ret = channel_engine(args, &engine);
	if (ret)
		return ret;

	notifier = nouveau_bo_new(client, PAGE_SIZE, 0, DOMAIN_GART, 0);
	if (IS_ERR(notifier))
		return PTR_ERR(notifier);
	ret = drm_gem_handle_create(file, &notifier->shmem.base, &args->notifier_handle);
	drm_gem_object_put(&notifier->shmem.base);
	if (ret)
		return ret;

	chan = kzalloc_obj(*chan);
	if (!chan) {
		ret = -ENOMEM;
		goto err_handle;
	}
	kref_init(&chan->ref);
	sched = &client->gpu->engine[engine].sched;
	ret = drm_sched_entity_init(&chan->entity, DRM_SCHED_PRIORITY_NORMAL, &sched, 1, NULL);
	if (ret) {
		kfree(chan);
		goto err_handle;
	}
	mutex_lock(&client->lock);
	ret = xa_alloc(&client->channels, &id, chan, XA_LIMIT(0, INT_MAX), GFP_KERNEL);
	mutex_unlock(&client->lock);
	if (ret) {
		nouveau_channel_close(chan);
		goto err_handle;
	}
	args->channel = id;
	args->pushbuf_domains = DOMAIN_VRAM | DOMAIN_GART;
	return 0;

err_handle:
	drm_gem_handle_delete(file, args->notifier_handle);
	return ret;
}

/* nouveau_abi16_ioctl_channel_free() in nouveau_abi16.c */
int nouveau_channel_free(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_channel_free *args = data;
	struct nouveau_channel *chan;

	mutex_lock(&client->lock);
	chan = xa_erase(&client->channels, args->channel);
	if (chan)
		nouveau_channel_close(chan);
	mutex_unlock(&client->lock);
	return chan ? 0 : -ENOENT;
}
