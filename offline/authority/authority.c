/* SPDX-License-Identifier: Apache-2.0 */
/* A resolver from its birth to its end: founding, copying, freeing. */
#include "authority-int.h"

#include <stdlib.h>

static void authority_start(struct authority *a)
{
    *a = (struct authority){.whole = true};
    for (size_t i = 0; i < LEVEL_LISTS; i++) {
        a->ops_at[i] = (struct chain){.first = NONE, .last = NONE};
        a->appointments_at[i] = (struct chain){.first = NONE, .last = NONE};
    }
}

enum status authority_new(struct ctx *cx, struct authority **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    TRY(mem_new(cx, 1, sizeof(struct authority), &memory));
    authority_start(memory);
    *ret = memory;
out:
    return status;
}

void authority_clear(struct authority *a)
{
    for (size_t i = 0; i < FACTS; i++) {
        array_finish(&a->facts[i]);
    }
    table_finish(&a->refs);
    table_finish(&a->lanes);
    table_finish(&a->states);
    answers_finish(&a->now);
    array_finish(&a->changes);
    authority_start(a);
}

void authority_free(struct authority **a)
{
    if (*a != NULL) {
        authority_clear(*a);
        free(*a);
        *a = NULL;
    }
}

enum status authority_copy(struct ctx *cx, const struct authority *a, struct authority **ret)
{
    enum status status = STATUS_OK;
    struct authority *copy = NULL;

    TRY(authority_new(cx, &copy));
    for (size_t i = 0; i < FACTS; i++) {
        TRY(array_copy(cx, &a->facts[i], fact_size((enum fact)i), &copy->facts[i]));
    }
    for (size_t i = 0; i < LEVEL_LISTS; i++) {
        copy->ops_at[i] = a->ops_at[i];
        copy->appointments_at[i] = a->appointments_at[i];
    }
    TRY(table_copy(cx, &a->refs, &copy->refs));
    TRY(table_copy(cx, &a->lanes, &copy->lanes));
    TRY(table_copy(cx, &a->states, &copy->states));
    TRY(answers_copy(cx, &a->now, &copy->now));
    copy->passes = a->passes;
    copy->office_role = a->office_role;
    copy->quorum = a->quorum;
    copy->founders = a->founders;
    copy->founded = a->founded;
    copy->maxima = a->maxima;
    copy->whole = a->whole;
    copy->told_appointments = a->told_appointments;
    copy->told_lanes = a->told_lanes;
    *ret = copy;
    copy = NULL;
out:
    authority_free(&copy);
    return status;
}

static void found_now(struct authority *a, const uint32_t *owners, size_t count)
{
    a->facts[FACT_STATES].count = 1;
    *state_at(a, 0) = (struct state){.op = NONE, .first_child = NONE, .next_child = NONE};
    table_put(&a->states, 0, 0);
    a->founders = numbers_add(a, owners, count, false);
    for (size_t i = 0; i < count; i++) {
        appointment_add(a, (struct appointment){.member = owners[i],
                                                .role = a->office_role,
                                                .by = NONE,
                                                .op = NONE,
                                                .state = NONE});
    }
    a->founded = true;
}

enum status authority_found(struct ctx *cx, struct authority *a, const uint32_t *owners,
                            size_t count, uint32_t quorum, uint32_t office_role,
                            struct authority_point genesis, int64_t *ret_first)
{
    enum status status = STATUS_OK;
    struct spot spot = {.lane = NONE};

    if (a->founded) {
        FAIL(cx, STATUS_DUPLICATE, "authority: a team was founded twice");
    }
    if (office_role >= fact_count(a, FACT_ROLES) || !role_at(a, office_role)->known) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: no role has this number");
    }
    TRY(spot_of(cx, a, genesis, &spot));
    for (size_t i = 0; i < count; i++) {
        TRY(members_reserve(cx, a, owners[i]));
    }
    TRY(fact_reserve(cx, a, FACT_STATES, 1));
    TRY(fact_reserve(cx, a, FACT_NUMBERS, count));
    TRY(fact_reserve(cx, a, FACT_APPOINTMENTS, count));
    TRY(table_reserve(cx, &a->states));
    a->quorum = quorum;
    a->office_role = office_role;
    int64_t first = (int64_t)fact_count(a, FACT_APPOINTMENTS);
    found_now(a, owners, count);
    if (ret_first != NULL) {
        *ret_first = first;
    }
out:
    return status;
}
