/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer-int: what the files of this room share. stick.c alone touches the medium, outbox.c and
 * inbox.c alone hold keys and opened pieces; everything else works on what they hand out.
 */
#ifndef TRANSFER_INT_H
#define TRANSFER_INT_H

#include "guard.h"
#include "limits.h"
#include "sealed.h"
#include "transfer.h"

/* A folder of half a million pieces is 2 TB of large ones; above it a person should split it. */
#define STICK_FILES_MAX 524288U
/* What waits for its bundle, over all teams: a large stick; the rest stays on the stick. */
#define INBOX_BYTES_MAX (4ULL * 1024U * MIB)
/* Unfinished bundles of one sender: a lost stick each. One more pushes one out (inbox.c). */
#define INBOX_BUNDLES_PER_SENDER 64U
/* Evidence kept of refused bundles; the oldest goes first. */
#define QUARANTINE_ROWS_MAX  256
#define QUARANTINE_BYTES_MAX (16 * (int64_t)MIB)
/* Tags by which known and own pieces are told from strangers' ones. */
#define PIECE_TAGS_MAX 262144
/* Sealed pieces held before they are recorded together and written; also the content kept between
 * the size pass and the sealing pass. */
#define BATCH_BYTES_MAX (4U * MIB)
#define FRONTIER_MAX    (64U * KIB)
#define HEADS_MAX       (256U * KIB)

/* ---- stick.c: the medium ------------------------------------------------------------------------
 */

struct stick {
    int fd;
    bool single;    /* one file was named instead of a folder */
    char name[256]; /* of that file */
};
enum stick_kind { STICK_PIECE, STICK_TORN, STICK_FOREIGN };
struct stick_file {
    const char *name; /* as it stands on the medium, any bytes */
    uint64_t size;
    enum stick_kind kind;
    const char *what; /* for torn and foreign ones, e.g. "folder" */
};
typedef enum status stick_visit(void *self, struct ctx *cx, const struct stick_file *f);

/* make: the folder is made when missing. A path to one regular file is taken when !make. */
enum status stick_open(struct ctx *cx, const char *path, bool make, struct stick *ret) MUST_USE;
void stick_close(struct stick *s);
/* What a name and its lstat tell; nothing is opened. mode: st_mode. */
void stick_judge(const char *name, uint32_t mode, uint64_t size, struct stick_file *ret);
enum status stick_each(struct ctx *cx, const struct stick *s, stick_visit *visit,
                       void *self) MUST_USE;
/* The first 32 bytes; STATUS_NOT_FOUND when the file is not what it was a moment ago. */
enum status stick_read_tag(struct ctx *cx, const struct stick *s, const char *name, uint64_t size,
                           uint8_t ret[static PIECE_TAG_BYTES]) MUST_USE;
enum status stick_read(struct ctx *cx, const struct stick *s, const char *name, uint64_t size,
                       struct buf *ret) MUST_USE;
/* Under a fresh random name: temporary, fsync, read back, compare, rename. */
enum status stick_write(struct ctx *cx, const struct stick *s, bytes piece) MUST_USE;
enum status stick_remove(struct ctx *cx, const struct stick *s, const char *name) MUST_USE;
/* Removes temporary files of interrupted runs. */
enum status stick_sweep(struct ctx *cx, const struct stick *s) MUST_USE;
enum status stick_sync(struct ctx *cx, const struct stick *s) MUST_USE;
uint64_t stick_space(const struct stick *s); /* UINT64_MAX when unknown */
/* A file name as text: bytes that are no UTF-8 become U+FFFD. */
enum status stick_name_text(struct ctx *cx, const char *name, struct buf *out) MUST_USE;

/* ---- outbox.c: the bundle being written ----------------------------------------------------- */

struct plan {
    uint64_t number;
    struct id prev;
    struct id epoch; /* control epoch of its chain */
    int64_t time;
    struct buf base;  /* what every receiver has already */
    struct buf top;   /* what this device claimed to hold when the bundle was planned */
    struct buf heads; /* front of the content stream, as it was then */
    uint64_t content_len;
    uint64_t piece_size;
    uint64_t pieces; /* content pieces; the manifest is one more */
    uint64_t entries;
    struct key seed; /* of the pieces' nonces */
};
void plan_init(struct plan *p);
void plan_finish(struct plan *p);

enum status outbox_load(struct ctx *cx, struct team *t, struct plan *ret, bool *ret_open) MUST_USE;
/* Gives the plan its number, prev, seed and chain steps and keeps it, in one transaction. */
enum status outbox_reserve(struct ctx *cx, struct team *t, struct plan *p) MUST_USE;
/* The same bytes whenever it is called with the same payload. */
enum status outbox_seal(struct ctx *cx, struct team *t, const struct plan *p, uint64_t index,
                        bytes payload, struct buf *out) MUST_USE;
/* Records the hash of a sealed piece; STATUS_INTEGRITY when another one stands there. */
enum status outbox_record(struct ctx *cx, struct team *t, uint64_t index, bytes piece) MUST_USE;
/* Which piece of the open bundle carries this tag. hash is zero when it was never sealed. */
enum status outbox_find(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                        uint64_t *ret_index, struct id *ret_hash, bool *ret_found) MUST_USE;
/* Hashes of pieces 1..n one after the other. */
enum status outbox_hashes(struct ctx *cx, struct team *t, const struct plan *p,
                          struct buf *out) MUST_USE;
/* Erases the keys; the next bundle follows a manifest of this hash. */
/* The newest bundle that was closed; 0: none. ret_top: its frontier is appended; may be NULL. */
enum status outbox_last(struct ctx *cx, struct team *t, uint64_t *ret_number, struct id *ret_hash,
                        struct buf *ret_top) MUST_USE;
enum status outbox_close(struct ctx *cx, struct team *t, const struct plan *p,
                         const struct id *manifest) MUST_USE;
/* Gives the open bundle up: its numbers and keys are never used again. */
enum status outbox_abandon(struct ctx *cx, struct team *t, const struct plan *p) MUST_USE;

/* ---- cut.c: the content stream -------------------------------------------------------------- */

/* Fills content_len, entries, heads. kept receives the entries' part of the stream when it fits
 * BATCH_BYTES_MAX, else it is emptied and *ret_kept is false. */
enum status cut_measure(struct ctx *cx, struct team *t, struct plan *p, struct buf *kept,
                        bool *ret_kept) MUST_USE;
/* Calls emit for payloads 1, 2, ... kept: from cut_measure, or NULL to read the log again.
 * STATUS_INTEGRITY when the log no longer gives the planned stream. */
typedef enum status cut_emit(void *self, struct ctx *cx, uint64_t index, bytes payload);
enum status cut_run(struct ctx *cx, struct team *t, const struct plan *p, const struct buf *kept,
                    cut_emit *emit, void *self) MUST_USE;

/* ---- peers.c: what others hold -------------------------------------------------------------- */

enum { BUNDLE_VERIFIED = 1, BUNDLE_TAKEN = 2 };
struct bundle_note {
    int64_t state; /* 0 = never seen */
    struct id hash;
    int64_t time;
};
enum status bundle_load(struct ctx *cx, struct team *t, int64_t device, uint64_t number,
                        struct bundle_note *ret) MUST_USE;
enum status bundle_store(struct ctx *cx, struct team *t, int64_t device, uint64_t number,
                         const struct bundle_note *note) MUST_USE;
enum status bundle_forget(struct ctx *cx, struct team *t, int64_t device, uint64_t number) MUST_USE;
/* The acknowledged frontier; empty for a device never heard of. */
enum status peer_load(struct ctx *cx, struct team *t, int64_t device, struct buf *out) MUST_USE;
/* Keeps the frontier of the device's bundle `number`, unless a newer one was seen. */
enum status peer_store(struct ctx *cx, struct team *t, int64_t device, uint64_t number,
                       bytes frontier) MUST_USE;
enum status peer_put(struct ctx *cx, struct team *t, int64_t device, bytes frontier) MUST_USE;
/* The number of its newest bundle that was seen, 0: none. */
enum status bundle_newest(struct ctx *cx, struct team *t, int64_t device, uint64_t *ret) MUST_USE;
/* What all receivers of a bundle hold for sure. */
/* epoch: of the receivers to be sent to with its chain; NULL: of all. */
enum status peers_base(struct ctx *cx, struct team *t, const struct pack_options *o, bytes own,
                       const struct id *epoch, struct buf *out) MUST_USE;
/* The control epochs whose chains the receivers are known to hold: one bundle for each. */
enum { PEER_EPOCHS_MAX = 8 };
struct peer_epochs {
    struct id at[PEER_EPOCHS_MAX];
    size_t count;
};
enum status peers_epochs(struct ctx *cx, struct team *t, const struct pack_options *o,
                         struct peer_epochs *ret) MUST_USE;

/* ---- unpack.c, inbox.c, merge.c, quarantine.c ----------------------------------------------- */

struct bundle_name {
    int64_t device;
    uint64_t number;
};
struct name_list {
    struct bundle_name *at;
    size_t count, cap;
};
struct source_line {
    struct unpack_source s;
    struct buf reason; /* owns s.reason */
};
struct source_list {
    struct source_line *at;
    size_t count, cap;
};
struct candidate { /* a piece on the stick whose tag is not known yet */
    uint64_t size;
    uint8_t tag[PIECE_TAG_BYTES];
    char name[PIECE_NAME_BYTES + 1]; /* empty: the single file */
    bool done;
};
struct conflict_name {
    int64_t record;
    const struct field *field;
};
struct unpack {
    struct records *records;
    struct team *team;
    struct vault *vault;
    const struct unpack_options *options;
    struct unpack_report *report;
    struct unpack_report scan_report; /* as it was before anything was taken */
    struct stick stick;
    struct candidate *candidates;
    size_t candidate_count, candidate_cap;
    struct conflict_name *conflicts; /* before anything was taken */
    size_t conflict_count, conflict_cap;
    struct source_list sources;
    struct source_list failed; /* previews: bundles whose admission failed in an earlier try */
    struct name_list waiting;  /* in the inbox */
    struct name_list seen;     /* of known pieces on the stick */
    struct known_tag *twice;   /* another piece stands there; hash: of that one */
    size_t twice_count, twice_cap;
    uint64_t inbox_bytes;
    uint64_t bytes_done, bytes_all;
    struct buf before; /* frontier before anything was taken */
    bool conflicts_known, rolled_back, try_again;
    struct buf whole, plain; /* one piece, and its inside */
};

/* Room for one more element in a growing array. */
enum status array_grow(struct ctx *cx, void **list, size_t count, size_t *cap,
                       size_t size) MUST_USE;
enum status name_list_add(struct ctx *cx, struct name_list *l, const struct bundle_name *b,
                          bool *ret_new) MUST_USE; /* each name once */
/* Keeps a copy; a bundle has one line, a later one replaces it unless it was taken. */
enum status source_put(struct ctx *cx, struct source_list *l, const struct unpack_source *s,
                       text reason) MUST_USE;
const struct source_line *source_find(const struct source_list *l, const struct bundle_name *b);
void source_list_clear(struct source_list *l);

enum status inbox_start(struct ctx *cx, struct unpack *u) MUST_USE;
/* Made here (device 0), taken before, or never seen. ret->hash: of the piece that carried the tag
 * when it was a bundle's first, else zero. */
struct known_tag {
    struct bundle_name bundle;
    struct id hash;
};
enum status tag_known(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                      struct known_tag *ret, bool *ret_known) MUST_USE;
enum status tag_set_hash(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                         const struct id *hash) MUST_USE;
enum status tag_note(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                     int64_t device, uint64_t bundle) MUST_USE;
enum status tags_trim(struct ctx *cx, struct vault *v) MUST_USE;
/* Opens the piece in u->whole and keeps it; its key is erased. STATUS_FORGED / _MALFORMED: it is
 * damaged and its key stays; STATUS_LIMIT: no room, it stays on the stick. */
enum status inbox_take(struct ctx *cx, struct unpack *u, const struct chain_hit *hit) MUST_USE;
struct inbox_row {
    int64_t n;
    uint64_t index, len;
    struct id hash;
};
struct row_list {
    struct inbox_row *at;
    size_t count, cap;
};
/* The pieces of one bundle by index. The caller frees ret->at. */
enum status inbox_rows(struct ctx *cx, struct unpack *u, const struct bundle_name *b,
                       struct row_list *ret) MUST_USE;
enum status inbox_payload(struct ctx *cx, struct unpack *u, int64_t row, struct buf *out) MUST_USE;
enum status inbox_drop_row(struct ctx *cx, struct unpack *u, const struct inbox_row *row) MUST_USE;
enum status inbox_drop_bundle(struct ctx *cx, struct unpack *u,
                              const struct bundle_name *b) MUST_USE;

/* Takes every bundle that is whole. *ret_taken: how many were. */
enum status merge_bundles(struct ctx *cx, struct unpack *u, uint64_t *ret_taken) MUST_USE;

struct refusal {
    struct bundle_name bundle;
    struct id hash; /* of the manifest, or of the single piece */
    enum status status;
    text reason;
    int64_t claimed;
    uint64_t pieces_here, pieces_all;
};
/* Writes the refusal down, keeps pieces as evidence and takes them out of the inbox: one piece, or
 * all of the bundle when row is NULL. */
enum status quarantine_add(struct ctx *cx, struct unpack *u, const struct refusal *r,
                           const struct inbox_row *row) MUST_USE;

/* The same about a piece that cannot be opened. */
enum status quarantine_note(struct ctx *cx, struct unpack *u, const struct refusal *r) MUST_USE;

/* ---- inspect.c ------------------------------------------------------------------------------ */

struct byte_count {
    uint64_t of[256];
    uint64_t all;
};
void byte_count_add(struct byte_count *c, bytes b);
double byte_count_chi_square(const struct byte_count *c);
bool chi_square_looks_random(double chi_square);

#endif
