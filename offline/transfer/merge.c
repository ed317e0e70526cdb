/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From pieces in the inbox to entries in the log. A bundle is looked at through its signed manifest
 * alone: which pieces are its, how long its content is, what its device holds. When all pieces are
 * here the content is admitted in one transaction; a fault anywhere in it undoes all of it, and the
 * bundle goes to quarantine with the reason.
 *
 * Only what is wrong with the bundle sends it there. A full disk or a lack of memory ends the run,
 * and the pieces wait in the inbox.
 */
#include <stdlib.h>
#include <string.h>

#include "transfer-int.h"

struct bundle {
    struct bundle_name name;
    struct buf encoded; /* the manifest's bytes */
    struct manifest m;
    struct id hash;
    bool has_manifest;
    struct row_list rows;
    struct unpack_source line;
    struct buf reason;
};

/* What is wrong with a bundle, as against what this machine could not do. */
static bool is_refusal(enum status status)
{
    unsigned class = (unsigned)status & 0xff00U;
    return class == 0x200 || class == 0x300 || status == STATUS_ROLLBACK;
}

/* A bundle that knows more of this device than this vault is put aside too: taking it would hide
 * from the person that the vault is an old copy. The run goes on and says so at its end. */
static enum status refuse(struct ctx *cx, struct unpack *u, struct bundle *b, enum status why,
                          const struct inbox_row *row)
{
    struct refusal r = {
        .bundle = b->name,
        .hash = row != NULL ? row->hash : b->hash,
        .status = why,
        .reason = buf_text(&b->reason),
        .claimed = b->line.time,
        .pieces_here = b->line.pieces_here,
        .pieces_all = b->line.pieces_all,
    };
    b->line.status = why;
    u->rolled_back = u->rolled_back || why == STATUS_ROLLBACK;
    return quarantine_add(cx, u, &r, row);
}

/* The fault becomes the reason. */
static enum status take_reason(struct ctx *cx, struct bundle *b)
{
    struct fault f = cx->fault;
    fault_clear(cx);
    buf_clear(&b->reason);
    return buf_add_text(cx, &b->reason, text_of(f.what));
}

/* ---- the manifest --------------------------------------------------------------------------- */

static enum status manifest_check(struct ctx *cx, struct unpack *u, const struct bundle *b,
                                  bytes in, struct manifest *ret)
{
    enum status status = STATUS_OK;
    struct manifest m;
    const struct team_device *d = team_device_by_ix(u->team, b->name.device);
    TRY(manifest_parse(cx, in, &m));
    TRY(team_verify_manifest(cx, u->team, in, &m));
    if (d == NULL || !id_equal(&m.device, &d->id)) {
        FAIL(cx, STATUS_FORGED, "[F-55] the manifest is of another device than its piece");
    }
    if (m.number != b->name.number) {
        FAIL(cx, STATUS_FORGED, "[F-57] the manifest is of another bundle than its piece");
    }
    *ret = m;
out:
    return status;
}

/* One piece 0. Every member can forge a colleague's piece, so a bad one is put aside by itself; a
 * second good one is this device's own contradiction. */
static enum status manifest_row(struct ctx *cx, struct unpack *u, struct bundle *b,
                                const struct inbox_row *row)
{
    enum status status = STATUS_OK;
    struct buf encoded;
    struct manifest m;
    buf_init(&encoded, PIECE_SIZE_LARGE);
    TRY(inbox_payload(cx, u, row->n, &encoded));
    status = manifest_check(cx, u, b, buf_view(&encoded), &m);
    if (is_refusal(status)) {
        enum status why = status;
        TRY(take_reason(cx, b));
        TRY(refuse(cx, u, b, why, row));
        goto out;
    }
    TRY(status);
    if (b->has_manifest) {
        buf_clear(&b->reason);
        TRY(buf_printf(cx, &b->reason,
                       "this device made two different bundles with number %llu: its vault was "
                       "copied or an older state of it came back",
                       (unsigned long long)b->name.number));
        TRY(refuse(cx, u, b, STATUS_CONFLICT, row));
        goto out;
    }
    buf_clear(&b->encoded);
    TRY(buf_add(cx, &b->encoded, buf_view(&encoded)));
    TRY(manifest_parse(cx, buf_view(&b->encoded), &b->m));
    manifest_hash(buf_view(&b->encoded), &b->hash);
    b->has_manifest = true;
out:
    buf_finish(&encoded);
    return status;
}

static enum status manifest_find(struct ctx *cx, struct unpack *u, struct bundle *b)
{
    enum status status = STATUS_OK;
    TRY(inbox_rows(cx, u, &b->name, &b->rows));
    b->line.pieces_here = b->rows.count;
    for (size_t i = 0; i < b->rows.count && b->rows.at[i].index == 0; i++) {
        TRY(manifest_row(cx, u, b, &b->rows.at[i]));
    }
    b->rows.count = 0;
    if (b->has_manifest) {
        b->line.time = b->m.time;
        b->line.pieces_all = 1 + b->m.piece_hashes.len / PIECE_HASH_BYTES;
    }
    TRY(inbox_rows(cx, u, &b->name, &b->rows));
    b->line.pieces_here = b->rows.count;
out:
    return status;
}

/* What an honest device never signs: two bundles of one number, or another past. *ret_forked */
static enum status fork_check(struct ctx *cx, struct unpack *u, struct bundle *b, bool *ret_forked)
{
    enum status status = STATUS_OK;
    struct bundle_note note;
    struct bundle_note before = {0};
    *ret_forked = false;
    TRY(bundle_load(cx, u->team, b->name.device, b->name.number, &note));
    if (b->name.number > 1) {
        TRY(bundle_load(cx, u->team, b->name.device, b->name.number - 1, &before));
    }
    buf_clear(&b->reason);
    if (note.state != 0 && !id_equal(&note.hash, &b->hash)) {
        TRY(buf_printf(cx, &b->reason,
                       "this device made two different bundles with number %llu: its vault was "
                       "copied or an older state of it came back",
                       (unsigned long long)b->name.number));
    } else if (before.state != 0 && !id_equal(&before.hash, &b->m.prev)) {
        TRY(buf_printf(cx, &b->reason,
                       "bundle %llu does not follow the bundle %llu that came from this device: "
                       "its vault was copied or an older state of it came back",
                       (unsigned long long)b->name.number, (unsigned long long)b->name.number - 1));
    }
    *ret_forked = b->reason.len > 0;
    if (*ret_forked) {
        TRY(refuse(cx, u, b, STATUS_CONFLICT, NULL));
    }
out:
    return status;
}

/* ---- the pieces ----------------------------------------------------------------------------- */

/* Puts aside what the manifest does not list. *ret_here: how many listed content pieces are here.
 */
static enum status pieces_check(struct ctx *cx, struct unpack *u, struct bundle *b,
                                uint64_t *ret_here, uint64_t *ret_len)
{
    enum status status = STATUS_OK;
    uint64_t all = b->m.piece_hashes.len / PIECE_HASH_BYTES;
    size_t good = 0;
    *ret_here = 0;
    *ret_len = 0;
    for (size_t i = 0; i < b->rows.count; i++) {
        const struct inbox_row row = b->rows.at[i];
        if (row.index == 0) {
            continue;
        }
        const uint8_t *want =
            row.index <= all ? b->m.piece_hashes.ptr + (row.index - 1) * PIECE_HASH_BYTES : NULL;
        if (want != NULL && memcmp(want, row.hash.b, PIECE_HASH_BYTES) == 0) {
            b->rows.at[good++] = row;
            *ret_here += 1;
            *ret_len += row.len;
            continue;
        }
        buf_clear(&b->reason);
        TRY(buf_printf(cx, &b->reason, "[F-52] piece %llu is not the one its manifest lists",
                       (unsigned long long)row.index));
        TRY(refuse(cx, u, b, STATUS_FORGED, &row));
    }
    b->rows.count = good;
out:
    return status;
}

/* ---- admission ------------------------------------------------------------------------------ */

static enum status admit_item(struct ctx *cx, struct admission *a, const struct content_item *item)
{
    switch (item->kind) {
    case CONTENT_HEAD:
        return admission_head(cx, a, &item->head);
    case CONTENT_ENTRY:
        return admission_entry(cx, a, item->header, item->body);
    }
    return STATUS_OK;
}

/* Takes the whole items at the front of `feed` and moves the rest to its front. */
static enum status admit_feed(struct ctx *cx, struct admission *a, struct buf *feed)
{
    enum status status = STATUS_OK;
    size_t at = 0;
    for (;;) {
        struct content_item item;
        size_t used = 0;
        TRY(content_read(cx, BYTES(feed->ptr + at, feed->len - at), &item, &used));
        if (used == 0) {
            break;
        }
        TRY(admit_item(cx, a, &item));
        at += used;
    }
    if (at > 0) {
        memmove(feed->ptr, feed->ptr + at, feed->len - at);
        feed->len -= at;
    }
out:
    return status;
}

static enum status admit(struct ctx *cx, struct unpack *u, const struct bundle *b,
                         struct admission_counts *ret)
{
    enum status status = STATUS_OK;
    struct log_sink sink = records_sink(u->records);
    struct admission *a = NULL;
    struct buf feed;
    buf_init(&feed, CONTENT_ITEM_MAX + PIECE_SIZE_LARGE);
    TRY(admission_start(cx, u->team, &sink, &a));
    for (size_t i = 0; i < b->rows.count; i++) {
        TRY(inbox_payload(cx, u, b->rows.at[i].n, &feed));
        TRY(admit_feed(cx, a, &feed));
    }
    TRY(content_done(cx, buf_view(&feed)));
    TRY(admission_finish(cx, a, ret));
out:
    admission_free(&a);
    buf_finish(&feed);
    return status;
}

static enum status note_conflict(void *self, struct ctx *cx, int64_t record, const struct field *f)
{
    enum status status = STATUS_OK;
    struct unpack *u = self;
    void *at = u->conflicts;
    TRY(array_grow(cx, &at, u->conflict_count, &u->conflict_cap, sizeof *u->conflicts));
    u->conflicts = at;
    u->conflicts[u->conflict_count++] = (struct conflict_name){.record = record, .field = f};
out:
    return status;
}

/* The conflicts there were before the first bundle is taken. */
static enum status note_conflicts(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    if (!u->conflicts_known) {
        u->conflict_count = 0;
        TRY(records_conflicts_each(cx, u->records, note_conflict, u));
        u->conflicts_known = true;
    }
out:
    return status;
}

/* Once everything a device held when it packed this bundle is here, its older unfinished bundles
 * bring nothing any more. */
static enum status drop_older(struct ctx *cx, struct unpack *u, const struct bundle *taken)
{
    enum status status = STATUS_OK;
    struct bundle_name older[INBOX_BUNDLES_PER_SENDER];
    size_t count = 0;
    bool all = false;

    for (size_t i = 0; i < u->waiting.count && count < INBOX_BUNDLES_PER_SENDER; i++) {
        const struct bundle_name *b = &u->waiting.at[i];
        if (b->device == taken->name.device && b->number < taken->name.number) {
            older[count++] = *b;
        }
    }
    if (count == 0) {
        goto out;
    }
    TRY(log_holds(cx, u->team, taken->m.frontier, &all));
    for (size_t i = 0; all && i < count; i++) {
        TRY(inbox_drop_bundle(cx, u, &older[i]));
        TRY(bundle_forget(cx, u->team, older[i].device, older[i].number));
    }
out:
    return status;
}

static enum status take(struct ctx *cx, struct unpack *u, struct bundle *b)
{
    enum status status = STATUS_OK;
    struct admission_counts counts = {0};
    const struct bundle_note note = {.state = BUNDLE_TAKEN, .hash = b->hash, .time = b->m.time};
    TRY(note_conflicts(cx, u));
    if (b->m.content_len > 0) {
        TRY(admit(cx, u, b, &counts));
        u->report->pending = counts.pending;
    }
    TRY(bundle_store(cx, u->team, b->name.device, b->name.number, &note));
    TRY(inbox_drop_bundle(cx, u, &b->name));
    TRY(drop_older(cx, u, b));
    b->line.status = STATUS_OK;
    b->line.entries = counts.taken;
    b->line.operations = counts.operations;
    b->line.refused_rights = counts.refused_rights;
    buf_clear(&b->reason);
out:
    return status;
}

/* ---- one bundle ----------------------------------------------------------------------------- */

/* With a manifest that holds: is it news, is it whole? Then it is taken. */
static enum status merge_verified(struct ctx *cx, struct unpack *u, struct bundle *b)
{
    enum status status = STATUS_OK;
    struct bundle_note note;
    bool forked = false;
    uint64_t here = 0;
    uint64_t len = 0;

    TRY(fork_check(cx, u, b, &forked));
    if (forked) {
        goto out;
    }
    TRY(bundle_load(cx, u->team, b->name.device, b->name.number, &note));
    if (note.state == BUNDLE_TAKEN) {
        b->line.status = STATUS_DUPLICATE;
        TRY(inbox_drop_bundle(cx, u, &b->name));
        goto out;
    }
    TRY(peer_store(cx, u->team, b->name.device, b->name.number, b->m.frontier));
    note = (struct bundle_note){.state = BUNDLE_VERIFIED, .hash = b->hash, .time = b->m.time};
    TRY(bundle_store(cx, u->team, b->name.device, b->name.number, &note));
    TRY(pieces_check(cx, u, b, &here, &len));
    TRY(chain_confirm(cx, u->team, b->name.device, b->m.piece_hashes));
    b->line.pieces_here = here + 1;
    if (here + 1 < b->line.pieces_all) {
        b->line.status = STATUS_GAP;
        goto out;
    }
    if (len != b->m.content_len) {
        FAIL(cx, STATUS_FORGED, "[F-52] the pieces do not add up to the length of the content");
    }
    TRY(take(cx, u, b));
out:
    return status;
}

static enum status merge_inside(struct ctx *cx, struct unpack *u, struct bundle *b)
{
    enum status status = STATUS_OK;
    TRY(manifest_find(cx, u, b));
    if (b->has_manifest) {
        TRY(merge_verified(cx, u, b));
    } else if (b->rows.count > 0) {
        b->line.status = STATUS_GAP;
    }
out:
    return status;
}

/* The transaction is undone; what remains is to say why, and to put the bundle aside. A preview
 * has lost all it had taken so far with it, so it starts again without this bundle. */
static enum status merge_failed(struct ctx *cx, struct unpack *u, struct bundle *b, enum status why)
{
    enum status status = STATUS_OK;
    struct buf own;
    buf_init(&own, FRONTIER_MAX);
    TRY(take_reason(cx, b));
    b->line.status = why;
    if (u->options->preview) {
        u->try_again = true;
        u->rolled_back = u->rolled_back || why == STATUS_ROLLBACK;
        TRY(source_put(cx, &u->failed, &b->line, buf_text(&b->reason)));
        goto out;
    }
    TRY(log_frontier(cx, u->team, &own)); /* team looks at the vault again */
    TRY(inbox_start(cx, u));
    TRY(vault_begin(cx, u->vault));
    TRY(vault_end(cx, u->vault, refuse(cx, u, b, why, NULL)));
out:
    buf_finish(&own);
    return status;
}

static enum status merge_one(struct ctx *cx, struct unpack *u, const struct bundle_name *name)
{
    enum status status = STATUS_OK;
    const struct team_device *d = team_device_by_ix(u->team, name->device);
    const struct source_line *failed = source_find(&u->failed, name);
    struct bundle b = {.name = *name, .line = {.device_ix = name->device, .bundle = name->number}};

    buf_init(&b.encoded, PIECE_SIZE_LARGE);
    buf_init(&b.reason, 4 * KIB);
    if (d != NULL) {
        b.line.member = d->member;
    }
    if (failed != NULL) {
        TRY(source_put(cx, &u->sources, &failed->s, failed->s.reason));
        goto out;
    }
    TRY(vault_begin(cx, u->vault));
    status = vault_end(cx, u->vault, merge_inside(cx, u, &b));
    if (is_refusal(status)) {
        TRY(merge_failed(cx, u, &b, status));
    }
    TRY(status);
    if (b.line.status != STATUS_OK || b.has_manifest) {
        TRY(source_put(cx, &u->sources, &b.line, buf_text(&b.reason)));
    }
out:
    free(b.rows.at);
    buf_finish(&b.encoded);
    buf_finish(&b.reason);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    const struct bundle_name *x = a;
    const struct bundle_name *y = b;
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

enum status merge_bundles(struct ctx *cx, struct unpack *u, uint64_t *ret_taken)
{
    enum status status = STATUS_OK;
    struct bundle_name *names = NULL;
    void *fresh = NULL;
    size_t count = u->waiting.count;
    *ret_taken = 0;
    if (count == 0) {
        return STATUS_OK;
    }
    TRY(mem_new(cx, count, sizeof *names, &fresh));
    names = fresh;
    memcpy(names, u->waiting.at, count * sizeof *names);
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        TRY(merge_one(cx, u, &names[i]));
        const struct source_line *line = source_find(&u->sources, &names[i]);
        *ret_taken += line != NULL && line->s.status == STATUS_OK;
        if (u->try_again) {
            break;
        }
    }
out:
    free(fresh);
    return status;
}
