/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission, inside: one session, shared by log-admit.c (taking entries) and pending.c (those that
 * wait for their causes, and the coverage by signed heads).
 */
#ifndef ADMIT_INT_H
#define ADMIT_INT_H

#include "lanes-int.h"

struct admission {
    struct team *team;
    struct log_sink sink;
    struct admission_counts counts;
    size_t refs_before;   /* operations the authority room had when the session began */
    struct judged judged; /* of the entry at hand */
    struct head *heads;   /* of this session, not settled yet */
    size_t head_count, head_cap;
    /* what waits: counted once a session */
    uint64_t pending_count, pending_bytes, dropped;
    int64_t pending_last; /* newest row of earlier sessions */
    bool pending_known;
    bool finished;
};

/* A judged entry enters the log and flows to the room above. */
enum status entry_take(struct ctx *cx, struct admission *a, struct judged *j) MUST_USE;
/* A verified head: moves the signature of the lane that holds its entry. *ret_held false when none
 * does, which for this device itself means that the vault is an old copy. */
enum status head_settle(struct ctx *cx, struct team *t, struct device *d, const struct head *h,
                        bool *ret_held) MUST_USE;
enum status own_rollback(struct ctx *cx, const struct team *t, uint64_t seq) MUST_USE;

/* pending.c: the table of what waits, and one session's view of it */
struct waiting {
    int64_t number;
    struct id id, device, prev;
    uint64_t seq, lamport;
    bool covered, done;
    bool full;        /* opens a branch more than is admitted as it comes */
    bool wants;       /* its place is free, and what its author knew is not all held */
    bool wants_point; /* or an entry that it cuts or pins */
    bool further;     /* of a branch that is not admitted */
};
struct queue {
    struct waiting *rows; /* in (lamport, device) order */
    size_t count, cap;
    struct head *heads; /* that wait since earlier sessions, and this session's */
    size_t head_count, head_cap;
};
void queue_finish(struct queue *q);
enum status queue_rows_load(struct ctx *cx, struct team *t, struct queue *q) MUST_USE;
enum status queue_heads_load(struct ctx *cx, struct admission *a, struct queue *q) MUST_USE;
enum status queue_head_store(struct ctx *cx, struct team *t, const struct head *h) MUST_USE;
enum status queue_head_delete(struct ctx *cx, struct team *t, const struct head *h) MUST_USE;
/* Header and body of one waiting entry. */
enum status queue_row_load(struct ctx *cx, struct team *t, const struct waiting *w,
                           struct log_row *row) MUST_USE;
enum status queue_row_delete(struct ctx *cx, struct team *t, struct waiting *w) MUST_USE;
enum status pending_size(struct ctx *cx, struct admission *a) MUST_USE; /* counts once a session */
enum status pending_store(struct ctx *cx, struct admission *a, const struct judged *j) MUST_USE;

/* pending-retry.c */
/* What a verified head covers of what waits, by an unbroken chain from it down; below it stands
 * entry `seq`, called `name`. */
struct foot {
    uint64_t seq;
    struct id name;
};
struct foot queue_cover(const struct queue *q, const struct head *h);
bool head_usable(const struct team *t, const struct head *h); /* verified, of a linked device */
/* Judges a waiting entry again; one that is full stays, unless `needed`. */
enum status queue_retry(struct ctx *cx, struct admission *a, struct waiting *w, struct log_row *row,
                        bool needed, bool *ret_taken) MUST_USE;
/* pending-further.c */
/* Admits one of the branches above LANES_FREE_MAX that entries of other devices wait for. */
enum status further_admit(struct ctx *cx, struct admission *a, struct queue *q, struct log_row *row,
                          bool *ret_taken) MUST_USE;
/* Drops the others, and keeps the proof. */
enum status further_drop(struct ctx *cx, struct admission *a, struct queue *q,
                         struct log_row *row) MUST_USE;
/* Takes whatever waited and can be taken now. */
enum status pending_retry(struct ctx *cx, struct admission *a) MUST_USE;
/* Settles heads; every chain end must be under a signature. */
enum status pending_cover(struct ctx *cx, struct admission *a) MUST_USE;

#endif
