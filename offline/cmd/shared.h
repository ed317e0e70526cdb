/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared: small things that two or three verbs do alike and that need doors which the others do
 * not open.
 */
#ifndef SHARED_H
#define SHARED_H

#include "cmd-int.h"
#include "keys.h"

/* cmd-init.c: --kdf floor|moderate|sensitive. */
enum status kdf_cost_option(struct session *s, struct kdf_cost *ret) MUST_USE;
void warn_of_swap(struct session *s);
/* cmd-check.c: the whole proof; message "checked". */
enum status vault_prove(struct session *s, bool repair) MUST_USE;
/* cmd-status.c: the state hash as nine words. */
enum status state_words(struct session *s, struct buf *out) MUST_USE;
/* cmd-team.c: a name from its option, else the preset, else asked for. */
enum status name_take(struct session *s, const char *option, const char *question, text preset,
                      struct buf *out) MUST_USE;
/* --device, else "laptop". */
enum status device_name_take(struct session *s, struct buf *out) MUST_USE;
/* cmd-invite.c: writes the file, commits the caller's transaction, says what comes next. */
enum status invite_write(struct session *s, const char *path, const struct join_info *info,
                         bytes file, const uint8_t print[static 16]) MUST_USE;
/* cmd-invite.c: lets the newcomer of the join file in, as options out, words and force say. */
struct inviting {
    const char *path; /* of the join file */
    text role;
    /* in the same change, before; or NULL */
    enum status (*before)(struct session *s, const void *more);
    const void *more;
};
#define OPTION_WITHOUT_HISTORY                                                                     \
    {                                                                                              \
        "without-history", NULL, "what was written before today stays closed to the newcomer"      \
    }
enum status invite_do(struct session *s, const struct inviting *i) MUST_USE;
/* cmd-join.c: the first step of who comes in, or comes back with a root seed. */
struct joining {
    const char *path;          /* where the file for the colleague goes */
    const struct secret *seed; /* NULL: new keys, and a sheet */
    text owner;                /* the name when none is given; or empty */
    bool own;                  /* a further machine of a member */
};
enum status join_file_write(struct session *s, const struct joining *j) MUST_USE;
#define JSON_PACKED_ROWS                                                                           \
    {"packed", "folder", "text", "where the pieces are"},                                          \
        {"packed", "bundle", "number", "of this machine"},                                         \
        {"packed", "entries", "number", "entries in it"},                                          \
        {"packed", "pieces", "number", "files written"},                                           \
        {"packed", "piece_size", "number", "bytes of each content piece"},                         \
        {"packed", "bytes", "number", "in all"},                                                   \
        {"packed", "already", "number", "pieces that stood there from an interrupted run"},        \
    {                                                                                              \
        "packed", "serves", "list", "names of the members it is for"                               \
    }
#define JSON_UNPACKED_ROWS                                                                         \
    {"bundle", "member", "text", "who packed it"},                                                 \
        {"bundle", "device", "text", "on which machine"},                                          \
        {"bundle", "number", "number", "of that machine's bundles"},                               \
        {"bundle", "time", "number", "claimed Unix time"},                                         \
        {"bundle", "pieces_here", "number", "pieces at hand"},                                     \
        {"bundle", "pieces_all", "number", "pieces it has; 0: its first piece is missing still"},  \
        {"bundle", "entries", "number", "entries taken, or that would be"},                        \
        {"bundle", "operations", "number", "changes in them"},                                     \
        {"bundle", "refused", "number", "changes refused for want of a right"},                    \
        {"bundle", "state", "text", "taken, known, waiting or refused"},                           \
        {"bundle", "reason", "text", "why it was refused, or empty"},                              \
        {"foreign", "name", "text", "a file on the stick that is not ours; it was not opened"},    \
        {"foreign", "what", "text", "what it looks like from outside"},                            \
        {"proposal", "file", "text", "a proposal of the owners that lies next to the bundle"},     \
        {"proposal", "what", "text", "what it would decide"},                                      \
        {"proposal", "signatures", "number", "owners who signed"},                                 \
        {"proposal", "needed", "number", "signatures it needs"},                                   \
        {"proposal", "signed_by_me", "flag", "you are one of them"},                               \
        {"proposal", "known", "flag", "it was brought in already"},                                \
        {"unpacked", "preview", "flag", "nothing was changed"},                                    \
        {"unpacked", "files", "number", "files seen"},                                             \
        {"unpacked", "foreign_files", "number", "files that are not pieces"},                      \
        {"unpacked", "torn_files", "number", "pieces that were not written whole"},                \
        {"unpacked", "unknown_pieces", "number",                                                   \
         "pieces for others, or of machines not known here"},                                      \
        {"unpacked", "own_pieces", "number", "pieces of this machine"},                            \
        {"unpacked", "known_pieces", "number", "pieces taken before"},                             \
        {"unpacked", "new_pieces", "number", "pieces taken now"},                                  \
        {"unpacked", "entries", "number", "entries taken, or that would be"},                      \
        {"unpacked", "operations", "number", "changes in them"},                                   \
        {"unpacked", "refused", "number", "changes refused for want of a right"},                  \
        {"unpacked", "pending", "number", "entries that wait for earlier ones"},                   \
        {"unpacked", "conflicts", "number", "new fields a person must decide"},                    \
        {"unpacked", "taken", "number", "bundles taken"},                                          \
        {"unpacked", "waiting", "number", "bundles that wait for pieces"},                         \
    {                                                                                              \
        "unpacked", "rejected", "number", "bundles refused and put in quarantine"                  \
    }
/* cmd-pack.c: a bundle of what colleagues lack, as options for and everything say. */
enum status pack_into(struct session *s, const char *folder) MUST_USE;
/* cmd-unpack.c: what lies in the folder, as options preview and changes say. *ret (may be NULL):
 * the last bundle that is taken, if any. */
struct taken {
    int64_t device_ix;
    uint64_t bundle;
};
enum status unpack_from(struct session *s, const char *folder, struct taken *ret) MUST_USE;
/* The team opened: message "team". */
enum status team_emit(struct session *s) MUST_USE;

/* header-file.c: the key header exchanged. The caller holds the vault from before it reads the
 * header until the new one is there; STATUS_BUSY when another process has the vault open. */
enum status vault_hold(struct session *s, int *ret_fd) MUST_USE; /* file_unlock() */
enum status header_put(struct session *s, const struct buf *header) MUST_USE;
/* What cuts left half written in the vault's folder. */
enum status header_leftovers_shred(struct session *s) MUST_USE;
/* cmd-restore.c: a new machine of a member whose root seed is known; --out, --member, --device. */
enum status restore_begin(struct session *s, const struct secret *seed, text owner) MUST_USE;

/* shares.c. Arguments `first` and the next: how many are needed, of how many. */
enum status shares_shape(struct session *s, size_t first, unsigned *ret_need,
                         unsigned *ret_of) MUST_USE;
/* Refuses before anything is made when --out DIR is missing or in the vault's folder. */
enum status shares_possible(struct session *s) MUST_USE;
/* All of a set into --out DIR, as pages with --pdf; holders: NULL or a name for each. Message
 * "share". */
enum status shares_write(struct session *s, const struct key_share *shares,
                         struct key_share_labels labels, const text *holders) MUST_USE;
enum status share_page(struct session *s, const char *path, const struct key_share *share,
                       const struct key_share_labels *labels) MUST_USE;
struct shares {
    struct key_share list[KEY_SHARES_MAX];
    size_t from[KEY_SHARES_MAX]; /* which argument; SIZE_MAX: typed */
    size_t count;
    struct buf owner, team; /* as the pages say; may be empty */
};
void shares_init(struct shares *h);
void shares_finish(struct shares *h);
/* From the files and scans of all arguments; without any, typed until there are enough. */
enum status shares_take(struct session *s, struct shares *h) MUST_USE;
/* What they give; warns of those that are wrong. STATUS_FOREIGN for shares of another kind. */
enum status shares_join(struct session *s, const struct shares *h, enum key_share_kind kind,
                        struct secret **ret) MUST_USE;

/* cmd-totp.c: the secret field of a use ("password", "totp"), and the code itself. */
enum status secret_field(struct session *s, const struct record_type *type, text use,
                         const struct field **ret) MUST_USE;
enum status totp_of(struct session *s, int64_t record, const struct record_type *type,
                    struct buf *out, unsigned *ret_left) MUST_USE;

#endif
