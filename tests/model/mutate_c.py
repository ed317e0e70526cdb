#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants the mistakes of mutations.txt into the resolver, one after the other, and shows which test
sees each: the unit test, or histories of the model. A mistake that nobody sees is a failure.

Builds this room and its two tests with a plain compiler, apart from any build folder.

usage: mutate_c.py [--histories N] [--seed S] [--jobs J] [WORD]     WORD: only mistakes that say it
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
sys.path.append(str(TREE / "tests/support"))
from mutations import mutations  # noqa: E402
ROOM = TREE / "offline/authority"
FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-O1", "-w", f"-I{ROOM}", f"-I{TREE}/bundle-format/base",
         f"-I{TREE}/bundle-format/wire", f"-I{TREE}/tests/support"]
UNIT = [TREE / "tests/unit/test_authority.c", TREE / "tests/support/check.c",
        TREE / "tests/support/machine.c"]
DIFF = [HERE / "test_authority_diff.c"]
SECONDS = 120


def compiled(source, to, include_first=None):
    extra = [f"-I{include_first}"] if include_first else []
    subprocess.run(["gcc", *extra, *FLAGS, "-c", source, "-o", to], check=True)
    return to


class Bench:
    """Everything that stays the same: objects of the room and of the tests, and the histories."""

    def __init__(self, folder, histories, seed):
        self.folder = pathlib.Path(folder)
        base = sorted((TREE / "bundle-format/base").glob("*.c"))
        self.room = {p.name: compiled(p, self.folder / f"{p.stem}.room.o")
                     for p in sorted(ROOM.glob("*.c"))}
        self.base = [compiled(p, self.folder / f"{p.stem}.base.o") for p in base]
        self.unit = [compiled(p, self.folder / f"{p.stem}.unit.o") for p in UNIT]
        self.diff = [compiled(p, self.folder / f"{p.stem}.diff.o") for p in DIFF]
        self.histories = self.folder / "histories"
        with self.histories.open("w") as out:
            subprocess.run([sys.executable, HERE / "emit.py", str(histories), str(seed)],
                           stdout=out, check=True)

    def fails(self, objects, name, feed):
        program = self.folder / name
        subprocess.run(["gcc", "-Wl,--wrap=mem_new" if not feed else "-pipe", *objects, *self.base,
                        "-lsodium", *([] if feed else ["-lcmocka"]), "-o", program], check=True)
        with (self.histories.open() if feed else open(os.devnull)) as stdin:
            try:
                run = subprocess.run([program], stdin=stdin, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, timeout=SECONDS)
            except subprocess.TimeoutExpired:
                return True
        program.unlink()
        return run.returncode != 0

    def seen(self, number, mutation):
        """(by the unit test, by the histories)"""
        room = dict(self.room)
        if mutation:
            text = (ROOM / mutation.file).read_text()
            if text.count(mutation.before + "\n") != 1:
                raise SystemExit(f"mutations.txt: not once in {mutation.file}: {mutation.before}")
            source = self.folder / f"{number}-{mutation.file}"
            source.write_text(text.replace(mutation.before + "\n", mutation.after + "\n"))
            room[mutation.file] = compiled(source, self.folder / f"{number}.o")
        objects = list(room.values())
        return (self.fails(objects + self.unit, f"unit{number}", False),
                self.fails(objects + self.diff, f"diff{number}", True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--histories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=5000001)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("word", nargs="?", default="")
    args = parser.parse_args()
    print(f"mutate_c: {args.histories} histories from seed {args.seed}")
    chosen = [m for m in mutations(HERE / "mutations.txt") if args.word in m.name]
    alive = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, args.histories, args.seed)
        if any(bench.seen("as-it-is", None)):
            raise SystemExit("mutate_c: the tests fail without any mistake")
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            for mutation, (unit, diff) in zip(chosen, pool.map(bench.seen, range(len(chosen)),
                                                               chosen)):
                by = [word for word, seen in (("unit", unit), ("model", diff)) if seen]
                alive += not by
                print(f"{' and '.join(by) or 'NOBODY':15} {mutation.file:15} {mutation.name}")
    print(f"mutate_c: {len(chosen) - alive} of {len(chosen)} mistakes seen")
    return 1 if alive or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
