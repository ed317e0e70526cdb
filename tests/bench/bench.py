#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of docs/figures.md: what sealing, packing, merging and opening cost, as ratios to a
baseline and next to peers, all measured in this run on this machine.

usage: bench.py BUILD_FOLDER [--rows 1,2,3,4,5] [--quick | --smoke] [--runs N] [--no-peers]
                [--skip PROGRAM,...] [--corpus FOLDER] [--place FOLDER] [--write]

--quick    1/16 of the data
--smoke    as little data as will do, one run, no peers: does the bench itself still work
--skip     peers to leave out, by program: keepassxc-cli takes minutes
--corpus   row 1 with the text files under FOLDER instead of made-up ones
--place    a folder with 8 GB of room (default: $TMPDIR); on a tmpfs the medium does not count
--write    puts the table into docs/figures.md
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import peers
from measure import Bench, Cost, machine, median, remove, size_of

FIGURES = pathlib.Path(__file__).resolve().parents[2] / "docs/figures.md"
PASSPHRASE = "bench bench bench bench bench bench"
TYPE = "tickets"
MIB = 1 << 20


class Table:
    """Rows of markdown, in the order they were measured."""

    def __init__(self):
        self.lines, self.head = [], None

    def section(self, title, *columns):
        self.lines += ["", "### " + title, "", "| " + " | ".join(columns) + " |",
                       "|" + "---|" * len(columns)]
        say(title)

    def row(self, *cells):
        self.lines.append("| " + " | ".join(cells) + " |")
        say("   " + "   ".join(re.sub(r"\\|\*", "", c) for c in cells))

    def note(self, words):
        self.lines += ["", words]


def say(words):
    print(words, file=sys.stderr, flush=True)


def ratio(a, b):
    return "%.2f×" % (a / b) if b > 0 else "-"


def peak(cost):
    return "%.1f" % cost.peak_mib


def size(n):
    return "%.1f" % (n / 1e6)


def verdict(good):
    return "met" if good else "**missed**"


def peer_rows(table, base, functions, *arguments):
    """Peers with a ratio to the baseline, and one line that names those that did not run."""
    missing = []
    for function in functions:
        try:
            for label, cost in function(*arguments):
                table.row(label, "%.2f" % cost.cpu, ratio(cost.cpu, base) if base else "",
                          peak(cost), size(cost.size) if cost.size else "")
        except peers.Missing as gap:
            missing.append(str(gap))
    if missing:
        table.note("Not measured: %s." % ", ".join(missing))


# ---- row 1 --------------------------------------------------------------------------------------------

def mixed_of_corpus(folder, mib, path):
    """Alternating MiB of the text under a folder and of noise; what is short is taken again."""
    text = bytearray()
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if len(text) >= mib * MIB // 2:
            break
        if file.is_file() and not file.is_symlink():
            data = file.read_bytes()
            if data and b"\0" not in data[:4096]:
                text += data
    if not text:
        sys.exit("bench: no text under %s" % folder)
    with open(path, "wb") as out, open("/dev/urandom", "rb") as noise:
        for i in range(mib):
            at = (i // 2) * MIB % len(text)
            out.write(noise.read(MIB) if i % 2 else (text[at:at + MIB] + text[:MIB])[:MIB])


def row_seal(b, o, table):
    source, out = b.place / "mixed", b.place / "sealed"
    if o.corpus:
        mixed_of_corpus(o.corpus, o.mib, source)
    else:
        b.cost(b.helper("bench_data"), "mixed", o.mib, source)
    base, ours, ours_verified = [], [], []
    for _ in range(o.runs):
        base.append(b.cost(b.helper("bench_base"), source, out, out=out))
        remove(out)
        ours.append(b.cost(b.helper("bench_seal"), source, out, out=out))
        remove(out)
        ours_verified.append(b.cost(b.helper("bench_seal"), source, out, "verify", out=out))
        remove(out)
    base, ours, ours_verified = median(base), median(ours), median(ours_verified)
    table.section("1. Seal %d MiB (text and noise, 1 MiB each in turn), signed, for 5 readers" % o.mib,
                  "what", "CPU s", "ratio", "peak MiB", "MB out")
    table.row("baseline: zstd -3, XChaCha20-Poly1305; no signature, no readers", "%.2f" % base.cpu,
              "1", peak(base), size(base.size))
    table.row("**Valise**", "%.2f" % ours.cpu, "**%s**" % ratio(ours.cpu, base.cpu), peak(ours),
              size(ours.size))
    table.row("Valise, each piece read back and compared, as `pack` does", "%.2f" % ours_verified.cpu,
              ratio(ours_verified.cpu, base.cpu), peak(ours_verified), size(ours_verified.size))
    if o.peers:
        peer_rows(table, base.cpu, peers.SEAL, b, source)
    remove(source)
    table.note("Target: at most 1.30× and 32 MiB: %s, %s." % (
        verdict(ours.cpu <= 1.3 * base.cpu), verdict(ours.peak_mib <= 32)))


# ---- vaults ------------------------------------------------------------------------------------------

class Laptop:
    """A vault of the real program, unlocked by its agent so that no run pays for the passphrase."""

    def __init__(self, b, name):
        self.b, self.name, self.vault = b, name, b.place / name
        self.run("init", "--kdf", "floor", passphrase=True)
        self.run("unlock", passphrase=True)

    def run(self, *words, passphrase=False, out=None):
        command, fds, ends = [self.b.valise, "--vault", self.vault, "--quiet"], (), None
        if passphrase:
            ends = os.pipe()
            os.write(ends[1], (PASSPHRASE + "\n").encode())
            os.close(ends[1])
            command += ["--passphrase-fd", ends[0]]
            fds = (ends[0],)
        try:
            return self.b.cost(*command, *words, out=out, fds=fds)
        finally:
            if ends:
                os.close(ends[0])

    def helper(self, *words):
        cost = self.b.cost(self.b.helper("bench_vault"), self.vault, TYPE, *words,
                           text=PASSPHRASE + "\n")
        return cost, json.loads(self.b.stdout)

    def keep(self):
        self.kept = self.b.place / (self.name + "-kept")
        remove(self.kept)
        shutil.copytree(self.vault, self.kept, ignore=shutil.ignore_patterns("*.sock"))

    def put_back(self):
        """The files as they were, in the same folder: the agent knows the vault by its folder."""
        for file in self.vault.iterdir():
            if not file.is_socket() and file.name != "lock":
                file.unlink()
        for file in self.kept.iterdir():
            if not (self.vault / file.name).exists():
                shutil.copy2(file, self.vault / file.name)


def words_in(text):
    found = re.search(r"((?:[a-z-]+ ){8}[a-z-]+)\s*$", text, re.M)
    if not found:
        sys.exit("bench: no nine words in:\n" + text)
    return found.group(1)


def team_of_two(b):
    ana, ben = Laptop(b, "ana"), Laptop(b, "ben")
    join, invite = b.place / "ben.join", b.place / "ben.invite"
    ana.run("team", "new", "Desk", "--member", "Ana", "--sheet", b.place / "ana.sheet")
    ben.run("join", "--out", join, "--member", "Ben", "--sheet", b.place / "ben.sheet")
    words = words_in(b.stdout)
    ana.run("invite", join, "--role", "editor", "--out", invite, "--words", words)
    ben.run("join", invite, "--words", words_in(b.stdout))
    return ana, ben


def cross(b, giver, taker):
    """Everything the one has to the other, over a stick; gives both costs."""
    stick = b.place / "stick"
    remove(stick)
    packed = giver.run("pack", stick, out=stick)
    return packed, taker.run("unpack", stick)


def rows_vault(b, o, table):
    ana, ben = team_of_two(b)
    try:
        vault_fill(b, o, ana, ben)
        if {2, 3} & o.rows:
            rows_change(b, o, table, ana, ben)
        if 4 in o.rows:
            row_open(b, o, table, ana)
    finally:
        ana.run("lock")
        ben.run("lock")


def vault_fill(b, o, ana, ben):
    say("filling a vault with %d records" % o.records)
    cost, made = ana.helper("create", o.records)
    say("   made in %.2f s CPU, peak %s MiB" % (made["create_cpu"], peak(cost)))
    packed, taken = cross(b, ana, ben)
    say("   pack %.2f s, unpack into an empty vault %.2f s CPU, peak %s MiB" % (
        packed.cpu, taken.cpu, peak(taken)))
    o.first_unpack = taken
    cross(b, ben, ana)  # Ben says what he holds


def rows_change(b, o, table, ana, ben):
    framed, out = b.place / "framed", b.place / "sealed"
    b.cost(b.helper("bench_data"), "framed", o.records, framed, 1)
    ben.keep()
    same = b.place / "same"
    _, change = ana.helper("change", o.records, 1, same)
    base, base_same, pack, unpack = [], [], [], []
    for _ in range(o.runs):
        base.append(b.cost(b.helper("bench_base"), framed, out, out=out))
        remove(out)
        base_same.append(b.cost(b.helper("bench_base"), same, out, out=out))
        remove(out)
        ben.put_back()
        packed, taken = cross(b, ana, ben)
        pack.append(packed)
        unpack.append(taken)
    raw = size_of(framed)
    remove(framed, same)
    data = peer_data(b, o) if o.peers else None
    if 2 in o.rows:
        row_pack(b, o, table, (median(base), median(base_same)), change, median(pack), raw, data)
    if 3 in o.rows:
        row_merge(b, o, table, median(unpack), data)
    if data:
        remove(*data["all"])


def peer_data(b, o):
    """The same changes as files and as KeePass's XML, before and after."""
    files, changed = b.place / "files", b.place / "files-changed"
    xml = [b.place / "before.xml", b.place / "after.xml"]
    for at, folder in enumerate((files, changed)):
        folder.mkdir()
        b.cost(b.helper("bench_data"), "files", o.records, folder, at)
        b.cost(b.helper("bench_data"), "xml", o.records, xml[at], at)
    return {"files": files, "changed": changed, "xml": xml, "all": [files, changed, *xml]}


def row_pack(b, o, table, bases, change, pack, raw, data):
    base, same = bases
    whole = Cost(change["seal_cpu"] + pack.cpu, 0, pack.peak_mib, pack.size)
    table.section("2. Pack %d small changes (%.1f MB as JSON, %.0f bytes each)" % (
        o.records, raw / 1e6, raw / o.records), "what", "CPU s", "ratio", "peak MiB", "MB out")
    table.row("baseline: one framed stream, zstd -3, XChaCha20-Poly1305", "%.3f" % base.cpu, "1",
              peak(base), size(base.size))
    table.row("baseline over our own operations instead (%.1f MB; less to do)" % (
        change["plain_bytes"] / 1e6), "%.3f" % same.cpu, ratio(same.cpu, base.cpu), peak(same),
              size(same.size))
    table.row("**Valise**, sealing the entries and `valise pack`", "%.3f" % whole.cpu,
              "**%s**" % ratio(whole.cpu, base.cpu), peak(whole), size(whole.size))
    table.row("of it sealing %d entries (%.1f MB of operations)" % (
        change["entries"], change["plain_bytes"] / 1e6), "%.3f" % change["seal_cpu"],
              ratio(change["seal_cpu"], base.cpu), "", size(change["sealed_bytes"]))
    table.row("of it `valise pack`, the whole program", "%.3f" % pack.cpu, ratio(pack.cpu, base.cpu),
              peak(pack), size(pack.size))
    if data:
        peer_rows(table, base.cpu, peers.PACK, b, data["changed"], data["xml"])
    table.note("Target: at most 1.50× and 32 MiB: %s, %s; to the baseline over our own operations it is"
               " %s. Making the changes (checking, merging into"
               " the tables, the log) took %.2f s CPU more and is no part of the ratio." % (
                   verdict(whole.cpu <= 1.5 * base.cpu), verdict(whole.peak_mib <= 32),
                   ratio(whole.cpu, same.cpu),
                   change["change_cpu"] - change["seal_cpu"]))


def row_merge(b, o, table, unpack, data):
    table.section("3. Unpack and merge %d changes into a vault of %d records" % (o.records, o.records),
                  "what", "CPU s", "times Valise", "peak MiB", "MB out")
    table.row("**Valise** `valise unpack`, the whole program", "**%.2f**" % unpack.cpu, "1",
              peak(unpack), "")
    table.row("Valise, the same number of new records into an empty vault",
              "%.2f" % o.first_unpack.cpu, ratio(o.first_unpack.cpu, unpack.cpu),
              peak(o.first_unpack), "")
    if data:
        peer_rows(table, unpack.cpu, peers.MERGE, b, data["files"], data["changed"], data["xml"])
    table.note("Target for 100,000: at most 2 s CPU and 96 MiB: %s, %s." % (
        verdict(unpack.cpu <= 2 * o.records / 100000), verdict(unpack.peak_mib <= 96)))


def row_open(b, o, table, ana):
    index = ana.run("find", "fun")  # brings the word index up to date, once
    found = [ana.helper("read", "higas girve")[1] for _ in range(o.runs)]
    get = {key: statistics.median(f[key] for f in found) * 1000 for key in found[0]
           if key not in ("records", "rows", "hits")}
    table.section("4. Open a vault of %d records, list, search" % found[0]["records"],
                  "what", "ms of CPU", "target", "")
    for label, key, target in (
            ("open after the key: database, team, tables", "open", 200),
            ("list: 50 newest, first time in a process", "newest_first", 50),
            ("list: 50 most urgent of %d open ones, first time" % found[0]["records"],
             "list_first", 50),
            ("the same again", "list", 50),
            ("search: 50 best of two words, first time", "search_first", 100)):
        table.row(label, "**%.1f**" % get[key], "%d" % target, verdict(get[key] <= target))
    table.row("the key from the passphrase (Argon2id, floor of 64 MiB)", "%.0f" % get["kdf"], "", "")
    for verb, words in (("list", (TYPE, "--limit", "50")), ("find", ("higas girve",))):
        whole = median([ana.run(verb, *words) for _ in range(o.runs)])
        table.row("`valise %s`, the whole program" % verb, "%.0f" % (whole.cpu * 1000), "",
                  "%.0f ms on the clock, %s MiB" % (whole.wall * 1000, peak(whole)))
    table.row("first search after %d new and changed records: their words indexed" % o.records,
              "%.0f" % (index.cpu * 1000), "", "once")


def row_forget(b, o, table):
    """The clock, not CPU: somebody is at the door."""
    table.section("5. Forget the keys: `valise panic --now`, the whole program", "what",
                  "ms on the clock, median", "worst", "target", "")
    for label, hold in (("nobody holds the key", None), ("the agent holds it", signal.SIGCONT),
                        ("the agent holds it and hangs", signal.SIGSTOP)):
        took = []
        for at in range(max(o.runs, 3)):
            ana = Laptop(b, "panic-%s-%d" % (hold, at))
            if hold is None:
                ana.run("lock")
            else:
                os.kill(agent_of(ana.vault), hold)
            took.append(ana.run("panic", "--now").wall * 1000)
            remove(ana.vault)
        table.row(label, "**%.0f**" % statistics.median(took), "%.0f" % max(took), "1000",
                  verdict(max(took) <= 1000))


def agent_of(vault):
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"agent" in words and bytes(vault) in words:
                return int(folder.name)
    raise RuntimeError("no agent of %s" % vault)


# ---- all -----------------------------------------------------------------------------------------------

def options():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("build")
    parser.add_argument("--rows", default="1,2,3,4,5", type=lambda s: {int(n) for n in s.split(",")})
    parser.add_argument("--runs", type=int)
    parser.add_argument("--skip", default="", type=lambda s: set(s.split(",")))
    parser.add_argument("--corpus")
    parser.add_argument("--place")
    for flag in ("--quick", "--smoke", "--no-peers", "--write"):
        parser.add_argument(flag, action="store_true")
    o = parser.parse_args()
    o.peers = not (o.no_peers or o.smoke)
    peers.SKIPPED |= o.skip
    o.mib = 3 if o.smoke else 64 if o.quick else 1024
    o.records = 300 if o.smoke else 6250 if o.quick else 100000
    o.runs = o.runs or (1 if o.smoke else 3 if o.quick else 5)
    return o


def figures_write(lines):
    text = FIGURES.read_text()
    begin, end = "<!-- bench: begin -->", "<!-- bench: end -->"
    head, tail = text.split(begin)[0], text.split(end)[1]
    FIGURES.write_text(head + begin + "\n" + "\n".join(lines) + "\n" + end + tail)
    say("written: %s" % FIGURES)


def main():
    o = options()
    table = Table()
    words = [w for w in sys.argv[2:] if w != "--write"]
    shown = shlex.join(["./run", "bench", *words])
    table.lines = ["Measured %s on %s; load average %.1f at the start, so other programs shared"
                   " the cores.  " % (datetime.date.today(), machine(), os.getloadavg()[0]),
                   "Again: `%s`. Medians of %d interleaved runs; peers once." % (shown, o.runs)]
    with tempfile.TemporaryDirectory(prefix="valise-bench-", dir=o.place) as place:
        b = Bench(o.build, place)
        if 1 in o.rows:
            row_seal(b, o, table)
        if {2, 3, 4} & o.rows:
            rows_vault(b, o, table)
        if 5 in o.rows:
            row_forget(b, o, table)
        if (b.place / "gnupg").exists():
            subprocess.run(["gpgconf", "--kill", "all"], env=b.env, check=False)
    print("\n".join(table.lines))
    if o.write:
        figures_write(table.lines)


if __name__ == "__main__":
    main()
