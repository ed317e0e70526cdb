/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-run: evaluates a predicate. One pass over the nodes, jumps only forward, whole numbers only,
 * so that every device on every build gives the same answer. Whatever goes wrong is a "no".
 */
#include "l0-int.h"

struct machine {
    const struct l0_world *world;
    struct value stack[L0_STACK_MAX];
    size_t height;
};

static void push(struct machine *m, struct value v)
{
    MUST(m->height < L0_STACK_MAX);
    m->stack[m->height++] = v;
}

static void push_bool(struct machine *m, bool b)
{
    push(m, (struct value){.kind = VALUE_BOOL, .n = b ? 1 : 0});
}

static struct value pop(struct machine *m)
{
    MUST(m->height > 0);
    return m->stack[--m->height];
}

static bool truth(const struct value *v)
{
    return v->kind == VALUE_BOOL && v->n != 0;
}

static struct value field_get(const struct machine *m, bool after, const struct field *f)
{
    struct value v = {.kind = VALUE_NULL};

    m->world->get(m->world->self, after, f, &v);
    return v;
}

static bool is_empty(const struct value *v)
{
    return v->kind == VALUE_NULL || (v->kind == VALUE_TEXT && v->s.len == 0);
}

static int64_t characters(const struct value *v)
{
    int64_t count = 0;

    if (v->kind != VALUE_TEXT) {
        return 0;
    }
    for (size_t i = 0; i < v->s.len; i++) {
        count += ((uint8_t)v->s.ptr[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

/* -1, 0, 1; false when the two cannot be ordered. */
static bool order_of(const struct value *a, const struct value *b, int *ret)
{
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == VALUE_INT) {
        *ret = (a->n > b->n) - (a->n < b->n);
        return true;
    }
    if (a->kind == VALUE_TEXT) {
        int order = bytes_compare(BYTES(a->s.ptr, a->s.len), BYTES(b->s.ptr, b->s.len));
        *ret = (order > 0) - (order < 0);
        return true;
    }
    return false;
}

static bool run_order(struct machine *m, enum l0_op op)
{
    struct value b = pop(m);
    struct value a = pop(m);
    int order;

    if (!order_of(&a, &b, &order)) {
        return false;
    }
    push_bool(m, (op == L0_LT && order < 0) || (op == L0_LE && order <= 0) ||
                     (op == L0_GT && order > 0) || (op == L0_GE && order >= 0));
    return true;
}

static bool run_sum(struct machine *m, enum l0_op op)
{
    struct value b = pop(m);
    struct value a = pop(m);
    struct value sum = {.kind = VALUE_INT};

    if (a.kind != VALUE_INT || b.kind != VALUE_INT) {
        return false;
    }
    bool fits = op == L0_MUL   ? mul_i64(a.n, b.n, &sum.n)
                : op == L0_ADD ? add_i64(a.n, b.n, &sum.n)
                               : b.n != INT64_MIN && add_i64(a.n, -b.n, &sum.n);
    if (fits) {
        push(m, sum);
    }
    return fits;
}

static struct value constant(const struct l0_node *node)
{
    switch (node->op) {
    case L0_BOOL:
        return (struct value){.kind = VALUE_BOOL, .n = node->n};
    case L0_INT:
        return (struct value){.kind = VALUE_INT, .n = node->n};
    case L0_TEXT:
        return (struct value){.kind = VALUE_TEXT, .s = node->s};
    default:
        return (struct value){.kind = VALUE_NULL};
    }
}

static void run_in(struct machine *m, const struct l0_node *node)
{
    struct value left = pop(m);
    bool found = false;

    for (int64_t i = 1; i <= node->n && !found; i++) {
        struct value item = constant(&node[i]);
        found = value_equal(&left, &item);
    }
    push_bool(m, found);
}

static void run_function(struct machine *m, const struct l0_node *node)
{
    bool after = node->op == L0_EMPTY_NEW || node->op == L0_LEN_NEW || node->op == L0_NEW;
    struct value v;

    if (node->op == L0_HAS_ROLE) {
        push_bool(m, m->world->has_role(m->world->self, node->s));
    } else if (node->op == L0_IS_ME) {
        push_bool(m, m->world->is_me(m->world->self, node->f));
    } else if (node->op == L0_CHANGED) {
        v = field_get(m, true, node->f);
        struct value old = field_get(m, false, node->f);
        push_bool(m, !value_equal(&v, &old));
    } else {
        v = field_get(m, after, node->f);
        if (node->op == L0_EMPTY_NEW || node->op == L0_EMPTY_OLD) {
            push_bool(m, is_empty(&v));
        } else if (node->op == L0_LEN_NEW || node->op == L0_LEN_OLD) {
            push(m, (struct value){.kind = VALUE_INT, .n = characters(&v)});
        } else if (v.kind == VALUE_NULL && node->f->kind == FIELD_FLAG) {
            push_bool(m, false); /* an unset flag is false */
        } else {
            push(m, v);
        }
    }
}

/* AND and OR: decides with the left side alone, or drops it and lets the right side answer. */
static size_t run_jump(struct machine *m, const struct l0_node *node, size_t next)
{
    struct value left = pop(m);

    if (truth(&left) == (node->op == L0_OR)) {
        push_bool(m, node->op == L0_OR);
        return (size_t)node->n;
    }
    return next;
}

/* One node; *next is moved by jumps and lists. False: the whole answer is no. */
static bool run_node(struct machine *m, const struct l0_node *node, size_t *next)
{
    struct value a;
    struct value b;

    switch (node->op) {
    case L0_NULL:
    case L0_BOOL:
    case L0_INT:
    case L0_TEXT:
        push(m, constant(node));
        return true;
    case L0_NEW:
    case L0_OLD:
    case L0_EMPTY_NEW:
    case L0_EMPTY_OLD:
    case L0_LEN_NEW:
    case L0_LEN_OLD:
    case L0_CHANGED:
    case L0_IS_ME:
    case L0_HAS_ROLE:
        run_function(m, node);
        return true;
    case L0_NOT:
        a = pop(m);
        push_bool(m, !truth(&a));
        return true;
    case L0_EQ:
    case L0_NE:
        b = pop(m);
        a = pop(m);
        push_bool(m, value_equal(&a, &b) == (node->op == L0_EQ));
        return true;
    case L0_LT:
    case L0_LE:
    case L0_GT:
    case L0_GE:
        return run_order(m, node->op);
    case L0_IN:
        run_in(m, node);
        *next += (size_t)node->n;
        return true;
    case L0_ADD:
    case L0_SUB:
    case L0_MUL:
        return run_sum(m, node->op);
    case L0_AND:
    case L0_OR:
        *next = run_jump(m, node, *next);
        return true;
    }
    return false;
}

bool l0_allows(const struct l0 *p, const struct l0_world *world)
{
    struct machine m;

    m.world = world;
    m.height = 0;
    for (size_t at = 0; at < p->count;) {
        size_t next = at + 1;
        if (!run_node(&m, &p->nodes[at], &next)) {
            return false;
        }
        MUST(next > at);
        at = next;
    }
    MUST(m.height == 1);
    struct value answer = pop(&m);
    return truth(&answer);
}
