/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read: the reader of the encoding. Strict on purpose: a value has one encoding, so bytes that a
 * reader accepts are the bytes a writer would have made, and hashing them names the value.
 *
 * Invariants: start <= pos <= end; once status is set nothing moves and everything reads as zero;
 * no count is believed before the bytes that are left could hold it. The writer is in write.c.
 */
#include "wire-int.h"

#include "limits.h"

#include <string.h>

/* The first bytes of an item: what it is and its number (value, length or count). */
struct head {
    unsigned major;
    uint64_t number;
    size_t len;      /* bytes of the head itself */
    const char *why; /* not NULL: no acceptable item starts here */
};

static struct head head_bad(const char *why)
{
    return (struct head){.why = why};
}

/* Reads a head without moving. [F-02] shortest form, [F-03] definite length, [F-01] kinds. */
static struct head head_read(const uint8_t *pos, const uint8_t *end)
{
    if (pos == end) {
        return head_bad("[F-01] ends too early");
    }
    unsigned major = *pos >> 5;
    unsigned info = *pos & 0x1F;
    if (major == MAJOR_TAG) {
        return head_bad("[F-01] tags are not used");
    }
    if (major == MAJOR_SIMPLE) {
        if (info != SIMPLE_FALSE && info != SIMPLE_TRUE && info != SIMPLE_NULL) {
            return head_bad("[F-01] neither false, true nor null");
        }
        return (struct head){.major = major, .number = info, .len = 1};
    }
    if (info < INFO_U8) {
        return (struct head){.major = major, .number = info, .len = 1};
    }
    if (info > INFO_U64) {
        return head_bad("[F-03] indefinite or reserved length");
    }
    size_t width = (size_t)1 << (info - INFO_U8);
    if ((size_t)(end - pos) < 1 + width) {
        return head_bad("[F-01] ends too early");
    }
    uint64_t number = 0;
    for (size_t i = 0; i < width; i++) {
        number = number << 8 | pos[1 + i];
    }
    /* what half the bytes could have held is too long; one byte starts at 24 */
    uint64_t least = width == 1 ? INFO_U8 : (uint64_t)1 << (width * 4);
    if (number < least) {
        return head_bad("[F-02] not the shortest form");
    }
    if (major == MAJOR_NINT && number > INT64_MAX) {
        return head_bad("[F-01] negative integer below -2^63");
    }
    return (struct head){.major = major, .number = number, .len = 1 + width};
}

void wire_reader_init(struct wire_reader *r, bytes in)
{
    static const uint8_t nothing[1];

    *r = (struct wire_reader){.start = in.len == 0 ? nothing : in.ptr, .status = STATUS_OK};
    r->pos = r->start;
    r->end = r->start + in.len;
}

void wire_fail(struct wire_reader *r, const char *why)
{
    if (r->status == STATUS_OK) {
        r->status = STATUS_MALFORMED;
        r->why = why;
    }
}

enum wire_kind wire_peek(const struct wire_reader *r)
{
    if (r->status != STATUS_OK || r->pos == r->end) {
        return WIRE_NONE;
    }
    switch (*r->pos >> 5) {
    case MAJOR_UINT:
        return WIRE_UINT;
    case MAJOR_NINT:
        return WIRE_NINT;
    case MAJOR_BYTES:
        return WIRE_BYTES;
    case MAJOR_TEXT:
        return WIRE_TEXT;
    case MAJOR_ARRAY:
        return WIRE_ARRAY;
    case MAJOR_MAP:
        return WIRE_MAP;
    case MAJOR_SIMPLE:
        if ((*r->pos & 0x1F) == SIMPLE_FALSE || (*r->pos & 0x1F) == SIMPLE_TRUE) {
            return WIRE_BOOL;
        }
        return (*r->pos & 0x1F) == SIMPLE_NULL ? WIRE_NULL : WIRE_NONE;
    default:
        return WIRE_NONE;
    }
}

bool wire_at_end(const struct wire_reader *r)
{
    return r->status != STATUS_OK || r->pos == r->end;
}

/* Takes the head of an item of the wanted kind; false, and latched, when there is none. */
static bool take_head(struct wire_reader *r, unsigned major, const char *otherwise,
                      struct head *ret)
{
    if (r->status != STATUS_OK) {
        return false;
    }
    struct head h = head_read(r->pos, r->end);
    if (h.why != NULL) {
        wire_fail(r, h.why);
        return false;
    }
    if (h.major != major) {
        wire_fail(r, otherwise);
        return false;
    }
    r->pos += h.len;
    *ret = h;
    return true;
}

uint64_t wire_get_uint(struct wire_reader *r, uint64_t max)
{
    struct head h;

    if (!take_head(r, MAJOR_UINT, "[F-08] an unsigned integer is needed", &h)) {
        return 0;
    }
    if (h.number > max) {
        wire_fail(r, "[F-08] integer over its limit");
        return 0;
    }
    return h.number;
}

int64_t wire_get_int(struct wire_reader *r)
{
    struct head h;

    if (wire_peek(r) == WIRE_NINT) {
        /* -1 - number cannot overflow: head_read() holds number to INT64_MAX */
        return take_head(r, MAJOR_NINT, "", &h) ? -1 - (int64_t)h.number : 0;
    }
    if (!take_head(r, MAJOR_UINT, "[F-08] an integer is needed", &h)) {
        return 0;
    }
    if (h.number > INT64_MAX) {
        wire_fail(r, "[F-08] integer over its limit");
        return 0;
    }
    return (int64_t)h.number;
}

bool wire_get_bool(struct wire_reader *r)
{
    static const char why[] = "[F-08] true or false is needed";
    struct head h;

    if (!take_head(r, MAJOR_SIMPLE, why, &h)) {
        return false;
    }
    if (h.number == SIMPLE_NULL) {
        wire_fail(r, why);
        return false;
    }
    return h.number == SIMPLE_TRUE;
}

void wire_get_null(struct wire_reader *r)
{
    static const char why[] = "[F-08] null is needed";
    struct head h;

    if (take_head(r, MAJOR_SIMPLE, why, &h) && h.number != SIMPLE_NULL) {
        wire_fail(r, why);
    }
}

/* The bytes of a string whose head was taken. */
static bytes take_run(struct wire_reader *r, uint64_t len, size_t min, size_t max)
{
    if (len < min || len > max) {
        wire_fail(r, "[F-08] length outside its limits");
        return BYTES(NULL, 0);
    }
    if (len > (uint64_t)(r->end - r->pos)) {
        wire_fail(r, "[F-01] ends too early");
        return BYTES(NULL, 0);
    }
    bytes run = BYTES(r->pos, (size_t)len);
    r->pos += (size_t)len;
    return run;
}

bytes wire_get_bytes(struct wire_reader *r, size_t min, size_t max)
{
    struct head h;

    if (!take_head(r, MAJOR_BYTES, "[F-08] a byte string is needed", &h)) {
        return BYTES(NULL, 0);
    }
    return take_run(r, h.number, min, max);
}

text wire_get_text(struct wire_reader *r, size_t min, size_t max)
{
    struct head h;

    if (!take_head(r, MAJOR_TEXT, "[F-08] a text string is needed", &h)) {
        return TEXT("");
    }
    bytes run = take_run(r, h.number, min, max);
    if (!utf8_valid(run)) {
        wire_fail(r, "[F-05] not valid UTF-8");
        return TEXT("");
    }
    return run.len == 0 ? TEXT("") : (text){.ptr = (const char *)run.ptr, .len = run.len};
}

void wire_get_fixed(struct wire_reader *r, uint8_t *out, size_t len)
{
    bytes run = wire_get_bytes(r, len, len);

    if (r->status != STATUS_OK) {
        memset(out, 0, len);
    } else if (len > 0) {
        memcpy(out, run.ptr, len);
    }
}

/* A count of elements or pairs, each of which takes at least `each` of the bytes that are left. */
static size_t take_count(struct wire_reader *r, const struct head *h, size_t min, size_t max,
                         size_t each)
{
    if (h->number < min || h->number > max) {
        wire_fail(r, "[F-08] count outside its limits");
        return 0;
    }
    if (h->number > (size_t)(r->end - r->pos) / each) {
        wire_fail(r, "[F-01] ends too early");
        return 0;
    }
    return (size_t)h->number;
}

size_t wire_get_array(struct wire_reader *r, size_t min, size_t max)
{
    struct head h;

    if (!take_head(r, MAJOR_ARRAY, "[F-08] an array is needed", &h)) {
        return 0;
    }
    return take_count(r, &h, min, max, 1);
}

size_t wire_get_map(struct wire_reader *r, size_t min, size_t max)
{
    struct head h;

    if (!take_head(r, MAJOR_MAP, "[F-08] a map is needed", &h)) {
        return 0;
    }
    return take_count(r, &h, min, max, 2);
}

void wire_need_key(struct wire_reader *r, uint64_t key)
{
    static const char why[] = "[F-04] a map key is missing, unknown or out of order";
    struct head h;

    struct wire_reader before = *r;
    if (take_head(r, MAJOR_UINT, why, &h) && h.number != key) {
        *r = before; /* the fault is reported where the wrong key stands */
        wire_fail(r, why);
    }
}

bool wire_have_key(struct wire_reader *r, uint64_t key)
{
    if (r->status != STATUS_OK) {
        return false;
    }
    struct head h = head_read(r->pos, r->end);
    if (h.why != NULL || h.major != MAJOR_UINT || h.number != key) {
        return false;
    }
    r->pos += h.len;
    return true;
}

/* An array or map that is open while wire_get_any() walks: what it still needs. */
struct open_item {
    uint64_t left; /* items, keys of maps included */
    bool is_map;
    bool has_key;
    uint64_t last_key;
};

/* Keys come at even counts of what is left of a map. [F-04] unsigned, strictly ascending. */
static void check_key(struct wire_reader *r, struct open_item *open, const struct head *h)
{
    if (!open->is_map || open->left % 2 != 0) {
        return;
    }
    if (h->major != MAJOR_UINT) {
        wire_fail(r, "[F-04] a map key is not an unsigned integer");
    } else if (open->has_key && h->number <= open->last_key) {
        wire_fail(r, "[F-04] map keys do not ascend");
    }
    open->has_key = true;
    open->last_key = h->number;
}

/* Takes what belongs to the head just taken; opens an array or a map on the stack. */
static void any_step(struct wire_reader *r, const struct head *h, struct open_item *stack,
                     size_t *depth)
{
    if (h->major == MAJOR_BYTES) {
        (void)take_run(r, h->number, 0, SIZE_MAX);
    } else if (h->major == MAJOR_TEXT) {
        if (!utf8_valid(take_run(r, h->number, 0, SIZE_MAX))) {
            wire_fail(r, "[F-05] not valid UTF-8");
        }
    } else if (h->major == MAJOR_ARRAY || h->major == MAJOR_MAP) {
        bool is_map = h->major == MAJOR_MAP;
        if (*depth == WIRE_DEPTH_MAX) {
            wire_fail(r, "[F-06] nested too deep");
            return;
        }
        uint64_t count = take_count(r, h, 0, SIZE_MAX, is_map ? 2 : 1);
        stack[(*depth)++] =
            (struct open_item){.left = is_map ? 2 * count : count, .is_map = is_map};
    }
}

bytes wire_get_any(struct wire_reader *r)
{
    struct open_item stack[WIRE_DEPTH_MAX];
    size_t depth = 0;
    const uint8_t *from = r->pos;

    do {
        struct head h = r->status == STATUS_OK ? head_read(r->pos, r->end) : head_bad(r->why);
        if (h.why != NULL) {
            wire_fail(r, h.why);
            return BYTES(NULL, 0);
        }
        if (depth > 0) {
            check_key(r, &stack[depth - 1], &h);
            stack[depth - 1].left--;
        }
        if (r->status == STATUS_OK) {
            r->pos += h.len;
            any_step(r, &h, stack, &depth);
        }
        while (depth > 0 && stack[depth - 1].left == 0) {
            depth--;
        }
    } while (depth > 0);
    if (r->status != STATUS_OK) {
        return BYTES(NULL, 0);
    }
    return BYTES(from, (size_t)(r->pos - from));
}

enum status wire_reader_done(struct ctx *cx, struct wire_reader *r, const char *what)
{
    if (r->status == STATUS_OK && r->pos != r->end) {
        wire_fail(r, "[F-07] bytes are left over");
    }
    if (r->status == STATUS_OK) {
        return STATUS_OK;
    }
    return fault_set(cx, r->status, __FILE__, __LINE__, "%s: %s (at byte %zu)", what, r->why,
                     (size_t)(r->pos - r->start));
}
