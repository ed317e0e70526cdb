/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-int: what the files of the kits room share: the memory of a kit, the statements and words of
 * a kit file, the state of its parser.
 */
#ifndef KIT_INT_H
#define KIT_INT_H

#include "kits.h"

#include "limits.h"

enum {
    KIT_PROBLEMS_MAX = 50,
    KIT_LIST_MAX = 128,  /* choices, columns, roles, arrows of one list */
    KIT_STATES_MAX = 64, /* the records room finds its way among so many */
    KIT_TRANSITIONS_MAX = 128,
    KIT_VIEWS_MAX = 32,
};

/* For "%.*s" of a text in a message: cut to what a message can hold, at a character. */
int kit_shown_len(text t);
#define KIT_SHOW(t) kit_shown_len(t), ((t).len == 0 ? "" : (t).ptr)

/* ---- kit-memory.c -------------------------------------------------------------------------- */

/* Blocks that are freed together; what is taken never moves. */
struct kit_block;
struct kit_memory {
    struct kit_block *blocks;
};
enum status kit_memory_take(struct ctx *cx, struct kit_memory *m, size_t count, size_t size,
                            void **ret) MUST_USE; /* zeroed */
enum status kit_memory_text(struct ctx *cx, struct kit_memory *m, text t, text *ret) MUST_USE;
void kit_memory_finish(struct kit_memory *m);

struct kit_owner {
    struct kit kit;
    struct kit_memory memory;
    struct l0 **guards; /* freed one by one */
    size_t guard_count;
};

/* ---- kit-lex.c ----------------------------------------------------------------------------- */

enum kit_token_kind { KIT_END, KIT_WORD, KIT_TEXT, KIT_SIGN, KIT_BAD };
struct kit_token {
    enum kit_token_kind kind;
    size_t at;  /* byte in the file */
    size_t end; /* behind it */
    text word;  /* of a text without its quotes */
};
/* A line that begins a statement with the deeper lines that carry it on. */
struct kit_statement {
    size_t start, end; /* bytes in the file, blanks at both ends left out */
    bool margin;       /* stands at the left margin */
};

struct kit_parser {
    struct ctx *cx;
    bytes file;
    text file_name;
    void (*problem)(void *self, const struct kit_problem *p);
    void *self;
    size_t problem_count;
    char first[FAULT_TEXT_MAX];
    struct kit_owner *owner;
    size_t next_line; /* where the next statement is looked for */
    struct kit_statement statement;
    size_t pos; /* in the statement */
    struct kit_token token;

    struct record_type *types; /* TYPES_PER_KIT_MAX and a spare, moved at the end */
    size_t type_count;
    bool has_kit;
    /* the type being read; places are for messages at its end */
    struct record_type *type;
    size_t type_at;
    struct field fields[FIELDS_PER_TYPE_MAX];
    size_t field_at[FIELDS_PER_TYPE_MAX];
    size_t preset_at[FIELDS_PER_TYPE_MAX];
    size_t field_count;
    struct transition transitions[KIT_TRANSITIONS_MAX];
    size_t transition_at[KIT_TRANSITIONS_MAX];
    size_t guard_at[KIT_TRANSITIONS_MAX];
    size_t transition_count;
    struct view views[KIT_VIEWS_MAX];
    struct kit_view_places {
        size_t at, columns, where, order, group;
    } view_at[KIT_VIEWS_MAX];
    size_t view_count;
    size_t title_at;
    struct kit_arrow {
        text from, to;
    } arrows[KIT_LIST_MAX]; /* of the state field's list */
    size_t arrow_count;
};

bool kit_next_statement(struct kit_parser *p); /* false at the end; the first token is current */
void kit_advance(struct kit_parser *p);
bool kit_is(const struct kit_parser *p, const char *word_or_sign);
bool kit_take(struct kit_parser *p, const char *word_or_sign); /* advances when it is current */
/* Text from the current token to the end of the statement, or to a word of `stops` that stands
 * outside quotes and parentheses; line feeds become blanks. Advances behind it. */
text kit_take_raw(struct kit_parser *p, const char *const *stops, size_t stop_count,
                  size_t *ret_at);
bool kit_full(const struct kit_parser *p); /* enough problems were reported */
/* Reports one problem at a byte of the file. */
void kit_problem(struct kit_parser *p, size_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "expected WHAT, found 'x'" at the current token. */
void kit_expected(struct kit_parser *p, const char *what);
/* "no WHAT 'x'; the nearest is 'y'" at `at`. */
void kit_unknown(struct kit_parser *p, size_t at, const char *what, text word, const text *words,
                 size_t count);
/* Puts what a lower room said into the report and clears the fault; memory faults are returned. */
enum status kit_blame(struct kit_parser *p, size_t at, enum status status) MUST_USE;

/* A list of words parted by `sign`; false after a problem. *ret_list in the kit's memory. */
enum status kit_take_words(struct kit_parser *p, const char *sign, const char *what,
                           const text **ret_list, size_t *ret_count, bool *ret_good) MUST_USE;
/* A label in quotes if one is there, else made from the name: check_by -> "Check by". */
enum status kit_take_label(struct kit_parser *p, text name, text *ret) MUST_USE;
enum status kit_keep(struct kit_parser *p, text t, text *ret) MUST_USE;
bool kit_name_good(text name); /* [a-z][a-z0-9_]{0,30} */

/* ---- one file for each kind of statement --------------------------------------------------- */

bool kit_field_kind(text word, enum field_kind *ret);
enum status kit_field(struct kit_parser *p, enum field_kind kind) MUST_USE;
enum status kit_fields_end(struct kit_parser *p) MUST_USE; /* presets */
enum status kit_state_list(struct kit_parser *p, struct field *f) MUST_USE;
enum status kit_transition(struct kit_parser *p) MUST_USE;
enum status kit_workflow_end(struct kit_parser *p) MUST_USE; /* arrows, states, guards */
enum status kit_view(struct kit_parser *p) MUST_USE;
enum status kit_views_end(struct kit_parser *p) MUST_USE; /* columns, groups, SQL */
/* Checks a view's SQL against the type: names, functions, parameters; writes out rank(field). */
enum status kit_sql(struct kit_parser *p, const struct record_type *t, text sql, size_t at,
                    bool order, text *ret) MUST_USE;
/* Fields of the type being read that are not retired; words has FIELDS_PER_TYPE_MAX places. */
size_t kit_field_words(const struct record_type *t, text *words);

#endif
