/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: showings that are files: pictures, a moving picture, paper as PDF or as a PNG a page. All
 * of it is made in a jail that can only compute and answer.
 */
#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "paper.h"
#include "sheet.h"
#include "show.h"

#define MEMORY_MAX (1024ULL * 1024 * 1024)
enum {
    CPU_SECONDS_MAX = 3600,
    SCALE_USUAL = 4,
    STILL_SCALE = 8,
    SPARE_TENTHS = 4, /* frames over those that hold all of it once, for loss */
    BEACON_SECONDS = 2,
    PAGE_DPI = 200,
    POINTS_DPI = 72,
    NAME_MAX_HERE = 32,
};

/* ---- paper: the two kinds ---- */

struct pdf_paper {
    struct sheet_paper paper;
    struct paper_pages *pages;
};

static enum status pdf_begin(struct ctx *cx, struct sheet_paper *s)
{
    return paper_pages_begin(cx, ((struct pdf_paper *)s)->pages);
}

static enum status pdf_text(struct ctx *cx, struct sheet_paper *s, int x, int y, bool title,
                            text line)
{
    return paper_pages_text(cx, ((struct pdf_paper *)s)->pages, (struct paper_place){x, y},
                            title ? PAPER_FONT_TITLE : PAPER_FONT_TEXT, title ? 16 : 9, line);
}

static enum status pdf_code(struct ctx *cx, struct sheet_paper *s, int x, int y,
                            const uint8_t *squares, unsigned side)
{
    int quiet = SHEET_CODE_POINTS * SHEET_QUIET / (int)(side + 2 * SHEET_QUIET);
    return paper_pages_code(
        cx, ((struct pdf_paper *)s)->pages, (struct paper_place){x + quiet, y - quiet},
        SHEET_CODE_POINTS - 2 * quiet, BYTES(squares, (size_t)side * side), side);
}

static enum status pdf_end(struct ctx *cx, struct sheet_paper *s)
{
    (void)cx;
    (void)s;
    return STATUS_OK;
}

static const struct sheet_paper_kind pdf_kind = {pdf_begin, pdf_text, pdf_code, pdf_end};

struct png_paper {
    struct sheet_paper paper;
    struct picture page;
    struct mail *mail;
    unsigned done;
};

static int dots(int points)
{
    return points * PAGE_DPI / POINTS_DPI;
}

static enum status png_begin(struct ctx *cx, struct sheet_paper *s)
{
    struct png_paper *p = (struct png_paper *)s;
    picture_free(&p->page);
    return picture_new(cx, (unsigned)dots(PAPER_WIDTH), (unsigned)dots(PAPER_HEIGHT), &p->page);
}

static enum status png_text(struct ctx *cx, struct sheet_paper *s, int x, int y, bool title,
                            text line)
{
    struct png_paper *p = (struct png_paper *)s;
    unsigned scale = title ? 4 : 2;
    (void)cx;
    (void)picture_text(&p->page, dots(x), dots(PAPER_HEIGHT - y) - (int)(FONT_HEIGHT * scale),
                       scale, line);
    return STATUS_OK;
}

static enum status png_code(struct ctx *cx, struct sheet_paper *s, int x, int y,
                            const uint8_t *squares, unsigned side)
{
    struct png_paper *p = (struct png_paper *)s;
    unsigned scale = (unsigned)dots(SHEET_CODE_POINTS) / (side + 2 * SHEET_QUIET);
    int quiet = (int)(SHEET_QUIET * scale);
    (void)cx;
    for (unsigned i = 0; i < side * side; i++) {
        if (squares[i] != 0) {
            picture_fill(&p->page, dots(x) + quiet + (int)(i % side * scale),
                         dots(PAPER_HEIGHT - y) + quiet + (int)(i / side * scale), scale, scale, 0);
        }
    }
    return STATUS_OK;
}

static enum status png_end(struct ctx *cx, struct sheet_paper *s)
{
    enum status status = STATUS_OK;
    struct png_paper *p = (struct png_paper *)s;
    struct buf png;
    char name[NAME_MAX_HERE];
    buf_init(&png, PNG_FILE_MAX);
    (void)snprintf(name, sizeof(name), "page-%02u.png", ++p->done);
    TRY(png_write(cx, &p->page, 1, &png));
    TRY(mail_send_file(cx, p->mail, name, buf_view(&png)));
out:
    buf_finish(&png);
    return status;
}

static const struct sheet_paper_kind png_kind = {png_begin, png_text, png_code, png_end};

static enum status sheets(struct ctx *cx, const struct show_job *job, bytes one,
                          struct sheet_paper *to)
{
    enum status status = STATUS_OK;
    struct sheet_plan plan;
    const struct sheet_job sheet = {job->title, job->first.transfer, job->first.body,
                                    job->keyed ? &job->key : NULL};
    if (one.len > 0) {
        return sheet_write_one(cx, job->title, "Scan this code.", one, to);
    }
    TRY(sheet_plan(cx, sheet.parcel, &plan));
    TRY(sheet_write(cx, &sheet, &plan, to));
out:
    return status;
}

static enum status as_paper(struct ctx *cx, bool pdf, struct mail *mail, const struct show_job *job,
                            bytes one)
{
    enum status status = STATUS_OK;
    struct buf out;
    struct pdf_paper pdf_paper = {.paper = {&pdf_kind}};
    struct png_paper png_paper = {.paper = {&png_kind}, .mail = mail};
    buf_init(&out, LIGHT_BODY_MAX);
    if (pdf) {
        TRY(paper_pages_new(cx, &pdf_paper.pages));
        TRY(sheets(cx, job, one, &pdf_paper.paper));
        TRY(paper_pages_end(cx, pdf_paper.pages, &out));
        TRY(mail_send_file(cx, mail, "codes.pdf", buf_view(&out)));
    } else {
        TRY(sheets(cx, job, one, &png_paper.paper));
    }
out:
    paper_pages_free(&pdf_paper.pages);
    picture_free(&png_paper.page);
    buf_finish(&out);
    return status;
}

/* ---- pictures ---- */

static enum status still(struct ctx *cx, const struct show_options *options, struct mail *mail,
                         bytes one, bool marked)
{
    enum status status = STATUS_OK;
    struct picture picture = {0};
    struct buf png;
    buf_init(&png, PNG_FILE_MAX);
    TRY(marked ? code_draw_marked(cx, one, &picture) : code_draw(cx, one, QR_MEDIUM, &picture));
    TRY(png_write(cx, &picture, options->scale == 0 ? STILL_SCALE : options->scale, &png));
    TRY(mail_send_file(cx, mail, "code.png", buf_view(&png)));
out:
    picture_free(&picture);
    buf_finish(&png);
    return status;
}

struct film {
    struct press *press;
    struct layout layout;
    struct picture blank, frame;
    unsigned scale, frames;
};

static enum status film_begin(struct ctx *cx, const struct show_options *options,
                              const struct show_job *job, struct film *f)
{
    enum status status = STATUS_OK;
    const struct profile *p =
        options->profile != NULL ? options->profile : profile_find(TEXT("std"));
    const struct press_job press = {job->first.transfer, job->first.body,
                                    job->keyed ? &job->key : NULL};
    MUST(p != NULL);
    f->layout = (struct layout){p->cols, p->rows, p->version, p->fps};
    f->layout.fps = options->fps != 0 ? (uint8_t)options->fps : f->layout.fps;
    f->layout.fps = options->calm && f->layout.fps > CALM_FPS ? CALM_FPS : f->layout.fps;
    f->scale = options->scale == 0 ? SCALE_USUAL : options->scale;
    TRY(press_new(cx, &press, &f->press));
    TRY(press_set(cx, f->press, &f->layout));
    TRY(canvas_draw(cx, press_canvas(f->press), &f->blank));
    TRY(canvas_draw(cx, press_canvas(f->press), &f->frame));
    uint32_t cells = (uint32_t)f->layout.cols * f->layout.rows;
    uint64_t wanted = (uint64_t)press_symbols(f->press) * (10 + SPARE_TENTHS) / 10;
    f->frames = options->frames != 0 ? options->frames : (unsigned)(wanted / cells + 2);
out:
    return status;
}

static void film_end(struct film *f)
{
    press_free(&f->press);
    picture_free(&f->blank);
    picture_free(&f->frame);
}

static enum status film_next(struct ctx *cx, struct film *f, unsigned number)
{
    memcpy(f->frame.dots, f->blank.dots, (size_t)f->blank.width * f->blank.height);
    return press_frame(cx, f->press, number % ((unsigned)f->layout.fps * BEACON_SECONDS) == 0,
                       &f->frame);
}

static enum status as_pictures(struct ctx *cx, struct film *f, struct mail *mail)
{
    enum status status = STATUS_OK;
    struct buf png;
    char name[NAME_MAX_HERE];
    buf_init(&png, PNG_FILE_MAX);
    for (unsigned i = 0; i < f->frames; i++) {
        buf_clear(&png);
        (void)snprintf(name, sizeof(name), "code-%05u.png", i + 1);
        TRY(film_next(cx, f, i));
        TRY(png_write(cx, &f->frame, f->scale, &png));
        TRY(mail_send_file(cx, mail, name, buf_view(&png)));
    }
out:
    buf_finish(&png);
    return status;
}

static enum status as_movie(struct ctx *cx, struct film *f, struct mail *mail)
{
    enum status status = STATUS_OK;
    struct buf png;
    struct png_movie movie = {.frames = f->frames, .fps = f->layout.fps, .scale = f->scale};
    buf_init(&png, LIGHT_BODY_MAX - LIGHT_NAME_MAX);
    for (unsigned i = 0; i < f->frames && status == STATUS_OK; i++) {
        status = film_next(cx, f, i);
        status = status == STATUS_OK ? png_movie_add(cx, &movie, &f->frame, &png) : status;
    }
    if (status == STATUS_LIMIT) {
        (void)fault_hint(cx, "a moving picture of all of it is too large: show it on the screen");
    }
    TRY(status);
    TRY(png_movie_end(cx, &movie, &png));
    TRY(mail_send_file(cx, mail, "codes.apng", buf_view(&png)));
out:
    buf_finish(&png);
    return status;
}

static enum status as_film(struct ctx *cx, const struct show_options *options, struct mail *mail,
                           const struct show_job *job)
{
    enum status status = STATUS_OK;
    struct film film = {0};
    TRY(film_begin(cx, options, job, &film));
    TRY(options->to == SHOW_APNG ? as_movie(cx, &film, mail) : as_pictures(cx, &film, mail));
    const struct light_message shown = {
        .kind = LIGHT_SHOWN, .frames = film.frames, .symbols = press_next(film.press)};
    TRY(mail_send(cx, mail, &shown));
out:
    film_end(&film);
    return status;
}

enum status show_as_files(struct ctx *cx, const struct show_options *options, struct mail *mail,
                          const struct show_job *job)
{
    enum status status = STATUS_OK;
    struct buf code;
    bool one = false, marked = false;
    buf_init(&code, SYMBOL_BYTES_MAX);
    TRY(guard_jail(cx, MEMORY_MAX, CPU_SECONDS_MAX));
    if (job->first.kind == LIGHT_PREVIEW) {
        FAIL(cx, STATUS_USAGE, "a preview is for a screen, not for files");
    }
    TRY(show_one_code(cx, job, &code, &one, &marked));
    if (options->to == SHOW_PDF || options->to == SHOW_PAGES) {
        TRY(as_paper(cx, options->to == SHOW_PDF, mail, job,
                     one ? buf_view(&code) : BYTES(NULL, 0)));
    } else if (one) {
        TRY(still(cx, options, mail, buf_view(&code), marked));
    } else {
        TRY(as_film(cx, options, mail, job));
    }
out:
    buf_finish(&code);
    return status;
}
