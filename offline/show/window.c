/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window: SDL2, which finds X11, Wayland or the bare screen (KMSDRM) by itself. Pictures are grown
 * by whole numbers and without smoothing; the rest is white, because a camera sets its exposure by
 * what it sees around the codes. A frame is on the screen when window_show() returns (vsync).
 */
#include <SDL.h>
#include <stdlib.h>
#include <string.h>

#include "faces.h"

struct window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *textures[LAYERS_MAX];
    unsigned widths[LAYERS_MAX], heights[LAYERS_MAX]; /* of the textures */
    bool full;
};

/* Drivers that show nothing to anybody, which SDL may take when there is no screen. */
static bool shows_nothing(const char *driver)
{
    static const char *const blind[] = {"dummy", "offscreen", "evdev"};
    for (size_t i = 0; driver != NULL && i < sizeof(blind) / sizeof(blind[0]); i++) {
        if (strcmp(driver, blind[i]) == 0) {
            return true;
        }
    }
    return driver == NULL;
}

static bool video_start(const char **ret_why)
{
    (void)SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    (void)SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "nearest");
    (void)SDL_SetHint(SDL_HINT_RENDER_VSYNC, "1");
    (void)setenv("MESA_SHADER_CACHE_DISABLE", "true", 1); /* no file of ours in a home */
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) {
        *ret_why = SDL_GetError();
        return false;
    }
    if (shows_nothing(SDL_GetCurrentVideoDriver())) {
        *ret_why = "no screen";
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        return false;
    }
    return true;
}

/* All of the display, or the desktop without its panels, less one of `part` parts for the frame; a
 * small one when it is not known. */
static void size_to_open(bool full, unsigned part, int *ret_width, int *ret_height)
{
    SDL_Rect bounds = {0};
    *ret_width = 1024;
    *ret_height = 768;
    if (full && SDL_GetDisplayBounds(0, &bounds) == 0) {
        *ret_width = bounds.w;
        *ret_height = bounds.h;
    } else if (SDL_GetDisplayUsableBounds(0, &bounds) == 0 && bounds.w > 0 && bounds.h > 0) {
        *ret_width = bounds.w - bounds.w / (int)part;
        *ret_height = bounds.h - bounds.h / (int)part;
    }
}

static bool window_make(struct window *w, const char *title, int width, int height)
{
    uint32_t flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI |
                     (w->full ? (uint32_t)SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    w->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width,
                                 height, flags);
    if (w->window != NULL) {
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_PRESENTVSYNC);
    }
    if (w->window != NULL && w->renderer == NULL) {
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    }
    return w->renderer != NULL;
}

struct window *window_open(const char *title, bool full, unsigned part, const char **ret_why)
{
    int width = 0, height = 0;
    struct window *w = calloc(1, sizeof(*w));
    if (w == NULL || !video_start(ret_why)) {
        free(w);
        return NULL;
    }
    size_to_open(full, part, &width, &height);
    w->full = full;
    if (!window_make(w, title, width, height)) {
        *ret_why = SDL_GetError();
        window_close(w);
        return NULL;
    }
    if (full) {
        (void)SDL_ShowCursor(SDL_DISABLE);
    }
    SDL_StartTextInput();
    return w;
}

void window_size(struct window *w, unsigned *ret_width, unsigned *ret_height)
{
    int width = 0, height = 0;
    (void)SDL_GetRendererOutputSize(w->renderer, &width, &height);
    *ret_width = width > 0 ? (unsigned)width : 0;
    *ret_height = height > 0 ? (unsigned)height : 0;
}

static bool texture_fit(struct window *w, size_t i, const struct layer *l)
{
    if (w->textures[i] != NULL && w->widths[i] == l->width && w->heights[i] == l->height) {
        return true;
    }
    if (w->textures[i] != NULL) {
        SDL_DestroyTexture(w->textures[i]);
    }
    w->textures[i] = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_ARGB8888,
                                       SDL_TEXTUREACCESS_STREAMING, (int)l->width, (int)l->height);
    w->widths[i] = l->width;
    w->heights[i] = l->height;
    return w->textures[i] != NULL;
}

static bool layer_show(struct window *w, size_t i, const struct layer *l)
{
    void *pixels = NULL;
    int pitch = 0;
    if (!texture_fit(w, i, l) || SDL_LockTexture(w->textures[i], NULL, &pixels, &pitch) != 0) {
        return false;
    }
    for (unsigned y = 0; y < l->height; y++) {
        const uint8_t *from = l->dots + (size_t)y * l->width;
        uint8_t *line = (uint8_t *)pixels + (size_t)y * (size_t)pitch;
        for (unsigned x = 0; x < l->width; x++) {
            uint32_t grey = 0xff000000U | from[x] * 0x10101U;
            memcpy(line + 4 * (size_t)x, &grey, sizeof(grey));
        }
    }
    SDL_UnlockTexture(w->textures[i]);
    const SDL_Rect to = {l->x, l->y, (int)(l->width * l->scale), (int)(l->height * l->scale)};
    return SDL_RenderCopy(w->renderer, w->textures[i], NULL, &to) == 0;
}

bool window_show(struct window *w, const struct layer *layers, size_t count)
{
    bool shown = SDL_SetRenderDrawColor(w->renderer, 255, 255, 255, 255) == 0 &&
                 SDL_RenderClear(w->renderer) == 0;
    for (size_t i = 0; i < count && i < LAYERS_MAX && shown; i++) {
        shown = layer_show(w, i, &layers[i]);
    }
    SDL_RenderPresent(w->renderer);
    return shown;
}

static int key_of(SDL_Keycode code)
{
    static const struct {
        SDL_Keycode code;
        int letter;
    } keys[] = {{SDLK_ESCAPE, 'q'}, {SDLK_F11, 'f'}, {SDLK_RETURN, '\r'}, {SDLK_RIGHT, '+'},
                {SDLK_LEFT, '-'},   {SDLK_UP, ']'},  {SDLK_DOWN, '['}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].code == code) {
            return keys[i].letter;
        }
    }
    return 0;
}

int window_key(struct window *w, int wait_ms, bool *ret_exposed)
{
    SDL_Event event;
    (void)w;
    *ret_exposed = false;
    while (SDL_WaitEventTimeout(&event, wait_ms) != 0) {
        int key = 0;
        wait_ms = 0;
        if (event.type == SDL_QUIT) {
            key = 'q';
        } else if (event.type == SDL_TEXTINPUT) {
            key = (unsigned char)event.text.text[0];
        } else if (event.type == SDL_KEYDOWN) {
            key = key_of(event.key.keysym.sym);
        } else if (event.type == SDL_WINDOWEVENT || event.type == SDL_RENDER_TARGETS_RESET ||
                   event.type == SDL_RENDER_DEVICE_RESET) {
            *ret_exposed = true;
        }
        if (key != 0) {
            return key;
        }
    }
    return 0;
}

void window_turn_full(struct window *w)
{
    uint32_t flags = w->full ? 0 : (uint32_t)SDL_WINDOW_FULLSCREEN_DESKTOP;
    if (SDL_SetWindowFullscreen(w->window, flags) == 0) {
        w->full = !w->full;
        (void)SDL_ShowCursor(w->full ? SDL_DISABLE : SDL_ENABLE);
    }
}

void window_close(struct window *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; i < LAYERS_MAX; i++) {
        if (w->textures[i] != NULL) {
            SDL_DestroyTexture(w->textures[i]);
        }
    }
    if (w->renderer != NULL) {
        SDL_DestroyRenderer(w->renderer);
    }
    if (w->window != NULL) {
        SDL_DestroyWindow(w->window);
    }
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(w);
}
