/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what transfer.h promises of honest sticks: what was packed arrives whatever the order, a
 * second time changes nothing, acknowledgements only move forward, a preview leaves no trace, a
 * missing piece is waited for, and nothing on a stick that is not a piece is opened. And what a
 * thief sees: files of one size that look like noise and share nothing.
 */
#include "stick-world.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

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

/* ---- arriving ------------------------------------------------------------------------------- */

static void what_was_packed_arrives(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    int64_t printer = person_add(ana, "printer");
    person_set(ana, printer, "stock", "+3");
    struct pack_report packed = person_pack(ana, stick);
    assert_int_equal(packed.bundle, 1);
    assert_int_equal(packed.piece_size, PIECE_SIZE_SMALL);
    assert_int_equal(packed.already, 0);
    assert_true(packed.entries > 0);
    struct names names;
    folder_names(stick, &names);
    assert_int_equal(names.count, packed.pieces);
    assert_int_equal(packed.bytes, packed.pieces * packed.piece_size);

    struct unpack_report r = person_unpack(ben, stick);
    assert_int_equal(r.files, packed.pieces);
    assert_int_equal(r.new_pieces, packed.pieces);
    assert_int_equal(r.bundles_taken, 1);
    assert_int_equal(r.bundles_waiting + r.bundles_refused + r.pending, 0);
    assert_true(r.operations >= 2);
    assert_true(people_agree(ana, ben));
}

static void a_second_time_changes_nothing(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    (void)person_add(ana, "printer");
    struct pack_report packed = person_pack(ana, stick);
    (void)person_unpack(ben, stick);
    struct id before = person_hash(ben);
    struct unpack_report r = person_unpack(ben, stick);
    struct id after = person_hash(ben);
    assert_int_equal(r.known_pieces, packed.pieces);
    assert_int_equal(r.new_pieces + r.bundles_taken + r.bundles_waiting + r.entries, 0);
    assert_true(id_equal(&before, &after));
    r = person_unpack(ana, stick);
    assert_int_equal(r.own_pieces, packed.pieces);
    assert_int_equal(r.new_pieces + r.unknown_pieces, 0);
}

static void sticks_may_cross(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *a = world_folder(w, "a");
    const char *b = world_folder(w, "b");
    int64_t printer = person_add(ana, "printer");
    (void)person_pack(ana, a);
    (void)person_unpack(ben, a);
    int64_t his = person_same(ana, printer, ben);
    person_set(ana, printer, "stock", "+5");
    person_set(ben, his, "stock", "-2");
    person_set(ana, printer, "title", "printer, old");
    person_set(ben, his, "title", "printer, broken");
    (void)person_add(ben, "scanner");
    (void)person_pack(ana, a);
    (void)person_pack(ben, b);
    struct unpack_report r = person_unpack(ana, b);
    assert_int_equal(r.conflicts_new, 1);
    (void)person_unpack(ben, a);
    assert_true(people_agree(ana, ben));
}

static void bundles_may_come_out_of_order(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    struct person *cem = world_join(w);
    const char *s[4] = {world_folder(w, "s0"), world_folder(w, "s1"), world_folder(w, "s2"),
                        world_folder(w, "s3")};
    (void)person_pack(ana, s[0]);
    (void)person_unpack(ben, s[0]);
    (void)person_unpack(cem, s[0]);
    (void)person_pack(ben, s[0]);
    (void)person_pack(cem, s[0]);
    (void)person_unpack(ana, s[0]);
    int64_t record = person_add(ana, "first");
    (void)person_pack(ana, s[1]);
    person_set(ana, record, "title", "second");
    (void)person_pack(ana, s[2]);
    person_set(ana, record, "title", "third");
    (void)person_pack(ana, s[3]);
    (void)person_unpack(ben, s[3]);
    (void)person_unpack(ben, s[1]);
    (void)person_unpack(ben, s[2]);
    (void)person_unpack(cem, s[2]);
    (void)person_unpack(cem, s[1]);
    (void)person_unpack(cem, s[3]);
    assert_true(people_agree(ana, ben));
    assert_true(people_agree(ana, cem));
}

static void a_missing_piece_is_waited_for(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *all = world_folder(w, "all");
    (void)person_add(ana, "printer");
    struct pack_report packed = person_pack(ana, all);
    struct names names;
    folder_names(all, &names);
    assert_true(names.count >= 2);
    for (size_t i = 0; i < names.count; i++) {
        char part[32];
        snprintf(part, sizeof part, "part%zu", i);
        file_copy(all, world_folder(w, part), names.at[i]);
        struct unpack_report r = person_unpack(ben, world_folder(w, part));
        assert_int_equal(r.new_pieces, 1);
        bool last = i + 1 == packed.pieces;
        assert_int_equal(r.bundles_taken, last ? 1 : 0);
        assert_int_equal(r.bundles_waiting, last ? 0 : 1);
        if (!last) {
            person_close(ben); /* it waits in the vault, not in memory */
            person_open(ben);
        }
    }
    assert_true(people_agree(ana, ben));
}

static void a_later_bundle_ends_the_wait_for_an_older_one(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *lost = world_folder(w, "lost");
    const char *part = world_folder(w, "part");
    const char *stick = world_folder(w, "stick");
    struct names names;
    (void)person_add(ana, "printer");
    (void)person_pack(ana, lost);
    folder_names(lost, &names);
    file_copy(lost, part, names.at[0]);
    struct unpack_report r = person_unpack(ben, part);
    assert_int_equal(r.bundles_waiting, 1);
    (void)person_add(ana, "scanner");
    (void)person_pack(ana, stick);
    r = person_unpack(ben, stick);
    assert_int_equal(r.bundles_taken, 1);
    assert_true(people_agree(ana, ben));
    r = person_unpack(ben, part);
    assert_int_equal(r.bundles_waiting, 0);
}

static void a_stick_may_introduce_its_next_sender(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    struct person *cem = world_join(w); /* Ben never heard of him */
    const char *stick = world_folder(w, "stick");
    (void)person_add(cem, "from the newcomer");
    (void)person_pack(cem, stick);
    (void)person_pack(ana, stick);
    struct unpack_report r = person_unpack(ben, stick);
    assert_int_equal(r.bundles_taken, 2);
    assert_int_equal(r.unknown_pieces, 0);
    assert_true(people_agree(cem, ben));
}

static void one_piece_may_be_named(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick);
    struct names names;
    folder_names(stick, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct unpack_report r = person_unpack(ben, scratch_path(stick, names.at[i]));
        assert_int_equal(r.new_pieces, 1);
    }
    assert_true(people_agree(ana, ben));
}

/* ---- what others hold ----------------------------------------------------------------------- */

static enum status keep_peer(void *self, struct ctx *cx, const struct peer_state *p)
{
    (void)cx;
    *(struct peer_state *)self = *p;
    return STATUS_OK;
}

static void acknowledgements_only_move_forward(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *there = world_folder(w, "there");
    const char *old = world_folder(w, "old");
    const char *back = world_folder(w, "back");
    struct peer_state peer = {0};
    (void)person_pack(ben, old); /* holds nothing of what follows */
    (void)person_add(ana, "printer");
    struct pack_report first = person_pack(ana, there);
    check_ok(&ana->cx, transfer_peers(&ana->cx, ana->records, keep_peer, &peer));
    assert_true(peer.entries_lacking > 0);
    assert_int_equal(peer.last_bundle, 0);
    (void)person_unpack(ben, there);
    struct pack_report ack = person_pack(ben, back);
    assert_true(ack.pieces >= 1);
    (void)person_unpack(ana, back);
    check_ok(&ana->cx, transfer_peers(&ana->cx, ana->records, keep_peer, &peer));
    assert_int_equal(peer.entries_lacking, 0);
    assert_int_equal(peer.last_bundle, 2);
    assert_int_equal(peer.gap_bundles, 1);
    (void)person_unpack(ana, old); /* late, and older */
    check_ok(&ana->cx, transfer_peers(&ana->cx, ana->records, keep_peer, &peer));
    assert_int_equal(peer.entries_lacking, 0);
    assert_int_equal(peer.gap_bundles, 0);
    struct pack_report nothing = person_pack(ana, there);
    assert_int_equal(nothing.entries, 0);
    assert_int_equal(nothing.pieces, 1); /* the acknowledgement alone */
    const struct pack_options everything = {.everything = true};
    struct pack_report again;
    check_ok(&ana->cx, transfer_pack(&ana->cx, ana->records, there, &everything, &again));
    assert_true(again.entries >= first.entries);
}

static void only_one_member_can_be_served(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    struct person *cem = world_join(w);
    const char *stick = world_folder(w, "stick");
    const char *back = world_folder(w, "back");
    (void)person_add(ana, "printer");
    (void)person_pack(ana, stick);
    (void)person_unpack(ben, stick);
    (void)person_pack(ben, back);
    (void)person_unpack(ana, back);
    const struct team_member *m = NULL;
    check_ok(&ana->cx, team_member_find(&ana->cx, ana->team, TEXT("Ben"), &m));
    const struct pack_options for_ben = {.only = m};
    struct pack_report r;
    check_ok(&ana->cx, transfer_pack(&ana->cx, ana->records, stick, &for_ben, &r));
    assert_int_equal(r.entries, 0);
    r = person_pack(ana, stick); /* Cem said nothing yet */
    assert_true(r.entries > 0);
    (void)person_unpack(cem, stick);
    assert_true(people_agree(ana, cem));
}

/* ---- preview -------------------------------------------------------------------------------- */

struct seen {
    uint64_t changes, sources;
    struct unpack_source last;
};

static enum status see_change(void *self, struct ctx *cx, const struct history_line *h)
{
    (void)cx;
    (void)h;
    ((struct seen *)self)->changes++;
    return STATUS_OK;
}

static enum status see_source(void *self, struct ctx *cx, const struct unpack_source *s)
{
    struct seen *seen = self;
    (void)cx;
    seen->sources++;
    seen->last = *s;
    return STATUS_OK;
}

static void a_preview_leaves_no_trace(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    (void)person_add(ana, "printer");
    (void)person_add(ana, "scanner");
    (void)person_pack(ana, stick);
    struct seen seen = {0};
    const struct unpack_options preview = {
        .preview = true, .source = see_source, .change = see_change, .self = &seen};
    struct unpack_report would;
    struct id before = person_hash(ben);
    for (int i = 0; i < 2; i++) {
        seen = (struct seen){0};
        check_ok(&ben->cx, transfer_unpack(&ben->cx, ben->records, stick, &preview, &would));
        struct id after = person_hash(ben);
        assert_true(id_equal(&before, &after));
        assert_int_equal(would.bundles_taken, 1);
        assert_true(would.operations >= 2);
        assert_true(seen.changes >= 2);
        assert_int_equal(seen.sources, 1);
        assert_int_equal(seen.last.status, STATUS_OK);
    }
    struct unpack_report r = person_unpack(ben, stick);
    assert_int_equal(r.operations, would.operations);
    assert_int_equal(r.entries, would.entries);
    assert_true(people_agree(ana, ben));
    (void)person_add(ben, "after the preview");
    (void)person_pack(ben, stick);
    (void)person_unpack(ana, stick);
    assert_true(people_agree(ana, ben));
}

/* ---- what else lies on a stick -------------------------------------------------------------- */

struct foreign_seen {
    char names[64][300];
    char whats[64][64];
    size_t count;
};

static enum status see_foreign(void *self, struct ctx *cx, text name, text what)
{
    struct foreign_seen *f = self;
    (void)cx;
    assert_true(utf8_valid(BYTES(name.ptr, name.len)));
    assert_true(f->count < 64);
    snprintf(f->names[f->count], sizeof f->names[0], "%.*s", (int)name.len, name.ptr);
    snprintf(f->whats[f->count], sizeof f->whats[0], "%.*s", (int)what.len, what.ptr);
    f->count++;
    return STATUS_OK;
}

static const char *what_of(const struct foreign_seen *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->names[i], name) == 0) {
            return f->whats[i];
        }
    }
    return "not reported";
}

static void make_sparse(const char *path, off_t size)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

static void foreign_files_are_named_and_never_opened(void **state)
{
    static const struct {
        const char *name, *what;
    } plain[] = {
        {"autorun.inf", "autorun file"},
        {"AUTORUN.INF", "autorun file"},
        {"photo.desktop", "desktop launcher"},
        {"report.lnk", "shortcut"},
        {"invoice.pdf.exe", "program"},
        {".hidden", "hidden file"},
        {"notes.txt", "other file"},
        {"k7f3q2ma.vls.bak", "other file"},
        {"evil\x1b[2J\xff.txt", "other file"},
        {"a\nb", "other file"},
        {"-rf", "other file"},
        {"~k7f3q2ma.tmp", "piece whose writing was interrupted"},
        {"aaaaaaaa.vls", "piece of a wrong size"},
    };
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *stick = world_folder(w, "stick");
    (void)person_add(ana, "printer");
    struct pack_report packed = person_pack(ana, stick);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        scratch_store(scratch_path(stick, plain[i].name), "x", 1);
        assert_int_equal(chmod(scratch_path(stick, plain[i].name), 0000), 0);
    }
    assert_int_equal(mkdir(scratch_path(stick, "bbbbbbbb.vls"), 0700), 0);
    assert_int_equal(symlink("/etc/passwd", scratch_path(stick, "cccccccc.vls")), 0);
    assert_int_equal(mkfifo(scratch_path(stick, "dddddddd.vls"), 0600), 0);
    make_sparse(scratch_path(stick, "eeeeeeee.vls"), (off_t)1 << 40);
    bool device = geteuid() == 0 &&
                  mknod(scratch_path(stick, "ffffffff.vls"), S_IFCHR | 0600, makedev(1, 3)) == 0;
    struct foreign_seen seen = {0};
    const struct unpack_options o = {.foreign = see_foreign, .self = &seen};
    struct unpack_report r;
    check_ok(&ben->cx, transfer_unpack(&ben->cx, ben->records, stick, &o, &r));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const char *name =
            strstr(plain[i].name, "evil") != NULL ? "evil\x1b[2J\xef\xbf\xbd.txt" : plain[i].name;
        assert_string_equal(what_of(&seen, name), plain[i].what);
    }
    assert_string_equal(what_of(&seen, "bbbbbbbb.vls"), "folder");
    assert_string_equal(what_of(&seen, "cccccccc.vls"), "link");
    assert_string_equal(what_of(&seen, "dddddddd.vls"), "device, pipe or socket");
    assert_string_equal(what_of(&seen, "eeeeeeee.vls"), "piece of a wrong size");
    if (device) {
        assert_string_equal(what_of(&seen, "ffffffff.vls"), "device, pipe or socket");
    }
    assert_int_equal(r.torn_files, 3);
    assert_int_equal(r.foreign_files, 11 + 3 + device);
    assert_int_equal(r.files, packed.pieces + r.torn_files + r.foreign_files);
    assert_int_equal(r.bundles_taken, 1);
    assert_true(people_agree(ana, ben));
}

static void pieces_of_strangers_stay_strange(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    struct person *eve = world_stranger(w);
    const char *stick = world_folder(w, "stick");
    (void)person_add(eve, "hers");
    (void)person_add(ana, "ours");
    struct pack_report hers = person_pack(eve, stick);
    struct pack_report ours = person_pack(ana, stick);
    uint8_t *noise = calloc(1, PIECE_SIZE_MEDIUM);
    assert_non_null(noise);
    machine_fill(&ana->machine, noise, PIECE_SIZE_MEDIUM);
    scratch_store(scratch_path(stick, "aaaaaaaa.vls"), noise, PIECE_SIZE_SMALL);
    scratch_store(scratch_path(stick, "bbbbbbbb.vls"), noise, PIECE_SIZE_MEDIUM);
    free(noise);
    struct unpack_report r = person_unpack(ben, stick);
    assert_int_equal(r.unknown_pieces, hers.pieces + 2);
    assert_int_equal(r.new_pieces, ours.pieces);
    assert_true(people_agree(ana, ben));
}

/* ---- what a thief sees ---------------------------------------------------------------------- */

static int compare_words(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static void a_thief_sees_noise(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    (void)world_join(w);
    const char *one = world_folder(w, "one");
    const char *two = world_folder(w, "two");
    for (int i = 0; i < 20; i++) {
        (void)person_add(ana, "the same plaintext, over and over again");
    }
    (void)person_pack(ana, one);
    (void)person_pack(ana, two); /* the same content once more */
    struct thief_view view;
    check_ok(&ana->cx, transfer_inspect(&ana->cx, one, &view));
    assert_true(view.looks_random);
    assert_true(view.same_size);
    assert_int_equal(view.not_pieces, 0);
    assert_int_equal(view.files, view.small);

    struct names names;
    size_t count = 0;
    uint8_t *words = NULL;
    for (int side = 0; side < 2; side++) {
        const char *folder = side == 0 ? one : two;
        folder_names(folder, &names);
        for (size_t i = 0; i < names.count; i++) {
            struct stat st;
            size_t len = 0;
            uint8_t *piece = scratch_load(scratch_path(folder, names.at[i]), &len);
            assert_int_equal(len, PIECE_SIZE_SMALL);
            words = realloc(words, (count + len) * 8);
            assert_non_null(words);
            for (size_t at = 0; at + 8 <= len; at++) {
                memcpy(words + 8 * count++, piece + at, 8);
            }
            free(piece);
            assert_int_equal(stat(scratch_path(folder, names.at[i]), &st), 0);
            assert_true(st.st_mtime < 400000000); /* the date tells nothing */
        }
    }
    qsort(words, count, 8, compare_words);
    for (size_t i = 1; i < count; i++) {
        assert_memory_not_equal(words + 8 * (i - 1), words + 8 * i, 8);
    }
    free(words);
}

static void inspect_counts_what_is_not_a_piece(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    const char *stick = world_folder(w, "stick");
    uint8_t *zeros = calloc(1, PIECE_SIZE_SMALL);
    struct thief_view view;
    scratch_store(scratch_path(stick, "aaaaaaaa.vls"), zeros, PIECE_SIZE_SMALL);
    scratch_store(scratch_path(stick, "names.txt"), "x", 1);
    free(zeros);
    check_ok(&ana->cx, transfer_inspect(&ana->cx, stick, &view));
    assert_int_equal(view.files, 2);
    assert_int_equal(view.small, 1);
    assert_int_equal(view.not_pieces, 1);
    assert_false(view.looks_random);
    check_ok(&ana->cx, transfer_inspect(&ana->cx, scratch_path(stick, "aaaaaaaa.vls"), &view));
    assert_int_equal(view.files, 1);
    check_status(&ana->cx, STATUS_NOT_FOUND,
                 transfer_inspect(&ana->cx, scratch_path(stick, "nowhere"), &view));
}

/* ---- receipts -------------------------------------------------------------------------------- */

struct lacking {
    struct id device;
    struct team *team;
    uint64_t entries;
};

static enum status lacking_visit(void *self, struct ctx *cx, const struct peer_state *s)
{
    struct lacking *l = self;
    const struct team_device *d = team_device_by_ix(l->team, s->device_ix);
    if (d != NULL && id_equal(&d->id, &l->device)) {
        l->entries = s->entries_lacking;
    }
    (void)cx;
    return STATUS_OK;
}

static uint64_t lacking_of(struct person *p, struct person *whom)
{
    struct lacking l = {
        .device = team_this_device(whom->team)->id, .team = p->team, .entries = 9999};
    check_ok(&p->cx, transfer_peers(&p->cx, p->records, lacking_visit, &l));
    assert_int_not_equal(l.entries, 9999);
    return l.entries;
}

static const struct team_device *device_at(struct person *p, struct person *of)
{
    const struct team_device *d = team_device_by_id(p->team, &team_this_device(of->team)->id);
    assert_non_null(d);
    return d;
}

static void a_receipt_tells_what_arrived(void **state)
{
    struct world *w = *state;
    struct person *ana = world_found(w);
    struct person *ben = world_join(w);
    const char *first = world_folder(w, "first");
    const char *second = world_folder(w, "second");
    const struct team_device *who = NULL;
    struct buf receipt, old;
    buf_init(&receipt, RECEIPT_BYTES);
    buf_init(&old, RECEIPT_BYTES);
    (void)person_add(ana, "printer");
    struct pack_report packed = person_pack(ana, first);
    assert_true(lacking_of(ana, ben) > 0);
    /* not before it was taken */
    check_status(&ben->cx, STATUS_GAP,
                 transfer_receipt_make(&ben->cx, ben->records, device_at(ben, ana)->ix,
                                       packed.bundle, &receipt));
    (void)person_unpack(ben, first);
    check_ok(&ben->cx, transfer_receipt_make(&ben->cx, ben->records, device_at(ben, ana)->ix,
                                             packed.bundle, &receipt));
    assert_int_equal(receipt.len, RECEIPT_BYTES);
    /* torn, and nobody's */
    check_status(&ana->cx, STATUS_MALFORMED,
                 transfer_receipt_take(&ana->cx, ana->records, BYTES(receipt.ptr, 135), &who));
    receipt.ptr[70] ^= 1;
    check_status(&ana->cx, STATUS_FORGED,
                 transfer_receipt_take(&ana->cx, ana->records, buf_view(&receipt), &who));
    receipt.ptr[70] ^= 1;
    assert_true(lacking_of(ana, ben) > 0);
    check_ok(&ana->cx, transfer_receipt_take(&ana->cx, ana->records, buf_view(&receipt), &who));
    assert_true(id_equal(&who->id, &team_this_device(ben->team)->id));
    assert_int_equal(lacking_of(ana, ben), 0);
    check_ok(&ana->cx, buf_add(&ana->cx, &old, buf_view(&receipt)));
    /* a bundle later it says nothing any more */
    (void)person_add(ana, "scanner");
    struct pack_report next = person_pack(ana, second);
    assert_true(next.entries < packed.entries);
    check_status(&ana->cx, STATUS_FORGED,
                 transfer_receipt_take(&ana->cx, ana->records, buf_view(&old), &who));
    assert_true(lacking_of(ana, ben) > 0);
    (void)person_unpack(ben, second);
    assert_true(people_agree(ana, ben));
    buf_finish(&old);
    buf_finish(&receipt);
}

int main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        PROMISE(what_was_packed_arrives),
        PROMISE(a_second_time_changes_nothing),
        PROMISE(sticks_may_cross),
        PROMISE(bundles_may_come_out_of_order),
        PROMISE(a_missing_piece_is_waited_for),
        PROMISE(a_later_bundle_ends_the_wait_for_an_older_one),
        PROMISE(a_stick_may_introduce_its_next_sender),
        PROMISE(one_piece_may_be_named),
        PROMISE(acknowledgements_only_move_forward),
        PROMISE(only_one_member_can_be_served),
        PROMISE(a_preview_leaves_no_trace),
        PROMISE(foreign_files_are_named_and_never_opened),
        PROMISE(pieces_of_strangers_stay_strange),
        PROMISE(a_thief_sees_noise),
        PROMISE(a_receipt_tells_what_arrived),
        PROMISE(inspect_counts_what_is_not_a_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
