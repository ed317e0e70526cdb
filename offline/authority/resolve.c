/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resolution: one pass over everything, beside the answers there are, which it replaces when it
 * is through; or only what came, where that cannot change anything older.
 *
 * Invariant: both ways give the same answers (tested). What came alone is judged by answers that
 * hold for every level at once, so a member about whom only some levels know something (removals,
 * device cuts, suspensions) takes the whole pass.
 */
#include "authority-int.h"

/* ---- one pass -------------------------------------------------------------------------------- */

/* UNLINKs count by admission alone: they act on levels smaller than the one that carries them. */
static void unlinks_collect(const struct authority *a, struct answers *n)
{
    for (uint32_t i = 0; i < fact_count(a, FACT_OPS); i++) {
        const struct op *o = op_at(a, i);
        if (o->verb == AUTHORITY_UNLINK) {
            struct device *d = device_at(n, o->target);
            verdict_at(n, i)->reason = REASON_NONE;
            verdict_at(n, i)->next = d->unlinks;
            d->unlinks = i;
        }
    }
}

static void told_all(struct authority *a)
{
    a->told_appointments = fact_count(a, FACT_APPOINTMENTS);
    a->told_lanes = fact_count(a, FACT_LANES);
}

static enum status resolve_whole(struct ctx *cx, struct authority *a)
{
    enum status status = STATUS_OK;
    struct answers n = {0};
    struct array changes = {0};

    TRY(answers_extend(cx, a, &n));
    unlinks_collect(a, &n);
    forks_acknowledge(a, &n);
    TRY(council_follow(cx, a, &n));
    for (int level = 0; level < AUTHORITY_LEVELS; level++) {
        TRY(level_settle(cx, a, &n, level));
    }
    for (uint32_t i = 0; i < fact_count(a, FACT_MEMBERS); i++) {
        if (person_at(&n, i)->level == LEVEL_NEVER) {
            forks_settle(a, &n, i);
        }
    }
    for (uint32_t i = 0; i < fact_count(a, FACT_APPOINTMENTS); i++) {
        TRY(changes_compare(cx, a, &a->now, &n, i, 0, &changes));
    }
    answers_finish(&a->now);
    array_finish(&a->changes);
    a->now = n;
    a->changes = changes;
    a->whole = false;
    a->passes++;
    told_all(a);
    return STATUS_OK;
out:
    answers_finish(&n);
    array_finish(&changes);
    return status;
}

/* ---- only what came ----------------------------------------------------------------------------
 */

/* All that is known of the member holds for entries of all levels alike. */
static bool member_plain(const struct authority *a, uint32_t member)
{
    const struct person *p = person_at(&a->now, member);

    if (p->removes.count > 0 || p->suspended != LEVEL_NEVER) {
        return false;
    }
    for (uint32_t i = member_at(a, member)->first_lane; i != NONE;
         i = lane_at(a, i)->next_of_member) {
        uint32_t family = lane_at(a, i)->family;
        if (device_at(&a->now, family)->cuts.count > 0 || family_at(a, family)->forked) {
            return false;
        }
    }
    return true;
}

/* A lane of its own that was not there: every appointment of its member gets a pair. */
static enum status add_lane(struct ctx *cx, struct authority *a, uint32_t lane, size_t settled,
                            struct array *changes, bool *ret_whole)
{
    enum status status = STATUS_OK;
    uint32_t member = lane_at(a, lane)->member;

    if (!member_plain(a, member)) {
        *ret_whole = true;
        return STATUS_OK;
    }
    for (uint32_t i = member_at(a, member)->first_appointment; i != NONE && i < settled;
         i = appointment_at(a, i)->next_of_member) {
        uint32_t there = holding_at(&a->now, i)->pairs_count;
        if (there <= lane_at(a, lane)->slot) {
            TRY(holding_settle(cx, a, &a->now, i));
            TRY(changes_compare(cx, a, NULL, &a->now, i, there, changes));
        }
    }
out:
    return status;
}

static enum status add_op(struct ctx *cx, struct authority *a, uint32_t op, struct array *changes,
                          bool *ret_whole)
{
    enum status status = STATUS_OK;
    const struct op *o = op_at(a, op);

    judge(a, &a->now, op);
    if (o->verb != AUTHORITY_GRANT) {
        return STATUS_OK;
    }
    bool counts = verdict_at(&a->now, op)->reason == REASON_NONE;
    bool limited = o->via != NONE &&
                   (holding_at(&a->now, o->via)->limited || roles_grant_max(a, &a->now, o) != 0);
    if (!member_plain(a, o->member) || (counts && limited)) {
        *ret_whole = true;
        return STATUS_OK;
    }
    holding_at(&a->now, o->target)->granted = counts;
    support_settle(a, &a->now, o->target);
    TRY(holding_settle(cx, a, &a->now, o->target));
    TRY(changes_compare(cx, a, NULL, &a->now, o->target, 0, changes));
out:
    return status;
}

static enum status resolve_added(struct ctx *cx, struct authority *a, bool *ret_whole)
{
    enum status status = STATUS_OK;
    struct answers *n = &a->now;
    uint32_t lanes = answer_count(n, ANSWER_TRACKS), ops = answer_count(n, ANSWER_VERDICTS);
    size_t settled = answer_count(n, ANSWER_HOLDINGS);
    struct array changes = {0};

    TRY(answers_extend(cx, a, n));
    for (uint32_t i = lanes; i < fact_count(a, FACT_LANES) && !*ret_whole; i++) {
        TRY(add_lane(cx, a, i, settled, &changes, ret_whole));
    }
    for (uint32_t i = ops; i < fact_count(a, FACT_OPS) && !*ret_whole; i++) {
        TRY(add_op(cx, a, i, &changes, ret_whole));
    }
    if (!*ret_whole) {
        array_finish(&a->changes);
        a->changes = changes;
        told_all(a);
        return STATUS_OK;
    }
out:
    array_finish(&changes);
    return status;
}

static bool anything_new(const struct authority *a)
{
    return a->whole || fact_count(a, FACT_LANES) > answer_count(&a->now, ANSWER_TRACKS) ||
           fact_count(a, FACT_OPS) > answer_count(&a->now, ANSWER_VERDICTS);
}

enum status authority_resolve(struct ctx *cx, struct authority *a)
{
    enum status status = STATUS_OK;
    bool whole = a->whole;

    if (!a->founded) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: a team that was not founded has no authority");
    }
    if (!anything_new(a)) {
        array_finish(&a->changes);
        return STATUS_OK;
    }
    if (!whole) {
        status = resolve_added(cx, a, &whole);
        a->whole = whole || status != STATUS_OK; /* half added: the next time anew */
    }
    if (whole && status == STATUS_OK) {
        TRY(resolve_whole(cx, a));
    }
out:
    return status;
}

uint64_t authority_passes(const struct authority *a)
{
    return a->passes;
}
