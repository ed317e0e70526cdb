/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: the built-in kits and the example of docs/kits.md parse to what they say; every mistake
 * in tests/kits/bad is reported where it stands and with the nearest word; an upgrade takes nothing
 * away; one-time codes match RFC 6238; passwords are made fairly and weak ones are seen.
 */
#include "check.h"
#include "kits.h"
#include "limits.h"
#include "scratch.h"

#include <dirent.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof *(array))

static struct machine machine;
static struct ctx cx;
static struct buf out;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&out, 4 * MIB);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_finish(&out);
    return 0;
}

static void print_problem(void *self, const struct kit_problem *p)
{
    (void)self;
    print_message("%zu:%zu: %.*s\n", p->line, p->column, (int)p->what.len, p->what.ptr);
}

static struct kit_owner *parsed(const char *source)
{
    struct kit_owner *k = NULL;

    check_ok(&cx, kit_parse(&cx, BYTES(source, strlen(source)), TEXT("test.kit"), print_problem,
                            NULL, &k));
    return k;
}

/* ---- built-in ------------------------------------------------------------------------------ */

static const struct view *view_of(const struct record_type *t, const char *name)
{
    for (size_t i = 0; i < t->view_count; i++) {
        if (text_equal(t->views[i].name, text_of(name))) {
            return &t->views[i];
        }
    }
    fail_msg("no view %s", name);
    return NULL;
}

static void test_built_in_kits(void **state)
{
    (void)state;
    struct kit_shelf *shelf = NULL;
    const struct record_type *ticket = NULL;
    const struct record_type *entry = NULL;

    check_ok(&cx, kit_shelf_open(&cx, &shelf));
    const struct schema *s = kit_shelf_schema(shelf);
    assert_int_equal(s->kit_count, 2);
    check_ok(&cx, schema_find_type(&cx, s, TEXT("ticket"), &ticket));
    check_ok(&cx, schema_find_type(&cx, s, TEXT("passwords"), &entry));
    check_text(ticket->title_field, "title");
    assert_true(type_field_exact(ticket, TEXT("title"))->required);
    const struct field *severity = type_field_exact(ticket, TEXT("severity"));
    assert_int_equal(severity->merge, MERGE_RANK_MAX);
    check_text(severity->choices[3], "emergency");
    const struct field *st = type_state_field(ticket);
    check_text(st->choices[0], "new");
    check_text(st->precedence[0], "escalated");
    assert_int_equal(ticket->views[0].kind, VIEW_QUEUE);
    check_text(ticket->views[0].name, "emergencies");
    check_text(ticket->views[0].order,
               "(CASE severity WHEN 'low' THEN 0 WHEN 'normal' THEN 1 WHEN 'high' THEN 2 WHEN "
               "'emergency' THEN 3 ELSE -1 END) desc, state <> 'escalated', due is null, due");
    check_text(view_of(ticket, "mine")->where, "assignee = :me and state <> 'done'");
    check_text(view_of(ticket, "board")->group, "state");
    const struct field *password = type_field_exact(entry, TEXT("password"));
    assert_int_equal(password->merge, MERGE_KEEP_ALL);
    check_text(password->secret_use, "password");
    check_text(type_field_exact(entry, TEXT("totp"))->secret_use, "totp");
    /* nothing secret can be asked for by SQL */
    for (size_t i = 0; i < entry->view_count; i++) {
        assert_int_equal(
            entry->views[i].where.len == 0 ||
                memmem(entry->views[i].where.ptr, entry->views[i].where.len, "password", 8) == NULL,
            1);
    }
    kit_shelf_close(&shelf);
    assert_null(shelf);
}

/* Every state of a type with a workflow can be reached from the first by its transitions. */
static void test_built_in_states_are_reached(void **state)
{
    (void)state;
    struct kit_shelf *shelf = NULL;
    const struct record_type *t = NULL;
    bool reached[64] = {true};

    check_ok(&cx, kit_shelf_open(&cx, &shelf));
    check_ok(&cx, schema_find_type(&cx, kit_shelf_schema(shelf), TEXT("ticket"), &t));
    const struct field *st = type_state_field(t);
    for (size_t round = 0; round < st->choice_count; round++) {
        for (size_t i = 0; i < t->transition_count; i++) {
            const struct transition *tr = &t->transitions[i];
            for (size_t k = 0; k < st->choice_count; k++) {
                for (size_t f = 0; f < tr->from_count; f++) {
                    if (reached[k] && text_equal(tr->from[f], st->choices[k])) {
                        for (size_t to = 0; to < st->choice_count; to++) {
                            reached[to] = reached[to] || text_equal(st->choices[to], tr->to);
                        }
                    }
                }
            }
        }
    }
    for (size_t k = 0; k < st->choice_count; k++) {
        assert_true(reached[k]);
    }
    kit_shelf_close(&shelf);
}

static void test_docs_example_parses(void **state)
{
    (void)state;
    size_t len = 0;
    char *doc = (char *)scratch_load(TESTS_DIR "/../docs/kits.md", &len);
    struct kit_owner *k = NULL;

    assert_non_null(doc);
    char *from = strstr(doc, "```kit\n");
    assert_non_null(from);
    from += strlen("```kit\n");
    char *to = strstr(from, "```");
    assert_non_null(to);
    check_ok(&cx, kit_parse(&cx, BYTES(from, (size_t)(to - from)), TEXT("docs/kits.md"),
                            print_problem, NULL, &k));
    const struct record_type *loan = &kit_get(k)->types[0];
    assert_int_equal(loan->transition_count, 3);
    check_text(loan->transitions[0].name, "hand_over");
    check_text(loan->transitions[0].roles[1], "admin");
    assert_non_null(loan->transitions[0].guard);
    assert_true(loan->transitions[1].not_self);
    check_text(loan->transitions[2].name, "lost");
    check_text(loan->transitions[2].from[0], "out");
    check_ok(&cx, kit_explain(&cx, kit_get(k), &out));
    const char *words = NULL;
    check_ok(&cx, buf_cstr(&cx, &out, &words));
    assert_non_null(strstr(words, "only when not empty(new.borrower) and new.due >= new.out"));
    assert_non_null(strstr(words, "named by its item"));
    kit_free(&k);
    free(doc);
}

/* ---- mistakes ------------------------------------------------------------------------------ */

struct expectation {
    const char *name;
    const char *next; /* "# expect: " line in the file */
    size_t count;
};

static void hold_against(void *self, const struct kit_problem *p)
{
    struct expectation *e = self;
    char got[512];

    int len = snprintf(got, sizeof got, "# expect: %zu:%zu: %.*s\n", p->line, p->column,
                       (int)p->what.len, p->what.ptr);
    assert_true(len > 0 && (size_t)len < sizeof got);
    if (strncmp(e->next, got, (size_t)len) != 0) {
        fail_msg("%s: got %s", e->name, got);
    }
    e->next += len;
    e->count++;
}

static void test_bad_kits(void **state)
{
    (void)state;
    DIR *folder = opendir(TESTS_DIR "/kits/bad");
    size_t count = 0;
    struct dirent *d;

    assert_non_null(folder);
    while ((d = readdir(folder)) != NULL) {
        if (d->d_name[0] == '.') {
            continue;
        }
        size_t len = 0;
        struct kit_owner *k = NULL;
        uint8_t *file = scratch_load(scratch_path(TESTS_DIR "/kits/bad", d->d_name), &len);
        assert_non_null(file);
        struct expectation e = {.name = d->d_name, .next = (const char *)file};
        fault_clear(&cx);
        enum status status =
            kit_parse(&cx, BYTES(file, len), text_of(d->d_name), hold_against, &e, &k);
        if (status != STATUS_MALFORMED || e.count == 0 || strncmp(e.next, "# expect", 8) == 0) {
            fail_msg("%s: %s after %zu problems", d->d_name, status_name(status), e.count);
        }
        assert_null(k);
        assert_non_null(strstr(cx.fault.what, d->d_name)); /* the fault names the file */
        free(file);
        count++;
    }
    closedir(folder);
    fault_clear(&cx);
    assert_true(count >= 50);
}

static void count_problem(void *self, const struct kit_problem *p)
{
    (void)p;
    (*(size_t *)self)++;
}

static void test_problems_are_bounded(void **state)
{
    (void)state;
    size_t count = 0;
    struct kit_owner *k = NULL;

    for (size_t i = 0; i < 500; i++) {
        check_ok(&cx, buf_add_text(&cx, &out, TEXT("nonsense\n")));
    }
    check_status(&cx, STATUS_MALFORMED,
                 kit_parse(&cx, buf_view(&out), TEXT("x.kit"), count_problem, &count, &k));
    assert_int_equal(count, 50);
    check_status(&cx, STATUS_MALFORMED,
                 kit_parse(&cx, BYTES("\xff", 1), TEXT("x.kit"), NULL, NULL, &k));
    buf_clear(&out);
    uint8_t *more;
    check_ok(&cx, buf_extend(&cx, &out, KIT_FILE_MAX + 1, &more));
    check_status(&cx, STATUS_LIMIT, kit_parse(&cx, buf_view(&out), TEXT("x.kit"), NULL, NULL, &k));
}

/* Fields past the limit, types past the limit: said once each, nothing breaks. */
static void test_limits_of_a_kit(void **state)
{
    (void)state;
    struct kit_owner *k = NULL;

    check_ok(&cx, buf_add_text(&cx, &out, TEXT("kit k v1 for: x\ntype t\n  line a\n")));
    for (size_t i = 0; i < 64; i++) {
        check_ok(&cx, buf_printf(&cx, &out, "  flag f%zu\n", i));
    }
    check_fault(&cx, STATUS_MALFORMED, "67:8: a type has at most 64 fields",
                kit_parse(&cx, buf_view(&out), TEXT("x"), NULL, NULL, &k));
    buf_clear(&out);
    check_ok(&cx, buf_add_text(&cx, &out, TEXT("kit k v1 for: x\n")));
    for (size_t i = 0; i < 33; i++) {
        check_ok(&cx, buf_printf(&cx, &out, "type t%zu\n  line a\n", i));
    }
    check_fault(&cx, STATUS_MALFORMED, "66:6: a kit has at most 32 types",
                kit_parse(&cx, buf_view(&out), TEXT("x"), NULL, NULL, &k));
}

/* ---- upgrades ------------------------------------------------------------------------------ */

#define HEAD(version) "kit k " version " for: x\ntype t\n  line a\n"
#define FIELDS        "  choice c [x < y]\n  state s [new > old]\n  num n scale=2\n"

static const struct {
    const char *next;
    const char *why; /* NULL = fine */
} upgrades[] = {
    {HEAD("v2") FIELDS, NULL},
    {HEAD("v2") FIELDS "  line b\n  view list all\n", NULL},
    {HEAD("v2") "  choice c [w < x < y]\n  state s [new > mid > old; new > old]\n  num n scale=2 "
                "retired\n",
     NULL},
    {HEAD("v1") FIELDS, "is here already"},
    {HEAD("v2") "  choice c [x < y]\n  state s [new > old]\n", "lacks the field 't.n'"},
    {HEAD("v2") "  choice c [x < y]\n  state s [new > old]\n  num n scale=3\n", "another kind"},
    {HEAD("v2") "  choice c [x < y]\n  state s [new > old]\n  line n\n", "another kind"},
    {HEAD("v2") "  choice c [y < x]\n  state s [new > old]\n  num n scale=2\n",
     "lost 'y', or it moved"},
    {HEAD("v2") "  choice c [x < y]\n  state s [old > new; new > old]\n  num n scale=2\n",
     "lost 'old', or it moved"},
    {HEAD("v2") "  choice c [x < y]\n  state s [zero > new > old]\n  num n scale=2\n",
     "starts in another state"},
    {HEAD("v2") "  choice c [x < y]\n  state s [new; old]\n  num n scale=2\n",
     "lacks the transition 'old'"},
    {HEAD("v2") "  choice c [x < y] required\n  state s [new > old]\n  num n scale=2\n",
     "cannot become required"},
    {HEAD("v2") FIELDS "  line b required\n", "cannot be required"},
    {"kit k v2 for: x\ntype u\n  line a\n", "lacks the type 't'"},
    {"kit l v2 for: x\ntype t\n  line a\n", "cannot take the place"},
};

static void test_upgrades_take_nothing_away(void **state)
{
    (void)state;
    struct kit_owner *old = parsed(HEAD("v1") FIELDS);

    for (size_t i = 0; i < N(upgrades); i++) {
        struct kit_owner *next = parsed(upgrades[i].next);
        fault_clear(&cx);
        enum status status = kit_upgrade_check(&cx, kit_get(old), kit_get(next));
        if ((status == STATUS_OK) != (upgrades[i].why == NULL) ||
            (upgrades[i].why != NULL && strstr(cx.fault.what, upgrades[i].why) == NULL)) {
            fail_msg("%zu: %s", i, cx.fault.what);
        }
        kit_free(&next);
    }
    fault_clear(&cx);
    kit_free(&old);
}

static void test_shelf_keeps_the_newest(void **state)
{
    (void)state;
    struct kit_shelf *shelf = NULL;

    check_ok(&cx, kit_shelf_open(&cx, &shelf));
    const struct schema *s = kit_shelf_schema(shelf);
    const char *v2 = HEAD("v2") FIELDS;
    const char *v1 = HEAD("v1") FIELDS;
    const char *v3 = HEAD("v3");
    check_ok(&cx, kit_shelf_add(&cx, shelf, BYTES(v2, strlen(v2)), TEXT("k.kit")));
    check_ok(&cx, kit_shelf_add(&cx, shelf, BYTES(v1, strlen(v1)), TEXT("k.kit")));
    assert_int_equal(s->kit_count, 3);
    assert_int_equal(s->kits[2]->version, 2);
    check_status(&cx, STATUS_CONFLICT,
                 kit_shelf_add(&cx, shelf, BYTES(v3, strlen(v3)), TEXT("k.kit")));
    assert_int_equal(s->kits[2]->version, 2);
    kit_shelf_close(&shelf);
}

/* ---- one-time codes ------------------------------------------------------------------------ */

/* RFC 6238 appendix B; the secrets are the ASCII digits 1234567890… in base32. */
#define SECRET_20 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define SECRET_32 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA===="
#define SECRET_64                                                                                  \
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3T" \
    "QOJQGEZDGNA%3D"

static const struct {
    int64_t now;
    const char *sha1, *sha256, *sha512;
} rfc6238[] = {
    {59, "94287082", "46119246", "90693936"},
    {1111111109, "07081804", "68084774", "25091201"},
    {1111111111, "14050471", "67062674", "99943326"},
    {1234567890, "89005924", "91819424", "93441116"},
    {2000000000, "69279037", "90698825", "38618901"},
    {20000000000, "65353130", "77737706", "47863826"},
};

static void check_code(const char *secret, int64_t now, const char *expected,
                       unsigned expected_left)
{
    unsigned left = 0;

    buf_clear(&out);
    check_ok(&cx, totp_code(&cx, text_of(secret), now, &out, &left));
    check_text_at(buf_text(&out), text_of(expected), __FILE__, (int)now);
    assert_int_equal(left, expected_left);
}

static void test_one_time_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(rfc6238); i++) {
        unsigned left = 30 - (unsigned)(rfc6238[i].now % 30);
        check_code("otpauth://totp/a:b?secret=" SECRET_20 "&digits=8", rfc6238[i].now,
                   rfc6238[i].sha1, left);
        check_code("otpauth://totp/a?algorithm=SHA256&digits=8&secret=" SECRET_32, rfc6238[i].now,
                   rfc6238[i].sha256, left);
        check_code("OTPAUTH://TOTP/a?secret=" SECRET_64 "&issuer=x&algorithm=sha512&digits=8",
                   rfc6238[i].now, rfc6238[i].sha512, left);
    }
    check_code("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 59, "287082", 1);
    check_code("otpauth://totp/x?secret=" SECRET_20 "&period=60", 59, "755224", 1);
}

static void test_one_time_code_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        enum status status;
    } cases[] = {
        {"", STATUS_MALFORMED},
        {"0189", STATUS_MALFORMED},
        {"otpauth://totp/x", STATUS_MALFORMED},
        {"otpauth://totp/x?digits=6", STATUS_MALFORMED},
        {"otpauth://hotp/x?secret=" SECRET_20 "&counter=1", STATUS_UNSUPPORTED},
        {"otpauth://totp/x?secret=" SECRET_20 "&digits=9", STATUS_UNSUPPORTED},
        {"otpauth://totp/x?secret=" SECRET_20 "&period=0", STATUS_UNSUPPORTED},
        {"otpauth://totp/x?secret=" SECRET_20 "&algorithm=MD5", STATUS_UNSUPPORTED},
    };
    for (size_t i = 0; i < N(cases); i++) {
        unsigned left;
        fault_clear(&cx);
        assert_int_equal(totp_code(&cx, text_of(cases[i].secret), 59, &out, &left),
                         cases[i].status);
        assert_null(strstr(cx.fault.what, "GEZD"));
    }
    fault_clear(&cx);
}

/* ---- passwords ----------------------------------------------------------------------------- */

static void test_passwords_are_made_to_the_recipe(void **state)
{
    (void)state;
    const struct password_recipe all = {
        .length = 20, .lower = true, .upper = true, .digits = true, .symbols = true};
    const struct password_recipe plain = {
        .length = 8, .lower = true, .upper = true, .digits = true, .no_lookalikes = true};
    const struct password_recipe words = {.length = 6, .words = true};
    const struct password_recipe nothing = {.length = 20};
    const struct password_recipe brief = {.length = 7, .lower = true};
    text word;

    check_ok(&cx, password_make(&cx, &all, &out));
    assert_int_equal(out.len, 20);
    for (size_t round = 0; round < 300; round++) {
        buf_clear(&out);
        check_ok(&cx, password_make(&cx, &plain, &out));
        unsigned kinds = 0;
        for (size_t i = 0; i < out.len; i++) {
            char c = (char)out.ptr[i];
            assert_null(strchr("0Oo1lI5S2Z8B", c));
            kinds |= c >= 'a' && c <= 'z' ? 1U : c >= 'A' && c <= 'Z' ? 2U : 4U;
        }
        assert_int_equal(kinds, 7);
    }
    buf_clear(&out);
    check_ok(&cx, password_make(&cx, &words, &out));
    assert_true(password_strength(&cx, buf_text(&out), &word) > 60);
    check_status(&cx, STATUS_USAGE, password_make(&cx, &nothing, &out));
    check_status(&cx, STATUS_USAGE, password_make(&cx, &brief, &out));
}

/* Chi-square over 26 letters: 25 degrees of freedom, 52.6 is passed by chance once in a thousand.
 */
static void test_passwords_are_fair(void **state)
{
    (void)state;
    const struct password_recipe letters = {.length = 128, .lower = true};
    double seen[26] = {0};
    enum { ROUNDS = 400 };

    for (size_t round = 0; round < ROUNDS; round++) {
        buf_clear(&out);
        check_ok(&cx, password_make(&cx, &letters, &out));
        for (size_t i = 0; i < out.len; i++) {
            seen[out.ptr[i] - 'a'] += 1;
        }
    }
    double expected = ROUNDS * 128 / 26.0;
    double chi = 0;
    for (size_t i = 0; i < 26; i++) {
        chi += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    print_message("chi-square %.1f\n", chi);
    assert_true(chi < 52.6);
}

static const struct {
    const char *password, *word;
} strengths[] = {
    {"", "very weak"},
    {"password", "very weak"},
    {"P4ssw0rd!", "very weak"},
    {"123456789", "very weak"},
    {"aaaaaaaaaaaaaaaaaaaa", "very weak"},
    {"abcabcabcabcabc", "very weak"},
    {"qwertyuiop1234567890", "very weak"},
    {"1qaz2wsx3edc", "very weak"},
    {"abcdefghijklmnop", "very weak"},
    {"Summer2024", "very weak"},
    {"michael1987", "very weak"},
    {"abacus", "very weak"},
    {"abacus zebra", "very weak"},
    {"xK9#mQ", "weak"},
    {"umbrella crayon", "very weak"},
    {"correct horse battery staple", "strong"},
    {"xK9#mQ2$vL", "strong"},
    {"outsider cabana unsightly perch reptile sandbox", "strong"},
    {"xK9#mQ2$vL7!pR4&wZ1", "very strong"},
};

static void test_weak_passwords_are_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(strengths); i++) {
        text word;
        double bits = password_strength(&cx, text_of(strengths[i].password), &word);
        print_message("%5.1f %s\n", bits, strengths[i].password);
        check_text_at(word, text_of(strengths[i].word), strengths[i].password, (int)i);
    }
    char longer[1000];
    text word;
    memset(longer, 'q', sizeof longer);
    assert_true(password_strength(&cx, (text){longer, sizeof longer}, &word) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_built_in_kits, start, stop),
        cmocka_unit_test_setup_teardown(test_built_in_states_are_reached, start, stop),
        cmocka_unit_test_setup_teardown(test_docs_example_parses, start, stop),
        cmocka_unit_test_setup_teardown(test_bad_kits, start, stop),
        cmocka_unit_test_setup_teardown(test_problems_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_limits_of_a_kit, start, stop),
        cmocka_unit_test_setup_teardown(test_upgrades_take_nothing_away, start, stop),
        cmocka_unit_test_setup_teardown(test_shelf_keeps_the_newest, start, stop),
        cmocka_unit_test_setup_teardown(test_one_time_codes, start, stop),
        cmocka_unit_test_setup_teardown(test_one_time_code_refuses, start, stop),
        cmocka_unit_test_setup_teardown(test_passwords_are_made_to_the_recipe, start, stop),
        cmocka_unit_test_setup_teardown(test_passwords_are_fair, start, stop),
        cmocka_unit_test_setup_teardown(test_weak_passwords_are_seen, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
