/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one: what is shown as one code that stands still: an acknowledgement, somebody else's text, and
 * a small parcel that fits one code a camera reads at ease.
 */
#include <string.h>

#include "show.h"

enum { ONE_VERSION_MAX = 25 }; /* of a parcel: larger ones are faster as a fountain */

static enum status ack_code(struct ctx *cx, const struct show_job *job, struct buf *ret)
{
    const struct light_message *m = &job->first;
    const struct symbol head = {.type = SYMBOL_ACK, .cols = 1, .rows = 1, .transfer = m->transfer};
    const struct ack ack = {m->rank, m->symbols, m->wanted, m->body};
    return ack_write(cx, &head, &ack, job->keyed ? &job->key : NULL, ret);
}

static enum status parcel_code(struct ctx *cx, const struct show_job *job, struct buf *ret,
                               bool *ret_one)
{
    enum status status = STATUS_OK;
    struct parcel parcel;
    const struct fountain_plan plan = {
        .transfer = job->first.transfer,
        .symbol_data = (uint16_t)code_symbol_data(ONE_VERSION_MAX),
        .cols = 1,
        .rows = 1,
        .key = job->keyed ? &job->key : NULL,
    };
    *ret_one = false;
    TRY(parcel_read(cx, job->first.body, &parcel));
    if (parcel.kind == PARCEL_PIECES) {
        goto out;
    }
    TRY(pair_write(cx, &plan, job->first.body, ret));
    *ret_one = true;
out:
    if (status == STATUS_LIMIT) { /* it does not fit */
        fault_clear(cx);
        status = STATUS_OK;
    }
    return status;
}

enum status show_one_code(struct ctx *cx, const struct show_job *job, struct buf *ret,
                          bool *ret_one, bool *ret_marked)
{
    *ret_one = *ret_marked = true;
    if (job->first.kind == LIGHT_ACK) {
        return ack_code(cx, job, ret);
    }
    if (job->first.kind == LIGHT_TEXT) {
        *ret_marked = false;
        return buf_add(cx, ret, job->first.body);
    }
    if (job->first.kind == LIGHT_PARCEL) {
        return parcel_code(cx, job, ret, ret_one);
    }
    *ret_one = *ret_marked = false;
    return STATUS_OK;
}
