#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the vault with another SQLCipher (4.6.1 of Debian 13 or bookworm-backports) and lets it
# open the golden vault and pass the vault's own tests. Without one it says so and is content.
#
# usage: other-engine.sh [FOLDER]   FOLDER: an unpacked libsqlcipher-dev (dpkg -x), default /
set -eu
tree=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
root=${1:-/}
library=$(find "$root/usr/lib" -name libsqlcipher.a 2>/dev/null | head -n 1)
header=$root/usr/include
if [ -z "$library" ] || ! grep -q 'SQLITE_VERSION  *"3\.46' "$header/sqlcipher/sqlite3.h"; then
    echo "other-engine: no SQLCipher 4.6 below '$root': nothing to compare with"
    exit 0
fi
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DSQLCIPHER_STATIC=$library" "-DSQLCIPHER_INCLUDE=$header" >"$build/log"
ninja -C "$build" -j2 test_vault test_golden >>"$build/log" || { tail -n 40 "$build/log"; exit 1; }
for name in test_vault test_golden; do
    program=$(find "$build" -name "$name" -type f -perm -100)
    "$program"
done
