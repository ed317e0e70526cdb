/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role in words: who has never seen a table of rights must be able to tell what it gives away.
 */
#include "people.h"

static const struct {
    const char *word, *other; /* of the command line; another that is understood */
    enum team_verb verb;
} VERBS[] = {
    {"add", "create", VERB_CREATE}, {"set", "change", VERB_SET},   {"do", "move", VERB_MOVE},
    {"comment", "log", VERB_LOG},   {"rm", "delete", VERB_DELETE},
};
enum { VERBS_ALL = VERB_CREATE | VERB_SET | VERB_MOVE | VERB_LOG | VERB_DELETE };

enum status verbs_words(struct ctx *cx, uint32_t verbs, struct buf *out)
{
    enum status status = STATUS_OK;
    bool any = false;

    for (size_t i = 0; i < ROWS_COUNT(VERBS); i++) {
        if ((verbs & (uint32_t)VERBS[i].verb) != 0) {
            TRY(buf_printf(cx, out, "%s%s", any ? ", " : "", VERBS[i].word));
            any = true;
        }
    }
    if (!any) {
        TRY(buf_add_text(cx, out, TEXT("nothing")));
    }
out:
    return status;
}

static bool verb_parse(text word, uint32_t *verbs)
{
    for (size_t i = 0; i < ROWS_COUNT(VERBS); i++) {
        if (text_equal(word, text_of(VERBS[i].word)) || text_equal(word, text_of(VERBS[i].other))) {
            *verbs |= (uint32_t)VERBS[i].verb;
            return true;
        }
    }
    return false;
}

bool verbs_parse(text in, uint32_t *ret, text *ret_wrong)
{
    *ret = 0;
    if (text_equal(in, TEXT("all"))) {
        *ret = VERBS_ALL;
        return true;
    }
    if (text_equal(in, TEXT("none"))) {
        return true;
    }
    for (size_t start = 0, i = 0; i <= in.len; i++) {
        if (i < in.len && in.ptr[i] != ',') {
            continue;
        }
        text word = {in.ptr + start, i - start};
        if (!verb_parse(word, ret)) {
            *ret_wrong = word;
            return false;
        }
        start = i + 1;
    }
    return true;
}

/* ---- sentences ---- */

static enum status say_people(struct ctx *cx, const struct role_spec *spec, struct buf *out)
{
    enum status status = STATUS_OK;

    if ((spec->rights & TEAM_APPOINT) != 0 && spec->grants_count == 0) {
        TRY(buf_add_text(cx, out, TEXT("may let people in with any role, and give roles to them")));
    } else if ((spec->rights & TEAM_APPOINT) != 0) {
        TRY(buf_add_text(cx, out, TEXT("may let people in as ")));
        for (size_t i = 0; i < spec->grants_count; i++) {
            TRY(buf_add_text(cx, out, i > 0 ? TEXT(", ") : TEXT("")));
            TRY(buf_add_text(cx, out, spec->grants[i]));
        }
    }
    if (spec->max > 0) {
        TRY(buf_printf(cx, out, ", %u at most", (unsigned)spec->max));
    }
    if ((spec->rights & TEAM_APPOINT) != 0) {
        TRY(buf_add_text(cx, out,
                         TEXT("\nmay take that back from whom they let in, and from whom "
                              "these let in\n")));
    }
    if ((spec->rights & TEAM_REMOVE) != 0) {
        TRY(buf_add_text(cx, out,
                         TEXT("may remove people below, cut off their machines, take roles "
                              "away\n")));
    }
    if ((spec->rights & TEAM_SUSPEND) != 0) {
        TRY(buf_add_text(cx, out, TEXT("may suspend an equal or somebody below at once\n")));
    }
    if ((spec->rights & TEAM_ORGANIZATION) != 0) {
        TRY(buf_add_text(cx, out, TEXT("stands for another organization\n")));
    }
    if ((spec->rights & (TEAM_APPOINT | TEAM_REMOVE | TEAM_SUSPEND)) == 0) {
        TRY(buf_add_text(cx, out, TEXT("decides nothing about people\n")));
    }
out:
    return status;
}

static enum status say_compartments(struct ctx *cx, const struct role_spec *spec, bool writes,
                                    struct buf *out)
{
    enum status status = STATUS_OK;
    bool any = false;

    for (size_t i = 0; i < spec->access_count; i++) {
        if (spec->access[i].writes != writes) {
            continue;
        }
        TRY(buf_add_text(cx, out,
                         any      ? TEXT(", ")
                         : writes ? TEXT("reads and writes the compartment ")
                                  : TEXT("reads the compartment ")));
        TRY(buf_add_text(cx, out, spec->access[i].compartment));
        any = true;
    }
    if (any) {
        TRY(buf_add_byte(cx, out, '\n'));
    }
out:
    return status;
}

static enum status say_type(struct ctx *cx, const struct role_type *type, struct buf *out)
{
    enum status status = STATUS_OK;

    TRY(buf_add_text(cx, out, TEXT("with ")));
    TRY(buf_add_text(cx, out, type->type));
    TRY(buf_add_text(cx, out, TEXT(": ")));
    TRY(verbs_words(cx, type->verbs, out));
    for (size_t i = 0; i < type->fields_count; i++) {
        TRY(buf_add_text(cx, out, i == 0 ? TEXT("; changes only ") : TEXT(", ")));
        TRY(buf_add_text(cx, out, type->fields[i]));
    }
    TRY(buf_add_byte(cx, out, '\n'));
out:
    return status;
}

static bool writes_any(const struct role_spec *spec)
{
    for (size_t i = 0; i < spec->access_count; i++) {
        if (spec->access[i].writes) {
            return true;
        }
    }
    return false;
}

enum status role_words(struct ctx *cx, const struct role_spec *spec, struct buf *out)
{
    enum status status = STATUS_OK;

    TRY(say_compartments(cx, spec, true, out));
    TRY(say_compartments(cx, spec, false, out));
    if (spec->access_count == 0) {
        TRY(buf_add_text(cx, out, TEXT("reads no compartment\n")));
    }
    TRY(buf_add_text(
        cx, out, spec->types_count > 0 ? TEXT("with other records: ") : TEXT("with records: ")));
    TRY(verbs_words(cx, spec->verbs, out));
    TRY(buf_add_byte(cx, out, '\n'));
    if (spec->verbs != 0 && !writes_any(spec)) {
        TRY(buf_add_text(cx, out, TEXT("which it can do nowhere: it writes no compartment\n")));
    }
    for (size_t i = 0; i < spec->types_count; i++) {
        TRY(say_type(cx, &spec->types[i], out));
    }
    TRY(say_people(cx, spec, out));
out:
    return status;
}
