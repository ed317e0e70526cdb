/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what light.h promises: pieces of a folder become a parcel and pieces again, whatever else
 * lies there; whole messages pass both ways with a program that speaks and listens at its own pace,
 * that dies, that does not end, or that says what is no message. The program is this test itself,
 * started under the names of the two: argv[1] says how it behaves.
 */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "light.h"
#include "limits.h"
#include "piece.h"
#include "scratch.h"

/* ---- the program ----------------------------------------------------------------------------- */

static void put(const struct light_message *m)
{
    struct ctx cx;
    struct buf out;
    ctx_init(&cx, system_real());
    buf_init(&out, (size_t)LIGHT_BODY_MAX + 64);
    check_ok(&cx, light_message_write(&cx, m, &out));
    for (size_t done = 0; done < out.len;) {
        ssize_t wrote = write(1, out.ptr + done, out.len - done);
        if (wrote <= 0) {
            _exit(3);
        }
        done += (size_t)wrote;
    }
    buf_finish(&out);
}

/* Speaks at once and much, before it listens: who only talks to it would wait for ever. */
static int echo(void)
{
    struct ctx cx;
    struct buf in;
    static uint8_t noise[1 << 20];
    const struct light_message first = {.kind = LIGHT_TEXT, .body = BYTES(noise, sizeof noise)};
    ctx_init(&cx, system_real());
    buf_init(&in, (size_t)LIGHT_BODY_MAX + 64);
    put(&first);
    while (true) {
        struct light_message m;
        size_t used = 0;
        uint8_t *room = NULL;
        check_ok(&cx, light_message_read(&cx, buf_view(&in), &m, &used, NULL));
        if (used > 0) {
            put(&m);
            memmove(in.ptr, in.ptr + used, in.len - used);
            in.len -= used;
            continue;
        }
        check_ok(&cx, buf_extend(&cx, &in, 65536, &room));
        ssize_t got = read(0, room, 65536);
        in.len -= (size_t)(65536 - (got > 0 ? got : 0));
        if (got <= 0) {
            return 0;
        }
    }
}

static int be_program(const char *how)
{
    if (strcmp(how, "echo") == 0) {
        return echo();
    }
    if (strcmp(how, "garbage") == 0) {
        return write(1, "\xff\xff\xff\xff\xff\xff\xff", 7) == 7 ? (int)pause() : 1;
    }
    if (strcmp(how, "deaf") == 0) { /* not even the end of its input ends it */
        while (true) {
            (void)pause();
        }
    }
    if (strcmp(how, "descriptors") == 0) { /* says which are open */
        uint8_t open_ones[64];
        size_t count = 0;
        for (int fd = 0; fd < 64; fd++) {
            if (fcntl(fd, F_GETFD) >= 0) {
                open_ones[count++] = (uint8_t)fd;
            }
        }
        put(&(struct light_message){.kind = LIGHT_TEXT, .body = BYTES(open_ones, count)});
    }
    return 0;
}

/* ---- conversations --------------------------------------------------------------------------- */

static struct light *start(struct ctx *cx, const char *how, int descriptor)
{
    const char *arguments[] = {how, NULL};
    const struct light_plan plan = {
        .arguments = {NULL, arguments}, .terminal = -1, .film = descriptor};
    struct light *l = NULL;
    check_ok(cx, light_start(cx, &plan, &l));
    return l;
}

static void hear_text(struct ctx *cx, struct light *l, size_t len)
{
    struct light_message m;
    enum light_program from = LIGHT_SHOW;
    bool any = false;
    check_ok(cx, light_hear(cx, l, 5000, &m, &from, &any));
    assert_true(any);
    assert_int_equal(from, LIGHT_EYE);
    assert_int_equal(m.kind, LIGHT_TEXT);
    assert_int_equal(m.body.len, len);
}

static void both_may_speak_at_once(void **state)
{
    (void)state;
    struct ctx cx;
    static uint8_t large[8 << 20];
    ctx_init(&cx, system_real());
    struct light *l = start(&cx, "echo", -1);
    assert_true(light_runs(l, LIGHT_EYE) && !light_runs(l, LIGHT_SHOW));
    for (int i = 0; i < 3; i++) {
        const struct light_message m = {.kind = LIGHT_IMAGE, .body = BYTES(large, sizeof large)};
        check_ok(&cx, light_say(&cx, l, LIGHT_EYE, &m));
    }
    hear_text(&cx, l, 1 << 20);
    for (int i = 0; i < 3; i++) {
        struct light_message m;
        enum light_program from;
        bool any = false;
        check_ok(&cx, light_hear(&cx, l, 5000, &m, &from, &any));
        assert_true(any && m.kind == LIGHT_IMAGE && m.body.len == sizeof large);
    }
    struct light_message none;
    enum light_program from;
    bool any = true;
    check_ok(&cx, light_hear(&cx, l, 50, &none, &from, &any));
    assert_false(any);
    assert_true(light_runs(l, LIGHT_EYE));
    light_stop(&l);
    assert_null(l);
}

static void who_is_gone_is_noticed(void **state)
{
    (void)state;
    struct ctx cx;
    struct light_message m = {.kind = LIGHT_END};
    enum light_program from;
    bool any = true;
    ctx_init(&cx, system_real());
    struct light *l = start(&cx, "nothing", -1);
    check_ok(&cx, light_hear(&cx, l, -1, &m, &from, &any));
    assert_false(any);
    assert_false(light_runs(l, LIGHT_EYE));
    m = (struct light_message){.kind = LIGHT_END};
    enum status status = STATUS_OK;
    for (int i = 0; i < 1000 && status == STATUS_OK; i++) { /* its ends close one by one */
        status = light_say(&cx, l, LIGHT_EYE, &m);
        (void)usleep(1000);
    }
    check_status(&cx, STATUS_CANCELLED, status);
    light_stop(&l);
}

static void garbage_ends_the_program(void **state)
{
    (void)state;
    struct ctx cx;
    struct light_message m;
    enum light_program from;
    bool any = true;
    ctx_init(&cx, system_real());
    struct light *l = start(&cx, "garbage", -1);
    assert_int_not_equal(light_hear(&cx, l, 5000, &m, &from, &any), STATUS_OK);
    assert_false(light_runs(l, LIGHT_EYE));
    light_stop(&l);
}

static void who_does_not_end_is_ended(void **state)
{
    (void)state;
    struct ctx cx;
    ctx_init(&cx, system_real());
    struct light *l = start(&cx, "deaf", -1);
    light_stop(&l);
    assert_null(l);
}

/* Nothing of this process is handed on but what was meant. */
static void only_three_descriptors_go_along(void **state)
{
    (void)state;
    struct ctx cx;
    ctx_init(&cx, system_real());
    int leak = open("/dev/null", O_RDONLY); /* not even one without O_CLOEXEC */
    int film = open("/dev/null", O_RDONLY);
    struct light *l = start(&cx, "descriptors", film);
    hear_text(&cx, l, 4);
    light_stop(&l);
    l = start(&cx, "descriptors", -1);
    hear_text(&cx, l, 3);
    light_stop(&l);
    (void)close(film);
    (void)close(leak);
}

/* ---- folders --------------------------------------------------------------------------------- */

static void put_piece(const char *dir, const char *name, size_t size, uint8_t fill)
{
    uint8_t *data = malloc(size);
    assert_non_null(data);
    memset(data, fill, size);
    scratch_store(scratch_path(dir, name), data, size);
    free(data);
}

static void pieces_become_a_parcel_and_pieces_again(void **state)
{
    (void)state;
    struct ctx cx;
    char dir[SCRATCH_PATH], to[SCRATCH_PATH + 8];
    struct buf out, again;
    struct parcel p;
    size_t pieces = 0;
    ctx_init(&cx, system_real());
    buf_init(&out, PARCEL_BYTES_MAX);
    buf_init(&again, PARCEL_BYTES_MAX);
    scratch_make(dir);
    check_status(&cx, STATUS_NOT_FOUND, light_parcel_of_folder(&cx, dir, &out, &pieces));
    put_piece(dir, "aaaaaaaa.vls", PIECE_SIZE_MEDIUM, 1);
    put_piece(dir, "bbbbbbbb.vls", PIECE_SIZE_SMALL, 2);
    put_piece(dir, "cccccccc.vls", PIECE_SIZE_SMALL, 3);
    put_piece(dir, "dddddddd.vls", 1000, 4);           /* torn */
    put_piece(dir, "report.pdf", PIECE_SIZE_SMALL, 5); /* somebody's */
    assert_int_equal(symlink("aaaaaaaa.vls", scratch_path(dir, "eeeeeeee.vls")), 0);
    check_ok(&cx, light_parcel_of_folder(&cx, dir, &out, &pieces));
    assert_int_equal(pieces, 3);
    check_ok(&cx, parcel_read(&cx, buf_view(&out), &p));
    assert_int_equal(p.small, 2);
    assert_int_equal(p.medium, 1);
    snprintf(to, sizeof to, "%s/to", dir);
    check_ok(&cx, light_parcel_to_folder(&cx, &p, to));
    check_ok(&cx, light_parcel_of_folder(&cx, to, &again, &pieces));
    assert_int_equal(pieces, 3);
    assert_int_equal(again.len, out.len);
    struct parcel q;
    check_ok(&cx, parcel_read(&cx, buf_view(&again), &q));
    unsigned seen = 0;
    for (size_t i = 0; i < 3; i++) {
        seen |= 1U << parcel_piece(&q, i).ptr[100];
    }
    assert_int_equal(seen, 1U << 1 | 1U << 2 | 1U << 3);
    check_ok(&cx, light_folder_clear(&cx, dir));
    assert_false(file_exists(scratch_path(dir, "aaaaaaaa.vls")));
    assert_true(file_exists(scratch_path(dir, "report.pdf")));
    assert_true(file_exists(scratch_path(dir, "dddddddd.vls")));
    check_ok(&cx, light_folder_clear(&cx, scratch_path(dir, "nowhere")));
    buf_finish(&again);
    buf_finish(&out);
    scratch_remove(dir);
}

static void too_much_is_for_a_stick(void **state)
{
    (void)state;
    struct ctx cx;
    char dir[SCRATCH_PATH];
    struct buf out;
    size_t pieces = 0;
    ctx_init(&cx, system_real());
    buf_init(&out, PARCEL_BYTES_MAX);
    scratch_make(dir);
    for (int i = 0; i < 16; i++) {
        char name[16];
        snprintf(name, sizeof name, "aaaaaaa%c.vls", 'a' + i);
        assert_int_equal(truncate(scratch_path(dir, name), 0), -1);
        int fd = open(scratch_path(dir, name), O_CREAT | O_WRONLY, 0600);
        assert_int_equal(ftruncate(fd, PIECE_SIZE_LARGE), 0);
        (void)close(fd);
    }
    assert_int_equal(light_parcel_of_folder(&cx, dir, &out, &pieces), STATUS_LIMIT);
    assert_string_not_equal(cx.fault.hint, "");
    buf_finish(&out);
    scratch_remove(dir);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/') == NULL ? argv[0] : strrchr(argv[0], '/') + 1;
    if (strncmp(name, "valise-", 7) == 0) {
        return argc > 1 ? be_program(argv[1]) : 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_may_speak_at_once),
        cmocka_unit_test(who_is_gone_is_noticed),
        cmocka_unit_test(garbage_ends_the_program),
        cmocka_unit_test(who_does_not_end_is_ended),
        cmocka_unit_test(only_three_descriptors_go_along),
        cmocka_unit_test(pieces_become_a_parcel_and_pieces_again),
        cmocka_unit_test(too_much_is_for_a_stick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
