/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what transfer.h promises of bad sticks and bad colleagues: a flipped byte, a short file, a
 * full or yanked stick, a killed program, a replay, a forger inside the team, a vault that was
 * copied or set back. Nothing half-written is taken for whole, nothing is lost, and no tag ever
 * stands over two different pieces.
 */
#include "stick-world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "transfer-int.h"

static int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    world_init(w, test_seed());
    *state = w;
    return 0;
}

static int finish(void **state)
{
    world_finish(*state);
    free(*state);
    return 0;
}

/* ---- damage --------------------------------------------------------------------------------- */

static void a_flipped_byte_is_never_accepted(void **state)
{
#ifdef VALISE_SANITIZED
    enum { STEP = 61 };
#else
    enum { STEP = 3 }; /* every clause's bytes and a third of the rest */
#endif
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    const char *bad = world_folder(w, "bad");
    struct names names;
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick);
    folder_names(stick, &names);
    struct id before = person_hash(ben);
    for (size_t i = 0; i < names.count; i++) {
        size_t len = 0;
        const char *path = scratch_path(bad, names.at[i]);
        uint8_t *piece = scratch_load(scratch_path(stick, names.at[i]), &len);
        assert_non_null(piece);
        for (size_t at = 0; at < len; at += at < 96 ? 1 : STEP) {
            piece[at] ^= (uint8_t)(1U << at % 8);
            scratch_store(path, piece, len);
            struct unpack_report r = person_unpack(ben, bad);
            assert_int_equal(r.new_pieces, 0);
            assert_int_equal(r.unknown_pieces + r.torn_files, 1);
            piece[at] ^= (uint8_t)(1U << at % 8);
        }
        assert_int_equal(unlink(path), 0);
        free(piece);
    }
    struct id after = person_hash(ben);
    assert_true(id_equal(&before, &after));
    (void)person_unpack(ben, stick); /* and the good ones still open */
    assert_true(people_agree(ana, ben));
}

static void a_short_file_is_torn(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    const char *bad = world_folder(w, "bad");
    static const off_t lengths[] = {0, 1, 32, 16383, 16385, 262143};
    struct names names;
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick);
    scratch_copy(stick, bad);
    folder_names(bad, &names);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(truncate(scratch_path(bad, names.at[0]), lengths[i]), 0);
        struct unpack_report r = person_unpack(ben, bad);
        assert_int_equal(r.torn_files, 1);
        assert_int_equal(r.bundles_taken, 0);
    }
    (void)person_unpack(ben, stick);
    assert_true(people_agree(ana, ben));
}

static void copies_and_old_sticks_change_nothing(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    const char *old = world_folder(w, "old");
    struct names names;
    int64_t record = person_add(ana, "printer");
    struct pack_report packed = person_pack(ana, old);
    scratch_copy(old, stick);
    folder_names(old, &names);
    size_t len = 0;
    uint8_t *piece = scratch_load(scratch_path(old, names.at[0]), &len);
    scratch_store(scratch_path(stick, "aaaaaaaa.vls"), piece, len);
    scratch_store(scratch_path(stick, "bbbbbbbb.vls"), piece, len);
    free(piece);
    struct unpack_report r = person_unpack(ben, stick);
    assert_int_equal(r.new_pieces, packed.pieces);
    assert_int_equal(r.bundles_taken, 1);
    person_set(ana, record, "title", "printer, repaired");
    (void)person_pack(ana, stick);
    (void)person_unpack(ben, stick);
    struct id before = person_hash(ben);
    for (int i = 0; i < 3; i++) {
        r = person_unpack(ben, old);
        assert_int_equal(r.known_pieces, packed.pieces);
        assert_int_equal(r.entries, 0);
    }
    struct id after = person_hash(ben);
    assert_true(id_equal(&before, &after));
    assert_true(people_agree(ana, ben));
}

/* ---- full and interrupted ------------------------------------------------------------------- */

static void assert_only_whole_pieces(const char *folder)
{
    struct thief_view view;
    struct ctx cx;
    ctx_init(&cx, system_real());
    check_ok(&cx, transfer_inspect(&cx, folder, &view));
    assert_int_equal(view.not_pieces, 0);
}

/* Fills the rest of a file system from inside a pack. */
static void fill_up(void *self, uint64_t done, uint64_t all)
{
    char *path = self;
    (void)all;
    if (done == 0 || path[0] == '\0') {
        return;
    }
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    static const char zeros[4096];
    while (write(fd, zeros, sizeof zeros) > 0) {
    }
    close(fd);
}

static void add_much(struct person *p, int count)
{
    char title[1024];
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    for (int i = 0; i < count; i++) {
        uint8_t noise[400];
        machine_fill(&p->machine, noise, sizeof noise);
        for (size_t k = 0; k < sizeof noise; k++) {
            snprintf(title + 2 * k, 3, "%02x", noise[k]);
        }
        (void)person_add(p, title);
    }
    check_ok(&p->cx, vault_commit(&p->cx, p->vault));
}

static void a_full_stick_is_completed_later(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    if (geteuid() != 0 || mount("tmpfs", stick, "tmpfs", 0, "size=512k") != 0) {
        print_message("no small file system without root: left out\n");
        return;
    }
    char filler[WORLD_PATH];
    snprintf(filler, sizeof filler, "%s/holiday.jpg", stick);
    struct pack_options o = {.progress = fill_up, .self = filler};
    struct pack_report r;
    add_much(ana, 150);
    check_status(&ana->cx, STATUS_FULL, transfer_pack(&ana->cx, ana->records, stick, &o, &r));
    assert_int_equal(unlink(filler), 0);
    assert_only_whole_pieces(stick);
    struct names before;
    folder_names(stick, &before);
    assert_true(before.count >= 1);
    struct unpack_report half = person_unpack(ben, stick);
    assert_int_equal(half.bundles_taken, 0);

    person_close(ana);
    person_open(ana);
    r = person_pack(ana, stick);
    assert_int_equal(r.already, before.count);
    struct names after;
    folder_names(stick, &after);
    assert_int_equal(after.count, r.pieces);
    assert_only_whole_pieces(stick);
    struct unpack_report rest = person_unpack(ben, stick);
    assert_int_equal(rest.bundles_taken, 1);
    assert_true(people_agree(ana, ben));

    add_much(ana, 600); /* more than ever fits: said before anything is written */
    check_fault(&ana->cx, STATUS_FULL, "too full",
                transfer_pack(&ana->cx, ana->records, stick, NULL, &r));
    folder_names(stick, &before);
    assert_int_equal(before.count, after.count);
    assert_int_equal(umount(stick), 0);
}

static void a_limit_on_file_size_leaves_nothing_behind(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    (void)world_join(w);
    const char *stick = world_folder(w, "stick");
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = 8192, .rlim_max = 8192};
        struct stick s;
        uint8_t *piece = calloc(1, PIECE_SIZE_SMALL);
        signal(SIGXFSZ, SIG_IGN);
        bool full = setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
                    stick_open(&ana->cx, stick, true, &s) == STATUS_OK &&
                    stick_write(&ana->cx, &s, BYTES(piece, PIECE_SIZE_SMALL)) == STATUS_FULL;
        _exit(full ? 0 : 1);
    }
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_only_whole_pieces(stick);
}

/* Ends the process, as a yanked plug would, when this many pieces stand. */
struct bomb {
    uint64_t at, seen;
};

static void explode(void *self, uint64_t done, uint64_t all)
{
    struct bomb *b = self;
    (void)done;
    (void)all;
    if (b->seen++ == b->at) {
        _exit(77);
    }
}

/* One tag, one piece: over all the folders. */
static void assert_tags_unique(const char *const *folders, size_t count)
{
    static struct names names;
    static uint8_t tags[4096][PIECE_TAG_BYTES];
    static uint8_t hashes[4096][PIECE_HASH_BYTES];
    size_t n = 0;
    for (size_t f = 0; f < count; f++) {
        folder_names(folders[f], &names);
        for (size_t i = 0; i < names.count; i++) {
            size_t len = 0;
            uint8_t *piece = scratch_load(scratch_path(folders[f], names.at[i]), &len);
            assert_true(n < 4096);
            memcpy(tags[n], piece, PIECE_TAG_BYTES);
            piece_hash(BYTES(piece, len), hashes[n]);
            free(piece);
            for (size_t k = 0; k < n; k++) {
                if (memcmp(tags[k], tags[n], PIECE_TAG_BYTES) == 0) {
                    assert_memory_equal(hashes[k], hashes[n], PIECE_HASH_BYTES);
                }
            }
            n++;
        }
    }
}

static void a_killed_pack_is_completed(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *folders[8];
    add_much(ana, 60); /* about five pieces */
    for (uint64_t at = 0; at < 4; at++) {
        char name[16];
        snprintf(name, sizeof name, "stick%llu", (unsigned long long)at);
        folders[2 * at] = world_folder(w, name);
        snprintf(name, sizeof name, "other%llu", (unsigned long long)at);
        folders[2 * at + 1] = world_folder(w, name);
        person_add(ana, name);
        person_close(ana);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct bomb bomb = {.at = at};
            const struct pack_options o = {.progress = explode, .self = &bomb};
            struct pack_report r;
            person_open(ana);
            _exit(transfer_pack(&ana->cx, ana->records, folders[2 * at], &o, &r) == STATUS_OK);
        }
        int code = 0;
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_int_equal(WEXITSTATUS(code), 77);
        person_open(ana);
        assert_only_whole_pieces(folders[2 * at]);
        struct names standing;
        folder_names(folders[2 * at], &standing);
        /* news of both sides in between must not change the open bundle */
        (void)person_add(ana, "meanwhile");
        if (at % 2 == 0) {
            struct pack_report r = person_pack(ana, folders[2 * at]);
            assert_int_equal(r.already, standing.count);
        } else {
            struct pack_report r = person_pack(ana, folders[2 * at + 1]);
            assert_int_equal(r.already, 0);
        }
        (void)person_unpack(ben, folders[2 * at + at % 2]);
        assert_true(people_agree(ana, ben));
    }
    assert_tags_unique(folders, 8);
}

static void leftovers_of_ours_are_swept(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    (void)world_join(w);
    const char *stick = world_folder(w, "stick");
    scratch_store(scratch_path(stick, "~k7f3q2ma.tmp"), "half", 4);
    scratch_store(scratch_path(stick, "~mine.tmp"), "a person's", 10);
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick);
    assert_int_not_equal(access(scratch_path(stick, "~k7f3q2ma.tmp"), F_OK), 0);
    assert_int_equal(access(scratch_path(stick, "~mine.tmp"), F_OK), 0);
}

/* ---- a forger inside the team --------------------------------------------------------------- */

struct forgery {
    uint64_t number, index_of_last;
    int64_t time;
    bytes content;
    bool wrong_hash, wrong_length, no_signature;
};

static void drop_piece(struct person *p, const char *folder, uint64_t number, uint64_t index,
                       bytes payload, uint8_t hash[static PIECE_HASH_BYTES])
{
    struct chain_step step;
    struct buf piece;
    char name[PIECE_NAME_BYTES + 1];
    const struct piece_inner inner = {.bundle = number, .index = index, .payload = payload};
    buf_init(&piece, PIECE_SIZE_SMALL);
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    check_ok(&p->cx, chain_send_next(&p->cx, p->team, &step));
    check_ok(&p->cx, vault_commit(&p->cx, p->vault));
    check_ok(&p->cx, piece_seal(&p->cx, &step, &inner, PIECE_SIZE_SMALL, &piece));
    piece_hash(buf_view(&piece), hash);
    piece_name_make(&p->cx, name);
    scratch_store(scratch_path(folder, name), piece.ptr, piece.len);
    buf_finish(&piece);
}

/* A bundle of one content piece, signed by p, with what the forgery says. */
static void drop_bundle(struct person *p, const char *folder, const struct forgery *f)
{
    uint8_t hash[PIECE_HASH_BYTES];
    uint8_t unused[PIECE_HASH_BYTES];
    struct buf frontier;
    struct buf encoded;
    struct manifest m = {
        .team = *team_identity(p->team),
        .control_epoch = *team_control_epoch(p->team),
        .device = team_this_device(p->team)->id,
        .number = f->number,
        .time = f->time,
        .piece_size = PIECE_SIZE_SMALL,
        .content_len = f->content.len + f->wrong_length,
    };
    if (f->number > 1) {
        m.prev.b[0] = 1;
    }
    buf_init(&frontier, FRONTIER_MAX);
    buf_init(&encoded, MANIFEST_MAX);
    drop_piece(p, folder, f->number, 1, f->content, hash);
    hash[0] ^= f->wrong_hash;
    check_ok(&p->cx, log_frontier(&p->cx, p->team, &frontier));
    m.frontier = buf_view(&frontier);
    m.piece_hashes = BYTES_OF(hash);
    check_ok(&p->cx, team_sign_manifest(&p->cx, p->team, &m, &encoded));
    encoded.ptr[encoded.len - 1] ^= f->no_signature;
    drop_piece(p, folder, f->number, 0, buf_view(&encoded), unused);
    buf_finish(&frontier);
    buf_finish(&encoded);
}

struct quarantined {
    size_t count;
    int64_t number;
    enum status status;
    char reason[512];
};

static enum status keep_refusal(void *self, struct ctx *cx, int64_t number,
                                const struct unpack_source *s)
{
    struct quarantined *q = self;
    (void)cx;
    q->count++;
    q->number = number;
    q->status = s->status;
    snprintf(q->reason, sizeof q->reason, "%.*s", (int)s->reason.len, s->reason.ptr);
    return STATUS_OK;
}

static struct quarantined look(struct person *p)
{
    struct quarantined q = {0};
    check_ok(&p->cx, transfer_quarantine(&p->cx, p->records, keep_refusal, &q));
    return q;
}

static void a_forged_bundle_is_put_aside_with_the_reason(void **state)
{
    static const uint8_t junk[] = {4, 0, 0, 0, 0x81, 1, 2, 3};
    static const uint8_t half[] = {200, 0, 0, 0, 0x85};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0x7f, 1};
    const struct {
        struct forgery f;
        const char *reason;
    } cases[] = {
        {{.content = BYTES_OF(junk)}, "content"},
        {{.content = BYTES_OF(half)}, "[F-54]"},
        {{.content = BYTES_OF(huge)}, "[F-54]"},
        {{.content = BYTES_OF(junk), .wrong_hash = true}, "[F-52]"},
        {{.content = BYTES_OF(junk), .wrong_length = true}, "[F-52]"},
        {{.content = BYTES_OF(junk), .no_signature = true}, "[F-56]"},
    };
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    struct id before = person_hash(ben);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[16];
        struct forgery f = cases[i].f;
        f.number = 10 + 2 * i;
        snprintf(name, sizeof name, "stick%zu", i);
        const char *stick = world_folder(w, name);
        drop_bundle(ana, stick, &f);
        const struct unpack_options preview = {.preview = true};
        struct unpack_report r;
        check_ok(&ben->cx, transfer_unpack(&ben->cx, ben->records, stick, &preview, &r));
        assert_int_equal(look(ben).count, i);
        r = person_unpack(ben, stick);
        assert_int_equal(r.bundles_taken, 0);
        struct quarantined q = look(ben);
        assert_int_equal(q.count, i + 1);
        if (strstr(q.reason, cases[i].reason) == NULL) {
            fail_msg("case %zu: '%s' does not say '%s'", i, q.reason, cases[i].reason);
        }
    }
    struct id after = person_hash(ben);
    assert_true(id_equal(&before, &after));
    struct quarantined q = look(ben);
    check_ok(&ben->cx, transfer_quarantine_drop(&ben->cx, ben->records, q.number));
    assert_int_equal(look(ben).count, q.count - 1);
    check_status(&ben->cx, STATUS_NOT_FOUND,
                 transfer_quarantine_drop(&ben->cx, ben->records, q.number));
    /* a bad bundle beside a good one: neither a preview nor the run loses the good one */
    const char *honest = world_folder(w, "honest");
    struct forgery beside = cases[0].f;
    beside.number = 200;
    (void)person_add(ana, "an honest one");
    drop_bundle(ana, honest, &beside);
    (void)person_pack(ana, honest);
    const struct unpack_options preview = {.preview = true};
    struct unpack_report r;
    check_ok(&ben->cx, transfer_unpack(&ben->cx, ben->records, honest, &preview, &r));
    assert_int_equal(r.bundles_taken, 1);
    assert_int_equal(r.bundles_refused, 1);
    r = person_unpack(ben, honest);
    assert_int_equal(r.bundles_taken, 1);
    assert_int_equal(r.bundles_refused, 1);
    assert_true(people_agree(ana, ben));
}

static void unfinished_bundles_of_a_sender_are_bounded(void **state)
{
    static const uint8_t junk[] = {4, 0, 0, 0, 0x81, 1, 2, 3};
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    uint8_t unused[PIECE_HASH_BYTES];
    for (uint64_t i = 0; i < INBOX_BUNDLES_PER_SENDER + 20; i++) {
        drop_piece(ana, stick, 1000 + i, 1, BYTES_OF(junk), unused);
    }
    struct unpack_report r = person_unpack(ben, stick);
    assert_true(r.bundles_waiting <= INBOX_BUNDLES_PER_SENDER);
    (void)person_add(ana, "an honest one");
    (void)person_pack(ana, world_folder(w, "honest")); /* number 1, older than all of those */
    check_ok(&ben->cx,
             transfer_unpack(&ben->cx, ben->records, world_folder(w, "honest"), NULL, &r));
    assert_int_equal(r.bundles_taken, 1);
    assert_true(people_agree(ana, ben));
}

static void two_bundles_of_one_number_prove_a_fork(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *one = world_folder(w, "one");
    const char *two = world_folder(w, "two");
    const char *copy = world_folder(w, "copy");
    (void)person_add(ana, "before the copy");
    person_close(ana);
    scratch_copy(ana->dir, copy);
    person_open(ana);
    (void)person_add(ana, "in the first life");
    (void)person_pack(ana, one);
    person_close(ana);
    scratch_copy(copy, ana->dir); /* the vault is set back */
    person_open(ana);
    (void)person_add(ana, "in the second life");
    (void)person_pack(ana, two);
    (void)person_unpack(ben, one);
    struct id before = person_hash(ben);
    const struct unpack_options preview = {.preview = true};
    struct unpack_report r;
    check_ok(&ben->cx, transfer_unpack(&ben->cx, ben->records, two, &preview, &r));
    assert_int_equal(r.bundles_refused, 1);
    assert_int_equal(look(ben).count, 0);
    for (int i = 0; i < 2; i++) { /* told each time, written down once */
        r = person_unpack(ben, two);
        assert_int_equal(r.bundles_taken, 0);
        assert_int_equal(r.bundles_refused, 1);
        struct quarantined q = look(ben);
        assert_int_equal(q.count, 1);
        assert_int_equal(q.status, STATUS_CONFLICT);
        assert_non_null(strstr(q.reason, "the vault was copied"));
    }
    struct id after = person_hash(ben);
    assert_true(id_equal(&before, &after));
    r = person_unpack(ben, one); /* nothing is wrong with the first */
    assert_int_equal(r.bundles_refused, 0);
    r = person_unpack(ana, one); /* which ana's vault, set back, did not make */
    assert_int_equal(r.bundles_refused, 1);
    assert_int_equal(look(ana).status, STATUS_CONFLICT);
}

static void a_second_manifest_is_kept_as_evidence(void **state)
{
    static const uint8_t junk[] = {4, 0, 0, 0, 0x81, 1, 2, 3};
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    const char *late = world_folder(w, "late");
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick); /* number 1 */
    (void)person_unpack(ben, stick);
    const struct forgery f = {.number = 1, .time = 5, .content = BYTES_OF(junk)};
    drop_bundle(ana, late, &f);
    struct unpack_report r = person_unpack(ben, late);
    assert_int_equal(r.bundles_refused, 1);
    struct quarantined q = look(ben);
    assert_int_equal(q.count, 1);
    assert_int_equal(q.status, STATUS_CONFLICT);
    assert_non_null(strstr(q.reason, "two different bundles"));
}

static void an_older_vault_learns_that_it_is_old(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *there = world_folder(w, "there");
    const char *back = world_folder(w, "back");
    const char *copy = world_folder(w, "copy");
    (void)person_add(ana, "before");
    (void)person_pack(ana, there);
    (void)person_unpack(ben, there);
    person_close(ana);
    scratch_copy(ana->dir, copy);
    person_open(ana);
    (void)person_add(ana, "after the backup");
    (void)person_pack(ana, there);
    (void)person_unpack(ben, there);
    (void)person_pack(ben, back);
    person_close(ana);
    scratch_copy(copy, ana->dir);
    person_open(ana);
    struct unpack_report r;
    check_fault(&ana->cx, STATUS_ROLLBACK, "older copy",
                transfer_unpack(&ana->cx, ana->records, back, NULL, &r));
    assert_int_equal(r.bundles_taken, 0);
}

/* ---- memory --------------------------------------------------------------------------------- */

#ifndef VALISE_SANITIZED
static long status_line(const char *label)
{
    char line[256];
    long value = -1;
    FILE *f = fopen("/proc/self/status", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0) {
            value = strtol(line + strlen(label), NULL, 10);
        }
    }
    fclose(f);
    return value;
}

static void peak_reset(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f != NULL) {
        fputs("5", f);
        fclose(f);
    }
}

static void memory_stays_bounded(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    add_much(ana, 20000); /* 16 MB of titles that do not compress */
    person_close(ana);
    person_close(ben);
    person_open(ana);
    peak_reset();
    long before = status_line("VmRSS:");
    struct pack_report packed = person_pack(ana, stick);
    long pack_kib = status_line("VmHWM:") - before;
    person_close(ana);
    person_open(ben);
    peak_reset();
    before = status_line("VmRSS:");
    (void)person_unpack(ben, stick);
    long unpack_kib = status_line("VmHWM:") - before;
    person_open(ana);
    print_message("%llu KiB in %llu pieces: pack +%ld KiB, unpack +%ld KiB\n",
                  (unsigned long long)(packed.bytes / 1024), (unsigned long long)packed.pieces,
                  pack_kib, unpack_kib);
    assert_true(pack_kib <= 32 * 1024);
    assert_true(unpack_kib <= 96 * 1024);
    assert_true(people_agree(ana, ben));
}
#endif

int main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        PROMISE(a_flipped_byte_is_never_accepted),
        PROMISE(a_short_file_is_torn),
        PROMISE(copies_and_old_sticks_change_nothing),
        PROMISE(a_full_stick_is_completed_later),
        PROMISE(a_limit_on_file_size_leaves_nothing_behind),
        PROMISE(a_killed_pack_is_completed),
        PROMISE(leftovers_of_ours_are_swept),
        PROMISE(a_forged_bundle_is_put_aside_with_the_reason),
        PROMISE(unfinished_bundles_of_a_sender_are_bounded),
        PROMISE(two_bundles_of_one_number_prove_a_fork),
        PROMISE(a_second_manifest_is_kept_as_evidence),
        PROMISE(an_older_vault_learns_that_it_is_old),
#ifndef VALISE_SANITIZED
        PROMISE(memory_stays_bounded),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
