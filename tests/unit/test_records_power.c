/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that records follow the charter on real logs: a removal that comes before or after what it
 * takes away, taken back, another role beyond a cut, a role of single fields, a compartment some do
 * not read. Whatever order people hear of it in, they end alike and as a rebuild would make it.
 * test_records_void.c has each rule of data apart, with authority played.
 */
#include "records-world.h"

#define TEXT_ROW(literal)                                                                          \
    {                                                                                              \
        .ptr = (literal), .len = sizeof(literal) - 1                                               \
    } /* TEXT() where a constant is needed */

enum { PEOPLE = 3 };
static struct team_world world;
static struct desk people[PEOPLE];
static struct desk *const ann = &people[0], *const ben = &people[1], *const cleo = &people[2];

static int set_up(void **state)
{
    static const char *const names[PEOPLE] = {"Anna", "Ben", "Cleo"};
    (void)state;

    team_world_init(&world, test_seed());
    struct peer *host = peer_found(&world);
    for (size_t i = 0; i < PEOPLE; i++) {
        struct peer *p = i == 0 ? host : peer_join(&world, host, names[i], "editor");
        desk_open(&people[i], p, sample_schema(&p->cx));
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < PEOPLE; i++) {
        check_ok(people[i].cx, records_check(people[i].cx, people[i].records, false));
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        desk_close(&people[i]);
    }
    team_world_finish(&world);
    sample_release();
    return 0;
}

static void all_know(void)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < PEOPLE; i++) {
            for (size_t k = 0; k < PEOPLE; k++) {
                if (i != k) {
                    desk_pass(&people[i], &people[k]);
                }
            }
        }
    }
}

static void exchange(struct desk *a, struct desk *b)
{
    desk_pass(a, b);
    desk_pass(b, a);
    desk_pass(a, b);
}

static struct id member_of(struct desk *d)
{
    return team_this_device(d->peer->team)->member;
}

struct told {
    char text[4096];
    int64_t ops[32];
    size_t count;
};

static enum status tell(void *self, struct ctx *cx, const struct history_line *h)
{
    struct told *t = self;
    size_t used = strlen(t->text);
    (void)cx;
    snprintf(t->text + used, sizeof t->text - used, "%.*s=%.*s (%.*s);", (int)h->what.len,
             h->what.ptr, (int)h->value.len, h->value.ptr, (int)h->reason.len, h->reason.ptr);
    assert_true(t->count < LENGTH(t->ops));
    t->ops[t->count++] = h->op;
    return STATUS_OK;
}

static struct told late(struct desk *d)
{
    struct told t = {.count = 0};
    check_ok(d->cx, records_void_each(d->cx, d->records, tell, &t));
    return t;
}

static struct told history(struct desk *d, int64_t record)
{
    struct told t = {.count = 0};
    check_ok(d->cx, records_history(d->cx, d->records, record, 0, tell, &t));
    return t;
}

/* ---- removal --------------------------------------------------------------------------------- */

/* Ben writes on without knowing; Cleo builds on it; Ann has the removal first, Cleo last. */
static void test_removed_before_it_came(void **state)
{
    int64_t record = desk_create(ann, "start"), made = 0;
    const struct id bens = member_of(ben);
    (void)state;

    all_know();
    int64_t at_bens = desk_same(ann, record, ben), at_cleos = desk_same(ann, record, cleo);
    desk_set(ben, at_bens, S_NOTE, "in time");
    exchange(ben, ann);
    check_ok(ann->cx, team_remove(ann->cx, ann->peer->team, &bens, 0));
    assert_string_equal(desk_show(ann, record, S_NOTE), "in time");

    desk_set(ben, at_bens, S_NOTE, "too late");
    desk_set(ben, at_bens, S_COUNT, "+5");
    made = desk_create(ben, "bens own");
    exchange(ben, cleo);
    assert_string_equal(desk_show(cleo, at_cleos, S_NOTE), "too late");
    desk_set(cleo, at_cleos, S_NOTE, "cleos");
    desk_set(cleo, desk_same(ben, made, cleo), S_NOTE, "on bens record");

    exchange(cleo, ann);
    desks_agree(ann, cleo);
    assert_string_equal(desk_show(ann, record, S_NOTE), "cleos");
    assert_int_equal(desk_conflicts(ann, record), 0);
    assert_string_equal(desk_show(ann, record, S_COUNT), "");
    assert_string_equal(desk_show(cleo, at_cleos, S_COUNT), "");
    struct told t = late(ann);
    assert_int_equal(t.count, 3);
    assert_non_null(strstr(t.text, "set=too late (after Ben was removed by Anna)"));
    assert_non_null(
        strstr(history(cleo, at_cleos).text, "void=+5 (after Ben was removed by Anna)"));

    for (size_t i = 0; i < t.count; i++) {
        int64_t on = 0;
        check_ok(ann->cx, record_adopt(ann->cx, ann->records, t.ops[i], &on));
    }
    exchange(ann, cleo);
    desks_agree(ann, cleo);
    assert_string_equal(desk_show(cleo, at_cleos, S_COUNT), "5");
    assert_int_equal(desk_conflicts(cleo, at_cleos), 1); /* Cleo's note and what Ben's became */
}

/* The cut may lie before what is here: it goes again everywhere, and a pardon brings it back. */
static void test_removed_back_in_time(void **state)
{
    int64_t record = desk_create(ann, "start");
    const struct id bens = member_of(ben);
    (void)state;

    all_know();
    int64_t at_bens = desk_same(ann, record, ben);
    desk_set(ben, at_bens, S_TITLE, "good");
    all_know();
    int64_t then = ann->peer->machine.now;
    for (size_t i = 0; i < PEOPLE; i++) {
        people[i].peer->machine.now += 10000;
    }
    desk_set(ben, at_bens, S_TITLE, "bad");
    desk_set(ben, at_bens, S_PIN, "stolen");
    all_know();
    struct id with = desk_hash(ann);
    assert_string_equal(desk_show(ann, record, S_TITLE), "bad");
    check_ok(ann->cx, team_remove(ann->cx, ann->peer->team, &bens, then + 5000));
    assert_string_equal(desk_show(ann, record, S_TITLE), "good");
    assert_string_equal(desk_secret(ann, record, S_PIN), "");
    check_ok(ann->cx, records_check(ann->cx, ann->records, false));
    exchange(ann, cleo);
    desks_agree(ann, cleo);
    desk_reopen(ann, sample_schema(ann->cx));
    check_ok(ann->cx, records_check(ann->cx, ann->records, false));
    check_ok(ann->cx, team_pardon(ann->cx, ann->peer->team, 1));
    struct id again = desk_hash(ann);
    assert_true(id_equal(&with, &again));
    exchange(ann, cleo);
    desks_agree(ann, cleo);
}

/* ---- roles ----------------------------------------------------------------------------------- */

static text keeper_fields[] = {TEXT_ROW("note")};

static void define_keeper(void)
{
    struct role_access access[] = {{TEXT_ROW("team"), true}};
    struct role_type types[] = {{.type = TEXT_ROW("lab.sample"),
                                 .fields = keeper_fields,
                                 .fields_count = 1,
                                 .verbs = VERB_SET | VERB_MOVE}};
    const struct role_spec spec = {.name = TEXT("keeper"),
                                   .access = access,
                                   .access_count = 1,
                                   .types = types,
                                   .types_count = 1};
    check_ok(ann->cx, team_role_define(ann->cx, ann->peer->team, &spec));
}

/* Beyond the cut the new role judges; before it nothing changes. */
static void test_another_role_of_single_fields(void **state)
{
    static const uint8_t nothing[] = {0x80},
                         start[] = {0x65, 's',  't',  'a', 'r', 't', 0x65, 'd', 'o',  'i', 'n',
                                    'g',  0x82, 0x65, 't', 'i', 't', 'l',  'e', 0x61, 'x'};
    int64_t record = desk_create(ann, "start");
    const struct id bens = member_of(ben);
    struct op_form form = {.verb = OP_MOVE, .base = BYTES_OF(nothing), .value = BYTES_OF(start)};
    (void)state;

    all_know();
    int64_t at_bens = desk_same(ann, record, ben);
    desk_set(ben, at_bens, S_TITLE, "an editor may");
    exchange(ben, ann);
    define_keeper();
    check_ok(ann->cx,
             team_replace(ann->cx, ann->peer->team, &bens, TEXT("editor"), TEXT("keeper")));
    desk_set(ben, at_bens, S_TITLE, "offline and too late");
    desk_set(ben, at_bens, S_NOTE, "a keeper may");
    exchange(ben, ann);
    all_know();
    for (size_t i = 0; i < PEOPLE; i++) {
        int64_t here = desk_same(ann, record, &people[i]);
        assert_string_equal(desk_show(&people[i], here, S_TITLE), "an editor may");
        assert_string_equal(desk_show(&people[i], here, S_NOTE), "a keeper may");
        desks_agree(ann, &people[i]);
    }
    assert_non_null(strstr(history(ben, at_bens).text,
                           "refused=offline and too late (its author's role does not allow it)"));
    check_status(ben->cx, STATUS_DENIED, desk_try(ben, at_bens, S_TITLE, "still not"));
    key_ref(ben->records, team_this_device(ben->peer->team)->ix, at_bens, &form.record);
    (void)desk_force(ben, &form); /* nor with a step of the workflow */
    all_know();
    assert_string_equal(desk_show(ann, record, S_TITLE), "an editor may");
    assert_string_equal(desk_show(ann, record, S_STATE), "open");
    check_ok(ben->cx, record_move(ben->cx, ben->records, at_bens, TEXT("start"), NULL, 0));
    all_know();
    assert_string_equal(desk_show(ann, record, S_STATE), "doing");
}

/* ---- compartments ---------------------------------------------------------------------------- */

static int64_t create_in(struct desk *d, const char *title, const char *in, enum status expected)
{
    const struct assignment a = {.field = &sample_fields[S_TITLE], .value = text_of(title)};
    const struct team_compartment *c = NULL;
    int64_t record = 0;

    check_ok(d->cx, team_compartment_find(d->cx, d->peer->team, text_of(in), &c));
    check_status(d->cx, expected,
                 record_create(d->cx, d->records, &sample_types[0], c, &a, 1, &record));
    return record;
}

static uint64_t records_of(struct desk *d)
{
    uint64_t count = 0;
    check_ok(d->cx, records_count(d->cx, d->records, &sample_types[0], &count));
    return count;
}

static void test_a_compartment_of_two(void **state)
{
    struct role_access access[] = {{TEXT_ROW("legal"), true}};
    const struct role_spec spec = {
        .name = TEXT("legal"), .verbs = 31, .access = access, .access_count = 1};
    const struct id cleos = member_of(cleo), anns = member_of(ann);
    (void)state;

    int64_t open = desk_create(ann, "for everybody");
    check_ok(ann->cx, team_compartment_new(ann->cx, ann->peer->team, TEXT("legal")));
    check_ok(ann->cx, team_role_define(ann->cx, ann->peer->team, &spec));
    check_ok(ann->cx, team_give(ann->cx, ann->peer->team, &cleos, TEXT("legal")));
    check_ok(ann->cx, team_give(ann->cx, ann->peer->team, &anns, TEXT("legal")));
    all_know();
    int64_t secret = create_in(cleo, "for two", "legal", STATUS_OK);
    desk_set(cleo, secret, S_PIN, "hidden");
    (void)create_in(ben, "not mine", "legal", STATUS_DENIED);
    all_know();
    assert_int_equal(records_of(ann), 2);
    assert_int_equal(records_of(cleo), 2);
    assert_int_equal(records_of(ben), 1);
    desks_agree(ann, cleo);
    int64_t at_anns = desk_same(cleo, secret, ann);
    desk_set(ann, at_anns, S_NOTE, "by another reader");
    desk_set(ann, open, S_NOTE, "in between");
    desk_set(ann, at_anns, S_TITLE, "renamed");
    all_know();
    assert_string_equal(desk_show(cleo, secret, S_TITLE), "renamed");
    assert_string_equal(desk_secret(ann, at_anns, S_PIN), "hidden");
    assert_string_equal(desk_show(ben, desk_same(ann, open, ben), S_NOTE), "in between");
    assert_int_equal(records_of(ben), 1);
    desks_agree(ann, cleo);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_removed_before_it_came),
        CASE(test_removed_back_in_time),
        CASE(test_another_role_of_single_fields),
        CASE(test_a_compartment_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
