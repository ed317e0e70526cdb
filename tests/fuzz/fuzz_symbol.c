/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: a symbol that is read is written back byte for byte, with the parcel, beacon or
 * acknowledgement in it read without overrun. The input is a symbol without its tag, which the
 * target makes, or nothing would get past it; and it is read as it is, too. The first byte chooses
 * key or no key.
 */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct link_key key = {{1, 2, 3}};

/* What symbol_write() makes of the same members is the same. */
static void check_again(struct ctx *cx, bytes whole, const struct link_key *with)
{
    struct symbol s;
    struct beacon beacon;
    struct ack ack;
    struct parcel parcel;
    struct buf again;

    if (symbol_read(cx, whole, with, &s) != STATUS_OK) {
        fault_clear(cx);
        return;
    }
    buf_init(&again, SYMBOL_BYTES_MAX);
    MUST(symbol_write(cx, &s, (s.flags & SYMBOL_FLAG_KEYED) != 0 ? with : NULL, &again) ==
         STATUS_OK);
    MUST(bytes_equal(buf_view(&again), whole));
    buf_clear(&again);
    if (beacon_read(cx, &s, &beacon) == STATUS_OK) {
        MUST(beacon_write(cx, &s, &beacon, with, &again) == STATUS_OK);
    }
    if (ack_read(cx, &s, &ack) == STATUS_OK) {
        MUST(ack_write(cx, &s, &ack, with, &again) == STATUS_OK);
    }
    if (parcel_read(cx, s.data, &parcel) == STATUS_OK && parcel.kind == PARCEL_PIECES) {
        MUST(parcel_piece(&parcel, parcel_pieces(&parcel) - 1).len > 0);
    }
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct symbol s;
    struct buf tagged;
    const struct link_key *with;

    if (len < 1 + SYMBOL_HEAD_BYTES || len > SYMBOL_BYTES_MAX) {
        return 0;
    }
    ctx_init(&cx, system_real());
    with = (data[0] & 1) != 0 ? &key : NULL;
    check_again(&cx, BYTES(data + 1, len - 1), with);
    /* the members as the input says them, through the writer, which makes the tag */
    s = (struct symbol){
        .type = (enum symbol_type)(data[3] & 3),
        .flags = data[4],
        .cols = data[23] >> 4,
        .rows = data[23] & 15,
        .cell = data[24],
        .generation = (uint16_t)(data[17] | data[18] << 8),
        .esi = get_u32le(data + 19),
        .total = get_u32le(data + 13),
        .data = BYTES(data + 1 + SYMBOL_HEAD_BYTES, len - 1 - SYMBOL_HEAD_BYTES),
    };
    buf_init(&tagged, SYMBOL_BYTES_MAX);
    if (symbol_write(&cx, &s, with, &tagged) == STATUS_OK) {
        MUST(symbol_read(&cx, buf_view(&tagged), with, &s) == STATUS_OK);
        check_again(&cx, buf_view(&tagged), with);
    }
    buf_finish(&tagged);
    return 0;
}
