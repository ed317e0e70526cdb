#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets leave no trace: not on the disk, the stick, a command line, an environment, the output.

usage: test_canary.py PROGRAM [TEST ...]
"""
import base64
import os
import pathlib
import resource
import shutil
import signal
import time

import laptop

CANARY = "canary-7f3Qz9-bird"
PHRASE = "passphrase-canary-81kd-horse"


def forms(word):
    raw = word.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")[:-1], word.encode("utf-16-le")]


def search(folder, word, leave_out=()):
    for path in pathlib.Path(folder).rglob("*"):
        if not path.is_file() or path.is_symlink() or path.name in leave_out:
            continue
        data = path.read_bytes()
        for form in forms(word):
            assert form not in data, "%s holds %r" % (path, form)


def agents(ana):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"agent" in words and str(ana.vault).encode() in words:
            found.append(int(entry.name))
    return found


def test_no_trace_of_a_secret(new):
    ana = new("ana")
    ana.run("init", "--kdf", "floor", passphrase=PHRASE)
    ana.run("unlock", passphrase=PHRASE)
    ana.found("Desk", "Ana")
    ben = new("ben").begin().join(ana, "Ben")
    ident = ana.json("add", "passwords.entry", "title=Mail", "password=-", secrets=CANARY).one("record")["id"]
    ana.run("set", ident, "notes=visible-text-4711")
    shown = []
    for words in (("show", ident), ("show", ident, "--history"), ("list", "passwords"), ("log",), ("log", ident),
                  ("find", "mail"), ("find", CANARY), ("export", "csv", "passwords"), ("undo", ident),
                  ("conflicts",), ("pack", ana.home / "stick"), ("status",), ("check",),
                  ("list", "passwords.entry", "--where", "title = 'Mail'")):
        for how in (ana.run, ana.json):
            said = how(*words, code=None)
            shown.append((words, said.out + said.err))
    for words, text in shown:
        if CANARY not in words:
            assert CANARY not in text, words
        else:
            assert text.count(CANARY) == 0, text
    for words in (("list", "passwords", "--where", "password like '%"+ CANARY + "%'"),
                  ("list", "passwords", "--order", "password")):
        said = ana.run(*words, code=None)
        assert said.code != 0 or "Mail" not in said.out or "--order" in words, said.out
    ben.run("unpack", ana.home / "stick", code=None)
    assert CANARY in ben.run("show", ident, "--reveal").out
    for place in (ana.home, ben.home):
        for word in (CANARY, PHRASE, laptop.PASSPHRASE, "visible-text-4711"):
            search(place, word)


def test_no_secret_in_proc(new):
    ana = new("ana")
    ana.run("init", "--kdf", "floor", passphrase=PHRASE)
    ana.run("unlock", passphrase=PHRASE)
    running = agents(ana)
    assert len(running) == 1, running
    for name in ("cmdline", "environ", "comm", "status"):
        data = pathlib.Path("/proc/%d/%s" % (running[0], name)).read_bytes()
        for form in forms(PHRASE):
            assert form not in data, name
    assert ana.json("lock").one("locked")["was_open"]
    assert agents(ana) == []


def test_no_core_file(new):
    ana = new("ana")
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    ana.begin()
    running = agents(ana)
    os.kill(running[0], signal.SIGABRT)
    for _ in range(100):
        if not agents(ana):
            break
        time.sleep(0.02)
    assert agents(ana) == []
    for folder in (ana.home, pathlib.Path("/")):
        assert not [p for p in folder.glob("core*") if p.is_file() and b"valise" in p.read_bytes()[:65536]]


def test_agent_ends_when_its_vault_is_gone(new):
    ana = new("ana")
    ana.begin()
    shutil.rmtree(ana.vault)
    end = time.monotonic() + 15
    while agents(ana) and time.monotonic() < end:
        time.sleep(0.1)
    assert agents(ana) == []


def test_agent_ends_by_itself(new):
    """Its clock is real, so only the shortest time is tried: one minute, when there is time."""
    if os.environ.get("VALISE_SLOW") != "1":
        return
    ana = new("ana")
    ana.run("init", "--kdf", "floor", passphrase=PHRASE)
    ana.run("unlock", "--minutes", "1", passphrase=PHRASE)
    time.sleep(61)
    assert agents(ana) == []


def test_an_edited_text_is_on_no_disk(new):
    ana = new("ana").begin().found("Desk", "Ana")
    ident = ana.json("add", "tickets", "title=Printer", "severity=high").one("record")["id"]
    editor = ana.home / "ed"
    editor.write_text("#!/usr/bin/env python3\nimport sys\nword = 'canary-' + '7f3Qz9-bird'\n"
                      "open(sys.argv[1], 'w').write(word)\n")
    editor.chmod(0o755)
    ana.run("edit", ident, "body", env={"EDITOR": str(editor), "VISUAL": ""})
    assert CANARY in ana.run("show", ident).out
    search(ana.home, CANARY)


if __name__ == "__main__":
    laptop.main(globals())
