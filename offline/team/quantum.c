/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a recorder gets who breaks X25519 one day, said in words. Every seal has a second secret
 * mixed in: that of a pairing, which only those two ever had, or one that follows from the
 * charter's key, which everybody has who was ever in. So the answer turns on who makes the
 * charter's keys, and with whom that machine was paired.
 */
#include "team-int.h"

enum { NAMED_MAX = 12 };

static bool linked_by(const struct team *t, const struct device *d, const struct device *by)
{
    bool found = false;
    for (size_t i = 0; i < d->links.count && !found; i++) {
        const struct device *lane = device_by_ix(t, d->links.at[i].ix);
        found = lane != NULL && lane->of == by;
    }
    return found;
}

/* One let the other in: they have the secret of that. */
static bool paired(const struct team *t, const struct device *a, const struct device *b)
{
    return linked_by(t, a, b) || linked_by(t, b, a);
}

struct unpaired {
    const struct device *with[NAMED_MAX];
    size_t count, all;
};

static void unpaired_find(const struct team *t, const struct epoch *e, const struct device *author,
                          struct unpaired *ret)
{
    size_t at = 0;
    bytes short_id;

    *ret = (struct unpaired){.count = 0};
    while (readers_next(e, &at, &short_id)) {
        const struct device *d = device_by_short(t, short_id);
        if (d == NULL || d == author) {
            continue;
        }
        ret->all++;
        if (!paired(t, d, author) && ret->count < NAMED_MAX) {
            ret->with[ret->count] = d;
        }
        ret->count += !paired(t, d, author);
    }
}

static enum status say_open(struct ctx *cx, const struct team *t, const struct device *author,
                            const struct unpaired *u, struct buf *why)
{
    enum status status = STATUS_OK;

    TRY(buf_printf(cx, why, "no, because "));
    TRY(device_words(cx, t, &author->pub.id, why));
    TRY(buf_printf(cx, why, ", which made the present key, was never paired with "));
    for (size_t i = 0; i < u->count && i < NAMED_MAX; i++) {
        TRY(buf_printf(cx, why, "%s", i == 0 ? "" : ", "));
        TRY(device_words(cx, t, &u->with[i]->pub.id, why));
    }
    if (u->count > NAMED_MAX) {
        TRY(buf_printf(cx, why, " and %zu more", u->count - NAMED_MAX));
    }
    TRY(buf_printf(cx, why,
                   ": who recorded everything and once had a key of this team could open what is "
                   "sealed between them; a stranger could not"));
out:
    return status;
}

static enum status say_closed(struct ctx *cx, const struct team *t, const struct device *author,
                              struct buf *why)
{
    enum status status = STATUS_OK;

    TRY(buf_printf(cx, why, "yes: "));
    TRY(device_words(cx, t, &author->pub.id, why));
    TRY(buf_printf(cx, why,
                   ", which made the present key, was paired with everybody it is sealed to; "
                   "it holds unless somebody copied both a join file and the invite that "
                   "answered it"));
out:
    return status;
}

enum status team_quantum_statement(struct ctx *cx, struct team *t, bool *ret_closed,
                                   struct buf *ret_why)
{
    enum status status = STATUS_OK;
    const struct epoch *e;
    struct unpaired u;

    TRY(team_sync(cx, t));
    e = epoch_for_keys(t);
    const struct device *lane = e == NULL ? NULL : device_by_ix(t, e->place.ix);
    if (lane == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "the charter has not come yet");
    }
    const struct device *author = lane->of;
    unpaired_find(t, e, author, &u);
    if (u.count > 0) {
        TRY(say_open(cx, t, author, &u, ret_why));
    } else if (u.all > 0) {
        TRY(say_closed(cx, t, author, ret_why));
    } else {
        TRY(buf_printf(cx, ret_why, "yes: nobody else has a key yet"));
    }
    *ret_closed = u.count == 0;
out:
    return status;
}
