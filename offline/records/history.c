/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history: who changed what, refused operations with their reason included. Values of secrets are
 * masked: a history is shown, printed and exported far more easily than a secret should be.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

static text verb_word(enum op_verb verb)
{
    switch (verb) {
    case OP_CREATE:
        return TEXT("created");
    case OP_SET:
        return TEXT("set");
    case OP_ADD:
    case OP_TAG_ADD:
    case OP_LOG:
        return TEXT("added");
    case OP_TAG_REMOVE:
        return TEXT("removed");
    case OP_MOVE:
        return TEXT("moved");
    case OP_DELETE:
        return TEXT("deleted");
    case OP_RESTORE:
        return TEXT("restored");
    case OP_NONE:
        break;
    }
    return TEXT("refused");
}

static enum status tell_value(struct ctx *cx, struct teller *t, const struct field *f,
                              bytes encoded, bool signed_number)
{
    enum status status = STATUS_OK;
    struct value v;

    if (!value_decode(encoded, &v)) {
        return STATUS_OK; /* of a refused operation: it may be anything */
    }
    bool fits = value_check(cx, f, &v) == STATUS_OK;
    fault_clear(cx);
    if (fits) {
        if (signed_number && v.n > 0) {
            TRY(buf_add_text(cx, &t->value, TEXT("+")));
        }
        TRY(value_to_text(cx, t->rec->r, f, &v, false, &t->value));
    }
out:
    return status;
}

/* What authority says of the entry, asked only when there is such an operation. */
static enum status tell_why(struct ctx *cx, struct teller *t, const struct op *op)
{
    enum status status = STATUS_OK;

    if (!t->voids.loaded) {
        TRY(voids_load(cx, t->rec->r, &t->voids));
    }
    text why = voids_why(t->rec->r, &t->voids, op->key);
    TRY(buf_add_text(cx, &t->reason, why.len > 0 ? why : fate_words(FATE_VOID)));
out:
    return status;
}

/* Was everything the move approved there, and does it count still? */
static enum status move_stands(struct ctx *cx, struct rec *rec, const struct op *op, bool *ret)
{
    enum status status = STATUS_OK;
    struct cut cut;

    TRY(cut_read(cx, rec, (uint32_t)(op - rec->ops), &cut));
    *ret = true;
    for (const struct op *seen = rec->ops; seen < op && *ret; seen++) {
        *ret = seen->fate != FATE_VOID || !cut_holds(&cut, seen);
    }
out:
    return status;
}

static enum status tell_reason(struct ctx *cx, struct teller *t, const struct op *op)
{
    enum status status = STATUS_OK;
    text transition = {0}, state = {0};
    bytes pairs;
    bool stands = true;

    if (op->fate == FATE_VOID) {
        return tell_why(cx, t, op);
    }
    if (op->fate == FATE_APPLIED && op->verb == OP_MOVE) {
        TRY(move_stands(cx, t->rec, op, &stands));
        return stands ? STATUS_OK : buf_add_text(cx, &t->reason, TEXT(APPROVED_VOID));
    }
    TRY(buf_add_text(cx, &t->reason, fate_words(op->fate)));
    if (op->fate == FATE_GUARD) {
        move_split(op->value, &transition, &state, &pairs);
        const struct transition *tr = table_transition(t->rec->table, transition, state);
        if (tr != NULL) {
            TRY(buf_printf(cx, &t->reason, ": %.*s", (int)tr->guard_source.len,
                           tr->guard_source.ptr));
        }
    }
out:
    return status;
}

static enum status tell(struct ctx *cx, struct teller *t, const struct op *op, text what,
                        const struct field *f)
{
    const struct id *member = device_member(t->rec->r, OP_DEVICE(op->key));
    struct history_line line = {
        .op = op->key,
        .record = op->record,
        .type = t->rec->table == NULL ? NULL : t->rec->table->type,
        .field = f,
        .device_ix = OP_DEVICE(op->key),
        .time = op->time,
        .what = op->fate == FATE_APPLIED ? what
                : op->fate == FATE_VOID  ? TEXT("void")
                                         : TEXT("refused"),
        .value = buf_text(&t->value),
        .reason = buf_text(&t->reason),
    };
    if (member != NULL) {
        line.member = *member;
    }
    enum status status = t->visit(t->self, cx, &line);
    buf_clear(&t->value);
    return status;
}

/* The state's line, then one for each value that came with the move. */
static enum status tell_move(struct ctx *cx, struct teller *t, const struct op *op)
{
    enum status status = STATUS_OK;
    const struct table *table = t->rec->table;
    struct pair_reader p;
    text transition, state, name;
    bytes pairs, value;

    move_split(op->value, &transition, &state, &pairs);
    TRY(buf_add_text(cx, &t->value, state));
    TRY(tell(cx, t, op, verb_word(OP_MOVE), table->state));
    pair_start(&p, pairs);
    while (pair_next(&p, &name, &value)) {
        size_t at = table_field_by_name(table, name);
        if (at != SIZE_MAX) {
            TRY(tell_value(cx, t, &table->type->fields[at], value, false));
            TRY(tell(cx, t, op, verb_word(OP_SET), &table->type->fields[at]));
        }
    }
out:
    return status;
}

static enum status tell_create(struct ctx *cx, struct teller *t, const struct op *op)
{
    enum status status = STATUS_OK;
    const struct table *table = t->rec->table;
    struct pair_reader p;
    text name;
    bytes value;

    pair_start(&p, op->value);
    while (table != NULL && pair_next(&p, &name, &value)) {
        size_t at = table_field_by_name(table, name);
        if (at != SIZE_MAX && text_equal(name, table->type->title_field)) {
            TRY(tell_value(cx, t, &table->type->fields[at], value, false));
        }
    }
    TRY(tell(cx, t, op, verb_word(OP_CREATE), NULL));
out:
    return status;
}

enum status tell_op(struct ctx *cx, struct teller *t, struct op *op)
{
    enum status status = STATUS_OK;
    const struct table *table = t->rec->table;

    buf_clear(&t->value);
    buf_clear(&t->reason);
    TRY(op_value_fetch(cx, t->rec, op));
    if (table == NULL || op->verb == OP_NONE) {
        TRY(op->fate == FATE_VOID ? tell_why(cx, t, op)
                                  : buf_add_text(cx, &t->reason, fate_words(op->fate)));
        return tell(cx, t, op, verb_word(op->verb), NULL);
    }
    TRY(tell_reason(cx, t, op));
    if (op->verb == OP_CREATE) {
        return tell_create(cx, t, op);
    }
    if (op->verb == OP_MOVE) {
        return tell_move(cx, t, op);
    }
    size_t at = op->field == 0 ? SIZE_MAX : table_field_by_word(table, op->field);
    const struct field *f = at == SIZE_MAX ? NULL : &table->type->fields[at];
    if (f != NULL) {
        TRY(tell_value(cx, t, f, op->value, op->verb == OP_ADD));
    }
    TRY(tell(cx, t, op, verb_word(op->verb), f));
out:
    return status;
}

void teller_init(struct teller *t, struct rec *rec, history_visit *visit, void *self)
{
    *t = (struct teller){.rec = rec, .visit = visit, .self = self};
    buf_init(&t->value, (size_t)4 * MIB);
    buf_init(&t->reason, 8 * KIB);
}

void teller_finish(struct teller *t)
{
    voids_finish(&t->voids);
    buf_finish(&t->value);
    buf_finish(&t->reason);
}

static enum status record_history(struct ctx *cx, struct records *r, int64_t record,
                                  history_visit *visit, void *self)
{
    enum status status = STATUS_OK;
    struct rec own = {.r = r};
    struct teller t;

    teller_init(&t, &own, visit, self);
    TRY(rec_load(cx, &own, record, false));
    TRY(rec_judge(cx, &own));
    if (own.op_count == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "there is no such record");
    }
    for (size_t i = 0; i < own.op_count; i++) {
        TRY(tell_op(cx, &t, &own.ops[i]));
    }
out:
    teller_finish(&t);
    rec_finish(&own);
    return status;
}

/* ---- the team's newest ----------------------------------------------------------------------- */

struct newest {
    int64_t key, record, lamport;
};

/* Each device's last operations: its keys are in the order of its time. */
static enum status gather(struct ctx *cx, struct records *r, int64_t ix, size_t limit,
                          struct newest **list, size_t *count, size_t *cap)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_NEWEST, &s));
    stmt_bind_int(s, 1, OP_KEY(ix, 0, 0));
    stmt_bind_int(s, 2, OP_KEY(ix + 1, 0, 0) - 1);
    stmt_bind_int(s, 3, (int64_t)limit);
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        TRY(mem_grow(cx, (void **)list, cap, *count + 1, sizeof(**list)));
        (*list)[(*count)++] = (struct newest){
            .key = stmt_int(s, 0), .record = stmt_int(s, 1), .lamport = stmt_int(s, 2)};
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* Insertion from the back keeps the newest `limit` in order; the lists come nearly sorted. */
static void sort_newest(struct records *r, struct newest *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct newest n = list[i];
        size_t at = i;
        while (at > 0 &&
               op_order(r, list[at - 1].key, list[at - 1].lamport, n.key, n.lamport) < 0) {
            list[at] = list[at - 1];
            at--;
        }
        list[at] = n;
    }
}

static enum status tell_stray(struct ctx *cx, struct teller *t, int64_t key)
{
    struct op op = {.key = key, .fate = FATE_MALFORMED};
    enum status status = STATUS_OK;

    rec_reset(t->rec, 0);
    buf_clear(&t->value);
    buf_clear(&t->reason);
    TRY(buf_add_text(cx, &t->reason, fate_words(op.fate)));
    TRY(tell(cx, t, &op, verb_word(OP_NONE), NULL));
out:
    return status;
}

static enum status tell_newest(struct ctx *cx, struct teller *t, const struct newest *n)
{
    enum status status = STATUS_OK;
    uint32_t at = CELL_NONE;

    if (n->record == 0) {
        return tell_stray(cx, t, n->key);
    }
    if (t->rec->op_count == 0 || t->rec->key != n->record) {
        TRY(rec_load(cx, t->rec, n->record, false));
        TRY(rec_judge(cx, t->rec));
    }
    TRY(rec_find_op(cx, t->rec, n->key, &at));
    if (at != CELL_NONE) {
        TRY(tell_op(cx, t, &t->rec->ops[at]));
    }
out:
    return status;
}

enum status records_history(struct ctx *cx, struct records *r, int64_t record, size_t limit,
                            history_visit *visit, void *self)
{
    enum { LIMIT_MAX = 10000 };
    enum status status = STATUS_OK;
    struct newest *list = NULL;
    size_t count = 0, cap = 0;
    struct rec own = {.r = r};
    struct teller t;

    if (record != 0) {
        return record_history(cx, r, record, visit, self);
    }
    teller_init(&t, &own, visit, self);
    limit = limit == 0 || limit > LIMIT_MAX ? LIMIT_MAX : limit;
    for (size_t i = 0; i < team_device_count(r->team); i++) {
        TRY(gather(cx, r, team_device_at(r->team, i)->ix, limit, &list, &count, &cap));
        sort_newest(r, list, count);
        count = count < limit ? count : limit;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(tell_newest(cx, &t, &list[i]));
    }
out:
    free(list);
    teller_finish(&t);
    rec_finish(&own);
    return status;
}
