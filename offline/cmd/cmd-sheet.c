/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet: prove that a recovery sheet can still be read before it is needed, and print it anew.
 * Opens no vault and shows no word of it.
 */
#include "guard.h"
#include "shared.h"

static const struct option options[] = {
    {"sheet", "FILE", "print: the sheet to print from, a file or a scan; else it is asked for"},
    {"member", "NAME", "print: the name on the page"},
    {"force", NULL, "print: replace the file when it is there"},
};

static const struct json_field json[] = {
    {"sheet", "readable", "flag", "all words are known and the checksum holds"},
    {"sheet", "file", "text", "where it was written, only for print"},
};

static enum status run_check(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;

    TRY(sheet_take(s, s->arg_count == 1 ? s->args[0] : NULL, &seed, NULL));
    line_start(&s->out, "sheet");
    line_flag(&s->out, "readable", true);
    line_end(&s->out);
    out_say(&s->out, "the sheet is whole: every word is known and the checksum holds");
out:
    secret_free(&seed);
    return status;
}

static enum status run_print(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    struct buf owner;
    struct buf sheet;
    struct buf code;
    text member;
    text team;

    buf_init(&owner, PAGE_TEXT_MAX);
    buf_init(&sheet, PAGE_TEXT_MAX);
    buf_init(&code, 512);
    TRY(option_text(s, "member", &member));
    TRY(option_text(s, "team", &team));
    TRY(output_free(s, s->args[0]));
    TRY(sheet_take(s, option_value(s, "sheet"), &seed, &owner));
    TRY(sheet_write(s->cx, seed, team, member.len > 0 ? member : buf_text(&owner), &sheet));
    TRY(sheet_code(s->cx, seed, &code));
    TRY(page_write(s, s->args[0], buf_text(&sheet), buf_text(&code)));
    line_start(&s->out, "sheet");
    line_flag(&s->out, "readable", true);
    line_text(&s->out, "file", text_any(s->args[0]));
    line_end(&s->out);
    out_say(&s->out, "the sheet is in '%s': print it, then remove the file", s->args[0]);
    out_note(&s->out,
             "colour printers may add dots that tell the printer; print in black and white, "
             "on a printer with a cable and no memory of its own");
out:
    secret_free(&seed);
    buf_finish(&code);
    buf_finish(&sheet);
    buf_finish(&owner);
    return status;
}

static const struct action actions[] = {
    {"check", "[FILE]", 0, 1, NEED_NOTHING, 1U, run_check},
    {"print", "FILE [--sheet FILE] [--member NAME] [--team NAME]", 1, 1, NEED_NOTHING, 1U,
     run_print},
};
const struct command cmd_sheet = {
    .name = "sheet",
    .summary = "check a recovery sheet, print it anew",
    .detail =
        "`sheet check` reads the sheet from a file, from a scan of the paper (.png or .pgm), or "
        "asks "
        "for its words on the terminal. `sheet print` writes it anew: a page with a code for "
        "scanners when the name ends in .pdf, else text. The page fits A4 and Letter, black and "
        "white, and says neither when nor where it was made.\n\n"
        "The sheet is kept on no machine, so a lost one cannot be printed from there. If you "
        "parted "
        "it among colleagues, `valise recovery join` makes it again. If not, see to it while your "
        "machine still works: a colleague who may removes you (`valise member remove`), you make a "
        "new one with `valise join --out`, and they invite you again; what you wrote stays.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
