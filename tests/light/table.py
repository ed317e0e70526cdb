#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The light channel's tables: every profile, in every condition, before every camera.

usage: table.py BUILD_FOLDER [--quick] [--long SYMBOLS] [--only WORD] [--write FILE]

Writes the tables on stdout, and with --write between the markers of docs/figures.md. Each number is
from light_table: the real renderer, the simulated camera, the real eye, the real reception, and what
is read is held against what stood on the display, byte by byte. --quick takes few pictures of each;
--long goes on until that many symbols were read and only counts wrong ones.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

LEVELS = ("good", "fair", "poor")
CAMERAS = ("720p30", "1080p30", "1080p60")
SINGLE = "1x1v40@10"  # one code, as large as they come
PROFILES = {  # name: its layout in words, pieces of 16 KiB for some two seconds of film
    "safe": ("1×1 v15, 5/s", 1), "calm": ("3×2 v25, 3/s", 2), "web720": ("2×1 v25, 20/s", 6),
    "std": ("3×2 v25, 20/s", 18), "dense": ("3×2 v33, 20/s", 28), "fast60": ("3×2 v30, 40/s", 45),
    "fast60d": ("4×2 v30, 40/s", 60), SINGLE: ("1×1 v40, 10/s", 4),
    "4x2v36@20": ("4×2 v36, 20/s", 45), "4x2v36@40": ("4×2 v36, 40/s", 90)}  # beyond the profiles
MARKS = ("<!-- light: begin -->", "<!-- light: end -->")
WORKERS = 2  # cores that look, in the tables of rates
MIB = 64     # pieces of 16 KiB


class Bench:
    def __init__(self, build, quick, only):
        self.programs = pathlib.Path(build) / "tests/light"
        self.quick, self.only = quick, only
        self.read = self.wrong = 0
        # one at a time would do; as many as there are cores is sooner, and CPU time is the same
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())

    def run(self, *words):
        env = {**os.environ, "LIGHT_DISPLAY": str(self.programs / "light_display")}
        done = subprocess.run([str(self.programs / "light_table"), *map(str, words)], env=env,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit("table: error: %s: %s" % (" ".join(map(str, words)), done.stderr))
        row = json.loads(done.stdout)
        self.read += row["read"]
        self.wrong += row["wrong"]
        return row

    def wanted(self, name):
        return self.only is None or self.only in name

    def later(self, *words):
        return self.pool.submit(self.run, *words)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def percent(part, whole):
    share = 100 * part / whole
    return "100" if part == whole else "%.1f" % share if share > 99 else "%.0f" % share


def table_codes(bench):
    """Stills: what share of the codes is read, each picture from another place."""
    count = 6 if bench.quick else 15
    jobs = {(name, camera, level): bench.later("stills", name, level, camera, count, 1)
            for name in PROFILES if bench.wanted(name)
            for camera in CAMERAS[:2] for level in LEVELS}
    rows = []
    for name, (layout, _) in PROFILES.items():
        for camera in CAMERAS[:2]:
            got = [jobs[name, camera, level].result() for level in LEVELS
                   if (name, camera, level) in jobs]
            if got:
                rows.append([name, layout, camera, "/".join("%.1f" % g["module"] for g in got)] +
                            ["%s (%s)" % (percent(g["eye"], g["codes"]),
                                          percent(g["plain"], g["codes"])) for g in got] +
                            ["%.0f (%.0f)" % (got[1]["eye_ms"], got[1]["plain_ms"])])
    return "Codes read, %% (zbar alone, %%); %d canvases a cell, each from another place.\n\n" % count + \
        table(["profile", "layout", "camera", "dots a module", *LEVELS, "ms fair (zbar alone)"], rows)


def table_rates(bench):
    """Streams: what the whole chain brings, on two cores."""
    jobs = {}
    for name, (_, pieces) in PROFILES.items():
        if bench.wanted(name):
            for camera in CAMERAS:
                for level in LEVELS:
                    jobs[name, camera, level] = bench.later(
                        "transfer", name, level, camera, max(1, pieces // 4) if bench.quick else pieces,
                        WORKERS, 1)
    rows = []
    for name, (layout, pieces) in PROFILES.items():
        for camera in CAMERAS:
            got = [jobs[name, camera, level].result() for level in LEVELS
                   if (name, camera, level) in jobs]
            if got:
                rows.append([name, layout, camera] +
                            ["%.1f" % g["kb_per_s"] if g["done"] else "–" for g in got] +
                            ["%.1f" % g["picture_ms"] for g in got[1:2]] +
                            ["%.0f %%" % (100 * g["lost"] / (g["lost"] + g["looked"]))
                             for g in got[1:2]])
    return ("KB/s of parcel, from the first picture to the checked parcel, net of everything; parcels of "
            "16 KiB to 1.4 MiB, %d cores looking.\n\n" % WORKERS) + \
        table(["profile", "layout", "camera", *LEVELS, "ms a picture, fair", "pictures left out"], rows)


TARGETS = [  # words, profile, level, camera, what is measured, target
    ("1 MiB, fair 1080p30", "std", "fair", "1080p30", "seconds", 8),
    ("1 MiB, fair 1080p30", "dense", "fair", "1080p30", "seconds", 8),
    ("1 MiB, good 1080p60", "fast60", "good", "1080p60", "seconds", 2.6),
    ("1 MiB, good 1080p60", "fast60d", "good", "1080p60", "seconds", 2.4),
    ("1 MiB, good 1080p60", "4x2v36@40", "good", "1080p60", "seconds", 2.4),
    ("1 MiB, fair 720p30", "web720", "fair", "720p30", "kb_per_s", 45),
]


def table_targets(bench):
    seeds = range(1, 2 if bench.quick else 4)
    pieces = 16 if bench.quick else MIB
    jobs = [[bench.later("transfer", name, level, camera, pieces, WORKERS, seed) for seed in seeds]
            for _, name, level, camera, _, _ in TARGETS]
    rows = []
    for (words, name, _, _, what, target), runs in zip(TARGETS, jobs):
        got = [run.result() for run in runs]
        values = sorted(g[what] for g in got)
        middle = values[len(values) // 2]
        met = all(g["done"] for g in got) and (
            middle <= target if what == "seconds" else middle >= target)
        unit = "s" if what == "seconds" else "KB/s"
        rows.append([words, name, "%s %g %s" % ("≤" if what == "seconds" else "≥", target, unit),
                     "%.1f %s (%.1f–%.1f)" % (middle, unit, values[0], values[-1]),
                     "%.1f s" % (sum(g["cpu"] for g in got) / len(got)),
                     "met" if met else "**missed**"])
    return "%d KiB; the middle of %d runs from other places.\n\n" % (16 * pieces, len(seeds)) + \
        table(["what", "profile", "target", "seen", "CPU of looking", ""], rows)


def table_slow(bench):
    """Screens whose dots take their time."""
    times, profiles = (0, 5, 10, 20, 40), ("std", "dense")
    jobs = {(name, ms): bench.later("transfer", name, "fair", "1080p30", PROFILES[name][1] // (
        4 if bench.quick else 1), WORKERS, 2, ms) for name in profiles for ms in times}
    got = {at: job.result() for at, job in jobs.items()}
    rows = [[name] + ["%.1f" % got[name, ms]["kb_per_s"] if got[name, ms]["done"] else "–"
                      for ms in times] for name in profiles]
    return "KB/s, fair 1080p30, before a screen whose dots are 63 % at their new grey after so many ms.\n\n" + \
        table(["profile"] + ["%d ms" % ms for ms in times], rows)


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), platform.machine())
    return "Measured %s on %d cores of %s, load average %.0f at the end: CPU times are of a busy " \
        "machine.\n" % (datetime.date.today(), os.cpu_count(), cpu, os.getloadavg()[0])


def long_run(bench, symbols):
    """Streams of every profile in every condition, until that many symbols were read."""
    seed = 1000
    while bench.read < symbols:
        jobs = [bench.later("transfer", name, level, camera, 4 * pieces, 0, seed + i)
                for i, (name, level, camera, pieces) in enumerate(
                    (name, level, camera, pieces) for name, (_, pieces) in PROFILES.items()
                    if name not in ("safe", "calm") and bench.wanted(name)
                    for camera in CAMERAS[1:] for level in LEVELS[:2])]
        for job in jobs:
            job.result()
            print("light: %d symbols read, %d wrong" % (bench.read, bench.wrong), file=sys.stderr,
                  flush=True)
            if bench.read >= symbols:
                break
        for job in jobs:
            job.cancel()
        seed += len(jobs)
    print("%d symbols read, %d wrong" % (bench.read, bench.wrong))
    return 1 if bench.wrong else 0


def write_between_marks(path, text):
    whole = path.read_text()
    before, rest = whole.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    path.write_text(before + MARKS[0] + "\n" + text + MARKS[1] + after)


def main():
    words = argparse.ArgumentParser()
    words.add_argument("build")
    words.add_argument("--quick", action="store_true")
    words.add_argument("--long", type=int, metavar="SYMBOLS")
    words.add_argument("--only", metavar="WORD")
    words.add_argument("--write", type=pathlib.Path, metavar="FILE")
    given = words.parse_args()
    bench = Bench(given.build, given.quick, given.only)
    if given.long:
        return long_run(bench, given.long)
    parts = [table_targets(bench)] if given.only is None else []
    parts += [table_codes(bench), table_rates(bench)]
    parts += [table_slow(bench)] if given.only is None else []
    text = machine() + "\n" + "\n".join(parts) + \
        "\nSymbols read while this was measured: %d; with a wrong byte: %d.\n" % (bench.read, bench.wrong)
    print(text)
    if given.write:
        write_between_marks(given.write, text)
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
