/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge: a field's value from its cells. A cell is beaten when an accepted operation names it as
 * its base; the field's rule chooses among what is left. The result depends on the set of accepted
 * operations and their total order, never on the order of arrival.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

static bool cell_seen(const struct rec *rec, const struct cell *c, const struct cut *cut)
{
    return cut_holds(cut, &rec->ops[c->op]);
}

/* Marks what is beaten and lists what is not. */
static enum status find_live(struct ctx *cx, struct rec *rec, size_t field, const struct cut *cut,
                             size_t *ret_live)
{
    enum status status = STATUS_OK;
    bool is_register = field_is_register(&rec->table->type->fields[field]);
    size_t live = 0, count = 0;

    for (uint32_t i = rec->first[field]; i != CELL_NONE; i = rec->cells[i].next) {
        rec->cells[i].beaten = false;
        count++;
    }
    for (uint32_t i = rec->first[field]; i != CELL_NONE; i = rec->cells[i].next) {
        const struct cell *c = &rec->cells[i];
        if (c->mute || !cell_seen(rec, c, cut)) {
            continue;
        }
        for (size_t b = 0; b < c->base_count; b++) {
            rec->cells[rec->bases[c->base_at + b]].beaten = true;
        }
        if (is_register && c->op > 0) {
            uint32_t first = rec->first[field];
            rec->cells[first].beaten |= rec->cells[first].op == 0; /* the record's first value */
        }
    }
    TRY(mem_grow(cx, (void **)&rec->live, &rec->live_cap, count + 1, sizeof(*rec->live)));
    for (uint32_t i = rec->first[field]; i != CELL_NONE; i = rec->cells[i].next) {
        const struct cell *c = &rec->cells[i];
        if (c->gives && !c->beaten && cell_seen(rec, c, cut)) {
            rec->live[live++] = i;
        }
    }
    *ret_live = live;
out:
    return status;
}

static size_t rank(text word, const text *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(list[i], word)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Is `a` better than `b` by the rule; on a tie the later in order stays. */
static bool rule_prefers(const struct field *f, const struct value *a, const struct value *b)
{
    if (a->kind != b->kind) {
        return b->kind == VALUE_NULL; /* something before nothing */
    }
    switch (f->merge) {
    case MERGE_MAX:
    case MERGE_MIN:
        if (a->kind == VALUE_INT) {
            return f->merge == MERGE_MAX ? a->n > b->n : a->n < b->n;
        }
        if (a->kind == VALUE_TEXT) { /* dates: their text is in the order of time */
            int order = bytes_compare(BYTES(a->s.ptr, a->s.len), BYTES(b->s.ptr, b->s.len));
            return f->merge == MERGE_MAX ? order > 0 : order < 0;
        }
        return false;
    case MERGE_TRUE_WINS:
        return a->n != 0 && b->n == 0;
    case MERGE_RANK_MAX: {
        size_t x = rank(a->s, f->choices, f->choice_count);
        size_t y = rank(b->s, f->choices, f->choice_count);
        return x != SIZE_MAX && (y == SIZE_MAX || x > y);
    }
    case MERGE_PRECEDENCE:
        return rank(a->s, f->precedence, f->precedence_count) <
               rank(b->s, f->precedence, f->precedence_count);
    case MERGE_LAST:
    case MERGE_KEEP_ALL:
    case MERGE_SUM:
    case MERGE_SET:
    case MERGE_GROW:
    case MERGE_THREE_WAY:
        break;
    }
    return false;
}

/* Does the rule leave nothing for a person to decide between these two different values? */
static bool rule_settles(const struct field *f, const struct value *a, const struct value *b)
{
    switch (f->merge) {
    case MERGE_MAX:
    case MERGE_MIN:
    case MERGE_TRUE_WINS:
    case MERGE_RANK_MAX:
        return true;
    case MERGE_PRECEDENCE:
        return a->kind == VALUE_TEXT && b->kind == VALUE_TEXT &&
               rank(a->s, f->precedence, f->precedence_count) != SIZE_MAX &&
               rank(b->s, f->precedence, f->precedence_count) != SIZE_MAX;
    case MERGE_LAST:
    case MERGE_KEEP_ALL:
    case MERGE_SUM:
    case MERGE_SET:
    case MERGE_GROW:
    case MERGE_THREE_WAY:
        break;
    }
    return false;
}

static enum status resolve_register(struct ctx *cx, struct rec *rec, size_t field,
                                    struct outcome *o)
{
    enum status status = STATUS_OK;
    const struct field *f = &rec->table->type->fields[field];
    struct value v;
    bool clean = false;

    if (o->live == 0) {
        if (f->kind == FIELD_STATE && f->choice_count > 0) {
            o->value = (struct value){.kind = VALUE_TEXT, .s = f->choices[0]};
        }
        goto out;
    }
    o->winner = rec->live[o->live - 1]; /* the last in order, unless the rule prefers another */
    TRY(cell_value(cx, rec, o->winner, &o->value));
    struct value last = o->value;
    for (size_t i = o->live - 1; i > 0; i--) {
        TRY(cell_value(cx, rec, rec->live[i - 1], &v));
        if (rule_prefers(f, &v, &o->value)) {
            o->value = v;
            o->winner = rec->live[i - 1];
        }
        o->conflict |= !value_equal(&v, &last) && !rule_settles(f, &v, &last);
    }
    if (o->conflict && f->merge == MERGE_THREE_WAY) {
        TRY(doc_merge(cx, rec, field, o->live, &clean, &v.s));
        if (clean) {
            o->value = (struct value){.kind = v.s.len > 0 ? VALUE_TEXT : VALUE_NULL, .s = v.s};
            o->merged = true;
            o->conflict = false;
        }
    }
out:
    return status;
}

/* Sums that do not fit stay at the end of the range: the order of adding may not matter, so the
 * sum is made in 128 bits first. */
static enum status resolve_sum(struct ctx *cx, struct rec *rec, struct outcome *o)
{
    enum status status = STATUS_OK;
    uint64_t low = 0;
    int64_t high = 0;
    struct value v;

    for (size_t i = 0; i < o->live; i++) {
        TRY(cell_value(cx, rec, rec->live[i], &v));
        uint64_t add = v.kind == VALUE_INT ? (uint64_t)v.n : 0;
        uint64_t sum = low + add;
        high += (v.kind == VALUE_INT && v.n < 0 ? -1 : 0) + (sum < low ? 1 : 0);
        low = sum;
        o->winner = rec->live[i];
    }
    if (o->live > 0) {
        bool negative = high < 0;
        bool fits = negative ? high == -1 && low > INT64_MAX : high == 0 && low <= INT64_MAX;
        o->value.kind = VALUE_INT;
        o->value.n = fits ? (int64_t)low : negative ? INT64_MIN : INT64_MAX;
    }
out:
    return status;
}

enum status field_resolve(struct ctx *cx, struct rec *rec, size_t field, const struct cut *cut,
                          struct outcome *ret)
{
    enum status status = STATUS_OK;
    const struct field *f = &rec->table->type->fields[field];
    struct outcome o = {.winner = CELL_NONE, .value = {.kind = VALUE_NULL}};

    TRY(find_live(cx, rec, field, cut, &o.live));
    if (f->kind == FIELD_LOG) {
        o.value = (struct value){.kind = VALUE_INT, .n = (int64_t)o.live};
    } else if (f->merge == MERGE_SUM) {
        TRY(resolve_sum(cx, rec, &o));
    } else if (f->kind != FIELD_TAGS) {
        TRY(resolve_register(cx, rec, field, &o));
    }
    *ret = o;
out:
    return status;
}

/* A deletion holds when nobody restored it and its author had seen every other change: an edit the
 * deleter did not know keeps the record. */
static enum status deletion_holds(struct ctx *cx, struct rec *rec, uint32_t index, bool *ret)
{
    enum status status = STATUS_OK;
    struct cut cut;

    TRY(cut_read(cx, rec, index, &cut));
    *ret = true;
    for (size_t i = 1; i < rec->op_count && *ret; i++) {
        const struct op *op = &rec->ops[i];
        if (op->fate == FATE_APPLIED && op->verb != OP_DELETE && op->verb != OP_RESTORE) {
            *ret = i < index && cut_holds(&cut, op); /* nobody has seen what comes after */
        }
    }
out:
    return status;
}

static enum status deletion_restored(struct ctx *cx, struct rec *rec, uint32_t index, bool *ret)
{
    enum status status = STATUS_OK;
    struct op_ref ref;
    struct wire_reader r;

    (void)cx;
    *ret = false;
    for (size_t i = index + 1; i < rec->op_count && !*ret; i++) {
        const struct op *op = &rec->ops[i];
        if (op->verb != OP_RESTORE || op->fate != FATE_APPLIED) {
            continue;
        }
        wire_reader_init(&r, op->base);
        size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
        for (size_t k = 0; k < count && !*ret; k++) {
            op_ref_read(&r, &ref);
            *ret = ref_key(rec->r, OP_DEVICE(op->key), &ref) == rec->ops[index].key;
        }
    }
    return status;
}

enum status rec_deletions(struct ctx *cx, struct rec *rec, int64_t *keys, size_t max,
                          size_t *ret_count)
{
    enum status status = STATUS_OK;
    bool restored = false, holds = false;
    size_t count = 0;

    for (size_t i = 1; i < rec->op_count && count < max; i++) {
        const struct op *op = &rec->ops[i];
        if (op->verb != OP_DELETE || op->fate != FATE_APPLIED) {
            continue;
        }
        TRY(deletion_restored(cx, rec, (uint32_t)i, &restored));
        if (restored) {
            continue;
        }
        TRY(deletion_holds(cx, rec, (uint32_t)i, &holds));
        if (holds) {
            keys[count++] = rec->ops[i].key;
        }
    }
    *ret_count = count;
out:
    return status;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static int compare_texts(const void *a, const void *b)
{
    const text *x = a, *y = b;
    return bytes_compare(BYTES(x->ptr, x->len), BYTES(y->ptr, y->len));
}

enum status tags_list(struct ctx *cx, struct rec *rec, const struct outcome *o, text **ret,
                      size_t *ret_count)
{
    enum status status = STATUS_OK;
    struct value v;
    uint8_t *memory = NULL;
    size_t count = 0;

    TRY(arena_take(cx, &rec->arena, o->live * sizeof(text), &memory));
    text *tags = (text *)(void *)memory;
    for (size_t i = 0; i < o->live; i++) {
        TRY(cell_value(cx, rec, rec->live[i], &v));
        tags[i] = v.s;
    }
    if (o->live > 1) {
        qsort(tags, o->live, sizeof(*tags), compare_texts);
    }
    for (size_t i = 0; i < o->live; i++) {
        if (count == 0 || !text_equal(tags[count - 1], tags[i])) {
            tags[count++] = tags[i];
        }
    }
    *ret = tags;
    *ret_count = count;
out:
    return status;
}

enum status tags_join(struct ctx *cx, struct rec *rec, const struct outcome *o, struct buf *out)
{
    enum status status = STATUS_OK;
    text *tags = NULL;
    size_t count = 0;

    TRY(tags_list(cx, rec, o, &tags, &count));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            TRY(buf_add_text(cx, out, TEXT(", ")));
        }
        TRY(buf_add_text(cx, out, tags[i]));
    }
out:
    return status;
}
