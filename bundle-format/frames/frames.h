/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames: the door. What crosses the gap by light: bytes of single codes (symbols), the fountain
 * that makes as many of them as anybody could want, the reception that turns any sufficient set of
 * them back into a parcel, where everything lies on the screen, and the messages between a program
 * that holds keys and the two that show and see codes.
 *
 * Pure: bytes in, bytes out. No file, no clock, no randomness of its own (transfer ids come from
 * the caller), no key but the link key of a symbol's tag. Clauses [Q-nn] of SPEC.md section 13.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "base.h"

/* ---- limits, SPEC.md sections 11 and 13 -------------------------------------------------------
 */

enum {
    SYMBOL_HEAD_BYTES = 24, /* in front of the data */
    SYMBOL_TAG_BYTES = 8,   /* behind it */
    SYMBOL_EXTRA_BYTES = SYMBOL_HEAD_BYTES + SYMBOL_TAG_BYTES,
    SYMBOL_DATA_MIN = 16,    /* */
    SYMBOL_BYTES_MAX = 2953, /* the largest QR code, byte mode, level L (ISO 18004 table 7) */
    SYMBOL_DATA_MAX = SYMBOL_BYTES_MAX - SYMBOL_EXTRA_BYTES,
    TRANSFER_ID_BYTES = 8,
    TRANSFER_BYTES_MAX = 1 << 26,   /* bytes that one transfer carries, all told */
    TRANSFER_SYMBOLS_MAX = 1 << 16, /* source symbols of one transfer */
    TRANSFER_OVERHEAD = 20,         /* around a parcel without padding */
    PARCEL_BYTES_MAX = TRANSFER_BYTES_MAX - TRANSFER_OVERHEAD,
    GENERATION_SYMBOLS = 1024, /* source symbols that one repair symbol combines, at most */
    PAPER_SYMBOLS_MAX = 255,   /* source and repair symbols of a transfer on paper */
    ACK_BODY_MAX = 2000,       /* the caller's bytes in an acknowledgement */
    LINK_KEY_BYTES = 32,
};

struct transfer_id {
    uint8_t b[TRANSFER_ID_BYTES]; /* random for each showing */
};
bool transfer_equal(const struct transfer_id *a, const struct transfer_id *b);

/* ---- symbols: the bytes of one code ---------------------------------------------------------- */

enum symbol_type { SYMBOL_DATA = 0, SYMBOL_BEACON, SYMBOL_ACK, SYMBOL_PAIR };
enum {
    SYMBOL_FLAG_KEYED = 1, /* the tag is made with a link key */
    SYMBOL_FLAG_PAPER = 4, /* Cauchy coefficients: any k of n */
};

struct symbol {
    enum symbol_type type;
    uint8_t flags;       /* SYMBOL_FLAG_*; the upper four bits mean nothing yet and are kept */
    uint8_t cols, rows;  /* of the canvas, 1 to 15 */
    uint8_t cell;        /* where on it: row by row from the top left */
    uint16_t generation; /* */
    uint32_t esi;        /* below 2^31 source, from 2^31 on repair; paper counts through */
    uint32_t total;      /* bytes of the transfer */
    struct transfer_id transfer;
    bytes data; /* borrowed */
};

/* The key two paired machines share for tags. It protects against codes that a stranger holds
 * before the camera and against nothing else; it is no secret of the vault. */
struct link_key {
    uint8_t b[LINK_KEY_BYTES];
};

/* True when these bytes claim to be a symbol of ours (magic); false for anybody else's code. */
bool symbol_claims(bytes whole);
/* Reads and checks everything, the tag included. `key` may be NULL. The views borrow from `whole`.
 * MALFORMED, UNSUPPORTED (version, type, flags), LIMIT (bombs), FORGED (tag), FOREIGN (keyed and
 * `key` is NULL). */
enum status symbol_read(struct ctx *cx, bytes whole, const struct link_key *key,
                        struct symbol *ret) MUST_USE;
/* Appends the symbol's bytes to `out`. With a key SYMBOL_FLAG_KEYED is set, without it is not. */
enum status symbol_write(struct ctx *cx, const struct symbol *symbol, const struct link_key *key,
                         struct buf *out) MUST_USE;
/* A single symbol that says what is being shown, for a receiver to lock on; every two seconds. */
struct beacon {
    uint16_t symbol_data; /* S: bytes of data in the symbols that follow */
    uint8_t version;      /* of the codes, 1 to 40 */
    uint8_t fps;          /* pictures a second, 1 to 120 */
};
enum status beacon_write(struct ctx *cx, const struct symbol *head, const struct beacon *beacon,
                         const struct link_key *key, struct buf *out) MUST_USE;
enum status beacon_read(struct ctx *cx, const struct symbol *symbol, struct beacon *ret) MUST_USE;

/* What a receiver shows back. rank == symbols: all of it came and the whole check held. */
struct ack {
    uint32_t rank;
    uint32_t symbols;
    uint64_t wanted; /* bit b: of 64th part b of the source something is missing */
    bytes body;      /* the caller's, at most ACK_BODY_MAX; borrowed */
};
enum status ack_write(struct ctx *cx, const struct symbol *head, const struct ack *ack,
                      const struct link_key *key, struct buf *out) MUST_USE;
enum status ack_read(struct ctx *cx, const struct symbol *symbol, struct ack *ret) MUST_USE;

/* ---- parcels: what a transfer carries -------------------------------------------------------- */

enum parcel_kind {
    PARCEL_PIECES = 1, /* the only ones that are not padded: pieces have but three sizes */
    PARCEL_JOIN,
    PARCEL_INVITE,
    PARCEL_TICKET,
    PARCEL_PROPOSAL,
};
struct parcel {
    enum parcel_kind kind;
    uint16_t small, medium, large; /* PIECES: counts of 16 KiB, 256 KiB and 4 MiB pieces */
    bytes body;                    /* the pieces in that order, nothing between; or opaque bytes */
};
/* Appends the parcel's bytes; LIMIT over PARCEL_BYTES_MAX, MALFORMED when counts and body differ.
 */
enum status parcel_write(struct ctx *cx, const struct parcel *parcel, struct buf *out) MUST_USE;
enum status parcel_read(struct ctx *cx, bytes whole, struct parcel *ret) MUST_USE;
/* Piece number `index` from 0 of a parcel of pieces. */
bytes parcel_piece(const struct parcel *parcel, size_t index);
size_t parcel_pieces(const struct parcel *parcel);

/* ---- fountain: parcel in, symbols out -------------------------------------------------------- */

struct fountain;
struct fountain_plan {
    struct transfer_id transfer; /* random, the caller's */
    uint16_t symbol_data;        /* S, usually profile's capacity less SYMBOL_EXTRA_BYTES */
    uint8_t cols, rows;          /* as the symbols say it */
    bool paper;                  /* */
    const struct link_key *key;  /* NULL: not paired; copied */
};
/* `parcel` is the bytes of parcel_write(); copied. LIMIT when it takes too many symbols of that
 * size (the hint says which size would do). */
enum status fountain_new(struct ctx *cx, const struct fountain_plan *plan, bytes parcel,
                         struct fountain **ret) MUST_USE;
void fountain_free(struct fountain **f);             /* NULL is fine; sets NULL */
uint32_t fountain_symbols(const struct fountain *f); /* k */
uint32_t fountain_total(const struct fountain *f);
/* Appends symbol `number` of the showing: the first k are one sweep over the source, all further
 * ones are repair and never the same again (up to 2^31; on paper 255 in all: LIMIT). Any order,
 * any subset; two machines or days with the same plan and parcel give the same bytes. `cell` is
 * where it will be shown. A fountain is changed by the first repair symbol of a large transfer
 * (its anchors are computed then), so one thread at a time. */
enum status fountain_symbol(struct ctx *cx, struct fountain *f, uint32_t number, uint8_t cell,
                            struct buf *out) MUST_USE;
/* From now on repair symbols for the parts in `wanted` (ack.wanted) only. 0 means all. */
void fountain_want(struct fountain *f, uint64_t wanted);
/* The one code of a parcel that fits into it, type PAIR, as small as it can be; LIMIT when it does
 * not fit into plan->symbol_data bytes. */
enum status pair_write(struct ctx *cx, const struct fountain_plan *plan, bytes parcel,
                       struct buf *out) MUST_USE;

/* ---- reception: symbols in, parcels out ------------------------------------------------------ */

struct reception;
enum { RECEPTION_TRANSFERS = 4, RECEPTION_LINKS = 16 };
#define RECEPTION_MEMORY_DEFAULT ((size_t)192 << 20)

enum reception_news {
    RECEPTION_NOTHING,  /* already known, or of a transfer that is done */
    RECEPTION_PROGRESS, /* rank rose by one: worth a record in the log */
    RECEPTION_PARCEL,   /* complete: `parcel` holds it; also worth a record */
    RECEPTION_POISONED, /* all symbols here, whole check failed: repair was dropped, goes on */
    RECEPTION_BEACON,
    RECEPTION_ACK,
};
struct reception_event {
    enum reception_news news;
    struct symbol symbol; /* as read; borrows from the bytes given */
    uint32_t rank;        /* of its transfer; rank == symbols only with RECEPTION_PARCEL */
    uint32_t symbols;     /* k */
    bytes parcel;         /* borrowed until the next call; checked by parcel_read() already */
};

/* At most RECEPTION_TRANSFERS at once and `memory_max` bytes for all of them, taken as symbols
 * come; RECEPTION_MEMORY_DEFAULT is enough for the largest transfer. */
enum status reception_new(struct ctx *cx, size_t memory_max, struct reception **ret) MUST_USE;
void reception_free(struct reception **r);
/* A link key whose symbols are taken, RECEPTION_LINKS at most (LIMIT). */
enum status reception_link(struct ctx *cx, struct reception *r,
                           const struct link_key *key) MUST_USE;
/* One code's bytes. A symbol that is refused (statuses of symbol_read(), and MALFORMED for one
 * that does not fit its transfer) changes nothing; so does a stranger's. When a fifth transfer
 * begins, the one that went longest without a symbol is forgotten; a keyed one is never forgotten
 * for one without a key. LIMIT when memory_max is reached and nothing older can be forgotten. */
enum status reception_take(struct ctx *cx, struct reception *r, bytes whole,
                           struct reception_event *ret) MUST_USE;
/* What is under way, or was completed lately: index from 0; false behind the last. */
struct reception_state {
    struct transfer_id transfer;
    uint32_t rank, symbols, total;
    uint64_t wanted; /* for an acknowledgement */
    bool complete;
};
bool reception_state(const struct reception *r, size_t index, struct reception_state *ret);
size_t reception_memory(const struct reception *r); /* bytes in use, as counted against the limit */

/* The log to resume from: the bytes of symbols in RECEPTION_PROGRESS, each as u16 length and
 * bytes. Any order, any damage at the end; replay is reception_take() on each. */
enum status reception_log_add(struct ctx *cx, struct buf *out, bytes symbol) MUST_USE;
/* Takes the next symbol off the front of *log; false when no whole one is left. */
bool reception_log_next(bytes *log, bytes *ret);

/* ---- canvas: where everything lies, in modules ----------------------------------------------- */

enum {
    CANVAS_GAP = 4,         /* modules of white around and between codes (ISO 18004: 4) */
    CANVAS_MARKER_UNIT = 2, /* modules of one unit of a marker, so that it is no finder of a code */
    CANVAS_MARKER = 7 * CANVAS_MARKER_UNIT,
    CANVAS_COLS_MAX = 8,
    CANVAS_ROWS_MAX = 6,
    CODE_VERSION_MAX = 40,
};
struct canvas_point {
    uint16_t x, y;
};
struct canvas {
    uint8_t cols, rows, version;
    uint16_t side;                  /* modules of one code: 17 + 4 version */
    uint16_t width, height;         /* modules of the whole, white border included */
    struct canvas_point markers[4]; /* top left corners: top left, top right, bottom left, right */
    struct canvas_point first;      /* top left corner of cell 0 */
};
/* USAGE outside cols, rows and version. */
enum status frames_canvas(struct ctx *cx, unsigned cols, unsigned rows, unsigned version,
                          struct canvas *ret) MUST_USE;
/* Top left corner of a cell, which is less than cols * rows. */
struct canvas_point canvas_cell(const struct canvas *canvas, unsigned cell);
/* Is this unit of a marker (0 to 6 each way) dark? Ring, gap, 3 x 3: 1:1:3:1:1 on each axis. */
bool canvas_marker_dark(unsigned x, unsigned y);
/* Bytes that a code holds in byte mode at level L; version 1 to 40. */
size_t code_capacity(unsigned version);
/* Data bytes of a symbol in such a code: capacity less SYMBOL_EXTRA_BYTES; 0 when none fit. */
size_t code_symbol_data(unsigned version);

/* A way of showing; the figures behind each are in docs/figures.md. */
struct profile {
    const char *name;
    uint8_t cols, rows, version, fps;
    uint16_t camera_height; /* of the smallest camera it is made for */
    uint8_t camera_fps;
};
const struct profile *profile_find(text name);  /* NULL when there is none */
const struct profile *profile_at(size_t index); /* NULL behind the last */

/* ---- messages: the pipes of valise-show and valise-eye --------------------------------------- */

enum light_kind {
    /* to valise-show */
    LIGHT_PARCEL = 1, /* transfer, body: a parcel; from valise-eye: one that arrived */
    LIGHT_TITLE,      /* body: text above the codes */
    LIGHT_STOP,       /* to both */
    LIGHT_GOT,        /* transfer, wanted: 0 when all of it arrived */
    LIGHT_ACK,        /* transfer, rank, symbols, wanted, body; shown as one code, or seen */
    LIGHT_PREVIEW,    /* width, height, boxes, body: width * height grey bytes */
    LIGHT_LINK,       /* body: a link key, 32 bytes; to both, before anything else */
    /* from valise-show */
    LIGHT_SHOWN = 32, /* frames, symbols, seconds */
    LIGHT_KEY,        /* code: enum light_key */
    LIGHT_FILE,       /* name, body */
    /* to valise-eye */
    LIGHT_IMAGE = 64, /* body: a PNG, JPEG or PGM */
    LIGHT_END,        /* no more images */
    /* from valise-eye */
    LIGHT_PROGRESS = 96, /* transfer, rank, symbols, rate */
    LIGHT_ADVICE,        /* code: enum light_advice */
    LIGHT_SYMBOL,        /* body: a symbol for the log; to valise-eye: one from the log */
    LIGHT_TEXT,          /* body: what somebody else's code says; bytes, not always text */
    LIGHT_CAMERA,        /* width, height, rate: what the camera really gives, rate in 1/1000 fps */
    /* from both */
    LIGHT_ERROR = 126, /* code: an enum status, body: text of what and why */
};
enum light_key {
    LIGHT_KEY_QUIT = 1,
    LIGHT_KEY_FASTER,
    LIGHT_KEY_SLOWER,
    LIGHT_KEY_BIGGER,
    LIGHT_KEY_SMALLER,
    LIGHT_KEY_PAUSE
};
enum light_advice {
    LIGHT_ADVICE_NONE = 0,
    LIGHT_ADVICE_TOO_FAR,
    LIGHT_ADVICE_TOO_DARK,
    LIGHT_ADVICE_GLARE,
    LIGHT_ADVICE_BLUR,
    LIGHT_ADVICE_NO_CODE,
    LIGHT_ADVICE_TOO_FAST
};
/* A code in a preview: its corners in the preview's pixels, top left first, clockwise. */
struct light_box {
    uint16_t x[4], y[4];
    bool read; /* found only, or read too */
};
enum {
    LIGHT_HEAD_BYTES = 5,
    LIGHT_BODY_MAX = TRANSFER_BYTES_MAX + 64,
    LIGHT_BOXES_MAX = 64,
    LIGHT_NAME_MAX = 255,
    LIGHT_PREVIEW_SIDE_MAX = 4096
};
/* A message; only the members that its kind names count, the others are zero when read. */
struct light_message {
    enum light_kind kind;
    struct transfer_id transfer;
    uint64_t wanted;
    uint32_t rank, symbols, rate; /* rate: bytes a second; of the camera 1/1000 fps */
    uint32_t frames, seconds;
    uint16_t code, width, height;
    uint16_t box_count;
    struct light_box boxes[LIGHT_BOXES_MAX];
    text name;  /* LIGHT_FILE: no folder in it; borrowed */
    bytes body; /* borrowed */
};
/* Appends head and body. LIMIT over LIGHT_BODY_MAX; MALFORMED for what would not be read. */
enum status light_message_write(struct ctx *cx, const struct light_message *message,
                                struct buf *out) MUST_USE;
/* Reads the message at the front of `stream`. *ret_used is its length, or 0 when more bytes are
 * needed; *ret_need (may be NULL) how many in all. Borrows from `stream`. */
enum status light_message_read(struct ctx *cx, bytes stream, struct light_message *ret,
                               size_t *ret_used, size_t *ret_need) MUST_USE;

/* What came over a pipe and was not read yet. Room for the longest message and one read behind it.
 */
enum { LIGHT_READ_BYTES = 64 * 1024 };
struct light_stream {
    struct buf heard;
    size_t used; /* of it: the message that is lent out */
};
void light_stream_init(struct light_stream *s);
void light_stream_finish(struct light_stream *s);
/* A whole message is here that has to be taken before more is read. */
bool light_stream_full(const struct light_stream *s);
/* *ret: LIGHT_READ_BYTES to read into; then came() says how many did. What was lent out is no
 * longer to be used. */
enum status light_stream_room(struct ctx *cx, struct light_stream *s, uint8_t **ret) MUST_USE;
void light_stream_came(struct light_stream *s, size_t len);
/* The next whole message, if it is here; it borrows until the next call. Takes off the one before.
 * The faults of light_message_read(). */
enum status light_stream_next(struct ctx *cx, struct light_stream *s, struct light_message *ret,
                              bool *ret_any) MUST_USE;
/* An ERROR of the program `who` as this process's fault: its first line says what, the second what
 * to do. Replaces a fault that was set. */
enum status light_error(struct ctx *cx, const char *who, const struct light_message *m) MUST_USE;

#endif
