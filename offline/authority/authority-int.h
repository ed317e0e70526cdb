/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority-int: what the files of the authority room share.
 *
 * Facts are what the caller gave; answers are what follows from them. Both are growing arrays whose
 * items name each other by index, so that a copy is a copy of arrays and a failed pass is thrown
 * away whole. NONE is no index. Levels: -1 the council, 0 to 15; an answer "at level L" uses only
 * what was said at levels below L.
 */
#ifndef AUTHORITY_INT_H
#define AUTHORITY_INT_H

#include "authority.h"

#define NONE        UINT32_MAX
#define SEQ_ALL     UINT32_MAX       /* AUTHORITY_ALL inside */
#define STEP_FROZEN (UINT32_MAX - 1) /* of a council state after a freeze */

enum {
    LEVEL_NEVER = 127, /* larger than every level */
    LEVEL_LISTS = AUTHORITY_LEVELS + 1,
};

/* ---- table.c: growing arrays, and numbers found by hash -------------------------------------- */

struct array {
    void *items;
    size_t count, cap;
};
/* Room for `wanted` items; fresh memory is zero. Unchanged on failure. */
enum status array_reserve(struct ctx *cx, struct array *a, size_t wanted, size_t size) MUST_USE;
enum status array_copy(struct ctx *cx, const struct array *from, size_t size,
                       struct array *ret) MUST_USE;
void array_finish(struct array *a);
#define ITEM(array, type, i) ((type *)(array).items + (i))

/* Number to index. Open addressing. */
struct table {
    struct table_slot {
        uint64_t key;
        uint32_t value; /* NONE: free */
    } * slots;
    size_t cap; /* a power of two, or 0 */
    size_t count;
};
uint32_t table_find(const struct table *t, uint64_t key);
/* Room for one more, so that the next table_put() cannot fail. */
enum status table_reserve(struct ctx *cx, struct table *t) MUST_USE;
void table_put(struct table *t, uint64_t key, uint32_t value);
enum status table_copy(struct ctx *cx, const struct table *from, struct table *ret) MUST_USE;
void table_finish(struct table *t);

/* ---- facts ----------------------------------------------------------------------------------- */

struct spot { /* a point; on the lane that owns it: seq > fork of the lane, or the lane is a root */
    uint32_t lane, seq;
};
struct list { /* of FACT_NUMBERS */
    uint32_t first, count;
};

struct lane {
    int64_t ix;
    struct id device;
    uint32_t member, family;
    uint32_t parent, fork; /* NONE and 0: the device's own */
    uint32_t depth;        /* lanes above it */
    uint32_t position;     /* where it left its parent: a fork, NONE */
    uint32_t first_fork;   /* positions on this lane */
    uint32_t slot;         /* which of the member's lanes */
    uint32_t next_of_member;
    uint32_t acknowledged; /* largest seq that another member's entry has in its past */
};
struct family { /* the lanes of one device */
    uint32_t lanes;
    bool forked;
};
struct fork { /* a position where a device's log parts */
    uint32_t lane, seq, family;
    uint32_t next_of_lane;
};
struct member {
    uint32_t first_lane, last_lane, lanes;
    uint32_t first_appointment, last_appointment;
};
struct role {
    bool known;
    uint32_t rights, max;
    struct list grants, reads, writes; /* ascending */
};
struct appointment {
    uint32_t member, role;
    uint32_t by;    /* NONE: an office, or given in the founding entry */
    uint32_t op;    /* NONE: founding */
    uint32_t state; /* NONE: no office */
    uint32_t next_of_member, next_of_level;
    int16_t level;
};
struct op {
    uint64_t ref, lamport;
    struct spot at;
    uint32_t via;
    uint32_t member, role;
    uint32_t target;               /* by verb: appointment, op, family, compartment, state */
    uint32_t also;                 /* COUNCIL: the first appointment it made, or the op it undoes */
    uint32_t points, points_count; /* of FACT_SPOTS, ascending by family and lane */
    struct list numbers;           /* GRANT: ops seen, ascending; COUNCIL: members or states */
    uint32_t quorum;
    uint32_t next_of_level;
    int16_t level;
    uint8_t verb, kind;
    bool cascade;
};
struct state { /* of the council; 0 is the founding one */
    uint32_t number, op;
    uint32_t first_child, next_child;
};

enum fact {
    FACT_LANES,
    FACT_FAMILIES,
    FACT_FORKS,
    FACT_MEMBERS,
    FACT_ROLES,
    FACT_APPOINTMENTS,
    FACT_OPS,
    FACT_SPOTS,
    FACT_NUMBERS,
    FACT_STATES,
    FACTS,
};

/* ---- answers --------------------------------------------------------------------------------- */

enum reason {
    REASON_NONE, /* it counts */
    REASON_UNJUDGED,
    REASON_FORK_LOST,
    REASON_FORK_FROZEN,
    REASON_UNLINKED,
    REASON_DEVICE_CUT,
    REASON_OWNER_REMOVED,
    REASON_REMOVED,
    REASON_REVOKED,
    REASON_CASCADE,
    REASON_SUSPENDED,
    REASON_VOID, /* of the appointment */
    REASON_OVER,
    REASON_NO_OFFICE,
    REASON_NOT_PERMITTED,
    REASON_COUNCIL_OTHER,
    REASON_COUNCIL_FROZEN,
    REASONS,
};

struct verdict { /* of an operation */
    uint32_t by;
    uint32_t next;  /* in a list of REPLACEs or UNLINKs */
    uint8_t reason; /* enum reason */
    int16_t undone; /* level of the most senior PARDON or LIFT, LEVEL_NEVER */
};
/* What several cuts leave together: for each device the last entry before all of them. */
struct cutset {
    uint32_t ops;                /* list of links, the newest first */
    uint32_t count, folded;      /* ops; the oldest `folded` are in the meets */
    uint32_t meets, meets_count; /* ascending by family; one that is missing: nothing is left */
    uint32_t first;              /* the op folded first */
};
struct meet {
    uint32_t family, by;
    struct spot spot;
};
struct pair { /* an appointment on a lane */
    uint32_t limit, by;
    uint32_t ranges, ranges_count; /* replaced roles; none: the appointment's own */
    uint8_t reason;
};
struct holding { /* of an appointment */
    uint32_t pairs, pairs_count;
    uint32_t replaces;          /* list of ops */
    struct pair now;            /* the roles of what is written now, on any lane */
    struct cutset own, cascade; /* REVOKEs; those of them that cascade */
    uint32_t by;
    uint8_t reason;   /* REASON_NONE: supported */
    int16_t support;  /* level of the most senior thing it hangs on, LEVEL_NEVER */
    int16_t reattach; /* of the most senior REATTACH, LEVEL_NEVER */
    bool granted, over;
    bool limited; /* a max applies to some of its grants */
    bool covered; /* by a revocation or removal, whatever the cut */
};
struct person { /* of a member */
    struct cutset removes;
    uint32_t rows, rows_of; /* of removals: one for each lane, so long */
    int16_t level; /* of the most senior supported appointment, LEVEL_NEVER: decides the forks */
    int16_t suspended; /* level of the most senior SUSPEND that holds; LEVEL_NEVER */
    bool marked;       /* scratch: suspended at this level */
};
struct device {         /* of a family */
    struct cutset cuts; /* DEVCUTs */
    uint32_t unlinks;   /* list */
    int16_t cut;        /* level of the most senior DEVCUT, LEVEL_NEVER */
};
struct track {                        /* of a lane */
    uint32_t named;                   /* largest seq that a pin or cut names */
    uint32_t reached;                 /* largest seq of the lane below an acknowledged entry */
    uint32_t suspend_cap, suspend_by; /* SEQ_ALL: nobody suspended the member */
};
struct junction { /* of a fork */
    int32_t rank; /* of the pin that decides; smaller is more senior */
    uint32_t branch, by;
    bool pinned, torn; /* by one; by several that disagree */
    bool said_torn;    /* scratch: of one operation */
    uint32_t said;
    uint32_t acknowledged;      /* the only branch that is, NONE */
    uint32_t winner, winner_by; /* the branch, NONE; and the pin, NONE */
};
struct range { /* ascending by role and from; those of one role do not touch */
    uint32_t role, from, until;
};

enum answer {
    ANSWER_VERDICTS, /* these seven are as long as their facts */
    ANSWER_HOLDINGS,
    ANSWER_PEOPLE,
    ANSWER_DEVICES,
    ANSWER_TRACKS,
    ANSWER_JUNCTIONS,
    ANSWER_STEPS, /* uint32_t of a council state: when it came; NONE */
    ANSWER_PAIRS,
    ANSWER_RANGES,
    ANSWER_MEETS,
    ANSWER_ROWS,   /* struct removal */
    ANSWER_LINKS,  /* struct link */
    ANSWER_OWNERS, /* uint32_t, ascending */
    ANSWER_WORK,   /* uint32_t; scratch: ops of one level */
    ANSWER_SORTED, /* struct sorted; scratch */
    ANSWER_SPANS,  /* struct span; scratch */
    ANSWERS,
};
struct removal {
    uint32_t cap, op;
};
struct link {
    uint32_t op, next;
};
struct sorted { /* by first, second, id (NULL: all equal), third */
    uint64_t first, second, third;
    const struct id *id;
    uint32_t op;
};
struct span { /* a REPLACE on one lane */
    uint32_t op, from, until;
};
struct answers {
    struct array of[ANSWERS];
    uint32_t council, quorum;
    bool frozen;
};

struct authority {
    struct array facts[FACTS];
    struct table refs, lanes, states;
    struct chain {
        uint32_t first, last;
    } ops_at[LEVEL_LISTS], appointments_at[LEVEL_LISTS]; /* by level + 1 */
    struct answers now;
    struct array changes;                 /* struct authority_change */
    size_t told_appointments, told_lanes; /* how many the last resolution had */
    uint64_t passes;
    uint32_t office_role, quorum;
    struct list founders;
    bool founded;
    bool maxima; /* some role has a max */
    bool whole;  /* something came that may change what is older */
};

static inline size_t fact_count(const struct authority *a, enum fact f)
{
    return a->facts[f].count;
}
static inline struct lane *lane_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_LANES], struct lane, i);
}
static inline struct family *family_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_FAMILIES], struct family, i);
}
static inline struct fork *fork_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_FORKS], struct fork, i);
}
static inline struct member *member_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_MEMBERS], struct member, i);
}
static inline struct role *role_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_ROLES], struct role, i);
}
static inline struct appointment *appointment_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_APPOINTMENTS], struct appointment, i);
}
static inline struct op *op_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_OPS], struct op, i);
}
static inline struct spot *spot_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_SPOTS], struct spot, i);
}
static inline uint32_t *numbers_at(const struct authority *a, struct list l)
{
    return ITEM(a->facts[FACT_NUMBERS], uint32_t, l.first);
}
static inline struct state *state_at(const struct authority *a, uint32_t i)
{
    return ITEM(a->facts[FACT_STATES], struct state, i);
}
static inline struct verdict *verdict_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_VERDICTS], struct verdict, i);
}
static inline struct holding *holding_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_HOLDINGS], struct holding, i);
}
static inline struct person *person_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_PEOPLE], struct person, i);
}
static inline struct device *device_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_DEVICES], struct device, i);
}
static inline struct track *track_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_TRACKS], struct track, i);
}
static inline struct junction *junction_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_JUNCTIONS], struct junction, i);
}
static inline uint32_t *step_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_STEPS], uint32_t, i);
}
static inline struct pair *pair_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_PAIRS], struct pair, i);
}
static inline struct range *range_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_RANGES], struct range, i);
}
static inline struct meet *meet_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_MEETS], struct meet, i);
}
static inline struct removal *row_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_ROWS], struct removal, i);
}
static inline struct link *link_at(const struct answers *n, uint32_t i)
{
    return ITEM(n->of[ANSWER_LINKS], struct link, i);
}
static inline uint32_t answer_count(const struct answers *n, enum answer what)
{
    return (uint32_t)n->of[what].count;
}

/* ---- facts.c: operations ----------------------------------------------------------------------
 */

size_t fact_size(enum fact f);
enum status fact_reserve(struct ctx *cx, struct authority *a, enum fact f, size_t more) MUST_USE;
/* Reserves memory for members up to this number; members_touch() then makes them. */
enum status members_reserve(struct ctx *cx, struct authority *a, uint32_t number) MUST_USE;
void members_touch(struct authority *a, uint32_t number);
/* Ascending, without repetitions; memory is reserved. */
struct list numbers_add(struct authority *a, const uint32_t *numbers, size_t count, bool sort);
bool numbers_hold(const struct authority *a, struct list l, uint32_t number);

/* ---- appointments.c ----------------------------------------------------------------------------
 */

/* The next appointment; its memory is reserved. */
void appointment_add(struct authority *a, struct appointment p);
/* Whether an appointment hangs on something. */
void support_settle(const struct authority *a, struct answers *n, uint32_t appointment);
/* How far it counts on every lane. */
enum status holding_settle(struct ctx *cx, const struct authority *a, struct answers *n,
                           uint32_t appointment) MUST_USE;
/* NULL when the lane is of another member, or either is not judged yet. */
struct pair *pair_of(const struct authority *a, const struct answers *n, uint32_t appointment,
                     uint32_t lane);
bool holding_active(const struct authority *a, const struct answers *n, uint32_t appointment);

/* ---- lanes.c --------------------------------------------------------------------------------- */

/* The caller's point as a spot on the lane that owns it. STATUS_NOT_FOUND, STATUS_LIMIT. */
enum status spot_of(struct ctx *cx, const struct authority *a, struct authority_point point,
                    struct spot *ret) MUST_USE;
/* The last entry that both have at or before them; seq 0 when none. */
struct spot spot_meet(const struct authority *a, struct spot x, struct spot y);
bool spot_before(const struct authority *a, struct spot x, struct spot y);
/* One step towards the root: what the chain of s has on the parent lane; false at the root. */
bool spot_up(const struct authority *a, struct spot *s);
/* How many entries of the lane's chain are at or before the spot. */
uint32_t lane_prefix(const struct authority *a, struct spot spot, uint32_t lane);
/* How many entries of the lane's chain the operation's points leave. */
uint32_t op_prefix(const struct authority *a, const struct op *o, uint32_t lane);
/* The operation's points on this family: the first index, and how many. */
uint32_t op_points_of(const struct authority *a, const struct op *o, uint32_t family,
                      uint32_t *ret_count);

/* ---- roles.c --------------------------------------------------------------------------------- */

/* The roles an entry of this pair with this seq is judged by, one after the other. */
struct role_walk {
    const struct pair *pair;
    uint32_t appointment, seq;
    uint32_t at; /* start with 0 and false */
    bool told;
};
bool role_next(const struct authority *a, const struct answers *n, struct role_walk *w,
               uint32_t *ret);
bool roles_permit(const struct authority *a, const struct answers *n, const struct op *o);
/* Whether they give the right to remove: a REVOKE of what one may only take back names no branch.
 */
bool roles_remove(const struct authority *a, const struct answers *n, const struct op *o);
/* How many grants the roles of this GRANT allow through its appointment; 0 = no limit. */
uint32_t roles_grant_max(const struct authority *a, const struct answers *n, const struct op *o);
/* What REPLACEs make of an appointment on a lane; lane NONE: of what is written now. */
enum status roles_replace(struct ctx *cx, const struct authority *a, struct answers *n,
                          uint32_t appointment, uint32_t lane, struct pair *p) MUST_USE;

/* ---- council.c ------------------------------------------------------------------------------- */

enum status council_follow(struct ctx *cx, const struct authority *a, struct answers *n) MUST_USE;
bool council_before(const struct answers *n, uint32_t state, uint32_t later);

/* ---- forks.c --------------------------------------------------------------------------------- */

void forks_acknowledge(const struct authority *a, struct answers *n);
/* The operation's points pin branches and put a floor under suspensions. */
void forks_vote(const struct authority *a, struct answers *n, uint32_t op, int32_t rank);
int32_t fork_rank(int level, bool checkpoint);
/* Decides the forks of the member's devices by what was said so far. */
void forks_settle(const struct authority *a, struct answers *n, uint32_t member);
/* How far the chain of a lane counts; *ret_fork: the position that ends it, NONE. */
uint32_t fork_prefix(const struct authority *a, const struct answers *n, uint32_t lane,
                     uint32_t *ret_fork);

/* ---- cuts.c ---------------------------------------------------------------------------------- */

/* The smallest of several bounds. */
struct bound {
    uint32_t cap, by;
    uint8_t reason;
};
void bound_lower(struct bound *b, uint32_t cap, enum reason reason, uint32_t by);
/* The same for several operations of one kind, in any order: equal bounds are the most senior's. */
void bound_take(const struct authority *a, struct bound *least, uint32_t cap, enum reason reason,
                uint32_t op);

enum status cutset_add(struct ctx *cx, struct answers *n, struct cutset *s, uint32_t op) MUST_USE;
/* Takes in what came since. */
enum status cutset_fold(struct ctx *cx, const struct authority *a, struct answers *n,
                        struct cutset *s) MUST_USE;
/* What the cutset leaves of a lane, and by whom. Folded, and not empty. */
uint32_t cutset_prefix(const struct authority *a, const struct answers *n, const struct cutset *s,
                       uint32_t lane, uint32_t *ret_by);
/* What removals and unlinkings leave of an appointment on a lane. *ret_covered: some removal is
 * about it, whatever its cut; lane NONE: only that. */
enum status cuts_bound(struct ctx *cx, const struct authority *a, struct answers *n,
                       uint32_t appointment, uint32_t lane, struct bound *b,
                       bool *ret_covered) MUST_USE;
/* Whether the unlinking of a device counts for entries of this level, and which. */
uint32_t cuts_unlink(const struct answers *n, uint32_t family, int level);
/* A PARDON or LIFT of this level: what the operation does is undone for larger ones. */
void cuts_undo(const struct authority *a, struct answers *n, uint32_t target, int level);

/* ---- removals.c ------------------------------------------------------------------------------ */

/* What REMOVEs and RM_OWNERs leave; lane NONE: only whether one covers the appointment. */
enum status removals_bound(struct ctx *cx, const struct authority *a, struct answers *n,
                           uint32_t appointment, uint32_t lane, struct bound *b,
                           bool *ret_covered) MUST_USE;

/* ---- suspend.c ------------------------------------------------------------------------------- */

void suspend_apply(const struct authority *a, struct answers *n, uint32_t op);

/* ---- judge.c, level.c ------------------------------------------------------------ */

/* The verdict on an operation by what is settled so far. */
void judge(const struct authority *a, struct answers *n, uint32_t op);
/* One level: its appointments, its operations, and what they reach. */
enum status level_settle(struct ctx *cx, const struct authority *a, struct answers *n,
                         int level) MUST_USE;

/* ---- answers.c ------------------------------------------------------------------------------- */

enum status answer_reserve(struct ctx *cx, struct answers *n, enum answer what,
                           size_t more) MUST_USE;
/* Answers for every fact that has none yet. */
enum status answers_extend(struct ctx *cx, const struct authority *a, struct answers *n) MUST_USE;
enum status answers_copy(struct ctx *cx, const struct answers *from, struct answers *ret) MUST_USE;
void answers_finish(struct answers *n);
void answers_sort(struct answers *n); /* ANSWER_SORTED */

/* ---- changes.c ------------------------------------------------------------------------------- */

/* Adds the pairs of an appointment, from this lane slot on, that differ. old NULL, or a pair that
 * is not in it: compared with "all count, by the appointment's own role". */
enum status changes_compare(struct ctx *cx, const struct authority *a, const struct answers *old,
                            const struct answers *fresh, uint32_t appointment, uint32_t first_slot,
                            struct array *ret) MUST_USE;

#endif
