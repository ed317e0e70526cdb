/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: rows of one wide table, chosen and ordered by a kit's view and a person's own condition.
 * Conditions are strangers' SQL: they run where only this one table can be read (the vault's
 * stmt_prepare_foreign). What draws the rows only gets texts.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

#define SHOW(t)  (int)(t).len, (t).ptr
#define ADD(...) TRY(buf_printf(cx, sql, __VA_ARGS__))

enum { LIST_SQL_MAX = 48 * 1024 };

struct listed {
    const struct field *fields[FIELDS_PER_TYPE_MAX];
    size_t count;
    const struct field *group; /* or NULL */
};

static enum status choose_columns(struct ctx *cx, const struct listing *l, struct listed *c)
{
    enum status status = STATUS_OK;

    *c = (struct listed){0};
    if (l->view != NULL && l->view->group.len > 0) {
        TRY(type_find_field(cx, l->type, l->view->group, &c->group));
    }
    if (l->view == NULL || l->view->column_count == 0) {
        for (size_t i = 0; i < l->type->field_count; i++) {
            const struct field *f = &l->type->fields[i];
            if (!f->hidden && !f->retired) {
                c->fields[c->count++] = f;
            }
        }
        goto out;
    }
    for (size_t i = 0; i < l->view->column_count && i < FIELDS_PER_TYPE_MAX; i++) {
        TRY(type_find_field(cx, l->type, l->view->columns[i], &c->fields[c->count]));
        c->count++;
    }
out:
    return status;
}

static enum status add_quoted(struct ctx *cx, struct buf *sql, text t)
{
    enum status status = STATUS_OK;

    TRY(buf_add_byte(cx, sql, '\''));
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '\'') {
            TRY(buf_add_byte(cx, sql, '\''));
        }
        TRY(buf_add_byte(cx, sql, (uint8_t)t.ptr[i]));
    }
    TRY(buf_add_byte(cx, sql, '\''));
out:
    return status;
}

/* ---- words of conditions: :today, :now, :me -------------------------------------------------- */

static const struct {
    const char *word;
    enum when_kind when;
} moments[] = {{":today", WHEN_DATE}, {":now", WHEN_INSTANT}};

static bool word_at(text t, size_t at, const char *word)
{
    text rest = {.ptr = t.ptr + at, .len = t.len - at};
    text w = text_of(word);
    char next = rest.len > w.len ? rest.ptr[w.len] : ' ';
    bool goes_on = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
                   (next >= '0' && next <= '9') || next == '_';
    return text_starts(rest, w) && !goes_on;
}

static enum status add_word(struct ctx *cx, struct records *r, struct buf *sql, text t, size_t at,
                            size_t *ret_len)
{
    enum status status = STATUS_OK;
    struct buf scratch;
    struct value v;

    buf_init(&scratch, 64);
    *ret_len = 0;
    if (word_at(t, at, ":me")) {
        const struct team_member *me = team_me(r->team);
        TRY(add_quoted(cx, sql, me == NULL ? TEXT("") : me->name));
        *ret_len = 3;
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]) && *ret_len == 0; i++) {
        if (word_at(t, at, moments[i].word)) {
            struct field f = {.kind = FIELD_WHEN, .when = moments[i].when};
            int64_t now = cx->system->now(cx->system->self);
            TRY(value_from_words(cx, r, &f, TEXT("now"), now, &scratch, &v));
            TRY(add_quoted(cx, sql, v.s));
            *ret_len = strlen(moments[i].word);
        }
    }
out:
    buf_finish(&scratch);
    return status;
}

/* Copies a condition; the words outside quotes become literals. */
static enum status add_condition(struct ctx *cx, struct records *r, struct buf *sql, text t)
{
    enum status status = STATUS_OK;
    char quote = 0;

    for (size_t i = 0; i < t.len;) {
        char c = t.ptr[i];
        size_t len = 0;
        if (c == '\0') {
            FAIL(cx, STATUS_USAGE, "the condition holds a NUL byte");
        }
        if (quote == 0 && c == ':') {
            TRY(add_word(cx, r, sql, t, i, &len));
        }
        if (quote != 0) {
            quote = c == quote ? 0 : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        }
        if (len == 0) {
            TRY(buf_add_byte(cx, sql, (uint8_t)c));
            len = 1;
        }
        i += len;
    }
out:
    return status;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Choices and states in the order of the kit, texts without case. */
static enum status add_order(struct ctx *cx, struct buf *sql, const struct field *f, bool down)
{
    enum status status = STATUS_OK;
    const char *suffix = down ? " DESC" : "";

    if (f->kind != FIELD_CHOICE && f->kind != FIELD_STATE) {
        ADD("\"%.*s\"%s%s", SHOW(f->name), f->kind == FIELD_LINE ? " COLLATE NOCASE" : "", suffix);
        goto out;
    }
    ADD("CASE \"%.*s\"", SHOW(f->name));
    for (size_t i = 0; i < f->choice_count; i++) {
        ADD(" WHEN ");
        TRY(add_quoted(cx, sql, f->choices[i]));
        ADD(" THEN %zu", i);
    }
    ADD(" ELSE -1 END%s", suffix);
out:
    return status;
}

static enum status person_order(struct ctx *cx, const struct listing *l, struct buf *sql)
{
    enum status status = STATUS_OK;
    bool down = l->order.ptr[0] == '-';
    text name = {.ptr = l->order.ptr + (down ? 1 : 0), .len = l->order.len - (down ? 1 : 0)};
    const struct field *f = NULL;

    if (text_equal(name, TEXT("created")) || text_equal(name, TEXT("changed"))) {
        ADD("_%.*s%s", SHOW(name), down ? " DESC" : "");
        goto out;
    }
    TRY(type_find_field(cx, l->type, name, &f));
    if (f->kind == FIELD_SECRET) {
        FAIL(cx, STATUS_USAGE, "'%.*s' is secret and gives no order", SHOW(f->name));
    }
    TRY(add_order(cx, sql, f, down));
out:
    return status;
}

static enum status order_by(struct ctx *cx, struct records *r, const struct listing *l,
                            const struct listed *c, struct buf *sql)
{
    enum status status = STATUS_OK;

    ADD(" ORDER BY ");
    if (c->group != NULL) {
        TRY(add_order(cx, sql, c->group, false));
        ADD(", ");
    }
    if (l->order.len > 0) {
        TRY(person_order(cx, l, sql));
        ADD(", ");
    } else if (l->view != NULL && l->view->order.len > 0) {
        TRY(add_condition(cx, r, sql, l->view->order));
        ADD("\n, ");
    }
    ADD("_created DESC, _id DESC");
out:
    return status;
}

static enum status conditions(struct ctx *cx, struct records *r, const struct listing *l,
                              struct buf *sql)
{
    enum status status = STATUS_OK;

    int64_t place = 0;

    ADD(" WHERE _deleted = %d", l->deleted ? 1 : 0);
    if (l->compartment != NULL) {
        TRY(place_find(cx, r, l->compartment->tag, &place));
        ADD(" AND _in = %lld", (long long)place);
    }
    if (l->view != NULL && l->view->where.len > 0) {
        ADD(" AND (");
        TRY(add_condition(cx, r, sql, l->view->where));
        ADD("\n)"); /* a new line ends a comment somebody left open */
    }
    if (l->where.len > 0) {
        ADD(" AND (");
        TRY(add_condition(cx, r, sql, l->where));
        ADD("\n)");
    }
out:
    return status;
}

/* With a limit the rows are chosen by their numbers alone first: the engine's sorter would carry
 * whole rows, documents included. */
static enum status list_sql(struct ctx *cx, struct records *r, const struct listing *l,
                            const struct table *t, const struct listed *c, struct buf *sql)
{
    enum status status = STATUS_OK;

    ADD("SELECT _id, _conflicts, ");
    if (c->group != NULL) {
        ADD("\"%.*s\"", SHOW(c->group->name));
    } else {
        ADD("NULL");
    }
    for (size_t i = 0; i < c->count; i++) {
        ADD(", \"%.*s\"", SHOW(c->fields[i]->name));
    }
    if (l->limit > 0) {
        bool plain = l->view == NULL && l->where.len == 0 && l->order.len == 0;
        ADD(" FROM (SELECT _id AS _chosen FROM %s", t->name);
        if (plain) { /* the engine would rather sort all rows by the wrong index */
            ADD(" INDEXED BY %s__created", t->name);
        }
        TRY(conditions(cx, r, l, sql));
        TRY(order_by(cx, r, l, c, sql));
        ADD(" LIMIT %zu) CROSS JOIN %s ON _id = _chosen", l->limit, t->name);
    } else {
        ADD(" FROM %s", t->name);
        TRY(conditions(cx, r, l, sql));
    }
    TRY(order_by(cx, r, l, c, sql));
out:
    return status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static enum status row_texts(struct ctx *cx, struct stmt *s, const struct listed *c,
                             struct buf *out, size_t *ends)
{
    enum status status = STATUS_OK;

    buf_clear(out);
    for (size_t i = 0; i < c->count; i++) {
        TRY(cell_text_write(cx, c->fields[i], s, (int)i + 3, out));
        ends[i] = out->len;
    }
    if (c->group != NULL) {
        TRY(cell_text_write(cx, c->group, s, 2, out));
    }
    ends[c->count] = out->len;
out:
    return status;
}

static void row_cells(const struct buf *b, const struct listed *c, const size_t *ends, text *cells)
{
    const char *texts = b->ptr == NULL ? "" : (const char *)b->ptr; /* every cell may be empty */
    size_t start = 0;

    for (size_t i = 0; i <= c->count; i++) {
        cells[i] = (text){.ptr = texts + start, .len = ends[i] - start};
        start = ends[i];
    }
}

static enum status each_row(struct ctx *cx, struct stmt *s, const struct listed *c,
                            enum status (*visit)(void *self, struct ctx *cx,
                                                 const struct listing_row *row),
                            void *self)
{
    enum status status = STATUS_OK;
    text cells[FIELDS_PER_TYPE_MAX + 1];
    size_t ends[FIELDS_PER_TYPE_MAX + 1];
    struct buf texts;
    bool row = false;

    buf_init(&texts, (size_t)64 * MIB);
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        TRY(row_texts(cx, s, c, &texts, ends));
        row_cells(&texts, c, ends, cells);
        struct listing_row line = {.record = stmt_int(s, 0),
                                   .group = cells[c->count],
                                   .cells = cells,
                                   .conflicts = (size_t)stmt_int(s, 1)};
        TRY(visit(self, cx, &line));
    }
out:
    buf_finish(&texts);
    return status;
}

enum status records_list(
    struct ctx *cx, struct records *r, const struct listing *l,
    enum status (*columns)(void *self, struct ctx *cx, const struct field *const *f, size_t count),
    enum status (*visit)(void *self, struct ctx *cx, const struct listing_row *row), void *self)
{
    enum status status = STATUS_OK;
    const struct table *t = table_of_type(r, l->type);
    struct stmt *foreign = NULL, *s = NULL;
    const char *line = NULL;
    struct listed c;
    struct buf sql;

    MUST(t != NULL);
    buf_init(&sql, LIST_SQL_MAX);
    TRY(choose_columns(cx, l, &c));
    TRY(list_sql(cx, r, l, t, &c, &sql));
    TRY(buf_cstr(cx, &sql, &line));
    TRY(stmt_prepare_foreign(cx, r->vault, line, t->name, &foreign));
    s = foreign;
    if (columns != NULL) {
        TRY(columns(self, cx, c.fields, c.count));
    }
    TRY(each_row(cx, s, &c, visit, self));
out:
    stmt_free(&foreign);
    buf_finish(&sql);
    return status;
}
