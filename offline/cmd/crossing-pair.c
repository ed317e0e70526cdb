/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crossing-pair: a newcomer let in face to face, both machines looking at each other's screens. The
 * camera says whose words they are: nobody else can put a code on a colleague's screen. From files
 * and films that is not so, and the words are compared as always.
 */
#include "crossing.h"
#include "guard.h"

#define INVITE_NAME  "light.invite"
#define REQUEST_NAME "light.join"

enum status crossing_words(struct session *s, const uint8_t print[static 16])
{
    enum status status = STATUS_OK;
    if (!s->light_live) {
        return words_compare(s, print);
    }
    line_start(&s->out, "compare");
    TRY(words_show(s, "seen on their own screen; if in doubt, both read these words out:", print));
    line_end(&s->out);
out:
    return status;
}

static enum status parcel_of(struct session *s, enum parcel_kind kind, bytes body, struct buf *out)
{
    const struct parcel p = {.kind = kind, .body = body};
    return parcel_write(s->cx, &p, out);
}

enum status crossing_request_take(struct session *s, struct buf *ret)
{
    enum status status = STATUS_OK;
    const struct seeing w = {.kinds = 1U << PARCEL_JOIN, .for_what = "the newcomer's code"};
    struct seen seen;
    seen_init(&seen);
    out_note(&s->out, "point the camera at the newcomer's screen (`valise join --qr` there)");
    TRY(crossing_see(s, &w, &seen));
    TRY(buf_add(s->cx, ret, seen.parcel.body));
out:
    seen_finish(&seen);
    return status;
}

/* It can be opened by the newcomer's machine only, and stays here to be shown again. */
static enum status invite_show(struct session *s, bytes invite)
{
    enum status status = STATUS_OK;
    struct transfer_id transfer;
    struct buf parcel;
    buf_init(&parcel, PARCEL_BYTES_MAX);
    TRY(parcel_of(s, PARCEL_INVITE, invite, &parcel));
    transfer_make(s, &transfer);
    session_close(s);
    TRY(crossing_show(s, &transfer, buf_view(&parcel), TEXT("hold it before the newcomer's camera"),
                      NULL));
    out_note(&s->out, "was it not seen whole? `valise invite --qr --again` shows it again");
out:
    buf_finish(&parcel);
    return status;
}

enum status crossing_invite_show(struct session *s, bytes invite)
{
    enum status status = STATUS_OK;
    struct buf owner;
    const char *path = NULL;
    buf_init(&owner, PATH_BYTES_MAX);
    TRY(path_join(s->cx, &owner, s->vault_path, INVITE_NAME, &path));
    TRY(file_write(s->cx, path, invite, true));
    TRY(invite_show(s, invite));
out:
    buf_finish(&owner);
    return status;
}

enum status crossing_invite_again(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf owner, invite;
    const char *path = NULL;
    buf_init(&owner, PATH_BYTES_MAX);
    buf_init(&invite, INVITE_MAX);
    TRY(path_join(s->cx, &owner, s->vault_path, INVITE_NAME, &path));
    status = file_read(s->cx, path, INVITE_MAX, &invite);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(s->cx);
        (void)fault_set(s->cx, status, __FILE__, __LINE__, "no invitation was shown here");
        (void)fault_hint(s->cx, "`valise invite --qr --role ROLE` makes one");
    }
    TRY(status);
    TRY(invite_show(s, buf_view(&invite)));
out:
    buf_finish(&invite);
    buf_finish(&owner);
    return status;
}

/* The request holds a secret for the pairing: it is kept in the vault, never in a file beside it.
 */
enum status crossing_request_keep(struct session *s, bytes request)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;
    TRY(stmt_use(s->cx, s->vault, STMT_META_PUT, &q));
    stmt_bind_text(q, 1, TEXT(REQUEST_NAME));
    stmt_bind_bytes(q, 2, request);
    TRY(stmt_run(s->cx, q));
out:
    return status;
}

enum status crossing_request_kept(struct session *s, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;
    bool row = false;
    TRY(stmt_use(s->cx, s->vault, STMT_META_GET, &q));
    stmt_bind_text(q, 1, TEXT(REQUEST_NAME));
    TRY(stmt_step(s->cx, q, &row));
    if (!row) {
        (void)fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no request was shown here");
        status = fault_hint(s->cx, "`valise join --qr` makes one");
        goto out;
    }
    TRY(buf_add(s->cx, ret, stmt_bytes(q, 0)));
out:
    if (q != NULL) {
        stmt_reset(q);
    }
    return status;
}

enum status crossing_request_forget(struct session *s)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;
    TRY(stmt_use(s->cx, s->vault, STMT_META_DELETE, &q));
    stmt_bind_text(q, 1, TEXT(REQUEST_NAME));
    TRY(stmt_run(s->cx, q));
out:
    return status;
}

enum status crossing_request_show(struct session *s, bytes request, struct buf *ret_invite)
{
    enum status status = STATUS_OK;
    const struct seeing w = {.kinds = 1U << PARCEL_INVITE,
                             .for_what = "the invitation",
                             .next = "`valise join --qr --again` shows the same request"};
    struct join_info info = {.own_device = false};
    struct transfer_id transfer;
    struct buf parcel;
    struct seen seen;
    buf_init(&parcel, PARCEL_BYTES_MAX);
    seen_init(&seen);
    TRY(parcel_of(s, PARCEL_JOIN, request, &parcel));
    TRY(team_join_inspect(s->cx, request, &info));
    line_start(&s->out, "compare");
    TRY(words_show(s, "should your colleague ask, read these nine words out:", info.print));
    line_end(&s->out);
    transfer_make(s, &transfer);
    session_close(s);
    TRY(crossing_put(s, &transfer, buf_view(&parcel),
                     TEXT("hold it before your colleague's camera, then look at their screen")));
    TRY(crossing_see(s, &w, &seen));
    TRY(buf_add(s->cx, ret_invite, seen.parcel.body));
    TRY(session_reopen(s));
out:
    if (status == STATUS_CANCELLED) {
        (void)fault_hint(s->cx, "`valise join --qr --again` shows the same request");
    }
    join_info_finish(&info);
    seen_finish(&seen);
    buf_finish(&parcel);
    return status;
}
