/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is used once: the nonce of every body, piece and seal's ephemeral key, and the one-time key
 * of a piece, wherever it is found: in every log, and on every stick the moment it was packed, what
 * a machine wrote before it died included.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 16384, NAMES_MAX = 16384, NAME_BYTES = 16 };

struct sealed_piece {
    uint8_t tag[32], nonce[24];
    struct id hash;
    const struct actor *by;
};

struct once {
    struct sealed_piece pieces[PIECES_MAX];
    size_t piece_count;
    char names[NAMES_MAX][NAME_BYTES]; /* files looked at already */
    size_t name_count;
};

void once_start(struct sim *s)
{
    s->once = calloc(1, sizeof *s->once);
    MUST(s->once != NULL);
}

void once_finish(struct sim *s)
{
    free(s->once);
}

void once_ignore(struct sim *s, const char *name)
{
    struct once *o = s->once;
    MUST(o->name_count < NAMES_MAX);
    snprintf(o->names[o->name_count++], NAME_BYTES, "%s", name);
}

static bool looked_at(const struct once *o, const char *name)
{
    for (size_t i = 0; i < o->name_count; i++) {
        if (strcmp(o->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The same piece may be written twice: a run that was interrupted goes on with it. A machine that
 * was put back to an older copy of itself makes the same one-time key again; then the nonce is what
 * keeps the two apart. */
static void judge_piece(struct sim *s, const struct sealed_piece *p)
{
    struct once *o = s->once;
    for (size_t i = 0; i < o->piece_count; i++) {
        const struct sealed_piece *q = &o->pieces[i];
        if (id_equal(&q->hash, &p->hash)) {
            continue;
        }
        SIM_MUST(s, memcmp(q->nonce, p->nonce, sizeof p->nonce) != 0,
                 "%s used the nonce of a piece of %s again", p->by->name, q->by->name);
        SIM_MUST(s, p->by->copied || q->by->copied || memcmp(q->tag, p->tag, sizeof p->tag) != 0,
                 "%s used the one-time key of a piece of %s again", p->by->name, q->by->name);
    }
    MUST(o->piece_count < PIECES_MAX);
    o->pieces[o->piece_count++] = *p;
}

void once_stick(struct sim *s, struct actor *by, const char *folder)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        size_t len = 0;
        if (e->d_type != DT_REG || strlen(e->d_name) != 12 || looked_at(s->once, e->d_name)) {
            continue;
        }
        uint8_t *content = scratch_load(scratch_path(folder, e->d_name), &len);
        if (piece_size_valid(len)) {
            struct sealed_piece p = {.by = by};
            memcpy(p.tag, content, sizeof p.tag);
            memcpy(p.nonce, content + sizeof p.tag, sizeof p.nonce);
            piece_hash(BYTES(content, len), p.hash.b);
            judge_piece(s, &p);
            taint_medium(s, BYTES(content, len));
        }
        once_ignore(s, e->d_name);
        free(content);
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

/* ---- in the logs ---- */

/* A value that may stand in one place only, and the place. */
struct single {
    uint8_t value[32];
    struct id place;
};
struct singles {
    struct single *at;
    size_t count, cap;
};

static void add(struct singles *l, bytes value, const struct id *place)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 1024 : 2 * l->cap;
        l->at = realloc(l->at, l->cap * sizeof *l->at);
        MUST(l->at != NULL);
    }
    struct single *one = &l->at[l->count++];
    memset(one, 0, sizeof *one);
    memcpy(one->value, value.ptr, value.len);
    one->place = *place;
}

static int order_singles(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct single));
}

static void no_value_twice(struct sim *s, struct singles *l, const char *what)
{
    if (l->count > 0) {
        qsort(l->at, l->count, sizeof *l->at, order_singles);
    }
    for (size_t i = 1; i < l->count; i++) {
        SIM_MUST(s,
                 memcmp(l->at[i - 1].value, l->at[i].value, sizeof l->at[i].value) != 0 ||
                     id_equal(&l->at[i - 1].place, &l->at[i].place),
                 "%s was used twice", what);
    }
    free(l->at);
}

static void collect_bodies(struct actor *a, struct singles *l)
{
    struct log_order order = {0};
    struct log_row row;

    log_row_init(&row);
    check_ok(a->desk.cx, log_order_load(a->desk.cx, sim_team(a), PICK_ALL, &order));
    for (size_t i = 0; i < order.count; i++) {
        check_ok(a->desk.cx, log_row_load(a->desk.cx, sim_team(a), order.items[i].key, &row));
        MUST(row.body.len >= 24);
        add(l, BYTES(row.body.ptr, 24), &row.id);
    }
    log_row_finish(&row);
    log_order_finish(&order);
}

static void collect_keys(struct actor *a, struct singles *l)
{
    const struct team *t = sim_team(a);
    for (size_t i = 0; i < t->epochs.count; i++) {
        const struct epoch *e = t->epochs.at[i];
        if (e->key != NULL) {
            add(l, secret_view(e->key), &e->id);
        }
    }
}

void once_oracle(struct sim *s)
{
    struct singles bodies = {0}, keys = {0};
    for (size_t i = 0; i < s->count; i++) {
        collect_bodies(&s->actors[i], &bodies);
        collect_keys(&s->actors[i], &keys);
    }
    no_value_twice(s, &bodies, "the nonce of a body");
    no_value_twice(s, &keys, "the key of an epoch");
}
