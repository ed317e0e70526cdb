/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd-int: what the files of this room share: one run of the program from the command line to the
 * opened vault, questions to people, and what several verbs do alike.
 */
#ifndef CMD_INT_H
#define CMD_INT_H

#include "cmd.h"
#include "kits.h"
#include "limits.h"
#include "out.h"
#include "records.h"
#include "team.h"
#include "transfer.h"
#include "vault.h"

/* ---- one run
 * --------------------------------------------------------------------------------------- */

enum { GIVEN_MAX = 64, ARGS_MAX = 1024 };

struct given {
    const struct option *option;
    const char *value; /* NULL for a flag */
};

struct session {
    struct ctx *cx;
    struct out out;
    const struct command *command;
    const struct action *action;
    struct given given[GIVEN_MAX];
    size_t given_count;
    const char *args[ARGS_MAX]; /* after the verb and its word */
    size_t arg_count;
    bool help; /* --help, or help wanted by the usage */

    const char *vault_path; /* as given or found; borrowed */
    struct buf vault_path_owner;
    int passphrase_fd; /* -1: none */
    int tty;           /* -1: none */

    struct paper *paper; /* NULL unless a page is printed or a scan read */
    struct light *light; /* NULL unless codes are shown or seen */
    bool light_live;     /* seen by a camera */
    bool light_files;    /* seen in pictures that are named */
    struct secret *key;  /* 32 bytes once the vault is open */
    struct vault *vault;
    struct team *team;
    struct kit_shelf *shelf;
    struct records *records;
};

/* options.c: fills command, action, given, args. STATUS_USAGE with a hint. */
enum status options_parse(struct session *s, int argc, char *const *argv) MUST_USE;
/* Value of an option of this verb or of all; NULL when not given. */
const char *option_value(const struct session *s, const char *name);
bool option_given(const struct session *s, const char *name);
/* As text (STATUS_USAGE when it is no UTF-8); empty when not given. */
enum status option_text(struct session *s, const char *name, text *ret) MUST_USE;
/* A number; `preset` when not given. */
enum status option_number(struct session *s, const char *name, int64_t min, int64_t max,
                          int64_t preset, int64_t *ret) MUST_USE;
/* The compartment an option names; untouched when it is not given. */
enum status option_compartment(struct session *s, const char *name,
                               const struct team_compartment **ret) MUST_USE;
enum status arg_text(struct session *s, size_t index, text *ret) MUST_USE;
/* A path or other text for messages: any bytes, escaped where it is shown. */
text text_any(const char *nul_terminated);

/* session.c */
void session_start(struct session *s, struct ctx *cx);
/* Hardens the process, then opens what the action needs. */
enum status session_open(struct session *s) MUST_USE;
/* Closes vault, team and records but keeps the key: nobody else waits while an editor is open. */
void session_close(struct session *s);
/* Opens them again with the key that was kept. */
enum status session_reopen(struct session *s) MUST_USE;
void session_finish(struct session *s);
/* Opens the records of a team that has just been made or joined. */
enum status session_open_records(struct session *s) MUST_USE;
/* The key header's bytes. STATUS_NO_VAULT. */
enum status session_header(struct session *s, struct buf *ret) MUST_USE;
/* The vault key by the agent, the descriptor or the terminal, in that order. */
enum status session_key(struct session *s, bool ask_agent, struct secret **ret) MUST_USE;
enum { HEADER_BYTES_MAX = 64 * 1024, PASSPHRASE_BYTES_MAX = 1024, TYPED_BYTES_MAX = 4096 };

/* tty.c: people and descriptors */
/* The next line of a descriptor, without its end; STATUS_USAGE when there is none. */
enum status fd_read_secret(struct session *s, int fd, const char *what,
                           struct secret **ret) MUST_USE;
/* Asks on the terminal without echo. STATUS_LOCKED when there is no terminal. */
enum status tty_ask_secret(struct session *s, const char *prompt, struct secret **ret) MUST_USE;
/* Asks on the terminal; the answer without its line feed. STATUS_UNVERIFIED without a terminal. */
enum status tty_ask_line(struct session *s, const char *prompt, struct buf *ret) MUST_USE;
enum status passphrase_ask_new(struct session *s, int fd, struct secret **ret) MUST_USE;
void tty_signals(void);

/* words.c: the words two people compare */
/* Both sides' gate: --words all nine, or two of them typed on the terminal. STATUS_UNVERIFIED. */
enum status words_compare(struct session *s, const uint8_t print[static 16]) MUST_USE;
/* Remembers that this member's words were compared; in the caller's transaction. */
enum status words_compared(struct session *s, const struct team_member *m) MUST_USE;
enum status words_show(struct session *s, const char *label,
                       const uint8_t print[static 16]) MUST_USE;
/* pages.c: what goes on paper and comes back */
enum { PAGE_TEXT_MAX = 64 * 1024 };
/* A page with its code when the name says so (.pdf), else its text. */
enum status page_write(struct session *s, const char *path, text content, text code) MUST_USE;
/* The text of a page, or of the codes in a scan of one (.png, .pgm), a line each. */
enum status page_read(struct session *s, const char *path, struct buf *ret) MUST_USE;
/* STATUS_USAGE when the file would lie in the vault's folder. */
enum status outside_vault(struct session *s, const char *path, const char *what) MUST_USE;
/* Refuses before anything is made when the sheet could go nowhere. */
enum status sheet_possible(struct session *s) MUST_USE;
/* To --sheet FILE or the terminal, never to stdout. */
enum status sheet_hand_out(struct session *s, const struct secret *seed, text team,
                           text member) MUST_USE;
/* From a page, a scan, or (path NULL) the terminal; ret_owner: the name on it, may be NULL. */
enum status sheet_take(struct session *s, const char *path, struct secret **ret_seed,
                       struct buf *ret_owner) MUST_USE;

/* files.c */
/* New file of ours for a person: refuses to overwrite without --force. */
enum status output_write(struct session *s, const char *path, bytes data) MUST_USE;
/* STATUS_EXISTS before any work when the file is there and --force is not given. */
enum status output_free(struct session *s, const char *path) MUST_USE;
enum status input_read(struct session *s, const char *path, size_t max, struct buf *ret) MUST_USE;
/* Says of a file that could not be read, or is another one, what was wanted: "the file ...". */
enum status input_explain(struct session *s, enum status status, const char *path,
                          const char *what) MUST_USE;

enum { PATH_TEXT_MAX = 4096 };
/* Where $PATH has a program, links resolved; false when nowhere. */
bool program_find(struct session *s, const char *name, char ret[static PATH_TEXT_MAX]);

/* assign.c: field=value of the command line */
enum { ASSIGN_MAX = FIELDS_PER_TYPE_MAX };
struct assigns {
    struct assignment list[ASSIGN_MAX];
    size_t count;
    struct buf owned[ASSIGN_MAX]; /* values read from the terminal or a descriptor */
    size_t owned_count;
};
/* Arguments from `first` on. Secrets only as field=- . */
enum status assigns_parse(struct session *s, const struct record_type *type, size_t first,
                          struct assigns *ret) MUST_USE;
/* One value for one field, by the same rules. */
enum status assign_one(struct session *s, const struct field *f, text value,
                       struct assigns *ret) MUST_USE;
void assigns_finish(struct assigns *a);
/* "k7-12-3" or a word of a title, from argument `index`. */
enum status arg_record(struct session *s, size_t index, int64_t *ret_record,
                       const struct record_type **ret_type) MUST_USE;
enum status arg_field(struct session *s, size_t index, const struct record_type *type,
                      const struct field **ret) MUST_USE;
/* Says which record was changed; the JSON message "record". */
enum status say_record(struct session *s, const char *did, int64_t record) MUST_USE;
#define JSON_RECORD_ROWS                                                                           \
    {"record", "id", "text", "id of the record"},                                                  \
        {"record", "kind", "text", "its type, as kit.type"},                                       \
    {                                                                                              \
        "record", "did", "text", "what was done to it"                                             \
    }
/* What a person typed is a matter of usage, not of a stranger's file. */
enum status typed_status(struct session *s, enum status status);
/* Name of a member for people; "?" for one we do not know. */
text member_name(const struct session *s, const struct id *member);

/* record-text.c: a record as people read it */
enum status record_title(struct session *s, int64_t record, const struct record_type *type,
                         struct buf *out) MUST_USE;
enum status record_field_into(struct session *s, int64_t record, const struct field *f, bool reveal,
                              struct buf *out) MUST_USE;
#define JSON_HISTORY_ROWS(message)                                                                 \
    {message, "record", "text", "id of the record"},                                               \
        {message, "kind", "text", "its type, as kit.type"},                                        \
        {message, "time", "number", "claimed Unix time"}, {message, "member", "text", "who"},      \
        {message, "what", "text", "what was done"},                                                \
        {message, "field", "text", "the field, or null"},                                          \
        {message, "value", "text", "the value, secrets masked"},                                   \
    {                                                                                              \
        message, "reason", "text", "why it was refused or does not count, or empty"                \
    }
enum status history_emit(struct session *s, const char *message,
                         const struct history_line *h) MUST_USE;

/* help.c, man.c, completion.c, json-doc.c: read from the tables */
void usage_say(struct session *s, const struct command *c);
enum status man_write(struct session *s) MUST_USE;
enum status completion_write(struct session *s) MUST_USE;
enum status json_doc_write(struct session *s) MUST_USE;

#endif
