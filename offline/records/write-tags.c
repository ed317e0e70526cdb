/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write-tags: changes of a set of tags. Adding is an operation of its own; removing names the
 * additions it takes away, so that a tag somebody else adds at the same time stays.
 */
#include <string.h>

#include "records-int.h"

static text trim(text t)
{
    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t')) {
        t.ptr++;
        t.len--;
    }
    while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t')) {
        t.len--;
    }
    return t;
}

text tags_next(text *rest)
{
    while (rest->len > 0) {
        const char *comma = memchr(rest->ptr, ',', rest->len);
        size_t len = comma == NULL ? rest->len : (size_t)(comma - rest->ptr);
        size_t step = comma == NULL ? len : len + 1;
        text item = trim((text){.ptr = rest->ptr, .len = len});
        rest->ptr += step;
        rest->len -= step;
        if (item.len > 0) {
            return item;
        }
    }
    return (text){0};
}

enum status draft_tag(struct ctx *cx, struct draft *d, const struct field *f, text tag, bool add)
{
    enum status status = STATUS_OK;
    struct outcome o;
    struct value v, wanted = {.kind = VALUE_TEXT, .s = tag};
    uint8_t *memory = NULL;
    struct buf base, value;
    size_t count = 0;

    buf_init(&base, BODY_PLAIN_MAX);
    buf_init(&value, BODY_PLAIN_MAX);
    TRY(value_check(cx, f, &wanted));
    TRY(field_resolve(cx, d->rec, table_field_index(d->rec->table, f), NULL, &o));
    TRY(arena_take(cx, &d->rec->arena, o.live * sizeof(int64_t), &memory));
    int64_t *keys = (int64_t *)(void *)memory;
    for (size_t i = 0; i < o.live; i++) {
        TRY(cell_value(cx, d->rec, d->rec->live[i], &v));
        if (text_equal(v.s, tag)) {
            keys[count++] = d->rec->ops[d->rec->cells[d->rec->live[i]].op].key;
        }
    }
    if (add == (count > 0)) {
        goto out; /* it is there already, or not there at all */
    }
    TRY(value_encode(cx, &wanted, &value));
    if (!add) {
        TRY(refs_write(cx, d->r, keys, count, &base));
    }
    TRY(draft_op(cx, d, add ? OP_TAG_ADD : OP_TAG_REMOVE, f, buf_view(&base), buf_view(&value)));
out:
    buf_finish(&base);
    buf_finish(&value);
    return status;
}

static bool has_sign(text item)
{
    return item.len > 1 && (item.ptr[0] == '+' || item.ptr[0] == '-');
}

static bool list_holds(text list, text tag)
{
    for (text item = tags_next(&list); item.len > 0; item = tags_next(&list)) {
        if (text_equal(item, tag)) {
            return true;
        }
    }
    return false;
}

static enum status replace_tags(struct ctx *cx, struct draft *d, const struct field *f, text words)
{
    enum status status = STATUS_OK;
    struct outcome o;
    text *now = NULL;
    size_t count = 0;

    TRY(field_resolve(cx, d->rec, table_field_index(d->rec->table, f), NULL, &o));
    TRY(tags_list(cx, d->rec, &o, &now, &count));
    for (size_t i = 0; i < count; i++) {
        if (!list_holds(words, now[i])) {
            TRY(draft_tag(cx, d, f, now[i], false));
        }
    }
    for (text item = tags_next(&words); item.len > 0; item = tags_next(&words)) {
        TRY(draft_tag(cx, d, f, item, true));
    }
out:
    return status;
}

enum status draft_tags(struct ctx *cx, struct draft *d, const struct field *f, text words)
{
    enum status status = STATUS_OK;
    bool changes = false;
    text rest = words;

    for (text item = tags_next(&rest); item.len > 0; item = tags_next(&rest)) {
        changes |= has_sign(item);
    }
    if (!changes) {
        return replace_tags(cx, d, f, words);
    }
    for (text item = tags_next(&words); item.len > 0; item = tags_next(&words)) {
        bool add = !(has_sign(item) && item.ptr[0] == '-');
        text tag = has_sign(item) ? (text){.ptr = item.ptr + 1, .len = item.len - 1} : item;
        TRY(draft_tag(cx, d, f, tag, add));
    }
out:
    return status;
}
