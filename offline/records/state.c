/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: one hash over the resolved state of every record, candidates of conflicts included.
 * Devices that hold the same entries and kits have the same hash; it names devices and members by
 * their ids, never by local numbers or names, and records in the order of those ids.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

enum { RECORD_BYTES_MAX = 256 * 1024 * 1024 };

struct hashing {
    struct records *r;
    struct id sum; /* over all records so far */
    struct buf out;
};

/* [device id, seq, index] of an operation. */
static void put_key(struct wire_writer *w, struct records *r, int64_t key)
{
    const struct team_device *d = team_device_by_ix(r->team, OP_DEVICE(key));
    wire_put_bytes(w, d == NULL ? (bytes){0} : BYTES_OF(d->id.b));
    wire_put_uint(w, OP_SEQ(key));
    wire_put_uint(w, OP_INDEX(key));
}

static enum status put_tags(struct ctx *cx, struct rec *rec, struct wire_writer *w,
                            const struct outcome *o)
{
    enum status status = STATUS_OK;
    text *tags = NULL;
    size_t count = 0;

    TRY(tags_list(cx, rec, o, &tags, &count));
    wire_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_text(w, tags[i]);
    }
out:
    return status;
}

/* The value, then every cell it comes from. */
static enum status put_field(struct ctx *cx, struct rec *rec, struct wire_writer *w, size_t field)
{
    enum status status = STATUS_OK;
    const struct field *f = &rec->table->type->fields[field];
    struct outcome o;
    struct value v;

    TRY(field_resolve(cx, rec, field, NULL, &o));
    wire_put_text(w, f->name);
    wire_put_bool(w, o.conflict);
    if (f->kind == FIELD_TAGS) {
        return put_tags(cx, rec, w, &o);
    }
    TRY(value_write(w, &o.value));
    wire_put_array(w, f->merge == MERGE_SUM ? 0 : o.live);
    for (size_t i = 0; i < o.live && f->merge != MERGE_SUM; i++) {
        uint32_t cell = rec->live[i];
        put_key(w, rec->r, rec->ops[rec->cells[cell].op].key);
        TRY(cell_value(cx, rec, cell, &v));
        TRY(value_write(w, &v));
    }
out:
    return status;
}

static enum status hash_record(void *self, struct ctx *cx, int64_t record)
{
    enum status status = STATUS_OK;
    struct hashing *h = self;
    struct rec *rec = &h->r->rec;
    int64_t deletion = 0;
    size_t deletions = 0;
    struct wire_writer w;

    TRY(rec_load(cx, rec, record, false));
    TRY(rec_judge(cx, rec));
    if (!rec_alive(rec)) {
        goto out;
    }
    TRY(rec_deletions(cx, rec, &deletion, 1, &deletions));
    buf_clear(&h->out);
    wire_writer_init(&w, cx, &h->out);
    put_key(&w, h->r, record);
    wire_put_text(&w, rec->table->type_name);
    wire_put_bool(&w, deletions > 0);
    for (size_t i = 0; i < rec->table->type->field_count; i++) {
        TRY(put_field(cx, rec, &w, rec->table->order[i]));
    }
    TRY(wire_writer_done(&w));
    struct id before = h->sum;
    hash_domain("valise/records/state", BYTES_OF(before.b), buf_view(&h->out), &h->sum);
out:
    return status;
}

static int compare_devices(const void *a, const void *b)
{
    const struct team_device *const *x = a, *const *y = b;
    return id_compare(&(*x)->id, &(*y)->id);
}

enum status records_state_hash(struct ctx *cx, struct records *r, struct id *ret)
{
    enum status status = STATUS_OK;
    struct hashing h = {.r = r};
    const struct team_device **devices = NULL;
    size_t count = team_device_count(r->team);
    void *memory = NULL;

    buf_init(&h.out, RECORD_BYTES_MAX);
    TRY(mem_new(cx, count + 1, sizeof(const struct team_device *), &memory));
    devices = memory;
    for (size_t i = 0; i < count; i++) {
        devices[i] = team_device_at(r->team, i);
    }
    qsort(devices, count, sizeof(devices[0]), compare_devices);
    for (size_t i = 0; i < count; i++) {
        TRY(records_each(cx, r, NULL, devices[i]->ix, hash_record, &h));
    }
    *ret = h.sum;
out:
    free(devices);
    buf_finish(&h.out);
    rec_reset(&r->rec, 0);
    return status;
}
