/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valise-eye: see eye.h. Started by valise and valise-courier, and of little use to people.
 */
#include <string.h>
#include <unistd.h>

#include "eye.h"

enum { FILM_FD = 3 };

int main(int argc, char **argv)
{
    struct ctx cx;
    struct eye_options options = {
        .source = EYE_PICTURES,
        .device = device_real(),
        .in = STDIN_FILENO,
        .out = STDOUT_FILENO,
        .film = FILM_FD,
    };
    ctx_init(&cx, system_real());
    if (argc == 3 && strcmp(argv[1], "--camera") == 0) {
        options.source = EYE_CAMERA;
        options.camera = argv[2];
    } else if (argc == 2 && strcmp(argv[1], "--stream") == 0) {
        options.source = EYE_FILM;
    } else if (argc != 1) {
        static const char usage[] = "usage: valise-eye [--camera PATH | --stream]\n";
        (void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
        return 2;
    }
    return eye_run(&cx, &options) == STATUS_OK ? 0 : 1;
}
