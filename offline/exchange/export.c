/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export: records as CSV: "id", every field by its name, then what imports kept, each in the column
 * it came from. Every cell is quoted; a text that a spreadsheet would run as a formula gets a
 * leading '. Two passes over the records: the columns must be known before the first row.
 */
#include "exchange-int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PART_BYTES = 64 * 1024 };

struct export
{
    struct records *records;
    const struct record_type *type;
    bool reveal;
    enum status (*write)(void *self, struct ctx *cx, bytes part);
    void *self;
    struct buf out; /* what was not handed on yet */
    struct buf cell;
    const struct field *plain[FIELDS_PER_TYPE_MAX]; /* columns of the listing, in order */
    size_t plain_count;
    bool has_ext;  /* the last column of the listing is ext */
    json_t *keys;  /* object: name of an ext column -> its number */
    bool has_rest; /* some record has more members than there are columns */
};

/* ---- cells --------------------------------------------------------------------------------- */

static enum status cell_put(struct ctx *cx, struct export *e, text t, bool guarded)
{
    enum status status = STATUS_OK;
    bool first = e->out.len == 0 || e->out.ptr[e->out.len - 1] == '\n';
    size_t start = 0;

    if (!first) {
        TRY(buf_add_byte(cx, &e->out, ','));
    }
    TRY(buf_add_byte(cx, &e->out, '"'));
    if (guarded && guard_needed(t)) {
        TRY(buf_add_byte(cx, &e->out, '\''));
    }
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '"') {
            TRY(buf_add(cx, &e->out, BYTES(t.ptr + start, i + 1 - start)));
            start = i; /* the quote comes again with what follows */
        }
    }
    TRY(buf_add(cx, &e->out, BYTES(t.ptr == NULL ? NULL : t.ptr + start, t.len - start)));
    TRY(buf_add_byte(cx, &e->out, '"'));
out:
    return status;
}

static enum status row_end(struct ctx *cx, struct export *e)
{
    enum status status = STATUS_OK;

    TRY(buf_add_text(cx, &e->out, TEXT("\r\n")));
    if (e->out.len >= PART_BYTES) {
        TRY(e->write(e->self, cx, buf_view(&e->out)));
        buf_clear(&e->out);
    }
out:
    return status;
}

/* A number, a date or a flag is what it is; anything a person typed might be a formula. */
static bool is_text_kind(enum field_kind kind)
{
    return kind != FIELD_NUM && kind != FIELD_FLAG && kind != FIELD_WHEN;
}

/* ---- columns ------------------------------------------------------------------------------- */

static bool is_listed(const struct field *f)
{
    return f->kind != FIELD_SECRET && f->kind != FIELD_LOG && f->kind != FIELD_EXT;
}

static enum status keys_take(void *self, struct ctx *cx, const struct listing_row *row)
{
    enum status status = STATUS_OK;
    struct export *e = self;
    text cell = row->cells[0];
    json_t *object = NULL;
    const char *key;
    json_t *value;

    if (cell.len == 0) {
        return STATUS_OK;
    }
    status = json_read(cx, BYTES(cell.ptr, cell.len), "kept data", &object);
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (status != STATUS_OK || !json_is_object(object)) {
        fault_clear(cx);
        status = STATUS_OK;
        e->has_rest = true;
    }
    json_object_foreach(object, key, value)
    {
        if (json_object_get(e->keys, key) != NULL) {
            continue;
        }
        if (json_object_size(e->keys) == EXT_COLUMNS_MAX) {
            e->has_rest = true;
            continue;
        }
        json_t *number = json_integer((json_int_t)json_object_size(e->keys));
        if (number == NULL || json_object_set_new(e->keys, key, number) != 0) {
            FAIL(cx, STATUS_NO_MEMORY, "out of memory");
        }
    }
out:
    json_decref(object);
    return status;
}

/* The caller's rows, with columns of ours. */
static enum status rows_list(struct ctx *cx, struct export *e, const struct listing *l,
                             const text *columns, size_t count,
                             enum status (*visit)(void *self, struct ctx *cx,
                                                  const struct listing_row *row))
{
    struct view view = {.kind = VIEW_LIST, .columns = columns, .column_count = count};
    struct listing listing = *l;

    if (l->view != NULL) {
        view.where = l->view->where;
        view.order = l->view->order;
    }
    listing.view = &view;
    return records_list(cx, e->records, &listing, NULL, visit, e);
}

static enum status columns_find(struct ctx *cx, struct export *e, const struct listing *l)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < e->type->field_count; i++) {
        const struct field *f = &e->type->fields[i];
        if (is_listed(f)) {
            e->plain[e->plain_count++] = f;
        }
        if (f->kind == FIELD_EXT) {
            e->has_ext = true;
            TRY(rows_list(cx, e, l, &f->name, 1, keys_take));
        }
    }
out:
    return status;
}

static enum status header_write(struct ctx *cx, struct export *e)
{
    enum status status = STATUS_OK;
    const char *key;
    json_t *value;

    TRY(cell_put(cx, e, TEXT("id"), false));
    for (size_t i = 0; i < e->type->field_count; i++) {
        const struct field *f = &e->type->fields[i];
        if (f->kind != FIELD_EXT && (f->kind != FIELD_SECRET || e->reveal)) {
            TRY(cell_put(cx, e, f->name, true));
        }
    }
    json_object_foreach(e->keys, key, value)
    {
        TRY(cell_put(cx, e, (text){.ptr = key, .len = strlen(key)}, true));
    }
    if (e->has_rest) {
        for (size_t i = 0; i < e->type->field_count; i++) {
            if (e->type->fields[i].kind == FIELD_EXT) {
                TRY(cell_put(cx, e, e->type->fields[i].name, true));
            }
        }
    }
    TRY(row_end(cx, e));
out:
    return status;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* "2026-11-24T10:00:00Z Ana: on my way" */
static enum status log_line_put(void *self, struct ctx *cx, const struct log_line *l)
{
    enum status status = STATUS_OK;
    struct export *e = self;
    struct tm parts;
    time_t seconds = (time_t)l->time;
    char when[32] = "";
    const struct team_member *m = team_member_by_id(records_team(e->records), &l->member);

    if (gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    if (e->cell.len > 0) {
        TRY(buf_add_byte(cx, &e->cell, '\n'));
    }
    TRY(buf_printf(cx, &e->cell, "%s ", when));
    TRY(buf_add_text(cx, &e->cell, m == NULL ? TEXT("?") : m->name));
    TRY(buf_add_text(cx, &e->cell, TEXT(": ")));
    TRY(buf_add_text(cx, &e->cell, l->line));
out:
    return status;
}

static enum status field_put(struct ctx *cx, struct export *e, int64_t record,
                             const struct field *f, text listed)
{
    enum status status = STATUS_OK;
    bool empty;

    if (is_listed(f)) {
        return cell_put(cx, e, listed, is_text_kind(f->kind));
    }
    scratch_reset(&e->cell);
    if (f->kind == FIELD_LOG) {
        TRY(record_log_each(cx, e->records, record, f, log_line_put, e));
    } else {
        TRY(record_field_text(cx, e->records, record, f, true, &e->cell, &empty));
    }
    TRY(cell_put(cx, e, buf_text(&e->cell), true));
out:
    return status;
}

/* Members that have a column; the others together as one object. */
static enum status ext_put(struct ctx *cx, struct export *e, text stored)
{
    enum status status = STATUS_OK;
    json_t *object = NULL;
    const char *key;
    json_t *value;

    if (stored.len > 0) {
        status = json_read(cx, BYTES(stored.ptr, stored.len), "kept data", &object);
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        fault_clear(cx);
        status = STATUS_OK;
    }
    bool whole = stored.len > 0 && !json_is_object(object); /* not ours: leaves as it is */
    json_object_foreach(e->keys, key, value)
    {
        json_t *member = json_object_get(object, key);
        scratch_reset(&e->cell);
        if (member != NULL) {
            TRY(ext_cell(cx, member, &e->cell));
        }
        TRY(cell_put(cx, e, buf_text(&e->cell), true));
        if (member != NULL) {
            (void)json_object_del(object, key);
        }
    }
    if (e->has_rest) {
        scratch_reset(&e->cell);
        if (json_object_size(object) > 0) {
            TRY(json_write(cx, object, &e->cell));
        }
        TRY(cell_put(cx, e, whole ? stored : buf_text(&e->cell), true));
    }
out:
    json_decref(object);
    return status;
}

static enum status row_put(void *self, struct ctx *cx, const struct listing_row *row)
{
    enum status status = STATUS_OK;
    struct export *e = self;
    size_t listed = 0;

    scratch_reset(&e->cell);
    TRY(record_id_write(cx, e->records, row->record, &e->cell));
    TRY(cell_put(cx, e, buf_text(&e->cell), false));
    for (size_t i = 0; i < e->type->field_count; i++) {
        const struct field *f = &e->type->fields[i];
        if (f->kind == FIELD_EXT || (f->kind == FIELD_SECRET && !e->reveal)) {
            continue;
        }
        text cell = is_listed(f) ? row->cells[listed] : (text){0};
        listed += is_listed(f) ? 1 : 0;
        TRY(field_put(cx, e, row->record, f, cell));
    }
    if (e->has_ext) {
        TRY(ext_put(cx, e, row->cells[e->plain_count]));
    }
    TRY(row_end(cx, e));
out:
    return status;
}

static enum status rows_write(struct ctx *cx, struct export *e, const struct listing *l)
{
    text columns[FIELDS_PER_TYPE_MAX + 1];
    size_t count = 0;

    for (; count < e->plain_count; count++) {
        columns[count] = e->plain[count]->name;
    }
    for (size_t i = 0; i < e->type->field_count; i++) {
        if (e->type->fields[i].kind == FIELD_EXT) {
            columns[count++] = e->type->fields[i].name;
        }
    }
    return rows_list(cx, e, l, columns, count, row_put);
}

enum status export_csv(struct ctx *cx, struct records *r, const struct listing *l, bool reveal,
                       enum status (*write)(void *self, struct ctx *cx, bytes part), void *self)
{
    enum status status = STATUS_OK;
    struct export e = {
        .records = r, .type = l->type, .reveal = reveal, .write = write, .self = self};

    buf_init(&e.out, (size_t)64 * MIB);
    buf_init(&e.cell, (size_t)16 * MIB);
    TRY(json_empty(cx, &e.keys));
    TRY(columns_find(cx, &e, l));
    TRY(header_write(cx, &e));
    TRY(rows_write(cx, &e, l));
    if (e.out.len > 0) {
        TRY(e.write(e.self, cx, buf_view(&e.out)));
    }
out:
    json_decref(e.keys);
    buf_finish(&e.out);
    buf_finish(&e.cell);
    return status;
}
