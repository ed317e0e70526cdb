#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What valise-show and valise-eye answer each other: what was seen ends the showing, symbols of a link are
read by who has its key, single codes say what they are, and paper may lose a quarter of its pages.

usage: test_answers.py valise-show valise-eye
"""
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading

import messages
import showing

SHOW, EYE = sys.argv[1:3]
ID = b"\x11\x12\x13\x14\x15\x16\x17\x18"
SEED = int(os.environ.get("VALISE_TEST_SEED", "1"))
LINK = bytes(range(32))


def parcel(pieces=2):
    return messages.parcel(1, random.Random(SEED).randbytes(16384 * pieces), (pieces, 0, 0))


class Eye:
    """valise-eye on pictures; what it says is collected on the side, so that no pipe fills up."""

    def __init__(self, link=None):
        self.process = subprocess.Popen([EYE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={"ASAN_OPTIONS": "detect_leaks=0"})
        self.said = queue.Queue()
        self.found = []
        threading.Thread(target=self.listen, daemon=True).start()
        if link is not None:
            self.send("LINK", link)

    def listen(self):
        while head := self.process.stdout.read(5):
            body = self.process.stdout.read(int.from_bytes(head[1:], "little"))
            self.said.put(messages.read_body(messages.NAMES[head[0]], body))
        self.said.put(None)

    def send(self, kind, body=b"", **numbers):
        self.process.stdin.write(messages.write(kind, body, **numbers))
        self.process.stdin.flush()

    def look(self, image):
        """Shows it a picture and waits until it has done with it; True when a parcel is whole."""
        self.send("IMAGE", image)
        while True:
            message = self.said.get(timeout=showing.PATIENCE)
            assert message is not None, "valise-eye is gone"
            self.found.append(message)
            if message["kind"] in ("ADVICE", "ERROR"):
                return any(m["kind"] == "PARCEL" for m in self.found)

    def end(self):
        self.send("END")
        while (message := self.said.get(timeout=showing.PATIENCE)) is not None:
            self.found.append(message)
        assert self.process.wait(showing.PATIENCE) == 0

    def one(self, kind):
        found = [m for m in self.found if m["kind"] == kind]
        assert len(found) == 1, [m["kind"] for m in self.found]
        return found[0]


def files_of(*arguments, kind="PARCEL", body=b"", link=None, **numbers):
    show = showing.Show(SHOW, *arguments)
    if link is not None:
        show.send("LINK", link)
    show.send(kind, body, **numbers)
    return {m["name"]: m["body"] for m in show.end() if m["kind"] == "FILE"}


def test_a_screen_is_read_and_the_showing_ends():
    screen = showing.Screen(1920, 1080)
    try:
        show = showing.Show(SHOW, "--to", "window", "--full", "--start",
                            environment=screen.environment)
        show.send("LINK", LINK).send("PARCEL", parcel(4), transfer=ID)
        show.until("SHOWN")
        eye = Eye(LINK)
        while not eye.look(screen.picture().pgm()):
            assert len(eye.found) < 5000, "it never arrives"
        got = eye.one("PARCEL")
        assert got["body"] == parcel(4)
        show.send("GOT", transfer=got["transfer"], wanted=0)
        assert show.end()[-1]["kind"] == "SHOWN"
        eye.end()
    finally:
        screen.close()


def test_paper_with_pages_lost():
    pdf = files_of("--to", "pdf", body=parcel(2), transfer=ID)["codes.pdf"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-gray", "-r", "150", "-", folder + "/p"], input=pdf, check=True)
        pages = [open(folder + "/" + name, "rb").read() for name in sorted(os.listdir(folder))]
    random.Random(SEED).shuffle(pages)
    eye = Eye()
    for page in pages[len(pages) // 4:]:  # one in four is lost
        if eye.look(page):
            break
    eye.end()
    assert eye.one("PARCEL")["body"] == parcel(2)
    drawn = files_of("--to", "pages", body=messages.parcel(3, b"i" * 3000), transfer=ID)
    eye = Eye()
    for name in sorted(drawn):
        eye.look(drawn[name])
    eye.end()
    assert eye.one("PARCEL")["body"] == messages.parcel(3, b"i" * 3000)


def test_single_codes():
    join = messages.parcel(2, bytes(range(256)))
    eye = Eye()
    eye.look(files_of("--to", "png", body=join, transfer=ID)["code.png"])
    eye.look(files_of("--to", "png", kind="ACK", body=b"frontier", transfer=ID, rank=7, symbols=9,
                      wanted=5)["code.png"])
    eye.look(files_of("--to", "png", kind="TEXT", body=b"otpauth://totp/x?secret=AB")["code.png"])
    eye.end()
    assert eye.one("PARCEL")["body"] == join
    ack = eye.one("ACK")
    assert (ack["transfer"], ack["rank"], ack["symbols"], ack["wanted"], ack["body"]) == (
        ID, 7, 9, 5, b"frontier")
    assert eye.one("TEXT")["body"] == b"otpauth://totp/x?secret=AB"


def main():
    print("VALISE_TEST_SEED=%d" % SEED)
    for name, test in list(globals().items()):
        if name.startswith("test_") and (len(sys.argv) < 4 or name in sys.argv[3:]):
            test()
            print("ok", name, flush=True)


if __name__ == "__main__":
    main()
