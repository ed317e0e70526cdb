/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack: looks at what is on the stick, takes the pieces that are for us into the inbox, merges
 * what is whole, and reports. A bundle may bring the keys for the next one, so this goes round as
 * long as something was taken. Nothing on the stick is ever written.
 *
 * A preview does all of it in one transaction and undoes it. A bundle that is refused would undo it
 * too early, so the preview then starts again and leaves that bundle out.
 */
#include <stdlib.h>
#include <string.h>

#include "transfer-int.h"

/* Read from the stick between two commits. */
#define COMMIT_BYTES (16U * MIB)

/* ---- the lines of the report ---------------------------------------------------------------- */

const struct source_line *source_find(const struct source_list *l, const struct bundle_name *b)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->at[i].s.device_ix == b->device && l->at[i].s.bundle == b->number) {
            return &l->at[i];
        }
    }
    return NULL;
}

enum status source_put(struct ctx *cx, struct source_list *l, const struct unpack_source *s,
                       text reason)
{
    enum status status = STATUS_OK;
    void *at = l->at;
    struct source_line *line = NULL;
    for (size_t i = 0; i < l->count; i++) {
        if (l->at[i].s.device_ix == s->device_ix && l->at[i].s.bundle == s->bundle) {
            line = &l->at[i];
        }
    }
    if (line != NULL && line->s.status == STATUS_OK) {
        return STATUS_OK;
    }
    if (line == NULL) {
        TRY(array_grow(cx, &at, l->count, &l->cap, sizeof *l->at));
        l->at = at;
        line = &l->at[l->count++];
        buf_init(&line->reason, 4 * KIB);
    }
    line->s = *s;
    buf_clear(&line->reason);
    TRY(buf_add_text(cx, &line->reason, reason));
    line->s.reason = buf_text(&line->reason);
out:
    return status;
}

void source_list_clear(struct source_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        buf_finish(&l->at[i].reason);
    }
    free(l->at);
    *l = (struct source_list){0};
}

/* ---- looking at the stick ------------------------------------------------------------------- */

static enum status tell_foreign(struct ctx *cx, struct unpack *u, const char *name,
                                const char *what)
{
    enum status status = STATUS_OK;
    struct buf shown;
    buf_init(&shown, 4 * KIB);
    if (u->options->foreign != NULL) {
        TRY(stick_name_text(cx, name, &shown));
        TRY(u->options->foreign(u->options->self, cx, buf_text(&shown), text_of(what)));
    }
out:
    buf_finish(&shown);
    return status;
}

static enum status add_candidate(struct ctx *cx, struct unpack *u, const struct stick_file *f,
                                 const uint8_t tag[static PIECE_TAG_BYTES])
{
    enum status status = STATUS_OK;
    void *at = u->candidates;
    if (u->candidate_count >= STICK_FILES_MAX) {
        status = fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__,
                           "more than %u unknown pieces in one folder", STICK_FILES_MAX);
        (void)fault_hint(cx, "move half of them to another folder and unpack both");
        goto out;
    }
    TRY(array_grow(cx, &at, u->candidate_count, &u->candidate_cap, sizeof *u->candidates));
    u->candidates = at;
    struct candidate *c = &u->candidates[u->candidate_count++];
    *c = (struct candidate){.size = f->size};
    memcpy(c->tag, tag, sizeof c->tag);
    if (!u->stick.single) {
        memcpy(c->name, f->name, sizeof c->name);
    }
    u->bytes_all += f->size;
out:
    return status;
}

/* A tag is made once, and what came under it had one content: another one was changed on the way,
 * or a copy of the vault made it. It cannot be opened, the key is gone; so it proves nothing, and a
 * person hears of it. Two bundles of one number differ in their first piece: only that is read. */
static enum status scan_known(struct ctx *cx, struct unpack *u, const struct stick_file *f,
                              const struct known_tag *k)
{
    enum status status = STATUS_OK;
    struct known_tag other = {.bundle = k->bundle};

    if (id_is_zero(&k->hash)) {
        return STATUS_OK;
    }
    status = stick_read(cx, &u->stick, f->name, f->size, &u->whole);
    if (status == STATUS_NOT_FOUND) { /* it changed while it was looked at: next time */
        fault_clear(cx);
        return STATUS_OK;
    }
    TRY(status);
    piece_hash(buf_view(&u->whole), other.hash.b);
    if (!id_equal(&other.hash, &k->hash)) {
        void *at = u->twice;
        TRY(array_grow(cx, &at, u->twice_count, &u->twice_cap, sizeof *u->twice));
        u->twice = at;
        u->twice[u->twice_count++] = other;
    }
out:
    return status;
}

static enum status scan_piece(struct ctx *cx, struct unpack *u, const struct stick_file *f)
{
    enum status status = STATUS_OK;
    uint8_t tag[PIECE_TAG_BYTES];
    struct known_tag k = {.bundle = {0}};
    bool known = false;
    bool fresh = false;

    status = stick_read_tag(cx, &u->stick, f->name, f->size, tag);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx);
        u->report->torn_files++;
        return tell_foreign(cx, u, f->name, "piece that changed while it was read");
    }
    TRY(status);
    TRY(tag_known(cx, u->team, tag, &k, &known));
    if (!known) {
        TRY(add_candidate(cx, u, f, tag));
        goto out;
    }
    TRY(scan_known(cx, u, f, &k));
    if (k.bundle.device == 0) {
        u->report->own_pieces++;
    } else {
        u->report->known_pieces++;
        TRY(name_list_add(cx, &u->seen, &k.bundle, &fresh));
    }
out:
    return status;
}

static enum status scan_one(void *self, struct ctx *cx, const struct stick_file *f)
{
    struct unpack *u = self;
    u->report->files++;
    switch (f->kind) {
    case STICK_PIECE:
        return scan_piece(cx, u, f);
    case STICK_TORN:
        u->report->torn_files++;
        break;
    case STICK_FOREIGN:
        u->report->foreign_files++;
        break;
    }
    return tell_foreign(cx, u, f->name, f->what);
}

/* ---- taking pieces -------------------------------------------------------------------------- */

static const char *candidate_name(const struct unpack *u, const struct candidate *c)
{
    return u->stick.single ? u->stick.name : c->name;
}

static enum status damaged(struct ctx *cx, struct unpack *u, struct candidate *c)
{
    fault_clear(cx);
    c->done = true;
    u->report->torn_files++;
    return tell_foreign(cx, u, candidate_name(u, c), "damaged piece");
}

/* A full inbox leaves the piece on the stick, to be found again. */
static enum status take_hit(struct ctx *cx, struct unpack *u, struct candidate *c,
                            const struct chain_hit *hit)
{
    enum status status = stick_read(cx, &u->stick, candidate_name(u, c), c->size, &u->whole);
    if (status == STATUS_OK && memcmp(u->whole.ptr, c->tag, sizeof c->tag) != 0) {
        status = STATUS_FORGED; /* another file by now */
    }
    if (status == STATUS_OK) {
        status = inbox_take(cx, u, hit);
    }
    if (status == STATUS_OK) {
        c->done = true;
    } else if (status == STATUS_NOT_FOUND || status == STATUS_FORGED ||
               status == STATUS_MALFORMED) {
        return damaged(cx, u, c);
    } else if (status == STATUS_LIMIT) {
        fault_clear(cx);
        return STATUS_OK;
    }
    return status;
}

static enum status take_one(struct ctx *cx, struct unpack *u, struct candidate *c)
{
    enum status status = STATUS_OK;
    struct chain_hit hit = {0};
    status = chain_find(cx, u->team, c->tag, &hit);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx);
        status = STATUS_OK;
    } else if (status == STATUS_FOREIGN) {
        fault_clear(cx);
        status = STATUS_OK;
        c->done = true;
        u->report->own_pieces++;
    } else if (status == STATUS_OK) {
        status = take_hit(cx, u, c, &hit);
    }
    key_wipe(&hit.key);
    return status;
}

/* Candidates from *at on, until enough was read for one transaction. */
static enum status take_some(struct ctx *cx, struct unpack *u, size_t *at)
{
    enum status status = STATUS_OK;
    uint64_t read = 0;
    for (; *at < u->candidate_count && read < COMMIT_BYTES; (*at)++) {
        struct candidate *c = &u->candidates[*at];
        if (c->done) {
            continue;
        }
        TRY(take_one(cx, u, c));
        if (c->done) {
            read += c->size;
            u->bytes_done += c->size;
            if (u->options->progress != NULL) {
                u->options->progress(u->options->self, u->bytes_done, u->bytes_all);
            }
        }
    }
out:
    return status;
}

static enum status take_all(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    for (size_t at = 0; at < u->candidate_count;) {
        TRY(vault_begin(cx, u->vault));
        TRY(vault_end(cx, u->vault, take_some(cx, u, &at)));
    }
out:
    return status;
}

static size_t count_open(const struct unpack *u)
{
    size_t open = 0;
    for (size_t i = 0; i < u->candidate_count; i++) {
        open += !u->candidates[i].done;
    }
    return open;
}

/* Senders that are far ahead of what we looked for, or new. */
static enum status search_further(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    size_t open = count_open(u);
    void *fresh = NULL;
    uint8_t *tags = NULL;
    size_t at = 0;
    if (open == 0) {
        return STATUS_OK;
    }
    TRY(mem_new(cx, open, PIECE_TAG_BYTES, &fresh));
    tags = fresh;
    for (size_t i = 0; i < u->candidate_count; i++) {
        if (!u->candidates[i].done) {
            memcpy(tags + PIECE_TAG_BYTES * at++, u->candidates[i].tag, PIECE_TAG_BYTES);
        }
    }
    TRY(vault_begin(cx, u->vault));
    status = chain_search(cx, u->team, tags, open);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx);
        status = STATUS_OK;
    }
    TRY(vault_end(cx, u->vault, status));
    TRY(take_all(cx, u));
out:
    free(fresh);
    return status;
}

/* ---- the report ----------------------------------------------------------------------------- */

struct change_filter {
    struct unpack *u;
    int64_t device; /* the last one looked up */
    uint64_t seq;
};

static enum status tell_change(void *self, struct ctx *cx, const struct history_line *h)
{
    enum status status = STATUS_OK;
    struct change_filter *f = self;
    int64_t ix = OP_DEVICE(h->op);
    if (ix != f->device) {
        const struct team_device *d = team_device_by_ix(f->u->team, ix);
        f->device = ix;
        f->seq = UINT64_MAX;
        if (d != NULL && !d->self) {
            TRY(log_held(cx, f->u->team, buf_view(&f->u->before), ix, &f->seq));
        }
    }
    if (OP_SEQ(h->op) > f->seq) {
        TRY(f->u->options->change(f->u->options->self, cx, h));
    }
out:
    return status;
}

static enum status tell_changes(struct ctx *cx, struct unpack *u)
{
    struct change_filter f = {.u = u};
    if (u->options->change == NULL || u->report->entries == 0) {
        return STATUS_OK;
    }
    return records_history(cx, u->records, 0, INT32_MAX, tell_change, &f);
}

static int compare_conflicts(const void *a, const void *b)
{
    const struct conflict_name *x = a;
    const struct conflict_name *y = b;
    if (x->record != y->record) {
        return x->record < y->record ? -1 : 1;
    }
    return ((uintptr_t)x->field > (uintptr_t)y->field) -
           ((uintptr_t)x->field < (uintptr_t)y->field);
}

static enum status count_conflict(void *self, struct ctx *cx, int64_t record, const struct field *f)
{
    struct unpack *u = self;
    const struct conflict_name c = {.record = record, .field = f};
    (void)cx;
    if (u->conflict_count == 0 ||
        bsearch(&c, u->conflicts, u->conflict_count, sizeof c, compare_conflicts) == NULL) {
        u->report->conflicts_new++;
    }
    return STATUS_OK;
}

static enum status count_conflicts(struct ctx *cx, struct unpack *u)
{
    if (!u->conflicts_known || u->report->entries == 0) {
        return STATUS_OK;
    }
    if (u->conflict_count > 0) {
        qsort(u->conflicts, u->conflict_count, sizeof *u->conflicts, compare_conflicts);
    }
    return records_conflicts_each(cx, u->records, count_conflict, u);
}

/* Bundles on the stick that were taken in an earlier run. */
static enum status add_seen(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < u->seen.count; i++) {
        const struct bundle_name *b = &u->seen.at[i];
        const struct team_device *d = team_device_by_ix(u->team, b->device);
        struct bundle_note note;
        if (source_find(&u->sources, b) != NULL) {
            continue;
        }
        TRY(bundle_load(cx, u->team, b->device, b->number, &note));
        if (note.state == BUNDLE_TAKEN && d != NULL) {
            struct unpack_source s = {.member = d->member,
                                      .device_ix = b->device,
                                      .bundle = b->number,
                                      .time = note.time,
                                      .status = STATUS_DUPLICATE};
            TRY(source_put(cx, &u->sources, &s, TEXT("")));
        }
    }
out:
    return status;
}

/* What stands under a tag of another piece. */
static enum status add_twice(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    const struct team_device *self = team_this_device(u->team);
    struct buf reason;

    buf_init(&reason, 4 * KIB);
    for (size_t i = 0; i < u->twice_count; i++) {
        struct bundle_name b = u->twice[i].bundle;
        bool own = b.device == 0;
        b.device = own && self != NULL ? self->ix : b.device;
        const struct team_device *d = team_device_by_ix(u->team, b.device);
        buf_clear(&reason);
        TRY(buf_printf(
            cx, &reason,
            "another bundle %llu %s: it was changed on the way, or the vault was copied, "
            "or an older state of it came back",
            (unsigned long long)b.number,
            own ? "of this machine was made here" : "of this machine came before"));
        const struct refusal r = {.bundle = b,
                                  .hash = u->twice[i].hash,
                                  .status = STATUS_CONFLICT,
                                  .reason = buf_text(&reason)};
        struct unpack_source line = {
            .device_ix = b.device, .bundle = b.number, .status = STATUS_CONFLICT};
        if (d != NULL) {
            line.member = d->member;
        }
        TRY(source_put(cx, &u->sources, &line, buf_text(&reason)));
        TRY(vault_begin(cx, u->vault));
        TRY(vault_end(cx, u->vault, quarantine_note(cx, u, &r)));
    }
out:
    buf_finish(&reason);
    return status;
}

static void add_up(struct unpack *u)
{
    struct unpack_report *r = u->report;
    r->unknown_pieces = count_open(u);
    for (size_t i = 0; i < u->sources.count; i++) {
        const struct unpack_source *s = &u->sources.at[i].s;
        r->bundles_taken += s->status == STATUS_OK;
        r->bundles_waiting += s->status == STATUS_GAP;
        r->bundles_refused +=
            s->status != STATUS_OK && s->status != STATUS_GAP && s->status != STATUS_DUPLICATE;
        r->entries += s->entries;
        r->operations += s->operations;
        r->refused_rights += s->refused_rights;
    }
}

static enum status tell_sources(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; u->options->source != NULL && i < u->sources.count; i++) {
        TRY(u->options->source(u->options->self, cx, &u->sources.at[i].s));
    }
out:
    return status;
}

/* ---- the run -------------------------------------------------------------------------------- */

static enum status rounds(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    uint64_t taken = 0;
    do {
        TRY(take_all(cx, u));
        TRY(search_further(cx, u));
        TRY(merge_bundles(cx, u, &taken));
    } while (taken > 0 && !u->try_again && count_open(u) > 0);
out:
    return status;
}

static enum status run(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    buf_clear(&u->before);
    TRY(log_frontier(cx, u->team, &u->before));
    TRY(inbox_start(cx, u));
    TRY(rounds(cx, u));
    if (u->try_again) {
        goto out;
    }
    TRY(add_twice(cx, u));
    TRY(add_seen(cx, u));
    add_up(u);
    TRY(count_conflicts(cx, u));
    TRY(tell_changes(cx, u));
    TRY(tags_trim(cx, u->vault));
out:
    return status;
}

static void forget(struct unpack *u)
{
    *u->report = u->scan_report;
    source_list_clear(&u->sources);
    u->try_again = false;
    u->conflicts_known = false;
    u->bytes_done = 0;
    for (size_t i = 0; i < u->candidate_count; i++) {
        u->candidates[i].done = false;
    }
}

static enum status preview(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    struct buf own;
    buf_init(&own, FRONTIER_MAX);
    for (;;) {
        TRY(vault_begin(cx, u->vault));
        status = run(cx, u);
        vault_rollback(u->vault);
        if (!u->try_again) {
            TRY(status);
            break;
        }
        fault_clear(cx);
        forget(u);
    }
    TRY(log_frontier(cx, u->team, &own)); /* team looks at the vault again */
out:
    buf_finish(&own);
    return status;
}

static void unpack_finish(struct unpack *u)
{
    stick_close(&u->stick);
    source_list_clear(&u->sources);
    source_list_clear(&u->failed);
    free(u->candidates);
    free(u->conflicts);
    free(u->waiting.at);
    free(u->seen.at);
    free(u->twice);
    buf_finish(&u->before);
    buf_finish(&u->whole);
    buf_finish(&u->plain);
}

/* A frontier is a colleague's word, which may be a lie: whose word it is has to be said. */
static enum status rolled_back(struct ctx *cx, const struct unpack *u)
{
    text why = TEXT("a colleague holds more of this device");
    for (size_t i = 0; i < u->sources.count; i++) {
        if (u->sources.at[i].s.status == STATUS_ROLLBACK) {
            why = u->sources.at[i].s.reason;
        }
    }
    enum status status =
        fault_set(cx, STATUS_ROLLBACK, __FILE__, __LINE__,
                  "this vault may be an older copy of itself: %.*s", (int)why.len, why.ptr);
    (void)fault_hint(cx,
                     "pack nothing from it before you know: when other colleagues' sticks say it "
                     "too, join the team again as a new device; when none does, that one's "
                     "program lies");
    return status;
}

enum status transfer_unpack(struct ctx *cx, struct records *r, const char *folder,
                            const struct unpack_options *o, struct unpack_report *ret)
{
    static const struct unpack_options nothing = {0};
    enum status status = STATUS_OK;
    struct unpack_report report = {0};
    struct unpack u = {
        .records = r,
        .team = records_team(r),
        .vault = team_vault(records_team(r)),
        .options = o != NULL ? o : &nothing,
        .report = &report,
        .stick = {.fd = -1},
    };
    buf_init(&u.before, FRONTIER_MAX);
    buf_init(&u.whole, PIECE_SIZE_LARGE);
    buf_init(&u.plain, PIECE_SIZE_LARGE);
    TRY(stick_open(cx, folder, false, &u.stick));
    TRY(stick_each(cx, &u.stick, scan_one, &u));
    u.scan_report = report;
    TRY(u.options->preview ? preview(cx, &u) : run(cx, &u));
    TRY(tell_sources(cx, &u));
    *ret = report;
    if (u.rolled_back) {
        status = rolled_back(cx, &u);
    }
out:
    unpack_finish(&u);
    return status;
}
