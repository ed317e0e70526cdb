/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-compile-int: the state of the L0 compiler, shared by its grammar and its type rules.
 */
#ifndef L0_COMPILE_INT_H
#define L0_COMPILE_INT_H

#include "l0-int.h"

enum sort {
    SORT_NULL,
    SORT_BOOL,
    SORT_INT,
    SORT_TEXT,
    SORT_WHEN,
    SORT_CHOICE,
    SORT_WHO,
    SORT_CLOSED
};

/* What is known of a value on the stack before anything runs. */
struct known {
    enum sort sort;
    uint32_t scale;
    const struct field *f;   /* WHEN, CHOICE and what comes straight from a field */
    struct l0_node *literal; /* not NULL: this value is the constant of that node */
    size_t at;
};

struct waiting {
    enum l0_op op; /* 0 = an open parenthesis */
    size_t at;
    size_t jump; /* AND, OR: their node */
};

struct compiler {
    struct ctx *cx;
    text source;
    const struct record_type *type;
    size_t pos;
    struct token token;
    size_t *ret_offset;
    struct l0_node nodes[L0_NODES_MAX];
    size_t count;
    struct known values[L0_STACK_MAX];
    size_t value_count;
    struct waiting ops[L0_STACK_MAX];
    size_t op_count;
    size_t depth;
    char *pool;
    size_t pool_len;
};

#define REFUSE(c, where, ...)                                                                      \
    do {                                                                                           \
        *(c)->ret_offset = (where);                                                                \
        FAIL((c)->cx, STATUS_MALFORMED, __VA_ARGS__);                                              \
    } while (0)

enum sort l0_field_sort(const struct field *f);
const char *l0_sort_name(enum sort sort); /* "a number" */
/* Brings two numbers to one scale; only a constant can be moved. */
enum status l0_align_scales(struct compiler *c, struct known *a, struct known *b) MUST_USE;
/* Refuses what cannot be held against each other; ordered for < <= > >=. */
enum status l0_check_comparable(struct compiler *c, struct known *a, struct known *b,
                                bool ordered) MUST_USE;
enum status l0_need_bool(struct compiler *c, const struct known *k, const char *what) MUST_USE;

#endif
