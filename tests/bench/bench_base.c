/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The baseline every ratio of rows 1 and 2 stands on: one pass of zstd level 3, then libsodium's
 * secretstream (XChaCha20-Poly1305) in messages of 64 KiB, one thread, file to file. No signature,
 * no readers, no chunks: the least that a compressed and encrypted copy can cost.
 *
 * usage: bench_base IN OUT
 */
#include "bench_io.h"

#include <sodium.h>
#include <zstd.h>

enum { READ_BYTES = 128 * 1024, MESSAGE_BYTES = 64 * 1024, LEVEL = 3 };

static uint8_t input[READ_BYTES];
static uint8_t message[MESSAGE_BYTES];
static uint8_t sealed[MESSAGE_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES];

struct sink {
    crypto_secretstream_xchacha20poly1305_state state;
    int fd;
};

static void sink_push(struct sink *s, size_t len, uint8_t tag)
{
    unsigned long long sealed_len = 0;
    (void)crypto_secretstream_xchacha20poly1305_push(&s->state, sealed, &sealed_len, message, len,
                                                     NULL, 0, tag);
    bench_write(s->fd, sealed, (size_t)sealed_len);
}

static void run(int in, struct sink *s)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_outBuffer out = {message, sizeof message, 0};
    size_t got;

    if (z == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL))) {
        bench_die("zstd");
    }
    do {
        got = bench_read(in, input, sizeof input);
        ZSTD_EndDirective mode = got < sizeof input ? ZSTD_e_end : ZSTD_e_continue;
        ZSTD_inBuffer from = {input, got, 0};
        size_t left;
        do {
            left = ZSTD_compressStream2(z, &out, &from, mode);
            if (ZSTD_isError(left)) {
                bench_die("zstd");
            }
            if (out.pos == out.size) {
                sink_push(s, out.pos, 0);
                out.pos = 0;
            }
        } while (mode == ZSTD_e_end ? left > 0 : from.pos < from.size);
    } while (got == sizeof input);
    sink_push(s, out.pos, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    (void)ZSTD_freeCCtx(z);
}

int main(int argc, char **argv)
{
    uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    struct sink s;

    if (argc != 3 || sodium_init() < 0) {
        fputs("usage: bench_base IN OUT\n", stderr);
        return 2;
    }
    int in = bench_open(argv[1], O_RDONLY);
    s.fd = bench_open(argv[2], O_WRONLY | O_CREAT | O_TRUNC);
    crypto_secretstream_xchacha20poly1305_keygen(key);
    (void)crypto_secretstream_xchacha20poly1305_init_push(&s.state, header, key);
    bench_write(s.fd, header, sizeof header);
    run(in, &s);
    return close(s.fd) == 0 && close(in) == 0 ? 0 : 1;
}
