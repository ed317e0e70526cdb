/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen: words, and the signals that end a showing.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "screen.h"

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    (void)number;
    signalled = 1;
}

void screen_catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void)sigaction(numbers[i], &action, NULL);
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

bool screen_signalled(void)
{
    return signalled != 0;
}

void words_add(struct words *w, const char *fmt, ...)
{
    va_list args;
    MUST(w->count < WORDS_LINES_MAX);
    char *line = w->lines[w->count++];
    va_start(args, fmt);
    int len = vsnprintf(line, WORDS_LINE_BYTES, fmt, args);
    va_end(args);
    for (size_t end = WORDS_LINE_BYTES - 1; len >= WORDS_LINE_BYTES && end > 0; end--) {
        line[end] = '\0'; /* a letter that was cut in two goes */
        if (utf8_valid(BYTES(line, end))) {
            break;
        }
    }
}

void screen_close(struct screen **s)
{
    if (*s != NULL) {
        (*s)->kind->close(*s);
        *s = NULL;
    }
}
