/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: how a failure is told, and which exit code it is. One row for each status, so that every
 * error names a next step even when the room that failed did not know one.
 */
#include "cmd-int.h"
#include "out-int.h"

#include <string.h>
#include <unistd.h>

struct outcome {
    enum status status;
    int code;
    const char *hint;
};

static const struct outcome outcomes[] = {
    {STATUS_USAGE, 2, "`valise help` lists the verbs and shows how each is used"},
    {STATUS_MALFORMED, 20, "ask for the file again; it may have been cut or changed on the way"},
    {STATUS_UNSUPPORTED, 20, "it needs a newer valise; `valise version` shows this one"},
    {STATUS_LIMIT, 23, "split it into smaller parts"},
    {STATUS_FORGED, 20, "do not use it; tell the colleague it claims to come from"},
    {STATUS_FOREIGN, 20, "it belongs to another team, device or purpose"},
    {STATUS_DENIED, 13, "`valise role list` shows what roles may do; ask a member who may"},
    {STATUS_UNVERIFIED, 14, "compare the words with your colleague first"},
    {STATUS_WRONG_PASSPHRASE, 12, "try again; nobody can reset it"},
    {STATUS_LOCKED, 12, "run `valise unlock` first, or give --passphrase-fd N"},
    {STATUS_NOT_FOUND, 1,
     "check the name or path; `valise list` and `valise find WORDS` show what is here"},
    {STATUS_AMBIGUOUS, 1, "give more of the name"},
    {STATUS_EXISTS, 1, "choose another name, or give --force to replace it"},
    {STATUS_DUPLICATE, 21, "there is nothing left to do"},
    {STATUS_GAP, 22, "ask for the earlier pieces, then run `valise unpack` again"},
    {STATUS_PARTIAL, 3, "run the same command again for the rest"},
    {STATUS_CONFLICT, 1, "`valise conflicts` shows what a person must decide"},
    {STATUS_NO_VAULT, 10, "`valise init` makes one; --vault DIR or VALISE_VAULT names another"},
    {STATUS_BUSY, 11, "wait until the other valise has finished, then try again"},
    {STATUS_INTEGRITY, 30, "run `valise check`; `valise repair` rebuilds what can be rebuilt"},
    {STATUS_ROLLBACK, 31, "an older state came back; run `valise check` before you go on"},
    {STATUS_NO_MEMORY, 1, "close other programs and try again"},
    {STATUS_IO, 1, "check the path and the medium, then try again"},
    {STATUS_FULL, 40, "make room, or use another medium; the same command goes on from there"},
    {STATUS_UNSAFE, 1, "this machine cannot keep a promise the vault depends on"},
    {STATUS_CANCELLED, 1, "nothing was changed"},
    {STATUS_BUG, 1, "please report this: it is a mistake in valise"},
};

struct meaning {
    int code;
    const char *words;
};
static const struct meaning meanings[] = {
    {0, "done"},
    {1, "failed"},
    {2, "the command line is wrong"},
    {3, "partly done"},
    {10, "no vault"},
    {11, "the vault is in use by another process"},
    {12, "wrong or missing passphrase"},
    {13, "not permitted by the role"},
    {14, "the other side is not verified"},
    {20, "a bundle or another file from outside was refused"},
    {21, "already taken"},
    {22, "earlier pieces are missing"},
    {23, "over a limit"},
    {30, "integrity failure"},
    {31, "rollback suspected"},
    {40, "the medium is full"},
};
const int exit_codes[] = {0, 1, 2, 3, 10, 11, 12, 13, 14, 20, 21, 22, 23, 30, 31, 40};
const size_t exit_code_count = sizeof exit_codes / sizeof exit_codes[0];
_Static_assert(sizeof exit_codes / sizeof exit_codes[0] == sizeof meanings / sizeof meanings[0],
               "every exit code has its words");

static const struct outcome *outcome_of(enum status status)
{
    static const struct outcome unknown = {STATUS_BUG, 1, "please report this"};

    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (outcomes[i].status == status) {
            return &outcomes[i];
        }
    }
    return &unknown;
}

int exit_code(enum status status)
{
    return status == STATUS_OK ? 0 : outcome_of(status)->code;
}

const char *exit_meaning(int code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].code == code) {
            return meanings[i].words;
        }
    }
    return "failed";
}

static void error_json(struct out *o, enum status status, text what, text hint)
{
    struct buf line;

    buf_init(&line, 64 * 1024);
    out_flush(o);
    out_latch(o, buf_printf(o->cx, &line, "{\"error\":{\"status\":\"%s\",\"exit\":%d,\"what\":",
                            status_name(status), exit_code(status)));
    out_latch(o, escape_json(o->cx, &line, what));
    out_latch(o, buf_add_text(o->cx, &line, TEXT(",\"hint\":")));
    out_latch(o, escape_json(o->cx, &line, hint));
    out_latch(o, buf_add_text(o->cx, &line, TEXT("}}\n")));
    out_show(STDERR_FILENO, buf_view(&line));
    buf_finish(&line);
}

/* Clauses of the rules of power are for who reads the rules; what they say follows. */
static enum status without_clause(struct ctx *cx, text what, struct buf *out)
{
    enum status status = STATUS_OK;
    const char *begin = memmem(what.ptr, what.len, "[AUTH-", 6);
    size_t at = begin == NULL ? what.len : (size_t)(begin - what.ptr);
    size_t end = at;

    while (end < what.len && what.ptr[end] != ']') {
        end++;
    }
    end += end < what.len ? 1 : 0;
    end += end < what.len && what.ptr[end] == ' ' ? 1 : 0;
    TRY(buf_add_text(cx, out, (text){what.ptr, at}));
    TRY(buf_add_text(cx, out, (text){what.ptr + end, what.len - end}));
out:
    return status;
}

void out_error(struct out *o, enum status status)
{
    struct fault *fault = &o->cx->fault;
    text what = text_any(fault->what);
    text hint = text_any(fault->hint);

    if (status == STATUS_OK || o->closed) {
        return;
    }
    if (what.len == 0) {
        what = text_any(exit_meaning(exit_code(status)));
    }
    if (hint.len == 0) {
        hint = text_any(outcome_of(status)->hint);
    }
    if (o->json) {
        error_json(o, status, what, hint);
        return;
    }
    struct buf words;
    buf_init(&words, 64 * 1024);
    if (without_clause(o->cx, what, &words) == STATUS_OK) {
        what = buf_text(&words);
    }
    out_error_word(o, "error", STYLE_RED, "%.*s", TEXT_ARG(what));
    out_error_word(o, "hint", STYLE_BOLD, "%.*s", TEXT_ARG(hint));
    buf_finish(&words);
}
