#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The layer check: dependencies run one way, and the machine code proves it.

Three questions, asked of what was built, not of what was meant:
 1. Does a room include only the doors it may open (USES below), as the house plan says?
 2. Do offline rooms call the network? No connect, getaddrinfo...; socket only in local-socket.c.
 3. Does the online program, or the one that shows codes, hold a call that decrypts, signs or opens
    a database? Does a program with secrets link a library that reads or draws pictures?

usage: layers.py BUILD_FOLDER [--tree FOLDER]
"""
import pathlib
import re
import subprocess
import sys

# The house plan (docs/architecture.md): a room may open these doors and no others.
MAY_OPEN = {
    "bundle-format/base": [],
    "bundle-format/wire": ["base"],
    "bundle-format/piece": ["base"],
    "bundle-format/sealed": ["piece", "wire", "base"],
    "bundle-format/frames": ["base"],
    "offline/guard": ["base"],
    "offline/paper": ["light", "frames", "guard", "base"],
    "offline/eye": ["frames", "guard", "base"],
    "offline/show": ["frames", "paper", "guard", "base"],
    "offline/light": ["guard", "frames", "piece", "base"],
    "offline/keys": ["guard", "sealed", "piece", "wire", "base"],
    "offline/vault": ["guard", "base"],
    "offline/schema": ["wire", "base"],
    "offline/authority": ["base"],
    "offline/team": ["authority", "keys", "vault", "guard", "sealed", "piece", "wire", "base"],
    "offline/records": ["schema", "team", "keys", "vault", "sealed", "piece", "wire", "base"],
    "offline/kits": ["schema", "keys", "records", "sealed", "piece", "wire", "base"],
    "offline/exchange": ["kits", "records", "schema", "team", "keys", "vault", "sealed", "piece",
                         "wire", "base"],
    "offline/transfer": ["records", "schema", "team", "keys", "vault", "guard", "sealed", "piece",
                         "wire", "base"],
    "offline/cmd": ["exchange", "kits", "transfer", "records", "schema", "team", "keys", "vault",
                    "light", "paper", "guard", "base", "frames", "sealed", "piece", "wire"],
    "online/courier": ["frames", "piece", "base"],
}
ALSO_HEADERS = {"base": ["limits"]}

NETWORK = re.compile(r"^(connect|getaddrinfo|gethostby\w+|getnameinfo|res_\w+|socket|socketpair|"
                     r"bind|listen|accept4?|sendto|recvfrom|sendmsg|recvmsg)$")
LOCAL_SOCKET = {"socket", "bind", "listen", "accept", "accept4", "connect", "sendmsg", "recvmsg"}
KEYS = re.compile(r"^(crypto_\w*(open|decrypt|sign|secretbox|box|aead|kx|scalarmult|pwhash)\w*|"
                  r"sqlite3_\w+|body_\w+|piece_open|piece_seal|chain_\w+|key_\w*seal|EVP_\w+)$")


def table_of(room, name):
    """SQL tables stand in the vault's folder; a room may read its own, the vault all."""
    return room == "offline/vault" and name.endswith(".def") or (
        name == f"schema-{room.split('/')[1]}.def")


def complaints_includes(tree):
    for room, doors in MAY_OPEN.items():
        folder = tree / room
        if not folder.is_dir():
            yield f"{room}: the house plan names this room, but there is no such folder"
            continue
        own = {p.name for p in folder.glob("*.h")}
        allowed = set(own)
        for door in doors:
            allowed |= {f"{door}.h"} | {f"{h}.h" for h in ALSO_HEADERS.get(door, [])}
        for source in sorted(folder.rglob("*.[ch]")):
            for number, line in enumerate(source.read_text().splitlines(), 1):
                m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if m and m.group(1) not in allowed and not table_of(room, m.group(1)):
                    yield f"{source.relative_to(tree)}:{number}: opens {m.group(1)}, which {room} may not"


def known_rooms(tree):
    for floor in ("bundle-format", "offline", "online"):
        for folder in sorted((tree / floor).iterdir()):
            if folder.is_dir() and f"{floor}/{folder.name}" not in MAY_OPEN:
                yield f"{floor}/{folder.name}: not in the house plan (tests/house/layers.py MAY_OPEN)"


def undefined(object_file):
    out = subprocess.run(["nm", "-u", object_file], capture_output=True, text=True, check=True)
    return [line.split()[-1].split("@")[0] for line in out.stdout.splitlines() if line.split()]


def complaints_objects(build):
    objects = sorted(build.rglob("*.o"))
    seen = 0
    for path in objects:
        where = str(path.relative_to(build))
        if where.startswith("offline/") or where.startswith("bundle-format/"):
            seen += 1
            for symbol in undefined(path):
                if NETWORK.match(symbol):
                    if path.name.startswith("local-socket.c") and symbol in LOCAL_SOCKET:
                        continue
                    yield f"{where}: calls {symbol}: offline rooms have no network code"
        if where.startswith("online/"):
            seen += 1
            for symbol in undefined(path):
                if KEYS.match(symbol):
                    yield f"{where}: calls {symbol}: the online floor holds no key"
    if seen < 20:
        yield f"{build}: only {seen} object files of ours: is it built?"


FOREIGN = re.compile(r"libsql|libzbar|libqrencode|libpng|libjpeg|libSDL|libX11|libcurl|libmicrohttpd|libnss")


def complaints_programs(build):
    courier = build / "online/valise-courier"
    show = build / "offline/show/valise-show"
    for program in (courier, show):
        for symbol in undefined(program):
            if KEYS.match(symbol):
                yield f"{program.name}: imports {symbol}: it holds no key"
        out = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            symbol = line.split()[-1]
            if KEYS.match(symbol):
                yield f"{program.name}: holds {symbol}: it holds no key"
    valise = build / "offline/cmd/valise"
    for program in (valise, courier):
        needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
        for library in re.findall(r"NEEDED.*\[(.+?)\]", needed.stdout):
            if FOREIGN.match(library):
                yield f"{program.name}: links {library}, which may not be in its process"
    exported = subprocess.run(["nm", "-D", "--defined-only", valise], capture_output=True, text=True,
                              check=True).stdout
    if "sqlite3_" in exported:
        yield "valise: exports sqlite3_ symbols: another SQLite in the process would clash"


def main():
    arguments = sys.argv[1:]
    build = pathlib.Path(arguments[0])
    tree = pathlib.Path(__file__).resolve().parents[2]
    if "--tree" in arguments:
        tree = pathlib.Path(arguments[arguments.index("--tree") + 1])
    found = list(known_rooms(tree)) + list(complaints_includes(tree))
    if "--includes-only" not in arguments:
        found += list(complaints_objects(build))
        if "--objects-only" not in arguments:
            found += list(complaints_programs(build))
    for line in found:
        print(f"layers: {line}", file=sys.stderr)
    if not found:
        print("layers: every room keeps to the house plan")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
