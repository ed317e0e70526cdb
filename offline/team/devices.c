/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: the rows of every log and chain we know, and the tags people read in record ids.
 * A row exists from the first time a device's id is trusted (its LINK, or the invite that let us
 * in); it is shown once it is linked. The local number never changes: record keys hold it.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

enum { KEYS_BYTES = 96, TAG_MIN = 2 };

static size_t find_id(const struct pointers *by_id, const struct id *id, bool *ret_there)
{
    size_t low = 0, high = by_id->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = id_compare(&((const struct device *)by_id->at[middle])->pub.id, id);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_there = false;
    return low;
}

struct device *device_by_id(const struct team *t, const struct id *id)
{
    bool there;
    size_t i = find_id(&t->devices_by_id, id, &there);
    return there ? t->devices_by_id.at[i] : NULL;
}

/* lanes are kept ascending by ix */
struct device *device_by_ix(const struct team *t, int64_t ix)
{
    size_t low = 0, high = t->lanes.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct device *d = t->lanes.at[middle];
        if (d->pub.ix == ix) {
            return d;
        }
        if (d->pub.ix < ix) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct device *device_by_short(const struct team *t, bytes short_id)
{
    struct id first = {{0}};
    bool there;

    MUST(short_id.len == SHORT_ID_BYTES);
    memcpy(first.b, short_id.ptr, SHORT_ID_BYTES);
    /* a LINK never repeats a short id it knew of; between two concurrent ones the smaller whole id
     * is meant, so that everybody means the same */
    for (size_t i = find_id(&t->devices_by_id, &first, &there); i < t->devices_by_id.count; i++) {
        struct device *d = t->devices_by_id.at[i];
        if (memcmp(d->pub.id.b, short_id.ptr, SHORT_ID_BYTES) != 0) {
            break;
        }
        if (d->linked) {
            return d;
        }
    }
    return NULL;
}

void device_set_keys(struct device *d, bytes keys)
{
    if (keys.len != KEYS_BYTES) {
        return;
    }
    for (; d != NULL; d = d->next) { /* its lanes have the same */
        memcpy(d->sign_pk, keys.ptr, 32);
        memcpy(d->box_pk, keys.ptr + 32, 32);
        memcpy(d->root_pk, keys.ptr + 64, 32);
        member_id(d->root_pk, &d->pub.member);
        d->has_keys = true;
    }
}

enum status device_set_name(struct ctx *cx, struct device *d, text name)
{
    enum status status = STATUS_OK;
    for (; d != NULL; d = d->next) {
        buf_clear(&d->name);
        TRY(buf_add_text(cx, &d->name, name));
        d->pub.name = buf_text(&d->name);
    }
out:
    return status;
}

static enum status tag_make(struct ctx *cx, struct device *d)
{
    enum status status = STATUS_OK;
    struct buf tag;
    buf_init(&tag, sizeof d->tag);
    TRY(base32_encode(cx, &tag, BYTES_OF(d->pub.id.b)));
    memcpy(d->tag, tag.ptr, tag.len);
    d->tag_len = tag.len;
out:
    buf_finish(&tag);
    return status;
}

/* The object of this id, from the pool when it was there before a reload. lane: its ix, 0 for the
 * device's own. */
static enum status device_object(struct ctx *cx, struct team *t, const struct id *id, int64_t lane,
                                 struct device **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct device *d = NULL;

    for (size_t i = 0; i < t->device_pool.count; i++) {
        d = t->device_pool.at[i];
        if (id_equal(&d->pub.id, id) && d->lane_ix == lane) {
            *ret = d;
            return STATUS_OK;
        }
    }
    TRY(mem_new(cx, 1, sizeof *d, &memory));
    d = memory;
    buf_init(&d->name, NAME_BYTES_MAX);
    buf_init(&d->prekeys, (size_t)32 * PREKEYS_MAX);
    d->pub.id = *id;
    d->lane_ix = lane;
    TRY(tag_make(cx, d));
    TRY(pointers_add(cx, &t->device_pool, d));
    memory = NULL;
    *ret = d;
out:
    free(memory);
    return status;
}

static enum status add_by_id(struct ctx *cx, struct team *t, struct device *d)
{
    enum status status = STATUS_OK;
    struct pointers *by_id = &t->devices_by_id;
    bool there;
    size_t at = find_id(by_id, &d->pub.id, &there);

    TRY(pointers_add(cx, by_id, d));
    memmove(by_id->at + at + 1, by_id->at + at, (by_id->count - 1 - at) * sizeof *by_id->at);
    by_id->at[at] = d;
out:
    return status;
}

static enum status add_by_ix(struct ctx *cx, struct pointers *by_ix, struct device *d)
{
    enum status status = STATUS_OK;

    TRY(pointers_add(cx, by_ix, d));
    for (size_t i = by_ix->count - 1; i > 0; i--) {
        struct device *before = by_ix->at[i - 1];
        if (before->pub.ix < d->pub.ix) {
            break;
        }
        by_ix->at[i] = before;
        by_ix->at[i - 1] = d;
    }
out:
    return status;
}

enum status device_add_lane(struct ctx *cx, struct team *t, int64_t ix, struct device *parent,
                            uint64_t fork_seq, struct device **ret)
{
    enum status status = STATUS_OK;
    struct device *d = NULL, *last = parent->of;

    TRY(device_object(cx, t, &parent->pub.id, ix, &d));
    d->pub.ix = ix;
    d->of = parent->of;
    d->parent = parent;
    d->fork_seq = fork_seq;
    d->pub.head_seq = fork_seq;
    TRY(add_by_ix(cx, &t->lanes, d));
    if (d->of->has_keys) {
        d->pub.member = d->of->pub.member;
        memcpy(d->sign_pk, d->of->sign_pk, 32);
        memcpy(d->box_pk, d->of->box_pk, 32);
        memcpy(d->root_pk, d->of->root_pk, 32);
        d->has_keys = true;
    }
    TRY(device_set_name(cx, d, d->of->pub.name));
    while (last->next != NULL) {
        last = last->next;
    }
    last->next = d;
    *ret = d;
out:
    return status;
}

enum status device_add(struct ctx *cx, struct team *t, int64_t ix, const struct id *id,
                       struct device **ret)
{
    enum status status = STATUS_OK;
    struct device *d = device_by_id(t, id);

    if (d == NULL) {
        if (t->devices.count >= DEVICES_MAX * 2) {
            FAIL(cx, STATUS_LIMIT, "the team has more devices than %u", DEVICES_MAX * 2);
        }
        TRY(device_object(cx, t, id, 0, &d));
        d->pub.ix = ix;
        d->of = d;
        d->root = (struct branch){.lane = d, .first = 1, .id = *id};
        TRY(add_by_ix(cx, &t->devices, d));
        TRY(add_by_ix(cx, &t->lanes, d));
        TRY(add_by_id(cx, t, d));
    }
    *ret = d;
out:
    return status;
}

static enum status lane_hand_over(struct ctx *cx, struct team *t, struct device *d,
                                  const struct member *m)
{
    enum status status = STATUS_OK;

    if (d->handed_over) {
        return STATUS_OK;
    }
    struct authority_lane lane = {.ix = d->pub.ix,
                                  .device = d->pub.id,
                                  .member = m->number,
                                  .parent = d->parent == NULL ? 0 : d->parent->pub.ix,
                                  .fork_seq = d->fork_seq};
    TRY(authority_lane(cx, t->authority, &lane));
    d->handed_over = true;
    if (d->acknowledged > 0) {
        TRY(authority_acknowledge(cx, t->authority, d->pub.ix, d->acknowledged));
    }
out:
    return status;
}

enum status device_hand_over(struct ctx *cx, struct team *t, struct device *d,
                             const struct member *m)
{
    enum status status = STATUS_OK;

    MUST(m != NULL);
    for (struct device *l = d->of; l != NULL; l = l->next) { /* parents come first */
        TRY(lane_hand_over(cx, t, l, m));
    }
out:
    return status;
}

enum status device_insert(struct ctx *cx, struct team *t, const struct id *id, bytes keys,
                          text name, const struct device *parent, uint64_t fork_seq,
                          int64_t *ret_ix)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    MUST(!t->readonly);
    TRY(stmt_use(cx, t->v, STMT_TEAM_DEVICE_NEXT_IX, &s));
    TRY(stmt_step(cx, s, &row));
    int64_t ix = stmt_int(s, 0);
    stmt_reset(s);
    if (ix > DEVICE_IX_MAX) {
        FAIL(cx, STATUS_LIMIT, "this vault knows %d devices, its limit", DEVICE_IX_MAX);
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_DEVICE_INSERT, &s));
    stmt_bind_int(s, 1, ix);
    stmt_bind_int(s, 2, t->key);
    stmt_bind_bytes(s, 3, BYTES_OF(id->b));
    stmt_bind_bytes(s, 4, keys);
    stmt_bind_text(s, 5, name);
    stmt_bind_int(s, 6, parent == NULL ? 0 : parent->pub.ix);
    stmt_bind_int(s, 7, (int64_t)fork_seq);
    TRY(stmt_run(cx, s));
    *ret_ix = ix;
out:
    return status;
}

enum status device_make(struct ctx *cx, struct team *t, const struct id *id, bytes keys, text name,
                        struct device **ret)
{
    enum status status = STATUS_OK;
    struct device *d = device_by_id(t, id);
    int64_t ix = 0;

    if (d == NULL) {
        TRY(device_insert(cx, t, id, keys, name, NULL, 0, &ix));
        TRY(device_add(cx, t, ix, id, &d));
    }
    if (!d->has_keys && keys.len == KEYS_BYTES) {
        device_set_keys(d, keys);
        d->dirty = true;
    }
    if (d->name.len == 0 && name.len > 0) {
        TRY(device_set_name(cx, d, name));
        d->dirty = true;
    }
    *ret = d;
out:
    return status;
}

enum status device_store(struct ctx *cx, struct team *t, struct device *d)
{
    enum status status = STATUS_OK;
    uint8_t keys[KEYS_BYTES];
    struct stmt *s = NULL;

    memcpy(keys, d->sign_pk, 32);
    memcpy(keys + 32, d->box_pk, 32);
    memcpy(keys + 64, d->root_pk, 32);
    TRY(stmt_use(cx, t->v, STMT_TEAM_DEVICE_UPDATE, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_bytes(s, 2, BYTES(keys, d->has_keys ? sizeof keys : 0));
    stmt_bind_text(s, 3, d->name.len > 0 ? buf_text(&d->name) : TEXT(""));
    stmt_bind_int(s, 4, (int64_t)d->pub.head_seq);
    stmt_bind_bytes(s, 5, BYTES(d->head_id.b, d->pub.head_seq > 0 ? 32 : 0));
    stmt_bind_int(s, 6, (int64_t)d->head_lamport);
    stmt_bind_int(s, 7, (int64_t)d->signed_seq);
    stmt_bind_bytes(s, 8, BYTES(d->signature, d->signed_seq > 0 ? sizeof d->signature : 0));
    stmt_bind_int(s, 9, (int64_t)d->acknowledged);
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* An own lane, or one beside it: its parent was stored before it. */
static enum status device_place_row(struct ctx *cx, struct team *t, struct stmt *s,
                                    const struct id *id, struct device **ret)
{
    enum status status = STATUS_OK;
    int64_t ix = stmt_int(s, 0), parent_ix = stmt_int(s, 9);
    uint64_t fork_seq = (uint64_t)stmt_int(s, 10);
    struct device *parent = parent_ix == 0 ? NULL : device_by_ix(t, parent_ix);

    if (parent_ix == 0) {
        return device_add(cx, t, ix, id, ret);
    }
    if (parent == NULL || !id_equal(&parent->pub.id, id) || fork_seq >= parent->pub.head_seq ||
        (parent->parent != NULL && fork_seq <= parent->fork_seq)) {
        FAIL(cx, STATUS_INTEGRITY, "the stored branch %lld of a device's log leaves no other one",
             (long long)ix);
    }
    TRY(device_add_lane(cx, t, ix, parent, fork_seq, ret));
out:
    return status;
}

static enum status device_take_row(struct ctx *cx, struct team *t, struct stmt *s)
{
    enum status status = STATUS_OK;
    struct device *d = NULL;
    struct id id;
    bytes head = stmt_bytes(s, 5), signature = stmt_bytes(s, 8);

    if (stmt_bytes(s, 1).len != sizeof id.b) {
        FAIL(cx, STATUS_INTEGRITY, "a stored device has no id");
    }
    memcpy(id.b, stmt_bytes(s, 1).ptr, sizeof id.b);
    TRY(device_place_row(cx, t, s, &id, &d));
    device_set_keys(d, stmt_bytes(s, 2));
    TRY(device_set_name(cx, d, stmt_text(s, 3)));
    d->pub.head_seq = (uint64_t)stmt_int(s, 4);
    d->head_lamport = (uint64_t)stmt_int(s, 6);
    d->signed_seq = (uint64_t)stmt_int(s, 7);
    d->acknowledged = (uint64_t)stmt_int(s, 11);
    if (head.len != (d->pub.head_seq > 0 ? sizeof d->head_id.b : 0) ||
        signature.len != (d->signed_seq > 0 ? sizeof d->signature : 0)) {
        FAIL(cx, STATUS_INTEGRITY, "the stored head of device %lld is damaged",
             (long long)d->pub.ix);
    }
    if (head.len > 0) {
        memcpy(d->head_id.b, head.ptr, head.len);
    }
    if (signature.len > 0) {
        memcpy(d->signature, signature.ptr, signature.len);
    }
out:
    return status;
}

enum status devices_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_TEAM_DEVICE_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        TRY(device_take_row(cx, t, s));
        TRY(stmt_step(cx, s, &row));
    }
    for (size_t i = 0; i < t->devices.count; i++) {
        TRY(branches_refresh(cx, t, t->devices.at[i]));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* ---- what is shown ---- */

static size_t common_prefix(const struct device *a, const struct device *b)
{
    size_t n = 0;
    while (n < sizeof a->tag && a->tag[n] == b->tag[n] && a->tag[n] != '\0') {
        n++;
    }
    return n;
}

/* The longest common prefix of a tag is with a neighbour in the order of ids. */
static void tags_shorten(struct team *t)
{
    struct device *before = NULL;
    for (size_t i = 0; i < t->devices_by_id.count; i++) {
        struct device *d = t->devices_by_id.at[i];
        if (!d->linked && !d->pub.self) {
            continue;
        }
        size_t common = before == NULL ? 0 : common_prefix(before, d);
        d->tag_len = common + 1 > TAG_MIN ? common + 1 : TAG_MIN;
        if (before != NULL && common + 1 > before->tag_len) {
            before->tag_len = common + 1;
        }
        before = d;
    }
    for (size_t i = 0; i < t->devices.count; i++) {
        branches_tags(t->devices.at[i]);
    }
}

enum status devices_refresh(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;

    t->shown_devices.count = 0;
    for (size_t i = 0; i < t->lanes.count; i++) {
        struct device *l = t->lanes.at[i];
        l->pub.in_use = l->of->linked && authority_lane_in_use(t->authority, l->pub.ix);
    }
    for (size_t i = 0; i < t->devices.count; i++) {
        struct device *d = t->devices.at[i];
        d->pub.self = d == t->self;
        if (d->linked || d->pub.self) {
            TRY(pointers_add(cx, &t->shown_devices, d));
        }
    }
    tags_shorten(t);
out:
    return status;
}

size_t team_device_count(const struct team *t)
{
    return t->shown_devices.count;
}

const struct team_device *team_device_at(const struct team *t, size_t i)
{
    MUST(i < t->shown_devices.count);
    return &((const struct device *)t->shown_devices.at[i])->pub;
}

const struct team_device *team_device_by_ix(const struct team *t, int64_t ix)
{
    const struct device *d = device_by_ix(t, ix);
    return d == NULL ? NULL : &d->pub;
}

const struct team_device *team_device_by_id(const struct team *t, const struct id *id)
{
    const struct device *d = device_by_id(t, id);
    return d == NULL ? NULL : &d->pub;
}

const struct team_device *team_device_by_short(const struct team *t,
                                               const uint8_t short_id[static 8])
{
    const struct device *d = device_by_short(t, BYTES(short_id, SHORT_ID_BYTES));
    return d == NULL ? NULL : &d->pub;
}

const struct team_device *team_this_device(const struct team *t)
{
    return t->self == NULL ? NULL : &t->self->pub;
}

text team_device_tag(const struct team *t, int64_t ix)
{
    const struct device *d = device_by_ix(t, ix);
    return d == NULL ? TEXT("?") : (text){.ptr = d->tag, .len = d->tag_len};
}

int64_t team_device_by_tag(const struct team *t, text tag)
{
    int64_t found = 0;
    for (size_t i = 0; i < t->shown_devices.count && tag.len > 0; i++) {
        const struct device *d = t->shown_devices.at[i];
        if (text_starts((text){.ptr = d->tag, .len = strnlen(d->tag, sizeof d->tag)}, tag)) {
            if (found != 0) {
                return -1;
            }
            found = d->pub.ix;
        }
    }
    return found;
}

size_t member_device_count(const struct team *t, const struct id *member)
{
    size_t count = 0;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        count += d->linked && id_equal(&d->pub.member, member);
    }
    return count;
}

enum status device_words(struct ctx *cx, const struct team *t, const struct id *id, struct buf *out)
{
    const struct device *d = device_by_id(t, id);
    if (d == NULL || d->name.len == 0) {
        static const char digits[] = "0123456789abcdef";
        char hex[9] = {0};
        for (size_t i = 0; i < 4; i++) {
            hex[2 * i] = digits[id->b[i] >> 4];
            hex[2 * i + 1] = digits[id->b[i] & 15];
        }
        return buf_printf(cx, out, "unknown device %s", hex);
    }
    const struct member *m = member_by_id(t, &d->pub.member);
    if (m == NULL || m->name.len == 0) {
        return buf_printf(cx, out, "'%.*s'", (int)d->pub.name.len, d->pub.name.ptr);
    }
    return buf_printf(cx, out, "%.*s's '%.*s'", (int)m->pub.name.len, m->pub.name.ptr,
                      (int)d->pub.name.len, d->pub.name.ptr);
}

bool team_device_used(const struct team *t, const struct team_device *d)
{
    int64_t ix = d->ix;

    for (size_t n = 0; ix != 0; n++) {
        ix = team_device_lane(t, d->ix, n);
        const struct team_device *lane = ix == 0 ? NULL : team_device_by_ix(t, ix);
        if (lane != NULL && lane->in_use) {
            return true;
        }
    }
    return false;
}

bool team_device_given_up(const struct team *t, const struct team_device *d)
{
    return !team_device_used(t, d) && team_device_lane(t, d->ix, 1) == 0;
}
