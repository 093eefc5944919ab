// SPDX-License-Identifier: GPL-2.0
/*
 * Which fake GPUs there are, and those that are platform devices; those on PCI are in pci.c.
 *
 * Each is the parent of a DRM device, which sysfs can unbind and bind: that is how a GPU is unplugged.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fake.h"

/* The parents' names: "fake-" and the name of the driver. */
static const struct platform_device_id ids[] = {
	{ "fake-amdgpu" },
	{ "fake-i915" },
	{ "fake-mtgpu" },
	{ "fake-nouveau" },
	{ "fake-nvidia-drm" },
	{ "fake-xe" },
	{ }
};

static const struct fake_vendor *const vendors[] = {
	&fake_amdgpu,
	&fake_i915,
	&fake_mtgpu,
	&fake_nouveau,
	&fake_nvidia_drm,
	&fake_xe,
};

static_assert(ARRAY_SIZE(vendors) + 1 == ARRAY_SIZE(ids));

#define MAX_GPUS 16

static char *vendor_names = "all";
module_param_named(vendors, vendor_names, charp, 0444);
MODULE_PARM_DESC(vendors, "Names of drivers, separated by commas, each for one GPU; all is one of each");

unsigned long fake_vram_mb = 256;
module_param_named(vram_mb, fake_vram_mb, ulong, 0644);
MODULE_PARM_DESC(vram_mb, "MiB of VRAM of each GPU that has VRAM (default: 256)");

unsigned long fake_visible_mb;
module_param_named(visible_mb, fake_visible_mb, ulong, 0644);
MODULE_PARM_DESC(visible_mb, "MiB of VRAM that the CPU and other devices reach, for GPUs on PCI bound from now on (default: 0, all)");

unsigned long fake_gtt_mb = 256;
module_param_named(gtt_mb, fake_gtt_mb, ulong, 0644);
MODULE_PARM_DESC(gtt_mb, "MiB of the system's memory that each GPU can map (default: 256)");

unsigned int fake_timeout_ms;
module_param_named(timeout_ms, fake_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "How long a job may run, for GPUs bound from now on (default: 0, the driver's own)");

struct workqueue_struct *fake_release_wq;

static struct platform_device *gpus[MAX_GPUS];
static unsigned int num_gpus;

static int fake_probe(struct platform_device *pdev)
{
	const char *name = platform_get_device_id(pdev)->name + strlen("fake-");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vendors); i++)
		if (!strcmp(vendors[i]->driver->name, name))
			return PTR_ERR_OR_ZERO(fake_gpu_add(&pdev->dev, vendors[i]));
	return -ENODEV;
}

static void fake_remove(struct platform_device *pdev)
{
	fake_gpu_remove(platform_get_drvdata(pdev));
}

static struct platform_driver fake_driver = {
	.probe = fake_probe,
	.remove = fake_remove,
	.id_table = ids,
	.driver = {
		.name = "mvgal_fake_vendors",
		.dev_groups = fake_fault_groups,
		.pm = pm_ptr(&fake_pm_ops),
	},
};

static int add_device(const struct fake_vendor *vendor)
{
	char name[PLATFORM_NAME_SIZE];
	struct platform_device_info info = {
		.name = name,
		.id = num_gpus,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct platform_device *pdev;

	if (num_gpus == MAX_GPUS) {
		pr_err("mvgal_fake_vendors: more than %d GPUs\n", MAX_GPUS);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "fake-%s", vendor->driver->name);
	pdev = platform_device_register_full(&info);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	gpus[num_gpus++] = pdev;
	return 0;
}

static bool is_word(const char *word, const char *start, const char *end)
{
	return strlen(word) == end - start && !strncmp(word, start, end - start);
}

/* Whether a vendor is named, by the driver or in short: nvidia is nvidia-drm. */
static bool is_named(const struct fake_vendor *vendor, const char *start, const char *end)
{
	const char *name = vendor->driver->name;

	return is_word("all", start, end) || is_word(name, start, end) ||
		(!strcmp(name, "nvidia-drm") && is_word("nvidia", start, end));
}

/**
 * fake_vendor_named() - find a vendor
 * @name: of its driver, or in short
 * @length: bytes of @name
 *
 * Return: the vendor or NULL.
 */
const struct fake_vendor *fake_vendor_named(const char *name, size_t length)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vendors); i++)
		if (!is_word("all", name, name + length) && is_named(vendors[i], name, name + length))
			return vendors[i];
	return NULL;
}

static int add_devices(void)
{
	const char *name = vendor_names, *end;
	unsigned int i;
	int ret;

	for (; *name; name = *end ? end + 1 : end) {
		bool found = false;

		end = strchrnul(name, ',');
		for (i = 0; i < ARRAY_SIZE(vendors); i++) {
			if (!is_named(vendors[i], name, end))
				continue;
			found = true;
			ret = add_device(vendors[i]);
			if (ret)
				return ret;
		}
		if (!found) {
			pr_err("mvgal_fake_vendors: no driver is called '%.*s'\n",
			       (int)(end - name), name);
			return -EINVAL;
		}
	}
	return 0;
}

static void remove_devices(void)
{
	while (num_gpus)
		platform_device_unregister(gpus[--num_gpus]);
}

static int __init fake_init(void)
{
	int ret;

	fake_release_wq = alloc_workqueue("mvgal_fake_release", WQ_UNBOUND, 0);
	if (!fake_release_wq)
		return -ENOMEM;
	ret = platform_driver_register(&fake_driver);
	if (ret)
		goto err_wq;
	ret = add_devices();
	if (ret)
		goto err_devices;
	ret = pci_register_driver(&fake_pci_driver);
	if (ret)
		goto err_devices;
	return 0;

err_devices:
	remove_devices();
	platform_driver_unregister(&fake_driver);
	fake_gpus_wait();
err_wq:
	destroy_workqueue(fake_release_wq);
	return ret;
}
module_init(fake_init);

static void __exit fake_exit(void)
{
	pci_unregister_driver(&fake_pci_driver);
	remove_devices();
	platform_driver_unregister(&fake_driver);
	fake_gpus_wait();
	destroy_workqueue(fake_release_wq);
}
module_exit(fake_exit);

MODULE_DESCRIPTION("Stand-ins for the DRM drivers of GPU vendors, for tests");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
