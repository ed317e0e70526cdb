/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What authority means for data. The answer for everything said under one appointment on one lane
 * is one number: entries up to it count, later ones do not. When authority changes, exactly the
 * ranges between the old and the new number change; the room above is told of them at the end.
 *
 * Invariant: log_entry.counts is what the authority room last resolved.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

bool effects_counts(const struct team *t, const struct appointment *a, int64_t ix, uint64_t seq)
{
    return a != NULL && seq <= authority_limit(t->authority, a->number, ix);
}

/* ---- telling ---- */

struct tell {
    int64_t ix;
    uint64_t from, to;
};

/* One range a lane is enough: who is told derives again, and that twice is as good as once. */
enum status effects_tell_later(struct ctx *cx, struct team *t, int64_t ix, uint64_t from,
                               uint64_t to)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (from > to) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < t->tells.count; i++) {
        struct tell *known = t->tells.at[i];
        if (known->ix == ix) {
            known->from = from < known->from ? from : known->from;
            known->to = to > known->to ? to : known->to;
            return STATUS_OK;
        }
    }
    TRY(mem_new(cx, 1, sizeof(struct tell), &memory));
    *(struct tell *)memory = (struct tell){.ix = ix, .from = from, .to = to};
    TRY(pointers_add(cx, &t->tells, memory));
    memory = NULL;
out:
    free(memory);
    return status;
}

void effects_forget(struct team *t)
{
    for (size_t i = 0; i < t->tells.count; i++) {
        free(t->tells.at[i]);
    }
    t->tells.count = 0;
}

enum status effects_tell(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < t->tells.count; i++) {
        const struct tell *w = t->tells.at[i];
        if (t->sink.apply == NULL) {
            FAIL(cx, STATUS_BUG, "authority over data changed while nobody looks after records");
        }
        if (t->sink.changed != NULL) {
            TRY(t->sink.changed(t->sink.self, cx, w->ix, w->from, w->to));
        }
    }
    effects_forget(t);
out:
    return status;
}

/* Entries from..to of the lane under the appointment count from now on, or not any more. */
static enum status range_change(struct ctx *cx, struct team *t, const struct appointment *a,
                                const struct device *d, uint64_t from, uint64_t to, bool counts)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    to = to < d->pub.head_seq ? to : d->pub.head_seq;
    if (from > to) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_COUNTS, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(d->pub.ix, from));
    stmt_bind_int(s, 2, ENTRY_KEY(d->pub.ix, to));
    stmt_bind_int(s, 3, a->row);
    stmt_bind_int(s, 4, counts);
    TRY(stmt_run(cx, s));
    if (vault_changes(t->v) > 0) {
        TRY(effects_tell_later(cx, t, d->pub.ix, from, to));
    }
out:
    return status;
}

static enum status change_apply(void *self, struct ctx *cx, const struct authority_change *c)
{
    enum status status = STATUS_OK;
    struct team *t = self;
    const struct device *d = device_by_ix(t, c->ix);

    MUST(d != NULL && c->appointment >= 0 && (size_t)c->appointment < t->appointments.count);
    const struct appointment *a = t->appointments.at[c->appointment];
    if (c->new_limit < c->old_limit) {
        TRY(range_change(cx, t, a, d, c->new_limit + 1, c->old_limit, false));
    } else if (c->new_limit > c->old_limit) {
        TRY(range_change(cx, t, a, d, c->old_limit + 1, c->new_limit, true));
    }
    if (c->roles_from != AUTHORITY_ALL) {
        TRY(effects_tell_later(cx, t, c->ix, c->roles_from, d->pub.head_seq));
    }
out:
    return status;
}

enum status effects_resolve(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    if (t->council.count == 0) {
        return STATUS_OK; /* a newcomer before the first entry: nobody has power yet */
    }
    TRY(authority_resolve(cx, t->authority));
    TRY(lanes_settle(cx, t));
    if (!t->trusted && !t->readonly) {
        TRY(authority_changes_each(cx, t->authority, change_apply, t));
    }
out:
    return status;
}

/* ---- for rooms above ---- */

void team_set_sink(struct team *t, const struct log_sink *sink)
{
    t->sink = sink == NULL ? (struct log_sink){0} : *sink;
}

void team_drop_sink(struct team *t, const void *self)
{
    if (t->sink.self == self) {
        team_set_sink(t, NULL);
    }
}

enum status info_roles(struct ctx *cx, const struct team *t, const struct appointment *via,
                       struct authority_point at, struct entry_info *ret)
{
    enum status status = STATUS_OK;
    uint32_t numbers[ENTRY_ROLES_MAX];
    size_t count = authority_roles_at(t->authority, via->number, at, numbers, ENTRY_ROLES_MAX);

    ret->role_count = 0;
    if (count > ENTRY_ROLES_MAX) {
        FAIL(cx, STATUS_LIMIT, "an appointment has %zu roles at once, the limit is %d", count,
             ENTRY_ROLES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        MUST(numbers[i] < t->roles.count);
        ret->roles[ret->role_count++] = &((const struct role *)t->roles.at[numbers[i]])->pub;
    }
    if (count == 0) {
        ret->roles[ret->role_count++] = &via->role->pub;
    }
out:
    return status;
}

bool entry_may(const struct entry_info *info, enum team_verb verb, text type, text field)
{
    for (size_t i = 0; i < info->role_count; i++) {
        const struct role *r = (const struct role *)(const void *)info->roles[i]; /* pub is first */
        if (!role_allows(r, info->compartment, verb, type, field)) {
            return false;
        }
    }
    return info->role_count > 0;
}

/* Why the entry does not count, in words: "after Ben was removed by Anna". */
static enum status void_words(struct ctx *cx, struct team *t, int64_t key, struct buf *out)
{
    enum status status = STATUS_OK;
    struct device *d = device_by_ix(t, ENTRY_IX(key));
    struct entry_header h;
    struct log_row row;

    log_row_init(&row);
    TRY(log_row_load(cx, t, key, &row));
    TRY(entry_header_parse(cx, buf_view(&row.header), &h));
    const struct appointment *via = d == NULL ? NULL : appointment_by_id(t, &h.via, &d->pub.member);
    uint64_t by = via == NULL ? 0 : authority_limit_by(t->authority, via->number, d->pub.ix);
    TRY(power_words(cx, t, by, out));
out:
    log_row_finish(&row);
    return status;
}

enum status log_void_each(struct ctx *cx, struct team *t,
                          enum status (*visit)(void *self, struct ctx *cx, int64_t device_ix,
                                               uint64_t seq, text why),
                          void *self)
{
    enum status status = STATUS_OK;
    struct log_order order = {0};
    struct buf why;

    buf_init(&why, KIB);
    TRY(team_sync(cx, t));
    TRY(log_order_load(cx, t, PICK_VOID, &order));
    for (size_t i = 0; i < order.count; i++) {
        int64_t key = order.items[i].key;
        buf_clear(&why);
        TRY(void_words(cx, t, key, &why));
        TRY(visit(self, cx, ENTRY_IX(key), ENTRY_SEQ(key), buf_text(&why)));
    }
out:
    buf_finish(&why);
    log_order_finish(&order);
    return status;
}
