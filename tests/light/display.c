/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The display: canvases from the other program, enlarged as a screen of 1920 x 1080 would.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table.h"

_Noreturn void table_give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "light_table: error: %s: %s\n", what, why);
    exit(1);
}

static void display_start(struct display *d, const char *program, const char *layout,
                          uint16_t pieces, uint64_t seed)
{
    int ends[2] = {-1, -1};
    char pieces_word[8], seed_word[24];
    (void)snprintf(pieces_word, sizeof(pieces_word), "%u", pieces);
    (void)snprintf(seed_word, sizeof(seed_word), "%llu", (unsigned long long)seed);
    if (pipe(ends) != 0) {
        table_give_up("pipe", strerror(errno));
    }
    d->pid = fork();
    if (d->pid < 0) {
        table_give_up("fork", strerror(errno));
    }
    if (d->pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl(program, program, layout, pieces_word, seed_word, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    d->pipe = ends[0];
}

void display_open(struct display *d, const char *program, const char *layout,
                  const struct profile *profile, uint16_t pieces, uint64_t seed)
{
    struct ctx cx;
    *d = (struct display){.pipe = -1};
    ctx_init(&cx, system_real());
    TABLE_OK(&cx, frames_canvas(&cx, profile->cols, profile->rows, profile->version, &d->canvas));
    unsigned across = SCREEN_WIDTH / d->canvas.width, down = SCREEN_HEIGHT / d->canvas.height;
    d->scale = across < down ? across : down;
    if (d->scale < 1) {
        table_give_up(layout, "does not fit the screen");
    }
    d->squares = grey_new(d->canvas.width, d->canvas.height);
    display_start(d, program, layout, pieces, seed);
}

void display_close(struct display *d)
{
    int status = 0;
    (void)close(d->pipe);
    (void)kill(d->pid, SIGTERM);
    (void)waitpid(d->pid, &status, 0);
    grey_free(&d->squares);
}

struct grey display_picture(const struct display *d)
{
    return grey_new(d->canvas.width * d->scale, d->canvas.height * d->scale);
}

static void pipe_take(struct display *d, uint8_t *out, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = read(d->pipe, out + got, len - got);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            table_give_up("light_display", "said no more");
        }
        got += n > 0 ? (size_t)n : 0;
    }
}

void display_draw(void *self, uint64_t number, struct grey *picture)
{
    struct display *d = self;
    uint8_t head[4] = {0};
    (void)number;
    pipe_take(d, head, sizeof(head));
    if ((head[0] | head[1] << 8) != d->canvas.width ||
        (head[2] | head[3] << 8) != d->canvas.height) {
        table_give_up("light_display", "draws a canvas of another size");
    }
    pipe_take(d, d->squares.dots, (size_t)d->canvas.width * d->canvas.height);
    d->shown++;
    for (unsigned y = 0; y < picture->height; y++) {
        uint8_t *out = picture->dots + (size_t)y * picture->width;
        const uint8_t *in = d->squares.dots + (size_t)(y / d->scale) * d->canvas.width;
        if (y % d->scale != 0) {
            memcpy(out, out - picture->width, picture->width);
            continue;
        }
        for (unsigned x = 0; x < d->canvas.width; x++) {
            memset(out + (size_t)x * d->scale, in[x], d->scale);
        }
    }
}
