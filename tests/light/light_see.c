/* SPDX-License-Identifier: Apache-2.0 */
/*
 * light_see: the simulated camera as a program, for tests that use real programs on both sides:
 * pictures of a display in, what a camera sees out.
 *
 *   light_see still LEVEL CAMERA SEED [finger|glare] PICTURE >seen.pgm
 *   light_see film LEVEL CAMERA SEED DISPLAY_FPS COUNT PICTURE... >film.y4m
 *
 * A PICTURE is a PNG or PGM file. A film has COUNT of the camera's pictures; the display shows the
 * PICTUREs in turn, the first again after the last.
 */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

static _Noreturn void give_up(const char *what, const char *which)
{
    (void)fprintf(stderr, "light_see: error: %s: '%s'\n", what, which);
    exit(2);
}

static uint64_t number(const char *word)
{
    char *end = NULL;
    unsigned long long v = strtoull(word, &end, 10);
    if (end == word || *end != '\0') {
        give_up("not a number", word);
    }
    return v;
}

static bool pgm_read(const char *path, struct grey *ret)
{
    unsigned width = 0, height = 0;
    FILE *f = fopen(path, "rb");
    bool read = false;
    if (f != NULL && fscanf(f, "P5 %5u %5u 255", &width, &height) == 2 && fgetc(f) == '\n' &&
        width > 0 && height > 0) {
        *ret = grey_new(width, height);
        read = fread(ret->dots, width, height, f) == height;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return read;
}

static struct grey picture_load(const char *path)
{
    struct grey g = {0};
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (pgm_read(path, &g)) {
        return g;
    }
    if (!png_image_begin_read_from_file(&png, path)) {
        give_up(png.message, path);
    }
    png.format = PNG_FORMAT_GRAY;
    g = grey_new(png.width, png.height);
    if (!png_image_finish_read(&png, NULL, g.dots, (png_int_32)png.width, NULL)) {
        give_up(png.message, path);
    }
    return g;
}

static void put(const void *data, size_t len)
{
    if (fwrite(data, 1, len, stdout) != len) {
        give_up("cannot write", "stdout");
    }
}

struct films {
    char **paths;
    size_t count;
};

static void films_draw(void *self, uint64_t number_shown, struct grey *display)
{
    const struct films *films = self;
    const char *path = films->paths[number_shown % films->count];
    struct grey g = picture_load(path);
    if (g.width != display->width || g.height != display->height) {
        give_up("not as large as the first picture", path);
    }
    memcpy(display->dots, g.dots, (size_t)g.width * g.height);
    grey_free(&g);
}

static void still(struct camera *c, const struct camera_kind *kind, const char *hidden,
                  const struct grey *display)
{
    struct grey seen = grey_new(kind->width, kind->height);
    if (strcmp(hidden, "finger") == 0) {
        camera_finger(c, -60, 0.5, 0.12);
    } else if (strcmp(hidden, "glare") == 0) {
        camera_glare(c, 0.3, 0.4, 0.12, 0.08, 160);
    } else if (*hidden != '\0') {
        give_up("neither finger nor glare", hidden);
    }
    camera_see(c, display, &seen);
    (void)printf("P5\n%u %u\n255\n", seen.width, seen.height);
    put(seen.dots, (size_t)seen.width * seen.height);
    grey_free(&seen);
}

static void film(struct camera *c, const struct camera_kind *kind, uint64_t fps, uint64_t count,
                 struct films *films)
{
    struct camera_clock clock = {.display_fps = (double)fps,
                                 .refresh_hz = 60,
                                 .camera_fps = kind->fps,
                                 .exposure_us = kind->exposure_us,
                                 .readout_us = kind->readout_us,
                                 .phase_us = 7000};
    struct grey seen = grey_new(kind->width, kind->height);
    struct camera_stream *s = camera_stream_open(c, &clock, films_draw, films);
    (void)printf("YUV4MPEG2 W%u H%u F%u:1 Ip A1:1 Cmono\n", seen.width, seen.height, kind->fps);
    for (uint64_t i = 0; i < count; i++) {
        camera_stream_next(s, &seen);
        camera_pack(c, &seen);
        put("FRAME\n", 6);
        put(seen.dots, (size_t)seen.width * seen.height);
    }
    camera_stream_close(&s);
    grey_free(&seen);
}

int main(int argc, char **argv)
{
    bool is_film = argc > 7 && strcmp(argv[1], "film") == 0;
    if (!is_film && !((argc == 6 || argc == 7) && strcmp(argv[1], "still") == 0)) {
        give_up("usage", "light_see still|film LEVEL CAMERA SEED … PICTURE…");
    }
    const struct camera_level *level = camera_level_named(argv[2]);
    const struct camera_kind *kind = camera_kind_named(argv[3]);
    if (level == NULL || kind == NULL) {
        give_up("no such level or camera", level == NULL ? argv[2] : argv[3]);
    }
    uint64_t seed = number(argv[4]);
    struct grey first = picture_load(argv[is_film ? 7 : argc - 1]);
    struct camera_pose pose = camera_pose_draw(level, &seed);
    struct camera *c =
        camera_open(kind->width, kind->height, level, &pose, first.width, first.height, seed);
    if (is_film) {
        struct films films = {argv + 7, (size_t)argc - 7};
        film(c, kind, number(argv[5]), number(argv[6]), &films);
    } else {
        still(c, kind, argc == 7 ? argv[5] : "", &first);
    }
    camera_close(&c);
    grey_free(&first);
    return fflush(stdout) == 0 ? 0 : 2;
}
