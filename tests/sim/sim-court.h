/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The court of sim-rights.c: who was given a place by whom, what was said against whom, and which
 * words certainly hold. All of it is read from the log's bytes.
 */
#ifndef SIM_COURT_H
#define SIM_COURT_H

#include "sim-log.h"

enum { PLACES_MAX = 256, HOPS_MAX = 20 };

/* An appointment. */
struct seat {
    struct id name, member, role;
    uint64_t level;
    uint32_t line;  /* of its GRANT */
    int32_t from;   /* the seat it was given under; -1: an owner's office */
    bool disturbed; /* a REPLACE, REATTACH or REVOKE is about it */
};

struct court {
    struct sim *s;
    struct actor *by;
    const struct team *team;
    struct book book;
    struct seat seats[PLACES_MAX];
    size_t seat_count;
    bool owners_spoke; /* there are decisions of the owners */
};

void court_read_seats(struct court *c);
int32_t court_seat_by(const struct court *c, const struct id *name, const struct id *member);
/* The seat a line was written under; -1: unknown here (an office by the owners' decision). */
int32_t court_seat_of(const struct court *c, const struct line *l);
/* The row of its role; false: the role is not known. */
bool court_row_of(const struct court *c, const struct seat *seat, struct role_row *ret);
bool court_has_rights(const struct court *c, const struct seat *seat, uint64_t rights);
/* It hangs on an office by grants that were all in order. */
bool court_rooted(const struct court *c, int32_t at);
/* A REPLACE or REATTACH is about it, or about one it hangs on: other rights may hold. */
bool court_disturbed(const struct court *c, int32_t at);
/* Nobody said a word about its member, nor about anybody he has his place from. */
bool court_undisputed(const struct court *c, int32_t at);
/* The seat was given by somebody who knew the word; the author of the line knew the seat. */
bool court_given_after(const struct court *c, const struct seat *seat, const struct line *word);
bool court_given_before(const struct court *c, const struct seat *seat, const struct line *l);
/* Said by somebody undisputed who has the right, in form, and never taken back. */
bool court_certain(const struct court *c, const struct said_op *o, int32_t *ret_seat);
/* The word `o` of the seat `by`, which holds, takes the effect of the line under `under`. */
bool court_takes(const struct court *c, const struct said_op *o, const struct seat *by,
                 const struct line *l, const struct seat *under);

#endif
