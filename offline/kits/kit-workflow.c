/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-workflow: the states of a type and the ways between them. An arrow of the state's list that
 * no transition statement covers becomes a transition named like the state it leads to, so that a
 * simple workflow is one line.
 */
#include "kit-int.h"

#include <stdlib.h>
#include <string.h>

/* ---- the list of states -------------------------------------------------------------------- */

struct states {
    text names[KIT_STATES_MAX];
    size_t count;
};

/* Adds a state when it is new; false when there are too many. */
static bool state_add(struct states *s, text name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (text_equal(s->names[i], name)) {
            return true;
        }
    }
    if (s->count == KIT_STATES_MAX) {
        return false;
    }
    s->names[s->count++] = name;
    return true;
}

/* a > b > c, up to ; or ] */
static enum status take_chain(struct kit_parser *p, struct states *s, bool *ret_good)
{
    enum status status = STATUS_OK;
    text before = {0};

    *ret_good = false;
    do {
        text name;
        if (p->token.kind != KIT_WORD || !kit_name_good(p->token.word)) {
            kit_expected(p, "a state: a lower case letter, then letters, digits or _");
            return STATUS_OK;
        }
        TRY(kit_keep(p, p->token.word, &name));
        if (!state_add(s, name) || p->arrow_count == KIT_LIST_MAX) {
            kit_problem(p, p->token.at, "at most %d states and %d arrows", KIT_STATES_MAX,
                        KIT_LIST_MAX);
            return STATUS_OK;
        }
        if (before.len > 0) {
            p->arrows[p->arrow_count++] = (struct kit_arrow){.from = before, .to = name};
        }
        before = name;
        kit_advance(p);
    } while (kit_take(p, ">"));
    *ret_good = true;
out:
    return status;
}

static enum status take_precedence(struct kit_parser *p, struct field *f)
{
    enum status status = STATUS_OK;
    size_t at = p->token.at;
    bool good = false;

    TRY(kit_take_words(p, ">", "a state", &f->precedence, &f->precedence_count, &good));
    for (size_t i = 0; good && i < f->precedence_count; i++) {
        bool known = false;
        for (size_t k = 0; k < f->choice_count; k++) {
            known = known || text_equal(f->choices[k], f->precedence[i]);
        }
        if (!known) {
            kit_unknown(p, at, "state", f->precedence[i], f->choices, f->choice_count);
        }
    }
out:
    return status;
}

enum status kit_state_list(struct kit_parser *p, struct field *f)
{
    enum status status = STATUS_OK;
    struct states s = {.count = 0};
    void *memory = NULL;
    bool good = true;

    p->arrow_count = 0;
    if (!kit_take(p, "[")) {
        kit_expected(p, "the states in [ ], like [new > open > done; new > done]");
        return STATUS_OK;
    }
    do {
        TRY(take_chain(p, &s, &good));
    } while (good && kit_take(p, ";"));
    if (!good) {
        return STATUS_OK;
    }
    if (!kit_take(p, "]")) {
        kit_expected(p, "'>', ';' or ']'");
        return STATUS_OK;
    }
    TRY(kit_memory_take(p->cx, &p->owner->memory, s.count, sizeof(text), &memory));
    memcpy(memory, s.names, s.count * sizeof(text));
    f->choices = memory;
    f->choice_count = s.count;
    if (kit_take(p, "precedence")) {
        TRY(take_precedence(p, f));
    }
out:
    return status;
}

/* ---- transition statements ----------------------------------------------------------------- */

/* by, not_self, guard, a label: in any order, the guard last. */
static enum status take_clauses(struct kit_parser *p, struct transition *t, size_t *ret_guard_at)
{
    enum status status = STATUS_OK;
    bool good = true;

    while (good && p->token.kind != KIT_END) {
        if (p->token.kind == KIT_TEXT) {
            TRY(kit_take_label(p, t->name, &t->label));
        } else if (kit_take(p, "by")) {
            TRY(kit_take_words(p, ",", "a role", &t->roles, &t->role_count, &good));
        } else if (kit_take(p, "not_self")) {
            t->not_self = true;
        } else if (kit_take(p, "guard")) {
            TRY(kit_keep(p, kit_take_raw(p, NULL, 0, ret_guard_at), &t->guard_source));
            if (t->guard_source.len == 0) {
                kit_problem(p, *ret_guard_at, "expected a condition behind guard");
            }
        } else {
            static const text words[] = {{"by", 2}, {"guard", 5}, {"not_self", 8}};
            kit_unknown(p, p->token.at, "part of a transition", p->token.word, words, 3);
            good = false;
        }
    }
out:
    return status;
}

static enum status take_from(struct kit_parser *p, struct transition *t, bool *ret_good)
{
    if (kit_take(p, "any")) {
        *ret_good = true;
        return STATUS_OK;
    }
    return kit_take_words(p, ",", "a state, or any", &t->from, &t->from_count, ret_good);
}

enum status kit_transition(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    struct transition t = {0};
    size_t at = p->token.at;
    size_t guard_at = 0;
    bool good = false;

    if (p->token.kind != KIT_WORD || !kit_name_good(p->token.word)) {
        kit_expected(p, "the transition's name: a lower case letter, then letters, digits or _");
        return STATUS_OK;
    }
    TRY(kit_keep(p, p->token.word, &t.name));
    kit_advance(p);
    TRY(take_from(p, &t, &good));
    if (!good) {
        return STATUS_OK;
    }
    if (!kit_take(p, ">")) {
        kit_expected(p, "',' or '>' and the state it leads to");
        return STATUS_OK;
    }
    if (p->token.kind != KIT_WORD) {
        kit_expected(p, "the state it leads to");
        return STATUS_OK;
    }
    TRY(kit_keep(p, p->token.word, &t.to));
    kit_advance(p);
    TRY(take_clauses(p, &t, &guard_at));
    if (t.label.len == 0) {
        TRY(kit_take_label(p, t.name, &t.label));
    }
    for (size_t i = 0; i < p->transition_count; i++) {
        if (text_equal(p->transitions[i].name, t.name)) {
            kit_problem(p, at, "there is a transition '%.*s' already", KIT_SHOW(t.name));
            return STATUS_OK;
        }
    }
    if (p->transition_count == KIT_TRANSITIONS_MAX) {
        kit_problem(p, at, "a type has at most %d transitions", KIT_TRANSITIONS_MAX);
        return STATUS_OK;
    }
    p->transitions[p->transition_count] = t;
    p->transition_at[p->transition_count] = at;
    p->guard_at[p->transition_count++] = guard_at;
out:
    return status;
}

/* ---- the end of a type --------------------------------------------------------------------- */

static void check_state(struct kit_parser *p, const struct field *state, text name, size_t at)
{
    if (state->choice_count == 0) {
        return; /* its list was wrong and reported: nothing more can be said */
    }
    for (size_t i = 0; i < state->choice_count; i++) {
        if (text_equal(state->choices[i], name)) {
            return;
        }
    }
    kit_unknown(p, at, "state", name, state->choices, state->choice_count);
}

/* A transition statement speaks for this arrow; one from any state only for what it is named by
 * its target, else [a > b] beside `any > b` would double the way. */
static bool arrow_covered(const struct kit_parser *p, const struct kit_arrow *a)
{
    for (size_t i = 0; i < p->transition_count; i++) {
        const struct transition *t = &p->transitions[i];
        if (!text_equal(t->to, a->to)) {
            continue;
        }
        bool from = t->from_count == 0;
        for (size_t k = 0; k < t->from_count; k++) {
            from = from || text_equal(t->from[k], a->from);
        }
        if (from) {
            return true;
        }
    }
    return false;
}

/* The transition that uncovered arrows to `to` share, by its place; its states go to froms[place].
 * KIT_TRANSITIONS_MAX after a problem. */
static enum status arrow_transition(struct kit_parser *p, text to, text *froms[], size_t *ret)
{
    enum status status = STATUS_OK;
    void *from = NULL;

    for (size_t i = 0; i < p->transition_count; i++) {
        if (text_equal(p->transitions[i].name, to)) {
            *ret = i;
            return STATUS_OK;
        }
    }
    *ret = p->transition_count;
    if (p->transition_count == KIT_TRANSITIONS_MAX) {
        kit_problem(p, p->type_at, "a type has at most %d transitions", KIT_TRANSITIONS_MAX);
        return STATUS_OK;
    }
    TRY(kit_memory_take(p->cx, &p->owner->memory, KIT_LIST_MAX, sizeof(text), &from));
    struct transition *t = &p->transitions[p->transition_count];
    *t = (struct transition){.name = to, .to = to, .from = from};
    froms[p->transition_count] = from;
    p->token.kind = KIT_END;
    TRY(kit_take_label(p, to, &t->label));
    p->transition_at[p->transition_count] = p->type_at;
    p->transition_count++;
out:
    return status;
}

static enum status arrows_end(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    text *froms[KIT_TRANSITIONS_MAX] = {NULL};
    size_t at = 0;

    for (size_t i = 0; i < p->arrow_count; i++) {
        if (arrow_covered(p, &p->arrows[i])) {
            continue;
        }
        TRY(arrow_transition(p, p->arrows[i].to, froms, &at));
        if (at == KIT_TRANSITIONS_MAX) {
            break;
        }
        struct transition *t = &p->transitions[at];
        if (froms[at] == NULL) { /* a statement has taken the name */
            kit_problem(p, p->transition_at[at],
                        "transition '%.*s' needs another name: the arrow %.*s > %.*s has no "
                        "transition of its own and would be called so",
                        KIT_SHOW(t->name), KIT_SHOW(p->arrows[i].from), KIT_SHOW(t->name));
            continue;
        }
        froms[at][t->from_count++] = p->arrows[i].from;
    }
out:
    return status;
}

static enum status guard_end(struct kit_parser *p, size_t i)
{
    enum status status = STATUS_OK;
    struct transition *t = &p->transitions[i];
    struct l0 *guard = NULL;
    size_t offset = 0;

    if (t->guard_source.len == 0) {
        return STATUS_OK;
    }
    enum status compiled = l0_compile_at(p->cx, t->guard_source, p->type, &offset, &guard);
    TRY(kit_blame(p, p->guard_at[i] + offset, compiled));
    if (guard == NULL) {
        return STATUS_OK;
    }
    struct l0 **more = realloc(p->owner->guards, (p->owner->guard_count + 1) * sizeof(void *));
    if (more == NULL) {
        l0_free(&guard);
        FAIL(p->cx, STATUS_NO_MEMORY, "out of memory");
    }
    p->owner->guards = more;
    p->owner->guards[p->owner->guard_count++] = guard;
    t->guard = guard;
out:
    return status;
}

enum status kit_workflow_end(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    const struct field *state = type_state_field(p->type);
    void *memory = NULL;

    if (state == NULL) {
        if (p->transition_count > 0) {
            kit_problem(p, p->transition_at[0], "a transition needs a state field in its type");
        }
        return STATUS_OK;
    }
    for (size_t i = 0; i < p->transition_count; i++) {
        const struct transition *t = &p->transitions[i];
        for (size_t k = 0; k < t->from_count; k++) {
            check_state(p, state, t->from[k], p->transition_at[i]);
        }
        check_state(p, state, t->to, p->transition_at[i]);
        TRY(guard_end(p, i));
    }
    TRY(arrows_end(p));
    TRY(kit_memory_take(p->cx, &p->owner->memory, p->transition_count, sizeof(struct transition),
                        &memory));
    if (p->transition_count > 0) {
        memcpy(memory, p->transitions, p->transition_count * sizeof(struct transition));
    }
    p->type->transitions = memory;
    p->type->transition_count = p->transition_count;
out:
    return status;
}
