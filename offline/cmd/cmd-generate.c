/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate: a password or passphrase, to look at and take. Opens no vault. `add --generate FIELD`
 * makes one that nobody sees.
 */
#include "cmd-int.h"

static const struct option options[] = {
    {"words", "N", "a passphrase of N words, 4 to 16"},
    {"length", "N", "a password of N characters, 8 to 128 (20)"},
    {"no-symbols", NULL, "letters and digits only"},
    {"no-lookalikes", NULL, "leave out characters that look alike, such as 0 and O"},
};

static const struct json_field json[] = {
    {"password", "password", "text", "what was made"},
    {"password", "bits", "number", "rough strength against a guesser"},
    {"password", "strength", "text", "the same in words"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct password_recipe recipe = {.lower = true, .upper = true, .digits = true};
    struct buf made;
    int64_t words;
    int64_t length;
    text strength = TEXT("");

    buf_init(&made, 4096);
    TRY(option_number(s, "words", 4, 16, 0, &words));
    TRY(option_number(s, "length", 8, 128, 20, &length));
    if (words > 0 && option_given(s, "length")) {
        FAIL(s->cx, STATUS_USAGE, "either --words or --length");
    }
    recipe.words = words > 0;
    recipe.length = (size_t)(words > 0 ? words : length);
    recipe.symbols = !option_given(s, "no-symbols");
    recipe.no_lookalikes = option_given(s, "no-lookalikes");
    TRY(password_make(s->cx, &recipe, &made));
    double bits = password_strength(s->cx, buf_text(&made), &strength);
    line_start(&s->out, "password");
    line_text(&s->out, "password", buf_text(&made));
    line_number(&s->out, "bits", (int64_t)bits);
    line_text(&s->out, "strength", strength);
    line_end(&s->out);
    out_say(&s->out, "%.*s", TEXT_ARG(buf_text(&made)));
out:
    buf_finish(&made);
    return status;
}

static const struct action actions[] = {
    {NULL, "[--words N | --length N]", 0, 0, NEED_NOTHING, 0, run}};
const struct command cmd_generate = {
    .name = "generate",
    .summary = "make a password or a passphrase",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
