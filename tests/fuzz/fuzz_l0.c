/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: any bytes either fail to compile or give a predicate that ends, gives the same answer
 * twice and encodes to bytes that are well-made wire; the world around it answers at random from
 * the same bytes.
 */
#include "limits.h"
#include "schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const text choices[] = {{"low", 3}, {"high", 4}};
static const struct field fields[] = {
    {.name = {"a", 1}, .kind = FIELD_LINE},
    {.name = {"b", 1}, .kind = FIELD_NUM, .scale = 2},
    {.name = {"c", 1}, .kind = FIELD_FLAG},
    {.name = {"d", 1}, .kind = FIELD_WHEN, .when = WHEN_DATE},
    {.name = {"e", 1}, .kind = FIELD_CHOICE, .choices = choices, .choice_count = 2},
    {.name = {"f", 1}, .kind = FIELD_WHO},
    {.name = {"g", 1}, .kind = FIELD_SECRET},
};
static const struct record_type type = {
    .name = {"t", 1}, .fields = fields, .field_count = sizeof fields / sizeof *fields};

/* Answers of any kind, also of one that does not fit the field. */
static void any_value(void *self, bool after, const struct field *f, struct value *ret)
{
    const bytes *seed = self;
    size_t at = (size_t)(f - fields) * 2 + (after ? 1 : 0);
    uint8_t pick = at < seed->len ? seed->ptr[at] : 0;

    *ret = (struct value){.kind = (enum value_kind)(pick % 5), .n = pick > 127 ? INT64_MAX : pick};
    if (ret->kind == VALUE_TEXT) {
        ret->s = pick > 127 ? TEXT("2026-11-24") : TEXT("low");
    }
    if (ret->kind == VALUE_BYTES) {
        ret->b = *seed;
    }
    if (ret->kind == VALUE_BOOL) {
        ret->n &= 1;
    }
}

static bool any_role(void *self, text role)
{
    (void)self;
    return role.len % 2 == 0;
}

static bool any_me(void *self, const struct field *f)
{
    (void)self;
    return f == &fields[5];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct l0 *p = NULL;
    struct buf out;
    struct wire_reader r;
    bytes seed = BYTES(data, len);
    const struct l0_world world = {
        .get = any_value, .has_role = any_role, .is_me = any_me, .self = &seed};

    ctx_init(&cx, system_real());
    if (!utf8_valid(BYTES(data, len)) ||
        l0_compile(&cx, (text){(const char *)data, len}, &type, &p) != STATUS_OK) {
        return 0;
    }
    bool answer = l0_allows(p, &world);
    MUST(l0_allows(p, &world) == answer);
    buf_init(&out, 64 * KIB);
    MUST(l0_encode(&cx, p, &out) == STATUS_OK);
    wire_reader_init(&r, buf_view(&out));
    (void)wire_get_any(&r);
    MUST(wire_reader_done(&cx, &r, "predicate") == STATUS_OK);
    buf_finish(&out);
    l0_free(&p);
    return 0;
}
