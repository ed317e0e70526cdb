/* SPDX-License-Identifier: Apache-2.0 */
/*
 * light_codes: the codes in a grey picture, as zbar reads them: a PGM on stdin, a line of hex for
 * each code on stdout. With x y width height: only those in that part.
 */
#include <stdio.h>
#include <stdlib.h>

#include "seen.h"

static struct seen_code codes[SEEN_CODES_MAX];

static unsigned number(const char *word)
{
    return (unsigned)strtoul(word, NULL, 10);
}

int main(int argc, char **argv)
{
    unsigned width = 0, height = 0;
    seen_must(scanf("P5 %5u %5u 255", &width, &height) == 2 && getchar() == '\n');
    size_t dots = (size_t)width * height;
    uint8_t *picture = malloc(dots);
    seen_must(picture != NULL && fread(picture, 1, dots, stdin) == dots);
    for (int i = 1; i + 3 < argc || argc == 1; i += 4) {
        size_t count = argc == 1 ? seen_codes(picture, width, height, codes, SEEN_CODES_MAX)
                                 : seen_codes_in(picture, width, number(argv[i]),
                                                 number(argv[i + 1]), number(argv[i + 2]),
                                                 number(argv[i + 3]), codes, SEEN_CODES_MAX);
        for (size_t c = 0; c < count; c++) {
            for (size_t b = 0; b < codes[c].len; b++) {
                (void)printf("%02x", codes[c].bytes[b]);
            }
            (void)puts("");
        }
        if (argc == 1) {
            break;
        }
    }
    free(picture);
    return 0;
}
