/* The channels of the fake PWM chip, as `/sys/class/pwm` shows them. */
#include "board.h"

static void in_channel(char *path, const struct ours *channel, const char *name) {
    sprintf(path, "sys/class/pwm/pwmchip%u/pwm%u%s", channel->chip, channel->number, name);
}

static int export_channel(struct ours *channel) {
    static const char *const attributes[] = {"/period", "/duty_cycle", "/enable", "/polarity"};
    char name[128], path[PATH_MAX + 160];
    in_channel(name, channel, "");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (mkdir(path, 0770) != 0) {
        errno = errno == EEXIST ? EBUSY : errno;
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        in_channel(name, channel, attributes[i]);
        int fd = open_in_folder(name, O_WRONLY | O_CREAT | O_TRUNC);
        const char *value = i == 3 ? "normal\n" : "0\n";
        if (fd < 0 || fchmod(fd, 0770) != 0 || real_write(fd, value, strlen(value)) < 0)
            return -1;
        real_close(fd);
    }
    return 0;
}

static int unexport_channel(struct ours *channel) {
    static const char *const names[] = {"/period", "/duty_cycle", "/enable", "/polarity", ""};
    char name[128], path[PATH_MAX + 160];
    for (int i = 0; i < 5; i++) {
        in_channel(name, channel, names[i]);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if ((i == 4 ? rmdir(path) : unlink(path)) != 0)
            return -1;
    }
    return 0;
}

/* Whether a PWM chip would take this value: a pulse is no longer than the period, and has one. */
static int is_possible(const struct ours *channel, int kind, long value) {
    char name[128];
    in_channel(name, channel, "/period");
    long period = number_in_folder(name);
    in_channel(name, channel, "/duty_cycle");
    long duty = number_in_folder(name);
    return kind == PERIOD ? value >= duty : kind == DUTY ? value <= period : value == 0 || period > 0;
}

/* Answers as `write` does. */
ssize_t set_channel(int fd, struct ours *channel, const void *data, size_t length) {
    char text[32] = "", target[32];
    memcpy(text, data, length < sizeof text - 1 ? length : sizeof text - 1);
    long value = strtol(text, NULL, 10);
    struct ours named = *channel;
    if (channel->kind == EXPORT || channel->kind == UNEXPORT)
        named.number = value;
    sprintf(target, "pwm %u/%u", named.chip, named.number);
    if (is_refused(target))
        return -1;
    if (channel->kind == EXPORT || channel->kind == UNEXPORT) {
        int exports = channel->kind == EXPORT;
        if ((exports ? export_channel(&named) : unexport_channel(&named)) != 0)
            return -1;
        tell(target, exports ? "exported" : "unexported");
        return length;
    }
    if (channel->kind != ATTRIBUTE && !is_possible(channel, channel->kind, value)) {
        errno = EINVAL;
        return -1;
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, length, 0) != (ssize_t)length)
        return -1;
    if (channel->kind != ATTRIBUTE)
        tell_number(target, channel->kind == PERIOD ? "period " : channel->kind == DUTY ? "duty " : "enable ", value);
    return length;
}

int kind_of_pwm(const char *path, struct ours *file) {
    char name[32] = "";
    if (sscanf(path, "/sys/class/pwm/pwmchip%u/pwm%u/%31s", &file->chip, &file->number, name) == 3)
        return !strcmp(name, "period") ? PERIOD : !strcmp(name, "duty_cycle") ? DUTY
             : !strcmp(name, "enable") ? ENABLE : ATTRIBUTE;
    if (sscanf(path, "/sys/class/pwm/pwmchip%u/%31s", &file->chip, name) == 2)
        return !strcmp(name, "export") ? EXPORT : !strcmp(name, "unexport") ? UNEXPORT : OTHER;
    return OTHER;
}
