/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack: decides what the receivers lack, plans the bundle that brings it, and writes its pieces to
 * the stick. A bundle left open by an earlier run is completed first; which of its pieces stand on
 * this stick is told by tag and hash, so the same folder needs only the rest and another folder
 * gets the same pieces whole.
 */
#include <stdlib.h>
#include <string.h>

#include "transfer-int.h"

/* What a file system takes beside the files themselves. */
enum { SPACE_MARGIN = 32 * 1024 };

struct packing {
    struct team *team;
    const struct stick *stick;
    const struct pack_options *options;
    struct pack_report *report;
};
/* One bundle on its way to the stick. */
struct writer {
    struct team *team;
    const struct stick *stick;
    const struct pack_options *options;
    const struct plan *plan;
    bool *standing; /* of pieces 0..n: on this stick already */
    uint64_t standing_count;
    uint64_t written; /* in this run */
    struct buf batch; /* sealed pieces that are recorded and written together */
    struct buf whole; /* one piece read back */
    uint64_t indexes[BATCH_BYTES_MAX / PIECE_SIZE_SMALL];
    size_t count;
};

/* ---- which pieces stand already ------------------------------------------------------------- */

static enum status stand_one(void *self, struct ctx *cx, const struct stick_file *f)
{
    enum status status = STATUS_OK;
    struct writer *w = self;
    uint8_t tag[PIECE_TAG_BYTES];
    struct id want = {0};
    struct id have;
    uint64_t index = 0;
    bool ours = false;

    if (f->kind != STICK_PIECE || f->size != w->plan->piece_size) {
        return STATUS_OK;
    }
    TRY(stick_read_tag(cx, w->stick, f->name, f->size, tag));
    TRY(outbox_find(cx, w->team, tag, &index, &want, &ours));
    if (!ours || index > w->plan->pieces) {
        return STATUS_OK;
    }
    TRY(stick_read(cx, w->stick, f->name, f->size, &w->whole));
    piece_hash(buf_view(&w->whole), have.b);
    if (!id_equal(&have, &want)) {
        return stick_remove(cx, w->stick, f->name); /* ours, and damaged */
    }
    if (!w->standing[index]) {
        w->standing[index] = true;
        w->standing_count++;
    }
out:
    return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void tell_progress(const struct writer *w)
{
    if (w->options->progress != NULL) {
        uint64_t done = w->standing_count + w->written;
        w->options->progress(w->options->self, done * w->plan->piece_size,
                             (w->plan->pieces + 1) * w->plan->piece_size);
    }
}

static enum status record_batch(struct ctx *cx, struct writer *w)
{
    enum status status = STATUS_OK;
    size_t size = (size_t)w->plan->piece_size;
    for (size_t i = 0; i < w->count; i++) {
        TRY(outbox_record(cx, w->team, w->indexes[i], BYTES(w->batch.ptr + i * size, size)));
    }
out:
    return status;
}

static enum status write_full(struct ctx *cx, const struct writer *w, enum status status)
{
    if (status != STATUS_FULL) {
        return status;
    }
    uint64_t left = w->plan->pieces + 1 - w->standing_count - w->written;
    return fault_hint(cx,
                      "%llu of %llu pieces stand on the stick and stay valid; free %llu KiB there, "
                      "or use another stick, and pack again",
                      (unsigned long long)(w->standing_count + w->written),
                      (unsigned long long)(w->plan->pieces + 1),
                      (unsigned long long)(left * w->plan->piece_size / KIB));
}

/* The hashes first, in one transaction; only then may the pieces be seen. */
static enum status flush_batch(struct ctx *cx, struct writer *w)
{
    enum status status = STATUS_OK;
    struct vault *v = team_vault(w->team);
    size_t size = (size_t)w->plan->piece_size;

    if (w->count == 0) {
        return STATUS_OK;
    }
    TRY(vault_begin(cx, v));
    TRY(vault_end(cx, v, record_batch(cx, w)));
    for (size_t i = 0; i < w->count; i++) {
        status = stick_write(cx, w->stick, BYTES(w->batch.ptr + i * size, size));
        TRY(write_full(cx, w, status));
        w->written++;
        tell_progress(w);
    }
    w->count = 0;
    w->batch.len = 0;
out:
    return status;
}

static enum status write_piece(void *self, struct ctx *cx, uint64_t index, bytes payload)
{
    enum status status = STATUS_OK;
    struct writer *w = self;
    if (index > w->plan->pieces) {
        FAIL(cx, STATUS_INTEGRITY, "the log gives more pieces than were planned");
    }
    if (w->standing[index]) {
        return STATUS_OK;
    }
    TRY(outbox_seal(cx, w->team, w->plan, index, payload, &w->batch));
    w->indexes[w->count++] = index;
    if (w->batch.len + w->plan->piece_size > w->batch.max) {
        TRY(flush_batch(cx, w));
    }
out:
    return status;
}

static enum status write_manifest(struct ctx *cx, struct writer *w, struct id *ret_hash)
{
    enum status status = STATUS_OK;
    const struct plan *p = w->plan;
    struct buf hashes;
    struct buf encoded;
    struct manifest m = {
        .team = *team_identity(w->team),
        .control_epoch = p->epoch,
        .device = team_this_device(w->team)->id,
        .number = p->number,
        .prev = p->prev,
        .time = p->time,
        .frontier = buf_view(&p->top),
        .content_len = p->content_len,
        .piece_size = p->piece_size,
    };
    buf_init(&hashes, BUNDLE_PIECES_MAX * PIECE_HASH_BYTES);
    buf_init(&encoded, MANIFEST_MAX);
    TRY(outbox_hashes(cx, w->team, p, &hashes));
    m.piece_hashes = buf_view(&hashes);
    TRY(team_sign_manifest(cx, w->team, &m, &encoded));
    manifest_hash(buf_view(&encoded), ret_hash);
    TRY(write_piece(w, cx, 0, buf_view(&encoded)));
    TRY(flush_batch(cx, w));
out:
    buf_finish(&hashes);
    buf_finish(&encoded);
    return status;
}

static enum status check_space(struct ctx *cx, const struct stick *s, uint64_t files, uint64_t size)
{
    enum status status = STATUS_OK;
    uint64_t there = stick_space(s);
    uint64_t need = files * size + (files > 0 ? SPACE_MARGIN : 0);
    if (there < need) {
        status = fault_set(cx, STATUS_FULL, __FILE__, __LINE__,
                           "the stick is too full: %llu KiB are needed and %llu KiB are free",
                           (unsigned long long)(need / KIB), (unsigned long long)(there / KIB));
        (void)fault_hint(cx, "free %llu KiB on it or use another stick, and pack again",
                         (unsigned long long)((need - there) / KIB + 1));
    }
    return status;
}

static enum status write_missing(struct ctx *cx, struct writer *w, const struct buf *kept,
                                 struct id *ret_manifest)
{
    enum status status = STATUS_OK;
    const struct plan *p = w->plan;
    TRY(check_space(cx, w->stick, p->pieces + 1 - w->standing_count, p->piece_size));
    tell_progress(w);
    if (p->pieces + w->standing[0] > w->standing_count) { /* some content is missing */
        TRY(cut_run(cx, w->team, p, kept, write_piece, w));
        TRY(flush_batch(cx, w));
    }
    TRY(write_manifest(cx, w, ret_manifest));
    TRY(stick_sync(cx, w->stick));
out:
    return status;
}

/* Writes what is missing of the open bundle and closes it. resumed: an earlier run may have written
 * some. kept: the entries' part of its content, or NULL. */
static enum status write_bundle(struct ctx *cx, const struct packing *pack, const struct plan *p,
                                bool resumed, const struct buf *kept)
{
    enum status status = STATUS_OK;
    struct writer w = {
        .team = pack->team, .stick = pack->stick, .options = pack->options, .plan = p};
    struct id manifest;
    void *standing = NULL;

    buf_init(&w.batch, BATCH_BYTES_MAX);
    buf_init(&w.whole, (size_t)p->piece_size);
    TRY(mem_new(cx, (size_t)p->pieces + 1, sizeof *w.standing, &standing));
    w.standing = standing;
    if (resumed) {
        TRY(stick_each(cx, w.stick, stand_one, &w));
    }
    TRY(write_missing(cx, &w, kept, &manifest));
    TRY(outbox_close(cx, w.team, p, &manifest));
    pack->report->bundle = p->number;
    pack->report->entries += p->entries;
    pack->report->pieces += p->pieces + 1;
    pack->report->bytes += (p->pieces + 1) * p->piece_size;
    pack->report->piece_size = p->piece_size;
    pack->report->already += w.standing_count;
out:
    free(standing);
    buf_finish(&w.batch);
    buf_finish(&w.whole);
    return status;
}

/* ---- planning ------------------------------------------------------------------------------- */

/* The smallest class that keeps a bundle near 256 files and lets the manifest fit its piece. */
static enum status choose_size(struct ctx *cx, struct plan *p)
{
    static const struct {
        uint64_t size, content_max;
    } classes[] = {
        {PIECE_SIZE_SMALL, 256U * KIB},
        {PIECE_SIZE_MEDIUM, 32U * MIB},
        {PIECE_SIZE_LARGE, UINT64_MAX},
    };
    enum { MANIFEST_FIXED = 512 }; /* its other items and their heads, rounded up */
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        uint64_t n = manifest_piece_count(p->content_len, classes[i].size);
        uint64_t manifest = MANIFEST_FIXED + p->top.len + n * PIECE_HASH_BYTES;
        if (p->content_len <= classes[i].content_max && n <= BUNDLE_PIECES_MAX &&
            manifest <= piece_payload_max((size_t)classes[i].size)) {
            p->piece_size = classes[i].size;
            p->pieces = n;
            return STATUS_OK;
        }
    }
    FAIL(cx, STATUS_LIMIT, "[F-51] what is to be packed is more than one bundle can hold");
out:
    return status;
}

/* Does a new bundle bring anything that the one just completed does not? */
static bool brings_news(const struct plan *done, bytes base, bytes own)
{
    return !frontier_covers(buf_view(&done->top), own) ||
           !frontier_covers(base, buf_view(&done->base));
}

static enum status pack_new(struct ctx *cx, const struct packing *pack, const struct id *epoch,
                            bytes base, bytes own)
{
    enum status status = STATUS_OK;
    struct plan p;
    struct buf kept;
    bool is_kept = false;

    plan_init(&p);
    p.epoch = *epoch;
    buf_init(&kept, 0);
    TRY(buf_add(cx, &p.base, base));
    TRY(buf_add(cx, &p.top, own));
    TRY(cut_measure(cx, pack->team, &p, &kept, &is_kept));
    if (p.entries == 0) {
        p.content_len = 0; /* signed heads say nothing without an entry */
        buf_clear(&p.heads);
    }
    TRY(choose_size(cx, &p));
    TRY(check_space(cx, pack->stick, p.pieces + 1, p.piece_size)); /* before a number is used up */
    TRY(outbox_reserve(cx, pack->team, &p));
    TRY(write_bundle(cx, pack, &p, false, is_kept ? &kept : NULL));
out:
    plan_finish(&p);
    buf_finish(&kept);
    return status;
}

/* Completes the bundle an earlier run left open; *ret_done: what it brings, when it was completed.
 */
static enum status pack_open(struct ctx *cx, const struct packing *pack, bytes base,
                             struct plan *ret_done, bool *ret_completed)
{
    enum status status = STATUS_OK;
    struct plan p;
    bool open = false;

    plan_init(&p);
    *ret_completed = false;
    TRY(outbox_load(cx, pack->team, &p, &open));
    if (!open) {
        goto out;
    }
    if (frontier_covers(base, buf_view(&p.top))) {
        TRY(outbox_abandon(cx, pack->team, &p)); /* everybody has it by now */
        goto out;
    }
    status = write_bundle(cx, pack, &p, true, NULL);
    if (status == STATUS_INTEGRITY) {
        fault_clear(cx); /* the log gives other bytes now: those pieces are never made again */
        TRY(outbox_abandon(cx, pack->team, &p));
        goto out;
    }
    TRY(status);
    *ret_completed = true;
    ret_done->epoch = p.epoch;
    TRY(buf_add(cx, &ret_done->base, buf_view(&p.base)));
    TRY(buf_add(cx, &ret_done->top, buf_view(&p.top)));
out:
    plan_finish(&p);
    return status;
}

/* One bundle for the receivers who hold this epoch's chain of this device. claim: what others are
 * told of own. */
static enum status pack_epoch(struct ctx *cx, const struct packing *pack, const struct id *epoch,
                              bytes own, bytes claim, const struct plan *done)
{
    enum status status = STATUS_OK;
    struct buf base;

    buf_init(&base, FRONTIER_MAX);
    TRY(peers_base(cx, pack->team, pack->options, own, epoch, &base));
    if (done == NULL || !id_equal(&done->epoch, epoch) ||
        brings_news(done, buf_view(&base), claim)) {
        TRY(pack_new(cx, pack, epoch, buf_view(&base), claim));
    }
out:
    buf_finish(&base);
    return status;
}

/* Chains that no receiver needs any more. */
static enum status forget_chains(struct ctx *cx, const struct packing *pack,
                                 const struct peer_epochs *epochs)
{
    enum status status = STATUS_OK;
    struct vault *v = team_vault(pack->team);

    if (pack->options->only != NULL) {
        return STATUS_OK;
    }
    TRY(vault_begin(cx, v));
    TRY(vault_end(cx, v, chain_forget_before(cx, pack->team, epochs->at, epochs->count)));
out:
    return status;
}

/* Everything written so far becomes part of the signed chain of this device. */
static enum status close_entry(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    TRY(log_seal(cx, t));
    TRY(log_sign_head(cx, t));
out:
    return status;
}

static enum status pack_all(struct ctx *cx, struct team *t, const struct stick *s,
                            const struct pack_options *o, struct pack_report *report)
{
    enum status status = STATUS_OK;
    const struct packing pack = {.team = t, .stick = s, .options = o, .report = report};
    struct peer_epochs epochs;
    struct plan done;
    struct buf own;
    struct buf claim;
    struct buf base;
    bool completed = false;

    plan_init(&done);
    buf_init(&own, FRONTIER_MAX);
    buf_init(&claim, FRONTIER_MAX);
    buf_init(&base, FRONTIER_MAX);
    TRY(vault_begin(cx, team_vault(t)));
    TRY(vault_end(cx, team_vault(t), close_entry(cx, t)));
    TRY(log_frontier(cx, t, &own));
    TRY(log_frontier_claim(cx, t, buf_view(&own), &claim));
    TRY(peers_base(cx, t, o, buf_view(&own), NULL, &base));
    TRY(pack_open(cx, &pack, buf_view(&base), &done, &completed));
    TRY(peers_epochs(cx, t, o, &epochs));
    for (size_t i = 0; i < epochs.count; i++) {
        TRY(pack_epoch(cx, &pack, &epochs.at[i], buf_view(&own), buf_view(&claim),
                       completed ? &done : NULL));
    }
    TRY(forget_chains(cx, &pack, &epochs));
out:
    plan_finish(&done);
    buf_finish(&own);
    buf_finish(&claim);
    buf_finish(&base);
    return status;
}

enum status transfer_pack(struct ctx *cx, struct records *r, const char *folder,
                          const struct pack_options *o, struct pack_report *ret)
{
    static const struct pack_options nothing = {0};
    enum status status = STATUS_OK;
    struct stick s = {.fd = -1};
    struct pack_report report = {0};

    TRY(stick_open(cx, folder, true, &s));
    TRY(stick_sweep(cx, &s));
    TRY(pack_all(cx, records_team(r), &s, o != NULL ? o : &nothing, &report));
    *ret = report;
out:
    stick_close(&s);
    return status;
}
