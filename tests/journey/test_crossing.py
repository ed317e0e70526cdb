#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole commands across the gap by light, with the real programs and a simulated camera: a bundle shown
and scanned through fair pictures, a scan that goes on where it ended, an acknowledgement that makes the
next bundle smaller, a newcomer let in, the courier in between, labels and one-time secrets; and mistakes.

usage: test_crossing.py VALISE
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "light")]
import laptop  # noqa: E402
import programs  # noqa: E402
from laptop import Laptop  # noqa: E402


def seen(folder, level="good", seed=1, camera="1080p30"):
    """What a camera sees of the pictures of a folder: files beside it, in their order."""
    out = folder.parent / (folder.name + "-seen-%d" % seed)
    out.mkdir()
    for n, picture in enumerate(sorted(folder.glob("*.png"))):
        (out / ("%03d.pgm" % n)).write_bytes(programs.camera_still(picture, level, camera, seed + n))
    return sorted(out.iterdir())


def film(folder, path, count, level="good", camera="1080p30"):
    """A film of a display that shows these pictures in turn."""
    with programs.camera_film(sorted(folder.glob("*.png")), count, level=level, camera=camera) as made:
        path.write_bytes(made.stdout.read())
    assert made.returncode == 0
    return path


def test_a_bundle_crosses(ana, ben):
    ticket = ana.run("add", "tickets", "title=Printer on fire").record()
    shown = ana.run("qr", "show", "--to", ana.home / "codes", "--profile", "web720", "--pictures", "40")
    assert "it brings news to Ben" in shown.out, shown.out
    took = ben.run("qr", "scan", *seen(ana.home / "codes", "fair"))
    assert "took" in took.out and ticket in ben.run("list", "tickets").out
    again = ben.run("qr", "scan", *seen(ana.home / "codes", "fair", 2), code=21)
    assert "taken already" in again.err, again.err
    assert not list((ben.vault / "light.in").glob("*.vls")), "pieces were left behind"


def test_a_scan_goes_on(ana, ben):
    ana.run("add", "tickets", "title=Second one")
    ana.run("qr", "show", "--to", ana.home / "more", "--profile", "safe", "--pictures", "90")
    pictures = seen(ana.home / "more")
    half = ben.run("qr", "scan", *pictures[:20], code=1)
    assert "not seen whole" in half.err and "kept" in half.err, half.err
    # the same is shown again: other codes of the same transfer
    ana.run("qr", "show", "--again", "--to", ana.home / "later", "--profile", "safe", "--pictures", "90")
    rest = ben.run("qr", "scan", *seen(ana.home / "later", seed=500)[20:])
    assert "going on" in rest.err and "took" in rest.out, rest.err + rest.out
    assert not (ben.vault / "light.seen").exists()


def test_what_a_cut_left_is_taken(ana, ben, cem):
    """Pieces that were seen whole before the power went, and were not in the vault yet."""
    cem.run("add", "tickets", "title=Before the cut")
    cem.run("pack", ben.vault / "light.in")
    ana.run("add", "tickets", "title=After the cut")
    ana.run("qr", "show", "--to", ana.home / "after-cut", "--pictures", "20")
    ben.run("qr", "scan", *seen(ana.home / "after-cut"))
    listed = ben.run("list", "tickets").out
    assert "Before the cut" in listed and "After the cut" in listed, listed
    assert not list((ben.vault / "light.in").glob("*.vls")) and not (ben.vault / "light.seen").exists()


def test_an_acknowledgement_makes_the_next_smaller(ana, ben):
    for n in range(3):
        ana.run("add", "tickets", "title=Long tail %d" % n)
    ana.run("qr", "show", "--to", ana.home / "ack-codes", "--pictures", "20")
    ben.run("qr", "scan", "--reply", "--to", ben.home / "reply", *seen(ana.home / "ack-codes"))
    movie = film(ben.home / "reply", ana.home / "reply.y4m", 6)
    # the showing side sees it, ends by itself, and knows what came
    ended = ana.type("qr", "show", "--again", "--on", "terminal", "--film", movie, columns=240, rows=67)
    assert ended.code == 0 and "has all of it" in ended.out, ended.out[-2000:]
    next_one = ana.run("qr", "show", "--to", ana.home / "none", "--pictures", "4")
    assert "everybody is known to have it all" in next_one.out, next_one.out


def test_a_film_on_standard_input(ana, ben):
    ana.run("add", "tickets", "title=On film")
    ana.run("qr", "show", "--to", ana.home / "film-codes", "--profile", "web720", "--pictures", "40")
    movie = film(ana.home / "film-codes", ana.home / "screen.y4m", 90, "fair", "720p30")
    packed = ana.home / "screen.mp4"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", movie, "-preset", "veryfast",
                    "-crf", "14", packed], check=True)
    frames = subprocess.run(["ffmpeg", "-loglevel", "error", "-i", packed, "-f", "yuv4mpegpipe", "-pix_fmt",
                             "gray", "-strict", "-1", "-"], check=True, capture_output=True).stdout
    took = ben.run("qr", "scan", "-", input=frames)
    assert "took" in took.out, took.out + took.err


def test_a_newcomer_comes_in(ana, place):
    cem = Laptop(place, "cem").begin()
    asked = cem.run("join", "--qr", "--member", "Cem", "--sheet", cem.home / "sheet.txt", "--film", "-",
                    "--to", cem.home / "ask", "--pictures", "2", code=None)
    assert asked.code != 0 and "--again" in asked.err, asked.err  # nothing was seen of the invitation
    movie = film(cem.home / "ask", ana.home / "ask.y4m", 4)
    # from a film anybody could have made: words are compared
    refused = ana.run("invite", "--qr", "--role", "editor", "--film", movie, "--to", ana.home / "no", code=14)
    assert "not compared" in refused.err
    invited = ana.run("invite", "--qr", "--role", "editor", "--film", movie, "--to", ana.home / "welcome",
                      "--profile", "web720", "--pictures", "60", "--words", asked.words_shown())
    answer = film(ana.home / "welcome", cem.home / "welcome.y4m", 110)
    cem.run("join", "--qr", "--again", "--film", answer, "--to", cem.home / "ask-again", "--pictures", "1",
            "--words", invited.words_shown())
    assert "Cem" in ana.run("member", "list").out
    assert "Printer on fire" in cem.run("list", "tickets").out
    return cem


def test_the_courier_carries_it(build, ana, ben):
    """From the vault's screen to the courier, and from the courier's screen to another vault."""
    ana.run("add", "tickets", "title=By the courier")
    ana.run("qr", "show", "--to", ana.home / "out", "--pictures", "20")
    spool = ana.home / "spool"
    courier = str(build / "online/valise-courier")
    subprocess.run([courier, "qr", "scan", spool, *seen(ana.home / "out")], check=True, capture_output=True)
    assert "By the courier" not in subprocess.run(["strings", "-n", "6", *spool.iterdir()], capture_output=True,
                                                  text=True).stdout
    nothing = subprocess.run([courier, "qr", "scan", spool, seen(ana.home / "out", seed=9)[0]], capture_output=True,
                             text=True)
    assert nothing.returncode in (0, 1)
    ben.run("unpack", spool)
    assert "By the courier" in ben.run("list", "tickets").out
    wrong = subprocess.run([courier, "qr", "show", ana.home / "codes"], capture_output=True, text=True)
    assert wrong.returncode == 1 and "no piece" in wrong.stderr, wrong.stderr


def test_labels_and_one_time_secrets(ana):
    ticket = ana.run("add", "tickets", "title=Camera 4").record()
    ana.run("qr", "code", ticket, "--to", ana.home / "label")
    said = ana.run("qr", "scan", "--text", *seen(ana.home / "label"))
    assert "valise:" + ticket in said.out, said.out
    secret = "otpauth://totp/Mail:ana?secret=JBSWY3DPEHPK3PXP"
    login = ana.run("add", "passwords", "title=Mail", "totp=-", secrets=secret).record()
    ana.run("qr", "code", login, "--field", "totp", "--to", ana.home / "phone")
    other = ana.run("add", "passwords", "title=Mail elsewhere").record()
    done = ana.run("qr", "scan", "--into", other, "--field", "totp", *seen(ana.home / "phone"))
    assert "JBSWY3DPEHPK3PXP" not in done.out + done.err
    assert ana.run("totp", login).out.split()[0] == ana.run("totp", other).out.split()[0]


def test_a_proposal_goes_to_the_next_owner(ana, ben):
    paper = ana.home / "new-owner.proposal"
    paper.write_bytes(bytes(range(256)) * 9)
    ana.run("qr", "show", paper, "--to", ana.home / "paper", "--pictures", "8")
    told = ben.run("qr", "scan", *seen(ana.home / "paper"), code=1)
    assert "a proposal of the owners" in told.err, told.err
    ben.run("qr", "scan", "--out", ben.home / "sign.proposal", *seen(ana.home / "paper", seed=40))
    assert (ben.home / "sign.proposal").read_bytes() == paper.read_bytes()
    ben.run("qr", "scan", "--out", ben.home / "sign.proposal", *seen(ana.home / "paper", seed=80), code=1)


def test_mistakes(ana, ben):
    grey = ana.home / "wall.pgm"
    grey.write_bytes(b"P5\n320 240\n255\n" + bytes([128]) * 320 * 240)
    nothing = ben.run("qr", "scan", grey, code=1)
    assert "was not seen" in nothing.err and "hint" in nothing.err, nothing.err
    ben.run("qr", "scan", ana.home / "nowhere.png", code=1)
    broken = ana.home / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    alone = ben.run("qr", "scan", broken, code=20)
    assert "no PNG" in alone.err and "take a photo" in alone.err, alone.err
    # one spoilt picture among good ones stops nothing, at the vault and at the courier
    ana.run("add", "tickets", "title=In spite of it")
    ana.run("qr", "show", "--to", ana.home / "in-spite", "--pictures", "20")
    good = seen(ana.home / "in-spite")
    ben.run("qr", "scan", broken, *good)
    assert "In spite of it" in ben.run("list", "tickets").out
    subprocess.run([programs.BUILD / "online/valise-courier", "qr", "scan", ana.home / "spool2", broken, *good],
                   check=True, capture_output=True)
    # something is kept to go on with, and the camera is not there
    ana.run("qr", "show", "--again", "--to", ana.home / "few", "--profile", "safe", "--pictures", "2")
    ben.run("qr", "scan", *seen(ana.home / "few"), code=1)
    gone = ben.run("qr", "scan", code=1)
    assert "no camera" in gone.err and "/dev/video" in gone.err, gone.err
    ben.run("qr", "scan", "--camera", "/dev/null", code=None)
    gone = ben.run("qr", "scan", "--camera", "/dev/video77", code=None)
    assert gone.code != 0 and "video77" in gone.err, gone.err
    ana.run("qr", "show", "--on", "window", "--to", ana.home / "x", code=2)
    ana.run("qr", "show", "--profile", "fastest", "--to", ana.home / "x", code=2)
    ana.run("qr", "show", ana.home / "wall.pgm", "--to", ana.home / "x", code=None)
    ana.run("invite", "--qr", ana.home / "nowhere", code=2)
    ana.run("qr", "scan", "--into", "nothing", grey, code=2)


def main():
    laptop.PROGRAM = pathlib.Path(sys.argv[1]).resolve()
    build = programs.BUILD = laptop.PROGRAM.parents[2]
    place = pathlib.Path(tempfile.mkdtemp(prefix="valise-crossing-"))
    try:
        ana = Laptop(place, "ana").begin().found("Desk", "Ana")
        ben = Laptop(place, "ben").begin().join(ana, "Ben")
        test_a_bundle_crosses(ana, ben)
        test_a_scan_goes_on(ana, ben)
        test_an_acknowledgement_makes_the_next_smaller(ana, ben)
        if shutil.which("ffmpeg"):
            test_a_film_on_standard_input(ana, ben)
        cem = test_a_newcomer_comes_in(ana, place)
        test_what_a_cut_left_is_taken(ana, ben, cem)
        test_the_courier_carries_it(build, ana, ben)
        test_labels_and_one_time_secrets(ana)
        test_a_proposal_goes_to_the_next_owner(ana, ben)
        test_mistakes(ana, ben)
        print("crossing by light: all went well")
    finally:
        for machine in ("ana", "ben", "cem"):
            vault = place / machine / "vault"
            if vault.exists():
                subprocess.run([laptop.PROGRAM, "--vault", vault, "lock"], capture_output=True,
                               env={"XDG_RUNTIME_DIR": str(place / machine), "PATH": "/usr/bin:/bin",
                                    "HOME": str(place / machine)})
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
