// SPDX-License-Identifier: GPL-2.0
/*
 * What is common to the submissions of the second UAPI of the fake nouveau, EXEC and VM_BIND:
 * nouveau_sched.c of the real one. See nouveau.c.
 */
#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <drm/drm_syncobj.h>

#include "nouveau.h"

void nouveau_syncs_free(struct nouveau_syncs *syncs)
{
	u32 i;

	for (i = 0; i < syncs->num_out; i++) {
		if (syncs->objs && syncs->objs[i])
			drm_syncobj_put(syncs->objs[i]);
		if (syncs->chains)
			dma_fence_chain_free(syncs->chains[i]);
	}
	kvfree(syncs->chains);
	kvfree(syncs->objs);
	kvfree(syncs->out);
	kvfree(syncs->in);
}

int nouveau_syncs_copy(struct nouveau_syncs *syncs, u64 in, u32 num_in, u64 out, u32 num_out)
{
	memset(syncs, 0, sizeof(*syncs));
	if (num_in) {
		syncs->in = nouveau_copy_array(in, num_in, sizeof(*syncs->in));
		if (IS_ERR(syncs->in)) {
			int ret = PTR_ERR(syncs->in);

			syncs->in = NULL;
			return ret;
		}
		syncs->num_in = num_in;
	}
	if (num_out) {
		syncs->out = nouveau_copy_array(out, num_out, sizeof(*syncs->out));
		if (IS_ERR(syncs->out)) {
			int ret = PTR_ERR(syncs->out);

			syncs->out = NULL;
			nouveau_syncs_free(syncs);
			return ret;
		}
		syncs->num_out = num_out;
	}
	return 0;
}

/* nouveau_job_add_deps() and sync_find_fence() in nouveau_sched.c */
int nouveau_syncs_await(struct nouveau_syncs *syncs, struct fake_job *job, struct drm_file *file)
{
	u32 i;

	for (i = 0; i < syncs->num_in; i++) {
		struct drm_nouveau_sync *sync = &syncs->in[i];
		u32 type = sync->flags & DRM_NOUVEAU_SYNC_TYPE_MASK;
		struct dma_fence *fence;
		int ret;

		if (type != DRM_NOUVEAU_SYNC_SYNCOBJ && type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			return -EOPNOTSUPP;
		ret = drm_syncobj_find_fence(file, sync->handle,
					     type == DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ ?
					     sync->timeline_value : 0, 0, &fence);
		if (!ret)
			ret = drm_sched_job_add_dependency(&job->base, fence);
		if (ret)
			return ret;
	}
	return 0;
}

/* nouveau_job_fence_attach_prepare() in nouveau_sched.c */
int nouveau_syncs_prepare(struct nouveau_syncs *syncs, struct drm_file *file)
{
	u32 i;

	syncs->objs = kvcalloc(max(syncs->num_out, 1u), sizeof(*syncs->objs), GFP_KERNEL);
	syncs->chains = kvcalloc(max(syncs->num_out, 1u), sizeof(*syncs->chains), GFP_KERNEL);
	if (!syncs->objs || !syncs->chains)
		return -ENOMEM;
	for (i = 0; i < syncs->num_out; i++) {
		u32 type = syncs->out[i].flags & DRM_NOUVEAU_SYNC_TYPE_MASK;

		if (type != DRM_NOUVEAU_SYNC_SYNCOBJ && type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			return -EINVAL;
		syncs->objs[i] = drm_syncobj_find(file, syncs->out[i].handle);
		if (!syncs->objs[i])
			return -ENOENT;
		if (type != DRM_NOUVEAU_SYNC_TIMELINE_SYNCOBJ)
			continue;
		syncs->chains[i] = dma_fence_chain_alloc();
		if (!syncs->chains[i])
			return -ENOMEM;
	}
	return 0;
}

/* nouveau_job_fence_attach() in nouveau_sched.c */
static void syncs_signal(struct nouveau_syncs *syncs, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < syncs->num_out; i++) {
		if (syncs->chains[i])
			drm_syncobj_add_point(syncs->objs[i], syncs->chains[i], fence,
					      syncs->out[i].timeline_value);
		else
			drm_syncobj_replace_fence(syncs->objs[i], fence);
		syncs->chains[i] = NULL;
	}
}

/* All objects that are mapped, and the one that has the dma_resv of those that are not shared. */
int nouveau_job_take_mapped(struct nouveau_client *client, struct fake_job *job)
{
	struct drm_gem_object *root = &client->vm->root->shmem.base;
	unsigned int i;

	job->table = fake_vm_table_get(client->vm);
	if (IS_ERR(job->table)) {
		int ret = PTR_ERR(job->table);

		job->table = NULL;
		return ret;
	}
	job->bos = kvcalloc(job->table->count + 1, sizeof(*job->bos), GFP_KERNEL);
	if (!job->bos)
		return -ENOMEM;
	drm_gem_object_get(root);
	job->bos[job->num_bos++] = root;
	for (i = 0; i < job->table->count; i++) {
		struct fake_bo *bo = job->table->mapping[i]->bo;

		if (!bo)
			continue;
		drm_gem_object_get(&bo->shmem.base);
		job->bos[job->num_bos++] = &bo->shmem.base;
	}
	job->num_bos = fake_bos_sort(job->bos, job->num_bos);
	return 0;
}

/* nouveau_job_submit() in nouveau_sched.c, with the objects of the job */
int nouveau_job_submit(struct nouveau_client *client, struct fake_job *job,
		       struct nouveau_syncs *syncs, enum dma_resv_usage usage,
		       struct dma_fence **fence)
{
	struct fake_lock lock;
	struct dma_fence *done;
	unsigned int i;
	int ret;

	ret = fake_bos_lock(&lock, job->bos, job->num_bos, 1);
	if (ret)
		return ret;
	if (fake_fault_take(client->gpu, FAKE_FAULT_SUBMIT)) {
		fake_bos_unlock(&lock);
		return -ENOMEM;
	}
	done = fake_job_arm(job);
	for (i = 0; i < lock.count; i++)
		dma_resv_add_fence(lock.objs[i]->resv, done, usage);
	syncs_signal(syncs, done);
	if (fence)
		*fence = dma_fence_get(done);
	fake_job_push(job);
	fake_bos_unlock(&lock);
	return 0;
}
