/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what one person meets: every field kind written and read, refusals that say why, undo,
 * transitions with guards, lists, search, ids, history without secrets, kits that come later.
 */
#include "records-world.h"

static struct team_world world;
static struct desk ann;

static int set_up(void **state)
{
    (void)state;
    team_world_init(&world, test_seed());
    struct peer *p = peer_found(&world);
    desk_open(&ann, p, sample_schema(&p->cx));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    desk_close(&ann);
    team_world_finish(&world);
    sample_release();
    return 0;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void test_every_kind_is_kept(void **state)
{
    static const struct {
        enum sample_field field;
        const char *in, *out;
    } cases[] = {
        {S_TITLE, "Printer", "Printer"},
        {S_BODY, "one\ntwo\n", "one\ntwo\n"},
        {S_NOTE, "n", "n"},
        {S_COUNT, "+5", "5"},
        {S_TOP, "7", "7"},
        {S_LOW, "-3", "-3"},
        {S_PRICE, "12.5", "12.50"},
        {S_URGENT, "yes", "yes"},
        {S_DUE, "2026-11-24", "2026-11-24"},
        {S_LEVEL, "High", "high"},
        {S_TINT, "blue", "blue"},
        {S_TAGS, "b, a,b", "a, b"},
        {S_OWNER, "me", "Anna"},
        {S_PIN, "hunter2", SECRET_MASK},
        {S_RAW, "x\r\ny", "x\r\ny"},
    };
    struct assignment a[LENGTH(cases)];
    int64_t made = 0;
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        a[i] = (struct assignment){.field = &sample_fields[cases[i].field],
                                   .value = text_of(cases[i].in)};
    }
    check_ok(ann.cx,
             record_create(ann.cx, ann.records, &sample_types[0], NULL, a, LENGTH(a), &made));
    int64_t later = desk_create(&ann, "later");
    assert_string_equal(desk_show(&ann, later, S_LEVEL), "low"); /* its preset */
    assert_string_equal(desk_show(&ann, later, S_STATE), "open");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_string_equal(desk_show(&ann, made, cases[i].field), cases[i].out);
        desk_set(&ann, later, cases[i].field, cases[i].in);
        assert_string_equal(desk_show(&ann, later, cases[i].field), cases[i].out);
    }
    assert_string_equal(desk_secret(&ann, made, S_PIN), "hunter2");
    desk_reopen(&ann, sample_schema(ann.cx));
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_string_equal(desk_show(&ann, made, cases[i].field), cases[i].out);
    }
    for (size_t i = 0; i < LENGTH(cases); i++) {
        if (cases[i].field != S_TITLE) {
            desk_set(&ann, later, cases[i].field, "");
            assert_string_equal(desk_show(&ann, later, cases[i].field),
                                cases[i].field == S_COUNT ? "0" : "");
        }
    }
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
}

static void test_what_cannot_be_set(void **state)
{
    int64_t record = desk_create(&ann, "x");
    struct id before = desk_hash(&ann);
    (void)state;

    check_status(ann.cx, STATUS_USAGE, desk_try(&ann, record, S_TITLE, ""));
    check_status(ann.cx, STATUS_USAGE, desk_try(&ann, record, S_STATE, "done"));
    check_status(ann.cx, STATUS_USAGE, desk_try(&ann, record, S_COUNT, "many"));
    check_status(ann.cx, STATUS_USAGE, desk_try(&ann, record, S_TINT, "pink"));
    check_status(ann.cx, STATUS_NOT_FOUND, desk_try(&ann, record, S_OWNER, "Nobody"));
    check_status(ann.cx, STATUS_NOT_FOUND, desk_try(&ann, record + 1, S_TITLE, "y"));
    const struct assignment twice[] = {{&sample_fields[S_TITLE], TEXT("a")},
                                       {&sample_fields[S_TITLE], TEXT("b")}};
    check_status(ann.cx, STATUS_USAGE, record_set(ann.cx, ann.records, record, twice, 2));
    /* the first assignment is good, the second is not: nothing is written */
    const struct assignment half[] = {{&sample_fields[S_NOTE], TEXT("a")},
                                      {&sample_fields[S_DUE], TEXT("some day")}};
    check_status(ann.cx, STATUS_USAGE, record_set(ann.cx, ann.records, record, half, 2));
    assert_string_equal(desk_show(&ann, record, S_NOTE), "");
    int64_t made = 0;
    check_fault(ann.cx, STATUS_USAGE, "'title' is required",
                record_create(ann.cx, ann.records, &sample_types[0], NULL, half, 1, &made));
    struct id after = desk_hash(&ann);
    assert_true(id_equal(&before, &after));
}

static void test_sums_and_tags(void **state)
{
    int64_t record = desk_create(&ann, "x");
    (void)state;

    desk_set(&ann, record, S_COUNT, "+10");
    desk_set(&ann, record, S_COUNT, "-3");
    assert_string_equal(desk_show(&ann, record, S_COUNT), "7");
    desk_set(&ann, record, S_COUNT, "100");
    desk_set(&ann, record, S_COUNT, "+1");
    assert_string_equal(desk_show(&ann, record, S_COUNT), "101");
    check_status(ann.cx, STATUS_USAGE, desk_try(&ann, record, S_COUNT, "+-1"));
    check_status(ann.cx, STATUS_USAGE, desk_try(&ann, record, S_COUNT, "+"));
    desk_set(&ann, record, S_TAGS, "red, blue");
    desk_set(&ann, record, S_TAGS, "+green,-red,-none");
    assert_string_equal(desk_show(&ann, record, S_TAGS), "blue, green");
    desk_set(&ann, record, S_TAGS, "one,two,blue");
    assert_string_equal(desk_show(&ann, record, S_TAGS), "blue, one, two");
}

/* ---- states ---------------------------------------------------------------------------------- */

static enum status move(int64_t record, const char *transition)
{
    return record_move(ann.cx, ann.records, record, text_of(transition), NULL, 0);
}

static void test_transitions(void **state)
{
    int64_t record = desk_create(&ann, "x");
    const struct assignment owner = {&sample_fields[S_OWNER], TEXT("me")};
    (void)state;

    check_fault(ann.cx, STATUS_CONFLICT, "'finish' is not possible in the state 'open'",
                move(record, "finish"));
    check_status(ann.cx, STATUS_NOT_FOUND, move(record, "fly"));
    check_ok(ann.cx, move(record, "start"));
    check_fault(ann.cx, STATUS_DENIED, "'finish' needs: not empty(owner)", move(record, "finish"));
    check_fault(ann.cx, STATUS_DENIED, "not by the person who made", move(record, "approve"));
    assert_string_equal(desk_show(&ann, record, S_STATE), "doing");
    /* the guard sees what is given with the move */
    check_ok(ann.cx, record_move(ann.cx, ann.records, record, TEXT("finish"), &owner, 1));
    assert_string_equal(desk_show(&ann, record, S_STATE), "done");
    assert_string_equal(desk_show(&ann, record, S_OWNER), "Anna");
    check_ok(ann.cx, move(record, "drop")); /* from any state, for admins */
    assert_string_equal(desk_show(&ann, record, S_STATE), "void");
}

static void test_import_walks_to_a_state(void **state)
{
    const struct assignment a[] = {{&sample_fields[S_TITLE], TEXT("old")},
                                   {&sample_fields[S_STATE], TEXT("done")},
                                   {&sample_fields[S_OWNER], TEXT("me")},
                                   {&sample_fields[S_TALK], TEXT("came from a file")}};
    int64_t record = 0;
    (void)state;

    check_ok(ann.cx, record_create(ann.cx, ann.records, &sample_types[0], NULL, a, 4, &record));
    assert_string_equal(desk_show(&ann, record, S_STATE), "done");
    /* without the owner its guard stands in the way, and nothing is made */
    uint64_t before = 0, after = 0;
    check_ok(ann.cx, records_count(ann.cx, ann.records, &sample_types[0], &before));
    check_status(ann.cx, STATUS_DENIED,
                 record_create(ann.cx, ann.records, &sample_types[0], NULL, a, 2, &record));
    check_ok(ann.cx, records_count(ann.cx, ann.records, &sample_types[0], &after));
    assert_int_equal(before, 1);
    assert_int_equal(after, 1);
}

/* ---- undo ------------------------------------------------------------------------------------ */

static void undo(int64_t record)
{
    struct buf what;
    buf_init(&what, KIB);
    check_ok(ann.cx, record_undo(ann.cx, ann.records, record, &what));
    assert_true(what.len > 0);
    buf_finish(&what);
}

static void test_undo_takes_back_one_action(void **state)
{
    int64_t record = desk_create(&ann, "first");
    const struct assignment a[] = {{&sample_fields[S_TITLE], TEXT("second")},
                                   {&sample_fields[S_COUNT], TEXT("+4")},
                                   {&sample_fields[S_TAGS], TEXT("red")},
                                   {&sample_fields[S_BODY], TEXT("text")}};
    (void)state;

    check_ok(ann.cx, record_set(ann.cx, ann.records, record, a, 4));
    undo(record);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "first");
    assert_string_equal(desk_show(&ann, record, S_COUNT), "0");
    assert_string_equal(desk_show(&ann, record, S_TAGS), "");
    assert_string_equal(desk_show(&ann, record, S_BODY), "");
    undo(record); /* of the undo */
    assert_string_equal(desk_show(&ann, record, S_TITLE), "second");
    assert_string_equal(desk_show(&ann, record, S_TAGS), "red");
    desk_set(&ann, record, S_TAGS, "-red");
    undo(record);
    assert_string_equal(desk_show(&ann, record, S_TAGS), "red");
}

static void test_undo_of_moves_and_deletions(void **state)
{
    int64_t record = desk_create(&ann, "x");
    const struct assignment owner = {&sample_fields[S_OWNER], TEXT("me")};
    struct record_info info;
    (void)state;

    check_ok(ann.cx, move(record, "start"));
    check_ok(ann.cx, record_move(ann.cx, ann.records, record, TEXT("finish"), &owner, 1));
    undo(record);
    assert_string_equal(desk_show(&ann, record, S_STATE), "doing");
    assert_string_equal(desk_show(&ann, record, S_OWNER), "");
    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    check_status(ann.cx, STATUS_CONFLICT, desk_try(&ann, record, S_NOTE, "late"));
    check_status(ann.cx, STATUS_CONFLICT, record_delete(ann.cx, ann.records, record));
    undo(record);
    check_ok(ann.cx, record_info_get(ann.cx, ann.records, record, &info));
    assert_false(info.deleted);
    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    check_ok(ann.cx, record_restore(ann.cx, ann.records, record));
    check_status(ann.cx, STATUS_CONFLICT, record_restore(ann.cx, ann.records, record));
    desk_set(&ann, record, S_TALK, "a line");
    struct buf what;
    buf_init(&what, KIB);
    check_status(ann.cx, STATUS_USAGE, record_undo(ann.cx, ann.records, record, &what));
    buf_finish(&what);
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
}

/* ---- lists, search, ids ---------------------------------------------------------------------- */

struct seen {
    size_t count;
    char first[256], last[256];
};

static enum status see_row(void *self, struct ctx *cx, const struct listing_row *row)
{
    struct seen *s = self;
    (void)cx;
    snprintf(s->count == 0 ? s->first : s->last, sizeof s->last, "%.*s/%.*s", (int)row->group.len,
             row->group.ptr, (int)row->cells[0].len, row->cells[0].ptr);
    s->count++;
    return STATUS_OK;
}

static struct seen list(const struct view *view, const char *where, const char *order)
{
    struct seen s = {0};
    struct listing l = {.type = &sample_types[0],
                        .view = view,
                        .where = text_of(where),
                        .order = text_of(order),
                        .limit = 10};
    check_ok(ann.cx, records_list(ann.cx, ann.records, &l, NULL, see_row, &s));
    return s;
}

static void test_lists(void **state)
{
    int64_t a = desk_create(&ann, "alpha"), b = desk_create(&ann, "Beta");
    struct listing bad = {.type = &sample_types[0], .where = TEXT("1=1) OR (1=1; DROP TABLE op")};
    struct seen s = {0};
    (void)state;

    desk_set(&ann, a, S_PRICE, "10");
    desk_set(&ann, b, S_PRICE, "9.50");
    desk_set(&ann, b, S_URGENT, "yes");
    check_ok(ann.cx, move(b, "start"));
    s = list(NULL, "", "title");
    assert_int_equal(s.count, 2);
    assert_string_equal(s.first, "/alpha");
    s = list(NULL, "", "-price");
    assert_string_equal(s.first, "/alpha");
    s = list(NULL, "price < 1000", "");
    assert_int_equal(s.count, 1);
    assert_string_equal(s.first, "/Beta");
    s = list(NULL, "title = 'it''s :me' OR _by = :me -- yes", "");
    assert_int_equal(s.count, 2);
    s = list(&sample_views[0], "", ""); /* urgent ones */
    assert_int_equal(s.count, 1);
    s = list(&sample_views[1], "", ""); /* board by state, in the order of the kit */
    assert_string_equal(s.first, "open/alpha");
    assert_string_equal(s.last, "doing/Beta");
    check_status(ann.cx, STATUS_USAGE, records_list(ann.cx, ann.records, &bad, NULL, see_row, &s));
    bad.where = TEXT("_id IN (SELECT key FROM op)");
    check_status(ann.cx, STATUS_USAGE, records_list(ann.cx, ann.records, &bad, NULL, see_row, &s));
    bad.where = TEXT("");
    bad.order = TEXT("pin");
    check_status(ann.cx, STATUS_USAGE, records_list(ann.cx, ann.records, &bad, NULL, see_row, &s));
    check_ok(ann.cx, record_delete(ann.cx, ann.records, a));
    s = list(NULL, "", "");
    assert_int_equal(s.count, 1);
    bad.order = TEXT("");
    bad.deleted = true;
    s = (struct seen){0};
    check_ok(ann.cx, records_list(ann.cx, ann.records, &bad, NULL, see_row, &s));
    assert_int_equal(s.count, 1);
}

static enum status see_hit(void *self, struct ctx *cx, int64_t record,
                           const struct record_type *type, text title)
{
    struct seen *s = self;
    (void)cx;
    (void)record;
    (void)type;
    snprintf(s->count == 0 ? s->first : s->last, sizeof s->last, "%.*s", (int)title.len, title.ptr);
    s->count++;
    return STATUS_OK;
}

static struct seen search(const char *words)
{
    struct seen s = {0};
    check_ok(ann.cx, records_search(ann.cx, ann.records, text_of(words), 10, see_hit, &s));
    return s;
}

static void test_search(void **state)
{
    int64_t a = desk_create(&ann, "Größe of the PRINTER"), b = desk_create(&ann, "Scanner");
    const struct record_type *type = NULL;
    int64_t found = 0;
    (void)state;

    desk_set(&ann, b, S_BODY, "stands beside the printer");
    desk_set(&ann, b, S_PIN, "opensesame");
    desk_set(&ann, b, S_TALK, "the lamp flickers");
    assert_int_equal(search("print").count, 2);
    assert_string_equal(search("print").first, "Größe of the PRINTER"); /* titles first */
    assert_int_equal(search("GRÖSS prin").count, 1);
    assert_int_equal(search("flick").count, 1);
    assert_int_equal(search("opensesame").count, 0);                     /* a secret */
    assert_int_equal(search("print\" OR title:scan* -beside").count, 0); /* words, not operators */
    check_status(ann.cx, STATUS_USAGE,
                 records_search(ann.cx, ann.records, TEXT(" \"*- "), 10, see_hit, NULL));
    check_ok(ann.cx, record_find_id(ann.cx, ann.records, TEXT("printer"), &found, &type));
    assert_int_equal(found, a);
    assert_ptr_equal(type, &sample_types[0]);
    check_status(ann.cx, STATUS_NOT_FOUND,
                 record_find_id(ann.cx, ann.records, TEXT("toaster"), &found, &type));
    desk_create(&ann, "printer too");
    check_status(ann.cx, STATUS_AMBIGUOUS,
                 record_find_id(ann.cx, ann.records, TEXT("printer"), &found, &type));
    desk_set(&ann, a, S_TITLE, "Ink");
    assert_int_equal(search("größe").count, 0);
    check_ok(ann.cx, record_delete(ann.cx, ann.records, b));
    assert_int_equal(search("scanner").count, 0);
}

static void test_ids(void **state)
{
    int64_t record = desk_create(&ann, "x"), found = 0;
    const struct record_type *type = NULL;
    struct buf id;
    (void)state;

    buf_init(&id, KIB);
    check_ok(ann.cx, record_id_write(ann.cx, ann.records, record, &id));
    check_ok(ann.cx, record_find_id(ann.cx, ann.records, buf_text(&id), &found, &type));
    assert_int_equal(found, record);
    check_ok(ann.cx, buf_add_text(ann.cx, &id, TEXT("9")));
    check_status(ann.cx, STATUS_NOT_FOUND,
                 record_find_id(ann.cx, ann.records, buf_text(&id), &found, &type));
    check_status(ann.cx, STATUS_NOT_FOUND,
                 record_find_id(ann.cx, ann.records, TEXT("zz-1-1"), &found, &type));
    buf_finish(&id);
}

/* ---- history --------------------------------------------------------------------------------- */

static enum status see_history(void *self, struct ctx *cx, const struct history_line *h)
{
    struct buf *out = self;
    return buf_printf(cx, out, "%.*s %.*s %.*s %.*s\n", (int)h->what.len, h->what.ptr,
                      h->field == NULL ? 0 : (int)h->field->name.len,
                      h->field == NULL ? "" : h->field->name.ptr, (int)h->value.len, h->value.ptr,
                      (int)h->reason.len, h->reason.ptr);
}

static void test_history_masks_secrets(void **state)
{
    int64_t record = desk_create(&ann, "vault");
    struct buf out;
    (void)state;

    buf_init(&out, MIB);
    desk_set(&ann, record, S_PIN, "hunter2");
    desk_set(&ann, record, S_PIN, "hunter3");
    desk_set(&ann, record, S_COUNT, "+2");
    check_ok(ann.cx, records_history(ann.cx, ann.records, record, 0, see_history, &out));
    check_text(buf_text(&out), "created  vault \nset pin " SECRET_MASK " \nset pin " SECRET_MASK
                               " \nadded count +2 \n");
    buf_clear(&out);
    check_ok(ann.cx, records_history(ann.cx, ann.records, 0, 2, see_history, &out));
    check_text(buf_text(&out), "added count +2 \nset pin " SECRET_MASK " \n");
    buf_finish(&out);
}

static bool database_holds(const char *needle)
{
    char sql[256];
    struct stmt *s = NULL;
    bool row = false;

    snprintf(sql, sizeof sql, "SELECT 1 FROM t%lld_lab_sample WHERE pin = '%s' OR title = '%s'",
             (long long)team_key(ann.peer->team), needle, needle);
    check_ok(ann.cx, stmt_prepare(ann.cx, ann.peer->vault, sql, &s));
    check_ok(ann.cx, stmt_step(ann.cx, s, &row));
    stmt_reset(s);
    return row;
}

static void test_wide_tables_hold_no_secret(void **state)
{
    int64_t record = desk_create(&ann, "box");
    (void)state;

    desk_set(&ann, record, S_PIN, "hunter2");
    assert_true(database_holds("box"));
    assert_false(database_holds("hunter2"));
}

/* ---- kits ------------------------------------------------------------------------------------ */

static void test_a_kit_that_comes_later(void **state)
{
    int64_t record = desk_create(&ann, "early");
    (void)state;

    desk_set(&ann, record, S_NOTE, "kept");
    struct id hash = desk_hash(&ann);
    /* a kit without the field `note`, and then no kit at all */
    struct field fewer[S_FIELDS];
    size_t count = 0;
    for (size_t i = 0; i < S_FIELDS; i++) {
        if (i != S_NOTE) {
            fewer[count++] = sample_fields[i];
        }
    }
    struct record_type type = sample_types[0];
    type.fields = fewer;
    type.field_count = count;
    type.transition_count = 0;
    const struct kit kit = {.name = T("lab"), .label = T("Lab"), .types = &type, .type_count = 1};
    const struct kit *const kits[] = {&kit};
    const struct schema small = {.kits = kits, .kit_count = 1};
    desk_reopen(&ann, &small);
    desk_reopen(&ann, &sample_none);
    check_status(ann.cx, STATUS_NOT_FOUND, desk_try(&ann, record, S_TITLE, "unseen"));
    desk_reopen(&ann, sample_schema(ann.cx));
    assert_string_equal(desk_show(&ann, record, S_NOTE), "kept");
    struct id again = desk_hash(&ann);
    assert_true(id_equal(&hash, &again));
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
}

/* ---- check ----------------------------------------------------------------------------------- */

static void forge(const char *form)
{
    char sql[512];
    char table[64];
    snprintf(table, sizeof table, "t%lld_lab_sample", (long long)team_key(ann.peer->team));
    size_t used = 0;
    for (const char *c = form; *c != '\0' && used + sizeof table < sizeof sql; c++) {
        if (*c == '@') {
            used += (size_t)snprintf(sql + used, sizeof sql - used, "%s", table);
        } else {
            sql[used++] = *c;
        }
    }
    sql[used] = '\0';
    check_ok(ann.cx, vault_execute(ann.cx, ann.peer->vault, sql));
}

static void test_check_finds_what_was_put_back(void **state)
{
    static const char *const attacks[] = {
        "UPDATE @ SET title = 'old' WHERE title = 'new'",
        "UPDATE @ SET title = 'new', _deleted = 1",
        "DELETE FROM @",
        "DROP TABLE @",
        ("INSERT INTO @ (_id, _created, _changed, _by, _deleted, _conflicts, _lamport)"
         " SELECT _id + 77, _created, _changed, _by, 0, 0, 1 FROM @"),
        "UPDATE op SET value = x'636f6c64' WHERE verb = 2",
        "UPDATE op SET fate = 5 WHERE verb = 2",
        "DELETE FROM op WHERE verb = 2",
        "UPDATE op SET standing = 4000, fate = 0",
    };
    int64_t record = desk_create(&ann, "old");
    struct buf id;
    (void)state;

    buf_init(&id, KIB);
    check_ok(ann.cx, record_id_write(ann.cx, ann.records, record, &id));
    check_ok(ann.cx, buf_add_byte(ann.cx, &id, 0));
    desk_set(&ann, record, S_TITLE, "new");
    struct id hash = desk_hash(&ann);
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
    for (size_t i = 0; i < LENGTH(attacks); i++) {
        forge(attacks[i]);
        /* found, named, and found again: checking alone repairs nothing */
        check_fault(ann.cx, STATUS_INTEGRITY, i == 4 ? "records differ" : (const char *)id.ptr,
                    records_check(ann.cx, ann.records, false));
        check_status(ann.cx, STATUS_INTEGRITY, records_check(ann.cx, ann.records, true));
        check_ok(ann.cx, records_check(ann.cx, ann.records, false));
        assert_string_equal(desk_show(&ann, record, S_TITLE), "new");
        struct id again = desk_hash(&ann);
        assert_true(id_equal(&hash, &again));
        assert_int_equal(search("new").count, 1);
    }
    buf_finish(&id);
}

/* Two teams in one vault: neither finds, lists, checks or repairs the other's records. */
static void test_two_teams_in_one_vault(void **state)
{
    struct peer other = *ann.peer;
    struct secret *seed = NULL;
    struct desk two;
    (void)state;

    int64_t first = desk_create(&ann, "printer of the first");
    check_ok(ann.cx, team_found(ann.cx, ann.peer->vault, TEXT("Second"), TEXT("Anna"), TEXT("desk"),
                                &seed, &other.team));
    secret_free(&seed);
    two = (struct desk){.peer = &other, .cx = ann.cx};
    check_ok(two.cx, records_open(two.cx, other.team, sample_schema(two.cx), &two.records));
    int64_t second = desk_create(&two, "printer of the second");
    const struct record_type *type = NULL;
    int64_t found = 0;
    check_ok(two.cx, record_find_id(two.cx, two.records, TEXT("printer"), &found, &type));
    assert_int_equal(found, second);
    check_ok(ann.cx, record_find_id(ann.cx, ann.records, TEXT("printer"), &found, &type));
    assert_int_equal(found, first);
    check_status(two.cx, STATUS_NOT_FOUND, desk_try(&two, first, S_TITLE, "x"));
    forge("UPDATE @ SET title = 'forged'");
    check_ok(two.cx, records_check(two.cx, two.records, true));
    check_status(ann.cx, STATUS_INTEGRITY, records_check(ann.cx, ann.records, true));
    assert_string_equal(desk_show(&ann, first, S_TITLE), "printer of the first");
    assert_string_equal(desk_show(&two, second, S_TITLE), "printer of the second");
    check_ok(two.cx, records_check(two.cx, two.records, false));
    records_close(&two.records);
    team_close(&other.team);
}

/* An aborted import leaves neither rows nor anything in memory that later calls believe. */
static void test_rollback_by_the_caller(void **state)
{
    int64_t record = desk_create(&ann, "stays");
    struct id before = desk_hash(&ann);
    (void)state;

    check_ok(ann.cx, vault_begin(ann.cx, ann.peer->vault));
    desk_set(&ann, record, S_TITLE, "goes");
    desk_set(&ann, record, S_TAGS, "never");
    (void)desk_create(&ann, "goes too");
    vault_rollback(ann.peer->vault);
    struct id after = desk_hash(&ann);
    assert_true(id_equal(&before, &after));
    desk_set(&ann, record, S_TITLE, "moves on");
    assert_string_equal(desk_show(&ann, record, S_TITLE), "moves on");
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_every_kind_is_kept),
        CASE(test_what_cannot_be_set),
        CASE(test_sums_and_tags),
        CASE(test_transitions),
        CASE(test_import_walks_to_a_state),
        CASE(test_undo_takes_back_one_action),
        CASE(test_undo_of_moves_and_deletions),
        CASE(test_lists),
        CASE(test_search),
        CASE(test_ids),
        CASE(test_history_masks_secrets),
        CASE(test_wide_tables_hold_no_secret),
        CASE(test_a_kit_that_comes_later),
        CASE(test_check_finds_what_was_put_back),
        CASE(test_two_teams_in_one_vault),
        CASE(test_rollback_by_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
