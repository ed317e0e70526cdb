/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares: written for those who keep them, and taken back from files, scans or the terminal. A
 * share is shown nowhere; whoever gives several learns which one is wrong by the place it came
 * from.
 */
#include "guard.h"
#include "paper.h"
#include "shared.h"

#include <string.h>

enum { CODE_TEXT_MAX = 512 };

/* ---- out ---- */

static enum status share_path(struct session *s, const char *folder, const struct key_share *share,
                              struct buf *out, const char **ret)
{
    enum status status = STATUS_OK;

    buf_clear(out);
    TRY(buf_printf(s->cx, out, "%s/share-", folder));
    TRY(key_share_set_words(s->cx, share->set, out));
    TRY(buf_printf(s->cx, out, "-%u-of-%u.%s", share->number, share->of,
                   option_given(s, "pdf") ? "pdf" : "valise-share"));
    TRY(buf_cstr(s->cx, out, ret));
out:
    return status;
}

enum status share_page(struct session *s, const char *path, const struct key_share *share,
                       const struct key_share_labels *labels)
{
    enum status status = STATUS_OK;
    struct buf page;
    struct buf code;

    buf_init(&page, PAGE_TEXT_MAX);
    buf_init(&code, CODE_TEXT_MAX);
    TRY(key_share_write(s->cx, share, labels, &page));
    TRY(key_share_code(s->cx, share, &code));
    TRY(page_write(s, path, buf_text(&page), buf_text(&code)));
out:
    buf_finish(&code);
    buf_finish(&page);
    return status;
}

static void share_say(struct session *s, const char *path, const struct key_share *share, text set,
                      text holder)
{
    struct out *o = &s->out;

    line_start(o, "share");
    line_text(o, "file", text_any(path));
    line_text(o, "set", set);
    line_number(o, "number", share->number);
    line_number(o, "need", share->need);
    line_number(o, "of", share->of);
    line_text(o, "holder", holder);
    line_end(o);
    out_say(o, holder.len > 0 ? "  '%s' for %.*s" : "  '%s'%.*s", path, TEXT_ARG(holder));
}

enum status shares_write(struct session *s, const struct key_share *shares,
                         struct key_share_labels labels, const text *holders)
{
    enum status status = STATUS_OK;
    const char *folder = option_value(s, "out");
    const char *name;
    struct buf path;
    struct buf set;

    buf_init(&path, 8192);
    buf_init(&set, 64);
    TRY(key_share_set_words(s->cx, shares->set, &set));
    TRY(folder_make(s->cx, folder));
    out_say(&s->out, "the shares of the set '%.*s', any %u of these %u:", TEXT_ARG(buf_text(&set)),
            shares->need, shares->of);
    for (unsigned i = 0; i < shares->of; i++) {
        labels.holder = holders == NULL ? TEXT("") : holders[i];
        TRY(share_path(s, folder, &shares[i], &path, &name));
        TRY(share_page(s, name, &shares[i], &labels));
        share_say(s, name, &shares[i], buf_text(&set), labels.holder);
    }
out:
    buf_finish(&set);
    buf_finish(&path);
    return status;
}

enum status shares_possible(struct session *s)
{
    enum status status = STATUS_OK;
    const char *folder = option_value(s, "out");
    struct buf inside;
    const char *path;

    buf_init(&inside, 8192);
    if (folder == NULL) {
        FAIL(s->cx, STATUS_USAGE, "'--out DIR' is missing: the folder for the shares");
    }
    TRY(buf_printf(s->cx, &inside, "%s/x", folder));
    TRY(buf_cstr(s->cx, &inside, &path));
    TRY(outside_vault(s, folder, "folder of the shares"));
    if (file_exists(folder)) {
        TRY(outside_vault(s, path, "folder of the shares"));
    }
out:
    buf_finish(&inside);
    return status;
}

enum status shares_shape(struct session *s, size_t first, unsigned *ret_need, unsigned *ret_of)
{
    enum status status = STATUS_OK;
    unsigned numbers[2] = {0};

    for (size_t i = 0; i < 2; i++) {
        int64_t value = 0;
        if (!parse_i64(text_any(s->args[first + i]), KEY_SHARES_MIN, KEY_SHARES_MAX, &value)) {
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                               "'%.32s' is no number of shares: %d to %d", s->args[first + i],
                               KEY_SHARES_MIN, KEY_SHARES_MAX);
            (void)fault_hint(s->cx, "`2 3` makes three shares, any two of which are enough");
            goto out;
        }
        numbers[i] = (unsigned)value;
    }
    if (numbers[0] > numbers[1]) {
        FAIL(s->cx, STATUS_USAGE, "%u of %u shares cannot be needed", numbers[0], numbers[1]);
    }
    *ret_need = numbers[0];
    *ret_of = numbers[1];
out:
    return status;
}

/* ---- in ---- */

void shares_init(struct shares *h)
{
    memset(h, 0, sizeof *h);
    buf_init(&h->owner, PAGE_TEXT_MAX);
    buf_init(&h->team, PAGE_TEXT_MAX);
}

void shares_finish(struct shares *h)
{
    wipe(h->list, sizeof h->list);
    buf_finish(&h->owner);
    buf_finish(&h->team);
}

static enum status add_one(struct session *s, struct shares *h, text typed, size_t from)
{
    enum status status = STATUS_OK;

    if (h->count == KEY_SHARES_MAX) {
        FAIL(s->cx, STATUS_USAGE, "more than %d shares", KEY_SHARES_MAX);
    }
    TRY(key_share_parse(s->cx, typed, &h->list[h->count]));
    h->from[h->count++] = from;
out:
    return status;
}

/* The names on the first page that has any. */
static enum status labels_keep(struct session *s, struct shares *h, text page)
{
    enum status status = STATUS_OK;
    struct key_share_labels labels;

    key_share_labels_read(page, &labels);
    if (h->owner.len == 0 && labels.owner.len > 0) {
        TRY(buf_add_text(s->cx, &h->owner, labels.owner));
        TRY(buf_add_text(s->cx, &h->team, labels.team));
    }
out:
    return status;
}

/* Names the file a fault is about. */
static enum status of_file(struct session *s, const char *path, enum status status)
{
    char what[FAULT_TEXT_MAX];
    char hint[FAULT_TEXT_MAX];

    if (status == STATUS_OK || strstr(s->cx->fault.what, path) != NULL) {
        return status;
    }
    memcpy(what, s->cx->fault.what, sizeof what);
    memcpy(hint, s->cx->fault.hint, sizeof hint);
    fault_clear(s->cx);
    status = fault_set(s->cx, status, __FILE__, __LINE__, "'%.120s': %s", path, what);
    if (hint[0] != '\0') {
        (void)fault_hint(s->cx, "%s", hint);
    }
    return status;
}

static enum status from_file(struct session *s, struct shares *h, size_t index)
{
    enum status status = STATUS_OK;
    const char *path = s->args[index];
    struct buf page;

    buf_init(&page, PAGE_TEXT_MAX);
    TRY(page_read(s, path, &page));
    if (!paper_is_scan(path)) {
        TRY(labels_keep(s, h, buf_text(&page)));
        TRY(of_file(s, path, add_one(s, h, buf_text(&page), index)));
        goto out;
    }
    for (size_t from = 0, i = 0; i < page.len; i++) { /* a scan may show several */
        if (page.ptr[i] == '\n') {
            text code = {(const char *)page.ptr + from, i - from};
            TRY(of_file(s, path, add_one(s, h, code, index)));
            from = i + 1;
        }
    }
out:
    buf_finish(&page);
    return status;
}

static enum status from_terminal(struct session *s, struct shares *h)
{
    enum status status = STATUS_OK;
    struct secret *line = NULL;
    struct buf prompt;
    const char *question;

    buf_init(&prompt, 128);
    while (h->count == 0 || h->count < h->list[0].need) {
        buf_clear(&prompt);
        TRY(buf_printf(s->cx, &prompt, "the 28 words of share %zu%s", h->count + 1,
                       h->count == 0 ? "" : " of those needed"));
        TRY(buf_cstr(s->cx, &prompt, &question));
        TRY(tty_ask_secret(s, question, &line));
        bytes typed = secret_view(line);
        if (!utf8_valid(typed)) {
            FAIL(s->cx, STATUS_USAGE, "the words are not UTF-8 text");
        }
        status = add_one(s, h, (text){(const char *)typed.ptr, typed.len}, SIZE_MAX);
        secret_free(&line);
        if (status == STATUS_USAGE || status == STATUS_MALFORMED) { /* the same one again */
            out_prompt(&s->out, s->tty, "%s; %s ", s->cx->fault.what, s->cx->fault.hint);
            out_tty_lines(&s->out, s->tty, TEXT("\n"));
            fault_clear(s->cx);
            status = STATUS_OK;
        }
        TRY(status);
    }
out:
    secret_free(&line);
    buf_finish(&prompt);
    return status;
}

enum status shares_take(struct session *s, struct shares *h)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < s->arg_count; i++) {
        TRY(from_file(s, h, i));
    }
    if (s->arg_count == 0) {
        TRY(from_terminal(s, h));
    }
out:
    return status;
}

static enum status purpose_fits(struct session *s, const struct shares *h, enum key_share_kind kind)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < h->count; i++) {
        if (h->list[i].kind == kind) {
            continue;
        }
        text is = key_share_kind_words(h->list[i].kind);
        (void)fault_set(s->cx, STATUS_FOREIGN, __FILE__, __LINE__, "share %u is of a %.*s",
                        h->list[i].number, TEXT_ARG(is));
        status = fault_hint(s->cx, kind == SHARE_ROOT ? "`valise travel unlock` takes it"
                                                      : "`valise recovery join` takes it");
        goto out;
    }
out:
    return status;
}

enum status shares_join(struct session *s, const struct shares *h, enum key_share_kind kind,
                        struct secret **ret)
{
    enum status status = STATUS_OK;
    uint32_t wrong = 0;

    TRY(purpose_fits(s, h, kind));
    TRY(key_share_join(s->cx, h->list, h->count, ret, &wrong));
    for (size_t i = 0; i < h->count; i++) {
        if ((wrong >> i & 1U) != 0) {
            out_warn(&s->out,
                     "%s%s%sshare %u is not what was given out: it was changed, or is of another "
                     "set. The others were enough; ask whoever brought it",
                     h->from[i] < s->arg_count ? "'" : "",
                     h->from[i] < s->arg_count ? s->args[h->from[i]] : "",
                     h->from[i] < s->arg_count ? "': " : "", h->list[i].number);
        }
    }
out:
    return status;
}
