/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unlock: asks the passphrase once and hands the vault key to a fresh process, the agent, which
 * keeps it for a while. The agent is this program started anew, so that nothing of the passphrase
 * or of what this process read is in its memory; the key goes through a pipe.
 */
#include "agent.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MINUTES_PRESET = 15, MINUTES_MAX = 24 * 60, AGENT_KEY_FD = 3, AGENT_READY_FD = 4 };

static const struct option options[] = {
    {"minutes", "N", "lock by itself after N minutes without use (15)"},
};

static const struct json_field json[] = {
    {"unlocked", "minutes", "number", "minutes without use after which it locks by itself"},
    {"unlocked", "already", "flag", "an agent held the key already"},
};

static void say(struct session *s, int64_t minutes, bool already)
{
    line_start(&s->out, "unlocked");
    line_number(&s->out, "minutes", minutes);
    line_flag(&s->out, "already", already);
    line_end(&s->out);
    if (already) {
        out_say(&s->out, "the vault is unlocked already");
    } else {
        out_say(&s->out, "the vault is unlocked; it locks by itself after %lld minutes without use",
                (long long)minutes);
    }
}

/* In the child: descriptors 3 and 4, nothing else, and the program anew. */
static _Noreturn void become_agent(const char *vault_path, int64_t minutes, int key_fd,
                                   int ready_fd)
{
    char digits[24];
    char *copy = realpath(vault_path, NULL); /* the agent leaves this folder */
    struct ctx cx;
    struct buf b;
    const char *text_minutes;

    ctx_init(&cx, system_real());
    buf_init(&b, sizeof digits);
    if (copy == NULL || buf_printf(&cx, &b, "%lld", (long long)minutes) != STATUS_OK ||
        buf_cstr(&cx, &b, &text_minutes) != STATUS_OK) {
        _exit(1);
    }
    memcpy(digits, text_minutes, b.len + 1);
    int key_high = fcntl(key_fd, F_DUPFD, 10);
    int ready_high = fcntl(ready_fd, F_DUPFD, 10);
    if (setsid() < 0 || dup2(key_high, AGENT_KEY_FD) < 0 || dup2(ready_high, AGENT_READY_FD) < 0 ||
        close(key_high) != 0 || close(ready_high) != 0) {
        _exit(1);
    }
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) {
        (void)dup2(null, fd);
    }
    (void)close(null);
    char *argv[] = {(char[]){"valise"},
                    (char[]){"--vault"},
                    copy,
                    (char[]){"agent"},
                    (char[]){"--minutes"},
                    digits,
                    NULL};
    (void)execv("/proc/self/exe", argv);
    _exit(1);
}

static enum status key_hand_over(struct session *s, int key_fd, int ready_fd)
{
    enum status status = STATUS_OK;
    bytes key = secret_view(s->key);
    uint8_t ready = 0;
    ssize_t n;

    if (write(key_fd, key.ptr, key.len) != (ssize_t)key.len) {
        FAIL(s->cx, STATUS_IO, "the agent did not take the key");
    }
    do {
        n = read(ready_fd, &ready, 1);
    } while (n < 0 && errno == EINTR);
    if (n != 1 || ready != 'r') {
        FAIL(s->cx, STATUS_UNSAFE, "the agent did not start");
    }
out:
    return status;
}

static enum status agent_spawn(struct session *s, int64_t minutes)
{
    enum status status = STATUS_OK;
    int key_pipe[2] = {-1, -1};
    int ready_pipe[2] = {-1, -1};
    pid_t child;

    if (pipe2(key_pipe, O_CLOEXEC) != 0 || pipe2(ready_pipe, O_CLOEXEC) != 0) {
        FAIL(s->cx, STATUS_IO, "no pipe: %s", strerror(errno));
    }
    child = fork();
    if (child < 0) {
        FAIL(s->cx, STATUS_IO, "no new process: %s", strerror(errno));
    }
    if (child == 0) {
        become_agent(s->vault_path, minutes, key_pipe[0], ready_pipe[1]);
    }
    (void)close(key_pipe[0]);
    (void)close(ready_pipe[1]);
    key_pipe[0] = ready_pipe[1] = -1;
    status = key_hand_over(s, key_pipe[1], ready_pipe[0]);
    if (status != STATUS_OK) {
        (void)waitpid(child, NULL, WNOHANG);
        (void)fault_hint(s->cx, "without an agent every verb asks for the passphrase");
    }
out:
    for (int i = 0; i < 2; i++) {
        if (key_pipe[i] >= 0) {
            (void)close(key_pipe[i]);
        }
        if (ready_pipe[i] >= 0) {
            (void)close(ready_pipe[i]);
        }
    }
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *held = NULL;
    int64_t minutes;

    TRY(option_number(s, "minutes", 1, MINUTES_MAX, MINUTES_PRESET, &minutes));
    TRY(agent_get_key(s->cx, s->vault_path, &held));
    if (held != NULL) {
        say(s, minutes, true);
        goto out;
    }
    TRY(session_key(s, false, &s->key));
    TRY(agent_spawn(s, minutes));
    say(s, minutes, false);
out:
    secret_free(&held);
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_unlock = {
    .name = "unlock",
    .summary = "keep the vault open for a while",
    .detail = "Asks for the passphrase and starts an agent that keeps the vault's key in locked "
              "memory. Until it locks, no verb asks for the passphrase.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .allow_exec = true,
};
