/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: the growable owner of bytes, and zeroed heap memory with a status.
 *
 * Invariants: len <= max, len <= cap, cap <= max + 1 (one more for the NUL of buf_cstr). Memory
 * that is left behind, by growing or by finishing, is wiped first: a buf may hold plaintext.
 */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_CAP_FIRST = 64 };

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_finish(struct buf *b)
{
    if (b->ptr != NULL) {
        wipe(b->ptr, b->cap);
        free(b->ptr);
    }
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    if (b->ptr != NULL) {
        wipe(b->ptr, b->cap);
    }
    b->len = 0;
}

bytes buf_view(const struct buf *b)
{
    return BYTES(b->ptr, b->len);
}

text buf_text(const struct buf *b)
{
    return (text){.ptr = (const char *)b->ptr, .len = b->len};
}

/* Makes the capacity at least `wanted`, which the caller has held against max (+ 1 for a NUL). */
static enum status buf_grow(struct ctx *cx, struct buf *b, size_t wanted)
{
    if (b->ptr != NULL && wanted <= b->cap) {
        return STATUS_OK;
    }
    size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;
    cap = cap < BUF_CAP_FIRST ? BUF_CAP_FIRST : cap;
    cap = cap > b->max ? b->max : cap;
    cap = cap < wanted ? wanted : cap;
    uint8_t *fresh = calloc(1, cap == 0 ? 1 : cap);
    if (fresh == NULL) {
        return fault_set(cx, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    if (b->ptr != NULL) {
        memcpy(fresh, b->ptr, b->len);
        wipe(b->ptr, b->cap);
        free(b->ptr);
    }
    b->ptr = fresh;
    b->cap = cap;
    return STATUS_OK;
}

static enum status buf_reserve(struct ctx *cx, struct buf *b, size_t more)
{
    size_t wanted;

    if (!add_size(b->len, more, &wanted) || wanted > b->max) {
        return fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__, "longer than %zu bytes", b->max);
    }
    return buf_grow(cx, b, wanted);
}

enum status buf_extend(struct ctx *cx, struct buf *b, size_t n, uint8_t **ret)
{
    enum status status;

    TRY(buf_reserve(cx, b, n));
    memset(b->ptr + b->len, 0, n);
    *ret = b->ptr + b->len;
    b->len += n;
out:
    return status;
}

enum status buf_add(struct ctx *cx, struct buf *b, bytes data)
{
    enum status status;

    if (data.len == 0) {
        return STATUS_OK;
    }
    /* growing frees the memory that a view of this very buffer would read from */
    MUST(b->ptr == NULL || (uintptr_t)data.ptr + data.len <= (uintptr_t)b->ptr ||
         (uintptr_t)data.ptr >= (uintptr_t)b->ptr + b->cap);
    TRY(buf_reserve(cx, b, data.len));
    memcpy(b->ptr + b->len, data.ptr, data.len);
    b->len += data.len;
out:
    return status;
}

enum status buf_add_text(struct ctx *cx, struct buf *b, text t)
{
    return buf_add(cx, b, BYTES(t.ptr, t.len));
}

enum status buf_add_byte(struct ctx *cx, struct buf *b, uint8_t byte)
{
    return buf_add(cx, b, BYTES(&byte, 1));
}

static enum status PRINTF_LIKE(3, 0)
    buf_vprintf(struct ctx *cx, struct buf *b, const char *fmt, va_list args)
{
    enum status status;
    va_list again;

    va_copy(again, args);
    int wanted = vsnprintf(NULL, 0, fmt, args);
    if (wanted < 0) {
        FAIL(cx, STATUS_BUG, "text that cannot be formatted");
    }
    TRY(buf_reserve(cx, b, (size_t)wanted));
    TRY(buf_grow(cx, b, b->len + (size_t)wanted + 1)); /* vsnprintf writes a NUL */
    MUST(vsnprintf((char *)b->ptr + b->len, (size_t)wanted + 1, fmt, again) == wanted);
    b->len += (size_t)wanted;
out:
    va_end(again);
    return status;
}

enum status buf_printf(struct ctx *cx, struct buf *b, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    enum status status = buf_vprintf(cx, b, fmt, args);
    va_end(args);
    return status;
}

enum status buf_cstr(struct ctx *cx, struct buf *b, const char **ret)
{
    enum status status;
    size_t wanted;

    if (!add_size(b->len, 1, &wanted)) {
        FAIL(cx, STATUS_LIMIT, "longer than %zu bytes", b->max);
    }
    TRY(buf_grow(cx, b, wanted));
    b->ptr[b->len] = 0;
    *ret = (const char *)b->ptr;
out:
    return status;
}

enum status mem_new(struct ctx *cx, size_t count, size_t size, void **ret)
{
    size_t total;

    if (!mul_size(count, size, &total)) {
        return fault_set(cx, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    void *fresh = calloc(1, total == 0 ? 1 : total);
    if (fresh == NULL) {
        return fault_set(cx, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    *ret = fresh;
    return STATUS_OK;
}

enum status mem_grow(struct ctx *cx, void **array, size_t *cap, size_t need, size_t size)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (need <= *cap) {
        return STATUS_OK;
    }
    size_t larger = *cap == 0 ? 32 : *cap * 2;
    larger = larger < need ? need : larger;
    TRY(mem_new(cx, larger, size, &memory));
    if (*array != NULL) {
        memcpy(memory, *array, *cap * size);
        free(*array);
    }
    *array = memory;
    *cap = larger;
out:
    return status;
}
