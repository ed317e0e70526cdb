/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer: the door. Bundles across the gap by stick: what a peer lacks, cut into pieces, written
 * safely to a folder; pieces found there, opened, verified, put together and merged. Remembers what
 * every peer is known to hold. Foreign files on a stick are never opened.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "base.h"
#include "records.h"
#include "team.h"

/* ---- pack ----------------------------------------------------------------------------------- */

struct pack_options {
    const struct team_member *only;                            /* NULL = for all */
    bool everything;                                           /* ignore what peers acknowledged */
    void (*progress)(void *self, uint64_t done, uint64_t all); /* bytes; may be NULL */
    void *self;
};
struct pack_report {
    uint64_t bundle; /* number */
    uint64_t entries, pieces, bytes;
    uint64_t piece_size;
    uint64_t already; /* pieces of this bundle that stood on the stick from an interrupted run */
};
/* Writes the pieces of one new bundle into folder (made when missing). On a full or yanked stick:
 * STATUS_FULL / STATUS_IO; what was written whole stays valid, the rest is written by the next
 * pack to the same folder, which completes that bundle first. */
enum status transfer_pack(struct ctx *cx, struct records *r, const char *folder,
                          const struct pack_options *o, struct pack_report *ret) MUST_USE;

/* ---- unpack --------------------------------------------------------------------------------- */

struct unpack_source { /* one bundle seen on the stick or waiting in the inbox */
    struct id member;
    int64_t device_ix;
    uint64_t bundle;
    int64_t time;                     /* claimed */
    uint64_t pieces_here, pieces_all; /* all = 0: manifest still missing */
    uint64_t entries, operations;     /* taken (or would be, in a preview) */
    uint64_t refused_rights;
    enum status status; /* OK taken, DUPLICATE, GAP waiting for pieces, FORGED quarantined.. */
    text reason;        /* for quarantine, else empty */
};
struct unpack_report {
    uint64_t files, foreign_files, unknown_pieces, torn_files, own_pieces, known_pieces, new_pieces;
    uint64_t entries, operations, refused_rights, pending, conflicts_new;
    uint64_t bundles_taken, bundles_waiting, bundles_refused;
};
struct unpack_options {
    bool preview; /* everything as it would be, then rolled back; nothing is changed */
    enum status (*source)(void *self, struct ctx *cx,
                          const struct unpack_source *s);                          /* may be NULL */
    enum status (*foreign)(void *self, struct ctx *cx, text file_name, text what); /* may be NULL */
    enum status (*change)(void *self, struct ctx *cx,
                          const struct history_line *h); /* may be NULL */
    void (*progress)(void *self, uint64_t done, uint64_t all);
    void *self;
};
/* Idempotent. Never writes to the folder. Also takes one piece file instead of a folder. */
enum status transfer_unpack(struct ctx *cx, struct records *r, const char *folder,
                            const struct unpack_options *o, struct unpack_report *ret) MUST_USE;

/* A receipt (SPEC F-59) for a bundle that unpack took: 136 bytes for its sender's eyes. STATUS_GAP
 * when not all of it is here, or it is not their newest. */
enum status transfer_receipt_make(struct ctx *cx, struct records *r, int64_t device_ix,
                                  uint64_t bundle, struct buf *out) MUST_USE;
/* Of the newest bundle packed here: what *ret holds is known from now on, so the next bundle is
 * smaller. FORGED for another bundle's, FOREIGN, MALFORMED, NOT_FOUND; nothing changes then. */
enum status transfer_receipt_take(struct ctx *cx, struct records *r, bytes receipt,
                                  const struct team_device **ret) MUST_USE;

/* What each device is known to hold and what it still lacks of ours. */
struct peer_state {
    int64_t device_ix;
    struct id member;
    uint64_t entries_lacking; /* of what we hold; 0 for a machine nothing is for any more */
    uint64_t last_bundle;     /* number of its newest bundle taken; 0 none */
    int64_t last_time;        /* claimed time of it */
    uint64_t gap_bundles;     /* numbers below last_bundle never seen (harmless when covered) */
    uint64_t waiting_pieces;
};
enum status transfer_peers(struct ctx *cx, struct records *r,
                           enum status (*visit)(void *self, struct ctx *cx,
                                                const struct peer_state *p),
                           void *self) MUST_USE;
/* Claimed time of the newest bundle taken from the device; 0 none. */
enum status transfer_heard(struct ctx *cx, struct team *t, int64_t device_ix,
                           int64_t *ret_time) MUST_USE;
/* Quarantined bundles with reasons; dropped by number. */
enum status transfer_quarantine(struct ctx *cx, struct records *r,
                                enum status (*visit)(void *self, struct ctx *cx, int64_t number,
                                                     const struct unpack_source *s),
                                void *self) MUST_USE;
enum status transfer_quarantine_drop(struct ctx *cx, struct records *r, int64_t number) MUST_USE;

/* What a thief sees of a folder or file, without any key: counts by size, whether the names tell
 * anything, chi-square of bytes, anything that is not a piece. */
struct thief_view {
    uint64_t files, small, medium, large, not_pieces;
    double byte_chi_square; /* 255 degrees of freedom over all bytes */
    bool looks_random;      /* chi-square within the middle 99.99 % */
    bool same_size;
};
enum status transfer_inspect(struct ctx *cx, const char *path, struct thief_view *ret) MUST_USE;

#endif
