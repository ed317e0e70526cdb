/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write: what a person does becomes operations. They are judged in memory first, by the same judge
 * that will judge them on every other device, so a person hears at once why something cannot be;
 * then they go to the log and to the tables in one transaction.
 */
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

/* ---- drafts ---------------------------------------------------------------------------------- */

static enum status draft_init(struct ctx *cx, struct draft *d, struct records *r)
{
    enum status status = STATUS_OK;

    *d = (struct draft){.r = r, .rec = &r->rec};
    buf_init(&d->scratch, BODY_PLAIN_MAX);
    buf_init(&d->encoded, BODY_PLAIN_MAX);
    d->now = cx->system->now(cx->system->self);
    if (team_me(r->team) == NULL) {
        FAIL(cx, STATUS_DENIED, "this device is not admitted to the team yet");
    }
out:
    return status;
}

/* By what right it will be written. */
static enum status draft_stand(struct ctx *cx, struct draft *d, const uint8_t *compartment)
{
    enum status status = STATUS_OK;

    TRY(log_next_info(cx, d->r->team, compartment, &d->info));
    TRY(standing_of(cx, d->r, &d->info, &d->standing));
out:
    return status;
}

enum status draft_open(struct ctx *cx, struct draft *d, struct records *r, int64_t record)
{
    enum status status = STATUS_OK;
    const struct standing *of = NULL;
    uint8_t compartment[COMPARTMENT_BYTES];

    TRY(draft_init(cx, d, r));
    TRY(record_load(cx, r, record));
    TRY(standing_get(cx, r, d->rec->ops[0].standing, &of));
    memcpy(compartment, of->info.compartment, sizeof(compartment));
    TRY(draft_stand(cx, d, compartment));
    d->first = d->rec->op_count;
out:
    return status;
}

enum status draft_new(struct ctx *cx, struct draft *d, struct records *r, const struct table *t,
                      const uint8_t *compartment)
{
    enum status status = STATUS_OK;

    TRY(draft_init(cx, d, r));
    TRY(draft_stand(cx, d, compartment));
    rec_reset(d->rec, OP_KEY(team_this_device(r->team)->ix, OP_SEQ_MAX, 0));
    d->rec->table = t;
out:
    return status;
}

void draft_finish(struct draft *d)
{
    rec_reset(d->rec, 0); /* secrets go with it */
    buf_finish(&d->scratch);
    buf_finish(&d->encoded);
}

static enum status fate_status(enum fate fate)
{
    switch (fate) {
    case FATE_RIGHT:
    case FATE_ROLE:
    case FATE_GUARD:
    case FATE_SELF:
        return STATUS_DENIED;
    case FATE_FROM:
    case FATE_SETTLE:
    case FATE_GONE:
    case FATE_BASE:
    case FATE_PLACE:
    case FATE_VOID:
        return STATUS_CONFLICT;
    case FATE_VALUE:
    case FATE_REQUIRED:
        return STATUS_MALFORMED;
    case FATE_APPLIED:
    case FATE_MALFORMED:
    case FATE_FIELD:
    case FATE_KIND:
    case FATE_START:
    case FATE_TRANSITION:
    case FATE_ALONE_LAST:
    case FATE_RECORD:
    case FATE_TYPE:
        break;
    }
    return STATUS_USAGE;
}

static enum status draft_refuse(struct ctx *cx, const struct draft *d, const struct op *op)
{
    text words = fate_words(op->fate);
    text transition = {0}, state = {0};
    bytes pairs;

    if (op->verb == OP_MOVE) {
        move_split(op->value, &transition, &state, &pairs);
    }
    const struct transition *tr = op->verb == OP_MOVE && transition.len > 0
                                      ? table_transition(d->rec->table, transition, state)
                                      : NULL;
    if (op->fate == FATE_RIGHT) {
        text role = d->info.role_count > 0 ? d->info.roles[0]->name : TEXT("");
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "the role '%.*s' does not allow this change", SHOW(role));
        return fault_hint(cx, "ask somebody who may appoint for another role");
    }
    if (tr != NULL && op->fate == FATE_GUARD) {
        return fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "'%.*s' needs: %.*s",
                         SHOW(transition), SHOW(tr->guard_source));
    }
    if (tr != NULL && op->fate == FATE_ROLE) {
        text role = tr->roles[0];
        return fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "'%.*s' is for the role '%.*s'%s",
                         SHOW(transition), SHOW(role), tr->role_count > 1 ? " and others" : "");
    }
    return fault_set(cx, fate_status(op->fate), __FILE__, __LINE__, "this cannot be done: %.*s",
                     SHOW(words));
}

enum status draft_op(struct ctx *cx, struct draft *d, enum op_verb verb, const struct field *field,
                     bytes base, bytes value)
{
    enum status status = STATUS_OK;
    struct rec *rec = d->rec;
    size_t made = rec->op_count - d->first;
    struct op op = {
        .key = OP_KEY(team_this_device(d->r->team)->ix, OP_SEQ_MAX, made),
        .record = rec->key,
        .verb = verb,
        .lamport = INT64_MAX,
        .time = d->now,
        .standing = d->standing | (made > 0 ? STANDING_JOINED : 0),
        .fresh = true,
        .base = base,
        .value = value,
    };

    if (made >= 4 * FIELDS_PER_TYPE_MAX) {
        FAIL(cx, STATUS_LIMIT, "too many changes at once");
    }
    if (verb == OP_CREATE) {
        op.field = rec->table->word;
    } else if (field != NULL) {
        op.field = rec->table->words[table_field_index(rec->table, field)];
    }
    TRY(check_alone(cx, d->r, rec->table, &op, &op.fate));
    if (op.fate == FATE_APPLIED) {
        TRY(rec_append(cx, rec, &op));
        TRY(rec_judge(cx, rec));
        op.fate = rec->ops[rec->op_count - 1].fate;
    }
    if (op.fate != FATE_APPLIED) {
        status = draft_refuse(cx, d, &op);
    }
out:
    return status;
}

/* The operation as bytes, and where the log put it. */
static enum status draft_append(struct ctx *cx, struct draft *d, struct op *op)
{
    enum status status = STATUS_OK;
    struct rec *rec = d->rec;
    struct entry_info info;
    struct op_form form = {
        .verb = op->verb,
        .base = op->base,
        .value = op->value,
        .joined = (op->standing & STANDING_JOINED) != 0,
    };

    if (op->verb == OP_CREATE) {
        form.name = rec->table->type_name;
    } else {
        key_ref(d->r, team_this_device(d->r->team)->ix, rec->key, &form.record);
        size_t at = op->field == 0 ? SIZE_MAX : table_field_by_word(rec->table, op->field);
        form.name = at == SIZE_MAX ? (text){0} : rec->table->type->fields[at].name;
    }
    int64_t start = log_open_time(cx, d->r->team);
    form.seconds = d->now > start ? d->now - start : 0;
    form.seconds = form.seconds > INT32_MAX ? INT32_MAX : form.seconds;
    buf_clear(&d->encoded);
    TRY(op_encode(cx, &form, &d->encoded));
    const struct log_target to = {.compartment = d->info.compartment,
                                  .verb = right_of(op->verb),
                                  .type = rec->table->type_name,
                                  .field = form.name};
    TRY(log_append(cx, d->r->team, &to, buf_view(&d->encoded), &info, &op->key));
    op->lamport = (int64_t)info.lamport;
    /* asked again: the open entry may be another one than it seemed, after a rollback */
    op->time = log_open_time(cx, d->r->team) + form.seconds;
    if (op->verb == OP_CREATE) {
        rec->key = op->key;
    }
    op->record = rec->key;
out:
    return status;
}

enum status draft_commit(struct ctx *cx, struct draft *d)
{
    enum status status = STATUS_OK;
    bool begun = false, waited = false;

    if (d->rec->op_count == d->first) {
        return STATUS_OK;
    }
    TRY(vault_begin(cx, d->r->vault));
    begun = true;
    for (size_t i = d->first; i < d->rec->op_count; i++) {
        TRY(draft_append(cx, d, &d->rec->ops[i]));
    }
    TRY(rec_store(cx, d->rec));
    if (d->first == 0) { /* somebody may have named the record before it was there */
        TRY(someone_waits(cx, d->r, d->rec->key, &waited));
    }
    if (waited) {
        TRY(dirty_add(cx, d->r, d->rec->key));
        TRY(dirty_flush(cx, d->r));
    }
    begun = false;
    TRY(vault_commit(cx, d->r->vault));
out:
    if (begun) {
        vault_rollback(d->r->vault);
    }
    return status;
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Operations whose values are live, but for the record's first: it needs no naming. */
static enum status live_refs(struct ctx *cx, struct draft *d, const struct outcome *o,
                             struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t *memory = NULL;
    size_t count = 0;

    TRY(arena_take(cx, &d->rec->arena, o->live * sizeof(int64_t), &memory));
    int64_t *keys = (int64_t *)(void *)memory;
    for (size_t i = 0; i < o->live; i++) {
        uint32_t op = d->rec->cells[d->rec->live[i]].op;
        if (op > 0) {
            keys[count++] = d->rec->ops[op].key;
        }
    }
    TRY(refs_write(cx, d->r, keys, count, out));
out:
    return status;
}

enum status draft_set(struct ctx *cx, struct draft *d, const struct field *f, const struct value *v)
{
    enum status status = STATUS_OK;
    struct outcome o;
    struct buf base;

    buf_init(&base, BODY_PLAIN_MAX);
    TRY(field_resolve(cx, d->rec, table_field_index(d->rec->table, f), NULL, &o));
    if (o.live <= 1 && value_equal(&o.value, v)) {
        goto out;
    }
    if (v->kind == VALUE_NULL && f->required) {
        FAIL(cx, STATUS_USAGE, "'%.*s' is required and cannot be emptied", SHOW(f->name));
    }
    TRY(live_refs(cx, d, &o, &base));
    buf_clear(&d->encoded);
    TRY(value_encode(cx, v, &d->encoded));
    TRY(draft_op(cx, d, OP_SET, f, buf_view(&base), buf_view(&d->encoded)));
out:
    buf_finish(&base);
    return status;
}

/* "+3" and "-3" are added; "3" makes the sum 3. */
static enum status assign_sum(struct ctx *cx, struct draft *d, const struct field *f, text words)
{
    enum status status = STATUS_OK;
    bool is_delta = words.len > 0 && (words.ptr[0] == '+' || words.ptr[0] == '-');
    bool negative = is_delta && words.ptr[0] == '-';
    text digits = is_delta ? (text){.ptr = words.ptr + 1, .len = words.len - 1} : words;
    struct value v = {.kind = VALUE_NULL};
    struct outcome o;

    buf_clear(&d->scratch);
    TRY(value_from_words(cx, d->r, f, digits, d->now, &d->scratch, &v));
    if (v.kind == VALUE_NULL) {
        v = (struct value){.kind = VALUE_INT, .n = 0};
        if (is_delta) {
            FAIL(cx, STATUS_USAGE, "'%.*s': a number is missing after the sign", SHOW(f->name));
        }
    }
    if (is_delta && v.n < 0) {
        FAIL(cx, STATUS_USAGE, "'%.*s': two signs", SHOW(f->name));
    }
    v.n = negative ? -v.n : v.n;
    if (!is_delta) {
        TRY(field_resolve(cx, d->rec, table_field_index(d->rec->table, f), NULL, &o));
        if (o.value.n == INT64_MIN || !add_i64(v.n, -o.value.n, &v.n)) {
            FAIL(cx, STATUS_LIMIT, "'%.*s': the number is too large", SHOW(f->name));
        }
    }
    if (v.n != 0) {
        buf_clear(&d->encoded);
        TRY(value_encode(cx, &v, &d->encoded));
        TRY(draft_op(cx, d, OP_ADD, f, (bytes){0}, buf_view(&d->encoded)));
    }
out:
    return status;
}

static enum status assign_line(struct ctx *cx, struct draft *d, const struct field *f, text line)
{
    enum status status = STATUS_OK;
    struct value v;

    buf_clear(&d->scratch);
    TRY(value_from_words(cx, d->r, f, line, d->now, &d->scratch, &v));
    if (v.kind == VALUE_NULL) {
        FAIL(cx, STATUS_USAGE, "'%.*s': nothing was written", SHOW(f->name));
    }
    TRY(value_check(cx, f, &v));
    buf_clear(&d->encoded);
    TRY(value_encode(cx, &v, &d->encoded));
    TRY(draft_op(cx, d, OP_LOG, f, (bytes){0}, buf_view(&d->encoded)));
out:
    return status;
}

enum status draft_assign(struct ctx *cx, struct draft *d, const struct assignment *a)
{
    enum status status = STATUS_OK;
    const struct field *f = a->field;
    struct value v;

    if (f->kind == FIELD_STATE) {
        FAIL(cx, STATUS_USAGE, "'%.*s' is a state; it moves by a transition", SHOW(f->name));
    }
    if (f->retired) {
        FAIL(cx, STATUS_USAGE, "'%.*s' is no longer in use", SHOW(f->name));
    }
    if (f->kind == FIELD_TAGS) {
        return draft_tags(cx, d, f, a->value);
    }
    if (f->kind == FIELD_LOG) {
        return assign_line(cx, d, f, a->value);
    }
    if (f->merge == MERGE_SUM) {
        return assign_sum(cx, d, f, a->value);
    }
    buf_clear(&d->scratch);
    TRY(value_from_words(cx, d->r, f, a->value, d->now, &d->scratch, &v));
    TRY(value_check(cx, f, &v));
    TRY(draft_set(cx, d, f, &v));
out:
    return status;
}

enum status assignment_of(struct ctx *cx, const struct assignment *a, size_t count,
                          const struct field *f, const struct assignment **ret)
{
    *ret = NULL;
    for (size_t i = 0; i < count; i++) {
        if (a[i].field != f) {
            continue;
        }
        if (*ret != NULL) {
            return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "'%.*s' is given twice",
                             SHOW(f->name));
        }
        *ret = &a[i];
    }
    return STATUS_OK;
}

/* ---- the door -------------------------------------------------------------------------------- */

static enum status refuse_deleted(struct ctx *cx, struct draft *d)
{
    enum status status = STATUS_OK;
    int64_t deletion = 0;
    size_t count = 0;

    TRY(rec_deletions(cx, d->rec, &deletion, 1, &count));
    if (count > 0) {
        (void)fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__, "the record is deleted");
        status = fault_hint(cx, "restore it first");
    }
out:
    return status;
}

enum status record_set(struct ctx *cx, struct records *r, int64_t record,
                       const struct assignment *a, size_t count)
{
    enum status status = STATUS_OK;
    const struct assignment *once = NULL;
    struct draft d;

    TRY(draft_open(cx, &d, r, record));
    TRY(refuse_deleted(cx, &d));
    for (size_t i = 0; i < count; i++) {
        TRY(assignment_of(cx, a, count, a[i].field, &once));
        TRY(draft_assign(cx, &d, &a[i]));
    }
    TRY(draft_commit(cx, &d));
out:
    draft_finish(&d);
    return status;
}

enum status record_log_add(struct ctx *cx, struct records *r, int64_t record,
                           const struct field *field, text line)
{
    struct assignment a = {.field = field, .value = line};
    if (field->kind != FIELD_LOG) {
        return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "'%.*s' takes no lines",
                         SHOW(field->name));
    }
    return record_set(cx, r, record, &a, 1);
}

enum status record_delete(struct ctx *cx, struct records *r, int64_t record)
{
    enum status status = STATUS_OK;
    struct draft d;

    TRY(draft_open(cx, &d, r, record));
    TRY(refuse_deleted(cx, &d));
    TRY(cut_write(cx, d.rec, &d.encoded));
    TRY(draft_op(cx, &d, OP_DELETE, NULL, buf_view(&d.encoded), (bytes){0}));
    TRY(draft_commit(cx, &d));
out:
    draft_finish(&d);
    return status;
}

enum status record_restore(struct ctx *cx, struct records *r, int64_t record)
{
    enum { DELETIONS_MAX = 256 };
    enum status status = STATUS_OK;
    int64_t keys[DELETIONS_MAX];
    size_t count = 0;
    struct draft d;

    TRY(draft_open(cx, &d, r, record));
    TRY(rec_deletions(cx, d.rec, keys, DELETIONS_MAX, &count));
    if (count == 0) {
        FAIL(cx, STATUS_CONFLICT, "the record is not deleted");
    }
    TRY(refs_write(cx, r, keys, count, &d.encoded));
    TRY(draft_op(cx, &d, OP_RESTORE, NULL, buf_view(&d.encoded), (bytes){0}));
    TRY(draft_commit(cx, &d));
out:
    draft_finish(&d);
    return status;
}
