/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board: see board.h. Cards are escaped when they are added, so that a column's width is what is
 * seen; a record's title never carries a line feed out of its card.
 */
#include "board.h"

#include <string.h>

enum { COLUMN_LEAST = 20, COLUMN_MOST = 44, GAP = 2 };

void board_init(struct board *b)
{
    memset(b, 0, sizeof *b);
    buf_init(&b->names, 64 * 1024);
}

void board_finish(struct board *b)
{
    for (size_t i = 0; i < b->count; i++) {
        buf_finish(&b->groups[i].cards);
    }
    buf_finish(&b->names);
    b->count = 0;
}

/* Group names are copied into 256-byte places of `names` that do not move: taken once. */
enum { NAME_PLACE = 256 };

static enum status group_new(struct ctx *cx, struct board *b, text name, size_t *ret)
{
    enum status status = STATUS_OK;
    uint8_t *place;

    if (b->count == BOARD_GROUPS_MAX) {
        *ret = BOARD_GROUPS_MAX - 1; /* the rest share the last column */
        return STATUS_OK;
    }
    if (b->names.len == 0) {
        TRY(buf_extend(cx, &b->names, NAME_PLACE * BOARD_GROUPS_MAX, &place));
    }
    place = b->names.ptr + NAME_PLACE * b->count;
    size_t len = name.len < NAME_PLACE ? name.len : 0;
    if (len > 0) {
        memcpy(place, name.ptr, len);
    }
    struct board_group *g = &b->groups[b->count];
    g->name = (text){(const char *)place, len};
    g->count = 0;
    buf_init(&g->cards, BOARD_BYTES_MAX);
    *ret = b->count++;
out:
    return status;
}

enum status board_groups(struct ctx *cx, struct board *b, const text *names, size_t count)
{
    enum status status = STATUS_OK;
    size_t at;

    for (size_t i = 0; i < count && i < BOARD_GROUPS_MAX; i++) {
        TRY(group_new(cx, b, names[i], &at));
    }
out:
    return status;
}

enum status board_add(struct ctx *cx, struct board *b, text group, text id, text title,
                      bool conflict)
{
    enum status status = STATUS_OK;
    size_t at = b->count;

    for (size_t i = 0; i < b->count; i++) {
        if (text_equal(b->groups[i].name, group)) {
            at = i;
        }
    }
    if (at == b->count) {
        TRY(group_new(cx, b, group, &at));
    }
    struct board_group *g = &b->groups[at];
    TRY(buf_printf(cx, &g->cards, "%.*s%s", TEXT_ARG(id), conflict ? "! " : " "));
    TRY(escape_terminal(cx, &g->cards, title, false));
    TRY(buf_add_byte(cx, &g->cards, '\n'));
    g->count++;
out:
    return status;
}

/* Takes the next line of `rest`; false when there is none. */
static bool card_next(text *rest, text *ret)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);

    if (end == NULL) {
        return false;
    }
    ret->ptr = rest->ptr;
    ret->len = (size_t)(end - rest->ptr);
    rest->ptr = end + 1;
    rest->len -= ret->len + 1;
    return true;
}

static void groups_draw(struct out *o, const struct board *b)
{
    for (size_t i = 0; i < b->count; i++) {
        text rest = buf_text(&b->groups[i].cards);
        text card;
        if (b->groups[i].count == 0) {
            continue;
        }
        out_heading(o, "%.*s (%zu)", TEXT_ARG(b->groups[i].name), b->groups[i].count);
        while (card_next(&rest, &card)) {
            out_say(o, "  %.*s", TEXT_ARG(card));
        }
    }
}

/* Bytes of `t` that fit in `width` columns; *ret_columns: how many they take. */
static size_t fit(text t, size_t width, size_t *ret_columns)
{
    size_t used = 0;
    size_t pos = 0;

    while (pos < t.len) {
        size_t next = pos;
        size_t columns = (size_t)utf8_width(utf8_next(t, &next));
        if (used + columns > width) {
            break;
        }
        used += columns;
        pos = next;
    }
    *ret_columns = used;
    return pos;
}

/* Appends `t` cut or filled to `width` columns. */
static enum status place(struct out *o, struct buf *line, text t, size_t width)
{
    enum status status = STATUS_OK;
    text mark = o->ascii ? TEXT("..") : TEXT("…");
    size_t mark_columns = o->ascii ? 2 : 1;
    size_t used;
    size_t len = fit(t, width, &used);

    if (len < t.len) {
        len = fit(t, width - mark_columns, &used);
        TRY(buf_add_text(o->cx, line, (text){t.ptr, len}));
        TRY(buf_add_text(o->cx, line, mark));
        used += mark_columns;
    } else {
        TRY(buf_add_text(o->cx, line, t));
    }
    for (; used < width + GAP; used++) {
        TRY(buf_add_byte(o->cx, line, ' '));
    }
out:
    return status;
}

static text end_trimmed(text t)
{
    while (t.len > 0 && t.ptr[t.len - 1] == ' ') {
        t.len--;
    }
    return t;
}

/* Only groups that hold something get a column. */
static enum status columns_draw(struct out *o, const struct board *b, size_t width)
{
    enum status status = STATUS_OK;
    struct buf line;
    text rest[BOARD_GROUPS_MAX];
    bool more = true;

    buf_init(&line, 1024 * 1024);
    for (size_t i = 0; i < b->count; i++) {
        rest[i] = buf_text(&b->groups[i].cards);
        if (b->groups[i].count > 0) {
            TRY(place(o, &line, b->groups[i].name, width));
        }
    }
    text names = end_trimmed(buf_text(&line));
    out_heading(o, "%.*s", TEXT_ARG(names));
    while (more) {
        more = false;
        buf_clear(&line);
        for (size_t i = 0; i < b->count; i++) {
            text card = TEXT("");
            if (b->groups[i].count > 0) {
                more = card_next(&rest[i], &card) || more;
                TRY(place(o, &line, card, width));
            }
        }
        text cards = end_trimmed(buf_text(&line));
        if (more) {
            out_say(o, "%.*s", TEXT_ARG(cards));
        }
    }
out:
    buf_finish(&line);
    return status;
}

enum status board_draw(struct out *o, const struct board *b)
{
    size_t used = 0;

    for (size_t i = 0; i < b->count; i++) {
        used += b->groups[i].count > 0 ? 1 : 0;
    }
    if (used == 0) {
        out_say(o, "no records");
        return STATUS_OK;
    }
    size_t width = o->columns / used;
    if (width < COLUMN_LEAST + GAP) { /* not a terminal, or a narrow one */
        groups_draw(o, b);
        return STATUS_OK;
    }
    width -= GAP;
    return columns_draw(o, b, width < COLUMN_MOST ? width : COLUMN_MOST);
}
