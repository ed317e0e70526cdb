#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first journey, from founding to three vaults in one state, whatever happens to the sticks.

usage: test_journey.py PROGRAM [TEST ...]
"""
import shutil

import laptop
from laptop import DATA

ID = "id"


def pieces(folder):
    return sorted(p for p in folder.iterdir() if p.is_file())


def cross(sender, receiver, folder, code=(0, 21)):
    """One stick from one to the other; returns what unpack said."""
    shutil.rmtree(folder, ignore_errors=True)
    sender.run("pack", folder)
    said = receiver.json("unpack", folder, code=None)
    assert said.code in code, (said.code, said.out, said.err)
    return said


def settle(laptops, place):
    """Everybody to everybody, twice: after that nobody lacks anything."""
    for turn in range(2):
        for a in laptops:
            for b in laptops:
                if a is not b:
                    cross(a, b, place / ("settle-%d-%s-%s" % (turn, a.owner, b.owner)))


def same_state(laptops):
    hashes = {each.owner: each.hash() for each in laptops}
    assert len(set(hashes.values())) == 1, hashes
    for each in laptops:
        each.run("check")
    return hashes


def found(new):
    return new("ana").begin().found("Desk", "Ana")


def second_device(owner, new, name):
    """A further machine of a member who has the sheet."""
    machine = new(name).begin()
    mine, welcome = machine.home / "second.join", owner.home / "second.invite"
    asked = machine.run("join", "--own-device", "--out", mine, "--device", name)
    given = owner.run("device", "add", mine, "--sheet", owner.home / "sheet.txt", "--out", welcome,
                      "--words", asked.words_shown())
    machine.run("join", welcome, "--words", given.words_shown())
    return machine


def test_import_edit_find(new):
    ana = found(new)
    seen = ana.json("import", "csv", DATA / "tickets-500.csv", "--type", "tickets", "--preview").one("import")
    assert seen["preview"] and seen["rows"] == 500 and ana.json("list", "tickets", "--view", "all").lines() == []
    taken = ana.json("import", "csv", DATA / "tickets-500.csv", "--type", "tickets").one("import")
    assert taken["taken"] == 500, taken
    again = ana.json("import", "csv", DATA / "tickets-500.csv", "--type", "tickets").one("import")
    assert again["taken"] == 0 and again["known"] == 500, again
    for format, file in (("keepassxc", "keepassxc-export.csv"), ("bitwarden", "bitwarden-export.json")):
        assert ana.json("import", format, DATA / file).one("import")["taken"] > 0
    assert len(ana.json("list", "tickets", "--view", "all").lines()) == 500
    assert len(ana.json("list", "tickets", "--view", "all", "--limit", "7").lines()) == 7
    board = ana.type("list", "tickets", "--view", "board", columns=160)
    assert board.code == 0 and "new" in board.out
    ident = ana.json("add", "tickets", "title=Zebra crossing repainted", "severity=emergency",
                     "assignee=me").one("record")[ID]
    assert [r[ID] for r in ana.json("find", "zebra", "cross").lines()] == [ident]
    first = ana.json("list", "tickets", "--view", "emergencies", "--limit", "500").lines()
    assert ident in [r[ID] for r in first]
    out = ana.home / "out.csv"
    ana.run("export", "csv", "tickets", "--out", out)
    ben = new("ben").begin().found("Other", "Ben")
    back = ben.json("import", "csv", out, "--type", "tickets").one("import")
    assert back["taken"] == 501, back
    status = ana.json("status").one("status")
    assert status["team"] == "Desk" and status["conflicts"] == 0


def test_the_journey(new):
    ana = found(new)
    ana.run("import", "csv", DATA / "tickets-500.csv", "--type", "tickets")
    ana.run("import", "keepassxc", DATA / "keepassxc-export.csv")
    ana.run("import", "bitwarden", DATA / "bitwarden-export.json")
    ticket = ana.json("add", "tickets", "title=Source moved", "severity=emergency").one("record")[ID]
    ben = new("ben").begin().join(ana, "Ben")
    assert ben.json("show", ticket).one("record")["title"] == "Source moved"
    ben2 = second_device(ben, new, "ben-desktop")
    place = ana.home

    # crossing both ways, with a look first that changes nothing
    ben.run("add", "tickets", "title=From Ben", "severity=low")
    ben.run("pack", place / "s1")
    before = ana.hash()
    look = ana.json("unpack", place / "s1", "--preview").one("unpacked")
    assert look["preview"] and look["operations"] > 0 and ana.hash() == before
    took = ana.json("unpack", place / "s1").one("unpacked")
    assert took["operations"] == look["operations"]
    assert ana.run("unpack", place / "s1", code=21)
    ana.run("pack", place / "s2")
    ben.run("unpack", place / "s2")

    # the same ticket edited at once; one piece stays in a pocket and comes late
    ana.run("set", ticket, "title=Source moved to Oslo")
    ben.run("set", ticket, "title=Source moved to Bergen")
    ana.run("comment", ticket, "from Ana")
    ben.run("comment", ticket, "from Ben")
    ana.run("pack", place / "s3")
    ben.run("pack", place / "s4")
    pocket = place / "pocket"
    pocket.mkdir()
    lost = pieces(place / "s4")[-1]
    shutil.move(lost, pocket / lost.name)
    waiting = ana.json("unpack", place / "s4", code=22).one("unpacked")
    assert waiting["waiting"] == 1 and waiting["taken"] == 0
    ben.run("unpack", place / "s3")
    late = ana.json("unpack", pocket).one("unpacked")
    assert late["taken"] == 1 and late["conflicts"] >= 1, late

    conflicts = ana.json("conflicts").lines()
    assert [(c[ID], c["field"]) for c in conflicts] == [(ticket, "title")], conflicts
    values = [l["value"] for l in ana.json("show", ticket).lines() if l["type"] == "conflict"]
    assert sorted(values) == ["Source moved to Bergen", "Source moved to Oslo"]
    chosen = 1 + values.index("Source moved to Oslo")
    ana.run("resolve", ticket, "title", "--choice", chosen)
    assert ana.json("conflicts").lines() == []

    settle([ana, ben, ben2], place)
    for each in (ana, ben, ben2):
        lines = each.json("show", ticket).lines()
        assert lines[0]["title"] == "Source moved to Oslo"
        assert {l["text"] for l in lines if l["type"] == "line"} == {"from Ana", "from Ben"}
        assert each.json("conflicts").lines() == []
    same_state([ana, ben, ben2])
    for stick in ("s1", "s2", "s3"):
        seen = ana.json("inspect", place / stick).one("seen")
        assert seen["same_size"] and seen["looks_random"] and seen["not_pieces"] == 0, seen
    assert all(p["lacks"] == 0 for p in ana.json("peers").lines())


def test_any_order(new):
    """Sticks 1..4 of one sender, taken 3, 1, 4, 2, each twice."""
    ana = found(new)
    ben = new("ben").begin().join(ana, "Ben")
    sticks = []
    for i in range(4):
        ana.run("add", "tickets", "title=ticket %d" % i, "severity=high")
        if i > 0:
            ana.run("set", ana.json("find", "ticket").lines()[0][ID], "severity=low")
        sticks.append(ana.home / ("s%d" % i))
        ana.run("pack", sticks[-1])
    for i in (2, 0, 3, 1):
        for _ in range(2):
            said = ben.run("unpack", sticks[i], code=None)
            assert said.code in (0, 3, 21, 22), (i, said.out, said.err)
    same_state([ana, ben])


def test_damaged_and_foreign_files(new):
    ana = found(new)
    ben = new("ben").begin().join(ana, "Ben")
    ana.run("add", "tickets", "title=one", "severity=high")
    stick = ana.home / "stick"
    ana.run("pack", stick)
    before = ben.hash()
    (stick / "holiday.jpg").write_bytes(b"\xff\xd8" + bytes(5000))
    (stick / "autorun.inf").write_text("[autorun]")
    victim = pieces(stick)[0]
    victim = next(p for p in pieces(stick) if p.stat().st_size >= 16384)
    good = victim.read_bytes()
    for damage in (good[:-1], good[:100], good[:5000] + bytes([good[5000] ^ 1]) + good[5001:]):
        victim.write_bytes(damage)
        said = ben.json("unpack", stick, code=None)
        assert said.code not in (0, 139, 134), (said.code, said.out, said.err)
        assert ben.hash() == before
    victim.write_bytes(good)
    took = ben.json("unpack", stick, code=None)
    assert took.code == 0, (took.code, took.out, took.err)
    assert took.one("unpacked")["foreign_files"] == 2
    names = {l["name"] for l in took.lines() if l["type"] == "foreign"}
    assert names == {"holiday.jpg", "autorun.inf"}, names
    same_state([ana, ben])


def test_roles_are_enforced_by_the_receiver(new):
    ana = found(new)
    reader = new("rea").begin().join(ana, "Rea", role="reader")
    for words in (("add", "tickets", "title=x", "severity=high"), ("rm", "one")):
        if words[0] == "rm":
            ana.run("add", "tickets", "title=one", "severity=high")
            cross(ana, reader, ana.home / "stick")
        reader.run(*words, code=13)
    editor = new("ed").begin().join(ana, "Ed", role="editor")
    mine = new("cleo").begin()
    asked = mine.run("join", "--out", mine.home / "c.join", "--member", "Cleo", "--sheet", mine.home / "s")
    editor.run("invite", mine.home / "c.join", "--role", "editor", "--out", editor.home / "c.invite",
               "--words", asked.words_shown(), code=13)
    assert not (editor.home / "c.invite").exists()


def test_one_teams_stick_tells_another_team_nothing(new):
    ana, eve = found(new), new("eve").begin().found("Else", "Eve")
    ana.run("add", "tickets", "title=secret plan", "severity=high")
    ana.run("pack", ana.home / "stick")
    said = eve.json("unpack", ana.home / "stick", code=None)
    assert said.code == 1 and said.one("unpacked")["new_pieces"] == 0, (said.code, said.out, said.err)


if __name__ == "__main__":
    laptop.main(globals())
