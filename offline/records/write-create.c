/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write-create: a new record: what was given, presets for what was not, and everything required.
 * A record starts in the first state of its kit; one that is imported in a later state walks there
 * by transitions, so that an import passes the same guards as everybody.
 */
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

enum status pairs_write(struct ctx *cx, const struct pair *pairs, size_t count, struct buf *out)
{
    struct wire_writer w;

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 2 * count);
    for (size_t i = 0; i < count; i++) {
        wire_put_text(&w, pairs[i].name);
        wire_put_encoded(&w, pairs[i].value);
    }
    return wire_writer_done(&w);
}

static int compare_tags(text a, text b)
{
    return bytes_compare(BYTES(a.ptr, a.len), BYTES(b.ptr, b.len));
}

/* The smallest tag of the list behind `after`, so that they come sorted and once. */
static text tag_after(text list, text after)
{
    text best = {0};

    for (text item = tags_next(&list); item.len > 0; item = tags_next(&list)) {
        if (item.len > 1 && item.ptr[0] == '+') {
            item = (text){.ptr = item.ptr + 1, .len = item.len - 1};
        }
        bool later = after.len == 0 || compare_tags(item, after) > 0;
        if (later && (best.len == 0 || compare_tags(item, best) < 0)) {
            best = item;
        }
    }
    return best;
}

static enum status tags_encode(struct ctx *cx, const struct field *f, text list, struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    size_t count = 0;

    for (text tag = tag_after(list, TEXT("")); tag.len > 0; tag = tag_after(list, tag)) {
        struct value v = {.kind = VALUE_TEXT, .s = tag};
        TRY(value_check(cx, f, &v));
        if (++count > OP_REFS_MAX) {
            FAIL(cx, STATUS_LIMIT, "'%.*s': more than %d tags", SHOW(f->name), OP_REFS_MAX);
        }
    }
    if (count == 0) {
        goto out;
    }
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, count);
    for (text tag = tag_after(list, TEXT("")); tag.len > 0; tag = tag_after(list, tag)) {
        wire_put_text(&w, tag);
    }
    status = wire_writer_done(&w);
out:
    return status;
}

/* The field's first value, encoded; nothing when it is empty. */
static enum status first_value(struct ctx *cx, struct draft *d, const struct field *f, text words,
                               struct buf *out)
{
    enum status status = STATUS_OK;
    struct value v = {.kind = VALUE_NULL};

    if (f->kind == FIELD_TAGS) {
        return tags_encode(cx, f, words, out);
    }
    if (f->merge == MERGE_SUM && words.len > 0 && words.ptr[0] == '+') {
        words = (text){.ptr = words.ptr + 1, .len = words.len - 1};
    }
    buf_clear(&d->scratch);
    TRY(value_from_words(cx, d->r, f, words, d->now, &d->scratch, &v));
    if (v.kind != VALUE_NULL) {
        TRY(value_check(cx, f, &v));
        TRY(value_encode(cx, &v, out));
    }
out:
    return status;
}

static enum status first_pair(struct ctx *cx, struct draft *d, const struct field *f, text words,
                              struct pair *pairs, size_t *count)
{
    enum status status = STATUS_OK;
    bytes kept = {0};

    buf_clear(&d->encoded);
    TRY(first_value(cx, d, f, words, &d->encoded));
    if (d->encoded.len == 0) {
        if (f->required && !f->retired) {
            FAIL(cx, STATUS_USAGE, "'%.*s' is required", SHOW(f->name));
        }
        goto out;
    }
    TRY(arena_copy(cx, &d->rec->arena, buf_view(&d->encoded), &kept));
    pairs[(*count)++] = (struct pair){.name = f->name, .value = kept};
out:
    return status;
}

/* The OP_CREATE itself. *ret_state: where an import wants the record to stand, or empty. */
static enum status draft_create(struct ctx *cx, struct draft *d, const struct assignment *a,
                                size_t count, text *ret_state)
{
    enum status status = STATUS_OK;
    const struct table *t = d->rec->table;
    struct pair pairs[FIELDS_PER_TYPE_MAX];
    const struct assignment *given = NULL;
    struct value state;
    size_t pair_count = 0;

    *ret_state = (text){0};
    for (size_t i = 0; i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[t->order[i]];
        TRY(assignment_of(cx, a, count, f, &given));
        if (given != NULL && f->retired) {
            FAIL(cx, STATUS_USAGE, "'%.*s' is no longer in use", SHOW(f->name));
        }
        if (f->kind == FIELD_STATE && given != NULL && given->value.len > 0) {
            TRY(value_from_words(cx, d->r, f, given->value, d->now, &d->scratch, &state));
            *ret_state = text_equal(state.s, f->choices[0]) ? (text){0} : state.s;
        }
        if (f->kind != FIELD_STATE && f->kind != FIELD_LOG) {
            text words = given != NULL ? given->value : f->retired ? TEXT("") : f->preset;
            TRY(first_pair(cx, d, f, words, pairs, &pair_count));
        }
    }
    buf_clear(&d->encoded);
    TRY(pairs_write(cx, pairs, pair_count, &d->encoded));
    TRY(draft_op(cx, d, OP_CREATE, NULL, (bytes){0}, buf_view(&d->encoded)));
out:
    return status;
}

enum status record_create(struct ctx *cx, struct records *r, const struct record_type *type,
                          const struct team_compartment *compartment, const struct assignment *a,
                          size_t count, int64_t *ret_record)
{
    enum status status = STATUS_OK;
    const struct table *t = table_of_type(r, type);
    struct draft d;
    text state;

    MUST(t != NULL); /* types come from the schema this room was opened with */
    TRY(draft_new(cx, &d, r, t, compartment == NULL ? NULL : compartment->tag));
    TRY(draft_create(cx, &d, a, count, &state));
    for (size_t i = 0; i < count; i++) {
        if (a[i].field->kind == FIELD_LOG && a[i].value.len > 0) {
            TRY(draft_assign(cx, &d, &a[i]));
        }
    }
    if (state.len > 0) {
        TRY(draft_walk(cx, &d, state));
    }
    TRY(draft_commit(cx, &d));
    *ret_record = d.rec->key;
out:
    draft_finish(&d);
    return status;
}
