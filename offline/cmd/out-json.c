/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out-json: JSON Lines. Each line is one object with "type" first.
 *
 * Invariant: a name on the first level must be declared by the verb's table (struct json_field), so
 * that docs/json.md, made from the same rows, cannot say less than the program does.
 */
#include "cmd-int.h"
#include "out-int.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static bool declared(const struct out *o, const char *name)
{
    for (size_t i = 0; i < o->command->json_count; i++) {
        const struct json_field *f = &o->command->json[i];
        if (strcmp(f->message, o->message) == 0 && strcmp(f->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add(struct out *o, text t)
{
    out_latch(o, buf_add_text(o->cx, &o->pending, t));
}

static void name_write(struct out *o, const char *name)
{
    MUST(o->message != NULL && o->depth > 0);
    if (!o->first[o->depth - 1]) {
        add(o, TEXT(","));
    }
    o->first[o->depth - 1] = false;
    if (name != NULL) {
        MUST(o->depth > 1 || declared(o, name));
        out_latch(o, escape_json(o->cx, &o->pending, text_of(name)));
        add(o, TEXT(":"));
    }
}

static void level_open(struct out *o, text bracket)
{
    MUST(o->depth < OUT_DEPTH_MAX);
    add(o, bracket);
    o->first[o->depth] = true;
    o->depth++;
}

void line_start(struct out *o, const char *message)
{
    if (!o->json) {
        return;
    }
    MUST(o->message == NULL && o->command != NULL);
    o->message = message;
    o->line_at = o->pending.len;
    level_open(o, TEXT("{"));
    add(o, TEXT("\"type\":"));
    out_latch(o, escape_json(o->cx, &o->pending, text_of(message)));
    o->first[0] = false;
}

void line_end(struct out *o)
{
    if (!o->json) {
        return;
    }
    MUST(o->depth == 1);
    add(o, TEXT("}\n"));
    o->depth = 0;
    o->message = NULL;
    out_commit(o);
}

void line_text(struct out *o, const char *name, text value)
{
    if (o->json) {
        name_write(o, name);
        out_latch(o, escape_json(o->cx, &o->pending, value));
    }
}

void line_number(struct out *o, const char *name, int64_t value)
{
    if (o->json) {
        name_write(o, name);
        out_latch(o, buf_printf(o->cx, &o->pending, "%lld", (long long)value));
    }
}

void line_real(struct out *o, const char *name, double value)
{
    if (o->json) {
        name_write(o, name);
        out_latch(o, buf_printf(o->cx, &o->pending, "%.1f", isfinite(value) ? value : 0.0));
    }
}

void line_flag(struct out *o, const char *name, bool value)
{
    if (o->json) {
        name_write(o, name);
        add(o, value ? TEXT("true") : TEXT("false"));
    }
}

void line_null(struct out *o, const char *name)
{
    if (o->json) {
        name_write(o, name);
        add(o, TEXT("null"));
    }
}

void line_object(struct out *o, const char *name)
{
    if (o->json) {
        name_write(o, name);
        level_open(o, TEXT("{"));
    }
}

void line_list(struct out *o, const char *name)
{
    if (o->json) {
        name_write(o, name);
        level_open(o, TEXT("["));
    }
}

static void level_close(struct out *o, text bracket)
{
    MUST(o->depth > 1);
    o->depth--;
    add(o, bracket);
}

void line_close_object(struct out *o)
{
    if (o->json) {
        level_close(o, TEXT("}"));
    }
}

void line_close_list(struct out *o)
{
    if (o->json) {
        level_close(o, TEXT("]"));
    }
}

void line_member(struct out *o, text name, text value)
{
    if (!o->json) {
        return;
    }
    MUST(o->depth > 1);
    name_write(o, NULL);
    out_latch(o, escape_json(o->cx, &o->pending, name));
    add(o, TEXT(":"));
    out_latch(o, escape_json(o->cx, &o->pending, value));
}

void out_json_error(struct out *o, const char *word, text what)
{
    struct buf line;

    buf_init(&line, 64 * 1024);
    out_flush(o);
    out_latch(o, buf_printf(o->cx, &line, "{\"type\":\"%s\",\"text\":", word));
    out_latch(o, escape_json(o->cx, &line, what));
    out_latch(o, buf_add_text(o->cx, &line, TEXT("}\n")));
    out_show(STDERR_FILENO, buf_view(&line));
    buf_finish(&line);
}
