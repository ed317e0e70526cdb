/* SPDX-License-Identifier: Apache-2.0 */
/*
 * undo: takes back a person's last action on a record by making its inverse on top. Nothing is
 * erased; what somebody else changed since is never undone with it.
 */
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

static bool is_mine(struct records *r, const struct op *op)
{
    const struct team_member *me = team_me(r->team);
    const struct id *member = device_member(r, OP_DEVICE(op->key));
    return me != NULL && member != NULL && id_equal(member, &me->id);
}

/* The operations of my last action: the last of mine and those it is joined with. */
static bool last_action(const struct rec *rec, uint32_t *ret_first, uint32_t *ret_last)
{
    size_t i = rec->op_count;

    while (i > 0 && !(rec->ops[i - 1].fate == FATE_APPLIED && is_mine(rec->r, &rec->ops[i - 1]))) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    uint32_t last = (uint32_t)(i - 1), first = last;
    while (i > 1 && (rec->ops[first].standing & STANDING_JOINED) != 0) {
        i--;
        if (OP_DEVICE(rec->ops[i - 1].key) == OP_DEVICE(rec->ops[last].key)) {
            first = (uint32_t)(i - 1);
        }
    }
    *ret_first = first;
    *ret_last = last;
    return true;
}

static enum status say(struct ctx *cx, struct buf *out, const char *what, const struct field *f)
{
    text label = f == NULL ? TEXT("") : f->name;
    return buf_printf(cx, out, "%s%s%s%.*s", out->len > 0 ? ", " : "", what,
                      label.len > 0 ? " " : "", SHOW(label));
}

static enum status refuse_changed(struct ctx *cx, const struct field *f)
{
    (void)fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__, "'%.*s' was changed again since",
                    SHOW(f->name));
    return fault_hint(cx, "set it to what it should be");
}

/* The value a cell replaced; false when nothing was there. */
static enum status value_before(struct ctx *cx, struct rec *rec, uint32_t cell, struct value *ret)
{
    const struct cell *c = &rec->cells[cell];
    uint32_t first = rec->first[c->field];

    *ret = (struct value){.kind = VALUE_NULL};
    if (c->base_count > 0) {
        return cell_value(cx, rec, rec->bases[c->base_at + c->base_count - 1], ret);
    }
    if (first != cell && rec->cells[first].op == 0) {
        return cell_value(cx, rec, first, ret);
    }
    return STATUS_OK;
}

static uint32_t cell_made(const struct rec *rec, uint32_t op, size_t field)
{
    for (uint32_t i = rec->first[field]; i != CELL_NONE; i = rec->cells[i].next) {
        if (rec->cells[i].op == op) {
            return i;
        }
    }
    return CELL_NONE;
}

/* Its cell when it is the only one standing. */
static enum status standing_cell(struct ctx *cx, struct draft *d, uint32_t op, size_t field,
                                 uint32_t *ret)
{
    enum status status = STATUS_OK;
    struct outcome o;

    *ret = cell_made(d->rec, op, field);
    TRY(field_resolve(cx, d->rec, field, NULL, &o));
    if (*ret == CELL_NONE || o.live != 1 || d->rec->live[0] != *ret) {
        status = refuse_changed(cx, &d->rec->table->type->fields[field]);
    }
out:
    return status;
}

static enum status undo_set(struct ctx *cx, struct draft *d, uint32_t op, size_t field)
{
    enum status status = STATUS_OK;
    uint32_t cell = CELL_NONE;
    struct value v;

    TRY(standing_cell(cx, d, op, field, &cell));
    TRY(value_before(cx, d->rec, cell, &v));
    TRY(draft_set(cx, d, &d->rec->table->type->fields[field], &v));
out:
    return status;
}

static enum status undo_add(struct ctx *cx, struct draft *d, uint32_t op, const struct field *f)
{
    enum status status = STATUS_OK;
    struct value v;

    if (!value_decode(d->rec->ops[op].value, &v) || v.kind != VALUE_INT || v.n == INT64_MIN) {
        FAIL(cx, STATUS_CONFLICT, "this number cannot be taken back");
    }
    v.n = -v.n;
    buf_clear(&d->encoded);
    TRY(value_encode(cx, &v, &d->encoded));
    TRY(draft_op(cx, d, OP_ADD, f, (bytes){0}, buf_view(&d->encoded)));
out:
    return status;
}

static enum status undo_tag(struct ctx *cx, struct draft *d, uint32_t index, const struct field *f)
{
    enum status status = STATUS_OK;
    const struct op op = d->rec->ops[index];
    struct value v;

    if (!value_decode(op.value, &v) || v.kind != VALUE_TEXT) {
        FAIL(cx, STATUS_CONFLICT, "this tag cannot be taken back");
    }
    if (op.verb == OP_TAG_REMOVE) {
        return draft_tag(cx, d, f, v.s, true);
    }
    buf_clear(&d->encoded);
    TRY(refs_write(cx, d->r, &op.key, 1, &d->encoded));
    TRY(draft_op(cx, d, OP_TAG_REMOVE, f, buf_view(&d->encoded), op.value));
out:
    return status;
}

/* Values that came with the move go back with it. */
static enum status move_back_pairs(struct ctx *cx, struct draft *d, uint32_t op, bytes pairs,
                                   struct buf *out)
{
    enum status status = STATUS_OK;
    struct pair back[FIELDS_PER_TYPE_MAX];
    struct pair_reader p;
    size_t count = 0;
    text name;
    bytes value;

    pair_start(&p, pairs);
    while (pair_next(&p, &name, &value) && count < FIELDS_PER_TYPE_MAX) {
        size_t field = table_field_by_name(d->rec->table, name);
        uint32_t cell = CELL_NONE;
        struct value v;
        TRY(standing_cell(cx, d, op, field, &cell));
        TRY(value_before(cx, d->rec, cell, &v));
        buf_clear(&d->encoded);
        TRY(value_encode(cx, &v, &d->encoded));
        back[count].name = name;
        TRY(arena_copy(cx, &d->rec->arena, buf_view(&d->encoded), &back[count].value));
        count++;
    }
    TRY(pairs_write(cx, back, count, out));
out:
    return status;
}

static enum status undo_move(struct ctx *cx, struct draft *d, uint32_t op)
{
    enum status status = STATUS_OK;
    struct rec *rec = d->rec;
    uint32_t cell = CELL_NONE;
    struct outcome before;
    struct cut cut;
    struct buf back;
    text transition, state;
    bytes pairs;

    buf_init(&back, BODY_PLAIN_MAX);
    TRY(standing_cell(cx, d, op, rec->table->state_index, &cell));
    TRY(cut_read(cx, rec, op, &cut));
    TRY(field_resolve(cx, rec, rec->table->state_index, &cut, &before));
    move_split(rec->ops[op].value, &transition, &state, &pairs);
    TRY(move_back_pairs(cx, d, op, pairs, &back));
    TRY(draft_move(cx, d, TEXT(""), before.value.s, buf_view(&back)));
out:
    buf_finish(&back);
    return status;
}

static enum status undo_delete(struct ctx *cx, struct draft *d)
{
    enum status status = STATUS_OK;

    buf_clear(&d->encoded);
    TRY(cut_write(cx, d->rec, &d->encoded));
    TRY(draft_op(cx, d, OP_DELETE, NULL, buf_view(&d->encoded), (bytes){0}));
out:
    return status;
}

static enum status undo_create(struct ctx *cx, struct draft *d)
{
    enum status status = STATUS_OK;

    for (size_t i = 1; i < d->first; i++) {
        if (d->rec->ops[i].fate == FATE_APPLIED && !is_mine(d->r, &d->rec->ops[i])) {
            FAIL(cx, STATUS_CONFLICT, "somebody else changed the record since it was made");
        }
    }
    TRY(undo_delete(cx, d));
out:
    return status;
}

static enum status undo_op(struct ctx *cx, struct draft *d, uint32_t index, struct buf *what)
{
    enum status status = STATUS_OK;
    const struct op op = d->rec->ops[index];
    size_t at = op.field == 0 ? SIZE_MAX : table_field_by_word(d->rec->table, op.field);
    const struct field *f = at == SIZE_MAX ? NULL : &d->rec->table->type->fields[at];

    switch (op.verb) {
    case OP_CREATE:
        TRY(say(cx, what, "the record", NULL));
        return undo_create(cx, d);
    case OP_SET:
        TRY(say(cx, what, "change of", f));
        return undo_set(cx, d, index, at);
    case OP_ADD:
        TRY(say(cx, what, "change of", f));
        return undo_add(cx, d, index, f);
    case OP_TAG_ADD:
    case OP_TAG_REMOVE:
        TRY(say(cx, what, "change of", f));
        return undo_tag(cx, d, index, f);
    case OP_LOG:
        FAIL(cx, STATUS_USAGE, "a line that was written stays; write another");
    case OP_MOVE:
        TRY(say(cx, what, "move of", d->rec->table->state));
        return undo_move(cx, d, index);
    case OP_DELETE:
        TRY(say(cx, what, "deletion", NULL));
        buf_clear(&d->encoded);
        TRY(refs_write(cx, d->r, &op.key, 1, &d->encoded));
        return draft_op(cx, d, OP_RESTORE, NULL, buf_view(&d->encoded), (bytes){0});
    case OP_RESTORE:
        TRY(say(cx, what, "restoring", NULL));
        return undo_delete(cx, d);
    case OP_NONE:
        break;
    }
out:
    return status;
}

enum status record_undo(struct ctx *cx, struct records *r, int64_t record, struct buf *ret_what)
{
    enum status status = STATUS_OK;
    uint32_t first = 0, last = 0;
    struct draft d;

    TRY(draft_open(cx, &d, r, record));
    if (!last_action(d.rec, &first, &last)) {
        FAIL(cx, STATUS_NOT_FOUND, "nothing of yours is there to take back");
    }
    int64_t device = OP_DEVICE(d.rec->ops[last].key);
    if (d.rec->ops[first].verb == OP_CREATE) {
        last = first; /* with the record goes all that was made with it */
    }
    for (uint32_t i = last + 1; i > first; i--) {
        const struct op *op = &d.rec->ops[i - 1];
        if (op->fate == FATE_APPLIED && OP_DEVICE(op->key) == device) {
            TRY(undo_op(cx, &d, i - 1, ret_what));
        }
    }
    TRY(draft_commit(cx, &d));
out:
    draft_finish(&d);
    return status;
}
