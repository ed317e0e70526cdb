/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-types: what may stand beside what in a predicate. Checked when it is compiled: an operation
 * on the wrong type would be a silent "no" for ever.
 */
#include "l0-compile-int.h"

const char *l0_sort_name(enum sort sort)
{
    static const char *const names[] = {"null",   "yes or no", "a number", "a text",
                                        "a time", "a choice",  "a person", "a field without value"};

    return names[sort];
}

enum sort l0_field_sort(const struct field *f)
{
    switch (f->kind) {
    case FIELD_LINE:
    case FIELD_DOC:
        return SORT_TEXT;
    case FIELD_NUM:
        return SORT_INT;
    case FIELD_FLAG:
        return SORT_BOOL;
    case FIELD_WHEN:
        return SORT_WHEN;
    case FIELD_CHOICE:
    case FIELD_STATE:
        return SORT_CHOICE;
    case FIELD_WHO:
        return SORT_WHO;
    case FIELD_TAGS:
    case FIELD_LOG:
    case FIELD_SECRET:
    case FIELD_EXT:
        return SORT_CLOSED; /* empty() and changed() only */
    }
    return SORT_CLOSED;
}

enum status l0_align_scales(struct compiler *c, struct known *a, struct known *b)
{
    enum status status = STATUS_OK;
    struct known *low = a->scale < b->scale ? a : b;
    uint32_t scale = a->scale < b->scale ? b->scale : a->scale;

    if (a->scale == b->scale) {
        return STATUS_OK;
    }
    if (low->literal == NULL) {
        REFUSE(c, low->at, "numbers with %u and %u digits after the point do not go together",
               a->scale, b->scale);
    }
    for (; low->scale < scale; low->scale++) {
        if (!mul_i64(low->literal->n, 10, &low->literal->n)) {
            REFUSE(c, low->at, "a number that is too large");
        }
    }
out:
    return status;
}

/* A constant text against a choice or a time must be one that can be. */
static enum status check_literal(struct compiler *c, const struct known *side,
                                 const struct known *literal)
{
    enum status status = STATUS_OK;
    const struct field *f = side->f;

    if (literal->literal == NULL) {
        REFUSE(c, literal->at, "%s cannot be compared with %s", l0_sort_name(side->sort),
               l0_sort_name(literal->sort));
    }
    text word = literal->literal->s;
    if (side->sort == SORT_WHEN && !when_canonical(f->when, word)) {
        REFUSE(c, literal->at, "'%.*s' is not %s in its one form", SHOW(word),
               when_expected(f->when));
    }
    if (side->sort == SORT_CHOICE) {
        for (size_t i = 0; i < f->choice_count; i++) {
            if (text_equal(f->choices[i], word)) {
                return STATUS_OK;
            }
        }
        text near = nearest_word(word, f->choices, f->choice_count);
        REFUSE(c, literal->at, "'%.*s' cannot be '%.*s'%s%.*s%s", SHOW(f->name), SHOW(word),
               near.len > 0 ? "; the nearest is '" : "", SHOW(near), near.len > 0 ? "'" : "");
    }
out:
    return status;
}

enum status l0_check_comparable(struct compiler *c, struct known *a, struct known *b, bool ordered)
{
    enum status status = STATUS_OK;
    bool orderable = a->sort == SORT_INT || a->sort == SORT_WHEN;

    if (a->sort == SORT_CLOSED || b->sort == SORT_CLOSED) {
        REFUSE(c, a->sort == SORT_CLOSED ? a->at : b->at,
               "this field can only stand in empty() or changed()");
    }
    if (a->sort == SORT_TEXT && b->sort != SORT_TEXT && a->literal != NULL) {
        struct known *swap = a;
        a = b;
        b = swap;
        orderable = a->sort == SORT_WHEN;
    }
    if (ordered && !orderable) {
        REFUSE(c, a->at, "only numbers and times have an order, not %s%s", l0_sort_name(a->sort),
               a->sort == SORT_CHOICE ? "; say in ['…', '…']" : "");
    }
    if (!ordered && (a->sort == SORT_NULL || b->sort == SORT_NULL)) {
        return STATUS_OK;
    }
    if ((a->sort == SORT_WHEN || a->sort == SORT_CHOICE) && b->sort == SORT_TEXT) {
        return check_literal(c, a, b);
    }
    if (a->sort != b->sort) {
        REFUSE(c, b->at, "%s cannot be compared with %s", l0_sort_name(a->sort),
               l0_sort_name(b->sort));
    }
    if (a->sort == SORT_WHEN && a->f->when != b->f->when) {
        REFUSE(c, b->at, "a date, an instant and a local time cannot be compared");
    }
    if (a->sort == SORT_INT) {
        return l0_align_scales(c, a, b);
    }
out:
    return status;
}

enum status l0_need_bool(struct compiler *c, const struct known *k, const char *what)
{
    enum status status = STATUS_OK;

    if (k->sort != SORT_BOOL) {
        REFUSE(c, k->at, "%s needs yes or no, not %s", what, l0_sort_name(k->sort));
    }
out:
    return status;
}
