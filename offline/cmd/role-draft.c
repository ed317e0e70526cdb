/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role being made: what it was, and what the options say over that.
 */
#include "people.h"
#include "schema.h"

#include <string.h>

void role_draft_init(struct role_draft *d, text name)
{
    memset(d, 0, sizeof *d);
    d->spec.name = name;
    d->spec.grants = d->grants;
    d->spec.access = d->access;
    d->spec.types = d->types;
}

static enum status too_long(struct ctx *cx, const char *what)
{
    return fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__, "a role lists at most %d %s",
                     (int)ROLE_LIST_MAX, what);
}

static enum status type_add(struct ctx *cx, struct role_draft *d, const struct role_type *from)
{
    if (d->spec.types_count == ROLE_LIST_MAX ||
        d->fields_count + from->fields_count > ROLE_LIST_MAX) {
        return too_long(cx, "kinds of record and fields");
    }
    struct role_type *to = &d->types[d->spec.types_count++];
    *to = *from;
    to->fields = &d->fields[d->fields_count];
    for (size_t i = 0; i < from->fields_count; i++) {
        d->fields[d->fields_count++] = from->fields[i];
    }
    return STATUS_OK;
}

enum status role_draft_copy(struct ctx *cx, struct role_draft *d, const struct role_spec *from)
{
    enum status status = STATUS_OK;

    role_draft_init(d, from->name);
    d->spec.rights = from->rights;
    d->spec.verbs = from->verbs;
    d->spec.max = from->max;
    if (from->grants_count > ROLE_LIST_MAX || from->access_count > ROLE_LIST_MAX) {
        return too_long(cx, "roles and compartments");
    }
    for (size_t i = 0; i < from->grants_count; i++) {
        d->grants[d->spec.grants_count++] = from->grants[i];
    }
    for (size_t i = 0; i < from->access_count; i++) {
        d->access[d->spec.access_count++] = from->access[i];
    }
    for (size_t i = 0; i < from->types_count; i++) {
        TRY(type_add(cx, d, &from->types[i]));
    }
out:
    return status;
}

enum status role_draft_access(struct ctx *cx, struct role_draft *d, text compartment, bool reads,
                              bool writes)
{
    size_t at = 0;

    while (at < d->spec.access_count && !text_equal(d->access[at].compartment, compartment)) {
        at++;
    }
    if (!reads && !writes) {
        if (at < d->spec.access_count) {
            d->access[at] = d->access[--d->spec.access_count];
        }
        return STATUS_OK;
    }
    if (at == ROLE_LIST_MAX) {
        return too_long(cx, "compartments");
    }
    d->access[at] = (struct role_access){.compartment = compartment, .writes = writes};
    d->spec.access_count += at == d->spec.access_count ? 1 : 0;
    return STATUS_OK;
}

/* ---- options ---- */

/* The next part of "a,b,c"; false at the end. */
static bool part_next(text *rest, char between, text *ret)
{
    if (rest->ptr == NULL) {
        return false;
    }
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, between, rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    *ret = (text){rest->ptr, len};
    if (end == NULL) {
        *rest = (text){NULL, 0};
    } else {
        *rest = (text){end + 1, rest->len - len - 1};
    }
    return true;
}

static bool is_none(text value)
{
    return value.len == 0 || text_equal(value, TEXT("none"));
}

static enum status flag_may(struct session *s, struct role_draft *d)
{
    enum status status = STATUS_OK;
    text value;
    text wrong = TEXT("");

    TRY(option_text(s, "may", &value));
    if (option_given(s, "may") && !verbs_parse(value, &d->spec.verbs, &wrong)) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "'--may' does not know '%.*s'",
                           TEXT_ARG(wrong));
        (void)fault_hint(s->cx,
                         "it takes add, set, do, comment and rm with commas between them, or "
                         "all, or none");
    }
out:
    return status;
}

static enum status flag_access(struct session *s, struct role_draft *d, const char *name,
                               bool writes)
{
    enum status status = STATUS_OK;
    text value;
    text part;

    if (!option_given(s, name)) {
        return STATUS_OK;
    }
    TRY(option_text(s, name, &value));
    for (size_t i = d->spec.access_count; i > 0; i--) { /* it says all of them anew */
        if (d->access[i - 1].writes == writes) {
            TRY(role_draft_access(s->cx, d, d->access[i - 1].compartment, false, false));
        }
    }
    for (text rest = value; !is_none(value) && part_next(&rest, ',', &part);) {
        TRY(role_draft_access(s->cx, d, part, true, writes));
    }
out:
    return status;
}

static enum status flag_appoints(struct session *s, struct role_draft *d)
{
    enum status status = STATUS_OK;
    int64_t max;
    text value;
    text part;

    TRY(option_number(s, "max", 0, INT32_MAX, d->spec.max, &max));
    d->spec.max = (uint32_t)max;
    if (!option_given(s, "appoints")) {
        goto out;
    }
    TRY(option_text(s, "appoints", &value));
    d->spec.grants_count = 0;
    d->spec.rights &= ~(uint32_t)TEAM_APPOINT;
    if (is_none(value)) {
        d->spec.max = option_given(s, "max") ? d->spec.max : 0;
        goto out;
    }
    d->spec.rights |= TEAM_APPOINT;
    for (text rest = value; !text_equal(value, TEXT("any")) && part_next(&rest, ',', &part);) {
        if (d->spec.grants_count == ROLE_LIST_MAX) {
            TRY(too_long(s->cx, "roles to give"));
        }
        d->grants[d->spec.grants_count++] = part;
    }
out:
    return status;
}

static enum status flag_right(struct session *s, struct role_draft *d)
{
    static const struct {
        const char *word;
        uint32_t right;
    } RIGHTS[] = {
        {"remove", TEAM_REMOVE}, {"suspend", TEAM_SUSPEND}, {"organization", TEAM_ORGANIZATION}};
    enum status status = STATUS_OK;
    text value;
    text part;

    if (!option_given(s, "right")) {
        return STATUS_OK;
    }
    TRY(option_text(s, "right", &value));
    d->spec.rights &= TEAM_APPOINT;
    for (text rest = value; !is_none(value) && part_next(&rest, ',', &part);) {
        uint32_t found = 0;
        for (size_t i = 0; i < ROWS_COUNT(RIGHTS); i++) {
            found |= text_equal(part, text_of(RIGHTS[i].word)) ? RIGHTS[i].right : 0;
        }
        if (found == 0) {
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                               "'--right' does not know '%.*s'", TEXT_ARG(part));
            (void)fault_hint(s->cx, "it takes remove, suspend and organization, or none; who may "
                                    "let people in says --appoints");
            goto out;
        }
        d->spec.rights |= found;
    }
out:
    return status;
}

static enum status kind_keep(struct session *s, struct role_draft *d,
                             const struct record_type *type, text *ret)
{
    enum status status = STATUS_OK;
    struct buf name;

    buf_init(&name, 256);
    TRY(type_name_write(s->cx, type, &name));
    if (name.len > sizeof d->kinds - d->kinds_len) {
        TRY(too_long(s->cx, "kinds of record"));
    }
    memcpy(d->kinds + d->kinds_len, name.ptr, name.len);
    *ret = (text){d->kinds + d->kinds_len, name.len};
    d->kinds_len += name.len;
out:
    buf_finish(&name);
    return status;
}

/* "tickets.ticket=set,comment:title,state" */
static enum status type_parse(struct session *s, struct role_draft *d, text in)
{
    enum status status = STATUS_OK;
    struct role_type type = {.verbs = 0};
    text fields[ROLE_LIST_MAX];
    const struct record_type *known = NULL;
    text rest = in;
    text part;
    text verbs;
    text wrong = TEXT("");

    bool named = part_next(&rest, '=', &type.type) && rest.ptr != NULL;
    text after = rest;
    if (!named || !part_next(&after, ':', &verbs) || !verbs_parse(verbs, &type.verbs, &wrong)) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'--type' wants KIND=VERBS, not "
                           "'%.*s'",
                           TEXT_ARG(in));
        (void)fault_hint(s->cx, "like tickets.ticket=comment or tickets.ticket=set:title,state");
        goto out;
    }
    TRY(schema_find_type(s->cx, records_schema(s->records), type.type, &known));
    TRY(kind_keep(s, d, known, &type.type));
    type.fields = fields;
    while (part_next(&after, ',', &part)) {
        const struct field *f = NULL;
        TRY(type_find_field(s->cx, known, part, &f));
        if (type.fields_count == ROLE_LIST_MAX) {
            TRY(too_long(s->cx, "fields"));
        }
        fields[type.fields_count++] = part;
    }
    TRY(type_add(s->cx, d, &type));
out:
    return status;
}

static enum status flag_type(struct session *s, struct role_draft *d)
{
    enum status status = STATUS_OK;
    text value;
    text part;

    if (!option_given(s, "type")) {
        return STATUS_OK;
    }
    TRY(option_text(s, "type", &value));
    d->spec.types_count = 0;
    d->fields_count = 0;
    for (text rest = value; !is_none(value) && part_next(&rest, ' ', &part);) {
        if (part.len > 0) {
            TRY(type_parse(s, d, part));
        }
    }
out:
    return status;
}

enum status role_draft_flags(struct session *s, struct role_draft *d)
{
    enum status status = STATUS_OK;

    TRY(flag_may(s, d));
    TRY(flag_access(s, d, "reads", false));
    TRY(flag_access(s, d, "writes", true));
    TRY(flag_appoints(s, d));
    TRY(flag_right(s, d));
    TRY(flag_type(s, d));
out:
    return status;
}
