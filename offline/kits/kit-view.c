/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-view: a view statement: which fields, which rows, in what order, in which groups.
 */
#include "kit-int.h"

#include <string.h>

static const char *const clause_words[] = {"columns", "where", "order", "group"};
enum { CLAUSE_COUNT = sizeof clause_words / sizeof *clause_words };

static enum status take_group(struct kit_parser *p, struct view *v)
{
    enum status status = STATUS_OK;

    if (p->token.kind != KIT_WORD) {
        kit_expected(p, "the field to group by");
        return STATUS_OK;
    }
    TRY(kit_keep(p, p->token.word, &v->group));
    kit_advance(p);
out:
    return status;
}

static enum status take_clauses(struct kit_parser *p, struct view *v, struct kit_view_places *at)
{
    enum status status = STATUS_OK;
    bool good = true;

    while (good && p->token.kind != KIT_END) {
        size_t here = p->token.at;
        if (kit_take(p, "columns")) {
            at->columns = p->token.at;
            TRY(kit_take_words(p, ",", "a field", &v->columns, &v->column_count, &good));
        } else if (kit_take(p, "group")) {
            at->group = p->token.at;
            TRY(take_group(p, v));
        } else if (kit_take(p, "where")) {
            TRY(kit_keep(p, kit_take_raw(p, clause_words, CLAUSE_COUNT, &at->where), &v->where));
            if (v->where.len == 0) {
                kit_problem(p, here, "expected a condition behind where");
            }
        } else if (kit_take(p, "order")) {
            TRY(kit_keep(p, kit_take_raw(p, clause_words, CLAUSE_COUNT, &at->order), &v->order));
            if (v->order.len == 0) {
                kit_problem(p, here, "expected fields behind order");
            }
        } else {
            text words[CLAUSE_COUNT];
            for (size_t i = 0; i < CLAUSE_COUNT; i++) {
                words[i] = text_of(clause_words[i]);
            }
            kit_unknown(p, here, "part of a view", p->token.word, words, CLAUSE_COUNT);
            good = false;
        }
    }
out:
    return status;
}

static bool view_kind_of(const struct kit_parser *p, enum view_kind *ret)
{
    static const struct {
        const char *word;
        enum view_kind kind;
    } kinds[] = {{"list", VIEW_LIST}, {"board", VIEW_BOARD}, {"queue", VIEW_QUEUE}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kit_is(p, kinds[i].word)) {
            *ret = kinds[i].kind;
            return true;
        }
    }
    return false;
}

enum status kit_view(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    static const text kinds[] = {{"list", 4}, {"board", 5}, {"queue", 5}};
    struct view v = {0};
    struct kit_view_places at = {0};

    if (!view_kind_of(p, &v.kind)) {
        kit_unknown(p, p->token.at, "kind of view", p->token.word, kinds, 3);
        return STATUS_OK;
    }
    kit_advance(p);
    at.at = p->token.at;
    if (p->token.kind != KIT_WORD || !kit_name_good(p->token.word)) {
        kit_expected(p, "the view's name: a lower case letter, then letters, digits or _");
        return STATUS_OK;
    }
    for (size_t i = 0; i < p->view_count; i++) {
        if (text_equal(p->views[i].name, p->token.word)) {
            kit_problem(p, at.at, "there is a view '%.*s' already", KIT_SHOW(p->token.word));
            return STATUS_OK;
        }
    }
    TRY(kit_keep(p, p->token.word, &v.name));
    kit_advance(p);
    TRY(kit_take_label(p, v.name, &v.label));
    TRY(take_clauses(p, &v, &at));
    if (p->view_count == KIT_VIEWS_MAX) {
        kit_problem(p, at.at, "a type has at most %d views", KIT_VIEWS_MAX);
        return STATUS_OK;
    }
    p->views[p->view_count] = v;
    p->view_at[p->view_count++] = at;
out:
    return status;
}

/* ---- the end of a type --------------------------------------------------------------------- */

static void check_columns(struct kit_parser *p, const struct view *v, size_t at)
{
    text words[FIELDS_PER_TYPE_MAX];

    for (size_t i = 0; i < v->column_count; i++) {
        if (type_field_exact(p->type, v->columns[i]) == NULL) {
            kit_unknown(p, at, "field", v->columns[i], words, kit_field_words(p->type, words));
        }
    }
}

/* A board needs its groups; the state when nothing is said. */
static void check_group(struct kit_parser *p, struct view *v, const struct kit_view_places *at)
{
    const struct field *state = type_state_field(p->type);
    text words[FIELDS_PER_TYPE_MAX];

    if (v->group.len == 0) {
        if (v->kind == VIEW_BOARD && state == NULL) {
            kit_problem(p, at->at, "a board needs group and a choice, state or who");
        } else if (v->kind == VIEW_BOARD) {
            v->group = state->name;
        }
        return;
    }
    const struct field *f = type_field_exact(p->type, v->group);
    if (f == NULL) {
        kit_unknown(p, at->group, "field", v->group, words, kit_field_words(p->type, words));
    } else if (v->kind != VIEW_BOARD) {
        kit_problem(p, at->group, "only a board has groups; a list is kept together by order");
    } else if (f->kind != FIELD_CHOICE && f->kind != FIELD_STATE && f->kind != FIELD_WHO) {
        kit_problem(p, at->group, "a board groups by a choice, a state or a who, not by a %s",
                    field_kind_name(f->kind));
    }
}

enum status kit_views_end(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    for (size_t i = 0; i < p->view_count; i++) {
        struct view *v = &p->views[i];
        check_columns(p, v, p->view_at[i].columns);
        check_group(p, v, &p->view_at[i]);
        TRY(kit_sql(p, p->type, v->where, p->view_at[i].where, false, &v->where));
        TRY(kit_sql(p, p->type, v->order, p->view_at[i].order, true, &v->order));
    }
    TRY(kit_memory_take(p->cx, &p->owner->memory, p->view_count, sizeof(struct view), &memory));
    if (p->view_count > 0) {
        memcpy(memory, p->views, p->view_count * sizeof(struct view));
    }
    p->type->views = memory;
    p->type->view_count = p->view_count;
out:
    return status;
}
