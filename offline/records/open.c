/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open: brings the tables to the schema in hand. Each wide table remembers the print of the type it
 * was made for; when a kit came, grew or changed its rules, the records of that type are computed
 * again from the operations kept, those that nobody understood until now included.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

struct team *records_team(struct records *r)
{
    return r->team;
}

const struct schema *records_schema(struct records *r)
{
    return r->schema;
}

struct log_sink records_sink(struct records *r)
{
    return (struct log_sink){.apply = records_apply, .changed = records_changed, .self = r};
}

void records_close(struct records **r)
{
    struct records *gone = *r;
    if (gone == NULL) {
        return;
    }
    team_drop_sink(gone->team, gone);
    rec_finish(&gone->rec);
    buf_finish(&gone->scratch);
    arena_finish(&gone->word_memory);
    free(gone->words);
    free(gone->standings);
    free(gone->tables);
    free(gone);
    *r = NULL;
}

static enum status tables_init(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    size_t count = 0;

    for (size_t k = 0; k < r->schema->kit_count; k++) {
        count += r->schema->kits[k]->type_count;
    }
    TRY(mem_new(cx, count + 1, sizeof(*r->tables), &memory));
    r->tables = memory;
    r->table_count = count;
    struct table *next = r->tables;
    for (size_t k = 0; k < r->schema->kit_count; k++) {
        const struct kit *kit = r->schema->kits[k];
        for (size_t i = 0; i < kit->type_count; i++) {
            TRY(table_init(cx, r, &kit->types[i], next++));
        }
    }
out:
    return status;
}

/* ---- computing again ------------------------------------------------------------------------- */

struct creates {
    int64_t *keys;
    size_t count, cap;
};

/* Records of marked tables on one device, at most `max`, after `after`. */
static enum status next_creates(struct ctx *cx, struct records *r, const bool *marked,
                                int64_t after, int64_t last, struct creates *c)
{
    enum { BATCH = 1024 };
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    c->count = 0;
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_CREATES, &s));
    stmt_bind_int(s, 1, after);
    stmt_bind_int(s, 2, last);
    while (c->count < BATCH) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        const struct table *t = table_by_word(r, stmt_int(s, 1));
        if (t != NULL && (marked == NULL || marked[t - r->tables])) {
            TRY(mem_grow(cx, (void **)&c->keys, &c->cap, c->count + 1, sizeof(*c->keys)));
            c->keys[c->count++] = stmt_int(s, 0);
        }
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status records_each(struct ctx *cx, struct records *r, const bool *marked, int64_t device_ix,
                         enum status (*visit)(void *self, struct ctx *cx, int64_t record),
                         void *self)
{
    enum status status = STATUS_OK;
    struct creates c = {0};
    int64_t after = OP_KEY(device_ix, 0, 0), last = OP_KEY(device_ix + 1, 0, 0) - 1;

    for (;;) {
        TRY(next_creates(cx, r, marked, after, last, &c));
        if (c.count == 0) {
            break;
        }
        for (size_t i = 0; i < c.count; i++) {
            TRY(visit(self, cx, c.keys[i]));
        }
        after = c.keys[c.count - 1] + 1;
    }
out:
    free(c.keys);
    return status;
}

static enum status recompute_one(void *self, struct ctx *cx, int64_t record)
{
    enum status status = STATUS_OK;
    struct records *r = self;

    TRY(rec_load(cx, &r->rec, record, true));
    TRY(rec_judge(cx, &r->rec));
    TRY(rec_store(cx, &r->rec));
out:
    return status;
}

enum status records_recompute(struct ctx *cx, struct records *r, const bool *marked)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < team_device_count(r->team); i++) {
        TRY(records_each(cx, r, marked, team_device_at(r->team, i)->ix, recompute_one, r));
    }
out:
    return status;
}

/* ---- what changed since the tables were made ------------------------------------------------- */

static enum status print_changed(struct ctx *cx, struct records *r, const struct table *t,
                                 bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct id print;
    bool row = false;

    TRY(table_print(cx, t, &print));
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_TYPE_PRINT, &s));
    stmt_bind_int(s, 1, team_key(r->team));
    stmt_bind_int(s, 2, t->word);
    TRY(stmt_step(cx, s, &row));
    *ret = !row || !bytes_equal(stmt_bytes(s, 0), BYTES_OF(print.b));
    stmt_reset(s);
    if (*ret) {
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_TYPE_PUT, &s));
        stmt_bind_int(s, 1, team_key(r->team));
        stmt_bind_int(s, 2, t->word);
        stmt_bind_bytes(s, 3, BYTES_OF(print.b));
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

static enum status person_row(struct ctx *cx, struct records *r, const struct team_member *m,
                              bool *ret_renamed)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false, same = false;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_PERSON_GET, &s));
    stmt_bind_int(s, 1, team_key(r->team));
    stmt_bind_bytes(s, 2, BYTES_OF(m->id.b));
    TRY(stmt_step(cx, s, &row));
    if (row) {
        same = text_equal(stmt_text(s, 0), m->name);
        *ret_renamed |= !same;
    }
    stmt_reset(s);
    if (!same) {
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_PERSON_PUT, &s));
        stmt_bind_int(s, 1, team_key(r->team));
        stmt_bind_bytes(s, 2, BYTES_OF(m->id.b));
        stmt_bind_text(s, 3, m->name);
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

/* Types no kit here knows any more: what arrives for them meanwhile is not understood, so they are
 * computed again when their kit comes back. */
static enum status forget_unknown(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    int64_t word = 0;
    bool row = false;

    for (;;) {
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_TYPE_NEXT, &s));
        stmt_bind_int(s, 1, team_key(r->team));
        stmt_bind_int(s, 2, word);
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        word = stmt_int(s, 0);
        stmt_reset(s);
        if (table_by_word(r, word) == NULL) {
            TRY(stmt_use(cx, r->vault, STMT_RECORDS_TYPE_DROP, &s));
            stmt_bind_int(s, 1, team_key(r->team));
            stmt_bind_int(s, 2, word);
            TRY(stmt_run(cx, s));
        }
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status find_changes(struct ctx *cx, struct records *r, bool *marked, bool *ret_any)
{
    enum status status = STATUS_OK;
    bool renamed = false;

    *ret_any = false;
    for (size_t i = 0; i < team_member_count(r->team); i++) {
        TRY(person_row(cx, r, team_member_at(r->team, i), &renamed));
    }
    for (size_t i = 0; i < r->table_count; i++) {
        TRY(print_changed(cx, r, &r->tables[i], &marked[i]));
        if (marked[i]) {
            TRY(table_ensure(cx, r, &r->tables[i]));
        }
        marked[i] |= renamed;
        *ret_any |= marked[i];
    }
out:
    return status;
}

static enum status bring_up(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    bool *marked = NULL;
    bool any = false;

    TRY(tables_init(cx, r));
    TRY(forget_unknown(cx, r));
    TRY(mem_new(cx, r->table_count + 1, sizeof(*marked), &memory));
    marked = memory;
    TRY(find_changes(cx, r, marked, &any));
    if (any) {
        TRY(records_recompute(cx, r, marked));
    }
out:
    free(marked);
    return status;
}

enum status records_open(struct ctx *cx, struct team *t, const struct schema *s,
                         struct records **ret)
{
    enum status status = STATUS_OK;
    struct records *r = NULL;
    void *memory = NULL;
    bool begun = false;

    TRY(mem_new(cx, 1, sizeof(*r), &memory));
    r = memory;
    r->team = t;
    r->vault = team_vault(t);
    r->schema = s;
    r->rec.r = r;
    r->strays = true; /* until they were looked for once */
    buf_init(&r->scratch, 2 * DOC_BYTES_MAX);
    TRY(vault_begin(cx, r->vault));
    begun = true;
    TRY(bring_up(cx, r));
    begun = false;
    TRY(vault_commit(cx, r->vault));
    struct log_sink sink = records_sink(r); /* for what this device decides itself */
    team_set_sink(t, &sink);
    *ret = r;
    r = NULL;
out:
    if (begun) {
        vault_rollback(r->vault);
    }
    records_close(&r);
    return status;
}
