/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-compile: from the words of a guard to nodes in postfix order, by two explicit stacks (no
 * recursion: a prototype recursed without end under fuzzing). Types are checked here, so that a
 * mistake shows when the kit is written and not when somebody is refused.
 */
#include "l0-compile-int.h"

#include "limits.h"

#include <stdlib.h>
#include <string.h>

static void advance(struct compiler *c, bool operand)
{
    c->token = l0_token(c->source, &c->pos, operand);
}

static enum status emit(struct compiler *c, struct l0_node node, size_t at)
{
    enum status status = STATUS_OK;

    if (c->count == L0_NODES_MAX) {
        REFUSE(c, at, "a condition has at most %d parts", L0_NODES_MAX);
    }
    c->nodes[c->count++] = node;
out:
    return status;
}

static enum status push_known(struct compiler *c, struct known k)
{
    enum status status = STATUS_OK;

    if (c->value_count == L0_STACK_MAX) {
        REFUSE(c, k.at, "a condition nested too deep");
    }
    c->values[c->value_count++] = k;
out:
    return status;
}

/* ---- operators ----------------------------------------------------------------------------- */

static unsigned rank(enum l0_op op)
{
    switch (op) {
    case L0_OR:
        return 1;
    case L0_AND:
        return 2;
    case L0_NOT:
        return 3;
    case L0_EQ:
    case L0_NE:
    case L0_LT:
    case L0_LE:
    case L0_GT:
    case L0_GE:
    case L0_IN:
        return 4;
    case L0_ADD:
    case L0_SUB:
        return 5;
    case L0_MUL:
        return 6;
    default:
        return 0; /* an open parenthesis */
    }
}

static const struct {
    const char *word;
    enum l0_op op;
} infix[] = {
    {"or", L0_OR}, {"and", L0_AND}, {"=", L0_EQ},  {"!=", L0_NE}, {"<", L0_LT},  {"<=", L0_LE},
    {">", L0_GT},  {">=", L0_GE},   {"in", L0_IN}, {"+", L0_ADD}, {"-", L0_SUB}, {"*", L0_MUL},
};

/* 0 when the token is none. */
static enum l0_op infix_op(const struct token *t)
{
    for (size_t i = 0; i < sizeof infix / sizeof *infix; i++) {
        if (l0_token_is(t, infix[i].word)) {
            return infix[i].op;
        }
    }
    return (enum l0_op)0;
}

static enum status reduce_sum(struct compiler *c, enum l0_op op, struct known *a, struct known *b)
{
    enum status status = STATUS_OK;

    if (a->sort != SORT_INT || b->sort != SORT_INT) {
        const struct known *wrong = a->sort != SORT_INT ? a : b;
        REFUSE(c, wrong->at, "+ - * need numbers, not %s", l0_sort_name(wrong->sort));
    }
    if (op == L0_MUL) {
        a->scale += b->scale;
        if (a->scale > NUM_SCALE_MAX) {
            REFUSE(c, a->at, "a product with more than %d digits after the point", NUM_SCALE_MAX);
        }
    } else {
        TRY(l0_align_scales(c, a, b));
    }
    a->literal = NULL;
    a->f = NULL;
out:
    return status;
}

/* Takes the operator on top and its operands; leaves its result. */
static enum status reduce(struct compiler *c)
{
    enum status status = STATUS_OK;
    struct waiting w = c->ops[--c->op_count];
    struct known *b = &c->values[c->value_count - 1];
    struct known result = {.sort = SORT_BOOL, .at = b->at};

    if (w.op == L0_NOT) {
        TRY(l0_need_bool(c, b, "'not'"));
        TRY(emit(c, (struct l0_node){.op = L0_NOT}, w.at));
        *b = result;
        return STATUS_OK;
    }
    if (w.op == L0_AND || w.op == L0_OR) { /* the left side was taken when it was seen */
        TRY(l0_need_bool(c, b, w.op == L0_AND ? "'and'" : "'or'"));
        c->nodes[w.jump].n = (int64_t)c->count;
        *b = result;
        return STATUS_OK;
    }
    struct known *a = &c->values[c->value_count - 2];
    if (rank(w.op) == 4) {
        TRY(l0_check_comparable(c, a, b, w.op != L0_EQ && w.op != L0_NE));
        result.at = a->at;
        *a = result;
    } else {
        TRY(reduce_sum(c, w.op, a, b));
    }
    c->value_count--;
    TRY(emit(c, (struct l0_node){.op = w.op}, w.at));
out:
    return status;
}

static enum status push_op(struct compiler *c, enum l0_op op, size_t at)
{
    enum status status = STATUS_OK;

    if (c->op_count == L0_STACK_MAX) {
        REFUSE(c, at, "a condition nested too deep");
    }
    c->ops[c->op_count++] = (struct waiting){.op = op, .at = at, .jump = c->count};
out:
    return status;
}

static enum status take_list(struct compiler *c, size_t at);

/* An operator between two values. */
static enum status take_infix(struct compiler *c, enum l0_op op)
{
    enum status status = STATUS_OK;
    size_t at = c->token.at;

    while (c->op_count > 0 && rank(c->ops[c->op_count - 1].op) >= rank(op)) {
        TRY(reduce(c));
    }
    if (op == L0_IN) {
        return take_list(c, at);
    }
    TRY(push_op(c, op, at));
    if (op == L0_AND || op == L0_OR) {
        TRY(l0_need_bool(c, &c->values[c->value_count - 1], op == L0_AND ? "'and'" : "'or'"));
        c->value_count--;
        TRY(emit(c, (struct l0_node){.op = op}, at));
    }
    advance(c, true);
out:
    return status;
}

/* ---- operands ------------------------------------------------------------------------------ */

/* Copies a text constant into the pool, a doubled quote made single. Its bytes fit: each token of
 * the source is copied at most once. */
static text pool_text(struct compiler *c, text word)
{
    char *start = c->pool + c->pool_len;
    size_t len = 0;

    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'') {
            i++;
        }
        start[len++] = word.ptr[i];
    }
    c->pool_len += len;
    return (text){.ptr = start, .len = len};
}

/* The token as a constant; false when it is none. */
static bool constant_of(struct compiler *c, struct l0_node *ret_node, struct known *ret_known)
{
    const struct token *t = &c->token;
    struct known k = {.at = t->at};
    struct l0_node node;

    if (t->kind == TOKEN_NUMBER) {
        node = (struct l0_node){.op = L0_INT, .n = t->n};
        k.sort = SORT_INT;
        k.scale = t->scale;
    } else if (t->kind == TOKEN_TEXT) {
        node = (struct l0_node){.op = L0_TEXT, .s = pool_text(c, t->word)};
        k.sort = SORT_TEXT;
    } else if (l0_token_is(t, "true") || l0_token_is(t, "false")) {
        node = (struct l0_node){.op = L0_BOOL, .n = l0_token_is(t, "true") ? 1 : 0};
        k.sort = SORT_BOOL;
    } else if (l0_token_is(t, "null")) {
        node = (struct l0_node){.op = L0_NULL};
        k.sort = SORT_NULL;
    } else {
        return false;
    }
    *ret_node = node;
    *ret_known = k;
    return true;
}

static enum status unexpected(struct compiler *c, const char *expected)
{
    enum status status = STATUS_OK;

    if (c->token.kind == TOKEN_BAD) {
        REFUSE(c, c->token.at, "%s", c->token.why);
    }
    if (c->token.kind == TOKEN_END) {
        REFUSE(c, c->token.at, "expected %s, but the condition ends", expected);
    }
    REFUSE(c, c->token.at, "expected %s, found '%.*s'", expected, SHOW(c->token.word));
out:
    return status;
}

static enum status need_sign(struct compiler *c, const char *sign, const char *expected,
                             bool operand_next)
{
    if (!l0_token_is(&c->token, sign)) {
        return unexpected(c, expected);
    }
    advance(c, operand_next);
    return STATUS_OK;
}

/* [new.|old.]FIELD; the token behind it is current after. */
static enum status take_field(struct compiler *c, bool *ret_after, const struct field **ret)
{
    enum status status = STATUS_OK;
    text words[FIELDS_PER_TYPE_MAX];
    size_t count = 0;
    bool after = true;

    if (l0_token_is(&c->token, "new") || l0_token_is(&c->token, "old")) {
        after = l0_token_is(&c->token, "new");
        advance(c, false);
        TRY(need_sign(c, ".", "'.' and a field", false));
    }
    if (c->token.kind != TOKEN_NAME) {
        return unexpected(c, "a field");
    }
    *ret = type_field_exact(c->type, c->token.word);
    if (*ret == NULL) {
        for (size_t i = 0; i < c->type->field_count && count < FIELDS_PER_TYPE_MAX; i++) {
            words[count++] = c->type->fields[i].name;
        }
        text near = nearest_word(c->token.word, words, count);
        REFUSE(c, c->token.at, "no field '%.*s'%s%.*s%s", SHOW(c->token.word),
               near.len > 0 ? "; the nearest is '" : "", SHOW(near), near.len > 0 ? "'" : "");
    }
    *ret_after = after;
    advance(c, false);
out:
    return status;
}

static enum status take_value(struct compiler *c, size_t at)
{
    enum status status = STATUS_OK;
    const struct field *f = NULL;
    bool after = true;

    TRY(take_field(c, &after, &f));
    MUST(f != NULL);
    TRY(emit(c, (struct l0_node){.op = after ? L0_NEW : L0_OLD, .f = f}, at));
    TRY(push_known(c,
                   (struct known){.sort = l0_field_sort(f), .scale = f->scale, .f = f, .at = at}));
out:
    return status;
}

static const char *const functions[] = {"empty", "len", "changed", "is_me", "has_role"};

static enum status take_has_role(struct compiler *c, size_t at)
{
    enum status status = STATUS_OK;

    if (c->token.kind != TOKEN_TEXT) {
        return unexpected(c, "a role in quotes, has_role('editor')");
    }
    text role = pool_text(c, c->token.word);
    advance(c, false);
    TRY(emit(c, (struct l0_node){.op = L0_HAS_ROLE, .s = role}, at));
    TRY(push_known(c, (struct known){.sort = SORT_BOOL, .at = at}));
out:
    return status;
}

static enum status take_function(struct compiler *c, const char *name, size_t at)
{
    enum status status = STATUS_OK;
    const struct field *f = NULL;
    bool after = true;
    struct l0_node node = {0};
    struct known k = {.sort = SORT_BOOL, .at = at};

    advance(c, false);
    TRY(need_sign(c, "(", "'(' behind the function", false));
    if (strcmp(name, "has_role") == 0) {
        TRY(take_has_role(c, at));
        return need_sign(c, ")", "')'", false);
    }
    size_t field_at = c->token.at;
    TRY(take_field(c, &after, &f));
    if (strcmp(name, "empty") == 0) {
        node.op = after ? L0_EMPTY_NEW : L0_EMPTY_OLD;
    } else if (strcmp(name, "len") == 0) {
        if (l0_field_sort(f) != SORT_TEXT) {
            REFUSE(c, field_at, "len() needs a text, not %s", l0_sort_name(l0_field_sort(f)));
        }
        node.op = after ? L0_LEN_NEW : L0_LEN_OLD;
        k.sort = SORT_INT;
    } else if (strcmp(name, "changed") == 0) {
        node.op = L0_CHANGED;
    } else {
        if (f->kind != FIELD_WHO) {
            REFUSE(c, field_at, "is_me() needs a person, not %s", l0_sort_name(l0_field_sort(f)));
        }
        node.op = L0_IS_ME;
    }
    node.f = f;
    TRY(emit(c, node, at));
    TRY(push_known(c, k));
    TRY(need_sign(c, ")", "')'", false));
out:
    return status;
}

/* A value, a function, 'not' or '('. *ret_more: an operand is still expected. */
static enum status take_operand(struct compiler *c, bool *ret_more)
{
    enum status status = STATUS_OK;
    size_t at = c->token.at;
    struct l0_node node;
    struct known k;

    *ret_more = true;
    if (l0_token_is(&c->token, "not")) {
        TRY(push_op(c, L0_NOT, at));
        advance(c, true);
        return STATUS_OK;
    }
    if (l0_token_is(&c->token, "(")) {
        if (++c->depth > L0_DEPTH_MAX) {
            REFUSE(c, at, "more than %d parentheses open at once", L0_DEPTH_MAX);
        }
        TRY(push_op(c, (enum l0_op)0, at));
        advance(c, true);
        return STATUS_OK;
    }
    *ret_more = false;
    if (constant_of(c, &node, &k)) {
        TRY(emit(c, node, at));
        k.literal = &c->nodes[c->count - 1];
        TRY(push_known(c, k));
        advance(c, false);
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (l0_token_is(&c->token, functions[i])) {
            return take_function(c, functions[i], at);
        }
    }
    if (c->token.kind != TOKEN_NAME || infix_op(&c->token) != 0) {
        return unexpected(c, "a field, a value or a function");
    }
    TRY(take_value(c, at));
out:
    return status;
}

/* in [constant, …]: the current token is 'in'. */
static enum status take_list(struct compiler *c, size_t at)
{
    enum status status = STATUS_OK;
    struct known *left = &c->values[c->value_count - 1];
    size_t in = c->count;

    left->literal = NULL; /* every item is held against one and the same left side */

    TRY(emit(c, (struct l0_node){.op = L0_IN}, at));
    advance(c, false);
    TRY(need_sign(c, "[", "'['", true));
    for (;;) {
        struct l0_node node;
        struct known item;
        size_t item_at = c->token.at;
        if (!constant_of(c, &node, &item)) {
            return unexpected(c, "a value in the list");
        }
        TRY(emit(c, node, item_at));
        item.literal = &c->nodes[c->count - 1];
        TRY(l0_check_comparable(c, left, &item, false));
        advance(c, false);
        if (!l0_token_is(&c->token, ",")) {
            break;
        }
        advance(c, true);
    }
    TRY(need_sign(c, "]", "',' or ']'", false));
    c->nodes[in].n = (int64_t)(c->count - in - 1);
    *left = (struct known){.sort = SORT_BOOL, .at = left->at};
out:
    return status;
}

static enum status take_close(struct compiler *c)
{
    enum status status = STATUS_OK;

    while (c->op_count > 0 && c->ops[c->op_count - 1].op != 0) {
        TRY(reduce(c));
    }
    if (c->op_count == 0) {
        REFUSE(c, c->token.at, "a ')' without its '('");
    }
    c->op_count--;
    c->depth--;
    advance(c, false);
out:
    return status;
}

static enum status compile_all(struct compiler *c)
{
    enum status status = STATUS_OK;
    bool operand = true;

    advance(c, true);
    while (operand || c->token.kind != TOKEN_END) {
        if (operand) {
            TRY(take_operand(c, &operand));
        } else if (l0_token_is(&c->token, ")")) {
            TRY(take_close(c));
        } else if (infix_op(&c->token) != 0) {
            enum l0_op op = infix_op(&c->token);
            TRY(take_infix(c, op));
            operand = op != L0_IN;
        } else {
            return unexpected(c, "and, or, a comparison or the end");
        }
    }
    while (c->op_count > 0) {
        if (c->ops[c->op_count - 1].op == 0) {
            REFUSE(c, c->ops[c->op_count - 1].at, "a '(' without its ')'");
        }
        TRY(reduce(c));
    }
    MUST(c->value_count == 1);
    TRY(l0_need_bool(c, &c->values[0], "a condition"));
out:
    return status;
}

/* One owner for the predicate, its nodes and its texts. */
static enum status l0_make(struct compiler *c, struct l0 **ret)
{
    enum status status = STATUS_OK;
    void *p = NULL;
    void *nodes = NULL;

    TRY(mem_new(c->cx, 1, sizeof(struct l0), &p));
    TRY(mem_new(c->cx, c->count, sizeof(struct l0_node), &nodes));
    memcpy(nodes, c->nodes, c->count * sizeof(struct l0_node));
    struct l0 *made = p;
    *made = (struct l0){.nodes = nodes, .count = c->count, .pool = c->pool};
    c->pool = NULL;
    p = NULL;
    *ret = made;
out:
    free(p);
    return status;
}

enum status l0_compile_at(struct ctx *cx, text source, const struct record_type *t,
                          size_t *ret_offset, struct l0 **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    void *pool = NULL;
    struct compiler *c = NULL;

    if (source.len > L0_SOURCE_MAX) {
        *ret_offset = 0;
        FAIL(cx, STATUS_LIMIT, "a condition is at most %d bytes", L0_SOURCE_MAX);
    }
    TRY(mem_new(cx, 1, sizeof *c, &memory));
    TRY(mem_new(cx, source.len, 1, &pool));
    c = memory;
    c->cx = cx;
    c->source = source;
    c->type = t;
    c->ret_offset = ret_offset;
    c->pool = pool;
    pool = NULL;
    TRY(compile_all(c));
    TRY(l0_make(c, ret));
out:
    if (c != NULL) {
        free(c->pool);
    }
    free(pool);
    free(memory);
    return status;
}

enum status l0_compile(struct ctx *cx, text source, const struct record_type *t, struct l0 **ret)
{
    size_t offset = 0;
    enum status status = l0_compile_at(cx, source, t, &offset, ret);

    if (status == STATUS_MALFORMED) {
        fault_hint(cx, "at character %zu of the condition", offset + 1);
    }
    return status;
}

void l0_free(struct l0 **p)
{
    if (*p != NULL) {
        free((*p)->nodes);
        free((*p)->pool);
        free(*p);
        *p = NULL;
    }
}
