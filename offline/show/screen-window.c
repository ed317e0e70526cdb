/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen-window: where things lie in the window. The canvas in the middle of what is left over a
 * strip of words; a picture of the camera takes a quarter of the width while there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "faces.h"
#include "screen.h"

enum {
    TEXT_SCALE = 2,
    NOTE_SCALE = 3,
    BAR_HEIGHT = 6,
    MARGIN = 3,
    STRIP_HEIGHT = FONT_HEIGHT * TEXT_SCALE + BAR_HEIGHT + 2 * MARGIN,
    CAMERA_PART = 4, /* a camera's picture gets one of so many parts of the width */
    DOTS_MIN = 3,
    OPEN_PART = 20, /* a window leaves one of so many parts of the desktop */
};

struct screen_of_window {
    struct screen screen;
    struct window *window;
    struct picture strip;  /* as wide as the window */
    struct picture camera; /* as small as its place wants it */
    bool with_camera;      /* in the last view, beside a canvas */
};

static struct screen_of_window *own(struct screen *s)
{
    return (struct screen_of_window *)s;
}

static void room_left(struct screen_of_window *w, unsigned *ret_width, unsigned *ret_height)
{
    window_size(w->window, ret_width, ret_height);
    *ret_width -= w->with_camera ? *ret_width / CAMERA_PART : 0;
    *ret_height -= *ret_height > STRIP_HEIGHT ? STRIP_HEIGHT : 0;
}

static void room(struct screen *s, unsigned *ret_width, unsigned *ret_height)
{
    room_left(own(s), ret_width, ret_height);
}

/* The largest whole scale at which it fits, at least 1. */
static unsigned scale_for(const struct picture *p, unsigned width, unsigned height)
{
    unsigned across = width / p->width, down = height / p->height;
    unsigned scale = across < down ? across : down;
    return scale < 1 ? 1 : scale;
}

static struct layer middle(const struct picture *p, int left, unsigned width, unsigned height)
{
    unsigned scale = scale_for(p, width, height);
    return (struct layer){.dots = p->dots,
                          .width = p->width,
                          .height = p->height,
                          .scale = scale,
                          .x = left + ((int)width - (int)(p->width * scale)) / 2,
                          .y = ((int)height - (int)(p->height * scale)) / 2};
}

static enum status strip_fit(struct ctx *cx, struct screen_of_window *w, unsigned width,
                             unsigned height)
{
    if (w->strip.width == width && w->strip.height == height) {
        picture_fill(&w->strip, 0, 0, width, height, 255);
        return STATUS_OK;
    }
    picture_free(&w->strip);
    return picture_new(cx, width, height, &w->strip);
}

static void bar(struct picture *p, int permille)
{
    int y = (int)p->height - MARGIN - BAR_HEIGHT;
    if (permille >= 0) {
        picture_fill(p, MARGIN, y, p->width - 2 * MARGIN, BAR_HEIGHT, 200);
        picture_fill(p, MARGIN, y, (p->width - 2 * MARGIN) * (unsigned)permille / 1000, BAR_HEIGHT,
                     0);
    }
}

/* All lines from the top of the picture, centred as one block, as large as fits. */
static void note(struct picture *p, const struct words *words)
{
    unsigned longest = 1, scale = NOTE_SCALE;
    for (size_t i = 0; i < words->count; i++) {
        unsigned len = (unsigned)strlen(words->lines[i]);
        longest = len > longest ? len : longest;
    }
    while (scale > 1 && longest * FONT_WIDTH * scale > p->width) {
        scale--;
    }
    unsigned step = (FONT_HEIGHT + 3) * scale;
    int x = ((int)p->width - (int)(longest * FONT_WIDTH * scale)) / 2;
    int y = ((int)p->height - (int)(step * words->count)) / 2;
    for (size_t i = 0; i < words->count; i++) {
        (void)picture_text(p, x < 0 ? 0 : x, y + (int)(step * i), scale, text_of(words->lines[i]));
    }
}

static enum status draw(struct ctx *cx, struct screen *s, const struct view *v)
{
    enum status status = STATUS_OK;
    struct screen_of_window *w = own(s);
    struct layer layers[LAYERS_MAX];
    size_t count = 0;
    unsigned width = 0, height = 0, room_width = 0, room_height = 0;
    window_size(w->window, &width, &height);
    if (width <= 2 * MARGIN || height <= STRIP_HEIGHT) {
        goto out; /* nothing can be seen of it: made small, or not there yet */
    }
    w->with_camera = v->canvas != NULL && v->camera != NULL;
    room_left(w, &room_width, &room_height);
    bool words_alone = v->canvas == NULL && v->camera == NULL;
    if (v->canvas != NULL) {
        layers[count++] = middle(v->canvas, 0, room_width, room_height);
    }
    if (v->camera != NULL) {
        unsigned left = v->canvas != NULL ? room_width : 0;
        picture_free(&w->camera);
        TRY(picture_shrink(cx, v->camera, width - left, room_height, &w->camera));
        layers[count++] = middle(&w->camera, (int)left, width - left, room_height);
    }
    TRY(strip_fit(cx, w, width, words_alone ? height : STRIP_HEIGHT));
    if (words_alone) {
        note(&w->strip, v->words);
    } else if (v->words->count > 0) {
        (void)picture_text(&w->strip, MARGIN, MARGIN, TEXT_SCALE, text_of(v->words->lines[0]));
        bar(&w->strip, v->words->permille);
    }
    layers[count++] = (struct layer){.dots = w->strip.dots,
                                     .width = w->strip.width,
                                     .height = w->strip.height,
                                     .scale = 1,
                                     .y = (int)(height - w->strip.height)};
    if (!window_show(w->window, layers, count)) {
        FAIL(cx, STATUS_IO, "the screen does not take a picture");
    }
out:
    return status;
}

static int key(struct screen *s, int wait_ms, bool *ret_again)
{
    if (screen_signalled()) {
        return 'q';
    }
    return window_key(own(s)->window, wait_ms, ret_again);
}

static void turn_full(struct screen *s)
{
    window_turn_full(own(s)->window);
}

static void close_window(struct screen *s)
{
    struct screen_of_window *w = own(s);
    window_close(w->window);
    picture_free(&w->strip);
    picture_free(&w->camera);
    free(w);
}

static const struct screen_kind kind = {room, draw, key, turn_full, close_window};

enum status screen_window(struct ctx *cx, const char *title, bool full, struct screen **ret)
{
    enum status status = STATUS_OK;
    const char *why = "";
    void *memory = NULL;
    TRY(mem_new(cx, 1, sizeof(struct screen_of_window), &memory));
    struct screen_of_window *w = memory;
    w->screen = (struct screen){&kind, DOTS_MIN};
    w->window = window_open(title, full, OPEN_PART, &why);
    if (w->window == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "no window can be opened here: %s", why);
    }
    memory = NULL;
    *ret = &w->screen;
out:
    free(memory);
    return status;
}
