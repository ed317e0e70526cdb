/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frontiers: what somebody holds, as an encoded array of [device id, seq], ascending by id. They
 * come from manifests of others: read strictly, never trusted beyond what they say.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

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

/* ---- manifests ---- */

enum status team_sign_manifest(struct ctx *cx, struct team *t, struct manifest *m, struct buf *out)
{
    enum status status = STATUS_OK;
    TRY(team_sync(cx, t));
    TRY(manifest_write(cx, m, secret_ptr(t->sign_sk), out));
out:
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
    uint64_t ours = frontier_seq(m->frontier, &t->self->pub.id);
    if (ours > t->self->pub.head_seq) {
        (void)fault_set(cx, STATUS_ROLLBACK, __FILE__, __LINE__,
                        "a colleague holds entry %llu of this device, this vault ends at %llu",
                        (unsigned long long)ours, (unsigned long long)t->self->pub.head_seq);
        status =
            fault_hint(cx, "this vault is an older copy of itself: stop using it and let a new "
                           "device join the team");
    }
out:
    return status;
}
