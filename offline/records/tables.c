/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables: one wide table for each record type of the team, made from the type's checked names: a
 * column for every field in plain form, which lists, views and conditions read. Secrets never stand
 * in it: their column says 1 when there is one. Fields are added or retired, never retyped.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

enum { SQL_MAX = 64 * 1024 };

const struct table *table_by_word(const struct records *r, int64_t word)
{
    for (size_t i = 0; i < r->table_count; i++) {
        if (r->tables[i].word == word) {
            return &r->tables[i];
        }
    }
    return NULL;
}

const struct table *table_by_name(const struct records *r, text type_name)
{
    for (size_t i = 0; i < r->table_count; i++) {
        if (text_equal(r->tables[i].type_name, type_name)) {
            return &r->tables[i];
        }
    }
    return NULL;
}

const struct table *table_of_type(const struct records *r, const struct record_type *type)
{
    for (size_t i = 0; i < r->table_count; i++) {
        if (r->tables[i].type == type) {
            return &r->tables[i];
        }
    }
    return NULL;
}

size_t table_field_index(const struct table *t, const struct field *f)
{
    MUST(f >= t->type->fields && f < t->type->fields + t->type->field_count);
    return (size_t)(f - t->type->fields);
}

size_t table_field_by_word(const struct table *t, int64_t word)
{
    for (size_t i = 0; i < t->type->field_count; i++) {
        if (t->words[i] == word) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t table_field_by_name(const struct table *t, text name)
{
    for (size_t i = 0; i < t->type->field_count; i++) {
        if (text_equal(t->type->fields[i].name, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* ---- SQL from checked names ------------------------------------------------------------------ */

static enum status name_check(struct ctx *cx, text name)
{
    bool good = name.len > 0 && name.len <= 31;

    for (size_t i = 0; i < name.len && good; i++) {
        char c = name.ptr[i];
        good = (c >= 'a' && c <= 'z') || (i > 0 && ((c >= '0' && c <= '9') || c == '_'));
    }
    return good ? STATUS_OK
                : fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                            "'%.*s' cannot be a column or table", (int)name.len, name.ptr);
}

static enum status keep_sql(struct ctx *cx, struct records *r, struct buf *sql, const char **ret)
{
    enum status status = STATUS_OK;
    bytes kept = {0};

    TRY(buf_add_byte(cx, sql, 0));
    TRY(arena_copy(cx, &r->word_memory, buf_view(sql), &kept));
    *ret = (const char *)kept.ptr;
    buf_clear(sql);
out:
    return status;
}

#define ADD(...) TRY(buf_printf(cx, sql, __VA_ARGS__))

static enum status fields_sql(struct ctx *cx, const struct table *t, struct buf *sql,
                              const char *before)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < t->type->field_count; i++) {
        text name = t->type->fields[i].name;
        ADD("%s\"%.*s\"", before, (int)name.len, name.ptr);
    }
out:
    return status;
}

static enum status row_statements(struct ctx *cx, struct records *r, struct table *t,
                                  struct buf *sql)
{
    enum status status = STATUS_OK;
    static const char meta[] = "_id, _created, _changed, _by, _deleted, _conflicts, _lamport, _in";

    ADD("INSERT OR REPLACE INTO %s (%s", t->name, meta);
    TRY(fields_sql(cx, t, sql, ", "));
    ADD(") VALUES (?1");
    for (size_t i = 2; i <= COLUMN_FIELDS + t->type->field_count; i++) {
        ADD(", ?%zu", i);
    }
    ADD(")");
    TRY(keep_sql(cx, r, sql, &t->put_sql));
    ADD("SELECT %s", meta);
    TRY(fields_sql(cx, t, sql, ", "));
    ADD(" FROM %s WHERE _id = ?1", t->name);
    TRY(keep_sql(cx, r, sql, &t->row_sql));
    ADD("SELECT _lamport, _deleted, _in FROM %s WHERE _id = ?1", t->name);
    TRY(keep_sql(cx, r, sql, &t->tip_sql));
    ADD("DELETE FROM %s WHERE _id = ?1", t->name);
    TRY(keep_sql(cx, r, sql, &t->drop_sql));
out:
    return status;
}

static enum status field_statements(struct ctx *cx, struct records *r, struct table *t,
                                    struct buf *sql)
{
    enum status status = STATUS_OK;
    uint8_t *memory = NULL;
    size_t count = t->type->field_count;

    TRY(arena_take(cx, &r->word_memory, 2 * count * sizeof(const char *), &memory));
    t->set_sql = (const char **)(void *)memory;
    t->count_sql = t->set_sql + count;
    for (size_t i = 0; i < count; i++) {
        text n = t->type->fields[i].name;
        ADD("UPDATE %s SET \"%.*s\" = ?2, _changed = ?3, _lamport = ?4 WHERE _id = ?1", t->name,
            (int)n.len, n.ptr);
        TRY(keep_sql(cx, r, sql, &t->set_sql[i]));
        /* the bound keeps the engine from turning a sum that is too large into a float */
        ADD("UPDATE %s SET \"%.*s\" = ifnull(\"%.*s\", 0) + ?2, _changed = ?3, _lamport = ?4"
            " WHERE _id = ?1 AND ifnull(\"%.*s\", 0) BETWEEN -4611686018427387904 AND"
            " 4611686018427387903",
            t->name, (int)n.len, n.ptr, (int)n.len, n.ptr, (int)n.len, n.ptr);
        TRY(keep_sql(cx, r, sql, &t->count_sql[i]));
    }
out:
    return status;
}

/* Fields in the order of their names, by insertion: a type has few. */
static void sort_fields(struct table *t)
{
    for (size_t i = 0; i < t->type->field_count; i++) {
        text name = t->type->fields[i].name;
        size_t at = i;
        while (at > 0) {
            text before = t->type->fields[t->order[at - 1]].name;
            if (bytes_compare(BYTES(before.ptr, before.len), BYTES(name.ptr, name.len)) < 0) {
                break;
            }
            t->order[at] = t->order[at - 1];
            at--;
        }
        t->order[at] = (uint32_t)i;
    }
}

static enum status table_names(struct ctx *cx, struct records *r, struct table *t, struct buf *sql)
{
    enum status status = STATUS_OK;
    const struct record_type *type = t->type;
    bytes kept = {0};

    TRY(name_check(cx, type->kit));
    TRY(name_check(cx, type->name));
    TRY(type_name_write(cx, type, sql));
    TRY(arena_copy(cx, &r->word_memory, buf_view(sql), &kept));
    t->type_name = (text){.ptr = (const char *)kept.ptr, .len = kept.len};
    buf_clear(sql);
    TRY(word_keep(cx, r, t->type_name, &t->word));
    ADD("t%lld_%.*s_%.*s", (long long)team_key(r->team), (int)type->kit.len, type->kit.ptr,
        (int)type->name.len, type->name.ptr);
    TRY(keep_sql(cx, r, sql, &t->name));
    for (size_t i = 0; i < type->field_count; i++) {
        TRY(name_check(cx, type->fields[i].name));
        TRY(word_keep(cx, r, type->fields[i].name, &t->words[i]));
        t->found[i] = type->fields[i].kind != FIELD_SECRET &&
                      (type->fields[i].find || text_equal(type->fields[i].name, type->title_field));
        t->finds |= t->found[i];
    }
out:
    return status;
}

enum status table_init(struct ctx *cx, struct records *r, const struct record_type *type,
                       struct table *ret)
{
    enum status status = STATUS_OK;
    struct buf buffer, *sql = &buffer;

    buf_init(sql, SQL_MAX);
    *ret = (struct table){.type = type};
    if (type->field_count > FIELDS_PER_TYPE_MAX) {
        FAIL(cx, STATUS_LIMIT, "type '%.*s' has more than %u fields", (int)type->name.len,
             type->name.ptr, FIELDS_PER_TYPE_MAX);
    }
    TRY(table_names(cx, r, ret, sql));
    for (size_t i = 0; i < r->table_count; i++) {
        if (r->tables[i].name != NULL && &r->tables[i] != ret &&
            strcmp(r->tables[i].name, ret->name) == 0) {
            FAIL(cx, STATUS_EXISTS, "two types would share the table '%s'", ret->name);
        }
    }
    sort_fields(ret);
    ret->state = type_state_field(type);
    ret->state_index = ret->state == NULL ? SIZE_MAX : table_field_index(ret, ret->state);
    TRY(row_statements(cx, r, ret, sql));
    TRY(field_statements(cx, r, ret, sql));
out:
    buf_finish(sql);
    return status;
}

/* ---- making and extending -------------------------------------------------------------------- */

static const char *column_type(const struct field *f)
{
    switch (f->kind) {
    case FIELD_NUM:
    case FIELD_FLAG:
    case FIELD_LOG:
    case FIELD_SECRET:
        return "INTEGER";
    case FIELD_LINE:
    case FIELD_DOC:
    case FIELD_WHEN:
    case FIELD_CHOICE:
    case FIELD_STATE:
    case FIELD_TAGS:
    case FIELD_WHO:
    case FIELD_EXT:
        break;
    }
    return "TEXT";
}

static bool column_is_long(const struct field *f)
{
    return f->kind == FIELD_DOC || f->kind == FIELD_EXT;
}

static enum status execute(struct ctx *cx, struct records *r, struct buf *sql)
{
    enum status status = STATUS_OK;
    const char *line = NULL;

    TRY(buf_cstr(cx, sql, &line));
    TRY(vault_execute(cx, r->vault, line));
    buf_clear(sql);
out:
    return status;
}

static bool column_is_short(const struct field *f)
{
    return f->kind == FIELD_NUM || f->kind == FIELD_FLAG || f->kind == FIELD_WHEN ||
           f->kind == FIELD_CHOICE || f->kind == FIELD_STATE || f->kind == FIELD_WHO;
}

/* What views choose and order by, in one index: a listing of 100,000 records then decrypts a tenth
 * of the pages. Plain columns only: SQLite writes an index over expressions at every update. */
static enum status create_short_index(struct ctx *cx, struct records *r, const struct table *t,
                                      struct buf *sql)
{
    enum status status = STATUS_OK;

    ADD("DROP INDEX IF EXISTS %s__short", t->name); /* the fields may be others now */
    TRY(execute(cx, r, sql));
    ADD("CREATE INDEX %s__short ON %s (_deleted", t->name, t->name);
    for (size_t i = 0; i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[i];
        if (column_is_short(f)) {
            ADD(", \"%.*s\"", (int)f->name.len, f->name.ptr);
        }
    }
    ADD(", _created)");
    TRY(execute(cx, r, sql));
out:
    return status;
}

static enum status create_indexes(struct ctx *cx, struct records *r, const struct table *t,
                                  struct buf *sql)
{
    enum status status = STATUS_OK;

    ADD("CREATE INDEX IF NOT EXISTS %s__created ON %s (_created)", t->name, t->name);
    TRY(execute(cx, r, sql));
    ADD("CREATE INDEX IF NOT EXISTS %s__conflicts ON %s (_conflicts) WHERE _conflicts > 0", t->name,
        t->name);
    TRY(execute(cx, r, sql));
    TRY(create_short_index(cx, r, t, sql));
    for (size_t i = 0; i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[i];
        if (f->index && f->kind != FIELD_SECRET && !column_is_long(f)) {
            ADD("CREATE INDEX IF NOT EXISTS %s_%.*s ON %s (\"%.*s\"%s)", t->name, (int)f->name.len,
                f->name.ptr, t->name, (int)f->name.len, f->name.ptr,
                f->kind == FIELD_LINE ? " COLLATE NOCASE" : ""); /* as lists are ordered */
            TRY(execute(cx, r, sql));
        }
    }
out:
    return status;
}

enum status table_create(struct ctx *cx, struct records *r, const struct table *t)
{
    enum status status = STATUS_OK;
    struct buf buffer, *sql = &buffer;

    buf_init(sql, SQL_MAX);
    /* No NOT NULL: a statement that can fail half way takes a savepoint, and SQLCipher encrypts
     * every page that goes into one, which took half of the time of a merge. */
    ADD("CREATE TABLE %s (_id INTEGER PRIMARY KEY, _created INTEGER, _changed INTEGER, _by TEXT,"
        " _deleted INTEGER, _conflicts INTEGER, _lamport INTEGER, _in INTEGER",
        t->name);
    /* long columns last, so that a scan over the others does not read them */
    for (int longs = 0; longs < 2; longs++) {
        for (size_t i = 0; i < t->type->field_count; i++) {
            const struct field *f = &t->type->fields[i];
            if (column_is_long(f) == (longs == 1)) {
                ADD(", \"%.*s\" %s", (int)f->name.len, f->name.ptr, column_type(f));
            }
        }
    }
    ADD(")");
    TRY(execute(cx, r, sql));
    TRY(create_indexes(cx, r, t, sql));
out:
    buf_finish(sql);
    return status;
}

enum status table_drop_indexes(struct ctx *cx, struct records *r, const struct table *t)
{
    enum status status = STATUS_OK;
    struct buf buffer, *sql = &buffer;

    buf_init(sql, SQL_MAX);
    ADD("DROP INDEX IF EXISTS %s__created", t->name);
    TRY(execute(cx, r, sql));
    ADD("DROP INDEX IF EXISTS %s__conflicts", t->name);
    TRY(execute(cx, r, sql));
    ADD("DROP INDEX IF EXISTS %s__short", t->name);
    TRY(execute(cx, r, sql));
    for (size_t i = 0; i < t->type->field_count; i++) {
        text name = t->type->fields[i].name;
        ADD("DROP INDEX IF EXISTS %s_%.*s", t->name, (int)name.len, name.ptr);
        TRY(execute(cx, r, sql));
    }
out:
    buf_finish(sql);
    return status;
}

static enum status add_columns(struct ctx *cx, struct records *r, const struct table *t,
                               struct buf *sql)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    const char *line = NULL;
    bool has[FIELDS_PER_TYPE_MAX] = {false};

    ADD("SELECT * FROM %s LIMIT 0", t->name);
    TRY(buf_cstr(cx, sql, &line));
    TRY(stmt_prepare(cx, r->vault, line, &s));
    for (int c = 0; c < stmt_columns(s); c++) {
        size_t at = table_field_by_name(t, text_of(stmt_column_name(s, c)));
        if (at != SIZE_MAX) {
            has[at] = true;
        }
    }
    stmt_reset(s);
    buf_clear(sql);
    for (size_t i = 0; i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[i];
        if (!has[i]) {
            ADD("ALTER TABLE %s ADD COLUMN \"%.*s\" %s", t->name, (int)f->name.len, f->name.ptr,
                column_type(f));
            TRY(execute(cx, r, sql));
        }
    }
out:
    return status;
}

enum status table_exists(struct ctx *cx, struct records *r, const char *name, bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_TABLE_EXISTS, &s));
    stmt_bind_text(s, 1, text_of(name));
    TRY(stmt_step(cx, s, ret));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status table_ensure(struct ctx *cx, struct records *r, const struct table *t)
{
    enum status status = STATUS_OK;
    struct buf buffer, *sql = &buffer;
    bool exists = false;

    buf_init(sql, SQL_MAX);
    TRY(table_exists(cx, r, t->name, &exists));
    if (!exists) {
        TRY(table_create(cx, r, t));
        goto out;
    }
    TRY(add_columns(cx, r, t, sql));
    TRY(create_indexes(cx, r, t, sql));
out:
    buf_finish(sql);
    return status;
}

/* ---- the print ------------------------------------------------------------------------------- */

static void put_texts(struct wire_writer *w, const text *list, size_t count)
{
    wire_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_text(w, list[i]);
    }
}

static void put_field(struct wire_writer *w, const struct field *f)
{
    wire_put_text(w, f->name);
    wire_put_uint(w, (uint64_t)f->kind);
    wire_put_uint(w, (uint64_t)f->merge);
    wire_put_bool(w, f->required);
    wire_put_bool(w, f->index);
    wire_put_bool(w, f->find);
    wire_put_bool(w, f->retired);
    wire_put_uint(w, f->scale);
    wire_put_uint(w, (uint64_t)f->when);
    wire_put_text(w, f->secret_use);
    put_texts(w, f->choices, f->choice_count);
    put_texts(w, f->precedence, f->precedence_count);
}

static enum status put_transition(struct ctx *cx, struct wire_writer *w, struct buf *out,
                                  const struct transition *tr)
{
    wire_put_text(w, tr->name);
    wire_put_text(w, tr->to);
    put_texts(w, tr->from, tr->from_count);
    put_texts(w, tr->roles, tr->role_count);
    wire_put_bool(w, tr->not_self);
    if (tr->guard == NULL || w->status != STATUS_OK) {
        wire_put_null(w);
        return w->status;
    }
    return l0_encode(cx, tr->guard, out);
}

enum status table_print(struct ctx *cx, const struct table *t, struct id *ret)
{
    enum { PRINT_VERSION = 2 }; /* another one makes every table be computed again */
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct buf out;

    buf_init(&out, MIB);
    wire_writer_init(&w, cx, &out);
    wire_put_uint(&w, PRINT_VERSION);
    wire_put_text(&w, t->type_name);
    wire_put_text(&w, t->type->title_field);
    for (size_t i = 0; i < t->type->field_count; i++) {
        put_field(&w, &t->type->fields[i]);
    }
    for (size_t i = 0; i < t->type->transition_count; i++) {
        TRY(put_transition(cx, &w, &out, &t->type->transitions[i]));
    }
    TRY(wire_writer_done(&w));
    hash_domain("valise/records/type", buf_view(&out), (bytes){0}, ret);
out:
    buf_finish(&out);
    return status;
}
