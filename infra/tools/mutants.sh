#!/usr/bin/env bash
# Changes a crate of shared/ a place at a time, tries its fast tests on each change, and prints how many of a hundred they saw:
# mutants.sh <cargo-mutants> <crate> <the least that is enough> <folder>. What was seen is found in <folder>/<crate>/mutants.out.
set -euo pipefail
tool=$1 crate=$2 least=$3 folder=$4
out=$folder/$crate/mutants.out
rm -rf "${folder:?}/$crate"
mkdir -p "$folder/$crate"

# Functions and examples need no test of theirs: what is asked of a crate, its own tests see. Built apart, so that no binary of a
# mutant is taken for the portal's. 2 means that some were missed, 3 that some took too long.
CARGO_TARGET_DIR=$folder/build "$tool" mutants --package "portal-$crate" --output "$folder/$crate" --no-shuffle \
  --cargo-test-arg=--lib --cargo-test-arg=--tests || case $? in 2 | 3) ;; *) exit 1 ;; esac

# One that never ends was seen. One that does not compile says nothing.
awk -v crate="$crate" -v least="$least" '
  FILENAME ~ /missed/ { missed++ }
  FILENAME ~ /caught|timeout/ { caught++ }
  END {
    score = 100 * caught / (caught + missed)
    printf "== %s: %d of %d mutants were caught, %.1f %%, and %d %% are enough\n", crate, caught, caught + missed, score, least
    exit score < least
  }' "$out/caught.txt" "$out/timeout.txt" "$out/missed.txt"
