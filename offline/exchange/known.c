/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known: which rows are here already, so that a file can be imported again and again. A row equals
 * a record when all its mapped fields do, secrets too; logs and ext do not count, and where a row
 * leaves empty what the kit fills in by itself, that value counts.
 */
#include "exchange-int.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = 16, SAME_HASH_MAX = 64 };

struct known_entry {
    uint8_t hash[HASH_BYTES];
    int64_t record; /* 0 = free: no record has this key */
};

struct known_set {
    struct known_entry *slots;
    size_t cap, count;                        /* cap is a power of two */
    uint8_t key[crypto_generichash_KEYBYTES]; /* random: nobody can choose rows that collide */
    /* columns that are compared in the open, and those compared after */
    size_t plain[FIELDS_PER_TYPE_MAX];
    size_t plain_count;
    size_t secret[FIELDS_PER_TYPE_MAX];
    size_t secret_count;
    text presets[COLUMNS_MAX]; /* what an empty cell becomes */
    struct buf preset_memory;
};

/* ---- keys ---------------------------------------------------------------------------------- */

static void hash_start(const struct known_set *k, crypto_generichash_state *state)
{
    MUST(crypto_generichash_init(state, k->key, sizeof k->key, HASH_BYTES) == 0);
}

static void hash_text(crypto_generichash_state *state, text t)
{
    uint8_t len[8];

    put_u64le(len, t.len);
    MUST(crypto_generichash_update(state, len, sizeof len) == 0);
    if (t.len > 0) {
        MUST(crypto_generichash_update(state, (const uint8_t *)t.ptr, t.len) == 0);
    }
}

/* The slot at *at, which moves on; the set is never full, so a search ends at a free one. */
static struct known_entry *slot_next(const struct known_set *k, size_t *at)
{
    *at &= k->cap - 1;
    return &k->slots[(*at)++];
}

static size_t slot_start(const uint8_t *hash)
{
    return (size_t)get_u64le(hash);
}

static void set_put(struct known_set *k, const struct known_entry *e)
{
    size_t at = slot_start(e->hash);
    struct known_entry *slot = slot_next(k, &at);

    while (slot->record != 0) {
        slot = slot_next(k, &at);
    }
    *slot = *e;
    k->count++;
}

static enum status set_grow(struct ctx *cx, struct known_set *k)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct known_set before = *k;

    TRY(mem_new(cx, before.cap == 0 ? 1024 : before.cap * 2, sizeof *k->slots, &memory));
    k->slots = memory;
    k->cap = before.cap == 0 ? 1024 : before.cap * 2;
    k->count = 0;
    for (size_t i = 0; i < before.cap; i++) {
        if (before.slots[i].record != 0) {
            set_put(k, &before.slots[i]);
        }
    }
    free(before.slots);
out:
    return status;
}

/* ---- the records that are here ------------------------------------------------------------- */

static enum status set_take_row(void *self, struct ctx *cx, const struct listing_row *row)
{
    enum status status = STATUS_OK;
    struct known_set *k = self;
    struct known_entry e = {.record = row->record};
    crypto_generichash_state state;

    hash_start(k, &state);
    for (size_t i = 0; i < k->plain_count; i++) {
        hash_text(&state, row->cells[i]);
    }
    MUST(crypto_generichash_final(&state, e.hash, sizeof e.hash) == 0);
    if (2 * (k->count + 1) > k->cap) {
        TRY(set_grow(cx, k));
    }
    set_put(k, &e);
out:
    return status;
}

static enum status set_fill(struct ctx *cx, const struct import_plan *p, struct known_set *k)
{
    text columns[FIELDS_PER_TYPE_MAX];
    const struct view view = {.columns = columns, .column_count = k->plain_count};
    const struct listing listing = {.type = p->type, .view = &view};

    for (size_t i = 0; i < k->plain_count; i++) {
        columns[i] = p->fields[k->plain[i]]->name;
    }
    return records_list(cx, p->records, &listing, NULL, set_take_row, k);
}

/* ---- what counts --------------------------------------------------------------------------- */

static bool preset_moves(const struct field *f)
{
    return text_equal(f->preset, TEXT("today")) || text_equal(f->preset, TEXT("now")) ||
           text_equal(f->preset, TEXT("me"));
}

static bool has_empty_cell(const struct import_plan *p, size_t column)
{
    for (size_t row = 0; row < p->sheet.row_count; row++) {
        if (sheet_cell(&p->sheet, row, column).len == 0) {
            return true;
        }
    }
    return false;
}

/* The text an empty cell of this field is stored as. */
static enum status preset_find(struct ctx *cx, struct known_set *k, const struct field *f,
                               struct cell *ret)
{
    enum status status = STATUS_OK;
    struct buf scratch;
    struct value v;
    size_t at = k->preset_memory.len;

    buf_init(&scratch, MIB);
    TRY(value_parse(cx, f, f->preset, &scratch, &v));
    TRY(value_format(cx, f, &v, &k->preset_memory));
    *ret = (struct cell){.at = (uint32_t)at, .len = (uint32_t)(k->preset_memory.len - at)};
out:
    buf_finish(&scratch);
    return status;
}

static enum status columns_choose(struct ctx *cx, const struct import_plan *p, struct known_set *k)
{
    enum status status = STATUS_OK;
    struct cell presets[COLUMNS_MAX] = {{0}};

    for (size_t i = 0; i < p->sheet.column_count; i++) {
        const struct field *f = p->fields[i];
        if (f == NULL || f->kind == FIELD_LOG || f->kind == FIELD_EXT) {
            continue;
        }
        if (f->kind == FIELD_SECRET) {
            k->secret[k->secret_count++] = i;
            continue;
        }
        if (preset_moves(f) && has_empty_cell(p, i)) {
            continue; /* it was another day then */
        }
        k->plain[k->plain_count++] = i;
        if (f->kind == FIELD_STATE && f->choice_count > 0) {
            k->presets[i] = f->choices[0];
        } else if (f->preset.len > 0 && f->kind != FIELD_TAGS && !preset_moves(f)) {
            TRY(preset_find(cx, k, f, &presets[i]));
        }
    }
    for (size_t i = 0; i < p->sheet.column_count; i++) {
        if (presets[i].len > 0) {
            k->presets[i] = (text){.ptr = (const char *)k->preset_memory.ptr + presets[i].at,
                                   .len = presets[i].len};
        }
    }
out:
    return status;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The cell as the engine would show it: nothing for a name that is kept in ext. */
static text cell_stored(const struct import_plan *p, const struct known_set *k, size_t row,
                        size_t column)
{
    text cell = sheet_cell(&p->sheet, row, column);

    if (p->fields[column]->kind == FIELD_WHO && member_named(p, cell) == NULL) {
        return (text){0};
    }
    return cell.len == 0 ? k->presets[column] : cell;
}

static enum status secrets_equal(struct ctx *cx, const struct import_plan *p,
                                 const struct known_set *k, size_t row, int64_t record, bool *ret)
{
    enum status status = STATUS_OK;
    struct buf stored;
    bool empty;

    buf_init(&stored, MIB);
    *ret = true;
    for (size_t i = 0; i < k->secret_count && *ret; i++) {
        text cell = sheet_cell(&p->sheet, row, k->secret[i]);
        buf_clear(&stored);
        TRY(record_field_text(cx, p->records, record, p->fields[k->secret[i]], true, &stored,
                              &empty));
        *ret = stored.len == cell.len &&
               (cell.len == 0 || sodium_memcmp(stored.ptr, cell.ptr, cell.len) == 0);
    }
out:
    buf_finish(&stored);
    return status;
}

static enum status row_known(struct ctx *cx, const struct import_plan *p, const struct known_set *k,
                             size_t row, bool *ret)
{
    enum status status = STATUS_OK;
    uint8_t hash[HASH_BYTES];
    crypto_generichash_state state;

    hash_start(k, &state);
    for (size_t i = 0; i < k->plain_count; i++) {
        hash_text(&state, cell_stored(p, k, row, k->plain[i]));
    }
    MUST(crypto_generichash_final(&state, hash, sizeof hash) == 0);
    size_t at = slot_start(hash);
    size_t tried = 0;
    *ret = false;
    for (const struct known_entry *e = slot_next(k, &at);
         e->record != 0 && !*ret && tried < SAME_HASH_MAX; e = slot_next(k, &at)) {
        if (memcmp(e->hash, hash, sizeof hash) == 0) {
            tried++;
            TRY(secrets_equal(cx, p, k, row, e->record, ret));
        }
    }
out:
    return status;
}

enum status known_find(struct ctx *cx, struct import_plan *p)
{
    enum status status = STATUS_OK;
    struct known_set *k = NULL;
    void *memory = NULL;
    bool known;

    TRY(mem_new(cx, 1, sizeof *k, &memory));
    k = memory;
    buf_init(&k->preset_memory, MIB);
    cx->system->random(cx->system->self, k->key, sizeof k->key);
    TRY(columns_choose(cx, p, k));
    if (k->plain_count == 0) {
        goto out; /* nothing to know them by */
    }
    TRY(set_grow(cx, k));
    TRY(set_fill(cx, p, k));
    for (size_t row = 0; row < p->sheet.row_count; row++) {
        if (p->row_states[row] != ROW_NEW) {
            continue;
        }
        TRY(row_known(cx, p, k, row, &known));
        if (known) {
            p->row_states[row] = ROW_KNOWN;
            p->known++;
        }
    }
out:
    if (k != NULL) {
        free(k->slots);
        buf_finish(&k->preset_memory);
    }
    free(memory);
    return status;
}
