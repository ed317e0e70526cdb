#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second maker of shares, written from offline/keys/README.md alone: it makes shares.txt, which
test_shares replays. Each line is good or has exactly one fault; the check of a share is made again
behind its fault, so that nothing else can refuse it.

usage: shares.py > shares.txt        shares.py --check    (is shares.txt what this makes?)

  parse|NAME|STATUS|TEXT                 what key_share_parse() says of a QR code's text
  join|NAME|STATUS|WRONG|SECRET|TEXTS    what key_share_join() says of shares; WRONG: their positions
"""
import hashlib
import pathlib
import sys


def H(domain, data):
    return hashlib.blake2b(domain.encode() + b"\0" + data, digest_size=32).digest()


def mul(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def chance(seed, length):
    return hashlib.shake_256(seed.encode()).digest(length)


def split(seed, kind, need, of):
    rows = [chance("%s/%d" % (seed, i), 32) for i in range(need)]
    name = H("valise/share-set", bytes([kind, need, of]) + b"".join(rows))[:8]
    shares = []
    for x in range(1, of + 1):
        value, power = bytearray(32), 1
        for row in rows:
            value = bytearray(v ^ mul(r, power) for v, r in zip(value, row))
            power = mul(power, x)
        shares.append(dict(version=1, kind=kind, need=need, of=of, number=x, set=name,
                           value=bytes(value)))
    return rows[0], shares


def code(share, check=None):
    s = share
    head = bytes([s["version"] << 4 | s["kind"], (s["need"] - 1) << 4 | (s["of"] - 1),
                  (s["number"] - 1) << 4])
    rest = s["set"] + s["value"]
    bits = int.from_bytes(H("valise/share", head + rest)[:3], "big") >> 4
    bits ^= check or 0
    packed = head[:2] + bytes([head[2] | bits >> 16, bits >> 8 & 255, bits & 255]) + rest
    return "VALISE-SHARE:" + packed.hex().upper()


def lines():
    _, shares = split("one", 1, 2, 3)
    good = code(shares[0])

    def changed(**parts):
        return code({**shares[0], **parts})

    yield "parse", "good", "ok", good
    yield "parse", "good-travel-16", "ok", code(split("t", 2, 16, 16)[1][15])
    for name, status, text in (
            ("check", "malformed", code(shares[0], 1)),
            ("check-top-bit", "malformed", code(shares[0], 1 << 19)),
            ("version-0", "unsupported", changed(version=0)),
            ("version-2", "unsupported", changed(version=2)),
            ("kind-0", "unsupported", changed(kind=0)),
            ("kind-3", "unsupported", changed(kind=3)),
            ("needs-one", "malformed", changed(need=1)),
            ("needs-more-than-it-has", "malformed", changed(need=4)),
            ("number-over-the-set", "malformed", changed(number=4)),
            ("short", "malformed", good[:-2]),
            ("half-a-byte", "malformed", good[:-1]),
            ("long", "malformed", good + "00"),
            ("lower-case", "malformed", good[:20] + good[20:].lower()),
            ("sheet", "usage", good.replace("SHARE", "SHEET"))):
        yield "parse", name, status, text
    for kind, need, of in ((1, 2, 2), (1, 2, 3), (2, 3, 5), (1, 5, 9), (2, 16, 16), (1, 15, 16)):
        secret, all_of = split("set", kind, need, of)
        texts = [code(s) for s in all_of]
        yield ("join", "last-%d-of-%d" % (need, of), "ok", "", secret.hex(),
               " ".join(texts[of - need:]))
        yield "join", "too-few-of-%d" % need, "gap", "", "", " ".join(texts[:need - 1])
    secret, s = split("five", 1, 3, 5)
    bad = {**s[1], "value": bytes([s[1]["value"][0] ^ 1]) + s[1]["value"][1:]}
    other = split("other", 1, 3, 5)[1]
    c = [code(x) for x in s]
    for name, status, wrong, list_of in (
            ("one-bit", "forged", "", [c[0], code(bad), c[2]]),
            ("one-bit-named", "ok", "1", [c[0], code(bad), c[2], c[4]]),
            ("renumbered", "forged", "", [code({**s[0], "number": 4}), c[1], c[2]]),
            ("both-forms-of-one", "ok", "0", [code(bad), c[1], c[2], c[3]]),
            ("two-wrong-named", "ok", "0 2", [code(bad), c[3], code({**s[0], "number": 3}), c[4], c[2]]),
            ("two-wrong-too-few-right", "forged", "", [code(bad), c[3], code({**s[0], "number": 3}), c[4]]),
            ("same-twice", "usage", "", [c[0], c[1], c[0]]),
            ("another-set", "foreign", "", [c[0], c[1], code(other[2])]),
            ("another-set-named", "ok", "0", [code(other[2]), c[0], c[1], c[3]]),
            ("another-kind", "foreign", "", [c[0], c[1], code({**s[2], "kind": 2})]),
            ("another-shape", "foreign", "", [c[0], c[1], code({**s[2], "of": 6})]),
            ("says-it-needs-two", "forged", "", [code({**s[0], "need": 2}), code({**s[1], "need": 2})])):
        yield "join", name, status, wrong, secret.hex() if status == "ok" else "", " ".join(list_of)


def main():
    made = "".join("|".join(line) + "\n" for line in lines())
    if sys.argv[1:] != ["--check"]:
        sys.stdout.write(made)
    elif made != pathlib.Path(__file__).with_name("shares.txt").read_text():
        sys.exit("shares.txt is not what shares.py makes: shares.py > shares.txt")


if __name__ == "__main__":
    main()
