/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conflict: values that stand against each other until a person chooses. Nothing is lost on the
 * way: every candidate stays in the operations, the winner is only what is shown meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

/* Live cells, the shown one first, the others in order. */
static uint32_t candidate(const struct rec *rec, const struct outcome *o, size_t number)
{
    if (number == 0) {
        return o->winner;
    }
    for (size_t i = 0; i < o->live; i++) {
        if (rec->live[i] != o->winner && --number == 0) {
            return rec->live[i];
        }
    }
    return CELL_NONE;
}

static enum status tell_candidate(struct ctx *cx, struct rec *rec, const struct field *f,
                                  uint32_t cell, bool shown, struct buf *words,
                                  enum status (*visit)(void *self, struct ctx *cx,
                                                       const struct conflict_value *v),
                                  void *self)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[rec->cells[cell].op];
    const struct id *member = device_member(rec->r, OP_DEVICE(op->key));
    struct conflict_value line = {.time = op->time, .shown = shown};
    struct value v;

    TRY(cell_value(cx, rec, cell, &v));
    buf_clear(words);
    TRY(value_to_text(cx, rec->r, f, &v, false, words));
    line.value = buf_text(words);
    if (member != NULL) {
        line.member = *member;
    }
    TRY(visit(self, cx, &line));
out:
    return status;
}

enum status record_conflict_each(
    struct ctx *cx, struct records *r, int64_t record, const struct field *f,
    enum status (*visit)(void *self, struct ctx *cx, const struct conflict_value *v), void *self)
{
    enum status status = STATUS_OK;
    struct rec own = {.r = r};
    struct outcome o;
    struct buf words;

    buf_init(&words, 4 * MIB);
    TRY(record_load(cx, r, record));
    own = r->rec;
    r->rec = (struct rec){.r = r};
    TRY(field_resolve(cx, &own, table_field_index(own.table, f), NULL, &o));
    for (size_t i = 0; o.conflict && i < o.live; i++) {
        uint32_t cell = candidate(&own, &o, i);
        TRY(tell_candidate(cx, &own, f, cell, i == 0, &words, visit, self));
    }
out:
    buf_finish(&words);
    rec_finish(&own);
    return status;
}

/* ---- all of the team ------------------------------------------------------------------------- */

static enum status conflicted(struct ctx *cx, struct records *r, const struct table *t,
                              int64_t **list, size_t *count, size_t *cap)
{
    enum status status = STATUS_OK;
    const char *line = NULL;
    struct stmt *s = NULL;
    struct buf sql;
    bool row = false;

    *count = 0;
    buf_init(&sql, 4 * KIB);
    /* the plus keeps SQLite from walking the whole table in order of _id: few are in conflict, and
     * an index names them */
    TRY(buf_printf(cx, &sql,
                   "SELECT _id FROM %s WHERE _conflicts > 0 AND _deleted = 0 ORDER BY +_id",
                   t->name));
    TRY(buf_cstr(cx, &sql, &line));
    TRY(stmt_prepare(cx, r->vault, line, &s));
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        TRY(mem_grow(cx, (void **)list, cap, *count + 1, sizeof(**list)));
        (*list)[(*count)++] = stmt_int(s, 0);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    buf_finish(&sql);
    return status;
}

static enum status tell_fields(struct ctx *cx, struct records *r, int64_t record,
                               enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                    const struct field *f),
                               void *self)
{
    enum status status = STATUS_OK;
    uint64_t in_conflict = 0;
    struct outcome o;

    TRY(record_load(cx, r, record));
    const struct record_type *type = r->rec.table->type;
    for (size_t i = 0; i < type->field_count; i++) {
        TRY(field_resolve(cx, &r->rec, i, NULL, &o));
        in_conflict |= o.conflict ? UINT64_C(1) << i : 0;
    }
    for (size_t i = 0; i < type->field_count; i++) {
        if ((in_conflict & UINT64_C(1) << i) != 0) {
            TRY(visit(self, cx, record, &type->fields[i]));
        }
    }
out:
    return status;
}

enum status records_conflicts_each(struct ctx *cx, struct records *r,
                                   enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                        const struct field *f),
                                   void *self)
{
    enum status status = STATUS_OK;
    int64_t *list = NULL;
    size_t count = 0, cap = 0;

    for (size_t i = 0; i < r->table_count; i++) {
        TRY(conflicted(cx, r, &r->tables[i], &list, &count, &cap));
        for (size_t k = 0; k < count; k++) {
            TRY(tell_fields(cx, r, list[k], visit, self));
        }
    }
out:
    free(list);
    return status;
}

/* ---- settling -------------------------------------------------------------------------------- */

static enum status chosen_value(struct ctx *cx, struct draft *d, const struct field *f,
                                const struct outcome *o, size_t choice, text words,
                                struct value *ret)
{
    enum status status = STATUS_OK;

    if (choice == 0) {
        TRY(value_from_words(cx, d->r, f, words, d->now, &d->scratch, ret));
        TRY(value_check(cx, f, ret));
        goto out;
    }
    uint32_t cell = choice > o->live ? CELL_NONE : candidate(d->rec, o, choice - 1);
    if (cell == CELL_NONE) {
        FAIL(cx, STATUS_USAGE, "there are %zu values to choose from, not %zu", o->live, choice);
    }
    TRY(cell_value(cx, d->rec, cell, ret));
out:
    return status;
}

enum status record_resolve(struct ctx *cx, struct records *r, int64_t record,
                           const struct field *field, size_t choice, text value)
{
    static const uint8_t no_pairs[] = {0x80}; /* an array of nothing */
    enum status status = STATUS_OK;
    struct outcome o;
    struct value v;
    struct draft d;

    TRY(draft_open(cx, &d, r, record));
    TRY(field_resolve(cx, d.rec, table_field_index(d.rec->table, field), NULL, &o));
    if (!o.conflict) {
        FAIL(cx, STATUS_NOT_FOUND, "'%.*s' is not in conflict", SHOW(field->name));
    }
    TRY(chosen_value(cx, &d, field, &o, choice, value, &v));
    if (field == d.rec->table->state) {
        TRY(draft_move(cx, &d, TEXT(""), v.s, BYTES_OF(no_pairs)));
    } else {
        TRY(draft_set(cx, &d, field, &v));
    }
    TRY(draft_commit(cx, &d));
out:
    draft_finish(&d);
    return status;
}
