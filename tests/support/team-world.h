/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_world: several vaults with one team, driven through the door of the team room only. Content
 * streams go from hand to hand in memory; a counting sink stands for the room above.
 */
#ifndef TEAM_WORLD_H
#define TEAM_WORLD_H

#include "check.h"
#include "scratch.h"
#include "team.h"

enum { TEAM_PEOPLE_MAX = 20, TEAM_STREAM_MAX = 8 << 20 };

struct peer {
    struct ctx cx;
    struct machine machine;
    char dir[SCRATCH_PATH + 32];
    struct secret *key;
    struct vault *vault;
    struct team *team;
    struct secret *root_seed; /* of the member's sheet; NULL for a further device */
    uint64_t applied;         /* entries the sink was given */
    uint64_t operations;
    uint64_t denied;  /* of them: the role does not allow them */
    struct id digest; /* over (member, device id, seq, body) of all of them, whatever the order */
};
struct team_world {
    char root[SCRATCH_PATH];
    struct peer peers[TEAM_PEOPLE_MAX];
    size_t count;
};

void team_world_init(struct team_world *w, uint64_t seed);
void team_world_finish(struct team_world *w);
/* A vault of its own without a team. */
struct peer *peer_make(struct team_world *w);
struct peer *peer_found(struct team_world *w); /* team "Harbour", member "Anna", device "desk" */
/* A newcomer let in by `by` with `role`; the content of the invite is admitted, and the newcomer's
 * first entry, his window prekeys, is brought to `by`. */
struct peer *peer_join(struct team_world *w, struct peer *by, const char *name, const char *role);
/* A further device of `of`, with its sheet. */
struct peer *peer_device(struct team_world *w, struct peer *of, const char *device_name);
/* The same machine again: a copy of its vault as it stands. */
struct peer *peer_clone(struct team_world *w, struct peer *of);
void peer_close(struct peer *p);
void peer_open(struct peer *p);
struct log_sink peer_sink(struct peer *p);

/* One operation [1, 0, text] in a transaction of its own. */
int64_t peer_write(struct peer *p, const char *what);
/* Seals, signs, and appends everything beyond `frontier` to out. */
void peer_export(struct peer *p, bytes frontier, struct buf *out);
void peer_frontier(struct peer *p, struct buf *out);
/* Admits in a transaction: committed when all went well, else rolled back. */
enum status peer_admit(struct peer *p, bytes content, struct admission_counts *ret);
/* What `from` has and `to` lacks. */
void peer_pass(struct peer *from, struct peer *to);
/* The same where it may be refused. */
enum status peer_try_pass(struct peer *from, struct peer *to,
                          struct admission_counts *ret) MUST_USE;

/* What goes back and forth when somebody joins. */
struct letters {
    struct buf join, invite, content;
    uint8_t print[16];
};
void letters_init(struct letters *l);
void letters_finish(struct letters *l);
/* Everybody to everybody else, so many times. */
void peers_pass(struct peer *const *peers, size_t count, size_t turns);
void team_world_pass(struct team_world *w, size_t turns);
/* Same log, same members, same devices. */
void peers_agree(struct peer *a, struct peer *b);

/* One item of a content stream, with its bytes; the views borrow from the stream. */
struct stream_item {
    struct content_item item;
    bytes raw;
};
size_t stream_split(struct ctx *cx, bytes content, struct stream_item *items, size_t max);

#endif
