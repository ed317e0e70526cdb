/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper: waits for the caller, the camera and the children, and carries pictures from one to the
 * other. A camera does not wait: when nobody is free its frame is left out. A film does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "keeper.h"

enum {
    TICK_MS = 50, /* how late a hung child is seen */
    PREVIEW_MS = 100,
    RATE_MS = 2000,       /* between reports of the camera's real speed */
    FOCUS_HOLD_MS = 1000, /* codes were read so lately: the focus is right */
    FOCUS_LOST_MS = 3000,
    WORKERS_DEFAULT_MAX = 8,
};

/* ---- pictures ----------------------------------------------------------------------------------
 */

static bool slot_take(struct keeper *k, unsigned *ret)
{
    for (unsigned i = 0; i < k->ring.slots; i++) {
        if (k->slots[i] == SLOT_FREE) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static void slot_ready(struct keeper *k, unsigned slot)
{
    k->slots[slot] = SLOT_READY;
    k->order[k->ready++] = (uint8_t)slot;
}

static void hand_out(struct keeper *k)
{
    for (unsigned i = 0; i < k->workers && k->ready > 0; i++) {
        if (k->children[i].alive && k->children[i].kind == CHILD_POOL && !k->children[i].busy) {
            uint8_t slot = k->order[0];
            k->ready--;
            memmove(k->order, k->order + 1, k->ready);
            k->slots[slot] = SLOT_BUSY;
            child_job(k, i, slot);
        }
    }
}

static uint32_t preview_due(struct keeper *k)
{
    int64_t now = keeper_now_ms();
    if (now - k->preview_ms < PREVIEW_MS) {
        return 0;
    }
    k->preview_ms = now;
    return 1;
}

static void tell_camera(struct keeper *k, unsigned width, unsigned height, unsigned millifps)
{
    const struct packet_camera camera = {PACKET_CAMERA, (uint16_t)width, (uint16_t)height,
                                         millifps};
    (void)packet_write(k->control[1], &camera, sizeof(camera));
}

static enum status camera_frame(struct keeper *k)
{
    enum status status = STATUS_OK;
    struct frame frame;
    bool got = false;
    unsigned slot = 0;
    TRY(capture_next(k->cx, k->capture, &got, &frame));
    if (!got) {
        goto out;
    }
    k->frames++;
    if (frame.len <= k->ring.bytes_max && k->ready == 0 && slot_take(k, &slot)) {
        *ring_head(&k->ring, slot) = (struct ring_head){
            .format = frame.format,
            .width = frame.width,
            .height = frame.height,
            .stride = frame.stride,
            .len = (uint32_t)frame.len,
            .preview = preview_due(k),
        };
        memcpy(ring_data(&k->ring, slot), frame.data, frame.len);
        slot_ready(k, slot);
    }
    TRY(capture_done(k->cx, k->capture));
out:
    return status;
}

static void camera_report(struct keeper *k)
{
    const struct capture_mode *mode = capture_mode(k->capture);
    int64_t now = keeper_now_ms();
    if (now - k->rate_ms >= RATE_MS) {
        int64_t rate = (int64_t)k->frames * 1000000 / (now - k->rate_ms);
        tell_camera(k, mode->width, mode->height, (unsigned)rate);
        k->rate_ms = now;
        k->frames = 0;
    }
    if (now - k->read_ms < FOCUS_HOLD_MS) {
        capture_hold_focus(k->capture, true);
    } else if (now - k->read_ms > FOCUS_LOST_MS) {
        capture_hold_focus(k->capture, false);
    }
}

/* The film's reader gets every slot that is free. */
static void film_feed(struct keeper *k)
{
    unsigned slot = 0;
    struct child *film = &k->children[FILM_WORKER];
    while (!k->film_over && film->alive && slot_take(k, &slot)) {
        k->slots[slot] = SLOT_FILLING;
        ring_head(&k->ring, slot)->preview = preview_due(k);
        child_job(k, FILM_WORKER, (uint8_t)slot);
    }
}

static void film_done(struct keeper *k, const struct worker_done *done)
{
    if (done->slot == FILM_SLOT_END || done->slot == FILM_SLOT_BROKEN) {
        k->film_over = true;
        k->film_status = done->slot == FILM_SLOT_END ? STATUS_OK : STATUS_MALFORMED;
        child_end(k, FILM_WORKER);
    } else if (done->slot < k->ring.slots && k->slots[done->slot] == SLOT_FILLING) {
        if (!k->told_size) {
            struct ring_head head = *ring_head(&k->ring, done->slot);
            k->told_size = true;
            tell_camera(k, head.width & 0xffff, head.height & 0xffff, 0);
        }
        slot_ready(k, done->slot);
    }
}

/* A child is done, or says so: only with what it was given. */
static void child_done(struct keeper *k)
{
    uint8_t packet[PACKET_MAX];
    struct worker_done done;
    if (packet_read(k->done[0], packet) != sizeof(done) ||
        packet[offsetof(struct worker_done, read)] > 1) {
        return;
    }
    memcpy(&done, packet, sizeof(done));
    if (done.worker > EYE_WORKERS_MAX || !k->children[done.worker].alive ||
        k->children[done.worker].serial != done.serial) {
        return;
    }
    struct child *c = &k->children[done.worker];
    if (c->kind == CHILD_FILM) {
        film_done(k, &done);
    } else if (c->kind == CHILD_IMAGE) {
        child_end(k, done.worker);
    } else if (c->busy && c->slot == done.slot) {
        c->busy = false;
        k->deaths = 0;
        slot_free(k, c->slot);
        k->read_ms = done.read ? keeper_now_ms() : k->read_ms;
    }
}

/* ---- the loop ----------------------------------------------------------------------------------
 */

static bool working(const struct keeper *k)
{
    for (unsigned i = 0; i < k->workers; i++) {
        if (k->children[i].alive && k->children[i].busy) {
            return true;
        }
    }
    return k->ready > 0;
}

/* Everything that was to be seen was seen. */
static bool finished(const struct keeper *k)
{
    bool no_more = k->ended || (k->options->source == EYE_FILM && k->film_over);
    return no_more && !working(k);
}

static enum status turn(struct keeper *k, bool *ret_over)
{
    enum status status = STATUS_OK;
    bool listen = !k->ended && input_welcome(k);
    struct pollfd ends[3] = {
        {.fd = k->done[0], .events = POLLIN},
        {.fd = listen && !k->input_over ? k->options->in : -1, .events = POLLIN},
        {.fd = k->capture != NULL && !k->ended ? capture_fd(k->capture) : -1, .events = POLLIN},
    };
    if (poll(ends, 3, TICK_MS) < 0 && errno != EINTR) {
        FAIL(k->cx, STATUS_IO, "waiting fails: error %d", errno);
    }
    if ((ends[0].revents & POLLIN) != 0) {
        child_done(k);
    }
    if (ends[2].revents != 0) {
        TRY(camera_frame(k));
    }
    if (k->capture != NULL) {
        camera_report(k);
    }
    if (ends[1].revents != 0) {
        TRY(input_read(k, ret_over));
    } else if (listen && (k->input.len > 0 || k->input_over)) {
        TRY(input_continue(k, ret_over));
    }
    if (k->options->source == EYE_FILM && !k->ended) {
        film_feed(k);
    }
    hand_out(k);
    TRY(children_watch(k));
    if (waitpid(k->collector, NULL, WNOHANG) != 0) {
        k->collector = -1;
        FAIL(k->cx, STATUS_CANCELLED, "nobody reads what this program says");
    }
    if (finished(k) && k->film_status != STATUS_OK) {
        (void)fault_set(k->cx, k->film_status, __FILE__, __LINE__,
                        "the film is no Y4M or PGM of 8 bits, or it ends within a picture");
        status = fault_hint(k->cx, "make it with: ffmpeg -i FILM -pix_fmt gray -f yuv4mpegpipe -");
    }
out:
    return status;
}

/* ---- beginning and end -------------------------------------------------------------------------
 */

/* This program's address space, in bytes: what it weighs before any picture. */
static enum status measure_memory(struct keeper *k)
{
    enum status status = STATUS_OK;
    unsigned long pages = 0;
    char words[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, words, sizeof(words) - 1) <= 0 || sscanf(words, "%lu", &pages) != 1) {
        FAIL(k->cx, STATUS_UNSAFE, "this program does not find itself in /proc");
    }
    k->base_memory = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static unsigned workers_of(const struct eye_options *options)
{
    long count = options->workers;
    if (count == 0) {
        count = sysconf(_SC_NPROCESSORS_ONLN);
        count = count > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX : count;
    }
    return count < 1 ? 1 : count > EYE_WORKERS_MAX ? EYE_WORKERS_MAX : (unsigned)count;
}

static enum status open_pipes(struct keeper *k)
{
    enum status status = STATUS_OK;
    if (pipe2(k->results, O_CLOEXEC | O_DIRECT) != 0 ||
        pipe2(k->control, O_CLOEXEC | O_DIRECT) != 0 || pipe2(k->done, O_CLOEXEC | O_DIRECT) != 0) {
        FAIL(k->cx, STATUS_IO, "no pipe: error %d", errno);
    }
    k->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (k->null < 0) {
        FAIL(k->cx, STATUS_IO, "/dev/null does not open: error %d", errno);
    }
out:
    return status;
}

/* Nothing is opened by name after this. */
static enum status close_up(struct keeper *k)
{
    enum status status = STATUS_OK;
    const struct guard_options options = {.allow_exec = false};
    bool fenced = false;
    TRY(guard_harden(k->cx, &options));
    TRY(guard_confine(k->cx, NULL, 0, &fenced));
out:
    return status;
}

static enum status prepare(struct keeper *k)
{
    enum status status = STATUS_OK;
    if (k->options->source == EYE_CAMERA) {
        TRY(capture_open(k->cx, k->options->device, k->options->camera, &k->capture));
        const struct capture_mode *mode = capture_mode(k->capture);
        TRY(ring_open(k->cx, k->workers + SLOTS_SPARE, mode->bytes_max, &k->ring));
        tell_camera(k, mode->width, mode->height, mode->millifps);
    } else if (k->options->source == EYE_FILM) {
        TRY(ring_open(k->cx, k->workers + SLOTS_SPARE, FILM_DOTS_MAX, &k->ring));
    }
    TRY(measure_memory(k)); /* again: with the ring */
    TRY(close_up(k));
    for (unsigned i = 0; k->options->source != EYE_PICTURES && i < k->workers; i++) {
        TRY(child_start(k, i));
    }
    if (k->options->source == EYE_FILM) {
        TRY(child_start(k, FILM_WORKER));
    }
    k->rate_ms = keeper_now_ms();
out:
    return status;
}

static void pipe_close(int ends[static 2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            (void)close(ends[i]);
        }
    }
}

/* The collector says what it has left, then ends; so does everything. */
static void finish(struct keeper *k)
{
    children_end(k);
    if (k->collector > 0) {
        (void)packet_write_bytes(k->control[1], PACKET_END, BYTES(NULL, 0));
        while (waitpid(k->collector, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    pipe_close(k->results);
    pipe_close(k->control);
    pipe_close(k->done);
    if (k->null >= 0) {
        (void)close(k->null);
    }
    capture_close(&k->capture);
    ring_close(&k->ring);
    buf_finish(&k->input);
}

enum status eye_run(struct ctx *cx, const struct eye_options *options)
{
    enum status status = STATUS_OK;
    struct keeper *k = NULL;
    void *memory = NULL;
    bool over = false;
    TRY(mem_new(cx, 1, sizeof(*k), &memory));
    k = memory;
    *k = (struct keeper){
        .cx = cx,
        .options = options,
        .workers = workers_of(options),
        .results = {-1, -1},
        .control = {-1, -1},
        .done = {-1, -1},
        .null = -1,
        .collector = -1,
    };
    for (unsigned i = 0; i <= EYE_WORKERS_MAX; i++) {
        k->children[i].jobs = -1;
    }
    buf_init(&k->input, LIGHT_HEAD_BYTES + LIGHT_BODY_MAX);
    (void)signal(SIGPIPE, SIG_IGN);
    TRY(open_pipes(k));
    TRY(measure_memory(k));
    TRY(collector_start(k));
    TRY(prepare(k));
    while (!over && !finished(k)) {
        TRY(turn(k, &over));
    }
out:
    if (k != NULL) {
        if (status != STATUS_OK && k->collector > 0) {
            tell_error(k, status, cx->fault.what, cx->fault.hint);
        }
        finish(k);
    }
    free(memory);
    return status;
}
