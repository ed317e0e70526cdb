/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_bombs: proves that no zstd frame inside a well-sealed body makes the reader take more memory
 * than the body's own limits: each bomb is refused with the status it must have, gives no
 * plaintext, and the whole process stays under 64 MiB. The member who seals such a body holds the
 * key, so everything around the frame is right.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for frames without a magic number */
#include "sealed_sample.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zstd.h>

enum { RSS_MAX_KIB = 64 * 1024, FRAME_MAX = MIB };

#define MAGIC 0xfd2fb528U

struct frame {
    uint8_t *ptr;
    size_t len;
};

static void put(struct frame *f, const void *data, size_t len)
{
    assert_true(len <= FRAME_MAX - f->len);
    memcpy(f->ptr + f->len, data, len);
    f->len += len;
}

static void put_number(struct frame *f, uint64_t number, size_t width)
{
    uint8_t le[8];
    put_u64le(le, number);
    put(f, le, width);
}

/* Magic, descriptor, window byte unless single segment, content size. */
static void put_header(struct frame *f, unsigned descriptor, unsigned window, uint64_t content)
{
    static const size_t widths[4] = {1, 2, 4, 8};
    put_number(f, MAGIC, 4);
    put_number(f, descriptor, 1);
    if ((descriptor & 0x20) == 0) {
        put_number(f, window, 1);
    }
    put_number(f, content, widths[descriptor >> 6]);
}

/* `count` blocks that repeat one byte `size` times; the last one says so. */
static void put_repeats(struct frame *f, size_t count, uint32_t size, bool last)
{
    for (size_t i = 0; i < count; i++) {
        put_number(f, size << 3 | 1U << 1 | (last && i + 1 == count ? 1U : 0U), 3);
        put_number(f, 'b', 1);
    }
}

/* ---- bombs ----------------------------------------------------------------------------------- */

static void repeats_claim_fits(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_repeats(f, 8, 131072, true);
}
static void repeats_give_more(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_repeats(f, 100000, 131072, true);
}
static void repeats_give_more_without_end(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_repeats(f, 100000, 131072, false);
}
static void repeat_of_two_mib(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_repeats(f, 1, (1U << 21) - 1, true);
}
static void repeats_small_window(struct frame *f)
{
    put_header(f, 0x80, 0, BODY_PLAIN_MAX);
    put_repeats(f, 100000, 131072, true);
}
static void claim_tib(struct frame *f)
{
    put_header(f, 0xe0, 0, UINT64_C(1) << 40);
    put_repeats(f, 8, 131072, true);
}
static void claim_all_64_bits(struct frame *f)
{
    put_header(f, 0xe0, 0, UINT64_MAX);
    put_repeats(f, 8, 131072, true);
}
static void claim_just_over(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX + 1);
    put_repeats(f, 8, 131072, false);
    put_repeats(f, 1, 1, true);
}
static void claim_nothing(struct frame *f)
{
    put_header(f, 0xa0, 0, 0);
    put_repeats(f, 8, 131072, true);
}
static void no_size_window_largest(struct frame *f)
{
    put_number(f, MAGIC, 4);
    put_number(f, 0x00f8, 2);
    put_repeats(f, 8, 131072, true);
}
static void window_16_mib(struct frame *f)
{
    put_header(f, 0x80, 14 << 3, BODY_PLAIN_MAX);
    put_repeats(f, 8, 131072, true);
}
static void window_128_mib(struct frame *f)
{
    put_header(f, 0x80, 17 << 3, BODY_PLAIN_MAX);
    put_repeats(f, 8, 131072, true);
}
static void window_largest(struct frame *f)
{
    put_header(f, 0x80, 0xff, BODY_PLAIN_MAX);
    put_repeats(f, 8, 131072, true);
}
static void empty_blocks(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    for (size_t i = 0; i < 300000; i++) {
        put_number(f, 0, 3);
    }
    put_repeats(f, 8, 131072, true);
}
static void one_byte_repeats(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_repeats(f, 250000, 1, true);
}
static void skippable_huge(struct frame *f)
{
    put_number(f, 0x184d2a50, 4);
    put_number(f, UINT32_MAX, 4);
}
static void skippable_many(struct frame *f)
{
    for (size_t i = 0; i < 100000; i++) {
        put_number(f, 0x184d2a50 + i % 16, 4);
        put_number(f, 0, 4);
    }
}
static void skippable_then_frame(struct frame *f)
{
    put_number(f, 0x184d2a5f, 4);
    put_number(f, 0, 4);
    repeats_claim_fits(f);
}
static void frames_many(struct frame *f)
{
    for (size_t i = 0; i < 20000; i++) {
        put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
        put_repeats(f, 8, 131072, true);
    }
}
static void frame_in_raw_block(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_number(f, 41U << 3 | 1, 3);
    repeats_claim_fits(f);
}
static void legacy_frames(struct frame *f)
{
    put_number(f, 0xfd2fb527, 4);
    put_number(f, 0, 4);
    put_repeats(f, 8, 131072, true);
}
static void dictionary_wanted(struct frame *f)
{
    put_number(f, MAGIC, 4);
    put_number(f, 0xa3, 1);
    put_number(f, 7, 4);
    put_number(f, BODY_PLAIN_MAX, 4);
    put_repeats(f, 8, 131072, true);
}
static void checksum_wanted(struct frame *f)
{
    put_header(f, 0xa4, 0, BODY_PLAIN_MAX);
    put_repeats(f, 8, 131072, true);
    put_number(f, 0, 4);
}
static void reserved_blocks(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_number(f, 131072U << 3 | 3U << 1 | 1, 3);
}
static void huffman_garbage(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_number(f, 1000U << 3 | 2U << 1 | 1, 3);
    for (size_t i = 0; i < 1000; i++) {
        put_number(f, (i * 167 + 13) & 0xff, 1);
    }
}
/* literals of one repeated byte, 1 MiB of them in one compressed block */
static void literals_over_block(struct frame *f)
{
    put_header(f, 0xa0, 0, BODY_PLAIN_MAX);
    put_number(f, 5U << 3 | 2U << 1 | 1, 3);
    put_number(f, 0xfffffdU, 3);
    put_number(f, 'b', 1);
    put_number(f, 0, 1);
}

/* ---- bombs made by zstd itself --------------------------------------------------------------- */

struct recipe {
    size_t plain;
    int level;
    int window_log;
    int content_size;
    int checksum;
    int magicless;
};

static void compress_zeros(struct frame *f, struct recipe r)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    static const uint8_t zeros[65536];
    ZSTD_outBuffer out = {.dst = f->ptr, .size = FRAME_MAX, .pos = 0};

    assert_non_null(z);
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, r.level)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, r.window_log)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, r.content_size)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, r.checksum)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(
        z, ZSTD_c_format, r.magicless ? ZSTD_f_zstd1_magicless : ZSTD_f_zstd1)));
    if (r.content_size != 0) {
        assert_false(ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(z, r.plain)));
    }
    for (size_t done = 0; done < r.plain;) {
        size_t n = r.plain - done < sizeof zeros ? r.plain - done : sizeof zeros;
        ZSTD_inBuffer in = {.src = zeros, .size = n, .pos = 0};
        ZSTD_EndDirective end = done + n == r.plain ? ZSTD_e_end : ZSTD_e_continue;
        size_t left;
        do {
            left = ZSTD_compressStream2(z, &out, &in, end);
            assert_false(ZSTD_isError(left));
        } while (end == ZSTD_e_end ? left != 0 : in.pos < in.size);
        done += n;
    }
    f->len = out.pos;
    (void)ZSTD_freeCCtx(z);
}

static void zeros_one_mib(struct frame *f)
{
    compress_zeros(f, (struct recipe){BODY_PLAIN_MAX, 3, 20, 1, 0, 0});
}
static void zeros_four_gib(struct frame *f)
{
    compress_zeros(f, (struct recipe){(size_t)4 << 30, 1, 17, 1, 0, 0});
}
static void zeros_one_gib_no_size(struct frame *f)
{
    compress_zeros(f, (struct recipe){(size_t)1 << 30, 1, 17, 0, 0, 0});
}
static void zeros_checksum(struct frame *f)
{
    compress_zeros(f, (struct recipe){BODY_PLAIN_MAX, 3, 20, 1, 1, 0});
}
static void zeros_magicless(struct frame *f)
{
    compress_zeros(f, (struct recipe){BODY_PLAIN_MAX, 3, 20, 1, 0, 1});
}

struct bomb {
    const char *name;
    void (*make)(struct frame *f);
    uint32_t plain_len; /* declared around the frame */
    enum status status;
    const char *clause;
};

#define M   STATUS_MALFORMED
#define ONE BODY_PLAIN_MAX

static const struct bomb BOMBS[] = {
    {"repeats that fit", repeats_claim_fits, ONE, STATUS_OK, ""},
    {"zeros that fit", zeros_one_mib, ONE, STATUS_OK, ""},
    {"13 GB of repeats", repeats_give_more, ONE, M, "[F-48]"},
    {"13 GB of repeats without end", repeats_give_more_without_end, ONE, M, "[F-42]"},
    {"one repeat of 2 MiB", repeat_of_two_mib, ONE, M, "[F-48]"},
    {"13 GB in a small window", repeats_small_window, ONE, M, "[F-48]"},
    {"claims a TiB", claim_tib, ONE, M, "[F-42]"},
    {"claims 2^64-1", claim_all_64_bits, ONE, M, "[F-42]"},
    {"claims 2^64-1, declared 2^32-1", claim_all_64_bits, UINT32_MAX, STATUS_LIMIT, "[F-43]"},
    {"claims one byte over", claim_just_over, ONE, M, "[F-42]"},
    {"one byte over, declared so", claim_just_over, ONE + 1, STATUS_LIMIT, "[F-43]"},
    {"claims nothing", claim_nothing, ONE, M, "[F-42]"},
    {"no size, window of 2 TiB", no_size_window_largest, ONE, M, "[F-42]"},
    {"window of 16 MiB", window_16_mib, ONE, M, "[F-42]"},
    {"window of 128 MiB", window_128_mib, ONE, M, "[F-42]"},
    {"window of 3.75 TiB", window_largest, ONE, M, "[F-42]"},
    {"300,000 empty blocks", empty_blocks, ONE, STATUS_OK, ""},
    {"250,000 blocks of one byte", one_byte_repeats, ONE, M, "[F-48]"},
    {"skippable frame of 4 GiB", skippable_huge, ONE, M, "[F-42]"},
    {"100,000 skippable frames", skippable_many, ONE, M, "[F-42]"},
    {"skippable frame, then a good one", skippable_then_frame, ONE, M, "[F-42]"},
    {"20,000 frames", frames_many, ONE, M, "[F-42]"},
    {"frame in a raw block", frame_in_raw_block, ONE, M, "[F-48]"},
    {"legacy frame", legacy_frames, ONE, M, "[F-42]"},
    {"dictionary", dictionary_wanted, ONE, M, "[F-42]"},
    {"checksum", checksum_wanted, ONE, M, "[F-42]"},
    {"checksum by zstd", zeros_checksum, ONE, M, "[F-42]"},
    {"no magic number", zeros_magicless, ONE, M, "[F-42]"},
    {"reserved block", reserved_blocks, ONE, M, "[F-42]"},
    {"garbage tables", huffman_garbage, ONE, M, "[F-48]"},
    {"a million literals of one byte", literals_over_block, ONE, M, "[F-48]"},
    {"4 GiB of zeros, declared 1 MiB", zeros_four_gib, ONE, M, "[F-42]"},
    {"4 GiB of zeros, declared 2^32-1", zeros_four_gib, UINT32_MAX, STATUS_LIMIT, "[F-43]"},
    {"1 GiB of zeros, no size", zeros_one_gib_no_size, ONE, M, "[F-42]"},
};

static void run_bomb(struct ctx *cx, const struct bomb *b, struct frame *f)
{
    struct id team = sample_id("team");
    struct key key = sample_key("key");
    struct entry_header h = sample_header(BYTES(NULL, 0));
    struct buf inside, sealed, plain;

    f->len = 0;
    b->make(f);
    buf_init(&inside, BODY_SEALED_MAX);
    buf_init(&sealed, BODY_SEALED_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    assert_int_equal(sample_body_inside(cx, 1, b->plain_len, BYTES(f->ptr, f->len), &inside),
                     STATUS_OK);
    assert_int_equal(sample_body_seal(cx, &key, &team, &h, buf_view(&inside), 0, &sealed),
                     STATUS_OK);
    enum status status = body_open(cx, &key, &team, &h, buf_view(&sealed), &plain);
    if (status != b->status || (status != STATUS_OK && strstr(cx->fault.what, b->clause) == NULL)) {
        fail_msg("'%s': %s '%s'", b->name, status_name(status), cx->fault.what);
    }
    assert_int_equal(plain.len, status == STATUS_OK ? BODY_PLAIN_MAX : 0);
    fault_clear(cx);
    buf_finish(&inside);
    buf_finish(&sealed);
    buf_finish(&plain);
}

static void test_bombs_are_refused_in_bounded_memory(void **state)
{
    struct frame f = {.ptr = malloc(FRAME_MAX)};
    struct rusage usage;
    struct ctx cx;
    (void)state;
    assert_non_null(f.ptr);
    ctx_init(&cx, system_real());
    for (size_t i = 0; i < sizeof BOMBS / sizeof BOMBS[0]; i++) {
        run_bomb(&cx, &BOMBS[i], &f);
    }
    free(f.ptr);
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    print_message("%zu bombs, peak %ld KiB\n", sizeof BOMBS / sizeof BOMBS[0], usage.ru_maxrss);
#ifndef VALISE_SANITIZED /* shadow memory is not ours to count */
    assert_true(usage.ru_maxrss < RSS_MAX_KIB);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bombs_are_refused_in_bounded_memory),
    };
    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
