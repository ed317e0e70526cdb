/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns: which column of a file goes to which field. A person's own mapping first, then the
 * field's name, its label, and the words other programs use. A column that fits nothing, or fits a
 * field that is taken, is kept in ext.
 */
#include "exchange-int.h"

#include <string.h>

/* Words of other programs for a field of this name, lower case without blanks and signs. */
static const struct {
    const char *field;
    const char *words; /* parted by blanks */
} synonyms[] = {
    {"title", "summary subject name heading headline ticket issue item task account"},
    {"body", "description details text content message whatitisabout"},
    {"severity", "priority urgency impact importance level"},
    {"state", "status stage phase workflowstate"},
    {"assignee", "owner assignedto assigned responsible handler whoworksonit"},
    {"checker", "verifier reviewer checkedby controller whochecksup watcher"},
    {"due", "duedate deadline dueby dueon finishby"},
    {"check_by", "followup followupon checkat checkupby checkin remindat"},
    {"place", "location where site city address"},
    {"tags", "tag labels label keywords categories category components"},
    {"comments", "comment notes note discussion log"},
    {"reporter", "reportedby requester author createdby customer"},
    {"username", "user login loginname loginusername userid email"},
    {"password", "pass passwd loginpassword pwd secret"},
    {"url", "website web link uri address loginuri site webaddress"},
    {"notes", "note comments comment extra remarks description"},
    {"folder", "group grouping path category collection"},
    {"totp", "otp otpauth otpurl 2fa twofactor logintotp onetimecode authenticator"},
    {"expires", "expiry expirydate expiration expirationdate validuntil"},
};

enum { PLAIN_MAX = 96 };

/* Lower case letters and digits of a name, nothing else; bytes over 127 stay. */
static text plain_of(text name, char out[static PLAIN_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < name.len && len < PLAIN_MAX; i++) {
        char c = name.ptr[i];
        c = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || ((uint8_t)c & 0x80) != 0) {
            out[len++] = c;
        }
    }
    return (text){.ptr = out, .len = len};
}

static bool same_plain(text a, text b)
{
    char a_plain[PLAIN_MAX];
    char b_plain[PLAIN_MAX];

    return a.len > 0 && text_equal(plain_of(a, a_plain), plain_of(b, b_plain));
}

static bool is_word_of(text plain, const char *words)
{
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (text_equal(plain, (text){.ptr = words, .len = len})) {
            return true;
        }
        words += len + (words[len] == ' ' ? 1 : 0);
    }
    return false;
}

static bool fits_by_synonym(text column, const struct field *f)
{
    char plain[PLAIN_MAX];
    text word = plain_of(column, plain);

    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++) {
        bool field = text_equal(f->name, text_of(synonyms[i].field)) ||
                     (f->kind == FIELD_STATE && strcmp(synonyms[i].field, "state") == 0);
        if (field &&
            (is_word_of(word, synonyms[i].words) || text_equal(word, text_of(synonyms[i].field)))) {
            return true;
        }
    }
    return false;
}

static bool is_taken(const struct import_plan *p, const struct field *f)
{
    for (size_t i = 0; i < p->sheet.column_count; i++) {
        if (p->fields[i] == f) {
            return true;
        }
    }
    return false;
}

/* ---- a person's own mapping ---------------------------------------------------------------- */

static enum status column_find(struct ctx *cx, const struct import_plan *p, text name, size_t *ret)
{
    text words[COLUMNS_MAX];

    for (size_t i = 0; i < p->sheet.column_count; i++) {
        words[i] = sheet_text(&p->sheet, p->sheet.names[i]);
        if (text_equal(words[i], name)) {
            *ret = i;
            return STATUS_OK;
        }
    }
    for (size_t i = 0; i < p->sheet.column_count; i++) {
        if (same_plain(words[i], name)) {
            *ret = i;
            return STATUS_OK;
        }
    }
    text near = nearest_word(name, words, p->sheet.column_count);
    return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "the file has no column '%.*s'%s%.*s%s",
                     SHOWN(name), near.len > 0 ? "; the nearest is '" : "", SHOWN(near),
                     near.len > 0 ? "'" : "");
}

/* "Column=field" or "Column=" for a column that is only to be kept. */
static enum status pair_take(struct ctx *cx, struct import_plan *p, text pair, bool *fixed)
{
    enum status status = STATUS_OK;
    size_t equals = pair.len;
    size_t column = 0;
    const struct field *f = NULL;

    while (equals > 0 && pair.ptr[equals - 1] != '=') {
        equals--;
    }
    if (equals == 0) {
        FAIL(cx, STATUS_USAGE, "expected Column=field, not '%.*s'", SHOWN(pair));
    }
    TRY(column_find(cx, p, (text){.ptr = pair.ptr, .len = equals - 1}, &column));
    text name = {.ptr = pair.ptr + equals, .len = pair.len - equals};
    if (name.len > 0) {
        TRY(type_find_field(cx, p->type, name, &f));
        if (f->retired || is_taken(p, f)) {
            FAIL(cx, STATUS_USAGE, "'%.*s' %s", SHOWN(name),
                 f->retired ? "is retired" : "is given two columns");
        }
    }
    p->fields[column] = f;
    fixed[column] = true;
out:
    return status;
}

static enum status mapping_take(struct ctx *cx, struct import_plan *p, text mapping, bool *fixed)
{
    enum status status = STATUS_OK;
    size_t start = 0;

    while (start < mapping.len) {
        size_t end = start;
        while (end < mapping.len && mapping.ptr[end] != ',') {
            end++;
        }
        TRY(pair_take(cx, p, (text){.ptr = mapping.ptr + start, .len = end - start}, fixed));
        start = end + 1;
    }
out:
    return status;
}

/* ---- by name ------------------------------------------------------------------------------- */

enum way { WAY_NAME, WAY_LABEL, WAY_SYNONYM, WAY_COUNT };

static bool fits(text column, const struct field *f, enum way way)
{
    switch (way) {
    case WAY_NAME:
        return text_equal(column, f->name) || same_plain(column, f->name);
    case WAY_LABEL:
        return same_plain(column, f->label);
    case WAY_SYNONYM:
        return fits_by_synonym(column, f);
    case WAY_COUNT:
        break;
    }
    return false;
}

/* Surer ways first over all columns, so that a synonym never takes a field from its own name. */
static void match_by(struct import_plan *p, enum way way, const bool *fixed)
{
    for (size_t i = 0; i < p->sheet.column_count; i++) {
        text column = sheet_text(&p->sheet, p->sheet.names[i]);
        for (size_t k = 0; k < p->type->field_count && !fixed[i] && p->fields[i] == NULL; k++) {
            const struct field *f = &p->type->fields[k];
            if (!f->retired && !p->own_id[i] && fits(column, f, way) && !is_taken(p, f)) {
                p->fields[i] = f;
            }
        }
    }
}

/* "k7-12-3" */
static bool is_record_id(text cell)
{
    size_t dashes = 0;

    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.ptr[i];
        bool digit = c >= '0' && c <= '9';
        if (c == '-') {
            dashes++;
        } else if (!digit && (dashes > 0 || c < 'a' || c > 'z')) {
            return false;
        }
    }
    return dashes == 2 && cell.ptr[0] != '-' && cell.ptr[cell.len - 1] != '-';
}

/* A first column "id" that our own export made says nothing to another vault. */
static void find_own_id(struct import_plan *p)
{
    bool own = text_equal(sheet_text(&p->sheet, p->sheet.names[0]), TEXT("id"));

    for (size_t row = 0; own && row < p->sheet.row_count; row++) {
        own = is_record_id(sheet_cell(&p->sheet, row, 0));
    }
    p->own_id[0] = own;
}

enum status columns_match(struct ctx *cx, struct import_plan *p, text mapping)
{
    enum status status = STATUS_OK;
    bool fixed[COLUMNS_MAX] = {false};

    find_own_id(p);
    TRY(mapping_take(cx, p, mapping, fixed));
    for (unsigned way = WAY_NAME; way < WAY_COUNT; way++) {
        match_by(p, (enum way)way, fixed);
    }
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct field *f = &p->type->fields[i];
        if (f->required && !f->retired && f->preset.len == 0 && f->kind != FIELD_STATE &&
            !is_taken(p, f)) {
            fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                      "no column fits '%.*s', which every record needs", SHOWN(f->name));
            status = fault_hint(cx, "say which one it is: \"Column=%.*s\"", SHOWN(f->name));
            goto out;
        }
    }
out:
    return status;
}
