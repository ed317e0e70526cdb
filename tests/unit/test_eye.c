/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what eye.h promises of the running program: parcels, texts, advice, previews and the
 * camera's word come out; a session goes on where it ended; a worker that hangs or dies is replaced
 * and costs one picture; one that is taken over can open nothing, reach nobody and take little
 * memory; hostile pictures, films, cameras and callers end in a word, never in silence.
 *
 * looker_see() is wrapped: a picture that begins with a spell does to its worker what a flaw in a
 * library would.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "encode.h"
#include "eye.h"
#include "fake-camera.h"
#include "look.h"
#include "scene.h"

#include <linux/videodev2.h>

/* ---- spells ------------------------------------------------------------------------------------
 */

enum spell { SPELL_NONE, SPELL_HANG, SPELL_DIE, SPELL_BREAK_OUT, SPELL_EAT };
enum { SPELL_LEN = 8, SIDE = 400 };
static const char spell_words[] = {"\x13spell\x37"};

bool __real_looker_see(struct looker *l, const struct picture *p, bool patient,
                       void (*visit)(void *self, const uint8_t *data, size_t len), void *self,
                       struct look *ret);
bool __wrap_looker_see(struct looker *l, const struct picture *p, bool patient,
                       void (*visit)(void *self, const uint8_t *data, size_t len), void *self,
                       struct look *ret);

/* What a worker that is somebody else's would do. Each that succeeds is told as a letter. */
static void break_out(void (*visit)(void *self, const uint8_t *data, size_t len), void *self)
{
    char told[32] = "out:";
    size_t len = 4;
    const char *const argv[] = {"/bin/true", NULL};
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM) {
        told[len++] = 'o';
    }
    if (open("/tmp/valise-eye-broke-out", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EPERM) {
        told[len++] = 'c';
    }
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM) {
        told[len++] = 's';
    }
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM) {
        told[len++] = 'u';
    }
    if (fork() >= 0 || errno != EPERM) {
        told[len++] = 'f';
    }
    if (execve(argv[0], (char *const *)(uintptr_t)argv, NULL) == 0 || errno != EPERM) {
        told[len++] = 'e';
    }
    if (kill(1, 0) == 0 || errno != EPERM) {
        told[len++] = 'k';
    }
#ifndef VALISE_SANITIZED
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED) {
        told[len++] = 'x';
    }
#endif
    for (int fd = 6; fd < 200; fd++) { /* three pipes are all it has */
        char c = 0;
        if (write(fd, &c, 0) == 0 || errno != EBADF) {
            told[len++] = 'd';
            break;
        }
    }
    visit(self, (const uint8_t *)told, len);
}

static size_t eat(void)
{
    size_t eaten = 0;
    const size_t bite = 1024 * 1024;
    uint8_t *at = NULL;
    while (eaten < 4096 * bite && (at = malloc(bite)) != NULL) {
        memset(at, 1, bite);
        eaten += bite;
    }
    return eaten / bite;
}

bool __wrap_looker_see(struct looker *l, const struct picture *p, bool patient,
                       void (*visit)(void *self, const uint8_t *data, size_t len), void *self,
                       struct look *ret)
{
    char told[32];
    if (memcmp(p->dots, spell_words, sizeof(spell_words) - 1) != 0) {
        return __real_looker_see(l, p, patient, visit, self, ret);
    }
    *ret = (struct look){.codes_read = 1};
    switch (p->dots[SPELL_LEN]) {
    case SPELL_HANG:
        for (volatile int i = 0;; i++) {
        }
    case SPELL_DIE:
        _exit(77);
    case SPELL_BREAK_OUT:
        break_out(visit, self);
        break;
    case SPELL_EAT: {
        int len = snprintf(told, sizeof(told), "ate %zu", eat());
        visit(self, (const uint8_t *)told, (size_t)len);
        break;
    }
    default:
        break;
    }
    return true;
}

/* ---- sessions ----------------------------------------------------------------------------------
 */

struct session {
    struct ctx cx;
    struct machine machine;
    pid_t pid;
    int to, from, film;
    struct buf said; /* all of it, as it came */
    size_t at;
};

static void session_start(struct session *s, enum eye_source source, const struct device *device,
                          unsigned workers)
{
    int in[2], out[2], film[2];
    memset(s, 0, sizeof(*s));
    machine_init(&s->machine, test_seed());
    ctx_init(&s->cx, &s->machine.system);
    buf_init(&s->said, 256U << 20);
    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC) | pipe2(film, O_CLOEXEC), 0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        struct ctx cx;
        const struct eye_options options = {
            .source = source,
            .camera = "/dev/video0",
            .device = device,
            .in = in[0],
            .out = out[1],
            .film = film[0],
            .workers = workers,
        };
        (void)close(in[1]);
        (void)close(out[0]);
        (void)close(film[1]);
        ctx_init(&cx, system_real());
        _exit(eye_run(&cx, &options) == STATUS_OK ? 0 : 1);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    (void)close(film[0]);
    s->to = in[1];
    s->from = out[0];
    s->film = film[1];
}

static void write_all(int fd, const uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, at, len);
        if (wrote < 0 && errno == EPIPE) {
            return;
        }
        assert_true(wrote > 0);
        at += wrote;
        len -= (size_t)wrote;
    }
}

static void tell(struct session *s, enum light_kind kind, bytes body)
{
    struct buf out;
    buf_init(&out, LIGHT_BODY_MAX + LIGHT_HEAD_BYTES);
    check_ok(&s->cx, light_message_write(
                         &s->cx, &(struct light_message){.kind = kind, .body = body}, &out));
    write_all(s->to, out.ptr, out.len);
    buf_finish(&out);
}

/* The next message, false at the end. */
static bool next(struct session *s, struct light_message *ret)
{
    for (;;) {
        uint8_t room[65536];
        size_t used = 0;
        bytes rest = buf_view(&s->said);
        if (s->at > 0) {
            rest = BYTES(rest.ptr + s->at, rest.len - s->at);
        }
        check_ok(&s->cx, light_message_read(&s->cx, rest, ret, &used, NULL));
        if (used > 0) {
            s->at += used;
            return true;
        }
        ssize_t got = read(s->from, room, sizeof(room));
        assert_true(got >= 0);
        if (got == 0) {
            assert_int_equal(s->said.len, s->at); /* nothing is cut short */
            return false;
        }
        check_ok(&s->cx, buf_add(&s->cx, &s->said, BYTES(room, (size_t)got)));
    }
}

/* Waits for one of this kind; what comes before it is passed over. */
static struct light_message await(struct session *s, enum light_kind kind)
{
    struct light_message m;
    while (next(s, &m)) {
        if (m.kind == kind) {
            return m;
        }
    }
    fail_msg("no message of kind %d", (int)kind);
    return m;
}

static int session_end(struct session *s)
{
    int how = 0;
    struct light_message m;
    if (s->film >= 0) {
        (void)close(s->film);
    }
    while (next(s, &m)) {
    }
    assert_int_equal(waitpid(s->pid, &how, 0), s->pid);
    assert_true(WIFEXITED(how));
    (void)close(s->to);
    (void)close(s->from);
    buf_finish(&s->said);
    return WEXITSTATUS(how);
}

static void film_frame(struct session *s, const struct grey *g)
{
    char head[64];
    int len = snprintf(head, sizeof(head), "P5 %u %u 255\n", g->width, g->height);
    write_all(s->film, (const uint8_t *)head, (size_t)len);
    write_all(s->film, g->dots, (size_t)g->width * g->height);
}

static struct grey spell_picture(enum spell spell)
{
    struct grey g = grey_new(SIDE, SIDE);
    memcpy(g.dots, spell_words, sizeof(spell_words));
    g.dots[SPELL_LEN] = (uint8_t)spell;
    return g;
}

/* ---- parcels -----------------------------------------------------------------------------------
 */

struct shower {
    struct fountain *fountain;
    struct buf parcel, symbol;
    struct scene scene;
    uint32_t next;
};

static void shower_start(struct session *s, struct shower *w, size_t len, unsigned version,
                         const struct link_key *key)
{
    struct buf body;
    uint8_t *at = NULL;
    struct fountain_plan plan = {
        .symbol_data = (uint16_t)code_symbol_data(version), .cols = 3, .rows = 2, .key = key};
    memset(w, 0, sizeof(*w));
    uint64_t seed = test_seed();
    buf_init(&w->parcel, 8U << 20);
    buf_init(&w->symbol, SYMBOL_BYTES_MAX);
    buf_init(&body, 8U << 20);
    check_ok(&s->cx, buf_extend(&s->cx, &body, len, &at));
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)dice(&seed);
    }
    memcpy(plan.transfer.b, "transfer", TRANSFER_ID_BYTES);
    check_ok(&s->cx,
             parcel_write(&s->cx, &(struct parcel){.kind = PARCEL_JOIN, .body = buf_view(&body)},
                          &w->parcel));
    check_ok(&s->cx, fountain_new(&s->cx, &plan, buf_view(&w->parcel), &w->fountain));
    scene_fill(&w->scene, 3, 2, version, &seed);
    buf_finish(&body);
}

/* The next picture of the display. */
static void shower_draw(struct session *s, struct shower *w)
{
    for (unsigned cell = 0; cell < w->scene.cells; cell++) {
        buf_clear(&w->symbol);
        check_ok(&s->cx,
                 fountain_symbol(&s->cx, w->fountain, w->next++, (uint8_t)cell, &w->symbol));
        memcpy(w->scene.payload[cell], w->symbol.ptr, w->symbol.len);
        w->scene.len = w->symbol.len;
    }
    scene_draw(&w->scene, 1920, 1080);
}

static void shower_stop(struct shower *w)
{
    fountain_free(&w->fountain);
    buf_finish(&w->parcel);
    buf_finish(&w->symbol);
    scene_free(&w->scene);
}

/* A film of what a camera sees: every other picture of it is spoilt. */
static void show_frames(struct session *s, struct shower *w, struct camera *c, unsigned frames)
{
    struct grey seen = grey_new(1920, 1080);
    for (unsigned i = 0; i < frames; i++) {
        shower_draw(s, w);
        camera_see(c, &w->scene.display, &seen);
        film_frame(s, &seen);
    }
    grey_free(&seen);
}

static struct camera *camera_for_film(void)
{
    uint64_t seed = test_seed();
    const struct camera_level *level = camera_level_named("fair");
    struct camera_pose pose = camera_pose_draw(level, &seed);
    return camera_open(1920, 1080, level, &pose, 1920, 1080, dice(&seed));
}

static void a_film_becomes_the_parcel_that_was_shown(void **state)
{
    struct session s;
    struct shower w;
    struct light_message m;
    unsigned symbols = 0, previews = 0;
    bool arrived = false;
    uint32_t rank = 0;
    struct camera *c = camera_for_film();
    (void)state;
    session_start(&s, EYE_FILM, device_real(), 2);
    shower_start(&s, &w, 20000, 25, NULL);
    show_frames(&s, &w, c, 4);
    (void)close(s.film);
    s.film = -1;
    while (next(&s, &m)) {
        switch ((int)m.kind) {
        case LIGHT_SYMBOL:
            symbols++;
            break;
        case LIGHT_PROGRESS:
            assert_true(m.rank >= rank);
            rank = m.rank;
            assert_int_equal(m.symbols, fountain_symbols(w.fountain));
            break;
        case LIGHT_PARCEL:
            check_bytes(m.body, buf_view(&w.parcel));
            arrived = true;
            break;
        case LIGHT_PREVIEW:
            assert_int_equal(m.width, 320);
            assert_int_equal(m.height, 180);
            assert_int_equal(m.box_count, 6);
            for (int i = 0; i < 6; i++) {
                assert_true(m.boxes[i].read);
                assert_true(m.boxes[i].x[1] > m.boxes[i].x[0] + 40);
            }
            previews++;
            break;
        case LIGHT_CAMERA:
            assert_int_equal(m.width, 1920);
            break;
        case LIGHT_ADVICE:
            assert_int_equal(m.code, LIGHT_ADVICE_NONE);
            break;
        default:
            fail_msg("a message of kind %d", (int)m.kind);
        }
    }
    assert_true(arrived);
    assert_true(previews >= 1);
    assert_int_equal(symbols, fountain_symbols(w.fountain));
    assert_int_equal(rank, fountain_symbols(w.fountain));
    assert_int_equal(session_end(&s), 0);
    shower_stop(&w);
    camera_close(&c);
}

/* The second session knows what the first one saw only by its log. */
static void a_session_goes_on_where_it_ended(void **state)
{
    struct session s;
    struct shower w;
    struct light_message m;
    struct buf log;
    struct camera *c = camera_for_film();
    (void)state;
    buf_init(&log, 1U << 20);
    session_start(&s, EYE_FILM, device_real(), 1);
    shower_start(&s, &w, 30000, 25, NULL); /* 25 symbols: five pictures */
    show_frames(&s, &w, c, 3);
    (void)close(s.film);
    s.film = -1;
    while (next(&s, &m)) {
        assert_int_not_equal(m.kind, LIGHT_PARCEL);
        if (m.kind == LIGHT_SYMBOL) {
            check_ok(&s.cx, reception_log_add(&s.cx, &log, m.body));
        }
    }
    assert_int_equal(session_end(&s), 0);

    bytes rest = buf_view(&log), symbol;
    session_start(&s, EYE_FILM, device_real(), 1);
    while (reception_log_next(&rest, &symbol)) {
        tell(&s, LIGHT_SYMBOL, symbol);
    }
    m = await(&s, LIGHT_PROGRESS);
    assert_true(m.rank > 0);
    show_frames(&s, &w, c, 2);
    (void)close(s.film);
    s.film = -1;
    m = await(&s, LIGHT_PARCEL);
    check_bytes(m.body, buf_view(&w.parcel));
    assert_int_equal(session_end(&s), 0);
    shower_stop(&w);
    buf_finish(&log);
    camera_close(&c);
}

static void pairs_are_read_with_their_key_only(void **state)
{
    struct link_key key = {{7}};
    struct camera *c = camera_for_film();
    (void)state;
    for (int knows = 0; knows < 2; knows++) {
        struct session s;
        struct shower w;
        struct light_message m;
        bool arrived = false, foreign = false;
        session_start(&s, EYE_FILM, device_real(), 1);
        shower_start(&s, &w, 5000, 25, &key);
        if (knows != 0) {
            tell(&s, LIGHT_LINK, BYTES_OF(key.b));
        }
        show_frames(&s, &w, c, 2);
        (void)close(s.film);
        s.film = -1;
        while (next(&s, &m)) {
            arrived = arrived || m.kind == LIGHT_PARCEL;
            foreign = foreign || (m.kind == LIGHT_ERROR && m.code == STATUS_FOREIGN);
        }
        assert_int_equal(arrived, knows != 0);
        assert_int_equal(foreign, knows == 0);
        assert_int_equal(session_end(&s), 0);
        shower_stop(&w);
    }
    camera_close(&c);
}

/* ---- images ------------------------------------------------------------------------------------
 */

static void send_png(struct session *s, const struct grey *g)
{
    size_t len = 0;
    uint8_t *png = png_of(g->dots, g->width, g->height, &len);
    tell(s, LIGHT_IMAGE, BYTES(png, len));
    free(png);
}

static void every_image_has_one_answer(void **state)
{
    struct session s;
    struct light_message m;
    static const char sheet[] = "VALISE-SHEET:0123456789ABCDEF";
    struct grey code = scene_code(sheet, strlen(sheet), 5);
    struct grey empty = grey_new(300, 200);
    (void)state;
    memset(empty.dots, 230, 300 * 200);
    session_start(&s, EYE_PICTURES, device_real(), 2);
    for (int round = 0; round < 3; round++) { /* the same image says the same again */
        send_png(&s, &code);
        assert_true(next(&s, &m));
        assert_int_equal(m.kind, LIGHT_TEXT);
        check_bytes(m.body, BYTES(sheet, strlen(sheet)));
        assert_true(next(&s, &m));
        assert_int_equal(m.kind, LIGHT_ADVICE);
        assert_int_equal(m.code, LIGHT_ADVICE_NONE);
    }
    send_png(&s, &empty);
    assert_true(next(&s, &m));
    assert_int_equal(m.kind, LIGHT_ADVICE);
    assert_int_equal(m.code, LIGHT_ADVICE_NO_CODE);
    static const char *const junk[] = {"", "P5", "GIF89a", "\x89PNG\r\n\x1a\n",
                                       "\xff\xd8\xff\xe0xxxx"};
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        tell(&s, LIGHT_IMAGE, BYTES(junk[i], strlen(junk[i])));
        assert_true(next(&s, &m));
        assert_int_equal(m.kind, LIGHT_ERROR);
        assert_int_equal(m.code, STATUS_MALFORMED);
    }
    static const enum spell bad[] = {SPELL_DIE, SPELL_BREAK_OUT};
    for (size_t i = 0; i < 2; i++) {
        struct grey g = spell_picture(bad[i]);
        send_png(&s, &g);
        grey_free(&g);
        assert_true(next(&s, &m));
        if (bad[i] == SPELL_DIE) {
            assert_int_equal(m.kind, LIGHT_ERROR);
            continue;
        }
        check_bytes(m.body, BYTES("out:", 4));
        assert_true(next(&s, &m));
    }
    for (int i = 0; i < 6; i++) { /* more than there are places, and then the end */
        send_png(&s, &code);
    }
    tell(&s, LIGHT_END, BYTES(NULL, 0));
    unsigned answers = 0;
    while (next(&s, &m)) {
        answers += m.kind == LIGHT_ADVICE;
    }
    assert_int_equal(answers, 6);
    assert_int_equal(session_end(&s), 0);
    grey_free(&code);
    grey_free(&empty);
}

/* ---- workers that fail -------------------------------------------------------------------------
 */

static void a_worker_that_hangs_or_dies_costs_one_picture(void **state)
{
    struct session s;
    struct light_message m;
    unsigned texts = 0;
    (void)state;
    session_start(&s, EYE_FILM, device_real(), 1);
    for (int round = 0; round < 6; round++) {
        char words[32];
        int len = snprintf(words, sizeof(words), "after %d", round);
        struct grey spell = spell_picture(round == 0 ? SPELL_HANG : SPELL_DIE);
        struct grey code = scene_code(words, (size_t)len, 5);
        film_frame(&s, &spell);
        film_frame(&s, &code);
        grey_free(&spell);
        grey_free(&code);
    }
    (void)close(s.film);
    s.film = -1;
    while (next(&s, &m)) {
        texts += m.kind == LIGHT_TEXT;
    }
    assert_int_equal(texts, 6);
    assert_int_equal(session_end(&s), 0);
}

static void workers_that_only_die_end_it_with_a_word(void **state)
{
    struct session s;
    struct light_message m;
    struct grey spell = spell_picture(SPELL_DIE);
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    session_start(&s, EYE_FILM, device_real(), 1);
    for (int i = 0; i < 60; i++) {
        film_frame(&s, &spell);
    }
    m = await(&s, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_UNSAFE);
    assert_int_equal(session_end(&s), 1);
    grey_free(&spell);
}

static void a_worker_that_is_taken_over_gets_nowhere(void **state)
{
    struct session s;
    struct light_message m;
    struct grey out = spell_picture(SPELL_BREAK_OUT), big = spell_picture(SPELL_EAT);
    (void)state;
    session_start(&s, EYE_FILM, device_real(), 2);
    film_frame(&s, &out);
    m = await(&s, LIGHT_TEXT);
    check_bytes(m.body, BYTES("out:", 4)); /* each way out would have left a letter */
    assert_int_equal(access("/tmp/valise-eye-broke-out", F_OK), -1);
#ifndef VALISE_SANITIZED
    film_frame(&s, &big);
    m = await(&s, LIGHT_TEXT);
    assert_true(m.body.len > 4 && memcmp(m.body.ptr, "ate ", 4) == 0);
    char number[8] = "";
    memcpy(number, m.body.ptr + 4, m.body.len - 4 < 7 ? m.body.len - 4 : 7);
    if (strtol(number, NULL, 10) >
        160) { /* 40 MiB, four of the largest pictures, and what this test has free */
        fail_msg("%s MiB", number);
    }
#endif
    assert_int_equal(session_end(&s), 0);
    grey_free(&out);
    grey_free(&big);
}

/* ---- cameras -----------------------------------------------------------------------------------
 */

struct yuyv {
    struct grey seen;
};
static void fill_yuyv(void *self, unsigned number, uint8_t *at, size_t len)
{
    const struct yuyv *y = self;
    (void)number;
    for (size_t i = 0; i < len; i++) {
        at[i] = i % 2 == 0 ? y->seen.dots[i / 2] : 0x80;
    }
}

static void a_camera_is_watched_until_it_is_pulled_out(void **state)
{
    struct session s;
    struct light_message m;
    /* shared with the program: it is pulled out when the test says so */
    struct fake_camera *f =
        mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct yuyv y = {grey_new(640, 480)};
    struct grey code = scene_code("held before a camera", 20, 8);
    (void)state;
    assert_ptr_not_equal(f, MAP_FAILED);
    memset(y.seen.dots, 200, 640 * 480);
    for (unsigned row = 0; row < code.height && row < 480; row++) {
        memcpy(y.seen.dots + row * 640, code.dots + (size_t)row * code.width, code.width);
    }
    fake_camera_init(f);
    f->formats[0] = V4L2_PIX_FMT_YUYV;
    f->width = 640;
    f->height = 480;
    f->fill = fill_yuyv;
    f->fill_self = &y;
    session_start(&s, EYE_CAMERA, &f->device, 1);
    m = await(&s, LIGHT_CAMERA);
    assert_int_equal(m.width, 640);
    assert_int_equal(m.height, 480);
    assert_int_equal(m.rate, 30000);
    m = await(&s, LIGHT_TEXT);
    check_bytes(m.body, BYTES("held before a camera", 20));
    f->gone_after = 0;
    m = await(&s, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_NOT_FOUND);
    assert_non_null(memmem(m.body.ptr, m.body.len, "unplugged", 9));
    assert_int_equal(session_end(&s), 1);
    grey_free(&y.seen);
    grey_free(&code);

    fake_camera_init(f);
    f->open_errno = ENOENT;
    session_start(&s, EYE_CAMERA, &f->device, 1);
    m = await(&s, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_NOT_FOUND);
    assert_int_equal(session_end(&s), 1);
    (void)munmap(f, sizeof(*f));
}

/* ---- the caller --------------------------------------------------------------------------------
 */

static void the_caller_ends_it(void **state)
{
    struct session s;
    struct light_message m;
    (void)state;
    session_start(&s, EYE_FILM, device_real(), 2);
    tell(&s, LIGHT_STOP, BYTES(NULL, 0));
    assert_false(next(&s, &m));
    assert_int_equal(session_end(&s), 0);

    session_start(&s, EYE_PICTURES, device_real(), 2);
    (void)close(s.to);
    s.to = -1;
    assert_false(next(&s, &m));
    assert_int_equal(session_end(&s), 0);

    session_start(&s, EYE_PICTURES, device_real(), 2);
    tell(&s, LIGHT_TITLE, BYTES("x", 1)); /* for the other program */
    m = await(&s, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_USAGE);
    assert_int_equal(session_end(&s), 1);

    session_start(&s, EYE_PICTURES, device_real(), 2);
    write_all(s.to, (const uint8_t *)"\x40\xff\xff\xff\xff", 5); /* 4 GiB of image */
    m = await(&s, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_LIMIT);
    assert_int_equal(session_end(&s), 1);
}

static void a_broken_film_is_told_after_what_was_whole(void **state)
{
    struct session s;
    struct light_message m;
    struct grey code = scene_code("whole", 5, 6);
    (void)state;
    session_start(&s, EYE_FILM, device_real(), 1);
    film_frame(&s, &code);
    write_all(s.film, (const uint8_t *)"P5 100 100 255\nxxx", 18);
    (void)close(s.film);
    s.film = -1;
    m = await(&s, LIGHT_TEXT);
    check_bytes(m.body, BYTES("whole", 5));
    m = await(&s, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_MALFORMED);
    assert_int_equal(session_end(&s), 1);
    grey_free(&code);
}

/* At 1080p every process of it stays below this; its own libraries are 12 of them. */
static void memory_is_bounded(void **state)
{
    struct rusage use;
    (void)state;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &use), 0);
#ifndef VALISE_SANITIZED
    if (use.ru_maxrss > 64 * 1024) {
        fail_msg("%ld KiB", use.ru_maxrss);
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_film_becomes_the_parcel_that_was_shown),
        cmocka_unit_test(a_session_goes_on_where_it_ended),
        cmocka_unit_test(memory_is_bounded), /* after the pictures of 1080p, before the feast */
        cmocka_unit_test(pairs_are_read_with_their_key_only),
        cmocka_unit_test(every_image_has_one_answer),
        cmocka_unit_test(a_worker_that_hangs_or_dies_costs_one_picture),
        cmocka_unit_test(workers_that_only_die_end_it_with_a_word),
        cmocka_unit_test(a_worker_that_is_taken_over_gets_nowhere),
        cmocka_unit_test(a_camera_is_watched_until_it_is_pulled_out),
        cmocka_unit_test(the_caller_ends_it),
        cmocka_unit_test(a_broken_film_is_told_after_what_was_whole),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
