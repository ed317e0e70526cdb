/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: the door. Who has power, as a pure function of the set of admitted entries: no vault,
 * no keys, no clock on the wall, no order of arrival (docs/authority.md sections 4 and 5). The room
 * above verifies signatures, hands in lanes and operations in any order that puts causes first,
 * asks for the resolution and reads the answers. Uses base only.
 *
 * Names: members, roles and compartments are numbers the caller gives (its own indexes, from 0,
 * below AUTHORITY_NUMBER_MAX); appointments are numbers this room gives, from 0; an operation is
 * named by the caller's 64-bit reference (unique, not 0); a council state by the caller's number (0
 * is the founding one); a lane by the caller's number ix (> 0). Sequence numbers are below 2^32.
 *
 * Statuses: STATUS_NO_MEMORY, STATUS_LIMIT over a maximum below, STATUS_DUPLICATE for a name given
 * twice, STATUS_NOT_FOUND for a name that was not given before, STATUS_MALFORMED for a fact that no
 * admitted entry can say (a level that does not grow, two points of one device in one cut). After a
 * failed call the facts are as before it. Reading before the first authority_resolve(), or after
 * facts came that were not resolved yet, gives the answers of the last resolution; what is new
 * since has no effect in it.
 */
#ifndef AUTHORITY_H
#define AUTHORITY_H

#include "base.h"

enum { AUTHORITY_LEVELS = 16, AUTHORITY_COUNCIL_LEVEL = -1 };
#define AUTHORITY_ALL        UINT64_MAX
#define AUTHORITY_NUMBER_MAX (1U << 20) /* members, roles, compartments */
#define AUTHORITY_OPS_MAX    (1U << 24)
#define AUTHORITY_LANES_MAX  1024U /* of one device */
#define AUTHORITY_CONTROL    0U /* the compartment every member with an active appointment uses */

struct authority;
enum status authority_new(struct ctx *cx, struct authority **ret) MUST_USE;
void authority_free(struct authority **a);
void authority_clear(struct authority *a); /* as new, keeps nothing */

/* ---- lanes ---------------------------------------------------------------------------------- */

struct authority_lane {
    int64_t ix;        /* the caller's number of the lane, > 0 */
    struct id device;  /* for the one place where order is by id (max of grants) */
    uint32_t member;   /* whose device it is */
    int64_t parent;    /* 0: the device's own; else the lane it left, of the same device */
    uint64_t fork_seq; /* last entry shared with the parent; 0 when there is no parent */
};
enum status authority_lane(struct ctx *cx, struct authority *a,
                           const struct authority_lane *l) MUST_USE;
/* Some admitted entry of another member has (lane, seq) in its past. Only matters beyond a fork;
 * may be said of every entry, in any order. */
enum status authority_acknowledge(struct ctx *cx, struct authority *a, int64_t ix,
                                  uint64_t seq) MUST_USE;

struct authority_point {
    int64_t ix;
    uint64_t seq;
};
/* True when x is y or before it on one chain; false when a lane is not known. */
bool authority_before(const struct authority *a, struct authority_point x,
                      struct authority_point y);

/* ---- roles ---------------------------------------------------------------------------------- */

enum authority_right {
    RIGHT_APPOINT = 1,
    RIGHT_REMOVE = 2,
    RIGHT_SUSPEND = 4,
    RIGHT_ORGANIZATION = 8, /* a label, gives nothing here */
};
struct authority_role {
    uint32_t role;
    uint32_t rights;        /* enum authority_right, or-ed */
    const uint32_t *grants; /* roles it may appoint to; none = any */
    size_t grants_count;
    uint32_t max;                   /* grants through one appointment that count; 0 = no limit */
    const uint32_t *reads, *writes; /* compartments; one that is written is listed in both */
    size_t reads_count, writes_count;
};
enum status authority_role(struct ctx *cx, struct authority *a,
                           const struct authority_role *r) MUST_USE;

/* ---- operations ----------------------------------------------------------------------------- */

enum authority_verb { /* the charter's numbers */
                      AUTHORITY_LINK = 65,
                      AUTHORITY_GRANT = 66,
                      AUTHORITY_DEFINE = 67, /* DEFROLE, COMPARTMENT */
                      AUTHORITY_EPOCH = 68,
                      AUTHORITY_PLAIN = 69, /* SHARE, CHAIN, PREKEYS, ASK: anybody */
                      AUTHORITY_REVOKE = 72,
                      AUTHORITY_REMOVE = 73,
                      AUTHORITY_DEVCUT = 74,
                      AUTHORITY_REPLACE = 75,
                      AUTHORITY_SUSPEND = 76,
                      AUTHORITY_LIFT = 77,
                      AUTHORITY_PARDON = 78,
                      AUTHORITY_REATTACH = 79,
                      AUTHORITY_PIN = 80,
                      AUTHORITY_CHECKPOINT = 81,
                      AUTHORITY_COUNCIL = 83,
                      AUTHORITY_UNLINK = 84,
};

enum authority_council_kind {
    COUNCIL_ADD_OWNERS = 1, /* members, quorum */
    COUNCIL_RM_OWNER = 2,   /* op.member, op.cut, quorum */
    COUNCIL_PARDON = 3,     /* op.target */
    COUNCIL_LIFT = 4,       /* op.target */
    COUNCIL_PIN = 5,        /* op.cut, one point */
    COUNCIL_SEAL = 6,       /* op.cut */
    COUNCIL_SETTLE = 7,     /* states */
};
/* What a COUNCIL operation does. One state may be carried by several entries: each is an operation
 * of its own with the same contents; what is said of the state is taken from the first. */
struct authority_council_op {
    uint32_t state, prev;    /* numbers; prev was given before, 0 is the founding */
    uint32_t kind;           /* enum authority_council_kind */
    const uint32_t *members; /* ADD_OWNERS */
    size_t members_count;
    uint32_t quorum;        /* ADD_OWNERS, RM_OWNER: of the new state */
    const uint32_t *states; /* SETTLE: the chosen child of prev first, then the rejected ones */
    size_t states_count;
};

/* Static facts included: everything "in the past" is what the caller computed at admission. Arrays
 * are copied. */
struct authority_op {
    enum authority_verb verb;
    uint64_t ref;
    struct authority_point at; /* the entry it stands in */
    uint64_t lamport;
    int64_t via;          /* appointment number; -1: the founding entry, which always has effect */
    uint32_t member;      /* GRANT, REMOVE, SUSPEND, RM_OWNER: whom */
    uint32_t role;        /* GRANT, REPLACE */
    int32_t level;        /* GRANT: 1 to 15, larger than via's */
    int64_t appointment;  /* REVOKE, REPLACE, REATTACH */
    uint64_t target;      /* LIFT, PARDON, and the council's: an operation's ref */
    int64_t lane;         /* DEVCUT, UNLINK: any lane of the device */
    uint32_t compartment; /* EPOCH */
    bool cascade;         /* REVOKE */
    /* REVOKE, REMOVE, RM_OWNER, REPLACE: the cut, at most one point a device, none = nothing
     * counts. DEVCUT, UNLINK: one point or none. PIN: one point. SEAL: points. CHECKPOINT: its
     * past. SUSPEND: its past, as far as it is about lanes of the member; several of one device may
     * be. */
    const struct authority_point *cut;
    size_t cut_count;
    /* GRANT: refs of REMOVE and RM_OWNER of its member in its past; REPLACE: refs of REPLACEs of
     * the same appointment in its past. */
    const uint64_t *seen;
    size_t seen_count;
    struct authority_council_op council; /* COUNCIL */
};
/* GRANT, and the first carrying of an ADD_OWNERS, make appointments: *ret_first (may be NULL) gets
 * the number of the first, or that of the first carrying; -1 for the others. */
enum status authority_op(struct ctx *cx, struct authority *a, const struct authority_op *op,
                         int64_t *ret_first) MUST_USE;
/* The founding owners' offices, in the order given: *ret_first. Once, before any operation.
 * office_role is also the role of owners who are added. */
enum status authority_found(struct ctx *cx, struct authority *a, const uint32_t *owners,
                            size_t count, uint32_t quorum, uint32_t office_role,
                            struct authority_point genesis, int64_t *ret_first) MUST_USE;

/* ---- resolution ----------------------------------------------------------------------------- */

/* Nothing to do when nothing came; only what came is judged where it cannot change anything older
 * (lanes without a parent, LINK, GRANT, DEFINE, EPOCH, PLAIN); else one pass over all. On failure
 * the answers are those of the last resolution. */
enum status authority_resolve(struct ctx *cx, struct authority *a) MUST_USE;
/* How many passes over everything there were; for tests and figures. */
uint64_t authority_passes(const struct authority *a);

/* A PARDONed or LIFTed operation has effect all the same: it is what follows from it that has none.
 * UNLINK always has effect, COUNCIL when its state counts, wherever they stand. */
bool authority_effective(const struct authority *a, uint64_t ref);
/* A REVOKE, REMOVE, DEVCUT, REPLACE, SUSPEND, UNLINK or RM_OWNER that has effect and that nobody
 * has pardoned or lifted. False for other verbs. */
bool authority_in_force(const struct authority *a, uint64_t ref);
/* Why not, in plain words for people; NULL when it has effect. *ret_by (may be NULL): the ref of
 * the operation that did it, or 0. */
const char *authority_why_not(const struct authority *a, uint64_t ref, uint64_t *ret_by);
/* Entries on this lane's chain under this appointment count up to and including this seq (0 none,
 * AUTHORITY_ALL). On a lane with a parent it may be smaller than fork_seq: then none of its own
 * entries counts; the shared ones are those of the parent. 0 for a lane of another member. */
uint64_t authority_limit(const struct authority *a, int64_t appointment, int64_t ix);
/* Why an entry of the lane beyond the limit does not count; NULL and 0 when the limit is ALL. */
const char *authority_limit_why(const struct authority *a, int64_t appointment, int64_t ix,
                                uint64_t *ret_by);
uint64_t authority_limit_by(const struct authority *a, int64_t appointment, int64_t ix);

/* Entries of lane ix under the appointment with `from` <= seq are to be judged again: those up to
 * old_limit counted, those up to new_limit do; roles_from: from this seq the roles are others
 * (AUTHORITY_ALL: none). */
struct authority_change {
    int64_t appointment, ix;
    uint64_t old_limit, new_limit;
    uint64_t from;
    uint64_t roles_from;
};
/* What the last authority_resolve() changed, by appointment and lane, each pair once. A pair that
 * was not there before is compared with "all count, by the appointment's own role". */
enum status authority_changes_each(struct ctx *cx, struct authority *a,
                                   enum status (*visit)(void *self, struct ctx *cx,
                                                        const struct authority_change *c),
                                   void *self) MUST_USE;

/* Roles an entry at `at` under the appointment is judged by: all of them must permit. Up to max
 * into ret; returns how many there are. */
size_t authority_roles_at(const struct authority *a, int64_t appointment, struct authority_point at,
                          uint32_t *ret, size_t max);
/* Supported, not removed or revoked (whatever the cut), its member not suspended at its level. */
bool authority_active(const struct authority *a, int64_t appointment);
bool authority_suspended(const struct authority *a, uint32_t member); /* at any level */
/* The device is not unlinked or cut off, has no unsettled fork, and the lane is no losing branch.
 */
bool authority_lane_in_use(const struct authority *a, int64_t ix);
/* By any active appointment, with the roles of an entry that would be written now. */
bool authority_reads(const struct authority *a, uint32_t member, uint32_t compartment);
bool authority_writes(const struct authority *a, uint32_t member, uint32_t compartment);

struct authority_appointment {
    uint32_t member, role;
    int32_t level;
    int64_t by;   /* the grantor's appointment, -1: an office */
    uint64_t ref; /* the GRANT or COUNCIL, 0: founding */
    bool supported, active;
    bool removed; /* a revocation or removal covers it, whatever the cut */
};
size_t authority_appointments(const struct authority *a);
void authority_appointment_get(const struct authority *a, int64_t appointment,
                               struct authority_appointment *ret);

/* Forks: each fork position with its one winner, for all appointments of the member. */
struct authority_fork {
    int64_t lane; /* the parent: its continuation is a branch, and every lane forked there */
    uint64_t seq;
    int64_t winner; /* the lane that leads on, 0 = frozen */
    uint64_t by;    /* the ref of what pinned it, 0 = acknowledged, or frozen for want of both */
};
enum status authority_forks_each(struct ctx *cx, struct authority *a,
                                 enum status (*visit)(void *self, struct ctx *cx,
                                                      const struct authority_fork *f),
                                 void *self) MUST_USE;

struct authority_council_state {
    uint32_t state; /* the last one that counts */
    uint32_t quorum;
    bool frozen;            /* two follow it and nothing settles which */
    const uint32_t *owners; /* members, ascending; valid until the next change */
    size_t owners_count;
};
void authority_council(const struct authority *a, struct authority_council_state *ret);

/* ---- beside what is ------------------------------------------------------------------------- */

/* The same facts and answers; the caller adds an operation, resolves, reads the changes, and frees.
 */
enum status authority_copy(struct ctx *cx, const struct authority *a,
                           struct authority **ret) MUST_USE;

#endif
