// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/gpiomem for Debian's kernel, which does not have it.
 *
 * On Raspberry Pi OS this device lets the group `gpio` drive the pins without the rest of the memory.
 * Where the registers lie is taken from the device tree, so that every Pi up to the 4 is served.
 */
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>

static const char *const controllers[] = { "brcm,bcm2711-gpio", "brcm,bcm2835-gpio" };

static struct resource registers;

static int gpiomem_mmap(struct file *file, struct vm_area_struct *area)
{
	/* The pins' registers fill the beginning of one page; nothing behind it may be reached. */
	if (area->vm_pgoff != 0 || area->vm_end - area->vm_start != PAGE_SIZE)
		return -EINVAL;
	area->vm_page_prot = pgprot_noncached(area->vm_page_prot);
	return io_remap_pfn_range(area, area->vm_start, PHYS_PFN(registers.start), PAGE_SIZE,
				  area->vm_page_prot);
}

static const struct file_operations gpiomem_operations = {
	.owner = THIS_MODULE,
	.mmap = gpiomem_mmap,
};

static struct miscdevice gpiomem_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gpiomem",
	.mode = 0660,
	.fops = &gpiomem_operations,
};

static int find_registers(void)
{
	int error = -ENODEV;
	int kind;

	for (kind = 0; error && kind < ARRAY_SIZE(controllers); kind++) {
		struct device_node *node = of_find_compatible_node(NULL, NULL, controllers[kind]);

		if (node)
			error = of_address_to_resource(node, 0, &registers);
		of_node_put(node);
	}
	return error;
}

static int __init gpiomem_init(void)
{
	int error = find_registers();

	return error ? error : misc_register(&gpiomem_device);
}

static void __exit gpiomem_exit(void)
{
	misc_deregister(&gpiomem_device);
}

module_init(gpiomem_init);
module_exit(gpiomem_exit);
MODULE_DESCRIPTION("The pins' registers of a Raspberry Pi for user space");
MODULE_LICENSE("GPL");
