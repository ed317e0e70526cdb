/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owners' decisions: a chain of states, each under the root keys (from the recovery sheets) of
 * a majority of the owners of the state before. A decision is judged by its signatures, not by who
 * carries it, and may be carried more than once. Which states are followed, and what happens when
 * two follow one, is the authority room's answer.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

void council_id(const struct team *t, const struct id *prev, bytes body, struct id *ret)
{
    uint8_t head[64];
    memcpy(head, t->id.b, 32);
    memcpy(head + 32, prev->b, 32);
    hash_domain("valise/council", BYTES_OF(head), body, ret);
}

struct council_state *council_by_id(const struct team *t, const struct id *id)
{
    for (size_t i = 0; i < t->council.count; i++) {
        struct council_state *s = t->council.at[i];
        if (id_equal(&s->id, id)) {
            return s;
        }
    }
    return NULL;
}

static bool owner_of(const struct council_state *s, const struct member *m)
{
    for (size_t i = 0; i < s->owners.count; i++) {
        if (s->owners.at[i] == m) {
            return true;
        }
    }
    return false;
}

static enum status state_make(struct ctx *cx, struct team *t, const struct id *id,
                              const struct council_state *prev, struct council_state **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    TRY(mem_new(cx, 1, sizeof(struct council_state), &memory));
    struct council_state *s = memory;
    s->id = *id;
    s->prev = prev;
    s->number = (uint32_t)t->council.count;
    TRY(pointers_add(cx, &t->council, s));
    *ret = s;
    memory = NULL;
    for (size_t i = 0; prev != NULL && i < prev->owners.count; i++) {
        TRY(pointers_add(cx, &s->owners, prev->owners.at[i]));
    }
    s->quorum = prev == NULL ? 0 : prev->quorum;
out:
    free(memory);
    return status;
}

void council_free_all(struct team *t)
{
    for (size_t i = 0; i < t->council.count; i++) {
        struct council_state *s = t->council.at[i];
        pointers_finish(&s->owners);
        buf_finish(&s->body);
        free(s->places.at);
        free(s);
    }
    t->council.count = 0;
}

/* The state a team begins with: named by the entry it was founded by. */
enum status council_found(struct ctx *cx, struct team *t, const struct authored *a,
                          const struct genesis *g, struct role *office_role)
{
    enum status status = STATUS_OK;
    struct council_state *s = NULL;
    uint32_t numbers[OWNERS_MAX];
    size_t count = 0;
    struct rows owners;
    uint8_t root_pk[32];
    int64_t first = 0;

    if (council_by_id(t, &a->entry) != NULL) {
        return STATUS_OK;
    }
    TRY(state_make(cx, t, &a->entry, NULL, &s));
    TRY(places_add(cx, &s->places, a->place));
    s->quorum = g->quorum;
    rows_read(&owners, g->owners);
    while (count < OWNERS_MAX && rows_next_fixed(&owners, root_pk, sizeof root_pk)) {
        struct member *m = NULL;
        TRY(member_make(cx, t, root_pk, g->member_name, &m));
        TRY(pointers_add(cx, &s->owners, m));
        numbers[count++] = m->number;
    }
    /* the founder is the first owner; the LINK that says so comes next in this entry */
    TRY(device_hand_over(cx, t, a->author, s->owners.at[0]));
    TRY(authority_found(cx, t->authority, numbers, count, (uint32_t)g->quorum, office_role->number,
                        (struct authority_point){.ix = a->place.ix, .seq = a->place.seq}, &first));
    for (size_t i = 0; i < count; i++) {
        struct appointment office = {.id = a->entry,
                                     .member = ((struct member *)s->owners.at[i])->pub.id,
                                     .role = office_role,
                                     .number = first + (int64_t)i,
                                     .place = a->place,
                                     .lamport = a->lamport,
                                     .state = s};
        TRY(appointment_make(cx, t, &office));
    }
out:
    return status;
}

/* ---- judging ---- */

static void judge_signatures(const struct team *t, struct authored *a,
                             const struct council_state *prev, const struct council *c,
                             const struct id *id)
{
    struct rows rows;
    uint8_t root_pk[32], signature[SIGNATURE_BYTES], before[32];
    size_t count = 0;

    rows_read(&rows, c->signatures);
    while (rows_next_signature(&rows, root_pk, signature)) {
        struct id member;
        member_id(root_pk, &member);
        const struct member *m = member_by_id(t, &member);
        if (count > 0 && memcmp(before, root_pk, sizeof before) >= 0) {
            charter_refuse(a, "[AUTH-50] the signatures do not ascend");
        }
        if (m == NULL || !owner_of(prev, m) ||
            !statement_verify("valise/council", &t->id, BYTES_OF(id->b), root_pk, signature)) {
            charter_refuse(a, "[AUTH-50] a signature is not that of an owner");
        }
        memcpy(before, root_pk, 32);
        count++;
    }
    if (count < prev->quorum) {
        charter_refuse(a, "[AUTH-50] %zu of %u owners signed", count, (unsigned)prev->quorum);
    }
}

static void judge_quorum(struct authored *a, uint64_t owners, uint64_t quorum)
{
    if (owners == 0 || owners > OWNERS_MAX || quorum > owners || 2 * quorum <= owners) {
        charter_refuse(a, "[AUTH-50] the new quorum is not a majority of the owners");
    }
}

static enum status owners_added(struct ctx *cx, struct team *t, struct council_state *s,
                                const struct council_body *b, uint32_t *ret, size_t *ret_count)
{
    enum status status = STATUS_OK;
    struct rows rows;
    uint8_t root_pk[32];
    text name;

    rows_read(&rows, b->owners);
    while (*ret_count < OWNERS_MAX && rows_next_owner(&rows, root_pk, &name)) {
        struct member *m = NULL;
        TRY(member_make(cx, t, root_pk, name, &m));
        if (!owner_of(s, m)) {
            TRY(pointers_add(cx, &s->owners, m));
            ret[(*ret_count)++] = m->number;
        }
    }
out:
    return status;
}

static size_t owners_new(const struct team *t, const struct council_state *prev,
                         const struct council_body *b, struct authored *a)
{
    struct rows rows;
    uint8_t root_pk[32];
    text name;
    uint8_t before[32] = {0};
    size_t count = 0;
    struct id id;

    rows_read(&rows, b->owners);
    while (rows_next_owner(&rows, root_pk, &name)) {
        if (memcmp(before, root_pk, sizeof before) >= 0) {
            charter_refuse(a, "[AUTH-50] the new owners do not ascend");
        }
        memcpy(before, root_pk, sizeof before);
        member_id(root_pk, &id);
        const struct member *m = member_by_id(t, &id);
        if (!sign_key_valid(root_pk)) {
            charter_refuse(a, "[F-16] a new owner's root key is not valid");
        }
        count += m == NULL || !owner_of(prev, m);
    }
    return count;
}

static enum status judge_decision(struct ctx *cx, struct team *t, struct authored *a,
                                  const struct council_state *prev, const struct council_body *b,
                                  struct authority_op *op)
{
    enum status status = STATUS_OK;
    const struct member *m;
    const struct power *p;

    switch ((enum authority_council_kind)b->kind) {
    case COUNCIL_ADD_OWNERS:
        judge_quorum(a, prev->owners.count + owners_new(t, prev, b, a), b->quorum);
        break;
    case COUNCIL_RM_OWNER:
        m = member_by_id(t, &b->member);
        if (m == NULL || !owner_of(prev, m)) {
            charter_refuse(a, "[AUTH-50] takes out somebody who is not an owner");
            break;
        }
        op->member = m->number;
        judge_quorum(a, prev->owners.count - 1, b->quorum);
        TRY(charter_judge_points(cx, t, a, b->cut));
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        p = charter_judge_said(t, a, &b->said, b->kind == COUNCIL_LIFT);
        op->target = p == NULL ? 0 : p->ref;
        break;
    case COUNCIL_PIN:
    case COUNCIL_SEAL:
        TRY(charter_judge_points(cx, t, a, b->cut));
        break;
    case COUNCIL_SETTLE:
        break;
    }
out:
    return status;
}

/* SETTLE: the chosen state first, then those it rejects; all follow the state before. */
static enum status settle_states(const struct team *t, struct authored *a,
                                 const struct council_state *prev, const struct council_body *b,
                                 uint32_t *ret, size_t *ret_count)
{
    struct rows rows;
    struct id id = b->chosen;
    bool more = true;

    rows_read(&rows, b->rejected);
    while (more && *ret_count <= OWNERS_MAX) {
        const struct council_state *s = council_by_id(t, &id);
        if (s == NULL || s->prev != prev || (*ret_count == 0 && s->kind == COUNCIL_SETTLE) ||
            (!t->trusted && !places_known(t, a->past, &s->places))) {
            charter_refuse(a, "[AUTH-51] settles between decisions that are not known");
            return STATUS_OK;
        }
        ret[(*ret_count)++] = s->number;
        more = rows_next_fixed(&rows, id.b, sizeof id.b);
    }
    return STATUS_OK;
}

/* ---- effect ---- */

static enum status offices_make(struct ctx *cx, struct team *t, const struct authored *a,
                                struct council_state *s, int64_t first, size_t count)
{
    enum status status = STATUS_OK;
    const struct appointment *founder = t->appointments.at[0];

    for (size_t i = 0; i < count; i++) {
        const struct member *m = s->owners.at[s->owners.count - count + i];
        struct appointment office = {.id = s->id,
                                     .member = m->pub.id,
                                     .role = founder->role,
                                     .number = first + (int64_t)i,
                                     .place = a->place,
                                     .lamport = a->lamport,
                                     .state = s};
        TRY(appointment_make(cx, t, &office));
    }
out:
    return status;
}

static void owner_drop(struct council_state *s, const struct id *member)
{
    for (size_t i = 0; i < s->owners.count; i++) {
        const struct member *m = s->owners.at[i];
        if (id_equal(&m->pub.id, member)) {
            s->owners.count--;
            memmove(s->owners.at + i, s->owners.at + i + 1,
                    (s->owners.count - i) * sizeof *s->owners.at);
            return;
        }
    }
}

static enum status decide(struct ctx *cx, struct team *t, struct authored *a, const struct id *id,
                          const struct council_state *prev, bytes body,
                          const struct council_body *b, struct authority_op *op)
{
    enum status status = STATUS_OK;
    struct council_state *s = NULL;
    uint32_t numbers[OWNERS_MAX + 1];
    size_t count = 0;
    int64_t first = 0;

    TRY(state_make(cx, t, id, prev, &s));
    TRY(places_add(cx, &s->places, a->place));
    s->kind = b->kind;
    buf_init(&s->body, BODY_PLAIN_MAX);
    TRY(buf_add(cx, &s->body, body));
    op->verb = AUTHORITY_COUNCIL;
    op->council.state = s->number;
    op->council.prev = prev->number;
    op->council.kind = (uint32_t)b->kind;
    if (b->kind == COUNCIL_ADD_OWNERS) {
        TRY(owners_added(cx, t, s, b, numbers, &count));
        op->council.members = numbers;
        op->council.members_count = count;
        s->quorum = b->quorum;
    } else if (b->kind == COUNCIL_RM_OWNER) {
        owner_drop(s, &b->member);
        s->quorum = b->quorum;
        TRY(charter_power_note(cx, t, a, member_by_id(t, &b->member), s));
    } else if (b->kind == COUNCIL_SETTLE) {
        TRY(settle_states(t, a, prev, b, numbers, &count));
        op->council.states = numbers;
        op->council.states_count = count;
        const struct council_state *chosen = council_by_id(t, &b->chosen);
        MUST(chosen != NULL);
        s->owners.count = 0;
        for (size_t i = 0; i < chosen->owners.count; i++) {
            TRY(pointers_add(cx, &s->owners, chosen->owners.at[i]));
        }
        s->quorum = chosen->quorum;
    }
    op->council.quorum = (uint32_t)s->quorum;
    if (b->kind == COUNCIL_PARDON || b->kind == COUNCIL_LIFT) {
        TRY(charter_undoing_note(cx, t, a, power_by_name(t, &b->said.entry, b->said.index)));
    }
    TRY(charter_hand_over(cx, t, a, op, &first));
    if (b->kind == COUNCIL_ADD_OWNERS) {
        TRY(offices_make(cx, t, a, s, first, count));
    }
out:
    return status;
}

enum status council_apply(struct ctx *cx, struct team *t, struct authored *a,
                          const struct council *c)
{
    enum status status = STATUS_OK;
    struct authority_op op = {.verb = AUTHORITY_COUNCIL};
    const struct council_state *prev = council_by_id(t, &c->prev);
    struct council_body body;
    struct id id;

    TRY(council_body_parse(cx, c->body, &body));
    council_id(t, &c->prev, c->body, &id);
    if (prev == NULL || prev->kind == COUNCIL_SETTLE ||
        (!t->trusted && !places_known(t, a->past, &prev->places))) {
        charter_refuse(a, "[AUTH-50] follows a decision that is not known");
        goto out;
    }
    if (!t->trusted) {
        judge_signatures(t, a, prev, c, &id);
        uint32_t states[OWNERS_MAX + 1];
        size_t count = 0;
        if (body.kind == COUNCIL_SETTLE) {
            TRY(settle_states(t, a, prev, &body, states, &count));
        }
    }
    TRY(judge_decision(cx, t, a, prev, &body, &op));
    if (a->reason[0] != '\0') {
        goto out;
    }
    struct council_state *known = council_by_id(t, &id);
    if (known != NULL) { /* carried once more */
        TRY(places_add(cx, &known->places, a->place));
        goto out;
    }
    TRY(decide(cx, t, a, &id, prev, c->body, &body, &op));
out:
    return status;
}
