/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: finding types and fields by the names people give, and the names a field may have.
 * A name that does not fit is answered with the nearest one that would.
 */
#include "schema-int.h"

#include "limits.h"

#include <string.h>

int schema_shown_len(text t)
{
    size_t len = t.len < SHOWN_MAX ? t.len : SHOWN_MAX;

    while (len > 0 && len < t.len && ((uint8_t)t.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return (int)len;
}

text schema_trim(text t)
{
    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t')) {
        t.ptr++;
        t.len--;
    }
    while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t')) {
        t.len--;
    }
    return t;
}

/* ---- names --------------------------------------------------------------------------------- */

/* Words of SQLite 3.15.2 that cannot stand unquoted as a column in a kit's SQL, sorted. */
static const char *const sql_words[] = {
    "abort",
    "add",
    "all",
    "alter",
    "analyze",
    "and",
    "as",
    "asc",
    "attach",
    "autoincrement",
    "begin",
    "between",
    "by",
    "cascade",
    "case",
    "cast",
    "check",
    "collate",
    "commit",
    "conflict",
    "constraint",
    "create",
    "cross",
    "current",
    "current_date",
    "current_time",
    "current_timestamp",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "detach",
    "distinct",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exclusive",
    "exists",
    "explain",
    "for",
    "foreign",
    "from",
    "full",
    "glob",
    "group",
    "having",
    "if",
    "immediate",
    "in",
    "index",
    "indexed",
    "inner",
    "insert",
    "instead",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "limit",
    "match",
    "natural",
    "not",
    "notnull",
    "null",
    "of",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "pragma",
    "primary",
    "raise",
    "recursive",
    "references",
    "regexp",
    "reindex",
    "rename",
    "replace",
    "restrict",
    "right",
    "rollback",
    "savepoint",
    "select",
    "set",
    "table",
    "temp",
    "temporary",
    "then",
    "to",
    "transaction",
    "union",
    "unique",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "virtual",
    "when",
    "where",
    "with",
    "without",
};
/* Columns the engine makes, and words the command line and L0 read for themselves. */
static const char *const own_words[] = {
    "changed", "changed_by", "conflicts", "created", "created_by", "deleted", "device",
    "empty",   "false",      "has_role",  "id",      "is_me",      "kit",     "len",
    "me",      "new",        "now",       "oid",     "old",        "record",  "rowid",
    "today",   "true",       "type",      "_rowid_",
};

static bool is_one_of(text name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(name, text_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static bool name_shape(text name)
{
    if (name.len == 0 || name.len > 31 || name.ptr[0] < 'a' || name.ptr[0] > 'z') {
        return false;
    }
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return true;
}

bool field_name_valid(text name, const char **ret_why)
{
    const char *why = NULL;

    if (!name_shape(name)) {
        why = "a name is a lower case letter, then letters, digits or _, at most 31";
    } else if (is_one_of(name, sql_words, sizeof sql_words / sizeof *sql_words)) {
        why = "this is a word of SQL";
    } else if (is_one_of(name, own_words, sizeof own_words / sizeof *own_words)) {
        why = "this name is taken by valise itself";
    }
    if (why != NULL && ret_why != NULL) {
        *ret_why = why;
    }
    return why == NULL;
}

const char *field_kind_name(enum field_kind kind)
{
    switch (kind) {
    case FIELD_LINE:
        return "line";
    case FIELD_DOC:
        return "doc";
    case FIELD_NUM:
        return "num";
    case FIELD_FLAG:
        return "flag";
    case FIELD_WHEN:
        return "when";
    case FIELD_CHOICE:
        return "choice";
    case FIELD_STATE:
        return "state";
    case FIELD_TAGS:
        return "tags";
    case FIELD_WHO:
        return "who";
    case FIELD_LOG:
        return "log";
    case FIELD_SECRET:
        return "secret";
    case FIELD_EXT:
        return "ext";
    }
    return "unknown";
}

const char *merge_rule_name(enum merge_rule merge)
{
    switch (merge) {
    case MERGE_LAST:
        return "last-wins";
    case MERGE_KEEP_ALL:
        return "keep-all";
    case MERGE_SUM:
        return "sum";
    case MERGE_MAX:
        return "max";
    case MERGE_MIN:
        return "min";
    case MERGE_TRUE_WINS:
        return "true-wins";
    case MERGE_RANK_MAX:
        return "rank-max";
    case MERGE_PRECEDENCE:
        return "precedence";
    case MERGE_SET:
        return "set";
    case MERGE_GROW:
        return "grow";
    case MERGE_THREE_WAY:
        return "three-way";
    }
    return "unknown";
}

/* ---- types --------------------------------------------------------------------------------- */

enum { TYPES_SHOWN_MAX = 256 };

static bool split_dot(text name, text *ret_kit, text *ret_type)
{
    const char *dot = name.len == 0 ? NULL : memchr(name.ptr, '.', name.len);

    if (dot == NULL) {
        return false;
    }
    size_t at = (size_t)(dot - name.ptr);
    *ret_kit = (text){.ptr = name.ptr, .len = at};
    *ret_type = (text){.ptr = name.ptr + at + 1, .len = name.len - at - 1};
    return true;
}

const struct record_type *schema_type_exact(const struct schema *s, text kit_dot_type)
{
    text kit;
    text type;

    if (!split_dot(kit_dot_type, &kit, &type)) {
        return NULL;
    }
    for (size_t k = 0; k < s->kit_count; k++) {
        if (!text_equal(s->kits[k]->name, kit)) {
            continue;
        }
        for (size_t t = 0; t < s->kits[k]->type_count; t++) {
            if (text_equal(s->kits[k]->types[t].name, type)) {
                return &s->kits[k]->types[t];
            }
        }
    }
    return NULL;
}

enum status type_name_write(struct ctx *cx, const struct record_type *t, struct buf *out)
{
    enum status status = STATUS_OK;

    TRY(buf_add_text(cx, out, t->kit));
    TRY(buf_add_byte(cx, out, '.'));
    TRY(buf_add_text(cx, out, t->name));
out:
    return status;
}

/* Types that the word fits: by its own name, or as the only type of a kit of that name. */
static size_t types_fitting(const struct schema *s, text word, const struct record_type **ret)
{
    size_t found = 0;

    for (size_t k = 0; k < s->kit_count; k++) {
        const struct kit *kit = s->kits[k];
        bool by_kit = text_equal(kit->name, word);
        for (size_t t = 0; t < kit->type_count; t++) {
            if (by_kit || text_equal(kit->types[t].name, word)) {
                found++;
                *ret = &kit->types[t];
            }
        }
    }
    return found;
}

/* Words a person could have given: "kit.type" and "type" of every type; owned by names. */
static enum status type_words(struct ctx *cx, const struct schema *s, struct buf *names,
                              text words[static TYPES_SHOWN_MAX], size_t *ret_count)
{
    enum status status = STATUS_OK;
    size_t ends[TYPES_SHOWN_MAX];
    size_t count = 0;

    for (size_t k = 0; k < s->kit_count; k++) {
        for (size_t t = 0; t < s->kits[k]->type_count; t++) {
            if (count + 2 > TYPES_SHOWN_MAX) {
                break;
            }
            TRY(type_name_write(cx, &s->kits[k]->types[t], names));
            ends[count++] = names->len;
            TRY(buf_add_text(cx, names, s->kits[k]->types[t].name));
            ends[count++] = names->len;
        }
    }
    for (size_t i = 0; i < count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        words[i] = (text){.ptr = (const char *)names->ptr + start, .len = ends[i] - start};
    }
    *ret_count = count;
out:
    return status;
}

static enum status type_not_found(struct ctx *cx, const struct schema *s, text name)
{
    enum status status = STATUS_OK;
    struct buf names;
    text words[TYPES_SHOWN_MAX];
    size_t count = 0;

    buf_init(&names, 64 * 1024);
    TRY(type_words(cx, s, &names, words, &count));
    text near = nearest_word(name, words, count);
    if (near.len == 0) {
        status = fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no record type '%.*s'",
                           SHOW(name));
        fault_hint(cx, "'valise kit list' shows the kits and their types");
        goto out;
    }
    status = fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                       "no record type '%.*s'; the nearest is '%.*s'", SHOW(name), SHOW(near));
out:
    buf_finish(&names);
    return status;
}

enum status schema_find_type(struct ctx *cx, const struct schema *s, text name,
                             const struct record_type **ret)
{
    const struct record_type *type = schema_type_exact(s, name);

    if (type != NULL) {
        *ret = type;
        return STATUS_OK;
    }
    size_t found = types_fitting(s, name, &type);
    if (found == 0) {
        return type_not_found(cx, s, name);
    }
    if (found > 1) {
        return fault_set(cx, STATUS_AMBIGUOUS, __FILE__, __LINE__,
                         "'%.*s' fits %zu record types, the last '%.*s.%.*s'; say KIT.TYPE",
                         SHOW(name), found, SHOW(type->kit), SHOW(type->name));
    }
    *ret = type;
    return STATUS_OK;
}

/* ---- fields -------------------------------------------------------------------------------- */

const struct field *type_field_exact(const struct record_type *t, text name)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (text_equal(t->fields[i].name, name)) {
            return &t->fields[i];
        }
    }
    return NULL;
}

const struct field *type_state_field(const struct record_type *t)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].kind == FIELD_STATE && !t->fields[i].retired) {
            return &t->fields[i];
        }
    }
    return NULL;
}

enum status type_find_field(struct ctx *cx, const struct record_type *t, text name,
                            const struct field **ret)
{
    text words[FIELDS_PER_TYPE_MAX];
    const struct field *field = type_field_exact(t, name);
    size_t count = 0;

    if (field != NULL) {
        *ret = field;
        return STATUS_OK;
    }
    for (size_t i = 0; i < t->field_count && count < FIELDS_PER_TYPE_MAX; i++) {
        if (!t->fields[i].retired) {
            words[count++] = t->fields[i].name;
        }
    }
    text near = nearest_word(name, words, count);
    if (near.len > 0) {
        return fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                         "'%.*s' has no field '%.*s'; the nearest is '%.*s'", SHOW(t->name),
                         SHOW(name), SHOW(near));
    }
    fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "'%.*s' has no field '%.*s'", SHOW(t->name),
              SHOW(name));
    fault_hint(cx, "'valise kit list' shows the fields of each type");
    return STATUS_NOT_FOUND;
}
