/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coefficients: which combination of the source a repair symbol is. Integers only: a peer's codes
 * drift apart where two machines round a logarithm differently.
 */
#include "frames-int.h"

/* SplitMix64 (Steele, Lea, Flood 2014): its step and its mixing function. */
#define STEP 0x9e3779b97f4a7c15U

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

/* [Q-12] `len` bytes and up to 7 more. */
static void stream(const struct transfer_id *transfer, uint16_t generation, uint32_t esi,
                   size_t len, uint8_t *ret)
{
    uint64_t state = mix(mix(get_u64le(transfer->b)) ^ ((uint64_t)generation << 32 | esi));

    for (size_t at = 0; at < len; at += 8) {
        state += STEP;
        put_u64le(ret + at, mix(state));
    }
}

void coefficients_repair(const struct transfer_id *transfer, const struct shape *shape,
                         uint16_t generation, uint32_t esi, uint8_t ret[static COEFFICIENTS_MAX])
{
    if (shape->paper) { /* any k rows of identity over Cauchy are independent */
        for (uint32_t i = 0; i < shape->k; i++) {
            ret[i] = gf_inverse((uint8_t)(esi ^ i));
        }
        return;
    }
    stream(transfer, generation, esi, (size_t)shape->window + shape->anchors, ret);
}

void coefficients_anchor(const struct transfer_id *transfer, const struct shape *shape,
                         unsigned anchor, uint8_t *ret)
{
    stream(transfer, ANCHOR_GENERATION, anchor, shape->k, ret);
}
