/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which epoch to write with (AUTHORITY 2.7). An epoch is clean when nobody but readers was given
 * its key; the log tells who was, for the newest ones. Whoever finds no clean epoch makes one, so
 * taking somebody out needs no administrator with the key; whoever writes under an epoch made by
 * another first gives it to those readers who lack it, so a key made for half of the team does not
 * part it.
 */
#include <string.h>

#include "team-int.h"

static bool only_readers(const struct team *t, const struct epoch *e)
{
    size_t at = 0;
    bytes short_id;
    bool only = true;

    while (only && readers_next(e, &at, &short_id)) {
        const struct device *d = device_by_short(t, short_id);
        only = d != NULL && device_reads(t, d, e->compartment);
    }
    return only;
}

static bool all_readers(const struct team *t, const struct epoch *e)
{
    bool all = true;
    for (size_t i = 0; i < t->devices.count && all; i++) {
        const struct device *d = t->devices.at[i];
        all = readers_have(e, &d->pub.id) || !device_reads(t, d, e->compartment);
    }
    return all;
}

/* Both answers hold until something changes that they rest on. */
bool epoch_clean(const struct team *t, struct epoch *e)
{
    if (e->looked != t->standing + 1) {
        e->clean = epoch_usable(t, e) && !epoch_superseded(t, e) && epoch_effective(t, e) &&
                   only_readers(t, e);
        e->looked = t->standing + 1;
    }
    return e->clean;
}

bool epoch_complete(const struct team *t, struct epoch *e)
{
    if (e->counted != t->standing + 1) {
        e->complete = all_readers(t, e);
        e->counted = t->standing + 1;
    }
    return e->complete;
}

static bool larger(const struct epoch *a, const struct epoch *b)
{
    if (b == NULL || a->number != b->number) {
        return b == NULL || a->number > b->number;
    }
    return id_compare(&a->id, &b->id) > 0;
}

enum want { WANT_CLEAN, WANT_DECLARED, WANT_ANY };

static struct epoch *largest(const struct team *t,
                             const uint8_t compartment[static COMPARTMENT_BYTES], enum want want)
{
    struct epoch *best = NULL;
    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key != NULL && memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0 &&
            larger(e, best) && (want == WANT_ANY || epoch_usable(t, e)) &&
            (want != WANT_CLEAN || epoch_clean(t, e))) {
            best = e;
        }
    }
    return best;
}

static bool any_declared(const struct team *t, const uint8_t compartment[static COMPARTMENT_BYTES])
{
    bool any = false;
    for (size_t i = 0; i < t->epochs.count && !any; i++) {
        const struct epoch *e = t->epochs.at[i];
        any = epoch_usable(t, e) && memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0;
    }
    return any;
}

struct epoch *epoch_current(const struct team *t,
                            const uint8_t compartment[static COMPARTMENT_BYTES])
{
    return largest(t, compartment, any_declared(t, compartment) ? WANT_CLEAN : WANT_ANY);
}

enum status epoch_awaited(struct ctx *cx, struct team *t,
                          const uint8_t compartment[static COMPARTMENT_BYTES], bool *ret)
{
    enum status status = STATUS_OK;
    bool neglects = true;

    *ret = false;
    for (size_t i = 0; i < t->epochs.count && !*ret; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key == NULL && memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0 &&
            epoch_clean(t, e) && !readers_have(e, &t->self->pub.id)) {
            TRY(epoch_neglected(cx, t, e, t->self, &neglects));
            *ret = !neglects;
        }
    }
out:
    return status;
}

struct epoch *epoch_for_keys(const struct team *t)
{
    struct epoch *e = epoch_current(t, t->control);
    return e != NULL ? e : largest(t, t->control, WANT_DECLARED);
}

const struct id *team_control_epoch(const struct team *t)
{
    const struct epoch *e = epoch_for_keys(t);
    return e == NULL ? NULL : &e->id;
}

enum status epoch_for_writing(struct ctx *cx, struct team *t,
                              const uint8_t compartment[static COMPARTMENT_BYTES],
                              struct epoch **ret)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_current(t, compartment);
    bool barred = false;

    if (t->self == NULL || !device_writes(t, t->self, compartment)) {
        *ret = t->trusted ? largest(t, compartment, WANT_DECLARED) : NULL;
        if (*ret == NULL) {
            FAIL(cx, STATUS_DENIED, "this device may not write there");
        }
        goto out;
    }
    if (e != NULL && !epoch_complete(t, e)) {
        TRY(shares_complete(cx, t, e, &barred));
        /* who was given it now may have shared it before: that counts from now on */
        e = barred || !epoch_clean(t, e) ? NULL : e;
    }
    if (e == NULL) {
        TRY(epoch_begin(cx, t, compartment, false, &e));
    }
    *ret = e;
out:
    return status;
}
