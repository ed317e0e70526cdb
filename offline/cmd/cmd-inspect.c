/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect: what a thief sees of a stick or a file, without any key.
 */
#include "cmd-int.h"

static const struct json_field json[] = {
    {"seen", "path", "text", "what was looked at"},
    {"seen", "files", "number", "files"},
    {"seen", "small", "number", "pieces of 16 KiB"},
    {"seen", "medium", "number", "pieces of 256 KiB"},
    {"seen", "large", "number", "pieces of 4 MiB"},
    {"seen", "not_pieces", "number", "files that are not pieces"},
    {"seen", "same_size", "flag", "all pieces have one size"},
    {"seen", "looks_random", "flag", "the bytes cannot be told from noise"},
    {"seen", "chi_square", "number", "of the bytes, 255 degrees of freedom"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    struct thief_view v = {0};

    TRY(transfer_inspect(s->cx, s->args[0], &v));
    line_start(o, "seen");
    line_text(o, "path", text_any(s->args[0]));
    line_number(o, "files", (int64_t)v.files);
    line_number(o, "small", (int64_t)v.small);
    line_number(o, "medium", (int64_t)v.medium);
    line_number(o, "large", (int64_t)v.large);
    line_number(o, "not_pieces", (int64_t)v.not_pieces);
    line_flag(o, "same_size", v.same_size);
    line_flag(o, "looks_random", v.looks_random);
    line_real(o, "chi_square", v.byte_chi_square);
    line_end(o);
    out_say(o, "what a thief sees in '%s':", s->args[0]);
    out_say(
        o, "  %llu file%s: %llu of 16 KiB, %llu of 256 KiB, %llu of 4 MiB, %llu that are no pieces",
        (unsigned long long)v.files, plural(v.files), (unsigned long long)v.small,
        (unsigned long long)v.medium, (unsigned long long)v.large,
        (unsigned long long)v.not_pieces);
    out_say(o, "  %s", v.same_size ? "all pieces have the same size" : "pieces of several sizes");
    out_say(o, "  %s (chi-square %.1f)",
            v.looks_random ? "the bytes cannot be told from noise"
                           : "the bytes do not look like noise",
            v.byte_chi_square);
    out_say(o, "  no name of a person, team or record; when and how much, but not what");
out:
    return status;
}

static const struct action actions[] = {{NULL, "PATH", 1, 1, NEED_NOTHING, 1U, run}};
const struct command cmd_inspect = {
    .name = "inspect",
    .summary = "what a thief would see of a stick",
    .detail = "Needs no vault and no key.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
