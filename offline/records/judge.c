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
    case FATE_VOID:
        return TEXT("it does not count");
    case FATE_RECORD:
        return TEXT("its record is not here");
    case FATE_TYPE:
        return TEXT("no kit here knows the record");
    case FATE_BASE:
        return TEXT("it was made on something that does not bear on it");
    case FATE_FROM:
        return TEXT("the state it started from does not lead there");
    case FATE_GUARD:
        return TEXT("the guard of the transition did not hold");
    case FATE_SELF:
        return TEXT("not by the person who made the record");
    case FATE_SETTLE:
        return TEXT("there was nothing of its author's to take back");
    case FATE_GONE:
        return TEXT("its record does not count");
    case FATE_PLACE:
        return TEXT("its record belongs to another compartment");
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

/* Every role that applies to the author must be one the transition is for. */
static bool roles_fit(const struct transition *tr, const struct entry_info *info)
{
    bool all = tr->role_count == 0 || info->role_count > 0;

    for (size_t i = 0; i < info->role_count && all && tr->role_count > 0; i++) {
        bool fits = false;
        for (size_t k = 0; k < tr->role_count && !fits; k++) {
            fits = text_equal(tr->roles[k], info->roles[i]->name);
        }
        all = fits;
    }
    return all;
}

/* Values that come with a move are judged field by field: a transition is no way around the fields
 * a role is limited to. */
static enum status check_move_pairs(struct ctx *cx, const struct table *t,
                                    const struct entry_info *info, bytes encoded, enum fate *ret)
{
    enum status status = STATUS_OK;
    struct pair_reader pairs;
    text name;
    bytes value;

    pair_start(&pairs, encoded);
    while (*ret == FATE_APPLIED && pair_next(&pairs, &name, &value)) {
        size_t at = table_field_by_name(t, name);
        const struct field *f = at == SIZE_MAX ? NULL : &t->type->fields[at];
        if (f == NULL || f == t->state || !field_is_register(f)) {
            *ret = f == NULL ? FATE_FIELD : FATE_KIND;
        } else if (!entry_may(info, VERB_MOVE, t->type_name, f->name)) {
            *ret = FATE_RIGHT;
        } else {
            TRY(check_value(cx, f, value, ret));
        }
    }
out:
    return status;
}

static enum status check_move(struct ctx *cx, const struct table *t, const struct op *op,
                              const struct entry_info *info, enum fate *ret)
{
    text transition, state;
    bytes pairs;

    move_split(op->value, &transition, &state, &pairs);
    *ret = FATE_APPLIED;
    if (t->state == NULL) {
        *ret = FATE_KIND;
        return STATUS_OK;
    }
    if (transition.len > 0) {
        const struct transition *tr = table_transition(t, transition, state);
        if (tr == NULL || !roles_fit(tr, info)) {
            *ret = tr == NULL ? FATE_TRANSITION : FATE_ROLE;
            return STATUS_OK;
        }
    }
    return check_move_pairs(cx, t, info, pairs, ret);
}

enum team_verb right_of(enum op_verb verb)
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
        break;
    }
    return VERB_SET;
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
    enum status status = STATUS_OK;
    const struct standing *by = NULL;

    if (op->verb == OP_NONE) {
        *ret = FATE_MALFORMED;
        return STATUS_OK;
    }
    bool whole = op->verb == OP_CREATE || op->verb == OP_MOVE || op->verb == OP_DELETE ||
                 op->verb == OP_RESTORE;
    size_t at = whole ? SIZE_MAX : table_field_by_word(t, op->field);
    const struct field *f = at == SIZE_MAX ? NULL : &t->type->fields[at];
    TRY(standing_get(cx, r, op->standing, &by));
    if (by->info.role_count == 0 ||
        !entry_may(&by->info, right_of(op->verb), t->type_name, f == NULL ? TEXT("") : f->name)) {
        *ret = FATE_RIGHT;
        goto out;
    }
    if (op->verb == OP_CREATE) {
        return check_create(cx, t, op, ret);
    }
    if (op->verb == OP_MOVE) {
        return check_move(cx, t, op, &by->info, ret);
    }
    *ret = FATE_APPLIED;
    if (op->verb == OP_DELETE || op->verb == OP_RESTORE) {
        goto out;
    }
    if (f == NULL || !verb_fits(op->verb, t, f)) {
        *ret = f == NULL ? FATE_FIELD : FATE_KIND;
        goto out;
    }
    TRY(check_value(cx, f, op->value, ret));
out:
    return status;
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

/* The cell by which an operation that does not count hands on what it was made on. */
static uint32_t mute_cell_of(const struct rec *rec, uint32_t op, size_t field)
{
    for (uint32_t i = rec->first[field]; i != CELL_NONE; i = rec->cells[i].next) {
        if (rec->cells[i].op == op && rec->cells[i].mute) {
            return i;
        }
    }
    return CELL_NONE;
}

static enum status name_cell(struct ctx *cx, struct rec *rec, uint32_t cell, size_t *count)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < *count; i++) {
        if (rec->live[i] == cell) {
            return STATUS_OK;
        }
    }
    TRY(mem_grow(cx, (void **)&rec->live, &rec->live_cap, *count + 1, sizeof(*rec->live)));
    rec->live[(*count)++] = cell;
out:
    return status;
}

/* What one named operation stands for: its own cell when it counts; what it was made on when its
 * entry does not (whoever named it had seen that too); nothing when it is refused, not here, or
 * does not stand before. *ret_fits false: it counts and says nothing about the field. */
static enum status name_op(struct ctx *cx, struct rec *rec, uint32_t at, size_t field, bytes tag,
                           size_t *count, bool *ret_fits)
{
    enum status status = STATUS_OK;
    uint32_t cell = CELL_NONE;

    if (rec->ops[at].fate == FATE_VOID) {
        cell = mute_cell_of(rec, at, field);
        for (size_t i = 0; cell != CELL_NONE && i < rec->cells[cell].base_count; i++) {
            TRY(name_cell(cx, rec, rec->bases[rec->cells[cell].base_at + i], count));
        }
    } else if (rec->ops[at].fate == FATE_APPLIED) {
        cell = cell_of(rec, at, field, tag);
        *ret_fits = cell != CELL_NONE;
        if (*ret_fits) {
            TRY(name_cell(cx, rec, cell, count));
        }
    }
out:
    return status;
}

/* [F-95] [F-97] Cells named by the refs of ops[index], into rec->live. */
static enum status named_cells(struct ctx *cx, struct rec *rec, uint32_t index, size_t field,
                               bytes tag, size_t *ret_count, bool *ret_fits)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[index];
    struct wire_reader r;
    struct op_ref ref;
    size_t found = 0;
    uint32_t at = CELL_NONE;

    *ret_fits = true;
    wire_reader_init(&r, op->base);
    size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
    for (size_t i = 0; i < count && *ret_fits; i++) {
        op_ref_read(&r, &ref);
        TRY(rec_find_op(cx, rec, ref_key(rec->r, OP_DEVICE(op->key), &ref), &at));
        if (at != CELL_NONE && at < index) {
            TRY(name_op(cx, rec, at, field, tag, &found, ret_fits));
        }
    }
    *ret_count = found;
out:
    return status;
}

/* A set whose entry does not count: a cell that is nobody's value. */
static enum status mute_set(struct ctx *cx, struct rec *rec, uint32_t index)
{
    enum status status = STATUS_OK;
    size_t field = table_field_by_word(rec->table, rec->ops[index].field);
    size_t count = 0;
    uint32_t cell = CELL_NONE;
    bool fits = true;

    if (field == SIZE_MAX || !field_is_register(&rec->table->type->fields[field])) {
        goto out;
    }
    TRY(named_cells(cx, rec, index, field, (bytes){0}, &count, &fits));
    TRY(cell_add(cx, rec, index, field, (bytes){0}, false, &cell));
    rec->cells[cell].mute = true;
    for (size_t i = 0; i < count; i++) {
        TRY(base_add(cx, rec, cell, rec->live[i]));
    }
out:
    return status;
}

static enum status judge_void(struct ctx *cx, struct rec *rec, uint32_t index)
{
    if (rec->table == NULL || index == 0 || rec->ops[0].fate != FATE_APPLIED) {
        return STATUS_OK;
    }
    if (rec->ops[index].verb == OP_SET) {
        return mute_set(cx, rec, index);
    }
    return rec->ops[index].verb == OP_MOVE ? mute_move(cx, rec, index) : STATUS_OK;
}

static enum status judge_field(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret)
{
    enum status status = STATUS_OK;
    const struct op *op = &rec->ops[index];
    size_t field = table_field_by_word(rec->table, op->field);
    bytes tag = op->verb == OP_TAG_REMOVE ? op->value : (bytes){0};
    bool named = op->verb == OP_SET || op->verb == OP_TAG_REMOVE, fits = true;
    size_t count = 0;
    uint32_t cell = CELL_NONE;

    MUST(field != SIZE_MAX); /* check_alone() found it */
    if (named) {
        TRY(named_cells(cx, rec, index, field, tag, &count, &fits));
    }
    if (!fits) {
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
        if (at != CELL_NONE && at < index && rec->ops[at].fate == FATE_APPLIED &&
            rec->ops[at].verb != OP_DELETE) {
            *ret = FATE_BASE;
        }
    }
out:
    return status;
}

static enum status judge_one(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret)
{
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
        *ret = FATE_APPLIED;
        return STATUS_OK;
    case OP_RESTORE:
        return judge_restore(cx, rec, index, ret);
    case OP_NONE:
        break;
    }
    *ret = FATE_MALFORMED;
    return STATUS_OK;
}

/* A record belongs to the compartment of its create; whoever reads only that one must not be told
 * anything by people who write in another. */
static enum status stands_elsewhere(struct ctx *cx, struct rec *rec, uint32_t index, bool *ret)
{
    enum status status = STATUS_OK;
    const struct standing *by = NULL;
    int64_t place = 0;

    *ret = false;
    if (STANDING_ID(rec->ops[index].standing) == STANDING_ID(rec->ops[0].standing)) {
        return STATUS_OK;
    }
    TRY(standing_get(cx, rec->r, rec->ops[0].standing, &by));
    place = by->place;
    TRY(standing_get(cx, rec->r, rec->ops[index].standing, &by));
    *ret = by->place != place;
out:
    return status;
}

enum status rec_judge(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;

    for (; rec->judged < rec->op_count; rec->judged++) {
        uint32_t index = (uint32_t)rec->judged;
        enum fate fate = rec->ops[index].fate;
        bool elsewhere = false;
        if (fate == FATE_VOID) {
            TRY(judge_void(cx, rec, index));
            continue;
        }
        if (rec->ops[0].verb != OP_CREATE) {
            fate = FATE_RECORD;
        } else if (rec->table == NULL) {
            fate = FATE_TYPE;
        } else if (fate > FATE_APPLIED && fate <= FATE_ALONE_LAST) {
            continue;
        } else if (index > 0 && rec->ops[0].fate != FATE_APPLIED) {
            fate = FATE_GONE;
        } else {
            TRY(stands_elsewhere(cx, rec, index, &elsewhere));
            fate = FATE_PLACE;
            if (!elsewhere) {
                TRY(judge_one(cx, rec, index, &fate));
            }
        }
        rec->ops[index].fate = fate;
    }
out:
    return status;
}
