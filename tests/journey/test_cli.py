#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line keeps its contract: usage, exit codes, JSON, no-clobber, secrets, the agent.

usage: test_cli.py PROGRAM [TEST ...]
"""
import json
import os
import pathlib
import subprocess
import time

import laptop
from laptop import PASSPHRASE


def fault(outcome):
    """The error line of a --json run."""
    last = [json.loads(line) for line in outcome.err.splitlines() if '"error"' in line][-1]["error"]
    assert last["exit"] == outcome.code and last["what"] and last["hint"], outcome.err
    return last


def test_wrong_usage_is_2_and_says_what_next(new):
    ana = new("ana")
    for words in (("statsu",), ("list", "--veiw", "x"), ("pack",), ("show",), ("team",),
                  ("team", "nwe", "x"), ("hash", "too", "many"), ("unlock", "--minutes", "x"),
                  ("unlock", "--minutes"), ("list", "--json=1"), ("help", "nothing"), ("add",),
                  ("version", "--passphrase-fd", "-1"), ("list", "-x"),
                  ("generate", "--words", "3"), ("kit", "check"), ("version", "--quiet", "--quiet")):
        said = ana.run(*words, code=2)
        assert "valise: error: " in said.err and "valise: hint: " in said.err, (words, said.err)
        assert said.out == "", words
    assert "did you mean 'valise status'" in ana.run("statsu", code=2).err
    assert "did you mean '--view'" in ana.run("list", "--veiw", "x", code=2).err
    assert "did you mean 'valise team new'" in ana.run("team", "nwe", "x", code=2).err
    assert fault(ana.json("statsu", code=2))["status"] == "usage"


def test_options_may_stand_before_or_after(new):
    ana = new("ana")
    for words in (("--json", "version"), ("version", "--json"), ("--quiet", "--json", "version"),
                  ("--vault", "/nowhere", "version", "--json"), ("version", "--vault=/nowhere", "--json")):
        assert ana.run(*words).lines()[0]["type"] == "version"


def test_no_vault_is_10_for_every_verb_that_needs_one(new):
    ana = new("ana")
    for words in (("status",), ("list",), ("hash",), ("pack", "x"), ("lock",), ("unlock",), ("peers",),
                  ("passphrase",), ("add", "tickets"), ("member", "list"), ("check",)):
        assert fault(ana.json(*words, code=10, passphrase="x"))["status"] == "no-vault"


def test_passphrase(new):
    ana = new("ana")
    ana.run("init", "--kdf", "floor", passphrase="", code=2)
    ana.run("init", "--kdf", "nonsense", passphrase=PASSPHRASE, code=2)
    ana.run("init", "--kdf", "floor", code=12)  # nobody to ask
    ana.run("init", "--kdf", "floor", passphrase=PASSPHRASE)
    ana.run("init", "--kdf", "floor", passphrase=PASSPHRASE, code=1)  # there is one
    ana.run("status", code=12)
    ana.run("status", passphrase="wrong", code=12)
    ana.run("status", passphrase=PASSPHRASE)
    read, write = os.pipe()
    os.write(write, (PASSPHRASE + "\nanother long passphrase\n").encode())
    os.close(write)
    done = subprocess.run([laptop.PROGRAM, "passphrase", "--kdf", "floor", "--passphrase-fd", str(read),
                           "--new-passphrase-fd", str(read)], pass_fds=[read], env=ana.env,
                          start_new_session=True, capture_output=True)
    os.close(read)
    assert done.returncode == 0, done.stderr
    ana.run("status", passphrase=PASSPHRASE, code=12)
    ana.run("status", passphrase="another long passphrase")


def test_passphrase_on_the_terminal_is_not_echoed(new):
    ana = new("ana")
    said = ana.type("init", "--kdf", "floor", answers=[("new passphrase: ", PASSPHRASE),
                                                       ("again: ", "something else")])
    assert said.code == 2 and "differ" in said.out, said.out
    said = ana.type("init", "--kdf", "floor", answers=[("new passphrase: ", PASSPHRASE),
                                                       ("again: ", PASSPHRASE)])
    assert said.code == 0 and PASSPHRASE not in said.out, said.out
    said = ana.type("status", answers=[("passphrase: ", PASSPHRASE)])
    assert said.code == 0 and PASSPHRASE not in said.out


def test_generated_passphrase_opens(new):
    ana = new("ana")
    words = ana.json("init", "--kdf", "floor", "--generate").one("vault")["passphrase"]
    assert len(words.split(" ")) == 7
    ana.run("status", passphrase=words)


def test_interrupted_init_goes_on(new):
    ana = new("ana")
    ana.run("init", "--kdf", "floor", passphrase=PASSPHRASE)
    (ana.vault / "vault.db").unlink()
    ana.run("init", passphrase="not the one", code=12)
    ana.run("init", passphrase=PASSPHRASE)
    ana.run("status", passphrase=PASSPHRASE)


def test_agent_holds_and_forgets(new):
    ana = new("ana").begin()
    ana.run("status")
    state = ana.json("status").one("status")
    assert state["unlocked"] and 0 < state["locks_in_seconds"] <= 15 * 60
    assert ana.json("unlock", passphrase=PASSPHRASE).one("unlocked")["already"]
    started = time.monotonic()
    assert ana.json("lock").one("locked")["was_open"]
    assert time.monotonic() - started < 0.2 + 0.3  # a process start is in it
    ana.run("status", code=12)
    assert not ana.json("lock").one("locked")["was_open"]
    assert not list(ana.home.rglob("*.sock"))


def test_agent_survives_nonsense_and_serves_only_its_vault(new):
    import socket
    import struct
    ana, ben = new("ana").begin(), new("ben").begin()
    path = next((ana.home / "valise").glob("*.sock"))
    for request in (b"", b"x" * 18, b"\x01\x01" + b"\0" * 16, b"\x02\x01" + b"\0" * 16, b"y" * 100000):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(path))
            try:
                s.sendall(struct.pack("<I", len(request)) + request)
                answer = s.recv(4096)
            except OSError:
                answer = b""
            assert len(answer) < 32, (request[:20], answer)
    ana.run("status")
    ben.run("status", code=12, env={"XDG_RUNTIME_DIR": ana.env["XDG_RUNTIME_DIR"]})


def test_busy_vault_is_11(new):
    import fcntl
    ana = new("ana").begin()
    with open(ana.vault / "lock", "r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert fault(ana.json("status", code=11))["status"] == "busy"
    ana.run("status")


def desk(new):
    return new("ana").begin().found("Desk", "Ana")


def test_team_needs_a_place_for_the_sheet(new):
    ana = new("ana").begin()
    ana.run("team", "new", "Desk", "--member", "Ana", code=2)  # no terminal, no --sheet
    ana.run("team", "new", "Desk", "--member", "Ana", "--sheet", ana.vault / "sheet.txt", code=2)
    (ana.home / "there").write_text("x")
    ana.run("team", "new", "Desk", "--member", "Ana", "--sheet", ana.home / "there", code=1)
    assert (ana.home / "there").read_text() == "x"
    assert ana.json("team", "list").lines() == []
    ana.run("list", code=1)  # no team yet
    ana.run("team", "new", "Desk", "--member", "Ana", "--sheet", ana.home / "sheet.txt")
    ana.run("sheet", "check", ana.home / "sheet.txt")
    assert ana.json("team", "show").one("team")["member"] == "Ana"
    assert (ana.home / "sheet.txt").stat().st_mode & 0o077 == 0


def test_records_by_every_verb(new):
    ana = desk(new)
    first = ana.json("add", "tickets.ticket", "title=Printer is down", "severity=high").one("record")
    ident = first["id"]
    assert first["did"] == "added" and first["kind"] == "tickets.ticket"
    ana.run("add", "tickets.ticket", "severity=high", code=2)  # title is required
    ana.run("add", "tickets.ticket", "title=x", "severity=nonsense", code=2)
    ana.run("add", "tickets.ticket", "title=x", "sevrity=high", code=None)
    assert "severity" in ana.run("add", "tickets.ticket", "title=x", "sevrity=high", code=None).err
    ana.run("add", "tikets", "title=x", code=1)
    ana.run("set", ident, "severity=low")
    ana.run("set", ident, code=2)
    ana.run("set", ident, "title", code=2)
    ana.run("comment", ident, "called", "twice")
    shown = ana.json("show", ident).lines()
    record = [l for l in shown if l["type"] == "record"][0]
    assert record["fields"]["severity"] == "low" and record["steps"], record
    assert [l["text"] for l in shown if l["type"] == "line"] == ["called twice"]
    ana.run("do", ident, record["steps"][0])
    ana.run("do", ident, "nonsense", code=None)
    assert ana.json("find", "prin").lines()[0]["id"] == ident
    assert ana.json("show", "printer").lines()[0]["id"] == ident
    assert [l for l in ana.json("list", "tickets").lines() if l["id"] == ident]
    assert ana.json("list", "tickets", "--where", "severity = 'low'").lines()
    ana.run("list", "tickets", "--where", "severity = (select", code=2)
    ana.run("list", "tickets", "--view", "nonsense", code=2)
    ana.run("list", "tickets", "--limit", "0", code=2)
    ana.run("undo", ident)
    ana.run("rm", ident)
    assert ident in [l["id"] for l in ana.json("list", "tickets", "--deleted").lines()]
    ana.run("restore", ident)
    whats = [l["what"] for l in ana.json("log", ident).lines()]
    assert whats[0] == "created" and "deleted" in whats and "restored" in whats, whats
    assert ana.json("log", "--limit", "2").lines()
    ana.run("show", "zz-9-9", code=1)
    assert ana.json("conflicts").lines() == []
    ana.json("check").one("checked")
    ana.json("repair").one("checked")
    assert len(ana.hash().split(" ")) == 9


def test_secrets_come_by_descriptor_only(new):
    ana = desk(new)
    said = ana.run("add", "passwords.entry", "title=Mail", "password=hunter2", code=2)
    assert "command line" in said.err and "--secret-fd" in said.err
    assert "hunter2" not in said.err
    ana.run("add", "passwords.entry", "title=Mail", "password=-", code=2)
    ident = ana.json("add", "passwords.entry", "title=Mail", "password=-", secrets="s3cr3t-canary").one(
        "record")["id"]
    for words in (("show", ident), ("list", "passwords.entry"), ("log", ident), ("find", "mail"),
                  ("show", ident, "--history"), ("export", "csv", "passwords.entry")):
        for how in (ana.run, ana.json):
            assert "s3cr3t-canary" not in how(*words).out, words
    assert "s3cr3t-canary" in ana.run("show", ident, "--reveal").out
    made = ana.json("add", "passwords.entry", "title=Bank", "--generate", "password").one("record")["id"]
    assert len(ana.json("show", made, "--reveal").one("record")["fields"]["password"]) == 20
    said = ana.run("copy", ident, code=1)
    assert "clipboard" in said.err and "hint" in said.err


def test_clipboard_gets_the_secret_by_stdin_and_is_cleared(new):
    ana = desk(new)
    ident = ana.json("add", "passwords.entry", "title=Mail", "password=-", secrets="clip-canary").one(
        "record")["id"]
    tools = ana.home / "tools"
    tools.mkdir()
    tool = tools / "xclip"
    tool.write_text("#!/bin/sh\necho \"$@\" >>%s/argv\ncat >%s/clip\n" % (ana.home, ana.home))
    tool.chmod(0o755)
    env = {"DISPLAY": ":9", "PATH": "%s:%s" % (tools, os.environ["PATH"])}
    done = ana.json("copy", ident, "--seconds", "1", env=env).one("copied")
    assert done["tool"] == "xclip" and done["seconds"] == 1
    assert (ana.home / "clip").read_text() == ""
    assert "clip-canary" not in (ana.home / "argv").read_text()


def test_totp_and_generate(new):
    ana = desk(new)
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    field = [f for f in ("totp", "otp") if f in ana.run("kit", "list").out] or ["totp"]
    ident = ana.json("add", "passwords.entry", "title=Mail", field[0] + "=-", secrets=secret).one(
        "record")["id"]
    code = ana.json("totp", ident).one("code")
    assert code["code"].isdigit() and len(code["code"]) == 6 and 0 < code["seconds_left"] <= 30
    assert len(ana.run("generate").out.strip()) == 20
    assert len(ana.run("generate", "--words", "6").out.split()) == 6
    assert ana.run("generate", "--length", "40", "--no-symbols").out.strip().isalnum()


def test_output_files_are_not_overwritten(new):
    ana = desk(new)
    ana.run("add", "tickets.ticket", "title=x", "severity=high")
    there = ana.home / "there"
    there.write_text("mine")
    ana.run("export", "csv", "tickets.ticket", "--out", there, code=1)
    assert there.read_text() == "mine"
    ana.run("export", "csv", "tickets.ticket", "--out", there, "--force")
    assert "mine" not in there.read_text()
    ben = new("ben").begin()
    ben.run("join", "--out", ben.home / "b.join", "--member", "Ben", "--sheet", ben.home / "s")
    ana.run("invite", ben.home / "b.join", "--role", "editor", "--out", there, "--words", "x", code=1)


def test_words_cannot_be_skipped(new):
    ana, ben = desk(new), new("ben").begin()
    mine, welcome = ben.home / "b.join", ana.home / "b.invite"
    asked = ben.run("join", "--out", mine, "--member", "Ben", "--sheet", ben.home / "s")
    before = ana.hash(), len(ana.json("member", "list").lines())
    for words in ((), ("--words", ""), ("--words", "abacus " * 9), ("--unverified",)):
        said = ana.run("invite", mine, "--role", "editor", "--out", welcome, *words,
                       code=2 if words == ("--unverified",) else 14)
        assert "hint" in said.err and not welcome.exists()
    assert before == (ana.hash(), len(ana.json("member", "list").lines()))
    ana.run("invite", mine, "--role", "nonsense", "--out", welcome, "--words", asked.words_shown(),
            code=None)
    assert not welcome.exists()
    invited = ana.run("invite", mine, "--role", "reader", "--out", welcome,
                      "--words", asked.words_shown().upper())
    ben.run("join", welcome, code=14)
    ben.run("join", welcome, "--words", asked.words_shown(), code=14)  # the words of the first step
    assert ben.json("team", "list").lines() == []
    ben.run("join", welcome, "--words", invited.words_shown())
    ben.run("join", welcome, "--words", invited.words_shown(), code=21)
    assert ben.json("team", "show").one("team")["role"] == "reader"
    assert fault(ben.json("add", "tickets.ticket", "title=x", "severity=high", code=13))["status"] == "denied"


def test_words_typed_on_the_terminal(new):
    ana, ben = desk(new), new("ben").begin()
    mine, welcome = ben.home / "b.join", ana.home / "b.invite"
    shown = ben.run("join", "--out", mine, "--member", "Ben", "--sheet", ben.home / "s").words_shown()
    words = shown.split(" ")
    asked = r"word (\d), as your colleague reads it out: "

    def right(found):
        return words[int(found.group(1)) - 1]

    said = ana.type("invite", mine, "--role", "editor", "--out", welcome,
                    answers=[(asked, right)] + [(asked, "abacus")] * 3)
    assert said.code == 14 and not welcome.exists(), said.out
    said = ana.type("invite", mine, "--role", "editor", "--out", welcome, answers=[(asked, right)] * 2)
    assert said.code == 0 and welcome.exists(), said.out


def test_member_verify(new):
    ana, ben, cleo = desk(new), new("ben").begin(), new("cleo").begin()
    ben.join(ana, "Ben")
    cleo.join(ana, "Cleo")
    ana.run("pack", ana.home / "stick")
    ben.run("unpack", ana.home / "stick")
    people = {m["name"]: m for m in ben.json("member", "list").lines()}
    assert people["Ana"]["verified"] and not people["Cleo"]["verified"], people
    assert all(m["verified"] for m in ana.json("member", "list").lines())
    words = cleo.json("team", "show").one("team")["words"]
    ben.run("member", "verify", "Cleo", code=14)
    ben.run("member", "verify", "Cleo", "--words", ben.json("team", "show").one("team")["words"], code=14)
    ben.run("member", "verify", "Cleo", "--words", words)
    people = {m["name"]: m for m in ben.json("member", "list").lines()}
    assert people["Cleo"]["verified"]


EDITOR = """#!/usr/bin/env python3
import sys
text = open(sys.argv[1]).read()
%s
with open(sys.argv[1], "w") as f:
    f.write(text)
"""


def editor(home, name, code):
    path = home / name
    path.write_text(EDITOR % code)
    path.chmod(0o755)
    return {"EDITOR": str(path), "VISUAL": ""}


def test_edit_in_memory(new):
    ana = desk(new)
    ident = ana.json("add", "tickets.ticket", "title=Printer", "severity=high").one("record")["id"]
    env = editor(ana.home, "ed", "text = text.replace('title: Printer', 'title: Scanner')\n"
                 "import os\nassert os.readlink(sys.argv[1]).startswith('/memfd:'), sys.argv[1]")
    assert "changed" in ana.run("edit", ident, env=env).out
    assert ana.json("show", ident).one("record")["title"] == "Scanner"
    assert "unchanged" in ana.run("edit", ident, env=editor(ana.home, "ed", "")).out
    ana.run("edit", ident, env=editor(ana.home, "ed", "sys.exit(3)"), code=1)
    ana.run("edit", ident, env={"EDITOR": "no-such-editor", "VISUAL": ""}, code=1)
    ana.run("edit", ident, env=editor(ana.home, "ed", "text = 'nonsense'"), code=2)
    ana.run("edit", ident, "title", env=editor(ana.home, "ed", "text = 'Copier'"))
    assert ana.json("show", ident).one("record")["title"] == "Copier"
    # meanwhile somebody changes another field, and the same line
    program = "import subprocess\nsubprocess.run([%r, 'set', %r, %%r], check=True)\n" % (
        str(laptop.PROGRAM), ident)
    env = editor(ana.home, "ed", program % "severity=low" + "text = text.replace('Copier', 'Plotter')")
    ana.run("edit", ident, env=env)
    fields = ana.json("show", ident).one("record")["fields"]
    assert fields["title"] == "Plotter" and fields["severity"] == "low", fields
    env = editor(ana.home, "ed", "if 'meanwhile' not in text:\n    " + program.replace("\n", "\n    ") %
                 "title=Theirs" + "text = text.replace('Plotter', 'Mine')")
    said = ana.run("edit", ident, env=env)
    assert "same lines" in said.err
    assert ana.json("show", ident).one("record")["title"] == "Mine"


def test_signal_and_closed_pipe_leave_a_good_vault(new):
    ana = desk(new)
    for i in range(30):
        ana.run("add", "tickets.ticket", "title=ticket %d" % i, "severity=high")
    done = subprocess.run("%s list tickets | head -1" % laptop.PROGRAM, shell=True, env=ana.env,
                          capture_output=True)
    assert done.stderr == b"", done.stderr
    full = subprocess.run([laptop.PROGRAM, "list", "tickets"], env=ana.env, stdout=open("/dev/full", "w"),
                          stderr=subprocess.PIPE, start_new_session=True)
    assert full.returncode == 40 and b"hint" in full.stderr
    before = ana.hash()
    for delay in (0.002, 0.005, 0.01, 0.02, 0.04):
        p = subprocess.Popen([laptop.PROGRAM, "add", "tickets.ticket", "title=killed", "severity=high"],
                             env=ana.env, start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(delay)
        p.terminate()
        p.wait()
    ana.run("check")
    assert before


def test_inspect_and_quarantine_and_peers(new):
    ana = desk(new)
    ana.run("add", "tickets.ticket", "title=x", "severity=high")
    ana.run("pack", ana.home / "stick")
    seen = ana.json("inspect", ana.home / "stick").one("seen")
    assert seen["same_size"] and seen["looks_random"] and seen["not_pieces"] == 0, seen
    assert ana.json("quarantine", "list").lines() == []
    ana.run("quarantine", "drop", "1", code=1)
    ana.run("quarantine", "drop", "x", code=2)
    assert ana.json("peers").lines() == []
    ana.run("unpack", ana.home / "stick", code=21)
    (ana.home / "empty").mkdir()
    ana.run("unpack", ana.home / "empty", code=1)
    ana.run("unpack", ana.home / "missing", code=None)


def test_compartments_and_what_came_late(new):
    ana = desk(new)
    first = ana.json("add", "tickets.ticket", "title=Printer", "severity=high", "--in", "team")
    assert ana.json("show", first.one("record")["id"]).one("record")["compartment"] == "team"
    assert "compartment" not in ana.run("show", first.one("record")["id"]).out
    ana.run("add", "tickets.ticket", "title=x", "severity=high", "--in", "nowhere", code=1)
    assert len(ana.json("list", "tickets", "--in", "team").lines()) == 1
    said = ana.run("list", "tickets", "--in", "nowhere", code=1)
    assert "no compartment is called 'nowhere'" in said.err and "team" in said.err, said.err
    assert ana.json("received-late").lines() == []
    assert "everything that came counts" in ana.run("received-late").out
    ana.run("adopt", code=2)
    ana.run("adopt", "k7-1-1", "--all-of", "Ben", code=2)
    assert "received-late" in ana.run("adopt", "k7-1-1", code=1).err
    ana.run("adopt", "--all-of", "Ben", code=1)


def test_received_late_and_adopted(new):
    ana = desk(new)
    ben = new("ben").begin().join(ana, "Ben")
    theirs = ana.json("add", "tickets.ticket", "title=Printer", "severity=high").one("record")["id"]
    for first, second in ((ana, ben), (ben, ana)):
        first.run("pack", first.home / "stick")
        second.run("unpack", first.home / "stick")
    ana.run("member", "remove", "Ben", "--yes")
    ben.run("set", theirs, "severity=low")  # he does not know yet
    made = ben.json("add", "tickets.ticket", "title=Copier", "severity=high").one("record")["id"]
    ben.run("pack", ben.home / "late")
    ana.run("unpack", ben.home / "late")
    assert ana.json("show", theirs).one("record")["fields"]["severity"] == "high"
    ana.run("show", made, code=1)
    late = ana.json("received-late").lines()
    assert [(l["what"], l["value"], l["member"], l["adopted"]) for l in late] == [
        ("set", "low", "Ben", False), ("created", "Copier", "Ben", False)], late
    assert "Ben" in late[0]["reason"] and "removed" in late[0]["reason"], late
    assert "Copier" in ana.run("received-late").out
    done = ana.json("adopt", late[0]["op"]).one("adopted")
    assert done["record"] == theirs and done["did"] == "adopted", done
    assert ana.json("show", theirs).one("record")["fields"]["severity"] == "low"
    ana.run("adopt", late[0]["op"], code=21)
    done = ana.json("adopt", "--all-of", "Ben").one("adopted")
    assert ana.json("show", done["record"]).one("record")["title"] == "Copier"
    assert done["record"] != made
    assert ana.json("adopt", "--all-of", "Ben").lines() == []
    assert all(l["adopted"] for l in ana.json("received-late").lines())
    assert "void" in [l["what"] for l in ana.json("log", theirs).lines()]
    ana.run("check")


def test_notes_of_an_import(new):
    ana = desk(new)
    path = ana.home / "in.csv"
    path.write_text("title,severity,assignee\nPrinter,high,Nobody Known\n")
    for words in (("--preview",), ()):
        note = ana.json("import", "csv", path, "--type", "tickets", *words).one("note")
        assert note["line"] == 2 and "Nobody Known" in note["what"], note
        path.write_text("title,severity,assignee\nCopier,high,Nobody Known\n")
    assert "note, line 2" in ana.run("import", "csv", path, "--type", "tickets", "--preview").out


def test_wrong_folder_is_named_in_a_few_lines(new):
    ana = desk(new)
    wrong = ana.home / "photos"
    wrong.mkdir()
    for i in range(40):
        (wrong / ("holiday %02d.jpg" % i)).write_bytes(b"x")
    said = ana.run("unpack", wrong, code=1)
    assert said.out.count("not ours and not opened") == 12 and "and 28 more files" in said.out, said.out
    assert ana.json("unpack", wrong, code=1).one("unpacked")["foreign_files"] == 40


def test_machine_is_not_named_after_the_host(new):
    import socket
    ana = new("ana").begin()
    ana.run("team", "new", "Desk", "--member", "Ana", "--sheet", ana.home / "sheet.txt")
    assert ana.json("team", "show").one("team")["device"] == "laptop"
    ben = new("ben").begin()
    said = ben.json("join", "--out", ben.home / "b.join", "--member", "Ben", "--sheet", ben.home / "s")
    assert said.one("join")["device"] == "laptop"
    assert socket.gethostname() not in ana.run("device", "list").out + said.out


def test_kits(new):
    ana = desk(new)
    names = [k["name"] for k in ana.json("kit", "list").lines()]
    assert "tickets" in names and "passwords" in names
    bad = ana.home / "bad.kit"
    bad.write_text("kit bad v1 \"Bad\"\ntype thing\n  lien title\n")
    said = ana.run("kit", "check", bad, code=20)
    assert "bad.kit:" in said.out, said.out
    types = [t["name"] for t in ana.json("list").lines()]
    assert "tickets.ticket" in types


if __name__ == "__main__":
    laptop.main(globals())
