/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore: bring something back: a removed record, or yourself on a new machine. Nothing is lost of
 * a record: history keeps both. A machine is never brought back as it was: the recovery sheet
 * vouches for keys made here and now, so that no two machines ever write one history.
 */
#include "shared.h"

static const struct option options[] = {
    {"out", "FILE", "device: write who you are, for the colleague who lets the machine in"},
    {"sheet", "FILE",
     "device: your recovery sheet or a scan of it (.png, .pgm); else it is asked for"},
    {"member", "NAME", "device: your name, if the sheet does not say it"},
    {"device", "NAME", "device: this machine's name"},
    {"force", NULL, "replace the file when it is there"},
};

static const struct json_field json[] = {
    JSON_RECORD_ROWS,
    {"join", "file", "text", "what to hand to the colleague"},
    {"join", "member", "text", "your name"},
    {"join", "device", "text", "this machine's name"},
    {"join", "words", "text", "the nine words to read out to the colleague"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    int64_t record;

    TRY(arg_record(s, 0, &record, &type));
    TRY(record_restore(s->cx, s->records, record));
    TRY(say_record(s, "restored", record));
out:
    return status;
}

enum status restore_begin(struct session *s, const struct secret *seed, text owner)
{
    const struct joining j = {.path = option_value(s, "out"), .seed = seed, .owner = owner};

    return join_file_write(s, &j);
}

static enum status run_device(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    struct buf owner;

    buf_init(&owner, PAGE_TEXT_MAX);
    if (option_value(s, "out") == NULL) {
        FAIL(s->cx, STATUS_USAGE, "restore device wants --out FILE");
    }
    TRY(output_free(s, option_value(s, "out")));
    TRY(sheet_take(s, option_value(s, "sheet"), &seed, &owner));
    TRY(restore_begin(s, seed, buf_text(&owner)));
out:
    secret_free(&seed);
    buf_finish(&owner);
    return status;
}

static const struct action actions[] = {
    {NULL, "ID", 1, 1, NEED_RECORDS, 0, run},
    {"device", "--out FILE [--sheet FILE] [--member ME] [--device NAME]", 0, 0, NEED_VAULT, 0,
     run_device},
};
const struct command cmd_restore = {
    .name = "restore",
    .summary = "bring back a removed record, or yourself on a new machine",
    .detail = "`restore ID` brings a removed record back. `restore device`, in a new vault, takes "
              "your recovery sheet and writes a file for a colleague, who answers with `valise "
              "invite`; `valise join` then takes the answer. The machine is always a new device of "
              "yours, also when you restore twice.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
