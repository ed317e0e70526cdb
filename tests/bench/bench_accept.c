/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_accept: what one accepted entry costs, with and without asking who has power. A colleague
 * writes batches of ENTRIES sealed entries of one change each into the sample kit; they are
 * admitted, each second batch with the resolver's answers replaced by "yes, with the role of the
 * appointment". The rest (chain, clock, signature, epoch, body, rights of the role, merge into the
 * tables, commit) is the same.
 *
 * usage: bench_accept ENTRIES [ROUNDS]    prints one JSON object; microseconds of the processor
 */
#include "bench_io.h"

#include "authority.h"
#include "records-world.h"

#include <time.h>

enum { ROUNDS = 5, ROUNDS_MAX = 99 };

static bool asked = true; /* the resolver; else it is answered for */

#define WRAP(type, name, parameters, arguments, answer)                                            \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return asked ? __real_##name arguments : (answer);                                         \
    }
WRAP(uint64_t, authority_limit, (const struct authority *a, int64_t appointment, int64_t ix),
     (a, appointment, ix), UINT64_MAX)
WRAP(enum status, authority_acknowledge,
     (struct ctx * cx, struct authority *a, int64_t ix, uint64_t seq), (cx, a, ix, seq), STATUS_OK)
WRAP(bool, authority_active, (const struct authority *a, int64_t appointment), (a, appointment),
     true)

/* The role's number is learned from the first true answer. */
size_t __real_authority_roles_at(const struct authority *a, int64_t appointment,
                                 struct authority_point at, uint32_t *ret, size_t max);
size_t __wrap_authority_roles_at(const struct authority *a, int64_t appointment,
                                 struct authority_point at, uint32_t *ret, size_t max);
size_t __wrap_authority_roles_at(const struct authority *a, int64_t appointment,
                                 struct authority_point at, uint32_t *ret, size_t max)
{
    static int64_t of = -1;
    static uint32_t role;
    if (!asked && of == appointment && max > 0) {
        ret[0] = role;
        return 1;
    }
    size_t count = __real_authority_roles_at(a, appointment, at, ret, max);
    if (count == 1 && max > 0) {
        of = appointment;
        role = ret[0];
    }
    return count;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* One new record an entry. */
static void write_records(struct desk *d, uint64_t entries)
{
    for (uint64_t i = 0; i < entries; i++) {
        char title[64];
        (void)snprintf(title, sizeof title, "Printer %llu does not print", (unsigned long long)i);
        desk_create(d, title);
        check_ok(d->cx, log_seal(d->cx, d->peer->team));
    }
}

/* Microseconds an entry; *ret_bytes: of the stream, an entry. */
static double pass(struct desk *from, struct desk *to, uint64_t entries, double *ret_bytes)
{
    struct admission_counts counts = {0};
    struct buf frontier, content;

    buf_init(&frontier, 1 << 20);
    buf_init(&content, (size_t)1 << 30);
    write_records(from, entries);
    peer_frontier(to->peer, &frontier);
    peer_export(from->peer, buf_view(&frontier), &content);
    double at = now();
    check_ok(to->cx, desk_admit(to, buf_view(&content), &counts));
    double took = now() - at;
    assert_true(counts.operations >= entries && counts.refused_rights == 0);
    *ret_bytes = (double)content.len / (double)entries;
    buf_finish(&content);
    buf_finish(&frontier);
    return took / (double)entries;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct team_world w;
    struct desk from, to;
    double with[ROUNDS_MAX], without[ROUNDS_MAX], size = 0;
    uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    size_t rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : ROUNDS;

    if (entries == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
        bench_die("usage: bench_accept ENTRIES [ROUNDS]");
    }
    team_world_init(&w, 1);
    struct peer *anna = peer_found(&w);
    struct peer *ben = peer_join(&w, anna, "Ben", "editor");
    desk_open(&to, anna, sample_schema(&anna->cx));
    desk_open(&from, ben, sample_schema(&ben->cx));
    asked = true;
    (void)pass(&from, &to, 10, &size); /* the role is learned, caches are warm */
    for (size_t i = 0; i < rounds; i++) {
        asked = true;
        with[i] = pass(&from, &to, entries, &size);
        asked = false;
        without[i] = pass(&from, &to, entries, &size);
    }
    qsort(with, rounds, sizeof *with, compare);
    qsort(without, rounds, sizeof *without, compare);
    printf("{\"entries\":%llu,\"with\":%.2f,\"without\":%.2f,\"ratio\":%.3f,\"bytes\":%.1f}\n",
           (unsigned long long)entries, with[0], without[0], with[0] / without[0], size);
    desk_close(&from);
    desk_close(&to);
    team_world_finish(&w);
    return 0;
}
