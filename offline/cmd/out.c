/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out: lines for people on stdout, remarks and warnings on stderr, prompts on the terminal.
 *
 * Invariant: what reaches a descriptor was either made by escape_terminal / escape_json, or is one
 * of the few style sequences of this file, or is data that goes to no terminal (out_data).
 */
#include "out-int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PENDING_FLUSH = 32 * 1024, PENDING_MAX = 64 * 1024 * 1024, LINE_MAX_BYTES = 1024 * 1024 };

static bool terminal_is_plain(void)
{
    const char *term = getenv("TERM");

    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

static size_t terminal_columns(void)
{
    struct winsize size;
    int64_t columns;
    const char *given = getenv("COLUMNS");

    if (given != NULL && parse_i64((text){given, strlen(given)}, 20, 1000, &columns)) {
        return (size_t)columns;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) {
        return size.ws_col;
    }
    return 80;
}

void out_start(struct out *o, struct ctx *cx)
{
    const char *no_color = getenv("NO_COLOR");
    const char *ascii = getenv("VALISE_ASCII");

    memset(o, 0, sizeof *o);
    o->cx = cx;
    buf_init(&o->pending, PENDING_MAX);
    buf_init(&o->cells, PENDING_MAX);
    o->tty = isatty(STDOUT_FILENO) == 1;
    o->tty_error = isatty(STDERR_FILENO) == 1;
    o->color = o->tty && !terminal_is_plain() && (no_color == NULL || no_color[0] == '\0');
    o->ascii = ascii != NULL && strcmp(ascii, "1") == 0;
    o->columns = o->tty ? terminal_columns() : 0;
}

/* ---- descriptors
 * ------------------------------------------------------------------------------------ */

enum status out_write(int fd, bytes data, bool *ret_closed)
{
    size_t done = 0;

    while (done < data.len) {
        ssize_t n = write(fd, data.ptr + done, data.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EPIPE || errno == EIO)) {
            *ret_closed = true;
            return STATUS_IO;
        }
        if (n < 0) {
            return errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
        }
        done += (size_t)n;
    }
    return STATUS_OK;
}

void out_show(int fd, bytes data)
{
    bool closed = false;
    enum status unseen = out_write(fd, data, &closed); /* nobody could be told */

    (void)unseen;
}

void out_flush(struct out *o)
{
    /* a JSON line is written whole or not at all */
    size_t whole = o->depth > 0 ? o->line_at : o->pending.len;
    size_t rest = o->pending.len - whole;

    if (o->failed == STATUS_OK && whole > 0) {
        o->failed = out_write(STDOUT_FILENO, BYTES(o->pending.ptr, whole), &o->closed);
    }
    if (rest == 0) {
        buf_clear(&o->pending);
        return;
    }
    memmove(o->pending.ptr, o->pending.ptr + whole, rest);
    o->pending.len = rest;
    o->line_at = 0;
}

void out_latch(struct out *o, enum status status)
{
    if (status != STATUS_OK && o->failed == STATUS_OK) {
        o->failed = status;
    }
}

void out_commit(struct out *o)
{
    if (o->pending.len >= PENDING_FLUSH) {
        out_flush(o);
    }
}

enum status out_finish(struct out *o)
{
    enum status status = STATUS_OK;

    out_progress_end(o);
    out_flush(o);
    if (o->failed == STATUS_OK) {
        return STATUS_OK;
    }
    if (o->closed) { /* `valise list | head`: nobody reads on, nothing to explain */
        return STATUS_IO;
    }
    FAIL(o->cx, o->failed, "the output could not be written whole");
out:
    return status;
}

void out_free(struct out *o)
{
    buf_finish(&o->pending);
    buf_finish(&o->cells);
}

/* ---- lines
 * ------------------------------------------------------------------------------------------ */

/* The one formatter: fmt and arguments into `line`, then escaped into `out`. */
static void format_escaped(struct out *o, struct buf *out, const char *fmt, va_list args)
    PRINTF_LIKE(3, 0);

static void format_escaped(struct out *o, struct buf *out, const char *fmt, va_list args)
{
    char *line = NULL;
    int n = vasprintf(&line, fmt, args);

    if (n < 0) {
        out_latch(o, STATUS_NO_MEMORY);
        return;
    }
    out_latch(o, escape_terminal(o->cx, out, (text){line, (size_t)n}, false));
    wipe(line, (size_t)n);
    free(line);
}

void out_style(struct out *o, struct buf *b, const char *sequence)
{
    if (o->color) {
        out_latch(o, buf_add_text(o->cx, b, (text){sequence, strlen(sequence)}));
    }
}

void out_say(struct out *o, const char *fmt, ...)
{
    va_list args;

    if (o->json) {
        return;
    }
    va_start(args, fmt);
    format_escaped(o, &o->pending, fmt, args);
    va_end(args);
    out_latch(o, buf_add_byte(o->cx, &o->pending, '\n'));
    out_commit(o);
}

void out_heading(struct out *o, const char *fmt, ...)
{
    va_list args;

    if (o->json) {
        return;
    }
    out_style(o, &o->pending, STYLE_BOLD);
    va_start(args, fmt);
    format_escaped(o, &o->pending, fmt, args);
    va_end(args);
    out_style(o, &o->pending, STYLE_PLAIN);
    out_latch(o, buf_add_byte(o->cx, &o->pending, '\n'));
    out_commit(o);
}

static void lines_into(struct out *o, struct buf *b, size_t indent, text t)
{
    size_t start = 0;

    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && t.ptr[i] != '\n') {
            continue;
        }
        if (i == t.len && i == start) {
            break; /* the text ended with a line feed */
        }
        for (size_t k = 0; k < indent && i > start; k++) {
            out_latch(o, buf_add_byte(o->cx, b, ' '));
        }
        out_latch(o, escape_terminal(o->cx, b, (text){t.ptr + start, i - start}, false));
        out_latch(o, buf_add_byte(o->cx, b, '\n'));
        start = i + 1;
    }
}

void out_lines(struct out *o, size_t indent, text t)
{
    if (!o->json) {
        lines_into(o, &o->pending, indent, t);
        out_commit(o);
    }
}

static void error_line(struct out *o, const char *word, const char *style, const char *fmt,
                       va_list args) PRINTF_LIKE(4, 0);

/* stdout first, so that what a person sees is in the order in which it was said */
static void error_line(struct out *o, const char *word, const char *style, const char *fmt,
                       va_list args)
{
    struct buf line;
    bool color = o->color;

    buf_init(&line, LINE_MAX_BYTES);
    out_progress_end(o);
    out_flush(o);
    o->color = color && o->tty_error;
    out_latch(o, buf_add_text(o->cx, &line, TEXT("valise: ")));
    out_style(o, &line, style);
    out_latch(o, buf_printf(o->cx, &line, "%s: ", word));
    out_style(o, &line, STYLE_PLAIN);
    o->color = color;
    format_escaped(o, &line, fmt, args);
    out_latch(o, buf_add_byte(o->cx, &line, '\n'));
    out_show(STDERR_FILENO, buf_view(&line));
    buf_finish(&line);
}

void out_error_word(struct out *o, const char *word, const char *style, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    error_line(o, word, style, fmt, args);
    va_end(args);
}

void out_note(struct out *o, const char *fmt, ...)
{
    va_list args;

    if (o->json || o->quiet) {
        return;
    }
    va_start(args, fmt);
    error_line(o, "note", "", fmt, args);
    va_end(args);
}

void out_warn(struct out *o, const char *fmt, ...)
{
    va_list args;
    char *line = NULL;

    va_start(args, fmt);
    if (!o->json) {
        error_line(o, "warning", STYLE_BOLD, fmt, args);
    } else {
        int n = vasprintf(&line, fmt, args);
        if (n >= 0) {
            out_json_error(o, "warning", (text){line, (size_t)n});
        }
        free(line);
    }
    va_end(args);
}

void out_prompt(struct out *o, int tty, const char *fmt, ...)
{
    va_list args;
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    out_progress_end(o);
    out_flush(o);
    va_start(args, fmt);
    format_escaped(o, &line, fmt, args);
    va_end(args);
    out_show(tty, buf_view(&line));
    buf_finish(&line);
}

void out_tty_lines(struct out *o, int tty, text t)
{
    struct buf lines;

    buf_init(&lines, LINE_MAX_BYTES);
    out_flush(o);
    lines_into(o, &lines, 0, t);
    out_show(tty, buf_view(&lines));
    buf_finish(&lines);
}

void out_data(struct out *o, bytes data)
{
    if (o->tty) {
        out_latch(
            o, escape_terminal(o->cx, &o->pending, (text){(const char *)data.ptr, data.len}, true));
    } else {
        out_latch(o, buf_add(o->cx, &o->pending, data));
    }
    out_commit(o);
}

/* ---- small
 * ------------------------------------------------------------------------------------------ */

text time_text(int64_t seconds, char store[static TIME_TEXT_MAX])
{
    struct tm parts;
    time_t when = (time_t)seconds;

    if (seconds == 0 || localtime_r(&when, &parts) == NULL || parts.tm_year > 8099 ||
        parts.tm_year < -1900) {
        return TEXT("-");
    }
    size_t n = strftime(store, TIME_TEXT_MAX, "%Y-%m-%d %H:%M", &parts);
    return (text){store, n};
}

size_t text_columns(text escaped)
{
    size_t columns = 0;

    for (size_t pos = 0; pos < escaped.len;) {
        columns += (size_t)utf8_width(utf8_next(escaped, &pos));
    }
    return columns;
}

int text_len(text t)
{
    MUST(t.len <= INT32_MAX);
    return (int)t.len;
}

const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

text size_text(uint64_t size, char store[static TIME_TEXT_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    uint64_t whole = size;
    uint64_t rest = 0;

    while (whole >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        rest = whole % 1024;
        whole /= 1024;
        unit++;
    }
    int n = unit == 0 || whole >= 100 || rest == 0
                ? snprintf(store, TIME_TEXT_MAX, "%llu %s", (unsigned long long)whole, units[unit])
                : snprintf(store, TIME_TEXT_MAX, "%llu.%llu %s", (unsigned long long)whole,
                           (unsigned long long)(rest * 10 / 1024), units[unit]);
    MUST(n > 0 && n < TIME_TEXT_MAX);
    return (text){store, (size_t)n};
}
