/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crossing-see: the conversation with the eye. What it saw of a parcel is kept in a file of the
 * vault's folder until the parcel is whole, so that a scanner that was closed goes on.
 */
#include "crossing.h"
#include "guard.h"

#include <string.h>

/* Sealed bytes as they crossed; anybody with a camera could have them. */
#define RESUME_NAME "light.seen"
enum { RESUME_MAX = 192 * 1024 * 1024, RESUME_STEP = 256 * 1024, IMAGE_MAX = 64 * 1024 * 1024 };

static const char *const advices[] = {
    [LIGHT_ADVICE_NONE] = "",
    [LIGHT_ADVICE_TOO_FAR] = "come closer: the squares are too small for the camera",
    [LIGHT_ADVICE_TOO_DARK] = "make the screen brighter, or the room",
    [LIGHT_ADVICE_GLARE] = "tilt the screen: something shines in it",
    [LIGHT_ADVICE_BLUR] = "hold still, and let the camera find its focus",
    [LIGHT_ADVICE_NO_CODE] = "no code is in the picture: point the camera at the screen",
    [LIGHT_ADVICE_TOO_FAST] = "let them show slower (the key -)",
};

struct watch {
    struct session *s;
    const struct seeing *w;
    struct seen *seen;
    struct buf log; /* not yet in the file */
    const char *path;
    unsigned advice;
    size_t other; /* codes and parcels that are not meant here */
    bool done, previewed;
    bool failed; /* the eye said what it could not do; it may see on */
};

void seen_init(struct seen *x)
{
    *x = (struct seen){.symbols = 0};
    buf_init(&x->whole, (size_t)PARCEL_BYTES_MAX + 64);
}

void seen_finish(struct seen *x)
{
    buf_finish(&x->whole);
}

/* ---- what was seen before -------------------------------------------------------------------- */

static enum status seen_flush(struct watch *x, size_t from)
{
    enum status status = STATUS_OK;
    if (x->log.len > from) {
        TRY(file_append(x->s->cx, x->path, buf_view(&x->log)));
        buf_clear(&x->log);
    }
out:
    return status;
}

static enum status seen_replay(struct watch *x)
{
    enum status status = STATUS_OK;
    struct session *s = x->s;
    struct buf all;
    bytes rest, symbol;
    size_t count = 0;
    buf_init(&all, RESUME_MAX);
    if (!file_exists(x->path)) {
        goto out;
    }
    if (file_read(s->cx, x->path, RESUME_MAX, &all) != STATUS_OK) {
        fault_clear(s->cx); /* too large or gone: then from the start */
        TRY(file_remove(s->cx, x->path));
        goto out;
    }
    rest = buf_view(&all);
    while (reception_log_next(&rest, &symbol)) {
        const struct light_message m = {.kind = LIGHT_SYMBOL, .body = symbol};
        TRY(light_say(s->cx, s->light, LIGHT_EYE, &m));
        count++;
    }
    if (count > 0) {
        out_note(&s->out, "going on where the last scan ended: %zu codes are here", count);
    }
out:
    buf_finish(&all);
    return status;
}

/* ---- what comes ------------------------------------------------------------------------------ */

static enum status title(struct watch *x, uint32_t rank, uint32_t symbols, uint32_t rate)
{
    enum status status = STATUS_OK;
    struct session *s = x->s;
    struct buf words;
    buf_init(&words, 512);
    out_progress(&s->out, "seeing", rank, symbols);
    if (light_runs(s->light, LIGHT_SHOW) && x->previewed) {
        TRY(buf_printf(s->cx, &words, "%u of %u, %u KB/s  %s", rank, symbols, rate / 1000,
                       advices[x->advice]));
        const struct light_message m = {.kind = LIGHT_TITLE, .body = buf_view(&words)};
        TRY(light_say(s->cx, s->light, LIGHT_SHOW, &m));
    }
out:
    buf_finish(&words);
    return status;
}

static enum status take_parcel(struct watch *x, const struct light_message *m)
{
    enum status status = STATUS_OK;
    static const char *const words[] = {
        [PARCEL_PIECES] = "a bundle: `valise qr scan` takes it",
        [PARCEL_JOIN] = "a newcomer's request: `valise invite --qr --role ROLE` takes it",
        [PARCEL_INVITE] = "an invitation: `valise join --qr` takes it",
        [PARCEL_TICKET] = "a ticket for a courier: `valise-courier qr scan` takes it",
        [PARCEL_PROPOSAL] = "a proposal of the owners: `valise qr scan --out FILE` takes it",
    };
    struct parcel p;
    TRY(parcel_read(x->s->cx, m->body, &p));
    if ((x->w->kinds >> p.kind & 1U) == 0) {
        x->other++;
        out_note(&x->s->out, "this is %s", words[p.kind]);
        goto out;
    }
    buf_clear(&x->seen->whole);
    TRY(buf_add(x->s->cx, &x->seen->whole, m->body));
    TRY(parcel_read(x->s->cx, buf_view(&x->seen->whole), &x->seen->parcel));
    x->seen->transfer = m->transfer;
    x->done = true;
out:
    return status;
}

static enum status take_text(struct watch *x, const struct light_message *m)
{
    enum status status = STATUS_OK;
    if (!x->w->texts) {
        x->other++;
        goto out;
    }
    buf_clear(&x->seen->whole);
    TRY(buf_add(x->s->cx, &x->seen->whole, m->body));
    x->seen->is_text = true;
    x->done = true;
out:
    return status;
}

static enum status heard_eye(struct watch *x, const struct light_message *m)
{
    enum status status = STATUS_OK;
    switch (m->kind) {
    case LIGHT_PROGRESS:
        x->seen->symbols = m->symbols;
        TRY(title(x, m->rank, m->symbols, m->rate));
        break;
    case LIGHT_SYMBOL:
        if (x->w->to_resume) {
            TRY(reception_log_add(x->s->cx, &x->log, m->body));
            TRY(seen_flush(x, RESUME_STEP));
        }
        break;
    case LIGHT_PARCEL:
        TRY(take_parcel(x, m));
        break;
    case LIGHT_TEXT:
        TRY(take_text(x, m));
        break;
    case LIGHT_ADVICE:
        if (m->code < ROWS_COUNT(advices) && m->code != x->advice) {
            x->advice = m->code;
            if (m->code != LIGHT_ADVICE_NONE && crossing_is_live(x->s)) {
                out_note(&x->s->out, "%s", advices[m->code]);
            }
        }
        break;
    case LIGHT_PREVIEW:
        if (light_runs(x->s->light, LIGHT_SHOW) && option_given(x->s, "view")) {
            x->previewed = true;
            TRY(light_say(x->s->cx, x->s->light, LIGHT_SHOW, m));
        }
        break;
    case LIGHT_ERROR: /* of one picture, or of a stranger's code: the next may be good */
        (void)!crossing_fault(x->s, m, LIGHT_EYE);
        x->failed = true;
        break;
    default: /* CAMERA, ACK: of interest to others */
        break;
    }
out:
    return status;
}

static enum status heard_show(struct watch *x, const struct light_message *m)
{
    enum status status = STATUS_OK;
    if (m->kind == LIGHT_KEY && m->code == LIGHT_KEY_QUIT) {
        x->seen->quit = true;
        if (!x->w->may_quit) {
            FAIL(x->s->cx, STATUS_CANCELLED, "stopped before %s was seen", x->w->for_what);
        }
        x->done = true;
    } else if (m->kind == LIGHT_FILE) {
        TRY(crossing_file(x->s, m));
    } else if (m->kind == LIGHT_ERROR && m->code != STATUS_NOT_FOUND) {
        TRY(crossing_fault(x->s, m, LIGHT_SHOW));
    }
out:
    return status;
}

/* Pictures that are named, then the end. */
static enum status pictures_say(struct session *s)
{
    enum status status = STATUS_OK;
    const struct light_message end = {.kind = LIGHT_END};
    struct buf image;
    buf_init(&image, IMAGE_MAX);
    for (size_t i = 0; i < s->arg_count; i++) {
        buf_clear(&image);
        TRY(input_read(s, s->args[i], IMAGE_MAX, &image));
        const struct light_message m = {.kind = LIGHT_IMAGE, .body = buf_view(&image)};
        TRY(light_say(s->cx, s->light, LIGHT_EYE, &m));
    }
    TRY(light_say(s->cx, s->light, LIGHT_EYE, &end));
out:
    buf_finish(&image);
    return status;
}

/* Who is gone while he is told something has said why: that is heard next. */
static enum status unless_gone(struct session *s, enum status status)
{
    if (status == STATUS_CANCELLED) {
        fault_clear(s->cx);
        return STATUS_OK;
    }
    return status;
}

static enum status nothing_seen(struct watch *x)
{
    struct session *s = x->s;
    (void)fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "%s was not seen%s",
                    x->w->for_what,
                    x->seen->symbols > 0 ? " whole"
                    : x->other > 0       ? ": there are other codes only"
                                         : "");
    if (x->seen->symbols > 0 && x->w->to_resume) {
        return fault_hint(s->cx, "what was seen is kept: scan again and it goes on from there");
    }
    return fault_hint(s->cx, "%s",
                      x->w->next != NULL ? x->w->next
                      : x->advice != LIGHT_ADVICE_NONE
                          ? advices[x->advice]
                          : "let them show it again, larger and slower (the keys ] and -)");
}

static enum status watch(struct watch *x)
{
    enum status status = STATUS_OK;
    struct session *s = x->s;
    struct light_message m;
    enum light_program from = LIGHT_EYE;
    bool any = false;
    while (!x->done && light_runs(s->light, LIGHT_EYE)) {
        TRY(light_hear(s->cx, s->light, -1, &m, &from, &any));
        if (any) {
            TRY(from == LIGHT_EYE ? heard_eye(x, &m) : heard_show(x, &m));
        } else if (light_runs(s->light, LIGHT_EYE)) {
            FAIL(s->cx, STATUS_CANCELLED, "stopped before %s was seen", x->w->for_what);
        }
    }
out:
    return status;
}

static enum status seen_path(struct session *s, struct buf *owner, const char **ret)
{
    return path_join(s->cx, owner, s->vault_path, RESUME_NAME, ret);
}

enum status crossing_forget(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name = NULL;
    buf_init(&path, PATH_BYTES_MAX);
    TRY(seen_path(s, &path, &name));
    TRY(file_remove(s->cx, name));
out:
    buf_finish(&path);
    return status;
}

enum status crossing_see(struct session *s, const struct seeing *w, struct seen *ret)
{
    enum status status = STATUS_OK, kept = STATUS_OK;
    struct watch x = {.s = s, .w = w, .seen = ret};
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&x.log, RESUME_MAX);
    if (w->to_resume) {
        TRY(seen_path(s, &path, &x.path));
        TRY(unless_gone(s, seen_replay(&x)));
    }
    if (!s->light_live && s->light_files) {
        TRY(unless_gone(s, pictures_say(s)));
    }
    status = watch(&x);
    if (w->to_resume) { /* whatever ended it */
        kept = seen_flush(&x, 0);
    }
    TRY(status);
    TRY(kept);
    if (x.done) {
        fault_clear(s->cx);
    } else {
        TRY(x.failed ? s->cx->fault.status : nothing_seen(&x));
    }
out:
    out_progress_end(&s->out);
    buf_finish(&x.log);
    buf_finish(&path);
    return status;
}
