/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: the one arena for keys. A mebibyte between two pages that may not be touched, locked in
 * memory so that it never reaches swap, left out of core dumps, wiped when anything is given back.
 *
 * One arena and not a mapping for each key, because locked memory is counted in whole pages and
 * the usual limit (8 MiB) would be used up by a few hundred keys.
 *
 * Invariants: a secret is a run of blocks: head, bytes, canary. Only its first block is marked in
 * `first`, all of them in `taken`. A broken canary or a pointer that is no secret ends the
 * process: going on would mean working with somebody else's keys.
 *
 * This is the only state of the process that a room keeps by itself; it is made once, before any
 * other work, and no two threads exist to fight over it.
 */
#include "base.h"

#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 1024 * 1024,
    BLOCK_BYTES = 64, /* a 32-byte key with head and canary is exactly one block */
    BLOCKS = ARENA_BYTES / BLOCK_BYTES,
    CANARY_BYTES = 16,
};

struct secret {
    size_t len;
    uint8_t reserved[8];
    uint8_t data[];
};
_Static_assert(sizeof(struct secret) + 32 + CANARY_BYTES == BLOCK_BYTES, "a key fills a block");

static struct {
    uint8_t *map; /* guard page, arena, guard page; NULL before the start */
    size_t map_len;
    uint8_t *base;
    uint8_t canary[CANARY_BYTES];
    uint8_t taken[BLOCKS]; /* 1: in use */
    uint8_t first[BLOCKS]; /* 1: a secret starts here */
    size_t next;           /* where the search begins */
} arena;

void wipe(void *ptr, size_t len)
{
    sodium_memzero(ptr, len);
}

void key_wipe(struct key *k)
{
    wipe(k->b, sizeof k->b);
}

enum status secret_arena_start(struct ctx *cx)
{
    enum status status = STATUS_OK;
    uint8_t *map = NULL;
    size_t map_len = 0;

    if (arena.map != NULL) {
        return STATUS_OK;
    }
    long page = sysconf(_SC_PAGESIZE);
    MUST(page > 0 && ARENA_BYTES % page == 0);
    map_len = ARENA_BYTES + 2 * (size_t)page;
    void *got = mmap(NULL, map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for the keys");
    }
    map = got;
    uint8_t *base = map + page;
    if (mprotect(base, ARENA_BYTES, PROT_READ | PROT_WRITE) != 0) {
        FAIL(cx, STATUS_UNSAFE, "the memory for keys cannot be fenced in");
    }
    if (madvise(base, ARENA_BYTES, MADV_DONTDUMP) != 0) {
        FAIL(cx, STATUS_UNSAFE, "the memory for keys cannot be kept out of core dumps");
    }
    if (mlock(base, ARENA_BYTES) != 0) {
        status = fault_set(cx, STATUS_UNSAFE, __FILE__, __LINE__,
                           "the memory for keys cannot be locked, keys could reach the swap");
        (void)fault_hint(cx, "raise the limit of locked memory to %d KiB or more (ulimit -l)",
                         ARENA_BYTES / 1024);
        goto out;
    }
    arena.base = base;
    arena.map_len = map_len;
    cx->system->random(cx->system->self, arena.canary, sizeof arena.canary);
    arena.map = map;
    map = NULL;
out:
    if (map != NULL) {
        (void)munmap(map, map_len);
    }
    return status;
}

void secret_arena_stop(void)
{
    if (arena.map == NULL) {
        return;
    }
    wipe(arena.base, ARENA_BYTES);
    MUST(munmap(arena.map, arena.map_len) == 0);
    wipe(&arena, sizeof arena);
}

static size_t blocks_for(size_t len)
{
    return (sizeof(struct secret) + len + CANARY_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

/* First free run of `count` blocks in [from, to), or BLOCKS when there is none. */
static size_t arena_find(size_t from, size_t to, size_t count)
{
    size_t run = 0;

    for (size_t i = from; i < to; i++) {
        run = arena.taken[i] ? 0 : run + 1;
        if (run == count) {
            return i + 1 - count;
        }
    }
    return BLOCKS;
}

enum status secret_new(struct ctx *cx, size_t len, struct secret **ret)
{
    enum status status;
    size_t count;
    size_t at;

    if (len > SECRET_BYTES_MAX) {
        FAIL(cx, STATUS_LIMIT, "a secret over %d bytes", (int)SECRET_BYTES_MAX);
    }
    TRY(secret_arena_start(cx));
    count = blocks_for(len);
    at = arena_find(arena.next, BLOCKS, count);
    if (at == BLOCKS) {
        at = arena_find(0, BLOCKS, count);
    }
    if (at == BLOCKS) {
        FAIL(cx, STATUS_NO_MEMORY, "the memory for keys is full");
    }
    memset(arena.taken + at, 1, count);
    arena.first[at] = 1;
    arena.next = at + count;
    struct secret *s = (struct secret *)(void *)(arena.base + at * BLOCK_BYTES);
    s->len = len;
    memcpy(s->data + len, arena.canary, CANARY_BYTES);
    *ret = s;
out:
    return status;
}

enum status secret_copy(struct ctx *cx, bytes from, struct secret **ret)
{
    enum status status;
    struct secret *s = NULL;

    TRY(secret_new(cx, from.len, &s));
    if (from.len > 0) {
        memcpy(s->data, from.ptr, from.len);
    }
    *ret = s;
out:
    return status;
}

/* The block a secret starts at; ends the process when it is none or was overrun. */
static size_t secret_block(const struct secret *s)
{
    uintptr_t offset = (uintptr_t)s - (uintptr_t)arena.base;

    MUST(arena.map != NULL && offset < ARENA_BYTES && offset % BLOCK_BYTES == 0);
    MUST(arena.first[offset / BLOCK_BYTES] == 1);
    MUST(s->len <= SECRET_BYTES_MAX);
    MUST(sodium_memcmp(s->data + s->len, arena.canary, CANARY_BYTES) == 0);
    return offset / BLOCK_BYTES;
}

void secret_free(struct secret **s)
{
    if (*s == NULL) {
        return;
    }
    size_t at = secret_block(*s);
    size_t count = blocks_for((*s)->len);
    wipe(*s, count * BLOCK_BYTES);
    memset(arena.taken + at, 0, count);
    arena.first[at] = 0;
    arena.next = at < arena.next ? at : arena.next;
    *s = NULL;
}

uint8_t *secret_ptr(struct secret *s)
{
    (void)secret_block(s);
    return s->data;
}

bytes secret_view(const struct secret *s)
{
    (void)secret_block(s);
    return BYTES(s->data, s->len);
}
