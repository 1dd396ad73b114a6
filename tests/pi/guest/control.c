/*
 * Sets a control of a video device by its name, such as vivid's injected faults.
 *
 *   control DEVICE NAME VALUE
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int count, char **arguments)
{
	struct v4l2_queryctrl found = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	int device;

	if (count != 4) {
		fprintf(stderr, "control: usage: control DEVICE NAME VALUE\n");
		return 2;
	}
	device = open(arguments[1], O_RDWR);
	if (device < 0) {
		perror(arguments[1]);
		return 1;
	}
	while (ioctl(device, VIDIOC_QUERYCTRL, &found) == 0) {
		struct v4l2_control wanted = { .id = found.id, .value = atoi(arguments[3]) };

		if (strcmp((const char *)found.name, arguments[2]) == 0) {
			if (ioctl(device, VIDIOC_S_CTRL, &wanted) == 0)
				return 0;
			perror(arguments[2]);
			return 1;
		}
		found.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	fprintf(stderr, "control: %s has no control `%s`\n", arguments[1], arguments[2]);
	return 1;
}
