/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to be true once the faults have stopped and everybody has exchanged with everybody:
 * the same answer everywhere, nothing lost, every log whole when it is read again from its bytes,
 * and what the files beside this one ask.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static struct team *team_of(const struct actor *a)
{
    return sim_team(a);
}

static bool stands_by(struct team *t, const struct actor *a, bool reads_data)
{
    const struct device *d = device_by_id(t, &team_of(a)->self->pub.id);
    return d != NULL && !a->dead && device_reads(t, d, reads_data ? t->data : t->control);
}

/* Who was given the key by this machine's log, and who asks for it. */
static void tell_readers(const struct sim *s, const struct team *t, const struct epoch *e)
{
    const struct device *by = device_by_ix(t, e->place.ix);
    fprintf(stderr, "      by %.*s-%llu:", by == NULL ? 0 : (int)by->tag_len,
            by == NULL ? "" : by->tag, (unsigned long long)e->place.seq);
    for (size_t k = 0; k < s->count; k++) {
        const struct id *id = &team_of(&s->actors[k])->self->pub.id;
        fprintf(stderr, "%s%s%s", readers_have(e, id) ? " " : "",
                readers_have(e, id) ? s->actors[k].name : "",
                ask_open(e, id) != NULL ? " (asks)" : "");
    }
    fprintf(stderr, "\n");
}

/* Holds every key of the charter that is declared here. */
static bool reads_all(const struct actor *a)
{
    const struct team *t = team_of(a);
    for (size_t k = 0; k < t->epochs.count; k++) {
        const struct epoch *e = t->epochs.at[k];
        if (e->declared && e->key == NULL && compartment_is_control(t, e->compartment)) {
            return false;
        }
    }
    return true;
}

/* The founder, whose machine is never copied or restored, unless another owner or the owners
 * together stopped him: then the first honest one who is in by what he knows himself. */
struct actor *sim_reference(struct sim *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct actor *a = &s->actors[i];
        if (!a->malicious && !a->copied && stands_by(team_of(a), a, true) && reads_all(a)) {
            return a;
        }
    }
    return &s->actors[0];
}

/* In, by the charter of the reference. */
static bool stands(struct sim *s, const struct actor *a, bool reads_data)
{
    return stands_by(team_of(sim_reference(s)), a, reads_data);
}

/* For whoever looks for the reason. */
static void tell_all(struct sim *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct actor *a = &s->actors[i];
        const struct team *t = team_of(a);
        fprintf(stderr, "%s%s%s%s %s:", a->name, a->malicious ? " malicious" : "",
                a->copied ? " copied" : "", a->dead ? " dead" : "",
                stands(s, a, false) ? "in" : "out");
        for (size_t k = 0; k < s->count; k++) {
            const struct device *d = device_by_id(t, &team_of(&s->actors[k])->self->pub.id);
            fprintf(stderr, " %s %lld%s", s->actors[k].name,
                    d == NULL ? -1LL : (long long)d->pub.head_seq,
                    d != NULL && device_reads(t, d, t->control) ? "" : "(out)");
        }
        fprintf(stderr, "\n");
        for (size_t k = 0; k < t->epochs.count; k++) {
            struct epoch *e = t->epochs.at[k];
            fprintf(stderr, "   %s epoch %llu %02x%02x %s%s%s\n",
                    compartment_is_control(t, e->compartment) ? "charter" : "data",
                    (unsigned long long)e->number, e->id.b[0], e->id.b[1],
                    e->key == NULL ? "no key" : "key", e->declared ? "" : " undeclared",
                    epoch_clean(t, e) ? " clean" : "");
            tell_readers(s, t, e);
        }
    }
}

/* Every entry as one person's machine keeps it: c charter, VOID without effect, then its state. */
static void tell_log(const struct actor *a)
{
    const struct team *t = team_of(a);
    struct log_row row;

    for (size_t k = 0; k < t->devices.count; k++) {
        const struct device *d = t->devices.at[k];
        fprintf(stderr, " %.*s:", (int)d->tag_len, d->tag);
        for (uint64_t seq = 1; seq <= d->pub.head_seq; seq++) {
            log_row_init(&row);
            check_ok(a->desk.cx,
                     log_row_load(a->desk.cx, team_of(a), ENTRY_KEY(d->pub.ix, seq), &row));
            fprintf(stderr, " %llu%s%s/%d", (unsigned long long)seq, row.control ? "c" : "",
                    row.counts ? "" : "VOID", (int)row.state);
            log_row_finish(&row);
        }
        fprintf(stderr, "\n");
    }
}

/* Both read the same compartments, from the beginning. */
static bool equal_rights(const struct actor *a, const struct actor *b)
{
    const struct team *t = team_of(a);
    const struct device *x = t->self, *y = device_by_id(t, &team_of(b)->self->pub.id);
    for (size_t i = 0; i < compartment_count(t); i++) {
        const uint8_t *tag = compartment_tag(t, i);
        bool apart = !compartment_is_control(t, tag) && memcmp(tag, t->data, 16) != 0;
        if (device_reads(t, x, tag) != device_reads(t, y, tag) ||
            (apart && device_reads(t, x, tag))) { /* since when, is another question */
            return false;
        }
    }
    return !a->partial && !b->partial;
}

static void same_answer(struct sim *s)
{
    struct actor *first = sim_reference(s);
    struct buf ours, theirs;
    struct id hash = desk_hash(&first->desk);

    buf_init(&ours, 1 << 20);
    check_ok(first->desk.cx, log_frontier(first->desk.cx, team_of(first), &ours));
    for (size_t i = 0; i < s->count; i++) {
        struct actor *a = &s->actors[i];
        if (a == first || !stands(s, a, false) || a->malicious) {
            continue;
        }
        buf_init(&theirs, 1 << 20);
        check_ok(a->desk.cx, log_frontier(a->desk.cx, team_of(a), &theirs));
        if (!bytes_equal(buf_view(&ours), buf_view(&theirs))) {
            tell_all(s);
        }
        SIM_MUST(s, bytes_equal(buf_view(&ours), buf_view(&theirs)),
                 "%s holds other entries than %s", a->name, first->name);
        buf_finish(&theirs);
        SIM_MUST(s, team_member_count(team_of(first)) == team_member_count(team_of(a)),
                 "%s knows %zu members, %s %zu", a->name, team_member_count(team_of(a)),
                 first->name, team_member_count(team_of(first)));
        heard_look(s, a);
        if (stands(s, a, true) && !s->walled && equal_rights(first, a)) {
            struct id other = desk_hash(&a->desk);
            if (s->verbose && !id_equal(&hash, &other)) {
                struct buf x, y;
                buf_init(&x, 1 << 20);
                buf_init(&y, 1 << 20);
                desk_dump(&first->desk, &x);
                desk_dump(&a->desk, &y);
                fprintf(stderr, "%s\n%.*s\n%s\n%.*s\n", first->name, (int)x.len,
                        (const char *)x.ptr, a->name, (int)y.len, (const char *)y.ptr);
                tell_all(s);
                buf_finish(&x);
                buf_finish(&y);
            }
            SIM_MUST(s, id_equal(&hash, &other), "%s shows another state than %s", a->name,
                     first->name);
        }
    }
    buf_finish(&ours);
}

static void whole_logs(struct sim *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct actor *a = &s->actors[i];
        uint64_t entries;
        if (a->malicious || a->dead) {
            continue; /* its own program did not judge what it said itself */
        }
        enum status status = log_check(a->desk.cx, team_of(a), &entries);
        SIM_MUST(s, status == STATUS_OK, "the log of %s: %s", a->name, a->desk.cx->fault.what);
        status = records_check(a->desk.cx, a->desk.records, false);
        if (status != STATUS_OK) {
            tell_log(a);
            struct buf dump;
            buf_init(&dump, 1 << 20);
            desk_dump(&a->desk, &dump);
            fprintf(stderr, "%.*s\n", (int)dump.len, (const char *)dump.ptr);
            buf_finish(&dump);
        }
        SIM_MUST(s, status == STATUS_OK, "the records of %s: %s", a->name, a->desk.cx->fault.what);
    }
}

/* What somebody wrote who is still in is with everybody. */
static void nothing_lost(struct sim *s)
{
    struct team *t = team_of(sim_reference(s));
    for (size_t i = 0; i < s->count; i++) {
        const struct actor *a = &s->actors[i];
        const struct device *d = device_by_id(t, &team_of(a)->self->pub.id);
        if (stands(s, a, false) && !a->malicious) {
            SIM_MUST(s, d->pub.head_seq == team_of(a)->self->pub.head_seq,
                     "%s wrote %llu entries, %llu came", a->name,
                     (unsigned long long)team_of(a)->self->pub.head_seq,
                     (unsigned long long)d->pub.head_seq);
        }
    }
}

void sim_watch(struct sim *s)
{
    for (size_t k = 0; k < s->secret_count; k++) {
        struct secret_from *f = &s->secrets[k];
        for (size_t i = 0; i < s->count && !f->again; i++) {
            const struct actor *a = &s->actors[i];
            const struct epoch *e = epoch_by_id(team_of(a), &f->epoch);
            const struct device *d = device_by_id(team_of(a), &f->device);
            f->again = !a->malicious && e != NULL && e->key != NULL && d != NULL &&
                       d != team_of(a)->self && device_reads(team_of(a), d, e->compartment);
        }
    }
}

/* [I7] Nobody whom an honest author kept out holds the key, unless he was let in again. */
static void kept_secrets(struct sim *s)
{
    for (size_t k = 0; k < s->secret_count; k++) {
        const struct secret_from *f = &s->secrets[k];
        for (size_t i = 0; i < s->count; i++) {
            const struct actor *a = &s->actors[i];
            if (f->again || !id_equal(&team_of(a)->self->pub.id, &f->device) ||
                stands(s, a, true)) {
                continue;
            }
            const struct epoch *e = epoch_by_id(team_of(a), &f->epoch);
            if (s->verbose && e != NULL && e->key != NULL && !a->malicious) {
                fprintf(stderr, "%s, kept from key %02x%02x\n", a->name, e->id.b[0], e->id.b[1]);
                tell_all(s);
            }
            SIM_MUST(s, e == NULL || e->key == NULL || a->malicious,
                     "%s holds a key that was kept from it", a->name);
        }
    }
}

void sim_oracle(struct sim *s)
{
    same_answer(s);
    nothing_lost(s);
    kept_secrets(s);
    whole_logs(s);
    taint_oracle(s);
    once_oracle(s);
    orgs_oracle(s);
    rights_oracle(s);
}
