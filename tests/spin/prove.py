#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves the models of this folder with Spin, exhaustively, and that their mutants are caught.

    prove.py [MODEL...]        without a name: all; prints a table

A model's promises are its assertions, its end states, and its `ltl` claims (searched for cycles,
with weak fairness). Its mutants are the lines ` * MUTANT_NAME: what is wrong` of its head: each is a
rule left out, and a search that finds no error in it fails here. A search that did not see every
state, took more than the bounds below, or stopped for any reason but a broken promise, fails too.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MEMORY_MB = 500
SECONDS = 20        # of CPU time for one search
DEPTH = 10000
CAUGHT = re.compile(r"^pan:\d+: (assertion violated|acceptance cycle|invalid end state)(.*)", re.M)
ACCIDENT = ("invalid array index", "out of memory", "too small", "MEMLIM")


def run(command, folder, what, limit=600):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        sys.exit(f"prove: error: {what} failed\n{done.stdout}{done.stderr}")
    return done.stdout


class Search:
    """One exhaustive search of one model, mutated or not, for one claim or for all assertions."""

    def __init__(self, model, mutant, claim):
        self.model, self.mutant, self.claim = model, mutant, claim
        with tempfile.TemporaryDirectory(prefix="valise-spin-") as name:
            folder = pathlib.Path(name)
            for source in (*HERE.glob("*.pml"), *HERE.glob("*.inc")):
                shutil.copy(source, folder)
            self.search(folder)

    def search(self, folder):
        label = f"{self.model} {self.mutant or ''} {self.claim or ''}"
        define = [f"-D{self.mutant}"] if self.mutant else []
        run(["spin", *define, "-a", f"{self.model}.pml"], folder, f"spin on {label}")
        kind = ["-DNFAIR=3"] if self.claim else ["-DSAFETY", "-DNOCLAIM"]
        run(["gcc", "-O1", "-w", f"-DMEMLIM={MEMORY_MB}", *kind, "-o", "pan", "pan.c"], folder,
            f"gcc on {label}")
        options = ["-a", "-f", "-N", self.claim] if self.claim else []
        with open(folder / "answer", "w+") as answer:
            started = subprocess.Popen(["./pan", f"-m{DEPTH}", *options], cwd=folder, stdout=answer,
                                       stderr=subprocess.STDOUT)
            _, _, usage = os.wait4(started.pid, 0)
            started.returncode = 0
            answer.seek(0)
            text = answer.read()
        self.seconds = usage.ru_utime + usage.ru_stime
        broken = CAUGHT.search(text)
        self.caught = broken.group(1) if broken else None
        self.accident = next((a for a in ACCIDENT if a in text), None)
        self.complete = "Search not completed" not in text
        self.states = self.number(r"(\d[\d.e+]*) states, stored", text)
        self.depth = self.number(r"depth reached (\d+)", text)
        self.memory = self.number(r"([\d.]+)\s+total actual memory", text)

    @staticmethod
    def number(pattern, text):
        found = re.search(pattern, text)
        if not found:
            sys.exit(f"prove: error: unexpected answer of the search:\n{text}")
        return float(found.group(1))

    def good(self):
        """A model: every state seen, nothing broken. A mutant: a promise broken, by no accident."""
        if self.mutant:
            return self.caught is not None and self.accident is None
        return (self.caught is None and self.complete and self.accident is None and
                self.memory <= MEMORY_MB and self.seconds <= SECONDS)

    def verdict(self):
        if self.mutant:
            return f"caught: {self.caught}" if self.good() else "NOT CAUGHT"
        if self.good():
            return "proven"
        return f"FAILED: {self.caught or self.accident or 'over the bounds or not complete'}"

    def row(self):
        name = f"  without: {self.mutant[7:]}" if self.mutant else f"{self.model}"
        what = self.claim or "assertions"
        return (f"{name:<30} {what:<12} {self.states:>9,.0f} {self.depth:>6.0f} "
                f"{self.memory:>7.1f} {self.seconds:>6.1f}  {self.verdict()}")


def claims_of(source):
    """Claims in the order they stand; None is the search for assertions and end states alone."""
    named = re.findall(r"^ltl (\w+)", source, re.M)
    return [None] + named


def prove(job):
    model, mutant, claims = job
    searches = []
    for claim in claims:
        searches.append(Search(model, mutant, claim))
        if mutant and searches[-1].caught:
            return searches[-1:]
    return searches[-1:] if mutant else searches


def main():
    names = sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.pml"))
    if shutil.which("spin") is None or shutil.which("gcc") is None:
        sys.exit("prove: error: spin and gcc are needed\nhint: apt-get install spin gcc")
    jobs = []
    for name in names:
        source = (HERE / f"{name}.pml").read_text()
        mutants = re.findall(r"^ \* (MUTANT_\w+):", source, re.M)
        code = source + "".join(p.read_text() for p in HERE.glob("*.inc"))
        unused = [m for m in mutants if not re.search(rf"^#ifn?def {m}$", code, re.M)]
        if not mutants or unused:
            sys.exit(f"prove: error: {name}: no mutant, or none of its code is theirs: {unused}")
        jobs += [(name, mutant, claims_of(source)) for mutant in (None, *mutants)]
    print(f"{'model':<30} {'promise':<12} {'states':>9} {'depth':>6} {'MiB':>7} {'CPU s':>6}"
          "  verdict")
    failed = 0
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for searches in pool.map(prove, jobs):
            for search in searches:
                print(search.row(), flush=True)
                failed += not search.good()
    print(f"{len(jobs)} models and mutants in {time.monotonic() - started:.0f} s, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
