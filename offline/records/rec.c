/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rec: the operations of one record in memory, in the total order, with the memory they take.
 * One struct rec is used again and again, so that merging a hundred thousand records allocates
 * about as often as merging one.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

enum { ARENA_BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, cap;
    uint8_t at[];
};

enum status arena_take(struct ctx *cx, struct arena *a, size_t len, uint8_t **ret)
{
    size_t need = (len + 15) & ~(size_t)15; /* what follows stays aligned */
    struct arena_block *b = a->current;

    while (b != NULL && b->cap - b->used < need) {
        b = b->next;
        if (b != NULL) {
            b->used = 0;
        }
    }
    if (b == NULL) {
        size_t cap = need > ARENA_BLOCK ? need : ARENA_BLOCK;
        void *memory = NULL;
        enum status status = mem_new(cx, 1, sizeof(*b) + cap, &memory);
        if (status != STATUS_OK) {
            return status;
        }
        b = memory;
        b->cap = cap;
        if (a->current == NULL) {
            a->first = b;
        } else {
            b->next = a->current->next;
            a->current->next = b;
        }
    }
    a->current = b;
    *ret = b->at + b->used;
    b->used += need;
    return STATUS_OK;
}

enum status arena_copy(struct ctx *cx, struct arena *a, bytes from, bytes *ret)
{
    enum status status = STATUS_OK;
    uint8_t *to = NULL;

    TRY(arena_take(cx, a, from.len, &to));
    if (from.len > 0) {
        memcpy(to, from.ptr, from.len);
    }
    *ret = BYTES(to, from.len);
out:
    return status;
}

/* Keeps one block; the rest held secrets and documents and goes, wiped. */
void arena_reset(struct arena *a)
{
    struct arena_block *b = a->first;
    if (b == NULL) {
        return;
    }
    struct arena_block *rest = b->next;
    wipe(b->at, b->used);
    b->used = 0;
    b->next = NULL;
    a->current = b;
    while (rest != NULL) {
        struct arena_block *next = rest->next;
        wipe(rest->at, rest->used);
        free(rest);
        rest = next;
    }
    if (b->cap > ARENA_BLOCK) {
        free(b);
        a->first = NULL;
        a->current = NULL;
    }
}

void arena_finish(struct arena *a)
{
    arena_reset(a);
    free(a->first);
    a->first = NULL;
    a->current = NULL;
}

void rec_reset(struct rec *rec, int64_t key)
{
    rec->key = key;
    rec->table = NULL;
    rec->op_count = 0;
    rec->judged = 0;
    rec->sorted = 0;
    rec->cell_count = 0;
    rec->base_count = 0;
    memset(rec->first, 0xff, sizeof(rec->first)); /* CELL_NONE */
    memset(rec->last, 0xff, sizeof(rec->last));
    arena_reset(&rec->arena);
}

void rec_finish(struct rec *rec)
{
    free(rec->ops);
    free(rec->by_key);
    free(rec->cells);
    free(rec->bases);
    free(rec->live);
    arena_finish(&rec->arena);
    memset(rec, 0, sizeof(*rec));
}

enum status rec_append(struct ctx *cx, struct rec *rec, const struct op *op)
{
    enum status status = STATUS_OK;

    TRY(MEM_GROW(cx, rec->ops, rec->op_cap, rec->op_count + 1));
    struct op *o = &rec->ops[rec->op_count];
    *o = *op;
    TRY(arena_copy(cx, &rec->arena, op->base, &o->base));
    TRY(arena_copy(cx, &rec->arena, op->value, &o->value));
    rec->op_count++;
out:
    return status;
}

static enum status load_row(struct ctx *cx, struct rec *rec, struct stmt *s)
{
    int64_t fate = stmt_int(s, 7);
    struct op op = {
        .key = stmt_int(s, 0),
        .record = stmt_int(s, 1),
        .verb = (enum op_verb)stmt_int(s, 2),
        .field = stmt_int(s, 3),
        .lamport = stmt_int(s, 4),
        .time = stmt_int(s, 5),
        .standing = stmt_int(s, 6),
        .fate = (enum fate)fate,
        .stored_fate = (enum fate)fate,
        .base = stmt_bytes(s, 8),
        .value = stmt_bytes(s, 9),
        .late = stmt_int(s, 10) != 0,
    };
    return rec_append(cx, rec, &op);
}

static enum status load_rows(struct ctx *cx, struct rec *rec, enum stmt_id id)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, rec->r->vault, id, &s));
    stmt_bind_int(s, 1, rec->key);
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        TRY(load_row(cx, rec, s));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static bool op_before(struct records *r, const struct op *a, const struct op *b)
{
    if ((a->verb == OP_CREATE) != (b->verb == OP_CREATE)) {
        return a->verb == OP_CREATE;
    }
    return op_order(r, a->key, a->lamport, b->key, b->lamport) < 0;
}

/* Heap sort: in place, no recursion, no state outside, and never quadratic. */
static void sift(struct rec *rec, size_t root, size_t end)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= end) {
            return;
        }
        if (child + 1 < end && op_before(rec->r, &rec->ops[child], &rec->ops[child + 1])) {
            child++;
        }
        if (!op_before(rec->r, &rec->ops[root], &rec->ops[child])) {
            return;
        }
        struct op swap = rec->ops[root];
        rec->ops[root] = rec->ops[child];
        rec->ops[child] = swap;
        root = child;
    }
}

static void sort_ops(struct rec *rec)
{
    size_t n = rec->op_count;
    bool sorted = true;

    for (size_t i = 1; i < n && sorted; i++) {
        sorted = op_before(rec->r, &rec->ops[i - 1], &rec->ops[i]);
    }
    if (sorted) {
        return;
    }
    for (size_t i = n / 2; i > 0; i--) {
        sift(rec, i - 1, n);
    }
    for (size_t end = n; end > 1; end--) {
        struct op swap = rec->ops[0];
        rec->ops[0] = rec->ops[end - 1];
        rec->ops[end - 1] = swap;
        sift(rec, 0, end - 1);
    }
}

/* Decides anew what the kit alone decides; long values come and go one by one. */
static enum status recheck_ops(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < rec->op_count; i++) {
        struct op *op = &rec->ops[i];
        bool late = op->late;
        if (op->fate == FATE_VOID) {
            continue;
        }
        TRY(op_value_fetch(cx, rec, op));
        TRY(check_alone(cx, rec->r, rec->table, op, &op->fate));
        if (late) {
            op->late = true;
            op->value = (bytes){0};
        }
    }
out:
    return status;
}

enum status rec_load(struct ctx *cx, struct rec *rec, int64_t record, bool recheck)
{
    enum status status = STATUS_OK;

    rec_reset(rec, record);
    TRY(load_rows(cx, rec, STMT_RECORDS_OP_CREATE));
    if (rec->op_count > 0) {
        rec->table = table_by_word(rec->r, rec->ops[0].field);
    }
    TRY(load_rows(cx, rec, STMT_RECORDS_OP_LOAD));
    sort_ops(rec);
    for (size_t i = 0; i < rec->op_count; i++) { /* came before the record or its kit did */
        recheck |= rec->ops[i].fate == FATE_RECORD || rec->ops[i].fate == FATE_TYPE;
    }
    if (recheck && rec->table != NULL) {
        TRY(recheck_ops(cx, rec));
    }
out:
    return status;
}

bool rec_alive(const struct rec *rec)
{
    return rec->table != NULL && rec->judged > 0 && rec->ops[0].verb == OP_CREATE &&
           rec->ops[0].fate == FATE_APPLIED;
}

struct key_sort {
    int64_t key;
    uint32_t op;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key_sort *x = a, *y = b;
    return x->key == y->key ? 0 : x->key < y->key ? -1 : 1;
}

static enum status sort_by_key(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;
    struct key_sort *keys = NULL;
    void *memory = NULL;

    TRY(mem_new(cx, rec->op_count, sizeof(*keys), &memory));
    keys = memory;
    TRY(MEM_GROW(cx, rec->by_key, rec->by_key_cap, rec->op_count));
    for (size_t i = 0; i < rec->op_count; i++) {
        keys[i] = (struct key_sort){.key = rec->ops[i].key, .op = (uint32_t)i};
    }
    qsort(keys, rec->op_count, sizeof(*keys), compare_keys);
    for (size_t i = 0; i < rec->op_count; i++) {
        rec->by_key[i] = keys[i].op;
    }
    rec->sorted = rec->op_count;
out:
    free(keys);
    return status;
}

enum status rec_find_op(struct ctx *cx, struct rec *rec, int64_t key, uint32_t *ret)
{
    enum { FEW = 24 };
    enum status status = STATUS_OK;

    *ret = CELL_NONE;
    size_t unsorted = rec->op_count - rec->sorted;
    if (unsorted > FEW) {
        TRY(sort_by_key(cx, rec));
        unsorted = 0;
    }
    for (size_t i = rec->op_count; i > rec->op_count - unsorted; i--) {
        if (rec->ops[i - 1].key == key) {
            *ret = (uint32_t)(i - 1);
            goto out;
        }
    }
    size_t low = 0, high = rec->sorted;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rec->ops[rec->by_key[middle]].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < rec->sorted && rec->ops[rec->by_key[low]].key == key) {
        *ret = rec->by_key[low];
    }
out:
    return status;
}

enum status op_value_fetch(struct ctx *cx, struct rec *rec, struct op *op)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    if (!op->late) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, rec->r->vault, STMT_RECORDS_OP_VALUE, &s));
    stmt_bind_int(s, 1, op->key);
    TRY(stmt_step(cx, s, &row));
    if (!row) {
        FAIL(cx, STATUS_INTEGRITY, "an operation vanished from the table");
    }
    TRY(arena_copy(cx, &rec->arena, stmt_bytes(s, 0), &op->value));
    op->late = false;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

bool value_decode(bytes encoded, struct value *ret)
{
    struct wire_reader r;
    wire_reader_init(&r, encoded);
    value_read(&r, ret);
    return r.status == STATUS_OK && r.pos == r.end;
}

enum status cell_value(struct ctx *cx, struct rec *rec, uint32_t cell, struct value *ret)
{
    enum status status = STATUS_OK;
    struct cell *c = &rec->cells[cell];

    if (c->value.ptr == NULL) {
        struct op *op = &rec->ops[c->op];
        TRY(op_value_fetch(cx, rec, op));
        c->value = op->value;
    }
    if (!value_decode(c->value, ret)) {
        FAIL(cx, STATUS_INTEGRITY, "a stored value is not as it was written");
    }
out:
    return status;
}

enum status cell_add(struct ctx *cx, struct rec *rec, uint32_t op, size_t field, bytes value,
                     bool gives, uint32_t *ret)
{
    enum status status = STATUS_OK;

    TRY(MEM_GROW(cx, rec->cells, rec->cell_cap, rec->cell_count + 1));
    uint32_t at = (uint32_t)rec->cell_count++;
    rec->cells[at] = (struct cell){
        .op = op,
        .field = (uint32_t)field,
        .next = CELL_NONE,
        .base_at = (uint32_t)rec->base_count,
        .gives = gives,
        .value = value,
    };
    if (rec->first[field] == CELL_NONE) {
        rec->first[field] = at;
    } else {
        rec->cells[rec->last[field]].next = at;
    }
    rec->last[field] = at;
    *ret = at;
out:
    return status;
}

enum status base_add(struct ctx *cx, struct rec *rec, uint32_t cell, uint32_t base)
{
    enum status status = STATUS_OK;

    /* cells get their bases before the next cell is made, so that they stand together */
    MUST(rec->cells[cell].base_at + rec->cells[cell].base_count == rec->base_count);
    TRY(MEM_GROW(cx, rec->bases, rec->base_cap, rec->base_count + 1));
    rec->bases[rec->base_count++] = base;
    rec->cells[cell].base_count++;
out:
    return status;
}
