/* The calls of the C library that reach the fake board. */
#include "board.h"
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/ioctl.h>

struct ours files[MOST_FILES];
const char *folder;

int (*real_openat)(int, const char *, int, ...);
int (*real_close)(int);
static int (*real_ioctl)(int, unsigned long, ...);
ssize_t (*real_write)(int, const void *, size_t);
static int (*real_statx)(int, const char *, int, unsigned, struct statx *);
static char *(*real_realpath)(const char *, char *);

__attribute__((constructor)) static void begin(void) {
    *(void **)&real_openat = dlsym(RTLD_NEXT, "openat");
    *(void **)&real_close = dlsym(RTLD_NEXT, "close");
    *(void **)&real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_statx = dlsym(RTLD_NEXT, "statx");
    *(void **)&real_realpath = dlsym(RTLD_NEXT, "realpath");
    folder = getenv("FAKE_BOARD");
}

static int starts(const char *path, const char *start) { return strncmp(path, start, strlen(start)) == 0; }

/* The path in the board's folder that stands for `path`, or `path` itself. */
static const char *redirected(const char *path, char *room) {
    if (!folder || !path || !(starts(path, "/dev/gpiochip") || starts(path, "/sys/class/pwm")))
        return path;
    snprintf(room, PATH_MAX, "%s%s", folder, path);
    return room;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    char room[PATH_MAX];
    const char *real = redirected(path, room);
    if (real == path)
        return real_openat(at, path, flags, mode);
    /* Such files are neither made nor emptied by opening them. */
    int fd = real_openat(AT_FDCWD, real, flags & ~(O_CREAT | O_TRUNC), 0);
    if (fd < 0 || fd >= MOST_FILES)
        return fd;
    files[fd].kind = starts(path, "/dev/") ? CHIP : kind_of_pwm(path, &files[fd]);
    return fd;
}

static mode_t mode_of(int flags, va_list more) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; }

#define OPEN(NAME, PARAMETERS, AT)                                                                          \
    int NAME PARAMETERS {                                                                                   \
        va_list more;                                                                                       \
        va_start(more, flags);                                                                              \
        mode_t mode = mode_of(flags, more);                                                                 \
        va_end(more);                                                                                       \
        return open_any(AT, path, flags, mode);                                                             \
    }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int at, const char *path, int flags, ...), at)
OPEN(openat64, (int at, const char *path, int flags, ...), at)

static struct ours *ours(int fd) { return fd >= 0 && fd < MOST_FILES && files[fd].kind != OTHER ? &files[fd] : NULL; }

int close(int fd) {
    struct ours *file = ours(fd);
    if (file) {
        if (file->kind == LINE)
            free_line(file);
        file->kind = OTHER;
    }
    return real_close(fd);
}

ssize_t write(int fd, const void *data, size_t length) {
    struct ours *file = ours(fd);
    return file && file->kind >= EXPORT ? set_channel(fd, file, data, length) : real_write(fd, data, length);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    struct ours *file = ours(fd);
    if (!file)
        return real_ioctl(fd, request, argument);
    int chip = file->kind == CHIP, line = file->kind == LINE;
    if (chip && request == GPIO_GET_CHIPINFO_IOCTL)
        return describe_chip(argument);
    if (chip && request == GPIO_V2_GET_LINEINFO_IOCTL)
        return describe_line(argument);
    if (chip && request == GPIO_V2_GET_LINE_IOCTL)
        return take_line(argument);
    if (line && (request == GPIO_V2_LINE_GET_VALUES_IOCTL || request == GPIO_V2_LINE_SET_VALUES_IOCTL))
        return values_of(fd, file, request, argument);
    errno = ENOTTY;
    return -1;
}

int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict found) {
    char room[PATH_MAX];
    return real_statx(at, redirected(path, room), flags, mask, found);
}

char *realpath(const char *restrict path, char *restrict resolved) {
    char room[PATH_MAX];
    if (redirected(path, room) == path)
        return real_realpath(path, resolved);
    if (faccessat(AT_FDCWD, room, F_OK, 0) != 0)
        return NULL;
    return resolved ? strcpy(resolved, path) : strdup(path);
}
