/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches: how a forked log is named alike on every machine. Between two forks the log is one
 * stretch; the first of a device is named by the device, every other by
 * H("valise/lane", device id || id of its first entry). Frontiers have a row for each stretch, so
 * that one machine can tell another how far it holds which branch; the order of the log and the
 * tags people read come from the same names. Which branch came first does not show.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

void branch_id(const struct id *device, const struct id *first, struct id *ret)
{
    stretch_name(device, first, ret);
}

const struct branch *branches_of(const struct device *d, size_t *ret_count)
{
    const struct device *own = d->of;
    *ret_count = own->branch_count > 0 ? own->branch_count : 1;
    return own->branch_count > 0 ? own->branches : &own->root;
}

void branches_free(struct device *d)
{
    free(d->branches);
    d->branches = NULL;
    d->branch_count = 0;
}

/* Number of the last entry before the next fork. */
uint64_t branch_end(const struct branch *b)
{
    uint64_t end = b->lane->pub.head_seq;
    uint64_t least = b->tag[0] == '\0' ? 0 : b->first; /* the very first entry may be the fork */
    for (const struct device *l = b->lane->of; l != NULL; l = l->next) {
        if (l->parent == b->lane && l->fork_seq >= least && l->fork_seq < end) {
            end = l->fork_seq;
        }
    }
    return end;
}

const struct branch *branch_at(const struct device *lane, uint64_t seq)
{
    const struct branch *found = NULL, *list = lane->of->branches;
    const struct device *holder = lane_at(lane, seq);

    for (size_t i = 0; i < lane->of->branch_count; i++) {
        const struct branch *b = &list[i];
        if (b->lane == holder && b->first <= seq &&
            (found == NULL || b->first > found->first || (b->first == found->first && i > 0))) {
            found = b;
        }
    }
    return found;
}

/* ---- naming ---- */

static int compare_branches(const void *a, const void *b)
{
    const struct branch *x = a, *y = b;
    return id_compare(&x->id, &y->id);
}

static enum status branch_add(struct ctx *cx, struct team *t, struct device *d, struct device *lane,
                              uint64_t first)
{
    enum status status = STATUS_OK;
    struct branch *b = &d->branches[d->branch_count];
    uint64_t unused;
    struct id id;
    struct buf tag;

    buf_init(&tag, sizeof b->tag);
    for (size_t i = 1; i < d->branch_count; i++) {
        if (d->branches[i].lane == lane && d->branches[i].first == first) {
            goto out; /* three branches leave one place */
        }
    }
    *b = (struct branch){.lane = lane, .first = first};
    TRY(log_name(cx, t, lane, first, &id, &unused));
    branch_id(&d->pub.id, &id, &b->id);
    TRY(base32_encode(cx, &tag, BYTES_OF(b->id.b)));
    memcpy(b->tag, tag.ptr, tag.len);
    d->branch_count++;
out:
    buf_finish(&tag);
    return status;
}

enum status branches_refresh(struct ctx *cx, struct team *t, struct device *d)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    d = d->of;
    branches_free(d);
    if (d->next == NULL) {
        return STATUS_OK;
    }
    TRY(mem_new(cx, BRANCHES_MAX, sizeof *d->branches, &memory));
    d->branches = memory;
    d->branches[d->branch_count++] = d->root;
    for (struct device *l = d->next; l != NULL; l = l->next) {
        MUST(d->branch_count + 2 <= BRANCHES_MAX);
        TRY(branch_add(cx, t, d, l->parent, l->fork_seq + 1));
        TRY(branch_add(cx, t, d, l, l->fork_seq + 1));
    }
    qsort(d->branches + 1, d->branch_count - 1, sizeof *d->branches, compare_branches);
    branches_tags(d);
out:
    return status;
}

/* Letters of the branch's name that no other branch of the device has. */
static size_t tag_letters(const struct device *d, size_t which)
{
    size_t letters = 1;
    for (size_t i = 1; i < d->branch_count; i++) {
        size_t same = 0;
        while (i != which && d->branches[i].tag[same] == d->branches[which].tag[same] &&
               d->branches[i].tag[same] != '\0') {
            same++;
        }
        letters = same + 1 > letters ? same + 1 : letters;
    }
    return letters;
}

void branches_tags(struct device *d)
{
    for (size_t i = 1; i < d->branch_count; i++) {
        d->branches[i].tag_len = tag_letters(d, i);
    }
    for (struct device *l = d->next; l != NULL; l = l->next) {
        const struct branch *b = branch_at(l, l->fork_seq + 1);
        if (b == NULL) {
            continue;
        }
        memcpy(l->tag, d->tag, d->tag_len);
        l->tag[d->tag_len] = '.';
        memcpy(l->tag + d->tag_len + 1, b->tag, sizeof b->tag);
        l->tag_len = d->tag_len + 1 + b->tag_len;
    }
}

/* ---- what a frontier says of a device ---- */

/* He may know of forks that are not known here: his rows then go on under other names. */
static enum status follow_rows(struct ctx *cx, struct team *t, bytes frontier,
                               const struct branch *b, uint64_t end, uint64_t *have)
{
    enum status status = STATUS_OK;
    uint64_t unused, more = 1;
    struct id id, name;

    while (*have < end && more > 0) {
        TRY(log_name(cx, t, b->lane, *have + 1, &id, &unused));
        branch_id(&b->lane->pub.id, &id, &name);
        more = frontier_seq(frontier, &name);
        more = more > *have ? more : 0;
        *have = more > 0 ? more : *have;
    }
out:
    return status;
}

/* b is on the chain below branch c. */
static bool below(const struct branch *b, const struct branch *c)
{
    return b != c && c->first > b->first && lane_before(b->lane, b->first, c->lane, c->first - 1);
}

enum status branches_held(struct ctx *cx, struct team *t, bytes frontier, const struct device *d,
                          uint64_t *ret)
{
    enum status status = STATUS_OK;
    uint64_t rows[BRANCHES_MAX];
    size_t count;
    const struct branch *list = branches_of(d, &count);
    bool names = frontier_has_branches(t, frontier);

    for (size_t i = 0; i < count; i++) {
        uint64_t end = branch_end(&list[i]);
        rows[i] = frontier.len == 0 ? 0 : frontier_seq(frontier, &list[i].id);
        ret[i] = rows[i] > 0 ? rows[i] : list[i].first - 1;
        if (names && (rows[i] > 0 || i == 0)) {
            TRY(follow_rows(cx, t, frontier, &list[i], end, &ret[i]));
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (rows[k] > 0 && below(&list[i], &list[k])) {
                ret[i] = branch_end(&list[i]); /* nobody holds an entry without those before it */
            }
        }
    }
out:
    return status;
}
