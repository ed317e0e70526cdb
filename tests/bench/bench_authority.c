/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_authority: what it costs to resolve who has power, and to ask.
 *
 * A team grows to N authority operations: members are appointed at levels 1 to 15 by somebody above
 * them, define and rotate, and one in eight operations takes power away or gives it back (REMOVE,
 * REVOKE, REPLACE, SUSPEND, PARDON, CHECKPOINT). Timed: one whole pass; one more GRANT, EPOCH and
 * REMOVE; then, after the removal, the limit of 10^6 data entries of random authors, as a caller
 * does it who keeps no limits himself. Times are of the processor.
 *
 * usage: bench_authority [OPERATIONS]...   without: 1000 10000 100000
 */
#include "bench_io.h"

#include "authority.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOKUPS = 1000000, CUT_MAX = 32, ROUNDS = 5 };

struct person {
    int64_t lane, appointment;
    uint32_t number;
    int level;
    uint64_t seq;
};

struct team {
    struct ctx cx;
    struct authority *a;
    struct person *people;
    size_t count;
    uint64_t ref, lamport, random, last_removal;
    int64_t last_remover;
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static uint64_t below(struct team *t, uint64_t n)
{
    uint64_t z = t->random += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % n;
}

static void check(struct team *t, enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_authority: %s\n", t->cx.fault.what);
        exit(1);
    }
}

static void join(struct team *t, uint32_t number)
{
    struct person *p = &t->people[t->count++];
    struct authority_lane l = {.ix = (int64_t)number + 1, .member = number};

    *p = (struct person){.lane = l.ix, .number = number, .appointment = -1};
    memcpy(l.device.b, &l.ix, sizeof l.ix);
    check(t, authority_lane(&t->cx, t->a, &l));
}

static void say(struct team *t, struct person *author, struct authority_op o, int64_t *ret)
{
    o.ref = ++t->ref;
    o.at = (struct authority_point){author->lane, ++author->seq};
    o.lamport = ++t->lamport;
    o.via = author->appointment;
    check(t, authority_op(&t->cx, t->a, &o, ret));
}

static void appoint(struct team *t)
{
    struct person *by = &t->people[below(t, t->count)];
    while (by->level >= 14) {
        by = &t->people[below(t, t->count)];
    }
    int level = by->level + 1 + (int)below(t, 2);
    int64_t appointment = -1;
    size_t grantor = (size_t)(by - t->people);
    join(t, (uint32_t)t->count);
    struct person *p = &t->people[t->count - 1];
    say(t, &t->people[grantor],
        (struct authority_op){
            .verb = AUTHORITY_GRANT, .member = p->number, .role = 0, .level = level},
        &appointment);
    p->appointment = appointment;
    p->level = level;
}

/* What somebody knew: of the member it is about, and of up to 31 others. */
static size_t cut_of(struct team *t, const struct person *about, struct authority_point *to)
{
    size_t count = 0, first = below(t, t->count);

    for (size_t i = first; i < t->count && count < CUT_MAX - 1; i++) {
        const struct person *p = &t->people[i];
        if (p != about && p->seq > 0) {
            to[count++] = (struct authority_point){p->lane, p->seq};
        }
    }
    if (about->seq > 0) {
        to[count++] = (struct authority_point){about->lane, about->seq};
    }
    return count;
}

static void take(struct team *t)
{
    static struct authority_point cut[CUT_MAX];
    struct person *by = &t->people[below(t, t->count)], *about = &t->people[below(t, t->count)];
    if (about->level <= by->level) {
        struct person *other = by;
        by = about;
        about = other;
    }
    struct authority_op o = {
        .member = about->number, .appointment = about->appointment, .cut = cut};
    o.cut_count = cut_of(t, about, cut);
    uint64_t kind = about->level > by->level ? below(t, 6) : 4;
    switch (kind) {
    case 0:
        o.verb = AUTHORITY_REMOVE;
        t->last_removal = t->ref + 1;
        t->last_remover = by - t->people;
        break;
    case 1:
        o.verb = AUTHORITY_REVOKE;
        o.cascade = below(t, 4) == 0;
        break;
    case 2:
        o.verb = AUTHORITY_REPLACE;
        break;
    case 3:
        if (t->last_removal != 0) {
            o.verb = AUTHORITY_PARDON;
            o.target = t->last_removal;
            o.cut_count = 0;
            by = &t->people[t->last_remover];
            t->last_removal = 0;
            break;
        }
        o.verb = AUTHORITY_CHECKPOINT;
        break;
    case 4:
        o.verb = AUTHORITY_CHECKPOINT;
        break;
    default:
        o.verb = AUTHORITY_SUSPEND;
        break;
    }
    say(t, by, o, NULL);
}

static void found(struct team *t)
{
    struct authority_role role = {.role = 0,
                                  .rights = RIGHT_APPOINT | RIGHT_REMOVE | RIGHT_SUSPEND};
    uint32_t owner = 0;

    check(t, authority_role(&t->cx, t->a, &role));
    join(t, 0);
    check(t, authority_found(&t->cx, t->a, &owner, 1, 1, 0, (struct authority_point){1, 1},
                             &t->people[0].appointment));
}

static double resolve(struct team *t)
{
    double from = now();
    check(t, authority_resolve(&t->cx, t->a));
    return now() - from;
}

static void look_up(struct team *t, size_t operations)
{
    uint64_t counted = 0;
    double from = now();
    for (size_t i = 0; i < LOOKUPS; i++) {
        const struct person *p = &t->people[below(t, t->count)];
        counted += 1 + below(t, 64) <= authority_limit(t->a, p->appointment, p->lane) ? 1 : 0;
    }
    double all = now() - from;
    printf("%7zu operations: %d limits looked up in %.1f ms, %.0f ns each, %llu entries count\n",
           operations, LOOKUPS, all, all * 1e6 / LOOKUPS, (unsigned long long)counted);
}

static void run(size_t operations)
{
    struct team t = {.random = 7};
    double least = 1e9;

    ctx_init(&t.cx, system_real());
    t.people = calloc(operations + 16, sizeof *t.people);
    if (t.people == NULL) {
        bench_die("memory");
    }
    check(&t, authority_new(&t.cx, &t.a));
    found(&t);
    while (t.ref < operations) {
        uint64_t kind = below(&t, 8);
        if (kind == 0 && t.count > 8) {
            take(&t);
        } else if (kind < 5 || t.count <= 8) {
            appoint(&t);
        } else {
            say(&t, &t.people[below(&t, t.count)],
                (struct authority_op){.verb = AUTHORITY_EPOCH, .compartment = AUTHORITY_CONTROL},
                NULL);
        }
    }
    for (int i = 0; i < ROUNDS; i++) { /* a copy of what was never resolved takes the whole pass */
        struct authority *kept = t.a;
        check(&t, authority_copy(&t.cx, kept, &t.a));
        double here = resolve(&t);
        least = here < least ? here : least;
        authority_free(&t.a);
        t.a = kept;
    }
    (void)resolve(&t);
    appoint(&t);
    double grant = resolve(&t);
    say(&t, &t.people[0], (struct authority_op){.verb = AUTHORITY_EPOCH}, NULL);
    double epoch = resolve(&t);
    struct person *gone = &t.people[t.count / 2];
    struct authority_point cut = {gone->lane, 1};
    say(&t, &t.people[0],
        (struct authority_op){
            .verb = AUTHORITY_REMOVE, .member = gone->number, .cut = &cut, .cut_count = 1},
        NULL);
    double removal = resolve(&t);
    printf(
        "%7zu operations, %zu members: whole pass %.3f ms; one more GRANT %.4f ms, EPOCH %.4f ms, "
        "REMOVE %.3f ms\n",
        operations, t.count, least, grant, epoch, removal);
    look_up(&t, operations);
    authority_free(&t.a);
    free(t.people);
}

int main(int argc, char **argv)
{
    static const size_t usual[] = {1000, 10000, 100000};

    for (int i = 1; i < argc; i++) {
        run((size_t)strtoull(argv[i], NULL, 10));
    }
    for (size_t i = 0; argc == 1 && i < sizeof usual / sizeof *usual; i++) {
        run(usual[i]);
    }
    return 0;
}
