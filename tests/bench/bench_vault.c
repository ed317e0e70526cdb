/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows 2 to 4 from the inside of a real vault, in the program's own rooms. The passphrase is the
 * first line of stdin; every result is one JSON object on stdout, times in seconds of CPU: where
 * all is in memory, that is what the clock shows on a machine that does nothing else.
 *
 *   create COUNT        makes COUNT records with a title and a text
 *   change COUNT ROUND FILE  gives COUNT records a new text, one change each; then seals those
 *                       entries again, to see what that alone costs, and puts their plaintext
 *                       into FILE
 *   read WORD           key, open, list, search; each apart
 *
 * usage: bench_vault VAULT TYPE create|change|read ...
 */
#include "bench_text.h"

#include "keys.h"
#include "kits.h"
#include "limits.h"
#include "records.h"
#include "sealed.h"
#include "team.h"
#include "vault.h"

#include <string.h>
#include <time.h>

enum { BATCH = 1000, ROWS = 50, TIMES = 9 };

struct run {
    struct ctx cx;
    struct secret *key;
    struct vault *vault;
    struct team *team;
    struct kit_shelf *shelf;
    struct records *records;
    const struct record_type *type;
    double open_key, open_vault, open_team, open_records;
};

static void must(struct run *r, enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_vault: %s: %s\n", status_name(status), r->cx.fault.what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void header_read(const char *dir, struct run *r, struct buf *ret)
{
    char path[4096];
    uint8_t *at = NULL;
    snprintf(path, sizeof path, "%s/header", dir);
    int fd = bench_open(path, O_RDONLY);
    must(r, buf_extend(&r->cx, ret, 64 * KIB, &at));
    ret->len = bench_read(fd, at, 64 * KIB);
    (void)close(fd);
}

static void run_open(struct run *r, const char *dir, const char *type)
{
    char passphrase[1024];
    struct buf header;
    double at;

    ctx_init(&r->cx, system_real());
    buf_init(&header, 64 * KIB);
    header_read(dir, r, &header);
    if (fgets(passphrase, sizeof passphrase, stdin) == NULL) {
        bench_die("passphrase");
    }
    at = now();
    must(r, header_open(&r->cx, buf_view(&header), BYTES(passphrase, strcspn(passphrase, "\n")),
                        &r->key));
    r->open_key = now() - at;
    at = now();
    must(r, vault_open(&r->cx, dir, r->key, &r->vault));
    r->open_vault = now() - at;
    at = now();
    must(r, team_open(&r->cx, r->vault, TEXT(""), &r->team));
    r->open_team = now() - at;
    at = now();
    must(r, kit_shelf_open(&r->cx, &r->shelf));
    must(r, records_open(&r->cx, r->team, kit_shelf_schema(r->shelf), &r->records));
    r->open_records = now() - at;
    must(r, schema_find_type(&r->cx, kit_shelf_schema(r->shelf), text_of(type), &r->type));
    buf_finish(&header);
}

static void run_close(struct run *r)
{
    records_close(&r->records);
    kit_shelf_close(&r->shelf);
    team_close(&r->team);
    vault_close(&r->vault);
    secret_free(&r->key);
}

/* The field a change goes to: the type's first text. */
static const struct field *text_field(struct run *r)
{
    for (size_t i = 0; i < r->type->field_count; i++) {
        if (r->type->fields[i].kind == FIELD_DOC) {
            return &r->type->fields[i];
        }
    }
    return &r->type->fields[0];
}

/* ---- change
 * --------------------------------------------------------------------------------------- */

static const struct field *title_field(struct run *r)
{
    return type_field_exact(r->type, r->type->title_field);
}

/* From here in batches: one transaction for BATCH writes, as an import does it. */
static void batch_step(struct run *r, uint64_t i, uint64_t count)
{
    if (i > 0 && (i % BATCH == 0 || i == count)) {
        must(r, vault_commit(&r->cx, r->vault));
    }
    if (i % BATCH == 0 && i < count) {
        must(r, vault_begin(&r->cx, r->vault));
    }
}

static void do_create(struct run *r, uint64_t count)
{
    static char title[BENCH_RECORD_MAX], body[BENCH_RECORD_MAX];
    struct assignment a[2] = {{.field = title_field(r)}, {.field = text_field(r)}};
    double at = now();

    for (uint64_t i = 0; i < count; i++) {
        int64_t record = 0;
        batch_step(r, i, count);
        a[0].value = (text){title, bench_title(i, title)};
        a[1].value = (text){body, bench_body(i, 0, body)};
        must(r, record_create(&r->cx, r->records, r->type, NULL, a, 2, &record));
    }
    batch_step(r, count, count);
    printf("{\"create_cpu\":%.6f}\n", now() - at);
}

/* ---- change
 * --------------------------------------------------------------------------------------- */

struct keys_found {
    int64_t *list;
    size_t count, max;
};

static enum status no_columns(void *self, struct ctx *cx, const struct field *const *f,
                              size_t count)
{
    (void)self;
    (void)cx;
    (void)f;
    (void)count;
    return STATUS_OK;
}

static enum status key_keep(void *self, struct ctx *cx, const struct listing_row *row)
{
    struct keys_found *k = self;
    (void)cx;
    if (k->count < k->max) {
        k->list[k->count++] = row->record;
    }
    return STATUS_OK;
}

static void change_all(struct run *r, const struct keys_found *k, uint64_t round)
{
    static char body[BENCH_RECORD_MAX];
    struct assignment a = {.field = text_field(r)};

    for (size_t i = 0; i < k->count; i++) {
        batch_step(r, i, k->count);
        a.value = (text){body, bench_body(i, round, body)};
        must(r, record_set(&r->cx, r->records, k->list[i], &a, 1));
    }
    batch_step(r, k->count, k->count);
    must(r, vault_begin(&r->cx, r->vault));
    must(r, log_seal(&r->cx, r->team));
    must(r, vault_commit(&r->cx, r->vault));
}

struct reseal {
    struct run *run;
    int64_t device;
    uint64_t after;
    struct key key;
    struct entry_header header;
    struct buf sealed, encoded;
    int fd; /* takes the same plaintext, for the baseline */
    uint64_t entries, plain, bytes;
    double cpu;
};

/* What team does for one entry, apart from the database. */
static enum status seal_again(void *self, struct ctx *cx, const struct entry_info *info, bytes body)
{
    enum status status = STATUS_OK;
    struct reseal *s = self;
    struct id id;

    if (info->device_ix != s->device || info->seq <= s->after) {
        return STATUS_OK;
    }
    s->sealed.len = 0;
    s->encoded.len = 0;
    s->header.seq = info->seq;
    s->header.lamport = info->lamport;
    double at = now();
    TRY(body_seal(cx, &s->key, team_identity(s->run->team), &s->header, body, &s->sealed));
    TRY(entry_header_write(cx, &s->header, &s->encoded));
    entry_id(team_identity(s->run->team), buf_view(&s->encoded), &id);
    s->cpu += now() - at;
    bench_write(s->fd, body.ptr, body.len);
    s->entries++;
    s->plain += body.len;
    s->bytes += s->sealed.len + s->encoded.len;
out:
    return status;
}

static void do_change(struct run *r, uint64_t count, uint64_t round, const char *path)
{
    struct keys_found k = {.max = count};
    struct listing all = {.type = r->type};
    struct reseal s = {.run = r, .device = team_this_device(r->team)->ix};

    k.list = calloc(count, sizeof *k.list);
    if (k.list == NULL) {
        bench_die("memory");
    }
    must(r, records_list(&r->cx, r->records, &all, no_columns, key_keep, &k));
    must(r, vault_begin(&r->cx, r->vault));
    must(r, log_seal(&r->cx, r->team));
    must(r, vault_commit(&r->cx, r->vault));
    s.after = team_this_device(r->team)->head_seq;
    double at = now();
    change_all(r, &k, round);
    double cpu = now() - at;
    s.header.device = team_this_device(r->team)->id;
    s.fd = bench_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    buf_init(&s.sealed, BODY_SEALED_MAX + 64);
    buf_init(&s.encoded, ENTRY_HEADER_MAX);
    r->cx.system->random(r->cx.system->self, &s.key, sizeof s.key);
    r->cx.system->random(r->cx.system->self, &s.header.prev, sizeof s.header.prev);
    struct log_sink sink = {.apply = seal_again, .self = &s};
    must(r, log_replay(&r->cx, r->team, &sink));
    printf("{\"changes\":%zu,\"entries\":%llu,\"plain_bytes\":%llu,\"sealed_bytes\":%llu,"
           "\"seal_cpu\":%.6f,\"change_cpu\":%.6f}\n",
           k.count, (unsigned long long)s.entries, (unsigned long long)s.plain,
           (unsigned long long)s.bytes, s.cpu, cpu);
    (void)close(s.fd);
    buf_finish(&s.sealed);
    buf_finish(&s.encoded);
    free(k.list);
}

/* ---- read
 * ----------------------------------------------------------------------------------------- */

static enum status row_count(void *self, struct ctx *cx, const struct listing_row *row)
{
    (void)cx;
    (void)row;
    ++*(uint64_t *)self;
    return STATUS_OK;
}

static enum status hit_count(void *self, struct ctx *cx, int64_t record,
                             const struct record_type *type, text title)
{
    (void)cx;
    (void)record;
    (void)type;
    (void)title;
    ++*(uint64_t *)self;
    return STATUS_OK;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The first call, and the median of all. */
static void time_list(struct run *r, const struct view *view, double *ret_first, double *ret_median,
                      uint64_t *ret_rows)
{
    struct listing l = {.type = r->type, .view = view, .limit = ROWS};
    double t[TIMES];

    for (int i = 0; i < TIMES; i++) {
        double at = now();
        *ret_rows = 0;
        must(r, records_list(&r->cx, r->records, &l, no_columns, row_count, ret_rows));
        t[i] = now() - at;
    }
    *ret_first = t[0];
    qsort(t, TIMES, sizeof t[0], compare_double);
    *ret_median = t[TIMES / 2];
}

static void time_search(struct run *r, const char *word, double *ret_first, double *ret_median,
                        uint64_t *ret_hits)
{
    double t[TIMES];
    for (int i = 0; i < TIMES; i++) {
        double at = now();
        *ret_hits = 0;
        must(r, records_search(&r->cx, r->records, text_of(word), ROWS, hit_count, ret_hits));
        t[i] = now() - at;
    }
    *ret_first = t[0];
    qsort(t, TIMES, sizeof t[0], compare_double);
    *ret_median = t[TIMES / 2];
}

static void do_read(struct run *r, const char *word)
{
    double newest_first, newest, list_first, list, search_first, search;
    uint64_t rows = 0, hits = 0, records = 0;
    const struct view *view = r->type->view_count > 0 ? &r->type->views[0] : NULL;

    time_list(r, NULL, &newest_first, &newest, &rows);
    time_list(r, view, &list_first, &list, &rows);
    time_search(r, word, &search_first, &search, &hits);
    must(r, records_count(&r->cx, r->records, r->type, &records));
    printf("{\"records\":%llu,\"kdf\":%.6f,\"open\":%.6f,\"open_vault\":%.6f,\"open_team\":%.6f,"
           "\"open_records\":%.6f,\"newest_first\":%.6f,\"newest\":%.6f,\"list_first\":%.6f,"
           "\"list\":%.6f,\"rows\":%llu,"
           "\"search_first\":%.6f,\"search\":%.6f,\"hits\":%llu}\n",
           (unsigned long long)records, r->open_key, r->open_vault + r->open_team + r->open_records,
           r->open_vault, r->open_team, r->open_records, newest_first, newest, list_first, list,
           (unsigned long long)rows, search_first, search, (unsigned long long)hits);
}

int main(int argc, char **argv)
{
    static struct run r;

    if (argc == 5 && strcmp(argv[3], "create") == 0) {
        run_open(&r, argv[1], argv[2]);
        do_create(&r, strtoull(argv[4], NULL, 10));
    } else if (argc == 7 && strcmp(argv[3], "change") == 0) {
        run_open(&r, argv[1], argv[2]);
        do_change(&r, strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10), argv[6]);
    } else if (argc == 5 && strcmp(argv[3], "read") == 0) {
        run_open(&r, argv[1], argv[2]);
        do_read(&r, argv[4]);
    } else {
        fputs("usage: bench_vault VAULT TYPE create COUNT | change COUNT ROUND FILE | read WORD\n",
              stderr);
        return 2;
    }
    run_close(&r);
    return 0;
}
