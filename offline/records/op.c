/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op: record operations as bytes [F-92]..[F-97]. Structure only: one encoding for each operation,
 * anything else is refused; what the names mean is the judge's matter. Every view borrows from the
 * input, so that a hundred thousand operations are read without a single allocation.
 */
#include <string.h>

#include "records-int.h"

/* What stands behind [verb, seconds, ...], as rows: one letter for each element.
 * n name, r record, b refs, v scalar value, i integer, t text, p pairs, s transition and state */
static const struct {
    enum op_verb verb;
    const char *shape;
} shapes[] = {
    {OP_CREATE, "np"},   {OP_SET, "rnbv"},        {OP_ADD, "rni"},
    {OP_TAG_ADD, "rnt"}, {OP_TAG_REMOVE, "rnbt"}, {OP_LOG, "rnt"},
    {OP_MOVE, "rbsp"},   {OP_DELETE, "rb"},       {OP_RESTORE, "rb"},
};

static const char *shape_of(enum op_verb verb)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shapes[i].verb == verb) {
            return shapes[i].shape;
        }
    }
    return NULL;
}

int op_ref_compare(const struct op_ref *a, const struct op_ref *b)
{
    if (a->own != b->own) {
        return a->own ? -1 : 1; /* [F-93] null before devices */
    }
    int order = a->own ? 0 : memcmp(a->device, b->device, sizeof(a->device));
    if (order != 0) {
        return order;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return a->index == b->index ? 0 : a->index < b->index ? -1 : 1;
}

void op_ref_read(struct wire_reader *r, struct op_ref *ret)
{
    memset(ret, 0, sizeof(*ret));
    (void)wire_get_array(r, 3, 3);
    if (wire_peek(r) == WIRE_NULL) {
        wire_get_null(r);
        ret->own = true;
    } else {
        wire_get_fixed(r, ret->device, sizeof(ret->device));
    }
    ret->seq = wire_get_uint(r, OP_SEQ_MAX);
    ret->index = wire_get_uint(r, OP_INDEX_MAX);
    if (ret->seq == 0) {
        wire_fail(r, "[F-93] an operation named in entry 0");
    }
}

void op_ref_write(struct wire_writer *w, const struct op_ref *ref)
{
    wire_put_array(w, 3);
    if (ref->own) {
        wire_put_null(w);
    } else {
        wire_put_bytes(w, BYTES_OF(ref->device));
    }
    wire_put_uint(w, ref->seq);
    wire_put_uint(w, ref->index);
}

/* An array of refs, strictly ascending; gives its bytes. */
static bytes refs_read(struct wire_reader *r)
{
    const uint8_t *start = r->pos;
    struct op_ref before = {0}, ref;
    size_t count = wire_get_array(r, 0, OP_REFS_MAX);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        op_ref_read(r, &ref);
        if (i > 0 && op_ref_compare(&before, &ref) >= 0) {
            wire_fail(r, "[F-93] named operations are not in ascending order");
        }
        before = ref;
    }
    return BYTES(start, (size_t)(r->pos - start));
}

static bytes scalar_read(struct wire_reader *r)
{
    const uint8_t *start = r->pos;
    enum wire_kind kind = wire_peek(r);
    if (kind == WIRE_ARRAY || kind == WIRE_MAP) {
        wire_fail(r, "[F-94] a value that is not a scalar");
    }
    (void)wire_get_any(r);
    return BYTES(start, (size_t)(r->pos - start));
}

/* A scalar, or an array of texts: the tags of a new record, strictly ascending. */
static void pair_value_read(struct wire_reader *r)
{
    if (wire_peek(r) != WIRE_ARRAY) {
        (void)scalar_read(r);
        return;
    }
    bytes before = {0};
    size_t count = wire_get_array(r, 1, OP_REFS_MAX);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        text tag = wire_get_text(r, 1, LINE_BYTES_MAX);
        bytes now = BYTES(tag.ptr, tag.len);
        if (i > 0 && bytes_compare(before, now) >= 0) {
            wire_fail(r, "[F-94] tags are not in ascending order");
        }
        before = now;
    }
}

static void pairs_read(struct wire_reader *r)
{
    bytes before = {0};
    size_t count = wire_get_array(r, 0, 2 * FIELDS_PER_TYPE_MAX);
    if (count % 2 != 0) {
        wire_fail(r, "[F-94] a field without a value");
    }
    for (size_t i = 0; i < count && r->status == STATUS_OK; i += 2) {
        text name = wire_get_text(r, 1, OP_NAME_BYTES_MAX);
        bytes now = BYTES(name.ptr, name.len);
        if (i > 0 && bytes_compare(before, now) >= 0) {
            wire_fail(r, "[F-94] fields are not in ascending order");
        }
        before = now;
        pair_value_read(r);
    }
}

static void transition_read(struct wire_reader *r)
{
    if (wire_peek(r) == WIRE_NULL) {
        wire_get_null(r);
    } else {
        (void)wire_get_text(r, 1, OP_NAME_BYTES_MAX);
    }
    (void)wire_get_text(r, 1, LINE_BYTES_MAX);
}

static void element_read(struct wire_reader *r, char shape, struct op_form *f)
{
    switch (shape) {
    case 'n':
        f->name = wire_get_text(r, 1, OP_NAME_BYTES_MAX);
        break;
    case 'r':
        op_ref_read(r, &f->record);
        break;
    case 'b':
        f->base = refs_read(r);
        break;
    case 'i':
        (void)wire_get_int(r);
        break;
    case 't':
        (void)wire_get_text(r, 1, LOG_LINE_BYTES_MAX);
        break;
    case 'v':
        (void)scalar_read(r);
        break;
    case 's':
        transition_read(r);
        break;
    default:
        pairs_read(r);
        break;
    }
}

static bool is_value(char shape)
{
    return shape != 'n' && shape != 'r' && shape != 'b';
}

bool op_parse(bytes encoded, struct op_form *ret)
{
    struct wire_reader r;
    struct op_form f = {.verb = OP_NONE};
    const uint8_t *value = NULL;

    wire_reader_init(&r, encoded);
    size_t count = wire_get_array(&r, 2, 9);
    uint64_t verb = wire_get_uint(&r, OP_VERB_LAST);
    f.seconds = (int64_t)wire_get_uint(&r, INT32_MAX);
    const char *shape = verb <= OP_RESTORE ? shape_of((enum op_verb)verb) : NULL;
    if (r.status != STATUS_OK || shape == NULL) {
        return false;
    }
    size_t elements = 2;
    for (const char *s = shape; *s != '\0'; s++) {
        if (is_value(*s) && value == NULL) {
            value = r.pos;
        }
        element_read(&r, *s, &f);
        elements += *s == 's' ? 2 : 1;
    }
    if (value != NULL) {
        f.value = BYTES(value, (size_t)(r.pos - value));
    }
    if (count == elements + 1) {
        f.joined = wire_get_bool(&r);
        if (!f.joined) {
            return false; /* [F-92] it is left out when it does not hold */
        }
    } else if (count != elements) {
        return false;
    }
    if (r.status != STATUS_OK || r.pos != r.end) {
        return false;
    }
    f.verb = (enum op_verb)verb;
    *ret = f;
    return true;
}

enum status op_encode(struct ctx *cx, const struct op_form *form, struct buf *out)
{
    struct wire_writer w;
    const char *shape = shape_of(form->verb);
    MUST(shape != NULL);
    size_t elements = 2;
    for (const char *s = shape; *s != '\0'; s++) {
        elements += *s == 's' ? 2 : 1;
    }
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, elements + (form->joined ? 1 : 0));
    wire_put_uint(&w, (uint64_t)form->verb);
    wire_put_uint(&w, (uint64_t)form->seconds);
    bool value_written = false;
    for (const char *s = shape; *s != '\0'; s++) {
        if (*s == 'n') {
            wire_put_text(&w, form->name);
        } else if (*s == 'r') {
            op_ref_write(&w, &form->record);
        } else if (*s == 'b') {
            wire_put_encoded(&w, form->base);
        } else if (!value_written) {
            wire_put_encoded(&w, form->value);
            value_written = true;
        }
    }
    if (form->joined) {
        wire_put_bool(&w, true);
    }
    return wire_writer_done(&w);
}

void pair_start(struct pair_reader *p, bytes pairs)
{
    wire_reader_init(&p->r, pairs);
    p->left = wire_get_array(&p->r, 0, 2 * FIELDS_PER_TYPE_MAX) / 2;
}

bool pair_next(struct pair_reader *p, text *ret_name, bytes *ret_value)
{
    if (p->left == 0 || p->r.status != STATUS_OK) {
        return false;
    }
    p->left--;
    *ret_name = wire_get_text(&p->r, 1, OP_NAME_BYTES_MAX);
    *ret_value = wire_get_any(&p->r);
    return p->r.status == STATUS_OK;
}

void move_split(bytes value, text *ret_transition, text *ret_state, bytes *ret_pairs)
{
    struct wire_reader r;
    *ret_transition = (text){0};
    wire_reader_init(&r, value);
    if (wire_peek(&r) == WIRE_NULL) {
        wire_get_null(&r);
    } else {
        *ret_transition = wire_get_text(&r, 1, OP_NAME_BYTES_MAX);
    }
    *ret_state = wire_get_text(&r, 1, LINE_BYTES_MAX);
    *ret_pairs = BYTES(r.pos, (size_t)(r.end - r.pos));
}
