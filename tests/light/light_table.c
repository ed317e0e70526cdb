/* SPDX-License-Identifier: Apache-2.0 */
/*
 * light_table: one line of the tables, as JSON. The real renderer, the simulated camera, the real
 * eye, the real reception.
 *
 *   light_table stills LAYOUT LEVEL CAMERA COUNT SEED
 *       COUNT canvases, each from another place: how many codes are read, by the eye and by zbar
 *       alone; CPU of both; wrong bytes.
 *   light_table transfer LAYOUT LEVEL CAMERA PIECES WORKERS SEED [RESPONSE_MS]
 *       A parcel of PIECES x 16 KiB through the stream. WORKERS is how many cores look: a picture
 *       that comes while all are busy waits until the next one comes, then it is lost; each takes
 *       as long as it took here in CPU time. 0: as many as it takes.
 *       RESPONSE_MS: of the display, 0 when left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codes.h"
#include "look.h"
#include "seeded.h"
#include "table.h"

enum { WORKERS_MAX = 8, PATIENCE = 4 /* times as long as it must take, then it is hopeless */ };

struct table {
    struct ctx cx;
    const char *layout, *display_program;
    struct profile profile;
    const struct camera_level *level;
    const struct camera_kind *kind;
    uint64_t seed;
    unsigned response_us;
    struct buf parcel;
    struct display display;
    struct truth truth;
    struct reception *reception;
    bool complete;
    uint64_t cells_right; /* of the picture at hand, a bit for each cell */
};

static double cpu_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static unsigned cells_of(const struct table *t)
{
    return (unsigned)t->profile.cols * t->profile.rows;
}

static unsigned bits(uint64_t set)
{
    return (unsigned)__builtin_popcountll(set);
}

/* Who shows is asked for the id: it makes another one for each size. It stands in every symbol. */
static void truth_begin(struct table *t, bytes data)
{
    struct symbol symbol;
    if (t->truth.fountain == NULL && symbol_read(&t->cx, data, NULL, &symbol) == STATUS_OK) {
        truth_open(&t->truth, &t->cx, buf_view(&t->parcel), &symbol.transfer, &t->profile);
    }
    fault_clear(&t->cx);
}

static void check_read(struct table *t, bytes data)
{
    truth_begin(t, data);
    if (t->truth.fountain == NULL) {
        t->truth.wrong++; /* the very first that was read is none of ours */
    } else if (truth_check(&t->truth, data, t->display.shown, cells_of(t)) && data.ptr[23] < 64) {
        t->cells_right |= UINT64_C(1) << data.ptr[23];
    }
}

static void visit_eye(void *self, const uint8_t *data, size_t len)
{
    check_read(self, BYTES(data, len));
}

static void visit_plain(void *self, const struct code *code)
{
    check_read(self, BYTES(code->data, code->len));
}

static struct camera *camera_put(const struct table *t, uint64_t *seed)
{
    struct camera_pose pose = camera_pose_draw(t->level, seed);
    return camera_open(t->kind->width, t->kind->height, t->level, &pose,
                       t->display.canvas.width * t->display.scale,
                       t->display.canvas.height * t->display.scale, dice(seed));
}

static void stills(struct table *t, unsigned count)
{
    uint64_t seed = t->seed, eye_right = 0, plain_right = 0, sights = 0;
    double eye_cpu = 0, plain_cpu = 0, module = 0;
    struct grey display = display_picture(&t->display);
    struct grey seen = grey_new(t->kind->width, t->kind->height);
    const struct picture picture = {seen.width, seen.height, seen.dots,
                                    (size_t)seen.width * seen.height};
    struct codes *codes = codes_new();
    for (unsigned n = 0; n < count; n++) {
        struct look look;
        struct looker *looker = looker_new(); /* has never seen anything: no help from before */
        struct camera *camera = camera_put(t, &seed);
        display_draw(&t->display, n, &display);
        camera_see(camera, &display, &seen);
        t->cells_right = 0;
        double start = cpu_now();
        if (!looker_see(looker, &picture, false, visit_eye, t, &look)) {
            table_give_up("looker_see", "no memory");
        }
        eye_cpu += cpu_now() - start;
        eye_right += bits(t->cells_right);
        sights += look.canvas;
        t->cells_right = 0;
        start = cpu_now();
        (void)codes_read(codes, &picture, false, visit_plain, t);
        plain_cpu += cpu_now() - start;
        plain_right += bits(t->cells_right);
        module += camera_scale(camera) * t->display.scale;
        looker_free(&looker);
        camera_close(&camera);
    }
    (void)printf("{\"codes\": %u, \"eye\": %llu, \"plain\": %llu, \"canvases\": %llu, "
                 "\"eye_ms\": %.2f, "
                 "\"plain_ms\": %.2f, \"module\": %.2f, \"read\": %llu, \"wrong\": %llu}\n",
                 count * cells_of(t), (unsigned long long)eye_right,
                 (unsigned long long)plain_right, (unsigned long long)sights, 1e3 * eye_cpu / count,
                 1e3 * plain_cpu / count, module / count,
                 (unsigned long long)(t->truth.right + t->truth.beacons),
                 (unsigned long long)t->truth.wrong);
    codes_free(&codes);
    grey_free(&display);
    grey_free(&seen);
}

/* ---- a transfer -------------------------------------------------------------------------------
 */

static void visit_transfer(void *self, const uint8_t *data, size_t len)
{
    struct table *t = self;
    struct reception_event event;
    check_read(t, BYTES(data, len));
    if (t->complete ||
        reception_take(&t->cx, t->reception, BYTES(data, len), &event) != STATUS_OK) {
        fault_clear(&t->cx);
        return;
    }
    if (event.news == RECEPTION_PARCEL) {
        t->complete = true;
        if (!bytes_equal(event.parcel, buf_view(&t->parcel))) {
            table_give_up("the parcel that arrived", "is not the one that was sent");
        }
    }
}

/* Cores that look, in the camera's time. */
struct pool {
    unsigned workers;
    struct looker *looker[WORKERS_MAX];
    double free_at[WORKERS_MAX];
    uint64_t looked, lost;
    double cpu; /* of all of them */
    double now; /* when the last one that was looked at was done */
};

static void pool_take(struct pool *p, struct table *t, const struct frame *frame, double at,
                      struct picture *room)
{
    unsigned who = 0;
    struct look look;
    for (unsigned i = 1; i < p->workers; i++) {
        who = p->free_at[i] < p->free_at[who] ? i : who;
    }
    double start = at > p->free_at[who] || p->workers == 0 ? at : p->free_at[who];
    if (start >= at + 1.0 / t->kind->fps) {
        p->lost++;
        return;
    }
    t->cells_right = 0;
    double from = cpu_now();
    if (!frame_luma(frame, room) ||
        !looker_see(p->looker[who], room, false, visit_transfer, t, &look)) {
        table_give_up("looker_see", "no picture or no memory");
    }
    double took = cpu_now() - from;
    p->looked++;
    p->cpu += took;
    p->free_at[who] = start + took;
    p->now = start + took;
}

static void pool_open(struct pool *p, unsigned workers)
{
    *p = (struct pool){.workers = workers};
    for (unsigned i = 0; i < (workers == 0 ? 1 : workers); i++) {
        p->looker[i] = looker_new();
        if (p->looker[i] == NULL) {
            table_give_up("looker_new", "no memory");
        }
    }
}

static void transfer_print(const struct table *t, const struct pool *p, double module)
{
    struct reception_state state = {.rank = 0};
    (void)reception_state(t->reception, 0, &state);
    double sent = (double)t->parcel.len;
    (void)printf("{\"done\": %s, \"seconds\": %.3f, \"kb_per_s\": %.1f, \"bytes\": %zu, "
                 "\"rank\": %u, \"symbols\": %u, \"looked\": %llu, \"lost\": %llu, "
                 "\"shown\": %llu, \"read\": %llu, \"wrong\": %llu, \"cpu\": %.3f, "
                 "\"picture_ms\": %.2f, \"module\": %.2f}\n",
                 t->complete ? "true" : "false", p->now, sent / 1e3 / p->now, t->parcel.len,
                 state.rank, state.symbols, (unsigned long long)p->looked,
                 (unsigned long long)p->lost, (unsigned long long)t->display.shown,
                 (unsigned long long)(t->truth.right + t->truth.beacons),
                 (unsigned long long)t->truth.wrong, p->cpu,
                 1e3 * p->cpu / (double)(p->looked == 0 ? 1 : p->looked), module);
}

/* Microseconds of film after which nobody would go on. */
static int64_t film_us_max(const struct table *t)
{
    size_t on_canvas = cells_of(t) * code_symbol_data(t->profile.version);
    size_t canvases = t->parcel.len / on_canvas + 2;
    return (int64_t)(PATIENCE * canvases * 1000000 / t->profile.fps) + 2000000;
}

static void transfer(struct table *t, unsigned workers)
{
    uint64_t seed = t->seed;
    struct pool pool;
    struct picture room = {.dots = NULL};
    struct grey seen = grey_new(t->kind->width, t->kind->height);
    struct camera *camera = camera_put(t, &seed);
    const struct camera_clock clock = {
        .display_fps = t->profile.fps,
        .refresh_hz = 60,
        .camera_fps = t->kind->fps,
        .exposure_us = t->kind->exposure_us,
        .readout_us = t->kind->readout_us,
        .phase_us = (unsigned)(dice(&seed) % 33333),
        .response_us = t->response_us,
    };
    struct camera_stream *stream = camera_stream_open(camera, &clock, display_draw, &t->display);
    TABLE_OK(&t->cx, reception_new(&t->cx, RECEPTION_MEMORY_DEFAULT, &t->reception));
    pool_open(&pool, workers);
    while (!t->complete && camera_stream_now(stream) < film_us_max(t)) {
        double at =
            1e-6 * (double)(camera_stream_now(stream) + clock.exposure_us + clock.readout_us);
        size_t len = 0;
        camera_stream_next(stream, &seen);
        uint8_t *file = camera_file(camera, &seen, &len);
        const struct frame frame = {FRAME_MJPEG, seen.width, seen.height, 0, file, len};
        pool_take(&pool, t, &frame, at, &room);
        free(file);
    }
    transfer_print(t, &pool, camera_scale(camera) * t->display.scale);
    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        looker_free(&pool.looker[i]);
    }
    picture_free(&room);
    reception_free(&t->reception);
    camera_stream_close(&stream);
    camera_close(&camera);
    grey_free(&seen);
}

/* ---- */

static unsigned number(const char *word)
{
    return (unsigned)strtoul(word, NULL, 10);
}

int main(int argc, char **argv)
{
    struct table t = {.display_program = getenv("LIGHT_DISPLAY")};
    bool still = argc == 7 && strcmp(argv[1], "stills") == 0;
    if (t.display_program == NULL ||
        !(still || ((argc == 8 || argc == 9) && strcmp(argv[1], "transfer") == 0))) {
        table_give_up("usage", "LIGHT_DISPLAY=… light_table stills|transfer LAYOUT LEVEL CAMERA …");
    }
    ctx_init(&t.cx, system_real());
    t.layout = argv[2];
    t.level = camera_level_named(argv[3]);
    t.kind = camera_kind_named(argv[4]);
    if (!seeded_layout(t.layout, &t.profile) || t.level == NULL || t.kind == NULL) {
        table_give_up("no such layout, level or camera", t.layout);
    }
    uint16_t pieces = (uint16_t)(still ? 64 : number(argv[5]));
    t.seed = strtoull(argv[still ? 6 : 7], NULL, 10);
    t.response_us = argc == 9 ? 1000 * number(argv[8]) : 0;
    buf_init(&t.parcel, PARCEL_BYTES_MAX);
    TABLE_OK(&t.cx, seeded_parcel(&t.cx, t.seed, pieces, &t.parcel));
    display_open(&t.display, t.display_program, t.layout, &t.profile, pieces, t.seed);
    if (still) {
        stills(&t, number(argv[5]));
    } else {
        transfer(&t, number(argv[6]) > WORKERS_MAX ? WORKERS_MAX : number(argv[6]));
    }
    display_close(&t.display);
    truth_close(&t.truth);
    buf_finish(&t.parcel);
    return 0;
}
