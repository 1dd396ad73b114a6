/*
 * A camera's picture, controlled from outside: writes JPEG files as MJPG frames into a v4l2loopback
 * device.
 *
 *   feed DEVICE WIDTH HEIGHT FPS FOLDER
 *
 * Each line on standard input is `NAME FRAMES`: the file NAME of FOLDER is shown from then on, and
 * `showing NAME` is printed when it has been handed over FRAMES times. Before the first line nothing is
 * shown.
 *
 * The pixels are the file's own. A living camera never sends the same bytes twice, and sortd calls one
 * that does frozen, so a comment is put into each frame behind its first marker. Its length changes from
 * frame to frame, which moves all other bytes, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST_BYTES = 64 * 1024, MARKER = 2, LENGTHS = 61, ROOM = 2 * MARKER + 2 + LENGTHS };

/* The file without its first marker stands behind room for that marker and a comment. */
static unsigned char buffer[ROOM + MOST_BYTES];
static size_t length;

static void give_up(const char *what)
{
	fprintf(stderr, "feed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_device(const char *path, unsigned width, unsigned height, unsigned fps)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
	struct v4l2_streamparm rate = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
	int device = open(path, O_RDWR);

	if (device < 0)
		give_up(path);
	format.fmt.pix.width = width;
	format.fmt.pix.height = height;
	format.fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
	format.fmt.pix.sizeimage = MOST_BYTES;
	format.fmt.pix.field = V4L2_FIELD_NONE;
	format.fmt.pix.colorspace = V4L2_COLORSPACE_JPEG;
	if (ioctl(device, VIDIOC_S_FMT, &format) < 0)
		give_up("the format is refused");
	rate.parm.output.timeperframe.numerator = 1;
	rate.parm.output.timeperframe.denominator = fps;
	if (ioctl(device, VIDIOC_S_PARM, &rate) < 0)
		give_up("the rate is refused");
	return device;
}

static void load(const char *folder, const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, MARKER, SEEK_SET) < 0)
		give_up(path);
	length = fread(buffer + ROOM, 1, MOST_BYTES, file);
	fclose(file);
}

/* Puts the first marker and this frame's comment before the rest; returns where the frame begins. */
static unsigned char *begin(unsigned number)
{
	unsigned text = number % LENGTHS;
	unsigned char *frame = buffer + ROOM - text - 2 - 2 * MARKER;
	const unsigned char head[] = { 0xFF, 0xD8, 0xFF, 0xFE, 0, text + 2 };

	memcpy(frame, head, sizeof head);
	memset(frame + sizeof head, 'a' + number % 26, text);
	return frame;
}

int main(int count, char **arguments)
{
	struct pollfd order = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned number = 0;
	char line[160], name[128];
	unsigned char *frame;
	int device, pause, due = 0;
	ssize_t size;

	if (count != 6) {
		fprintf(stderr, "feed: usage: feed DEVICE WIDTH HEIGHT FPS FOLDER\n");
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pause = 1000 / atoi(arguments[4]);
	device = open_device(arguments[1], atoi(arguments[2]), atoi(arguments[3]), atoi(arguments[4]));
	printf("ready\n");
	for (;;) {
		if (poll(&order, 1, pause) > 0) {
			if (!fgets(line, sizeof line, stdin))
				return 0;
			if (sscanf(line, "%127s %d", name, &due) != 2) {
				fprintf(stderr, "feed: no order: %s", line);
				return 2;
			}
			load(arguments[5], name);
		}
		if (length == 0)
			continue;
		frame = begin(number++);
		size = buffer + ROOM + length - frame;
		if (write(device, frame, size) != size)
			give_up("a frame is refused");
		if (due > 0 && --due == 0)
			printf("showing %s\n", name);
	}
}
