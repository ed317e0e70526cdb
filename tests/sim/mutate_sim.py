#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants the mistakes of mutations.txt into rooms of the program, one after the other, and lets the
simulator live with each: which seed sees it, and which oracle says what. A mistake that no seed sees
is a failure.

Works in copies of the tree below build/mutate, so that a mistake rebuilds one file and one program.

usage: mutate_sim.py [--seeds N] [--jobs J] [WORD]     WORD: only mistakes that say it
"""
import argparse
import concurrent.futures
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
sys.path.append(str(TREE / "tests/support"))
from mutations import mutations  # noqa: E402
CHUNK = 8
SECONDS = 300


class Bench:
    """A copy of the tree, built once."""

    def __init__(self, number):
        self.tree = TREE / "build/mutate" / str(number)
        self.build = self.tree / "build"
        files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                                "--exclude-standard"], cwd=TREE, check=True,
                               capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, files):
            target = self.tree / name
            source = TREE / name
            if not source.is_file():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != source.read_bytes():
                shutil.copy(source, target)
        if not (self.build / "build.ninja").exists():
            subprocess.run(["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja",
                            "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                            "-DVALISE_TESTS=ON", "-DCMAKE_C_FLAGS=-Wno-error"],
                           check=True, stdout=subprocess.DEVNULL)
        self.make()

    def make(self):
        made = subprocess.run(["ninja", "-C", self.build, "-j1", "sim"], capture_output=True,
                              text=True)
        if made.returncode != 0:
            raise SystemExit("mutate_sim: does not build:\n" + made.stdout[-3000:])

    def live(self, seed, count):
        """What went wrong in these seeds; None: nothing."""
        env = dict(os.environ)
        if os.access("/dev/shm", os.W_OK):
            env["TMPDIR"] = "/dev/shm"
        try:
            run = subprocess.run([self.build / "tests/sim/sim", "--seed", str(seed), "--count",
                                  str(count)], env=env, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "it does not end"
        if run.returncode == 0:
            return None
        told = run.stderr.decode(errors="replace")
        said = re.findall(r"^seed \d+: (?!ended here).*|^  fault: .*", told, re.M)
        return said[-1].strip() if said else f"ended with {run.returncode}: {told[-200:]}"

    def seen(self, mutation, seeds):
        path = self.tree / mutation.file
        text = path.read_text()
        if text.count(mutation.before + "\n") != 1:
            raise SystemExit(f"mutations.txt: not once in {mutation.file}: {mutation.before}")
        path.write_text(text.replace(mutation.before + "\n", mutation.after + "\n"))
        try:
            self.make()
            for at in range(0, len(seeds), CHUNK):
                said = self.live(seeds[at], min(CHUNK, len(seeds) - at))
                if said is not None:
                    return said, at + CHUNK
            return None, len(seeds)
        finally:
            path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("word", nargs="?", default="")
    args = parser.parse_args()
    chosen = [m for m in mutations(HERE / "mutations.txt") if args.word in m.name]
    seeds = range(1, args.seeds + 1)
    benches = queue.Queue()
    for number in range(min(args.jobs, len(chosen))):
        benches.put(Bench(number))
    bench = benches.queue[0]
    for at in range(0, min(4 * CHUNK, len(seeds)), CHUNK):
        said = bench.live(seeds[at], CHUNK)
        if said is not None:
            raise SystemExit(f"mutate_sim: it fails without any mistake: {said}")

    def one(mutation):
        bench = benches.get()
        try:
            return bench.seen(mutation, seeds)
        finally:
            benches.put(bench)

    alive = 0
    with concurrent.futures.ThreadPoolExecutor(benches.qsize()) as pool:
        for mutation, (said, tried) in zip(chosen, pool.map(one, chosen)):
            alive += said is None
            print(f"{mutation.file}: {mutation.name}\n    "
                  f"{said or f'NOBODY in {tried} seeds'}", flush=True)
    print(f"mutate_sim: {len(chosen) - alive} of {len(chosen)} mistakes seen")
    return 1 if alive or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
