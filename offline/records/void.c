/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void: what came and does not count, for people to see: mostly what a member wrote before the news
 * of a removal reached him. Read from the log each time; nothing of it is kept in tables of its
 * own.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

/* ---- entries --------------------------------------------------------------------------------- */

static enum status load_one(void *self, struct ctx *cx, int64_t device_ix, uint64_t seq, text why)
{
    enum status status = STATUS_OK;
    struct void_list *v = self;
    bytes kept = {0};

    TRY(mem_grow(cx, (void **)&v->at, &v->cap, v->count + 1, sizeof(*v->at)));
    TRY(arena_copy(cx, &v->memory, BYTES(why.ptr, why.len), &kept));
    v->at[v->count++] =
        (struct void_entry){.device_ix = device_ix,
                            .seq = seq,
                            .why = {.ptr = (const char *)kept.ptr, .len = kept.len}};
out:
    return status;
}

static int compare_places(const void *a, const void *b)
{
    const struct void_entry *x = a, *y = b;
    if (x->device_ix != y->device_ix) {
        return x->device_ix < y->device_ix ? -1 : 1;
    }
    return x->seq == y->seq ? 0 : x->seq < y->seq ? -1 : 1;
}

enum status voids_load(struct ctx *cx, struct records *r, struct void_list *ret)
{
    enum status status = STATUS_OK;

    TRY(log_void_each(cx, r->team, load_one, ret));
    if (ret->count > 1) {
        qsort(ret->at, ret->count, sizeof(*ret->at), compare_places);
    }
    ret->loaded = true;
out:
    return status;
}

void voids_finish(struct void_list *v)
{
    free(v->at);
    arena_finish(&v->memory);
    *v = (struct void_list){.count = 0};
}

static const struct void_entry *find(const struct void_list *v, int64_t device_ix, uint64_t seq)
{
    size_t low = 0, high = v->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct void_entry *e = &v->at[middle];
        if (e->device_ix < device_ix || (e->device_ix == device_ix && e->seq < seq)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is = low < v->count && v->at[low].device_ix == device_ix && v->at[low].seq == seq;
    return is ? &v->at[low] : NULL;
}

text voids_why(struct records *r, const struct void_list *v, int64_t op_key)
{
    for (size_t i = 0; team_device_lane(r->team, OP_DEVICE(op_key), i) != 0; i++) {
        const struct void_entry *e =
            find(v, team_device_lane(r->team, OP_DEVICE(op_key), i), OP_SEQ(op_key));
        if (e != NULL) {
            return e->why;
        }
    }
    return TEXT("");
}

/* ---- their operations ------------------------------------------------------------------------ */

static enum status adopted(struct ctx *cx, struct records *r, int64_t key, bool *ret)
{
    int64_t as = 0;
    return adopted_as(cx, r, key, ret, &as);
}

/* The lines of one operation come through here: its place is the branch's, not the device's. */
struct retell {
    struct records *r;
    const struct void_entry *entry;
    text why;
    history_visit *visit;
    void *self;
};

static enum status retell(void *self, struct ctx *cx, const struct history_line *h)
{
    enum status status = STATUS_OK;
    struct retell *to = self;
    struct history_line line = *h;

    line.op = OP_KEY(to->entry->device_ix, to->entry->seq, OP_INDEX(h->op));
    line.device_ix = to->entry->device_ix;
    line.reason = to->why;
    TRY(adopted(cx, to->r, line.op, &line.adopted));
    TRY(to->visit(to->self, cx, &line));
out:
    return status;
}

static enum status tell_encoded(struct ctx *cx, struct teller *t, const struct origin *from,
                                size_t index, bytes encoded)
{
    enum status status = STATUS_OK;
    struct records *r = t->rec->r;
    const struct table *table = NULL;
    bool ours = false;
    struct op op;

    TRY(op_read(cx, r, from, index, encoded, &op, &table, &ours));
    if (!ours || op.verb == OP_NONE || op.record == 0) {
        goto out; /* nothing anybody could take over */
    }
    rec_reset(t->rec, op.record);
    t->rec->table = table;
    op.fate = FATE_APPLIED; /* told as what it would have done */
    TRY(rec_append(cx, t->rec, &op));
    TRY(tell_op(cx, t, &t->rec->ops[0]));
out:
    return status;
}

static enum status tell_entry(struct ctx *cx, struct teller *t, struct retell *to, struct buf *body)
{
    enum status status = STATUS_OK;
    bool counts = false, readable = false;
    struct entry_info info;
    struct body_reader reader;
    struct origin from = {.device = team_device_home(to->r->team, to->entry->device_ix),
                          .seq = to->entry->seq,
                          .lamport = to->entry->lamport}; /* by nobody's right */
    bytes encoded;

    TRY(log_entry_load(cx, to->r->team, to->entry->device_ix, to->entry->seq, &info, body, &counts,
                       &readable));
    if (counts || !readable) {
        goto out;
    }
    TRY(body_read_start(cx, buf_view(body), &reader));
    from.time = reader.time;
    while (body_read_next(&reader, &encoded)) {
        TRY(tell_encoded(cx, t, &from, reader.index, encoded));
    }
    TRY(body_read_done(cx, &reader));
out:
    return status;
}

static enum status load_lamports(struct ctx *cx, struct records *r, struct void_list *v,
                                 struct buf *body)
{
    enum status status = STATUS_OK;
    bool counts = false, readable = false;
    struct entry_info info;

    for (size_t i = 0; i < v->count; i++) {
        TRY(log_entry_load(cx, r->team, v->at[i].device_ix, v->at[i].seq, &info, body, &counts,
                           &readable));
        v->at[i].lamport = info.lamport > INT64_MAX ? INT64_MAX : (int64_t)info.lamport;
    }
out:
    return status;
}

static int compare_entries(const void *a, const void *b)
{
    const struct void_entry *x = a, *y = b;
    if (x->lamport != y->lamport) {
        return x->lamport < y->lamport ? -1 : 1;
    }
    return compare_places(a, b);
}

enum status records_void_each(struct ctx *cx, struct records *r, history_visit *visit, void *self)
{
    enum status status = STATUS_OK;
    struct void_list voids = {.count = 0};
    struct retell to = {.r = r, .visit = visit, .self = self};
    struct rec own = {.r = r};
    struct teller t;
    struct buf body;

    buf_init(&body, BODY_PLAIN_MAX);
    teller_init(&t, &own, retell, &to);
    TRY(voids_load(cx, r, &voids));
    TRY(load_lamports(cx, r, &voids, &body));
    if (voids.count > 1) {
        qsort(voids.at, voids.count, sizeof(*voids.at), compare_entries);
    }
    for (size_t i = 0; i < voids.count; i++) {
        to.entry = &voids.at[i];
        to.why = voids.at[i].why;
        TRY(tell_entry(cx, &t, &to, &body));
    }
out:
    teller_finish(&t);
    rec_finish(&own);
    voids_finish(&voids);
    buf_finish(&body);
    return status;
}

/* ---- what somebody has seen ------------------------------------------------------------------ */

#define ADD(...) TRY(buf_printf(cx, sql, __VA_ARGS__))

/* Empty when the type has no secrets. */
static enum status seen_sql(struct ctx *cx, struct records *r, const struct table *t,
                            bytes compartments, struct buf *sql)
{
    enum status status = STATUS_OK;
    size_t secrets = 0;

    ADD("SELECT _id FROM %s WHERE _deleted = 0 AND (", t->name);
    for (size_t i = 0; i < t->type->field_count; i++) {
        const struct field *f = &t->type->fields[i];
        if (f->kind == FIELD_SECRET) {
            ADD("%s\"%.*s\" IS NOT NULL", secrets++ > 0 ? " OR " : "", (int)f->name.len,
                f->name.ptr);
        }
    }
    ADD(") AND _in IN (0");
    for (size_t at = 0; at + COMPARTMENT_BYTES <= compartments.len; at += COMPARTMENT_BYTES) {
        int64_t place = 0;
        TRY(place_find(cx, r, compartments.ptr + at, &place));
        ADD(", %lld", (long long)place);
    }
    ADD(") ORDER BY _id");
    if (secrets == 0) {
        buf_clear(sql);
    }
out:
    return status;
}

struct seen {
    int64_t *records;
    size_t count, cap;
};

static enum status seen_load(struct ctx *cx, struct records *r, struct buf *sql, struct seen *ret)
{
    enum status status = STATUS_OK;
    const char *line = NULL;
    struct stmt *s = NULL;
    bool row = false;

    ret->count = 0;
    TRY(buf_cstr(cx, sql, &line));
    TRY(stmt_prepare(cx, r->vault, line, &s));
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        TRY(mem_grow(cx, (void **)&ret->records, &ret->cap, ret->count + 1, sizeof(*ret->records)));
        ret->records[ret->count++] = stmt_int(s, 0);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status records_seen_by(struct ctx *cx, struct records *r, bytes compartments,
                            enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                 const struct record_type *type, text title),
                            void *self)
{
    enum status status = STATUS_OK;
    struct seen seen = {.count = 0};
    struct buf sql, title;

    buf_init(&sql, 16 * KIB);
    buf_init(&title, DOC_BYTES_MAX);
    for (size_t i = 0; i < r->table_count; i++) {
        const struct table *t = &r->tables[i];
        buf_clear(&sql);
        TRY(seen_sql(cx, r, t, compartments, &sql));
        if (sql.len == 0) {
            continue;
        }
        TRY(seen_load(cx, r, &sql, &seen));
        for (size_t k = 0; k < seen.count; k++) {
            buf_clear(&title);
            TRY(title_write(cx, r, t, seen.records[k], &title));
            TRY(visit(self, cx, seen.records[k], t->type, buf_text(&title)));
        }
    }
out:
    free(seen.records);
    buf_finish(&title);
    buf_finish(&sql);
    return status;
}
