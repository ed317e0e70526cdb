/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: the process behind `valise unlock`. Holds one 32-byte key in the locked arena, answers on
 * one socket, and ends on request, on a signal, when the vault is gone, or after the minutes
 * without use.
 *
 * Invariant: it never opens the database and never reads more than a request's 18 bytes from
 * anybody; guard's socket refuses other users.
 */
#include "agent.h"
#include "guard.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEY_FD = 3, READY_FD = 4, WAIT_SECONDS_MAX = 10 };

static const struct option options[] = {
    {"minutes", "N", "lock by itself after N minutes without use"},
};

struct agent {
    struct session *s;
    struct agent_vault vault;
    struct secret *key;
    int socket;
    int64_t idle_seconds_max;
    int64_t deadline; /* monotonic seconds */
    bool ended;
};

/* CLOCK_BOOTTIME: a sleeping laptop counts as time without use. */
static int64_t seconds_now(void)
{
    struct timespec now;

    MUST(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    return (int64_t)now.tv_sec;
}

static enum status key_receive(struct agent *a)
{
    enum status status = STATUS_OK;
    size_t done = 0;

    TRY(secret_new(a->s->cx, AGENT_KEY_BYTES, &a->key));
    while (done < AGENT_KEY_BYTES) {
        ssize_t n = read(KEY_FD, secret_ptr(a->key) + done, AGENT_KEY_BYTES - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            FAIL(a->s->cx, STATUS_USAGE, "the agent is started by `valise unlock` only");
        }
        done += (size_t)n;
    }
    (void)close(KEY_FD);
out:
    return status;
}

static enum status socket_open(struct agent *a, struct buf *path)
{
    enum status status = STATUS_OK;
    const char *name;

    for (size_t i = 0; i < AGENT_PLACES; i++) {
        if (!agent_path(a->s->cx, a->s->vault_path, &a->vault, i, true, path)) {
            fault_clear(a->s->cx);
            continue;
        }
        TRY(buf_cstr(a->s->cx, path, &name));
        if (local_listen(a->s->cx, name, &a->socket) == STATUS_OK) {
            return STATUS_OK;
        }
        fault_clear(a->s->cx);
    }
    FAIL(a->s->cx, STATUS_UNSAFE, "no safe place for the agent's socket");
out:
    return status;
}

/* The answer to one request; the key is wiped before a lock is confirmed. */
static enum status answer(struct agent *a, bytes request, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t head[2] = {AGENT_VERSION, AGENT_HERE};
    uint8_t left[4];

    if (request.len != AGENT_REQUEST_BYTES || request.ptr[0] != AGENT_VERSION) {
        head[1] = AGENT_BAD_REQUEST;
    } else if (get_u64le(request.ptr + 2) != a->vault.device ||
               get_u64le(request.ptr + 10) != a->vault.inode) {
        head[1] = AGENT_OTHER_VAULT;
    }
    TRY(buf_add(a->s->cx, out, BYTES_OF(head)));
    if (head[1] != AGENT_HERE) {
        goto out;
    }
    switch (request.ptr[1]) {
    case ASK_KEY:
        TRY(buf_add(a->s->cx, out, secret_view(a->key)));
        a->deadline = seconds_now() + a->idle_seconds_max;
        break;
    case ASK_LOCK:
        secret_free(&a->key);
        a->ended = true;
        break;
    case ASK_STATE:
        put_u32le(left, (uint32_t)(a->deadline - seconds_now()));
        TRY(buf_add(a->s->cx, out, BYTES_OF(left)));
        break;
    default:
        out->ptr[1] = AGENT_BAD_REQUEST;
        break;
    }
out:
    return status;
}

/* A client that stays silent or talks nonsense costs a connection, nothing more. */
static void serve_one(struct agent *a, int fd)
{
    struct buf request;
    struct buf reply;

    buf_init(&request, AGENT_REQUEST_BYTES);
    buf_init(&reply, AGENT_ANSWER_MAX);
    if (local_receive(a->s->cx, fd, AGENT_REQUEST_BYTES, &request) == STATUS_OK &&
        answer(a, buf_view(&request), &reply) == STATUS_OK &&
        local_send(a->s->cx, fd, buf_view(&reply)) == STATUS_OK) {
        a->ended = a->ended || a->key == NULL;
    }
    fault_clear(a->s->cx);
    buf_finish(&reply);
    buf_finish(&request);
}

/* A vault that was removed, or replaced by another, has no use for its key. */
static bool vault_is_there(struct agent *a)
{
    struct agent_vault now = {0};
    bool there = agent_vault_of(a->s->cx, a->s->vault_path, &now) == STATUS_OK &&
                 now.device == a->vault.device && now.inode == a->vault.inode;

    fault_clear(a->s->cx);
    return there;
}

static void serve(struct agent *a)
{
    a->deadline = seconds_now() + a->idle_seconds_max;
    while (!a->ended) {
        int64_t left = a->deadline - seconds_now();
        int fd = -1;
        if (left <= 0 || !vault_is_there(a)) {
            return;
        }
        if (left >
            WAIT_SECONDS_MAX) { /* looks again: the machine may have slept, the vault be gone */
            left = WAIT_SECONDS_MAX;
        }
        if (local_accept(a->s->cx, a->socket, (int)left, &fd) != STATUS_OK) {
            fault_clear(a->s->cx); /* somebody else's process knocked */
            continue;
        }
        if (fd >= 0) {
            serve_one(a, fd);
            local_close(&fd);
        }
    }
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct agent a = {.s = s, .socket = -1};
    struct buf path;
    const char *name = NULL;
    int64_t minutes;

    buf_init(&path, 8192);
    TRY(option_number(s, "minutes", 1, 24 * 60, 15, &minutes));
    a.idle_seconds_max = minutes * 60;
    TRY(key_receive(&a));
    TRY(agent_vault_of(s->cx, s->vault_path, &a.vault));
    TRY(socket_open(&a, &path));
    TRY(buf_cstr(s->cx, &path, &name));
    if (chdir("/") != 0 || write(READY_FD, "r", 1) != 1) {
        FAIL(s->cx, STATUS_IO, "the agent's starter is gone");
    }
    (void)close(READY_FD);
    serve(&a);
out:
    secret_free(&a.key);
    if (a.socket >= 0) {
        local_close(&a.socket);
        if (file_remove(s->cx, name) != STATUS_OK) {
            fault_clear(s->cx); /* the folder is gone, and the socket with it */
        }
    }
    buf_finish(&path);
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_agent = {
    .name = "agent",
    .summary = "keeps the key; started by `valise unlock`",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    .internal = true,
};
