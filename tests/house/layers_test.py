#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the layer check can fail: plants one violation of each kind and expects a complaint.

usage: layers_test.py BUILD_FOLDER
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]


def check(*arguments):
    out = subprocess.run([sys.executable, HERE / "layers.py", *map(str, arguments)],
                         capture_output=True, text=True)
    return out.returncode, out.stderr


def planted_include(room, header):
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        for floor in ("bundle-format", "offline", "online"):
            shutil.copytree(TREE / floor, tree / floor)
        (tree / room / "planted.c").write_text(f'#include "{header}"\n')
        code, words = check("none", "--tree", tree, "--includes-only")
        return code != 0 and "planted.c:1" in words


def planted_room():
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        for floor in ("bundle-format", "offline", "online"):
            shutil.copytree(TREE / floor, tree / floor)
        (tree / "offline/attic").mkdir()
        code, words = check("none", "--tree", tree, "--includes-only")
        return code != 0 and "offline/attic" in words


def planted_call(build, where, source):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "build"
        for path in build.rglob("*.o"):
            to = copy / path.relative_to(build)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
        code_file = pathlib.Path(folder) / "planted.c"
        code_file.write_text(source)
        subprocess.run(["gcc", "-c", code_file, "-o", copy / where / "planted.c.o"], check=True)
        code, words = check(copy, "--objects-only")
        return code != 0 and "planted.c.o" in words


def main():
    build = pathlib.Path(sys.argv[1])
    cases = {
        "wire opens a door of the offline floor": lambda: planted_include("bundle-format/wire", "vault.h"),
        "base opens wire (upwards)": lambda: planted_include("bundle-format/base", "wire.h"),
        "the courier opens sealed": lambda: planted_include("online/courier", "sealed.h"),
        "vault opens team (upwards)": lambda: planted_include("offline/vault", "team.h"),
        "a room nobody planned": planted_room,
        "offline calls getaddrinfo": lambda: planted_call(
            build, "offline/team", "int getaddrinfo(void);int planted(void);int planted(void){return getaddrinfo();}"),
        "offline calls socket outside local-socket.c": lambda: planted_call(
            build, "offline/vault", "int socket(int,int,int);int planted(void);int planted(void){return socket(1,1,0);}"),
        "online decrypts": lambda: planted_call(
            build, "online", "int crypto_secretbox_open_easy(void);int planted(void);int planted(void){return crypto_secretbox_open_easy();}"),
        "online opens a database": lambda: planted_call(
            build, "online", "int sqlite3_open(void);int planted(void);int planted(void){return sqlite3_open();}"),
    }
    failed = [name for name, planted in cases.items() if not planted()]
    for name in failed:
        print(f"layers_test: not noticed: {name}", file=sys.stderr)
    print(f"layers_test: {len(cases) - len(failed)} of {len(cases)} planted violations were noticed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
