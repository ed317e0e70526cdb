/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's local socket: a file of this user, one framed message each way. The only file of the
 * vault's side that calls socket(); whoever is on the other end must be the same user, which the
 * kernel says. Nobody may make us wait longer than a few seconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "guard-int.h"

enum { MESSAGE_SECONDS = 5, LENGTH_BYTES = 4, BACKLOG = 8 };

static int64_t now_ms(void)
{
    struct timespec t;
    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Readiness until the deadline; 0 on time-out, -1 with errno. */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = deadline_ms - now_ms();
    return poll(&p, 1, left <= 0 ? 0 : (int)left);
}

/* Fills in the address; a path that is too long for one is reached through its open folder. */
static enum status address(struct ctx *cx, const char *path, struct sockaddr_un *ret, int *ret_dir)
{
    enum status status = STATUS_OK;
    struct buf owner;
    const char *dir = NULL;
    const char *slash = strrchr(path, '/');
    buf_init(&owner, PATH_BYTES_MAX);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    *ret_dir = -1;
    int len = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
    if (len >= 0 && (size_t)len < sizeof(ret->sun_path)) {
        goto out;
    }
    TRY(path_folder(cx, &owner, path, &dir));
    *ret_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*ret_dir < 0) {
        status = os_fault(cx, errno, "open", dir);
        goto out;
    }
    len = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", *ret_dir,
                   slash != NULL ? slash + 1 : path);
    if (len < 0 || (size_t)len >= sizeof(ret->sun_path)) {
        FAIL(cx, STATUS_LIMIT, "the name of '%s' is too long for a socket", path);
    }
out:
    buf_finish(&owner);
    return status;
}

static bool is_same_user(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof(peer) &&
           peer.uid == geteuid();
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Removes what a listener that is gone left behind; nothing else is touched. */
static enum status clear_stale(struct ctx *cx, const char *path, const struct sockaddr_un *to)
{
    enum status status = STATUS_OK;
    struct stat info;
    if (lstat(path, &info) != 0) {
        return STATUS_OK;
    }
    if (!S_ISSOCK(info.st_mode)) {
        FAIL(cx, STATUS_EXISTS, "'%s' is there and is not a socket", path);
    }
    int fd = new_socket();
    if (fd < 0) {
        return os_fault(cx, errno, "make a socket for", path);
    }
    int rc = connect(fd, (const struct sockaddr *)to, sizeof(*to));
    int error = errno;
    (void)close(fd);
    if (rc == 0 || error != ECONNREFUSED) {
        FAIL(cx, STATUS_BUSY, "another process listens at '%s'", path);
    }
    status = file_remove(cx, path);
out:
    return status;
}

enum status local_listen(struct ctx *cx, const char *path, int *ret_fd)
{
    enum status status = STATUS_OK;
    struct sockaddr_un to;
    int dir = -1;
    int fd = -1;
    *ret_fd = -1;
    TRY(address(cx, path, &to, &dir));
    TRY(clear_stale(cx, path, &to));
    fd = new_socket();
    if (fd < 0) {
        status = os_fault(cx, errno, "make a socket for", path);
        goto out;
    }
    mode_t mask = umask(0177); /* made as 0600, not made and then changed */
    int rc = bind(fd, (const struct sockaddr *)&to, sizeof(to));
    int error = errno;
    (void)umask(mask);
    if (rc != 0 || listen(fd, BACKLOG) != 0) {
        status = os_fault(cx, rc != 0 ? error : errno, "listen at", path);
        goto out;
    }
    *ret_fd = fd;
    fd = -1;
out:
    local_close(&fd);
    local_close(&dir);
    return status;
}

enum status local_accept(struct ctx *cx, int fd, int timeout_seconds, int *ret_fd)
{
    int64_t deadline = now_ms() + (int64_t)timeout_seconds * 1000;
    *ret_fd = -1;
    for (;;) {
        int ready = wait_for(fd, POLLIN, deadline);
        if (ready == 0 || (ready < 0 && errno == EINTR)) {
            return STATUS_OK; /* a signal: the caller looks why */
        }
        int got = ready < 0 ? -1 : accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (got >= 0 && is_same_user(got)) {
            *ret_fd = got;
            return STATUS_OK;
        }
        int error = errno;
        if (got >= 0) {
            (void)close(got); /* somebody else */
        } else if (error != EAGAIN && error != EINTR && error != ECONNABORTED) {
            return os_fault(cx, error, "accept at", "the agent's socket");
        }
    }
}

enum status local_connect(struct ctx *cx, const char *path, int *ret_fd)
{
    enum status status = STATUS_OK;
    struct sockaddr_un to;
    int dir = -1;
    int fd = -1;
    *ret_fd = -1;
    TRY(address(cx, path, &to, &dir));
    fd = new_socket();
    if (fd < 0) {
        status = os_fault(cx, errno, "make a socket for", path);
        goto out;
    }
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
            FAIL(cx, STATUS_NOT_FOUND, "nobody listens at '%s'", path);
        }
        status = os_fault(cx, errno, "connect to", path);
        goto out;
    }
    if (!is_same_user(fd)) {
        FAIL(cx, STATUS_UNSAFE, "another user listens at '%s'", path);
    }
    *ret_fd = fd;
    fd = -1;
out:
    local_close(&fd);
    local_close(&dir);
    return status;
}

static enum status wait_turn(struct ctx *cx, int fd, short events, int64_t deadline)
{
    enum status status = STATUS_OK;
    int ready = 0;
    do {
        ready = wait_for(fd, events, deadline);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) {
        return os_fault(cx, errno, "talk to", "the agent");
    }
    if (ready == 0) {
        FAIL(cx, STATUS_IO, "no answer from the other process within %d seconds", MESSAGE_SECONDS);
    }
out:
    return status;
}

static enum status send_all(struct ctx *cx, int fd, bytes data, int64_t deadline)
{
    enum status status = STATUS_OK;
    size_t done = 0;
    while (done < data.len) {
        TRY(wait_turn(cx, fd, POLLOUT, deadline));
        ssize_t sent = send(fd, data.ptr + done, data.len - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            status = os_fault(cx, errno, "send to", "the other process");
            goto out;
        }
        done += sent > 0 ? (size_t)sent : 0;
    }
out:
    return status;
}

static enum status receive_all(struct ctx *cx, int fd, uint8_t *out, size_t len, int64_t deadline)
{
    enum status status = STATUS_OK;
    size_t done = 0;
    while (done < len) {
        TRY(wait_turn(cx, fd, POLLIN, deadline));
        ssize_t got = recv(fd, out + done, len - done, 0);
        if (got == 0) {
            FAIL(cx, STATUS_IO, "the other process hung up");
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            status = os_fault(cx, errno, "receive from", "the other process");
            goto out;
        }
        done += got > 0 ? (size_t)got : 0;
    }
out:
    return status;
}

enum status local_send(struct ctx *cx, int fd, bytes message)
{
    enum status status = STATUS_OK;
    uint8_t length[LENGTH_BYTES];
    int64_t deadline = now_ms() + MESSAGE_SECONDS * 1000;
    if (message.len > UINT32_MAX) {
        FAIL(cx, STATUS_LIMIT, "a message of %zu bytes", message.len);
    }
    put_u32le(length, (uint32_t)message.len);
    TRY(send_all(cx, fd, BYTES_OF(length), deadline));
    TRY(send_all(cx, fd, message, deadline));
out:
    return status;
}

enum status local_receive(struct ctx *cx, int fd, size_t max, struct buf *ret)
{
    enum status status = STATUS_OK;
    uint8_t length[LENGTH_BYTES];
    uint8_t *to = NULL;
    size_t before = ret->len;
    int64_t deadline = now_ms() + MESSAGE_SECONDS * 1000;
    TRY(receive_all(cx, fd, length, sizeof(length), deadline));
    size_t len = get_u32le(length);
    if (len > max) {
        FAIL(cx, STATUS_LIMIT, "a message of %zu bytes, at most %zu are taken", len, max);
    }
    TRY(buf_extend(cx, ret, len, &to));
    status = receive_all(cx, fd, to, len, deadline);
    if (status != STATUS_OK) {
        wipe(to, len);
        ret->len = before;
    }
out:
    return status;
}

enum status local_end(struct ctx *cx, const char *path, bytes request, int wait_ms)
{
    enum status status = STATUS_OK;
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);
    uint8_t length[LENGTH_BYTES];
    int fd = -1;
    TRY(local_connect(cx, path, &fd));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.pid <= 1 ||
        peer.uid != geteuid()) {
        FAIL(cx, STATUS_UNSAFE, "the kernel does not say who listens at '%s'", path);
    }
    put_u32le(length, (uint32_t)request.len);
    /* a fresh socket takes these few bytes at once, or the other side is past asking */
    if (send(fd, length, sizeof(length), MSG_NOSIGNAL | MSG_MORE) == (ssize_t)sizeof(length) &&
        send(fd, request.ptr, request.len, MSG_NOSIGNAL) == (ssize_t)request.len) {
        (void)wait_for(fd, POLLIN, now_ms() + wait_ms);
    }
    if (kill(peer.pid, SIGKILL) != 0 && errno != ESRCH) {
        status = os_fault(cx, errno, "end", "the agent");
    }
out:
    local_close(&fd);
    return status;
}

void local_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}
