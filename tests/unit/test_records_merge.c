/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what happens when people change the same records apart from each other: each merge rule,
 * conflicts and their settling, moves against moves, deletions against edits, and what the judge
 * refuses of a program that writes past it, with the same verdict on both sides.
 */
#include "records-world.h"

static struct team_world world;
static struct desk ann, ben; /* an admin and an editor */

static void both_ways(void)
{
    desk_pass(&ann, &ben);
    desk_pass(&ben, &ann);
    desk_pass(&ann, &ben);
    desks_agree(&ann, &ben);
}

static int set_up(void **state)
{
    (void)state;
    team_world_init(&world, test_seed());
    struct peer *host = peer_found(&world);
    struct peer *guest = peer_join(&world, host, "Ben", "editor");
    desk_open(&ann, host, sample_schema(&host->cx));
    desk_open(&ben, guest, sample_schema(&guest->cx));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    both_ways();
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
    check_ok(ben.cx, records_check(ben.cx, ben.records, false));
    desk_close(&ann);
    desk_close(&ben);
    team_world_finish(&world);
    sample_release();
    return 0;
}

/* A record both hold. */
static int64_t shared(const char *title, int64_t *ret_bens)
{
    int64_t record = desk_create(&ann, title);
    both_ways();
    *ret_bens = desk_same(&ann, record, &ben);
    return record;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void test_rules(void **state)
{
    static const struct {
        enum sample_field field;
        const char *before, *ann, *ben, *after;
        size_t conflicts;
    } cases[] = {
        {S_TITLE, "a", "b", "c", NULL, 1}, /* the last in order, shown as a conflict */
        {S_TITLE, "a", "b", "b", "b", 0},  /* the same words are no conflict */
        {S_NOTE, "a", "b", "c", NULL, 1},
        {S_NOTE, "", "b", "", NULL, 0}, /* one of them changed nothing */
        {S_COUNT, "5", "+2", "-1", "6", 0},
        {S_COUNT, "5", "0", "0", "-5", 0}, /* both made it zero: deltas add up */
        {S_TOP, "1", "9", "7", "9", 0},
        {S_LOW, "1", "-9", "7", "-9", 0},
        {S_PRICE, "1", "2", "3", NULL, 1},
        {S_URGENT, "yes", "no", "yes", "no", 0}, /* only one of them changed it */
        {S_URGENT, "", "no", "yes", "yes", 0},
        {S_LEVEL, "mid", "low", "high", "high", 0},
        {S_TINT, "red", "green", "blue", NULL, 1},
        {S_TAGS, "x,y", "-x", "+z", "y, z", 0},
        {S_TAGS, "x", "-x", "-x", "", 0},
        {S_OWNER, "", "Anna", "Ben", NULL, 1},
        {S_PIN, "one", "two", "three", NULL, 1},
        {S_BODY, "1\n2\n3\n4\n5\n", "1!\n2\n3\n4\n5\n", "1\n2\n3\n4\n5?\n", "1!\n2\n3\n4\n5?\n", 0},
        {S_BODY, "1\n2\n3\n", "1\nx\n3\n", "1\ny\n3\n", NULL, 1},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        int64_t bens = 0, record = shared("start", &bens);
        desk_set(&ann, record, cases[i].field, cases[i].before);
        both_ways();
        desk_set(&ann, record, cases[i].field, cases[i].ann);
        desk_set(&ben, bens, cases[i].field, cases[i].ben);
        both_ways();
        assert_int_equal(desk_conflicts(&ann, record), cases[i].conflicts);
        if (cases[i].after != NULL) {
            assert_string_equal(desk_show(&ben, bens, cases[i].field), cases[i].after);
        }
    }
}

/* An edit of one field never disturbs a concurrent edit of another. */
static void test_different_fields(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    for (size_t f = 0; f < S_FIELDS; f++) {
        struct desk *d = f % 2 == 0 ? &ann : &ben;
        static const char *const values[S_FIELDS] = {
            [S_TITLE] = "t",        [S_BODY] = "b",    [S_NOTE] = "n",   [S_COUNT] = "+1",
            [S_TOP] = "2",          [S_LOW] = "3",     [S_PRICE] = "4",  [S_URGENT] = "yes",
            [S_DUE] = "2026-01-01", [S_LEVEL] = "mid", [S_TINT] = "red", [S_TAGS] = "g",
            [S_OWNER] = "Ben",      [S_TALK] = "l",    [S_PIN] = "p",    [S_RAW] = "r"};
        if (f != S_STATE) {
            desk_set(d, f % 2 == 0 ? record : bens, (enum sample_field)f, values[f]);
        }
    }
    both_ways();
    assert_int_equal(desk_conflicts(&ann, record), 0);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "t");
    assert_string_equal(desk_show(&ann, record, S_BODY), "b");
    assert_string_equal(desk_show(&ann, record, S_TAGS), "g");
    assert_string_equal(desk_secret(&ben, bens, S_PIN), "p");
}

/* A tag added on one side stays when the other side removes an older addition of it. */
static void test_tag_added_again_stays(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_set(&ann, record, S_TAGS, "x");
    both_ways();
    desk_set(&ben, bens, S_TAGS, "-x");
    desk_set(&ann, record, S_TAGS, "-x");
    desk_set(&ann, record, S_TAGS, "+x");
    both_ways();
    assert_string_equal(desk_show(&ben, bens, S_TAGS), "x");
}

/* ---- conflicts ------------------------------------------------------------------------------- */

struct values {
    size_t count, shown;
    char words[4][64];
};

static enum status see_value(void *self, struct ctx *cx, const struct conflict_value *v)
{
    struct values *all = self;
    (void)cx;
    assert_true(all->count < 4);
    snprintf(all->words[all->count++], sizeof all->words[0], "%.*s", (int)v->value.len,
             v->value.ptr);
    all->shown += v->shown;
    return STATUS_OK;
}

static enum status see_conflict(void *self, struct ctx *cx, int64_t record, const struct field *f)
{
    size_t *count = self;
    (void)cx;
    assert_true(record != 0 && f != NULL);
    ++*count;
    return STATUS_OK;
}

static void test_settling(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    struct values all = {0};
    size_t conflicts = 0;
    (void)state;

    check_status(ann.cx, STATUS_NOT_FOUND,
                 record_resolve(ann.cx, ann.records, record, &sample_fields[S_TITLE], 1, TEXT("")));
    desk_set(&ann, record, S_TITLE, "hers");
    desk_set(&ben, bens, S_TITLE, "his");
    both_ways();
    check_ok(ann.cx, record_conflict_each(ann.cx, ann.records, record, &sample_fields[S_TITLE],
                                          see_value, &all));
    assert_int_equal(all.count, 2);
    assert_int_equal(all.shown, 1);
    assert_string_equal(all.words[0], desk_show(&ann, record, S_TITLE)); /* the shown one first */
    check_ok(ben.cx, records_conflicts_each(ben.cx, ben.records, see_conflict, &conflicts));
    assert_int_equal(conflicts, 1);
    check_status(ann.cx, STATUS_USAGE,
                 record_resolve(ann.cx, ann.records, record, &sample_fields[S_TITLE], 3, TEXT("")));
    check_ok(ann.cx,
             record_resolve(ann.cx, ann.records, record, &sample_fields[S_TITLE], 2, TEXT("")));
    both_ways();
    assert_int_equal(desk_conflicts(&ben, bens), 0);
    assert_string_equal(desk_show(&ben, bens, S_TITLE), all.words[1]);
}

static void test_settling_with_new_words(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_set(&ann, record, S_TITLE, "hers");
    desk_set(&ben, bens, S_TITLE, "his");
    both_ways();
    check_ok(ben.cx,
             record_resolve(ben.cx, ben.records, bens, &sample_fields[S_TITLE], 0, TEXT("ours")));
    desk_set(&ann, record, S_NOTE, "meanwhile");
    both_ways();
    assert_int_equal(desk_conflicts(&ann, record), 0);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "ours");
    /* a secret's candidates are told apart by who and when, not by their words */
    desk_set(&ann, record, S_PIN, "one");
    desk_set(&ben, bens, S_PIN, "two");
    both_ways();
    struct values all = {0};
    check_ok(ann.cx, record_conflict_each(ann.cx, ann.records, record, &sample_fields[S_PIN],
                                          see_value, &all));
    assert_string_equal(all.words[0], SECRET_MASK);
    assert_string_equal(all.words[1], SECRET_MASK);
}

/* Three texts of one document, each from the same beginning. */
static void test_document_edited_twice_and_merged(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_set(&ann, record, S_BODY, "a\nb\nc\nd\ne\nf\ng\n");
    both_ways();
    desk_set(&ann, record, S_BODY, "A\nb\nc\nd\ne\nf\ng\n");
    desk_set(&ann, record, S_BODY, "A\nb\nC\nd\ne\nf\ng\n");
    desk_set(&ben, bens, S_BODY, "a\nb\nc\nd\ne\nf\nG\n");
    both_ways();
    assert_string_equal(desk_show(&ann, record, S_BODY), "A\nb\nC\nd\ne\nf\nG\n");
    /* the next edit stands on the merged text, and ends the concurrency */
    desk_set(&ben, bens, S_BODY, "A\nb\nC\nd\nE\nf\nG\n");
    both_ways();
    assert_string_equal(desk_show(&ann, record, S_BODY), "A\nb\nC\nd\nE\nf\nG\n");
    assert_int_equal(desk_conflicts(&ann, record), 0);
}

/* ---- states ---------------------------------------------------------------------------------- */

static enum status move(struct desk *d, int64_t record, const char *transition)
{
    return record_move(d->cx, d->records, record, text_of(transition), NULL, 0);
}

static void test_moves_against_moves(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_set(&ann, record, S_OWNER, "me");
    check_ok(ann.cx, move(&ann, record, "start"));
    both_ways();
    check_ok(ann.cx, move(&ann, record, "drop")); /* void stands before done */
    check_ok(ben.cx, move(&ben, bens, "approve"));
    both_ways();
    assert_string_equal(desk_show(&ben, bens, S_STATE), "void");
    assert_int_equal(desk_conflicts(&ben, bens), 0);

    record = shared("second", &bens);
    desk_set(&ann, record, S_OWNER, "me");
    check_ok(ann.cx, move(&ann, record, "start"));
    both_ways();
    check_ok(ann.cx, move(&ann, record, "finish"));
    check_ok(ben.cx, move(&ben, bens, "lose")); /* no rule says which: a person must */
    both_ways();
    assert_int_equal(desk_conflicts(&ben, bens), 1);
    assert_string_equal(desk_show(&ben, bens, S_STATE), "done"); /* it has a precedence */
    check_ok(ben.cx,
             record_resolve(ben.cx, ben.records, bens, &sample_fields[S_STATE], 2, TEXT("")));
    both_ways();
    assert_string_equal(desk_show(&ann, record, S_STATE), "lost");
    assert_int_equal(desk_conflicts(&ann, record), 0);
}

/* The guard held where the move was made; a concurrent edit does not take that away. */
static void test_guard_is_judged_where_it_was_made(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_set(&ann, record, S_OWNER, "me");
    check_ok(ann.cx, move(&ann, record, "start"));
    both_ways();
    desk_set(&ben, bens, S_OWNER, "");
    check_ok(ann.cx, move(&ann, record, "finish"));
    both_ways();
    assert_string_equal(desk_show(&ben, bens, S_STATE), "done");
    assert_string_equal(desk_show(&ben, bens, S_OWNER), "");
    check_status(ben.cx, STATUS_DENIED, move(&ben, bens, "drop")); /* for admins */
}

static void test_undo_stops_at_others(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    struct buf what;
    (void)state;

    buf_init(&what, KIB);
    desk_set(&ann, record, S_TITLE, "hers");
    both_ways();
    desk_set(&ben, bens, S_TITLE, "his");
    both_ways();
    check_fault(ann.cx, STATUS_CONFLICT, "'title' was changed again",
                record_undo(ann.cx, ann.records, record, &what));
    check_ok(ben.cx, record_undo(ben.cx, ben.records, bens, &what));
    both_ways();
    assert_string_equal(desk_show(&ann, record, S_TITLE), "hers");
    buf_finish(&what);
}

/* ---- deletions ------------------------------------------------------------------------------- */

static bool deleted(struct desk *d, int64_t record)
{
    struct record_info info;
    check_ok(d->cx, record_info_get(d->cx, d->records, record, &info));
    return info.deleted;
}

static void test_deletion_and_a_concurrent_edit(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    both_ways();
    assert_true(deleted(&ben, bens));
    check_ok(ben.cx, record_restore(ben.cx, ben.records, bens));
    both_ways();
    assert_false(deleted(&ann, record));
    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    desk_set(&ben, bens, S_NOTE, "still needed"); /* the deleter did not know */
    both_ways();
    assert_false(deleted(&ann, record));
    assert_string_equal(desk_show(&ann, record, S_NOTE), "still needed");
    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    check_ok(ben.cx, record_delete(ben.cx, ben.records, bens));
    both_ways();
    assert_true(deleted(&ann, record));
    check_ok(ann.cx, record_restore(ann.cx, ann.records, record)); /* both of them */
    both_ways();
    assert_false(deleted(&ben, bens));
}

/* ---- the judge ------------------------------------------------------------------------------- */

static enum status see_refusal(void *self, struct ctx *cx, const struct history_line *h)
{
    char *reason = self;
    (void)cx;
    if (text_equal(h->what, TEXT("refused"))) {
        snprintf(reason, 128, "%.*s", (int)h->reason.len, h->reason.ptr);
    }
    return STATUS_OK;
}

/* Text of the last refusal in a record's history; empty when there is none. */
static const char *refusal(struct desk *d, int64_t record)
{
    static char reason[128];
    reason[0] = '\0';
    check_ok(d->cx, records_history(d->cx, d->records, record, 0, see_refusal, reason));
    return reason;
}

static const uint8_t nothing[] = {0x80};

static int64_t last_key(struct desk *d)
{
    struct stmt *s = NULL;
    bool row = false;
    int64_t ix = team_this_device(d->peer->team)->ix;

    check_ok(d->cx, stmt_use(d->cx, d->peer->vault, STMT_RECORDS_OP_NEWEST, &s));
    stmt_bind_int(s, 1, OP_KEY(ix, 0, 0));
    stmt_bind_int(s, 2, OP_KEY(ix + 1, 0, 0) - 1);
    stmt_bind_int(s, 3, 1);
    check_ok(d->cx, stmt_step(d->cx, s, &row));
    assert_true(row);
    int64_t key = stmt_int(s, 0);
    stmt_reset(s);
    return key;
}

static void test_refused_operations_change_nothing(void **state)
{
    static const uint8_t number[] = {0x18, 0x63}, pink[] = {0x64, 'p', 'i', 'n', 'k'},
                         null[] = {0xf6}, done[] = {0x64, 'd', 'o', 'n', 'e'},
                         fly[] = {0x63, 'f', 'l', 'y', 0x64, 'd', 'o', 'n', 'e', 0x80},
                         drop[] = {0x64, 'd', 'r', 'o', 'p', 0x64, 'v', 'o', 'i', 'd', 0x80},
                         approve[] = {0x67, 'a',  'p', 'p', 'r', 'o', 'v',
                                      'e',  0x64, 'd', 'o', 'n', 'e', 0x80},
                         settle[] = {0xf6, 0x64, 'd', 'o', 'n', 'e', 0x80};
    const struct {
        struct op_form form;
        const char *reason;
    } cases[] = {
        {{.verb = OP_SET, .name = T("title"), .base = BYTES_OF(nothing), .value = BYTES_OF(number)},
         "the value does not fit the field"},
        {{.verb = OP_SET, .name = T("tint"), .base = BYTES_OF(nothing), .value = BYTES_OF(pink)},
         "the value does not fit the field"},
        {{.verb = OP_SET, .name = T("title"), .base = BYTES_OF(nothing), .value = BYTES_OF(null)},
         "a required field would be empty"},
        {{.verb = OP_SET, .name = T("st"), .base = BYTES_OF(nothing), .value = BYTES_OF(done)},
         "the field does not change in this way"},
        {{.verb = OP_SET, .name = T("count"), .base = BYTES_OF(nothing), .value = BYTES_OF(number)},
         "the field does not change in this way"},
        {{.verb = OP_ADD, .name = T("top"), .value = BYTES_OF(number)},
         "the field does not change in this way"},
        {{.verb = OP_SET, .name = T("colour"), .base = BYTES_OF(nothing), .value = BYTES_OF(pink)},
         "the kit has no such field"},
        {{.verb = OP_MOVE, .base = BYTES_OF(nothing), .value = BYTES_OF(fly)},
         "the kit has no such transition"},
        {{.verb = OP_MOVE, .base = BYTES_OF(nothing), .value = BYTES_OF(drop)},
         "the transition is for another role"},
        {{.verb = OP_MOVE, .base = BYTES_OF(nothing), .value = BYTES_OF(approve)},
         "the state it started from does not lead there"},
        {{.verb = OP_MOVE, .base = BYTES_OF(nothing), .value = BYTES_OF(settle)},
         "there was nothing of its author's to take back"},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        int64_t bens = 0, record = shared("start", &bens);
        struct op_form form = cases[i].form;
        key_ref(ben.records, team_this_device(ben.peer->team)->ix, bens, &form.record);
        struct id before = desk_hash(&ben);
        (void)desk_force(&ben, &form);
        struct id after = desk_hash(&ben);
        both_ways();
        assert_true(id_equal(&before, &after));
        assert_string_equal(refusal(&ann, record), cases[i].reason);
        assert_string_equal(refusal(&ben, bens), cases[i].reason);
        desk_set(&ben, bens, S_TITLE, "life goes on");
        both_ways();
        assert_string_equal(desk_show(&ann, record, S_TITLE), "life goes on");
    }
}

/* [F-95] What is not here, and what stands later, is passed over: nobody can be made to hold it.
 * What counts and says nothing of the field is refused. */
static void test_lies_about_the_base(void **state)
{
    static const uint8_t pink[] = {0x64, 'p', 'i', 'n', 'k'},
                         lie[] = {0x81, 0x83, 0xf6, 0x18, 0x7b, 0x00}; /* my entry 123 */
    const enum op_verb verbs[] = {OP_SET, OP_RESTORE};
    (void)state;

    for (size_t i = 0; i < LENGTH(verbs); i++) {
        int64_t bens = 0, record = shared("start", &bens);
        struct op_form form = {
            .verb = verbs[i], .base = BYTES_OF(lie), .name = T("note"), .value = BYTES_OF(pink)};
        key_ref(ben.records, team_this_device(ben.peer->team)->ix, bens, &form.record);
        (void)desk_force(&ben, &form);
        both_ways();
        assert_string_equal(refusal(&ann, record), "");
        assert_string_equal(desk_show(&ann, record, S_NOTE), verbs[i] == OP_SET ? "pink" : "");

        struct buf base;
        buf_init(&base, KIB);
        desk_set(&ben, bens, S_TITLE, "new");
        int64_t set = last_key(&ben);
        check_ok(ben.cx, refs_write(ben.cx, ben.records, &set, 1, &base));
        form.base = buf_view(&base);
        (void)desk_force(&ben, &form);
        both_ways();
        assert_string_equal(refusal(&ann, record),
                            "it was made on something that does not bear on it");
        assert_string_equal(refusal(&ben, bens),
                            "it was made on something that does not bear on it");
        buf_finish(&base);
    }
}

/* A record of another team, or of nobody: kept, without effect, and no error. */
static void test_strange_names(void **state)
{
    static const uint8_t word[] = {0x64, 'w', 'o', 'r', 'd'};
    struct op_form form = {.verb = OP_SET,
                           .record = {.device = {1, 2, 3, 4, 5, 6, 7, 8}, .seq = 1, .index = 0},
                           .name = TEXT("title"),
                           .base = BYTES_OF(nothing),
                           .value = BYTES_OF(word)};
    int64_t bens = 0, record = shared("start", &bens);
    struct id before = desk_hash(&ann);
    (void)state;

    (void)desk_force(&ben, &form);
    form.record = (struct op_ref){.own = true, .seq = 999, .index = 9};
    (void)desk_force(&ben, &form);
    both_ways();
    struct id after = desk_hash(&ann);
    assert_true(id_equal(&before, &after));
    desk_set(&ann, record, S_TITLE, "fine");
    both_ways();
    assert_string_equal(desk_show(&ben, bens, S_TITLE), "fine");
}

static void test_a_reader_changes_nothing(void **state)
{
    int64_t bens = 0, record = shared("start", &bens), made = 0;
    const struct assignment a = {.field = &sample_fields[S_TITLE], .value = TEXT("mine")};
    struct desk cleo;
    (void)state;

    desk_open(&cleo, peer_join(&world, ann.peer, "Cleo", "reader"), sample_schema(ann.cx));
    int64_t hers = desk_same(&ann, record, &cleo);
    check_fault(cleo.cx, STATUS_DENIED, "the role 'reader'",
                desk_try(&cleo, hers, S_TITLE, "mine"));
    check_status(cleo.cx, STATUS_DENIED,
                 record_create(cleo.cx, cleo.records, &sample_types[0], NULL, &a, 1, &made));
    check_status(cleo.cx, STATUS_DENIED, record_delete(cleo.cx, cleo.records, hers));
    check_status(cleo.cx, STATUS_DENIED, move(&cleo, hers, "start"));
    assert_string_equal(desk_show(&cleo, hers, S_TITLE), "start");
    desk_close(&cleo);
}

/* What came before its kit is counted when the kit comes. */
static void test_kit_on_one_side_only(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_reopen(&ben, &sample_none);
    desk_set(&ann, record, S_TITLE, "unseen");
    desk_set(&ann, record, S_COUNT, "+3");
    int64_t second = desk_create(&ann, "second");
    desk_set(&ann, second, S_TALK, "hello");
    desk_pass(&ann, &ben);
    desk_reopen(&ben, sample_schema(ben.cx));
    both_ways();
    assert_string_equal(desk_show(&ben, bens, S_TITLE), "unseen");
    assert_string_equal(desk_show(&ben, desk_same(&ann, second, &ben), S_TITLE), "second");
    assert_string_equal(desk_show(&ben, bens, S_COUNT), "3");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rules),
        CASE(test_different_fields),
        CASE(test_tag_added_again_stays),
        CASE(test_settling),
        CASE(test_settling_with_new_words),
        CASE(test_document_edited_twice_and_merged),
        CASE(test_moves_against_moves),
        CASE(test_guard_is_judged_where_it_was_made),
        CASE(test_undo_stops_at_others),
        CASE(test_deletion_and_a_concurrent_edit),
        CASE(test_refused_operations_change_nothing),
        CASE(test_lies_about_the_base),
        CASE(test_strange_names),
        CASE(test_a_reader_changes_nothing),
        CASE(test_kit_on_one_side_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
