/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valise-courier: the entry. A table of commands; usage and errors come from it.
 */
#include <stdio.h>
#include <string.h>

#include "courier.h"
#include "limits.h"

static const struct courier_command *const commands[] = {&courier_inspect, &courier_qr};

enum { EXIT_USAGE = 2 };

static void usage(FILE *to)
{
    fputs("usage: valise-courier COMMAND\n\n", to);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        fprintf(to, "  %-8s %-18s %s\n", commands[i]->name, commands[i]->arguments,
                commands[i]->summary);
    }
    fputs("  help                        this text\n  version                     the version\n",
          to);
}

/* The fault may quote a file name, which is a stranger's text. */
static void report(struct ctx *cx)
{
    struct buf line;
    buf_init(&line, 16 * KIB);
    if (escape_terminal(cx, &line, text_of(cx->fault.what), false) == STATUS_OK) {
        fprintf(stderr, "valise-courier: error: %.*s\n", (int)line.len, (const char *)line.ptr);
    }
    buf_clear(&line);
    if (cx->fault.hint[0] != '\0' &&
        escape_terminal(cx, &line, text_of(cx->fault.hint), false) == STATUS_OK) {
        fprintf(stderr, "valise-courier: hint: %.*s\n", (int)line.len, (const char *)line.ptr);
    }
    buf_finish(&line);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(word, "version") == 0 || strcmp(word, "--version") == 0) {
        puts("valise-courier " VALISE_VERSION);
        return 0;
    }
    struct ctx cx;
    ctx_init(&cx, system_real());
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(word, commands[i]->name) == 0) {
            enum status status = commands[i]->run(&cx, argc - 2, argv + 2);
            if (status != STATUS_OK) {
                report(&cx);
            }
            return status == STATUS_OK ? 0 : status == STATUS_USAGE ? EXIT_USAGE : 1;
        }
    }
    usage(stderr);
    return EXIT_USAGE;
}
