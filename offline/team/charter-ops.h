/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authority operations as bytes, inside the room: what each holds, and how lists of rows are
 * walked. The normative table stands in docs/authority.md section 3.
 */
#ifndef CHARTER_OPS_H
#define CHARTER_OPS_H

#include "authority.h"
#include "limits.h"
#include "team.h"

/* ---- authority operations: charter-ops.c ---- */

enum charter_verb {
    CHARTER_GENESIS = 64,
    CHARTER_LINK = 65,
    CHARTER_GRANT = 66,
    CHARTER_DEFROLE = 67,
    CHARTER_EPOCH = 68,
    CHARTER_SHARE = 69,
    CHARTER_CHAIN = 70,
    CHARTER_REVOKE = 72,
    CHARTER_REMOVE = 73,
    CHARTER_DEVCUT = 74,
    CHARTER_REPLACE = 75,
    CHARTER_SUSPEND = 76,
    CHARTER_LIFT = 77,
    CHARTER_PARDON = 78,
    CHARTER_REATTACH = 79,
    CHARTER_PIN = 80,
    CHARTER_CHECKPOINT = 81,
    CHARTER_COUNCIL = 83,
    CHARTER_UNLINK = 84,
    CHARTER_COMPARTMENT = 85,
    CHARTER_PREKEYS = 86,
    CHARTER_ASK = 87,
};

struct genesis {
    uint64_t format;
    bytes owners; /* lists are encoded arrays, checked by the parser */
    uint64_t quorum, flags;
    text member_name, team_name;
    uint8_t salt[16];
    bytes roles;
    bytes compartments; /* two: control, team */
};
struct link {
    uint8_t root_pk[32], sign_pk[32], box_pk[32];
    text device_name;
    uint8_t signature[SIGNATURE_BYTES];
};
struct grant {
    uint8_t root_pk[32];
    text member_name;
    struct id role;
    uint64_t level;
    bytes after;
};
struct defrole {
    bytes role;
};
struct epoch_op {
    uint8_t compartment[COMPARTMENT_BYTES];
    uint64_t number;
    bytes parents;
    struct id id;
    struct id commit; /* to its key [F-14] */
    bytes transport;  /* hash of T, 32 bytes; empty unless of the control compartment */
    uint8_t eph_pk[32];
    bytes seals;
    bytes backlinks;
};
struct share {
    struct id epoch, device;
    uint64_t window;
    uint8_t eph_pk[32];
    bytes seal;
};
struct chain_op {
    struct id device, epoch;
    uint64_t step;
    uint8_t eph_pk[32];
    bytes seals;
    bytes handed; /* devices whose chains the new device got with its invite */
};
/* One entry of a device by number and name; number 0: before its first. */
struct point_row {
    struct id device;
    uint64_t seq;
    struct id entry;
};
struct said {
    struct id entry; /* the operation's entry and its index there */
    uint64_t index;
};
struct revoke {
    struct id appointment, member;
    bytes cut; /* rows point_row; a device that is not listed is cut at 0 */
    uint64_t cascade;
};
struct remove {
    struct id member;
    bytes cut;
};
struct replace {
    struct id appointment, member, role;
    bytes cut;
};
struct suspend {
    struct id member;
};
struct reattach {
    struct id appointment, member;
};
struct council {
    struct id prev;
    bytes body;
    bytes signatures; /* rows root key, signature */
};
struct council_body {
    uint64_t kind;
    bytes owners; /* rows root key, name */
    uint64_t quorum;
    struct id member;
    bytes cut;
    struct said said;
    struct id chosen;
    bytes rejected;
};
struct unlink {
    uint8_t root_pk[32];
    struct point_row point;
    uint8_t signature[SIGNATURE_BYTES];
};
struct compartment_op {
    uint8_t tag[COMPARTMENT_BYTES];
    text name;
};
struct prekeys {
    uint64_t first; /* window of the first key */
    bytes keys;
};
struct ask {
    struct id epoch;
};
struct charter_op {
    uint64_t verb;
    uint64_t after_seconds;
    union {
        struct genesis genesis;
        struct link link;
        struct grant grant;
        struct defrole defrole;
        struct epoch_op epoch;
        struct share share;
        struct chain_op chain;
        struct revoke revoke;
        struct remove remove;
        struct point_row devcut, pin;
        struct replace replace;
        struct suspend suspend;
        struct said said; /* LIFT, PARDON */
        struct reattach reattach;
        struct council council;
        struct unlink unlink;
        struct compartment_op compartment;
        struct prekeys prekeys;
        struct ask ask;
    } u;
};
/* Views borrow from `in`. STATUS_UNSUPPORTED for a verb this build does not know. */
enum status charter_op_parse(struct ctx *cx, bytes in, struct charter_op *ret) MUST_USE;
enum status charter_op_write(struct ctx *cx, const struct charter_op *op, struct buf *out) MUST_USE;
const char *charter_op_name(uint64_t verb); /* "?" for an unknown one */
/* Walking checked lists: start with a reader over the list. False at the end. */
struct rows {
    struct wire_reader r;
    size_t left;
};
void rows_read(struct rows *l, bytes list);
bool rows_step(struct rows *l); /* one row fewer to come; false at the end or after a fault */
bool rows_next_fixed(struct rows *l, uint8_t *out, size_t len);
struct seal_row {
    uint8_t device[SHORT_ID_BYTES];
    uint64_t window;
    bytes seal;
};
bool rows_next_seal(struct rows *l, struct seal_row *ret);
enum { BACKLINK_BYTES = 48 };
struct backlink {
    struct id parent;
    uint8_t sealed[BACKLINK_BYTES];
};
bool rows_next_backlink(struct rows *l, struct backlink *ret);
bool rows_next_point(struct rows *l, struct point_row *ret);
bool rows_next_signature(struct rows *l, uint8_t ret_root_pk[static 32],
                         uint8_t ret_signature[static SIGNATURE_BYTES]);
bool rows_next_owner(struct rows *l, uint8_t ret_root_pk[static 32], text *ret_name);
bool rows_next_text(struct rows *l, text *ret);
struct role_row {
    text name;
    uint64_t rights;    /* RIGHT_* */
    bytes grants;       /* ids of the roles it may appoint to; empty = any */
    uint64_t max;       /* grants that count through one appointment; 0 = all */
    bytes compartments; /* rows tag, access */
    bytes types;        /* rows record type, fields, verbs */
    uint64_t verbs;     /* on every other type */
};
enum {
    ACCESS_READ = 1,
    ACCESS_WRITE = 3,
    RIGHTS_ALL = 15,
    ROLE_TYPES_MAX = 64,
    ROLE_FIELDS_MAX = 64
};
bool rows_next_access(struct rows *l, uint8_t ret_tag[static COMPARTMENT_BYTES],
                      uint64_t *ret_access);
bool rows_next_type(struct rows *l, text *ret_type, bytes *ret_fields, uint64_t *ret_verbs);
enum status council_body_parse(struct ctx *cx, bytes in, struct council_body *ret) MUST_USE;
enum status council_body_write(struct ctx *cx, const struct council_body *b,
                               struct buf *out) MUST_USE;
bool rows_next_role(struct rows *l, struct role_row *ret, bytes *ret_encoded);
/* A row that was checked before. */
bool role_row_view(bytes in, struct role_row *ret);
enum status role_write(struct ctx *cx, const struct role_row *role, struct buf *out) MUST_USE;
enum status role_row_parse(struct ctx *cx, bytes in, struct role_row *ret) MUST_USE;
void role_row_id(bytes encoded, struct id *ret);

#endif
