#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""People make mistakes, and fall out: each is played on several machines as a new user would.

What is promised before a decision is what happens, what is not permitted is refused before the
question, and what came too late is kept apart, never lost.

usage: test_people.py PROGRAM [TEST ...]
"""
import pathlib
import re
import shutil
import signal
import subprocess
import time

import laptop
from laptop import PASSPHRASE

TREE = pathlib.Path(__file__).resolve().parents[2]


def carry(sender, *receivers, code=0):
    """One stick from one to the others."""
    sender.sticks = getattr(sender, "sticks", 0) + 1
    stick = sender.home / ("stick-%d" % sender.sticks)
    sender.run("pack", stick)
    for each in receivers:
        each.run("unpack", stick, code=code)
    return stick


def people(machine, *options):
    return {m["name"]: m for m in machine.json("member", "list", *options).lines()}


def effects(outcome):
    """(what, name) -> line, of what a decision says would follow."""
    return {(l["what"], l["name"]): l for l in outcome.lines() if l["type"] == "effect"}


def ticket(machine, title):
    return machine.json("add", "tickets.ticket", "title=" + title, "severity=low").one("record")["id"]


def sees(machine, title):
    return title in machine.run("list", "tickets").out


def late(machine, name):
    return sum(l["count"] for l in machine.json("member", "late", name).lines())


def desk(new):
    return new("ana").begin().found("Desk", "Ana")


def alarms(machine):
    return {a["kind"]: a for a in machine.json("status").lines() if a["type"] == "alarm"}


def copy_of(new, owner, name):
    other = new(name)
    shutil.copytree(owner.vault, other.vault, ignore=shutil.ignore_patterns("*.sock"))
    other.run("unlock", passphrase=PASSPHRASE)
    return other


def test_wrong_person_invited_is_removed_at_once(new):
    ana, mal = desk(new), new("mal").begin()
    mal.join(ana, "Mal")
    ticket(mal, "before the removal")
    ana.run("add", "passwords.entry", "title=Door code", "password=-", secrets="1234")
    carry(mal, ana)
    said = ana.run("member", "remove", "Mal", "--dry-run")
    assert "Mal has no place in the team any more" in said.out and "nothing was changed" in said.out
    assert "Door code" in said.out  # a secret to change
    assert people(ana)["Mal"]["role"] == "editor"
    ana.run("member", "remove", "Mal", code=2)  # nobody to ask
    assert "Mal" in people(ana)
    promised = effects(ana.json("member", "remove", "Mal", "--yes"))
    assert ("leaves", "Mal") in promised and ("locks", "team") in promised, promised
    assert ("stops", "Mal") not in promised and promised["keeps", "Mal"]["count"] > 0
    assert "Mal" not in people(ana)
    told = ana.json("status").one("status")
    assert told["quantum_closed"] == told["quantum"].startswith("yes") and told["quantum"], told
    former = people(ana, "--former")["Mal"]
    assert former["role"] == "" and former["level"] == 16
    assert sees(ana, "before the removal")
    ticket(mal, "after the removal")
    carry(mal, ana)
    assert not sees(ana, "after the removal") and sees(ana, "before the removal")
    assert "does not count: after the removal" in ana.run("log").out
    assert late(ana, "Mal") >= 1
    ops = [l for l in ana.json("received-late").lines() if l["member"] == "Mal"]
    assert any(l["value"] == "after the removal" for l in ops), ops
    why = ana.json("member", "late", "Mal").lines()[0]["why"]
    assert "Mal was removed by Ana" in why, why
    assert any(a["kind"] == "late" and a["do"] for a in ana.json("status").lines()
               if a["type"] == "alarm")
    explained = ana.run("member", "explain", "Mal").out
    assert "no place" in explained and "Mal was removed by Ana" in explained, explained
    # it was a mistake: taken back, and what came meanwhile counts
    ana.run("member", "undo", "9", "--yes", code=1)
    back = effects(ana.json("member", "undo", "1", "--yes"))
    assert ("enters", "Mal") in back and ("returns", "Mal") in back, back
    assert sees(ana, "after the removal") and late(ana, "Mal") == 0


def test_keep_until_says_what_stops(new):
    ana, mal = desk(new), new("mal").begin()
    mal.join(ana, "Mal")
    ticket(mal, "old work")
    carry(mal, ana)
    for wrong in ("yesterday", "2026-13-01", "2026-02-30", "2026-01-01 25:00", ""):
        said = ana.run("member", "remove", "Mal", "--keep-until", wrong, "--yes", code=2)
        assert "hint" in said.err, wrong
    said = ana.json("member", "remove", "Mal", "--keep-until", "2001-01-01", "--dry-run")
    stops = effects(said)["stops", "Mal"]
    assert stops["count"] >= 1 and stops["from"] > 0 and sees(ana, "old work")
    ana.run("member", "remove", "Mal", "--keep-until", "2001-01-01", "--yes")
    assert late(ana, "Mal") == stops["count"] and not sees(ana, "old work")
    # what was right in it is taken over, under the name of who does that
    made = [l for l in ana.json("received-late").lines() if l["what"] == "created"][0]
    assert any(a["kind"] == "late" for a in ana.json("status").lines() if a["type"] == "alarm")
    for each in ana.json("received-late").lines():
        ana.run("adopt", each["op"], code=None)
    assert sees(ana, "old work")
    assert not any(l["adopted"] is False for l in ana.json("received-late").lines())
    assert not any(a["kind"] == "late" for a in ana.json("status").lines() if a["type"] == "alarm")
    assert ana.json("log", "--limit", "1").lines()[0]["member"] == "Ana"


def test_lost_sheet_means_a_new_one_in_good_time(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben")
    ident = ticket(ben, "from before")
    carry(ben, ana)
    (ben.home / "sheet.txt").unlink()
    ben.run("device", "remove", "Ben-laptop", "--yes", code=2)  # the machine one sits at
    # a colleague cannot make a second Ben; the first one has to go
    ben2 = new("ben2").begin()
    asked = ben2.run("join", "--out", ben2.home / "me.join", "--member", "Ben", "--device", "new",
                     "--sheet", ben2.home / "sheet.txt")
    invite = ("invite", ben2.home / "me.join", "--role", "editor", "--out", ana.home / "ben2.invite",
              "--words", asked.words_shown())
    assert "another member is called" in ana.run(*invite, code=1).err
    ana.run("member", "remove", "Ben", "--yes")
    invited = ana.run(*invite)
    ben2.run("join", ana.home / "ben2.invite", "--words", invited.words_shown())
    ben2.run("sheet", "check", ben2.home / "sheet.txt")
    assert sees(ben2, "from before")
    history = ana.json("log", ident).lines()
    assert history[0]["member"] == "Ben", history
    ticket(ben2, "with the new sheet")
    carry(ben2, ana)
    assert sees(ana, "with the new sheet") and sees(ana, "from before")


def admins(new):
    ana, ben, cleo = desk(new), new("ben").begin(), new("cleo").begin()
    ben.join(ana, "Ben", "admin")
    cleo.join(ana, "Cleo", "admin")
    carry(ana, ben, cleo)
    carry(ben, ana, cleo)
    carry(cleo, ana, ben)
    return ana, ben, cleo


def test_two_admins_cannot_remove_each_other(new):
    ana, ben, cleo = admins(new)
    for one, name in ((ben, "Cleo"), (cleo, "Ben")):
        said = one.json("member", "remove", name, "--yes", code=13)
        assert "as high as you" in said.err and "suspend" in said.err
        assert "as high as you" in one.run("member", "take", name, "admin", "--yes", code=13).err
    said = ben.run("member", "remove", "Ana", "--yes", code=13)
    assert "owner" in said.err and "council" in said.err
    # both suspend the other, unaware
    assert ("suspended", "Cleo") in effects(ben.json("member", "suspend", "Cleo", "--yes"))
    cleo.run("member", "suspend", "Ben", "--yes")
    assert people(ben)["Cleo"]["suspended"] and people(cleo)["Ben"]["suspended"]
    assert "you suspended 'Cleo' already" in ben.run("member", "suspend", "Cleo", "--yes", code=1).err
    assert "decided it yourself" in ben.run("member", "lift", "Cleo", "--yes", code=13).err
    said = ana.json("unpack", carry(ben))  # what colleagues decided is told
    assert ("suspended", "Cleo") in effects(said), said.out
    carry(cleo, ana)
    both = people(ana)
    assert both["Ben"]["suspended"] and both["Cleo"]["suspended"], both
    alarms = [a for a in ana.json("status").lines() if a["type"] == "alarm"]
    assert len([a for a in alarms if a["kind"] == "suspended"]) == 2, alarms
    # an owner decides
    assert ("free", "Ben") in effects(ana.json("member", "lift", "Ben", "--yes"))
    ana.run("member", "remove", "Cleo", "--yes")
    assert not people(ana)["Ben"]["suspended"] and "Cleo" not in people(ana)
    told = effects(ben.json("unpack", carry(ana)))
    assert ("leaves", "Cleo") in told and ("free", "Ben") not in told, told
    assert not people(ben)["Ben"]["suspended"] and "Cleo" not in people(ben)
    said = ben.run("member", "give", "Cleo", "editor", "--yes", code=13).err
    assert "somebody above you removed 'Cleo'" in said and "hint" in said, said
    said = ben.run("member", "undo", "1", "--yes", code=13).err
    assert "does not stand below you" in said and "hint" in said, said
    ticket(ben, "back at work")
    carry(ben, ana)
    assert sees(ana, "back at work")


def test_seized_laptop_of_an_admin(new):
    ana, ben, cleo = admins(new)
    ticket(ben, "good work")
    carry(ben, ana, cleo)
    # somebody sits at Ben's laptop
    thief = ben
    ticket(thief, "meet me at the bridge")
    thief.run("member", "remove", "Cleo", "--yes", code=13)
    thief.run("member", "suspend", "Cleo", "--yes")
    # a peer stops it at once, an owner cuts the machine off
    cleo.run("member", "suspend", "Ben", "--yes")
    carry(cleo, ana)
    carry(thief, ana)
    assert not sees(ana, "meet me at the bridge")
    ana.run("device", "remove", "Ben-laptop", "--yes")
    states = {d["name"]: d["state"] for d in ana.json("device", "list").lines()}
    assert states["Ben-laptop"] == "given up" and states["Cleo-laptop"] == "in use", states
    # what the thief said against Cleo fell with the machine; what Cleo said against Ben stands
    both = people(ana)
    assert both["Ben"]["suspended"] and not both["Cleo"]["suspended"], both
    ana.run("member", "lift", "Ben", "--yes")
    assert sees(ana, "good work") and not sees(ana, "meet me at the bridge")
    assert late(ana, "Ben") >= 1
    assert people(ana)["Ben"]["devices"] == 0
    # nothing is packed for a machine that was given up, and nobody waits for it
    carry(ana, cleo)
    carry(cleo, ana)
    assert ana.json("status").one("status")["peers_behind"] == 0
    assert ana.json("pack", ana.home / "last").one("packed")["serves"] == []
    # Ben comes back on a new machine; it is said how
    back = new("back").begin()
    assert "restore device" in back.run("device", "list", code=1).err
    said = back.run("restore", "device", "--out", back.home / "b.join", code=2).err
    assert "it takes the recovery sheet" in said and "--sheet FILE" in said and "lost" in said, said
    assert "lost one cannot be printed" in back.run("help", "sheet").out
    asked = back.run("restore", "device", "--sheet", ben.home / "sheet.txt", "--out",
                     back.home / "b.join", "--member", "Ben", "--device", "new")
    assert "device remove" in asked.err + asked.out
    invited = ana.run("invite", back.home / "b.join", "--out", ana.home / "b.invite",
                      "--words", asked.words_shown())
    back.run("join", ana.home / "b.invite", "--words", invited.words_shown())
    assert people(back)["Ben"]["role"] == "admin" and sees(back, "good work")


def test_copied_machine_has_two_histories(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben")
    cleo = new("cleo").begin().join(ana, "Cleo")
    carry(ana, ben)
    ticket(ben, "before the copy")
    carry(ben, ana)
    thief = copy_of(new, ben, "thief")
    ticket(ben, "by Ben")
    ticket(thief, "by the thief")
    carry(ben, ana)
    carry(thief, cleo)
    carry(cleo, ana)
    alarm = [a for a in ana.json("status").lines() if a.get("kind") in ("histories", "copied")][0]
    assert "Ben-laptop" in alarm["what"] and "device pin" in alarm["do"] + "device pin", alarm
    ana.run("device", "pin", "Ana-laptop", code=1)
    ana.run("device", "pin", "Ben-laptop", "--history", "9", code=1)
    histories = ana.json("device", "pin", "Ben-laptop").lines()
    assert [h["number"] for h in histories] == [1, 2], histories
    # only the thief's was seen by another colleague so far, so it holds: until somebody says
    assert {h["number"]: h["in_use"] for h in histories} == {1: False, 2: True}, histories
    assert people(ana)["Ben"]["devices"] == 1
    assert ana.run("member", "explain", "Ben").out.count("writes on the machine 'Ben-laptop'") == 1
    assert sees(ana, "by the thief") and not sees(ana, "by Ben") and sees(ana, "before the copy")
    same = effects(ana.json("device", "pin", "Ben-laptop", "--history", "2", "--dry-run"))
    other = effects(ana.json("device", "pin", "Ben-laptop", "--history", "1", "--dry-run"))
    assert same == {} and ("stops", "Ben") in other and ("returns", "Ben") in other, (same, other)
    carry(ana, cleo)
    cleo.run("device", "pin", "Ben-laptop", "--history", "1", "--yes", code=13)  # an editor
    ana.run("device", "pin", "Ben-laptop", "--history", "1", "--yes")
    assert sees(ana, "by Ben") and not sees(ana, "by the thief") and sees(ana, "before the copy")
    now = {h["number"]: h["in_use"] for h in ana.json("device", "pin", "Ben-laptop").lines()}
    assert now == {1: True, 2: False}, now
    assert people(ana)["Ben"]["devices"] == 1
    carry(ana, cleo)
    assert sees(cleo, "by Ben") and not sees(cleo, "by the thief") and cleo.hash() == ana.hash()
    # whoever sits at either copy is told, and comes back on a new machine
    stick = carry(ana)
    for each in (ben, thief):
        each.run("unpack", stick, code=31)
        told = [a for a in each.json("status").lines() if a["type"] == "alarm"]
        assert "old-vault" in {a["kind"] for a in told}, told
    ana.run("device", "remove", "Ben-laptop", "--yes")
    assert sees(ana, "by Ben")
    ticket(thief, "one more try")
    carry(thief, cleo)
    assert not sees(cleo, "one more try") and not sees(cleo, "by the thief")


def council_of_three(new):
    ana, ben, cleo = admins(new)
    for owner, others in (("Ben", [ana]), ("Cleo", [ana, ben])):
        paper = ana.home / ("add-%s.proposal" % owner)
        ana.run("council", "propose", "add", owner, "--out", paper)
        for each in others:
            each.run("council", "sign", paper, "--sheet", each.home / "sheet.txt", "--yes")
        ana.run("council", "submit", paper, "--yes")
        carry(ana, ben, cleo)
    return ana, ben, cleo


def test_rogue_owner_is_undone_by_the_others(new):
    ana, ben, cleo = council_of_three(new)
    dora = new("dora").begin().join(ana, "Dora")
    carry(ana, ben, cleo)
    shown = cleo.json("council", "show").lines()
    assert shown[0]["owners"] == 3 and shown[0]["needed"] == 2 and not shown[0]["frozen"], shown
    # Ana goes rogue
    ana.run("member", "remove", "Dora", "--yes")
    carry(ana, ben, cleo)
    assert "Dora" not in people(ben)
    ben.run("member", "remove", "Ana", "--yes", code=13)
    paper = ben.home / "undo.proposal"
    ben.run("council", "propose", "undo", "1", "--out", paper)
    ben.run("council", "submit", paper, "--yes", code=13)  # nobody signed
    dora.run("council", "inspect", paper, code=None)
    ben.run("council", "sign", paper, "--sheet", ben.home / "sheet.txt", "--yes")
    info = ben.json("council", "inspect", paper).one("proposal")
    assert (info["signatures"], info["needed"], info["signed_by_me"]) == (1, 2, True), info
    # it lies next to a bundle: the other owner hears of it
    stick = carry(ben)
    (stick / "undo.proposal").write_bytes(paper.read_bytes())
    heard = cleo.json("unpack", stick).one("proposal")
    assert "Dora" in heard["what"] and not heard["signed_by_me"], heard
    cleo.run("council", "sign", stick / "undo.proposal", "--sheet", ben.home / "sheet.txt", "--yes")
    assert cleo.json("council", "inspect", stick / "undo.proposal").one("proposal")["signatures"] == 1
    cleo.run("council", "sign", stick / "undo.proposal", "--sheet", cleo.home / "sheet.txt", "--yes")
    said = effects(cleo.json("council", "submit", stick / "undo.proposal", "--yes"))
    assert ("enters", "Dora") in said, said
    carry(cleo, ben)
    assert "Dora" in people(ben)
    ben.run("council", "submit", paper, "--yes", code=None)
    paper = cleo.home / "out.proposal"
    cleo.run("council", "propose", "remove", "Ana", "--out", paper)
    for each in (ben, cleo):
        each.run("council", "sign", paper, "--sheet", each.home / "sheet.txt", "--yes")
    cleo.run("council", "submit", paper, "--yes")
    assert "Ana" not in people(cleo) and "Dora" in people(cleo)


def test_owner_signs_only_one_of_two(new):
    ana, ben, _ = council_of_three(new)
    first, second = ana.home / "a.proposal", ana.home / "b.proposal"
    ana.run("council", "propose", "remove", "Ben", "--out", first)
    ana.run("council", "propose", "seal", "--out", second)
    ana.run("council", "sign", first, "--sheet", ana.home / "sheet.txt", "--yes")
    said = ana.run("council", "sign", second, "--sheet", ana.home / "sheet.txt", "--yes", code=1)
    assert "another decision" in said.err
    for words in (("fly",), ("add",), ("seal", "x"), ("undo", "x"), ("add", "Nobody")):
        ana.run("council", "propose", *words, "--out", ana.home / "x.proposal", code=None)
        assert not (ana.home / "x.proposal").exists()
    ana.run("council", "inspect", ana.home / "sheet.txt", code=20)


def test_role_change_both_ways(new):
    ana, dora = desk(new), new("dora").begin()
    dora.join(ana, "Dora")
    ticket(dora, "as editor")
    carry(dora, ana)
    ana.run("member", "change", "Dora", "reader", "editor", "--yes", code=1)  # has no such role
    ana.run("member", "change", "Dora", "editor", "nonsense", "--yes", code=1)
    ana.run("member", "change", "Dora", "editor", "reader", "--yes")
    carry(ana, dora)
    assert people(dora)["Dora"]["role"] == "reader" and sees(ana, "as editor")
    dora.run("add", "tickets.ticket", "title=x", "severity=low", code=13)
    assert "with records: nothing" in dora.run("member", "explain", "me").out
    ana.run("member", "change", "Dora", "reader", "editor", "--yes")
    carry(ana, dora)
    ticket(dora, "editor again")
    carry(dora, ana)
    assert sees(ana, "editor again") and sees(ana, "as editor")
    ana.run("member", "give", "Dora", "reader", "--yes")
    ana.run("member", "give", "Dora", "reader", "--yes", code=1)  # has it
    held = [l for l in ana.json("member", "explain", "Dora").lines() if l["type"] == "held-role"]
    assert {l["name"] for l in held} == {"editor", "reader"} and all(l["by"] == "Ana" for l in held)
    ana.run("member", "take", "Dora", "reader", "--yes")
    assert people(ana)["Dora"]["role"] == "editor"


def test_people_who_hang_on_a_removed_one(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben", "admin")
    dora = new("dora").begin().join(ben, "Dora")
    carry(ben, ana)
    promised = effects(ana.json("member", "take", "Ben", "admin", "--cascade", "--dry-run"))
    assert ("leaves", "Ben") in promised and ("leaves", "Dora") in promised, promised
    plain = effects(ana.json("member", "remove", "Ben", "--dry-run"))
    assert ("leaves", "Ben") in plain and ("leaves", "Dora") not in plain, plain
    # what Ben did after the cut does not count: Dora's sister was let in after it
    ana.run("member", "remove", "Ben", "--yes")
    assert set(people(ana)) == {"Ana", "Dora"}
    erna = new("erna").begin().join(ben, "Erna")
    carry(ben, ana)
    assert set(people(ana)) == {"Ana", "Dora"} and set(people(ana, "--former")) >= {"Ben", "Erna"}
    assert "lost the right" in ana.run("member", "explain", "Erna").out
    promised = effects(ana.json("member", "reattach", "Erna", "--yes"))
    assert ("enters", "Erna") in promised, promised
    assert set(people(ana)) == {"Ana", "Dora", "Erna"}
    ana.run("member", "reattach", "Dora", "--yes", code=1)
    assert dora and erna


def test_compartment_nobody_else_reads(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben", "admin")
    ana.run("compartment", "new", "vault room", "--yes")
    ana.run("compartment", "new", "vault room", "--yes", code=1)
    ana.run("role", "new", "keeper", "--may", "all", "--writes", "vault room", "--yes")
    promised = effects(ana.json("member", "give", "me", "keeper", "--yes"))
    assert list(promised) == [("opens", "vault room")], promised
    carry(ana, ben)
    for machine, mine in ((ana, True), (ben, False)):
        room = {c["name"]: c for c in machine.json("compartment", "list").lines()}["vault room"]
        assert room["reads"] == room["writes"] == mine and room["readers"] == "Ana", room
    reads = [l["compartment"] for l in ben.json("member", "explain", "Ana").lines()
             if l["type"] == "reads"]
    assert sorted(reads) == ["team", "vault room"], reads
    promised = effects(ana.json("compartment", "close", "vault room", "keeper", "--dry-run"))
    assert ("locks", "vault room") not in promised  # one's own role is not changed by oneself


def test_role_editor(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben")
    for wrong in (("--may", "fly"), ("--right", "everything"), ("--type", "tickets.ticket"),
                  ("--type", "nothing.here=set"), ("--type", "tickets.ticket=set:nonsense"),
                  ("--max", "x"), ("--max", "3"), ("--reads", "nowhere"), ("--appoints", "nobody")):
        said = ana.run("role", "new", "r", *wrong, "--yes", code=None)
        assert said.code in (1, 2) and "hint" in said.err, (wrong, said.err)
    assert "r" not in {r["name"] for r in ana.json("role", "list").lines()}
    ana.run("role", "new", "helper", "--may", "comment", "--writes", "team", "--type",
            "tickets.ticket=set,comment:title passwords.entry=none", "--yes")
    means = ana.json("role", "show", "helper").one("role-words")["means"]
    assert "with other records: comment" in means and "changes only title" in means, means
    ana.run("role", "new", "helper", "--yes", code=1)
    ana.run("role", "new", "onlooker", "--may", "comment", "--reads", "team", "--yes")
    assert "can do nowhere" in ana.run("role", "show", "onlooker").out
    ana.run("role", "edit", "nobody", "--may", "set", "--yes", code=1)
    ana.run("member", "change", "Ben", "editor", "helper", "--yes")
    ident = ticket(ana, "a ticket")
    carry(ana, ben)
    ben.run("set", ident, "title=by the helper")
    ben.run("set", ident, "severity=high", code=13)
    ben.run("add", "tickets.ticket", "title=x", "severity=low", code=13)
    # the newer one is held only once it is given
    ana.run("role", "edit", "helper", "--type", "none", "--may", "all", "--yes")
    ana.run("role", "edit", "helper", "--type", "none", "--may", "add,set", "--give", "--yes")
    carry(ana, ben)
    ben.run("set", ident, "severity=high")
    assert {r["name"]: r["members"] for r in ana.json("role", "list").lines()}["helper"] == 1


def test_templates_are_what_the_page_says(new):
    page = (TREE / "docs/roles.md").read_text()
    ana = desk(new)
    names = [t["name"] for t in ana.json("role", "template").lines()]
    assert names == ["newsroom", "law-firm", "ngo", "collective"]
    for name in names:
        section = page.split("### %s\n" % name)[1].split("\n##")[0]
        parts = [p for p in ana.json("role", "template", name, "--dry-run").lines()
                 if p["type"] == "template-part"]
        said = {(row[0], row[1]) for row in re.findall(r"^\| `(.+?)` \| (.+) \|$", section, re.M)}
        assert said == {(p["name"], p["purpose"]) for p in parts}, (name, said, parts)
        ana.run("role", "template", name, "--yes")
        for p in parts:
            if p["kind"] == "role":
                ana.json("role", "show", p["name"]).one("role-words")
    ana.run("role", "template", "newsroom", "--dry-run")
    assert "did you mean 'newsroom'" in ana.run("role", "template", "newsrom", code=1).err
    ana.run("member", "give", "me", "chief editor", "--yes")
    open_to_me = {c["name"] for c in ana.json("compartment", "list").lines() if c["reads"]}
    assert {"team", "sources", "legal"} <= open_to_me and "cases" not in open_to_me


def test_organization_with_guests_over_the_max(new):
    ana, lea = desk(new), new("lea").begin()
    ana.run("role", "new", "guest", "--may", "comment", "--writes", "team", "--yes")
    asked = lea.run("join", "--out", lea.home / "lea.join", "--member", "Lea",
                    "--sheet", lea.home / "sheet.txt")
    admit = ("org", "admit", "Red Cross", lea.home / "lea.join", "--out", ana.home / "lea.invite",
             "--words", asked.words_shown())
    ana.run(*admit, "--as", "guest", code=2)
    ana.run(*admit, "--as", "admin", "--max", "2", code=2)  # a guest decides nothing about people
    assert not (ana.home / "lea.invite").exists()
    invited = ana.run(*admit, "--as", "guest", "--max", "2", "--without-history")
    lea.run("join", ana.home / "lea.invite", "--words", invited.words_shown())
    assert people(lea)["Lea"]["role"] == "Red Cross liaison"
    ana.run("org", "passport", lea.home / "lea.join", "--out", ana.home / "x", code=13)
    for i in range(3):
        guest = new("guest%d" % i).begin()
        asked = guest.run("join", "--out", guest.home / "g.join", "--member", "Visitor %d" % i,
                          "--sheet", guest.home / "sheet.txt")
        lea.run("invite", guest.home / "g.join", "--role", "admin", "--out", lea.home / "no.invite",
                "--words", asked.words_shown(), code=13)
        lea.run("org", "passport", guest.home / "g.join", "--out", lea.home / ("g%d.invite" % i),
                "--words", asked.words_shown(), code=0 if i < 2 else 13)
    carry(lea, ana)
    lines = ana.json("org", "list").lines()
    red = [l for l in lines if l["type"] == "organization"][0]
    assert (red["liaison"], red["guests"], red["max"]) == ("Lea", 2, 2), red
    assert {l["name"] for l in lines if l["type"] == "guest"} == {"Visitor 0", "Visitor 1"}


def test_guest_leaves_with_the_person(new):
    ana, lea, tom, visitor = desk(new), *(new(n).begin() for n in ("lea", "tom", "visitor"))
    ana.run("role", "new", "guest", "--may", "comment", "--writes", "team", "--yes")
    # at home: Lea's own team, with Tom in it
    lea.found("Home", "Lea")
    tom.join(lea, "Tom")
    asked = lea.run("join", "--out", lea.home / "lea.join", "--member", "Lea", "--sheet",
                    lea.home / "sheet2.txt")
    invited = ana.run("org", "admit", "Home", lea.home / "lea.join", "--as", "guest", "--max", "5",
                      "--out", ana.home / "lea.invite", "--words", asked.words_shown())
    lea.run("join", ana.home / "lea.invite", "--words", invited.words_shown())
    away, home = ("--team", "Desk"), ("--team", "Home")
    asked = visitor.run("join", "--out", visitor.home / "v.join", "--member", "Heron",
                        "--sheet", visitor.home / "sheet.txt")
    invited = lea.run("org", "passport", visitor.home / "v.join", "--out", lea.home / "v.invite",
                      "--words", asked.words_shown(), *away)
    visitor.run("join", lea.home / "v.invite", "--words", invited.words_shown())
    for wrong in ("Tom", "Desk/Tom", "Home/Nobody", "Nowhere/Tom"):
        lea.run("org", "bind", "Heron", "--person", wrong, *away, code=None)
    lea.run("org", "bind", "Heron", "--person", "Home/Tom", *away)
    guest = [l for l in lea.json("org", "list", *away).lines() if l["type"] == "guest"][0]
    assert (guest["name"], guest["person"]) == ("Heron", "Home/Tom"), guest
    lea.run("pack", lea.home / "s1", *away)
    ana.run("unpack", lea.home / "s1")
    assert [l for l in ana.json("org", "list").lines() if l["type"] == "guest"][0]["person"] == ""
    assert "Tom" not in ana.run("log").out + ana.run("member", "list").out
    ticket_of = ana.json("add", "tickets.ticket", "title=for all", "severity=low").one("record")["id"]
    ben = new("ben").begin()
    ben.join(ana, "Ben")
    stick = carry(ana)
    for each in (lea, visitor):
        each.run("unpack", stick, *away)
    visitor.run("comment", ticket_of, "seen from outside", *away)
    visitor.run("pack", visitor.home / "s1", *away)
    lea.run("unpack", visitor.home / "s1", *away)
    lea.run("member", "remove", "Tom", "--yes", *home)
    # he let the guest in and may take that back, at once and by himself, and nothing else
    said = lea.json("pack", lea.home / "s2", *away)
    told = [l for l in said.lines() if l["type"] == "released"][0]
    assert told == {"type": "released", "guest": "Heron", "team": "Home", "done": True}, told
    assert "Heron" not in {m["name"] for m in lea.json("member", "list", *away).lines()}
    for name in ("Ben", "Ana"):
        lea.run("member", "remove", name, "--yes", *away, code=13)
    refused = lea.run("member", "take", "Ben", "editor", "--yes", *away, code=13).err
    assert "does not give the right" in refused and "hint" in refused, refused
    assert not [l for l in lea.json("pack", lea.home / "s3", *away).lines() if l["type"] == "released"]
    ana.run("unpack", lea.home / "s3")
    assert "Heron" not in people(ana) and "Ben" in people(ana)
    assert "seen from outside" in ana.run("show", ticket_of).out
    why = ana.run("member", "explain", "Heron").out
    assert "Heron lost the role by Lea" in why, why
    visitor.run("unpack", lea.home / "s3", *away, code=None)


def test_who_let_somebody_in_takes_that_back(new):
    ana, dora, pip, zoe = desk(new), *(new(n).begin() for n in ("dora", "pip", "zoe"))
    ana.run("role", "template", "newsroom", "--yes")
    words = ana.run("role", "show", "desk editor").out
    assert "may take that back from whom they let in" in words, words
    dora.join(ana, "Dora", role="desk editor")
    zoe.join(ana, "Zoe", role="freelancer")
    carry(ana, dora)
    pip.join(dora, "Pip", role="freelancer")
    refused = dora.run("member", "remove", "Pip", "--yes", code=13).err
    assert "take back the place you gave" in refused and "valise member take 'Pip' 'freelancer'" in refused
    refused = dora.run("member", "take", "Zoe", "freelancer", "--yes", code=13).err
    assert "does not give the right" in refused and "hint" in refused, refused
    said = effects(dora.json("member", "take", "Pip", "freelancer", "--yes"))
    assert ("leaves", "Pip") in said, said
    carry(dora, ana)
    assert "Pip" not in people(ana) and "Zoe" in people(ana)


def test_two_bundles_of_one_number_are_told(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben")
    carry(ben, ana)
    copy = copy_of(new, ben, "copy")
    ticket(ben, "by Ben")
    ticket(copy, "by the copy")
    first = carry(ben, ana)
    ana.run("unpack", first, code=21)
    assert "copied-bundle" not in alarms(ana)
    copy.run("pack", copy.home / "stick")
    said = ana.json("unpack", copy.home / "stick", code=20)
    line = said.one("bundle")
    assert line["state"] == "refused" and line["member"] == "Ben", line
    assert "copied" in line["reason"] and "changed on the way" in line["reason"], line
    told = alarms(ana)["copied-bundle"]
    assert "Ben's machine 'Ben-laptop'" in told["what"] and "ask Ben" in told["do"], told
    ana.run("unpack", first, code=21)  # the first one is as good as before
    assert sees(ana, "by Ben") and not sees(ana, "by the copy")
    # whoever has the other one hears of it as well, and no look changes anything
    assert ben.json("unpack", copy.home / "stick", "--preview", code=20).one("bundle")["state"] == "refused"
    assert "copied-bundle" not in alarms(ben)
    ben.run("unpack", copy.home / "stick", code=20)
    assert "copy of this vault" in alarms(ben)["copied-bundle"]["what"]
    number = ana.json("quarantine", "list").one("quarantined")["number"]
    ana.run("quarantine", "drop", number)
    assert "copied-bundle" not in alarms(ana)
    # what the copy says next does not follow what came from Ben
    ticket(copy, "again by the copy")
    carry(copy, ana, code=20)
    assert "copied-bundle" in alarms(ana)


def test_newcomer_without_history(new):
    ana, ben, cleo = desk(new), new("ben").begin(), new("cleo").begin()
    old = ticket(ana, "from before")
    asked = ben.run("join", "--out", ben.home / "me.join", "--member", "Ben", "--device", "Ben-laptop",
                    "--sheet", ben.home / "sheet.txt")
    invited = ana.run("invite", ben.home / "me.join", "--role", "editor", "--without-history", "--out",
                      ana.home / "ben.invite", "--words", asked.words_shown())
    assert "nothing that was there" in invited.out
    ben.run("join", ana.home / "ben.invite", "--words", invited.words_shown())
    ticket(ana, "from now on")
    carry(ana, ben)
    assert sees(ben, "from now on") and not sees(ben, "from before")
    ben.run("show", old, code=1)
    ticket(ben, "by Ben")
    # what he passes on he cannot read: somebody with history can
    cleo.join(ana, "Cleo")
    carry(ana, ben)
    carry(ben, cleo, ana)
    assert sees(cleo, "from before") and sees(cleo, "by Ben") and cleo.hash() == ana.hash()
    # only who writes all that a role reads can close it
    ana.run("compartment", "new", "vault room", "--yes")
    ana.run("role", "new", "keeper", "--may", "all", "--writes", "team,vault room", "--yes")
    dan = new("dan").begin()
    asked = dan.run("join", "--out", dan.home / "d.join", "--member", "Dan", "--sheet",
                    dan.home / "sheet.txt")
    said = ana.run("invite", dan.home / "d.join", "--role", "keeper", "--without-history", "--out",
                   ana.home / "d.invite", "--words", asked.words_shown(), code=13).err
    assert "vault room" in said and "compartment list" in said, said
    # who is in already has read what there was
    back = new("back").begin()
    asked = back.run("restore", "device", "--sheet", ben.home / "sheet.txt", "--out",
                     back.home / "back.join", "--member", "Ben", "--device", "new")
    said = ana.run("invite", back.home / "back.join", "--without-history", "--out",
                   ana.home / "back.invite", "--words", asked.words_shown(), code=2)
    assert "hint" in said.err and not (ana.home / "back.invite").exists()


def test_how_late_a_stick_may_come(new):
    ana = desk(new)
    assert ana.json("team", "late-sticks").one("late-sticks")["weeks"] == 8
    assert ana.json("team", "late-sticks", "2").one("late-sticks")["weeks"] == 2
    assert ana.json("team", "late-sticks").one("late-sticks")["weeks"] == 2
    for wrong in ("-1", "x", "521", ""):
        assert "hint" in ana.run("team", "late-sticks", wrong, code=2).err
    assert "2 weeks late" in ana.run("team", "late-sticks").out


def test_machine_that_is_not_heard_of(new):
    ana, ben = desk(new), new("ben").begin()
    if not ben.at(-40):
        print("     no other day in this build")
        return
    ben.join(ana, "Ben")
    ticket(ben, "long ago")
    carry(ben, ana)
    told = alarms(ana)["stale"]
    assert "nothing came from Ben's machine 'Ben-laptop' since" in told["what"], told
    assert "ask Ben" in told["do"] and "device remove" in told["do"], told
    assert {d["name"]: d["state"] for d in ana.json("device", "list").lines()}["Ben-laptop"] == "stale"
    ben.at(0)
    ticket(ben, "back again")
    carry(ben, ana)
    assert "stale" not in alarms(ana)


def test_signed_and_not_brought_in(new):
    ana, ben, cleo = council_of_three(new)
    dora = new("dora").begin().join(ana, "Dora")
    carry(ana, ben, cleo)
    paper = ana.home / "dora.proposal"
    ana.run("council", "propose", "add", "Dora", "--out", paper)
    assert "signed" not in alarms(ana)
    ana.run("council", "sign", paper, "--sheet", ana.home / "sheet.txt", "--yes")
    told = alarms(ana)["signed"]
    assert "Dora" in told["what"] and "council submit" in told["do"], told
    ben.run("council", "sign", paper, "--sheet", ben.home / "sheet.txt", "--yes")
    assert "signed" in alarms(ben) and "signed" not in alarms(cleo)
    ben.run("council", "submit", paper, "--yes")
    assert "signed" not in alarms(ben)
    carry(ben, ana)
    assert "signed" not in alarms(ana) and dora


def test_drill_leaves_nothing_behind(new):
    ana = new("ana")
    before = sorted(ana.home.rglob("*"))
    words = ana.run("drill").out
    assert "Idris loses his laptop" in words and "all of it went as it must" in words
    assert sorted(ana.home.rglob("*")) == before
    said = ana.json("drill", "--keep").lines()
    chapters = [l for l in said if l["type"] == "chapter"]
    assert len(chapters) >= 5 and all(c["seconds"] >= 0 for c in chapters)
    assert [l["steps"] for l in said if l["type"] == "drill"][0] > 30
    kept = pathlib.Path(said[-1]["folder"])
    assert kept.parent == ana.home and (kept / "maria/vault").is_dir()


def test_drill_that_is_stopped_leaves_nothing_behind(new):
    ana = new("ana")
    before = sorted(ana.home.rglob("*"))
    for number, delay in ((signal.SIGINT, 0.3), (signal.SIGTERM, 2.0)):
        drill = subprocess.Popen([laptop.PROGRAM, "drill"], env=ana.env, cwd=ana.home,
                                 start_new_session=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        time.sleep(delay)
        drill.send_signal(number)
        drill.communicate(timeout=120)
        assert drill.returncode != 0
        assert sorted(ana.home.rglob("*")) == before


def test_words_people_try(new):
    ana = desk(new)
    for typed, meant in ((("member", "delete", "Ben"), "valise member remove"),
                         (("member", "kick", "Ben"), "valise member remove"),
                         (("member", "block", "Ben"), "valise member suspend"),
                         (("member", "add", "Ben"), "valise invite"),
                         (("member", "show", "Ben"), "valise member explain"),
                         (("device", "rm", "x"), "valise device remove"),
                         (("role", "create", "x"), "valise role new"),
                         (("member", "lst"), "valise member list"),
                         (("member", "zzzzz"), "valise help member")):
        said = ana.run(*typed, code=2).err
        assert meant in said, (typed, said)
    for typed in (("invite", "Ben", "--role", "editor", "--out", ana.home / "x"),
                  ("invite", ana.home / "sheet.txt", "--role", "editor", "--out", ana.home / "x")):
        assert "valise join --out" in ana.run(*typed, code=None).err, typed
    ben = new("ben").begin()
    ben.run("join", "--out", ben.home / "b.join", "--member", "Ben", "--sheet", ben.home / "sheet.txt")
    for name in ("Desk", "b.join"):
        assert "the file that the colleague gave you back" in ben.run("join", name, code=None).err, name
    for typed, meant in ((("member",), "valise help member"), (("invite", "x"), "valise help invite"),
                         (("member", "take", "Ana"), "usage: valise member take NAME ROLE")):
        said = ana.run(*typed, code=2).err
        assert meant in said and "VERB" not in said, (typed, said)


def test_question_on_the_terminal(new):
    ana, ben = desk(new), new("ben").begin()
    ben.join(ana, "Ben")
    said = ana.type("member", "remove", "Ben", answers=[(r"do it\? \(yes or no\): ", "no")])
    assert said.code == 1 and "nothing was changed" in said.out and "Ben" in people(ana)
    said = ana.type("member", "remove", "Ben", answers=[(r"do it\? \(yes or no\): ", "yes")])
    assert said.code == 0 and "Ben" not in people(ana), said.out
    for words in (("remove", "Nobody"), ("explain", "Nobody"), ("suspend", "Ben"), ("late", "Nobody")):
        assert "hint" in ana.run("member", *words, code=1).err
    ana.run("member", "remove", "me", "--yes", code=2)


if __name__ == "__main__":
    laptop.main(globals())
