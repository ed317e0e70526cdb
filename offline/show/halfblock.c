/* SPDX-License-Identifier: Apache-2.0 */
/*
 * halfblock: a picture as text for a terminal, two dots one above the other in each place. Both
 * colours are always named, from the 256 that no theme changes: a terminal's own dark and light may
 * be anything. Blanks stand for two equal dots, because letters may leave gaps between rows.
 */
#include "terminal.h"

static const char upper_half[] = "\xe2\x96\x80", lower_half[] = "\xe2\x96\x84";

/* The colour of the ground; letters have the other one. */
enum ground { GROUND_NONE, GROUND_BLACK, GROUND_WHITE };

static enum status ground_set(struct ctx *cx, enum ground wanted, enum ground *now, struct buf *out)
{
    if (wanted == *now) {
        return STATUS_OK;
    }
    *now = wanted;
    return buf_add_text(cx, out,
                        wanted == GROUND_BLACK ? TEXT("\x1b[38;5;231;48;5;16m")
                                               : TEXT("\x1b[38;5;16;48;5;231m"));
}

/* `top` and `bottom`: white. */
static enum status place(struct ctx *cx, bool top, bool bottom, enum ground *now, struct buf *out)
{
    enum status status = STATUS_OK;
    if (top == bottom) {
        TRY(ground_set(cx, top ? GROUND_WHITE : GROUND_BLACK, now, out));
        TRY(buf_add_byte(cx, out, ' '));
    } else {
        TRY(ground_set(cx, *now == GROUND_NONE ? GROUND_WHITE : *now, now, out));
        bool letters_white = *now == GROUND_BLACK;
        TRY(buf_add_text(cx, out, text_of(top == letters_white ? upper_half : lower_half)));
    }
out:
    return status;
}

/* Where the picture lies in the field, and what it is at a place; white around it. */
struct field {
    const struct picture *picture;
    int64_t left, top;
};

static struct field field_of(const struct picture *p, unsigned columns, unsigned rows)
{
    return (struct field){p, ((int64_t)columns - p->width) / 2,
                          ((int64_t)rows * 2 - p->height) / 4 * 2};
}

static uint8_t dot_at(const struct field *f, int64_t column, int64_t half_row)
{
    int64_t x = column - f->left, y = half_row - f->top;
    if (x < 0 || y < 0 || x >= f->picture->width || y >= f->picture->height) {
        return 255;
    }
    return f->picture->dots[(size_t)y * f->picture->width + (size_t)x];
}

enum status terminal_halfblocks(struct ctx *cx, const struct picture *p, unsigned columns,
                                unsigned rows, struct buf *out)
{
    enum status status = STATUS_OK;
    const struct field f = field_of(p, columns, rows);
    for (unsigned row = 0; row < rows; row++) {
        enum ground ground = GROUND_NONE;
        TRY(buf_printf(cx, out, "\x1b[%u;1H", row + 1));
        for (unsigned column = 0; column < columns; column++) {
            TRY(place(cx, dot_at(&f, column, 2 * row) >= 128,
                      dot_at(&f, column, 2 * row + 1) >= 128, &ground, out));
        }
    }
out:
    return status;
}

/* From the ramp of 24 greys, 232 to 255. */
static int grey_number(uint8_t grey)
{
    return 232 + grey * 23 / 255;
}

enum status terminal_greys(struct ctx *cx, const struct picture *p, unsigned columns, unsigned rows,
                           struct buf *out)
{
    enum status status = STATUS_OK;
    const struct field f = field_of(p, columns, rows);
    for (unsigned row = 0; row < rows; row++) {
        int now_top = -1, now_bottom = -1;
        TRY(buf_printf(cx, out, "\x1b[%u;1H", row + 1));
        for (unsigned column = 0; column < columns; column++) {
            int top = grey_number(dot_at(&f, column, 2 * row));
            int bottom = grey_number(dot_at(&f, column, 2 * row + 1));
            if (top != now_top || bottom != now_bottom) {
                TRY(buf_printf(cx, out, "\x1b[38;5;%d;48;5;%dm", top, bottom));
                now_top = top;
                now_bottom = bottom;
            }
            TRY(buf_add_text(cx, out, text_of(upper_half)));
        }
    }
out:
    return status;
}

static enum status words_row(struct ctx *cx, text line, unsigned columns, struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf shown;
    size_t pos = 0;
    unsigned across = 0;
    buf_init(&shown, 16 * WORDS_LINE_BYTES);
    TRY(escape_terminal(cx, &shown, line, false));
    while (pos < shown.len) {
        size_t from = pos;
        int wide = utf8_width(utf8_next(buf_text(&shown), &pos));
        if (across + (unsigned)wide > columns) {
            break;
        }
        across += (unsigned)wide;
        TRY(buf_add(cx, out, BYTES(shown.ptr + from, pos - from)));
    }
    for (; across < columns; across++) {
        TRY(buf_add_byte(cx, out, ' '));
    }
out:
    buf_finish(&shown);
    return status;
}

enum status terminal_words(struct ctx *cx, const struct words *words, unsigned columns,
                           unsigned row, struct buf *out)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < words->count; i++) {
        TRY(buf_printf(cx, out, "\x1b[%u;1H\x1b[38;5;16;48;5;231m", row + (unsigned)i));
        TRY(words_row(cx, text_of(words->lines[i]), columns, out));
    }
    if (words->permille >= 0) {
        unsigned filled = columns * (unsigned)words->permille / 1000;
        TRY(buf_printf(cx, out, "\x1b[%zu;1H\x1b[48;5;16m", row + words->count));
        for (unsigned i = 0; i < columns; i++) {
            TRY(buf_add_text(cx, out, i == filled ? TEXT("\x1b[48;5;231m ") : TEXT(" ")));
        }
    }
out:
    return status;
}
