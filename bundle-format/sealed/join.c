/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The join file [F-70], [F-71]: a newcomer's statement "who I am", carried to a colleague by QR or
 * stick. It is signed by the device key as a whole and, for a new member, by the member's root key
 * over the device; so nobody can ask to be let in with keys that are not theirs.
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { JOIN_ITEMS = 11, SIGNATURE_ITEM = 2 + SIGNATURE_BYTES };

struct link_body {
    uint8_t b[64 + NAME_BYTES_MAX];
    size_t len;
};

static bool link_body_make(const uint8_t sign_pk[static 32], const uint8_t box_pk[static 32],
                           text device_name, struct link_body *ret)
{
    if (device_name.len > NAME_BYTES_MAX) {
        return false;
    }
    memcpy(ret->b, sign_pk, 32);
    memcpy(ret->b + 32, box_pk, 32);
    if (device_name.len > 0) {
        memcpy(ret->b + 64, device_name.ptr, device_name.len);
    }
    ret->len = 64 + device_name.len;
    return true;
}

enum status join_link_sign(struct ctx *cx, struct join *j, const uint8_t root_sk[static 64])
{
    enum status status = STATUS_OK;
    struct link_body body;

    if (!link_body_make(j->sign_pk, j->box_pk, j->device_name, &body)) {
        FAIL(cx, STATUS_LIMIT, "join: [F-70] device name is longer than %u bytes", NAME_BYTES_MAX);
    }
    statement_sign("valise/link", NULL, BYTES(body.b, body.len), root_sk, j->link_signature);
out:
    return status;
}

bool link_verify(const uint8_t root_pk[static 32], const uint8_t sign_pk[static 32],
                 const uint8_t box_pk[static 32], text device_name,
                 const uint8_t sig[static SIGNATURE_BYTES])
{
    struct link_body body;
    return link_body_make(sign_pk, box_pk, device_name, &body) &&
           statement_verify("valise/link", NULL, BYTES(body.b, body.len), root_pk, sig);
}

static const char *names_fault(const struct join *j)
{
    size_t member_min = j->own_device ? 0 : 1;
    if (j->member_name.len < member_min || j->member_name.len > NAME_BYTES_MAX) {
        return "[F-70] member name is empty or too long";
    }
    if (j->device_name.len < 1 || j->device_name.len > NAME_BYTES_MAX) {
        return "[F-70] device name is empty or too long";
    }
    return NULL;
}

enum status join_write(struct ctx *cx, const struct join *j, const uint8_t sign_sk[static 64],
                       struct buf *out)
{
    enum status status = STATUS_OK;
    const char *why = names_fault(j);
    uint8_t signature[SIGNATURE_BYTES];
    struct buf body;
    struct wire_writer w;

    buf_init(&body, JOIN_MAX);
    if (why != NULL) {
        FAIL(cx, STATUS_LIMIT, "join: %s", why);
    }
    wire_writer_init(&w, cx, &body);
    wire_put_array(&w, JOIN_ITEMS);
    wire_put_text(&w, TEXT("valise-join"));
    wire_put_uint(&w, FORMAT_VERSION);
    wire_put_bool(&w, j->own_device);
    wire_put_bytes(&w, BYTES_OF(j->root_pk));
    wire_put_bytes(&w, BYTES_OF(j->sign_pk));
    wire_put_bytes(&w, BYTES_OF(j->box_pk));
    wire_put_text(&w, j->member_name);
    wire_put_text(&w, j->device_name);
    wire_put_bytes(&w, BYTES_OF(j->secret.b));
    wire_put_bytes(&w, BYTES_OF(j->link_signature));
    TRY(wire_writer_done(&w));
    statement_sign("valise/join", NULL, buf_view(&body), sign_sk, signature);
    wire_put_bytes(&w, BYTES_OF(signature));
    TRY(wire_writer_done(&w));
    TRY(buf_add(cx, out, buf_view(&body)));
out:
    buf_finish(&body);
    return status;
}

/* [F-71] what the keys and the link signature must be, by kind of join. */
static const char *keys_fault(const struct join *j)
{
    if (!sign_key_valid(j->sign_pk)) {
        return "[F-16] device signing key is not valid";
    }
    if (!box_key_valid(j->box_pk)) {
        return "[F-16] device box key is not valid";
    }
    if (j->own_device) {
        bool zero = all_zero(j->root_pk, sizeof j->root_pk) &&
                    all_zero(j->link_signature, sizeof j->link_signature);
        return zero ? NULL : "[F-71] a further device carries a root key or link signature";
    }
    return sign_key_valid(j->root_pk) ? NULL : "[F-16] root key is not valid";
}

static enum status join_verify(struct ctx *cx, bytes in, const struct join *j,
                               const uint8_t signature[static SIGNATURE_BYTES])
{
    enum status status = STATUS_OK;
    bytes body = BYTES(in.ptr, in.len - SIGNATURE_ITEM);

    if (!j->own_device &&
        !link_verify(j->root_pk, j->sign_pk, j->box_pk, j->device_name, j->link_signature)) {
        FAIL(cx, STATUS_FORGED, "join: [F-71] the root key's signature does not hold");
    }
    if (!statement_verify("valise/join", NULL, body, j->sign_pk, signature)) {
        FAIL(cx, STATUS_FORGED, "join: [F-71] the device key's signature does not hold");
    }
out:
    return status;
}

static void read_join(struct wire_reader *r, struct join *j)
{
    static const char magic[] = "[F-70] not a join file";

    reader_get_row(r, JOIN_ITEMS, magic);
    if (!text_equal(wire_get_text(r, 0, SIZE_MAX), TEXT("valise-join"))) {
        wire_fail(r, magic);
    }
    reader_get_version(r, "[F-70] unknown version");
    j->own_device = wire_get_bool(r);
    wire_get_fixed(r, j->root_pk, sizeof j->root_pk);
    wire_get_fixed(r, j->sign_pk, sizeof j->sign_pk);
    wire_get_fixed(r, j->box_pk, sizeof j->box_pk);
    j->member_name = wire_get_text(r, 0, SIZE_MAX);
    j->device_name = wire_get_text(r, 0, SIZE_MAX);
    wire_get_fixed(r, j->secret.b, sizeof j->secret.b);
    wire_get_fixed(r, j->link_signature, sizeof j->link_signature);
}

enum status join_parse(struct ctx *cx, bytes in, struct join *ret)
{
    enum status status = STATUS_OK;
    uint8_t signature[SIGNATURE_BYTES];
    struct join j = {0};
    struct wire_reader r;
    const char *why;

    if (in.len > JOIN_MAX) {
        FAIL(cx, STATUS_LIMIT, "join: [F-70] longer than %u bytes", JOIN_MAX);
    }
    wire_reader_init(&r, in);
    read_join(&r, &j);
    wire_get_fixed(&r, signature, sizeof signature);
    TRY(wire_reader_done(cx, &r, "join"));
    why = names_fault(&j);
    why = why != NULL ? why : keys_fault(&j);
    if (why != NULL) {
        FAIL(cx, STATUS_MALFORMED, "join: %s", why);
    }
    TRY(join_verify(cx, in, &j, signature));
    *ret = j;
out:
    key_wipe(&j.secret);
    return status;
}

void join_fingerprint(bytes join_file, uint8_t ret[static 16])
{
    struct id hash;
    hash_domain("valise/join-words", join_file, BYTES(NULL, 0), &hash); /* [F-74] */
    memcpy(ret, hash.b, 16);
}
