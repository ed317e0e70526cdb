# SPDX-License-Identifier: Apache-2.0
"""What goes over the pipes of valise-show and valise-eye, written down a second time from frames.h.

A message is kind (1 byte), length (4, little endian), body. `write` and `Reader` speak dictionaries:
{"kind": "PARCEL", "transfer": bytes, "body": bytes}.
"""
import struct

KINDS = {  # name: (number, numbers in front of the body)
    "PARCEL": (1, ["transfer"]), "TITLE": (2, []), "STOP": (3, []),
    "GOT": (4, ["transfer", "wanted"]),
    "ACK": (5, ["transfer", "rank", "symbols", "wanted"]),
    "PREVIEW": (6, ["width", "height", "boxes"]), "LINK": (7, []),
    "SHOWN": (32, ["frames", "symbols", "seconds"]), "KEY": (33, ["code"]), "FILE": (34, ["name"]),
    "IMAGE": (64, []), "END": (65, []),
    "PROGRESS": (96, ["transfer", "rank", "symbols", "rate"]), "ADVICE": (97, ["code"]),
    "SYMBOL": (98, []), "TEXT": (99, []), "CAMERA": (100, ["width", "height", "rate"]),
    "ERROR": (126, ["code"]),
}
NAMES = {number: name for name, (number, _) in KINDS.items()}
FORMATS = {"transfer": "8s", "wanted": "<Q", "rank": "<I", "symbols": "<I", "rate": "<I",
           "frames": "<I", "seconds": "<I", "code": "<H", "width": "<H", "height": "<H"}


def write(kind, body=b"", **numbers):
    number, parts = KINDS[kind]
    head = b"".join(struct.pack(FORMATS[part], numbers[part]) for part in parts)
    return struct.pack("<BI", number, len(head) + len(body)) + head + body


def read_body(kind, body):
    message = {"kind": kind}
    for part in KINDS[kind][1]:
        if part == "boxes":
            count, = struct.unpack_from("<H", body)
            message[part] = [struct.unpack_from("<8HB", body, 2 + 17 * i) for i in range(count)]
            body = body[2 + 17 * count:]
        elif part == "name":
            length, = struct.unpack_from("<H", body)
            message[part], body = body[2:2 + length].decode(), body[2 + length:]
        else:
            size = struct.calcsize(FORMATS[part])
            message[part], = struct.unpack(FORMATS[part], body[:size])
            body = body[size:]
    message["body"] = body
    return message


def read_all(stream):
    """Every message in these bytes; what is left over is an error."""
    found, at = [], 0
    while at < len(stream):
        number, length = struct.unpack_from("<BI", stream, at)
        assert len(stream) >= at + 5 + length, "a message was cut short"
        found.append(read_body(NAMES[number], stream[at + 5:at + 5 + length]))
        at += 5 + length
    return found


def parcel(kind, body, pieces=(0, 0, 0)):
    """The bytes of a parcel: kind 1 holds whole pieces of 16 KiB, 256 KiB and 4 MiB."""
    return struct.pack("<B", kind) + (struct.pack("<3H", *pieces) if kind == 1 else b"") + body
