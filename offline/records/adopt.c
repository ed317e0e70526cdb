/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt: somebody who may writes again, as his own, an operation that came and does not count. It
 * goes through the same judge as anything else. Each is adopted once on this device: which one it
 * became is remembered, so that what was made on top of it can follow.
 */
#include <string.h>

#include "records-int.h"

struct adopting {
    struct records *r;
    int64_t key;     /* of the branch, as record_adopt() was given it */
    struct buf body; /* what it stands in */
    struct op_form form;
    struct entry_info info;
    int64_t home; /* device of the author */
    struct draft d;
};

enum status adopted_as(struct ctx *cx, struct records *r, int64_t key, bool *ret, int64_t *ret_as)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_ADOPTED_GET, &s));
    stmt_bind_int(s, 1, key);
    TRY(stmt_step(cx, s, ret));
    if (*ret) {
        *ret_as = stmt_int(s, 0);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* What an operation named inside another became; 0 when it was not adopted. */
static enum status became(struct ctx *cx, struct records *r, int64_t named, int64_t *ret)
{
    enum status status = STATUS_OK;
    bool is = false;

    *ret = 0;
    for (size_t i = 0; team_device_lane(r->team, OP_DEVICE(named), i) != 0 && !is; i++) {
        int64_t lane = team_device_lane(r->team, OP_DEVICE(named), i);
        TRY(adopted_as(cx, r, OP_KEY(lane, OP_SEQ(named), OP_INDEX(named)), &is, ret));
    }
out:
    return status;
}

static enum status find_form(struct ctx *cx, struct adopting *a)
{
    enum status status = STATUS_OK;
    struct body_reader reader;
    bytes encoded;
    bool found = false;

    TRY(body_read_start(cx, buf_view(&a->body), &reader));
    while (!found && body_read_next(&reader, &encoded)) {
        found = reader.index == OP_INDEX(a->key);
    }
    if (!found || !op_parse(encoded, &a->form)) {
        FAIL(cx, STATUS_NOT_FOUND, "there is no such operation");
    }
out:
    return status;
}

/* The operation as it was written; refuses what is not to be adopted. */
static enum status adopt_load(struct ctx *cx, struct adopting *a)
{
    enum status status = STATUS_OK;
    bool counts = false, readable = false, done = false;
    int64_t as = 0;

    status = log_entry_load(cx, a->r->team, OP_DEVICE(a->key), OP_SEQ(a->key), &a->info, &a->body,
                            &counts, &readable);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !readable)) {
        fault_clear(cx);
        FAIL(cx, STATUS_NOT_FOUND, "there is no such operation");
    }
    TRY(status);
    TRY(find_form(cx, a));
    if (counts) {
        FAIL(cx, STATUS_CONFLICT, "it counts already; there is nothing to adopt");
    }
    TRY(adopted_as(cx, a->r, a->key, &done, &as));
    if (done) {
        FAIL(cx, STATUS_DUPLICATE, "it was adopted before");
    }
    a->home = team_device_home(a->r->team, a->info.device_ix);
out:
    return status;
}

/* ---- by verb --------------------------------------------------------------------------------- */

static enum status add_key(struct ctx *cx, struct adopting *a, int64_t key, int64_t *keys,
                           size_t *count)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < *count; i++) {
        if (keys[i] == key) {
            return STATUS_OK;
        }
    }
    if (*count == OP_REFS_MAX) {
        FAIL(cx, STATUS_LIMIT, "it was made on more than %d others", OP_REFS_MAX);
    }
    (void)a;
    keys[(*count)++] = key;
out:
    return status;
}

/* What the operation named, as it counts today: itself; what it became; or what it was made on. */
static enum status add_named(struct ctx *cx, struct adopting *a, int64_t named, size_t field,
                             int64_t *keys, size_t *count)
{
    enum status status = STATUS_OK;
    struct rec *rec = a->d.rec;
    uint32_t at = CELL_NONE;
    int64_t as = 0;

    TRY(rec_find_op(cx, rec, named, &at));
    if (at != CELL_NONE && rec->ops[at].fate == FATE_APPLIED) {
        return at == 0 ? STATUS_OK : add_key(cx, a, named, keys, count);
    }
    TRY(became(cx, a->r, named, &as));
    if (as != 0) {
        TRY(rec_find_op(cx, rec, as, &at));
        return at == CELL_NONE || at == 0 ? STATUS_OK : add_key(cx, a, as, keys, count);
    }
    for (uint32_t i = rec->first[field]; at != CELL_NONE && i != CELL_NONE;
         i = rec->cells[i].next) {
        const struct cell *c = &rec->cells[i];
        for (size_t b = 0; c->op == at && c->mute && b < c->base_count; b++) {
            uint32_t op = rec->cells[rec->bases[c->base_at + b]].op;
            if (op > 0) {
                TRY(add_key(cx, a, rec->ops[op].key, keys, count));
            }
        }
    }
out:
    return status;
}

static enum status base_now(struct ctx *cx, struct adopting *a, size_t field, struct buf *out,
                            size_t *ret_count)
{
    enum status status = STATUS_OK;
    int64_t keys[OP_REFS_MAX];
    struct wire_reader r;
    struct op_ref ref;

    *ret_count = 0;
    wire_reader_init(&r, a->form.base);
    size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
    for (size_t i = 0; i < count; i++) {
        op_ref_read(&r, &ref);
        TRY(add_named(cx, a, ref_key(a->r, a->home, &ref), field, keys, ret_count));
    }
    TRY(refs_write(cx, a->r, keys, *ret_count, out));
out:
    return status;
}

static enum status adopt_field(struct ctx *cx, struct adopting *a)
{
    enum status status = STATUS_OK;
    struct draft *d = &a->d;
    size_t at = table_field_by_name(d->rec->table, a->form.name);
    const struct field *f = at == SIZE_MAX ? NULL : &d->rec->table->type->fields[at];
    bool names = a->form.verb == OP_SET || a->form.verb == OP_TAG_REMOVE;
    struct value v = {.kind = VALUE_NULL};
    struct outcome o;
    struct buf base;
    size_t count = 0;

    buf_init(&base, BODY_PLAIN_MAX);
    if (f == NULL) {
        FAIL(cx, STATUS_USAGE, "this cannot be done: the kit has no such field");
    }
    if (names) {
        TRY(base_now(cx, a, at, &base, &count));
    }
    if (a->form.verb == OP_TAG_REMOVE && count == 0) {
        goto out; /* the tag it took away is not there */
    }
    if (a->form.verb == OP_TAG_ADD && value_decode(a->form.value, &v) && v.kind == VALUE_TEXT) {
        status = draft_tag(cx, d, f, v.s, true);
        goto out;
    }
    TRY(field_resolve(cx, d->rec, at, NULL, &o));
    if (a->form.verb == OP_SET && value_decode(a->form.value, &v) && o.live <= 1 &&
        value_equal(&o.value, &v)) {
        goto out;
    }
    TRY(draft_op(cx, d, a->form.verb, f, names ? buf_view(&base) : (bytes){0}, a->form.value));
out:
    buf_finish(&base);
    return status;
}

static enum status adopt_move(struct ctx *cx, struct adopting *a)
{
    text transition, state;
    bytes pairs;

    move_split(a->form.value, &transition, &state, &pairs);
    return draft_move(cx, &a->d, transition, state, pairs);
}

static enum status adopt_deletion(struct ctx *cx, struct adopting *a)
{
    enum { DELETIONS_MAX = 256 };
    enum status status = STATUS_OK;
    struct draft *d = &a->d;
    int64_t keys[DELETIONS_MAX];
    size_t count = 0;
    bool deletes = a->form.verb == OP_DELETE;

    TRY(rec_deletions(cx, d->rec, keys, DELETIONS_MAX, &count));
    if (deletes == (count > 0)) {
        goto out; /* it is as it would be */
    }
    buf_clear(&d->encoded);
    if (deletes) {
        TRY(cut_write(cx, d->rec, &d->encoded));
    } else {
        TRY(refs_write(cx, d->r, keys, count, &d->encoded));
    }
    TRY(draft_op(cx, d, a->form.verb, NULL, buf_view(&d->encoded), (bytes){0}));
out:
    return status;
}

static enum status adopt_op(struct ctx *cx, struct adopting *a)
{
    switch (a->form.verb) {
    case OP_CREATE:
        return draft_op(cx, &a->d, OP_CREATE, NULL, (bytes){0}, a->form.value);
    case OP_SET:
    case OP_ADD:
    case OP_TAG_ADD:
    case OP_TAG_REMOVE:
    case OP_LOG:
        return adopt_field(cx, a);
    case OP_MOVE:
        return adopt_move(cx, a);
    case OP_DELETE:
    case OP_RESTORE:
        return adopt_deletion(cx, a);
    case OP_NONE:
        break;
    }
    return fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no such operation");
}

/* ---- the door -------------------------------------------------------------------------------- */

/* The record it was on, or what that became. */
static enum status open_record(struct ctx *cx, struct adopting *a)
{
    enum status status = STATUS_OK;
    int64_t record = ref_key(a->r, a->home, &a->form.record), as = 0;

    status = record == 0 ? STATUS_NOT_FOUND : draft_open(cx, &a->d, a->r, record);
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    fault_clear(cx);
    if (record != 0) {
        TRY(became(cx, a->r, record, &as));
    }
    if (as == 0) {
        (void)fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__,
                        "the record it changes does not count either");
        status = fault_hint(cx, "adopt what made the record first");
        goto out;
    }
    draft_finish(&a->d);
    TRY(draft_open(cx, &a->d, a->r, as));
out:
    return status;
}

static enum status open_new(struct ctx *cx, struct adopting *a)
{
    enum status status = STATUS_OK;
    const struct table *t = table_by_name(a->r, a->form.name);

    if (t == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "the record is of a kit that is not installed here");
    }
    TRY(draft_new(cx, &a->d, a->r, t, a->info.compartment));
out:
    return status;
}

static enum status adopt_commit(struct ctx *cx, struct adopting *a)
{
    enum status status = STATUS_OK;
    const struct rec *rec = a->d.rec;
    bool anything = rec->op_count > a->d.first;
    struct stmt *s = NULL;

    TRY(draft_commit(cx, &a->d));
    TRY(stmt_use(cx, a->r->vault, STMT_RECORDS_ADOPTED_PUT, &s));
    stmt_bind_int(s, 1, a->key);
    stmt_bind_int(s, 2, anything ? rec->ops[rec->op_count - 1].key : 0);
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status record_adopt(struct ctx *cx, struct records *r, int64_t op, int64_t *ret_record)
{
    enum status status = STATUS_OK;
    struct adopting a = {.r = r, .key = op};

    a.d.rec = &r->rec;
    buf_init(&a.d.scratch, BODY_PLAIN_MAX);
    buf_init(&a.d.encoded, BODY_PLAIN_MAX);
    buf_init(&a.body, BODY_PLAIN_MAX);
    TRY(adopt_load(cx, &a));
    if (a.form.verb == OP_CREATE) {
        TRY(open_new(cx, &a));
    } else {
        TRY(open_record(cx, &a));
    }
    TRY(adopt_op(cx, &a));
    TRY(vault_begin(cx, r->vault));
    TRY(vault_end(cx, r->vault, adopt_commit(cx, &a)));
    *ret_record = a.d.rec->key;
out:
    draft_finish(&a.d);
    buf_finish(&a.body);
    return status;
}
