#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What people do when something is lost, a border is near, or somebody is at the door: the sheet on
paper and back, shares among colleagues, the travel lock, panic. And the mistakes they make.

usage: test_recovery.py PROGRAM [TEST ...]
"""
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import laptop
from laptop import PASSPHRASE


def pages(folder):
    return sorted(pathlib.Path(folder).iterdir())


def desk(new, *others):
    """Ana founds, the others join."""
    ana = new("ana").begin().found("Desk", "Ana")
    return [ana] + [new(name.lower()).begin().join(ana, name, role) for name, role in others]


def scan(pdf, dpi, kind="png"):
    """The page as a scanner sees it."""
    out = pdf.with_name("%s-%d" % (pdf.stem, dpi))
    how = ["-png"] if kind == "png" else []
    subprocess.run(["pdftoppm", "-gray", "-singlefile", "-r", str(dpi), *how, pdf, out], check=True)
    return out.with_name(out.name + "." + kind)


def spoiled(pgm, seed):
    """A worse scan: turned upside down, grey paper, grain, a fold across the page."""
    data = pgm.read_bytes()
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    width, height = int(head.group(1)), int(head.group(2))
    dots = bytearray(reversed(data[head.end():]))
    noise = random.Random(seed).randbytes(len(dots))
    fade = [[max(0, min(255, 30 + v * 190 // 255 + n - 25)) for v in range(256)] for n in range(51)]
    for i, n in enumerate(noise):
        dots[i] = fade[n % 51][dots[i]]
    for y in range(height * 2 // 3, height * 2 // 3 + 4):
        dots[y * width:(y + 1) * width] = bytes([90]) * width
    out = pgm.with_name(pgm.stem + "-spoiled.pgm")
    out.write_bytes(b"P5 %d %d 255\n" % (width, height) + dots)
    return out


# ---- the sheet on paper ----

def test_a_printed_sheet_is_scanned_back(new):
    ana = new("ana").begin()
    sheet = ana.home / "sheet.pdf"
    ana.run("team", "new", "Desk — Бюро", "--member", "Zoé", "--sheet", sheet)
    raw = sheet.read_bytes()
    for told in (b"Date", b"Producer", b"Creator", os.uname().nodename.encode(), b"/tmp/"):
        assert told not in raw, told
    for dpi, kind in ((75, "png"), (100, "pgm"), (150, "png"), (200, "pgm"), (300, "png"), (600, "png")):
        assert ana.json("sheet", "check", scan(sheet, dpi, kind)).one("sheet")["readable"], dpi
    for dpi in (100, 150):
        ana.run("sheet", "check", spoiled(scan(sheet, dpi, "pgm"), dpi))
    # what was scanned is what was printed
    ana.run("sheet", "print", ana.home / "again.txt", "--sheet", scan(sheet, 150), "--member", "Zoé")
    words = (ana.home / "again.txt").read_text()
    shown = subprocess.run(["pdftotext", "-layout", sheet, "-"], capture_output=True, text=True,
                           check=True).stdout
    for word in re.findall(r"\d+\. ([a-z-]+)", words):
        assert word in shown, word
    size = subprocess.run(["pdfinfo", sheet], capture_output=True, text=True, check=True).stdout
    assert "A4" in size and re.search(r"Pages:\s+1", size), size


def test_what_is_no_sheet_is_refused(new):
    ana = new("ana").begin()
    ana.run("team", "new", "Desk", "--member", "Ana", "--sheet", ana.home / "sheet.pdf")
    said = ana.run("sheet", "check", ana.home / "sheet.pdf", code=2)
    assert "scan the paper" in said.err
    white = ana.home / "white.pgm"
    white.write_bytes(b"P5 400 400 255\n" + b"\xff" * 160000)
    assert "type the words" in ana.run("sheet", "check", white, code=1).err
    png = ana.home / "torn.png"
    png.write_bytes(scan(ana.home / "sheet.pdf", 100).read_bytes()[:5000])
    assert "type the words" in ana.run("sheet", "check", png, code=20).err
    jpg = ana.home / "photo.jpg"
    jpg.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 10)
    assert "ends in .png or .pgm" in ana.run("sheet", "check", jpg, code=20).err
    ana.run("sheet", "check", ana.home / "none.png", code=1)


def test_words_are_typed_by_their_beginnings(new):
    ana = new("ana").begin().found("Desk", "Ana")
    words = re.findall(r"\d+\. ([a-z-]+)", (ana.home / "sheet.txt").read_text())
    # five letters are unique for all but a few words of the list; those are typed whole
    listed = (pathlib.Path(__file__).resolve().parents[2] / "offline/keys/words/eff-large.txt").read_text().split()
    short = [w[:5] if sum(x.startswith(w[:5]) for x in listed) == 1 else w for w in words]
    said = ana.type("sheet", "check", answers=[("recovery sheet: ", " ".join(short).upper())])
    assert said.code == 0 and short[0].upper() not in said.out.split("sheet: ")[1], said.out
    said = ana.type("sheet", "check", answers=[("recovery sheet: ", " ".join(["abdomn"] + words[1:]))])
    assert said.code == 2 and "perhaps it is 'abdomen'" in said.out
    said = ana.type("sheet", "check", answers=[("recovery sheet: ", " ".join(["abd"] + words[1:]))])
    assert said.code == 2 and "'abdomen'" in said.out and "begins" in said.out


# ---- a member comes back ----

def come_back(ben2, colleague, how, member="Ben"):
    """ben2: a laptop with a fresh vault; how: the words before --out."""
    asked = ben2.run(*how, "--out", ben2.home / "back.join", "--device", "new-laptop")
    said = colleague.run("invite", ben2.home / "back.join", "--out", colleague.home / "back.invite",
                         "--words", asked.words_shown(), "--force")
    assert member + " comes back" in said.out and "editor" in said.out
    ben2.run("join", colleague.home / "back.invite", "--words", said.words_shown())


def test_a_lost_laptop_and_a_sheet(new):
    ana, ben = desk(new, ("Ben", "editor"))
    ben.run("add", "tickets", "title=from the old laptop")
    stick = ana.home / "stick"
    ben.run("pack", stick)
    ana.run("unpack", stick)
    old = [d for d in ana.json("device", "list").lines() if d["member"] == "Ben"]
    ben2 = new("ben2").begin()
    come_back(ben2, ana, ("restore", "device", "--sheet", ben.home / "sheet.txt"))
    assert ben2.hash() == ana.hash()
    now = [d for d in ben2.json("device", "list").lines() if d["member"] == "Ben"]
    assert len(now) == 2 and len({d["tag"] for d in now}) == 2 and old[0]["tag"] in {d["tag"] for d in now}
    assert [d for d in now if d["this"]][0]["tag"] != old[0]["tag"]  # never the old device again
    ben2.run("add", "tickets", "title=from the new laptop")
    ben3 = new("ben3").begin()  # and once more from the same sheet: again a new one
    come_back(ben3, ana, ("restore", "device", "--sheet", ben.home / "sheet.txt"))
    assert len([d for d in ben3.json("device", "list").lines() if d["member"] == "Ben"]) == 3
    ben2.run("pack", ben2.home / "stick")
    ben3.run("unpack", ben2.home / "stick")
    assert ben3.hash() == ben2.hash()


def test_a_sheet_of_nobody_lets_nobody_in(new):
    ana, ben = desk(new, ("Ben", "editor"))
    eve = new("eve").begin()
    eve.run("team", "new", "Elsewhere", "--member", "Ben", "--sheet", eve.home / "own.txt")
    asked = eve.run("restore", "device", "--sheet", eve.home / "own.txt", "--out", eve.home / "x.join")
    ana.run("invite", eve.home / "x.join", "--out", ana.home / "x.invite", "--words",
            asked.words_shown(), code=2)  # not known: a newcomer, who needs a role
    ana.run("invite", eve.home / "x.join", "--role", "editor", "--out", ana.home / "x.invite",
            "--words", asked.words_shown(), code=1)  # and the name is taken
    # a colleague who is known is not appointed again by mistake
    asked = eve.run("restore", "device", "--sheet", ben.home / "sheet.txt", "--out", eve.home / "y.join")
    said = ana.run("invite", eve.home / "y.join", "--role", "admin", "--out", ana.home / "y.invite",
                   "--words", asked.words_shown(), code=1)
    assert "leave --role out" in said.err
    ana.run("invite", eve.home / "y.join", "--out", ana.home / "y.invite", "--words", "a b c", code=14)


def test_a_colleague_sees_whose_share_it_is(new):
    ana, ben, cleo = desk(new, ("Ben", "editor"), ("Cleo", "editor"))
    ana.run("pack", ana.home / "stick")
    ben.run("unpack", ana.home / "stick")
    made = ben.json("recovery", "split", "2", "2", "Ana", "Cleo", "--sheet", ben.home / "sheet.txt",
                    "--out", ben.home / "shares").lines()
    assert [s["holder"] for s in made] == ["Ana", "Cleo"] and made[0]["need"] == made[0]["of"] == 2
    assert "held:  Cleo" in pathlib.Path(made[1]["file"]).read_text()
    ana.run("recovery", "keep", made[0]["file"])
    kept = ana.json("recovery", "list").one("kept")
    assert (kept["owner"], kept["team"], kept["for"]) == ("Ben", "Desk", "recovery sheet")
    assert (kept["set"], kept["number"], kept["need"], kept["of"]) == (made[0]["set"], 1, 2, 2)


def test_shares_on_paper_and_in_a_vault(new):
    ana, ben, cleo = desk(new, ("Ben", "editor"), ("Cleo", "editor"))
    files, prints = ben.home / "files", ben.home / "prints"
    ben.run("recovery", "split", "2", "3", "--sheet", ben.home / "sheet.txt", "--out", files)
    ben.run("recovery", "split", "2", "3", "--sheet", ben.home / "sheet.txt", "--out", prints, "--pdf")
    assert [p.suffix for p in pages(prints)] == [".pdf"] * 3
    one = scan(pages(prints)[0], 150)
    ana.run("recovery", "keep", one)
    kept = ana.json("recovery", "list").one("kept")
    ana.run("recovery", "give", kept["set"], "--out", ana.home / "back.valise-share")
    ben2 = new("ben2").begin()
    come_back(ben2, ana, ("recovery", "join", ana.home / "back.valise-share", scan(pages(prints)[2], 200),
                          "--member", "Ben"))
    assert ben2.hash() == ana.hash()
    # the sheet anew, from files
    ben2.run("recovery", "join", *pages(files)[:2], "--sheet", ben2.home / "anew.txt")
    a, b = ((re.findall(r"\d+\. ([a-z-]+)", p.read_text())) for p in
            (ben2.home / "anew.txt", ben.home / "sheet.txt"))
    assert a == b and len(a) == 21
    assert "member: Ben" in (ben2.home / "anew.txt").read_text()


def test_shares_are_typed(new):
    ana, ben = desk(new, ("Ben", "editor"))
    out = ben.home / "shares"
    ben.run("recovery", "split", "2", "2", "--sheet", ben.home / "sheet.txt", "--out", out)
    lines = [" ".join(re.findall(r"\d+\. ([a-z-]+)", p.read_text())) for p in pages(out)]
    wrong = lines[0].split()
    wrong[3] = "abdomn"
    ben2 = new("ben2").begin()
    said = ben2.type("recovery", "join", "--sheet", ben2.home / "anew.txt", answers=[
        ("share 1: ", " ".join(wrong)), (r"perhaps it is 'abdomen'[\s\S]*share 1: ", lines[0]),
        ("share 2 of those needed: ", lines[1])])
    assert said.code == 0, said.out
    assert lines[0][:30] not in said.out and lines[1][:30] not in said.out  # not echoed
    ben2.run("sheet", "check", ben2.home / "anew.txt")


# ---- what goes wrong with shares ----

def test_mistakes_with_shares(new):
    ana, ben, cleo = desk(new, ("Ben", "editor"), ("Cleo", "editor"))
    sheet, home = ben.home / "sheet.txt", ben.home

    def split(folder, *words, code=0):
        return ben.run("recovery", "split", *words, "--sheet", sheet, "--out", home / folder, code=code)

    for words in (("1", "3"), ("3", "2"), ("2", "17"), ("x", "3"), ("2", "3", "Ana"),
                  ("2", "2", "Ana", "Ben"), ("2", "2", "Ana", "Ana")):
        split("no", *words, code=2)
    split("no", "2", "2", "Ana", "Nobody", code=1)
    ben.run("recovery", "split", "2", "2", "--sheet", sheet, code=2)
    ben.run("recovery", "split", "2", "2", "--sheet", sheet, "--out", ben.vault / "x", code=2)
    ben.run("recovery", "split", "2", "2", "--sheet", ana.home / "sheet.txt", "--out", home / "no", code=20)
    assert not (home / "no").exists()
    split("a", "2", "3")
    split("b", "2", "3")
    a, b = pages(home / "a"), pages(home / "b")

    def join(*files, code):
        return ben.run("recovery", "join", *files, "--sheet", home / "anew.txt", "--force", code=code)

    assert "what should come" in ben.run("recovery", "join", *a[:2], code=2).err
    said = join(a[0], code=22)
    assert "1 different share is here, 2 are needed" in said.err and "ask another" in said.err
    assert "share 1 is given twice" in join(a[0], a[0], code=2).err
    assert "another set" in join(a[0], b[1], code=20).err
    assert "larger than" in join(a[0], "/bin/bash", code=23).err
    torn = home / "torn"
    torn.write_text("\n".join(a[1].read_text().splitlines()[:12]))
    said = join(a[0], torn, code=2)
    assert "torn" in said.err and "28 are needed" in said.err and "take the whole page" in said.err
    assert "not a share" in join(a[0], sheet, code=2).err
    said = ben.run("sheet", "check", a[0], code=2)
    assert "recovery join" in said.err

    # a word exchanged: found by the share's own check
    words = re.findall(r"\d+\. ([a-z-]+)", a[1].read_text())
    swapped = home / "swapped"
    swapped.write_text(" ".join(words[:10] + [words[11], words[10]] + words[12:]))
    assert "do not belong together" in join(a[0], swapped, code=20).err

    # a share that was changed on purpose, its check made good: refused, then named
    forged = home / "forged"
    forged.write_text(forge(a[1]))
    said = join(a[0], forged, code=20)
    assert "at least one was changed" in said.err and "one more share" in said.err
    said = join(a[0], forged, a[2], code=0)
    assert "'%s': share 2 is not what was given out" % forged in said.err
    assert "forged" not in join(a[0], a[1], a[2], code=0).err

    # a travel share is no share of a sheet
    ben.run("travel", "lock", "2", "2", "--out", home / "t", "--member", "Ben", passphrase=PASSPHRASE)
    assert "travel unlock" in join(*pages(home / "t"), code=20).err
    assert "recovery join" in ben.run("travel", "unlock", *a[:2], code=20).err


def forge(page):
    """The text of a QR code for this share with one bit of its value changed, its check made again."""
    import hashlib
    listed = (pathlib.Path(__file__).resolve().parents[2] / "offline/keys/words/eff-large.txt").read_text().split()
    number = 0
    for word in re.findall(r"\d+\. ([a-z-]+)", page.read_text()):
        number = number * 7776 + listed.index(word)
    raw = bytearray(number.to_bytes(45, "big"))
    raw[20] ^= 1
    raw[2] &= 0xF0
    check = hashlib.blake2b(b"valise/share\0" + raw[:3] + raw[5:], digest_size=32).digest()[:3]
    bits = int.from_bytes(check, "big") >> 4
    raw[2] |= bits >> 16
    raw[3:5] = (bits & 0xFFFF).to_bytes(2, "big")
    return "VALISE-SHARE:" + raw.hex().upper()


def test_kept_shares_stay_covered(new):
    ana, ben = desk(new, ("Ben", "editor"))
    out = ben.home / "shares"
    ben.run("recovery", "split", "2", "3", "--sheet", ben.home / "sheet.txt", "--out", out)
    share = pages(out)[1]
    words = re.findall(r"\d+\. ([a-z-]+)", share.read_text())
    ana.run("recovery", "keep", share)
    ana.run("recovery", "keep", share, code=21)
    for words_of in (("list",), ("give", "Ben", "--out", ana.home / "given.valise-share")):
        said = ana.run("recovery", *words_of)
        assert not re.search(r"\b%s\b.*\b%s\b" % (words[20], words[21]), said.out + said.err, re.S)
    assert (ana.home / "given.valise-share").read_text().split("words:")[1] == share.read_text().split("words:")[1]
    assert "--reveal" in ana.run("recovery", "give", "Ben", code=2).err
    shown = ana.run("recovery", "give", "Ben", "--reveal").out
    assert re.findall(r"\d+\. ([a-z-]+)", shown) == words
    assert words[5] in ana.json("recovery", "give", "Ben", "--reveal").one("given")["page"]
    ana.run("recovery", "give", "Nobody", "--reveal", code=1)
    ana.run("recovery", "keep", pages(out)[2])
    ana.run("recovery", "give", "Ben", "--reveal", code=1)  # two fit by now
    ana.run("recovery", "forget", "Ben", code=1)
    assert len(ana.json("recovery", "list").lines()) == 2


# ---- the travel lock ----

def lock(ana, folder="shares", need=2, of=3):
    made = ana.json("travel", "lock", need, of, "--out", ana.home / folder, "--member", "Ana",
                    passphrase=PASSPHRASE)
    return made.lines()[0]["set"]


def unlock(ana, files, passphrase, code=0):
    read, write = os.pipe()
    os.write(write, (passphrase + "\n").encode())
    os.close(write)
    done = subprocess.run([laptop.PROGRAM, "travel", "unlock", *files, "--kdf", "floor",
                           "--new-passphrase-fd", str(read)], pass_fds=[read], env=ana.env,
                          cwd=ana.home, start_new_session=True, capture_output=True)
    os.close(read)
    assert done.returncode == code, done.stderr
    return done.stderr.decode()


def test_nobody_opens_a_travel_locked_vault(new):
    ana = new("ana").begin().found("Desk", "Ana")
    ana.run("add", "tickets", "title=before the border")
    before = (ana.vault / "header").read_bytes()
    name = lock(ana)
    assert ana.json("travel").one("travel") == {"type": "travel", "state": "prepared", "set": name,
                                                "need": 2, "of": 3}
    ana.run("list", "tickets")  # nothing is locked yet
    ana.run("travel", "lock", "--handed-over", "other.words", passphrase=PASSPHRASE, code=14)
    ana.run("travel", "lock", "--handed-over", name, code=12)  # an open agent is not enough
    ana.run("travel", "lock", "--handed-over", name, passphrase="wrong", code=12)
    ana.run("status")
    ana.run("travel", "lock", "--handed-over", name, passphrase=PASSPHRASE)
    assert ana.json("travel").one("travel")["state"] == "locked"
    for words in (("status",), ("list",), ("unlock",), ("passphrase",), ("check",), ("travel", "cancel")):
        said = ana.run(*words, passphrase=PASSPHRASE, code=12)
        assert "travel lock" in said.err and "travel unlock" in said.err, said.err
    # nothing of the old header is in the vault's folder: no salt, nonce or sealed key
    files = b"".join(p.read_bytes() for p in ana.vault.rglob("*") if p.is_file())
    for at in range(25, len(before) - 16):
        assert before[at:at + 16] not in files, at
    assert sorted(p.name for p in ana.vault.iterdir()) == ["header", "lock", "vault.db"]
    ana.run("travel", "lock", passphrase=PASSPHRASE, code=21)
    shares = pages(ana.home / "shares")
    assert "2 are needed" in unlock(ana, shares[:1], "the new passphrase", code=22)
    unlock(ana, [shares[0], shares[2]], "the new passphrase")
    ana.run("status", passphrase=PASSPHRASE, code=12)
    assert "before the border" in ana.run("list", "tickets", passphrase="the new passphrase").out
    assert "no travel lock" in unlock(ana, shares[:2], "again", code=20)
    ana.run("check", passphrase="the new passphrase")


def test_a_prepared_lock_can_be_taken_back(new):
    ana = new("ana").begin()
    first = lock(ana, "one")
    second = lock(ana, "two")
    assert first != second
    # only the newest set counts
    ana.run("travel", "lock", "--handed-over", first, passphrase=PASSPHRASE, code=14)
    ana.run("travel", "cancel", passphrase=PASSPHRASE)
    ana.run("travel", "cancel", passphrase=PASSPHRASE, code=21)
    assert ana.json("travel").one("travel")["state"] == "open"
    assert "no travel lock" in unlock(ana, pages(ana.home / "two")[:2], "x" * 12, code=20)
    ana.run("travel", "lock", "--handed-over", second, passphrase=PASSPHRASE, code=2)
    third = lock(ana, "three")
    ana.run("travel", "lock", "--handed-over", third, passphrase=PASSPHRASE)
    assert "of another vault, or of an earlier" in unlock(ana, pages(ana.home / "two")[:2], "x" * 12, code=20)
    ben = new("ben").begin()
    name = lock(ben)
    ben.run("travel", "lock", "--handed-over", name, passphrase=PASSPHRASE)
    unlock(ben, pages(ana.home / "three")[:2], "x" * 12, code=20)
    ben.run("travel", "lock", "2", "3", "--out", ben.vault, "--member", "B", passphrase=PASSPHRASE, code=2)


def test_the_owner_types_the_name_of_the_set(new):
    ana = new("ana").begin()

    def typed(_):
        return re.match(r"share-(.+)-\d-of-3", pages(ana.home / "s")[0].name).group(1)

    said = ana.type("travel", "lock", "2", "3", "--out", ana.home / "s", "--member", "Ana",
                    answers=[("passphrase: ", PASSPHRASE), ("name of their set; Enter to wait: ", "")])
    assert said.code == 0 and "prepared" in said.out, said.out
    said = ana.type("travel", "lock", answers=[("passphrase: ", PASSPHRASE),
                                               ("name of their set; Enter to wait: ", typed)])
    assert said.code == 0 and "no passphrase opens" in said.out, said.out
    shares = pages(ana.home / "s")
    said = ana.type("travel", "unlock", *shares[:2], "--kdf", "floor",
                    answers=[("new passphrase: ", "back at home again"), ("again: ", "back at home again")])
    assert said.code == 0, said.out
    ana.run("status", passphrase="back at home again")


# ---- panic ----

def test_panic_forgets_in_less_than_a_second(new):
    ana = new("ana").begin().found("Desk", "Ana")
    before = (ana.vault / "header").read_bytes()
    (ana.vault / ".valise-0123456789abcdef.tmp").write_bytes(before)  # a cut left this
    (ana.vault / "header.valise-old").write_bytes(before)
    ana.run("panic", code=2)  # nobody is there to be asked
    started = time.monotonic()
    said = ana.json("panic", "--now").one("panic")
    assert time.monotonic() - started < 1 and said["forgotten"] and said["milliseconds"] < 1000
    for words in (("status",), ("unlock",), ("travel",), ("lock",)):
        said = ana.run(*words, passphrase=PASSPHRASE, code=10)
        assert "restore device" in said.err or "keys" in said.err
    files = b"".join(p.read_bytes() for p in ana.vault.rglob("*") if p.is_file())
    for at in range(25, len(before) - 16):
        assert before[at:at + 16] not in files, at
    assert sorted(p.name for p in ana.vault.iterdir()) == ["lock", "vault.db"]
    assert not ana.json("panic", "--now").one("panic")["forgotten"]
    said = ana.run("init", "--kdf", "floor", passphrase=PASSPHRASE, code=1)
    assert "keys are gone" in said.err
    new("ben").run("panic", "--now", code=10)


def test_panic_ends_whoever_holds_the_key(new):
    ana = new("ana").begin().found("Desk", "Ana")
    path = next((ana.home / "valise").glob("*.sock"))
    agents = [int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()
              and b"agent" in read(p / "cmdline") and str(ana.vault).encode() in read(p / "cmdline")]
    assert len(agents) == 1
    os.kill(agents[0], signal.SIGSTOP)  # it hangs
    ana.env["EDITOR"] = "false"
    holder = subprocess.Popen(["python3", "-c", "import fcntl,os,sys,time\n"
                               "f=open(sys.argv[1],'r+')\nfcntl.flock(f,fcntl.LOCK_EX)\nf.truncate(0)\n"
                               "f.write(str(os.getpid()))\nf.flush()\nprint('held',flush=True)\ntime.sleep(60)",
                               ana.vault / "lock"], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    started = time.monotonic()
    ana.run("panic", "--now")
    assert time.monotonic() - started < 1
    assert holder.wait(timeout=5) == -signal.SIGKILL
    for _ in range(50):
        if not read(pathlib.Path("/proc/%d/cmdline" % agents[0])):
            break
        time.sleep(0.1)
    assert not read(pathlib.Path("/proc/%d/cmdline" % agents[0])) and not path.exists()
    ana.run("status", code=10)


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_panic_asks_once_and_finishes_what_was_cut(new):
    ana = new("ana").begin()
    said = ana.type("panic", answers=[("Type yes: ", "no")])
    assert said.code == 1 and "nothing was forgotten" in said.out
    ana.run("status")
    header = ana.vault / "header"
    torn = bytearray(header.read_bytes())
    torn[40:60] = os.urandom(20)  # the plug was pulled in the middle
    header.write_bytes(torn)
    ana.run("lock")
    ana.run("status", passphrase=PASSPHRASE, code=30)
    said = ana.type("panic", answers=[("Type yes: ", "yes")])
    assert said.code == 0 and not header.exists()


def test_panic_on_a_travel_locked_vault(new):
    ana = new("ana").begin()
    ana.run("travel", "lock", "--handed-over", lock(ana), passphrase=PASSPHRASE)
    ana.run("panic", "--now")
    unlock(ana, pages(ana.home / "shares"), "x" * 12, code=10)


def test_passphrase_change_leaves_no_old_slot(new):
    ana = new("ana").begin()
    before = (ana.vault / "header").read_bytes()
    kept = os.open(ana.vault / "header", os.O_RDONLY)
    read_fd, write = os.pipe()
    os.write(write, (PASSPHRASE + "\nanother long passphrase\n").encode())
    os.close(write)
    subprocess.run([laptop.PROGRAM, "passphrase", "--kdf", "floor", "--passphrase-fd", str(read_fd),
                    "--new-passphrase-fd", str(read_fd)], pass_fds=[read_fd], env=ana.env, check=True,
                   start_new_session=True, capture_output=True)
    os.close(read_fd)
    assert os.pread(kept, 4096, 0)[25:200] != before[25:200]  # overwritten where it lay
    os.close(kept)


if __name__ == "__main__":
    laptop.main(globals())
