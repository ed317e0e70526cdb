/* SPDX-License-Identifier: Apache-2.0 */
/*
 * num: decimal words and scaled integers. 12.50 at scale 2 is 1250. Never a floating point number
 * in between, so that every device stores the same.
 */
#include "schema-int.h"

/* What stands where in the digits: found first, then judged. */
struct num_shape {
    size_t commas, points, last_comma, last_point;
};

static bool num_scan(text t, struct num_shape *ret)
{
    struct num_shape s = {0};
    bool digit = false;

    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (c >= '0' && c <= '9') {
            digit = true;
        } else if (c == ',') {
            s.commas++;
            s.last_comma = i;
        } else if (c == '.') {
            s.points++;
            s.last_point = i;
        } else if (c != '_' && c != '\'') { /* grouping that cannot be a decimal mark */
            return false;
        }
    }
    *ret = s;
    return digit;
}

/* Groups left of `end` are three digits each when `mark` parts them. */
static bool groups_hold(text t, size_t end, char mark)
{
    size_t run = 0;
    bool first = true;

    for (size_t i = end; i > 0; i--) {
        if (t.ptr[i - 1] == mark) {
            if (run != 3) {
                return false;
            }
            run = 0;
            first = false;
        } else if (t.ptr[i - 1] >= '0' && t.ptr[i - 1] <= '9') {
            run++;
        }
    }
    return first || (run >= 1 && run <= 3);
}

/* Which byte is the decimal mark: its place, or t.len for none. */
static enum num_fault num_mark(text t, const struct num_shape *s, size_t *ret)
{
    *ret = t.len;
    if (s->commas > 0 && s->points > 0) {
        bool comma_groups = s->last_point > s->last_comma;
        size_t at = comma_groups ? s->last_point : s->last_comma;
        if ((comma_groups ? s->points : s->commas) != 1 ||
            !groups_hold(t, at, comma_groups ? ',' : '.')) {
            return NUM_NOT;
        }
        *ret = at;
        return NUM_OK;
    }
    if (s->points == 1) {
        *ret = s->last_point;
        return NUM_OK;
    }
    if (s->commas == 1) {
        /* 1,234 is a thousand to some and a bit over one to others */
        bool three = t.len - s->last_comma - 1 == 3 && s->last_comma >= 1 && s->last_comma <= 3;
        if (three && t.ptr[0] != '0') {
            return NUM_AMBIGUOUS;
        }
        *ret = s->last_comma;
        return NUM_OK;
    }
    if (s->commas > 1) {
        return groups_hold(t, t.len, ',') ? NUM_OK : NUM_NOT;
    }
    if (s->points > 1) {
        return groups_hold(t, t.len, '.') ? NUM_OK : NUM_NOT;
    }
    return NUM_OK;
}

static enum num_fault num_digits(text t, size_t mark, uint32_t scale, bool minus, int64_t *ret)
{
    int64_t n = 0;
    uint32_t behind = 0;

    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (c < '0' || c > '9') {
            if (i > mark) {
                return NUM_NOT;
            }
            continue;
        }
        if (i > mark && behind == scale) {
            if (c != '0') {
                return NUM_TOO_FINE;
            }
            continue;
        }
        behind += i > mark ? 1 : 0;
        if (!mul_i64(n, 10, &n) || !add_i64(n, minus ? -(c - '0') : c - '0', &n)) {
            return NUM_TOO_BIG;
        }
    }
    for (; behind < scale; behind++) {
        if (!mul_i64(n, 10, &n)) {
            return NUM_TOO_BIG;
        }
    }
    *ret = n;
    return NUM_OK;
}

enum num_fault num_read(text t, uint32_t scale, int64_t *ret)
{
    struct num_shape shape;
    size_t mark;

    t = schema_trim(t);
    bool minus = t.len > 0 && t.ptr[0] == '-';
    if (minus || (t.len > 0 && t.ptr[0] == '+')) {
        t.ptr++;
        t.len--;
    }
    if (!num_scan(t, &shape)) {
        return NUM_NOT;
    }
    enum num_fault fault = num_mark(t, &shape, &mark);
    return fault == NUM_OK ? num_digits(t, mark, scale, minus, ret) : fault;
}

enum status num_write(struct ctx *cx, struct buf *out, int64_t n, uint32_t scale)
{
    char digits[24];
    size_t len = 0;
    uint64_t left = n < 0 ? (uint64_t)(-(n + 1)) + 1 : (uint64_t)n;
    enum status status = STATUS_OK;

    MUST(scale <= NUM_SCALE_MAX);
    while (left > 0 || len <= scale) {
        if (scale > 0 && len == scale) {
            break;
        }
        digits[len++] = (char)('0' + left % 10);
        left /= 10;
    }
    if (n < 0) {
        TRY(buf_add_byte(cx, out, '-'));
    }
    if (scale > 0) {
        TRY(buf_printf(cx, out, "%llu.", (unsigned long long)left));
    }
    for (; len > 0; len--) {
        TRY(buf_add_byte(cx, out, (uint8_t)digits[len - 1]));
    }
out:
    return status;
}
