/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-int: the compiled form of an L0 predicate, shared by its compiler, encoder and evaluator.
 *
 * A predicate is a row of nodes in postfix order: a node takes its operands from a stack and
 * leaves one value. AND and OR jump forward over their right side, so a run visits each node at
 * most once and always ends. The numbers are part of signed kits: never renumber, only add.
 */
#ifndef L0_INT_H
#define L0_INT_H

#include "schema-int.h"

enum {
    L0_VERSION = 1,
    L0_NODES_MAX = 256,
    L0_DEPTH_MAX = 16, /* parentheses open at once */
    L0_STACK_MAX = 64, /* values, and operators waiting */
};

enum l0_op {
    L0_NULL = 1,
    L0_BOOL = 2, /* n */
    L0_INT = 3,  /* n, already scaled */
    L0_TEXT = 4, /* s */
    L0_NEW = 5,  /* f: value after the operation */
    L0_OLD = 6,  /* f: value before it */
    L0_EMPTY_NEW = 7,
    L0_EMPTY_OLD = 8,
    L0_LEN_NEW = 9, /* characters (code points) */
    L0_LEN_OLD = 10,
    L0_CHANGED = 11,
    L0_IS_ME = 12,
    L0_HAS_ROLE = 13, /* s */
    L0_NOT = 14,
    L0_EQ = 15,
    L0_NE = 16,
    L0_LT = 17,
    L0_LE = 18,
    L0_GT = 19,
    L0_GE = 20,
    L0_IN = 21, /* n constants follow it and are skipped */
    L0_ADD = 22,
    L0_SUB = 23,
    L0_MUL = 24,
    L0_AND = 25, /* n: node to go on from when the left side is false */
    L0_OR = 26,  /* n: the same when it is true */
};

struct l0_node {
    enum l0_op op;
    int64_t n;
    text s; /* in the pool of struct l0 */
    const struct field *f;
};

struct l0 {
    struct l0_node *nodes;
    size_t count;
    char *pool;
};

/* ---- l0-lex.c ------------------------------------------------------------------------------ */

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_SIGN, /* ( ) [ ] , . = != < <= > >= + - * */
    TOKEN_BAD,
};
struct token {
    enum token_kind kind;
    size_t at; /* byte in the source */
    text word; /* as written; of TOKEN_TEXT what stands between the quotes */
    int64_t n;
    uint32_t scale; /* digits after the point of a number */
    const char *why;
};
/* operand: a '-' before a digit belongs to the number. Moves *pos behind the token. */
struct token l0_token(text source, size_t *pos, bool operand);
bool l0_token_is(const struct token *t, const char *sign_or_name);

#endif
