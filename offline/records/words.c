/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: names of types, fields and roles as small numbers, so that an operation's row takes a few
 * bytes. Names of the schema are kept in memory; a stranger's unknown names only in the table.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

static size_t slot_of(const struct records *r, text name)
{
    uint32_t hash = 2166136261U; /* FNV-1a; the names are ours, nobody chooses collisions */
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t)name.ptr[i]) * 16777619U;
    }
    size_t at = hash & (r->word_cap - 1);
    while (r->words[at].id != 0 && !text_equal(r->words[at].name, name)) {
        at = (at + 1) & (r->word_cap - 1);
    }
    return at;
}

enum status word_id(struct ctx *cx, struct records *r, text name, int64_t *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    if (r->word_cap > 0) {
        size_t at = slot_of(r, name);
        if (r->words[at].id != 0) {
            *ret = r->words[at].id;
            return STATUS_OK;
        }
    }
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_WORD_ID, &s));
    stmt_bind_text(s, 1, name);
    TRY(stmt_step(cx, s, &row));
    if (row) {
        *ret = stmt_int(s, 0);
        goto out;
    }
    stmt_reset(s);
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_WORD_ADD, &s));
    stmt_bind_text(s, 1, name);
    TRY(stmt_run(cx, s));
    *ret = vault_last_rowid(r->vault);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status words_grow(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    struct word_slot *old = r->words;
    size_t old_cap = r->word_cap;
    size_t cap = old_cap == 0 ? 1024 : old_cap * 2;
    void *memory = NULL;

    TRY(mem_new(cx, cap, sizeof(*old), &memory));
    r->words = memory;
    r->word_cap = cap;
    for (size_t i = 0; i < old_cap; i++) {
        if (old[i].id != 0) {
            r->words[slot_of(r, old[i].name)] = old[i];
        }
    }
    free(old);
out:
    return status;
}

enum status word_keep(struct ctx *cx, struct records *r, text name, int64_t *ret)
{
    enum status status = STATUS_OK;
    bytes copy = {0};

    TRY(word_id(cx, r, name, ret));
    if (r->word_count * 2 >= r->word_cap) {
        TRY(words_grow(cx, r));
    }
    size_t at = slot_of(r, name);
    if (r->words[at].id == 0) {
        TRY(arena_copy(cx, &r->word_memory, BYTES(name.ptr, name.len), &copy));
        r->words[at].name = (text){.ptr = (const char *)copy.ptr, .len = copy.len};
        r->words[at].id = *ret;
        r->word_count++;
    }
out:
    return status;
}

enum status word_name(struct ctx *cx, struct records *r, int64_t id, struct buf *out)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_WORD_NAME, &s));
    stmt_bind_int(s, 1, id);
    TRY(stmt_step(cx, s, &row));
    if (row) {
        TRY(buf_add_text(cx, out, stmt_text(s, 0)));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}
