/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records_world: peers of a team_world with the records room opened over them, and what tests want
 * to compare: a dump of everything a device shows, in words that name no local number.
 */
#ifndef RECORDS_WORLD_H
#define RECORDS_WORLD_H

#include "records-int.h"
#include "sample-kit.h"
#include "team-world.h"

struct desk {
    struct peer *peer;
    struct ctx *cx;
    struct records *records;
};

/* Opens records and fills them from the log (what came with the invite included). */
void desk_open(struct desk *d, struct peer *p, const struct schema *s);
/* Decisions of this device change what its records show (a peer of team_world listens otherwise).
 */
void desk_watch(struct desk *d);
void desk_close(struct desk *d);
/* Closes everything and opens it again, as another run of the program does. */
void desk_reopen(struct desk *d, const struct schema *s);
/* What `from` has and `to` lacks flows into the tables of `to`. */
void desk_pass(struct desk *from, struct desk *to);
enum status desk_admit(struct desk *d, bytes content, struct admission_counts *ret);
/* Feeds the whole log again; what is applied already stays as it is. */
void desk_replay(struct desk *d);
/* Writes an operation past the judge of this device, as a modified program could, and applies it.
 */
int64_t desk_force(struct desk *d, const struct op_form *form);

/* The same record at somebody else's. */
int64_t desk_same(struct desk *from, int64_t record, struct desk *to);
/* Display text; static memory, good for a few calls. */
const char *desk_show(struct desk *d, int64_t record, enum sample_field field);
const char *desk_secret(struct desk *d, int64_t record, enum sample_field field);
int64_t desk_create(struct desk *d, const char *title);
void desk_set(struct desk *d, int64_t record, enum sample_field field, const char *value);
enum status desk_try(struct desk *d, int64_t record, enum sample_field field, const char *value);
size_t desk_conflicts(struct desk *d, int64_t record);
struct id desk_hash(struct desk *d);
/* Every row of the wide table and the fate of every operation, sorted, as text. */
void desk_dump(struct desk *d, struct buf *out);
/* Same hash and same dump. */
void desks_agree(struct desk *a, struct desk *b);

#endif
