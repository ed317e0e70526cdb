/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base: the door. Views, capped buffers, statuses, faults, secrets, text escapes.
 *
 * Every other room stands on this one; it stands on libc and libsodium's memory functions only.
 * It never opens a file, never asks the clock and never makes randomness by itself: time and
 * random bytes come from the `struct system` inside the context, so that tests can replay a run.
 */
#ifndef BASE_H
#define BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE               __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* ---- status: one closed list; the class is the high byte ------------------------------------- */

enum status {
    STATUS_OK = 0,
    /* the person asked for something that cannot be asked */
    STATUS_USAGE = 0x100,
    /* input that is wrong in itself */
    STATUS_MALFORMED = 0x200, /* breaks a clause of the format or grammar */
    STATUS_UNSUPPORTED,       /* a version or feature this build does not know */
    STATUS_LIMIT,             /* over a limit of limits.h */
    STATUS_FORGED,            /* signature, hash or MAC does not hold */
    STATUS_FOREIGN,           /* well made, but for another team, device or purpose */
    /* refused to this person */
    STATUS_DENIED = 0x300,   /* the role does not allow it */
    STATUS_UNVERIFIED,       /* the other side's words were not compared yet */
    STATUS_WRONG_PASSPHRASE, /* no slot opens */
    STATUS_LOCKED,           /* the vault is locked and no passphrase was given */
    /* the state of things does not allow it */
    STATUS_NOT_FOUND = 0x400,
    STATUS_AMBIGUOUS, /* a prefix or name that fits several */
    STATUS_EXISTS,    /* would overwrite something */
    STATUS_DUPLICATE, /* already taken, nothing to do */
    STATUS_GAP,       /* something that comes earlier is missing */
    STATUS_PARTIAL,   /* part of the work is done, the rest is not */
    STATUS_CONFLICT,  /* a person must decide */
    STATUS_NO_VAULT,
    STATUS_BUSY,      /* another process holds the vault */
    STATUS_INTEGRITY, /* what we stored is not what we stored */
    STATUS_ROLLBACK,  /* an older state came back */
    /* the machine */
    STATUS_NO_MEMORY = 0x500,
    STATUS_IO,
    STATUS_FULL,      /* medium full */
    STATUS_UNSAFE,    /* this machine cannot keep a promise we need */
    STATUS_CANCELLED, /* the person or a signal stopped it */
    /* us */
    STATUS_BUG = 0x600,
};

/* The word for a status, e.g. "malformed". Never NULL. */
const char *status_name(enum status status);

/* ---- context: passed first to everything that can fail --------------------------------------- */

/* What the core needs from the machine; tests pass a fake one. */
struct system {
    void (*random)(void *self, void *out, size_t len); /* cannot fail; aborts if it must */
    int64_t (*now)(void *self);                        /* seconds since 1970-01-01 UTC */
    void *self;
};

enum { FAULT_TEXT_MAX = 320 };

/* First cause of a failure; later ones do not overwrite it until fault_clear(). */
struct fault {
    enum status status;
    char what[FAULT_TEXT_MAX]; /* "what and why", one line; may hold a stranger's text: escape it */
    char hint[FAULT_TEXT_MAX]; /* what to do next; may be empty */
    const char *file;
    int line;
};

struct ctx {
    const struct system *system;
    struct fault fault;
};

/* A context over the real machine (libsodium randomness, the real clock). */
void ctx_init(struct ctx *cx, const struct system *system);
/* libsodium's random and the wall clock. */
const struct system *system_real(void);

/* Records the first cause and returns `status`, so that `return fault_set(...)` reads well. */
enum status fault_set(struct ctx *cx, enum status status, const char *file, int line,
                      const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Adds the next step to the fault already recorded; the first hint stays. Returns its status. */
enum status fault_hint(struct ctx *cx, const char *fmt, ...) PRINTF_LIKE(2, 3);
void fault_clear(struct ctx *cx);

/* The only three control macros. TRY and FAIL need `enum status status` and a label `out:`. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        status = (expr);                                                                           \
        if (status != STATUS_OK) {                                                                 \
            goto out;                                                                              \
        }                                                                                          \
    } while (0)
#define FAIL(cx, code, ...)                                                                        \
    do {                                                                                           \
        status = fault_set((cx), (code), __FILE__, __LINE__, __VA_ARGS__);                         \
        goto out;                                                                                  \
    } while (0)
/* A programmer's error: says where and aborts, in release too. */
#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            must_fail(#cond, __FILE__, __LINE__);                                                  \
        }                                                                                          \
    } while (0)
_Noreturn void must_fail(const char *cond, const char *file, int line);

/* ---- views and buffers ----------------------------------------------------------------------- */

/* A borrowed run of bytes; ptr may be NULL when len is 0. */
typedef struct bytes {
    const uint8_t *ptr;
    size_t len;
} bytes;

/* A borrowed run of valid UTF-8, not NUL-terminated. */
typedef struct text {
    const char *ptr;
    size_t len;
} text;

/* A 32-byte hash that names something: a team, device, entry, appointment, epoch. */
struct id {
    uint8_t b[32];
};
bool id_equal(const struct id *a, const struct id *b);
int id_compare(const struct id *a, const struct id *b); /* memcmp order */
bool id_is_zero(const struct id *a);

#define BYTES(p, n)     ((bytes){.ptr = (const uint8_t *)(p), .len = (n)})
#define BYTES_OF(array) BYTES((array), sizeof(array))
#define TEXT(literal)   ((text){.ptr = ("" literal), .len = sizeof("" literal) - 1})
/* MUST be valid UTF-8: our own strings and checked ones. */
text text_of(const char *nul_terminated);
bool bytes_equal(bytes a, bytes b);  /* not constant time */
int bytes_compare(bytes a, bytes b); /* memcmp order, shorter first on a tie */
bool text_equal(text a, text b);
bool text_starts(text whole, text prefix);

/* A growable owner of bytes that knows its maximum from birth. Wiped when finished. */
struct buf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
    size_t max;
};
void buf_init(struct buf *b, size_t max);
void buf_finish(struct buf *b); /* wipes and frees; safe on a zeroed or finished buf */
void buf_clear(struct buf *b);  /* len = 0, keeps memory, wipes what was there */
bytes buf_view(const struct buf *b);
text buf_text(const struct buf *b); /* the caller knows that it is UTF-8 */
/* Appends; STATUS_LIMIT past max, STATUS_NO_MEMORY. Unchanged on failure. */
enum status buf_add(struct ctx *cx, struct buf *b, bytes data) MUST_USE;
enum status buf_add_text(struct ctx *cx, struct buf *b, text t) MUST_USE;
enum status buf_add_byte(struct ctx *cx, struct buf *b, uint8_t byte) MUST_USE;
enum status buf_printf(struct ctx *cx, struct buf *b, const char *fmt, ...) MUST_USE
    PRINTF_LIKE(3, 4);
/* Grows len by n; *ret points at the n fresh zero bytes, valid until the next growth. */
enum status buf_extend(struct ctx *cx, struct buf *b, size_t n, uint8_t **ret) MUST_USE;
/* Appends a NUL that len does not count, for the OS edge. */
enum status buf_cstr(struct ctx *cx, struct buf *b, const char **ret) MUST_USE;

/* Heap with a status; zeroed. mem_free wipes nothing: secrets live in struct secret or buf. */
enum status mem_new(struct ctx *cx, size_t count, size_t size, void **ret) MUST_USE;
/* Room for `need` items of `size` bytes in *array (NULL when *cap is 0): when there is not, it
 * moves to a zeroed one at least twice as large and the old one is freed. Nothing changes on a
 * fault. */
enum status mem_grow(struct ctx *cx, void **array, size_t *cap, size_t need, size_t size) MUST_USE;
#define MEM_GROW(cx, array, cap, need)                                                             \
    mem_grow((cx), (void **)&(array), &(cap), (need), sizeof(*(array)))

/* Checked integers: false when the result does not fit. */
bool add_size(size_t a, size_t b, size_t *ret) MUST_USE;
bool mul_size(size_t a, size_t b, size_t *ret) MUST_USE;
bool add_i64(int64_t a, int64_t b, int64_t *ret) MUST_USE;
bool mul_i64(int64_t a, int64_t b, int64_t *ret) MUST_USE;

void put_u32le(uint8_t out[static 4], uint32_t value);
uint32_t get_u32le(const uint8_t in[static 4]);
void put_u64le(uint8_t out[static 8], uint64_t value);
uint64_t get_u64le(const uint8_t in[static 8]);

/* ---- secrets: one locked, guarded, non-dumped arena ------------------------------------------ */

struct secret; /* fixed length, wiped on free, never printed */
enum { SECRET_BYTES_MAX = 4096 };
/* Makes the arena (1 MiB) and locks it; STATUS_UNSAFE when the kernel refuses to lock it.
 * Call once at start; secret_new() calls it when nobody did. */
enum status secret_arena_start(struct ctx *cx) MUST_USE;
void secret_arena_stop(void); /* wipes and unmaps everything; for tests and for exit */
enum status secret_new(struct ctx *cx, size_t len, struct secret **ret) MUST_USE; /* zeroed */
enum status secret_copy(struct ctx *cx, bytes from, struct secret **ret) MUST_USE;
void secret_free(struct secret **s); /* NULL is fine; sets NULL */
uint8_t *secret_ptr(struct secret *s);
bytes secret_view(const struct secret *s);

/* A 32-byte key on the stack of a caller who wipes it with key_wipe() in `out:`. */
struct key {
    uint8_t b[32];
};
void key_wipe(struct key *k);
void wipe(void *ptr, size_t len); /* never optimised away */

/* ---- text ------------------------------------------------------------------------------------ */

/* Strict UTF-8 (RFC 3629): no overlong forms, surrogates, or values over U+10FFFF. */
bool utf8_valid(bytes b);
/* Decodes the code point at *pos of valid UTF-8 and moves *pos behind it. */
uint32_t utf8_next(text t, size_t *pos);
/* Terminal columns of a code point as shown by escape_terminal(): 0 for combining, 2 for wide, the
 * length of its escape for a hidden one. */
int utf8_width(uint32_t code_point);

/* The ONE way of a stranger's text to a terminal: C0, C1, DEL, ESC, bidi controls, zero-width and
 * other invisible characters become \u{XX}, a byte that is no UTF-8 \x{XX}; line feed becomes \n
 * unless keep_lines. Fails on memory and on the maximum of `out` only, which then is as before. */
enum status escape_terminal(struct ctx *cx, struct buf *out, text t, bool keep_lines) MUST_USE;
/* The ONE way into a JSON string, quotes included; what escape_terminal() would not show as it is
 * becomes \uXXXX, a byte that is no UTF-8 the text \x{XX}. */
enum status escape_json(struct ctx *cx, struct buf *out, text t) MUST_USE;

enum status hex_encode(struct ctx *cx, struct buf *out, bytes b) MUST_USE;
enum status hex_decode(struct ctx *cx, struct buf *out, text t) MUST_USE; /* lower case only */
/* RFC 4648 base32 alphabet in lower case, without padding; safe on FAT. */
enum status base32_encode(struct ctx *cx, struct buf *out, bytes b) MUST_USE;
enum status base32_decode(struct ctx *cx, struct buf *out, text t) MUST_USE; /* canonical only */
/* Whole text is a decimal in [min, max]; no sign but '-', no blanks, no leading zeros. */
bool parse_i64(text t, int64_t min, int64_t max, int64_t *ret) MUST_USE;

#endif
