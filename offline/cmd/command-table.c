/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command-table: every verb, in the order in which a newcomer needs them.
 */
#include "cmd.h"
#include "schema.h"

/* X(verb) -> cmd_verb */
/* clang-format off */
#define VERBS(X) \
    X(init) X(unlock) X(lock) X(passphrase) X(travel) X(panic) X(status) \
    X(team) X(join) X(invite) X(member) X(device) X(role) X(sheet) X(recovery) \
    X(compartment) X(org) X(council) X(drill) \
    X(list) X(show) X(find) X(add) X(set) X(do) X(comment) X(edit) X(rm) X(restore) X(undo) X(log) \
    X(conflicts) X(resolve) X(received_late) X(adopt) X(copy) X(totp) X(generate) X(kit) \
    X(import) X(export) \
    X(pack) X(unpack) X(qr) X(peers) X(quarantine) X(inspect) X(check) X(repair) X(hash) \
    X(help) X(version) X(agent)
/* clang-format on */

#define X(verb) extern const struct command cmd_##verb;
VERBS(X)
#undef X

const struct command *const commands[] = {
#define X(verb) &cmd_##verb,
    VERBS(X)
#undef X
};
const size_t command_count = sizeof commands / sizeof commands[0];

const struct command *command_find(text name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (text_equal(text_of(commands[i]->name), name)) {
            return commands[i];
        }
    }
    return NULL;
}

text command_nearest(text name)
{
    text words[64];
    size_t count = 0;

    for (size_t i = 0; i < command_count && count < 64; i++) {
        if (!commands[i]->internal) {
            words[count++] = text_of(commands[i]->name);
        }
    }
    return nearest_word(name, words, count);
}
