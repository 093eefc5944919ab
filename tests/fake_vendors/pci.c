// SPDX-License-Identifier: GPL-2.0
/*
 * Fake GPUs that are PCI functions: the ivshmem devices of QEMU, whose BAR is memory and nothing else.
 * "scripts/lab/vm --p2p" puts them behind a switch. The n-th of them is of the n-th vendor that the
 * parameter "pci" names.
 */
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fake.h"

#define PCI_DEVICE_ID_IVSHMEM 0x1110

static char *vendor_names = "";
module_param_named(pci, vendor_names, charp, 0444);
MODULE_PARM_DESC(pci, "Names of drivers, separated by commas, for the ivshmem devices on PCI, in their order");

/* The vendor of a function, or NULL. */
static const struct fake_vendor *vendor_of(struct pci_dev *pdev)
{
	const char *name = vendor_names, *end;
	struct pci_dev *at = NULL;

	while ((at = pci_get_device(pdev->vendor, pdev->device, at)) && at != pdev) {
		name = strchrnul(name, ',');
		if (*name)
			name++;
	}
	pci_dev_put(at);
	end = strchrnul(name, ',');
	return fake_vendor_named(name, end - name);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct fake_vendor *vendor = vendor_of(pdev);
	int ret;

	if (!vendor)
		return -ENODEV;
	if (!vendor->on_pci) {
		pci_err(pdev, "%s is not made for PCI\n", vendor->driver->name);
		return -EINVAL;
	}
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	pci_set_master(pdev);
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	return PTR_ERR_OR_ZERO(fake_gpu_add(&pdev->dev, vendor));
}

static void remove(struct pci_dev *pdev)
{
	fake_gpu_remove(pci_get_drvdata(pdev));
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, PCI_DEVICE_ID_IVSHMEM) },
	{ }
};

struct pci_driver fake_pci_driver = {
	.name = "mvgal_fake_vendors",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.dev_groups = fake_fault_groups,
	.driver.pm = pm_ptr(&fake_pm_ops),
};
