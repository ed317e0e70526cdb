/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team: the door. Who may read and write, and the log that proves it: the charter (authority
 * operations in the control compartment), members, devices, roles, compartments and their epoch
 * keys, the hash-chained entries of every device, the piece chains. One vault may hold several
 * teams; nothing links them. Structures and rules: docs/authority.md.
 */
#ifndef TEAM_H
#define TEAM_H

#include "base.h"
#include "keys.h"
#include "sealed.h"
#include "vault.h"

struct team; /* opened: charter in memory; borrows the vault, which must outlive it */

/* ---- founding, opening, listing ---- */

/* Makes team, founder member (owner, role admin, level 0 office), first device, compartments
 * "control" and "team", first epochs, built-in roles admin, editor, reader. The root seed is for
 * the recovery sheet and is stored nowhere. Runs in one transaction. */
enum status team_found(struct ctx *cx, struct vault *v, text name, text member_name,
                       text device_name, struct secret **ret_root_seed, struct team **ret) MUST_USE;
/* By name or unique prefix of name; empty = the only team (STATUS_AMBIGUOUS lists them). */
enum status team_open(struct ctx *cx, struct vault *v, text name, struct team **ret) MUST_USE;
void team_close(struct team **t);
/* Names of the vault's teams, in order. */
enum status team_list(struct ctx *cx, struct vault *v,
                      enum status (*visit)(void *self, struct ctx *cx, text name, int64_t key),
                      void *self) MUST_USE;

/* After a transaction in which this team changed was rolled back (a preview, a refused session):
 * brings memory back to what the vault holds. Every call here that can fail does it by itself;
 * the look-ups that cannot fail need it. Members, devices and roles keep their addresses. */
enum status team_refresh(struct ctx *cx, struct team *t) MUST_USE;

struct vault *team_vault(struct team *t);
int64_t team_key(const struct team *t); /* small local number, names the team's tables */
text team_name(const struct team *t);
const struct id *team_identity(const struct team *t);

/* ---- people ---- */

enum team_verb { VERB_CREATE = 1, VERB_SET = 2, VERB_MOVE = 4, VERB_LOG = 8, VERB_DELETE = 16 };

/* What a role lets its holder do with people; one bit each [AUTH-41]. */
enum team_right {
    TEAM_APPOINT = 1,
    TEAM_REMOVE = 2,
    TEAM_SUSPEND = 4,
    TEAM_ORGANIZATION = 8, /* its holder stands for another organization */
};
struct team_role {
    text name;
    struct id id;
    uint32_t verbs;  /* bit set of team_verb on record types it does not name */
    uint32_t rights; /* bit set of team_right */
    uint32_t max;    /* people one holder may let in; 0 = any number */
    bool may_grant;  /* TEAM_APPOINT */
    bool reads_team; /* reads the compartment "team" */
};
/* The newest role of each name. */
size_t team_role_count(const struct team *t);
const struct team_role *team_role_at(const struct team *t, size_t i);

struct team_member {
    struct id id;
    text name;
    const struct team_role *role; /* of the appointment it is shown by */
    bool organization;            /* stands for another organization */
    uint32_t level;               /* of that appointment; 0 for owners */
    struct id appointment;
    bool self;
    bool verified;  /* words were compared */
    bool suspended; /* nothing new of it counts until somebody lifts it */
};
struct team_device {
    int64_t ix; /* local number, 1..; part of record ids */
    struct id id;
    struct id member;
    text name;
    bool self;
    uint64_t head_seq; /* what we hold of it */
    bool in_use;       /* not cut off or given up; of two histories the one that holds */
};
size_t team_member_count(const struct team *t);
const struct team_member *team_member_at(const struct team *t, size_t i);
const struct team_member *team_member_by_id(const struct team *t,
                                            const struct id *id); /* or NULL */
/* By name, unique prefix of name (any case), or "me". NOT_FOUND / AMBIGUOUS with the choices. */
enum status team_member_find(struct ctx *cx, const struct team *t, text name,
                             const struct team_member **ret) MUST_USE;
/* People who had a place once and have none now, by name; role is NULL. */
size_t team_former_count(const struct team *t);
const struct team_member *team_former_at(const struct team *t, size_t i);
/* Of anybody who ever had a place, or "?". */
text team_member_name(const struct team *t, const struct id *id);
const struct team_member *team_me(const struct team *t); /* NULL before the first admission */
size_t team_device_count(const struct team *t);
const struct team_device *team_device_at(const struct team *t, size_t i);
const struct team_device *team_device_by_ix(const struct team *t, int64_t ix); /* or NULL */
const struct team_device *team_device_by_id(const struct team *t, const struct id *id);
const struct team_device *team_device_by_short(const struct team *t,
                                               const uint8_t short_id[static 8]);
const struct team_device *team_this_device(const struct team *t);
/* A forked device has a number for each branch of its log held here. The device's own number names
 * what it wrote wherever several branches hold an entry; at most one of them counts. lane 0 is the
 * own number, further ones follow; 0 when there are no more. Look-ups by id and lists of devices
 * give the own one. */
int64_t team_device_home(const struct team *t, int64_t ix);
int64_t team_device_lane(const struct team *t, int64_t home, size_t lane);
/* Some history of the machine holds. d: its own lane. */
bool team_device_used(const struct team *t, const struct team_device *d);
/* Cut off or given up, not only copied: nothing is for it any more. */
bool team_device_given_up(const struct team *t, const struct team_device *d);
/* Shortest unique base32 prefix of a device's id, at least 2 characters: "k7"; of a further branch
 * also letters of the branch's id: "k7.b". Valid until change. */
text team_device_tag(const struct team *t, int64_t ix);
int64_t team_device_by_tag(const struct team *t, text tag); /* ix, 0 = none, -1 = ambiguous */

/* By id, roles nobody has any more included; NULL when it was never defined here. Lives as long as
 * the team is open. */
const struct team_role *team_role_by_id(const struct team *t, const struct id *id);

/* ---- compartments: what a record is readable in ---- */

struct team_compartment {
    uint8_t tag[COMPARTMENT_BYTES];
    text name;
    bool reads, writes; /* this device's member now */
    bool control;       /* the charter's own; no records */
};
/* The charter's and "team" are of every team. */
size_t team_compartment_count(const struct team *t);
const struct team_compartment *team_compartment_at(const struct team *t, size_t i);
const struct team_compartment *
team_compartment_by_tag(const struct team *t,
                        const uint8_t tag[static COMPARTMENT_BYTES]); /* or NULL */
/* By name. NOT_FOUND says which there are. */
enum status team_compartment_find(struct ctx *cx, const struct team *t, text name,
                                  const struct team_compartment **ret) MUST_USE;

/* ---- joining ---- */

/* Newcomer, step 1: keys of a new device (and, unless own_device, a new member with a root key,
 * returned for the sheet). Kept in the vault until the invite comes. */
enum status team_join_start(struct ctx *cx, struct vault *v, text member_name, text device_name,
                            bool own_device, struct buf *ret_join_file,
                            struct secret **ret_root_seed /* NULL for own_device */) MUST_USE;
/* A member who comes back on a new machine, with the root seed of their sheet: always new device
 * keys, so that two machines never write one chain. The root vouches for them in the file. */
enum status team_join_again(struct ctx *cx, struct vault *v, text member_name, text device_name,
                            const struct secret *root_seed, struct buf *ret_join_file) MUST_USE;
struct join_info {
    struct buf member_name, device_name; /* owned; join_info_finish() */
    struct id member;                    /* of the root in the file; zero for own_device */
    bool own_device;
    uint8_t print[16]; /* words both sides compare before the invite */
};
enum status team_join_inspect(struct ctx *cx, bytes join_file, struct join_info *ret) MUST_USE;
void join_info_finish(struct join_info *i);
/* Colleague: grants `role` to the newcomer, links the device, shares the epoch keys and chains, and
 * makes the sealed welcome with all entries (when they fit INVITE_MAX; otherwise the next stick
 * brings them). STATUS_DENIED when my role may not grant. print: words to compare after. */
enum status team_invite(struct ctx *cx, struct team *t, bytes join_file, text role,
                        struct buf *ret_invite, uint8_t ret_print[static 16]) MUST_USE;
/* The same; what was written before today stays closed to the newcomer, as far as it is not
 * charter. It is passed through him sealed. Needs write access to every compartment his role reads.
 */
enum status team_invite_without_history(struct ctx *cx, struct team *t, bytes join_file, text role,
                                        struct buf *ret_invite,
                                        uint8_t ret_print[static 16]) MUST_USE;
/* A further device of mine: needs the root key from my recovery sheet. */
enum status team_device_add(struct ctx *cx, struct team *t, bytes join_file,
                            const struct secret *root_seed, struct buf *ret_invite,
                            uint8_t ret_print[static 16]) MUST_USE;
/* Colleague whose role may link devices: the answer to team_join_again(). Appoints nobody; the
 * machine gets the role its member has. STATUS_NOT_FOUND when no member has this root. */
enum status team_invite_back(struct ctx *cx, struct team *t, bytes join_file,
                             struct buf *ret_invite, uint8_t ret_print[static 16]) MUST_USE;
struct invite_info {
    struct buf team_name, inviter_name, role_name; /* as the inviter's program says */
    struct id inviter;                             /* the device that signed it */
    uint8_t print[16];
};
/* Newcomer, step 2: opens with the kept keys, changes nothing. */
enum status team_invite_inspect(struct ctx *cx, struct vault *v, bytes invite_file,
                                struct invite_info *ret) MUST_USE;
void invite_info_finish(struct invite_info *i);
/* Newcomer, step 3: makes the team here. *ret_content is the content stream to admit at once with
 * admission_* (the caller opens records first). STATUS_DUPLICATE when already joined. */
enum status team_join_finish(struct ctx *cx, struct vault *v, bytes invite_file, struct team **ret,
                             struct buf *ret_content) MUST_USE;

/* ---- power over people ----
 *
 * Each call writes one charter entry, in a transaction of its own, or nothing: STATUS_DENIED says
 * which right is missing or who stands too high. What it changes in data is told to the sink
 * (team_set_sink). until: of what the person said before, what claims to be no newer than this
 * Unix second keeps its effect; 0 = everything held now. */

enum status team_remove(struct ctx *cx, struct team *t, const struct id *member,
                        int64_t until) MUST_USE;
/* Takes one role of the member away; cascade: also from everybody who got a role through it. Who
 * may remove does, of those below; who gave the role, or let in who gave it, does too. */
enum status team_revoke(struct ctx *cx, struct team *t, const struct id *member, text role,
                        int64_t until, bool cascade) MUST_USE;
/* A further role for somebody who is in. */
enum status team_give(struct ctx *cx, struct team *t, const struct id *member, text role) MUST_USE;
/* Another role in place of one: what was said until now stays judged by the old one. */
enum status team_replace(struct ctx *cx, struct team *t, const struct id *member, text role,
                         text by) MUST_USE;
/* Stops an equal (or lower) at once, until somebody senior lifts it. */
enum status team_suspend(struct ctx *cx, struct team *t, const struct id *member) MUST_USE;
enum status team_lift(struct ctx *cx, struct team *t, const struct id *member) MUST_USE;
/* A lost or seized machine of somebody below me. */
enum status team_device_cut(struct ctx *cx, struct team *t, int64_t device_ix,
                            int64_t until) MUST_USE;
/* A machine of mine, with the root key from my sheet. */
enum status team_device_unlink(struct ctx *cx, struct team *t, int64_t device_ix, int64_t until,
                               const struct secret *root_seed) MUST_USE;
/* Says which of two histories of a device is meant: the one this lane leads to. */
enum status team_pin(struct ctx *cx, struct team *t, int64_t device_ix) MUST_USE;
/* Brings back people whose appointment fell with the one who made it. */
enum status team_reattach(struct ctx *cx, struct team *t, const struct id *member) MUST_USE;

/* What was decided about people and can be taken back, newest first. */
struct team_decision {
    uint64_t number; /* of the list, 1..; for team_pardon() */
    text what;       /* "was removed", "lost the role", ... */
    text about, by;  /* names; by is empty for the owners together and for a root key's own word */
    int64_t time;    /* claimed */
    bool in_force;   /* has effect and was not taken back */
    bool mine;       /* said by this device's member */
};
enum status team_decisions_each(struct ctx *cx, struct team *t,
                                enum status (*visit)(void *self, struct ctx *cx,
                                                     const struct team_decision *d),
                                void *self) MUST_USE;
enum status team_pardon(struct ctx *cx, struct team *t, uint64_t number) MUST_USE;

/* ---- roles and compartments, made ---- */

struct role_spec {
    text name;
    uint32_t rights; /* team_right */
    uint32_t verbs;  /* team_verb, on record types not named in `types` */
    uint32_t max;
    const text *grants; /* names of roles it may appoint to; none: any below its holder */
    size_t grants_count;
    struct role_access {
        text compartment;
        bool writes;
    } * access;
    size_t access_count;
    struct role_type {
        text type;
        const text *fields; /* none: all */
        size_t fields_count;
        uint32_t verbs;
    } * types;
    size_t types_count;
};
/* Defines it; one of this name that exists is superseded, people who hold that keep it. */
enum status team_role_define(struct ctx *cx, struct team *t, const struct role_spec *spec) MUST_USE;
/* Reads a role back; lists are valid until role_spec_finish(). */
enum status team_role_spec(struct ctx *cx, const struct team *t, text name,
                           struct role_spec *ret) MUST_USE;
/* The same of a role somebody holds, superseded or not. */
enum status team_role_spec_of(struct ctx *cx, const struct team *t, const struct team_role *role,
                              struct role_spec *ret) MUST_USE;
void role_spec_finish(struct role_spec *s);
enum status team_compartment_new(struct ctx *cx, struct team *t, text name) MUST_USE;

/* ---- the owners together ----
 *
 * A proposal is a small file; owners add their signature with their sheet; once enough have signed,
 * anybody puts it into the charter. */

enum proposal_kind {
    PROPOSE_ADD_OWNER = 1,
    PROPOSE_REMOVE_OWNER = 2,
    PROPOSE_PARDON = 3,
    PROPOSE_LIFT = 4,
    PROPOSE_PIN = 5,
    PROPOSE_SEAL = 6,
    PROPOSE_SETTLE = 7,
};
struct proposal {
    enum proposal_kind kind;
    struct id member;  /* ADD, REMOVE, LIFT: whom */
    uint64_t quorum;   /* ADD, REMOVE: afterwards; 0 = the smallest majority */
    uint64_t decision; /* PARDON: number of team_decisions_each() */
    int64_t until;     /* REMOVE: as for team_remove() */
    int64_t device_ix; /* PIN: lane */
    uint64_t choice;   /* SETTLE: number of the decision that holds, of council_choices_each() */
};
enum status council_propose(struct ctx *cx, struct team *t, const struct proposal *p,
                            struct buf *ret_file) MUST_USE;
struct proposal_info {
    struct buf what; /* in words, owned */
    size_t signatures, needed;
    bool known; /* stands in the charter already */
    bool signed_by_me;
};
enum status council_inspect(struct ctx *cx, struct team *t, bytes file,
                            struct proposal_info *ret) MUST_USE;
void proposal_info_finish(struct proposal_info *i);
/* Adds the signature of the root key; refuses a second, different word at one point of the chain
 * (STATUS_CONFLICT): nobody could tell later which was meant. */
enum status council_sign(struct ctx *cx, struct team *t, bytes file, const struct secret *root_seed,
                         struct buf *ret_file) MUST_USE;
/* Enough signatures: the decision enters the charter in an entry of this device. */
enum status council_submit(struct ctx *cx, struct team *t, bytes file) MUST_USE;
struct council_info {
    size_t owners, quorum;
    bool frozen;
};
void team_council(const struct team *t, struct council_info *ret);
bool team_owner(const struct team *t, const struct id *member);
/* Decisions that follow the same one and exclude each other. */
enum status council_choices_each(struct ctx *cx, struct team *t,
                                 enum status (*visit)(void *self, struct ctx *cx, uint64_t number,
                                                      text what),
                                 void *self) MUST_USE;

/* Signed with a sheet on this device, not in the charter, and it still can come into it: nothing
 * else was decided at its place. */
enum status council_signed_each(struct ctx *cx, struct team *t,
                                enum status (*visit)(void *self, struct ctx *cx, text what),
                                void *self) MUST_USE;

/* ---- who may, and why ---- */

/* May this member read the compartment, do this to the type; *why: by which role from whom. */
bool team_may_read(const struct team *t, const struct id *member,
                   const uint8_t tag[static COMPARTMENT_BYTES]);
enum status team_explain(struct ctx *cx, const struct team *t, const struct id *member,
                         enum status (*visit)(void *self, struct ctx *cx,
                                              const struct team_role *role, text by, bool in_force,
                                              text why),
                         void *self) MUST_USE;

/* How long a window's secrets outlive its 28 days, for colleagues who come late: 8 weeks at first.
 * Shorter is safer against who seizes this device; what comes later has to be asked for again. */
enum status team_set_grace(struct ctx *cx, struct team *t, int64_t seconds) MUST_USE;
enum status team_grace(struct ctx *cx, struct team *t, int64_t *ret_seconds) MUST_USE;
/* Does traffic recorded today stay closed to who has a quantum computer and once had a key of this
 * team? *ret_why: "yes: ..." or "no, because ...", one sentence in plain words that names machines;
 * it holds other people's text, to be escaped. */
enum status team_quantum_statement(struct ctx *cx, struct team *t, bool *ret_closed,
                                   struct buf *ret_why) MUST_USE;

/* ---- the log ---- */

/* Everything a room above needs to know of the entry an operation stands in. */
enum { ENTRY_ROLES_MAX = 8 };
struct entry_info {
    int64_t device_ix;
    uint64_t seq;
    uint64_t lamport;
    uint8_t compartment[COMPARTMENT_BYTES];
    struct id member;
    const struct team_role *roles[ENTRY_ROLES_MAX]; /* all must permit; [0] is named in messages */
    size_t role_count;
};
/* May the entry's author do this to records of this type ("kit.type"), by every role that applies
 * to the entry, in its compartment? From roles and compartment alone. field: of a SET, or carried
 * by a MOVE; a role whose fields of the type are limited allows no other. Empty: no field. */
bool entry_may(const struct entry_info *info, enum team_verb verb, text type, text field);
/* Local form of an operation's id, and of the record it creates: ordered by device, then time. */
#define OP_KEY(device_ix, seq, index)                                                              \
    (((int64_t)(device_ix) << 48) | ((int64_t)(seq) << 16) | (int64_t)(index))
#define OP_DEVICE(key) ((int64_t)((uint64_t)(key) >> 48))
#define OP_SEQ(key)    ((uint64_t)((uint64_t)(key) >> 16 & 0xffffffffU))
#define OP_INDEX(key)  ((uint64_t)((uint64_t)(key)&0xffffU))

/* Where an operation goes and what it does; judged against the role. */
struct log_target {
    const uint8_t *compartment; /* tag; NULL: the team's */
    enum team_verb verb;
    text type, field; /* "kit.type"; empty where the operation has none */
};
/* Appends one encoded operation to this device's open entry (it is sealed by itself when full, by
 * export, before an append to another compartment and before anything foreign is admitted). *ret:
 * where it stands. The caller holds a transaction. STATUS_DENIED when the role lacks the right. */
enum status log_append(struct ctx *cx, struct team *t, const struct log_target *to, bytes op,
                       struct entry_info *ret_info, int64_t *ret_op_key) MUST_USE;
/* Compartment, member and roles as an append to this compartment (NULL: the team's) would have
 * them now; the rest is zero. STATUS_DENIED before this device is admitted. */
enum status log_next_info(struct ctx *cx, struct team *t, const uint8_t *compartment,
                          struct entry_info *ret) MUST_USE;
/* The time operations of the open entry are relative to ([verb, seconds after this, ...]): its
 * first operation's, or now when none is open. It holds until the next append. */
int64_t log_open_time(struct ctx *cx, struct team *t);
/* Closes and seals the open entry; nothing to do when it is empty. */
enum status log_seal(struct ctx *cx, struct team *t) MUST_USE;

/* Rooms above are told of every admitted data entry that counts, in causal order. The body is the
 * plaintext for body_read_start(). Control entries are taken by team itself. */
struct log_sink {
    enum status (*apply)(void *self, struct ctx *cx, const struct entry_info *info, bytes body);
    /* After all apply() of a session in which authority changed, or data came that does not count:
     * entries from..to (seq) of lane device_ix count differently than was told before (effect or
     * roles), or were not told of because they do not count. log_entry_load() gives each with its
     * present effect. Telling too much is harmless. May be NULL. */
    enum status (*changed)(void *self, struct ctx *cx, int64_t device_ix, uint64_t from,
                           uint64_t to);
    void *self;
};
/* Who is told when this device's own decisions change what counts; NULL: nobody any more. Such
 * decisions need one (STATUS_BUG). Sessions bring their own. */
void team_set_sink(struct team *t, const struct log_sink *sink);
/* The sink of `self` is told no more; another's stays. */
void team_drop_sink(struct team *t, const void *self);
/* One entry held: info, plaintext body when it is readable, and whether it counts. The open entry
 * is one of them. STATUS_NOT_FOUND past the end, before a lane's beginning and for control entries.
 */
enum status log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                           struct entry_info *ret, struct buf *body, bool *ret_counts,
                           bool *ret_readable) MUST_USE;
/* Data entries that came and do not count ("received after the cut"), by device and seq. */
enum status log_void_each(struct ctx *cx, struct team *t,
                          enum status (*visit)(void *self, struct ctx *cx, int64_t device_ix,
                                               uint64_t seq, text why),
                          void *self) MUST_USE;
/* Admission of foreign entries: one session in one transaction of the caller. heads first, then
 * entries in (lamport, device) order. What lacks its causes is kept as pending and tried again at
 * every finish. A fault means the whole session is refused: the caller rolls back. */
struct admission;
struct admission_counts {
    uint64_t taken, known, pending, operations;
    uint64_t void_entries;   /* entries of data that do not count: their author's power was taken */
    uint64_t refused_rights; /* operations dropped for want of a right (entry kept) */
    uint64_t forks;          /* second histories of devices that came to light */
};
enum status admission_start(struct ctx *cx, struct team *t, const struct log_sink *sink,
                            struct admission **ret) MUST_USE;
enum status admission_head(struct ctx *cx, struct admission *a, const struct head *h) MUST_USE;
enum status admission_entry(struct ctx *cx, struct admission *a, bytes header, bytes body) MUST_USE;
/* Every new chain end must be covered by a verified signed head, else STATUS_FORGED. */
enum status admission_finish(struct ctx *cx, struct admission *a,
                             struct admission_counts *ret) MUST_USE;
void admission_free(struct admission **a);
/* Convenience: a whole content stream in memory (the invite's). */
enum status admission_take_content(struct ctx *cx, struct team *t, const struct log_sink *sink,
                                   bytes content, struct admission_counts *ret) MUST_USE;
/* Feeds every data entry that counts (own and foreign, opened) to the sink again, in causal order:
 * rebuild. */
enum status log_replay(struct ctx *cx, struct team *t, const struct log_sink *sink) MUST_USE;
/* Recomputes every chain, hash, head signature and view of the stored log. STATUS_INTEGRITY. */
enum status log_check(struct ctx *cx, struct team *t, uint64_t *ret_entries) MUST_USE;

/* For transfer. Encoded frontier: array of [id, seq], ascending by id (manifest's form): how far
 * each device's log is held, and each branch of a forked one under its own id (AUTHORITY section
 * 4). This device's. */
enum status log_frontier(struct ctx *cx, struct team *t, struct buf *out) MUST_USE;
/* Seals, hands on what colleagues' newcomers lack (epoch keys, this device's piece chain; in a
 * charter entry of its own), signs this device's head and keeps it. Before every export. */
enum status log_sign_head(struct ctx *cx, struct team *t) MUST_USE;
/* Entries beyond `frontier` (encoded, or empty = all), heads first, in the order of SPEC [F-53]. */
enum status log_export(struct ctx *cx, struct team *t, bytes frontier,
                       enum status (*visit_head)(void *self, struct ctx *cx, const struct head *h),
                       enum status (*visit_entry)(void *self, struct ctx *cx, bytes header,
                                                  bytes body),
                       void *self) MUST_USE;
/* The same, and nothing beyond `upto`, an earlier frontier (or claim) of this device. visit_head
 * may be NULL. */
enum status
log_export_between(struct ctx *cx, struct team *t, bytes frontier, bytes upto,
                   enum status (*visit_head)(void *self, struct ctx *cx, const struct head *h),
                   enum status (*visit_entry)(void *self, struct ctx *cx, bytes header, bytes body),
                   void *self) MUST_USE;
/* Point-wise minimum (what all have) of two encoded frontiers. */
enum status frontier_min(struct ctx *cx, bytes a, bytes b, struct buf *out) MUST_USE;
/* True when a holds everything b holds, as far as the rows tell: after a fork came to light it may
 * be false though it does. */
bool frontier_covers(bytes a, bytes b);
uint64_t frontier_seq(bytes frontier, const struct id *device); /* 0 = none */
/* What may be told to others of such a frontier of this device: a device that is known to have
 * signed something else, which did not come yet, is left out, so that all of it is sent. */
enum status log_frontier_claim(struct ctx *cx, struct team *t, bytes frontier,
                               struct buf *out) MUST_USE;
/* How far lane device_ix is held by whose frontier it is. What does not say which of two branches
 * it means is taken for the one with the device's own number. */
enum status log_held(struct ctx *cx, struct team *t, bytes frontier, int64_t device_ix,
                     uint64_t *ret) MUST_USE;
/* True when everything the frontier names is held here. */
enum status log_holds(struct ctx *cx, struct team *t, bytes frontier, bool *ret) MUST_USE;
/* How many entries held here the frontier's author lacks. */
enum status log_lacking(struct ctx *cx, struct team *t, bytes frontier, uint64_t *ret) MUST_USE;
/* Signs a manifest with this device's key (manifest_write). */
enum status team_sign_manifest(struct ctx *cx, struct team *t, struct manifest *m,
                               struct buf *out) MUST_USE;
/* Verifies with the known key of m->device. STATUS_FOREIGN for an unknown device or other team. */
enum status team_verify_manifest(struct ctx *cx, struct team *t, bytes in,
                                 const struct manifest *m) MUST_USE;
/* A receipt for a bundle by its manifest's hash (SPEC F-59); and who gave one: STATUS_FORGED, and
 * STATUS_FOREIGN for a device that is not known here. */
enum status team_sign_receipt(struct ctx *cx, struct team *t, const struct id *manifest,
                              struct buf *out) MUST_USE;
enum status team_open_receipt(struct ctx *cx, struct team *t, bytes receipt,
                              const struct id *manifest, const struct team_device **ret) MUST_USE;
const struct id *team_control_epoch(const struct team *t);
void team_member_verified(struct ctx *cx, struct team *t, const struct id *member, bool verified);

/* What is kept for people to see. Operations in the log without effect, and why; index -1 means the
 * whole entry. */
struct log_refusal {
    int64_t device_ix;
    uint64_t seq;
    int64_t index;
    text reason;
};
enum status log_refusals_each(struct ctx *cx, struct team *t,
                              enum status (*visit)(void *self, struct ctx *cx,
                                                   const struct log_refusal *r),
                              void *self) MUST_USE;
/* Devices that signed two histories, with the entry from which they differ (or one that differs,
 * while the other history is not here); the proof (both headers, both signed heads) is kept. */
enum status team_forks_each(struct ctx *cx, struct team *t,
                            enum status (*visit)(void *self, struct ctx *cx,
                                                 const struct team_device *d, uint64_t seq),
                            void *self) MUST_USE;

/* ---- piece chains: where pieces are found and what opens them ---- */

/* The control epoch whose chain to send with: the newest that the receiver is known to hold this
 * device's chain of. frontier: what it said that it holds. Device 0, or one that holds none: the
 * newest. */
enum status chain_send_epoch(struct ctx *cx, struct team *t, int64_t device_ix, bytes frontier,
                             struct id *ret) MUST_USE;
/* The next step of this device's own chain of that epoch; the state moves on in the caller's
 * transaction. */
enum status chain_send_under(struct ctx *cx, struct team *t, const struct id *epoch,
                             struct chain_step *ret) MUST_USE;
/* Of the newest epoch. */
enum status chain_send_next(struct ctx *cx, struct team *t, struct chain_step *ret) MUST_USE;
/* Nobody needs this device's chains of epochs older than all of these any more. */
enum status chain_forget_before(struct ctx *cx, struct team *t, const struct id *epochs,
                                size_t count) MUST_USE;
enum { CHAIN_SEARCH_MAX = 65536 }; /* steps of one sender computed by one chain_search() */
struct chain_hit {
    int64_t device_ix;
    uint64_t number;
    struct key key;
    uint8_t tag[PIECE_TAG_BYTES];
};
/* Looks a tag up in the next CHAIN_AHEAD_MAX of every sender (fewer in teams of more than 60
 * devices: 65,536 in all), and the kept skipped ones.
 * STATUS_NOT_FOUND: not for us, of an unknown sender, or used already. Own pieces: STATUS_FOREIGN.
 */
enum status chain_find(struct ctx *cx, struct team *t, const uint8_t tag[static 32],
                       struct chain_hit *ret) MUST_USE;
/* Computes further ahead (up to CHAIN_SEARCH_MAX steps) when pieces stayed unknown; then find
 * again. */
enum status chain_search(struct ctx *cx, struct team *t, const uint8_t *tags /* n x 32 */,
                         size_t n) MUST_USE;
/* The piece was opened and stored: its key is erased. piece: its hash, kept for chain_confirm(). */
enum status chain_spend(struct ctx *cx, struct team *t, const struct chain_hit *hit,
                        const struct id *piece) MUST_USE;
/* A verified manifest of the device lists these pieces (hashes one after the other): only now is
 * it known that the device itself got that far, and the window moves. */
enum status chain_confirm(struct ctx *cx, struct team *t, int64_t device_ix, bytes hashes) MUST_USE;

#endif
