/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: see scene.h. What cannot be drawn is a mistake of the test and ends it.
 */
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static QRcode *code_make(const uint8_t *data, size_t len, int version)
{
    QRinput *input = QRinput_new2(version, QR_ECLEVEL_L);
    if (input == NULL || QRinput_append(input, QR_MODE_8, (int)len, data) != 0) {
        abort();
    }
    QRcode *code = QRcode_encodeInput(input);
    QRinput_free(input);
    if (code == NULL) {
        abort();
    }
    return code;
}

static void square(struct grey *g, unsigned x, unsigned y, unsigned dots)
{
    for (unsigned row = 0; row < dots; row++) {
        memset(g->dots + (size_t)(y + row) * g->width + x, 0, dots);
    }
}

void scene_fill(struct scene *s, unsigned cols, unsigned rows, unsigned version, uint64_t *seed)
{
    struct ctx cx;
    ctx_init(&cx, system_real());
    memset(s, 0, sizeof(*s));
    if (frames_canvas(&cx, cols, rows, version, &s->canvas) != STATUS_OK) {
        abort();
    }
    s->cells = cols * rows;
    s->len = code_capacity(version);
    for (unsigned cell = 0; cell < s->cells; cell++) {
        for (size_t i = 0; i < s->len; i++) {
            s->payload[cell][i] = (uint8_t)dice(seed);
        }
        if (s->len > SYMBOL_EXTRA_BYTES) {
            s->payload[cell][0] = 0x56; /* [F-100] */
            s->payload[cell][1] = 0x51;
            s->payload[cell][22] = (uint8_t)(cols << 4 | rows);
            s->payload[cell][23] = (uint8_t)cell;
        }
    }
}

static void draw_markers(struct scene *s)
{
    for (unsigned m = 0; m < 4; m++) {
        for (unsigned y = 0; y < CANVAS_MARKER; y++) {
            for (unsigned x = 0; x < CANVAS_MARKER; x++) {
                if (canvas_marker_dark(x / CANVAS_MARKER_UNIT, y / CANVAS_MARKER_UNIT)) {
                    square(&s->display, s->left + (s->canvas.markers[m].x + x) * s->dots,
                           s->top + (s->canvas.markers[m].y + y) * s->dots, s->dots);
                }
            }
        }
    }
}

void scene_draw(struct scene *s, unsigned width, unsigned height)
{
    unsigned across = width / s->canvas.width, down = height / s->canvas.height;
    s->dots = across < down ? across : down;
    if (s->dots == 0) {
        abort();
    }
    s->left = (width - s->dots * s->canvas.width) / 2;
    s->top = (height - s->dots * s->canvas.height) / 2;
    grey_free(&s->display);
    s->display = grey_new(width, height);
    memset(s->display.dots, 255, (size_t)width * height);
    draw_markers(s);
    for (unsigned cell = 0; cell < s->cells; cell++) {
        QRcode *code = code_make(s->payload[cell], s->len, s->canvas.version);
        struct canvas_point at = canvas_cell(&s->canvas, cell);
        unsigned side = (unsigned)code->width;
        if (side != s->canvas.side) {
            abort();
        }
        for (unsigned y = 0; y < side; y++) {
            for (unsigned x = 0; x < side; x++) {
                if ((code->data[y * side + x] & 1) != 0) {
                    square(&s->display, s->left + (at.x + x) * s->dots,
                           s->top + (at.y + y) * s->dots, s->dots);
                }
            }
        }
        QRcode_free(code);
    }
}

void scene_free(struct scene *s)
{
    grey_free(&s->display);
}

struct grey scene_code(const void *data, size_t len, unsigned dots)
{
    QRcode *code = code_make(data, len, 0);
    unsigned side = (unsigned)code->width, wide = (side + 8) * dots;
    struct grey g = grey_new(wide, wide);
    memset(g.dots, 255, (size_t)wide * wide);
    for (unsigned y = 0; y < side; y++) {
        for (unsigned x = 0; x < side; x++) {
            if ((code->data[y * side + x] & 1) != 0) {
                square(&g, (x + 4) * dots, (y + 4) * dots, dots);
            }
        }
    }
    QRcode_free(code);
    return g;
}

void scene_visit(void *self, const uint8_t *data, size_t len)
{
    struct scene_read *r = self;
    for (unsigned i = 0; i < r->scene->cells; i++) {
        if (len == r->scene->len && memcmp(data, r->scene->payload[i], len) == 0) {
            r->count += !r->cell[i];
            r->cell[i] = true;
            return;
        }
    }
    r->strange++;
}
