/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: whatever comes in whatever order, a reception stays within its memory, its ranks within
 * k, and an honest transfer that is shown in between comes out whole. The input is a program:
 * 4 bytes an act. The honest sender is paired, or others that are would keep him out for good. The
 * first chooses: the next honest code; an honest code of a number; a code that was sent before; a
 * code with data of its own under our transfer (which spoils it, tag and all) or under another; a
 * code of the input's own members.
 */
#include "frames.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { DATA = 16, MEMORY = 3 << 20, ACTS_MAX = 400 };
static const struct link_key key = {{7}};

struct world {
    struct ctx cx;
    struct reception *r;
    struct fountain *f;
    struct buf parcel, code;
    uint32_t next;
    bool done;
};

static void take(struct world *w, bytes code)
{
    struct reception_event e;
    struct parcel parcel;

    if (reception_take(&w->cx, w->r, code, &e) != STATUS_OK) {
        fault_clear(&w->cx);
        return;
    }
    MUST(e.rank <= e.symbols);
    MUST(reception_memory(w->r) <= MEMORY);
    if (e.news == RECEPTION_PARCEL) {
        MUST(parcel_read(&w->cx, e.parcel, &parcel) == STATUS_OK);
        w->done = w->done || bytes_equal(e.parcel, buf_view(&w->parcel));
    }
}

static void look(const struct world *w)
{
    struct reception_state state;

    for (size_t i = 0; reception_state(w->r, i, &state); i++) {
        MUST(state.complete ? state.rank == state.symbols : state.rank < state.symbols);
    }
}

static void honest(struct world *w, uint32_t number)
{
    buf_clear(&w->code);
    MUST(fountain_symbol(&w->cx, w->f, number, 0, &w->code) == STATUS_OK);
    take(w, buf_view(&w->code));
}

/* Another's symbol: with `ours` it has all that our symbols have in common. */
static void strange(struct world *w, const uint8_t act[4], bool ours)
{
    uint8_t data[SYMBOL_DATA_MAX] = {act[1], act[2], act[3]};
    struct symbol s = {
        .type = ours ? SYMBOL_DATA : (enum symbol_type)(act[1] & 3),
        .flags = ours ? SYMBOL_FLAG_KEYED : act[2] & (SYMBOL_FLAG_KEYED | SYMBOL_FLAG_PAPER),
        .cols = 1,
        .rows = 1,
        .esi = (act[3] & 1) != 0 ? 0x80000000U + act[2] : act[2],
        .total = ours ? fountain_total(w->f) : (uint32_t)act[3] << (act[1] >> 3 & 15),
        .transfer = {{ours ? 1 : act[1] >> 5}},
        .data = BYTES(data, ours ? DATA : 16U + act[2] * 11U),
    };

    buf_clear(&w->code);
    if (symbol_write(&w->cx, &s, (s.flags & SYMBOL_FLAG_KEYED) != 0 ? &key : NULL, &w->code) !=
        STATUS_OK) {
        fault_clear(&w->cx);
        return;
    }
    take(w, buf_view(&w->code));
}

static void act(struct world *w, const uint8_t at[4])
{
    switch (at[0] % 8) {
    case 0:
    case 1:
    case 2:
        honest(w, w->next++);
        break;
    case 3:
        honest(w, (uint32_t)(at[1] | at[2] << 8 | at[3] << 16));
        break;
    case 4:
        take(w, buf_view(&w->code));
        break;
    case 5:
        strange(w, at, true);
        break;
    case 6:
    case 7:
        strange(w, at, false);
        break;
    }
}

static void world_open(struct world *w, uint8_t size)
{
    struct fountain_plan plan = {
        .transfer = {{1}}, .symbol_data = DATA, .cols = 1, .rows = 1, .key = &key};
    uint8_t *at = NULL;

    *w = (struct world){0};
    ctx_init(&w->cx, system_real());
    buf_init(&w->parcel, PARCEL_BYTES_MAX);
    buf_init(&w->code, SYMBOL_BYTES_MAX);
    /* below 240 a few symbols, from there so many that there are generations */
    MUST(buf_extend(&w->cx, &w->parcel, size < 240 ? 2U + size * 4U : 16500, &at) == STATUS_OK);
    at[0] = PARCEL_JOIN;
    for (size_t i = 1; i < w->parcel.len; i++) {
        at[i] = (uint8_t)(i * 7 + i / 251);
    }
    MUST(fountain_new(&w->cx, &plan, buf_view(&w->parcel), &w->f) == STATUS_OK);
    MUST(reception_new(&w->cx, MEMORY, &w->r) == STATUS_OK);
    MUST(reception_link(&w->cx, w->r, &key) == STATUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world w;

    if (len < 1) {
        return 0;
    }
    world_open(&w, data[0]);
    for (size_t i = 1, acts = 0; i + 4 <= len && acts < ACTS_MAX; i += 4, acts++) {
        act(&w, data + i);
        if (acts % 32 == 0) {
            look(&w);
        }
    }
    look(&w);
    /* in the end the honest sender goes on: what strangers did costs symbols, not the parcel */
    for (uint32_t more = 0; !w.done; more++) {
        MUST(more < 4 * fountain_symbols(w.f) + 400);
        honest(&w, 1000000 + more);
    }
    fountain_free(&w.f);
    reception_free(&w.r);
    buf_finish(&w.parcel);
    buf_finish(&w.code);
    return 0;
}
