/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key header, DIR/header: a random vault key in up to eight slots. One row on the wire:
 *
 *   [ "valise key header", version, [ slot ... ], mac, check ]
 *   slot = [ 1, memory bytes, passes, salt 16, nonce 24, sealed 48 ]     a passphrase
 *        | [ 2, need, of, set 8, nonce 24, sealed 48 ]   shares; the version is 2, else 1
 *
 * mac: BLAKE2b-256 over all bytes before it, under a key derived from the vault key, so that no
 * slot can be added or taken away by somebody without it. check: half a hash of all bytes before
 * it, without a key: it only tells a damaged header from a wrong passphrase. Everything is parsed
 * and bounded before the first passphrase is tried.
 */
#include <sodium.h>
#include <string.h>

#include "keys-int.h"

enum { HEADER_ITEMS = 5 };

struct header {
    size_t slot_count;
    struct slot slots[KEY_SLOTS_MAX];
    bytes maced; /* borrowed from the input */
    uint8_t mac[HEADER_MAC_BYTES];
    uint8_t check[HEADER_CHECK_BYTES];
};

static void header_mac(const struct secret *vault_key, bytes maced,
                       uint8_t ret[static HEADER_MAC_BYTES])
{
    struct key from;
    struct key mac_key;
    bytes raw = secret_view(vault_key);
    MUST(raw.len == sizeof(from.b));
    memcpy(from.b, raw.ptr, sizeof(from.b));
    key_derive(&from, "valise/header-mac", BYTES(NULL, 0), &mac_key);
    (void)crypto_generichash(ret, HEADER_MAC_BYTES, maced.ptr, maced.len, mac_key.b,
                             sizeof(mac_key.b));
    key_wipe(&from);
    key_wipe(&mac_key);
}

static void header_check(bytes checked, uint8_t ret[static HEADER_CHECK_BYTES])
{
    struct id hash;
    hash_domain("valise/header-check", checked, BYTES(NULL, 0), &hash);
    memcpy(ret, hash.b, HEADER_CHECK_BYTES);
}

/* A valise that knows no shares takes such a header for newer, not for damaged. */
static uint64_t version_of(const struct slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i].kind == SLOT_SHARES) {
            return HEADER_VERSION_SHARES;
        }
    }
    return HEADER_VERSION;
}

static enum status header_write(struct ctx *cx, const struct slot *slots, size_t count,
                                const struct secret *vault_key, struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct buf whole;
    uint8_t mac[HEADER_MAC_BYTES];
    uint8_t check[HEADER_CHECK_BYTES];
    buf_init(&whole, HEADER_BYTES_MAX);
    wire_writer_init(&w, cx, &whole);
    wire_put_array(&w, HEADER_ITEMS);
    wire_put_text(&w, TEXT("valise key header"));
    wire_put_uint(&w, version_of(slots, count));
    wire_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        slot_write(&w, &slots[i]);
    }
    TRY(wire_writer_done(&w));
    header_mac(vault_key, buf_view(&whole), mac);
    wire_put_bytes(&w, BYTES_OF(mac));
    TRY(wire_writer_done(&w));
    header_check(buf_view(&whole), check);
    wire_put_bytes(&w, BYTES_OF(check));
    TRY(wire_writer_done(&w));
    TRY(buf_add(cx, out, buf_view(&whole)));
out:
    buf_finish(&whole);
    return status;
}

static bytes read_so_far(const struct wire_reader *r)
{
    return BYTES(r->start, (size_t)(r->pos - r->start));
}

/* A newer header is told apart before anything else of it is judged. */
static bool is_newer(bytes in)
{
    struct wire_reader r;
    wire_reader_init(&r, in);
    size_t items = wire_get_array(&r, 2, SIZE_MAX);
    text magic = wire_get_text(&r, 0, SIZE_MAX);
    uint64_t version = wire_get_uint(&r, UINT64_MAX);
    return items >= 2 && text_equal(magic, TEXT("valise key header")) &&
           version > HEADER_VERSION_SHARES;
}

static enum status header_parse(struct ctx *cx, bytes in, struct header *ret)
{
    enum status status = STATUS_OK;
    struct wire_reader r;
    uint8_t check[HEADER_CHECK_BYTES];
    if (in.len > HEADER_BYTES_MAX) {
        FAIL(cx, STATUS_LIMIT, "key header: %zu bytes, at most %d are possible", in.len,
             HEADER_BYTES_MAX);
    }
    if (is_newer(in)) {
        status = fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                           "the vault's key header was made by a newer valise");
        (void)fault_hint(cx, "use the newer valise that last opened this vault");
        goto out;
    }
    wire_reader_init(&r, in);
    (void)wire_get_array(&r, HEADER_ITEMS, HEADER_ITEMS);
    if (!text_equal(wire_get_text(&r, 0, 64), TEXT("valise key header"))) {
        wire_fail(&r, "not a key header");
    }
    uint64_t version = wire_get_uint(&r, HEADER_VERSION_SHARES);
    ret->slot_count = wire_get_array(&r, 1, KEY_SLOTS_MAX);
    for (size_t i = 0; i < ret->slot_count; i++) {
        slot_parse(&r, &ret->slots[i]);
    }
    if (version != version_of(ret->slots, ret->slot_count)) {
        wire_fail(&r, "a version that does not fit its slots");
    }
    ret->maced = read_so_far(&r);
    wire_get_fixed(&r, ret->mac, sizeof(ret->mac));
    header_check(read_so_far(&r), check);
    wire_get_fixed(&r, ret->check, sizeof(ret->check));
    if (memcmp(check, ret->check, sizeof(check)) != 0) {
        wire_fail(&r, "bytes were changed since it was written");
    }
    status = wire_reader_done(cx, &r, "key header");
    if (status != STATUS_OK) {
        (void)fault_hint(cx, "the header is damaged: restore it from a backup of the vault");
    }
out:
    return status;
}

static enum status mac_holds(struct ctx *cx, const struct header *h, const struct secret *key)
{
    enum status status = STATUS_OK;
    uint8_t mac[HEADER_MAC_BYTES];
    header_mac(key, h->maced, mac);
    if (sodium_memcmp(mac, h->mac, sizeof(mac)) != 0) {
        status = fault_set(cx, STATUS_INTEGRITY, __FILE__, __LINE__,
                           "the key header was changed by somebody without the vault's key");
        (void)fault_hint(cx, "restore the header from a backup of the vault");
    }
    return status;
}

enum status header_create(struct ctx *cx, bytes passphrase, struct kdf_cost cost, struct buf *out,
                          struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct secret *normal = NULL;
    struct secret *key = NULL;
    struct slot slot;
    TRY(passphrase_normal(cx, passphrase, &normal));
    TRY(secret_new(cx, VAULT_KEY_BYTES, &key));
    cx->system->random(cx->system->self, secret_ptr(key), VAULT_KEY_BYTES);
    TRY(slot_seal(cx, normal, cost, key, &slot));
    TRY(header_write(cx, &slot, 1, key, out));
    *ret_key = key;
    key = NULL;
out:
    secret_free(&normal);
    secret_free(&key);
    return status;
}

static const struct slot *slot_of(const struct header *h, enum slot_kind kind)
{
    for (size_t i = 0; i < h->slot_count; i++) {
        if (h->slots[i].kind == kind) {
            return &h->slots[i];
        }
    }
    return NULL;
}

/* No passphrase opens it: said before one is stretched for nothing. */
static enum status not_travel_locked(struct ctx *cx, const struct header *h)
{
    enum status status = STATUS_OK;
    struct buf set;
    const struct slot *shares = slot_of(h, SLOT_SHARES);
    buf_init(&set, 64);
    if (shares == NULL || slot_of(h, SLOT_PASSPHRASE) != NULL) {
        goto out;
    }
    TRY(key_share_set_words(cx, shares->set, &set));
    (void)fault_set(cx, STATUS_LOCKED, __FILE__, __LINE__,
                    "the vault is under a travel lock: no passphrase opens it, only %u of the %u "
                    "shares of the set '%.*s'",
                    shares->need, shares->of, (int)set.len, (const char *)set.ptr);
    status = fault_hint(cx, "ask the colleagues who hold them, then `valise travel unlock`");
out:
    buf_finish(&set);
    return status;
}

enum status header_open(struct ctx *cx, bytes header, bytes passphrase, struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct header h = {0};
    struct secret *normal = NULL;
    struct secret *key = NULL;
    TRY(header_parse(cx, header, &h));
    TRY(not_travel_locked(cx, &h));
    TRY(passphrase_normal(cx, passphrase, &normal));
    for (size_t i = 0; i < h.slot_count && key == NULL; i++) {
        if (h.slots[i].kind != SLOT_PASSPHRASE) {
            continue;
        }
        status = slot_open(cx, &h.slots[i], normal, &key);
        if (status != STATUS_OK && status != STATUS_WRONG_PASSPHRASE) {
            goto out;
        }
    }
    if (key == NULL) {
        status = fault_set(cx, STATUS_WRONG_PASSPHRASE, __FILE__, __LINE__, "wrong passphrase");
        (void)fault_hint(cx, "check the keyboard layout and caps lock, then try again");
        goto out;
    }
    TRY(mac_holds(cx, &h, key));
    *ret_key = key;
    key = NULL;
out:
    secret_free(&normal);
    secret_free(&key);
    return status;
}

enum status header_change(struct ctx *cx, bytes header, const struct secret *key, bytes passphrase,
                          struct kdf_cost cost, struct buf *out)
{
    enum status status = STATUS_OK;
    struct header h = {0};
    struct secret *normal = NULL;
    struct slot slot;
    TRY(header_parse(cx, header, &h));
    TRY(mac_holds(cx, &h, key));
    TRY(passphrase_normal(cx, passphrase, &normal));
    /* all slots go, so that neither the old passphrase nor a set of shares opens any more */
    TRY(slot_seal(cx, normal, cost, key, &slot));
    TRY(header_write(cx, &slot, 1, key, out));
out:
    secret_free(&normal);
    return status;
}

/* ---- the travel lock ---- */

enum status header_look(struct ctx *cx, bytes header, struct header_slots *ret)
{
    enum status status = STATUS_OK;
    struct header h = {0};
    TRY(header_parse(cx, header, &h));
    *ret = (struct header_slots){.passphrases = 0};
    for (size_t i = 0; i < h.slot_count; i++) {
        const struct slot *s = &h.slots[i];
        if (s->kind == SLOT_PASSPHRASE) {
            ret->passphrases++;
        } else {
            ret->shares = true;
            ret->need = s->need;
            ret->of = s->of;
            memcpy(ret->set, s->set, sizeof(ret->set));
        }
    }
out:
    return status;
}

/* Takes the slots of a kind out of the parsed header. */
static void slots_drop(struct header *h, enum slot_kind kind)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->slot_count; i++) {
        if (h->slots[i].kind != kind) {
            h->slots[kept++] = h->slots[i];
        }
    }
    h->slot_count = kept;
}

enum status header_add_shares(struct ctx *cx, bytes header, const struct secret *key, unsigned need,
                              unsigned of, struct key_share *ret, struct buf *out)
{
    enum status status = STATUS_OK;
    struct header h = {0};
    struct secret *shared = NULL;
    TRY(header_parse(cx, header, &h));
    TRY(mac_holds(cx, &h, key));
    slots_drop(&h, SLOT_SHARES);
    if (h.slot_count == 0 || h.slot_count == KEY_SLOTS_MAX) {
        FAIL(cx, STATUS_DENIED, "the key header has %zu passphrases; no set of shares fits beside",
             h.slot_count);
    }
    TRY(secret_new(cx, SHARED_BYTES, &shared));
    cx->system->random(cx->system->self, secret_ptr(shared), SHARED_BYTES);
    TRY(key_share_split(cx, SHARE_TRAVEL, need, of, shared, ret));
    TRY(slot_seal_shared(cx, &ret[0], shared, key, &h.slots[h.slot_count]));
    TRY(header_write(cx, h.slots, h.slot_count + 1, key, out));
out:
    secret_free(&shared);
    return status;
}

enum status header_drop(struct ctx *cx, bytes header, const struct secret *key, enum slot_kind kind,
                        struct buf *out)
{
    enum status status = STATUS_OK;
    struct header h = {0};
    TRY(header_parse(cx, header, &h));
    TRY(mac_holds(cx, &h, key));
    slots_drop(&h, kind);
    if (h.slot_count == 0) {
        FAIL(cx, STATUS_DENIED, "then nothing would open the vault any more");
    }
    TRY(header_write(cx, h.slots, h.slot_count, key, out));
out:
    return status;
}

enum status header_open_shared(struct ctx *cx, bytes header, const struct secret *shared,
                               struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct header h = {0};
    struct secret *key = NULL;
    TRY(header_parse(cx, header, &h));
    const struct slot *slot = slot_of(&h, SLOT_SHARES);
    if (slot == NULL) {
        FAIL(cx, STATUS_FOREIGN, "this vault has no travel lock");
    }
    status = slot_open_shared(cx, slot, shared, &key);
    if (status == STATUS_WRONG_PASSPHRASE) {
        status = fault_set(cx, STATUS_FOREIGN, __FILE__, __LINE__,
                           "the shares are of another vault, or of an earlier travel lock");
        (void)fault_hint(cx, "`valise travel` says which set this vault waits for");
    }
    TRY(status);
    TRY(mac_holds(cx, &h, key));
    *ret_key = key;
    key = NULL;
out:
    secret_free(&key);
    return status;
}
