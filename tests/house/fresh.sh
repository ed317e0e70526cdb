#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# README's two commands on new machines: a Debian 12 and a Debian 13 made by debootstrap, each with
# a clean clone of the committed tree. At the end both open one and the same vault folder.
# usage: fresh.sh [demo|test]...   (default: demo test)
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- demo test
if [ "$(id -u)" != 0 ]; then
    echo "fresh: error: debootstrap and chroot need root" >&2
    exit 1
fi
place=$(mktemp -d)
cleanup() {
    for suite in bookworm trixie; do
        for point in proc dev/pts dev; do
            umount "$place/$suite/$point" 2>/dev/null || true
        done
    done
    rm -rf --one-file-system "$place"
}
trap cleanup EXIT INT TERM
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
[ -n "$mirror" ] || mirror=$(sed -n 's/^deb [^h]*\(http[^ ]*\) .*/\1/p' /etc/apt/sources.list | head -n 1)

inside() { # inside SUITE COMMAND
    chroot "$place/$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        sh -c "$2"
}

for suite in bookworm trixie; do
    echo "== $suite: a new system" >&2
    debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$place/$suite" "$mirror" \
        >"$place/$suite.log" 2>&1 || { tail -n 20 "$place/$suite.log" >&2; exit 1; }
    cp /etc/apt/apt.conf.d/* "$place/$suite/etc/apt/apt.conf.d/" 2>/dev/null || true
    mount --bind /dev "$place/$suite/dev"
    mount --bind /dev/pts "$place/$suite/dev/pts"
    mount -t proc proc "$place/$suite/proc"
    git clone -q . "$place/$suite/root/valise"
    for job in "$@"; do
        echo "== $suite: ./run $job" >&2
        inside "$suite" "cd /root/valise && ./run $job" || {
            echo "fresh: $suite: ./run $job failed" >&2
            exit 1
        }
    done
done

echo "== one vault folder, opened by both" >&2
valise=/root/valise/build/release/offline/cmd/valise
inside bookworm "echo 'only for this check' > /root/p && $valise --vault /root/v --passphrase-fd 3 init --kdf floor 3</root/p &&
    $valise --vault /root/v --passphrase-fd 3 team new Desk --member Ana --sheet /root/sheet 3</root/p &&
    $valise --vault /root/v --passphrase-fd 3 add tickets title='made on Debian 12' 3</root/p &&
    $valise --vault /root/v --passphrase-fd 3 hash 3</root/p" >"$place/first"
cp -a "$place/bookworm/root/v" "$place/bookworm/root/p" "$place/trixie/root/"
inside trixie "$valise --vault /root/v --passphrase-fd 3 list tickets 3</root/p &&
    $valise --vault /root/v --passphrase-fd 3 check 3</root/p &&
    $valise --vault /root/v --passphrase-fd 3 hash 3</root/p" >"$place/second"
grep -q 'made on Debian 12' "$place/second"
[ "$(tail -n 1 "$place/first")" = "$(tail -n 1 "$place/second")" ]
echo "fresh: passed on Debian 12 and Debian 13, and the vault opens on both" >&2
