/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: whole packets in, whole packets out.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"

bool packet_write(int fd, const void *packet, size_t len)
{
    ssize_t wrote = -1;
    MUST(len >= 1 && len <= PACKET_MAX);
    do {
        wrote = write(fd, packet, len);
    } while (wrote < 0 && errno == EINTR);
    return wrote == (ssize_t)len;
}

bool packet_write_bytes(int fd, enum packet_kind kind, bytes data)
{
    uint8_t packet[PACKET_MAX];
    MUST(data.len < PACKET_MAX);
    packet[0] = (uint8_t)kind;
    if (data.len > 0) {
        memcpy(packet + 1, data.ptr, data.len);
    }
    return packet_write(fd, packet, data.len + 1);
}

size_t packet_read(int fd, uint8_t out[static PACKET_MAX])
{
    ssize_t got = -1;
    do {
        got = read(fd, out, PACKET_MAX);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}
