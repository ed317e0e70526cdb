#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""valise-show, started as its callers start it: in a window, in a terminal and as files the same codes
are seen, by a foreign reader and byte for byte; keys, messages and signals do what they promise, and a
terminal is given back whatever happens.

usage: test_showing.py valise-show light_codes
"""
import base64
import contextlib
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import zlib

import messages
import pictures
import showing

SHOW, CODES = sys.argv[1:3]
READER = showing.Reader(CODES)
ID = b"\x01\x02\x03\x04\x05\x06\x07\x08"
SEED = int(os.environ.get("VALISE_TEST_SEED", "1"))
KEY_QUIT, KEY_FASTER, KEY_SLOWER, KEY_BIGGER, KEY_SMALLER, KEY_PAUSE = range(1, 7)


def parcel(pieces=2):
    return messages.parcel(1, random.Random(SEED).randbytes(16384 * pieces), (pieces, 0, 0))


def files_of(*arguments, title=b"Desk", send=("PARCEL",), body=None, **numbers):
    show = showing.Show(SHOW, *arguments)
    numbers = numbers or ({"transfer": ID} if send == ("PARCEL",) else {})
    show.send("TITLE", title).send(*send, parcel() if body is None else body, **numbers)
    return {m["name"]: m["body"] for m in show.end() if m["kind"] == "FILE"}


def decode_png(data):
    """Grey dots of a PNG of one bit or eight, without filters but "none" and "up"."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, width, height, depth = 8, b"", 0, 0, 0
    while at < len(data):
        length, name = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + length]
        if name == b"IHDR":
            width, height, depth = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"), body[8]
        packed += body if name == b"IDAT" else b""
        at += 12 + length
    rows, stride, before = zlib.decompress(packed), (width * depth + 7) // 8 + 1, None
    picture = pictures.Picture(width, height)
    for y in range(height):
        row = rows[y * stride:(y + 1) * stride]
        line = row[1:] if row[0] == 0 else bytes((a + b) & 255 for a, b in zip(row[1:], before))
        before = line
        if depth == 1:
            line = bytes(255 if line[x >> 3] >> (7 - x & 7) & 1 else 0 for x in range(width))
        picture.dots[y * width:(y + 1) * width] = line
    return picture


def on_canvas(picture, cols, rows, version):
    """The symbols of a picture that is a canvas and nothing else."""
    parts = showing.parts_on(picture.width, picture.height, cols, rows, version)
    return [showing.symbol(code) for code in READER.codes(picture, *parts)]


# What any showing of the same parcel in std says, by number: from the files, once.
def source_symbols():
    found = {}
    for name, data in files_of("--to", "png", "--scale", "3").items():
        assert name.startswith("code-")
        for s in on_canvas(decode_png(data), 3, 2, 25):
            if s["type"] == 0:
                found[s["esi"]] = s
    return found


REFERENCE = source_symbols()


def check_symbols(symbols, count):
    assert len(symbols) == count, "%d of %d codes were read" % (len(symbols), count)
    for s in symbols:
        if s["type"] == 0 and s["esi"] in REFERENCE:
            where = {part: s[part] for part in ("cell", "cols", "rows")}
            expected = dict(REFERENCE[s["esi"]], **where)
            assert s == expected, (s["esi"], s["cell"])


# ---- files ----

def test_pictures_hold_the_parcel():
    source = [REFERENCE[esi]["data"] for esi in sorted(REFERENCE) if esi < 1 << 31]
    total = REFERENCE[0]["total"]
    assert len(source) == -(-total // len(source[0]))
    assert parcel() in b"".join(source)
    assert len(REFERENCE) > 1.3 * len(source), "none to spare for loss"


def test_paper_is_the_same_as_pdf_and_as_pictures():
    pages = files_of("--to", "pages")
    pdf = files_of("--to", "pdf")["codes.pdf"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-gray", "-r", "150", "-l", "2", "-", folder + "/p"], input=pdf,
                       check=True)
        printed = [pictures.read_pgm(open(folder + "/" + name, "rb").read())
                   for name in sorted(os.listdir(folder))]
        text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True,
                              check=True).stdout.decode()
    for name, page in zip(sorted(pages), printed):
        codes = READER.codes(decode_png(pages[name]))
        assert len(codes) == 6 and sorted(codes) == sorted(READER.codes(page)), name
        assert {showing.symbol(c)["transfer"] for c in codes} == {ID}
    assert "Page 1 of %d. Any " % len(pages) in text and "valise qr scan" in text
    assert text.count("Desk") == len(pages)


def test_single_codes():
    uri = b"otpauth://totp/Desk:ana?secret=JBSWY3DPEHPK3PXP&issuer=Desk"
    for to, name in (("png", "code.png"), ("pages", "page-01.png")):
        picture = decode_png(files_of("--to", to, send=("TEXT",), body=uri)[name])
        assert READER.codes(picture) == [uri]
    ack = files_of("--to", "png", send=("ACK",), body=b"frontier", transfer=ID, rank=7, symbols=9, wanted=1)
    seen = showing.symbol(READER.codes(decode_png(ack["code.png"]))[0])
    assert seen["type"] == 2 and b"frontier" in seen["data"]
    pair = files_of("--to", "png", body=messages.parcel(2, b"j" * 300), transfer=ID)
    seen = showing.symbol(READER.codes(decode_png(pair["code.png"]))[0])
    assert seen["type"] == 3 and b"j" * 300 in seen["data"]


def test_what_cannot_be_is_said():
    show = showing.Show(SHOW, "--to", "pdf").send("PARCEL", parcel(20), transfer=ID)
    error = show.end(1)[-1]
    assert error["kind"] == "ERROR" and b"paper" in error["body"] and b"\nsend less" in error["body"]
    error = showing.Show(SHOW, "--to", "moon").end(2)[-1]
    assert error["kind"] == "ERROR" and b"--to" in error["body"]
    error = showing.Show(SHOW, "--to", "png").send("ADVICE", code=1).end(1)[-1]
    assert b"does not belong" in error["body"]
    assert showing.Show(SHOW, "--to", "png").send("STOP").end() == []


# ---- the window ----

@contextlib.contextmanager
def window(*arguments, width=1920, height=1080):
    screen = showing.Screen(width, height)
    show = showing.Show(SHOW, "--to", "window", "--full", *arguments, environment=screen.environment)
    try:
        yield screen, show
    finally:
        show.process.kill()
        show.process.wait()
        screen.close()


STRIP = 30  # of words, below the canvas


def on_screen(picture, cols, rows, version):
    parts = showing.parts_on(picture.width, picture.height - STRIP, cols, rows, version)
    return [showing.symbol(code) for code in READER.codes(picture, *parts)]


def all_read(cols, rows, version):
    def seen(picture):
        found = on_screen(picture, cols, rows, version)
        return found if len(found) == cols * rows else None
    return seen


def words_alone(picture):
    dark = picture.dots.count(0)
    return 3000 < dark < 200000 and picture.dots.count(255) + dark == len(picture.dots)


def test_window_shows_the_same_codes():
    with window("--start") as (screen, show):
        show.send("TITLE", b"Desk").send("PARCEL", parcel(), transfer=ID)
        show.until("SHOWN")
        check_symbols(screen.until(all_read(3, 2, 25)), 6)
        shown = show.until("SHOWN")
        assert shown["frames"] > 0 and shown["symbols"] <= 6 * shown["frames"]
        picture = screen.picture()
        assert picture.dots[0] == picture.dots[-1 - STRIP * picture.width] == 255, "no white around"
        show.send("GOT", transfer=b"stranger", wanted=0)
        transfer = REFERENCE[0]["transfer"]
        show.send("GOT", transfer=transfer, wanted=1)
        show.until("SHOWN")
        show.send("GOT", transfer=transfer, wanted=0)
        assert show.end()[-1]["kind"] == "SHOWN"


def test_keys_change_speed_and_size():
    with window("--start") as (screen, show):
        show.send("PARCEL", parcel(8), transfer=ID)
        screen.until(all_read(3, 2, 25))
        screen.press("plus", "minus", "bracketleft")
        for code in (KEY_FASTER, KEY_SLOWER, KEY_SMALLER):
            show.until("KEY", code=code)
        denser = screen.until(all_read(3, 2, 28))
        assert len(denser[-1]["data"]) > 1241  # the first may be a beacon
        screen.press("bracketright", "bracketright")
        show.until("KEY", code=KEY_BIGGER)
        assert all(s["cols"] == 3 for s in screen.until(all_read(3, 2, 20)))
        screen.press("Up")
        screen.until(all_read(2, 1, 30))
        screen.press("space")
        show.until("KEY", code=KEY_PAUSE)
        show.until("SHOWN")
        frames = show.until("SHOWN")["frames"]
        assert show.until("SHOWN")["frames"] == frames
        screen.press("space")
        show.until("KEY", code=KEY_PAUSE)
        show.until("SHOWN")
        assert show.until("SHOWN")["frames"] > frames
        screen.press("f", "c")
        screen.press("Escape")
        assert {"kind": "KEY", "code": KEY_QUIT, "body": b""} in show.end()


def test_nothing_flickers_before_it_was_agreed_to():
    for key, calm in (("Return", False), ("c", True)):
        with window() as (screen, show):
            show.send("PARCEL", parcel(), transfer=ID)
            screen.until(words_alone)
            assert on_screen(screen.picture(), 3, 2, 25) == []
            screen.press(key)
            screen.until(all_read(3, 2, 25))
            if calm:
                first = show.until("SHOWN")["frames"]
                show.until("SHOWN")
                assert show.until("SHOWN")["frames"] - first <= 2 * 3 + 1
            screen.press("q")
            show.end()
    with window() as (screen, show):
        show.send("PARCEL", parcel(), transfer=ID)
        screen.until(words_alone)
        screen.press("q")
        assert [m["kind"] for m in show.end()] == ["KEY", "SHOWN"]
    with window("--calm") as (screen, show):  # calm needs no leave
        show.send("PARCEL", parcel(), transfer=ID)
        check_symbols(screen.until(all_read(3, 2, 25)), 6)
        show.send("STOP").end()


def test_small_screens_and_profiles():
    with window("--start", width=1024, height=600) as (screen, show):
        show.send("PARCEL", parcel(), transfer=ID)
        screen.until(all_read(2, 1, 30))
        show.send("STOP").end()
    with window("--start", "--profile", "safe", width=1024, height=600) as (screen, show):
        show.send("PARCEL", parcel(), transfer=ID)
        screen.until(all_read(1, 1, 15))
        show.send("STOP").end()
    with window("--start", "--profile", "dense", width=320, height=200) as (screen, show):
        show.send("PARCEL", parcel(), transfer=ID)
        error = show.end(1)[-1]
        assert error["kind"] == "ERROR" and b"dense" in error["body"]


def test_camera_is_shown_beside_and_alone():
    grey = bytes([90]) * (160 * 120)
    with window("--start") as (screen, show):
        show.process.stdin.write(messages.write("TITLE", b"seen"))
        show.process.stdin.write(preview(160, 120, grey))
        show.process.stdin.flush()
        screen.until(lambda picture: picture.dots.count(90) > 160 * 120)
        show.send("PARCEL", parcel(), transfer=ID)
        half = screen.until(lambda picture: picture if picture.dots.count(90) >= 160 * 120 and
                            picture.dots.count(0) > 100000 else None)
        assert half.dots.count(90) < half.width * half.height // 8
        screen.press("q")
        show.end()


def test_camera_in_a_terminal():
    """A white field with a black one in its middle and a box around that: all of it is seen."""
    dots = bytearray(b"\xff" * (320 * 180))
    for y in range(60, 120):
        dots[y * 320 + 110:y * 320 + 210] = bytes(100)
    tty, show = in_terminal(100, 42)
    box = (110, 60, 210, 60, 210, 120, 110, 120, 1)
    show.process.stdin.write(preview(320, 180, bytes(dots), [box]))
    show.process.stdin.flush()
    picture = tty.frame()  # 80 x 45 places of 8 dots: every 4 dots are one
    middle = picture.dots[picture.width * (picture.height // 2 - 16) + picture.width // 2]
    assert middle < 12 and picture.dots[0] > 230, (middle, picture.dots[0])
    dark = sum(1 for dot in picture.dots[::8] if dot < 40)
    assert 0.75 < dark / (100 * 60 / 16 * 8) < 1.05, dark  # the box has white edges
    tty.type(b"q")
    show.end()
    tty.check_given_back()


def preview(width, height, dots, boxes=()):
    body = struct.pack("<HHH", width, height, len(boxes))
    for box in boxes:
        body += struct.pack("<8HB", *box)
    return struct.pack("<BI", 6, len(body) + len(dots)) + body + dots


# ---- the terminal ----

def terminal_codes(tty, cols, rows, version):
    wide, high, cells = showing.canvas(cols, rows, version)
    left, top = (tty.columns - wide) // 2, (2 * (tty.rows - 2) - high) // 4 * 2
    picture = tty.frame()
    parts = [((left + x) * 8, (top + y) * 8, w * 8, h * 8) for x, y, w, h in cells]
    return [showing.symbol(code) for code in READER.codes(picture, *parts)]


def in_terminal(columns, rows, *arguments, environment=None, **how):
    tty = showing.Tty(columns, rows, **how)
    show = showing.Show(SHOW, "--to", "terminal", "--start", *arguments, terminal=tty.theirs,
                        environment=environment)
    return tty, show


def test_terminal_shows_the_same_codes():
    tty, show = in_terminal(240, 67)
    show.send("TITLE", b"Desk \x1b[2J").send("PARCEL", parcel(), transfer=ID)
    show.until("SHOWN")
    tty.until(b"\x1b[?2026l", 6)
    symbols = terminal_codes(tty, 2, 1, 19)
    assert len(symbols) == 2, len(symbols)
    tty.type(b"\x1b[A")  # up: larger codes
    show.until("KEY", code=KEY_BIGGER)
    tty.until(b"\x1b[?2026l", tty.data.count(b"\x1b[?2026l") + 20)
    larger = terminal_codes(tty, 1, 1, 25)
    assert larger and larger[0]["transfer"] != symbols[0]["transfer"]
    check_symbols(larger, 1)  # 25 is std's size: the same transfer
    assert b"\\u{1B}[2J" in tty.data
    tty.resize(120, 50)  # smaller codes do not fit any more
    tty.until(b"\x1b[2J")
    tty.until(b"\x1b[?2026l", 20)
    assert len(terminal_codes(tty, 1, 1, 15)) == 1
    tty.type(b"q")
    show.end()
    tty.check_given_back()


def test_terminal_with_graphics_gets_pictures():
    answer = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c"
    tty, show = in_terminal(120, 40, answer=answer, dots=(1200, 800))
    show.send("PARCEL", parcel(), transfer=ID)
    show.until("SHOWN")
    tty.until(b"\x1b[?2026l", 6)
    last = [frame for frame in tty.data.split(b"\x1b[?2026h")[1:-1] if b"a=T" in frame][-1]
    letters = b"".join(part.split(b"\x1b\\")[0].split(b";", 1)[1]
                       for part in last.split(b"\x1b_G")[1:] if b"a=d" not in part)
    picture = decode_png(base64.b64decode(letters))
    symbols = on_canvas(picture, 3, 2, 20)
    assert len(symbols) == 6
    assert all(s["data"] in parcel() for s in symbols if s["type"] == 0 and 0 < s["esi"] < 30)
    tty.type(b"\x1b")
    show.end()
    tty.check_given_back()


def test_terminal_is_given_back_whatever_happens():
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, 0),
                         (signal.SIGSEGV, -signal.SIGSEGV), (signal.SIGABRT, -signal.SIGABRT)):
        tty, show = in_terminal(100, 40)
        show.send("PARCEL", parcel(), transfer=ID)
        show.until("SHOWN")
        tty.until(b"\x1b[?2026l", 2)
        show.process.send_signal(number)
        show.end(code)
        tty.check_given_back()
    tty, show = in_terminal(100, 40)
    show.send("PARCEL", parcel(), transfer=ID)
    show.until("SHOWN")
    show.process.stdin.close()  # the caller is gone
    show.end(1)
    tty.check_given_back()


def test_without_a_screen_the_terminal_is_taken():
    nowhere = {"DISPLAY": ":54321", "SDL_VIDEODRIVER": "x11"}
    tty = showing.Tty(240, 67)
    show = showing.Show(SHOW, "--start", environment=nowhere, terminal=tty.theirs)
    show.send("PARCEL", parcel(), transfer=ID)
    error = show.next()
    assert error["kind"] == "ERROR" and b"no window" in error["body"] and b"terminal" in error["body"]
    show.until("SHOWN")
    tty.until(b"\x1b[?2026l", 2)
    tty.type(b"\x03")
    show.end()
    tty.check_given_back()
    show = showing.Show(SHOW, "--to", "window", environment=nowhere)
    errors = show.send("PARCEL", parcel(), transfer=ID).end(1)
    assert [e["kind"] for e in errors] == ["ERROR"] and b"no window" in errors[0]["body"]
    show = showing.Show(SHOW, "--to", "terminal")
    error = show.send("PARCEL", parcel(), transfer=ID).end(1)[-1]
    assert b"no terminal" in error["body"]
    tty = showing.Tty(60, 20)
    show = showing.Show(SHOW, "--to", "terminal", "--start", terminal=tty.theirs)
    error = show.send("PARCEL", parcel(), transfer=ID).end(1)[-1]
    assert b"do not fit" in error["body"] and b"larger" in error["body"]
    tty.check_given_back()


def main():
    print("VALISE_TEST_SEED=%d" % SEED)
    for name, test in list(globals().items()):
        if name.startswith("test_") and (len(sys.argv) < 4 or name in sys.argv[3:]):
            test()
            print("ok", name, flush=True)


if __name__ == "__main__":
    main()
