/*
 * Leaves a capturing device at a format and an interval between its pictures, as another program might have.
 *
 *   format DEVICE FOURCC NUMERATOR DENOMINATOR
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int count, char **arguments)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_streamparm rate = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	unsigned int wanted;
	int device;

	if (count != 5 || strlen(arguments[2]) != 4) {
		fprintf(stderr, "format: usage: format DEVICE FOURCC NUMERATOR DENOMINATOR\n");
		return 2;
	}
	wanted = v4l2_fourcc(arguments[2][0], arguments[2][1], arguments[2][2], arguments[2][3]);
	device = open(arguments[1], O_RDWR);
	if (device < 0 || ioctl(device, VIDIOC_G_FMT, &format) != 0) {
		perror(arguments[1]);
		return 1;
	}
	format.fmt.pix.pixelformat = wanted;
	rate.parm.capture.timeperframe.numerator = atoi(arguments[3]);
	rate.parm.capture.timeperframe.denominator = atoi(arguments[4]);
	if (ioctl(device, VIDIOC_S_FMT, &format) != 0 || ioctl(device, VIDIOC_S_PARM, &rate) != 0) {
		perror(arguments[1]);
		return 1;
	}
	if (format.fmt.pix.pixelformat != wanted) {
		fprintf(stderr, "format: %s does not take %s\n", arguments[1], arguments[2]);
		return 1;
	}
	printf("%s %u/%u\n", arguments[2], rate.parm.capture.timeperframe.numerator,
	       rate.parm.capture.timeperframe.denominator);
	return 0;
}
