// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand: attributes of the parent device, in the directory "fault" there.
 *
 *   enomem   so many allocations of buffer objects fail with ENOMEM
 *   submit   so many submissions fail with ENOMEM, when all else is right
 *   again    so many submissions to amdgpu are to be made again (EAGAIN), as when page tables
 *            have changed meanwhile
 *   eio      so many jobs are executed, but their fences get the error EIO
 *   hang     so many jobs hang instead of being executed, until the driver's time-out
 *   import   so many imports of another device's dma-buf fail: PRIME_FD_TO_HANDLE, when the client
 *            has no handle for it yet
 *   map      so many mappings of an imported buffer fail that come later: in a submission
 *   map_by_other
 *            so many mappings of this device's dma-bufs by another one fail
 *   resume   so many times the device fails to wake up, if it sleeps as power/control allows; and then
 *            always, as the kernel does not try again after an error
 *   asleep   1: what attaches to this device's dma-bufs from now on does not reach the VRAM of an amdgpu,
 *            as if that slept
 *   slow_us  every job takes so many microseconds longer, until it is 0 again
 *   bind_us  binds of xe are over so many microseconds later, which is when their syncs signal
 *   stall_us every submission waits so many microseconds before it reads what the client gave
 *   reset    written "1" or "vram_lost": all engines are reset, with the contents of VRAM lost
 *
 * import, map, map_by_other and resume fail with ENOMEM, or with the errno whose number follows the
 * count: "1 95" is once, with EOPNOTSUPP.
 *
 * and, to read only:
 *
 *   resets, page_faults, jobs_done, moved, peer_read, peer_written, lost, disturbed, vram_pinned,
 *   vram_used, visible_used, gtt_used, system_used
 *
 * A device is unplugged by writing its name to "unbind" of the driver, and comes back by "bind".
 */
#include <linux/delay.h>
#include <linux/sysfs.h>

#include "fake.h"

/**
 * fake_fault_take() - whether something is to go wrong now
 * @gpu: the device
 * @fault: what
 *
 * Return: true as many times as was asked for.
 */
bool fake_fault_take(struct fake_gpu *gpu, enum fake_fault fault)
{
	return atomic_add_unless(&gpu->faults[fault], -1, 0);
}

/**
 * fake_fault_error() - how something is to go wrong now
 * @gpu: the device
 * @fault: what, of those whose error can be chosen
 *
 * Return: the error as many times as was asked for, a negative errno; then 0.
 */
int fake_fault_error(struct fake_gpu *gpu, enum fake_fault fault)
{
	return fake_fault_take(gpu, fault) ? READ_ONCE(gpu->fault_errors[fault]) : 0;
}

/**
 * fake_fault_stall() - waits as long as submissions are to wait
 * @gpu: the device
 *
 * To be called before anything of the client's is read.
 */
void fake_fault_stall(struct fake_gpu *gpu)
{
	unsigned int us = READ_ONCE(gpu->stall_us);

	if (us)
		fsleep(us);
}

static struct fake_gpu *dev_gpu(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t count_show(struct device *dev, char *buf, enum fake_fault fault)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&dev_gpu(dev)->faults[fault]));
}

static ssize_t count_store(struct device *dev, const char *buf, size_t size, enum fake_fault fault)
{
	unsigned int count;
	int ret;

	ret = kstrtouint(buf, 0, &count);
	if (ret)
		return ret;
	if (count > INT_MAX)
		return -ERANGE;
	atomic_set(&dev_gpu(dev)->faults[fault], count);
	return size;
}

static ssize_t count_error_store(struct device *dev, const char *buf, size_t size,
				 enum fake_fault fault)
{
	unsigned int count, error = ENOMEM;
	char end;
	int n;

	n = sscanf(buf, "%u %u %c", &count, &error, &end);
	if (n != 1 && n != 2)
		return -EINVAL;
	if (count > INT_MAX || !error || error > MAX_ERRNO)
		return -ERANGE;
	WRITE_ONCE(dev_gpu(dev)->fault_errors[fault], -(int)error);
	atomic_set(&dev_gpu(dev)->faults[fault], count);
	return size;
}

#define COUNT(name, fault, store) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{ \
	return count_show(dev, buf, fault); \
} \
static ssize_t name##_store(struct device *dev, struct device_attribute *attr, const char *buf, \
			    size_t size) \
{ \
	return store(dev, buf, size, fault); \
} \
static DEVICE_ATTR_RW(name)

COUNT(enomem, FAKE_FAULT_ENOMEM, count_store);
COUNT(submit, FAKE_FAULT_SUBMIT, count_store);
COUNT(again, FAKE_FAULT_AGAIN, count_store);
COUNT(eio, FAKE_FAULT_EIO, count_store);
COUNT(hang, FAKE_FAULT_HANG, count_store);
COUNT(import, FAKE_FAULT_IMPORT, count_error_store);
COUNT(map, FAKE_FAULT_MAP, count_error_store);
COUNT(map_by_other, FAKE_FAULT_MAP_BY_OTHER, count_error_store);
COUNT(resume, FAKE_FAULT_RESUME, count_error_store);

static ssize_t us_store(const char *buf, size_t size, unsigned int *us)
{
	unsigned int value;
	int ret;

	ret = kstrtouint(buf, 0, &value);
	if (ret)
		return ret;
	WRITE_ONCE(*us, value);
	return size;
}

#define MICROSECONDS(name) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{ \
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_gpu(dev)->name)); \
} \
static ssize_t name##_store(struct device *dev, struct device_attribute *attr, const char *buf, \
			    size_t size) \
{ \
	return us_store(buf, size, &dev_gpu(dev)->name); \
} \
static DEVICE_ATTR_RW(name)

static ssize_t asleep_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(dev_gpu(dev)->asleep));
}

static ssize_t asleep_store(struct device *dev, struct device_attribute *attr, const char *buf,
			    size_t size)
{
	bool asleep;
	int ret;

	ret = kstrtobool(buf, &asleep);
	if (ret)
		return ret;
	WRITE_ONCE(dev_gpu(dev)->asleep, asleep);
	return size;
}
static DEVICE_ATTR_RW(asleep);

/*
 * The device says that an IOMMU translates its addresses. None does in a kernel without CONFIG_IOMMU_DMA,
 * which does not look.
 */
static ssize_t iommu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", dev_dma_iommu(dev));
}

static ssize_t iommu_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t size)
{
	bool iommu;
	int ret;

	if (IS_ENABLED(CONFIG_IOMMU_DMA))
		return -EOPNOTSUPP;
	ret = kstrtobool(buf, &iommu);
	if (ret)
		return ret;
	dev_assign_dma_iommu(dev, iommu);
	return size;
}
static DEVICE_ATTR_RW(iommu);

MICROSECONDS(slow_us);
MICROSECONDS(bind_us);
MICROSECONDS(stall_us);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t size)
{
	if (sysfs_streq(buf, "1"))
		fake_gpu_reset(dev_gpu(dev), false);
	else if (sysfs_streq(buf, "vram_lost"))
		fake_gpu_reset(dev_gpu(dev), true);
	else
		return -EINVAL;
	return size;
}
static DEVICE_ATTR_WO(reset);

#define NUMBER(name, expr) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{ \
	struct fake_gpu *gpu = dev_gpu(dev); \
	return sysfs_emit(buf, "%llu\n", (u64)(expr)); \
} \
static DEVICE_ATTR_RO(name)

NUMBER(resets, atomic_read(&gpu->resets));
NUMBER(page_faults, atomic_read(&gpu->page_faults));
NUMBER(jobs_done, atomic64_read(&gpu->jobs_done));
NUMBER(moved, atomic64_read(&gpu->moved));
NUMBER(peer_read, atomic64_read(&gpu->peer_read));
NUMBER(peer_written, atomic64_read(&gpu->peer_written));
NUMBER(lost, atomic64_read(&gpu->lost));
NUMBER(disturbed, atomic_read(&gpu->disturbed));
NUMBER(vram_pinned, fake_memory_pinned(gpu, FAKE_VRAM));
NUMBER(vram_used, fake_memory_used(gpu, FAKE_VRAM));
NUMBER(visible_used, fake_vram_visible_used(gpu));
NUMBER(gtt_used, fake_memory_used(gpu, FAKE_GTT));
NUMBER(system_used, fake_memory_used(gpu, FAKE_SYSTEM));

static struct attribute *fault_attrs[] = {
	&dev_attr_enomem.attr,
	&dev_attr_submit.attr,
	&dev_attr_again.attr,
	&dev_attr_eio.attr,
	&dev_attr_hang.attr,
	&dev_attr_import.attr,
	&dev_attr_map.attr,
	&dev_attr_map_by_other.attr,
	&dev_attr_resume.attr,
	&dev_attr_asleep.attr,
	&dev_attr_iommu.attr,
	&dev_attr_slow_us.attr,
	&dev_attr_bind_us.attr,
	&dev_attr_stall_us.attr,
	&dev_attr_reset.attr,
	&dev_attr_resets.attr,
	&dev_attr_page_faults.attr,
	&dev_attr_jobs_done.attr,
	&dev_attr_moved.attr,
	&dev_attr_peer_read.attr,
	&dev_attr_peer_written.attr,
	&dev_attr_lost.attr,
	&dev_attr_disturbed.attr,
	&dev_attr_vram_pinned.attr,
	&dev_attr_vram_used.attr,
	&dev_attr_visible_used.attr,
	&dev_attr_gtt_used.attr,
	&dev_attr_system_used.attr,
	NULL,
};

static const struct attribute_group fault_group = {
	.name = "fault",
	.attrs = fault_attrs,
};

const struct attribute_group *fake_fault_groups[] = {
	&fault_group,
	NULL,
};
