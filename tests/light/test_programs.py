#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real programs across a simulated gap: what valise-show shows, valise-eye reads, and the parcel is
the same; through pictures from a bad place, a compressed film, a terminal, a window and paper.

usage: test_programs.py BUILD_FOLDER [TEST]
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import messages
import programs

SEED = int(os.environ.get("VALISE_TEST_SEED", "1"))
PIECE = 16384


def pieces(dice, count):
    return messages.parcel(1, dice.randbytes(count * PIECE), (count, 0, 0))


def test_pictures_from_a_bad_place(place, dice):
    """Fair and poor, a third lost, the rest out of order, some twice, a finger or a lamp in others."""
    parcel, transfer = pieces(dice, 3), dice.randbytes(8)
    files = programs.save(programs.show_files(parcel, transfer, "--to", "png", "--profile", "std",
                                              "--frames", "12"), place)
    assert len(files) == 12, files
    kept = dice.sample(files, 9)
    seen = [programs.camera_still(file, "poor" if n == 0 else "fair", seed=SEED + n,
                                  hidden={3: "finger", 5: "glare"}.get(n))
            for n, file in enumerate(kept)]
    said = programs.eye_images(seen[:2] + seen)
    assert programs.parcels(said) == [parcel], [m for m in said if m["kind"] != "SYMBOL"][-5:]
    ranks = [m["rank"] for m in said if m["kind"] == "PROGRESS"]
    assert ranks == sorted(ranks), ranks
    logged = [m["body"] for m in said if m["kind"] == "SYMBOL"]
    assert len(logged) == len(set(logged)), "a symbol was logged twice"


def test_resume_after_the_scanner_was_closed(place, dice):
    """The log of a first session and half of the pictures each: neither would do alone."""
    parcel, transfer = pieces(dice, 3), dice.randbytes(8)
    files = programs.save(programs.show_files(parcel, transfer, "--to", "png", "--profile", "std",
                                              "--frames", "8"), place)
    seen = [programs.camera_still(file, "good", seed=SEED + n) for n, file in enumerate(files)]
    first = programs.eye_images(seen[:4])
    assert programs.parcels(first) == []
    log = b"".join(messages.write("SYMBOL", m["body"]) for m in first if m["kind"] == "SYMBOL")
    assert programs.parcels(programs.eye_images(seen[4:])) == []
    assert programs.parcels(programs.eye_images(seen[4:], before=log)) == [parcel]


def test_film(place, dice):
    """A film of the display, compressed as telephones do, decoded by ffmpeg into a pipe."""
    parcel, transfer = pieces(dice, 6), dice.randbytes(8)
    files = programs.save(programs.show_files(parcel, transfer, "--to", "png", "--profile", "std",
                                              "--frames", "24"), place)
    film = programs.camera_film(files, 40, level="fair", seed=SEED)
    made = pathlib.Path(place) / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "yuv4mpegpipe", "-i", "-", "-pix_fmt", "yuv420p",
                    "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", str(made)],
                   stdin=film.stdout, check=True)
    assert film.wait() == 0
    assert made.stat().st_size > 10000
    read = subprocess.Popen(["ffmpeg", "-v", "error", "-i", str(made), "-f", "yuv4mpegpipe", "-"],
                            stdout=subprocess.PIPE)
    said = programs.eye_film(read.stdout)
    assert read.wait() == 0
    assert programs.parcels(said) == [parcel], [m for m in said if m["kind"] != "SYMBOL"][-5:]


def test_terminal(place, dice):
    """Half blocks on a console of 1080p, as a screen would draw them, and through the camera."""
    parcel, transfer = pieces(dice, 1), dice.randbytes(8)
    show = programs.TerminalShow(parcel, transfer, 240, 67, "--start")
    seen, raw = [], None
    for number, terminal in enumerate(show.frames()):
        picture = terminal.picture(8, 16)
        if not seen or picture.dots != raw:
            raw = picture.dots
            at = picture.save(pathlib.Path(place) / ("terminal-%d.pgm" % number))
            seen.append(programs.camera_still(at, "good", seed=SEED + number) if number % 2 else
                        picture.pgm())
        if len(seen) == 14:
            break
    said, left = show.stop()
    assert show.terminal.open == show.terminal.closed, "an update that never ends"
    assert left.count(b"\x1b[?1049h") == left.count(b"\x1b[?1049l"), "the terminal was not given back"
    assert [m for m in said if m["kind"] == "ERROR"] == [], said
    got = programs.eye_images(seen)
    assert programs.parcels(got) == [parcel], [m for m in got if m["kind"] != "SYMBOL"][-5:]


def test_window(place, dice):
    """A window under X, filmed from the screen by ffmpeg while it runs, faster than it changes."""
    if not shutil.which("Xvfb"):
        raise SystemExit("Xvfb is missing: ./run test installs it")
    parcel, transfer = pieces(dice, 4), dice.randbytes(8)
    number = ":%d" % dice.randrange(100, 30000)
    screen = subprocess.Popen(["Xvfb", number, "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
                              stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: pathlib.Path("/tmp/.X11-unix/X" + number[1:]).exists())
        show = subprocess.Popen([programs.program("valise-show"), "--to", "window", "--full", "--start",
                                 "--profile", "std", "--fps", "5"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, env={**os.environ, "DISPLAY": number,
                                                             "SDL_VIDEODRIVER": "x11"})
        show.stdin.write(messages.write("PARCEL", parcel, transfer=transfer))
        show.stdin.flush()
        film = subprocess.Popen(["ffmpeg", "-v", "error", "-f", "x11grab", "-framerate", "10",
                                 "-video_size", "1920x1080", "-t", "12", "-i", number, "-pix_fmt",
                                 "gray", "-strict", "-1", "-f", "yuv4mpegpipe", "-"],
                                stdout=subprocess.PIPE)
        said = programs.eye_film(film.stdout)
        out, _ = show.communicate(messages.write("STOP"), timeout=30)
    finally:
        screen.terminate()
        screen.wait()
    assert [m for m in messages.read_all(out) if m["kind"] == "ERROR"] == [], out[-300:]
    assert programs.parcels(said) == [parcel], [m for m in said if m["kind"] != "SYMBOL"][-5:]


def test_paper(place, dice):
    """Photographs of pages, in fair conditions; two pages of seven are lost."""
    parcel, transfer = pieces(dice, 1), dice.randbytes(8)
    pages = programs.save(programs.show_files(parcel, transfer, "--to", "pages"), place)
    assert len(pages) == 7 and all(page.suffix == ".png" for page in pages), pages
    kept = dice.sample(pages, 5)
    seen = [programs.camera_still(page, "fair", "photo", SEED + n) for n, page in enumerate(kept)]
    said = programs.eye_images(seen)
    assert programs.parcels(said) == [parcel], [m for m in said if m["kind"] != "SYMBOL"][-5:]


def one_picture(place, message, level="poor"):
    """A single code, as a camera sees it."""
    (name, body), = programs.show_message(message, "--to", "png")
    return programs.camera_still(programs.save([(name, body)], place)[0], level, "720p30", SEED)


def test_single_codes(place, dice):
    """Two who meet: a join in one code; what is shown back; somebody else's text."""
    join, transfer = messages.parcel(2, dice.randbytes(600)), dice.randbytes(8)
    said = programs.eye_images([one_picture(place, messages.write("PARCEL", join, transfer=transfer))])
    assert programs.parcels(said) == [join], said
    heard = {"transfer": transfer, "rank": 7, "symbols": 9, "wanted": 1}
    said = programs.eye_images([one_picture(place, messages.write("ACK", b"frontier", **heard))])
    acks = [m for m in said if m["kind"] == "ACK"]
    assert acks == [{"kind": "ACK", "body": b"frontier", **heard}], said
    words = b"otpauth://totp/Desk:ana?secret=JBSWY3DPEHPK3PXP&issuer=Desk"
    said = programs.eye_images([one_picture(place, messages.write("TEXT", words), "fair")])
    assert [m["body"] for m in said if m["kind"] == "TEXT"] == [words], said
    assert [m["code"] for m in said if m["kind"] == "ADVICE"] == [0], said


def test_link_keys(place, dice):
    """Codes under a link's key are read with it, and by nobody without it or with another."""
    parcel, transfer = pieces(dice, 1), dice.randbytes(8)
    key, other = (messages.write("LINK", dice.randbytes(32)) for _ in range(2))
    seen = [body for _, body in programs.show_files(parcel, transfer, "--to", "png", "--profile", "std",
                                                    before=key)]
    assert programs.parcels(programs.eye_images(seen, before=other + key)) == [parcel]
    for wrong in (b"", other):
        said = programs.eye_images(seen, before=wrong)
        assert programs.parcels(said) == [] and not [m for m in said if m["kind"] == "SYMBOL"], said


def wait_for(ready, seconds=20):
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def main():
    programs.BUILD = pathlib.Path(sys.argv[1])
    chosen = sys.argv[2:]
    print("seed", SEED)
    for name, test in sorted(globals().items()):
        if name.startswith("test_") and (not chosen or name in chosen):
            with tempfile.TemporaryDirectory() as place:
                start = time.monotonic()
                test(place, random.Random(SEED))
                print("ok %s (%.1f s)" % (name, time.monotonic() - start), flush=True)


if __name__ == "__main__":
    main()
