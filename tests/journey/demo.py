#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the first journey for real, in a temporary folder, and tells it in a person's words.

usage: demo.py BUILD_FOLDER [--keep FOLDER]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def tell(words):
    print(("\n\033[1m%s\033[0m" if COLOR else "\n%s") % words, flush=True)


def note(words):
    print("   " + words, flush=True)


class Laptop:
    """One air-gapped machine: a home with a vault in it."""

    def __init__(self, program, place, owner):
        self.program, self.owner = program, owner
        self.home = place / owner.lower().replace("'", "").replace(" ", "-")
        self.home.mkdir()
        self.vault = self.home / "vault"
        self.passphrase = None

    def run(self, *words, passphrase=False, show=True, fail=None, quiet=False):
        command = [str(self.program), "--vault", str(self.vault)]
        read_fd = None
        if passphrase:
            read_fd, write_fd = os.pipe()
            os.write(write_fd, (self.passphrase + "\n").encode())
            os.close(write_fd)
            command += ["--passphrase-fd", str(read_fd)]
        command += [str(w) for w in words]
        if show:
            print("   %s$ valise %s" % (self.owner, " ".join(quoted(w) for w in words)), flush=True)
        out = subprocess.run(command, capture_output=True, text=True, cwd=self.home,
                             stdin=subprocess.DEVNULL, pass_fds=[read_fd] if read_fd else [],
                             env={**os.environ, "XDG_RUNTIME_DIR": str(self.home), "NO_COLOR": "1"})
        if read_fd:
            os.close(read_fd)
        if not quiet:
            for line in (out.stdout + (out.stderr if fail is not None else "")).splitlines():
                print("      " + line, flush=True)
        if out.returncode != (fail or 0):
            sys.exit("demo: 'valise %s' ended with %d, expected %d:\n%s%s" % (
                " ".join(map(str, words)), out.returncode, fail or 0, out.stdout, out.stderr))
        return out.stdout

    def begin(self):
        self.passphrase = subprocess.run([self.program, "generate", "--words", "7"],
                                         capture_output=True, text=True, check=True).stdout.strip()
        self.run("init", "--kdf", "floor", passphrase=True)
        self.run("unlock", passphrase=True)


def quoted(word):
    word = str(word)
    return word if re.fullmatch(r"[\w./=:@+-]+", word) else "'%s'" % word


def words_in(text):
    """The nine words a command shows for comparing."""
    found = re.search(r"((?:[a-z-]+ ){8}[a-z-]+)\s*$", text, re.M)
    if not found:
        sys.exit("demo: no nine words in:\n" + text)
    return found.group(1)


def first_id(text):
    return re.search(r"\b[a-z2-7]{2,}-\d+-\d+\b", text).group(0)


def hashes(*laptops):
    return {laptop.owner: laptop.run("hash", show=False, quiet=True).strip() for laptop in laptops}


def founding(ana):
    tell("1. Ana founds a team on a laptop that never saw a network")
    ana.begin()
    ana.run("team", "new", "Desk", "--member", "Ana", "--device", "Ana's laptop",
            "--sheet", ana.home / "recovery-sheet.txt")
    note("The recovery sheet goes on paper; then its file goes away.")
    ana.run("import", "csv", DATA / "tickets-500.csv", "--type", "tickets", "--preview")
    ana.run("import", "csv", DATA / "tickets-500.csv", "--type", "tickets")
    ana.run("import", "keepassxc", DATA / "keepassxc-export.csv")
    ana.run("import", "bitwarden", DATA / "bitwarden-export.json")
    new = ana.run("add", "tickets", "title=Source moved, check in daily", "severity=emergency",
                  "assignee=me")
    ana.run("comment", first_id(new), "Called, no answer. Trying again at six.")
    ana.run("find", "source moved")
    ana.run("list", "tickets", "--view", "emergencies", "--limit", "5")
    ana.run("list")
    return first_id(new)


def joining(ana, ben, ben2):
    tell("2. Ben joins with two files on a stick; both compare nine words")
    ben.begin()
    text = ben.run("join", "--out", ben.home / "ben.join", "--member", "Ben",
                   "--device", "Ben's laptop", "--sheet", ben.home / "recovery-sheet.txt")
    ana.run("invite", ben.home / "ben.join", "--role", "editor", "--out", ana.home / "ben.invite",
            fail=14)
    note("Without comparing words there is no invite. Ben reads his words to Ana:")
    text = ana.run("invite", ben.home / "ben.join", "--role", "editor",
                   "--out", ana.home / "ben.invite", "--words", words_in(text))
    note("Ana reads her words back to Ben:")
    ben.run("join", ana.home / "ben.invite", "--words", words_in(text))
    ben.run("member", "list")

    tell("   Ben adds his second device alone, with his recovery sheet")
    ben2.begin()
    text = ben2.run("join", "--own-device", "--out", ben2.home / "second.join", "--device", "Ben's desktop")
    text = ben.run("device", "add", ben2.home / "second.join", "--sheet", ben.home / "recovery-sheet.txt",
                   "--out", ben.home / "second.invite", "--words", words_in(text))
    ben2.run("join", ben.home / "second.invite", "--words", words_in(text))
    ben2.run("device", "list")


def crossing(place, ana, ben, ben2, ticket):
    tell("3. Sticks cross: both edit the same ticket at once, a piece goes missing and comes late")
    stick = {name: place / name for name in ("stick-1", "stick-2", "stick-3", "stick-4")}
    ana.run("add", "tickets", "title=New passports for the desk", "severity=high", "assignee=Ben")
    ana.run("comment", ticket, "Reached her. She is safe.")
    ana.run("pack", stick["stick-1"])
    ben.run("unpack", stick["stick-1"], "--preview")
    note("Nothing was changed yet. Ben takes it:")
    ben.run("unpack", stick["stick-1"])
    ben.run("list", "tickets", "--view", "mine")
    note("Now both change the same ticket, and both pack:")
    ana.run("set", ticket, "title=Source moved to Oslo")
    ben.run("set", ticket, "title=Source moved to Bergen")
    ana.run("pack", stick["stick-2"], quiet=True)
    ben.run("pack", stick["stick-3"], quiet=True)
    pocket = place / "left-in-a-pocket"
    pocket.mkdir()
    lost = sorted(stick["stick-3"].glob("*.vls"))[0]
    shutil.move(lost, pocket / lost.name)
    note("One piece of Ben's stick stayed in a pocket.")
    ana.run("unpack", stick["stick-3"], fail=22)
    ben.run("unpack", stick["stick-2"])
    ben.run("unpack", stick["stick-2"], fail=21)
    note("Taking a stick twice changes nothing. Now the piece from the pocket arrives:")
    ana.run("unpack", pocket)
    ana.run("conflicts")
    ana.run("show", ticket)
    ana.run("resolve", ticket, "title", "--choice", "1")
    for laptop, other in ((ana, ben), (ana, ben2), (ben, ben2), (ben2, ana), (ben2, ben), (ana, ben),
                          (ana, ben2), (ben, ana), (ben, ben2)):
        folder = stick["stick-4"] / (laptop.home.name + "-to-" + other.home.name)
        folder.parent.mkdir(exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        laptop.run("pack", folder, show=False, quiet=True)
        other.run("unpack", folder, show=False, quiet=True)
    found = hashes(ana, ben, ben2)
    for owner, value in found.items():
        note("%-14s state %s" % (owner, value))
    if len(set(found.values())) != 1:
        sys.exit("demo: the three vaults do not show the same state")
    note("Three vaults, one state.")
    return stick["stick-1"]


def by_light(place, ana, ben):
    tell("4. The same without a stick: codes on Ana's screen, seen from Ben's machine")
    new = first_id(ana.run("add", "tickets", "title=The stick is lost", "severity=high"))
    codes = place / "anas-screen"
    ana.run("qr", "show", "--to", codes, "--pictures", "24", quiet=True)
    note("On a real screen: `valise qr show`, and `valise qr scan` on the other machine's camera.")
    note("Here pictures of the screen stand for the camera; two are missing, and it does not matter:")
    pictures = sorted(codes.iterdir())
    del pictures[3], pictures[7]
    ben.run("qr", "scan", *pictures, show=False)
    ben.run("show", new)
    courier = place / "couriers-spool"
    subprocess.run([ana.program.parents[2] / "online/valise-courier", "qr", "scan", courier, *pictures],
                   check=True)
    note("The courier saw the same screen: sealed pieces, and no key to open them.")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    program = build / "offline/cmd/valise"
    place = pathlib.Path(tempfile.mkdtemp(prefix="valise-demo-"))
    ana, ben = Laptop(program, place, "Ana"), Laptop(program, place, "Ben")
    ben2 = Laptop(program, place, "Ben's second")
    try:
        ticket = founding(ana)
        joining(ana, ben, ben2)
        stick = crossing(place, ana, ben, ben2, ticket)
        by_light(place, ana, ben)
        tell("5. What a thief of the stick sees")
        ana.run("inspect", stick)
        subprocess.run([build / "online/valise-courier", "inspect", stick], check=True)
    finally:
        for laptop in (ana, ben, ben2):
            if laptop.vault.exists():
                laptop.run("lock", show=False, quiet=True)
    tell("Everything is still there to look at")
    note("folder      %s" % place)
    note("vaults      %s" % ", ".join(str(l.vault) for l in (ana, ben, ben2)))
    note("sticks      %s" % place)
    note("passphrase  Ana: %s" % ana.passphrase)
    note("try next    %s --vault %s unlock" % (program, ana.vault))
    note("            %s --vault %s list tickets --view board" % (program, ana.vault))
    note("            %s help" % program)
    note("remove it   rm -r %s" % place)


if __name__ == "__main__":
    main()
