/*
 * A board that is not there: a GPIO chip and a PWM chip for a program that is started with this
 * library in LD_PRELOAD. `tests/common/board.rs` builds it, lays out the board's folder, and names
 * the folder in FAKE_BOARD.
 *
 *   dev/gpiochip0     stands for /dev/gpiochip0, and holds the number of its lines
 *   lines/N           the level of line N, "0" or "1", and who took it; locked while it is taken
 *   sys/class/pwm/... stands for /sys/class/pwm/...
 *   log               what was driven: microseconds of CLOCK_MONOTONIC, what, which, and the value
 *   hang, fail        calls on the target that such a file names ("line 17", "pwm 0/1"; empty: on
 *                     all) stand until the file goes, or are answered with EIO
 *
 * Levels are physical: an active-low line that is told "on" is at 0. A line keeps its level when it
 * is given back, as on a Pi, and a PWM channel its pulses when the program is killed. Only what the
 * C library is asked for is seen here; of raw system calls (rustix) it knows nothing.
 */
#ifndef BOARD_H
#define BOARD_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/gpio.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program may have a name of its own for any of these. */
#pragma GCC visibility push(hidden)

enum kind { OTHER, CHIP, LINE, EXPORT, UNEXPORT, PERIOD, DUTY, ENABLE, ATTRIBUTE };

/* What one of the program's descriptors stands for. The kind is written last and read first. */
struct ours {
    _Atomic int kind;
    unsigned chip, number;
    int active_low, output;
};

#define MOST_FILES 4096
extern struct ours files[MOST_FILES];
extern const char *folder;

/* The C library's own, which the program does not reach. */
extern int (*real_openat)(int, const char *, int, ...);
extern int (*real_close)(int);
extern ssize_t (*real_write)(int, const void *, size_t);

/* folder.c: files of the board's folder, and what is told and arranged there. */
int open_in_folder(const char *name, int flags);
ssize_t read_in_folder(const char *name, char *text, size_t room);
long number_in_folder(const char *name);
void tell(const char *what, const char *value);
void tell_number(const char *what, const char *setting, long value);
int is_refused(const char *target);

/* lines.c: what the ioctls of the GPIO character device do. */
int describe_chip(struct gpiochip_info *info);
int describe_line(struct gpio_v2_line_info *info);
int take_line(struct gpio_v2_line_request *request);
int values_of(int fd, struct ours *line, unsigned long request, struct gpio_v2_line_values *values);
void free_line(struct ours *line);

/* pwm.c: what files below /sys/class/pwm do. */
int kind_of_pwm(const char *path, struct ours *file);
ssize_t set_channel(int fd, struct ours *channel, const void *data, size_t length);

#pragma GCC visibility pop
#endif
