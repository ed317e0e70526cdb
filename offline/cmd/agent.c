/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: the asking side, and where the socket is. Three places, because a vault may lie on a
 * medium that knows no sockets or so deep that its path does not fit into 107 bytes.
 */
#include "agent.h"

#include "guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCKET_PATH_MAX = 107 };

enum status agent_vault_of(struct ctx *cx, const char *vault_path, struct agent_vault *ret)
{
    enum status status = STATUS_OK;
    struct stat st;

    if (stat(vault_path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        status =
            fault_set(cx, STATUS_NO_VAULT, __FILE__, __LINE__, "no vault in '%.200s'", vault_path);
        goto out;
    }
    *ret = (struct agent_vault){(uint64_t)st.st_dev, (uint64_t)st.st_ino};
out:
    return status;
}

/* Ours alone, or it is not used: another user must not stand between us and the agent. */
static bool folder_is_private(const char *path, bool make)
{
    struct stat st;

    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        return false;
    }
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 077) == 0;
}

bool agent_path(struct ctx *cx, const char *vault_path, const struct agent_vault *v, size_t index,
                bool make, struct buf *out)
{
    enum status status = STATUS_OK;
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *folder;

    buf_clear(out);
    if (index == 1) {
        TRY(buf_printf(cx, out, "%s/agent.sock", vault_path));
        return out->len <= SOCKET_PATH_MAX;
    }
    if (index == 0) {
        if (runtime == NULL || runtime[0] != '/') {
            return false;
        }
        TRY(buf_printf(cx, out, "%s/valise", runtime));
    } else {
        TRY(buf_printf(cx, out, "/tmp/valise-%lu", (unsigned long)geteuid()));
    }
    TRY(buf_cstr(cx, out, &folder));
    if (!folder_is_private(folder, make)) {
        return false;
    }
    TRY(buf_printf(cx, out, "/%llx-%llx.sock", (unsigned long long)v->device,
                   (unsigned long long)v->inode));
    return out->len <= SOCKET_PATH_MAX;
out:
    return false;
}

static enum status ask_once(struct ctx *cx, const char *path, const struct agent_vault *v,
                            enum agent_ask ask, struct buf *ret_answer)
{
    enum status status = STATUS_OK;
    uint8_t request[AGENT_REQUEST_BYTES] = {AGENT_VERSION, (uint8_t)ask};
    int fd = -1;

    put_u64le(request + 2, v->device);
    put_u64le(request + 10, v->inode);
    TRY(local_connect(cx, path, &fd));
    TRY(local_send(cx, fd, BYTES_OF(request)));
    TRY(local_receive(cx, fd, AGENT_ANSWER_MAX, ret_answer));
    if (ret_answer->len < 2 || ret_answer->ptr[0] != AGENT_VERSION ||
        ret_answer->ptr[1] != AGENT_HERE) {
        FAIL(cx, STATUS_NOT_FOUND, "the agent does not hold this vault's key");
    }
out:
    if (fd >= 0) {
        local_close(&fd);
    }
    return status;
}

enum status agent_request(struct ctx *cx, const char *vault_path, enum agent_ask ask,
                          struct buf *ret_answer)
{
    enum status status = STATUS_OK;
    struct agent_vault v = {0};
    struct buf path;
    const char *name;

    buf_init(&path, 8192);
    TRY(agent_vault_of(cx, vault_path, &v));
    for (size_t i = 0; i < AGENT_PLACES; i++) {
        if (!agent_path(cx, vault_path, &v, i, false, &path)) {
            fault_clear(cx);
            continue;
        }
        TRY(buf_cstr(cx, &path, &name));
        buf_clear(ret_answer);
        if (ask_once(cx, name, &v, ask, ret_answer) == STATUS_OK) {
            goto out;
        }
        fault_clear(cx);
    }
    FAIL(cx, STATUS_NOT_FOUND, "no agent holds this vault's key");
out:
    buf_finish(&path);
    return status;
}

enum status agent_end(struct ctx *cx, const char *vault_path, int wait_ms, bool *ret_was)
{
    enum status status = STATUS_OK;
    struct agent_vault v = {0};
    uint8_t request[AGENT_REQUEST_BYTES] = {AGENT_VERSION, ASK_LOCK};
    struct buf path;
    const char *name;

    buf_init(&path, 8192);
    *ret_was = false;
    TRY(agent_vault_of(cx, vault_path, &v));
    put_u64le(request + 2, v.device);
    put_u64le(request + 10, v.inode);
    for (size_t i = 0; i < AGENT_PLACES; i++) {
        if (!agent_path(cx, vault_path, &v, i, false, &path)) {
            fault_clear(cx);
            continue;
        }
        TRY(buf_cstr(cx, &path, &name));
        status = local_end(cx, name, BYTES_OF(request), wait_ms);
        if (status == STATUS_NOT_FOUND) {
            fault_clear(cx);
            status = STATUS_OK;
            continue;
        }
        TRY(status);
        *ret_was = true;
        if (file_remove(cx, name) != STATUS_OK) {
            fault_clear(cx); /* it removed its socket itself */
        }
    }
out:
    buf_finish(&path);
    return status;
}

enum status agent_get_key(struct ctx *cx, const char *vault_path, struct secret **ret)
{
    enum status status = STATUS_OK;
    struct buf answer;

    buf_init(&answer, AGENT_ANSWER_MAX);
    status = agent_request(cx, vault_path, ASK_KEY, &answer);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx);
        status = STATUS_OK;
        goto out;
    }
    TRY(status);
    if (answer.len == 2 + AGENT_KEY_BYTES) {
        TRY(secret_copy(cx, BYTES(answer.ptr + 2, AGENT_KEY_BYTES), ret));
    }
out:
    buf_finish(&answer);
    return status;
}
