/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qr: across the gap by light. `show` packs what colleagues lack and shows it as codes; `scan` sees
 * such codes and unpacks them; `code` shows one code of a record: a label, or a field's content.
 */
#include "crossing.h"
#include "guard.h"
#include "limits.h"
#include "org.h"
#include "schema.h"
#include "shared.h"

#include <ctype.h>
#include <string.h>

/* What is being shown stays in the vault's folder, sealed, so that it can be shown again. */
#define OUT_FOLDER  "light.out"
#define IN_FOLDER   "light.in"
#define TRANSFER_ID "transfer"
enum { PROPOSAL_BYTES_MAX = 1024 * 1024 }; /* as `council` reads them */

static const struct option options[] = {
    {"for", "NAME", "show: only what this member lacks"},
    {"everything", NULL, "show: also what the others are known to have"},
    {"again", NULL, "show: the same as last time, for who has seen a part of it"},
    CROSSING_SHOW_OPTIONS,
    CROSSING_CAMERA_OPTION,
    {"film", "FILE", "show: look for their acknowledgement in a film, not with a camera"},
    {"view", NULL, "scan: show what the camera sees"},
    {"reply", NULL, "scan: then show one code that tells them that all of it came"},
    {"preview", NULL, "scan: look, and change nothing"},
    {"changes", "N", "scan: show at most N changes (preview 50, else none)"},
    {"out", "FILE", "scan: what is no bundle goes into this file"},
    {"text", NULL, "scan: also take other people's codes, and say what they say"},
    {"into", "ID", "scan: put what a code says into this record"},
    {"field", "NAME", "scan --into: the field; code: show this field, not the label"},
    {"force", NULL, "replace files that are there"},
};

static const struct json_field json[] = {
    JSON_PACKED_ROWS,
    JSON_UNPACKED_ROWS,
    JSON_HISTORY_ROWS("change"),
    JSON_ORG_ROWS,
    JSON_EFFECT_ROWS,
    {"shown", "pieces", "number", "pieces that were shown"},
    {"arrived", "member", "text", "who said that all of it came"},
    {"arrived", "device", "text", "on which machine"},
    {"file", "file", "text", "a file with codes"},
    {"file", "bytes", "number", "its size"},
    {"seen", "kind", "text", "bundle, request, invitation, ticket, proposal or text"},
    {"seen", "bytes", "number", "its size"},
    {"seen", "content", "text", "of a text"},
    {"record", "id", "text", "id of the record"},
    {"record", "kind", "text", "its type, as kit.type"},
    {"record", "did", "text", "what was done to it"},
};

static enum status own_path(struct session *s, const char *name, struct buf *owner,
                            const char **ret)
{
    return path_join(s->cx, owner, s->vault_path, name, ret);
}

/* ---- show ------------------------------------------------------------------------------------ */

/* The id of a showing: kept beside its pieces, so that --again is the same transfer. */
static enum status transfer_load(struct session *s, const char *folder, bool fresh,
                                 struct transfer_id *ret)
{
    enum status status = STATUS_OK;
    struct buf owner, file;
    const char *path = NULL;
    buf_init(&owner, PATH_BYTES_MAX);
    buf_init(&file, TRANSFER_ID_BYTES);
    TRY(path_join(s->cx, &owner, folder, TRANSFER_ID, &path));
    if (fresh) {
        transfer_make(s, ret);
        TRY(file_write(s->cx, path, BYTES_OF(ret->b), true));
    } else {
        TRY(file_read(s->cx, path, TRANSFER_ID_BYTES, &file));
        if (file.len != TRANSFER_ID_BYTES) {
            FAIL(s->cx, STATUS_INTEGRITY, "'%s' is not whole", path);
        }
        memcpy(ret->b, file.ptr, TRANSFER_ID_BYTES);
    }
out:
    buf_finish(&file);
    buf_finish(&owner);
    return status;
}

static enum status nothing_again(struct session *s)
{
    (void)fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "nothing was shown before");
    return fault_hint(s->cx, "`valise qr show` packs and shows what colleagues lack");
}

/* Packs into the vault's own folder, or takes the folder that is named. */
static enum status show_pieces(struct session *s, struct buf *owner, const char **ret,
                               struct transfer_id *ret_transfer)
{
    enum status status = STATUS_OK;
    bool again = option_given(s, "again");
    if (s->arg_count == 1) {
        *ret = s->args[0];
        transfer_make(s, ret_transfer);
        goto out;
    }
    TRY(own_path(s, OUT_FOLDER, owner, ret));
    if (again && !file_exists(*ret)) {
        TRY(nothing_again(s));
    }
    if (!again) {
        TRY(folder_make(s->cx, *ret));
        TRY(light_folder_clear(s->cx, *ret));
        TRY(pack_into(s, *ret));
    }
    TRY(transfer_load(s, *ret, !again, ret_transfer));
out:
    return status;
}

/* Who has it. A code that is not for this bundle changes nothing, and what is shown stays shown. */
static enum status receipt_seen(struct session *s, bytes receipt, bool *ret_done)
{
    enum status status = STATUS_OK;
    const struct team_device *d = NULL;
    TRY(session_reopen(s));
    if (transfer_receipt_take(s->cx, s->records, receipt, &d) == STATUS_OK) {
        text who = member_name(s, &d->member);
        line_start(&s->out, "arrived");
        line_text(&s->out, "member", who);
        line_text(&s->out, "device", d->name);
        line_end(&s->out);
        out_say(&s->out, "%.*s (%.*s) has all of it; the next bundle will be smaller",
                TEXT_ARG(who), TEXT_ARG(d->name));
        *ret_done = true;
    }
    fault_clear(s->cx);
    session_close(s);
out:
    return status;
}

/* An owners' proposal that waits for signatures: a file for people, and nothing of it is secret
 * from the team; codes are seen by whoever looks, as the file is by whoever finds it. */
static bool is_proposal(const char *path)
{
    static const char end[] = ".proposal";
    size_t len = strlen(path);
    return len >= sizeof(end) && strcmp(path + len - (sizeof(end) - 1), end) == 0;
}

static enum status proposal_parcel(struct session *s, struct buf *out)
{
    enum status status = STATUS_OK;
    struct parcel p = {.kind = PARCEL_PROPOSAL};
    struct buf file;
    buf_init(&file, PROPOSAL_BYTES_MAX);
    TRY(input_read(s, s->args[0], PROPOSAL_BYTES_MAX, &file));
    p.body = buf_view(&file);
    TRY(parcel_write(s->cx, &p, out));
out:
    buf_finish(&file);
    return status;
}

static enum status show(struct session *s)
{
    enum status status = STATUS_OK;
    struct transfer_id transfer;
    struct buf owner, parcel;
    const char *folder = NULL;
    size_t pieces = 0;
    buf_init(&owner, PATH_BYTES_MAX);
    buf_init(&parcel, PARCEL_BYTES_MAX);
    if (s->arg_count == 1 && is_proposal(s->args[0])) {
        transfer_make(s, &transfer);
        TRY(proposal_parcel(s, &parcel));
    } else {
        TRY(show_pieces(s, &owner, &folder, &transfer));
        TRY(light_parcel_of_folder(s->cx, folder, &parcel, &pieces));
    }
    session_close(s); /* nobody waits for the vault while codes are shown */
    TRY(crossing_show(s, &transfer, buf_view(&parcel), TEXT(""), receipt_seen));
    line_start(&s->out, "shown");
    line_number(&s->out, "pieces", (int64_t)pieces);
    line_end(&s->out);
    if (option_value(s, "to") == NULL && s->arg_count == 0) {
        out_note(&s->out,
                 "did somebody get only a part? `valise qr show --again` goes on with the same");
    }
out:
    buf_finish(&parcel);
    buf_finish(&owner);
    return status;
}

/* ---- scan ------------------------------------------------------------------------------------ */

static const char *const kinds[] = {[PARCEL_PIECES] = "bundle",
                                    [PARCEL_JOIN] = "request",
                                    [PARCEL_INVITE] = "invitation",
                                    [PARCEL_TICKET] = "ticket",
                                    [PARCEL_PROPOSAL] = "proposal"};

/* "All of it came", as one code. Without a receipt (some of it waits for something earlier) the
 * code still ends their showing. */
static enum status reply(struct session *s, const struct seen *seen, const struct taken *taken)
{
    enum status status = STATUS_OK;
    struct buf receipt;
    buf_init(&receipt, ACK_BODY_MAX);
    if (taken->bundle > 0 && transfer_receipt_make(s->cx, s->records, taken->device_ix,
                                                   taken->bundle, &receipt) != STATUS_OK) {
        fault_clear(s->cx);
        buf_clear(&receipt);
    }
    session_close(s);
    TRY(crossing_show_ack(s, seen, buf_view(&receipt)));
out:
    buf_finish(&receipt);
    return status;
}

/* Did the machine fail, not what came? Then what came is still good. */
static bool machine_failed(enum status status)
{
    return status == STATUS_FULL || status == STATUS_IO || status == STATUS_NO_MEMORY ||
           status == STATUS_CANCELLED || status == STATUS_BUSY;
}

/* Pieces stay in the folder until the vault has them: also those of a run that was cut off. */
static enum status take_bundle(struct session *s, const struct seen *seen)
{
    enum status status = STATUS_OK;
    struct taken taken = {.bundle = 0};
    struct fault kept;
    struct buf owner;
    const char *folder = NULL;
    buf_init(&owner, PATH_BYTES_MAX);
    TRY(own_path(s, IN_FOLDER, &owner, &folder));
    TRY(light_parcel_to_folder(s->cx, &seen->parcel, folder));
    TRY(crossing_forget(s));
    enum status unpacked = unpack_from(s, folder, &taken);
    if (machine_failed(unpacked)) {
        out_note(&s->out,
                 "what was seen is kept: when that is mended, `valise unpack '%s'` takes it",
                 folder);
        status = unpacked;
        goto out;
    }
    kept = s->cx->fault;
    fault_clear(s->cx);
    TRY(light_folder_clear(s->cx, folder)); /* what did not open is of no use to anybody here */
    if (option_given(s, "reply") && !option_given(s, "preview")) {
        TRY(reply(s, seen, &taken));
    }
    s->cx->fault = kept;
    status = unpacked;
out:
    buf_finish(&owner);
    return status;
}

/* Into a record's field, as if it had been typed; what is secret is not shown. */
static enum status text_into(struct session *s, text content)
{
    enum status status = STATUS_OK;
    const struct record_type *type = NULL;
    const struct field *field = NULL;
    int64_t record = 0;
    text id, name;
    TRY(option_text(s, "into", &id));
    TRY(option_text(s, "field", &name));
    TRY(record_find_id(s->cx, s->records, id, &record, &type));
    TRY(type_find_field(s->cx, type, name, &field));
    /* not by the rules of the command line: nobody reads it there, secret or not */
    const struct assignment a = {.field = field, .value = content};
    TRY(typed_status(s, record_set(s->cx, s->records, record, &a, 1)));
    TRY(say_record(s, "set", record));
out:
    return status;
}

static enum status take_text(struct session *s, const struct seen *seen)
{
    enum status status = STATUS_OK;
    bytes b = buf_view(&seen->whole);
    if (!utf8_valid(b)) {
        FAIL(s->cx, STATUS_MALFORMED, "what the code says is no text");
    }
    text content = {(const char *)b.ptr, b.len};
    if (option_value(s, "into") != NULL) {
        TRY(text_into(s, content));
        goto out;
    }
    line_start(&s->out, "seen");
    line_text(&s->out, "kind", TEXT("text"));
    line_number(&s->out, "bytes", (int64_t)b.len);
    line_text(&s->out, "content", content);
    line_end(&s->out);
    out_say(&s->out, "the code says: %.*s", TEXT_ARG(content));
out:
    return status;
}

static enum status take_file(struct session *s, const struct seen *seen)
{
    enum status status = STATUS_OK;
    const char *path = option_value(s, "out");
    TRY(output_write(s, path, seen->parcel.body));
    TRY(crossing_forget(s));
    line_start(&s->out, "seen");
    line_text(&s->out, "kind", text_of(kinds[seen->parcel.kind]));
    line_number(&s->out, "bytes", (int64_t)seen->parcel.body.len);
    line_null(&s->out, "content");
    line_end(&s->out);
    out_say(&s->out, "a %s: it is in '%s'", kinds[seen->parcel.kind], path);
out:
    return status;
}

static enum status scan(struct session *s)
{
    enum status status = STATUS_OK;
    struct seen seen;
    bool into = option_value(s, "into") != NULL;
    struct seeing w = {.kinds = 1U << PARCEL_PIECES, .to_resume = true, .for_what = "a bundle"};
    seen_init(&seen);
    if (into != (option_value(s, "field") != NULL)) {
        FAIL(s->cx, STATUS_USAGE, "--into ID and --field NAME belong together");
    }
    if (into || option_given(s, "text")) {
        w = (struct seeing){.texts = true, .for_what = "a code"};
    }
    if (option_value(s, "out") != NULL) {
        TRY(output_free(s, option_value(s, "out")));
        w.kinds = UINT32_MAX & ~1U;
    }
    session_close(s); /* nobody waits for the vault while a person holds a camera */
    TRY(crossing_see(s, &w, &seen));
    TRY(session_reopen(s));
    if (seen.is_text) {
        TRY(take_text(s, &seen));
    } else if (seen.parcel.kind == PARCEL_PIECES) {
        TRY(take_bundle(s, &seen));
    } else {
        TRY(take_file(s, &seen));
    }
out:
    seen_finish(&seen);
    return status;
}

/* ---- code ------------------------------------------------------------------------------------ */

#define LABEL_START "valise:"

static enum status percent_add(struct session *s, text t, struct buf *out)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        if (c < 0x80 && isalnum(c)) {
            TRY(buf_add_byte(s->cx, out, c));
        } else {
            TRY(buf_printf(s->cx, out, "%%%02X", c));
        }
    }
out:
    return status;
}

/* A field as a code. A one-time secret is written as phones expect it. */
static enum status field_content(struct session *s, int64_t record, const struct record_type *type,
                                 struct buf *out)
{
    enum status status = STATUS_OK;
    const struct field *field = NULL;
    struct buf content, title;
    text name;
    buf_init(&content, BODY_PLAIN_MAX);
    buf_init(&title, LINE_BYTES_MAX);
    TRY(option_text(s, "field", &name));
    TRY(type_find_field(s->cx, type, name, &field));
    TRY(record_field_into(s, record, field, true, &content));
    if (field->kind == FIELD_SECRET && text_equal(field->secret_use, TEXT("totp")) &&
        !text_starts(buf_text(&content), TEXT("otpauth://"))) {
        TRY(record_title(s, record, type, &title));
        TRY(buf_add_text(s->cx, out, TEXT("otpauth://totp/")));
        TRY(percent_add(s, buf_text(&title), out));
        TRY(buf_add_text(s->cx, out, TEXT("?secret=")));
        TRY(percent_add(s, buf_text(&content), out));
    } else {
        TRY(buf_add(s->cx, out, buf_view(&content)));
    }
    if (out->len == 0) {
        FAIL(s->cx, STATUS_NOT_FOUND, "the field '%.*s' is empty", TEXT_ARG(name));
    }
out:
    buf_finish(&title);
    buf_finish(&content);
    return status;
}

static enum status code(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type = NULL;
    int64_t record = 0;
    struct buf content, title;
    buf_init(&content, SYMBOL_BYTES_MAX);
    buf_init(&title, LINE_BYTES_MAX);
    TRY(arg_record(s, 0, &record, &type));
    TRY(record_title(s, record, type, &title));
    if (option_value(s, "field") != NULL) {
        TRY(field_content(s, record, type, &content));
    } else {
        TRY(buf_add_text(s->cx, &content, TEXT(LABEL_START)));
        TRY(record_id_write(s->cx, s->records, record, &content));
    }
    session_close(s);
    TRY(crossing_show_text(s, buf_text(&content), buf_text(&title)));
out:
    buf_finish(&title);
    buf_finish(&content);
    if (status == STATUS_LIMIT) {
        (void)fault_hint(s->cx, "a code holds 2,953 bytes");
    }
    return status;
}

static enum status before(struct session *s)
{
    return strcmp(s->action->word, "scan") == 0 ? crossing_before_scan(s) : crossing_before_show(s);
}

static const struct action actions[] = {
    {"show",
     "[DIR | FILE.proposal] [--for NAME] [--everything | --again] [--on SCREEN | --to FILE] "
     "[--profile NAME]",
     0, 1, NEED_RECORDS, 1U, show},
    {"scan",
     "[FILE ... | FILM.y4m | -] [--camera DEVICE] [--view] [--reply] [--preview] [--out FILE]", 0,
     ANY_COUNT, NEED_RECORDS, ~0U, scan},
    {"code", "ID [--field NAME] [--on SCREEN | --to FILE]", 1, 1, NEED_RECORDS, 0, code},
};
const struct command cmd_qr = {
    .name = "qr",
    .summary = "across the gap by light: show codes, or scan them",
    .detail =
        "`qr show` packs what colleagues lack and shows it as codes on this screen; `qr scan` on "
        "the "
        "other machine sees them with its camera, in any order and however many are missed, and "
        "unpacks. Keys while it shows: + and - for the speed, ] and [ for the size, space to wait, "
        "q to end. A scan that is ended goes on with the next `qr scan`, as long as the same is "
        "shown "
        "(`qr show --again`). With --camera the showing side looks for the one code of `qr scan "
        "--reply`, ends by itself and knows what came.\n"
        "\n"
        "Without a camera: photos and screenshots of the codes (`qr scan FILE ...`), a film on the "
        "standard input (`ffmpeg -i FILM -f yuv4mpegpipe -pix_fmt gray - | valise qr scan -`), or "
        "paper (`qr show --to FILE.pdf`).\n"
        "\n"
        "A proposal of the owners (`valise council`) is shown by its file and taken with `qr scan "
        "--out FILE.proposal`, to be signed there.\n"
        "\n"
        "Codes are sealed bundles: who films the screen gets no more than who steals a stick. They "
        "flicker; --calm changes at most three times a second.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .before = before,
};
