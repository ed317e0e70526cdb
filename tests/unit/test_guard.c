/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what guard.h promises: files whole or not at all, links and pipes refused, one holder of a
 * lock, a local socket for one user, and a hardened process that still works but can no longer
 * reach the network, other programs, other processes or other folders.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "guard-int.h"
#include "scratch.h"

struct fixture {
    struct ctx cx;
    struct machine machine;
    char dir[SCRATCH_PATH];
};

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

static enum status count_one(void *self, struct ctx *cx, const struct folder_entry *e)
{
    (void)cx;
    (void)e;
    ++*(size_t *)self;
    return STATUS_OK;
}

static size_t count_files(struct fixture *f)
{
    size_t count = 0;
    check_ok(&f->cx, folder_list(&f->cx, f->dir, count_one, &count));
    return count;
}

/* A child does the work, so that limits and filters die with it; it exits 0 when all was well. */
static void in_child(struct fixture *f, int (*work)(struct fixture *f))
{
    int how = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(work(f));
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
        print_error("child: %s %d\n", WIFEXITED(how) ? "line" : "signal",
                    WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how));
    }
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* An exit code has 8 bits: enough to find the line. */
#define NEED(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "child: '%s' at line %d, errno %d\n", #cond, __LINE__, errno);         \
            return (__LINE__ & 0x7f) | 0x80;                                                       \
        }                                                                                          \
    } while (0)

/* ---- files ---- */

static void written_file_reads_back(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, 1, 4096, 65536, 65537, 300001};
    const char *path = scratch_path(f->dir, "file");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct buf data;
        struct buf got;
        struct stat info;
        uint8_t *fill = NULL;
        buf_init(&data, 1 << 20);
        buf_init(&got, 1 << 20);
        check_ok(&f->cx, buf_extend(&f->cx, &data, sizes[i], &fill));
        machine_fill(&f->machine, fill, sizes[i]);
        check_ok(&f->cx, file_write(&f->cx, path, buf_view(&data), true));
        check_ok(&f->cx, file_read(&f->cx, path, sizes[i], &got));
        check_bytes(buf_view(&got), buf_view(&data));
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
        buf_clear(&got);
        if (sizes[i] > 0) {
            check_status(&f->cx, STATUS_LIMIT, file_read(&f->cx, path, sizes[i] - 1, &got));
            check_ok(&f->cx, file_read_start(&f->cx, path, 1, &got));
            check_bytes(buf_view(&got), BYTES(data.ptr, 1));
        }
        buf_finish(&data);
        buf_finish(&got);
    }
    assert_int_equal(count_files(f), 1); /* nothing temporary stays */
}

static void existing_file_is_replaced_only_when_asked(void **state)
{
    struct fixture *f = *state;
    const char *path = scratch_path(f->dir, "file");
    struct buf got;
    buf_init(&got, 16);
    check_ok(&f->cx, file_write(&f->cx, path, BYTES("one", 3), false));
    check_status(&f->cx, STATUS_EXISTS, file_write(&f->cx, path, BYTES("two", 3), false));
    check_ok(&f->cx, file_read(&f->cx, path, 16, &got));
    check_bytes(buf_view(&got), BYTES("one", 3));
    check_ok(&f->cx, file_write(&f->cx, path, BYTES("two", 3), true));
    buf_clear(&got);
    check_ok(&f->cx, file_read(&f->cx, path, 16, &got));
    check_bytes(buf_view(&got), BYTES("two", 3));
    buf_finish(&got);
    assert_int_equal(count_files(f), 1);
}

static void only_regular_files_are_read(void **state)
{
    struct fixture *f = *state;
    struct buf got;
    buf_init(&got, 64);
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, "file"), BYTES("one", 3), false));
    assert_int_equal(symlink("file", scratch_path(f->dir, "link")), 0);
    assert_int_equal(mkfifo(scratch_path(f->dir, "pipe"), 0600), 0);
    check_status(&f->cx, STATUS_UNSAFE, file_read(&f->cx, scratch_path(f->dir, "link"), 64, &got));
    check_status(&f->cx, STATUS_UNSAFE, file_read(&f->cx, scratch_path(f->dir, "pipe"), 64, &got));
    check_status(&f->cx, STATUS_UNSAFE, file_read(&f->cx, f->dir, 64, &got));
    check_status(&f->cx, STATUS_UNSAFE, file_read(&f->cx, "/dev/zero", 64, &got));
    check_status(&f->cx, STATUS_NOT_FOUND,
                 file_read(&f->cx, scratch_path(f->dir, "none"), 64, &got));
    assert_int_equal(got.len, 0);
    /* a link is replaced, not followed */
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, "link"), BYTES("two", 3), true));
    check_ok(&f->cx, file_read(&f->cx, scratch_path(f->dir, "file"), 64, &got));
    check_bytes(buf_view(&got), BYTES("one", 3));
    buf_finish(&got);
}

static int write_past_the_limit(struct fixture *f)
{
    static const uint8_t data[5000];
    const struct rlimit small = {1000, 1000};
    signal(SIGXFSZ, SIG_IGN);
    NEED(setrlimit(RLIMIT_FSIZE, &small) == 0);
    NEED(file_write(&f->cx, scratch_path(f->dir, "file"), BYTES_OF(data), true) == STATUS_FULL);
    NEED(f->cx.fault.hint[0] != '\0');
    return 0;
}

static void file_that_does_not_fit_leaves_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct buf got;
    buf_init(&got, 64);
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, "file"), BYTES("old", 3), true));
    in_child(f, write_past_the_limit);
    check_ok(&f->cx, file_read(&f->cx, scratch_path(f->dir, "file"), 64, &got));
    check_bytes(buf_view(&got), BYTES("old", 3));
    assert_int_equal(count_files(f), 1);
    buf_finish(&got);
}

static void removing_moving_looking(void **state)
{
    struct fixture *f = *state;
    struct file_info info;
    const char *from = scratch_path(f->dir, "from");
    const char *to = scratch_path(f->dir, "to");
    check_status(&f->cx, STATUS_NOT_FOUND, file_look(&f->cx, from, &info));
    check_status(&f->cx, STATUS_NOT_FOUND, file_move(&f->cx, from, to));
    check_ok(&f->cx, file_remove(&f->cx, from));
    check_ok(&f->cx, file_write(&f->cx, from, BYTES("abc", 3), false));
    check_ok(&f->cx, file_look(&f->cx, from, &info));
    assert_int_equal(info.kind, FILE_REGULAR);
    assert_int_equal(info.size, 3);
    check_ok(&f->cx, file_move(&f->cx, from, to));
    assert_false(file_exists(from));
    assert_true(file_exists(to));
    assert_int_equal(symlink("nowhere", from), 0);
    assert_true(file_exists(from));
    check_ok(&f->cx, file_remove(&f->cx, to));
    assert_false(file_exists(to));
    assert_true(file_space(f->dir) > 0);
    assert_true(file_space("/no/such/folder") == UINT64_MAX);
}

struct listing {
    char names[256];
    enum file_kind kinds[8];
    size_t count;
};

static enum status note(void *self, struct ctx *cx, const struct folder_entry *e)
{
    struct listing *l = self;
    size_t len = strlen(l->names);
    snprintf(l->names + len, sizeof(l->names) - len, "%s ", e->name);
    l->kinds[l->count++] = e->kind;
    return l->count == 5 ? fault_set(cx, STATUS_CANCELLED, __FILE__, __LINE__, "enough")
                         : STATUS_OK;
}

static void folder_is_listed_in_name_order(void **state)
{
    struct fixture *f = *state;
    struct listing l = {0};
    check_ok(&f->cx, folder_make(&f->cx, scratch_path(f->dir, "b-folder")));
    check_ok(&f->cx, folder_make(&f->cx, scratch_path(f->dir, "b-folder")));
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, "d"), BYTES("x", 1), false));
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, "a"), BYTES("x", 1), false));
    check_status(&f->cx, STATUS_EXISTS, folder_make(&f->cx, scratch_path(f->dir, "a")));
    check_status(&f->cx, STATUS_NOT_FOUND, folder_make(&f->cx, scratch_path(f->dir, "x/y")));
    assert_int_equal(symlink("a", scratch_path(f->dir, "C")), 0);
    check_ok(&f->cx, folder_list(&f->cx, f->dir, note, &l));
    assert_string_equal(l.names, "C a b-folder d ");
    assert_int_equal(l.kinds[0], FILE_LINK);
    assert_int_equal(l.kinds[1], FILE_REGULAR);
    assert_int_equal(l.kinds[2], FILE_FOLDER);
    check_status(&f->cx, STATUS_CANCELLED, folder_list(&f->cx, f->dir, note, &l));
    check_status(&f->cx, STATUS_NOT_FOUND,
                 folder_list(&f->cx, scratch_path(f->dir, "none"), note, &l));
}

static int take_lock(struct fixture *f)
{
    int fd = -1;
    NEED(file_lock(&f->cx, scratch_path(f->dir, "lock"), &fd) == STATUS_BUSY);
    NEED(fd == -1);
    char pid[32];
    snprintf(pid, sizeof(pid), "process %ld", (long)getppid());
    NEED(strstr(f->cx.fault.what, pid) != NULL);
    return 0;
}

static int die_with_lock(struct fixture *f)
{
    int fd = -1;
    NEED(file_lock(&f->cx, scratch_path(f->dir, "lock"), &fd) == STATUS_OK);
    return 0;
}

static void lock_has_one_holder_and_dies_with_it(void **state)
{
    struct fixture *f = *state;
    int fd = -1;
    check_ok(&f->cx, file_lock(&f->cx, scratch_path(f->dir, "lock"), &fd));
    in_child(f, take_lock);
    file_unlock(&fd);
    assert_int_equal(fd, -1);
    in_child(f, die_with_lock);
    check_ok(&f->cx, file_lock(&f->cx, scratch_path(f->dir, "lock"), &fd));
    file_unlock(&fd);
}

/* ---- the local socket ---- */

static void messages_cross_the_local_socket(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[100000];
    const char *path = scratch_path(f->dir, "agent");
    struct stat info;
    struct buf got;
    int listener = -1;
    int server = -1;
    int client = -1;
    int none = -1;
    buf_init(&got, sizeof(big) + 8);
    machine_fill(&f->machine, big, sizeof(big));
    check_status(&f->cx, STATUS_NOT_FOUND, local_connect(&f->cx, path, &client));
    check_ok(&f->cx, local_listen(&f->cx, path, &listener));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    check_status(&f->cx, STATUS_BUSY, local_listen(&f->cx, path, &none));
    check_ok(&f->cx, local_accept(&f->cx, listener, 5, &none)); /* the knock of the second one */
    local_close(&none);
    check_ok(&f->cx, local_accept(&f->cx, listener, 0, &none));
    assert_int_equal(none, -1);
    check_ok(&f->cx, local_connect(&f->cx, path, &client));
    check_ok(&f->cx, local_accept(&f->cx, listener, 5, &server));
    assert_true(server >= 0);
    check_ok(&f->cx, local_send(&f->cx, client, BYTES("hello", 5)));
    check_ok(&f->cx, local_send(&f->cx, client, BYTES(NULL, 0)));
    check_ok(&f->cx, local_receive(&f->cx, server, 5, &got));
    check_bytes(buf_view(&got), BYTES("hello", 5));
    check_ok(&f->cx, local_receive(&f->cx, server, 0, &got));
    assert_int_equal(got.len, 5);
    check_ok(&f->cx, local_send(&f->cx, server, BYTES(big, 6)));
    check_status(&f->cx, STATUS_LIMIT, local_receive(&f->cx, client, 5, &got));
    local_close(&client);
    check_status(&f->cx, STATUS_IO, local_receive(&f->cx, server, 5, &got));
    local_close(&server);
    local_close(&listener);
    /* what a dead listener left is cleared; what is no socket is not */
    check_ok(&f->cx, local_listen(&f->cx, path, &listener));
    local_close(&listener);
    check_ok(&f->cx, file_write(&f->cx, path, BYTES("x", 1), true));
    check_status(&f->cx, STATUS_EXISTS, local_listen(&f->cx, path, &listener));
    buf_finish(&got);
}

static void large_message_and_long_path(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[700000];
    char path[SCRATCH_PATH + 160];
    struct buf got;
    int listener = -1;
    int server = -1;
    int client = -1;
    int how = 0;
    buf_init(&got, sizeof(big));
    machine_fill(&f->machine, big, sizeof(big));
    snprintf(path, sizeof(path), "%s/%0100d", f->dir, 1);
    check_ok(&f->cx, folder_make(&f->cx, path));
    size_t len = strlen(path);
    snprintf(path + len, sizeof(path) - len, "/agent");
    check_ok(&f->cx, local_listen(&f->cx, path, &listener));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool sent = local_connect(&f->cx, path, &client) == STATUS_OK &&
                    local_send(&f->cx, client, BYTES_OF(big)) == STATUS_OK;
        _exit(sent ? 0 : 1);
    }
    check_ok(&f->cx, local_accept(&f->cx, listener, 5, &server));
    check_ok(&f->cx, local_receive(&f->cx, server, sizeof(big), &got));
    check_bytes(buf_view(&got), BYTES_OF(big));
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    local_close(&server);
    local_close(&listener);
    buf_finish(&got);
}

static int connect_as_nobody(struct fixture *f)
{
    int fd = -1;
    NEED(chmod(f->dir, 0755) == 0 && chmod(scratch_path(f->dir, "agent"), 0666) == 0);
    NEED(setgid(65534) == 0 && setuid(65534) == 0);
    NEED(local_connect(&f->cx, scratch_path(f->dir, "agent"), &fd) == STATUS_UNSAFE);
    return 0;
}

static void another_user_is_not_served(void **state)
{
    struct fixture *f = *state;
    int listener = -1;
    int server = -1;
    if (geteuid() != 0) {
        skip(); /* only root can become somebody else */
    }
    check_ok(&f->cx, local_listen(&f->cx, scratch_path(f->dir, "agent"), &listener));
    in_child(f, connect_as_nobody);
    check_ok(&f->cx, local_accept(&f->cx, listener, 0, &server));
    assert_int_equal(server, -1);
    local_close(&listener);
}

/* ---- the hardened process ---- */

static int probe_hardened(struct fixture *f)
{
    const struct guard_options options = {.allow_exec = false};
    struct rlimit core;
    uint8_t random[16];
    char *const argv[] = {NULL};
    struct secret *s = NULL;
    struct buf got;
    buf_init(&got, 64);
    (void)close(STDIN_FILENO);
    NEED(guard_harden(&f->cx, &options) == STATUS_OK);
    NEED(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    NEED(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
#ifndef VALISE_SANITIZED
    NEED(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
#endif
    NEED(umask(077) == 077);
    /* refused */
    static const int families[] = {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG};
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        NEED(socket(families[i], SOCK_STREAM, 0) == -1 && errno == EPERM);
    }
    int pair[2];
    NEED(socketpair(AF_INET, SOCK_STREAM, 0, pair) == -1 && errno == EPERM);
    NEED(execve("/bin/true", argv, argv) == -1 && errno == EPERM);
    NEED(syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == EPERM);
    NEED(syscall(SYS_bpf, 0, NULL, 0) == -1 && errno == EPERM);
    NEED(syscall(SYS_keyctl, 0, 0, 0, 0, 0) == -1 && errno == EPERM);
    NEED(syscall(SYS_mount, "a", "/", "tmpfs", 0, NULL) == -1 && errno == EPERM);
    NEED(syscall(SYS_userfaultfd, 0) == -1 && errno == EPERM);
    NEED(ioctl(0, TIOCSTI, "x") == -1 && errno == EPERM);
    NEED(syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, "x") == -1 && errno == EPERM);
    /* still works */
    NEED(getrandom(random, sizeof(random), 0) == sizeof(random));
    NEED(secret_new(&f->cx, 32, &s) == STATUS_OK);
    secret_free(&s);
    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    NEED(file_write(&f->cx, scratch_path(f->dir, "file"), BYTES("abc", 3), false) == STATUS_OK);
    NEED(file_read(&f->cx, scratch_path(f->dir, "file"), 64, &got) == STATUS_OK);
    buf_finish(&got);
    return 0;
}

static void hardened_process_is_alone(void **state)
{
    in_child(*state, probe_hardened);
}

static int probe_exec_allowed(struct fixture *f)
{
    const struct guard_options options = {.allow_exec = true};
    NEED(guard_harden(&f->cx, &options) == STATUS_OK);
    NEED(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
    execl("/bin/true", "true", (char *)NULL);
    NEED(false);
    return 0;
}

static void helper_programs_start_only_when_allowed(void **state)
{
    in_child(*state, probe_exec_allowed);
}

static int attack(struct fixture *f)
{
    const struct guard_options options = {.allow_exec = true};
    NEED(guard_harden(&f->cx, &options) == STATUS_OK);
    (void)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
    return 0;
}

static void reading_another_process_is_fatal(void **state)
{
    struct fixture *f = *state;
    int how = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(attack(f));
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGSYS);
}

static bool locked_memory_is_there(void)
{
    char line[256];
    unsigned long locked = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        (void)sscanf(line, "VmLck: %lu kB", &locked);
    }
    fclose(file);
    return locked >= 1024;
}

static void secrets_are_locked_in_memory(void **state)
{
    struct fixture *f = *state;
    check_ok(&f->cx, secret_arena_start(&f->cx));
#ifdef VALISE_SANITIZED
    skip(); /* AddressSanitizer makes mlock() do nothing */
#endif
    assert_true(locked_memory_is_there());
}

static int probe_fence(struct fixture *f)
{
    const char *const writable[] = {scratch_path(f->dir, "inside")};
    const char *const missing[] = {scratch_path(f->dir, "missing")};
    bool active = false;
    struct buf got;
    buf_init(&got, 1 << 20);
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
        NEED(guard_confine(&f->cx, writable, 1, &active) == STATUS_OK && !active);
        return 0; /* this kernel has none */
    }
    NEED(guard_confine(&f->cx, missing, 1, &active) == STATUS_NOT_FOUND);
    fault_clear(&f->cx);
    NEED(guard_confine(&f->cx, writable, 1, &active) == STATUS_OK && active);
    NEED(file_write(&f->cx, scratch_path(f->dir, "inside/file"), BYTES("abc", 3), true) ==
         STATUS_OK);
    NEED(file_write(&f->cx, scratch_path(f->dir, "inside/file"), BYTES("abd", 3), true) ==
         STATUS_OK);
    NEED(file_read(&f->cx, "/etc/passwd", 1 << 20, &got) == STATUS_OK);
    NEED(file_write(&f->cx, scratch_path(f->dir, "file"), BYTES("abc", 3), true) == STATUS_IO);
    fault_clear(&f->cx);
    NEED(file_read(&f->cx, scratch_path(f->dir, "secret"), 64, &got) == STATUS_IO);
    NEED(open("/etc/valise-test", O_WRONLY | O_CREAT, 0600) == -1);
    int null = open("/dev/null", O_WRONLY);
    NEED(null >= 0);
    NEED(access("/usr/bin", R_OK) == 0);
    buf_finish(&got);
    return 0;
}

static void fence_keeps_other_folders_out(void **state)
{
    struct fixture *f = *state;
    check_ok(&f->cx, folder_make(&f->cx, scratch_path(f->dir, "inside")));
    check_ok(&f->cx, file_write(&f->cx, scratch_path(f->dir, "secret"), BYTES("x", 1), false));
    in_child(f, probe_fence);
}

/* ---- swap ---- */

static void make_file(struct fixture *f, const char *name, const char *content)
{
    char path[2 * SCRATCH_PATH];
    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    for (char *slash = path + strlen(f->dir) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    scratch_store(path, content, strlen(content));
}

static void swap_counts_as_plain_unless_shown_encrypted(void **state)
{
    struct fixture *f = *state;
    static const char head[] = "Filename Type Size Used Priority\n";
    struct stat info;
    char list[4 * SCRATCH_PATH];
    char device[64];
    char name[128];
    const char *swaps = scratch_path(f->dir, "swaps");
    char sys[SCRATCH_PATH + 8];
    snprintf(sys, sizeof(sys), "%s/sys", f->dir);
    assert_false(swaps_are_plain(&f->cx, swaps, sys)); /* no such file */
    make_file(f, "swaps", head);
    assert_false(swaps_are_plain(&f->cx, swaps, sys));
    snprintf(list, sizeof(list), "%s/dev/zram0 partition 1 0 100\n", head);
    make_file(f, "swaps", list);
    assert_false(swaps_are_plain(&f->cx, swaps, sys));
    snprintf(list, sizeof(list), "%s/no/such/area file 1 0 -2\n", head);
    make_file(f, "swaps", list);
    assert_true(swaps_are_plain(&f->cx, swaps, sys));
    /* a swap file with a blank in its name, on a disk that stands on others */
    make_file(f, "swap file", "x");
    assert_int_equal(stat(scratch_path(f->dir, "swap file"), &info), 0);
    snprintf(device, sizeof(device), "sys/dev/block/%u:%u", major(info.st_dev), minor(info.st_dev));
    snprintf(list, sizeof(list), "%s/dev/zram0 partition 1 0 100\n%s/swap\\040file file 1 0 -2\n",
             head, f->dir);
    make_file(f, "swaps", list);
    assert_true(swaps_are_plain(&f->cx, swaps, sys));
    snprintf(name, sizeof(name), "%s/slaves/dm-1", device);
    make_file(f, name, "");
    assert_true(swaps_are_plain(&f->cx, swaps, sys));
    make_file(f, "sys/class/block/dm-1/dev", "253:1\n");
    assert_true(swaps_are_plain(&f->cx, swaps, sys));
    make_file(f, "sys/dev/block/253:1/dm/uuid", "CRYPT-LUKS2-abc\n");
    assert_false(swaps_are_plain(&f->cx, swaps, sys));
    snprintf(name, sizeof(name), "%s/slaves/sda2", device);
    make_file(f, name, "");
    assert_true(swaps_are_plain(&f->cx, swaps, sys)); /* one of two is not */
    assert_int_equal(f->cx.fault.status, STATUS_OK);
}

#define GUARD_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUARD_TEST(written_file_reads_back),
        GUARD_TEST(existing_file_is_replaced_only_when_asked),
        GUARD_TEST(only_regular_files_are_read),
        GUARD_TEST(file_that_does_not_fit_leaves_the_old_one),
        GUARD_TEST(removing_moving_looking),
        GUARD_TEST(folder_is_listed_in_name_order),
        GUARD_TEST(lock_has_one_holder_and_dies_with_it),
        GUARD_TEST(messages_cross_the_local_socket),
        GUARD_TEST(large_message_and_long_path),
        GUARD_TEST(another_user_is_not_served),
        GUARD_TEST(hardened_process_is_alone),
        GUARD_TEST(helper_programs_start_only_when_allowed),
        GUARD_TEST(reading_another_process_is_fatal),
        GUARD_TEST(secrets_are_locked_in_memory),
        GUARD_TEST(fence_keeps_other_folders_out),
        GUARD_TEST(swap_counts_as_plain_unless_shown_encrypted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
