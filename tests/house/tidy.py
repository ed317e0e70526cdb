#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The repository lints itself: sizes, banned calls, unfinished words, doors, docs, dead files.

A rule stands here only when a machine can hold it. docs/STYLE.md says why each exists.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|alloca|system|popen)\s*\(")
UNFINISHED = re.compile(r"\b(FIXME|XXX|HACK|not implemented|unimplemented|for now|placeholder|stub)\b", re.I)
FILE_LINES, FUNCTION_LINES, COLUMNS = 800, 100, 100
FLOORS = ("bundle-format", "offline", "online")


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", *patterns], cwd=TREE, capture_output=True, text=True,
                         check=True)
    return [TREE / line for line in out.stdout.splitlines() if (TREE / line).exists()]


def function_lengths(lines):
    """(first line, length) of each function body: a line '{' in column 0 up to a line '}'."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            yield start, number - start
            start = None


def complaints_source(path):
    name = path.relative_to(TREE)
    lines = path.read_text().split("\n")
    product = str(name).startswith(FLOORS)
    if product and len(lines) > FILE_LINES:
        yield f"{name}: {len(lines)} lines; are there two files in it?"
    if "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
        yield f"{name}:1: no licence line"
    for start, length in function_lengths(lines):
        if product and length > FUNCTION_LINES:
            yield f"{name}:{start}: a function of {length} lines"
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(4)) > COLUMNS:
            yield f"{name}:{number}: {len(line)} columns"
        if product and BANNED.search(line):
            yield f"{name}:{number}: unsafe call: {line.strip()}"
        if UNFINISHED.search(line):
            yield f"{name}:{number}: unfinished? {line.strip()}"


def complaints_rooms():
    for floor in FLOORS:
        for folder in sorted((TREE / floor).iterdir()):
            if not folder.is_dir():
                continue
            if not (folder / "README.md").exists():
                yield f"{floor}/{folder.name}: no README.md"
            door = folder / f"{folder.name}.h"
            if not door.exists():
                yield f"{floor}/{folder.name}: no door {folder.name}.h"
            listed = (folder / "CMakeLists.txt") if (folder / "CMakeLists.txt").exists() else (
                folder.parent / "CMakeLists.txt")
            words = listed.read_text()
            for source in folder.glob("*.c"):
                if source.name not in words:
                    yield f"{source.relative_to(TREE)}: dead file: not in {listed.relative_to(TREE)}"


def complaints_doors():
    """Each door compiles alone, in front of an empty file."""
    includes = [f"-I{d}" for floor in FLOORS for d in (TREE / floor).iterdir() if d.is_dir()]
    with tempfile.TemporaryDirectory() as folder:
        for floor in FLOORS:
            for room in sorted((TREE / floor).iterdir()):
                door = room / f"{room.name}.h"
                if not door.exists():
                    continue
                out = subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra",
                                      "-fsyntax-only", "-x", "c", *includes, "-include", door,
                                      "/dev/null"], capture_output=True, text=True, cwd=folder)
                if out.returncode != 0:
                    yield f"{door.relative_to(TREE)}: does not compile alone: {out.stderr[:300]}"


def complaints_clauses():
    """Every clause that the code cites exists in SPEC.md."""
    spec = (TREE / "bundle-format/SPEC.md").read_text()
    defined = set(re.findall(r"\[([FQ]-\d+[a-z]?)\]", spec))
    for path in tracked("bundle-format/*.c", "bundle-format/*.h", "offline/*.c", "offline/*.h"):
        for number, line in enumerate(path.read_text().split("\n"), 1):
            for clause in re.findall(r"\[([FQ]-\d+[a-z]?)\]|REFUSE\(cx, \w+, \"(Q-\d+)\"", line):
                if (clause[0] or clause[1]) not in defined:
                    yield f"{path.relative_to(TREE)}:{number}: cites {clause}, not in SPEC.md"


def complaints_docs():
    """Links between our own documents lead somewhere."""
    for path in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            if not (path.parent / target).exists():
                yield f"{path.relative_to(TREE)}: link to nothing: {target}"


def complaints_root():
    allowed = {"offline", "online", "bundle-format", "tests", "docs", "CMakeLists.txt", "README.md",
               "LICENSE", "run"}
    out = subprocess.run(["git", "ls-tree", "--name-only", "HEAD"], cwd=TREE, capture_output=True,
                         text=True, check=True)
    for name in out.stdout.split():
        if name not in allowed and not name.startswith("."):
            yield f"{name}: not a name for the top level"


def main():
    found = []
    for path in tracked("*.c", "*.h"):
        found += complaints_source(path)
    for check in (complaints_rooms, complaints_doors, complaints_clauses, complaints_docs,
                  complaints_root):
        found += check()
    for line in found:
        print(f"tidy: {line}", file=sys.stderr)
    if not found:
        print("tidy: the tree keeps its own rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
