/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: what the processes of this program say to each other, over pipes in packet mode: a write
 * of at most PACKET_MAX bytes arrives whole and alone or not at all, also from a process that is
 * killed, and nothing a worker writes can be taken for the end or the beginning of something else.
 *
 * From workers, who may be anybody's by now: CODE, SEEN, REFUSED, PREVIEW. From the keeper: the
 * rest.
 */
#ifndef PACKET_H
#define PACKET_H

#include "look.h"

enum { PACKET_MAX = 4096 }; /* PIPE_BUF */
enum packet_kind {
    PACKET_CODE = 1,  /* bytes of a code */
    PACKET_SEEN,      /* struct packet_seen: a picture is done */
    PACKET_REFUSED,   /* a file that is no picture */
    PACKET_PREVIEW,   /* struct packet_rows, then rows */
    PACKET_LOST = 32, /* a worker died over an image */
    PACKET_LINK,      /* a link key */
    PACKET_LOGGED,    /* a symbol of the log */
    PACKET_CAMERA,    /* struct packet_camera */
    PACKET_ERROR,     /* struct packet_error, then text */
    PACKET_END,
};
/* Packets never leave this program: structures as they lie in memory. */
struct packet_seen {
    uint8_t kind, worker, still;
    uint16_t width, height;                 /* of the picture; boxes are in its dots */
    uint16_t preview_width, preview_height; /* rows follow in PREVIEW; 0: none */
    struct look look;
};
struct packet_rows {
    uint8_t kind, worker;
    uint16_t first, count, width;
};
struct packet_camera {
    uint8_t kind;
    uint16_t width, height;
    uint32_t millifps;
};
struct packet_error {
    uint8_t kind;
    uint16_t status;
};
enum { PREVIEW_WIDTH_MAX = 320, PREVIEW_HEIGHT_MAX = 240 };

/* One packet, over interruptions; false when nobody is left to read. */
bool packet_write(int fd, const void *packet, size_t len);
/* kind and bytes; len at most PACKET_MAX - 1. */
bool packet_write_bytes(int fd, enum packet_kind kind, bytes data);
/* The next packet's length, 0 at the end or on an error. */
size_t packet_read(int fd, uint8_t out[static PACKET_MAX]);

#endif
