/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people: whom a word of the command line means, when, and the question before something is
 * decided. Names are what people are called by; nobody is asked for anything else.
 */
#include "people.h"
#include "sealed.h"

#include <string.h>
#include <time.h>

enum { LAST_TRIES = 32 };

/* ---- whom ---- */

static bool former_find(const struct session *s, text name, struct person *ret)
{
    bool found = false;

    for (size_t i = 0; i < team_former_count(s->team); i++) {
        const struct team_member *m = team_former_at(s->team, i);
        if (text_equal(m->name, name)) { /* the whole name: no guesses about who is gone */
            *ret = (struct person){.id = m->id, .name = m->name};
            found = true;
        }
    }
    return found;
}

enum status person_find(struct session *s, text name, struct person *ret)
{
    enum status status = STATUS_OK;
    const struct team_member *m = NULL;

    status = team_member_find(s->cx, s->team, name, &m);
    if (status == STATUS_NOT_FOUND && former_find(s, name, ret)) {
        fault_clear(s->cx);
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        (void)fault_hint(s->cx, "`valise member list` shows who is in the team, with --former "
                                "also who was");
        return status;
    }
    *ret = (struct person){.id = m->id, .name = m->name, .here = true};
    return STATUS_OK;
}

enum status arg_person(struct session *s, size_t index, struct person *ret)
{
    enum status status = STATUS_OK;
    text name;

    TRY(arg_text(s, index, &name));
    TRY(person_find(s, name, ret));
out:
    return status;
}

/* Letter case of ASCII does not matter, as with people's names. */
static bool same_name(text a, text b)
{
    bool same = a.len == b.len;

    for (size_t i = 0; same && i < a.len; i++) {
        char x = a.ptr[i];
        char y = b.ptr[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x - 'A' + 'a') : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y - 'A' + 'a') : y;
        same = x == y;
    }
    return same;
}

enum status arg_device(struct session *s, size_t index, const struct team_device **ret)
{
    enum status status = STATUS_OK;
    const struct team_device *found = NULL;
    size_t count = 0;
    text name;

    TRY(arg_text(s, index, &name));
    int64_t ix = team_device_by_tag(s->team, name);
    found = ix > 0 ? team_device_by_ix(s->team, ix) : NULL;
    for (size_t i = 0; found == NULL && i < team_device_count(s->team); i++) {
        const struct team_device *d = team_device_at(s->team, i);
        count += same_name(d->name, name) && team_device_home(s->team, d->ix) == d->ix ? 1 : 0;
    }
    for (size_t i = 0; found == NULL && count == 1 && i < team_device_count(s->team); i++) {
        const struct team_device *d = team_device_at(s->team, i);
        bool home = team_device_home(s->team, d->ix) == d->ix;
        found = home && same_name(d->name, name) ? d : NULL;
    }
    if (found == NULL) {
        status =
            fault_set(s->cx, count > 1 ? STATUS_AMBIGUOUS : STATUS_NOT_FOUND, __FILE__, __LINE__,
                      count > 1 ? "several machines are called '%.*s'"
                                : "no machine of the team is called '%.*s'",
                      TEXT_ARG(name));
        (void)fault_hint(s->cx,
                         "`valise device list` shows them; give the tag in its first column");
        goto out;
    }
    *ret = found;
out:
    return status;
}

enum status arg_number(struct session *s, size_t index, uint64_t *ret)
{
    enum status status = STATUS_OK;
    int64_t number;
    text given;

    TRY(arg_text(s, index, &given));
    if (!parse_i64(given, 1, INT32_MAX, &number)) {
        FAIL(s->cx, STATUS_USAGE, "'%.*s' is not a number of the list", TEXT_ARG(given));
    }
    *ret = (uint64_t)number;
out:
    return status;
}

/* ---- when ---- */

static bool digits(const char **at, size_t count, int *ret)
{
    *ret = 0;
    for (size_t i = 0; i < count; i++) {
        char c = **at;
        if (c < '0' || c > '9') {
            return false;
        }
        *ret = *ret * 10 + (c - '0');
        (*at)++;
    }
    return true;
}

static bool skip(const char **at, char c)
{
    return **at == c && ((*at)++, true);
}

static bool moment_parse(const char *in, int64_t *ret)
{
    struct tm t = {.tm_hour = 23, .tm_min = 59, .tm_sec = 59, .tm_isdst = -1};
    const char *at = in;
    bool whole = digits(&at, 4, &t.tm_year) && skip(&at, '-') && digits(&at, 2, &t.tm_mon) &&
                 skip(&at, '-') && digits(&at, 2, &t.tm_mday);

    if (whole && *at != '\0') {
        whole = (skip(&at, ' ') || skip(&at, 'T')) && digits(&at, 2, &t.tm_hour) &&
                skip(&at, ':') && digits(&at, 2, &t.tm_min);
        t.tm_sec = 59;
    }
    if (!whole || *at != '\0' || t.tm_year < 1970 || t.tm_mon < 1 || t.tm_mon > 12 ||
        t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour > 23 || t.tm_min > 59) {
        return false;
    }
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    int day = t.tm_mday;
    time_t when = mktime(&t);
    if (when <= 0 || t.tm_mday != day) { /* the 31st of a month of 30 days */
        return false;
    }
    *ret = (int64_t)when;
    return true;
}

enum status option_moment(struct session *s, const char *name, int64_t *ret)
{
    enum status status = STATUS_OK;
    const char *value = option_value(s, name);

    *ret = 0;
    if (value != NULL && !moment_parse(value, ret)) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'--%s' wants a day or a day and a time, not '%.40s'", name, value);
        (void)fault_hint(s->cx, "like 2026-11-24, or \"2026-11-24 18:00\"");
    }
    return status;
}

int64_t device_last_time(struct session *s, const struct team_device *d)
{
    struct entry_info info;
    struct body_reader b;
    struct buf body;
    int64_t found = 0;
    uint64_t seq = d->head_seq + 1; /* the open entry */

    buf_init(&body, BODY_PLAIN_MAX);
    for (int i = 0; i < LAST_TRIES && seq > 0 && found == 0; i++, seq--) {
        bool counts = false;
        bool readable = false;
        buf_clear(&body);
        if (log_entry_load(s->cx, s->team, d->ix, seq, &info, &body, &counts, &readable) ==
                STATUS_OK &&
            readable && body_read_start(s->cx, buf_view(&body), &b) == STATUS_OK) {
            found = b.time;
        }
        fault_clear(s->cx);
    }
    buf_finish(&body);
    int64_t heard = 0; /* who writes nothing sends sticks all the same */
    if (transfer_heard(s->cx, s->team, d->ix, &heard) != STATUS_OK) {
        fault_clear(s->cx);
    }
    return heard > found ? heard : found;
}

/* ---- the question ---- */

enum status ask(struct session *s, const char *question, bool *ret)
{
    enum status status = STATUS_OK;
    struct buf answer;

    buf_init(&answer, TYPED_BYTES_MAX);
    if (s->tty < 0 || s->out.json) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "nothing was decided: there is nobody to ask");
        (void)fault_hint(s->cx, "look at what it would do, then give --yes");
        goto out;
    }
    out_flush(&s->out);
    TRY(tty_ask_line(s, question, &answer));
    *ret = text_equal(buf_text(&answer), TEXT("yes")) || text_equal(buf_text(&answer), TEXT("y"));
out:
    buf_finish(&answer);
    return status;
}

enum status confirm(struct session *s, const char *question)
{
    enum status status = STATUS_OK;
    bool yes = option_given(s, "yes");

    if (!yes) {
        TRY(ask(s, question, &yes));
    }
    if (!yes) {
        FAIL(s->cx, STATUS_CANCELLED, "nothing was changed");
    }
out:
    return status;
}
