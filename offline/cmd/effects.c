/* SPDX-License-Identifier: Apache-2.0 */
/*
 * effects: what a decision changes, found by looking at the team before and after: who has which
 * place, who can read what, and which entries count.
 */
#include "people.h"
#include "sealed.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES_MAX = 64 * 1024 * 1024 };

struct place_now {
    struct id id, role;
    bool suspended;
};
struct reader_now {
    struct id id;
    uint8_t tag[COMPARTMENT_BYTES];
};
struct effects {
    struct buf voids;   /* OP_KEY of entries that do not count, ascending */
    struct buf people;  /* struct place_now */
    struct buf readers; /* struct reader_now */
};

/* ---- lists in a buf ---- */

static size_t count_of(const struct buf *list, size_t size)
{
    return list->len / size;
}

static int64_t key_at(const struct buf *list, size_t i)
{
    int64_t key;
    memcpy(&key, list->ptr + i * sizeof key, sizeof key);
    return key;
}

static struct place_now place_at(const struct buf *list, size_t i)
{
    struct place_now p;
    memcpy(&p, list->ptr + i * sizeof p, sizeof p);
    return p;
}

static struct reader_now reader_at(const struct buf *list, size_t i)
{
    struct reader_now r;
    memcpy(&r, list->ptr + i * sizeof r, sizeof r);
    return r;
}

static bool key_in(const struct buf *list, int64_t key)
{
    size_t low = 0;
    size_t high = count_of(list, sizeof key);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_at(list, middle) < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count_of(list, sizeof key) && key_at(list, low) == key;
}

static bool place_in(const struct buf *list, const struct id *id, struct place_now *ret)
{
    for (size_t i = 0; i < count_of(list, sizeof *ret); i++) {
        *ret = place_at(list, i);
        if (id_equal(&ret->id, id)) {
            return true;
        }
    }
    return false;
}

static bool reader_in(const struct buf *list, const struct reader_now *wanted)
{
    for (size_t i = 0; i < count_of(list, sizeof *wanted); i++) {
        struct reader_now r = reader_at(list, i);
        if (id_equal(&r.id, &wanted->id) && memcmp(r.tag, wanted->tag, sizeof r.tag) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- looking ---- */

static enum status visit_void(void *self, struct ctx *cx, int64_t device_ix, uint64_t seq, text why)
{
    struct effects *e = self;
    int64_t key = OP_KEY(device_ix, seq, 0);

    (void)why;
    return buf_add(cx, &e->voids, BYTES(&key, sizeof key));
}

static int compare_keys(const void *a, const void *b)
{
    int64_t x;
    int64_t y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static enum status readers_look(struct session *s, const struct team_member *m, struct effects *e)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < team_compartment_count(s->team); i++) {
        const struct team_compartment *c = team_compartment_at(s->team, i);
        if (!c->control && team_may_read(s->team, &m->id, c->tag)) {
            struct reader_now r = {.id = m->id};
            memcpy(r.tag, c->tag, sizeof r.tag);
            TRY(buf_add(s->cx, &e->readers, BYTES(&r, sizeof r)));
        }
    }
out:
    return status;
}

static enum status people_look(struct session *s, struct effects *e)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        struct place_now p = {.id = m->id, .suspended = m->suspended};
        if (m->role != NULL) {
            p.role = m->role->id;
        }
        TRY(buf_add(s->cx, &e->people, BYTES(&p, sizeof p)));
        TRY(readers_look(s, m, e));
    }
out:
    return status;
}

enum status effects_new(struct session *s, struct effects **ret)
{
    enum status status = STATUS_OK;
    struct effects *e = calloc(1, sizeof *e);

    if (e == NULL) {
        FAIL(s->cx, STATUS_NO_MEMORY, "no memory to look at the team");
    }
    buf_init(&e->voids, LIST_BYTES_MAX);
    buf_init(&e->people, LIST_BYTES_MAX);
    buf_init(&e->readers, LIST_BYTES_MAX);
    TRY(log_void_each(s->cx, s->team, visit_void, e)); /* brings the look-ups up to date too */
    if (e->voids.len > 0) {
        qsort(e->voids.ptr, e->voids.len / sizeof(int64_t), sizeof(int64_t), compare_keys);
    }
    TRY(people_look(s, e));
    *ret = e;
    e = NULL;
out:
    effects_free(&e);
    return status;
}

void effects_free(struct effects **e)
{
    if (*e != NULL) {
        buf_finish(&(*e)->voids);
        buf_finish(&(*e)->people);
        buf_finish(&(*e)->readers);
        free(*e);
        *e = NULL;
    }
}

/* ---- telling ---- */

struct effect {
    const char *what;
    text name, device, role;
    uint64_t count;
    int64_t from, to;
};

static void effect_line(struct session *s, const struct effect *f)
{
    struct out *o = &s->out;

    line_start(o, "effect");
    line_text(o, "what", text_of(f->what));
    line_text(o, "name", f->name);
    line_text(o, "device", f->device);
    line_text(o, "role", f->role);
    line_number(o, "count", (int64_t)f->count);
    line_number(o, "from", f->from);
    line_number(o, "to", f->to);
    line_end(o);
}

static const char *entries_word(uint64_t n)
{
    return n == 1 ? "entry" : "entries";
}

static int64_t time_of(struct session *s, int64_t key)
{
    struct entry_info info;
    struct body_reader b;
    struct buf body;
    bool counts = false;
    bool readable = false;
    int64_t found = 0;

    buf_init(&body, BODY_PLAIN_MAX);
    if (log_entry_load(s->cx, s->team, OP_DEVICE(key), OP_SEQ(key), &info, &body, &counts,
                       &readable) == STATUS_OK &&
        readable && body_read_start(s->cx, buf_view(&body), &b) == STATUS_OK) {
        found = b.time;
    }
    fault_clear(s->cx);
    buf_finish(&body);
    return found;
}

/* Of one machine: entries in `more` that are not in `less`. */
static void entries_say(struct session *s, const char *what, const struct team_device *d,
                        const struct buf *more, const struct buf *less, size_t *count)
{
    struct effect f = {.what = what, .name = member_name(s, &d->member), .device = d->name};
    char from[TIME_TEXT_MAX];
    char to[TIME_TEXT_MAX];
    int64_t first = 0;
    int64_t last = 0;

    for (size_t i = 0; i < count_of(more, sizeof(int64_t)); i++) {
        int64_t key = key_at(more, i);
        if (OP_DEVICE(key) == d->ix && !key_in(less, key)) {
            first = f.count == 0 ? key : first;
            last = key;
            f.count++;
        }
    }
    if (f.count == 0) {
        return;
    }
    ++*count;
    f.from = time_of(s, first);
    f.to = time_of(s, last);
    effect_line(s, &f);
    text begin = time_text(f.from, from);
    text end = time_text(f.to, to);
    out_say(&s->out, "  %llu %s of %.*s's machine '%.*s', from %.*s to %.*s, %s",
            (unsigned long long)f.count, entries_word(f.count), TEXT_ARG(f.name),
            TEXT_ARG(f.device), TEXT_ARG(begin), TEXT_ARG(end),
            strcmp(what, "stops") == 0
                ? (f.count == 1 ? "stops to count: see `valise received-late`"
                                : "stop to count: see `valise received-late`")
                : (f.count == 1 ? "counts again" : "count again"));
}

static void kept_say(struct session *s, const struct decision *d, const struct effects *after)
{
    struct effect f = {.what = "keeps", .name = member_name(s, &d->member)};

    for (size_t i = 0; i < team_device_count(s->team); i++) {
        const struct team_device *v = team_device_at(s->team, i);
        if (id_equal(&v->member, &d->member) && team_device_home(s->team, v->ix) == v->ix) {
            f.count += v->head_seq;
        }
    }
    for (size_t i = 0; i < count_of(&after->voids, sizeof(int64_t)); i++) {
        const struct team_device *v =
            team_device_by_ix(s->team, OP_DEVICE(key_at(&after->voids, i)));
        bool theirs = v != NULL && id_equal(&v->member, &d->member) &&
                      team_device_home(s->team, v->ix) == v->ix;
        f.count -= theirs && f.count > 0 ? 1 : 0;
    }
    effect_line(s, &f);
    if (f.count == 0) {
        return;
    }
    out_say(&s->out, "  %llu %s of %.*s held here %s", (unsigned long long)f.count,
            entries_word(f.count), TEXT_ARG(f.name), f.count == 1 ? "stays" : "stay");
}

static text role_name(struct session *s, const struct id *role)
{
    const struct team_role *r = team_role_by_id(s->team, role);
    return r == NULL ? TEXT("") : r->name;
}

/* about: whom a decision here is about; NULL: decided elsewhere. */
static void place_say(struct session *s, const struct id *about, const struct place_now *was,
                      const struct place_now *is, size_t *count)
{
    const struct place_now *p = is != NULL ? is : was;
    struct effect f = {.name = member_name(s, &p->id), .role = role_name(s, &p->role)};
    const char *words = NULL;

    if (is == NULL) {
        f.what = "leaves";
        words = about == NULL || id_equal(&p->id, about)
                    ? "has no place in the team any more"
                    : "loses the place too: it came from there; "
                      "`valise member reattach NAME` keeps it";
    } else if (was == NULL) {
        f.what = "enters";
        words = about == NULL ? "has a place in the team" : "has a place in the team again";
    } else if (was->suspended != is->suspended) {
        f.what = is->suspended ? "suspended" : "free";
        words = is->suspended ? "is suspended: nothing new of theirs counts until it is lifted"
                              : "is not suspended any more";
    } else if (!id_equal(&was->role, &is->role)) {
        f.what = "role";
        words = "is shown with another role";
    } else {
        return;
    }
    ++*count;
    effect_line(s, &f);
    if (is != NULL && strcmp(f.what, "role") == 0) {
        out_say(&s->out, "  %.*s: %.*s, not %.*s", TEXT_ARG(f.name), TEXT_ARG(f.role),
                TEXT_ARG(role_name(s, &was->role)));
    } else {
        out_say(&s->out, "  %.*s %s", TEXT_ARG(f.name), words);
    }
}

static void people_say(struct session *s, const struct id *about, const struct effects *before,
                       const struct effects *after, size_t *count)
{
    struct place_now was;
    struct place_now is;

    for (size_t i = 0; i < count_of(&before->people, sizeof was); i++) {
        was = place_at(&before->people, i);
        bool still = place_in(&after->people, &was.id, &is);
        place_say(s, about, &was, still ? &is : NULL, count);
    }
    for (size_t i = 0; i < count_of(&after->people, sizeof is); i++) {
        is = place_at(&after->people, i);
        if (!place_in(&before->people, &is.id, &was)) {
            place_say(s, about, NULL, &is, count);
        }
    }
}

/* Readers of a in `more` who are not in `less`: names, and whether there are any. */
static enum status names_of(struct session *s, const struct team_compartment *c,
                            const struct buf *more, const struct buf *less, struct buf *names)
{
    enum status status = STATUS_OK;

    buf_clear(names);
    for (size_t i = 0; i < count_of(more, sizeof(struct reader_now)); i++) {
        struct reader_now r = reader_at(more, i);
        if (memcmp(r.tag, c->tag, sizeof r.tag) == 0 && !reader_in(less, &r)) {
            TRY(buf_add_text(s->cx, names, names->len > 0 ? TEXT(", ") : TEXT("")));
            TRY(buf_add_text(s->cx, names, member_name(s, &r.id)));
        }
    }
out:
    return status;
}

static enum status readers_say(struct session *s, const struct effects *before,
                               const struct effects *after, size_t *count)
{
    enum status status = STATUS_OK;
    struct buf names;

    buf_init(&names, 64 * 1024);
    for (size_t i = 0; i < team_compartment_count(s->team); i++) {
        const struct team_compartment *c = team_compartment_at(s->team, i);
        struct effect f = {.what = "locks", .name = c->name};
        TRY(names_of(s, c, &before->readers, &after->readers, &names));
        if (names.len > 0) {
            ++*count;
            effect_line(s, &f);
            out_say(&s->out,
                    "  compartment '%.*s' gets a new key: what is written from now on is "
                    "closed to %.*s",
                    TEXT_ARG(c->name), TEXT_ARG(buf_text(&names)));
        }
        TRY(names_of(s, c, &after->readers, &before->readers, &names));
        if (names.len > 0) {
            ++*count;
            f.what = "opens";
            effect_line(s, &f);
            out_say(&s->out, "  compartment '%.*s' opens to %.*s", TEXT_ARG(c->name),
                    TEXT_ARG(buf_text(&names)));
        }
    }
out:
    buf_finish(&names);
    return status;
}

/* ---- what was seen ---- */

enum { TITLES_SHOWN_MAX = 12 };

struct seen {
    struct session *s;
    size_t count;
};

static enum status visit_seen(void *self, struct ctx *cx, int64_t record,
                              const struct record_type *type, text title)
{
    struct seen *w = self;
    struct effect f = {.what = "password", .name = title};

    (void)cx;
    (void)record;
    (void)type;
    effect_line(w->s, &f);
    if (w->count++ < TITLES_SHOWN_MAX) {
        out_say(&w->s->out, "    %.*s", TEXT_ARG(title));
    }
    return STATUS_OK;
}

/* What was read stays read: no decision takes it out of somebody's head or from their stick. The
 * compartments that close to them; a lost machine closes none, and could read all. */
static enum status seen_say(struct session *s, const struct decision *d,
                            const struct effects *before, const struct effects *after)
{
    enum status status = STATUS_OK;
    struct seen w = {.s = s};
    struct buf closed;
    struct buf all;

    buf_init(&closed, 64 * 1024);
    buf_init(&all, 64 * 1024);
    for (size_t i = 0; i < count_of(&before->readers, sizeof(struct reader_now)); i++) {
        struct reader_now r = reader_at(&before->readers, i);
        if (id_equal(&r.id, &d->member)) {
            TRY(buf_add(s->cx, &all, BYTES_OF(r.tag)));
            TRY(buf_add(s->cx, &closed,
                        BYTES(r.tag, reader_in(&after->readers, &r) ? 0 : sizeof r.tag)));
        }
    }
    if (closed.len == 0 && d->device_ix == 0) {
        goto out;
    }
    out_say(&s->out, "  what %.*s could read stays known; change the secrets among it:",
            TEXT_ARG(member_name(s, &d->member)));
    TRY(records_seen_by(s->cx, s->records, buf_view(closed.len > 0 ? &closed : &all), visit_seen,
                        &w));
    if (w.count == 0) {
        out_say(&s->out, "    there are none that you can read");
    } else if (w.count > TITLES_SHOWN_MAX) {
        out_say(&s->out, "    and %zu more", w.count - TITLES_SHOWN_MAX);
    }
out:
    buf_finish(&all);
    buf_finish(&closed);
    return status;
}

/* Every history of every machine. */
static void lanes_say(struct session *s, const struct effects *before, const struct effects *after,
                      size_t *count)
{
    for (size_t i = 0; i < team_device_count(s->team); i++) {
        int64_t home = team_device_at(s->team, i)->ix;
        int64_t ix = home;
        for (size_t n = 0; ix != 0; n++) {
            ix = team_device_lane(s->team, home, n);
            const struct team_device *d = ix == 0 ? NULL : team_device_by_ix(s->team, ix);
            if (d != NULL) {
                entries_say(s, "stops", d, &after->voids, &before->voids, count);
                entries_say(s, "returns", d, &before->voids, &after->voids, count);
            }
        }
    }
}

enum status effects_say(struct session *s, const struct decision *d, const struct effects *before,
                        const struct effects *after, size_t *ret_count)
{
    enum status status = STATUS_OK;

    *ret_count = 0;
    people_say(s, &d->member, before, after, ret_count);
    if (d->takes) {
        kept_say(s, d, after);
    }
    lanes_say(s, before, after, ret_count);
    TRY(readers_say(s, before, after, ret_count));
    if (d->takes) {
        TRY(seen_say(s, d, before, after));
    }
out:
    return status;
}

void effects_arrived_say(struct session *s, const struct effects *before,
                         const struct effects *after)
{
    struct effect f = {.what = "late"};
    size_t count = 0;

    people_say(s, NULL, before, after, &count);
    if (count > 0) {
        out_note(&s->out, "`valise member decisions` says who decided what is taken from people");
    }
    for (size_t i = 0; i < count_of(&after->voids, sizeof(int64_t)); i++) {
        f.count += key_in(&before->voids, key_at(&after->voids, i)) ? 0 : 1;
    }
    if (f.count > 0) {
        effect_line(s, &f);
        out_say(&s->out,
                "  %llu %s of people who had lost the right to write %s not count: see "
                "`valise received-late`",
                (unsigned long long)f.count, entries_word(f.count), f.count == 1 ? "does" : "do");
    }
}
