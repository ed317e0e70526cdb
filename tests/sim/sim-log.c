/* SPDX-License-Identifier: Apache-2.0 */
/* See sim-log.h. */
#include "sim-log.h"

#include <stdlib.h>
#include <string.h>

uint32_t book_device(const struct book *b, const struct id *id)
{
    for (uint32_t i = 0; i < b->device_count; i++) {
        if (id_equal(&b->devices[i].id, id)) {
            return i;
        }
    }
    return LOG_DEVICES_MAX;
}

static uint32_t device_add_once(struct book *b, const struct id *id)
{
    uint32_t at = book_device(b, id);
    if (at == LOG_DEVICES_MAX) {
        MUST(b->device_count < LOG_DEVICES_MAX);
        at = (uint32_t)b->device_count++;
        b->devices[at] = (struct book_device){.id = *id};
    }
    return at;
}

bool book_knows(const struct line *l, uint32_t device, uint64_t seq)
{
    return device < LOG_DEVICES_MAX && l->past[device] >= seq;
}

const struct line *book_line(const struct book *b, const struct id *id)
{
    for (size_t i = 0; i < b->count; i++) {
        if (id_equal(&b->lines[i].id, id)) {
            return &b->lines[i];
        }
    }
    return NULL;
}

/* [AUTH-10] What the entry before knew, overwritten by what this one names. */
static void past_of(struct book *b, struct line *l)
{
    struct entry_dep dep;
    size_t pos = 0;
    const struct line *before = book_line(b, &l->h.prev);

    if (before != NULL) {
        memcpy(l->past, before->past, sizeof l->past);
    }
    while (entry_dep_next(l->h.deps, &pos, &dep)) {
        l->past[device_add_once(b, &dep.device)] = (uint32_t)dep.seq;
    }
    l->past[l->device] = (uint32_t)l->h.seq;
}

static void op_add(struct book *b, const struct said_op *one)
{
    if (b->op_count == b->op_cap) {
        b->op_cap = b->op_cap == 0 ? 256 : 2 * b->op_cap;
        b->ops = realloc(b->ops, b->op_cap * sizeof *b->ops);
        MUST(b->ops != NULL);
    }
    b->ops[b->op_count++] = *one;
}

static void read_ops(struct ctx *cx, struct book *b, uint32_t number)
{
    const struct line *l = &b->lines[number];
    struct body_reader body;
    bytes op;

    if (body_read_start(cx, buf_view(&l->plain), &body) != STATUS_OK) {
        fault_clear(cx); /* not a list of operations: it has no effect [AUTH-15] */
        return;
    }
    for (uint64_t i = 0; body_read_next(&body, &op); i++) {
        struct said_op one = {.line = number, .index = i};
        if (charter_op_parse(cx, op, &one.op) == STATUS_OK) {
            op_add(b, &one);
        }
        fault_clear(cx);
    }
    (void)!body_read_done(cx, &body);
    fault_clear(cx);
}

static void read_line(struct actor *a, struct book *b, int64_t key)
{
    const struct team *t = sim_team(a);
    struct ctx *cx = a->desk.cx;
    struct line *l = &b->lines[b->count];
    struct log_row row;

    log_row_init(&row);
    buf_init(&l->header, 1 << 20);
    buf_init(&l->plain, BODY_PLAIN_MAX);
    check_ok(cx, log_row_load(cx, sim_team(a), key, &row));
    check_ok(cx, buf_add(cx, &l->header, buf_view(&row.header)));
    check_ok(cx, entry_header_parse(cx, buf_view(&l->header), &l->h));
    l->id = row.id;
    l->key = key;
    l->counts = row.counts && row.state != ENTRY_REFUSED;
    l->device = device_add_once(b, &l->h.device);
    l->control = memcmp(l->h.compartment, t->control, COMPARTMENT_BYTES) == 0;
    past_of(b, l);
    const struct epoch *e = epoch_by_id(t, &l->h.epoch);
    l->readable = e != NULL && e->key != NULL &&
                  body_open(cx, secret_key(e->key), &t->id, &l->h, buf_view(&row.body),
                            &l->plain) == STATUS_OK;
    fault_clear(cx);
    log_row_finish(&row);
    if (l->control && l->readable) {
        read_ops(cx, b, (uint32_t)b->count);
    }
    b->count++;
}

/* Whose device: the root key of the first LINK that is read. */
static void read_links(struct sim *s, struct actor *a, struct book *b)
{
    const struct team *t = sim_team(a);
    (void)s;
    for (size_t i = 0; i < b->op_count; i++) {
        const struct link *l = &b->ops[i].op.u.link;
        struct id id;
        if (b->ops[i].op.verb != CHARTER_LINK) {
            continue;
        }
        device_id(l->sign_pk, l->box_pk, l->root_pk, &id);
        struct book_device *d = &b->devices[device_add_once(b, &id)];
        if (id_is_zero(&d->member)) {
            member_id(l->root_pk, &d->member);
            d->link = b->ops[i].line;
        }
    }
    for (size_t i = 0; i < t->lanes.count; i++) {
        const struct device *lane = t->lanes.at[i];
        if (lane->parent != NULL) {
            b->devices[device_add_once(b, &lane->pub.id)].forked = true;
        }
    }
}

void book_read(struct sim *s, struct actor *a, struct book *ret)
{
    struct log_order order = {0};

    *ret = (struct book){0};
    check_ok(a->desk.cx, log_order_load(a->desk.cx, sim_team(a), PICK_ALL, &order));
    ret->lines = calloc(order.count + 1, sizeof *ret->lines);
    MUST(ret->lines != NULL);
    for (size_t i = 0; i < order.count; i++) {
        read_line(a, ret, order.items[i].key);
    }
    read_links(s, a, ret);
    log_order_finish(&order);
}

void book_finish(struct book *b)
{
    for (size_t i = 0; i < b->count; i++) {
        buf_finish(&b->lines[i].header);
        buf_finish(&b->lines[i].plain);
    }
    free(b->lines);
    free(b->ops);
}
