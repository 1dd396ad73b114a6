#!/bin/sh
# Writes what a package brings for people into a folder: man pages, completions, Debian's changelog, and the
# terms of the crates inside: `manuals.sh FOLDER TRIPLE`.
set -eu
cd "$(dirname "$0")/.."
folder=$1
triple=$2
"${CARGO:-cargo}" run --locked --quiet --package sortd --example manuals -- "$folder"
"${CARGO:-cargo}" run --locked --quiet --package sortd --example notices -- "$triple" "$folder/third-party"
gzip -9 --no-name --force "$folder/sortd.1" "$folder/sortd.toml.5" "$folder/third-party"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# The date of the last change, so that the same sources give the same package.
date=$(git log -1 --format=%cD 2>/dev/null || date -R)
gzip -9 --no-name >"$folder/changelog.gz" <<EOF
sortd ($version-1) unstable; urgency=medium

  * What changed stands in CHANGELOG.md of the sources.

 -- The sortd authors <sortd@sortd.invalid>  $date
EOF
