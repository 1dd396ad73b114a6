// SPDX-License-Identifier: GPL-2.0
/*
 * Loads the driver of the firmware's own camera, bcm2835-v4l2, where the firmware was started with it
 * (`start_x=1` in config.txt). By its alias the driver would be loaded on each Pi, and complain in the log where
 * the firmware has no camera.
 */
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/of.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

/* The kernel's header does not have this property: which of its files the firmware was started from. */
#define GET_FIRMWARE_VARIANT 0x00000002
/* start_x.elf or start4x.elf; the others have no camera. */
#define VARIANT_START_X 2

static int __init firmware_camera_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "raspberrypi,bcm2835-firmware");
	struct rpi_firmware *firmware;
	/* A firmware that does not know the property leaves the word as it is. */
	u32 variant = 0;

	if (!node)
		return -ENODEV;
	firmware = rpi_firmware_get(node);
	of_node_put(node);
	if (!firmware)
		return -ENODEV;
	if (!rpi_firmware_property(firmware, GET_FIRMWARE_VARIANT, &variant, sizeof(variant)) &&
	    variant == VARIANT_START_X) {
		/* Nobody waits for it, since nobody knows how long the firmware takes to answer. */
		int error = request_module_nowait("bcm2835-v4l2");

		if (error)
			pr_err("firmware_camera: bcm2835-v4l2 cannot be asked for: %d\n", error);
	}
	rpi_firmware_put(firmware);
	return 0;
}

static void __exit firmware_camera_exit(void)
{
}

module_init(firmware_camera_init);
module_exit(firmware_camera_exit);
MODULE_DESCRIPTION("Loads bcm2835-v4l2 where a Raspberry Pi's firmware has a camera");
MODULE_LICENSE("GPL");
