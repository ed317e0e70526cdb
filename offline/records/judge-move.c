/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge-move: transitions. An operation that moves a state says what its author had seen of the
 * record (its cut: of each device everything up to one operation); the transition, its roles and
 * its guard are judged on exactly that. So a move made offline is judged alike wherever and
 * whenever it arrives, and nobody's later edit makes it wrong.
 */
#include <string.h>

#include "records-int.h"

/* ---- cuts ------------------------------------------------------------------------------------ */

/* An end that is not here (it is refused elsewhere, unreadable, or never was) still says how far
 * its author had seen: only what stands before the cut's operation is ever asked about. */
enum status cut_read(struct ctx *cx, struct rec *rec, uint32_t index, struct cut *ret)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[index];
    struct wire_reader r;
    struct op_ref ref;
    uint8_t *memory = NULL;

    *ret = (struct cut){.before = op->key};
    wire_reader_init(&r, op->base);
    size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
    TRY(arena_take(cx, &rec->arena, count * sizeof(*ret->ends), &memory));
    ret->ends = (struct cut_end *)(void *)memory;
    for (size_t i = 0; i < count; i++) {
        op_ref_read(&r, &ref);
        int64_t key = ref_key(rec->r, OP_DEVICE(op->key), &ref);
        if (key != 0) {
            ret->ends[ret->count++] = (struct cut_end){.device = OP_DEVICE(key), .key = key};
        }
    }
out:
    return status;
}

/* [F-96] */
bool cut_holds(const struct cut *cut, const struct op *op)
{
    if (cut == NULL || op->verb == OP_CREATE) {
        return true; /* whoever names a record has seen its beginning */
    }
    int64_t device = OP_DEVICE(op->key);
    if (device == OP_DEVICE(cut->before)) {
        return op->key < cut->before;
    }
    for (size_t i = 0; i < cut->count; i++) {
        if (cut->ends[i].device == device && op->key <= cut->ends[i].key) {
            return true;
        }
    }
    return false;
}

enum status cut_write(struct ctx *cx, struct rec *rec, struct buf *out)
{
    enum status status = STATUS_OK;
    int64_t keys[OP_REFS_MAX]; /* of each device its newest; a team has no more devices */
    size_t count = 0;
    int64_t me = team_this_device(rec->r->team)->ix;

    for (size_t i = rec->op_count; i > 0 && count < sizeof(keys) / sizeof(keys[0]); i--) {
        const struct op *op = &rec->ops[i - 1];
        /* what does not count was not seen: should it count again, it stands beside this */
        bool known = op->verb == OP_CREATE || OP_DEVICE(op->key) == me || op->fate == FATE_VOID;
        for (size_t k = 0; k < count && !known; k++) {
            if (OP_DEVICE(keys[k]) == OP_DEVICE(op->key)) {
                keys[k] = keys[k] < op->key ? op->key : keys[k];
                known = true;
            }
        }
        if (!known) {
            keys[count++] = op->key;
        }
    }
    TRY(refs_write(cx, rec->r, keys, count, out));
out:
    return status;
}

/* ---- the guard's world ----------------------------------------------------------------------- */

struct world {
    struct ctx *cx;
    struct rec *rec;
    const struct op *op;
    const struct cut *cut;
    text to;
    bytes pairs;
    struct entry_info by; /* the author's roles */
    text role;            /* the one asked about now */
    enum status status;   /* first fault while a value was fetched */
};

static bool pair_of(const struct world *w, const struct field *f, struct value *ret)
{
    struct pair_reader pairs;
    text name;
    bytes value;

    pair_start(&pairs, w->pairs);
    while (pair_next(&pairs, &name, &value)) {
        if (text_equal(name, f->name)) {
            return value_decode(value, ret);
        }
    }
    return false;
}

/* Tags as one text, as the wide table shows them. */
static enum status tags_value(struct world *w, const struct outcome *o, struct value *ret)
{
    enum status status = STATUS_OK;
    struct buf joined;
    bytes kept = {0};

    buf_init(&joined, DOC_BYTES_MAX);
    TRY(tags_join(w->cx, w->rec, o, &joined));
    TRY(arena_copy(w->cx, &w->rec->arena, buf_view(&joined), &kept));
    if (kept.len > 0) {
        *ret = (struct value){.kind = VALUE_TEXT,
                              .s = {.ptr = (const char *)kept.ptr, .len = kept.len}};
    }
out:
    buf_finish(&joined);
    return status;
}

static enum status world_value(struct world *w, const struct field *f, struct value *ret)
{
    enum status status = STATUS_OK;
    struct outcome o;

    TRY(field_resolve(w->cx, w->rec, table_field_index(w->rec->table, f), w->cut, &o));
    if (f->kind == FIELD_TAGS) {
        return tags_value(w, &o, ret);
    }
    if (f->kind != FIELD_LOG || o.value.n > 0) {
        *ret = o.value;
    }
out:
    return status;
}

static void world_get(void *self, bool after, const struct field *f, struct value *ret)
{
    struct world *w = self;

    *ret = (struct value){.kind = VALUE_NULL};
    if (w->status != STATUS_OK) {
        return;
    }
    if (after && f == w->rec->table->state) {
        *ret = (struct value){.kind = VALUE_TEXT, .s = w->to};
        return;
    }
    if (!after || !pair_of(w, f, ret)) {
        w->status = world_value(w, f, ret);
    }
}

static bool world_has_role(void *self, text role)
{
    const struct world *w = self;
    return text_equal(w->role, role);
}

static bool world_is_me(void *self, const struct field *f)
{
    struct world *w = self;
    struct value v = {.kind = VALUE_NULL};
    const struct id *me = device_member(w->rec->r, OP_DEVICE(w->op->key));

    world_get(self, true, f, &v);
    return me != NULL && v.kind == VALUE_BYTES && bytes_equal(v.b, BYTES_OF(me->b));
}

/* ---- moves ----------------------------------------------------------------------------------- */

static bool state_among(text state, const text *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(list[i], state)) {
            return true;
        }
    }
    return count == 0;
}

static bool same_member(struct records *r, int64_t key_a, int64_t key_b)
{
    const struct id *a = device_member(r, OP_DEVICE(key_a));
    const struct id *b = device_member(r, OP_DEVICE(key_b));
    return a != NULL && b != NULL && id_equal(a, b);
}

/* Of several roles each must permit it for itself. */
static bool guard_holds(struct world *w, const struct transition *tr)
{
    struct l0_world world = {
        .get = world_get, .has_role = world_has_role, .is_me = world_is_me, .self = w};
    bool holds = w->by.role_count > 0;

    for (size_t i = 0; i < w->by.role_count && holds; i++) {
        w->role = w->by.roles[i]->name;
        holds = l0_allows(tr->guard, &world);
    }
    return holds;
}

static enum status judge_transition(struct world *w, const struct transition *tr,
                                    const struct outcome *now, enum fate *ret)
{
    struct rec *rec = w->rec;
    text from = now->value.kind == VALUE_TEXT ? now->value.s : TEXT("");

    if (!state_among(from, tr->from, tr->from_count)) {
        *ret = FATE_FROM;
    } else if (tr->not_self && same_member(rec->r, w->op->key, rec->key)) {
        *ret = FATE_SELF;
    } else {
        *ret = tr->guard == NULL || guard_holds(w, tr) ? FATE_APPLIED : FATE_GUARD;
    }
    return w->status;
}

/* Without a transition: choose among states that stand against each other, or take back a move of
 * one's own that nothing followed. */
static enum status judge_settle(struct world *w, const struct outcome *now, enum fate *ret)
{
    enum status status = STATUS_OK;
    struct rec *rec = w->rec;
    struct outcome before;
    struct value v;
    struct cut cut;

    *ret = FATE_SETTLE;
    if (now->live > 1) {
        for (size_t i = 0; i < now->live; i++) {
            TRY(cell_value(w->cx, rec, rec->live[i], &v));
            if (v.kind == VALUE_TEXT && text_equal(v.s, w->to)) {
                *ret = FATE_APPLIED;
            }
        }
        goto out;
    }
    if (now->live == 0) {
        goto out;
    }
    uint32_t made = rec->cells[rec->live[0]].op;
    if (rec->ops[made].verb != OP_MOVE || !same_member(rec->r, rec->ops[made].key, w->op->key)) {
        goto out;
    }
    TRY(cut_read(w->cx, rec, made, &cut));
    TRY(field_resolve(w->cx, rec, rec->table->state_index, &cut, &before));
    if (before.value.kind == VALUE_TEXT && text_equal(before.value.s, w->to)) {
        *ret = FATE_APPLIED;
    }
out:
    return status;
}

/* A cell that replaces all that was live at the cut; mute: that only hands it on. */
static enum status move_cell(struct ctx *cx, struct rec *rec, uint32_t index, size_t field,
                             const struct cut *cut, bytes value, bool mute)
{
    enum status status = STATUS_OK;
    struct outcome o;
    uint32_t cell = CELL_NONE;

    TRY(field_resolve(cx, rec, field, cut, &o));
    TRY(cell_add(cx, rec, index, field, value, !mute, &cell));
    rec->cells[cell].mute = mute;
    for (size_t i = 0; i < o.live; i++) {
        TRY(base_add(cx, rec, cell, rec->live[i]));
    }
out:
    return status;
}

static enum status move_cells(struct ctx *cx, struct rec *rec, uint32_t index,
                              const struct cut *cut, bool mute)
{
    enum status status = STATUS_OK;
    struct pair_reader p;
    struct wire_reader r;
    text name, transition, state;
    bytes value, pairs;

    /* the state stands between the transition and the pairs */
    move_split(rec->ops[index].value, &transition, &state, &pairs);
    wire_reader_init(&r, rec->ops[index].value);
    (void)wire_get_any(&r);
    TRY(move_cell(cx, rec, index, rec->table->state_index, cut, wire_get_any(&r), mute));
    pair_start(&p, pairs);
    while (pair_next(&p, &name, &value)) {
        size_t at = table_field_by_name(rec->table, name);
        if (at != SIZE_MAX && field_is_register(&rec->table->type->fields[at])) {
            TRY(move_cell(cx, rec, index, at, cut, value, mute));
        }
    }
out:
    return status;
}

enum status mute_move(struct ctx *cx, struct rec *rec, uint32_t index)
{
    enum status status = STATUS_OK;
    struct cut cut;

    if (rec->table->state == NULL) {
        goto out;
    }
    TRY(op_value_fetch(cx, rec, &rec->ops[index]));
    TRY(cut_read(cx, rec, index, &cut));
    TRY(move_cells(cx, rec, index, &cut, true));
out:
    return status;
}

enum status judge_move(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret)
{
    enum status status = STATUS_OK;
    struct world w = {.cx = cx, .rec = rec};
    const struct standing *by = NULL;
    struct outcome now;
    struct cut cut;
    text transition;

    TRY(op_value_fetch(cx, rec, &rec->ops[index]));
    TRY(standing_get(cx, rec->r, rec->ops[index].standing, &by));
    TRY(cut_read(cx, rec, index, &cut));
    w.by = by->info;
    w.op = &rec->ops[index];
    w.cut = &cut;
    move_split(w.op->value, &transition, &w.to, &w.pairs);
    TRY(field_resolve(cx, rec, rec->table->state_index, &cut, &now));
    if (transition.len == 0) {
        TRY(judge_settle(&w, &now, ret));
    } else {
        const struct transition *tr = table_transition(rec->table, transition, w.to);
        MUST(tr != NULL); /* check_alone() found it */
        TRY(judge_transition(&w, tr, &now, ret));
    }
    if (*ret == FATE_APPLIED) {
        TRY(move_cells(cx, rec, index, &cut, false));
    }
out:
    return status;
}
