/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of answers: one item for every fact, made as "nothing is known of it", and what a pass
 * adds to them.
 */
#include "authority-int.h"

#include <stdlib.h>

static const size_t answer_sizes[ANSWERS] = {
    [ANSWER_VERDICTS] = sizeof(struct verdict), [ANSWER_HOLDINGS] = sizeof(struct holding),
    [ANSWER_PEOPLE] = sizeof(struct person),    [ANSWER_DEVICES] = sizeof(struct device),
    [ANSWER_TRACKS] = sizeof(struct track),     [ANSWER_JUNCTIONS] = sizeof(struct junction),
    [ANSWER_STEPS] = sizeof(uint32_t),          [ANSWER_PAIRS] = sizeof(struct pair),
    [ANSWER_RANGES] = sizeof(struct range),     [ANSWER_MEETS] = sizeof(struct meet),
    [ANSWER_ROWS] = sizeof(struct removal),     [ANSWER_LINKS] = sizeof(struct link),
    [ANSWER_OWNERS] = sizeof(uint32_t),         [ANSWER_WORK] = sizeof(uint32_t),
    [ANSWER_SORTED] = sizeof(struct sorted),    [ANSWER_SPANS] = sizeof(struct span),
};

enum status answer_reserve(struct ctx *cx, struct answers *n, enum answer what, size_t more)
{
    return array_reserve(cx, &n->of[what], n->of[what].count + more, answer_sizes[what]);
}

static void item_start(struct answers *n, enum answer what, uint32_t i)
{
    switch (what) {
    case ANSWER_VERDICTS:
        *verdict_at(n, i) = (struct verdict){
            .by = NONE, .next = NONE, .reason = REASON_UNJUDGED, .undone = LEVEL_NEVER};
        break;
    case ANSWER_HOLDINGS:
        *holding_at(n, i) = (struct holding){.replaces = NONE,
                                             .own = {.ops = NONE},
                                             .cascade = {.ops = NONE},
                                             .by = NONE,
                                             .reason = REASON_UNJUDGED,
                                             .support = LEVEL_NEVER,
                                             .reattach = LEVEL_NEVER};
        break;
    case ANSWER_PEOPLE:
        *person_at(n, i) = (struct person){
            .removes = {.ops = NONE}, .level = LEVEL_NEVER, .suspended = LEVEL_NEVER};
        break;
    case ANSWER_DEVICES:
        *device_at(n, i) =
            (struct device){.cuts = {.ops = NONE}, .unlinks = NONE, .cut = LEVEL_NEVER};
        break;
    case ANSWER_TRACKS:
        *track_at(n, i) = (struct track){.suspend_cap = SEQ_ALL, .suspend_by = NONE};
        break;
    case ANSWER_JUNCTIONS:
        *junction_at(n, i) = (struct junction){.branch = NONE,
                                               .by = NONE,
                                               .said = NONE,
                                               .acknowledged = NONE,
                                               .winner = NONE,
                                               .winner_by = NONE};
        break;
    case ANSWER_STEPS:
        *step_at(n, i) = NONE;
        break;
    case ANSWER_PAIRS:
    case ANSWER_RANGES:
    case ANSWER_MEETS:
    case ANSWER_ROWS:
    case ANSWER_LINKS:
    case ANSWER_OWNERS:
    case ANSWER_WORK:
    case ANSWER_SORTED:
    case ANSWER_SPANS:
    case ANSWERS:
        break;
    }
}

enum status answers_extend(struct ctx *cx, const struct authority *a, struct answers *n)
{
    static const struct {
        enum answer what;
        enum fact of;
    } parts[] = {
        {ANSWER_VERDICTS, FACT_OPS},   {ANSWER_HOLDINGS, FACT_APPOINTMENTS},
        {ANSWER_PEOPLE, FACT_MEMBERS}, {ANSWER_DEVICES, FACT_FAMILIES},
        {ANSWER_TRACKS, FACT_LANES},   {ANSWER_JUNCTIONS, FACT_FORKS},
        {ANSWER_STEPS, FACT_STATES},
    };
    enum status status = STATUS_OK;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct array *to = &n->of[parts[i].what];
        size_t count = fact_count(a, parts[i].of);
        if (to->cap < count) { /* and some more, for what comes alone later */
            TRY(array_reserve(cx, to, count + count / 8, answer_sizes[parts[i].what]));
        }
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct array *to = &n->of[parts[i].what];
        while (to->count < fact_count(a, parts[i].of)) {
            item_start(n, parts[i].what, (uint32_t)to->count++);
        }
    }
out:
    return status;
}

enum status answers_copy(struct ctx *cx, const struct answers *from, struct answers *ret)
{
    enum status status = STATUS_OK;
    struct answers n = *from;

    for (size_t i = 0; i < ANSWERS; i++) {
        n.of[i] = (struct array){0};
    }
    for (size_t i = 0; i < ANSWERS; i++) {
        TRY(array_copy(cx, &from->of[i], answer_sizes[i], &n.of[i]));
    }
    *ret = n;
out:
    if (status != STATUS_OK) {
        answers_finish(&n);
    }
    return status;
}

void answers_finish(struct answers *n)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        array_finish(&n->of[i]);
    }
    *n = (struct answers){0};
}

static int compare_sorted(const void *x, const void *y)
{
    const struct sorted *a = x, *b = y;
    if (a->first != b->first) {
        return a->first < b->first ? -1 : 1;
    }
    if (a->second != b->second) {
        return a->second < b->second ? -1 : 1;
    }
    int order = a->id == NULL || b->id == NULL ? 0 : id_compare(a->id, b->id);
    if (order != 0) {
        return order;
    }
    return a->third < b->third ? -1 : a->third > b->third;
}

void answers_sort(struct answers *n)
{
    const struct array *s = &n->of[ANSWER_SORTED];
    if (s->count > 1) {
        qsort(s->items, s->count, sizeof(struct sorted), compare_sorted);
    }
}
