#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the simulator over many seeds on all processors and says which seeds failed.

usage: many.py SIM [--count N] [--seed S] [--steps K]
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

CHUNK = 25


def run(sim, seed, count, steps):
    shm = "/dev/shm"
    env = dict(os.environ, TMPDIR=shm) if os.access(shm, os.W_OK) else None
    return subprocess.run([sim, "--seed", str(seed), "--count", str(count), "--steps", str(steps)],
                          env=env, capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sim")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40)
    a = parser.parse_args()
    end, started = a.seed + a.count, time.monotonic()
    failed, sums = [], {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        chunks = [(s, min(CHUNK, end - s)) for s in range(a.seed, end, CHUNK)]
        for r in pool.map(lambda c: run(a.sim, *c, a.steps), chunks):
            if r.returncode != 0:
                failed.append(r.stderr.strip() or r.stdout.strip())
            for number, what in re.findall(r"(\d+) ([a-z ]+?)(?:,|;|\n|$)", r.stdout):
                sums[what.strip()] = sums.get(what.strip(), 0) + int(number)
    print(f"{a.count} seeds from {a.seed}, {a.steps} steps each, "
          f"{time.monotonic() - started:.0f} s, {len(failed)} failed")
    for what, number in sums.items():
        print(f"  {number:9} {what}")
    for text in failed[:5]:
        print(text, file=sys.stderr)
    if failed:
        print("again: sim --verbose --count 1 --seed SEED", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
