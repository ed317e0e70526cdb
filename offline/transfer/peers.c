/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other devices are known to hold: the frontier of each one's newest manifest, and which
 * of its bundles came. An older bundle never moves an acknowledgement back, so a replayed stick
 * costs at most a few bytes that travel again.
 */
#include <string.h>

#include "transfer-int.h"

/* ---- bundles of others ---------------------------------------------------------------------- */

static enum status bundle_use(struct ctx *cx, struct team *t, enum stmt_id id, int64_t device,
                              uint64_t number, struct stmt **ret)
{
    enum status status = STATUS_OK;
    TRY(stmt_use(cx, team_vault(t), id, ret));
    stmt_bind_int(*ret, 1, team_key(t));
    stmt_bind_int(*ret, 2, device);
    stmt_bind_int(*ret, 3, (int64_t)number);
out:
    return status;
}

enum status bundle_load(struct ctx *cx, struct team *t, int64_t device, uint64_t number,
                        struct bundle_note *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    *ret = (struct bundle_note){0};
    TRY(bundle_use(cx, t, STMT_BUNDLE_GET, device, number, &s));
    TRY(stmt_step(cx, s, &row));
    if (row) {
        bytes hash = stmt_bytes(s, 1);
        if (hash.len != sizeof ret->hash.b) {
            FAIL(cx, STATUS_INTEGRITY, "the note of a bundle is damaged");
        }
        memcpy(ret->hash.b, hash.ptr, hash.len);
        ret->state = stmt_int(s, 0);
        ret->time = stmt_int(s, 2);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status bundle_store(struct ctx *cx, struct team *t, int64_t device, uint64_t number,
                         const struct bundle_note *note)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(bundle_use(cx, t, STMT_BUNDLE_PUT, device, number, &s));
    stmt_bind_int(s, 4, note->state);
    stmt_bind_bytes(s, 5, BYTES_OF(note->hash.b));
    stmt_bind_int(s, 6, note->time);
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status bundle_forget(struct ctx *cx, struct team *t, int64_t device, uint64_t number)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(bundle_use(cx, t, STMT_BUNDLE_DELETE, device, number, &s));
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status count_rows(struct ctx *cx, struct team *t, enum stmt_id id, int64_t device,
                              uint64_t *ret_count, uint64_t *ret_second)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(cx, team_vault(t), id, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, device);
    TRY(stmt_step(cx, s, &row));
    *ret_count = row ? (uint64_t)stmt_int(s, 0) : 0;
    if (ret_second != NULL) {
        *ret_second = row ? (uint64_t)stmt_int(s, 1) : 0;
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* ---- acknowledged frontiers ----------------------------------------------------------------- */

static enum status frontier_nothing(struct ctx *cx, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 0);
    return wire_writer_done(&w);
}

enum status peer_load(struct ctx *cx, struct team *t, int64_t device, struct buf *out)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(cx, team_vault(t), STMT_PEER_GET, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, device);
    TRY(stmt_step(cx, s, &row));
    if (row) {
        TRY(buf_add(cx, out, stmt_bytes(s, 0)));
    } else {
        TRY(frontier_nothing(cx, out));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status bundle_newest(struct ctx *cx, struct team *t, int64_t device, uint64_t *ret)
{
    return count_rows(cx, t, STMT_BUNDLE_NEWEST, device, ret, NULL);
}

enum status peer_put(struct ctx *cx, struct team *t, int64_t device, bytes frontier)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_PEER_PUT, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, device);
    stmt_bind_bytes(s, 3, frontier);
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status peer_store(struct ctx *cx, struct team *t, int64_t device, uint64_t number,
                       bytes frontier)
{
    enum status status = STATUS_OK;
    uint64_t newest = 0;
    TRY(bundle_newest(cx, t, device, &newest));
    if (number >=
        newest) { /* frontiers need not grow: a fork makes one device's row into several */
        TRY(peer_put(cx, t, device, frontier));
    }
out:
    return status;
}

/* A device that a bundle has to reach. */
static bool receives(const struct team *t, const struct team_device *d,
                     const struct pack_options *o)
{
    if (d->self || team_member_by_id(t, &d->member) == NULL || team_device_given_up(t, d)) {
        return false;
    }
    return o->only == NULL || id_equal(&o->only->id, &d->member);
}

static enum status base_lower(struct ctx *cx, struct buf *base, bytes peer)
{
    enum status status = STATUS_OK;
    struct buf lower;
    buf_init(&lower, FRONTIER_MAX);
    TRY(frontier_min(cx, buf_view(base), peer, &lower));
    buf_clear(base);
    TRY(buf_add(cx, base, buf_view(&lower)));
out:
    buf_finish(&lower);
    return status;
}

enum status peers_epochs(struct ctx *cx, struct team *t, const struct pack_options *o,
                         struct peer_epochs *ret)
{
    enum status status = STATUS_OK;
    struct buf peer;
    struct id epoch;

    buf_init(&peer, FRONTIER_MAX);
    ret->count = 0;
    for (size_t i = 0; i < team_device_count(t); i++) {
        const struct team_device *d = team_device_at(t, i);
        if (!receives(t, d, o)) {
            continue;
        }
        buf_clear(&peer);
        TRY(peer_load(cx, t, d->ix, &peer));
        TRY(chain_send_epoch(cx, t, d->ix, buf_view(&peer), &epoch));
        size_t k = 0;
        while (k < ret->count && !id_equal(&ret->at[k], &epoch)) {
            k++;
        }
        if (k == ret->count && k < PEER_EPOCHS_MAX) {
            ret->at[ret->count++] = epoch;
        }
    }
    if (ret->count == 0) { /* nobody is there to receive it yet */
        TRY(chain_send_epoch(cx, t, 0, BYTES(NULL, 0), &ret->at[ret->count++]));
    }
out:
    buf_finish(&peer);
    return status;
}

/* Is sent to with this epoch's chain. */
static enum status sent_with(struct ctx *cx, struct team *t, const struct team_device *d,
                             bytes frontier, const struct id *epoch, bool *ret)
{
    enum status status = STATUS_OK;
    struct id chosen;

    *ret = true;
    if (epoch != NULL) {
        TRY(chain_send_epoch(cx, t, d->ix, frontier, &chosen));
        *ret = id_equal(&chosen, epoch);
    }
out:
    return status;
}

enum status peers_base(struct ctx *cx, struct team *t, const struct pack_options *o, bytes own,
                       const struct id *epoch, struct buf *out)
{
    enum status status = STATUS_OK;
    bool meant = false;
    struct buf peer;
    buf_init(&peer, FRONTIER_MAX);
    if (o->everything) {
        TRY(frontier_nothing(cx, out));
        goto out;
    }
    /* with nobody to send to, nothing is lacking */
    TRY(buf_add(cx, out, own));
    for (size_t i = 0; i < team_device_count(t); i++) {
        const struct team_device *d = team_device_at(t, i);
        if (receives(t, d, o)) {
            buf_clear(&peer);
            TRY(peer_load(cx, t, d->ix, &peer));
            TRY(sent_with(cx, t, d, buf_view(&peer), epoch, &meant));
            if (meant) {
                TRY(base_lower(cx, out, buf_view(&peer)));
            }
        }
    }
out:
    buf_finish(&peer);
    return status;
}

/* ---- the report ----------------------------------------------------------------------------- */

static enum status peer_report(struct ctx *cx, struct team *t, const struct team_device *d,
                               struct peer_state *ret)
{
    enum status status = STATUS_OK;
    struct bundle_note note;
    struct buf peer;
    uint64_t taken = 0;
    buf_init(&peer, FRONTIER_MAX);
    *ret = (struct peer_state){.device_ix = d->ix, .member = d->member};
    TRY(peer_load(cx, t, d->ix, &peer));
    if (receives(t, d, &(struct pack_options){.only = NULL})) {
        TRY(log_lacking(cx, t, buf_view(&peer), &ret->entries_lacking));
    }
    TRY(count_rows(cx, t, STMT_BUNDLE_SUMMARY, d->ix, &taken, &ret->last_bundle));
    ret->gap_bundles = ret->last_bundle - taken;
    TRY(count_rows(cx, t, STMT_INBOX_WAITING, d->ix, &ret->waiting_pieces, NULL));
    if (ret->last_bundle > 0) {
        TRY(bundle_load(cx, t, d->ix, ret->last_bundle, &note));
        ret->last_time = note.time;
    }
out:
    buf_finish(&peer);
    return status;
}

enum status transfer_peers(struct ctx *cx, struct records *r,
                           enum status (*visit)(void *self, struct ctx *cx,
                                                const struct peer_state *p),
                           void *self)
{
    enum status status = STATUS_OK;
    struct team *t = records_team(r);
    struct peer_state state;
    TRY(team_refresh(cx, t));
    for (size_t i = 0; i < team_device_count(t); i++) {
        const struct team_device *d = team_device_at(t, i);
        if (!d->self) {
            TRY(peer_report(cx, t, d, &state));
            TRY(visit(self, cx, &state));
        }
    }
out:
    return status;
}

enum status transfer_heard(struct ctx *cx, struct team *t, int64_t device_ix, int64_t *ret_time)
{
    enum status status = STATUS_OK;
    struct bundle_note note = {0};
    uint64_t taken = 0;
    uint64_t newest = 0;

    TRY(count_rows(cx, t, STMT_BUNDLE_SUMMARY, device_ix, &taken, &newest));
    if (newest > 0) {
        TRY(bundle_load(cx, t, device_ix, newest, &note));
    }
    *ret_time = note.time;
out:
    return status;
}
