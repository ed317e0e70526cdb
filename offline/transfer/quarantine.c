/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was refused and why. Refused pieces leave the inbox, so they cannot hold up anything; a
 * bounded part of them is kept, because two signed manifests of one number prove a fork. What they
 * would have brought is not acknowledged, so an honest sender brings it again.
 */
#include <stdlib.h>

#include "transfer-int.h"

static enum status run_int(struct ctx *cx, struct vault *v, enum stmt_id id, int64_t value)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, v, id, &s));
    stmt_bind_int(s, 1, value);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status evidence_bytes(struct ctx *cx, struct vault *v, int64_t *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(cx, v, STMT_QUARANTINE_BYTES, &s));
    TRY(stmt_step(cx, s, &row));
    *ret = row ? stmt_int(s, 0) : 0;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status trim(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    int64_t kept = 0;
    TRY(run_int(cx, v, STMT_QUARANTINE_TRIM, QUARANTINE_ROWS_MAX));
    TRY(evidence_bytes(cx, v, &kept));
    while (kept > QUARANTINE_BYTES_MAX) {
        TRY(stmt_use(cx, v, STMT_QUARANTINE_PIECE_OLDEST_DELETE, &s));
        TRY(stmt_run(cx, s));
        TRY(evidence_bytes(cx, v, &kept));
    }
out:
    return status;
}

static enum status note(struct ctx *cx, struct unpack *u, const struct refusal *r, int64_t *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, u->vault, STMT_QUARANTINE_PUT, &s));
    stmt_bind_int(s, 1, team_key(u->team));
    stmt_bind_int(s, 2, r->bundle.device);
    stmt_bind_int(s, 3, (int64_t)r->bundle.number);
    stmt_bind_bytes(s, 4, BYTES_OF(r->hash.b));
    stmt_bind_int(s, 5, (int64_t)r->status);
    stmt_bind_text(s, 6, r->reason);
    stmt_bind_int(s, 7, r->claimed);
    stmt_bind_int(s, 8, cx->system->now(cx->system->self));
    stmt_bind_int(s, 9, (int64_t)r->pieces_here);
    stmt_bind_int(s, 10, (int64_t)r->pieces_all);
    TRY(stmt_run(cx, s));
    *ret = vault_changes(u->vault) > 0 ? vault_last_rowid(u->vault) : 0;
out:
    return status;
}

static enum status keep_piece(struct ctx *cx, struct unpack *u, int64_t number,
                              const struct inbox_row *row)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, u->vault, STMT_QUARANTINE_PIECE_KEEP, &s));
    stmt_bind_int(s, 1, number);
    stmt_bind_int(s, 2, row->n);
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* The manifest and as many pieces behind it as half of the room holds. */
static enum status keep_bundle(struct ctx *cx, struct unpack *u, int64_t number,
                               const struct bundle_name *b)
{
    enum status status = STATUS_OK;
    struct row_list rows = {0};
    uint64_t kept = 0;
    TRY(inbox_rows(cx, u, b, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        kept += rows.at[i].len;
        if (kept > QUARANTINE_BYTES_MAX / 2) {
            break;
        }
        TRY(keep_piece(cx, u, number, &rows.at[i]));
    }
out:
    free(rows.at);
    return status;
}

enum status quarantine_add(struct ctx *cx, struct unpack *u, const struct refusal *r,
                           const struct inbox_row *row)
{
    enum status status = STATUS_OK;
    int64_t number = 0;
    TRY(note(cx, u, r, &number));
    if (number != 0 && row != NULL) {
        TRY(keep_piece(cx, u, number, row));
    } else if (number != 0) {
        TRY(keep_bundle(cx, u, number, &r->bundle));
    }
    if (row != NULL) {
        TRY(inbox_drop_row(cx, u, row));
    } else {
        TRY(inbox_drop_bundle(cx, u, &r->bundle));
    }
    TRY(trim(cx, u->vault));
out:
    return status;
}

enum status quarantine_note(struct ctx *cx, struct unpack *u, const struct refusal *r)
{
    enum status status = STATUS_OK;
    int64_t number = 0;

    TRY(note(cx, u, r, &number));
    TRY(trim(cx, u->vault));
out:
    return status;
}

/* ---- for people ----------------------------------------------------------------------------- */

static enum status load_next(struct ctx *cx, struct team *t, int64_t *number,
                             struct unpack_source *ret, struct buf *reason, bool *ret_row)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_QUARANTINE_EACH, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, *number);
    TRY(stmt_step(cx, s, ret_row));
    if (!*ret_row) {
        goto out;
    }
    *number = stmt_int(s, 0);
    const struct team_device *d = team_device_by_ix(t, stmt_int(s, 1));
    *ret = (struct unpack_source){
        .device_ix = stmt_int(s, 1),
        .bundle = (uint64_t)stmt_int(s, 2),
        .status = (enum status)stmt_int(s, 3),
        .time = stmt_int(s, 5),
        .pieces_here = (uint64_t)stmt_int(s, 6),
        .pieces_all = (uint64_t)stmt_int(s, 7),
    };
    if (d != NULL) {
        ret->member = d->member;
    }
    TRY(buf_add_text(cx, reason, stmt_text(s, 4)));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status transfer_quarantine(struct ctx *cx, struct records *r,
                                enum status (*visit)(void *self, struct ctx *cx, int64_t number,
                                                     const struct unpack_source *s),
                                void *self)
{
    enum status status = STATUS_OK;
    struct team *t = records_team(r);
    struct unpack_source line;
    struct buf reason;
    int64_t number = 0;
    bool row = false;
    buf_init(&reason, 4 * KIB);
    for (;;) {
        buf_clear(&reason);
        TRY(load_next(cx, t, &number, &line, &reason, &row));
        if (!row) {
            break;
        }
        line.reason = buf_text(&reason);
        TRY(visit(self, cx, number, &line));
    }
out:
    buf_finish(&reason);
    return status;
}

enum status transfer_quarantine_drop(struct ctx *cx, struct records *r, int64_t number)
{
    enum status status = STATUS_OK;
    struct team *t = records_team(r);
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_QUARANTINE_DELETE, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, number);
    TRY(stmt_run(cx, s));
    if (vault_changes(team_vault(t)) == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "nothing in quarantine has number %lld", (long long)number);
    }
out:
    return status;
}
