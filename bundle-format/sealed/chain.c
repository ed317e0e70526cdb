/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Piece chains [F-25], [F-26]: from the transport secret of a control epoch every sending device
 * gets a one-way chain; each step gives the tag a piece is found by, the one-time key it is sealed
 * with and the key that lets a relay delete it. Whoever takes a step cannot go back.
 */
#include "sealed-int.h"

#include <string.h>

void chain_start(const struct key *t, const struct id *device, struct chain *ret)
{
    key_derive(t, "valise/chain", BYTES_OF(device->b), &ret->ck);
    ret->next = 0;
}

void chain_next(struct chain *c, struct chain_step *ret)
{
    struct key derived;
    bytes none = BYTES(NULL, 0);

    ret->number = c->next;
    key_derive(&c->ck, "valise/chain-tag", none, &derived);
    memcpy(ret->tag, derived.b, sizeof ret->tag);
    key_derive(&c->ck, "valise/chain-key", none, &ret->key);
    key_derive(&c->ck, "valise/chain-delete", none, &derived);
    memcpy(ret->delete_key, derived.b, sizeof ret->delete_key);
    key_derive(&c->ck, "valise/chain-next", none, &derived);
    c->ck = derived; /* the old chain key is gone */
    c->next++;
    key_wipe(&derived);
}
