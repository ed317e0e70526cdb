/* SPDX-License-Identifier: Apache-2.0 */
/* What people, couriers, thieves and broken media do; one step at a time, by the dice. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static struct actor *anybody(struct sim *s)
{
    return &s->actors[roll(s, s->count)];
}

struct team *sim_team(const struct actor *a)
{
    return a->desk.peer->team;
}

static struct team *team_of(const struct actor *a)
{
    return sim_team(a);
}

static const struct id *device_of(const struct actor *a)
{
    return &team_of(a)->self->pub.id;
}

void expect(struct sim *s, struct actor *a, enum status status, const char *what)
{
    switch (status) {
    case STATUS_OK:
        return;
    case STATUS_USAGE:
    case STATUS_DENIED:
    case STATUS_NOT_FOUND:
    case STATUS_EXISTS:
    case STATUS_CONFLICT:
    case STATUS_AMBIGUOUS:
        s->refused++;
        fault_clear(a->desk.cx);
        return;
    case STATUS_ROLLBACK:
        SIM_MUST(s, a->copied || a->backup[0] != '\0', "%s is told that it is a copy (%s)", a->name,
                 what);
        a->dead = true;
        fault_clear(a->desk.cx);
        return;
    default:
        SIM_MUST(s, false, "%s: %s: %s (status %d)", a->name, what, a->desk.cx->fault.what, status);
    }
}

/* ---- writing ---- */

/* By what people decided. Of a machine with two histories that nobody settled its author knows
 * more than his words carry: a colleague who has one of them goes on with it. */
static bool kept_from(const struct team *t, const struct device *d,
                      const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct member *m = member_by_id(t, &d->pub.member);
    const struct compartment *c = compartment_by_tag(t, tag);
    bool forked = d->next != NULL;
    return d->linked &&
           (forked ? m == NULL || c == NULL || !authority_reads(t->authority, m->number, c->number)
                   : !device_reads(t, d, tag));
}

static void add_secret(struct sim *s, const struct id *epoch, const struct id *entry,
                       const struct id *device)
{
    bool known = s->secret_count == SECRETS_MAX;
    for (size_t i = 0; i < s->secret_count && !known; i++) {
        known = id_equal(&s->secrets[i].epoch, epoch) && id_equal(&s->secrets[i].device, device);
    }
    if (!known) {
        s->secrets[s->secret_count++] =
            (struct secret_from){.entry = *entry, .epoch = *epoch, .device = *device};
    }
}

/* Every colleague who, by the author's own charter, may not read what was just written. */
static void note_secret(struct sim *s, struct actor *a)
{
    struct team *t = team_of(a);
    struct log_row row;
    struct entry_header h;

    if (a->malicious || t->self->pub.head_seq == 0) {
        return;
    }
    log_row_init(&row);
    check_ok(a->desk.cx,
             log_row_load(a->desk.cx, t, ENTRY_KEY(t->self->pub.ix, t->self->pub.head_seq), &row));
    check_ok(a->desk.cx, entry_header_parse(a->desk.cx, buf_view(&row.header), &h));
    for (size_t i = 0; i < t->devices.count && !row.control; i++) {
        const struct device *d = t->devices.at[i];
        if (kept_from(t, d, h.compartment)) {
            add_secret(s, &h.epoch, &row.id, &d->pub.id);
        }
    }
    log_row_finish(&row);
}

enum status sim_write(struct sim *s, struct actor *a, const struct team_compartment *in,
                      const char *title)
{
    const struct assignment mine = {.field = &sample_fields[0], .value = text_of(title)};
    int64_t record = 0;

    (void)s;
    team_of(a)->trusted = a->malicious;
    enum status status =
        record_create(a->desk.cx, a->desk.records, &sample_types[0], in, &mine, 1, &record);
    if (status == STATUS_OK) {
        status = log_seal(a->desk.cx, team_of(a));
    }
    team_of(a)->trusted = false;
    return status;
}

static void write_something(struct sim *s, struct actor *a)
{
    char mark[TITLE_MAX], title[2 * TITLE_MAX];

    taint_next(s, mark);
    snprintf(title, sizeof title, "%s %s %llu", mark, a->name, (unsigned long long)roll(s, 100000));
    enum status status = sim_write(s, a, NULL, title);
    expect(s, a, status, "writing");
    if (status == STATUS_OK) {
        note_secret(s, a);
        taint_written(s, a, title);
    }
}

/* ---- deciding about people ---- */

static struct id somebody(struct sim *s, struct actor *a)
{
    struct team *t = team_of(a);
    const struct member *m = t->members.at[roll(s, t->members.count)];
    return m->pub.id;
}

static const text ROLES[] = {
    {.ptr = "admin", .len = 5}, {.ptr = "editor", .len = 6}, {.ptr = "reader", .len = 6}};

static enum status decide(struct sim *s, struct actor *a)
{
    struct ctx *cx = a->desk.cx;
    struct team *t = team_of(a);
    const struct id who = somebody(s, a);
    int64_t until = roll(s, 4) == 0 ? cx->system->now(cx->system->self) - 3600 : 0;
    int64_t ix = ((const struct device *)t->devices.at[roll(s, t->devices.count)])->pub.ix;

    switch (roll(s, 11)) {
    case 0:
        return team_remove(cx, t, &who, until);
    case 1:
        return team_revoke(cx, t, &who, ROLES[roll(s, 3)], until, roll(s, 2) == 0);
    case 2:
        return team_give(cx, t, &who, ROLES[roll(s, 3)]);
    case 3:
        return team_replace(cx, t, &who, ROLES[roll(s, 3)], ROLES[roll(s, 3)]);
    case 4:
        return team_suspend(cx, t, &who);
    case 5:
        return team_lift(cx, t, &who);
    case 6:
        return team_pardon(cx, t, 1 + roll(s, 4));
    case 7:
        return team_reattach(cx, t, &who);
    case 8:
        return team_device_cut(cx, t, ix, until);
    case 9:
        /* the founder's first machine stays: it is the one the end is asked of */
        return a->desk.peer->root_seed == NULL || a == &s->actors[0]
                   ? STATUS_OK
                   : team_device_unlink(cx, t, ix, until, a->desk.peer->root_seed);
    default:
        return team_pin(cx, t, ix);
    }
}

enum status sim_decide(struct sim *s, struct actor *a)
{
    team_of(a)->trusted = a->malicious;
    enum status status = decide(s, a);
    team_of(a)->trusted = false;
    if (status == STATUS_OK && team_of(a)->stale) {
        status = team_refresh(a->desk.cx, team_of(a));
    }
    return status;
}

static void decide_something(struct sim *s, struct actor *a)
{
    expect(s, a, sim_decide(s, a), "a decision");
}

/* ---- joining ---- */

struct actor *sim_take_in(struct sim *s, struct peer *p, const char *name)
{
    struct actor *a = &s->actors[s->count++];
    memset(a, 0, sizeof *a);
    snprintf(a->name, sizeof a->name, "%s", name);
    a->malicious = roll(s, 5) == 0;
    sim_open(a, p);
    return a;
}

/* Records come to a log that was taken in without them: they are built from it. */
void sim_open(struct actor *a, struct peer *p)
{
    desk_open(&a->desk, p, sample_schema(&p->cx));
    if (records_check(a->desk.cx, a->desk.records, true) != STATUS_OK) {
        fault_clear(a->desk.cx);
    }
}

static void join(struct sim *s, struct actor *by)
{
    static const char *const NAMES[] = {"Anna", "Ben",  "Cleo", "Dan", "Eva", "Finn",
                                        "Gus",  "Hana", "Ida",  "Jan", "Kim", "Lou",
                                        "Mia",  "Nils", "Olga", "Paul"};
    struct team *t = team_of(by);
    const char *name = NAMES[s->count % LENGTH(NAMES)];

    if (s->count >= s->most || by->dead || by->liar || team_me(t) == NULL) {
        return;
    }
    bool own = by->desk.peer->root_seed != NULL && roll(s, 4) == 0 && !by->copied;
    if (own && device_writes(t, t->self, t->control)) {
        sim_take_in(s, peer_device(s->world, by->desk.peer, "phone"), name)->partial = by->partial;
        desk_watch(&by->desk);
        return;
    }
    const struct appointment *via = my_appointment(t, TEAM_APPOINT);
    if (via == NULL || !authority_active(t->authority, via->number) ||
        via->role->pub.max > 0 || /* a liaison: orgs_guest() */
        via->level + 1 >= LEVEL_MAX || !device_writes(t, t->self, t->control)) {
        s->refused++;
        return;
    }
    const char *role = (const char *)ROLES[roll(s, 3)].ptr;
    sim_take_in(s, peer_join(s->world, by->desk.peer, name, role), name)->partial = by->partial;
    desk_watch(&by->desk);
}

/* ---- carrying ---- */

static size_t stream_of(struct actor *from, struct actor *to, struct buf *content)
{
    struct buf frontier;
    buf_init(&frontier, 1 << 20);
    peer_frontier(to->desk.peer, &frontier);
    peer_export(from->desk.peer, buf_view(&frontier), content);
    buf_finish(&frontier);
    return content->len;
}

void sim_deliver(struct sim *s, struct actor *to, bytes content, bool corrupt)
{
    struct admission_counts counts = {0};
    enum status status = desk_admit(&to->desk, content, &counts);

    s->voided += counts.void_entries;
    if (status != STATUS_OK && corrupt && status != STATUS_BUG && status != STATUS_INTEGRITY &&
        status != STATUS_ROLLBACK) {
        fault_clear(to->desk.cx); /* refused as a whole: nothing changed */
        check_ok(to->desk.cx, team_refresh(to->desk.cx, team_of(to)));
        return;
    }
    if (status == STATUS_ROLLBACK) {
        expect(s, to, status, "taking in");
        return;
    }
    expect(s, to, status, "taking in");
}

void sim_pass(struct sim *s, struct actor *from, struct actor *to)
{
    struct buf content;
    if (from == to || from->dead || to->dead || id_equal(device_of(from), device_of(to))) {
        return;
    }
    buf_init(&content, SIM_STREAM_MAX);
    (void)stream_of(from, to, &content);
    sim_deliver(s, to, buf_view(&content), from->liar);
    buf_finish(&content);
    taint_see(s, from);
    taint_see(s, to);
    sim_watch(s);
}

/* Loses, doubles, cuts or rots what is on its way; *ret_len of what is left. */
static bool spoil(struct sim *s, uint8_t *raw, size_t *len, struct ctx *cx)
{
    struct stream_item items[512];
    size_t count;

    if (*len == 0) {
        return false;
    }
    switch (roll(s, 6)) {
    case 0: /* one item is lost */
        count = 0;
        for (size_t pos = 0, used = 0; pos < *len && count < 512; pos += used) {
            check_ok(cx, content_read(cx, BYTES(raw + pos, *len - pos), &items[count].item, &used));
            items[count++].raw = BYTES(raw + pos, used);
        }
        if (count > 0) {
            const bytes lost = items[roll(s, count)].raw;
            size_t at = (size_t)(lost.ptr - raw);
            memmove(raw + at, raw + at + lost.len, *len - at - lost.len);
            *len -= lost.len;
        }
        return true;
    case 1: /* a bit rots */
        raw[roll(s, *len)] ^= (uint8_t)(1 << roll(s, 8));
        return true;
    case 2: /* torn */
        *len = roll(s, *len);
        return true;
    default:
        return false;
    }
}

static void post(struct sim *s, struct actor *from, struct actor *to)
{
    struct buf content;
    if (from == to || from->dead || to->dead || s->post_count >= POST_MAX ||
        id_equal(device_of(from), device_of(to))) {
        return;
    }
    buf_init(&content, SIM_STREAM_MAX);
    struct letter *l = &s->post[s->post_count++];
    l->len = stream_of(from, to, &content);
    l->bytes = malloc(l->len + 1);
    MUST(l->bytes != NULL);
    memcpy(l->bytes, content.ptr, l->len);
    taint_medium(s, buf_view(&content));
    l->corrupt = spoil(s, l->bytes, &l->len, from->desk.cx);
    buf_finish(&content);
}

/* To whomever it comes: late, twice, to the wrong person. */
static void post_arrives(struct sim *s)
{
    struct actor *to = anybody(s);
    if (s->post_count == 0 || to->dead) {
        return;
    }
    struct letter *l = &s->post[roll(s, s->post_count)];
    sim_deliver(s, to, BYTES(l->bytes, l->len),
                true); /* what it lacks may be missing: it may be refused */
    if (roll(s, 3) != 0) {
        free(l->bytes);
        *l = s->post[--s->post_count];
    }
}

static void stick(struct sim *s, struct actor *from, struct actor *to)
{
    char folder[FOLDER_MAX];
    const struct pack_options pack = {.everything = roll(s, 4) == 0};
    const struct unpack_options unpack = {.preview = roll(s, 4) == 0};
    struct pack_report packed;
    struct unpack_report unpacked;

    if (from == to || from->dead || to->dead || id_equal(device_of(from), device_of(to))) {
        return;
    }
    stick_folder(s, roll(s, STICKS), folder);
    enum status status = transfer_pack(from->desk.cx, from->desk.records, folder, &pack, &packed);
    once_stick(s, from, folder);
    expect(s, from, status, "packing");
    if (status == STATUS_OK) {
        status = transfer_unpack(to->desk.cx, to->desk.records, folder, &unpack, &unpacked);
        expect(s, to, status, "unpacking");
    }
}

/* ---- machines ---- */

/* Keeps a copy, or puts the one kept back: the machine is then an older self. */
static void backup(struct sim *s, struct actor *a)
{
    struct peer *p = a->desk.peer;
    if (a == &s->actors[0] || a->dead || a->copied) {
        return;
    }
    desk_close(&a->desk);
    peer_close(p);
    if (a->backup[0] == '\0') {
        snprintf(a->backup, sizeof a->backup, "%s.backup", p->dir);
        scratch_copy(p->dir, a->backup);
    } else {
        scratch_copy(a->backup, p->dir);
        s->forked = true; /* it may write before it is told */
        a->copied = true;
    }
    peer_open(p);
    desk_open(&a->desk, p, sample_schema(&p->cx));
}

/* A second machine goes on from a copy of this one, and neither knows of the other. */
static void twin(struct sim *s, struct actor *a)
{
    char name[sizeof a->name + 8];
    if (a == &s->actors[0] || a->dead || s->count >= s->most ||
        s->world->count >= TEAM_PEOPLE_MAX) {
        return;
    }
    snprintf(name, sizeof name, "%.9s again", a->name);
    desk_close(&a->desk);
    struct peer *copy = peer_clone(s->world, a->desk.peer);
    desk_open(&a->desk, a->desk.peer, sample_schema(a->desk.cx));
    sim_take_in(s, copy, name)->partial = a->partial;
    s->actors[s->count - 1].malicious = a->malicious; /* they share what it said */
    s->actors[s->count - 1].liar = a->liar;
    s->actors[s->count - 1].copied = a->copied = s->forked = true;
}

static void reopen(struct sim *s, struct actor *a)
{
    (void)s;
    desk_reopen(&a->desk, sample_schema(a->desk.cx));
}

void sim_step(struct sim *s)
{
    struct actor *a = anybody(s), *b = anybody(s);
    size_t what = roll(s, 100);

    if (a->dead) {
        return;
    }
    if (s->verbose) {
        fprintf(stderr, "  %s, %s: %zu\n", a->name, b->name, what);
    }
    if (what < 34) {
        s->did[0]++;
        write_something(s, a);
    } else if (what < 56) {
        s->did[1]++;
        sim_pass(s, a, b);
    } else if (what < 64) {
        s->did[2]++;
        post(s, a, b);
    } else if (what < 72) {
        s->did[3]++;
        post_arrives(s);
    } else if (what < 76) {
        s->did[4]++;
        stick(s, a, b);
    } else if (what < 88) {
        s->did[5]++;
        decide_something(s, a);
    } else if (what < 93) {
        s->did[6]++;
        join(s, a);
    } else if (what < 95) {
        s->did[7]++;
        if (roll(s, 3) == 0) {
            twin(s, a);
        } else {
            backup(s, a);
        }
    } else if (what < 97) {
        s->did[8]++;
        reopen(s, a);
    } else {
        s->did[9]++;
        int64_t later = (int64_t)roll(s, 40 * 86400);
        for (size_t i = 0; i < s->count; i++) {
            s->actors[i].desk.peer->machine.now += later;
        }
    }
}
