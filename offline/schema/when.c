/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when: dates, instants and floating times as text. One canonical form each, whose order as text
 * is their order in time (years 0001 to 9999, proleptic Gregorian). No clock and no zone table:
 * an instant without its offset is refused rather than guessed.
 */
#include "schema-int.h"

#include <string.h>

struct moment {
    int64_t year, month, day, hour, minute, second;
};

/* Exactly `digits` decimal digits at *pos. */
static bool take_digits(text t, size_t *pos, size_t digits, int64_t *ret)
{
    int64_t n = 0;

    if (t.len - *pos < digits) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        char c = t.ptr[*pos + i];
        if (c < '0' || c > '9') {
            return false;
        }
        n = n * 10 + (c - '0');
    }
    *pos += digits;
    *ret = n;
    return true;
}

static bool take_char(text t, size_t *pos, char c)
{
    if (*pos < t.len && t.ptr[*pos] == c) {
        (*pos)++;
        return true;
    }
    return false;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool take_date(text t, size_t *pos, struct moment *m)
{
    return take_digits(t, pos, 4, &m->year) && take_char(t, pos, '-') &&
           take_digits(t, pos, 2, &m->month) && take_char(t, pos, '-') &&
           take_digits(t, pos, 2, &m->day) && m->year >= 1 && m->month >= 1 && m->month <= 12 &&
           m->day >= 1 && m->day <= month_days(m->year, m->month);
}

/* hh:mm, hh:mm:ss or hh:mm:ss.fff; a fraction is dropped. */
static bool take_time(text t, size_t *pos, struct moment *m)
{
    int64_t ignored;

    if (!take_digits(t, pos, 2, &m->hour) || !take_char(t, pos, ':') ||
        !take_digits(t, pos, 2, &m->minute) || m->hour > 23 || m->minute > 59) {
        return false;
    }
    if (!take_char(t, pos, ':')) {
        return true;
    }
    if (!take_digits(t, pos, 2, &m->second) || m->second > 59) {
        return false;
    }
    if (take_char(t, pos, '.')) {
        if (!take_digits(t, pos, 1, &ignored)) {
            return false;
        }
        while (take_digits(t, pos, 1, &ignored)) {
        }
    }
    return true;
}

/* Z, or +hh:mm, +hhmm, -hh:mm; minutes east of UTC. */
static bool take_zone(text t, size_t *pos, int64_t *ret_minutes)
{
    int64_t hours;
    int64_t minutes;

    if (take_char(t, pos, 'Z') || take_char(t, pos, 'z')) {
        *ret_minutes = 0;
        return true;
    }
    bool east = take_char(t, pos, '+');
    if (!east && !take_char(t, pos, '-')) {
        return false;
    }
    if (!take_digits(t, pos, 2, &hours)) {
        return false;
    }
    (void)take_char(t, pos, ':');
    if (!take_digits(t, pos, 2, &minutes) || hours > 15 || minutes > 59) {
        return false;
    }
    *ret_minutes = (hours * 60 + minutes) * (east ? 1 : -1);
    return true;
}

/* Moves by less than a day; false when it leaves the years 1 to 9999. */
static bool moment_add_minutes(struct moment *m, int64_t minutes)
{
    int64_t all = m->hour * 60 + m->minute + minutes;

    if (all < 0) {
        all += 24 * 60;
        m->day--;
    } else if (all >= 24 * 60) {
        all -= 24 * 60;
        m->day++;
    }
    m->hour = all / 60;
    m->minute = all % 60;
    if (m->day < 1) {
        m->month--;
        if (m->month < 1) {
            m->month = 12;
            m->year--;
        }
        m->day = month_days(m->year, m->month);
    } else if (m->day > month_days(m->year, m->month)) {
        m->day = 1;
        m->month++;
        if (m->month > 12) {
            m->month = 1;
            m->year++;
        }
    }
    return m->year >= 1 && m->year <= 9999;
}

static size_t put_digits(char *out, size_t digits, int64_t n)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + n % 10);
        n /= 10;
    }
    return digits;
}

static size_t moment_write(enum when_kind kind, const struct moment *m,
                           char out[static WHEN_TEXT_MAX])
{
    size_t len = put_digits(out, 4, m->year);

    out[len++] = '-';
    len += put_digits(out + len, 2, m->month);
    out[len++] = '-';
    len += put_digits(out + len, 2, m->day);
    if (kind == WHEN_DATE) {
        return len;
    }
    out[len++] = 'T';
    len += put_digits(out + len, 2, m->hour);
    out[len++] = ':';
    len += put_digits(out + len, 2, m->minute);
    if (kind == WHEN_FLOATING) {
        return len;
    }
    out[len++] = ':';
    len += put_digits(out + len, 2, m->second);
    out[len++] = 'Z';
    return len;
}

size_t when_read(enum when_kind kind, text t, char out[static WHEN_TEXT_MAX])
{
    struct moment m = {0};
    size_t pos = 0;
    int64_t zone = 0;
    bool has_time = false;

    t = schema_trim(t);
    if (!take_date(t, &pos, &m)) {
        return 0;
    }
    if (pos < t.len) {
        if (!take_char(t, &pos, 'T') && !take_char(t, &pos, 't') && !take_char(t, &pos, ' ')) {
            return 0;
        }
        if (!take_time(t, &pos, &m)) {
            return 0;
        }
        has_time = true;
    }
    if (kind == WHEN_INSTANT && has_time) {
        (void)take_char(t, &pos, ' ');
        if (!take_zone(t, &pos, &zone) || !moment_add_minutes(&m, -zone)) {
            return 0;
        }
    }
    bool midnight = m.hour == 0 && m.minute == 0 && m.second == 0;
    if (pos != t.len || (kind == WHEN_DATE && has_time && !midnight) ||
        (kind == WHEN_FLOATING && (!has_time || m.second != 0))) {
        return 0;
    }
    return moment_write(kind, &m, out);
}

bool when_canonical(enum when_kind kind, text t)
{
    char out[WHEN_TEXT_MAX];
    size_t len = when_read(kind, t, out);

    return len > 0 && text_equal(t, (text){.ptr = out, .len = len});
}

const char *when_expected(enum when_kind kind)
{
    switch (kind) {
    case WHEN_DATE:
        return "a date like 2026-11-24";
    case WHEN_INSTANT:
        return "a time like 2026-11-24T10:00Z or 2026-11-24T11:00+01:00";
    case WHEN_FLOATING:
        return "a local time like 2026-11-24T10:00";
    }
    return "a time";
}
