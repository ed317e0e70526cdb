/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frontiers: what somebody holds, as an encoded array of [id, seq], ascending by id: how far each
 * device's log, or each branch of a forked one (branches.c). They come from manifests of others:
 * read strictly, never trusted beyond what they say.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

struct frontier_reader {
    struct wire_reader r;
    size_t left;
    struct entry_dep last;
    bool any;
};

static void frontier_start(struct frontier_reader *f, bytes frontier)
{
    memset(f, 0, sizeof *f);
    wire_reader_init(&f->r, frontier);
    f->left = frontier.len == 0 ? 0 : wire_get_array(&f->r, 0, DEVICES_MAX * 2);
}

static bool frontier_next(struct frontier_reader *f, struct entry_dep *ret)
{
    struct entry_dep row = {0};
    if (f->left == 0 || f->r.status != STATUS_OK) {
        return false;
    }
    f->left--;
    (void)wire_get_array(&f->r, 2, 2);
    wire_get_fixed(&f->r, row.device.b, sizeof row.device.b);
    row.seq = wire_get_uint(&f->r, INT64_MAX);
    if (f->any && f->r.status == STATUS_OK && id_compare(&f->last.device, &row.device) >= 0) {
        wire_fail(&f->r, "[F-51] a frontier is not strictly ascending by device");
    }
    f->any = true;
    f->last = row;
    *ret = row;
    return f->r.status == STATUS_OK;
}

uint64_t frontier_seq(bytes frontier, const struct id *device)
{
    struct frontier_reader f;
    struct entry_dep row;
    frontier_start(&f, frontier);
    while (frontier_next(&f, &row)) {
        int order = id_compare(&row.device, device);
        if (order >= 0) {
            return order == 0 ? row.seq : 0;
        }
    }
    return 0;
}

bool frontier_has_branches(const struct team *t, bytes frontier)
{
    struct frontier_reader f;
    struct entry_dep row;
    frontier_start(&f, frontier);
    while (frontier_next(&f, &row)) {
        if (device_by_id(t, &row.device) == NULL) {
            return true; /* or a device not known yet */
        }
    }
    return false;
}

bool frontier_covers(bytes a, bytes b)
{
    struct frontier_reader fa, fb;
    struct entry_dep ra = {0}, rb;
    bool have = false;

    frontier_start(&fa, a);
    frontier_start(&fb, b);
    have = frontier_next(&fa, &ra);
    while (frontier_next(&fb, &rb)) {
        while (have && id_compare(&ra.device, &rb.device) < 0) {
            have = frontier_next(&fa, &ra);
        }
        bool same = have && id_equal(&ra.device, &rb.device);
        if (rb.seq > (same ? ra.seq : 0)) {
            return false;
        }
    }
    return fa.r.status == STATUS_OK && fb.r.status == STATUS_OK;
}

enum status frontier_min(struct ctx *cx, bytes a, bytes b, struct buf *out)
{
    enum status status = STATUS_OK;
    struct frontier_reader fa, fb;
    struct entry_dep ra = {0}, rb, *rows = NULL;
    void *memory = NULL;
    size_t count = 0;
    bool have;

    TRY(mem_new(cx, DEVICES_MAX * 2, sizeof *rows, &memory));
    rows = memory;
    frontier_start(&fa, a);
    frontier_start(&fb, b);
    have = frontier_next(&fa, &ra);
    while (frontier_next(&fb, &rb)) {
        while (have && id_compare(&ra.device, &rb.device) < 0) {
            have = frontier_next(&fa, &ra);
        }
        if (have && id_equal(&ra.device, &rb.device)) {
            rows[count] = rb;
            rows[count].seq = ra.seq < rb.seq ? ra.seq : rb.seq;
            count += rows[count].seq > 0;
        }
    }
    while (have) {
        have = frontier_next(&fa, &ra);
    }
    if (a.len > 0) {
        TRY(wire_reader_done(cx, &fa.r, "frontier"));
    }
    if (b.len > 0) {
        TRY(wire_reader_done(cx, &fb.r, "frontier"));
    }
    TRY(entry_deps_write(cx, rows, count, out));
out:
    free(memory);
    return status;
}

/* ---- this device's own ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct entry_dep *x = a, *y = b;
    return id_compare(&x->device, &y->device);
}

/* A row for every stretch of every log. Rows of branches are left out when a manifest has no room
 * for them [F-55]: what they would tell is sent again. */
enum status log_frontier(struct ctx *cx, struct team *t, struct buf *out)
{
    enum status status = STATUS_OK;
    struct entry_dep *list = NULL;
    void *memory = NULL;
    size_t count = 0;

    TRY(team_sync(cx, t));
    TRY(mem_new(cx, t->devices.count + DEVICES_MAX + 1, sizeof *list, &memory));
    list = memory;
    for (size_t turn = 0; turn < 2; turn++) { /* devices, then branches */
        for (size_t i = 0; i < t->devices.count; i++) {
            size_t branches;
            const struct branch *b = branches_of(t->devices.at[i], &branches);
            size_t end = turn == 0 ? 1 : branches;
            if (turn == 1 && count + branches > DEVICES_MAX) {
                continue;
            }
            for (size_t k = turn; k < end; k++) {
                list[count] = (struct entry_dep){.device = b[k].id, .seq = branch_end(&b[k])};
                count += list[count].seq > 0;
            }
        }
    }
    if (count > 1) {
        qsort(list, count, sizeof *list, compare_rows);
    }
    TRY(entry_deps_write(cx, list, count, out));
out:
    free(memory);
    return status;
}

bool id_listed(bytes ids, const struct id *id)
{
    for (size_t at = 0; at < ids.len; at += sizeof id->b) {
        if (memcmp(ids.ptr + at, id->b, sizeof id->b) == 0) {
            return true;
        }
    }
    return false;
}

enum status log_frontier_claim(struct ctx *cx, struct team *t, bytes frontier, struct buf *out)
{
    enum status status = STATUS_OK;
    struct entry_dep *list = NULL, row;
    struct frontier_reader f;
    void *memory = NULL;
    struct buf open;
    size_t count = 0;

    buf_init(&open, OPEN_MAX);
    TRY(team_sync(cx, t));
    TRY(forks_open(cx, t, &open));
    TRY(mem_new(cx, DEVICES_MAX * 2, sizeof *list, &memory));
    list = memory;
    frontier_start(&f, frontier);
    while (frontier_next(&f, &row)) {
        if (!id_listed(buf_view(&open), &row.device)) {
            list[count++] = row;
        }
    }
    TRY(wire_reader_done(cx, &f.r, "frontier"));
    TRY(entry_deps_write(cx, list, count, out));
out:
    free(memory);
    buf_finish(&open);
    return status;
}

/* The lane's stretches from the beginning, as far as each is held in full and the next is. */
enum status log_held(struct ctx *cx, struct team *t, bytes frontier, int64_t device_ix,
                     uint64_t *ret)
{
    enum status status = STATUS_OK;
    const struct device *lane = device_by_ix(t, device_ix);
    uint64_t held[BRANCHES_MAX], seq = 0;
    size_t count;

    if (lane == NULL) {
        *ret = 0;
        return STATUS_OK;
    }
    const struct branch *list = branches_of(lane, &count);
    TRY(branches_held(cx, t, frontier, lane, held));
    for (const struct branch *b = list; b != NULL;) {
        seq = held[b - list];
        uint64_t end = branch_end(b);
        if (seq > end && lane->parent != NULL) {
            seq = end; /* of the branch that came first, most likely */
        }
        if (seq != end || seq >= lane->pub.head_seq) {
            break;
        }
        b = count > 1 ? branch_at(lane, seq + 1) : NULL;
    }
    *ret = seq;
out:
    return status;
}

/* The longest log that goes through this stretch. */
static uint64_t longest_through(const struct branch *b)
{
    uint64_t longest = 0;
    for (const struct device *l = b->lane->of; l != NULL; l = l->next) {
        if (l->pub.head_seq > longest && lane_before(b->lane, b->first, l, l->pub.head_seq)) {
            longest = l->pub.head_seq;
        }
    }
    return longest;
}

static uint64_t row_longest(const struct team *t, const struct id *id)
{
    const struct device *d = device_by_id(t, id);
    if (d != NULL) {
        return lane_longest(d); /* its author may not know of the fork */
    }
    for (size_t i = 0; i < t->devices.count; i++) {
        d = t->devices.at[i];
        for (size_t k = 1; k < d->branch_count; k++) {
            if (id_equal(&d->branches[k].id, id)) {
                return longest_through(&d->branches[k]);
            }
        }
    }
    return 0;
}

enum status log_holds(struct ctx *cx, struct team *t, bytes frontier, bool *ret)
{
    enum status status = STATUS_OK;
    struct frontier_reader f;
    struct entry_dep row;

    TRY(team_sync(cx, t));
    *ret = true;
    frontier_start(&f, frontier);
    while (*ret && frontier_next(&f, &row)) {
        *ret = row.seq <= row_longest(t, &row.device);
    }
    *ret = *ret && f.r.status == STATUS_OK;
out:
    return status;
}

enum status log_lacking(struct ctx *cx, struct team *t, bytes frontier, uint64_t *ret)
{
    enum status status = STATUS_OK;
    uint64_t held[BRANCHES_MAX], lacking = 0;

    for (size_t i = 0; i < t->devices.count; i++) {
        size_t count;
        const struct branch *list = branches_of(t->devices.at[i], &count);
        TRY(branches_held(cx, t, frontier, t->devices.at[i], held));
        for (size_t k = 0; k < count; k++) {
            uint64_t end = branch_end(&list[k]);
            lacking += end > held[k] ? end - held[k] : 0;
        }
    }
    *ret = lacking;
out:
    return status;
}

/* ---- manifests ---- */

enum status team_sign_manifest(struct ctx *cx, struct team *t, struct manifest *m, struct buf *out)
{
    enum status status = STATUS_OK;
    TRY(team_sync(cx, t));
    TRY(manifest_write(cx, m, secret_ptr(t->sign_sk), out));
out:
    return status;
}

enum status team_sign_receipt(struct ctx *cx, struct team *t, const struct id *manifest,
                              struct buf *out)
{
    enum status status = STATUS_OK;
    TRY(team_sync(cx, t));
    TRY(receipt_write(cx, &t->id, manifest, &t->self->pub.id, secret_ptr(t->sign_sk), out));
out:
    return status;
}

enum status team_open_receipt(struct ctx *cx, struct team *t, bytes receipt,
                              const struct id *manifest, const struct team_device **ret)
{
    enum status status = STATUS_OK;
    struct receipt r;
    TRY(team_sync(cx, t));
    TRY(receipt_open(cx, receipt, manifest, &r));
    const struct device *d = device_by_id(t, &r.device);
    if (d == NULL) {
        FAIL(cx, STATUS_FOREIGN, "the receipt is of a device that is not known here");
    }
    if (!receipt_verify(&t->id, manifest, d->sign_pk, &r)) {
        FAIL(cx, STATUS_FORGED, "receipt: [F-59] the signature does not hold");
    }
    *ret = &d->pub;
out:
    return status;
}

/* A frontier is its author's word and no proof: a head under this device's own signature would be.
 */
static enum status claims_more(struct ctx *cx, const struct team *t, const struct id *device,
                               uint64_t seq)
{
    enum status status = STATUS_OK;
    struct buf who;

    buf_init(&who, FAULT_TEXT_MAX);
    TRY(device_words(cx, t, device, &who));
    (void)fault_set(cx, STATUS_ROLLBACK, __FILE__, __LINE__,
                    "%.*s says that it holds entry %llu of this device, this vault ends at %llu",
                    (int)who.len, (const char *)who.ptr, (unsigned long long)seq,
                    (unsigned long long)t->self->pub.head_seq);
    status =
        fault_hint(cx, "either this vault is an older copy of itself, or that program lies: take "
                       "another colleague's stick before you give this device up");
out:
    buf_finish(&who);
    return status;
}

enum status team_verify_manifest(struct ctx *cx, struct team *t, bytes in, const struct manifest *m)
{
    enum status status = STATUS_OK;
    const struct device *d;

    TRY(team_sync(cx, t));
    if (!id_equal(&m->team, &t->id)) {
        FAIL(cx, STATUS_FOREIGN, "the bundle belongs to another team");
    }
    d = device_by_id(t, &m->device);
    /* before the log came, what the invite told of the others has to do */
    if (d == NULL || !d->has_keys || (!d->linked && team_me(t) != NULL)) {
        FAIL(cx, STATUS_FOREIGN, "the bundle comes from a device that is not known in '%.*s'",
             (int)t->name.len, (const char *)t->name.ptr);
    }
    TRY(manifest_verify(cx, in, m, d->sign_pk));
    uint64_t ours = 0;
    TRY(log_held(cx, t, m->frontier, t->self->pub.ix, &ours));
    if (ours > t->self->pub.head_seq) {
        status = claims_more(cx, t, &m->device, ours);
    }
out:
    return status;
}
