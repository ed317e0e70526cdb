/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row 1: what sealing a large amount costs in our format. Takes a file in bodies of 1 MiB through
 * the real rooms as transfer does: body -> entry of a hash chain -> content stream -> large pieces
 * under one-time keys -> hashes -> a signed manifest. Five readers get the keys of a fresh epoch.
 *
 * usage: bench_seal IN FOLDER [verify]      verify: each piece is read back and compared
 */
#include "bench_io.h"

#include "limits.h"
#include "sealed.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

enum { READERS = 5, COMPARE_BYTES = 64 * 1024 };

struct run {
    struct ctx cx;
    const char *folder;
    bool verify;
    struct id team;
    struct key body_key, transport;
    uint8_t sign_sk[64];
    struct entry_header header;
    struct id last; /* entry */
    struct chain chain;
    struct chain_step first; /* of the manifest */
    struct buf sealed, header_bytes, content, piece, hashes;
    uint64_t content_len, index;
};

static void must(struct run *r, enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_seal: %s: %s\n", status_name(status), r->cx.fault.what);
        exit(1);
    }
}

static void readers_share(struct run *r)
{
    struct buf out;
    buf_init(&out, 64 * KIB);
    for (int i = 0; i < READERS; i++) {
        uint8_t pk[32], sk[32], eph_pk[32], eph_sk[32], payload[64];
        struct key psk;
        randombytes_buf(psk.b, sizeof psk.b);
        crypto_box_keypair(pk, sk);
        crypto_box_keypair(eph_pk, eph_sk);
        memcpy(payload, r->body_key.b, 32);
        memcpy(payload + 32, r->transport.b, 32);
        must(r, key_seal(&r->cx, eph_sk, eph_pk, pk, &psk, BYTES_OF(r->team.b), BYTES_OF(payload),
                         &out));
    }
    buf_finish(&out);
}

static void run_start(struct run *r)
{
    uint8_t pk[32];

    ctx_init(&r->cx, system_real());
    randombytes_buf(&r->team, sizeof r->team);
    randombytes_buf(&r->body_key, sizeof r->body_key);
    randombytes_buf(&r->transport, sizeof r->transport);
    crypto_sign_keypair(pk, r->sign_sk);
    randombytes_buf(r->header.device.b, 32);
    randombytes_buf(r->header.view.b, 32);
    randombytes_buf(r->header.via.b, 32);
    struct id bind;
    epoch_bind(&r->header.device, &(struct id){{0}}, &bind);
    epoch_id(&(struct epoch_name){&r->team, r->header.compartment, 1, &bind}, &r->body_key,
             &r->header.epoch);
    chain_start(&r->transport, &r->header.device, &r->chain);
    chain_next(&r->chain, &r->first);
    buf_init(&r->sealed, BODY_SEALED_MAX + 64);
    buf_init(&r->header_bytes, ENTRY_HEADER_MAX);
    buf_init(&r->content, PIECE_SIZE_LARGE + CONTENT_ITEM_MAX);
    buf_init(&r->piece, PIECE_SIZE_LARGE);
    buf_init(&r->hashes, BUNDLE_PIECES_MAX * PIECE_HASH_BYTES);
    readers_share(r);
}

static void piece_store(struct run *r)
{
    static uint8_t chunk[COMPARE_BYTES];
    char name[PIECE_NAME_BYTES + 1], path[4096];

    piece_name_make(&r->cx, name);
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    int fd = bench_open(path, O_RDWR | O_CREAT | O_EXCL);
    bench_write(fd, r->piece.ptr, r->piece.len);
    for (size_t at = 0; r->verify && at < r->piece.len; at += sizeof chunk) {
        size_t left = r->piece.len - at;
        size_t len = left < sizeof chunk ? left : sizeof chunk;
        if (pread(fd, chunk, len, (off_t)at) != (ssize_t)len ||
            memcmp(chunk, r->piece.ptr + at, len) != 0) {
            bench_die(path);
        }
    }
    (void)close(fd);
}

static void piece_make(struct run *r, const struct chain_step *step, uint64_t index, bytes payload,
                       size_t size)
{
    struct piece_inner inner = {.bundle = 1, .index = index, .payload = payload};
    r->piece.len = 0;
    must(r, piece_seal(&r->cx, step, &inner, size, &r->piece));
    piece_store(r);
}

/* One large piece from the front of the content. */
static void content_cut(struct run *r, size_t len)
{
    uint8_t hash[PIECE_HASH_BYTES];
    struct chain_step step;

    chain_next(&r->chain, &step);
    piece_make(r, &step, ++r->index, BYTES(r->content.ptr, len), PIECE_SIZE_LARGE);
    piece_hash(buf_view(&r->piece), hash);
    must(r, buf_add(&r->cx, &r->hashes, BYTES_OF(hash)));
    memmove(r->content.ptr, r->content.ptr + len, r->content.len - len);
    r->content.len -= len;
    r->content_len += len;
}

static void entry_make(struct run *r, bytes plain)
{
    r->header.seq++;
    r->header.lamport++;
    r->header.prev = r->last;
    r->sealed.len = 0;
    r->header_bytes.len = 0;
    must(r, body_seal(&r->cx, &r->body_key, &r->team, &r->header, plain, &r->sealed));
    must(r, entry_header_write(&r->cx, &r->header, &r->header_bytes));
    entry_id(&r->team, buf_view(&r->header_bytes), &r->last);
    must(r, content_write_entry(&r->cx, buf_view(&r->header_bytes), buf_view(&r->sealed),
                                &r->content));
    while (r->content.len >= piece_payload_max(PIECE_SIZE_LARGE)) {
        content_cut(r, piece_payload_max(PIECE_SIZE_LARGE));
    }
}

static void manifest_make(struct run *r)
{
    struct manifest m = {.team = r->team,
                         .control_epoch = r->header.epoch,
                         .device = r->header.device,
                         .number = 1,
                         .content_len = r->content_len,
                         .piece_size = PIECE_SIZE_LARGE,
                         .piece_hashes = buf_view(&r->hashes)};
    struct buf out;
    buf_init(&out, MANIFEST_MAX);
    must(r, manifest_write(&r->cx, &m, r->sign_sk, &out));
    piece_make(r, &r->first, 0, buf_view(&out),
               out.len <= piece_payload_max(PIECE_SIZE_SMALL) ? PIECE_SIZE_SMALL
                                                              : PIECE_SIZE_LARGE);
    buf_finish(&out);
}

int main(int argc, char **argv)
{
    static uint8_t plain[BODY_PLAIN_MAX];
    static struct run r;
    struct head head;
    size_t got;

    if (argc < 3 || sodium_init() < 0 || (mkdir(argv[2], 0700) != 0 && errno != EEXIST)) {
        fputs("usage: bench_seal IN FOLDER [verify]\n", stderr);
        return 2;
    }
    int in = bench_open(argv[1], O_RDONLY);
    r.folder = argv[2];
    r.verify = argc > 3 && strcmp(argv[3], "verify") == 0;
    run_start(&r);
    while ((got = bench_read(in, plain, sizeof plain)) > 0) {
        entry_make(&r, BYTES(plain, got));
    }
    head = (struct head){.device = r.header.device, .seq = r.header.seq, .id = r.last};
    head_sign(&r.team, r.sign_sk, &head); /* (stands at the front in a real stream) */
    must(&r, content_write_head(&r.cx, &head, &r.content));
    while (r.content.len > 0) {
        size_t most = piece_payload_max(PIECE_SIZE_LARGE);
        content_cut(&r, r.content.len < most ? r.content.len : most);
    }
    manifest_make(&r);
    return 0;
}
