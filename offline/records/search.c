/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search: every word as the beginning of a word, any case, over titles and the fields a kit marks.
 * The index is lazy: writers only note which records changed (find_pending), and a search brings it
 * up to date first. Secrets never come near it. Terms are our own folded tokens in quotes, so that
 * nothing a person types is an operator.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

enum { TERMS_MAX = 32, FOUND_MAX = 1000 };

/* ---- the index ------------------------------------------------------------------------------- */

static enum status fold_into(struct ctx *cx, text t, struct buf *out)
{
    enum status status = STATUS_OK;

    if (out->len > 0) {
        TRY(buf_add_byte(cx, out, '\n'));
    }
    TRY(vault_fold(cx, t, out));
out:
    return status;
}

static enum status lines_into(struct ctx *cx, struct records *r, int64_t record, int64_t word,
                              struct buf *out)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct value v;
    bool row = false;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_LINES, &s));
    stmt_bind_int(s, 1, record);
    stmt_bind_int(s, 2, word);
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        if (value_decode(stmt_bytes(s, 0), &v) && v.kind == VALUE_TEXT) {
            TRY(fold_into(cx, v.s, out));
        }
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status words_of(struct ctx *cx, struct records *r, const struct table *t,
                            int64_t record, struct buf *title, struct buf *words, bool *ret_there)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_prepare(cx, r->vault, t->row_sql, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, &row));
    *ret_there = row && stmt_int(s, COLUMN_DELETED) == 0;
    for (size_t i = 0; *ret_there && i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[i];
        int column = (int)(COLUMN_FIELDS + i);
        if (!t->found[i] || stmt_is_null(s, column)) {
            continue;
        }
        if (f->kind == FIELD_LOG) {
            TRY(lines_into(cx, r, record, t->words[i], words));
            continue;
        }
        bool is_title = text_equal(f->name, t->type->title_field);
        TRY(fold_into(cx, stmt_text(s, column), is_title ? title : words));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status index_one(struct ctx *cx, struct records *r, const struct table *t,
                             int64_t record, struct buf *title, struct buf *words)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool there = false, indexed = false;

    buf_clear(title);
    buf_clear(words);
    TRY(words_of(cx, r, t, record, title, words, &there));
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_FIND_HAS, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, &indexed));
    stmt_reset(s);
    if (indexed) {
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_FIND_DROP, &s));
        stmt_bind_int(s, 1, record);
        TRY(stmt_run(cx, s));
    }
    if (there) {
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_FIND_ADD, &s));
        stmt_bind_int(s, 1, record);
        stmt_bind_text(s, 2, buf_text(title));
        stmt_bind_text(s, 3, buf_text(words));
        TRY(stmt_run(cx, s));
    }
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_FIND_DONE, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status next_pending(struct ctx *cx, struct records *r, int64_t after, bool *ret_row,
                                int64_t *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_FIND_NEXT, &s));
    stmt_bind_int(s, 1, after);
    TRY(stmt_step(cx, s, ret_row));
    *ret = *ret_row ? stmt_int(s, 0) : 0;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status index_pending(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    struct buf title, words;
    int64_t record = 0;
    bool row = false, begun = false;

    buf_init(&title, (size_t)4 * MIB);
    buf_init(&words, (size_t)64 * MIB);
    TRY(next_pending(cx, r, INT64_MIN, &row, &record));
    if (!row) {
        goto out;
    }
    TRY(vault_begin(cx, r->vault));
    begun = true;
    while (row) {
        const struct table *t = NULL;
        if (team_device_by_ix(r->team, OP_DEVICE(record)) != NULL) { /* else another team's */
            status = record_table(cx, r, record, &t);
            if (status == STATUS_OK) {
                TRY(index_one(cx, r, t, record, &title, &words));
            } else if (status != STATUS_NOT_FOUND) {
                goto out;
            }
            fault_clear(cx);
        }
        TRY(next_pending(cx, r, record, &row, &record));
    }
    begun = false;
    TRY(vault_commit(cx, r->vault));
out:
    if (begun) {
        vault_rollback(r->vault);
    }
    buf_finish(&title);
    buf_finish(&words);
    return status;
}

/* ---- the question ---------------------------------------------------------------------------- */

static bool is_token_byte(uint8_t c)
{
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "print"* "ro"* from a person's words; empty when there is no word among them. */
static enum status match_write(struct ctx *cx, text words, struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf folded;
    size_t terms = 0;

    buf_init(&folded, LINE_BYTES_MAX * 4);
    if (words.len > LINE_BYTES_MAX) {
        FAIL(cx, STATUS_LIMIT, "too many words");
    }
    TRY(vault_fold(cx, words, &folded));
    for (size_t i = 0; i < folded.len && terms < TERMS_MAX;) {
        size_t start = i;
        while (i < folded.len && is_token_byte(folded.ptr[i])) {
            i++;
        }
        if (i == start) {
            i++;
            continue;
        }
        TRY(buf_printf(cx, out, "%s\"%.*s*\"", terms == 0 ? "" : " ", (int)(i - start),
                       (const char *)folded.ptr + start));
        terms++;
    }
out:
    buf_finish(&folded);
    return status;
}

struct found {
    int64_t *records;
    size_t count, cap;
};

static bool found_has(const struct found *f, int64_t record, size_t among)
{
    for (size_t i = 0; i < among; i++) {
        if (f->records[i] == record) {
            return true;
        }
    }
    return false;
}

static enum status match_each(struct ctx *cx, struct records *r, enum stmt_id id, text match,
                              size_t limit, struct found *f)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    size_t before = f->count;
    bool row = false;

    TRY(stmt_use(cx, r->vault, id, &s));
    stmt_bind_text(s, 1, match);
    while (f->count < limit) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        int64_t record = stmt_int(s, 0);
        if (team_device_by_ix(r->team, OP_DEVICE(record)) != NULL &&
            !found_has(f, record, before)) {
            TRY(mem_grow(cx, (void **)&f->records, &f->cap, f->count + 1, sizeof(*f->records)));
            f->records[f->count++] = record;
        }
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status records_search(struct ctx *cx, struct records *r, text words, size_t limit,
                           enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                const struct record_type *type, text title),
                           void *self)
{
    enum status status = STATUS_OK;
    const struct table *t = NULL;
    struct found f = {0};
    struct buf match, title;

    buf_init(&match, 64 * KIB);
    buf_init(&title, 4 * MIB);
    limit = limit == 0 || limit > FOUND_MAX ? FOUND_MAX : limit;
    TRY(match_write(cx, words, &match));
    if (match.len == 0) {
        FAIL(cx, STATUS_USAGE, "there is no word to search for");
    }
    TRY(index_pending(cx, r));
    TRY(match_each(cx, r, STMT_RECORDS_FIND_TITLE, buf_text(&match), limit, &f));
    TRY(match_each(cx, r, STMT_RECORDS_FIND_MATCH, buf_text(&match), limit, &f));
    for (size_t i = 0; i < f.count; i++) {
        TRY(record_table(cx, r, f.records[i], &t));
        buf_clear(&title);
        TRY(title_write(cx, r, t, f.records[i], &title));
        TRY(visit(self, cx, f.records[i], t->type, buf_text(&title)));
    }
out:
    free(f.records);
    buf_finish(&match);
    buf_finish(&title);
    return status;
}

/* ---- a record by its title ------------------------------------------------------------------- */

static enum status refuse_several(struct ctx *cx, struct records *r, text words,
                                  const struct found *f)
{
    enum status status = STATUS_OK;
    struct buf list;

    buf_init(&list, FAULT_TEXT_MAX);
    for (size_t i = 0; i < f->count && i < 5; i++) {
        TRY(buf_add_text(cx, &list, i == 0 ? TEXT("") : TEXT(", ")));
        TRY(record_id_write(cx, r, f->records[i], &list));
    }
    (void)fault_set(cx, STATUS_AMBIGUOUS, __FILE__, __LINE__, "'%.*s' fits several records",
                    SHOW(words));
    status = fault_hint(cx, "give one of: %.*s%s", (int)list.len, (const char *)list.ptr,
                        f->count > 5 ? ", ..." : "");
out:
    buf_finish(&list);
    return status;
}

enum status find_by_title(struct ctx *cx, struct records *r, text words, int64_t *ret)
{
    enum status status = STATUS_OK;
    struct found f = {0};
    struct buf match;

    buf_init(&match, 64 * KIB);
    TRY(match_write(cx, words, &match));
    if (match.len > 0) {
        TRY(index_pending(cx, r));
        TRY(match_each(cx, r, STMT_RECORDS_FIND_TITLE, buf_text(&match), 6, &f));
    }
    if (f.count == 0) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no record is called '%.*s'",
                        SHOW(words));
        status = fault_hint(cx, "'find' searches all words; ids look like k7-12-3");
        goto out;
    }
    if (f.count > 1) {
        status = refuse_several(cx, r, words, &f);
        goto out;
    }
    *ret = f.records[0];
out:
    free(f.records);
    buf_finish(&match);
    return status;
}
