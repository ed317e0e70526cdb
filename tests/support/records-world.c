/* SPDX-License-Identifier: Apache-2.0 */
/* See records-world.h. Everything here fails the test when a room fails. */
#include "records-world.h"

void desk_replay(struct desk *d)
{
    struct log_sink sink = records_sink(d->records);
    check_ok(d->cx, vault_begin(d->cx, d->peer->vault));
    check_ok(d->cx, log_replay(d->cx, d->peer->team, &sink));
    check_ok(d->cx, vault_commit(d->cx, d->peer->vault));
}

void desk_watch(struct desk *d)
{
    const struct log_sink sink = records_sink(d->records);
    team_set_sink(d->peer->team, &sink);
}

void desk_open(struct desk *d, struct peer *p, const struct schema *s)
{
    *d = (struct desk){.peer = p, .cx = &p->cx};
    check_ok(d->cx, records_open(d->cx, p->team, s, &d->records));
    desk_watch(d);
    desk_replay(d);
}

void desk_close(struct desk *d)
{
    records_close(&d->records);
}

void desk_reopen(struct desk *d, const struct schema *s)
{
    records_close(&d->records);
    peer_close(d->peer);
    peer_open(d->peer);
    check_ok(d->cx, records_open(d->cx, d->peer->team, s, &d->records));
    desk_watch(d);
}

enum status desk_admit(struct desk *d, bytes content, struct admission_counts *ret)
{
    struct log_sink sink = records_sink(d->records);
    check_ok(d->cx, vault_begin(d->cx, d->peer->vault));
    enum status status = admission_take_content(d->cx, d->peer->team, &sink, content, ret);
    if (status != STATUS_OK) {
        vault_rollback(d->peer->vault);
        return status;
    }
    check_ok(d->cx, vault_commit(d->cx, d->peer->vault));
    return STATUS_OK;
}

void desk_pass(struct desk *from, struct desk *to)
{
    struct admission_counts counts;
    struct buf frontier, content;

    buf_init(&frontier, 1 << 20);
    buf_init(&content, TEAM_STREAM_MAX);
    peer_frontier(to->peer, &frontier);
    peer_export(from->peer, buf_view(&frontier), &content);
    check_ok(to->cx, desk_admit(to, buf_view(&content), &counts));
    buf_finish(&content);
    buf_finish(&frontier);
}

int64_t desk_force(struct desk *d, const struct op_form *form)
{
    struct entry_info info;
    int64_t key = 0;
    struct buf op;

    buf_init(&op, BODY_PLAIN_MAX);
    check_ok(d->cx, op_encode(d->cx, form, &op));
    check_ok(d->cx, vault_begin(d->cx, d->peer->vault));
    /* the team room is told something harmless: it looks at the role, not into the operation */
    const struct log_target to = {
        .verb = VERB_SET, .type = TEXT("lab.sample"), .field = TEXT("note")};
    check_ok(d->cx, log_append(d->cx, d->peer->team, &to, buf_view(&op), &info, &key));
    check_ok(d->cx, log_seal(d->cx, d->peer->team));
    check_ok(d->cx, vault_commit(d->cx, d->peer->vault));
    desk_replay(d);
    buf_finish(&op);
    return key;
}

/* ---- short ways to the door ------------------------------------------------------------------ */

int64_t desk_same(struct desk *from, int64_t record, struct desk *to)
{
    const struct record_type *type = NULL;
    int64_t same = 0;
    struct buf id;

    buf_init(&id, KIB);
    check_ok(from->cx, record_id_write(from->cx, from->records, record, &id));
    check_ok(to->cx, record_find_id(to->cx, to->records, buf_text(&id), &same, &type));
    buf_finish(&id);
    return same;
}

static const char *show(struct desk *d, int64_t record, enum sample_field field, bool reveal)
{
    static char texts[8][4096];
    static unsigned next;
    char *shown = texts[next++ % 8];
    bool empty = false;
    struct buf out;

    buf_init(&out, MIB);
    check_ok(d->cx, record_field_text(d->cx, d->records, record, &sample_fields[field], reveal,
                                      &out, &empty));
    assert_true(out.len < sizeof texts[0]);
    assert_true(empty == (out.len == 0) || field == S_TALK);
    snprintf(shown, sizeof texts[0], "%.*s", (int)out.len, (const char *)out.ptr);
    buf_finish(&out);
    return shown;
}

const char *desk_show(struct desk *d, int64_t record, enum sample_field field)
{
    return show(d, record, field, false);
}

const char *desk_secret(struct desk *d, int64_t record, enum sample_field field)
{
    return show(d, record, field, true);
}

int64_t desk_create(struct desk *d, const char *title)
{
    const struct assignment a = {.field = &sample_fields[S_TITLE], .value = text_of(title)};
    int64_t record = 0;
    check_ok(d->cx, record_create(d->cx, d->records, &sample_types[0], NULL, &a, 1, &record));
    return record;
}

enum status desk_try(struct desk *d, int64_t record, enum sample_field field, const char *value)
{
    const struct assignment a = {.field = &sample_fields[field], .value = text_of(value)};
    return record_set(d->cx, d->records, record, &a, 1);
}

void desk_set(struct desk *d, int64_t record, enum sample_field field, const char *value)
{
    check_ok(d->cx, desk_try(d, record, field, value));
}

size_t desk_conflicts(struct desk *d, int64_t record)
{
    struct record_info info;
    check_ok(d->cx, record_info_get(d->cx, d->records, record, &info));
    return info.conflicts;
}

struct id desk_hash(struct desk *d)
{
    struct id hash;
    check_ok(d->cx, records_state_hash(d->cx, d->records, &hash));
    return hash;
}

/* ---- the dump -------------------------------------------------------------------------------- */

static void dump_key(struct desk *d, int64_t key, struct buf *out)
{
    const struct team_device *device = team_device_by_ix(d->peer->team, OP_DEVICE(key));
    if (device == NULL) {
        check_ok(d->cx, buf_printf(d->cx, out, "none"));
        return;
    }
    check_ok(d->cx, hex_encode(d->cx, out, BYTES(device->id.b, 6)));
    check_ok(d->cx, buf_printf(d->cx, out, "-%llu-%llu", (unsigned long long)OP_SEQ(key),
                               (unsigned long long)OP_INDEX(key)));
}

static void dump_place(struct desk *d, int64_t place, struct buf *out)
{
    const struct standing *of = NULL;
    check_ok(d->cx, standing_get(d->cx, d->records, STANDING(place, false), &of));
    check_ok(d->cx, hex_encode(d->cx, out, BYTES_OF(of->info.compartment)));
}

static void dump_column(struct desk *d, struct stmt *s, int column, struct buf *out)
{
    check_ok(d->cx, buf_printf(d->cx, out, " %s=", stmt_column_name(s, column)));
    if (strcmp(stmt_column_name(s, column), "_in") == 0) {
        dump_place(d, stmt_int(s, column), out);
        return;
    }
    switch (stmt_type(s, column)) {
    case STMT_TYPE_NULL:
        check_ok(d->cx, buf_printf(d->cx, out, "null"));
        break;
    case STMT_TYPE_INT:
        check_ok(d->cx, buf_printf(d->cx, out, "%lld", (long long)stmt_int(s, column)));
        break;
    case STMT_TYPE_REAL:
        fail_msg("column %s became a float", stmt_column_name(s, column));
        break;
    case STMT_TYPE_TEXT:
        check_ok(d->cx, escape_json(d->cx, out, stmt_text(s, column)));
        break;
    case STMT_TYPE_BYTES:
        check_ok(d->cx, hex_encode(d->cx, out, stmt_bytes(s, column)));
        break;
    }
}

static void dump_query(struct desk *d, const char *sql, int first, struct buf *out)
{
    struct stmt *s = NULL;
    bool row = false;

    check_ok(d->cx, stmt_prepare(d->cx, d->peer->vault, sql, &s));
    for (;;) {
        check_ok(d->cx, stmt_step(d->cx, s, &row));
        if (!row) {
            break;
        }
        for (int i = 0; i < first; i++) {
            dump_key(d, stmt_int(s, i), out);
            check_ok(d->cx, buf_add_byte(d->cx, out, ' '));
        }
        for (int i = first; i < stmt_columns(s); i++) {
            dump_column(d, s, i, out);
        }
        check_ok(d->cx, buf_add_byte(d->cx, out, '\n'));
    }
    stmt_reset(s);
}

static int compare_lines(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static void sort_lines(struct desk *d, struct buf *in, struct buf *out)
{
    char **lines = calloc(in->len + 1, sizeof *lines);
    size_t count = 0;

    assert_non_null(lines);
    check_ok(d->cx, buf_add_byte(d->cx, in, 0));
    for (char *line = (char *)in->ptr; *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        lines[count++] = line;
        line = end + 1;
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        check_ok(d->cx, buf_printf(d->cx, out, "%s\n", lines[i]));
    }
    free(lines);
}

void desk_dump(struct desk *d, struct buf *out)
{
    char sql[1024];
    struct buf lines;

    buf_init(&lines, (size_t)256 << 20);
    if (records_schema(d->records)->kit_count > 0) {
        snprintf(sql, sizeof sql, "SELECT * FROM t%lld_lab_sample",
                 (long long)team_key(d->peer->team));
        dump_query(d, sql, 1, &lines);
    }
    dump_query(d, "SELECT key, record, verb, lamport, time, fate FROM op", 2, &lines);
    sort_lines(d, &lines, out);
    buf_finish(&lines);
}

static void print_difference(const struct buf *a, const struct buf *b)
{
    size_t at = 0;
    while (at < a->len && at < b->len && a->ptr[at] == b->ptr[at]) {
        at++;
    }
    while (at > 0 && a->ptr[at - 1] != '\n') {
        at--;
    }
    print_error("first difference:\n%.600s\n---\n%.600s\n", (const char *)a->ptr + at,
                (const char *)b->ptr + at);
}

void desks_agree(struct desk *a, struct desk *b)
{
    struct id x = desk_hash(a), y = desk_hash(b);
    struct buf da, db;

    buf_init(&da, (size_t)256 << 20);
    buf_init(&db, (size_t)256 << 20);
    desk_dump(a, &da);
    desk_dump(b, &db);
    check_ok(a->cx, buf_add_byte(a->cx, &da, 0));
    check_ok(b->cx, buf_add_byte(b->cx, &db, 0));
    if (!bytes_equal(buf_view(&da), buf_view(&db))) {
        print_difference(&da, &db);
        fail_msg("two devices show different tables");
    }
    assert_true(id_equal(&x, &y));
    buf_finish(&da);
    buf_finish(&db);
}
