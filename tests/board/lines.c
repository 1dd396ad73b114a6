/* The lines of the fake GPIO chip, of which at most one program has each. */
#include "board.h"
#include <sys/ioctl.h>

static void name_line(char *name, unsigned line) { sprintf(name, "line %u", line); }

static int set_level(int fd, struct ours *line, int active) {
    char name[32];
    name_line(name, line->number);
    if (is_refused(name))
        return -1;
    int level = active != line->active_low;
    if (pwrite(fd, level ? "1" : "0", 1, 0) != 1)
        return -1;
    tell_number(name, "", level);
    return 0;
}

static int get_level(int fd, struct ours *line, __u64 *bits) {
    char name[32], level = '0';
    name_line(name, line->number);
    if (is_refused(name))
        return -1;
    if (pread(fd, &level, 1, 0) < 0)
        return -1;
    *bits = (level == '1') != line->active_low;
    return 0;
}

/* The level that a line is asked to begin with, as a logical value. */
static int first_value(const struct gpio_v2_line_config *config) {
    for (unsigned i = 0; i < config->num_attrs && i < GPIO_V2_LINE_NUM_ATTRS_MAX; i++)
        if (config->attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            return config->attrs[i].mask & config->attrs[i].attr.values & 1;
    return 0;
}

static int begin_line(int fd, struct ours *line, struct gpio_v2_line_request *request) {
    struct stat already;
    if (line->output && set_level(fd, line, first_value(&request->config)) != 0)
        return -1;
    if (!line->output && fstat(fd, &already) == 0 && already.st_size == 0) {
        int up = (request->config.flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP) != 0;
        if (pwrite(fd, up ? "1" : "0", 1, 0) != 1)
            return -1;
    }
    char taker[GPIO_MAX_NAME_SIZE + 3];
    int length = snprintf(taker, sizeof taker, " %.31s\n", request->consumer);
    return ftruncate(fd, 1) == 0 && pwrite(fd, taker, length, 1) == length ? 0 : -1;
}

int take_line(struct gpio_v2_line_request *request) {
    char name[32], file[32];
    unsigned number = request->offsets[0];
    if (request->num_lines != 1 || number >= (unsigned)number_in_folder("dev/gpiochip0")) {
        errno = EINVAL;
        return -1;
    }
    name_line(name, number);
    sprintf(file, "lines/%u", number);
    int fd = open_in_folder(file, O_RDWR | O_CREAT);
    if (fd < 0)
        return -1;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fd >= MOST_FILES || fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        real_close(fd);
        errno = EBUSY;
        return -1;
    }
    struct ours *line = &files[fd];
    line->number = number;
    line->active_low = (request->config.flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0;
    line->output = (request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0;
    tell(name, "taken");
    if (begin_line(fd, line, request) != 0) {
        int error = errno;
        real_close(fd);
        errno = error;
        return -1;
    }
    line->kind = LINE;
    request->fd = fd;
    return 0;
}

int describe_line(struct gpio_v2_line_info *info) {
    char file[32], text[GPIO_MAX_NAME_SIZE + 4];
    unsigned number = info->offset;
    if (number >= (unsigned)number_in_folder("dev/gpiochip0")) {
        errno = EINVAL;
        return -1;
    }
    memset(info, 0, sizeof *info);
    info->offset = number;
    info->flags = GPIO_V2_LINE_FLAG_INPUT;
    sprintf(file, "lines/%u", number);
    int fd = open_in_folder(file, O_RDONLY);
    if (fd < 0)
        return 0;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int used = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    real_close(fd);
    if (used && read_in_folder(file, text, sizeof text) > 2) {
        info->flags |= GPIO_V2_LINE_FLAG_USED;
        snprintf(info->consumer, sizeof info->consumer, "%.31s", text + 2);
    }
    return 0;
}

int describe_chip(struct gpiochip_info *info) {
    memset(info, 0, sizeof *info);
    strcpy(info->name, "gpiochip0");
    strcpy(info->label, "fake-board");
    info->lines = number_in_folder("dev/gpiochip0");
    return 0;
}

int values_of(int fd, struct ours *line, unsigned long request, struct gpio_v2_line_values *values) {
    if (!(values->mask & 1)) {
        errno = EINVAL;
        return -1;
    }
    if (request == GPIO_V2_LINE_GET_VALUES_IOCTL)
        return get_level(fd, line, &values->bits);
    if (!line->output) {
        errno = EPERM;
        return -1;
    }
    return set_level(fd, line, values->bits & 1);
}

void free_line(struct ours *line) {
    char name[32];
    name_line(name, line->number);
    tell(name, "freed");
}
