#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes all vectors anew and compares them with the committed ones byte for byte: a change of the
# format, or of a generator, shows as a change of the files beside it.
# fresh.sh MAKE_VECTORS FOLDER
set -eu
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$1" "$made" >&2
if ! diff -rq "$made" "$2"; then
    echo "fresh.sh: error: the committed vectors are not what the generator makes" >&2
    echo "fresh.sh: hint: '$1 $2', then look at the difference before you commit it" >&2
    exit 1
fi
