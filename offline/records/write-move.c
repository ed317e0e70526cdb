/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write-move: a person moves a record's state. The operation carries what this device holds of the
 * record, and the values given with the move, so that everybody judges it on the same ground.
 */
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

static enum status state_now(struct ctx *cx, struct draft *d, text *ret)
{
    enum status status = STATUS_OK;
    struct outcome o;

    TRY(field_resolve(cx, d->rec, d->rec->table->state_index, NULL, &o));
    *ret = o.value.kind == VALUE_TEXT ? o.value.s : TEXT("");
out:
    return status;
}

static bool leads_from(const struct transition *tr, text state)
{
    for (size_t i = 0; i < tr->from_count; i++) {
        if (text_equal(tr->from[i], state)) {
            return true;
        }
    }
    return tr->from_count == 0;
}

enum status draft_move(struct ctx *cx, struct draft *d, text transition, text state, bytes pairs)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct buf cut, value;

    buf_init(&cut, BODY_PLAIN_MAX);
    buf_init(&value, BODY_PLAIN_MAX);
    TRY(cut_write(cx, d->rec, &cut));
    wire_writer_init(&w, cx, &value);
    if (transition.len > 0) {
        wire_put_text(&w, transition);
    } else {
        wire_put_null(&w);
    }
    wire_put_text(&w, state);
    wire_put_encoded(&w, pairs);
    TRY(wire_writer_done(&w));
    TRY(draft_op(cx, d, OP_MOVE, NULL, buf_view(&cut), buf_view(&value)));
out:
    buf_finish(&cut);
    buf_finish(&value);
    return status;
}

/* Says what the state does allow. */
static enum status refuse_transition(struct ctx *cx, const struct record_type *type, text state,
                                     text word, bool known)
{
    char list[FAULT_TEXT_MAX / 2];
    size_t used = 0;

    for (size_t i = 0; i < type->transition_count; i++) {
        const struct transition *tr = &type->transitions[i];
        if (!leads_from(tr, state) || used + tr->name.len + 3 > sizeof(list)) {
            continue;
        }
        memcpy(list + used, ", ", 2);
        memcpy(list + used + 2, tr->name.ptr, tr->name.len);
        used += tr->name.len + 2;
    }
    enum status status = known ? STATUS_CONFLICT : STATUS_NOT_FOUND;
    const char *form = known ? "'%.*s' is not possible in the state '%.*s'"
                             : "there is no transition '%.*s' (the state is '%.*s')";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the two above */
    (void)fault_set(cx, status, __FILE__, __LINE__, form, SHOW(word), SHOW(state));
#pragma GCC diagnostic pop
    if (used > 2) {
        return fault_hint(cx, "possible now: %.*s", (int)(used - 2), list + 2);
    }
    return fault_hint(cx, "no transition leads from '%.*s'", SHOW(state));
}

static enum status find_transition(struct ctx *cx, struct draft *d, text word,
                                   const struct transition **ret)
{
    enum status status = STATUS_OK;
    const struct record_type *type = d->rec->table->type;
    bool known = false;
    text state;

    if (d->rec->table->state == NULL) {
        FAIL(cx, STATUS_USAGE, "a '%.*s' has no states", SHOW(type->name));
    }
    TRY(state_now(cx, d, &state));
    for (size_t i = 0; i < type->transition_count; i++) {
        const struct transition *tr = &type->transitions[i];
        if (!text_equal(tr->name, word)) {
            continue;
        }
        known = true;
        if (leads_from(tr, state)) {
            *ret = tr;
            return STATUS_OK;
        }
    }
    status = refuse_transition(cx, type, state, word, known);
out:
    return status;
}

/* Single values travel inside the move; what adds and removes goes before it. */
static enum status move_pairs(struct ctx *cx, struct draft *d, const struct assignment *a,
                              size_t count, struct buf *out)
{
    enum status status = STATUS_OK;
    const struct table *t = d->rec->table;
    struct pair pairs[FIELDS_PER_TYPE_MAX];
    const struct assignment *given = NULL;
    size_t pair_count = 0;
    struct value v;
    bytes kept;

    for (size_t i = 0; i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[t->order[i]];
        TRY(assignment_of(cx, a, count, f, &given));
        if (given == NULL) {
            continue;
        }
        if (!field_is_register(f) || f == t->state || f->retired) {
            TRY(draft_assign(cx, d, given));
            continue;
        }
        buf_clear(&d->scratch);
        TRY(value_from_words(cx, d->r, f, given->value, d->now, &d->scratch, &v));
        TRY(value_check(cx, f, &v));
        buf_clear(&d->encoded);
        TRY(value_encode(cx, &v, &d->encoded));
        TRY(arena_copy(cx, &d->rec->arena, buf_view(&d->encoded), &kept));
        pairs[pair_count++] = (struct pair){.name = f->name, .value = kept};
    }
    TRY(pairs_write(cx, pairs, pair_count, out));
out:
    return status;
}

enum status record_move(struct ctx *cx, struct records *r, int64_t record, text transition,
                        const struct assignment *a, size_t count)
{
    enum status status = STATUS_OK;
    const struct transition *tr = NULL;
    int64_t deletion = 0;
    size_t deletions = 0;
    struct buf pairs;
    struct draft d;

    buf_init(&pairs, BODY_PLAIN_MAX);
    TRY(draft_open(cx, &d, r, record));
    TRY(rec_deletions(cx, d.rec, &deletion, 1, &deletions));
    if (deletions > 0) {
        FAIL(cx, STATUS_CONFLICT, "the record is deleted");
    }
    TRY(find_transition(cx, &d, transition, &tr));
    TRY(move_pairs(cx, &d, a, count, &pairs));
    TRY(draft_move(cx, &d, tr->name, tr->to, buf_view(&pairs)));
    TRY(draft_commit(cx, &d));
out:
    draft_finish(&d);
    buf_finish(&pairs);
    return status;
}

/* ---- walking to a state ---------------------------------------------------------------------- */

enum { STATES_MAX = 64, NOT_REACHED = 255 };

static size_t state_number(const struct field *f, text state)
{
    for (size_t i = 0; i < f->choice_count && i < STATES_MAX; i++) {
        if (text_equal(f->choices[i], state)) {
            return i;
        }
    }
    return STATES_MAX;
}

/* Breadth first from the goal backwards: by[i] is the transition that leads from state i towards
 * it. False when the start does not reach it. */
static bool find_way(const struct table *t, size_t start, size_t goal, uint8_t by[STATES_MAX])
{
    size_t queue[STATES_MAX], head = 0, tail = 0;

    memset(by, NOT_REACHED, STATES_MAX);
    queue[tail++] = goal;
    while (head < tail && by[start] == NOT_REACHED) {
        size_t to = queue[head++];
        for (size_t i = 0; i < t->type->transition_count && i < NOT_REACHED; i++) {
            const struct transition *tr = &t->type->transitions[i];
            for (size_t from = 0; from < t->state->choice_count && from < STATES_MAX; from++) {
                bool leads = text_equal(tr->to, t->state->choices[to]) &&
                             leads_from(tr, t->state->choices[from]);
                if (leads && from != goal && by[from] == NOT_REACHED) {
                    by[from] = (uint8_t)i;
                    queue[tail++] = from;
                }
            }
        }
    }
    return by[start] != NOT_REACHED;
}

enum status draft_walk(struct ctx *cx, struct draft *d, text state)
{
    enum status status = STATUS_OK;
    const struct table *t = d->rec->table;
    static const uint8_t no_pairs[] = {0x80}; /* an array of nothing */
    uint8_t by[STATES_MAX];
    text now;

    TRY(state_now(cx, d, &now));
    size_t at = state_number(t->state, now), goal = state_number(t->state, state);
    if (at == STATES_MAX || goal == STATES_MAX || !find_way(t, at, goal, by)) {
        FAIL(cx, STATUS_CONFLICT, "no transitions lead from '%.*s' to '%.*s'", SHOW(now),
             SHOW(state));
    }
    while (at != goal) {
        const struct transition *tr = &t->type->transitions[by[at]];
        TRY(draft_move(cx, d, tr->name, tr->to, BYTES_OF(no_pairs)));
        at = state_number(t->state, tr->to);
    }
out:
    return status;
}
