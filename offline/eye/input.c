/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: what the caller asks. Only one program is ever on the other side; a message that is none
 * ends this one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

enum { READ_BYTES = 64 * 1024 };

void tell_error(struct keeper *k, enum status status, const char *what, const char *hint)
{
    uint8_t packet[PACKET_MAX];
    const struct packet_error head = {PACKET_ERROR, (uint16_t)status};
    char words[2 * FAULT_TEXT_MAX + 4];
    int len = snprintf(words, sizeof(words), "%s%s%s", what, hint[0] == '\0' ? "" : "\n", hint);
    size_t used = len < 0 ? 0 : (size_t)len < sizeof(words) ? (size_t)len : sizeof(words) - 1;
    memcpy(packet, &head, sizeof(head));
    memcpy(packet + sizeof(head), words, used);
    (void)packet_write(k->control[1], packet, sizeof(head) + used);
}

static bool free_place(const struct keeper *k, unsigned *ret)
{
    for (unsigned i = 0; i < k->workers; i++) {
        if (!k->children[i].alive) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool input_welcome(const struct keeper *k)
{
    unsigned place = 0;
    return k->options->source != EYE_PICTURES || free_place(k, &place);
}

static enum status do_image(struct keeper *k, bytes image)
{
    enum status status = STATUS_OK;
    unsigned place = 0;
    if (k->options->source != EYE_PICTURES || !free_place(k, &place)) {
        FAIL(k->cx, STATUS_USAGE, "an image, while a camera or a film is watched");
    }
    if (image.len > PICTURE_FILE_MAX) {
        tell_error(k, STATUS_LIMIT, "the image's file is over 64 MiB", "");
        goto out;
    }
    TRY(child_start_image(k, place, image));
out:
    return status;
}

static enum status do_message(struct keeper *k, const struct light_message *m, bool *ret_over)
{
    enum status status = STATUS_OK;
    switch (m->kind) {
    case LIGHT_LINK:
        (void)packet_write_bytes(k->control[1], PACKET_LINK, m->body);
        break;
    case LIGHT_SYMBOL:
        (void)packet_write_bytes(k->control[1], PACKET_LOGGED, m->body);
        break;
    case LIGHT_IMAGE:
        TRY(do_image(k, m->body));
        break;
    case LIGHT_END:
        k->ended = true;
        break;
    case LIGHT_STOP:
        *ret_over = true;
        break;
    case LIGHT_PARCEL:
    case LIGHT_TITLE:
    case LIGHT_GOT:
    case LIGHT_ACK:
    case LIGHT_PREVIEW:
    case LIGHT_SHOWN:
    case LIGHT_KEY:
    case LIGHT_FILE:
    case LIGHT_PROGRESS:
    case LIGHT_ADVICE:
    case LIGHT_TEXT:
    case LIGHT_CAMERA:
    case LIGHT_ERROR:
        FAIL(k->cx, STATUS_USAGE, "a message of kind %u, which is not for this program",
             (unsigned)m->kind);
    }
out:
    return status;
}

/* Whole messages at the front; an image waits for its place. */
enum status input_continue(struct keeper *k, bool *ret_over)
{
    enum status status = STATUS_OK;
    size_t at = 0;
    while (!*ret_over && !k->ended && input_welcome(k)) {
        struct light_message m;
        size_t used = 0;
        bytes rest = buf_view(&k->input);
        if (at > 0) {
            rest = BYTES(rest.ptr + at, rest.len - at);
        }
        TRY(light_message_read(k->cx, rest, &m, &used, NULL));
        if (used == 0) {
            *ret_over = k->input_over; /* nothing whole is left, and nothing comes */
            break;
        }
        TRY(do_message(k, &m, ret_over));
        at += used;
    }
    if (at > 0) {
        size_t rest = k->input.len - at;
        memmove(k->input.ptr, k->input.ptr + at, rest);
        wipe(k->input.ptr + rest, at);
        k->input.len = rest;
    }
out:
    return status;
}

enum status input_read(struct keeper *k, bool *ret_over)
{
    enum status status = STATUS_OK;
    uint8_t room[READ_BYTES];
    ssize_t got = read(k->options->in, room, sizeof(room));
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
        FAIL(k->cx, STATUS_IO, "the caller's pipe fails: error %d", errno);
    }
    k->input_over = got == 0;
    if (got > 0) {
        TRY(buf_add(k->cx, &k->input, BYTES(room, (size_t)got)));
        wipe(room, (size_t)got);
    }
    TRY(input_continue(k, ret_over));
out:
    return status;
}
