/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refs: names of operations as the team writes them (device, entry, index) and the small local keys
 * the tables use; and the one total order of operations that every device computes alike.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

int64_t ref_key(struct records *r, int64_t author, const struct op_ref *ref)
{
    int64_t ix = author;
    if (!ref->own) {
        if (r->last_device.ix == 0 ||
            memcmp(r->last_device.short_id, ref->device, sizeof(ref->device)) != 0) {
            const struct team_device *d = team_device_by_short(r->team, ref->device);
            if (d == NULL) {
                return 0;
            }
            memcpy(r->last_device.short_id, ref->device, sizeof(ref->device));
            r->last_device.ix = d->ix;
        }
        ix = r->last_device.ix;
    }
    return OP_KEY(ix, ref->seq, ref->index);
}

void key_ref(struct records *r, int64_t author, int64_t key, struct op_ref *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->own = OP_DEVICE(key) == author;
    ret->seq = OP_SEQ(key);
    ret->index = OP_INDEX(key);
    if (!ret->own) {
        const struct team_device *d = team_device_by_ix(r->team, OP_DEVICE(key));
        MUST(d != NULL); /* a device whose operation stands in the tables is known */
        memcpy(ret->device, d->id.b, sizeof(ret->device));
    }
}

static int compare_refs(const void *a, const void *b)
{
    return op_ref_compare(a, b);
}

enum status refs_write(struct ctx *cx, struct records *r, const int64_t *keys, size_t count,
                       struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct op_ref *refs = NULL;
    void *memory = NULL;

    if (count > OP_REFS_MAX) {
        FAIL(cx, STATUS_LIMIT, "more than %d values of one field stand against each other",
             OP_REFS_MAX);
    }
    if (count > 0) {
        TRY(mem_new(cx, count, sizeof(*refs), &memory));
        refs = memory;
        int64_t me = team_this_device(r->team)->ix;
        for (size_t i = 0; i < count; i++) {
            key_ref(r, me, keys[i], &refs[i]);
        }
        qsort(refs, count, sizeof(*refs), compare_refs);
    }
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        op_ref_write(&w, &refs[i]);
    }
    status = wire_writer_done(&w);
out:
    free(refs);
    return status;
}

/* [F-95] */
int op_order(struct records *r, int64_t key_a, int64_t lamport_a, int64_t key_b, int64_t lamport_b)
{
    if (lamport_a != lamport_b) {
        return lamport_a < lamport_b ? -1 : 1;
    }
    if (OP_DEVICE(key_a) != OP_DEVICE(key_b)) {
        const struct team_device *a = team_device_by_ix(r->team, OP_DEVICE(key_a));
        const struct team_device *b = team_device_by_ix(r->team, OP_DEVICE(key_b));
        if (a != NULL && b != NULL) {
            return id_compare(&a->id, &b->id);
        }
    }
    return key_a == key_b ? 0 : key_a < key_b ? -1 : 1;
}

const struct id *device_member(struct records *r, int64_t ix)
{
    const struct team_device *d = team_device_by_ix(r->team, ix);
    return d == NULL ? NULL : &d->member;
}
