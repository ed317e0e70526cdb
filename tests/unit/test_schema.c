/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: a value has one stored spelling and what two people could read in two ways is refused;
 * L0 gives the answers its door promises, finds mistakes when it compiles, stays within its bounds
 * and always ends; names are answered with the nearest one.
 */
#include "check.h"
#include "limits.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N(array) (sizeof(array) / sizeof *(array))

static const text severities[] = {{"low", 3}, {"normal", 6}, {"high", 4}, {"emergency", 9}};
static const text states[] = {{"new", 3}, {"in_progress", 11}, {"done", 4}};

static const struct field fields[] = {
    {.name = {"title", 5}, .kind = FIELD_LINE},
    {.name = {"body", 4}, .kind = FIELD_DOC},
    {.name = {"amount", 6}, .kind = FIELD_NUM, .scale = 2, .unit = {"EUR", 3}},
    {.name = {"count", 5}, .kind = FIELD_NUM},
    {.name = {"done", 4}, .kind = FIELD_FLAG},
    {.name = {"due", 3}, .kind = FIELD_WHEN, .when = WHEN_DATE},
    {.name = {"seen", 4}, .kind = FIELD_WHEN, .when = WHEN_INSTANT},
    {.name = {"meet", 4}, .kind = FIELD_WHEN, .when = WHEN_FLOATING},
    {.name = {"severity", 8}, .kind = FIELD_CHOICE, .choices = severities, .choice_count = 4},
    {.name = {"st", 2}, .kind = FIELD_STATE, .choices = states, .choice_count = 3},
    {.name = {"tags", 4}, .kind = FIELD_TAGS},
    {.name = {"assignee", 8}, .kind = FIELD_WHO},
    {.name = {"notes", 5}, .kind = FIELD_LOG},
    {.name = {"password", 8}, .kind = FIELD_SECRET, .secret_use = {"password", 8}},
    {.name = {"ext", 3}, .kind = FIELD_EXT},
    {.name = {"end_by", 6}, .kind = FIELD_WHEN, .when = WHEN_DATE},
};
static const struct record_type ticket = {
    .kit = {"desk", 4}, .name = {"ticket", 6}, .fields = fields, .field_count = N(fields)};
static const struct record_type note = {.kit = {"desk", 4}, .name = {"note", 4}};
static const struct record_type loan = {.kit = {"checkout", 8}, .name = {"loan", 4}};

static struct machine machine;
static struct ctx cx;
static struct buf scratch;
static struct buf out;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&scratch, 4 * MIB);
    buf_init(&out, 4 * MIB);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_finish(&scratch);
    buf_finish(&out);
    return 0;
}

static const struct field *field_of(const char *name)
{
    const struct field *f = type_field_exact(&ticket, text_of(name));

    assert_non_null(f);
    return f;
}

/* ---- values -------------------------------------------------------------------------------- */

/* stored NULL: refused, and the fault holds `stored_or_why`. */
struct parse_case {
    const char *field;
    const char *in;
    const char *formatted; /* "" = no value, NULL = refused */
    const char *why;
};

static const struct parse_case parse_cases[] = {
    {"title", "Printer on fire", "Printer on fire", NULL},
    {"title", "  kept ", "  kept ", NULL},
    {"title", "", "", NULL},
    {"title", "two\nlines", NULL, "one line"},
    {"title", "cr\rhere", NULL, "carriage return"},
    {"body", "a\r\nb\rc\n", "a\nb\nc\n", NULL},
    {"body", "\r", "\n", NULL},
    {"amount", "12.5", "12.50", NULL},
    {"amount", "12.5 EUR", "12.50", NULL},
    {"amount", "-0.05", "-0.05", NULL},
    {"amount", "+3", "3.00", NULL},
    {"amount", "1,234.50", "1234.50", NULL},
    {"amount", "1.234,50", "1234.50", NULL},
    {"amount", "1'234'567.89", "1234567.89", NULL},
    {"amount", "1,234,567", "1234567.00", NULL},
    {"amount", "12,5", "12.50", NULL},
    {"amount", "12.500", "12.50", NULL},
    {"amount", "1,234", NULL, "two ways"},
    {"amount", "12.505", NULL, "more than 2 digits"},
    {"amount", "1,23,4.5", NULL, "expected a number"},
    {"amount", "1.2.3", NULL, "expected a number"},
    {"amount", "twelve", NULL, "expected a number"},
    {"amount", "-", NULL, "expected a number"},
    {"amount", "--5", NULL, "expected a number"},
    {"amount", "92233720368547758.07", "92233720368547758.07", NULL},
    {"amount", "-92233720368547758.08", "-92233720368547758.08", NULL},
    {"amount", "92233720368547758.08", NULL, "too large"},
    {"count", "007", "7", NULL},
    {"count", "0", "0", NULL},
    {"count", "1.5", NULL, "more than 0 digits"},
    {"done", "Yes", "yes", NULL},
    {"done", "FALSE", "no", NULL},
    {"done", "1", "yes", NULL},
    {"done", "maybe", NULL, "yes or no"},
    {"done", "   ", "", NULL},
    {"due", "2026-11-24", "2026-11-24", NULL},
    {"due", " 2026-11-24 ", "2026-11-24", NULL},
    {"due", "2026-11-24T00:00:00", "2026-11-24", NULL},
    {"due", "2024-02-29", "2024-02-29", NULL},
    {"due", "2026-02-29", NULL, "a date like 2026-11-24"},
    {"due", "1900-02-29", NULL, "a date like"},
    {"due", "24.11.2026", NULL, "a date like 2026-11-24"},
    {"due", "11/24/2026", NULL, "a date like 2026-11-24"},
    {"due", "2026-11-24T10:00", NULL, "a date like"},
    {"due", "2026-13-01", NULL, "a date like"},
    {"due", "0000-01-01", NULL, "a date like"},
    {"seen", "2026-11-24T10:00Z", "2026-11-24T10:00:00Z", NULL},
    {"seen", "2026-11-24 10:00:05.250Z", "2026-11-24T10:00:05Z", NULL},
    {"seen", "2026-11-24T01:30:00+02:00", "2026-11-23T23:30:00Z", NULL},
    {"seen", "2026-12-31T23:30:00 -0100", "2027-01-01T00:30:00Z", NULL},
    {"seen", "2024-03-01T00:30+01:00", "2024-02-29T23:30:00Z", NULL},
    {"seen", "2026-11-24", "2026-11-24T00:00:00Z", NULL},
    {"seen", "2026-11-24T10:00", NULL, "a time like"},
    {"seen", "0001-01-01T00:00+01:00", NULL, "a time like"},
    {"seen", "2026-11-24T24:00Z", NULL, "a time like"},
    {"meet", "2026-11-24 10:00", "2026-11-24T10:00", NULL},
    {"meet", "2026-11-24T10:00:30", NULL, "a local time"},
    {"meet", "2026-11-24T10:00Z", NULL, "a local time"},
    {"severity", "EMERGENCY", "emergency", NULL},
    {"severity", "emergancy", NULL, "the nearest is 'emergency'"},
    {"severity", "zzzzzzzz", NULL, "low, normal, high, emergency"},
    {"st", "In Progress", "in_progress", NULL},
    {"tags", " red ", "red", NULL},
    {"tags", "a,b", NULL, "no comma"},
    {"notes", "one\ntwo", "one\ntwo", NULL},
    {"password", " \r\n secret ", " \r\n secret ", NULL},
};

static void test_parse_has_one_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(parse_cases); i++) {
        const struct parse_case *c = &parse_cases[i];
        struct value v;
        buf_clear(&scratch);
        buf_clear(&out);
        fault_clear(&cx);
        enum status status = value_parse(&cx, field_of(c->field), text_of(c->in), &scratch, &v);
        if (c->formatted == NULL) {
            if (status == STATUS_OK || strstr(cx.fault.what, c->why) == NULL) {
                fail_msg("%s: '%s': '%s' lacks '%s'", c->field, c->in, cx.fault.what, c->why);
            }
            continue;
        }
        check_ok(&cx, status);
        check_ok(&cx, value_check(&cx, field_of(c->field), &v));
        check_ok(&cx, value_format(&cx, field_of(c->field), &v, &out));
        check_text_at(buf_text(&out), text_of(c->formatted), __FILE__, (int)i);
    }
}

static void test_parse_refuses_nul_and_length(void **state)
{
    (void)state;
    struct value v;
    size_t len = LINE_BYTES_MAX + 1;
    char *longer = malloc(len);

    assert_non_null(longer);
    memset(longer, 'a', len);
    check_ok(&cx, value_parse(&cx, field_of("title"), (text){longer, len - 1}, &scratch, &v));
    check_fault(&cx, STATUS_LIMIT, "longer than",
                value_parse(&cx, field_of("title"), (text){longer, len}, &scratch, &v));
    check_fault(&cx, STATUS_MALFORMED, "NUL",
                value_parse(&cx, field_of("body"), (text){"a\0b", 3}, &scratch, &v));
    free(longer);
}

static void test_secret_is_not_in_messages(void **state)
{
    (void)state;
    struct value v;
    char longer[SECRET_LINE_BYTES_MAX + 1];

    memset(longer, 'q', sizeof longer);
    enum status status =
        value_parse(&cx, field_of("password"), (text){longer, sizeof longer}, &scratch, &v);
    assert_int_equal(status, STATUS_LIMIT);
    assert_null(strstr(cx.fault.what, "qq"));
    fault_clear(&cx);
}

/* Stored spellings that must not pass although a person may type them. */
static void test_check_refuses_other_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *text;
    } cases[] = {
        {"due", "2026-11-24T00:00:00"},
        {"seen", "2026-11-24T10:00Z"},
        {"severity", "Low"},
        {"seen", "2026-11-24t10:00:00Z"},
        {"meet", "2026-11-24 10:00"},
        {"tags", " a"},
        {"title", ""},
        {"body", "a\r\nb"},
        {"st", "in progress"},
        {"amount", "12.50"},
        {"done", "yes"},
        {"assignee", "Ana"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct value v = {.kind = VALUE_TEXT, .s = text_of(cases[i].text)};
        check_status(&cx, STATUS_MALFORMED, value_check(&cx, field_of(cases[i].field), &v));
    }
    struct value two = {.kind = VALUE_BOOL, .n = 2};
    check_status(&cx, STATUS_MALFORMED, value_check(&cx, field_of("done"), &two));
    struct value who = {.kind = VALUE_BYTES, .b = BYTES("short", 5)};
    check_status(&cx, STATUS_MALFORMED, value_check(&cx, field_of("assignee"), &who));
}

static void test_values_travel(void **state)
{
    (void)state;
    uint8_t member[32] = {7};
    const struct value values[] = {
        {.kind = VALUE_NULL},
        {.kind = VALUE_INT, .n = INT64_MIN},
        {.kind = VALUE_INT, .n = INT64_MAX},
        {.kind = VALUE_BOOL, .n = 1},
        {.kind = VALUE_BOOL, .n = 0},
        {.kind = VALUE_TEXT, .s = TEXT("žluťoučký")},
        {.kind = VALUE_BYTES, .b = BYTES(member, 32)},
    };
    struct wire_writer w;
    struct wire_reader r;

    wire_writer_init(&w, &cx, &out);
    for (size_t i = 0; i < N(values); i++) {
        check_ok(&cx, value_write(&w, &values[i]));
    }
    check_ok(&cx, wire_writer_done(&w));
    wire_reader_init(&r, buf_view(&out));
    for (size_t i = 0; i < N(values); i++) {
        struct value v;
        value_read(&r, &v);
        assert_true(value_equal(&v, &values[i]));
        assert_int_equal(value_equal(&v, &values[(i + 1) % N(values)]), false);
    }
    check_ok(&cx, wire_reader_done(&cx, &r, "values"));

    static const uint8_t array[] = {0x80};
    struct value v;
    wire_reader_init(&r, BYTES_OF(array));
    value_read(&r, &v);
    assert_int_equal(v.kind, VALUE_NULL);
    check_status(&cx, STATUS_MALFORMED, wire_reader_done(&cx, &r, "value"));
}

/* ---- names --------------------------------------------------------------------------------- */

static void test_types_and_fields_are_found(void **state)
{
    (void)state;
    const struct record_type desk_types[] = {ticket, note};
    const struct kit desk = {.name = TEXT("desk"), .types = desk_types, .type_count = 2};
    const struct kit checkout = {.name = TEXT("checkout"), .types = &loan, .type_count = 1};
    const struct kit *const kits[] = {&desk, &checkout};
    const struct schema schema = {.kits = kits, .kit_count = 2};
    const struct record_type *t = NULL;
    const struct field *f = NULL;

    check_ok(&cx, schema_find_type(&cx, &schema, TEXT("desk.ticket"), &t));
    check_text(t->name, "ticket");
    check_ok(&cx, schema_find_type(&cx, &schema, TEXT("loan"), &t));
    check_ok(&cx, schema_find_type(&cx, &schema, TEXT("checkout"), &t));
    check_text(t->name, "loan");
    check_ok(&cx, type_name_write(&cx, t, &out));
    check_text(buf_text(&out), "checkout.loan");
    check_status(&cx, STATUS_AMBIGUOUS, schema_find_type(&cx, &schema, TEXT("desk"), &t));
    check_fault(&cx, STATUS_NOT_FOUND, "nearest is 'ticket'",
                schema_find_type(&cx, &schema, TEXT("tickte"), &t));
    check_fault(&cx, STATUS_NOT_FOUND, "'zzz'", schema_find_type(&cx, &schema, TEXT("zzz"), &t));
    assert_null(schema_type_exact(&schema, TEXT("desk.loan")));
    assert_null(schema_type_exact(&schema, TEXT("")));
    check_ok(&cx, type_find_field(&cx, &ticket, TEXT("due"), &f));
    check_fault(&cx, STATUS_NOT_FOUND, "nearest is 'severity'",
                type_find_field(&cx, &ticket, TEXT("severty"), &f));
    check_text(type_state_field(&ticket)->name, "st");
    assert_null(type_state_field(&note));
}

static void test_field_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "check_by", "x9", "url", "notes"};
    static const char *const bad[] = {"",
                                      "A",
                                      "9a",
                                      "_a",
                                      "group",
                                      "order",
                                      "id",
                                      "rowid",
                                      "a-b",
                                      "created",
                                      "me",
                                      "ž",
                                      "a23456789012345678901234567890ab"};
    for (size_t i = 0; i < N(good); i++) {
        assert_true(field_name_valid(text_of(good[i]), NULL));
    }
    for (size_t i = 0; i < N(bad); i++) {
        const char *why = NULL;
        assert_false(field_name_valid(text_of(bad[i]), &why));
        assert_non_null(why);
    }
}

static void test_nearest_word(void **state)
{
    (void)state;
    static const text words[] = {{"severity", 8}, {"state", 5}, {"title", 5}};

    check_text(nearest_word(TEXT("Sevreity"), words, 3), "severity");
    check_text(nearest_word(TEXT("sev"), words, 3), "severity");
    check_text(nearest_word(TEXT("titel"), words, 3), "title");
    assert_int_equal(nearest_word(TEXT("xyz"), words, 3).len, 0);
    assert_int_equal(nearest_word(TEXT("s"), words, 3).len, 0);
    assert_int_equal(nearest_word(TEXT(""), words, 3).len, 0);
}

/* ---- L0 ------------------------------------------------------------------------------------ */

static void world_get(void *self, bool after, const struct field *f, struct value *ret)
{
    (void)self;
    *ret = (struct value){.kind = VALUE_NULL};
    if (text_equal(f->name, TEXT("title"))) {
        *ret = (struct value){.kind = VALUE_TEXT, .s = after ? TEXT("neu ä") : TEXT("alt")};
    } else if (text_equal(f->name, TEXT("amount"))) {
        *ret = (struct value){.kind = VALUE_INT, .n = after ? 1250 : 1000};
    } else if (text_equal(f->name, TEXT("count"))) {
        *ret = (struct value){.kind = VALUE_INT, .n = after ? INT64_MAX : INT64_MIN};
    } else if (text_equal(f->name, TEXT("due"))) {
        *ret = (struct value){.kind = VALUE_TEXT, .s = TEXT("2026-11-24")};
    } else if (text_equal(f->name, TEXT("severity"))) {
        *ret = (struct value){.kind = VALUE_TEXT, .s = after ? TEXT("high") : TEXT("low")};
    } else if (text_equal(f->name, TEXT("st"))) {
        *ret = (struct value){.kind = VALUE_TEXT, .s = TEXT("new")};
    }
}

static bool world_has_role(void *self, text role)
{
    (void)self;
    return text_equal(role, TEXT("editor"));
}

static bool world_is_me(void *self, const struct field *f)
{
    (void)self;
    return text_equal(f->name, TEXT("assignee"));
}

static const struct l0_world world = {
    .get = world_get, .has_role = world_has_role, .is_me = world_is_me};

static const struct {
    const char *source;
    bool allows;
} l0_cases[] = {
    {"true", true},
    {"false", false},
    {"not false", true},
    {"not not true", true},
    {"new.title = 'neu ä'", true},
    {"title = 'neu ä'", true},
    {"old.title = 'alt'", true},
    {"old.title != title", true},
    {"'alt' = old.title", true},
    {"title = 'it''s'", false},
    {"len(title) = 5", true},
    {"len(body) = 0", true},
    {"empty(body) and not empty(title)", true},
    {"empty(new.due) or empty(old.due)", false},
    {"changed(title) and not changed(due)", true},
    {"changed(body)", false},
    {"amount = 12.50", true},
    {"amount = 12.5", true},
    {"12.5 = amount", true},
    {"amount >= 12.49 and amount < 12.51", true},
    {"amount > -1", true},
    {"amount + 0.50 = 13", true},
    {"amount - old.amount = 2.5", true},
    {"amount * 2 = 25", true},
    {"2 * amount + 1 = 26", true},
    {"1 + 2 * 3 = 7", true},
    {"(1 + 2) * 3 = 9", true},
    {"10 - 2 - 3 = 5", true},
    {"count + 1 > 0", false},       /* overflow is a no */
    {"not (count + 1 > 0)", false}, /* also under not */
    {"old.count - 1 < 0", false},
    {"0 - old.count > 0", false},
    {"count * 2 > 0", false},
    {"true or count + 1 > 0", true}, /* the right side is not looked at */
    {"false and count + 1 > 0", false},
    {"count + 1 > 0 or true", false},
    {"due = '2026-11-24'", true},
    {"due > '2026-11-23'", true},
    {"'2026-11-25' > due", true},
    {"due <= end_by", false}, /* a null has no order */
    {"not (due <= end_by)", false},
    {"end_by = null", true},
    {"null = end_by", true},
    {"end_by != null", false},
    {"due != null", true},
    {"severity = 'high' and old.severity = 'low'", true},
    {"severity in ['high', 'emergency']", true},
    {"severity in ['low']", false},
    {"not severity in ['low', 'normal']", true},
    {"st in ['new', 'done'] and true", true},
    {"amount in [1, 12.5]", true},
    {"end_by in [null]", true},
    {"done", false}, /* an unset flag is false */
    {"not done", true},
    {"done = false", true},
    {"has_role('editor')", true},
    {"has_role('admin') or is_me(assignee)", true},
    {"is_me(assignee) and (has_role('x') or has_role('editor'))", true},
    {"true and false or true", true},
    {"true or false and false", true},
    {"not true or true", true},
    {"not (true or true)", false},
    {"(((true)))", true},
    {"(1 < 2) = (2 < 3)", true},
};

static void test_l0_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(l0_cases); i++) {
        struct l0 *p = NULL;
        fault_clear(&cx);
        enum status status = l0_compile(&cx, text_of(l0_cases[i].source), &ticket, &p);
        if (status != STATUS_OK || l0_allows(p, &world) != l0_cases[i].allows) {
            fail_msg("%s: %s", l0_cases[i].source,
                     status == STATUS_OK ? "the other answer" : cx.fault.what);
        }
        l0_free(&p);
        assert_null(p);
    }
}

static const struct {
    const char *source;
    size_t offset;
    const char *why;
} l0_bad[] = {
    {"", 0, "the condition ends"},
    {"   ", 3, "the condition ends"},
    {"new.", 4, "a field"},
    {"new.titel = 'x'", 4, "the nearest is 'title'"},
    {"titel", 0, "the nearest is 'title'"},
    {"title", 0, "needs yes or no, not a text"},
    {"1", 0, "needs yes or no"},
    {"title = ", 8, "the condition ends"},
    {"title = 'x", 8, "closing '"},
    {"title = \"x\"", 8, "means nothing"},
    {"title == 'x'", 7, "found '='"},
    {"title = 1", 8, "a text cannot be compared with a number"},
    {"title < 'x'", 0, "only numbers and times have an order"},
    {"severity < 'high'", 0, "say in ["},
    {"severity = 'hihg'", 11, "the nearest is 'high'"},
    {"'hihg' = severity", 0, "the nearest is 'high'"},
    {"severity in ['low', 'hihg']", 20, "the nearest is 'high'"},
    {"severity in []", 13, "a value in the list"},
    {"severity in ['low'", 18, "',' or ']'"},
    {"severity in 'low'", 12, "'['"},
    {"severity in [st]", 13, "a value in the list"},
    {"due = '24.11.2026'", 6, "a date like 2026-11-24"},
    {"due = seen", 6, "cannot be compared"},
    {"amount = 12.505", 0, "do not go together"},
    {"amount = count", 9, "do not go together"},
    {"amount in [12.505]", 0, "do not go together"},
    {"title + 1 = 2", 0, "need numbers"},
    {"1 and true", 0, "'and' needs yes or no"},
    {"true and 1", 9, "'and' needs yes or no"},
    {"not 1", 4, "'not' needs yes or no"},
    {"(true", 0, "without its ')'"},
    {"true)", 4, "without its '('"},
    {"()", 1, "found ')'"},
    {"true true", 5, "and, or, a comparison"},
    {"true and and true", 9, "found 'and'"},
    {"len(amount) = 1", 4, "len() needs a text"},
    {"is_me(title)", 6, "is_me() needs a person"},
    {"empty", 5, "'(' behind the function"},
    {"empty(1)", 6, "a field"},
    {"has_role(editor)", 9, "in quotes"},
    {"password = 'x'", 0, "empty() or changed()"},
    {"tags = 'x'", 0, "empty() or changed()"},
    {"1 < 2 < 3", 0, "have an order, not yes or no"},
    {"99999999999999999999 = 1", 0, "too large"},
    {"0.1234567890 = 1", 0, "too fine"},
    {"true ; drop", 5, "means nothing"},
};

static void test_l0_names_the_mistake(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(l0_bad); i++) {
        struct l0 *p = NULL;
        size_t offset = 999;
        fault_clear(&cx);
        enum status status = l0_compile_at(&cx, text_of(l0_bad[i].source), &ticket, &offset, &p);
        if (status != STATUS_MALFORMED || strstr(cx.fault.what, l0_bad[i].why) == NULL ||
            offset != l0_bad[i].offset) {
            fail_msg("%s: at %zu: %s", l0_bad[i].source, offset, cx.fault.what);
        }
        assert_null(p);
    }
}

static void test_l0_is_bounded(void **state)
{
    (void)state;
    struct l0 *p = NULL;
    char source[L0_SOURCE_MAX + 2];

    memset(source, '(', sizeof source);
    check_status(&cx, STATUS_LIMIT,
                 l0_compile(&cx, (text){source, L0_SOURCE_MAX + 1}, &ticket, &p));
    check_fault(&cx, STATUS_MALFORMED, "parentheses",
                l0_compile(&cx, (text){source, L0_SOURCE_MAX}, &ticket, &p));
    for (size_t i = 0; i < L0_SOURCE_MAX; i += 4) {
        memcpy(source + i, "not ", 4);
    }
    check_fault(&cx, STATUS_MALFORMED, "too deep",
                l0_compile(&cx, (text){source, L0_SOURCE_MAX}, &ticket, &p));
    memcpy(source, "1=1", 3);
    for (size_t i = 3; i + 2 <= L0_SOURCE_MAX; i += 2) {
        memcpy(source + i, "+1", 2);
    }
    check_fault(&cx, STATUS_MALFORMED, "at most 256",
                l0_compile(&cx, (text){source, L0_SOURCE_MAX - 1}, &ticket, &p));
    /* 16 parentheses are allowed */
    check_ok(&cx, l0_compile(&cx, TEXT("((((((((((((((((true))))))))))))))))"), &ticket, &p));
    assert_true(l0_allows(p, &world));
    l0_free(&p);
}

/* The bytes are part of signed kits: they may never change. */
static void test_l0_encoding_is_pinned(void **state)
{
    (void)state;
    struct l0 *p = NULL;
    struct buf hex;
    static const char *const same[] = {"amount>=12.5 and severity in ['low','high']",
                                       "((new.amount >= 12.50) and (severity in ['low', 'high']))"};

    buf_init(&hex, 4096);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&out);
        buf_clear(&hex);
        check_ok(&cx, l0_compile(&cx, text_of(same[i]), &ticket, &p));
        check_ok(&cx, l0_encode(&cx, p, &out));
        check_ok(&cx, hex_encode(&cx, &hex, buf_view(&out)));
        check_text(buf_text(&hex), "82018882"
                                   "0566616d6f756e74"
                                   "82031904e2"
                                   "8114"
                                   "82181908"
                                   "820568736576657269747982150282"
                                   "04636c6f778204"
                                   "6468696768");
        l0_free(&p);
    }
    buf_finish(&hex);
}

static void test_l0_is_fast(void **state)
{
    (void)state;
    struct l0 *p = NULL;
    struct timespec from;
    struct timespec to;
    enum { ROUNDS = 200000 };
    size_t yes = 0;

    check_ok(&cx, l0_compile(&cx,
                             TEXT("st = 'done' and old.st in ['new', 'in_progress'] and "
                                  "(is_me(assignee) or has_role('editor')) and not empty(title)"),
                             &ticket, &p));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (size_t i = 0; i < ROUNDS; i++) {
        yes += l0_allows(p, &world) ? 1 : 0;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns =
        ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / ROUNDS;
    print_message("%.0f ns an evaluation\n", ns);
    assert_int_equal(yes, 0);
    l0_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parse_has_one_reading, start, stop),
        cmocka_unit_test_setup_teardown(test_parse_refuses_nul_and_length, start, stop),
        cmocka_unit_test_setup_teardown(test_secret_is_not_in_messages, start, stop),
        cmocka_unit_test_setup_teardown(test_check_refuses_other_spellings, start, stop),
        cmocka_unit_test_setup_teardown(test_values_travel, start, stop),
        cmocka_unit_test_setup_teardown(test_types_and_fields_are_found, start, stop),
        cmocka_unit_test_setup_teardown(test_field_names, start, stop),
        cmocka_unit_test_setup_teardown(test_nearest_word, start, stop),
        cmocka_unit_test_setup_teardown(test_l0_answers, start, stop),
        cmocka_unit_test_setup_teardown(test_l0_names_the_mistake, start, stop),
        cmocka_unit_test_setup_teardown(test_l0_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_l0_encoding_is_pinned, start, stop),
        cmocka_unit_test_setup_teardown(test_l0_is_fast, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
