/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd: the door. The verbs of `valise` as a table. A verb is one file with one const struct: its
 * words, options, JSON fields and function are rows, and usage, `--help`, the man page, the
 * completion and docs/json.md are all read from those rows.
 */
#ifndef CMD_H
#define CMD_H

#include "base.h"

struct session; /* one run of the program */

struct option {
    const char *name;     /* without the dashes */
    const char *argument; /* "NAME", "FILE", "DIR", "N" ...; NULL for a flag */
    const char *help;     /* lower case, no full stop */
};

/* One row of a verb's JSON description; a line may hold only what its verb declares. */
struct json_field {
    const char *message; /* value of "type" of the line */
    const char *name;
    const char *kind; /* text, number, flag, list, object */
    const char *help;
};

/* How much is found or opened before the function runs; each level includes the ones before it.
 * NEED_FOLDER: only where the vault is, or will be. */
enum need { NEED_NOTHING, NEED_FOLDER, NEED_VAULT, NEED_TEAM, NEED_RECORDS };

struct action {
    const char *word;     /* "new"; NULL: the verb itself */
    const char *synopsis; /* what follows the word: "NAME [field=value ...]" */
    size_t min, max;      /* arguments after the word */
    enum need need;
    unsigned path_args; /* bit i: argument i is a path this process may reach; bit 31: so are all
                           behind it */
    enum status (*run)(struct session *s);
};

struct command {
    const char *name, *summary;
    const char *detail; /* paragraphs for the man page; plain text, blank line between them */
    const struct action *actions;
    size_t action_count;
    const struct option *options;
    size_t option_count;
    const struct json_field *json;
    size_t json_count;
    /* Before the process closes itself: starts other programs of ours; or NULL. */
    enum status (*before)(struct session *s);
    bool allow_exec;  /* starts a helper: an editor, a clipboard tool, the agent */
    bool paper;       /* may print pages or read scans */
    bool in_any_case; /* goes on where the machine refuses hardening: it only takes away */
    bool internal;    /* not for people: left out of the lists */
};

#define ROWS_COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define ROWS_ACTIONS(array) .actions = (array), .action_count = ROWS_COUNT(array)
#define ROWS_OPTIONS(array) .options = (array), .option_count = ROWS_COUNT(array)
#define ROWS_JSON(array)    .json = (array), .json_count = ROWS_COUNT(array)
#define ANY_COUNT           ((size_t)256)

extern const struct command *const commands[];
extern const size_t command_count;
const struct command *command_find(text name); /* or NULL */
/* Fills the nearest verb, or empty. */
text command_nearest(text name);
/* Options every verb takes. */
extern const struct option common_options[];
extern const size_t common_option_count;

#endif
