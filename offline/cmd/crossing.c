/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crossing: the options of the verbs that use light, and the start of the two programs, which is
 * before this process closes itself.
 */
#include "crossing.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SHOW_ARGUMENTS_MAX = 16 };
#define CAMERA_PRESET "/dev/video0"

static bool ends_with(const char *path, const char *end)
{
    size_t len = strlen(path), end_len = strlen(end);
    return len > end_len && strcmp(path + len - end_len, end) == 0;
}

/* ---- arguments for valise-show --------------------------------------------------------------- */

struct list {
    const char *at[SHOW_ARGUMENTS_MAX];
    size_t count;
};

static void add(struct list *l, const char *a, const char *value)
{
    MUST(l->count + 3 < SHOW_ARGUMENTS_MAX);
    l->at[l->count++] = a;
    if (value != NULL) {
        l->at[l->count++] = value;
    }
    l->at[l->count] = NULL;
}

static enum status show_place(struct session *s, struct list *l)
{
    enum status status = STATUS_OK;
    const char *on = option_value(s, "on"), *to = option_value(s, "to");
    if (on != NULL && to != NULL) {
        FAIL(s->cx, STATUS_USAGE, "--on and --to exclude each other");
    }
    if (on != NULL && strcmp(on, "window") != 0 && strcmp(on, "terminal") != 0) {
        FAIL(s->cx, STATUS_USAGE, "--on is window or terminal, not '%.100s'", on);
    }
    if (to != NULL) {
        add(l, "--to", ends_with(to, ".pdf") ? "pdf" : ends_with(to, ".apng") ? "apng" : "png");
    } else {
        add(l, "--to", on == NULL ? "auto" : on);
    }
out:
    return status;
}

static enum status show_arguments(struct session *s, struct list *l)
{
    enum status status = STATUS_OK;
    static const char *const passed[][2] = {
        {"profile", "--profile"}, {"fps", "--fps"}, {"pictures", "--frames"}};
    const char *profile = option_value(s, "profile");
    int64_t unused = 0;
    TRY(show_place(s, l));
    TRY(option_number(s, "fps", 1, 60, 1, &unused));
    TRY(option_number(s, "pictures", 1, 100000, 1, &unused));
    if (profile != NULL &&
        (!utf8_valid(BYTES(profile, strlen(profile))) || profile_find(text_of(profile)) == NULL)) {
        (void)fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "there is no profile '%.100s'",
                        profile);
        status = fault_hint(s->cx, "safe, calm, web720, std, dense, fast60 or fast60d");
        goto out;
    }
    for (size_t i = 0; i < ROWS_COUNT(passed); i++) {
        const char *value = option_value(s, passed[i][0]);
        if (value != NULL) {
            add(l, passed[i][1], value);
        }
    }
    if (option_given(s, "calm")) {
        add(l, "--calm", NULL);
    }
out:
    return status;
}

/* ---- starting -------------------------------------------------------------------------------- */

bool crossing_is_live(const struct session *s)
{
    return s->light != NULL && light_runs(s->light, LIGHT_EYE) && s->light_live;
}

static enum status start(struct session *s, const struct list *show, const struct list *eye,
                         int film)
{
    enum status status;
    struct light_plan plan = {.terminal = -1, .film = film};
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    plan.terminal = tty;
    plan.arguments[LIGHT_SHOW] = show == NULL ? NULL : show->at;
    plan.arguments[LIGHT_EYE] = eye == NULL ? NULL : eye->at;
    status = light_start(s->cx, &plan, &s->light);
    if (status == STATUS_UNSAFE) {
        (void)fault_hint(s->cx, "install it beside valise, or cross by stick: `valise pack`");
    }
    if (tty >= 0) {
        (void)close(tty);
    }
    return status;
}

static void camera_arguments(struct session *s, struct list *l)
{
    const char *camera = option_value(s, "camera");
    add(l, "--camera", camera == NULL ? CAMERA_PRESET : camera);
    s->light_live = true;
}

/* Where pictures come from: nothing named: the camera; "-" or a film: a stream; else files. */
static enum status see_arguments(struct session *s, const char *source, struct list *l,
                                 int *ret_film)
{
    enum status status = STATUS_OK;
    *ret_film = -1;
    if (source == NULL) {
        camera_arguments(s, l);
    } else if (strcmp(source, "-") == 0) {
        *ret_film = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        add(l, "--stream", NULL);
    } else if (ends_with(source, ".y4m")) {
        *ret_film = open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (*ret_film < 0) {
            FAIL(s->cx, STATUS_NOT_FOUND, "the film '%.200s' cannot be opened", source);
        }
        add(l, "--stream", NULL);
    } else {
        s->light_files = true;
    }
out:
    return status;
}

enum status crossing_before_show(struct session *s)
{
    enum status status = STATUS_OK;
    struct list show = {.count = 0}, eye = {.count = 0};
    const char *from = option_value(s, "film");
    bool watches = option_value(s, "camera") != NULL || from != NULL;
    int film = -1;
    TRY(show_arguments(s, &show));
    if (watches) {
        TRY(see_arguments(s, from, &eye, &film));
    }
    TRY(start(s, &show, watches ? &eye : NULL, film));
out:
    if (film >= 0) {
        (void)close(film);
    }
    return status;
}

enum status crossing_before_scan(struct session *s)
{
    enum status status = STATUS_OK;
    struct list show = {.count = 0}, eye = {.at = {NULL}};
    int film = -1;
    bool shows = option_given(s, "reply") || option_given(s, "view");
    TRY(see_arguments(s, s->arg_count > 0 ? s->args[0] : NULL, &eye, &film));
    if (shows) {
        TRY(show_place(s, &show));
    }
    TRY(start(s, shows ? &show : NULL, &eye, film));
out:
    if (film >= 0) {
        (void)close(film);
    }
    return status;
}

enum status crossing_before_pair(struct session *s)
{
    enum status status = STATUS_OK;
    struct list show = {.count = 0}, eye = {.at = {NULL}};
    int film = -1;
    if (!option_given(s, "qr")) {
        return STATUS_OK;
    }
    TRY(show_arguments(s, &show));
    TRY(see_arguments(s, option_value(s, "film"), &eye, &film));
    TRY(start(s, &show, &eye, film));
out:
    if (film >= 0) {
        (void)close(film);
    }
    return status;
}

void transfer_make(struct session *s, struct transfer_id *ret)
{
    s->cx->system->random(s->cx->system->self, ret->b, sizeof(ret->b));
}
