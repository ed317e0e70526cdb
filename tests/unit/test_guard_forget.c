/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what guard.h promises of forgetting: the old bytes of a replaced or shredded file are
 * overwritten where they lay, what a crash left is found, who holds a lock or listens is ended even
 * when it hangs, and a jailed process can do nothing but compute.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard-int.h"
#include "scratch.h"

struct fixture {
    struct ctx cx;
    struct machine machine;
    char dir[SCRATCH_PATH];
};

static const char old_text[] = "the old slots of a key header, which nobody may read again";

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    machine_init(&f->machine, test_seed());
    ctx_init(&f->cx, &f->machine.system);
    scratch_make(f->dir);
    *state = f;
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    scratch_remove(f->dir);
    free(f);
    return 0;
}

static void write_old(struct fixture *f, const char *name)
{
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, name), BYTES_OF(old_text), true));
}

/* What an open descriptor of the old file sees of it now. */
static void expect_overwritten(int fd)
{
    char now[sizeof(old_text)];
    assert_int_equal(pread(fd, now, sizeof(now), 0), sizeof(now));
    assert_memory_not_equal(now, old_text, sizeof(now));
    for (size_t i = 0; i + 8 <= sizeof(now); i++) {
        assert_null(memmem(now, sizeof(now), old_text + i, 8));
    }
    (void)close(fd);
}

static void replaced_file_is_overwritten(void **state)
{
    struct fixture *f = *state;
    struct buf got;
    buf_init(&got, 64);
    write_old(f, "header");
    const char *path = scratch_path(f->dir, "header");
    int fd = open(path, O_RDONLY);
    check_ok(&f->cx, file_replace(&f->cx, path, BYTES("new", 3)));
    expect_overwritten(fd);
    check_ok(&f->cx, file_read(&f->cx, path, 64, &got));
    check_bytes(buf_view(&got), BYTES("new", 3));
    assert_false(file_exists(scratch_path(f->dir, "header" FILE_OLD_SUFFIX)));
    check_ok(&f->cx, file_remove(&f->cx, scratch_path(f->dir, "header")));
    check_ok(&f->cx, file_replace(&f->cx, scratch_path(f->dir, "header"), BYTES("x", 1)));
    buf_finish(&got);
}

/* Before the rename both names are one file, behind it the second name is the old file alone. */
static void what_a_crash_left_is_found(void **state)
{
    struct fixture *f = *state;
    char path[SCRATCH_PATH], old[SCRATCH_PATH];
    struct buf got;
    buf_init(&got, 256);
    snprintf(path, sizeof path, "%s", scratch_path(f->dir, "header"));
    snprintf(old, sizeof old, "%s", scratch_path(f->dir, "header" FILE_OLD_SUFFIX));
    write_old(f, "header");
    assert_int_equal(link(path, old), 0);
    check_ok(&f->cx, file_shred(&f->cx, old));
    assert_false(file_exists(old));
    check_ok(&f->cx, file_read(&f->cx, path, 256, &got));
    check_bytes(buf_view(&got), BYTES_OF(old_text));

    write_old(f, "header" FILE_OLD_SUFFIX);
    int fd = open(old, O_RDONLY);
    check_ok(&f->cx, file_replace(&f->cx, path, BYTES("new", 3)));
    assert_false(file_exists(old));
    expect_overwritten(fd);
    buf_finish(&got);
}

static void shredding_takes_every_name_when_asked(void **state)
{
    struct fixture *f = *state;
    write_old(f, "a");
    char a[SCRATCH_PATH];
    snprintf(a, sizeof a, "%s", scratch_path(f->dir, "a"));
    assert_int_equal(link(a, scratch_path(f->dir, "b")), 0);
    check_ok(&f->cx, file_overwrite(&f->cx, a));
    expect_overwritten(open(scratch_path(f->dir, "b"), O_RDONLY));
    check_ok(&f->cx, file_overwrite(&f->cx, scratch_path(f->dir, "none")));
    check_ok(&f->cx, file_shred(&f->cx, scratch_path(f->dir, "none")));
    assert_int_equal(symlink(a, scratch_path(f->dir, "link")), 0);
    assert_int_not_equal(file_overwrite(&f->cx, scratch_path(f->dir, "link")), STATUS_OK);
    fault_clear(&f->cx);
    check_ok(&f->cx, file_shred(&f->cx, scratch_path(f->dir, "link"))); /* the link alone */
    assert_true(file_exists(a));
}

/* ---- ending others ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A child does the work, says so, and hangs. */
static pid_t hang_after(struct fixture *f, void (*work)(struct fixture *f))
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        work(f);
        (void)!write(ready[1], "r", 1);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return child;
}

static void expect_killed(pid_t child)
{
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
}

static void take_lock(struct fixture *f)
{
    int fd = -1;
    if (file_lock(&f->cx, scratch_path(f->dir, "lock"), &fd) != STATUS_OK) {
        _exit(1);
    }
}

static void holder_of_a_lock_is_ended(void **state)
{
    struct fixture *f = *state;
    assert_true(file_lock_end_holder(scratch_path(f->dir, "lock"), 200)); /* nobody ever */
    pid_t child = hang_after(f, take_lock);
    assert_true(file_lock_end_holder(scratch_path(f->dir, "lock"), 500));
    expect_killed(child);
    assert_true(file_lock_end_holder(scratch_path(f->dir, "lock"), 200));
}

static void listen_here(struct fixture *f)
{
    int fd = -1;
    if (local_listen(&f->cx, scratch_path(f->dir, "agent"), &fd) != STATUS_OK) {
        _exit(1);
    }
}

static void listener_that_hangs_is_ended(void **state)
{
    struct fixture *f = *state;
    const char *path = scratch_path(f->dir, "agent");
    check_status(&f->cx, STATUS_NOT_FOUND, local_end(&f->cx, path, BYTES("x", 1), 100));
    pid_t child = hang_after(f, listen_here);
    int64_t started = now_ms();
    check_ok(&f->cx, local_end(&f->cx, scratch_path(f->dir, "agent"), BYTES("x", 1), 100));
    assert_true(now_ms() - started < 1000);
    expect_killed(child);
}

/* ---- the jail ---- */

#define NEED(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "child: '%s' at line %d, errno %d\n", #cond, __LINE__, errno);         \
            return (__LINE__ & 0x7f) | 0x80;                                                       \
        }                                                                                          \
    } while (0)

static int probe_jail(struct fixture *f)
{
    const char *path = scratch_path(f->dir, "file");
    NEED(guard_jail(&f->cx, 64 << 20, 5) == STATUS_OK);
    NEED(open(path, O_RDONLY) == -1 && errno == EPERM);
    NEED(open(path, O_WRONLY | O_CREAT, 0600) == -1 && errno == EPERM);
    NEED(open("/etc/passwd", O_RDONLY) == -1 && errno == EPERM);
    NEED(unlink(path) == -1 && errno == EPERM);
    NEED(socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == EPERM);
    NEED(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
    NEED(fork() == -1 && errno == EPERM);
    NEED(kill(getppid(), 0) == -1);
    NEED(execl("/bin/true", "true", (char *)NULL) == -1 && errno == EPERM);
#ifndef VALISE_SANITIZED
    NEED(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
         MAP_FAILED);
    NEED(malloc(256 << 20) == NULL);
#endif
    void *p = malloc(1 << 20);
    NEED(p != NULL);
    free(p);
    return 0;
}

static int spin(struct fixture *f)
{
    NEED(guard_jail(&f->cx, 64 << 20, 1) == STATUS_OK);
    for (volatile unsigned i = 0;; i++) {
    }
    return 0;
}

static int end_of(struct fixture *f, int (*work)(struct fixture *f))
{
    int how = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(work(f));
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    return how;
}

static void jailed_process_computes_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    write_old(f, "file");
    int how = end_of(f, probe_jail);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    how = end_of(f, spin);
    assert_true(WIFSIGNALED(how) && (WTERMSIG(how) == SIGKILL || WTERMSIG(how) == SIGXCPU));
}

#define FORGET_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGET_TEST(replaced_file_is_overwritten),
        FORGET_TEST(what_a_crash_left_is_found),
        FORGET_TEST(shredding_takes_every_name_when_asked),
        FORGET_TEST(holder_of_a_lock_is_ended),
        FORGET_TEST(listener_that_hangs_is_ended),
        FORGET_TEST(jailed_process_computes_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
