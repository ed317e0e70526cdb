/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cut of a removal: what this device holds and what counts of it, never more. A cut beyond that
 * would give back what somebody else took away.
 */
#include "lanes-int.h"

/* The last entry of the lane that claims to be no newer than `until`; what cannot be read is taken
 * for as old as what stands before it. */
static enum status until_seq(struct ctx *cx, struct team *t, const struct device *d, uint64_t from,
                             int64_t until, uint64_t *ret)
{
    enum status status = STATUS_OK;
    struct buf plain;
    struct log_row row;
    struct entry_header h;
    struct body_reader b;

    buf_init(&plain, BODY_PLAIN_MAX);
    log_row_init(&row);
    for (*ret = from; *ret > lane_first(d) - 1; (*ret)--) {
        TRY(log_row_load(cx, t, ENTRY_KEY(d->pub.ix, *ret), &row));
        TRY(entry_header_parse(cx, buf_view(&row.header), &h));
        const struct epoch *e = epoch_by_id(t, &h.epoch);
        if (row.state != ENTRY_GOOD || e == NULL || e->key == NULL) {
            continue;
        }
        buf_clear(&plain);
        TRY(body_open(cx, secret_key(e->key), &t->id, &h, buf_view(&row.body), &plain));
        TRY(body_read_start(cx, buf_view(&plain), &b));
        if (b.time <= until) {
            break;
        }
    }
out:
    log_row_finish(&row);
    buf_finish(&plain);
    return status;
}

/* What counts of the lane under any appointment, and is no newer than `until`. */
enum status cut_of_lane(struct ctx *cx, struct team *t, const struct device *d, int64_t until,
                        struct point_row *ret)
{
    enum status status = STATUS_OK;
    uint64_t most = 0, unused;

    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (id_equal(&a->member, &d->pub.member)) {
            uint64_t limit = authority_limit(t->authority, a->number, d->pub.ix);
            most = limit > most ? limit : most;
        }
    }
    most = most > d->pub.head_seq ? d->pub.head_seq : most;
    if (until != 0) {
        TRY(until_seq(cx, t, d, most, until, &most));
    }
    *ret = (struct point_row){.device = d->pub.id, .seq = most};
    if (most > 0) {
        TRY(log_name(cx, t, d, most, &ret->entry, &unused));
    }
out:
    return status;
}

/* The device's member has an appointment that is `head` or was made by a line that begins there. */
static bool hangs_on(const struct team *t, const struct device *d, const struct appointment *head)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        struct authority_appointment now;
        int64_t at = a->number;
        while (id_equal(&a->member, &d->pub.member) && at >= 0) { /* levels fall: it ends */
            if (at == head->number) {
                return true;
            }
            authority_appointment_get(t->authority, at, &now);
            at = now.by;
        }
    }
    return false;
}

/* One row for each device, ascending, of the member or of everybody whose place hangs on the
 * appointment: of a forked one the branch that counts. */
static enum status cut_rows(struct ctx *cx, struct team *t, const struct id *member,
                            const struct appointment *line, int64_t until, struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct buf rows;
    struct point_row p;
    size_t count = 0;

    buf_init(&rows, 256 * KIB);
    wire_writer_init(&w, cx, &rows);
    for (size_t i = 0; i < t->devices_by_id.count; i++) {
        const struct device *d = t->devices_by_id.at[i];
        if (d->linked && (line != NULL ? hangs_on(t, d, line) : id_equal(&d->pub.member, member))) {
            TRY(cut_of_lane(cx, t, lane_in_force(t, d), until, &p));
            point_put(&w, &p);
            count++;
        }
    }
    TRY(wire_writer_done(&w));
    TRY(rows_write(cx, count, buf_view(&rows), out));
out:
    buf_finish(&rows);
    return status;
}

enum status cut_of_member(struct ctx *cx, struct team *t, const struct id *member, int64_t until,
                          struct buf *out)
{
    return cut_rows(cx, t, member, NULL, until, out);
}

enum status cut_of_line(struct ctx *cx, struct team *t, const struct appointment *line,
                        int64_t until, struct buf *out)
{
    return cut_rows(cx, t, NULL, line, until, out);
}
