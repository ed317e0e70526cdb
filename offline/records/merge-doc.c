/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge-doc: concurrent texts of one document. Each text knows what it was made from, so the two
 * are merged by lines over their latest common ancestor; more than two one after the other in the
 * total order. Not clean: the field is in conflict and every text stays.
 */
#include <string.h>

#include "records-int.h"

enum { MARK_LEFT = 1, MARK_RIGHT = 2 };

/* Marks the cell and everything it was made from. Bases stand before what was made from them, so
 * one pass downwards reaches all. */
static void mark_past(struct rec *rec, uint32_t cell, uint8_t mark)
{
    rec->cells[cell].mark |= mark;
    for (uint32_t i = cell + 1; i > 0; i--) {
        const struct cell *c = &rec->cells[i - 1];
        if ((c->mark & mark) == 0) {
            continue;
        }
        for (size_t b = 0; b < c->base_count; b++) {
            rec->cells[rec->bases[c->base_at + b]].mark |= mark;
        }
    }
}

/* The last cell both sides were made from; the record's first value stands behind everything. */
static uint32_t common_past(struct rec *rec, size_t field)
{
    uint32_t found = CELL_NONE;
    uint32_t first = rec->first[field];

    if (first != CELL_NONE && rec->cells[first].op == 0) {
        found = first;
    }
    for (uint32_t i = first; i != CELL_NONE; i = rec->cells[i].next) {
        if (rec->cells[i].mark == (MARK_LEFT | MARK_RIGHT)) {
            found = i;
        }
    }
    return found;
}

static void clear_right(struct rec *rec, size_t field, bool all)
{
    for (uint32_t i = rec->first[field]; i != CELL_NONE; i = rec->cells[i].next) {
        rec->cells[i].mark &= all ? 0 : MARK_LEFT;
    }
}

static enum status cell_text(struct ctx *cx, struct rec *rec, uint32_t cell, text *ret)
{
    enum status status = STATUS_OK;
    struct value v = {.kind = VALUE_NULL};

    if (cell != CELL_NONE) {
        TRY(cell_value(cx, rec, cell, &v));
    }
    *ret = v.kind == VALUE_TEXT ? v.s : TEXT("");
out:
    return status;
}

static enum status merge_two(struct ctx *cx, struct rec *rec, text base, text *left, text right,
                             bool *ret_clean)
{
    enum status status = STATUS_OK;
    struct buf merged;
    bytes kept = {0};

    buf_init(&merged, DOC_BYTES_MAX);
    status = merge_three_way(cx, base, *left, right, &merged, ret_clean);
    if (status == STATUS_LIMIT) { /* what no document can hold is not clean */
        fault_clear(cx);
        *ret_clean = false;
        status = STATUS_OK;
    }
    if (status == STATUS_OK && *ret_clean) {
        TRY(arena_copy(cx, &rec->arena, buf_view(&merged), &kept));
        *left = (text){.ptr = (const char *)kept.ptr, .len = kept.len};
    }
out:
    buf_finish(&merged);
    return status;
}

enum status doc_merge(struct ctx *cx, struct rec *rec, size_t field, size_t live, bool *ret_clean,
                      text *ret)
{
    enum status status = STATUS_OK;
    text left, right, base;

    *ret_clean = true;
    clear_right(rec, field, true);
    TRY(cell_text(cx, rec, rec->live[0], &left));
    mark_past(rec, rec->live[0], MARK_LEFT);
    for (size_t i = 1; i < live && *ret_clean; i++) {
        clear_right(rec, field, false);
        mark_past(rec, rec->live[i], MARK_RIGHT);
        TRY(cell_text(cx, rec, common_past(rec, field), &base));
        TRY(cell_text(cx, rec, rec->live[i], &right));
        TRY(merge_two(cx, rec, base, &left, right, ret_clean));
        mark_past(rec, rec->live[i], MARK_LEFT);
    }
    *ret = left;
out:
    return status;
}
