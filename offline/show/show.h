/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show: the door of the room and of its program. `valise-show` speaks the messages of frames.h:
 *
 *   in    LIGHT_LINK     before anything else, when the two machines are paired
 *         LIGHT_TITLE    a line beside the codes, at any time
 *         LIGHT_PARCEL   to be shown; one of another kind than PIECES that fits a code is one code
 *         LIGHT_ACK      one code of ours that stands still
 *         LIGHT_TEXT     one code that any reader reads (otpauth, labels), bytes as they are
 *         LIGHT_PREVIEW  what a camera sees: beside the codes, or alone
 *         LIGHT_GOT      an acknowledgement that was seen; `wanted` 0 ends the showing
 *         LIGHT_STOP     the end
 *   out   LIGHT_SHOWN    once a second, and at the end
 *         LIGHT_KEY      a key was pressed, after it was obeyed; QUIT is the last message
 *         LIGHT_FILE     the outputs that are files
 *         LIGHT_ERROR    what failed, with the next step on a second line; the last message, but
 *                        for one: no screen, the terminal is used instead (STATUS_NOT_FOUND)
 *
 * Arguments: see valise-show(1). Descriptor 3 is the terminal, for --to terminal and auto. The
 * environment: DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR, XAUTHORITY and HOME are what a window
 * needs; nothing else is asked for. No key but a link's, no file by name.
 *
 * Its parts have headers of their own: press.h (canvases), ahead.h (a press in a jail), picture.h
 * (grey pictures, PNG), screen.h and terminal.h (where they are shown), sheet.h (paper).
 */
#ifndef SHOW_H
#define SHOW_H

#include "mail.h"
#include "press.h"
#include "screen.h"

enum { SHOW_TERMINAL_FD = 3 };

/* What the arguments say. */
enum show_to { SHOW_AUTO, SHOW_WINDOW, SHOW_TERMINAL, SHOW_PNG, SHOW_APNG, SHOW_PDF, SHOW_PAGES };
struct show_options {
    enum show_to to;
    const struct profile *profile; /* NULL: by the screen */
    unsigned fps;                  /* 0: the profile's */
    bool calm, full, start;
    unsigned frames; /* of files; 0: by the parcel */
    unsigned scale;  /* dots a square, of files; 0: 4 */
};
/* STATUS_USAGE. */
enum status show_options_read(struct ctx *cx, int argc, char *const *argv,
                              struct show_options *ret) MUST_USE;

/* What is to be shown: the first message that says so, and what came before it. */
struct show_job {
    struct light_message first; /* PARCEL, ACK, TEXT or PREVIEW; borrows from the mail */
    char title[WORDS_LINE_BYTES];
    bool keyed;
    struct link_key key;
};
/* The title of a LIGHT_TITLE, cut to what fits a line. */
void show_title(struct show_job *job, const struct light_message *message);
/* Until a STOP, an acknowledgement of all, a key or a signal. */
enum status show_on_screen(struct ctx *cx, const struct show_options *options, struct mail *mail,
                           struct show_job *job) MUST_USE;
/* Pictures, a moving one, or paper, as LIGHT_FILE. Runs in a jail. */
enum status show_as_files(struct ctx *cx, const struct show_options *options, struct mail *mail,
                          const struct show_job *job) MUST_USE;

/* The one code of a job that is one code: *ret_one, and its bytes; marked: ours, with markers. */
enum status show_one_code(struct ctx *cx, const struct show_job *job, struct buf *ret,
                          bool *ret_one, bool *ret_marked) MUST_USE;

#endif
