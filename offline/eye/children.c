/* SPDX-License-Identifier: Apache-2.0 */
/*
 * children: processes made, watched and ended. A child keeps the descriptors it needs and no other.
 * One that is over its time is killed: its own computing time counts, not the clock on the wall of
 * a busy machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collector.h"
#include "keeper.h"

#define COLLECTOR_MEMORY                                                                           \
    (512ULL * MIB_BYTES)                  /* reception, and a parcel and its message, copied       \
                                           */
#define IMAGE_MEMORY (640ULL * MIB_BYTES) /* the largest picture, and what zbar makes of it */
#define FRAME_MEMORY (40ULL * MIB_BYTES)  /* besides the pictures themselves */
enum { MIB_BYTES = 1024 * 1024, PICTURES_KEPT = 4, ENDS_MAX = 4 };

int64_t keeper_now_ms(void)
{
    struct timespec t = {.tv_sec = 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What a process has computed so far; -1 when it is gone. */
static int64_t cpu_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) {
        return -1;
    }
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* In a child: these descriptors become 3, 4, … and all others are closed; 0 to 2 lead nowhere. When
 * its parent dies it dies. */
static void keep_only(int null, int *const ends[], size_t count)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < count; i++) {
        *ends[i] = fcntl(*ends[i], F_DUPFD_CLOEXEC, 100); /* out of the way */
        if (*ends[i] < 0) {
            _exit(1);
        }
    }
#ifdef VALISE_SANITIZED
    const int quiet = 2; /* what a sanitizer has to say must be heard */
#else
    const int quiet = 3;
#endif
    for (int fd = 0; fd < quiet; fd++) {
        (void)dup2(null, fd);
    }
    for (size_t i = 0; i < count; i++) {
        *ends[i] = dup2(*ends[i], 3 + (int)i);
        if (*ends[i] < 0) {
            _exit(1);
        }
    }
    if (close_range(3 + (unsigned)count, ~0U, 0) != 0) {
        _exit(1);
    }
}

enum status collector_start(struct keeper *k)
{
    enum status status = STATUS_OK;
    pid_t child = fork();
    if (child < 0) {
        FAIL(k->cx, STATUS_IO, "no new process: error %d", errno);
    }
    if (child == 0) {
        struct collector_ends ends = {k->results[0], k->control[0], k->options->out,
                                      k->base_memory + COLLECTOR_MEMORY};
        keep_only(k->null, (int *const[]){&ends.results, &ends.control, &ends.out}, 3);
        collector_serve(k->cx, &ends);
    }
    k->collector = child;
out:
    return status;
}

static uint64_t frame_memory(const struct keeper *k)
{
    size_t dots = k->capture == NULL
                      ? FILM_DOTS_MAX
                      : (size_t)capture_mode(k->capture)->width * capture_mode(k->capture)->height;
    return k->base_memory + FRAME_MEMORY + PICTURES_KEPT * (uint64_t)dots;
}

/* Never returns: what a child does. */
static _Noreturn void become(struct keeper *k, unsigned number, enum child_kind kind, int jobs,
                             bytes image)
{
    struct worker w = {.jobs = jobs,
                       .done = k->done[1],
                       .results = k->results[1],
                       .number = (uint8_t)number,
                       .serial = k->serials,
                       .memory_max = frame_memory(k)};
    int film = k->options->film;
    if (kind == CHILD_IMAGE) {
        w.memory_max = k->base_memory + IMAGE_MEMORY;
        keep_only(k->null, (int *const[]){&w.done, &w.results}, 2);
        worker_image(k->cx, &w, image);
    }
    if (kind == CHILD_FILM) {
        keep_only(k->null, (int *const[]){&w.jobs, &w.done, &film}, 3);
        worker_film(k->cx, &w, &k->ring, film);
    }
    keep_only(k->null, (int *const[]){&w.jobs, &w.done, &w.results}, 3);
    worker_serve(k->cx, &w, &k->ring);
}

static enum status start(struct keeper *k, unsigned number, enum child_kind kind, bytes image)
{
    enum status status = STATUS_OK;
    struct child *c = &k->children[number];
    int jobs[2] = {-1, -1};
    if (kind != CHILD_IMAGE && pipe2(jobs, O_CLOEXEC) != 0) {
        FAIL(k->cx, STATUS_IO, "no pipe: error %d", errno);
    }
    k->serials++;
    pid_t child = fork();
    if (child < 0) {
        FAIL(k->cx, STATUS_IO, "no new process: error %d", errno);
    }
    if (child == 0) {
        become(k, number, kind, jobs[0], image);
    }
    *c = (struct child){
        .alive = true, .kind = kind, .pid = child, .serial = k->serials, .jobs = jobs[1]};
    jobs[1] = -1;
    if (kind == CHILD_IMAGE) {
        c->busy = true;
        c->since_ms = keeper_now_ms();
    }
out:
    for (int i = 0; i < 2; i++) {
        if (jobs[i] >= 0) {
            (void)close(jobs[i]);
        }
    }
    return status;
}

enum status child_start(struct keeper *k, unsigned number)
{
    if (k->children[number].alive) {
        return STATUS_OK;
    }
    return start(k, number, number == FILM_WORKER ? CHILD_FILM : CHILD_POOL, BYTES(NULL, 0));
}

enum status child_start_image(struct keeper *k, unsigned number, bytes image)
{
    MUST(!k->children[number].alive);
    return start(k, number, CHILD_IMAGE, image);
}

void child_job(struct keeper *k, unsigned number, uint8_t slot)
{
    struct child *c = &k->children[number];
    ssize_t wrote = -1;
    c->busy = true;
    c->slot = slot;
    c->since_ms = keeper_now_ms();
    c->cpu_ms = cpu_ms(c->pid);
    do {
        wrote = write(c->jobs, &slot, 1); /* one that died is seen by children_watch() */
    } while (wrote < 0 && errno == EINTR);
}

void slot_free(struct keeper *k, unsigned slot)
{
    k->slots[slot] = SLOT_FREE;
}

void child_end(struct keeper *k, unsigned number)
{
    struct child *c = &k->children[number];
    if (!c->alive) {
        return;
    }
    (void)kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    if (c->jobs >= 0) {
        (void)close(c->jobs);
    }
    *c = (struct child){.alive = false, .jobs = -1};
}

void children_end(struct keeper *k)
{
    for (unsigned i = 0; i <= EYE_WORKERS_MAX; i++) {
        child_end(k, i);
    }
}

/* Over its time; an image's computing is limited by the kernel too. */
static bool late(const struct child *c, int64_t now)
{
    if (c->kind == CHILD_FILM || !c->busy) { /* a film may come slowly */
        return false;
    }
    if (c->kind == CHILD_IMAGE) {
        return now - c->since_ms > IMAGE_WALL_MS;
    }
    return cpu_ms(c->pid) - c->cpu_ms > FRAME_CPU_MS || now - c->since_ms > FRAME_WALL_MS;
}

/* A child died, or is to: what it held is free, and its picture is lost, unless it ended well. */
static enum status buried(struct keeper *k, unsigned number, bool well)
{
    enum status status = STATUS_OK;
    struct child was = k->children[number];
    child_end(k, number); /* it is a zombie still: this only takes leave */
    if (was.kind == CHILD_IMAGE && well) {
        goto out;
    }
    if (was.kind == CHILD_IMAGE) {
        (void)packet_write_bytes(k->control[1], PACKET_LOST, BYTES(NULL, 0));
        goto out;
    }
    if (was.kind == CHILD_FILM) {
        k->film_over = true;
        k->film_status = STATUS_MALFORMED;
        goto out;
    }
    if (was.busy) {
        slot_free(k, was.slot);
    }
    if (++k->deaths > DEATHS_MAX) {
        FAIL(k->cx, STATUS_UNSAFE, "the processes that read pictures die, all of them");
    }
    TRY(child_start(k, number));
out:
    return status;
}

enum status children_watch(struct keeper *k)
{
    enum status status = STATUS_OK;
    int64_t now = keeper_now_ms();
    for (unsigned i = 0; i <= EYE_WORKERS_MAX; i++) {
        struct child *c = &k->children[i];
        siginfo_t info = {.si_pid = 0};
        if (!c->alive) {
            continue;
        }
        bool dead = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                    info.si_pid != 0;
        bool well = dead && info.si_code == CLD_EXITED && info.si_status == 0;
        if (well && c->kind == CHILD_FILM) {
            continue; /* its last word is on the way */
        }
        if (dead || late(c, now)) {
            TRY(buried(k, i, well));
        }
    }
out:
    return status;
}
