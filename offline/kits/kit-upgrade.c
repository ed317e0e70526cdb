/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-upgrade: whether a kit can take another's place. Old operations are judged by the new kit
 * too, so what was valid must stay valid: nothing may be taken away, retyped or newly required.
 */
#include "kit-int.h"

/* In a message: ticket.due */
#define PART(t, f) KIT_SHOW((t)->name), KIT_SHOW((f)->name)

static bool same_way(const struct field *a, const struct field *b)
{
    return a->kind == b->kind && a->merge == b->merge && a->scale == b->scale &&
           a->when == b->when && text_equal(a->secret_use, b->secret_use);
}

/* Every old word is still there, in the same order; others may stand between. */
static bool words_kept(const text *old, size_t old_count, const text *next, size_t next_count,
                       text *ret_lost)
{
    size_t at = 0;

    for (size_t i = 0; i < old_count; i++) {
        while (at < next_count && !text_equal(next[at], old[i])) {
            at++;
        }
        if (at == next_count) {
            *ret_lost = old[i];
            return false;
        }
        at++;
    }
    return true;
}

static enum status field_upgrade(struct ctx *cx, const struct record_type *t,
                                 const struct field *old, const struct field *next)
{
    enum status status = STATUS_OK;
    text lost = {0};

    if (next == NULL) {
        fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__,
                  "the new kit lacks the field '%.*s.%.*s'", PART(t, old));
        return fault_hint(cx, "keep the field and mark it retired");
    }
    if (!same_way(old, next)) {
        fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__,
                  "the new kit makes '%.*s.%.*s' another kind of field", PART(t, old));
        return fault_hint(cx, "retire the old field and add one under a new name");
    }
    if (next->required && !old->required) {
        FAIL(cx, STATUS_CONFLICT, "'%.*s.%.*s' cannot become required: older records lack it",
             PART(t, old));
    }
    if (!words_kept(old->choices, old->choice_count, next->choices, next->choice_count, &lost)) {
        FAIL(cx, STATUS_CONFLICT, "'%.*s.%.*s' lost '%.*s', or it moved", PART(t, old),
             KIT_SHOW(lost));
    }
    if (old->kind == FIELD_STATE && old->choice_count > 0 &&
        !text_equal(old->choices[0], next->choices[0])) {
        FAIL(cx, STATUS_CONFLICT, "'%.*s.%.*s' starts in another state", PART(t, old));
    }
out:
    return status;
}

static bool transition_kept(const struct record_type *t, const struct transition *old)
{
    for (size_t i = 0; i < t->transition_count; i++) {
        if (text_equal(t->transitions[i].name, old->name) &&
            text_equal(t->transitions[i].to, old->to)) {
            return true;
        }
    }
    return false;
}

static enum status type_upgrade(struct ctx *cx, const struct record_type *old,
                                const struct record_type *next)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < old->field_count; i++) {
        const struct field *f = &old->fields[i];
        TRY(field_upgrade(cx, old, f, type_field_exact(next, f->name)));
    }
    for (size_t i = 0; i < next->field_count; i++) {
        const struct field *f = &next->fields[i];
        if (f->required && !f->retired && type_field_exact(old, f->name) == NULL) {
            FAIL(cx, STATUS_CONFLICT,
                 "the new field '%.*s.%.*s' cannot be required: older records "
                 "lack it",
                 PART(old, f));
        }
    }
    for (size_t i = 0; i < old->transition_count; i++) {
        const struct transition *t = &old->transitions[i];
        if (!transition_kept(next, t)) {
            FAIL(cx, STATUS_CONFLICT, "the new kit lacks the transition '%.*s' of '%.*s' to '%.*s'",
                 KIT_SHOW(t->name), KIT_SHOW(old->name), KIT_SHOW(t->to));
        }
    }
out:
    return status;
}

static const struct record_type *type_of(const struct kit *k, text name)
{
    for (size_t i = 0; i < k->type_count; i++) {
        if (text_equal(k->types[i].name, name)) {
            return &k->types[i];
        }
    }
    return NULL;
}

enum status kit_upgrade_check(struct ctx *cx, const struct kit *installed, const struct kit *next)
{
    enum status status = STATUS_OK;

    if (!text_equal(installed->name, next->name)) {
        FAIL(cx, STATUS_USAGE, "'%.*s' cannot take the place of '%.*s'", KIT_SHOW(next->name),
             KIT_SHOW(installed->name));
    }
    if (next->version <= installed->version) {
        fault_set(cx, STATUS_EXISTS, __FILE__, __LINE__,
                  "kit '%.*s' v%u is here already, v%u is not newer", KIT_SHOW(next->name),
                  installed->version, next->version);
        return fault_hint(cx, "raise the version in the kit line");
    }
    for (size_t i = 0; i < installed->type_count; i++) {
        const struct record_type *old = &installed->types[i];
        const struct record_type *t = type_of(next, old->name);
        if (t == NULL) {
            FAIL(cx, STATUS_CONFLICT, "the new kit lacks the type '%.*s'", KIT_SHOW(old->name));
        }
        TRY(type_upgrade(cx, old, t));
    }
out:
    return status;
}
