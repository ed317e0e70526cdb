/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qr: a folder of pieces across the gap by light. The same eyes and screen as the vault's, without
 * any key: what crosses are sealed pieces.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier.h"
#include "helper.h"
#include "limits.h"
#include "spool.h"

#define CAMERA_PRESET "/dev/video0"
enum { SIZES = 3 };

/* ---- show ------------------------------------------------------------------------------------ */

struct gathering {
    struct buf classes[SIZES];
    uint16_t counts[SIZES];
};

static enum status gather(void *self, struct ctx *cx, int folder, const char *name, uint64_t size)
{
    enum status status = STATUS_OK;
    struct gathering *g = self;
    int k = size == PIECE_SIZE_SMALL ? 0 : size == PIECE_SIZE_MEDIUM ? 1 : 2;
    size_t all = g->classes[0].len + g->classes[1].len + g->classes[2].len;
    if (size == 0) {
        return STATUS_OK;
    }
    if (all + size > PARCEL_BYTES_MAX - 64 || g->counts[k] == UINT16_MAX) {
        (void)fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__,
                        "there are more than 64 MiB of pieces, too much for one crossing by light");
        status = fault_hint(cx, "move some of them to another folder, or use a stick");
        goto out;
    }
    TRY(spool_read(cx, folder, name, size, &g->classes[k]));
    g->counts[k]++;
out:
    return status;
}

static enum status parcel_of_spool(struct ctx *cx, const char *path, struct buf *out)
{
    enum status status = STATUS_OK;
    struct gathering g = {.counts = {0}};
    struct buf body;
    buf_init(&body, PARCEL_BYTES_MAX);
    for (int i = 0; i < SIZES; i++) {
        buf_init(&g.classes[i], PARCEL_BYTES_MAX);
    }
    TRY(spool_each(cx, path, gather, &g));
    for (int i = 0; i < SIZES; i++) {
        TRY(buf_add(cx, &body, buf_view(&g.classes[i])));
    }
    if (body.len == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "there is no piece in '%s'", path);
    }
    const struct parcel p = {.kind = PARCEL_PIECES,
                             .small = g.counts[0],
                             .medium = g.counts[1],
                             .large = g.counts[2],
                             .body = buf_view(&body)};
    TRY(parcel_write(cx, &p, out));
out:
    for (int i = 0; i < SIZES; i++) {
        buf_finish(&g.classes[i]);
    }
    buf_finish(&body);
    return status;
}

/* The program's own screen says how far it is; what matters here is how it ends. */
static enum status show_until_end(struct ctx *cx, struct helper *show)
{
    enum status status = STATUS_OK;
    struct light_message m;
    bool any = true, failed = false;
    while (any) {
        TRY(helper_hear(cx, show, &m, &any));
        if (any && m.kind == LIGHT_ERROR) {
            (void)!light_error(cx, show->name, &m); /* unless more comes, that is how it ended */
            failed = true;
        } else if (any) {
            failed = false; /* no window, but a terminal */
        }
    }
    status = failed ? cx->fault.status : STATUS_OK;
out:
    return status;
}

static enum status show(struct ctx *cx, int argc, char **argv)
{
    enum status status = STATUS_OK;
    const char *arguments[8] = {"--to", "auto"};
    struct helper program = {.to = -1, .from = -1};
    struct light_message m = {.kind = LIGHT_PARCEL};
    struct buf parcel;
    int tty = -1;
    buf_init(&parcel, PARCEL_BYTES_MAX);
    light_stream_init(&program.heard);
    for (int i = 1, n = 2; i + 1 < argc && n < 6; i += 2) {
        if (strcmp(argv[i], "--on") == 0) {
            arguments[1] = argv[i + 1];
        } else if (strcmp(argv[i], "--profile") == 0) {
            arguments[n++] = "--profile";
            arguments[n++] = argv[i + 1];
        } else {
            FAIL(cx, STATUS_USAGE, "'%s' is no option of qr show", argv[i]);
        }
    }
    TRY(parcel_of_spool(cx, argv[0], &parcel));
    tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    TRY(helper_start(cx, "valise-show", arguments, tty, &program));
    cx->system->random(cx->system->self, m.transfer.b, sizeof m.transfer.b);
    m.body = buf_view(&parcel);
    TRY(helper_say(cx, &program, &m));
    TRY(show_until_end(cx, &program));
out:
    helper_stop(&program);
    if (tty >= 0) {
        (void)close(tty);
    }
    buf_finish(&parcel);
    return status;
}

/* ---- scan ------------------------------------------------------------------------------------ */

static enum status pieces_write(struct ctx *cx, const char *path, bytes whole)
{
    enum status status = STATUS_OK;
    struct parcel p;
    TRY(parcel_read(cx, whole, &p));
    if (p.kind != PARCEL_PIECES) {
        FAIL(cx, STATUS_FOREIGN, "what was shown is for a vault, not for a courier");
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        FAIL(cx, STATUS_IO, "cannot make folder '%s': %s", path, strerror(errno));
    }
    for (size_t i = 0; i < parcel_pieces(&p); i++) {
        TRY(spool_write(cx, path, parcel_piece(&p, i)));
    }
    printf("%zu piece%s now in '%s'\n", parcel_pieces(&p), parcel_pieces(&p) == 1 ? " is" : "s are",
           path);
out:
    return status;
}

static void tell(const struct light_message *m)
{
    static const char *const advices[] = {"",
                                          "come closer",
                                          "more light",
                                          "something shines in the screen",
                                          "hold still",
                                          "no code is in the picture",
                                          "let them show slower"};
    if (m->kind == LIGHT_PROGRESS && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%u of %u codes, %u KB/s ", m->rank, m->symbols, m->rate / 1000);
    } else if (m->kind == LIGHT_ADVICE && m->code > 0 &&
               m->code < sizeof advices / sizeof *advices) {
        fprintf(stderr, "%s\n", advices[m->code]);
    }
}

static enum status scan_until_whole(struct ctx *cx, struct helper *eye, const char *path)
{
    enum status status = STATUS_OK;
    struct light_message m;
    bool any = true, seen = false, failed = false;
    while (any && !seen) {
        TRY(helper_hear(cx, eye, &m, &any));
        if (any && m.kind == LIGHT_ERROR) { /* of one picture, say: the next may be good */
            (void)!light_error(cx, eye->name, &m);
            failed = true;
        } else if (any && m.kind == LIGHT_PARCEL) {
            fault_clear(cx);
            TRY(pieces_write(cx, path, m.body));
            seen = true;
        } else if (any) {
            tell(&m);
        }
    }
    if (!seen && failed) {
        status = cx->fault.status;
    } else if (!seen) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no bundle was seen whole");
        status = fault_hint(cx, "let them show it again, larger and slower (the keys ] and -)");
    }
out:
    return status;
}

static enum status pictures_say(struct ctx *cx, struct helper *eye, int count, char **paths)
{
    enum status status = STATUS_OK;
    struct light_message end = {.kind = LIGHT_END};
    struct buf image;
    struct stat st;
    buf_init(&image, LIGHT_BODY_MAX);
    for (int i = 0; i < count; i++) {
        buf_clear(&image);
        if (stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode) ||
            (uint64_t)st.st_size > LIGHT_BODY_MAX) {
            FAIL(cx, STATUS_IO, "'%s' is no picture that can be read", paths[i]);
        }
        TRY(spool_read(cx, AT_FDCWD, paths[i], (uint64_t)st.st_size, &image));
        struct light_message m = {.kind = LIGHT_IMAGE, .body = buf_view(&image)};
        TRY(helper_say(cx, eye, &m));
    }
    TRY(helper_say(cx, eye, &end));
out:
    buf_finish(&image);
    return status;
}

static enum status scan(struct ctx *cx, int argc, char **argv)
{
    enum status status = STATUS_OK;
    const char *arguments[4] = {"--camera", CAMERA_PRESET};
    struct helper eye = {.to = -1, .from = -1};
    bool film = argc == 2 && strcmp(argv[1], "-") == 0;
    bool camera = argc == 1 || (argc == 3 && strcmp(argv[1], "--camera") == 0);
    light_stream_init(&eye.heard);
    if (argc == 3 && camera) {
        arguments[1] = argv[2];
    } else if (film) {
        arguments[0] = "--stream";
        arguments[1] = NULL;
    } else if (!camera) {
        arguments[0] = NULL;
    }
    TRY(helper_start(cx, "valise-eye", arguments, film ? STDIN_FILENO : -1, &eye));
    if (!film && !camera) {
        TRY(pictures_say(cx, &eye, argc - 1, argv + 1));
    }
    TRY(scan_until_whole(cx, &eye, argv[0]));
out:
    helper_stop(&eye);
    return status;
}

static enum status qr_run(struct ctx *cx, int argc, char **argv)
{
    enum status status = STATUS_OK;
    bool shows = argc > 1 && strcmp(argv[0], "show") == 0;
    if (argc < 2 || (!shows && strcmp(argv[0], "scan") != 0)) {
        FAIL(cx, STATUS_USAGE,
             "valise-courier qr show FOLDER [--on window|terminal] [--profile NAME], or qr scan "
             "FOLDER [--camera DEVICE | PICTURE ... | -]");
    }
    TRY(shows ? show(cx, argc - 1, argv + 1) : scan(cx, argc - 1, argv + 1));
out:
    return status;
}

const struct courier_command courier_qr = {
    .name = "qr",
    .arguments = "show|scan FOLDER",
    .summary = "pieces by light: show them as codes, or see such codes",
    .run = qr_run,
};
