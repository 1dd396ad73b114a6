/* The folder of the fake board: what is written down there, and what is arranged. */
#include "board.h"
#include <time.h>

int open_in_folder(const char *name, int flags) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return real_openat(AT_FDCWD, path, flags | O_CLOEXEC, 0666);
}

/* The text of a small file; -1 where there is none. */
ssize_t read_in_folder(const char *name, char *text, size_t room) {
    int fd = open_in_folder(name, O_RDONLY);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, text, room - 1);
    real_close(fd);
    if (length < 0)
        return -1;
    while (length > 0 && text[length - 1] == '\n')
        length--;
    text[length] = 0;
    return length;
}

long number_in_folder(const char *name) {
    char text[32];
    return read_in_folder(name, text, sizeof text) < 0 ? -1 : strtol(text, NULL, 10);
}

void tell(const char *what, const char *value) {
    struct timespec now;
    char line[160];
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long micros = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
    int length = snprintf(line, sizeof line, "%lld %s %s\n", micros, what, value);
    int fd = open_in_folder("log", O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0)
        return;
    /* One write, so that the lines of several threads and programs do not mix. */
    if (real_write(fd, line, length) < 0)
        abort();
    real_close(fd);
}

void tell_number(const char *what, const char *setting, long value) {
    char text[48];
    snprintf(text, sizeof text, "%s%ld", setting, value);
    tell(what, text);
}

static int is_told(const char *file, const char *target) {
    char text[32];
    ssize_t length = read_in_folder(file, text, sizeof text);
    return length == 0 || (length > 0 && strcmp(text, target) == 0);
}

/* What was arranged for this target: a while, an error, or nothing. */
int is_refused(const char *target) {
    if (is_told("hang", target)) {
        tell(target, "hangs");
        while (is_told("hang", target))
            usleep(1000);
    }
    if (!is_told("fail", target))
        return 0;
    tell(target, "fails");
    errno = EIO;
    return 1;
}
