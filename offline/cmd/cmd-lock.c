/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock: tells the agent to wipe the key and end. It answers after the wipe, so that when this verb
 * returns the key is gone.
 */
#include "agent.h"

static const struct json_field json[] = {
    {"locked", "was_open", "flag", "an agent held the key until now"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf answer;
    struct buf header;
    bool was_open = true;

    buf_init(&answer, AGENT_ANSWER_MAX);
    buf_init(&header, HEADER_BYTES_MAX);
    TRY(session_header(s, &header));
    status = agent_request(s->cx, s->vault_path, ASK_LOCK, &answer);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(s->cx);
        status = STATUS_OK;
        was_open = false;
    }
    TRY(status);
    line_start(&s->out, "locked");
    line_flag(&s->out, "was_open", was_open);
    line_end(&s->out);
    out_say(&s->out, was_open ? "the vault is locked" : "the vault was locked already");
out:
    buf_finish(&header);
    buf_finish(&answer);
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_lock = {
    .name = "lock",
    .summary = "forget the vault's key at once",
    .detail =
        "Ends the agent that `valise unlock` started. When the verb returns, the key is wiped.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
