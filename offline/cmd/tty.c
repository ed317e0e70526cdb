/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty: questions to the person at the terminal, and lines from descriptors a script opened.
 *
 * Secrets go from the descriptor straight into the locked arena. While the echo is off, a signal
 * puts the terminal right before it ends the process; that needs the one static of this room: a
 * signal handler has no other way to know the terminal.
 */
#include "cmd-int.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct {
    volatile sig_atomic_t active; /* the terminal's echo is off */
    int fd;
    struct termios saved;
} echo;

static void on_signal(int number)
{
    if (echo.active) {
        (void)tcsetattr(echo.fd, TCSANOW, &echo.saved);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number); /* an open transaction is rolled back by the next opener */
}

void tty_signals(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    (void)sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = SA_NODEFER;
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        MUST(sigaction(ending[i], &action, NULL) == 0);
    }
    action.sa_handler = SIG_IGN;
    MUST(sigaction(SIGPIPE, &action, NULL) == 0);
}

static void echo_off(int fd)
{
    struct termios quiet;

    if (tcgetattr(fd, &echo.saved) != 0) {
        return;
    }
    echo.fd = fd;
    quiet = echo.saved;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    quiet.c_lflag |= ECHONL | ICANON;
    echo.active = 1;
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
}

static void echo_on(void)
{
    if (echo.active) {
        (void)tcsetattr(echo.fd, TCSANOW, &echo.saved);
        echo.active = 0;
    }
}

/* One line, a byte at a time so that the next reader of the descriptor finds the next line. */
static enum status line_read(struct session *s, int fd, uint8_t *into, size_t max, size_t *ret_len,
                             bool *ret_any)
{
    enum status status = STATUS_OK;
    size_t len = 0;
    uint8_t byte = 0;

    *ret_any = false;
    for (;;) {
        ssize_t n = read(fd, &byte, 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            FAIL(s->cx, STATUS_IO, "descriptor %d cannot be read: %s", fd, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        *ret_any = true;
        if (byte == '\n') {
            break;
        }
        if (len == max) {
            FAIL(s->cx, STATUS_LIMIT, "more than %zu bytes in one line", max);
        }
        into[len++] = byte;
    }
    if (len > 0 && into[len - 1] == '\r') {
        len--;
    }
    *ret_len = len;
out:
    wipe(&byte, sizeof byte);
    return status;
}

static enum status secret_line(struct session *s, int fd, struct secret **ret, bool *ret_any)
{
    enum status status = STATUS_OK;
    struct secret *room = NULL;
    size_t len = 0;

    TRY(secret_new(s->cx, SECRET_BYTES_MAX, &room));
    TRY(line_read(s, fd, secret_ptr(room), SECRET_BYTES_MAX, &len, ret_any));
    TRY(secret_copy(s->cx, BYTES(secret_ptr(room), len), ret));
out:
    secret_free(&room);
    return status;
}

enum status fd_read_secret(struct session *s, int fd, const char *what, struct secret **ret)
{
    enum status status = STATUS_OK;
    struct secret *got = NULL;
    bool any = false;

    TRY(secret_line(s, fd, &got, &any));
    if (!any) {
        FAIL(s->cx, STATUS_USAGE, "descriptor %d holds no line for the %s", fd, what);
    }
    *ret = got;
    got = NULL;
out:
    secret_free(&got);
    return status;
}

enum status tty_ask_secret(struct session *s, const char *prompt, struct secret **ret)
{
    enum status status = STATUS_OK;
    struct secret *got = NULL;
    bool any = false;

    if (s->tty < 0) {
        FAIL(s->cx, STATUS_LOCKED, "there is no terminal to ask for the %s", prompt);
    }
    echo_off(s->tty); /* before the question: nobody is faster than this */
    out_prompt(&s->out, s->tty, "%s: ", prompt);
    status = secret_line(s, s->tty, &got, &any);
    echo_on();
    TRY(status);
    if (!any) {
        FAIL(s->cx, STATUS_CANCELLED, "no answer to '%s'", prompt);
    }
    *ret = got;
    got = NULL;
out:
    secret_free(&got);
    return status;
}

enum status tty_ask_line(struct session *s, const char *prompt, struct buf *ret)
{
    enum status status = STATUS_OK;
    uint8_t line[TYPED_BYTES_MAX];
    size_t len = 0;
    bool any = false;

    if (s->tty < 0) {
        FAIL(s->cx, STATUS_UNVERIFIED, "there is no terminal to ask: %s", prompt);
    }
    out_prompt(&s->out, s->tty, "%s: ", prompt);
    TRY(line_read(s, s->tty, line, sizeof line, &len, &any));
    if (!any) {
        FAIL(s->cx, STATUS_CANCELLED, "no answer to '%s'", prompt);
    }
    if (!utf8_valid(BYTES(line, len))) {
        FAIL(s->cx, STATUS_USAGE, "the answer is not UTF-8");
    }
    TRY(buf_add(s->cx, ret, BYTES(line, len)));
out:
    wipe(line, sizeof line);
    return status;
}

static enum status passphrase_fits(struct session *s, const struct secret *passphrase)
{
    enum status status = STATUS_OK;
    size_t len = secret_view(passphrase).len;

    if (len == 0) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "the passphrase is empty");
        (void)fault_hint(s->cx, "`valise init --generate` makes one of seven words");
        goto out;
    }
    if (len > PASSPHRASE_BYTES_MAX) {
        FAIL(s->cx, STATUS_LIMIT, "a passphrase over %d bytes", (int)PASSPHRASE_BYTES_MAX);
    }
    if (len < 12) {
        out_warn(&s->out, "the passphrase is short; who takes this machine can guess it. "
                          "Seven random words last: --generate");
    }
out:
    return status;
}

enum status passphrase_ask_new(struct session *s, int fd, struct secret **ret)
{
    enum status status = STATUS_OK;
    struct secret *first = NULL;
    struct secret *again = NULL;

    if (fd >= 0) {
        TRY(fd_read_secret(s, fd, "new passphrase", &first));
        TRY(passphrase_fits(s, first));
    } else {
        TRY(tty_ask_secret(s, "new passphrase", &first));
        TRY(passphrase_fits(s, first));
        TRY(tty_ask_secret(s, "new passphrase again", &again));
        if (!bytes_equal(secret_view(first), secret_view(again))) {
            FAIL(s->cx, STATUS_USAGE, "the two passphrases differ");
        }
    }
    *ret = first;
    first = NULL;
out:
    secret_free(&first);
    secret_free(&again);
    return status;
}
