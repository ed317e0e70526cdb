#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the simulator over many seeds on all processors and says which seeds failed, each at once, and
every minute how far it is. Seeds after a failed one are run all the same.

usage: many.py SIM [--count N] [--seed S] [--steps K] [--plain]
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

CHUNK = 25
SECONDS_BETWEEN = 60


def run(sim, seed, count, more):
    """The programs' outcomes: one, or as many as seeds failed and what was left."""
    shm = "/dev/shm"
    env = dict(os.environ, TMPDIR=shm) if os.access(shm, os.W_OK) else None
    done = []
    while count > 0:
        done.append(subprocess.run(
            [sim, "--seed", str(seed), "--count", str(count), *more],
            env=env, capture_output=True, text=True))
        failed = re.search(r"^seed (\d+):", done[-1].stderr, re.MULTILINE)
        if done[-1].returncode == 0 or failed is None:
            break
        count -= int(failed[1]) + 1 - seed
        seed = int(failed[1]) + 1
    return done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sim")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--plain", action="store_true")
    a = parser.parse_args()
    more = ["--steps", str(a.steps), *(["--plain"] if a.plain else [])]
    end, started = a.seed + a.count, time.monotonic()
    failed, sums, said = [], {}, started
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        chunks = [(s, min(CHUNK, end - s)) for s in range(a.seed, end, CHUNK)]
        for chunk, done in zip(chunks, pool.map(lambda c: run(a.sim, *c, more), chunks)):
            for r in done:
                if r.returncode != 0:
                    failed.append(r.stderr.strip() or f"seeds from {chunk[0]}: {r.stdout.strip()}")
                    print(failed[-1], file=sys.stderr, flush=True)
                for number, what in re.findall(r"(\d+) ([a-z ]+?)(?:,|;|\n|$)", r.stdout):
                    sums[what.strip()] = sums.get(what.strip(), 0) + int(number)
            if time.monotonic() - said > SECONDS_BETWEEN:
                said = time.monotonic()
                print(f"up to seed {sum(chunk) - 1}, {len(failed)} failed", file=sys.stderr, flush=True)
    print(f"{a.count} seeds from {a.seed}, {a.steps} steps each, "
          f"{time.monotonic() - started:.0f} s, {len(failed)} failed")
    for what, number in sums.items():
        print(f"  {number:9} {what}")
    if failed:
        print("again: sim --verbose --count 1 --seed SEED", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
