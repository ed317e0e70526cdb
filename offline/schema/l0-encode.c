/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-encode: the canonical bytes of a predicate, for the signed kit: two sources that mean the
 * same (blanks, parentheses) give the same bytes. [version, [[op, argument], …]].
 */
#include "l0-int.h"

static void node_write(struct wire_writer *w, const struct l0_node *node)
{
    switch (node->op) {
    case L0_NULL:
    case L0_NOT:
    case L0_EQ:
    case L0_NE:
    case L0_LT:
    case L0_LE:
    case L0_GT:
    case L0_GE:
    case L0_ADD:
    case L0_SUB:
    case L0_MUL:
        wire_put_array(w, 1);
        wire_put_uint(w, (uint64_t)node->op);
        return;
    case L0_BOOL:
    case L0_INT:
    case L0_IN:
    case L0_AND:
    case L0_OR:
        wire_put_array(w, 2);
        wire_put_uint(w, (uint64_t)node->op);
        wire_put_int(w, node->n);
        return;
    case L0_TEXT:
    case L0_HAS_ROLE:
        wire_put_array(w, 2);
        wire_put_uint(w, (uint64_t)node->op);
        wire_put_text(w, node->s);
        return;
    case L0_NEW:
    case L0_OLD:
    case L0_EMPTY_NEW:
    case L0_EMPTY_OLD:
    case L0_LEN_NEW:
    case L0_LEN_OLD:
    case L0_CHANGED:
    case L0_IS_ME:
        wire_put_array(w, 2);
        wire_put_uint(w, (uint64_t)node->op);
        wire_put_text(w, node->f->name);
        return;
    }
}

enum status l0_encode(struct ctx *cx, const struct l0 *p, struct buf *out)
{
    struct wire_writer w;

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 2);
    wire_put_uint(&w, L0_VERSION);
    wire_put_array(&w, p->count);
    for (size_t i = 0; i < p->count; i++) {
        node_write(&w, &p->nodes[i]);
    }
    return wire_writer_done(&w);
}
