/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rooms above ask of one entry and of where it stands: its author's rights, its
 * compartment, its body.
 */
#include <string.h>

#include "lanes-int.h"

const struct team_role *team_role_by_id(const struct team *t, const struct id *id)
{
    const struct role *r = role_by_id(t, id);
    return r == NULL || !r->known ? NULL : &r->pub;
}

/* ---- entries ---- */

static enum status open_entry_load(struct ctx *cx, struct team *t, struct entry_info *ret,
                                   struct buf *body)
{
    enum status status = STATUS_OK;

    if (t->open_count == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "the device has no such entry");
    }
    TRY(log_open_info(cx, t, ret));
    TRY(log_open_body(cx, t, body));
out:
    return status;
}

static enum status stored_entry_load(struct ctx *cx, struct team *t, struct device *lane,
                                     const struct log_row *row, struct entry_info *ret,
                                     struct buf *body, bool *ret_readable)
{
    enum status status = STATUS_OK;
    struct judged j;

    judged_init(&j);
    TRY(judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), &j));
    j.device = lane;
    j.epoch = epoch_by_id(t, &j.h.epoch);
    j.via = appointment_of(t, lane, &j.h.via);
    TRY(judge_info(cx, t, &j, ret));
    *ret_readable = row->state == ENTRY_GOOD && j.epoch != NULL && j.epoch->key != NULL;
    if (*ret_readable) {
        TRY(body_open(cx, secret_key(j.epoch->key), &t->id, &j.h, j.body, &j.plain));
        TRY(buf_add(cx, body, buf_view(&j.plain)));
    }
out:
    judged_finish(&j);
    return status;
}

enum status log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                           struct entry_info *ret, struct buf *body, bool *ret_counts,
                           bool *ret_readable)
{
    enum status status = STATUS_OK;
    struct device *d = NULL;
    struct log_row row;

    log_row_init(&row);
    buf_clear(body);
    TRY(team_sync(cx, t));
    d = device_by_ix(t, device_ix);
    if (d != NULL && d == t->self && seq == d->pub.head_seq + 1) {
        *ret_counts = *ret_readable = true;
        status = open_entry_load(cx, t, ret, body);
        goto out;
    }
    if (d == NULL || seq == 0 || seq > d->pub.head_seq || lane_at(d, seq) != d) {
        FAIL(cx, STATUS_NOT_FOUND, "the device has no such entry");
    }
    TRY(log_row_load(cx, t, ENTRY_KEY(device_ix, seq), &row));
    if (row.control) {
        FAIL(cx, STATUS_NOT_FOUND, "the entry is of the charter");
    }
    *ret_counts = row.counts && row.state != ENTRY_REFUSED;
    TRY(stored_entry_load(cx, t, d, &row, ret, body, ret_readable));
out:
    log_row_finish(&row);
    return status;
}
