/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_effect: what it costs when entries stop counting, and count again. A fresh vault in a
 * temporary folder gets ENTRIES sealed entries of one change each, ten on every record; then a part
 * of them is void (what counts is decided here, in place of the team room), and the time is taken
 * until every list is right again.
 *
 * usage: bench_effect ENTRIES VOID   prints one JSON object; seconds of the processor
 */
#include "bench_io.h"

#include "kits.h"
#include "records.h"
#include "scratch.h"

#include <string.h>
#include <time.h>

enum { PER_RECORD = 10, BATCH = 1000 };

struct run {
    struct ctx cx;
    struct vault *vault;
    struct team *team;
    struct kit_shelf *shelf;
    struct records *records;
    const struct record_type *type;
    uint64_t first; /* entry, after the founding */
};

static uint64_t void_from, void_to; /* 0: nothing */

enum status __real_log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                                  struct entry_info *ret, struct buf *body, bool *ret_counts,
                                  bool *ret_readable);
enum status __wrap_log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                                  struct entry_info *ret, struct buf *body, bool *ret_counts,
                                  bool *ret_readable);
enum status __wrap_log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                                  struct entry_info *ret, struct buf *body, bool *ret_counts,
                                  bool *ret_readable)
{
    enum status status =
        __real_log_entry_load(cx, t, device_ix, seq, ret, body, ret_counts, ret_readable);
    if (status == STATUS_OK && seq >= void_from && seq <= void_to) {
        *ret_counts = false;
    }
    return status;
}

static void must(struct run *r, enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_effect: %s: %s\n", status_name(status), r->cx.fault.what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void found(struct run *r, const char *dir)
{
    struct secret *key = NULL, *seed = NULL;

    ctx_init(&r->cx, system_real());
    must(r, secret_new(&r->cx, 32, &key));
    must(r, vault_create(&r->cx, dir, key, &r->vault));
    must(r,
         team_found(&r->cx, r->vault, TEXT("Bench"), TEXT("Ana"), TEXT("desk"), &seed, &r->team));
    must(r, kit_shelf_open(&r->cx, &r->shelf));
    must(r, records_open(&r->cx, r->team, kit_shelf_schema(r->shelf), &r->records));
    must(r, schema_find_type(&r->cx, kit_shelf_schema(r->shelf), TEXT("tickets.ticket"), &r->type));
    r->first = team_this_device(r->team)->head_seq + 1;
    secret_free(&seed);
    secret_free(&key);
}

/* Each change in an entry of its own. */
static void fill(struct run *r, uint64_t entries)
{
    const struct field *title = type_field_exact(r->type, TEXT("title"));
    const struct field *severity = type_field_exact(r->type, TEXT("severity"));
    uint64_t records = entries / PER_RECORD;
    int64_t *keys = calloc(records + 1, sizeof *keys);
    char words[64];

    if (keys == NULL || title == NULL || severity == NULL) {
        bench_die("memory");
    }
    for (uint64_t i = 0; i < entries; i++) {
        struct assignment a[2] = {{.field = title, .value = {.ptr = words}},
                                  {.field = severity, .value = TEXT("high")}};
        if (i % BATCH == 0) {
            must(r, vault_begin(&r->cx, r->vault));
        }
        a[0].value.len = (size_t)snprintf(words, sizeof words, "Printer %llu does not print",
                                          (unsigned long long)i);
        if (i < records) {
            must(r, record_create(&r->cx, r->records, r->type, NULL, a, 2, &keys[i]));
        } else {
            must(r, record_set(&r->cx, r->records, keys[i % records], a, 1));
        }
        must(r, log_seal(&r->cx, r->team));
        if (i % BATCH == BATCH - 1 || i + 1 == entries) {
            must(r, vault_commit(&r->cx, r->vault));
        }
    }
    free(keys);
}

/* Until the tables are right and on the disk. */
static double change(struct run *r, uint64_t from, uint64_t to)
{
    struct log_sink sink = records_sink(r->records);
    double at = now();

    must(r, vault_begin(&r->cx, r->vault));
    must(r, sink.changed(sink.self, &r->cx, team_this_device(r->team)->ix, from, to));
    must(r, vault_commit(&r->cx, r->vault));
    return now() - at;
}

int main(int argc, char **argv)
{
    char dir[SCRATCH_PATH];
    struct run r = {.first = 0};

    if (argc != 3) {
        bench_die("usage: bench_effect ENTRIES VOID");
    }
    scratch_make(dir);
    uint64_t entries = strtoull(argv[1], NULL, 10), voids = strtoull(argv[2], NULL, 10);
    double at = now();
    found(&r, dir);
    fill(&r, entries);
    double filled = now() - at;
    uint64_t last = r.first + entries - 1;
    void_to = last;
    void_from = last + 1 - voids;
    double away = change(&r, void_from, void_to);
    void_to = 0;
    double back = change(&r, last + 1 - voids, last);
    printf("{\"entries\":%llu,\"void\":%llu,\"fill\":%.1f,\"away\":%.3f,\"back\":%.3f}\n",
           (unsigned long long)entries, (unsigned long long)voids, filled, away, back);
    records_close(&r.records);
    kit_shelf_close(&r.shelf);
    team_close(&r.team);
    vault_close(&r.vault);
    scratch_remove(dir);
    return 0;
}
