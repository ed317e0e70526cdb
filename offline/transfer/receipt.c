/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts [F-59]: a device that took a bundle whole says so in 136 bytes, and its sender knows
 * what it holds without waiting for a bundle back. Only for the newest bundle of a sender, and only
 * when everything in it has its place in the log here: what waits for something earlier is not
 * there yet.
 */
#include <string.h>

#include "transfer-int.h"

enum status transfer_receipt_make(struct ctx *cx, struct records *r, int64_t device_ix,
                                  uint64_t bundle, struct buf *out)
{
    enum status status = STATUS_OK;
    struct team *t = records_team(r);
    struct bundle_note note;
    struct buf frontier;
    uint64_t newest = 0;
    bool holds = false;

    buf_init(&frontier, FRONTIER_MAX);
    TRY(bundle_load(cx, t, device_ix, bundle, &note));
    TRY(bundle_newest(cx, t, device_ix, &newest));
    if (note.state != BUNDLE_TAKEN || bundle != newest) {
        FAIL(cx, STATUS_GAP, "the bundle was not taken whole, or a newer one of theirs is here");
    }
    TRY(peer_load(cx, t, device_ix, &frontier));
    TRY(log_holds(cx, t, buf_view(&frontier), &holds));
    if (!holds) {
        FAIL(cx, STATUS_GAP, "some of it waits for what comes earlier");
    }
    TRY(team_sign_receipt(cx, t, &note.hash, out));
out:
    buf_finish(&frontier);
    return status;
}

static enum status take(struct ctx *cx, struct team *t, const struct team_device *d, bytes top)
{
    enum status status = STATUS_OK;
    struct buf held;

    buf_init(&held, FRONTIER_MAX);
    TRY(peer_load(cx, t, d->ix, &held));
    if (frontier_covers(top, buf_view(&held))) {
        TRY(peer_put(cx, t, d->ix, top));
    }
out:
    buf_finish(&held);
    return status;
}

enum status transfer_receipt_take(struct ctx *cx, struct records *r, bytes receipt,
                                  const struct team_device **ret)
{
    enum status status = STATUS_OK;
    struct team *t = records_team(r);
    struct id manifest;
    struct buf top;
    uint64_t number = 0;

    buf_init(&top, FRONTIER_MAX);
    TRY(outbox_last(cx, t, &number, &manifest, &top));
    if (number == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "no bundle was packed here that this could be about");
    }
    TRY(team_open_receipt(cx, t, receipt, &manifest, ret));
    TRY(vault_begin(cx, team_vault(t)));
    TRY(vault_end(cx, team_vault(t), take(cx, t, *ret, buf_view(&top))));
out:
    buf_finish(&top);
    return status;
}
