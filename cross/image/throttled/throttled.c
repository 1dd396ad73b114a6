// SPDX-License-Identifier: GPL-2.0
/*
 * get_throttled for Debian's kernel: has the Pi's supply been too low, or the processor too hot?
 *
 * The file has the place and the form that it has on Raspberry Pi OS:
 * /sys/devices/platform/soc/soc:firmware/get_throttled, the firmware's word in hexadecimal digits.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

static struct platform_device *board;
static struct rpi_firmware *firmware;

static ssize_t get_throttled_show(struct device *device, struct device_attribute *attribute, char *text)
{
	/* As asked with 0, the firmware keeps what has happened since the start. */
	u32 word = 0;
	int error = rpi_firmware_property(firmware, RPI_FIRMWARE_GET_THROTTLED, &word, sizeof(word));

	return error ? error : sysfs_emit(text, "%x\n", word);
}
static DEVICE_ATTR_RO(get_throttled);

static int __init throttled_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "raspberrypi,bcm2835-firmware");
	int error = -ENODEV;

	if (!node)
		return -ENODEV;
	board = of_find_device_by_node(node);
	if (board)
		firmware = rpi_firmware_get(node);
	of_node_put(node);
	if (firmware)
		error = device_create_file(&board->dev, &dev_attr_get_throttled);
	if (error) {
		if (firmware)
			rpi_firmware_put(firmware);
		if (board)
			put_device(&board->dev);
	}
	return error;
}

static void __exit throttled_exit(void)
{
	device_remove_file(&board->dev, &dev_attr_get_throttled);
	rpi_firmware_put(firmware);
	put_device(&board->dev);
}

module_init(throttled_init);
module_exit(throttled_exit);
MODULE_DESCRIPTION("Undervoltage and throttling of a Raspberry Pi for user space");
MODULE_LICENSE("GPL");
