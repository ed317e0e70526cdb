/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "show.h"

struct option_row {
    const char *name;
    bool has_value;
    enum status (*take)(struct ctx *cx, const char *value, struct show_options *o);
};

static enum status take_to(struct ctx *cx, const char *value, struct show_options *o)
{
    static const char *const names[] = {"auto", "window", "terminal", "png",
                                        "apng", "pdf",    "pages"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            o->to = (enum show_to)i;
            goto out;
        }
    }
    FAIL(cx, STATUS_USAGE, "--to is auto, window, terminal, png, apng, pdf or pages");
out:
    return status;
}

static enum status take_profile(struct ctx *cx, const char *value, struct show_options *o)
{
    enum status status = STATUS_OK;
    o->profile = utf8_valid(BYTES(value, strlen(value))) ? profile_find(text_of(value)) : NULL;
    if (o->profile == NULL) {
        FAIL(cx, STATUS_USAGE, "--profile is safe, calm, web720, std, dense, fast60 or fast60d");
    }
out:
    return status;
}

static enum status take_number(struct ctx *cx, const char *value, int64_t max, unsigned *ret)
{
    enum status status = STATUS_OK;
    int64_t number = 0;
    if (!utf8_valid(BYTES(value, strlen(value))) || !parse_i64(text_of(value), 1, max, &number)) {
        FAIL(cx, STATUS_USAGE, "a number from 1 to %lld is missing", (long long)max);
    }
    *ret = (unsigned)number;
out:
    return status;
}

static enum status take_fps(struct ctx *cx, const char *value, struct show_options *o)
{
    return take_number(cx, value, 60, &o->fps);
}

static enum status take_frames(struct ctx *cx, const char *value, struct show_options *o)
{
    return take_number(cx, value, 100000, &o->frames);
}

static enum status take_scale(struct ctx *cx, const char *value, struct show_options *o)
{
    return take_number(cx, value, 16, &o->scale);
}

static enum status take_calm(struct ctx *cx, const char *value, struct show_options *o)
{
    (void)cx;
    (void)value;
    o->calm = true;
    return STATUS_OK;
}

static enum status take_full(struct ctx *cx, const char *value, struct show_options *o)
{
    (void)cx;
    (void)value;
    o->full = true;
    return STATUS_OK;
}

static enum status take_start(struct ctx *cx, const char *value, struct show_options *o)
{
    (void)cx;
    (void)value;
    o->start = true;
    return STATUS_OK;
}

static const struct option_row rows[] = {
    {"--to", true, take_to},       {"--profile", true, take_profile},
    {"--fps", true, take_fps},     {"--frames", true, take_frames},
    {"--scale", true, take_scale}, {"--calm", false, take_calm},
    {"--full", false, take_full},  {"--start", false, take_start},
};

enum status show_options_read(struct ctx *cx, int argc, char *const *argv, struct show_options *ret)
{
    enum status status = STATUS_OK;
    struct show_options o = {.to = SHOW_AUTO};
    for (int i = 1; i < argc; i++) {
        const struct option_row *row = NULL;
        for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
            row = strcmp(argv[i], rows[r].name) == 0 ? &rows[r] : row;
        }
        if (row == NULL || (row->has_value && i + 1 == argc)) {
            FAIL(cx, STATUS_USAGE, "argument %d is unknown or lacks its value", i);
        }
        TRY(row->take(cx, row->has_value ? argv[++i] : "", &o));
    }
    *ret = o;
out:
    return status;
}
