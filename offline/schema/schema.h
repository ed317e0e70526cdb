/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: the door. What a record type is: fields with their merge rules, workflow, views, as data
 * that a kit file describes; values, their text form and checks; and L0, the small frozen language
 * that decides validity. Pure: no I/O, no clock, no database.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "base.h"
#include "wire.h"

enum field_kind {
    FIELD_LINE,
    FIELD_DOC,
    FIELD_NUM,
    FIELD_FLAG,
    FIELD_WHEN,
    FIELD_CHOICE,
    FIELD_STATE,
    FIELD_TAGS,
    FIELD_WHO,
    FIELD_LOG,
    FIELD_SECRET,
    FIELD_EXT, /* what an import brought that we do not model: kept and written back */
};
enum merge_rule {
    MERGE_LAST,     /* last writer wins, the loser is shown as a conflict */
    MERGE_KEEP_ALL, /* every concurrent value stays until a person chooses */
    MERGE_SUM,
    MERGE_MAX,
    MERGE_MIN,
    MERGE_TRUE_WINS,
    MERGE_RANK_MAX,   /* choice: the later in the list wins */
    MERGE_PRECEDENCE, /* state: the earlier in the precedence list wins, else conflict */
    MERGE_SET,        /* tags: add wins over a concurrent remove of another add */
    MERGE_GROW,       /* log */
    MERGE_THREE_WAY,  /* doc: clean three-way merge, else conflict */
};
enum when_kind { WHEN_DATE, WHEN_INSTANT, WHEN_FLOATING };
struct l0; /* compiled predicate */

struct field {
    text name; /* [a-z][a-z0-9_]{0,30}, unique in its type; never an SQL keyword of ours */
    text label;
    enum field_kind kind;
    enum merge_rule merge;
    bool required, index, find, hidden, retired;
    uint32_t scale; /* num: decimal digits after the point */
    text unit;      /* num */
    enum when_kind when;
    const text *choices; /* choice: from low to high rank; state: all states, initial first */
    size_t choice_count;
    const text *precedence; /* state */
    size_t precedence_count;
    text preset;     /* default in text form; "today", "now", "me" allowed; empty = none */
    text secret_use; /* secret: "password", "totp", "text" */
};
struct transition {
    text name, label;
    const text *from;
    size_t from_count; /* empty = any */
    text to;
    const text *roles;
    size_t role_count;      /* empty = whoever may VERB_MOVE */
    const struct l0 *guard; /* or NULL */
    text guard_source;
    bool not_self; /* not by the record's creator */
};
enum view_kind { VIEW_LIST, VIEW_BOARD, VIEW_QUEUE };
struct view {
    text name; /* word for the command line */
    text label;
    enum view_kind kind;
    const text *columns;
    size_t column_count;
    text where; /* SQL condition over the wide table, or empty */
    text order; /* SQL order terms, or empty */
    text group; /* board: a choice, state or who field */
};
struct record_type {
    text kit, name, label; /* "tickets", "ticket" */
    uint32_t version;
    const struct field *fields;
    size_t field_count;
    const struct transition *transitions;
    size_t transition_count;
    const struct view *views;
    size_t view_count;
    text title_field; /* shown as the record's name */
};
struct kit {
    text name, label, purpose;
    uint32_t version;
    const struct record_type *types;
    size_t type_count;
};
/* All kits of a vault; owner in the kits room. */
struct schema {
    const struct kit *const *kits;
    size_t kit_count;
};
/* "kit.type", or "type"/"kit" when unique. NOT_FOUND names the nearest word. */
enum status schema_find_type(struct ctx *cx, const struct schema *s, text name,
                             const struct record_type **ret) MUST_USE;
const struct record_type *schema_type_exact(const struct schema *s,
                                            text kit_dot_type); /* or NULL */
enum status type_find_field(struct ctx *cx, const struct record_type *t, text name,
                            const struct field **ret) MUST_USE; /* nearest word in the error */
const struct field *type_field_exact(const struct record_type *t, text name); /* or NULL */
/* A name that can be a column of a wide table: [a-z][a-z0-9_]{0,30}, neither a word of SQL or L0
 * nor a column the engine makes itself. *ret_why (or NULL) says what is wrong, a literal. */
bool field_name_valid(text name, const char **ret_why);
const char *field_kind_name(enum field_kind kind);                 /* "line" */
const char *merge_rule_name(enum merge_rule merge);                /* "last-wins" */
const struct field *type_state_field(const struct record_type *t); /* or NULL */
/* "kit.type" into out. */
enum status type_name_write(struct ctx *cx, const struct record_type *t, struct buf *out) MUST_USE;

/* ---- values -------------------------------------------------------------------------------- */

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_BOOL, VALUE_TEXT, VALUE_BYTES };
struct value {
    enum value_kind kind;
    int64_t n; /* VALUE_INT (num: scaled), VALUE_BOOL */
    text s;    /* VALUE_TEXT; borrowed */
    bytes b;   /* VALUE_BYTES (who: member id, 32 bytes); borrowed */
};
/* Stored form by kind: line doc choice state secret ext tag log -> TEXT; num -> INT; flag -> BOOL;
 * when -> TEXT "2026-11-24", "2026-11-24T10:00:00Z", "2026-11-24T10:00"; who -> BYTES member id.
 * An empty value is VALUE_NULL, never an empty text. A tag is one tag: no comma, no blank at its
 * ends. Only doc, log, secret and ext hold line feeds; only secret and ext hold carriage returns;
 * NUL nowhere. */
enum {
    LOG_LINE_BYTES_MAX = 16 * 1024,
    SECRET_LINE_BYTES_MAX = 4 * 1024,  /* secret used as password or totp */
    SECRET_TEXT_BYTES_MAX = 64 * 1024, /* secret used as text */
};
/* Checks kind, limits, choice list, calendar; one canonical form. The messages never repeat a
 * secret's value. */
enum status value_check(struct ctx *cx, const struct field *f, const struct value *v) MUST_USE;
/* From a person's or a file's words. Accepts forgiving input (dates as 24.11.2026 or 11/24/2026 are
 * refused with the expected form; "yes/no/true/false/1/0"; 1,234.50 refused when ambiguous). who is
 * left to the caller: it needs the member list. *ret borrows from `in`, from f, or from scratch
 * (then valid until scratch grows). Empty = NULL. Blanks around line, doc, log and secret stay. */
enum status value_parse(struct ctx *cx, const struct field *f, text in, struct buf *scratch,
                        struct value *ret) MUST_USE;
/* For people and files; who comes as hex: the caller has the names. Not escaped: goes through
 * escape_*. */
enum status value_format(struct ctx *cx, const struct field *f, const struct value *v,
                         struct buf *out) MUST_USE;
enum status value_write(struct wire_writer *w, const struct value *v) MUST_USE;
void value_read(struct wire_reader *r, struct value *ret); /* latches; any wire scalar */
bool value_equal(const struct value *a, const struct value *b);

/* ---- L0 ------------------------------------------------------------------------------------ */

/* null bool int64 string; and or not; = != < <= > >=; in [..]; + - * (overflow = deny);
 * empty(x) len(x) changed(field) has_role('r') is_me(field) ; old.FIELD new.FIELD (FIELD = new).
 * Bounded: 256 nodes, depth 16. Evaluation cannot fail to end; an error is a "no". */
enum { L0_SOURCE_MAX = 1024 };
/* An operation of a wrong type is found here: when it compiles, only null and overflow can still go
 * wrong. = and != know null; everything else with a null is a "no", but an unset flag reads as
 * false. Numbers are scaled as their field is; dates compare in time; choices only with = != in.
 * The result borrows field pointers of t, which must outlive it. */
enum status l0_compile(struct ctx *cx, text source, const struct record_type *t,
                       struct l0 **ret) MUST_USE;
/* The same, and where in the source it went wrong (byte, from 0; set only on failure). */
enum status l0_compile_at(struct ctx *cx, text source, const struct record_type *t,
                          size_t *ret_offset, struct l0 **ret) MUST_USE;
void l0_free(struct l0 **p);
enum status l0_encode(struct ctx *cx, const struct l0 *p, struct buf *out) MUST_USE; /* canonical */
struct l0_world {
    /* current value of a field before / after the operation; VALUE_NULL when empty */
    void (*get)(void *self, bool after, const struct field *f, struct value *ret);
    bool (*has_role)(void *self, text role);
    bool (*is_me)(void *self, const struct field *f);
    void *self;
};
bool l0_allows(const struct l0 *p, const struct l0_world *world);

/* Nearest of `count` words to `word` by edit distance (<= 1/2 of its length), or empty. */
text nearest_word(text word, const text *words, size_t count);

/* Three-way merge by lines; *ret_clean false leaves conflict markers out and gives neither:
 * the caller keeps both. Deterministic, the same for (a, b) and (b, a). Changes that touch each
 * other are a conflict unless they are equal. Bounded by DOC_BYTES_MAX, 32,768 lines a text and
 * 2,048 changed lines a side (beyond any of them: not clean). All devices must agree on the
 * result, so none of these numbers may ever change. */
enum status merge_three_way(struct ctx *cx, text base, text a, text b, struct buf *out,
                            bool *ret_clean) MUST_USE;

#endif
