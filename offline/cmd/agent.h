/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: the process that keeps one vault's key in locked memory for a while, and how it is asked.
 *
 * One request and one answer for each connection, framed by guard:
 *   request  version (1), what (1), device (8, LE), inode (8, LE)   of the vault's folder
 *   answer   version (1), result (1), then for ASK_KEY the 32-byte key, for ASK_STATE the seconds
 *            left (4, LE)
 * The other side's user is checked by guard (SO_PEERCRED); the folder binds the key to the vault.
 */
#ifndef AGENT_H
#define AGENT_H

#include "cmd-int.h"

enum { AGENT_VERSION = 1, AGENT_REQUEST_BYTES = 18, AGENT_ANSWER_MAX = 34, AGENT_KEY_BYTES = 32 };
enum agent_ask { ASK_KEY = 1, ASK_LOCK = 2, ASK_STATE = 3 };
enum agent_result { AGENT_HERE = 0, AGENT_OTHER_VAULT = 1, AGENT_BAD_REQUEST = 2 };

struct agent_vault {
    uint64_t device, inode;
};
enum status agent_vault_of(struct ctx *cx, const char *vault_path,
                           struct agent_vault *ret) MUST_USE;
/* The places a socket may be, best first: index from 0; false when there is no such place here. */
enum { AGENT_PLACES = 3 };
bool agent_path(struct ctx *cx, const char *vault_path, const struct agent_vault *v, size_t index,
                bool make, struct buf *out);
/* STATUS_NOT_FOUND when no agent of this vault answers. */
enum status agent_request(struct ctx *cx, const char *vault_path, enum agent_ask ask,
                          struct buf *ret_answer) MUST_USE;
/* *ret stays NULL when no agent holds the key. */
enum status agent_get_key(struct ctx *cx, const char *vault_path, struct secret **ret) MUST_USE;
/* The agent of this vault ends: asked to wipe first, killed after wait_ms whatever it does. Fine
 * when there is none. */
enum status agent_end(struct ctx *cx, const char *vault_path, int wait_ms, bool *ret_was) MUST_USE;

#endif
