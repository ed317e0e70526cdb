#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The light channel in small: what the tables of docs/figures.md promise, with few pictures.

Read through the eye: one version 40 code in fair conditions at least 95 %, the dense canvas in good
ones at least 98 %; a parcel crosses a stream in fair conditions, at no less than eight tenths of what
the display gives; the eye needs less CPU than zbar alone; and no byte is ever wrong.

usage: test_light.py BUILD_FOLDER
"""
import sys

import table


def main():
    bench = table.Bench(sys.argv[1], True, None)
    single = bench.later("stills", table.SINGLE, "fair", "1080p30", 20, 7)
    dense = bench.later("stills", "dense", "good", "1080p30", 9, 7)
    film = bench.later("transfer", "std", "fair", "1080p30", 16, 0, 7)
    small = bench.later("transfer", "web720", "fair", "720p30", 6, 0, 7)
    single, dense, film, small = single.result(), dense.result(), film.result(), small.result()
    print(single, dense, film, small, sep="\n")
    assert single["eye"] >= 0.95 * single["codes"], single
    assert single["eye"] > single["plain"], single  # or the eye would not be needed
    assert dense["eye"] >= 0.98 * dense["codes"], dense
    assert single["eye_ms"] < single["plain_ms"], single
    for run, capacity in ((film, 6 * 20), (small, 2 * 20)):
        assert run["done"], run
        symbols_a_second = run["symbols"] / run["seconds"]
        assert symbols_a_second > 0.8 * capacity, (symbols_a_second, run)
    assert bench.wrong == 0 and bench.read > 300, (bench.read, bench.wrong)


if __name__ == "__main__":
    main()
