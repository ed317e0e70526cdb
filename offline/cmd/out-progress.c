/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out-progress: how far a long piece of work is, on stderr. Nothing in the first second; then on a
 * terminal one line drawn again ten times a second, elsewhere one plain line every ten per cent.
 */
#include "out-int.h"

#include <time.h>
#include <unistd.h>

enum { QUIET_MS = 1000, REDRAW_MS = 100 };

static int64_t clock_ms(void)
{
    struct timespec now;

    MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void out_progress(struct out *o, const char *what, uint64_t done, uint64_t all)
{
    struct buf line;
    int64_t now;
    unsigned percent;

    if (o->quiet || o->json || all == 0) {
        return;
    }
    now = clock_ms();
    if (o->progress_start_ms == 0) {
        o->progress_start_ms = now;
        o->progress_tenth = 0;
    }
    if (now - o->progress_start_ms < QUIET_MS) {
        return;
    }
    percent = done >= all ? 100 : (unsigned)((double)done * 100.0 / (double)all);
    if (o->tty_error ? now - o->progress_last_ms < REDRAW_MS && percent < 100
                     : percent / 10 <= o->progress_tenth) {
        return;
    }
    buf_init(&line, 512);
    out_flush(o);
    out_latch(o,
              buf_printf(o->cx, &line, o->tty_error ? "\r%s %3u %%" : "%s %u %%\n", what, percent));
    out_show(STDERR_FILENO, buf_view(&line));
    buf_finish(&line);
    o->progress_last_ms = now;
    o->progress_tenth = percent / 10;
    o->progress_shown = true;
}

void out_progress_end(struct out *o)
{

    if (o->progress_shown && o->tty_error) {
        out_show(STDERR_FILENO, BYTES("\n", 1));
    }
    o->progress_shown = false;
    o->progress_start_ms = 0;
    o->progress_last_ms = 0;
}
