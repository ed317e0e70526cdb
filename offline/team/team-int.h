/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team, inside: the charter as it stands in memory, and what the files of this room do for each
 * other. Invariant: what is in memory is what the vault holds at `generation`; every call of the
 * door that may fail starts with team_sync(), which loads again after a rollback.
 * Objects handed out by the door (members, devices, roles) keep their address until team_close().
 */
#ifndef TEAM_INT_H
#define TEAM_INT_H

#include "authority.h"
#include "limits.h"
#include "team.h"

#define ENTRY_KEY(ix, seq) (((int64_t)(ix) << 32) | (int64_t)(seq))
#define ENTRY_IX(key)      ((key) >> 32)
#define ENTRY_SEQ(key)     ((uint64_t)((key)&0xffffffff))

enum {
    GENESIS_FORMAT = 1,
    LEVEL_MAX = 15,        /* AUTHORITY 2.5: levels 0 to 15, power reaches larger ones */
    DEVICE_IX_MAX = 32767, /* fits OP_KEY */
    /* branches of its log [AUTH-20]: admitted as they come; and when others built on more */
    LANES_FREE_MAX = 64,
    LANES_PER_DEVICE_MAX = 256,
    ROLES_PER_TEAM_MAX = 256,
    OWNERS_MAX = 64,
    COMPARTMENTS_MAX = 64,
    EPOCHS_PER_TEAM_MAX = 65536, /* memory; what one member may make: EPOCHS_OF_MEMBER_MIN */
    EPOCHS_OF_MEMBER_MIN = 256,  /* of one member, and one more for each entry by another */
    PARENTS_MAX = 64,            /* of one epoch */
    RECIPIENTS_MAX = 2 * 1024,   /* of one operation: concurrent LINKs may go past DEVICES_MAX */
    CONTROL_OPS_MAX = 256,       /* operations of one control entry */
    CHAINS_PER_EPOCH_MAX = 8,    /* of one device: one for each colleague who let it in */
    PENDING_ENTRIES_MAX = 4096,
    PENDING_HEADS_MAX = 2048,
    SHORT_ID_BYTES = 8,
    PREKEYS_MAX = 26,     /* windows a device publishes ahead */
    PREKEYS_AHEAD = 13,   /* fewer left: it publishes again */
    WINDOW_MAX = 1 << 16, /* about the year 7000 */
    BODY_FRAME_MAX = 32,  /* time, counts and array heads around the operations of a body */
};
#define WINDOW_SECONDS      (28 * 86400)
#define GRACE_SECONDS       (56 * 86400)
#define PENDING_BYTES_MAX   (64U * MIB)
#define OWN_TAGS_MAX        65536
#define SKIPPED_SECONDS_MAX (90 * 86400)

enum entry_state {
    ENTRY_GOOD = 0,
    ENTRY_SEALED = 1,  /* we do not hold the epoch's key (yet) */
    ENTRY_REFUSED = 2, /* in the chain, without effect */
};

/* ---- growable list of pointers ---- */

struct pointers {
    void **at;
    size_t count, cap;
};
enum status pointers_add(struct ctx *cx, struct pointers *l, void *item) MUST_USE;
void pointers_finish(struct pointers *l); /* frees the array, not the items */

/* ---- the charter in memory ---- */

/* Where an entry stands in the log. */
struct place {
    int64_t ix;
    uint64_t seq;
};

/* Where one thing was said more than once, by people who did not know of each other. All of them
 * count, or what is in somebody's past would depend on what came here first. */
struct places {
    struct place *at;
    size_t count, cap;
};

/* All heads somebody knew: ascending by device id, as view_hash() wants them. */
struct clock {
    struct view_item *items;
    int64_t *lanes; /* which lane each stands in; 0: the device's own */
    size_t count, cap;
};

/* A stretch of a device's log between two forks, named alike on every machine: the first by the
 * device's id, the others by the branch that begins there (lanes.c). */
struct branch {
    struct device *lane; /* it stands in */
    uint64_t first;      /* number of its first entry */
    struct id id;
    char tag[56]; /* base32 of the id; empty for the device's own */
    size_t tag_len;
};

/* A device, and with its fellows in `next` the tree of its log. The device's own lane is one of
 * these; every branch that came later is another one, with a local number of its own, that shares
 * entries 1..fork_seq with its parent and has its own from there on. Which branch is the parent is
 * an accident of what came first: no rule depends on it. Keys, name, link and member are those of
 * the own lane. */
struct device {
    struct team_device pub;
    struct device *of;     /* its own lane; itself for one */
    struct device *parent; /* NULL for an own lane */
    struct device *next;   /* the next lane of the same device, from `of` on */
    uint64_t fork_seq;     /* the last entry shared with the parent */
    int64_t lane_ix;       /* ix of a lane beside the own one, else 0 */
    uint64_t acknowledged; /* see lane_acknowledged() */
    int64_t fork_winner;   /* ix of the branch that holds where it left its parent; 0: none */
    struct branch root;
    struct branch *branches; /* of a forked device, on its own lane: root, then by id */
    size_t branch_count;     /* 0: not forked */
    struct buf name;
    uint8_t sign_pk[32], box_pk[32], root_pk[32];
    bool has_keys;           /* the keys are known (id is a hash over them) */
    bool handed_over;        /* to the authority room */
    bool linked;             /* by an effective LINK */
    struct places links;     /* the LINKs; two colleagues may answer one join file */
    uint64_t linked_lamport; /* of the earliest of them */
    struct id head_id;
    uint64_t head_lamport;
    uint64_t signed_seq; /* entry our newest verified signed head covers */
    uint8_t signature[SIGNATURE_BYTES];
    struct clock clock; /* of its latest entry */
    bool clock_loaded, dirty;
    bool moved;                    /* has entries that are not flushed yet */
    bool unproven;                 /* a new lane, the proof of the fork is not kept yet */
    const struct appointment *via; /* of its latest entry */
    int64_t told;                  /* the latest time its charter entries claim; on the own lane */
    uint64_t prekey_first;         /* window of the first of */
    struct buf prekeys;            /* the X25519 keys it published last on this lane */
    uint64_t prekey_seq;           /* entry that says so */
    char tag[112];                 /* base32 of the id; of a lane: device's tag, dot, branch's */
    size_t tag_len;                /* shortest unique prefix */
};

struct role {
    struct team_role pub;
    struct buf name;
    struct buf row;  /* encoded, as it was defined */
    uint32_t number; /* the authority room's name for it: its index in team.roles */
    bool known;
    uint64_t lamport;     /* of its latest definition: the newest of one name is meant by it */
    struct places places; /* of its DEFROLEs or of the genesis */
};

struct compartment {
    struct team_compartment pub;
    struct buf name;
    uint32_t number; /* its index in team.compartments; 0 control, 1 the one named "team" */
    bool known;
    uint64_t lamport; /* of the COMPARTMENT operation its name is from */
    struct id entry;
    struct places places;
};

/* What the owners decided; see council.c. */
struct council_state {
    struct id id;
    const struct council_state *prev; /* NULL: as founded */
    uint32_t number;                  /* its index in team.council */
    uint64_t kind, quorum;
    struct buf body;        /* encoded, as it was signed */
    struct pointers owners; /* struct member, after this decision */
    struct places places;   /* of the COUNCIL operations that carry it */
};

struct member;
struct appointment {
    struct member *of;
    struct id
        id; /* of the entry with the GRANT, of the genesis entry, or of the owners' decision */
    struct id member;
    struct role *role;
    uint32_t level;
    struct place place;
    uint64_t lamport;
    int64_t number;                    /* the authority room's */
    int64_t row;                       /* the vault's, in log_entry.via */
    const struct council_state *state; /* of an office */
};

struct member {
    struct team_member pub;
    struct buf name;
    uint8_t root_pk[32];
    uint32_t number; /* the authority room's name for it: its index in team.members */
    bool known, verified_loaded;
    const struct appointment *best; /* the one it acts by */
};

/* An operation that takes power away, kept so that it can be named, lifted and pardoned. */
struct power {
    struct id entry;
    uint64_t index, ref, verb;
    uint32_t level;
    struct place place;
    uint64_t lamport;
    const struct appointment *via;
    const struct member *about;
    const struct appointment *target;  /* REVOKE, REPLACE */
    const struct council_state *state; /* of an RM_OWNER */
    int64_t time;
};

/* One row of the ASKs of an epoch: open while asked is beyond answered. */
struct question {
    uint8_t device[SHORT_ID_BYTES];
    struct id under; /* the control epoch it was said in: the device reads that */
    uint32_t count;
    uint64_t asked;    /* number of its entry that said so last */
    uint64_t answered; /* the highest number that the author of a SHARE to it knew */
};
struct epoch {
    struct id id;
    uint8_t compartment[COMPARTMENT_BYTES];
    uint64_t number;
    struct id bind;       /* who made it, with what transport secret [F-14] */
    bool declared;        /* by an EPOCH operation */
    struct places places; /* where; its author alone can have declared it twice */
    struct place place;
    struct buf refs;           /* of its EPOCH operations, for the authority room; 8 bytes each */
    struct secret *key;        /* NULL: not for us */
    int64_t time, since;       /* as its author claims; when the key came here */
    struct buf readers;        /* rows of READER_BYTES, ascending: who was given it; epochs.c */
    struct buf shares;         /* SHAREs of devices that were not given it themselves (yet) */
    struct buf questions;      /* rows of struct question */
    uint32_t failed;           /* SHAREs to this device that wait and do not open */
    struct buf parents;        /* epoch ids */
    struct buf backlinks;      /* rows of struct backlink; fewer than parents: a wall */
    struct pointers followers; /* epochs it is a parent of */
    uint64_t looked, counted;  /* the standing at which clean and complete were found */
    bool clean, complete;
    uint64_t mark, behind, seen, up; /* walks through what it follows: epoch-walk.c */
    struct epoch *next;              /* the walk's list of what is still to be looked at */
};

/* A PARDON or LIFT of it. */
struct undoing {
    const struct power *power;
    uint64_t ref;
};

struct team {
    struct vault *v;
    int64_t key;
    struct id id;
    struct buf name, genesis;
    struct id genesis_entry; /* zero until the first entry is known */
    uint8_t control[COMPARTMENT_BYTES], data[COMPARTMENT_BYTES];
    int64_t generation;
    bool stale;    /* memory may be ahead of the vault */
    bool readonly; /* log_check's shadow: nothing is written */
    bool trusted;  /* loading what was judged before; in tests: a program that does not judge */
    bool admitting;
    struct device *self;
    struct secret *sign_sk, *box_sk;
    struct authority *authority;
    struct pointers roles, members, appointments, epochs;
    struct pointers compartments, council, powers, undoings;
    struct pointers devices;       /* own lanes, ascending by ix */
    struct pointers devices_by_id; /* the same, ascending by id */
    struct pointers lanes;         /* every lane, ascending by ix */
    struct pointers device_pool;   /* every device object ever made */
    struct pointers shown_members, former_members, shown_devices, shown_roles, shown_compartments;
    struct buf refs;             /* of all operations the authority room was given, 8 bytes each */
    struct buf appointment_rows; /* number, appointment, member: as in the vault */
    struct log_sink sink;        /* who is told when data counts differently */
    struct pointers tells;       /* of what, see effects.c */
    bool refresh_due;            /* the charter changed since members_refresh() */
    bool new_keys;               /* an epoch key came during this admission */
    uint64_t standing;  /* counts changes of what standing.c and the epochs' recipients answer */
    int64_t heard;      /* latest time of what was taken in this session */
    uint64_t healed;    /* what was known when shares_heal() found nothing left to give */
    uint64_t walks;     /* the last mark a walk through the epochs used */
    struct buf reached; /* rows of chain-ops.c: who holds this device's chain of which epoch */
    bool chains_ready;  /* every sender's tags are looked ahead */
    uint64_t ahead;     /* how far, since then */
    /* the open entry */
    uint64_t open_count, open_bytes, open_lamport;
    int64_t open_time;
    bool open_pinned;
    const struct appointment *open_via; /* NULL while nothing is open */
    uint8_t open_compartment[COMPARTMENT_BYTES];
    struct pointers evidence; /* struct fork_proof, written once the refused session is undone */
    const struct system *system;
};

/* found.c, open.c */
enum status team_alloc(struct ctx *cx, struct vault *v, struct team **ret) MUST_USE;
enum status team_open_key(struct ctx *cx, struct vault *v, int64_t key, struct team **ret) MUST_USE;
enum status team_load(struct ctx *cx, struct team *t) MUST_USE;
/* One row [tag, access] as a role row wants it. */
enum status access_rows(struct ctx *cx, const uint8_t tag[static COMPARTMENT_BYTES],
                        uint64_t access, struct buf *out) MUST_USE;
/* Loads again when the vault holds another generation than memory. */
enum status team_sync(struct ctx *cx, struct team *t) MUST_USE;
/* A new generation, written. */
enum status team_touch(struct ctx *cx, struct team *t) MUST_USE;
void team_reset(struct team *t); /* forgets what was loaded; objects stay */
/* Identity, compartments and built-in roles from the genesis operation. */
enum status team_take_genesis(struct ctx *cx, struct team *t, bytes genesis) MUST_USE;
/* A row of the team table; fills t->key. */
enum status team_row_insert(struct ctx *cx, struct team *t, bytes invite_hash) MUST_USE;
/* This device: its row, its secret keys, t->self. */
enum status team_self_insert(struct ctx *cx, struct team *t, const struct device_keys *keys,
                             const uint8_t root_pk[static 32], text device_name) MUST_USE;
enum status team_set_genesis_entry(struct ctx *cx, struct team *t, const struct id *id) MUST_USE;
const struct key *secret_key(const struct secret *s); /* of 32 bytes */

/* members.c, devices.c */
struct device *device_by_id(const struct team *t, const struct id *id); /* its own lane */
struct device *device_by_ix(const struct team *t, int64_t ix);          /* any lane */
struct device *device_by_short(const struct team *t, bytes short_id);
/* The row for this id, made (and stored) when there is none. keys: 96 bytes sign|box|root or empty.
 */
enum status device_make(struct ctx *cx, struct team *t, const struct id *id, bytes keys, text name,
                        struct device **ret) MUST_USE;
enum status device_add(struct ctx *cx, struct team *t, int64_t ix, const struct id *id,
                       struct device **ret) MUST_USE; /* memory only */
void device_set_keys(struct device *d, bytes keys);
enum status device_set_name(struct ctx *cx, struct device *d, text name) MUST_USE;
enum status device_store(struct ctx *cx, struct team *t, struct device *d) MUST_USE;
enum status devices_load(struct ctx *cx, struct team *t) MUST_USE;
struct member *member_by_id(const struct team *t, const struct id *id);
enum status member_make(struct ctx *cx, struct team *t, const uint8_t root_pk[static 32], text name,
                        struct member **ret) MUST_USE;
struct role *role_by_id(const struct team *t, const struct id *id);
enum status role_by_name(struct ctx *cx, const struct team *t, text name,
                         struct role **ret) MUST_USE;
enum status role_make(struct ctx *cx, struct team *t, bytes encoded, struct place place,
                      uint64_t lamport, struct role **ret) MUST_USE;
const struct team_role *role_in_force(const struct team *t, const struct appointment *a);
struct appointment *appointment_by_row(const struct team *t, int64_t row);
/* Mine in force with the highest rank whose role has these rights; NULL: none. */
const struct appointment *my_appointment(const struct team *t, uint32_t rights);
enum status not_permitted(struct ctx *cx, const struct team *t) MUST_USE;
bool power_in_force(const struct team *t, const struct power *p);
/* By its number in team_decisions_each(). */
enum status power_by_number(struct ctx *cx, const struct team *t, uint64_t number,
                            const struct power **ret) MUST_USE;
enum status name_check(struct ctx *cx, text name, const char *what) MUST_USE;
/* Of a forked device the branch that counts, else the device itself; the first number of a lane. */
enum status not_a_member(struct ctx *cx, const struct team *t) MUST_USE;
bool appointment_in_force(const struct team *t, const struct appointment *a);
bool role_lists(const struct role *r, const uint8_t tag[static COMPARTMENT_BYTES], uint64_t access);
bool role_has_power(const struct role *r); /* may appoint, remove or suspend */
struct appointment *appointment_by_id(const struct team *t, const struct id *id,
                                      const struct id *member);
/* The appointment a device names as `via`, remembered from entry to entry. */
const struct appointment *appointment_of(const struct team *t, struct device *d,
                                         const struct id *via);
enum status appointment_make(struct ctx *cx, struct team *t, const struct appointment *a) MUST_USE;
/* Sorts what is shown, chooses each member's appointment, makes tags. After every change. */
enum status members_refresh(struct ctx *cx, struct team *t) MUST_USE;
enum status devices_refresh(struct ctx *cx, struct team *t) MUST_USE;
/* "Ben's 'laptop'" for messages, or the id's short form. */
enum status device_words(struct ctx *cx, const struct team *t, const struct id *id,
                         struct buf *out) MUST_USE;
size_t member_device_count(const struct team *t, const struct id *member);

/* roles.c */
enum status roles_refresh(struct ctx *cx, struct team *t) MUST_USE;
bool role_allows(const struct role *r, const uint8_t compartment[static COMPARTMENT_BYTES],
                 enum team_verb verb, text type, text field);
enum status compartments_found(struct ctx *cx, struct team *t) MUST_USE;
enum status compartments_refresh(struct ctx *cx, struct team *t) MUST_USE;
void compartments_free(struct team *t);
/* The local number of an appointment, for log_entry.via. */
enum status appointment_row(struct ctx *cx, struct team *t, struct appointment *a) MUST_USE;
enum status appointment_rows_load(struct ctx *cx, struct team *t) MUST_USE;
/* The device's lanes, given to the authority room once its member is known. */
enum status device_hand_over(struct ctx *cx, struct team *t, struct device *d,
                             const struct member *m) MUST_USE;

/* effects.c: what authority means for data */
/* Resolves, and changes what counts where the answer changed (unless loading or checking). */
enum status effects_resolve(struct ctx *cx, struct team *t) MUST_USE;
bool effects_counts(const struct team *t, const struct appointment *a, int64_t ix, uint64_t seq);
enum status effects_tell_later(struct ctx *cx, struct team *t, int64_t ix, uint64_t from,
                               uint64_t to) MUST_USE;
/* Tells the room above of everything that counts differently since the last time. */
enum status effects_tell(struct ctx *cx, struct team *t) MUST_USE;
void effects_forget(struct team *t);
enum status info_roles(struct ctx *cx, const struct team *t, const struct appointment *via,
                       struct authority_point at, struct entry_info *ret) MUST_USE;
/* The operation behind a reference, as people say it; 0: two histories. */
enum status power_words(struct ctx *cx, const struct team *t, uint64_t ref,
                        struct buf *out) MUST_USE;

/* clock.c */
void clock_finish(struct clock *c);
uint64_t clock_seq(const struct clock *c, const struct id *device); /* 0 = unknown */
/* In the device's own lane. */
enum status clock_set(struct ctx *cx, struct clock *c, const struct id *device, uint64_t seq,
                      const struct id *id) MUST_USE;
enum status clock_copy(struct ctx *cx, struct clock *to, const struct clock *from) MUST_USE;
enum status clock_load(struct ctx *cx, struct team *t, struct device *d) MUST_USE;
enum status clock_store(struct ctx *cx, struct team *t, struct device *d) MUST_USE;
/* True when the entry at `place` is among what the clock knows. */
bool clock_knows(const struct team *t, const struct clock *c, struct place place);
enum status places_add(struct ctx *cx, struct places *l, struct place place) MUST_USE;
/* One of them is in the past; a past of NULL holds everything. */
bool places_known(const struct team *t, const struct clock *past, const struct places *l);
/* One of them is, or will be, in the past of what this device says next. */
bool places_followed(const struct team *t, const struct places *l);
bool device_linked_in(const struct team *t, const struct clock *past, const struct device *d);

#include "charter-ops.h"

/* ---- judging: charter.c, log-judge.c ---- */

enum { REASON_MAX = 200 };

/* One authority operation and who says it from where. */
struct authored {
    struct device *author;
    struct id entry;
    struct place place;
    uint64_t lamport;
    const struct appointment *via; /* NULL only in the genesis entry */
    const struct clock *past;      /* includes the entry itself; NULL when trusted */
    const struct epoch *under;     /* whose key the entry stands under */
    int64_t entry_time, time;      /* claimed: of the entry's first operation, of this one */
    size_t index;
    bool granted;            /* the entry had a GRANT before */
    bool handed_over;        /* the authority room knows the operation */
    char reason[REASON_MAX]; /* why it has no effect; empty = it has */
    struct buf fact;         /* what it learned of the past: places; given when trusted */
    struct buf seen;         /* and operations, 8 bytes each */
};
enum { FACT_MAX = 64 * 1024 }; /* bytes: DEVICES_MAX lanes, four branches each, 16 a lane */
void authored_init(struct authored *a);
void authored_finish(struct authored *a);
enum status fact_store(struct ctx *cx, struct team *t, const struct authored *a) MUST_USE;
enum status fact_same(struct ctx *cx, struct team *t, const struct authored *a, bool *ret) MUST_USE;
/* Judges and applies. A refusal is STATUS_OK with a reason. */
enum status charter_apply(struct ctx *cx, struct team *t, struct authored *a, bytes op) MUST_USE;
void charter_refuse(struct authored *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* charter-power.c: what moves power */
enum status power_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct charter_op *op) MUST_USE;
enum status charter_judge_points(struct ctx *cx, struct team *t, struct authored *a,
                                 bytes points) MUST_USE;
const struct power *charter_judge_said(const struct team *t, struct authored *a,
                                       const struct said *said, bool lift);
enum status charter_power_note(struct ctx *cx, struct team *t, const struct authored *a,
                               const struct member *about,
                               const struct council_state *state) MUST_USE;
/* Gives the operation to the authority room, with its place and its fact. */
enum status charter_hand_over(struct ctx *cx, struct team *t, struct authored *a,
                              struct authority_op *op, int64_t *ret_first) MUST_USE;
enum status grant_fact(struct ctx *cx, struct team *t, struct authored *a,
                       const struct id *member) MUST_USE;
enum status charter_undoing_note(struct ctx *cx, struct team *t, const struct authored *a,
                                 const struct power *p) MUST_USE;
struct power *power_by_name(const struct team *t, const struct id *entry, uint64_t index);
/* The entry `p` names is held; *ret: its lane and number. */
enum status held_point(struct ctx *cx, struct team *t, const struct point_row *p,
                       struct authority_point *ret, bool *ret_there) MUST_USE;
/* Every entry named by a cut or a pin in this body is held [AUTH-40]; else the entry waits. */
enum status charter_points_held(struct ctx *cx, struct team *t, bytes plain, bool *ret) MUST_USE;
bool appointment_known(const struct team *t, const struct clock *past, const struct appointment *a);
enum { UNLINK_BYTES = 32 + 8 + 32 }; /* device, seq, entry: what the root key signs */
void unlink_body(const struct point_row *p, uint8_t ret[static UNLINK_BYTES]);
void point_put(struct wire_writer *w, const struct point_row *p);
/* cuts.c: what counts of a lane now and claims to be no newer than until; the same as rows for all
 * devices of a member, or of everybody whose place hangs on an appointment. */
enum status cut_of_lane(struct ctx *cx, struct team *t, const struct device *d, int64_t until,
                        struct point_row *ret) MUST_USE;
enum status cut_of_member(struct ctx *cx, struct team *t, const struct id *member, int64_t until,
                          struct buf *out) MUST_USE;
enum status cut_of_line(struct ctx *cx, struct team *t, const struct appointment *line,
                        int64_t until, struct buf *out) MUST_USE;
/* council.c */
enum status council_found(struct ctx *cx, struct team *t, const struct authored *a,
                          const struct genesis *g, struct role *office_role) MUST_USE;
enum status council_apply(struct ctx *cx, struct team *t, struct authored *a,
                          const struct council *c) MUST_USE;
struct council_state *council_by_id(const struct team *t, const struct id *id);
/* council-paper.c: a decision in one sentence */
enum status council_words(struct ctx *cx, const struct team *t, const struct council_body *b,
                          struct buf *out) MUST_USE;
/* council-signed.c: keeps that it was signed here. STATUS_CONFLICT: another one was, at its place.
 */
enum status signed_keep(struct ctx *cx, struct team *t, const struct id *prev, const struct id *id,
                        bytes body) MUST_USE;
void council_id(const struct team *t, const struct id *prev, bytes body, struct id *ret);
void council_free_all(struct team *t);
/* compartments.c */
enum status compartment_make(struct ctx *cx, struct team *t,
                             const uint8_t tag[static COMPARTMENT_BYTES],
                             struct compartment **ret) MUST_USE;
enum status compartment_name(struct ctx *cx, struct compartment *c, const struct authored *a,
                             text name) MUST_USE;
struct compartment *compartment_by_tag(const struct team *t,
                                       const uint8_t tag[static COMPARTMENT_BYTES]);
/* Applies the operations of every control entry held, in order. */
enum status charter_load(struct ctx *cx, struct team *t) MUST_USE;

enum reception { OUTCOME_NEW, OUTCOME_KNOWN, OUTCOME_PENDING };
struct judged {
    struct entry_header h;
    bytes header, body;
    struct id id;
    struct device *device; /* the lane it stands in, or leaves */
    bool branch;           /* it opens a new lane, after the entry before it */
    bool lacks_point;      /* it waits for an entry that it cuts or pins */
    const struct appointment *via;
    struct epoch *epoch;
    struct clock past; /* what the author knew, this entry included */
    bool genesis;
    enum entry_state state;
    bool counts;         /* of data: authority gives it effect */
    uint64_t operations; /* in the body, when it opened */
    int64_t time;        /* as it claims */
    struct buf plain;
    struct buf refused; /* rows: i32 operation, u16 length, reason */
    uint64_t refused_count;
};
void judged_init(struct judged *j);
void judged_finish(struct judged *j);
/* Canonical form, hash of the body, name. */
enum status judge_form(struct ctx *cx, struct team *t, bytes header, bytes body,
                       struct judged *j) MUST_USE;
/* Everything that must hold for the entry to be a link of its chain [A2, A4, A5, A10]. */
enum status judge_header(struct ctx *cx, struct team *t, struct judged *j,
                         enum reception *ret) MUST_USE;
/* Takes the place in memory: head and clock of the device. */
enum status judge_accept(struct ctx *cx, struct team *t, struct judged *j) MUST_USE;
/* Opens and weighs the body; control operations are applied to the charter. */
enum status judge_body(struct ctx *cx, struct team *t, struct judged *j) MUST_USE;
enum status judge_refusal(struct ctx *cx, struct judged *j, int64_t op,
                          const char *reason) MUST_USE;
bool judge_refused(const struct judged *j, size_t *pos, int64_t *ret_op, text *ret_reason);
enum status judge_store(struct ctx *cx, struct team *t, const struct judged *j) MUST_USE;
enum status judge_store_refusals(struct ctx *cx, struct team *t, const struct judged *j) MUST_USE;
enum status judge_info(struct ctx *cx, const struct team *t, const struct judged *j,
                       struct entry_info *ret) MUST_USE;

/* ---- the log: log-store.c ---- */

struct log_item {
    uint64_t lamport;
    int64_t key;
    const struct id *device;
    const struct id *branch; /* NULL: of a device that never forked */
};
struct log_order {
    struct log_item *items;
    size_t count, cap;
};
enum log_pick { PICK_ALL, PICK_CONTROL, PICK_SEALED, PICK_VOID };
/* Entries in (lamport, device id) order; between the branches of one device by the branch's id. */
enum status log_order_load(struct ctx *cx, struct team *t, enum log_pick pick,
                           struct log_order *ret) MUST_USE;
enum status log_order_add(struct ctx *cx, struct log_order *o,
                          const struct log_item *item) MUST_USE;
void log_order_sort(struct log_order *o);
void log_order_finish(struct log_order *o);
struct log_row {
    struct buf header, body;
    struct id id;
    uint64_t lamport;
    enum entry_state state;
    bool control;
    bool counts;
    int64_t team;
};
void log_row_init(struct log_row *r);
void log_row_finish(struct log_row *r);
enum status log_row_load(struct ctx *cx, struct team *t, int64_t key, struct log_row *r) MUST_USE;
/* The header alone, and the entry's id. */
enum status log_header_load(struct ctx *cx, struct team *t, int64_t key, struct buf *header,
                            struct id *ret_id) MUST_USE;
/* Id and lamport of one entry of this lane's chain; STATUS_INTEGRITY when it is not there. */
enum status log_name(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                     struct id *ret_id, uint64_t *ret_lamport) MUST_USE;
/* STATUS_INTEGRITY about one stored entry. */
enum status log_damage(struct ctx *cx, int64_t key, const char *what) MUST_USE;
/* Refusing what was accepted before is damage, whatever the fault calls itself. */
enum status log_as_damage(struct ctx *cx, int64_t key, enum status status) MUST_USE;
enum status log_flush(struct ctx *cx, struct team *t) MUST_USE; /* dirty devices, generation */

/* ---- writing: log-append.c ---- */

/* Control operations of this device, in their own entry, sealed and applied at once. */
/* The same under an older epoch; it has to be loaded still: nothing of it is loaded again between.
 */
enum status log_control_under(struct ctx *cx, struct team *t, struct epoch *under, const bytes *ops,
                              size_t count) MUST_USE;
/* The same for an EPOCH: under an appointment of mine that writes the compartment. */
enum status log_control_minting(struct ctx *cx, struct team *t, struct epoch *under,
                                const uint8_t compartment[static COMPARTMENT_BYTES],
                                const bytes *ops, size_t count) MUST_USE;
/* The same under an appointment of mine whose role has these rights (the highest such). */
enum status log_control_with(struct ctx *cx, struct team *t, uint32_t rights, const bytes *ops,
                             size_t count) MUST_USE;
/* The same under this appointment of mine. */
enum status log_control_by(struct ctx *cx, struct team *t, const struct appointment *via,
                           const bytes *ops, size_t count) MUST_USE;
enum status log_control(struct ctx *cx, struct team *t, const bytes *ops, size_t count) MUST_USE;
/* The body of the open entry, as it would be sealed now. */
enum status log_open_body(struct ctx *cx, struct team *t, struct buf *plain) MUST_USE;
/* Of the entry the next append stands in. */
enum status log_open_info(struct ctx *cx, struct team *t, struct entry_info *ret) MUST_USE;
enum status log_open_load(struct ctx *cx, struct team *t) MUST_USE;

#include "team-keys.h"

/* ---- joining: payload.c ---- */

/* What an invite holds (SPEC [F-72] payload). Lists are encoded arrays, checked by the parser. */
struct payload {
    text team_name, inviter_name, role_name;
    bytes genesis;
    struct id genesis_entry;
    bytes epochs;  /* rows [compartment, number, id, bind, key] */
    bytes devices; /* rows [keys (96), name] */
    bytes chains;  /* rows [device, epoch, next, key] */
    struct id chain_epoch;
    struct key chain_seed, pair_part;
    uint64_t pair_window; /* of the inviter's clock */
    bytes content;
};
enum status payload_write(struct ctx *cx, const struct payload *p, struct buf *out) MUST_USE;
enum status payload_parse(struct ctx *cx, bytes in, struct payload *ret) MUST_USE;
struct payload_epoch {
    uint8_t compartment[COMPARTMENT_BYTES];
    uint64_t number;
    struct id id, bind;
    struct key key;
};
void payload_put_epoch(struct wire_writer *w, const struct payload_epoch *e);
bool payload_next_epoch(struct rows *l, struct payload_epoch *ret);
struct payload_device {
    uint8_t keys[96];
    text name;
};
void payload_put_device(struct wire_writer *w, const struct payload_device *d);
bool payload_next_device(struct rows *l, struct payload_device *ret);
struct payload_chain {
    struct id device, epoch;
    struct chain chain;
};
void payload_put_chain(struct wire_writer *w, const struct payload_chain *c);
bool payload_next_chain(struct rows *l, struct payload_chain *ret);
void pair_secret_make(const struct key *join_secret, const struct key *part, struct key *ret);

#endif
