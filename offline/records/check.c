/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: the tables against the log. SQLCipher does not notice an old page or file put back; the
 * log does, because its entries are chained and signed. So everything is built anew from the log
 * beside what is there, inside one transaction, and compared row by row; a repair keeps the new.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

#define SHOW(t)  (int)(t).len, (t).ptr
#define ADD(...) TRY(buf_printf(cx, &c->sql, __VA_ARGS__))

enum { NAMED_MAX = 5 };

struct checking {
    struct records *r;
    struct buf sql;
    int64_t named[NAMED_MAX]; /* records that differ */
    size_t named_count, differences;
};

static enum status run(struct ctx *cx, struct checking *c)
{
    enum status status = STATUS_OK;
    const char *line = NULL;

    TRY(buf_cstr(cx, &c->sql, &line));
    TRY(vault_execute(cx, c->r->vault, line));
    buf_clear(&c->sql);
out:
    return status;
}

/* The schema's own text for the op table and its index. */
static enum status create_op(struct ctx *cx, struct checking *c, const char *what)
{
    static const char *const schema[] = {
#define X(sql) sql,
#include "schema-records.def"
#undef X
    };
    enum status status = STATUS_OK;

    for (size_t i = 0; i < sizeof(schema) / sizeof(schema[0]); i++) {
        if (strncmp(schema[i], what, strlen(what)) == 0) {
            ADD("%s", schema[i]);
            TRY(run(cx, c));
        }
    }
out:
    return status;
}

static enum status set_aside(struct ctx *cx, struct checking *c)
{
    enum status status = STATUS_OK;
    struct records *r = c->r;
    bool exists = false;

    ADD("DROP INDEX IF EXISTS op_record");
    TRY(run(cx, c));
    ADD("ALTER TABLE op RENAME TO op_kept");
    TRY(run(cx, c));
    TRY(create_op(cx, c, "CREATE TABLE op "));
    TRY(create_op(cx, c, "CREATE INDEX op_record"));
    for (size_t i = 0; i < r->table_count; i++) {
        const struct table *t = &r->tables[i];
        TRY(table_exists(cx, r, t->name, &exists));
        if (!exists) {
            TRY(table_create(cx, r, t)); /* somebody dropped it: an empty one to compare with */
        }
        TRY(table_drop_indexes(cx, r, t));
        ADD("ALTER TABLE %s RENAME TO %s__kept", t->name, t->name);
        TRY(run(cx, c));
        TRY(table_create(cx, r, t));
    }
out:
    return status;
}

static void name_record(struct checking *c, int64_t record)
{
    c->differences++;
    for (size_t i = 0; i < c->named_count; i++) {
        if (c->named[i] == record) {
            c->differences--;
            return;
        }
    }
    if (c->named_count < NAMED_MAX) {
        c->named[c->named_count++] = record;
    }
}

/* The query in c->sql gives records that differ. */
static enum status take_differences(struct ctx *cx, struct checking *c)
{
    enum status status = STATUS_OK;
    const char *line = NULL;
    struct stmt *s = NULL;
    bool row = false;

    TRY(buf_cstr(cx, &c->sql, &line));
    TRY(stmt_prepare(cx, c->r->vault, line, &s));
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        name_record(c, stmt_int(s, 0));
    }
    buf_clear(&c->sql);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status compare_ops(struct ctx *cx, struct checking *c)
{
    static const char *const columns[] = {"record",   "verb", "field", "lamport", "time",
                                          "standing", "fate", "base",  "value"};
    enum status status = STATUS_OK;

    ADD("SELECT a.record FROM op a LEFT JOIN op_kept b ON b.key = a.key WHERE b.key IS NULL");
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        ADD(" OR a.%s IS NOT b.%s", columns[i], columns[i]);
    }
    TRY(take_differences(cx, c));
    for (size_t i = 0; i < team_device_count(c->r->team); i++) {
        int64_t ix = team_device_at(c->r->team, i)->ix;
        ADD("SELECT b.record FROM op_kept b LEFT JOIN op a ON a.key = b.key WHERE a.key IS NULL"
            " AND b.key BETWEEN %lld AND %lld",
            (long long)OP_KEY(ix, 0, 0), (long long)(OP_KEY(ix + 1, 0, 0) - 1));
        TRY(take_differences(cx, c));
    }
out:
    return status;
}

static enum status compare_table(struct ctx *cx, struct checking *c, const struct table *t)
{
    static const char *const columns[] = {"_created",   "_changed", "_by", "_deleted",
                                          "_conflicts", "_lamport", "_in"};
    enum status status = STATUS_OK;

    ADD("SELECT a._id FROM %s a LEFT JOIN %s__kept b ON b._id = a._id WHERE b._id IS NULL", t->name,
        t->name);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        ADD(" OR a.%s IS NOT b.%s", columns[i], columns[i]);
    }
    for (size_t i = 0; i < t->type->field_count; i++) {
        text name = t->type->fields[i].name;
        ADD(" OR a.\"%.*s\" IS NOT b.\"%.*s\"", SHOW(name), SHOW(name));
    }
    TRY(take_differences(cx, c));
    ADD("SELECT b._id FROM %s__kept b LEFT JOIN %s a ON a._id = b._id WHERE a._id IS NULL", t->name,
        t->name);
    TRY(take_differences(cx, c));
out:
    return status;
}

/* What belongs to other teams of the vault stays; the rest is replaced, and indexed again. */
static enum status keep_rebuilt(struct ctx *cx, struct checking *c)
{
    enum status status = STATUS_OK;
    struct records *r = c->r;

    for (size_t i = 0; i < team_device_count(r->team); i++) {
        int64_t ix = team_device_at(r->team, i)->ix;
        long long low = OP_KEY(ix, 0, 0), high = OP_KEY(ix + 1, 0, 0) - 1;
        ADD("DELETE FROM op_kept WHERE key BETWEEN %lld AND %lld", low, high);
        TRY(run(cx, c));
        ADD("DELETE FROM record_find WHERE docid BETWEEN %lld AND %lld", low, high);
        TRY(run(cx, c));
    }
    ADD("INSERT INTO op_kept SELECT * FROM op");
    TRY(run(cx, c));
    ADD("DROP TABLE op");
    TRY(run(cx, c));
    ADD("ALTER TABLE op_kept RENAME TO op");
    TRY(run(cx, c));
    TRY(create_op(cx, c, "CREATE INDEX op_record"));
    for (size_t i = 0; i < r->table_count; i++) {
        ADD("DROP TABLE %s__kept", r->tables[i].name);
        TRY(run(cx, c));
    }
out:
    return status;
}

static enum status refuse_tables(struct ctx *cx, struct checking *c, bool repaired)
{
    enum status status = STATUS_OK;
    struct buf list;

    buf_init(&list, FAULT_TEXT_MAX);
    for (size_t i = 0; i < c->named_count; i++) {
        TRY(buf_add_text(cx, &list, i == 0 ? TEXT("") : TEXT(", ")));
        if (c->named[i] == 0) {
            TRY(buf_add_text(cx, &list, TEXT("one without a record")));
        } else {
            TRY(record_id_write(cx, c->r, c->named[i], &list));
        }
    }
    (void)fault_set(cx, STATUS_INTEGRITY, __FILE__, __LINE__, "records differ from the log: %.*s%s",
                    (int)list.len, (const char *)list.ptr,
                    c->differences > c->named_count ? " and more" : "");
    status = repaired ? fault_hint(cx, "they were built again from the log; somebody may have put"
                                       " an old file back")
                      : fault_hint(cx, "'repair' builds them again from the log");
out:
    buf_finish(&list);
    return status;
}

static enum status rebuild_and_compare(struct ctx *cx, struct checking *c)
{
    enum status status = STATUS_OK;
    struct log_sink sink = records_sink(c->r);

    TRY(set_aside(cx, c));
    c->r->strays = true;
    c->r->devices_known = 0;
    TRY(log_replay(cx, c->r->team, &sink));
    TRY(voids_replay(cx, c->r));
    TRY(compare_ops(cx, c));
    for (size_t i = 0; i < c->r->table_count; i++) {
        TRY(compare_table(cx, c, &c->r->tables[i]));
    }
out:
    return status;
}

enum status records_check(struct ctx *cx, struct records *r, bool repair)
{
    enum status status = STATUS_OK;
    struct checking c = {.r = r};
    bool begun = false;

    buf_init(&c.sql, 64 * KIB);
    TRY(vault_begin(cx, r->vault));
    begun = true;
    TRY(rebuild_and_compare(cx, &c));
    if (c.differences > 0 && repair) {
        TRY(keep_rebuilt(cx, &c));
        begun = false;
        TRY(vault_commit(cx, r->vault));
    }
    if (c.differences > 0) {
        status = refuse_tables(cx, &c, repair);
    }
out:
    if (begun) {
        vault_rollback(r->vault);
    }
    buf_finish(&c.sql);
    return status;
}
