#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of the bundle format, written from bundle-format/SPEC.md alone.

It reads every vector beside it and must come to the same status, the same clause and the same
values as the vector says. It shares no code with the C rooms: what both accept and refuse alike is
the format, and what they differ in is a fault of one of them or of the text.
Needs python3-nacl and python3-zstandard from Debian.
"""
import hashlib
import json
import pathlib
import re
import sys

try:
    import zstandard
    from nacl import bindings, exceptions
except ImportError as missing:
    sys.exit(f"reader.py: error: {missing}\n"
             "reader.py: hint: apt-get install python3-nacl python3-zstandard, "
             "and run this with /usr/bin/python3")

NUMBER_MAX = 2**53 - 1
PIECE_SIZES = (16384, 262144, 4194304)


class Refused(Exception):
    def __init__(self, clause, status="malformed"):
        super().__init__(clause, status)
        self.clause, self.status = clause, status


def need(condition, clause, status="malformed"):
    if not condition:
        raise Refused(clause, status)


# ---- 1. encoding ---------------------------------

UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)


class Reader:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def left(self):
        return len(self.data) - self.pos

    def head(self):
        """(kind, number) of the next item; F-01, F-02, F-03."""
        need(self.left() > 0, "F-01")
        first = self.data[self.pos]
        kind, info = first >> 5, first & 31
        need(kind != TAG, "F-01")
        if kind == SIMPLE:
            need(info in (20, 21, 22), "F-01")
            self.pos += 1
            return kind, info
        if info < 24:
            self.pos += 1
            return kind, info
        need(info <= 27, "F-03")
        width = 1 << (info - 24)
        need(self.left() > width, "F-01")
        number = int.from_bytes(self.data[self.pos + 1:self.pos + 1 + width], "big")
        need(number >= (24 if width == 1 else 1 << (4 * width)), "F-02")
        need(kind != NINT or number < 2**63, "F-01")
        self.pos += 1 + width
        return kind, number

    def peek(self):
        return self.data[self.pos] >> 5 if self.left() else None

    def want(self, kind):
        got, number = self.head()
        need(got == kind, "F-08")
        return number

    def uint(self):
        return self.want(UINT)

    def int(self):
        kind, number = self.head()
        need(kind in (UINT, NINT) and number < 2**63, "F-08")
        return number if kind == UINT else -1 - number

    def bool(self):
        need(self.want(SIMPLE) in (20, 21), "F-08")
        return self.data[self.pos - 1] == 0xf5

    def run(self, length, least, most):
        need(least <= length <= most, "F-08")
        need(length <= self.left(), "F-01")
        self.pos += length
        return self.data[self.pos - length:self.pos]

    def bytes(self, least, most):
        return self.run(self.want(BYTES), least, most)

    def fixed(self, length):
        return self.bytes(length, length)

    def text(self):
        return utf8(self.run(self.want(TEXT), 0, 2**64))

    def count(self):
        n = self.want(ARRAY)
        need(n <= self.left(), "F-01")
        return n

    def row(self, items, clause):
        need(self.count() == items, clause)

    def number(self, least, clause):
        n = self.uint()
        need(least <= n <= NUMBER_MAX, clause)
        return n

    def any(self):
        """One value without a schema: F-04, F-05, F-06."""
        start, open_items = self.pos, []  # each: [left, is a map, last key]
        while True:
            kind, number = self.head()
            if open_items:
                top = open_items[-1]
                if top[1] and top[0] % 2 == 0:
                    need(kind == UINT and (top[2] is None or number > top[2]), "F-04")
                    top[2] = number
                top[0] -= 1
            if kind in (BYTES, TEXT):
                data = self.run(number, 0, 2**64)
                if kind == TEXT:
                    utf8(data)
            elif kind in (ARRAY, MAP):
                need(len(open_items) < 8, "F-06")
                need(number <= self.left() // (2 if kind == MAP else 1), "F-01")
                open_items.append([number * (2 if kind == MAP else 1), kind == MAP, None])
            while open_items and open_items[-1][0] == 0:
                open_items.pop()
            if not open_items:
                return self.data[start:self.pos]

    def done(self):
        need(self.left() == 0, "F-07")


def utf8(data):
    try:
        return bytes(data).decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("F-05") from None


def positions(r, most, clause, own=None):
    """[[device, seq], ...] strictly ascending: F-34, F-55."""
    count = r.count()
    need(count <= most, clause, "limit")
    last = None
    for _ in range(count):
        r.row(2, clause)
        device = r.fixed(32)
        r.number(1, clause)
        need(last is None or last < device, clause)
        need(device != own, clause)
        last = device


# ---- 2. hashes, keys, signatures ---------------------------------

def blake(data, key=b""):
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def H(domain, data):
    return blake(domain.encode() + b"\0" + data)


def KDF(key, domain, data=b""):
    return blake(domain.encode() + b"\0" + data, key)


def u32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def u64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def le64(number):
    return number.to_bytes(8, "little")


def statement_holds(domain, team, body, key, signature):
    if len(body) > 16384:  # F-60
        return False
    try:
        bindings.crypto_sign_open(signature + domain.encode() + b"\0" + team + body, key)
        return True
    except exceptions.BadSignatureError:
        return False


def sign_key_valid(key):
    return bindings.crypto_core_ed25519_is_valid_point(key)


P = 2**255 - 19
LOW_ORDER = [bytes(32), b"\1" + bytes(31),
             bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
             bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
             (P - 1).to_bytes(32, "little")]


def box_key_valid(key):
    return int.from_bytes(key, "little") < P and key not in LOW_ORDER


def padded(n, least):
    if n <= least:
        return least
    e = n.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-n // step) * step


def aead_open(sealed, extra, nonce, key, clause):
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, extra, nonce, key)
    except exceptions.CryptoError:
        raise Refused(clause, "forged") from None


# ---- 3. pieces ---------------------------------

def piece(data, key):
    need(len(data) in PIECE_SIZES, "F-20")
    inside = aead_open(data[56:], data[:32], data[32:56], key, "F-23")
    bundle, index, length = u64(inside, 0), u32(inside, 8), u32(inside, 12)
    need(1 <= bundle <= NUMBER_MAX, "F-22")
    need(index <= 65536, "F-22")
    need(1 <= length <= len(data) - 88, "F-24")
    need(not any(inside[16 + length:]), "F-23")
    return {"bundle": bundle, "index": index, "length": length}


# ---- 4. entries ---------------------------------

def entry_header(data):
    need(len(data) <= 65536, "F-31", "limit")
    r = Reader(data)
    r.row(12, "F-30")
    need(r.uint() == 1, "F-30", "unsupported")
    device = r.fixed(32)
    seq = r.number(1, "F-33")
    prev = r.fixed(32)
    need((seq == 1) == (prev == bytes(32)), "F-33")
    positions(r, 1024, "F-34", own=device)
    r.fixed(32)
    lamport = r.number(1, "F-37")
    need(lamport >= seq, "F-37")
    r.fixed(32)
    r.fixed(16)
    r.fixed(32)
    bound = data[:r.pos]
    body_len = r.uint()
    need(body_len >= 104, "F-44")
    need(body_len <= 1114112, "F-44", "limit")
    body_hash = r.fixed(32)
    r.done()
    return {"device": device, "lamport": lamport, "bound": bound, "body_len": body_len,
            "body_hash": body_hash}


# ---- 5. bodies ---------------------------------

def frame(data, plain_len):
    """Exactly one zstd frame with nothing optional: RFC 8878 §3.1.1."""
    need(len(data) >= 6 and data[:4] == bytes.fromhex("28b52ffd"), "F-42")
    descriptor, pos = data[4], 5
    need(descriptor & 0x1f == 0, "F-42")
    single, flag = descriptor & 0x20, descriptor >> 6
    need(single or flag, "F-42")
    if not single:
        base = 1 << (10 + (data[5] >> 3))
        need(base + base // 8 * (data[5] & 7) <= 2**23, "F-42")
        pos = 6
    width = 1 << flag
    need(len(data) >= pos + width, "F-42")
    content = int.from_bytes(data[pos:pos + width], "little") + (256 if flag == 1 else 0)
    need(content == plain_len, "F-42")
    pos += width
    last = 0
    while not last:
        need(len(data) >= pos + 3, "F-42")
        block = int.from_bytes(data[pos:pos + 3], "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        need(kind != 3, "F-42")
        pos += 3 + (1 if kind == 1 else size)
        need(len(data) >= pos, "F-42")
    need(len(data) == pos, "F-42")
    try:
        plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=plain_len)
    except zstandard.ZstdError:
        raise Refused("F-48") from None
    need(len(plain) == plain_len, "F-48")
    return plain


def body(sealed, header, team, key):
    h = entry_header(header)
    need(len(sealed) <= 1114112, "F-44", "limit")
    need(len(sealed) >= 104, "F-44")
    need(len(sealed) == h["body_len"], "F-49", "forged")
    need(blake(sealed) == h["body_hash"], "F-49", "forged")
    bound = H("valise/body-ad", team + h["bound"])
    inside = aead_open(sealed[24:], bound, sealed[:24], KDF(key, "valise/body-key"), "F-40")
    method, plain_len, data_len = inside[0], u32(inside, 1), u32(inside, 5)
    need(method in (0, 1), "F-45", "unsupported")
    need(plain_len <= 1048576, "F-43", "limit")
    need(data_len <= len(inside) - 9, "F-45")
    need(data_len == plain_len if method == 0 else data_len < plain_len, "F-46")
    need(len(inside) == padded(9 + data_len, 64), "F-47")
    need(not any(inside[9 + data_len:]), "F-47")
    data = inside[9:9 + data_len]
    return {"plain": data if method == 0 else frame(data, plain_len)}


def operations(data):
    need(len(data) <= 1048576, "F-43", "limit")
    r = Reader(data)
    r.row(2, "F-90")
    r.int()
    count = r.count()
    need(count <= 65536, "F-91", "limit")
    need(count >= 1, "F-91")
    for _ in range(count):
        need(r.peek() in (ARRAY, None, TAG), "F-91")
        r.any()
    r.done()


# ---- 6. bundles ---------------------------------

def manifest(data, sign_pk):
    need(len(data) <= 3145728, "F-51", "limit")
    r = Reader(data)
    r.row(12, "F-50")
    need(r.uint() == 1, "F-50", "unsupported")
    team = r.fixed(32)
    r.fixed(32)
    r.fixed(32)
    number = r.number(1, "F-57")
    need((r.fixed(32) == bytes(32)) == (number == 1), "F-57")
    r.int()
    positions(r, 1024, "F-55")
    length, size = r.uint(), r.uint()
    count = -(-length // (size - 88)) if size in PIECE_SIZES else 0
    need(count <= 65536, "F-51", "limit")
    hashes = r.bytes(0, 65536 * 32)
    need(size in PIECE_SIZES and len(hashes) == 32 * count, "F-52")
    signature = r.fixed(64)
    r.done()
    need(statement_holds("valise/manifest", team, H("valise/manifest-body", data[:-66]), sign_pk,
                         signature), "F-56", "forged")
    return {"hash": H("valise/manifest-hash", data)}


def content_item(data, pos):
    need(len(data) - pos >= 4, "F-54")
    length = u32(data, pos)
    need(length <= 1179708, "F-54", "limit")
    need(length <= len(data) - pos - 4, "F-54")
    r = Reader(data[pos + 4:pos + 4 + length])
    count, kind = r.count(), r.uint()
    need((kind, count) in ((1, 5), (2, 3)), "F-54", "unsupported")
    if kind == 1:
        item = {"device": r.fixed(32), "seq": r.number(1, "F-36"), "id": r.fixed(32),
                "signature": r.fixed(64)}
    else:
        item = {"header": r.bytes(1, 65536), "body": r.bytes(1, 1114112)}
    r.done()
    return item, pos + 4 + length


def content(data):
    pos, last = 0, None
    while pos < len(data):
        item, pos = content_item(data, pos)
        if "header" in item:
            h = entry_header(item["header"])
            place = (h["lamport"], h["device"])
            need(last is None or last <= place, "F-53")
            last = place
        else:
            need(last is None, "F-53")


def receipt(data, team, manifest_hash, sign_pk):
    need(len(data) == 136, "F-59")
    inside = aead_open(data[24:], b"", data[:24], H("valise/receipt-key", manifest_hash), "F-59")
    need(statement_holds("valise/receipt", team, manifest_hash, sign_pk, inside[32:]), "F-59",
         "forged")
    return {"device": inside[:32]}


def head(data, team, sign_pk):
    item, _ = content_item(data, 0)
    need(statement_holds("valise/head", team, item["device"] + le64(item["seq"]) + item["id"],
                         sign_pk, item["signature"]), "F-36", "forged")


# ---- 7. sealed keys ---------------------------------

def exchange(secret, public):
    need(box_key_valid(public), "F-16")
    return bindings.crypto_scalarmult(secret, public)


def keyseal(sealed, box_sk, box_pk, eph_pk, psk, context):
    need(len(sealed) in (48, 80), "F-62")
    dh = exchange(box_sk, eph_pk)
    key = H("valise/key-seal", dh + eph_pk + box_pk + psk + context)
    return {"payload": aead_open(sealed, b"", bytes(24), key, "F-64")}


# ---- 8. join and invite ---------------------------------

def join(data):
    need(len(data) <= 4096, "F-70", "limit")
    r = Reader(data)
    r.row(11, "F-70")
    need(r.text() == "valise-join", "F-70")
    need(r.uint() == 1, "F-70", "unsupported")
    own = r.bool()
    root_pk, sign_pk, box_pk = r.fixed(32), r.fixed(32), r.fixed(32)
    member, device = r.text().encode(), r.text().encode()
    secret, link, signature = r.fixed(32), r.fixed(64), r.fixed(64)
    r.done()
    need((0 if own else 1) <= len(member) <= 128, "F-70")
    need(1 <= len(device) <= 128, "F-70")
    need(sign_key_valid(sign_pk), "F-16")
    need(box_key_valid(box_pk), "F-16")
    if own:
        need(root_pk == bytes(32) and link == bytes(64), "F-71")
    else:
        need(sign_key_valid(root_pk), "F-16")
        need(statement_holds("valise/link", bytes(32), sign_pk + box_pk + device, root_pk, link),
             "F-71", "forged")
    need(statement_holds("valise/join", bytes(32), data[:-66], sign_pk, signature), "F-71",
         "forged")
    return {"words": H("valise/join-words", data)[:16], "box_pk": box_pk, "secret": secret}


def invite(data, join_file, box_sk):
    j = join(join_file)
    need(len(data) <= 71303168, "F-72", "limit")
    r = Reader(data)
    r.row(5, "F-72")
    need(r.text() == "valise-invite", "F-72")
    need(r.uint() == 1, "F-72", "unsupported")
    eph_pk, nonce, sealed = r.fixed(32), r.fixed(24), r.bytes(1040, 71302144)
    r.done()
    dh = exchange(box_sk, eph_pk)
    answered = H("valise/join-file", join_file)
    key = KDF(dh, "valise/invite-key", eph_pk + j["box_pk"] + j["secret"] + answered)
    inside = aead_open(sealed, answered, nonce, key, "F-73")
    length = u32(inside, 0)
    need(len(inside) == padded(4 + length, 1024), "F-73")
    need(not any(inside[4 + length:]), "F-73")
    row = inside[4:4 + length]
    r = Reader(row)
    r.row(5, "F-73")
    team, inviter, sign_pk = r.fixed(32), r.fixed(32), r.fixed(32)
    payload, signature = r.bytes(0, 67108864), r.fixed(64)
    r.done()
    need(sign_key_valid(sign_pk), "F-16")
    need(statement_holds("valise/invite", team, H("valise/invite-body", answered + row[:-66]),
                         sign_pk, signature), "F-73", "forged")
    words = H("valise/invite-words", answered + team + inviter + sign_pk)[:16]
    return {"words": words, "payload": payload}


# ---- derivations ---------------------------------

def derive(v):
    get, data = v.bytes, v.bytes("input")
    call = v.line["call"]
    if call == "chain":
        ck = KDF(get("transport"), "valise/chain", get("device"))
        for _ in range(int(v.line["step"])):
            ck = KDF(ck, "valise/chain-next")
        return {"tag": KDF(ck, "valise/chain-tag"), "key": KDF(ck, "valise/chain-key"),
                "delete_key": KDF(ck, "valise/chain-delete")}
    rules = {
        "hash": lambda: H(v.line["domain"], data),
        "kdf": lambda: KDF(get("key"), v.line["domain"], data),
        "device": lambda: H("valise/device", get("sign_pk") + get("box_pk") + get("root_pk")),
        "member": lambda: H("valise/member", data),
        "team": lambda: H("valise/team", data),
        "epoch": lambda: H("valise/epoch", get("team") + H("valise/epoch-key", get("key"))
                           + H("valise/epoch-bind", get("device") + get("transport"))
                           + le64(int(v.line["number"])) + get("compartment")),
        "backlink": lambda: aead_open(
            data, b"", bytes(24),
            KDF(get("key"), "valise/back", get("team") + get("epoch") + get("parent")), "F-65"),
        "view": lambda: H("valise/view", data),
        "stretch": lambda: H("valise/lane", data),
    }
    return {"expect": rules[call]()}


# ---- 13. light ---------------------------------

SYMBOL_HEAD, SYMBOL_TAG = 24, 8
REPAIR = 2**31
MASK = 2**64 - 1
# ISO/IEC 18004 table 7, byte mode, level L: bytes in a code of version 1, 2, ...
CAPACITY = [17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718,
            792, 858, 929, 1003, 1091, 1171, 1273, 1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068,
            2188, 2303, 2431, 2563, 2699, 2809, 2953]


def u16(data, at):
    return int.from_bytes(data[at:at + 2], "little")


def generations(k):
    return 1 if k <= 1024 else -(-(k - 512) // 128) + 1


def share(kind, flags, total, size, generation, number):
    """The numbers of a symbol of types 0 and 3; gives k."""
    need(total >= 20 and 16 <= size <= 2921, "Q-03")
    k = -(-total // size)
    need(k <= 65536, "Q-03", "limit")
    need(not flags & 4 or k <= 255, "Q-15", "limit")
    need(kind != 3 or k == 1, "Q-18")
    if kind == 3:
        need(generation == 0 and number == 0, "Q-04")
    elif flags & 4:
        need(generation == 0 and number < 255, "Q-04")
    elif number < REPAIR:
        need(generation == 0 and number < k, "Q-04")
    else:
        need(generation < generations(k), "Q-04")
    return k


def beacon(data):
    need(len(data) == 4, "Q-16")
    size, version, fps = u16(data, 0), data[2], data[3]
    need(1 <= version <= 40 and 1 <= fps <= 120, "Q-16")
    need(16 <= size <= CAPACITY[version - 1] - 32, "Q-16")


def ack(data):
    need(len(data) >= 18 and u16(data, 16) == len(data) - 18 <= 2000, "Q-17")
    need(u32(data, 0) <= u32(data, 4) <= 65536, "Q-17")


def symbol(whole, link):
    need(whole[:2] == b"\x56\x51" and 32 <= len(whole) <= 2953, "Q-01")
    version, kind, flags = whole[2] >> 4, whole[2] & 15, whole[3]
    need(version == 1 and kind <= 3, "Q-01", "unsupported")
    need(not flags & 10, "Q-02", "unsupported")
    covered, tag = whole[:-SYMBOL_TAG], whole[-SYMBOL_TAG:]
    expected = KDF(link, "valise/symbol", covered) if flags & 1 else H("valise/symbol", covered)
    need(tag == expected[:SYMBOL_TAG], "Q-06", "forged")
    total, generation, number = u32(whole, 12), u16(whole, 16), u32(whole, 18)
    data = whole[SYMBOL_HEAD:-SYMBOL_TAG]
    need(total <= 2**26, "Q-03", "limit")
    k = 0
    if kind in (0, 3):
        k = share(kind, flags, total, len(data), generation, number)
    else:
        need(generation == 0 and number == 0, "Q-04")
    cols, rows, cell = whole[22] >> 4, whole[22] & 15, whole[23]
    need(cols and rows and cell < cols * rows, "Q-05")
    if kind == 1:
        beacon(data)
    if kind == 2:
        ack(data)
    return {"type": kind, "flags": flags, "transfer": whole[4:12], "total": total, "k": k,
            "generation": generation, "number": number, "cell": cell, "data": data}


def parcel(data):
    need(data, "Q-08")
    kind, body = data[0], data[1:]
    need(1 <= kind <= 5, "Q-08", "unsupported")
    if kind > 1:
        need(body, "Q-08")
        return {"kind": kind, "pieces": 0}
    need(len(body) >= 6, "Q-09")
    counts = [u16(body, at) for at in (0, 2, 4)]
    length = sum(n * size for n, size in zip(counts, PIECE_SIZES))
    need(length <= 2**26 - 27, "Q-09", "limit")
    need(length > 0 and length == len(body) - 6, "Q-09")
    return {"kind": kind, "pieces": sum(counts)}


def transfer_content(data, transfer):
    need(H("valise/transfer", transfer + data[:-16])[:16] == data[-16:], "Q-07", "forged")
    n = u32(data, 0)
    need(1 <= n <= len(data) - 20, "Q-07")
    full = 20 + n if data[4] == 1 else min(padded(20 + n, 64), 2**26)
    need(len(data) == full and not any(data[4 + n:-16]), "Q-07")
    parcel(data[4:4 + n])
    return data[4:4 + n]


def mix(z):
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & MASK
    z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK
    return z ^ z >> 31


def stream(transfer, g, e, count):
    step = 0x9e3779b97f4a7c15
    s = mix(mix(u64(transfer, 0)) ^ (g << 32 | e))
    return b"".join(le64(mix(s + n * step & MASK)) for n in range(1, count // 8 + 2))[:count]


def times(a, b):
    product = 0
    for bit in range(8):
        product ^= (a << bit) * (b >> bit & 1)
    for bit in range(14, 7, -1):
        product ^= (0x11d << bit - 8) * (product >> bit & 1)
    return product


TIMES = [bytes(times(a, b) for b in range(256)) for a in range(256)]
INVERSE = [0] + [TIMES[a].index(1) for a in range(1, 256)]


def coefficients(transfer, k, paper, generation, number):
    """(first source symbol, factors of it and those behind it, factors of the anchors)."""
    if generation == 65535:
        return 0, stream(transfer, generation, number, k), b""
    if paper:
        return 0, bytes(INVERSE[number ^ i] for i in range(k)), b""
    if k <= 1024:
        return 0, stream(transfer, generation, number, k), b""
    both = stream(transfer, generation, number, 512 + 64)
    return min(128 * generation, k - 512), both[:512], both[512:]


def add(row, other, factor):
    """row + factor * other"""
    other = int.from_bytes(other.translate(TIMES[factor]), "little")
    return (int.from_bytes(row, "little") ^ other).to_bytes(len(row), "little")


def solve(rows, unknowns):
    """Gauss and Jordan over rows of coefficients and data; the data of each unknown."""
    for u in range(unknowns):
        pick = next(i for i in range(u, len(rows)) if rows[i][u])
        rows[u], rows[pick] = rows[pick], rows[u]
        rows[u] = rows[u].translate(TIMES[INVERSE[rows[u][u]]])
        for i, row in enumerate(rows):
            if i != u and row[u]:
                rows[i] = add(row, rows[u], row[u])
    return [rows[u][unknowns:] for u in range(unknowns)]


def source_symbols(symbols):
    """All x_i from enough symbols: what came as source is taken away, the rest is solved for."""
    first = symbols[0]
    k, size, transfer, paper = first["k"], len(first["data"]), first["transfer"], first["flags"] & 4
    known = {s["number"]: s["data"] for s in symbols if s["number"] < k}
    missing = {i: at for at, i in enumerate(i for i in range(k) if i not in known)}
    anchors = 64 if k > 1024 else 0
    unknowns = len(missing) + anchors
    rows = []

    def row(start, factors, of_anchors, data):
        left = bytearray(unknowns)
        for i, factor in enumerate(factors, start):
            if i in known:
                data = add(data, known[i], factor)
            else:
                left[missing[i]] = factor
        left[len(missing):] = of_anchors
        rows.append(bytes(left) + data)

    for s in symbols:
        if s["number"] >= k:
            row(*coefficients(transfer, k, paper, s["generation"], s["number"]), s["data"])
    for j in range(anchors):  # the sum of all source symbols, and y_j, is zero
        row(0, coefficients(transfer, k, paper, 65535, j)[1],
            bytes(int(i == j) for i in range(anchors)), bytes(size))
    solved = solve(rows, unknowns)
    return [known[i] if i in known else solved[missing[i]] for i in range(k)]


def transfer_read(data, link):
    symbols, at = [], 0
    while at < len(data):
        symbols.append(symbol(data[at + 2:at + 2 + u16(data, at)], link))
        at += 2 + u16(data, at)
    content = b"".join(source_symbols(symbols))[:symbols[0]["total"]]
    return {"parcel": transfer_content(content, symbols[0]["transfer"])}


def coefficients_read(v):
    k, paper, generation, number = (int(v.line[n]) for n in ("k", "paper", "generation", "number"))
    start, factors, anchors = coefficients(v.bytes("input"), k, paper, generation, number)
    return {"start": start, "expect": factors + anchors}


# ---- vectors ---------------------------------

class Vector:
    def __init__(self, line):
        self.line = json.loads(line)

    def bytes(self, key):
        full = re.sub(r"\(([0-9a-f]{2})\*([0-9]+)\)", lambda m: m[1] * int(m[2]), self.line[key])
        return bytes.fromhex(full)


def wire(data):
    r = Reader(data)
    r.any()
    r.done()


def entry(v):
    entry_header(v.bytes("input"))
    return {"id": H("valise/entry", v.bytes("team") + v.bytes("input"))}


LAYERS = {
    "wire": lambda v: wire(v.bytes("input")),
    "ops": lambda v: operations(v.bytes("input")),
    "entry": entry,
    "head": lambda v: head(v.bytes("input"), v.bytes("team"), v.bytes("sign_pk")),
    "body": lambda v: body(v.bytes("input"), v.bytes("header"), v.bytes("team"), v.bytes("key")),
    "piece": lambda v: piece(v.bytes("input"), v.bytes("key")),
    "manifest": lambda v: manifest(v.bytes("input"), v.bytes("sign_pk")),
    "receipt": lambda v: receipt(v.bytes("input"), v.bytes("team"), v.bytes("manifest"),
                                 v.bytes("sign_pk")),
    "content": lambda v: content(v.bytes("input")),
    "join": lambda v: join(v.bytes("input")),
    "invite": lambda v: invite(v.bytes("input"), v.bytes("join"), v.bytes("box_sk")),
    "keyseal": lambda v: keyseal(v.bytes("input"), v.bytes("box_sk"), v.bytes("box_pk"),
                                 v.bytes("eph_pk"), v.bytes("psk"), v.bytes("context")),
    "derive": derive,
    "symbol": lambda v: symbol(v.bytes("input"), v.bytes("link")),
    "parcel": lambda v: parcel(v.bytes("input")),
    "transfer": lambda v: transfer_read(v.bytes("input"), v.bytes("link")),
    "coefficients": coefficients_read,
}


def disagreement(v):
    """What this reader says otherwise than the vector, or None."""
    try:
        values = LAYERS[v.line["layer"]](v) or {}
        got = ("ok", "")
    except Refused as refused:
        values, got = {}, (refused.status, refused.clause)
    if got != (v.line["status"], v.line["clause"]):
        return f"reads {got}"
    for key, value in values.items():
        if key in v.line:
            want = v.bytes(key) if isinstance(value, bytes) else int(v.line[key])
            if value != want:
                return f"'{key}' is {value}"
    return None


def main():
    folder = pathlib.Path(__file__).resolve().parent / "data"
    total = failed = 0
    for layer in LAYERS:
        for line in (folder / f"{layer}.jsonl").read_text().splitlines():
            v = Vector(line)
            total += 1
            otherwise = disagreement(v)
            if otherwise:
                failed += 1
                print(f"{layer}/{v.line['name']}: wanted {v.line['status']} {v.line['clause']}, "
                      f"{otherwise}")
    print(f"{total} vectors, {failed} disagreements")
    return 1 if failed or total < 400 else 0


if __name__ == "__main__":
    sys.exit(main())
