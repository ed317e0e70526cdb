/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion: for bash, from the tables. A test compares completion/valise with this.
 */
#include "cmd-int.h"

enum { SCRIPT_MAX = 256 * 1024 };

static enum status words_of(struct ctx *cx, struct buf *b, const struct command *c)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < c->action_count; i++) {
        if (c->actions[i].word != NULL) {
            TRY(buf_printf(cx, b, " %s", c->actions[i].word));
        }
    }
    for (size_t i = 0; i < c->option_count; i++) {
        TRY(buf_printf(cx, b, " --%s", c->options[i].name));
    }
out:
    return status;
}

enum status completion_write(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf b;

    buf_init(&b, SCRIPT_MAX);
    TRY(buf_add_text(s->cx, &b,
                     TEXT("# SPDX-License-Identifier: Apache-2.0\n"
                          "# Made by `valise help --completion bash` from the tables of "
                          "offline/cmd; do not edit.\n"
                          "_valise() {\n"
                          "    local word=${COMP_WORDS[COMP_CWORD]} verb='' i words=''\n"
                          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                          "        case ${COMP_WORDS[i]} in\n"
                          "        --vault | --team | --passphrase-fd) ((i++)) ;;\n"
                          "        -*) ;;\n"
                          "        *)\n"
                          "            verb=${COMP_WORDS[i]}\n"
                          "            break\n"
                          "            ;;\n"
                          "        esac\n"
                          "    done\n"
                          "    case $verb in\n"
                          "    '') words='")));
    for (size_t i = 0; i < command_count; i++) {
        if (!commands[i]->internal) {
            TRY(buf_printf(s->cx, &b, "%s%s", i == 0 ? "" : " ", commands[i]->name));
        }
    }
    TRY(buf_add_text(s->cx, &b, TEXT("' ;;\n")));
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = commands[i];
        if (c->internal || (c->option_count == 0 && c->actions[0].word == NULL)) {
            continue;
        }
        TRY(buf_printf(s->cx, &b, "    %s) words='", c->name));
        TRY(words_of(s->cx, &b, c));
        TRY(buf_add_text(s->cx, &b, TEXT("' ;;\n")));
    }
    TRY(buf_add_text(s->cx, &b, TEXT("    esac\n    words+='")));
    for (size_t i = 0; i < common_option_count; i++) {
        TRY(buf_printf(s->cx, &b, " --%s", common_options[i].name));
    }
    TRY(buf_add_text(s->cx, &b,
                     TEXT("'\n"
                          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                          "    if [[ ${#COMPREPLY[@]} -eq 0 ]]; then\n"
                          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                          "    fi\n"
                          "}\n"
                          "complete -o filenames -F _valise valise\n")));
    out_data(&s->out, buf_view(&b));
out:
    buf_finish(&b);
    return status;
}
