/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: the log of a device that signed two histories is a tree, and each of its branches is kept,
 * so that rules and not the order of arrival say which one counts. The branch that came first keeps
 * the device's local number; another one is a row of its own that shares entries 1..fork_seq with
 * the lane it left.
 *
 * Invariants: the parent of a lane holds entry fork_seq itself, and one after it; entries of one
 * chain never stand in two rows; an author's clock follows one branch of each device for ever.
 */
#include <string.h>

#include "lanes-int.h"

const struct device *lane_at(const struct device *lane, uint64_t seq)
{
    while (lane->parent != NULL && seq <= lane->fork_seq) {
        lane = lane->parent;
    }
    return lane;
}

bool lane_before(const struct device *lane, uint64_t seq, const struct device *after,
                 uint64_t after_seq)
{
    lane = lane_at(lane, seq);
    while (after != lane) {
        if (after->parent == NULL) {
            return false;
        }
        after_seq = after_seq < after->fork_seq ? after_seq : after->fork_seq;
        after = after->parent;
    }
    return seq <= after_seq;
}

size_t lane_count(const struct device *d)
{
    size_t count = 0;
    for (const struct device *l = d->of; l != NULL; l = l->next) {
        count++;
    }
    return count;
}

uint64_t lane_longest(const struct device *d)
{
    uint64_t longest = 0;
    for (const struct device *l = d->of; l != NULL; l = l->next) {
        longest = l->pub.head_seq > longest ? l->pub.head_seq : longest;
    }
    return longest;
}

uint64_t lane_acknowledged(const struct device *lane)
{
    return lane->acknowledged;
}

/* Who knows an entry of a branch knows what the branch shares with its parent. */
void lane_acknowledge(struct device *lane, uint64_t seq)
{
    for (; lane != NULL; lane = lane->parent) {
        if (lane->acknowledged < seq && (lane->parent == NULL || seq > lane->fork_seq)) {
            lane->acknowledged = seq;
            lane->dirty = true;
        }
        seq = seq < lane->fork_seq || lane->parent == NULL ? seq : lane->fork_seq;
    }
}

enum status lane_find(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      const struct id *name, struct device **ret, bool *ret_there)
{
    enum status status = STATUS_OK;
    struct id held;
    uint64_t unused;

    *ret_there = false;
    for (struct device *l = d->of; l != NULL && seq > 0; l = l->next) {
        if (l->pub.head_seq < seq || lane_at(l, seq) != l) {
            continue;
        }
        TRY(log_name(cx, t, l, seq, &held, &unused));
        if (id_equal(&held, name)) {
            *ret = l;
            *ret_there = true;
            break;
        }
    }
out:
    return status;
}

enum status lane_make(struct ctx *cx, struct team *t, struct device *parent, uint64_t fork_seq,
                      struct device **ret)
{
    enum status status = STATUS_OK;
    uint8_t keys[96];
    int64_t ix = 0;

    MUST(lane_at(parent, fork_seq) == parent && parent->of->has_keys);
    memcpy(keys, parent->sign_pk, 32);
    memcpy(keys + 32, parent->box_pk, 32);
    memcpy(keys + 64, parent->root_pk, 32);
    TRY(device_insert(cx, t, &parent->pub.id, BYTES_OF(keys), parent->pub.name, parent, fork_seq,
                      &ix));
    TRY(device_add_lane(cx, t, ix, parent, fork_seq, ret));
    (*ret)->unproven = true;
out:
    return status;
}

enum status lane_head(struct ctx *cx, struct team *t, const struct device *lane, struct head *ret)
{
    enum status status = STATUS_OK;
    uint64_t unused;

    *ret = (struct head){.device = lane->pub.id, .seq = lane->signed_seq};
    TRY(log_name(cx, t, lane, lane->signed_seq, &ret->id, &unused));
    memcpy(ret->signature, lane->signature, sizeof ret->signature);
out:
    return status;
}

/* ---- what was known at an older entry ---- */

static enum status past_step(struct ctx *cx, struct team *t, const struct device *lane,
                             uint64_t seq, struct buf *header, struct clock *past)
{
    enum status status = STATUS_OK;
    int64_t key = ENTRY_KEY(lane_at(lane, seq)->pub.ix, seq);
    enum carried carried;
    struct entry_header h;
    uint64_t lamport = 0;
    struct id id;

    TRY(log_header_load(cx, t, key, header, &id));
    TRY(entry_header_parse(cx, buf_view(header), &h));
    TRY(clock_carry(cx, t, &h, past, &lamport, &carried));
    if (carried != CARRIED) {
        status = log_damage(cx, key, "what its device knew cannot be told any more");
        goto out;
    }
    TRY(clock_put(cx, past, lane, seq, &id));
out:
    return status;
}

/* Clocks are stored for the newest entry only: an older one's is walked up to from the first. */
enum status lane_past(struct ctx *cx, struct team *t, struct device *lane, uint64_t seq,
                      struct clock *ret, uint64_t *ret_lamport)
{
    enum status status = STATUS_OK;
    struct buf header;
    struct id unused;

    buf_init(&header, ENTRY_HEADER_MAX);
    ret->count = 0;
    *ret_lamport = 0;
    if (seq > 0 && seq == lane->pub.head_seq && lane_at(lane, seq) == lane) {
        TRY(clock_load(cx, t, lane));
        TRY(clock_copy(cx, ret, &lane->clock));
        *ret_lamport = lane->head_lamport;
        goto out;
    }
    for (uint64_t i = 1; i <= seq; i++) {
        TRY(past_step(cx, t, lane, i, &header, ret));
    }
    if (seq > 0) {
        TRY(log_name(cx, t, lane, seq, &unused, ret_lamport));
    }
out:
    buf_finish(&header);
    return status;
}

/* ---- which branch holds ---- */

uint64_t lane_first(const struct device *lane)
{
    return lane->parent == NULL ? 1 : lane->fork_seq + 1;
}

static enum status note_winner(void *self, struct ctx *cx, const struct authority_fork *f)
{
    const struct team *t = self;
    struct device *parent = device_by_ix(t, f->lane);

    (void)cx;
    for (struct device *l = parent == NULL ? NULL : parent->of; l != NULL; l = l->next) {
        if (l->parent == parent && l->fork_seq == f->seq) {
            l->fork_winner = f->winner;
        }
    }
    return STATUS_OK;
}

enum status lanes_settle(struct ctx *cx, struct team *t)
{
    return authority_forks_each(cx, t->authority, note_winner, t);
}

/* The branch after (lane, fork_seq) that holds; NULL: none. */
static const struct device *settled(const struct team *t, const struct device *lane,
                                    uint64_t fork_seq)
{
    for (const struct device *l = lane->of; l != NULL; l = l->next) {
        if (l->parent == lane && l->fork_seq == fork_seq) {
            return l->fork_winner == 0 ? NULL : device_by_ix(t, l->fork_winner);
        }
    }
    return NULL;
}

/* The first fork at or after an entry of this lane; false: none. */
static bool next_fork(const struct device *lane, uint64_t seq, uint64_t *ret)
{
    bool found = false;
    for (const struct device *l = lane->of; l != NULL; l = l->next) {
        if (l->parent == lane && l->fork_seq >= seq && (!found || l->fork_seq < *ret)) {
            *ret = l->fork_seq;
            found = true;
        }
    }
    return found;
}

/* From an entry on, along what holds; *ret_seq: how far. */
static const struct device *walk(const struct team *t, const struct device *lane, uint64_t seq,
                                 uint64_t *ret_seq)
{
    uint64_t fork_seq = 0;
    while (next_fork(lane, seq, &fork_seq)) {
        const struct device *branch = settled(t, lane, fork_seq);
        if (branch == NULL) {
            *ret_seq = fork_seq;
            return lane;
        }
        lane = branch;
        seq = fork_seq + 1;
    }
    *ret_seq = lane->pub.head_seq;
    return lane;
}

const struct device *lane_in_force(const struct team *t, const struct device *d)
{
    uint64_t unused;
    return walk(t, d->of, 0, &unused);
}

/* What item i of the own clock stands on. */
static const struct device *known_lane(const struct team *t, size_t i)
{
    const struct device *lane = clock_lane(t, &t->self->clock, i);
    MUST(lane != NULL);
    return lane;
}

/* Where nobody settled which branch holds, naming one would be taking sides. The own clock is
 * loaded. */
static const struct device *follow(const struct team *t, const struct device *d, uint64_t *ret_seq)
{
    const struct device *lane = d->of;
    uint64_t seq = 0;
    size_t i;

    if (d->of->next != NULL && clock_find(&t->self->clock, &d->pub.id, &i)) {
        lane = known_lane(t, i);
        seq = t->self->clock.items[i].seq;
    }
    return walk(t, lane, seq, ret_seq);
}

bool places_followed(const struct team *t, const struct places *l)
{
    bool followed = false;
    for (size_t i = 0; i < l->count && !followed; i++) {
        const struct device *lane = device_by_ix(t, l->at[i].ix), *to = NULL;
        uint64_t seq = 0;
        followed = lane == NULL || lane->of->next == NULL || t->self == NULL;
        if (!followed) {
            to = follow(t, lane->of, &seq);
            followed = lane_before(lane, l->at[i].seq, to, seq);
        }
    }
    return followed;
}

enum status lane_follow(struct ctx *cx, struct team *t, const struct device *d,
                        struct followed *ret)
{
    enum status status = STATUS_OK;

    TRY(clock_load(cx, t, t->self));
    *ret = (struct followed){.seq = 0};
    ret->lane = follow(t, d, &ret->seq);
    if (ret->seq > 0) {
        TRY(log_name(cx, t, ret->lane, ret->seq, &ret->id, &ret->lamport));
    }
out:
    return status;
}

/* ---- for the rooms above, and for cuts ---- */

enum status held_point(struct ctx *cx, struct team *t, const struct point_row *p,
                       struct authority_point *ret, bool *ret_there)
{
    enum status status = STATUS_OK;
    const struct device *d = device_by_id(t, &p->device);
    struct device *lane = NULL;

    *ret_there = false;
    if (d == NULL) {
        return STATUS_OK;
    }
    *ret = (struct authority_point){.ix = d->pub.ix, .seq = p->seq};
    if (p->seq == 0) {
        *ret_there = true;
        return STATUS_OK;
    }
    TRY(lane_find(cx, t, d, p->seq, &p->entry, &lane, ret_there));
    ret->ix = *ret_there ? lane->pub.ix : ret->ix;
out:
    return status;
}

int64_t team_device_home(const struct team *t, int64_t ix)
{
    const struct device *d = device_by_ix(t, ix);
    return d == NULL ? ix : d->of->pub.ix;
}

int64_t team_device_lane(const struct team *t, int64_t home, size_t lane)
{
    const struct device *l = device_by_ix(t, home);
    for (l = l == NULL ? NULL : l->of; l != NULL && lane > 0; l = l->next) {
        lane--;
    }
    return l == NULL ? 0 : l->pub.ix;
}
