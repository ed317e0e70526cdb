/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is what a hostile holder of the key puts inside a body: an inside as it is (first byte
 * 0), or the frame of one that is laid out well (first byte 1, then three bytes of plain length).
 * Oracle: what opens is within its limit, and sealed again opens to the same; operations in it are
 * read to their end or refused with a clause.
 */
#include "sealed_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 64 * 1024, FRAME_HEAD = 3 };

struct world {
    struct ctx cx;
    struct key key;
    struct id team;
    struct entry_header h;
};

static void check_operations(struct world *w, bytes plain)
{
    struct body_reader b;
    bytes op;
    size_t count = 0;

    if (body_read_start(&w->cx, plain, &b) == STATUS_OK) {
        while (body_read_next(&b, &op)) {
            MUST(op.len > 0 && b.index == count);
            count++;
        }
        MUST(body_read_done(&w->cx, &b) != STATUS_OK || b.ops == 0);
    }
}

static void check_again(struct world *w, bytes plain)
{
    struct buf sealed, again;
    buf_init(&sealed, BODY_SEALED_MAX);
    buf_init(&again, BODY_PLAIN_MAX);
    MUST(body_seal(&w->cx, &w->key, &w->team, &w->h, plain, &sealed) == STATUS_OK);
    MUST(body_open(&w->cx, &w->key, &w->team, &w->h, buf_view(&sealed), &again) == STATUS_OK);
    MUST(bytes_equal(buf_view(&again), plain));
    buf_finish(&sealed);
    buf_finish(&again);
}

static void make_inside(struct world *w, bytes in, struct buf *inside)
{
    uint8_t *at = NULL;
    if (in.ptr[0] == 1 && in.len > FRAME_HEAD) {
        uint32_t plain_len = in.ptr[1] | (uint32_t)in.ptr[2] << 8 | (uint32_t)in.ptr[3] << 16;
        bytes frame = BYTES(in.ptr + 1 + FRAME_HEAD, in.len - 1 - FRAME_HEAD);
        MUST(sample_body_inside(&w->cx, 1, plain_len, frame, inside) == STATUS_OK);
        return;
    }
    size_t size = in.len - 1 < BODY_INSIDE_MIN ? BODY_INSIDE_MIN : in.len - 1;
    MUST(buf_extend(&w->cx, inside, size, &at) == STATUS_OK);
    memcpy(at, in.ptr + 1, in.len - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world w = {.key = sample_key("key"), .team = sample_id("team")};
    struct buf inside, sealed, plain;

    if (len < 1 || len > INPUT_MAX) {
        return 0;
    }
    ctx_init(&w.cx, system_real());
    w.h = sample_header(BYTES(NULL, 0));
    buf_init(&inside, BODY_SEALED_MAX);
    buf_init(&sealed, BODY_SEALED_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    make_inside(&w, BYTES(data, len), &inside);
    MUST(sample_body_seal(&w.cx, &w.key, &w.team, &w.h, buf_view(&inside), 0, &sealed) ==
         STATUS_OK);
    if (body_open(&w.cx, &w.key, &w.team, &w.h, buf_view(&sealed), &plain) == STATUS_OK) {
        MUST(plain.len <= BODY_PLAIN_MAX);
        check_operations(&w, buf_view(&plain));
        check_again(&w, buf_view(&plain));
    } else {
        MUST(plain.len == 0 && strstr(w.cx.fault.what, "[F-4") != NULL);
    }
    buf_finish(&inside);
    buf_finish(&sealed);
    buf_finish(&plain);
    return 0;
}
