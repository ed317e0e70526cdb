#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The model against itself: scenarios, properties of random histories, mutants of the rules.

    run_model.py <histories> [<first seed>]
"""
import random
import sys

import mutants
import properties
import scenarios


def main():
    count = int(sys.argv[1])
    first = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    print(f"seed {first}, {count} histories", flush=True)
    failed = scenarios.main()
    for name, seed, problem in properties.run(count, first):
        failed = 1
        print(f"{name}: seed {seed}: {type(problem).__name__}: {problem}", flush=True)
    sys.argv[1:] = []
    return mutants.main() or failed


if __name__ == "__main__":
    sys.exit(main())
