/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was signed with an owner's sheet on this device. The paper goes its own way; this vault
 * remembers the word, so that it refuses a second one that excludes the first, and reminds of one
 * that was never brought in.
 */
#include <string.h>

#include "team-int.h"

/* A second, different decision at one place of the chain is refused for ever: two that exclude each
 * other would stop the owners. A SETTLE is the way out of that and may be signed besides. */
enum status signed_keep(struct ctx *cx, struct team *t, const struct id *prev, const struct id *id,
                        bytes body)
{
    enum status status = STATUS_OK;
    struct council_body parsed;
    struct stmt *s = NULL;
    bool row = false;

    TRY(council_body_parse(cx, body, &parsed));
    if (parsed.kind == COUNCIL_SETTLE) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_SIGNED_GET, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(prev->b));
    TRY(stmt_step(cx, s, &row));
    bool other = row && (stmt_bytes(s, 0).len != 32 ||
                         memcmp(stmt_bytes(s, 0).ptr, id->b, sizeof id->b) != 0);
    stmt_reset(s);
    if (other) {
        (void)fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__,
                        "you signed another decision at this place already");
        status = fault_hint(cx, "bring that one in first (valise council submit FILE), then "
                                "propose this one again after it");
        goto out;
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_SIGNED_PUT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(prev->b));
    stmt_bind_bytes(s, 3, BYTES_OF(id->b));
    stmt_bind_bytes(s, 4, body);
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* Something was decided after it already. */
static bool place_taken(const struct team *t, const struct id *prev)
{
    for (size_t i = 0; i < t->council.count; i++) {
        const struct council_state *s = t->council.at[i];
        if (s->prev != NULL && id_equal(&s->prev->id, prev)) {
            return true;
        }
    }
    return false;
}

/* One row of what was signed here. */
static enum status signed_one(struct ctx *cx, struct team *t, struct stmt *s, struct buf *what,
                              bool *ret_waits)
{
    enum status status = STATUS_OK;
    struct council_body body;
    struct id prev;
    struct id id;

    *ret_waits = false;
    if (stmt_bytes(s, 0).len != sizeof prev.b || stmt_bytes(s, 1).len != sizeof id.b) {
        FAIL(cx, STATUS_INTEGRITY, "what was signed here is damaged");
    }
    memcpy(prev.b, stmt_bytes(s, 0).ptr, sizeof prev.b);
    memcpy(id.b, stmt_bytes(s, 1).ptr, sizeof id.b);
    if (council_by_id(t, &id) != NULL || council_by_id(t, &prev) == NULL || place_taken(t, &prev)) {
        goto out;
    }
    TRY(council_body_parse(cx, stmt_bytes(s, 2), &body));
    buf_clear(what);
    TRY(council_words(cx, t, &body, what));
    *ret_waits = true;
out:
    return status;
}

enum status council_signed_each(struct ctx *cx, struct team *t,
                                enum status (*visit)(void *self, struct ctx *cx, text what),
                                void *self)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct buf what;
    bool row = false;
    bool waits;

    buf_init(&what, 4 * KIB);
    TRY(team_sync(cx, t));
    TRY(stmt_use(cx, t->v, STMT_TEAM_SIGNED_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        TRY(signed_one(cx, t, s, &what, &waits));
        if (waits) {
            TRY(visit(self, cx, buf_text(&what)));
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    buf_finish(&what);
    return status;
}
