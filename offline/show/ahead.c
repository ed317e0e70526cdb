/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead: orders to the press through one pipe, answers through another, frames in slots of shared
 * memory. An order for a frame names a slot; each change of what is shown begins a new round, and
 * frames of an older round are dropped when they come.
 */
#include "ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"

enum {
    SLOTS = 8,
    SLOT_BYTES = 1 << 20, /* 8 x 6 codes of version 40 would be more: such a layout is refused */
    BEACON_SECONDS = 2,
    CPU_SECONDS_MAX = 7 * 24 * 3600,
};
#define MEMORY_MAX (1024ULL * 1024 * 1024)

enum order_kind { ORDER_JOB, ORDER_SET, ORDER_GOT, ORDER_FRAME };
struct order {
    enum order_kind kind;
    uint32_t round, slot;
    bool beacon, keyed;
    struct layout layout;
    struct transfer_id transfer;
    struct link_key key;
    uint64_t wanted;
    size_t len; /* of the parcel that follows */
};
struct answer {
    uint32_t round, slot;
    enum status status; /* of the layout or the frame */
    unsigned width, height;
    uint32_t next, symbols;
    struct transfer_id transfer;
    struct fault fault;
};

struct ahead {
    pid_t child;
    int to, from;
    uint8_t *slots;
    bool busy[SLOTS];           /* ordered or ready */
    struct answer ready[SLOTS]; /* in the order of showing */
    size_t ready_count;
    uint32_t round;
    int taken; /* the slot on the screen; -1: none */
    bool set;  /* a layout was set: frames can be ordered */
    uint8_t fps;
    unsigned until_beacon;
    struct frame frame;
};

static bool read_all(int fd, void *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = read(fd, (uint8_t *)out + done, len - done);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t wrote = write(fd, (const uint8_t *)data + done, len - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* ---- the press' side ---- */

struct works {
    int from, to;
    uint8_t *slots;
    struct press *press;
    struct picture blank; /* the canvas without codes */
    bool set;
};

static enum status works_job(struct ctx *cx, struct works *w, const struct order *o)
{
    enum status status = STATUS_OK;
    struct buf parcel;
    uint8_t *room = NULL;
    buf_init(&parcel, PARCEL_BYTES_MAX);
    press_free(&w->press);
    w->set = false;
    TRY(buf_extend(cx, &parcel, o->len, &room));
    if (!read_all(w->from, room, o->len)) {
        FAIL(cx, STATUS_IO, "the parcel did not come whole");
    }
    const struct press_job job = {o->transfer, buf_view(&parcel), o->keyed ? &o->key : NULL};
    TRY(press_new(cx, &job, &w->press));
out:
    buf_finish(&parcel);
    return status;
}

static enum status works_set(struct ctx *cx, struct works *w, const struct layout *layout)
{
    enum status status = STATUS_OK;
    struct canvas canvas;
    if (w->press == NULL) {
        FAIL(cx, STATUS_BUG, "a layout for nothing");
    }
    TRY(frames_canvas(cx, layout->cols, layout->rows, layout->version, &canvas));
    if ((size_t)canvas.width * canvas.height > SLOT_BYTES) {
        FAIL(cx, STATUS_LIMIT, "a canvas of %u x %u squares is too large", canvas.width,
             canvas.height);
    }
    TRY(press_set(cx, w->press, layout));
    picture_free(&w->blank);
    TRY(canvas_draw(cx, &canvas, &w->blank));
    w->set = true;
out:
    return status;
}

static enum status works_frame(struct ctx *cx, struct works *w, const struct order *o,
                               struct answer *a)
{
    enum status status = STATUS_OK;
    if (!w->set || o->slot >= SLOTS) {
        FAIL(cx, STATUS_CANCELLED, "nothing is set to be shown");
    }
    struct picture into = {w->blank.width, w->blank.height, w->slots + o->slot * SLOT_BYTES};
    memcpy(into.dots, w->blank.dots, (size_t)into.width * into.height);
    press_speed(w->press, o->layout.fps);
    TRY(press_frame(cx, w->press, o->beacon, &into));
    a->width = into.width;
    a->height = into.height;
    a->next = press_next(w->press);
    a->symbols = press_symbols(w->press);
    a->transfer = press_transfer(w->press);
out:
    return status;
}

/* Frames and refused layouts are answered, the rest is not. */
static bool works_do(struct ctx *cx, struct works *w, const struct order *o)
{
    struct answer a = {.round = o->round, .slot = SLOTS};
    switch (o->kind) {
    case ORDER_JOB:
        a.status = works_job(cx, w, o);
        break;
    case ORDER_SET:
        a.status = works_set(cx, w, &o->layout);
        break;
    case ORDER_GOT:
        if (w->set) {
            (void)press_got(w->press, &o->transfer, o->wanted);
        }
        break;
    case ORDER_FRAME:
        a.slot = o->slot;
        a.status = works_frame(cx, w, o, &a);
        break;
    }
    a.fault = cx->fault;
    fault_clear(cx);
    return (o->kind != ORDER_FRAME && a.status == STATUS_OK) || write_all(w->to, &a, sizeof(a));
}

static _Noreturn void works(struct ctx *cx, struct works *w)
{
    struct order o;
    (void)signal(SIGINT, SIG_IGN); /* the screen's side ends it */
    (void)signal(SIGQUIT, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (guard_jail(cx, MEMORY_MAX, CPU_SECONDS_MAX) != STATUS_OK) {
        _exit(1);
    }
    while (read_all(w->from, &o, sizeof(o)) && works_do(cx, w, &o)) {
    }
    _exit(0);
}

/* ---- the screen's side ---- */

static void pipe_close(int ends[static 2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            (void)close(ends[i]);
        }
    }
}

enum status ahead_start(struct ctx *cx, struct ahead **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    int order[2] = {-1, -1}, answer[2] = {-1, -1};
    TRY(mem_new(cx, 1, sizeof(struct ahead), &memory));
    struct ahead *a = memory;
    void *slots = mmap(NULL, (size_t)SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for frames");
    }
    a->slots = slots;
    if (pipe2(order, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0) {
        FAIL(cx, STATUS_IO, "no pipe: error %d", errno);
    }
    a->child = fork();
    if (a->child == 0) {
        struct works w = {.from = order[0], .to = answer[1], .slots = a->slots};
        (void)close(order[1]);
        (void)close(answer[0]);
        works(cx, &w);
    }
    if (a->child < 0) {
        FAIL(cx, STATUS_IO, "no new process: error %d", errno);
    }
    a->to = order[1];
    a->from = answer[0];
    a->taken = -1;
    order[1] = answer[0] = -1;
    memory = NULL;
    *ret = a;
out:
    pipe_close(order);
    pipe_close(answer);
    free(memory);
    return status;
}

void ahead_stop(struct ahead **a)
{
    if (*a == NULL) {
        return;
    }
    (void)close((*a)->to);
    (void)close((*a)->from);
    (void)kill((*a)->child, SIGKILL); /* our own child, not waited for yet: the number is its */
    while (waitpid((*a)->child, NULL, 0) < 0 && errno == EINTR) {
    }
    (void)munmap((*a)->slots, (size_t)SLOTS * SLOT_BYTES);
    free(*a);
    *a = NULL;
}

static enum status tell(struct ctx *cx, struct ahead *a, const struct order *o, bytes parcel)
{
    enum status status = STATUS_OK;
    if (!write_all(a->to, o, sizeof(*o)) || !write_all(a->to, parcel.ptr, parcel.len)) {
        FAIL(cx, STATUS_IO, "the process that draws codes is gone");
    }
out:
    return status;
}

static void order_init(struct order *o, enum order_kind kind, uint32_t round)
{
    memset(o, 0, sizeof(*o)); /* its gaps are written too */
    o->kind = kind;
    o->round = round;
}

/* What is ready is of no use any more. */
static void begin_round(struct ahead *a)
{
    for (size_t i = 0; i < a->ready_count; i++) {
        a->busy[a->ready[i].slot] = false;
    }
    a->ready_count = 0;
    a->until_beacon = 0;
    a->round++;
}

enum status ahead_job(struct ctx *cx, struct ahead *a, const struct press_job *job)
{
    struct order o;
    begin_round(a);
    a->set = false;
    order_init(&o, ORDER_JOB, a->round);
    o.transfer = job->transfer;
    o.len = job->parcel.len;
    o.keyed = job->key != NULL;
    if (o.keyed) {
        o.key = *job->key;
    }
    enum status status = tell(cx, a, &o, job->parcel);
    wipe(&o, sizeof(o));
    return status;
}

enum status ahead_set(struct ctx *cx, struct ahead *a, const struct layout *layout)
{
    struct order o;
    begin_round(a);
    a->set = true;
    a->fps = layout->fps;
    order_init(&o, ORDER_SET, a->round);
    o.layout = *layout;
    return tell(cx, a, &o, BYTES(NULL, 0));
}

enum status ahead_got(struct ctx *cx, struct ahead *a, const struct transfer_id *transfer,
                      uint64_t wanted)
{
    struct order o;
    order_init(&o, ORDER_GOT, a->round);
    o.transfer = *transfer;
    o.wanted = wanted;
    return tell(cx, a, &o, BYTES(NULL, 0));
}

void ahead_speed(struct ahead *a, uint8_t fps)
{
    a->fps = fps;
}

static enum status order_frames(struct ctx *cx, struct ahead *a)
{
    enum status status = STATUS_OK;
    for (uint32_t slot = 0; a->set && slot < SLOTS; slot++) {
        if (a->busy[slot]) {
            continue;
        }
        struct order o;
        order_init(&o, ORDER_FRAME, a->round);
        o.slot = slot;
        o.layout.fps = a->fps;
        o.beacon = a->until_beacon == 0;
        a->until_beacon = (o.beacon ? (unsigned)a->fps * BEACON_SECONDS : a->until_beacon) - 1;
        TRY(tell(cx, a, &o, BYTES(NULL, 0)));
        a->busy[slot] = true;
    }
out:
    return status;
}

/* One answer, if there is one. */
static enum status hear(struct ctx *cx, struct ahead *a, bool *ret_any)
{
    enum status status = STATUS_OK;
    struct pollfd look = {.fd = a->from, .events = POLLIN};
    struct answer answer;
    *ret_any = poll(&look, 1, 0) > 0;
    if (!*ret_any) {
        goto out;
    }
    if (!read_all(a->from, &answer, sizeof(answer))) {
        FAIL(cx, STATUS_IO, "the process that draws codes is gone");
    }
    if (answer.round != a->round) {
        if (answer.slot < SLOTS) {
            a->busy[answer.slot] = false;
        }
    } else if (answer.status != STATUS_OK) {
        a->set = false;
        cx->fault = answer.fault;
        status = answer.status;
    } else {
        a->ready[a->ready_count++] = answer;
    }
out:
    return status;
}

enum status ahead_take(struct ctx *cx, struct ahead *a, const struct frame **ret)
{
    enum status status = STATUS_OK;
    bool any = true;
    *ret = NULL;
    while (any) {
        TRY(hear(cx, a, &any));
    }
    if (a->ready_count > 0) {
        const struct answer first = a->ready[0];
        if (a->taken >= 0) {
            a->busy[a->taken] = false;
        }
        a->taken = (int)first.slot;
        a->ready_count--;
        memmove(a->ready, a->ready + 1, a->ready_count * sizeof(a->ready[0]));
        a->frame = (struct frame){{first.width, first.height, a->slots + first.slot * SLOT_BYTES},
                                  first.next,
                                  first.symbols,
                                  first.transfer};
        *ret = &a->frame;
    }
    TRY(order_frames(cx, a));
out:
    return status;
}
