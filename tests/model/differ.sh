#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Histories from the model into the differential test: differ.sh PYTHON PROGRAM COUNT FIRST_SEED
# The program is told how many to expect, so that a model which fails half way is not a success.
set -eu
"$1" "$(dirname "$0")/emit.py" "$3" "$4" | "$2" "$3"
