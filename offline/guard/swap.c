/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is there swap that keeps decrypted pages in clear on a disk? Keys are locked in memory, the
 * engine's page cache is not. Whatever cannot be shown to be encrypted counts as plain.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "guard-int.h"

enum { STACK_MAX = 4, SWAPS_BYTES_MAX = 64 * 1024, SMALL_FILE_MAX = 4096 };

struct search {
    const char *sys;
    unsigned depth;
    bool plain; /* one below was not encrypted */
    size_t seen;
};

static bool device_is_plain(struct ctx *cx, const char *sys, const char *number, unsigned depth);

/* Whole small file under /sys, without its line end; false when it is not there. */
static bool read_small(struct ctx *cx, struct buf *out, const char *path)
{
    buf_clear(out);
    /* files of /sys say they have 4096 bytes: only their start is asked for */
    if (file_read_start(cx, path, SMALL_FILE_MAX, out) != STATUS_OK) {
        fault_clear(cx);
        return false;
    }
    while (out->len > 0 && out->ptr[out->len - 1] == '\n') {
        out->len--;
    }
    return true;
}

static enum status visit_below(void *self, struct ctx *cx, const struct folder_entry *e)
{
    enum status status = STATUS_OK;
    struct search *search = self;
    struct buf path;
    struct buf number;
    const char *text_path = NULL;
    const char *text_number = NULL;
    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&number, SMALL_FILE_MAX);
    search->seen++;
    search->plain = true;
    TRY(buf_printf(cx, &path, "%s/class/block/%s/dev", search->sys, e->name));
    TRY(buf_cstr(cx, &path, &text_path));
    if (read_small(cx, &number, text_path)) {
        TRY(buf_cstr(cx, &number, &text_number));
        search->plain = device_is_plain(cx, search->sys, text_number, search->depth + 1);
    }
    if (search->plain) {
        status = STATUS_CANCELLED; /* one is enough */
    }
out:
    buf_finish(&path);
    buf_finish(&number);
    return status;
}

/* number: "major:minor". Encrypted: dm-crypt, or something built on nothing but dm-crypt. */
static bool device_is_plain(struct ctx *cx, const char *sys, const char *number, unsigned depth)
{
    struct buf path;
    struct buf uuid;
    const char *name = NULL;
    struct search search = {.sys = sys, .depth = depth};
    bool plain = true;
    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&uuid, SMALL_FILE_MAX);
    if (depth > STACK_MAX ||
        buf_printf(cx, &path, "%s/dev/block/%s/dm/uuid", sys, number) != STATUS_OK ||
        buf_cstr(cx, &path, &name) != STATUS_OK) {
        goto out;
    }
    if (read_small(cx, &uuid, name) && text_starts(buf_text(&uuid), TEXT("CRYPT-"))) {
        plain = false;
        goto out;
    }
    buf_clear(&path);
    if (buf_printf(cx, &path, "%s/dev/block/%s/slaves", sys, number) != STATUS_OK ||
        buf_cstr(cx, &path, &name) != STATUS_OK) {
        goto out;
    }
    plain = folder_list(cx, name, visit_below, &search) != STATUS_OK || search.seen == 0 ||
            search.plain;
out:
    fault_clear(cx);
    buf_finish(&path);
    buf_finish(&uuid);
    return plain;
}

/* The kernel writes blanks in names as \040. */
static void unescape(char *name)
{
    char *to = name;
    for (const char *from = name; *from != '\0'; from++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
            from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static bool area_is_plain(struct ctx *cx, const char *sys, char *name)
{
    struct stat info;
    char number[32];
    unescape(name);
    if (strncmp(name, "/dev/zram", 9) == 0) {
        return false;
    }
    if (stat(name, &info) != 0) {
        return true;
    }
    dev_t device = S_ISBLK(info.st_mode) ? info.st_rdev : info.st_dev;
    (void)snprintf(number, sizeof(number), "%u:%u", major(device), minor(device));
    return device_is_plain(cx, sys, number, 0);
}

bool swaps_are_plain(struct ctx *cx, const char *swaps, const char *sys)
{
    struct buf list;
    const char *rest = NULL;
    bool plain = false;
    buf_init(&list, SWAPS_BYTES_MAX);
    if (file_read_start(cx, swaps, SWAPS_BYTES_MAX - 1, &list) != STATUS_OK) {
        plain = cx->fault.status != STATUS_NOT_FOUND; /* no such file: no swap */
        goto out;
    }
    if (buf_cstr(cx, &list, &rest) != STATUS_OK) {
        plain = true;
        goto out;
    }
    rest = strchr(rest, '\n'); /* the first line is a heading */
    while (!plain && rest != NULL && rest[1] != '\0') {
        char name[PATH_BYTES_MAX];
        rest++;
        size_t len = strcspn(rest, " \t\n");
        if (len >= sizeof(name)) {
            plain = true;
        } else if (len > 0) {
            memcpy(name, rest, len);
            name[len] = '\0';
            plain = area_is_plain(cx, sys, name);
        }
        rest = strchr(rest, '\n');
    }
out:
    fault_clear(cx);
    buf_finish(&list);
    return plain;
}

bool guard_swap_is_plain(void)
{
    struct ctx cx;
    ctx_init(&cx, system_real());
    return swaps_are_plain(&cx, "/proc/swaps", "/sys");
}
