/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen-terminal: a terminal in its second screen, letter by letter and without echo, until it is
 * given back. Giving back is a write and a tcsetattr(), which a handler of signals may do: so it
 * happens at a crash too. A frame is written between the marks of synchronized output: terminals
 * that know them show it at once, the others ignore them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

static const char enter[] = "\x1b[?1049h\x1b[?25l\x1b[?7l";
static const char leave[] = "\x1b[?2026l\x1b_Ga=d,q=2\x1b\\\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
static const char leave_plain[] = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
static const char frame_begin[] = "\x1b[?2026h", frame_end[] = "\x1b[0m\x1b[?2026l";
enum {
    SENT_MAX = 512,
    QUESTION_MS = 200,
    WORDS_ROWS = 2,
    DOTS_MIN = 3,
    ESCAPE = 27,
    ESCAPE_MS = 50
};

struct screen_of_terminal {
    struct screen screen;
    int fd;
    bool kitty;
    bool words_alone;                             /* in the last view */
    unsigned columns, rows, dots_wide, dots_high; /* as they were drawn last */
    uint8_t sent[SENT_MAX];
    size_t sent_len;
};

/* What a handler of signals needs: one terminal at a time. */
static struct {
    volatile sig_atomic_t fd; /* -1: nothing to give back */
    volatile sig_atomic_t kitty;
    struct termios before;
} given = {.fd = -1};

static void give_back(void)
{
    int fd = given.fd;
    if (fd >= 0) {
        given.fd = -1;
        const char *words = given.kitty != 0 ? leave : leave_plain;
        (void)!write(fd, words, strlen(words));
        (void)tcsetattr(fd, TCSANOW, &given.before);
    }
}

static void on_crash(int number)
{
    give_back();
    (void)raise(number); /* by now it does what it does by itself */
}

static void catch_crashes(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void)sigaction(numbers[i], &action, NULL);
    }
}

static struct screen_of_terminal *own(struct screen *s)
{
    return (struct screen_of_terminal *)s;
}

static bool write_all(int fd, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0 && !screen_signalled()) {
        ssize_t wrote = write(fd, at, len);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        at += wrote > 0 ? wrote : 0;
        len -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* What came within wait_ms is added to `sent`; false at the end of the terminal. */
static bool listen_for(struct screen_of_terminal *t, int wait_ms)
{
    struct pollfd look = {.fd = t->fd, .events = POLLIN};
    if (poll(&look, 1, wait_ms) <= 0 || t->sent_len == SENT_MAX) {
        return true;
    }
    ssize_t got = read(t->fd, t->sent + t->sent_len, SENT_MAX - t->sent_len);
    t->sent_len += got > 0 ? (size_t)got : 0;
    return got > 0 || (got < 0 && errno == EINTR);
}

static bool ask_for_kitty(struct screen_of_terminal *t)
{
    if (!write_all(t->fd, terminal_kitty_question, strlen(terminal_kitty_question))) {
        return false;
    }
    for (int i = 0; i < 10 && !terminal_kitty_answered(BYTES(t->sent, t->sent_len)); i++) {
        (void)listen_for(t, QUESTION_MS / 10);
    }
    bool known = terminal_kitty_answer(BYTES(t->sent, t->sent_len));
    t->sent_len = 0;
    return known;
}

static bool measure(struct screen_of_terminal *t, struct winsize *ret)
{
    *ret = (struct winsize){0};
    return ioctl(t->fd, TIOCGWINSZ, ret) == 0 && ret->ws_col > 0 && ret->ws_row > WORDS_ROWS;
}

/* Pictures need to know how many dots a place has. */
static bool has_dots(const struct screen_of_terminal *t, const struct winsize *size)
{
    return t->kitty && size->ws_xpixel >= size->ws_col && size->ws_ypixel >= size->ws_row;
}

static void room(struct screen *s, unsigned *ret_width, unsigned *ret_height)
{
    struct winsize size;
    *ret_width = *ret_height = 0;
    if (!measure(own(s), &size)) {
        return;
    }
    unsigned rows = size.ws_row - (unsigned)WORDS_ROWS;
    bool dots = has_dots(own(s), &size);
    *ret_width = dots ? size.ws_xpixel : size.ws_col;
    *ret_height = dots ? rows * (size.ws_ypixel / size.ws_row) : rows * 2;
}

static enum status draw_dots(struct ctx *cx, const struct winsize *size, const struct picture *p,
                             bool grey, struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf png;
    buf_init(&png, PNG_FILE_MAX);
    unsigned wide = size->ws_xpixel / size->ws_col, high = size->ws_ypixel / size->ws_row;
    unsigned rows = size->ws_row - (unsigned)WORDS_ROWS;
    unsigned across = size->ws_xpixel / p->width, down = rows * high / p->height;
    unsigned scale = grey ? 1 : across < down ? across : down;
    scale = scale < 1 ? 1 : scale;
    TRY(grey ? png_write_grey(cx, p, &png) : png_write(cx, p, scale, &png));
    unsigned column = (size->ws_col - (p->width * scale + wide - 1) / wide) / 2;
    unsigned row = (rows - (p->height * scale + high - 1) / high) / 2;
    TRY(buf_printf(cx, out, "\x1b[%u;%uH", row > rows ? 1 : row + 1,
                   column > size->ws_col ? 1 : column + 1));
    TRY(terminal_kitty(cx, buf_view(&png), out));
out:
    buf_finish(&png);
    return status;
}

/* What a camera sees is made as small as there is room. */
static enum status draw_camera(struct ctx *cx, struct screen_of_terminal *t,
                               const struct winsize *size, const struct picture *camera,
                               struct buf *out)
{
    enum status status = STATUS_OK;
    struct picture small = {0};
    unsigned width = 0, height = 0;
    room(&t->screen, &width, &height);
    TRY(picture_shrink(cx, camera, width, height, &small));
    if (has_dots(t, size)) {
        TRY(draw_dots(cx, size, &small, true, out));
    } else {
        TRY(terminal_greys(cx, &small, size->ws_col, size->ws_row - WORDS_ROWS, out));
    }
out:
    picture_free(&small);
    return status;
}

static enum status draw_picture(struct ctx *cx, struct screen_of_terminal *t,
                                const struct winsize *size, const struct view *v, struct buf *out)
{
    if (v->canvas == NULL) {
        return draw_camera(cx, t, size, v->camera, out);
    }
    return has_dots(t, size)
               ? draw_dots(cx, size, v->canvas, false, out)
               : terminal_halfblocks(cx, v->canvas, size->ws_col, size->ws_row - WORDS_ROWS, out);
}

/* White everywhere: at the start, after a change of size, and around words. */
static bool cleared(struct screen_of_terminal *t, const struct winsize *size, bool words_alone)
{
    bool same = t->columns == size->ws_col && t->rows == size->ws_row &&
                t->dots_wide == size->ws_xpixel && t->dots_high == size->ws_ypixel &&
                !t->words_alone && !words_alone;
    t->words_alone = words_alone;
    t->columns = size->ws_col;
    t->rows = size->ws_row;
    t->dots_wide = size->ws_xpixel;
    t->dots_high = size->ws_ypixel;
    return same;
}

static enum status draw(struct ctx *cx, struct screen *s, const struct view *v)
{
    enum status status = STATUS_OK;
    struct screen_of_terminal *t = own(s);
    struct winsize size;
    struct buf out;
    buf_init(&out, TERMINAL_BYTES_MAX);
    bool words_alone = v->canvas == NULL && v->camera == NULL;
    if (!measure(t, &size)) {
        goto out; /* too small to be seen: perhaps it grows again */
    }
    TRY(buf_add_text(cx, &out, text_of(frame_begin)));
    if (!cleared(t, &size, words_alone)) {
        TRY(buf_add_text(cx, &out, TEXT("\x1b[48;5;231m\x1b[2J")));
        TRY(buf_add_text(cx, &out, t->kitty ? TEXT("\x1b_Ga=d,q=2\x1b\\") : TEXT("")));
    }
    if (words_alone) {
        size_t lines = v->words->count < size.ws_row ? v->words->count : size.ws_row;
        TRY(terminal_words(cx, v->words, size.ws_col, 1 + (unsigned)(size.ws_row - lines) / 2,
                           &out));
    } else {
        struct words words = *v->words;
        if (words.permille < 0) {
            words_add(&words, " "); /* where the bar would be: white, too */
        }
        TRY(draw_picture(cx, t, &size, v, &out));
        TRY(terminal_words(cx, &words, size.ws_col, size.ws_row - WORDS_ROWS + 1, &out));
    }
    TRY(buf_add_text(cx, &out, text_of(frame_end)));
    if (!write_all(t->fd, out.ptr, out.len)) {
        FAIL(cx, STATUS_IO, "the terminal takes nothing (error %d)", errno);
    }
out:
    buf_finish(&out);
    return status;
}

static int key(struct screen *s, int wait_ms, bool *ret_again)
{
    struct screen_of_terminal *t = own(s);
    struct winsize size;
    size_t used = 0;
    if (t->sent_len == 0 && !listen_for(t, wait_ms)) {
        return 'q';
    }
    if (t->sent_len == 1 && t->sent[0] == ESCAPE) {
        (void)listen_for(t, ESCAPE_MS); /* the rest of an arrow may come late */
    }
    *ret_again = measure(t, &size) && (size.ws_col != t->columns || size.ws_row != t->rows);
    int letter = terminal_key(BYTES(t->sent, t->sent_len), &used);
    memmove(t->sent, t->sent + used, t->sent_len - used);
    t->sent_len -= used;
    return screen_signalled() ? 'q' : letter;
}

static void turn_full(struct screen *s)
{
    (void)s; /* a terminal's size is not ours */
}

static void close_terminal(struct screen *s)
{
    give_back();
    free(own(s));
}

static const struct screen_kind kind = {room, draw, key, turn_full, close_terminal};

static enum status no_terminal(struct ctx *cx, const char *what)
{
    (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "%s", what);
    return fault_hint(cx,
                      "run it on a desktop or in a terminal, or write the codes to a file: --to "
                      "codes.pdf for paper, --to codes.apng for another screen");
}

static enum status take(struct ctx *cx, int fd)
{
    enum status status = STATUS_OK;
    struct termios raw;
    if (tcgetattr(fd, &given.before) != 0) {
        TRY(no_terminal(cx, "there is no terminal to show codes in"));
    }
    raw = given.before;
    cfmakeraw(&raw);
    raw.c_oflag = given.before.c_oflag;
    if (tcsetattr(fd, TCSANOW, &raw) != 0) {
        FAIL(cx, STATUS_IO, "the terminal cannot be set (error %d)", errno);
    }
    given.fd = fd;
    catch_crashes();
out:
    return status;
}

enum status screen_terminal(struct ctx *cx, int fd, struct screen **ret)
{
    enum status status = STATUS_OK;
    struct winsize size;
    void *memory = NULL;
    TRY(mem_new(cx, 1, sizeof(struct screen_of_terminal), &memory));
    struct screen_of_terminal *t = memory;
    t->screen = (struct screen){&kind, 1};
    t->fd = fd;
    if (!measure(t, &size)) {
        TRY(no_terminal(cx, "there is no terminal to show codes in, or one without a size"));
    }
    TRY(take(cx, fd));
    if (!write_all(fd, enter, strlen(enter))) {
        give_back();
        FAIL(cx, STATUS_IO, "the terminal takes nothing (error %d)", errno);
    }
    t->kitty = ask_for_kitty(t);
    given.kitty = t->kitty;
    t->screen.dots_min = has_dots(t, &size) ? DOTS_MIN : 1;
    memory = NULL;
    *ret = &t->screen;
out:
    free(memory);
    return status;
}
