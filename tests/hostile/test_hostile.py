#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stranger's text never steers a terminal, a reader's eyes or a spreadsheet.

60 hostile strings go in everywhere text can come in; every verb is looked at on a terminal, in a
pipe, as JSON and as CSV: no control, direction-changing or invisible character comes out raw.

usage: test_hostile.py PROGRAM [TEST ...]
"""
import csv
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "journey"))
import laptop  # noqa: E402

HOSTILE = [
    "\x1b[2J\x1b[H", "\x1b[31mred", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b]52;c;?\x1b\\",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x1b[6n", "\x1b[c", "\x1bP$q\"p\x1b\\",
    "\x1b[?1049h", "\x1b[20t", "\x1b#8", "\x1bc", "\x1b(0lqqk", "\x1b[1;1H\x1b[Kvalise: all good",
    "\x9b31m", "\x9d0;title\x9c", "\x90q\x9c", "\x85next", "\x84\x88\x8d", "\x07\x07\x07", "back\x08\x08\x08\x08over",
    "over\rwritten", "two\nlines", "tab\there", "form\x0cfeed", "vert\x0bical", "del\x7fete", "\x0e\x0f", "\x05",
    "user\u202etxt.exe", "\u202dforced", "\u2066isolate\u2069", "\u2067rtl\u2069", "\u2068first\u2069", "\u200emark",
    "\u200fmark", "\u061cmark", "\u202apop\u202c", "\u202bpop\u202c", "zero\u200bwidth", "zero\u200cjoin", "zero\u200djoin",
    "word\u2060join", "\ufeffbom", "soft\u00adhyphen", "invisible\u2062times", "\u3164filler", "tag\U000e0041\U000e007f",
    "variation\ufe0f", "line\u2028sep", "para\u2029sep", "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1",
    "long" * 500, "%s%n%x%d", "\\u{1B}[2J \\x1b \\n",
]
assert len(HOSTILE) == 60
BAD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
                 "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
RAW = [b"bad\xff\xfeutf8", b"\xc0\xafoverlong", b"\xed\xa0\x80half", b"\xf4\x90\x80\x80over", b"cut\xe2\x82"]


def clean(outcome, terminal=False):
    for stream in (outcome.raw, outcome.raw_err):
        if terminal:
            stream = stream.replace(b"\r\n", b"\n")
            stream = re.sub(rb"\x1b\[(1|0|1;31)m", b"", stream)  # our own three
        text = stream.decode("utf-8")  # valid, or this fails
        found = BAD.search(text)
        assert not found, (outcome.words, text[max(0, found.start() - 40):found.end() + 40])
    return outcome


def everywhere(ana, *words):
    """The same verb in a pipe, as JSON, on a terminal with colour."""
    clean(ana.run(*words, code=None))
    said = clean(ana.run(*words, code=None, json=True))
    for line in (said.out + said.err).splitlines():
        json.loads(line)
    if all(isinstance(w, (str, pathlib.Path)) and "\0" not in str(w) for w in words):
        clean(ana.type(*words, env={"NO_COLOR": ""}), terminal=True)


def desk(new):
    return new("ana").begin().found("Desk", "Ana")


def test_words_of_the_command_line(new):
    ana = desk(new)
    for i, text in enumerate(HOSTILE + RAW):
        word = text.encode() if isinstance(text, str) else text
        for words in ((word,), (b"--" + word,), (b"help", word), (b"list", word), (b"show", word),
                      (b"add", b"tickets", word + b"=x"), (b"add", b"tickets", b"title=x", b"severity=" + word),
                      (b"list", b"tickets", b"--view", word), (b"list", b"tickets", b"--where", word),
                      (b"invite", word, b"--role", word, b"--out", word), (b"unpack", b"/nowhere/" + word),
                      (b"import", word, b"/nowhere"), (b"member", b"verify", word), (b"inspect", word),
                      (b"team", b"show", b"--team", word), (b"log", word), (b"find", word), (b"adopt", word),
                      (b"adopt", b"--all-of", word), (b"list", b"tickets", b"--in", word),
                      (b"add", b"tickets", b"title=x", b"--in", word)):
            clean(ana.run(*words, code=None, json=i % 2 == 0))


def test_records_on_every_screen(new):
    ana = desk(new)
    first = None
    for text in HOSTILE:
        said = ana.run("add", "tickets", b"title=" + text.encode(), "severity=high", code=None)
        clean(said)
        body = ana.run("add", "tickets", "title=carrier", "body=-", "severity=high", input=text.encode(),
                       code=None)
        clean(body)
        if body.code == 0:
            first = body.record()
            clean(ana.run("comment", first, text.encode(), code=None))
            clean(ana.run("set", first, b"tags=" + text.encode(), code=None))
            clean(ana.run("set", first, b"place=" + text.encode(), code=None))
            clean(ana.run("show", first))
            clean(ana.json("show", first, "--history"))
    everywhere(ana, "show", first)
    for words in (("list",), ("list", "tickets"), ("list", "tickets", "--view", "all"),
                  ("list", "tickets", "--view", "board"), ("log", "--limit", "1000"), ("find", "carrier"),
                  ("conflicts",), ("peers",), ("check",), ("hash",), ("status",), ("role", "list"),
                  ("quarantine", "list"), ("received-late",), ("kit", "list"), ("export", "csv", "tickets"), ("undo", first)):
        if words[:2] == ("export", "csv"):
            clean(ana.json(*words))
            clean(ana.type(*words, env={"NO_COLOR": ""}), terminal=True)
        else:
            everywhere(ana, *words)


def test_csv_cells_are_no_formulas_and_come_back_whole(new):
    ana = desk(new)
    kept = []
    for text in HOSTILE:
        if ana.run("add", "tickets", b"title=" + text.encode(), "severity=high", code=None).code == 0:
            kept.append(text)
    assert len(kept) >= 8
    out = ana.home / "out.csv"
    ana.run("export", "csv", "tickets", "--out", out)
    rows = list(csv.DictReader(out.open(newline="", encoding="utf-8")))
    column = [name for name in rows[0] if name.lower() == "title"][0]
    for row in rows:
        for cell in row.values():
            assert not cell or cell[0] not in "=+-@\t\r", cell
    ben = new("ben").begin().found("Other", "Ben")
    ben.run("import", "csv", out, "--type", "tickets")
    back = ben.home / "back.csv"
    ben.run("export", "csv", "tickets", "--out", back)
    again = list(csv.DictReader(back.open(newline="", encoding="utf-8")))
    assert sorted(r[column] for r in again) == sorted(r[column] for r in rows)
    for name in ("out.csv",):
        everywhere(ana, "import", "csv", ana.home / name, "--type", "tickets", "--preview")


def test_what_came_late(new):
    ana = desk(new)
    ben = new("ben").begin().join(ana, "Ben")
    stick = ana.home / "stick"
    ana.run("member", "remove", "Ben", "--yes")
    made = None
    for text in HOSTILE:
        said = ben.run("add", "tickets", b"title=" + text.encode(), "severity=high", code=None)
        made = said.record() if said.code == 0 else made
        ben.run("set", made, b"place=" + text.encode(), code=None)
    ben.run("pack", stick)
    everywhere(ana, "unpack", stick, "--preview")
    clean(ana.run("unpack", stick))
    everywhere(ana, "received-late")
    for word in HOSTILE:
        clean(ana.run("adopt", "--all-of", word.encode(), code=None))
    clean(ana.run("adopt", "--all-of", "Ben", code=None))
    everywhere(ana, "log", "--limit", "1000")


def test_notes_of_an_import(new):
    ana = desk(new)
    for text in HOSTILE:
        cell = text.replace('"', '""')
        path = ana.home / "in.csv"
        path.write_bytes(('title,severity,assignee\r\n"t","high","%s"\r\n' % cell).encode())
        for words in ((), ("--preview",)):
            clean(ana.run("import", "csv", path, "--type", "tickets", *words, code=None))
            clean(ana.json("import", "csv", path, "--type", "tickets", *words, code=None))


def test_names_of_people_teams_and_files(new):
    ana = desk(new)
    stick = ana.home / "stick"
    ana.run("pack", stick)
    for i, text in enumerate(HOSTILE):
        name = text.replace("/", "_").replace("\0", "_")[:60]
        (stick / ("%d-%s" % (i, name))).write_bytes(b"x" * i)
    everywhere(ana, "unpack", stick, "--preview")
    everywhere(ana, "inspect", stick)
    for text in HOSTILE[::6]:
        ben = new("ben%d" % HOSTILE.index(text))
        ben.run("init", "--kdf", "floor", passphrase=laptop.PASSPHRASE)
        ben.run("unlock", passphrase=laptop.PASSPHRASE)
        mine, welcome = ben.home / "b.join", ben.home / "b.invite"
        asked = clean(ben.run("join", "--out", mine, b"--member", text.encode(), b"--device", text.encode(),
                              "--sheet", ben.home / "s", code=None))
        if asked.code != 0:
            continue
        clean(ana.run("invite", mine, "--role", "editor", "--out", welcome, code=14))
        given = clean(ana.run("invite", mine, "--role", "editor", "--out", welcome, "--words",
                              asked.words_shown()))
        clean(ben.run("join", welcome, "--words", given.words_shown()))
        everywhere(ana, "member", "list")
        everywhere(ana, "device", "list")


def test_kit_and_import_files(new):
    ana = desk(new)
    for i, text in enumerate(HOSTILE):
        kit = ana.home / "k.kit"
        kit.write_bytes(b"kit k v1 \"" + text.encode() + b"\"\ntype " + text.encode() + b"\n  line title\n")
        clean(ana.run("kit", "check", kit, code=None))
        table = ana.home / "t.csv"
        table.write_text('"title","%s"\r\n"x","%s"\r\n' % (("column%d " % i) + text.replace('"', '""'),
                                                           text.replace('"', '""')), newline="")
        clean(ana.run("import", "csv", table, "--type", "tickets", "--preview", code=None))
        clean(ana.json("import", "csv", table, "--type", "tickets", "--preview", code=None))


if __name__ == "__main__":
    laptop.main(globals())
