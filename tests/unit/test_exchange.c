/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: a CSV file is read as RFC 4180 says or refused with its line; what leaves as CSV comes
 * back exactly, hostile cells included, and no spreadsheet would run it; the sample files of other
 * programs are taken whole, with nothing lost and passwords unchanged; a file that is imported
 * again changes nothing; a bad row never takes others with it.
 */
#include "check.h"
#include "exchange.h"
#include "kits.h"
#include "limits.h"
#include "scratch.h"

#include <time.h>

#define N(array) (sizeof(array) / sizeof *(array))

static struct machine machine;
static struct ctx cx;
static struct buf out;

/* ---- a desk: one vault, members Ana (this device) and Ben ---------------------------------- */

struct desk {
    char root[SCRATCH_PATH];
    struct secret *key;
    struct vault *vault;
    struct team *team;
    struct kit_shelf *shelf;
    struct records *records;
};

static void desk_open(struct desk *d)
{
    struct secret *root_seed = NULL;
    struct secret *ben_seed = NULL;
    struct desk ben = {.key = NULL};
    struct buf join;
    struct buf invite;
    uint8_t print[16];

    memset(d, 0, sizeof *d);
    scratch_make(d->root);
    scratch_make(ben.root);
    check_ok(&cx, secret_new(&cx, 32, &d->key));
    check_ok(&cx, vault_create(&cx, d->root, d->key, &d->vault));
    check_ok(&cx, team_found(&cx, d->vault, TEXT("Desk"), TEXT("Ana"), TEXT("laptop"), &root_seed,
                             &d->team));
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, INVITE_MAX + MIB);
    check_ok(&cx, vault_create(&cx, ben.root, d->key, &ben.vault));
    check_ok(&cx,
             team_join_start(&cx, ben.vault, TEXT("Ben"), TEXT("phone"), false, &join, &ben_seed));
    check_ok(&cx, team_invite(&cx, d->team, buf_view(&join), TEXT("editor"), &invite, print));
    buf_finish(&join);
    buf_finish(&invite);
    vault_close(&ben.vault);
    scratch_remove(ben.root);
    secret_free(&root_seed);
    secret_free(&ben_seed);
    check_ok(&cx, kit_shelf_open(&cx, &d->shelf));
    check_ok(&cx, records_open(&cx, d->team, kit_shelf_schema(d->shelf), &d->records));
}

static void desk_close(struct desk *d)
{
    records_close(&d->records);
    kit_shelf_close(&d->shelf);
    team_close(&d->team);
    vault_close(&d->vault);
    secret_free(&d->key);
    scratch_remove(d->root);
}

static struct desk desk;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&out, 64 * MIB);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_finish(&out);
    return 0;
}

static int start_desk(void **state)
{
    (void)start(state);
    desk_open(&desk);
    return 0;
}

static int stop_desk(void **state)
{
    desk_close(&desk);
    return stop(state);
}

static const struct record_type *type_of(const char *name)
{
    const struct record_type *t = NULL;

    check_ok(&cx, schema_find_type(&cx, records_schema(desk.records), text_of(name), &t));
    return t;
}

static struct import_plan *plan_of(enum import_format format, bytes file, const char *type,
                                   const char *mapping)
{
    struct import_plan *p = NULL;

    check_ok(&cx, import_plan_make(&cx, desk.records, format, file,
                                   type == NULL ? NULL : type_of(type), text_of(mapping), &p));
    return p;
}

static size_t taken_of(struct import_plan *p, bool skip_bad)
{
    size_t taken = 0;

    check_ok(&cx, import_plan_run(&cx, desk.records, p, skip_bad, NULL, NULL, &taken));
    return taken;
}

static size_t import_text(const char *csv, const char *type, const char *mapping)
{
    struct import_plan *p = plan_of(IMPORT_CSV, BYTES(csv, strlen(csv)), type, mapping);

    for (size_t i = 0; i < import_plan_issue_count(p); i++) {
        print_message("%zu: %.*s\n", import_plan_issue(p, i)->line,
                      (int)import_plan_issue(p, i)->what.len, import_plan_issue(p, i)->what.ptr);
    }
    size_t taken = taken_of(p, true);
    import_plan_free(&p);
    return taken;
}

static uint64_t count_of(const char *type)
{
    uint64_t count = 0;

    check_ok(&cx, records_count(&cx, desk.records, type_of(type), &count));
    return count;
}

static enum status take_record(void *self, struct ctx *c, const struct listing_row *row)
{
    (void)c;
    *(int64_t *)self = row->record;
    return STATUS_OK;
}

/* A field of the record with exactly this title, secrets revealed; valid until the next call. */
static text field_of(const char *type, const char *title, const char *field)
{
    static struct buf got;
    char where[256];
    struct listing l = {.type = type_of(type)};
    int64_t record = 0;
    bool empty;

    buf_finish(&got);
    buf_init(&got, 4 * MIB);
    snprintf(where, sizeof where, "title = '%s'", title);
    l.where = text_of(where);
    check_ok(&cx, records_list(&cx, desk.records, &l, NULL, take_record, &record));
    if (record == 0) {
        fail_msg("no record is called %s", title);
    }
    check_ok(&cx, record_field_text(&cx, desk.records, record,
                                    type_field_exact(l.type, text_of(field)), true, &got, &empty));
    return buf_text(&got);
}

static enum status collect(void *self, struct ctx *c, bytes part)
{
    return buf_add(c, self, part);
}

static void export_to_out(const char *type, bool reveal)
{
    const struct listing l = {.type = type_of(type)};

    buf_clear(&out);
    check_ok(&cx, export_csv(&cx, desk.records, &l, reveal, collect, &out));
}

static bool out_holds(const char *part)
{
    return memmem(out.ptr, out.len, part, strlen(part)) != NULL;
}

static struct buf sample(const char *name)
{
    size_t len = 0;
    struct buf b;
    uint8_t *file = scratch_load(scratch_path(TESTS_DIR "/data", name), &len);

    assert_non_null(file);
    buf_init(&b, IMPORT_FILE_MAX);
    check_ok(&cx, buf_add(&cx, &b, BYTES(file, len)));
    free(file);
    return b;
}

/* ---- the reader ---------------------------------------------------------------------------- */

/* rows: cells in <>, a row's line before them; or the fault. */
static const struct {
    const char *in, *rows, *fault;
} csv_cases[] = {
    {"", "", NULL},
    {"a", "1<a>", NULL},
    {"a,b\n1,2\n", "1<a><b>2<1><2>", NULL},
    {"a,b\r\n1,2\r\n", "1<a><b>2<1><2>", NULL},
    {"\xEF\xBB\xBF"
     "a,b\n",
     "1<a><b>", NULL},
    {"a;b;c,d\n1;2;3\n", "1<a><b><c,d>2<1><2><3>", NULL},
    {"a\tb\n1\t2,5\n", "1<a><b>2<1><2,5>", NULL},
    {"\"a;b\",c\n", "1<a;b><c>", NULL},
    {"\"a\",\"b \"\"x\"\" c\"\n", "1<a><b \"x\" c>", NULL},
    {"\"\"\"\"\n", "1<\">", NULL},
    {"\"\",\"\"\"\"\"\"\n", "1<><\"\">", NULL},
    {"a,b\n\"two\nlines\",x\ny,z\n", "1<a><b>2<two\nlines><x>4<y><z>", NULL},
    {"a,b\n\"two\r\nlines\",x\n", "1<a><b>2<two\r\nlines><x>", NULL},
    {"a,b\n\n\nc,d\n", "1<a><b>4<c><d>", NULL},
    {"a,\n,b\n", "1<a><>2<><b>", NULL},
    {"a,b", "1<a><b>", NULL},
    {"a,\"b\"", "1<a><b>", NULL},
    {"a, b \n", "1<a>< b >", NULL},
    {"a\n\"b", NULL, "line 2: the quote that opens here"},
    {"a\n\n\"b\n\n\n", NULL, "line 3: the quote that opens here"},
    {"a\nb\"c\n", NULL, "line 2: a quote inside a cell"},
    {"\"a\"b\n", NULL, "line 1: text behind the quote"},
    {"a\rb\n", NULL, "line 1: a carriage return"},
    {"a\n\xff\n", NULL, "line 2 is not UTF-8"},
};

static enum status csv_all(bytes file, struct buf *rows)
{
    enum status status;
    struct csv_reader *r = NULL;
    const text *cells;
    size_t count;
    size_t line;
    bool row = true;

    TRY(csv_open(&cx, file, &r));
    while (row) {
        TRY(csv_next(&cx, r, &cells, &count, &line, &row));
        if (row) {
            TRY(buf_printf(&cx, rows, "%zu", line));
        }
        for (size_t i = 0; i < count && row; i++) {
            TRY(buf_printf(&cx, rows, "<%.*s>", (int)cells[i].len, cells[i].ptr));
        }
    }
out:
    csv_close(&r);
    return status;
}

static void test_csv_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(csv_cases); i++) {
        buf_clear(&out);
        fault_clear(&cx);
        enum status status = csv_all(BYTES(csv_cases[i].in, strlen(csv_cases[i].in)), &out);
        if (csv_cases[i].fault != NULL) {
            if (status != STATUS_MALFORMED || strstr(cx.fault.what, csv_cases[i].fault) == NULL) {
                fail_msg("%s: %s", csv_cases[i].in, cx.fault.what);
            }
            continue;
        }
        check_ok(&cx, status);
        check_text_at(buf_text(&out), text_of(csv_cases[i].rows), csv_cases[i].in, (int)i);
    }
    fault_clear(&cx);
}

static void test_csv_limits(void **state)
{
    (void)state;
    struct buf rows;
    uint8_t *cell;

    buf_init(&rows, 64 * MIB);
    for (size_t i = 0; i < 513; i++) {
        check_ok(&cx, buf_add_byte(&cx, &out, ','));
    }
    check_fault(&cx, STATUS_LIMIT, "line 1: more than 512 cells", csv_all(buf_view(&out), &rows));
    buf_clear(&out);
    check_ok(&cx, buf_extend(&cx, &out, MIB + 1, &cell));
    memset(cell, 'x', MIB + 1);
    check_fault(&cx, STATUS_LIMIT, "line 1: a cell of more than", csv_all(buf_view(&out), &rows));
    buf_finish(&rows);
}

/* ---- the sample files ---------------------------------------------------------------------- */

static void test_tickets_sample(void **state)
{
    (void)state;
    struct buf file = sample("tickets-500.csv");
    struct import_plan *p = plan_of(IMPORT_CSV, buf_view(&file), "ticket", "");
    static const char *const expected[] = {"",         "title", "body", "severity", "state",
                                           "assignee", "due",   "tags", "place",    ""};

    assert_int_equal(import_plan_rows(p), 500);
    assert_int_equal(import_plan_issue_count(p), 0);
    assert_int_equal(import_plan_note_count(p), 0);
    assert_int_equal(import_plan_columns(p), N(expected));
    for (size_t i = 0; i < N(expected); i++) {
        text column;
        text field;
        import_plan_column(p, i, &column, &field);
        check_text_at(field, text_of(expected[i]), __FILE__, (int)i);
    }
    check_text(import_plan_cell(p, 0, 3), "normal");
    check_text(import_plan_cell(p, 0, 7), "field, health, radio");
    assert_int_equal(taken_of(p, false), 500);
    import_plan_free(&p);
    assert_int_equal(count_of("ticket"), 500);

    /* once more: all of it is known */
    p = plan_of(IMPORT_CSV, buf_view(&file), "ticket", "");
    assert_int_equal(import_plan_known(p), 500);
    assert_int_equal(taken_of(p, false), 0);
    import_plan_free(&p);
    assert_int_equal(count_of("ticket"), 500);
    export_to_out("ticket", false);
    assert_true(out_holds("\"Ticket no\",\"Opened\"\r\n"));
    assert_true(out_holds("\"D-0500\""));
    buf_finish(&file);
}

static void test_keepassxc_sample(void **state)
{
    (void)state;
    struct buf file = sample("keepassxc-export.csv");
    struct import_plan *p = plan_of(IMPORT_KEEPASSXC_CSV, buf_view(&file), NULL, "");

    assert_int_equal(import_plan_rows(p), 40);
    assert_int_equal(import_plan_issue_count(p), 0);
    assert_int_equal(taken_of(p, false), 40);
    import_plan_free(&p);
    check_text(field_of("entry", "Forum 1", "password"), "=1+1");
    check_text(field_of("entry", "Press 1", "notes"), "two lines\nof notes, with a comma");
    check_text(field_of("entry", "Press 1", "folder"), "Desk/B\xC3\xBCro");
    unsigned left;
    text otp = field_of("entry", "Press 1", "totp");
    check_ok(&cx, totp_code(&cx, otp, machine.now, &out, &left));
    assert_int_equal(out.len, 6);
    /* entry 18 has no title in KeePassXC */
    assert_true(field_of("entry", "https://backup.example.org/login", "title").len > 0);
    p = plan_of(IMPORT_KEEPASSXC_CSV, buf_view(&file), NULL, "");
    assert_int_equal(import_plan_known(p), 40);
    import_plan_free(&p);

    /* one password changed in the file: that row alone is new */
    uint8_t *at = memmem(file.ptr, file.len, "\"=1+1\"", 6);
    assert_non_null(at);
    at[4] = '2';
    p = plan_of(IMPORT_KEEPASSXC_CSV, buf_view(&file), NULL, "");
    assert_int_equal(import_plan_known(p), 39);
    import_plan_free(&p);
    buf_finish(&file);
}

static void test_keepassxc_wants_its_columns(void **state)
{
    (void)state;
    struct import_plan *p = NULL;

    check_fault(&cx, STATUS_MALFORMED, "no column 'Group'",
                import_plan_make(&cx, desk.records, IMPORT_KEEPASSXC_CSV, BYTES("a,b\n1,2\n", 8),
                                 NULL, TEXT(""), &p));
    assert_null(p);
}

static void test_bitwarden_sample(void **state)
{
    (void)state;
    struct buf file = sample("bitwarden-export.json");
    struct import_plan *p = plan_of(IMPORT_BITWARDEN_JSON, buf_view(&file), NULL, "");

    assert_int_equal(import_plan_rows(p), 30);
    assert_int_equal(import_plan_issue_count(p), 0);
    assert_int_equal(taken_of(p, false), 30);
    import_plan_free(&p);
    check_text(field_of("entry", "Door plan 7", "notes"), "Safe left of the door: 4711");
    assert_true(text_starts(field_of("entry", "Travel card 8", "details"), TEXT("{\"card\":{")));
    assert_int_equal(field_of("entry", "Travel card 8", "password").len, 0);
    text hidden = field_of("entry", "Cloud account 2", "details");
    assert_non_null(memmem(hidden.ptr, hidden.len, "\"PIN\"", 5));
    text open = field_of("entry", "Cloud account 2", "ext");
    assert_non_null(memmem(open.ptr, open.len, "\"floor\"", 7));
    assert_null(memmem(open.ptr, open.len, "PIN", 3));
    text more = field_of("entry", "Wiki account 1", "ext");
    assert_non_null(memmem(more.ptr, more.len, "https://login.wiki.example.net/", 31));
    p = plan_of(IMPORT_BITWARDEN_JSON, buf_view(&file), NULL, "");
    assert_int_equal(import_plan_known(p), 30);
    import_plan_free(&p);

    /* nothing secret leaves unless it is asked for */
    export_to_out("entry", false);
    assert_false(out_holds("4111111111111111"));
    assert_false(out_holds("otpauth"));
    assert_true(out_holds("floor"));
    export_to_out("entry", true);
    assert_true(out_holds("4111111111111111"));
    buf_finish(&file);
}

static void test_bitwarden_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum status status;
        const char *why;
    } cases[] = {
        {"", STATUS_MALFORMED, "is not JSON"},
        {"{\"items\":[]", STATUS_MALFORMED, "is not JSON: line 1"},
        {"{\"a\":1,\"a\":2}", STATUS_MALFORMED, "is not JSON"},
        {"[]", STATUS_MALFORMED, "no list of items"},
        {"{\"encrypted\":false}", STATUS_MALFORMED, "no list of items"},
        {"{\"encrypted\":true,\"items\":[]}", STATUS_UNSUPPORTED, "is encrypted"},
        {"{\"items\":[1]}", STATUS_MALFORMED, "item 1 is not an object"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct import_plan *p = NULL;
        check_fault(&cx, cases[i].status, cases[i].why,
                    import_plan_make(&cx, desk.records, IMPORT_BITWARDEN_JSON,
                                     BYTES(cases[i].json, strlen(cases[i].json)), NULL, TEXT(""),
                                     &p));
        assert_null(p);
    }
    struct import_plan *p = plan_of(IMPORT_BITWARDEN_JSON, BYTES("{\"items\":[{}]}", 14), NULL, "");
    assert_int_equal(taken_of(p, false), 1);
    import_plan_free(&p);
    check_text(field_of("entry", "(no name)", "title"), "(no name)");
}

/* ---- round trips --------------------------------------------------------------------------- */

static const char *const hostile[] = {
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "'quoted",
    "'=1+1",
    "''=1",
    "'",
    "''",
    "\"",
    "\"\"",
    "a,b;c\td",
    "\"=1\"",
    "  blanks  ",
    "\xE2\x80\xAE"
    "rtl",
    "\xC5\x81\xC3\xB3"
    "d\xC5\xBA",
    "{\"a\":1}",
    "[1,2]",
    "{\"a\": 1}",
    "null",
    "id",
};

static void test_hostile_cells_make_the_round_trip(void **state)
{
    (void)state;
    static const char *const bodies[] = {"line\nline\n", "=1\n+2", "-", "\n", "\"\n\",\n\"", "'@x"};
    const struct record_type *t = type_of("ticket");
    struct buf first;
    struct buf second;

    for (size_t i = 0; i < N(hostile); i++) {
        const struct assignment a[] = {
            {.field = type_field_exact(t, TEXT("title")), .value = text_of(hostile[i])},
            {.field = type_field_exact(t, TEXT("body")), .value = text_of(bodies[i % N(bodies)])},
            {.field = type_field_exact(t, TEXT("reporter")), .value = text_of(hostile[i])},
            {.field = type_field_exact(t, TEXT("place")),
             .value = text_of(hostile[N(hostile) - 1 - i])},
            {.field = type_field_exact(t, TEXT("assignee")), .value = TEXT("Ben")},
        };
        int64_t record;
        check_ok(&cx, record_create(&cx, desk.records, t, NULL, a, N(a), &record));
    }
    export_to_out("ticket", true);
    assert_true(out_holds(",\"'=cmd|' /C calc'!A0\","));
    assert_false(out_holds(",\"=cmd"));
    buf_init(&first, 4 * MIB);
    check_ok(&cx, buf_add(&cx, &first, buf_view(&out)));

    /* the same vault knows them all; another vault takes them all and exports the same */
    struct import_plan *p = plan_of(IMPORT_CSV, buf_view(&first), "ticket", "");
    assert_int_equal(import_plan_known(p), N(hostile));
    import_plan_free(&p);
    desk_close(&desk);
    desk_open(&desk);
    p = plan_of(IMPORT_CSV, buf_view(&first), "ticket", "");
    assert_int_equal(import_plan_issue_count(p), 0);
    assert_int_equal(taken_of(p, false), N(hostile));
    import_plan_free(&p);
    export_to_out("ticket", true);
    buf_init(&second, 4 * MIB);
    check_ok(&cx, buf_add(&cx, &second, buf_view(&out)));

    /* the newest come first, so a second trip brings the first order back, but for the ids */
    desk_close(&desk);
    desk_open(&desk);
    p = plan_of(IMPORT_CSV, buf_view(&second), "ticket", "");
    assert_int_equal(taken_of(p, false), N(hostile));
    import_plan_free(&p);
    export_to_out("ticket", true);
    const text *cells;
    const text *again;
    size_t count;
    size_t again_count;
    size_t line;
    bool row = true;
    struct csv_reader *a = NULL;
    struct csv_reader *b = NULL;
    check_ok(&cx, csv_open(&cx, buf_view(&first), &a));
    check_ok(&cx, csv_open(&cx, buf_view(&out), &b));
    size_t rows = 0;
    while (row) {
        check_ok(&cx, csv_next(&cx, a, &cells, &count, &line, &row));
        bool more;
        check_ok(&cx, csv_next(&cx, b, &again, &again_count, &line, &more));
        assert_int_equal(row, more);
        rows += row ? 1 : 0;
        for (size_t i = 1; row && i < count; i++) {
            assert_int_equal(count, again_count);
            check_text_at(again[i], cells[i], __FILE__, (int)rows);
        }
    }
    assert_int_equal(rows, N(hostile) + 1);
    csv_close(&a);
    csv_close(&b);
    buf_finish(&first);
    buf_finish(&second);
}

static void test_export_form(void **state)
{
    (void)state;
    assert_int_equal(import_text("title,Extra,=x\nA,,1\nB,two,2\n", "ticket", ""), 2);
    export_to_out("ticket", true);
    /* every cell quoted, CRLF, kept columns behind the fields, a guarded name */
    for (size_t i = 0; i < out.len; i++) {
        assert_true(out.ptr[i] != '\n' || out.ptr[i - 1] == '\r');
    }
    assert_true(text_starts(buf_text(&out), TEXT("\"id\",\"title\",\"body\",")));
    assert_true(out_holds(",\"Extra\",\"'=x\"\r\n"));
    assert_true(out_holds(",\"two\",\"2\"\r\n"));
    assert_true(out_holds(",\"\",\"1\"\r\n"));
    assert_true(out.len > 2 && out.ptr[out.len - 1] == '\n');
}

/* ---- what does not fit --------------------------------------------------------------------- */

static void test_unknown_people_are_kept(void **state)
{
    (void)state;
    static const char csv[] = "Summary,Owner,Who checks up\none,ana,Zoe\ntwo,An,ben\nthree,Zoe,\n";
    struct import_plan *p = plan_of(IMPORT_CSV, BYTES(csv, sizeof csv - 1), "ticket", "");

    assert_int_equal(import_plan_issue_count(p), 0);
    assert_int_equal(import_plan_note_count(p), 3);
    assert_int_equal(import_plan_note(p, 0)->line, 2);
    assert_non_null(memmem(import_plan_note(p, 0)->what.ptr, import_plan_note(p, 0)->what.len,
                           "no member 'Zoe'", 15));
    assert_int_equal(taken_of(p, false), 3);
    import_plan_free(&p);
    check_text(field_of("ticket", "one", "assignee"), "Ana");
    check_text(field_of("ticket", "one", "ext"), "{\"Who checks up\":\"Zoe\"}");
    assert_int_equal(field_of("ticket", "two", "assignee").len, 0);
    check_text(field_of("ticket", "two", "checker"), "Ben");
    check_text(field_of("ticket", "three", "ext"), "{\"Owner\":\"Zoe\"}");
    p = plan_of(IMPORT_CSV, BYTES(csv, sizeof csv - 1), "ticket", "");
    assert_int_equal(import_plan_known(p), 3);
    import_plan_free(&p);
}

static void test_bad_rows_are_named(void **state)
{
    (void)state;
    static const char csv[] = "title,severity,due,state,comments\n"
                              "good,HIGH,2026-01-31,in,\n"
                              "best,low,2026-01-31,open,called back\n"
                              "date,low,31.01.2026,open,\n"
                              "rank,urgent,,,\n"
                              ",low,,,\n";
    static const char *const issues[] = {"'state' cannot be 'in'", "a date like 2026-11-24",
                                         "'severity' cannot be 'urgent'", "'title' is empty"};
    struct import_plan *p = plan_of(IMPORT_CSV, BYTES(csv, sizeof csv - 1), "ticket", "");
    size_t taken = 99;

    assert_int_equal(import_plan_issue_count(p), N(issues));
    for (size_t i = 0; i < N(issues); i++) {
        const struct import_issue *issue = import_plan_issue(p, i);
        assert_int_equal(issue->line, i == 0 ? 2 : i + 3);
        if (memmem(issue->what.ptr, issue->what.len, issues[i], strlen(issues[i])) == NULL) {
            fail_msg("%.*s", (int)issue->what.len, issue->what.ptr);
        }
    }
    check_fault(&cx, STATUS_MALFORMED, "4 rows cannot be taken",
                import_plan_run(&cx, desk.records, p, false, NULL, NULL, &taken));
    assert_int_equal(taken, 99);
    assert_int_equal(count_of("ticket"), 0);
    assert_int_equal(taken_of(p, true), 1);
    import_plan_free(&p);
    check_text(field_of("ticket", "best", "state"), "open");
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *mapping;
        enum status status;
        const char *why;
    } cases[] = {
        {"", "", STATUS_MALFORMED, "names of its columns"},
        {"a,b\n1,2\n", "", STATUS_USAGE, "no column fits 'title'"},
        {"a,b\n1,2,3\n", "", STATUS_MALFORMED, "line 2: 3 cells"},
        {"a,b\n1,2\n", "a=title,c=body", STATUS_USAGE, "no column 'c'"},
        {"a,b\n1,2\n", "a=titel", STATUS_NOT_FOUND, "nearest is 'title'"},
        {"a,b\n1,2\n", "a=title,b=title", STATUS_USAGE, "two columns"},
        {"a,b\n1,2\n", "title", STATUS_USAGE, "expected Column=field"},
        {"title,b\n1,\"2\n", "", STATUS_MALFORMED, "line 2: the quote"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct import_plan *p = NULL;
        check_fault(&cx, cases[i].status, cases[i].why,
                    import_plan_make(&cx, desk.records, IMPORT_CSV,
                                     BYTES(cases[i].csv, strlen(cases[i].csv)), type_of("ticket"),
                                     text_of(cases[i].mapping), &p));
        assert_null(p);
    }
    enum import_format format;
    check_fault(&cx, STATUS_USAGE, "nearest is 'bitwarden'",
                import_format_find(&cx, TEXT("bitwardn"), &format));
    check_ok(&cx, import_format_find(&cx, TEXT("keepassxc"), &format));
    assert_int_equal(format, IMPORT_KEEPASSXC_CSV);
}

static void test_mapping_and_odd_columns(void **state)
{
    (void)state;
    assert_int_equal(import_text("Thema;Wer;Labels;Labels;;title\nA;ben;x, y;z;w;kept\nB;;;;;\n",
                                 "ticket", "Thema=title,Wer=assignee"),
                     2);
    check_text(field_of("ticket", "A", "assignee"), "Ben");
    check_text(field_of("ticket", "A", "tags"), "x, y");
    check_text(field_of("ticket", "A", "ext"),
               "{\"Labels (2)\":\"z\",\"column 5\":\"w\",\"title\":\"kept\"}");
    assert_int_equal(field_of("ticket", "B", "ext").len, 0);
    check_text(field_of("ticket", "B", "severity"), "normal");
    /* one line with a break in it is taken as one line, and the file is known after */
    assert_int_equal(import_text("title,place\n\"C\nc\",=1\n", "ticket", ""), 1);
    check_text(field_of("ticket", "C c", "title"), "C c");
    check_text(field_of("ticket", "C c", "place"), "=1");
    assert_int_equal(import_text("title,place\n\"C\nc\",'=1\n", "ticket", ""), 0);
}

/* ---- many rows ----------------------------------------------------------------------------- */

static long cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static void test_many_rows_are_planned_soon(void **state)
{
    (void)state;
#ifdef VALISE_SANITIZED
    enum { ROWS = 5000 };
#else
    enum { ROWS = 100000 };
#endif
    check_ok(&cx, buf_add_text(&cx, &out,
                               TEXT("No,Summary,Description,Priority,Status,Owner,Due,Labels\n")));
    for (size_t i = 0; i < ROWS; i++) {
        check_ok(&cx,
                 buf_printf(&cx, &out,
                            "%zu,Ticket number %zu,\"some text, with \"\"quotes\"\"\",%s,%s,%s,"
                            "2026-03-%02zu,\"night, field %zu\"\n",
                            i, i, i % 3 == 0 ? "High" : "low", i % 2 == 0 ? "New" : "Done",
                            i % 5 == 0 ? "Zoe" : "ben", 1 + i % 28, i % 100));
    }
    long before = cpu_ms();
    struct import_plan *p = plan_of(IMPORT_CSV, buf_view(&out), "ticket", "");
    long after = cpu_ms();
    print_message("%d rows planned in %ld ms of CPU\n", ROWS, after - before);
    assert_int_equal(import_plan_rows(p), ROWS);
    assert_int_equal(import_plan_issue_count(p), 0);
    import_plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_csv_reader, start, stop),
        cmocka_unit_test_setup_teardown(test_csv_limits, start, stop),
        cmocka_unit_test_setup_teardown(test_tickets_sample, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_keepassxc_sample, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_keepassxc_wants_its_columns, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_bitwarden_sample, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_bitwarden_refuses, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_hostile_cells_make_the_round_trip, start_desk,
                                        stop_desk),
        cmocka_unit_test_setup_teardown(test_export_form, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_unknown_people_are_kept, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_bad_rows_are_named, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_files_that_are_refused, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_mapping_and_odd_columns, start_desk, stop_desk),
        cmocka_unit_test_setup_teardown(test_many_rows_are_planned_soon, start_desk, stop_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
