// SPDX-License-Identifier: GPL-2.0
/* EXEC of the fake nouveau: nouveau_exec.c of the real one. See nouveau.c. */
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "nouveau.h"

static int exec_submit(struct nouveau_client *client, struct drm_file *file,
		       struct nouveau_channel *chan, struct drm_nouveau_exec_push *push, u32 count,
		       struct nouveau_syncs *syncs)
{
	struct fake_job *job;
	unsigned int i;
	int ret;

	/* nouveau_exec_job_init() in nouveau_exec.c */
	for (i = 0; i < count; i++)
		if (push[i].va_len > PUSH_MAX_LENGTH)
			return -EINVAL;
	job = nouveau_channel_job(client, chan, file, count);
	if (IS_ERR(job))
		return PTR_ERR(job);
	for (i = 0; i < count; i++)
		nouveau_add_push(job, push[i].va, push[i].va_len);
	ret = nouveau_syncs_await(syncs, job, file);
	if (!ret)
		ret = nouveau_syncs_prepare(syncs, file);
	if (!ret)
		ret = nouveau_job_take_mapped(client, job);
	/* drm_gpuvm_exec_validate(): nouveau_uvmm_bo_validate() in nouveau_uvmm.c */
	for (i = 0; !ret && i < job->num_bos; i++) {
		struct fake_bo *bo = to_fake_bo(job->bos[i]);

		ret = nouveau_bo_place(bo, nouveau_regions_of(nouveau_valid_domains(bo)));
	}
	if (!ret)
		ret = nouveau_job_submit(client, job, syncs, DMA_RESV_USAGE_WRITE, NULL);
	if (ret)
		fake_job_cancel(job);
	return ret;
}

/* nouveau_exec_ioctl_exec() in nouveau_exec.c */
int nouveau_exec(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct nouveau_client *client = file->driver_priv;
	struct drm_nouveau_exec_push *push = NULL;
	struct drm_nouveau_exec *args = data;
	struct nouveau_channel *chan;
	struct nouveau_syncs syncs;
	int ret;

	fake_fault_stall(to_fake_gpu(drm));
	mutex_lock(&client->lock);
	ret = -ENOSYS;
	if (!client->uvmm)
		goto out;
	ret = -ENOENT;
	chan = xa_load(&client->channels, args->channel);
	if (!chan)
		goto out;
	ret = -ENODEV;
	if (READ_ONCE(chan->killed))
		goto out;
	ret = -EINVAL;
	if (args->push_count > PUSH_MAX)
		goto out;
	if (args->push_count) {
		push = nouveau_copy_array(args->push_ptr, args->push_count, sizeof(*push));
		if (IS_ERR(push)) {
			ret = PTR_ERR(push);
			goto out;
		}
	}
	ret = nouveau_syncs_copy(&syncs, args->wait_ptr, args->wait_count, args->sig_ptr, args->sig_count);
	if (!ret) {
		ret = exec_submit(client, file, chan, push, args->push_count, &syncs);
		nouveau_syncs_free(&syncs);
	}
	kvfree(push);
out:
	mutex_unlock(&client->lock);
	return ret;
}
