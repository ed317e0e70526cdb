/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where plaintext goes. Every record carries a marker in its title and is sealed under one key. Who
 * may hold a key, and what is under it: whom its maker could take for a reader of its compartment
 * when it was made, and from then on whomever somebody who may hold it could take for one, at any
 * time. That is asked of the resolver of authority alone, not of the code that gives keys out. At
 * the end every table of every vault is searched for markers, and every key, whoever the machine's
 * owner is; media never show one.
 */
#include "lanes-int.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKERS_MAX = 2048, MARKER_BYTES = 9, KEYS_MAX = 4096, TAGS = 8 };

struct marker {
    bool written, honest;
    size_t author, key;
    uint64_t seq;
};

struct tainted {
    struct id epoch;
    size_t tag;       /* of `tags` */
    uint32_t holders; /* bits of actors who may hold it */
};

struct taint {
    struct marker markers[MARKERS_MAX];
    size_t count;
    struct tainted keys[KEYS_MAX];
    size_t key_count;
    size_t keys_of[ACTORS_MAX]; /* how many keys it held when it was looked at */
    uint8_t tags[TAGS][COMPARTMENT_BYTES];
    size_t tag_count;
    uint32_t reads[ACTORS_MAX][TAGS];  /* whom this actor's charter takes for readers */
    uint32_t before[ACTORS_MAX][TAGS]; /* and took, when it was looked at the time before */
};

void taint_start(struct sim *s)
{
    s->taint = calloc(1, sizeof *s->taint);
    MUST(s->taint != NULL);
}

void taint_finish(struct sim *s)
{
    free(s->taint);
}

void taint_next(struct sim *s, char title[static TITLE_MAX])
{
    struct taint *t = s->taint;
    MUST(t->count < MARKERS_MAX);
    snprintf(title, TITLE_MAX, "mark%05zu", t->count);
    t->markers[t->count++] = (struct marker){0};
}

/* ---- who may ---- */

static size_t tag_number(struct taint *t, const uint8_t tag[static COMPARTMENT_BYTES])
{
    for (size_t i = 0; i < t->tag_count; i++) {
        if (memcmp(t->tags[i], tag, COMPARTMENT_BYTES) == 0) {
            return i;
        }
    }
    MUST(t->tag_count < TAGS);
    memcpy(t->tags[t->tag_count], tag, COMPARTMENT_BYTES);
    return t->tag_count++;
}

static bool lane_used(const struct team *t, const struct device *d)
{
    for (; d != NULL; d = d->next) {
        if (authority_lane_in_use(t->authority, d->pub.ix)) {
            return true;
        }
    }
    return false;
}

/* By the resolver: the machine is in use, its member's roles list the compartment. */
static bool may_read(const struct team *t, const struct id *device,
                     const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct device *d = device_by_id(t, device);
    const struct member *m = d == NULL || !d->linked ? NULL : member_by_id(t, &d->pub.member);
    const struct compartment *c = compartment_by_tag(t, tag);
    return m != NULL && c != NULL && m->number < UINT32_MAX && lane_used(t, d) &&
           authority_reads(t->authority, m->number, c->number);
}

static uint32_t readers(struct sim *s, size_t by, size_t tag)
{
    struct taint *t = s->taint;
    uint32_t bits = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct id *device = &sim_team(&s->actors[i])->self->pub.id;
        bits |= may_read(sim_team(&s->actors[by]), device, t->tags[tag]) ? 1U << i : 0;
    }
    return bits;
}

/* The same machine twice holds what either holds. */
static uint32_t with_copies(struct sim *s, uint32_t bits)
{
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->count; k++) {
            if ((bits >> k & 1) != 0 && id_equal(&sim_team(&s->actors[i])->self->pub.id,
                                                 &sim_team(&s->actors[k])->self->pub.id)) {
                bits |= 1U << i;
            }
        }
    }
    return bits;
}

static void spread(struct sim *s, struct tainted *k)
{
    uint32_t before;
    do {
        before = k->holders;
        for (size_t i = 0; i < s->count; i++) {
            k->holders |= (before >> i & 1) != 0 ? s->taint->reads[i][k->tag] : 0;
        }
        k->holders = with_copies(s, k->holders);
    } while (k->holders != before);
}

static size_t key_number(struct taint *t, const struct id *epoch)
{
    size_t i = 0;
    while (i < t->key_count && !id_equal(&t->keys[i].epoch, epoch)) {
        i++;
    }
    return i;
}

/* For whoever looks for the reason. */
static void tell_key(struct sim *s, const struct tainted *k)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct epoch *e = epoch_by_id(sim_team(&s->actors[i]), &k->epoch);
        fprintf(stderr, "%s%s%s:%s%s; takes for readers:", s->actors[i].name,
                s->actors[i].malicious ? " malicious" : "", s->actors[i].copied ? " copied" : "",
                (k->holders >> i & 1) != 0 ? " may" : "",
                e != NULL && e->key != NULL ? " key" : "");
        for (size_t n = 0; n < s->count; n++) {
            bool reads = (s->taint->reads[i][k->tag] >> n & 1) != 0;
            fprintf(stderr, "%s%s", reads ? " " : "", reads ? s->actors[n].name : "");
        }
        fprintf(stderr, "\n");
    }
}

static void held_rightly(struct sim *s, size_t who, const struct epoch *e, const struct tainted *k)
{
    if ((k->holders >> who & 1) == 0) {
        tell_key(s, k);
    }
    SIM_MUST(s, (k->holders >> who & 1) != 0,
             "%s holds key %llu %02x%02x, which nobody could give it", s->actors[who].name,
             (unsigned long long)e->number, e->id.b[0], e->id.b[1]);
}

/* Who made it signed it; a stick may have brought it here within one step. */
static size_t maker(const struct sim *s, const struct epoch *e, const struct team *team, size_t who)
{
    const struct device *d = device_by_ix(team, e->place.ix);
    for (size_t i = 0; i < s->count && e->declared && d != NULL; i++) {
        if (id_equal(&sim_team(&s->actors[i])->self->pub.id, &d->pub.id)) {
            return i;
        }
    }
    return who;
}

/* Whom he takes for readers; one step may have made a key and then said who is none any more. */
static void made_by(struct sim *s, size_t who, struct tainted *k)
{
    struct taint *t = s->taint;
    t->reads[who][k->tag] = readers(s, who, k->tag);
    k->holders |= 1U << who | t->reads[who][k->tag] | t->before[who][k->tag];
}

/* Keys that came since the last time, or were made here. */
static void new_keys(struct sim *s, size_t who)
{
    struct taint *t = s->taint;
    const struct team *team = sim_team(&s->actors[who]);
    size_t held = 0;

    for (size_t i = 0; i < team->epochs.count; i++) {
        held += ((const struct epoch *)team->epochs.at[i])->key != NULL;
    }
    for (size_t i = 0; i < team->epochs.count && held != t->keys_of[who]; i++) {
        const struct epoch *e = team->epochs.at[i];
        size_t number = key_number(t, &e->id);
        if (e->key == NULL || number < t->key_count) {
            if (e->key != NULL) {
                held_rightly(s, who, e, &t->keys[number]);
            }
            continue;
        }
        MUST(t->key_count < KEYS_MAX);
        if (s->verbose) {
            fprintf(stderr, "    key %llu %02x%02x first with %s\n", (unsigned long long)e->number,
                    e->id.b[0], e->id.b[1], s->actors[who].name);
        }
        struct tainted *k = &t->keys[t->key_count++];
        *k = (struct tainted){
            .epoch = e->id, .tag = tag_number(t, e->compartment), .holders = 1U << who};
        made_by(s, who, k);
        made_by(s, maker(s, e, team, who), k);
        spread(s, k);
    }
    t->keys_of[who] = held;
}

void taint_see(struct sim *s, struct actor *a)
{
    struct taint *t = s->taint;
    size_t by = (size_t)(a - s->actors);
    bool more = false;

    for (size_t i = 0; i < t->tag_count; i++) {
        uint32_t now = readers(s, by, i);
        if (s->verbose && now != t->reads[by][i]) {
            fprintf(stderr, "    %s takes %x for readers of %zu\n", a->name, now, i);
        }
        more |= now != t->reads[by][i];
        t->before[by][i] = t->reads[by][i];
        t->reads[by][i] = now;
    }
    for (size_t i = 0; i < t->key_count && more; i++) {
        spread(s, &t->keys[i]);
    }
    new_keys(s, by);
}

void taint_written(struct sim *s, struct actor *a, const char *title)
{
    struct taint *t = s->taint;
    struct team *team = sim_team(a);
    struct log_row row;
    struct entry_header h;

    log_row_init(&row);
    check_ok(a->desk.cx,
             log_row_load(a->desk.cx, team, ENTRY_KEY(team->self->pub.ix, team->self->pub.head_seq),
                          &row));
    check_ok(a->desk.cx, entry_header_parse(a->desk.cx, buf_view(&row.header), &h));
    taint_see(s, a);
    size_t key = key_number(t, &h.epoch);
    SIM_MUST(s, key < t->key_count, "%s wrote under a key it does not hold", a->name);
    t->markers[strtoul(title + 4, NULL, 10)] = (struct marker){.written = true,
                                                               .honest = !a->malicious,
                                                               .author = (size_t)(a - s->actors),
                                                               .key = key,
                                                               .seq = h.seq};
    log_row_finish(&row);
}

void taint_nothing_yet(struct sim *s, struct actor *a)
{
    const struct taint *t = s->taint;
    for (size_t i = 0; i < t->count; i++) {
        const struct marker *m = &t->markers[i];
        const struct epoch *e =
            m->written ? epoch_by_id(sim_team(a), &t->keys[m->key].epoch) : NULL;
        SIM_MUST(s, e == NULL || e->key == NULL, "%s came without history and can read record %zu",
                 a->name, i);
    }
}

/* ---- who does ---- */

/* `see` is told the number of every marker in there. */
static void find_all(bytes in, void (*see)(void *self, size_t number), void *self)
{
    if (in.len < MARKER_BYTES) {
        return;
    }
    const uint8_t *end = in.ptr + in.len;
    for (const uint8_t *at = in.ptr;; at += 4) {
        char digits[6] = {0};
        at = memmem(at, (size_t)(end - at), "mark", 4);
        if (at == NULL || end - at < MARKER_BYTES) {
            return;
        }
        memcpy(digits, at + 4, 5);
        if (strspn(digits, "0123456789") == 5) {
            see(self, strtoul(digits, NULL, 10));
        }
    }
}

static void on_medium(void *self, size_t number)
{
    struct sim *s = self;
    SIM_MUST(s, number >= s->taint->count, "what is carried shows record %zu", number);
}

void taint_medium(struct sim *s, bytes carried)
{
    find_all(carried, on_medium, s);
}

struct holder {
    struct sim *s;
    size_t who;
    const char *where;
};

static void in_vault(void *self, size_t number)
{
    const struct holder *h = self;
    struct sim *s = h->s;
    if (number >= s->taint->count || !s->taint->markers[number].written) {
        return; /* its author never acknowledged it */
    }
    const struct marker *m = &s->taint->markers[number];
    const struct tainted *k = &s->taint->keys[m->key];
    if (m->honest && (k->holders >> h->who & 1) == 0) {
        tell_key(s, k);
    }
    SIM_MUST(s, !m->honest || (k->holders >> h->who & 1) != 0,
             "%s shows record %zu of %s, which nobody could give it (%s)", s->actors[h->who].name,
             number, s->actors[m->author].name, h->where);
}

/* Every text and every byte string of a table. */
static void search_table(struct holder *h, const char *name)
{
    struct actor *a = &h->s->actors[h->who];
    char sql[160];
    struct stmt *st = NULL;
    bool row = false;

    snprintf(sql, sizeof sql, "SELECT * FROM \"%.63s\"", name);
    h->where = name;
    check_ok(a->desk.cx, stmt_prepare(a->desk.cx, a->desk.peer->vault, sql, &st));
    check_ok(a->desk.cx, stmt_step(a->desk.cx, st, &row));
    while (row) {
        for (int i = 0; i < stmt_columns(st); i++) {
            enum stmt_type type = stmt_type(st, i);
            if (type == STMT_TYPE_TEXT || type == STMT_TYPE_BYTES) {
                find_all(stmt_bytes(st, i), in_vault, h);
            }
        }
        check_ok(a->desk.cx, stmt_step(a->desk.cx, st, &row));
    }
}

static void search_vault(struct sim *s, size_t who)
{
    enum { TABLES_MAX = 96 };
    static char names[TABLES_MAX][64];
    struct actor *a = &s->actors[who];
    struct holder h = {.s = s, .who = who};
    struct stmt *st = NULL;
    size_t count = 0;
    bool row = false;

    /* tags of pieces are many and hold nothing of a record */
    check_ok(a->desk.cx, stmt_prepare(a->desk.cx, a->desk.peer->vault,
                                      "SELECT name FROM sqlite_master WHERE type = 'table'"
                                      " AND name <> 'team_chain_step'",
                                      &st));
    check_ok(a->desk.cx, stmt_step(a->desk.cx, st, &row));
    while (row && count < TABLES_MAX) {
        text name = stmt_text(st, 0);
        snprintf(names[count++], sizeof names[0], "%.*s", (int)name.len, name.ptr);
        check_ok(a->desk.cx, stmt_step(a->desk.cx, st, &row));
    }
    MUST(count < TABLES_MAX);
    for (size_t i = 0; i < count; i++) {
        search_table(&h, names[i]);
    }
}

/* What was acknowledged is where it was written. */
static void own_words(struct sim *s)
{
    struct buf body;
    buf_init(&body, BODY_PLAIN_MAX);
    for (size_t i = 0; i < s->taint->count; i++) {
        const struct marker *m = &s->taint->markers[i];
        struct actor *a = &s->actors[m->author];
        char title[TITLE_MAX];
        struct entry_info info;
        bool counts, readable;
        if (!m->written || a->copied) {
            continue; /* an older copy of itself has not said what came after it */
        }
        snprintf(title, sizeof title, "mark%05zu", i);
        enum status status = log_entry_load(a->desk.cx, sim_team(a), sim_team(a)->self->pub.ix,
                                            m->seq, &info, &body, &counts, &readable);
        SIM_MUST(s,
                 status == STATUS_OK && readable &&
                     memmem(body.ptr, body.len, title, strlen(title)) != NULL,
                 "%s lost record %zu, which it had acknowledged (%s)", a->name, i,
                 a->desk.cx->fault.what);
    }
    buf_finish(&body);
}

void taint_oracle(struct sim *s)
{
    own_words(s);
    for (size_t i = 0; i < s->count; i++) {
        s->taint->keys_of[i] = 0; /* every key it holds is looked at again */
        taint_see(s, &s->actors[i]);
        search_vault(s, i);
    }
}
