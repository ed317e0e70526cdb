/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-memory: the memory of one kit. Everything of a kit lives and dies together, and other rooms
 * borrow from it, so nothing that was taken may ever move.
 */
#include "kit-int.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };

struct kit_block {
    struct kit_block *next;
    size_t used, size;
    _Alignas(max_align_t) uint8_t data[];
};

static enum status block_add(struct ctx *cx, struct kit_memory *m, size_t bytes_wanted)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    size_t size = bytes_wanted > BLOCK_BYTES ? bytes_wanted : BLOCK_BYTES;

    TRY(mem_new(cx, 1, sizeof(struct kit_block) + size, &memory));
    struct kit_block *block = memory;
    block->next = m->blocks;
    block->size = size;
    m->blocks = block;
out:
    return status;
}

enum status kit_memory_take(struct ctx *cx, struct kit_memory *m, size_t count, size_t size,
                            void **ret)
{
    enum status status = STATUS_OK;
    size_t wanted;
    size_t align = _Alignof(max_align_t);

    if (!mul_size(count, size, &wanted) || wanted > SIZE_MAX / 2) {
        FAIL(cx, STATUS_NO_MEMORY, "out of memory");
    }
    wanted = (wanted + align - 1) / align * align;
    if (m->blocks == NULL || m->blocks->size - m->blocks->used < wanted) {
        TRY(block_add(cx, m, wanted));
    }
    *ret = m->blocks->data + m->blocks->used;
    m->blocks->used += wanted;
out:
    return status;
}

enum status kit_memory_text(struct ctx *cx, struct kit_memory *m, text t, text *ret)
{
    enum status status = STATUS_OK;
    void *copy = NULL;

    if (t.len == 0) {
        *ret = (text){0};
        return STATUS_OK;
    }
    TRY(kit_memory_take(cx, m, t.len, 1, &copy));
    memcpy(copy, t.ptr, t.len);
    *ret = (text){.ptr = copy, .len = t.len};
out:
    return status;
}

void kit_memory_finish(struct kit_memory *m)
{
    while (m->blocks != NULL) {
        struct kit_block *next = m->blocks->next;
        free(m->blocks);
        m->blocks = next;
    }
}
