/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is what somebody gives as a share: text, a QR code's text, or its 45 bytes. Oracle:
 * what is accepted packs to the same bytes, and a handful of accepted ones join to something or are
 * refused, never more than that.
 */
#include <string.h>

#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct ctx *cx, const struct key_share *share)
{
    uint8_t packed[KEY_SHARE_PACKED_BYTES];
    struct key_share again;
    struct key_share two[2];
    struct secret *secret = NULL;
    uint32_t wrong = 0;

    key_share_pack(share, packed);
    MUST(key_share_unpack(cx, BYTES_OF(packed), &again) == STATUS_OK);
    MUST(memcmp(again.value, share->value, sizeof again.value) == 0);
    MUST(share->number >= 1 && share->number <= share->of && share->need <= share->of);
    two[0] = two[1] = *share;
    two[1].number = share->number == 1 ? 2 : 1;
    MUST(key_share_join(cx, two, 2, &secret, &wrong) != STATUS_OK && secret == NULL);
    fault_clear(cx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct key_share share;
    struct key_share_labels labels;
    struct secret *seed = NULL;
    text typed = {(const char *)data, len};

    ctx_init(&cx, system_real());
    if (key_share_unpack(&cx, BYTES(data, len), &share) == STATUS_OK) {
        check(&cx, &share);
    }
    fault_clear(&cx);
    if (!utf8_valid(BYTES(data, len))) {
        return 0;
    }
    key_share_labels_read(typed, &labels);
    if (key_share_parse(&cx, typed, &share) == STATUS_OK) {
        check(&cx, &share);
    }
    fault_clear(&cx);
    if (sheet_parse(&cx, typed, &seed) == STATUS_OK) {
        secret_free(&seed);
    }
    return 0;
}
