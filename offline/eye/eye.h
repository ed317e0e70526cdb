/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eye: the door. The program `valise-eye` sees: a camera, a film or pictures in, what the codes in
 * them say out. Whoever starts it speaks the messages of frames.h over its standard input and
 * output; it has no key but the link keys of pairs, knows no file by name but a camera, and ends
 * with its input.
 *
 *   valise-eye                     pictures: an IMAGE message each; answered, besides what was in
 *                                  it, by one ADVICE (NONE: something was read) or one ERROR
 *   valise-eye --camera PATH       /dev/videoN
 *   valise-eye --stream            a film on descriptor 3: Y4M of 8 bits or PGM one after the other
 *
 * In:   LINK (first), SYMBOL (of the log, to go on where it ended), IMAGE, END, STOP.
 * Out:  PROGRESS, SYMBOL (for the log), PARCEL, ACK, TEXT (somebody else's code: any bytes),
 *       ADVICE, PREVIEW, CAMERA, ERROR. After END, and after the end of a film, all that was seen
 *       comes out and then the end; STOP and the end of the input end at once.
 *
 * Exit status: 0, or 1 when it could not do its work; an ERROR says why.
 */
#ifndef EYE_H
#define EYE_H

#include "capture.h"

enum eye_source { EYE_PICTURES, EYE_CAMERA, EYE_FILM };
struct eye_options {
    enum eye_source source;
    const char *camera;          /* its path */
    const struct device *device; /* how it is spoken to */
    int in, out, film;           /* descriptors */
    unsigned workers;            /* 0: as many as there are processors; at most EYE_WORKERS_MAX */
};
enum { EYE_WORKERS_MAX = 16 };
/* Runs to the end. Forks workers, and one process that collects; this one is to be hardened before
 * and parses nothing. The status is that of the ERROR that was sent, if it could not go on. */
enum status eye_run(struct ctx *cx, const struct eye_options *options) MUST_USE;

#endif
