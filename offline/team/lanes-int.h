/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches of one device's log, inside the room: where each is kept (lanes.c), how it is named
 * (branches.c), which one an entry means (clock-carry.c), and who signed two (evidence.c).
 */
#ifndef LANES_INT_H
#define LANES_INT_H

#include "team-int.h"

/* The lane that holds entry seq of this lane's chain. */
const struct device *lane_at(const struct device *lane, uint64_t seq);
/* The first is the second, or before it on one chain. */
bool lane_before(const struct device *lane, uint64_t seq, const struct device *after,
                 uint64_t after_seq);
/* The highest entry of this lane in the past of an admitted entry of another member; 0: none.
 * Beyond fork_seq it says that the branch was acknowledged. */
uint64_t lane_acknowledged(const struct device *lane);
void lane_acknowledge(struct device *lane, uint64_t seq);
/* The lane of d (any) that holds entry seq by this name. */
enum status lane_find(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      const struct id *name, struct device **ret, bool *ret_there) MUST_USE;
/* A new lane that leaves `parent` after fork_seq. */
enum status lane_make(struct ctx *cx, struct team *t, struct device *parent, uint64_t fork_seq,
                      struct device **ret) MUST_USE;
size_t lane_count(const struct device *d);
uint64_t lane_longest(const struct device *d); /* largest head of all lanes of the device */
/* The lane's signed head; signed_seq must not be 0. */
enum status lane_head(struct ctx *cx, struct team *t, const struct device *lane,
                      struct head *ret) MUST_USE;
/* What an author knew at entry seq of this chain, that entry included, from the stored headers. */
enum status lane_past(struct ctx *cx, struct team *t, struct device *lane, uint64_t seq,
                      struct clock *ret, uint64_t *ret_lamport) MUST_USE;
/* The branch that holds now; at a fork nobody settled, the lane that holds up to it. */
const struct device *lane_in_force(const struct team *t, const struct device *d);
uint64_t lane_first(const struct device *lane); /* number of its first own entry */
/* After a resolution: which branch holds at every fork. */
enum status lanes_settle(struct ctx *cx, struct team *t) MUST_USE;
/* The newest entry of a device that this device builds on: of a forked one it follows the branch
 * it built on before, then the one that holds, and neither at a fork nobody settled. seq 0:
 * nothing.
 */
struct followed {
    const struct device *lane;
    uint64_t seq, lamport;
    struct id id;
};
enum status lane_follow(struct ctx *cx, struct team *t, const struct device *d,
                        struct followed *ret) MUST_USE;

/* A lane beside the others of parent's device; memory only. */
enum status device_add_lane(struct ctx *cx, struct team *t, int64_t ix, struct device *parent,
                            uint64_t fork_seq, struct device **ret) MUST_USE;
/* A new row: of an own lane (parent NULL), or of a branch. */
enum status device_insert(struct ctx *cx, struct team *t, const struct id *id, bytes keys,
                          text name, const struct device *parent, uint64_t fork_seq,
                          int64_t *ret_ix) MUST_USE;
/* Where it stands among what is held; sets device and branch. */
enum placing {
    PLACE_NEXT,   /* the entry after a lane's head */
    PLACE_BRANCH, /* its prev is an older entry: the device has two histories */
    PLACE_KNOWN,
    PLACE_WAITS, /* its prev is not held */
    PLACE_FULL,  /* a branch more than is admitted */
};
enum status judge_place(struct ctx *cx, struct team *t, struct judged *j,
                        enum placing *ret) MUST_USE;
enum status clock_put(struct ctx *cx, struct clock *c, const struct device *lane, uint64_t seq,
                      const struct id *id) MUST_USE;
/* The lane item i stands in; NULL for a device not known here. */
const struct device *clock_lane(const struct team *t, const struct clock *c, size_t i);
/* What the clock has of a device; false: nothing. */
bool clock_find(const struct clock *c, const struct id *device, size_t *ret);

/* branches.c: names of stretches, for frontiers, order and people */
const struct branch *branches_of(const struct device *d, size_t *ret_count);
/* After a new lane got its first entry, and after loading. */
enum status branches_refresh(struct ctx *cx, struct team *t, struct device *d) MUST_USE;
void branches_free(struct device *d);
uint64_t branch_end(const struct branch *b); /* number of its last entry held */
/* The stretch an entry of this lane stands in; NULL when the device never forked. */
const struct branch *branch_at(const struct device *lane, uint64_t seq);
void branch_id(const struct id *device, const struct id *first, struct id *ret);
/* How far the frontier's author holds each of branches_of(d); what he cannot have known to be two
 * branches is none of either. */
enum status branches_held(struct ctx *cx, struct team *t, bytes frontier, const struct device *d,
                          uint64_t *ret) MUST_USE;
enum { BRANCHES_MAX = 2 * LANES_PER_DEVICE_MAX };
/* frontier.c */
bool frontier_has_branches(const struct team *t, bytes frontier);
bool id_listed(bytes ids, const struct id *id); /* ids: one after the other */
void branches_tags(struct device *d);           /* after the device's own tag changed */
/* clock-carry.c: carries `past` and lamport on by what a header declares. */
enum carried {
    CARRIED,
    CARRY_WAITS,  /* something is not held, or held by another history */
    CARRY_BEFORE, /* names what its author knew before */
    CARRY_VIEW,   /* names nothing new, and its view is not the past's */
};
enum status clock_carry(struct ctx *cx, struct team *t, const struct entry_header *h,
                        struct clock *past, uint64_t *lamport, enum carried *ret) MUST_USE;

/* ---- forks: evidence.c ---- */

struct fork_proof {
    int64_t ix;
    uint64_t seq;
    struct buf ours, ours_head, theirs, theirs_head;
    bool stored;
};
/* d: the lane that holds our entry seq; their_header: the other entry. */
enum status fork_keep(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      bytes their_header, const struct head *their_head) MUST_USE;
/* Only a signed head tells so far that the device has another history than the one with our entry
 * seq. One such proof of a device is enough; *ret_new false when there is one. */
enum status fork_open(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      const struct head *their_head, bool *ret_new) MUST_USE;
/* Devices for which that is so now: their ids and those of their branches, 32 bytes each. */
enum { OPEN_MAX = 1 << 20 };
enum status forks_open(struct ctx *cx, struct team *t, struct buf *ret) MUST_USE;
/* Writes what is not stored yet; again: everything, whatever became of earlier writes. */
enum status fork_flush(struct ctx *cx, struct team *t, bool again) MUST_USE;
void fork_unstored(struct team *t); /* memory was loaded again: write them once more */
void fork_free_all(struct team *t);

#endif
