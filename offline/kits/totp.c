/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp: one-time codes (RFC 6238) from an otpauth:// address or a bare secret. HMAC with SHA-1 is
 * what services still use, and libsodium has none: libcrypto computes it. No message repeats any
 * part of the secret.
 */
#include "kit-int.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { TOTP_KEY_MAX = 1024, TOTP_DIGITS_MAX = 8, TOTP_PERIOD_MAX = 3600 };

struct totp {
    uint8_t key[TOTP_KEY_MAX];
    size_t key_len;
    int64_t digits, period;
    const EVP_MD *(*hash)(void);
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool equal_any_case(text a, const char *b)
{
    if (a.len != strlen(b)) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

/* Base32 as people copy it: any case, blanks and dashes between, '=' at the end, spare bits left.
 */
static enum status key_take(struct ctx *cx, text in, struct totp *t)
{
    enum status status = STATUS_OK;
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = lower(in.ptr[i]);
        if (c == ' ' || c == '-' || c == '=') {
            continue;
        }
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && !(c >= '2' && c <= '7')) {
            FAIL(cx, STATUS_MALFORMED,
                 "the secret of a one-time code has letters and the digits 2 to 7 only");
        }
        bits = (bits << 5 | (uint32_t)(letter ? c - 'a' : c - '2' + 26)) & 0xFFFFU;
        held += 5;
        if (held >= 8) {
            if (t->key_len == TOTP_KEY_MAX) {
                FAIL(cx, STATUS_LIMIT, "the secret of a one-time code is too long");
            }
            held -= 8;
            t->key[t->key_len++] = (uint8_t)(bits >> held);
        }
    }
    if (t->key_len == 0) {
        FAIL(cx, STATUS_MALFORMED, "a one-time code without its secret");
    }
out:
    wipe(&bits, sizeof bits);
    return status;
}

static int hex_digit(char c)
{
    char l = lower(c);

    return l >= '0' && l <= '9' ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* %3D and the like; a broken escape stays as it is and fails where it matters. */
static enum status percent_decode(struct ctx *cx, text in, struct buf *out)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < in.len; i++) {
        int high = i + 2 < in.len && in.ptr[i] == '%' ? hex_digit(in.ptr[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit(in.ptr[i + 2]);
        if (low >= 0) {
            TRY(buf_add_byte(cx, out, (uint8_t)(high * 16 + low)));
            i += 2;
        } else {
            TRY(buf_add_byte(cx, out, (uint8_t)in.ptr[i]));
        }
    }
out:
    return status;
}

static enum status parameter_take(struct ctx *cx, text name, text value, struct totp *t)
{
    enum status status = STATUS_OK;
    static const struct {
        const char *name;
        const EVP_MD *(*hash)(void);
    } hashes[] = {{"SHA1", EVP_sha1}, {"SHA256", EVP_sha256}, {"SHA512", EVP_sha512}};

    if (equal_any_case(name, "secret")) {
        t->key_len = 0;
        return key_take(cx, value, t);
    }
    if (equal_any_case(name, "digits") && !parse_i64(value, 6, TOTP_DIGITS_MAX, &t->digits)) {
        FAIL(cx, STATUS_UNSUPPORTED, "a one-time code has 6 to 8 digits");
    }
    if (equal_any_case(name, "period") && !parse_i64(value, 1, TOTP_PERIOD_MAX, &t->period)) {
        FAIL(cx, STATUS_UNSUPPORTED, "a one-time code holds 1 to 3600 seconds");
    }
    if (equal_any_case(name, "algorithm")) {
        t->hash = NULL;
        for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
            t->hash = equal_any_case(value, hashes[i].name) ? hashes[i].hash : t->hash;
        }
        if (t->hash == NULL) {
            FAIL(cx, STATUS_UNSUPPORTED, "a one-time code with an unknown algorithm");
        }
    }
out:
    return status;
}

/* otpauth://totp/LABEL?secret=…&algorithm=…&digits=…&period=… */
static enum status uri_take(struct ctx *cx, text uri, struct totp *t)
{
    enum status status = STATUS_OK;
    struct buf value;
    size_t pos = 0;

    buf_init(&value, 4 * TOTP_KEY_MAX);
    while (pos < uri.len && uri.ptr[pos] != '?') {
        pos++;
    }
    while (pos < uri.len) {
        size_t start = ++pos; /* behind ? or & */
        while (pos < uri.len && uri.ptr[pos] != '&') {
            pos++;
        }
        const char *equals = memchr(uri.ptr + start, '=', pos - start);
        if (equals == NULL) {
            continue;
        }
        size_t name_len = (size_t)(equals - uri.ptr) - start;
        buf_clear(&value);
        TRY(percent_decode(cx, (text){.ptr = equals + 1, .len = pos - start - name_len - 1},
                           &value));
        TRY(parameter_take(cx, (text){.ptr = uri.ptr + start, .len = name_len}, buf_text(&value),
                           t));
    }
    if (t->key_len == 0) {
        FAIL(cx, STATUS_MALFORMED, "a one-time code without its secret");
    }
out:
    buf_finish(&value);
    return status;
}

static enum status totp_take(struct ctx *cx, text secret, struct totp *t)
{
    static const char scheme[] = "otpauth://";
    size_t len = sizeof scheme - 1;

    if (secret.len < len || !equal_any_case((text){.ptr = secret.ptr, .len = len}, scheme)) {
        return key_take(cx, secret, t);
    }
    text rest = {.ptr = secret.ptr + len, .len = secret.len - len};
    if (rest.len < 5 || !equal_any_case((text){.ptr = rest.ptr, .len = 4}, "totp")) {
        return fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                         "only codes that follow the clock (otpauth://totp/) are known");
    }
    return uri_take(cx, rest, t);
}

/* RFC 4226 §5.3: dynamic truncation. */
static uint32_t truncated(const uint8_t *mac, size_t len, int64_t digits)
{
    size_t at = mac[len - 1] & 0x0FU;
    uint32_t number = (uint32_t)(mac[at] & 0x7FU) << 24 | (uint32_t)mac[at + 1] << 16 |
                      (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    uint32_t modulus = 1;

    for (int64_t i = 0; i < digits; i++) {
        modulus *= 10;
    }
    return number % modulus;
}

enum status totp_code(struct ctx *cx, text secret, int64_t now, struct buf *out, unsigned *ret_left)
{
    enum status status = STATUS_OK;
    struct totp t = {.digits = 6, .period = 30, .hash = EVP_sha1};
    uint8_t counter[8];
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;

    TRY(totp_take(cx, secret, &t));
    if (now < 0) {
        FAIL(cx, STATUS_USAGE, "the clock stands before 1970");
    }
    uint64_t steps = (uint64_t)(now / t.period);
    for (size_t i = 0; i < sizeof counter; i++) {
        counter[i] = (uint8_t)(steps >> (56 - 8 * i));
    }
    if (HMAC(t.hash(), t.key, (int)t.key_len, counter, sizeof counter, mac, &mac_len) == NULL ||
        mac_len < 20) {
        FAIL(cx, STATUS_BUG, "the one-time code could not be computed");
    }
    TRY(buf_printf(cx, out, "%0*u", (int)t.digits, truncated(mac, mac_len, t.digits)));
    *ret_left = (unsigned)(t.period - now % t.period);
out:
    wipe(&t, sizeof t);
    wipe(mac, sizeof mac);
    return status;
}
