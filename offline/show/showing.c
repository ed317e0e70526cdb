/* SPDX-License-Identifier: Apache-2.0 */
/*
 * showing: the loop. Messages, keys and the clock decide what is seen next; the press works ahead
 * in its own process. A frame that would come too late is shown late: what counts is that each one
 * stands as long as the others, because a camera needs it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ahead.h"
#include "guard.h"
#include "show.h"

enum {
    WAIT_MS_MAX = 20,  /* how late a message may be noticed */
    IDLE_MS = 200,     /* while nothing moves */
    TERMINAL_FPS = 10, /* what terminals draw without falling behind */
    REPORT_US = 1000000,
};

struct showing {
    const struct show_options *options;
    struct mail *mail;
    struct show_job *job;
    struct screen *screen;
    struct ahead *ahead;
    bool terminal;
    struct layout layout, before; /* before: to go back to when the press refuses */
    bool moving;                  /* the job is a fountain */
    bool started, paused, calm, over;
    struct picture still;
    bool has_still;
    struct picture camera;
    const struct frame *frame; /* on the screen */
    int64_t due_us, reported_us;
    uint32_t frames;
    bool again; /* what is seen has to be shown again */
};

static int64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static unsigned fps_of(const struct showing *s)
{
    if (!s->moving) {
        return 1;
    }
    return s->calm && s->layout.fps > CALM_FPS ? CALM_FPS : s->layout.fps;
}

static unsigned codes_on(const struct showing *s)
{
    return (unsigned)s->layout.cols * s->layout.rows;
}

/* Seconds until each source symbol was shown once; 0 after that. */
static uint32_t seconds_left(const struct showing *s)
{
    if (s->frame == NULL || s->frame->next >= s->frame->symbols) {
        return 0;
    }
    unsigned rate = codes_on(s) * fps_of(s);
    return (s->frame->symbols - s->frame->next + rate - 1) / rate;
}

/* ---- words ---- */

static void note_words(const struct showing *s, struct words *w)
{
    words_add(w, "The codes change %u times a second.", fps_of(s));
    words_add(w, "Such flicker can bring on a seizure in people who are sensitive to light.");
    words_add(w,
              "If you, or anybody who sees this screen, may be one of them, choose the calm way:");
    words_add(w, "then they change %d times a second.", (int)CALM_FPS);
    words_add(w, " ");
    words_add(w, "   Enter   start");
    words_add(w, "   c       start calm");
    words_add(w, "   q       leave");
}

static const char keys_moving[] = "+- speed  [] size  c calm  f full  space stop  q leave";

static void moving_words(const struct showing *s, struct words *w)
{
    const char *title = s->job->title;
    const char *gap = title[0] == '\0' ? "" : "  ";
    const char *pace = s->paused ? "stopped" : s->calm ? "calm" : "";
    if (s->frame == NULL) {
        words_add(w, "%s%s...", title, gap);
        return;
    }
    uint32_t k = s->frame->symbols, next = s->frame->next;
    unsigned percent = (unsigned)((uint64_t)(next < k ? next : next - k) * 100 / k);
    w->permille = (int)(next < k ? (uint64_t)next * 1000 / k : 1000);
    if (next < k) {
        words_add(w, "%s%s%u%%, %u:%02u left  %ux%u/%u at %u/s %s  %s", title, gap, percent,
                  seconds_left(s) / 60, seconds_left(s) % 60, s->layout.cols, s->layout.rows,
                  s->layout.version, fps_of(s), pace, keys_moving);
    } else {
        words_add(w, "%s%sall shown once and %u%% again, until it has arrived  at %u/s %s  %s",
                  title, gap, percent, fps_of(s), pace, keys_moving);
    }
}

static void words_now(const struct showing *s, struct words *w)
{
    w->count = 0;
    w->permille = -1;
    if (s->moving && !s->started) {
        note_words(s, w);
    } else if (s->moving) {
        moving_words(s, w);
    } else {
        words_add(w, "%s%sf full  q leave", s->job->title, s->job->title[0] == '\0' ? "" : "  ");
    }
}

static enum status draw(struct ctx *cx, struct showing *s)
{
    struct words words;
    struct view view = {.words = &words};
    words_now(s, &words);
    if (s->moving && s->started && s->frame != NULL) {
        view.canvas = &s->frame->picture;
    } else if (s->has_still) {
        view.canvas = &s->still;
    }
    view.camera = s->camera.dots == NULL || (s->moving && !s->started) ? NULL : &s->camera;
    s->again = false;
    return s->screen->kind->draw(cx, s->screen, &view);
}

/* ---- what is shown ---- */

static enum status report(struct ctx *cx, struct showing *s)
{
    const struct light_message shown = {
        .kind = LIGHT_SHOWN,
        .frames = s->frames,
        .symbols = s->frame == NULL ? 0 : s->frame->next,
        .seconds = seconds_left(s),
    };
    s->reported_us = now_us();
    return mail_send(cx, s->mail, &shown);
}

static enum status set_layout(struct ctx *cx, struct showing *s, const struct layout *layout)
{
    s->before = s->layout;
    s->layout = *layout;
    s->again = true;
    return ahead_set(cx, s->ahead, layout);
}

static enum status first_layout(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    unsigned width = 0, height = 0;
    struct layout layout;
    const struct profile *p = s->options->profile;
    s->screen->kind->room(s->screen, &width, &height);
    if (p != NULL) {
        layout = (struct layout){p->cols, p->rows, p->version, p->fps};
        if (!layout_fits(&layout, width, height)) {
            FAIL(cx, STATUS_LIMIT, "the codes of profile '%s' do not fit a screen of %u x %u dots",
                 p->name, width, height);
        }
    } else {
        TRY(layout_choose(cx, width, height, s->screen->dots_min, &layout));
        layout.fps = s->terminal && layout.fps > TERMINAL_FPS ? TERMINAL_FPS : layout.fps;
    }
    layout.fps = s->options->fps != 0 ? (uint8_t)s->options->fps : layout.fps;
    s->layout = layout;
    TRY(set_layout(cx, s, &layout));
out:
    return status;
}

/* A window or terminal that was made smaller gets codes that fit it; one made larger keeps what it
 * has, because other codes are another transfer. */
static enum status refit(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    unsigned width = 0, height = 0;
    struct layout layout;
    s->screen->kind->room(s->screen, &width, &height);
    if (!s->moving || layout_fits(&s->layout, width, height)) {
        goto out;
    }
    status = layout_choose(cx, width, height, s->screen->dots_min, &layout);
    if (status == STATUS_LIMIT) { /* too small for any: perhaps it grows again */
        fault_clear(cx);
        status = STATUS_OK;
        goto out;
    }
    TRY(status);
    layout.fps = s->layout.fps;
    TRY(set_layout(cx, s, &layout));
out:
    return status;
}

/* The job's parcel, acknowledgement or text becomes what is shown. */
static enum status begin(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    struct buf code;
    bool one = false, marked = false;
    unsigned width = 0, height = 0;
    buf_init(&code, SYMBOL_BYTES_MAX);
    s->screen->kind->room(s->screen, &width, &height);
    TRY(show_one_code(cx, s->job, &code, &one, &marked));
    s->frame = NULL;
    picture_free(&s->still);
    s->has_still = false;
    if (one) {
        TRY(marked ? code_draw_marked(cx, buf_view(&code), &s->still)
                   : code_draw(cx, buf_view(&code), QR_MEDIUM, &s->still));
        s->has_still = s->still.width <= width && s->still.height <= height;
        if (!s->has_still && s->job->first.kind != LIGHT_PARCEL) {
            FAIL(cx, STATUS_LIMIT, "a code of %u squares does not fit the screen", s->still.width);
        }
    }
    s->moving = !s->has_still && s->job->first.kind == LIGHT_PARCEL;
    if (s->moving) {
        const struct press_job job = {s->job->first.transfer, s->job->first.body,
                                      s->job->keyed ? &s->job->key : NULL};
        TRY(ahead_job(cx, s->ahead, &job));
        TRY(first_layout(cx, s));
        s->started = s->started || s->options->start || fps_of(s) <= CALM_FPS;
    }
    s->again = true;
out:
    buf_finish(&code);
    return status;
}

static enum status take_preview(struct ctx *cx, struct showing *s, const struct light_message *m)
{
    enum status status = STATUS_OK;
    if (s->camera.width != m->width || s->camera.height != m->height) {
        picture_free(&s->camera);
        TRY(picture_new(cx, m->width, m->height, &s->camera));
    }
    memcpy(s->camera.dots, m->body.ptr, m->body.len);
    for (size_t i = 0; i < m->box_count; i++) {
        picture_box(&s->camera, m->boxes[i].x, m->boxes[i].y, m->boxes[i].read);
    }
    s->again = true;
out:
    return status;
}

static void take_got(struct showing *s, const struct light_message *m)
{
    if (s->moving && s->frame != NULL && transfer_equal(&s->frame->transfer, &m->transfer) &&
        m->wanted == 0) {
        s->over = true;
    }
}

static enum status obey(struct ctx *cx, struct showing *s, const struct light_message *m)
{
    switch ((int)m->kind) {
    case LIGHT_STOP:
        s->over = true;
        return STATUS_OK;
    case LIGHT_TITLE:
        show_title(s->job, m);
        s->again = true;
        return STATUS_OK;
    case LIGHT_GOT:
        take_got(s, m);
        return ahead_got(cx, s->ahead, &m->transfer, m->wanted);
    case LIGHT_PREVIEW:
        return take_preview(cx, s, m);
    case LIGHT_PARCEL:
    case LIGHT_ACK:
    case LIGHT_TEXT:
        s->job->first = *m;
        return begin(cx, s);
    default:
        return fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                         "a message that does not belong here");
    }
}

static enum status obey_all(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    struct light_message m;
    bool any = true;
    while (any && !s->over) {
        TRY(mail_next(cx, s->mail, 0, &m, &any));
        if (any) {
            TRY(obey(cx, s, &m));
        }
    }
out:
    return status;
}

/* ---- keys ---- */

static enum status tell_key(struct ctx *cx, struct showing *s, enum light_key code)
{
    const struct light_message key = {.kind = LIGHT_KEY, .code = (uint16_t)code};
    return mail_send(cx, s->mail, &key);
}

static enum status change_size(struct ctx *cx, struct showing *s, bool bigger)
{
    enum status status = STATUS_OK;
    unsigned width = 0, height = 0;
    struct layout layout;
    s->screen->kind->room(s->screen, &width, &height);
    if (bigger ? layout_bigger(&s->layout, width, height, &layout)
               : layout_smaller(&s->layout, width, height, &layout)) {
        TRY(set_layout(cx, s, &layout));
    }
    TRY(tell_key(cx, s, bigger ? LIGHT_KEY_BIGGER : LIGHT_KEY_SMALLER));
out:
    return status;
}

static enum status change_speed(struct ctx *cx, struct showing *s, bool faster)
{
    s->layout.fps = faster ? speed_faster(s->layout.fps) : speed_slower(s->layout.fps);
    s->calm = s->calm && !faster;
    ahead_speed(s->ahead, s->layout.fps);
    return tell_key(cx, s, faster ? LIGHT_KEY_FASTER : LIGHT_KEY_SLOWER);
}

static enum status key_of_note(struct ctx *cx, struct showing *s, int key)
{
    if (key == 'q') {
        s->over = true;
        return tell_key(cx, s, LIGHT_KEY_QUIT);
    }
    if (key == 'c' || key == '\r' || key == ' ') {
        s->calm = s->calm || key == 'c';
        s->started = true;
        s->again = true;
    }
    return STATUS_OK;
}

static enum status obey_key(struct ctx *cx, struct showing *s, int key)
{
    if (key == 'f') {
        s->screen->kind->turn_full(s->screen);
        s->again = true;
        return STATUS_OK;
    }
    if ((s->moving && !s->started) || key == 'q') {
        return key_of_note(cx, s, key);
    }
    if (!s->moving) {
        return STATUS_OK;
    }
    switch (key) {
    case '+':
    case '-':
        return change_speed(cx, s, key == '+');
    case ']':
    case '[':
        return change_size(cx, s, key == ']');
    case 'c':
        s->calm = !s->calm;
        return STATUS_OK;
    case ' ':
        s->paused = !s->paused;
        s->again = true;
        return tell_key(cx, s, LIGHT_KEY_PAUSE);
    default:
        return STATUS_OK;
    }
}

/* ---- the loop ---- */

/* The press may refuse a layout (too many symbols of that size): the last one stays then. */
static enum status take_frame(struct ctx *cx, struct showing *s, const struct frame **ret)
{
    enum status status = ahead_take(cx, s->ahead, ret);
    if (status == STATUS_LIMIT && s->frames > 0) {
        fault_clear(cx);
        *ret = NULL;
        status = set_layout(cx, s, &s->before);
    }
    return status;
}

static enum status show_next(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    const struct frame *next = NULL;
    int64_t now = now_us(), period = 1000000 / fps_of(s);
    if (s->moving && s->started && !s->paused && now >= s->due_us) {
        TRY(take_frame(cx, s, &next));
    }
    if (next != NULL) {
        s->frame = next;
        s->frames++;
        s->due_us = now - s->due_us > period ? now + period : s->due_us + period;
    }
    if (next != NULL || s->again) {
        TRY(draw(cx, s));
    }
    if (s->moving && s->started && now - s->reported_us >= REPORT_US) {
        TRY(report(cx, s));
    }
out:
    return status;
}

static int wait_ms(const struct showing *s)
{
    if (s->moving && s->started && !s->paused) {
        int64_t left = (s->due_us - now_us()) / 1000; /* at least 1: the press is to get on, too */
        return left < 1 ? 1 : left > WAIT_MS_MAX ? WAIT_MS_MAX : (int)left;
    }
    return s->camera.dots != NULL ? WAIT_MS_MAX : IDLE_MS;
}

static enum status loop(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    while (!s->over) {
        bool exposed = false;
        TRY(show_next(cx, s));
        int key = s->screen->kind->key(s->screen, wait_ms(s), &exposed);
        if (exposed) {
            s->again = true;
            TRY(refit(cx, s));
        }
        if (key != 0) {
            TRY(obey_key(cx, s, key));
        }
        TRY(obey_all(cx, s));
    }
    TRY(report(cx, s));
out:
    return status;
}

/* Devices of a screen without a desktop; Landlock wants paths that are there. */
static enum status fence(struct ctx *cx)
{
    static const char *const devices[] = {"/dev/dri", "/dev/input"};
    const char *there[2];
    size_t count = 0;
    bool fenced = false;
    for (size_t i = 0; i < 2; i++) {
        if (access(devices[i], R_OK) == 0) {
            there[count++] = devices[i];
        }
    }
    return guard_confine(cx, there, count, &fenced);
}

/* Without a desktop SDL takes the machine's own screen: right for who sits before it, but not for
 * who came over a line. */
static bool window_is_wanted(const struct show_options *options)
{
    char name[64] = "";
    if (options->to != SHOW_AUTO) {
        return options->to == SHOW_WINDOW;
    }
    return getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL ||
           ttyname_r(SHOW_TERMINAL_FD, name, sizeof(name)) != 0 ||
           (strncmp(name, "/dev/tty", 8) == 0 && name[8] >= '0' && name[8] <= '9');
}

/* auto: a window where one opens, else the terminal; the caller is told why there is no window. */
static enum status open_screen(struct ctx *cx, struct showing *s)
{
    enum status status = STATUS_OK;
    if (window_is_wanted(s->options)) {
        status = screen_window(cx, "Valise", s->options->full, &s->screen);
    }
    if (s->screen == NULL && (status == STATUS_OK || status == STATUS_NOT_FOUND)) {
        if (status == STATUS_NOT_FOUND) {
            (void)fault_hint(cx, "a terminal shows codes too: make it as large as the screen, with "
                                 "small letters");
            if (s->options->to == SHOW_WINDOW) {
                goto out;
            }
            mail_send_fault(cx, s->mail);
            fault_clear(cx);
        }
        status = screen_terminal(cx, SHOW_TERMINAL_FD, &s->screen);
        s->terminal = true;
    }
out:
    return status;
}

enum status show_on_screen(struct ctx *cx, const struct show_options *options, struct mail *mail,
                           struct show_job *job)
{
    enum status status = STATUS_OK;
    struct showing s = {.options = options, .mail = mail, .job = job, .calm = options->calm};
    TRY(ahead_start(cx, &s.ahead));
    TRY(open_screen(cx, &s));
    TRY(fence(cx));
    if (job->first.kind == LIGHT_PREVIEW) {
        TRY(take_preview(cx, &s, &job->first));
    } else {
        TRY(begin(cx, &s));
    }
    TRY(loop(cx, &s));
out:
    screen_close(&s.screen);
    ahead_stop(&s.ahead);
    picture_free(&s.still);
    picture_free(&s.camera);
    return status;
}
