/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: which operations count. Every verdict follows from the operation, its author's rights, the
 * kit and what stands before it in the total order, and from nothing else: no clock, no order of
 * arrival, no local table. So every device refuses the same operations, and a refusal is never an
 * error: the operation stays in the history with its reason.
 */
#include <string.h>

#include "records-int.h"

text fate_words(enum fate fate)
{
    switch (fate) {
    case FATE_APPLIED:
        return TEXT("");
    case FATE_MALFORMED:
        return TEXT("it breaks the format");
    case FATE_RIGHT:
        return TEXT("its author's role does not allow it");
    case FATE_FIELD:
        return TEXT("the kit has no such field");
    case FATE_KIND:
        return TEXT("the field does not change in this way");
    case FATE_VALUE:
        return TEXT("the value does not fit the field");
    case FATE_REQUIRED:
        return TEXT("a required field would be empty");
    case FATE_START:
        return TEXT("a new record starts in the first state");
    case FATE_TRANSITION:
        return TEXT("the kit has no such transition");
    case FATE_ROLE:
        return TEXT("the transition is for another role");
    case FATE_RECORD:
        return TEXT("its record is not here");
    case FATE_TYPE:
        return TEXT("no kit here knows the record");
    case FATE_BASE:
        return TEXT("it was made on something that is not here");
    case FATE_FROM:
        return TEXT("the state it started from does not lead there");
    case FATE_GUARD:
        return TEXT("the guard of the transition did not hold");
    case FATE_SELF:
        return TEXT("not by the person who made the record");
    case FATE_SETTLE:
        return TEXT("there was nothing of its author's to take back");
    case FATE_GONE:
        return TEXT("its record was refused");
    case FATE_ALONE_LAST:
        break;
    }
    return TEXT("refused");
}

bool field_is_register(const struct field *f)
{
    return f->kind != FIELD_TAGS && f->kind != FIELD_LOG && f->merge != MERGE_SUM;
}

/* ---- by the operation, its rights and the kit alone ------------------------------------------ */

/* A fault of a value is a verdict here, but short memory is not. */
static enum status verdict(struct ctx *cx, enum status status, enum fate bad, enum fate *ret)
{
    if (status == STATUS_OK) {
        *ret = FATE_APPLIED;
        return STATUS_OK;
    }
    if (status == STATUS_NO_MEMORY || status == STATUS_BUG) {
        return status;
    }
    fault_clear(cx);
    *ret = bad;
    return STATUS_OK;
}

enum status check_value(struct ctx *cx, const struct field *f, bytes encoded, enum fate *ret)
{
    struct value v = {.kind = VALUE_NULL};

    if (!value_decode(encoded, &v)) {
        *ret = FATE_VALUE;
        return STATUS_OK;
    }
    if (v.kind == VALUE_NULL) {
        *ret = f->required ? FATE_REQUIRED : FATE_APPLIED;
        return STATUS_OK;
    }
    return verdict(cx, value_check(cx, f, &v), FATE_VALUE, ret);
}

static enum status check_tags(struct ctx *cx, const struct field *f, bytes encoded, enum fate *ret)
{
    struct wire_reader r;
    enum status status = STATUS_OK;

    *ret = FATE_VALUE;
    wire_reader_init(&r, encoded);
    if (wire_peek(&r) != WIRE_ARRAY) {
        return STATUS_OK;
    }
    size_t count = wire_get_array(&r, 1, OP_REFS_MAX);
    *ret = FATE_APPLIED;
    for (size_t i = 0; i < count && status == STATUS_OK && *ret == FATE_APPLIED; i++) {
        struct value v = {.kind = VALUE_TEXT};
        v.s = wire_get_text(&r, 1, LINE_BYTES_MAX);
        status = verdict(cx, value_check(cx, f, &v), FATE_VALUE, ret);
    }
    return status;
}

static enum status check_create_pair(struct ctx *cx, const struct table *t, const struct field *f,
                                     bytes value, enum fate *ret)
{
    if (f->kind == FIELD_LOG) {
        *ret = FATE_KIND;
        return STATUS_OK;
    }
    if (f->kind == FIELD_TAGS) {
        return check_tags(cx, f, value, ret);
    }
    enum status status = check_value(cx, f, value, ret);
    if (status == STATUS_OK && *ret == FATE_APPLIED && f == t->state) {
        struct value v;
        bool first = value_decode(value, &v) && v.kind == VALUE_TEXT && f->choice_count > 0 &&
                     text_equal(v.s, f->choices[0]);
        *ret = first ? FATE_APPLIED : FATE_START;
    }
    return status;
}

static enum status check_create(struct ctx *cx, const struct table *t, const struct op *op,
                                enum fate *ret)
{
    enum status status = STATUS_OK;
    struct pair_reader pairs;
    uint64_t seen = 0;
    text name;
    bytes value;

    *ret = FATE_APPLIED;
    pair_start(&pairs, op->value);
    while (*ret == FATE_APPLIED && pair_next(&pairs, &name, &value)) {
        size_t at = table_field_by_name(t, name);
        if (at == SIZE_MAX) {
            *ret = FATE_FIELD;
            break;
        }
        seen |= UINT64_C(1) << at;
        TRY(check_create_pair(cx, t, &t->type->fields[at], value, ret));
    }
    for (size_t i = 0; i < t->type->field_count && *ret == FATE_APPLIED; i++) {
        const struct field *f = &t->type->fields[i];
        bool due = f->required && !f->retired && f->kind != FIELD_LOG && f != t->state;
        if (due && (seen & UINT64_C(1) << i) == 0) {
            *ret = FATE_REQUIRED;
        }
    }
out:
    return status;
}

const struct transition *table_transition(const struct table *t, text name, text to)
{
    for (size_t i = 0; i < t->type->transition_count; i++) {
        const struct transition *tr = &t->type->transitions[i];
        if (text_equal(tr->name, name) && text_equal(tr->to, to)) {
            return tr;
        }
    }
    return NULL;
}

static enum status role_fits(struct ctx *cx, struct records *r, const struct transition *tr,
                             const struct op *op, bool *ret)
{
    enum status status = STATUS_OK;
    int64_t word = 0;

    *ret = tr->role_count == 0;
    for (size_t i = 0; i < tr->role_count && !*ret; i++) {
        TRY(word_id(cx, r, tr->roles[i], &word));
        *ret = word == RIGHTS_ROLE(op->rights);
    }
out:
    return status;
}

static enum status check_move(struct ctx *cx, struct records *r, const struct table *t,
                              const struct op *op, enum fate *ret)
{
    enum status status = STATUS_OK;
    struct pair_reader pairs;
    text transition, state, name;
    bytes rest, value;

    move_split(op->value, &transition, &state, &rest);
    *ret = FATE_APPLIED;
    if (t->state == NULL) {
        *ret = FATE_KIND;
        goto out;
    }
    if (transition.len > 0) {
        const struct transition *tr = table_transition(t, transition, state);
        bool fits = false;
        if (tr == NULL) {
            *ret = FATE_TRANSITION;
            goto out;
        }
        TRY(role_fits(cx, r, tr, op, &fits));
        if (!fits) {
            *ret = FATE_ROLE;
            goto out;
        }
    }
    pair_start(&pairs, rest);
    while (*ret == FATE_APPLIED && pair_next(&pairs, &name, &value)) {
        size_t at = table_field_by_name(t, name);
        const struct field *f = at == SIZE_MAX ? NULL : &t->type->fields[at];
        if (f == NULL || f == t->state || !field_is_register(f)) {
            *ret = f == NULL ? FATE_FIELD : FATE_KIND;
        } else {
            TRY(check_value(cx, f, value, ret));
        }
    }
out:
    return status;
}

static uint32_t right_of(enum op_verb verb)
{
    switch (verb) {
    case OP_CREATE:
        return VERB_CREATE;
    case OP_MOVE:
        return VERB_MOVE;
    case OP_LOG:
        return VERB_LOG;
    case OP_DELETE:
    case OP_RESTORE:
        return VERB_DELETE;
    case OP_SET:
    case OP_ADD:
    case OP_TAG_ADD:
    case OP_TAG_REMOVE:
    case OP_NONE:
        return VERB_SET;
    }
    return 0;
}

static bool verb_fits(enum op_verb verb, const struct table *t, const struct field *f)
{
    switch (verb) {
    case OP_SET:
        return f != t->state && field_is_register(f);
    case OP_ADD:
        return f->merge == MERGE_SUM;
    case OP_TAG_ADD:
    case OP_TAG_REMOVE:
        return f->kind == FIELD_TAGS;
    case OP_LOG:
        return f->kind == FIELD_LOG;
    case OP_NONE:
    case OP_CREATE:
    case OP_MOVE:
    case OP_DELETE:
    case OP_RESTORE:
        break;
    }
    return false;
}

enum status check_alone(struct ctx *cx, struct records *r, const struct table *t,
                        const struct op *op, enum fate *ret)
{
    if (op->verb == OP_NONE) {
        *ret = FATE_MALFORMED;
        return STATUS_OK;
    }
    if ((RIGHTS_VERBS(op->rights) & right_of(op->verb)) == 0) {
        *ret = FATE_RIGHT;
        return STATUS_OK;
    }
    if (op->verb == OP_CREATE) {
        return check_create(cx, t, op, ret);
    }
    if (op->verb == OP_MOVE) {
        return check_move(cx, r, t, op, ret);
    }
    *ret = FATE_APPLIED;
    if (op->verb == OP_DELETE || op->verb == OP_RESTORE) {
        return STATUS_OK;
    }
    size_t at = table_field_by_word(t, op->field);
    if (at == SIZE_MAX) {
        *ret = FATE_FIELD;
        return STATUS_OK;
    }
    if (!verb_fits(op->verb, t, &t->type->fields[at])) {
        *ret = FATE_KIND;
        return STATUS_OK;
    }
    return check_value(cx, &t->type->fields[at], op->value, ret);
}

/* ---- by what stands before it ---------------------------------------------------------------- */

/* The cell an operation made for a field, or CELL_NONE. Cells stand in the order of operations. */
static uint32_t cell_of(const struct rec *rec, uint32_t op, size_t field, bytes tag)
{
    size_t low = 0, high = rec->cell_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rec->cells[middle].op < op) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < rec->cell_count && rec->cells[low].op == op; low++) {
        const struct cell *c = &rec->cells[low];
        if (c->field == field && c->gives && (tag.ptr == NULL || bytes_equal(c->value, tag))) {
            return (uint32_t)low;
        }
    }
    return CELL_NONE;
}

/* [F-97] Cells named by the refs of ops[index], into rec->live. *ret_known false: one is not here
 * or stands later [F-95]. */
static enum status named_cells(struct ctx *cx, struct rec *rec, uint32_t index, size_t field,
                               bytes tag, size_t *ret_count, bool *ret_known)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[index];
    struct wire_reader r;
    struct op_ref ref;
    size_t found = 0;
    uint32_t at = CELL_NONE;

    *ret_known = true;
    wire_reader_init(&r, op->base);
    size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
    TRY(grow(cx, (void **)&rec->live, &rec->live_cap, count + 1, sizeof(*rec->live)));
    for (size_t i = 0; i < count && *ret_known; i++) {
        op_ref_read(&r, &ref);
        int64_t key = ref_key(rec->r, OP_DEVICE(op->key), &ref);
        TRY(rec_find_op(cx, rec, key, &at));
        if (at == CELL_NONE || at >= index) {
            *ret_known = false;
            break;
        }
        if (rec->ops[at].fate != FATE_APPLIED) {
            continue; /* what does not count replaces nothing and is replaced by nothing */
        }
        uint32_t cell = cell_of(rec, at, field, tag);
        *ret_known = cell != CELL_NONE;
        rec->live[found++] = cell;
    }
    *ret_count = found;
out:
    return status;
}

static enum status judge_field(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[index];
    size_t field = table_field_by_word(rec->table, op->field);
    bytes tag = op->verb == OP_TAG_REMOVE ? op->value : (bytes){0};
    bool named = op->verb == OP_SET || op->verb == OP_TAG_REMOVE, known = true;
    size_t count = 0;
    uint32_t cell = CELL_NONE;

    MUST(field != SIZE_MAX); /* check_alone() found it */
    if (named) {
        TRY(named_cells(cx, rec, index, field, tag, &count, &known));
    }
    if (!known) {
        *ret = FATE_BASE;
        goto out;
    }
    bytes value = op->late ? (bytes){0} : op->value;
    TRY(cell_add(cx, rec, index, field, value, op->verb != OP_TAG_REMOVE, &cell));
    for (size_t i = 0; i < count; i++) {
        TRY(base_add(cx, rec, cell, rec->live[i]));
    }
    *ret = FATE_APPLIED;
out:
    return status;
}

/* One cell for each field; one for each tag. */
static enum status create_cells(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;
    struct pair_reader pairs;
    text name;
    bytes value;
    uint32_t cell;

    pair_start(&pairs, rec->ops[0].value);
    while (pair_next(&pairs, &name, &value)) {
        size_t at = table_field_by_name(rec->table, name);
        struct wire_reader r;
        wire_reader_init(&r, value);
        if (wire_peek(&r) != WIRE_ARRAY) {
            TRY(cell_add(cx, rec, 0, at, value, true, &cell));
            continue;
        }
        size_t tags = wire_get_array(&r, 1, OP_REFS_MAX);
        for (size_t i = 0; i < tags; i++) {
            TRY(cell_add(cx, rec, 0, at, wire_get_any(&r), true, &cell));
        }
    }
out:
    return status;
}

static enum status judge_restore(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[index];
    struct wire_reader r;
    struct op_ref ref;
    uint32_t at = CELL_NONE;

    *ret = FATE_APPLIED;
    wire_reader_init(&r, op->base);
    size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
    for (size_t i = 0; i < count && *ret == FATE_APPLIED; i++) {
        op_ref_read(&r, &ref);
        TRY(rec_find_op(cx, rec, ref_key(rec->r, OP_DEVICE(op->key), &ref), &at));
        if (at == CELL_NONE || at >= index || rec->ops[at].verb != OP_DELETE) {
            *ret = FATE_BASE;
        }
    }
out:
    return status;
}

static enum status judge_one(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret)
{
    enum status status = STATUS_OK;
    struct cut cut;
    bool known = false;

    switch (rec->ops[index].verb) {
    case OP_CREATE:
        *ret = FATE_APPLIED;
        return create_cells(cx, rec);
    case OP_SET:
    case OP_ADD:
    case OP_TAG_ADD:
    case OP_TAG_REMOVE:
    case OP_LOG:
        return judge_field(cx, rec, index, ret);
    case OP_MOVE:
        return judge_move(cx, rec, index, ret);
    case OP_DELETE:
        TRY(cut_read(cx, rec, index, &cut, &known));
        *ret = known ? FATE_APPLIED : FATE_BASE;
        return STATUS_OK;
    case OP_RESTORE:
        return judge_restore(cx, rec, index, ret);
    case OP_NONE:
        *ret = FATE_MALFORMED;
        return STATUS_OK;
    }
out:
    return status;
}

enum status rec_judge(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;

    for (; rec->judged < rec->op_count; rec->judged++) {
        uint32_t index = (uint32_t)rec->judged;
        struct op *op = &rec->ops[index];
        enum fate fate = op->fate;
        if (rec->ops[0].verb != OP_CREATE) {
            fate = FATE_RECORD;
        } else if (rec->table == NULL) {
            fate = FATE_TYPE;
        } else if (fate > FATE_APPLIED && fate <= FATE_ALONE_LAST) {
            continue;
        } else if (index > 0 && rec->ops[0].fate != FATE_APPLIED) {
            fate = FATE_GONE;
        } else {
            TRY(judge_one(cx, rec, index, &fate));
        }
        rec->ops[index].fate = fate;
    }
out:
    return status;
}
