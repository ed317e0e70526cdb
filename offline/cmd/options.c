/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the command line against the tables. Options may stand before or after the verb; "--"
 * ends them. A word that is not known is answered with the nearest one that is.
 */
#include "cmd-int.h"
#include "schema.h"

#include <string.h>

const struct option common_options[] = {
    {"vault", "DIR", "the vault's folder; else $VALISE_VAULT, else ~/.local/share/valise"},
    {"team", "NAME", "the team, when the vault holds several; a unique beginning is enough"},
    {"json", NULL, "JSON lines on stdout, errors as JSON on stderr"},
    {"passphrase-fd", "N", "read the passphrase from this file descriptor, one line"},
    {"quiet", NULL, "no remarks and no progress"},
    {"help", NULL, "how the verb is used"},
};
const size_t common_option_count = sizeof common_options / sizeof common_options[0];

text text_any(const char *nul_terminated)
{
    return (text){nul_terminated, nul_terminated == NULL ? 0 : strlen(nul_terminated)};
}

static const struct option *option_find(const struct command *c, const char *name, size_t len)
{
    for (size_t i = 0; c != NULL && i < c->option_count; i++) {
        if (strlen(c->options[i].name) == len && memcmp(c->options[i].name, name, len) == 0) {
            return &c->options[i];
        }
    }
    for (size_t i = 0; i < common_option_count; i++) {
        if (strlen(common_options[i].name) == len &&
            memcmp(common_options[i].name, name, len) == 0) {
            return &common_options[i];
        }
    }
    return NULL;
}

static enum status option_unknown(struct session *s, const char *name, size_t len)
{
    text words[64];
    size_t count = 0;

    for (size_t i = 0; s->command != NULL && i < s->command->option_count; i++) {
        words[count++] = text_of(s->command->options[i].name);
    }
    for (size_t i = 0; i < common_option_count && count < 64; i++) {
        words[count++] = text_of(common_options[i].name);
    }
    text nearest = nearest_word((text){name, len}, words, count);
    (void)fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "unknown option '--%.*s'",
                    (int)(len > 64 ? 64 : len), name);
    if (nearest.len > 0) {
        return fault_hint(s->cx, "did you mean '--%.*s'?", TEXT_ARG(nearest));
    }
    return fault_hint(s->cx, "`valise help%s%s` lists the options", s->command == NULL ? "" : " ",
                      s->command == NULL ? "" : s->command->name);
}

/* argv[*at] begins with "--"; takes its value too. */
static enum status option_take(struct session *s, int argc, char *const *argv, int *at)
{
    enum status status = STATUS_OK;
    const char *word = argv[*at] + 2;
    const char *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct option *option = option_find(s->command, word, len);

    if (option == NULL) {
        return option_unknown(s, word, len);
    }
    if (option_given(s, option->name)) {
        FAIL(s->cx, STATUS_USAGE, "option '--%s' is given twice", option->name);
    }
    if (s->given_count == GIVEN_MAX) {
        FAIL(s->cx, STATUS_USAGE, "too many options");
    }
    struct given *given = &s->given[s->given_count++];
    *given = (struct given){.option = option};
    if (option->argument == NULL) {
        if (equals != NULL) {
            FAIL(s->cx, STATUS_USAGE, "option '--%s' takes no value", option->name);
        }
        goto out;
    }
    if (equals != NULL) {
        given->value = equals + 1;
    } else if (*at + 1 < argc) {
        given->value = argv[++*at];
    } else {
        FAIL(s->cx, STATUS_USAGE, "option '--%s' wants %s", option->name, option->argument);
    }
out:
    return status;
}

/* Before the verb is known: does any verb's option of this name take a value? */
static bool takes_value(const char *word)
{
    const struct option *option = option_find(NULL, word, strlen(word));

    for (size_t i = 0; option == NULL && i < command_count; i++) {
        option = option_find(commands[i], word, strlen(word));
    }
    return option != NULL && option->argument != NULL;
}

/* First pass: the verb is the first word that is neither an option nor a common option's value, so
 * that options of the verb may stand before it too. */
static int verb_index(int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            return i + 1 < argc ? i + 1 : argc;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            return i;
        }
        if (takes_value(argv[i] + 2)) {
            i++;
        }
    }
    return argc;
}

static enum status verb_take(struct session *s, const char *word)
{
    enum status status = STATUS_OK;
    text name = text_any(word);

    s->command = command_find(name);
    if (s->command != NULL) {
        return STATUS_OK;
    }
    status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "unknown verb '%.64s'", word);
    text nearest = command_nearest(name);
    if (nearest.len > 0) {
        return fault_hint(s->cx, "did you mean 'valise %.*s'?", TEXT_ARG(nearest));
    }
    (void)fault_hint(s->cx, "`valise help` lists the verbs");
    return status;
}

/* What people type who do not know our words. */
static const struct {
    const char *typed, *meant;
} OTHER_WORDS[] = {
    {"delete", "remove"},     {"del", "remove"},     {"rm", "remove"},    {"kick", "remove"},
    {"fire", "remove"},       {"block", "suspend"},  {"ban", "suspend"},  {"pause", "suspend"},
    {"stop", "suspend"},      {"unblock", "lift"},   {"resume", "lift"},  {"unsuspend", "lift"},
    {"add", "invite"},        {"invite", "invite"},  {"create", "new"},   {"ls", "list"},
    {"show", "explain"},      {"rights", "explain"}, {"promote", "give"}, {"demote", "change"},
    {"history", "decisions"},
};

/* An action of this verb, or a verb. */
static enum status action_unknown(struct session *s, const text *words, size_t count)
{
    const struct command *c = s->command;
    text typed = text_any(s->args[0]);

    for (size_t i = 0; i < ROWS_COUNT(OTHER_WORDS); i++) {
        text meant = text_of(OTHER_WORDS[i].meant);
        if (!text_equal(typed, text_of(OTHER_WORDS[i].typed))) {
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            if (text_equal(words[k], meant)) {
                return fault_hint(s->cx, "did you mean 'valise %s %.*s'?", c->name,
                                  TEXT_ARG(meant));
            }
        }
        if (command_find(meant) != NULL) {
            return fault_hint(s->cx, "did you mean 'valise %.*s'?", TEXT_ARG(meant));
        }
    }
    text nearest = nearest_word(typed, words, count);
    if (nearest.len > 0) {
        return fault_hint(s->cx, "did you mean 'valise %s %.*s'?", c->name, TEXT_ARG(nearest));
    }
    return fault_hint(s->cx, "`valise help %s` lists them", c->name);
}

/* The action of the verb: by its word, or the one without a word. */
static enum status action_take(struct session *s)
{
    const struct command *c = s->command;
    const struct action *plain = NULL;
    text words[16];
    size_t count = 0;

    for (size_t i = 0; i < c->action_count; i++) {
        const struct action *a = &c->actions[i];
        if (a->word == NULL) {
            plain = a;
        } else if (s->arg_count > 0 && strcmp(a->word, s->args[0]) == 0) {
            s->action = a;
            s->arg_count--;
            memmove(s->args, s->args + 1, s->arg_count * sizeof s->args[0]);
            return STATUS_OK;
        } else if (count < 16) {
            words[count++] = text_of(a->word);
        }
    }
    s->action = plain;
    if (plain != NULL && (count == 0 || plain->max > 0 || s->arg_count == 0)) {
        return STATUS_OK;
    }
    (void)fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                    s->arg_count == 0 ? "'valise %s' wants a second word%.0s"
                                      : "'valise %s %.64s' is not known",
                    c->name, s->arg_count == 0 ? "" : s->args[0]);
    return s->arg_count == 0 ? fault_hint(s->cx, "`valise help %s` lists them", c->name)
                             : action_unknown(s, words, count);
}

static enum status arguments_check(struct session *s)
{
    enum status status = STATUS_OK;
    const struct action *a = s->action;

    MUST(a != NULL);
    if (s->arg_count >= a->min && s->arg_count <= a->max) {
        return STATUS_OK;
    }
    if (s->arg_count < a->min) {
        status =
            fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "'valise %s%s%s' wants more words",
                      s->command->name, a->word == NULL ? "" : " ", a->word == NULL ? "" : a->word);
    } else {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "'%.64s' is one word too many",
                           s->args[a->max]);
    }
    (void)fault_hint(s->cx, "usage: valise %s%s%s %s", s->command->name, a->word == NULL ? "" : " ",
                     a->word == NULL ? "" : a->word, a->synopsis);
    return status;
}

/* What decides how even a wrong command line is answered. */
static void early_options(struct session *s, int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        s->out.json = s->out.json || strcmp(argv[i], "--json") == 0;
        s->out.quiet = s->out.quiet || strcmp(argv[i], "--quiet") == 0;
        s->help = s->help || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    }
}

enum status options_parse(struct session *s, int argc, char *const *argv)
{
    enum status status = STATUS_OK;
    int verb = verb_index(argc, argv);
    bool ended = false;
    int64_t fd;

    early_options(s, argc, argv);
    if (verb >= argc) {
        s->command = command_find(TEXT("help")); /* its overview */
    } else {
        TRY(verb_take(s, argv[verb]));
    }
    s->out.command = s->command;
    for (int i = 1; i < argc; i++) {
        if (i == verb) {
            continue;
        }
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && strncmp(argv[i], "--", 2) == 0) {
            TRY(option_take(s, argc, argv, &i));
        } else if (!ended && strcmp(argv[i], "-h") == 0) {
            continue;
        } else if (!ended && argv[i][0] == '-' && argv[i][1] != '\0' && verb < argc) {
            FAIL(s->cx, STATUS_USAGE, "unknown option '%.64s'", argv[i]);
        } else if (s->arg_count == ARGS_MAX) {
            FAIL(s->cx, STATUS_USAGE, "more than %d words", (int)ARGS_MAX);
        } else {
            s->args[s->arg_count++] = argv[i];
        }
    }
    s->help = s->help && verb < argc;
    if (s->help) {
        goto out;
    }
    TRY(action_take(s));
    TRY(arguments_check(s));
    TRY(option_number(s, "passphrase-fd", 0, 1023, -1, &fd));
    s->passphrase_fd = (int)fd;
out:
    return status;
}

/* ---- reading them
 * ------------------------------------------------------------------------------------ */

static const struct given *given_find(const struct session *s, const char *name)
{
    for (size_t i = 0; i < s->given_count; i++) {
        if (strcmp(s->given[i].option->name, name) == 0) {
            return &s->given[i];
        }
    }
    return NULL;
}

const char *option_value(const struct session *s, const char *name)
{
    const struct given *given = given_find(s, name);

    MUST(option_find(s->command, name, strlen(name)) != NULL);
    return given == NULL ? NULL : given->value;
}

bool option_given(const struct session *s, const char *name)
{
    return given_find(s, name) != NULL;
}

static enum status text_checked(struct session *s, const char *in, text *ret)
{
    enum status status = STATUS_OK;
    text t = text_any(in);

    if (!utf8_valid(BYTES(t.ptr, t.len))) {
        FAIL(s->cx, STATUS_USAGE, "'%.64s' is not UTF-8", in);
    }
    *ret = t;
out:
    return status;
}

enum status option_text(struct session *s, const char *name, text *ret)
{
    const char *value = option_value(s, name);

    if (value == NULL) {
        *ret = TEXT("");
        return STATUS_OK;
    }
    return text_checked(s, value, ret);
}

enum status arg_text(struct session *s, size_t index, text *ret)
{
    MUST(index < s->arg_count);
    return text_checked(s, s->args[index], ret);
}

enum status option_number(struct session *s, const char *name, int64_t min, int64_t max,
                          int64_t preset, int64_t *ret)
{
    enum status status = STATUS_OK;
    const char *value = option_value(s, name);

    if (value == NULL) {
        *ret = preset;
    } else if (!parse_i64(text_any(value), min, max, ret)) {
        FAIL(s->cx, STATUS_USAGE, "'--%s' wants a number from %lld to %lld, not '%.32s'", name,
             (long long)min, (long long)max, value);
    }
out:
    return status;
}
