// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions and macros that Rust cannot call, as functions: what
 * rust/helpers/ is to the `kernel` crate.  Grouped by header, sorted
 * alphabetically.
 */

#include <asm/barrier.h>
#include <drm/drm_gem.h>
#include <drm/drm_syncobj.h>
#include <linux/cc_platform.h>
#include <linux/cgroup_dmem.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/dma-fence-chain.h>
#include <linux/dma-fence.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>
#include <linux/ww_mutex.h>

/* bindgen ignores inline functions, and warns of missing prototypes otherwise. */
#ifdef __BINDGEN__
#define __shim
#else
#define __shim __visible
#endif

/* asm/barrier.h */

__shim void mvgal_shim_wmb(void)
{
	wmb();
}

/* drm/drm_gem.h */

__shim void mvgal_shim_drm_gem_object_put(struct drm_gem_object *obj)
{
	drm_gem_object_put(obj);
}

/* drm/drm_syncobj.h */

__shim void mvgal_shim_drm_syncobj_get(struct drm_syncobj *obj)
{
	drm_syncobj_get(obj);
}

__shim void mvgal_shim_drm_syncobj_put(struct drm_syncobj *obj)
{
	drm_syncobj_put(obj);
}

__shim struct dma_fence *
mvgal_shim_drm_syncobj_fence_get(struct drm_syncobj *obj)
{
	return drm_syncobj_fence_get(obj);
}

/*
 * As drm_syncobj_replace_fence(), if the object still has the fence @old.  Those
 * who wait for a point without a fence need not be told: none gets one.
 */
__shim bool mvgal_shim_drm_syncobj_cmpxchg_fence(struct drm_syncobj *obj,
						 struct dma_fence *old,
						 struct dma_fence *fence)
{
	bool same;

	spin_lock(&obj->lock);
	same = rcu_access_pointer(obj->fence) == old;
	if (same)
		rcu_assign_pointer(obj->fence, dma_fence_get(fence));
	spin_unlock(&obj->lock);
	if (same)
		dma_fence_put(old);
	return same;
}

/* linux/cc_platform.h */

__shim bool mvgal_shim_guest_unrolls_string_io(void)
{
	return cc_platform_has(CC_ATTR_GUEST_UNROLL_STRING_IO);
}

/* linux/cgroup_dmem.h */

__shim struct dmem_cgroup_region *mvgal_shim_dmem_register(u64 size,
							   const char *name)
{
	struct dmem_cgroup_init init = { .size = size };

	return dmem_cgroup_register_region(&init, "%s", name);
}

__shim int mvgal_shim_dmem_try_charge(struct dmem_cgroup_region *region,
				      u64 size,
				      struct dmem_cgroup_pool_state **pool)
{
	return dmem_cgroup_try_charge(region, size, pool, NULL);
}

__shim void mvgal_shim_dmem_uncharge(struct dmem_cgroup_pool_state *pool,
				     u64 size)
{
	dmem_cgroup_uncharge(pool, size);
}

__shim void mvgal_shim_dmem_unregister(struct dmem_cgroup_region *region)
{
	dmem_cgroup_unregister_region(region);
}

/* linux/cred.h */

__shim const struct cred *mvgal_shim_override_creds(const struct cred *cred)
{
	return override_creds(cred);
}

__shim const struct cred *mvgal_shim_revert_creds(const struct cred *cred)
{
	return revert_creds(cred);
}

/* linux/device.h */

__shim int mvgal_shim_dev_to_node(struct device *dev)
{
	return dev_to_node(dev);
}

/* linux/dma-map-ops.h */

/* As dma_go_direct() in kernel/dma/mapping.c, the other way round. */
__shim bool mvgal_shim_dma_is_translated(struct device *dev)
{
	return dev_dma_iommu(dev) ||
	       (get_dma_ops(dev) && !dev_dma_ops_bypass(dev));
}

/* linux/dma-fence.h */

__shim bool mvgal_shim_dma_fence_begin_signalling(void)
{
	return dma_fence_begin_signalling();
}

__shim void mvgal_shim_dma_fence_end_signalling(bool cookie)
{
	dma_fence_end_signalling(cookie);
}

__shim void mvgal_shim_dma_fence_get(struct dma_fence *fence)
{
	dma_fence_get(fence);
}

__shim bool mvgal_shim_dma_fence_is_signaled(struct dma_fence *fence)
{
	return dma_fence_is_signaled(fence);
}

__shim void mvgal_shim_dma_fence_put(struct dma_fence *fence)
{
	dma_fence_put(fence);
}

__shim void mvgal_shim_dma_fence_set_error(struct dma_fence *fence, int error)
{
	dma_fence_set_error(fence, error);
}

/*
 * The error of a fence that was seen to be signalled, without its lock: the
 * barrier pairs with the one in the test_and_set_bit() of the signalling side,
 * which comes after the error was stored.
 */
__shim int mvgal_shim_dma_fence_signaled_error(struct dma_fence *fence)
{
	smp_rmb();
	return READ_ONCE(fence->error);
}

__shim bool mvgal_shim_dma_fence_test_signaled_flag(struct dma_fence *fence)
{
	return dma_fence_test_signaled_flag(fence);
}

__shim ktime_t mvgal_shim_dma_fence_timestamp(struct dma_fence *fence)
{
	return dma_fence_timestamp(fence);
}

/* linux/dma-fence-chain.h */

__shim struct dma_fence_chain *mvgal_shim_dma_fence_chain_alloc(void)
{
	/* As dma_fence_chain_alloc(), but charged to who asks for it. */
	return kmalloc(sizeof(struct dma_fence_chain), GFP_KERNEL_ACCOUNT);
}

__shim void mvgal_shim_dma_fence_chain_free(struct dma_fence_chain *chain)
{
	dma_fence_chain_free(chain);
}

__shim struct dma_fence *
mvgal_shim_dma_fence_chain_contained(struct dma_fence *fence)
{
	return dma_fence_chain_contained(fence);
}

__shim bool mvgal_shim_dma_fence_is_chain(struct dma_fence *fence)
{
	return dma_fence_is_chain(fence);
}

/* linux/dma-resv.h */

__shim void mvgal_shim_dma_resv_iter_begin(struct dma_resv_iter *cursor,
					   struct dma_resv *obj,
					   enum dma_resv_usage usage)
{
	dma_resv_iter_begin(cursor, obj, usage);
}

__shim void mvgal_shim_dma_resv_lock_slow(struct dma_resv *obj,
					   struct ww_acquire_ctx *ctx)
{
	dma_resv_lock_slow(obj, ctx);
}

__shim enum dma_resv_usage mvgal_shim_dma_resv_usage_rw(bool write)
{
	return dma_resv_usage_rw(write);
}

/* linux/mm.h */

__shim unsigned long mvgal_shim_totalram_pages(void)
{
	return totalram_pages();
}

/* linux/pci-p2pdma.h */

__shim bool mvgal_shim_pci_has_p2pdma(struct pci_dev *pdev)
{
#ifdef CONFIG_PCI_P2PDMA
	return rcu_access_pointer(pdev->p2pdma);
#else
	return false;
#endif
}

__shim int mvgal_shim_pci_p2pdma_distance(struct pci_dev *provider,
					  struct pci_dev *client)
{
	struct device *dev = &client->dev;

	return pci_p2pdma_distance_many(provider, &dev, 1, false);
}

/* linux/notifier.h */

__shim int mvgal_shim_notifier_from_errno(int err)
{
	return notifier_from_errno(err);
}

/* linux/pci.h */

__shim u64 mvgal_shim_pci_memory_bar_len(struct pci_dev *pdev, int bar)
{
	if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return 0;
	return pci_resource_len(pdev, bar);
}

/* linux/pm_runtime.h */

__shim int mvgal_shim_pm_runtime_get_sync(struct device *dev)
{
	return pm_runtime_get_sync(dev);
}

__shim void mvgal_shim_pm_runtime_put_autosuspend(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

/* linux/sched.h */

__shim void mvgal_shim_cond_resched(void)
{
	cond_resched();
}

/* linux/string.h */

__shim void mvgal_shim_memcpy_flushcache(void *dst, const void *src, size_t len)
{
	memcpy_flushcache(dst, src, len);
}

__shim void mvgal_shim_memset16(u16 *s, u16 v, size_t count)
{
	memset16(s, v, count);
}

__shim void mvgal_shim_memset32(u32 *s, u32 v, size_t count)
{
	memset32(s, v, count);
}

__shim void mvgal_shim_memset64(u64 *s, u64 v, size_t count)
{
	memset64(s, v, count);
}

/* The namespaces of what this crate calls. */
MODULE_IMPORT_NS("DMA_BUF");

/* linux/suspend.h */

__shim int mvgal_shim_register_pm_notifier(struct notifier_block *nb)
{
	return register_pm_notifier(nb);
}

__shim int mvgal_shim_unregister_pm_notifier(struct notifier_block *nb)
{
	return unregister_pm_notifier(nb);
}

/* linux/workqueue.h */

__shim void mvgal_shim_init_delayed_work(struct delayed_work *work,
					 work_func_t func)
{
	INIT_DELAYED_WORK(work, func);
}

__shim void mvgal_shim_mod_delayed_work_ns(struct delayed_work *work,
					   u64 delay_ns)
{
	/* Not before that time, and no further ahead than jiffies can tell. */
	u64 delay = min_t(u64, nsecs_to_jiffies64(delay_ns),
			  MAX_JIFFY_OFFSET - 1);

	mod_delayed_work(system_dfl_wq, work, delay + 1);
}

/* linux/ww_mutex.h */

__shim void mvgal_shim_ww_acquire_fini(struct ww_acquire_ctx *ctx)
{
	ww_acquire_fini(ctx);
}

__shim void mvgal_shim_ww_acquire_init(struct ww_acquire_ctx *ctx,
				       struct ww_class *ww_class)
{
	ww_acquire_init(ctx, ww_class);
}
