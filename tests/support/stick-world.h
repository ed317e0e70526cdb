/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stick_world: several people with a vault each, in one team, who exchange sticks that are folders
 * under one scratch folder. What test_transfer and test_stick share; needs the real rooms.
 */
#ifndef STICK_WORLD_H
#define STICK_WORLD_H

#include "check.h"
#include "scratch.h"
#include "transfer.h"

enum { WORLD_PEOPLE_MAX = 4, WORLD_PATH = SCRATCH_PATH + 64 };

struct person {
    struct ctx cx;
    struct machine machine;
    char dir[WORLD_PATH];
    struct secret *key;
    struct vault *vault;
    struct team *team;
    struct records *records;
};
struct world {
    char root[SCRATCH_PATH];
    struct person people[WORLD_PEOPLE_MAX];
    size_t count;
    char paths[48][WORLD_PATH]; /* of the folders made so far */
    size_t path_count;
};

/* One type "desk.ticket": title (last writer wins), stock (sum), tags (set). */
const struct schema *world_schema(void);

void world_init(struct world *w, uint64_t seed);
void world_finish(struct world *w);
/* The first one founds the team, the others are invited by the first as editors. */
struct person *world_found(struct world *w);
struct person *world_join(struct world *w);
/* A further person in a team of her own. */
struct person *world_stranger(struct world *w);
void person_close(struct person *p);
void person_open(struct person *p);
/* A folder under the root, made when missing. The path stays valid with the world. */
const char *world_folder(struct world *w, const char *name);

int64_t person_add(struct person *p, const char *title);
void person_set(struct person *p, int64_t record, const char *field, const char *value);
/* The same record at somebody else's: local numbers differ, written ids do not. */
int64_t person_same(struct person *from, int64_t record, struct person *to);
struct id person_hash(struct person *p);
bool people_agree(struct person *a, struct person *b);

struct pack_report person_pack(struct person *p, const char *folder);
struct unpack_report person_unpack(struct person *p, const char *folder);

/* Names of the pieces in a folder, in name order. */
struct names {
    char at[4096][PIECE_NAME_BYTES + 1];
    size_t count;
};
void folder_names(const char *folder, struct names *ret);
void file_copy(const char *from_folder, const char *to_folder, const char *name);

#endif
